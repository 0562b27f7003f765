"""Answer bank of `implicit_labels`."""

import math

import numpy as np

from course.authoring.bank import right, wrong


def check(shown):
    if any(not m > 0 for m in shown["minutes"]) or any(d < 0 for d in shown["dwell"]):
        raise ValueError("unusable")


def one(row, *, missing=1, never=math.nan, idle=3, bounce_first=False, factor=60, shares=True, half=0.5, seconds=10, glance=0):
    if shares and row.shared:
        return 3
    if not row.clicked:
        return 0 if row.passed else never
    if math.isnan(row.dwell):
        return missing
    read = row.dwell / (factor * row.minutes)
    if read > idle:
        return 1
    if bounce_first and row.dwell < seconds:
        return 0
    if read >= half:
        return 2
    return glance if row.dwell < seconds else 1


def grades(shown, **ways):
    check(shown)
    return [one(row, **ways) for row in shown.itertuples()]


@right("a loop in plain Python")
def implicit_labels(shown):
    return grades(shown)


@right("columns, from the last rule to the first")
def implicit_labels(shown):
    check(shown)
    d, m = shown["dwell"], shown["minutes"] * 60
    result = shown["passed"].map({True: 0.0, False: np.nan})
    result = result.mask(shown["clicked"], 1.0)
    result = result.mask(shown["clicked"] & (d < 10), 0.0)
    result = result.mask(shown["clicked"] & (d / m >= 0.5), 2.0)
    result = result.mask(shown["clicked"] & (d.isna() | (d / m > 3)), 1.0)
    return result.mask(shown["shared"], 3.0)


@wrong("these are the clicks")
def implicit_labels(shown):
    return shown["clicked"].astype(float)


@wrong("a dwell that was not measured is no bounce")
def implicit_labels(shown):
    return grades(shown.assign(dwell=shown["dwell"].fillna(0)))


@wrong("a click without a dwell was still seen")
def implicit_labels(shown):
    return grades(shown, missing=math.nan)


@wrong("no dislike: NaN, not 0")
def implicit_labels(shown):
    return grades(shown, never=0)


@wrong("a tab left open")
def implicit_labels(shown):
    return grades(shown, idle=math.inf)


@wrong("6 seconds are enough for a brief")
def implicit_labels(shown):
    return grades(shown, bounce_first=True)


@wrong("multiply by 60")
def implicit_labels(shown):
    return grades(shown, factor=1)


@wrong("a share without a click counts")
def implicit_labels(shown):
    return [0 if row.shared and not row.clicked else grade for row, grade in zip(shown.itertuples(), grades(shown))]


@wrong("a share is grade 3 whatever was read")
def implicit_labels(shown):
    return [2 if row.shared and row.clicked else grade for row, grade in zip(shown.itertuples(), grades(shown))]


@wrong("a glance of a few seconds is a bounce")
def implicit_labels(shown):
    return grades(shown, glance=1)


@wrong("half is enough: at least")
def implicit_labels(shown):
    return grades(shown, half=0.5000001)


@wrong("10 seconds are no bounce")
def implicit_labels(shown):
    return grades(shown, seconds=10.0001)


@wrong("3 times is still reading")
def implicit_labels(shown):
    return grades(shown, idle=2.99999)


@wrong("a missing dwell matters only after a click")
def implicit_labels(shown):
    return [1 if math.isnan(row.dwell) and not row.shared and not row.passed else grade for row, grade in zip(shown.itertuples(), grades(shown))]


@wrong("a reading time that is NaN: expected ValueError")
def implicit_labels(shown):
    if (shown["minutes"] <= 0).any() or (shown["dwell"] < 0).any():
        raise ValueError("unusable")
    return [one(row) for row in shown.itertuples()]
