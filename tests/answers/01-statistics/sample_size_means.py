"""Answer bank of `sample_size_means`."""

import math
from statistics import NormalDist

import numpy as np
from scipy import stats
from statsmodels.stats.power import NormalIndPower, TTestIndPower

from course.authoring.bank import right, wrong


@right("statsmodels' Normal power solver")
def sample_size_means(sd, mde, alpha=0.05, power=0.8, ratio=1.0, two_sided=True):
    if sd <= 0 or ratio <= 0 or mde == 0 or not 0 < alpha < 1 or not 0 < power < 1:
        raise ValueError("unusable setting")
    kind = "two-sided" if two_sided else "larger"
    n = float(np.squeeze(NormalIndPower().solve_power(abs(mde) / sd, alpha=alpha, power=power, ratio=ratio, alternative=kind)))
    return math.ceil(n), math.ceil(ratio * n)


@right("plain Python, each arm from the variance of the difference")
def sample_size_means(sd, mde, alpha=0.05, power=0.8, ratio=1.0, two_sided=True):
    if not (sd > 0 and ratio > 0 and mde != 0 and 0 < alpha < 1 and 0 < power < 1):
        raise ValueError("unusable setting")
    quantile = NormalDist().inv_cdf
    z = quantile(1 - alpha / 2) if two_sided else quantile(1 - alpha)
    error = abs(mde) / (z + quantile(power))
    control = (sd**2 + sd**2 / ratio) / error**2
    return np.array([math.ceil(control), math.ceil(control * ratio)])


@wrong("sd stands where the variance belongs")
def sample_size_means(sd, mde, alpha=0.05, power=0.8, ratio=1.0, two_sided=True):
    z = stats.norm.ppf(1 - alpha / 2) + stats.norm.ppf(power)
    n = z**2 * sd * (1 + 1 / ratio) / mde**2
    return math.ceil(n), math.ceil(ratio * n)


@wrong("sd and mde were not squared")
def sample_size_means(sd, mde, alpha=0.05, power=0.8, ratio=1.0, two_sided=True):
    z = stats.norm.ppf(1 - alpha / 2) + stats.norm.ppf(power)
    n = z**2 * sd / abs(mde) * (1 + 1 / ratio)
    return math.ceil(n), math.ceil(ratio * n)


@wrong("one arm's noise is missing")
def sample_size_means(sd, mde, alpha=0.05, power=0.8, ratio=1.0, two_sided=True):
    n = ((stats.norm.ppf(1 - alpha / 2) + stats.norm.ppf(power)) * sd / mde) ** 2
    return math.ceil(n), math.ceil(ratio * n)


@wrong("total of both arms")
def sample_size_means(sd, mde, alpha=0.05, power=0.8, ratio=1.0, two_sided=True):
    n = 4 * ((stats.norm.ppf(1 - alpha / 2) + stats.norm.ppf(power)) * sd / mde) ** 2
    return math.ceil(n), math.ceil(n)


@wrong("one-sided size")
def sample_size_means(sd, mde, alpha=0.05, power=0.8, ratio=1.0, two_sided=True):
    n = ((stats.norm.ppf(1 - alpha) + stats.norm.ppf(power)) * sd / mde) ** 2 * (1 + 1 / ratio)
    return math.ceil(n), math.ceil(ratio * n)


@wrong("rounded down")
def sample_size_means(sd, mde, alpha=0.05, power=0.8, ratio=1.0, two_sided=True):
    n = ((stats.norm.ppf(1 - alpha / 2) + stats.norm.ppf(power)) * sd / mde) ** 2 * (1 + 1 / ratio)
    return int(n), int(ratio * n)


@wrong("Student's t")
def sample_size_means(sd, mde, alpha=0.05, power=0.8, ratio=1.0, two_sided=True):
    n = float(np.squeeze(TTestIndPower().solve_power(abs(mde) / sd, alpha=alpha, power=power, ratio=ratio)))
    return math.ceil(n), math.ceil(ratio * n)


@wrong("the power is left out")
def sample_size_means(sd, mde, alpha=0.05, power=0.8, ratio=1.0, two_sided=True):
    n = (stats.norm.ppf(1 - alpha / 2) * sd / mde) ** 2 * (1 + 1 / ratio)
    return math.ceil(n), math.ceil(ratio * n)


@wrong("the ratio is upside down")
def sample_size_means(sd, mde, alpha=0.05, power=0.8, ratio=1.0, two_sided=True):
    n = ((stats.norm.ppf(1 - alpha / 2) + stats.norm.ppf(power)) * sd / mde) ** 2 * (1 + ratio)
    return math.ceil(n), math.ceil(n / ratio)


@wrong("two_sided=False is ignored")
def sample_size_means(sd, mde, alpha=0.05, power=0.8, ratio=1.0, two_sided=True):
    if sd <= 0 or ratio <= 0 or mde == 0 or not 0 < alpha < 1 or not 0 < power < 1:
        raise ValueError
    n = ((stats.norm.ppf(1 - alpha / 2) + stats.norm.ppf(power)) * sd / mde) ** 2 * (1 + 1 / ratio)
    return math.ceil(n), math.ceil(ratio * n)
