"""Answer bank of `accuracy_ceiling`."""

import math

import numpy as np
from scipy.optimize import brentq
from scipy.stats import binomtest
from statsmodels.stats.proportion import proportion_confint

from course.authoring.bank import right, wrong


def agree(first, second):
    first, second = np.asarray(first), np.asarray(second)
    if first.size == 0 or first.shape != second.shape:
        raise ValueError("unusable input")
    count = int((first == second).sum())
    if 2 * count <= first.size:
        raise ValueError("no better than coins")
    return count, first.size


def top(share):
    return 0.5 + 0.5 * math.sqrt(max(0.0, 2 * share - 1))


def fix(measured, ceiling):
    return None if measured is None else float(np.clip((measured - 1 + ceiling) / (2 * ceiling - 1), 0, 1))


def report(share, ceiling, low, high, measured, target):
    return {"agreement": share, "ceiling": ceiling, "low": low, "high": high, "reachable": target <= high, "true_accuracy": fix(measured, ceiling)}


@right("statsmodels' Wilson interval")
def accuracy_ceiling(first, second, measured=None, target=0.99):
    count, n = agree(first, second)
    low, high = proportion_confint(count, n, method="wilson")
    return report(count / n, top(count / n), top(low), top(high), measured, target)


@right("solving for the error numerically, SciPy's interval")
def accuracy_ceiling(first, second, measured=None, target=0.99):
    count, n = agree(first, second)

    def error(share):
        return 0.5 if share <= 0.5 else brentq(lambda e: (1 - e) ** 2 + e**2 - share, 0, 0.5, xtol=1e-12)

    ends = binomtest(count, n).proportion_ci(method="wilson")
    e = error(count / n)
    true_accuracy = None
    if measured is not None:
        true_accuracy = (measured - e) / (1 - 2 * e)
        true_accuracy = 0.0 if true_accuracy < 0 else 1.0 if true_accuracy > 1 else true_accuracy
    high = 1 - error(ends.high)
    return {
        "agreement": count / n,
        "ceiling": 1 - e,
        "low": 1 - error(ends.low),
        "high": high,
        "reachable": bool(high >= target),
        "true_accuracy": true_accuracy,
    }


@wrong("this is the agreement")
def accuracy_ceiling(first, second, measured=None, target=0.99):
    count, n = agree(first, second)
    low, high = proportion_confint(count, n, method="wilson")
    return report(count / n, count / n, low, high, measured, target)


@wrong("they also agree when both are wrong: solve for e")
def accuracy_ceiling(first, second, measured=None, target=0.99):
    count, n = agree(first, second)
    low, high = proportion_confint(count, n, method="wilson")
    return report(count / n, (1 + count / n) / 2, (1 + low) / 2, (1 + high) / 2, measured, target)


@wrong("this leaves out that they agree when both are wrong")
def accuracy_ceiling(first, second, measured=None, target=0.99):
    count, n = agree(first, second)
    low, high = proportion_confint(count, n, method="wilson")
    return report(count / n, math.sqrt(count / n), math.sqrt(low), math.sqrt(high), measured, target)


@wrong("use Wilson's")
def accuracy_ceiling(first, second, measured=None, target=0.99):
    count, n = agree(first, second)
    share = count / n
    half = 1.96 * math.sqrt(share * (1 - share) / n)
    return report(share, top(share), top(share - half), top(share + half), measured, target)


@wrong("put its ends through C")
def accuracy_ceiling(first, second, measured=None, target=0.99):
    count, n = agree(first, second)
    z, share = 1.96, count / n
    centre = share + z**2 / (2 * n)
    half = z * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return report(share, top(share), (centre - half) / (1 + z**2 / n), (centre + half) / (1 + z**2 / n), measured, target)


@wrong("some wrong decisions are marked right by chance")
def accuracy_ceiling(first, second, measured=None, target=0.99):
    count, n = agree(first, second)
    low, high = proportion_confint(count, n, method="wilson")
    out = report(count / n, top(count / n), top(low), top(high), measured, target)
    return out | {"true_accuracy": None if measured is None else min(1.0, measured / out["ceiling"])}


@wrong("the high end of its interval is not")
def accuracy_ceiling(first, second, measured=None, target=0.99):
    count, n = agree(first, second)
    low, high = proportion_confint(count, n, method="wilson")
    return report(count / n, top(count / n), top(low), top(high), measured, target) | {"reachable": target <= top(count / n)}


@wrong("raised ValueError")
def accuracy_ceiling(first, second, measured=None, target=0.99):
    count, n = agree(first, second)
    low, high = (math.sqrt(2 * end - 1) / 2 + 0.5 for end in proportion_confint(count, n, method="wilson"))
    return report(count / n, top(count / n), low, high, measured, target)
