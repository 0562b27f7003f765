"""Answer bank of `capacity_metric`."""

import math

import numpy as np

from course.authoring.bank import right, wrong


def _queue(queue, hours, minutes, up=False, pooled=False, slots=False, macro=False, naive_ceiling=False, unstable=False, one_day=False):
    if minutes <= 0 or hours * 60 / minutes < 1 or queue["y"].sum() == 0:
        raise ValueError("unusable")
    capacity = math.ceil(60 * hours / minutes) if up else 60 * hours // minutes
    days = list(dict.fromkeys(queue["day"]))
    hits, seen, best, each = 0, 0, 0, []
    for day in days:
        part = [(-s, i if not unstable else -i, y) for i, (d, y, s) in enumerate(zip(queue["day"], queue["y"], queue["score"])) if d == day]
        top = sorted(part)[:capacity]
        hits += sum(y for *_, y in top)
        each.append(np.mean([y for *_, y in top]))
        seen += len(top)
        best += min(capacity, sum(y for *_, y in part))
    ones = queue["y"].sum()
    if pooled or one_day:
        top = queue.nlargest(capacity * (1 if one_day else len(days)), "score")
        hits, seen = top["y"].sum(), len(top)
    if naive_ceiling:
        best = min(ones, capacity * len(days))
    return {
        "capacity": capacity,
        "reviewed": capacity * len(days) if slots else seen,
        "precision": np.mean(each) if macro else hits / (capacity * len(days) if slots else seen),
        "recall": hits / ones,
        "ceiling": best / ones,
    }


@right("day by day in plain Python")
def capacity_metric(queue, hours, minutes):
    return _queue(queue, hours, minutes)


@right("ranks by group")
def capacity_metric(queue, hours, minutes):
    if minutes <= 0 or hours * 60 < minutes or queue["y"].max() < 1:
        raise ValueError("unusable")
    queue = queue.reset_index(drop=True)
    k = int(np.floor(hours * 60 / minutes))
    seen = queue.groupby("day")["score"].rank(method="first", ascending=False) <= k
    perfect = queue.groupby("day")["y"].rank(method="first", ascending=False) <= k
    y = queue["y"]
    return {
        "capacity": k,
        "reviewed": seen.sum(),
        "precision": y[seen].mean(),
        "recall": y[seen].sum() / y.sum(),
        "ceiling": y[perfect].sum() / y.sum(),
    }


@wrong("a case that can't be finished isn't begun: round down")
def capacity_metric(queue, hours, minutes):
    return _queue(queue, hours, minutes, up=True)


@wrong("each day has its own queue")
def capacity_metric(queue, hours, minutes):
    return _queue(queue, hours, minutes, pooled=True) | {"reviewed": 5, "precision": 0.6}


@wrong("a day with one case reviews one")
def capacity_metric(queue, hours, minutes):
    return _queue(queue, hours, minutes, slots=True)


@wrong("this is the mean of each day's precision")
def capacity_metric(queue, hours, minutes):
    return _queue(queue, hours, minutes, macro=True)


@wrong("the perfect ranking, too, has to work day by day")
def capacity_metric(queue, hours, minutes):
    return _queue(queue, hours, minutes, naive_ceiling=True)


@wrong("among equal scores the earlier row comes first")
def capacity_metric(queue, hours, minutes):
    return _queue(queue, hours, minutes, unstable=True)


@wrong("cases that take no time: expected ValueError, your function raised ZeroDivisionError")
def capacity_metric(queue, hours, minutes):
    if 60 * hours // minutes < 1:
        raise ValueError("unusable")
    return _queue(queue, hours, minutes)
