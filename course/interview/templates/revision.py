# ruff: noqa: E501 (a sentence of a statement stands on one line)
"""09 The mental checklist: validation, missing data, drops in production, what to do next."""

from __future__ import annotations

from typing import Any

import numpy as np

from course.interview.templates.scene import asker, opening, product, speaker
from course.interview.templates.template import args, pick, share, template, whole

TOPIC = "09-revision"


@template(TOPIC, 5, "Lab 3: How would you handle missing data?")
def mean_filled(rng: np.random.Generator) -> dict[str, Any]:
    what = pick(rng, ["income", "session length", "age of the account", "basket value"])

    def draw() -> list[float | None]:
        values: list[float | None] = rng.normal(50, 12, 11).round(1).tolist()
        for place in rng.choice(11, whole(rng, 2, 4), replace=False):
            values[place] = None
        return values

    values = draw()
    return {
        "title": "what mean imputation does",
        "statement": f"""
            The column {what} of {product(rng)} has holes: `{values}`. {opening(speaker(rng))} fills them with the mean, which "changes nothing".

            Write `mean_filled(values)`, which returns `{{"mean": ..., "variance": ..., "shrunk": ...}}`: mean and sample variance (`ddof=1`) of the filled column, and that variance divided by the sample
            variance (`ddof=1`) of the values that are there. At least two values are there, and they differ.""",
        "signature": "mean_filled(values: list[float | None]) -> dict",
        "doc": 'None is a hole. Returns {"mean", "variance", "shrunk"} after filling holes with the mean of the rest.',
        "body": """
            there = np.array([v for v in values if v is not None], float)
            filled = np.array([there.mean() if v is None else v for v in values], float)
            variance = filled.var(ddof=1)
            return {"mean": float(there.mean()), "variance": float(variance), "shrunk": float(variance / there.var(ddof=1))}""",
        "right": """
            there = [v for v in values if v is not None]
            mean, n, m = sum(there) / len(there), len(there), len(values)
            squares = sum((v - mean) ** 2 for v in there)
            return {"shrunk": (n - 1) / (m - 1), "variance": squares / (m - 1), "mean": mean}""",
        "wrong": {
            "this drops the holes; filled with the mean they are there, without a deviation": """
                there = np.array([v for v in values if v is not None], float)
                return {"mean": there.mean(), "variance": there.var(ddof=1), "shrunk": 1.0}""",
            "a hole is not a zero": """
                there = np.array([v for v in values if v is not None], float)
                filled = np.array([v or 0.0 for v in values], float)
                return {"mean": filled.mean(), "variance": filled.var(ddof=1), "shrunk": filled.var(ddof=1) / there.var(ddof=1)}""",
            "the sample variance has ddof=1": """
                there = np.array([v for v in values if v is not None], float)
                filled = np.array([there.mean() if v is None else v for v in values], float)
                return {"mean": there.mean(), "variance": filled.var(), "shrunk": filled.var() / there.var()}""",
        },
        "case": args(values),
        "example": "[1.0, None, 5.0, None, 6.0]",
        "fresh": [args(draw()), args(draw()), args([2.0, 4.0, 7.0])],
        "check": "record",
        "explain": "The mean stays, the variance shrinks by (n - 1) / (m - 1): filled values have no spread. Correlations and intervals shrink with it.",
    }


@template(TOPIC, 5, "Lab 4: Why did performance drop in production?")
def drop_cause(rng: np.random.Generator) -> dict[str, Any]:
    kinds = ("pipeline bug", "training-serving skew", "data drift", "leakage")

    def draw(kind: str) -> tuple[float, float, float, float, float, float]:
        validation = share(rng, 0.86, 0.94, 3)
        live = round(validation - rng.uniform(0.12, 0.2), 3)
        replayed = round(live + rng.uniform(0.08, 0.11), 3) if kind == "training-serving skew" else round(live + rng.uniform(-0.01, 0.02), 3)
        psi = share(rng, 0.25, 0.5) if kind in ("data drift", "training-serving skew") else share(rng, 0.02, 0.09)
        nulls = share(rng, 0.01, 0.04)
        now = round(nulls + rng.uniform(0.3, 0.6), 2) if kind == "pipeline bug" else round(nulls + 0.01, 2)
        return validation, live, replayed, psi, nulls, now

    validation, live, replayed, psi, before, now = draw(pick(rng, kinds))
    return {
        "title": "why is it worse in production?",
        "statement": f"""
            The model of {product(rng)} had an AUC of {validation} in validation and has {live} live. The live rows, features computed again by the training code, give {replayed}. The largest PSI of a feature is {psi};
            the share of NULL in the inputs went from {before} to {now}. {asker(rng)} asks what happened.

            Write `drop_cause(validation, live, replayed, psi, nulls_before, nulls_now)`, which returns `{{"drop": ..., "cause": ...}}`: validation minus live AUC, and the first that applies:
            `"pipeline bug"` (NULLs up by more than 0.2), `"training-serving skew"` (replayed AUC more than 0.05 above live), `"data drift"` (PSI above 0.2), `"leakage"` (a drop above 0.05 that
            nothing else explains), `"none"`.""",
        "signature": "drop_cause(validation: float, live: float, replayed: float, psi: float, nulls_before: float, nulls_now: float) -> dict",
        "doc": 'AUCs, largest PSI, shares of NULL. Returns {"drop": validation - live, "cause": one of the five}.',
        "body": """
            drop = validation - live
            if nulls_now - nulls_before > 0.2:
                cause = "pipeline bug"
            elif replayed - live > 0.05:
                cause = "training-serving skew"
            elif psi > 0.2:
                cause = "data drift"
            else:
                cause = "leakage" if drop > 0.05 else "none"
            return {"drop": drop, "cause": cause}""",
        "right": """
            checks_in_order = [
                (nulls_now > nulls_before + 0.2, "pipeline bug"),
                (live + 0.05 < replayed, "training-serving skew"),
                (not psi <= 0.2, "data drift"),
                (live + 0.05 < validation, "leakage"),
                (True, "none"),
            ]
            return {"cause": next(name for yes, name in checks_in_order if yes), "drop": -live + validation}""",
        "wrong": {
            "drift is not the first suspect: the same rows score better with the training code": """
                drop = validation - live
                cause = "pipeline bug" if nulls_now - nulls_before > 0.2 else "data drift" if psi > 0.2 else "training-serving skew" if replayed - live > 0.05 else "leakage"
                return {"drop": drop, "cause": cause if drop > 0.05 else "none"}""",
            "not every drop is drift: look at the evidence in order": """
                return {"drop": validation - live, "cause": "data drift"}""",
            "the drop is validation minus live, not minus replayed": """
                cause = "pipeline bug" if nulls_now - nulls_before > 0.2 else "training-serving skew" if replayed - live > 0.05 else "data drift" if psi > 0.2 else "leakage"
                return {"drop": validation - replayed, "cause": cause if validation - live > 0.05 else "none"}""",
        },
        "case": args(validation, live, replayed, psi, before, now),
        "example": args(0.9, 0.7, 0.71, 0.3, 0.01, 0.02),
        "fresh": [*(args(*draw(kind)) for kind in kinds), args(0.9, 0.89, 0.89, 0.05, 0.01, 0.01)],
        "check": "record",
        "explain": "Cheap and certain evidence first: are the inputs there, does the same code run on both sides, has the world moved. What is left points at validation itself.",
    }


@template(TOPIC, 4, "Lab 6: What would you do with more time?")
def what_next(rng: np.random.Generator) -> dict[str, Any]:
    kinds = ("ship", "more data", "better features")

    def draw(kind: str) -> tuple[float, float, float]:
        target = share(rng, 0.08, 0.15)
        if kind == "ship":
            train, validation = target - rng.uniform(0.03, 0.05), target - rng.uniform(0.005, 0.02)
        elif kind == "more data":
            train, validation = target - rng.uniform(0.03, 0.06), target + rng.uniform(0.03, 0.08)
        else:
            train = target + rng.uniform(0.02, 0.05)
            validation = train + rng.uniform(0.005, 0.015)
        return round(train, 3), round(validation, 3), target

    train, validation, target = draw(pick(rng, kinds))
    return {
        "title": "what would you do with more time?",
        "statement": f"""
            A model for {product(rng)} has an error of {train} on its training set and {validation} in validation; {target} was agreed on. {asker(rng)} offers a month: for more labels, or for new features?

            Write `what_next(train, validation, target)`, which returns `{{"gap": ..., "step": ...}}`: validation minus training error, and `"ship"` when the validation error is at most the target,
            else `"better features"` when even the training error is above the target (bias), else `"more data"` (variance).""",
        "signature": "what_next(train: float, validation: float, target: float) -> dict",
        "doc": 'Errors, lower is better. Returns {"gap": validation - train, "step": "ship", "better features" or "more data"}.',
        "body": """
            step = "ship" if validation <= target else "better features" if train > target else "more data"
            return {"gap": validation - train, "step": step}""",
        "right": """
            step = "more data"
            if target < train:
                step = "better features"
            if not validation > target:
                step = "ship"
            return {"step": step, "gap": -(train - validation)}""",
        "wrong": {
            "more data does not help a model that can't even fit its training set": """
                return {"gap": validation - train, "step": "ship" if validation <= target else "more data"}""",
            "the training error is no promise: compare the validation error with the target": """
                return {"gap": validation - train, "step": "ship" if train <= target else "better features"}""",
            "a model that fits its training set well lacks data, not features": """
                return {"gap": validation - train, "step": "ship" if validation <= target else "better features"}""",
        },
        "case": args(train, validation, target),
        "example": "0.05, 0.2, 0.1",
        "fresh": [args(*draw(kind)) for kind in kinds],
        "check": "record",
        "explain": "A high training error is bias: features or another model. A low one with a gap is variance: more data or regularisation.",
    }


@template(TOPIC, 6, "Lab 1: How would you validate this model?")
def time_folds(rng: np.random.Generator) -> dict[str, Any]:
    def draw() -> tuple[int, int, int, int]:
        train, test, gap = whole(rng, 28, 56, 7), whole(rng, 7, 14, 7), whole(rng, 2, 6)
        return train + gap + test * whole(rng, 3, 5) + whole(rng, 1, test - 2), train, test, gap

    days, train, test, gap = draw()
    return {
        "title": "folds that respect time",
        "statement": f"""
            {opening(product(rng))} has {days} days of data, numbered from 0. Labels are complete after {gap} days, so that many days between training and test must be left out. {asker(rng)} wants a backtest:
            {train} days of training, {test} of test.

            Write `time_folds(days, train, test, gap)`: a list of `(train_start, train_end, test_start, test_end)`, ends exclusive. The first fold starts at day 0, each next one `test` days later;
            only folds whose test lies wholly within the data are made. Raise `ValueError` when not one fits.""",
        "signature": "time_folds(days: int, train: int, test: int, gap: int) -> list[tuple[int, int, int, int]]",
        "doc": "All in days. Returns (train_start, train_end, test_start, test_end), ends exclusive, test after train. Raises ValueError when none fits.",
        "body": """
            folds = []
            start = 0
            while start + train + gap + test <= days:
                folds.append((start, start + train, start + train + gap, start + train + gap + test))
                start += test
            if not folds:
                raise ValueError("not one fold fits")
            return folds""",
        "right": """
            count = (days - train - gap) // test
            if count < 1:
                raise ValueError("not one fold fits")
            starts = np.arange(count) * test
            return [tuple(int(s) + edge for edge in (0, train, train + gap, train + gap + test)) for s in starts]""",
        "wrong": {
            "labels of the last training days are not complete: leave the gap out": """
                return [(s, s + train, s + train, s + train + test) for s in range(0, days - train - test + 1, test)]""",
            "the last fold's test runs out of the data": """
                return [(s, s + train, s + train + gap, s + train + gap + test) for s in range(0, days - train - gap, test)]""",
            "the training window slides: it does not grow": """
                return [(0, s + train, s + train + gap, s + train + gap + test) for s in range(0, days - train - gap - test + 1, test)]""",
        },
        "case": args(days, train, test, gap),
        "example": "20, 8, 4, 2",
        "fresh": [args(*draw()), args(*draw()), args(30, 20, 7, 3)],
        "refused": {"20, 15, 5, 3": "too few days for one fold"},
        "check": "equal",
        "explain": "Train on the past, test on the future, with the gap that production has, too. Random folds would let the model see next week.",
    }


@template(TOPIC, 4, "Lab 2: What metric would you use?")
def skill_over_baseline(rng: np.random.Generator) -> dict[str, Any]:
    what = pick(rng, ["requests", "orders", "support tickets", "sign-ups"])

    def draw() -> tuple[list[int], list[float], int]:
        season = rng.integers(60, 140, 7)
        while True:
            actual = (np.tile(season, 3) + rng.normal(0, 9, 21)).round().astype(int)
            predicted = (actual[7:] + rng.normal(2, rng.uniform(4, 12), 14)).round(1)
            return actual.tolist(), predicted.tolist(), 7

    actual, predicted, season = draw()
    return {
        "title": "better than last week?",
        "statement": f"""
            Daily {what} of three weeks: `{actual}`. A model predicted the last 14 days: `{predicted}`. {asker(rng)} hears "a small error" and asks: compared with what?

            Write `skill_over_baseline(actual, predicted, season)`: 1 minus the mean absolute error of `predicted` (it belongs to `actual[season:]`) over that of the seasonal baseline, which predicts
            each of these days by the value `season` days earlier (here {season}). Raise `ValueError` when the baseline makes no error.""",
        "signature": "skill_over_baseline(actual: list[float], predicted: list[float], season: int) -> float",
        "doc": "actual: shape (n,); predicted: shape (n - season,), for actual[season:]. Returns 1 - MAE / MAE of the seasonal baseline.",
        "body": """
            y, p = np.asarray(actual, float), np.asarray(predicted, float)
            baseline = np.abs(y[season:] - y[:-season]).mean()
            if baseline == 0:
                raise ValueError("the baseline makes no error")
            return float(1 - np.abs(y[season:] - p).mean() / baseline)""",
        "right": """
            model = sum(abs(a - p) for a, p in zip(actual[season:], predicted))
            naive = sum(abs(a - b) for a, b in zip(actual[season:], actual))
            if not naive:
                raise ValueError("the baseline makes no error")
            return (naive - model) / naive""",
        "wrong": {
            "the baseline is the same day a season earlier, not the mean": """
                y, p = np.asarray(actual, float), np.asarray(predicted, float)
                return float(1 - np.abs(y[season:] - p).mean() / np.abs(y[season:] - y.mean()).mean())""",
            "the baseline is a season earlier, not the day before": """
                y, p = np.asarray(actual, float), np.asarray(predicted, float)
                return float(1 - np.abs(y[season:] - p).mean() / np.abs(np.diff(y)[season - 1 :]).mean())""",
            "absolute errors are asked, not squared ones": """
                y, p = np.asarray(actual, float), np.asarray(predicted, float)
                return float(1 - ((y[season:] - p) ** 2).mean() / ((y[season:] - y[:-season]) ** 2).mean())""",
        },
        "case": args(actual, predicted, season),
        "example": "[10, 20, 14, 18], [13.0, 19.0], 2",
        "fresh": [args(*draw()), args(*draw())],
        "refused": {"[1, 2, 1, 2], [1.0, 2.0], 2": "a baseline without error"},
        "explain": "An error is small or large only beside that of something free. At 0 the model is as good as last week's numbers, below it worse.",
    }
