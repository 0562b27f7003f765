"""Answer bank of `pick_complexity`."""

import math
import statistics

import numpy as np
import pandas as pd

from course.authoring.bank import right, wrong


def checked(values, errors, simpler):
    values, errors = np.asarray(values, float), np.asarray(errors, float)
    if errors.ndim != 2 or len(values) != len(errors) or errors.shape[1] < 2 or np.isnan(errors).any() or simpler not in ("low", "high"):
        raise ValueError("unusable input")
    order = np.argsort(values) if simpler == "low" else np.argsort(values)[::-1]
    return values[order], errors[order]


def answer(values, errors, limit, pick):
    return {"best": values[int(errors.mean(axis=1).argmin())], "limit": limit, "pick": pick}


def standard(errors, ddof=1):
    means = errors.mean(axis=1)
    best = int(means.argmin())
    return means, best, means[best] + errors[best].std(ddof=ddof) / np.sqrt(errors.shape[1])


@right("plain Python")
def pick_complexity(values, errors, simpler="low"):
    errors = [[float(e) for e in row] for row in errors]
    if simpler not in ("low", "high") or len(values) != len(errors) or any(len(row) < 2 or any(e != e for e in row) for row in errors):
        raise ValueError("unusable input")
    sign = 1 if simpler == "low" else -1
    rows = sorted((sign * float(v), sum(row) / len(row), row) for v, row in zip(values, errors, strict=True))
    best = min(rows, key=lambda row: row[1])
    limit = best[1] + statistics.stdev(best[2]) / len(best[2]) ** 0.5
    return {"best": sign * best[0], "limit": limit, "pick": sign * next(v for v, mean, _ in rows if mean <= limit)}


@right("pandas")
def pick_complexity(values, errors, simpler="low"):
    table = pd.DataFrame(np.asarray(errors, float), index=np.asarray(values, float))
    if simpler not in {"low", "high"} or table.shape[1] < 2 or table.isna().any(axis=None):
        raise ValueError("unusable input")
    table = table.sort_index(ascending=simpler == "low")
    means = table.mean(axis=1)
    limit = means.min() + table.sem(axis=1)[means.idxmin()]
    return {"best": means.idxmin(), "limit": limit, "pick": means[means <= limit].index[0]}


@wrong("this is the lowest mean")
def pick_complexity(values, errors, simpler="low"):
    values, errors = checked(values, errors, simpler)
    _, best, limit = standard(errors)
    return answer(values, errors, limit, values[best])


@wrong("not divided by the square root of the number of folds")
def pick_complexity(values, errors, simpler="low"):
    values, errors = checked(values, errors, simpler)
    means = errors.mean(axis=1)
    limit = means.min() + errors[means.argmin()].std(ddof=1)
    return answer(values, errors, limit, values[means <= limit][0])


@wrong("the statement asks for K - 1")
def pick_complexity(values, errors, simpler="low"):
    values, errors = checked(values, errors, simpler)
    means, _, limit = standard(errors, ddof=0)
    return answer(values, errors, limit, values[means <= limit][0])


@wrong("the simplest value is looked for at the wrong end")
def pick_complexity(values, errors, simpler="low"):
    checked(values, errors, simpler)
    values, errors = checked(values, errors, "low")
    means, _, limit = standard(errors)
    return answer(values, errors, limit, values[means <= limit][0])


@wrong("the simplest value is looked for at the wrong end")
def pick_complexity(values, errors, simpler="low"):
    values, errors = checked(values, errors, simpler)
    means, _, limit = standard(errors)
    return answer(values, errors, limit, values[means <= limit][0] if simpler == "low" else values[means <= limit][-1])


@wrong("only the next simpler value is tried")
def pick_complexity(values, errors, simpler="low"):
    values, errors = checked(values, errors, simpler)
    means, best, limit = standard(errors)
    return answer(values, errors, limit, values[best - 1] if best and means[best - 1] <= limit else values[best])


@wrong("the search stops at the first value above the limit")
def pick_complexity(values, errors, simpler="low"):
    values, errors = checked(values, errors, simpler)
    means, at, limit = standard(errors)
    while at > 0 and means[at - 1] <= limit:
        at -= 1
    return answer(values, errors, limit, values[at])


@wrong("each value is compared by its own standard error")
def pick_complexity(values, errors, simpler="low"):
    values, errors = checked(values, errors, simpler)
    means, _, limit = standard(errors)
    own = means - errors.std(axis=1, ddof=1) / np.sqrt(errors.shape[1]) <= means.min()
    return answer(values, errors, limit, values[own][0])


@wrong("the more complex value is called best")
def pick_complexity(values, errors, simpler="low"):
    values, errors = checked(values, errors, simpler)
    means, _, limit = standard(errors)
    return {"best": values[means == means.min()][-1], "limit": limit, "pick": values[means <= limit][0]}


@wrong("the settings are numbered; return their values")
def pick_complexity(values, errors, simpler="low"):
    values, errors = checked(values, errors, simpler)
    means, best, limit = standard(errors)
    return {"best": values[best], "limit": limit, "pick": int(np.argmax(means <= limit))}


@wrong("a NaN among the errors: expected ValueError")
def pick_complexity(values, errors, simpler="low"):
    values, errors = checked(values, np.nan_to_num(np.asarray(errors, float), nan=9.0), simpler)
    means, _, limit = standard(errors)
    return answer(values, errors, limit, values[means <= limit][0])


@wrong("the search stops at the first value above the limit")
def pick_complexity(values, errors, simpler="low"):
    if simpler not in ("low", "high"):
        raise ValueError("simpler must be 'low' or 'high'")
    values, table = (np.asarray(values), np.asarray(errors, dtype=float))
    if values.ndim != 1 or table.ndim != 2 or len(values) != len(table) or (len(values) == 0):
        raise ValueError("shapes don't fit")
    folds = table.shape[1]
    if folds < 2 or np.isnan(table).any():
        raise ValueError("two folds or more, and no NaN")
    sign = 1 if simpler == "low" else -1
    means = table.mean(axis=1)
    best = min(range(len(values)), key=lambda i: (means[i], sign * values[i]))
    limit = means[best] + table[best].std(ddof=1) / math.sqrt(folds)
    order = sorted(range(len(values)), key=lambda i: sign * values[i])
    place = order.index(best)
    while place > 0 and means[order[place - 1]] <= limit:
        place -= 1
    allowed = [values[order[place]]]
    pick = min(allowed, key=lambda v: sign * v)
    return {"best": values[best].item(), "limit": float(limit), "pick": pick.item()}


@wrong("the simplest value is looked for at the wrong end")
def pick_complexity(values, errors, simpler="low"):
    if simpler not in ("low", "high"):
        raise ValueError("simpler must be 'low' or 'high'")
    values, table = (np.asarray(values), np.asarray(errors, dtype=float))
    if values.ndim != 1 or table.ndim != 2 or len(values) != len(table) or (len(values) == 0):
        raise ValueError("shapes don't fit")
    folds = table.shape[1]
    if folds < 2 or np.isnan(table).any():
        raise ValueError("two folds or more, and no NaN")
    sign = 1
    means = table.mean(axis=1)
    best = min(range(len(values)), key=lambda i: (means[i], sign * values[i]))
    limit = means[best] + table[best].std(ddof=1) / math.sqrt(folds)
    allowed = [v for v, m in zip(values, means) if m <= limit]
    pick = min(allowed, key=lambda v: sign * v)
    return {"best": values[best].item(), "limit": float(limit), "pick": pick.item()}
