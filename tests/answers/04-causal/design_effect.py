"""Answer bank of `design_effect`."""

import numpy as np
import pandas as pd

from course.authoring.bank import right, wrong


def _parts(values, clusters):
    table = pd.DataFrame({"y": np.asarray(values, float), "c": list(clusters)})
    by = table.groupby("c")["y"]
    m, n, k = by.size().to_numpy(), len(table), by.ngroups
    b = (m * (by.mean().to_numpy() - table["y"].mean()) ** 2).sum() / (k - 1)
    w = ((table["y"] - by.transform("mean")) ** 2).sum() / (n - k)
    return b, w, m, n, k


def _answer(icc, size, n):
    return {"icc": icc, "design_effect": 1 + (size - 1) * icc, "effective_n": n / (1 + (size - 1) * icc)}


def _m0(m, n, k):
    return (n - (m**2).sum() / n) / (k - 1)


@right("pandas, moments in place of the ratio")
def design_effect(values, clusters):
    if len(values) != len(clusters) or len(set(list(clusters))) < 2 or len(set(list(clusters))) == len(list(values)) or len(set(list(values))) == 1:
        raise ValueError("unusable")
    b, w, m, n, k = _parts(values, clusters)
    between = max(0.0, (b - w) / _m0(m, n, k))
    return _answer(between / (between + w), np.mean(np.repeat(m, m)), n)


@right("plain Python")
def design_effect(values, clusters):
    groups = {}
    if len(values) != len(clusters):
        raise ValueError
    for y, c in zip(values, clusters):
        groups.setdefault(c, []).append(float(y))
    n, k = len(values), len(groups)
    if k < 2 or n == k or len(set(values)) < 2:
        raise ValueError
    mean = sum(values) / n
    b = w = 0.0
    for g in groups.values():
        own = sum(g) / len(g)
        b += len(g) * (own - mean) ** 2 / (k - 1)
        w += sum((y - own) ** 2 for y in g) / (n - k)
    squares = sum(len(g) ** 2 for g in groups.values())
    icc = (b - w) / (b + ((n - squares / n) / (k - 1) - 1) * w)
    return _answer(icc if icc > 0 else 0, squares / n, n)


@wrong("in B every cluster counts with its number of users")
def design_effect(values, clusters):
    b, w, m, n, k = _parts(values, clusters)
    y = pd.Series(np.asarray(values, float))
    b = ((y.groupby(list(clusters)).mean() - y.mean()) ** 2).sum() / (k - 1)
    return _answer(max(0, (b - w) / (b + (_m0(m, n, k) - 1) * w)), (m**2).sum() / n, n)


@wrong("the typical size is m0, not the plain mean size")
def design_effect(values, clusters):
    b, w, m, n, k = _parts(values, clusters)
    return _answer(max(0, (b - w) / (b + (n / k - 1) * w)), (m**2).sum() / n, n)


@wrong("share of the sums of squares")
def design_effect(values, clusters):
    b, w, m, n, k = _parts(values, clusters)
    return _answer(b * (k - 1) / (b * (k - 1) + w * (n - k)), (m**2).sum() / n, n)


@wrong("take m*, not the mean size")
def design_effect(values, clusters):
    b, w, m, n, k = _parts(values, clusters)
    return _answer(max(0, (b - w) / (b + (_m0(m, n, k) - 1) * w)), n / k, n)


@wrong("m0 belongs to the ICC, m* to the design effect")
def design_effect(values, clusters):
    b, w, m, n, k = _parts(values, clusters)
    return _answer(max(0, (b - w) / (b + (_m0(m, n, k) - 1) * w)), _m0(m, n, k), n)


@wrong("a user is not correlated with himself twice")
def design_effect(values, clusters):
    b, w, m, n, k = _parts(values, clusters)
    return _answer(max(0, (b - w) / (b + (_m0(m, n, k) - 1) * w)), (m**2).sum() / n + 1, n)


@wrong("this is the square root (for standard errors)")
def design_effect(values, clusters):
    b, w, m, n, k = _parts(values, clusters)
    got = _answer(max(0, (b - w) / (b + (_m0(m, n, k) - 1) * w)), (m**2).sum() / n, n)
    return got | {"design_effect": got["design_effect"] ** 0.5}


@wrong("the effective n is at most N")
def design_effect(values, clusters):
    b, w, m, n, k = _parts(values, clusters)
    got = _answer(max(0, (b - w) / (b + (_m0(m, n, k) - 1) * w)), (m**2).sum() / n, n)
    return got | {"effective_n": n * got["design_effect"]}


@wrong("W divides by N - k")
def design_effect(values, clusters):
    b, w, m, n, k = _parts(values, clusters)
    w *= (n - k) / n
    return _answer(max(0, (b - w) / (b + (_m0(m, n, k) - 1) * w)), (m**2).sum() / n, n)


@wrong("a negative ICC is set to 0")
def design_effect(values, clusters):
    b, w, m, n, k = _parts(values, clusters)
    return _answer((b - w) / (b + (_m0(m, n, k) - 1) * w), (m**2).sum() / n, n)


@wrong("a single cluster: expected ValueError")
def design_effect(values, clusters):
    if len(values) != len(clusters):
        raise ValueError
    b, w, m, n, k = _parts(values, clusters)
    return _answer(max(0, (b - w) / (b + (_m0(m, n, k) - 1) * w)), (m**2).sum() / n, n)
