# ruff: noqa: E501 (a sentence of a statement stands on one line)
"""07 Communication and business impact."""

from __future__ import annotations

from typing import Any

import numpy as np

from course.interview.templates.scene import asker, opening, speaker
from course.interview.templates.template import args, percent, pick, share, template, whole

TOPIC = "07-communication"


@template(TOPIC, 4, "What is it worth? Hours and money, with an interval")
def weekly_saving(rng: np.random.Generator) -> dict[str, Any]:
    what, whom = pick(
        rng,
        [("applications", "the operations team"), ("claims", "the claims team"), ("flagged posts", "the moderators"), ("support tickets", "the support team")],
    )

    def draw() -> tuple[int, float, float, float, float]:
        return (
            whole(rng, 4_000, 20_000, 500),
            pick(rng, [2.0, 2.5, 3.0, 4.0]),
            share(rng, 0.55, 0.85),
            pick(rng, [28.0, 32.0, 36.0, 45.0]),
            whole(rng, 500, 2_500, 100) * 1.0,
        )

    items, minutes, automated, wage, running = draw()
    return {
        "title": "hours and money in a week",
        "statement": f"""
            Today {whom} reviews {items:,} {what} a week by hand, {minutes:g} minutes each; an hour costs {wage:g} USD. A model would decide {percent(automated)} of them alone and costs {running:,.0f} USD a week to run.
            {asker(rng)} wants it in one sentence: hours and money.

            Write `weekly_saving(items, minutes, automated, wage, running)`, which returns `{{"hours": ..., "left": ..., "net": ...}}`: hours saved a week,
            items left for people, and USD saved a week after the cost of running. Not rounded.""",
        "signature": "weekly_saving(items: int, minutes: float, automated: float, wage: float, running: float) -> dict",
        "doc": 'minutes: per item; automated: share; wage: USD per hour; running: USD per week. Returns {"hours", "left", "net"} for one week.',
        "body": """
            hours = items * automated * minutes / 60
            return {"hours": hours, "left": items * (1 - automated), "net": hours * wage - running}""",
        "right": """
            left = items - items * automated
            before, after = items * minutes / 60 * wage, left * minutes / 60 * wage + running
            return {"net": before - after, "left": left, "hours": (before - after + running) / wage}""",
        "wrong": {
            "minutes are not hours: divide by 60": """
                hours = items * automated * minutes
                return {"hours": hours, "left": items * (1 - automated), "net": hours * wage - running}""",
            "saved is what the model decides, not what is left to people": """
                hours = items * (1 - automated) * minutes / 60
                return {"hours": hours, "left": items * automated, "net": hours * wage - running}""",
            "the model costs something, too: net of running it": """
                hours = items * automated * minutes / 60
                return {"hours": hours, "left": items * (1 - automated), "net": hours * wage}""",
        },
        "case": args(items, minutes, automated, wage, running),
        "example": "600, 2.0, 0.5, 30.0, 100.0",
        "fresh": [args(*draw()), args(*draw()), args(1_000, 1.0, 0.2, 20.0, 400.0)],
        "check": "record",
        "explain": "Start from what people do today, say what they no longer do, and turn it into hours and money a week. The model's own cost belongs in the sum.",
    }


@template(TOPIC, 5, "Which error is dearer? The threshold follows from the costs")
def cheapest_threshold(rng: np.random.Generator) -> dict[str, Any]:
    event, good, bad = pick(
        rng,
        [
            ("default", "rejecting a good applicant", "approving one who defaults"),
            ("fraud", "blocking an honest payment", "letting a fraud pass"),
            ("failure", "an unneeded repair", "a breakdown"),
            ("churn", "an unneeded offer", "losing a customer"),
        ],
    )

    def draw() -> tuple[list[float], int, int]:
        fp, fn = whole(rng, 5, 60, 5), whole(rng, 150, 900, 50)
        t = fp / (fp + fn)
        scores = [
            t * rng.uniform(0.2, 0.8),
            t + (1 - t) * rng.uniform(0.02, 0.2),
            t + (0.5 - t) * rng.uniform(0.3, 0.9),
            rng.uniform(0.55, 0.8),
            t * rng.uniform(0.3, 0.9),
        ]
        rounded = [round(float(s), 3) for s in rng.permutation(scores)]
        return rounded, fp, fn

    scores, fp, fn = draw()
    return {
        "title": "a threshold from costs",
        "statement": f"""
            A calibrated model gives five cases these probabilities of {event}: `{scores}`. {opening(good)} costs {fp} USD, {bad} costs {fn} USD; right decisions cost nothing.
            {asker(rng)} asks why you don't simply cut at 0.5.

            Write `cheapest_threshold(scores, false_positive, false_negative)`, which returns `{{"threshold": ..., "flagged": ..., "cost": ...}}`: the probability from which acting is cheaper,
            how many scores are at or above it, and the expected cost in USD of acting on exactly those.""",
        "signature": "cheapest_threshold(scores: list[float], false_positive: float, false_negative: float) -> dict",
        "doc": 'scores: calibrated probabilities; costs in USD, above zero. Returns {"threshold", "flagged": count, "cost": expected USD}.',
        "body": """
            p = np.asarray(scores, float)
            threshold = false_positive / (false_positive + false_negative)
            act = p >= threshold
            cost = ((1 - p[act]) * false_positive).sum() + (p[~act] * false_negative).sum()
            return {"threshold": threshold, "flagged": int(act.sum()), "cost": float(cost)}""",
        "right": """
            costs = [((1 - p) * false_positive, p * false_negative) for p in scores]
            return {
                "cost": sum(min(pair) for pair in costs),
                "flagged": sum(a <= b for a, b in costs),
                "threshold": 1 / (1 + false_negative / false_positive),
            }""",
        "wrong": {
            "0.5 is right only for equal costs": """
                p = np.asarray(scores, float)
                act = p >= 0.5
                return {"threshold": 0.5, "flagged": int(act.sum()), "cost": ((1 - p[act]) * false_positive).sum() + (p[~act] * false_negative).sum()}""",
            "the wrong way round: a dear miss lowers the threshold": """
                p = np.asarray(scores, float)
                t = false_negative / (false_positive + false_negative)
                act = p >= t
                return {"threshold": t, "flagged": int(act.sum()), "cost": ((1 - p[act]) * false_positive).sum() + (p[~act] * false_negative).sum()}""",
            "the cost of those not flagged is missing": """
                p = np.asarray(scores, float)
                t = false_positive / (false_positive + false_negative)
                act = p >= t
                return {"threshold": t, "flagged": int(act.sum()), "cost": ((1 - p[act]) * false_positive).sum()}""",
        },
        "case": args(scores, fp, fn),
        "example": "[0.1, 0.4, 0.7], 20, 60",
        "fresh": [args(*draw()), args(*draw())],
        "check": "record",
        "explain": "Acting costs (1 - p) times a false alarm, waiting p times a miss. They are equal at C_fp / (C_fp + C_fn).",
    }


@template(TOPIC, 6, "Better than people? On the same cases")
def model_or_human(rng: np.random.Generator) -> dict[str, Any]:
    def draw() -> tuple[int, int, int, int]:
        return whole(rng, 280, 420, 10), whole(rng, 14, 28), whole(rng, 5, 12), whole(rng, 15, 40)

    both, model, human, neither = draw()
    return {
        "title": "better than the people, or lucky?",
        "statement": f"""
            Model and reviewers decided the same cases: both right {both}, only the model right {model}, only the reviewers right {human}, both wrong {neither}. {asker(rng)} asks whether the model is better.

            Write `model_or_human(both, model, human, neither)`, which returns `{{"difference": ..., "p": ...}}`: accuracy of the model minus that of the reviewers, and the exact
            two-sided p-value of McNemar's test: twice the smaller binomial tail (at 1/2, its end included) of the cases on which they differ, at most 1. With no such case it is 1.""",
        "signature": "model_or_human(both: int, model: int, human: int, neither: int) -> dict",
        "doc": 'Counts of the same cases: both right, only the model, only the reviewers, both wrong. Returns {"difference", "p"}.',
        "body": """
            n = model + human
            difference = (model - human) / (both + n + neither)
            return {"difference": difference, "p": min(1.0, 2 * float(stats.binom.cdf(min(model, human), n, 0.5)))}""",
        "right": """
            from math import comb
            n, few = model + human, min(model, human)
            tail = sum(comb(n, k) for k in range(few + 1)) / 2**n
            total = both + model + human + neither
            return {"p": min(1.0, 2 * tail), "difference": (both + model) / total - (both + human) / total}""",
        "wrong": {
            "the cases are the same for both: the test is paired": """
                n = both + model + human + neither
                a, b = (both + model) / n, (both + human) / n
                m = (a + b) / 2
                z = (a - b) / (m * (1 - m) * 2 / n) ** 0.5
                return {"difference": a - b, "p": float(2 * stats.norm.sf(abs(z)))}""",
            "this is one-sided; the reviewers could have been better": """
                n = model + human
                return {"difference": (model - human) / (both + n + neither), "p": float(stats.binom.cdf(min(model, human), n, 0.5))}""",
            "the difference is over all cases, also those on which they agree": """
                n = model + human
                return {"difference": (model - human) / n, "p": min(1.0, 2 * float(stats.binom.cdf(min(model, human), n, 0.5)))}""",
        },
        "case": args(both, model, human, neither),
        "example": "80, 9, 2, 9",
        "fresh": [args(*draw()), args(*draw()), args(90, 6, 6, 4), args(50, 0, 0, 3)],
        "check": "record",
        "explain": "Cases that both get right or both get wrong say nothing about who is better. The rest are coin tosses if neither is.",
    }


@template(TOPIC, 5, "Is 99 % reachable? What the labels allow")
def noise_ceiling(rng: np.random.Generator) -> dict[str, Any]:
    def draw() -> tuple[float, float]:
        error = share(rng, 0.02, 0.1, 3)
        return round((1 - error) * (a := rng.uniform(0.86, 0.97)) + error * (1 - a), 4), error

    measured, error = draw()
    return {
        "title": "they want 99 %",
        "statement": f"""
            On the test set a model agrees with the labels in {percent(measured)} of cases; {speaker(rng)} wants 99 %. An audit says that {percent(error)} of the yes/no labels are wrong, at random and independently of the model's errors.

            Write `noise_ceiling(measured, label_error)`, which returns `{{"ceiling": ..., "true": ...}}`: the agreement that a perfect model would show, and the model's true accuracy.
            Raise `ValueError` when half of the labels or more are wrong.""",
        "signature": "noise_ceiling(measured: float, label_error: float) -> dict",
        "doc": 'Shares; two classes. Returns {"ceiling": agreement of a perfect model, "true": accuracy of this one}. Raises ValueError for label_error >= 0.5.',
        "body": """
            if label_error >= 0.5:
                raise ValueError("the labels say nothing")
            return {"ceiling": 1 - label_error, "true": (measured - label_error) / (1 - 2 * label_error)}""",
        "right": """
            if not label_error < 0.5:
                raise ValueError("the labels say nothing")
            flip = np.array([[1 - label_error, label_error], [label_error, 1 - label_error]])
            true, _ = np.linalg.solve(flip, [measured, 1 - measured])
            return {"true": float(true), "ceiling": float(flip[0] @ [1, 0])}""",
        "wrong": {
            "a model that is wrong agrees with a wrong label: two errors cancel": 'return {"ceiling": 1 - label_error, "true": measured / (1 - label_error)}',
            "wrong labels also agree with wrong predictions: the error can't just be added": 'return {"ceiling": 1 - label_error, "true": measured + label_error}',
            "even a perfect model disagrees with wrong labels": 'return {"ceiling": 1.0, "true": (measured - label_error) / (1 - 2 * label_error)}',
        },
        "case": args(measured, error),
        "example": "0.82, 0.1",
        "fresh": [args(*draw()), args(*draw()), args(0.9, 0.0)],
        "refused": {"0.6, 0.5": "half of the labels wrong"},
        "check": "record",
        "explain": "measured = a (1 - e) + (1 - a) e. Solve for a. Above 1 - e no model can be seen to go, so better labels come before a better model.",
    }


@template(TOPIC, 5, "Better overall, worse for whom?")
def hurt_segments(rng: np.random.Generator) -> dict[str, Any]:
    names = pick(rng, [["mobile", "web", "api", "partner"], ["new", "casual", "regular", "power"], ["north", "south", "east", "west"]])

    def draw() -> list[tuple[str, int, int, int]]:
        sizes = [whole(rng, 4_000, 6_000, 100), whole(rng, 1_500, 2_500, 100), whole(rng, 400, 900, 50), whole(rng, 150, 350, 50)]
        changes = [rng.uniform(0.02, 0.05), rng.uniform(0.01, 0.03), -rng.uniform(0.03, 0.08), rng.uniform(-0.019, 0.004)]
        rows = []
        for name, n, change in zip(names, sizes, changes, strict=True):
            old = int(n * rng.uniform(0.78, 0.86))
            rows.append((name, n, old, old + int(np.floor(change * n))))
        return [rows[i] for i in rng.permutation(4)]

    rows = draw()
    return {
        "title": "better for all?",
        "statement": f"""
            A new model beats the old one overall, and {speaker(rng)} wants to ship. By segment, as (name, cases, old model right, new model right): `{rows}`.
            Who pays for it?

            Write `hurt_segments(rows, tolerance)`, which returns `{{"gain": ..., "hurt": ...}}`: the change of the overall accuracy, new minus old, and the names of the segments whose accuracy
            falls by **more than** `tolerance` (here 0.02), the largest loss first.""",
        "signature": "hurt_segments(rows: list[tuple[str, int, int, int]], tolerance: float) -> dict",
        "doc": 'rows: (segment, cases, old right, new right). Returns {"gain": change of accuracy over all cases, "hurt": names, largest loss first}.',
        "body": """
            cases = sum(n for _, n, _, _ in rows)
            gain = sum(new - old for _, _, old, new in rows) / cases
            losses = sorted(((old - new) / n, name) for name, n, old, new in rows if (old - new) / n > tolerance)
            return {"gain": gain, "hurt": [name for _, name in reversed(losses)]}""",
        "right": """
            t = pd.DataFrame(rows, columns=["name", "n", "old", "new"])
            loss = (t["old"] - t["new"]) / t["n"]
            worst = t.assign(loss=loss)[loss > tolerance].sort_values("loss", ascending=False)
            return {"hurt": worst["name"].tolist(), "gain": float(t["new"].sum() / t["n"].sum() - t["old"].sum() / t["n"].sum())}""",
        "wrong": {
            "segments differ in size: the overall accuracy is over all cases": """
                gain = sum((new - old) / n for _, n, old, new in rows) / len(rows)
                losses = sorted(((old - new) / n, name) for name, n, old, new in rows if (old - new) / n > tolerance)
                return {"gain": gain, "hurt": [name for _, name in reversed(losses)]}""",
            "a better average does not say that nobody is worse off": """
                return {"gain": sum(r[3] - r[2] for r in rows) / sum(r[1] for r in rows), "hurt": []}""",
            "losses within the tolerance are accepted": """
                losses = sorted(((old - new) / n, name) for name, n, old, new in rows if old > new)
                return {"gain": sum(r[3] - r[2] for r in rows) / sum(r[1] for r in rows), "hurt": [name for _, name in reversed(losses)]}""",
        },
        "case": f"{rows!r}, 0.02",
        "example": '[("a", 100, 80, 90), ("b", 50, 40, 35)], 0.02',
        "fresh": [f"{draw()!r}, 0.02", f"{draw()!r}, 0.01", '[("x", 200, 150, 160), ("y", 100, 80, 60), ("z", 100, 80, 70), ("w", 100, 80, 79)], 0.05'],
        "check": "record",
        "explain": "The overall gain is dominated by large segments. Say who loses, how much, and whether that is accepted, before someone else does.",
    }
