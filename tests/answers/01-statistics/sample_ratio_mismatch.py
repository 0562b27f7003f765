"""Answer bank of `sample_ratio_mismatch`."""

import numpy as np
from scipy import stats
from statsmodels.stats.proportion import proportions_ztest

from course.authoring.bank import right, wrong


def _verdict(chi2, p, limit=0.001):
    return {"chi2": chi2, "p_value": p, "verdict": "mismatch" if p < limit else "ok"}


@right("plain loop and the survival function of chi-square")
def sample_ratio_mismatch(counts, weights):
    for arm in counts:
        if arm not in weights or counts[arm] < 0:
            raise ValueError(f"arm {arm}")
    n, total = sum(counts.values()), sum(weights.values())
    if len(weights) < 2 or n == 0 or any(w <= 0 for w in weights.values()):
        raise ValueError("unusable plan or counts")
    chi2 = 0.0
    for arm, weight in weights.items():
        expected = n * weight / total
        chi2 += (counts.get(arm, 0) - expected) ** 2 / expected
    return _verdict(chi2, stats.chi2.sf(chi2, len(weights) - 1))


@right("NumPy and the regularised gamma function")
def sample_ratio_mismatch(counts, weights):
    from scipy.special import gammaincc

    arms = sorted(weights)
    w = np.array([weights[a] for a in arms], float)
    o = np.array([counts.get(a, 0) for a in arms])
    if not set(counts) <= set(arms) or len(arms) < 2 or (w <= 0).any() or (o < 0).any() or not o.any():
        raise ValueError("unusable plan or counts")
    n, share = o.sum(), w / w.sum()
    chi2 = n * np.sum((o / n - share) ** 2 / share)
    return _verdict(chi2, gammaincc((len(arms) - 1) / 2, chi2 / 2))


@wrong("compares a metric between the arms")
def sample_ratio_mismatch(counts, weights):
    users = [counts[arm] for arm in weights]
    z, p = proportions_ztest(users, [sum(users)] * len(users))
    return _verdict(z**2, p)


@wrong("the planned weights are ignored")
def sample_ratio_mismatch(counts, weights):
    return _verdict(*stats.chisquare([counts.get(arm, 0) for arm in weights]))


@wrong("divide the weights by their total")
def sample_ratio_mismatch(counts, weights):
    o = np.array([counts.get(arm, 0) for arm in weights], float)
    e = o.sum() * np.array(list(weights.values()), float)
    chi2 = np.sum((o - e) ** 2 / e)
    return _verdict(chi2, stats.chi2.sf(chi2, len(o) - 1))


@wrong("treated as a second sample")
def sample_ratio_mismatch(counts, weights):
    o = np.array([counts.get(arm, 0) for arm in weights], float)
    w = np.array(list(weights.values()), float)
    chi2, p, *_ = stats.chi2_contingency([o, o.sum() * w / w.sum()], correction=False)
    return _verdict(chi2, p)


@wrong("treated as a second sample")
def sample_ratio_mismatch(counts, weights):
    o = np.array([counts.get(arm, 0) for arm in weights], float)
    w = np.array(list(weights.values()), float)
    chi2, p, *_ = stats.chi2_contingency([o, o.sum() * w / w.sum()])
    return _verdict(chi2, p)


@wrong("the limit is 0.001, not 0.05")
def sample_ratio_mismatch(counts, weights):
    o, w = np.array([counts.get(arm, 0) for arm in weights], float), np.array(list(weights.values()), float)
    return _verdict(*stats.chisquare(o, o.sum() * w / w.sum()), limit=0.05)


@wrong("the degrees of freedom are arms minus 1")
def sample_ratio_mismatch(counts, weights):
    o, w = np.array([counts.get(arm, 0) for arm in weights], float), np.array(list(weights.values()), float)
    chi2 = stats.chisquare(o, o.sum() * w / w.sum()).statistic
    return _verdict(chi2, stats.chi2.sf(chi2, len(o)))


@wrong("also with more than two arms")
def sample_ratio_mismatch(counts, weights):
    o, w = np.array([counts.get(arm, 0) for arm in weights], float), np.array(list(weights.values()), float)
    chi2 = stats.chisquare(o, o.sum() * w / w.sum()).statistic
    return _verdict(chi2, stats.chi2.sf(chi2, 1))


@wrong("match the arms by name")
def sample_ratio_mismatch(counts, weights):
    o, w = np.array(list(counts.values()), float), np.array(list(weights.values()), float)
    return _verdict(*stats.chisquare(o, o.sum() * w / w.sum()))


@wrong("it counts as 0")
def sample_ratio_mismatch(counts, weights):
    if len(weights) < 2 or min(weights.values()) <= 0 or set(counts) - set(weights):
        raise ValueError
    o, w = np.array(list(counts.values()), float), np.array([weights[arm] for arm in counts], float)
    if o.min() < 0 or o.sum() == 0:
        raise ValueError
    return _verdict(*stats.chisquare(o, o.sum() * w / w.sum()))


@wrong("an arm that was not planned")
def sample_ratio_mismatch(counts, weights):
    o, w = np.array([counts.get(arm, 0) for arm in weights], float), np.array(list(weights.values()), float)
    if len(w) < 2 or (w <= 0).any() or (o < 0).any() or o.sum() == 0:
        raise ValueError
    return _verdict(*stats.chisquare(o, o.sum() * w / w.sum()))
