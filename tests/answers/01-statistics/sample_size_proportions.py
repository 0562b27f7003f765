"""Answer bank of `sample_size_proportions`."""

import math
from statistics import NormalDist

import numpy as np
from scipy import stats
from statsmodels.stats.power import NormalIndPower

from course.authoring.bank import right, wrong


@right("plain Python with the standard library's Normal quantile")
def sample_size_proportions(baseline, mde, alpha=0.05, power=0.8, ratio=1.0, two_sided=True):
    target = baseline + mde
    for share in (baseline, target, alpha, power):
        if share <= 0 or share >= 1:
            raise ValueError("outside (0, 1)")
    if mde == 0:
        raise ValueError("nothing to detect")
    if ratio <= 0:
        raise ValueError("ratio")
    tail = alpha / 2 if two_sided else alpha
    z = NormalDist().inv_cdf(1 - tail) + NormalDist().inv_cdf(power)
    control = (baseline * (1 - baseline) + target * (1 - target) / ratio) * (z / mde) ** 2
    return [math.ceil(control), math.ceil(control * ratio)]


@right("NumPy floats in an array, both arms at once")
def sample_size_proportions(baseline, mde, alpha=0.05, power=0.8, ratio=1.0, two_sided=True):
    p = np.array([baseline, baseline + mde])
    if np.any((p <= 0) | (p >= 1)) or mde == 0 or ratio <= 0 or not (0 < alpha < 1) or not (0 < power < 1):
        raise ValueError("impossible")
    z = stats.norm.isf(alpha / (1 + two_sided)) - stats.norm.ppf(1 - power)
    variance = p * (1 - p)
    return np.ceil(z**2 * np.array([variance[0] + variance[1] / ratio, ratio * variance[0] + variance[1]]) / mde**2)


@right("statsmodels with the standardised effect")
def sample_size_proportions(baseline, mde, alpha=0.05, power=0.8, ratio=1.0, two_sided=True):
    p1, p2 = baseline, baseline + mde
    if not (0 < p1 < 1 and 0 < p2 < 1 and 0 < alpha < 1 and 0 < power < 1 and ratio > 0 and mde):
        raise ValueError
    # the solver knows one variance: give it the one for which 1 + 1 / ratio stands for the unpooled sum
    sd = math.sqrt((p1 * (1 - p1) + p2 * (1 - p2) / ratio) / (1 + 1 / ratio))
    kind = "two-sided" if two_sided else "larger"
    n = float(np.squeeze(NormalIndPower().solve_power(abs(mde) / sd, alpha=alpha, power=power, ratio=ratio, alternative=kind)))
    return math.ceil(n), math.ceil(ratio * n)


@wrong("one-sided size")
def sample_size_proportions(baseline, mde, alpha=0.05, power=0.8, ratio=1.0, two_sided=True):
    p1, p2 = baseline, baseline + mde
    z = stats.norm.ppf(1 - alpha) + stats.norm.ppf(power)
    n = z**2 * (p1 * (1 - p1) + p2 * (1 - p2) / ratio) / mde**2
    return math.ceil(n), math.ceil(ratio * n)


@wrong("mde was taken as a share of the baseline")
def sample_size_proportions(baseline, mde, alpha=0.05, power=0.8, ratio=1.0, two_sided=True):
    p1, p2 = baseline, baseline * (1 + mde)
    z = stats.norm.ppf(1 - alpha / 2) + stats.norm.ppf(power)
    n = z**2 * (p1 * (1 - p1) + p2 * (1 - p2) / ratio) / (p2 - p1) ** 2
    return math.ceil(n), math.ceil(ratio * n)


@wrong("total of both arms")
def sample_size_proportions(baseline, mde, alpha=0.05, power=0.8, ratio=1.0, two_sided=True):
    p1, p2 = baseline, baseline + mde
    z = stats.norm.ppf(1 - alpha / 2) + stats.norm.ppf(power)
    n = z**2 * (p1 * (1 - p1) + p2 * (1 - p2)) / mde**2
    return math.ceil(2 * n), math.ceil(2 * n)


@wrong("rounded down")
def sample_size_proportions(baseline, mde, alpha=0.05, power=0.8, ratio=1.0, two_sided=True):
    p1, p2 = baseline, baseline + mde
    z = stats.norm.ppf(1 - alpha / 2) + stats.norm.ppf(power)
    n = z**2 * (p1 * (1 - p1) + p2 * (1 - p2) / ratio) / mde**2
    return int(n), int(ratio * n)


@wrong("not rounded")
def sample_size_proportions(baseline, mde, alpha=0.05, power=0.8, ratio=1.0, two_sided=True):
    p1, p2 = baseline, baseline + mde
    z = stats.norm.ppf(1 - alpha / 2) + stats.norm.ppf(power)
    n = z**2 * (p1 * (1 - p1) + p2 * (1 - p2) / ratio) / mde**2
    return n, ratio * n


@wrong("beta was put in the place of power")
def sample_size_proportions(baseline, mde, alpha=0.05, power=0.8, ratio=1.0, two_sided=True):
    p1, p2 = baseline, baseline + mde
    z = stats.norm.ppf(1 - alpha / 2) + stats.norm.ppf(1 - power)
    n = z**2 * (p1 * (1 - p1) + p2 * (1 - p2) / ratio) / mde**2
    return math.ceil(n), math.ceil(ratio * n)


@wrong("pooled formula")
def sample_size_proportions(baseline, mde, alpha=0.05, power=0.8, ratio=1.0, two_sided=True):
    p1, p2 = baseline, baseline + mde
    p = (p1 + ratio * p2) / (1 + ratio)
    z_alpha, z_power = stats.norm.ppf(1 - alpha / 2), stats.norm.ppf(power)
    n = (z_alpha * math.sqrt(p * (1 - p) * (1 + 1 / ratio)) + z_power * math.sqrt(p1 * (1 - p1) + p2 * (1 - p2) / ratio)) ** 2 / mde**2
    return math.ceil(n), math.ceil(ratio * n)


@wrong("arcsine")
def sample_size_proportions(baseline, mde, alpha=0.05, power=0.8, ratio=1.0, two_sided=True):
    h = 2 * math.asin(math.sqrt(baseline + mde)) - 2 * math.asin(math.sqrt(baseline))
    n = ((stats.norm.ppf(1 - alpha / 2) + stats.norm.ppf(power)) / h) ** 2 * (1 + 1 / ratio)
    return math.ceil(n), math.ceil(ratio * n)


@wrong("both variances use the baseline")
def sample_size_proportions(baseline, mde, alpha=0.05, power=0.8, ratio=1.0, two_sided=True):
    z = stats.norm.ppf(1 - alpha / 2) + stats.norm.ppf(power)
    n = z**2 * baseline * (1 - baseline) * (1 + 1 / ratio) / mde**2
    return math.ceil(n), math.ceil(ratio * n)


@wrong("the power is left out")
def sample_size_proportions(baseline, mde, alpha=0.05, power=0.8, ratio=1.0, two_sided=True):
    p1, p2 = baseline, baseline + mde
    n = (stats.norm.ppf(1 - alpha / 2) / mde) ** 2 * (p1 * (1 - p1) + p2 * (1 - p2) / ratio)
    return math.ceil(n), math.ceil(ratio * n)


@wrong("the ratio is upside down")
def sample_size_proportions(baseline, mde, alpha=0.05, power=0.8, ratio=1.0, two_sided=True):
    p1, p2 = baseline, baseline + mde
    z = stats.norm.ppf(1 - alpha / 2) + stats.norm.ppf(power)
    n = z**2 * (p1 * (1 - p1) + p2 * (1 - p2) * ratio) / mde**2
    return math.ceil(n), math.ceil(n / ratio)


@wrong("only the treatment arm was scaled")
def sample_size_proportions(baseline, mde, alpha=0.05, power=0.8, ratio=1.0, two_sided=True):
    p1, p2 = baseline, baseline + mde
    z = stats.norm.ppf((1 - alpha / 2) if two_sided else (1 - alpha)) + stats.norm.ppf(power)
    n = z**2 * (p1 * (1 - p1) + p2 * (1 - p2)) / mde**2
    return math.ceil(n), math.ceil(ratio * n)


@wrong("the total of two equal arms was split by the ratio")
def sample_size_proportions(baseline, mde, alpha=0.05, power=0.8, ratio=1.0, two_sided=True):
    p1, p2 = baseline, baseline + mde
    z = stats.norm.ppf((1 - alpha / 2) if two_sided else (1 - alpha)) + stats.norm.ppf(power)
    total = 2 * z**2 * (p1 * (1 - p1) + p2 * (1 - p2)) / mde**2
    return math.ceil(total / (1 + ratio)), math.ceil(total * ratio / (1 + ratio))


@wrong("the treatment's number was rounded twice")
def sample_size_proportions(baseline, mde, alpha=0.05, power=0.8, ratio=1.0, two_sided=True):
    p1, p2 = baseline, baseline + mde
    z = stats.norm.ppf((1 - alpha / 2) if two_sided else (1 - alpha)) + stats.norm.ppf(power)
    n = math.ceil(z**2 * (p1 * (1 - p1) + p2 * (1 - p2) / ratio) / mde**2)
    return n, math.ceil(ratio * n)


@wrong("two_sided=False is ignored")
def sample_size_proportions(baseline, mde, alpha=0.05, power=0.8, ratio=1.0, two_sided=True):
    p1, p2 = baseline, baseline + mde
    if not 0 < p1 < 1 or not 0 < p2 < 1 or mde == 0 or ratio <= 0 or not 0 < alpha < 1 or not 0 < power < 1:
        raise ValueError
    z = stats.norm.ppf(1 - alpha / 2) + stats.norm.ppf(power)
    n = z**2 * (p1 * (1 - p1) + p2 * (1 - p2) / ratio) / mde**2
    return math.ceil(n), math.ceil(ratio * n)


@wrong("baseline 0.98 and mde 0.03: a rate above 1")
def sample_size_proportions(baseline, mde, alpha=0.05, power=0.8, ratio=1.0, two_sided=True):
    p1, p2 = baseline, baseline + mde
    z = stats.norm.ppf((1 - alpha / 2) if two_sided else (1 - alpha)) + stats.norm.ppf(power)
    n = z**2 * (p1 * (1 - p1) + p2 * (1 - p2) / ratio) / mde**2
    return math.ceil(n), math.ceil(ratio * n)
