# %% [markdown]
# # Communication and business impact
#
# A model that nobody acts on is worth nothing, and people act on hours, money and errors, not on an AUC. One case goes through the whole notebook: a desk that decides 10,000 applications a week.
# When you are through with this notebook, you can answer, and do:
#
# - What is your model worth in hours and money, and how sure are you?
# - How much can you automate without more errors than today, and what tells you when it goes wrong?
# - "85 % is not good enough, we want 99 %": what does 99 % mean, what do people reach, what do the labels allow, which error is dearer?
# - How do you tell somebody who builds no models what it does, in one sentence, in one minute, in a memo and in one chart?
#
# Reading takes about 60 minutes, the *core* exercises about 150, in two sittings; the *stretch* ones and the two written tasks (about 155 more) can wait for a second pass. Write a function where it says `YOUR CODE HERE`, run its cell, and run the `%check` cell below it:
# it says what is right, what is wrong and, for the usual mistakes, which one you made. `%hint` and `%solution` help when you are stuck. The folded test cells below each exercise show a part of what is checked.

# %%
# %load_ext course

# %% locked="setup"
import math
import re

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from course import checks
from course.checks import prose
from course.datasets import applications

# %% [markdown]
# ## What is it worth? Hours and money, with an interval
#
# A team reviews 10,000 customer applications a week by hand, three minutes each. Your model would decide the 80 % it is surest about. Nobody outside your team asks for its AUC.
# They ask four things: what is the problem, what does the model do with it, what do we gain, what can go wrong. Three of the four answers are numbers, and this part of the notebook is about getting them right.
#
# Start with the gain. On a napkin it is one line:
#
# $$10{,}000 \times 0.80 \times 3\ \text{minutes} = 24{,}000\ \text{minutes} = 400\ \text{hours a week}$$
#
# Is it true? In all that follows you work on one simulated company. `applications.week` gives a week of its applications: the model's `score` (its probability that an application is good), what a reviewer decided (`human`),
# how long that took (`minutes`), and the truth, found out later (`good`).

# %% locked="pilot"
WEEK = applications.week(10_000, seed=7)  # one week in shadow mode: the model scores, people still decide everything

# %%
WEEK.round({"score": 3, "raw": 3, "minutes": 1}).head()

# %% collapsed=true
sureness = np.maximum(WEEK["score"], 1 - WEEK["score"])  # the model decides by score >= 0.5; this is how sure it is
automated = sureness.rank(ascending=False, method="first") <= 8_000
napkin = 10_000 * automated.mean() * WEEK["minutes"].mean() / 60
measured = 10_000 * (automated * WEEK["minutes"]).mean() / 60
fig, axes = plt.subplots(1, 2, figsize=(9, 3), layout="constrained")
bins = np.linspace(0, 12, 37)
axes[0].hist(
    WEEK["minutes"][automated], bins=bins, density=True, color="C0", alpha=0.6, label=f"would be automated: {WEEK['minutes'][automated].mean():.1f} on average"
)
axes[0].hist(
    WEEK["minutes"][~automated],
    bins=bins,
    density=True,
    histtype="step",
    color="C1",
    lw=2,
    label=f"stays manual: {WEEK['minutes'][~automated].mean():.1f} on average",
)
axes[0].set(xlabel="minutes of a reviewer", ylabel="density", ylim=(0, 0.48), title="What the model finds easy, people do quickly")
axes[0].legend(frameon=False, fontsize=9)
axes[1].barh(["measured, case by case", "80 % x average minutes"], [measured, napkin], color=["C0", "0.8"])
for place, value in enumerate([measured, napkin]):
    axes[1].text(value - 8, place, f"{value:.0f} hours", ha="right", va="center")
axes[1].set(xlabel="reviewer hours saved per week", title="The napkin promises too much")
plt.show()

# %% [markdown]
# The average application takes three minutes. The applications that the model takes over are the quick ones. So multiply case by case, *then* average: each application of the pilot saves its own minutes if the model would decide it, and nothing if not.
#
# That also hands you the interval. The saving is the mean of one column, so its uncertainty is the standard error of that column. The uncertainty of the automation share, of the minutes, and of how they go together is all in there.
# And an interval is what you say aloud: *"348 hours, give or take 5"* survives questions better than *"400"*. It is true, too: the simulator's long-run average is 351, which the interval holds.

# %% [markdown] statement="business_impact" level="core"
# ### `business_impact`: hours and money a week
#
# Write `business_impact(automated, minutes, per_week, hourly_cost, running_cost=0.0, audit=0.0)`. The pilot has $n$ applications: `automated` (1 if the model would decide it, else 0) and `minutes` (a reviewer's time for it).
# A share `audit` of the automated ones is still reviewed by people, to keep watch, and saves nothing. With $N$ = `per_week`:
# $$Y_i = (1 - \text{audit})\cdot \text{automated}_i \cdot \text{minutes}_i, \qquad \text{hours} = \frac{N\,\bar Y}{60}, \qquad \text{95 \% interval: hours} \pm 1.96\,\frac{N}{60}\,\frac{s_Y}{\sqrt n}$$
# $s_Y$ is the sample standard deviation (divide by $n - 1$). Money is hours times `hourly_cost`, minus `running_cost` (a known amount per week); its interval follows from that of the hours.
# Return a dict: `"hours"`, `"hours_low"`, `"hours_high"`, `"money"`, `"money_low"`, `"money_high"`. Round and clip nothing.
# Raise `ValueError` when the lengths differ, for fewer than two applications, for negative minutes, and for an `audit` outside 0 to 1.
#
# Example: `business_impact([1, 1, 1, 0, 1], [2, 3, 2, 6, 2], per_week=10_000, hourly_cost=30, running_cost=1_000)` gives 300 hours (140.0 to 460.0) and 8000 (3199.0 to 12801.0), ends rounded here. The napkin says 400: 80 % automated, 3 minutes on average.


# %% solution="business_impact"
def business_impact(
    automated: ArrayLike, minutes: ArrayLike, per_week: float, hourly_cost: float, running_cost: float = 0.0, audit: float = 0.0
) -> dict[str, float]:
    """Hours and money saved per week, each with a 95 % interval, from a pilot.

    automated: shape (n,), 0 or 1; minutes: shape (n,); audit: share of the automated that people still review.
    Returns {"hours", "hours_low", "hours_high", "money", "money_low", "money_high"}.
    """
    ### BEGIN SOLUTION
    taken, time = np.asarray(automated, float), np.asarray(minutes, float)
    if taken.shape != time.shape or time.size < 2 or (time < 0).any() or not 0 <= audit <= 1:
        raise ValueError("two equally long columns of at least two rows, no negative minutes, audit between 0 and 1")
    saved = (1 - audit) * taken * time
    hours = per_week * saved.mean() / 60
    margin = 1.96 * per_week * saved.std(ddof=1) / math.sqrt(saved.size) / 60
    result = {"hours": hours, "hours_low": hours - margin, "hours_high": hours + margin}
    return result | {name.replace("hours", "money"): value * hourly_cost - running_cost for name, value in result.items()}
    ### END SOLUTION


# %% [markdown] hint="business_impact"
# Make one column first: the minutes that each application of the pilot would save. Everything else is its mean and its standard error.

# %% [markdown] hint="business_impact"
# The share of automated applications times the average minutes is not the mean of that column, since the automated ones are quicker than average.

# %% [markdown] hint="business_impact"
# `saved = (1 - audit) * automated * minutes`; `hours = N * saved.mean() / 60`; `margin = 1.96 * N / 60 * saved.std(ddof=1) / sqrt(n)`. Each of the three money numbers is `hours * hourly_cost - running_cost`.

# %% test="business_impact" name="value" points=3
"""Hours, money and their intervals: on the example, then for a pilot of 900 applications."""
NAPKIN = "this multiplies the share automated by the average minutes; the automated cases are quicker than average, so multiply case by case"
answer = business_impact([1, 1, 1, 0, 1], [2, 3, 2, 6, 2], per_week=10_000, hourly_cost=30, running_cost=1_000)
checks.record(
    answer,
    {"hours": 300.0, "hours_low": 139.9666701, "hours_high": 460.0333299},
    "the hours of the example",
    mistakes={
        NAPKIN: {"hours": 400.0},
        "these are minutes; divide by 60": {"hours": 18_000.0},
        "the mean is over the automated applications only; the others save 0 and count": {"hours": 375.0},
        "the standard deviation is divided by n; the statement asks for n - 1": {"hours_low": 156.8618383},
        "this is the spread of single applications; divide the standard deviation by the root of n": {"hours_low": -57.8454042},
        "only the share automated is treated as uncertain; the minutes vary too": {"hours_low": 168.5192029},
    },
)
checks.record(
    answer,
    {"money": 8_000.0, "money_low": 3_199.000104, "money_high": 12_800.999896},
    "the money of the example",
    mistakes={
        "the running cost is not subtracted": {"money": 9_000.0},
        "the running cost is missing at the ends of the interval": {"money_low": 4_199.000104},
    },
)
### BEGIN HIDDEN TESTS
pilot = applications.week(900, seed=31)
taken, time = (np.abs(pilot["score"] - 0.5) > 0.2).astype(int).to_numpy(), pilot["minutes"].to_numpy()
column = 0.95 * taken * time
scale = 12_000 / 60
half = 1.96 * scale * column.std(ddof=1) / 30
checks.record(
    business_impact(taken, time, 12_000, 42.5, running_cost=2_500, audit=0.05),
    {
        "hours": scale * column.mean(),
        "hours_low": scale * column.mean() - half,
        "hours_high": scale * column.mean() + half,
        "money": 42.5 * scale * column.mean() - 2_500,
        "money_low": 42.5 * (scale * column.mean() - half) - 2_500,
        "money_high": 42.5 * (scale * column.mean() + half) - 2_500,
    },
    "900 applications, 5 % of the automated ones audited",
    mistakes={
        NAPKIN: {"hours": 0.95 * scale * taken.mean() * time.mean()},
        "the audited share saves nothing; it is still in the hours": {"hours": scale * (taken * time).mean()},
        "the audited share saves nothing; take 1 - audit": {"hours": 0.05 * scale * (taken * time).mean()},
        "the audited share enters the hours but not the interval": {"hours_low": scale * column.mean() - half / 0.95},
    },
)
### END HIDDEN TESTS

# %% test="business_impact" name="edges" points=1
"""Nothing automated, everything audited, and what is refused."""
checks.record(
    business_impact([0, 0, 0], [2, 3, 4], 10_000, 30, running_cost=500),
    {"hours": 0.0, "hours_low": 0.0, "hours_high": 0.0, "money": -500.0, "money_low": -500.0, "money_high": -500.0},
    "a model that automates nothing still costs its running cost",
    mistakes={"a loss is a result too: do not clip money at 0": {"money": 0.0}},
)
### BEGIN HIDDEN TESTS
checks.record(business_impact([1, 1], [2, 4], 600, 20, audit=1), {"hours": 0.0, "money": 0.0}, "everything audited")
checks.record(
    business_impact([True, False], [5, 3], 600, 20),
    {"hours": 25.0, "hours_low": -24.0, "hours_high": 74.0},
    "two applications, as True and False",
    mistakes={"do not clip the lower end at 0": {"hours_low": 0.0}},
)
checks.raises(ValueError, business_impact, [1, 0, 1], [2, 3], 10_000, 30, what="three applications and two times")
checks.raises(ValueError, business_impact, [1], [2, 3], 10_000, 30, what="one flag and two times")
checks.raises(ValueError, business_impact, [1], [2], 10_000, 30, what="a single application")
checks.raises(ValueError, business_impact, [1, 1], [2, -3], 10_000, 30, what="negative minutes")
checks.raises(ValueError, business_impact, [1, 1], [2, 3], 10_000, 30, audit=1.2, what="an audit share above 1")
### END HIDDEN TESTS

# %% test="business_impact" name="coverage" points=2
"""In 250 pilots of 200 applications each, the interval holds the true saving about 95 % of the time."""
### BEGIN HIDDEN TESTS
draw, held = np.random.default_rng(404), 0
for _ in range(250):
    easy = draw.random(200) < 0.75
    time = draw.gamma(4, np.where(easy, 2.4, 5.2) / 4)
    found = business_impact(easy.astype(int), time, 10_000, 30)
    held += found["hours_low"] <= 10_000 * 0.75 * 2.4 / 60 <= found["hours_high"]
checks.between(
    held / 250,
    0.9,
    0.985,
    "the share of intervals that hold the true saving",
    mistakes={"the intervals hardly ever hold the truth; is each application's saving its own minutes?": (0.0, 0.5)},
)
### END HIDDEN TESTS

# %% [markdown] explain="business_impact"
# The saving of one application is automated times minutes. Its mean is $p\,m + \operatorname{Cov}$, share times average minutes plus a covariance, and the covariance is negative wherever easy cases are quick. The napkin leaves it out.
# Working on the product column brings the covariance into the estimate *and* into its standard error; treating share and minutes as two independent numbers would need the delta method and would still be wrong here.
#
# The interval says how well the pilot pins down the long-run average. It doesn't hold what the pilot did not see: a busier season, a new kind of application, reviewers who slow down because only hard cases are left. Say those in words.
# Saved hours are money only if somebody does something else with them, so name what that is. A change in errors has its own price; it comes below.

# %% [markdown]
# > **In the interview.** *"What is your model worth to the business?"*
# > **In 30 seconds:** today people review 10,000 applications a week at three minutes each. The model decides the 80 % it is surest about and people keep the rest. On a napkin that is 400 hours a week. Measured case by case in the pilot it is 348, give or take 5, because the model takes the quick ones. At 35 an hour that is 12,000 to 12,400 a week before running costs, and errors go down, not up.
# > **They ask next:** where does the interval come from? What is not in it (season, mix, behaviour)? Are the hours really freed? What does the audit cost?
# > **Red flags:** opening with AUC; a saving without an interval or without running costs; "80 % of the work" for 80 % of the cases.

# %% [markdown]
# ## How much can you automate? Share against error
#
# Hours alone are an argument for automating everything. The other side of the trade is error. Rank the applications by how sure the model is, $c = \max(\text{score},\, 1 - \text{score})$, and automate from the top.
# Two error rates matter, and they are not the same:
#
# - **of what is automated**: the model's errors among the applications it decides;
# - **of the whole process**: the model's errors there, plus *people's* errors on what is left, over all applications.
#
# Hold both against today's manual error rate.

# %% collapsed=true
order = np.argsort(-sureness.to_numpy(), kind="stable")
truth = WEEK["good"].to_numpy()[order]
model_wrong = (WEEK["score"].to_numpy()[order] >= 0.5) != truth
human_wrong = WEEK["human"].to_numpy()[order] != truth
size = np.arange(1, len(truth) + 1)
manual = human_wrong.mean()
of_automated = model_wrong.cumsum() / size
people_same = human_wrong.cumsum() / size
of_process = (model_wrong.cumsum() + human_wrong.sum() - human_wrong.cumsum()) / len(truth)
fig, ax = plt.subplots(figsize=(7, 3.4))
shown = size > 300
ax.plot(100 * size[shown] / len(truth), 100 * of_automated[shown], color="C0", lw=2, label="model, on what it automates")
ax.plot(100 * size[shown] / len(truth), 100 * people_same[shown], color="0.6", lw=1.5, label="people, on those same cases")
ax.plot(100 * size[shown] / len(truth), 100 * of_process[shown], color="C1", lw=2, label="whole process: model, then people")
ax.axhline(100 * manual, color="0.3", ls="--", label=f"all manual, as today: {manual:.1%}")
ax.axvline(80, color="0.8", zorder=0)
ax.set(
    xlabel="automated, % of applications (surest first)",
    ylabel="wrong decisions, %",
    ylim=(0, 22),
    title="At 80 % automated, the whole process makes fewer errors than today",
)
ax.legend(frameon=False, fontsize=9, loc="upper left")
plt.show()
at_80 = {"model on the automated": of_automated[7_999], "people on the same cases": people_same[7_999], "whole process": of_process[7_999]}
pd.Series(at_80 | {"today": manual, "model on everything": model_wrong.mean()}).mul(100).round(1).rename("wrong, %").to_frame()

# %% [markdown]
# Read the table again. On everything, the model is *worse* than people. It earns its place because the two fail differently: people slip now and then, on easy cases too; the model fails where it is unsure, and it says so.
# Giving each side what it does well beats either of them alone. (One week is a sample. In the long run the simulator has 8.5 % on the automated part, 10.6 % for people on the same cases, 10.8 % for the process and 12.5 % today.)
#
# Two traps. First, what is left for people is the hard part, so their error rate on it is higher than today's: don't fill in the average. Second, "the automated part is better than today's average" is a weak claim, because easy cases would
# have gone better by hand, too. The whole process is the honest comparison. And a share chosen on one week is a little lucky on that week: confirm it on the next one.

# %% [markdown] statement="routing_curve" level="core"
# ### `routing_curve`: the largest share that is no worse than today
#
# Write `routing_curve(score, good, human)` for $n$ applications: `score` (probability of good), `good` (the truth, 0 or 1) and `human` (a reviewer's decision, 0 or 1). The model approves at a score of 0.5 or more; its confidence is $\max(\text{score}, 1 - \text{score})$.
# For each **distinct** confidence, from the highest down, automate every application with that confidence or more (ties go together); people decide the rest. Return a dict:
# `"share"`: the shares automated, rising, up to 1; `"automated_error"`: model errors among the automated / number automated; `"process_error"`: (model errors among the automated + human errors on the rest) / $n$ (three lists or arrays, one number per distinct confidence);
# `"manual_error"`: human errors on all / $n$; `"by_automated"` and `"by_process"`: the **largest** share at which that error is at most `manual_error`, even if it is above at a smaller share; `0.0` if there is none.
# In the checks no error on the curve equals `manual_error` where that would change the answer. Round nothing. Raise `ValueError` for no applications, lengths that differ, and a score outside 0 to 1.
#
# Example: scores `[0.0625, 0.9375, 0.0625, 0.125, 0.875, 0.1875, 0.75, 0.3125, 0.5625, 0.4375]`, good `[0, 1, 0, 1, 0, 0, 1, 1, 1, 1]`, human `[0, 0, 0, 1, 0, 0, 1, 0, 0, 1]` give
# shares 0.3, 0.5, 0.6, 0.7, 0.8, 1; automated errors 0, 0.4, 0.333, 0.286, 0.375, 0.4; process errors 0.2, then 0.4 five times; manual error 0.3; `by_automated` 0.7 and `by_process` 0.3.


# %% solution="routing_curve"
def routing_curve(score: ArrayLike, good: ArrayLike, human: ArrayLike) -> dict:
    """Errors of routing the surest applications to the model, for every possible share.

    score: shape (n,), probability of good; good, human: shape (n,), 0 or 1.
    Returns {"share", "automated_error", "process_error", "manual_error", "by_automated", "by_process"}.
    """
    ### BEGIN SOLUTION
    s, truth, people = np.asarray(score, float), np.asarray(good), np.asarray(human)
    if s.size == 0 or not s.shape == truth.shape == people.shape or (s < 0).any() or (s > 1).any():
        raise ValueError("three equally long columns, and scores between 0 and 1")
    sure = np.maximum(s, 1 - s)
    order = np.argsort(-sure, kind="stable")
    last = np.append(np.flatnonzero(np.diff(sure[order])), s.size - 1)  # the last one of each group of equal confidence
    model_wrong = ((s >= 0.5) != truth)[order].cumsum()[last]
    human_wrong = (people != truth)[order].cumsum()
    taken = last + 1
    manual = human_wrong[-1] / s.size
    share, automated = taken / s.size, model_wrong / taken
    process = (model_wrong + human_wrong[-1] - human_wrong[last]) / s.size
    return {
        "share": share,
        "automated_error": automated,
        "process_error": process,
        "manual_error": float(manual),
        "by_automated": float(share[automated <= manual].max(initial=0.0)),
        "by_process": float(share[process <= manual].max(initial=0.0)),
    }
    ### END SOLUTION


# %% [markdown] hint="routing_curve"
# Two columns of 0 and 1 carry everything: is the model wrong on this application, and is the reviewer? Sort both by confidence, highest first; then errors are running sums.

# %% [markdown] hint="routing_curve"
# Loop over `np.unique(confidence)[::-1]`. With `auto = confidence >= level`, the process error is `(model_wrong[auto].sum() + human_wrong[~auto].sum()) / n`.

# %% [markdown] hint="routing_curve"
# The curve is bumpy, so don't stop at the first share that fails. Keep all shares with an error at or below the manual one and take the largest: `max(kept, default=0.0)`.

# %% test="routing_curve" name="curve" points=3
"""Shares and both errors: on the example, then for 1,200 applications with many equal scores."""
example = (
    [0.0625, 0.9375, 0.0625, 0.125, 0.875, 0.1875, 0.75, 0.3125, 0.5625, 0.4375],
    [0, 1, 0, 1, 0, 0, 1, 1, 1, 1],
    [0, 0, 0, 1, 0, 0, 1, 0, 0, 1],
)
checks.record(
    routing_curve(*example),
    {
        "share": [0.3, 0.5, 0.6, 0.7, 0.8, 1.0],
        "automated_error": [0, 2 / 5, 2 / 6, 2 / 7, 3 / 8, 4 / 10],
        "process_error": [0.2, 0.4, 0.4, 0.4, 0.4, 0.4],
        "manual_error": 0.3,
    },
    "the curve of the example",
    mistakes={
        "equal confidence goes together: one point for each distinct confidence": {"share": np.arange(1, 11) / 10},
        "this ranks by the score; a score near 0 is as sure as one near 1": {"share": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 1.0]},
        "automated errors are divided by all applications; divide by the number automated": {"automated_error": [0, 0.2, 0.2, 0.2, 0.3, 0.4]},
        "the rest gets people's average error; count their errors on those very cases": {"process_error": [0.21, 0.35, 0.32, 0.29, 0.36, 0.4]},
        "the process leaves out the errors of people on the rest": {"process_error": [0, 0.2, 0.2, 0.2, 0.3, 0.4]},
    },
)
### BEGIN HIDDEN TESTS
fresh = applications.week(1_200, seed=52)
s, good, human = np.round(fresh["score"].to_numpy() * 128) / 128, fresh["good"].to_numpy(), fresh["human"].to_numpy()
sure, m, h = np.maximum(s, 1 - s), (s >= 0.5) != good, human != good
levels = np.unique(sure)[::-1]
cuts = [sure >= level for level in levels]
share = np.array([cut.mean() for cut in cuts])
of_model = np.array([m[cut].mean() for cut in cuts])
process = np.array([(m[cut].sum() + h[~cut].sum()) / 1_200 for cut in cuts])
checks.record(
    routing_curve(s, good, human),
    {"share": share, "automated_error": of_model, "process_error": process, "manual_error": h.mean()},
    "the curve of 1,200 applications",
    mistakes={
        "automated errors are divided by all applications; divide by the number automated": {"automated_error": of_model * share},
        "the rest gets people's average error; count their errors on those very cases": {"process_error": of_model * share + h.mean() * (1 - share)},
        "the process leaves out the errors of people on the rest": {"process_error": of_model * share},
        "equal confidence goes together: one point for each distinct confidence": {"share": np.arange(1, 1_201) / 1_200},
    },
)
### END HIDDEN TESTS

# %% test="routing_curve" name="largest_share" points=2
"""The largest share by either error: on the example, then for fresh weeks."""
example = (
    [0.0625, 0.9375, 0.0625, 0.125, 0.875, 0.1875, 0.75, 0.3125, 0.5625, 0.4375],
    [0, 1, 0, 1, 0, 0, 1, 1, 1, 1],
    [0, 0, 0, 1, 0, 0, 1, 0, 0, 1],
)
eight = ([0.9375, 0.875, 0.1875, 0.75, 0.75, 0.375, 0.375, 0.625], [1, 0, 0, 1, 0, 1, 0, 0], [0, 1, 0, 0, 0, 1, 0, 0])
checks.record(
    routing_curve(*eight),
    {"by_automated": 0.375, "by_process": 0.625},
    "the largest shares of eight applications",
    mistakes={
        "by_automated compares with people's error on all applications (manual_error), not on the same cases": {"by_automated": 0.625},
        "this stops at the first share that fails; a larger one is fine again": {"by_automated": 0.125},
        "by_process is the share by the error of the whole process, this is the one of the automated part": {"by_process": 0.375},
    },
)
checks.record(
    routing_curve(*example),
    {"by_automated": 0.7, "by_process": 0.3},
    "the largest shares of the example",
    mistakes={
        "this stops at the first share that fails; a larger one is fine again": {"by_automated": 0.3},
        "the two errors have separate answers; the process is above today's error from 0.5 on": {"by_process": 0.7},
    },
)
### BEGIN HIDDEN TESTS
for seed in (61, 62, 63):
    fresh = applications.week(700, seed=seed)
    s, good, human = np.round(fresh["score"].to_numpy() * 256) / 256, fresh["good"].to_numpy(), fresh["human"].to_numpy()
    sure, m, h = np.maximum(s, 1 - s), (s >= 0.5) != good, human != good
    cuts = [sure >= level for level in np.unique(sure)[::-1]]
    fine = {
        "by_automated": max([cut.mean() for cut in cuts if m[cut].mean() <= h.mean()], default=0.0),
        "by_process": max([cut.mean() for cut in cuts if m[cut].sum() + h[~cut].sum() <= h.sum()], default=0.0),
    }
    average = max([cut.mean() for cut in cuts if m[cut].sum() / 700 + h.mean() * (1 - cut.mean()) <= h.mean()], default=0.0)
    wrong = {"the rest gets people's average error; count their errors on those very cases": {"by_process": average}} if average != fine["by_process"] else {}
    checks.record(routing_curve(s, good, human), fine, f"700 applications, week {seed}", mistakes=wrong)
### END HIDDEN TESTS

# %% test="routing_curve" name="edges" points=1
"""A perfect model, a hopeless one, a score of exactly 0.5, and what is refused."""
### BEGIN HIDDEN TESTS
checks.record(
    routing_curve([0.75, 0.25, 0.875], [1, 0, 1], [1, 1, 1]),
    {"share": [1 / 3, 1.0], "automated_error": [0.0, 0.0], "process_error": [1 / 3, 0.0], "by_automated": 1.0, "by_process": 1.0},
    "a perfect model",
)
checks.record(
    routing_curve([0.75, 0.25], [0, 1], [0, 1]),
    {"share": [1.0], "automated_error": [1.0], "manual_error": 0.0, "by_automated": 0.0, "by_process": 0.0},
    "a model that is always wrong, beside perfect people",
)
checks.record(
    routing_curve([0.5, 0.5], [1, 1], [0, 0]),
    {"share": [1.0], "automated_error": [0.0], "by_process": 1.0},
    "scores of exactly 0.5",
    mistakes={"a score of exactly 0.5 approves": {"automated_error": [1.0]}},
)
checks.raises(ValueError, routing_curve, [], [], [], what="no applications")
checks.raises(ValueError, routing_curve, [0.5, 0.75], [1], [1, 0], what="lengths that differ")
checks.raises(ValueError, routing_curve, [1.5, 0.75], [1, 0], [1, 0], what="a score above 1")
checks.raises(ValueError, routing_curve, [0.5, -0.25], [1, 0], [1, 0], what="a negative score")
### END HIDDEN TESTS

# %% [markdown] explain="routing_curve"
# A decision that both sides get right or both get wrong doesn't move the process error. It changes by (model errors − human errors) on the automated cases, divided by $n$. So the process is at or below today's error exactly while the model makes no more errors
# than people **on the cases it takes**. This is why the grey line, people on the same cases, is the one to compare with; it crosses the model's line where the process crosses the dashed one.
#
# The share by the automated part is usually the larger, and the weaker promise. On `WEEK` it is 0.94, by the process 0.92; the 80 % of this notebook keep a margin. Commit to the one by the process, on data that the share was not chosen on, and give an interval of the paired difference (`versus_human`, below). A further rule that people use: a separate limit for
# each kind of error, since approving a bad application and rejecting a good one cost different amounts.

# %% [markdown]
# > **In the interview.** *"How did you choose to automate 80 %?"*
# > **In 30 seconds:** I ranked applications by the model's confidence and drew two curves against the share automated: the error on the automated part and the error of the whole process, with people on the rest. I took the largest share at which the process makes no more errors than today's, with some margin, and confirmed it on a later week. At 80 % the automated part is wrong in 8.6 % of cases and the process in about 11 %, against 12.6 % by hand, though the model alone is worse than people.
# > **They ask next:** why are people worse on the rest than before? Is the confidence calibrated, and must it be (for the ranking, no)? How do you keep labels coming once people don't see those cases? What if one kind of error matters more?
# > **Red flags:** judging by accuracy on everything; using people's average error for the hard rest; choosing and reporting the share on the same data.

# %% [markdown]
# ## What can go wrong: a kind that the model never saw
#
# The last of the four answers. From week 5 on, marketplace sellers apply, a kind that was not in the training data. The model doesn't say "I don't know": its scores for them are as confident as ever, and they mean nothing.

# %% collapsed=true
weeks = [applications.week(4_000, seed=200 + number, unseen=0.0 if number < 5 else 0.15) for number in range(1, 11)]
by_week, by_kind = [], []
for frame in weeks:
    routed = frame[np.maximum(frame["score"], 1 - frame["score"]) >= 0.69]
    wrong = (routed["score"] >= 0.5) != routed["good"]
    by_week.append(wrong.mean())
    by_kind.append(wrong.groupby(routed["kind"]).mean())
kinds = pd.DataFrame(by_kind, index=range(1, 11))
fig, axes = plt.subplots(1, 2, figsize=(9, 3), layout="constrained", sharex=True)
axes[0].plot(range(1, 11), 100 * np.array(by_week), "o-", color="C0")
axes[0].axvspan(4.5, 10.5, color="0.93", zorder=0)
axes[0].set(xlabel="week", ylabel="automated and wrong, %", ylim=(0, 20), title="All automated decisions: errors nearly double")
for name, colour in zip([*applications.KINDS, applications.UNSEEN], ["0.75", "0.6", "0.45", "C1"], strict=True):
    axes[1].plot(kinds.index, 100 * kinds[name], "o-", ms=3, color=colour, label=name)
axes[1].axvspan(4.5, 10.5, color="0.93", zorder=0)
axes[1].set(xlabel="week", ylabel="automated and wrong, %", ylim=(0, 75), title="By kind: the new one is a coin toss")
axes[1].legend(frameon=False, fontsize=8, loc="upper left")
plt.show()

# %% [markdown]
# This picture needs the truth about *automated* decisions, and nobody looks at those any more. So you keep a random sample of them for people to re-check: the audit. Two lines of defence:
#
# - **Before deciding:** a kind without training data goes to a person, whatever its score.
# - **After deciding:** audit $n$ automated decisions a week and raise an alarm at $c$ errors or more.
#
# How large must $n$ be? Too few, and a doubled error rate looks like luck. It is the sample-size question of an A/B test, with exact counts.

# %% collapsed=true
fig, ax = plt.subplots(figsize=(7, 3))
counts = np.arange(0, 61)
for rate, colour, label in [(0.08, "0.6", "as promised: 8 % wrong"), (0.16, "C1", "doubled: 16 % wrong")]:
    ax.bar(counts, stats.binom.pmf(counts, 208, rate), color=colour, alpha=0.7, label=label)
ax.axvline(26.5, color="0.2", ls="--")
ax.text(27, 0.103, "alarm at 27 or more", fontsize=9)
ax.set(xlabel="errors among 208 audited decisions", ylabel="probability", title="208 audits a week tell 8 % from 16 %", ylim=(0, 0.115))
ax.legend(frameon=False, fontsize=9)
plt.show()

# %% [markdown] statement="audit_plan" level="stretch"
# ### `audit_plan`: how many automated decisions must people re-check?
#
# Write `audit_plan(promised, worse, false_alarm=0.01, power=0.9)`. Each week $n$ random automated decisions are re-checked; the number of errors is $X \sim \text{Binomial}(n, \text{error rate})$, and the alarm goes off at $X \ge c$. With exact binomial probabilities:
# $$c(n) = \text{smallest } c \text{ with } P(X \ge c \mid \text{promised}) \le \text{false\_alarm}, \qquad n = \text{smallest } n \ge 1 \text{ with } P(X \ge c(n) \mid \text{worse}) \ge \text{power}$$
# Where no count up to $n$ does, $c = n + 1$ (the alarm never goes off). As $n$ grows, the chance to detect goes up and down in small steps; take the smallest $n$ that reaches `power`, even if $n + 1$ misses it. In the checks it is at most 5,000.
# Return a dict: `"n"`, `"alarm_at"` (that is $c$), `"false_alarm"` and `"power"` (the two exact probabilities at this $n$, not rounded).
# Raise `ValueError` unless $0 <$ `promised` $<$ `worse` $< 1$, and unless `false_alarm` and `power` lie strictly between 0 and 1.
#
# Example: `audit_plan(0.08, 0.16)` gives 208 audits and an alarm at 27 errors; false alarm 0.0089, power 0.903 (rounded here).


# %% solution="audit_plan"
def audit_plan(promised: float, worse: float, false_alarm: float = 0.01, power: float = 0.9) -> dict[str, float]:
    """Weekly audit that tells a promised error rate from a worse one, by exact binomial probabilities.

    All arguments are shares between 0 and 1. Returns {"n", "alarm_at", "false_alarm", "power"}.
    """
    ### BEGIN SOLUTION
    if not 0 < promised < worse < 1 or not 0 < false_alarm < 1 or not 0 < power < 1:
        raise ValueError("0 < promised < worse < 1, and probabilities strictly between 0 and 1")
    n = np.arange(1, 5_001)
    alarm = stats.binom.isf(false_alarm, n, promised).astype(int) + 1  # isf: smallest k with P(X > k) <= false_alarm
    found = stats.binom.sf(alarm - 1, n, worse)
    at = int(np.argmax(found >= power))
    return {"n": int(n[at]), "alarm_at": int(alarm[at]), "false_alarm": float(stats.binom.sf(alarm[at] - 1, n[at], promised)), "power": float(found[at])}
    ### END SOLUTION


# %% [markdown] hint="audit_plan"
# For one fixed `n`, find `c` first: go up from 0 until $P(X \ge c)$ at the promised rate is small enough. Then look at the worse rate.

# %% [markdown] hint="audit_plan"
# `stats.binom.sf(c - 1, n, p)` is $P(X \ge c)$. Mind the `- 1`: `sf(c)` leaves out `c` itself.

# %% [markdown] hint="audit_plan"
# `stats.binom.isf(false_alarm, n, promised)` is the smallest `k` with $P(X > k) \le$ `false_alarm`, so $c$ is that plus 1. Try `n = 1, 2, 3, ...` and stop at the first that reaches the power; it works on a whole array of `n`, too.

# %% test="audit_plan" name="value" points=3
"""Audits a week and the alarm count: on the example, then for other rates."""
checks.record(
    audit_plan(0.08, 0.16),
    {"n": 208, "alarm_at": 27, "false_alarm": 0.008915703489, "power": 0.902942605315},
    "8 % promised, 16 % feared",
    mistakes={
        "sf(c) leaves out c itself; P(X >= c) is sf(c - 1)": {"n": 229},
        "the alarm goes off at c errors, so c itself must be rare enough: this count is one too low": {"n": 208, "alarm_at": 26},
        "false alarms are too frequent: the count for the alarm is one too low": {"n": 180, "alarm_at": 23},
        "this is the formula with the normal approximation; use exact binomial probabilities": {"n": 190},
        "power goes up and down with n, so bisection can miss the smallest n": {"n": 215},
        "this is the n from which the power never falls below the target again; the smallest that reaches it is asked for": {"n": 222},
        "the alarm is one-sided; do not halve the false alarm probability": {"n": 236},
    },
)
### BEGIN HIDDEN TESTS
for promised, worse, limit, power in [(0.05, 0.1, 0.02, 0.8), (0.02, 0.05, 0.01, 0.9), (0.1, 0.3, 0.05, 0.95), (0.086, 0.12, 0.05, 0.8)]:
    n = 0
    reached = 0.0
    while reached < power:
        n += 1
        tails = 1 - np.concatenate([[0.0], np.cumsum(stats.binom.pmf(np.arange(n + 1), n, promised))])
        c = int(np.argmax(np.append(tails[:-1], 0.0) <= limit))
        reached = stats.binom.sf(c - 1, n, worse)
    checks.record(
        audit_plan(promised, worse, limit, power),
        {"n": n, "alarm_at": c, "false_alarm": stats.binom.sf(c - 1, n, promised), "power": reached},
        f"{promised:.1%} promised, {worse:.0%} feared, false alarm {limit}, power {power}",
    )
### END HIDDEN TESTS

# %% test="audit_plan" name="edges" points=1
"""Rates so far apart that few audits do, and what is refused."""
### BEGIN HIDDEN TESTS
checks.record(audit_plan(0.01, 0.99, 0.05, 0.9), {"n": 1, "alarm_at": 1, "false_alarm": 0.01, "power": 0.99}, "1 % promised, 99 % feared: one audit is enough")
checks.record(audit_plan(0.2, 0.95, 0.05, 0.85), {"n": 2, "alarm_at": 2, "false_alarm": 0.04, "power": 0.9025}, "20 % promised, 95 % feared")
checks.raises(ValueError, audit_plan, 0.1, 0.05, what="a worse rate that is lower")
checks.raises(ValueError, audit_plan, 0.1, 0.1, what="two equal rates")
checks.raises(ValueError, audit_plan, 0.0, 0.1, what="a promised rate of 0")
checks.raises(ValueError, audit_plan, 0.1, 0.2, 0.01, 1.0, what="a power of 1")
checks.raises(ValueError, audit_plan, 0.1, 0.2, 0.0, what="a false alarm probability of 0")
### END HIDDEN TESTS

# %% test="audit_plan" name="alarms" points=1
"""Over 4,000 simulated weeks the plan keeps both promises: false alarms and detection."""
### BEGIN HIDDEN TESTS
plan = audit_plan(0.06, 0.11, 0.03, 0.85)
draw = np.random.default_rng(8)
quiet, broken = (draw.binomial(int(plan["n"]), rate, 4_000) >= plan["alarm_at"] for rate in (0.06, 0.11))
checks.between(
    quiet.mean(),
    0.008,
    0.04,
    "the share of quiet weeks with an alarm",
    mistakes={"far too many false alarms; is the count for the alarm one too low?": (0.0401, 1.0)},
)
checks.between(broken.mean(), 0.83, 0.9, "the share of broken weeks with an alarm")
checks.between(plan["n"], 210, 290, "the number of audits")
### END HIDDEN TESTS

# %% [markdown] explain="audit_plan"
# With exact counts the false alarm rate is not 1 % but as much below as the whole numbers allow, so the chance to detect has the shape of a saw: one more audit can push $c$ up by one and *lower* the power. That is why bisection over `n` can miss the smallest, and why the normal approximation
# is a few audits off. At 208 audits of three minutes the watch costs about ten hours a week, out of 350 saved.
#
# One alarm in a hundred quiet weeks is one every two years. If you look at ten kinds separately, you get ten chances for a false alarm: divide the level. And weekly counts forget; when the drift is slow, a CUSUM chart over weeks finds it sooner.

# %% [markdown]
# > **In the interview.** *"What can go wrong with this model, and how will you know?"*
# > **In 30 seconds:** it will be confidently wrong on kinds of application that it never saw. So unknown kinds go to a person, and people re-check a random sample of automated decisions every week, about 200, which spots a doubling of the error rate nine times in ten with one false alarm in a hundred weeks. At the alarm we fall back to manual review for the kind concerned, and we say so the same day.
# > **They ask next:** why random (so that the estimate is fair)? Why isn't confidence enough? Who is paged, what is switched off? What if labels come months later?
# > **Red flags:** "the model is robust"; a dashboard without a limit and an owner; auditing only the cases that the model found hard.

# %% [markdown]
# ## Which error is dearer? The threshold follows from the costs
#
# Approving a bad application (a false positive: "positive" means approve) costs the company 400 on average. Rejecting a good one (a false negative) loses a margin of 100. Then a score of 0.5 is no place to cut: an approval must be four times as likely right as wrong.
#
# Write $c_{ij}$ for the cost of deciding $i$ when the truth is $j$ (1: approve, good). With a probability $p$ of good, approving costs $p\,c_{11} + (1-p)\,c_{10}$ on average and rejecting $p\,c_{01} + (1-p)\,c_{00}$. Approving is the cheaper one exactly from here on (Elkan, 2001):
#
# $$p \;\ge\; t^* = \frac{c_{10} - c_{00}}{c_{10} - c_{00} + c_{01} - c_{11}}$$
#
# A gain is a negative cost. But the formula speaks about *probabilities*. `raw` is the same model before calibration. Its training data held only a fifth of the bad applications, so its odds are five times too hopeful: the same order, other numbers.

# %% collapsed=true
cuts = np.linspace(0.02, 0.98, 97)
fig, axes = plt.subplots(1, 2, figsize=(9, 3.1), layout="constrained")
for name, colour, label in [("score", "C0", "calibrated"), ("raw", "C1", "not calibrated")]:
    parts = pd.cut(WEEK[name], np.linspace(0, 1, 11), include_lowest=True)
    table = WEEK.groupby(parts, observed=True).agg(score=(name, "mean"), good=("good", "mean"))
    axes[0].plot(table["score"], table["good"], "o-", ms=4, color=colour, label=label)
    cost = [400 * ((WEEK[name] >= t) & (WEEK["good"] == 0)).mean() + 100 * ((WEEK[name] < t) & (WEEK["good"] == 1)).mean() for t in cuts]
    axes[1].plot(cuts, cost, color=colour, lw=2)
axes[0].plot([0, 1], [0, 1], color="0.7", ls=":")
axes[0].set(xlabel="score", ylabel="share that is good", title="Raw scores are no probabilities")
axes[0].legend(frameon=False, fontsize=9)
axes[1].axvline(0.8, color="0.3", ls="--")
axes[1].text(0.81, 56, "t* = 0.8", fontsize=9)
axes[1].set(xlabel="approve from this score on", ylabel="cost per application", ylim=(15, 60), title="t* is right for calibrated scores only")
plt.show()

# %% [markdown]
# Both curves reach the same lowest cost, because both scores order the applications alike. Only the place differs. So with scores that are no probabilities you have two ways, and both need labelled **validation** data:
#
# - calibrate first (Platt's logistic curve, isotonic regression), then cut at $t^*$;
# - or try thresholds and keep the one with the lowest cost on the validation data.
#
# Near the bottom the cost curve is flat. So the chosen threshold wanders from sample to sample while the cost hardly moves: judge a threshold by its cost on new data.

# %% [markdown] statement="cost_threshold" level="core"
# ### `cost_threshold`: approve where it pays
#
# Write `cost_threshold(score, costs, valid_score=None, valid_good=None)`. `score` holds the scores of $n$ new applications, a higher one means more likely good. `costs` is a dict with `"c00"`, `"c01"`, `"c10"`, `"c11"`: $c_{ij}$ is the cost of deciding $i$ when the truth is $j$ (1: approve, good).
# Return $n$ decisions (list or array of 0 and 1; 1 approves).
# **Without** the last two arguments the scores are calibrated probabilities: approve where the score is at or above $t^*$ of the formula above.
# **With** them (scores of the same model, and the truth 0 or 1, of validation applications), the scores are *not* probabilities and may even lie outside 0 to 1: learn from the validation data, by a search or by calibration, where approving pays. Graded is the average cost that your decisions reach on new data: at most 5 per application
# above the best threshold in hindsight, with errors that cost hundreds and 3,000 validation rows.
# Raise `ValueError` unless $c_{10} > c_{00}$ and $c_{01} > c_{11}$ (else a wrong decision would be no dearer than the right one), when only one of the two validation arguments is given, and when their lengths differ.
#
# Example: `cost_threshold([0.70, 0.72, 0.95, 0.3], {"c00": 0, "c01": 100, "c10": 400, "c11": -60})` has $t^* = 400/560 = 0.714$ and gives `[0, 1, 1, 0]`.


# %% solution="cost_threshold"
def cost_threshold(score: ArrayLike, costs: dict[str, float], valid_score: ArrayLike | None = None, valid_good: ArrayLike | None = None) -> np.ndarray:
    """Decisions (1 approves) with the lowest expected cost.

    score: shape (n,); costs: {"c00", "c01", "c10", "c11"}, c_ij for deciding i when the truth is j.
    valid_score, valid_good: shape (m,), given when the scores are not probabilities. Returns shape (n,), 0 or 1.
    """
    ### BEGIN SOLUTION
    s = np.asarray(score, float)
    false_approval, false_rejection = costs["c10"] - costs["c00"], costs["c01"] - costs["c11"]
    if false_approval <= 0 or false_rejection <= 0 or (valid_score is None) != (valid_good is None):
        raise ValueError("a wrong decision must cost more than the right one; validation scores and labels come together")
    if valid_score is None:
        return (s >= false_approval / (false_approval + false_rejection)).astype(int)
    v, good = np.asarray(valid_score, float), np.asarray(valid_good)
    if v.shape != good.shape:
        raise ValueError("one label for each validation score")
    order = np.argsort(v, kind="stable")
    # Regret of rejecting the k lowest and approving the rest, for k = 0 ... m.
    step = np.where(good[order] == 1, false_rejection, -false_approval)
    regret = np.concatenate([[0.0], step.cumsum()])
    possible = np.concatenate([[True], np.diff(v[order]) > 0, [True]])
    k = int(np.argmin(np.where(possible, regret, np.inf)))
    edge = np.concatenate([[-np.inf], v[order], [np.inf]])
    return (s > (edge[k] + edge[k + 1]) / 2).astype(int)
    ### END SOLUTION


# %% [markdown] hint="cost_threshold"
# Keep the indices apart: in `c10` the decision is 1 and the truth is 0, a bad application approved. A dear false approval must push the threshold *up*.

# %% [markdown] hint="cost_threshold"
# With validation data: for each candidate threshold, add up the costs of the four cases on the validation rows; keep the candidate with the lowest sum. A grid of a few hundred *quantiles* of the validation scores is fine.

# %% [markdown] hint="cost_threshold"
# Or calibrate: `IsotonicRegression(out_of_bounds="clip").fit(valid_score, valid_good).predict(score)` from `sklearn.isotonic`, then compare with $t^*$.

# %% test="cost_threshold" name="calibrated" points=2
"""Calibrated scores: the decisions of the example, then for other costs."""
checks.array(
    cost_threshold([0.70, 0.72, 0.95, 0.3], {"c00": 0, "c01": 100, "c10": 400, "c11": -60}),
    [0, 1, 1, 0],
    "the example",
    mistakes={
        "the gain of a right approval, c11, is left out": [0, 0, 1, 0],
        "the two errors are swapped: a dear false approval pushes the threshold up": [1, 1, 1, 1],
        "this cuts at 0.5; the threshold follows from the costs": [1, 1, 1, 0],
    },
)
### BEGIN HIDDEN TESTS
grid = np.linspace(0.0005, 0.9995, 1_000)
for c00, c01, c10, c11 in [(0, 100, 400, 0), (5, 80, 300, -40), (-20, 500, 60, 10), (2, 90, 30, 1)]:
    t = (c10 - c00) / (c10 - c00 + c01 - c11)
    wrong = {
        "this cuts at 0.5; the threshold follows from the costs": 0.5,
        "the two errors are swapped: a dear false approval pushes the threshold up": 1 - t,
        "the costs of right decisions, c00 and c11, are left out": c10 / (c10 + c01),
        "the indices are read as truth, decision; c10 decides 1 when the truth is 0": (c01 - c00) / (c01 - c00 + c10 - c11),
        "this is the ratio of the two costs, not the first over their sum": (c10 - c00) / (c01 - c11),
    }
    checks.array(
        cost_threshold(grid, {"c00": c00, "c01": c01, "c10": c10, "c11": c11}),
        (grid >= t).astype(int),
        f"1,000 scores with costs c00 = {c00}, c01 = {c01}, c10 = {c10}, c11 = {c11}",
        mistakes={name: (grid >= cut).astype(int) for name, cut in wrong.items() if (grid >= cut).sum() != (grid >= t).sum()},
    )
### END HIDDEN TESTS

# %% test="cost_threshold" name="uncalibrated" points=3
"""Scores that are no probabilities: the cost on fresh applications is close to the best that a threshold could do."""


def cost_of(decisions, good, costs):
    decided, truth = np.asarray(decisions).astype(int), np.asarray(good)
    table = np.array([[costs["c00"], costs["c01"]], [costs["c10"], costs["c11"]]], float)
    return table[decided, truth].mean()


def excess(score, good, costs, *valid):
    decisions = cost_threshold(score, costs, *valid)
    checks.equal(len(decisions), len(score), "the number of decisions")
    best = min(cost_of(score > cut, good, costs) for cut in [-np.inf, *np.quantile(score, np.linspace(0, 1, 400))])
    return cost_of(decisions, good, costs) - best


past, new = applications.week(3_000, seed=71), applications.week(6_000, seed=72)
costs = {"c00": 0, "c01": 100, "c10": 400, "c11": 0}
t_star = 0.8
as_if = cost_of(new["raw"] >= t_star, new["good"], costs)
hindsight = min(cost_of(new["raw"] > cut, new["good"], costs) for cut in np.quantile(new["raw"], np.linspace(0, 1, 400)))
checks.between(
    excess(new["raw"].to_numpy(), new["good"].to_numpy(), costs, past["raw"].to_numpy(), past["good"].to_numpy()),
    -1e9,
    5.0,
    "the cost per application above the best threshold in hindsight",
    mistakes={
        "these scores are no probabilities, but they are cut at t*; calibrate or search on the validation data": (
            as_if - hindsight - 1e-6,
            as_if - hindsight + 1e-6,
        )
    },
)
### BEGIN HIDDEN TESTS
for seed, squeeze, costs in [
    (81, lambda p: 0.3 + 0.2 * p**3, {"c00": 0, "c01": 100, "c10": 400, "c11": 0}),
    (82, lambda p: 12 * p - 30, {"c00": 0, "c01": 150, "c10": 350, "c11": -50}),
    (83, lambda p: p**0.25, {"c00": 10, "c01": 300, "c10": 120, "c11": 0}),
]:
    past, new = applications.week(3_000, seed=seed), applications.week(6_000, seed=seed + 10)
    t_star = (costs["c10"] - costs["c00"]) / (costs["c10"] - costs["c00"] + costs["c01"] - costs["c11"])
    score, good = squeeze(new["score"].to_numpy()), new["good"].to_numpy()
    best = min(cost_of(score > cut, good, costs) for cut in [-np.inf, *np.quantile(score, np.linspace(0, 1, 400))])
    as_if, half = (cost_of(score >= cut, good, costs) - best for cut in (t_star, 0.5))
    cut_there = "these scores are no probabilities, but they are cut at t*; calibrate or search on the validation data"
    if score.max() < min(t_star, 0.5):
        cut_there = "all are rejected: the threshold lies above every score; try thresholds in the range of the validation scores, not from 0 to 1"
    elif score.max() < t_star:
        cut_there = "all are rejected: the threshold lies above every score"
    wrong = {cut_there: (as_if - 1e-6, as_if + 1e-6)}
    if abs(half - as_if) > 1e-5:
        wrong["this cuts at 0.5; calibrate or search on the validation data"] = (half - 1e-6, half + 1e-6)
    checks.between(
        excess(score, good, costs, squeeze(past["score"].to_numpy()), past["good"].to_numpy()),
        -1e9,
        5.0,
        f"scores from {score.min():.3g} to {score.max():.3g}: the cost per application above the best threshold in hindsight",
        mistakes=wrong,
    )
### END HIDDEN TESTS

# %% test="cost_threshold" name="edges" points=1
"""Costs that make no sense, and validation data that do not fit."""
### BEGIN HIDDEN TESTS
fine = {"c00": 0, "c01": 100, "c10": 400, "c11": 0}
checks.array(cost_threshold([0.1, 0.9], fine), [0, 1], "two calibrated scores")
checks.raises(ValueError, cost_threshold, [0.5], {"c00": 50, "c01": 100, "c10": 40, "c11": 0}, what="a false approval cheaper than a right rejection")
checks.raises(ValueError, cost_threshold, [0.5], {"c00": 0, "c01": 10, "c10": 40, "c11": 10}, what="a false rejection as cheap as a right approval")
checks.raises(ValueError, cost_threshold, [0.5], fine, [0.1, 0.9], what="validation scores without labels")
checks.raises(ValueError, cost_threshold, [0.5], fine, valid_good=[0, 1], what="validation labels without scores")
checks.raises(ValueError, cost_threshold, [0.5], fine, [0.1, 0.9], [1], what="two validation scores and one label")
### END HIDDEN TESTS

# %% [markdown] explain="cost_threshold"
# Only two differences matter: what a false approval costs more than a right rejection, $c_{10} - c_{00}$, and what a false rejection costs more than a right approval, $c_{01} - c_{11}$. Double all costs and nothing changes; so agree with the business on a *ratio*, which people can answer ("one bad approval undoes four good ones").
#
# The search sorts once and looks at running sums: moving one application from approve to reject changes the total by its own cost difference. Calibrating and cutting at $t^*$ does the same job, and is the better habit when costs change often or differ from case to case, because you calibrate once.
# Where each application has its own amount, $t^*$ becomes a threshold per row.

# %% [markdown]
# > **In the interview.** *"False positives cost four times as much as false negatives. Where do you put the threshold?"*
# > **In 30 seconds:** if the scores are calibrated and right decisions cost nothing, at 4/(4+1) = 0.8. In general it is the extra cost of a false positive over the sum of both extra costs. I check calibration first. If it's off, I calibrate on held-out data or search for the cheapest threshold there; I report cost per case on a later week and how flat the curve is around it.
# > **They ask next:** where do the costs come from, and what if finance gives a range (show the decision for both ends)? Costs per case? Resampled training data (the scores are shifted: undo it)? A middle zone that goes to people?
# > **Red flags:** 0.5 by habit; $t^*$ on raw scores of a boosted model or of one trained on rebalanced data; a threshold tuned on the test set.

# %% [markdown]
# ## What does "99 %" mean?
#
# "85 % isn't good enough, we need 99 %." Before you answer, ask: 99 % of what?
#
# - **Accuracy:** of all decisions, how many are right?
# - **Precision:** of the applications that we *flag*, how many are really bad? Can we trust the flag?
# - **Recall:** of the bad applications, how many do we flag? Do we catch them all?
#
# Flag only the blatant ones and precision rises while recall falls. Flag anything odd, and it is the other way round. And accuracy can be had for nothing: of this company's partner applications 1 % are fraud, so a model that flags *nobody* is 99 % accurate.


# %% locked="fraud"
def fraud_cases(n: int, seed: int) -> pd.DataFrame:
    """`n` partner applications, 1 % of them fraud (`bad` = 1), and the flags of three models: `nobody`, `cautious` (few flags), `vigilant` (many)."""
    rng = np.random.default_rng(seed)
    bad = (rng.random(n) < 0.01).astype(int)
    signal = rng.standard_normal(n) + 2.4 * bad
    return pd.DataFrame({"bad": bad, "nobody": 0, "cautious": (signal > 3.1).astype(int), "vigilant": (signal > 1.05).astype(int)})


# %% collapsed=true
fraud = fraud_cases(50_000, seed=3)
names = ["nobody", "cautious", "vigilant"]
accuracy = [100 * (fraud[name] == fraud["bad"]).mean() for name in names]
miss = [1_000 * 2_000 * ((fraud[name] == 0) & (fraud["bad"] == 1)).mean() for name in names]
alarm = [1_000 * 15 * ((fraud[name] == 1) & (fraud["bad"] == 0)).mean() for name in names]
fig, axes = plt.subplots(1, 2, figsize=(9, 2.9), layout="constrained")
axes[0].barh(names, accuracy, color="0.75")
for place, value in enumerate(accuracy):
    axes[0].text(value - 2, place, f"{value:.1f} %", ha="right", va="center")
axes[0].set(xlabel="accuracy, %", title="By accuracy, the vigilant model is last ...")
axes[1].barh(names, miss, color="C1", label="missed fraud, 2,000 each")
axes[1].barh(names, alarm, left=miss, color="C0", label="false alarm, 15 each")
axes[1].set(xlabel="cost per 1,000 applications", title="... by cost it is first, by far")
axes[1].legend(frameon=False, fontsize=9, loc="lower right")
for ax in axes:
    ax.invert_yaxis()
plt.show()

# %% [markdown]
# The vigilant model has 85 % accuracy and serves the right objective. The cautious one has 99 % and serves the wrong one. A missed fraud costs 2,000, a false alarm costs 15 (a few minutes of a reviewer and an annoyed partner).
#
# The picture depends on those two prices. So turn the question round: how many times dearer must a miss be than a false alarm, so that a model beats flagging nobody? It catches $TP$ frauds and raises $FP$ false alarms, so the answer is $FP/TP$, the false alarms per fraud caught.
# That is a number which a manager can judge: *"about fifteen false alarms for each fraud caught; a missed fraud costs 130 times as much."*

# %% [markdown] statement="right_objective" level="core"
# ### `right_objective`: accuracy beside cost
#
# Write `right_objective(bad, flags, cost_miss, cost_false_alarm)`. `bad` holds the truth for $n$ applications (1: bad), `flags` is a dict from the name of a model to its $n$ flags (1: flagged as bad). Flagging is the positive class: $TP$ are bad and flagged, $FP$ good and flagged, $FN$ bad and not flagged.
# Return a data frame with one row per model and the columns `model`, `accuracy`, `precision` $= TP/(TP+FP)$, `recall` $= TP/(TP+FN)$, `cost` $= 1000\,(c_{miss}\,FN + c_{alarm}\,FP)/n$ (per 1,000 applications) and `worth_from` $= FP/TP$ (from this ratio $c_{miss}/c_{alarm}$ on, the model beats flagging nobody).
# A quotient with denominator 0 is NaN. Sort by cost, cheapest first; among equal costs by name. Round nothing.
# Raise `ValueError` for no applications, for a model with another number of flags, and for a negative cost.
#
# Example: `right_objective([1, 1, 0, 0, 0, 0, 0, 0, 0, 0], {"strict": [1, 0, 0, 0, 0, 0, 0, 0, 0, 0], "wide": [1, 1, 1, 1, 1, 0, 0, 0, 0, 0]}, cost_miss=50, cost_false_alarm=5)`
# gives `wide` (accuracy 0.7, precision 0.4, recall 1, cost 1500, worth_from 1.5), then `strict` (0.9, 1, 0.5, 5000, 0).


# %% solution="right_objective"
def right_objective(bad: ArrayLike, flags: dict[str, ArrayLike], cost_miss: float, cost_false_alarm: float) -> pd.DataFrame:
    """Accuracy, precision, recall and cost of several models on the same applications, cheapest first.

    bad: shape (n,), 0 or 1; flags: name -> shape (n,), 0 or 1. Columns: model, accuracy, precision, recall, cost (per 1,000), worth_from.
    """
    ### BEGIN SOLUTION
    truth = np.asarray(bad).astype(bool)
    if truth.size == 0 or min(cost_miss, cost_false_alarm) < 0:
        raise ValueError("at least one application, and no negative cost")

    def over(part, whole):
        return part / whole if whole else math.nan

    rows = []
    for name, flagged in flags.items():
        flagged = np.asarray(flagged).astype(bool)
        if flagged.shape != truth.shape:
            raise ValueError("one flag for each application")
        tp, fp, fn = int((flagged & truth).sum()), int((flagged & ~truth).sum()), int((~flagged & truth).sum())
        cost = 1_000 * (cost_miss * fn + cost_false_alarm * fp) / truth.size
        rows.append([name, 1 - (fp + fn) / truth.size, over(tp, tp + fp), over(tp, tp + fn), cost, over(fp, tp)])
    table = pd.DataFrame(rows, columns=["model", "accuracy", "precision", "recall", "cost", "worth_from"])
    return table.sort_values(["cost", "model"], ignore_index=True)
    ### END SOLUTION


# %% [markdown] hint="right_objective"
# Count `TP`, `FP` and `FN` for each model first; all five numbers follow from these three and `n`.

# %% [markdown] hint="right_objective"
# Python's `/` with a zero below raises an error, so write a small inner function: `part / whole if whole else float("nan")`. A model that flags nobody has no precision: neither 0 nor 1.

# %% [markdown] hint="right_objective"
# Collect one dict per model, make a data frame of the list, and end with `.sort_values(["cost", "model"])`.

# %% test="right_objective" name="value" points=3
"""The table: on the example, then for three models on 8,000 applications."""


def table_of(rows):
    return pd.DataFrame(rows, columns=["model", "accuracy", "precision", "recall", "cost", "worth_from"])


nan = float("nan")
checks.frame(
    right_objective(
        [1, 1, 0, 0, 0, 0, 0, 0, 0, 0],
        {"strict": [1, 0, 0, 0, 0, 0, 0, 0, 0, 0], "wide": [1, 1, 1, 1, 1, 0, 0, 0, 0, 0]},
        cost_miss=50,
        cost_false_alarm=5,
    ),
    table_of([["wide", 0.7, 0.4, 1.0, 1_500, 1.5], ["strict", 0.9, 1.0, 0.5, 5_000, 0.0]]),
    "the example",
    mistakes={
        "the rows are sorted by accuracy; sort by cost, cheapest first": table_of([["strict", 0.9, 1.0, 0.5, 5_000, 0.0], ["wide", 0.7, 0.4, 1.0, 1_500, 1.5]]),
        "precision and recall are swapped": table_of([["wide", 0.7, 1.0, 0.4, 1_500, 1.5], ["strict", 0.9, 0.5, 1.0, 5_000, 0.0]]),
        "this is the cost per application; give it per 1,000": table_of([["wide", 0.7, 0.4, 1.0, 1.5, 1.5], ["strict", 0.9, 1.0, 0.5, 5.0, 0.0]]),
        "this is the cost of all ten; divide by n and multiply by 1,000": table_of([["wide", 0.7, 0.4, 1.0, 15, 1.5], ["strict", 0.9, 1.0, 0.5, 50, 0.0]]),
        "the two costs are swapped: a miss is a bad application that is not flagged": table_of(
            [["strict", 0.9, 1.0, 0.5, 500, 0.0], ["wide", 0.7, 0.4, 1.0, 15_000, 1.5]]
        ),
        "worth_from is turned round; it is false alarms per bad one caught, FP / TP": table_of(
            [["wide", 0.7, 0.4, 1.0, 1_500, 2 / 3], ["strict", 0.9, 1.0, 0.5, 5_000, nan]]
        ),
    },
)
### BEGIN HIDDEN TESTS
cases = fraud_cases(8_000, seed=19)
y = cases["bad"].to_numpy()
for miss, alarm in [(2_000, 15), (10, 30)]:
    rows = []
    for name in ["nobody", "cautious", "vigilant"]:
        f = cases[name].to_numpy()
        tp, fp, fn = (f * y).sum(), (f * (1 - y)).sum(), ((1 - f) * y).sum()
        rows.append([name, (f == y).mean(), tp / (tp + fp) if tp + fp else nan, tp / (tp + fn), (miss * fn + alarm * fp) / 8, fp / tp if tp else nan])
    expected = table_of(sorted(rows, key=lambda row: (row[4], row[0])))
    checks.frame(
        right_objective(y, {name: cases[name].to_numpy() for name in ["vigilant", "nobody", "cautious"]}, miss, alarm),
        expected,
        f"8,000 applications, {miss} for a miss and {alarm} for a false alarm",
        mistakes={
            "a model that flags nobody has no precision: NaN, not 0": expected.fillna({"precision": 0.0}),
            "a model that flags nobody has no precision: NaN, not 1": expected.fillna({"precision": 1.0}),
            "the rows are sorted by accuracy; sort by cost, cheapest first": expected.sort_values("accuracy", ascending=False, ignore_index=True),
            "the dearest model stands first; sort the cheapest to the top": expected.iloc[::-1].reset_index(drop=True),
        },
    )
### END HIDDEN TESTS

# %% test="right_objective" name="edges" points=1
"""Nobody is bad, nobody is flagged, equal costs, and what is refused."""
nan = float("nan")
checks.frame(
    right_objective([0, 0, 1, 0], {"zero": [0, 0, 0, 0], "all": [1, 1, 1, 1]}, 30, 10),
    pd.DataFrame(
        {
            "model": ["all", "zero"],
            "accuracy": [0.25, 0.75],
            "precision": [0.25, nan],
            "recall": [1.0, 0.0],
            "cost": [7_500.0, 7_500.0],
            "worth_from": [3.0, nan],
        }
    ),
    "a model that flags everybody and one that flags nobody, at equal cost",
    mistakes={
        "a model that flags nobody has no precision: NaN, not 0": pd.DataFrame(
            {
                "model": ["all", "zero"],
                "accuracy": [0.25, 0.75],
                "precision": [0.25, 0.0],
                "recall": [1.0, 0.0],
                "cost": [7_500.0, 7_500.0],
                "worth_from": [3.0, nan],
            }
        ),
        "equal costs are ordered by name": pd.DataFrame(
            {
                "model": ["zero", "all"],
                "accuracy": [0.75, 0.25],
                "precision": [nan, 0.25],
                "recall": [0.0, 1.0],
                "cost": [7_500.0, 7_500.0],
                "worth_from": [nan, 3.0],
            }
        ),
    },
)
### BEGIN HIDDEN TESTS
checks.frame(
    right_objective([0, 0, 0, 0, 0], {"one": [1, 0, 0, 0, 0]}, 30, 10),
    pd.DataFrame({"model": ["one"], "accuracy": [0.8], "precision": [0.0], "recall": [nan], "cost": [2_000.0], "worth_from": [nan]}),
    "no bad application at all",
)
checks.raises(ValueError, right_objective, [], {"a": []}, 1, 1, what="no applications")
checks.raises(ValueError, right_objective, [1, 0], {"a": [1, 0], "b": [1]}, 1, 1, what="a model with one flag for two applications")
checks.raises(ValueError, right_objective, [1, 0], {"a": [1, 0]}, -1, 1, what="a negative cost")
### END HIDDEN TESTS

# %% test="right_objective" name="reversal" points=1
"""The 85 % model is the cheapest when a miss is dear, and the dearest when it is cheap; accuracy doesn't know the difference."""
### BEGIN HIDDEN TESTS
cases = fraud_cases(20_000, seed=23)
y, models = cases["bad"].to_numpy(), {name: cases[name].to_numpy() for name in ["nobody", "cautious", "vigilant"]}
dear, cheap = right_objective(y, models, 3_000, 15), right_objective(y, models, 60, 15)
checks.choice(
    dear["model"].iloc[0],
    "vigilant",
    "the cheapest model when a miss costs 200 false alarms",
    among=list(models),
    mistakes={"accuracy is no objective here; sort by cost": "cautious"},
)
checks.choice(
    cheap["model"].iloc[-1],
    "vigilant",
    "the dearest model when a miss costs 4 false alarms",
    among=list(models),
    mistakes={"sort by cost, cheapest first": "nobody"},
)
turn = float(dear.set_index("model").loc["vigilant", "worth_from"])
at_turn = right_objective(y, models, 15 * turn, 15).set_index("model")["cost"]
checks.close(at_turn["vigilant"], at_turn["nobody"], "the cost of the vigilant model at its own break-even ratio, against flagging nobody")
### END HIDDEN TESTS

# %% [markdown] explain="right_objective"
# Accuracy prices both errors alike, so with 1 % fraud it is ruled by the 99 % that were easy. The cost of flagging nobody is $c_{miss}(TP + FN)$, that of the model $c_{miss}FN + c_{alarm}FP$; the difference is $c_{miss}TP - c_{alarm}FP$, hence the ratio $FP/TP = (1 - \text{precision})/\text{precision}$.
# So precision is, in other words, the price ratio from which a flag is worth raising, and recall is how much of the gain you collect.
#
# Does the cheap model "win"? On these two prices. Show the decision for the range of prices that finance believes, and say where it flips.

# %% [markdown]
# > **In the interview.** *"Your model has 85 % accuracy, we want 99 %. What do you say?"*
# > **In 30 seconds:** I ask what the 99 % should buy: trust in each decision (precision) or missing nothing (recall)? They pull against each other. Then, what does each error cost? With 1 % fraud, doing nothing is 99 % accurate and misses all of it; a model at 85 % that catches nine in ten frauds for about fifteen false alarms each costs a fifth as much. Then I compare with what people reach today, and with what the labels allow at all.
# > **They ask next:** who sets the two prices? What if false alarms fall on one group of customers? Can we have both (more data, better features, a person for the unsure middle)?
# > **Red flags:** promising 99 %; defending accuracy; precision and recall mixed up; a cost table without a source.

# %% [markdown]
# ## Better than people? On the same cases
#
# The question behind "85 % isn't enough" is: what do people reach? If they are right in 82 % of cases, 85 % is progress. If they are right in 97 %, you must say where twelve points went.
#
# So measure people as strictly as the model: **on the same applications**, against the same truth. Then most cases cancel out, because both are right, or both wrong. The news is in the cases where they differ.

# %% collapsed=true
trial = applications.week(500, seed=12)
model_right, human_right = (trial["score"] >= 0.5) == trial["good"], trial["human"] == trial["good"]
cells = pd.crosstab(model_right.map({True: "model right", False: "model wrong"}), human_right.map({True: "human right", False: "human wrong"}))
cells = cells.loc[["model right", "model wrong"], ["human right", "human wrong"]]
fig, axes = plt.subplots(1, 2, figsize=(9, 3), layout="constrained", width_ratios=[1, 2])
axes[0].imshow([[0, 1], [1, 0]], cmap="Blues", vmin=-0.2, vmax=3)
for row in range(2):
    for column in range(2):
        axes[0].text(column, row, cells.iloc[row, column], ha="center", va="center", fontsize=14)
axes[0].set_xticks([0, 1], ["human\nright", "human\nwrong"])
axes[0].set_yticks([0, 1], ["model\nright", "model\nwrong"])
axes[0].set(title="500 cases: only the two\nblue counts tell them apart")
trials = [("better", 70, 30, 1_000), ("worse", 61, 105, 1_500), ("not worse", 80, 72, 4_000), ("unclear", 8, 7, 80)]
for place, (_, only_model, only_human, n) in enumerate(trials):
    gap = 100 * (only_model - only_human) / n
    reach = 196 * np.sqrt(only_model + only_human - (only_model - only_human) ** 2 / n) / n
    axes[1].errorbar(gap, place, xerr=reach, fmt="o", color="C0", capsize=4)
axes[1].axvline(0, color="0.3", lw=1)
axes[1].axvline(-2, color="C1", ls="--", lw=1)
axes[1].text(-2.2, 3.45, "margin", ha="right", va="center", color="C1", fontsize=9)
axes[1].set_yticks(range(4), [f"{name}: {b} against {c} of {n:,}" for name, b, c, n in trials])
axes[1].set(xlabel="model minus human accuracy, points", ylim=(3.7, -0.5), title="The interval gives the verdict")
plt.show()

# %% [markdown]
# Call the two counts $b$ (only the model is right) and $c$ (only the person is right). If neither were better, each such case would fall on either side like a fair coin. That is **McNemar's test**, exactly: a binomial test of $b$ out of $b + c$ against one half. The difference in accuracy is $(b - c)/n$.
#
# A large p-value does *not* say "as good as people". For that, agree beforehand on a margin (two points, say) and check that the whole interval lies above minus that margin. That is called non-inferiority.

# %% [markdown] statement="versus_human" level="core"
# ### `versus_human`: a paired comparison
#
# Write `versus_human(good, model, human, margin=0.02)`: truth, the model's decisions and people's decisions, 0 or 1, for the same $n$ cases. With $b$ cases where only the model is right and $c$ where only the person is:
# $$d = \frac{b - c}{n}, \qquad \text{SE} = \frac{1}{n}\sqrt{b + c - \frac{(b-c)^2}{n}}, \qquad \text{95 \% interval } d \pm 1.96\,\text{SE}$$
# Return a dict: `"only_model"` ($b$), `"only_human"` ($c$), `"difference"` ($d$), `"low"`, `"high"`, `"p_value"` (exact McNemar: two-sided binomial test of $b$ out of $b+c$ at one half; 1 when $b + c = 0$), and
# `"verdict"`, the first that holds: `"better"` if low $> 0$; `"worse"` if high $< 0$; `"not worse"` if low $> -$margin; else `"unclear"`. Round nothing.
# Raise `ValueError` for no cases, for lengths that differ and for a negative `margin`.
#
# Example: with `good = [1]*8 + [0]*4`, `model = [1]*7 + [0] + [0]*4` and `human = [1]*4 + [0]*4 + [0]*2 + [1]*2`: $b = 5$, $c = 0$, difference 0.417, interval 0.138 to 0.696, p-value 0.0625, `"better"`. (With so few cases, interval and exact test may disagree.)


# %% solution="versus_human"
def versus_human(good: ArrayLike, model: ArrayLike, human: ArrayLike, margin: float = 0.02) -> dict[str, float | str]:
    """Paired comparison of two deciders on the same cases.

    good, model, human: shape (n,), 0 or 1. Returns {"only_model", "only_human", "difference", "low", "high", "p_value", "verdict"}.
    """
    ### BEGIN SOLUTION
    truth, machine, person = np.asarray(good), np.asarray(model), np.asarray(human)
    n = truth.size
    if n == 0 or not truth.shape == machine.shape == person.shape or margin < 0:
        raise ValueError("three equally long columns, and a margin that is not negative")
    b = int(((machine == truth) & (person != truth)).sum())
    c = int(((machine != truth) & (person == truth)).sum())
    difference = (b - c) / n
    half = 1.96 * math.sqrt(b + c - (b - c) ** 2 / n) / n
    low, high = difference - half, difference + half
    p_value = stats.binomtest(b, b + c, 0.5).pvalue if b + c else 1.0
    verdict = "better" if low > 0 else "worse" if high < 0 else "not worse" if low > -margin else "unclear"
    return {"only_model": b, "only_human": c, "difference": difference, "low": low, "high": high, "p_value": float(p_value), "verdict": verdict}
    ### END SOLUTION


# %% [markdown] hint="versus_human"
# First turn decisions into right and wrong: `model == good` and `human == good`. Only the cases where these two columns differ matter for the test.

# %% [markdown] hint="versus_human"
# `stats.binomtest(b, b + c, 0.5).pvalue` is the exact test; it refuses `b + c = 0`, so handle that case by itself.

# %% [markdown] hint="versus_human"
# The standard error is that of the mean of the column $(+1, 0, -1)$: only the model right, no difference, only the person right. The formula divides by $n$, so `np.std` with its default `ddof=0` over the root of $n$ gives it, too.

# %% test="versus_human" name="value" points=3
"""Counts, difference, interval and p-value: on the example, then for 600 applications."""
answer = versus_human([1] * 8 + [0] * 4, [1] * 7 + [0] + [0] * 4, [1] * 4 + [0] * 4 + [0] * 2 + [1] * 2)
checks.record(
    answer,
    {"only_model": 5, "only_human": 0, "difference": 5 / 12},
    "the counts of the example",
    mistakes={
        "these are all cases that each gets right; count those where only one of them is right": {"only_model": 11},
        "the two sides are swapped; the difference is model minus human": {"only_model": 0, "only_human": 5},
    },
)
checks.record(
    answer,
    {"low": 0.1377218958, "high": 0.6956114375, "p_value": 0.0625, "verdict": "better"},
    "interval and p-value of the example",
    mistakes={
        "this treats the two as if they had seen different cases; they are paired": {"low": 0.0934206876},
        "the standard error leaves out (b - c) squared over n": {"low": 0.0514422303},
        "the formula divides by n, not by n - 1": {"low": 0.1253183556},
        "this p-value is one-sided": {"p_value": 0.03125},
        "this is McNemar's chi-square approximation; the exact test is binomial": {"p_value": 0.0253473187},
        "this is McNemar's chi-square with continuity correction; the exact test is binomial": {"p_value": 0.0736382701},
        "this is a t-test; the exact test is binomial": {"p_value": 0.0171804873},
        "this test treats the two as separate groups; they are paired": {"p_value": 0.0686498856},
        "the verdict goes by the interval; low is above 0": {"verdict": "unclear"},
        "the verdict goes by the interval, not by the p-value: low is above 0, and the first that holds counts": {"verdict": "not worse"},
    },
)
### BEGIN HIDDEN TESTS
fresh = applications.week(600, seed=140)
good, person = fresh["good"].to_numpy(), fresh["human"].to_numpy()
machine = (fresh["score"] >= 0.5).astype(int).to_numpy()
x = (machine == good).astype(int) - (person == good).astype(int)
b, c = int((x == 1).sum()), int((x == -1).sum())
half = 1.96 * x.std() / math.sqrt(600)
p1, p2 = (machine == good).mean(), (person == good).mean()
apart = math.sqrt((p1 * (1 - p1) + p2 * (1 - p2)) / 600)
checks.record(
    versus_human(good, machine, person),
    {
        "only_model": b,
        "only_human": c,
        "difference": x.mean(),
        "low": x.mean() - half,
        "high": x.mean() + half,
        "p_value": 2 * stats.binom.cdf(min(b, c), b + c, 0.5),
    },
    "600 applications",
    mistakes={
        "this treats the two as if they had seen different cases; they are paired": {"low": x.mean() - 1.96 * apart},
        "this p-value is one-sided": {"p_value": stats.binom.cdf(min(b, c), b + c, 0.5)},
        "this is McNemar's chi-square approximation; the exact test is binomial": {"p_value": stats.chi2.sf((b - c) ** 2 / (b + c), 1)},
        "this is McNemar's chi-square with continuity correction; the exact test is binomial": {"p_value": stats.chi2.sf((abs(b - c) - 1) ** 2 / (b + c), 1)},
        "this compares the two with people's decisions as the truth; use the truth": {"only_human": int((machine != person).sum())},
        "the two sides are swapped; the difference is model minus human": {"difference": -x.mean()},
    },
)
### END HIDDEN TESTS

# %% test="versus_human" name="verdict" points=2
"""The four verdicts; a large p-value alone is none of them."""


def cases(both, b, c, neither):
    return [1] * (both + b + c + neither), [1] * (both + b) + [0] * (c + neither), [1] * both + [0] * b + [1] * c + [0] * neither


verdicts = ["better", "worse", "not worse", "unclear"]
checks.choice(
    versus_human(*cases(60, 8, 7, 5))["verdict"],
    "unclear",
    "80 cases, 8 against 7",
    among=verdicts,
    mistakes={
        "a p-value of 1 doesn't show that they are equally good; is the interval above minus the margin?": "not worse",
        "one case more is chance; the interval includes 0": "better",
    },
)
### BEGIN HIDDEN TESTS
for counts, margin, expected, wrong in [
    ((3_800, 80, 72, 48), 0.02, "not worse", {"the interval excludes a loss of 2 points; that is a finding": "unclear", "the interval includes 0": "better"}),
    ((3_800, 80, 72, 48), 0.001, "unclear", {"the margin is 0.1 points here, and the interval reaches below it": "not worse"}),
    ((800, 70, 30, 100), 0.02, "better", {"the whole interval is above 0, that is better; check it first": "not worse"}),
    ((9_000, 100, 160, 740), 0.02, "worse", {"the whole interval is below 0: worse, even if within the margin": "not worse"}),
    ((800, 30, 70, 100), 0.02, "worse", {"model minus human, not the other way round": "better"}),
    ((400, 20, 24, 56), 0.05, "not worse", {"use the margin that is given": "unclear"}),
]:
    found = versus_human(*cases(*counts), margin=margin)["verdict"]
    checks.choice(found, expected, f"{counts[1]} against {counts[2]} of {sum(counts)} cases, margin {margin}", among=verdicts, mistakes=wrong)
### END HIDDEN TESTS

# %% test="versus_human" name="edges" points=1
"""No case tells them apart, and what is refused."""
### BEGIN HIDDEN TESTS
checks.record(
    versus_human([1, 0, 1], [1, 0, 0], [1, 0, 0]),
    {"only_model": 0, "only_human": 0, "difference": 0.0, "low": 0.0, "high": 0.0, "p_value": 1.0, "verdict": "not worse"},
    "both right and wrong on the same cases",
)
checks.record(versus_human([1, 1], [1, 0], [0, 1], margin=0), {"difference": 0.0, "p_value": 1.0, "verdict": "unclear"}, "one case each")
checks.raises(ValueError, versus_human, [], [], [], what="no cases")
checks.raises(ValueError, versus_human, [1, 0], [1, 0], [1], what="lengths that differ")
checks.raises(ValueError, versus_human, [1, 0], [1, 0], [1, 1], margin=-0.1, what="a negative margin")
### END HIDDEN TESTS

# %% [markdown] explain="versus_human"
# Let $x_i$ be +1, 0 or −1. The difference in accuracy is the mean of $x$, and its variance is that of one column: $(b + c)/n - d^2$. What both get right or both get wrong adds nothing but $n$. Treated as two separate groups, the same data give a wider interval: cases that are hard for both move both accuracies together.
#
# The Wald interval is fine from some twenty differing cases on. For fewer use an exact or a score interval (Tango, 1998). The test answers "is it chance?", the interval "by how much?", and the margin "does it matter?". Fix the margin before you see the data.
#
# People differ, too. 500 cases by one reviewer say how good that reviewer is. For "people", take several, and resample reviewers as well as cases.

# %% [markdown]
# > **In the interview.** *"Is your model better than the team that does it today?"*
# > **In 30 seconds:** I have both decide the same cases, against a truth that neither produced. I count the cases where only one is right and test them with exact McNemar; I report the difference with a paired interval. If the goal is "not worse and much cheaper", I agree on a margin first and show that the interval excludes a larger loss. If people are far ahead, I look at where: signal that they see and the model doesn't, or label noise.
# > **They ask next:** why not two accuracies with two intervals? How many cases do you need (the discordant ones drive it)? What if the reviewers wrote the truth? Several reviewers?
# > **Red flags:** "p = 0.4, so it is as good"; comparing the model on the test set with people's historical rate; the person's decision as ground truth.

# %% [markdown]
# ## Is 99 % reachable? What the labels allow
#
# Often the "truth" that you measure against is itself a person's decision. Then even a perfect model is marked wrong wherever that person slipped. If labels are wrong in 12 % of cases, perfection scores 88 %.
#
# How wrong are they? You can tell without the truth: let two people label the same cases, independently. If each errs at rate $e$, they agree when both are right or both are wrong:
#
# $$A = (1-e)^2 + e^2 \quad\Longrightarrow\quad 1 - e = \frac{1 + \sqrt{2A - 1}}{2}$$

# %% collapsed=true
errors = np.linspace(0, 0.5, 200)
agreement = (1 - errors) ** 2 + errors**2
fig, ax = plt.subplots(figsize=(7, 3.2))
ax.plot(100 * agreement, 100 * (1 - errors), color="C0", lw=2)
ax.plot(100 * agreement, 100 * agreement, color="0.7", ls=":")
seen = 100 * (WEEK["human"] == WEEK["second"]).mean()
top = 50 * (1 + np.sqrt(2 * seen / 100 - 1))
ax.plot([seen, seen, 50], [50, top, top], color="C1", lw=1.5)
ax.plot(seen, top, "o", color="C1")
ax.text(seen - 1, top + 1.5, f"they agree on {seen:.0f} %: perfection scores {top:.0f} %", ha="right", fontsize=9)
ax.axhline(99, color="0.3", ls="--", lw=1)
ax.text(51, 96, "99 % asks for 98 % agreement", fontsize=9)
ax.set(
    xlabel="two reviewers agree, % of cases",
    ylabel="accuracy, %",
    xlim=(50, 100),
    ylim=(50, 101.5),
    title="At 81 % agreement, 99 % is out of reach for any model",
)
ax.text(51, 80, "a perfect model, measured", color="C0", fontsize=9)
ax.text(69, 62, "the agreement itself", color="0.4", fontsize=9)
plt.show()

# %% [markdown]
# The same number repairs your own accuracy. A model that is truly right with probability $a$ is *marked* right at rate $m = a(1-e) + (1-a)\,e$. So when you measured $m$ against one reviewer's labels, the truth is nearer $a = (m - e)/(1 - 2e)$.
#
# All this assumes two classes, and errors of the two reviewers that are independent and equally frequent, for both reviewers and in both classes. If hard cases fool everybody, reviewers agree more than the formula thinks, and the ceiling is lower still: read it as "at best". If they share a *rule* that is wrong, a model can learn that rule and be marked right for it.

# %% [markdown] statement="accuracy_ceiling" level="stretch"
# ### `accuracy_ceiling`: the best that the labels let you measure
#
# Write `accuracy_ceiling(first, second, measured=None, target=0.99)`: labels (0 or 1) of the same $n$ cases by two independent reviewers. $A$ is the share of cases on which they agree. Return a dict:
# `"agreement"` $A$; `"ceiling"` $C(A) = \tfrac12\left(1 + \sqrt{2A - 1}\right)$; `"low"` and `"high"`, $C$ of the two ends of the 95 % Wilson interval of $A$ (an end below 0.5 counts as 0.5);
# `"reachable"`, a bool: `target` $\le$ `"high"`; `"true_accuracy"`: with $e = 1 - C(A)$, the value $(\text{measured} - e)/(1 - 2e)$, clipped to 0 ... 1; `None` if `measured` is `None`.
# $$\text{Wilson, } z = 1.96: \qquad \frac{A + \frac{z^2}{2n} \pm z\sqrt{\frac{A(1-A)}{n} + \frac{z^2}{4n^2}}}{1 + \frac{z^2}{n}}$$
# Checked to a relative 1e-4, so $z$ = 1.959964 is as good as 1.96. Raise `ValueError` for no cases, lengths that differ, and $A \le 0.5$ (no better than coins).
#
# Example: 100 cases, 90 agreements, `measured=0.85`: agreement 0.9, ceiling 0.947, interval 0.904 to 0.972, not reachable, true accuracy 0.891.


# %% solution="accuracy_ceiling"
def accuracy_ceiling(first: ArrayLike, second: ArrayLike, measured: float | None = None, target: float = 0.99) -> dict[str, float | bool | None]:
    """Measured accuracy of a perfect model against one reviewer's labels, from the agreement of two.

    first, second: shape (n,), 0 or 1. measured: a model's accuracy against such labels.
    Returns {"agreement", "ceiling", "low", "high", "reachable", "true_accuracy"}.
    """
    ### BEGIN SOLUTION
    one, two = np.asarray(first), np.asarray(second)
    if one.size == 0 or one.shape != two.shape:
        raise ValueError("two equally long columns of labels")
    n, agreement = one.size, float((one == two).mean())
    if agreement <= 0.5:
        raise ValueError("reviewers who agree on half of the cases or fewer say nothing about the truth")

    def ceiling_of(share):
        return (1 + math.sqrt(max(0.0, 2 * share - 1))) / 2

    z = 1.96
    centre, half = agreement + z**2 / (2 * n), z * math.sqrt(agreement * (1 - agreement) / n + z**2 / (4 * n**2))
    low, high = (ceiling_of((centre + sign * half) / (1 + z**2 / n)) for sign in (-1, 1))
    ceiling = ceiling_of(agreement)
    error = 1 - ceiling
    true_accuracy = None if measured is None else min(1.0, max(0.0, (measured - error) / (1 - 2 * error)))
    return {"agreement": agreement, "ceiling": ceiling, "low": low, "high": high, "reachable": target <= high, "true_accuracy": true_accuracy}
    ### END SOLUTION


# %% [markdown] hint="accuracy_ceiling"
# Write one inner function for $C$. It is used three times: on $A$ and on both ends of its interval.

# %% [markdown] hint="accuracy_ceiling"
# $C$ rises with $A$, so the ends of the interval of $A$ give the ends of the interval of the ceiling. Under the root, use `max(0, 2 * share - 1)`.

# %% [markdown] hint="accuracy_ceiling"
# `statsmodels.stats.proportion.proportion_confint(agreements, n, method="wilson")` gives the interval of $A$, if you don't want to type the formula.

# %% test="accuracy_ceiling" name="value" points=3
"""Agreement, ceiling, interval and corrected accuracy: on the example, then for two reviewers of 800 applications."""
one, two = [1] * 50 + [0] * 50, [1] * 46 + [0] * 4 + [1] * 6 + [0] * 44
answer = accuracy_ceiling(one, two, measured=0.85)
checks.record(
    answer,
    {"agreement": 0.9, "ceiling": 0.947213595, "low": 0.9035050778, "high": 0.9715779142},
    "the ceiling of the example",
    rtol=1e-4,
    mistakes={
        "this is the agreement; one reviewer alone is right more often than both agree": {"ceiling": 0.9},
        "the two share the disagreements, but they also agree when both are wrong: solve for e": {"ceiling": 0.95},
        "this is the error e; the ceiling is 1 - e": {"ceiling": 0.052786405},
        "this leaves out that they agree when both are wrong, too": {"ceiling": 0.9486832981},
        "this is the interval of the agreement; put its ends through C": {"low": 0.8256326956},
        "this is the plain (Wald) interval; use Wilson's": {"low": 0.9130375286},
    },
)
checks.record(
    answer,
    {"true_accuracy": 0.891312, "reachable": False},
    "the corrected accuracy of the example",
    rtol=1e-4,
    mistakes={
        "the correction divides by the ceiling; some wrong decisions are marked right by chance": {"true_accuracy": 0.85 / 0.947213595},
        "this adds the label error to the measured accuracy; solve m = a(1 - e) + (1 - a)e for a": {"true_accuracy": 0.902786405},
        "99 % is above even the high end of the interval": {"reachable": True},
    },
)
### BEGIN HIDDEN TESTS
fresh = applications.week(800, seed=160)
one, two = fresh["human"].to_numpy(), fresh["second"].to_numpy()
share, z = (one == two).mean(), 1.96
root = math.sqrt(2 * share - 1)
ends = [(share + z**2 / 1_600 + s * z * math.sqrt(share * (1 - share) / 800 + z**2 / (4 * 800**2))) / (1 + z**2 / 800) for s in (-1, 1)]
wald = [share + s * z * math.sqrt(share * (1 - share) / 800) for s in (-1, 1)]
checks.record(
    accuracy_ceiling(one, two, measured=0.8, target=0.9),
    {
        "agreement": share,
        "ceiling": (1 + root) / 2,
        "low": (1 + math.sqrt(2 * ends[0] - 1)) / 2,
        "high": (1 + math.sqrt(2 * ends[1] - 1)) / 2,
        "true_accuracy": (0.8 - (1 - root) / 2) / root,
    },
    "800 applications, two reviewers",
    rtol=1e-4,
    mistakes={
        "this is the agreement; one reviewer alone is right more often than both agree": {"ceiling": share},
        "the two share the disagreements, but they also agree when both are wrong: solve for e": {"ceiling": (1 + share) / 2},
        "this is the plain (Wald) interval; use Wilson's": {"low": (1 + math.sqrt(2 * wald[0] - 1)) / 2},
        "the correction divides by the ceiling; some wrong decisions are marked right by chance": {"true_accuracy": 0.8 / ((1 + root) / 2)},
    },
)
### END HIDDEN TESTS

# %% test="accuracy_ceiling" name="edges" points=1
"""Full agreement, few cases, no measured accuracy, and what is refused."""
few = accuracy_ceiling([1, 0, 1, 1, 0, 1], [1, 0, 1, 1, 0, 1])
checks.record(
    few,
    {"agreement": 1.0, "ceiling": 1.0, "high": 1.0, "low": 0.734154827, "reachable": True, "true_accuracy": None},
    "six cases, all agreed",
    rtol=1e-4,
    mistakes={"six agreements don't prove that labels are perfect; use Wilson's interval": {"low": 1.0}},
)
### BEGIN HIDDEN TESTS
wide = accuracy_ceiling([1, 1, 1, 1, 0], [1, 1, 1, 0, 1], measured=0.9)
checks.record(wide, {"agreement": 0.6, "low": 0.5, "true_accuracy": 1.0}, "five cases, three agreed; the low end of the interval is below one half", rtol=1e-4)
checks.record(accuracy_ceiling([1] * 10, [1] * 9 + [0], measured=0.01), {"true_accuracy": 0.0}, "a measured accuracy below the label error", rtol=1e-4)
many = [1] * 985 + [0] * 15
checks.record(accuracy_ceiling([1] * 1_000, many), {"agreement": 0.985, "reachable": True}, "1,000 cases, 98.5 % agreed, target 99 %", rtol=1e-4)
checks.record(
    accuracy_ceiling([1] * 1_000, [1] * 975 + [0] * 25),
    {"agreement": 0.975, "reachable": True},
    "1,000 cases, 97.5 % agreed, target 99 %",
    rtol=1e-4,
    mistakes={"the ceiling is a little below the target, but the high end of its interval is not": {"reachable": False}},
)
checks.record(accuracy_ceiling([1] * 1_000, [1] * 930 + [0] * 70), {"agreement": 0.93, "reachable": False}, "1,000 cases, 93 % agreed, target 99 %", rtol=1e-4)
checks.raises(ValueError, accuracy_ceiling, [], [], what="no cases")
checks.raises(ValueError, accuracy_ceiling, [1, 0], [1], what="lengths that differ")
checks.raises(ValueError, accuracy_ceiling, [1, 0, 1, 0], [1, 1, 1, 1], what="agreement on exactly half of the cases")
### END HIDDEN TESTS

# %% test="accuracy_ceiling" name="recovery" points=1
"""With planted label errors of 7 %, ceiling and corrected accuracy come out near the truth."""
### BEGIN HIDDEN TESTS
draw = np.random.default_rng(99)
truth = draw.integers(0, 2, 60_000)
one, two = (np.where(draw.random(60_000) < 0.07, 1 - truth, truth) for _ in range(2))
machine = np.where(draw.random(60_000) < 0.15, 1 - truth, truth)
found = accuracy_ceiling(one, two, measured=float((machine == one).mean()))
checks.between(found["ceiling"], 0.925, 0.935, "the ceiling, where a perfect model is marked right in 93 % of cases")
checks.between(found["true_accuracy"], 0.843, 0.857, "the corrected accuracy of a model that is truly right in 85 % of cases")
held = 0
for _ in range(200):
    truth = draw.integers(0, 2, 300)
    one, two = (np.where(draw.random(300) < 0.1, 1 - truth, truth) for _ in range(2))
    found = accuracy_ceiling(one, two)
    held += found["low"] <= 0.9 <= found["high"]
checks.between(held / 200, 0.9, 0.99, "the share of 200 intervals that hold the true ceiling of 90 %")
### END HIDDEN TESTS

# %% [markdown] explain="accuracy_ceiling"
# Squares explain it: $2A - 1 = (1 - 2e)^2$. The agreement looks at two error-prone labels, the ceiling at one. And since marking flips the result with probability $e$, measured accuracy is squeezed towards one half by the same factor: $m - \tfrac12 = (1 - 2e)(a - \tfrac12)$.
#
# When error rates differ from case to case, $2A - 1$ is the *mean of squares* of $1 - 2e_i$, at least the square of the mean; so the true ceiling is at most $C(A)$. On this company's applications the two reviewers agree on 81 %, $C$ is 89.4 %, and reviewers are in truth right in 87.5 %. "At best" it is.
#
# To raise the ceiling, raise the labels: three reviewers and a majority, a better guideline, the outcome itself (did the customer pay?) in place of an opinion. Cohen's kappa corrects agreement for chance by the base rates; here the model of the errors does that job.

# %% [markdown]
# > **In the interview.** *"Why can't you just get it to 99 %?"*
# > **In 30 seconds:** because we can't measure 99 % with these labels. Two reviewers agree on 81 % of the same cases, so each is wrong in at least a tenth of them, and a perfect model would score about 89 % at best. Our 85 % against such labels stands for about 94 %, if errors are independent. Before more modelling I'd buy better labels for a test set: three opinions and a judge, or the real outcome.
# > **They ask next:** what if both reviewers make the same mistake? Noise in training labels, too (less harmful when random; clean the test set first)? How do you tell noise from missing signal (learning curve, and what experts reach with the same inputs)?
# > **Red flags:** promising 99 % from a bigger model; taking agreement for accuracy; kappa without what it means for the decision.

# %% [markdown]
# ## Better overall, worse for whom?
#
# After a month of routing, the dashboard says: automated decisions are wrong in 9 % of cases, manual ones in 20 %. A triumph? The model got the *easy* cases; that was the point of routing. Compare like with like.
#
# The same can happen with segments. Here model and people got different mixes of application kinds. In *every* kind the model makes more errors, and overall it makes fewer: **Simpson's paradox**.

# %% locked="mix"
MIX = pd.DataFrame(
    {
        "segment": ["personal", "personal", "company", "company"],
        "system": ["model", "human", "model", "human"],
        "cases": [900, 300, 100, 700],
        "wrong": [63, 15, 24, 140],
    }
)


def spread(table):
    """One entry per decision from counts: segment, system, cases, wrong."""
    rows = [(r.segment, r.system, int(i < r.wrong)) for r in table.itertuples() for i in range(r.cases)]
    return [list(column) for column in zip(*rows, strict=True)]


# %% collapsed=true
mix = MIX.assign(rate=100 * MIX["wrong"] / MIX["cases"])
totals = MIX.groupby("system")[["cases", "wrong"]].sum()
weights = MIX.groupby("segment")["cases"].sum() / MIX["cases"].sum()
standard = mix.pivot(index="segment", columns="system", values="rate").mul(weights, axis=0).sum()
fig, ax = plt.subplots(figsize=(7, 3.2))
groups = ["personal", "company", "all, as they came", "all, same mix"]
for shift, system, colour in [(-0.2, "human", "0.7"), (0.2, "model", "C0")]:
    values = [mix.query("segment == @name and system == @system")["rate"].item() for name in groups[:2]]
    values += [100 * totals.loc[system, "wrong"] / totals.loc[system, "cases"], standard[system]]
    bars = ax.bar(np.arange(4) + shift, values, 0.38, color=colour, label=system)
    ax.bar_label(bars, fmt="%.1f", fontsize=9)
ax.axvline(1.5, color="0.85", lw=1)
ax.set_xticks(range(4), groups)
ax.set(ylabel="wrong decisions, %", ylim=(0, 31), title="Worse in each kind, better overall: the mix did it")
ax.legend(frameon=False, fontsize=9, loc="upper right")
plt.show()

# %% [markdown]
# Two habits protect you:
#
# - **Standardise.** Take both systems' error rates per segment and average them with the *same* weights, the share of each segment in all cases.
# - **Test segments, honestly.** Twelve segments give twelve chances for a scare. Adjust the p-values. **Holm's** method controls the chance of *any* false alarm, as Bonferroni does, and finds more: sort the $m$ p-values, multiply the smallest by $m$, the next by $m - 1$ and so on, and never let an adjusted value fall below the one before it.

# %% [markdown] statement="segment_check" level="stretch"
# ### `segment_check`: who is worse off?
#
# Write `segment_check(segment, system, wrong)`, one entry per decision: a segment (string), `"model"` or `"human"`, and 1 if the decision was wrong, else 0. Return a dict:
# `"crude"`: error rate of the model minus that of people, over all decisions; `"adjusted"`: $\sum_s w_s\,(\text{model's error rate in } s - \text{people's error rate in } s)$, where $w_s$ is the share of segment $s$ among all decisions of **both** systems;
# `"p_values"`: dict from segment to its Holm-adjusted p-value (at most 1), from the two-sided z-test of two proportions, $z = (r_M - r_H)/\sqrt{r(1-r)(1/n_M + 1/n_H)}$ with error rates $r_M$, $r_H$ of model and people there and $r$ of both together; before adjusting, the p-value is 1 where $r$ is 0 or 1;
# `"worse"` and `"better"`: sorted lists of the segments with adjusted p-value below 0.05 where the model's error rate is higher, or lower. With ordered p-values $p_{(1)} \le \dots \le p_{(m)}$:
# $$\tilde p_{(k)} = \min\left(1,\ \max_{j \le k}\ (m - j + 1)\,p_{(j)}\right)$$
# Raise `ValueError` for no decisions, lengths that differ, another name of a system, and a segment that one of the two has no decision in. Round nothing.
#
# Example: the decisions of the picture above (`MIX`) give crude −0.068, adjusted 0.028, both adjusted p-values 0.447 (0.224 and 0.354 before), nobody worse, nobody better.


# %% solution="segment_check"
def segment_check(segment: ArrayLike, system: ArrayLike, wrong: ArrayLike) -> dict:
    """Model against people, overall and by segment.

    segment: shape (n,), strings; system: shape (n,), "model" or "human"; wrong: shape (n,), 0 or 1.
    Returns {"crude", "adjusted", "p_values", "worse", "better"}.
    """
    ### BEGIN SOLUTION
    columns = [list(segment), list(system), list(wrong)]
    if not columns[0] or len({len(column) for column in columns}) > 1 or not set(columns[1]) <= {"model", "human"}:
        raise ValueError("three equally long columns, and systems named model or human")
    table = pd.DataFrame(dict(zip(["segment", "system", "wrong"], columns, strict=True)))
    cells = table.groupby(["segment", "system"])["wrong"].agg(["sum", "count"]).unstack("system", fill_value=0)
    bad, n = cells["sum"].astype(int), cells["count"].astype(int)
    if n.shape[1] < 2 or (n == 0).any(axis=None):
        raise ValueError("each segment needs decisions of both")
    rate = bad / n
    gap = rate["model"] - rate["human"]
    pooled = bad.sum(axis=1) / n.sum(axis=1)
    error = np.sqrt(pooled * (1 - pooled) * (1 / n).sum(axis=1))
    p = pd.Series(2 * stats.norm.sf((gap / error.where(error > 0)).abs().fillna(0.0)), index=n.index).sort_values()
    holm = (p * np.arange(len(p), 0, -1)).cummax().clip(upper=1.0)
    return {
        "crude": float(bad["model"].sum() / n["model"].sum() - bad["human"].sum() / n["human"].sum()),
        "adjusted": float((gap * n.sum(axis=1)).sum() / len(table)),
        "p_values": holm.to_dict(),
        "worse": sorted(s for s in holm.index if holm[s] < 0.05 and gap[s] > 0),
        "better": sorted(s for s in holm.index if holm[s] < 0.05 and gap[s] < 0),
    }
    ### END SOLUTION


# %% [markdown] hint="segment_check"
# Count four numbers per segment: wrong and right decisions of either system. Rates, weights and tests all come from them; a `groupby(["segment", "system"])["wrong"].agg(["sum", "count"])` has them all.

# %% [markdown] hint="segment_check"
# The p-value is `2 * stats.norm.sf(abs(z))`; `proportions_ztest` of statsmodels gives the same. Mind the segments where nobody is wrong. Adjust all p-values together afterwards.

# %% [markdown] hint="segment_check"
# Holm in a loop: go through the segments from the smallest p-value up, keep `highest = max(highest, (m - k) * p)` for `k = 0, 1, ...`, and give each segment `min(1, highest)`. `statsmodels.stats.multitest.multipletests(p, method="holm")` does it, too.

# %% test="segment_check" name="overall" points=2
"""Crude and adjusted difference: on the example, then on five segments in different mixes."""

checks.record(
    segment_check(*spread(MIX)),
    {"crude": 0.087 - 0.155, "adjusted": 0.6 * 0.02 + 0.4 * 0.04},
    "the two segments of the picture",
    mistakes={
        "each segment counts alike; weigh it by its share of all decisions": {"adjusted": 0.03},
        "the weights are the model's mix; take the share among all decisions of both": {"adjusted": 0.022},
        "the weights are people's mix; take the share among all decisions of both": {"adjusted": 0.034},
        "this is people minus model; the statement asks for model minus people": {"crude": 0.068},
        "this is the crude difference; compare within segments first": {"adjusted": -0.068},
    },
)
### BEGIN HIDDEN TESTS
draw = np.random.default_rng(17)
names = ["north", "south", "east", "west", "online"]
counts = pd.DataFrame({"segment": np.repeat(names, 2), "system": ["model", "human"] * 5, "cases": draw.integers(20, 200, 10)})
counts["wrong"] = draw.binomial(counts["cases"], draw.uniform(0.05, 0.4, 10))
n, bad = (counts.pivot(index="segment", columns="system", values=value) for value in ("cases", "wrong"))
gap = bad["model"] / n["model"] - bad["human"] / n["human"]
shuffled = pd.DataFrame(dict(zip("abc", spread(counts), strict=True))).sample(frac=1, random_state=4)
checks.record(
    segment_check(shuffled["a"].tolist(), shuffled["b"].tolist(), shuffled["c"].tolist()),
    {"crude": bad["model"].sum() / n["model"].sum() - bad["human"].sum() / n["human"].sum(), "adjusted": (gap * n.sum(axis=1)).sum() / n.to_numpy().sum()},
    "five segments, shuffled rows",
    mistakes={
        "each segment counts alike; weigh it by its share of all decisions": {"adjusted": gap.mean()},
        "the weights are the model's mix; take the share among all decisions of both": {"adjusted": (gap * n["model"]).sum() / n["model"].sum()},
        "the weights are people's mix; take the share among all decisions of both": {"adjusted": (gap * n["human"]).sum() / n["human"].sum()},
        "this is people minus model; the statement asks for model minus people": {"adjusted": -(gap * n.sum(axis=1)).sum() / n.to_numpy().sum()},
    },
)
### END HIDDEN TESTS

# %% test="segment_check" name="segments" points=2
"""Adjusted p-values, and who is worse or better off."""
six = pd.DataFrame(
    {
        "segment": np.repeat(["a", "b", "c", "d", "e", "f"], 2),
        "system": ["model", "human"] * 6,
        "cases": [100] * 12,
        "wrong": [27, 10, 33, 8, 8, 30, 10, 21, 9, 10, 12, 11],
    }
)


def adjusted(p):
    ranked = sorted(p, key=p.get)
    return dict(zip(ranked, np.minimum(1, np.maximum.accumulate([(len(p) - k) * p[s] for k, s in enumerate(ranked)])), strict=True))


pairs = dict(zip("abcdef", np.reshape(six["wrong"], (6, 2)).tolist(), strict=True))
corrected = adjusted({s: stats.chi2_contingency([[m, 100 - m], [h, 100 - h]])[1] for s, (m, h) in pairs.items()})
fisher = adjusted({s: stats.fisher_exact([[m, 100 - m], [h, 100 - h]])[1] for s, (m, h) in pairs.items()})
raw = {s: stats.chi2_contingency([[m, 100 - m], [h, 100 - h]], correction=False)[1] for s, (m, h) in pairs.items()}
unpooled = {s: 2 * stats.norm.sf(abs(m - h) / np.sqrt((m * (100 - m) + h * (100 - h)) / 100)) for s, (m, h) in pairs.items()}
holm, ranked = adjusted(raw), sorted(raw, key=raw.get)
answer = segment_check(*spread(six))
checks.record(
    answer,
    {"p_values": holm},
    "the p-values of six segments with 100 decisions of each system",
    mistakes={
        "these p-values are not adjusted": {"p_values": raw},
        "this p-value has a continuity correction; the statement's z is without continuity correction": {"p_values": corrected},
        "this is Fisher's exact test; the statement asks for the z-test": {"p_values": fisher},
        "these p-values are one-sided; double them before adjusting": {"p_values": adjusted({s: p / 2 for s, p in raw.items()})},
        "the standard error takes the two error rates apart; the statement's z has the rate of both together": {"p_values": adjusted(unpooled)},
        "this is Bonferroni; Holm multiplies the next p-values by m - 1, m - 2, ...": {"p_values": {s: min(1, 6 * p) for s, p in raw.items()}},
        "the running maximum is missing: an adjusted p-value is never below the one before it": {
            "p_values": {s: min(1, (6 - k) * raw[s]) for k, s in enumerate(ranked)}
        },
    },
)
checks.record(
    answer,
    {"worse": ["a", "b"], "better": ["c"]},
    "who is worse and who is better off",
    mistakes={
        "these lists go by p-values that are not adjusted": {"better": ["c", "d"]},
        "a significant segment where the model makes fewer errors is better off": {"worse": ["a", "b", "c"]},
        "the segments of a list are to be sorted by name": {"worse": ["b", "a"]},
        "worse and better are swapped; worse is where the model makes more errors": {"worse": ["c"]},
    },
)
### BEGIN HIDDEN TESTS
frame = applications.week(3_000, seed=190, unseen=0.08)
people = np.arange(3_000) % 2 == 0
error = np.where(people, frame["human"] != frame["good"], (frame["score"] >= 0.5) != frame["good"]).astype(int)
who = np.where(people, "human", "model")
raw = {}
for name in sorted(frame["kind"].unique()):
    cell = [[int(error[(frame["kind"] == name) & (who == w)].sum()), int((1 - error)[(frame["kind"] == name) & (who == w)].sum())] for w in ("model", "human")]
    raw[name] = stats.chi2_contingency(cell, correction=False)[1]
checks.record(
    segment_check(frame["kind"].tolist(), who.tolist(), error.tolist()),
    {"p_values": adjusted(raw), "worse": [applications.UNSEEN], "better": []},
    "3,000 applications with a kind that the model never saw",
    mistakes={"these p-values are not adjusted": {"p_values": raw}},
)
### END HIDDEN TESTS

# %% test="segment_check" name="false_alarms" points=1
"""25 segments without any difference: in 20 repeats, hardly ever is one reported."""
### BEGIN HIDDEN TESTS
draw = np.random.default_rng(55)
labels, who = np.repeat([f"s{k}" for k in range(25)], 80), np.tile(["model", "human"], 1_000)
alarms = 0
for _ in range(20):
    found = segment_check(labels, who, (draw.random(2_000) < 0.25).astype(int))
    alarms += bool(found["worse"] or found["better"])
checks.between(
    alarms / 20,
    0.0,
    0.2,
    "the share of repeats in which some segment is reported",
    mistakes={"25 segments are 25 chances: compare adjusted p-values with 0.05": (0.35, 1.0)},
)
### END HIDDEN TESTS

# %% test="segment_check" name="edges" points=1
"""One segment, equal rates, arrays as well as lists, and what is refused."""
### BEGIN HIDDEN TESTS
checks.record(
    segment_check(np.array(["x"] * 4), np.array(["model", "human"] * 2), np.array([1, 0, 0, 0])),
    {"crude": 0.5, "adjusted": 0.5, "p_values": {"x": 0.2482130790}, "worse": [], "better": []},
    "four decisions in one segment",
)
checks.record(
    segment_check(["x", "x"], ["model", "human"], [0, 0]),
    {"crude": 0.0, "adjusted": 0.0, "p_values": {"x": 1.0}},
    "no errors at all",
    mistakes={"0 / 0 is not a p-value; it is 1 where nobody is wrong": {"p_values": {"x": float("nan")}}},
)
checks.raises(ValueError, segment_check, [], [], [], what="no decisions")
checks.raises(ValueError, segment_check, ["x", "x"], ["model", "human"], [1], what="lengths that differ")
checks.raises(ValueError, segment_check, ["x", "x"], ["model", "robot"], [1, 0], what="a system of another name")
checks.raises(ValueError, segment_check, ["x", "x", "y"], ["model", "human", "model"], [1, 0, 0], what="a segment without human decisions")
checks.raises(ValueError, segment_check, ["x", "x"], ["model", "model"], [1, 0], what="no human decision at all")
### END HIDDEN TESTS

# %% [markdown] explain="segment_check"
# The crude difference mixes two things: how good each system is, and which cases it got. Equal weights for both remove the second. This is direct standardisation; with randomised routing the mixes agree, and crude and adjusted do too. That is the better cure: send a small random share of *all* cases to both.
#
# No correction by segments helps where cases differ *within* a segment: routing by confidence gives the model the easy ones of each kind. Then only the same cases, decided by both, make a fair comparison (`versus_human`).
#
# The square of this $z$ is the chi-square of the 2x2 table, without continuity correction. In segments with a handful of errors take Fisher's exact test instead.
#
# An absence of alarms is not an absence of harm. A segment with 40 decisions can hide a doubled error rate. Report each segment's size, difference and interval, and decide beforehand which segments must not get worse.

# %% [markdown]
# > **In the interview.** *"The new model is better overall. Can we ship it?"*
# > **In 30 seconds:** first I check that both were measured on the same mix of cases; otherwise I standardise, or overall means nothing. Then I look at segments that we named beforehand, with p-values adjusted by Holm and intervals, since twelve segments always show one scare. If one is truly worse, such as a kind that wasn't in training, I keep people there and ship the rest.
# > **They ask next:** Simpson's paradox in one example? Small segments, what then (pool, shrink, or collect)? Is a worse segment a fairness or a legal matter?
# > **Red flags:** overall numbers only; hunting through fifty segments for one at p < 0.05; "not significant" read as "no harm".

# %% [markdown]
# ## Lead with what changes for the listener
#
# You have the numbers. Now somebody who does not build models must act on them, and the most common mistake is to open with a metric: *"AUC is 0.87, precision 0.74."* The listener can't decide anything with that. It is not only a matter of style: the metric does not even fix the outcome.
#
# Here are two models for the same desk, 10,000 applications and 500 hours of review a week. Both have an AUC of 0.87. Each decides the cases it is sure of, as long as no more than 3 % of these decisions are wrong.

# %% collapsed=true
rng = np.random.default_rng(1)
n_cases = 20_000
is_good = rng.random(n_cases) < 0.5
smooth = rng.normal(size=n_cases) + 1.593 * (is_good - 0.5)  # every case a little uncertain
clear = rng.random(n_cases) < 0.49
split = np.where(clear, np.where(is_good, 4, -4) + 0.5 * rng.normal(size=n_cases), rng.normal(size=n_cases))  # half of them obvious, half a coin
fig, ax = plt.subplots(figsize=(7, 3), layout="constrained")
for color, name, score in [("C0", "model A", smooth), ("C1", "model B", split)]:
    order = np.argsort(-np.abs(score))
    share = np.arange(1, n_cases + 1) / n_cases
    error = ((score > 0) != is_good)[order].cumsum() / np.arange(1, n_cases + 1)
    ranks = stats.rankdata(score)
    auc = (ranks[is_good].sum() - is_good.sum() * (is_good.sum() + 1) / 2) / (is_good.sum() * (~is_good).sum())
    reached = share[np.flatnonzero(error <= 0.03).max()]
    ax.plot(100 * share[200:], 100 * error[200:], color=color)
    ax.plot(100 * reached, 3, "o", color=color)
    ax.text(
        *((3, 6.5) if color == "C0" else (54, 0.9)),
        f"{name} (AUC {auc:.2f}):\n{reached:.0%} decided, {500 * reached:.0f} hours a week",
        color=color,
        fontsize=9,
    )
ax.axhline(3, color="0.6", ls=":")
ax.text(99, 3.25, "what the desk accepts", color="0.4", fontsize=9, ha="right")
ax.set(xlabel="applications decided without review (%)", ylabel="wrong decisions (%)", ylim=(0, 12), xlim=(0, 100))
ax.set_title("The same AUC: one model saves three times the hours of the other")
plt.show()

# %% [markdown]
# (Hours here are the share times 500: the napkin of the first part, good enough to compare two models.) Whoever hears "0.87" hears neither 90 hours nor 260. So open with the outcome: what changes, for whom, by how much, per which period. Then say what it costs in errors, *against today*. Metrics come last, or in an appendix, explained.
#
# "Today" has two error rates: 12.6 % on all applications, and 10.7 % of people on the very applications that the model would decide. What follows compares like with like: the model's 8.6 % with those 10.7 % (`share_wrong_today`), and says "of these decisions".
#
# Rules make this checkable. `prose` reads a text: its sentences, its numbers with their units, the names of metrics. Here is what it finds in the opening that most candidates give. Try a text of your own in its place.

# %% locked="desk_facts"
desk = {
    "period": "week",
    "count_items": 10_000,  # applications
    "minutes_each": 3,
    "hours_today": 500,
    "share_automated": 0.80,
    "hours_saved": 351,  # measured; less than 80 % of 500, because the easy cases took less than 3 minutes
    "euros_saved": 12_285,
    "share_wrong_automated": 0.086,  # of the decisions that the model makes alone
    "share_wrong_today": 0.107,  # people, on the same cases; not the 12.6 % of the whole desk
    "metric_auc": 0.93,
    "metric_precision": 0.87,
}


def simulate_desk(seed: int, errors: str) -> dict:
    """Facts of another desk, with the keys of `desk`; errors: "fall" or "rise" against today."""
    rng = np.random.default_rng(seed)
    count, minutes, share = int(rng.integers(20, 90)) * 130, int(rng.integers(4, 15)), round(float(rng.uniform(0.55, 0.78)), 2)
    today = int(rng.integers(40, 90)) / 1_000
    hours = count * minutes / 60
    saved = int(hours * share * 0.87)
    return {
        "period": ["day", "month"][seed % 2],
        "count_items": count,
        "minutes_each": minutes,
        "hours_today": round(hours),
        "share_automated": share,
        "hours_saved": saved,
        "euros_saved": saved * 41,
        "share_wrong_automated": round(today * (0.6 if errors == "fall" else 1.5), 3),
        "share_wrong_today": today,
        "metric_auc": round(float(rng.uniform(0.83, 0.97)), 2),
        "metric_precision": round(float(rng.uniform(0.81, 0.94)), 2),
    }


# %%
usual = "Our model reaches an AUC of 0.93 and a precision of 0.87. It saves 80 hours. Only 9 % of its decisions are wrong, fewer than the 12 % of today."
for fault in prose.headline_faults(usual, desk):
    print(f"{fault.rule:20} {fault.why}\n{'':20} in: {fault.sentence[:90]}")

# %% [markdown] statement="headline" level="core"
# ### `headline`: the outcome, in sixty words
#
# Write `headline(facts)`. It gets a dict like `desk` in the cell above: always its keys, other numbers. It returns a text (a string). The wording is yours; these are the rules:
#
# | Rule | What is checked |
# |---|---|
# | outcome first | the **first sentence** holds `hours_saved` or `euros_saved`, with "hours", "euros" or € at the number |
# | period | the same sentence says per `facts["period"]` ("day", "week" or "month"): a week, per week, each week, weekly |
# | errors against today | **one sentence** holds both `share_wrong_automated` and `share_wrong_today`, as error rates (91.4 % right won't do) |
# | true direction | that sentence, or the next one, says which way: lower, below, fewer, falls, better ... or higher, above, more, rises, worse ... The word nearest to the two rates counts, first between colons or semicolons; "not" turns it round, and so does quality or accuracy ("more accurate" is fewer errors). **In some facts errors rise.** The two rates always differ |
# | true numbers | every number of the text is a fact of the same unit, or rounds one and is at most 5 % off; what is left of a share (20 % for 0.8) counts, any other computed number does not |
# | no metric | the first paragraph (up to an empty line) holds no AUC, precision, recall, F1, p-value or the like without an explanation of four words or more in brackets behind it |
# | length | at most 60 words in the first paragraph, 120 in all |
#
# Numbers: `8.6 %`, `8.6%`, "8.6 per cent" are the share 0.086, and 0.086 itself is fine; `10,000`, `10000` and `10 000` are the same; so are "400" and "four hundred", `€12k` and `12,000 euros`, `80 %` and "four in five". Words up to ten count only before a unit ("three minutes").
#
# Example, with rules kept: "Reviewers get about 350 hours a week back. Errors fall: 8.6 % of the automatic decisions are wrong, against 10.7 % today." Yours must be made from `facts`.


# %% solution="headline"
def headline(facts: dict) -> str:
    """The result in a few sentences for somebody who does not build models.

    facts: a dict with the keys of `desk`; shares between 0 and 1. Returns a text of at most 120 words, 60 in the first paragraph.
    """
    ### BEGIN SOLUTION
    new, old = facts["share_wrong_automated"], facts["share_wrong_today"]
    if new < old:
        errors = f"Decisions also get better: {new:.1%} of the automatic ones are wrong, below the {old:.1%} of today."
    else:
        errors = f"The price is quality: {new:.1%} of the automatic decisions are wrong, above the {old:.1%} of today."
    return (
        f"Reviewers get {facts['hours_saved']:,.0f} hours a {facts['period']} back, worth {facts['euros_saved']:,.0f} euros. {errors} "
        f"The model decides {facts['share_automated']:.0%} of the cases alone; people decide the rest."
    )
    ### END SOLUTION


# %% [markdown] hint="headline"
# An f-string with `facts["hours_saved"]` and `facts["period"]` in its first sentence. Write it as you would say it, then put the facts in.

# %% [markdown] hint="headline"
# Formats: `f"{0.086:.1%}"` gives 8.6%, `f"{12285:,.0f}"` gives 12,285. Use one digit after the point for error rates: 4.4 % is not "4 %".

# %% [markdown] hint="headline"
# You need two versions of the sentence about errors, and an `if` on which of the two rates is larger. Good news for hours must not turn a rising error rate into a falling one.

# %% test="headline" name="example" points=2
"""The text for the desk of the example, by the seven rules."""
prose.require(prose.headline_faults(headline(desk), desk), "the headline for the example")

# %% test="headline" name="fresh" points=2
"""Other desks, other periods: is every number made from the facts?"""
monthly = dict(desk, period="month", count_items=2_600, minutes_each=12, hours_today=520, share_automated=0.65, hours_saved=296, euros_saved=12_136)
monthly.update(share_wrong_automated=0.023, share_wrong_today=0.044, metric_auc=0.88, metric_precision=0.91)
prose.require(prose.headline_faults(headline(monthly), monthly), "a desk with 2,600 cases a month")
### BEGIN HIDDEN TESTS
for seed in range(10, 22):
    facts = simulate_desk(seed, "fall")
    prose.require(prose.headline_faults(headline(facts), facts), f"a desk with {facts['hours_saved']} hours saved a {facts['period']}")
### END HIDDEN TESTS

# %% test="headline" name="bad_news" points=2
"""Desks where the model makes more errors than people do."""
### BEGIN HIDDEN TESTS
worse = dict(desk, share_wrong_automated=0.131)
prose.require(prose.headline_faults(headline(worse), worse), "the example, with 13.1 % errors")
for seed in range(30, 38):
    facts = simulate_desk(seed, "rise")
    prose.require(prose.headline_faults(headline(facts), facts), f"errors rise from {facts['share_wrong_today']:.1%} to {facts['share_wrong_automated']:.1%}")
### END HIDDEN TESTS

# %% [markdown] explain="headline"
# The first sentence answers "so what?". The second answers the question that every listener has next: "and is it as good as we are?" That is why the two rates stand side by side: 8.6 % alone is neither good nor bad.
#
# A number with its unit and period can be checked; "80" can be 80 % of the cases or 80 hours. And a number that is in nobody's facts ("that's 18,000 hours a year!") is the first one somebody will ask about.
#
# The rules see numbers and words, not grace. A text that passes can still be dull. A text that fails is not ready to be sent.

# %% [markdown]
# > **In the interview.** *"How do you communicate a model result to a non-technical stakeholder?"*
# > **In 30 seconds:** I start with what changes for them: hours or money, per week, against today. Then what it costs in errors, beside the error rate of the present process. Then what the model does, in one sentence, and what can go wrong. Metrics come only if they ask, with an explanation.
# > **They ask next:** the same result for the CFO, for the head of compliance, for an engineer? How sure are you of the 351 hours? What if the errors go *up*?
# > **Red flags:** opening with AUC; a saving without a period; an error rate with nothing to compare it to; bad news left out.

# %% [markdown]
# ## Four parts, one minute
#
# When you have a minute in place of a sentence, say four things in this order. The order is the order of the questions in the listener's head. (In one sentence or a mail, the outcome comes first, as above.)
#
# | Part | Answers | For the desk |
# |---|---|---|
# | **Problem** | what do we do today, and what does it take? | the operations team reads 10,000 applications a week, 3 minutes each |
# | **Model** | what does it do, and what is left for people? | decides the 80 % it is surest about; 20 % stay with the team |
# | **Outcome** | what do we gain, and is it as good as today? | 351 hours a week; 8.6 % wrong, against 10.7 % by people on the same cases |
# | **Risk** | what can go wrong, how would we notice, who acts? | kinds of application it has never seen; a weekly sample that people re-check; the head of operations |
#
# The fourth part is the one that candidates leave out, and the one that makes a listener trust the first three. The picture shows why it is needed. A new kind of applicant arrives; the desk's own dashboard sees only the volume that it wants to see.

# %% collapsed=true
weeks = np.arange(1, 13)
arriving = np.where(weeks < 6, 0.0, np.minimum(0.05 * (weeks - 5), 0.25))
decided, wrong = [], []
for number, unseen in zip(weeks, arriving, strict=True):
    cases = applications.week(10_000, seed=int(number), unseen=float(unseen))
    sure = np.maximum(cases["score"], 1 - cases["score"]) >= 0.69
    decided.append(100 * sure.mean())
    wrong.append(100 * ((cases["score"] > 0.5) != cases["good"])[sure].mean())
fig, axes = plt.subplots(1, 2, figsize=(9, 3), layout="constrained")
axes[0].plot(weeks, decided, "o-", color="C0")
axes[0].set(ylim=(0, 100), xlabel="week", ylabel="decided without review (%)", title="The saving looks as good as ever")
axes[1].plot(weeks, wrong, "o-", color="C1")
axes[1].axhline(10.7, color="0.5", ls=":")
axes[1].text(1, 11.2, "people, before", color="0.4", fontsize=9)
axes[1].set(ylim=(0, 22), xlabel="week", ylabel="wrong automatic decisions (%)", title="Errors pass the old level within two weeks")
for ax in axes:
    ax.axvline(5.5, color="0.7", lw=1)
    ax.text(5.7, ax.get_ylim()[1] * 0.04, "a new kind arrives", color="0.4", fontsize=9)
plt.show()


# %% locked="desk_story"
story = desk | {
    "work": "customer applications",
    "team": "operations team",
    "risk": "kinds of application that the model has never seen",
    "watch": "a weekly sample that people check again",
    "owner": "the head of operations",
}


def simulate_story(seed: int, errors: str) -> dict:
    """Facts of another desk, with the keys of `story`; errors: "fall" or "rise" against today."""
    work, team, risk, watch, owner = [
        ("warranty claims", "claims department", "products that were launched this year", "the share of decisions that customers appeal", "Ana from claims"),
        ("support tickets", "first-line support", "tickets in a language that is new to the router", "the count of tickets moved by hand", "the shift lead"),
        ("supplier invoices", "accounts team", "invoices in a new layout", "a daily comparison with the ledger", "the chief accountant"),
    ][seed % 3]
    return simulate_desk(seed, errors) | {"work": work, "team": team, "risk": risk, "watch": watch, "owner": owner}


# %% [markdown] statement="four_parts" level="core"
# ### `four_parts`: problem, model, outcome, risk
#
# Write `four_parts(facts)`. `facts` has the keys of `desk` and five texts: `work`, `team`, `risk`, `watch`, `owner` (see `story` above). Return a dict with a text under each of `"problem"`, `"model"`, `"outcome"`, `"risk"`:
#
# | Part | Must hold |
# |---|---|
# | problem | `team` and `work`, `count_items` with the period (a week, per month ...), `minutes_each` with "minutes"; **not** the words model, algorithm, score, classifier, AI, machine learning |
# | model | `share_automated`, the share that is left, and `team`, who decides it |
# | outcome | `hours_saved` with "hours" and, in the same sentence, the period; one sentence with both error rates, which says (or the next one does) which way they go, as in `headline` |
# | risk | `risk`, `watch` and `owner`, and one of the words if, when, whenever, once, should |
#
# In all parts: at most 45 words, numbers as in `headline` (only true ones), no metric without an explanation. Texts from `facts` must be quoted word by word; capital letters don't count.
# Before you write, check: raise `ValueError` when `hours_saved` is more than the work takes today, `count_items` times `minutes_each` in hours. Equal is allowed. (`hours_today` may be rounded: don't use it for this.)
#
# Example of a part: with `story`, `"problem"` may be "Today the operations team reads 10,000 customer applications a week, 3 minutes each."


# %% solution="four_parts"
def four_parts(facts: dict) -> dict[str, str]:
    """A one-minute summary in four parts.

    facts: a dict with the keys of `story`. Returns {"problem", "model", "outcome", "risk"}, each a text of at most 45 words.
    Raises ValueError when more hours are saved than the work takes.
    """
    ### BEGIN SOLUTION
    if facts["hours_saved"] > facts["count_items"] * facts["minutes_each"] / 60:
        raise ValueError("more hours saved than the work takes")
    period, share = facts["period"], facts["share_automated"]
    new, old = facts["share_wrong_automated"], facts["share_wrong_today"]
    compared = "fewer" if new < old else "more"
    return {
        "problem": f"Today the {facts['team']} handles {facts['count_items']:,} {facts['work']} a {period}, {facts['minutes_each']} minutes each.",
        "model": f"The model decides the {share:.0%} it is surest about. The other {1 - share:.0%} stay with the {facts['team']}.",
        "outcome": f"That saves {facts['hours_saved']:,.0f} hours a {period}. Of the automatic decisions {new:.1%} are wrong, {compared} than the {old:.1%} of today.",
        "risk": f"It can go wrong when we meet {facts['risk']}. We would see it in {facts['watch']}; then {facts['owner']} switches it off.",
    }
    ### END SOLUTION


# %% [markdown] hint="four_parts"
# Write the four texts for `story` by hand first. Then replace each number and each quoted text by its fact.

# %% [markdown] hint="four_parts"
# What is left is `1 - facts["share_automated"]`; `f"{1 - share:.0%}"` gives 20%. The direction of the error rates needs an `if`, as in `headline`.

# %% [markdown] hint="four_parts"
# The check comes first: `facts["count_items"] * facts["minutes_each"] / 60` is what the work takes today, in hours of one period.

# %% test="four_parts" name="example" points=2
"""The four texts for `story`."""
prose.require(prose.four_parts_faults(four_parts(story), story), "the summary of the example")

# %% test="four_parts" name="fresh" points=3
"""Other desks and other work, with errors that fall and errors that rise."""
claims = simulate_story(3, "fall")
prose.require(prose.four_parts_faults(four_parts(claims), claims), "a summary of warranty claims")
### BEGIN HIDDEN TESTS
for seed in range(40, 49):
    for errors in ("rise", "fall"):
        facts = simulate_story(seed, errors)
        prose.require(prose.four_parts_faults(four_parts(facts), facts), f"a summary of {facts['work']} where errors {errors}")
### END HIDDEN TESTS

# %% test="four_parts" name="impossible" points=1
"""Facts that cannot be true are refused."""
checks.raises(ValueError, four_parts, story | {"hours_saved": 520}, what="520 hours saved of 500")
### BEGIN HIDDEN TESTS
tight = story | {"count_items": 1_001, "minutes_each": 3, "hours_today": 51, "hours_saved": 50.04, "euros_saved": 1_751}
checks.equal(sorted(four_parts(tight)), ["model", "outcome", "problem", "risk"], "the parts when 50.04 of 50.05 hours are saved")
checks.raises(ValueError, four_parts, tight | {"hours_saved": 50.06}, what="50.06 hours saved of 50.05 (51 when rounded up)")
exact = story | {"hours_saved": 500}
checks.equal(sorted(four_parts(exact)), ["model", "outcome", "problem", "risk"], "the parts when all 500 hours are saved")
### END HIDDEN TESTS

# %% [markdown] explain="four_parts"
# The problem comes without the model: a listener who does not agree that 500 hours a week are a problem will not care for the solution. "What is left" belongs to the model's part, because the people who keep the hard 20 % are in the room.
#
# The risk has a condition, a signal and a name. "There are risks" has none; "we monitor it" lacks the person who may switch it off.
#
# The check at the start is a habit: numbers pass through many hands before they reach your slide. Recompute the headline number from its parts, each time.

# %% [markdown]
# > **In the interview.** *"You have one minute with the head of operations. Go."*
# > **In 30 seconds:** today your team reads 10,000 applications a week at three minutes each. The model decides the 80 % it is surest about; your team keeps the other 20 %. That frees about 350 hours a week, and fewer of these decisions are wrong than today: 8.6 % against 10.7 %. If a kind of application arrives that it has never seen, it errs without knowing; a weekly sample shows it, and you can switch it off.
# > **They ask next:** why 350 and not 80 % of 500? (The easy cases are the quick ones.) Who pays for the weekly sample? What happens on the day it is switched off?
# > **Red flags:** no fourth part; a risk without a way to notice it; "the AI" does this and that, without a word about people.

# %% [markdown]
# ## From a metric to a week
#
# Listeners ask "how many?". Precision and recall become counts once you know how many cases come in a week and how many of them are good. In this notebook *positive* means **approve**, so a false positive is a bad application approved and a false negative a good one refused:
#
# $$\text{precision} = \frac{\text{good approved}}{\text{approved}} \qquad \text{recall} = \frac{\text{good approved}}{\text{good}}$$
#
# There is a trap. Precision was measured on *some* set of cases, often one with as many bad as good ones. In a real week the mix is another. What travels from one mix to another, as long as good cases look like good ones and bad like bad, are the two *rates*: recall, and the share of bad ones approved. Precision does not travel.

# %%
mix = np.linspace(0.02, 0.99, 200)
bad_rate = 0.80 * 0.05 / 0.95  # recall 80 %, precision 95 % where half of the cases are good
fig, ax = plt.subplots(figsize=(7, 3))
ax.plot(100 * mix, 100 * 0.80 * mix / (0.80 * mix + bad_rate * (1 - mix)), color="C0")
for share, label, at in [(0.5, "measured here: 95", (-38, -18)), (0.9, "a usual week: 99.4", (-95, -20)), (0.1, "a fraud wave: 68", (12, -6))]:
    value = 100 * 0.80 * share / (0.80 * share + bad_rate * (1 - share))
    ax.plot(100 * share, value, "o", color="C1")
    ax.annotate(label, (100 * share, value), xytext=at, textcoords="offset points", fontsize=9)
ax.set(
    xlabel="good ones among 100 applications",
    ylabel="good ones among 100 approved",
    title="The same model: its precision depends on who applies",
    ylim=(20, 104),
)
plt.show()


# %% [markdown] statement="translate_metric" level="core"
# ### `translate_metric`: counts and euros of a real week
#
# Write `translate_metric(measured, week)` for two dicts.
# `measured`: `precision`, `recall`, and `good_share`, the share of good cases **in the set where they were measured**. `week`: `applications`, `good_share` (of a real week), `euros_bad_approved` and `euros_good_refused` (loss for each), `euros_lost_today`.
# With $g$ the good share of the measured set, the share of bad cases approved follows from the definitions; recall and this rate hold in the real week, too:
#
# $$\text{bad rate} = \text{recall} \cdot \frac{1 - \text{precision}}{\text{precision}} \cdot \frac{g}{1 - g}$$
#
# Return a dict, nothing rounded: `approved`, `bad_approved`, `good_refused` (counts of the real week), `right_of_100` (good ones among 100 approved), `euros_lost`, `euros_saved` (against today; negative when more is lost).
# Raise `ValueError` when precision or recall is not above 0 and at most 1, when a good share is not strictly between 0 and 1, and when the bad rate is above 1: then the three numbers can't belong together.
#
# Example: precision 0.95, recall 0.80, good share 0.5; 10,000 applications, good share 0.9, 1,500 and 40 euros, 180,000 lost today: 7,242.1 approved, 42.1 of them bad, 1,800 good ones refused, 99.42 of 100 right, 135,157.89 euros lost, 44,842.11 saved (rounded here).


# %% solution="translate_metric"
def translate_metric(measured: dict[str, float], week: dict[str, float]) -> dict[str, float]:
    """Counts and money of a real week from precision and recall that were measured on another mix.

    measured: {"precision", "recall", "good_share"}; week: {"applications", "good_share", "euros_bad_approved", "euros_good_refused", "euros_lost_today"}.
    Returns {"approved", "bad_approved", "good_refused", "right_of_100", "euros_lost", "euros_saved"}. Raises ValueError for impossible numbers.
    """
    ### BEGIN SOLUTION
    precision, recall, mix = measured["precision"], measured["recall"], measured["good_share"]
    if not (0 < precision <= 1 and 0 < recall <= 1 and 0 < mix < 1 and 0 < week["good_share"] < 1):
        raise ValueError("shares out of range")
    bad_rate = recall * (1 - precision) / precision * mix / (1 - mix)
    if bad_rate > 1:
        raise ValueError("more bad cases approved than there were")
    good = week["applications"] * week["good_share"]
    bad_approved = bad_rate * (week["applications"] - good)
    approved = recall * good + bad_approved
    good_refused = good - recall * good
    lost = bad_approved * week["euros_bad_approved"] + good_refused * week["euros_good_refused"]
    return {
        "approved": approved,
        "bad_approved": bad_approved,
        "good_refused": good_refused,
        "right_of_100": 100 * recall * good / approved,
        "euros_lost": lost,
        "euros_saved": week["euros_lost_today"] - lost,
    }
    ### END SOLUTION


# %% [markdown] hint="translate_metric"
# Split the week first: how many of its applications are good, how many bad? Each group then has its own rate of approval.

# %% [markdown] hint="translate_metric"
# Good approved: recall times good. Bad approved: the bad rate times bad. Everything else is sums and differences of these. Precision appears only inside the bad rate.

# %% test="translate_metric" name="example" points=1
"""Each number of the example."""
measured = {"precision": 0.95, "recall": 0.80, "good_share": 0.5}
week = {"applications": 10_000, "good_share": 0.9, "euros_bad_approved": 1_500, "euros_good_refused": 40, "euros_lost_today": 180_000}
checks.record(
    translate_metric(measured, week),
    {
        "approved": 7_200 + 0.8 / 19 * 1_000,
        "bad_approved": 0.8 / 19 * 1_000,
        "good_refused": 1_800,
        "right_of_100": 720_000 / (7_200 + 800 / 19),
        "euros_lost": 800 / 19 * 1_500 + 72_000,
        "euros_saved": 108_000 - 800 / 19 * 1_500,
    },
    "the example",
    mistakes={
        "precision does not travel to another mix; carry over the share of bad ones approved": {"bad_approved": 7_200 / 19},
        "the mix of the real week counts, not that of the measured set": {"good_refused": 1_000},
        "the bad rate is a share of the bad applications, not of all": {"bad_approved": 0.8 / 19 * 10_000},
        "the two losses are swapped: approving a bad one and refusing a good one": {"euros_lost": 800 / 19 * 40 + 1_800 * 1_500},
        "saved is today's loss minus the new one": {"euros_saved": 800 / 19 * 1_500 - 108_000},
        "this is a share; say how many of 100": {"right_of_100": 7_200 / (7_200 + 800 / 19)},
    },
)

# %% test="translate_metric" name="fresh" points=2
"""Other models, other mixes; also a week in which the model loses money."""
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(17)
for _ in range(12):
    good, bad = int(rng.integers(200, 900)), int(rng.integers(200, 900))
    good_approved, bad_approved = int(good * rng.uniform(0.5, 0.95)), int(bad * rng.uniform(0.02, 0.3))
    n, share = int(rng.integers(1_000, 20_000)), float(rng.uniform(0.1, 0.97))
    costs = float(rng.integers(100, 2_000)), float(rng.integers(5, 90))
    week = {"applications": n, "good_share": share, "euros_bad_approved": costs[0], "euros_good_refused": costs[1], "euros_lost_today": 60.0 * n * (1 - share)}
    measured = {"precision": good_approved / (good_approved + bad_approved), "recall": good_approved / good, "good_share": good / (good + bad)}
    right, wrong, refused = good_approved / good * n * share, bad_approved / bad * n * (1 - share), (1 - good_approved / good) * n * share
    lost = wrong * costs[0] + refused * costs[1]
    checks.record(
        translate_metric(measured, week),
        {
            "approved": right + wrong,
            "bad_approved": wrong,
            "good_refused": refused,
            "right_of_100": 100 * right / (right + wrong),
            "euros_lost": lost,
            "euros_saved": 60.0 * n * (1 - share) - lost,
        },
        f"{good} good and {bad} bad cases measured, {n} applications a week",
        mistakes={
            "precision does not travel to another mix; carry over the share of bad ones approved": {"bad_approved": right * bad_approved / good_approved}
        },
    )
### END HIDDEN TESTS

# %% test="translate_metric" name="limits" points=2
"""The ends of what is possible, and what is refused."""
measured = {"precision": 0.95, "recall": 0.80, "good_share": 0.5}
week = {"applications": 1_000, "good_share": 0.8, "euros_bad_approved": 500, "euros_good_refused": 20, "euros_lost_today": 9_000}
checks.raises(
    ValueError,
    translate_metric,
    measured | {"precision": 0.4},
    week,
    what="precision 0.4 and recall 0.8 on an even mix: 1.2 bad ones approved for each bad one",
)
### BEGIN HIDDEN TESTS
checks.record(
    translate_metric({"precision": 1, "recall": 1, "good_share": 0.3}, week),
    {"approved": 800, "bad_approved": 0, "good_refused": 0, "right_of_100": 100, "euros_lost": 0, "euros_saved": 9_000},
    "a model without errors",
)
checks.record(
    translate_metric({"precision": 0.5, "recall": 1, "good_share": 0.5}, week),
    {"approved": 1_000, "bad_approved": 200, "right_of_100": 80, "euros_lost": 100_000, "euros_saved": -91_000},
    "a model that approves everybody",
)
for key, value in (("precision", 0), ("precision", 1.01), ("recall", 0), ("recall", 1.2), ("good_share", 0), ("good_share", 1)):
    checks.raises(ValueError, translate_metric, measured | {key: value}, week, what=f"measured {key} = {value}")
for value in (0, 1):
    checks.raises(ValueError, translate_metric, measured, week | {"good_share": value}, what=f"a week with good share {value}")
### END HIDDEN TESTS

# %% [markdown] explain="translate_metric"
# Divide both counts of the measured set by the number of bad cases in it and precision turns into the bad rate: $\frac{\text{bad approved}}{\text{bad}} = \frac{\text{good approved}}{\text{good}} \cdot \frac{\text{bad approved}}{\text{good approved}} \cdot \frac{\text{good}}{\text{bad}}$.
#
# In the example a manager who is told "95 % precision" expects 379 bad approvals a week. There will be 42. In a fraud wave the same promise is far too rosy: of 100 approved, 32 would be bad.
#
# The impossible case is worth its `ValueError`: three numbers that can't belong together usually come from three different data sets. The assumption is worth saying aloud: it holds when only the *mix* moves. When bad applicants change their ways, the rates move as well.

# %% [markdown]
# > **In the interview.** *"Precision is 95 %. What does that mean for my team?"*
# > **In 30 seconds:** of 100 applications that it approves, 95 are good, on the test set. Your week has another mix, so I convert: 7,200 approved, about 40 of them bad, 1,800 good ones refused, 135,000 euros lost a week in place of 180,000.
# > **They ask next:** why does precision change when the model does not? What if the fraud share doubles? Which of the two losses is easier to reduce, and what does it do to the other?
# > **Red flags:** reading precision off a balanced test set into production; percentages of different wholes in one sentence; money without a period.

# %% [markdown]
# ## "85 % is not good enough, we want 99 %"
#
# Don't defend the model, and don't promise. Ask, in this order, and bring a number to each question.
#
# **1. What do you mean by 99 %?** Trust in its approvals (precision), or no good customer refused (recall)? These pull in opposite directions. In the simulated weeks of this notebook, demand 99 good ones among 100 approved, and you refuse more than half of the good customers.

# %%
cases = applications.week(40_000, seed=5)
cuts = np.linspace(0.2, 0.98, 60)
approve = cases["score"].to_numpy()[:, None] >= cuts
good = cases["good"].to_numpy()[:, None] == 1
precision, recall = (approve & good).sum(0) / approve.sum(0), (approve & good).sum(0) / good.sum()
fig, ax = plt.subplots(figsize=(7, 3))
ax.plot(cuts, 100 * precision, color="C0")
ax.plot(cuts, 100 * recall, color="C1")
ax.text(0.22, 74, "of 100 approved,\ngood (precision)", color="C0", fontsize=9, va="top")
ax.text(0.47, 91, "of 100 good ones,\napproved (recall)", color="C1", fontsize=9, va="bottom")
strict = int(np.argmax(precision >= 0.99))
ax.axvline(cuts[strict], color="0.6", ls=":")
ax.plot(cuts[strict], 100 * recall[strict], "o", color="C1")
ax.annotate(
    f"{100 * precision[strict]:.0f} of 100 right,\n{100 * recall[strict]:.0f} of 100 good ones left",
    (cuts[strict], 100 * recall[strict]),
    xytext=(-45, -8),
    textcoords="offset points",
    ha="right",
    fontsize=9,
)
ax.set(xlabel="approve from this score", ylabel="of 100", ylim=(35, 104), title="99 % precision costs more than half of the good ones")
plt.show()

# %% [markdown]
# **2. Compared with whom?** The yardstick is not 100 %, it is the people who decide today, *on the same cases*. At 82 %, a model with 85 % is an improvement already. At 97 %, twelve points are missing, and the talk is about where they come from. And the dashed line is a wall for everybody: if the audit finds 2 % wrong labels, nobody can *measure* 99 %.

# %% collapsed=true
fig, ax = plt.subplots(figsize=(8, 2.6), layout="constrained")
ax.axhline(0, color="0.7", lw=1)
for value, label, color in [
    (82, "people, case 1\n82 %", "0.4"),
    (85, "the model\n85 %", "C0"),
    (97, "people, case 2\n97 %", "0.4"),
    (99, "the wish\n99 %", "C1"),
]:
    ax.plot(value, 0, "o", ms=10, color=color)
    ax.text(value, 0.16, label, ha="center", va="bottom", fontsize=9, color=color)
ax.axvline(98, ymin=0.05, ymax=0.58, color="0.2", ls="--")
ax.text(97.9, -0.62, "2 % of the labels are wrong: the most that can be measured", ha="right", fontsize=9)
for start, stop, label in [(82, 85, "+3: better already"), (85, 97, "12 points to explain")]:
    ax.annotate("", (stop, -0.16), (start, -0.16), arrowprops={"arrowstyle": "<->", "color": "0.5"})
    ax.text((start + stop) / 2, -0.22, label, ha="center", va="top", fontsize=9)
ax.set(
    xlim=(81, 100),
    ylim=(-0.75, 0.65),
    yticks=[],
    xticks=range(82, 101, 3),
    xlabel="decisions that are right (%)",
    title="85 % is better or worse: it depends on the people it joins",
)
ax.spines[["left", "right", "top"]].set_visible(False)
plt.show()

# %% [markdown]
# **3. Where do the twelve points come from?** Not from "more data" as a reflex. Read the cases that people got right and the model wrong, and sort them. Each heap has another cure:
#
# | What you see in the case | Source | Cure |
# |---|---|---|
# | experts don't agree on it themselves | **limit** of the signal | none: agree on the definition, or live with it |
# | people used something that the model does not get (a letter, a phone call) | **features** | bring it into the data |
# | hardly any case like it in training | **data** | collect and label such cases |
# | none of these: it had all it needed | **model** | another architecture, other training |
#
# Here is such an audit of 4,000 (simulated) cases. The heaps add up to *more* than the gap, because there are cases that the model gets right and people don't. These belong on the slide as well.


# %% locked="gap_audit"
def simulate_audit(n: int, seed: int, data: float = 0.07, features: float = 0.12) -> pd.DataFrame:
    """`n` audited cases of a desk where people are right in about 97 %; data, features: shares of rare cases and of cases where people saw more.

    Columns: `people_right`, `model_right`, `disputed`, `people_saw_more` (bool) and `similar` (number of similar cases in training).
    """
    rng = np.random.default_rng(seed)
    disputed, saw_more, rare = (rng.random(n) < share for share in (0.05, features, data))
    similar = np.where(rare, rng.integers(0, 30, n), rng.integers(30, 400, n))
    wrong = np.select([disputed, saw_more, rare], [0.45, 0.55, 0.50], 0.05)
    people_wrong = np.where(disputed, 0.3, 0.015)
    return pd.DataFrame(
        {
            "people_right": rng.random(n) >= people_wrong,
            "model_right": rng.random(n) >= wrong,
            "disputed": disputed,
            "people_saw_more": saw_more,
            "similar": similar,
        }
    )


# %% collapsed=true
audit = simulate_audit(4_000, seed=2)
lost = audit[audit["people_right"] & ~audit["model_right"]]
heap = np.select([lost["disputed"], lost["people_saw_more"], lost["similar"] < 30], ["limit", "features", "data"], "model")
points = {name: 100 * np.mean(heap == name) * len(lost) / len(audit) for name in ("limit", "features", "data", "model")}
won = 100 * (audit["model_right"] & ~audit["people_right"]).mean()
people_level, model_level = 100 * audit["people_right"].mean(), 100 * audit["model_right"].mean()
names = ["features: people saw more", "data: hardly any case like it", "model: had all it needed", "limit: experts differ", "won: people wrong, model right"]
sizes = [points["features"], points["data"], points["model"], points["limit"], -won]
fig, ax = plt.subplots(figsize=(8, 2.8), layout="constrained")
ax.barh(names, sizes, color=["C1", "C1", "C1", "0.75", "C0"])
for place, size in enumerate(sizes):
    ax.text(max(size, 0) + 0.1, place, f"{size:+.1f}", va="center", fontsize=9)
ax.axvline(0, color="0.3", lw=1)
ax.invert_yaxis()
ax.set(xlabel="percentage points of all cases", xlim=(min(-won - 0.4, -2), max(sizes) + 1))
ax.set_title(f"People {people_level:.0f} %, model {model_level:.0f} %: missing features are the largest source")
plt.show()

# %% [markdown] statement="gap_sources" level="stretch"
# ### `gap_sources`: sort the gap
#
# Write `gap_sources(cases)` for a frame with one audited case per row: `people_right`, `model_right`, `disputed`, `people_saw_more` (booleans) and `similar` (number of similar cases in training).
# Each case that people got right **and** the model wrong goes to the first source that fits: `"limit"` when disputed, `"features"` when people saw more, `"data"` when `similar` is below 30, else `"model"`.
#
# Return a dict: `"limit"`, `"features"`, `"data"`, `"model"`: the size of each in percentage points of **all** cases; `"won"`: points of the cases that the model got right and people wrong; `"gap"`: accuracy of people minus accuracy of the model, in points (it may be negative);
# `"reachable"`: the model's accuracy in percent after curing features, data and model, all else as it is; `"first"`: the largest of `"features"`, `"data"`, `"model"` (a tie goes to the earlier in this order), `None` when all three are 0. Don't round. Raise `ValueError` for a frame without rows.
#
# Example of eight cases, as (people right, model right, disputed, saw more, similar): (T,T,F,F,90), (T,F,T,T,90), (T,F,F,T,5), (T,F,F,T,90), (T,F,F,F,29), (T,F,F,F,30), (F,T,F,F,90), (F,F,T,F,90): limit 12.5, features 25, data 12.5, model 12.5, won 12.5, gap 50, reachable 75, first `"features"`.


# %% solution="gap_sources"
def gap_sources(cases: pd.DataFrame) -> dict[str, float | str | None]:
    """Where the model's distance to people comes from, in percentage points of all cases.

    cases: columns people_right, model_right, disputed, people_saw_more (bool), similar (count). Raises ValueError without rows.
    Returns {"limit", "features", "data", "model", "won", "gap", "reachable", "first"}.
    """
    ### BEGIN SOLUTION
    if len(cases) == 0:
        raise ValueError("no cases")
    people, model = cases["people_right"].to_numpy(bool), cases["model_right"].to_numpy(bool)
    rules = [cases["disputed"].to_numpy(bool), cases["people_saw_more"].to_numpy(bool), cases["similar"].to_numpy() < 30]
    source = np.select(rules, ["limit", "features", "data"], "model")
    points = {name: 100 * float(np.mean((source == name) & people & ~model)) for name in ("limit", "features", "data", "model")}
    curable = {name: points[name] for name in ("features", "data", "model")}
    first = max(curable, key=curable.get)
    return points | {
        "won": 100 * float(np.mean(model & ~people)),
        "gap": 100 * float(people.mean() - model.mean()),
        "reachable": 100 * float(model.mean()) + sum(curable.values()),
        "first": first if curable[first] > 0 else None,
    }
    ### END SOLUTION


# %% [markdown] hint="gap_sources"
# Two masks first: people right and model wrong; model right and people wrong. Every number is the mean of a mask times 100.

# %% [markdown] hint="gap_sources"
# `np.select([disputed, saw_more, similar < 30], ["limit", "features", "data"], "model")` takes the first condition that holds. Divide by the number of *all* cases.

# %% [markdown] hint="gap_sources"
# `max(curable, key=curable.get)` gives the first of equal ones, in the order of the dict. `reachable` is the model's accuracy plus the three curable heaps.

# %% test="gap_sources" name="example" points=2
"""The eight cases of the example."""
columns = ["people_right", "model_right", "disputed", "people_saw_more", "similar"]
rows = [(1, 1, 0, 0, 90), (1, 0, 1, 1, 90), (1, 0, 0, 1, 5), (1, 0, 0, 1, 90), (1, 0, 0, 0, 29), (1, 0, 0, 0, 30), (0, 1, 0, 0, 90), (0, 0, 1, 0, 90)]
eight = pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(columns[:4], bool))
result = gap_sources(eight)
checks.record(
    result,
    {"limit": 12.5, "features": 25, "data": 12.5, "model": 12.5},
    "the sources of the example",
    mistakes={
        "a case that people got wrong, too, is not part of the gap": {"limit": 25},
        "a disputed case goes to the limit before anything else": {"limit": 0},
        "a case goes to one source only, the first that fits": {"features": 37.5, "data": 25},
        "29 similar cases are too few, 30 are enough": {"data": 25, "model": 0},
        "divide by all cases, not by those that the model lost": {"limit": 20, "features": 40},
        "give percentage points, not shares": {"limit": 0.125, "features": 0.25},
    },
)
checks.record(
    result,
    {"won": 12.5, "gap": 50, "reachable": 75, "first": "features"},
    "the sums of the example",
    mistakes={
        "the gap is people minus model": {"gap": -50},
        "the gap is a difference of accuracies; what the model won counts against it": {"gap": 62.5},
        "what experts dispute cannot be cured; leave it out of reachable": {"reachable": 87.5},
        "reachable starts from the model's accuracy, not from the people's": {"reachable": 25},
    },
)

# %% test="gap_sources" name="fresh" points=2
"""Simulated audits with planted sources; ties and heaps that are empty."""
### BEGIN HIDDEN TESTS
for seed, settings in ((21, {}), (22, {"data": 0.25, "features": 0.03}), (23, {"data": 0.01, "features": 0.01})):
    table = simulate_audit(800, seed, **settings).sample(frac=1, random_state=seed)
    counts = dict.fromkeys(["limit", "features", "data", "model"], 0)
    for row in table.itertuples():
        if row.people_right and not row.model_right:
            counts["limit" if row.disputed else "features" if row.people_saw_more else "data" if row.similar < 30 else "model"] += 1
    won = int((table["model_right"] & ~table["people_right"]).sum())
    right = int(table["model_right"].sum())
    three = [counts["features"], counts["data"], counts["model"]]
    checks.record(
        gap_sources(table),
        {name: count / 8 for name, count in counts.items()}
        | {
            "won": won / 8,
            "gap": (sum(counts.values()) - won) / 8,
            "reachable": (right + sum(three)) / 8,
            "first": ["features", "data", "model"][int(np.argmax(three))],
        },
        f"800 audited cases, seed {seed}",
        mistakes={"what experts dispute cannot be cured first": {"first": "limit"}},
    )
names = ["people_right", "model_right", "disputed", "people_saw_more"]
table = pd.DataFrame([(1, 0, 0, 0, 99), (1, 0, 0, 0, 4), (1, 1, 0, 0, 4), (0, 1, 0, 0, 4)], columns=[*names, "similar"]).astype(dict.fromkeys(names, bool))
checks.record(
    gap_sources(table),
    {"data": 25, "model": 25, "gap": 25, "first": "data"},
    "a tie of data and model",
    mistakes={"a tie goes to the earlier": {"first": "model"}},
)
### END HIDDEN TESTS

# %% test="gap_sources" name="edges" points=1
"""A model that is ahead of people, a gap that cannot be cured, and no cases at all."""
### BEGIN HIDDEN TESTS
names = ["people_right", "model_right", "disputed", "people_saw_more"]
table = pd.DataFrame([(0, 1, 0, 0, 99), (1, 1, 0, 0, 4), (0, 1, 0, 0, 4), (1, 0, 1, 1, 4)], columns=[*names, "similar"]).astype(dict.fromkeys(names, bool))
checks.record(
    gap_sources(table),
    {"limit": 25, "features": 0, "data": 0, "model": 0, "won": 50, "gap": -25, "reachable": 75, "first": None},
    "a model ahead of people, whose only loss is a disputed case",
    mistakes={"when nothing can be cured, first is None": {"first": "features"}},
)
small = pd.DataFrame({"people_right": True, "model_right": np.arange(400) > 0, "disputed": False, "people_saw_more": False, "similar": 7})
checks.record(gap_sources(small), {"data": 0.25, "gap": 0.25, "reachable": 100, "first": "data"}, "one case of 400")
checks.raises(ValueError, gap_sources, table.iloc[:0], what="a frame without rows")
### END HIDDEN TESTS

# %% [markdown] explain="gap_sources"
# People's right answers are either shared with the model or lost by it, and the same the other way round. So gap = lost - won, exactly, and the heaps of lost cases add up to gap + won.
#
# The order of the rules is a decision: a disputed case *might* also be rare. It goes to the limit first, because no cure can be shown to work where the answer itself is in doubt. Say the order when you show the chart.
#
# `reachable` is an upper bound: it supposes that each cure works on every case. If even that is below 99 %, the talk about 99 % is over, and with evidence.

# %% [markdown]
# **4. What does each error cost?** Accuracy counts all errors alike. The business does not. Take 10,000 applications of which 100 are bad; approving a bad one costs 2,000 euros, holding up a good one costs 20. A model that approves *everybody* is right in 99 %.

# %% collapsed=true
offers = {"approves everybody:\n99 % right": (100, 0), "catches 90 of 100 bad ones:\n85 % right": (10, 1_490)}
fig, ax = plt.subplots(figsize=(7, 2.4), layout="constrained")
for place, (bad_approved, good_refused) in enumerate(offers.values()):
    bad_cost, good_cost = 2 * bad_approved, 0.02 * good_refused
    ax.barh(place, bad_cost, color="C1")
    ax.barh(place, good_cost, left=bad_cost, color="0.7")
    ax.text(bad_cost + good_cost + 3, place, f"{bad_cost + good_cost:.0f}", va="center")
ax.set_yticks([0, 1], list(offers))
ax.text(100, 0, "100 bad ones approved", ha="center", va="center", fontsize=9)
ax.text(10, 1, "10 bad", ha="center", va="center", fontsize=8)
ax.text(66, 1, "(30 of it: 1,490 good ones held up)", color="0.35", va="center", fontsize=9)
ax.set(xlabel="loss in a week (thousand euros)", xlim=(0, 225), title="The model with 85 % costs a quarter of the one with 99 %")
plt.show()

# %% [markdown] statement="pushback" level="core"
# ### `pushback`: the next move, with its numbers
#
# Write `pushback(situation)`. A dict of counts has the keys `good_approved`, `bad_approved`, `good_refused`, `bad_refused`; its *measure* is accuracy, precision or recall (positive = approve). `situation` has `target` (0.99), `meaning` (`"unclear"`, `"accuracy"`, `"precision"` or `"recall"`), `model` (counts), `people` (counts on the same cases, or `None`),
# `labels_wrong` (share of wrong labels found by an audit), `euros_bad_approved`, `euros_good_refused`, and `offer` (counts on the same cases of another model that reaches the target, or `None`). Return `{"move": ..., "evidence": {...}}`, the **first** row that applies; *value* is the model's measure named by `meaning`, and people are judged by the same measure:
#
# | | When | `move` | `evidence` |
# |---|---|---|---|
# | 1 | the meaning is unclear | `"clarify"` | `precision` and `recall` of the model |
# | 2 | value is at least the target | `"agree"` | `value` |
# | 3 | `people` is `None` | `"measure people"` | `value` |
# | 4 | value is at least that of people | `"already better"` | `value`, `people` |
# | 5 | the meaning is accuracy (the cap holds for it only), and the target is above 1 - `labels_wrong` | `"show the ceiling"` | `value`, `ceiling` |
# | 6 | there is an offer, and its errors cost more than the model's | `"show the costs"` | `cost`, `cost_offer` (euros, all cases) |
# | 7 | otherwise | `"close the gap"` | `gap_points` (people minus value, in percentage points) |
#
# Raise `ValueError` for another meaning and, whatever the meaning, when the model approved nobody or no case was good. Don't round; in the checks no comparison hangs on a rounding error of floats (1 - 0.07 is a little below 0.93).
# Example: target 0.99, accuracy; model 510, 70, 80, 340; people 580, 20, 10, 390; 0.4 % labels wrong, no offer: `{"move": "close the gap", "evidence": {"gap_points": 12}}`. (Counts in the order of the keys above.)


# %% solution="pushback"
def pushback(situation: dict) -> dict:
    """The next move in the talk about "99 %", and the numbers that go with it.

    situation: {"target", "meaning", "model", "people", "labels_wrong", "euros_bad_approved", "euros_good_refused", "offer"}; counts are dicts.
    Returns {"move": str, "evidence": {name: number}}. Raises ValueError for an unknown meaning and for undefined precision or recall.
    """
    ### BEGIN SOLUTION
    model, people, offer = situation["model"], situation["people"], situation["offer"]
    meaning, target = situation["meaning"], situation["target"]
    if meaning not in ("unclear", "accuracy", "precision", "recall"):
        raise ValueError(f"unknown meaning {meaning!r}")
    if model["good_approved"] + model["bad_approved"] == 0 or model["good_approved"] + model["good_refused"] == 0:
        raise ValueError("nobody approved, or no good case")

    def measure(counts: dict, name: str) -> float:
        right = counts["good_approved"]
        if name == "accuracy":
            return (right + counts["bad_refused"]) / sum(counts[key] for key in ("good_approved", "bad_approved", "good_refused", "bad_refused"))
        return right / (right + counts["bad_approved" if name == "precision" else "good_refused"])

    def cost(counts: dict) -> float:
        return counts["bad_approved"] * situation["euros_bad_approved"] + counts["good_refused"] * situation["euros_good_refused"]

    if meaning == "unclear":
        return {"move": "clarify", "evidence": {"precision": measure(model, "precision"), "recall": measure(model, "recall")}}
    value = measure(model, meaning)
    if value >= target:
        return {"move": "agree", "evidence": {"value": value}}
    if people is None:
        return {"move": "measure people", "evidence": {"value": value}}
    theirs = measure(people, meaning)
    if value >= theirs:
        return {"move": "already better", "evidence": {"value": value, "people": theirs}}
    if meaning == "accuracy" and target > 1 - situation["labels_wrong"]:
        return {"move": "show the ceiling", "evidence": {"value": value, "ceiling": 1 - situation["labels_wrong"]}}
    if offer is not None and cost(offer) > cost(model):
        return {"move": "show the costs", "evidence": {"cost": cost(model), "cost_offer": cost(offer)}}
    return {"move": "close the gap", "evidence": {"gap_points": 100 * (theirs - value)}}
    ### END SOLUTION


# %% [markdown] hint="pushback"
# Write a small function that gives the measure of a dict of counts by its name. Then the table becomes seven `if`s, from top to bottom, each with a `return`.

# %% [markdown] hint="pushback"
# Precision divides by everything approved (good and bad), recall by everything good (approved and refused). A false positive is a bad one approved.

# %% [markdown] hint="pushback"
# The cost of a dict of counts is `bad_approved * euros_bad_approved + good_refused * euros_good_refused`. Look at `people` only after row 3, it may be `None`.

# %% test="pushback" name="example" points=2
"""The example, then the other two situations that every interviewer plays: an unclear wish, and people at 82 %."""
keys = ("good_approved", "bad_approved", "good_refused", "bad_refused")
model, people = (dict(zip(keys, counts, strict=True)) for counts in ((510, 70, 80, 340), (580, 20, 10, 390)))
base = {"target": 0.99, "meaning": "accuracy", "model": model, "people": people, "labels_wrong": 0.004, "offer": None}
base |= {"euros_bad_approved": 900, "euros_good_refused": 40}
moves = ["clarify", "agree", "measure people", "already better", "show the ceiling", "show the costs", "close the gap"]
answer = pushback(base)
checks.choice(answer["move"], "close the gap", "the example", among=moves, mistakes={"0.4 % wrong labels leave room for 99 %": "show the ceiling"})
checks.record(
    answer["evidence"],
    {"gap_points": 12},
    "the evidence of the example",
    mistakes={
        "the gap goes to the people, not to the target": {"gap_points": 14},
        "give percentage points, not a share": {"gap_points": 0.12},
        "people minus model, not model minus people": {"gap_points": -12},
    },
)
answer = pushback(base | {"meaning": "unclear"})
checks.choice(answer["move"], "clarify", "a wish for 99 % of something", among=moves, mistakes={"ask first what 99 % means": "close the gap"})
checks.record(
    answer["evidence"],
    {"precision": 510 / 580, "recall": 510 / 590},
    "the evidence for a clarifying question",
    mistakes={
        "precision and recall are swapped; positive means approve": {"precision": 510 / 590, "recall": 510 / 580},
        "positive means approve: precision is the share of good ones among the approved": {"precision": 340 / 420},
    },
)
slips = dict(zip(keys, (500, 90, 90, 320), strict=True))
answer = pushback(base | {"people": slips})
checks.choice(
    answer["move"], "already better", "people at 82 %", among=moves, mistakes={"at 82 % of the people, 85 % is an improvement already": "close the gap"}
)
checks.record(answer["evidence"], {"value": 0.85, "people": 0.82}, "the evidence against people at 82 %")

# %% test="pushback" name="moves" points=2
"""Each of the other moves, and what just applies."""
### BEGIN HIDDEN TESTS
keys = ("good_approved", "bad_approved", "good_refused", "bad_refused")
four = ((510, 70, 80, 340), (580, 20, 10, 390), (586, 6, 4, 404), (590, 8, 0, 402))
model, people, cheap, dear = (dict(zip(keys, counts, strict=True)) for counts in four)
same = dict(zip(keys, (590, 10, 0, 400), strict=True))
base = {"target": 0.99, "meaning": "accuracy", "model": model, "people": people, "labels_wrong": 0.004, "offer": None}
base |= {"euros_bad_approved": 900, "euros_good_refused": 40}
moves = ["clarify", "agree", "measure people", "already better", "show the ceiling", "show the costs", "close the gap"]
careful = dict(zip(keys, (300, 2, 290, 408), strict=True))  # strict with approvals: 708 of 1,000 right
cases = [
    ({"target": 0.8}, "agree", {"value": 0.85}, {}),
    ({"target": 0.85}, "agree", {"value": 0.85}, {"a value equal to the target reaches it": "close the gap"}),
    ({"people": None}, "measure people", {"value": 0.85}, {}),
    ({"people": model}, "already better", {"value": 0.85, "people": 0.85}, {"as good as people is enough for already better": "close the gap"}),
    ({"labels_wrong": 0.03}, "show the ceiling", {"value": 0.85, "ceiling": 0.97}, {"3 % wrong labels put 99 % out of reach": "close the gap"}),
    (
        {"target": 0.75, "labels_wrong": 0.25, "model": careful},
        "close the gap",
        {"gap_points": 26.2},
        {"a target equal to the ceiling is not above it": "show the ceiling"},
    ),
    (
        {"offer": dear, "model": careful, "euros_good_refused": 10},
        "show the costs",
        {"cost": 2 * 900 + 290 * 10, "cost_offer": 8 * 900},
        {"compare what the errors cost: here 8 bad ones approved cost more than 2 of them and 290 good ones refused": "close the gap"},
    ),
    ({"offer": cheap}, "close the gap", {"gap_points": 12}, {"this offer costs less than the model: no argument against it": "show the costs"}),
    (
        {"offer": same, "model": careful, "euros_bad_approved": 290, "euros_good_refused": 8},
        "close the gap",
        {"gap_points": 26.2},
        {"an offer that costs the same does not cost more": "show the costs"},
    ),
]
for change, move, evidence, mistakes in cases:
    answer = pushback(base | change)
    what = f"a situation with {' and '.join(change)} changed"
    checks.choice(answer["move"], move, what, among=moves, mistakes=mistakes)
    checks.record(answer["evidence"], evidence, f"the evidence in {what}")
### END HIDDEN TESTS

# %% test="pushback" name="order" points=2
"""Situations in which several rows apply, and meanings other than accuracy."""
### BEGIN HIDDEN TESTS
keys = ("good_approved", "bad_approved", "good_refused", "bad_refused")
model, people, offer = (dict(zip(keys, c, strict=True)) for c in ((510, 70, 80, 340), (580, 20, 10, 390), (590, 8, 0, 402)))
careful = dict(zip(keys, (300, 2, 290, 408), strict=True))
base = {"target": 0.99, "meaning": "accuracy", "model": model, "people": people, "labels_wrong": 0.03, "offer": offer}
base |= {"euros_bad_approved": 900, "euros_good_refused": 40}
moves = ["clarify", "agree", "measure people", "already better", "show the ceiling", "show the costs", "close the gap"]
first = "the first row that applies decides"
cases = [
    (
        "an unclear wish, people not measured",
        {"meaning": "unclear", "people": None, "target": 0.5},
        "clarify",
        {"precision": 510 / 580, "recall": 510 / 590},
        {first: "agree"},
    ),
    ("target reached, people not measured", {"people": None, "target": 0.8}, "agree", {"value": 0.85}, {first: "measure people"}),
    ("people not measured, ceiling too low", {"people": None}, "measure people", {"value": 0.85}, {first: "show the ceiling"}),
    ("as good as people, ceiling too low", {"people": model}, "already better", {"value": 0.85, "people": 0.85}, {first: "show the ceiling"}),
    (
        "as many bad as good ones approved, and as many refused",
        {"model": dict.fromkeys(keys, 250), "labels_wrong": 0.004, "offer": None},
        "close the gap",
        {"gap_points": 47},
        {},
    ),
    (
        "ceiling too low, an expensive offer",
        {"model": careful, "euros_good_refused": 10},
        "show the ceiling",
        {"value": 0.708, "ceiling": 0.97},
        {first: "show the costs"},
    ),
    (
        "99 % precision is meant, and reached",
        {"model": careful, "meaning": "precision"},
        "agree",
        {"value": 300 / 302},
        {"the wish is about precision: compare precision, not accuracy": "show the ceiling"},
    ),
    (
        "precision is meant, people better in accuracy only",
        {"meaning": "precision", "model": careful, "target": 0.995},
        "already better",
        {"value": 300 / 302, "people": 580 / 600},
        {"judge people by the same measure": "close the gap"},
    ),
    (
        "99 % recall is meant",
        {"meaning": "recall", "offer": None},
        "close the gap",
        {"gap_points": 100 * (580 / 590 - 510 / 590)},
        {"the ceiling from wrong labels is a ceiling of accuracy": "show the ceiling"},
    ),
    (
        "recall is meant, the offer is expensive",
        {"meaning": "recall", "model": careful, "euros_good_refused": 10},
        "show the costs",
        {"cost": 4_700, "cost_offer": 7_200},
        {"the ceiling from wrong labels is a ceiling of accuracy": "show the ceiling"},
    ),
]
for what, change, move, evidence, mistakes in cases:
    answer = pushback(base | change)
    checks.choice(answer["move"], move, what, among=moves, mistakes=mistakes)
    advice = {"judge people by the same measure": {"people": 0.97}} if "people" in evidence else {}
    checks.record(answer["evidence"], evidence, f"the evidence when {what}", mistakes=advice)
### END HIDDEN TESTS

# %% test="pushback" name="bad_input" points=1
"""What is refused."""
keys = ("good_approved", "bad_approved", "good_refused", "bad_refused")
model = dict(zip(keys, (510, 70, 80, 340), strict=True))
base = {"target": 0.99, "meaning": "accuracy", "model": model, "people": None, "labels_wrong": 0.004, "offer": None}
base |= {"euros_bad_approved": 900, "euros_good_refused": 40}
checks.raises(ValueError, pushback, base | {"meaning": "AUC"}, what="a wish for 99 % AUC")
### BEGIN HIDDEN TESTS
checks.raises(ValueError, pushback, base | {"model": dict(zip(keys, (0, 0, 10, 990), strict=True))}, what="a model that approves nobody")
checks.raises(ValueError, pushback, base | {"model": dict(zip(keys, (0, 10, 0, 990), strict=True))}, what="no good case at all")
### END HIDDEN TESTS

# %% [markdown] explain="pushback"
# The order is the point. Without row 1 you argue about a number that nobody has defined; without row 3 you compare with perfection. Rows 5 and 7 ask the same thing, whether the gap *can* be closed: only after row 5 is it honest to promise work on it. Row 6 says what another goal would cost.
#
# Like is compared with like: the measure that the stakeholder means, for the model *and* for the people, on the same cases. A model can be behind in accuracy and ahead in precision.
#
# In life you need the intervals as well: on 1,000 cases, 85 % against 82 % is a difference with an error of about 1.5 points. The paired comparison with people, in this notebook, is how to get it.

# %% [markdown]
# > **In the interview.** *"85 % isn't good enough. We want 99 %."*
# > **In 30 seconds:** I ask what 99 % should mean: that we can trust its approvals, or that no good customer is refused; these pull in opposite directions. Then I ask how good people are on the same cases. At 82 % we are ahead already; at 97 % I sort the twelve points: missing information, too few examples, the model, or cases on which experts disagree. And I bring the cost of both errors: a cheaper mistake profile can be worth more than a higher accuracy.
# > **They ask next:** people were never measured: how would you do it, by when? The label audit says 3 % are wrong: what do you tell them? They insist: what would it cost to get to 95 %?
# > **Red flags:** "we'll get more data"; promising 99 %; defending the model before asking; treating approving a bad case and refusing a good one as the same error.

# %% [markdown]
# ## Charts that can be believed
#
# A chart for a decision has one message, and its title says it. The same four numbers, twice:

# %% collapsed=true
labels, hours = ["rules", "model A", "model B", "today"], [470, 455, 440, 500]
fig, axes = plt.subplots(1, 2, figsize=(9, 3), layout="constrained")
axes[0].bar(labels[:3], hours[:3], color=["C3", "C4", "C5"])
axes[0].set(ylim=(430, 475), title="Results (recall-tuned)", ylabel="value")
order = ["today", "rules", "model A", "model B"]
bars = axes[1].bar(order, [hours[labels.index(name)] for name in order], color=["0.7", "0.7", "0.7", "C0"])
axes[1].bar_label(bars, fontsize=9)
axes[1].set(ylim=(0, 580), ylabel="hours of review a week", title="Model B saves 60 of 500 hours a week")
plt.show()

# %% [markdown]
# On the left, the bar of the rules is four times as high as that of model B, where the hours differ by 7 %. The axis starts at 430, there is no unit (is high good or bad?), nobody sees where we are today, and the title is for insiders. Edward Tufte put a number on such drawings, the **lie factor**: the relative difference that is drawn, divided by the relative difference in the data. Between 0.95 and 1.05 a chart is honest.
#
# For bars from $s$ (where the axis starts), with $a$ the smallest and $b$ the largest value: the drawing shows $\frac{b - a}{a - s}$, the data say $\frac{b - a}{a}$. So the lie factor is $\frac{a}{a - s}$.

# %% [markdown] statement="chart_audit" level="stretch"
# ### `chart_audit`: what is wrong with a bar chart
#
# Write `chart_audit(chart)` for a dict: `title`, `axis` (the label of the value axis), `unit` (what the values are counted in), `start` (where the axis starts), `values` (dict: name of the bar -> positive number), `today` (name of the bar that shows the present state).
# Return a dict: `"lie_factor"`, $a / (a - s)$ with $a$ the smallest value and $s$ the start, not rounded; `"faults"`, a list in this order of those that apply:
#
# - `"cut axis"`: the lie factor is not between 0.95 and 1.05 (both included)
# - `"no unit"`: the text `unit` does not occur in `axis`
# - `"no baseline"`: `today` is not the name of a bar
# - `"metric words"`: the title or the axis holds one of the **whole words** AUC, ROC, F1, precision, recall, kappa (`"recall-tuned"` holds recall; `"precisionist"` does not hold precision)
# - `"crowded"`: more than six bars
#
# Capital letters never count, in texts and in bar names. Raise `ValueError` when there are no values, when one is not above 0, and when `start` is not below the smallest.
#
# Example, the left chart: title `"Results (recall-tuned)"`, axis `"value"`, unit `"hours"`, start 430, values 470, 455, 440, today `"today"`: lie factor 44, faults `["cut axis", "no unit", "no baseline", "metric words"]`.


# %% solution="chart_audit"
def chart_audit(chart: dict) -> dict[str, float | list[str]]:
    """Lie factor and faults of a bar chart.

    chart: {"title", "axis", "unit", "start", "values": {bar: number above 0}, "today"}. Returns {"lie_factor", "faults"}.
    Raises ValueError without values, for values that are not above 0, and for a start that is not below the smallest.
    """
    ### BEGIN SOLUTION
    values = chart["values"]
    if not values or min(values.values()) <= 0 or chart["start"] >= min(values.values()):
        raise ValueError("bars need positive values and an axis that starts below them")
    smallest = min(values.values())
    lie = smallest / (smallest - chart["start"])
    words = set(re.findall(r"[a-z0-9]+", f"{chart['title']} {chart['axis']}".lower()))
    found = {
        "cut axis": not 0.95 <= lie <= 1.05,
        "no unit": chart["unit"].lower() not in chart["axis"].lower(),
        "no baseline": chart["today"].lower() not in [name.lower() for name in values],
        "metric words": bool(words & {"auc", "roc", "f1", "precision", "recall", "kappa"}),
        "crowded": len(values) > 6,
    }
    return {"lie_factor": lie, "faults": [fault for fault, there in found.items() if there]}
    ### END SOLUTION


# %% [markdown] hint="chart_audit"
# Compute the five as booleans in a dict, in the order of the list; the faults are the keys whose value is true.

# %% [markdown] hint="chart_audit"
# `re.findall(r"[a-z0-9]+", text.lower())` gives the whole words, `f1` among them. An axis may also start *below* zero: then the lie factor is below 1.

# %% test="chart_audit" name="example" points=2
"""The two charts of the lesson, and a small cut."""
left = {
    "title": "Results (recall-tuned)",
    "axis": "value",
    "unit": "hours",
    "start": 430,
    "values": {"rules": 470, "model A": 455, "model B": 440},
    "today": "today",
}
right = {"title": "Model B saves 60 of 500 hours a week", "axis": "Hours of review a week", "unit": "hours", "start": 0, "today": "Today"}
right["values"] = {"today": 500, "rules": 470, "model A": 455, "model B": 440}
result = chart_audit(left)
checks.close(
    result["lie_factor"],
    44,
    "the lie factor of the left chart",
    mistakes={
        "take the smallest bar, not the first or the largest": 470 / 40,
        "this is the relative difference drawn; divide by the one in the data": 3,
        "divide the drawn difference by the true one, not the other way round": 10 / 440,
    },
)
checks.equal(
    result["faults"],
    ["cut axis", "no unit", "no baseline", "metric words"],
    "the faults of the left chart",
    mistakes={"recall-tuned holds the whole word recall": ["cut axis", "no unit", "no baseline"]},
)
result = chart_audit(right)
checks.close(result["lie_factor"], 1, "the lie factor of the right chart")
checks.equal(
    result["faults"],
    [],
    "the faults of the right chart",
    mistakes={
        "capital letters do not count": ["no baseline"],
        "capital letters don't count": ["no unit"],
        "capital letters don't count, in axis and bar names": ["no unit", "no baseline"],
    },
)
checks.equal(
    chart_audit(right | {"start": 10})["faults"], [], "an axis from 10 for bars from 440", mistakes={"a lie factor up to 1.05 is honest": ["cut axis"]}
)

# %% test="chart_audit" name="fresh" points=1
"""Other charts: whole words, six and seven bars, an axis below zero."""
### BEGIN HIDDEN TESTS
good = {"title": "Support answers 40 % faster", "axis": "minutes to first answer", "unit": "minutes", "start": 0, "today": "by hand"}
good["values"] = {"by hand": 30.0, "router": 21.0, "router and drafts": 18.0}
checks.record(chart_audit(good), {"lie_factor": 1, "faults": []}, "an honest chart")
whole = {"metric words count as whole words only": ["metric words"]}
checks.equal(chart_audit(good | {"title": "The precisionist recalls a rocky start"})["faults"], [], "words that only begin like a metric", mistakes=whole)
for title in ("F1: 0.8!", "our AUC/ROC", "KAPPA", "precision, explained"):
    checks.equal(chart_audit(good | {"title": title})["faults"], ["metric words"], f"the title {title!r}")
checks.equal(chart_audit(good | {"axis": "recall (minutes)"})["faults"], ["metric words"], "a metric on the axis", mistakes={"look at the axis, too": []})
six = {"by hand": 30.0} | {f"router {i}": 20.0 + i for i in range(5)}
checks.equal(chart_audit(good | {"values": six})["faults"], [], "six bars", mistakes={"six bars are not too many": ["crowded"]})
checks.equal(chart_audit(good | {"values": six | {"router 9": 22.0}})["faults"], ["crowded"], "seven bars")
checks.record(
    chart_audit(good | {"start": -18.0}),
    {"lie_factor": 0.5, "faults": ["cut axis"]},
    "an axis from -18",
    mistakes={"a lie factor below 0.95 is a fault, too": {"faults": []}},
)
cents = good | {"values": {"by hand": 0.5, "router": 0.25}, "start": -0.0117}
checks.record(
    chart_audit(cents),
    {"lie_factor": 0.25 / 0.2617, "faults": []},
    "bars of 0.5 and 0.25, axis from -0.0117",
    mistakes={"a lie factor from 0.95 is honest": {"faults": ["cut axis"]}},
)
checks.record(chart_audit(cents | {"start": -0.0145}), {"faults": ["cut axis"]}, "bars of 0.5 and 0.25, axis from -0.0145")
checks.record(chart_audit(good | {"start": 1.0}), {"lie_factor": 18 / 17, "faults": ["cut axis"]}, "an axis from 1 for bars from 18")
### END HIDDEN TESTS

# %% test="chart_audit" name="bad_input" points=1
"""What is refused."""
### BEGIN HIDDEN TESTS
chart = {"title": "t", "axis": "hours", "unit": "hours", "start": 0, "values": {"a": 3.0, "b": 5.0}, "today": "a"}
checks.raises(ValueError, chart_audit, chart | {"values": {}}, what="no bars")
checks.raises(ValueError, chart_audit, chart | {"values": {"a": 3.0, "b": 0}, "start": -1}, what="a bar of 0")
checks.raises(ValueError, chart_audit, chart | {"start": 3.0}, what="an axis that starts at the smallest value")
checks.raises(ValueError, chart_audit, chart | {"start": 4.0}, what="an axis that starts above the smallest value")
### END HIDDEN TESTS

# %% [markdown] explain="chart_audit"
# Bars are read by their length, so a bar that does not start at zero lies, whatever its label says. Lines and dots are read by their place: they may start where they like, as long as the axis says so.
#
# The largest value cancels in the lie factor: how much a cut exaggerates depends only on how close to the smallest bar it is made. Cutting 500-hour bars at 10 is harmless, cutting 440 at 430 is not.

# %% [markdown]
# ### Your turn: one chart for the head of operations
#
# The desk switched the model on after week 8. `pilot_weeks` holds sixteen weeks. Draw **one** figure for the head of operations, who will decide in two minutes whether other desks get the model, too. A person grades it; for self-study, grade it yourself by the same table, a day later; between two levels, take the lower one.
# There is no comparison group: say what has happened since the switch, not what the model caused. `wrong` counts all decisions of the desk, the model's and people's.


# %% locked="pilot_data"
def pilot_weeks() -> pd.DataFrame:
    """Sixteen weeks of a desk: `week`, `hours` of manual review, `wrong` (share of all decisions that were wrong), `on` (the model decides the sure cases)."""
    rng = np.random.default_rng(2)
    week = np.arange(1, 17)
    on = week > 8
    hours = np.round(np.where(on, 149, 500) + rng.normal(0, 14, 16)).astype(int)
    wrong = np.round(np.where(on, 0.108, 0.125) + rng.normal(0, 0.004, 16), 3)
    return pd.DataFrame({"week": week, "hours": hours, "wrong": wrong, "on": on})


# %%
pilot_weeks().groupby("on")[["hours", "wrong"]].mean().round(3)

# %% [markdown]
# | | 2 points | 1.5 points | 0.5 points | 0 points |
# |---|---|---|---|---|
# | **Message** | the title states the outcome with its number, and the picture shows it at a glance | states the outcome, without the number | names the topic ("hours by week") | none, or it is not what the data show |
# | **Honest** | axes from zero for bars (a line may start elsewhere), all weeks shown, units on both axes, no cause claimed | one unit or label is missing | a cut or a choice of weeks that flatters, though it is visible, or "the model caused" | it misleads |
# | **Against today** | before and after in one view, the switch marked, and the errors are there, too | before and after, the errors are missing | only the weeks after, the old level in words | nothing to compare with |
# | **Readable** | understood in ten seconds: direct labels, few colours with a meaning, no metric name | small blemishes: a legend to decode, small print | must be explained by you | not readable |

# %% task="stakeholder_chart" points=8
weekly = pilot_weeks()
before, after = weekly[~weekly["on"]], weekly[weekly["on"]]
fig, axes = plt.subplots(2, 1, figsize=(7, 4.6), sharex=True, height_ratios=[2, 1], layout="constrained")
saved = before["hours"].mean() - after["hours"].mean()
for ax, column, factor in [(axes[0], "hours", 1), (axes[1], "wrong", 100)]:
    ax.bar(weekly["week"], factor * weekly[column], color=np.where(weekly["on"], "C0", "0.75"))
    ax.set_ylim(0, factor * weekly[column].max() * 1.2)
    for part, color in [(before, "0.35"), (after, "C0")]:
        unit = " hours" if column == "hours" else " %"
        level = factor * part[column].mean()
        ax.text(
            part["week"].mean(), factor * part[column].max() * 1.05, f"on average {level:.{0 if column == 'hours' else 1}f}{unit}", ha="center", color=color
        )
    ax.axvline(8.5, color="0.3", lw=1, ls="--")
axes[0].text(8.6, axes[0].get_ylim()[1] * 0.9, "model switched on", fontsize=9)
axes[0].set(ylabel="hours of review a week", title=f"Since the switch: {saved:.0f} hours of review a week fewer, and fewer errors")
axes[1].set(ylabel="wrong decisions (%)", xlabel="week")
plt.show()

# %% [markdown]
# ## Memos: judge first, then write
#
# It is easier to see a fault in somebody else's text. A pilot of automatic ticket routing is over. The facts:
#
# | | |
# |---|---|
# | tickets | 24,000 a month; sorting one by hand takes 2 minutes: 800 hours a month |
# | pilot | one month, one team, no comparison group; 60 % of the tickets routed without people |
# | hours saved, measured | 430 a month, without German tickets (easy tickets took less than 2 minutes) |
# | wrong queue | 4 % of the tickets that it routes; by hand 6.5 % |
# | German tickets | 2,000 a month; 9 % in the wrong queue, by hand 6 % |
# | money | an hour costs 35 euros, running and checking it 6,000 euros a month: 15,050 - 6,000 = 9,050 euros a month |
# | customers | satisfaction was 4.1 before the pilot, 4.3 in the pilot |
# | plan | people check a sample of 450 tickets a month; enough to tell 4 % from 8 % |
# | for experts | AUC 0.94 |
#
# **Memo A.** (1) Automatic routing gives the support team back about 430 hours a month. (2) Today the team sorts 24,000 tickets a month by hand, two minutes each. (3) In the pilot the router sent 60 % of them to a queue by itself and left the rest to the team. (4) It chose the wrong queue for 4 % of its tickets; by hand it is 6.5 %.
# (5) Customers became happier thanks to the router: satisfaction rose from 4.1 to 4.3. (6) German tickets are the exception: 9 % go wrong, against 6 % by hand, so they should stay with people for now. (7) After running costs of 6,000 euros a month, about 9,000 euros a month remain.
# (8) Please decide by Friday whether we switch it on for all but the German tickets; people check a sample of 450 tickets a month, so as to notice when errors double.
#
# **Memo B.** (1) Our router reaches an AUC of 0.94. (2) It handles 60 % of the 24,000 tickets that come in each month. (3) That saves 480 hours a month. (4) Only 4 % of the tickets that it routes land in the wrong queue. (5) With 35 euros for an hour and the running costs taken off, about 9,000 euros remain. (6) The router will keep this quality, whatever kinds of ticket come.
# (7) Sorting by hand takes about 800 hours a month today.

# %% [markdown] statement="grade_memo" level="stretch"
# ### `grade_memo`: find what is wrong, and what is not there
#
# Write `grade_memo()`, without arguments. It returns your judgement of both memos: `{"A": {"broken": {5: "number"}, "missing": ["ask"]}, "B": {...}}` (the form; not the answer). `"broken"` maps the number of a sentence to the **one** rule that it breaks; sound sentences are left out. `"missing"` lists what the whole memo lacks; order doesn't count.
#
# | Rule for a sentence | It is broken when |
# |---|---|
# | `metric` | it uses a metric of the experts without an explanation |
# | `number` | it gives an amount that is not the one of the facts (rounding by up to 5 % is fine) |
# | `period` | an amount of hours or money that is saved or spent has no period |
# | `baseline` | it gives the router's error rate without the rate by hand |
# | `cause` | it says that the router caused something which this pilot cannot show |
# | `certainty` | it promises the future without a condition |
#
# | Missing in the memo | When |
# |---|---|
# | `bad news` | the group for which the router is worse is not mentioned |
# | `ask` | the reader is not asked for a decision |
#
# The price of one hour, 35 euros, needs no period. Judge each sentence by itself; only `bad news` and `ask` look at the whole memo.


# %% solution="grade_memo"
def grade_memo() -> dict[str, dict]:
    """Faults of memo A and memo B.

    Returns {"A": {"broken": {number of the sentence: rule}, "missing": [...]}, "B": {...}}.
    """
    ### BEGIN SOLUTION
    return {
        "A": {"broken": {5: "cause"}, "missing": []},
        "B": {
            "broken": {1: "metric", 3: "number", 4: "baseline", 5: "period", 6: "certainty"},
            "missing": ["bad news", "ask"],
        },
    }
    ### END SOLUTION


# %% [markdown] hint="grade_memo"
# Go sentence by sentence, with the facts beside you: first every number, then its unit and period, then what it is compared with, then what it claims.

# %% [markdown] hint="grade_memo"
# The better memo breaks one rule, and nothing is missing in it. The other breaks five, and lacks both. Each of the six rules is broken once.

# %% [markdown] hint="grade_memo"
# Where does 480 come from? What else changed in the month of the pilot? Which amount would you have to ask "per what?" about?

# %% test="grade_memo" name="memo_a" points=1
"""Memo A: every sentence, and what is missing."""
answer = grade_memo()
shaped = isinstance(answer, dict) and all(
    isinstance(answer.get(m), dict) and isinstance(answer[m].get("broken"), dict) and "missing" in answer[m] for m in "AB"
)
if not shaped:
    raise checks.CheckFailed("the form of the answer", "expected a dict with A and B, each a dict with 'broken' (a dict) and 'missing' (a list).")
if isinstance(answer["A"]["missing"], str) or isinstance(answer["B"]["missing"], str):
    raise checks.CheckFailed("the form of the answer", "'missing' is a list, also for one entry.")
### BEGIN HIDDEN TESTS
truth = {5: "cause"}
advice = {
    1: "430 is what was measured, 'about' is honest, and the period is there",
    2: "the facts say just that",
    3: "the facts say just that",
    4: "the rate by hand stands beside it",
    5: "read it again: what does a month with one team and no comparison group show about customers?",
    6: "bad news, with both rates: this is what a good memo does",
    7: "9,000 for 9,050 is within 5 %, and the period is there",
    8: "it asks for a decision and says how errors would be noticed; checking a sample promises nothing",
}
for number in range(1, 9):
    judged = answer["A"]["broken"].get(number)
    if judged != truth.get(number):
        raise checks.CheckFailed(f"memo A, sentence {number}", f"You say {'it is sound' if judged is None else f'it breaks {judged!r}'}.", advice[number])
if set(answer["A"]["broken"]) - set(advice):
    raise checks.CheckFailed("memo A", "it has the sentences 1 to 8.")
if list(answer["A"]["missing"]):
    raise checks.CheckFailed("memo A, what is missing", f"You say {list(answer['A']['missing'])}.", "look at the sentences 6 and 8")
### END HIDDEN TESTS

# %% test="grade_memo" name="memo_b" points=2
"""Memo B: every sentence, and what is missing."""
answer = grade_memo()
checks.equal(sorted(answer), ["A", "B"], "the memos judged")
### BEGIN HIDDEN TESTS
truth = {1: "metric", 3: "number", 4: "baseline", 5: "period", 6: "certainty"}
advice = {
    1: "can this reader do anything with this number?",
    2: "the facts say just that",
    3: "compare with the hours that were measured; 24,000 times 2 minutes times 60 % is a guess",
    4: "is 4 % much or little? Much or little against what?",
    5: "9,000 euros: in a week, a month, a year?",
    6: "how can anybody know that?",
    7: "24,000 times 2 minutes are 800 hours, and the period is there",
}
for number in range(1, 8):
    judged = answer["B"]["broken"].get(number)
    if judged != truth.get(number):
        raise checks.CheckFailed(f"memo B, sentence {number}", f"You say {'it is sound' if judged is None else f'it breaks {judged!r}'}.", advice[number])
if set(answer["B"]["broken"]) - set(advice):
    raise checks.CheckFailed("memo B", "it has the sentences 1 to 7.")
missing = sorted(answer["B"]["missing"])
if missing != ["ask", "bad news"]:
    raise checks.CheckFailed("memo B, what is missing", f"You say {missing}.", "whom does the router serve worse, and what should the reader do now?")
### END HIDDEN TESTS

# %% [markdown] explain="grade_memo"
# By the rubric of the next task, memo A earns 9 of 10: outcome 3, numbers 2 (one claim that the facts do not carry), risk 2, decision and form 2. Memo B earns 2 of 10: outcome 1 (it is there, in third place, and wrong), numbers 1, risk 0, decision and form 0.
#
# Mend sentence 5 of memo A: "Satisfaction was 4.3 in the pilot and 4.1 before; with one team and one month we can't say why." It costs a little shine and buys the reader's trust for the other seven sentences.
#
# 480 is the dangerous kind of wrong number: it can be recomputed. But the tickets that a router takes are the easy ones. Measured beats multiplied.

# %% [markdown]
# ### Your turn: the memo
#
# Write a memo on the desk of this notebook (`story`) to the head of operations, in at most 200 words: outcome, what the model does, errors against today, what can go wrong, and the decision that you need. These are the facts, and nothing else is known:
#
# | | |
# |---|---|
# | today | the operations team reads 10,000 applications a week, 3 minutes each; 500 hours |
# | model | decides the 80 % that it is surest about |
# | outcome, measured | 351 hours a week saved; at 35 euros an hour 12,285 euros a week, before running costs, which are not settled |
# | errors | 8.6 % of the automatic decisions wrong, people 10.7 % on the same cases |
# | bad news | of marketplace sellers, a new kind of applicant, the model would decide 80 % alone and be right in 46 % of these; people are right in 81 % |
# | watch | a weekly sample that people check again costs 6 hours a week, not yet taken off the 351; the head of operations can switch the model off |
# | open | nobody knows how many marketplace sellers will come; the decision is due on Friday |
#
# A person grades it by this table, 10 points in all (between two levels, the lower one):
#
# | | full | good | weak | none |
# |---|---|---|---|---|
# | **Outcome** (3) | 3: first sentence, with unit, period and today | 2: first paragraph, one of these missing | 1: it is there, after the method | 0: only metrics |
# | **Numbers** (3) | 3: all true, rounded sensibly, each with what it is compared to | 2: one slip, or a claim that the facts don't carry | 1: several slips | 0: cannot be trusted |
# | **Risk** (2) | 2: the bad news with its numbers, how you notice, who acts | 1.5: bad news, but no signal or no person | 0.5: "there are risks" | 0: left out |
# | **Decision and form** (2) | 2: one clear question with a date; 200 words or fewer; no unexplained term | 1.5: a question, but vague, or a little long | 0.5: the reader must guess what to do | 0: no question, hard to read |
#
# Run `prose.headline_faults(text, desk)` over your first paragraph if you like; it doesn't count here. For self-study: write it, wait a day, and grade it by the table, after you have solved `grade_memo` and seen how memo A and memo B fare (`%solution grade_memo`).

# %% [markdown] task="memo" points=10
# **Let the model decide the clear applications, but not those of marketplace sellers**
#
# The operations team can get about 350 of its 500 hours of review a week back, worth about 12,300 euros a week before running costs, with fewer wrong decisions: 8.6 %, against 10.7 % by people on the same cases.
#
# Today the team reads 10,000 applications a week, three minutes each. The model decides the 80 % that it is surest about; the other 20 % stay with the team.
#
# It must not decide everything. When marketplace sellers apply, a kind that it has not learned from, it would decide 80 % of them alone and be right in only 46 %; people are right in 81 %. We don't know how many will come. So these go to people. Other new kinds will show in a weekly sample that people check again, which takes 6 of the hours saved. If more than 10.7 % of it is wrong, you can switch the model off the same day.
#
# **Please decide by Friday:** do we switch it on for all applications except those of marketplace sellers, with you as the person who can switch it off?

# %% [markdown]
# > **In the interview.** *"Show us something you wrote for a business audience."* Or: *"Draft the mail to the head of operations, now."*
# > **In 30 seconds:** the first sentence is the outcome with its unit and period; the second says what it costs, against today. Then what happens to their work, what can go wrong and how we notice, and one question with a date. One chart, whose title is the message.
# > **They ask next:** cut it to three sentences: which ones stay? The number in sentence one turns out 20 % too high: what do you send, and when? What did you leave out, and why?
# > **Red flags:** a chart whose axis starts where it flatters; a projection sold as a measurement; "caused" after a pilot without a comparison group; no question at the end.
