# %% [markdown]
# # Statistics and probability
#
# Interviewers open with statistics because a data scientist who reads noise as a finding costs a company more than a slow query does.
# When you are through with this notebook, you can answer, and do:
#
# - Poisson, Normal or Negative Binomial: which one, and how do you check?
# - What does the Central Limit Theorem promise, and how large must n be for *your* metric?
# - How do you test a ratio such as solved chats per chat?
# - Walk me through an A/B test, from the hypothesis to the decision.
# - Which error is worse, Type I or Type II, and what does that say about alpha?
# - What is p-hacking, and how do you look at results early without it?
# - When would you go Bayesian, and what does Bayes' theorem say about a fraud flag?
#
# Reading takes about 40 minutes, the *core* exercises about 90; the *stretch* ones can wait for a second pass. Write a function where it says `YOUR CODE HERE`, run its cell, and run the `%check` cell below it:
# it says what is right, what is wrong and, for the usual mistakes, which one you made. `%hint` and `%solution` help when you are stuck. The folded test cells below each exercise show a part of what is checked.

# %%
# %load_ext course

# %% locked="setup"
import hashlib
import math

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import statsmodels.api as sm
from numpy.typing import ArrayLike
from scipy import stats

from course import checks

# %% [markdown]
# ## Counts: Poisson, and when it is not enough
#
# Three questions, three shapes. By how much does a forecast miss? Misses fall on both sides of zero and most are small: **Normal**.
# How often does something rare happen in a year? Whole numbers, never negative: **Poisson**.
# How often does a person come back? People differ, so the counts spread more than Poisson allows: **Negative Binomial**.
#
# All three pictures below are real data: yearly flow of the Nile against its mean level before and after its drop of 1899; soldiers killed by horse kicks
# in 200 corps-years of the Prussian army (Bortkiewicz, 1898); doctor visits per person and year (RAND health insurance experiment).

# %% locked="count_data"
HORSE_KICKS = np.repeat([0, 1, 2, 3, 4], [109, 65, 22, 3, 1])  # deaths in each of 200 corps-years
DOCTOR_VISITS = sm.datasets.randhie.load_pandas().data["mdvis"].to_numpy(int)  # visits in each of 20,190 person-years

# %% collapsed=true
nile = sm.datasets.nile.load_pandas().data
misses = nile["volume"] - nile.groupby(nile["year"] >= 1899)["volume"].transform("mean")
fig, axes = plt.subplots(1, 3, figsize=(9, 3), layout="constrained")

axes[0].hist(misses, bins=14, density=True, color="0.8")
grid = np.linspace(-450, 450, 200)
axes[0].plot(grid, stats.norm.pdf(grid, 0, misses.std()), color="C0", label="Normal")
axes[0].set(title="Misses: Normal fits", xlabel="flow minus its level", ylabel="density")

values = np.arange(5)
axes[1].bar(values, np.bincount(HORSE_KICKS) / HORSE_KICKS.size, color="0.8")
axes[1].plot(values, stats.poisson.pmf(values, HORSE_KICKS.mean()), "o-", color="C1", label="Poisson")
axes[1].set(title="Horse kicks: Poisson fits", xlabel="deaths in a corps-year", ylabel="share")

values = np.arange(16)
visits_mean, visits_variance = DOCTOR_VISITS.mean(), DOCTOR_VISITS.var(ddof=1)
size = visits_mean**2 / (visits_variance - visits_mean)
axes[2].bar(values, np.bincount(DOCTOR_VISITS)[:16] / DOCTOR_VISITS.size, color="0.8")
axes[2].plot(values, stats.poisson.pmf(values, visits_mean), "o-", color="C1", ms=3, label="Poisson")
axes[2].plot(values, stats.nbinom.pmf(values, size, size / (size + visits_mean)), "s-", color="C2", ms=3, label="Negative Binomial")
axes[2].set(title="Doctor visits: Poisson fails", xlabel="visits in a year", ylabel="share")
for ax in axes:
    ax.margins(y=0.3)
    ax.legend(frameon=False, loc="upper right")
plt.show()

# %% [markdown]
# Poisson has one number to set, $\lambda$, and it is the mean *and* the variance. That is a promise you can check:
#
# - Horse kicks: mean 0.610, variance 0.611. The promise holds.
# - Doctor visits: mean 2.86, variance 20.3. Poisson says that 4 people in 100 billion go twenty times or more; 1 in 87 does.
#
# The promise rests on independent events at a constant rate. Users differ, incidents come in bursts, Mondays are not Sundays: each of these adds variance.
# The Negative Binomial lets the rate itself vary from unit to unit; its variance is $\mu + \alpha\mu^2$, and $\alpha = 0$ is Poisson again.
#
# Even true Poisson counts don't give a ratio of exactly 1 in a sample. So you need to know how far from 1 is too far.

# %% collapsed=true
rng = np.random.default_rng(1)
fig, ax = plt.subplots(figsize=(7, 3))
for n, colour in [(20, "C0"), (200, "C1")]:
    samples = rng.poisson(3, (10_000, n))
    ax.hist(
        samples.var(axis=1, ddof=1) / samples.mean(axis=1),
        bins=np.linspace(0.2, 2.6, 41),
        density=True,
        histtype="step",
        lw=2,
        color=colour,
        label=f"{n} counts",
    )
ax.axvline(1, color="0.5", ls=":")
ax.axvline(1.5, color="0.3", ls="--")
ax.set(xlabel="variance / mean in a sample of true Poisson counts", ylabel="density", title="With 20 counts a ratio of 1.5 can be chance; with 200 it is not")
ax.legend(frameon=False)
plt.show()

# %% [markdown] statement="count_model" level="core"
# ### `count_model`: is Poisson enough?
#
# Write `count_model(counts)` for a list or array of $n$ counts with mean $\bar x$ and sample variance $s^2$ (divide by $n - 1$). If the counts are Poisson, then
#
# $$D = \frac{s^2}{\bar x} \approx 1 \qquad\text{and}\qquad Q = (n - 1)\,D \;\sim\; \chi^2_{n-1}$$
#
# Return a dict: `"dispersion"` is $D$; `"p_value"` is the upper tail, the probability that a $\chi^2$ variable with $n - 1$ degrees of freedom is $Q$ or more (one-sided: only too *much* variance counts);
# `"family"` is `"negative-binomial"` when the p-value is below 0.05, else `"poisson"`. Don't round.
# Counts that vary *less* than Poisson get a large p-value and stay `"poisson"`. For a sample of zeros only, $D$ does not exist: return dispersion `None`, p-value 1 and `"poisson"`.
# Raise `ValueError` for fewer than two counts and for a negative count.
#
# Example: `count_model([0, 1, 0, 2, 9, 1, 0, 3])` gives dispersion 4.571, p-value 0.0000406 and `"negative-binomial"` (numbers rounded here).


# %% solution="count_model"
def count_model(counts: ArrayLike) -> dict[str, float | str | None]:
    """Index-of-dispersion test: is there more variance than a Poisson distribution allows?

    counts: shape (n,), whole numbers from zero up. Returns {"dispersion", "p_value", "family"}.
    """
    ### BEGIN SOLUTION
    x = np.asarray(counts, dtype=float)
    if x.size < 2 or (x < 0).any():
        raise ValueError("at least two counts, none of them negative")
    if not x.any():
        return {"dispersion": None, "p_value": 1.0, "family": "poisson"}
    dispersion = x.var(ddof=1) / x.mean()
    p_value = stats.chi2.sf((x.size - 1) * dispersion, x.size - 1)
    family = "negative-binomial" if p_value < 0.05 else "poisson"
    return {"dispersion": float(dispersion), "p_value": float(p_value), "family": family}
    ### END SOLUTION


# %% [markdown] hint="count_model"
# NumPy divides by `n` unless you tell it otherwise: look at the `ddof` argument of `np.var`.

# %% [markdown] hint="count_model"
# `stats.chi2` has `cdf` for the lower tail and `sf` for the upper one. Too much variance makes $Q$ large, so which tail shows it?

# %% [markdown] hint="count_model"
# Handle the refusals and the all-zero sample first. Then `D = x.var(ddof=1) / x.mean()`, `p = stats.chi2.sf((n - 1) * D, n - 1)`, and one `if` for the family.

# %% test="count_model" name="value" points=2
"""Dispersion, p-value and family: on the example, then on fresh counts."""
checks.record(
    count_model([0, 1, 0, 2, 9, 1, 0, 3]),
    {"dispersion": 4.571428571, "p_value": 4.061590625e-05, "family": "negative-binomial"},
    "the example",
    mistakes={
        "the variance is divided by n; the statement asks for n - 1": {"dispersion": 4.0},
        "this compares the standard deviation with the mean; Poisson ties the variance to the mean": {"dispersion": 1.511857892},
        "this is mean over variance; turn it round": {"dispersion": 0.21875},
        "this is Q; the dispersion is the variance over the mean": {"dispersion": 32.0},
        "this is the lower tail; too much variance shows in the upper one": {"p_value": 0.9999593841},
        "this p-value is two-sided; only too much variance counts here": {"p_value": 8.123181250e-05},
        "the chi-square has n - 1 degrees of freedom, not n": {"p_value": 9.314161294e-05},
        "Q needs the variance with n - 1": {"p_value": 0.0002198924568},
    },
)
### BEGIN HIDDEN TESTS
fresh = np.random.default_rng(21)
for name, sample in {
    "80 Poisson counts": fresh.poisson(4.2, 80),
    "60 counts whose rate varies": fresh.negative_binomial(6, 0.55, 60),
    "150 doctor visits": DOCTOR_VISITS[40::130][:150],
}.items():
    n, mean, variance = sample.size, sample.mean(), sample.var(ddof=1)
    q = (n - 1) * variance / mean
    upper, lower = stats.chi2.sf(q, n - 1), stats.chi2.cdf(q, n - 1)
    wrong = {
        "the variance is divided by n; the statement asks for n - 1": {"dispersion": sample.var() / mean},
        "this compares the standard deviation with the mean; Poisson ties the variance to the mean": {"dispersion": variance**0.5 / mean},
        "this is mean over variance; turn it round": {"dispersion": mean / variance},
        "this is Q; the dispersion is the variance over the mean": {"dispersion": q},
        "this is the lower tail; too much variance shows in the upper one": {"p_value": lower},
    }
    if upper > 1e-6:
        wrong |= {
            "this p-value is two-sided; only too much variance counts here": {"p_value": 2 * min(upper, lower)},
            "the chi-square has n - 1 degrees of freedom, not n": {"p_value": stats.chi2.sf(q, n)},
            "Q needs the variance with n - 1": {"p_value": stats.chi2.sf((n - 1) * sample.var() / mean, n - 1)},
        }
    expected = {"dispersion": variance / mean, "p_value": upper, "family": "negative-binomial" if upper < 0.05 else "poisson"}
    checks.record(count_model(sample), expected, name, mistakes=wrong)
### END HIDDEN TESTS

# %% test="count_model" name="decision" points=1
"""The family follows the p-value: horse kicks are Poisson although their variance is a little above the mean."""
checks.record(
    count_model(HORSE_KICKS),
    {"family": "poisson"},
    "the 200 corps-years",
    mistakes={
        "a dispersion a little above 1 is chance; decide by the p-value": {"family": "negative-binomial"},
    },
)
### BEGIN HIDDEN TESTS
checks.record(count_model(HORSE_KICKS), {"dispersion": 1.001565203, "p_value": 0.4804495315}, "the 200 corps-years")
checks.record(
    count_model(DOCTOR_VISITS[::17]),
    {"family": "negative-binomial"},
    "doctor visits of 1,188 people",
    mistakes={
        "the variance is several times the mean, Poisson can't do that; which tail did you take?": {"family": "poisson"},
    },
)
steady = np.random.default_rng(5).binomial(8, 0.9, 100)
checks.record(
    count_model(steady),
    {"family": "poisson"},
    "100 counts that vary much less than Poisson",
    mistakes={
        "too little variance is no sign of the Negative Binomial; take the upper tail only": {"family": "negative-binomial"},
    },
)
### END HIDDEN TESTS

# %% test="count_model" name="edges" points=1
"""Equal counts, zeros, lists, and what is refused."""
### BEGIN HIDDEN TESTS
checks.record(count_model([3, 3, 3, 3]), {"dispersion": 0.0, "p_value": 1.0, "family": "poisson"}, "four equal counts")
checks.record(
    count_model([0, 0, 0, 0, 0]),
    {"dispersion": None, "p_value": 1.0, "family": "poisson"},
    "five zeros",
    mistakes={
        "0 / 0 gives nan, and a comparison with nan is always false: handle a sample of zeros by itself": {"p_value": float("nan")},
    },
)
checks.record(count_model([0, 0, 1]), {"dispersion": 1.0, "p_value": 0.3678794412, "family": "poisson"}, "two zeros and a one")
checks.record(count_model([1, 3]), {"dispersion": 1.0, "p_value": 0.3173105079, "family": "poisson"}, "two counts, the fewest that are allowed")
checks.raises(ValueError, count_model, [4], what="a single count")
checks.raises(ValueError, count_model, [], what="no counts at all")
checks.raises(ValueError, count_model, [2, 0, -1, 3], what="a negative count")
### END HIDDEN TESTS

# %% test="count_model" name="error_rate" points=1
"""In 300 samples of true Poisson counts, about 5 % are called over-dispersed; samples whose rate varies mostly are."""
### BEGIN HIDDEN TESTS
draw = np.random.default_rng(77)
alarms = sum(count_model(draw.poisson(3, 50))["family"] == "negative-binomial" for _ in range(300))
checks.between(
    alarms / 300,
    0.015,
    0.1,
    "the share of true Poisson samples that you call over-dispersed",
    mistakes={
        "a dispersion above 1 happens by chance half of the time; decide by the p-value": (0.35, 0.65),
    },
)
found = sum(count_model(draw.negative_binomial(3, 0.5, 50))["family"] == "negative-binomial" for _ in range(100))
checks.between(found / 100, 0.8, 1.0, "the share of samples with twice the Poisson variance that you find")
### END HIDDEN TESTS

# %% [markdown] explain="count_model"
# $Q = \sum (x_i - \bar x)^2 / \bar x$ is a chi-square goodness-of-fit statistic: each count against the common mean, which is also its variance under Poisson. One mean is estimated, so $n - 1$ degrees of freedom (Fisher's index of dispersion).
# The approximation is good from means of about 1; for much smaller means simulate Poisson samples and compare.
#
# A small p-value says "more variance than Poisson", not "Negative Binomial is true": extra zeros, a trend or weekdays do the same. Look for a missing feature first. With features, the same idea is the Pearson statistic divided by its
# degrees of freedom in a Poisson regression, or the test of Cameron and Trivedi (1990). A dispersion far *below* 1 is a finding too (a cap, a quota, a schedule); a Binomial or the Conway-Maxwell-Poisson describes it.
#
# The other way round: the p-value of 20,190 person-years of doctor visits is zero to machine precision, and with that many rows a dispersion of 1.03 would be significant as well. Report $D$, not only the verdict.

# %% [markdown]
# A Poisson rate belongs to a unit of time. Suppose your model API times out 2 times an hour on average, independently. In another window the count is Poisson again, with the rate times the length of the window.
# And the more events you expect, the more the count looks Normal, with standard deviation $\sqrt{\lambda t}$.

# %% collapsed=true
fig, axes = plt.subplots(1, 3, figsize=(9, 3), layout="constrained")
for ax, hours, label in zip(axes, [0.25, 1.5, 24], ["15 minutes", "90 minutes", "a day"], strict=True):
    expected_events = 2 * hours
    spread = np.sqrt(expected_events)
    values = np.arange(max(0, int(expected_events - 4 * spread)), int(expected_events + 4 * spread) + 2)
    ax.bar(values, stats.poisson.pmf(values, expected_events), color="0.8", label="Poisson")
    grid = np.linspace(expected_events - 4 * spread, expected_events + 4 * spread, 200)
    ax.plot(grid, stats.norm.pdf(grid, expected_events, spread), color="C0", label="Normal")
    ax.set(xlabel=f"timeouts in {label}", title=f"{expected_events:g} expected")
axes[0].set_ylabel("probability")
axes[0].legend(frameon=False)
fig.suptitle("Few events: skewed, and Normal would allow negative counts. Many: Normal will do", fontsize=11)
plt.show()

# %% [markdown] statement="poisson_tail" level="core"
# ### `poisson_tail`: how odd is this many?
#
# Write `poisson_tail(k, lam, t)`. Events come independently at `lam` per unit of time. Return the probability of **at least** `k` events in a window of length `t`, measured in the same unit:
#
# $$P(N \ge k), \qquad N \sim \text{Poisson}(\lambda t)$$
#
# `k` is a whole number; for `k = 0` or below the answer is 1. `lam` and `t` may be fractions; if either is zero, nothing ever happens. Raise `ValueError` when `lam` or `t` is negative.
# Tiny answers must be right too, to six significant digits: a probability of $10^{-26}$ is not zero. So must be long windows, with up to 20,000 events expected.
#
# Example: with 2 timeouts an hour, five or more in 90 minutes: `poisson_tail(5, 2, 1.5)` gives 0.1847 (rounded here; don't round yours).


# %% solution="poisson_tail"
def poisson_tail(k: int, lam: float, t: float) -> float:
    """Probability of at least `k` events in a window.

    lam: events per unit of time; t: length of the window in that unit. Returns a probability.
    """
    ### BEGIN SOLUTION
    if lam < 0 or t < 0:
        raise ValueError("a rate and a window can't be negative")
    return float(stats.poisson.sf(k - 1, lam * t))
    ### END SOLUTION


# %% [markdown] hint="poisson_tail"
# "At least five" is everything except 0, 1, 2, 3 and 4. Five itself is in.

# %% [markdown] hint="poisson_tail"
# First the expected number in the window, `lam * t`. Then an upper tail: `stats.poisson.sf(j, mu)` is the probability of *more than* `j`.

# %% [markdown] hint="poisson_tail"
# `1 - cdf(...)` subtracts two nearly equal numbers, and small tails drown. `sf` computes the tail itself: `stats.poisson.sf(k - 1, lam * t)`.

# %% test="poisson_tail" name="value" points=2
"""At least k events: on the example, then for other rates and windows."""
checks.close(
    poisson_tail(5, 2, 1.5),
    0.1847367555,
    "five or more at 2 an hour in 90 minutes",
    mistakes={
        "this is the probability of more than k; at least k includes k": 0.0839179420,
        "the rate is not scaled by the window": 0.0526530173,
        "the rate is divided by the window; multiply": 0.01178192254,
        "this is the probability of at most k; you need the upper tail": 0.9160820580,
        "this is the probability of fewer than k; you need the upper tail": 0.8152632445,
        "this is the probability of exactly k; add all the larger counts": 0.1008188134,
        "this is the Normal approximation; with few events it is off": 0.1241065395,
        "this is the Normal approximation; with few events it is off (half a step added or not)": 0.1932381154,
    },
)
### BEGIN HIDDEN TESTS
for k, lam, t in [(3, 0.4, 6), (12, 30, 0.25), (1, 0.05, 7), (9, 1.5, 4)]:
    mu = lam * t
    checks.close(
        poisson_tail(k, lam, t),
        stats.poisson.sf(k - 1, mu),
        f"at least {k} at rate {lam} in a window of {t}",
        mistakes={
            "this is the probability of more than k; at least k includes k": stats.poisson.sf(k, mu),
            "the rate is not scaled by the window": stats.poisson.sf(k - 1, lam),
            "the rate is divided by the window; multiply": stats.poisson.sf(k - 1, lam / t),
            "this is the probability of at most k; you need the upper tail": stats.poisson.cdf(k, mu),
            "this is the probability of fewer than k; you need the upper tail": stats.poisson.cdf(k - 1, mu),
            "this is the probability of exactly k; add all the larger counts": stats.poisson.pmf(k, mu),
            "this is the Normal approximation; with few events it is off": stats.norm.sf((k - mu) / np.sqrt(mu)),
            "this is the Normal approximation; with few events it is off (half a step added or not)": stats.norm.sf((k - 0.5 - mu) / np.sqrt(mu)),
        },
    )
### END HIDDEN TESTS

# %% test="poisson_tail" name="accuracy" points=1
"""Long windows, and probabilities so small that subtracting from 1 loses them."""
### BEGIN HIDDEN TESTS
for k, lam, t in [(10_300, 250, 40), (820, 4.5, 168)]:
    checks.close(
        poisson_tail(k, lam, t),
        stats.poisson.sf(k - 1, lam * t),
        f"at least {k} where {lam * t:g} are expected",
        mistakes={
            "this is the probability of more than k; at least k includes k": stats.poisson.sf(k, lam * t),
            "this is the Normal approximation; the statement asks for six digits": stats.norm.sf((k - lam * t) / np.sqrt(lam * t)),
        },
    )
for k, lam, t in [(40, 0.5, 8), (60, 12, 0.5)]:
    right = stats.poisson.sf(k - 1, lam * t)
    what = f"at least {k} where {lam * t:g} are expected, your probability divided by the right one ({right:.2g})"
    checks.close(
        poisson_tail(k, lam, t) / right,
        1,
        what,
        mistakes={
            "1 minus the lower tail loses all digits here; compute the upper tail itself (sf)": (1 - stats.poisson.cdf(k - 1, lam * t)) / right,
            "this is the probability of more than k; at least k includes k": stats.poisson.sf(k, lam * t) / right,
        },
    )
### END HIDDEN TESTS

# %% test="poisson_tail" name="edges" points=1
"""No events asked for, nothing that can happen, and what is refused."""
### BEGIN HIDDEN TESTS
checks.close(
    poisson_tail(0, 2, 1.5),
    1,
    "at least no event",
    mistakes={
        "this is the probability of more than k; at least k includes k": stats.poisson.sf(0, 3),
    },
)
checks.close(poisson_tail(-2, 2, 1.5), 1, "at least minus two events")
checks.close(poisson_tail(1, 0, 5), 0, "at least one event at rate 0")
checks.close(poisson_tail(1, 5, 0), 0, "at least one event in a window of length 0")
checks.close(poisson_tail(0, 0, 5), 1, "at least no event at rate 0")
checks.raises(ValueError, poisson_tail, 3, -1, 2, what="a negative rate")
checks.raises(ValueError, poisson_tail, 3, 1, -2, what="a negative window")
### END HIDDEN TESTS

# %% [markdown] explain="poisson_tail"
# `sf(k - 1)` because the tail is strict: $P(N > k - 1) = P(N \ge k)$. The same number is a regularised incomplete gamma function, `scipy.special.gammainc(k, lam * t)`: the $k$-th event comes before time $t$ exactly when at least $k$ events fall in $[0, t]$, and the waiting time for the $k$-th is Gamma.
#
# An alert at "probability below 0.001" built on this fires as promised only if the counts are Poisson. Bursts (one outage, fifty timeouts) break independence; a daily cycle breaks the constant rate. Check with `count_model` on quiet weeks first, and take the tail of a Negative Binomial when it says so.

# %% [markdown]
# > **In the interview.** *"When Poisson, when Normal?"*
# > **In 30 seconds:** Poisson for counts of independent events at a constant rate in a fixed window: timeouts per hour, fraud cases per day. Its variance equals its mean, so I check that first; real counts mostly spread more, and then I take the Negative Binomial. Normal for things that add up many small independent effects: averages, and the errors of a regression. A Poisson with a large mean looks Normal anyway.
# > **They ask next:** how do you test for over-dispersion, and what causes it (users differ, bursts, a missing feature)? What if many more zeros than expected? How would you compare two rates? Exposure differs between units: what do you do (an offset, the log of the exposure)?
# > **Red flags:** "Poisson for any whole number" (users who click out of users who saw is Binomial); "latency is Normal" (its *average* is, the thing itself has a long right tail); a Poisson regression reported without a look at the dispersion.

# %% [markdown]
# ## The Central Limit Theorem, and how much n it wants
#
# Take the 20,190 person-years as the whole world. One year's count of visits is far from Normal: a wall at zero, a tail to 77. Now draw `n` of them, take their mean, and do that 20,000 times.

# %% collapsed=true
values, frequency = np.unique(DOCTOR_VISITS, return_counts=True)
share = frequency / frequency.sum()
world_mean, world_sd = DOCTOR_VISITS.mean(), DOCTOR_VISITS.std()
rng = np.random.default_rng(3)
fig, axes = plt.subplots(1, 4, figsize=(9, 2.8), layout="constrained")
axes[0].bar(values[:25], share[:25], color="0.7", width=1)
axes[0].set(title="one person", xlabel="visits", ylabel="density")
for ax, n in zip(axes[1:], [10, 100, 1_000], strict=True):
    means = rng.multinomial(n, share, size=20_000) @ values / n
    spread = world_sd / np.sqrt(n)
    grid = np.linspace(world_mean - 3.5 * spread, world_mean + 4.5 * spread, 200)
    step = math.ceil(n * spread / 5)  # bins as wide as a whole number of steps of 1 / n
    first = max(0, math.floor(n * (world_mean - 4 * spread)))
    ax.hist(means, bins=(np.arange(first, n * (world_mean + 6 * spread), step) - 0.5) / n, density=True, histtype="stepfilled", color="0.8")
    ax.plot(grid, stats.norm.pdf(grid, world_mean, spread), color="C0")
    ax.set(title=f"mean of {n:,}", xlabel="mean visits", xlim=(grid[0], grid[-1]))
fig.suptitle("The data stay skewed; their mean becomes Normal (blue)", fontsize=11)
plt.show()

# %% [markdown]
# The Central Limit Theorem: the mean of $n$ independent draws with mean $\mu$ and a *finite* variance $\sigma^2$ is about Normal with mean $\mu$ and standard deviation $\sigma / \sqrt n$, once $n$ is large enough.
# This is why z- and t-tests work on skewed metrics: they only need the *mean* to be Normal.
#
# What it does not say:
# - that the *data* become Normal. More users make a sharper picture of the same skewed shape;
# - that 30 is enough. The shape of the data decides;
# - anything about dependent rows (ten sessions of one user), or about data whose variance is not finite.

# %% [markdown]
# A 95 % interval should miss the truth 2.5 % of the time on each side. With a long right tail it doesn't: most samples lack a heavy user, so their mean *and* their standard error come out too small, and the interval ends below the truth.

# %% collapsed=true
sizes = [30, 100, 300, 1_000, 3_000, 10_000, 30_000]
ends_below, starts_above = [], []
for n in sizes:
    drawn = rng.multinomial(n, share, size=10_000)
    means = drawn @ values / n
    errors = np.sqrt((drawn @ values**2 / n - means**2) / (n - 1))
    ends_below.append(np.mean(means + 1.96 * errors < world_mean))
    starts_above.append(np.mean(means - 1.96 * errors > world_mean))
fig, ax = plt.subplots(figsize=(7, 3))
ax.axhspan(2, 3, color="0.9", label="2 % to 3 %")
ax.plot(sizes, 100 * np.array(ends_below), "o-", color="C1", label="interval ends below the truth")
ax.plot(sizes, 100 * np.array(starts_above), "s-", color="C0", label="interval starts above the truth")
ax.axvline(355 * stats.skew(DOCTOR_VISITS) ** 2, color="0.3", ls="--", label="355 x skewness squared")
ax.set(xscale="log", xlabel="people in the sample", ylabel="% of samples", title="Doctor visits need thousands, not 30")
ax.legend(frameon=False)
plt.show()

# %% [markdown]
# How lopsided is a metric? Its **skewness** says: the mean of $\left((x - \mu)/\sigma\right)^3$. It is 0 for anything symmetric, 2 for exponential waiting times, 4.8 for the doctor visits, and often 10 or more for revenue per user.
#
# Kohavi, Deng, Longbotham and Xu (2014, "Seven rules of thumb for web site experimenters") turned that into a number of users: **355 x skewness squared** in each variant. In the picture it is where both lines enter the grey band.
# They give it for skewness beyond 1 in size. Their own case: revenue per user at Bing had a skewness of 17.9 and wanted 114,000 users; capped at a fixed amount per user, 5.2 and under 10,000.

# %% [markdown] statement="normal_enough_n" level="core"
# ### `normal_enough_n`: how many users before you trust the interval?
#
# Write `normal_enough_n(skewness)`. The input is one number, the skewness of the metric (not a sample). Return the smallest whole number of users for which the rule lets you treat the mean as Normal:
#
# $$n \ge 355 \cdot \text{skewness}^2, \qquad\text{and never fewer than 30}$$
#
# The 30 is a floor for symmetric and nearly symmetric metrics, the usual convention. A tail to the left counts like one to the right. A whole result stays as it is; any other is rounded *up*.
# Raise `ValueError` when the skewness is `nan` or infinite.
#
# Example: `normal_enough_n(2.2)` gives `1719`, because 355 x 4.84 = 1718.2.


# %% solution="normal_enough_n"
def normal_enough_n(skewness: float) -> int:
    """Users in each variant for which the mean of a metric may be treated as Normal.

    skewness: of the metric, any finite number. Returns a whole number, at least 30.
    """
    ### BEGIN SOLUTION
    if not math.isfinite(skewness):
        raise ValueError("the skewness must be a finite number")
    return max(30, math.ceil(355 * skewness**2))
    ### END SOLUTION


# %% [markdown] hint="normal_enough_n"
# Two users too many cost nothing, one too few breaks the rule: which rounding does "smallest $n$ with $n \ge \dots$" ask for?

# %% [markdown] hint="normal_enough_n"
# `math.ceil` rounds up, `max` sets the floor, `math.isfinite` finds what to refuse.

# %% test="normal_enough_n" name="value" points=2
"""The rule on the example, on Bing's published skewness, and on tails to the left."""
checks.equal(
    normal_enough_n(2.2),
    1719,
    "n for a skewness of 2.2",
    mistakes={
        "the skewness is not squared": 782,
        "the skewness is not squared; square it, then multiply": 781,
        "round and int can go down; the smallest n that is enough rounds up": 1718,
    },
)
### BEGIN HIDDEN TESTS
for skewness, needed in [(5.2, 9_600), (17.9, 113_746), (-2.2, 1_719), (-4.8, 8_180), (2, 1_420), (-1, 355), (3.7, 4_860)]:
    exact = 355 * abs(skewness) ** 2
    checks.equal(
        normal_enough_n(skewness),
        needed,
        f"n for a skewness of {skewness}",
        mistakes={
            name: value
            for name, value in {
                "the skewness is not squared": math.ceil(355 * abs(skewness)),
                "the skewness is not squared (and the sign got through)": math.ceil(355 * skewness),
                "round and int can go down; the smallest n that is enough rounds up": math.floor(exact),
                "a tail to the left counts too; square before you apply the floor of 30": 30,
                "a whole result stays as it is; adding 1 is not rounding up": math.floor(exact) + 1,
            }.items()
            if value != needed
        },
    )
### END HIDDEN TESTS

# %% test="normal_enough_n" name="edges" points=1
"""Symmetric metrics get the floor, and a skewness that is no number is refused."""
### BEGIN HIDDEN TESTS
checks.equal(normal_enough_n(0), 30, "n for a symmetric metric", mistakes={"the floor of 30 is missing": 0})
checks.equal(normal_enough_n(0.2), 30, "n for a skewness of 0.2", mistakes={"the floor of 30 is missing": 15})
checks.equal(normal_enough_n(-0.2), 30, "n for a skewness of -0.2", mistakes={"the floor of 30 is missing": 15})
checks.equal(
    normal_enough_n(0.3),
    32,
    "n for a skewness of 0.3",
    mistakes={
        "round and int can go down; the smallest n that is enough rounds up": 31,
        "between 0 and 1 the rule counts as well, above its floor": 30,
        "the floor is the larger of the two numbers, not their sum": 62,
    },
)
checks.raises(ValueError, normal_enough_n, float("nan"), what="a skewness of nan")
checks.raises(ValueError, normal_enough_n, float("inf"), what="an infinite skewness")
### END HIDDEN TESTS

# %% test="normal_enough_n" name="coverage" points=1
"""With your n, the 95 % interval for mean doctor visits misses about 2 % to 3 % of the time on either side."""
### BEGIN HIDDEN TESTS
n = normal_enough_n(float(stats.skew(DOCTOR_VISITS)))
checks.between(n, 2, 1_000_000, "n for the skewness of doctor visits (4.82)")
visits, how_many = np.unique(DOCTOR_VISITS, return_counts=True)
drawn = np.random.default_rng(8).multinomial(int(n), how_many / how_many.sum(), size=40_000)
means = drawn @ visits / n
errors = np.sqrt((drawn @ visits**2 / n - means**2) / (n - 1))
checks.between(
    np.mean(means + 1.96 * errors < DOCTOR_VISITS.mean()),
    0.0185,
    0.0315,
    f"with n = {n}, the share of intervals that end below the true mean",
    mistakes={
        "too many miss, n is too small for this skewness": (0.0316, 1.0),
    },
)
checks.between(np.mean(means - 1.96 * errors > DOCTOR_VISITS.mean()), 0.0185, 0.0315, f"with n = {n}, the share of intervals that start above the true mean")
### END HIDDEN TESTS

# %% [markdown] explain="normal_enough_n"
# Where does 355 come from? The first correction to the Normal shape of a t-statistic is $\frac{\text{skewness}}{6\sqrt n}(2z^2 + 1)\,\varphi(z)$ in each tail. At $z = 1.96$ that is $0.0845 \cdot \text{skewness}/\sqrt n$; with $n = 355 \cdot \text{skewness}^2$ it is 0.0045.
# So one side misses about 2.95 % and the other about 2.05 %, not 2.5 % each. The rule is a tolerance on tail errors, and goes back to Boos and Hughes-Oliver (2000).
#
# It is cautious for A/B tests. With arms of equal size the skewness of the two means cancels in their difference; it bites with a 5 / 95 split, and in the interval of a single mean.
# And it says nothing about power: a metric can be Normal enough at 10,000 users and still need a million to show a 1 % lift.

# %% [markdown]
# Skewness must exist for the rule to mean anything. In the right panel the mean exists (it is 3) but the variance doesn't: a single draw can still jolt the average of more than 10,000.

# %% collapsed=true
rng = np.random.default_rng(12)
draws = 100_000
seen = np.arange(1, draws + 1)
fig, axes = plt.subplots(1, 2, figsize=(9, 3), layout="constrained", sharey=True)
for number in range(5):
    visits_seen = rng.choice(DOCTOR_VISITS, draws)
    pareto_seen = 1 + rng.pareto(1.5, draws)
    for ax, sequence, truth in zip(axes, [visits_seen, pareto_seen], [world_mean, 3], strict=True):
        ax.plot(seen[99::100], np.cumsum(sequence)[99::100] / seen[99::100] / truth, color=f"C{number}", lw=1)
for ax, title in zip(axes, ["Skewed, finite variance: settles", "Pareto (tail 1.5), infinite variance: jumps"], strict=True):
    ax.axhline(1, color="0.4", ls=":")
    ax.set(xscale="log", xlabel="users so far", title=title)
axes[0].set(ylabel="mean so far / true mean", ylim=(0.6, 1.6))
plt.show()

# %% [markdown]
# Real revenue is finite, yet a few users can carry most of it, and then the sample's own skewness grows with every new whale: you can't estimate it well from a small sample.
# What helps: cap the metric (and say so before the test), count buyers and look at money separately, or take a longer history to measure the skewness. The bootstrap doesn't rescue you: it can't draw a whale that the sample lacks.

# %% [markdown]
# > **In the interview.** *"Revenue per user is terribly skewed. Can you use a t-test?"*
# > **In 30 seconds:** the test needs the mean to be Normal, not the data. With independent users and finite variance the Central Limit Theorem gives that, at a speed set by skewness: my rule is 355 times skewness squared in each arm. At skewness 5 that is about 9,000 users, at 18 more than 100,000. If I don't have them, I cap the metric.
# > **They ask next:** why not take logs (it tests another question: geometric means, and zeros have no log)? Does Mann-Whitney help (it compares ranks, not the mean that pays)? Equal or unequal arms? How would you check it on your own data (A/A tests on history, bootstrap of the mean)?
# > **Red flags:** "n is above 30, so it's Normal"; testing the raw data for normality; "by the CLT the data become Normal"; dropping outliers after seeing the result.

# %% [markdown]
# ## Ratio metrics and the Delta method
#
# Your assistant solves some chats and passes the others on. The metric: solved chats per chat. Clicks per impression and cost per request are built alike: a sum over a sum, both random.
# Users were randomised, chats were not. And the chats of one user resemble each other.
#
# (Revenue per *user* is no such metric when users are randomised: the denominator is the fixed number of users, it is a plain mean.)

# %% locked="simulate_users"
TRUE_RATIO = (0.65 * 2.5 * 0.25 + 0.35 * 9 * 0.6) / (0.65 * 2.5 + 0.35 * 9)


def simulate_users(n: int, seed: int, effect: float = 1.0) -> pd.DataFrame:
    """Solved chats and chats of `n` users: 65 % casual (2.5 chats, 25 % solved), 35 % regular (9 chats, 60 % solved), on average.

    `effect`, at most 1, multiplies every user's chance of a solved chat, so the true ratio is `effect * TRUE_RATIO`.
    """
    rng = np.random.default_rng(seed)
    regular = rng.random(n) < 0.35
    chats = 1 + rng.poisson(np.where(regular, 8, 1.5))
    chance = effect * np.where(regular, rng.beta(6, 4, n), rng.beta(2, 6, n))
    return pd.DataFrame({"solved": rng.binomial(chats, chance), "chats": chats})


# %% collapsed=true
experiments = pd.DataFrame([simulate_users(400, seed).mean() for seed in range(1_000)])
ratios = experiments["solved"] / experiments["chats"]
naive = np.sqrt(TRUE_RATIO * (1 - TRUE_RATIO) / (400 * experiments["chats"].mean()))
fig, ax = plt.subplots(figsize=(7, 3))
ax.hist(ratios, bins=40, color="0.8")
low, high = np.quantile(ratios, [0.025, 0.975])
top = ax.get_ylim()[1]
ax.plot([low, high], [1.16 * top] * 2, "|-", color="C0", lw=2, ms=12, label="95 % of 1,000 simulated repeats")
ax.plot([TRUE_RATIO - 1.96 * naive, TRUE_RATIO + 1.96 * naive], [1.06 * top] * 2, "|-", color="C1", lw=2, ms=12, label="95 % if chats were independent")
ax.set(
    ylim=(0, 1.6 * top),
    xlabel="solved chats per chat in one experiment of 400 users",
    ylabel="experiments",
    title="Independent chats promise too narrow an interval",
)
ax.legend(frameon=False, loc="upper left")
plt.show()

# %% [markdown]
# Give every user $i$ two totals: $Y_i$ solved chats and $X_i$ chats. The metric is $R = \bar Y / \bar X$, the slope of a line through zero. What a user adds to the uncertainty is the distance from that line, $Y_i - R X_i$:

# %% collapsed=true
some = simulate_users(250, seed=4)
slope = some["solved"].sum() / some["chats"].sum()
nudge = np.random.default_rng(0).uniform(-0.25, 0.25, (2, 250))
fig, ax = plt.subplots(figsize=(7, 3))
ax.vlines(some["chats"] + nudge[0], slope * (some["chats"] + nudge[0]), some["solved"] + nudge[1], color="0.8", lw=1, zorder=1)
ax.scatter(some["chats"] + nudge[0], some["solved"] + nudge[1], s=10, color="C0", zorder=2, label="a user")
ax.plot([0, 18], [0, 18 * slope], color="C1", lw=2, label=f"R = {slope:.2f}")
ax.set(xlabel="chats of the user", ylabel="solved chats", title="The ratio is a slope; its uncertainty is the scatter around the line")
ax.legend(frameon=False, loc="upper left")
plt.show()

# %% [markdown]
# Near the means a ratio is almost linear in $\bar Y$ and $\bar X$. That is the Delta method: replace a curve by its tangent, and take the variance of the straight line.
#
# $$\operatorname{Var}(R) \approx \frac{1}{n\,\bar X^2}\left(s_Y^2 - 2R\,s_{XY} + R^2 s_X^2\right)$$
#
# The bracket is the variance of the grey distances in the picture.
#
# The bootstrap needs no formula: draw users with replacement, compute the ratio again, repeat. What you draw is what you claim to be independent, and that makes all the difference:

# %%
sample = simulate_users(400, seed=1)
rng = np.random.default_rng(2)
by_user = [again["solved"].sum() / again["chats"].sum() for again in (sample.iloc[rng.integers(0, 400, 400)] for _ in range(500))]
chats, solved = sample["chats"].sum(), sample["solved"].sum()
by_chat = rng.binomial(chats, solved / chats, 500) / chats  # each chat on its own
pd.Series({"users drawn again": np.std(by_user), "chats drawn again": np.std(by_chat)}, name="bootstrap standard error").round(4).to_frame()

# %% [markdown] statement="ratio_metric" level="core"
# ### `ratio_metric`: a ratio and how sure you are of it
#
# Write `ratio_metric(numerator, denominator)`. Both are lists or arrays of `n` numbers, one pair for each user.
# Return two floats: the ratio of the two means, and its standard error by the formula above (the square root of the variance), with sample variances and covariance (divide by `n - 1`).
#
# A user with denominator 0 is data: keep them. If every user has the same denominator, the formula still holds (it becomes that of a plain mean). When all users lie on the line, the error is 0, not `nan`.
# Raise `ValueError` when the lengths differ, when there are fewer than two users, or when the denominators add up to zero.
#
# Example: `ratio_metric([3, 1, 0, 6], [4, 2, 1, 9])` gives `(0.625, 0.0663)`, the second rounded here; don't round yours.


# %% solution="ratio_metric"
def ratio_metric(numerator: ArrayLike, denominator: ArrayLike) -> tuple[float, float]:
    """Ratio of means and its Delta-method standard error.

    numerator, denominator: shape (n,), totals of each user. Returns (ratio, standard_error).
    """
    ### BEGIN SOLUTION
    y, x = np.asarray(numerator, dtype=float), np.asarray(denominator, dtype=float)
    if y.shape != x.shape or y.size < 2 or x.sum() == 0:
        raise ValueError("two equally long sequences of at least two users, and some denominator")
    ratio = y.mean() / x.mean()
    (var_y, cov), (_, var_x) = np.cov(y, x)
    bracket = max(var_y - 2 * ratio * cov + ratio**2 * var_x, 0.0)  # rounding can push a perfect fit below zero
    return float(ratio), float(np.sqrt(bracket / y.size) / x.mean())
    ### END SOLUTION


# %% [markdown] hint="ratio_metric"
# All pieces of the formula are computed over users. Nothing in it is computed over chats.

# %% [markdown] hint="ratio_metric"
# `np.cov(y, x)` returns both variances and the covariance, already divided by `n - 1`.

# %% [markdown] hint="ratio_metric"
# The bracket is the variance of $Y_i - R X_i$. Compute that one column first, and the standard error is `np.std(column, ddof=1) / np.sqrt(n) / x.mean()`.

# %% test="ratio_metric" name="value" points=2
"""Ratio and standard error: on the example, then on users whose solved chats and chats go together."""
ratio, error = ratio_metric([3, 1, 0, 6], [4, 2, 1, 9])
checks.close(
    ratio,
    0.625,
    "the ratio of the example",
    mistakes={
        "this is the mean of each user's own ratio; the metric is the ratio of the two means": 0.4791666667,
    },
)
checks.close(
    error,
    0.0662912607,
    "the standard error of the example",
    mistakes={
        "the covariance term is missing": 0.4320719823,
        "the covariance enters with a plus; it is subtracted": 0.6074354818,
        "the denominator is treated as a constant; it varies from user to user": 0.3307189139,
        "this is the spread between users; divide the variance by n": 0.1325825215,
        "this is the variance; return its square root": 0.00439453125,
        "divide by the mean of the denominators too; this is the error of the mean distance": 0.2651650429,
        "variances are divided by n; the statement asks for n - 1": 0.05740991585,
        "chats are counted as independent rows; users were randomised": 0.1210307296,
    },
)
### BEGIN HIDDEN TESTS
users = simulate_users(3_000, seed=11)
y, x = users["solved"].to_numpy(float), users["chats"].to_numpy(float)
r, n = y.mean() / x.mean(), len(users)
residual = np.sqrt(np.var(y - r * x, ddof=1))
ratio, error = ratio_metric(y, x)
checks.close(
    ratio,
    r,
    "the ratio for 3,000 users",
    mistakes={
        "this is the mean of each user's own ratio; the metric is the ratio of the two means": np.mean(y / x),
        "the ratio is upside down": 1 / r,
    },
)
checks.close(
    error,
    residual / (np.sqrt(n) * x.mean()),
    "the standard error for 3,000 users",
    mistakes={
        "the covariance term is missing": np.sqrt((y.var(ddof=1) + r**2 * x.var(ddof=1)) / n) / x.mean(),
        "the covariance enters with a plus; it is subtracted": np.sqrt(np.var(y + r * x, ddof=1) / n) / x.mean(),
        "the denominator is treated as a constant; it varies from user to user": y.std(ddof=1) / (np.sqrt(n) * x.mean()),
        "this is the spread between users; divide the variance by n": residual / x.mean(),
        "chats are counted as independent rows; users were randomised": np.sqrt(r * (1 - r) / x.sum()),
        "this is the variance; return its square root": residual**2 / (n * x.mean() ** 2),
        "divide by the mean of the denominators too; this is the error of the mean distance": residual / np.sqrt(n),
        "variances are divided by n; the statement asks for n - 1": residual * np.sqrt((n - 1) / n) / (np.sqrt(n) * x.mean()),
    },
)
### END HIDDEN TESTS

# %% test="ratio_metric" name="edges" points=1
"""Users without chats are kept, equal denominators work, and unusable input is refused."""
### BEGIN HIDDEN TESTS
ratio, error = ratio_metric([0, 4, 2, 5], [0, 8, 4, 6])
checks.close(
    ratio,
    11 / 18,
    "the ratio when one user has no chats",
    mistakes={
        "a user without chats is data; keep them (the ratio of the means needs no division by that user)": float("nan"),
    },
)
checks.close(
    error,
    0.1066788592,
    "the standard error when one user has no chats",
    mistakes={
        "the user without chats was dropped; n counts all users": 0.1131500172,
    },
)
ratio, error = ratio_metric([2, 4, 9, 1], [1, 1, 1, 1])
checks.array([ratio, error], [4.0, 1.779513042], "ratio and standard error when every denominator is 1: the plain mean and its own")
checks.array(ratio_metric([1, 3], [2, 2]), [1.0, 0.5], "ratio and standard error of two users, the fewest that are allowed")
checks.raises(ValueError, ratio_metric, [1, 2], [1, 2, 3], what="lengths that differ")
checks.raises(ValueError, ratio_metric, [1], [2], what="a single user")
checks.raises(ValueError, ratio_metric, [1, 2], [0, 0], what="denominators that add up to zero")
### END HIDDEN TESTS

# %% test="ratio_metric" name="coverage" points=2
"""In 400 repeated experiments the 95 % interval holds the true ratio about 95 % of the time."""
### BEGIN HIDDEN TESTS
hits = 0
for seed in range(400):
    users = simulate_users(300, seed=50_000 + seed)
    ratio, error = ratio_metric(users["solved"].to_numpy(), users["chats"].to_numpy())
    hits += abs(ratio - TRUE_RATIO) <= 1.96 * error
checks.between(
    hits / 400,
    0.91,
    0.985,
    "the share of intervals that hold the truth",
    mistakes={
        "your intervals are too narrow; look for something that belongs together and is counted as independent": (0.3, 0.9),
        "your intervals hold the truth too often: they are too wide": (0.9851, 1.0),
    },
)
### END HIDDEN TESTS

# %% [markdown] explain="ratio_metric"
# The bracket is $\operatorname{Var}(Y_i - R X_i)$: the metric behaves like the mean of those distances, divided by $\bar X$. That is why regression people call it linearisation: a least-squares line through zero, weighted by $1/X_i$, with robust errors, gives the same number (up to $n$ against $n - 1$).
# The derivation for A/B metrics is in Deng, Knoblich and Lu (2018), "Applying the Delta method in metric analytics". The bootstrap over users agrees, at a thousand times the cost; keep it as a check, and for few users, where the tangent is a poor stand-in for the curve.
#
# The covariance does the work here. Users with more chats have more solved ones; most of the spread of $Y$ is explained by $X$, and the minus takes it out. Leave it away and the error is several times too large.

# %% [markdown]
# Now two arms, and first with no difference between them: an A/A test. Below, 500 of them, each analysed as if every chat were an independent row. Without an effect, p-values should be spread evenly, and 5 % should be below 0.05.

# %% collapsed=true
row_errors = np.sqrt(ratios * (1 - ratios) / (400 * experiments["chats"]))
z_rows = (ratios[:500].to_numpy() - ratios[500:].to_numpy()) / np.hypot(row_errors[:500], row_errors[500:].to_numpy())
p_rows = 2 * stats.norm.sf(np.abs(z_rows))
fig, ax = plt.subplots(figsize=(7, 3))
counts, _, bars = ax.hist(p_rows, bins=20, range=(0, 1), color="0.8")
bars[0].set_facecolor("C1")
ax.axhline(25, color="0.4", ls=":", label="what an honest test gives: 25 in each bar")
ax.set(xlabel="p-value of an A/A test", ylabel="tests", title=f"Chats as rows: {100 * np.mean(p_rows < 0.05):.0f} % of tests find an effect that isn't there")
ax.legend(frameon=False)
plt.show()

# %% [markdown] statement="ratio_ab_test" level="stretch"
# ### `ratio_ab_test`: an A/B test on a ratio metric
#
# Write `ratio_ab_test(control_numerator, control_denominator, treatment_numerator, treatment_denominator)`: lists or arrays, one value for each user; the arms may differ in size.
# With $R$ and $SE$ of each arm as in `ratio_metric` (sample variances, `n - 1`, each arm with its own $n$), return a dict of
#
# $$\text{lift} = R_T - R_C, \qquad \text{lift} \pm z\,SE, \qquad p = 2\left(1 - \Phi\left(|\text{lift}| / SE\right)\right), \qquad SE = \sqrt{SE_T^2 + SE_C^2}$$
#
# `"lift"` is absolute, treatment minus control. `"ci_low"` and `"ci_high"` are the ends of the 95 % interval: $z$ is the 97.5 % point of the standard Normal (1.95996; 1.96 will do). `"p_value"` is two-sided, $\Phi$ is the standard Normal distribution function. Don't round.
# Raise `ValueError` when one of the arms is refused by the rules of `ratio_metric`. You may take it that $SE$ is above 0.
#
# Example: control `[3, 1, 0, 6]`, `[4, 2, 1, 9]` and treatment `[2, 3, 5]`, `[3, 3, 8]` give lift 0.0893, interval from -0.1433 to 0.3218, p-value 0.4517 (rounded here).


# %% solution="ratio_ab_test"
def ratio_ab_test(
    control_numerator: ArrayLike, control_denominator: ArrayLike, treatment_numerator: ArrayLike, treatment_denominator: ArrayLike
) -> dict[str, float]:
    """Two-sample z-test on a ratio metric, users as the unit.

    Each argument: shape (users of that arm,), totals of each user. Returns {"lift", "ci_low", "ci_high", "p_value"}, lift = treatment - control.
    """
    ### BEGIN SOLUTION
    ratios, variances = [], []
    for numerator, denominator in [(control_numerator, control_denominator), (treatment_numerator, treatment_denominator)]:
        y, x = np.asarray(numerator, dtype=float), np.asarray(denominator, dtype=float)
        if y.shape != x.shape or y.size < 2 or x.sum() == 0:
            raise ValueError("each arm: two equally long sequences of at least two users, and some denominator")
        ratios.append(y.mean() / x.mean())
        variances.append(np.var(y - ratios[-1] * x, ddof=1) / (y.size * x.mean() ** 2))
    lift, error = ratios[1] - ratios[0], math.sqrt(sum(variances))
    z = stats.norm.ppf(0.975)
    p_value = 2 * stats.norm.sf(abs(lift) / error)
    return {"lift": float(lift), "ci_low": float(lift - z * error), "ci_high": float(lift + z * error), "p_value": float(p_value)}
    ### END SOLUTION


# %% [markdown] hint="ratio_ab_test"
# The two arms are independent, so their *variances* add. Standard errors don't.

# %% [markdown] hint="ratio_ab_test"
# Call your `ratio_metric` once for each arm. Then `error = math.hypot(error_c, error_t)`, and `stats.norm` has `ppf` for $z$ and `sf` for $1 - \Phi$.

# %% test="ratio_ab_test" name="value" points=2
"""Lift, interval and p-value: on the example, then on arms of different size."""
checks.record(
    ratio_ab_test([3, 1, 0, 6], [4, 2, 1, 9], [2, 3, 5], [3, 3, 8]),
    {"lift": 0.0892857143, "ci_low": -0.1432654494, "ci_high": 0.3218368780, "p_value": 0.4517451728},
    "the example",
    rtol=1e-4,
    atol=2e-6,
    mistakes={
        "this is control minus treatment; turn it round": {"lift": -0.0892857143},
        "this is the relative lift; the statement asks for the difference": {"lift": 0.1428571429},
        "this is the difference of the means of each user's own ratio; the metric is the ratio of the two means": {"lift": 0.2847222222},
        "this compares the numerators only; the metric is a ratio": {"lift": 0.8333333333},
        "the standard error uses the numerator only; the denominator varies too": {"ci_low": -0.6572760825},
        "the standard error uses the pooled numerator only; the denominator varies too": {"ci_low": -0.7020905245},
        "chats are counted as independent rows; users were randomised": {"ci_low": -0.2457804157},
        "chats are counted as independent rows, pooled over the arms; users were randomised": {"ci_low": -0.2488401965},
        "standard errors are added; add their squares and take the root": {"ci_low": -0.2335122404},
        "both arms are treated as if they had the same number of users": {"ci_low": -0.1550648140},
        "variances are divided by n; the statement asks for n - 1": {"ci_low": -0.1042605249},
        "this is a 90 % interval; the statement asks for 95 %": {"ci_low": -0.1058773744},
        "this p-value is one-sided; double the tail": {"p_value": 0.2258725864},
    },
)
### BEGIN HIDDEN TESTS
for name, control, treatment in [
    ("2,000 users in control, 500 in treatment", simulate_users(2_000, seed=31), simulate_users(500, seed=32, effect=0.93)),
    ("300 users in control, 900 in treatment", simulate_users(300, seed=33, effect=0.9), simulate_users(900, seed=34)),
]:
    arms = [(a["solved"].to_numpy(float), a["chats"].to_numpy(float)) for a in (control, treatment)]
    (y0, x0), (y1, x1) = arms
    r0, r1 = [y.sum() / x.sum() for y, x in arms]
    e0, e1 = [np.std(y - r * x, ddof=1) / np.sqrt(len(y)) / x.mean() for (y, x), r in zip(arms, (r0, r1), strict=True)]
    d, error, z = r1 - r0, np.hypot(e0, e1), stats.norm.ppf(0.975)
    right = {"lift": d, "ci_low": d - z * error, "ci_high": d + z * error, "p_value": 2 * stats.norm.sf(abs(d) / error)}
    per_user = np.mean(y1 / x1) - np.mean(y0 / x0)
    rows = np.sqrt(r0 * (1 - r0) / x0.sum() + r1 * (1 - r1) / x1.sum())
    pooled = (y0.sum() + y1.sum()) / (x0.sum() + x1.sum())
    pooled_rows = np.sqrt(pooled * (1 - pooled) * (1 / x0.sum() + 1 / x1.sum()))
    numerator_only = np.sqrt(y0.var(ddof=1) / len(y0) / x0.mean() ** 2 + y1.var(ddof=1) / len(y1) / x1.mean() ** 2)
    pooled_variance = ((len(y0) - 1) * y0.var(ddof=1) + (len(y1) - 1) * y1.var(ddof=1)) / (len(y0) + len(y1) - 2)
    pooled_numerator = np.sqrt(pooled_variance * (1 / len(y0) + 1 / len(y1))) / np.concatenate([x0, x1]).mean()
    small = min(len(y0), len(y1))
    checks.record(
        ratio_ab_test(y0, x0, y1, x1),
        right,
        name,
        rtol=1e-4,
        atol=2e-6,
        mistakes={
            "this is control minus treatment; turn it round": {"lift": -d},
            "this is the relative lift; the statement asks for the difference": {"lift": d / r0},
            "this is the difference of the means of each user's own ratio; the metric is the ratio of the two means": {"lift": per_user},
            "this compares the numerators only; the metric is a ratio": {"lift": y1.mean() - y0.mean()},
            "the standard error uses the numerator only; the denominator varies too": {"ci_low": d - z * numerator_only},
            "the standard error uses the pooled numerator only; the denominator varies too": {"ci_low": d - z * pooled_numerator},
            "chats are counted as independent rows; users were randomised": {"ci_low": d - z * rows},
            "chats are counted as independent rows, pooled over the arms; users were randomised": {"ci_low": d - z * pooled_rows},
            "standard errors are added; add their squares and take the root": {"ci_low": d - z * (e0 + e1)},
            "both arms are treated as if they had the same number of users": {"ci_low": d - z * np.sqrt((e0**2 * len(y0) + e1**2 * len(y1)) / small)},
            "this is a 90 % interval; the statement asks for 95 %": {"ci_low": d - stats.norm.ppf(0.95) * error},
            "this p-value is one-sided; double the tail": {"p_value": right["p_value"] / 2},
            "this p-value is one-sided, in the direction of a rise": {"p_value": stats.norm.sf(d / error)},
        },
    )
### END HIDDEN TESTS

# %% test="ratio_ab_test" name="edges" points=1
"""Users without chats are kept, and an unusable arm is refused, whichever it is."""
### BEGIN HIDDEN TESTS
good = ([3, 1, 0, 6], [4, 2, 1, 9])
result = ratio_ab_test(*good, [0, 4, 2, 5], [0, 8, 4, 6])
checks.record(result, {"lift": 11 / 18 - 0.625}, "the lift when a treated user has no chats")
same = ratio_ab_test(*good, *good)
checks.record(same, {"lift": 0.0, "p_value": 1.0}, "an arm against itself")
checks.record(ratio_ab_test([1, 3], [2, 2], [1, 2], [2, 2]), {"lift": -0.25, "p_value": 0.6547208460}, "arms of two users, the fewest that are allowed")
checks.raises(ValueError, ratio_ab_test, *good, [1, 2, 3], [1, 2], what="a treatment arm whose lengths differ")
checks.raises(ValueError, ratio_ab_test, [1, 2, 3], [1, 2], *good, what="a control arm whose lengths differ")
checks.raises(ValueError, ratio_ab_test, *good, [1], [2], what="a treatment arm of a single user")
checks.raises(ValueError, ratio_ab_test, [1, 0], [0, 0], *good, what="a control arm without any denominator")
### END HIDDEN TESTS

# %% test="ratio_ab_test" name="aa_test" points=2
"""In 300 A/A tests with 400 and 150 users about 5 % are significant, and the interval and the p-value always agree."""
### BEGIN HIDDEN TESTS
alarms = 0
for seed in range(300):
    control, treatment = simulate_users(400, seed=700_000 + 2 * seed), simulate_users(150, seed=700_001 + 2 * seed)
    result = ratio_ab_test(*(arm[column].to_numpy() for arm in (control, treatment) for column in ("solved", "chats")))
    outside = not result["ci_low"] <= 0 <= result["ci_high"]
    assert outside == (result["p_value"] < 0.05), (
        f"A/A test {seed}: the interval {'leaves out' if outside else 'holds'} zero, but the p-value is {result['p_value']:.3g}; both must tell the same story"
    )
    alarms += outside
checks.between(
    alarms / 300,
    0.02,
    0.09,
    "the share of A/A tests that find an effect",
    mistakes={
        "too many false alarms; look for something that belongs together and is counted as independent": (0.0901, 1.0),
        "too few false alarms: the standard error is too large": (0.0, 0.0199),
    },
)
### END HIDDEN TESTS

# %% [markdown] explain="ratio_ab_test"
# The same test is a Welch z-test on the linearised metric $L_i = R + (Y_i - R X_i)/\bar X$, computed in each arm with its own $R$ and $\bar X$: one number for each user, whose mean is the ratio and whose standard error is the Delta method's. From there everything that works for means works for ratios. CUPED, for one: regress $L_i$ on the same user's value from before the test and compare the residuals
# (Deng, Xu, Kohavi and Walker 2013: about half of the variance gone at Bing).
#
# For a *relative* lift $R_T / R_C - 1$, use the Delta method once more (it is a ratio of two independent estimates), or Fieller's interval when $R_C$ is close to zero. Dividing both ends of the absolute interval by $R_C$ ignores the noise of $R_C$.
#
# Cross-check with the bootstrap: resample users within each arm, recompute the lift, and compare the standard deviation with $SE$. They should agree to a few per cent; if not, look for a handful of users who carry the denominator.

# %% [markdown]
# > **In the interview.** *"Your metric is solved chats per chat and you randomised users. How do you test it?"*
# > **In 30 seconds:** the unit of analysis is finer than the unit of randomisation, so a test over chats is too optimistic. I add up to one row for each user and use the Delta method for the variance of the ratio of means, arm by arm; then it is a plain z-test. A bootstrap over users is my cross-check, an A/A test my proof.
# > **They ask next:** when does it break (few users, denominators near zero, heavy tails)? How does it combine with CUPED (linearise first)? Why not the mean of per-user ratios (another metric: it weighs every user alike)? What if the treatment changes the denominator (then the ratio can rise while less gets solved: report both totals)?
# > **Red flags:** "n is large, so it's fine"; averaging ratios without noticing that the metric changed; "ratio, so Delta method" for revenue per user.

# %% [markdown]
# ## Planning an A/B test: hypothesis, metrics, sample size
#
# Your team wants to show suggested prompts on the start page of an AI assistant. Before anyone writes code, one page fixes what will count as success.
# Everything on it is decided while nobody has seen a result.
#
# | on the page | here |
# |---|---|
# | hypothesis | Suggested prompts raise the share of new users who send a second request on their first day. Null hypothesis: the share stays the same. |
# | primary metric | that share. One metric, and it decides. |
# | guardrails | answer latency, error rate, model cost per user: none may get worse by more than its agreed limit |
# | secondary metrics | requests per session, prompts clicked: they explain the result, they don't decide |
# | smallest effect worth having | the *minimum detectable effect*, MDE: 2 percentage points, from 10 % to 12 % |
# | error rates | $\alpha = 0.05$ (a false alarm), power $1-\beta = 0.80$ (the chance to find the MDE if it is there) |
# | unit, users, end date | this topic and the next work them out |
#
# Too few users is the mistake that teams make most. This is what it costs.

# %% collapsed=true
users = np.arange(50, 16_001, 50)
fig, ax = plt.subplots(figsize=(7, 3))
for mde, colour in [(0.03, "C0"), (0.02, "C1"), (0.01, "C2")]:
    error = np.sqrt((0.10 * 0.90 + (0.10 + mde) * (0.90 - mde)) / users)
    ax.plot(users, stats.norm.cdf(mde / error - stats.norm.ppf(0.975)), color=colour, lw=2, label=f"10 % to {10 + 100 * mde:.0f} %")
ax.axhline(0.8, color="0.6", ls="--", lw=1)
ax.text(9_500, 0.82, "power 0.80", color="0.4", ha="center")
ax.set(xlabel="users per arm", ylabel="chance to detect it", ylim=(0, 1.05), xlim=(0, 16_000), title="Half the effect needs about four times the users")
ax.xaxis.set_major_formatter("{x:,.0f}")
ax.legend(frameon=False, loc="lower right")
plt.show()

# %% [markdown]
# A small test doesn't only miss effects. When it does find one, it overstates it: only a lucky estimate is large enough to be significant.
# This is the *winner's curse*. Below, the true lift is 2 points in every experiment.

# %% collapsed=true
rng = np.random.default_rng(4)
fig, axes = plt.subplots(1, 2, figsize=(8, 3), sharex=True, sharey=True)
for ax, n in zip(axes, [500, 3_839], strict=True):
    old, new = rng.binomial(n, 0.10, 6_000) / n, rng.binomial(n, 0.12, 6_000) / n
    lift, error = new - old, np.sqrt((old * (1 - old) + new * (1 - new)) / n)
    found = lift / error > 1.96
    bins = np.arange(-6, 10.1, 0.4)
    ax.hist(100 * lift, bins=bins, color="0.85", label="all experiments")
    ax.hist(100 * lift[found], bins=bins, color="C1", alpha=0.8, label="significant ones")
    ax.axvline(2, color="0.2", ls="--", lw=1, label="the truth: +2")
    summary = f"{n:,} users per arm: {100 * found.mean():.0f} % found,\non average at +{100 * lift[found].mean():.1f} points"
    ax.set(xlabel="estimated lift, percentage points", xlim=(-5, 9))
    ax.set_title(summary, fontsize=10)
axes[0].set_ylabel("experiments")
axes[1].legend(frameon=False, loc="upper left", fontsize=9)
fig.suptitle("Too few users: most effects are missed, the rest come out more than doubled")
plt.show()

# %% [markdown]
# The estimated lift has standard error $\sqrt{p_1(1-p_1)/n_c + p_2(1-p_2)/n_t}$. A two-sided test calls it significant beyond $z_{1-\alpha/2}$ standard errors.
# To get there with probability $1-\beta$, the true lift must lie another $z_{1-\beta}$ standard errors further out. Set the lift equal to
# $z_{1-\alpha/2} + z_{1-\beta}$ standard errors and solve for the users. That is the whole derivation.

# %% [markdown] statement="sample_size_proportions" level="core"
# ### `sample_size_proportions`: how many users for a conversion rate
#
# Write `sample_size_proportions(baseline, mde, alpha=0.05, power=0.8, ratio=1.0, two_sided=True)`. Return two whole numbers, `(n_control, n_treatment)`: users in each arm.
# With $p_1$ = `baseline`, $p_2$ = `baseline + mde` (`mde` is absolute: `0.02` is two percentage points; it may be negative) and $r$ = `ratio` = $n_\text{treatment} / n_\text{control}$:
#
# $$n_\text{control} = \frac{(z_{1-\alpha/2} + z_\text{power})^2}{\text{mde}^2}\left(p_1(1-p_1) + \frac{p_2(1-p_2)}{r}\right), \qquad n_\text{treatment} = r \, n_\text{control}$$
#
# $z_q$ is the Normal quantile. With `two_sided=False`, $z_{1-\alpha}$ takes the place of $z_{1-\alpha/2}$.
# Compute both numbers without rounding, then round each up.
# Raise `ValueError` when `baseline`, `baseline + mde`, `alpha` or `power` is not strictly between 0 and 1, when `mde` is 0, or when `ratio` is not above 0.
#
# Example: `sample_size_proportions(0.10, 0.02)` gives `(3839, 3839)`. With `ratio=0.25` it is `(10055, 2514)`.


# %% solution="sample_size_proportions"
def sample_size_proportions(
    baseline: float, mde: float, alpha: float = 0.05, power: float = 0.8, ratio: float = 1.0, two_sided: bool = True
) -> tuple[int, int]:
    """Users per arm to detect an absolute change `mde` of a proportion; unpooled normal approximation.

    baseline, mde: shares (0.10 is 10 %). ratio: n_treatment / n_control. Returns (n_control, n_treatment), each rounded up.
    """
    ### BEGIN SOLUTION
    p1, p2 = baseline, baseline + mde
    if not all(0 < share < 1 for share in (p1, p2, alpha, power)) or mde == 0 or not ratio > 0:
        raise ValueError("shares, alpha and power lie strictly between 0 and 1, mde is not 0 and ratio is above 0")
    z_total = stats.norm.ppf(1 - alpha / 2 if two_sided else 1 - alpha) + stats.norm.ppf(power)
    n_control = z_total**2 * (p1 * (1 - p1) + p2 * (1 - p2) / ratio) / mde**2
    return math.ceil(n_control), math.ceil(ratio * n_control)
    ### END SOLUTION


# %% [markdown] hint="sample_size_proportions"
# `stats.norm.ppf(q)` is $z_q$. For the defaults the two quantiles are 1.96 and 0.84.

# %% [markdown] hint="sample_size_proportions"
# Keep the control's number as a float until the end. The treatment's number is `ratio` times that float, not `ratio` times the rounded one.

# %% [markdown] hint="sample_size_proportions"
# `z = stats.norm.ppf(1 - alpha / 2 if two_sided else 1 - alpha) + stats.norm.ppf(power)`, then `n = z**2 * (p1 * (1 - p1) + p2 * (1 - p2) / ratio) / mde**2`
# and `math.ceil` on `n` and on `ratio * n`. Check the input first.

# %% test="sample_size_proportions" name="value" points=2
"""Both arms, rounded up: the example, then other baselines, a drop, stricter error rates and a one-sided test."""
checks.array(
    sample_size_proportions(0.10, 0.02),
    [3839, 3839],
    "users per arm to detect 10 % to 12 %",
    mistakes={
        "this is the one-sided size; alpha is split over both sides": [3024, 3024],
        "mde was taken as a share of the baseline; 0.02 means two percentage points": [356_332, 356_332],
        "this is the total of both arms; return the users of each": [7677, 7677],
        "rounded down or to the nearest; round up, or the power falls short": [3838, 3838],
        "not rounded; users come whole, so round up": [3838.1021901, 3838.1021901],
        "the power is left out; add its quantile to that of alpha": [1879, 1879],
        "beta was put in the place of power": [612, 612],
        "this is the pooled formula; the statement gives the unpooled one": [3841, 3841],
        "this is the arcsine (Cohen's h) formula; the statement gives another": [3835, 3835],
        "both variances use the baseline; the treatment arm has its own": [3532, 3532],
        "the two variances are averaged; the formula adds them": [1920, 1920],
    },
)


### BEGIN HIDDEN TESTS
def _sizes(p1, p2, delta, z, r=1.0):
    n = z**2 * (p1 * (1 - p1) + p2 * (1 - p2) / r) / delta**2
    return [math.ceil(n), math.ceil(r * n)]


_z = stats.norm.ppf
for _p, _d, _alpha, _power in [(0.04, -0.006, 0.01, 0.9), (0.31, 0.025, 0.05, 0.9), (0.62, 0.04, 0.10, 0.7)]:
    _good = _z(1 - _alpha / 2) + _z(_power)
    _right = _sizes(_p, _p + _d, _d, _good)
    checks.array(
        sample_size_proportions(_p, _d, alpha=_alpha, power=_power),
        _right,
        f"users per arm for baseline {_p}, mde {_d}, alpha {_alpha}, power {_power}",
        mistakes={
            "this is the one-sided size; alpha is split over both sides": _sizes(_p, _p + _d, _d, _z(1 - _alpha) + _z(_power)),
            "mde was taken as a share of the baseline; it is absolute": _sizes(_p, _p * (1 + _d), _p * _d, _good),
            "alpha and power are ignored; these are the defaults' numbers": _sizes(_p, _p + _d, _d, _z(0.975) + _z(0.8)),
            "this is the total of both arms; return the users of each": [math.ceil(2 * _good**2 * (_p * (1 - _p) + (_p + _d) * (1 - _p - _d)) / _d**2)] * 2,
            "rounded down; round up, or the power falls short": [n - 1 for n in _right],
            "beta was put in the place of power": _sizes(_p, _p + _d, _d, _z(1 - _alpha / 2) + _z(1 - _power)),
            "both variances use the baseline; the treatment arm has its own": _sizes(_p, _p, _d, _good),
        },
    )
checks.array(
    sample_size_proportions(0.27, 0.03, two_sided=False),
    _sizes(0.27, 0.30, 0.03, _z(0.95) + _z(0.8)),
    "users per arm for a one-sided test",
    mistakes={
        "two_sided=False is ignored": _sizes(0.27, 0.30, 0.03, _z(0.975) + _z(0.8)),
    },
)
### END HIDDEN TESTS

# %% test="sample_size_proportions" name="ratio" points=1
"""Arms of unequal size: ratio is treatment over control."""
checks.array(
    sample_size_proportions(0.10, 0.02, ratio=0.25),
    [10055, 2514],
    "users in (control, treatment) for ratio 0.25",
    mistakes={
        "the ratio is upside down; it is treatment over control": [2285, 9137],
        "the ratio is ignored": [3839, 3839],
        "only the treatment arm was scaled; with unequal arms the control's number changes too": [3839, 960],
        "the total of two equal arms was split by the ratio; unequal arms need more users in all": [6141, 1536],
        "the arms are in the wrong order; control comes first": [2514, 10055],
    },
)
### BEGIN HIDDEN TESTS
for _p, _d, _r in [(0.05, 0.012, 3.0), (0.22, 0.02, 0.5), (0.30, -0.04, 1.5)]:
    _v1, _v2, _k = _p * (1 - _p), (_p + _d) * (1 - _p - _d), (stats.norm.ppf(0.975) + stats.norm.ppf(0.8)) ** 2 / _d**2
    _n, _swapped, _equal = _k * (_v1 + _v2 / _r), _k * (_v1 + _v2 * _r), _k * (_v1 + _v2)
    _right = [math.ceil(_n), math.ceil(_r * _n)]
    _wrong = {
        "the ratio is upside down; it is treatment over control": [math.ceil(_swapped), math.ceil(_swapped / _r)],
        "the ratio is ignored": [math.ceil(_equal), math.ceil(_equal)],
        "only the treatment arm was scaled; with unequal arms the control's number changes too": [math.ceil(_equal), math.ceil(_r * _equal)],
        "the total of two equal arms was split by the ratio; unequal arms need more users in all": [
            math.ceil(2 * _equal / (1 + _r)),
            math.ceil(2 * _equal * _r / (1 + _r)),
        ],
        "the treatment's number was rounded twice; multiply before rounding": [math.ceil(_n), math.ceil(_r * math.ceil(_n))],
        "the arms are in the wrong order; control comes first": [math.ceil(_r * _n), math.ceil(_n)],
    }
    checks.array(
        sample_size_proportions(_p, _d, ratio=_r),
        _right,
        f"users in (control, treatment) for ratio {_r}",
        mistakes={name: arms for name, arms in _wrong.items() if arms != _right},
    )
### END HIDDEN TESTS

# %% test="sample_size_proportions" name="power" points=1
"""Simulated experiments of the size that you return find the effect as often as the power promises."""
### BEGIN HIDDEN TESTS
_rng = np.random.default_rng(2_025)
for _p, _d, _power, _r in [(0.02, 0.006, 0.8, 1.0), (0.45, -0.05, 0.9, 0.5)]:
    _arms = sample_size_proportions(_p, _d, power=_power, ratio=_r)
    assert isinstance(_arms, (tuple, list, np.ndarray)) and len(_arms) == 2, f"return two numbers, (n_control, n_treatment); you returned {_arms!r}"
    _nc, _nt = (max(1, int(n)) for n in _arms)
    _old, _new = _rng.binomial(_nc, _p, 6_000) / _nc, _rng.binomial(_nt, _p + _d, 6_000) / _nt
    _error = np.sqrt(_old * (1 - _old) / _nc + _new * (1 - _new) / _nt)
    checks.between(
        np.mean(np.abs(_new - _old) > 1.959964 * _error),
        _power - 0.025,
        _power + 0.025,
        f"the share of simulated tests that find {_p} to {_p + _d:.3f}",
        mistakes={
            "too few users: the test is under-powered": (0, _power - 0.0251),
            "more users than the power asks for": (_power + 0.0251, 1),
        },
    )
### END HIDDEN TESTS

# %% test="sample_size_proportions" name="refused" points=1
"""Effects that can't be and settings without meaning are refused."""
### BEGIN HIDDEN TESTS
checks.raises(ValueError, sample_size_proportions, 0.98, 0.03, what="baseline 0.98 and mde 0.03: a rate above 1")
checks.raises(ValueError, sample_size_proportions, 0.02, -0.05, what="baseline 0.02 and mde -0.05: a rate below 0")
checks.raises(ValueError, sample_size_proportions, 0.5, 0.5, what="baseline 0.5 and mde 0.5: a rate of exactly 1")
checks.raises(ValueError, sample_size_proportions, 0.10, 0.0, what="mde 0: no number of users finds nothing")
checks.raises(ValueError, sample_size_proportions, 0.0, 0.02, what="baseline 0")
checks.raises(ValueError, sample_size_proportions, 0.10, 0.02, alpha=0.0, what="alpha 0")
checks.raises(ValueError, sample_size_proportions, 0.10, 0.02, power=1.0, what="power 1")
checks.raises(ValueError, sample_size_proportions, 0.10, 0.02, ratio=0.0, what="ratio 0")
checks.raises(ValueError, sample_size_proportions, 0.10, 0.02, ratio=-1.0, what="ratio -1")
### END HIDDEN TESTS

# %% [markdown] explain="sample_size_proportions"
# Calculators disagree by a few users because they use different formulas. For 10 % to 12 % this one gives 3,839 per arm, the pooled variance under the null gives 3,841 and Cohen's arcsine, which `statsmodels`' `NormalIndPower` uses
# with `proportion_effectsize`, 3,835. Any of them will do; name the one you use. Equal arms are nearly always cheapest: `ratio=0.25` needs 12,569 users in place of 7,678.
# Skew the split only when one arm is expensive or risky, or when many treatments share one control. (Kohavi, Tang, Xu: *Trustworthy Online Controlled Experiments*, chapter 17.)

# %% [markdown]
# For a mean the variance no longer follows from the mean: you need the spread of the metric, from last month's logs. Users grow with the *square* of the spread.
# That is why a heavy-tailed metric such as spend is capped or adjusted for past behaviour (CUPED) before anybody asks for more users.
# Three times the standard deviation means nine times the users.

# %% [markdown] statement="sample_size_means" level="core"
# ### `sample_size_means`: how many users for a mean
#
# Write `sample_size_means(sd, mde, alpha=0.05, power=0.8, ratio=1.0, two_sided=True)`. Return `(n_control, n_treatment)` as whole numbers.
# `sd` is the standard deviation of the metric between users, the same in both arms; `mde` is the difference of means to detect, in the same unit (its sign doesn't matter); $r$ = `ratio` = $n_\text{treatment} / n_\text{control}$:
#
# $$n_\text{control} = \frac{(z_{1-\alpha/2} + z_\text{power})^2 \, \text{sd}^2}{\text{mde}^2}\left(1 + \frac{1}{r}\right), \qquad n_\text{treatment} = r \, n_\text{control}$$
#
# Normal quantiles, not Student's t. With `two_sided=False`, $z_{1-\alpha}$ takes the place of $z_{1-\alpha/2}$. Compute both numbers without rounding, then round each up.
# Raise `ValueError` when `sd` or `ratio` is not above 0, when `mde` is 0, or when `alpha` or `power` is not strictly between 0 and 1.
#
# Example: model calls per user have a standard deviation of 12. To see a change of half a call, `sample_size_means(12, 0.5)` gives `(9042, 9042)`.


# %% solution="sample_size_means"
def sample_size_means(sd: float, mde: float, alpha: float = 0.05, power: float = 0.8, ratio: float = 1.0, two_sided: bool = True) -> tuple[int, int]:
    """Users per arm to detect a difference `mde` of two means; normal approximation, equal spread.

    sd, mde: in the unit of the metric. ratio: n_treatment / n_control. Returns (n_control, n_treatment), each rounded up.
    """
    ### BEGIN SOLUTION
    if not sd > 0 or not ratio > 0 or mde == 0 or not (0 < alpha < 1 and 0 < power < 1):
        raise ValueError("sd and ratio are above 0, mde is not 0, alpha and power lie strictly between 0 and 1")
    z_total = stats.norm.ppf(1 - alpha / 2 if two_sided else 1 - alpha) + stats.norm.ppf(power)
    n_control = (z_total * sd / mde) ** 2 * (1 + 1 / ratio)
    return math.ceil(n_control), math.ceil(ratio * n_control)
    ### END SOLUTION


# %% [markdown] hint="sample_size_means"
# It is the formula for proportions with `sd**2` in the place of $p(1-p)$.

# %% [markdown] hint="sample_size_means"
# Only `sd / mde` matters. Square it, multiply by the squared sum of the two quantiles and by `1 + 1 / ratio`; round up last.

# %% test="sample_size_means" name="value" points=2
"""Both arms, rounded up: the example, then other spreads, error rates and ratios."""
checks.array(
    sample_size_means(12, 0.5),
    [9042, 9042],
    "users per arm for sd 12 and mde 0.5",
    mistakes={
        "sd stands where the variance belongs; square it": [754, 754],
        "sd and mde were not squared": [377, 377],
        "one arm's noise is missing; both means vary, so the bracket is 1 + 1/r": [4521, 4521],
        "this is the total of both arms; return the users of each": [18084, 18084],
        "this is the one-sided size; alpha is split over both sides": [7123, 7123],
        "rounded down; round up, or the power falls short": [9041, 9041],
        "the power is left out; add its quantile to that of alpha": [4426, 4426],
        "this is the size for Student's t; the statement asks for Normal quantiles": [9043, 9043],
    },
)
### BEGIN HIDDEN TESTS
_z = stats.norm.ppf
for _sd, _d, _alpha, _power, _r in [(30, 1.5, 0.05, 0.8, 2.0), (25, -1.5, 0.01, 0.9, 0.5), (3.1, 0.9, 0.05, 0.9, 3.0)]:
    _base, _one = ((_z(1 - a) + _z(_power)) ** 2 * (_sd / _d) ** 2 for a in (_alpha / 2, _alpha))
    _n, _m = _base * (1 + 1 / _r), _base * (1 + _r)
    checks.array(
        sample_size_means(_sd, _d, alpha=_alpha, power=_power, ratio=_r),
        [math.ceil(_n), math.ceil(_r * _n)],
        f"users in (control, treatment) for sd {_sd}, mde {_d}, ratio {_r}",
        mistakes={
            "sd stands where the variance belongs; square it": [math.ceil(_n / _sd), math.ceil(_r * _n / _sd)],
            "one arm's noise is missing; both means vary, so the bracket is 1 + 1/r": [math.ceil(_base), math.ceil(_r * _base)],
            "this is the one-sided size; alpha is split over both sides": [math.ceil(_one * (1 + 1 / _r)), math.ceil(_r * _one * (1 + 1 / _r))],
            "the ratio is upside down; it is treatment over control": [math.ceil(_m), math.ceil(_m / _r)],
            "the ratio is ignored": [math.ceil(2 * _base), math.ceil(2 * _base)],
            "only the treatment arm was scaled; with unequal arms the control's number changes too": [math.ceil(2 * _base), math.ceil(2 * _r * _base)],
            "rounded down; round up, or the power falls short": [math.floor(_n), math.floor(_r * _n)],
        },
    )
_base = (12 / 0.7) ** 2
checks.array(
    sample_size_means(12, 0.7, two_sided=False),
    [math.ceil(2 * _base * (_z(0.95) + _z(0.8)) ** 2)] * 2,
    "users per arm for a one-sided test",
    mistakes={
        "two_sided=False is ignored": [math.ceil(2 * _base * (_z(0.975) + _z(0.8)) ** 2)] * 2,
    },
)
### END HIDDEN TESTS

# %% test="sample_size_means" name="units" points=1
"""Euros or cents, the number of users is the same; three times the spread needs nine times the users."""
### BEGIN HIDDEN TESTS
_euros, _cents, _wide = sample_size_means(48.0, 1.3), sample_size_means(4_800.0, 130.0), sample_size_means(144.0, 1.3)
checks.array(_cents, _euros, "sd 4,800 and mde 130 in cents against sd 48 and mde 1.3 in euros: sd stands where the variance belongs if they differ")
assert isinstance(_wide, (tuple, list, np.ndarray)) and len(_wide) == 2, f"return two numbers, (n_control, n_treatment); you returned {_wide!r}"
checks.between(
    _wide[0] / max(1, _euros[0]),
    8.99,
    9.01,
    "users for three times the spread, divided by users for the spread",
    mistakes={
        "users grow with the square of the spread": (2.9, 3.1),
    },
)
### END HIDDEN TESTS

# %% test="sample_size_means" name="refused" points=1
"""Settings without meaning are refused."""
### BEGIN HIDDEN TESTS
checks.raises(ValueError, sample_size_means, 12, 0, what="mde 0: no number of users finds nothing")
checks.raises(ValueError, sample_size_means, 0, 0.5, what="sd 0")
checks.raises(ValueError, sample_size_means, -3, 0.5, what="a negative sd")
checks.raises(ValueError, sample_size_means, 12, 0.5, ratio=0, what="ratio 0")
checks.raises(ValueError, sample_size_means, 12, 0.5, alpha=1.0, what="alpha 1")
checks.raises(ValueError, sample_size_means, 12, 0.5, power=0.0, what="power 0")
checks.raises(ValueError, sample_size_means, 12, 0.5, alpha=0.0, what="alpha 0")
checks.raises(ValueError, sample_size_means, 12, 0.5, power=1.0, what="power 1")
checks.equal(sample_size_means(0.4, 0.02), (6280, 6280), "a standard deviation below 1 is fine")
### END HIDDEN TESTS

# %% [markdown] explain="sample_size_means"
# With the defaults and equal arms the constant is $2 \times (1.96 + 0.84)^2 = 15.7$: *16 times the variance over the squared effect, per arm* is the rule of thumb to say aloud (Lehr, 1992).
# Student's t adds about one user per arm. It matters below fifty users, not in a product experiment. CUPED with a correlation of 0.7 between this month and last month halves the variance, and so the users: $1 - 0.7^2 = 0.51$.

# %% [markdown]
# ### From users to an end date
#
# From 10 % to 12 % you need 3,839 users in each arm, 7,678 in all. At 640 new users a day that is 12 days. Plan 14: whole weeks, because Saturday's users are not Tuesday's.
# The end date goes on the page. Until then you watch for crashes and breached guardrails, and nobody tests the primary metric: each look at it is another chance of a false alarm.

# %% [markdown]
# > **In the interview.** *"How would you set up an A/B test for this feature?"*
# > **In 30 seconds:** I write down one hypothesis, one primary metric that decides, guardrails with limits, and secondary metrics that only explain. I ask what lift would pay for the work: that is my MDE. From baseline, MDE, alpha 5 % and power 80 or 90 %
# > I get users per arm, about 16 times the variance over the squared effect for 80 % (21 times for 90 %), and from daily traffic an end date in whole weeks. I fix the unit and the end date before the start, and then I don't peek.
# > **They ask next:** the answer is eleven weeks, what now (larger MDE, a more sensitive metric, CUPED, more traffic; not a higher alpha in silence)? What does 80 % power promise? Why is a significant result of a small test suspicious (winner's curse)? Where does the MDE come from?
# > **Red flags:** "we run it until it's significant"; an MDE chosen because the traffic fits; power computed afterwards from the observed effect.

# %% [markdown]
# ## Randomising: the unit, the hash and SUTVA
#
# Who gets a coin flip? That is the *unit of randomisation*.
#
# | unit | take it when | what goes wrong |
# |---|---|---|
# | user | they log in and can notice the change: the default | needs an id that lasts |
# | device or cookie | no login | one person meets both versions; deleted cookies make new "users" |
# | session or request | nobody can notice: a cache, a retry policy | the first session changes the next one (carry-over) |
# | team, city, hour | users affect each other | few units, so little power |
#
# Comparing the arms rests on SUTVA, the *stable unit treatment value assumption*: what happens to you depends on your own arm, not on other people's, and there is one version of the treatment.
# Here is a product where it fails. The new model gives better answers but needs more of a GPU pool that both arms share. Everybody's answers slow down as more users get it.

# %% collapsed=true
rng = np.random.default_rng(8)
share = np.linspace(0.05, 0.95, 19)
slowed = 7.0 - 1.0 * share
control, treatment = slowed + rng.normal(0, 0.015, 19), slowed + 0.4 + rng.normal(0, 0.015, 19)
fig, ax = plt.subplots(figsize=(7, 3))
ax.plot(share, treatment, "o-", color="C1", ms=4, label="users with the new model")
ax.plot(share, control, "o-", color="C0", ms=4, label="users with the old model")
ax.plot([0, 1], [7.0, 6.4], "D", color="0.2", ms=7)
ax.text(-0.03, 7.0, "nobody\nhas it: 7.0", color="0.2", va="center", ha="right")
ax.text(1.03, 6.4, "everybody\nhas it: 6.4", color="0.2", va="center")
ax.annotate("", (0.5, 6.9), (0.5, 6.5), arrowprops={"arrowstyle": "<->", "color": "0.3", "shrinkA": 0, "shrinkB": 0})
ax.text(0.52, 7.05, "the A/B test: +0.4", color="0.3", va="center")
ax.set(
    xlabel="share of users in treatment",
    ylabel="satisfaction, 0 to 10",
    xlim=(-0.27, 1.27),
    ylim=(5.85, 7.75),
    title="Every test says +0.4, the launch brings −0.6",
)
ax.set_xticks(np.linspace(0, 1, 6))
ax.xaxis.set_major_formatter("{x:.0%}")
ax.legend(frameon=False, loc="upper right", fontsize=9)
plt.show()

# %% [markdown]
# No sample size mends that. You change the unit: separate pools, whole teams or cities, or alternating time slots (the causal notebook builds these designs).
#
# Now the coin itself. A service has to give a user the same arm on every request, on every server, next week too, without a table of users. So the coin is a hash: user id in, an evenly spread number out.
# The *salt*, a different word for each experiment, reshuffles the users. Without it the same people are treated in every experiment, and what the last one did to them leaks into this one.

# %% collapsed=true
rng = np.random.default_rng(21)
repeats, n = 400, 2_000
lifts = {"same buckets as last time": [], "new salt, new buckets": []}
for _ in range(repeats):
    last = rng.permutation(n) < n // 2
    requests = rng.normal(10, 4, n) - 0.8 * last
    for name, arm in zip(lifts, [last, rng.permutation(n) < n // 2], strict=True):
        lifts[name].append(requests[arm].mean() - requests[~arm].mean())
fig, ax = plt.subplots(figsize=(7, 3))
for (name, values), colour in zip(lifts.items(), ["C1", "C0"], strict=True):
    ax.hist(values, bins=np.arange(-1.52, 0.81, 0.08), color=colour, alpha=0.7, label=name)
ax.axvline(0, color="0.2", ls="--", lw=1)
ax.set(
    xlabel="measured lift of a change that does nothing, requests per user",
    ylabel="experiments",
    title="Last month's bad experiment haunts this month's, unless the salt is new",
)
ax.legend(frameon=False, loc="upper left", fontsize=9)
ax.set_ylim(0, 100)
plt.show()

# %% [markdown] statement="assign_variant" level="core"
# ### `assign_variant`: the same coin for everyone, everywhere
#
# Write `assign_variant(user_id, salt, weights)`. `user_id` is a string or an int, `salt` a string, `weights` a dict from arm to weight, such as `{"control": 9, "treatment": 1}`. Return the arm's name.
#
# 1. Join salt, a colon and the id to one text, `f"{salt}:{user_id}"` (so `42` and `"42"` are the same user), and encode it as UTF-8.
# 2. Take SHA-256. Read the first 8 bytes of the digest as an unsigned integer, big-endian, and divide it by $2^{64}$. That is $u$, from 0 up to 1.
# 3. Go through the arms in the order of the dict, adding up `weight / total weight`. The first arm whose running sum is greater than $u$ is the answer; should rounding leave none, it is the last arm with a weight above 0.
#
# Weights need not add up to 1; an arm of weight 0 gets nobody. Raise `ValueError` when there are no arms, when a weight is negative, or when the weights add up to 0.
#
# Example: with salt `"summaries-v2"` user 42 has $u = 0.3591$. `assign_variant(42, "summaries-v2", {"control": 1, "treatment": 1})` gives `"control"`, user 1001 ($u = 0.9261$) gets `"treatment"`.


# %% solution="assign_variant"
def assign_variant(user_id: int | str, salt: str, weights: dict[str, float]) -> str:
    """Arm of a user: a pure function of id, salt and weights.

    weights: arm -> weight, at least 0; the order of the arms counts. Returns the name of an arm.
    """
    ### BEGIN SOLUTION
    total = sum(weights.values())
    if not weights or min(weights.values()) < 0 or total == 0:
        raise ValueError("at least one arm, no negative weight, and some weight in all")
    digest = hashlib.sha256(f"{salt}:{user_id}".encode()).digest()
    u = int.from_bytes(digest[:8], "big") / 2**64
    reached = 0.0
    for arm, weight in weights.items():
        reached += weight / total
        if u < reached:
            return arm
    return [arm for arm, weight in weights.items() if weight > 0][-1]  # u within rounding of 1
    ### END SOLUTION


# %% [markdown] hint="assign_variant"
# `hashlib.sha256(text.encode("utf-8")).digest()` gives 32 bytes, the same on every machine. Python's `hash()` of a string does not: it is reseeded in every process.

# %% [markdown] hint="assign_variant"
# `int.from_bytes(digest[:8], "big") / 2**64` is $u$. Then keep a running sum of the shares and return as soon as it is greater than $u$.

# %% test="assign_variant" name="examples" points=1
"""The arms of a few users, and the same arm on every call."""
_halves = {"control": 1, "treatment": 1}
_seen = {assign_variant(1001, "summaries-v2", _halves) for _ in range(20)}
assert len(_seen) == 1, "the arm of user 1001 changes from call to call; it must depend on nothing but id, salt and weights, so no random draw"
_given = [assign_variant(user, "summaries-v2", _halves) for user in (42, 1001, 1, 7, "zoë")]
checks.equal(_given, ["control", "treatment", "treatment", "control", "control"], "the arms of users 42, 1001, 1, 7 and 'zoë'")

# %% test="assign_variant" name="value" points=2
"""The arm of each user, to the bit: hundreds of ids, several arms and unequal weights."""


### BEGIN HIDDEN TESTS
def _point(text, algorithm="sha256", part=slice(0, 8), order="big"):
    return int.from_bytes(hashlib.new(algorithm, text.encode()).digest()[part], order) / 2**64


def _arms(points, weights):
    names, edges = list(weights), np.cumsum(list(weights.values())) / sum(weights.values())
    return [names[min(int(np.searchsorted(edges, u, side="right")), len(names) - 1)] for u in points]


for _salt, _weights, _users in [
    ("onboarding-7", {"treatment": 1, "control": 1}, [f"u{i}" for i in range(80)]),
    ("router", {"small": 0.5, "large": 0.3, "cascade": 0.2}, list(range(10_000, 10_100))),
    ("ramp-up", {"old": 19, "off": 0, "new": 1}, [f"{i:04d}@example.org" for i in range(80)]),
]:
    _plain = [f"{_salt}:{user}" for user in _users]
    _right = _arms([_point(text) for text in _plain], _weights)
    _wrong = {
        "the salt is left out": [_point(str(user)) for user in _users],
        "this is Python's hash(), which changes from process to process; use SHA-256": [(hash(text) % 2**64) / 2**64 for text in _plain],
        "this is Python's hash() modulo 100, which changes from process to process; use SHA-256": [(hash(text) % 100) / 100 for text in _plain],
        "the id stands in front of the salt": [_point(f"{user}:{_salt}") for user in _users],
        "the colon between salt and id is missing": [_point(f"{_salt}{user}") for user in _users],
        "this is MD5; the statement asks for SHA-256": [_point(text, "md5") for text in _plain],
        "the bytes are read little-endian; the first byte is the largest": [_point(text, order="little") for text in _plain],
        "these are the last 8 bytes of the digest; take the first": [_point(text, part=slice(-8, None)) for text in _plain],
    }
    _named = {name: _arms(points, _weights) for name, points in _wrong.items()}
    _named["the weights are ignored"] = _arms([_point(text) for text in _plain], dict.fromkeys(_weights, 1))
    _named["the arms were sorted; go through them in the order of the dict"] = _arms([_point(text) for text in _plain], dict(sorted(_weights.items())))
    _named["all weights are taken as shares of 1; divide by their total"] = [
        next((a for a, edge in zip(_weights, np.cumsum(list(_weights.values())), strict=True) if edge > _point(t)), None) for t in _plain
    ]
    checks.equal(
        [assign_variant(user, _salt, _weights) for user in _users],
        _right,
        f"the arms of {len(_users)} users under the salt {_salt!r}",
        mistakes={name: arms for name, arms in _named.items() if arms != _right},
    )
### END HIDDEN TESTS

# %% test="assign_variant" name="salts" points=1
"""Two experiments with different salts split the users independently; an int and its text are the same user."""
### BEGIN HIDDEN TESTS
_halves = {"a": 1, "b": 1}
_first, _second = ([assign_variant(user, salt, _halves) for user in range(150)] for salt in ("prices", "layout"))
checks.between(
    np.mean([x == y for x, y in zip(_first, _second, strict=True)]),
    0.35,
    0.65,
    "the share of users who get the same arm in two experiments",
    mistakes={
        "the salt has no effect: the same users are treated in every experiment": (0.99, 1.0),
    },
)
checks.equal(
    [assign_variant(str(user), "prices", _halves) for user in range(40)], _first[:40], "the arms of the ids '0' to '39', as texts, against the same ids as ints"
)
### END HIDDEN TESTS

# %% test="assign_variant" name="weights" points=1
"""Weights of any total, arms of weight 0, and plans that make no sense."""
### BEGIN HIDDEN TESTS
checks.equal(
    {assign_variant(user, "one", {"off": 0, "only": 5, "never": 0}) for user in range(40)}, {"only"}, "the arms given out when all but one have weight 0"
)
checks.equal(
    [assign_variant(user, "scale", {"a": 30, "b": 70}) for user in range(40)],
    [assign_variant(user, "scale", {"a": 0.3, "b": 0.7}) for user in range(40)],
    "weights 30 and 70 against 0.3 and 0.7",
)
checks.raises(ValueError, assign_variant, 1, "s", {}, what="no arms")
checks.raises(ValueError, assign_variant, 1, "s", {"a": 1.5, "b": -0.5}, what="a negative weight")
checks.raises(ValueError, assign_variant, 1, "s", {"a": 0, "b": 0}, what="weights that add up to 0")
### END HIDDEN TESTS

# %% [markdown] explain="assign_variant"
# A good hash spreads ids like fair draws, so 64 bits are a uniform number for all purposes. With two arms, raising treatment from 5 % to 50 % moves one border one way: nobody loses the treatment again. With three arms the middle one slides along, and some users change arms.
# Python's `hash("42")` is salted anew for each process (`PYTHONHASHSEED` fixes it), and `hash(42)` is 42, which is no shuffle at all. Real systems hash to 1,000 or 10,000 buckets first; the idea is the same.

# %% [markdown]
# ### Did the coin land as planned?
#
# Before you read any result, count the users. If you planned half and half and see 20,000 against 19,200, something removed users from one arm: a crash, a redirect, a bot filter, a join.
# The missing are never a random sample. Below, the change does nothing at all, but its page crashes for some users who would hardly have bought anything.

# %% collapsed=true
rng = np.random.default_rng(3)
n, repeats = 20_000, 3_000
bought_control, bought_treatment = rng.binomial(n, 0.10, repeats), rng.binomial(n, 0.10, repeats)
lost = rng.binomial(n - bought_treatment, 0.0445)
control = bought_control / n
fig, ax = plt.subplots(figsize=(7, 3))
for people, colour, name in [(n, "C0", "everybody is logged"), (n - lost, "C1", "4 % of treated users crash,\nnone of them buyers")]:
    ax.hist(100 * (bought_treatment / people - control), bins=np.arange(-1.2, 1.7, 0.1), color=colour, alpha=0.7, label=name)
ax.axvline(0, color="0.2", ls="--", lw=1)
ax.set(
    xlabel="measured lift of a change that does nothing, percentage points",
    ylabel="experiments",
    title="Lose the wrong 4 % of one arm and a lift appears from nowhere",
    xlim=(-2.3, 1.7),
)
ax.legend(frameon=False, loc="upper left", fontsize=9)
plt.show()

# %% [markdown] statement="sample_ratio_mismatch" level="core"
# ### `sample_ratio_mismatch`: do the counts fit the plan?
#
# Write `sample_ratio_mismatch(counts, weights)`. `counts` is a dict from arm to the number of users seen, `weights` a dict from arm to planned weight; weights need not add up to 1. Match arms by name: the two dicts may be in different order, and a planned arm that is missing from `counts` has 0 users.
# Of $N$ users in all, the plan expects $E_k = N \, w_k / \sum w$ in arm $k$. With $K$ planned arms:
#
# $$\chi^2 = \sum_k \frac{(O_k - E_k)^2}{E_k}, \qquad p = P(\chi^2_{K-1} \ge \chi^2)$$
#
# Return `{"chi2": ..., "p_value": ..., "verdict": ...}`; the verdict is `"mismatch"` when $p < 0.001$, otherwise `"ok"`. No continuity correction.
# Raise `ValueError` when fewer than two arms are planned, when a weight is not above 0, when a count is negative, when no user was seen at all, or when `counts` has an arm that is not planned.
#
# Example: `sample_ratio_mismatch({"control": 8145, "treatment": 1855}, {"control": 4, "treatment": 1})` gives `{"chi2": 13.140625, "p_value": 0.000289, "verdict": "mismatch"}`, the p-value rounded here; don't round yours.


# %% solution="sample_ratio_mismatch"
def sample_ratio_mismatch(counts: dict[str, int], weights: dict[str, float]) -> dict[str, float | str]:
    """Chi-square test of the users seen in each arm against the planned split.

    counts: arm -> users. weights: arm -> planned weight, any total. Returns {"chi2", "p_value", "verdict"}, verdict "mismatch" or "ok".
    """
    ### BEGIN SOLUTION
    if len(weights) < 2 or min(weights.values()) <= 0 or set(counts) - set(weights):
        raise ValueError("at least two planned arms, weights above 0, and no arm that was not planned")
    observed = np.array([counts.get(arm, 0) for arm in weights], dtype=float)
    if observed.min() < 0 or observed.sum() == 0:
        raise ValueError("counts are at least 0, and some user was seen")
    planned = np.array(list(weights.values()), dtype=float)
    chi2, p_value = stats.chisquare(observed, observed.sum() * planned / planned.sum())
    return {"chi2": float(chi2), "p_value": float(p_value), "verdict": "mismatch" if p_value < 0.001 else "ok"}
    ### END SOLUTION


# %% [markdown] hint="sample_ratio_mismatch"
# Bring both dicts into one order first: `[counts.get(arm, 0) for arm in weights]`.

# %% [markdown] hint="sample_ratio_mismatch"
# `stats.chisquare(observed, expected)` returns the statistic and the p-value with $K-1$ degrees of freedom. It wants expected counts with the same total as the observed ones.

# %% test="sample_ratio_mismatch" name="value" points=2
"""Statistic, p-value and verdict: two arms, three arms, equal and unequal plans."""
checks.record(
    sample_ratio_mismatch({"control": 8145, "treatment": 1855}, {"control": 4, "treatment": 1}),
    {"chi2": 13.140625, "p_value": 0.000288961452, "verdict": "mismatch"},
    "8,145 and 1,855 users, planned 4 to 1",
    mistakes={
        "the planned weights are ignored; the plan is not half and half": {"chi2": 3956.41},
        "expected counts are users times weight; divide the weights by their total": {"chi2": 32_002.628125},
        "this is the two-sample test that compares a metric between the arms; compare the counts with the plan": {"chi2": 7912.82},
        "the planned counts are treated as a second sample; they are known, not counted": {"chi2": 6.756216663},
        "the planned counts are treated as a second sample, and with a continuity correction; they are known, not counted": {"chi2": 6.66334881},
        "the degrees of freedom are arms minus 1": {"p_value": 0.00140136},
    },
)


### BEGIN HIDDEN TESTS
def _chi2(observed, weights):
    o, w = np.array(observed, float), np.array(weights, float)
    e = o.sum() * w / w.sum()
    return float(np.sum((o - e) ** 2 / e))


checks.record(
    sample_ratio_mismatch({"control": 50_421, "treatment": 49_579}, {"control": 0.5, "treatment": 0.5}),
    {"chi2": 7.08964, "p_value": 0.00775308198, "verdict": "ok"},
    "50,421 and 49,579 users, planned half and half",
    mistakes={
        "this is the two-sample test that compares a metric between the arms; compare the counts with the plan": {"chi2": 2 * 7.08964},
        "the planned counts are treated as a second sample; they are known, not counted": {
            "chi2": float(stats.chi2_contingency([[50_421, 49_579], [50_000, 50_000]])[0])
        },
        "a continuity correction was applied": {"chi2": (420.5**2) / 25_000},
        "this is a one-sided p-value": {"p_value": 0.00775308198 / 2},
        "the degrees of freedom are arms minus 1": {"p_value": float(stats.chi2.sf(7.08964, 2))},
        "the limit is 0.001, not 0.05: this alarm rings on every experiment, so it must be rare": {"verdict": "mismatch"},
    },
)
for _counts, _weights in [((9_012, 4_611, 4_377), (2, 1, 1)), ((3_010, 2_954, 6_130, 12_506), (0.125, 0.125, 0.25, 0.5)), ((61_204, 14_611), (80, 20))]:
    _stat = _chi2(_counts, _weights)
    _p = float(stats.chi2.sf(_stat, len(_counts) - 1))
    _names = [f"arm {i}" for i in range(len(_counts))]
    checks.record(
        sample_ratio_mismatch(dict(zip(_names, _counts, strict=True)), dict(zip(_names, _weights, strict=True))),
        {"chi2": _stat, "p_value": _p, "verdict": "mismatch" if _p < 0.001 else "ok"},
        f"counts {_counts}, planned {_weights}",
        mistakes={
            "the planned weights are ignored": {"chi2": _chi2(_counts, [1] * len(_counts))},
            "the degrees of freedom are arms minus 1": {"p_value": float(stats.chi2.sf(_stat, len(_counts)))},
            "the degrees of freedom are arms minus 1, also with more than two arms": {"p_value": float(stats.chi2.sf(_stat, 2 if len(_counts) == 2 else 1))},
        }
        if _p > 1e-6
        else {"the planned weights are ignored": {"chi2": _chi2(_counts, [1] * len(_counts))}},
    )
### END HIDDEN TESTS

# %% test="sample_ratio_mismatch" name="arms" points=1
"""Arms are matched by name, and an arm that nobody reached still counts."""


### BEGIN HIDDEN TESTS
def _chi2(observed, weights):
    o, w = np.array(observed, float), np.array(weights, float)
    e = o.sum() * w / w.sum()
    return float(np.sum((o - e) ** 2 / e))


_stat = _chi2([2_030, 970], [2, 1])
checks.record(
    sample_ratio_mismatch({"new": 970, "old": 2_030}, {"old": 2, "new": 1}),
    {"chi2": _stat, "verdict": "ok"},
    "970 new and 2,030 old users, planned old 2 to new 1",
    mistakes={
        "the dicts are in different order; match the arms by name": {"chi2": _chi2([970, 2_030], [2, 1])},
    },
)
_stat = _chi2([1_010, 990, 0], [1, 1, 1])
checks.record(
    sample_ratio_mismatch({"a": 1_010, "b": 990}, {"a": 1, "b": 1, "c": 1}),
    {"chi2": _stat, "p_value": 0.0, "verdict": "mismatch"},
    "three planned arms, one of which nobody reached",
    mistakes={
        "the planned arm without users was dropped; it counts as 0": {"chi2": _chi2([1_010, 990], [1, 1])},
    },
)
### END HIDDEN TESTS

# %% test="sample_ratio_mismatch" name="refused" points=1
"""Plans and counts without meaning are refused."""
### BEGIN HIDDEN TESTS
checks.raises(ValueError, sample_ratio_mismatch, {"a": 10}, {"a": 1}, what="a plan with one arm")
checks.raises(ValueError, sample_ratio_mismatch, {"a": 10, "b": 12}, {"a": 1, "b": 0}, what="a planned weight of 0")
checks.raises(ValueError, sample_ratio_mismatch, {"a": 10, "b": -2}, {"a": 1, "b": 1}, what="a negative count")
checks.raises(ValueError, sample_ratio_mismatch, {"a": 0, "b": 0}, {"a": 1, "b": 1}, what="no users at all")
checks.raises(ValueError, sample_ratio_mismatch, {"a": 10, "b": 12, "c": 11}, {"a": 1, "b": 1}, what="users in an arm that was not planned")
### END HIDDEN TESTS

# %% [markdown] explain="sample_ratio_mismatch"
# With two arms this is the z-test of a share against the planned one, squared. The limit is strict because the check runs on every experiment, and an alarm means *throw the result away*: at 5 % one healthy experiment in twenty would go.
# After an alarm don't reweight; find the cause: split by browser, day and entry page and see where the ratio breaks. (Fabijan et al., 2019: *Diagnosing Sample Ratio Mismatch in Online Controlled Experiments*.)

# %% [markdown]
# > **In the interview.** *"At what level do you randomise, and how do you know that it worked?"*
# > **In 30 seconds:** at the level where the change is felt and where people don't affect each other: normally the user, so that nobody meets both versions. I hash the user id with a salt of the experiment, which makes the arm reproducible and independent of other tests.
# > Then I test the counts against the planned split; if that chi-square test has p below 0.001, I don't look at the metric at all. Where users share something, such as riders and drivers, friends, or a GPU pool, SUTVA fails and I randomise clusters or time slots.
# > **They ask next:** you randomised users but the metric is per session: what changes (Delta method)? How would you notice interference? 50.2 % against 49.8 % on a million users: fine? (No: p is about 0.00006.) The mismatch is in one browser only: what do you do?
# > **Red flags:** `random()` on each request; one bucket column reused for every experiment; "50.2 to 49.8 is close enough".

# %% [markdown]
# ## Reading the result: novelty, practical significance, decision
#
# The end date has come. If somebody had looked every day and stopped at the first good number, the 5 % would be gone (`peeking_rate` measures by how much). Nobody did, and the counts fit the plan. Now the order is: effect with its interval, then time, then the decision.
#
# The effect is a difference of two means. Welch's t-test is the default: it doesn't ask for equal spreads, and with thousands of users it is the z-test. Report the interval first: p below 0.05 says no more than that it leaves out 0.

# %%
rng = np.random.default_rng(12)
control, treatment = rng.gamma(2.0, 5.0, 9_042), rng.gamma(2.0, 5.3, 9_042)
test = stats.ttest_ind(treatment, control, equal_var=False)
low, high = test.confidence_interval(0.95)
print(f"lift {treatment.mean() - control.mean():+.2f} model calls per user, 95 % interval {low:+.2f} to {high:+.2f}, p = {test.pvalue:.1g}")

# %% [markdown]
# ### Does the lift last?
#
# New things get clicked because they are new. That is the *novelty effect*, and it fades. The opposite exists too: users first resist a change and then learn it, and the lift grows. The average over the test hides both.


# %% locked="simulate_lifts"
def simulate_lifts(days: int, first: float, lasting: float, half_life: float, noise: float, seed: int) -> np.ndarray:
    """Measured lift of each day: starts at `first`, goes to `lasting`, half of the way in every `half_life` days, plus Normal noise."""
    rng = np.random.default_rng(seed)
    return lasting + (first - lasting) * 0.5 ** (np.arange(days) / half_life) + rng.normal(0, noise, days)


# %% collapsed=true
fig, axes = plt.subplots(1, 2, figsize=(8, 3), sharey=True)
cases = [
    ("A novelty effect: the lift fades", simulate_lifts(21, 4.2, 0.1, 5, 0.45, seed=5)),
    ("The lift is real: it stays", simulate_lifts(21, 1.4, 1.4, 5, 0.45, seed=14)),
]
for ax, (title, lift) in zip(axes, cases, strict=True):
    day = np.arange(lift.size)
    line = np.poly1d(np.polyfit(day, lift, 1))
    ax.axhline(0, color="0.8", lw=1)
    ax.axhline(lift.mean(), color="0.5", ls="--", lw=1.5, label=f"average, {lift.mean():+.1f}")
    ax.plot(day, lift, "o", color="C0", ms=4)
    ax.plot(day, line(day), color="C1", lw=2, label=f"line, {line[1]:+.2f} a day")
    ax.set(xlabel="day of the test", title=title)
    ax.legend(frameon=False, loc="upper right", fontsize=9)
axes[0].set(ylabel="lift, percentage points", ylim=(-1.2, 5.4))
fig.suptitle("Two tests with the same average, and only one of them is worth a launch", y=1.06)
plt.show()

# %% [markdown] statement="novelty_slope" level="stretch"
# ### `novelty_slope`: is the lift fading?
#
# Write `novelty_slope(daily_lift)`. It gets a sequence of $n$ daily lifts, one for each day in order, no gaps (a list or an array). Fit a straight line by ordinary least squares, each day counting the same, with $t = 0, 1, \dots, n-1$:
#
# $$b = \frac{\sum (t - \bar t)(y_t - \bar y)}{\sum (t - \bar t)^2}, \qquad \text{se} = \sqrt{\frac{\sum (y_t - \hat y_t)^2 / (n-2)}{\sum (t - \bar t)^2}}, \qquad b \pm t_{0.975,\,n-2} \; \text{se}$$
#
# Return `{"slope": b, "ci_low": ..., "ci_high": ..., "verdict": ...}`, in lift per day, not rounded. The verdict is `"fading"` when the whole interval lies below 0, `"growing"` when it lies above 0, otherwise `"stable"`.
# Raise `ValueError` when there are fewer than 3 days.
#
# Example: `novelty_slope([3.1, 2.4, 2.6, 1.9, 1.5, 1.7])` gives slope `-0.2971`, interval `-0.4773` to `-0.1169` (rounded here), verdict `"fading"`.


# %% solution="novelty_slope"
def novelty_slope(daily_lift: ArrayLike) -> dict[str, float | str]:
    """Trend of the daily lift with its 95 % t-interval.

    daily_lift: shape (n,), one lift per day, n >= 3. Returns {"slope", "ci_low", "ci_high", "verdict"}, in lift per day.
    """
    ### BEGIN SOLUTION
    lift = np.asarray(daily_lift, dtype=float)
    if lift.size < 3:
        raise ValueError("a line with an interval needs at least 3 days")
    day = np.arange(lift.size) - (lift.size - 1) / 2
    slope = day @ lift / (day @ day)
    residual = lift - lift.mean() - slope * day
    reach = stats.t.ppf(0.975, lift.size - 2) * np.sqrt(residual @ residual / (lift.size - 2) / (day @ day))
    low, high = slope - reach, slope + reach
    verdict = "fading" if high < 0 else "growing" if low > 0 else "stable"
    return {"slope": float(slope), "ci_low": float(low), "ci_high": float(high), "verdict": verdict}
    ### END SOLUTION


# %% [markdown] hint="novelty_slope"
# `stats.linregress(np.arange(n), lift)` returns `.slope` and its standard error `.stderr`. What is left is the interval and the verdict.

# %% [markdown] hint="novelty_slope"
# The interval is `slope ± stats.t.ppf(0.975, n - 2) * stderr`. With seven days the t quantile is 2.57, not 1.96.

# %% test="novelty_slope" name="value" points=2
"""Slope, interval and verdict: a fading lift, a growing one and a flat one."""
checks.record(
    novelty_slope([3.1, 2.4, 2.6, 1.9, 1.5, 1.7]),
    {"slope": -0.29714285714, "ci_low": -0.47733916890, "ci_high": -0.11694654538, "verdict": "fading"},
    "six days of fading lift",
    mistakes={
        "this is the average over all days; the question is how it changes from day to day": {"slope": 2.2},
        "this is last day minus first, per day; fit a line through all days": {"slope": -0.28},
        "this is the correlation; the slope has a unit, lift per day": {"slope": -0.9163795899},
        "days run backwards: the sign of the slope is turned": {"slope": 0.2971428571},
        "the interval uses 1.96; with so few days use Student's t with n - 2 degrees of freedom": {"ci_low": -0.4243480666},
        "the interval uses 1.96, rounded; use Student's t with n - 2 degrees of freedom": {"ci_low": -0.4243504041},
        "the t quantile has n - 1 degrees of freedom; a line takes two": {"ci_low": -0.4639782702},
        "this is a 90 % interval: 2.5 % on each side makes 95 %": {"ci_low": -0.4355035715},
        "the residual variance is divided by n; divide by n - 2": {"ci_low": -0.4442725296},
        "the residual variance is divided by n - 1; divide by n - 2": {"ci_low": -0.4583153381},
    },
)
### BEGIN HIDDEN TESTS
for _lift in [
    simulate_lifts(14, 5.0, 0.5, 6, 0.6, seed=31),
    simulate_lifts(10, -1.5, 2.0, 5, 0.5, seed=32),
    simulate_lifts(9, 1.2, 1.2, 5, 0.8, seed=33),
    simulate_lifts(5, 2.0, 0.8, 4, 0.3, seed=44),
]:
    _n = len(_lift)
    _day = np.arange(_n)
    _fit = stats.linregress(_day, _lift)
    _low, _high = (_fit.slope + side * stats.t.ppf(0.975, _n - 2) * _fit.stderr for side in (-1, 1))
    _verdict = "fading" if _high < 0 else "growing" if _low > 0 else "stable"
    _sse = np.sum((_lift - _fit.intercept - _fit.slope * _day) ** 2)
    _spread = np.sum((_day - _day.mean()) ** 2)

    def _low_by(quantile, variance, _fit=_fit, _spread=_spread):
        return {"ci_low": _fit.slope - quantile * math.sqrt(variance / _spread)}

    _t = stats.t.ppf(0.975, _n - 2)
    _named = {
        "this is the average over all days; the question is how it changes from day to day": {"slope": float(np.mean(_lift))},
        "this is last day minus first, per day; fit a line through all days": {"slope": float(_lift[-1] - _lift[0]) / (_n - 1)},
        "days run backwards: the sign of the slope is turned": {"slope": -_fit.slope},
        "the slope is divided by the average lift; return lift per day": {"slope": _fit.slope / np.mean(_lift)},
        "the interval uses 1.96; with so few days use Student's t with n - 2 degrees of freedom": _low_by(stats.norm.ppf(0.975), _sse / (_n - 2)),
        "the interval uses 1.96, rounded; use Student's t with n - 2 degrees of freedom": _low_by(1.96, _sse / (_n - 2)),
        "the t quantile has n - 1 degrees of freedom; a line takes two": _low_by(stats.t.ppf(0.975, _n - 1), _sse / (_n - 2)),
        "this is a 90 % interval: 2.5 % on each side makes 95 %": _low_by(stats.t.ppf(0.95, _n - 2), _sse / (_n - 2)),
        "the residual variance is divided by n; divide by n - 2": _low_by(_t, _sse / _n),
        "the residual variance is divided by n - 1; divide by n - 2": _low_by(_t, _sse / (_n - 1)),
        "this is the standard deviation of the lifts around their mean; use what the line leaves over": _low_by(_t, np.var(_lift, ddof=1)),
    }
    if _verdict == "stable":
        _named["the sign of the slope decides; a flat lift wobbles too, so look at the interval"] = {"verdict": "fading" if _fit.slope < 0 else "growing"}
    checks.record(
        novelty_slope(list(map(float, _lift))),
        {"slope": _fit.slope, "ci_low": _low, "ci_high": _high, "verdict": _verdict},
        f"{_n} days, truly {_verdict}",
        mistakes=_named,
    )
### END HIDDEN TESTS

# %% test="novelty_slope" name="days" points=1
"""Three days are enough for an interval, two are not; arrays work as lists do."""
### BEGIN HIDDEN TESTS
_three = novelty_slope(np.array([1.0, 2.0, 2.5]))
checks.record(
    _three,
    {"slope": 0.75, "ci_low": -1.0839826812, "ci_high": 2.5839826812, "verdict": "stable"},
    "three days",
    mistakes={
        "the interval uses 1.96; with three days Student's t is 12.7": {"ci_low": 0.46710356},
    },
)
checks.raises(ValueError, novelty_slope, [2.0, 1.0], what="two days")
checks.raises(ValueError, novelty_slope, [], what="no days")
### END HIDDEN TESTS

# %% test="novelty_slope" name="coverage" points=1
"""A lift that does not change is called stable in about 95 of 100 tests."""
### BEGIN HIDDEN TESTS
_calls = [novelty_slope(list(map(float, simulate_lifts(6, 1.5, 1.5, 5, 0.7, seed=seed)))) for seed in range(7_000, 7_300)]
checks.between(
    np.mean([call["verdict"] == "stable" for call in _calls]),
    0.915,
    0.985,
    "the share of steady lifts that are called stable",
    mistakes={
        "too many false alarms: the interval is too narrow for so few days": (0.0, 0.9149),
        "too few alarms: the interval is too wide": (0.9851, 1.0),
    },
)
### END HIDDEN TESTS

# %% [markdown] explain="novelty_slope"
# A line is a crude model of a decay, but a good alarm. For a number to launch on, compare the last week with the first, or fit an exponential and read off its floor. Count days from each user's *own* first exposure: on calendar days new arrivals keep the average fresh.
# Weekdays make waves; use whole weeks. Neighbouring days share users, so the residuals are related and the interval is a little too narrow: `sm.OLS(...).fit(cov_type="HAC", cov_kwds={"maxlags": 3})` widens it.

# %% [markdown]
# ### Is it worth it?
#
# An interval that excludes 0 says that something happened. Whether to launch depends on another line: the smallest lift that pays for building and running the thing. Call it $\theta$. A hair's breadth of lift that costs half a year of engineering is significant, given enough users, and not worth having.

# %% collapsed=true
cases = [
    ("A", 0.7, 1.5, "ship"),
    ("B", 0.15, 0.35, "hold: real, but too small"),
    ("C", 0.1, 0.9, "inconclusive: real, but how large?"),
    ("D", -0.5, 1.2, "inconclusive: too few users"),
    ("E", -0.25, 0.3, "hold: at best too small"),
    ("F", -0.9, -0.3, "hold: harmful"),
]
fig, ax = plt.subplots(figsize=(8, 3.2))
colours = {"ship": "C2", "hold": "C1", "inconclusive": "0.5"}
for row, (_, low, high, verdict) in enumerate(cases):
    colour = colours[verdict.split(":")[0]]
    ax.plot([low, high], [row, row], color=colour, lw=4, solid_capstyle="butt")
    ax.plot((low + high) / 2, row, "o", color=colour, ms=7)
    ax.text(1.75, row, verdict, va="center", color="0.2", fontsize=9)
ax.axvline(0, color="0.2", lw=1)
ax.vlines(0.5, -0.5, 5.6, color="C0", ls="--", lw=1.5)
ax.text(0.5, -0.8, "θ = 0.5", color="C0", ha="center", va="center")
ax.set_yticks(range(len(cases)), [case[0] for case in cases])
ax.set(ylim=(5.6, -1.1), xlim=(-1.1, 3.4), xlabel="95 % interval of the lift, percentage points", title="Compare the interval with θ, not only with zero")
ax.set_xticks([-1, -0.5, 0, 0.5, 1, 1.5])
plt.show()

# %% [markdown]
# A guardrail is read the same way, with the sides turned: the interval of the *harm* against a limit that was agreed before the start. "Not significantly slower" is no proof of safety. A small test finds nothing significant about anything.

# %% [markdown] statement="decide" level="core"
# ### `decide`: ship, hold or inconclusive
#
# Write `decide(ci_low, ci_high, threshold, guardrails)`. `ci_low` to `ci_high` is the 95 % interval of the lift (more is better), `threshold` is $\theta > 0$ in the same unit, `guardrails` a dict from name to `(harm_low, harm_high, limit)`: the 95 % interval of the harm (more is worse) and the most that is tolerated. It may be empty.
#
# - `"significant"`: `True` when the interval of the lift excludes 0 (`ci_low > 0` or `ci_high < 0`).
# - `"size"`: `"large"` when `ci_low >= threshold`, `"small"` when `ci_high < threshold`, otherwise `"unclear"`.
# - `"guardrails"`: `"breached"` when `harm_low > limit` for any of them; if not, `"unclear"` when `harm_high > limit` for any of them; otherwise, and when there are none, `"safe"`.
#
# | `"decision"` | guardrails safe | guardrails unclear | guardrails breached |
# |---|---|---|---|
# | **size large** | `"ship"` | `"inconclusive"` | `"hold"` |
# | **size unclear** | `"inconclusive"` | `"inconclusive"` | `"hold"` |
# | **size small** | `"hold"` | `"hold"` | `"hold"` |
#
# Return a dict with these four keys. Raise `ValueError` when `threshold` is not above 0 or when any interval, of the lift or of a harm, has its low end above its high end.
#
# Example: `decide(0.1, 0.3, 0.5, {"latency_ms": (-4, 9, 20)})` gives `{"decision": "hold", "significant": True, "size": "small", "guardrails": "safe"}`.


# %% solution="decide"
def decide(ci_low: float, ci_high: float, threshold: float, guardrails: dict[str, tuple[float, float, float]]) -> dict[str, str | bool]:
    """Launch decision from the interval of the lift, the smallest lift worth having and the guardrails.

    guardrails: name -> (harm_low, harm_high, limit), more is worse. Returns {"decision", "significant", "size", "guardrails"}.
    """
    ### BEGIN SOLUTION
    harms = list(guardrails.values())
    if not threshold > 0 or ci_low > ci_high or any(low > high for low, high, _ in harms):
        raise ValueError("threshold is above 0 and every interval runs from low to high")
    size = "large" if ci_low >= threshold else "small" if ci_high < threshold else "unclear"
    if any(low > limit for low, _, limit in harms):
        safety = "breached"
    elif any(high > limit for _, high, limit in harms):
        safety = "unclear"
    else:
        safety = "safe"
    if size == "small" or safety == "breached":
        decision = "hold"
    elif size == "large" and safety == "safe":
        decision = "ship"
    else:
        decision = "inconclusive"
    return {"decision": decision, "significant": bool(ci_low > 0 or ci_high < 0), "size": size, "guardrails": safety}
    ### END SOLUTION


# %% [markdown] hint="decide"
# Work out the three pieces of evidence first, each from its own comparison. The decision is then a look-up in the table.

# %% [markdown] hint="decide"
# In the table every cell of the last row and of the last column says hold, and only one corner says ship. So: hold if size is small or a guardrail is breached; ship if size is large and all is safe; otherwise inconclusive.

# %% test="decide" name="rule" points=3
"""The whole table: lifts of every size, significant or not, with guardrails in every state."""
checks.record(
    decide(0.1, 0.3, 0.5, {"latency_ms": (-4, 9, 20)}),
    {"decision": "hold", "significant": True, "size": "small", "guardrails": "safe"},
    "a significant lift of 0.1 to 0.3 where 0.5 is worth having",
    mistakes={
        "significance alone does not ship: the whole interval lies below the threshold": {"decision": "ship"},
        "this is not open: even the best case is too small, so hold": {"decision": "inconclusive"},
    },
)
checks.record(
    decide(0.7, 1.5, 0.5, {"latency_ms": (-4, 9, 20), "errors": (0.0, 0.2, 0.5)}),
    {"decision": "ship", "significant": True, "size": "large", "guardrails": "safe"},
    "a lift of 0.7 to 1.5, both guardrails within their limits",
)
### BEGIN HIDDEN TESTS
_table = {
    "large": {"safe": "ship", "unclear": "inconclusive", "breached": "hold"},
    "unclear": {"safe": "inconclusive", "unclear": "inconclusive", "breached": "hold"},
    "small": {"safe": "hold", "unclear": "hold", "breached": "hold"},
}
_rails = [
    ("safe", {}),
    ("safe", {"latency": (-3, 12, 20)}),
    ("safe", {"latency": (2, 12, 20), "cost": (0.01, 0.03, 0.05)}),
    ("breached", {"latency": (22, 40, 20)}),
    ("breached", {"latency": (-6, 31, 20), "cost": (0.06, 0.09, 0.05)}),
    ("breached", {"cost": (0.06, 0.09, 0.05), "latency": (-3, 12, 20)}),
    ("unclear", {"latency": (-6, 31, 20)}),
    ("unclear", {"cost": (0.01, 0.03, 0.05), "latency": (5, 31, 20)}),
]
for _unit in (1.0, 40.0):
    for _low, _high, _significant, _size in [
        (0.2, 0.7, True, "unclear"),
        (-0.3, 1.5, False, "unclear"),
        (0.65, 1.4, True, "large"),
        (0.05, 0.3, True, "small"),
        (-0.2, 0.3, False, "small"),
        (-0.9, -0.2, True, "small"),
    ]:
        for _safety, _guards in _rails:
            _named = {
                "safe": {
                    "harm within its limit is tolerated, even when it is significant": {"guardrails": "breached"},
                    "harm that can't pass its limit is safe, even when it may be above 0": {"guardrails": "unclear"},
                },
                "unclear": {
                    "a guardrail that is not shown to be harmed is not yet safe: its interval reaches past the limit": {"guardrails": "safe"},
                    "a guardrail is breached only when its whole interval lies above the limit": {"guardrails": "breached"},
                },
                "breached": {
                    "a guardrail is breached; one of them is enough": {"guardrails": "safe"},
                    "one breached guardrail outweighs all others, in whatever order they come": {"guardrails": "unclear"},
                },
            }[_safety]
            if _size == "unclear":
                _named["the middle of the interval does not decide the size; both ends do"] = {"size": "large" if _low + _high >= 1 else "small"}
            if _safety == "breached":
                _named["a breached guardrail means hold: it stops the launch, however good the lift"] = {"decision": "ship"}
                _named["a breached guardrail means hold, not inconclusive, whatever the lift"] = {"decision": "inconclusive"}
            elif _size == "small":
                _named[
                    "significance alone does not ship: the whole interval lies below the threshold"
                    if _low > 0
                    else "the whole interval lies below the threshold"
                ] = {"decision": "ship"}
                _named["this is not open: even the best case is too small, so hold"] = {"decision": "inconclusive"}
            elif _size == "unclear":
                _named[
                    "significance alone does not ship: the lift may be smaller than the threshold"
                    if _low > 0
                    else "the middle of the interval does not decide; its low end is below the threshold"
                ] = {"decision": "ship"}
                _named["the interval reaches the threshold, so the lift may be worth it: inconclusive, not hold"] = {"decision": "hold"}
            elif _safety == "unclear":
                _named["with an unclear guardrail even a large lift is inconclusive: not shown to be harmed is not yet safe"] = {"decision": "ship"}
                _named["the guardrail's interval holds the limit: neither safe nor breached, so inconclusive"] = {"decision": "hold"}
            else:
                _named["harm within its limit does not stop a launch"] = {"decision": "hold"}
                _named["lift and guardrails are both clear here: ship"] = {"decision": "inconclusive"}
            checks.record(
                decide(_low * _unit, _high * _unit, 0.5 * _unit, _guards),
                {"decision": _table[_size][_safety], "significant": _significant, "size": _size, "guardrails": _safety},
                f"lift {_low * _unit:g} to {_high * _unit:g}, threshold {0.5 * _unit:g}, guardrails {_guards}",
                mistakes=_named,
            )
### END HIDDEN TESTS

# %% test="decide" name="borders" points=1
"""Ends that fall exactly on 0, on the threshold or on a limit."""
### BEGIN HIDDEN TESTS
checks.record(
    decide(0.5, 1.0, 0.5, {}),
    {"decision": "ship", "size": "large"},
    "a low end exactly on the threshold",
    mistakes={"ci_low equal to the threshold is large enough": {"size": "unclear"}},
)
checks.record(
    decide(0.25, 0.5, 0.5, {}),
    {"decision": "inconclusive", "size": "unclear"},
    "a high end exactly on the threshold",
    mistakes={"ci_high must be below the threshold to be small": {"size": "small"}},
)
checks.record(
    decide(0.0, 0.25, 0.5, {}),
    {"decision": "hold", "significant": False},
    "a low end of exactly 0",
    mistakes={"an interval that touches 0 does not exclude it": {"significant": True}},
)
checks.record(
    decide(-0.25, 0.0, 0.5, {}),
    {"decision": "hold", "significant": False},
    "a high end of exactly 0",
    mistakes={"an interval that touches 0 does not exclude it": {"significant": True}},
)
checks.record(
    decide(0.75, 1.0, 0.5, {"cost": (0.25, 2.0, 2.0)}),
    {"decision": "ship", "guardrails": "safe"},
    "a harm whose high end is exactly the limit",
    mistakes={"harm up to the limit is tolerated": {"guardrails": "unclear"}},
)
checks.record(
    decide(0.75, 1.0, 0.5, {"cost": (2.0, 3.0, 2.0)}),
    {"decision": "inconclusive", "guardrails": "unclear"},
    "a harm whose low end is exactly the limit",
    mistakes={"harm_low must be above the limit for a breach": {"guardrails": "breached"}},
)
### END HIDDEN TESTS

# %% test="decide" name="refused" points=1
"""A threshold that is no threshold, and intervals that run backwards."""
### BEGIN HIDDEN TESTS
checks.raises(ValueError, decide, 0.2, 0.4, 0.0, {}, what="threshold 0")
checks.raises(ValueError, decide, 0.2, 0.4, -0.5, {}, what="a negative threshold")
checks.raises(ValueError, decide, 0.4, 0.2, 0.5, {}, what="a lift interval whose low end is above its high end")
checks.raises(ValueError, decide, 0.7, 0.9, 0.5, {"cost": (0.0, 0.1, 0.5), "latency": (9, 2, 20)}, what="a harm interval whose low end is above its high end")
exact = {"decision": "ship", "significant": True, "size": "large", "guardrails": "safe"}
checks.record(decide(0.6, 0.6, 0.5, {"latency": (3, 3, 20)}), exact, "intervals of width 0 are intervals")
### END HIDDEN TESTS

# %% [markdown] explain="decide"
# Ship asks for all three: significant, large enough, safe. Significance needs no row of its own, because an interval that lies above $\theta > 0$ excludes 0 anyway. Reporting it shows how often it is true and decides nothing.
# The rule is strict. Some teams ship case C of the picture when its middle lies above $\theta$ and being wrong is cheap; what matters is that the rule is older than the result. Inconclusive means a *new*, larger test, not a few more days of this one: that would be peeking.
# (Kohavi, Tang, Xu: *Trustworthy Online Controlled Experiments*, chapter 2, discusses these cases.)

# %% [markdown]
# > **In the interview.** *"The test is significant, p = 0.01. Do we launch?"*
# > **In 30 seconds:** not yet. I check that the counts fit the plan and that we stopped on the planned day. Then I read the interval: does all of it lie above the lift that pays for the work? Is every guardrail's interval inside its limit? Is the daily lift steady, or is it fading novelty?
# > Three times yes means launch. If even the best case is too small, or a guardrail is breached, we don't. If the interval straddles the line, we need a larger test.
# > **They ask next:** p = 0.06 and the manager asks for three more days: what do you say? The primary metric is up, latency is "not significantly worse": is it safe? How do you tell novelty from a weekday wave? Who sets the threshold, and when?
# > **Red flags:** a decision from the p-value alone; "not significant, so there is no effect"; a threshold or a segment picked after the result is in.

# %% [markdown]
# ## Two ways to be wrong: Type I and Type II errors
#
# A test compares the world with a null hypothesis: "the payment is honest", "the patient is healthy", "the new button does nothing". You can be wrong in two ways, and only two.
#
# | | the null is true | the null is false |
# |---|---|---|
# | **you reject it** | Type I error, a false alarm: probability $\alpha$ | right: probability $1-\beta$, the *power* |
# | **you don't reject it** | right: probability $1-\alpha$ | Type II error, a miss: probability $\beta$ |
#
# You choose $\alpha$ by moving the threshold. Then $\beta$ follows from the size of the effect and the amount of data.

# %% collapsed=true
z = np.linspace(-3.8, 6.8, 600)
fig, axes = plt.subplots(1, 2, figsize=(9, 3.3), sharey=True, layout="constrained")
for ax, alpha in zip(axes, (0.05, 0.20), strict=True):
    limit = stats.norm.isf(alpha / 2)
    null, real = stats.norm.pdf(z), stats.norm.pdf(z - 2.2)
    ax.plot(z, null, color="0.4")
    ax.plot(z, real, color="C0")
    ax.fill_between(z, null, where=np.abs(z) >= limit, color="C1", alpha=0.7, lw=0)
    ax.fill_between(z, real, where=np.abs(z) <= limit, color="C0", alpha=0.3, lw=0)
    ax.vlines((-limit, limit), 0, 0.4, color="0.6", ls="--", lw=1)
    ax.text(-0.3, 0.415, "no effect", color="0.3", ha="center")
    ax.text(2.6, 0.415, "real effect", color="C0", ha="center")
    ax.set(xlabel="z statistic", ylim=(0, 0.46), title=f"alpha = {alpha:.2f}, so beta = {np.sum(real[np.abs(z) <= limit]) * (z[1] - z[0]):.2f}")
axes[0].set_ylabel("density")
fig.suptitle("A looser threshold trades misses (blue area) for false alarms (orange tails)")
plt.show()

# %% [markdown]
# **Which error is worse?** The one that costs more, so ask about money and harm before you ask about $\alpha$.
#
# | setting | a Type I error is | a Type II error is | usually worse |
# |---|---|---|---|
# | fraud screening | an honest payment stopped, a few minutes of review, an annoyed customer | a fraud let through, the money is gone | Type II |
# | cancer screening | a second examination, some anxious days | a disease found too late, a patient harmed | Type II |
# | a change of the UI | something shipped that does nothing: build and upkeep wasted | a real improvement dropped: its revenue forgone | depends: upkeep against revenue |
#
# Most product experiments fix $\alpha = 0.05$ and accept $\beta = 0.2$: they guard against false alarms first, and pay for it with misses, because users (and weeks) are limited. That is a convention, not a law.
# Only more data, less noise or a larger effect makes both errors rarer.
#
# Two things decide which $\alpha$ is right: the costs, and how often ideas of this kind work at all (the *prior*). At many companies only one idea in three to one in ten does.

# %% [markdown] statement="error_costs" level="stretch"
# ### `error_costs`: the alpha that fits the costs
#
# Two arms of `n_per_arm` users are compared by a **two-sided** z-test. A share `prior` ($\pi$) of your ideas has a true effect, always of `effect` standard deviations ($d$); the others have none.
# $$\text{power}(\alpha) = \Phi(\delta - z) + \Phi(-\delta - z), \quad \delta = d\sqrt{n/2}, \quad z = z_{1-\alpha/2} \qquad\qquad \text{cost}(\alpha) = (1-\pi)\,\alpha\,c_1 + \pi\,(1-\text{power})\,c_2$$
# Write `error_costs(alphas, prior, cost_type1, cost_type2, effect, n_per_arm)`. `alphas` is a list or array in any order. Return a dict: `"power"` and `"cost"`, one number for each alpha in the order given, and
# `"best_alpha"`, the alpha of the list with the lowest cost (if costs are equal, as when both prices are 0, the smallest alpha). Count both tails, so the sign of `effect` doesn't matter. Round nothing.
# Raise `ValueError` when `prior` is outside 0 to 1, a cost is negative, or an alpha is not strictly between 0 and 1. A prior of exactly 0 or 1 is fine.
#
# Example: `error_costs([0.01, 0.05, 0.1, 0.2], prior=0.2, cost_type1=30, cost_type2=60, effect=0.1, n_per_arm=900)` gives powers 0.325, 0.564, 0.683, 0.800, costs 8.34, 6.43, 6.20, 7.20 and `"best_alpha"` 0.1.


# %% solution="error_costs"
def error_costs(alphas: ArrayLike, prior: float, cost_type1: float, cost_type2: float, effect: float, n_per_arm: int) -> dict:
    """Expected cost of one experiment at each alpha, for a two-sided z-test of two equal arms.

    alphas: shape (k,), each strictly between 0 and 1. prior: share of ideas with a true effect. effect: in standard deviations.
    Returns {"power": k numbers, "cost": k numbers, "best_alpha": float}.
    """
    ### BEGIN SOLUTION
    alpha = np.asarray(alphas, dtype=float)
    if not 0 <= prior <= 1 or min(cost_type1, cost_type2) < 0 or not np.all((alpha > 0) & (alpha < 1)):
        raise ValueError("prior in [0, 1], costs not negative, alphas strictly between 0 and 1")
    limit, shift = stats.norm.isf(alpha / 2), effect * math.sqrt(n_per_arm / 2)
    power = stats.norm.cdf(shift - limit) + stats.norm.cdf(-shift - limit)
    cost = (1 - prior) * alpha * cost_type1 + prior * (1 - power) * cost_type2
    return {"power": power.tolist(), "cost": cost.tolist(), "best_alpha": float(alpha[cost == cost.min()].min())}
    ### END SOLUTION


# %% [markdown] hint="error_costs"
# Start with `z = stats.norm.isf(alpha / 2)`. It takes a whole array of alphas. `stats.norm.cdf` is $\Phi$.

# %% [markdown] hint="error_costs"
# A Type I error needs an idea that does nothing (probability $1-\pi$) *and* a rejection ($\alpha$). A Type II error needs an idea that works ($\pi$) *and* no rejection ($1-$ power).

# %% [markdown] hint="error_costs"
# With arrays `alpha` and `cost`, `alpha[cost == cost.min()].min()` is the smallest alpha among the cheapest.

# %% test="error_costs" name="value" points=2
"""Powers, expected costs and the best alpha: on the example, then for a fraud-like and a UI-like pair of costs."""
checks.record(
    error_costs([0.01, 0.05, 0.1, 0.2], prior=0.2, cost_type1=30, cost_type2=60, effect=0.1, n_per_arm=900),
    {
        "power": [0.3247325913, 0.5641160254, 0.6832119272, 0.7998143865],
        "cost": [8.3432089043, 6.4306076948, 6.2014568732, 7.2022273624],
        "best_alpha": 0.1,
    },
    "the example",
    mistakes={
        "this is the power of a one-sided test; split alpha between the two tails": {"power": [0.418775307844, 0.68312904308, 0.799480978792, 0.89967451112]},
        "one tail is missing: a two-sided test rejects on both sides": {"power": [0.324731272223, 0.564093631668, 0.68312904308, 0.799480978792]},
        "the effect is divided by the error of one mean; the error of a difference is sqrt(2 / n)": {
            "power": [0.664279347306, 0.850838768327, 0.912316238339, 0.957151853562],
        },
        "this is beta, the chance of a miss; power is 1 - beta": {"power": [0.675267408691, 0.435883974569, 0.316788072767, 0.200185613537]},
        "the two costs are swapped: Type I is the false alarm": {"cost": [4.53160445215, 5.01530384741, 6.7007284366, 10.8011136812]},
        "the prior is ignored: weigh each error by how often its case comes up": {"cost": [40.8160445215, 27.6530384741, 22.007284366, 18.0111368122]},
        "the prior is on the wrong error: a false alarm needs an idea that does nothing": {
            "cost": [32.4728356172, 21.2224307793, 15.8058274928, 10.8089094498]
        },
        "power is charged as if it were the chance of a miss": {"cost": [4.13679109571, 7.96939230517, 10.5985431268, 14.3977726376]},
        "best_alpha is the alpha itself, not its place in the list": {"best_alpha": 2},
        "best_alpha is the dearest alpha, not the cheapest": {"best_alpha": 0.01},
    },
)
### BEGIN HIDDEN TESTS
grid = np.array([0.2, 0.02, 0.1, 0.005, 0.35, 0.05])
for name, prior, c1, c2, d, n in [("fraud-like costs", 0.08, 3, 400, 0.09, 1_100), ("UI-like costs", 0.3, 90, 25, 0.07, 2_600)]:
    limit, shift = stats.norm.ppf(1 - grid / 2), d * np.sqrt(n / 2)
    power = 1 - stats.norm.cdf(limit - shift) + stats.norm.cdf(-limit - shift)
    cost = (1 - prior) * grid * c1 + prior * (1 - power) * c2
    best = grid[np.argmin(cost)]
    one_sided = stats.norm.sf(stats.norm.isf(grid) - shift)
    no_root = stats.norm.sf(limit - d * np.sqrt(n)) + stats.norm.cdf(-limit - d * np.sqrt(n))
    checks.record(
        error_costs(grid, prior, c1, c2, d, n),
        {"power": power, "cost": cost, "best_alpha": best},
        name,
        mistakes={
            "this is the power of a one-sided test; split alpha between the two tails": {"power": one_sided},
            "the effect is divided by the error of one mean; the error of a difference is sqrt(2 / n)": {"power": no_root},
            "this is beta, the chance of a miss; power is 1 - beta": {"power": 1 - power},
            "the two costs are swapped: Type I is the false alarm": {"cost": (1 - prior) * grid * c2 + prior * (1 - power) * c1},
            "the prior is ignored: weigh each error by how often its case comes up": {"cost": grid * c1 + (1 - power) * c2},
            "the prior is on the wrong error: a false alarm needs an idea that does nothing": {"cost": prior * grid * c1 + (1 - prior) * (1 - power) * c2},
            "power is charged as if it were the chance of a miss": {"cost": (1 - prior) * grid * c1 + prior * power * c2},
            "best_alpha is the alpha itself, not its place in the list": {"best_alpha": float(np.argmin(cost))},
            "best_alpha is the dearest alpha, not the cheapest": {"best_alpha": grid[np.argmax(cost)]},
        },
    )
### END HIDDEN TESTS

# %% test="error_costs" name="edges" points=1
"""Small and negative effects, a prior of 0 or 1, ties, and unusable input."""
### BEGIN HIDDEN TESTS
grid = [0.3, 0.1, 0.2]
limit = stats.norm.isf(np.array(grid) / 2)
for effect, far_only in [(0.02, stats.norm.cdf(0.02 * np.sqrt(300) - limit)), (-0.02, stats.norm.cdf(-0.02 * np.sqrt(300) - limit))]:
    power = stats.norm.sf(limit - 0.02 * np.sqrt(300)) + stats.norm.cdf(-limit - 0.02 * np.sqrt(300))
    checks.record(
        error_costs(grid, 0.5, 10, 10, effect, 600),
        {"power": power},
        f"a small effect of {effect}",
        mistakes={
            "one tail is missing: a two-sided test rejects on both sides": {"power": far_only},
        },
    )
checks.record(error_costs(grid, 0, 10, 10, 0.1, 600), {"cost": [3.0, 1.0, 2.0], "best_alpha": 0.1}, "ideas that never work (prior 0)")
checks.record(error_costs(grid, 1, 10, 10, 0.1, 600), {"best_alpha": 0.3}, "ideas that always work (prior 1)")
checks.record(error_costs(grid, 0.5, 0, 0, 0.1, 600), {"best_alpha": 0.1}, "errors that cost nothing: all alphas tie, the smallest is asked for")
checks.raises(ValueError, error_costs, grid, 1.2, 10, 10, 0.1, 600, what="a prior above 1")
checks.raises(ValueError, error_costs, grid, 0.2, 10, -1, 0.1, 600, what="a negative cost")
checks.raises(ValueError, error_costs, [0.05, 0.0], 0.2, 10, 10, 0.1, 600, what="an alpha of 0")
checks.raises(ValueError, error_costs, [0.05, 1.0], 0.2, 10, 10, 0.1, 600, what="an alpha of 1")
### END HIDDEN TESTS

# %% [markdown] explain="error_costs"
# Lowering the threshold a little buys some power and pays some false alarms. At the best threshold the two balance: the likelihood of the observed z under "works" over that under "does nothing" equals
# $(1-\pi)c_1 / (\pi c_2)$. This is the Neyman–Pearson test with the critical value set by costs in place of habit. Rare effects and dear false alarms push alpha down; dear misses push it up.
# statsmodels' `NormalIndPower().power(d, n, alpha)` gives the same powers. Real effects are of many sizes: average the cost over them, and alpha and sample size can be chosen together.

# %% [markdown]
# > **In the interview.** *"Type I or Type II: which is worse?"*
# > **In 30 seconds:** Type I is a false alarm, Type II a miss, and which one hurts more depends on what follows. Missed fraud or a missed tumour is dearer than a second look, so I accept more alarms. For a UI change I hold alpha at 0.05 because shipping things that do nothing piles up upkeep, and I plan the sample so that power is at least 0.8.
# > **They ask next:** what happens to beta if you halve alpha at the same n? (It grows.) Can you lower both? (More users, less variance.) If one idea in ten works, alpha is 0.05 and power 0.8, how many of your wins are real? (0.08 of 0.125: 64 %.)
# > **Red flags:** "Type I is always worse"; reading alpha as the chance that a significant result is false; "not significant, so there is no effect".

# %% [markdown]
# ## Peeking, p-hacking and what to do instead
#
# In an A/A experiment both arms get the same product, so every "winner" is a false alarm. The team looks at the p-value every day. Here are three such experiments, picked because something happens in them.

# %% collapsed=true
fig, ax = plt.subplots(figsize=(7, 3))
days = np.arange(1, 29)
for name, seed in (("A", 14), ("B", 38), ("C", 30)):
    daily = np.random.default_rng(seed).normal(size=days.size)
    p_daily = 2 * stats.norm.sf(np.abs(np.cumsum(daily)) / np.sqrt(days))
    ax.plot(days, p_daily, marker=".", label=f"experiment {name}")
ax.axhline(0.05, color="0.3", ls="--", lw=1)
ax.text(28.6, 0.05, "0.05", va="center", color="0.3")
ax.set(xlabel="day of the look", ylabel="p-value so far (log scale)", yscale="log", xlim=(0.5, 28.3), yticks=[0.02, 0.05, 0.1, 0.2, 0.5, 1])
ax.set(yticklabels=["0.02", "", "0.1", "0.2", "0.5", "1"], title="Each of these A/A tests is a winner on some day; on day 28 none is")
ax.minorticks_off()
ax.legend(frameon=False, loc="upper left", bbox_to_anchor=(1.06, 1))
plt.show()

# %% [markdown]
# A p-value keeps its promise (5 % false alarms) for **one** look at a moment fixed beforehand. If you look again and again at growing data and stop at the first $p < 0.05$, you get many chances to be fooled. That is *p-hacking*, whether it's meant or not.
#
# How many chances? Not independent ones: the data of look 4 contains the data of look 3. So $1 - 0.95^k$ is too high. Simulate it.

# %% [markdown] statement="peeking_rate" level="core"
# ### `peeking_rate`: what peeking does to alpha
#
# Write `peeking_rate(looks, alpha=0.05, n_sims=20_000, seed=0)`. It simulates `n_sims` A/A experiments with `looks` equally spaced looks each. Before each look an equally large batch of data arrives. Each batch gives one standardised difference $x_j \sim N(0, 1)$, independent of the other batches.
# All data so far goes into the test at look $j$:
# $$z_j = \frac{x_1 + \dots + x_j}{\sqrt j}$$
# An experiment is a false alarm when $|z_j| > z_{1-\alpha/2}$ at one look or more. Return the share of false alarms, a float.
# Use `numpy.random.default_rng(seed)`: the same seed gives the same number, another seed other experiments. Raise `ValueError` when `looks` or `n_sims` is below 1 or `alpha` is not strictly between 0 and 1.
#
# Example: `peeking_rate(1)` is about 0.05 and `peeking_rate(3)` about 0.107. With 20,000 experiments chance moves them by 0.002 or so; the checks allow five standard errors.


# %% solution="peeking_rate"
def peeking_rate(looks: int, alpha: float = 0.05, n_sims: int = 20_000, seed: int = 0) -> float:
    """Share of simulated A/A experiments that are "significant" (two-sided, at alpha) at one look or more.

    looks: number of equally spaced looks. n_sims: number of experiments. Returns a share between 0 and 1.
    """
    ### BEGIN SOLUTION
    if looks < 1 or n_sims < 1 or not 0 < alpha < 1:
        raise ValueError("at least one look and one experiment, alpha strictly between 0 and 1")
    batches = np.random.default_rng(seed).normal(size=(n_sims, looks))
    z = batches.cumsum(axis=1) / np.sqrt(np.arange(1, looks + 1))
    return float((np.abs(z) > stats.norm.isf(alpha / 2)).any(axis=1).mean())
    ### END SOLUTION


# %% [markdown] hint="peeking_rate"
# Draw a table of batches with one row for each experiment and one column for each look. `cumsum(axis=1)` adds up the data so far.

# %% [markdown] hint="peeking_rate"
# Column $j$ of the sums has standard deviation $\sqrt j$; divide by it. Then ask for each row whether *any* `|z|` is above `stats.norm.isf(alpha / 2)`.

# %% test="peeking_rate" name="rate" points=2
"""Shares of false alarms for several numbers of looks and two alphas, each within five standard errors of the exact figure."""
checks.between(
    peeking_rate(1, seed=1),
    0.0423,
    0.0577,
    "one look at 5 %",
    mistakes={
        "only one direction counts here; a two-sided test rejects on both sides": (0.019, 0.031),
        "the critical value leaves alpha in each tail; a two-sided test leaves alpha / 2": (0.089, 0.111),
    },
)
checks.between(
    peeking_rate(3, seed=2),
    0.096,
    0.119,
    "three looks at 5 %",
    mistakes={
        "this is what independent looks would give, but each look contains the data of those before it": (0.128, 0.157),
        "only one look counts here; an experiment is a false alarm when any of its looks is": (0.042, 0.058),
        "the sum is not divided by the square root of the number of batches": (0.29, 0.35),
    },
)
### BEGIN HIDDEN TESTS
independent = "this is what independent looks would give, but each look contains the data of those before it"
one_look = "only one look counts here; an experiment is a false alarm when any of its looks is"
unscaled = "the sum is not divided by the square root of the number of batches"
one_tail = "only one direction counts here; a two-sided test rejects on both sides"
double = "the critical value leaves alpha in each tail; a two-sided test leaves alpha / 2"
checks.between(
    peeking_rate(5, seed=3),
    0.129,
    0.1545,
    "five looks at 5 %",
    mistakes={
        independent: (0.21, 0.242),
        one_look: (0.04, 0.06),
        one_tail: (0.061, 0.081),
        double: (0.243, 0.276),
        unscaled: (0.40, 0.55),
    },
)
checks.between(
    peeking_rate(10, seed=4),
    0.179,
    0.208,
    "ten looks at 5 %",
    mistakes={
        independent: (0.38, 0.42),
        one_look: (0.04, 0.06),
        one_tail: (0.086, 0.107),
        double: (0.325, 0.36),
        unscaled: (0.6, 0.75),
    },
)
checks.between(
    peeking_rate(10, alpha=0.01, seed=5),
    0.0395,
    0.0555,
    "ten looks at 1 %",
    mistakes={
        "alpha is not used: this is the figure for 5 %": (0.17, 0.215),
        independent: (0.086, 0.106),
        one_look: (0.006, 0.0145),
    },
)
checks.between(
    peeking_rate(20, alpha=0.1, seed=6),
    0.405,
    0.441,
    "twenty looks at 10 %",
    mistakes={
        "alpha is not used: this is the figure for 5 %": (0.23, 0.265),
        independent: (0.86, 0.9),
        one_look: (0.085, 0.115),
    },
)
### END HIDDEN TESTS

# %% test="peeking_rate" name="edges" points=1
"""The seed decides the experiments, and unusable input is refused."""
### BEGIN HIDDEN TESTS
first, again = peeking_rate(4, n_sims=4_000, seed=8), peeking_rate(4, n_sims=4_000, seed=8)
checks.close(again, first, "a second call with the same seed")
others = [float(peeking_rate(4, n_sims=4_000, seed=seed)) for seed in range(20, 26)]
assert len(set(others)) > 1, f"six different seeds gave the same share, {others[0]:.4f}: the seed is not used"
few = float(peeking_rate(2, n_sims=5, seed=8))
assert abs(few * 5 - round(few * 5)) < 1e-6, f"with n_sims=5 the share is a multiple of 0.2, you returned {few:.4f}: n_sims is not used"
checks.raises(ValueError, peeking_rate, 0, what="no look at all")
checks.raises(ValueError, peeking_rate, 5, 0.0, what="an alpha of 0")
checks.raises(ValueError, peeking_rate, 5, 1.0, what="an alpha of 1")
checks.raises(ValueError, peeking_rate, 5, 0.05, 0, what="no experiment at all")
### END HIDDEN TESTS

# %% [markdown] explain="peeking_rate"
# Armitage, McPherson and Rowe (1969) computed these figures exactly, by integrating the joint Normal density look after look: 5.0, 8.3, 10.7, 12.6, 14.2 % for one to five looks, 19.3 % for ten, 24.8 % for twenty.
# With endless looks the rate goes to 1, only slowly (law of the iterated logarithm). Group-sequential designs turn the table round: Pocock's constant threshold (2.41 for five looks) or O'Brien–Fleming's, strict early and near 1.96 at the end, bring the total back to 5 %.

# %% [markdown]
# ### Peeking with a licence
#
# If you need to stop early, use a threshold that is made for it. An *always-valid* p-value may be read as often as you like: the chance that it **ever** falls to 0.05 in an A/A test is at most 5 %.
# Its price is a wider boundary. Below are 20 A/A experiments, read after every pair of users from the tenth on.

# %% locked="simulate_streams"
STREAM_SIGMA = 2.0


def simulate_streams(pairs: int, effect: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The metric of `pairs` users in arm A and as many in arm B, in order of arrival: Normal, standard deviation 2, B higher by `effect` on average."""
    rng = np.random.default_rng(seed)
    return rng.normal(5, STREAM_SIGMA, pairs), rng.normal(5 + effect, STREAM_SIGMA, pairs)


# %% collapsed=true
n = np.arange(10, 1001)
differences = np.array([b - a for a, b in (simulate_streams(1000, 0, 900 + seed) for seed in range(20))])
paths = differences.cumsum(axis=1)[:, 9:] / (STREAM_SIGMA * np.sqrt(2 * n))
v, mix = 2 * STREAM_SIGMA**2, 0.4**2
boundary = np.sqrt(2 * (v + n * mix) / (n * mix) * np.log(20 * np.sqrt((v + n * mix) / v)))
fooled = (np.abs(paths) > 1.96).any(axis=1)
fig, ax = plt.subplots(figsize=(7, 3))
for path, was in zip(paths, fooled, strict=True):
    ax.plot(n, path, color="C1" if was else "0.7", lw=0.8, zorder=2 if was else 1)
for sign in (-1, 1):
    ax.axhline(sign * 1.96, color="0.2", ls="--", lw=1.2, zorder=3)
    ax.plot(n, sign * boundary, color="C0", lw=2, zorder=3)
ax.text(1040, 1.96, "ordinary 5 %", va="center", color="0.2")
ax.text(1040, boundary[-1], "always valid 5 %", va="center", color="C0")
crossed = int((np.abs(paths) > boundary).any(axis=1).sum())
ax.set(xlabel="pairs of users so far (log scale)", ylabel="z statistic", xscale="log", xlim=(10, 1000), ylim=(-6, 6), xticks=[10, 30, 100, 300, 1000])
ax.set(
    xticklabels=["10", "30", "100", "300", "1,000"],
    title=f"{fooled.sum()} of 20 A/A tests cross the ordinary line at some time, {crossed} the always-valid one",
)
ax.minorticks_off()
plt.show()

# %% [markdown] statement="always_valid_p" level="stretch"
# ### `always_valid_p`: a p-value that you may watch
#
# Users arrive in pairs, one in each arm. `a` and `b` (equally long lists or arrays) hold their metric in order of arrival. `sigma` is the known **standard deviation** of one user's metric, the same in both arms. After $n$ pairs, $d_n$ is the mean of the first $n$ of `b` minus that of `a`.
# The mixture SPRT bets against "no difference" with a true difference drawn from $N(0, \tau^2)$; `tau` is a **standard deviation** too:
# $$\Lambda_n = \sqrt{\frac{2\sigma^2}{2\sigma^2 + n\tau^2}}\;\exp\!\left(\frac{n^2\tau^2 d_n^2}{4\sigma^2(2\sigma^2 + n\tau^2)}\right), \qquad p_0 = 1, \quad p_n = \min(p_{n-1},\, 1/\Lambda_n)$$
# Write `always_valid_p(a, b, sigma, tau)`: return $p_1, \dots, p_n$. A huge difference gives p-values near 0, never an error. Raise `ValueError` when the lengths differ, when there are no users, or when `sigma` or `tau` is not positive.
#
# Example: `always_valid_p([3, 5, 4, 6, 2], [4, 9, 9, 9, 2], sigma=1.5, tau=2.5)` gives 1, 0.7000, 0.1147, 0.0479, 0.0479 (rounded here; don't round yours).


# %% solution="always_valid_p"
def always_valid_p(a: ArrayLike, b: ArrayLike, sigma: float, tau: float) -> np.ndarray:
    """Always-valid p-values of the mixture SPRT for the difference of two streams with known variance.

    a, b: shape (n,), in order of arrival. sigma, tau: standard deviations, positive. Returns shape (n,), never increasing, at most 1.
    """
    ### BEGIN SOLUTION
    first, second = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if first.shape != second.shape or first.size == 0 or sigma <= 0 or tau <= 0:
        raise ValueError("two equally long streams with at least one pair, sigma and tau positive")
    n = np.arange(1, first.size + 1)
    total = np.cumsum(second - first)
    spread = 2 * sigma**2 + n * tau**2
    log_lambda = 0.5 * np.log(2 * sigma**2 / spread) + tau**2 * total**2 / (4 * sigma**2 * spread)
    return np.exp(-np.maximum(np.maximum.accumulate(log_lambda), 0))
    ### END SOLUTION


# %% [markdown] hint="always_valid_p"
# `np.cumsum(b - a)` is $n\,d_n$ for every $n$ at once; $n^2 d_n^2$ is its square.

# %% [markdown] hint="always_valid_p"
# Stay with $\log \Lambda_n$ until the last step: for a large difference $\Lambda_n$ itself is too big for a float. $1/\Lambda_n$ is `np.exp(-log_lambda)`.

# %% [markdown] hint="always_valid_p"
# `np.minimum.accumulate(p)` is the running minimum. $p_0 = 1$ means that nothing is ever above 1: `np.minimum(1, ...)`.

# %% test="always_valid_p" name="value" points=2
"""The running p-values: on the example, then on 300 pairs of users."""
example = always_valid_p([3, 5, 4, 6, 2], [4, 9, 9, 9, 2], sigma=1.5, tau=2.5)
checks.array(
    example,
    [1, 0.70000076126, 0.11466459722, 0.047921725579, 0.047921725579],
    "the example",
    mistakes={
        "sigma and tau are swapped": [1, 1, 0.777523617395, 0.646436882518, 0.646436882518],
        "the running minimum is missing: evidence once found is kept": [1, 0.70000076126, 0.11466459722, 0.047921725579, 0.105759054111],
        "the running minimum is missing, and p-values above 1 are left standing": [1.4489145584, 0.70000076126, 0.11466459722, 0.047921725579, 0.105759054111],
        "p-values above 1 are left standing; p starts at 1": [1.4489145584, 0.70000076126, 0.11466459722, 0.047921725579, 0.047921725579],
        "tau is taken as a variance; it is a standard deviation, so square it": [1, 0.699501772357, 0.161314373364, 0.0704739411624, 0.0704739411624],
        "sigma is taken as a variance; it is a standard deviation, so square it": [1, 0.423588141908, 0.0223982758018, 0.00568225981739, 0.00568225981739],
        "this is the variance of one arm; the difference of two arms has twice that": [
            1,
            0.243194795079,
            0.00409921206502,
            0.000632014716401,
            0.000632014716401,
        ],
        "this is the ordinary p-value at each look; it is not valid for continuous peeking": [
            0.637351888234,
            0.0955807045456,
            0.00649558625718,
            0.00218304473736,
            0.00613195330408,
        ],
        "this is the running minimum of ordinary p-values; it is not valid for continuous peeking": [
            0.637351888234,
            0.0955807045456,
            0.00649558625718,
            0.00218304473736,
            0.00218304473736,
        ],
    },
)


### BEGIN HIDDEN TESTS
def p_path(a, b, s2, t2, minimum=True, streams=2):
    n = np.arange(1, len(a) + 1)
    v, d = streams * s2, np.cumsum(b - a) / n
    p = np.sqrt((v + n * t2) / v) * np.exp(-(n**2) * t2 * d**2 / (2 * v * (v + n * t2)))
    return np.minimum(1, np.minimum.accumulate(p)) if minimum else p


for effect, sigma, tau, seed in [(0.25, 2.5, 0.6, 72), (0.0, 2.0, 0.3, 62)]:
    a, b = simulate_streams(300, effect, seed)
    plain = p_path(a, b, sigma**2, tau**2, minimum=False)
    ordinary = 2 * stats.norm.sf(np.abs(np.cumsum(b - a)) / np.sqrt(2 * sigma**2 * np.arange(1, 301)))
    checks.array(
        always_valid_p(a, b, sigma, tau),
        p_path(a, b, sigma**2, tau**2),
        f"300 pairs with a true difference of {effect}",
        mistakes={
            "sigma and tau are swapped": p_path(a, b, tau**2, sigma**2),
            "the running minimum is missing: evidence once found is kept": np.minimum(1, plain),
            "the running minimum is missing, and p-values above 1 are left standing": plain,
            "p-values above 1 are left standing; p starts at 1": np.minimum.accumulate(plain),
            "tau is taken as a variance; it is a standard deviation, so square it": p_path(a, b, sigma**2, tau),
            "sigma is taken as a variance; it is a standard deviation, so square it": p_path(a, b, sigma, tau**2),
            "this is the variance of one arm; the difference of two arms has twice that": p_path(a, b, sigma**2, tau**2, streams=1),
            "this is the ordinary p-value at each look; it is not valid for continuous peeking": ordinary,
            "this is the running minimum of ordinary p-values; it is not valid for continuous peeking": np.minimum.accumulate(ordinary),
        },
    )
### END HIDDEN TESTS

# %% test="always_valid_p" name="edges" points=1
"""One pair, a huge difference, and unusable input."""
### BEGIN HIDDEN TESTS
checks.array(always_valid_p([1.0], [1.5], 1.0, 1.0), [1.0], "a single pair")
huge = always_valid_p([0.0] * 60, [50.0] * 60, 1.0, 2.0)
checks.array(huge, np.zeros(60), "a difference of 50 standard deviations (p-values near 0, no overflow)", atol=1e-6)
checks.raises(ValueError, always_valid_p, [1, 2], [1, 2, 3], 1.0, 1.0, what="streams that differ in length")
checks.raises(ValueError, always_valid_p, [], [], 1.0, 1.0, what="no users")
checks.raises(ValueError, always_valid_p, [1, 2], [1, 2], 0.0, 1.0, what="a sigma of 0")
checks.raises(ValueError, always_valid_p, [1, 2], [1, 2], 1.0, 0.0, what="a tau of 0")
### END HIDDEN TESTS

# %% test="always_valid_p" name="validity" points=2
"""Watched after every pair, at most 5 % of 200 A/A tests ever fall to 0.05, and most tests with a real difference do."""


### BEGIN HIDDEN TESTS
def ever_below(effect, runs, first_seed):
    hits = 0
    for run in range(runs):
        path = np.asarray(always_valid_p(*simulate_streams(600, effect, first_seed + run), STREAM_SIGMA, 0.4), dtype=float)
        assert path.shape == (600,), f"600 pairs of users have 600 p-values, you returned shape {path.shape}"
        hits += bool((path <= 0.05).any())
    return hits / runs


checks.between(
    ever_below(0.0, 200, 10_000),
    0,
    0.05,
    "the share of A/A tests that ever fall to 0.05",
    mistakes={
        "this is what continuous peeking at ordinary p-values does": (0.35, 1.0),
    },
)
checks.between(ever_below(0.6, 60, 20_000), 0.85, 1, "the share of tests with a difference of 0.6 that fall to 0.05")
### END HIDDEN TESTS

# %% [markdown] explain="always_valid_p"
# Without a difference $\Lambda_n$ is a martingale that starts at 1: a fair game. Ville's inequality says that a fair game reaches 20 times your stake with probability at most 1/20, at *any* time. That is the whole proof.
# Robbins found the mixture in 1970; Johari, Koomen, Pekelis and Walsh ("Always valid inference") brought it to A/B testing, and confidence sequences (Howard, Ramdas and others, 2021) are its intervals.
# The best `tau` is about as large as the effects that you expect; a wrong one costs users, not validity. In practice sigma is estimated, so validity holds for large n. If you know which effect matters and stick to a fixed sample size, that needs fewer users for the same power.

# %% [markdown]
# ### Many metrics are many looks
#
# Twenty metrics at 5 % each, none of which moved: the chance of at least one "discovery" is $1 - 0.95^{20} = 64\,\%$ if they are independent. Two corrections answer two different fears.
#
# - **Bonferroni** keeps the chance of *any* false discovery at 5 %. Multiply every p-value by the number of tests $m$.
# - **Benjamini–Hochberg** (BH) keeps the expected *share* of false ones among your discoveries (the false discovery rate) at 5 %. Sort; compare the $k$-th smallest with $0.05\,k/m$; everything up to the **last** one at or below its line is a discovery. It asks for tests that are independent or go up and down together.

# %% locked="bh_1995"
# fifteen p-values of a clinical trial, from Benjamini and Hochberg (1995)
BH_1995 = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0]

# %% collapsed=true
rank = np.arange(1, 11)
fig, ax = plt.subplots(figsize=(7, 3))
ax.axhline(0.05, color="0.7", ls=":", lw=1.2)
ax.axhline(0.05 / 15, color="C1", lw=1.5)
ax.plot(rank, 0.05 * rank / 15, color="C0", lw=1.5)
ax.scatter(rank[:9], BH_1995[:9], color="0.15", zorder=3)
for height, label, colour in (
    (0.05, "uncorrected: 9 discoveries", "0.45"),
    (0.05 / 15, "Bonferroni: 3", "C1"),
    (0.05 * 10 / 15, "Benjamini–Hochberg: 4", "C0"),
):
    ax.text(10.15, height, label, va="center", color=colour)
ax.set(
    xlabel="rank of the p-value, of 15 (the nine smallest shown)",
    ylabel="p-value",
    xlim=(0.5, 10),
    ylim=(0, 0.056),
    title="Each correction draws its own line under the same p-values",
)
plt.show()

# %% [markdown] statement="adjust_p_values" level="core"
# ### `adjust_p_values`: one number to compare with alpha
#
# An *adjusted* p-value is the smallest alpha at which that test would be a discovery. Write `adjust_p_values(p_values, method)`, with `method` either `"bonferroni"` or `"bh"`. Let $p_{(1)} \le \dots \le p_{(m)}$ be the sorted p-values:
# $$\tilde p_i^{\text{Bonferroni}} = \min(1,\, m\,p_i) \qquad\qquad \tilde p_{(k)}^{\text{BH}} = \min\left(1,\ \min_{j \ge k} \frac{m}{j}\, p_{(j)}\right)$$
# Return the adjusted p-values as a list or an array **in the order of the input**. `p_values` is a list or an array. Equal p-values get equal adjusted ones. Round nothing.
# Raise `ValueError` for another `method`, for no p-values, and for a p-value outside 0 to 1.
#
# Example: `adjust_p_values([0.2, 0.01, 0.045, 0.03, 0.035], "bh")` gives `[0.2, 0.05, 0.05625, 0.05625, 0.05625]`; with `"bonferroni"` it gives `[1, 0.05, 0.225, 0.15, 0.175]`.


# %% solution="adjust_p_values"
def adjust_p_values(p_values: ArrayLike, method: str) -> np.ndarray:
    """Adjusted p-values, in the order of the input.

    p_values: shape (m,), each between 0 and 1. method: "bonferroni" or "bh" (Benjamini-Hochberg). Returns shape (m,).
    """
    ### BEGIN SOLUTION
    p = np.asarray(p_values, dtype=float)
    if method not in ("bonferroni", "bh") or p.size == 0 or not np.all((p >= 0) & (p <= 1)):
        raise ValueError("method bonferroni or bh, and at least one p-value, all between 0 and 1")
    if method == "bonferroni":
        return np.minimum(1, p.size * p)
    largest_first = np.argsort(p)[::-1]
    raw = p.size / np.arange(p.size, 0, -1) * p[largest_first]
    adjusted = np.empty_like(p)
    adjusted[largest_first] = np.minimum(1, np.minimum.accumulate(raw))
    return adjusted
    ### END SOLUTION


# %% [markdown] hint="adjust_p_values"
# Work from the largest p-value down: its factor is $m/m$, the next one's $m/(m-1)$, and so on. Keep the smallest product seen so far.

# %% [markdown] hint="adjust_p_values"
# `order = np.argsort(p)` sorts. To come back, make an empty array and assign to its places: `adjusted[order] = in_sorted_order`.

# %% test="adjust_p_values" name="value" points=2
"""Both methods: on the example, then on the fifteen p-values of Benjamini and Hochberg in another order."""
example = [0.2, 0.01, 0.045, 0.03, 0.035]
checks.array(
    adjust_p_values(example, "bonferroni"),
    [1, 0.05, 0.225, 0.15, 0.175],
    "Bonferroni on the example",
    mistakes={
        "this is p divided by the number of tests; multiply": [0.04, 0.002, 0.009, 0.006, 0.007],
    },
)
checks.array(
    adjust_p_values(example, "bh"),
    [0.2, 0.05, 0.05625, 0.05625, 0.05625],
    "Benjamini–Hochberg on the example",
    mistakes={
        "the running minimum from the largest p-value down is missing": [0.2, 0.05, 0.05625, 0.075, 0.0583333333333],
        "this is a running maximum from the smallest p-value up; BH needs a running minimum from the largest down": [0.2, 0.05, 0.075, 0.075, 0.075],
        "this is Bonferroni; BH divides by the rank": [1, 0.05, 0.225, 0.15, 0.175],
        "the input has been taken as sorted already": [0.025, 0.025, 0.035, 0.035, 0.035],
        "the adjusted p-values are sorted; return them in the order of the input": [0.05, 0.05625, 0.05625, 0.05625, 0.2],
    },
)


### BEGIN HIDDEN TESTS
def from_below(p):
    order = np.argsort(p)
    out = np.empty_like(p)
    out[order] = np.minimum(1, np.maximum.accumulate(p[order] * p.size / np.arange(1, p.size + 1)))
    return out


shuffled = np.random.default_rng(5).permutation(BH_1995)
expected = np.asarray(stats.false_discovery_control(shuffled, method="bh"))
bh = adjust_p_values(shuffled, "bh")
checks.array(
    bh,
    expected,
    "Benjamini–Hochberg on fifteen p-values",
    mistakes={
        "the running minimum from the largest p-value down is missing": shuffled * 15 / stats.rankdata(shuffled),
        "this is a running maximum from the smallest p-value up; BH needs a running minimum from the largest down": from_below(shuffled),
        "the adjusted p-values are sorted; return them in the order of the input": np.sort(expected),
        "this is Bonferroni; BH divides by the rank": np.minimum(1, 15 * shuffled),
        "the input has been taken as sorted already": np.minimum(1, np.minimum.accumulate((shuffled * 15 / np.arange(1, 16))[::-1])[::-1]),
    },
)
bonferroni = adjust_p_values(shuffled, "bonferroni")
checks.array(
    bonferroni,
    np.minimum(1, 15 * shuffled),
    "Bonferroni on fifteen p-values",
    mistakes={
        "an adjusted p-value is at most 1": 15 * shuffled,
        "this is 1 - (1 - p)^m, which is Šidák's correction": 1 - (1 - shuffled) ** 15,
    },
)
found = [int((np.asarray(values) <= 0.05).sum()) for values in (bonferroni, bh)]
checks.equal(found, [3, 4], "discoveries at 5 %, by Bonferroni and by BH")
### END HIDDEN TESTS

# %% test="adjust_p_values" name="edges" points=1
"""Ties, a single test, values of 0 and 1, an array of fresh p-values, and unusable input."""
### BEGIN HIDDEN TESTS
ties = [0.02, 0.9, 0.01, 0.02, 0.02, 0.4]
checks.array(
    adjust_p_values(ties, "bh"),
    [0.03, 0.9, 0.03, 0.03, 0.03, 0.48],
    "p-values with ties",
    mistakes={
        "ties get different results: the running minimum from the largest p-value down is missing": [0.06, 0.9, 0.06, 0.04, 0.03, 0.48],
        "tied p-values share a middle rank here; the largest rank of the tie counts": [0.04, 0.9, 0.04, 0.04, 0.04, 0.48],
    },
)
for method in ("bonferroni", "bh"):
    checks.array(adjust_p_values([0.03], method), [0.03], f"a single p-value, {method}")
    checks.array(adjust_p_values([1, 0, 1], method), [1, 0, 1], f"p-values of exactly 0 and 1, {method}")
rng = np.random.default_rng(17)
fresh = rng.permutation(np.concatenate([rng.random(30), rng.beta(1, 60, 12)]))
checks.array(
    adjust_p_values(fresh, "bh"),
    stats.false_discovery_control(fresh),
    "42 fresh p-values",
    mistakes={
        "the running minimum from the largest p-value down is missing": fresh * 42 / stats.rankdata(fresh),
    },
)
checks.raises(ValueError, adjust_p_values, [0.1, 0.2], "holm", what="a method that is not offered")
checks.raises(ValueError, adjust_p_values, [], "bh", what="no p-values")
checks.raises(ValueError, adjust_p_values, [0.1, 1.2], "bh", what="a p-value above 1")
checks.raises(ValueError, adjust_p_values, [-0.1, 0.2], "bonferroni", what="a p-value below 0")
### END HIDDEN TESTS

# %% [markdown] explain="adjust_p_values"
# Why the running minimum: BH rejects *everything* up to the last p-value below its line, so a small p-value can't have a larger adjusted value than a larger p-value does. In the 1995 paper the sixth p-value, .0278, gives .0695 by plain scaling; the seventh gives .0639, and that is the answer for both.
# `scipy.stats.false_discovery_control` and statsmodels' `multipletests(p, method="fdr_bh")` do the same. BH holds for independent or positively dependent tests; Benjamini and Yekutieli (2001) cover any dependence at a price. Holm's method is never worse than Bonferroni, and as safe.

# %% [markdown]
# **The recipe against p-hacking**, in the order of the work:
#
# 1. **Before the start**, write down (*pre-register*) the hypothesis, the primary metric, the sample size and the stopping rule, where others can see it.
# 2. **The primary metric decides.** Secondary metrics are exploratory: they explain, and they suggest the next experiment.
# 3. **If you want to stop early**, say so in the plan and use a sequential method: group-sequential thresholds or always-valid p-values.
# 4. **If several metrics decide**, correct: Bonferroni for a few where each false claim hurts, BH for many where a known share of false leads is fine.

# %% [markdown]
# > **In the interview.** *"Day four of fourteen, p is 0.03, and the product manager wants to stop. What do you say?"*
# > **In 30 seconds:** p = 0.03 would mean something at the one look that we planned. Looking daily and stopping at the first p below 0.05 gives false alarms about one time in five, not one in twenty. We wait for day fourteen, or we use a rule made for peeking (always-valid p-values or group-sequential bounds) that we fix beforehand. Stopping early for harm is a guardrail with its own rule.
# > **They ask next:** why isn't the rate $1 - 0.95^{14}$? (The looks share data.) What does always-valid cost? (A wider boundary, so more users for the same power.) Bonferroni or BH for 3 metrics, for 300? Why is an early winner's effect too big? (You stop at a lucky high.)
# > **Red flags:** "We look daily but only act if it's significant"; changing the primary metric after the data came; reporting the one segment of twenty that worked.

# %% [markdown]
# ## Bayesian thinking
#
# Bayes' rule is counting. Take 100,000 payments and a fraud model that catches 85 % of fraud and wrongly flags 2 % of the honest payments. Count who is in the pile of flagged ones.

# %% collapsed=true
rates = np.array([0.0005, 0.005, 0.05, 0.2])
caught = 100_000 * rates * 0.85
alarms = 100_000 * (1 - rates) * 0.02
fig, ax = plt.subplots(figsize=(7, 3))
ax.barh(range(4), caught, color="C0", label="fraud, flagged")
ax.barh(range(4), alarms, left=caught, color="0.75", label="honest, flagged")
for row in range(4):
    share = caught[row] / (caught[row] + alarms[row])
    ax.text(caught[row] + alarms[row] + 200, row, f"{100 * share:.0f} % of flags are fraud", va="center")
ax.set(
    yticks=range(4),
    yticklabels=["0.05 %", "0.5 %", "5 %", "20 %"],
    xlim=(0, 27_000),
    xlabel="flagged payments of 100,000",
    ylabel="base rate of fraud",
    title="The same model: what a flag means depends on the base rate",
)
ax.legend(frameon=False, loc="center right")
plt.show()

# %% [markdown]
# When fraud is rare, the many honest payments give more false alarms than there is fraud. In words: $P(\text{fraud} \mid \text{flag})$ is the share of fraud in the flagged pile, which your colleagues call *precision*. Sensitivity alone doesn't tell you. So check what a model says against the base rate, and ask for precision as well as recall when classes are imbalanced.

# %% [markdown] statement="posterior" level="core"
# ### `posterior`: what a flag is worth
#
# Write `posterior(prevalence, sensitivity, specificity)`: the probability that a flagged case has the condition.
# Sensitivity is $P(\text{flag} \mid \text{condition})$; specificity is $P(\text{no flag} \mid \text{no condition})$.
# $$P(\text{condition} \mid \text{flag}) = \frac{P(\text{flag} \mid \text{condition})\,P(\text{condition})}{P(\text{flag})}$$
# Each argument is a number, a list or an array between 0 and 1; they are broadcast against each other as NumPy does. Return a float for three numbers, else an array of the broadcast shape.
# Where nothing is ever flagged, so $P(\text{flag}) = 0$, the answer is undefined: give `nan` there. Raise `ValueError` if any value is below 0 or above 1.
#
# Example: fraud in 0.1 % of payments, sensitivity 90 %, specificity 99 %: `posterior(0.001, 0.9, 0.99)` gives 0.0826. Only one flag in twelve is fraud.


# %% solution="posterior"
def posterior(prevalence: ArrayLike, sensitivity: ArrayLike, specificity: ArrayLike) -> float | np.ndarray:
    """P(condition | flag) by Bayes' rule; nan where nothing is ever flagged.

    All three are shares between 0 and 1 that broadcast. Returns a float for three numbers, else an array of the broadcast shape.
    """
    ### BEGIN SOLUTION
    base, sens, spec = np.broadcast_arrays(*(np.asarray(v, dtype=float) for v in (prevalence, sensitivity, specificity)))
    for values in (base, sens, spec):
        if not np.all((values >= 0) & (values <= 1)):
            raise ValueError("shares lie between 0 and 1")
    true_flags, false_flags = base * sens, (1 - base) * (1 - spec)
    flags = true_flags + false_flags
    result = np.divide(true_flags, flags, out=np.full(flags.shape, np.nan), where=flags > 0)
    return float(result) if result.ndim == 0 else result
    ### END SOLUTION


# %% [markdown] hint="posterior"
# Two kinds of cases are flagged: those with the condition, `prevalence * sensitivity`, and those without. How often does a case without the condition get a flag?

# %% [markdown] hint="posterior"
# The false-positive rate is `1 - specificity`, and it applies to the share `1 - prevalence`. $P(\text{flag})$ is the sum of both kinds.

# %% [markdown] hint="posterior"
# `np.divide(top, bottom, out=np.full(bottom.shape, np.nan), where=bottom > 0)` leaves `nan` where the bottom is 0.

# %% test="posterior" name="value" points=2
"""Single numbers: the example, then other conditions."""
no_base = "the base rate is ignored: this is the answer if half of all cases had the condition"
as_rate = "specificity is used as the false-positive rate; that rate is 1 - specificity"
checks.close(
    posterior(0.001, 0.9, 0.99),
    0.0826446281,
    "the fraud example",
    mistakes={
        no_base: 0.989010989011,
        as_rate: 0.000909173561233,
        "this is the probability of condition and flag together; divide it by the probability of a flag": 0.0009,
        "this is the probability of a flag": 0.01089,
        "this is the probability of no condition given a flag; the other one is asked": 0.917355371901,
        "false alarms are counted among all cases; they come only from those without the condition": 0.0825688073395,
        "this is the sensitivity, the probability of a flag given the condition; it is asked the other way round": 0.9,
    },
)
### BEGIN HIDDEN TESTS
for base, sens, spec in [(0.004, 0.82, 0.93), (0.35, 0.6, 0.75), (0.0125, 0.97, 0.998)]:
    flags = base * sens + (1 - base) * (1 - spec)
    checks.close(
        posterior(base, sens, spec),
        base * sens / flags,
        f"prevalence {base}, sensitivity {sens}, specificity {spec}",
        mistakes={
            no_base: sens / (sens + 1 - spec),
            as_rate: base * sens / (base * sens + (1 - base) * spec),
            "this is the sensitivity, the probability of a flag given the condition; it is asked the other way round": sens,
            "this is the probability of condition and flag together; divide it by the probability of a flag": base * sens,
            "this is the probability of a flag": flags,
            "this is the probability of no condition given a flag; the other one is asked": 1 - base * sens / flags,
            "false alarms are counted among all cases; they come only from those without the condition": base * sens / (base * sens + 1 - spec),
            "this is the probability of the condition given no flag": base * (1 - sens) / (1 - flags),
        },
    )
### END HIDDEN TESTS

# %% test="posterior" name="arrays" points=1
"""Lists and arrays, broadcast against each other."""
### BEGIN HIDDEN TESTS
base, sens = np.array([0.001, 0.02, 0.3, 0.7]), np.array([[0.5], [0.8], [0.95]])
expected = 1 / (1 + (1 - base) * 0.04 / (base * sens))
checks.array(
    posterior(base, 0.8, 0.96),
    expected[1],
    "an array of prevalences",
    mistakes={
        "specificity is used as the false-positive rate; that rate is 1 - specificity": 1 / (1 + (1 - base) * 0.96 / (base * 0.8)),
    },
)
checks.array(posterior(base.tolist(), 0.8, 0.96), expected[1], "a list of prevalences")
checks.array(posterior(base, sens, 0.96), expected, "4 prevalences against 3 sensitivities, shape (3, 4)")
checks.array(posterior(0.02, 0.8, np.array([0.96, 0.5])), [expected[1, 1], 0.016 / (0.016 + 0.49)], "an array of specificities")
### END HIDDEN TESTS

# %% test="posterior" name="edges" points=1
"""Prevalence 0 and 1, nothing flagged, and values outside 0 to 1."""
### BEGIN HIDDEN TESTS
checks.close(posterior(0, 0.9, 0.95), 0, "a condition that nobody has")
checks.close(posterior(1, 0.9, 0.95), 1, "a condition that everybody has")
checks.close(posterior(0.2, 0.9, 1), 1, "a test without false alarms")
checks.close(posterior(0.2, 0, 0.9), 0, "a test that never flags the condition")
checks.close(posterior(0.2, 0, 1), math.nan, "a test that never flags anybody")
checks.array(posterior([0, 0.5, 1], [0.9, 0.9, 0], [1, 1, 0.9]), [math.nan, 1, math.nan], "an array in which the first and last case are never flagged")
checks.raises(ValueError, posterior, 1.2, 0.9, 0.9, what="a prevalence above 1")
checks.raises(ValueError, posterior, 0.2, -0.1, 0.9, what="a negative sensitivity")
checks.raises(ValueError, posterior, 0.2, 0.9, 90, what="a specificity in percent")
checks.raises(ValueError, posterior, [0.1, -0.2], 0.9, 0.9, what="an array with one negative prevalence")
### END HIDDEN TESTS

# %% [markdown] explain="posterior"
# In odds the rule is one multiplication: prior odds times the likelihood ratio, sensitivity / (1 − specificity). For the example that ratio is 90: odds of 1 to 999 become 90 to 999, which is 8.3 %. A second, independent flag would multiply by 90 again and give 89 %.
# Gigerenzer's studies with doctors found that people who fail on percentages succeed when they count cases: so draw the pile of flags on the whiteboard.

# %% [markdown]
# ### From counts to a decision
#
# A conversion rate is unknown, so describe it by a distribution. Start with a prior $\text{Beta}(a, b)$, roughly "as if I had already seen $a$ conversions and $b$ failures". Every user updates it: a conversion adds 1 to $a$, a failure adds 1 to $b$.

# %% collapsed=true
p = np.linspace(0, 0.4, 500)
fig, axes = plt.subplots(1, 2, figsize=(9, 3.3), sharey=True, layout="constrained")
for ax, (a, b), title in zip(axes, ((1, 1), (30, 270)), ("flat prior, Beta(1, 1)", "history behind it, Beta(30, 270)"), strict=True):
    ax.plot(p, stats.beta.pdf(p, a, b), color="0.5", ls="--", label="prior")
    ax.plot(p, stats.beta.pdf(p, a + 2, b + 23), color="C0", label="A: 2 of 25")
    ax.plot(p, stats.beta.pdf(p, a + 6, b + 19), color="C1", label="B: 6 of 25")
    ax.set(xlabel="conversion rate", title=title)
axes[0].set_ylabel("density")
axes[1].legend(frameon=False)
fig.suptitle("The same 50 users: a strong prior pulls a lucky streak back to earth")
plt.show()

# %% [markdown] statement="beta_binomial" level="core"
# ### `beta_binomial`: is B better, and what if it isn't?
#
# Write `beta_binomial(conversions, users, prior=(1, 1))`. `conversions` and `users` are pairs of counts, arm A first. Each arm's rate has, independently, the prior $\text{Beta}(a, b)$ with `prior = (a, b)`, so its posterior is
# $$p \sim \text{Beta}(a + \text{conversions},\ b + \text{users} - \text{conversions})$$
# Return a dict: `"prob_b_better"`, which is $P(p_B > p_A)$; `"expected_loss"`, which is $E[\max(p_A - p_B, 0)]$, the rate that you lose on average by choosing B; and `"ci_low"`, `"ci_high"`, the 95 % equal-tailed credible interval of **B's rate** $p_B$ (its 2.5 % and 97.5 % quantiles).
# Needed accuracy: the probability within 0.003, the loss within 3 % of its value, the ends within 0.002. Sums on a fine grid reach that at once. If you simulate, take a million draws and fix the seed: enough for the checks here, though not for the loss when an arm wins outright.
# Raise `ValueError` if an arm has fewer than 0 conversions or more conversions than users, or if `a` or `b` is not positive. An arm without users keeps its prior.
#
# Example: `beta_binomial((14, 22), (120, 130), prior=(8, 32))` gives about `{"prob_b_better": 0.837, "expected_loss": 0.00346, "ci_low": 0.1231, "ci_high": 0.2371}`.


# %% solution="beta_binomial"
def beta_binomial(conversions: tuple[int, int], users: tuple[int, int], prior: tuple[float, float] = (1, 1)) -> dict[str, float]:
    """Posterior comparison of two conversion rates.

    conversions, users: counts of arms A and B. prior: (a, b) of the Beta prior of each arm.
    Returns {"prob_b_better", "expected_loss", "ci_low", "ci_high"}; the interval is that of B's rate.
    """
    ### BEGIN SOLUTION
    a, b = prior
    if min(a, b) <= 0 or any(not 0 <= k <= n for k, n in zip(conversions, users, strict=True)):
        raise ValueError("a positive prior, and conversions between 0 and the number of users")
    arm_a, arm_b = (stats.beta(a + k, b + n - k) for k, n in zip(conversions, users, strict=True))
    grid = np.linspace(0, 1, 20_001)
    below_a, below_b = arm_a.cdf(grid), arm_b.cdf(grid)
    better = np.sum((below_a[1:] + below_a[:-1]) / 2 * np.diff(below_b))
    loss = np.trapezoid(below_b * (1 - below_a), grid)
    return {"prob_b_better": float(better), "expected_loss": float(loss), "ci_low": float(arm_b.ppf(0.025)), "ci_high": float(arm_b.ppf(0.975))}
    ### END SOLUTION


# %% [markdown] hint="beta_binomial"
# Write down the two posteriors first: `stats.beta(a + k, b + n - k)`. The interval is `.ppf([0.025, 0.975])` of B's.

# %% [markdown] hint="beta_binomial"
# The simulated way: draw a million rates from each posterior with `.rvs(1_000_000, random_state=0)`. The other numbers are `(rate_b > rate_a).mean()` and `np.maximum(rate_a - rate_b, 0).mean()`.

# %% [markdown] hint="beta_binomial"
# The exact way: on a fine grid of rates $x$, $P(p_B > p_A) = \int F_A\,dF_B$ and $E[\max(p_A - p_B, 0)] = \int F_B(x)\,(1 - F_A(x))\,dx$, where $F$ is the `.cdf`.

# %% test="beta_binomial" name="value" points=2
"""Probability, loss and interval: on the example, then on other counts with a flat prior."""
result = beta_binomial((14, 22), (120, 130), prior=(8, 32))
dropped, flat = "the prior is dropped: add its a and b to the counts", "the prior that was given is not used; this is the answer for Beta(1, 1)"
normal, failures = (
    "this is the observed rate and a Normal approximation, not the posterior",
    "users are added where failures belong: failures are users minus conversions",
)
a_better, choose_a = "this is the probability that A is better", "this is the loss of choosing A; the loss of choosing B is asked"
means = "this is the difference of the two posterior means; average max(difference, 0) instead"
only_a = "this is the average loss among the cases in which A is better; count 0 for the others"
either = "this is the size of the difference, whichever arm is better; count 0 where B is better"
ninety, arm_a = "this is a 90 % interval; leave 2.5 % on each side", "this is A's interval; B's is asked"
checks.record(result, {"prob_b_better": 0.837, "expected_loss": 0.00346, "ci_low": 0.1231, "ci_high": 0.2371}, "the example: four numbers", rtol=0, atol=1)
checks.between(
    result["prob_b_better"],
    0.834,
    0.840,
    "the example: prob_b_better",
    mistakes={
        a_better: (0.16, 0.166),
        failures: (0.794, 0.798),
        normal: (0.8826, 0.8846),
        dropped: (0.8848, 0.8868),
        flat: (0.877, 0.879),
    },
)
checks.between(
    result["expected_loss"],
    0.00336,
    0.00356,
    "the example: expected_loss",
    mistakes={
        choose_a: (0.0422, 0.0427),
        means: (-0.0392, -0.0388),
        only_a: (0.0209, 0.0216),
        either: (0.0456, 0.0462),
    },
)
checks.between(result["ci_low"], 0.1211, 0.1251, "the example: ci_low", mistakes={ninety: (0.13, 0.1315), arm_a: (0.088, 0.0895)})
checks.between(result["ci_high"], 0.2351, 0.2391, "the example: ci_high", mistakes={ninety: (0.2258, 0.2272)})
### BEGIN HIDDEN TESTS
grid = np.linspace(0, 1, 20_001)
for k_a, n_a, k_b, n_b in [(18, 160, 30, 190), (260, 2_000, 231, 2_000)]:
    what = f"{k_a} of {n_a} against {k_b} of {n_b}, flat prior"
    both_arms = (1 + k_a, 1 + n_a - k_a), (1 + k_b, 1 + n_b - k_b)
    below_a, below_b = (stats.beta.cdf(grid, *arm) for arm in both_arms)
    better = np.sum((below_a[1:] + below_a[:-1]) / 2 * np.diff(below_b))
    loss, loss_a = np.trapezoid(below_b * (1 - below_a), grid), np.trapezoid(below_a * (1 - below_b), grid)
    low, high = stats.beta.ppf([0.025, 0.975], *both_arms[1])
    result = beta_binomial((k_a, k_b), (n_a, n_b))
    checks.record(result, {"prob_b_better": better, "expected_loss": loss, "ci_low": low, "ci_high": high}, what, rtol=0, atol=1)
    checks.between(
        result["prob_b_better"], better - 0.003, better + 0.003, f"{what}: prob_b_better", mistakes={a_better: (1 - better - 0.003, 1 - better + 0.003)}
    )
    checks.between(
        result["expected_loss"],
        0.97 * loss,
        1.03 * loss,
        f"{what}: expected_loss",
        mistakes={
            choose_a: (0.97 * loss_a, 1.03 * loss_a),
            only_a: (0.97 * loss / (1 - better), 1.03 * loss / (1 - better)),
        },
    )
    checks.between(result["ci_low"], low - 0.002, low + 0.002, f"{what}: ci_low")
    checks.between(result["ci_high"], high - 0.002, high + 0.002, f"{what}: ci_high")
### END HIDDEN TESTS

# %% test="beta_binomial" name="prior" points=1
"""A strong prior with few users, and a mild prior with nine."""
### BEGIN HIDDEN TESTS
dropped, flat = "the prior is dropped: add its a and b to the counts", "the prior that was given is not used; this is the answer for Beta(1, 1)"
for args, (better, without, with_flat), loss, low, high, what in [
    (((3, 9), (20, 24), (24, 96)), (0.775018, 0.961961, 0.946958), 0.00628559, 0.164487, 0.300968, "3 of 20 against 9 of 24, prior Beta(24, 96)"),
    (((1, 3), (4, 5), (2, 5)), (0.778638, 0.885714, 0.824675), 0.0247795, 0.167488, 0.692095, "1 of 4 against 3 of 5, prior Beta(2, 5)"),
]:
    result = beta_binomial(*args)
    checks.record(result, {"prob_b_better": better, "expected_loss": loss, "ci_low": low, "ci_high": high}, what, rtol=0, atol=1)
    checks.between(
        result["prob_b_better"],
        better - 0.003,
        better + 0.003,
        f"{what}: prob_b_better",
        mistakes={
            dropped: (without - 0.003, without + 0.003),
            flat: (with_flat - 0.003, with_flat + 0.003),
        },
    )
    checks.between(result["expected_loss"], 0.97 * loss, 1.03 * loss, f"{what}: expected_loss")
    checks.between(result["ci_low"], low - 0.002, low + 0.002, f"{what}: ci_low")
    checks.between(result["ci_high"], high - 0.002, high + 0.002, f"{what}: ci_high")
### END HIDDEN TESTS

# %% test="beta_binomial" name="edges" points=1
"""No conversions, no users, and impossible input."""
### BEGIN HIDDEN TESTS
none = beta_binomial((0, 0), (30, 60))
checks.record(none, {"prob_b_better": 31 / 92}, "no conversions, of 30 and of 60 users", rtol=0, atol=0.003)
checks.record(none, {"ci_low": 1 - 0.975 ** (1 / 61), "ci_high": 1 - 0.025 ** (1 / 61)}, "no conversions: B's interval", rtol=0, atol=0.002)
empty = beta_binomial((0, 0), (0, 0), (2, 2))
checks.record(empty, {"prob_b_better": 0.5}, "no users at all", rtol=0, atol=0.003)
checks.record(empty, {"ci_low": 0.0942993, "ci_high": 0.9057007}, "no users at all: the interval of the prior", rtol=0, atol=0.002)
checks.raises(ValueError, beta_binomial, (5, 12), (10, 11), what="more conversions than users")
checks.raises(ValueError, beta_binomial, (-1, 3), (10, 11), what="negative conversions")
checks.raises(ValueError, beta_binomial, (1, 3), (10, 11), (0, 1), what="a prior with a = 0")
### END HIDDEN TESTS

# %% [markdown] explain="beta_binomial"
# $E[\max(p_A - p_B, 0)]$ is the integral over $x$ of $P(p_B \le x < p_A)$, and the arms are independent: hence $F_B(1 - F_A)$. For whole-number parameters Evan Miller's "Formulas for Bayesian A/B testing" gives $P(p_B > p_A)$ as a finite sum of Beta functions.
# A common rule ships B when the expected loss falls below a bound that nobody would notice. It weighs how *much* you could lose, which a probability of 95 % does not.
# One warning: a Bayesian with a flat prior who stops at the first good look is fooled by A/A tests like anybody who peeks. The posterior is as honest as its prior.

# %% [markdown]
# ### Learning while earning
#
# An A/B test gives half of the users the worse arm until it ends. A *bandit* moves traffic to the better arm as it learns. **Thompson sampling** does it with one idea: draw one rate from each arm's posterior and play the arm whose draw is highest.

# %% collapsed=true
p = np.linspace(0, 0.6, 500)
arms = (("A: 3 of 30", 4, 28, "0.5"), ("B: 2 of 8", 3, 7, "C1"), ("C: 9 of 40", 10, 32, "C0"))
fig, ax = plt.subplots(figsize=(7, 3))
for row, (label, a, b, colour) in enumerate(arms):
    ax.plot(p, stats.beta.pdf(p, a, b), color=colour, label=label)
    draws = np.random.default_rng(40 + row).beta(a, b, 12)
    ax.scatter(draws, np.full(12, -0.7 - 0.8 * row), color=colour, s=18)
ax.axhline(0, color="0.8", lw=1)
ax.set(xlabel="conversion rate", ylabel="density (dots: draws)", xlim=(0, 0.6), title="B is uncertain, so some of its draws are high: it still gets tried")
ax.legend(frameon=False, title="seen so far")
plt.show()

# %% [markdown]
# An arm with little data has wide draws, so it gets explored. An arm that is surely worse almost never has the highest draw. The *regret* counts what you lost against always playing the best arm.
#
# Two bad neighbours: **uniform** play never uses what it learned. **Greedy** play (always the highest posterior mean) can fall in love with the first arm that works and never try a better one. Uniform loses a fixed amount for every user, for ever; so does greedy in each run in which it gets stuck.

# %% [markdown] statement="thompson" level="stretch"
# ### `thompson`: a bandit that learns
#
# Write `thompson(rates, rounds, seed)`. `rates` (a list) holds the true success probabilities of the arms; use them only to draw rewards and to compute the regret. Every arm starts with the prior $\text{Beta}(1, 1)$. In each round:
# draw one number from each arm's posterior; pull the arm with the highest; its reward is 1 with that arm's rate, else 0; a reward of 1 adds 1 to the first parameter of **that arm**, a reward of 0 adds 1 to the second.
# Return a dict: `"pulls"`, how often each arm was pulled, and `"regret"`, the expected regret (computed from the pulls and true rates, not from the rewards):
# $$\text{regret} = \sum_i \text{pulls}_i\,(\max_j \text{rate}_j - \text{rate}_i)$$
# Use `numpy.random.default_rng(seed)`: the same seed gives the same result. Raise `ValueError` when there are no arms, a rate is outside 0 to 1, or `rounds` is negative. With 0 rounds all pulls and the regret are 0.
#
# Example: if `thompson([0.2, 0.5], 100, seed=0)` pulls the arms 10 and 90 times, the regret is 10 × 0.3 = 3. Your pulls may differ from your neighbour's; the checks average over many seeds.


# %% solution="thompson"
def thompson(rates: list[float], rounds: int, seed: int) -> dict:
    """Thompson sampling over Bernoulli arms with Beta(1, 1) priors.

    rates: true success probability of each arm. Returns {"pulls": one whole number for each arm, "regret": float}.
    """
    ### BEGIN SOLUTION
    true = np.asarray(rates, dtype=float)
    if true.size == 0 or not np.all((true >= 0) & (true <= 1)) or rounds < 0:
        raise ValueError("at least one arm, rates between 0 and 1, rounds not negative")
    rng = np.random.default_rng(seed)
    good, bad = np.ones(true.size), np.ones(true.size)
    for _ in range(rounds):
        arm = rng.beta(good, bad).argmax()
        if rng.random() < true[arm]:
            good[arm] += 1
        else:
            bad[arm] += 1
    pulls = (good + bad - 2).astype(int)
    return {"pulls": pulls.tolist(), "regret": float(pulls @ (true.max() - true))}
    ### END SOLUTION


# %% [markdown] hint="thompson"
# Keep two arrays of ones, `good` and `bad`. `rng.beta(good, bad)` draws one number for each arm; `argmax()` says which to pull.

# %% [markdown] hint="thompson"
# The reward is `rng.random() < rates[arm]`. Afterwards only the pulled arm changes, and failures count as much as successes do.

# %% test="thompson" name="record" points=1
"""Pulls add up to the rounds, the regret follows from them, the seed decides, and unusable input is refused."""
result = thompson([0.2, 0.5], 100, seed=0)
assert isinstance(result, dict) and {"pulls", "regret"} <= set(result), f"expected a dict with the keys 'pulls' and 'regret', you returned {result!r}"
checks.equal([len(result["pulls"]), int(sum(result["pulls"]))], [2, 100], "the number of arms in pulls, and the sum of pulls")
expected = 0.3 * float(result["pulls"][0])
average = {"the regret is a sum over pulls, not an average for each round": expected / 100} if expected > 0 else None
checks.close(result["regret"], expected, "the expected regret, from your pulls and the true rates", mistakes=average)
### BEGIN HIDDEN TESTS
rates = [0.55, 0.3, 0.7, 0.62]
result = thompson(rates, 300, seed=5)
pulls = np.asarray(result["pulls"], dtype=float)
assert pulls.shape == (4,), f"four arms have four numbers of pulls, you returned {len(result['pulls'])}"
checks.close(result["regret"], float(pulls @ (0.7 - np.array(rates))), "the expected regret of four arms, from your pulls and the true rates")
checks.record(thompson(rates, 300, seed=5), {"pulls": result["pulls"], "regret": result["regret"]}, "a second call with the same seed")
seen = {tuple(int(k) for k in thompson(rates, 300, seed=seed)["pulls"]) for seed in range(6)}
assert len(seen) > 1, "six different seeds gave the same pulls: the seed is not used"
checks.record(thompson([0.4], 25, seed=1), {"pulls": [25], "regret": 0}, "a single arm")
checks.record(thompson([0.4, 0.1], 0, seed=1), {"pulls": [0, 0], "regret": 0}, "no rounds")
checks.raises(ValueError, thompson, [], 10, 1, what="no arms")
checks.raises(ValueError, thompson, [0.2, 1.3], 10, 1, what="a rate above 1")
checks.raises(ValueError, thompson, [0.2, 0.3], -1, 1, what="negative rounds")
### END HIDDEN TESTS

# %% test="thompson" name="first_rounds" points=1
"""In the second round the posterior of a single observation decides: a sure arm against a hopeless one, 300 seeds."""
### BEGIN HIDDEN TESTS
firsts = [int(thompson([1.0, 0.0], 2, seed=seed)["pulls"][0]) for seed in range(300)]
checks.between(
    firsts.count(2) / 300,
    0.20,
    0.47,
    "the share of seeds that pull the sure arm twice in two rounds (exactly: 1/3)",
    mistakes={
        "the first arm wins too often: the arm is chosen by the posterior mean, not by a random draw": (0.8, 1.0),
    },
)
checks.between(firsts.count(0) / 300, 0.06, 0.28, "the share of seeds that pull the hopeless arm twice in two rounds (exactly: 1/6)")
### END HIDDEN TESTS

# %% test="thompson" name="regret" points=2
"""Over 20 seeds, regret stays far below that of uniform and greedy play, and its growth slows down."""


### BEGIN HIDDEN TESTS
def mean_regret(rounds, seeds):
    return float(np.mean([thompson([0.7, 0.8, 0.9], rounds, seed=seed)["regret"] for seed in seeds]))


early, late = mean_regret(300, range(100, 120)), mean_regret(1_500, range(200, 220))
checks.between(
    late,
    3,
    26,
    "the mean regret after 1,500 rounds with rates 0.7, 0.8, 0.9",
    mistakes={
        "regret is almost 0: the true rates decide which arm is pulled; the arms must be learned": (-1, 1),
        "regret is that of uniform play: the posterior is not updated, or not used": (140, 160),
        "regret is that of greedy play: it settles on the first arm that works": (180, 310),
        "regret grows too fast: are failures recorded, and only for the arm that was pulled?": (40, 139),
    },
)
checks.between(late / early, 0.4, 4.4, "regret after 1,500 rounds over regret after 300 (a fixed loss for each round would give 5)")
### END HIDDEN TESTS

# %% [markdown] explain="thompson"
# The chance that an arm is played equals the posterior probability that it is best (*probability matching*): Thompson proposed it in 1933 for clinical trials. Its regret grows like $\log T$, the best possible rate (Lai and Robbins 1985; Agrawal and Goyal 2012); uniform and greedy play grow like $T$.
# The price: the losing arms get few users, so their effects are estimated badly (and with bias), and ordinary tests don't apply. Rates that drift or rewards that arrive late break the simple version. Russo and others, "A tutorial on Thompson sampling" (2018), is the place to go on.

# %% [markdown]
# ### Bayesian or frequentist?
#
# | your situation | choose | because |
# |---|---|---|
# | earlier experiments or domain knowledge say something real | Bayesian | the prior carries it into the analysis |
# | small samples | Bayesian | the prior regularises: a lucky streak of five users is pulled back |
# | the decision needs "90 % sure that B is better", or an expected loss | Bayesian | that is a statement about the parameter; a p-value isn't |
# | bandits, online decisions | Bayesian | beliefs are updated with every observation |
# | large samples and no strong prior | frequentist | both give nearly the same numbers; the simpler one wins |
# | a regulator or auditor reads it | frequentist | error rates fixed beforehand, p-values with an agreed meaning |
# | the team doesn't speak Bayesian | frequentist | a result that is misread is worse than a plain one |
#
# Whichever you choose, choose **before** you see the data, and write the prior or the alpha into the plan.

# %% [markdown]
# > **In the interview.** *"Our fraud model has 90 % recall and 99 % specificity. Legal asks how likely a flagged customer is to be a fraudster."*
# > **In 30 seconds:** I need the base rate. At one in a thousand, 100,000 payments hold 100 frauds: 90 are flagged, and so are 999 honest ones. So about 8 %. A flag is a reason to look, not a verdict. To do better, lower the false-positive rate or flag only where the base rate is higher.
# > **They ask next:** which number moves precision most here? (Specificity.) How do you say "B is better" in a Bayesian way? (Probability, and the expected loss if wrong.) Where does the prior come from, and what if it's wrong? (Past experiments; show the result under two priors.) Bandit or A/B test? (A bandit to earn, a test to learn and explain.)
# > **Red flags:** giving recall as the answer; "a 95 % confidence interval holds the truth with 95 % probability"; choosing Bayes because peeking is then allowed.
