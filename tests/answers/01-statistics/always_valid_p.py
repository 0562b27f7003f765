"""Answer bank of `always_valid_p`."""

import math

import numpy as np
from scipy import stats

from course.authoring.bank import right, wrong


def path(a, b, s2, t2, streams=2):
    a, b = np.asarray(a, float), np.asarray(b, float)
    if a.shape != b.shape or a.size == 0 or s2 <= 0 or t2 <= 0:
        raise ValueError("unusable input")
    n = np.arange(1, a.size + 1)
    v, d = streams * s2, (b - a).cumsum() / n
    return np.sqrt((v + n * t2) / v) * np.exp(-(n**2) * t2 * d**2 / (2 * v * (v + n * t2)))


@right("plain loop with logs")
def always_valid_p(a, b, sigma, tau):
    if len(a) != len(b) or len(a) == 0 or sigma <= 0 or tau <= 0:
        raise ValueError("unusable input")
    total, p, out = 0.0, 1.0, []
    for n, (x, y) in enumerate(zip(a, b), start=1):
        total += y - x
        spread = 2 * sigma**2 + n * tau**2
        log_lambda = 0.5 * math.log(2 * sigma**2 / spread) + (tau * total) ** 2 / (4 * sigma**2 * spread)
        p = min(p, math.exp(min(-log_lambda, 0)))
        out.append(p)
    return out


@right("a ratio of Normal densities of the mean difference")
def always_valid_p(a, b, sigma, tau):
    a, b = np.asarray(a, float), np.asarray(b, float)
    if a.shape != b.shape or not a.size or min(sigma, tau) <= 0:
        raise ValueError("unusable input")
    n = np.arange(1, a.size + 1)
    d, error = b.cumsum() / n - a.cumsum() / n, sigma * np.sqrt(2 / n)
    log_p = stats.norm.logpdf(d, 0, error) - stats.norm.logpdf(d, 0, np.hypot(error, tau))
    return np.exp(np.minimum.accumulate(np.minimum(log_p, 0)))


@right("the formula as it stands, overflow left to NumPy")
def always_valid_p(a, b, sigma, tau):
    a, b = np.array(a, float), np.array(b, float)
    if len(a) != len(b) or len(a) < 1 or sigma <= 0 or tau <= 0:
        raise ValueError("unusable input")
    n = np.arange(1, len(a) + 1)
    v, d = 2 * sigma**2, np.cumsum(b - a) / n
    big = np.sqrt(v / (v + n * tau**2)) * np.exp(n**2 * tau**2 * d**2 / (2 * v * (v + n * tau**2)))
    return np.minimum.accumulate(np.append(1, 1 / big))[1:]


@wrong("the running minimum is missing")
def always_valid_p(a, b, sigma, tau):
    return np.minimum(1, path(a, b, sigma**2, tau**2))


@wrong("sigma and tau are swapped")
def always_valid_p(a, b, sigma, tau):
    return np.minimum.accumulate(np.minimum(1, path(a, b, tau**2, sigma**2)))


@wrong("tau is taken as a variance")
def always_valid_p(a, b, sigma, tau):
    return np.minimum.accumulate(np.minimum(1, path(a, b, sigma**2, tau)))


@wrong("the variance of one arm")
def always_valid_p(a, b, sigma, tau):
    return np.minimum.accumulate(np.minimum(1, path(a, b, sigma**2, tau**2, streams=1)))


@wrong("p-values above 1 are left standing")
def always_valid_p(a, b, sigma, tau):
    return np.minimum.accumulate(path(a, b, sigma**2, tau**2))


@wrong("what continuous peeking at ordinary p-values does")
def always_valid_p(a, b, sigma, tau):
    n = np.arange(1, len(a) + 1)
    return np.minimum.accumulate(2 * stats.norm.sf(abs(np.cumsum(np.asarray(b) - np.asarray(a))) / (sigma * np.sqrt(2 * n))))


@wrong("ordinary p-value at each look")
def always_valid_p(a, b, sigma, tau):
    n = np.arange(1, len(a) + 1)
    return 2 * stats.norm.sf(abs(np.cumsum(np.asarray(b) - np.asarray(a))) / (sigma * np.sqrt(2 * n)))


@wrong("raised OverflowError")
def always_valid_p(a, b, sigma, tau):
    if len(a) != len(b) or len(a) == 0 or sigma <= 0 or tau <= 0:
        raise ValueError
    p, out, total = 1.0, [], 0.0
    for n, (x, y) in enumerate(zip(a, b), start=1):
        total += float(y) - float(x)
        v = 2 * sigma**2
        big = math.sqrt(v / (v + n * tau**2)) * math.exp(tau**2 * total**2 / (2 * v * (v + n * tau**2)))
        p = min(p, 1 / big)
        out.append(p)
    return out
