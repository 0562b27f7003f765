# ruff: noqa: E501 (a sentence of a statement stands on one line)
"""08 A personalised news feed."""

from __future__ import annotations

from typing import Any

import numpy as np

from course.interview.templates.scene import asker, speaker
from course.interview.templates.template import args, percent, pick, share, template, whole

TOPIC = "08-system-design"


@template(TOPIC, 5, "Ask first, then calculate")
def feed_capacity(rng: np.random.Generator) -> dict[str, Any]:
    def draw() -> tuple[int, int, float, int, float]:
        return (
            whole(rng, 2_000_000, 9_000_000, 500_000),
            whole(rng, 4, 12),
            pick(rng, [2.5, 3.0, 4.0]),
            pick(rng, [100, 200, 300]),
            pick(rng, [40.0, 60.0, 80.0]),
        )

    users, opens, peak, candidates, each = draw()
    return {
        "title": "how large is the ranking service?",
        "statement": f"""
            A news feed has {users:,} daily users who open it {opens} times a day; at the peak, traffic is {peak:g} times the daily average. Each open ranks {candidates} candidates, and a core scores one in
            {each:g} microseconds. {asker(rng)} asks what to order.

            Write `feed_capacity(users, opens, peak, candidates, microseconds)`, which returns `{{"requests": ..., "cores": ...}}`: requests per second at the peak (not rounded),
            and the cores that ranking needs then, each kept at most 60 % busy, rounded up. A day has 86,400 seconds.""",
        "signature": "feed_capacity(users: int, opens: float, peak: float, candidates: int, microseconds: float) -> dict",
        "doc": 'opens: per user and day; peak: times the average; microseconds: of a core for one candidate. Returns {"requests": per second, "cores": whole}.',
        "body": """
            requests = users * opens / 86_400 * peak
            return {"requests": requests, "cores": int(np.ceil(requests * candidates * microseconds / 1e6 / 0.6))}""",
        "right": """
            import math
            average = users * opens / (24 * 60 * 60)
            one_core = 0.6 * 1e6 / (candidates * microseconds)
            return {"cores": math.ceil(peak * average / one_core), "requests": peak * average}""",
        "wrong": {
            "the service must stand the peak, not the average": """
                requests = users * opens / 86_400
                return {"requests": requests, "cores": int(np.ceil(requests * candidates * microseconds / 1e6 / 0.6))}""",
            "cores are kept at 60 %, so that queues stay short": """
                requests = users * opens / 86_400 * peak
                return {"requests": requests, "cores": int(np.ceil(requests * candidates * microseconds / 1e6))}""",
            "each request scores all its candidates": """
                requests = users * opens / 86_400 * peak
                return {"requests": requests, "cores": int(np.ceil(requests * microseconds / 1e6 / 0.6))}""",
            "a day has 86,400 seconds; this is per minute": """
                requests = users * opens / 1_440 * peak
                return {"requests": requests, "cores": int(np.ceil(requests * candidates * microseconds / 1e6 / 0.6))}""",
        },
        "case": args(users, opens, peak, candidates, each),
        "example": "1000000, 5, 2.0, 100, 50.0",
        "fresh": [args(*draw()), args(*draw())],
        "check": "record",
        "explain": "Users times opens over the seconds of a day, times the peak; then work per request. Beyond some 60 % load, waiting times explode.",
    }


@template(TOPIC, 4, "Approximate search: buy speed with recall")
def retrieval_recall(rng: np.random.Generator) -> dict[str, Any]:
    def draw() -> tuple[list[list[int]], list[list[int]], int]:
        k, exact, found = pick(rng, [4, 5]), [], []
        for _ in range(3):
            items = rng.permutation(40)[:9]
            exact.append(items[:6].tolist())
            kept = whole(rng, 2, k - 1)
            found.append(rng.permutation(np.concatenate([items[:kept], items[5:9][: k - kept]])).tolist())
        return exact, found, k

    exact, found, k = draw()
    return {
        "title": "what the fast search misses",
        "statement": f"""
            For three users, exact search ranks articles `{exact}`; the approximate index returns `{found}`. {asker(rng)} asks what the index loses.

            Write `retrieval_recall(exact, found, k)`: recall@k, the mean over users of the share of the **first $k$ exact** neighbours that are among the first $k$ found (here $k = {k}$).
            Their order does not count. Raise `ValueError` when the two lists have different lengths.""",
        "signature": "retrieval_recall(exact: list[list[int]], found: list[list[int]], k: int) -> float",
        "doc": "exact: at least k ids for each user, nearest first; found: ids for each user, perhaps fewer than k. Raises ValueError for different lengths.",
        "body": """
            if len(exact) != len(found):
                raise ValueError("one list for each user")
            return float(np.mean([len(set(e[:k]) & set(f[:k])) / k for e, f in zip(exact, found)]))""",
        "right": """
            if len(exact) - len(found):
                raise ValueError("one list for each user")
            hits = 0
            for e, f in zip(exact, found):
                for item in e[:k]:
                    hits += item in f[:k]
            return hits / (k * len(exact))""",
        "wrong": {
            "the order within the first k does not count": "return float(np.mean([sum(a == b for a, b in zip(e[:k], f[:k])) / k for e, f in zip(exact, found)]))",
            "only the first k exact neighbours are the truth": "return float(np.mean([len(set(e) & set(f[:k])) / len(e) for e, f in zip(exact, found)]))",
            "divide by k: what was not returned was missed": "return float(np.mean([len(set(e[:k]) & set(f[:k])) / max(len(f[:k]), 1) for e, f in zip(exact, found)]))",
        },
        "case": f"{args(exact, found, k)}",
        "example": "[[1, 2, 3], [4, 5, 6]], [[2, 9], [5, 4]], 2",
        "fresh": [args(*draw()), args(*draw()), "[[1, 2, 3], [4, 5, 6]], [[3, 1], [7]], 3"],
        "refused": {"[[1], [2]], [[1]], 1": "two users and one list"},
        "explain": "The exact neighbours are the truth, the index is judged by how many of them it brings along. The ranker behind it can mend the order, not a miss.",
    }


@template(TOPIC, 6, "Inverse propensity weighting")
def unbiased_clicks(rng: np.random.Generator) -> dict[str, Any]:
    def draw() -> tuple[list[int], list[int], list[float], float]:
        seen = [1.0, share(rng, 0.6, 0.75), share(rng, 0.35, 0.5), share(rng, 0.06, 0.12)]
        while True:
            places = rng.integers(1, 5, 12)
            clicks = (rng.random(12) < 0.75 * np.asarray(seen)[places - 1]).astype(int)
            clicks[0], places[0] = 1, 4  # one click far down, whose weight is clipped
            if 3 <= clicks.sum() <= 9 and clicks[places == 3].sum():
                return places.tolist(), clicks.tolist(), seen, 5.0

    places, clicks, seen, clip = draw()
    return {
        "title": "clicks without position bias",
        "statement": f"""
            An article was shown at positions `{places}`; clicked: `{clicks}`. Users look at positions 1 to 4 with probabilities `{seen}`. {asker(rng)} ranks by plain click rate, which favours
            whatever stood at the top.

            Write `unbiased_clicks(places, clicks, seen, clip)`: the mean over all impressions of click times weight, the weight being 1 over the probability that the position is looked at,
            clipped at `clip` (here {clip:g}).""",
        "signature": "unbiased_clicks(places: list[int], clicks: list[int], seen: list[float], clip: float) -> float",
        "doc": "places: from 1, one for each impression; clicks: 0 or 1; seen: probability for position 1, 2, ...; clip: largest weight.",
        "body": """
            weights = np.minimum(1 / np.asarray(seen, float)[np.asarray(places) - 1], clip)
            return float(np.mean(weights * np.asarray(clicks)))""",
        "right": """
            total = 0.0
            for place, click in zip(places, clicks):
                if click:
                    total += min(clip, 1 / seen[place - 1])
            return total / len(places)""",
        "wrong": {
            "this is the plain click rate: clicks far down must count more": "return float(np.mean(clicks))",
            "divide by the probability, don't multiply: a click far down counts more": "return float(np.mean([c * seen[p - 1] for p, c in zip(places, clicks)]))",
            "the weights are not clipped: one click far down decides": "return float(np.mean([c / seen[p - 1] for p, c in zip(places, clicks)]))",
            "the mean is over all impressions, not over clicks": """
                weights = [min(clip, 1 / seen[p - 1]) for p, c in zip(places, clicks) if c]
                return float(np.mean(weights))""",
        },
        "case": args(places, clicks, seen, clip),
        "example": "[1, 3, 2, 3], [1, 1, 0, 0], [1.0, 0.5, 0.25], 3.0",
        "fresh": [args(*draw()), args(*draw())],
        "explain": "A click needs a look and interest. Dividing by the probability of the look leaves the interest; clipping trades a little bias for much less variance.",
    }


@template(TOPIC, 5, "The loop over weeks: bubbles and collapse")
def attention_gini(rng: np.random.Generator) -> dict[str, Any]:
    def draw() -> list[int]:
        counts = np.sort((rng.pareto(1.2, 9) * 40).astype(int) + rng.integers(1, 9, 9))
        counts = np.minimum(counts, 900)
        counts[0] = 0
        return rng.permutation(counts).tolist()

    counts = draw()
    return {
        "title": "who gets the attention?",
        "statement": f"""
            Impressions of nine articles in a day: `{counts}`. {asker(rng)} fears that all feeds converge to the same few and wants one number a day.

            Write `attention_gini(counts)`: the Gini coefficient, the mean absolute difference of all $n^2$ ordered pairs divided by twice the mean. Articles without impressions count.
            Return 0.0 when nothing was shown.""",
        "signature": "attention_gini(counts: list[int]) -> float",
        "doc": "Impressions of each article, zeros included. Returns 0 (equal) to 1 - 1/n (one has all); 0.0 when all are zero.",
        "body": """
            x = np.asarray(counts, float)
            if x.sum() == 0:
                return 0.0
            return float(np.abs(x[:, None] - x).mean() / (2 * x.mean()))""",
        "right": """
            x, n, total = sorted(counts), len(counts), sum(counts)
            return 2 * sum(i * v for i, v in enumerate(x, 1)) / (n * total) - (n + 1) / n if total else 0.0""",
        "wrong": {
            "articles that nobody sees are the point: zeros count": """
                x = np.asarray([c for c in counts if c], float)
                return float(np.abs(x[:, None] - x).mean() / (2 * x.mean()))""",
            "divide by twice the mean": """
                x = np.asarray(counts, float)
                return float(np.abs(x[:, None] - x).mean() / x.mean())""",
            "this is the share of the most seen article, not the Gini coefficient": "return max(counts) / sum(counts)",
            "all n * n pairs count, also an article with itself": """
                x = np.asarray(counts, float)
                n = x.size
                return float(np.abs(x[:, None] - x).sum() / (n * (n - 1)) / (2 * x.mean()))""",
        },
        "case": args(counts),
        "example": "[0, 10, 30]",
        "fresh": [args(draw()), args(draw()), args([0, 0, 0]), args([0, 0, 0, 40])],
        "explain": "0 is equal attention, near 1 a single article has it all. Watched over days, a rising Gini is popularity collapse.",
    }


@template(TOPIC, 5, "Where 200 milliseconds go")
def tail_latency(rng: np.random.Generator) -> dict[str, Any]:
    def draw() -> tuple[list[list[float]], float]:
        stages = np.stack([rng.gamma(8, s / 8, 10) for s in (35, 15, 70)])
        stages[0, 2], stages[2, 7] = 80 * rng.uniform(1, 1.3), 160 * rng.uniform(1, 1.3)
        return stages.round(1).tolist(), 200.0

    stages, budget = draw()
    return {
        "title": "is the feed fast enough?",
        "statement": f"""
            Retrieval, features and ranking run one after the other. Milliseconds of ten requests, a row for each stage: `{stages}`. The budget is {budget:g} ms at p90, says {speaker(rng)}.

            Write `tail_latency(stages, budget)`, which returns `{{"p90": ..., "over": ...}}`: the 90 % quantile of the total time of a request (linear interpolation, NumPy's default),
            and the share of requests above the budget. Column $j$ of each row is the same request.""",
        "signature": "tail_latency(stages: list[list[float]], budget: float) -> dict",
        "doc": 'stages: shape (stages, requests), milliseconds. Returns {"p90": milliseconds, "over": share of requests above the budget}.',
        "body": """
            total = np.asarray(stages, float).sum(0)
            return {"p90": float(np.quantile(total, 0.9)), "over": float((total > budget).mean())}""",
        "right": """
            totals = sorted(map(sum, zip(*stages)))
            place = 0.9 * (len(totals) - 1)
            low = int(place)
            high = min(low + 1, len(totals) - 1)
            return {"over": sum(t > budget for t in totals) / len(totals), "p90": totals[low] + (place - low) * (totals[high] - totals[low])}""",
        "wrong": {
            "quantiles don't add up: sum the stages of each request first": """
                s = np.asarray(stages, float)
                return {"p90": float(np.quantile(s, 0.9, axis=1).sum()), "over": float((s.sum(0) > budget).mean())}""",
            "the mean hides the slow requests: the 90 % quantile is asked": """
                t = np.asarray(stages, float).sum(0)
                return {"p90": float(t.mean()), "over": float((t > budget).mean())}""",
            "the stages run one after the other: add their times": """
                t = np.asarray(stages, float).max(0)
                return {"p90": float(np.quantile(t, 0.9)), "over": float((t > budget).mean())}""",
        },
        "case": args(stages, budget),
        "example": "[[10.0, 20.0, 90.0], [30.0, 30.0, 40.0]], 60.0",
        "fresh": [args(*draw()), args(*draw())],
        "check": "record",
        "explain": "Slow stages seldom meet in one request, so the sum of the stages' quantiles is not the quantile of the sum. Measure whole requests.",
    }


@template(TOPIC, 4, "Cold start: an article without clicks")
def cold_score(rng: np.random.Generator) -> dict[str, Any]:
    def draw() -> tuple[int, int, float, int]:
        shown = whole(rng, 8, 60)
        return whole(rng, 2, max(2, shown // 4)), shown, share(rng, 0.03, 0.12), whole(rng, 40, 200, 20)

    clicks, shown, prior, strength = draw()
    return {
        "title": "a new article with few clicks",
        "statement": f"""
            A new article has {clicks} clicks from {shown} impressions and leads the ranking by click rate. Similar articles, found by their embeddings, have a click rate of {percent(prior)}.
            {asker(rng)} wants a fair score for new articles; {strength} impressions are thought to tell as much as the similar articles do.

            Write `cold_score(clicks, shown, prior, strength)`: the click rate shrunk towards that of similar articles, which count like `strength` impressions at the rate `prior`.
            Raise `ValueError` when there are more clicks than impressions.""",
        "signature": "cold_score(clicks: int, shown: int, prior: float, strength: float) -> float",
        "doc": "prior: click rate of similar articles; strength: impressions that it counts for, above zero. Raises ValueError for clicks > shown.",
        "body": """
            if clicks > shown:
                raise ValueError("more clicks than impressions")
            return (clicks + strength * prior) / (shown + strength)""",
        "right": """
            if shown < clicks:
                raise ValueError("more clicks than impressions")
            own = shown / (shown + strength)
            return own * (clicks / shown if shown else 0.0) + (1 - own) * prior""",
        "wrong": {
            "the plain click rate of few impressions is mostly luck": "return clicks / shown if shown else 0.0",
            "the prior's impressions belong in the denominator, too": "return (clicks + strength * prior) / shown",
            "weighted the wrong way round: more own impressions, more weight of the own rate": """
                own = strength / (shown + strength)
                return own * (clicks / shown if shown else 0.0) + (1 - own) * prior""",
            "a plain average ignores how much each side has seen": "return (clicks / shown + prior) / 2 if shown else prior",
        },
        "slips": {"raised ZeroDivisionError": "own = shown / (shown + strength)\nreturn own * clicks / shown + (1 - own) * prior"},
        "case": args(clicks, shown, prior, strength),
        "example": "3, 10, 0.1, 90",
        "fresh": [args(*draw()), args(*draw()), args(0, 0, 0.06, 100)],
        "refused": {"5, 3, 0.1, 50": "more clicks than impressions"},
        "explain": "Start at the rate of similar articles and let the own impressions take over. With none it is the prior, with many the own rate.",
    }
