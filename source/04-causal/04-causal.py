# %% [markdown]
# # Experimentation and causal inference
#
# Most questions of a business are causal, and most data are not an experiment. Interviewers want to hear which assumption carries your estimate, and how you would find out that it fails.
# When you are through with this notebook, you can answer, and do:
#
# - Users of the assistant stay longer: does it cause that?
# - When is an experiment not possible, and what do you do then?
# - Difference-in-differences, discontinuity, instrument, matching, synthetic control: when which, and what is the key assumption?
# - One user's treatment changes another's outcome: how do you notice, and how do you design around it?
#
# Reading takes about 80 minutes, the *core* exercises about 130, in two sittings; the *stretch* ones can wait for a second pass. Write a function where it says `YOUR CODE HERE`, run its cell, and run the `%check` cell below it:
# it says what is right, what is wrong and, for the usual mistakes, which one you made. `%hint` and `%solution` help when you are stuck. The folded test cells below each exercise show a part of what is checked.

# %%
# %load_ext course

# %% locked="setup"
import math

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import statsmodels.api as sm
import statsmodels.formula.api as smf
from numpy.typing import ArrayLike
from scipy import stats
from scipy.optimize import nnls
from scipy.sparse import coo_array, csgraph

from course import checks, datasets

# %% [markdown]
# ## Correlation and causation
#
# Ice cream sales and drownings rise and fall together. Nobody bans ice cream: hot days cause both. Two columns can move together for five reasons, and only one of them is an effect.
#
# | what happens | example | what helps |
# |---|---|---|
# | *cause*: A changes B | a faster model, longer chats | an experiment shows it |
# | *reverse cause*: B changes A | people who are about to cancel write to support | order in time |
# | *confounder*: something changes both | heat; how engaged a user is | compare within its levels, or randomise |
# | *selection*: both decide who is in the table | only people who answered the survey | keep everybody in |
# | *chance* | the best of 500 charts | one hypothesis, fresh data |
#
# Here is the question that you will hear in interviews. Users of your assistant are retained 40 % more often than the others. Does the assistant retain them? In the simulation below the honest answer is known: it does nothing at all.

# %% locked="simulate_assistant"
ENGAGEMENT = ["light", "regular", "heavy"]


def simulate_assistant(n: int, seed: int, effect: float = 0.0, randomised: bool = False) -> pd.DataFrame:
    """Log of `n` users. The assistant moves retention by `effect`; engaged users adopt it more often, unless a coin decides.

    Columns: engagement, assistant (0/1), retained (0/1), survey (0/1: answered it, which users of the assistant and retained users do more often).
    """
    rng = np.random.default_rng(seed)
    level = rng.choice(3, n, p=[0.5, 0.3, 0.2])
    adopts = 0.3 if randomised else np.array([0.1, 0.4, 0.7])[level]
    assistant = (rng.random(n) < adopts).astype(int)
    retained = (rng.random(n) < np.array([0.315, 0.5, 0.685])[level] + effect * assistant).astype(int)
    survey = (rng.random(n) < 0.05 + 0.4 * assistant + 0.4 * retained).astype(int)
    return pd.DataFrame({"engagement": np.array(ENGAGEMENT)[level], "assistant": assistant, "retained": retained, "survey": survey})


# %% collapsed=true
log = simulate_assistant(40_000, seed=3)
overall = log.groupby("assistant")["retained"].mean()
levels = log.groupby(["engagement", "assistant"])["retained"].mean().unstack().loc[ENGAGEMENT]
fig, (left, right) = plt.subplots(1, 2, figsize=(9, 3), sharey=True, width_ratios=[1, 2.4], layout="constrained")
left.bar([0, 1], overall, color=["0.7", "C0"], width=0.6)
for x, value in enumerate(overall):
    left.text(x, value + 0.01, f"{value:.0%}", ha="center")
left.set_xticks([0, 1], ["without", "with assistant"])
left.set(ylabel="users retained", title=f"All users: a lift of {overall[1] / overall[0] - 1:.0%} ...", ylim=(0, 0.85))
left.yaxis.set_major_formatter("{x:.0%}")
for arm, colour, name in [(0, "0.7", "without"), (1, "C0", "with assistant")]:
    right.bar(np.arange(3) + 0.36 * arm - 0.18, levels[arm], color=colour, width=0.34, label=name)
    for x, value in enumerate(levels[arm]):
        right.text(x + 0.36 * arm - 0.18, value + 0.01, f"{value:.0%}", ha="center", fontsize=9)
right.set_xticks(range(3), ENGAGEMENT)
right.set(xlabel="engagement in the month before the launch", title="... that is gone when like is compared with like")
right.legend(frameon=False, loc="upper left")
plt.show()

# %% [markdown]
# Within each level the bars agree. The lift is *selection bias*: engaged users chose the assistant, and engaged users stay anyway. Among the users of the assistant 45 % are heavy users; among the others 9 % are.
#
# A coin in place of the choice would have shown it. The same people, the same product, but a coin decides who gets the assistant:

# %%
rows = {}
for name, randomised in [("users choose", False), ("a coin decides", True)]:
    table = simulate_assistant(40_000, seed=3, randomised=randomised)
    with_it, without = table["assistant"] == 1, table["assistant"] == 0
    heavy = table["engagement"] == "heavy"
    rows[name] = {
        "heavy users, with": heavy[with_it].mean(),
        "heavy users, without": heavy[without].mean(),
        "retained, with": table["retained"][with_it].mean(),
        "retained, without": table["retained"][without].mean(),
    }
pd.DataFrame(rows).T.round(3)

# %% [markdown]
# ### Simpson: the sum says the opposite of every part
#
# The bias can be larger than the effect and point the other way. Suppose that the assistant is offered most to teams in trouble, and that it truly helps: 8 points more retention, for everyone.

# %% collapsed=true
rng = np.random.default_rng(12)
share = {"healthy": (0.15, 0.80), "in trouble": (0.75, 0.35)}
parts = []
for state, (offered, stays) in share.items():
    arm = (rng.random(6_000) < offered).astype(int)
    parts.append(pd.DataFrame({"team": state, "assistant": arm, "retained": rng.random(6_000) < stays + 0.08 * arm}))
teams = pd.concat(parts)
by_team = teams.groupby(["team", "assistant"])["retained"].agg(["mean", "size"]).unstack()
total = teams.groupby("assistant")["retained"].mean()
fig, ax = plt.subplots(figsize=(7, 3))
for state, colour in zip(share, ["C0", "C1"], strict=True):
    means, sizes = by_team.loc[state, "mean"], by_team.loc[state, "size"]
    ax.plot([0, 1], means, "-", color=colour, lw=1.5)
    ax.scatter([0, 1], means, s=sizes / 12, color=colour, zorder=3)
    ax.text(1.14, means[1], {"healthy": "healthy teams", "in trouble": "teams in trouble"}[state], color=colour, va="center")
ax.plot([0, 1], total, "s--", color="0.2", lw=1.5, ms=5)
ax.text(1.14, total[1], "all teams", color="0.2", va="center")
ax.set_xticks([0, 1], ["without assistant", "with assistant"])
ax.set(xlim=(-0.3, 1.8), ylim=(0.25, 0.98), ylabel="teams retained", title="It helps both kinds of teams and seems to hurt all teams")
ax.yaxis.set_major_formatter("{x:.0%}")
plt.show()

# %% [markdown]
# The size of a dot is the number of teams. The overall mean with the assistant is mostly teams in trouble, the one without mostly healthy teams.
#
# ### Which columns may you adjust for?
#
# "Control for everything we have" is wrong. Draw an arrow from each cause to its effect; the arrows say what to do with a third column.
#
# | column | arrows | adjust? |
# |---|---|---|
# | *confounder*: engagement before the launch | into the feature **and** into the outcome | yes: the way through it is not an effect |
# | *mediator*: questions answered by the assistant | from the feature, into the outcome | no: the effect passes through it, you would remove it |
# | *collider*: answered the survey | from the feature and from the outcome | no: it *creates* a link that was not there |
# | causes of the outcome only: region | into the outcome | not needed; may cut noise |
# | causes of the feature only: got an invitation | into the feature | not needed; it costs precision (and may be an *instrument*, see below) |
#
# The collider surprises most people. Users of the assistant answer the survey, and so do retained users. Among the answers, who did *not* use the assistant is mostly there because they were retained.
# So in the survey's data the useless assistant looks harmful. A column that was recorded *after* the feature was used can never be a confounder.


# %% collapsed=true
def difference_within(table, columns):
    """Difference in retention within the strata of `columns`, weighted by their share of users."""
    strata = [table] if not columns else [part for _, part in table.groupby(columns)]
    gaps = [part.loc[part["assistant"] == 1, "retained"].mean() - part.loc[part["assistant"] == 0, "retained"].mean() for part in strata]
    return np.average(gaps, weights=[len(part) for part in strata])


choices = {"nothing (naive)": [], "engagement": ["engagement"], "engagement and survey": ["engagement", "survey"]}
found = {name: [difference_within(simulate_assistant(4_000, seed), columns) for seed in range(20)] for name, columns in choices.items()}
fig, ax = plt.subplots(figsize=(7, 3))
for y, values in enumerate(found.values()):
    ax.scatter(values, np.full(20, y), color=["C1", "C0", "C3"][y], alpha=0.5, s=25)
ax.axvline(0, color="0.2", ls="--", lw=1)
ax.text(0.005, 2.35, "truth", color="0.2")
ax.set_yticks(range(3), list(found))
ax.set(
    xlabel="estimated effect on retention (0.1 is 10 percentage points)",
    ylabel="adjusted for",
    ylim=(2.6, -0.5),
    title="One column removes the bias, one more brings it back",
)
plt.show()

# %% [markdown]
# Each dot is one log of 4,000 users. More data would not move the wrong clouds: bias does not shrink with $n$.
#
# To adjust is to *standardise*. Take the difference within each stratum $k$ of the confounders; weight it by that stratum's share of **all** users. That is the average effect, if the whole user base got the feature:
#
# $$\hat\tau = \sum_k w_k\,(\bar y_{1k} - \bar y_{0k}), \qquad \operatorname{se}^2 = \sum_k w_k^2\left(\frac{\bar y_{1k}(1-\bar y_{1k})}{n_{1k}} + \frac{\bar y_{0k}(1-\bar y_{0k})}{n_{0k}}\right), \qquad w_k = \frac{n_k}{\sum_j n_j}$$
#
# A simple mean of the strata counts ten power users like ten thousand light ones. And a stratum in which everybody (or nobody) uses the feature says nothing about it: leave it out, and say how many users are left.

# %% locked="assistant_example"
_counts = [
    # engagement, assistant, retained, answered the survey, users
    ("light", 1, 1, 1, 6),
    ("light", 1, 1, 0, 2),
    ("light", 1, 0, 1, 5),
    ("light", 1, 0, 0, 7),
    ("light", 0, 1, 1, 15),
    ("light", 0, 1, 0, 15),
    ("light", 0, 0, 1, 7),
    ("light", 0, 0, 0, 63),
    ("heavy", 1, 1, 1, 33),
    ("heavy", 1, 1, 0, 6),
    ("heavy", 1, 0, 1, 12),
    ("heavy", 1, 0, 0, 9),
    ("heavy", 0, 1, 1, 8),
    ("heavy", 0, 1, 0, 4),
    ("heavy", 0, 0, 1, 2),
    ("heavy", 0, 0, 0, 6),
]
assistant_example = pd.DataFrame([row[:4] for row in _counts for _ in range(row[4])], columns=["engagement", "assistant", "retained", "survey"])
assistant_arrows = [
    ("engagement", "assistant"),
    ("engagement", "retained"),
    ("assistant", "retained"),
    ("assistant", "survey"),
    ("retained", "survey"),
]

# %% [markdown] statement="adjusted_effect" level="core"
# ### `adjusted_effect`: what is left of the lift?
#
# Write `adjusted_effect(data, treatment, outcome, arrows)`: a data frame, the names of its 0/1 columns of treatment and outcome, and a list of pairs `(cause, effect)`. In these graphs every confounder has one arrow straight into the treatment and one straight into the outcome. Return a dict:
#
# - `adjust_for`: the confounders, a list in alphabetical order; strata are the combinations of their values that occur (no confounder: one stratum, everybody);
# - `naive`: mean outcome of the treated minus that of the untreated; `naive_lift`: the first mean divided by the second, minus 1; both over all rows;
# - `adjusted` and `se`: by the formulas above, over the strata that have treated **and** untreated rows (weights add up to 1 over these); `coverage`: their share of all rows;
# - `verdict`: with the interval `adjusted` ± 1.96 `se`, `"not shown"` if it contains 0, otherwise `"holds"` if `adjusted` has the sign of `naive`, `"reverses"` if it has the other sign.
#
# Round nothing. Raise `ValueError` when treatment or outcome hold anything but 0 and 1, when a confounder is not a column of `data` (what nobody recorded cannot be adjusted for), and when no stratum has both arms.
#
# Example: `adjusted_effect(assistant_example, "assistant", "retained", assistant_arrows)` adjusts for `["engagement"]`; rounded, it gives naive 0.2375 (lift 0.6786), adjusted 0.08, se 0.0872, coverage 1, `"not shown"`.


# %% solution="adjusted_effect"
def adjusted_effect(data: pd.DataFrame, treatment: str, outcome: str, arrows: list[tuple[str, str]]) -> dict:
    """Naive and standardised effect of a 0/1 treatment on a 0/1 outcome.

    data: one row per user. arrows: (cause, effect) pairs of column names.
    Returns adjust_for, naive, naive_lift, adjusted, se, coverage, verdict. Raises ValueError where adjusting is not possible.
    """
    ### BEGIN SOLUTION
    pairs = {tuple(pair) for pair in arrows}
    confounders = sorted(cause for cause, effect in pairs if effect == treatment and (cause, outcome) in pairs)
    if not set(confounders) <= set(data.columns):
        raise ValueError("a confounder was not recorded")
    if not data[[treatment, outcome]].isin([0, 1]).all(axis=None):
        raise ValueError("treatment and outcome are 0 or 1")
    treated = data[treatment] == 1
    keys = confounders or [pd.Series(0, index=data.index)]
    cells = data.groupby([*keys, treated.rename("arm")])[outcome].agg(["mean", "size"]).unstack(-1).dropna()
    if cells.shape[1] < 4 or cells.empty:
        raise ValueError("no stratum has both treated and untreated users")
    mean, size = cells["mean"], cells["size"]
    weight = size.sum(axis=1) / size.to_numpy().sum()
    adjusted = float((weight * (mean[True] - mean[False])).sum())
    se = float(np.sqrt((weight**2 * (mean * (1 - mean) / size).sum(axis=1)).sum()))
    with_it, without = data.loc[treated, outcome].mean(), data.loc[~treated, outcome].mean()
    naive = float(with_it - without)
    if abs(adjusted) <= 1.96 * se:
        verdict = "not shown"
    else:
        verdict = "holds" if adjusted * naive > 0 else "reverses"
    return {
        "adjust_for": confounders,
        "naive": naive,
        "naive_lift": float(with_it / without - 1),
        "adjusted": adjusted,
        "se": se,
        "coverage": float(size.to_numpy().sum() / len(data)),
        "verdict": verdict,
    }
    ### END SOLUTION


# %% [markdown] hint="adjusted_effect"
# Which names occur both as `(name, treatment)` and as `(name, outcome)`? The survey has arrows coming *in*; it is not one of them.

# %% [markdown] hint="adjusted_effect"
# `data.groupby([*confounders, treatment])[outcome].agg(["mean", "size"]).unstack(treatment)` has one row per stratum; `dropna()` leaves the strata with both arms. Without confounders, group by a column of zeros.

# %% [markdown] hint="adjusted_effect"
# `weight = rows of the stratum / rows of all strata that are left`. Then `adjusted = (weight * gap).sum()`; the variance of each gap is `p1 * (1 - p1) / n1 + p0 * (1 - p0) / n0`, and it enters with `weight ** 2`.

# %% test="adjusted_effect" name="value" points=2
"""The example, then a launch whose lift of 40 % is all selection."""
_names = ["adjust_for", "naive", "naive_lift", "adjusted", "se", "coverage"]
_result = adjusted_effect(assistant_example, "assistant", "retained", assistant_arrows)
assert isinstance(_result, dict), f"return a dict with the keys {', '.join(_names)} and verdict"
checks.record(
    {key: _result.get(key) for key in ("naive", "naive_lift")},
    {"naive": 0.2375, "naive_lift": 0.2375 / 0.35},
    "the naive comparison of the example",
    mistakes={
        "the lift is relative to the untreated; this is the difference": {"naive_lift": 0.2375},
        "the lift is relative to the untreated; this divides by the treated": {"naive_lift": 0.2375 / 0.5875},
    },
)
checks.record(
    {key: _result.get(key) for key in ("adjust_for", "adjusted", "coverage")},
    {"adjust_for": ["engagement"], "adjusted": 0.08, "coverage": 1.0},
    "the adjusted effect of the example",
    mistakes={
        "the survey is a collider: treatment and outcome both cause it, so don't adjust for it": {"adjust_for": ["engagement", "survey"]},
        "this is the simple mean of the strata; weight each by its share of all rows": {"adjusted": 0.075},
        "the strata are weighted by treated users (the effect on the treated); weight them by all rows": {"adjusted": 0.0625},
        "the strata are weighted by untreated users; weight them by all rows": {"adjusted": 11 / 120},
        "this is a regression coefficient, which weights strata by n1*n0/n; weight them by all rows": {"adjusted": 0.07631578947368424},
        "this is the naive difference; compare within the strata": {"adjusted": 0.2375},
    },
)
checks.close(
    _result.get("se"),
    0.08719327191169436,
    "the standard error of the example",
    mistakes={
        "the weights enter the variance squared": 0.1215593133686871,
        "this is the standard error of the naive difference": 0.07017927192792281,
        "divide p(1 - p) by n; the formula has no n - 1": 0.08915720144110804,
    },
)
### BEGIN HIDDEN TESTS


def _standardise(table, by, treatment, outcome, weigh=lambda n1, n0: n1 + n0):
    rows = []
    for _, part in table.groupby(by):
        y1, y0 = part.loc[part[treatment] == 1, outcome], part.loc[part[treatment] == 0, outcome]
        if len(y1) and len(y0):
            variance = y1.mean() * (1 - y1.mean()) / len(y1) + y0.mean() * (1 - y0.mean()) / len(y0)
            rows.append((y1.mean() - y0.mean(), variance, weigh(len(y1), len(y0)), len(part)))
    gap, variance, weight, size = np.array(rows, float).T
    weight /= weight.sum()
    return float(weight @ gap), float(np.sqrt(weight**2 @ variance)), float(size.sum() / len(table))


_log = simulate_assistant(6_000, seed=77)
_y1, _y0 = (_log.loc[_log["assistant"] == arm, "retained"].mean() for arm in (1, 0))
_tau, _se, _covered = _standardise(_log, ["engagement"], "assistant", "retained")
_result = adjusted_effect(_log, "assistant", "retained", assistant_arrows)
checks.record(
    {key: _result.get(key) for key in _names},
    {"adjust_for": ["engagement"], "naive": _y1 - _y0, "naive_lift": _y1 / _y0 - 1, "adjusted": _tau, "se": _se, "coverage": _covered},
    "6,000 users",
    mistakes={
        "the survey is a collider: treatment and outcome both cause it, so don't adjust for it": {
            "adjusted": _standardise(_log, ["engagement", "survey"], "assistant", "retained")[0]
        },
        "this is the simple mean of the strata; weight each by its share of all rows": {
            "adjusted": _standardise(_log, ["engagement"], "assistant", "retained", lambda n1, n0: 1)[0]
        },
        "the strata are weighted by treated users (the effect on the treated); weight them by all rows": {
            "adjusted": _standardise(_log, ["engagement"], "assistant", "retained", lambda n1, n0: n1)[0]
        },
        "this is a regression coefficient, which weights strata by n1*n0/n; weight them by all rows": {
            "adjusted": _standardise(_log, ["engagement"], "assistant", "retained", lambda n1, n0: n1 * n0 / (n1 + n0))[0]
        },
    },
)
### END HIDDEN TESTS

# %% test="adjusted_effect" name="arrows" points=2
"""Only confounders are adjusted for: no mediator, no collider, no column that causes one side only. The truth is known."""
### BEGIN HIDDEN TESTS
_rng = np.random.default_rng(2024)
_n = 12_000
_plan, _region, _invited = _rng.choice(["free", "pro"], _n, p=[0.7, 0.3]), _rng.choice(["eu", "us", "asia"], _n), _rng.integers(0, 2, _n)
_tenure = _rng.integers(0, 3, _n)
_used = (_rng.random(_n) < 0.08 + 0.3 * (_plan == "pro") + 0.12 * _tenure + 0.2 * _invited).astype(int)
_saved = (_rng.random(_n) < 0.2 + 0.6 * _used).astype(int)
_stayed = (_rng.random(_n) < 0.2 + 0.2 * (_plan == "pro") + 0.1 * _tenure + 0.05 * (_region == "us") + 0.15 * _saved).astype(int)
_rated = (_rng.random(_n) < 0.1 + 0.4 * _used + 0.4 * _stayed).astype(int)
_wide = pd.DataFrame(
    {"plan": _plan, "region": _region, "invited": _invited, "tenure": _tenure, "used": _used, "saved": _saved, "stayed": _stayed, "rated": _rated}
)
_arrows = [("tenure", "used"), ("tenure", "stayed"), ("plan", "stayed"), ("plan", "used"), ("invited", "used"), ("region", "stayed")]
_arrows += [("used", "saved"), ("saved", "stayed"), ("used", "rated"), ("stayed", "rated"), ("used", "stayed")]
_result = adjusted_effect(_wide, "used", "stayed", _arrows)
checks.equal(
    list(_result["adjust_for"]),
    ["plan", "tenure"],
    "the columns to adjust for",
    mistakes={
        "rated is a collider: treatment and outcome both cause it, so don't adjust for it": ["plan", "rated", "tenure"],
        "saved is a mediator: the effect passes through it, so don't adjust for it": ["plan", "saved", "tenure"],
        "rated is a collider and saved a mediator: no column that the treatment causes is a confounder": ["plan", "rated", "saved", "tenure"],
        "a column that causes the outcome only is not a confounder": ["plan", "region", "saved", "tenure"],
        "a column that causes the treatment only is not a confounder": ["invited", "plan", "tenure"],
        "these are all other columns; a confounder causes treatment and outcome": ["invited", "plan", "rated", "region", "saved", "tenure"],
        "the list is in alphabetical order": ["tenure", "plan"],
    },
)
checks.between(
    _result["adjusted"],
    0.06,
    0.12,
    "the adjusted effect, 0.09 in truth",
    mistakes={"this is near the naive difference": (0.15, 0.3), "the effect has been adjusted away": (-0.2, 0.04)},
)
_coin = simulate_assistant(3_000, seed=5, effect=0.1, randomised=True)
_result = adjusted_effect(_coin, "assistant", "retained", [("engagement", "retained"), ("assistant", "retained")])
checks.equal(list(_result["adjust_for"]), [], "the columns to adjust for when a coin decided")
checks.close(_result["adjusted"], _result["naive"], "adjusted against naive without confounders")
_share = _coin.groupby("assistant")["retained"].agg(["mean", "size"])
checks.close(_result["se"], np.sqrt((_share["mean"] * (1 - _share["mean"]) / _share["size"]).sum()), "the standard error without confounders")
### END HIDDEN TESTS

# %% test="adjusted_effect" name="verdict" points=1
"""The verdict: a lift that is all selection, one that holds, and one that reverses within the strata."""
_all = ["holds", "not shown", "reverses"]
checks.choice(adjusted_effect(assistant_example, "assistant", "retained", assistant_arrows)["verdict"], "not shown", "the verdict on the example", among=_all)
### BEGIN HIDDEN TESTS
for _effect, _seed, _verdict in [(0.0, 6, "not shown"), (0.12, 5, "holds"), (-0.09, 6, "reverses")]:
    _table = simulate_assistant(8_000, seed=_seed, effect=_effect)
    checks.choice(
        adjusted_effect(_table, "assistant", "retained", assistant_arrows)["verdict"], _verdict, f"the verdict when the true effect is {_effect}", among=_all
    )
_rows = [("healthy", 1, 90, 100), ("healthy", 0, 720, 900), ("trouble", 1, 405, 900), ("trouble", 0, 30, 100)]
_simpson = pd.DataFrame([(team, arm, int(i < kept)) for team, arm, kept, users in _rows for i in range(users)], columns=["team", "used", "stayed"])
checks.choice(
    adjusted_effect(_simpson, "used", "stayed", [("team", "used"), ("team", "stayed")])["verdict"],
    "reverses",
    "the verdict when both strata gain and the sum loses",
    among=_all,
    mistakes={"compare the sign of adjusted with the sign of naive, which is negative here": "holds"},
)
_flipped = _simpson.assign(used=1 - _simpson["used"], stayed=_simpson["stayed"])
checks.choice(
    adjusted_effect(_flipped, "used", "stayed", [("team", "used"), ("team", "stayed")])["verdict"], "reverses", "the verdict with the arms swapped", among=_all
)
for _kept, _verdict in [(540, "not shown"), (550, "holds")]:
    _pair = pd.DataFrame([(arm, int(i < kept)) for arm, kept in [(1, _kept), (0, 500)] for i in range(1_000)], columns=["used", "stayed"])
    checks.choice(adjusted_effect(_pair, "used", "stayed", [])["verdict"], _verdict, f"the verdict on {_kept} against 500 of 1,000 retained", among=_all)
_harm = _simpson[_simpson["team"] == "healthy"].assign(stayed=lambda t: 1 - t["stayed"])
checks.choice(adjusted_effect(_harm, "used", "stayed", [])["verdict"], "holds", "the verdict on harm that holds", among=_all)
### END HIDDEN TESTS

# %% test="adjusted_effect" name="empty_strata" points=1
"""Strata without treated or without untreated users are left out, and the coverage says so."""
### BEGIN HIDDEN TESTS
_full = simulate_assistant(1_500, seed=31, effect=0.08)
_extra = pd.DataFrame({"engagement": ["bot"] * 300 + ["staff"] * 200, "assistant": [0] * 300 + [1] * 200, "retained": [0, 1, 0] * 100 + [1, 1, 1, 0] * 50})
_mixed = pd.concat([_full, _extra], ignore_index=True)
_cells = _full.groupby(["engagement", "assistant"])["retained"].mean().unstack()
_size = _full.groupby("engagement").size()
_gap = _cells[1] - _cells[0]
_tau = float((_gap * _size).sum() / _size.sum())
_result = adjusted_effect(_mixed, "assistant", "retained", assistant_arrows)
checks.record(
    {"adjusted": _result["adjusted"], "coverage": _result["coverage"]},
    {"adjusted": _tau, "coverage": 0.75},
    "bots never use the assistant, staff always do",
    mistakes={
        "an empty stratum counts as no effect; leave it out and let the weights add up to 1": {"adjusted": 0.75 * _tau},
        "the coverage is a share of rows, not of strata": {"coverage": 0.6},
        "the coverage counts all strata": {"coverage": 1.0},
    },
)
_mean = _mixed.groupby("assistant")["retained"].mean()
checks.close(
    _result["naive"],
    _mean[1] - _mean[0],
    "the naive difference over all rows",
    mistakes={"the naive difference is over all rows, strata without comparison included": float(np.diff(_full.groupby("assistant")["retained"].mean())[0])},
)
### END HIDDEN TESTS

# %% test="adjusted_effect" name="refused" points=1
"""A confounder that nobody recorded, a table without any comparison, and columns that are not 0 and 1."""
checks.raises(
    ValueError,
    adjusted_effect,
    assistant_example.drop(columns="engagement"),
    "assistant",
    "retained",
    assistant_arrows,
    what="a confounder that is not a column of the data",
)
### BEGIN HIDDEN TESTS
_apart = assistant_example.assign(engagement=np.where(assistant_example["assistant"] == 1, "heavy", "light"))
checks.raises(ValueError, adjusted_effect, _apart, "assistant", "retained", assistant_arrows, what="no stratum with both arms")
_nobody = assistant_example[assistant_example["assistant"] == 0]
checks.raises(ValueError, adjusted_effect, _nobody, "assistant", "retained", assistant_arrows, what="a table without treated users")
_days = assistant_example.assign(retained=assistant_example["retained"] * 30)
checks.raises(ValueError, adjusted_effect, _days, "assistant", "retained", assistant_arrows, what="an outcome in days")
_arms = assistant_example.assign(assistant=assistant_example["assistant"] + 1)
checks.raises(ValueError, adjusted_effect, _arms, "assistant", "retained", assistant_arrows, what="a treatment coded 1 and 2")
### END HIDDEN TESTS

# %% [markdown] explain="adjusted_effect"
# The arrows come from knowledge, not from the data: the survey and engagement correlate with both columns alike, and no test tells a collider from a confounder.
# The weights decide *whose* effect it is: shares of all users give the average effect (ATE), shares of the treated the effect on those who use the feature (ATT), and a regression with stratum dummies weights by $n_1 n_0 / n$, where comparison is easiest.
# With effects that differ between strata, these are three different questions. Leaving out a stratum without overlap changes the question, too: the answer is about the users who are left.

# %% [markdown]
# > **In the interview.** *"Users of our assistant have 40 % higher retention. Should we push everyone to it?"*
# > **In 30 seconds:** not on that number. Users chose the assistant, and engaged users both adopt more features and stay more. I'd compare within levels of engagement measured *before* the launch, and see how much is left; what nobody measured still confounds. The clean answer is an experiment: randomise the feature, or an invitation to it.
# > **They ask next:** which columns would you *not* adjust for (anything the feature changes; the survey is a collider)? How strong would a hidden confounder have to be? Whose effect is it: all users' or adopters'?
# > **Red flags:** "correlation isn't causation" and then nothing; adjusting for every column; putting next month's activity in as a control; "n is huge".

# %% [markdown]
# ## When an experiment is not possible
#
# An A/B test makes the arms alike in everything, measured or not. Always ask first whether some form of it can be saved.
#
# | obstacle | example | first try to save the experiment |
# |---|---|---|
# | *ethics*: a benefit cannot be withheld, a harm cannot be given | a self-harm classifier; a security patch | waiting list: random order, everybody gets it; or randomise an encouragement only |
# | *spillover*: one user's arm changes another's outcome | shared workspaces, marketplaces, one GPU pool | randomise teams, cities or time slots in place of users |
# | *rare events* with too few users | account takeovers, safety incidents | a more frequent step on the way there; pool markets; run longer |
# | *legacy systems* that cannot assign at random | a nightly batch, one price list for all, a hard-coded rule | assign by a hash of the id in front of the system; stage the rollout by region |
#
# How bad is "too few"? Users per arm to see a rate **halved**, with 80 % power at 5 %:

# %% collapsed=true
rate = np.logspace(-6, -1, 60)
z = stats.norm.isf(0.025) + stats.norm.isf(0.2)
users = z**2 * (rate * (1 - rate) + rate / 2 * (1 - rate / 2)) / (rate / 2) ** 2
fig, ax = plt.subplots(figsize=(7, 3))
ax.loglog(rate, users, color="C0", lw=2)
for at, name in [(0.02, "a complaint, 1 in 50"), (1e-5, "a safety incident, 1 in 100,000")]:
    need = z**2 * (at * (1 - at) + at / 2 * (1 - at / 2)) / (at / 2) ** 2
    ax.plot(at, need, "o", color="C1")
    ax.annotate(
        f"{name}:\n{need:,.0f} users per arm",
        (at, need),
        xytext=(8 if at < 1e-3 else -8, 6 if at < 1e-3 else -6),
        ha="left" if at < 1e-3 else "right",
        va="bottom" if at < 1e-3 else "top",
        textcoords="offset points",
        color="C1",
        fontsize=9,
    )
ax.set(
    xlabel="share of users with the event",
    ylabel="users per arm",
    xlim=(1e-6, 0.1),
    ylim=(100, 1e8),
    title="Even to see it halved, a rare event asks for millions of users",
)
plt.show()

# %% [markdown]
# When nothing can be saved, look for a situation in which *something like* a coin was tossed. Each method buys that with an assumption. You must name it, test what can be tested and defend the rest.
#
# | method | when | key assumption | what you can check |
# |---|---|---|---|
# | difference-in-differences | before and after, with a group that did not get it | parallel trends: without the treatment both would have moved alike | trends before the start |
# | regression discontinuity | treated above a threshold, such as a credit score of 700 | nobody steers their score around the threshold | a jump in the density |
# | instrumental variable | something moves the treatment and nothing else | it reaches the outcome only through the treatment | the first stage; not the assumption |
# | propensity score matching | rich data on who got it | no unmeasured confounder | balance and overlap, on what was measured |
# | synthetic control | one treated unit, many others | a mix of the others would have gone on like it | fit before the start |
#
# The first follows now, the others in the topics after it. Adjusting, which you did above, is the idea behind matching.

# %% [markdown]
# > **In the interview.** *"When can't you run an A/B test, and what then?"*
# > **In 30 seconds:** when withholding is unethical, when users affect each other, when the event is too rare, when the system cannot randomise. First I try to save randomness: clusters, time slots, a random rollout order, an invitation. If not, I pick the design that fits how treatment came about (a threshold, a date, a nudge, one market) and defend its assumption.
# > **They ask next:** which assumption, and how would you test it? What would change your mind?
# > **Red flags:** reaching for matching by reflex; a method without its assumption; "we control for everything".

# %% [markdown]
# ## Difference-in-differences
#
# In April 1992 New Jersey raised its minimum wage from $4.25 to $5.05; its neighbour Pennsylvania did not. Card and Krueger (1994) asked fast-food restaurants about full-time equivalent (FTE) staff, before and after:

# %%
staff = pd.DataFrame({"before": [23.33, 20.44], "after": [21.17, 21.03]}, index=["Pennsylvania", "New Jersey"])
staff.assign(change=staff["after"] - staff["before"]).round(2)

# %% collapsed=true
expected = 20.44 + (21.17 - 23.33)
fig, ax = plt.subplots(figsize=(7, 3))
ax.plot([0, 1], staff.loc["Pennsylvania"], "o-", color="0.5")
ax.plot([0, 1], staff.loc["New Jersey"], "o-", color="C0")
ax.plot([0, 1], [20.44, expected], "o--", color="C0", mfc="white")
ax.annotate("", (1.03, 21.03), (1.03, expected), arrowprops={"arrowstyle": "<->", "color": "C1", "shrinkA": 0, "shrinkB": 0})
ax.text(1.06, (21.03 + expected) / 2, f"effect: {21.03 - expected:+.2f}", color="C1", va="center")
ax.text(0.42, 22.75, "Pennsylvania", color="0.4")
ax.text(0.42, 21.0, "New Jersey", color="C0")
ax.text(0.35, 18.5, "New Jersey, had it moved\nlike Pennsylvania", color="C0", ha="center", va="center")
ax.set_xticks([0, 1], ["before", "after"])
ax.set(xlim=(-0.2, 1.5), ylim=(17.5, 24), ylabel="FTE staff per restaurant", title="Staff fell next door, and did not fall in New Jersey")
plt.show()

# %% [markdown]
# Two easy numbers mislead. *After only*: New Jersey has 0.14 fewer than Pennsylvania, but it always had fewer. *Before and after*: New Jersey gained 0.59, but the same months cost Pennsylvania 2.16.
# Take the difference of the two changes: 0.59 − (−2.16) = **2.75**. The published estimate is 2.76 (standard error 1.36), from unrounded data; rounded means give 2.75. The wage rise did not cost jobs here.
#
# The dashed line is the assumption, *parallel trends*: untreated, New Jersey would have changed by as much as Pennsylvania. Levels may differ, changes may not. With a single look before the rise, nobody can check it. Longer panels can.
#
# With many units $i$ and periods $t$ it is a regression, *two-way fixed effects*: a level for each unit, a level for each period, and the effect wherever the treatment is on.
#
# $$y_{it} = \alpha_i + \gamma_t + \tau D_{it} + u_{it}$$
#
# If no row is missing and all treated units start together, $\hat\tau$ is again the difference of the two mean changes.


# %% locked="simulate_panel"
def simulate_panel(units: int, periods: int, start: int, seed: int, effect: float = 0.0, slope: float = 0.0, rho: float = 0.8) -> pd.DataFrame:
    """Weekly tickets solved per person in `units` teams; the first half of the teams gets the assistant in period `start` (periods count from 1).

    Columns: unit, period, treated (1 where the assistant is on), outcome. Treated teams grow by `slope` more per period, with or without it.
    Shocks are AR(1) with coefficient `rho`: a good week follows a good week.
    """
    rng = np.random.default_rng(seed)
    group = np.arange(units) < units // 2
    shock = np.empty((units, periods))
    shock[:, 0] = rng.normal(0, 2, units)
    for t in range(1, periods):
        shock[:, t] = rho * shock[:, t - 1] + rng.normal(0, 2 * np.sqrt(1 - rho**2), units)
    time = np.arange(1, periods + 1)
    on = group[:, None] & (time >= start)
    y = 30 + 4 * group[:, None] + rng.normal(0, 5, (units, 1)) + 0.4 * time + rng.normal(0, 1, periods) + slope * group[:, None] * time + effect * on + shock
    return pd.DataFrame({"unit": np.repeat(np.arange(units), periods), "period": np.tile(time, units), "treated": on.ravel().astype(int), "outcome": y.ravel()})


# %% [markdown]
# ### How sure? Count units, not rows
#
# A team that is ahead of its own average this week will be next week, too. So twelve weeks of one team are worth much less than twelve independent rows. Bertrand, Duflo and Mullainathan (2004) gave made-up laws to real states: with ordinary standard errors, up to 45 % of them were "significant at 5 %".
# Here are 400 rollouts that do nothing, in 30 teams over 12 weeks:

# %% collapsed=true
estimates, plain, clustered = [], [], []
for seed in range(400):
    wide = simulate_panel(30, 12, 7, seed)["outcome"].to_numpy().reshape(30, 12)
    y = wide - wide.mean(axis=1, keepdims=True) - wide.mean(axis=0) + wide.mean()
    d = np.outer(np.where(np.arange(30) < 15, 0.5, -0.5), np.where(np.arange(12) < 6, -0.5, 0.5))
    tau = (d * y).sum() / (d**2).sum()
    u = y - tau * d
    estimates.append(tau)
    plain.append(np.sqrt((u**2).sum() / (360 - 30 - 12) / (d**2).sum()))
    clustered.append(np.sqrt((((d * u).sum(axis=1)) ** 2).sum() * 30 / 29) / (d**2).sum())
estimates, plain, clustered = map(np.array, (estimates, plain, clustered))
fig, ax = plt.subplots(figsize=(7, 3))
ax.hist(estimates, bins=np.arange(-2.4, 2.5, 0.2), color="0.8")
for error, colour, name, height in [(plain, "C1", "rows as independent", 60), (clustered, "C0", "clustered by team", 66)]:
    reach = stats.t.ppf(0.975, 29) * error.mean()
    wrong = np.mean(np.abs(estimates) > stats.t.ppf(0.975, 29) * error)
    ax.plot([-reach, reach], [height, height], color=colour, lw=4, solid_capstyle="butt", label=f"95 %, {name}: {wrong:.0%} false alarms")
ax.set(
    xlabel="estimated effect of a rollout that does nothing", ylabel="rollouts", ylim=(0, 98), title="Rows taken as independent see effects that are not there"
)
ax.legend(frameon=False, loc="upper left", fontsize=9)
plt.show()

# %% [markdown]
# The remedy is a *cluster-robust* (clustered) standard error. Remove unit and period levels from $D$ (what is left is $\tilde D$), multiply by the residual, and add up **within each unit** before squaring. Whatever the correlation in a unit looks like, its sum is what counts:
#
# $$\operatorname{se}^2 = \frac{G}{G-1}\cdot\frac{\sum_{g=1}^{G}\left(\sum_{t}\tilde D_{gt}\,\hat u_{gt}\right)^2}{\left(\sum_{g,t}\tilde D_{gt}^2\right)^2}, \qquad \text{with } t_{G-1} \text{ quantiles}$$
#
# Packages differ in the small-sample factor. The course uses $G/(G-1)$ for $G$ units and nothing else. statsmodels also multiplies by $(N-1)/(N-K)$ and counts every unit dummy in $K$: with two periods per unit that about doubles the variance, for no good reason. linearmodels leaves $G/(G-1)$ out unless you ask for `group_debias`, and counts the levels of units and periods too (`auto_df=False, count_effects=False` turns that off). State which one you used.
#
# Two warnings before you write it.
# - *One treated unit has no clustered error.* A regression fits its change perfectly, so its own noise never shows. You need several treated and several untreated units.
# - *Staggered starts.* When units start at different times, this regression also uses units that are treated already as controls, and takes their growing effect for a trend. More on this below; `did` refuses such data.

# %% locked="did_example"
did_example = pd.DataFrame(
    {"unit": list("AABBCCDD"), "period": [1, 2] * 4, "treated": [0, 1, 0, 1, 0, 0, 0, 0], "outcome": [10, 16, 14, 18, 8, 9, 14, 17]},
)

# %% [markdown] statement="did" level="core"
# ### `did`: a difference in differences and how sure you are of it
#
# Write `did(panel)` for a data frame with columns `unit`, `period` (sortable: ints or dates), `treated` (1 in rows where the treatment is on, otherwise 0) and `outcome`. Rows come in any order, and some may be missing. Return a dict:
#
# - `effect`: $\hat\tau$, by least squares with a level for each unit and for each period;
# - `se`: by the formula above, clustered by unit, factor $G/(G-1)$ only, where $G$ counts the units in the panel;
# - `ci_low`, `ci_high`: `effect` ± the 97.5 % quantile of Student's $t$ with $G - 1$ degrees of freedom times `se`.
#
# Let the *start* be the first period with a treated row. With fewer than two ever-treated or fewer than two never-treated units, `se`, `ci_low` and `ci_high` are `nan`; `effect` is still given.
# Raise `ValueError` when: a pair of unit and period occurs twice; no row is treated; no unit is never treated; no period comes before the start; an ever-treated unit has an untreated row at or after the start.
#
# Example: teams A, B (treated in week 2) go 10 → 16 and 14 → 18, teams C, D go 8 → 9 and 14 → 17. The mean changes are 5 and 2, so `effect` is 3; `se` is 1.1547, the interval (−0.6748, 6.6748). This is `did_example`.


# %% solution="did"
def did(panel: pd.DataFrame) -> dict[str, float]:
    """Two-way fixed effects with errors clustered by unit.

    panel: columns unit, period, treated (0/1), outcome; one row per unit and period, rows may be missing.
    Returns effect, se, ci_low, ci_high. Raises ValueError where there is no common start to compare.
    """
    ### BEGIN SOLUTION
    if panel.duplicated(["unit", "period"]).any():
        raise ValueError("a unit has two rows in one period")
    on = panel["treated"].to_numpy() == 1
    if not on.any():
        raise ValueError("no treated row")
    start = panel["period"][on].min()
    ever = panel["unit"].isin(panel["unit"][on]).to_numpy()
    late = (panel["period"] >= start).to_numpy()
    if ever.all() or late.all() or (ever & late & ~on).any():
        raise ValueError("needs never-treated units, a period before the start, and one start for all")
    unit, _ = pd.factorize(panel["unit"])
    period, _ = pd.factorize(panel["period"])
    levels = np.hstack([np.eye(unit.max() + 1)[unit], np.eye(period.max() + 1)[period]])
    both = np.column_stack([on, panel["outcome"]]).astype(float)
    both -= levels @ np.linalg.lstsq(levels, both, rcond=None)[0]
    d, y = both.T
    effect = d @ y / (d @ d)
    n_units = unit.max() + 1
    scores = np.bincount(unit, weights=d * (y - effect * d))
    treated_units = panel["unit"][ever].nunique()
    se = np.nan
    if min(treated_units, n_units - treated_units) >= 2:
        se = np.sqrt(n_units / (n_units - 1) * (scores @ scores)) / (d @ d)
    reach = stats.t.ppf(0.975, n_units - 1) * se
    return {"effect": float(effect), "se": float(se), "ci_low": float(effect - reach), "ci_high": float(effect + reach)}
    ### END SOLUTION


# %% [markdown] hint="did"
# Build the columns of the regression: one dummy per unit, one per period, and `treated`. `np.linalg.lstsq` copes with the redundant dummy. Means of four groups are enough only when no row is missing.

# %% [markdown] hint="did"
# Regress `treated` and `outcome` on the dummies and keep the two residuals `d` and `y`: then `effect = d @ y / (d @ d)` and the regression's own residual is `u = y - effect * d`.

# %% [markdown] hint="did"
# Sum `d * u` within each unit (`np.bincount` with weights, or a groupby), square the sums and add them up; multiply by `G / (G - 1)`, take the root, divide by `d @ d`.

# %% test="did" name="value" points=2
"""Two periods by hand, then panels of many weeks, in any order."""
_result = did(did_example)
assert isinstance(_result, dict), "return a dict with the keys effect, se, ci_low, ci_high"
checks.close(
    _result.get("effect"),
    3.0,
    "the effect of the example",
    mistakes={
        "this compares the groups after the start only; subtract their difference before it": 4.0,
        "this compares the treated units before and after; subtract the change of the others": 5.0,
        "this is the change of the untreated minus that of the treated; turn it round": -3.0,
    },
)
checks.close(
    _result.get("se"),
    1.1547005383792515,
    "the standard error of the example",
    mistakes={
        "the factor G / (G - 1) is missing": 1.0,
        "the rows are taken as independent; cluster by unit": math.sqrt(2),
        "the rows are taken as independent (robust to unequal variances only); add up d * u within each unit before squaring": math.sqrt(0.5),
        "the variance is also multiplied by (N - 1) / (N - K); use G / (G - 1) only": math.sqrt(14 / 3),
        "this is the variance; take its root": 4 / 3,
    },
)
checks.array(
    [_result.get("ci_low"), _result.get("ci_high")],
    [-0.6747724620741571, 6.6747724620741575],
    "the interval of the example",
    mistakes={"use Student's t with G - 1 degrees of freedom, not 1.96": [3 - 1.959963985 * 1.1547005383792515, 3 + 1.959963985 * 1.1547005383792515]},
)
### BEGIN HIDDEN TESTS
for _units, _periods, _start, _seed, _effect in [(24, 10, 6, 1, 1.5), (9, 4, 2, 8, -2.0)]:
    _panel = simulate_panel(_units, _periods, _start, _seed, _effect)
    _wide = _panel.pivot(index="unit", columns="period", values="outcome")
    _change = (_wide.loc[:, _start:].mean(axis=1) - _wide.loc[:, : _start - 1].mean(axis=1)).to_numpy()
    _group = np.arange(_units) < _units // 2
    _n1, _n0 = _group.sum(), (~_group).sum()
    _tau = _change[_group].mean() - _change[~_group].mean()
    _cr0 = np.sqrt(_change[_group].var() / _n1 + _change[~_group].var() / _n0)
    _se = _cr0 * np.sqrt(_units / (_units - 1))
    _reach = stats.t.ppf(0.975, _units - 1) * _se
    _after = _wide.loc[:, _start:].to_numpy()
    _result = did(_panel.sample(frac=1, random_state=_seed))
    checks.close(
        _result.get("effect"),
        _tau,
        f"the effect in {_units} teams and {_periods} weeks",
        mistakes={
            "this compares the groups after the start only; subtract their difference before it": _after[_group].mean() - _after[~_group].mean(),
            "this compares the treated units before and after; subtract the change of the others": _change[_group].mean(),
        },
    )
    _y = (_wide.sub(_wide.mean(axis=1), axis=0) - _wide.mean() + _wide.to_numpy().mean()).to_numpy()
    _d = np.outer(_group - _group.mean(), (np.arange(1, _periods + 1) >= _start) - (_periods - _start + 1) / _periods)
    _u, _rows = _y - _tau * _d, _units * _periods
    _k = _units + _periods
    _own = np.sqrt((_u**2).sum() / (_rows - _k) / (_d**2).sum())
    checks.close(
        _result.get("se"),
        _se,
        f"the standard error in {_units} teams and {_periods} weeks",
        mistakes={
            "the factor G / (G - 1) is missing": _cr0,
            "the rows are taken as independent; cluster by unit": _own,
            "the rows are taken as independent (robust to unequal variances only); add up d * u within each unit before squaring": np.sqrt(
                ((_d * _u) ** 2).sum()
            )
            / (_d**2).sum(),
            "the variance is also multiplied by (N - 1) / (N - K); use G / (G - 1) only": _se * np.sqrt((_rows - 1) / (_rows - _k)),
            "this is clustered by period; cluster by unit": np.sqrt(((_d * _u).sum(axis=0) ** 2).sum() * _periods / (_periods - 1)) / (_d**2).sum(),
        },
    )
    checks.array([_result.get("ci_low"), _result.get("ci_high")], [_tau - _reach, _tau + _reach], f"the interval in {_units} teams and {_periods} weeks")
### END HIDDEN TESTS

# %% test="did" name="missing_rows" points=2
"""Rows are missing: unit and period levels have to come out of one least-squares fit."""
### BEGIN HIDDEN TESTS
_panel = simulate_panel(20, 8, 5, 44, 2.0, rho=0.5)
_rng = np.random.default_rng(9)
_kept = _panel[(_rng.random(len(_panel)) > 0.25) | (_panel["period"].isin([1, 8]))]
_kept = _kept[~((_kept["unit"] < 5) & (_kept["period"] == 1))].reset_index(drop=True)
_dates = _kept.assign(period=pd.Timestamp("2026-01-05") + pd.to_timedelta(7 * _kept["period"], unit="D"), unit="team " + _kept["unit"].astype(str))


def _fit(table, columns):
    x = np.column_stack([table["treated"], *(pd.get_dummies(table[column]).to_numpy(float) for column in columns), np.ones(len(table))])
    return np.linalg.pinv(x), x


_inverse, _x = _fit(_kept, ["unit", "period"])
_y = _kept["outcome"].to_numpy()
_tau = _inverse[0] @ _y
_u = _y - _x @ (_inverse @ _y)
_scores = pd.Series(_inverse[0] * _u).groupby(_kept["unit"]).sum()
_se = np.sqrt((_scores**2).sum() * 20 / 19)
_group = _kept["unit"] < 10
_late = _kept["period"] >= 5
_cell = _kept.groupby([_group, _late])["outcome"].mean()
_result = did(_kept)
checks.close(
    _result["effect"],
    _tau,
    "the effect with missing rows",
    mistakes={
        "these are the means of four groups of rows; with missing rows fit unit and period levels": _cell[True, True]
        - _cell[True, False]
        - _cell[False, True]
        + _cell[False, False],
        "the period levels are missing": _fit(_kept, ["unit"])[0][0] @ _y,
        "the unit levels are missing": _fit(_kept.assign(group=_group), ["group", "period"])[0][0] @ _y,
        "means are subtracted one after the other; with missing rows that is not the least-squares fit": (
            lambda m: float((m["treated"] * m["outcome"]).sum() / (m["treated"] ** 2).sum())
        )(
            _kept[["treated", "outcome"]]
            - _kept.groupby("unit")[["treated", "outcome"]].transform("mean")
            - _kept.groupby("period")[["treated", "outcome"]].transform("mean")
            + _kept[["treated", "outcome"]].mean()
        ),
    },
)
checks.close(
    _result["se"],
    _se,
    "the standard error with missing rows",
    mistakes={
        "the factor G / (G - 1) is missing": _se * np.sqrt(19 / 20),
        "the rows are taken as independent; cluster by unit": np.sqrt(_u @ _u / (len(_y) - 28) * (_inverse[0] @ _inverse[0])),
    },
)
checks.close(did(_dates)["effect"], _tau, "the effect when periods are dates and units are names")
### END HIDDEN TESTS

# %% test="did" name="one_treated_unit" points=1
"""With one treated unit there is an effect and no standard error."""
_small = did(did_example[did_example["unit"] != "B"])
checks.close(_small.get("effect"), 4.0, "the effect when only team A is treated")
checks.array(
    [_small.get("se"), _small.get("ci_low"), _small.get("ci_high")],
    [np.nan] * 3,
    "se, ci_low and ci_high when only team A is treated (its own noise never shows)",
)
### BEGIN HIDDEN TESTS
_wages = pd.DataFrame({"unit": ["PA", "PA", "NJ", "NJ"], "period": [1, 2, 1, 2], "treated": [0, 0, 0, 1], "outcome": [23.33, 21.17, 20.44, 21.03]})
_result = did(_wages)
checks.close(_result["effect"], 2.75, "the effect from Card and Krueger's rounded means", mistakes={"this compares the groups after the start only": -0.14})
checks.array([_result["se"], _result["ci_low"], _result["ci_high"]], [np.nan] * 3, "se, ci_low and ci_high of two states")
_alone = did(did_example[did_example["unit"] != "C"])
checks.close(_alone["effect"], 2.0, "the effect with one control unit")
checks.array([_alone["se"], _alone["ci_low"], _alone["ci_high"]], [np.nan] * 3, "se, ci_low and ci_high with one control unit")
### END HIDDEN TESTS

# %% test="did" name="refused" points=1
"""Data without a common start, without controls or with double rows is refused."""
_stagger = simulate_panel(8, 6, 3, 5)
_stagger.loc[(_stagger["unit"] == 0) & (_stagger["period"] == 3), "treated"] = 0
checks.raises(ValueError, did, _stagger, what="a unit that starts one period later than the others")
### BEGIN HIDDEN TESTS
_good = simulate_panel(8, 6, 3, 5)
_stops = _good.copy()
_stops.loc[(_stops["unit"] == 1) & (_stops["period"] == 6), "treated"] = 0
checks.raises(ValueError, did, _stops, what="a unit whose treatment is switched off")
checks.raises(ValueError, did, _good.assign(treated=0), what="no treated row")
checks.raises(ValueError, did, _good[_good["unit"] < 4], what="no unit that is never treated")
checks.raises(ValueError, did, _good[_good["period"] >= 3], what="no period before the start")
checks.raises(ValueError, did, pd.concat([_good, _good.iloc[[7]]], ignore_index=True), what="a unit with two rows in one period")
### END HIDDEN TESTS

# %% test="did" name="false_alarms" points=1
"""In 100 rollouts that do nothing, with shocks that last, about 5 % of the intervals miss 0."""
### BEGIN HIDDEN TESTS
_misses = 0
for _seed in range(100):
    _result = did(simulate_panel(24, 8, 5, 9_000 + _seed))
    _misses += not _result["ci_low"] <= 0 <= _result["ci_high"]
checks.between(
    _misses / 100,
    0.0,
    0.14,
    "the share of intervals that miss 0",
    mistakes={"the intervals are too narrow: rows of one unit are taken as independent": (0.2, 0.7)},
)
### END HIDDEN TESTS

# %% [markdown] explain="did"
# Regressing out unit and period levels first (Frisch, Waugh and Lovell) leaves a regression with one column, so both formulas are short. With a full panel $\tilde D$ is constant within unit and half, and everything reduces to comparing one number per unit: its mean after minus its mean before.
# That is why the number of rows hardly matters and the number of units does. A robust (HC) error is not enough: it allows unequal variances, but still takes rows as independent.
# One dummy per unit is fine for hundreds of units. For more, take means out in turn until nothing moves, which is what `linearmodels` and `fixest` do.

# %% [markdown]
# ### Real data: one treated state
#
# In July 2011 California changed how it asks people to become organ donors: from "tick here to join" to a forced yes or no. Kessler and Roth (2014) compare it with 26 states. The table ships with `causaldata`; it has three quarters before and three after.

# %%
donors = datasets.causal("organ_donations")
donors["treated"] = ((donors["State"] == "California") & (donors["Quarter_Num"] >= 4)).astype(int)
model = smf.ols("Rate ~ treated + C(State) + C(Quarter_Num)", donors)
clusters = {"groups": pd.factorize(donors["State"])[0], "use_correction": False}
error = model.fit(cov_type="cluster", cov_kwds=clusters).bse["treated"] * np.sqrt(27 / 26)
default = model.fit(cov_type="cluster", cov_kwds={**clusters, "use_correction": True})
rates = donors.pivot(index="State", columns="Quarter_Num", values="Rate")
gap = rates.loc["California"] - rates.drop("California").mean()
leads = (gap - gap[3]).loc[[1, 2]]
print(f"effect on the share of people who register: {default.params['treated']:.3f} ({error:.3f}, clustered by state); published: -0.022 (0.006)")
print(f"the same error with statsmodels' default factor: {default.bse['treated']:.3f}")
print(f"California against the others, relative to the quarter before the change: {leads[1]:+.3f} and {leads[2]:+.3f} in the two quarters before that")

# %% [markdown]
# The estimate is the published one (also in Huntington-Klein, *The Effect*, chapter 18). The quarters before are nearly flat: gaps of −0.003 and +0.006, the larger one a quarter of the effect of −0.022.
#
# But how sure? California is the only treated state, and its residuals add up to nothing: the clustered error only knows how noisy the mean of the *other* 26 states is. An honest yardstick is a *placebo*: pretend that each other state had made the change, and see what you would have found.

# %% collapsed=true
change = rates[[4, 5, 6]].mean(axis=1) - rates[[1, 2, 3]].mean(axis=1)
others = change.drop("California")
placebo = pd.Series({state: others[state] - others.drop(state).mean() for state in others.index})
effect = change["California"] - others.mean()
larger = int((placebo.abs() >= abs(effect)).sum())
fig, ax = plt.subplots(figsize=(7, 3))
ax.axvspan(effect - 1.96 * error, effect + 1.96 * error, color="C0", alpha=0.15, lw=0)
ax.plot(placebo, np.linspace(0.25, 0.75, 26)[np.argsort(np.argsort(others.index))], "o", color="0.6", label="another state, as if it had changed")
ax.plot(effect, 0.5, "D", color="C0", ms=9, label="California, with its clustered 95 % interval")
for state in ["Michigan", "District of Columbia", "New Hampshire"]:
    ax.annotate(
        state,
        (placebo[state], np.linspace(0.25, 0.75, 26)[list(others.index).index(state)]),
        xytext=(0, 7),
        ha="center",
        textcoords="offset points",
        fontsize=8,
        color="0.4",
    )
ax.axvline(0, color="0.2", ls="--", lw=1)
ax.set(xlabel="estimated change in the share of registered donors", yticks=[], ylim=(0.15, 1.15), xlim=(-0.085, 0.165))
ax.set_title(f"{larger} of 26 states that changed nothing moved at least as far")
ax.legend(frameon=False, loc="upper right", fontsize=9)
plt.show()
print(f"placebo p-value: (1 + {larger}) / 27 = {(1 + larger) / 27:.2f}")

# %% [markdown]
# Four of 26 moved as far without any reform. These six quarters alone are weak evidence, whatever the tiny error says. That is why your `did` returns `nan` here.

# %% [markdown]
# > **In the interview.** *"We launched in Germany in May, not in France. Did it work?"*
# > **In 30 seconds:** difference-in-differences: the change in Germany minus the change in France, so fixed differences and common shocks drop out. It rests on parallel trends, so I plot both before May and run an event study. Errors are clustered by the unit that got the treatment; with two countries there is no honest error, so I'd go to cities or to synthetic control.
# > **They ask next:** why are row-level errors too small (shocks last)? What if launches are staggered? What if French users noticed (spillover)? Which small-sample factor?
# > **Red flags:** after-only comparisons; 10,000 rows called 10,000 observations; controls chosen because they make the trend fit.

# %% [markdown]
# ## Parallel trends: test it, then doubt it
#
# Nobody can see how the treated would have moved untreated. But you can look at the time *before* the start, when nobody was treated: the gap between the groups should have been flat. An *event study* draws it. It gives the treated group a coefficient in every period except one, the last before the start:
#
# $$y_{it} = \alpha_i + \gamma_t + \sum_{s \neq s_0 - 1} \beta_s \, 1[i \text{ ever treated}] \, 1[t = s] + u_{it}$$
#
# Coefficients before the start $s_0$ are the *leads*: they should be near 0. Those from $s_0$ on are the effect as it unfolds. Below, two rollouts with the same true effect of +2. On the right, the assistant went to teams that were growing faster anyway.


# %% collapsed=true
def event_study(panel, start):
    """Coefficients and clustered errors of a full panel: gaps between the groups' mean changes since period start - 1."""
    wide = panel.pivot(index="unit", columns="period", values="outcome")
    moved = wide.sub(wide[start - 1], axis=0)
    group = moved.index < len(moved) // 2
    spread = sum(moved[part].var(ddof=0) / part.sum() for part in (group, ~group))
    return moved[group].mean() - moved[~group].mean(), np.sqrt(spread * len(moved) / (len(moved) - 1))


fig, axes = plt.subplots(1, 2, figsize=(9, 3), sharey=True, layout="constrained")
for ax, slope, title in zip(axes, [0.0, 0.5], ["Parallel before: believable", "Not parallel before: the trend poses as effect"], strict=True):
    panel = simulate_panel(60, 12, 7, 2, effect=2.0, slope=slope)
    beta, error = event_study(panel, 7)
    wide = panel.pivot(index="unit", columns="period", values="outcome")
    moved = wide.loc[:, 7:].mean(axis=1) - wide.loc[:, :6].mean(axis=1)
    naive = moved[:30].mean() - moved[30:].mean()
    for part, colour in [(beta.index < 7, "0.4"), (beta.index >= 7, "C0")]:
        ax.errorbar(beta.index[part], beta[part], 2 * error[part], fmt="o", color=colour, ms=4)
    ax.axhline(0, color="0.2", lw=1)
    ax.plot([6.6, 12.4], [2, 2], color="C1", ls="--", lw=1.5)
    ax.axvline(6.5, color="0.7", lw=1)
    ax.text(1, 6.2, f"DiD says {naive:+.1f}", color="C0", weight="bold")
    ax.set(xlabel="week", title=title, xticks=range(1, 13))
axes[0].text(9.5, -1.6, "dashed: the true\neffect, +2", color="C1", ha="center", va="center")
axes[0].set(ylabel="gap, tickets per person", ylim=(-4.5, 7.6))
plt.show()

# %% [markdown]
# Bars are ± 2 clustered standard errors. On the right DiD claims more than twice the truth, and the grey leads gave it away: they climb for five weeks before anything was launched.
#
# One lead at a time is a bad test: of five leads one is often "significant", and they are correlated. Test them **jointly**. With $q$ leads $b$ and their clustered covariance $V$:
#
# $$F = \tfrac{1}{q}\, b^\top V^{-1} b, \qquad p = P(F_{q,\,G-1} \ge F), \qquad V = \tfrac{G}{G-1}\,(\tilde X^\top \tilde X)^{-1}\Big(\sum_g s_g s_g^\top\Big)(\tilde X^\top \tilde X)^{-1}, \quad s_g = \sum_t \tilde x_{gt}\,\hat u_{gt}$$
#
# It is the formula of `did` with more than one column: $\tilde X$ holds all lead and effect columns after unit and period levels are removed; from $V$ take the block of the leads. The periods after the start stay out of the test. An effect there is no sign of a bad control group.
#
# **With few units this test cries wolf.** $V$ is estimated from $G$ units and comes out too small. With five leads and truly parallel trends it rejects, at a nominal 5 %, about 25 % of simulated panels of 12 teams, 14 % of 20, 9 % of 42 and 6.5 % of 100. So read "diverging" from a dozen units with care (a wild cluster bootstrap is the usual remedy), and never ask for more leads than units can carry.

# %% locked="event_example"
_weeks = {
    "A": (7, 10, 9, 19),
    "B": (6, 7, 7, 15),
    "C": (9, 10, 12, 19),
    "D": (12, 13, 11, 13),
    "E": (8, 9, 9, 8),
    "F": (9, 10, 12, 13),
}
event_example = pd.DataFrame(
    [(unit, week, int(unit in "ABC" and week == 4), value) for unit, values in _weeks.items() for week, value in enumerate(values, 1)],
    columns=["unit", "period", "treated", "outcome"],
)

# %% [markdown] statement="pre_trends" level="stretch"
# ### `pre_trends`: were the groups parallel before?
#
# Write `pre_trends(panel)` for the columns of `did`: `unit`, `period`, `treated`, `outcome`; rows in any order, some may be missing. The *start* is the first period with a treated row; the reference is the last period of the panel before it. Return a dict:
#
# - `leads`: the coefficients of the periods before the reference, `effects`: those from the start on; two lists, earliest period first;
# - `f`, `p_value`: the joint test of the leads by the formula above; $V$ is clustered by unit with factor $G/(G-1)$ only;
# - `verdict`: `"diverging"` when `p_value` < 0.05, otherwise `"not rejected"` (which is not "parallel").
#
# With fewer than two ever-treated or fewer than two never-treated units, and with more than $G - 2$ leads ($V$ cannot be inverted then), `f` and `p_value` are `nan` and the verdict is `"cannot be tested"`; leads and effects are still given. Every period has a row in both groups.
# Raise `ValueError` when a pair of unit and period occurs twice, when no row is treated, when no unit is never treated, when there are fewer than two periods before the start, and when an ever-treated unit has an untreated row at or after the start.
#
# Example: `event_example` has six teams and four weeks, A, B, C treated in week 4. Rounded, `leads` are −1 and −0.3333, `effects` 7.6667, `f` is 1 and `p_value` 0.4312.


# %% solution="pre_trends"
def pre_trends(panel: pd.DataFrame) -> dict:
    """Event study with errors clustered by unit, and the joint test of its leads.

    panel: columns unit, period, treated (0/1), outcome; one row per unit and period, rows may be missing.
    Returns leads, effects (lists in order of time), f, p_value, verdict. Raises ValueError where there is nothing to test.
    """
    ### BEGIN SOLUTION
    on = panel["treated"].to_numpy() == 1
    if not on.any() or panel.duplicated(["unit", "period"]).any():
        raise ValueError("no treated row, or two rows of a unit in one period")
    start = panel["period"][on].min()
    ever = panel["unit"].isin(panel["unit"][on]).to_numpy()
    period, times = pd.factorize(panel["period"], sort=True)
    first = int((times < start).sum())
    if ever.all() or first < 2 or (ever & (period >= first) & ~on).any():
        raise ValueError("needs never-treated units, two periods before the start, and one start for all")
    unit, names = pd.factorize(panel["unit"])
    at = np.eye(len(times))[period]
    columns = np.delete(at * ever[:, None], first - 1, axis=1)
    levels = np.hstack([np.eye(len(names))[unit], at])
    both = np.column_stack([columns, panel["outcome"]]).astype(float)
    both -= levels @ np.linalg.lstsq(levels, both, rcond=None)[0]
    x, y = both[:, :-1], both[:, -1]
    bread = np.linalg.inv(x.T @ x)
    beta = bread @ x.T @ y
    q, n_units = first - 1, len(names)
    result = {"leads": beta[:q].tolist(), "effects": beta[q:].tolist(), "f": math.nan, "p_value": math.nan, "verdict": "cannot be tested"}
    treated_units = panel["unit"][ever].nunique()
    if min(treated_units, n_units - treated_units) >= 2 and q <= n_units - 2:
        scores = np.eye(n_units)[unit].T @ (x * (y - x @ beta)[:, None])
        covariance = bread @ (scores.T @ scores) @ bread * n_units / (n_units - 1)
        result["f"] = float(beta[:q] @ np.linalg.solve(covariance[:q, :q], beta[:q]) / q)
        result["p_value"] = float(stats.f.sf(result["f"], q, n_units - 1))
        result["verdict"] = "diverging" if result["p_value"] < 0.05 else "not rejected"
    return result
    ### END SOLUTION


# %% [markdown] hint="pre_trends"
# One column for each period but the reference: 1 for rows of ever-treated units in that period, otherwise 0. Regress unit and period levels out of these columns and of the outcome, as in `did`.

# %% [markdown] hint="pre_trends"
# `beta = inv(X'X) X'y`. Sum `X * u[:, None]` within each unit: one row of scores per unit, $S$. Then $V = \frac{G}{G-1} (X'X)^{-1} S'S (X'X)^{-1}$.

# %% [markdown] hint="pre_trends"
# With `q` leads in the first columns: `f = beta[:q] @ np.linalg.solve(V[:q, :q], beta[:q]) / q` and `stats.f.sf(f, q, G - 1)`.

# %% test="pre_trends" name="coefficients" points=1
"""Leads and effects against the last period before the start: the example, then shuffled and thinned panels."""
_result = pre_trends(event_example)
assert isinstance(_result, dict), "return a dict with the keys leads, effects, f, p_value, verdict"
checks.array(
    _result.get("leads"),
    [-1.0, -1 / 3],
    "the leads of the example",
    mistakes={
        "the reference is the first period; take the last before the start": [2 / 3, 1.0],
        "these are gaps between the groups, not relative to the reference period": [-7 / 3, -5 / 3],
        "the sign is turned round: a lead is the gap in its own period minus the gap in the reference period": [1.0, 1 / 3],
        "the reference period's own 0 is no lead; leave it out": [-1.0, -1 / 3, 0.0],
    },
)
checks.array(
    _result.get("effects"), [23 / 3], "the effects of the example", mistakes={"this is the gap after the start, not relative to the reference period": [19 / 3]}
)
### BEGIN HIDDEN TESTS


def _study(table, first, drop=None):
    """Coefficients, scores and residuals by the pseudo-inverse of all dummies; periods count from 1, `first` is the start."""
    last, drop = int(table["period"].max()), drop or first - 1
    ever = table["unit"].isin(table.loc[table["treated"] == 1, "unit"])
    shown = [t for t in range(1, last + 1) if t != drop]
    x = np.column_stack([*(ever & (table["period"] == t) for t in shown), pd.get_dummies(table["unit"]), pd.get_dummies(table["period"])]).astype(float)
    inverse, y = np.linalg.pinv(x), table["outcome"].to_numpy(float)
    return (inverse @ y)[: len(shown)]


_full = simulate_panel(16, 7, 5, 3, effect=2.0, slope=0.3)
_thin = _full[np.random.default_rng(4).random(len(_full)) > 0.2].reset_index(drop=True)
for _table, _name in [(_full, "16 teams"), (_thin, "16 teams with missing rows")]:
    _beta = _study(_table, 5)
    _result = pre_trends(_table.sample(frac=1, random_state=1))
    _first = _study(_table, 5, drop=1)
    _means = _table.groupby([_table["unit"] < 8, "period"])["outcome"].mean().unstack(0)
    _raw = (_means[True] - _means[False]).to_numpy()
    _wrong = {"the reference is the first period; take the last before the start": _first[:3]}
    if len(_table) < len(_full):
        _wrong["these are gaps between group means; with missing rows fit unit and period levels"] = (_raw - _raw[3])[:3]
    checks.array(_result["leads"], _beta[:3], f"the leads in {_name}", mistakes=_wrong)
    checks.array(_result["effects"], _beta[3:], f"the effects in {_name}")
_dates = _thin.assign(period=pd.Timestamp("2026-03-02") + pd.to_timedelta(7 * _thin["period"], unit="D"))
checks.array(pre_trends(_dates)["leads"], _study(_thin, 5)[:3], "the leads when periods are dates")
### END HIDDEN TESTS

# %% test="pre_trends" name="joint_test" points=2
"""The F statistic of all leads together, and its p-value."""
_result = pre_trends(event_example)
checks.close(
    _result.get("f"),
    1.0,
    "the F statistic of the example",
    mistakes={
        "this is q times F; divide by the number of leads": 2.0,
        "the factor G / (G - 1) is missing in V": 1.2,
        "the periods after the start are tested, too; test the leads only": 30.481770833,
        "only the periods after the start are tested; test the leads": 47.232142857,
        "the rows are taken as independent; cluster by unit": 0.325581395,
        "the leads are taken as uncorrelated; use the whole block of V": 0.407894737,
    },
)
checks.close(
    _result.get("p_value"),
    0.431201150,
    "the p-value of the example",
    mistakes={
        "this is a chi-squared p-value; use F with q and G - 1 degrees of freedom": 0.367879441,
        "the second degrees of freedom are G - 1": 0.396569457,
        "the leads are tested one at a time; test them jointly": 0.426071006,
    },
)
### BEGIN HIDDEN TESTS
for _table, _first in [
    (simulate_panel(20, 8, 6, 12, effect=3.0), 6),
    (simulate_panel(26, 6, 4, 90, effect=3.0, slope=0.2).pipe(lambda t: t[np.random.default_rng(1).random(len(t)) > 0.15].reset_index(drop=True)), 4),
]:
    _ever = _table["unit"].isin(_table.loc[_table["treated"] == 1, "unit"])
    _shown = [t for t in sorted(_table["period"].unique()) if t != _first - 1]
    _x = np.column_stack([*(_ever & (_table["period"] == t) for t in _shown), pd.get_dummies(_table["unit"]), pd.get_dummies(_table["period"])]).astype(float)
    _y = _table["outcome"].to_numpy(float)
    _inverse = np.linalg.pinv(_x)
    _u = _y - _x @ (_inverse @ _y)
    _scores = pd.DataFrame((_inverse * _u).T).groupby(_table["unit"]).sum().to_numpy()
    _n, _q = len(_scores), _first - 2
    _b, _cr0 = (_inverse @ _y)[: len(_shown)], (_scores.T @ _scores)[: len(_shown), : len(_shown)]
    _plain = (_inverse @ _inverse.T)[: len(_shown), : len(_shown)] * (_u @ _u) / (len(_y) - np.linalg.matrix_rank(_x))

    def _wald(v, part, b=_b):
        return b[part] @ np.linalg.solve(v[part, part], b[part]) / len(b[part])

    _v, _lead, _post = _cr0 * _n / (_n - 1), slice(0, _q), slice(_q, None)
    _f = _wald(_v, _lead)
    _result = pre_trends(_table)
    checks.close(
        _result["f"],
        _f,
        f"the F statistic in {_n} teams",
        mistakes={
            "this is q times F; divide by the number of leads": _f * _q,
            "the factor G / (G - 1) is missing in V": _wald(_cr0, _lead),
            "the periods after the start are tested, too; test the leads only": _wald(_v, slice(None)),
            "only the periods after the start are tested; test the leads": _wald(_v, _post),
            "the rows are taken as independent; cluster by unit": _wald(_plain, _lead),
            "the leads are taken as uncorrelated; use the whole block of V": _wald(np.diag(np.diag(_v)), _lead),
        },
    )
    checks.close(
        _result["p_value"],
        stats.f.sf(_f, _q, _n - 1),
        f"the p-value in {_n} teams",
        mistakes={
            "this is a chi-squared p-value; use F with q and G - 1 degrees of freedom": stats.chi2.sf(_f * _q, _q),
            "the second degrees of freedom are G - 1": stats.f.sf(_f, _q, len(_y) - np.linalg.matrix_rank(_x)),
        },
    )
### END HIDDEN TESTS

# %% test="pre_trends" name="verdict" points=1
"""A large effect after a flat past is no divergence; a drift is one; one treated unit cannot be tested."""
_verdicts = ["diverging", "not rejected", "cannot be tested"]
checks.choice(
    pre_trends(event_example).get("verdict"),
    "not rejected",
    "the verdict on the example",
    among=_verdicts,
    mistakes={"the periods before the start are flat; the effect after it is no divergence": "diverging"},
)
### BEGIN HIDDEN TESTS
checks.choice(
    pre_trends(simulate_panel(40, 8, 5, 21, effect=6.0))["verdict"], "not rejected", "the verdict on a large effect after a flat past", among=_verdicts
)
checks.choice(pre_trends(simulate_panel(40, 8, 5, 22, slope=1.0))["verdict"], "diverging", "the verdict on teams that grow faster", among=_verdicts)
checks.choice(pre_trends(simulate_panel(40, 8, 5, 23, slope=-1.0))["verdict"], "diverging", "the verdict on teams that fall behind", among=_verdicts)
_lone = simulate_panel(12, 6, 4, 2)
_lone = _lone[(_lone["unit"] == 0) | (_lone["unit"] >= 6)].reset_index(drop=True)
_result = pre_trends(_lone)
checks.choice(_result["verdict"], "cannot be tested", "the verdict with one treated unit", among=_verdicts)
checks.array([_result["f"], _result["p_value"]], [np.nan, np.nan], "f and p_value with one treated unit")
_wide = _lone.pivot(index="unit", columns="period", values="outcome")
_gap = (_wide.loc[0] - _wide.loc[6:].mean()).to_numpy()
checks.array(_result["leads"], _gap[:2] - _gap[2], "the leads with one treated unit")
_one_control = simulate_panel(12, 6, 4, 2).query("unit < 7").reset_index(drop=True)
checks.choice(pre_trends(_one_control)["verdict"], "cannot be tested", "the verdict with one control unit", among=_verdicts)
for _units in (4, 6):
    _few = simulate_panel(_units, 8, _units + 1, 3)  # one lead more than G - 2
    _result = pre_trends(_few)
    checks.choice(_result["verdict"], "cannot be tested", f"the verdict with {_units - 1} leads and {_units} units", among=_verdicts)
    checks.array([_result["f"], _result["p_value"]], [np.nan, np.nan], f"f and p_value with {_units - 1} leads and {_units} units")
### END HIDDEN TESTS

# %% test="pre_trends" name="refused" points=1
"""Nothing treated, no controls, a single period before the start, staggered starts."""
checks.raises(ValueError, pre_trends, did_example, what="a single period before the start")
### BEGIN HIDDEN TESTS
_good = simulate_panel(8, 6, 4, 5)
checks.raises(ValueError, pre_trends, _good.assign(treated=0), what="no treated row")
checks.raises(ValueError, pre_trends, pd.concat([_good, _good.tail(1)]), what="a unit with two rows in one period")
checks.raises(ValueError, pre_trends, _good[_good["unit"] < 4], what="no unit that is never treated")
_stagger = _good.copy()
_stagger.loc[(_stagger["unit"] == 0) & (_stagger["period"] == 4), "treated"] = 0
checks.raises(ValueError, pre_trends, _stagger, what="a unit that starts one period later than the others")
### END HIDDEN TESTS

# %% test="pre_trends" name="false_alarms" points=1
"""In 100 rollouts with parallel trends and a real effect, few are called diverging."""
### BEGIN HIDDEN TESTS
_alarms = np.mean([pre_trends(simulate_panel(40, 6, 4, 70_000 + seed, effect=3.0))["verdict"] == "diverging" for seed in range(100)])
checks.between(
    _alarms,
    0.0,
    0.15,
    "the share of parallel rollouts that are called diverging",
    mistakes={"the effect after the start is tested": (0.6, 1.0)},
)
### END HIDDEN TESTS

# %% [markdown] explain="pre_trends"
# In a full panel each coefficient is a difference of group means, relative to the reference; the regression is needed for missing rows and for the covariance. Leads share the reference period, so they are correlated, and a joint test must know it.
# The reference may be any period before the start: the coefficients shift together and $F$ stays the same. The F distribution with $G-1$ degrees of freedom replaces chi-squared, because $V$ is itself estimated from $G$ units; with few units and many leads even that rejects too often.

# %% [markdown]
# ### A test that passes proves little
#
# "Not rejected" may only mean "too noisy to see". Here is a case with known truth. In the 1970s a randomised programme trained men with low earnings; the experiment puts the gain in 1978 at **1,794 dollars**. Suppose that nobody had randomised, and you took ordinary workers of the Current Population Survey (CPS) as controls:

# %% collapsed=true
trained = datasets.causal("nsw_mixtape").query("treat == 1")
workers = datasets.causal("cps_mixtape")
years = ["re74", "re75", "re78"]
since = {name: table[years].sub(table["re75"], axis=0) for name, table in [("trained", trained), ("workers", workers)]}
beta = since["trained"].mean() - since["workers"].mean()
error = np.sqrt(since["trained"].var() / len(trained) + since["workers"].var() / len(workers))
fig, (left, right) = plt.subplots(1, 2, figsize=(9, 3), layout="constrained")
at = [1974, 1975, 1978]
left.plot(at, workers[years].mean() / 1_000, "o-", color="0.5")
left.plot(at, trained[years].mean() / 1_000, "o-", color="C0")
left.text(1976, 12.2, "CPS workers", color="0.4", ha="center")
left.text(1976.9, 2.2, "trained men", color="C0", ha="center")
left.set(ylabel="yearly earnings, 1,000 dollars", ylim=(0, 16), xticks=at, title="Two very different groups")
right.errorbar([0, 1, 2], beta, 1.96 * error, fmt="o", color="C0")
right.axhline(0, color="0.2", lw=1)
right.plot([1.6, 2.4], [1_794, 1_794], color="C1", ls="--")
right.text(1.55, 1_794, "experiment: 1,794", color="C1", ha="right", va="center")
right.text(1.9, beta["re78"], f"DiD: {beta['re78']:,.0f}", color="C0", ha="right", va="center")
right.set_xticks([0, 1, 2], ["1974", "1975 (reference)", "1978"])
right.set(ylabel="gap, dollars", xlim=(-0.4, 2.5), title="Flat before, twice the truth after")
plt.show()
p_lead = 2 * stats.norm.sf(abs(beta["re74"] / error["re74"]))
print(f"lead of 1974: {beta['re74']:,.0f} ({error['re74']:,.0f}), p = {p_lead:.2f}; DiD for 1978: {beta['re78']:,.0f} ({error['re78']:,.0f})")

# %% [markdown]
# DiD says 3,621, twice the experiment's figure; even its 95 % interval, from 2,423 to 4,820, leaves 1,794 out. The lead of 198 dollars is far from significant (p = 0.48).
# A likely cause is *Ashenfelter's dip*: people enter training after a bad year, and would have recovered without it, so their trend before does not carry on. One earlier year is too little to show it here: the two groups also differ in everything else. Product teams have the dip, too: an account gets a success manager *because* its usage just fell.
#
# So treat the test as one witness. Say how steep a trend it could have seen. Ask why these units, and why now. Try other controls and a placebo outcome that the treatment cannot move.
#
# ### Staggered starts
#
# Twenty-one US states widened the right to self-defence ("castle doctrine"), with laws that took effect between 2005 and 2009. Cheng and Hoekstra (2013) report about 8 % more homicides. Here are two-way effects on their table, weighted by population.
# Their law variable is a share of the first year; the table in `causaldata` has a 0/1 column `post` instead, which is 1 from the first *full* year.

# %%
castle = datasets.causal("castle")
began = castle[castle["post"] == 1].groupby("sid")["year"].min()
castle["began"] = castle["sid"].map(began)
fit = smf.wls("l_homicide ~ post + C(sid) + C(year)", castle, weights=castle["popwt"]).fit(cov_type="cluster", cov_kwds={"groups": castle["sid"]})
print(f"log homicide rate: {fit.params['post']:.3f} ({fit.bse['post']:.3f} clustered by state); published: about 8 %")
print("states by first full year:", began.value_counts().sort_index().to_dict())

# %% [markdown]
# Can you trust one $\hat\tau$ over staggered starts? Not if effects grow. Below, no noise at all and trends exactly parallel: early teams get the assistant in week 3, late teams in week 9, and its effect grows by 1 each week. The regression compares the late teams' start with early teams that are still rising, and subtracts that rise.

# %% collapsed=true
weeks = np.arange(1, 13)
starts = {"early": 3, "late": 9}
curves = {name: np.where(weeks >= start, weeks - start + 1.0, 0.0) for name, start in starts.items()}
y, d = np.array(list(curves.values())), np.array([weeks >= start for start in starts.values()], float)
inner = [m - m.mean(axis=1, keepdims=True) - m.mean(axis=0) + m.mean() for m in (y, d)]
two_way = (inner[0] * inner[1]).sum() / (inner[1] ** 2).sum()
truth = y[d == 1].mean()
fig, ax = plt.subplots(figsize=(7, 3))
for (name, values), colour in zip(curves.items(), ["C0", "C2"], strict=True):
    ax.plot(weeks, values, "o-", color=colour, ms=4, label=f"{name} teams, from week {starts[name]}")
ax.axhline(truth, color="0.4", ls="--", lw=1.5)
ax.text(1, truth + 0.2, f"mean effect on treated rows: {truth:.1f}", color="0.3")
ax.axhline(two_way, color="C1", lw=2)
ax.text(12.3, two_way - 1.1, f"two-way effects: {two_way:.1f}", color="C1", ha="right")
ax.set(xlabel="week", ylabel="gain, tickets per person", xticks=weeks, ylim=(-2.6, 11), title="Every effect is positive, the regression says it is negative")
ax.legend(frameon=False, loc="upper left", bbox_to_anchor=(0, 1.0), fontsize=9)
plt.show()

# %% [markdown]
# The remedy: compare one group of starters at a time with units that are *never* (or not yet) treated, and average after that (Callaway and Sant'Anna 2021). For the castle laws, take the 13 states whose laws came during 2006 against the 29 that never passed one.
# The last clean year before is 2005; 2006 is treated in part, so it belongs to neither side.

# %% collapsed=true
cohort = castle[castle["began"].isna() | (castle["began"] == 2007)].copy()
cohort["law"] = cohort["began"].notna().astype(int)
cohort["unit"] = pd.factorize(cohort["sid"])[0]
shown = [year for year in range(2000, 2011) if year != 2005]
for year in shown:
    cohort[f"y{year}"] = cohort["law"] * (cohort["year"] == year)
clusters = {"cov_type": "cluster", "cov_kwds": {"groups": cohort["unit"], "use_correction": False}}
formula = "l_homicide ~ " + " + ".join(f"y{year}" for year in shown) + " + C(sid) + C(year)"
study = smf.wls(formula, cohort, weights=cohort["popwt"]).fit(**clusters)
b = study.params[[f"y{year}" for year in shown]].to_numpy()
v = study.cov_params().loc[[f"y{year}" for year in shown], [f"y{year}" for year in shown]].to_numpy() * 42 / 41
f = b[:5] @ np.linalg.solve(v[:5, :5], b[:5]) / 5
fig, ax = plt.subplots(figsize=(7, 3))
for part, colour in [(slice(0, 5), "0.4"), (slice(5, 6), "C1"), (slice(6, None), "C0")]:
    ax.errorbar(shown[part], b[part], 1.96 * np.sqrt(np.diag(v))[part], fmt="o", color=colour)
ax.plot(2005, 0, "o", color="0.4", mfc="white")
ax.axhline(0, color="0.2", lw=1)
ax.text(2002, -0.17, "before", color="0.4", ha="center")
ax.text(2006, -0.17, "partly", color="C1", ha="center")
ax.text(2008.5, -0.17, "law in force", color="C0", ha="center")
ax.set(
    xlabel="year",
    ylabel="gap in log homicide rate",
    ylim=(-0.22, 0.36),
    xticks=range(2000, 2011),
    title="The gap shrank before the laws; after, it is nearly as wide as in 2000",
)
plt.show()
print(f"joint test of the five leads: F = {f:.2f}, p = {stats.f.sf(f, 5, 41):.2f}")

# %% [markdown]
# The test does not reject (p = 0.12), yet the leads of 2000 and 2001 are as large as the effect that is claimed. Against 2005 alone, the years 2007 to 2010 are up by 0.12; against the average of all years before, by 0.05. With 13 treated states, these data cannot tell "a rise of 8 %" from "2005 was low". Report the picture with the number.

# %% [markdown]
# > **In the interview.** *"How do you know that the trends are parallel?"*
# > **In 30 seconds:** I don't; it is about what would have happened. I plot an event study: leads near zero, tested jointly with errors clustered by unit, and I say how large a drift the test could have missed. Then I argue why treatment came when it did, try other control groups and placebo outcomes, and bound the answer if the drift had gone on.
# > **They ask next:** why a joint test? What is Ashenfelter's dip? What breaks with staggered starts, and what do you use in its place? Levels or logs (parallel in one is not parallel in the other)?
# > **Red flags:** "p > 0.05, so trends are parallel"; testing the periods after the start; anticipation ignored, although the launch had been announced.

# %% [markdown]
# ## When you can't randomise: four ways to borrow an experiment
#
# You can't always run an A/B test. It may be unethical to refuse a treatment, users may spill over on each other, the event may be too rare, or the old system can't randomise. Then the world has to supply the comparison.
# Each method below works when one story about the world is true. The story is the method's **key assumption**. Your job is to test what can be tested, and to say what can't.
#
# | Method | You have | You must believe | You can check |
# |---|---|---|---|
# | Regression discontinuity | treatment starts at a threshold | nobody steers their score across it | jump in the number of units at the threshold |
# | Instrumental variable | a nudge that moves treatment | the nudge has no other way to the outcome | first-stage F; placebo outcomes |
# | Propensity score matching | rich covariates from before treatment | nothing else drives both treatment and outcome | overlap and balance of what you measured |
# | Synthetic control | one treated unit, many untreated, a long history | the mix that followed it before would have followed it after | fit before treatment; placebo units |
#
# Every topic shows a real study with its published number, and then a case in which the assumption is false and the estimate is wrong.

# %% [markdown]
# ## Regression discontinuity: just above against just below
#
# A user with a credit score of 701 gets the new card, one with 699 doesn't. The two are otherwise alike. So compare them, and only them.
#
# Real case: elections to the US House, 1948 to 1990. Lee, Moretti and Butler (2004) ask whether a Democrat who *barely* wins changes how the seat votes in the next Congress. The outcome is a liberal voting score from 0 to 100.
# A party with 50.1 % of the vote holds the seat, one with 49.9 % doesn't.

# %% locked="elections"
voting_rows = datasets.causal("close_elections_lmb").dropna(subset=["score", "lagdemvoteshare"])
voting_rows = voting_rows.astype({"score": float, "lagdemvoteshare": float})
ELECTIONS = voting_rows.groupby(["state", "district", "year"], observed=True).agg(share=("lagdemvoteshare", "mean"), score=("score", "mean")).reset_index()
ELECTIONS["share"] *= 100  # Democratic share of the vote in the election before, in %; one row for each seat and election

# %% collapsed=true
bins = np.arange(25, 76, 1.0)
middle = ELECTIONS.groupby(pd.cut(ELECTIONS["share"], bins, right=False), observed=True)[["share", "score"]].mean()
fig, ax = plt.subplots(figsize=(7, 3))
ax.scatter(middle["share"], middle["score"], s=14, color="0.6", label="mean of a bin, 1 point wide")
for side, colour in [(ELECTIONS["share"] < 50, "C0"), (ELECTIONS["share"] >= 50, "C1")]:
    near = ELECTIONS[side & ELECTIONS["share"].between(35, 65)]
    line = np.polyfit(near["share"] - 50, near["score"], 1, w=np.sqrt(1 - (near["share"] - 50).abs() / 15))
    grid = np.linspace(35, 50, 2) if colour == "C0" else np.linspace(50, 65, 2)
    ax.plot(grid, np.polyval(line, grid - 50), color=colour, lw=2.5)
ax.axvline(50, color="0.3", ls=":")
ax.set(xlabel="Democratic share of the last vote (%)", ylabel="liberal score (0 to 100)", title="The seat's voting jumps where the majority changes hands")
ax.legend(frameon=False, loc="upper left")
plt.show()

# %%
share, score = ELECTIONS["share"], ELECTIONS["score"]
close = score[share.between(50, 52)].mean() - score[share.between(48, 50, inclusive="left")].mean()
rows_close = voting_rows[voting_rows["lagdemvoteshare"].between(0.48, 0.52)]
by_row = rows_close.loc[rows_close["lagdemvoteshare"] >= 0.5, "score"].mean() - rows_close.loc[rows_close["lagdemvoteshare"] < 0.5, "score"].mean()
pd.Series(
    {
        "published, within 2 points (standard error 1.9)": 21.2,
        "same rows as published: difference of means within 2 points": by_row,
        "one row per election: difference of means within 2 points": close,
        "all elections: difference of means": score[share >= 50].mean() - score[share < 50].mean(),
    },
    name="jump of the score",
).round(1).to_frame()

# %% [markdown]
# Within 2 points of the threshold you get the published number. But a difference of means, even near the threshold, still counts the slope as effect. **Local linear regression** removes it: a line of its own on each side, fitted to units within a bandwidth $h$,
# the nearest counting most. The effect is the gap between the two lines *at* the threshold.
#
# $$K(u) = \max(0,\, 1 - |u|)\quad\text{weight of a unit at distance } u = \frac{x - c}{h}$$
#
# Why not one polynomial through everything? Because it is far units that decide what it does at the threshold. Here there is no jump at all:

# %% collapsed=true
rng = np.random.default_rng(5)
x = rng.uniform(-1, 1, 3_000)
truth = lambda v: 2 / (1 + np.exp(-9 * v))  # noqa: E731
y = truth(x) + rng.normal(0, 0.5, x.size)
above = (x >= 0).astype(float)
fig, axes = plt.subplots(1, 3, figsize=(9, 3), layout="constrained", sharey=True)
for ax, name, h, degree in zip(axes, ["means of all units", "cubic through all units", "local lines, h = 0.15"], [None, None, 0.15], [0, 3, 1], strict=True):
    weight = np.ones(x.size) if h is None else np.clip(1 - np.abs(x) / h, 0, None)
    columns = [np.ones(x.size), above] + [x**k * part for k in range(1, degree + 1) for part in ((1, above) if h else (1,))]
    used = weight > 0
    root = np.sqrt(weight[used])
    part_x = np.column_stack(columns)[used] * root[:, None]
    beta = np.linalg.lstsq(part_x, y[used] * root, rcond=None)[0]
    lever = np.linalg.pinv(part_x)[1] * (y[used] * root - part_x @ beta)  # what each unit adds to the error of the jump
    grid = np.linspace(-(h or 1), h or 1, 400)
    up = (grid >= 0).astype(float)
    fitted = np.column_stack([np.ones(400), up] + [grid**k * part for k in range(1, degree + 1) for part in ((1, up) if h else (1,))]) @ beta
    ax.scatter(x[::8], y[::8], s=4, color="0.8")
    for half, colour in [(grid < 0, "C0"), (grid >= 0, "C1")]:
        ax.plot(grid[half], fitted[half], color=colour, lw=2)
    ax.set_title(f"{name}:\n{beta[1]:+.2f} ± {1.96 * np.sqrt(lever @ lever):.2f}")
    ax.set_xlabel("distance from the threshold")
axes[0].set_ylabel("outcome")
fig.suptitle("True jump 0: only the interval of local lines holds it")
plt.show()

# %% [markdown]
# ### Does anybody steer?
#
# Suppose users can retake a check, and the ambitious ones just below 700 do. Then those just above are ambitious, not just treated. The card below has **no effect**; `sorting` is the share of ambitious users near the line who get themselves across.


# %% locked="simulate_scores"
def simulate_scores(n: int, seed: int, effect: float = 0.0, sorting: float = 0.0) -> pd.DataFrame:
    """Credit score and monthly spend of `n` users; 700 and more get the card, which adds `effect`.

    The slope of spend on score is steeper above 700 (no jump). `sorting`: the share of ambitious users with 685 to 700 who move to 700 to 715.
    """
    rng = np.random.default_rng(seed)
    score, drive = rng.normal(695, 40, n), rng.normal(0, 1, n)
    spend = 60 + 0.10 * (score - 700) + 0.15 * np.clip(score - 700, 0, None) + 6 * drive + rng.normal(0, 4, n)
    moves = (score >= 685) & (score < 700) & (drive > 0) & (rng.random(n) < sorting)
    score = np.where(moves, 700 + rng.uniform(0, 15, n), score)
    return pd.DataFrame({"score": score, "spend": spend + effect * (score >= 700)})


# %% collapsed=true
fig, axes = plt.subplots(2, 2, figsize=(9, 4.4), layout="constrained", sharex=True)
for column, (sorting, title) in enumerate([(0.0, "Nobody steers: no jump"), (0.6, "The ambitious steer: a jump without an effect")]):
    users = simulate_scores(20_000, seed=3, sorting=sorting)
    users = users[users["score"].between(650, 750, inclusive="left")]
    edges = np.arange(650, 751, 5)
    means = users.groupby(pd.cut(users["score"], edges, right=False), observed=True)["spend"].mean()
    axes[0, column].bar(edges[:-1] + 2.5, np.histogram(users["score"], edges)[0], width=4.6, color=np.where(edges[:-1] >= 700, "C1", "C0"))
    axes[0, column].set(title=title)
    axes[1, column].scatter(edges[:-1] + 2.5, means, color=np.where(edges[:-1] >= 700, "C1", "C0"), s=18)
    axes[1, column].set(xlabel="credit score", ylim=(54, 76))
    for row in (0, 1):
        axes[row, column].axvline(700, color="0.3", ls=":")
axes[0, 0].set_ylabel("users")
axes[1, 0].set_ylabel("mean spend ($)")
plt.show()

# %% [markdown]
# So count. In a **narrow** window round the threshold a unit should fall on either side with probability one half: a binomial test. Narrow, because the density has a slope, too. Here are 52,549 households round the income limit of a Uruguayan cash programme
# (Manacorda, Miguel and Vigorito 2011). `window` is the half-width in the units of the income score. The widest window finds "sorting" that is only slope; the two narrowest don't reject (p = 0.06 and 0.31). McCrary's test, and its successors, fit a line to the density on each side for that reason.

# %%
income = datasets.causal("gov_transfers_density")["Income_Centered"]
table = []
for width in (0.0005, 0.001, 0.0025, 0.01):
    low, high = int(income.between(-width, 0, inclusive="left").sum()), int(income.between(0, width).sum())
    table.append({"window": width, "below": low, "above": high, "p": round(stats.binomtest(high, low + high).pvalue, 4)})
pd.DataFrame(table)

# %% [markdown]
# In between, at 0.0025, the p-value is 0.014. Real data is like that: report several windows, and look at the histogram before you trust a single p-value.
#
# Three more checks belong in your answer: covariates from before treatment must not jump; false thresholds must show nothing; the effect should survive half and double the bandwidth.

# %% [markdown] statement="rd" level="core"
# ### `rd`: the jump at the threshold
#
# Write `rd(running, outcome, cutoff, bandwidth, window)`. Units with `running >= cutoff` are treated. With $r = x - c$, $D = 1[r \ge 0]$ and weights $w = \max(0, 1 - |r|/h)$, fit weighted least squares (minimise $\sum w e^2$) over the units with $w > 0$:
#
# $$y = \alpha + \tau D + \beta r + \gamma D r + e, \qquad \operatorname{Var}(\hat\theta) = (X'WX)^{-1} \Big(\textstyle\sum_i w_i^2 \hat e_i^2\, x_i x_i'\Big) (X'WX)^{-1}$$
#
# The variance is the robust one called HC0 (no small-sample factor). Return a dict: `"effect"` is $\hat\tau$, `"std_error"` the root of its variance; `"below"` counts units with $c - \text{window} \le x < c$ and `"above"` those with $c \le x \le c + \text{window}$;
# `"density_p"` is the two-sided exact binomial p-value of these two counts under probability ½ (1 when both are zero); `"sorting"` is `True` when it is below 0.05. Nothing is rounded, no value is missing.
# Raise `ValueError` when the lengths differ, when bandwidth or window is not positive, and when a side has fewer than two different running values with $w > 0$.
#
# Example: `rd([1, 2, 3, 4, 5, 6, 7, 8], [2, 3, 3, 5, 9, 8, 11, 10], 5, 4, 2)` gives effect 2.6, standard error 0.6431, 2 below, 3 above, density p 1.0 and no sorting (rounded here).


# %% solution="rd"
def rd(running: ArrayLike, outcome: ArrayLike, cutoff: float, bandwidth: float, window: float) -> dict[str, float | int | bool]:
    """Sharp regression discontinuity: local linear fit with triangular kernel, HC0 standard error, binomial density check.

    running, outcome: shape (n,). bandwidth, window: in units of `running`. Returns {"effect", "std_error", "below", "above", "density_p", "sorting"}.
    """
    ### BEGIN SOLUTION
    x, y = np.asarray(running, dtype=float), np.asarray(outcome, dtype=float)
    if x.shape != y.shape or not bandwidth > 0 or not window > 0:
        raise ValueError("two equally long sequences, a positive bandwidth and a positive window")
    r = x - cutoff
    weight = np.clip(1 - np.abs(r) / bandwidth, 0, None)
    used = weight > 0
    if any(np.unique(r[used & side]).size < 2 for side in (r < 0, r >= 0)):
        raise ValueError("each side needs two different running values within the bandwidth")
    treated = (r >= 0).astype(float)
    design = np.column_stack([np.ones_like(r), treated, r, treated * r])[used]
    fit = sm.WLS(y[used], design, weights=weight[used]).fit(cov_type="HC0")
    below = int(((r >= -window) & (r < 0)).sum())
    above = int(((r >= 0) & (r <= window)).sum())
    density_p = float(stats.binomtest(above, below + above).pvalue) if below + above else 1.0
    return {
        "effect": float(fit.params[1]),
        "std_error": float(fit.bse[1]),
        "below": below,
        "above": above,
        "density_p": density_p,
        "sorting": density_p < 0.05,
    }
    ### END SOLUTION


# %% [markdown] hint="rd"
# Subtract the cutoff first. Then the effect is a single coefficient: the gap between the lines where $r = 0$.

# %% [markdown] hint="rd"
# Four columns: ones, `treated`, `r`, `treated * r`. `sm.WLS(y, X, weights=w)` takes $w$ itself, not its root; `np.linalg.lstsq` needs rows multiplied by $\sqrt{w}$. A unit *at* the cutoff is treated.

# %% [markdown] hint="rd"
# `fit = sm.WLS(y[used], X[used], weights=w[used]).fit(cov_type="HC0")`, then `fit.params[1]` and `fit.bse[1]`. For the density: `stats.binomtest(above, below + above).pvalue`.

# %% test="rd" name="value" points=2
"""Jump and standard error: on the example, then on real elections and simulated scores."""
checks.record(
    rd([1, 2, 3, 4, 5, 6, 7, 8], [2, 3, 3, 5, 9, 8, 11, 10], 5, 4, 2),
    {"effect": 2.6, "std_error": 0.6431174076},
    "the example",
    mistakes={
        "this is the difference of means; the slope is counted as effect": {"effect": 5.833333333},
        "this is the difference of means of all units, near and far": {"effect": 6.25},
        "every unit within the bandwidth counts alike here; the triangular kernel lets near ones count more": {"effect": 2.933333333},
        "the lines use all units; fit only within the bandwidth": {"effect": 3.1},
        "a global polynomial lets far units decide; fit local lines": {"effect": 2.601851852},
        "both sides share one slope; give each side its own": {"effect": 3.2},
        "the weights enter squared; lstsq needs rows multiplied by the root of the weight": {"effect": 2.361629881},
        "subtract the cutoff from the running variable first": {"effect": 5.6},
        "the sign is turned: treated minus untreated": {"effect": -2.6},
        "a unit at the cutoff is treated": {"effect": -1.4},
        "this standard error takes equal noise for granted; use the robust formula": {"std_error": 1.918332609},
        "this is the variance; return its root": {"std_error": 0.4136},
        "HC0 has no small-sample factor": {"std_error": 0.9823780671},
    },
)
### BEGIN HIDDEN TESTS


def local_fit(x, y, c, h, kernel="triangle", slopes=2, degree=1, error="HC0", at_zero=True):
    r = x - c
    w = {"triangle": np.clip(1 - abs(r) / h, 0, None), "flat": (abs(r) < h) * 1.0, "all": np.ones(r.size)}[kernel]
    w = w**2 if error == "squared" else w
    d = (r >= 0) * 1.0
    base = r if at_zero else x
    columns = [np.ones(r.size), d] + [base**k for k in range(1, degree + 1)] + [d * base**k for k in range(1, degree + 1) if slopes == 2]
    keep = w > 0
    fit = sm.WLS(y[keep], np.column_stack(columns)[keep], weights=w[keep]).fit(cov_type="nonrobust" if error == "nonrobust" else "HC0")
    return fit.params[1], fit.bse[1]


users = simulate_scores(1_500, seed=41, effect=5)
for name, x, y, c, h in [
    ("elections, 15 points", ELECTIONS["share"].to_numpy(), ELECTIONS["score"].to_numpy(), 50, 15),
    ("elections, 6 points", ELECTIONS["share"].to_numpy(), ELECTIONS["score"].to_numpy(), 50, 6),
    ("1,500 credit scores", users["score"].to_numpy(), users["spend"].to_numpy(), 700, 35),
]:
    effect, error = local_fit(x, y, c, h)
    near = abs(x - c) < h
    checks.record(
        rd(x, y, c, h, h / 5),
        {"effect": effect, "std_error": error},
        name,
        mistakes={
            "this is the difference of means; the slope is counted as effect": {"effect": y[near & (x >= c)].mean() - y[near & (x < c)].mean()},
            "this is the difference of means of all units, near and far": {"effect": y[x >= c].mean() - y[x < c].mean()},
            "every unit within the bandwidth counts alike here; the triangular kernel lets near ones count more": {"effect": local_fit(x, y, c, h, "flat")[0]},
            "the lines use all units; fit only within the bandwidth": {"effect": local_fit(x, y, c, h, "all")[0]},
            "a global polynomial lets far units decide; fit local lines": {"effect": local_fit(x, y, c, h, "all", slopes=1, degree=3)[0]},
            "both sides share one slope; give each side its own": {"effect": local_fit(x, y, c, h, slopes=1)[0]},
            "the weights enter squared; lstsq needs rows multiplied by the root of the weight": {"effect": local_fit(x, y, c, h, error="squared")[0]},
            "subtract the cutoff from the running variable first": {"effect": local_fit(x, y, c, h, at_zero=False)[0]},
            "the sign is turned: treated minus untreated": {"effect": -effect},
            "this standard error takes equal noise for granted; use the robust formula": {"std_error": local_fit(x, y, c, h, error="nonrobust")[1]},
            "this is the variance; return its root": {"std_error": error**2},
            "HC0 has no small-sample factor": {"std_error": error * np.sqrt(near.sum() / (near.sum() - 4))},
        },
    )
### END HIDDEN TESTS

# %% test="rd" name="density" points=2
"""Counts on both sides and their p-value; sorting is found, a bend is no jump."""
eleven = [688.5, 690, 691, 694, 697, 699.5, 700, 700, 704, 710, 712]
checks.record(
    rd(eleven, [1.0, 3, 2, 5, 4, 6, 9, 8, 9, 12, 10], 700, 20, 10),
    {"below": 5, "above": 4, "density_p": 1.0, "sorting": False},
    "eleven scores",
    mistakes={
        "a unit at the cutoff is treated: count it above": {"below": 7, "above": 2},
        "both ends of the window belong to it": {"below": 4, "above": 3},
        "count in the window, not in the bandwidth": {"below": 6, "above": 5},
    },
)
### BEGIN HIDDEN TESTS
for sorting in (0.0, 0.6):
    users = simulate_scores(500, seed=20, sorting=sorting)
    x = users["score"].to_numpy()
    low, high = int(((x >= 690) & (x < 700)).sum()), int(((x >= 700) & (x <= 710)).sum())
    p = stats.binomtest(high, low + high).pvalue
    z = (high - low) / np.sqrt(high + low)
    checks.record(
        rd(x, users["spend"].to_numpy(), 700, 30, 10),
        {"below": low, "above": high, "density_p": p, "sorting": sorting > 0},
        f"500 users; {sorting:.0%} of the ambitious ones near the line steer",
        mistakes={
            "this p-value is one-sided; too few above is sorting, too": {"density_p": stats.binomtest(high, low + high, alternative="greater").pvalue},
            "the verdict is turned: a small p-value means sorting": {"sorting": not sorting > 0},
            "use the exact binomial test, not the Normal approximation": {"density_p": 2 * stats.norm.sf(abs(z))},
        },
    )
checks.record(
    rd([691, 693, 694, 696, 697, 698, 699, 701, 705], list(range(9)), 700, 30, 10),
    {"below": 7, "above": 2, "density_p": 92 / 512, "sorting": False},
    "seven below and two above",
    mistakes={"sorting is called when the p-value is below 0.05, not before": {"sorting": True}},
)
x = np.array([680.0, 690, 692, 693, 694, 695, 696, 697, 698, 699, 705, 720])
checks.record(
    rd(x, np.arange(12.0), 700, 30, 10),
    {"below": 9, "above": 1, "density_p": 22 / 1024, "sorting": True},
    "many below and few above",
    mistakes={"this p-value is one-sided; too few above is sorting, too": {"density_p": 1023 / 1024}},
)
### END HIDDEN TESTS

# %% test="rd" name="edges" points=1
"""An empty window, lists, and what is refused."""
### BEGIN HIDDEN TESTS
checks.record(
    rd([1, 2, 3, 7, 8, 9], [1, 2, 3, 10, 11, 12], 5, 6, 1),
    {"effect": 3.0, "below": 0, "above": 0, "density_p": 1.0, "sorting": False},
    "no unit in the window",
)
checks.raises(ValueError, rd, [1, 2, 3, 4], [1, 2, 3], 2.5, 5, 1, what="lengths that differ")
checks.raises(ValueError, rd, [1, 2, 3, 4], [1, 2, 3, 4], 2.5, 0, 1, what="a bandwidth of zero")
checks.raises(ValueError, rd, [1, 2, 3, 4], [1, 2, 3, 4], 2.5, -5, 1, what="a negative bandwidth")
checks.raises(ValueError, rd, [1, 2, 3, 4], [1, 2, 3, 4], 2.5, 5, -1, what="a negative window")
checks.raises(ValueError, rd, [1, 2, 3, 4, 5], [1, 2, 3, 4, 5], 2.5, 1, 1, what="a bandwidth with one unit on one side")
checks.raises(ValueError, rd, [2, 2, 2, 3, 4, 5], [1, 2, 3, 4, 5, 6], 2.5, 5, 1, what="one running value only below the cutoff")
checks.raises(ValueError, rd, [2, 2.5, 3, 4], [1, 2, 3, 4], 2.5, 5, 1, what="one unit below the cutoff and one at it")
checks.raises(ValueError, rd, [3, 4, 5], [1, 2, 3], 2.5, 5, 1, what="nobody below the cutoff")
### END HIDDEN TESTS

# %% test="rd" name="coverage" points=1
"""Spend bends at 700 without a jump of its own: in 120 repeats the 95 % interval holds the true effect about 95 % of the time."""
### BEGIN HIDDEN TESTS
hits = 0
for seed in range(120):
    users = simulate_scores(600, seed=9_000 + seed, effect=3)
    result = rd(users["score"].to_numpy(), users["spend"].to_numpy(), 700, 40, 10)
    hits += abs(result["effect"] - 3) <= 1.96 * result["std_error"]
checks.between(hits / 120, 0.87, 0.985, "the share of intervals that hold the truth")
### END HIDDEN TESTS

# %% [markdown] explain="rd"
# The four-column fit is two separate lines, so each side may have its own slope and a bend at the threshold is not taken for a jump. Within 15 points the elections give 19.6, close to the 21.2 of the paper; at 6 points it is 20.9. Bandwidth trades bias (too wide) for noise (too narrow).
#
# The interval here is the conventional one: it ignores the bias of the line. `rdrobust` (Calonico, Cattaneo and Titiunik 2014) estimates this bias, moves the centre and widens the interval, and chooses the bandwidth. On the US Senate data the conventional jump is 7.41 at a bandwidth of 17.75, and the robust interval, 4.09 to 10.92,
# is centred on 7.51 instead. HC0 is slightly optimistic with few units near the threshold, which is why coverage is a little under 95 %.

# %% [markdown]
# > **In the interview.** *"Only users with a score above 700 get the new card. What is its effect?"*
# > **In 30 seconds:** I compare users just above with users just below: local linear regression on both sides, triangular weights, robust interval. The effect is the jump at 700. It rests on nobody steering across the line, so I look at the density at 700, check that earlier covariates don't jump, and vary the bandwidth. It answers for users *near* 700 only.
# > **They ask next:** what if some above 700 don't take the card (fuzzy RD: the threshold becomes an instrument)? How do you choose the bandwidth? What if scores are rounded to tens? Who knew of the threshold?
# > **Red flags:** comparing everyone above with everyone below; a global polynomial of degree five; no density check; selling a local effect as the effect for all.

# %% [markdown]
# ## Instrumental variables: let a nudge choose
#
# Do more years at school raise wages? Those who stay longer differ in a hundred ways. Card (1995) looks for something that moves schooling but not, by itself, wages: growing up near a four-year college. That is an **instrument**.
#
# The idea is one division. The nudge moves the outcome only through the treatment, so the effect is what the nudge does to the outcome over what it does to the treatment:
#
# $$\hat\beta_{\text{Wald}} = \frac{\bar y_{\text{near}} - \bar y_{\text{far}}}{\bar d_{\text{near}} - \bar d_{\text{far}}}$$

# %% locked="college"
COLLEGE = datasets.causal("close_college").dropna().astype(float).reset_index(drop=True)  # 3,003 men; lwage: log of the hourly wage in 1976
COLLEGE_CONTROLS = ["exper", "black", "south", "married", "smsa"]

# %%
means = COLLEGE.groupby("nearc4")[["lwage", "educ", "smsa", "south", "black"]].mean().rename(index={0.0: "far", 1.0: "near"})
wald = (means.loc["near", "lwage"] - means.loc["far", "lwage"]) / (means.loc["near", "educ"] - means.loc["far", "educ"])
print(f"Wald estimate: {wald:.3f} per year of school")
means.round(3)

# %% [markdown]
# 19 % a year is too good. Look at the right half of the table: men near a college live in cities and not in the south, and cities pay more. The nudge has a second way to wages, so it must be compared *within* region and city: controls.
#
# With controls the division becomes **two-stage least squares**. First stage: predict treatment from instrument and controls. Second stage: regress the outcome on the prediction and the same controls.

# %%
controls = sm.add_constant(COLLEGE[COLLEGE_CONTROLS])
plain = sm.OLS(COLLEGE["lwage"], controls.assign(educ=COLLEGE["educ"])).fit()
first = sm.OLS(COLLEGE["educ"], controls.assign(nearc4=COLLEGE["nearc4"])).fit()
reduced = sm.OLS(COLLEGE["lwage"], controls.assign(nearc4=COLLEGE["nearc4"])).fit()
pd.Series(
    {
        "OLS: wage on school": plain.params["educ"],
        "first stage: school on the nudge": first.params["nearc4"],
        "reduced form: wage on the nudge": reduced.params["nearc4"],
        "IV = reduced form / first stage": reduced.params["nearc4"] / first.params["nearc4"],
        "first-stage F of the nudge": first.tvalues["nearc4"] ** 2,
    },
    name="with controls",
).round(4).to_frame()

# %% [markdown]
# These are the numbers of Cunningham's *Mixtape* for this table: OLS .071, IV .124 with standard error .050, F 15.77. Card's own paper controls for more (squared experience, eight regions, city in 1966): OLS .0747, IV .1315 (.0550), F 13.26. Other controls, another number: say which ones you used.
#
# ### What can go wrong
#
# Your product: an invitation (at random within user groups) nudges users to spend hours with the assistant; the outcome is value created. Motivation, `drive`, is unseen, and moves both. The true effect of an hour is 0.5.


# %% locked="simulate_invites"
def simulate_invites(n: int, seed: int, strength: float = 1.0, direct: float = 0.0, drive_effect: float = 1.5, effect: float = 0.5) -> pd.DataFrame:
    """Users: `invited` (more often with long `tenure`), `hours` with the assistant, `value` created. The true effect of an hour is `effect`.

    strength: what an invitation adds to hours. direct: what it adds to value by another way. drive_effect: what unseen motivation adds to value.
    """
    rng = np.random.default_rng(seed)
    tenure, drive = rng.normal(0, 1, n), rng.normal(0, 1, n)
    invited = (rng.random(n) < 1 / (1 + np.exp(-tenure))).astype(float)
    hours = 2 + strength * invited + 0.5 * tenure + drive + rng.normal(0, 1, n)
    value = 5 + effect * hours + tenure + drive_effect * drive + direct * invited + rng.normal(0, 1, n)
    return pd.DataFrame({"value": value, "hours": hours, "invited": invited, "tenure": tenure})


# %% collapsed=true
fig, axes = plt.subplots(1, 3, figsize=(9, 3.3), layout="constrained", sharey=True)
cases = [("Good nudge:\ncentred on the truth", 1.0, 0.0), ("Weak nudge:\nwild, drawn to OLS", 0.08, 0.0), ("Second way:\nprecise and wrong", 1.0, 0.5)]
for ax, (title, strength, direct) in zip(axes, cases, strict=True):
    found, usual = [], []
    for seed in range(300):
        users = simulate_invites(400, seed, strength, direct)
        base = np.column_stack([np.ones(400), users["tenure"]])
        partial = users - base @ np.linalg.lstsq(base, users.to_numpy(), rcond=None)[0]  # what the controls don't explain
        found.append(partial["invited"] @ partial["value"] / (partial["invited"] @ partial["hours"]))
        usual.append(partial["hours"] @ partial["value"] / (partial["hours"] @ partial["hours"]))
    ax.hist(np.clip(found, -1.5, 3), bins=np.linspace(-1.5, 3, 46), color="0.75")
    ax.axvline(0.5, color="C0", lw=2, label="truth")
    ax.axvline(np.mean(usual), color="C1", lw=2, ls="--", label="mean of OLS")
    ax.set(title=title, xlabel="IV estimate")
axes[0].set_ylabel("experiments (of 300)")
fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2, frameon=False)
plt.show()

# %% [markdown]
# (The bars at the ends of the middle panel hold everything beyond.) **Weak** shows in the first-stage F: the statistic for "the instruments have no coefficient" in the first stage. Below 10 is the usual alarm (Staiger and Stock 1997). For an honest 5 % t-test with one instrument you would need about 105 (Lee et al. 2022), or an Anderson-Rubin interval, which holds for weak instruments as well.
#
# **A second way** to the outcome shows nowhere in the table: F in the right panel is as high as in the left. The bias is `direct / strength`. One instrument can't test itself; that is why good ones are rare. What you can do: argue from how the nudge came about, look at outcomes that the treatment can't have moved,
# look at groups that the nudge can't move, and with two instruments see whether they agree (Sargan's test; both may be wrong alike).
#
# And the estimate is for **compliers**: users whom the nudge moves. Card's 13 % is about men who went to college because one was near.

# %% [markdown] statement="iv" level="core"
# ### `iv`: two stages, right errors
#
# Write `iv(outcome, treatment, instrument, controls=None)`: $y$ and $d$ of shape (n,), one instrument (n,) or several (n, m), controls (n,), (n, q), a frame or `None`. You always add a constant.
# With $Z = [1, C, \text{instruments}]$, $X = [1, C, d]$ and $\hat X$ the prediction of $X$ from $Z$ ($\hat d$ in place of $d$):
#
# $$\hat\beta = (\hat X'\hat X)^{-1}\hat X' y, \qquad e = y - X\hat\beta, \qquad s^2 = \frac{e'e}{n - k}, \qquad \operatorname{Var}(\hat\beta) = s^2 (\hat X'\hat X)^{-1}$$
#
# where $k$ counts the columns of $X$. Note $X$, not $\hat X$, in $e$. Return a dict: `"effect"` and `"std_error"` of the treatment; `"ols"`, its coefficient when $y$ is regressed on $X$; `"first_stage_f"`, the classical F for all $m$ instruments together in the regression of $d$ on $Z$:
# $\frac{(\text{RSS}_0 - \text{RSS}_1)/m}{\text{RSS}_1/(n - \text{columns of } Z)}$, with $\text{RSS}_0$ from $[1, C]$ only; and `"weak"`, `True` when it is below 10. Don't round; no value is missing.
# Raise `ValueError` when the numbers of rows differ, when `n` is not above the number of columns of $Z$, and when the columns of $Z$ are linearly dependent (a constant instrument, a copy of a control).
#
# Example: `iv([3, 5, 4, 8, 7, 9], [1, 2, 2, 4, 3, 5], [0, 0, 1, 1, 0, 1])` gives effect 1.2, standard error 0.4099, ols 1.5692, F 2.5 and weak (rounded here).


# %% solution="iv"
def iv(outcome: ArrayLike, treatment: ArrayLike, instrument: ArrayLike, controls: ArrayLike | None = None) -> dict[str, float | bool]:
    """Two-stage least squares of one treatment, classical standard error, first-stage F.

    outcome, treatment: shape (n,). instrument: (n,) or (n, m). controls: (n,), (n, q) or None.
    Returns {"effect", "std_error", "ols", "first_stage_f", "weak"}.
    """
    ### BEGIN SOLUTION
    y, d = np.asarray(outcome, dtype=float), np.asarray(treatment, dtype=float)
    extra = np.asarray(instrument, dtype=float)
    extra = extra[:, None] if extra.ndim == 1 else extra
    base = np.ones((y.size, 1))
    if controls is not None:
        given = np.asarray(controls, dtype=float)
        given = given[:, None] if given.ndim == 1 else given
        if len(given) != y.size:
            raise ValueError("one row of controls for each outcome")
        base = np.hstack([base, given])
    if d.shape != y.shape or len(extra) != y.size:
        raise ValueError("one treatment and one instrument for each outcome")
    z = np.hstack([base, extra])
    if y.size <= z.shape[1] or np.linalg.matrix_rank(z) < z.shape[1]:
        raise ValueError("too few rows, or an instrument without variation of its own")

    first, without = sm.OLS(d, z).fit(), sm.OLS(d, base).fit()
    strength = (without.ssr - first.ssr) / extra.shape[1] / (first.ssr / (y.size - z.shape[1]))

    x, predicted = np.column_stack([base, d]), np.column_stack([base, first.fittedvalues])
    beta = np.linalg.lstsq(predicted, y, rcond=None)[0]
    residual = y - x @ beta  # the real treatment, not the predicted one
    variance = residual @ residual / (y.size - x.shape[1]) * np.linalg.inv(predicted.T @ predicted)
    return {
        "effect": float(beta[-1]),
        "std_error": float(np.sqrt(variance[-1, -1])),
        "ols": float(np.linalg.lstsq(x, y, rcond=None)[0][-1]),
        "first_stage_f": float(strength),
        "weak": bool(strength < 10),
    }
    ### END SOLUTION


# %% [markdown] hint="iv"
# Build three matrices first: `[1, C]`, `Z` and `X`. Controls stand in all of them, in both stages.

# %% [markdown] hint="iv"
# The second-stage regression gives the right coefficient and a wrong standard error: its residuals use the predicted treatment. Compute the residuals again, with the treatment that people really got.

# %% [markdown] hint="iv"
# `d_hat = Z @ lstsq(Z, d)`, `Xh = [1, C, d_hat]`, `beta = lstsq(Xh, y)`, `e = y - X @ beta`, `V = e @ e / (n - k) * inv(Xh.T @ Xh)`. The standard error is the root of the last diagonal element.

# %% test="iv" name="value" points=3
"""Effect, standard error and OLS: on the example, then on Card's data and on invitations."""
checks.record(
    iv([3, 5, 4, 8, 7, 9], [1, 2, 2, 4, 3, 5], [0, 0, 1, 1, 0, 1]),
    {"effect": 1.2, "std_error": 0.4098780306, "ols": 1.569230769, "first_stage_f": 2.5, "weak": True},
    "the example",
    mistakes={
        "these are second-stage OLS errors; compute the residuals with the real treatment": {"std_error": 1.148912529},
        "this is OLS; the instrument plays no part": {"effect": 1.569230769},
        "this is what the instrument does to the outcome; divide by what it does to the treatment": {"effect": 2.0},
        "divide e'e by n - k": {"std_error": 0.3346640106},
        "this is the variance; return its root": {"std_error": 0.168},
    },
)
### BEGIN HIDDEN TESTS
users = simulate_invites(500, seed=31)
two = np.column_stack([users["invited"], np.random.default_rng(3).normal(0, 1, 500)])
two_hours = users["hours"].to_numpy() + 0.4 * two[:, 1]
for name, y, d, z, c in [
    ("college and wages", COLLEGE["lwage"].to_numpy(), COLLEGE["educ"].to_numpy(), COLLEGE["nearc4"].to_numpy(), COLLEGE[COLLEGE_CONTROLS]),
    ("500 users and invitations", users["value"].to_numpy(), users["hours"].to_numpy(), users["invited"].to_numpy(), users["tenure"].to_numpy()),
    ("500 users and two nudges", users["value"].to_numpy(), two_hours, two, users["tenure"].to_numpy()),
]:
    n, base = len(y), sm.add_constant(np.asarray(c, float).reshape(len(y), -1))
    full = np.column_stack([base, z])
    x = np.column_stack([base, d])
    hat = full @ np.linalg.lstsq(full, d, rcond=None)[0]
    second = sm.OLS(y, np.column_stack([base, hat])).fit()
    e = y - x @ second.params
    scale = np.sqrt(e @ e / (n - x.shape[1]) / (second.resid @ second.resid / (n - x.shape[1])))
    error = second.bse[-1] * scale
    alone = sm.add_constant(np.asarray(z).reshape(n, -1))
    bare = alone @ np.linalg.lstsq(alone, d, rcond=None)[0]
    wrong = {
        "these are second-stage OLS errors; compute the residuals with the real treatment": {"std_error": second.bse[-1]},
        "this is OLS; the instrument plays no part": {"effect": sm.OLS(y, x).fit().params[-1]},
        "the controls are missing in the first stage; they belong in both": {"effect": sm.OLS(y, np.column_stack([base, bare])).fit().params[-1]},
        "the controls are left out": {"effect": sm.OLS(y, sm.add_constant(bare)).fit().params[-1]},
        "divide e'e by n - k": {"std_error": error * np.sqrt((n - x.shape[1]) / n)},
        "this is the variance; return its root": {"std_error": error**2},
    }
    if np.ndim(z) == 1:
        wrong["this is what the instrument does to the outcome; divide by what it does to the treatment"] = {"effect": sm.OLS(y, full).fit().params[-1]}
    checks.record(iv(y, d, z, c), {"effect": second.params[-1], "std_error": error, "ols": sm.OLS(y, x).fit().params[-1]}, name, mistakes=wrong)
### END HIDDEN TESTS

# %% test="iv" name="strength" points=2
"""First-stage F, and weak instruments are flagged."""
f = iv(COLLEGE["lwage"], COLLEGE["educ"], COLLEGE["nearc4"], COLLEGE[COLLEGE_CONTROLS])
checks.record(
    f,
    {"first_stage_f": 15.76666114, "weak": False},
    "college and wages",
    mistakes={
        "this F is of the whole first stage, controls too; test the instruments alone": {"first_stage_f": 456.1404023},
        "the controls are missing in the first stage; they belong in both": {"first_stage_f": 63.54676284},
        "this is t; F of a single instrument is its square": {"first_stage_f": 3.970725518},
        "robust errors give this F; the statement asks for the classical one": {"first_stage_f": 16.51528561},
    },
)
### BEGIN HIDDEN TESTS
for strength, many in [(1.0, 1), (0.1, 1), (0.5, 3)]:
    users = simulate_invites(400, seed=8, strength=strength)
    z = np.column_stack([users["invited"]] + [np.random.default_rng(k).normal(0, 1, 400) for k in range(1, many)])
    names = ["const", "tenure"] + [f"z{k}" for k in range(many)]
    full = pd.DataFrame(np.column_stack([np.ones(400), users["tenure"], z]), columns=names)
    stage = sm.OLS(users["hours"].to_numpy(), full).fit()
    value = float(np.squeeze(stage.f_test(", ".join(f"z{k} = 0" for k in range(many))).fvalue))
    wrong = {
        "this F is of the whole first stage, controls too; test the instruments alone": {"first_stage_f": stage.fvalue},
    }
    if many > 1:
        wrong["divide the gain by the number of instruments"] = {"first_stage_f": value * many}
    wrong["the verdict is turned: weak means an F below 10"] = {"first_stage_f": value, "weak": not value < 10}
    checks.record(
        iv(users["value"].to_numpy(), users["hours"].to_numpy(), z if many > 1 else z[:, 0], users["tenure"].to_numpy()),
        {"first_stage_f": value, "weak": value < 10},
        f"400 users, {many} instrument(s), strength {strength}",
        mistakes=wrong,
    )
### END HIDDEN TESTS

# %% test="iv" name="edges" points=1
"""Unusable input is refused; shapes (n,) and (n, 1) are the same."""
### BEGIN HIDDEN TESTS
y, d, z = [3, 5, 4, 8, 7, 9], [1, 2, 2, 4, 3, 5], [0, 0, 1, 1, 0, 1]
checks.record(iv(y, d, [[v] for v in z]), {"effect": 1.2, "ols": 1.569230769}, "an instrument of shape (n, 1)")
checks.raises(ValueError, iv, y, d, [1, 1, 1, 1, 1, 1], what="a constant instrument")
checks.raises(ValueError, iv, y, d, z, [2, 2, 5, 5, 2, 5], what="an instrument that a control repeats")
checks.raises(ValueError, iv, y, d[:5], z, what="a treatment that is too short")
checks.raises(ValueError, iv, y, d, z[:5], what="an instrument that is too short")
checks.raises(ValueError, iv, y, d, z, [1, 2, 3], what="controls that are too short")
checks.raises(ValueError, iv, [1, 2], [1, 3], [0, 1], what="two rows and two columns of Z")
### END HIDDEN TESTS

# %% test="iv" name="coverage" points=1
"""In 150 repeats the 95 % interval holds the true effect about 95 % of the time."""
### BEGIN HIDDEN TESTS
hits = 0
for seed in range(150):
    users = simulate_invites(500, seed=6_000 + seed, strength=1.5, drive_effect=-3, effect=1)
    result = iv(users["value"].to_numpy(), users["hours"].to_numpy(), users["invited"].to_numpy(), users["tenure"].to_numpy())
    hits += abs(result["effect"] - 1) <= 1.96 * result["std_error"]
checks.between(
    hits / 150,
    0.91,
    0.99,
    "the share of intervals that hold the truth",
    mistakes={"these intervals are too narrow; were the residuals computed with the predicted treatment?": (0.7, 0.9099)},
)
### END HIDDEN TESTS

# %% [markdown] explain="iv"
# The second stage's own residuals, $y - \hat X\hat\beta$, hold the part of the treatment that the instrument didn't predict, times the effect. That is no noise in the model. Depending on the sign of the confounding the manual errors are too large or too small: for Card's data .0513 in place of .0500; in the coverage test they miss far too often.
#
# With the columns of the paper (they are in `linearmodels.datasets.card`) this function gives OLS .0747, IV .1315 (.0550) and F 13.26. In practice, use `linearmodels.IV2SLS` with robust or clustered errors. A weak instrument doesn't only widen the interval: it draws the estimate towards OLS and makes the Normal approximation false, so the printed interval can't be trusted either.

# %% [markdown]
# > **In the interview.** *"Adoption of the feature isn't random. What could serve as an instrument?"*
# > **In 30 seconds:** something that moves adoption and has no other way to the outcome: a randomised invitation or default, an outage, staggered access. I show the first stage and its F, the reduced form, and 2SLS with its proper errors; I argue exclusion from how the nudge came about, since data can't prove it. The estimate is for users whom the nudge moves.
# > **They ask next:** F is 6, what now (Anderson-Rubin interval, stronger nudge)? Why is IV above OLS for Card (compliers, or a second way)? Is an A/B test with non-compliance an IV (yes: assignment is the instrument)? What would break exclusion in *your* nudge (the e-mail itself reminds them of the product)?
# > **Red flags:** "an instrument is a variable that correlates with treatment"; exclusion "tested" by regressing the outcome on the instrument; second-stage errors by hand; leaving controls out of one stage.

# %% [markdown]
# ## Propensity score matching: find everyone a twin
#
# Does job training raise earnings? In the National Supported Work experiment of the 1970s people were randomised, so we know: 1978 earnings rose by $1,794. That number is the **benchmark**. LaLonde (1986) then asked a cruel question. Throw the control group away, take ordinary people from a survey (CPS) in its place, and see
# whether the usual methods find the benchmark again.


# %% locked="training"
def training_table() -> pd.DataFrame:
    """185 trained people of the experiment (`treat` 1) and 15,992 people of the CPS survey (`treat` 0); earnings in $1,000."""
    people = pd.concat([datasets.causal("nsw_mixtape").query("treat == 1"), datasets.causal("cps_mixtape")], ignore_index=True)
    people = people.drop(columns="data_id").astype(float)
    people[["re74", "re75", "re78"]] /= 1_000
    return people.assign(none74=(people["re74"] == 0) * 1.0, none75=(people["re75"] == 0) * 1.0)


TRAINING = training_table()
PERSON = ["age", "educ", "black", "hisp", "marr", "nodegree"]
EARNINGS = ["re74", "re75", "none74", "none75"]  # earnings before training, and whether there were none

# %%
experiment = datasets.causal("nsw_mixtape").astype({"re78": float}).groupby("treat")["re78"].mean()
groups = TRAINING.groupby("treat")
print(f"experiment: {experiment[1] - experiment[0]:,.2f} $    trained minus survey: {1_000 * (groups['re78'].mean()[1] - groups['re78'].mean()[0]):,.0f} $")
groups[["age", "educ", "black", "marr", "nodegree", "re74", "re75"]].mean().rename(index={0.0: "survey", 1.0: "trained"}).round(2)

# %% [markdown]
# Training seems to cost $8,498 a year. Of course: the trained are younger, poorer, mostly black and unmarried. The survey has people like them, but few.
#
# With ten covariates few have an exact twin (29 of the 185 do). The **propensity score**, the probability of treatment given covariates, replaces ten numbers by one: among people with the same score, covariates are balanced (Rosenbaum and Rubin 1983). Look at overlap first. Where one group has nobody, no method can compare.


# %% collapsed=true
def log_odds(table: pd.DataFrame, names: list[str]) -> np.ndarray:
    """Fitted log-odds of treatment."""
    x = sm.add_constant(table[names])
    return (x @ sm.Logit(table["treat"], x).fit(disp=0).params).to_numpy()


score = log_odds(TRAINING, PERSON + EARNINGS)
trained = (TRAINING["treat"] == 1).to_numpy()
fig, ax = plt.subplots(figsize=(7, 3))
edges = np.linspace(-12, 2, 43)
ax.hist(score[~trained], edges, color="0.75", label="survey, 15,992 people")
ax.hist(score[trained], edges, color="C1", alpha=0.8, label="trained, 185 people")
ax.set(
    yscale="log",
    xlabel="log-odds of being trained, given covariates",
    ylabel="people (log scale)",
    title="Few in the survey resemble the trained, but enough do",
)
ax.legend(frameon=False, loc="upper right")
plt.show()

# %% [markdown]
# You will match. A close relative is *weighting*: count each survey person by their odds of treatment, $e^{\text{score}}$, so that the survey looks like the trained. Either way, don't judge the result by the estimate. Judge it by **balance**: the difference of the group means of each covariate,
# in standard deviations (standardised mean difference, SMD). Below 0.1 is the usual wish.


# %% collapsed=true
def balance(table: pd.DataFrame, names: list[str], weight: np.ndarray) -> pd.Series:
    """Standardised differences of the trained and the weighted survey."""
    one, zero = table[table["treat"] == 1][names], table[table["treat"] == 0][names]
    return (one.mean() - np.average(zero, axis=0, weights=weight)) / np.sqrt((one.var() + zero.var()) / 2)


names = PERSON + EARNINGS
fig, ax = plt.subplots(figsize=(7, 3.2))
ax.scatter(balance(TRAINING, names, np.ones((~trained).sum())), names, color="C1", label="raw")
ax.scatter(balance(TRAINING, names, np.exp(score[~trained])), names, color="C0", marker="s", label="weighted by the odds of treatment")
ax.axvspan(-0.1, 0.1, color="0.9", zorder=0)
ax.axvline(0, color="0.5", lw=1)
ax.set(xlabel="trained minus survey, in standard deviations", title="Weighting brings raw differences of up to 2.4 down to about 0.1 at most")
ax.legend(frameon=False, loc="lower right")
plt.show()


# %%
def weighted_effect(names: list[str]) -> float:
    """Trained minus odds-weighted survey, in $."""
    odds = np.exp(log_odds(TRAINING, names))[~trained]
    return 1_000 * (TRAINING["re78"][trained].mean() - np.average(TRAINING["re78"][~trained], weights=odds))


pd.Series(
    {
        "benchmark: the experiment": experiment[1] - experiment[0],
        "no adjustment": 1_000 * (groups["re78"].mean()[1] - groups["re78"].mean()[0]),
        "weighted, with earlier earnings": weighted_effect(PERSON + EARNINGS),
        "weighted, earlier earnings left out": weighted_effect(PERSON),
    },
    name="effect on 1978 earnings ($)",
).round(0).to_frame()

# %% [markdown]
# The last row is the lesson. Leave out earlier earnings, as if nobody had measured them, and the estimate is off by more than $4,000, in the wrong direction. All covariates that this row uses are balanced, too (at most 0.05). **Balance can't show a confounder that you don't have.** What you can do: measure behaviour before treatment (it stands in for much else),
# estimate the "effect" on an outcome from *before* treatment, and say how strong a hidden confounder would have to be to explain the effect away (Rosenbaum's bounds, the E-value).
#
# A trap of formula languages: in `"treat ~ age + age**2"` the last term is plain age again. Write `I(age**2)`.

# %%
pd.Series(
    {formula: len(sm.Logit.from_formula(formula, TRAINING).exog_names) for formula in ("treat ~ age + age**2", "treat ~ age + I(age**2)")},
    name="columns, with the constant",
).to_frame()

# %% [markdown]
# Now your own case: teams that adopt an assistant (`treated`) are larger and busier. The true effect on adopters, the ATT, is known for each simulated set.


# %% locked="simulate_teams"
def simulate_teams(n: int, seed: int, hidden: float = 0.0) -> tuple[pd.DataFrame, float]:
    """Teams with `size`, `load`, `remote` (0 or 1), `treated`, `outcome`; and the true average effect on the treated.

    The effect is 2 + size, so it is larger for the treated. `hidden`: pull of an unseen confounder on treatment and outcome.
    """
    rng = np.random.default_rng(seed)
    size, load, unseen = rng.normal(0, 1, n), rng.normal(0, 1, n), rng.normal(0, 1, n)
    remote = (rng.random(n) < 0.4).astype(float)
    chance = 1 / (1 + np.exp(1.2 - 0.9 * size - 0.6 * load + 0.7 * remote - hidden * unseen))
    treated = (rng.random(n) < chance).astype(int)
    effect = 2 + size
    outcome = 20 + 3 * size + 2 * load - 1.5 * remote + 3 * hidden * unseen + effect * treated + rng.normal(0, 1, n)
    teams = pd.DataFrame({"size": size, "load": load, "remote": remote, "treated": treated, "outcome": outcome})
    return teams, float(effect[treated == 1].mean())


# %% [markdown] statement="psm" level="stretch"
# ### `psm`: match, measure, check
#
# Write `psm(covariates, treated, outcome, caliper=0.2)`. `covariates`: frame or array of shape (n, k); `treated`: 0 or 1; `outcome`: n numbers. No value is missing.
# Fit a logistic regression of `treated` on all covariates and a constant, by maximum likelihood **without penalty**. Match on the fitted **log-odds** $\ell = \ln\frac{p}{1-p}$. Caliper: $c = \text{caliper}\cdot\sqrt{(s_1^2 + s_0^2)/2}$ with the sample variances ($n - 1$) of $\ell$ among treated and controls.
# Each treated unit takes the nearest control, **with replacement**; it is dropped when the nearest is farther than $c$. Controls at most $10^{-6}$ farther than the nearest are tied: use the mean of their outcomes (and covariates). Return a dict: `"att"`, the mean over matched treated units of own outcome minus match's outcome;
# `"matched"` and `"dropped"`, numbers of treated units; `"smd_before"` and `"smd_after"`, lists in column order: mean of treated minus mean of controls, over *all* units before, over matched treated units and their matches after. Both are divided by the same number, $\sqrt{(s_1^2 + s_0^2)/2}$ of that covariate over *all* units.
# Raise `ValueError` when lengths differ, `treated` holds something other than 0 and 1, a group has fewer than two units, or no treated unit has a control within $c$ (no overlap). Inputs without a unique finite fit (groups that a line separates perfectly, constant or collinear covariates) don't occur in the checks.
#
# Example: covariates `[[1], [2], [2], [3], [4], [2], [3], [4], [6]]`, treated `[0, 0, 0, 0, 0, 1, 1, 1, 1]`, outcome `[5, 7, 9, 10, 11, 10, 13, 15, 25]` give att 3.0, 3 matched, 1 dropped, SMD 0.9297 before and 0 after: the two controls at 2 are tied, nobody is near 6.


# %% solution="psm"
def psm(covariates: ArrayLike, treated: ArrayLike, outcome: ArrayLike, caliper: float = 0.2) -> dict[str, float | int | list[float]]:
    """Effect on the treated by 1:1 nearest-neighbour matching with replacement on the log-odds of treatment.

    covariates: (n, k). treated: (n,), 0 or 1. outcome: (n,). Returns {"att", "matched", "dropped", "smd_before", "smd_after"}.
    """
    ### BEGIN SOLUTION
    x, t, y = np.asarray(covariates, dtype=float), np.asarray(treated, dtype=float), np.asarray(outcome, dtype=float)
    if not len(x) == len(t) == len(y) or not np.isin(t, [0, 1]).all() or min(t.sum(), (1 - t).sum()) < 2:
        raise ValueError("rows must match, treated must be 0 or 1, each group needs two units")
    one, zero = t == 1, t == 0
    design = np.column_stack([np.ones(len(x)), x])
    log_odds = design @ sm.Logit(t, design).fit(disp=0, maxiter=200).params

    distance = np.abs(log_odds[one][:, None] - log_odds[zero])
    nearest = distance.min(axis=1)
    kept = nearest <= caliper * np.sqrt((log_odds[one].var(ddof=1) + log_odds[zero].var(ddof=1)) / 2)
    if not kept.any():
        raise ValueError("no overlap: no treated unit has a control within the caliper")
    tied = distance[kept] <= nearest[kept, None] + 1e-6
    share = tied / tied.sum(axis=1, keepdims=True)

    spread = np.sqrt((x[one].var(axis=0, ddof=1) + x[zero].var(axis=0, ddof=1)) / 2)
    return {
        "att": float(np.mean(y[one][kept] - share @ y[zero])),
        "matched": int(kept.sum()),
        "dropped": int((~kept).sum()),
        "smd_before": ((x[one].mean(axis=0) - x[zero].mean(axis=0)) / spread).tolist(),
        "smd_after": ((x[one][kept].mean(axis=0) - (share @ x[zero]).mean(axis=0)) / spread).tolist(),
    }
    ### END SOLUTION


# %% [markdown] hint="psm"
# Five steps: fit, log-odds, table of distances (treated in rows, controls in columns), nearest with ties, differences. The outcome is used in the last one only.

# %% [markdown] hint="psm"
# `sm.Logit(t, X).fit(disp=0)` has no penalty; scikit-learn's `LogisticRegression` has one unless you set `C=np.inf`. Log-odds are `X @ params`, no need for $p$.

# %% [markdown] hint="psm"
# `D = abs(l1[:, None] - l0)`, `nearest = D.min(axis=1)`, `kept = nearest <= c`. For treated unit `i`: `tied = D[i] <= nearest[i] + 1e-6`, its match has outcome `y0[tied].mean()`.

# %% test="psm" name="value" points=2
"""Effect on the treated: on the example, then on teams."""
checks.record(
    psm([[1], [2], [2], [3], [4], [2], [3], [4], [6]], [0, 0, 0, 0, 0, 1, 1, 1, 1], [5, 7, 9, 10, 11, 10, 13, 15, 25]),
    {"att": 3.0, "matched": 3, "dropped": 1},
    "the example",
    mistakes={
        "this is the plain difference of means; nothing was matched": {"att": 7.35},
        "the caliper is ignored": {"att": 5.75},
        "one of several equally near controls was taken; use the mean of all that are tied": {"att": 10 / 3},
        "of equally near controls the last was taken; use the mean of all that are tied": {"att": 8 / 3},
        "the outcome must not decide who is matched": {"att": 5.0},
        "this averages over controls, too (ATE); the effect on the treated is asked for": {"att": 20 / 7},
    },
)
### BEGIN HIDDEN TESTS


def matched_effect(x, t, y, caliper=0.2, scale="odds", penalty=False, replace=True, target="treated", width=None):
    design = sm.add_constant(np.asarray(x, float))
    if penalty:
        from sklearn.linear_model import LogisticRegression

        score = LogisticRegression(max_iter=2_000, tol=1e-9).fit(x, t).decision_function(x)
    else:
        score = design @ sm.Logit(t, design).fit(disp=0).params
    score = score if scale == "odds" else 1 / (1 + np.exp(-score))
    a, b = score[t == 1], score[t == 0]
    limit = caliper * np.sqrt((a.var(ddof=1) + b.var(ddof=1)) / 2) if width is None else width
    gaps, free = [], np.ones(b.size, bool)
    for s, own in zip(a, y[t == 1], strict=True):
        d = np.where(free, abs(b - s), np.inf)
        if d.min() <= limit:
            gaps.append(own - y[t == 0][d.argmin()])
            free[d.argmin()] = replace
    if target == "all":
        for s, own in zip(b, y[t == 0], strict=True):
            d = abs(a - s)
            if d.min() <= limit:
                gaps.append(y[t == 1][d.argmin()] - own)
    return np.mean(gaps), len(gaps)


for seed, caliper, columns in [(5, 0.2, ["size", "load", "remote"]), (6, 0.02, ["size", "load", "remote"]), (7, 0.01, ["load", "remote"])]:
    teams, _ = simulate_teams(500, seed)
    x, t, y = teams[columns], teams["treated"].to_numpy(), teams["outcome"].to_numpy()
    effect, count = matched_effect(x, t, y, caliper)
    twin_outcome = np.mean([v - y[t == 0][abs(y[t == 0] - v).argmin()] for v in y[t == 1]])
    candidates = {
        "this is the plain difference of means; nothing was matched": y[t == 1].mean() - y[t == 0].mean(),
        "controls are used once only; match with replacement": matched_effect(x, t, y, caliper, replace=False)[0],
        "this averages over controls, too (ATE); the effect on the treated is asked for": matched_effect(x, t, y, caliper, target="all")[0],
        "this matches on the probability; use the log-odds": matched_effect(x, t, y, caliper, scale="probability")[0],
        "the logistic regression is penalised; scikit-learn does that unless C is infinite": matched_effect(x, t, y, caliper, penalty=True)[0],
        "the outcome must not decide who is matched": twin_outcome,
        "the caliper is ignored": matched_effect(x, t, y, width=np.inf)[0],
        "the caliper counts standard deviations of the log-odds": matched_effect(x, t, y, width=caliper)[0],
    }
    wrong = {text: {"att": value} for text, value in candidates.items() if abs(value - effect) > 1e-4}
    checks.record(psm(x, t, y, caliper), {"att": effect, "matched": count, "dropped": int(t.sum()) - count}, f"500 teams, caliper {caliper}", mistakes=wrong)
### END HIDDEN TESTS

# %% test="psm" name="balance" points=2
"""Standardised differences before and after, divided by the same spread."""
result = psm([[1], [2], [2], [3], [4], [2], [3], [4], [6]], [0, 0, 0, 0, 0, 1, 1, 1, 1], [5, 7, 9, 10, 11, 10, 13, 15, 25])
checks.array(result["smd_before"], [0.9297455983], "SMD before matching of the example")
checks.array(result["smd_after"], [0.0], "SMD after matching of the example")
### BEGIN HIDDEN TESTS
teams, _ = simulate_teams(400, seed=12)
x, t, y = teams[["size", "load", "remote"]].to_numpy(), teams["treated"].to_numpy(), teams["outcome"].to_numpy()
design = sm.add_constant(x)
score = design @ sm.Logit(t, design).fit(disp=0).params
a, b = score[t == 1], score[t == 0]
limit = 0.05 * np.sqrt((a.var(ddof=1) + b.var(ddof=1)) / 2)
pairs = [(i, abs(b - s).argmin()) for i, s in enumerate(a) if abs(b - s).min() <= limit]
own, twin = x[t == 1][[i for i, _ in pairs]], x[t == 0][[j for _, j in pairs]]
spread = np.sqrt((x[t == 1].var(axis=0, ddof=1) + x[t == 0].var(axis=0, ddof=1)) / 2)
raw, left = x[t == 1].mean(axis=0) - x[t == 0].mean(axis=0), own.mean(axis=0) - twin.mean(axis=0)
result = psm(teams[["size", "load", "remote"]], t, y, 0.05)
checks.array(
    result["smd_before"],
    raw / spread,
    "SMD before matching of 400 teams",
    mistakes={
        "divide the difference by the standard deviation": raw,
        "the sign is turned: treated minus controls": -raw / spread,
        "the variances are averaged over the two groups; this is the spread of all units together": raw / x.std(axis=0, ddof=1),
        "sample variances divide by n - 1": raw / np.sqrt((x[t == 1].var(axis=0) + x[t == 0].var(axis=0)) / 2),
    },
)
checks.array(
    result["smd_after"],
    left / spread,
    "SMD after matching of 400 teams",
    mistakes={
        "this divides by the spread of the matched units; keep the spread from before, or the two can't be compared": left
        / np.sqrt((own.var(axis=0, ddof=1) + twin.var(axis=0, ddof=1)) / 2),
        "treated units that were dropped don't count after matching": (x[t == 1].mean(axis=0) - twin.mean(axis=0)) / spread,
        "a control that serves twice counts twice": (own.mean(axis=0) - x[t == 0][sorted({j for _, j in pairs})].mean(axis=0)) / spread,
    },
)
### END HIDDEN TESTS

# %% test="psm" name="ties" points=1
"""With coarse covariates many controls are equally near: their mean counts."""
### BEGIN HIDDEN TESTS
draw = np.random.default_rng(2)
x = draw.integers(0, 3, (90, 2))
t = (draw.random(90) < 0.2 + 0.2 * x[:, 0]).astype(int)
y = x.sum(axis=1) + draw.normal(0, 2, 90) + 3 * t
cells = [y[t == 0][(x[t == 0] == row).all(axis=1)] for row in x[t == 1]]
first = np.array([cell[0] for cell in cells])
checks.record(
    psm(x, t, y),
    {"att": np.mean(y[t == 1] - [cell.mean() for cell in cells]), "matched": int(t.sum()), "dropped": 0, "smd_after": [0.0, 0.0]},
    "90 units in nine cells",
    mistakes={
        "one of several equally near controls was taken; use the mean of all that are tied": {"att": np.mean(y[t == 1] - first)},
        "of equally near controls the last was taken; use the mean of all that are tied": {"att": np.mean(y[t == 1] - [cell[-1] for cell in cells])},
    },
)
### END HIDDEN TESTS

# %% test="psm" name="edges" points=1
"""No overlap and unusable input are refused."""
### BEGIN HIDDEN TESTS
apart = [[-3.2], [-3.0], [-2.9], [-2.8], [0.3], [0.0], [2.8], [2.9], [3.0], [3.2]]
checks.raises(ValueError, psm, apart, [0] * 5 + [1] * 5, list(range(10)), what="two groups that are far apart")
three = [[1.0], [2.0], [3.0], [1.5], [2.5], [2.0]]
checks.raises(ValueError, psm, three, [0, 1, 0, 1, 0], [1, 2, 3, 4, 5, 6], what="lengths that differ")
checks.raises(ValueError, psm, three, [0, 1, 0, 1, 0, 2], [1, 2, 3, 4, 5, 6], what="a treatment of 2")
checks.raises(
    ValueError,
    psm,
    [[1], [2], [2], [3], [4], [2], [3], [4], [6]],
    [0, 0, 0, 0, 0.5, 1, 1, 1, 1],
    [5, 7, 9, 10, 11, 10, 13, 15, 25],
    what="a treatment of one half",
)
checks.raises(ValueError, psm, three, [0, 0, 0, 0, 0, 0], [1, 2, 3, 4, 5, 6], what="nobody treated")
checks.raises(ValueError, psm, three, [1, 1, 1, 1, 0, 1], [1, 2, 3, 4, 5, 6], what="a single control")
### END HIDDEN TESTS

# %% test="psm" name="truth" points=1
"""The real table, then teams with a known effect on the treated; and what a hidden confounder does."""
### BEGIN HIDDEN TESTS
real = psm(TRAINING[PERSON + EARNINGS], TRAINING["treat"], TRAINING["re78"])
checks.between(
    real["att"],
    0.9,
    2.3,
    "the effect of training on earnings, in $1,000 (the experiment: 1.794)",
    mistakes={"this is far below what the experiment found; were the trained compared with people unlike them?": (-20, 0)},
)
errors = []
for seed in range(10):
    teams, truth = simulate_teams(600, 200 + seed)
    errors.append(psm(teams[["size", "load", "remote"]], teams["treated"], teams["outcome"])["att"] - truth)
checks.between(
    np.mean(errors),
    -0.4,
    0.4,
    "the mean error in ten sets of teams",
    mistakes={
        "this is too large, as if the groups had not been made comparable": (2, 9),
        "this is too small; is it the effect on all, or on the controls?": (-3, -0.4001),
    },
)
teams, truth = simulate_teams(1_500, 77, hidden=1.0)
checks.between(psm(teams[["size", "load", "remote"]], teams["treated"], teams["outcome"])["att"] - truth, 1.5, 4.5, "the error with a hidden confounder")
### END HIDDEN TESTS

# %% [markdown] explain="psm"
# On the job training data with these ten covariates you get about $1,560, against $1,794 in the experiment and -$8,498 without adjustment; with the four earnings columns left out about -$3,384. Take the closeness with a grain of salt: only 121 different survey people serve as matches, and adding powers of age and schooling moves the estimate to $730.
# An estimate from so few twins has a standard error near $1,000. The plain error of the paired differences ignores that twins are used repeatedly, and the bootstrap is invalid for nearest-neighbour matching (Abadie and Imbens 2006, 2008): use their formula.
#
# Match on log-odds and not on $p$: near 0 and 1, units that differ a lot have nearly equal $p$. The spread in the SMD comes from *before* matching; otherwise matching makes the groups narrower and the SMD seems to grow. And a caliper that drops treated units changes the question: the ATT is then about those who could be matched. Say how many were not.
#
# With perfect separation the likelihood has no maximum at all: that is no overlap, in its purest form.

# %% [markdown]
# > **In the interview.** *"Users who adopted the assistant retain better. You have no experiment. What now?"*
# > **In 30 seconds:** I list what drives both adoption and retention, measured *before* adoption. I estimate the propensity, check overlap, match or weight, and check balance by SMD. I report the effect on adopters, how many had no match, and how strong a hidden confounder must be to explain it. It is the weakest of the designs here: a threshold, a nudge or a staggered roll-out would be better.
# > **They ask next:** ATT or ATE, and who asked? Matching or weighting or both with a regression (doubly robust)? Why not the AUC of the propensity model (a high AUC is bad news: no overlap)? Which covariates must stay out (anything after adoption)?
# > **Red flags:** judging by p-value of the effect before balance; a matched set "is like an experiment"; matching on variables measured after treatment; p-values as balance check.

# %% [markdown]
# ## Synthetic control: build the twin that doesn't exist
#
# You launch in one market. No other market is like it, but a *mix* of others may be: choose weights, none negative, adding up to one, so that the mix follows your market **before** launch. After launch the mix says what would have been. The gap is the effect (Abadie, Diamond and Hainmueller 2010).
#
# Real case: in 1993 Texas began to double the capacity of its prisons. How many more black men were in prison because of it? The table of Cunningham's *Mixtape* counts them for each state and year.

# %% locked="prisons"
prison_counts = datasets.causal("texas").pivot(index="year", columns="state", values="bmprison").astype(float)
size_before = prison_counts.loc[:1992].mean().sort_values(ascending=False)
PRISONS = prison_counts[size_before.index[:11]]  # black men in prison, 1985 to 2000: Texas and the ten states with the most before 1993

# %% collapsed=true
others = PRISONS.drop(columns="Texas")
fig, ax = plt.subplots(figsize=(7, 3))
ax.plot(others.index, others / 1_000, color="0.8", lw=1)
ax.plot([], [], color="0.8", label="ten other states")
ax.plot(others.index, others.mean(axis=1) / 1_000, color="C1", ls="--", label="their plain mean")
ax.plot(PRISONS.index, PRISONS["Texas"] / 1_000, color="C0", lw=2.5, label="Texas")
ax.axvline(1993, color="0.3", ls=":")
ax.set(xlabel="year", ylabel="black men in prison (1,000)", title="Texas moves among the others before 1993, away from all after")
ax.legend(frameon=False, loc="upper left")
plt.show()

# %% [markdown]
# Any weights may be tried. Here are three mixes: the book's, and two simple ones. The book's weights were found with seven predictors (income, poverty, and so on); such weights move when the optimiser starts elsewhere.
# A rerun of the same specification in R gave California .34, Florida .30, Louisiana .36: other states, nearly the same answer. You will solve the plain problem, past outcomes only: it is convex, so everybody finds the same best fit.

# %%
mixes = {
    "published: CA .408, IL .36, LA .122, FL .109": {"California": 0.408, "Illinois": 0.36, "Louisiana": 0.122, "Florida": 0.109},
    "rerun in R: CA .341, FL .298, LA .36": {"California": 0.341, "Florida": 0.298, "Louisiana": 0.36},
    "past outcomes only, the best fit: FL .37, NY .36, IL .27": {"Florida": 0.37, "New York": 0.36, "Illinois": 0.27},
    "Florida alone": {"Florida": 1.0},
    "the mean of ten": dict.fromkeys(others.columns, 0.1),
}
table = []
for name, mix in mixes.items():
    gap = PRISONS["Texas"] - prison_counts[list(mix)] @ pd.Series(mix)
    table.append({"mix": name, "RMSE before 1993": np.sqrt((gap.loc[:1992] ** 2).mean()), "gap in 2000": gap[2000]})
pd.DataFrame(table).set_index("mix").round(0)

# %% [markdown]
# The first two disagree on weights and agree on the effect, about 26,000 men in 2000. The third fits best of all mixes (RMSE 863), has other weights again, and says 28,900: the sign and the size hold, the thousands depend on what you fit. Your exercise finds such weights. Florida alone fits better than the first two, but then one state's own luck decides everything.
#
# **The assumption** is that a mix that fitted before would have gone on fitting. You can check the first half: the root mean squared gap before treatment (RMSE). The fit must come from a long history; with more donors than periods a perfect fit is cheap and means nothing.
#
# ### When it fails: outside the hull
#
# A mix lies between its parts. If your market is larger than every donor, no mix reaches it, and the best one is simply the largest donor. Take California, where *nothing* happened in 1993, as if it had been treated; Texas stays out.

# %% collapsed=true
donors = others.drop(columns="California")
fig, ax = plt.subplots(figsize=(7, 3))
ax.plot(donors.index, donors / 1_000, color="0.85", lw=1)
ax.plot(donors.index, donors["New York"] / 1_000, color="C1", ls="--", lw=2, label="best mix: New York alone")
ax.plot(others.index, others["California"] / 1_000, color="C0", lw=2.5, label="California, not treated")
ax.axvline(1993, color="0.3", ls=":")
ax.set(xlabel="year", ylabel="black men in prison (1,000)", title="Above every donor from 1986: by 12,000 in 2000, without a cause")
ax.legend(frameon=False, loc="upper left")
plt.show()

# %% [markdown]
# Weights that may be negative or need not add up to one would fit California before 1993, by extrapolation. Ordinary least squares with nine donors and eight years fits *anything* perfectly. That is exactly what makes it worthless:

# %%
donors_before = donors.loc[:1992].to_numpy()
free = np.linalg.lstsq(donors_before, others.loc[:1992, "California"].to_numpy(), rcond=None)[0]
gap = others["California"] - donors @ free
print(
    "weights from",
    free.min().round(2),
    "to",
    free.max().round(2),
    "    RMSE before:",
    np.sqrt((gap.loc[:1992] ** 2).mean()).round(3),
    "    gap in 2000:",
    gap[2000].round(0),
)

# %% [markdown]
# ### How sure? Placebos
#
# One treated unit gives no standard error. Instead, treat every donor as if it were the treated one, and see how unusual yours is. A unit that fits badly before will have gaps after, too, so compare the **ratio** RMSE after / RMSE before. The p-value is the share of units, yours included, with a ratio at least as large.
# With 10 donors it can't be below 1/11. Say that before anyone asks for 5 %.


# %% locked="simulate_markets"
def simulate_markets(seed: int, effect: float = 0.0, outside: float = 0.0, donors: int = 8, before: int = 30, after: int = 12) -> pd.DataFrame:
    """Weekly orders of `donors` markets and of `"home"`, a mix of the first three plus noise; `effect` starts in week `before`.

    outside: what is added to home in every week; a large value puts it above every donor. Index: weeks from 0.
    """
    rng = np.random.default_rng(seed)
    weeks = before + after
    trends = np.cumsum(rng.normal(0, 2, (weeks, 3)), axis=0)
    panel = 100 + rng.normal(0, 12, donors) + trends @ rng.normal(0, 1, (3, donors)) + rng.normal(0, 1.5, (weeks, donors))
    home = panel[:, :3] @ [0.5, 0.3, 0.2] + rng.normal(0, 1, weeks) + outside
    home[before:] += effect
    names = [f"market {k}" for k in range(1, donors + 1)]
    return pd.DataFrame(np.column_stack([panel[:, :4], home, panel[:, 4:]]), columns=[*names[:4], "home", *names[4:]])


# %% [markdown] statement="synthetic_control" level="stretch"
# ### `synthetic_control`: a mix, its gaps, its placebos
#
# Write `synthetic_control(panel, unit, start)`: `panel` is a frame, one row for each period in order (index: ascending labels), one column for each unit; `unit` names the treated column; periods with label `>= start` are after treatment. Every other column is a donor. Choose weights on the periods **before** only:
#
# $$\min_w \sum_{t < \text{start}} \Big(y_t - \sum_j w_j x_{tj}\Big)^2 \qquad w_j \ge 0, \quad \sum_j w_j = 1$$
#
# Return a dict: `"weights"`, donor name to weight, all donors; `"gaps"`, $y_t - \sum_j w_j x_{tj}$ for every period, before and after; `"pre_rmse"`, root of the mean squared gap before; `"effect"`, mean gap after; `"ratio"`, root of the mean squared gap after over `"pre_rmse"`;
# `"p_value"`: treat each donor as the unit with the *other donors* as its pool (the treated unit stays out), compute its ratio, and give the share of all units, treated one included, whose ratio is at least the treated unit's; `"outside"`, the number of periods before in which the treated unit lies above all donors or below all donors.
# Three digits are enough for weights, gaps and what follows from them. No check has a perfect fit (`"pre_rmse"` 0) or a tie between two ratios. Raise `ValueError` when `unit` is no column, when there are fewer than three donors, fewer than two periods before or none after, and when a value is missing.
#
# Example: `synthetic_control(simulate_markets(14, effect=8), "home", 30)` gives weights with .603 for market 1 and .223 for market 2, `"pre_rmse"` 0.837, `"effect"` 8.05, `"ratio"` 9.68, p-value 0.111, outside 0 (rounded here).


# %% solution="synthetic_control"
def synthetic_control(panel: pd.DataFrame, unit: str, start: int) -> dict[str, dict | list | float | int]:
    """Convex synthetic control on past outcomes, with placebo test.

    panel: periods in rows, units in columns. Returns {"weights", "gaps", "pre_rmse", "effect", "ratio", "p_value", "outside"}.
    """
    ### BEGIN SOLUTION
    if unit not in panel.columns or panel.shape[1] < 4 or panel.isna().to_numpy().any():
        raise ValueError("the unit must be a column, with three donors or more and no missing value")
    before = np.asarray(panel.index < start)
    if before.sum() < 2 or before.all():
        raise ValueError("at least two periods before treatment and one after")

    def fit(target: np.ndarray, pool: np.ndarray) -> tuple[np.ndarray, np.ndarray, float, float]:
        off = pool[before] - target[before, None]  # weights add up to one, so the gap is a mix of the donors' own gaps
        scale = max(np.abs(off).max(), 1e-12)
        weights, _ = nnls(np.vstack([off / scale, np.ones(pool.shape[1])]), np.append(np.zeros(before.sum()), 1.0))
        weights /= weights.sum()
        gaps = target - pool @ weights
        return weights, gaps, float(np.sqrt(np.mean(gaps[before] ** 2))), float(np.sqrt(np.mean(gaps[~before] ** 2)))

    donors = panel.drop(columns=unit)
    target, pool = panel[unit].to_numpy(float), donors.to_numpy(float)
    weights, gaps, pre, post = fit(target, pool)
    placebos = []
    for j in range(pool.shape[1]):
        _, _, pre_j, post_j = fit(pool[:, j], np.delete(pool, j, axis=1))
        placebos.append(post_j / pre_j)
    high, low = pool[before].max(axis=1), pool[before].min(axis=1)
    return {
        "weights": dict(zip(donors.columns, weights.tolist(), strict=True)),
        "gaps": gaps.tolist(),
        "pre_rmse": pre,
        "effect": float(gaps[~before].mean()),
        "ratio": post / pre,
        "p_value": (1 + sum(ratio >= post / pre for ratio in placebos)) / (1 + len(placebos)),
        "outside": int(((target[before] > high) | (target[before] < low)).sum()),
    }
    ### END SOLUTION


# %% [markdown] hint="synthetic_control"
# Write an inner function that takes a target and a pool and returns weights and gaps. Use it once for the treated unit and once for each donor.

# %% [markdown] hint="synthetic_control"
# `scipy.optimize.minimize` with `method="SLSQP"`, bounds `(0, 1)` and one equality constraint solves it; divide the data by its standard deviation first, and set a small `ftol`. Start from equal weights.

# %% [markdown] hint="synthetic_control"
# Faster: `nnls` on the columns $x_j - y$ with a row of ones below, target zeros and a one; then divide the weights by their sum. For the p-value count the treated unit itself: `(1 + number of larger ratios) / (1 + donors)`.

# %% test="synthetic_control" name="fit" points=2
"""Weights are allowed and as good as they can be: on the example, on fresh markets, on Texas."""
panel = simulate_markets(14, effect=8)
result = synthetic_control(panel, "home", 30)
w = np.array([result["weights"][name] for name in panel.columns.drop("home")], dtype=float)
checks.between(w.min(), -1e-4, 1, "the smallest weight of the example", mistakes={"a weight is negative; that is extrapolation": (-1e9, -1.01e-4)})
checks.between(
    w.sum(),
    0.999,
    1.001,
    "the sum of the weights of the example",
    mistakes={"the weights must add up to one": (-1e9, 0.99899), "the weights must add up to one ": (1.00101, 1e9)},
)
checks.between(
    result["pre_rmse"],
    0.833,
    0.8455,
    "the RMSE before treatment of the example",
    mistakes={
        "the fit uses periods after treatment; only those before may choose the weights": (2.07, 2.14),
        "these weights don't follow the unit before treatment; minimise the squared gaps": (2.5, 1e9),
    },
)
### BEGIN HIDDEN TESTS
for name, data, unit, start in [
    ("fresh markets", simulate_markets(2, effect=-5), "home", 30),
    ("fresh markets, a donor as the unit", simulate_markets(3), "market 2", 25),
    ("Texas", PRISONS, "Texas", 1993),
]:
    pool, target = data.drop(columns=unit), data[unit].to_numpy()
    pre = np.asarray(data.index < start)
    off = pool.to_numpy()[pre] - target[pre, None]
    best = nnls(np.vstack([off / abs(off).max(), np.ones(pool.shape[1])]), np.append(np.zeros(pre.sum()), 1.0))[0]
    best /= best.sum()
    least = np.sqrt(np.mean((off @ best) ** 2))
    result = synthetic_control(data, unit, start)
    w = np.array([result["weights"][donor] for donor in pool.columns], dtype=float)
    checks.between(w.min(), -1e-4, 1, f"{name}: the smallest weight", mistakes={"a weight is negative; that is extrapolation": (-1e9, -1.01e-4)})
    checks.between(w.sum(), 0.999, 1.001, f"{name}: the sum of the weights")
    checks.between(result["pre_rmse"], 0.995 * least, 1.01 * least, f"{name}: the RMSE before treatment (the least possible is {least:.4g})")
    checks.array(result["gaps"], target - pool.to_numpy() @ w, f"{name}: gaps that follow from your weights", rtol=1e-3, atol=1e-3 * least)
### END HIDDEN TESTS

# %% test="synthetic_control" name="effect" points=2
"""Gaps, effect and ratio."""
result = synthetic_control(simulate_markets(14, effect=8), "home", 30)
checks.close(
    result["effect"],
    8.054201348,
    "the effect in the example",
    rtol=0.01,
    mistakes={
        "this is the gap to the plain mean of the donors": 10.1249032326,
        "this averages all periods; the effect is the mean gap after the start": 2.28440242989,
        "the sign is turned: treated unit minus its mix": -8.05420134810,
    },
)
checks.close(result["ratio"], 9.68427198, "the ratio in the example", rtol=0.02)
checks.equal(len(result["gaps"]), 42, "the number of gaps, before and after")
### BEGIN HIDDEN TESTS
for seed, effect in [(4, 6.0), (5, 0.0), (6, -10.0)]:
    data = simulate_markets(seed, effect=effect)
    pool, target = data.drop(columns="home").to_numpy(), data["home"].to_numpy()
    off = pool[:30] - target[:30, None]
    best = nnls(np.vstack([off / abs(off).max(), np.ones(8)]), np.append(np.zeros(30), 1.0))[0]
    gaps = target - pool @ (best / best.sum())
    result = synthetic_control(data, "home", 30)
    checks.array(result["gaps"], gaps, f"planted effect {effect}: the gaps", rtol=0, atol=0.05)
    checks.close(result["effect"], gaps[30:].mean(), f"planted effect {effect}: the effect", rtol=0, atol=0.05)
    checks.between(result["effect"] - effect, -2, 2, f"planted effect {effect}: how far you are from the truth")
    before, after = np.sqrt(np.mean(gaps[:30] ** 2)), np.sqrt(np.mean(gaps[30:] ** 2))
    checks.close(
        result["ratio"],
        after / before,
        f"planted effect {effect}: the ratio",
        rtol=0.03,
    )
### END HIDDEN TESTS

# %% test="synthetic_control" name="placebo" points=2
"""The placebo p-value, and how many periods lie outside the donors."""
result = synthetic_control(PRISONS, "Texas", 1993)
checks.close(
    result["p_value"],
    1 / 11,
    "p-value of Texas among eleven states",
    mistakes={
        "count the treated unit itself; a p-value is never 0": 0.0,
        "divide by all units, the treated one included": 0.1,
    },
)
checks.equal(result["outside"], 0, "years before 1993 in which Texas lies outside the donors")
### BEGIN HIDDEN TESTS
for seed, effect in [(6, 3.0), (17, 3.0), (21, 2.0), (25, 0.0)]:
    data = simulate_markets(seed, effect=effect)
    ratios, with_home = [], []
    for name in data:
        for pools, others in ((ratios, data.drop(columns=[name] if name == "home" else [name, "home"])), (with_home, data.drop(columns=name))):
            off = others.to_numpy()[:30] - data[name].to_numpy()[:30, None]
            best = nnls(np.vstack([off / abs(off).max(), np.ones(off.shape[1])]), np.append(np.zeros(30), 1.0))[0]
            gap = data[name].to_numpy() - others.to_numpy() @ (best / best.sum())
            pools.append((np.sqrt(np.mean(gap[30:] ** 2)), np.sqrt(np.mean(gap[:30] ** 2)), name == "home"))
    table = np.array(ratios)
    value = table[:, 0] / table[:, 1]
    mine = value[table[:, 2] == 1][0]
    larger = int((value >= mine).sum())
    after = table[:, 0]
    joint = np.array(with_home)[:, 0] / np.array(with_home)[:, 1]
    candidates = {
        "count the treated unit itself; a p-value is never 0": (larger - 1) / 9,
        "divide by all units, the treated one included": (larger - 1) / 8,
        "units with a smaller ratio were counted": (value <= mine).mean(),
        "compare ratios, not gaps after treatment: a unit that fits badly before has gaps after": (after >= after[table[:, 2] == 1][0]).mean(),
        "the treated unit must stay out of the placebos' pools": (joint >= mine).mean(),
    }
    wrong = {text: number for text, number in candidates.items() if abs(number - larger / 9) > 1e-9}
    checks.close(synthetic_control(data, "home", 30)["p_value"], larger / 9, f"markets {seed}, planted effect {effect}: the p-value", mistakes=wrong)
### END HIDDEN TESTS

# %% test="synthetic_control" name="outside" points=1
"""A unit that no mix can reach is reported, and unusable input is refused."""
### BEGIN HIDDEN TESTS
data = simulate_markets(4, outside=25)
above = int((data["home"][:30] > data.drop(columns="home")[:30].max(axis=1)).sum())
result = synthetic_control(data, "home", 30)
checks.equal(
    result["outside"],
    above,
    "weeks before treatment in which a large market lies above all donors",
    mistakes={"count only periods before treatment": int((data["home"] > data.drop(columns="home").max(axis=1)).sum())},
)
checks.between(result["pre_rmse"], 5, 100, "the RMSE before treatment of a market that no mix can reach")
low = simulate_markets(4, outside=-25)
checks.equal(
    synthetic_control(low, "home", 30)["outside"],
    int((low["home"][:30] < low.drop(columns="home")[:30].min(axis=1)).sum()),
    "weeks before treatment in which a small market lies below all donors",
    mistakes={"a unit below all donors is outside, too": 0},
)
ok = simulate_markets(8)
checks.raises(ValueError, synthetic_control, ok, "nowhere", 30, what="a unit that is no column")
checks.raises(ValueError, synthetic_control, ok[["home", "market 1", "market 2"]], "home", 30, what="two donors")
checks.raises(ValueError, synthetic_control, ok, "home", 1, what="one period before treatment")
checks.raises(ValueError, synthetic_control, ok, "home", 42, what="no period after treatment")
last = ok.where(~((ok.index.to_numpy()[:, None] == 41) & (ok.columns.to_numpy() == "market 3")))
checks.raises(ValueError, synthetic_control, last, "home", 30, what="a value that is missing after treatment")
checks.raises(ValueError, synthetic_control, ok.where(ok > ok.to_numpy().min()), "home", 30, what="a missing value")
### END HIDDEN TESTS

# %% [markdown] explain="synthetic_control"
# Weights that add up to one let you subtract the target from every donor: the gap is the same mix of the donors' own gaps. Then only the direction of $w$ matters, and non-negative least squares with one extra row finds the exact optimum, without an optimiser's tolerance.
#
# For Texas it takes .37 Florida, .36 New York and .27 Illinois: again other weights than the book's, and again the same message, 28,901 more men in 2000. The p-value is 1/11, the smallest that ten donors can give. With all fifty states as donors it is .18: eight years can be fitted almost perfectly from fifty states, so small states have tiny denominators,
# and their ratios are huge. By the gap itself Texas is the first of 51 (.02). A p-value of this kind depends on the pool; choose the pool before you look.
#
# Also report the gaps of a false start (say, 1990) and leave out one donor at a time. Donors must be untouched by the treatment: when people move from the treated market into a donor, the control is treated too.

# %% [markdown]
# > **In the interview.** *"We launched in one country only. Did it work?"*
# > **In 30 seconds:** I build a synthetic country: non-negative weights on untouched countries, adding up to one, chosen to follow ours before launch. The effect is the gap after. I show the fit before, the weights, and placebos: the rank of our RMSE ratio among all countries. It rests on a good fit over a long history and on donors without a shock of their own.
# > **They ask next:** why not difference-in-differences (it weighs all donors alike and needs parallel trends)? Why not regression (negative weights extrapolate)? What if our market is the largest (outside the hull: use growth or an index, or say that it can't be done)? What is the smallest p-value with 10 donors?
# > **Red flags:** a perfect fit from more donors than periods, sold as proof; a standard error from one treated unit; donors that the launch touched; choosing donors after seeing the gap.

# %% [markdown]
# ## Interference: when one user's arm reaches another
#
# An A/B test subtracts control from treatment. That is the effect of a launch only under SUTVA (the *stable unit treatment value assumption*): what you do depends on your own arm, not on your neighbour's.
# Two kinds of product break it as a rule.
#
# | product | how the arms touch | what the difference says about a launch |
# |---|---|---|
# | **marketplace** (sellers, drivers, ads) | both arms compete for the same buyers: what treatment wins, control loses | too much |
# | **social product** (chat, feeds, shared prompts) | treated users pass the benefit on to friends in control | too little |
#
# Take a marketplace of 400 sellers of prompts and 4,000 orders a week. An AI writes half of them a better listing, which draws 30 % more clicks. Buyers don't buy more; they only choose.

# %% collapsed=true
rng = np.random.default_rng(5)
test_arm = rng.permutation(400) < 200
appeal = rng.gamma(20, 1 / 20, 400)
market_weeks = np.arange(-11, 5)
per_seller = []
for week in market_weeks:
    pull = appeal * np.where(test_arm & (week > 0), 1.3, 1)
    orders = rng.multinomial(4_000 + rng.integers(-60, 61), pull / pull.sum())
    per_seller.append((orders[test_arm].mean(), orders[~test_arm].mean()))
per_seller = np.array(per_seller)
fig, ax = plt.subplots(figsize=(7, 3))
ax.axvspan(0.5, 4.5, color="0.93")
ax.text(2.5, 8.1, "test", color="0.4", ha="center")
ax.plot(market_weeks, per_seller[:, 0], "o-", color="C1", ms=4, label="sellers in treatment")
ax.plot(market_weeks, per_seller[:, 1], "o-", color="C0", ms=4, label="sellers in control")
ax.plot(market_weeks, per_seller.mean(axis=1), color="0.3", lw=1, ls="--", label="all sellers")
ax.set(xlabel="week", ylabel="orders per seller and week", ylim=(8, 12.6), title="The test creates no orders, it moves them from control to treatment")
ax.legend(frameon=False, loc="upper left", fontsize=9, ncols=3)
plt.show()
during = per_seller[market_weeks > 0].mean(axis=0)
print(
    f"A/B test: {during[0] / during[1] - 1:+.0%} orders per seller. All sellers against the weeks before: {per_seller[market_weeks > 0].mean() / per_seller[market_weeks <= 0].mean() - 1:+.1%}."
)

# %% [markdown]
# No p-value of the test shows this; treatment and control do differ. Three checks do.
#
# 1. **Control against its own past.** Nobody changed anything for control. When its metric is unusually good or bad against earlier weeks, something reached it. Compare whole weeks, so that weekdays cancel, and judge by how much *weeks* differ from each other, not by the number of users.
# 2. **Vary the treated share.** Treat 10 % in some markets and 50 % in others. Without interference control is the same in both.
# 3. **The network.** Find out who interacts with whom, and whether they form clusters (below).
#
# The first has two weaknesses. A holiday or an outage moves control, too. So look at markets where no test ran before you accuse the treatment.
# And the test below takes weeks as **independent**: a good week must not make the next one good. When each week keeps 0.6 of the last one's deviation (10 weeks before, 4 in the test), 24 % of quiet tests ring at a nominal 5 %. Control is half of the users, so it is a little noisier than a history of all, and $t$ ignores that, too.

# %% [markdown] statement="control_drift" level="stretch"
# ### `control_drift`: is control what it used to be?
#
# Write `control_drift(history, control, treatment, alpha=0.05)`: weekly averages of the metric in $n$ weeks before the test (all users), and of each arm in the $m$ weeks of the test; weeks are taken as independent. With $s$ the sample standard deviation of `history` (divide by $n-1$):
#
# $$\text{shift} = \bar c - \bar h, \qquad t = \frac{\text{shift}}{s\sqrt{1/n + 1/m}}, \qquad p = P(|T_{n-1}| \ge |t|), \qquad \text{effect} = \bar t_{\text{arm}} - \bar c$$
#
# where $\bar h, \bar c, \bar t_{\text{arm}}$ are the means of `history`, `control` and `treatment`. Return a dict `"shift"`, `"t"`, `"p_value"` (two-sided, Student's t with $n-1$ degrees of freedom), `"effect"`, `"verdict"`.
# The verdict is `"usual"` when $p \ge$ `alpha`. Otherwise it says what the A/B difference does with the size of the effect of a launch: `"overstates"` when shift and effect have opposite signs (their product is below 0), else `"understates"`.
# Raise `ValueError` for fewer than three weeks of history, no week of test, arms with different numbers of weeks, and a history without any spread.
#
# Example: `control_drift([10.2, 9.8, 10.1, 9.9], [9.4, 9.2], [10.5, 10.7])` gives shift −0.7, t −4.427, p 0.0214, effect 1.3, verdict `"overstates"` (rounded here; don't round yours).


# %% solution="control_drift"
def control_drift(history: ArrayLike, control: ArrayLike, treatment: ArrayLike, alpha: float = 0.05) -> dict[str, float | str]:
    """Compare control with its own past and say which way interference would bend the A/B difference.

    history: shape (n,), weekly averages before the test; control, treatment: shape (m,), weekly averages during it. Returns {"shift", "t", "p_value", "effect", "verdict"}.
    """
    ### BEGIN SOLUTION
    past, base, new = (np.asarray(x, dtype=float) for x in (history, control, treatment))
    if past.size < 3 or base.size < 1 or base.size != new.size or np.ptp(past) == 0:
        raise ValueError("at least three differing weeks of history, and the same test weeks for both arms")
    shift, effect = base.mean() - past.mean(), new.mean() - base.mean()
    t = shift / (past.std(ddof=1) * np.sqrt(1 / past.size + 1 / base.size))
    p_value = 2 * stats.t.sf(abs(t), past.size - 1)
    verdict = "usual" if p_value >= alpha else "overstates" if shift * effect < 0 else "understates"
    return {"shift": float(shift), "t": float(t), "p_value": float(p_value), "effect": float(effect), "verdict": verdict}
    ### END SOLUTION


# %% [markdown] hint="control_drift"
# Two averages are uncertain: that of the past ($1/n$) and that of the test weeks ($1/m$). Both get the spread of the past weeks.

# %% [markdown] hint="control_drift"
# `2 * stats.t.sf(abs(t), n - 1)` is the p-value. For the verdict ask first about `alpha`, then about the sign of `shift * effect`.

# %% test="control_drift" name="value" points=2
"""Shift, t, p-value and verdict: control pushed down, pushed up, and left alone."""
checks.record(
    control_drift([10.2, 9.8, 10.1, 9.9], [9.4, 9.2], [10.5, 10.7]),
    {"shift": -0.7, "t": -4.427188724, "p_value": 0.02140725060, "effect": 1.3, "verdict": "overstates"},
    "the example",
    rtol=1e-5,
    mistakes={
        "the shift compares control with history, not with treatment": {"shift": 1.3},
        "the test weeks vary as well: 1/n + 1/m": {"t": -7.6681158},
        "the past weeks are a sample as well: 1/n + 1/m": {"t": -5.42217668},
        "one week's spread is not the uncertainty of two averages": {"t": -3.83405790},
        "the standard deviation divides by n - 1": {"t": -5.11207721},
        "the spread comes from the past weeks only": {"t": -14 / 3},
        "s comes from four weeks only: use Student's t with n - 1 degrees of freedom": {"p_value": 2 * stats.norm.sf(4.427188724)},
        "the test weeks don't estimate the spread: n - 1 degrees of freedom": {"p_value": 2 * stats.t.sf(4.427188724, 4)},
        "the p-value is two-sided": {"p_value": 0.0214072506 / 2},
        "control fell while treatment gained: they compete, so the difference is too large": {"verdict": "understates"},
    },
)
### BEGIN HIDDEN TESTS
for _past, _control, _treatment, _alpha, _verdict in [
    ([5.1, 5.0, 4.8, 5.2, 4.9, 5.0], [5.6, 5.7, 5.5], [6.0, 6.2, 6.1], 0.05, "understates"),
    ([5.1, 5.0, 4.8, 5.2, 4.9, 5.0], [4.4, 4.5, 4.3], [4.1, 4.0, 3.9], 0.05, "understates"),
    ([5.1, 5.0, 4.8, 5.2, 4.9, 5.0], [5.6, 5.4, 5.6], [5.1, 4.9, 5.2], 0.05, "overstates"),
    ([5.1, 5.0, 4.8, 5.2, 4.9, 5.0], [5.1, 5.2, 5.0], [6.0, 6.2, 6.1], 0.05, "usual"),
    ([102, 97, 99, 104, 98, 101, 95, 103], [93, 95], [110, 108], 0.05, "overstates"),
    ([102, 97, 99, 104, 98, 101, 95, 103], [93, 95], [110, 108], 0.01, "usual"),
]:
    _h, _c, _t = np.array(_past, float), np.array(_control, float), np.array(_treatment, float)
    _ratio = (_c.mean() - _h.mean()) / np.sqrt(_h.var(ddof=1) / len(_h) + _h.var(ddof=1) / len(_c))
    _p = 2 * stats.t.cdf(-abs(_ratio), len(_h) - 1)
    _named = {
        "the p-value is two-sided": {"p_value": _p / 2},
        "use Student's t with n - 1 degrees of freedom": {"p_value": 2 * stats.norm.sf(abs(_ratio))},
        "the spread is that of the past weeks, divided by n - 1": {"t": _ratio * np.sqrt(len(_h) / (len(_h) - 1))},
        "the spread comes from the past weeks only": {"t": float(stats.ttest_ind(_c, _h).statistic)},
        "the spread comes from the past weeks only, not from both": {"t": float(stats.ttest_ind(_c, _h, equal_var=False).statistic)},
    }
    if _verdict == "usual":
        _named["p is not below alpha: control is as usual"] = {
            "verdict": "overstates" if (_c.mean() - _h.mean()) * (_t.mean() - _c.mean()) < 0 else "understates"
        }
    else:
        _named["p is below alpha: control is not as usual"] = {"verdict": "usual"}
        _other = "understates" if _verdict == "overstates" else "overstates"
        _named["compare the signs of shift and effect, whatever those signs are"] = {"verdict": _other}
    checks.record(
        control_drift(_past, _control, _treatment, _alpha),
        {"shift": _c.mean() - _h.mean(), "t": _ratio, "p_value": _p, "effect": _t.mean() - _c.mean(), "verdict": _verdict},
        f"history {_past}, control {_control}, treatment {_treatment}, alpha {_alpha}",
        mistakes=_named,
    )
### END HIDDEN TESTS

# %% test="control_drift" name="false-alarms" points=1
"""Where nothing reaches control, about 5 % of 300 tests are called unusual."""
### BEGIN HIDDEN TESTS
_rng = np.random.default_rng(3)
_alarms = sum(control_drift(w[:5], w[5:9], w[9:])["verdict"] != "usual" for w in _rng.normal(20, 1, (300, 13)))
checks.between(
    _alarms / 300,
    0.015,
    0.095,
    "share of false alarms",
    mistakes={"alarms come too often: is the uncertainty of both averages in, and Student's t?": (0.096, 1.0)},
)
### END HIDDEN TESTS

# %% test="control_drift" name="refused" points=1
"""One week of test is enough; less than three weeks of history is not."""
### BEGIN HIDDEN TESTS
checks.record(control_drift([1.0, 2.0, 3.0], [2.5], [2.5]), {"shift": 0.5, "t": 0.4330127019, "verdict": "usual", "effect": 0.0}, "a test of one week")
checks.record(control_drift([1.0, 2.0, 3.0], [25.0], [25.0]), {"effect": 0.0, "verdict": "understates"}, "control moved and treatment is equal to it")
checks.raises(ValueError, control_drift, [1.0, 2.0], [2.0], [2.0], what="two weeks of history")
checks.raises(ValueError, control_drift, [1.0, 2.0, 3.0], [], [], what="no week of test")
checks.raises(ValueError, control_drift, [1.0, 2.0, 3.0], [2.0, 2.0], [2.0], what="arms with different numbers of weeks")
checks.raises(ValueError, control_drift, [2.0, 2.0, 2.0], [2.0], [2.5], what="a history without spread")
### END HIDDEN TESTS

# %% [markdown] explain="control_drift"
# This is a prediction interval turned into a test: the mean of $m$ new weeks differs from the mean of $n$ old ones by a variance of $s^2(1/n + 1/m)$. A standard error over users would be far smaller and would ring every week, because weeks differ for reasons that hit all users at once.
# The spread comes from the past alone: the test weeks may be disturbed, and that is the question. An alarm is a suspicion, not a proof: season, outages and other launches come first.

# %% [markdown]
# ### Who talks to whom
#
# Interference runs along links: messages, shared documents, orders. So draw the graph. Two users in different **connected components** have no path between them, and nothing can leak. `scipy.sparse.csgraph.connected_components` finds them in milliseconds.
#
# Real graphs have bridges, though, and a handful of them joins everything into one giant component. Then look for *communities*: many links inside, few outside. **Label propagation** is the simplest way: everybody starts with a label of their own and keeps taking the most frequent label among their neighbours.

# %% collapsed=true
rng = np.random.default_rng(12)
room = np.repeat(np.arange(8), 25)
close_pair = rng.random((200, 200)) < np.where(room[:, None] == room[None, :], 0.35, 0)
bridge = rng.random((200, 200)) < 0.003
components = []
for chats in (close_pair, close_pair | bridge):
    chats = np.triu(chats, 1)
    rows, columns = np.nonzero(chats)
    components.append(csgraph.connected_components(coo_array((np.ones(len(rows)), (rows, columns)), shape=(200, 200)), directed=False)[0])
chats = chats | chats.T
mixed = rng.permutation(200)
chats = chats[np.ix_(mixed, mixed)]
label = np.arange(200)
for _ in range(10):
    for user in rng.permutation(200):
        votes = np.bincount(label[chats[user]], minlength=200)
        if votes.max() > 0 and votes[label[user]] < votes.max():
            label[user] = rng.choice(np.flatnonzero(votes == votes.max()))
order = np.argsort(label, kind="stable")
rows, columns = np.nonzero(np.triu(chats))
inside = np.mean(label[rows] == label[columns])
fig, axes = plt.subplots(1, 2, figsize=(7.5, 3.8), layout="constrained")
for ax, view, title in zip(axes, (chats, chats[np.ix_(order, order)]), ("as logged", "sorted by community"), strict=True):
    ax.imshow(~view, cmap="gray", interpolation="nearest")
    ax.set(xlabel="user", ylabel="user", title=title)
fig.suptitle(f"Label propagation finds {len(np.unique(label))} rooms that hold {inside:.0%} of the links")
plt.show()
print(f"connected components: {components[0]} without bridges, {components[1]} with them")

# %% [markdown]
# The share of links inside a community is the number to remember. It says how much interference stays within a unit when you randomise whole communities.
#
# > **In the interview.** *"What is interference, and how would you notice it?"*
# > **In 30 seconds:** one user's treatment changes another user's outcome, so SUTVA fails and the A/B difference is not the effect of a launch. In a marketplace treated sellers take orders from control, and the test says too much; on a social product the benefit spreads to control, and it says too little.
# > I check control against its own history, compare markets with different treated shares, and look at the interaction graph: if it falls into clusters, I randomise those.
# > **They ask next:** control is 4 % below last month: interference or season? (A market without a test decides.) Why not widen the interval instead? (It is bias; no interval covers it.) What does a giant component mean for cluster randomisation?
# > **Red flags:** "we have enough users"; taking treatment against last month as the effect; not knowing which way the bias goes.

# %% [markdown]
# ## Cluster randomisation: what whole clusters cost
#
# Randomise cities, teams or rooms of friends, and the leak stays inside the unit. The price: people of one cluster resemble each other, so a second user from the same city tells you little that is new.
# Watch what a t-test over users does with that. Forty cities of 50 users, twenty of them "treated" with nothing. The *intraclass correlation* (ICC) is the share of the variance that lies between cities.

# %% collapsed=true
rng = np.random.default_rng(17)
iccs, alarms = np.array([0, 0.01, 0.03, 0.1, 0.3]), {"t-test over 2,000 users": [], "t-test over 40 city means": []}
for icc in iccs:
    users = np.sqrt(icc) * rng.normal(size=(500, 40, 1)) + np.sqrt(1 - icc) * rng.normal(size=(500, 40, 50))
    left, right = users[:, :20].reshape(500, -1), users[:, 20:].reshape(500, -1)
    alarms["t-test over 2,000 users"].append(np.mean(stats.ttest_ind(left, right, axis=1).pvalue < 0.05))
    alarms["t-test over 40 city means"].append(np.mean(stats.ttest_ind(users[:, :20].mean(axis=2), users[:, 20:].mean(axis=2), axis=1).pvalue < 0.05))
fig, ax = plt.subplots(figsize=(7, 3))
for shift, (name, rates), colour in zip((-0.2, 0.2), alarms.items(), ("C1", "C0"), strict=True):
    bars = ax.bar(np.arange(5) + shift, rates, 0.38, color=colour, label=name)
    ax.bar_label(bars, fmt="{:.0%}", fontsize=8, padding=5 if name.endswith("means") else 2)
ax.axhline(0.05, color="0.3", ls="--", lw=1)
ax.set_xticks(range(5), [f"{icc:g}" for icc in iccs])
ax.yaxis.set_major_formatter("{x:.0%}")
ax.set(xlabel="intraclass correlation", ylabel="false alarms", ylim=(0, 0.85), title="An ICC of 0.03 is enough to ruin a test over users")
ax.legend(frameon=False, loc="upper left")
plt.show()

# %% [markdown]
# The factor by which the variance grows is the **design effect**. With clusters of $m$ users each it is $1 + (m-1)\,\text{ICC}$: for 50 users and an ICC of 0.1 it is 5.9, so 2,000 users are worth 339.
# A small ICC hurts when clusters are large. It also tells you what to do about power: **more clusters**, not more users per cluster.

# %% [markdown] statement="design_effect" level="core"
# ### `design_effect`: how many users your users are worth
#
# Write `design_effect(values, clusters)` for $N$ users in $k$ clusters, one value and one label each; clusters may differ in size $m_c$. With cluster means $\bar y_c$ and the mean of all users $\bar y$:
#
# $$B = \frac{\sum_c m_c(\bar y_c-\bar y)^2}{k-1},\quad W = \frac{\sum_c\sum_{i \in c}(y_i-\bar y_c)^2}{N-k},\quad m_0 = \frac{N-\sum_c m_c^2/N}{k-1},\quad \text{ICC} = \frac{B-W}{B+(m_0-1)W}$$
#
# A negative ICC is set to 0. The design effect is $1 + (m^* - 1)\,\text{ICC}$ with $m^* = \sum_c m_c^2 / N$, the size of the cluster in which the average *user* sits. The effective n is $N$ divided by it.
# Return a dict `"icc"`, `"design_effect"`, `"effective_n"`, not rounded. Raise `ValueError` when the lengths differ, with fewer than two clusters, when no cluster has two users ($N = k$), and when all values are the same.
#
# Example: `design_effect([1, 3, 6, 8, 7, 7], ["a", "a", "b", "b", "b", "c"])` gives ICC 0.8625, design effect 2.1500, effective n 2.7907 (rounded here).


# %% solution="design_effect"
def design_effect(values: ArrayLike, clusters: ArrayLike) -> dict[str, float]:
    """Intraclass correlation (one-way analysis of variance), design effect and effective sample size.

    values, clusters: shape (n,), one entry for each user. Returns {"icc", "design_effect", "effective_n"}.
    """
    ### BEGIN SOLUTION
    y, labels = np.asarray(values, dtype=float), np.asarray(clusters)
    if y.shape != labels.shape:
        raise ValueError("one cluster for each value")
    _, code = np.unique(labels, return_inverse=True)
    size = np.bincount(code)
    n, k = y.size, size.size
    if k < 2 or n == k or np.ptp(y) == 0:
        raise ValueError("at least two clusters, one of them with two users, and values that differ")
    means = np.bincount(code, weights=y) / size
    between = np.sum(size * (means - y.mean()) ** 2) / (k - 1)
    within = np.sum((y - means[code]) ** 2) / (n - k)
    m0, typical = (n - np.sum(size**2) / n) / (k - 1), np.sum(size**2) / n
    icc = max(0.0, float((between - within) / (between + (m0 - 1) * within)))
    effect = 1 + (typical - 1) * icc
    return {"icc": icc, "design_effect": float(effect), "effective_n": float(n / effect)}
    ### END SOLUTION


# %% [markdown] hint="design_effect"
# `np.unique(clusters, return_inverse=True)` turns labels into numbers 0 to k-1; `np.bincount` then gives sizes and sums of each cluster.

# %% [markdown] hint="design_effect"
# With `code` from that call, `means[code]` holds each user's cluster mean, so `W` is one line. In `B` every squared distance counts as often as the cluster has users.

# %% test="design_effect" name="value" points=2
"""ICC, design effect and effective n: small, then many clusters of unequal size."""


def _truth(y, c):
    y, c = np.asarray(y, float), np.asarray(c)
    groups = [y[c == g] for g in sorted(set(c.tolist()))]
    n, k, m = len(y), len(groups), np.array([len(g) for g in groups])
    b = sum(len(g) * (g.mean() - y.mean()) ** 2 for g in groups) / (k - 1)
    w = sum(((g - g.mean()) ** 2).sum() for g in groups) / (n - k)
    m0 = (n - (m**2).sum() / n) / (k - 1)
    return b, w, m0, m, n, k, y, np.array([g.mean() for g in groups])


def _answer(icc, size, n):
    return {"icc": icc, "design_effect": 1 + (size - 1) * icc, "effective_n": n / (1 + (size - 1) * icc)}


def _named(b, w, m0, m, n, k, y, means):
    icc, star = (b - w) / (b + (m0 - 1) * w), (m**2).sum() / n
    plain = np.sum((means - y.mean()) ** 2) / (k - 1)
    unweighted = max(0.0, (plain - w) / (plain + (m0 - 1) * w))
    return {
        "in B every cluster counts with its number of users": {"icc": unweighted},
        "this divides B - W by B; the formula adds (m0 - 1) W": {"icc": (b - w) / b},
        "in the ICC the typical size is m0, not the plain mean size": {"icc": (b - w) / (b + (n / k - 1) * w)},
        "in the ICC the size is m0; m* belongs to the design effect": {"icc": (b - w) / (b + (star - 1) * w)},
        "this is the share of the sums of squares, which is not 0 when clusters are alike": {"icc": b * (k - 1) / (b * (k - 1) + w * (n - k))},
        "W divides by N - k": {"icc": (b - w * (n - k) / n) / (b + (m0 - 1) * w * (n - k) / n)},
        "large clusters hurt more: take m*, not the mean size": {"design_effect": _answer(icc, n / k, n)["design_effect"]},
        "m0 belongs to the ICC, m* to the design effect": {"design_effect": _answer(icc, m0, n)["design_effect"]},
        "the design effect is 1 + (m* - 1) ICC: a user is not correlated with himself twice": {"design_effect": 1 + star * icc},
        "this is the square root (for standard errors); the design effect is for variances": {"design_effect": np.sqrt(_answer(icc, star, n)["design_effect"])},
        "the effective n is at most N: divide by the design effect": {"effective_n": n * (1 + (star - 1) * icc)},
    }


_y, _c = [1, 3, 6, 8, 7, 7], ["a", "a", "b", "b", "b", "c"]
_parts = _truth(_y, _c)
checks.record(
    design_effect(_y, _c),
    {"icc": 0.8625, "design_effect": 2.15, "effective_n": 6 / 2.15},
    "the example",
    mistakes=_named(*_parts),
)
### BEGIN HIDDEN TESTS
for _seed, _icc in [(1, 0.05), (2, 0.3), (3, 0.8)]:
    _rng = np.random.default_rng(_seed)
    _size = 2 + _rng.geometric(0.08, 30)
    _code = np.repeat(np.arange(30), _size)
    _y = 10 + np.sqrt(_icc) * _rng.normal(size=30)[_code] + np.sqrt(1 - _icc) * _rng.normal(size=len(_code))
    _shuffle = _rng.permutation(len(_y))
    _y, _c = _y[_shuffle], np.array([f"city {i}" for i in range(30)])[_code[_shuffle]]
    _parts = b, w, m0, m, n, _, _, _ = _truth(_y, _c)
    checks.record(
        design_effect(_y, _c),
        _answer((b - w) / (b + (m0 - 1) * w), (m**2).sum() / n, n),
        f"30 cities, true ICC {_icc}, users in random order",
        mistakes=_named(*_parts),
    )
### END HIDDEN TESTS

# %% test="design_effect" name="extremes" points=1
"""ICC of 1, of 0 and below 0, and unusable input."""
### BEGIN HIDDEN TESTS
checks.record(
    design_effect([2, 2, 2, 5, 5, 9], ["a", "a", "a", "b", "b", "c"]),
    {"icc": 1.0, "design_effect": 14 / 6, "effective_n": 36 / 14},
    "users of a cluster who are all the same",
    mistakes={"large clusters hurt more: take m*, not the mean size": {"design_effect": 2.0}},
)
checks.record(
    design_effect([0, 10, 0, 10, 0, 10], [1, 1, 2, 2, 3, 3]),
    {"icc": 0.0, "design_effect": 1.0, "effective_n": 6.0},
    "clusters that are all the same",
    mistakes={"a negative ICC is set to 0": {"icc": -1.0}},
)
checks.raises(ValueError, design_effect, [1, 2, 3], [1, 1], what="lengths that differ")
checks.raises(ValueError, design_effect, [1, 2, 3], [1, 1, 1], what="a single cluster")
checks.raises(ValueError, design_effect, [1, 2, 3], [1, 2, 3], what="clusters of one user each")
checks.raises(ValueError, design_effect, [4, 4, 4, 4], [1, 1, 2, 2], what="values that are all the same")
### END HIDDEN TESTS

# %% [markdown] explain="design_effect"
# $W$ estimates the variance within clusters, $B$ that variance plus $m_0$ times the variance between clusters. Hence the ICC. $m_0$ is a little smaller than the mean size when sizes differ.
# The design effect asks another question: with how many users does a *user* share a cluster? Big clusters hold more users, so they count more: $m^* = \sum m_c^2/N$, above the mean size. One huge city can cost more than a high ICC.

# %% [markdown] statement="cluster_test" level="core"
# ### `cluster_test`: the test that fits the design
#
# Write `cluster_test(values, clusters, treated)`, one entry for each user; `treated` is 0 or 1 and the same for all users of a cluster. The estimate is the plain difference of means over users, treated minus control.
# For the error, give every cluster $c$ of arm $a$ one number, its total of residuals $e_c = \sum_{i \in c} (y_i - \bar y_a)$. With $k_a$ clusters and $N_a$ users in arm $a$ and $K = k_1 + k_0$:
#
# $$\text{SE}^2 = \sum_{a \in \{0, 1\}} \frac{k_a}{k_a - 1}\cdot\frac{\sum_{c \in a} e_c^2}{N_a^2}, \qquad p = P\left(|T_{K-2}| \ge \frac{|\text{difference}|}{\text{SE}}\right)$$
#
# Return a dict `"difference"`, `"se"`, `"p_value"` (two-sided, Student's t with $K-2$ degrees of freedom), not rounded. Raise `ValueError` when lengths differ, when an arm has fewer than two clusters, and when a cluster has users of both arms.
#
# Example: `cluster_test([1, 3, 6, 4, 5, 9, 8], list("aabbccd"), [0, 0, 0, 0, 1, 1, 1])` gives difference 3.8333, SE 1.5645, p 0.1339 (rounded here).


# %% solution="cluster_test"
def cluster_test(values: ArrayLike, clusters: ArrayLike, treated: ArrayLike) -> dict[str, float]:
    """Difference of means over users with a cluster-robust standard error.

    values, clusters, treated: shape (n,), one entry for each user; treated is 0 or 1. Returns {"difference", "se", "p_value"}.
    """
    ### BEGIN SOLUTION
    y, labels, arm = np.asarray(values, dtype=float), np.asarray(clusters), np.asarray(treated)
    if not y.shape == labels.shape == arm.shape:
        raise ValueError("one cluster and one arm for each value")
    groups = [np.unique(labels[arm == a]) for a in (0, 1)]
    if min(map(len, groups)) < 2 or np.intersect1d(*groups).size:
        raise ValueError("at least two clusters in each arm, and every cluster in one arm only")
    means, variance = [], 0.0
    for a, names in enumerate(groups):
        own = y[arm == a]
        totals = np.bincount(np.searchsorted(names, labels[arm == a]), weights=own - own.mean())
        means.append(own.mean())
        variance += len(names) / (len(names) - 1) * np.sum(totals**2) / own.size**2
    difference, se = means[1] - means[0], np.sqrt(variance)
    p_value = 2 * stats.t.sf(abs(difference) / se, len(groups[0]) + len(groups[1]) - 2)
    return {"difference": float(difference), "se": float(se), "p_value": float(p_value)}
    ### END SOLUTION


# %% [markdown] hint="cluster_test"
# Work on one arm at a time: its mean, its residuals, the residuals summed by cluster. Only then square.

# %% [markdown] hint="cluster_test"
# `pd.Series(residuals).groupby(labels).sum()` gives the $e_c$ of one arm. Arm 1 and arm 0 add their variances, and the root comes last.

# %% test="cluster_test" name="value" points=2
"""Difference, standard error and p-value, with clusters of unequal size and arms of unequal number."""


def _arms(y, c, t):
    table = pd.DataFrame({"y": np.asarray(y, float), "c": list(c), "t": list(t)})
    table["e"] = table["y"] - table.groupby("t")["y"].transform("mean")
    by = table.groupby(["t", "c"])["e"].sum()
    k, n = table.groupby("t")["c"].nunique(), table.groupby("t").size()
    return table, by, k, n


def _key(y, c, t):
    table, by, k, n = _arms(y, c, t)
    ss, means = (by**2).groupby("t").sum(), table.groupby("t")["y"].mean()
    difference, se, total = means[1] - means[0], float(np.sqrt((k / (k - 1) * ss / n**2).sum())), int(k.sum())
    user = stats.ttest_ind(table.loc[table["t"] == 1, "y"], table.loc[table["t"] == 0, "y"])
    welch = float(np.sqrt((table.groupby("t")["y"].var() / n).sum()))
    cm = table.groupby(["t", "c"])["y"].mean()
    expected = {"difference": difference, "se": se, "p_value": float(2 * stats.t.sf(abs(difference) / se, total - 2))}
    mistakes = {
        "this counts users as independent; sum the residuals by cluster first": {"se": float(difference / user.statistic)},
        "this counts users as independent (Welch); sum the residuals by cluster first": {"se": welch},
        "every user counts alike: take the mean over users, not over cluster means": {"difference": cm[1].mean() - cm[0].mean()},
        "the factor k / (k - 1) is missing": {"se": float(np.sqrt((ss / n**2).sum()))},
        "the residuals are from the mean of the user's own arm, not of everybody": {
            "se": float(
                np.sqrt((k / (k - 1) * ((table["y"] - table["y"].mean()).groupby([table["t"], table["c"]]).sum() ** 2).groupby("t").sum() / n**2).sum())
            )
        },
        "this is the variance; take its root": {"se": se**2},
        "the degrees of freedom count clusters, K - 2": {"p_value": float(2 * stats.t.sf(abs(difference) / se, n.sum() - 2))},
        "this takes the normal distribution; with few clusters use Student's t with K - 2": {"p_value": float(2 * stats.norm.sf(abs(difference) / se))},
        "the degrees of freedom are K - 2, not K - 1": {"p_value": float(2 * stats.t.sf(abs(difference) / se, total - 1))},
    }
    return expected, mistakes


_example = [1, 3, 6, 4, 5, 9, 8], list("aabbccd"), [0, 0, 0, 0, 1, 1, 1]
_expected, _mistakes = _key(*_example)
checks.record(cluster_test(*_example), _expected, "the example", mistakes=_mistakes)
### BEGIN HIDDEN TESTS
for _seed, _k in [(21, 9), (22, 14), (23, 30)]:
    _rng = np.random.default_rng(_seed)
    _size = 1 + _rng.geometric(0.1, _k)
    _code = _rng.permutation(np.repeat(np.arange(_k), _size))
    _treated = (np.arange(_k) % 3 == 0)[_code].astype(int)
    _y = 5 + 0.4 * _treated + (_rng.normal(size=_k) + 0.03 * _size)[_code] + _rng.normal(size=len(_code))
    _expected, _mistakes = _key(_y, _code, _treated)
    checks.record(cluster_test(_y, _code, _treated), _expected, f"{_k} clusters, a third of them treated, users in random order", mistakes=_mistakes)
### END HIDDEN TESTS

# %% test="cluster_test" name="false-alarms" points=2
"""A treatment that does nothing is called significant in about 5 % of 200 experiments."""
### BEGIN HIDDEN TESTS
_rng = np.random.default_rng(31)
_alarms = 0
for _ in range(200):
    _code = np.repeat(np.arange(24), _rng.integers(10, 40, 24))
    _arm = (_rng.permutation(24) < 12)[_code].astype(int)
    _y = 0.5 * _rng.normal(size=24)[_code] + _rng.normal(size=len(_code))
    _alarms += cluster_test(_y, _code, _arm)["p_value"] < 0.05
checks.between(_alarms / 200, 0.01, 0.12, "share of false alarms", mistakes={"far too many false alarms: the error counts users as independent": (0.2, 0.9)})
### END HIDDEN TESTS

# %% test="cluster_test" name="refused" points=1
"""Too few clusters, and clusters that are in both arms."""
### BEGIN HIDDEN TESTS
checks.raises(ValueError, cluster_test, [1, 2, 3, 4], [1, 1, 2, 3], [1, 1, 0, 0], what="one treated cluster")
checks.raises(ValueError, cluster_test, [1, 2, 3, 4, 5, 6], [1, 1, 2, 3, 4, 4], [0, 1, 0, 0, 1, 1], what="a cluster with users of both arms")
checks.raises(ValueError, cluster_test, [1, 2, 3, 4], [1, 2, 3, 4], [0, 0, 1], what="lengths that differ")
### END HIDDEN TESTS

# %% [markdown] explain="cluster_test"
# It is the Delta method again: the mean over users is a ratio of cluster totals, $\sum_c Y_c / \sum_c m_c$, and the clusters are the independent units. Summing before squaring keeps all covariances within a cluster; squaring first throws them away. That is the whole difference to the t-test over users.
# Regression software calls it a cluster-robust (sandwich, CR1) error. With fewer than about 30 clusters it is still a bit too small, more so when one cluster is huge: use a t-test over cluster means or a permutation of whole clusters as a cross-check.

# %% [markdown]
# ### Drawing the clusters
#
# Few units means that plain luck matters. Twelve cities from 40 to 900 users, split by shuffling: about one time in five, one arm has twice the users of the other. Put cities of the same stratum and of similar size in **pairs**, and flip a coin in each pair.

# %% collapsed=true
rng = np.random.default_rng(41)
city_users = np.array([900, 760, 520, 500, 330, 300, 210, 180, 120, 110, 60, 40])
shuffled, paired = [], []
for _ in range(2_000):
    shuffled.append(city_users[rng.permutation(12) < 6].sum() / city_users.sum())
    coin = rng.integers(0, 2, 6)
    paired.append(city_users[np.arange(0, 12, 2) + coin].sum() / city_users.sum())
fig, ax = plt.subplots(figsize=(7, 3))
for shares, colour, name in ((shuffled, "C1", "shuffle all cities"), (paired, "C0", "a coin in each pair")):
    ax.hist(shares, bins=np.arange(0.15, 0.86, 0.02), color=colour, alpha=0.7, label=name)
ax.xaxis.set_major_formatter("{x:.0%}")
ax.set(xlabel="share of users in treatment", ylabel="assignments out of 2,000", title="Pairs of similar cities keep the arms alike")
ax.legend(frameon=False)
plt.show()

# %% [markdown] statement="cluster_assign" level="stretch"
# ### `cluster_assign`: whole clusters, in pairs
#
# Write `cluster_assign(clusters, strata, seed)`: for each user the cluster and the stratum (text). Return one 0 or 1 for each user, in the order given; all users of a cluster get the same.
#
# 1. In each stratum sort the clusters by number of users, largest first, equal sizes by name. Pair first with second, third with fourth, and so on. A fair coin decides which one of a pair is treated; the other is control.
# 2. The last cluster of an odd stratum has no partner there. Sort and pair these left-overs of all strata in the same way. If one remains, a fair coin of its own decides.
#
# The coins of different pairs are independent and come from `seed` alone, in any way you like. The arms don't depend on the order of the users. Raise `ValueError` when the lengths differ, with fewer than two clusters, when a cluster is in two strata,
# and when one cluster holds more than half of all users: no whole-cluster split balances that.
#
# Example: clusters `["a", "b", "a", "c", "d", "d", "d"]`, all in stratum `"x"`: the pairs are (d, a) and (b, c), so `[0, 1, 0, 0, 1, 1, 1]` is one of the four right answers.


# %% solution="cluster_assign"
def cluster_assign(clusters: list[str], strata: list[str], seed: int) -> list[int]:
    """Assign whole clusters to arms: paired by size within strata, one fair coin for each pair.

    clusters, strata: one entry for each user. Returns 0 (control) or 1 (treatment) for each user.
    """
    ### BEGIN SOLUTION
    names, home = [str(c) for c in clusters], [str(s) for s in strata]
    if len(names) != len(home):
        raise ValueError("one stratum for each user")
    size, stratum = {}, {}
    for name, place in zip(names, home, strict=True):
        size[name] = size.get(name, 0) + 1
        if stratum.setdefault(name, place) != place:
            raise ValueError(f"cluster {name} is in two strata")
    if len(size) < 2 or 2 * max(size.values()) > len(names):
        raise ValueError("at least two clusters, none with more than half of the users")
    rng = np.random.default_rng(seed)
    arm, left_over = {}, []

    def draw(members: list[str]) -> list[str]:
        ranked = sorted(members, key=lambda name: (-size[name], name))
        for first, second in zip(ranked[::2], ranked[1::2], strict=False):
            arm[first] = int(rng.integers(2))
            arm[second] = 1 - arm[first]
        return ranked[len(ranked) // 2 * 2 :]

    for place in sorted(set(home)):
        left_over += draw([name for name in size if stratum[name] == place])
    for name in draw(left_over):
        arm[name] = int(rng.integers(2))
    return [arm[name] for name in names]
    ### END SOLUTION


# %% [markdown] hint="cluster_assign"
# First make the list of clusters with size and stratum; forget the users until the last line, which looks up each user's cluster.

# %% [markdown] hint="cluster_assign"
# `sorted(members, key=lambda c: (-size[c], c))` ranks a stratum; `ranked[::2]` and `ranked[1::2]` are the two halves of the pairs. One `rng = np.random.default_rng(seed)`, one `rng.integers(2)` for each pair.

# %% test="cluster_assign" name="whole" points=2
"""Every cluster is in one arm, every pair is split, and a seed always gives the same."""
_c, _s = ["a", "b", "a", "c", "d", "d", "d"], ["x"] * 7


def _arms(c, s, seed):
    got = cluster_assign(list(c), list(s), seed)
    checks.equal(len(got), len(c), f"the number of arms for {len(c)} users (seed {seed})")
    checks.equal(set(np.asarray(got).tolist()) <= {0, 1}, True, "every arm is 0 or 1")
    arms = {}
    for name, arm in zip(c, np.asarray(got).tolist(), strict=True):
        if arms.setdefault(name, int(arm)) != arm:
            raise checks.CheckFailed(f"seed {seed}", f"cluster {name!r} has users in both arms: draw once for each cluster, not for each user.")
    return arms


for _seed in range(4):
    _arm = _arms(_c, _s, _seed)
    checks.equal(_arm["d"] + _arm["a"], 1, f"treated clusters in the pair of the two largest, d and a (seed {_seed})")
    checks.equal(_arm["b"] + _arm["c"], 1, f"treated clusters in the pair b and c (seed {_seed})")
### BEGIN HIDDEN TESTS
_rng = np.random.default_rng(2)
_size = {"x": [90, 71, 70, 33, 32, 8], "y": [60, 55, 21], "z": [44, 40, 12, 9, 7]}
_names = {f"{place}{i}": (place, n) for place, sizes in _size.items() for i, n in enumerate(sizes)}
_c = [name for name, (_, n) in _names.items() for _ in range(n)]
_order = _rng.permutation(len(_c))
_c = [_c[i] for i in _order]
_s = [_names[name][0] for name in _c]
_pairs = [("x0", "x1"), ("x2", "x3"), ("x4", "x5"), ("y0", "y1"), ("z0", "z1"), ("z2", "z3")]
for _seed in range(12):
    _arm = _arms(_c, _s, _seed)
    for _one, _two in _pairs:
        checks.equal(_arm[_one] + _arm[_two], 1, f"treated clusters in the pair {_one}, {_two} of neighbours by size (seed {_seed})")
    checks.equal(_arm["y2"] + _arm["z4"], 1, f"treated clusters in the pair of left-overs y2, z4 (seed {_seed})")
    if _seed < 3:
        checks.equal(_arms(_c, _s, _seed), _arm, "the same seed once more")
        _again = _rng.permutation(len(_c))
        checks.equal(_arms([_c[i] for i in _again], [_s[i] for i in _again], _seed), _arm, "the same users in another order, with the same seed")
for _seed in range(8):
    _arm = _arms(list("acbdacbd"), ["x"] * 8, _seed)
    checks.equal(_arm["a"] + _arm["b"], 1, f"treated clusters in the pair a and b, where all sizes are equal and names decide (seed {_seed})")
### END HIDDEN TESTS

# %% test="cluster_assign" name="random" points=1
"""Over many seeds every cluster is treated about half of the time, and pairs don't move together."""
### BEGIN HIDDEN TESTS
_c, _s = list("aaaabbbccdeeeeffffg"), list("xxxxxxxxxxyyyyyyyyz")
_draws = pd.DataFrame([dict(zip(_c, np.asarray(cluster_assign(_c, _s, seed)).tolist(), strict=True)) for seed in range(200)])
for _name in _draws:
    checks.between(
        _draws[_name].mean(),
        0.34,
        0.66,
        f"share of 200 seeds in which cluster {_name} is treated",
        mistakes={"each pair needs a fair coin": (0, 0.33), "each pair needs a fair coin, not a rule": (0.67, 1)},
    )
checks.between(
    (_draws["a"] == _draws["c"]).mean(),
    0.34,
    0.66,
    "share of 200 seeds in which a and c, of different pairs, share an arm",
    mistakes={"one coin moves all pairs; flip one for each": (0.9, 1)},
)
checks.between((_draws["a"] == _draws["e"]).mean(), 0.34, 0.66, "share of 200 seeds in which a and e, of different strata, share an arm")
### END HIDDEN TESTS

# %% test="cluster_assign" name="refused" points=1
"""A single cluster, a cluster in two strata, and one cluster that outweighs all others."""
### BEGIN HIDDEN TESTS
checks.raises(ValueError, cluster_assign, ["a", "a"], ["x", "x"], 1, what="a single cluster")
checks.raises(ValueError, cluster_assign, list("aabbcc"), list("xyxxxx"), 1, what="a cluster in two strata")
checks.raises(ValueError, cluster_assign, list("aaaabbc"), list("xxxxxxx"), 1, what="a cluster with 4 of 7 users")
checks.raises(ValueError, cluster_assign, list("aabbc"), list("xxxx"), 1, what="lengths that differ")
_got = np.asarray(cluster_assign(list("aabb"), list("xxxx"), 1)).tolist()
checks.equal(sorted(_got), [0, 0, 1, 1], "two clusters with exactly half of the users each")
### END HIDDEN TESTS

# %% [markdown] explain="cluster_assign"
# Pairing is blocking at its finest: within a pair the two cities are nearly alike, so the luck of the draw has little to work with. The coin must still be free in every pair; one coin for all would put the larger city of every pair into the same arm.
# Analyse as you randomised: with pairs, compare within pairs (a paired t-test over cities). A cluster that holds half of the users cannot be balanced; leave it out, split it, or run a switchback in it.

# %% [markdown]
# > **In the interview.** *"Friends influence each other. How do you run the test?"*
# > **In 30 seconds:** I randomise groups that keep their interactions inside: cities, teams, communities of the graph. I analyse at that level, with cluster-robust errors or cluster means. I plan with the design effect, 1 + (m − 1) ICC: ICC 0.02 and 500 users a cluster means 11 times the users.
# > To get power back I take more and smaller clusters, pair them by size and history, and adjust for the metric before the test.
# > **They ask next:** 8 cities: is it enough? (Hardly: few degrees of freedom; permute.) Smaller clusters leak more, larger ones cost power: how do you choose? What if one city is half of the business?
# > **Red flags:** cluster randomisation with a t-test over users; "millions of users, so power is no issue"; counting users as n.

# %% [markdown]
# ## Switchback: the same market, now with and now without
#
# A new matching model for couriers changes waiting times for *everyone* in the city: there is no untouched half. So take turns. Cut time into periods, draw an arm for each period, and switch the whole market. A **switchback** compares the market with itself.
#
# Two traps. **Carry-over**: the queue that the old model built up is still there when the new one starts, so the first minutes of a period belong to the arm before. Drop them (*burn-in*).
# **Shared weather**: all orders of one rainy period are slow together. The unit is the period, not the order.


# %% locked="switchback_world"
def simulate_switchback(schedule: ArrayLike, period: float, effect: float, carry: float, seed: int, shock: float = 1.0) -> pd.DataFrame:
    """Orders of a courier market: minute and waiting time. `effect` minutes with the new model; for `carry` minutes after a switch the arm before still acts."""
    rng = np.random.default_rng(seed)
    arms = np.asarray(schedule)
    demand = 10 + 25 * np.sin(np.linspace(0, 3 * np.pi, len(arms))) ** 2
    which = np.repeat(np.arange(len(arms)), rng.poisson(demand) + 5)
    into = rng.uniform(0, period, len(which))
    before = np.r_[0, arms[:-1]][which]
    active = np.where(into < carry, before, arms[which])
    weather = rng.normal(0, shock, len(arms))[which]
    wait = 30 + 0.1 * demand[which] + weather + effect * active + rng.normal(0, 3, len(which))
    table = pd.DataFrame({"minute": which * period + into, "wait": wait})
    return table.sort_values("minute", ignore_index=True)


# %% collapsed=true
rng = np.random.default_rng(44)
burns, found = np.arange(0, 51, 5), []
for repeat in range(150):
    plan = rng.permutation(np.repeat([0, 1], 24))
    orders = simulate_switchback(plan, 60, -4.0, 20, seed=repeat, shock=0.6)
    which, into = np.divmod(orders["minute"].to_numpy(), 60)
    which, wait = which.astype(int), orders["wait"].to_numpy()
    row = []
    for burn in burns:
        keep = into >= burn
        mean = np.bincount(which[keep], weights=wait[keep], minlength=48) / np.maximum(np.bincount(which[keep], minlength=48), 1)
        used = np.bincount(which[keep], minlength=48) > 0
        row.append(mean[used & (plan == 1)].mean() - mean[used & (plan == 0)].mean())
    found.append(row)
found = np.array(found)
fig, ax = plt.subplots(figsize=(7, 3))
ax.fill_between(burns, *np.quantile(found, [0.05, 0.95], axis=0), color="C0", alpha=0.2, lw=0, label="90 % of 150 experiments")
ax.plot(burns, found.mean(axis=0), "o-", color="C0", ms=4, label="average estimate")
ax.axhline(-4, color="0.3", ls="--", lw=1)
ax.text(-1.5, -4.05, "the truth: −4", color="0.3", va="top")
ax.axvline(20, color="0.6", ls=":", lw=1)
ax.text(20.5, -2.25, "carry-over ends", color="0.4")
ax.set(
    xlabel="burn-in (minutes of each hour that are dropped)",
    ylabel="effect on waiting time (minutes)",
    title="Without burn-in a third of the effect is lost; too much adds noise",
)
ax.legend(frameon=False, loc="upper right", fontsize=9)
plt.show()

# %% [markdown] statement="switchback" level="core"
# ### `switchback`: the effect from a log of orders
#
# Write `switchback(minutes, outcomes, schedule, period, burn_in)`. `minutes` (since the start) and `outcomes` have one entry for each order, in any order. `schedule` holds 0 or 1 for each period; period $j$ (from 0) covers minutes from $j \cdot$ `period` up to, not including, $(j+1) \cdot$ `period`.
# Drop every order that comes less than `burn_in` minutes after the start of its period, in every period, also where the arm didn't change and in the first. Take the mean of the orders left in each period; a period with none left is not used. With $k_a$ used periods of arm $a$, the mean $\bar x_a$ and the sample variance $s_a^2$ (divide by $k_a - 1$) of their period means:
#
# $$\text{effect} = \bar x_1 - \bar x_0, \qquad \text{SE} = \sqrt{s_1^2/k_1 + s_0^2/k_0}$$
#
# Return a dict `"effect"`, `"se"`, `"periods"` (how many are used), not rounded. Raise `ValueError` when the lengths of `minutes` and `outcomes` differ, when an order lies outside the schedule, when `burn_in` is negative or not below `period`, and when an arm has fewer than two used periods.
#
# Example: `switchback([1, 4, 11, 15, 16, 21, 25, 28, 33, 39], [8, 5, 4, 8, 6, 7, 3, 4, 9, 6], [0, 1, 1, 0], 10, 3)` gives effect −1.0, SE 2.1506, periods 4.


# %% solution="switchback"
def switchback(minutes: ArrayLike, outcomes: ArrayLike, schedule: ArrayLike, period: float, burn_in: float) -> dict[str, float]:
    """Effect of a switchback with burn-in and errors over periods.

    minutes, outcomes: shape (n,), one entry for each order; schedule: 0 or 1 for each period; period, burn_in: minutes. Returns {"effect", "se", "periods"}.
    """
    ### BEGIN SOLUTION
    t, y, arms = np.asarray(minutes, dtype=float), np.asarray(outcomes, dtype=float), np.asarray(schedule)
    if t.shape != y.shape or not 0 <= burn_in < period:
        raise ValueError("one minute for each outcome, and a burn-in from 0 to below the period")
    if t.size and (t.min() < 0 or t.max() >= period * arms.size):
        raise ValueError("an order lies outside the schedule")
    which = np.floor_divide(t, period).astype(int)
    keep = t - which * period >= burn_in
    counts = np.bincount(which[keep], minlength=arms.size)
    sums = np.bincount(which[keep], weights=y[keep], minlength=arms.size)
    treated, control = (sums[(counts > 0) & (arms == a)] / counts[(counts > 0) & (arms == a)] for a in (1, 0))
    if min(treated.size, control.size) < 2:
        raise ValueError("at least two used periods in each arm")
    se = np.sqrt(treated.var(ddof=1) / treated.size + control.var(ddof=1) / control.size)
    return {"effect": float(treated.mean() - control.mean()), "se": float(se), "periods": int(treated.size + control.size)}
    ### END SOLUTION


# %% [markdown] hint="switchback"
# `minutes // period` is the number of the period, `minutes % period` the time since its start. That is all you need to filter.

# %% [markdown] hint="switchback"
# Group the kept outcomes by period and take means: now you have one number for each period. Everything after that is a difference of two means of *these* numbers, with their own variances.

# %% test="switchback" name="value" points=2
"""Effect, standard error and number of periods: the example, then three days of orders."""


def _key(minutes, outcomes, schedule, period, burn_in):
    arms = np.asarray(schedule)

    def by_period(keep):
        table = pd.DataFrame({"j": (np.asarray(minutes) // period).astype(int), "y": np.asarray(outcomes, float)})[keep]
        table["arm"] = arms[table["j"]]
        return table, table.groupby("j")["y"].mean(), arms[np.sort(table["j"].unique())]

    into = np.asarray(minutes) % period
    kept, means, own = by_period(into >= burn_in)
    one, two = means[own == 1], means[own == 0]
    se = np.sqrt(one.var() / len(one) + two.var() / len(two))
    _, raw, raw_own = by_period(into >= 0)
    changed = np.r_[True, arms[1:] != arms[:-1]][(np.asarray(minutes) // period).astype(int)]
    _, some, some_own = by_period((into >= burn_in) | ~changed)
    later = np.r_[False, arms[1:] != arms[:-1]][(np.asarray(minutes) // period).astype(int)]
    _, few, few_own = by_period((into >= burn_in) | ~later)
    _, strict, strict_own = by_period(into > burn_in)
    orders = kept.groupby("arm")["y"]
    expected = {"effect": one.mean() - two.mean(), "se": se, "periods": len(means)}
    mistakes = {
        "the burn-in is left out: the start of a period belongs to the arm before": {"effect": raw[raw_own == 1].mean() - raw[raw_own == 0].mean()},
        "the burn-in applies to every period, also where the arm didn't change": {"effect": some[some_own == 1].mean() - some[some_own == 0].mean()},
        "the burn-in applies to every period, also to the first and where the arm didn't change": {
            "effect": few[few_own == 1].mean() - few[few_own == 0].mean()
        },
        "an order that comes exactly burn_in minutes after the start of its period is kept": {
            "effect": strict[strict_own == 1].mean() - strict[strict_own == 0].mean()
        },
        "busy periods weigh more here; every period counts alike": {"effect": orders.mean()[1] - orders.mean()[0]},
        "the effect is treated minus control": {"effect": two.mean() - one.mean()},
        "orders of one period share their weather: the error is over periods": {"se": float(np.sqrt((orders.var() / orders.size()).sum()))},
        "the sample variance divides by k - 1": {"se": float(np.sqrt(one.var(ddof=0) / len(one) + two.var(ddof=0) / len(two)))},
        "this is the variance; take its root": {"se": se**2},
        "the two arms have a variance each; the formula does not pool them": {
            "se": float(np.sqrt(((len(one) - 1) * one.var() + (len(two) - 1) * two.var()) / (len(means) - 2) * (1 / len(one) + 1 / len(two))))
        },
    }
    if strict.equals(means):
        mistakes.pop("an order that comes exactly burn_in minutes after the start of its period is kept")
    return expected, mistakes


_example = [1, 4, 11, 15, 16, 21, 25, 28, 33, 39], [8, 5, 4, 8, 6, 7, 3, 4, 9, 6], [0, 1, 1, 0], 10, 3
_expected, _mistakes = _key(*_example)
_mistakes.pop("the two arms have a variance each; the formula does not pool them")  # equal numbers of periods: both are the same
checks.record(switchback(*_example), _expected, "the example", mistakes=_mistakes)
### BEGIN HIDDEN TESTS
for _seed, _period, _carry, _share in [(61, 60, 15, 0.5), (62, 90, 30, 0.35), (63, 45, 10, 0.6)]:
    _plan = np.random.default_rng(_seed).permutation((np.arange(40) < 40 * _share).astype(int))
    _log = simulate_switchback(_plan, _period, -5.0, _carry, seed=_seed).sample(frac=1, random_state=_seed)
    _input = _log["minute"].to_numpy(), _log["wait"].to_numpy(), _plan.tolist(), _period, _carry
    _expected, _mistakes = _key(*_input)
    if _share == 0.5:
        _mistakes.pop("the two arms have a variance each; the formula does not pool them")
    checks.record(switchback(*_input), _expected, f"40 periods of {_period} minutes, burn-in {_carry}", mistakes=_mistakes)
### END HIDDEN TESTS

# %% test="switchback" name="unbiased" points=2
"""All 20 ways to treat three of six periods: the estimates average to the planted effect exactly."""
### BEGIN HIDDEN TESTS
_rng = np.random.default_rng(71)
_minutes = np.sort(_rng.uniform(0, 360, 150))
_which, _into = (_minutes // 60).astype(int), _minutes % 60
_base = 30 + 4 * np.sin(_minutes / 50) + _rng.normal(0, 2, 150)
_estimates, _naive = [], []
for _code in range(64):
    _plan = np.array([_code >> j & 1 for j in range(6)])
    if _plan.sum() == 3:
        _active = np.where(_into < 25, np.r_[0, _plan[:-1]][_which], _plan[_which])
        _log = _base - 6.0 * _active
        _estimates.append(switchback(_minutes, _log, _plan.tolist(), 60, 25)["effect"])
        _means = np.bincount(_which, weights=_log) / np.bincount(_which)
        _naive.append(_means[_plan == 1].mean() - _means[_plan == 0].mean())
checks.close(
    np.mean(_estimates),
    -6.0,
    "the average over all 20 schedules, with 25 minutes of carry-over and as much burn-in",
    mistakes={"carry-over dilutes the effect: drop the burn-in": float(np.mean(_naive))},
)
### END HIDDEN TESTS

# %% test="switchback" name="false-alarms" points=1
"""Where the new model does nothing, few of 200 experiments lie more than two standard errors from zero."""
### BEGIN HIDDEN TESTS
_alarms = 0
for _seed in range(200):
    _plan = np.random.default_rng(_seed).permutation(np.repeat([0, 1], 15))
    _log = simulate_switchback(_plan, 60, 0.0, 10, seed=900 + _seed, shock=2.0)
    _got = switchback(_log["minute"].to_numpy(), _log["wait"].to_numpy(), _plan, 60, 10)
    _alarms += abs(_got["effect"]) > 2.05 * _got["se"]
checks.between(_alarms / 200, 0.0, 0.12, "share of false alarms", mistakes={"far too many false alarms: the error counts orders as independent": (0.25, 1.0)})
### END HIDDEN TESTS

# %% test="switchback" name="edges" points=1
"""Orders on a border, periods without orders, and unusable input."""
### BEGIN HIDDEN TESTS
_plan = [1, 0, 1, 0, 1]
checks.record(
    switchback([0, 5, 10, 15, 25, 39, 45], [100, 2, 100, 6, 4, 8, 12], _plan, 10, 5),
    {"effect": -1.0, "se": np.sqrt(28 / 3 + 1), "periods": 5},
    "orders that come exactly at the end of the burn-in",
    mistakes={},
)
checks.record(
    switchback([5, 15, 25, 31, 39], [2, 6, 4, 50, 8], _plan, 10, 5),
    {"effect": -4.0, "se": np.sqrt(2), "periods": 4},
    "a period without orders is not used",
)
checks.record(
    switchback([5, 10, 15, 25, 39], [2, 8, 6, 4, 8], [1, 0, 1, 0], 10, 0),
    {"effect": -4.5, "periods": 4},
    "no burn-in: an order at minute 10 belongs to period 1",
    mistakes={"a period includes its first minute, not the one after its last": {"effect": -2.5}},
)
checks.raises(ValueError, switchback, [5, 15, 25, 35], [1, 2, 3], [0, 1, 0, 1], 10, 2, what="lengths that differ")
checks.raises(ValueError, switchback, [5, 15, 25, 35, 40], [1, 2, 3, 4, 5], [0, 1, 0, 1], 10, 2, what="an order at the very end of the schedule, minute 40")
checks.raises(ValueError, switchback, [-1, 5, 15, 25, 35], [1, 2, 3, 4, 5], [0, 1, 0, 1], 10, 2, what="an order before the start")
checks.raises(ValueError, switchback, [5, 15, 25, 35], [1, 2, 3, 4], [0, 1, 0, 1], 10, 10, what="a burn-in as long as the period")
checks.raises(ValueError, switchback, [5, 15, 25, 35], [1, 2, 3, 4], [0, 1, 0, 1], 10, -1, what="a negative burn-in")
checks.raises(ValueError, switchback, [5, 15, 25, 31], [1, 2, 3, 4], [0, 1, 0, 1], 10, 2, what="an arm with one used period")
### END HIDDEN TESTS

# %% [markdown] explain="switchback"
# With a burn-in as long as the carry-over, what is left of a period depends on its own arm only, and a difference of means over randomly drawn periods is unbiased: averaged over all schedules, every period is treated as often as not, so its weather cancels. No model is needed for that.
# Dropping the burn-in only after a switch looks thrifty, but then periods measure different parts of the hour, and the hour itself may matter. Longer periods lose a smaller share to the burn-in but leave fewer of them: that trade sets the length.
# (Bojinov, Simchi-Levi and Zhao, 2023, *Design and Analysis of Switchback Experiments*, derive the best schedule for a known carry-over.)

# %% [markdown]
# > **In the interview.** *"You change the matching or the price in a ride-hailing city. How do you test it?"*
# > **In 30 seconds:** riders and drivers share one pool, so both user and driver splits interfere. I switch the whole city between the versions in randomised periods, balanced over hours and days. I drop a burn-in as long as the system needs to settle and analyse period means, so n is the number of periods.
# > **They ask next:** how long is a period? (Several times the carry-over; test it by varying the burn-in.) Why randomise and not simply alternate? (An alternation may follow the clock.) When does a switchback fail? (Effects that last: learning, habits, retention.)
# > **Red flags:** new model on Monday, old on Tuesday, and a t-test over orders; no word about carry-over; a switchback for 30-day retention.

# %% [markdown]
# ## Two-sided markets: bipartite experiments
#
# Sometimes the unit you can treat is not the unit whose outcome you want. *Sellers* get an AI assistant that answers questions; you care about what *buyers* spend, and each buyer meets several sellers. The graph between the two sides is **bipartite**: links run from one side to the other only.
#
# The idea: randomise sellers, then give each buyer an **exposure**, the share of their contacts that were treated. Buyers with a lucky draw are nearly fully treated, others hardly. The slope of spending on exposure is the effect of treating every seller, if spending grows linearly with exposure.


# %% locked="bipartite_world"
def simulate_bipartite(buyers: int, sellers: int, effect: float, seed: int) -> tuple[pd.DataFrame, list[str], dict[str, float]]:
    """Edges (buyer, seller, weight: visits), the treated sellers and each buyer's spending. One buyer in ten has no visits and spends little."""
    rng = np.random.default_rng(seed)
    rows = [
        (f"b{b:04d}", f"s{s:03d}", int(rng.geometric(0.35)))
        for b in range(buyers)
        if rng.random() > 0.1
        for s in rng.choice(sellers, min(sellers, 1 + rng.poisson(2)), replace=False)
    ]
    edges = pd.DataFrame(rows, columns=["buyer", "seller", "weight"])
    treated = sorted(f"s{s:03d}" for s in rng.permutation(sellers)[: sellers // 2])
    visits = edges.groupby("buyer")["weight"].sum()
    exposure = edges[edges["seller"].isin(treated)].groupby("buyer")["weight"].sum().reindex(visits.index, fill_value=0) / visits
    spending = {f"b{b:04d}": float(rng.normal(12, 2)) for b in range(buyers)}
    for buyer, share in exposure.items():
        spending[buyer] += 8 + 0.3 * float(visits[buyer]) + effect * float(share)
    return edges, treated, spending


# %% collapsed=true
edges, treated_sellers, spending = simulate_bipartite(900, 60, 6.0, seed=5)
visits = edges.assign(own=edges["weight"] * edges["seller"].isin(treated_sellers)).groupby("buyer")[["own", "weight"]].sum()
dose, spent = (visits["own"] / visits["weight"]).to_numpy(), np.array([spending[b] for b in visits.index])
line = np.polyfit(dose, spent, 1)
by_seller = edges.assign(spent=edges["buyer"].map(spending), treated=edges["seller"].isin(treated_sellers)).groupby(["treated", "seller"])["spent"].mean()
fig, axes = plt.subplots(1, 2, figsize=(9, 3.4), sharey=True, layout="constrained")
axes[0].plot(dose + np.random.default_rng(1).normal(0, 0.01, len(dose)), spent, ".", color="0.75", ms=4)
axes[0].plot([0, 1], np.polyval(line, [0, 1]), color="C0", lw=2)
axes[0].set(xlabel="exposure of the buyer", ylabel="spending (euros)", title=f"buyers: from 0 to 1 adds {line[0]:.1f} euros (truth 6)", ylim=(12, 38))
seller_gap = by_seller[True].mean() - by_seller[False].mean()
for place, (arm, colour) in enumerate(((False, "0.55"), (True, "C1"))):
    values = by_seller[arm].to_numpy()
    axes[1].plot(place + np.linspace(-0.15, 0.15, len(values)), values, ".", color=colour)
    axes[1].plot([place - 0.25, place + 0.25], [values.mean()] * 2, color="0.2")
axes[1].set_xticks([0, 1], ["control", "treated"])
axes[1].set(xlabel="sellers (mean spending of their buyers)", title=f"sellers: the difference is {seller_gap:.1f} euros", xlim=(-0.6, 1.6))
fig.suptitle("Buyers see both arms, so comparing sellers hides most of the effect")
plt.show()

# %% [markdown] statement="bipartite_exposure" level="stretch"
# ### `bipartite_exposure`: treated here, measured there
#
# Write `bipartite_exposure(edges, treated, outcomes)`. `edges` is a data frame with `buyer`, `seller`, `weight` (visits, at least 0; rows of the same pair add up), `treated` a list of sellers, `outcomes` a dict from buyer to spending. For buyer $b$ with weights $w_{bs}$ to sellers $s$:
#
# $$x_b = \frac{\sum_{s\ \text{treated}} w_{bs}}{\sum_s w_{bs}}, \qquad \text{effect} = \frac{\sum_b (x_b - \bar x)(y_b - \bar y)}{\sum_b (x_b - \bar x)^2}$$
#
# Buyers in `outcomes` without edges, or whose weights add up to 0, have no exposure: they are *isolated* and stay out of $\bar x$, $\bar y$ and both sums. Return a dict `"effect"`, `"exposure"` (dict from buyer to $x_b$, without isolated ones) and `"isolated"` (their names as a sorted list).
# A treated seller may have no edges. Raise `ValueError` when a weight is negative, when a buyer of `edges` has no outcome, and when the exposures don't differ.
#
# Example: buyer a visits s1 three times and s2 once, b visits s2 twice, c visits s1 and s2 once each; d visits nobody. With s1 treated and outcomes a 10, b 4, c 6, d 1: exposures a 0.75, b 0, c 0.5, effect 7.4286 (rounded), isolated `["d"]`.


# %% solution="bipartite_exposure"
def bipartite_exposure(edges: pd.DataFrame, treated: list[str], outcomes: dict[str, float]) -> dict[str, float | dict[str, float] | list[str]]:
    """Exposure of each buyer to treated sellers and the slope of the outcome on it.

    edges: columns buyer, seller, weight; treated: names of sellers; outcomes: buyer -> number. Returns {"effect", "exposure", "isolated"}.
    """
    ### BEGIN SOLUTION
    if (edges["weight"] < 0).any() or not set(edges["buyer"]) <= set(outcomes):
        raise ValueError("weights are at least 0, and every buyer has an outcome")
    total, dose = dict.fromkeys(outcomes, 0.0), dict.fromkeys(outcomes, 0.0)
    chosen = set(treated)
    for buyer, seller, weight in zip(edges["buyer"], edges["seller"], edges["weight"], strict=True):
        total[buyer] += weight
        dose[buyer] += weight * (seller in chosen)
    exposure = {buyer: float(dose[buyer] / total[buyer]) for buyer in outcomes if total[buyer] > 0}
    x, y = np.array(list(exposure.values())), np.array([outcomes[buyer] for buyer in exposure], dtype=float)
    if x.size < 2 or np.ptp(x) == 0:
        raise ValueError("exposures do not differ")
    effect = np.sum((x - x.mean()) * (y - y.mean())) / np.sum((x - x.mean()) ** 2)
    return {"effect": float(effect), "exposure": exposure, "isolated": sorted(buyer for buyer in outcomes if total[buyer] == 0)}
    ### END SOLUTION


# %% [markdown] hint="bipartite_exposure"
# Two sums for each buyer: all weights, and the weights to treated sellers. The isolated buyers are those whose first sum is 0 or missing.

# %% [markdown] hint="bipartite_exposure"
# `edges["weight"].where(edges["seller"].isin(treated), 0)` keeps the treated weights; group both columns by buyer and divide. `np.polyfit(x, y, 1)[0]` is the slope.

# %% test="bipartite_exposure" name="value" points=3
"""Exposures, isolated buyers and slope: the example, then hundreds of buyers."""


def _key(edges, treated, outcomes):
    def slope(x):
        y = np.array([outcomes[b] for b in x.index])
        return float(np.cov(x, y)[0, 1] / x.var())

    by = edges.groupby("buyer")
    e = edges.assign(own=edges["weight"] * edges["seller"].isin(treated), hit=edges["seller"].isin(treated).astype(float))
    total = by["weight"].sum()
    x = (e.groupby("buyer")["own"].sum() / total)[total > 0]
    everyone = x.reindex(list(outcomes), fill_value=0.0)
    y = pd.Series(outcomes)[x.index]
    sellers = e.assign(y=e["buyer"].map(outcomes)).groupby(["hit", "seller"])["y"].mean()
    rows = e.assign(y=e["buyer"].map(outcomes)).groupby("hit")["y"].mean()
    slopes = {
        "exposure counts visits: weigh every seller by the weight of the edge": slope(e.groupby("buyer")["hit"].mean()),
        "isolated buyers are not exposure 0: leave them out": slope(everyone),
        "exposure is a share, not yes or no": slope((x > 0).astype(float)),
        "exposure is a share: don't cut it at one half": slope((x > 0.5).astype(float)),
        "exposure is a share: divide by all visits of the buyer": slope(e.groupby("buyer")["own"].sum()),
        "buyers see both arms, so don't compare treated with untreated sellers": float(sellers[1.0].mean() - sellers[0.0].mean()),
        "buyers see both arms, so don't compare visits to treated and to untreated sellers": float(rows[1.0] - rows[0.0]),
        "this is a correlation; divide by the variance of the exposure": float(np.corrcoef(x, y)[0, 1]),
        "this is the slope of exposure on outcome; turn it round": float(np.cov(x, y)[0, 1] / y.var()),
        "the line needs an intercept: subtract the means": float((x * y).sum() / (x**2).sum()),
    }
    return x, slope(x), sorted(set(outcomes) - set(x.index)), {name: {"effect": value} for name, value in slopes.items()}


_edges = pd.DataFrame({"buyer": list("aabcc"), "seller": ["s1", "s2", "s2", "s1", "s2"], "weight": [3, 1, 2, 1, 1]})
_outcomes = {"a": 10, "b": 4, "c": 6, "d": 1}
_x, _slope, _isolated, _mistakes = _key(_edges, ["s1"], _outcomes)
checks.record(
    bipartite_exposure(_edges, ["s1"], _outcomes),
    {"effect": 7.428571429, "exposure": {"a": 0.75, "b": 0.0, "c": 0.5}, "isolated": ["d"]},
    "the example",
    mistakes=_mistakes,
)
### BEGIN HIDDEN TESTS
for _seed, _buyers, _sellers in [(81, 200, 20), (82, 300, 8)]:
    _edges, _treated, _outcomes = simulate_bipartite(_buyers, _sellers, 6.0, _seed)
    _edges = pd.concat([_edges, _edges.iloc[::3].assign(weight=2)], ignore_index=True)
    _edges = _edges.sample(frac=1, random_state=_seed)
    _x, _slope, _isolated, _mistakes = _key(_edges, _treated, _outcomes)
    _got = bipartite_exposure(_edges, _treated, _outcomes)
    checks.record(_got, {"effect": _slope, "isolated": _isolated}, f"{_buyers} buyers, {_sellers} sellers, some pairs in two rows", mistakes=_mistakes)
    checks.record(_got["exposure"], _x.to_dict(), f"the exposures of {_buyers} buyers")
    checks.equal(len(_got["exposure"]), len(_x), "the number of buyers with an exposure")
### END HIDDEN TESTS

# %% test="bipartite_exposure" name="truth" points=1
"""Over 20 seeded markets the estimates average to the planted effect."""
### BEGIN HIDDEN TESTS
_found = [bipartite_exposure(*simulate_bipartite(200, 40, 6.0, 300 + seed))["effect"] for seed in range(20)]
checks.between(
    np.mean(_found),
    5.3,
    6.7,
    "the average estimate where the truth is 6",
    mistakes={"part of the effect is hidden: regress on the share of treated visits of connected buyers": (-1, 5.2)},
)
### END HIDDEN TESTS

# %% test="bipartite_exposure" name="edges" points=1
"""Weights of zero, treated sellers without visits, and unusable input."""
### BEGIN HIDDEN TESTS
_edges = pd.DataFrame({"buyer": list("abcd"), "seller": ["s1", "s2", "s1", "s2"], "weight": [2, 1, 0, 4]})
checks.record(
    bipartite_exposure(_edges, ["s1", "s9"], {"z": 50, "a": 8, "b": 3, "c": 40, "d": 4}),
    {"effect": 4.5, "exposure": {"a": 1.0, "b": 0.0, "d": 0.0}, "isolated": ["c", "z"]},
    "a buyer whose only weight is 0, one without edges, and a treated seller without visits",
)
checks.raises(ValueError, bipartite_exposure, _edges.assign(weight=[1, 1, -1, 1]), ["s1"], dict.fromkeys("abcd", 1.0), what="a negative weight")
checks.raises(ValueError, bipartite_exposure, _edges, ["s1"], {"a": 1.0, "b": 2.0, "c": 3.0}, what="a buyer without outcome")
checks.raises(ValueError, bipartite_exposure, _edges, ["s1", "s2"], {"a": 1.0, "b": 2.0, "c": 3.0, "d": 4.0}, what="all exposures 1")
checks.raises(ValueError, bipartite_exposure, _edges, [], {"a": 1.0, "b": 2.0, "c": 3.0, "d": 4.0}, what="nobody treated")
### END HIDDEN TESTS

# %% [markdown] explain="bipartite_exposure"
# Random arms of sellers make every buyer's exposure random around the same mean, so the slope compares like with like. Comparing sellers fails because a control seller's buyers are partly treated by others.
# An isolated buyer's exposure can't be moved by the experiment. Counted as 0 they sit at one end of the line with the low spending of people who never visit, and the slope tilts.
# Buyers who share a seller move together, so the error of ordinary least squares is too small. Redraw the treated sellers many times and recompute the slope (a randomisation test). Harshaw et al. (2023) give an estimator that is unbiased for every graph, weighting each buyer by the variance of their exposure.

# %% [markdown]
# > **In the interview.** *"We give sellers a new tool and want to know what buyers do. Which side do you randomise?"*
# > **In 30 seconds:** the side that gets the treatment, so sellers. Buyers meet treated and untreated sellers, so I compute each buyer's exposure, the share of visits to treated sellers, and estimate the dose-response among buyers: the slope from 0 to 1 is the effect of a full launch. Errors come from redrawing the sellers.
# > **They ask next:** why not compare treated with untreated sellers? (They compete, and share buyers.) All exposures sit near one half: what then? (Treat whole clusters of sellers, so that exposures spread.) What if the response is not linear? What of buyers without visits?
# > **Red flags:** a t-test over sellers; "exposed" as yes or no; treating isolated buyers as controls.

# %% [markdown]
# ## Choosing a design
#
# A scenario in an interview often contains a word that sounds like a method: "threshold", "lottery", "regions". The word does not make the design; the **data** must carry it. Two products with the same story:


# %% locked="scenario_cards"
def design_card(story: str, seed: int, **facts) -> dict:
    """A scenario card: a story and tables. `facts` plants what the tables show; the story never changes with them.

    can_randomise; linked (share of users with links, roughly), crossing (share of links between groups, roughly); low, high (share treated below, above the cutoff), sorting (share of users just below who
    moved above); lift (of the nudge); treated_units, drift (difference of trends per week), outside (how far the treated units lie above the others); overlap (False: only the active are treated).
    """
    f = {
        "can_randomise": False,
        "linked": 0.5,
        "crossing": 0.4,
        "low": 0.3,
        "high": 0.5,
        "sorting": 0.0,
        "lift": 0.0,
        "treated_units": 0,
        "drift": 0.0,
        "outside": 0.0,
        "overlap": True,
    } | facts
    rng = np.random.default_rng(seed)
    n, groups = 2_000, 25
    score = rng.uniform(600, 800, n)
    score = np.where((score >= 680) & (score < 700) & (rng.random(n) < f["sorting"]), score + 20, score).round(2)
    nudged, activity, group = rng.integers(0, 2, n), rng.integers(0, 8, n), np.sort(rng.integers(0, groups, n))
    chance = np.where(score >= 700, f["high"], f["low"]) + f["lift"] * (nudged - 0.5)
    treated = rng.random(n) < chance if f["overlap"] else activity >= 5
    treated = treated & (not f["can_randomise"])
    members = np.sort(rng.permutation(n)[: int(f["linked"] * n)])
    a, b = members[:-1], members[1:].copy()
    a, b = a[group[a] == group[b]], b[group[a] == group[b]]
    swap = rng.random(len(b)) < f["crossing"]
    b[swap] = members[(np.searchsorted(members, b[swap]) + len(members) // 2) % len(members)] if len(members) else b[swap]
    units, weeks = 12, np.arange(12)
    has = np.arange(units) < f["treated_units"]
    level = np.where(has, 50, rng.uniform(40, 60, units)) + f["outside"] * has
    path = level[:, None] + 0.5 * weeks + f["drift"] * has[:, None] * weeks + 2 * has[:, None] * (weeks >= 8) + rng.normal(0, 0.3, (units, 12))
    return {
        "story": story,
        "can_randomise": f["can_randomise"],
        "users": pd.DataFrame({"group": group, "score": score, "nudged": nudged, "activity": activity, "treated": treated.astype(int)}),
        "links": pd.DataFrame({"a": a, "b": b}),
        "cutoff": 700.0,
        "window": 20.0,
        "weekly": pd.DataFrame(
            {"unit": np.repeat(np.arange(units), 12), "week": np.tile(weeks, units), "treated": np.repeat(has.astype(int), 12), "value": path.ravel()}
        ),
        "launch_week": 8,
        "worth": 2.0,
    }


# %% collapsed=true
story = "Customers with a trust score of 700 or more get the AI credit adviser. Does it lower late payments?"
fig, axes = plt.subplots(1, 2, figsize=(9, 3), sharey=True, layout="constrained")
for ax, sorting, title in zip(axes, (0.0, 0.6), ("regression discontinuity fits", "customers were lifted over the line"), strict=True):
    near = design_card(story, seed=8, low=0.0, high=1.0, sorting=sorting)["users"]["score"]
    ax.hist(near[near < 700], bins=np.arange(640, 701, 5), color="C0")
    ax.hist(near[near >= 700], bins=np.arange(700, 761, 5), color="C1")
    ax.axvline(700, color="0.3", ls="--", lw=1)
    ratio = ((near >= 700) & (near < 720)).sum() / ((near >= 680) & (near < 700)).sum()
    ax.set(xlabel="trust score", title=f"{title}\n(above / below within 20 points: {ratio:.2f})")
axes[0].set_ylabel("customers")
fig.suptitle("Same story, other data: only the left card is an RD")
plt.show()

# %% [markdown]
# Ask in this order: experiments, then what is nearly one, then beliefs about trends, last about people. The first *yes* wins. IV stands before RD because a lottery is a true coin, but it isn't the safer one: no table can test exclusion, while sorting at a cutoff shows.
#
# | the question | method | the assumption that you must defend |
# |---|---|---|
# | May you randomise, and do users hardly interact? | A/B test (RCT) | no interference |
# | ... do they interact, but within groups? | cluster randomisation | groups are closed: little leaks |
# | ... do they interact everywhere? | switchback | no carry-over beyond the burn-in |
# | No coin allowed. Did a lottery push some towards it, strongly? | instrumental variable (IV) | exclusion: the lottery acts through the treatment only |
# | Did a cutoff decide, and nobody sorted around it? | regression discontinuity (RD) | no manipulation of the score at the cutoff |
# | Did several units get it, with parallel pasts? | difference-in-differences (DiD) | parallel trends |
# | Did a single unit get it, and do others frame its past? | synthetic control | the fit before the launch holds on |
# | Are similar people with and without it? | propensity score matching (PSM) | no unmeasured confounder |
# | None of these | none: say so, and ask for a pilot | |
#
# Why would you not randomise? It may be unethical to withhold a benefit, an old system may not be able to split users, the event may be so rare that no sample suffices, or spillover spoils every unit you could randomise.
# The limits in the exercise (0.9, F of 10, half the worthwhile effect, ...) are conventions. In an interview say that they are, and then use one.

# %% [markdown] statement="choose_design" level="core"
# ### `choose_design`: method, assumption, evidence
#
# Write `choose_design(card)` for a dict with `story`, `can_randomise`, the tables below, `cutoff`, `window` $h$, `launch_week` and `worth` (the smallest effect worth having, in the unit of `value`). Go through the rows in order; the first row whose condition holds gives all three values of your dict `"method"`, `"assumption"`, `"evidence"` (not rounded). Rows 1-3 ask only when `can_randomise` is true, rows 4-9 only when it is false.
#
# | | method | assumption | holds when | evidence |
# |---|---|---|---|---|
# | 1 | `"rct"` | `"no_interference"` | evidence $< 0.05$ | share of the rows of `users` whose index (0, 1, ...) occurs in `a` or `b` of `links` |
# | 2 | `"cluster"` | `"closed_groups"` | evidence $\le 0.10$ | share of the rows of `links` whose two users have different `group` |
# | 3 | `"switchback"` | `"no_carry_over"` | always | as in row 2 |
# | 4 | `"iv"` | `"exclusion"` | evidence $\ge 10$ | $F = t^2$ of the two-sample t-test (equal variances) of `treated` (0/1), `nudged` 1 against 0; the nudge was drawn by lot |
# | 5 | `"rd"` | `"no_manipulation"` | evidence $\ge 0.9$ and $0.8 \le r \le 1.25$ | mean of `treated` among users with cutoff $\le$ `score` $<$ cutoff $+\,h$, minus that with cutoff $-\,h \le$ `score` $<$ cutoff; $r$: their numbers, above / below |
# | 6 | `"did"` | `"parallel_trends"` | at least 2 units treated, at least 2 not, and \|evidence\| $\le$ `worth` / 2 | bias: (mean least-squares slope of `value` on `week` before `launch_week` of treated units − that of the others) × (mean `week` from `launch_week` on − mean `week` before) |
# | 7 | `"synthetic_control"` | `"pre_fit"` | exactly 1 unit treated, at least 2 not, and evidence $\ge 0.9$ | share of weeks before `launch_week` in which the treated unit's `value` lies between the smallest and largest of the others (ends included) |
# | 8 | `"psm"` | `"no_unmeasured_confounders"` | evidence $\ge 0.8$ | share of treated users whose `activity` also occurs among untreated users |
# | 9 | `"none"` | `"none"` | always | as in row 8 |
#
# Every card has all tables: `users` (`group`, `score`, `nudged`, `activity`, `treated`), `links` (`a`, `b`), `weekly` (one row for each `unit` and `week`, in any order: `unit`, `week`, `treated` 0 or 1 for the unit, `value`). Cards without links, or without treated units, occur; with `can_randomise` false there are always nudged and not nudged, treated and untreated users, some within $h$ on each side of the cutoff, and at least two weeks before the launch. `a` and `b` are row numbers of `users`. The window is half-open on both sides, unlike the one of `rd`. Values that are not quotients of two counts stay at least $10^{-6}$ away from every limit.
#
# Example: `choose_design(design_card("", 8, low=0.0, high=1.0))` gives `{"method": "rd", "assumption": "no_manipulation", "evidence": 1.0}`; with `sorting=0.6` as well, `"psm"`, and the evidence is again 1.0.


# %% solution="choose_design"
def choose_design(card: dict) -> dict[str, str | float]:
    """Choose the design that the card's data carry.

    card: story, can_randomise, users, links, cutoff, window, weekly, launch_week, worth. Returns {"method", "assumption", "evidence"}.
    """
    ### BEGIN SOLUTION

    def answer(method: str, assumption: str, evidence: float) -> dict[str, str | float]:
        return {"method": method, "assumption": assumption, "evidence": float(evidence)}

    users, links, weekly = card["users"], card["links"], card["weekly"]
    a, b, treated = links["a"].to_numpy(), links["b"].to_numpy(), users["treated"].to_numpy(dtype=float)
    if card["can_randomise"]:
        linked = len(np.union1d(a, b)) / len(users)
        if linked < 0.05:
            return answer("rct", "no_interference", linked)
        group = users["group"].to_numpy()
        crossing = np.mean(group[a] != group[b])
        return answer("cluster", "closed_groups", crossing) if crossing <= 0.10 else answer("switchback", "no_carry_over", crossing)

    nudged = users["nudged"].to_numpy() == 1
    f = stats.ttest_ind(treated[nudged], treated[~nudged]).statistic ** 2
    if f >= 10:
        return answer("iv", "exclusion", f)

    distance = users["score"].to_numpy() - card["cutoff"]
    above, below = (distance >= 0) & (distance < card["window"]), (distance < 0) & (distance >= -card["window"])
    jump = treated[above].mean() - treated[below].mean()
    if jump >= 0.9 and 0.8 <= above.sum() / below.sum() <= 1.25:
        return answer("rd", "no_manipulation", jump)

    paths = weekly.pivot(index="week", columns="unit", values="value")
    has = weekly.groupby("unit")["treated"].max().to_numpy() == 1
    before = paths[paths.index < card["launch_week"]]
    if has.sum() >= 2 and (~has).sum() >= 2:
        slopes = np.polyfit(before.index, before.to_numpy(), 1)[0]
        after = paths.index[paths.index >= card["launch_week"]]
        bias = (slopes[has].mean() - slopes[~has].mean()) * (after.values.mean() - before.index.values.mean())
        if abs(bias) <= card["worth"] / 2:
            return answer("did", "parallel_trends", bias)
    elif has.sum() == 1 and (~has).sum() >= 2:
        own, others = before.to_numpy()[:, has][:, 0], before.to_numpy()[:, ~has]
        framed = np.mean((own >= others.min(axis=1)) & (own <= others.max(axis=1)))
        if framed >= 0.9:
            return answer("synthetic_control", "pre_fit", framed)

    activity = users["activity"].to_numpy()
    overlap = np.isin(activity[treated == 1], activity[treated == 0]).mean()
    return answer("psm", "no_unmeasured_confounders", overlap) if overlap >= 0.8 else answer("none", "none", overlap)
    ### END SOLUTION


# %% [markdown] hint="choose_design"
# Don't read the story. Write one block for each row, in the order of the table, each with its evidence and an early `return`.

# %% [markdown] hint="choose_design"
# Row 1: `np.union1d(a, b)` are the users with links. Row 4: `stats.ttest_ind(...).statistic ** 2`. Row 5: two masks, each closed on the left and open on the right.

# %% [markdown] hint="choose_design"
# Row 6: `pivot(index="week", columns="unit", values="value")`, keep the weeks before the launch, and `np.polyfit(weeks, table, 1)[0]` gives all slopes at once. Row 7 uses the same table.

# %% test="choose_design" name="example" points=2
"""The two cards of the example, and what one story becomes with other data."""
_story = "Customers with a trust score of 700 or more get the AI credit adviser. Does it lower late payments?"
checks.record(
    choose_design(design_card(_story, 8, low=0.0, high=1.0)),
    {"method": "rd", "assumption": "no_manipulation", "evidence": 1.0},
    "a clean cutoff",
    mistakes={"users near the cutoff get the treatment by the score alone: that is row 5": {"method": "psm"}},
)
checks.record(
    choose_design(design_card(_story, 8, low=0.0, high=1.0, sorting=0.6)),
    {"method": "psm", "assumption": "no_unmeasured_confounders", "evidence": 1.0},
    "the same story, but users crowd just above the cutoff",
    mistakes={
        "too many users sit just above the cutoff: check r before you trust the score": {"method": "rd"},
        "the share is one of treated users, not of everybody": {"evidence": 0.5705},
    },
)
checks.record(
    choose_design(design_card(_story, 8, can_randomise=True, linked=0.02)),
    {"method": "rct", "assumption": "no_interference", "evidence": 0.0155},
    "the same story where you may randomise",
    mistakes={
        "you may randomise here: rows 1 to 3": {"method": "rd"},
        "count users, not links": {"evidence": 0.01},
        "hardly anybody interacts: row 1 comes first": {"method": "cluster"},
        "the story is no evidence; hardly anybody interacts, and you may randomise": {"method": "psm"},
    },
)
### BEGIN HIDDEN TESTS
checks.record(
    choose_design(design_card(_story, 18, low=0.15, high=0.85)),
    {"method": "psm", "assumption": "no_unmeasured_confounders"},
    "the same story, but the score only shifts the odds",
    mistakes={"the cutoff does not decide here: the jump is below 0.9": {"method": "rd"}},
)
### END HIDDEN TESTS

# %% test="choose_design" name="methods" points=4
"""Every method on several cards; stories and data are crossed, so that words don't help."""
### BEGIN HIDDEN TESTS
_stories = [
    "A threshold decides who gets the assistant. What does it do for retention?",
    "A lottery invited half of the users to the beta. Should we launch?",
    "Two regions got the new ranking before the others. What changed?",
    "Power users adopted the copilot first. Is it the copilot that keeps them?",
    "Riders and drivers share one city. Test the new price.",
]
_plans = [
    ("rct", {"can_randomise": True, "linked": 0.0}),
    ("rct", {"can_randomise": True, "linked": 0.03, "crossing": 0.8}),
    ("cluster", {"can_randomise": True, "linked": 0.8, "crossing": 0.04}),
    ("cluster", {"can_randomise": True, "linked": 0.4, "crossing": 0.06, "treated_units": 4}),
    ("switchback", {"can_randomise": True, "linked": 0.8, "crossing": 0.5}),
    ("switchback", {"can_randomise": True, "linked": 0.3, "crossing": 0.2}),
    ("iv", {"lift": 0.4, "linked": 0.0}),
    ("iv", {"lift": 0.25, "treated_units": 5}),
    ("iv", {"lift": 0.08, "seeds": (303, 304)}),
    ("psm", {"lift": 0.05, "seeds": (303, 304)}),
    ("rd", {"low": 0.0, "high": 1.0, "treated_units": 4}),
    ("rd", {"low": 0.02, "high": 0.99, "treated_units": 1}),
    ("did", {"treated_units": 4, "drift": 0.02}),
    ("did", {"treated_units": 6, "low": 0.0, "high": 1.0, "sorting": 0.7}),
    ("did", {"treated_units": 5, "drift": -0.12}),
    ("did", {"treated_units": 5, "drift": 0.13}),
    ("psm", {"treated_units": 5, "drift": -0.25}),
    ("synthetic_control", {"treated_units": 1}),
    ("synthetic_control", {"treated_units": 1, "lift": 0.02, "low": 0.1, "high": 0.8}),
    ("psm", {"treated_units": 4, "drift": 0.4}),
    ("psm", {"treated_units": 1, "outside": 30.0}),
    ("psm", {"linked": 0.0, "low": 0.4, "high": 0.4}),
    ("none", {"overlap": False}),
    ("none", {"overlap": False, "treated_units": 5, "drift": -0.5}),
]
_assumption = {
    "rct": "no_interference",
    "cluster": "closed_groups",
    "switchback": "no_carry_over",
    "iv": "exclusion",
    "rd": "no_manipulation",
    "did": "parallel_trends",
    "synthetic_control": "pre_fit",
    "psm": "no_unmeasured_confounders",
    "none": "none",
}


def _evidence(card):
    u, links, w, week = card["users"], card["links"], card["weekly"], card["launch_week"]
    g, t = u["group"], u["treated"]
    found = {"rct": len(set(links["a"]) | set(links["b"])) / len(u)}
    if len(links):
        found["cluster"] = found["switchback"] = float((links["a"].map(g) != links["b"].map(g)).mean())
    if card["can_randomise"]:
        return found, np.nan
    one, two = t[u["nudged"] == 1], t[u["nudged"] == 0]
    pooled = ((len(one) - 1) * one.var() + (len(two) - 1) * two.var()) / (len(u) - 2)
    found["iv"] = (one.mean() - two.mean()) ** 2 / (pooled * (1 / len(one) + 1 / len(two)))
    up, down = u["score"].between(700, 720, inclusive="left"), u["score"].between(680, 700, inclusive="left")
    found["rd"] = t[up].mean() - t[down].mean()
    pre, gap = w[w["week"] < week], w.loc[w["week"] >= week, "week"].mean() - w.loc[w["week"] < week, "week"].mean()
    slope = {arm: float(np.polyfit(np.arange(week), rows.groupby("week")["value"].mean(), 1)[0]) for arm, rows in pre.groupby("treated")}
    if len(slope) == 2:
        found["did"] = (slope[1] - slope[0]) * gap
        sides = pre[pre["treated"] == 0].groupby("week")["value"].agg(["min", "max"])
        mine = pre[pre["treated"] == 1].groupby("week")["value"].mean()
        found["synthetic_control"] = float(((mine >= sides["min"]) & (mine <= sides["max"])).mean())
    found["psm"] = found["none"] = float(u.loc[t == 1, "activity"].isin(u.loc[t == 0, "activity"]).mean())
    return found, up.sum() / down.sum()


_why = {
    "rct": "an A/B test needs leave to randomise and users who hardly interact",
    "cluster": "cluster randomisation needs leave to randomise and few links between groups",
    "switchback": "a switchback comes after the A/B test and the clusters: look at who interacts with whom",
    "iv": "an instrument must move the treatment: F is below 10, or a row above holds already",
    "rd": "a cutoff needs a jump of 0.9 without sorting, and comes after randomising and a strong lottery",
    "did": "several treated units need parallel pasts: the bias of the trends is more than half the worthwhile effect, or a row above holds already",
    "synthetic_control": "a synthetic control needs one treated unit that the others frame, and comes after rows 1 to 6",
    "psm": "matching is for when no row above holds and similar people are untreated",
    "none": "some design fits: go through the rows in order",
}
for _i, (_method, _facts) in enumerate(_plans):
    for _seed in _facts.pop("seeds", (100 + _i, 200 + _i)):
        _card = design_card(_stories[(_i + _seed // 100) % 5], _seed, **_facts)
        _card["weekly"] = _card["weekly"].sample(frac=1, random_state=_seed).reset_index(drop=True)
        _found, _ = _evidence(_card)
        _named = {_why[other]: {"method": other} for other in _assumption if other != _method}
        if _method == "rct" and len(_card["links"]):
            _named["count users, not links"] = {"evidence": len(_card["links"]) / 2_000}
        if _method == "psm":
            _named["the share is one of treated users, not of everybody"] = {"evidence": _found["psm"] * _card["users"]["treated"].mean()}
        if _method == "iv":
            _p = _found["iv"]
            _named["F is the square of t"] = {"evidence": np.sqrt(_p)}
        if _method == "did" and abs(_found["did"]) > 1e-3:
            _named["this is the difference of slopes per week: times the distance between the middles of both times, it is the bias"] = {
                "evidence": _found["did"] / 6.0
            }
        checks.record(
            choose_design(_card),
            {"method": _method, "assumption": _assumption[_method], "evidence": _found[_method]},
            f"card {_i + 1}: {_card['story']}",
            mistakes=_named,
        )
### END HIDDEN TESTS

# %% test="choose_design" name="borders" points=1
"""Small cards made by hand: values on a limit, and users on the cutoff."""
### BEGIN HIDDEN TESTS
_card = design_card("", 5, can_randomise=True, linked=0.5, crossing=0.0)
_card["users"] = pd.DataFrame({"group": [0] * 20 + [1] * 20, "score": 700.0, "nudged": 0, "activity": 1, "treated": 0})
_card["links"] = pd.DataFrame({"a": [0], "b": [1]})
_named = {"0.05 is not below 0.05: this is no longer row 1": {"method": "rct"}, "count users, not links: two of 40 have one": {"evidence": 1 / 40}}
checks.record(choose_design(_card), {"method": "cluster", "evidence": 0.0}, "a single link among 40 users", mistakes=_named)
_card["links"] = pd.DataFrame({"a": list(range(10)), "b": [*range(1, 10), 30]})
checks.record(
    choose_design(_card),
    {"method": "cluster", "evidence": 0.1},
    "one of ten links crosses groups",
    mistakes={"up to 0.10 may cross: that is still row 2": {"method": "switchback"}},
)
_users = pd.DataFrame(
    {
        "group": 0,
        "score": [680.0] * 4 + [690.0] * 6 + [700.0] * 5 + [719.0] * 3 + [720.0] * 40,
        "nudged": 0,
        "activity": 3,
        "treated": [0] * 10 + [1] * 8 + [0] * 40,
    }
)
_users.loc[::2, "nudged"] = 1
_card = design_card("", 5) | {"users": _users}
checks.record(
    choose_design(_card),
    {"method": "rd", "evidence": 1.0},
    "scores on the cutoff and on both ends of the window, 8 above to 10 below",
    mistakes={
        "a score of cutoff + window is outside, a score of cutoff - window inside, and r = 0.8 is allowed": {"method": "psm"},
    },
)
checks.record(
    choose_design(_card | {"users": _users.drop(index=range(9))}),
    {"method": "psm"},
    "8 users above and 1 below",
    mistakes={"r above 1.25 is sorting": {"method": "rd"}},
)
checks.record(
    choose_design(_card | {"users": _users.drop(index=17)}),
    {"method": "psm"},
    "7 users above and 10 below",
    mistakes={"r below 0.8 is sorting, too": {"method": "rd"}},
)
checks.record(
    choose_design(_card | {"users": _users.drop(index=[0, 1, 2, 3, 4, 15])}),
    {"method": "psm"},
    "7 users above and 5 below",
    mistakes={"r above 1.25 is sorting": {"method": "rd"}},
)
_card = design_card("", 7, treated_units=1)
_table = _card["weekly"].pivot(index="week", columns="unit", values="value")
_table[0] = _table.drop(columns=0).min(axis=1)
_weekly = _card["weekly"].assign(value=_table.T.to_numpy().ravel())
checks.record(
    choose_design(_card | {"weekly": _weekly}),
    {"method": "synthetic_control", "evidence": 1.0},
    "a treated unit that is equal to the lowest of the others",
    mistakes={"the ends are included": {"method": "psm"}},
)
_weekly.loc[3, "value"] -= 1
checks.record(
    choose_design(_card | {"weekly": _weekly}),
    {"method": "psm", "evidence": 1.0},
    "a treated unit that falls out of the frame in one of eight weeks",
    mistakes={"7 of 8 weeks are less than 0.9": {"method": "synthetic_control"}},
)
_card = design_card("", 6)
_card["users"] = _card["users"].assign(nudged=np.arange(2_000) % 2, activity=1)
_rows = _card["users"].index
_card["users"]["treated"] = (_rows < 1_000).astype(int)
_card["users"].loc[_rows >= 1_000, "activity"] = 2
_card["users"].loc[[1_500, 1_501], "activity"] = 1
_card["users"].loc[_rows[:201], "activity"] = 9
checks.record(
    choose_design(_card),
    {"method": "none", "evidence": 0.799},
    "799 of 1,000 treated users have someone like them",
    mistakes={
        "the share is one of treated users, not of everybody": {"evidence": 0.3995},
        "below 0.8 there are too few similar people to match": {"method": "psm"},
    },
)
_card["users"].loc[_rows[:150], "activity"] = 9
_card["users"].loc[_rows[150:201], "activity"] = 1
checks.record(
    choose_design(_card),
    {"method": "psm", "evidence": 0.85},
    "850 of 1,000 treated users have someone like them",
    mistakes={"0.8 is enough to match": {"method": "none"}},
)
### END HIDDEN TESTS

# %% [markdown] explain="choose_design"
# The rows are ordered by how much of the assignment is known. A coin needs no belief about people. A lottery or a cutoff is nearly a coin; the lottery is a true one, yet exclusion cannot be tested, so defend it as hard as any. Trends and frames are beliefs that the past can support but not prove. Matching believes that the table holds everything that matters, and no table can show that.
# The evidence of row 6 is a bias in the unit of the outcome, not a p-value: "not significantly different" trends can still be far apart when there are few weeks. If trends go on, the DiD is off by just this number; compare it with the effect that you look for.
# A pass never proves the assumption. It says which one you now have to defend, and what you would show.

# %% [markdown]
# > **In the interview.** *"We can't run an A/B test here. What would you do?"*
# > **In 30 seconds:** I ask why not. If it is spillover, I change the unit: clusters or switchbacks are still experiments. If nobody may be randomised, I ask how the treatment came to people: a lottery (IV), a cutoff (RD), a launch in some places (DiD, or a synthetic control for a single one), or their own choice (matching, the last resort).
# > Then I name the assumption, and the plot or number from the data that would make me drop the method.
# > **They ask next:** a threshold of 700, but clerks can round up: still RD? A lottery that moved 1 % of people: still IV? (Weak.) One region, larger than all others: synthetic control? (No frame.) When do you say that the data can't answer?
# > **Red flags:** naming a method before asking how treatment was assigned; no assumption; matching first because it is easy; "parallel trends, p = 0.3".
