"""Answer bank of `drift_or_bug`."""

import statistics

import numpy as np

from course.authoring.bank import right, wrong


def _evidence(log, centre="median", week=7, base=True, sd=False, flip=False, last=7, off=0, inverse=True, nulls_first=True, start=7, stop=0):
    daily = getattr(log.groupby("day")["value"], centre)().sort_index()
    if len(daily) < 42:
        raise ValueError
    end = daily.index.max()
    old, new = log[log["day"] < 28]["value"], log[log["day"] > end - 7]["value"]
    before, after = daily.iloc[:28].mean(), daily.iloc[-last:].mean()
    span = old.std() if sd else old.quantile(0.75) - old.quantile(0.25)
    out = {"null_jump": new.isna().mean() - (old.isna().mean() if base else 0), "ratio": before / after if flip else after / before}
    out |= {"shift": (after - before) / span, "suddenness": None, "day": None}
    if abs(out["shift"]) > 0.25:
        rolled = daily.rolling(week).mean()
        change = (rolled - rolled.shift(week)).abs()
        change = change.iloc[start + week - 1 : len(change) - stop]
        t = int(change.idxmax()) - week + 1
        out["suddenness"], out["day"] = change.max() / abs(after - before), t + off
    q = out["ratio"]
    unit = any(abs(q / g - 1) <= 0.1 for f in (60, 100, 1000) for g in ((f, 1 / f) if inverse else (f,)))
    rules = [
        ("null burst", out["null_jump"] > 0.05),
        ("nothing", out["day"] is None),
        ("drift", out["day"] is not None and out["suddenness"] < 0.5),
        ("unit change", unit),
        ("step", True),
    ]
    if not nulls_first:
        rules.insert(0, ("step", out["day"] is not None and out["suddenness"] >= 0.5 and not unit))
    out["diagnosis"] = next(name for name, holds in rules if holds)
    return out


@right("rolling means in pandas")
def drift_or_bug(log):
    return _evidence(log)


@right("plain Python")
def drift_or_bug(log):
    rows = {}
    for day, value in zip(log["day"].tolist(), log["value"].tolist(), strict=True):
        rows.setdefault(day, []).append(value)
    days = sorted(rows)
    if len(days) < 42:
        raise ValueError("too short")
    daily = [statistics.median(v for v in rows[d] if v == v) for d in days]

    def level(start, stop):
        return statistics.fmean(daily[start:stop])

    first, last = ([v for d in part for v in rows[d]] for part in (days[:28], days[-7:]))
    jump = sum(v != v for v in last) / len(last) - sum(v != v for v in first) / len(first)
    before, after = level(0, 28), level(len(days) - 7, len(days))
    low, high = np.percentile([v for v in first if v == v], [25, 75])
    shift, ratio, sudden, day = (after - before) / (high - low), after / before, None, None
    if abs(shift) > 0.25:
        best, day = max(((abs(level(t, t + 7) - level(t - 7, t)), t) for t in range(7, len(days) - 6)), key=lambda pair: pair[0])
        sudden = best / abs(after - before)
    if jump > 0.05:
        word = "null burst"
    elif sudden is None:
        word = "nothing"
    elif sudden < 0.5:
        word = "drift"
    else:
        word = "unit change" if any(abs(ratio / g - 1) <= 0.1 for g in (60, 100, 1000, 1 / 60, 0.01, 0.001)) else "step"
    return {"null_jump": jump, "ratio": ratio, "shift": shift, "suddenness": sudden, "day": day, "diagnosis": word}


@wrong("one day is compared with the day before; compare whole weeks")
def drift_or_bug(log):
    return _evidence(log, week=1)


@wrong("the mean of a day follows a few crawlers; take the median")
def drift_or_bug(log):
    return _evidence(log, centre="mean")


@wrong("compare the share of NaN with that of the first 28 days")
def drift_or_bug(log):
    return _evidence(log, base=False)


@wrong("divide by the IQR of the first 28 days")
def drift_or_bug(log):
    return _evidence(log, sd=True)


@wrong("the ratio is after / before")
def drift_or_bug(log):
    return _evidence(log, flip=True)


@wrong("t is the first day of the new one")
def drift_or_bug(log):
    return _evidence(log, off=-1)


@wrong("'ratio'")
def drift_or_bug(log):
    return _evidence(log, last=1)


@wrong("units change both ways: test a factor and its inverse")
def drift_or_bug(log):
    return _evidence(log, inverse=False)


@wrong("the rules have an order: nulls come first")
def drift_or_bug(log):
    return _evidence(log, nulls_first=False)


@wrong("41 days: expected ValueError")
def drift_or_bug(log):
    return _evidence(log) if log["day"].nunique() >= 42 else {}


@wrong("the old week may be the first of the log")
def drift_or_bug(log):
    return _evidence(log, start=14)


@wrong("the first t is 7")
def drift_or_bug(log):
    return _evidence(log, start=8)


@wrong("the new week may be the last of the log")
def drift_or_bug(log):
    return _evidence(log, stop=1)
