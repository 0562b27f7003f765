"""A seeded database of an AI product company, from a few rows to millions."""

from __future__ import annotations

import functools
from datetime import timedelta

import numpy as np
import pandas as pd

from course.sql.database import Database
from course.sql.schema import AS_OF, FUNNEL

MODELS = pd.DataFrame(
    {
        "model_name": ["atlas", "birch", "cedar", "dune", "ember", "fjord", "grove", "heath"],
        "family": ["large", "small", "small", "large", "code", "code", "vision", "vision"],
        "released_on": pd.to_datetime(["2025-03-04", "2025-06-17", "2025-09-02", "2025-11-20", "2026-01-15", "2026-03-10", "2026-05-05", "2026-06-23"]),
        "usd_per_million_tokens": [12.0, 0.8, 0.6, 9.0, 3.0, 2.5, 6.0, 5.0],
    }
)
_SHARE = np.array([0.16, 0.3, 0.2, 0.1, 0.1, 0.06, 0.05, 0.03])
_TOKENS = np.array([1_500, 900, 850, 1_600, 2_400, 2_300, 1_200, 1_100])
_ZONES = {"US": "America/Los_Angeles", "DE": "Europe/Berlin", "IN": "Asia/Kolkata", "BR": "America/Sao_Paulo", "NZ": "Pacific/Auckland", "GB": "Europe/London"}
_DRAWN = 1_000_000
_DAY = 86_400_000_000  # microseconds, in which all times are drawn


@functools.lru_cache(maxsize=24)
def generate(
    requests: int = 10_000,
    days: int = 60,
    seed: int = 0,
    *,
    ties: bool = False,
    nulls: bool = False,
    gaps: bool = False,
    empty: bool = False,
    zones: bool = False,
    faults: bool = False,
) -> Database:
    """About `requests` API requests of the `days` days before `AS_OF` and of its first half, and all that belongs to them. Equal arguments give one database.
    Above a million, all requests come as often as it takes, at the same times, with other ids and token counts.

    ties: times are whole hours, tokens whole hundreds, and the fourth model has the same traffic as the third.
    nulls: 5 % of the values in nullable columns are NULL, user ids and model names of requests among them.
    gaps: every fifth day, two days in a row among them, has no requests; half of the users have none.
    empty: no rows but the one of `clock`.
    zones: requests gather around midnight UTC, and the session's zone is Pacific/Auckland.
    faults: requests of users who don't exist, features doubled, features of the last three days missing.
    """
    if empty:
        return Database({"clock": [(AS_OF,)]})
    copies, requests = -(-requests // _DRAWN), min(requests, _DRAWN)
    rng = np.random.default_rng([seed, requests, days])
    today = int(pd.Timestamp(AS_OF).value // 1000)
    start = today - days * _DAY
    n_users = int(np.clip(requests // 40, 12, 25_000))
    users = _users(rng, n_users, start, today)
    api_requests = _requests(rng, requests, users, start, today, zones)
    if gaps:
        day = (api_requests["created_at"].to_numpy().astype("datetime64[us]").astype(np.int64) - start) // _DAY
        user = api_requests["user_id"].to_numpy()
        api_requests = api_requests[(day % 10 != 3) & (day % 10 != 4) & (user % 2 == 0)]
    if ties:
        api_requests = _tied(api_requests)
    tables = {
        "clock": pd.DataFrame({"as_of": [AS_OF]}),
        "models": MODELS,
        "users": users,
        "events": _events(rng, users, today),
        "feature_table": _features(rng, users, today),
        **_experiment(rng, users, start, today),
    }
    if faults:
        api_requests = _orphaned(rng, api_requests, n_users)
        tables["feature_table"] = _doubled(rng, tables["feature_table"], today)
    api_requests.insert(0, "request_id", np.arange(1, len(api_requests) + 1))
    tables["api_requests"] = api_requests
    if nulls:
        for table, columns in {
            "api_requests": ["user_id", "model_name", "tokens_consumed", "latency_ms"],
            "users": ["country", "plan"],
            "feature_table": ["feature_x", "requests_7d", "error_rate_7d"],
            "labels": ["churned"],
        }.items():
            tables[table] = tables[table].assign(**{name: tables[table][name].mask(rng.random(len(tables[table])) < 0.05) for name in columns})
    database = Database(tables, "Pacific/Auckland" if zones else "UTC")
    if copies > 1:
        n, columns = len(api_requests), "user_id, model_name, created_at, tokens_consumed + k, latency_ms, status"
        database.connection.execute(f"INSERT INTO api_requests SELECT request_id + k * {n}, {columns} FROM api_requests, range(1, {copies}) AS copy(k)")
    return database


def _times(microseconds: np.ndarray) -> np.ndarray:
    """Whole seconds, as timestamps."""
    return (microseconds // 1_000_000).astype("datetime64[s]")


def _pick(rng: np.random.Generator, weights: np.ndarray, n: int) -> np.ndarray:
    """`n` places drawn by weight."""
    total = np.cumsum(weights)
    return np.searchsorted(total, rng.random(n) * total[-1], side="right")


def _users(rng: np.random.Generator, n: int, start: int, today: int) -> pd.DataFrame:
    countries = np.array(list(_ZONES))
    country = _pick(rng, np.array([0.4, 0.15, 0.2, 0.1, 0.05, 0.1]), n)
    return pd.DataFrame(
        {
            "user_id": np.arange(1, n + 1),
            "country": pd.Categorical.from_codes(country, countries),
            "time_zone": pd.Categorical.from_codes(country, list(_ZONES.values())),
            "plan": pd.Categorical.from_codes(_pick(rng, np.array([0.7, 0.25, 0.05]), n), ["free", "pro", "team"]),
            "signed_up_at": _times(rng.integers(start - 120 * _DAY, today - _DAY, n)),
        }
    )


def _requests(rng: np.random.Generator, n: int, users: pd.DataFrame, start: int, today: int, zones: bool) -> pd.DataFrame:
    """Sessions of a user and a model: a start, then one request every two minutes or so. Users who sign up in these days come less and less."""
    sizes = rng.geometric(0.2, n // 4 + 20)
    sizes = sizes[: np.searchsorted(np.cumsum(sizes), n) + 1]
    session = np.repeat(np.arange(sizes.size), sizes)[:n]
    activity = rng.lognormal(0, 1.2, len(users))
    user = _pick(rng, activity, sizes.size)
    days = (today - start) // _DAY
    weekday = (np.arange(days + 1) + (start // _DAY + 3)) % 7
    day = _pick(rng, np.where(weekday < 5, 1.0, 0.55) * np.append(np.linspace(0.8, 1.2, days), 0.5), sizes.size)
    within = rng.normal(0, 0.03, sizes.size) % 1 if zones else rng.beta(2.5, 2.0, sizes.size)
    begin = start + day * _DAY + (within * np.where(day == days, 0.5, 1) * _DAY).astype(np.int64)
    signup = users["signed_up_at"].to_numpy().astype("datetime64[us]").astype(np.int64)[user]
    begin = np.where(begin < signup, signup + ((today - signup) * rng.random(sizes.size) ** 2).astype(np.int64), begin)
    released = MODELS["released_on"].to_numpy().astype("datetime64[us]").astype(np.int64)
    model = _pick(rng, _SHARE, sizes.size)
    model = np.where(released[model] > begin, model % 4, model)
    pause = np.cumsum(rng.exponential(120e6, n).astype(np.int64))
    first = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    moment = begin[session] + pause - pause[first][session]
    moment = np.where(moment < today + _DAY // 2, moment, begin[session])  # noon of the last day is the end of the data
    order = np.argsort(moment, kind="stable")
    session, moment = session[order], moment[order]
    model, user = model[session], user[session]
    tokens = (_TOKENS[model] * rng.lognormal(-0.3, 0.8, n)).astype(np.int64) + 1
    status = _pick(rng, np.array([0.965, 0.025, 0.01]), n)
    return pd.DataFrame(
        {
            "user_id": users["user_id"].to_numpy()[user],
            "model_name": pd.Categorical.from_codes(model, MODELS["model_name"].tolist()),
            "created_at": _times(moment),
            "tokens_consumed": np.where(status == 0, tokens, 0),
            "latency_ms": np.round(200 + tokens * 0.7 * rng.lognormal(0, 0.25, n), 1),
            "status": pd.Categorical.from_codes(status, ["ok", "error", "timeout"]),
        }
    )


def _tied(requests: pd.DataFrame) -> pd.DataFrame:
    """Whole hours, whole hundreds of tokens, and all of the third model's requests once more for the fourth."""
    coarse = requests.assign(
        created_at=requests["created_at"].dt.floor("h"),
        tokens_consumed=(requests["tokens_consumed"] // 100 + 1) * 100,
    )
    totals = coarse.groupby("model_name", observed=True)["tokens_consumed"].sum().sort_values(ascending=False).index
    third, fourth = totals[2], totals[3]
    kept = coarse[coarse["model_name"] != fourth]
    return pd.concat([kept, kept[kept["model_name"] == third].assign(model_name=fourth)]).sort_values("created_at", kind="stable", ignore_index=True)


def _orphaned(rng: np.random.Generator, requests: pd.DataFrame, n_users: int) -> pd.DataFrame:
    lost = rng.random(len(requests)) < 0.02
    return requests.assign(user_id=requests["user_id"].where(~lost, requests["user_id"] + n_users))


def _doubled(rng: np.random.Generator, features: pd.DataFrame, today: int) -> pd.DataFrame:
    """Some rows twice, some user-times twice with another value, nothing of the last three days."""
    fresh = features[features["created_at"] < np.datetime64(today - 3 * _DAY, "us")]
    twice = fresh[rng.random(len(fresh)) < 0.04]
    other = fresh[rng.random(len(fresh)) < 0.02]
    return pd.concat([fresh, twice, other.assign(feature_x=other["feature_x"] + 1)], ignore_index=True)


def _events(rng: np.random.Generator, users: pd.DataFrame, today: int) -> pd.DataFrame:
    """Each user's way through the funnel: some stop at each step, some take a step twice, a few take two steps in the wrong order."""
    n = len(users)
    moment = users["signed_up_at"].to_numpy().astype("datetime64[us]").astype(np.int64) - rng.integers(60, 7_200, n) * 1_000_000
    going, parts = np.ones(n, bool), []
    for step, (name, goes_on) in enumerate(zip(FUNNEL, (0.95, 0.7, 0.8, 0.3, 0.0), strict=True)):
        who = np.flatnonzero(going & (moment < today + _DAY // 2))
        again = who[rng.random(who.size) < 0.15]
        early = np.where(rng.random(who.size) < 0.03, 3 * _DAY, 0) * (step > 1)
        parts += [(name, who, moment[who] - early), (name, again, moment[again] + rng.integers(1, 3 * _DAY, again.size))]
        going &= rng.random(n) < goes_on
        moment = moment + (rng.exponential(0.8, n) * _DAY).astype(np.int64) + 1_000_000
    events = pd.concat(
        pd.DataFrame({"user_id": users["user_id"].to_numpy()[who], "event_name": name, "created_at": _times(np.minimum(when, today + _DAY // 2 - 1))})
        for name, who, when in parts
    ).sort_values(["created_at", "user_id"], kind="stable", ignore_index=True)
    events.insert(0, "event_id", np.arange(1, len(events) + 1))
    return events


def _features(rng: np.random.Generator, users: pd.DataFrame, today: int) -> pd.DataFrame:
    """One row for each user and week, computed some time after midnight; in the last week feature_x has shifted."""
    weeks = 5
    user = np.tile(np.arange(len(users)), weeks)
    week = np.repeat(np.arange(weeks), len(users))
    moment = today - (7 * (weeks - 1 - week) + user % 7) * _DAY + rng.integers(0, 6 * 3600, user.size) * 1_000_000
    shifted = moment >= today - 7 * _DAY
    requests = rng.poisson(rng.lognormal(2, 1, len(users))[user])
    frame = pd.DataFrame(
        {
            "user_id": users["user_id"].to_numpy()[user],
            "created_at": _times(moment),
            "feature_x": np.round(rng.normal(10, 2, user.size) + 1.5 * shifted, 3),
            "requests_7d": requests,
            "tokens_7d": (requests * rng.lognormal(6.8, 0.5, user.size)).astype(np.int64),
            "error_rate_7d": np.round(rng.beta(1, 30, user.size), 4),
            "plan": users["plan"].take(user).to_numpy(),
        }
    )
    return frame.sort_values(["created_at", "user_id"], kind="stable", ignore_index=True)


def _experiment(rng: np.random.Generator, users: pd.DataFrame, start: int, today: int) -> dict[str, pd.DataFrame]:
    """A running and a finished experiment with their assignments, and one churn label for most users."""
    begin = {"short-answers": today - 21 * _DAY, "new-onboarding": max(start, today - 50 * _DAY)}
    end = {"short-answers": None, "new-onboarding": today - 30 * _DAY}
    parts = []
    for name, moment in begin.items():
        who = np.flatnonzero(rng.random(len(users)) < 0.6)
        variant = np.where(rng.random(who.size) < 0.5, "treatment", "control")
        when = _times(moment + rng.integers(0, 14 * _DAY, who.size))
        parts.append(pd.DataFrame({"experiment": name, "user_id": users["user_id"].to_numpy()[who], "variant": variant, "assigned_at": when}))
    labelled = np.flatnonzero(rng.random(len(users)) < 0.8)
    return {
        "experiments": pd.DataFrame(
            {
                "experiment": list(begin),
                "started_at": [pd.Timestamp(AS_OF) + timedelta(microseconds=moment - today) for moment in begin.values()],
                "ended_at": [pd.NaT if end[name] is None else pd.Timestamp(AS_OF) + timedelta(microseconds=end[name] - today) for name in begin],
            }
        ),
        "assignments": pd.concat(parts, ignore_index=True),
        "labels": pd.DataFrame(
            {
                "user_id": users["user_id"].to_numpy()[labelled],
                "label_at": _times(today - rng.integers(0, 28 * _DAY, labelled.size)),
                "churned": rng.random(labelled.size) < 0.2,
            }
        ),
    }
