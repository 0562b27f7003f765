# ruff: noqa: E501 (a sentence of a statement stands on one line)
"""04 Experimentation and causal inference."""

from __future__ import annotations

from typing import Any

import numpy as np

from course.interview.templates.scene import asker, feature, opening, product
from course.interview.templates.template import args, percent, pick, share, template, whole

TOPIC = "04-causal"


@template(TOPIC, 5, "Difference-in-differences")
def did_lift(rng: np.random.Generator) -> dict[str, Any]:
    where = pick(rng, ["one region", "one market", "the mobile app", "one language"])
    metric = pick(rng, ["orders per user", "sessions per week", "minutes in the app", "questions per user"])

    def draw() -> tuple[list[float], list[float], list[float], list[float]]:
        base, trend, effect = rng.uniform(4, 9, 2), rng.uniform(0.6, 1.5), rng.uniform(0.4, 1.6)
        levels = [base[0], base[0] + trend + effect, base[1], base[1] + trend]
        return tuple((level + rng.normal(0, 0.5, 5)).round(2).tolist() for level in levels)  # type: ignore[return-value]

    a, b, c, d = draw()
    return {
        "title": "a launch without an experiment",
        "statement": f"""
            {opening(feature(rng))} went live in {where} only; elsewhere nothing changed. {opening(metric)} of independent user groups: where it launched, before `{a}`, after `{b}`; elsewhere, before `{c}`, after `{d}`.
            {asker(rng)} compares after with before and is delighted.

            Write `did_lift(treated_before, treated_after, control_before, control_after)`, which returns `{{"effect": ..., "error": ...}}`: the difference in differences of the
            means, and its standard error $\\sqrt{{\\sum s^2 / n}}$ over the four independent lists (`ddof=1`).""",
        "signature": "did_lift(treated_before: list[float], treated_after: list[float], control_before: list[float], control_after: list[float]) -> dict",
        "doc": 'Four independent samples, n >= 2 each. Returns {"effect": difference in differences, "error": its standard error}.',
        "body": """
            cells = [np.asarray(cell, float) for cell in (treated_after, treated_before, control_after, control_before)]
            a, b, c, d = (cell.mean() for cell in cells)
            error = np.sqrt(sum(cell.var(ddof=1) / cell.size for cell in cells))
            return {"effect": float(a - b - (c - d)), "error": float(error)}""",
        "right": """
            import statistics as st
            effect = (st.fmean(treated_after) - st.fmean(control_after)) - (st.fmean(treated_before) - st.fmean(control_before))
            parts = [st.variance(x) / len(x) for x in (treated_before, treated_after, control_before, control_after)]
            return {"error": sum(parts) ** 0.5, "effect": effect}""",
        "wrong": {
            "before and after alone: the trend that control shows is counted as effect": """
                x, y = np.asarray(treated_after, float), np.asarray(treated_before, float)
                return {"effect": x.mean() - y.mean(), "error": np.sqrt(x.var(ddof=1) / x.size + y.var(ddof=1) / y.size)}""",
            "treated against control alone: their difference from before is counted as effect": """
                x, y = np.asarray(treated_after, float), np.asarray(control_after, float)
                return {"effect": x.mean() - y.mean(), "error": np.sqrt(x.var(ddof=1) / x.size + y.var(ddof=1) / y.size)}""",
            "all four means are uncertain: the error has four parts": """
                cells = [np.asarray(cell, float) for cell in (treated_after, treated_before, control_after, control_before)]
                a, b, c, d = (cell.mean() for cell in cells)
                return {"effect": a - b - (c - d), "error": np.sqrt(sum(cell.var(ddof=1) / cell.size for cell in cells[:2]))}""",
        },
        "case": args(a, b, c, d),
        "example": "[4.0, 6.0], [8.0, 9.0], [5.0, 5.5], [6.0, 7.0]",
        "fresh": [args(*draw()), args(*draw())],
        "check": "record",
        "explain": "Control says what would have happened anyway, if trends are parallel. Variances of independent means add up, four of them.",
    }


@template(TOPIC, 4, "Cluster randomisation: what whole clusters cost")
def effective_users(rng: np.random.Generator) -> dict[str, Any]:
    unit = pick(rng, ["cities", "schools", "companies", "friend groups"])

    def draw() -> tuple[int, int, float]:
        clusters = whole(rng, 20, 80, 10)
        return clusters * whole(rng, 50, 400, 10), clusters, share(rng, 0.01, 0.12, 3)

    users, clusters, icc = draw()
    return {
        "title": "how many users your users are worth",
        "statement": f"""
            Because users of {product(rng)} influence each other, whole {unit} are randomised: {users:,} users in {clusters} equally large {unit}, with an intra-cluster correlation of {icc}.
            {asker(rng)} is happy with so many users.

            Write `effective_users(users, clusters, icc)`: the number of independent users with the same precision, $n / (1 + (m - 1) \\, \\rho)$ with $m$ users in each cluster. Not rounded.""",
        "signature": "effective_users(users: int, clusters: int, icc: float) -> float",
        "doc": "users: in all; clusters: how many, equally large; icc: intra-cluster correlation in [0, 1].",
        "body": "return users / (1 + (users / clusters - 1) * icc)",
        "right": """
            m = users / clusters
            variance_of_mean = (icc + (1 - icc) / m) / clusters
            return 1 / variance_of_mean""",
        "wrong": {
            "m is the size of a cluster, not the number of clusters": "return users / (1 + (clusters - 1) * icc)",
            "correlated users tell less, not more: divide by the design effect": "return users * (1 + (users / clusters - 1) * icc)",
            "a user is not correlated with itself once more: m - 1": "return users / (1 + users / clusters * icc)",
            "clusters are worth more than one user each as long as icc is below 1": "return float(clusters)",
        },
        "case": args(users, clusters, icc),
        "example": "1000, 10, 0.05",
        "fresh": [args(*draw()), args(*draw()), args(600, 30, 0.0), args(600, 30, 1.0)],
        "explain": "Within a cluster users repeat each other. At icc = 0 every user counts, at icc = 1 only clusters do.",
    }


@template(TOPIC, 5, "Instrumental variables: let a nudge choose")
def nudge_effect(rng: np.random.Generator) -> dict[str, Any]:
    def draw() -> tuple[float, float, float, float]:
        taken0, taken1 = share(rng, 0.05, 0.2), share(rng, 0.3, 0.6)
        base, effect = share(rng, 0.25, 0.45, 3), rng.uniform(0.04, 0.15)
        return round(base + effect * (taken1 - taken0), 4), base, taken1, taken0

    y1, y0, d1, d0 = draw()
    return {
        "title": "what a nudge tells",
        "statement": f"""
            Users choose for themselves whether to use {feature(rng)}, so adopters can't be compared with the rest. A random half got a banner: {percent(d1)} of them use it, {percent(d0)} of the others.
            Retention is {y1} with the banner and {y0} without. {asker(rng)} asks what the feature itself does.

            Write `nudge_effect(outcome_nudged, outcome_other, used_nudged, used_other)`: the effect on those whom the banner moved (the Wald estimate).
            Raise `ValueError` when the banner moved nobody.""",
        "signature": "nudge_effect(outcome_nudged: float, outcome_other: float, used_nudged: float, used_other: float) -> float",
        "doc": "Mean outcome and share of users of the feature, with and without the banner. Raises ValueError when both shares are equal.",
        "body": """
            moved = used_nudged - used_other
            if moved == 0:
                raise ValueError("the banner moved nobody")
            return (outcome_nudged - outcome_other) / moved""",
        "right": """
            if used_nudged == used_other:
                raise ValueError("the banner moved nobody")
            weights = np.array([1, -1]) / (used_nudged - used_other)
            return float(weights @ np.array([outcome_nudged, outcome_other]))""",
        "wrong": {
            "this is the effect of the banner; divide by the share that it moved": "return outcome_nudged - outcome_other",
            "those who use it anyway were not moved: subtract their share": "return (outcome_nudged - outcome_other) / used_nudged",
            "upside down: the outcome stands over the use": "return (used_nudged - used_other) / (outcome_nudged - outcome_other)",
        },
        "case": args(y1, y0, d1, d0),
        "example": "0.5, 0.47, 0.4, 0.1",
        "fresh": [args(*draw()), args(*draw())],
        "refused": {"0.5, 0.4, 0.3, 0.3": "a banner that moved nobody"},
        "explain": "The banner works through the feature only, so its effect is spread over the users it moved. If it works another way, too, the estimate is wrong.",
    }


@template(TOPIC, 6, "Correlation and causation")
def adjusted_lift(rng: np.random.Generator) -> dict[str, Any]:
    def draw() -> list[tuple[int, int, int, int]]:
        rows = []
        for rate, adopters, others in zip(rng.uniform([0.15, 0.35, 0.6], [0.25, 0.45, 0.7]), (40, 150, 260), (700, 300, 90), strict=True):
            t, c = adopters + whole(rng, 0, 30), others + whole(rng, 0, 60)
            rows.append((t, int(t * (rate + rng.uniform(0.01, 0.08))), c, int(c * rate)))
        return rows

    rows = draw()
    return {
        "title": "engaged users adopt more",
        "statement": f"""
            {asker(rng)} reports: users of {feature(rng)} stay far more often. By earlier engagement (low, middle, high), as (adopters, adopters who stayed, others, others who stayed): `{rows}`.

            Write `adjusted_lift(strata)`, which returns `{{"raw": ..., "adjusted": ...}}`: the difference of the shares that stayed, adopters minus others,
            first over all users, then as the mean of the differences within strata, weighted by **all** users of each stratum.""",
        "signature": "adjusted_lift(strata: list[tuple[int, int, int, int]]) -> dict",
        "doc": 'strata: (adopters, stayed, others, stayed) each, no zero group. Returns {"raw", "adjusted"}: differences of shares.',
        "body": """
            s = np.asarray(strata, float)
            total = s.sum(0)
            lifts, sizes = s[:, 1] / s[:, 0] - s[:, 3] / s[:, 2], s[:, 0] + s[:, 2]
            return {"raw": float(total[1] / total[0] - total[3] / total[2]), "adjusted": float((lifts * sizes).sum() / sizes.sum())}""",
        "right": """
            n = sum(t + c for t, _, c, _ in strata)
            do_adopt = sum((t + c) / n * x / t for t, x, c, _ in strata)
            do_not = sum((t + c) / n * y / c for t, _, c, y in strata)
            ts, xs, cs, ys = map(sum, zip(*strata))
            return {"adjusted": do_adopt - do_not, "raw": xs / ts - ys / cs}""",
        "wrong": {
            "strata differ in size: weight them by their users": """
                s = np.asarray(strata, float)
                t = s.sum(0)
                return {"raw": t[1] / t[0] - t[3] / t[2], "adjusted": float((s[:, 1] / s[:, 0] - s[:, 3] / s[:, 2]).mean())}""",
            "weighted by adopters this is the effect on adopters; weight by all users": """
                s = np.asarray(strata, float)
                t = s.sum(0)
                lifts = s[:, 1] / s[:, 0] - s[:, 3] / s[:, 2]
                return {"raw": t[1] / t[0] - t[3] / t[2], "adjusted": float((lifts * s[:, 0]).sum() / s[:, 0].sum())}""",
            "engagement is a confounder: the raw difference is not adjusted": """
                t = np.asarray(strata, float).sum(0)
                raw = t[1] / t[0] - t[3] / t[2]
                return {"raw": raw, "adjusted": raw}""",
        },
        "case": args(rows),
        "example": "[(10, 5, 40, 10), (30, 24, 20, 14)]",
        "fresh": [args(draw()), args(draw())],
        "check": "record",
        "explain": "Engaged users adopt more and stay more. Compare within strata, then average over the population for which the effect is asked.",
    }


DESIGNS = ("cluster randomisation", "switchback", "regression discontinuity", "difference-in-differences", "synthetic control")


@template(TOPIC, 4, "Choosing a design")
def design_choice(rng: np.random.Generator) -> dict[str, Any]:
    regions, days, hours = whole(rng, 12, 40, 2), whole(rng, 14, 42, 7), pick(rng, [2, 3, 4, 6])
    near, users = whole(rng, 1_200, 6_000, 100), whole(rng, 50_000, 400_000, 1_000)
    treated = whole(rng, 4, 10)
    design, units, story = pick(
        rng,
        [
            (
                "cluster randomisation",
                regions,
                f"Friends share {feature(rng)} with each other, hardly ever across cities. {regions} cities with {users:,} users may be randomised as one likes.",
            ),
            (
                "switchback",
                days * 24 // hours,
                f"A new pricing rule changes waiting times for everybody in the one city there is ({users:,} users). It can be switched every {hours} hours for {days} days; effects are gone within minutes.",
            ),
            (
                "regression discontinuity",
                near,
                f"Accounts with a score above 700 get {feature(rng)}, nobody else; {near:,} of {users:,} accounts lie close to 700 and nobody can steer the score.",
            ),
            (
                "difference-in-differences",
                regions,
                f"{opening(feature(rng))} went live in {treated} of {regions} regions ({users:,} users), by contract. Weekly metrics of all regions before and after exist, and they ran in parallel.",
            ),
            (
                "synthetic control",
                regions,
                f"{opening(feature(rng))} went live in a single country of {regions} ({users:,} users); no other country runs like it, but a mix of the others does.",
            ),
        ],
    )
    whys = {
        "cluster randomisation": "friends would reach each other across arms: cluster randomisation needs many groups that can be randomised",
        "switchback": "a switchback needs a market that can be switched on and off in time",
        "regression discontinuity": "a discontinuity needs treatment that is decided by a threshold",
        "difference-in-differences": "difference-in-differences needs treated and untreated units with parallel trends before",
        "synthetic control": "synthetic control is for a single treated unit that a mix of others can follow",
    }
    others = [name for name in DESIGNS if name != design]
    return {
        "title": "which design, and how many units",
        "statement": f"""
            {story} {asker(rng)} asks how you would measure the effect on {product(rng)}.

            Write `design_choice()`, which returns `{{"design": ..., "units": ...}}`: one of {", ".join(f'`"{name}"`' for name in DESIGNS)},
            and the number of units (treated and control together) that the analysis may count: accounts, regions or periods, whatever the design compares.""",
        "signature": "design_choice() -> dict",
        "doc": 'Returns {"design": one of the five names, "units": a whole number}.',
        "body": f'return {{"design": {design!r}, "units": {units}}}',
        "right": f'units = sum(1 for _ in range({units}))\nreturn dict(units=float(units), design="".join([{design!r}]))',
        "wrong": {
            "users are not what this design compares: count its units": f'return {{"design": {design!r}, "units": {users}}}',
            **{whys[name]: f'return {{"design": {name!r}, "units": {units}}}' for name in others},
        },
        "case": "",
        "fresh": [],
        "check": "record",
        "explain": "Ask what can be randomised, what spills over, and what decided on treatment. Then count what is compared, not the users inside.",
    }


@template(TOPIC, 5, "Regression discontinuity: just above against just below")
def jump_at(rng: np.random.Generator) -> dict[str, Any]:
    def draw() -> tuple[list[int], list[float], int, int]:
        cut = 700
        x = np.sort(rng.choice(np.arange(cut - 60, cut + 60), 16, replace=False))
        x = np.unique(np.concatenate([x, [cut, cut - 20, cut - 8, cut + 11, cut + 22]]))
        y = 20 + 0.08 * (x - cut) + rng.uniform(2, 5) * (x >= cut) + rng.normal(0, 0.8, x.size)
        return x.tolist(), y.round(1).tolist(), cut, 40

    x, y, cut, width = draw()
    return {
        "title": "a jump at a threshold",
        "statement": f"""
            Accounts with a credit score of {cut} or more get {feature(rng)}. Scores: `{x}`; monthly spend: `{y}`. {asker(rng)} compares the two groups' means.

            Write `jump_at(score, spend, cut, width)`: the jump at the cut. Take the accounts with $|score - cut| \\le width$ (here {width}), fit a straight line by least squares to those at or above
            the cut and another to those below, and return the difference of the two lines at the cut, above minus below.""",
        "signature": "jump_at(score: list[float], spend: list[float], cut: float, width: float) -> float",
        "doc": "score, spend: shape (n,); at least two different scores on either side within the width.",
        "body": """
            x, y = np.asarray(score, float) - cut, np.asarray(spend, float)
            above, below = (x >= 0) & (x <= width), (x < 0) & (x >= -width)
            return float(np.polyfit(x[above], y[above], 1)[1] - np.polyfit(x[below], y[below], 1)[1])""",
        "right": """
            x, y = np.asarray(score, float) - cut, np.asarray(spend, float)
            near = np.abs(x) <= width
            x, y, d = x[near], y[near], (x[near] >= 0).astype(float)
            design = np.column_stack([np.ones_like(x), d, x, d * x])
            return float(np.linalg.lstsq(design, y, rcond=None)[0][1])""",
        "wrong": {
            "the difference of means holds the slope, too: compare the lines at the cut": """
                x, y = np.asarray(score, float) - cut, np.asarray(spend, float)
                near = np.abs(x) <= width
                return float(y[near & (x >= 0)].mean() - y[near & (x < 0)].mean())""",
            "far accounts are left out: only those within the width count": """
                x, y = np.asarray(score, float) - cut, np.asarray(spend, float)
                return float(np.polyfit(x[x >= 0], y[x >= 0], 1)[1] - np.polyfit(x[x < 0], y[x < 0], 1)[1])""",
            "an account at the cut is treated": """
                x, y = np.asarray(score, float) - cut, np.asarray(spend, float)
                a, b = (x > 0) & (x <= width), (x <= 0) & (x >= -width)
                return float(np.polyfit(x[a], y[a], 1)[1] - np.polyfit(x[b], y[b], 1)[1])""",
        },
        "case": args(x, y, cut, width),
        "example": "[1, 2, 3, 4, 5, 6], [1.0, 2.0, 3.0, 9.0, 10.0, 12.0], 4, 3",
        "fresh": [args(*draw()), args(*draw())],
        "explain": "Just above and just below the cut, accounts are alike but for the treatment. The slope of spend in score is not part of the effect.",
    }
