"""Answer bank of `versus_human`."""

import math

import numpy as np
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar

from course.authoring.bank import right, wrong


def columns(good, model, human, margin):
    good, model, human = np.asarray(good), np.asarray(model), np.asarray(human)
    if good.size == 0 or good.shape != model.shape or good.shape != human.shape or margin < 0:
        raise ValueError("unusable input")
    return model == good, human == good


def report(b, c, n, half, p, margin, verdict=None):
    d = (b - c) / n
    low, high = d - half, d + half
    if verdict is None:
        verdict = "better" if low > 0 else "worse" if high < 0 else "not worse" if low > -margin else "unclear"
    return {"only_model": b, "only_human": c, "difference": d, "low": low, "high": high, "p_value": p, "verdict": verdict}


def exact(b, c):
    return stats.binomtest(int(b), int(b + c), 0.5).pvalue if b + c else 1.0


@right("statsmodels and the column of differences")
def versus_human(good, model, human, margin=0.02):
    m, h = columns(good, model, human, margin)
    table = [[(m & h).sum(), (m & ~h).sum()], [(~m & h).sum(), (~m & ~h).sum()]]
    x = m.astype(float) - h
    half = 1.96 * x.std() / math.sqrt(x.size)
    p = mcnemar(table, exact=True).pvalue if (m != h).any() else 1.0
    return report(table[0][1], table[1][0], x.size, half, p, margin)


@right("plain Python, binomial sums")
def versus_human(good, model, human, margin=0.02):
    n = len(good)
    if n == 0 or len(model) != n or len(human) != n or margin < 0:
        raise ValueError("unusable input")
    b = sum(1 for g, m, h in zip(good, model, human) if m == g != h)
    c = sum(1 for g, m, h in zip(good, model, human) if h == g != m)
    tail = sum(math.comb(b + c, k) for k in range(min(b, c) + 1)) / 2 ** (b + c)
    half = 1.96 * math.sqrt(b + c - (b - c) ** 2 / n) / n
    return report(b, c, n, half, min(1.0, 2 * tail), margin)


@wrong("as if they had seen different cases")
def versus_human(good, model, human, margin=0.02):
    m, h = columns(good, model, human, margin)
    b, c, n = (m & ~h).sum(), (h & ~m).sum(), m.size
    half = 1.96 * math.sqrt((m.mean() * (1 - m.mean()) + h.mean() * (1 - h.mean())) / n)
    return report(b, c, n, half, exact(b, c), margin)


@wrong("this is McNemar's chi-square approximation")
def versus_human(good, model, human, margin=0.02):
    m, h = columns(good, model, human, margin)
    b, c, n = (m & ~h).sum(), (h & ~m).sum(), m.size
    p = stats.chi2.sf((b - c) ** 2 / (b + c), 1) if b + c else 1.0
    return report(b, c, n, 1.96 * math.sqrt(b + c - (b - c) ** 2 / n) / n, p, margin)


@wrong("with continuity correction")
def versus_human(good, model, human, margin=0.02):
    m, h = columns(good, model, human, margin)
    b, c, n = (m & ~h).sum(), (h & ~m).sum(), m.size
    p = stats.chi2.sf((abs(b - c) - 1) ** 2 / (b + c), 1) if b + c else 1.0
    return report(b, c, n, 1.96 * math.sqrt(b + c - (b - c) ** 2 / n) / n, p, margin)


@wrong("leaves out (b - c) squared")
def versus_human(good, model, human, margin=0.02):
    m, h = columns(good, model, human, margin)
    b, c, n = (m & ~h).sum(), (h & ~m).sum(), m.size
    return report(b, c, n, 1.96 * math.sqrt(b + c) / n, exact(b, c), margin)


@wrong("the two sides are swapped")
def versus_human(good, model, human, margin=0.02):
    m, h = columns(good, human, model, margin)
    b, c, n = (m & ~h).sum(), (h & ~m).sum(), m.size
    return report(b, c, n, 1.96 * math.sqrt(b + c - (b - c) ** 2 / n) / n, exact(b, c), margin)


@wrong("count those where only one of them is right")
def versus_human(good, model, human, margin=0.02):
    m, h = columns(good, model, human, margin)
    b, c, n = m.sum(), h.sum(), m.size
    return report(b, c, n, 1.96 * math.sqrt(abs(b + c - (b - c) ** 2 / n)) / n, exact(b, c), margin)


@wrong("a p-value of 1 doesn't show that they are equally good")
def versus_human(good, model, human, margin=0.02):
    m, h = columns(good, model, human, margin)
    b, c, n = (m & ~h).sum(), (h & ~m).sum(), m.size
    p = exact(b, c)
    half = 1.96 * math.sqrt(b + c - (b - c) ** 2 / n) / n
    verdict = "better" if (b - c) / n > half else "worse" if (b - c) / n < -half else "not worse"
    return report(b, c, n, half, p, margin, verdict)


@wrong("worse, even if within the margin")
def versus_human(good, model, human, margin=0.02):
    m, h = columns(good, model, human, margin)
    b, c, n = (m & ~h).sum(), (h & ~m).sum(), m.size
    half = 1.96 * math.sqrt(b + c - (b - c) ** 2 / n) / n
    low, high = (b - c) / n - half, (b - c) / n + half
    verdict = "better" if low > 0 else "not worse" if low > -margin else "worse" if high < 0 else "unclear"
    return report(b, c, n, half, exact(b, c), margin, verdict)


@wrong("raised ValueError in")
def versus_human(good, model, human, margin=0.02):
    m, h = columns(good, model, human, margin)
    b, c, n = int((m & ~h).sum()), int((h & ~m).sum()), m.size
    return report(b, c, n, 1.96 * math.sqrt(b + c - (b - c) ** 2 / n) / n, stats.binomtest(b, b + c, 0.5).pvalue, margin)
