"""Answer bank of `psi_noise`."""

from scipy import stats
from scipy.special import gammaincc, gammainccinv

from course.authoring.bank import right, wrong


def _refuse(value, n, m, bins, alpha):
    if value < 0 or n < 1 or m < 1 or bins < 2 or alpha <= 0 or alpha >= 1:
        raise ValueError("unusable input")


def _answer(value, unit, free, alpha, verdict=None):
    limit = stats.chi2.isf(alpha, free) * unit
    band = "negligible" if value < 0.1 else "moderate" if value <= 0.2 else "large"
    return {
        "expected": free * unit,
        "limit": limit,
        "p_value": stats.chi2.sf(value / unit, free),
        "verdict": verdict or ("noise" if value <= limit else band),
    }


@right("a frozen scaled chi-square")
def psi_noise(value, n_reference, n_current, bins, alpha=0.01):
    _refuse(value, n_reference, n_current, bins, alpha)
    noise = stats.chi2(bins - 1, scale=1 / n_reference + 1 / n_current)
    p_value = noise.sf(value)
    if p_value >= alpha:
        verdict = "noise"
    elif value > 0.2:
        verdict = "large"
    elif value >= 0.1:
        verdict = "moderate"
    else:
        verdict = "negligible"
    return {"expected": noise.mean(), "limit": noise.ppf(1 - alpha), "p_value": p_value, "verdict": verdict}


@right("the incomplete gamma function")
def psi_noise(value, n_reference, n_current, bins, alpha=0.01):
    _refuse(value, n_reference, n_current, bins, alpha)
    unit, half = (n_reference + n_current) / (n_reference * n_current), (bins - 1) / 2
    limit = 2 * gammainccinv(half, alpha) * unit
    verdict = "noise" if value <= limit else ["negligible", "moderate", "large"][int(value >= 0.1) + int(value > 0.2)]
    return {"expected": 2 * half * unit, "limit": limit, "p_value": gammaincc(half, value / unit / 2), "verdict": verdict}


@wrong("the bands are read without a look at the noise")
def psi_noise(value, n_reference, n_current, bins, alpha=0.01):
    band = "negligible" if value < 0.1 else "moderate" if value <= 0.2 else "large"
    return _answer(value, 1 / n_reference + 1 / n_current, bins - 1, alpha, band)


@wrong("with a million rows everything is significant")
def psi_noise(value, n_reference, n_current, bins, alpha=0.01):
    answer = _answer(value, 1 / n_reference + 1 / n_current, bins - 1, alpha)
    if answer["verdict"] == "negligible":
        answer["verdict"] = "large"
    return answer


@wrong("it is only small")
def psi_noise(value, n_reference, n_current, bins, alpha=0.01):
    answer = _answer(value, 1 / n_reference + 1 / n_current, bins - 1, alpha)
    if answer["verdict"] == "negligible":
        answer["verdict"] = "noise"
    return answer


@wrong("B - 1, not B")
def psi_noise(value, n_reference, n_current, bins, alpha=0.01):
    return _answer(value, 1 / n_reference + 1 / n_current, bins, alpha)


@wrong("the chi-square has B - 1 degrees of freedom")
def psi_noise(value, n_reference, n_current, bins, alpha=0.01):
    unit = 1 / n_reference + 1 / n_current
    return _answer(value, unit, bins, alpha) | {"expected": (bins - 1) * unit}


@wrong("both samples are noisy: 1/n + 1/m")
def psi_noise(value, n_reference, n_current, bins, alpha=0.01):
    return _answer(value, 1 / n_current, bins - 1, alpha)


@wrong("their variances add")
def psi_noise(value, n_reference, n_current, bins, alpha=0.01):
    return _answer(value, 1 / (n_current + n_reference), bins - 1, alpha)


@wrong("the limit is one-sided")
def psi_noise(value, n_reference, n_current, bins, alpha=0.01):
    unit = 1 / n_reference + 1 / n_current
    return _answer(value, unit, bins - 1, alpha) | {"limit": stats.chi2.isf(alpha / 2, bins - 1) * unit}


@wrong("alpha is not used")
def psi_noise(value, n_reference, n_current, bins, alpha=0.01):
    return _answer(value, 1 / n_reference + 1 / n_current, bins - 1, 0.01)


@wrong("this limit is the lower tail")
def psi_noise(value, n_reference, n_current, bins, alpha=0.01):
    unit = 1 / n_reference + 1 / n_current
    return _answer(value, unit, bins - 1, alpha) | {"limit": stats.chi2.ppf(alpha, bins - 1) * unit}


@wrong("this is the lower tail; the p-value")
def psi_noise(value, n_reference, n_current, bins, alpha=0.01):
    unit = 1 / n_reference + 1 / n_current
    return _answer(value, unit, bins - 1, alpha) | {"p_value": stats.chi2.cdf(value / unit, bins - 1)}


@wrong("times 1/n + 1/m it is one for PSI")
def psi_noise(value, n_reference, n_current, bins, alpha=0.01):
    return _answer(value, 1 / n_reference + 1 / n_current, bins - 1, alpha) | {"limit": stats.chi2.isf(alpha, bins - 1)}


@wrong("divide the PSI by 1/n + 1/m")
def psi_noise(value, n_reference, n_current, bins, alpha=0.01):
    return _answer(value, 1 / n_reference + 1 / n_current, bins - 1, alpha) | {"p_value": stats.chi2.sf(value, bins - 1)}


@wrong("a PSI of 0.1 from 50,000 rows on each side")
def psi_noise(value, n_reference, n_current, bins, alpha=0.01):
    _refuse(value, n_reference, n_current, bins, alpha)
    answer = _answer(value, 1 / n_reference + 1 / n_current, bins - 1, alpha)
    return answer | {"verdict": "negligible"} if value == 0.1 else answer


@wrong("a negative PSI: expected ValueError")
def psi_noise(value, n_reference, n_current, bins, alpha=0.01):
    return _answer(value, 1 / n_reference + 1 / n_current, bins - 1, alpha)


@wrong("the bands are read without a look at the noise")
def psi_noise(value, n_reference, n_current, bins, alpha=0.01):
    answer = _answer(value, 1 / n_reference + 1 / n_current, bins - 1, alpha)
    return answer | ({"verdict": "large" if value > 0.2 else "moderate"} if value >= 0.1 else {})
