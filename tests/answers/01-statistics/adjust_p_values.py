"""Answer bank of `adjust_p_values`."""

import numpy as np

from course.authoring.bank import right, wrong


def checked(p_values, method):
    p = np.asarray(p_values, float)
    if method not in ("bonferroni", "bh") or p.size == 0 or (p < 0).any() or (p > 1).any():
        raise ValueError("unusable input")
    return p


@right("statsmodels")
def adjust_p_values(p_values, method):
    from statsmodels.stats.multitest import multipletests

    if method not in {"bonferroni", "bh"} or len(p_values) == 0 or min(p_values) < 0 or max(p_values) > 1:
        raise ValueError("unusable input")
    return multipletests(p_values, method={"bh": "fdr_bh"}.get(method, method))[1]


@right("the definition, in plain Python")
def adjust_p_values(p_values, method):
    p = [float(v) for v in p_values]
    m = len(p)
    if m == 0 or any(v < 0 or v > 1 for v in p):
        raise ValueError("unusable input")
    if method == "bonferroni":
        return [min(1.0, m * v) for v in p]
    if method != "bh":
        raise ValueError(method)
    s = sorted(p)
    return [min([1.0] + [m * s[j] / (j + 1) for j in range(m) if s[j] >= v]) for v in p]


@right("pandas series, sorted and sorted back")
def adjust_p_values(p_values, method):
    import pandas as pd

    p = pd.Series(checked(p_values, method))
    if method == "bonferroni":
        return (p * len(p)).clip(upper=1)
    s = p.sort_values(ascending=False)
    return (s * len(s) / np.arange(len(s), 0, -1)).cummin().clip(upper=1).sort_index()


@wrong("the running minimum from the largest p-value down is missing")
def adjust_p_values(p_values, method):
    p = checked(p_values, method)
    rank = p.argsort(kind="stable").argsort(kind="stable") + 1
    return np.minimum(1, p * p.size / (1 if method == "bonferroni" else rank))


@wrong("return them in the order of the input")
def adjust_p_values(p_values, method):
    p = checked(p_values, method)
    if method == "bonferroni":
        return np.minimum(1, p * p.size)
    raw = np.sort(p) * p.size / np.arange(1, p.size + 1)
    return np.minimum(1, np.minimum.accumulate(raw[::-1])[::-1])


@wrong("running maximum from the smallest p-value up")
def adjust_p_values(p_values, method):
    p = checked(p_values, method)
    if method == "bonferroni":
        return np.minimum(1, p * p.size)
    order, out = np.argsort(p), np.empty_like(p)
    out[order] = np.minimum(1, np.maximum.accumulate(p[order] * p.size / np.arange(1, p.size + 1)))
    return out


@wrong("an adjusted p-value is at most 1")
def adjust_p_values(p_values, method):
    from scipy import stats

    p = checked(p_values, method)
    return p * p.size if method == "bonferroni" else stats.false_discovery_control(p)


@wrong("this is Bonferroni; BH divides by the rank")
def adjust_p_values(p_values, method):
    p = checked(p_values, method)
    return np.minimum(1, p * p.size)


@wrong("the input has been taken as sorted already")
def adjust_p_values(p_values, method):
    p = checked(p_values, method)
    if method == "bonferroni":
        return np.minimum(1, p * p.size)
    return np.minimum(1, np.minimum.accumulate((p * p.size / np.arange(1, p.size + 1))[::-1])[::-1])


@wrong("the largest rank of the tie counts")
def adjust_p_values(p_values, method):
    import pandas as pd

    p = pd.Series(checked(p_values, method))
    if method == "bonferroni":
        return (p * len(p)).clip(upper=1)
    s = (p * len(p) / p.rank())[p.sort_values(ascending=False).index]
    return s.cummin().clip(upper=1).sort_index()


@wrong("a method that is not offered")
def adjust_p_values(p_values, method):
    from statsmodels.stats.multitest import multipletests

    return multipletests(checked(p_values, "bh"), method={"bh": "fdr_bh"}.get(method, method))[1]
