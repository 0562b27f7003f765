"""Answer bank of `count_model`: right answers written differently, wrong ones that people give, each with what the message must say."""

import statistics

import numpy as np
from scipy import special, stats

from course.authoring.bank import right, wrong


@right("plain Python and the incomplete gamma function")
def count_model(counts):
    x = [int(c) for c in counts]
    if len(x) < 2 or min(x) < 0:
        raise ValueError("unusable counts")
    if sum(x) == 0:
        return {"family": "poisson", "p_value": 1, "dispersion": None}
    d = statistics.variance(x) / statistics.fmean(x)
    p = special.gammaincc((len(x) - 1) / 2, (len(x) - 1) * d / 2)
    return {"family": "negative-binomial" if p < 0.05 else "poisson", "p_value": p, "dispersion": d}


@right("chi-square goodness of fit against the mean")
def count_model(counts):
    x = np.array(counts)
    if len(x) < 2:
        raise ValueError("too few")
    if np.any(x < 0):
        raise ValueError("negative")
    if x.sum() == 0:
        return {"dispersion": None, "p_value": 1.0, "family": "poisson"}
    result = stats.chisquare(x, np.full(len(x), x.mean()))
    return {"dispersion": result.statistic / (len(x) - 1), "p_value": result.pvalue, "family": ("poisson", "negative-binomial")[int(result.pvalue < 0.05)]}


@right("pandas")
def count_model(counts):
    import pandas as pd

    x = pd.Series(counts, dtype=float)
    n = len(x)
    if n < 2 or x.min() < 0:
        raise ValueError
    if (x == 0).all():
        return {"dispersion": None, "p_value": 1.0, "family": "poisson"}
    d = x.var() / x.mean()
    p = 1 - stats.chi2(n - 1).cdf((n - 1) * d)
    return {"dispersion": d, "p_value": p, "family": "negative-binomial" if p < 0.05 else "poisson"}


@wrong("the variance is divided by n; the statement asks for n - 1")
def count_model(counts):
    x = np.asarray(counts, float)
    if x.size < 2 or (x < 0).any():
        raise ValueError
    if not x.any():
        return {"dispersion": None, "p_value": 1.0, "family": "poisson"}
    d = np.var(x) / np.mean(x)
    p = stats.chi2.sf((x.size - 1) * d, x.size - 1)
    return {"dispersion": d, "p_value": p, "family": "negative-binomial" if p < 0.05 else "poisson"}


@wrong("this compares the standard deviation with the mean")
def count_model(counts):
    x = np.asarray(counts, float)
    if x.size < 2 or (x < 0).any():
        raise ValueError
    if not x.any():
        return {"dispersion": None, "p_value": 1.0, "family": "poisson"}
    d = x.std(ddof=1) / x.mean()
    p = stats.chi2.sf((x.size - 1) * d, x.size - 1)
    return {"dispersion": d, "p_value": p, "family": "negative-binomial" if p < 0.05 else "poisson"}


@wrong("this is the lower tail; too much variance shows in the upper one")
def count_model(counts):
    x = np.asarray(counts, float)
    if x.size < 2 or (x < 0).any():
        raise ValueError
    if not x.any():
        return {"dispersion": None, "p_value": 1.0, "family": "poisson"}
    d = x.var(ddof=1) / x.mean()
    p = stats.chi2.cdf((x.size - 1) * d, x.size - 1)
    return {"dispersion": d, "p_value": p, "family": "negative-binomial" if p < 0.05 else "poisson"}


@wrong("too little variance is no sign of the Negative Binomial")
def count_model(counts):
    x = np.asarray(counts, float)
    if x.size < 2 or (x < 0).any():
        raise ValueError
    if not x.any():
        return {"dispersion": None, "p_value": 1.0, "family": "poisson"}
    d = x.var(ddof=1) / x.mean()
    p = stats.chi2.sf((x.size - 1) * d, x.size - 1)
    return {"dispersion": d, "p_value": p, "family": "negative-binomial" if min(p, 1 - p) < 0.025 else "poisson"}


@wrong("this p-value is two-sided; only too much variance counts here")
def count_model(counts):
    x = np.asarray(counts, float)
    if x.size < 2 or (x < 0).any():
        raise ValueError
    if not x.any():
        return {"dispersion": None, "p_value": 1.0, "family": "poisson"}
    d = x.var(ddof=1) / x.mean()
    q, n = (x.size - 1) * d, x.size
    p = min(1.0, 2 * min(stats.chi2.sf(q, n - 1), stats.chi2.cdf(q, n - 1)))
    return {"dispersion": d, "p_value": p, "family": "negative-binomial" if p < 0.05 and d > 1 else "poisson"}


@wrong("a dispersion a little above 1 is chance; decide by the p-value")
def count_model(counts):
    x = np.asarray(counts, float)
    if x.size < 2 or (x < 0).any():
        raise ValueError
    if not x.any():
        return {"dispersion": None, "p_value": 1.0, "family": "poisson"}
    d = x.var(ddof=1) / x.mean()
    return {"dispersion": d, "p_value": stats.chi2.sf((x.size - 1) * d, x.size - 1), "family": "negative-binomial" if d > 1 else "poisson"}


@wrong("a dispersion above 1 happens by chance half of the time")
def count_model(counts):
    x = np.asarray(counts, float)
    d = x.var(ddof=1) / x.mean()
    return {"dispersion": d, "p_value": stats.chi2.sf((x.size - 1) * d, x.size - 1), "family": "negative-binomial" if d > 1 else "poisson"}


@wrong("this is mean over variance; turn it round")
def count_model(counts):
    x = np.asarray(counts, float)
    d = x.mean() / x.var(ddof=1)
    p = stats.chi2.sf((x.size - 1) / d, x.size - 1)
    return {"dispersion": d, "p_value": p, "family": "negative-binomial" if p < 0.05 else "poisson"}


@wrong("the chi-square has n - 1 degrees of freedom, not n")
def count_model(counts):
    x = np.asarray(counts, float)
    d = x.var(ddof=1) / x.mean()
    p = stats.chi2.sf((x.size - 1) * d, x.size)
    return {"dispersion": d, "p_value": p, "family": "negative-binomial" if p < 0.05 else "poisson"}


@wrong("handle a sample of zeros by itself")
def count_model(counts):
    x = np.asarray(counts, float)
    if x.size < 2 or (x < 0).any():
        raise ValueError
    d = x.var(ddof=1) / x.mean()
    p = stats.chi2.sf((x.size - 1) * d, x.size - 1)
    return {"dispersion": d, "p_value": p, "family": "negative-binomial" if p < 0.05 else "poisson"}


@wrong("a single count: expected ValueError")
def count_model(counts):
    x = np.asarray(counts, float)
    if not x.any():
        return {"dispersion": None, "p_value": 1.0, "family": "poisson"}
    d = x.var(ddof=1) / x.mean()
    p = stats.chi2.sf((x.size - 1) * d, x.size - 1)
    return {"dispersion": d, "p_value": p, "family": "negative-binomial" if p < 0.05 else "poisson"}
