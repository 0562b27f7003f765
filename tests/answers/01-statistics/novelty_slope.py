"""Answer bank of `novelty_slope`."""

import numpy as np
import statsmodels.api as sm
from scipy import stats

from course.authoring.bank import right, wrong


def _result(slope, reach):
    low, high = slope - reach, slope + reach
    return {"slope": slope, "ci_low": low, "ci_high": high, "verdict": "fading" if high < 0 else "growing" if low > 0 else "stable"}


@right("scipy's linregress")
def novelty_slope(daily_lift):
    n = len(daily_lift)
    if n < 3:
        raise ValueError("too few days")
    fit = stats.linregress(range(n), daily_lift)
    return _result(fit.slope, stats.t.ppf(0.975, n - 2) * fit.stderr)


@right("statsmodels OLS")
def novelty_slope(daily_lift):
    y = np.asarray(daily_lift, float)
    if y.size < 3:
        raise ValueError("too few days")
    fit = sm.OLS(y, sm.add_constant(np.arange(y.size, dtype=float))).fit()
    low, high = fit.conf_int()[1]
    return {"slope": fit.params[1], "ci_low": low, "ci_high": high, "verdict": "fading" if high < 0 else "growing" if low > 0 else "stable"}


@right("polyfit with its covariance")
def novelty_slope(daily_lift):
    n = len(daily_lift)
    if n < 3:
        raise ValueError("too few days")
    coefficients, covariance = np.polyfit(np.arange(1, n + 1), daily_lift, 1, cov=True)
    return _result(coefficients[0], stats.t.ppf(0.975, n - 2) * np.sqrt(covariance[0, 0]))


@wrong("average over all days")
def novelty_slope(daily_lift):
    y = np.asarray(daily_lift, float)
    return _result(y.mean(), stats.t.ppf(0.975, y.size - 1) * y.std(ddof=1) / np.sqrt(y.size))


@wrong("last day minus first")
def novelty_slope(daily_lift):
    n = len(daily_lift)
    fit = stats.linregress(range(n), daily_lift)
    return _result((daily_lift[-1] - daily_lift[0]) / (n - 1), stats.t.ppf(0.975, n - 2) * fit.stderr)


@wrong("this is the correlation")
def novelty_slope(daily_lift):
    n = len(daily_lift)
    fit = stats.linregress(range(n), daily_lift)
    return _result(fit.rvalue, stats.t.ppf(0.975, n - 2) * fit.stderr)


@wrong("the interval uses 1.96")
def novelty_slope(daily_lift):
    fit = stats.linregress(range(len(daily_lift)), daily_lift)
    return _result(fit.slope, 1.96 * fit.stderr)


@wrong("the interval is too narrow for so few days")
def novelty_slope(daily_lift):
    fit = stats.linregress(range(len(daily_lift)), daily_lift)
    return _result(fit.slope, stats.norm.ppf(0.975) * fit.stderr)


@wrong("a line takes two")
def novelty_slope(daily_lift):
    fit = stats.linregress(range(len(daily_lift)), daily_lift)
    return _result(fit.slope, stats.t.ppf(0.975, len(daily_lift) - 1) * fit.stderr)


@wrong("90 % interval")
def novelty_slope(daily_lift):
    fit = stats.linregress(range(len(daily_lift)), daily_lift)
    return _result(fit.slope, stats.t.ppf(0.95, len(daily_lift) - 2) * fit.stderr)


@wrong("divided by n; divide by n - 2")
def novelty_slope(daily_lift):
    n = len(daily_lift)
    fit = stats.linregress(range(n), daily_lift)
    return _result(fit.slope, stats.t.ppf(0.975, n - 2) * fit.stderr * np.sqrt((n - 2) / n))


@wrong("the sign of the slope decides")
def novelty_slope(daily_lift):
    n = len(daily_lift)
    if n < 3:
        raise ValueError
    fit = stats.linregress(range(n), daily_lift)
    return _result(fit.slope, stats.t.ppf(0.975, n - 2) * fit.stderr) | {"verdict": "fading" if fit.slope < 0 else "growing"}


@wrong("days run backwards")
def novelty_slope(daily_lift):
    n = len(daily_lift)
    fit = stats.linregress(range(n)[::-1], daily_lift)
    return _result(fit.slope, stats.t.ppf(0.975, n - 2) * fit.stderr)


@wrong("two days")
def novelty_slope(daily_lift):
    n = len(daily_lift)
    fit = stats.linregress(range(n), daily_lift)
    return _result(fit.slope, stats.t.ppf(0.975, n - 2) * fit.stderr)
