# ruff: noqa: E501 (a sentence of a statement stands on one line)
"""06 Model evaluation and monitoring."""

from __future__ import annotations

from typing import Any

import numpy as np

from course.interview.templates.scene import asker, opening, product, speaker
from course.interview.templates.template import args, pick, share, template, whole

TOPIC = "06-monitoring"


@template(TOPIC, 5, "PSI: how far has a feature moved?")
def stability(rng: np.random.Generator) -> dict[str, Any]:
    what = pick(rng, ["session length", "tokens per request", "account age", "order value"])

    def draw(kind: str) -> tuple[list[int], list[int]]:
        low, high, tilts = {"none": (0.0, 0.08, (0.05, 0.4)), "moderate": (0.12, 0.18, (0.58, 0.7)), "strong": (0.24, 0.8, (0.9, 1.2))}[kind]
        while True:
            before = rng.multinomial(whole(rng, 2_000, 6_000, 100), [0.1, 0.2, 0.3, 0.25, 0.15])
            tilt = np.exp(np.linspace(-1, 1, 5) * rng.uniform(*tilts))
            after = rng.multinomial(whole(rng, 800, 1_800, 100), before * tilt / (before * tilt).sum())
            p, q = before / before.sum(), after / after.sum()
            if low < float(((q - p) * np.log(q / p)).sum()) < high:
                return before.tolist(), after.tolist()

    kinds = ["none", "moderate", "strong"]
    before, after = draw(pick(rng, kinds))
    return {
        "title": "has the feature moved?",
        "statement": f"""
            {opening(product(rng))}: {what} in five bins, rows at training `{before}` and this week `{after}`. {asker(rng)} asks whether to retrain.

            Write `stability(before, after)`, which returns `{{"psi": ..., "verdict": ...}}`: the Population Stability Index $\\sum_i (q_i - p_i) \\ln(q_i / p_i)$ of the bins' shares, and
            `"none"` below 0.1, `"moderate"` from 0.1 to 0.2 (both included), `"significant"` above 0.2. No bin is empty.""",
        "signature": "stability(before: list[int], after: list[int]) -> dict",
        "doc": 'Rows by bin, all above zero, the same bins. Returns {"psi": number, "verdict": "none", "moderate" or "significant"}.',
        "body": """
            p, q = np.asarray(before, float), np.asarray(after, float)
            p, q = p / p.sum(), q / q.sum()
            psi = float(((q - p) * np.log(q / p)).sum())
            return {"psi": psi, "verdict": "none" if psi < 0.1 else "moderate" if psi <= 0.2 else "significant"}""",
        "right": """
            p, q = [x / sum(before) for x in before], [x / sum(after) for x in after]
            psi = stats.entropy(q, p) + stats.entropy(p, q)
            return {"psi": psi, "verdict": ["none", "moderate", "significant"][int(psi >= 0.1) + int(psi > 0.2)]}""",
        "wrong": {
            "this is the KL divergence, one direction only; PSI takes both": """
                p, q = np.asarray(before) / sum(before), np.asarray(after) / sum(after)
                psi = float((q * np.log(q / p)).sum())
                return {"psi": psi, "verdict": "none" if psi < 0.1 else "moderate" if psi <= 0.2 else "significant"}""",
            "take shares: the two counts are of different size": """
                p, q = np.asarray(before, float), np.asarray(after, float)
                psi = float(((q - p) * np.log(q / p)).sum())
                return {"psi": psi, "verdict": "none" if psi < 0.1 else "moderate" if psi <= 0.2 else "significant"}""",
            "the bands of PSI are for the natural logarithm": """
                p, q = np.asarray(before) / sum(before), np.asarray(after) / sum(after)
                psi = float(((q - p) * np.log10(q / p)).sum())
                return {"psi": psi, "verdict": "none" if psi < 0.1 else "moderate" if psi <= 0.2 else "significant"}""",
        },
        "case": args(before, after),
        "example": "[50, 50], [60, 40]",
        "fresh": [args(*draw(kind)) for kind in kinds],
        "check": "record",
        "explain": "PSI is KL in both directions. The bands are a habit: a small sample moves PSI by chance, so look at its noise, too.",
    }


@template(TOPIC, 5, "Precision and recall at k, nDCG, MRR")
def ranking_gain(rng: np.random.Generator) -> dict[str, Any]:
    def draw() -> tuple[list[int], int]:
        while True:
            grades = rng.choice(4, 8, p=[0.4, 0.3, 0.2, 0.1]).tolist()
            k = pick(rng, [3, 4, 5])
            top = sorted(grades[:k], reverse=True)
            if grades[:k] != top and top != sorted(grades, reverse=True)[:k] and max(grades[:k]) > 1:
                return grades, k

    grades, k = draw()
    return {
        "title": "how good is the order?",
        "statement": f"""
            {opening(product(rng))} showed eight items; in their order, people graded them `{grades}` (0 is useless, 3 perfect). {asker(rng)} wants the nDCG of the first {k}.

            Write `ranking_gain(grades, k)`: the DCG of the first $k$ items, $\\sum_{{i=1}}^{{k}} (2^{{g_i}} - 1) / \\log_2(i + 1)$, over the same sum for the best order of **all** items.
            With fewer than $k$ items, take those there are; return 0.0 when all grades are 0.""",
        "signature": "ranking_gain(grades: list[int], k: int) -> float",
        "doc": "grades: in the order shown, 0 to 3; k >= 1. Returns nDCG@k in [0, 1]; 0.0 when all grades are 0.",
        "body": """
            def dcg(items):
                return sum((2**g - 1) / np.log2(i + 2) for i, g in enumerate(items[:k]))
            best = dcg(sorted(grades, reverse=True))
            return float(dcg(grades) / best) if best else 0.0""",
        "right": """
            gains = 2.0 ** np.asarray(grades) - 1
            discount = 1 / np.log2(np.arange(2, len(grades) + 2)) * (np.arange(len(grades)) < k)
            best = np.sort(gains)[::-1] @ discount
            return gains @ discount / best if best > 0 else 0.0""",
        "wrong": {
            "the best order is of all items, not of the first k": """
                top = grades[:k]
                def dcg(items):
                    return sum((2**g - 1) / np.log2(i + 2) for i, g in enumerate(items))
                best = dcg(sorted(top, reverse=True))
                return float(dcg(top) / best) if best else 0.0""",
            "this is the DCG; divide by that of the best order": "return float(sum((2**g - 1) / np.log2(i + 2) for i, g in enumerate(grades[:k])))",
            "the gain of a grade g is 2**g - 1": """
                def dcg(items):
                    return sum(g / np.log2(i + 2) for i, g in enumerate(items[:k]))
                best = dcg(sorted(grades, reverse=True))
                return float(dcg(grades) / best) if best else 0.0""",
        },
        "slips": {
            "expected a number": """
                def dcg(items):
                    return sum((2**g - 1) / np.log2(i + 2) for i, g in enumerate(items[:k]))
                best = dcg(sorted(grades, reverse=True))
                return dcg(grades) / best if best else None"""
        },
        "case": args(grades, k),
        "example": "[0, 2, 1, 3], 2",
        "fresh": [args(*draw()), args(*draw()), args([0, 0, 0], 2), args([1, 3], 5)],
        "explain": "The discount rewards good items at the top; the best order of all items is the yardstick, otherwise a list that hides the best item gets 1.",
    }


@template(TOPIC, 4, "Precision and recall at k, nDCG, MRR")
def at_k(rng: np.random.Generator) -> dict[str, Any]:
    def draw() -> tuple[list[int], list[int], int]:
        while True:
            k, items = pick(rng, [4, 5]), rng.permutation(30)
            shown, relevant = items[:8].tolist(), np.sort(np.concatenate([rng.choice(items[:8], 3, replace=False), items[10 : 10 + whole(rng, 3, 5)]])).tolist()
            hits, all_hits = len(set(shown[:k]) & set(relevant)), 3
            if 0 < hits < all_hits and len(relevant) not in (k, 8):
                return shown, relevant, k

    shown, relevant, k = draw()
    return {
        "title": "precision and recall at k",
        "statement": f"""
            {opening(product(rng))} ranks items as `{shown}`; relevant to this user are `{relevant}`. The screen has room for {k}, says {speaker(rng)}.

            Write `at_k(shown, relevant, k)`, which returns `{{"precision": ..., "recall": ...}}` of the first $k$ items. Precision divides by $k$, also when fewer are shown.
            Raise `ValueError` when nothing is relevant.""",
        "signature": "at_k(shown: list[int], relevant: list[int], k: int) -> dict",
        "doc": 'shown: ranked item ids without repetition; relevant: ids. Returns {"precision", "recall"} at k. Raises ValueError for no relevant item.',
        "body": """
            if not relevant:
                raise ValueError("nothing is relevant")
            hits = len(set(shown[:k]) & set(relevant))
            return {"precision": hits / k, "recall": hits / len(relevant)}""",
        "right": """
            if len(relevant) == 0:
                raise ValueError("nothing is relevant")
            hits = float(np.isin(shown[:k], relevant).sum())
            return {"recall": hits / len(relevant), "precision": hits / k}""",
        "wrong": {
            "precision and recall are swapped: recall divides by the relevant items": """
                hits = len(set(shown[:k]) & set(relevant))
                return {"precision": hits / len(relevant), "recall": hits / k}""",
            "precision divides by k, also when fewer are shown": """
                hits = len(set(shown[:k]) & set(relevant))
                return {"precision": hits / len(shown[:k]), "recall": hits / len(relevant)}""",
            "only the first k items are on the screen": """
                hits = len(set(shown) & set(relevant))
                return {"precision": hits / len(shown), "recall": hits / len(relevant)}""",
        },
        "case": args(shown, relevant, k),
        "example": "[7, 3, 9, 1], [3, 1, 5], 2",
        "fresh": [args(*draw()), args(*draw()), args([4, 8], [8, 2, 6], 5)],
        "refused": {"[1, 2], [], 2": "nothing relevant"},
        "check": "record",
        "explain": "One numerator, the hits on the screen, and two denominators: the places of the screen and the relevant items.",
    }


@template(TOPIC, 4, "Precision and recall at k, nDCG, MRR")
def first_hit(rng: np.random.Generator) -> dict[str, Any]:
    def draw() -> list[int | None]:
        ranks: list[int | None] = rng.integers(1, 9, 7).tolist()
        for place in rng.choice(7, 2, replace=False):
            ranks[place] = None
        return ranks

    ranks = draw()
    return {
        "title": "how far down is the first hit?",
        "statement": f"""
            For seven queries to the document search, the first relevant result stood at rank `{ranks}`; `None` is a query without one. {asker(rng)} wants one number.

            Write `first_hit(ranks)`: the mean reciprocal rank. A query without a hit counts 0. Raise `ValueError` when there are no queries.""",
        "signature": "first_hit(ranks: list[int | None]) -> float",
        "doc": "Rank of the first hit for each query, from 1; None without a hit. Raises ValueError for an empty list.",
        "body": """
            if not ranks:
                raise ValueError("no queries")
            return sum(1 / rank for rank in ranks if rank is not None) / len(ranks)""",
        "right": """
            if len(ranks) == 0:
                raise ValueError("no queries")
            values = np.array([np.inf if r is None else r for r in ranks], float)
            return float(np.mean(1 / values))""",
        "wrong": {
            "queries without a hit count 0; they are left out here": """
                found = [1 / r for r in ranks if r is not None]
                return sum(found) / len(found)""",
            "the mean of the reciprocals, not the reciprocal of the mean": """
                found = [r for r in ranks if r is not None]
                return len(found) / sum(found)""",
            "ranks count from 1": "return sum(1 / (r + 1) for r in ranks if r is not None) / len(ranks)",
        },
        "case": args(ranks),
        "example": "[1, 4, None]",
        "fresh": [args(draw()), args(draw()), args([None, None])],
        "refused": {"[]": "no queries"},
        "explain": "Each query is worth 1 over the rank of its first hit: 1, a half, a third. A query without a hit is worth nothing, but it counts.",
    }


@template(TOPIC, 5, "Leakage: too good, until it is live")
def future_features(rng: np.random.Generator) -> dict[str, Any]:
    pool = ["sessions_7d", "days_since_login", "was_reviewed", "refund_total", "plan", "support_tickets", "last_invoice", "error_rate"]

    def draw() -> dict[str, list[float]]:
        while True:
            names = [pool[i] for i in rng.permutation(len(pool))[:5]]
            lags = {name: (-rng.uniform(1, 40, 5)).round(1).tolist() for name in names}
            lags[names[0]][int(rng.integers(5))] = share(rng, 0.5, 12, 1)
            lags[names[1]] = rng.uniform(2, 30, 5).round(1).tolist()
            lags[names[2]][int(rng.integers(5))] = 0.0
            lags[names[3]][int(rng.integers(5))] = share(rng, 200, 300, 1)
            if sum(lags[names[0]]) < -5:
                return {name: lags[name] for name in sorted(names)}

    lags = draw()
    what = pick(rng, ["churn model", "fraud model", "credit model", "review model"])
    return {
        "title": "features from the future",
        "statement": f"""
            A {what} is excellent in validation and poor in production. For five training rows, {speaker(rng)} lists when each feature was last written, in hours after the prediction (negative: before it): `{lags}`.

            Write `future_features(lags)`: the names, in alphabetical order, of the features that were written after the prediction in at least one row. A value written at the very
            time of the prediction (0) was known.""",
        "signature": "future_features(lags: dict[str, list[float]]) -> list[str]",
        "doc": "lags: for each feature, hours from prediction to last write, one for each row. Returns sorted names.",
        "body": "return sorted(name for name, hours in lags.items() if any(hour > 0 for hour in hours))",
        "right": """
            table = pd.DataFrame(lags)
            return sorted(table.columns[table.max() > 0])""",
        "wrong": {
            "the average hides single rows from the future": "return sorted(name for name, hours in lags.items() if np.mean(hours) > 0)",
            "a value written at the time of the prediction was known": "return sorted(name for name, hours in lags.items() if max(hours) >= 0)",
            "the wrong way round: negative is before the prediction": "return sorted(name for name, hours in lags.items() if min(hours) < 0)",
            "one row from the future is enough": "return sorted(name for name, hours in lags.items() if min(hours) > 0)",
        },
        "case": args(lags),
        "example": args({"b": [-2.0, 1.5], "a": [-3.0, 0.0]}),
        "fresh": [args(draw()), args(draw())],
        "check": "equal",
        "explain": "Ask of every value when it was written. A column that is late in a few rows only is the leak that averages and spot checks miss.",
    }


@template(TOPIC, 5, "When to retrain")
def retrain_reasons(rng: np.random.Generator) -> dict[str, Any]:
    def draw(fired: int) -> tuple[int, int, float, float, dict[str, float]]:
        limit, base = pick(rng, [30, 45, 60]), share(rng, 0.8, 0.92, 3)
        age = limit + whole(rng, 1, 20) if fired & 1 else limit - whole(rng, 1, 20)
        drop = rng.uniform(0.024, 0.06) if fired & 2 else rng.uniform(0.002, 0.017)
        psi = {name: share(rng, 0.01, 0.09, 3) for name in ("tenure", "spend", "visits")}
        if fired & 4:
            psi[pick(rng, list(psi))] = share(rng, 0.22, 0.4, 3)
        return age, limit, base, round(base - drop, 3), psi

    first = draw(whole(rng, 1, 7))
    return {
        "title": "does the model need retraining?",
        "statement": f"""
            The model of {product(rng)} is {first[0]} days old (limit: {first[1]}). Its accuracy was {first[2]} at release and is {first[3]} this week. PSI by feature: `{first[4]}`. {asker(rng)} asks whether to retrain, and why.

            Write `retrain_reasons(age, limit, released, current, psi)`: the list of triggers that fired, in this order: `"age"` when the age is above the limit,
            `"performance"` when accuracy fell by more than 0.02, `"drift"` when **any** PSI is above 0.2.""",
        "signature": "retrain_reasons(age: int, limit: int, released: float, current: float, psi: dict[str, float]) -> list[str]",
        "doc": 'age, limit: days; released, current: accuracies; psi: by feature. Returns a part of ["age", "performance", "drift"], in this order.',
        "body": """
            fired = {"age": age > limit, "performance": released - current > 0.02, "drift": max(psi.values()) > 0.2}
            return [name for name, yes in fired.items() if yes]""",
        "right": """
            reasons = []
            if age - limit >= 1:
                reasons.append("age")
            if current < released - 0.02:
                reasons.append("performance")
            if any(value > 0.2 for value in psi.values()):
                reasons.append("drift")
            return reasons""",
        "wrong": {
            "one feature that moved is enough: the average PSI hides it": """
                fired = {"age": age > limit, "performance": released - current > 0.02, "drift": np.mean(list(psi.values())) > 0.2}
                return [name for name, yes in fired.items() if yes]""",
            "all triggers that fired are asked for, not the first": """
                fired = {"age": age > limit, "performance": released - current > 0.02, "drift": max(psi.values()) > 0.2}
                return [name for name, yes in fired.items() if yes][:1]""",
            "a small loss is not a trigger: more than 0.02": """
                fired = {"age": age > limit, "performance": released > current, "drift": max(psi.values()) > 0.2}
                return [name for name, yes in fired.items() if yes]""",
        },
        "case": args(*first),
        "example": args(40, 30, 0.9, 0.89, {"a": 0.3, "b": 0.05}),
        "fresh": [args(*draw(7)), args(*draw(2)), args(*draw(5)), args(*draw(0))],
        "check": "equal",
        "explain": "Time, performance and drift catch different things: labels come late, drift may be harmless, and age is what is left when both are silent.",
    }
