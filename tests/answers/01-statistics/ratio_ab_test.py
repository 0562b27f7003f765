"""Answer bank of `ratio_ab_test`: right answers written differently, wrong ones that people give, each with what the message must say."""

import statistics

import numpy as np
from scipy import stats
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from course.authoring.bank import right, wrong


def arm(numerator, denominator):
    y, x = np.asarray(numerator, float), np.asarray(denominator, float)
    if y.shape != x.shape or y.size < 2 or x.sum() == 0:
        raise ValueError("unusable arm")
    return y, x, y.sum() / x.sum()


def error_of(y, x, r):
    return np.std(y - r * x, ddof=1) / np.sqrt(y.size) / x.mean()


def report(lift, error):
    z = stats.norm.ppf(0.975)
    return {"lift": lift, "ci_low": lift - z * error, "ci_high": lift + z * error, "p_value": 2 * stats.norm.sf(abs(lift) / error)}


@right("linearised metric and statsmodels' z-test")
def ratio_ab_test(control_numerator, control_denominator, treatment_numerator, treatment_denominator):
    lines = []
    for y, x, r in (arm(treatment_numerator, treatment_denominator), arm(control_numerator, control_denominator)):
        lines.append(DescrStatsW(r + (y - r * x) / x.mean()))
    compare = CompareMeans(*lines)
    _, p = compare.ztest_ind(usevar="unequal")
    low, high = compare.zconfint_diff(usevar="unequal")
    return {"lift": lines[0].mean - lines[1].mean, "ci_low": low, "ci_high": high, "p_value": p}


@right("plain Python")
def ratio_ab_test(control_numerator, control_denominator, treatment_numerator, treatment_denominator):
    def one(y, x):
        y, x = list(map(float, y)), list(map(float, x))
        if len(y) != len(x) or len(y) < 2 or sum(x) == 0:
            raise ValueError("unusable arm")
        r = sum(y) / sum(x)
        return r, statistics.variance([a - r * b for a, b in zip(y, x)]) / len(y) / statistics.fmean(x) ** 2

    (r0, v0), (r1, v1) = one(control_numerator, control_denominator), one(treatment_numerator, treatment_denominator)
    se = (v0 + v1) ** 0.5
    normal = statistics.NormalDist()
    z = normal.inv_cdf(0.975)
    return {"lift": r1 - r0, "ci_low": r1 - r0 - z * se, "ci_high": r1 - r0 + z * se, "p_value": 2 * (1 - normal.cdf(abs(r1 - r0) / se))}


@right("formula with the covariance, z = 1.96")
def ratio_ab_test(control_numerator, control_denominator, treatment_numerator, treatment_denominator):
    def one(y, x):
        if len(y) != len(x) or len(y) < 2 or np.sum(x) == 0:
            raise ValueError("unusable arm")
        r = np.mean(y) / np.mean(x)
        c = np.cov(y, x)
        return r, (c[0, 0] - 2 * r * c[0, 1] + r * r * c[1, 1]) / len(y) / np.mean(x) ** 2

    r0, v0 = one(control_numerator, control_denominator)
    r1, v1 = one(treatment_numerator, treatment_denominator)
    d, se = r1 - r0, np.sqrt(v0 + v1)
    return {"lift": d, "ci_low": d - 1.96 * se, "ci_high": d + 1.96 * se, "p_value": stats.chi2.sf((d / se) ** 2, 1)}


@wrong("this is control minus treatment; turn it round")
def ratio_ab_test(control_numerator, control_denominator, treatment_numerator, treatment_denominator):
    a, b = arm(control_numerator, control_denominator), arm(treatment_numerator, treatment_denominator)
    return report(a[2] - b[2], np.hypot(error_of(*a), error_of(*b)))


@wrong("this is the relative lift")
def ratio_ab_test(control_numerator, control_denominator, treatment_numerator, treatment_denominator):
    a, b = arm(control_numerator, control_denominator), arm(treatment_numerator, treatment_denominator)
    return report((b[2] - a[2]) / a[2], np.hypot(error_of(*a), error_of(*b)) / a[2])


@wrong("the standard error uses the pooled numerator only; the denominator varies too")
def ratio_ab_test(control_numerator, control_denominator, treatment_numerator, treatment_denominator):
    (y0, x0, r0), (y1, x1, r1) = arm(control_numerator, control_denominator), arm(treatment_numerator, treatment_denominator)
    pooled = ((y0.size - 1) * y0.var(ddof=1) + (y1.size - 1) * y1.var(ddof=1)) / (y0.size + y1.size - 2)
    return report(r1 - r0, np.sqrt(pooled * (1 / y0.size + 1 / y1.size)) / np.concatenate([x0, x1]).mean())


@wrong("too few false alarms: the standard error is too large")
def ratio_ab_test(control_numerator, control_denominator, treatment_numerator, treatment_denominator):
    (y0, x0, r0), (y1, x1, r1) = arm(control_numerator, control_denominator), arm(treatment_numerator, treatment_denominator)
    return report(r1 - r0, np.sqrt(y0.var(ddof=1) / y0.size / x0.mean() ** 2 + y1.var(ddof=1) / y1.size / x1.mean() ** 2))


@wrong("the standard error uses the numerator only")
def ratio_ab_test(control_numerator, control_denominator, treatment_numerator, treatment_denominator):
    (y0, x0, r0), (y1, x1, r1) = arm(control_numerator, control_denominator), arm(treatment_numerator, treatment_denominator)
    return report(r1 - r0, np.sqrt(y0.var(ddof=1) / y0.size / x0.mean() ** 2 + y1.var(ddof=1) / y1.size / x1.mean() ** 2))


@wrong("this compares the numerators only; the metric is a ratio")
def ratio_ab_test(control_numerator, control_denominator, treatment_numerator, treatment_denominator):
    (y0, _, _), (y1, _, _) = arm(control_numerator, control_denominator), arm(treatment_numerator, treatment_denominator)
    return report(y1.mean() - y0.mean(), np.sqrt(y0.var(ddof=1) / y0.size + y1.var(ddof=1) / y1.size))


@wrong("this is the difference of the means of each user's own ratio")
def ratio_ab_test(control_numerator, control_denominator, treatment_numerator, treatment_denominator):
    a, b = [np.asarray(y, float) / np.asarray(x, float) for y, x in ((control_numerator, control_denominator), (treatment_numerator, treatment_denominator))]
    return report(b.mean() - a.mean(), np.sqrt(a.var(ddof=1) / a.size + b.var(ddof=1) / b.size))


@wrong("chats are counted as independent rows; users were randomised")
def ratio_ab_test(control_numerator, control_denominator, treatment_numerator, treatment_denominator):
    (_, x0, r0), (_, x1, r1) = arm(control_numerator, control_denominator), arm(treatment_numerator, treatment_denominator)
    return report(r1 - r0, np.sqrt(r0 * (1 - r0) / x0.sum() + r1 * (1 - r1) / x1.sum()))


@wrong("chats are counted as independent rows, pooled over the arms")
def ratio_ab_test(control_numerator, control_denominator, treatment_numerator, treatment_denominator):
    (y0, x0, r0), (y1, x1, r1) = arm(control_numerator, control_denominator), arm(treatment_numerator, treatment_denominator)
    p = (y0.sum() + y1.sum()) / (x0.sum() + x1.sum())
    return report(r1 - r0, np.sqrt(p * (1 - p) * (1 / x0.sum() + 1 / x1.sum())))


@wrong("too many false alarms")
def ratio_ab_test(control_numerator, control_denominator, treatment_numerator, treatment_denominator):
    (_, x0, r0), (_, x1, r1) = arm(control_numerator, control_denominator), arm(treatment_numerator, treatment_denominator)
    return report(r1 - r0, np.sqrt(r0 * (1 - r0) / x0.sum() + r1 * (1 - r1) / x1.sum()))


@wrong("this p-value is one-sided; double the tail")
def ratio_ab_test(control_numerator, control_denominator, treatment_numerator, treatment_denominator):
    a, b = arm(control_numerator, control_denominator), arm(treatment_numerator, treatment_denominator)
    result = report(b[2] - a[2], np.hypot(error_of(*a), error_of(*b)))
    return result | {"p_value": result["p_value"] / 2}


@wrong("both must tell the same story")
def ratio_ab_test(control_numerator, control_denominator, treatment_numerator, treatment_denominator):
    a, b = arm(control_numerator, control_denominator), arm(treatment_numerator, treatment_denominator)
    lift, error = b[2] - a[2], np.hypot(error_of(*a), error_of(*b))
    return report(lift, error) | {"p_value": stats.norm.sf(lift / error)}


@wrong("this p-value is one-sided, in the direction of a rise")
def ratio_ab_test(control_numerator, control_denominator, treatment_numerator, treatment_denominator):
    a, b = arm(control_numerator, control_denominator), arm(treatment_numerator, treatment_denominator)
    lift, error = b[2] - a[2], np.hypot(error_of(*a), error_of(*b))
    return report(lift, error) | {"p_value": stats.norm.sf(lift / error) * (1 if a[0].size > 4 else 2)}


@wrong("standard errors are added")
def ratio_ab_test(control_numerator, control_denominator, treatment_numerator, treatment_denominator):
    a, b = arm(control_numerator, control_denominator), arm(treatment_numerator, treatment_denominator)
    return report(b[2] - a[2], error_of(*a) + error_of(*b))


@wrong("both arms are treated as if they had the same number of users")
def ratio_ab_test(control_numerator, control_denominator, treatment_numerator, treatment_denominator):
    a, b = arm(control_numerator, control_denominator), arm(treatment_numerator, treatment_denominator)
    n = min(a[0].size, b[0].size)
    return report(b[2] - a[2], np.sqrt(sum(np.var(y - r * x, ddof=1) / x.mean() ** 2 for y, x, r in (a, b)) / n))


@wrong("this is a 90 % interval")
def ratio_ab_test(control_numerator, control_denominator, treatment_numerator, treatment_denominator):
    a, b = arm(control_numerator, control_denominator), arm(treatment_numerator, treatment_denominator)
    lift, error = b[2] - a[2], np.hypot(error_of(*a), error_of(*b))
    return report(lift, error) | {"ci_low": lift - 1.6448536269514722 * error, "ci_high": lift + 1.6448536269514722 * error}


@wrong("a control arm without any denominator: expected ValueError")
def ratio_ab_test(control_numerator, control_denominator, treatment_numerator, treatment_denominator):
    y0, x0 = np.asarray(control_numerator, float), np.asarray(control_denominator, float)
    y1, x1, r1 = arm(treatment_numerator, treatment_denominator)
    if y0.shape != x0.shape:
        raise ValueError
    r0 = y0.mean() / x0.mean()
    return report(r1 - r0, np.hypot(error_of(y0, x0, r0), error_of(y1, x1, r1)))
