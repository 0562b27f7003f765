# %% [markdown]
# # Machine learning
#
# Interviewers ask about machine learning where people most often believe wrong things: selection on all rows, accuracy on rare classes, SMOTE before the split, thresholds tuned on the test data.
# At the end of this notebook you can answer these questions, and do what they ask:
#
# - A table has a million rows and 500 columns: which do you keep, and in which order do you decide?
# - How do you tell a leaking column from one that is honestly strong?
# - How do you select features with a model, and why must it happen inside the folds?
# - The class is 2 %: which metric, which threshold, and do you need SMOTE or class weights at all?
# - What does balancing do to the probabilities, and how do you make them true again?
# - Is bias or variance your bottleneck, and how complex may the model be when the cross-validation curve is noisy?
#
# Reading takes about 65 minutes, the *core* exercises about 115; the *stretch* ones can wait for a second pass. Write a function where it says `YOUR CODE HERE`, run its cell, and run the `%check` cell below it:
# it says what is right, what is wrong and, for the usual mistakes, which one you made. `%hint` and `%solution` help when you are stuck. The folded test cells below each exercise show a part of what is checked; the rest of what their first line says is hidden. No check hinges on how a last digit is rounded; where a statement names a tie or a bound, the checks use numbers that a computer holds exactly.

# %%
# %load_ext course

# %% locked="setup"
import io
import math
import time
from collections.abc import Iterator

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from imblearn.ensemble import BalancedRandomForestClassifier, EasyEnsembleClassifier
from imblearn.over_sampling import SMOTE
from imblearn.pipeline import make_pipeline as make_sampling_pipeline
from imblearn.under_sampling import RandomUnderSampler
from lightgbm import LGBMClassifier
from numpy.typing import ArrayLike
from scipy import stats
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.ensemble import AdaBoostClassifier, RandomForestClassifier
from sklearn.feature_selection import f_classif, mutual_info_classif
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression, lasso_path
from sklearn.metrics import average_precision_score, f1_score, precision_recall_curve, roc_auc_score, roc_curve
from sklearn.model_selection import StratifiedKFold, cross_val_predict, cross_val_score
from sklearn.neighbors import NearestNeighbors
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from course import checks, datasets

# %% [markdown]
# ## Selecting features: in which order
#
# You join a company that sells an AI assistant. The task: predict which workspaces cancel next month. The table has 1,000,000 rows and 500 columns, and nobody knows where half of them come from.
# Which columns do you keep? Work from cheap and certain to expensive and subtle, so that the expensive steps see few columns:
#
# | Step | Question | Needs | Removes |
# |---|---|---|---|
# | 1. Leakage | Was it known when we had to predict? | the log of writes, no model | what would make every later step lie |
# | 2. Near-constant | Does it vary at all? | one pass of counting | columns with over 99 % equal values |
# | 3. Correlated | Does another column say the same? | one pass of sums | one of each pair above 0.95 |
# | 4. Univariate | Does it say anything about the target, alone? | a sample of rows | the bottom 20 to 30 % |
# | 5. Model-based | Does a model use it beside the others? | fitting one model | columns of no importance; the next part of this notebook |
# | 6. Recursive elimination | What happens when the weakest goes? | fitting many models | down to the number you want; the next part as well |
#
# Leakage comes first. A leaking column survives every other filter: it varies, and nothing predicts better.
#
# All steps look at *training rows* only. Most look at the target, too: step 1 where it needs an AUC, step 3 when it chooses which of a pair stays, steps 4 to 6 always. A filter that looks at the target is a part of the model.
# What happens when it sees the test rows? Selected on all rows, 100 of 5,000 columns of pure noise make a model that looks nearly perfect: [Selection is training, too](#Selection-is-training,-too) shows the experiment.

# %% [markdown]
# ## Leakage first
#
# *Leakage*: a feature holds information from after the moment of prediction. In training it is there; in production it is not yet.
#
# New York, 2013: which flights arrive half an hour late or more? You must say so **an hour before departure**, to rebook passengers. The table was made afterwards, so it holds everything that happened.
# The plot gives for each column alone the *AUC*: the chance that a late flight has the larger value than a flight that is not late. 0.5 is a coin. Falling columns are as useful as rising ones, so read 0.2 as 0.8: take the larger of AUC and 1 - AUC.

# %% collapsed=true
flight_columns = ["month", "hour", "sched_arr_time", "distance", "dep_time", "dep_delay", "arr_time", "air_time", "arr_delay"]
flights = datasets.nyc("flights", flight_columns).dropna(subset=["arr_delay"]).iloc[::10]
late_flight = flights.pop("arr_delay") >= 30
flight_auc = pd.Series({name: roc_auc_score(late_flight, flights[name]) for name in flights})
flight_auc = np.maximum(flight_auc, 1 - flight_auc).sort_values()
after = flight_auc.index.isin(["dep_time", "dep_delay", "arr_time", "air_time"])

fig, ax = plt.subplots(figsize=(7, 3))
rows = np.arange(len(flight_auc))
for part, colour, label in [(after, "C1", "written at departure or later"), (~after, "C0", "in the timetable")]:
    ax.barh(rows[part], flight_auc[part] - 0.5, left=0.5, color=colour, label=label)
ax.set_yticks(rows, flight_auc.index)
ax.set(xlim=(0.5, 1), xlabel="AUC of the column alone", title="The strongest column leaks, but two that leak look like honest ones")
ax.legend(frameon=False, loc="lower right")
plt.show()

# %% [markdown]
# Two lessons. `dep_delay` has 0.94: a single column that strong deserves a question. But `air_time` has about 0.51 and leaks just as much: no AUC shows it. **Only time decides.**
# The reverse holds too. A workspace whose users went quiet weeks ago will probably cancel: a strong column, and an honest one, because you knew it in time.
#
# So audit each column: *when was it last written, and was that before the moment of prediction?* A column that was filled in time and **updated afterwards** (a status, a balance, a score recomputed at night) leaks as well.
# Only where nobody can say, use the AUC as a suspicion. Look at missing values too: a `refund` that only cancelled workspaces have gives the outcome away by being there.
#
# Ten workspaces, cut-off 1 March; the outcome came in March, the table was drawn in April.

# %% locked="write_log"
TRIAL = pd.DataFrame(
    {
        "cancelled": [1, 1, 1, 1, 0, 0, 0, 0, 0, 0],
        "idle_days": [25, 19, 30, 22, 3, 0, 8, 5, 1, 2],
        "csat": [3, 4, 2, 5, 4, 3, 5, 4, 2, 5],
        "refund": [40.0, 10.0, 90.0, 20.0, None, None, None, None, None, None],
        "seats": [4, 9, 2, 7, 5, 12, 3, 8, 6, 20],
        "discount": [0, 1, 0, 0, 1, 0, 0, 1, 0, 0],
        "credit_left": [0, 1, 0, 2, 30, 12, 9, 44, 7, 15],
        "region_code": [2, 1, 3, 2, 1, 2, 3, 1, 2, 3],
        "plan_price": [20, 20, 50, 20, 50, 20, 20, 50, 20, 50],
    }
)
WRITES = pd.DataFrame(
    [
        ("csat", "2026-02-05 08:00"),
        ("idle_days", "2026-02-28 23:00"),
        ("csat", "2026-03-12 08:00"),
        ("seats", "2026-02-20 12:00"),
        ("discount", "2026-03-04 10:00"),
        ("csat", "2026-02-10 08:00"),
        ("plan_price", "2026-03-01 00:00"),
        ("region_code", None),
        ("tax_id", "2026-03-20 09:00"),
    ],
    columns=["column", "written_at"],
).astype({"written_at": "datetime64[us]"})
CUTOFF = pd.Timestamp("2026-03-01 00:00")


def simulate_workspaces(n: int, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Features of `n` workspaces with the target `churned` (30 %), and the log of writes in no order. `WRITES` and `TRIAL` are a small version."""
    rng = np.random.default_rng(seed)
    y = (rng.permutation(n) < 0.3 * n).astype(int)
    columns = {
        "quiet_weeks": 5 * y + rng.normal(0, 1, n),  # strong and honest
        "tickets": rng.poisson(2 + y),  # weak; written again after the cut-off
        "exit_call": np.where(y == 1, rng.integers(1, 6, n), np.nan),  # no time; missing for all who stay
        "health": -4 * y + rng.normal(0, 1, n),  # no time; falls with the target
        "prompts": rng.gamma(2, 5 - 2 * y),  # no time; honest strength
        "discount": rng.normal(0.4 * y, 1),  # weak; written late, then an older row of the log
        "seats": 1 + rng.poisson(6, n),
        "fx_rate": np.full(n, 1.08),  # no time; constant
        "contract": rng.integers(1, 4, n),  # written at the cut-off
    }
    log = [
        ("tickets", "2026-02-03"),
        ("quiet_weeks", "2026-02-27"),
        ("discount", "2026-03-05"),
        ("seats", "2026-01-15"),
        ("contract", "2026-03-01"),
        ("tickets", "2026-03-02"),
        ("discount", "2026-02-11"),
        ("health", None),
        ("nps", "2026-03-09"),
        ("seats", None),
        ("seats", "2026-02-26"),
    ]
    names = [str(name) for name in rng.permutation(list(columns))]
    frame = pd.DataFrame({name: columns[name] for name in names})
    frame.insert(int(rng.integers(1, len(names))), "churned", y)
    return frame, pd.DataFrame(log, columns=["column", "written_at"]).astype({"written_at": "datetime64[us]"})


# %%
WRITES

# %% [markdown] statement="leaky_columns" level="core"
# ### `leaky_columns`: what could you not have known?
#
# Write `leaky_columns(frame, target, log, cutoff, bound)`. `frame` has numeric columns, maybe with missing values; `target` is the name of its 0/1 column. `log` has the columns `column` and `written_at` (a time or missing), any number of rows for a column, in any order. `cutoff` is a `pd.Timestamp`. Infinite values don't occur.
#
# - A column's *last* write decides. After `cutoff`: it leaks. At `cutoff` or before: it is honest, however strong it is.
# - A column without any time in the log is a suspect. Count it as leaking if its $\max(\text{AUC}, 1 - \text{AUC})$ is above `bound`. $\text{AUC} = P(x_1 > x_0) + \tfrac12 P(x_1 = x_0)$ for a random row with target 1 and one with target 0; a missing value counts as one value, smaller than all others.
#
# Return a list of the leaking columns in the order of `frame`, without the target. Names that are only in `log` don't count. Raise `ValueError` if `target` is not a column of `frame`, or holds anything but zeros and ones with at least one of each.
#
# Example: `leaky_columns(TRIAL, "cancelled", WRITES, CUTOFF, 0.9)` gives `["csat", "refund", "discount", "credit_left"]`.


# %% solution="leaky_columns"
def leaky_columns(frame: pd.DataFrame, target: str, log: pd.DataFrame, cutoff: pd.Timestamp, bound: float) -> list[str]:
    """Columns that were written after the cut-off, or that have no time and look too good.

    frame: numeric columns and the 0/1 column `target`. log: columns "column" and "written_at". bound: an AUC between 0.5 and 1.
    Returns names in the order of `frame`. Raises ValueError for a target that is missing or not 0/1 with both values.
    """
    ### BEGIN SOLUTION
    if target not in frame.columns or set(frame[target].unique()) != {0, 1}:
        raise ValueError("the target must be a column of zeros and ones, with both present")
    positive = (frame[target] == 1).to_numpy()
    last_write = log.groupby("column")["written_at"].max()
    leaking = []
    for name in frame.columns.drop(target):
        moment = last_write.get(name)
        if not pd.isna(moment):
            if moment > cutoff:
                leaking.append(name)
            continue
        ranks = frame[name].rank(na_option="top")
        auc = (ranks[positive].mean() - (positive.sum() + 1) / 2) / (~positive).sum()
        if max(auc, 1 - auc) > bound:
            leaking.append(name)
    return leaking
    ### END SOLUTION


# %% [markdown] hint="leaky_columns"
# Three cases for each column: last write after the cut-off, last write in time, no time at all. Only the third one needs an AUC.

# %% [markdown] hint="leaky_columns"
# `log.groupby("column")["written_at"].max()` gives the last write and skips missing times. A column whose times are all missing comes out as `NaT`, one without rows is not there: `.get(name)` and `pd.isna` handle both.

# %% [markdown] hint="leaky_columns"
# For the AUC, put missing values below all others, for example `x.fillna(x.min() - 1)`, and call `roc_auc_score(y, x)`. A column with nothing but missing values has AUC 0.5.

# %% test="leaky_columns" name="value" points=2
"""The example, then 400 fresh workspaces with the columns in another order."""
late, strong = (
    "leaves out what was written after the cut-off: a late column leaks however weak it is",
    "a strong column whose last write is in time is honest: keep it",
)
checks.equal(
    leaky_columns(TRIAL, "cancelled", WRITES, CUTOFF, 0.9),
    ["csat", "refund", "discount", "credit_left"],
    "the example",
    mistakes={
        strong: ["idle_days", "csat", "refund", "discount", "credit_left"],
        late: ["refund", "credit_left"],
        "csat has three times: the log is in no order, so take the latest time, not the first one and not the row that stands last": [
            "refund",
            "discount",
            "credit_left",
        ],
        "this judges by the AUC alone; time decides where the log knows it": ["idle_days", "refund", "credit_left"],
        "this uses the times alone; a column without a time leaks when its AUC is above the bound": ["csat", "discount"],
        "a column that falls with the target is as suspicious as one that rises: take the larger of AUC and 1 - AUC": ["csat", "refund", "discount"],
        "missing values have been dropped; a value that only one class has gives the outcome away, so count missing as the smallest value": [
            "csat",
            "discount",
            "credit_left",
        ],
        "a column written exactly at the cut-off is in time": ["csat", "refund", "discount", "credit_left", "plan_price"],
        "no time in the log is no proof: flag such a column only if its AUC is above the bound": [
            "csat",
            "refund",
            "discount",
            "credit_left",
            "region_code",
        ],
        "the target itself is no feature": ["cancelled", "csat", "refund", "discount", "credit_left"],
        "tax_id is in the log only; return columns of the frame": ["csat", "refund", "discount", "credit_left", "tax_id"],
    },
)
### BEGIN HIDDEN TESTS
for seed in (3, 8):
    frame, log = simulate_workspaces(400, seed)

    def ordered(*names, frame=frame):
        return [name for name in frame.columns if name in names]

    checks.equal(
        leaky_columns(frame, "churned", log, CUTOFF, 0.9),
        ordered("tickets", "discount", "exit_call", "health"),
        "400 workspaces",
        mistakes={
            strong: ordered("tickets", "discount", "exit_call", "health", "quiet_weeks"),
            late: ordered("exit_call", "health"),
            "the first write in time is not enough: the last one decides": ordered("exit_call", "health"),
            "the log is in no order: take the latest time, not the row that stands last": ordered("tickets", "exit_call", "health"),
            "the log is in no order: take the latest time, not the row that stands first": ordered("discount", "exit_call", "health"),
            "a column that falls with the target is as suspicious as one that rises: take the larger of AUC and 1 - AUC": ordered(
                "tickets", "discount", "exit_call"
            ),
            "missing values have been dropped; a value that only one class has gives the outcome away, so count missing as the smallest value": ordered(
                "tickets", "discount", "health"
            ),
            "a column written exactly at the cut-off is in time": ordered("tickets", "discount", "exit_call", "health", "contract"),
            "no time in the log is no proof: flag such a column only if its AUC is above the bound": ordered(
                "tickets", "discount", "exit_call", "health", "prompts", "fx_rate"
            ),
        },
    )
### END HIDDEN TESTS

# %% test="leaky_columns" name="bound" points=1
"""The bound is used, strictly for columns without a time, and the cut-off is used."""
checks.equal(
    leaky_columns(TRIAL, "cancelled", WRITES, pd.Timestamp("2026-02-15"), 0.9),
    ["idle_days", "csat", "refund", "seats", "discount", "credit_left", "plan_price"],
    "the example with an earlier cut-off, 15 February",
    mistakes={"the cut-off that was passed in is not used": ["csat", "refund", "discount", "credit_left"]},
)
### BEGIN HIDDEN TESTS
frame, log = simulate_workspaces(400, 21)
for bound, more in ((0.6, {"exit_call", "health", "prompts"}), (0.99, {"health", "exit_call"}), (0.9999, {"exit_call"})):
    checks.equal(
        leaky_columns(frame, "churned", log, CUTOFF, bound),
        [name for name in frame.columns if name in {"tickets", "discount"} | more],
        f"400 workspaces, bound {bound}",
    )
### END HIDDEN TESTS

# %% test="leaky_columns" name="edges" points=1
"""A log without rows, columns without values, ties, and targets that can't be used."""
### BEGIN HIDDEN TESTS
small = pd.DataFrame(
    {
        "y": [1, 0, 1, 0, 1, 0],
        "flat": [7.0] * 6,
        "blank": [np.nan] * 6,
        "flag": [1, 0, 1, 0, 1, 1],
        "copy": [1, 0, 1, 0, 1, 0],
        "gone": [np.nan, 3, np.nan, 5, np.nan, 4],
        "loss": [np.nan, -3, -9, -2, np.nan, -5],
    }
)
checks.equal(
    leaky_columns(small, "y", WRITES.iloc[:0], CUTOFF, 0.9),
    ["copy", "gone", "loss"],
    "six rows and a log without rows",
    mistakes={
        "equal values count half: flag has an AUC of 0.83": ["flag", "copy", "gone", "loss"],
        "a column without values has an AUC of 0.5": ["blank", "copy", "gone", "loss"],
        "missing values that only one class has give the outcome away": ["copy", "loss"],
        "missing counts as smaller than all other values, negative ones included": ["copy", "gone"],
    },
)
checks.equal(
    leaky_columns(small, "y", WRITES.iloc[:0], CUTOFF, 0.8),
    ["flag", "copy", "gone", "loss"],
    "the same with a bound of 0.8",
    mistakes={"flag has an AUC of 0.83: equal values count half, not zero": ["copy", "gone", "loss"]},
)
checks.raises(ValueError, leaky_columns, small, "outcome", WRITES, CUTOFF, 0.9, what="a target that is not in the frame")
checks.raises(ValueError, leaky_columns, small.assign(y=1), "y", WRITES, CUTOFF, 0.9, what="a target of ones only")
checks.raises(ValueError, leaky_columns, small.assign(y=[0, 1, 2, 0, 1, 2]), "y", WRITES, CUTOFF, 0.9, what="a target with three values")
### END HIDDEN TESTS

# %% [markdown] explain="leaky_columns"
# The AUC comes from ranks: the mean rank of the ones, minus the smallest mean rank they could have, divided by the number of zeros (Mann and Whitney's $U$ over $n_1 n_0$). `rank` shares ranks among ties, which is the one half of the formula; `na_option="top"` puts missing values first.
#
# Time is the evidence, the AUC only a reason to ask. A bound on the AUC for *all* columns removes honest signal and still misses `csat` here. In a real company the log comes from the warehouse (load times, change history of a table) or from the owner of the column.
# The best cure is not a filter: build features *as of* the moment of prediction, from events with timestamps, so that late values can't get in.

# %% [markdown]
# > **In the interview.** *"1M rows, 500 features. What do you do first?"*
# > **In 30 seconds:** before any statistics I remove leakage. I fix the moment of prediction and ask of each column when its value was last written. Written later, it goes, however weak it looks; known in time, it stays, however strong. For columns without a history I rank single-column AUC and ask the owners about those above 0.9 or so. I also check whether being missing predicts the target.
# > **They ask next:** how do you find leaks afterwards? (Cross-validation far better than production; one feature with nearly all of the importance; a drop at a date boundary.) What of a status column overwritten in place? (Rebuild it from the change log as of the cut-off.) What leaks besides columns? (Rows of one user on both sides of the split; scaling, imputation or selection fitted on all rows.)
# > **Red flags:** "AUC 0.99, let's ship"; dropping every strong feature; running the correlation filter before anyone asked where the columns come from.

# %% [markdown]
# ## Columns that hardly vary
#
# A column with the same value in 99.5 % of the rows: what can it say? Let a share $p$ of the rows be different, and a share $q$ of workspaces cancel. Even if every one of those different rows cancels, the column explains at most
# $$R^2_{\max} = \frac{p\,(1 - q)}{q\,(1 - p)} \qquad (p \le q)$$
# of the variance of the target. The picture shows both the rule and its exception.

# %% collapsed=true
different = np.geomspace(0.001, 0.1, 200)
fig, ax = plt.subplots(figsize=(7, 3))
for rate, colour in [(0.2, "C0"), (0.05, "C2"), (0.01, "C1")]:
    best = np.minimum(different * (1 - rate) / (rate * (1 - different)), rate * (1 - different) / (different * (1 - rate)))
    ax.plot(100 * different, best, color=colour, label=f"{100 * rate:.0f} % of rows are positive")
ax.axvline(1, color="0.5", ls=":")
ax.set(
    xscale="log",
    xticks=[0.1, 0.3, 1, 3, 10],
    xticklabels=["0.1", "0.3", "1", "3", "10"],
    xlabel="rows that differ from the most frequent value (%)",
    ylabel="largest possible R²",
    title="Below 1 % a column can hardly help, unless the target is as rare",
)
ax.legend(frameon=False, loc="upper left")
plt.show()

# %% [markdown]
# With 20 % positives a flag that is set in 1 % of rows explains at most 4 % of the variance; in practice far less. Drop it. With 1 % positives (fraud, outages) the same flag can be a perfect predictor: look at the target rate among its rare rows before you let it go. In a million rows, 1 % is 10,000 rows: enough to look.
#
# Count the *most frequent value*. A threshold on the variance does not do the job, because variance has units: the same latency has a variance a million times larger in milliseconds than in seconds.
# Missing is a value here. A column that is empty in 99.5 % of the rows hardly varies; one that is empty in half of them does.

# %% [markdown] statement="near_constant" level="core"
# ### `near_constant`: more than 99 % the same
#
# Write `near_constant(frame, share=0.99)`. Return a list of the columns, in the order of `frame`, whose most frequent value fills **more** than `share` of all rows.
# Columns can be numbers, booleans, text or categories. All missing values of a column together count as one value. A column that reaches exactly `share` stays out of the list.
# Raise `ValueError` for a frame without rows and unless `0 < share < 1`. Column names are unique.
#
# Example: with `share=0.6`, the columns `[3, 3, 3, 3, 8]`, `[None, None, None, None, "x"]`, `[1, 1, 2, None, None]` and `[1, 1, 1, 2, 2]` named `"a"` to `"d"` give `["a", "b"]`: four of five rows are 80 %. In `"c"` no value fills more than two of five rows, and `"d"` has exactly 60 %.


# %% solution="near_constant"
def near_constant(frame: pd.DataFrame, share: float = 0.99) -> list[str]:
    """Columns whose most frequent value (missing counts as one) fills more than `share` of the rows.

    share: between 0 and 1. Returns names in the order of `frame`. Raises ValueError for no rows and for a share outside (0, 1).
    """
    ### BEGIN SOLUTION
    if len(frame) == 0 or not 0 < share < 1:
        raise ValueError("at least one row, and a share between 0 and 1")
    return [name for name in frame.columns if frame[name].value_counts(dropna=False).max() / len(frame) > share]
    ### END SOLUTION


# %% [markdown] hint="near_constant"
# `value_counts` counts the values of a column of any kind. What does it do with missing values unless you say otherwise?

# %% [markdown] hint="near_constant"
# `frame[name].value_counts(dropna=False).max() / len(frame)` is the share; compare it with `>`.

# %% test="near_constant" name="value" points=2
"""The example, then 1,000 rows with numbers of all scales, flags, text, categories and missing values."""
only_missing = "missing values have been left out; together they count as one value"
checks.equal(
    near_constant(
        pd.DataFrame({"a": [3, 3, 3, 3, 8], "b": [None, None, None, None, "x"], "c": [1, 1, 2, None, None], "d": [1, 1, 1, 2, 2]}),
        0.6,
    ),
    ["a", "b"],
    "the example",
    mistakes={
        only_missing: ["a"],
        "a column that reaches exactly `share` stays out: more than the share is asked for": ["a", "b", "d"],
        "missing values have been left out, and shares are of all rows; together they count as one value": ["a", "d"],
        "shares are of all rows, those with missing values included": ["a", "b", "c"],
        "shares are of all rows, and missing values together count as one value": ["a", "b", "c", "d"],
        "this is a threshold on the variance, or a count of different values; count the most frequent value, and missing ones together as one": ["b"],
        "only columns with a single value are found; a most frequent value above the share is enough": [],
    },
)
### BEGIN HIDDEN TESTS
fresh = np.random.default_rng(4)


def mixed(usual, count, others):
    """A shuffled column of 1,000 values: `count` times `usual`, then values of `others`."""
    values = np.array([usual] * count + [others[i % len(others)] for i in range(1_000 - count)], dtype=object)
    return pd.Series(fresh.permutation(values)).infer_objects()


table = pd.DataFrame(
    {
        "error_rate": fresh.permutation(np.linspace(1e-5, 4e-4, 1_000)),
        "credit_line": mixed(0.0, 995, [1e6, 2e6]),
        "in_beta": mixed(False, 996, [True]),
        "country": mixed("DE", 994, ["FR", "PL"]).astype("category"),
        "note": mixed(None, 993, ["call back", "vip"]),
        "plan": mixed("pro", 990, ["free"]),
        "survey": mixed(np.nan, 600, [5.0] * 399 + [4.0]),
        "refunds": mixed(0, 985, [3, 4]),
        "minutes": mixed(0.0, 970, list(np.arange(1.0, 31.0))),
        "retries": mixed(2, 999, [3]),
    }
)
checks.equal(
    near_constant(table),
    ["credit_line", "in_beta", "country", "note", "retries"],
    "1,000 rows",
    mistakes={
        "this is a threshold on the variance; variance depends on the units, so count the most frequent value": ["error_rate", "survey", "retries"],
        "this is a threshold on the variance; variance depends on the units, so count the most frequent value (error_rate has a different value in each row)": [
            "error_rate",
            "in_beta",
            "survey",
            "retries",
        ],
        only_missing: ["credit_line", "in_beta", "country", "retries"],
        "shares are of all rows, those with missing values included": ["credit_line", "in_beta", "country", "note", "survey", "retries"],
        "shares are of all rows, and missing values together count as one value": ["credit_line", "in_beta", "country", "survey", "retries"],
        "exactly 99 % is not above 99 %": ["credit_line", "in_beta", "country", "note", "plan", "retries"],
        "text and categories have been left out": ["credit_line", "in_beta", "retries"],
        "booleans, text and categories have been left out": ["credit_line", "retries"],
        "the most frequent value need not be zero": ["credit_line", "in_beta"],
        "only columns with a single value are found; a most frequent value above the share is enough": [],
        "this compares with the second most frequent value; compare with all rows": [
            "credit_line",
            "in_beta",
            "country",
            "note",
            "plan",
            "refunds",
            "minutes",
            "retries",
        ],
    },
)
### END HIDDEN TESTS

# %% test="near_constant" name="edges" points=1
"""Another share, exactly the share, nothing but missing values, and what is refused."""
### BEGIN HIDDEN TESTS
edge = pd.DataFrame({"at": ["x"] * 198 + ["y"] * 2, "above": [1.5] * 199 + [9.0], "gone": [np.nan] * 200, "one": [4] * 200, "each": range(200)})
checks.equal(
    near_constant(edge),
    ["above", "gone", "one"],
    "198, 199, 200 and 200 equal values of 200, and 200 different ones",
    mistakes={
        "exactly 99 % is not above 99 %": ["at", "above", "gone", "one"],
        "missing values have been left out; together they count as one value": ["above", "one"],
    },
)
checks.equal(
    near_constant(edge, 0.98),
    ["at", "above", "gone", "one"],
    "the same with share 0.98",
    mistakes={"the share that was passed in is not used": ["above", "gone", "one"]},
)
checks.equal(near_constant(pd.DataFrame({"a": [1], "b": [None]})), ["a", "b"], "a single row")
checks.equal(near_constant(pd.DataFrame(index=range(3))), [], "a frame with rows and no columns")
checks.raises(ValueError, near_constant, edge.iloc[:0], what="a frame without rows")
checks.raises(ValueError, near_constant, edge, 0, what="a share of 0")
checks.raises(ValueError, near_constant, edge, 1, what="a share of 1")
checks.raises(ValueError, near_constant, edge, 99, what="a share of 99, meant as per cent")
### END HIDDEN TESTS

# %% [markdown] explain="near_constant"
# `dropna=False` and dividing by all rows are the whole trick: without the first, an empty column has no most frequent value; without the second, a half-empty column looks constant.
# scikit-learn's `VarianceThreshold` looks at numbers only and in their units; with `threshold=0` it finds columns with a single value, and nothing more.
# At a million rows you need no exact count: in a random sample of 100,000 a true share of 99 % is measured to 0.06 percentage points (95 %).

# %% [markdown]
# ## Columns that repeat each other
#
# Tokens sent, tokens billed, cost: three columns, one fact. A linear model can't tell whose merit it is, and splits it at random. Fit it again on other rows and the coefficients jump.
# With correlation $r$ between two columns, the standard error of each coefficient grows by $1/\sqrt{1 - r^2}$. The square of that factor is the *variance inflation factor* (VIF); at 0.95 it is about 10.

# %% collapsed=true
rng = np.random.default_rng(2)
levels = [0.0, 0.5, 0.8, 0.95, 0.99]
fits = {}
for level in levels:
    slopes = []
    for _ in range(200):
        tokens, other = rng.standard_normal((2, 200))
        cost = level * tokens + np.sqrt(1 - level**2) * other
        design = np.column_stack([tokens, cost])
        slopes.append(np.linalg.lstsq(design, tokens + cost + rng.normal(0, 4, 200), rcond=None)[0][0])
    fits[level] = np.array(slopes)

fig, ax = plt.subplots(figsize=(7, 3))
for place, level in enumerate(levels):
    ax.scatter(place + rng.uniform(-0.2, 0.2, 200), fits[level], s=5, color="C1" if level >= 0.95 else "0.6")
    ax.text(place, 7.2, f"wrong sign:\n{100 * np.mean(fits[level] < 0):.0f} %", ha="center")
ax.axhline(1, color="C0", lw=1)
ax.axhline(0, color="0.5", ls=":")
ax.set(
    xticks=range(len(levels)),
    xticklabels=levels,
    ylim=(-7, 11),
    xlabel="correlation of the two columns",
    ylabel="coefficient (truth: 1)",
    title="Near copies: the coefficient swings, and its sign becomes a matter of luck",
)
plt.show()

# %% [markdown]
# So drop one of each pair with $|r| > 0.95$. Which one? Keep the one that says more about the target. And beware of chains. Let $a$ resemble $b$ and $b$ resemble $c$, while $a$ and $c$ don't reach 0.95. If $b$ has gone because of $a$, nothing is left that $c$ repeats: it must stay.
# A rule that looks at pairs only drops both $b$ and $c$, and what only $c$ knew is lost.
#
# Going from the best column to the worst solves it: keep a column unless it repeats one that you *kept*.
# Trees and boosting don't mind copies when they predict, but their importances get split among them.

# %% [markdown] statement="correlated_to_drop" level="core"
# ### `correlated_to_drop`: one of each pair
#
# Write `correlated_to_drop(frame, target, limit=0.95)`. `frame` holds $n$ rows of numeric columns without missing values; `target` is a list, array or series of $n$ numbers, in the order of the rows. $r$ is Pearson's correlation.
# Go through the columns by $|r(\text{column}, \text{target})|$, largest first. Keep a column, unless its $|r|$ with a column **already kept** is above `limit`: then it is to be dropped.
# Return the list of dropped columns in the order of `frame`. A constant column has no correlation: count it as 0 with everything, and keep it. Of equal columns either may go first.
# Raise `ValueError` if the lengths differ, if `target` is constant, or if `limit` is not between 0 and 1 (0 and 1 excluded).
#
# The target's own index does not count. In the checks no $|r|$ is close to `limit`, and none but exact copies tie.
#
# Example: `requests=[0, 4, 4, 3, 3, 8, 8, 11]`, `tokens=[1, 4, 4, 4, 5, 8, 9, 12]`, `cost=[0, 4, 5, 4, 5, 8, 10, 13]`, `free_quota=[10, 8, 8, 7, 9, 3, 3, 2]`, `seats=[2, 3, 5, 4, 5, 4, 5, 2]`, target `[0, 0, 0, 0, 0, 1, 1, 1]`: the result is `["requests", "cost"]`. `free_quota` comes first ($|r|$ with the target 0.956) and drops `requests` ($r$ = -0.959). `tokens` ($r$ = -0.937 with `free_quota`) would repeat `requests`, but that one is gone: it stays, and drops `cost`.


# %% solution="correlated_to_drop"
def correlated_to_drop(frame: pd.DataFrame, target: ArrayLike, limit: float = 0.95) -> list[str]:
    """Columns that repeat a better one: absolute Pearson correlation above `limit` with a column that is kept.

    frame: n rows, numeric, nothing missing. target: shape (n,). Returns names in the order of `frame`.
    Raises ValueError for different lengths, a constant target and a limit outside (0, 1).
    """
    ### BEGIN SOLUTION
    y = np.asarray(target, dtype=float)
    if len(y) != len(frame) or np.ptp(y) == 0 or not 0 < limit < 1:
        raise ValueError("as many target values as rows, not all equal, and a limit between 0 and 1")
    x = frame.to_numpy(dtype=float)
    with np.errstate(invalid="ignore", divide="ignore"):
        r = np.abs(np.corrcoef(np.column_stack([x, y]), rowvar=False))
    r = np.nan_to_num(r)
    strength, between = r[:-1, -1], r[:-1, :-1]
    kept: list[int] = []
    for column in np.argsort(-strength, kind="stable"):
        if not (between[column, kept] > limit).any():
            kept.append(column)
    return [name for position, name in enumerate(frame.columns) if position not in kept]
    ### END SOLUTION


# %% [markdown] hint="correlated_to_drop"
# Compute two things first: `frame.corr().abs()` and the absolute correlation of each column with the target. A constant column gives `nan`; `fillna(0)`.

# %% [markdown] hint="correlated_to_drop"
# Start with `kept = []`. For each column, from the largest correlation with the target to the smallest: if none of the kept ones is above `limit`, append it to `kept`. What is not in `kept` in the end is dropped.

# %% test="correlated_to_drop" name="value" points=2
"""The example, then eleven columns with two chains, a negative pair and a constant."""
usage = pd.DataFrame(
    {
        "requests": [0, 4, 4, 3, 3, 8, 8, 11],
        "tokens": [1, 4, 4, 4, 5, 8, 9, 12],
        "cost": [0, 4, 5, 4, 5, 8, 10, 13],
        "free_quota": [10, 8, 8, 7, 9, 3, 3, 2],
        "seats": [2, 3, 5, 4, 5, 4, 5, 2],
    }
)
checks.equal(
    correlated_to_drop(usage, [0, 0, 0, 0, 0, 1, 1, 1]),
    ["requests", "cost"],
    "the example",
    mistakes={
        "a column is dropped because of one that is dropped itself; compare with kept columns only": ["requests", "tokens", "cost"],
        "all columns of a correlated group are dropped; keep the best one": ["requests", "tokens", "cost", "free_quota"],
        "the sign counts here; a correlation of -0.96 repeats as much as one of 0.96": ["tokens", "cost"],
        "the first column of the frame is kept, or the sign counts in the correlation with the target; go by its absolute value, the largest first": [
            "tokens",
            "cost",
            "free_quota",
        ],
        "the column that is less correlated with the target is kept; turn the order round": ["requests", "tokens"],
        "this returns what is kept; return what is to be dropped": ["tokens", "free_quota", "seats"],
    },
)
### BEGIN HIDDEN TESTS
fresh = np.random.default_rng(12)
base = np.linalg.qr(np.column_stack([np.ones(120), fresh.standard_normal((120, 12))]))[0][:, 1:]  # uncorrelated columns of mean 0


def turn(i, j, r):
    """Column i, turned towards column j until its correlation with column i is r."""
    return r * base[:, i] + np.sqrt(1 - r**2) * base[:, j]


a1, b1, c1 = base[:, 0], turn(0, 1, 0.96), turn(0, 1, 2 * 0.96**2 - 1)
a2, b2, c2 = turn(2, 3, 0.96), base[:, 2], 0.96 * base[:, 2] - 0.28 * base[:, 3]
x, y, up = base[:, 4], turn(4, 5, 0.97), base[:, 6]
down = -turn(6, 7, 0.98)
outcome = (
    0.5 * a1
    - 0.1 * base[:, 1]
    + 0.45 * b2
    + 0.05 * base[:, 3]
    - 0.4 * x
    + 0.1 * base[:, 5]
    + 0.35 * up
    - 0.02 * base[:, 7]
    + 0.2 * base[:, 8]
    + 0.3 * base[:, 9]
)
columns = {"c1": c1, "b1": b1, "a1": a1, "a2": a2, "b2": b2, "c2": c2, "down": down, "up": up, "flat": np.zeros(120), "lone": base[:, 8], "x": x, "y": y}
table = pd.DataFrame({name: 10.0**power * (30 * values + power) for power, (name, values) in enumerate(columns.items(), start=-5)})
expected = ["b1", "a2", "c2", "down", "y"]
wrong = {
    "all columns of a correlated group are dropped; keep the best one": ["c1", "b1", "a1", "a2", "b2", "c2", "down", "up", "x", "y"],
    "the sign counts here; a correlation of -0.98 repeats as much as one of 0.98": ["b1", "a2", "c2", "y"],
    "the sign counts in the correlation with the target; take absolute values": ["b1", "a2", "c2", "down", "x"],
    "the first column of the frame is kept; keep the one that is more correlated with the target": ["b1", "b2", "up", "y"],
    "each column is compared with all before it, dropped ones included, and the target is not asked": ["b1", "a1", "b2", "c2", "up", "y"],
    "the column that is less correlated with the target is kept; turn the order round": ["b1", "b2", "up", "x"],
    "a column is dropped because of one that is dropped itself; compare with kept columns only": ["c1", "b1", "a2", "c2", "down", "y"],
    "a constant column repeats nothing: keep it": ["b1", "a2", "c2", "down", "flat", "y"],
}
checks.equal(correlated_to_drop(table, outcome), expected, "twelve columns, two of them chains", mistakes=wrong)
checks.equal(
    correlated_to_drop(table, -1e4 * outcome),
    expected,
    "the same with the target turned round",
    mistakes=wrong | {"the sign counts in the correlation with the target; take absolute values": ["b1", "b2", "up", "y"]},
)
shuffled = list(np.random.default_rng(2).permutation(list(columns)))
checks.equal(correlated_to_drop(table[shuffled], outcome), [name for name in shuffled if name in expected], "the same with the columns in another order")
### END HIDDEN TESTS

# %% test="correlated_to_drop" name="edges" points=1
"""Another limit, two equal columns, an index that is not 0, 1, 2, and unusable input."""
### BEGIN HIDDEN TESTS
usage = pd.DataFrame({"tokens": [1, 2, 3, 4, 5, 6], "cost": [1, 2, 3, 4, 6, 6], "free_quota": [9, 9, 7, 6, 5, 5], "seats": [4, 1, 3, 3, 1, 2]})
label = [0, 0, 1, 0, 1, 1]
checks.equal(
    correlated_to_drop(usage, label, 0.975),
    ["tokens"],
    "six rows and a limit of 0.975",
    mistakes={"the limit that was passed in is not used": ["tokens", "free_quota"]},
)
checks.equal(correlated_to_drop(usage, label, 0.5), ["tokens", "free_quota", "seats"], "six rows and a limit of 0.5")
checks.equal(correlated_to_drop(usage, label, 0.995), [], "six rows and a limit of 0.995")
checks.equal(
    correlated_to_drop(usage.set_axis(range(70, 76)), np.array(label)),
    ["tokens", "free_quota"],
    "rows labelled 70 to 75",
    mistakes={"the target was matched by row label; match it by position": []},
)
by_label = "the target was matched by row label; match it by position, its own index does not count"
checks.equal(
    correlated_to_drop(usage.set_axis(range(70, 76)), pd.Series(label)),
    ["tokens", "free_quota"],
    "rows labelled 70 to 75 and a target series labelled 0 to 5",
    mistakes={by_label: ["cost", "free_quota"], by_label + " (nothing matched)": []},
)
checks.equal(
    correlated_to_drop(usage, pd.Series(label, index=[0, 4, 5, 3, 1, 2])),
    ["tokens", "free_quota"],
    "a target series whose index has another order",
    mistakes={by_label: ["cost", "free_quota"]},
)
twins = correlated_to_drop(usage[["seats"]].assign(again=usage["seats"]), label)
checks.equal(
    len(twins), 1, "the number of columns dropped from two equal ones", mistakes={"all columns of a correlated group are dropped; keep the best one": 2}
)
checks.raises(ValueError, correlated_to_drop, usage, [0, 1, 0], what="six rows and three target values")
checks.raises(ValueError, correlated_to_drop, usage, [1, 1, 1, 1, 1, 1], what="a constant target")
checks.raises(ValueError, correlated_to_drop, usage, label, 95, what="a limit of 95, meant as per cent")
checks.raises(ValueError, correlated_to_drop, usage, label, 0, what="a limit of 0")
### END HIDDEN TESTS

# %% [markdown] explain="correlated_to_drop"
# The usual snippet (`upper triangle, any above 0.95`) keeps whichever column stands first and drops along chains. Going from the best to the worst has two guarantees: no two kept columns are above the limit, and every dropped column repeats a kept one that is at least as good.
#
# 500 columns are 124,750 pairs, all of them in one matrix product of about $n p^2$ multiplications: seconds to minutes for a million rows, if you stream them (below). Pearson sees straight lines only, and pairs only: a column that is the *sum* of three others passes. For a linear model look at the VIF as well, which is the diagonal of the inverse correlation matrix.

# %% [markdown]
# > **In the interview.** *"After leakage, what goes next?"*
# > **In 30 seconds:** two cheap filters. First near-constant columns: the most frequent value above 99 %, missing counted as a value; not a variance threshold, because variance depends on units. I check the target rate in the rare rows if my target is rare as well. Then one of each pair with absolute correlation above 0.95, keeping the one closer to the target, because copies make linear coefficients unstable.
# > **They ask next:** what about a chain of three? Does a random forest need the correlation filter? (Not to predict; to read importances, yes.) Non-linear copies? (Spearman, or mutual information between columns.) Categories? (Cramér's V.) Is 0.95 sacred? (No, a custom: it stands for a VIF of 10.)
# > **Red flags:** "low variance means useless" on unscaled data; dropping both of a pair; a filter fitted on all rows, the test set included.

# %% [markdown]
# ## One column against the target
#
# Now score each column alone against the target and drop the bottom 20 to 30 %. The score decides what you can see.
# The *F-score* (for a column $x$ and two classes it is a function of $r^2$) asks whether the class means differ. *Mutual information* asks whether knowing $x$ changes your idea of the class at all:
# $$I(X; Y) = \sum_{x, y} p(x, y)\,\log \frac{p(x, y)}{p(x)\,p(y)}$$
# It is 0 exactly when the two are independent, whatever the shape.

# %% collapsed=true
rng = np.random.default_rng(5)
x = rng.uniform(-1, 1, (4, 600))
risk = np.array([0.5 + 0.4 * x[0], np.where(np.abs(x[1]) > 0.5, 0.9, 0.1), 0.5 + 0.45 * np.cos(9 * x[2]), np.full(600, 0.5)])
churned = rng.random((4, 600)) < risk
fig, axes = plt.subplots(1, 4, figsize=(9, 2.8), sharey=True, layout="constrained")
for ax, values, label, name in zip(axes, x, churned, ["rises", "both ends", "wave", "noise"], strict=True):
    information = mutual_info_classif(values[:, None], label, random_state=0)[0]
    f_score = f_classif(values[:, None], label)[0][0]
    ax.scatter(values, label + rng.uniform(-0.15, 0.15, 600), s=3, color="0.7")
    edges = np.linspace(-1, 1, 13)
    place = np.digitize(values, edges[1:-1])
    ax.plot((edges[:-1] + edges[1:]) / 2, [label[place == b].mean() for b in range(12)], color="C0")
    ax.set(title=f"{name}\nF = {f_score:.1f}, MI = {information:.2f}", xlabel="column", yticks=[0, 0.5, 1])
axes[0].set_ylabel("churned (line: share)")
fig.suptitle("F sees only the first; mutual information sees the first three", fontsize=11)
plt.show()

# %% [markdown]
# "Both ends" is common: workspaces that use the assistant far less *or* far more than their plan assumes leave. Pearson and F give it about zero, and a boosted model would have loved it.
#
# How do you estimate it? Cut $x$ into quantile bins and plug the shares into the formula, or use nearest neighbours (`mutual_info_classif`). Time for one column of a million rows on one core: about 0.1 s with 20 bins, about 5 s with nearest neighbours (500 columns: 40 minutes). So sample 100,000 rows first, or use bins.
# Estimates of pure noise are not exactly zero. That is why this filter cuts the *bottom* of the list, generously, and doesn't choose a top ten.
#
# What no score of single columns can see is **teamwork**. Say workspaces churn when an admin is new *or* the plan is new, but not both:

# %%
rng = np.random.default_rng(6)
new_admin, new_plan = rng.integers(0, 2, (2, 5_000))
churn = new_admin ^ new_plan  # exactly one of the two
pair = 2 * new_admin + new_plan
together = pd.DataFrame({"new_admin": new_admin, "new_plan": new_plan, "both as one column": pair})
pd.DataFrame({"mutual information": mutual_info_classif(together, churn, discrete_features=True)}, index=together.columns).round(4)

# %% [markdown]
# Each alone: nothing. Together: 0.69, which is $\log 2$, everything there is to know. Keep the cut mild, and keep by hand what the domain says works in combination. The steps that follow (a model's importances, recursive elimination) see combinations.

# %% [markdown] statement="univariate_keep" level="stretch"
# ### `univariate_keep`: the top share by mutual information
#
# Write `univariate_keep(frame, target, share)`. `frame` holds $n$ rows of numeric columns without missing values; `target` is a list, array or series of $n$ class labels (numbers or text, two classes or more), in the order of the rows.
# Keep the $\lceil \text{share} \times \text{columns} \rceil$ columns (rounded up) with the largest mutual information with the target. Return their names as a list, in the order of `frame`.
# Estimate it as you like (quantile bins; `mutual_info_classif` with a fixed `random_state`): the hidden checks have at least 600 rows, no constant column, and the last column kept is far ahead of the first one dropped. Columns can have any scale and far outliers, so bins of equal *width* won't do.
# Raise `ValueError` if the lengths differ, and unless `0 < share <= 1`. The same input must give the same result, also where columns are close.
#
# Example: for `i = np.arange(200)`, columns `dial = i - 99.5` and `batch = i % 16`, target `np.abs(dial) > 60`, share 0.5: the result is `["dial"]`, although its Pearson correlation with the target is 0 and that of `batch` is -0.11.


# %% solution="univariate_keep"
def univariate_keep(frame: pd.DataFrame, target: ArrayLike, share: float) -> list[str]:
    """The top `share` of columns by mutual information with a class label, in the order of `frame`.

    frame: n rows, numeric, nothing missing. target: shape (n,), classes. The number kept is rounded up.
    Raises ValueError for different lengths and a share outside (0, 1].
    """
    ### BEGIN SOLUTION
    y = np.asarray(target)
    if len(y) != len(frame) or not 0 < share <= 1:
        raise ValueError("one label for each row, and a share above 0, at most 1")
    information = mutual_info_classif(frame.to_numpy(dtype=float), y, discrete_features=False, random_state=0)
    top = np.argsort(-information, kind="stable")[: math.ceil(share * frame.shape[1])]
    return [str(name) for name in frame.columns[np.sort(top)]]
    ### END SOLUTION


# %% [markdown] hint="univariate_keep"
# With scikit-learn the scores are one line. It adds a little random noise to the columns, so pass `random_state`. `math.ceil` rounds up.

# %% [markdown] hint="univariate_keep"
# By hand: `pd.qcut(x, 20, labels=False, duplicates="drop")` gives bins and `pd.crosstab(bins, y, normalize=True)` the joint shares. Multiply the row sums and column sums for the shares under independence.

# %% [markdown] hint="univariate_keep"
# `keep = np.argsort(-scores)[:count]` gives positions of the best; `frame.columns[np.sort(keep)]` puts them in the frame's order.

# %% test="univariate_keep" name="value" points=2
"""The example, then 1,500 rows: columns of any shape and scale must survive, columns that are a little linear need not."""
linear = "this ranks by F-score or Pearson, which see straight lines only; use mutual information"
i = np.arange(200)
checks.equal(
    univariate_keep(pd.DataFrame({"dial": i - 99.5, "batch": i % 16}), np.abs(i - 99.5) > 60, 0.5),
    ["dial"],
    "the example",
    mistakes={linear: ["batch"], "return the columns to keep, half of them": ["dial", "batch"], "no column is kept; round the number up": []},
)
### BEGIN HIDDEN TESTS


def equal_width(table, label, bins=10, count=4):
    """The best columns by mutual information of bins of equal width."""
    scores = []
    for name in table:
        joint = pd.crosstab(pd.cut(table[name], bins, labels=False), label, normalize=True).to_numpy()
        apart = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0)
        scores.append((joint[joint > 0] * np.log(joint[joint > 0] / apart[joint > 0])).sum())
    return [name for name in table if name in np.array(list(table))[np.argsort(-np.array(scores))[:count]]]


for seed, share in ((32, 0.35), (33, 0.31)):
    fresh = np.random.default_rng(seed)
    n = 1_500
    x = fresh.uniform(-1, 1, (10, n))
    code = fresh.integers(0, 5, n)
    score = 2 * (x[0] ** 2 - 1 / 3) + 0.8 * np.sin(7 * x[1]) + 0.9 * x[2] + np.array([-0.8, 0.7, 0.8, 0.6, -0.8])[code] + 0.1 * (x[4] + x[5])
    label = np.where(score + fresh.normal(0, 0.1, n) > 0, "leaves", "stays")
    columns = (
        {"square": 1e4 * x[0], "wave": 1e-5 * x[1] + 3, "rises": np.where(np.arange(n) < 4, 1e5, 1) * x[2], "code": code}
        | {f"slight_{k}": x[k] for k in (4, 5)}
        | {f"noise_{k}": 10.0**k * x[k] for k in (6, 7, 8, 9)}
    )
    names = list(fresh.permutation(list(columns)))
    table = pd.DataFrame({name: columns[name] for name in names})
    truth = [name for name in names if name in ("square", "wave", "rises", "code")]
    by_f = f_classif(table.to_numpy(float), label)[0]
    checks.equal(
        univariate_keep(table, label, share),
        truth,
        f"the top {share:.0%} of ten columns",
        mistakes={
            linear: [name for name in names if name in np.array(names)[np.argsort(-by_f)[:4]]],
            "bins of equal width put nearly all rows of a column with outliers into one; use quantile bins or ranks": equal_width(table, label),
            "this drops the top; keep it": [name for name in names if name not in truth],
            "the names are right, but not in the order of the frame": sorted(truth) if sorted(truth) != truth else truth[::-1],
        },
    )
### END HIDDEN TESTS

# %% test="univariate_keep" name="share" points=1
"""How many are kept: rounded up, all of them at share 1, at least one."""
### BEGIN HIDDEN TESTS
fresh = np.random.default_rng(40)
x = fresh.uniform(-1, 1, (5, 600))
label = (x[0] ** 2 + x[1] ** 2 + fresh.normal(0, 0.1, 600) > 0.7).astype(int)
table = pd.DataFrame({f"c{k}": x[k] for k in (3, 0, 4, 1, 2)})
checks.equal(
    univariate_keep(table, label, 0.25),
    ["c0", "c1"],
    "25 % of five columns, which is 1.25",
    mistakes={"1.25 columns are two: round up": ["c0"], "1.25 columns are two, not one: round up": ["c1"]},
)
for share, count in ((1, 5), (0.01, 1), (0.65, 4)):
    checks.equal(len(univariate_keep(table, label, share)), count, f"the number of columns kept of five at share {share}")
codes = pd.DataFrame(fresh.integers(0, 4, (600, 10)), columns=list("abcdefghij"))
first = univariate_keep(codes, list(label), 0.5)
for _ in range(2):
    checks.equal(univariate_keep(codes, list(label), 0.5), first, "the same input gives the same columns, also where all are close (pass a fixed random_state)")
### END HIDDEN TESTS

# %% test="univariate_keep" name="edges" points=1
"""Three classes written as text, rows with other labels, and unusable input."""
### BEGIN HIDDEN TESTS
fresh = np.random.default_rng(44)
x = fresh.normal(0, 1, (6, 900))
plan = np.select([np.abs(x[1]) > 1.1, np.abs(x[1]) < 0.45], ["team", "pro"], "free")
table = pd.DataFrame({f"c{k}": x[k] for k in range(6)}).set_axis(range(5_000, 5_900))
checks.equal(
    univariate_keep(table, pd.Series(plan), 0.1),
    ["c1"],
    "three classes as text, rows labelled from 5,000",
    mistakes={
        "this ranks by F-score or Pearson, which see straight lines only; use mutual information": [f"c{int(np.argmax(f_classif(table.to_numpy(), plan)[0]))}"],
    },
)
checks.raises(ValueError, univariate_keep, table, plan[:-1], 0.5, what="one label too few")
checks.raises(ValueError, univariate_keep, table, plan, 0, what="a share of 0")
checks.raises(ValueError, univariate_keep, table, plan, 70, what="a share of 70, meant as per cent")
### END HIDDEN TESTS

# %% [markdown] explain="univariate_keep"
# `discrete_features=False` treats all columns as numbers with a tiny jitter against ties, which is what scikit-learn does for a dense array by default. Truly categorical codes are better passed as discrete. Bins work as well here: the plug-in estimate is biased upwards by about $(b - 1)(k - 1) / 2n$ for $b$ bins and $k$ classes, but by the same amount for each column.
#
# Mutual information is blind to redundancy: ten copies of the best column take ten places. That is why the correlation filter comes before. And it is a filter that sees the target: fit it inside each training fold, never before the split.

# %% [markdown]
# > **In the interview.** *"F-score or mutual information?"*
# > **In 30 seconds:** F is fast, one pass, and fine when effects are monotone or the model is linear. Mutual information finds any shape, so I use it before a tree model; it costs more, so I estimate it with quantile bins or on a sample of about 100,000 rows. Either way I only cut the bottom 20 to 30 %, inside the training folds, because single columns can look useless and matter together.
# > **They ask next:** a feature with MI near zero that you would keep? (One half of an interaction.) How do you know that a score isn't noise? (Shuffle the target and look at the scores then.) What about redundancy? (Correlation filter before; mRMR.) A continuous target? (`mutual_info_regression`.)
# > **Red flags:** "correlation 0, so useless"; p-values of F as a cut-off with a million rows, where all of them are significant; scoring on the full table and cross-validating later.

# %% [markdown]
# ## A million rows in one pass
#
# 1,000,000 rows of 500 columns are 4 GB as 64-bit floats, and `np.corrcoef` makes a copy. The correlation matrix itself has 250,000 numbers: 2 MB. You only need sums over rows, so read the file in batches and keep the sums.
#
# Which sums? The textbook formula, $\sum x^2 - n \bar x^2$, subtracts two huge numbers when the mean is large beside the spread (timestamps, account ids, token counts), and the digits that matter are gone:

# %% collapsed=true
rng = np.random.default_rng(8)
z = rng.standard_normal((20_000, 2)) @ np.array([[1, 0.6], [0, 0.8]])
truth = np.corrcoef(z, rowvar=False)[0, 1]
ratio = 10.0 ** np.arange(0, 9)
plain, centred = [], []
for size in ratio:
    moved = z + size
    s, ss = moved.sum(axis=0), moved.T @ moved
    scatter = ss - np.outer(s, s) / len(z)
    with np.errstate(invalid="ignore"):
        plain.append(scatter[0, 1] / np.sqrt(scatter[0, 0] * scatter[1, 1]))
    centred.append(np.corrcoef(moved, rowvar=False)[0, 1])
fig, ax = plt.subplots(figsize=(7, 3))
for values, colour, label in [(plain, "C1", "sums of squares"), (centred, "C0", "centred first")]:
    ax.loglog(ratio, np.maximum(np.abs(np.array(values) - truth), 1e-16), "o-", color=colour, label=label)
broken = ~np.isfinite(plain)
ax.plot(ratio[broken], np.ones(broken.sum()), "x", color="C1", label="no result: negative variance" if broken.any() else None)
ax.axhline(1e-8, color="0.5", ls=":")
ax.set(xlabel="mean / standard deviation", ylabel="error of r", title="Large means: plain sums of squares lose every digit")
ax.legend(frameon=False, loc="upper left")
plt.show()

# %% [markdown]
# The cure: centre *each batch* by its own mean, then merge. For a batch with $n_b$ rows, mean $m_b$ (a vector) and scatter matrix $S_b = \sum (x - m_b)(x - m_b)^\top$, and what you have so far ($n$, $m$, $S$), with $\delta = m_b - m$ (Chan, Golub and LeVeque 1979):
#
# $$S \leftarrow S + S_b + \frac{n\, n_b}{n + n_b}\,\delta \delta^\top \qquad m \leftarrow m + \frac{n_b}{n + n_b}\,\delta \qquad n \leftarrow n + n_b$$
#
# The middle term is what lies *between* batches. Leave it out, or average the correlations of batches, and a file that is sorted by date gives a wrong answer: within a day tokens and cost may be unrelated, and over the year both grow.

# %% [markdown] statement="streaming_correlation" level="stretch"
# ### `streaming_correlation`: one pass, no copy
#
# Write `streaming_correlation(batches)`. `batches` is an iterator of 2-D NumPy arrays (`float32`, `float64` or whole numbers) with $p \ge 2$ columns each, nothing missing; sizes differ, and a batch may have one row or none. You can go through it once. Keep no batch: memory must not grow with the number of rows.
#
# Return the $p \times p$ matrix of Pearson correlations over **all** rows, as an array in 64-bit floats: within $10^{-8}$ of `np.corrcoef(all_rows.astype(float), rowvar=False)`, also when means are $10^7$ times the standard deviation. The order of the batches must not matter (within the same $10^{-8}$).
# A constant column (one value in all rows; a whole number in the checks, so that its spread comes out as exactly 0) has `nan` in its row and column, the diagonal included. Raise `ValueError` when there are fewer than two rows in all, or when batches differ in their number of columns.
#
# Example: for the batches `[[1, 2], [2, 1]]`, `[[3, 5]]` and `[[9, 8]]` the correlation is 0.9092 (rounded here): `[[1, 0.9092], [0.9092, 1]]`.


# %% solution="streaming_correlation"
def streaming_correlation(batches: Iterator[np.ndarray]) -> np.ndarray:
    """Pearson correlations of all columns over all rows, in one pass and with memory for one batch.

    batches: arrays of shape (rows, p), rows >= 0. Returns shape (p, p), nan for constant columns.
    Raises ValueError for fewer than two rows in all and for different numbers of columns.
    """
    ### BEGIN SOLUTION
    n = 0
    mean = scatter = None
    for batch in batches:
        x = np.asarray(batch, dtype=np.float64)
        if mean is None:
            mean, scatter = np.zeros(x.shape[1]), np.zeros((x.shape[1], x.shape[1]))
        if x.shape[1] != mean.size:
            raise ValueError("all batches need the same number of columns")
        if len(x) == 0:
            continue
        batch_mean = x.mean(axis=0)
        centred = x - batch_mean
        delta = batch_mean - mean
        total = n + len(x)
        scatter += centred.T @ centred + n * len(x) / total * np.outer(delta, delta)
        mean += len(x) / total * delta
        n = total
    if n < 2:
        raise ValueError("a correlation needs at least two rows")
    spread = np.sqrt(np.diag(scatter))
    spread[spread == 0] = np.nan
    return scatter / np.outer(spread, spread)
    ### END SOLUTION


# %% [markdown] hint="streaming_correlation"
# Three things live across batches: a count, a vector of means, a matrix. Convert each batch to 64-bit floats before you add anything up.

# %% [markdown] hint="streaming_correlation"
# With `n = 0` the merging formula works for the first batch, too: the middle term vanishes and the mean becomes the batch's. Skip batches without rows.

# %% [markdown] hint="streaming_correlation"
# At the end, $r_{ij} = S_{ij} / \sqrt{S_{ii} S_{jj}}$. Put `nan` where a spread is zero before you divide, then no warning comes. (For a constant such as 0.1 rounding can leave a spread of 1e-17; smallest and largest value of each column, kept along the way, would tell.)

# %% test="streaming_correlation" name="value" points=2
"""The example, then 3,000 rows in batches of unequal size whose means drift, in two orders."""
average = "this averages the correlations of batches; merge sums over all rows instead"
example = [np.array([[1, 2], [2, 1]]), np.array([[3, 5]]), np.array([[9, 8]])]
checks.array(
    streaming_correlation(iter(example)),
    [[1, 0.9092121131], [0.9092121131, 1]],
    "the example",
    mistakes={
        average + " (a batch of one row has no correlation)": np.full((2, 2), np.nan),
        "this looks at each batch by itself, or averages batches; what lies between the batch means is missing": [[1, -1], [-1, 1]],
        "this is the sum of products; divide by both spreads": [[38.75, 31], [31, 30]],
        "this is the covariance; divide by both standard deviations": [[38.75 / 3, 31 / 3], [31 / 3, 10]],
        "the products are not centred; subtract the means": [[1, 91 / np.sqrt(95 * 94)], [91 / np.sqrt(95 * 94), 1]],
    },
    rtol=0,
    atol=1e-8,
)
### BEGIN HIDDEN TESTS
fresh = np.random.default_rng(3)
rows = fresh.standard_normal((3_000, 6)) @ fresh.standard_normal((6, 6))
rows += np.linspace(0, 4, 3_000)[:, None] * np.array([1, 1, -1, 0.5, 0, 2])
parts = np.split(rows, np.sort(fresh.choice(np.arange(10, 2_990, 5), 24, replace=False)))
truth = np.corrcoef(rows, rowvar=False)
each = [np.corrcoef(part, rowvar=False) for part in parts]
within = sum((part - part.mean(axis=0)).T @ (part - part.mean(axis=0)) for part in parts)
wrong = {
    average: np.mean(each, axis=0),
    "this looks at each batch by itself, or averages batches; what lies between the batch means is missing": within
    / np.sqrt(np.outer(np.diag(within), np.diag(within))),
    "this is the last batch alone": each[-1],
    "this is the first batch alone": each[0],
    "this is the covariance; divide by both standard deviations": np.cov(rows, rowvar=False),
}
checks.array(streaming_correlation(iter(parts)), truth, "3,000 rows in 25 batches", mistakes=wrong, rtol=0, atol=1e-8)
order = fresh.permutation(len(parts))
wrong["this is the last batch alone"], wrong["this is the first batch alone"] = each[order[-1]], each[order[0]]
checks.array(streaming_correlation(parts[k] for k in order), truth, "the same batches in another order", mistakes=wrong, rtol=0, atol=1e-8)
checks.array(streaming_correlation(rows[k : k + 1] for k in range(150)), np.corrcoef(rows[:150], rowvar=False), "150 batches of one row", rtol=0, atol=1e-8)
### END HIDDEN TESTS

# %% test="streaming_correlation" name="precision" points=2
"""Means ten million times the spread, and 32-bit batches: the largest error stays below 1e-8."""
### BEGIN HIDDEN TESTS
fresh = np.random.default_rng(14)
rows = fresh.standard_normal((4_000, 4)) @ fresh.standard_normal((4, 4)) + np.array([1e7, -3e7, 2e7, 5e6])
parts = np.array_split(rows, [700, 750, 2_000, 3_900])
got = np.asarray(streaming_correlation(iter(parts)), dtype=float)
checks.equal(list(got.shape), [4, 4], "the shape of the matrix for four columns")
checks.between(
    np.nan_to_num(np.abs(got - np.corrcoef(rows, rowvar=False)), nan=1.0).max(),
    0,
    1e-8,
    "the largest error where means are ten million times the spread",
    mistakes={"plain sums of squares cancel here; centre each batch before you multiply": (1e-7, 1e30)},
)
rows = (fresh.standard_normal((6_000, 4)) @ fresh.standard_normal((4, 4)) + np.array([300, 0, -100, 40])).astype(np.float32)
got = np.asarray(streaming_correlation(iter(np.array_split(rows, 13))), dtype=float)
checks.between(
    np.nan_to_num(np.abs(got - np.corrcoef(rows.astype(float), rowvar=False)), nan=1.0).max(),
    0,
    1e-8,
    "the largest error with 32-bit batches",
    mistakes={"the sums are kept in 32 bits; convert each batch to 64-bit floats first": (1.5e-8, 1e30)},
)
### END HIDDEN TESTS

# %% test="streaming_correlation" name="edges" points=1
"""Batches without rows, whole numbers, constant columns, and unusable input."""
### BEGIN HIDDEN TESTS
table = np.array([[1, 4, 7], [2, 4, 5], [4, 4, 6], [8, 4, 1]])
with np.errstate(all="ignore"):
    truth = np.corrcoef(table, rowvar=False)
empty = np.empty((0, 3))
checks.array(
    streaming_correlation(iter([empty, table[:1], empty, table[1:], empty])),
    truth,
    "whole numbers, a constant column, batches without rows",
    mistakes={
        "a constant column has no correlation, not even with itself: nan": np.nan_to_num(truth),
        "a constant column has no correlation, not even with itself: its diagonal is nan as well": np.where(np.eye(3) == 1, 1, truth),
        "a constant column has no correlation: nan, not zero": np.where(np.eye(3) == 1, 1, np.nan_to_num(truth)),
    },
    rtol=0,
    atol=1e-8,
)
checks.array(streaming_correlation(iter([table[:, [0, 2]]])), truth[np.ix_([0, 2], [0, 2])], "everything in one batch", rtol=0, atol=1e-8)
checks.raises(ValueError, streaming_correlation, iter([table[:1]]), what="a single row")
checks.raises(ValueError, streaming_correlation, iter([empty, empty]), what="batches without any row")
checks.raises(ValueError, streaming_correlation, iter([]), what="no batch at all")
checks.raises(ValueError, streaming_correlation, iter([table, table[:, :2]]), what="three columns, then two")
checks.raises(ValueError, streaming_correlation, iter([table, table[:, :1]]), what="three columns, then one")
### END HIDDEN TESTS

# %% [markdown] explain="streaming_correlation"
# Within a batch the two-pass formula is exact enough, and $\delta$ is a difference of two means, so nothing huge is squared. Merging is associative: the same formula combines the results of several machines.
#
# Subtracting the first row from everything and then taking plain sums works as well, as long as the data doesn't wander far from that row. Welford's update row by row is right, too, but a Python loop over a million rows is a thousand times slower than one matrix product per batch.
# Memory: one batch and two $p \times p$ matrices. With batches of 20,000 x 500 that is 40 MB as read, 160 MB while it is centred in 64 bits.

# %% [markdown]
# > **In the interview.** *"The table doesn't fit into memory. How do you get the correlation matrix?"*
# > **In 30 seconds:** it needs only count, means and cross-products, so one pass over batches of a columnar file is enough. I centre each batch and merge means and scatter matrices, because plain sums of squares cancel when means are large. Result: 2 MB for 500 columns, memory for one batch, and it runs in parallel, because merging is associative. Or I ask whether I need all rows: at 100,000 rows an $r$ of 0.95 has a standard error of 0.0003.
# > **They ask next:** missing values? (Pairwise counts, means and products, or impute first.) Spearman? (Ranks need a sort; take a sample or quantile sketches.) Why not float32? Can you do the same for mutual information? (Fix the bin edges on a sample, then count in one pass.)
# > **Red flags:** averaging per-batch correlations; "I'd get a bigger machine"; sampling the *first* 100,000 rows of a file sorted by date.

# %% [markdown]
# ## Fewer features, chosen by people
#
# In finance and healthcare somebody must sign the model, and explain one decision to one person. There, start from the domain: write down the ten or fifteen features that an expert expects to matter, with the sign each should have, and let an algorithm only challenge that list.
#
# Is the price high? The breast cancer data of Wisconsin: 30 measurements of cell nuclei, 569 patients. A model with all 30 against one with four that a pathologist can name: size, texture, smoothness and dents (*concave points*), each at its worst in the sample.

# %% collapsed=true
cells = load_breast_cancer(as_frame=True)
malignant = 1 - cells.target
few = ["worst radius", "worst texture", "worst smoothness", "worst concave points"]
fig, axes = plt.subplots(1, 2, figsize=(9, 3), layout="constrained")
aucs = []
for ax, names, colour in zip(axes, [list(cells.data), few], ["0.6", "C0"], strict=True):
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2_000))
    aucs.append(cross_val_score(model, cells.data[names], malignant, cv=5, scoring="roc_auc"))
    weights = pd.Series(model.fit(cells.data[names], malignant)[-1].coef_[0], names).sort_values()
    expected_sign = np.sign(cells.data[weights.index].corrwith(malignant.astype(float)))
    odd = np.sign(weights) != expected_sign
    ax.barh(range(len(weights)), weights, color=np.where(odd, "C1", colour))
    ax.axvline(0, color="0.3", lw=0.8)
    ax.set(xlabel="coefficient (standardised)", title=f"{len(names)} features: AUC {aucs[-1].mean():.3f}, {odd.sum()} odd signs")
    ax.set_yticks(range(len(weights)) if len(names) < 10 else [], weights.index if len(names) < 10 else [])
axes[0].set_ylabel("all 30 features")
lost = aucs[0] - aucs[1]
error = lost.std(ddof=1) * np.sqrt(1 / 5 + 1 / 4)
fig.suptitle(f"Four features cost {lost.mean():.3f} of AUC (standard error {error:.3f}), and every sign can be defended", fontsize=11)
plt.show()

# %% [markdown]
# Orange bars point against what their column says alone. With 30 overlapping measurements there are seven of them. Three are about compactness, which is perimeter² / area - 1 here, so *large* means ragged: no doctor can sign "the more ragged the outline, the lower the risk". With four features each sign is the expected one, and a wrong input is noticed by the person who typed it.
# (The difference is paired: the same folds for both. Its error allows for folds that share training rows. The choice within the domain matters, too: with the mean values in place of the worst ones the AUC is 0.986. "Worst" was picked after seeing that, on these very rows, so 0.003 flatters it a little.)
# Each feature also costs money for as long as the model lives: a pipeline, an owner, monitoring, one more thing that can break at night. "15 features that we can explain" often beats "200 that we can't", at nearly the same AUC.

# %% [markdown]
# ### The whole selection, as you would run it
#
# Here is a table with known truth, small enough for this page. `wide.plan` says what each column is: 2 that leak (`late`), near-constant ones, near copies, columns that matter (straight or curved), and noise.

# %%
from course.datasets import wide

buffer = io.BytesIO()  # a file name works as well
start = time.perf_counter()
wide.write(buffer, rows=20_000, columns=100)
written = time.perf_counter() - start
kinds = wide.plan(100)["kind"].value_counts().rename("columns")
start = time.perf_counter()
largest = max(batch.nbytes for batch in wide.batches(buffer, rows=2_000))
print(
    f"{len(buffer.getvalue()) / 1e6:.0f} MB written in {written:.2f} s, read in {time.perf_counter() - start:.2f} s; largest batch in memory: {largest / 1e6:.1f} MB"
)
kinds.to_frame().T

# %% [markdown]
# At full size, in a terminal or a notebook of your own, with your five functions at hand (two of them are *stretch*). The table is simulated and has no test part; with a real one, `wide.parquet` holds the training rows only:
#
# ```python
# from course.datasets import wide
#
# wide.write("wide.parquet", rows=1_000_000, columns=500)       # 2 GB on disk
# known = wide.plan(500)
#
# # 1. Leakage: the log decides. Here it has a time for each column; rows are needed for columns without one only
# sample = wide.sample("wide.parquet", share=0.05)              # 50,000 random rows
# log = pd.DataFrame({"column": known["column"], "written_at": pd.Timestamp("2026-02-01")})
# log.loc[known["kind"] == "late", "written_at"] = pd.Timestamp("2026-03-09")
# gone = set(leaky_columns(sample, "outcome", log, pd.Timestamp("2026-03-01"), 0.9))
#
# # 2. Near-constant, on the sample
# gone |= set(near_constant(sample.drop(columns=["outcome", *gone])))
#
# # 3. Correlated: one pass over all rows shows how many pairs there are; the choice needs the target
# left = [name for name in known["column"] if name not in gone]
# r = streaming_correlation(wide.batches("wide.parquet", left))
# print((np.abs(np.triu(r, 1)) > 0.95).sum(), "pairs above 0.95")
# gone |= set(correlated_to_drop(sample[left], sample["outcome"]))
#
# # 4. Univariate: keep 75 %; 20,000 rows are enough for this table, and nearest neighbours are slow
# left = [name for name in left if name not in gone]
# rows = sample.iloc[:20_000]
# left = univariate_keep(rows[left], rows["outcome"], 0.75)
# print(known[known["column"].isin(left)]["kind"].value_counts())
# ```
#
# When this was written, `streaming_correlation` over all million rows and 500 columns took about 15 seconds on one core, and its process peaked at 0.8 GB. Of 500 columns 312 are left: no `late`, no `constant` one, and one of each pair of copies (a copy may stand for its source).
# Most of them are still noise, because a filter on single columns cuts only what is clearly weak. Here a model takes over: its importances, then recursive elimination, on 312 columns in place of 500.

# %% [markdown]
# > **In the interview.** *"1M rows, 500 features, walk me through it."*
# > **In 30 seconds:** split by time first, and select on the training part only. Then from cheap to expensive: leakage by timestamps; near-constant columns; one of each pair above 0.95, from a streamed correlation matrix; the bottom quarter by mutual information, on a sample. Then a quick model's importances, and recursive elimination on what is left. I check the chosen set once on the later period. Where people must understand the model, I start from some fifteen domain features instead.
# > **They ask next:** which steps need all the rows? (Hardly any: the audit needs none, shares and scores a sample; the correlations are one pass.) How do you know that the selection is stable? (Repeat it on bootstrap samples or months; keep what is chosen most times.) Do you need any of this for boosting? (Leakage always; the rest buys speed, readable importances and fewer pipelines.)
# > **Red flags:** starting with recursive elimination on 500 columns; no split before selecting; 200 features in a credit decision and no reason for any of them.

# %% [markdown]
# ## Selection by a model: importance, L1 and elimination
#
# The cheap filters look at one column or one pair at a time. A model looks at all columns together, so it also sees a column that helps only in company. Three ways are usual:
#
# | Way | How it selects | What it costs |
# |---|---|---|
# | importance of a forest or of boosted trees | fit once, rank by `feature_importances_` | one fit; copies share their credit |
# | L1 penalty (Lasso) | weak coefficients become exactly zero | one path of fits; needs scaled columns |
# | recursive elimination (RFE) | fit, drop the weakest, fit again | a fit for each dropped column; thorough |
#
# First the ranking. 4,000 credit card customers: who pays late in September? Three real columns, and two that we planted: a random ticket number and a coin flip.

# %% locked="customers"
CARDS = datasets.causal("credit_cards").sample(15_000, random_state=1).reset_index(drop=True)


def simulate_signups(n: int, seed: int, copies: int = 0) -> tuple[pd.DataFrame, np.ndarray]:
    """Features of `n` trial users and who of them buys (0 or 1). Four columns have an effect, the strongest is `sessions`; `copies` exact copies of it stand last."""
    rng = np.random.default_rng(seed)
    features = pd.DataFrame({f"noise_{i}": rng.normal(size=n) for i in range(1, 7)})
    features["tenure"], features["team"] = rng.normal(size=n), rng.integers(0, 2, n)
    features["hour"], features["sessions"] = rng.uniform(-1, 1, n), rng.normal(size=n)
    logit = 2.2 * features["sessions"] + 3.4 * (features["team"] - 0.5) + 2.4 * (2 * features["hour"].abs() - 1) + 0.9 * features["tenure"]
    for i in range(copies):
        features[f"sessions_v{i + 2}"] = features["sessions"]
    return features, (rng.random(n) < 1 / (1 + np.exp(-logit))).astype(int)


# %% collapsed=true
planted = np.random.default_rng(0)
few = CARDS.head(4_000).assign(ticket=planted.permutation(4_000), coin=planted.integers(0, 2, 4_000))
columns = {"LateApril": "late in April", "BillApril": "bill in April", "AGE": "age", "coin": "coin (planted)", "ticket": "ticket (planted)"}
fit_rows, held_out = few.head(2_500), few.tail(1_500)
forest = RandomForestClassifier(60, random_state=0, n_jobs=1).fit(fit_rows[list(columns)], fit_rows["LateSept"])
drops = permutation_importance(forest, held_out[list(columns)], held_out["LateSept"], scoring="roc_auc", n_repeats=4, random_state=0)
fig, axes = plt.subplots(1, 2, figsize=(9, 2.8), layout="constrained", sharey=True)
colours = ["C0", "C0", "C0", "C1", "C1"]
axes[0].barh(list(columns.values()), forest.feature_importances_, color=colours)
axes[0].set(xlabel="impurity importance (share)", title="feature_importances_: the ticket wins")
axes[1].barh(list(columns.values()), drops.importances_mean, color=colours)
axes[1].axvline(0, color="0.3", lw=0.8)
axes[1].set(xlabel="AUC lost on unseen rows when shuffled", title="On unseen rows only one column counts")
axes[0].invert_yaxis()
plt.show()

# %% [markdown]
# `feature_importances_` counts how much each column lowered the impurity **on the rows that the trees were grown on**. A deep tree finds use for any column with many different values, even a ticket number. Three remedies:
#
# - Keep trees shallow: 20 rows or more in a leaf. For LightGBM, ask for `importance_type="gain"`; its default counts splits, and a yes/no column can't be split twice in one branch.
# - Shuffle one column of *unseen* rows and see how much the score falls: permutation importance, the right picture.
# - Plant a noise column and rank by one of the first two remedies. Whatever is not clearly above the noise has to go. (By the left picture every real column would go.)
#
# The second trap is copies. The trees can use either of two equal columns, so the credit is split between them.

# %% collapsed=true
shares, numbers = [], [0, 1, 2, 4, 8, 12]
for n_copies in numbers:
    table, bought = simulate_signups(900, seed=1, copies=n_copies)
    grown = RandomForestClassifier(40, min_samples_leaf=20, random_state=0, n_jobs=1).fit(table, bought)
    shares.append(pd.Series(grown.feature_importances_, table.columns))
fig, ax = plt.subplots(figsize=(7, 3))
ax.plot(numbers, [s["sessions"] for s in shares], "o-", color="C0", label="sessions (strongest)")
ax.plot(numbers, [s["team"] for s in shares], "o-", color="C2", label="team (second)")
ax.plot(numbers, [s["tenure"] for s in shares], "o-", color="C1", label="tenure (weaker)")
ax.plot(numbers, [s["noise_1"] for s in shares], "o-", color="0.6", label="a noise column")
ax.set(xlabel="exact copies of sessions in the table", ylabel="importance (share)", ylim=(0, None))
ax.set_title("With four copies the strongest column has lost its first place to team")
ax.legend(frameon=False)
plt.show()

# %% [markdown] statement="model_based_rank" level="stretch"
# ### `model_based_rank`: let the trees rank, but only on training rows
#
# Write `model_based_rank(features, target, is_train, seed=0)`: a numeric frame with $n$ rows, $n$ zeros and ones, $n$ booleans (lists, arrays or series, in the order of the rows). No value is missing. Return a list of column names, the most important first.
# Fit a random forest or LightGBM, each with at least 20 rows in a leaf (LightGBM's default) and about 100 trees and `n_jobs=1`, on the training rows. Order by impurity importance (forest) or by total gain (LightGBM).
# Exact copies: a column that equals a column further left in every **training** row is left out, of the fit and of the result.
# The other rows must not change anything, and the same `seed` (the model's random state) gives the same list; another seed may give another one, or the same. Raise `ValueError` when the lengths differ, and when the training rows don't hold both classes.
#
# Example: for `simulate_signups(900, seed=1, copies=12)` with all rows in training the list has 10 names. `sessions` comes first, `tenure`, `hour` and `team` follow in any order, then the six noise columns. Their order isn't checked.


# %% solution="model_based_rank"
def model_based_rank(features: pd.DataFrame, target: ArrayLike, is_train: ArrayLike, seed: int = 0) -> list[str]:
    """Names of the columns, most important first, ranked by trees on the training rows.

    features: numeric, n rows. target: shape (n,), 0 or 1. is_train: shape (n,), booleans. Raises ValueError for lengths that differ or a single class.
    """
    ### BEGIN SOLUTION
    labels, train = np.asarray(target), np.asarray(is_train, bool)
    if not len(features) == labels.size == train.size:
        raise ValueError("features, target and is_train must have as many rows")
    rows, labels = features[train], labels[train]
    if np.unique(labels).size < 2:
        raise ValueError("the training rows must hold both classes")
    rows = rows.loc[:, ~rows.T.duplicated()]
    forest = RandomForestClassifier(100, min_samples_leaf=20, random_state=seed, n_jobs=1).fit(rows, labels)
    return [str(rows.columns[i]) for i in np.argsort(-forest.feature_importances_)]
    ### END SOLUTION


# %% [markdown] hint="model_based_rank"
# First line of work: `rows = features[np.asarray(is_train, bool)]` and the target likewise. After that, never touch `features` again.

# %% [markdown] hint="model_based_rank"
# Columns are rows of the transposed frame: `rows.T.duplicated()` is true for each column that repeats one further left. Keep the others by `rows.loc[:, ~...]`.

# %% [markdown] hint="model_based_rank"
# `RandomForestClassifier(100, min_samples_leaf=20, random_state=seed, n_jobs=1).fit(rows, labels)`; then `np.argsort(-forest.feature_importances_)` is the order.

# %% test="model_based_rank" name="order" points=2
"""Copies are left out, the strongest column comes first, and noise comes last."""
table, bought = simulate_signups(900, seed=1, copies=12)
ranked = list(model_based_rank(table, bought, np.ones(900, bool)))
names = [c for c in table.columns if not c.startswith("sessions_")]
checks.equal(
    sorted(ranked),
    sorted(names),
    "the names in the example's list, sorted",
    mistakes={
        "exact copies are still in the list": sorted(table.columns),
        "of equal columns the last one stayed; keep the one furthest left": sorted({*names, "sessions_v13"} - {"sessions"}),
    },
)
assert not ranked[0].startswith("noise"), f"the list starts with the noise column {ranked[0]}: the most important column comes first"
assert "team" in ranked[:4], "the yes/no column `team` ranks below noise: order by gain, not by the number of splits, and keep 20 rows in a leaf"
assert "hour" in ranked[:4], "`hour` ranks below noise: it matters at both ends of its range, which trees see and a correlation does not"
assert ranked[0] == "sessions", f"{ranked[0]} ranks above `sessions`: copies share their importance, so leave them out before the fit"
assert set(ranked[:4]) == {"sessions", "team", "hour", "tenure"}, f"a column with an effect ranks below noise: your first four are {ranked[:4]}"
### BEGIN HIDDEN TESTS
for seed in (21, 22):
    table, bought = simulate_signups(1_000, seed=seed, copies=12)
    table = table[np.random.default_rng(seed).permutation(table.columns)]
    group = [c for c in table.columns if c.startswith("sessions")]
    ranked = list(model_based_rank(table.rename(columns={group[0]: "kept"}), bought, np.arange(1_000) < 900, seed))
    top = set(ranked[:4])
    assert len(ranked) == 10 and "kept" in ranked, f"of equal columns the one furthest left stays, the others go; your list is {ranked}"
    assert ranked[0] == "kept", f"{ranked[0]} ranks above the strongest column: copies share their importance, so leave them out before the fit"
    assert top == {"kept", "team", "hour", "tenure"}, f"a column with an effect ranks below noise: your first four are {ranked[:4]}"
### END HIDDEN TESTS

# %% test="model_based_rank" name="training-only" points=2
"""Rows outside training change nothing; copies are judged on training rows; the same seed gives the same list."""
### BEGIN HIDDEN TESTS
table, bought = simulate_signups(1_000, seed=31)
table = table.astype(float)
train = np.random.default_rng(31).random(1_000) < 0.7
table["refund"] = np.where(train, np.random.default_rng(32).normal(size=1_000), 9.0 * bought)
table["audit"] = np.where(train, table["tenure"], 0.0)
ranked = list(model_based_rank(table, bought, train, 5))
assert "refund" not in ranked[:4], "`refund` knows the target only outside the training rows, yet it ranks high: fit on the training rows alone"
assert "audit" not in ranked, "`audit` equals `tenure` in every training row: look for copies in the training rows only, and leave it out"
checks.equal(list(model_based_rank(table, bought, train, 5)), ranked, "a second call with the same seed")
other, flipped = table.copy(), np.where(train, bought, 1 - bought)
other.loc[~train] = np.random.default_rng(33).normal(size=((~train).sum(), table.shape[1]))
message = "rows outside training got other values and the ranking changed: fit on the training rows alone"
assert list(model_based_rank(other, flipped, train, 5)) == ranked, message
### END HIDDEN TESTS

# %% test="model_based_rank" name="bad-input" points=1
"""Unusable input is refused."""
### BEGIN HIDDEN TESTS
table, bought = simulate_signups(200, seed=41)
checks.raises(ValueError, model_based_rank, table, bought[:-1], np.ones(200, bool), what="a target that is one row short")
checks.raises(ValueError, model_based_rank, table, bought, np.ones(201, bool), what="one boolean too many")
checks.raises(ValueError, model_based_rank, table, bought, bought == 1, what="training rows of a single class")
### END HIDDEN TESTS

# %% [markdown] explain="model_based_rank"
# A ranking is a part of the model: whoever ranks on all rows has shown the answers of the test to the model. Trees need neither scaling nor a straight-line effect, so `hour` is found, which a correlation misses.
# Exact copies are the easy case. For near copies, filter by correlation first, or permute a whole group of related columns at once.

# %% [markdown]
# ### L1: let the penalty set coefficients to zero
#
# Besides the error, Lasso and L1 logistic regression minimise $\lambda \sum_j |w_j|$. Each coefficient pays for its size at a constant rate, so a weak one is cheapest at exactly zero. Scale the columns first, or the unit decides who pays.
#
# 569 breast tumours with 30 measurements each, benign or malignant. scikit-learn's `C` is the inverse: $C = 1/\lambda$, a small `C` is a strong penalty.

# %% collapsed=true
tumours = load_breast_cancer(as_frame=True)
strengths = np.array([0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10])
folds = StratifiedKFold(5, shuffle=True, random_state=0)
kept, losses = [], []
for strength in strengths:
    model = make_pipeline(StandardScaler(), LogisticRegression(C=strength, l1_ratio=1, solver="liblinear", random_state=0))
    losses.append(-cross_val_score(model, tumours.data, tumours.target, cv=folds, scoring="neg_log_loss"))
    kept.append(int((model.fit(tumours.data, tumours.target)[-1].coef_ != 0).sum()))
losses = np.array(losses)
fig, ax = plt.subplots(figsize=(7, 3))
ax.errorbar(strengths, losses.mean(axis=1), losses.std(axis=1, ddof=1) / np.sqrt(5), fmt="o-", color="C0", capsize=3)
for strength, number, loss in zip(strengths, kept, losses.mean(axis=1), strict=True):
    ax.annotate(str(number), (strength, loss), xytext=(5, 9), textcoords="offset points", color="0.3")
ax.set(xscale="log", xlabel="C = 1 / penalty (log scale)", ylabel="log loss, 5 folds", xlim=(0.008, 16), ylim=(0, 0.55), xticks=[0.01, 0.1, 1, 10])
ax.set(xticklabels=["0.01", "0.1", "1", "10"], title="About half of the 30 columns (numbers: columns kept) predict best")
plt.show()

# %% [markdown]
# **Fewer, on purpose?** The penalty picks what scores best, not what a doctor can defend: for that see [Fewer features, chosen by people](#Fewer-features,-chosen-by-people), where four columns cost 0.003 of AUC on the same table.
# You will often read that three columns are enough here: worst area, worst smoothness, mean texture. No specialist chose them. The people who published the data found them by an exhaustive search over sets of one to four columns, on all rows. That is some 30,000 sets, and the accuracy quoted for the winner is the best of them: see *Selection is training, too*, below.
#
# ### Recursive elimination: drop one, fit again
#
# Why not rank once and keep the top? Because columns that tell the same story share their weight. Here three counters measure the same requests. Each alone looks weak. Watch what happens when the weakest column goes and the model is fitted again.


# %% locked="simulate_usage"
def simulate_usage(n: int, seed: int) -> tuple[pd.DataFrame, np.ndarray]:
    """Features of `n` customers and their next bill (euros). Three columns count the same requests (in thousands), each with its own error."""
    rng = np.random.default_rng(seed)
    requests = rng.normal(size=n)
    features = pd.DataFrame({f"requests_{c}": 4 + 0.9 * (requests + 0.25 * rng.normal(size=n)) for c in ("app", "proxy", "bill")})
    seats, files, age = rng.normal(size=(3, n))
    features["seats"], features["files"], features["age_months"] = 12 + 4 * seats, 300 + 120 * files, 30 + 9 * age
    return features, 50 + 20 * (requests + 0.62 * seats - 0.58 * files + 0.42 * age) + rng.normal(0, 16, n)


# %% collapsed=true
table, bill = simulate_usage(400, seed=14)
scaled, remaining, history = (table - table.mean()) / table.std(ddof=0), list(table.columns), []
while len(remaining) >= 3:
    z = scaled[remaining].to_numpy()
    weights = np.linalg.solve(z.T @ z + np.eye(len(remaining)), z.T @ (bill - bill.mean()))
    history.append(pd.Series(np.abs(weights), remaining))
    remaining.remove(history[-1].idxmin())
history = pd.DataFrame(history, index=[6, 5, 4, 3])[table.columns]
fig, ax = plt.subplots(figsize=(7, 3))
for column, colour in zip(history, ["C0", "C0", "C0", "0.6", "0.6", "0.6"], strict=True):
    ax.plot(history.index, history[column], "o-", color=colour)
    last = history[column].last_valid_index()
    drop = {"files": -2, "age_months": 7}.get(column, 0)
    ax.annotate(column, (last, history[column][last]), xytext=(8, drop), textcoords="offset points", color=colour if colour == "C0" else "0.4", va="center")
ax.set(xlabel="columns in the model", ylabel="|coefficient| (euros per\nstandard deviation)", xticks=[6, 5, 4, 3], xlim=(6.15, 2.0), ylim=(2.5, 19))
ax.set_title("When a sibling goes, the remaining counters gain weight")
plt.show()

# %% [markdown] statement="rfe_select" level="stretch"
# ### `rfe_select`: eliminate, and fit again each time
#
# Write `rfe_select(features, target, k, penalty=1.0)` for a numeric frame of $n$ rows and $n$ numbers. Standardise each column once (subtract the mean, divide by the standard deviation with `ddof=0`; divide a constant column by 1), and subtract the mean from the target. With $Z$ for the columns that are left, fit
# $$w = (Z^\top Z + \text{penalty} \cdot I)^{-1} Z^\top y$$
# Drop the column with the smallest $|w_j|$, fit again on the rest, and so on until `k` columns are left.
# Return a dict: `"kept"`, a list of names in the order of the frame, and `"dropped"`, a list in the order in which they went. Only exact copies tie in the checks; then either may go.
# Raise `ValueError` when the lengths differ or `k` is not between 1 and the number of columns.
#
# Example: `rfe_select(*simulate_usage(400, seed=14), k=3)` keeps `["requests_proxy", "seats", "files"]` and drops `["requests_bill", "age_months", "requests_app"]`.


# %% solution="rfe_select"
def rfe_select(features: pd.DataFrame, target: ArrayLike, k: int, penalty: float = 1.0) -> dict[str, list[str]]:
    """Recursive feature elimination by ridge coefficients of standardised columns.

    features: numeric, n rows. target: shape (n,). k: columns to keep. Returns {"kept": names in frame order, "dropped": names, first dropped first}.
    """
    ### BEGIN SOLUTION
    z, y = features.to_numpy(float), np.asarray(target, float)
    if len(z) != y.size or not 1 <= k <= z.shape[1]:
        raise ValueError("one target for each row, and k between 1 and the number of columns")
    spread = z.std(axis=0)
    z, y = (z - z.mean(axis=0)) / np.where(spread > 0, spread, 1), y - y.mean()
    left, dropped = list(range(z.shape[1])), []
    while len(left) > k:
        part = z[:, left]
        weights = np.linalg.solve(part.T @ part + penalty * np.eye(len(left)), part.T @ y)
        dropped.append(left.pop(int(np.argmin(np.abs(weights)))))
    return {"kept": [str(features.columns[j]) for j in left], "dropped": [str(features.columns[j]) for j in dropped]}
    ### END SOLUTION


# %% [markdown] hint="rfe_select"
# Keep a list of the columns that are left. Each round fits on those only, removes one, and notes its name.

# %% [markdown] hint="rfe_select"
# `np.linalg.solve(Z.T @ Z + penalty * np.eye(m), Z.T @ y)` gives the weights of a round; `np.argmin(np.abs(weights))` is the place of the column that goes.

# %% test="rfe_select" name="kept" points=2
"""Which columns stay, and in which order the others went: on the example, then on other customers."""
one_shot = "the weights are from the first fit; fit again after each column that goes"
units = "the columns are not standardised, so the unit decides; divide by the standard deviation"
signed = "the most negative weight goes; compare absolute values"
strongest = "the strongest column goes; drop the one with the smallest absolute weight"
swapped = "the columns that should go are kept"
checks.record(
    rfe_select(*simulate_usage(400, seed=14), k=3),
    {"kept": ["requests_proxy", "seats", "files"], "dropped": ["requests_bill", "age_months", "requests_app"]},
    "the example",
    mistakes={
        one_shot: {"kept": ["seats", "files", "age_months"]},
        units: {"kept": ["requests_app", "requests_proxy", "requests_bill"]},
        signed: {"kept": ["requests_proxy", "requests_bill", "seats"]},
        strongest: {"kept": ["requests_app", "requests_proxy", "age_months"]},
        swapped: {"kept": ["requests_bill", "age_months", "requests_app"]},
        "the kept names are not in the order of the frame": {"kept": ["seats", "files", "requests_proxy"]},
        "the dropped names are in reverse order; the first to go comes first": {"dropped": ["requests_app", "age_months", "requests_bill"]},
    },
)
### BEGIN HIDDEN TESTS
checks.record(
    rfe_select(*simulate_usage(400, seed=7), k=3),
    {"kept": ["requests_bill", "seats", "files"], "dropped": ["requests_app", "age_months", "requests_proxy"]},
    "400 other customers",
    mistakes={one_shot: {"kept": ["seats", "files", "age_months"]}, units: {"kept": ["requests_app", "requests_proxy", "requests_bill"]}},
)
checks.record(
    rfe_select(*simulate_usage(400, seed=3), 1),
    {"kept": ["requests_app"], "dropped": ["requests_proxy", "age_months", "requests_bill", "files", "seats"]},
    "down to one column",
    mistakes={one_shot: {"dropped": ["requests_proxy", "age_months", "requests_app", "requests_bill", "files"]}},
)
checks.record(
    rfe_select(*simulate_usage(400, seed=14), 3, 1_500),
    {"kept": ["requests_proxy", "requests_bill", "seats"], "dropped": ["age_months", "files", "requests_app"]},
    "a penalty of 1,500",
    mistakes={"the penalty is not used": {"kept": ["requests_proxy", "seats", "files"]}},
)
### END HIDDEN TESTS

# %% test="rfe_select" name="edges" points=1
"""Exact copies, a constant column, nothing to drop, and bad input."""
### BEGIN HIDDEN TESTS
table, bill = simulate_usage(300, seed=61)
twins = table[["requests_app", "seats", "files"]].assign(requests_copy=table["requests_app"])
stays = rfe_select(twins, bill, 3)["kept"]
assert len(set(stays) & {"requests_app", "requests_copy"}) == 1, f"of two exact copies one goes and the other takes over its weight; you kept {stays}"
flat = rfe_select(table.assign(always=7.0), bill, 6)
checks.record(flat, {"kept": list(table.columns), "dropped": ["always"]}, "a frame with a constant column")
checks.record(rfe_select(table, bill, 6), {"kept": list(table.columns), "dropped": []}, "k equal to the number of columns")
checks.raises(ValueError, rfe_select, table, bill, 0, what="k of 0")
checks.raises(ValueError, rfe_select, table, bill, 7, what="k above the number of columns")
checks.raises(ValueError, rfe_select, table, bill[1:], 3, what="a target that is one row short")
### END HIDDEN TESTS

# %% [markdown] explain="rfe_select"
# In the example, one ranking made once throws away all three counters: they share one common weight. The draw is chosen to show it; over 400 draws of `simulate_usage(400, seed)` with `k=3` the single ranking loses all three in 119, elimination in none. After a counter goes and the model is fitted again, its siblings take over.
# The price: 500 columns down to 20 are 480 fits, times the folds if you choose `k` by cross-validation (`RFECV`). Dropping 10 % of the columns in each round costs about 31 fits. Elimination is greedy: what is gone never comes back.

# %% [markdown]
# ### Selection is training, too
#
# The most expensive mistake of all: select on the whole table, then cross-validate the model on what you selected. The test rows have already voted for their columns.
#
# Hastie, Tibshirani and Friedman show it on pure noise. 50 patients, half of them ill; 5,000 measurements that have nothing to do with the illness. Keep the 100 columns with the highest absolute correlation, then predict with the nearest neighbour. No method can beat 50 % error. We repeat it 40 times.

# %% collapsed=true
fold = np.arange(50) % 5
wrong_rows = {"columns chosen on all rows": [], "columns chosen in each fold": []}
for seed in range(40):
    noise_rng = np.random.default_rng(seed)
    noise, ill = noise_rng.normal(size=(50, 5_000)).astype(np.float32), noise_rng.permutation(np.repeat([0, 1], 25))
    for label, seen_rows in (("columns chosen on all rows", [np.ones(50, bool)] * 5), ("columns chosen in each fold", [fold != f for f in range(5)])):
        errors = 0
        for f, seen in enumerate(seen_rows):
            centred, outcome = noise[seen] - noise[seen].mean(axis=0), ill[seen] - ill[seen].mean()
            strength = np.abs(outcome @ centred) / np.sqrt((centred**2).sum(axis=0))
            chosen = np.argpartition(-strength, 100)[:100]
            old, new = noise[fold != f][:, chosen], noise[fold == f][:, chosen]
            distance = ((new[:, None] - old) ** 2).sum(axis=2)
            errors += int((ill[fold != f][distance.argmin(axis=1)] != ill[fold == f]).sum())
        wrong_rows[label].append(errors / 50)
fig, ax = plt.subplots(figsize=(7, 3))
for (label, errors), colour in zip(wrong_rows.items(), ["C1", "C0"], strict=True):
    ax.hist(errors, bins=np.arange(-0.01, 0.85, 0.02), color=colour)
    place = (0.09, 14) if colour == "C1" else (0.62, 9)
    ax.text(*place, f"{label}:\nmean error {np.mean(errors):.2f}", color=colour)
ax.axvline(0.5, color="0.3", ls="--", lw=1)
ax.text(0.51, 19, "the truth", color="0.3")
ax.set(xlim=(-0.03, 1.0), xlabel="cross-validated error", ylabel="repeats", title="On pure noise, selecting before the split reports almost no error")
plt.show()

# %% [markdown]
# The blue errors average a little above one half: in balanced data, whatever is held out is slightly rarer among the rows that are left, so the neighbours vote slightly against it.
#
# The rule: everything that looks at the target (correlation filter, importance ranking, Lasso, RFE, the choice of `k`) goes inside the fold. In scikit-learn that is a `Pipeline`.

# %% [markdown] statement="screened_error" level="core"
# ### `screened_error`: select inside the folds
#
# Write `screened_error(X, y, k, fold)`: an array of $n$ rows and $p$ columns, $n$ zeros and ones, the number of columns to keep, and the fold of each row ($n$ whole numbers, not always 0, 1, 2).
# For each fold, use the rows of **all other folds** to find the `k` columns with the highest absolute Pearson correlation with `y`. A column or a target that is constant there has correlation 0; equal columns, and all with correlation 0, go by the lower column number. (Nothing else ties in the checks.)
# Then give each row of the fold the label of its nearest row (Euclidean distance in those `k` columns, columns as they are; ties go to the lower row number) among the rows of all other folds.
# Return the share of all $n$ rows whose label is wrong. Raise `ValueError` when the lengths differ, `k` is not between 1 and $p$, or there are fewer than two folds.
#
# Example: `X = [[1, 8], [2, 2], [3, 9], [9, 1], [8, 7], [7, 3]]`, `y = [0, 0, 0, 1, 1, 1]`, `k = 1`, `fold = [0, 1, 2, 0, 1, 2]` gives `0.333`, not rounded in yours: for fold 1 the other rows favour the second column, which labels both of its rows wrongly.


# %% solution="screened_error"
def screened_error(X: ArrayLike, y: ArrayLike, k: int, fold: ArrayLike) -> float:
    """Cross-validated error of the nearest neighbour after keeping the `k` columns most correlated with `y`, chosen anew in each fold.

    X: shape (n, p). y: shape (n,), 0 or 1. fold: shape (n,), whole numbers. Returns a share between 0 and 1.
    """
    ### BEGIN SOLUTION
    X, y, fold = np.asarray(X, float), np.asarray(y), np.asarray(fold)
    if not len(X) == len(y) == len(fold) or not 1 <= k <= X.shape[1] or np.unique(fold).size < 2:
        raise ValueError("as many labels and folds as rows, k between 1 and the number of columns, at least two folds")
    wrong = 0
    for held_out in np.unique(fold):
        train, test = fold != held_out, fold == held_out
        z, t = X[train] - X[train].mean(axis=0), y[train] - y[train].mean()
        size = np.sqrt((z**2).sum(axis=0) * (t**2).sum())
        strength = np.abs(t @ z) / np.where(size > 0, size, 1)
        keep = np.argsort(-strength, kind="stable")[:k]
        distance = ((X[test][:, None, keep] - X[train][:, keep]) ** 2).sum(axis=2)
        wrong += (y[train][distance.argmin(axis=1)] != y[test]).sum()
    return float(wrong / len(y))
    ### END SOLUTION


# %% [markdown] hint="screened_error"
# Write the loop over folds first. Everything, the correlations included, stands inside it and sees `X[fold != f]` and `y[fold != f]` only.

# %% [markdown] hint="screened_error"
# `np.argsort(-strength, kind="stable")[:k]` gives the columns. For the neighbours, build a table of squared distances with one row for each test row and take `argmin(axis=1)`.

# %% test="screened_error" name="value" points=3
"""Pure noise, the example, then tables in which a few columns matter and many are noise."""
before = "the columns are chosen on all rows, before the split; choose them in each fold, from the other folds"
signed = "only positive correlations count here; a strong negative one is as good"
unscreened = "all columns are used, the k chosen ones are not"
trained = "the rows are scored on the folds they were trained on"
rng = np.random.default_rng(70)
noise, ill, folds_of = rng.normal(size=(40, 800)), rng.permutation(np.repeat([0, 1], 20)), np.arange(40) % 5
checks.between(
    screened_error(noise, ill, 30, folds_of),
    0.35,
    0.75,
    "the error on 800 columns of pure noise",
    mistakes={before: (0.01, 0.3), trained: (-0.001, 0.001)},
)
checks.close(
    screened_error([[1, 8], [2, 2], [3, 9], [9, 1], [8, 7], [7, 3]], [0, 0, 0, 1, 1, 1], 1, [0, 1, 2, 0, 1, 2]),
    1 / 3,
    "the example",
    mistakes={signed: 0.0, unscreened: 1 / 6, "this is the share of right labels; the error is the share of wrong ones": 2 / 3},
)
### BEGIN HIDDEN TESTS


def by_hand(X, y, k, fold, choose_on_all=False, absolute=True, screen=True, scaled=True, by_fold=False):
    wrong = np.zeros(len(y))
    for i in range(len(y)):
        near = [j for j in range(len(y)) if fold[j] != fold[i]]
        seen = list(range(len(y))) if choose_on_all else near
        corr = (np.corrcoef if scaled else np.cov)(X[seen].T, y[seen])[-1, :-1]
        keep = np.argsort(-(abs(corr) if absolute else corr), kind="stable")[: k if screen else X.shape[1]]
        wrong[i] = y[min(near, key=lambda j: ((X[j, keep] - X[i, keep]) ** 2).sum())] != y[i]
    return np.mean([wrong[fold == f].mean() for f in np.unique(fold)]) if by_fold else wrong.mean()


for seed, k, jump in ((71, 2, 0), (72, 3, 0), (73, 1, 50)):
    rng = np.random.default_rng(seed)
    y, fold = rng.permutation(np.repeat([0, 1], [16, 14])), rng.permutation(np.arange(30) % 4)
    X = rng.normal(size=(30, 12))
    X[:, 3] -= 1.6 * y
    X[fold == 2, 3] += jump
    X[:, 7] *= 30
    checks.close(
        screened_error(X, y, k, fold),
        by_hand(X, y, k, fold),
        f"30 rows, 12 columns, k = {k}",
        mistakes={
            before: by_hand(X, y, k, fold, choose_on_all=True),
            signed: by_hand(X, y, k, fold, absolute=False),
            unscreened: by_hand(X, y, k, fold, screen=False),
            trained: 0.0,
            "this picks by covariance, so the column with the largest unit wins; divide by both spreads": by_hand(X, y, k, fold, scaled=False),
            "this is the mean of the error rates of the folds; count the wrong labels of all rows (folds differ in size)": by_hand(X, y, k, fold, by_fold=True),
        },
    )
### END HIDDEN TESTS

# %% test="screened_error" name="honest" points=2
"""On pure noise the error is about one half, not near zero; with a real signal it is low."""
### BEGIN HIDDEN TESTS
errors, real = [], []
for seed in range(20):
    rng = np.random.default_rng(800 + seed)
    noise, ill = rng.normal(size=(50, 1_000)), rng.permutation(np.repeat([0, 1], 25))
    errors.append(screened_error(noise, ill, 30, np.arange(50) % 5))
    noise[:, 5] += 6 * ill
    real.append(screened_error(noise, ill, 1, np.arange(50) % 5))
message = "the columns are chosen on all rows, before the split; choose them in each fold, from the other folds"
checks.between(np.mean(errors), 0.42, 0.64, "the mean error in 20 tables of pure noise", mistakes={message: (0, 0.2)})
checks.between(np.mean(real), 0, 0.03, "the mean error in 20 tables with one column that tells")
### END HIDDEN TESTS

# %% test="screened_error" name="edges" points=1
"""Constant columns, ties, folds with other numbers, and bad input."""
### BEGIN HIDDEN TESTS
X, y = np.array([[5.0, 1], [5, 2], [5, 8], [5, 9]]), np.array([0, 0, 1, 1])
checks.close(screened_error(X, y, 1, [7, 3, 7, 3]), 0, "a constant column and folds named 3 and 7")
checks.close(screened_error([[1, 1], [4, 4], [2, 2], [5, 5]], y, 2, [0, 1, 1, 0]), 1.0, "four rows on a line, two folds")
tied = np.array([[0.0, 3], [2, 9], [0, 7], [2, 1], [1, 5]])
checks.close(screened_error(tied, [0, 1, 0, 1, 0], 1, [0, 0, 0, 0, 1]), 0.4, "a row half-way between two others: the lower row number wins")
checks.raises(ValueError, screened_error, X, y[:3], 1, [0, 1, 0, 1], what="three labels for four rows")
checks.raises(ValueError, screened_error, X, y, 3, [0, 1, 0, 1], what="k above the number of columns")
checks.raises(ValueError, screened_error, X, y, 0, [0, 1, 0, 1], what="k of 0")
checks.raises(ValueError, screened_error, X, y, 1, [2, 2, 2, 2], what="a single fold")
### END HIDDEN TESTS

# %% [markdown] explain="screened_error"
# With 5,000 noise columns and 50 rows, some hundred correlate well with the labels by chance, test labels included. Chosen on all rows, they carry the test labels into the model, and the nearest neighbour reads them off.
# Filters that never look at the target (constant columns, correlated pairs) do little harm outside the folds. Selection that does look at it is part of the fit.

# %% [markdown]
# > **In the interview.** *"500 features are left after the cheap filters. How do you select with a model?"*
# > **In 30 seconds:** I train LightGBM with regularised trees and look at gain, or better at permutation importance on unseen rows, with a planted noise column as the bar. For a linear model I let L1 zero out coefficients on scaled columns. If I can afford the fits, recursive elimination, because near copies share their weight. All of it inside the cross-validation folds. Where decisions must be explained, in finance or healthcare, I take fewer columns that a specialist would choose, and say what that costs in AUC.
# > **They ask next:** why does a random id rank high in `feature_importances_`? (many values, importance counted on training rows). Two copies of the best column: what do forest, Lasso and ridge do? (share; pick one, arbitrarily; share). Is the chosen set stable? (repeat on bootstrap samples and count how often each column is chosen). How many fits does RFE from 500 to 20 take? (480 per fold, one column at a time).
# > **Red flags:** selecting on all rows and cross-validating after; importance read as cause and effect; L1 without scaling; "RFE finds the best subset".

# %% [markdown]
# ## Class imbalance: what accuracy hides
#
# Fraud, churn, a tool call that goes wrong: what you look for is rare. Start with a class that is not rare yet. Of 30,000 credit-card customers in Taiwan (2005), 22.7 % paid late in September.
# The locked cell fits a logistic regression on a third of them, with what was known in April: late or not, the bill, the age. It keeps scores for the other two thirds, a *validation* and a *test* part.
#
# To get a rare class, it also thins the test part: all who paid on time stay, and just enough late payers that they are 2 %. The model is the same, and so are the scores of the rows that stay.

# %% locked="late_payers"
cards = datasets.causal("credit_cards")
bill = cards["BillApril"]
card_columns = np.column_stack([cards["LateApril"], np.sign(bill) * np.log1p(bill.abs()), bill <= 0, cards["AGE"] / 10, (cards["AGE"] / 10) ** 2]).astype(float)
card_rows = np.random.default_rng(0).permutation(len(cards))
card_model = LogisticRegression(max_iter=1000).fit(card_columns[card_rows[:10_000]], cards["LateSept"].to_numpy()[card_rows[:10_000]])
late = pd.DataFrame({"late": cards["LateSept"].to_numpy(int), "score": card_model.predict_proba(card_columns)[:, 1]})
late_valid, late_test = late.iloc[card_rows[10_000:20_000]], late.iloc[card_rows[20_000:]]
on_time = late_test[late_test["late"] == 0]
late_rare = pd.concat([on_time, late_test[late_test["late"] == 1].iloc[: round(len(on_time) * 0.02 / 0.98)]])

# %% collapsed=true
fig, axes = plt.subplots(1, 2, figsize=(9, 3.2), layout="constrained")
for part, colour, name in [(late_test, "C0", "all"), (late_rare, "C1", "thinned")]:
    false_alarms, found, _ = roc_curve(part["late"], part["score"])
    axes[0].plot(
        false_alarms, found, color=colour, label=f"{name}, {100 * part['late'].mean():.1f} % late: area {roc_auc_score(part['late'], part['score']):.2f}"
    )
    precision, found, _ = precision_recall_curve(part["late"], part["score"])
    axes[1].plot(
        found[:-1],
        precision[:-1],
        color=colour,
        label=f"{name}, {100 * part['late'].mean():.1f} % late: area {average_precision_score(part['late'], part['score']):.2f}",
    )
    axes[1].axhline(part["late"].mean(), color=colour, ls=":", lw=1)
axes[0].plot([0, 1], [0, 1], color="0.6", ls=":", lw=1)
axes[0].set(xlabel="false alarms / all on time", ylabel="found / all late (recall)", title="ROC: rarity hardly shows")
axes[1].set(xlabel="recall", ylabel="precision", ylim=(0, 1), title="Precision and recall: it does")
axes[0].legend(frameon=False, loc="lower right", fontsize=9)
axes[1].legend(frameon=False, loc="upper right", fontsize=9)
fig.suptitle("The same model and scores; dotted: random scores", fontsize=11)
plt.show()

# %% [markdown]
# Both curves walk down the scores. ROC divides false alarms by *all who paid on time*, and with so many of them it never looks bad. Precision divides by *those you flag*: it is what the people feel who work through your list.
# (The two ROC curves differ by chance only: with 158 late payers the area has a standard error of about 0.02.)
# Random scores have ROC-AUC 0.5, but PR-AUC equal to the rate of the class. So a PR-AUC means nothing until you say the rate beside it.
#
# And accuracy? On the thinned part, compare the model with a constant "never late". $\text{G-mean} = \sqrt{\text{recall} \cdot \text{specificity}}$, where specificity is the share of the on-time payers that are left alone.

# %% collapsed=true
comparison = {}
for name, flagged in [("never late", np.zeros(len(late_rare), bool)), ("model, flag from 0.5", (late_rare["score"] >= 0.5).to_numpy())]:
    truth = late_rare["late"].to_numpy() == 1
    recall, specificity = flagged[truth].mean(), (~flagged[~truth]).mean()
    precision = truth[flagged].mean() if flagged.any() else 0
    comparison[name] = {
        "accuracy": (flagged == truth).mean(),
        "precision": precision,
        "recall": recall,
        "F1": f1_score(truth, flagged, zero_division=0),
        "G-mean": np.sqrt(recall * specificity),
    }
pd.DataFrame(comparison).T.round(3)

# %% [markdown]
# "Never late" wins on accuracy and finds nobody. That is the *accuracy paradox*: with 2 % positives, 98 % is the score of doing nothing. So choose another metric, **always**:
#
# | metric | question | watch out |
# |---|---|---|
# | precision, recall | how many of the flagged are late; how many of the late are flagged | each is easy alone |
# | F1 | both at once, at one threshold | ignores the on-time payers left alone; depends on the threshold |
# | G-mean | are *both* classes found? | blind to precision: hides how many false alarms a rare class brings |
# | PR-AUC | does the ranking put the rare class on top, over all thresholds? | its baseline is the rate |
# | ROC-AUC | does a late payer score higher than an on-time one? | flatters when the class is rare |

# %% [markdown] statement="imbalance_metrics" level="core"
# ### `imbalance_metrics`: seven numbers, one of them useless
#
# Write `imbalance_metrics(labels, scores, threshold=0.5)`: `labels` are 0 or 1 (1 is the rare class), a row is flagged when its score is **at or above** the threshold. Return a dict with `"accuracy"` (the useless one), `"precision"`, `"recall"`, `"f1"`, `"g_mean"`, `"pr_auc"` and `"roc_auc"`, not rounded.
# Precision and F1 are 0 when nothing is flagged. `"pr_auc"` is average precision. Go down the distinct scores $t_1 > t_2 > \dots$; $P_i$, $R_i$ are precision and recall when you flag all from $t_i$ up, $R_0 = 0$. Rows with the same score enter in one step:
# $$\text{PR-AUC} = \sum_i (R_i - R_{i-1})\,P_i$$
# `"roc_auc"` is the share of pairs (a 1, a 0) in which the 1 has the higher score; equal scores count one half.
# Raise `ValueError` when the lengths differ, when a label is neither 0 nor 1, or when one of the two classes is missing.
#
# Example: labels `[0, 0, 0, 1, 0, 1, 0, 0, 0, 1]`, scores `[0.1, 0.2, 0.3, 0.35, 0.4, 0.5, 0.5, 0.6, 0.7, 0.9]` give accuracy 0.6, precision 0.4, recall 0.6667, F1 0.5, G-mean 0.6172, PR-AUC 0.6095, ROC-AUC 0.6905 (rounded here).


# %% solution="imbalance_metrics"
def imbalance_metrics(labels: ArrayLike, scores: ArrayLike, threshold: float = 0.5) -> dict[str, float]:
    """Metrics of a binary classifier at a threshold, and two areas over all thresholds.

    labels, scores: shape (n,); labels 0 or 1. Returns {"accuracy", "precision", "recall", "f1", "g_mean", "pr_auc", "roc_auc"}.
    """
    ### BEGIN SOLUTION
    y, s = np.asarray(labels), np.asarray(scores, dtype=float)
    if y.shape != s.shape or set(y.tolist()) != {0, 1}:
        raise ValueError("as many scores as labels, and labels 0 and 1, both of them")
    positives, negatives = int((y == 1).sum()), int((y == 0).sum())
    flagged = s >= threshold
    tp, fp = int((flagged & (y == 1)).sum()), int((flagged & (y == 0)).sum())
    recall, specificity = tp / positives, 1 - fp / negatives
    _, step = np.unique(-s, return_inverse=True)
    found, taken = np.bincount(step, weights=y), np.bincount(step)
    pr_auc = (found / positives * found.cumsum() / taken.cumsum()).sum()
    rank_sum = stats.rankdata(s)[y == 1].sum()
    return {
        "accuracy": (tp + negatives - fp) / y.size,
        "precision": tp / (tp + fp) if tp + fp else 0.0,
        "recall": recall,
        "f1": 2 * tp / (tp + fp + positives),
        "g_mean": float(np.sqrt(recall * specificity)),
        "pr_auc": float(pr_auc),
        "roc_auc": float((rank_sum - positives * (positives + 1) / 2) / (positives * negatives)),
    }
    ### END SOLUTION


# %% [markdown] hint="imbalance_metrics"
# Four counts give the first five: flagged and 1, flagged and 0, left alone and 1, left alone and 0. G-mean multiplies the share found of each class.

# %% [markdown] hint="imbalance_metrics"
# For PR-AUC, `np.unique(-scores, return_inverse=True)` numbers the distinct scores from the highest down. `np.bincount` then counts rows and ones in each step, and `cumsum` adds them up.

# %% [markdown] hint="imbalance_metrics"
# Libraries have both areas: `average_precision_score` (not `auc` of the curve, which draws straight lines between the points) and `roc_auc_score` (give it the scores, not the flags).

# %% test="imbalance_metrics" name="value" points=2
"""Seven metrics: on the example, then on customers of the real table."""
example = imbalance_metrics([0, 0, 0, 1, 0, 1, 0, 0, 0, 1], [0.1, 0.2, 0.3, 0.35, 0.4, 0.5, 0.5, 0.6, 0.7, 0.9])
checks.record(
    example,
    {"accuracy": 0.6, "precision": 0.4, "recall": 2 / 3, "f1": 0.5, "g_mean": 0.617213400, "pr_auc": 0.609523810, "roc_auc": 0.690476190},
    "the example",
    mistakes={
        "flag at or above the threshold, not only above it": {"recall": 1 / 3},
        "precision and recall are swapped": {"precision": 2 / 3, "recall": 0.4},
        "this is the root of precision times recall; G-mean takes recall and specificity": {"g_mean": 0.516397779},
        "this is the mean of recall and specificity; G-mean is the root of their product": {"g_mean": 0.619047619},
        "this is the plain mean of precision and recall; F1 is the harmonic one": {"f1": 0.533333333},
        "straight lines between the points of the curve (trapezoids) are not average precision": {"pr_auc": 0.582539683},
        "rows with the same score must enter in one step, whatever their order": {"pr_auc": 0.642857143},
        "ROC-AUC is computed from flags; give it the scores": {"roc_auc": 0.619047619},
        "equal scores count one half in ROC-AUC": {"roc_auc": 0.666666667},
        "equal scores count one half in ROC-AUC, not one": {"roc_auc": 0.714285714},
    },
)
### BEGIN HIDDEN TESTS


def mistakes_of(y, s, t):
    flag, above = s >= t, s > t
    p, r, spec = y[flag].mean(), flag[y == 1].mean(), (~flag[y == 0]).mean()
    precision, recall, _ = precision_recall_curve(y, s)
    order = np.argsort(-s, kind="stable")
    in_order = (y[order] * y[order].cumsum() / np.arange(1, y.size + 1)).sum() / y.sum()
    backwards = np.argsort(s, kind="stable")[::-1]
    reverse = (y[backwards] * y[backwards].cumsum() / np.arange(1, y.size + 1)).sum() / y.sum()
    pairs = s[y == 1][:, None] - s[y == 0]
    return {
        "flag at or above the threshold, not only above it": {"recall": above[y == 1].mean()},
        "precision and recall are swapped": {"precision": r, "recall": p},
        "this is the root of precision times recall; G-mean takes recall and specificity": {"g_mean": np.sqrt(p * r)},
        "this is the mean of recall and specificity; G-mean is the root of their product": {"g_mean": (r + spec) / 2},
        "this is the plain mean of precision and recall; F1 is the harmonic one": {"f1": (p + r) / 2},
        "straight lines between the points of the curve (trapezoids) are not average precision": {"pr_auc": -np.trapezoid(precision, recall)},
        "rows with the same score must enter in one step": {"pr_auc": in_order},
        "rows with the same score must enter in one step, whatever their order": {"pr_auc": reverse},
        "ROC-AUC is computed from flags; give it the scores": {"roc_auc": (r + spec) / 2},
        "equal scores count one half in ROC-AUC": {"roc_auc": (pairs > 0).mean()},
        "equal scores count one half in ROC-AUC, not one": {"roc_auc": (pairs >= 0).mean()},
    }


for name, part, threshold in [("800 customers, scores to two digits", late_valid[:800].round(2), 0.3), ("the thinned part", late_rare[::2].round(2), 0.57)]:
    y, s = part["late"].to_numpy(), part["score"].to_numpy()
    flag = s >= threshold
    expected = {
        "accuracy": (flag == y).mean(),
        "precision": y[flag].mean(),
        "recall": flag[y == 1].mean(),
        "f1": f1_score(y, flag),
        "g_mean": np.sqrt(flag[y == 1].mean() * (~flag[y == 0]).mean()),
        "pr_auc": average_precision_score(y, s),
        "roc_auc": roc_auc_score(y, s),
    }
    checks.record(imbalance_metrics(y, s, threshold), expected, name, mistakes=mistakes_of(y, s, threshold))
### END HIDDEN TESTS

# %% test="imbalance_metrics" name="paradox" points=1
"""A model that says "never": right in 19 of 20 cases and worth nothing; and a model whose scores are all alike."""
never = imbalance_metrics([0] * 19 + [1], [0.01] * 20)
checks.record(
    never,
    {"accuracy": 0.95, "precision": 0.0, "recall": 0.0, "f1": 0.0, "g_mean": 0.0, "pr_auc": 0.05, "roc_auc": 0.5},
    "always negative, equal scores",
    mistakes={
        "with nothing flagged 0 / 0 gives nan; the statement asks for 0": {"precision": float("nan")},
        "with nothing flagged, precision is 0 here, not 1": {"precision": 1.0},
        "equal scores are one step: their PR-AUC is the rate of the class": {"pr_auc": 1.0},
        "trapezoids make a useless model look good; use average precision": {"pr_auc": 0.525},
    },
)
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(3)
labels = rng.permutation([1] * 8 + [0] * 392)
alike = imbalance_metrics(labels, np.full(400, 0.7))
checks.record(alike, {"accuracy": 0.02, "recall": 1.0, "g_mean": 0.0, "pr_auc": 0.02, "roc_auc": 0.5}, "everybody flagged")
mixed = imbalance_metrics(labels, rng.integers(0, 3, 400) / 10)
checks.record(mixed, {"accuracy": 0.98, "precision": 0.0, "f1": 0.0}, "three values of scores, all below the threshold")
### END HIDDEN TESTS

# %% test="imbalance_metrics" name="edges" points=1
"""The order of the rows does not matter, a perfect ranking is 1, and unusable input is refused."""
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(8)
y, s = (rng.random(120) < 0.2).astype(int), rng.integers(0, 9, 120) / 8
for name, order in [("rows in random order", rng.permutation(120)), ("ones first", np.argsort(-y, kind="stable")), ("ones last", np.argsort(y, kind="stable"))]:
    checks.record(imbalance_metrics(y[order], s[order]), {"pr_auc": average_precision_score(y, s), "roc_auc": roc_auc_score(y, s)}, name)
checks.record(
    imbalance_metrics([1, 0, 0], [3.5, -1.0, 0.2], 2), {"pr_auc": 1.0, "roc_auc": 1.0, "f1": 1.0}, "a perfect ranking, scores that are no probabilities"
)
checks.raises(ValueError, imbalance_metrics, [0, 1, 0], [0.2, 0.3], what="three labels and two scores")
checks.raises(ValueError, imbalance_metrics, [0, 0, 0], [0.2, 0.3, 0.4], what="no positive")
checks.raises(ValueError, imbalance_metrics, [1, 1], [0.2, 0.3], what="no negative")
checks.raises(ValueError, imbalance_metrics, [0, 1, 2], [0.2, 0.3, 0.4], what="a label of 2")
### END HIDDEN TESTS

# %% [markdown] explain="imbalance_metrics"
# Average precision is a step function: you can't flag half of the rows that share a score, so there is no precision between two points of the curve. A trapezoid draws one anyway; Davis and Goadrich (2006) show that straight lines are too optimistic in this plane.
# The constant model shows it best: its true PR-AUC is the rate, 0.05, and the trapezoid says 0.525. ROC-AUC is the Mann-Whitney statistic divided by the number of pairs, so `scipy.stats.rankdata`, which shares ranks among ties, gives it in one line.
#
# `f1_score` in scikit-learn warns when nothing is flagged and returns 0. `imblearn.metrics.geometric_mean_score` gives the G-mean. Write down which class is 1: all of these but accuracy, G-mean and ROC-AUC change when you swap the classes.

# %% [markdown]
# > **In the interview.** *"2 % of the cases are positive. Which metric?"*
# > **In 30 seconds:** not accuracy: "never" scores 98 %. For the ranking I take PR-AUC and say the rate beside it, because that is what random scores reach. For the decision I take what it costs: money per case, or recall at the number of cases that people can check, or F-beta if nobody knows the costs. ROC-AUC I report to compare periods with different rates, since it does not depend on the rate.
# > **They ask next:** what does ROC-AUC 0.5 mean, and PR-AUC 0.02? (Random, both, at a rate of 2 %.) Why average precision and not a trapezoid? (You can't flag half of those who share a score; straight lines are too optimistic.) F1 of 0.3: good or bad? (Depends on the rate and the threshold; compare with the best trivial rule.) How sure are you with 50 positives? (Bootstrap the rows; the interval is wide.)
# > **Red flags:** accuracy; a PR-AUC compared across data sets with different rates; ROC-AUC computed from flags; G-mean as the only number when false alarms cost money.

# %% [markdown]
# ## Move the threshold first
#
# A model that gives probabilities has done its work. What it *decides* is up to you, and 0.5 is only a habit: where a class is rare, hardly any true probability gets there (with the payments of the next section you can see it). So the first remedy costs nothing and touches no data: choose the threshold.
#
# What is best depends on the price of the two errors. $F_\beta$ states it roughly ($\beta = 2$: recall matters more). Money states it exactly: a call to a customer who would have paid costs 1, a late payer whom you never called costs 5.

# %% collapsed=true
truth, scores = late_valid["late"].to_numpy(), late_valid["score"].to_numpy()
grid = np.linspace(0.1, 0.7, 121)
true_flags = np.array([(truth[scores >= t] == 1).sum() for t in grid])
false_flags = np.array([(truth[scores >= t] == 0).sum() for t in grid])
fig, axes = plt.subplots(1, 2, figsize=(9, 3), layout="constrained")
for beta, colour in [(0.5, "C0"), (1, "C1"), (2, "C2")]:
    values = (1 + beta**2) * true_flags / (true_flags + false_flags + beta**2 * truth.sum())
    axes[0].plot(grid, values, color=colour, label=f"beta = {beta:g}")
    axes[0].plot(grid[values.argmax()], values.max(), "o", color=colour)
axes[0].set(xlabel="threshold", ylabel="F-beta", ylim=(0, 0.75), title="The more recall counts, the lower the best threshold")
axes[0].title.set_fontsize(11)
axes[0].legend(frameon=False, ncols=3, loc="upper right", fontsize=9)
axes[0].text(0.51, 0.55, "0.5", color="0.4")
cost = (false_flags + 5 * (truth.sum() - true_flags)) / truth.size
axes[1].plot(grid, cost, color="C3")
axes[1].plot(grid[cost.argmin()], cost.min(), "o", color="C3")
axes[1].axvline(1 / 6, color="0.5", ls=":")
axes[1].text(0.175, 1.06, "1 / (1 + 5)", color="0.4", va="top")
for ax in axes:
    ax.axvline(0.5, color="0.7", ls="--", lw=1)
axes[1].set(xlabel="threshold", ylabel="cost per customer", title="Misses cost 5: the best is near 1/6")
plt.show()

# %% [markdown]
# For $F_2$ it is best here to flag everybody (the dot stands at the edge of the grid): a round number such as $\beta = 2$ is not your price list, so use money where you can.
#
# The dotted line is theory (Elkan, 2001): if the scores are true probabilities, flag from $c_{fp} / (c_{fp} + c_{fn})$ up. Here the curve's own minimum sits right there; in other samples it wanders around, for it is found in noise.
#
# That noise has a consequence. A threshold is *fitted*, like a coefficient. The best one on the test rows looks better than it is; so choose it on validation rows and read the result on test rows, once.

# %% collapsed=true
rows = []
for seed in range(120):
    order = np.random.default_rng(seed).permutation(len(late_rare))
    parts = [late_rare.iloc[order[:2000]], late_rare.iloc[order[2000:4000]]]
    best = []
    for part in parts:
        precision, recall, cut = precision_recall_curve(part["late"], part["score"])
        f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
        best.append((cut[f1[:-1].argmax()], f1.max()))
    rows.append((best[1][1], f1_score(parts[1]["late"], parts[1]["score"] >= best[0][0])))
peeked, honest = np.array(rows).T
fig, ax = plt.subplots(figsize=(7, 2.8))
bins = np.linspace(0, 0.3, 31)
ax.hist(honest, bins=bins, color="C0", alpha=0.6, label=f"chosen on validation rows, mean {honest.mean():.3f}")
ax.hist(peeked, bins=bins, histtype="step", lw=2, color="C1", label=f"chosen on the test rows, mean {peeked.mean():.3f}")
ax.set(xlabel="F1 on 2,000 test rows, 2 % late", ylabel="splits (of 120)", title="A threshold chosen on the test rows reports an F1 that you won't get")
ax.legend(frameon=False, loc="upper right", fontsize=9)
ax.set_ylim(0, 24)
plt.show()

# %% [markdown] statement="best_threshold" level="core"
# ### `best_threshold`: move the threshold first
#
# Write `best_threshold(y_valid, s_valid, y_test, s_test, beta=1.0, costs=None)`. A row is flagged when its score is at or above $t$. Choose $t$ on the **validation** rows alone, then apply it to the test rows.
# Without `costs`, maximise $F_\beta$ (recall counts $\beta$ times as much as precision; 0 when there is nothing to count); with `costs=(c_fp, c_fn)`, minimise the cost per row, and `beta` plays no part:
# $$F_\beta = \frac{(1+\beta^2)\,TP}{(1+\beta^2)\,TP + \beta^2 FN + FP}, \qquad \text{cost} = \frac{c_{fp}\,FP + c_{fn}\,FN}{n}$$
# The candidates for $t$ are the scores of the validation rows, and infinity (flag nobody). Among equally good ones take the largest.
# Return a dict: `"threshold"`, `"valid"` and `"test"`, the metric ($F_\beta$, or cost per row) on either part, not rounded.
# Raise `ValueError` when labels and scores of a part differ in length, when the validation rows hold no 1, when `beta` is not positive, or when a cost is negative; all of this with and without `costs`. Neither part is empty, labels are 0 or 1, and in the checks equally good thresholds are exactly equal.
#
# Example: `best_threshold([0, 0, 1, 0, 1], [0.1, 0.2, 0.3, 0.4, 0.8], [0, 1, 0, 1], [0.1, 0.25, 0.35, 0.9])` gives threshold 0.3, valid 0.8, test 0.5.


# %% solution="best_threshold"
def best_threshold(
    y_valid: ArrayLike, s_valid: ArrayLike, y_test: ArrayLike, s_test: ArrayLike, beta: float = 1.0, costs: tuple[float, float] | None = None
) -> dict[str, float]:
    """Threshold with the best F-beta (or the lowest cost per row) on validation rows, and what it gives on test rows.

    y_*: labels 0 or 1; s_*: scores; costs: (of a false positive, of a false negative). Returns {"threshold", "valid", "test"}.
    """
    ### BEGIN SOLUTION
    parts = [(np.asarray(y), np.asarray(s, dtype=float)) for y, s in [(y_valid, s_valid), (y_test, s_test)]]
    if any(y.shape != s.shape for y, s in parts) or not (parts[0][0] == 1).any():
        raise ValueError("as many scores as labels, and a positive among the validation rows")
    if beta <= 0 or (costs is not None and min(costs) < 0):
        raise ValueError("beta is positive, costs are not negative")

    def metric(y, s, t):
        flagged = s >= t
        tp, fp, fn = (flagged & (y == 1)).sum(), (flagged & (y == 0)).sum(), (~flagged & (y == 1)).sum()
        if costs is not None:
            return float((costs[0] * fp + costs[1] * fn) / y.size)
        whole = (1 + beta**2) * tp + beta**2 * fn + fp
        return float((1 + beta**2) * tp / whole) if whole else 0.0

    candidates = [np.inf, *np.unique(parts[0][1])[::-1]]
    sign = 1 if costs is None else -1
    best = max(candidates, key=lambda t: sign * metric(*parts[0], t))
    return {"threshold": float(best), "valid": metric(*parts[0], best), "test": metric(*parts[1], best)}
    ### END SOLUTION


# %% [markdown] hint="best_threshold"
# Write one inner function that gives the metric for labels, scores and a threshold. Everything else calls it.

# %% [markdown] hint="best_threshold"
# Try `float("inf")` first, then the validation scores from the highest down, and keep a new one only if it is strictly better. So the largest of equals wins.

# %% [markdown] hint="best_threshold"
# The test rows come in at one place only: in the last line, with the threshold already chosen.

# %% test="best_threshold" name="f_beta" points=2
"""The threshold with the best F-beta: on the example, then on customers of the real table."""
example = ([0, 0, 1, 0, 1], [0.1, 0.2, 0.3, 0.4, 0.8], [0, 1, 0, 1], [0.1, 0.25, 0.35, 0.9])
checks.record(
    best_threshold(*example),
    {"threshold": 0.3, "valid": 0.8, "test": 0.5},
    "the example",
    mistakes={
        "this threshold is chosen on the test rows": {"threshold": 0.25},
        "this threshold is the best for the test rows and the validation rows together": {"threshold": 0.25, "test": 0.8},
        "this is the habit of 0.5; try the validation scores as thresholds": {"threshold": 0.5},
        "a score equal to the threshold is flagged; yours is left alone": {"threshold": 0.2},
        '"test" is the metric of the test rows, not of the validation rows': {"test": 0.8},
    },
)
### BEGIN HIDDEN TESTS


def values_of(y, s, cuts, beta):
    return np.array([(1 + beta**2) * y[s >= t].sum() / max((s >= t).sum() + beta**2 * y.sum(), 1e-300) for t in cuts])


for beta, first in [(1.0, 0), (2.0, 1000), (0.5, 3000)]:
    valid, test = late_valid.iloc[first : first + 200], late_test.iloc[first : first + 200]
    y, s, yt, st = valid["late"].to_numpy(), valid["score"].to_numpy(), test["late"].to_numpy(), test["score"].to_numpy()
    cuts, test_cuts = np.unique(s), np.unique(st)
    quality = values_of(y, s, cuts, beta)
    t = cuts[quality.argmax()]
    grid = np.arange(101) / 100
    on_grid = values_of(y, s, grid[::-1], beta)
    peeked, swapped = test_cuts[values_of(yt, st, test_cuts, beta).argmax()], cuts[values_of(y, s, cuts, 1 / beta).argmax()]
    plain = cuts[values_of(y, s, cuts, 1.0).argmax()]
    wrong = {
        "this threshold is chosen on the test rows": {"threshold": peeked},
        "this is the habit of 0.5; try the validation scores as thresholds": {"threshold": 0.5},
        "a score equal to the threshold is flagged; yours is left alone": {"threshold": cuts[quality.argmax() - 1]},
        '"test" is the metric of the test rows, not of the validation rows': {"test": quality.max()},
        "this searches a grid of round numbers; the candidates are the validation scores": {"threshold": grid[on_grid[::-1].argmax()]},
        "this searches a grid of round numbers; the candidates are the scores of the validation rows": {"threshold": grid[::-1][on_grid.argmax()]},
    }
    if beta != 1:
        wrong |= {
            "beta is on the wrong side: a large beta favours recall": {"threshold": swapped},
            "beta is not used: this is the threshold for F1": {"threshold": plain},
        }
    expected = {"threshold": t, "valid": quality.max(), "test": values_of(yt, st, [t], beta)[0]}
    checks.record(best_threshold(y, s, yt, st, beta), expected, f"200 and 200 customers, beta {beta:g}", mistakes=wrong)
### END HIDDEN TESTS

# %% test="best_threshold" name="cost" points=2
"""The threshold with the lowest cost per row: on the example, then for dear misses and for dear alarms."""
example = ([0, 0, 1, 0, 1], [0.1, 0.2, 0.3, 0.4, 0.8], [0, 1, 0, 1], [0.1, 0.25, 0.35, 0.9])
checks.record(
    best_threshold(*example, costs=(1, 5)),
    {"threshold": 0.3, "valid": 0.2, "test": 1.5},
    "the example with costs 1 and 5",
    mistakes={
        "the two costs are swapped: first comes that of a false positive": {"threshold": 0.8},
        "this maximises the cost; it should be as low as possible": {"threshold": float("inf")},
        "this is the total; the cost per row is asked for": {"valid": 1.0},
        "with costs given, F-beta plays no part": {"valid": 0.8},
    },
)
### BEGIN HIDDEN TESTS


def cost_of(y, s, t, costs):
    return (costs[0] * ((s >= t) & (y == 0)).sum() + costs[1] * ((s < t) & (y == 1)).sum()) / y.size


for costs, first in [((1, 5.3), 0), ((2.1, 13), 1500), ((1, 2.2), 2500)]:
    valid, test = late_valid.iloc[first : first + 200], late_test.iloc[first : first + 180]
    y, s, yt, st = valid["late"].to_numpy(), valid["score"].to_numpy(), test["late"].to_numpy(), test["score"].to_numpy()
    cuts, test_cuts = [np.inf, *np.unique(s)[::-1]], [np.inf, *np.unique(st)[::-1]]
    t = min(cuts, key=lambda c: cost_of(y, s, c, costs))
    expected = {"threshold": t, "valid": cost_of(y, s, t, costs), "test": cost_of(yt, st, t, costs)}
    wrong = {
        "the two costs are swapped: first comes that of a false positive": {"threshold": min(cuts, key=lambda c: cost_of(y, s, c, costs[::-1]))},
        "this threshold is chosen on the test rows": {"threshold": min(test_cuts, key=lambda c: cost_of(yt, st, c, costs))},
        "this is the habit of 0.5; try the validation scores as thresholds": {"threshold": 0.5},
        "this is the theory for perfect probabilities; the statement asks for the best validation score": {"threshold": costs[0] / sum(costs)},
        "this is the total; the cost per row is asked for": {"valid": expected["valid"] * y.size},
    }
    checks.record(best_threshold(y, s, yt, st, costs=costs), expected, f"200 and 180 customers, costs {costs[0]} and {costs[1]}", mistakes=wrong)
### END HIDDEN TESTS

# %% test="best_threshold" name="edges" points=1
"""Ties, nobody worth flagging, a test part without positives, and unusable input."""
ties = best_threshold([1, 0, 1, 0], [0.9, 0.7, 0.5, 0.2], [1, 0], [0.6, 0.1], costs=(1, 1))
checks.record(
    ties,
    {"threshold": 0.9, "valid": 0.25, "test": 0.5},
    "two thresholds with the same cost",
    mistakes={
        "among equally good thresholds take the largest": {"threshold": 0.5},
    },
)
nobody = best_threshold([0, 1, 0, 0], [0.9, 0.2, 0.5, 0.4], [1, 0], [0.95, 0.1], costs=(10, 1))
checks.record(
    nobody,
    {"threshold": float("inf"), "valid": 0.25, "test": 0.5},
    "alarms so dear that nobody is worth flagging",
    mistakes={
        "flagging nobody is a candidate, too": {"threshold": 0.2},
        "flagging nobody is a candidate, too; the highest score flags somebody": {"threshold": 0.9},
    },
)
### BEGIN HIDDEN TESTS
equal_scores = best_threshold([0, 1, 1, 0, 1], [0.4, 0.4, 0.4, 0.1, 0.7], [1, 1], [0.4, 0.1])
checks.record(equal_scores, {"threshold": 0.4, "valid": 6 / 7, "test": 2 / 3}, "equal scores on the threshold")
checks.record(
    best_threshold([0, 1], [0.2, 0.6], [0, 0], [0.1, 0.3]), {"threshold": 0.6, "valid": 1.0, "test": 0.0}, "no positive and none flagged in the test part"
)
checks.raises(ValueError, best_threshold, [0, 1], [0.2], [0, 1], [0.1, 0.2], what="two labels, one score")
checks.raises(ValueError, best_threshold, [0, 1], [0.2, 0.4], [0, 1], [0.1, 0.2, 0.3], what="two test labels, three scores")
checks.raises(ValueError, best_threshold, [0, 0], [0.2, 0.4], [0, 1], [0.1, 0.2], what="no positive among the validation rows")
checks.raises(ValueError, best_threshold, [0, 1], [0.2, 0.4], [0, 1], [0.1, 0.2], 0.0, what="a beta of 0")
checks.raises(ValueError, best_threshold, [0, 1], [0.2, 0.4], [0, 1], [0.1, 0.2], 1.0, (1, -5), what="a negative cost")
checks.raises(ValueError, best_threshold, [0, 1], [0.2, 0.4], [0, 1], [0.1, 0.2], -1.0, (1, 5), what="a negative beta, costs given")
checks.raises(ValueError, best_threshold, [0, 0], [0.2, 0.4], [0, 1], [0.1, 0.2], 1.0, (1, 5), what="no positive among the validation rows, costs given")
### END HIDDEN TESTS

# %% [markdown] explain="best_threshold"
# Between two neighbouring validation scores nothing changes, so the scores themselves are all the thresholds that matter; infinity adds "flag nobody", which can be cheapest. Sorting once and adding up (`cumsum`) does it in $n \log n$.
#
# The chosen threshold wanders from sample to sample much more than the cost that it reaches: near its minimum the cost curve is flat. So report the cost on fresh rows, and with calibrated scores and known costs prefer Elkan's $c_{fp}/(c_{fp}+c_{fn})$, which needs no fitting at all.
# scikit-learn's `TunedThresholdClassifierCV` does the same search with cross-validation inside the training part. Under a fixed capacity ("we can call 200 a day") the threshold is the score of the 200th customer.

# %% [markdown]
# > **In the interview.** *"Your model gives probabilities. Where do you cut?"*
# > **In 30 seconds:** I ask for the price of the two errors. If the scores are calibrated, the cut is $c_{fp} / (c_{fp} + c_{fn})$: with costs 1 and 5, flag from 1/6 up, and nothing is fitted. If they are not, or if only F-beta is given, I search the threshold on validation rows, "flag nobody" included, and read the result on test rows once. If people can work on 200 cases a day, the cut is the score of the 200th.
# > **They ask next:** why not 0.5? (Right only if both errors cost the same and the scores are calibrated.) Why is the best F1 on the test set too good? (The threshold was fitted there.) The rate doubles next year: what happens to your threshold? (With costs and recalibrated scores it stays; one fitted for F1 moves.) How stable is it? (The cut wanders much, the cost little: the curve is flat near its minimum.)
# > **Red flags:** 0.5 without a thought; tuning on the test rows; retraining with weights to get what moving a number would do.

# %% [markdown]
# ## Class weights
#
# The second remedy changes the training. Give each row a weight that makes the classes count alike: with 2 % positives, a positive row weighs 49 times a negative one. The loss sees the same as if you had copied the rare rows.
#
# To see what that does you need a world whose truth is known. The locked cell simulates payments at 2 % fraud: two features matter, and so does their product; two are noise. It returns the features, the labels and the *true* probabilities.


# %% locked="simulate_payments"
def simulate_payments(n: int, seed: int, intercept: float = -5.6) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features (n, 4), labels (n,), true fraud probabilities (n,). About 2 % fraud; 5 % with intercept -4.4."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(n, 4))
    logit = intercept + 1.2 * features[:, 0] + 0.9 * features[:, 1] + 0.7 * features[:, 0] * features[:, 1]
    truth = 1 / (1 + np.exp(-logit))
    return features, (rng.random(n) < truth).astype(int), truth


# %% collapsed=true
train_x, train_y, _ = simulate_payments(8_000, seed=1)
check_x, check_y, check_p = simulate_payments(8_000, seed=2)
plain_model = LogisticRegression(max_iter=1000).fit(train_x, train_y)
weighted_model = LogisticRegression(max_iter=1000, class_weight="balanced").fit(train_x, train_y)
plain_logit, weighted_logit = plain_model.decision_function(check_x), weighted_model.decision_function(check_x)
shift = np.log((train_y == 0).sum() / (train_y == 1).sum())
some = np.argsort(check_y[:2000], kind="stable")
fig, axes = plt.subplots(1, 2, figsize=(9, 3.2), layout="constrained")
axes[0].scatter(plain_logit[some], weighted_logit[some], s=5, c=np.where(check_y[some] == 1, "C1", "0.75"))
line = np.array([-15.5, 2])
axes[0].plot(line, line + shift, color="C0", label=f"plain + log(negatives / positives) = plain + {shift:.1f}")
axes[0].set(xlabel="log-odds, plain", ylabel="log-odds, class weights", title="Weights lift the log-odds by about 4")
axes[0].legend(frameon=False, fontsize=8, loc="upper left")
for values, colour, name in [(plain_logit, "C0", "plain"), (weighted_logit, "C1", "class weights")]:
    precision, recall, cut = precision_recall_curve(check_y, values)
    axes[1].plot(recall[:-1], precision[:-1], color=colour, lw=1, label=f"{name}, PR-AUC {average_precision_score(check_y, values):.2f}")
    place = np.searchsorted(cut, 0)
    axes[1].plot(recall[place], precision[place], "o", color=colour, ms=8)
axes[1].set(xlabel="recall", ylabel="precision", title="One curve; weights move the 0.5 (dot) along it")
axes[1].legend(frameon=False, fontsize=9)
plt.show()

# %% [markdown]
# For a model with probabilities, class weights are a threshold move in disguise: the ranking stays almost what it was (right), and in the middle the log-odds go up by about the log of the weight ratio (left). This model lacks the product of the two features, so the lift is larger at the bottom and smaller at the top; for a model that is right it is the same everywhere, up to sampling and penalty.
# But the probabilities no longer mean what they say, and all you got is what a comparison with a number would have given.
#
# Weights earn their place where no threshold can be moved, in a model that decides by a vote or a margin, and in rows that *really* count differently (a large payment against a small one).

# %% [markdown] statement="balanced_weights" level="core"
# ### `balanced_weights`: every class counts alike
#
# Write `balanced_weights(labels, classes)`: `labels` has $n$ entries (strings or whole numbers), `classes` lists every class that there could be, each once. Let $n_c$ be the rows of class $c$ and $K$ the number of classes that **do occur** in `labels`:
# $$w_c = \frac{n}{K\,n_c}$$
# A class that has no row gets weight 0. Return two things: a dict with the weight of every entry of `classes`, and the weights of the $n$ rows, in order. Don't round.
# Raise `ValueError` when there are no labels, and when a label is not in `classes`.
#
# Example: `balanced_weights(["ok", "ok", "fraud", "ok"], ["fraud", "ok", "dispute"])` gives `{"fraud": 2.0, "ok": 0.667, "dispute": 0.0}` (0.667 is 2/3) and the row weights 0.667, 0.667, 2, 0.667.


# %% solution="balanced_weights"
def balanced_weights(labels: ArrayLike, classes: ArrayLike) -> tuple[dict, np.ndarray]:
    """Weights that make every class that occurs count alike; the rows' weights have mean 1.

    labels: shape (n,); classes: all possible labels. Returns ({class: weight}, row weights of shape (n,)).
    """
    ### BEGIN SOLUTION
    rows, known = list(labels), list(classes)
    if not rows or not set(rows) <= set(known):
        raise ValueError("at least one label, and none that is not among the classes")
    counts = {c: rows.count(c) for c in known}
    occurring = sum(count > 0 for count in counts.values())
    weights = {c: len(rows) / (occurring * count) if count else 0.0 for c, count in counts.items()}
    return weights, np.array([weights[label] for label in rows])
    ### END SOLUTION


# %% [markdown] hint="balanced_weights"
# Count the rows of each class first (`collections.Counter`, or `list.count`). Which classes does $K$ count?

# %% [markdown] hint="balanced_weights"
# Check yourself: the row weights of each class that occurs add up to `n / K`, and all of them to `n`.

# %% test="balanced_weights" name="value" points=2
"""Weights of classes and rows: on the example, then for two and four classes."""
weights, rows = balanced_weights(["ok", "ok", "fraud", "ok"], ["fraud", "ok", "dispute"])
checks.record(
    weights,
    {"fraud": 2.0, "ok": 2 / 3, "dispute": 0.0},
    "the class weights of the example",
    mistakes={
        "this is one over the count; multiply by n / K so that rows weigh 1 on average": {"fraud": 1.0, "ok": 1 / 3},
        "the number of classes is left out: divide by K, too": {"fraud": 4.0, "ok": 4 / 3},
        "K counts only the classes that occur": {"fraud": 4 / 3, "ok": 4 / 9},
        "this is the share of the class; weights go the other way": {"fraud": 0.25, "ok": 0.75},
        "these weights add up to 1; the statement asks for n / (K n_c)": {"fraud": 0.75, "ok": 0.25},
    },
)
checks.array(rows, [2 / 3, 2 / 3, 2, 2 / 3], "the row weights of the example")
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(12)
for name, labels, classes in [
    ("fraud labels of 900 payments", simulate_payments(900, 31)[1], [0, 1]),
    ("four kinds of ticket", rng.choice(["bug", "billing", "abuse", "praise"], 200, p=[0.6, 0.25, 0.05, 0.1]), ["praise", "abuse", "bug", "billing"]),
]:
    n, k = len(labels), len(classes)
    count = {c: int((labels == c).sum()) for c in classes}
    weights, rows = balanced_weights(labels.tolist(), classes)
    expected = {c: n / (k * count[c]) for c in classes}
    total = sum(1 / m for m in count.values())
    checks.record(
        weights,
        expected,
        f"{name}, class weights",
        mistakes={
            "this is one over the count; multiply by n / K so that rows weigh 1 on average": {c: 1 / count[c] for c in classes},
            "the number of classes is left out: divide by K, too": {c: n / count[c] for c in classes},
            "these weights add up to 1; the statement asks for n / (K n_c)": {c: 1 / count[c] / total for c in classes},
            "only the rare class is weighted up; the frequent one is weighted down": {c: max(count.values()) / count[c] for c in classes},
        },
    )
    checks.array(rows, [expected[label] for label in labels.tolist()], f"{name}, row weights")
### END HIDDEN TESTS

# %% test="balanced_weights" name="edges" points=1
"""A class without rows, a single class, arrays, and unusable input."""
### BEGIN HIDDEN TESTS
weights, rows = balanced_weights(np.array([3, 3, 7, 3, 3, 7]), np.array([1, 3, 5, 7]))
checks.record(
    weights,
    {1: 0.0, 3: 0.75, 5: 0.0, 7: 1.5},
    "two of four classes have no row",
    mistakes={
        "K counts only the classes that occur": {3: 0.375, 7: 0.75},
        "a class without rows gets 0, not infinity": {1: float("inf")},
    },
)
checks.close(np.sum(rows), 6, "the sum of the row weights (it is n)")
weights, rows = balanced_weights(["a", "a", "a"], ["a", "b"])
checks.record(weights, {"a": 1.0, "b": 0.0}, "one class has all the rows")
checks.array(rows, [1, 1, 1], "the rows' weights when one class has them all")
checks.raises(ValueError, balanced_weights, [0, 1, 2], [0, 1], what="a label that is not among the classes")
checks.raises(ValueError, balanced_weights, [], [0, 1], what="no labels")
### END HIDDEN TESTS

# %% [markdown] explain="balanced_weights"
# scikit-learn's `class_weight="balanced"` is this formula. The factor $n/K$ looks idle, since it does not change the ratio of the classes, but it keeps the mean weight at 1: so the data term of the loss keeps its size against the penalty, and `C=1` means the same with and without weights.
# A plain $1/n_c$ shrinks the data term about $n$ times; the penalty wins, and the model goes flat.
#
# `compute_class_weight` raises when a class of the list has no row; in a fold or a stream a class can be absent, and a weight of infinity would poison a table of weights. Gradient boosting has `scale_pos_weight` (negatives over positives): the same ratio, with mean weight above 1.

# %% [markdown]
# > **In the interview.** *"How do you handle class imbalance?"*
# > **In 30 seconds:** first I ask what an error of either kind costs and choose the metric: PR-AUC for the ranking, cost or F-beta for the decision, never accuracy. Then I train on the data as they are and move the threshold on validation rows. Class weights come second, because they are one argument. Resampling has to beat that in cross-validation before I take it.
# > **They ask next:** what do class weights do to the probabilities? (Log-odds up by about the log of the weight ratio.) Why PR-AUC and not ROC-AUC? With calibrated scores, what is the best threshold for costs 1 and 5? (1/6.) What if only 200 cases a day can be checked?
# > **Red flags:** "98 % accuracy"; SMOTE as the first word; a threshold tuned on the test set; a PR-AUC without the rate beside it.

# %% [markdown]
# ## SMOTE: new rows between old ones
#
# Copying rare rows adds no information; a tree simply fences in each copy. SMOTE (Chawla and others, 2002) invents rows instead. Take a rare row, pick one of its $k$ nearest rare neighbours, and put the new row somewhere on the line between the two.

# %% collapsed=true
rng = np.random.default_rng(6)
rare = np.vstack([rng.normal([0, 0], [1.0, 0.5], (9, 2)), rng.normal([5, 2], [0.6, 0.6], (5, 2)), [[2.6, -1.6]]])
common = rng.normal([2.5, 1], [2.6, 1.6], (120, 2))
grown, grown_y = SMOTE(k_neighbors=3, random_state=0).fit_resample(np.vstack([common, rare]), [0] * 120 + [1] * 15)
invented = grown[135:]
fig, axes = plt.subplots(1, 2, figsize=(9, 3.2), layout="constrained")
axes[0].plot(*common.T, ".", color="0.8", ms=4, label="frequent")
distance = ((rare[:, None] - rare) ** 2).sum(axis=2)
for start, others in zip(rare, distance.argsort(axis=1)[:, 1:4], strict=True):
    for end in others:
        axes[0].plot(*zip(start, rare[end], strict=True), color="C0", lw=0.5, alpha=0.4, zorder=0)
axes[0].plot(*invented.T, ".", color="C1", ms=4, label="new")
axes[0].plot(*rare.T, "o", color="C0", ms=6, label="rare")
axes[0].set(xlabel="feature 1", ylabel="feature 2", title="New rows lie on lines; some cross the other class")
axes[0].legend(frameon=False, fontsize=9, loc="upper left", ncols=3)
axes[0].set_ylim(-3.6, 6.4)
small = np.column_stack([cards["LateApril"], cards["AGE"]]).astype(float)[late_rare.index]
bigger, bigger_y = SMOTE(random_state=0).fit_resample(small, late_rare["late"])
values = bigger[len(small) :, 0]
axes[1].hist(values, bins=np.linspace(0, 1, 21), color="C1")
axes[1].set(
    xlabel="late in April (0 or 1 for a real customer)",
    ylabel="invented customers",
    title=f"{100 * np.mean((values > 0) & (values < 1)):.0f} % of the invented are neither 0 nor 1",
)
plt.show()

# %% [markdown]
# Both pictures are warnings. The lone rare row at the bottom reaches for far neighbours: its lines (thin: each rare row and its three nearest) run through the frequent class. And a yes-or-no column gets values that no customer has (`SMOTENC` handles such columns).
#
# Distances need comparable columns, so scale first. You also need "some rows to interpolate from": with five rare rows and $k = 5$ there is nothing to do. Write it by hand once, and you know what it can't do.


# %% locked="segment_report"
def segment_report(X_minority: np.ndarray, new: np.ndarray, k: int) -> pd.DataFrame:
    """Where each new point lies: "neighbours" (between a row and one of its k nearest), "others" (between two more distant rows), "copy" (on a row), "box" or "outside".

    Returns one row per point: place, gap (distance from the nearer end, 0 to 0.5), pair (number of the unordered pair of rows).
    """
    X, new = np.asarray(X_minority, dtype=float), np.asarray(new, dtype=float)
    near = NearestNeighbors(n_neighbors=k + 1).fit(X).kneighbors(X, return_distance=False)
    first, second = np.triu_indices(len(X), 1)
    linked = np.array([j in near[i] or i in near[j] for i, j in zip(first, second, strict=True)])
    start, step = X[first], X[second] - X[first]
    at = ((new[:, None] - start) * step).sum(-1) / (step**2).sum(-1)
    off = np.abs(new[:, None] - start - np.clip(at, 0, 1)[..., None] * step).max(-1)
    on = off < 1e-7 * np.ptp(X)
    low, high = np.minimum(X[first], X[second]), np.maximum(X[first], X[second])
    boxed = ((new[:, None] >= low[linked] - 1e-9) & (new[:, None] <= high[linked] + 1e-9)).all(-1).any(-1)
    copy = (np.abs(new[:, None] - X).max(-1) < 1e-9 * np.ptp(X)).any(-1)
    conditions = [copy, (on & linked).any(-1), on.any(-1), boxed]
    place = np.select(conditions, ["copy", "neighbours", "others", "box"], "outside")
    pair = np.where(on & linked, off, np.inf).argmin(-1)
    part = at[np.arange(len(new)), pair]
    return pd.DataFrame({"place": place, "gap": np.minimum(part, 1 - part), "pair": pair})


# %% [markdown] statement="smote" level="stretch"
# ### `smote`: interpolate by hand
#
# Write `smote(X_minority, n_new, k, seed)`. `X_minority` has shape $(n, d)$ and holds the rare rows only. Return an array of shape `(n_new, d)`. For each new row, independently of the others (no row gets its turn):
#
# 1. draw a base row $x$ among the $n$ (each equally likely, with replacement);
# 2. draw a neighbour $z$, each equally likely, among the $k$ rows nearest to $x$ by Euclidean distance; a row is not its own neighbour;
# 3. draw **one** gap $u$, uniform between 0 and 1, and return $x + u\,(z - x)$.
#
# Use `numpy.random.default_rng(seed)`: the same seed gives the same rows, another seed other rows. `n_new = 0` gives shape `(0, d)`. Raise `ValueError` when `n_new` is negative, when $k$ is below 1, or when $k \ge n$ (there are only $n - 1$ neighbours).
#
# Example: with rows `[[0, 0], [1, 2], [8, 8]]` and `k=1`, every new row lies between (0, 0) and (1, 2), or between (1, 2) and (8, 8). The locked function `segment_report` above says for each new row where it lies.


# %% solution="smote"
def smote(X_minority: ArrayLike, n_new: int, k: int, seed: int) -> np.ndarray:
    """New rows on the segments between minority rows and their nearest minority neighbours.

    X_minority: shape (n, d). Returns shape (n_new, d). Raises ValueError for k below 1 or not below n.
    """
    ### BEGIN SOLUTION
    X = np.asarray(X_minority, dtype=float)
    if n_new < 0 or not 1 <= k < len(X):
        raise ValueError("n_new is not negative, and k is between 1 and n - 1")
    distance = ((X[:, None] - X) ** 2).sum(axis=2)
    np.fill_diagonal(distance, np.inf)
    neighbours = distance.argsort(axis=1)[:, :k]
    rng = np.random.default_rng(seed)
    base = rng.integers(len(X), size=n_new)
    other = neighbours[base, rng.integers(k, size=n_new)]
    gap = rng.random((n_new, 1))
    return X[base] + gap * (X[other] - X[base])
    ### END SOLUTION


# %% [markdown] hint="smote"
# `((X[:, None] - X) ** 2).sum(axis=2)` holds all squared distances. Its diagonal is 0: set it to infinity, so that nobody is their own neighbour.

# %% [markdown] hint="smote"
# `argsort(axis=1)[:, :k]` gives the neighbours of each row. Draw `base` from `range(n)`, then a column from `range(k)`, for all new rows at once.

# %% [markdown] hint="smote"
# The gap has shape `(n_new, 1)`: one number for each new row, spread over its coordinates. With shape `(n_new, d)` the point leaves the line.

# %% test="smote" name="geometry" points=3
"""Every new row lies between a rare row and one of its k nearest rare neighbours."""
places = {
    "outside": "are not between rare rows at all; interpolate, don't add noise",
    "box": "lie beside the line: draw one gap for each new row, not one for each coordinate",
    "others": "lie between rows that are no neighbours: draw among the k nearest only",
    "copy": "are copies of a rare row: a row is not its own neighbour, and the gap is between 0 and 1",
}
rare_rows = np.random.default_rng(40).normal(size=(14, 2)) * [1, 3]
new = np.asarray(smote(rare_rows, 200, 3, 1), dtype=float)
assert new.shape == (200, 2), f"200 new rows of 2 columns were asked for, you returned shape {new.shape}"
report = segment_report(rare_rows, new, 3)
for place, advice in places.items():
    share = (report["place"] == place).mean()
    assert share == 0, f"14 rare rows in two dimensions: {share:.0%} of the new rows {advice}"
### BEGIN HIDDEN TESTS
for n, d, k, seed in [(30, 5, 5, 2), (25, 3, 1, 3), (12, 4, 11, 4)]:
    rare_rows = np.random.default_rng(seed + 50).exponential(size=(n, d))
    new = np.asarray(smote(rare_rows, 300, k, seed), dtype=float)
    assert new.shape == (300, d), f"300 new rows of {d} columns were asked for, you returned shape {new.shape}"
    report = segment_report(rare_rows, new, k)
    for place, advice in places.items():
        share = (report["place"] == place).mean()
        assert share == 0, f"{n} rare rows in {d} dimensions, k = {k}: {share:.0%} of the new rows {advice}"
### END HIDDEN TESTS

# %% test="smote" name="draws" points=2
"""Bases, neighbours and gaps are drawn evenly, and the seed decides them."""
### BEGIN HIDDEN TESTS
rare_rows = np.random.default_rng(61).normal(size=(20, 3))
new = np.asarray(smote(rare_rows, 1500, 4, 9), dtype=float)
report = segment_report(rare_rows, new, 4)
near = NearestNeighbors(n_neighbors=5).fit(rare_rows).kneighbors(rare_rows, return_distance=False)
pairs = {(min(i, j), max(i, j)) for i, row in enumerate(near) for j in row if i != j}
checks.between(
    report["pair"].nunique() / len(pairs),
    0.9,
    1.0,
    "the share of the pairs of neighbours that get a new row",
    mistakes={
        "only the nearest neighbour, or only some of the rows, are ever used": (0.0, 0.6),
    },
)
checks.between(
    report["gap"].mean(),
    0.22,
    0.28,
    "the mean distance from the nearer end, as a share of the line (0.25 for uniform gaps)",
    mistakes={
        "the gaps are not uniform: all new rows are near the middle": (0.4, 0.5),
        "the gaps are not uniform: they crowd at one end": (0.0, 0.15),
    },
)
checks.between(
    report["gap"].std(),
    0.125,
    0.16,
    "the spread of those distances",
    mistakes={
        "all new rows of a call share one gap; draw one for each": (0.0, 0.05),
    },
)
corners = np.array([[0.0, 0.0], [1.0, 0.0], [100.0, 0.0], [103.0, 0.0]])
right_half = (np.asarray(smote(corners, 2000, 1, 5))[:, 0] > 50).mean()
checks.between(right_half, 0.43, 0.57, "the share of new rows in the right one of two equal pairs")
ends = np.asarray(smote([[0.0], [1.0], [10.0]], 3000, 1, 6))[:, 0]
checks.between(
    (ends > 1).mean(),
    0.285,
    0.382,
    "with rows 0, 1 and 10 and k = 1, the share of new rows above 1 (a third: only the base 10 reaches there)",
)
again = np.asarray(smote(rare_rows, 1500, 4, 9), dtype=float)
checks.array(again, new, "a second call with the same seed")
assert not np.allclose(np.asarray(smote(rare_rows, 1500, 4, 10), dtype=float), new), "another seed gave the same rows: the seed is not used"
first = np.array([np.asarray(smote(corners, 1, 1, seed), dtype=float)[0, 0] > 50 for seed in range(400)]).mean()
turns = "the base rows take turns; draw one at random for each new row, with replacement"
checks.between(
    first,
    0.35,
    0.65,
    "the share of 400 seeds whose only new row lies in the right one of two equal pairs",
    mistakes={turns: (0.9, 1.0), turns + " (the first row always begins)": (0.0, 0.1)},
)
even = np.array([(np.asarray(smote(corners, 4, 1, seed), dtype=float)[:, 0] > 50).sum() == 2 for seed in range(400)]).mean()
checks.between(even, 0.22, 0.53, "the share of 400 seeds with exactly two of four new rows in the right pair (three eighths)", mistakes={turns: (0.9, 1.0)})
### END HIDDEN TESTS

# %% test="smote" name="edges" points=1
"""No new rows, the fewest rare rows, lists, and unusable input."""
### BEGIN HIDDEN TESTS
none = np.asarray(smote([[0, 1], [2, 3], [4, 4]], 0, 1, 0))
assert none.shape == (0, 2), f"n_new = 0 gives shape (0, 2), you returned shape {none.shape}"
two = np.asarray(smote([[1, 1], [3, 5]], 40, 1, 0), dtype=float)
checks.array(two[:, 1], 1 + 2 * (two[:, 0] - 1), "two rows, given as a list: all new rows on the line between them", atol=1e-8)
assert np.ptp(two[:, 0]) > 0.5, "two rows: the 40 new rows hardly differ; whole numbers must not stay whole, the gap is a fraction"
checks.raises(ValueError, smote, [[0, 0], [1, 1], [2, 2]], 5, 3, 0, what="k = 3 with three rows")
checks.raises(ValueError, smote, [[0, 0], [1, 1], [2, 2]], 5, 4, 0, what="k = 4 with three rows")
checks.raises(ValueError, smote, [[0, 0], [1, 1], [2, 2]], 5, 0, 0, what="k = 0")
checks.raises(ValueError, smote, [[0, 0], [1, 1], [2, 2]], -1, 1, 0, what="a negative number of new rows")
### END HIDDEN TESTS

# %% [markdown] explain="smote"
# One gap for each row keeps the new point on the segment. A gap for each coordinate spreads it over the box between the two, which for $d$ columns is mostly empty of real cases. Asking a neighbour search for $k$ neighbours *including the row itself* gives copies: ask for $k + 1$ and drop the first.
#
# imbalanced-learn's `SMOTE` does exactly this, with a neighbour search that scales. Every new row is a convex combination of two old ones, so no column ever leaves its observed range, and the spread of the rare class shrinks: SMOTE can't show the model anything beyond what the rare rows already span.

# %% [markdown]
# > **In the interview.** *"Explain SMOTE. When does it hurt?"*
# > **In 30 seconds:** for a rare row it draws one of the k nearest rare rows and puts a new row at a random place on the line between them. It adds no information beyond what the rare rows span, and needs scaled numbers and a meaningful distance. It hurts with categories, in many dimensions, with outliers or two clusters (lines cross the other class), and it breaks the probabilities like every balancing. I compare it with a plain model and a moved threshold before I keep it, and resample inside the training folds only.
# > **They ask next:** why one gap for each row, not one for each coordinate? (Else the point leaves the line.) What if there are five rare rows and k = 5? (No: only four neighbours.) And yes-or-no columns? (`SMOTENC`.) Does it change the spread of the rare class? (Shrinks it: every new row is a convex combination.)
# > **Red flags:** SMOTE before the split; SMOTE on unscaled data; "it creates new information"; calling the new rows customers.

# %% [markdown]
# ## Undersampling, and what resampling does to probabilities
#
# Undersampling goes the other way: throw frequent rows away until the classes are equal. It is fast (2 % positives: the training data shrink 25-fold), and lossy. Use it when there is far more data than you can train on. `BalancedRandomForest` repairs the loss: each tree gets its own undersample, so that together they see most rows. `EasyEnsemble` does the same with boosted learners.
#
# All of these, and class weights, have a common price. The model is trained on a world where half of the payments are fraud, and it says what is true in *that* world.

# %% collapsed=true
resampled = {
    "plain": plain_model,
    "class weights": weighted_model,
    "undersampling": make_sampling_pipeline(RandomUnderSampler(random_state=0), LogisticRegression(max_iter=1000)).fit(train_x, train_y),
    "SMOTE": make_sampling_pipeline(SMOTE(random_state=0), LogisticRegression(max_iter=1000)).fit(train_x, train_y),
    "BalancedRandomForest": BalancedRandomForestClassifier(n_estimators=40, min_samples_leaf=5, n_jobs=1, random_state=0).fit(train_x, train_y),
    "EasyEnsemble": EasyEnsembleClassifier(n_estimators=5, estimator=AdaBoostClassifier(n_estimators=10), n_jobs=1, random_state=0).fit(train_x, train_y),
    "plain forest": RandomForestClassifier(n_estimators=40, min_samples_leaf=5, n_jobs=1, random_state=0).fit(train_x, train_y),
}
check_scores = {name: model.predict_proba(check_x)[:, 1] for name, model in resampled.items()}
fig, ax = plt.subplots(figsize=(7, 3.4))
for i, name in enumerate(["plain", "class weights", "undersampling", "SMOTE", "BalancedRandomForest", "EasyEnsemble"]):
    bins = pd.qcut(check_scores[name], 12, duplicates="drop")
    points = pd.DataFrame({"said": check_scores[name], "true": check_p}).groupby(bins, observed=True).mean()
    ax.plot(points["said"], points["true"], "o-", ms=4, lw=1, color=f"C{i}", label=name)
ax.plot([1e-4, 1], [1e-4, 1], color="0.6", ls=":")
ax.set(xscale="log", yscale="log", xlim=(3e-4, 1), ylim=(1e-4, 1), xlabel="probability that the model says (log scale)", ylabel="true probability (log scale)")
ax.set_title("Trained on balanced classes, all say far too much; plain is near the truth")
ax.legend(frameon=False, fontsize=9, loc="upper left", bbox_to_anchor=(1, 1))
plt.show()

# %% [markdown]
# (The plain logistic regression lacks the product of the two features: below 0.001 it says too little, by up to a factor of three.)
# Ask the undersampled model about all payments, and it expects more than ten times too much fraud. A limit in euros, an expected loss, a threshold by Elkan's rule: all are wrong then.
#
# The repair is Bayes' rule. Keeping only a share $\kappa$ of the negatives multiplies the odds of fraud by $1/\kappa$, for every payment alike. So multiply the odds back: $p = \kappa p_s / (\kappa p_s - p_s + 1)$. In general, training changed the odds of the class from what is true to something else, and you undo that factor.

# %% [markdown] statement="undo_resampling" level="core"
# ### `undo_resampling`: make the probabilities true again
#
# Write `undo_resampling(scores, train_rate, true_rate)`. `scores` are probabilities of a model that was trained on data with a share `train_rate` of positives (after resampling or weighting); in production the share is `true_rate`. Return the corrected probabilities as an array, same order, not rounded:
# $$\frac{p}{1-p} = \frac{p_s}{1-p_s} \cdot \frac{\pi\,/\,(1-\pi)}{\pi_s\,/\,(1-\pi_s)} \qquad (\pi = \text{true rate},\; \pi_s = \text{train rate})$$
# Scores of exactly 0 and 1 stay what they are. An empty list gives an empty array. Raise `ValueError` when a rate is not strictly between 0 and 1, or a score is below 0 or above 1.
#
# Example: `undo_resampling([0.5, 0.9, 0.1], 0.5, 0.02)` gives 0.02, 0.1552, 0.0023 (rounded here).


# %% solution="undo_resampling"
def undo_resampling(scores: ArrayLike, train_rate: float, true_rate: float) -> np.ndarray:
    """Probabilities corrected from the class rate of the training data to the true one.

    scores: shape (n,), probabilities; train_rate, true_rate: shares of positives. Returns shape (n,).
    """
    ### BEGIN SOLUTION
    said = np.asarray(scores, dtype=float)
    if not (0 < train_rate < 1 and 0 < true_rate < 1) or ((said < 0) | (said > 1)).any():
        raise ValueError("rates strictly between 0 and 1, scores from 0 to 1")
    factor = true_rate * (1 - train_rate) / ((1 - true_rate) * train_rate)
    return factor * said / (factor * said + 1 - said)
    ### END SOLUTION


# %% [markdown] hint="undo_resampling"
# The last fraction of the formula is one number for all rows. Call it $f$; then the corrected odds are $f$ times the old ones.

# %% [markdown] hint="undo_resampling"
# From odds $o$ back to a probability: $o / (1 + o)$. With $o = f p_s / (1 - p_s)$ this is $f p_s / (f p_s + 1 - p_s)$, which has no trouble at 0 and 1.

# %% test="undo_resampling" name="value" points=2
"""Corrected probabilities: on the example, then for other rates, down and up."""
checks.array(
    undo_resampling([0.5, 0.9, 0.1], 0.5, 0.02),
    [0.02, 0.155172413793, 0.002262443439],
    "the example",
    mistakes={
        "this scales the probabilities; scale the odds": [0.02, 0.036, 0.004],
        "the two rates are swapped": [0.98, 0.997737556561, 0.844827586207],
        "these are odds; turn them back into probabilities": [0.020408163265, 0.183673469388, 0.002267573696],
        "the odds are multiplied by the ratio of the rates; take the ratio of their odds": [0.038461538462, 0.264705882353, 0.004424778761],
    },
)
### BEGIN HIDDEN TESTS
s = np.random.default_rng(17).beta(0.7, 1.2, 40)
for train, true in [(0.3, 0.04), (0.5, 0.227), (0.1, 0.35)]:
    factor = (true / (1 - true)) / (train / (1 - train))
    odds = s / (1 - s) * factor
    back = s / (1 - s) / factor
    ratio = s / (1 - s) * true / train
    checks.array(
        undo_resampling(s, train, true),
        odds / (1 + odds),
        f"trained at a rate of {train}, true rate {true}",
        mistakes={
            "this scales the probabilities; scale the odds": s * true / train,
            "this scales the probabilities and cuts at 1; scale the odds": np.minimum(s * true / train, 0.999),
            "the two rates are swapped": back / (1 + back),
            "these are odds; turn them back into probabilities": odds,
            "the odds are multiplied by the ratio of the rates; take the ratio of their odds": ratio / (1 + ratio),
            "the scores are only rescaled to the right mean; each one's odds are to be corrected": s * true / s.mean(),
            "the odds of the training rate are left out": s / (1 - s) * true / (1 - true) / (1 + s / (1 - s) * true / (1 - true)),
        }
        if train != 0.5
        else {"this scales the probabilities; scale the odds": s * true / train, "the two rates are swapped": back / (1 + back)},
    )
### END HIDDEN TESTS

# %% test="undo_resampling" name="truth" points=2
"""A model trained on an undersample, corrected, tells the truth about 8,000 payments whose probabilities are known; and the ranking stays."""
### BEGIN HIDDEN TESTS
features, labels, _ = simulate_payments(20_000, seed=81)
keep = (labels == 1) | (np.random.default_rng(82).random(labels.size) < 0.1)
thin_x, thin_y = features[keep], labels[keep]
# the product of the first two features is given to the model, so that it can be right
model = LogisticRegression(max_iter=1000).fit(np.column_stack([thin_x, thin_x[:, 0] * thin_x[:, 1]]), thin_y)
fresh_x, _, truth = simulate_payments(8_000, seed=83)
said = model.predict_proba(np.column_stack([fresh_x, fresh_x[:, 0] * fresh_x[:, 1]]))[:, 1]
corrected = np.asarray(undo_resampling(said, thin_y.mean(), labels.mean()), dtype=float)
checks.between(
    corrected.mean() / truth.mean(),
    0.85,
    1.15,
    "mean corrected probability over the true fraud rate",
    mistakes={
        "still far too high: the odds were not turned down enough, or not at all": (1.3, 60.0),
        "far too low": (0.0, 0.7),
    },
)
high = truth > 0.2
checks.between(
    corrected[high].mean() / truth[high].mean(),
    0.85,
    1.15,
    "the same among payments with a true probability above 0.2",
    mistakes={
        "right on average and too low for risky payments: scale the odds, not the probabilities": (0.0, 0.75),
    },
)
checks.equal(
    np.argsort(corrected, kind="stable").tolist(),
    np.argsort(said, kind="stable").tolist(),
    "the order of the payments by score (the correction must not change it)",
)
### END HIDDEN TESTS

# %% test="undo_resampling" name="edges" points=1
"""0 and 1, no scores, no resampling, and unusable input."""
### BEGIN HIDDEN TESTS
checks.array(
    undo_resampling([0.0, 1.0, 0.25], 0.5, 0.1),
    [0.0, 1.0, 1 / 28],
    "scores of 0 and 1",
    mistakes={
        "a score of 1 has infinite odds, and infinity over infinity is nan: use the form without the odds": [0.0, float("nan"), 1 / 28],
    },
)
checks.array(undo_resampling([0.3, 0.8], 0.07, 0.07), [0.3, 0.8], "the same rate in training and production: nothing changes")
assert len(undo_resampling([], 0.5, 0.1)) == 0, "an empty list gives an empty array"
checks.raises(ValueError, undo_resampling, [0.3], 0.0, 0.1, what="a training rate of 0")
checks.raises(ValueError, undo_resampling, [0.3], 0.5, 1.0, what="a true rate of 1")
checks.raises(ValueError, undo_resampling, [0.3, 1.2], 0.5, 0.1, what="a score of 1.2")
checks.raises(ValueError, undo_resampling, [0.3, -0.1], 0.5, 0.1, what="a score of -0.1")
### END HIDDEN TESTS

# %% [markdown] explain="undo_resampling"
# Given the class, resampling does not change what the features look like; only the prior changes. So by Bayes' rule the odds at every $x$ change by the same factor. With undersampling that keeps a share $\kappa$ of the negatives, $\pi_s/(1-\pi_s) = \pi/(1-\pi)/\kappa$, the factor is $\kappa$, and you get the formula of Dal Pozzolo and others (2015).
#
# Class weights work the same way: the training rate is the *weighted* one, 0.5 for balanced weights. For SMOTE the correction is approximate, since invented rows do not look like real ones; then fit a recalibration (Platt, isotonic) on untouched validation rows. And if the rate drifts in production while the classes look as before, the same formula carries a good model over to the new rate.
# The correction keeps the order, so ROC-AUC and PR-AUC stay. It also shows what a threshold of 0.5 on a balanced model is: a threshold of $\pi$ on the true probabilities.

# %% [markdown]
# ## SMOTE or weights: let evidence decide
#
# Now all techniques on the same 8,000 fresh payments. Left, the ranking. Right, how wrong the probabilities are in total, before and after the correction. The table adds F1 and G-mean, at 0.5 and at a threshold chosen for each on 8,000 further rows.

# %% collapsed=true
tune_x, tune_y, _ = simulate_payments(8_000, seed=3)
rate, table = train_y.mean(), {}
for name, model in resampled.items():
    scores = check_scores[name]
    alarms, found, cut = roc_curve(tune_y, model.predict_proba(tune_x)[:, 1])
    hits, false = found * tune_y.sum(), alarms * (tune_y == 0).sum()
    for_f1 = cut[(2 * hits / (hits + false + tune_y.sum())).argmax()]
    for_g = cut[(found * (1 - alarms)).argmax()]
    flags = {"G-mean at 0.5": scores >= 0.5, "G-mean, tuned": scores >= for_g}
    odds = rate / (1 - rate)
    right = scores if name.startswith("plain") else odds * scores / (odds * scores - scores + 1)
    table[name] = {
        "PR-AUC": average_precision_score(check_y, scores),
        "ROC-AUC": roc_auc_score(check_y, scores),
        "F1 at 0.5": f1_score(check_y, scores >= 0.5),
        "F1, tuned": f1_score(check_y, scores >= for_f1),
        **{column: np.sqrt(flag[check_y == 1].mean() * (~flag[check_y == 0]).mean()) for column, flag in flags.items()},
        "said / true": scores.mean() / check_p.mean(),
        "the same, corrected": right.mean() / check_p.mean(),
    }
table = pd.DataFrame(table).T
fig, axes = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained", width_ratios=[1.15, 1])
styles = [("C0", "-"), ("C1", "-"), ("C2", "-"), ("C3", "-"), ("C4", "--"), ("C5", "--"), ("0.3", "--")]
for name, (colour, style) in zip(table.index, styles, strict=True):
    precision, recall, _ = precision_recall_curve(check_y, check_scores[name])
    axes[0].plot(recall[:-1], precision[:-1], style, lw=1.2, color=colour, label=name)
axes[0].axhline(check_y.mean(), color="0.6", ls=":")
axes[0].set(xlabel="recall", ylabel="precision", ylim=(0, 1.02), title="Logistic (solid): about one curve")
axes[0].legend(frameon=False, fontsize=8)
heights = np.arange(len(table))[::-1]
axes[1].axvline(1, color="0.6", ls=":")
axes[1].plot(table["said / true"], heights, "o", color="C1", label="as trained")
axes[1].plot(table["the same, corrected"], heights, "D", ms=5, mfc="none", color="C0", label="odds corrected")
axes[1].set_yticks(heights, table.index, fontsize=9)
balanced = table.loc[~table.index.str.startswith("plain"), "said / true"]
axes[1].set(xscale="log", xlabel="mean probability / true rate (log scale)", title=f"Balanced: {balanced.min():.0f} to {balanced.max():.0f} times too much")
axes[1].set_xticks([0.5, 1, 2, 5, 10, 20], ["0.5", "1", "2", "5", "10", "20"])
axes[1].minorticks_off()
axes[1].legend(frameon=False, fontsize=9)
plt.show()

# %%
table.round(2)

# %% [markdown]
# Read the table column by column.
#
# - **PR-AUC**: plain, weights and SMOTE rank alike; undersampling loses a little, for it saw 4 % of the rows. And compare the forest with the forest: balancing it made it worse, not better.
# - **G-mean at 0.5**: plain looks hopeless next to everything balanced. This is the column that sells SMOTE. **Tuned**: the difference is gone. **F1** tells the same story, the other way round: it is plain that looks better at 0.5.
# - **said / true**: balancing broke the probabilities. The odds correction brings the logistic models back near the truth, to between 0.78 and 1.02; ensembles that vote need a real recalibration.
#
# That is one data set. The literature agrees for good models: Elor and Averbuch-Elor (2022) find that balancing helps weak classifiers and labels cut at a fixed threshold, not strong ones whose threshold is tuned. Van den Goorbergh and others (2022) show the same for clinical risk models, with the harm to calibration. So test it on yours, by cross-validation, with one rule above all: **resample inside each training fold, never before the split**. Here is why. The labels below are pure chance.

# %% collapsed=true
honest_scores, leaky_scores = [], []
for seed in range(20):
    rng = np.random.default_rng(seed)
    noise_x, noise_y = rng.normal(size=(300, 60)), rng.permutation([1] * 24 + [0] * 276)
    pumped_x, pumped_y = SMOTE(random_state=0).fit_resample(noise_x, noise_y)
    cut_rows = rng.permutation(300)
    inside = make_sampling_pipeline(SMOTE(random_state=0), LogisticRegression(max_iter=1000)).fit(noise_x[cut_rows[:200]], noise_y[cut_rows[:200]])
    honest_scores.append(average_precision_score(noise_y[cut_rows[200:]], inside.predict_proba(noise_x[cut_rows[200:]])[:, 1]))
    mixed_rows = rng.permutation(len(pumped_y))
    before = LogisticRegression(max_iter=1000).fit(pumped_x[mixed_rows[:368]], pumped_y[mixed_rows[:368]])
    leaky_scores.append(average_precision_score(pumped_y[mixed_rows[368:]], before.predict_proba(pumped_x[mixed_rows[368:]])[:, 1]))
fig, ax = plt.subplots(figsize=(7, 2.4))
for values, height, colour in [(honest_scores, 1, "C0"), (leaky_scores, 0, "C1")]:
    ax.plot(values, height + np.linspace(-0.15, 0.15, 20), "o", color=colour, ms=5, alpha=0.7)
for rate_there, low, high, note in [(0.08, 0.55, 1.4, "8 % of these rows"), (0.5, -0.4, 0.45, "50 % of these")]:
    ax.plot([rate_there, rate_there], [low, high], color="0.4", ls=":")
    ax.text(rate_there + 0.01, low + 0.03, note + " are fraud: random scores", color="0.4", fontsize=9)
ax.set_yticks([0, 1], ["SMOTE, then split", "split, then SMOTE\nthe training part"])
ax.set(xlabel="PR-AUC on held-out rows", xlim=(0, 1), ylim=(-0.4, 1.4), title="SMOTE before the split finds fraud in pure noise")
plt.show()

# %% [markdown]
# Two things went wrong in the lower row. The held-out rows were resampled too, so fraud is half of them: random scores would reach 0.5 there, and the number can't be compared with any from the real world. And it is well above even that, for new rows were made *from* held-out rows, so the model has seen their relatives. (The upper row averages a little more than 0.08: with eight frauds among the held-out rows, PR-AUC has more room upwards than downwards.) A pipeline of imbalanced-learn resamples in `fit` only, and never in `predict`.

# %% locked="techniques"
TECHNIQUES = ("plain", "threshold", "class weights", "undersampling", "SMOTE", "BalancedRandomForest", "EasyEnsemble")  # from simple to complex

# %% [markdown] statement="smote_vs_weights" level="stretch"
# ### `smote_vs_weights`: the whole comparison, honestly
#
# Write `smote_vs_weights(X, y, folds=3, seed=0)` for features $(n, d)$ and labels 0/1. Split by `StratifiedKFold(folds, shuffle=True, random_state=seed)`, fit each technique on the training rows, score the untouched test rows. Any `random_state` is `seed`.
#
# | `technique` | model |
# |---|---|
# | `plain`, `class weights` | `LogisticRegression(max_iter=1000)`; the same with `class_weight="balanced"` |
# | `threshold` | the plain model; the threshold has the best F1 on out-of-fold probabilities of the **training** rows (plain model, `cross_val_predict` with `cv=3`) |
# | `undersampling`, `SMOTE` | `RandomUnderSampler` or `SMOTE` on the training rows, then the plain model |
# | `BalancedRandomForest` | `BalancedRandomForestClassifier(n_estimators=20)` |
# | `EasyEnsemble` | `EasyEnsembleClassifier(n_estimators=3, estimator=AdaBoostClassifier(n_estimators=10))` |
#
# Return a frame with a row for each technique and fold (any order) and the columns `technique`, `fold` (from 0), `pr_auc` (average precision of the probabilities), `f1` (flag from 0.5 up; for `threshold` from its own) and `calibration` (mean probability divided by the share of ones, in the test rows). Each fold has enough ones for all of this.
# Raise `ValueError` when `X` and `y` differ in length or `folds` is below 2.
#
# Example: for `X, y, _ = simulate_payments(900, 5, -4.4)` the means over three folds are, for `plain`: PR-AUC 0.482, F1 0.231, calibration 0.993 (rounded); `threshold` has F1 0.468.


# %% solution="smote_vs_weights"
def smote_vs_weights(X: ArrayLike, y: ArrayLike, folds: int = 3, seed: int = 0) -> pd.DataFrame:
    """Cross-validated comparison of seven ways to treat a rare class, with resampling inside each fold.

    X: shape (n, d); y: shape (n,), 0 or 1. Returns a frame with technique, fold, pr_auc, f1, calibration; 7 x folds rows.
    """
    ### BEGIN SOLUTION
    X, y = np.asarray(X, dtype=float), np.asarray(y)
    if len(X) != len(y) or folds < 2:
        raise ValueError("as many labels as rows, and at least two folds")
    plain = LogisticRegression(max_iter=1000)
    booster = AdaBoostClassifier(n_estimators=10)
    models = {
        "plain": plain,
        "threshold": plain,
        "class weights": LogisticRegression(max_iter=1000, class_weight="balanced"),
        "undersampling": make_sampling_pipeline(RandomUnderSampler(random_state=seed), LogisticRegression(max_iter=1000)),
        "SMOTE": make_sampling_pipeline(SMOTE(random_state=seed), LogisticRegression(max_iter=1000)),
        "BalancedRandomForest": BalancedRandomForestClassifier(n_estimators=20, n_jobs=1, random_state=seed),
        "EasyEnsemble": EasyEnsembleClassifier(n_estimators=3, estimator=booster, n_jobs=1, random_state=seed),
    }
    rows = []
    for fold, (train, test) in enumerate(StratifiedKFold(folds, shuffle=True, random_state=seed).split(X, y)):
        for technique, model in models.items():
            p = model.fit(X[train], y[train]).predict_proba(X[test])[:, 1]
            threshold = 0.5
            if technique == "threshold":
                inner = cross_val_predict(plain, X[train], y[train], cv=3, method="predict_proba")[:, 1]
                precision, recall, cuts = precision_recall_curve(y[train], inner)
                threshold = cuts[(2 * precision * recall / np.maximum(precision + recall, 1e-12))[:-1].argmax()]
            rows.append((technique, fold, average_precision_score(y[test], p), f1_score(y[test], p >= threshold), p.mean() / y[test].mean()))
    return pd.DataFrame(rows, columns=["technique", "fold", "pr_auc", "f1", "calibration"])
    ### END SOLUTION


# %% [markdown] hint="smote_vs_weights"
# Build a dict of models first. `make_sampling_pipeline(SMOTE(random_state=seed), LogisticRegression(max_iter=1000))` resamples what it is given in `fit`, and leaves what it is given in `predict_proba` alone.

# %% [markdown] hint="smote_vs_weights"
# Two loops: over the folds, over the models. In the inner one: `fit` on `X[train]`, probabilities of `X[test]`, three numbers, one row. Nothing touches the test rows before that.

# %% [markdown] hint="smote_vs_weights"
# For `threshold`: `inner = cross_val_predict(plain, X[train], y[train], cv=3, method="predict_proba")[:, 1]`; then try each distinct value as a threshold on `y[train]` (`precision_recall_curve` does so in one call), and keep the best.

# %% test="smote_vs_weights" name="table" points=3
"""Seven techniques on simulated payments: three of them exactly, the random ones within wide bounds."""


def expected_plain(X, y, folds, seed, **weights):
    found = []
    for train, test in StratifiedKFold(folds, shuffle=True, random_state=seed).split(X, y):
        p = LogisticRegression(max_iter=1000, **weights).fit(X[train], y[train]).predict_proba(X[test])[:, 1]
        precision, recall, _ = precision_recall_curve(y[test], p)
        best = (2 * precision * recall / np.maximum(precision + recall, 1e-12)).max()
        labels = (p >= 0.5).astype(int)
        seen = LogisticRegression(max_iter=1000, **weights).fit(X[train], y[train]).predict_proba(X[train])[:, 1]
        precision, recall, cuts = precision_recall_curve(y[train], seen)
        in_sample = cuts[(2 * precision * recall / np.maximum(precision + recall, 1e-12))[:-1].argmax()]
        found.append(
            (
                average_precision_score(y[test], p),
                f1_score(y[test], labels),
                p.mean() / y[test].mean(),
                best,
                average_precision_score(y[test], labels),
                f1_score(y[test], p >= in_sample),
            )
        )
    return np.array(found).T


def check_table(X, y, folds, seed, what, bounds):
    table = smote_vs_weights(X, y, folds, seed)
    assert isinstance(table, pd.DataFrame), f"{what}: expected a pandas DataFrame, you returned {type(table).__name__}"
    checks.equal(sorted(table.columns), sorted(["technique", "fold", "pr_auc", "f1", "calibration"]), f"{what}, the columns")
    pairs = sorted((str(t), int(f)) for t, f in zip(table["technique"], table["fold"], strict=True))
    checks.equal(pairs, sorted((t, f) for t in TECHNIQUES for f in range(folds)), f"{what}, the pairs of technique and fold")
    table = table.sort_values("fold")
    by = dict(iter(table.groupby("technique")))
    for name, weights in [("plain", {}), ("class weights", {"class_weight": "balanced"})]:
        pr_auc, f1, calibration, _, hard, _ = expected_plain(X, y, folds, seed, **weights)
        checks.array(
            by[name]["pr_auc"],
            pr_auc,
            f"{what}, PR-AUC of {name!r} by fold",
            mistakes={"PR-AUC is computed from flags; give it the probabilities": hard},
            rtol=1e-4,
        )
        checks.array(by[name]["f1"], f1, f"{what}, F1 of {name!r} by fold", rtol=1e-4)
        checks.array(
            by[name]["calibration"],
            calibration,
            f"{what}, calibration of {name!r} by fold",
            mistakes={"this is the mean probability; divide by the share of ones": calibration * 0 + 0.05},
            rtol=1e-3,
        )
    pr_auc, habit, calibration, peeked, _, in_sample = expected_plain(X, y, folds, seed)
    checks.array(by["threshold"]["pr_auc"], pr_auc, f"{what}, PR-AUC of 'threshold' (moving a threshold changes no ranking)", rtol=1e-4)
    checks.array(by["threshold"]["calibration"], calibration, f"{what}, calibration of 'threshold' (the model is the plain one)", rtol=1e-3)
    low, high = bounds["threshold"]
    near = (in_sample.mean() - 1e-3, in_sample.mean() + 1e-3)
    fitted = {"this threshold is chosen on probabilities of rows that the model was fitted on; take out-of-fold ones": near}
    checks.between(
        by["threshold"]["f1"].mean(),
        *bounds["threshold"],
        f"{what}, mean F1 of 'threshold'",
        mistakes={
            "this threshold is chosen on the test rows; choose it on training rows": (peeked.mean() - 1e-6, peeked.mean() + 1e-6),
            "this is the F1 at 0.5; choose the threshold on the training rows": (habit.mean() - 1e-3, habit.mean() + 1e-3),
        }
        | (fitted if near[1] < low or near[0] > high else {}),
    )
    for name in ["undersampling", "SMOTE", "BalancedRandomForest", "EasyEnsemble"]:
        checks.between(
            by[name]["calibration"].mean(),
            *bounds["calibration"],
            f"{what}, calibration of {name!r}",
            mistakes={"the model is balanced and the test rows are, too: split first, resample the training rows only": (0.6, 1.5)},
        )
        checks.between(
            by[name]["pr_auc"].mean(),
            *bounds[name],
            f"{what}, PR-AUC of {name!r}",
            mistakes={"too good for this data: split first, resample the training rows only": (0.75, 1.0)},
        )


bounds = {"calibration": (2.5, 20)} | dict.fromkeys(["undersampling", "SMOTE", "BalancedRandomForest", "EasyEnsemble"], (0.15, 0.62))
X, y, _ = simulate_payments(900, 5, -4.4)
check_table(X, y, 3, 0, "900 payments", bounds | {"threshold": (0.41, 0.52)})
### BEGIN HIDDEN TESTS
X, y, _ = simulate_payments(900, 8, -4.4)
check_table(X, y, 3, 2, "900 other payments", bounds | {"threshold": (0.38, 0.51)})
### END HIDDEN TESTS

# %% test="smote_vs_weights" name="leak" points=3
"""On labels that are pure chance, no technique may score above the rate of the class by more than chance."""
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(19)
noise_x, noise_y = rng.normal(size=(300, 150)), rng.permutation([1] * 24 + [0] * 276)
table = smote_vs_weights(noise_x, noise_y, 3, 2)
means = table.groupby("technique")["pr_auc"].mean()
for name in TECHNIQUES:
    checks.between(
        means[name],
        0.04,
        0.28,
        f"pure noise, 8 % ones: PR-AUC of {name!r}",
        mistakes={
            "it finds a pattern where there is none, because rows were resampled before the split: new rows come from test rows": (0.33, 1.0),
        },
    )
### END HIDDEN TESTS

# %% test="smote_vs_weights" name="edges" points=1
"""Plain lists work, and unusable input is refused."""
### BEGIN HIDDEN TESTS
X, y, _ = simulate_payments(400, 9, -3.8)
table = smote_vs_weights(X.tolist(), y.tolist(), 2, 1)
checks.equal(len(table), 14, "the rows for two folds")
checks.raises(ValueError, smote_vs_weights, X[:-1], y, 3, 0, what="399 rows and 400 labels")
checks.raises(ValueError, smote_vs_weights, X, y, 1, 0, what="a single fold")
### END HIDDEN TESTS

# %% [markdown] explain="smote_vs_weights"
# The pipeline is the whole trick: imbalanced-learn's version calls `fit_resample` when it fits and steps aside when it predicts. scikit-learn's own `Pipeline` refuses samplers, since they change the number of rows.
#
# `threshold` has the PR-AUC of `plain`, exactly: a threshold is chosen *after* the ranking. So a comparison by PR-AUC alone can't show what tuning buys, and one at 0.5 mixes up the technique with the place of the threshold. You need both columns, and the third for the price.
# PR-AUC on pure noise is a little above the rate of the class (here 0.08) because with eight positives in a fold it is skewed: chance has more room upwards.


# %% locked="comparison_table"
def comparison_table(pr_auc: dict, calibration: dict, shuffle_seed: int = 0) -> pd.DataFrame:
    """A frame as `smote_vs_weights` gives it, rows shuffled. pr_auc: {technique: one value per fold}; calibration: {technique: value}."""
    rows = [(name, fold, value, calibration.get(name, 1.0)) for name, values in pr_auc.items() for fold, value in enumerate(values)]
    return pd.DataFrame(rows, columns=["technique", "fold", "pr_auc", "calibration"]).sample(frac=1, random_state=shuffle_seed, ignore_index=True)


# %% [markdown] statement="imbalance_choice" level="stretch"
# ### `imbalance_choice`: a decision with its evidence
#
# Write `imbalance_choice(table, practical=0.02)` for a frame as `comparison_table` above makes it: `technique` (of `TECHNIQUES`; `plain` among them), `fold`, `pr_auc`, `calibration` (more columns may be there), one row for each technique and fold, in any order. Over the $k$ folds, let $d_j$ be a technique's PR-AUC minus that of `plain` **in the same fold**, and $s$ the standard deviation of the $d_j$ (divide by $k - 1$):
# $$\text{gain} = \bar d, \qquad \text{se} = s\,\sqrt{\frac1k + \frac1{k-1}}$$
# The second term is there because folds share training rows (Nadeau and Bengio, 2003).
#
# 1. A technique is *better* when its gain is at least `practical` **and** above 2 se. `plain` and `threshold` are never candidates.
# 2. If none is better, the choice is `"threshold"`, with gain 0 and se 0.
# 3. Else take the largest gain among the better ones. The choice is the simplest better technique (first in `TECHNIQUES`) whose gain is at most `practical` below it. (No gain in the checks is that close to a limit.)
#
# Return a dict: `"choice"`, `"gain"`, `"se"`, and `"recalibrate"`: True when the mean calibration of the choice (for `"threshold"`: of `plain`) is below 0.8 or above 1.25. Don't round.
# Raise `ValueError` without rows of `plain`, with fewer than two folds, or when a technique's folds are not exactly those of `plain`.
#
# Example: three folds, `plain` 0.40, 0.50, 0.45, `SMOTE` 0.46, 0.55, 0.52 with calibration 8: choice `"SMOTE"`, gain 0.06, se 0.0091 (rounded), recalibrate True.


# %% solution="imbalance_choice"
def imbalance_choice(table: pd.DataFrame, practical: float = 0.02) -> dict[str, str | float | bool]:
    """The simplest technique that beats a plain model by more than noise, or the threshold alone.

    table: technique, fold, pr_auc, calibration; one row for each technique and fold. Returns {"choice", "gain", "se", "recalibrate"}.
    """
    ### BEGIN SOLUTION
    wide = {name: part.set_index("fold").sort_index() for name, part in table.groupby("technique")}
    if "plain" not in wide or len(wide["plain"]) < 2 or any(list(part.index) != list(wide["plain"].index) for part in wide.values()):
        raise ValueError("plain and every technique on the same folds, at least two")
    k = len(wide["plain"])
    better = {}
    for name in TECHNIQUES[2:]:
        if name in wide:
            d = (wide[name]["pr_auc"] - wide["plain"]["pr_auc"]).to_numpy()
            gain, se = float(d.mean()), float(d.std(ddof=1) * np.sqrt(1 / k + 1 / (k - 1)))
            if gain >= practical and gain > 2 * se:
                better[name] = (gain, se)
    choice, gain, se = "threshold", 0.0, 0.0
    if better:
        top = max(g for g, _ in better.values())
        choice = next(name for name, (g, _) in better.items() if g >= top - practical)
        gain, se = better[choice]
    calibration = wide["plain" if choice == "threshold" else choice]["calibration"].mean()
    return {"choice": choice, "gain": gain, "se": se, "recalibrate": bool(not 0.8 <= calibration <= 1.25)}
    ### END SOLUTION


# %% [markdown] hint="imbalance_choice"
# `table.pivot(index="fold", columns="technique", values="pr_auc")` lines the folds up; then a difference of two columns is paired. (A technique that lacks a fold shows as a missing value.)

# %% [markdown] hint="imbalance_choice"
# Go through `TECHNIQUES[2:]` in order and collect those that pass both conditions, with gain and se. The first collected one within `practical` of the largest gain is the choice.

# %% test="imbalance_choice" name="choice" points=3
"""Choice, gain and error: on the example, on a gain that is noise, then on further comparisons."""
table = comparison_table({"plain": [0.40, 0.50, 0.45], "SMOTE": [0.46, 0.55, 0.52]}, {"SMOTE": 8.0})
checks.record(
    imbalance_choice(table),
    {"choice": "SMOTE", "gain": 0.06, "se": 0.00912870929, "recalibrate": True},
    "the example",
    mistakes={
        "the folds share training rows: the second term under the root is missing": {"se": 0.00577350269},
        "this is the spread of the differences; multiply by the root": {"se": 0.01},
        "the standard deviation divides by k - 1": {"se": 0.00745355992},
        "these errors are unpaired; take the differences within each fold": {"se": 0.03915780041},
        "compare within folds: the gain is steady although the folds differ": {"choice": "threshold"},
        "the model is balanced and says eight times too much: it needs recalibration": {"recalibrate": False},
    },
)
noisy = comparison_table(
    {"plain": [0.40, 0.55, 0.35, 0.60, 0.45], "SMOTE": [0.50, 0.49, 0.47, 0.56, 0.54], "class weights": [0.41, 0.54, 0.36, 0.60, 0.45]},
    {"SMOTE": 8, "class weights": 9},
)
checks.record(
    imbalance_choice(noisy),
    {"choice": "threshold", "gain": 0.0, "se": 0.0, "recalibrate": False},
    "SMOTE is ahead by 0.042, with an error of 0.057",
    mistakes={
        "the highest mean is no evidence: a gain must be above 2 se": {"choice": "SMOTE"},
        "with no better technique the answer is the threshold on the plain model": {"choice": "plain"},
    },
)
### BEGIN HIDDEN TESTS
base = np.array([0.31, 0.52, 0.40, 0.46, 0.36])
wiggle = np.array([1, -1, 0.5, -1.2, 0.7])
wiggle = wiggle / wiggle.std(ddof=1)
root = np.sqrt(1 / 5 + 1 / 4)


def case(gains, **calibration):
    values = {"plain": base, "threshold": base}
    for i, (name, (gain, spread)) in enumerate(gains.items()):
        shape = np.roll(wiggle, i)
        values[name] = base + gain + spread * (shape - shape.mean())
    return values, calibration


cases = [
    (
        "a certain gain of 0.005",
        {"class weights": (0.005, 0.0005)},
        0.02,
        "threshold",
        {"a gain below `practical` is not worth a more complex model": "class weights"},
    ),
    (
        "a gain of 0.03 with a spread of 0.025",
        {"undersampling": (0.03, 0.025)},
        0.02,
        "threshold",
        {"the error is too small: its second term is missing": "undersampling"},
    ),
    ("a steady gain of 0.05", {"SMOTE": (0.05, 0.01)}, 0.02, "SMOTE", {"compare within folds: the gain is steady although the folds differ": "threshold"}),
    (
        "weights 0.045, EasyEnsemble 0.06, both certain",
        {"EasyEnsemble": (0.06, 0.006), "class weights": (0.045, 0.006)},
        0.02,
        "class weights",
        {"within `practical` of the best, the simpler one is chosen": "EasyEnsemble"},
    ),
    (
        "weights 0.03, BalancedRandomForest 0.12, both certain",
        {"class weights": (0.03, 0.005), "BalancedRandomForest": (0.12, 0.01)},
        0.02,
        "BalancedRandomForest",
        {"the simplest better one is too far below the best": "class weights"},
    ),
    (
        "undersampling 0.055 but noisy, EasyEnsemble 0.06 and certain",
        {"undersampling": (0.055, 0.06), "EasyEnsemble": (0.06, 0.01)},
        0.02,
        "EasyEnsemble",
        {"this technique is close to the best, but its own gain is noise": "undersampling"},
    ),
    (
        "undersampling 0.15 but noisy, SMOTE 0.05 and certain",
        {"undersampling": (0.15, 0.2), "SMOTE": (0.05, 0.01)},
        0.02,
        "SMOTE",
        {"the highest mean is no evidence: a gain must be above 2 se": "undersampling"},
    ),
    ("a certain gain of 0.04 where 0.05 is asked for", {"SMOTE": (0.04, 0.005)}, 0.05, "threshold", {"`practical` is an argument; use it": "SMOTE"}),
    (
        "a certain loss",
        {"SMOTE": (-0.06, 0.005), "BalancedRandomForest": (-0.1, 0.01)},
        0.02,
        "threshold",
        {"this technique is worse than the plain model": "SMOTE"},
    ),
]
for i, (name, gains, practical, choice, mistake) in enumerate(cases):
    values, calibration = case(gains, **{})
    result = imbalance_choice(comparison_table(values, dict.fromkeys(gains, 6.0), i + 1), practical)
    gain, spread = gains.get(choice, (0, 0))
    wrong = {advice: {"choice": picked} for advice, picked in mistake.items()}
    if choice != "threshold":
        wrong |= {"the folds share training rows: the second term under the root is missing": {"se": spread / np.sqrt(5)}}
    checks.record(result, {"choice": choice, "gain": gain, "se": spread * root, "recalibrate": choice != "threshold"}, name, mistakes=wrong)
### END HIDDEN TESTS

# %% test="imbalance_choice" name="calibration" points=1
"""Recalibration is asked for by the numbers, not by the name of the technique."""
### BEGIN HIDDEN TESTS
plain, ahead = [0.30, 0.40, 0.50, 0.45], [0.36, 0.47, 0.56, 0.52]
for name, calibration, expected in [("SMOTE", 1.1, False), ("class weights", 0.7, True), ("EasyEnsemble", 1.3, True), ("BalancedRandomForest", 0.85, False)]:
    table = comparison_table({"plain": plain, name: ahead}, {name: calibration})
    checks.record(imbalance_choice(table), {"choice": name, "recalibrate": expected}, f"{name} with a calibration of {calibration}")
table = comparison_table({"plain": plain, "SMOTE": plain}, {"plain": 1.6, "SMOTE": 1.0})
checks.record(
    imbalance_choice(table),
    {"choice": "threshold", "recalibrate": True},
    "no gain, and a plain model that says 1.6 times too much",
    mistakes={"for the choice threshold, look at the calibration of the plain model": {"recalibrate": False}},
)
### END HIDDEN TESTS

# %% test="imbalance_choice" name="edges" points=1
"""The order of the rows, more columns, and unusable tables."""
### BEGIN HIDDEN TESTS
full = comparison_table(
    {"plain": [0.30, 0.40, 0.50], "threshold": [0.30, 0.40, 0.50], "SMOTE": [0.36, 0.47, 0.55], "EasyEnsemble": [0.2, 0.3, 0.3]}, {"SMOTE": 5}
)
results = [imbalance_choice(full.sample(frac=1, random_state=seed).assign(f1=0.3)) for seed in range(4)]
for result in results:
    checks.record(result, {"choice": "SMOTE", "gain": 0.06, "se": 0.00912870929}, "the rows in another order, and one more column")
odd = comparison_table({"plain": [0.30, 0.40, 0.50], "threshold": [0.36, 0.47, 0.55], "SMOTE": [0.31, 0.40, 0.50]}, {"SMOTE": 5})
checks.record(
    imbalance_choice(odd),
    {"choice": "threshold", "gain": 0.0, "se": 0.0, "recalibrate": False},
    "a table whose threshold rows are ahead",
    mistakes={"a threshold changes no ranking: it is no candidate and has gain 0": {"gain": 0.06}},
)
checks.raises(ValueError, imbalance_choice, full[full["technique"] != "plain"], what="a table without plain")
checks.raises(ValueError, imbalance_choice, full[full["fold"] == 0], what="a single fold")
checks.raises(ValueError, imbalance_choice, full[(full["technique"] != "SMOTE") | (full["fold"] != 1)], what="a technique that lacks a fold")
### END HIDDEN TESTS

# %% [markdown] explain="imbalance_choice"
# Folds differ in difficulty much more than techniques do: within a fold the difficulty cancels, so the differences are paired. Their plain error $s/\sqrt k$ is too small, for any two training parts share most of their rows. Nadeau and Bengio put $1/k + n_{test}/n_{train}$ in its place, and with $k$ folds $n_{test}/n_{train} = 1/(k-1)$.
#
# The rule states a preference for the simple: threshold, then weights, then resampling, then ensembles. It asks for evidence in size (`practical`) and in certainty (2 se). An ensemble that wins here should also be compared with the same ensemble without balancing; often it is the trees that win, not the balancing.

# %% [markdown]
# > **In the interview.** *"The class is 2 %. SMOTE or class weights?"*
# > **In 30 seconds:** neither, at first: a plain model, PR-AUC, and a threshold from the costs. Then I cross-validate the others with resampling inside each fold. Mostly they rank no better, and they break the probabilities; class weights do that in one argument, SMOTE with invented rows. If one wins by more than fold noise I take it, and correct the odds or recalibrate.
# > **They ask next:** how do you get true probabilities back after undersampling? (Multiply the odds by the share of negatives kept.) Why is resampling before the split wrong? (Relatives of test rows are in training.) What does SMOTE do to a yes-or-no column, in 500 dimensions, to outliers? When does undersampling make sense? (Far more negatives than you can train on.)
# > **Red flags:** comparing techniques at a threshold of 0.5; a cross-validated PR-AUC of 0.97 after SMOTE that nobody doubts; expected loss computed from scores of a balanced model.

# %% [markdown]
# ## Bias and variance: which one is your bottleneck?
#
# How does the length of a chatbot's answer move its rating? Suppose we know: a wave (down, up, down again), plus noise from rater to rater. A team rates 40 answers and fits a polynomial. Another team would have got 40 other ratings.
# Below, 25 teams each fit degree 1, 4 and 15.

# %% locked="draw_ratings"
RATING_NOISE = 0.4  # standard deviation from rater to rater


def true_rating(x: np.ndarray) -> np.ndarray:
    """The mean rating of answers of length `x` (scaled to -1 ... 1)."""
    return np.sin(3 * x + 0.5)


def draw_ratings(n_sets: int, seed: int, n: int = 40, m: int = 25) -> dict[str, np.ndarray]:
    """`n_sets` data sets at the same `n` lengths, and fresh ratings at `m` new lengths: x (n,), y_sets (n_sets, n), x_new, f_new (m,), y_new (n_sets, m)."""
    rng = np.random.default_rng(seed)
    x, x_new = np.linspace(-1, 1, n), np.sort(rng.uniform(-0.95, 0.95, m))
    y_sets = true_rating(x) + RATING_NOISE * rng.normal(size=(n_sets, n))
    y_new = true_rating(x_new) + RATING_NOISE * rng.normal(size=(n_sets, m))
    return {"x": x, "y_sets": y_sets, "x_new": x_new, "f_new": true_rating(x_new), "y_new": y_new}


# %% collapsed=true
teams, grid = draw_ratings(25, seed=3), np.linspace(-1, 1, 200)
fig, axes = plt.subplots(1, 3, figsize=(9, 3), layout="constrained", sharey=True)
for ax, degree, finding in zip(axes, (1, 4, 15), ("all miss alike", "close to the truth", "every fit differs"), strict=True):
    fits = np.array([np.polynomial.Polynomial.fit(teams["x"], y, degree)(grid) for y in teams["y_sets"]])
    ax.plot(grid, fits.T, color="0.75", lw=0.7)
    ax.plot(grid, fits.mean(axis=0), color="C0", lw=2)
    ax.plot(grid, true_rating(grid), color="k", lw=1.5, ls="--")
    ax.set(xlabel="answer length (scaled)", title=f"degree {degree}: {finding}", ylim=(-2, 2))
axes[0].set_ylabel("rating (centred)")
axes[0].plot([], [], color="0.75", label="25 teams")
axes[0].plot([], [], color="C0", lw=2, label="their mean")
axes[0].plot([], [], color="k", ls="--", label="truth")
axes[0].legend(frameon=False, loc="lower right", fontsize=8)
plt.show()

# %% [markdown]
# Two different failures:
#
# - **Bias**: the *mean* of the fits misses the truth, because a straight line can't bend. More raters don't help. That is underfitting.
# - **Variance**: the fits differ *from team to team*, because each follows the noise of its own 40 ratings. That is overfitting.
#
# Fix a point $x$, and let $\hat f$ vary with the data set. The expected squared error on a fresh rating $y = f(x) + \varepsilon$ falls apart into three terms:
#
# $$\underbrace{E\,(y - \hat f)^2}_{\text{error}} = \underbrace{(f - E\hat f)^2}_{\text{bias}^2} + \underbrace{E\,(\hat f - E\hat f)^2}_{\text{variance}} + \underbrace{\operatorname{Var}(\varepsilon)}_{\text{noise}}$$
#
# $E$ runs over data sets, not over $x$. After that, you may average over $x$. The noise is what no model can remove.

# %% [markdown] statement="bias_variance" level="core"
# ### `bias_variance`: take the error apart
#
# Write `bias_variance(degree, x, y_sets, x_new, f_new, y_new)`. `y_sets` has a row for each of $S$ data sets, all measured at the $n$ points `x`. `f_new` is the truth at the $m$ points `x_new`, and `y_new` (shape $S \times m$) holds fresh noisy outcomes there, a row for each data set.
# Fit a least-squares polynomial of that degree to each data set and predict at `x_new`: $p_{sj}$, with mean $\bar p_j$ over the data sets. Return a dict of four averages, not rounded:
# - `"bias2"`: mean over $j$ of $(\bar p_j - f_j)^2$; `"variance"`: mean over $s, j$ of $(p_{sj} - \bar p_j)^2$ (divide by $S$, not $S - 1$);
# - `"noise"`: mean over $s, j$ of $(y_{sj} - f_j)^2$; `"error"`: mean over $s, j$ of $(y_{sj} - p_{sj})^2$, measured, not added up.
#
# Raise `ValueError` when the shapes don't fit together, when there are fewer than two data sets, and when `degree` is negative or has more coefficients than there are points in `x` (which differ).
#
# Example: `bias_variance(0, [0, 1], [[0, 2], [4, 6]], [0, 1], [1, 3], [[3, 2], [0, 5]])` gives bias² 2, variance 4, noise 2.5 and error 7.5 (with so few data sets the three don't add up to it).


# %% solution="bias_variance"
def bias_variance(degree: int, x: ArrayLike, y_sets: ArrayLike, x_new: ArrayLike, f_new: ArrayLike, y_new: ArrayLike) -> dict[str, float]:
    """Squared bias, variance, noise and measured error of polynomial fits over repeated data sets.

    x: shape (n,). y_sets: shape (S, n). x_new, f_new: shape (m,). y_new: shape (S, m). Returns {"bias2", "variance", "noise", "error"}.
    """
    ### BEGIN SOLUTION
    x, y_sets, x_new, f_new, y_new = (np.asarray(a, float) for a in (x, y_sets, x_new, f_new, y_new))
    if y_sets.ndim != 2 or len(y_sets) < 2 or y_sets.shape[1:] != x.shape or f_new.shape != x_new.shape or y_new.shape != (len(y_sets), *x_new.shape):
        raise ValueError("a row of outcomes for each of at least two data sets, a column for each point")
    if not 0 <= degree < x.size:
        raise ValueError("a polynomial needs a degree of 0 or more, and no more coefficients than points")
    predicted = np.array([np.polyval(np.polyfit(x, y, degree), x_new) for y in y_sets])
    centre = predicted.mean(axis=0)
    return {
        "bias2": float(((centre - f_new) ** 2).mean()),
        "variance": float(((predicted - centre) ** 2).mean()),
        "noise": float(((y_new - f_new) ** 2).mean()),
        "error": float(((y_new - predicted) ** 2).mean()),
    }
    ### END SOLUTION


# %% [markdown] hint="bias_variance"
# First the table of predictions, a row for each data set and a column for each new point. All four numbers come from that table, `f_new` and `y_new`.

# %% [markdown] hint="bias_variance"
# `np.polyval(np.polyfit(x, y, degree), x_new)` predicts for one data set. The mean over data sets is `predicted.mean(axis=0)`; bias compares it with `f_new`, variance compares `predicted` with it.

# %% test="bias_variance" name="terms" points=3
"""The four numbers, on the example, then for degrees 1, 4 and 15 on 60 data sets."""
noisy = "the bias is measured against noisy outcomes; measure it against the truth"
each = "the distance of each single fit from the truth holds the variance, too; average the fits first"
signed = "positive and negative misses cancel; square at each point, then average over the points"
across = "this is the variance over x; take it over the data sets, at each point"
sample = "the variance divides by S - 1; the statement asks for S"
root = "this is a standard deviation; square it"
silent = "the error is measured against the truth; fresh outcomes are noisy"
added = "this is the sum of the three terms; measure the error on the fresh outcomes"
checks.record(
    bias_variance(0, [0, 1], [[0, 2], [4, 6]], [0, 1], [1, 3], [[3, 2], [0, 5]]),
    {"bias2": 2, "variance": 4, "noise": 2.5, "error": 7.5},
    "the example",
    mistakes={
        noisy: {"bias2": 3.5},
        each: {"bias2": 6},
        signed: {"bias2": 1},
        across: {"variance": 0},
        sample: {"variance": 8},
        root: {"variance": 2},
        silent: {"error": 6},
        added: {"error": 8.5},
    },
)
### BEGIN HIDDEN TESTS
drawn = draw_ratings(60, seed=12)
f, fresh = drawn["f_new"], drawn["y_new"]
for degree in (1, 4, 15):
    p = np.array([np.polynomial.Polynomial.fit(drawn["x"], y, degree)(drawn["x_new"]) for y in drawn["y_sets"]])
    bias2, variance = ((p.mean(0) - f) ** 2).mean(), p.var(0).mean()
    checks.record(
        bias_variance(degree, **drawn),
        {"bias2": bias2, "variance": variance, "noise": ((fresh - f) ** 2).mean(), "error": ((fresh - p) ** 2).mean()},
        f"60 data sets, degree {degree}",
        rtol=1e-4,
        mistakes={
            noisy: {"bias2": ((p.mean(0) - fresh) ** 2).mean()},
            each: {"bias2": ((p - f) ** 2).mean()},
            signed: {"bias2": (p.mean(0) - f).mean() ** 2},
            across: {"variance": p.var(1).mean()},
            sample: {"variance": p.var(0, ddof=1).mean()},
            root: {"variance": p.std(0).mean()},
            silent: {"error": ((p - f) ** 2).mean()},
            added: {
                "error": bias2 + variance + ((fresh - f) ** 2).mean(),
            },
        },
    )
### END HIDDEN TESTS

# %% test="bias_variance" name="adds-up" points=1
"""With many data sets the three terms add up to the error; a straight line has bias, degree 15 has variance."""
### BEGIN HIDDEN TESTS
drawn = draw_ratings(400, seed=13)
found = {degree: bias_variance(degree, **drawn) for degree in (1, 4, 15)}
for degree, parts in found.items():
    ratio = (parts["bias2"] + parts["variance"] + parts["noise"]) / parts["error"]
    checks.between(ratio, 0.97, 1.03, f"the three terms over the measured error, degree {degree}")
checks.between(found[1]["bias2"] / found[1]["variance"], 10, 100, "bias² over variance of the straight lines")
checks.between(found[15]["variance"] / found[15]["bias2"], 50, 1e5, "variance over bias² at degree 15")
least = min(found, key=lambda degree: found[degree]["error"])
checks.equal(least, 4, "the degree with the least error")
### END HIDDEN TESTS

# %% test="bias_variance" name="bad-input" points=1
"""Shapes that don't fit, a single data set and impossible degrees are refused."""
### BEGIN HIDDEN TESTS
d = draw_ratings(3, seed=14, n=6, m=4)
checks.raises(ValueError, bias_variance, 1, d["x"][:5], d["y_sets"], d["x_new"], d["f_new"], d["y_new"], what="five points, six outcomes")
checks.raises(ValueError, bias_variance, 1, d["x"], d["y_sets"], d["x_new"], d["f_new"][:1], d["y_new"], what="a truth at a single point")
checks.raises(ValueError, bias_variance, 1, d["x"], d["y_sets"], d["x_new"], d["f_new"], d["y_new"][:1], what="fresh outcomes of one data set for three")
checks.raises(ValueError, bias_variance, 1, d["x"], d["y_sets"][:1], d["x_new"], d["f_new"], d["y_new"][:1], what="a single data set")
checks.raises(ValueError, bias_variance, 6, **d, what="seven coefficients for six points")
checks.raises(ValueError, bias_variance, -1, **d, what="a negative degree")
### END HIDDEN TESTS

# %% [markdown] explain="bias_variance"
# With division by $S$, bias² and variance add up to the mean squared distance from the truth exactly. The noise joins only in expectation, since a finite sample of noise isn't quite uncorrelated with the fits.
# From $S$ data sets the squared bias comes out too large by about variance$/S$: the mean of the fits has noise of its own. Beware of libraries, too: some call the squared distance to *noisy* outcomes "bias".

# %% [markdown]
# On real data you know neither $f$ nor other teams' data sets, so you can't compute this. You keep the picture in mind and read its shadow: training and validation error.
#
# For polynomials at fixed points the terms are known exactly. With $n = 40$ points each coefficient costs $\sigma^2 / n$ of variance.


# %% collapsed=true
def exact_terms(degree: int, n: int) -> tuple[float, float]:
    """Squared bias and variance of least squares at n equally spaced points, averaged over those points."""
    points = np.linspace(-1, 1, n)
    fit_of_truth = np.polynomial.Polynomial.fit(points, true_rating(points), degree)(points)
    return float(((fit_of_truth - true_rating(points)) ** 2).mean()), RATING_NOISE**2 * (degree + 1) / n


degrees = np.arange(1, 16)
squared_bias, spread = np.array([exact_terms(d, 40) for d in degrees]).T
fig, ax = plt.subplots(figsize=(7, 3))
ax.plot(degrees, squared_bias + spread + RATING_NOISE**2, color="k", lw=2.5, label="error on new data")
ax.axhline(RATING_NOISE**2, color="0.6", ls="--", label="noise")
ax.plot(degrees, squared_bias, "o-", ms=3, color="C0", label="bias²")
ax.plot(degrees, spread, "o-", ms=3, color="C1", label="variance")
lowest = degrees[np.argmin(squared_bias + spread)]
ax.annotate("least error", (lowest, 0.183), xytext=(lowest, 0.3), ha="center", arrowprops={"arrowstyle": "->", "color": "0.3"}, color="0.3")
ax.set(xlabel="degree of the polynomial (complexity)", ylabel="squared error", ylim=(0, None), xticks=degrees)
ax.set_title(f"Bias falls, variance rises: the error is least at degree {lowest}")
ax.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
plt.show()

# %% [markdown]
# ### Learning curves: which of the two is it?
#
# Plot the error on training and on new data against the number of training rows. It's the cheapest diagnosis there is, and it tells you what to ask for: data, or another model.

# %% collapsed=true
sizes = np.arange(15, 201)
fig, axes = plt.subplots(1, 2, figsize=(9, 3), layout="constrained", sharey=True)
for ax, degree, finding in zip(axes, (1, 12), ("high bias: more rows won't help", "high variance: more rows close the gap"), strict=True):
    squared_bias, spread = np.array([exact_terms(degree, n) for n in sizes]).T
    ax.plot(sizes, RATING_NOISE**2 + squared_bias + spread, color="C1", label="new data")
    ax.plot(sizes, RATING_NOISE**2 + squared_bias - spread, color="C0", label="training data")
    ax.axhline(RATING_NOISE**2, color="0.6", ls="--", label="noise")
    ax.set(xlabel="training rows", title=f"degree {degree}, {finding}", ylim=(0, 0.5))
    ax.title.set_fontsize(11)
axes[0].set_ylabel("expected squared error")
axes[1].legend(frameon=False)
plt.show()

# %% [markdown]
# | What you see | Bottleneck | What helps |
# |---|---|---|
# | training error high, gap small | bias | better features, a more flexible model, less regularisation |
# | training error low, gap large | variance | more rows, fewer features, stronger regularisation, averaging many models |
# | both near the noise or a human's error | neither | stop; better labels, or another question |
#
# ### A strategy for choosing a model
#
# 1. Start with a simple baseline of high bias and low variance: a linear or logistic regression. It sets the floor.
# 2. Add complexity (trees, then ensembles of trees) **only if bias is the bottleneck**.
# 3. Cross-validate every step, so that variance shows before production does.
# 4. Regularise: give up a little bias for less variance.
#
# Late payers again, 5,000 rows to train and 10,000 to validate. AUC on both, so the gap is visible.

# %% collapsed=true
inputs, late = CARDS[["LateApril", "BillApril", "AGE"]], CARDS["LateSept"]
ladder = {
    "logistic regression (baseline)": make_pipeline(StandardScaler(), LogisticRegression()),
    "one tree, fully grown": DecisionTreeClassifier(random_state=0),
    "boosting, wild": LGBMClassifier(n_estimators=300, num_leaves=63, min_child_samples=2, random_state=0, verbose=-1, n_jobs=1),
    "boosting, regularised": LGBMClassifier(n_estimators=60, learning_rate=0.05, num_leaves=7, min_child_samples=50, random_state=0, verbose=-1, n_jobs=1),
    "neural net, 2 x 32 units": make_pipeline(StandardScaler(), MLPClassifier((32, 32), early_stopping=True, n_iter_no_change=5, random_state=0)),
}
rows = []
for name, model in ladder.items():
    model.fit(inputs[:5_000], late[:5_000])
    train_auc, new_auc = (roc_auc_score(late[part], model.predict_proba(inputs[part])[:, 1]) for part in (slice(0, 5_000), slice(5_000, None)))
    rows.append({"model": name, "training AUC": train_auc, "validation AUC": new_auc, "gap": train_auc - new_auc})
pd.DataFrame(rows).set_index("model").round(3)

# %% [markdown]
# Read it like a learning curve. The baseline has no gap: it is short of flexibility, or near the noise. The AUC of 0.63 alone can't tell; that regularised boosting does better on new rows shows that it was bias. The full tree and the wild boosting have a huge gap: variance. (The net stopped early and is no better than the baseline on its own training rows: underfit. It had no tuning, and the boosting had four dials set by hand, so this is no contest between the two.)
#
# **Gradient boosting or a neural net?** On business tables a well-regularised boosting model with careful features usually wins: it trains in seconds, so you iterate faster; it needs no scaling and takes missing values; importances and SHAP values explain it; it fails less surprisingly. Grinsztajn, Oyallon and Varoquaux (2022) found trees ahead on medium-sized tables in a large comparison. Nets win on text, images, sound, and where you can reuse a pre-trained one. One table decides nothing, so compare both on yours.
#
# ### Choosing complexity when the curve is noisy
#
# Cross-validation estimates the error of each complexity, with noise. The curve has a flat valley, and its lowest point lands somewhere in it by luck. The **one-standard-error rule** takes the simplest setting whose mean error is within one standard error of the lowest.

# %% collapsed=true
points, splits = np.linspace(-1, 1, 40), np.arange(40) % 10
ratings = true_rating(points) + RATING_NOISE * np.random.default_rng(5).normal(size=(300, 40))
cv_errors = np.empty((300, 15, 10))
for d in degrees:
    basis = np.polynomial.legendre.legvander(points, d)
    for s in range(10):
        hat = basis[splits == s] @ np.linalg.pinv(basis[splits != s])
        cv_errors[:, d - 1, s] = ((ratings[:, splits == s] - ratings[:, splits != s] @ hat.T) ** 2).mean(axis=1)
cv_means, cv_ses = cv_errors.mean(axis=2), cv_errors.std(axis=2, ddof=1) / np.sqrt(10)
at_minimum = cv_means.argmin(axis=1)
limits = cv_means.min(axis=1) + cv_ses[np.arange(300), at_minimum]
simplest = (cv_means <= limits[:, None]).argmax(axis=1)
fig, axes = plt.subplots(1, 2, figsize=(9, 3.2), layout="constrained")
axes[0].errorbar(degrees, cv_means[4], cv_ses[4], fmt="o-", color="0.4", capsize=3, lw=1)
axes[0].axhline(limits[4], color="C0", ls="--", lw=1)
axes[0].plot(degrees[at_minimum[4]], cv_means[4].min(), "s", ms=9, color="C1", label="lowest mean")
axes[0].plot(degrees[simplest[4]], cv_means[4, simplest[4]], "D", ms=8, color="C0", label="one-SE rule")
axes[0].set(xlabel="degree", ylabel="10-fold squared error", ylim=(0, 1), title="Team 5: its lowest point is luck", xticks=degrees[::2])
axes[0].legend(frameon=False, loc="upper center")
axes[1].bar(degrees - 0.2, np.bincount(degrees[at_minimum], minlength=16)[1:], 0.4, color="C1", label="lowest mean")
axes[1].bar(degrees + 0.2, np.bincount(degrees[simplest], minlength=16)[1:], 0.4, color="C0", label="one-SE rule")
axes[1].set(xlabel="degree chosen", ylabel="teams (of 300)", title="300 teams: the rule hardly ever strays", xticks=degrees[::2])
axes[1].legend(frameon=False)
plt.show()

# %% [markdown]
# (Team 5 was picked to show it; the right panel has all 300.) The true error of what is chosen is about the same on average. But the lowest mean picks degree 7 or more for one team in eight, the rule for one in sixty. Simpler models are also cheaper to run and to explain.
#
# ### Regularisation: the same dial under other names
#
# Each of these trades a little bias for less variance. The question is always in which direction "simpler" lies:
#
# | Dial | What it does | Simpler is |
# |---|---|---|
# | L1 (Lasso), penalty $\lambda$ | sets weak coefficients to exactly zero | **larger** $\lambda$ |
# | L2 (ridge), penalty $\lambda$ | shrinks all, shares weight among relatives | **larger** $\lambda$ |
# | `C` in scikit-learn | is $1/\lambda$ | **smaller** `C` |
# | early stopping | ends training before the noise is learned | **fewer** rounds |
# | dropout, rate $q$ | switches off a random share $q$ of a net's units in each step, so that no unit relies on one other | **higher** $q$ |
# | depth or leaves of trees, degree | limits the shape | **fewer** |
#
# Dropout looks like something else, but on the inputs of a linear model it is, on average, an L2 penalty in which each column pays in proportion to its mean square.

# %% collapsed=true
health = load_diabetes()
outcome = health.target - health.target.mean()
l1_penalties, l1_weights, _ = lasso_path(health.data, outcome, alphas=np.geomspace(0.005, 3, 60))
l2_penalties = np.geomspace(1e-3, 100, 60)
l2_weights = np.array([np.linalg.solve(health.data.T @ health.data + p * np.eye(10), health.data.T @ outcome) for p in l2_penalties]).T
boosted = LGBMClassifier(n_estimators=150, num_leaves=15, random_state=0, verbose=-1, n_jobs=1)
boosted.fit(inputs[:5_000], late[:5_000], eval_X=(inputs[:5_000], inputs[5_000:]), eval_y=(late[:5_000], late[5_000:]), eval_metric="binary_logloss")
train_curve, new_curve = (curve["binary_logloss"] for curve in boosted.evals_result_.values())
fig, axes = plt.subplots(1, 3, figsize=(9, 3), layout="constrained")
axes[0].plot(l1_penalties, l1_weights.T, lw=1.2)
axes[0].set(xscale="log", xlabel="L1 penalty (per row)", ylabel="coefficients of 10 columns", title="L1: to exactly zero")
axes[1].plot(l2_penalties, l2_weights.T, lw=1.2)
axes[1].set(xscale="log", xlabel="L2 penalty (in all)", title="L2: small, not zero")
rounds = np.arange(1, 151)
axes[2].plot(rounds, train_curve, color="C0", label="training")
axes[2].plot(rounds, new_curve, color="C1", label="validation")
axes[2].axvline(np.argmin(new_curve) + 1, color="0.4", ls="--", lw=1)
axes[2].set(xlabel="boosting rounds", ylabel="log loss", title=f"Boosting: stop near round {np.argmin(new_curve) + 1}")
axes[2].legend(frameon=False)
plt.show()

# %% [markdown]
# Penalties of L1 and L2 are in different units, so compare the shapes, not the places. Under L1 one column after the other goes to exactly zero; under L2 all shrink together and none arrives. Boosting passes its best round, and from there on learns the noise of the training rows.

# %% [markdown] statement="pick_complexity" level="core"
# ### `pick_complexity`: the one-standard-error rule
#
# Write `pick_complexity(values, errors, simpler="low")`: the $m$ different settings of a dial, in any order, and an $m \times K$ table of their errors in the same $K$ folds (smaller is better). `simpler` says which values are simpler: `"low"` (degree, depth, rounds, `C`) or `"high"` (an L1 or L2 penalty).
# Average each row. `"best"` is the value with the lowest mean; where means are equal, the simpler one. The limit is
# $$\text{mean}_{\text{best}} + \frac{s_{\text{best}}}{\sqrt K}, \qquad s_{\text{best}}\text{: standard deviation of the best row, with } K - 1$$
# `"pick"` is the simplest of all values whose mean is at most the limit, wherever in the order it stands. Return a dict with `"best"`, `"limit"` and `"pick"`, not rounded.
# Raise `ValueError` for shapes that don't fit, fewer than two folds, a NaN among the errors, and another `simpler`. Infinite errors don't occur; equal means come from equal rows.
#
# Example: `pick_complexity([1, 2, 3, 4, 5], [[9, 8, 10], [5, 6, 7], [2, 9, 6], [4, 7, 5], [3, 8, 4]])` gives best 5, limit 6.528 (rounded here) and pick 2.


# %% solution="pick_complexity"
def pick_complexity(values: ArrayLike, errors: ArrayLike, simpler: str = "low") -> dict[str, float]:
    """Best value, limit and pick of the one-standard-error rule.

    values: shape (m,). errors: shape (m, K), smaller is better. simpler: "low" or "high". Returns {"best", "limit", "pick"}.
    """
    ### BEGIN SOLUTION
    values, errors = np.asarray(values, float), np.asarray(errors, float)
    if errors.ndim != 2 or values.shape != errors.shape[:1] or errors.shape[1] < 2 or np.isnan(errors).any() or simpler not in ("low", "high"):
        raise ValueError('a row for each value, at least two folds, no NaN, simpler is "low" or "high"')
    order = np.argsort(values if simpler == "low" else -values)
    values, errors = values[order], errors[order]
    means = errors.mean(axis=1)
    best = int(np.argmin(means))
    limit = means[best] + errors[best].std(ddof=1) / np.sqrt(errors.shape[1])
    return {"best": float(values[best]), "limit": float(limit), "pick": float(values[means <= limit][0])}
    ### END SOLUTION


# %% [markdown] hint="pick_complexity"
# Sort the settings from simple to complex first, with their rows. Then "the simplest" is always the first that qualifies, and `argmin` takes the simpler one of equals.

# %% [markdown] hint="pick_complexity"
# Only the best row gives the standard error: `errors[best].std(ddof=1) / np.sqrt(K)`. Then `values[means <= limit][0]` is the pick.

# %% test="pick_complexity" name="rule" points=2
"""The example, a penalty in mixed order, and noisy curves."""
lowest = "this is the lowest mean; the rule takes the simplest value within the limit"
plain_sd = "the standard deviation is not divided by the square root of the number of folds"
ddof = "the standard deviation divides by K; the statement asks for K - 1"
checks.record(
    pick_complexity([1, 2, 3, 4, 5], [[9, 8, 10], [5, 6, 7], [2, 9, 6], [4, 7, 5], [3, 8, 4]]),
    {"best": 5, "limit": 6.5275252316519465, "pick": 2},
    "the example",
    mistakes={
        lowest: {"pick": 5},
        plain_sd: {"limit": 7.645751311064591},
        ddof: {"limit": 6.247219128924647},
        "only the next simpler value is tried; the simplest of all within the limit is asked for": {"pick": 4},
        "each value is compared by its own standard error; the best row gives the limit": {"pick": 3},
        "the settings are numbered; return their values": {"pick": 1},
    },
)
reverse = "the simplest value is looked for at the wrong end; mind in which direction the dial gets simpler"
penalties = [0.1, 10, 0.01, 1, 100, 3]
table = [[4.0, 5, 6, 5], [4.6, 5.2, 6.1, 5.3], [4.4, 5, 5.9, 5.1], [4.7, 5.2, 5.3, 5.6], [9, 8, 9, 10], [5.0, 5.2, 6.1, 5.7]]
checks.record(
    pick_complexity(penalties, table, simpler="high"),
    {"best": 0.1, "limit": 5 + np.std(table[0], ddof=1) / 2, "pick": 10},
    "six penalties in mixed order (3 is outside the limit, 10 within it again)",
    mistakes={
        lowest: {"pick": 0.1},
        plain_sd: {"limit": 5 + np.std(table[0], ddof=1)},
        "the search stops at the first value above the limit; a simpler one may lie within it again": {"pick": 1},
        reverse: {"pick": 0.01},
        "the simplest value of the whole table is taken, within the limit or not": {"pick": 100},
    },
)
### BEGIN HIDDEN TESTS
base = np.array([3.0, 1.6, 1.25, 1.1, 1.02, 1.0, 1.0, 1.0, 1.05, 1.1, 1.2, 1.4])
rng = np.random.default_rng(2829)
noisy = np.round(base[:, None] + rng.normal(0, 0.35, (12, 1)) * 0.35 + rng.normal(0, 0.5, (12, 5)), 2)
means, sds = noisy.mean(axis=1), noisy.std(axis=1, ddof=1)
low = int(means.argmin())
limit = means[low] + sds[low] / 5**0.5
within = np.flatnonzero(means <= limit)
depth = np.arange(2, 14)
walk = next(i for i in range(low, -1, -1) if i == 0 or means[i - 1] > limit)
shuffle = np.random.default_rng(5).permutation(12)
checks.record(
    pick_complexity(depth[shuffle], noisy[shuffle]),
    {"best": depth[low], "limit": limit, "pick": depth[within[0]]},
    "a flat valley with a noisy minimum, twelve depths in mixed order",
    mistakes={
        lowest: {"pick": depth[low]},
        plain_sd: {"limit": means[low] + sds[low]},
        ddof: {"limit": means[low] + noisy[low].std() / 5**0.5},
        reverse: {"pick": depth[within[-1]]},
        "the search stops at the first value above the limit; a simpler one may lie within it again": {"pick": depth[walk]},
        "each value is compared by its own standard error; the best row gives the limit": {
            "pick": depth[np.flatnonzero(means - sds / 5**0.5 <= means[low])[0]],
        },
    },
)
### END HIDDEN TESTS

# %% test="pick_complexity" name="dials" points=2
"""L1, L2, early stopping and C: simpler lies at different ends; equal means go to the simpler value."""
### BEGIN HIDDEN TESTS
wrong_end = "the simplest value is looked for at the wrong end; mind in which direction the dial gets simpler"
path = np.array([[31.0, 29, 30, 33], [27, 25, 28, 29], [26, 24, 27.5, 28], [25.8, 24.5, 27, 28.4], [25.9, 25, 27, 28]])
l1 = [3, 1, 0.3, 0.1, 0.03]
spread = path[2].std(ddof=1) / 2
checks.record(
    pick_complexity(l1, path, "high"),
    {"best": 0.3, "limit": path[2].mean() + spread, "pick": 1},
    "an L1 path",
    mistakes={wrong_end: {"pick": 0.03}},
)
strength = [1 / penalty for penalty in l1]
checks.record(
    pick_complexity(strength, path, "low"), {"best": 1 / 0.3, "pick": 1}, "the same path by C = 1 / penalty", mistakes={wrong_end: {"pick": 1 / 0.03}}
)
rounds = [10, 20, 40, 80, 160, 320]
losses = np.array([[6.0, 5.8, 6.3], [5.1, 5.0, 5.6], [4.7, 4.6, 5.4], [4.6, 4.5, 5.3], [4.6, 4.5, 5.3], [5.2, 5.0, 6.1]])
checks.record(
    pick_complexity(rounds, losses),
    {"best": 80, "limit": 4.8 + np.std(losses[3], ddof=1) / 3**0.5, "pick": 40},
    "boosting rounds; 80 and 160 have the same errors",
    mistakes={"of two equal means the more complex value is called best": {"best": 160}},
)
tie = pick_complexity([5, 50, 0.5], [[2, 4], [2, 4], [3, 9]], "high")
checks.record(
    tie, {"best": 50, "pick": 50}, "two penalties with the same errors", mistakes={"of two equal means the more complex value is called best": {"best": 5}}
)
checks.record(pick_complexity([3, 1, 2], [[4, 4], [5, 5], [4.5, 4.5]]), {"best": 3, "limit": 4, "pick": 3}, "folds that agree exactly")
### END HIDDEN TESTS

# %% test="pick_complexity" name="bad-input" points=1
"""Unusable input is refused."""
### BEGIN HIDDEN TESTS
checks.raises(ValueError, pick_complexity, [1, 2, 3], [[1, 2], [2, 3]], what="three values, two rows")
checks.raises(ValueError, pick_complexity, [1, 2], [[1], [2]], what="a single fold")
checks.raises(ValueError, pick_complexity, [1, 2], [[1, 2], [2, float("nan")]], what="a NaN among the errors")
checks.raises(ValueError, pick_complexity, [1, 2], [[1, 2], [2, 3]], "left", what='simpler="left"')
### END HIDDEN TESTS

# %% [markdown] explain="pick_complexity"
# The minimum of many noisy means is biased low and lands anywhere in the valley. The rule spends what you can't measure anyway on simplicity. It is a convention, not a test: errors of different settings in the same folds are correlated, and folds share training rows, so the standard error is rough.
# glmnet's `lambda.1se` is this rule: the largest penalty with a mean within one standard error of the lowest. The error of the pick is still slightly optimistic; report it from data that took no part in the choice.

# %% [markdown]
# ### Early stopping: you can't see the future
#
# Boosting and nets are trained round by round, and the validation loss is known only up to now. So you stop after a number of rounds without improvement (*patience*), and you go back to the best round. In a flat valley, tiny gains keep training alive forever; a least gain (`min_delta`) ends that.

# %% [markdown] statement="early_stop" level="stretch"
# ### `early_stop`: patience, and back to the best round
#
# Write `early_stop(losses, patience, min_delta=0.0)`: the validation losses of rounds 1, 2, 3, ... as training would produce them (finite; no gain in the checks is as good as equal to `min_delta`).
# The first round is the best so far. A later round **improves** when its loss is below the best so far by more than `min_delta`; then it is the new best. Training stops after the round that is the `patience`-th in a row without improvement, or after the last loss.
# Return two whole numbers: the best round, and the last round trained. What comes after the stop must not matter.
# Raise `ValueError` when there is no loss, `patience` is below 1 or `min_delta` is negative.
#
# Example: `early_stop([0.9, 0.7, 0.75, 0.72, 0.6, 0.65, 0.62, 0.64, 0.66, 0.67, 0.5], patience=3)` gives `(5, 8)`: rounds 3 and 4 bring nothing, round 5 does, so the count starts again. Rounds 6 to 8 bring nothing, the rest is never trained.


# %% solution="early_stop"
def early_stop(losses: ArrayLike, patience: int, min_delta: float = 0.0) -> tuple[int, int]:
    """Best round and last round trained, both counted from 1.

    losses: shape (T,), T >= 1, validation loss of each round. patience: rounds in a row without improvement before training stops.
    """
    ### BEGIN SOLUTION
    if len(losses) == 0 or patience < 1 or min_delta < 0:
        raise ValueError("at least one loss, a patience of 1 or more, no negative min_delta")
    best_round, best_loss = 1, losses[0]
    for number, loss in enumerate(losses, start=1):
        if loss < best_loss - min_delta:
            best_round, best_loss = number, loss
        elif number - best_round >= patience:
            return best_round, number
    return best_round, len(losses)
    ### END SOLUTION


# %% [markdown] hint="early_stop"
# Walk through the rounds and remember two things: the best loss so far and its round. The current round minus the best round is the number of rounds without improvement.

# %% [markdown] hint="early_stop"
# `if loss < best_loss - min_delta:` new best; otherwise stop when `number - best_round >= patience`.

# %% test="early_stop" name="rounds" points=2
"""Best round and last round: on the example, then on curves with lucky dips and a flat valley."""
best, last = early_stop([0.9, 0.7, 0.75, 0.72, 0.6, 0.65, 0.62, 0.64, 0.66, 0.67, 0.5], patience=3)
checks.equal(
    best,
    5,
    "the best round of the example",
    mistakes={
        "this is the lowest loss of the whole list; rounds after the stop are never trained": 11,
        "this is the round at which training stops; go back to the best one": 8,
        "rounds are counted from 1": 4,
        "each round is compared with the one before; compare with the best so far": 7,
    },
)
checks.equal(
    last,
    8,
    "the last round of the example",
    mistakes={
        "training stops one round too early": 7,
        "training stops one round too late": 9,
        "the whole list is trained; stop when patience runs out": 11,
        "rounds without improvement are counted in all; only those in a row count, so start again after each improvement": 6,
    },
)
### BEGIN HIDDEN TESTS
future = "this is the lowest loss of the whole list; rounds after the stop are never trained"
total = "rounds without improvement are counted in all; only those in a row count, so start again after each improvement"
dips = [1.0, 0.9, 0.95, 0.93, 0.8, 0.85, 0.83, 0.7, 0.75, 0.72, 0.74, 0.71, 0.6, 0.5]
best, last = early_stop(np.array(dips), 4)
checks.equal(best, 8, "the best round, dips, patience 4", mistakes={future: 14, total: 5})
checks.equal(last, 12, "the last round, dips, patience 4", mistakes={"training stops one round too early": 11, total: 7})
flat = [0.9, 0.6, 0.5, 0.496, 0.492, 0.488, 0.484, 0.48, 0.476, 0.472]
best, last = early_stop(flat, 5, min_delta=0.025)
last_round = "each round is compared with the one before; compare with the best so far, and small gains add up"
small = "a gain of min_delta or less is no new best: it moves neither the best round nor the best loss"
checks.equal(best, 3, "the best round of a flat valley, min_delta 0.025", mistakes={"min_delta is not used": 10, small: 8})
checks.equal(last, 8, "the last round of a flat valley, min_delta 0.025", mistakes={"min_delta is not used": 10})
best, last = early_stop(flat, 5, min_delta=0.01)
checks.equal(best, 9, "the best round of a flat valley, min_delta 0.01", mistakes={last_round: 3, "min_delta is not used": 10})
### END HIDDEN TESTS

# %% test="early_stop" name="edges" points=1
"""Equal losses, patience never used up, a single round, the future and bad input."""
### BEGIN HIDDEN TESTS
checks.equal(early_stop([0.5, 0.5, 0.5, 0.4], 2), [1, 3], "an equal loss is no improvement")
checks.equal(early_stop([0.5, 0.4, 0.45, 0.3], 9), [4, 4], "patience that never runs out")
checks.equal(early_stop([0.7], 1), [1, 1], "a single round")
checks.equal(early_stop([0.7, 0.8, 0.1], 1), [1, 2], "a patience of 1")
checks.equal(early_stop([3, 2, 1, 2, 2, 2, -50], 3), [3, 6], "a great loss after the stop")
checks.raises(ValueError, early_stop, [], 3, what="no loss at all")
checks.raises(ValueError, early_stop, [1, 2], 0, what="a patience of 0")
checks.raises(ValueError, early_stop, [1, 2], 1, -0.1, what="a negative min_delta")
### END HIDDEN TESTS

# %% [markdown] explain="early_stop"
# LightGBM (`early_stopping(stopping_rounds, min_delta=...)`) and Keras work by this rule. Number of rounds is a complexity dial like any other, so the validation rows are used up by the choice: report the final score from other rows.
# Patience guards against a lucky or unlucky single round. It should be longer the smaller the learning rate is.

# %% [markdown]
# > **In the interview.** *"What is the bias-variance trade-off, and how does it change how you choose a model?"*
# > **In 30 seconds:** expected error is bias² plus variance plus noise. Bias is missing a real pattern, variance is following the noise of this one sample. I start with a simple baseline and look at training against validation error: both high means bias, so I add features or flexibility; a large gap means variance, so I regularise, get more rows or average models. I choose the complexity by cross-validation and take the simplest setting within one standard error. For a business table that usually ends in regularised gradient boosting, not in a neural net.
# > **They ask next:** which of the two do bagging and boosting reduce? (variance; mostly bias). Does more data help? (against variance, not bias). Why can a hugely over-parametrised net generalise? (among many solutions that fit, training picks smooth ones, so counting parameters is not measuring complexity; the test error can fall a second time, "double descent"). Why L1 rather than L2? (a sparse model; L2 for groups of correlated columns).
# > **Red flags:** "high training accuracy, so it's good"; more data as the cure for underfitting; a network first and a baseline never; tuning on the test set.
