"""Answer bank of `peeking_rate`."""

import math
import random

import numpy as np
from scipy import stats

from course.authoring.bank import right, wrong


def looks_of(looks, alpha, n_sims, seed):
    if looks < 1 or n_sims < 1 or not 0 < alpha < 1:
        raise ValueError("unusable input")
    return np.random.default_rng(seed).standard_normal((n_sims, looks)), np.sqrt(np.arange(1, looks + 1))


@right("plain loop over experiments")
def peeking_rate(looks, alpha=0.05, n_sims=20_000, seed=0):
    if looks < 1 or n_sims < 1 or alpha <= 0 or alpha >= 1:
        raise ValueError("unusable input")
    limit, source, alarms = stats.norm.ppf(1 - alpha / 2), random.Random(seed), 0
    for _ in range(n_sims):
        total = 0.0
        for look in range(1, looks + 1):
            total += source.gauss(0, 1)
            if abs(total) > limit * math.sqrt(look):
                alarms += 1
                break
    return alarms / n_sims


@right("look after look, for all experiments, by p-values")
def peeking_rate(looks, alpha=0.05, n_sims=20_000, seed=0):
    if min(looks, n_sims) < 1 or not 0 < alpha < 1:
        raise ValueError("unusable input")
    rng = np.random.default_rng(seed)
    total, best = np.zeros(n_sims), np.ones(n_sims)
    for look in range(looks):
        total = total + rng.normal(size=n_sims)
        best = np.minimum(best, 2 * stats.norm.sf(abs(total) / (look + 1) ** 0.5))
    return np.mean(best < alpha)


@wrong("only one look counts here")
def peeking_rate(looks, alpha=0.05, n_sims=20_000, seed=0):
    x, root = looks_of(looks, alpha, n_sims, seed)
    return (abs(x.sum(axis=1)) / root[-1] > stats.norm.isf(alpha / 2)).mean()


@wrong("what independent looks would give")
def peeking_rate(looks, alpha=0.05, n_sims=20_000, seed=0):
    x, _ = looks_of(looks, alpha, n_sims, seed)
    return (abs(x) > stats.norm.isf(alpha / 2)).any(axis=1).mean()


@wrong("what independent looks would give")
def peeking_rate(looks, alpha=0.05, n_sims=20_000, seed=0):
    return 1 - (1 - alpha) ** looks


@wrong("not divided by the square root")
def peeking_rate(looks, alpha=0.05, n_sims=20_000, seed=0):
    x, _ = looks_of(looks, alpha, n_sims, seed)
    return (abs(x.cumsum(axis=1)) > stats.norm.isf(alpha / 2)).any(axis=1).mean()


@wrong("only one direction counts here")
def peeking_rate(looks, alpha=0.05, n_sims=20_000, seed=0):
    x, root = looks_of(looks, alpha, n_sims, seed)
    return (x.cumsum(axis=1) / root > stats.norm.isf(alpha / 2)).any(axis=1).mean()


@wrong("leaves alpha in each tail")
def peeking_rate(looks, alpha=0.05, n_sims=20_000, seed=0):
    x, root = looks_of(looks, alpha, n_sims, seed)
    return (abs(x.cumsum(axis=1)) / root > stats.norm.isf(alpha)).any(axis=1).mean()


@wrong("alpha is not used")
def peeking_rate(looks, alpha=0.05, n_sims=20_000, seed=0):
    table = {1: 0.05, 2: 0.0831, 3: 0.1073, 4: 0.1262, 5: 0.1417, 10: 0.1934, 20: 0.2479}
    return table[looks]


@wrong("the seed is not used")
def peeking_rate(looks, alpha=0.05, n_sims=20_000, seed=0):
    x, root = looks_of(looks, alpha, n_sims, 42)
    return (abs(x.cumsum(axis=1)) / root > stats.norm.isf(alpha / 2)).any(axis=1).mean()
