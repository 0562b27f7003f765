"""Answer bank of `poisson_tail`: right answers written differently, wrong ones that people give, each with what the message must say."""

import math

from scipy import special, stats

from course.authoring.bank import right, wrong


@right("waiting time: the incomplete gamma function")
def poisson_tail(k, lam, t):
    if min(lam, t) < 0:
        raise ValueError("negative")
    return 1 if k <= 0 else special.gammainc(k, lam * t)


@right("plain Python: the terms of the tail, in logarithms")
def poisson_tail(k, lam, t):
    if lam < 0 or t < 0:
        raise ValueError("negative")
    mu = lam * t
    if k <= 0:
        return 1.0
    if mu == 0:
        return 0.0
    terms = [math.exp(j * math.log(mu) - mu - math.lgamma(j + 1)) for j in range(k, int(max(k, mu) + 40 * math.sqrt(max(k, mu)) + 50))]
    return math.fsum(terms)


@right("a frozen distribution and the logarithm of the tail")
def poisson_tail(k, lam, t):
    if not (lam >= 0 and t >= 0):
        raise ValueError("negative")
    return math.exp(stats.poisson(lam * t).logsf(k - 1))


@wrong("at least k includes k")
def poisson_tail(k, lam, t):
    if lam < 0 or t < 0:
        raise ValueError
    return 1 - stats.poisson.cdf(k, lam * t)


@wrong("at least no event: this is the probability of more than k; at least k includes k")
def poisson_tail(k, lam, t):
    if lam < 0 or t < 0:
        raise ValueError
    return stats.poisson.sf(k, lam * t)


@wrong("the rate is not scaled by the window")
def poisson_tail(k, lam, t):
    if lam < 0 or t < 0:
        raise ValueError
    return stats.poisson.sf(k - 1, lam)


@wrong("the rate is divided by the window; multiply")
def poisson_tail(k, lam, t):
    if lam < 0 or t < 0:
        raise ValueError
    return stats.poisson.sf(k - 1, lam / t)


@wrong("this is the probability of at most k")
def poisson_tail(k, lam, t):
    return stats.poisson.cdf(k, lam * t)


@wrong("this is the probability of exactly k")
def poisson_tail(k, lam, t):
    return stats.poisson.pmf(k, lam * t)


@wrong("1 minus the lower tail loses all digits here")
def poisson_tail(k, lam, t):
    if lam < 0 or t < 0:
        raise ValueError
    return 1 - stats.poisson.cdf(k - 1, lam * t)


@wrong("this is the Normal approximation")
def poisson_tail(k, lam, t):
    if lam < 0 or t < 0:
        raise ValueError
    mu = lam * t
    return stats.norm.sf((k - 0.5 - mu) / math.sqrt(mu))


@wrong("a negative rate: expected ValueError")
def poisson_tail(k, lam, t):
    return stats.poisson.sf(k - 1, lam * t)
