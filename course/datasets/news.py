"""A news product with known truth: articles, readers, a log with position bias, and feeds that learn from their own clicks.

Everything is made from a seed and nothing is downloaded. What a product could see stands in `World.articles`, `World.users` and `Log.shown`;
what only the simulator knows stands apart, in `World.article_truth`, `World.tastes` and `Log.truth`: hold estimates against it.
Ids are row numbers: article 7 is row 7 of `articles`, `vectors` and `article_truth`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

CATEGORIES = ("world", "politics", "business", "technology", "science", "health", "sport", "culture", "travel", "food", "style", "local")
DEVICES = ("phone", "tablet", "desktop")
DIMENSIONS = 32
TOPICS = 20  # in each category
NOW = pd.Timestamp("2026-03-02 06:00")  # the moment of the snapshot; logs begin here
DAYS = 28  # age of the oldest article
SLOTS = 20  # positions of a feed
EXAMINATION = 1 / np.arange(1, SLOTS + 1) ** 0.7  # probability that position 1, 2, ... is looked at: 1, 0.62, 0.46, ..., 0.12
HOURS = np.array([2, 1, 1, 1, 2, 4, 8, 10, 9, 6, 5, 5, 7, 6, 5, 5, 6, 8, 9, 10, 10, 9, 6, 4], dtype=float)  # sessions by hour of the day, relative


@dataclass(frozen=True)
class World:
    """A snapshot at `NOW`.

    articles: data frame, a row for each article in the order of publication: `article`, `category` (str), `author` (int), `minutes` (reading time),
        `published` (Timestamp), `age` (hours at NOW), and engagement up to NOW: `views`, `clicks`, `shares`, `clicks_day` and `clicks_hour` (the last 24 hours
        and the last one). `new` marks articles without any view.
    vectors: float32, shape (articles, DIMENSIONS), unit length: the text embedding.
    article_truth: data frame: `quality` and `clickbait` (both standard normal), `half_life` (hours in which half of the attention is gone).
    users: data frame: `user`, `device` (the usual one), `location` (0-9), `daily` (mean sessions a day), `past_clicks`, `new` (no history), and
        `survey`: the category names ticked at sign-up, as a tuple of 1 to 3, best first.
    profiles: float32, shape (users, DIMENSIONS), unit length: what the clicks so far say of the user; zeros for new users.
    tastes: float32, shape (users, DIMENSIONS), unit length. Truth.
    affinity: float32, shape (users, categories), rows add up to 1. Truth.
    """

    articles: pd.DataFrame
    vectors: np.ndarray
    article_truth: pd.DataFrame
    users: pd.DataFrame
    profiles: np.ndarray
    tastes: np.ndarray
    affinity: np.ndarray
    seed: int


@dataclass(frozen=True)
class Log:
    """What was shown and what readers did: a row for each impression, SLOTS rows a session, in the order of the positions.

    shown: `session`, `user`, `article`, `time` (Timestamp), `hour` (0-23), `device`, `position` (1 = top), `randomised` (the session's order was shuffled),
        `clicked`, `dwell` (seconds of reading, 0 without a click), `shared`, `passed` (not clicked, and something at this position or further down
        was looked at: the reader scrolled by, and may or may not have looked).
    truth: the same rows: `relevance` (probability of a click once looked at), `propensity` (probability of a look at this position), `examined`,
        `satisfaction` (probability that a reader who clicked stays).
    """

    shown: pd.DataFrame
    truth: pd.DataFrame


@dataclass(frozen=True)
class Weeks:
    """What a feed policy did: `shown` article ids, int, shape (weeks, users, slots); `clicked` bool, same shape; `users` ids, shape (users,);
    `pool` ids of the articles that could be shown; `counts` clicks by article of the pool at the end of each week, shape (weeks, pool)."""

    shown: np.ndarray
    clicked: np.ndarray
    users: np.ndarray
    pool: np.ndarray
    counts: np.ndarray


def _unit(x: np.ndarray) -> np.ndarray:
    return (x / np.maximum(np.linalg.norm(x, axis=-1, keepdims=True), 1e-12)).astype(np.float32)


def _logistic(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def _topics(seed: int) -> np.ndarray:
    """Centres of the topics, shape (categories, TOPICS, DIMENSIONS), unit length."""
    rng = np.random.default_rng([seed, 1])
    categories = _unit(rng.standard_normal((len(CATEGORIES), 1, DIMENSIONS)))
    return _unit(categories + rng.standard_normal((len(CATEGORIES), TOPICS, DIMENSIONS)) / np.sqrt(DIMENSIONS))


def world(articles: int = 200_000, users: int = 10_000, seed: int = 0, new_articles: float = 0.01, new_users: float = 0.1) -> World:
    """A snapshot of the product; the same for the same arguments. 200,000 articles take less than a second.

    new_articles, new_users: the shares without any engagement or history. New articles are the last ones, published in the last hours.
    """
    if articles < 1 or users < 1:
        raise ValueError("at least one article and one user")
    centres = _topics(seed)
    rng = np.random.default_rng([seed, 2, articles])
    category, topic = rng.choice(len(CATEGORIES), articles, p=_shares(seed)), rng.integers(TOPICS, size=articles)
    vectors = centres[category, topic]
    vectors += rng.standard_normal((articles, DIMENSIONS), dtype=np.float32) * np.float32(0.7 / np.sqrt(DIMENSIONS))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    age = np.sort(rng.uniform(0, 24 * DAYS, articles))[::-1]
    quality, clickbait = rng.standard_normal(articles), rng.standard_normal(articles)
    half_life = np.exp(rng.normal(np.log(14), 0.6, articles))
    author = category * 40 + np.minimum(rng.geometric(0.08, articles) - 1, 39)  # a few write much, 40 in each category
    minutes = np.clip(np.round(rng.lognormal(1.3, 0.6, articles)), 1, 30).astype(int)
    reach = np.exp(rng.normal(4.2 + 0.5 * quality, 1.5))  # views that an article gets in the end: heavy-tailed
    new = np.arange(articles) >= articles - round(new_articles * articles)
    ctr = _logistic(-2.4 + 0.7 * quality + 0.5 * clickbait)

    def views_at(hours: np.ndarray) -> np.ndarray:
        return np.where(new, 0, reach * (1 - 0.5 ** (np.maximum(hours, 0) / half_life)))

    views = rng.poisson(views_at(age))
    clicks = rng.binomial(views, ctr)
    with np.errstate(divide="ignore", invalid="ignore"):
        day = np.nan_to_num(1 - views_at(age - 24) / views_at(age))
        hour = np.nan_to_num((views_at(age) - views_at(age - 1)) / (views_at(age) - views_at(age - 24)))
    clicks_day = rng.binomial(clicks, np.clip(day, 0, 1))
    table = pd.DataFrame(
        {
            "article": np.arange(articles),
            "category": np.array(CATEGORIES)[category],
            "author": author,
            "minutes": minutes,
            "published": NOW - pd.to_timedelta(np.round(age * 3600), unit="s"),
            "age": age,
            "views": views,
            "clicks": clicks,
            "shares": rng.binomial(clicks, _logistic(-3 + 0.8 * quality - 0.8 * clickbait)),
            "clicks_day": clicks_day,
            "clicks_hour": rng.binomial(clicks_day, np.clip(hour, 0, 1)),
            "new": new,
        }
    )
    truth = pd.DataFrame({"quality": quality, "clickbait": clickbait, "half_life": half_life})
    return World(table, vectors, truth, *_readers(users, seed, new_users, centres), seed)


def _shares(seed: int) -> np.ndarray:
    """Share of each category among articles: from about 16 % to 3 %."""
    weight = np.random.default_rng([seed, 3]).permutation(np.geomspace(5, 1, len(CATEGORIES)))
    return weight / weight.sum()


def _readers(users: int, seed: int, new_users: float, centres: np.ndarray) -> tuple[pd.DataFrame, np.ndarray, np.ndarray, np.ndarray]:
    """Users, profiles, tastes and affinities."""
    rng = np.random.default_rng([seed, 4, users])
    likes = np.argsort(np.log(_shares(seed)) - np.log(rng.exponential(size=(users, len(CATEGORIES)))), axis=1)[:, ::-1][:, :3]  # three, without repeats
    weight = np.sort(rng.dirichlet([2, 2, 2], users), axis=1)[:, ::-1]
    affinity = np.full((users, len(CATEGORIES)), 0.02, np.float32)
    np.put_along_axis(affinity, likes, (0.02 + 0.76 * weight).astype(np.float32), axis=1)
    chosen = centres[likes, rng.integers(TOPICS, size=(users, 3))]
    tastes = _unit((chosen * weight[:, :, None]).sum(axis=1) + 0.3 * rng.standard_normal((users, DIMENSIONS)) / np.sqrt(DIMENSIONS))
    daily = np.clip(rng.pareto(2.0, users) + 0.3, 0.3, 30)  # sessions a day: heavy-tailed
    new = rng.permutation(users) < round(new_users * users)
    past = np.where(new, 0, 1 + rng.poisson(10 * daily))
    noise = rng.standard_normal((users, DIMENSIONS)) / np.sqrt(DIMENSIONS) * (1.5 / np.sqrt(np.maximum(past, 1)))[:, None]
    profiles = np.where(new[:, None], 0, _unit(tastes + noise)).astype(np.float32)
    ticked = 1 + (weight[:, 1] > 0.2).astype(int) + (weight[:, 2] > 0.2)
    slip = rng.random(users) < 0.1  # one in ten ticks a category first that they do not read
    names = np.array(CATEGORIES)[likes]
    names[slip, 0] = np.array(CATEGORIES)[np.argmin(affinity[slip] + 0.001 * rng.random((slip.sum(), len(CATEGORIES))), axis=1)]
    table = pd.DataFrame(
        {
            "user": np.arange(users),
            "device": np.array(DEVICES)[rng.choice(3, users, p=[0.68, 0.1, 0.22])],
            "location": rng.integers(10, size=users),
            "daily": daily,
            "past_clicks": past,
            "new": new,
            "survey": [tuple(row[:k]) for row, k in zip(names.tolist(), ticked.tolist(), strict=True)],
        }
    )
    return table, profiles, tastes, affinity


def relevance(
    world: World, users: np.ndarray, articles: np.ndarray, hour: np.ndarray | int = 12, device: np.ndarray | str = "phone", later: np.ndarray | float = 0.0
) -> np.ndarray:
    """True probability of a click once the item is looked at; arguments broadcast against each other.

    users, articles: ids; hour: 0-23; device: one of DEVICES; later: hours after NOW. It grows with the match of taste and embedding, quality, clickbait and
    freshness; business is read in the morning (6-9), sport and culture in the evening (18-22); on a phone long articles are avoided, on a desktop sought.
    """
    users, articles, hour, device, later = np.broadcast_arrays(users, articles, hour, device, later)
    match = np.einsum("...d,...d->...", world.tastes[users], world.vectors[articles])
    return _click_probability(world, match, articles, hour, device, later)


def _click_probability(world: World, match: np.ndarray, articles: np.ndarray, hour: np.ndarray, device: np.ndarray, later: np.ndarray) -> np.ndarray:
    truth, table = world.article_truth, world.articles
    code = pd.Index(CATEGORIES).get_indexer(table["category"])[articles]
    fresh = 0.5 ** ((table["age"].to_numpy()[articles] + later) / (3 * truth["half_life"].to_numpy()[articles]))
    morning = np.isin(code, [CATEGORIES.index("business")]) & (hour >= 6) & (hour <= 9)
    evening = np.isin(code, [CATEGORIES.index("sport"), CATEGORIES.index("culture")]) & (hour >= 18) & (hour <= 22)
    length = np.log(table["minutes"].to_numpy()[articles] / 4)
    taste = np.where(device == "phone", -0.5, np.where(device == "desktop", 0.5, 0.0)) * length
    score = -3.4 + 3.5 * match + 0.6 * truth["quality"].to_numpy()[articles] + 0.4 * truth["clickbait"].to_numpy()[articles]
    return _logistic(score + 1.2 * fresh + 0.9 * (morning | evening) + taste)


def satisfaction(world: World, users: np.ndarray, articles: np.ndarray) -> np.ndarray:
    """True probability that a reader who clicked stays for most of the text: quality and match raise it, clickbait lowers it."""
    users, articles = np.broadcast_arrays(users, articles)
    match = np.einsum("...d,...d->...", world.tastes[users], world.vectors[articles])
    truth = world.article_truth
    return _logistic(0.2 + 1.5 * match + 0.7 * truth["quality"].to_numpy()[articles] - 1.1 * truth["clickbait"].to_numpy()[articles])


def impressions(world: World, sessions: int = 5_000, seed: int = 0, randomised: float = 0.1, hours: float = 24.0) -> Log:
    """What `sessions` sessions of users with history saw in the `hours` after NOW, SLOTS items each.

    Candidates are recent articles, most of them of categories that the user likes. The old ranker orders them by popularity, age and a noisy guess of the
    match, so good items stand higher than others; in the share `randomised` of the sessions the order was shuffled. An item is looked at with probability
    EXAMINATION[position - 1], and clicked, once looked at, with its relevance.
    """
    rng = np.random.default_rng([seed, 5, sessions])
    weight = np.where(world.users["new"], 0, world.users["daily"])
    user = np.searchsorted(np.cumsum(weight) / weight.sum(), rng.random(sessions), side="right")
    later = _arrivals(rng, sessions, hours)
    time = NOW + pd.to_timedelta(np.round(later * 3600), unit="s")
    hour = time.hour.to_numpy()
    usual = rng.random(sessions) < 0.85
    device = np.where(usual, world.users["device"].to_numpy()[user], np.array(DEVICES)[rng.integers(3, size=sessions)])

    drawn = 3 * SLOTS
    candidates = _recent(world, rng, np.repeat(user, drawn)).reshape(sessions, drawn)
    order = np.argsort(candidates, axis=1, kind="stable")
    row = np.take_along_axis(candidates, order, axis=1)
    repeat = np.zeros_like(row, bool)
    repeat[:, 1:] = row[:, 1:] == row[:, :-1]
    match = np.einsum("ud,ucd->uc", world.profiles[user], world.vectors[row])
    table = world.articles
    popular = np.log1p(table["clicks"].to_numpy())[row] - 0.02 * table["age"].to_numpy()[row]
    score = 0.4 * popular + 1.5 * match + 0.7 * rng.standard_normal(row.shape) - 1e9 * repeat
    best = np.argsort(-score, axis=1)[:, :SLOTS]
    if np.take_along_axis(repeat, best, axis=1).any():
        raise ValueError("too few articles for feeds without repeats")
    article = np.take_along_axis(row, best, axis=1)
    shuffled = rng.random(sessions) < randomised
    article[shuffled] = rng.permuted(article[shuffled], axis=1)

    click = relevance(world, user[:, None], article, hour[:, None], device[:, None], later[:, None])
    stay = satisfaction(world, user[:, None], article)
    examined = rng.random(article.shape) < EXAMINATION
    clicked = examined & (rng.random(article.shape) < click)
    stayed = clicked & (rng.random(article.shape) < stay)
    full = 60.0 * table["minutes"].to_numpy()[article]
    dwell = np.where(clicked, np.where(stayed, full * rng.uniform(0.5, 1.1, article.shape), rng.lognormal(1.8, 0.7, article.shape)), 0)
    depth = SLOTS - np.argmax(examined[:, ::-1], axis=1)  # position 1 is always looked at
    position = np.broadcast_to(np.arange(1, SLOTS + 1), article.shape)
    shown = pd.DataFrame(
        {
            "session": np.repeat(np.arange(sessions), SLOTS),
            "user": np.repeat(user, SLOTS),
            "article": article.ravel(),
            "time": time.repeat(SLOTS),
            "hour": np.repeat(hour, SLOTS),
            "device": np.repeat(device, SLOTS),
            "position": position.ravel(),
            "randomised": np.repeat(shuffled, SLOTS),
            "clicked": clicked.ravel(),
            "dwell": np.round(dwell, 1).ravel(),
            "shared": (stayed & (rng.random(article.shape) < 0.06)).ravel(),
            "passed": (~clicked & (position <= depth[:, None])).ravel(),
        }
    )
    truth = pd.DataFrame(
        {
            "relevance": click.ravel(),
            "propensity": np.tile(EXAMINATION, sessions),
            "examined": examined.ravel(),
            "satisfaction": stay.ravel(),
        }
    )
    return Log(shown, truth)


def _arrivals(rng: np.random.Generator, sessions: int, hours: float) -> np.ndarray:
    """Hours after NOW, ascending, by the daily rhythm HOURS."""
    start = np.arange(int(np.ceil(hours)))
    weight = HOURS[(NOW.hour + start) % 24]
    return np.sort((rng.choice(start, sessions, p=weight / weight.sum()) + rng.random(sessions)) % hours)


def _recent(world: World, rng: np.random.Generator, users: np.ndarray) -> np.ndarray:
    """One candidate for each of `users`: a category by affinity (or, in 3 of 10 cases, any), then an article about two days old."""
    code = pd.Index(CATEGORIES).get_indexer(world.articles["category"])
    order = np.lexsort((world.articles["age"].to_numpy(), code))
    span = 24.0 * DAYS + 1
    key = code[order] * span + world.articles["age"].to_numpy()[order]
    cumulative = np.cumsum(0.7 * world.affinity + 0.3 / len(CATEGORIES), axis=1)
    category = np.minimum((rng.random((len(users), 1)) > cumulative[users]).sum(axis=1), len(CATEGORIES) - 1)
    age = np.minimum(rng.exponential(48, len(users)), 24 * DAYS)
    return order[np.minimum(np.searchsorted(key, category * span + age), len(key) - 1)]


def feed_weeks(
    world: World,
    weeks: int = 8,
    users: int = 500,
    pool: int = 1_000,
    popularity: float = 1.0,
    personal: float = 0.0,
    explore: float = 0.0,
    diversity: float = 0.0,
    slots: int = SLOTS,
    seed: int = 0,
) -> Weeks:
    """A feed that learns from its own clicks: each week every user sees `slots` of the same `pool` articles (evergreens: nothing ages), once.

    An article's score is `popularity` x (its log clicks so far, relative to the most clicked article: 0 to 1) + `personal` x (similarity to the user's
    profile) - `diversity` x (the part of the user's impressions so far that fell on its category). The share `explore` of the slots is filled at random.
    After each week clicks are counted, and each profile moves towards what its user clicked: what is not shown cannot be clicked, which closes the loop.
    """
    if slots > pool or pool > len(world.articles) or users > len(world.users):
        raise ValueError("at most as many slots as articles in the pool, and a pool and users that the world holds")
    rng = np.random.default_rng([seed, 6, weeks, users, pool])
    who = np.sort(rng.choice(len(world.users), users, replace=False))
    ids = np.sort(rng.choice(len(world.articles), pool, replace=False))
    code = pd.Index(CATEGORIES).get_indexer(world.articles["category"].to_numpy()[ids])
    vectors = world.vectors[ids]
    chance = _click_probability(world, world.tastes[who] @ vectors.T, ids[None, :], np.array(12), np.array("phone"), np.array(0.0))
    profile = world.profiles[who].copy()
    clicks = rng.poisson(1.0, pool).astype(float)  # the first week knows next to nothing
    seen = np.zeros((users, len(CATEGORIES)))
    examination = 1 / np.arange(1, slots + 1) ** 0.7
    shown, clicked, counts = [], [], []
    for _ in range(weeks):
        heat = np.log1p(clicks)
        score = popularity * heat / max(heat.max(), 1e-9) + personal * (profile @ vectors.T)
        score = score - diversity * (seen / np.maximum(seen.sum(axis=1, keepdims=True), 1))[:, code] + 1e-6 * rng.random((users, pool))
        top = np.argsort(-score, axis=1)[:, :slots]
        if explore > 0:
            rest = np.argsort(rng.random(score.shape), axis=1)[:, :slots]
            swap = rng.random(top.shape) < explore
            for column in range(slots):  # a random article that is not in the feed yet
                fresh = rest[:, column]
                free = swap[:, column] & ~(top == fresh[:, None]).any(axis=1)
                top[free, column] = fresh[free]
        hit = (rng.random(top.shape) < examination) & (rng.random(top.shape) < np.take_along_axis(chance, top, axis=1))
        clicks = clicks + np.bincount(top[hit], minlength=pool)
        for column in range(slots):
            seen[np.arange(users), code[top[:, column]]] += 1
        pull = (vectors[top] * hit[:, :, None]).sum(axis=1)
        profile = _unit(profile + 0.3 * pull)
        shown.append(ids[top])
        clicked.append(hit)
        counts.append(clicks.copy())
    return Weeks(np.stack(shown), np.stack(clicked), who, ids, np.stack(counts))
