"""Answer bank of `beta_binomial`."""

import math

import numpy as np
from scipy import integrate, special, stats

from course.authoring.bank import right, wrong


def arms(conversions, users, prior, failures=True):
    a, b = prior
    if a <= 0 or b <= 0 or any(k < 0 or k > n for k, n in zip(conversions, users)):
        raise ValueError("unusable input")
    return [(a + k, b + n - k * failures) for k, n in zip(conversions, users)]


def facts(arm_a, arm_b):
    x = np.linspace(0, 1, 20_001)
    f_a, f_b = stats.beta.cdf(x, *arm_a), stats.beta.cdf(x, *arm_b)
    low, high = stats.beta.ppf([0.025, 0.975], *arm_b)
    return {"prob_b_better": np.sum((f_a[1:] + f_a[:-1]) / 2 * np.diff(f_b)), "expected_loss": np.trapezoid(f_b * (1 - f_a), x), "ci_low": low, "ci_high": high}


@right("a million draws")
def beta_binomial(conversions, users, prior=(1, 1)):
    arm_a, arm_b = arms(conversions, users, prior)
    rng = np.random.default_rng(3)
    rate_a, rate_b = rng.beta(*arm_a, 1_000_000), rng.beta(*arm_b, 1_000_000)
    low, high = np.quantile(rate_b, [0.025, 0.975])
    return {"prob_b_better": (rate_b > rate_a).mean(), "expected_loss": np.maximum(rate_a - rate_b, 0).mean(), "ci_low": low, "ci_high": high}


@right("Evan Miller's finite sum (whole-number priors)")
def beta_binomial(conversions, users, prior=(1, 1)):
    (a_a, b_a), (a_b, b_b) = arms(conversions, users, prior)

    def b_better(a1, b1, a2, b2):
        i = np.arange(a2)
        return np.exp(special.betaln(a1 + i, b1 + b2) - np.log(b2 + i) - special.betaln(1 + i, b2) - special.betaln(a1, b1)).sum()

    mean_a, mean_b = a_a / (a_a + b_a), a_b / (a_b + b_b)
    loss = mean_a * (1 - b_better(a_a + 1, b_a, a_b, b_b)) - mean_b * (1 - b_better(a_a, b_a, a_b + 1, b_b))
    interval = special.betaincinv(a_b, b_b, [0.025, 0.975])
    return {"prob_b_better": b_better(a_a, b_a, a_b, b_b), "expected_loss": loss, "ci_low": interval[0], "ci_high": interval[1]}


@right("scipy's quad over quantiles")
def beta_binomial(conversions, users, prior=(1, 1)):
    arm_a, arm_b = (stats.beta(*arm) for arm in arms(conversions, users, prior))
    ends = [min(d.ppf(1e-9) for d in (arm_a, arm_b)), max(d.isf(1e-9) for d in (arm_a, arm_b))]
    better = integrate.quad(lambda x: arm_b.pdf(x) * arm_a.cdf(x), *ends, limit=200)[0]
    loss = integrate.quad(lambda x: arm_b.cdf(x) * arm_a.sf(x), *ends, limit=200)[0]
    low, high = arm_b.interval(0.95)
    return {"prob_b_better": better, "expected_loss": loss, "ci_low": low, "ci_high": high}


@wrong("not the posterior")
def beta_binomial(conversions, users, prior=(1, 1)):
    arms(conversions, users, prior)
    (k_a, k_b), (n_a, n_b) = conversions, users
    p_a, p_b = k_a / n_a, k_b / n_b
    s_a, s_b = math.sqrt(p_a * (1 - p_a) / n_a), math.sqrt(p_b * (1 - p_b) / n_b)
    s = math.hypot(s_a, s_b)
    z = (p_b - p_a) / s
    loss = s * stats.norm.pdf(z) - (p_b - p_a) * stats.norm.cdf(-z)
    return {"prob_b_better": stats.norm.cdf(z), "expected_loss": loss, "ci_low": p_b - 1.96 * s_b, "ci_high": p_b + 1.96 * s_b}


@wrong("the prior is dropped")
def beta_binomial(conversions, users, prior=(1, 1)):
    arms(conversions, users, prior)
    return facts(*[(max(k, 1e-9), max(n - k, 1e-9)) for k, n in zip(conversions, users)])


@wrong("the prior that was given is not used")
def beta_binomial(conversions, users, prior=(1, 1)):
    return facts(*arms(conversions, users, (1, 1)))


@wrong("failures are users minus conversions")
def beta_binomial(conversions, users, prior=(1, 1)):
    return facts(*arms(conversions, users, prior, failures=False))


@wrong("this is the probability that A is better")
def beta_binomial(conversions, users, prior=(1, 1)):
    arm_a, arm_b = arms(conversions, users, prior)
    result = facts(arm_a, arm_b)
    return result | {"prob_b_better": 1 - result["prob_b_better"]}


@wrong("this is the loss of choosing A")
def beta_binomial(conversions, users, prior=(1, 1)):
    arm_a, arm_b = arms(conversions, users, prior)
    return facts(arm_a, arm_b) | {"expected_loss": facts(arm_b, arm_a)["expected_loss"]}


@wrong("this is the difference of the two posterior means")
def beta_binomial(conversions, users, prior=(1, 1)):
    arm_a, arm_b = arms(conversions, users, prior)
    return facts(arm_a, arm_b) | {"expected_loss": arm_a[0] / sum(arm_a) - arm_b[0] / sum(arm_b)}


@wrong("average loss among the cases in which A is better")
def beta_binomial(conversions, users, prior=(1, 1)):
    result = facts(*arms(conversions, users, prior))
    return result | {"expected_loss": result["expected_loss"] / (1 - result["prob_b_better"])}


@wrong("this is a 90 % interval")
def beta_binomial(conversions, users, prior=(1, 1)):
    arm_a, arm_b = arms(conversions, users, prior)
    low, high = stats.beta.ppf([0.05, 0.95], *arm_b)
    return facts(arm_a, arm_b) | {"ci_low": low, "ci_high": high}
