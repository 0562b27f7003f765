"""Answer bank of `rd`."""

import numpy as np
import statsmodels.api as sm
from scipy import stats

from course.authoring.bank import right, wrong


def density(r, window):
    below, above = int(((r >= -window) & (r < 0)).sum()), int(((r >= 0) & (r <= window)).sum())
    p = stats.binomtest(above, below + above).pvalue if below + above else 1.0
    return {"below": below, "above": above, "density_p": p, "sorting": p < 0.05}


def prepared(running, outcome, cutoff, bandwidth, window):
    x, y = np.asarray(running, float), np.asarray(outcome, float)
    if x.shape != y.shape or bandwidth <= 0 or window <= 0:
        raise ValueError("unusable input")
    r = x - cutoff
    w = np.maximum(0, 1 - np.abs(r) / bandwidth)
    for side in (r < 0, r >= 0):
        if len(set(r[side & (w > 0)])) < 2:
            raise ValueError("too few units on one side")
    return r, y, w


def fitted(r, y, w, columns, kind="HC0"):
    fit = sm.WLS(y[w > 0], np.column_stack(columns)[w > 0], weights=w[w > 0]).fit(cov_type=kind)
    return fit.params[1], fit.bse[1]


@right("a line on each side by least squares, sandwich by hand")
def rd(running, outcome, cutoff, bandwidth, window):
    r, y, w = prepared(running, outcome, cutoff, bandwidth, window)
    ends, variance = [], 0.0
    for side in (r < 0, r >= 0):
        k = side & (w > 0)
        x = np.column_stack([np.ones(k.sum()), r[k]])
        beta = np.linalg.lstsq(x * np.sqrt(w[k])[:, None], y[k] * np.sqrt(w[k]), rcond=None)[0]
        bread = np.linalg.inv((x * w[k][:, None]).T @ x)
        score = x * (w[k] * (y[k] - x @ beta))[:, None]
        ends.append(beta[0])
        variance += (bread @ score.T @ score @ bread)[0, 0]
    return {"effect": ends[1] - ends[0], "std_error": variance**0.5} | density(r, window)


@right("plain sums for each side, binomial probabilities by hand")
def rd(running, outcome, cutoff, bandwidth, window):
    import math

    if len(running) != len(outcome) or not bandwidth > 0 or not window > 0:
        raise ValueError("unusable input")
    sides = ([], [])
    counts = [0, 0]
    for x, y in zip(list(running), list(outcome)):
        r = float(x) - cutoff
        if abs(r) < bandwidth:
            sides[r >= 0].append((r, float(y), 1 - abs(r) / bandwidth))
        if -window <= r <= window:
            counts[r >= 0] += 1
    level, variance = [], 0.0
    for points in sides:
        if len({r for r, _, _ in points}) < 2:
            raise ValueError("too few")
        s = sum(w for _, _, w in points)
        mr, my = sum(w * r for r, _, w in points) / s, sum(w * y for _, y, w in points) / s
        srr = sum(w * (r - mr) ** 2 for r, _, w in points)
        slope = sum(w * (r - mr) * (y - my) for r, y, w in points) / srr
        level.append(my - slope * mr)
        variance += sum((w * (1 / s - mr * (r - mr) / srr) * (y - my - slope * (r - mr))) ** 2 for r, y, w in points)
    n, k = sum(counts), min(counts)
    p = min(1.0, 2 * sum(math.comb(n, i) for i in range(k + 1)) / 2**n)
    return {"effect": level[1] - level[0], "std_error": variance**0.5, "below": counts[0], "above": counts[1], "density_p": p, "sorting": p < 0.05}


@wrong("the slope is counted as effect")
def rd(running, outcome, cutoff, bandwidth, window):
    r, y, w = prepared(running, outcome, cutoff, bandwidth, window)
    a, b = y[(w > 0) & (r >= 0)], y[(w > 0) & (r < 0)]
    return {"effect": a.mean() - b.mean(), "std_error": np.sqrt(a.var(ddof=1) / a.size + b.var(ddof=1) / b.size)} | density(r, window)


@wrong("a global polynomial lets far units decide")
def rd(running, outcome, cutoff, bandwidth, window):
    r, y, _ = prepared(running, outcome, cutoff, bandwidth, window)
    effect, error = fitted(r, y, np.ones_like(r), [np.ones_like(r), (r >= 0) * 1.0, r, r**2, r**3])
    return {"effect": effect, "std_error": error} | density(r, window)


@wrong("triangular kernel lets near ones count more")
def rd(running, outcome, cutoff, bandwidth, window):
    r, y, w = prepared(running, outcome, cutoff, bandwidth, window)
    d = (r >= 0) * 1.0
    effect, error = fitted(r, y, (w > 0) * 1.0, [np.ones_like(r), d, r, d * r])
    return {"effect": effect, "std_error": error} | density(r, window)


@wrong("both sides share one slope")
def rd(running, outcome, cutoff, bandwidth, window):
    r, y, w = prepared(running, outcome, cutoff, bandwidth, window)
    effect, error = fitted(r, y, w, [np.ones_like(r), (r >= 0) * 1.0, r])
    return {"effect": effect, "std_error": error} | density(r, window)


@wrong("takes equal noise for granted")
def rd(running, outcome, cutoff, bandwidth, window):
    r, y, w = prepared(running, outcome, cutoff, bandwidth, window)
    d = (r >= 0) * 1.0
    effect, error = fitted(r, y, w, [np.ones_like(r), d, r, d * r], "nonrobust")
    return {"effect": effect, "std_error": error} | density(r, window)


@wrong("HC0 has no small-sample factor")
def rd(running, outcome, cutoff, bandwidth, window):
    r, y, w = prepared(running, outcome, cutoff, bandwidth, window)
    d = (r >= 0) * 1.0
    effect, error = fitted(r, y, w, [np.ones_like(r), d, r, d * r], "HC1")
    return {"effect": effect, "std_error": error} | density(r, window)


@wrong("the weights enter squared")
def rd(running, outcome, cutoff, bandwidth, window):
    r, y, w = prepared(running, outcome, cutoff, bandwidth, window)
    d = (r >= 0) * 1.0
    x = np.column_stack([np.ones_like(r), d, r, d * r])
    beta = np.linalg.lstsq(x * w[:, None], y * w, rcond=None)[0]
    return {"effect": beta[1], "std_error": 1.0} | density(r, window)


@wrong("subtract the cutoff from the running variable first")
def rd(running, outcome, cutoff, bandwidth, window):
    r, y, w = prepared(running, outcome, cutoff, bandwidth, window)
    d, x = (r >= 0) * 1.0, r + cutoff
    effect, error = fitted(r, y, w, [np.ones_like(r), d, x, d * x])
    return {"effect": effect, "std_error": error} | density(r, window)


@wrong("a unit at the cutoff is treated: count it above")
def rd(running, outcome, cutoff, bandwidth, window):
    r, y, w = prepared(running, outcome, cutoff, bandwidth, window)
    d = (r >= 0) * 1.0
    effect, error = fitted(r, y, w, [np.ones_like(r), d, r, d * r])
    below, above = int(((r >= -window) & (r <= 0)).sum()), int(((r > 0) & (r <= window)).sum())
    p = stats.binomtest(above, below + above).pvalue if below + above else 1.0
    return {"effect": effect, "std_error": error, "below": below, "above": above, "density_p": p, "sorting": p < 0.05}


@wrong("this p-value is one-sided")
def rd(running, outcome, cutoff, bandwidth, window):
    r, y, w = prepared(running, outcome, cutoff, bandwidth, window)
    d = (r >= 0) * 1.0
    effect, error = fitted(r, y, w, [np.ones_like(r), d, r, d * r])
    found = density(r, window)
    k, n = found["above"], found["above"] + found["below"]
    found["density_p"] = stats.binomtest(k, n, alternative="greater").pvalue if n and k > n / 2 else found["density_p"]
    return {"effect": effect, "std_error": error} | found


@wrong("a bandwidth with one unit on one side")
def rd(running, outcome, cutoff, bandwidth, window):
    x, y = np.asarray(running, float), np.asarray(outcome, float)
    if x.shape != y.shape or bandwidth <= 0 or window <= 0:
        raise ValueError("unusable input")
    r = x - cutoff
    d, w = (r >= 0) * 1.0, np.maximum(0, 1 - np.abs(r) / bandwidth)
    effect, error = fitted(r, y, w, [np.ones_like(r), d, r, d * r])
    return {"effect": effect, "std_error": error} | density(r, window)
