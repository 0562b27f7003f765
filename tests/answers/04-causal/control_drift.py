"""Answer bank of `control_drift`."""

import statistics

import numpy as np
from scipy import stats

from course.authoring.bank import right, wrong


def _answer(h, c, t, alpha, ratio, p, verdict=None):
    shift, effect = np.mean(c) - np.mean(h), np.mean(t) - np.mean(c)
    if verdict is None:
        verdict = "usual" if p >= alpha else "overstates" if shift * effect < 0 else "understates"
    return {"shift": shift, "t": ratio, "p_value": p, "effect": effect, "verdict": verdict}


def _ratio(h, c, ddof=1):
    return (np.mean(c) - np.mean(h)) / (np.std(h, ddof=ddof) * np.sqrt(1 / len(h) + 1 / len(c)))


@right("plain Python")
def control_drift(history, control, treatment, alpha=0.05):
    n, m = len(history), len(control)
    if n < 3 or m == 0 or m != len(treatment) or max(history) == min(history):
        raise ValueError("unusable")
    past, base, new = (sum(x) / len(x) for x in (history, control, treatment))
    t = (base - past) / (statistics.variance(float(v) for v in history) * (1 / n + 1 / m)) ** 0.5
    p = 2 * (1 - stats.t.cdf(abs(t), n - 1))
    if p >= alpha:
        verdict = "usual"
    elif (base > past and new < base) or (base < past and new > base):
        verdict = "overstates"
    else:
        verdict = "understates"
    return {"shift": base - past, "t": t, "p_value": p, "effect": new - base, "verdict": verdict}


@right("a prediction interval by regression of the weeks on a dummy for each test week's mean")
def control_drift(history, control, treatment, alpha=0.05):
    h, c, t = map(np.asarray, (history, control, treatment))
    if h.size < 3 or c.size == 0 or c.shape != t.shape or h.std() == 0:
        raise ValueError("unusable")
    se = np.sqrt(np.sum((h - h.mean()) ** 2) / (h.size - 1) * (h.size + c.size) / (h.size * c.size))
    ratio = (c.mean() - h.mean()) / se
    return _answer(h, c, t, alpha, np.float64(ratio), stats.t.cdf(-abs(ratio), h.size - 1) * 2)


@wrong("not with treatment")
def control_drift(history, control, treatment, alpha=0.05):
    got = stats.ttest_ind(treatment, control)
    return _answer(history, control, treatment, alpha, got.statistic, got.pvalue) | {"shift": np.mean(treatment) - np.mean(control)}


@wrong("the test weeks vary as well")
def control_drift(history, control, treatment, alpha=0.05):
    t = (np.mean(control) - np.mean(history)) / (np.std(history, ddof=1) / np.sqrt(len(history)))
    return _answer(history, control, treatment, alpha, t, 2 * stats.t.sf(abs(t), len(history) - 1))


@wrong("the past weeks are a sample as well")
def control_drift(history, control, treatment, alpha=0.05):
    t = (np.mean(control) - np.mean(history)) / (np.std(history, ddof=1) / np.sqrt(len(control)))
    return _answer(history, control, treatment, alpha, t, 2 * stats.t.sf(abs(t), len(history) - 1))


@wrong("one week's spread is not the uncertainty")
def control_drift(history, control, treatment, alpha=0.05):
    t = (np.mean(control) - np.mean(history)) / np.std(history, ddof=1)
    return _answer(history, control, treatment, alpha, t, 2 * stats.t.sf(abs(t), len(history) - 1))


@wrong("the standard deviation divides by n - 1")
def control_drift(history, control, treatment, alpha=0.05):
    t = _ratio(history, control, ddof=0)
    return _answer(history, control, treatment, alpha, t, 2 * stats.t.sf(abs(t), len(history) - 1))


@wrong("use Student's t with n - 1 degrees of freedom")
def control_drift(history, control, treatment, alpha=0.05):
    t = _ratio(history, control)
    return _answer(history, control, treatment, alpha, t, 2 * stats.norm.sf(abs(t)))


@wrong("the test weeks don't estimate the spread")
def control_drift(history, control, treatment, alpha=0.05):
    t = _ratio(history, control)
    return _answer(history, control, treatment, alpha, t, 2 * stats.t.sf(abs(t), len(history) + len(control) - 2))


@wrong("the p-value is two-sided")
def control_drift(history, control, treatment, alpha=0.05):
    t = _ratio(history, control)
    return _answer(history, control, treatment, alpha, t, stats.t.sf(abs(t), len(history) - 1))


@wrong("spread comes from the past weeks only")
def control_drift(history, control, treatment, alpha=0.05):
    got = stats.ttest_ind(control, history)
    return _answer(history, control, treatment, alpha, got.statistic, got.pvalue)


@wrong("they compete, so the difference is too large")
def control_drift(history, control, treatment, alpha=0.05):
    t = _ratio(history, control)
    p = 2 * stats.t.sf(abs(t), len(history) - 1)
    return _answer(history, control, treatment, alpha, t, p, "usual" if p >= alpha else "understates")


@wrong("compare the signs of shift and effect")
def control_drift(history, control, treatment, alpha=0.05):
    t = _ratio(history, control)
    p = 2 * stats.t.sf(abs(t), len(history) - 1)
    return _answer(history, control, treatment, alpha, t, p, "usual" if p >= alpha else "overstates" if t < 0 else "understates")


@wrong("p is not below alpha")
def control_drift(history, control, treatment, alpha=0.05):
    t = _ratio(history, control)
    p = 2 * stats.t.sf(abs(t), len(history) - 1)
    return _answer(history, control, treatment, 0.05, t, p)


@wrong("two weeks of history: expected ValueError")
def control_drift(history, control, treatment, alpha=0.05):
    t = _ratio(history, control)
    return _answer(history, control, treatment, alpha, t, 2 * stats.t.sf(abs(t), len(history) - 1))
