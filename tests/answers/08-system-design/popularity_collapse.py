"""Answer bank of `popularity_collapse`."""

import math

import numpy as np

from course.authoring.bank import right, wrong


def gini(n, zeros=True, factor=False, descending=False, ordered=True):
    n = np.asarray(n, float)
    n = n if zeros else n[n > 0]
    if ordered:
        n = np.sort(n)[::-1] if descending else np.sort(n)
    a = len(n)
    g = 2 * (n * np.arange(1, a + 1)).sum() / (a * n.sum()) - (a + 1) / a
    return g * a / (a - 1) if factor else g


def share(n, size=lambda n: math.ceil(len(n) / 100)):
    k = size(n)
    return sum(sorted(n, reverse=True)[:k]) / sum(n)


def effective(n):
    matches = sum(x * (x - 1) for x in n)
    return math.inf if matches == 0 else sum(n) * (sum(n) - 1) / matches


def run(
    exposure,
    least,
    limit,
    gini=gini,
    share=share,
    effective=effective,
    lasting=lambda low: "collapse" if all(low[-3:]) else "watch" if low[-1] else "stable",
    all_weeks=False,
):
    rows = [[int(x) for x in week] for week in exposure]
    kept = [sum(n) >= least for n in rows]
    if least < 2 or sum(kept) < 4 or min(map(min, rows)) < 0:
        raise ValueError("unusable")
    out = {name: [f(n) if ok else math.nan for n, ok in zip(rows, kept)] for name, f in (("gini", gini), ("top_share", share), ("effective", effective))}
    e = [effective(n) for n in rows if all_weeks or sum(n) >= least]
    return out | {"verdict": lasting([x < limit * e[0] for x in e])}


@right("plain Python, week by week")
def popularity_collapse(exposure, min_impressions, limit):
    return run(exposure, min_impressions, limit)


@right("Gini as the mean difference of all pairs")
def popularity_collapse(exposure, min_impressions, limit):
    x = np.asarray(exposure, float)
    big = x.sum(axis=1) >= min_impressions
    if min_impressions < 2 or big.sum() < 4 or x.min() < 0:
        raise ValueError("unusable")
    out = {"gini": np.full(len(x), np.nan), "top_share": np.full(len(x), np.nan), "effective": np.full(len(x), np.nan)}
    for week in np.flatnonzero(big):
        n = x[week]
        out["gini"][week] = np.abs(n[:, None] - n).mean() / 2 / n.mean()
        out["top_share"][week] = np.sort(n)[-((len(n) + 99) // 100) :].sum() / n.sum()
        matches = (n * (n - 1)).sum()
        out["effective"][week] = n.sum() * (n.sum() - 1) / matches if matches else np.inf
    e = out["effective"][big]
    bad = e < limit * e[0]
    return out | {"verdict": "stable" if not bad[-1] else "collapse" if bad[-3:].sum() == 3 else "watch"}


@wrong("keep the zeros")
def popularity_collapse(exposure, min_impressions, limit):
    return run(exposure, min_impressions, limit, gini=lambda n: gini(n, zeros=False))


@wrong("numbered from the top")
def popularity_collapse(exposure, min_impressions, limit):
    return run(exposure, min_impressions, limit, gini=lambda n: gini(n, descending=True))


@wrong("the statement has none")
def popularity_collapse(exposure, min_impressions, limit):
    return run(exposure, min_impressions, limit, gini=lambda n: gini(n, factor=True))


@wrong("rounded up, is one article")
def popularity_collapse(exposure, min_impressions, limit):
    return run(exposure, min_impressions, limit, share=lambda n: share(n, lambda n: len(n) // 100))


@wrong("1 % of the articles, rounded up")
def popularity_collapse(exposure, min_impressions, limit):
    return run(exposure, min_impressions, limit, share=lambda n: share(n, lambda n: max(1, len(n) // 100)))


@wrong("not of those that were shown")
def popularity_collapse(exposure, min_impressions, limit):
    return run(exposure, min_impressions, limit, share=lambda n: share(n, lambda n: math.ceil(sum(x > 0 for x in n) / 100)))


@wrong("n (n - 1), not n squared")
def popularity_collapse(exposure, min_impressions, limit):
    return run(exposure, min_impressions, limit, effective=lambda n: sum(n) ** 2 / sum(x * x for x in n))


@wrong("this is the chance")
def popularity_collapse(exposure, min_impressions, limit):
    return run(exposure, min_impressions, limit, effective=lambda n: 1 / effective(n))


@wrong("weeks below min_impressions are not judged")
def popularity_collapse(exposure, min_impressions, limit):
    return run(exposure, min_impressions, limit, all_weeks=True)


@wrong("collapse needs all of the last three judged weeks")
def popularity_collapse(exposure, min_impressions, limit):
    return run(exposure, min_impressions, limit, lasting=lambda low: "collapse" if low[-1] else "stable")


@wrong("the last three weeks decide")
def popularity_collapse(exposure, min_impressions, limit):
    return run(exposure, min_impressions, limit, lasting=lambda low: "collapse" if sum(low) >= 3 else "watch" if low[-1] else "stable")


@wrong("three judged weeks: expected ValueError")
def popularity_collapse(exposure, min_impressions, limit):
    try:
        return run(exposure, min_impressions, limit)
    except ValueError:
        return {"verdict": "stable"}


@wrong("every finite week is below the bound")
def popularity_collapse(exposure, min_impressions, limit):
    out = run(exposure, min_impressions, limit)
    first = next(x for x in out["effective"] if not math.isnan(x))
    return out | {"verdict": out["verdict"] if math.isfinite(first) else "stable"}
