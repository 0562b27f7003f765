# %% [markdown]
# # Revision: six questions and a rehearsal
#
# Six questions come up in nearly every interview. Each is a lab here: an incident with a cause that was planted, and evidence that you compute before you name it.
# When you are through with this notebook, you can answer, and do:
#
# - How would you validate this model, and what would a random split hide?
# - Which metric would you use, starting from what a decision costs?
# - How would you handle missing data, and what does each way bend?
# - Performance fell in production: which evidence do you collect, in which order, before you name a cause?
# - How would you explain this to a manager, in hours, customers and money a week?
# - With four more weeks: more data, better features, a bigger model, or stop?
#
# Reading takes about 35 minutes, the *core* exercises about 150, in two sittings; the *stretch* ones can wait for a second pass. Write a function where it says `YOUR CODE HERE`, run its cell, and run the `%check` cell below it:
# it says what is right, what is wrong and, for the usual mistakes, which one you made. `%hint` and `%solution` help when you are stuck. The folded test cells below each exercise show a part of what is checked.

# %%
# %load_ext course

# %% locked="setup"
import math

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.impute import IterativeImputer, SimpleImputer
from sklearn.linear_model import BayesianRidge, LinearRegression
from sklearn.metrics import average_precision_score, roc_auc_score

from course import checks

# %% [markdown]
# ## Lab 1: How would you validate this model?
#
# > **Checklist card.** *They test whether you know what training, validation and test rows are for, and whether you can detect leakage.*
# > 1. **What will production ask for?** New customers, later dates, or more rows like these? The split must imitate it.
# > 2. **Three parts, three jobs.** Training rows fit, validation rows choose, test rows report: once.
# > 3. **Everything that is estimated is estimated on training rows**: scaler, imputer, encoding, selection.
# > 4. **Too good?** Measure the gap between the easy split and the honest one before you believe either.
#
# Where it was taught: `02-machine-learning` (*Leakage first*, selection inside the folds), `06-monitoring` (*Leakage: too good, until it is live*), `05-sql` (*Features as they were at the time*).
#
# **The incident.** A model predicts whether a support ticket will be escalated. Four teams use it: one labels the rest of an **archive**, one serves **new customers**, one works on **next month's** tickets of the same customers, and one on tickets of **new customers, next month**.
# All four report the AUC of random folds. Their histories look alike; what differs is the `live` table of the tickets that they will be asked about. Below, the labels of `live` are known, as they were half a year later.

# %% locked="ticket_world"
REQUEST_FEATURES = ["wait", "device", "region", "queue"]


def simulate_tickets(kind: str, seed: int, n: int = 600, m: int = 300) -> tuple[pd.DataFrame, pd.DataFrame]:
    """History (n rows, with random folds 0 to 4) and live rows (m). kind: archive, customers, later, or customers later."""
    rng = np.random.default_rng(seed)
    new, later = "customers" in kind, "later" in kind
    customer = rng.integers(0, 60, n + m)
    if new:
        customer[n:] = rng.integers(60, 90, m)
    week = rng.uniform(0, 30, n + m)
    if new and later:  # customers who stay for five weeks
        week = np.append(rng.uniform(0, 25, 60), np.full(30, 30.0))[customer] + week / 6
    elif later:
        week[n:] = 30 + week[n:] / 6
    habit = rng.normal(0, 0 if kind == "later" else 1.8, 90)
    mood = rng.normal(0, 1.8 if later else 0, 36)
    place = rng.normal(0, 0.3 if kind == "later" else 5, (90, 2))
    wait = rng.normal(size=n + m)
    chance = 1 / (1 + np.exp(-1.5 * wait - habit[customer] - mood[week.astype(int)]))
    table = pd.DataFrame(
        {
            "customer": [f"c{c:02d}" for c in customer],
            "time": pd.Timestamp("2026-01-05") + pd.to_timedelta((week * 604_800).astype(int), unit="s"),
            "wait": wait,
            "device": place[customer, 0] + rng.normal(0, 0.03, n + m),
            "region": place[customer, 1] + rng.normal(0, 0.03, n + m),
            "queue": week * (1 if later else 0.05),
            "y": (rng.random(n + m) < chance).astype(int),
        }
    )
    history = table[:n].assign(fold=rng.permutation(n) % 5)
    return history, table[n:].reset_index(drop=True)


def neighbour_auc(train: pd.DataFrame, test: pd.DataFrame) -> float:
    """AUC on `test` of a model that gives each ticket the mean label of its 8 nearest tickets in `train`."""
    a, b = train[REQUEST_FEATURES].to_numpy(float), test[REQUEST_FEATURES].to_numpy(float)
    distance = ((b[:, None, :] - a[None, :, :]) ** 2).sum(axis=2)
    nearest = np.argsort(distance, axis=1, kind="stable")[:, :8]
    return float(roc_auc_score(test["y"], train["y"].to_numpy()[nearest].mean(axis=1)))


# %% collapsed=true
kinds = ["archive", "customers", "later", "customers later"]
promised = {kind: [] for kind in kinds}
delivered = {kind: [] for kind in kinds}
for kind in kinds:
    for seed in range(100, 106):
        history, live = simulate_tickets(kind, seed)
        promised[kind].append(neighbour_auc(history[history["fold"] != 0], history[history["fold"] == 0]))
        delivered[kind].append(neighbour_auc(history, live))
fig, ax = plt.subplots(figsize=(7, 3))
place = np.arange(4)
for shift, values, colour, label in [(-0.2, promised, "0.7", "promised: random folds"), (0.2, delivered, "C0", "delivered: live tickets, half a year later")]:
    bars = ax.bar(place + shift, [np.mean(values[kind]) for kind in kinds], width=0.38, color=colour, label=label)
    ax.bar_label(bars, fmt="%.2f", fontsize=8)
ax.set_xticks(place, ["the rest of\nthe archive", "new\ncustomers", "same customers,\nlater", "new customers,\nlater"])
ax.set(ylabel="AUC, mean of 6 incidents", ylim=(0.4, 1.15), yticks=[0.4, 0.6, 0.8, 1.0], title="Random folds keep their promise for one team of four")
ax.legend(frameon=False, loc="upper right", fontsize=9, ncols=2)
plt.show()

# %% [markdown]
# The model is one that remembers: it looks up the nearest old tickets. `device` and `region` are almost a name plate of the customer, `queue` is a running number and so almost a clock.
# For the archive, remembering is *fair*: production asks about the same customers in the same weeks. For the other three it is a leak **through the split**: random folds let the model look up what it won't be able to look up live. No column is forbidden, and no column audit would have found it.
#
# So don't ask "are there groups in the data?" (there always are). Ask what separates `live` from the history, measure it, and build the same separation into the split.

# %% [markdown] statement="validate_model" level="core"
# ### `validate_model`: a split with evidence
#
# Write `validate_model(history, live)`. `history`: tickets with `"customer"`, `"time"`, the features, `"y"` (0 or 1) and `"fold"` (0 to 4, random); no two times are equal. `live`: rows to be scored; use its customers and times only. Return a dict, nothing rounded:
#
# - `"new_customers"`: share of live rows whose customer is not in `history`. `"later"`: share of live rows strictly later than the newest row of `history`.
# - `"split"`: guard customers if `new_customers` is 0.5 or more, guard time if `later` is: `"random"`, `"grouped"`, `"temporal"` or `"grouped+temporal"`.
# - `"shared"`: in the random split (test: fold 0, training: the other folds), the share of test rows whose customer is also in the training part.
# - `"auc_random"` and `"auc_honest"`: `neighbour_auc(train, test)` (given above) of the random split and of the split that you chose; `"leak"`: whether the first is more than 0.05 above the second.
#
# The honest test part is fold 0 (random); all rows of every fifth customer, labels sorted, the first included (grouped); or as many of the newest rows as fold 0 has (temporal, grouped+temporal). All other rows train, but for grouped+temporal drop training rows whose customer is in the test.
# Raise `ValueError` when `live` is empty, or when fold 0 holds no row or every row. Example: `validate_model(*simulate_tickets("customers later", 3))` gives both shares 1.0, `"grouped+temporal"`, shared 1.0, AUCs 0.748 and 0.557, leak `True` (rounded here).


# %% solution="validate_model"
def validate_model(history: pd.DataFrame, live: pd.DataFrame) -> dict[str, float | str | bool]:
    """Choose the split that imitates production, and measure what the random one hides.

    history: customer, time, features, y, fold. live: customer, time. Returns {"new_customers", "later", "split", "shared", "auc_random", "auc_honest", "leak"}.
    """
    ### BEGIN SOLUTION
    in_fold = (history["fold"] == 0).to_numpy()
    if live.empty or not in_fold.any() or in_fold.all():
        raise ValueError("live rows, and a fold 0 that holds some rows but not all")
    customer, time = history["customer"], history["time"]
    new_customers = float((~live["customer"].isin(customer)).mean())
    later = float((live["time"] > time.max()).mean())
    guard_customers, guard_time = new_customers >= 0.5, later >= 0.5
    test = in_fold
    if guard_time:
        test = (time.rank(ascending=False) <= in_fold.sum()).to_numpy()
    elif guard_customers:
        test = customer.isin(sorted(customer.unique())[::5]).to_numpy()
    train = ~test
    if guard_time and guard_customers:
        train &= ~customer.isin(customer[test]).to_numpy()
    auc_random = neighbour_auc(history[~in_fold], history[in_fold])
    auc_honest = neighbour_auc(history[train], history[test])
    names = {(False, False): "random", (True, False): "grouped", (False, True): "temporal", (True, True): "grouped+temporal"}
    return {
        "new_customers": new_customers,
        "later": later,
        "split": names[guard_customers, guard_time],
        "shared": float(customer[in_fold].isin(customer[~in_fold]).mean()),
        "auc_random": auc_random,
        "auc_honest": auc_honest,
        "leak": auc_random - auc_honest > 0.05,
    }
    ### END SOLUTION


# %% [markdown] hint="validate_model"
# Two questions about `live`, each answered by one share: `live["customer"].isin(history["customer"])` and `live["time"] > history["time"].max()`. The labels and the folds play no part in the choice.

# %% [markdown] hint="validate_model"
# Keep boolean arrays `train` and `test` over the rows of `history`. Start from fold 0, replace `test` when a guard is up, and drop customers from `train` only when both are.

# %% [markdown] hint="validate_model"
# Every fifth customer: `history["customer"].isin(sorted(history["customer"].unique())[::5])`. The newest rows: `history["time"].rank(ascending=False) <= n_test`.

# %% test="validate_model" name="example" points=2
"""The example: shares, choice and both AUCs."""
history, live = simulate_tickets("customers later", 3)
order = history.sort_values("time", ascending=False)
n_test = int((history["fold"] == 0).sum())
newest, older = order[:n_test], order[n_test:]
guarded = older[~older["customer"].isin(newest["customer"])]
label_set = sorted(history["customer"].unique())[::5]
random_auc = neighbour_auc(history[history["fold"] != 0], history[history["fold"] == 0])
checks.record(
    validate_model(history, live),
    {
        "new_customers": 1.0,
        "later": 1.0,
        "split": "grouped+temporal",
        "shared": history.loc[history["fold"] == 0, "customer"].isin(history.loc[history["fold"] != 0, "customer"]).mean(),
        "auc_random": random_auc,
        "auc_honest": neighbour_auc(guarded, newest),
        "leak": True,
    },
    "the example",
    mistakes={
        "every customer here is new as well; guard both": {"split": "temporal"},
        "every ticket here is later as well; guard both": {"split": "grouped"},
        "random folds are a habit, not a finding: look at what `live` asks for": {"split": "random"},
        "customers of the test rows are still in the training part": {"auc_honest": neighbour_auc(older, newest)},
        "this tests on the oldest rows; production asks for the newest": {
            "auc_honest": neighbour_auc(order[:-n_test][~order[:-n_test]["customer"].isin(order[-n_test:]["customer"])], order[-n_test:])
        },
        "this guards customers only; take the newest rows as the test": {
            "auc_honest": neighbour_auc(history[~history["customer"].isin(label_set)], history[history["customer"].isin(label_set)])
        },
        "both AUCs are of the random split": {"auc_honest": random_auc},
        "fold 0 is the test part of the random split, the other folds train": {
            "auc_random": neighbour_auc(history[history["fold"] == 0], history[history["fold"] != 0])
        },
    },
)

# %% test="validate_model" name="teams" points=2
"""The archive, new customers, and later tickets of the same customers: each has its own plan."""
history, live = simulate_tickets("archive", 8)
random_auc = neighbour_auc(history[history["fold"] != 0], history[history["fold"] == 0])
checks.record(
    validate_model(history, live),
    {
        "new_customers": 0.0,
        "later": (live["time"] > history["time"].max()).mean(),
        "split": "random",
        "auc_random": random_auc,
        "auc_honest": random_auc,
        "leak": False,
    },
    "the rest of the archive",
    mistakes={
        "that customers come back is no reason to guard them: live asks about the same ones": {"split": "grouped"},
        "that there is a time column is no reason to guard it: live is from the same weeks": {"split": "temporal"},
        "customers come back and tickets have a time, but live is like the history: nothing to guard": {"split": "grouped+temporal"},
    },
)
### BEGIN HIDDEN TESTS
for seed, leak in [(19, True), (12, False), (15, False)]:
    history, live = simulate_tickets("customers", seed)
    parts = [history["fold"] == 0, history["customer"].isin(sorted(history["customer"].unique())[::5])]
    checks.record(
        validate_model(history, live),
        {
            "new_customers": 1.0,
            "later": (live["time"] > history["time"].max()).mean(),
            "split": "grouped",
            "auc_random": neighbour_auc(history[~parts[0]], history[parts[0]]),
            "auc_honest": neighbour_auc(history[~parts[1]], history[parts[1]]),
            "leak": leak,
        },
        f"new customers, a gap {'above' if leak else 'not above'} 0.05",
        mistakes={
            "live is from the same weeks as the history; time needs no guard": {"split": "grouped+temporal"},
            "every customer in live is new: guard customers": {"split": "random"},
            "hardly any live row is later; it is the customers that are new": {"split": "temporal"},
            "a leak makes the random split look better, not worse; and it is above 0.05": {"leak": not leak},
        },
    )
history, live = simulate_tickets("later", 14)
newest = history["time"].isin(history["time"].nlargest(int((history["fold"] == 0).sum())))
checks.record(
    validate_model(history, live),
    {
        "new_customers": 0.0,
        "later": 1.0,
        "split": "temporal",
        "auc_random": neighbour_auc(history[history["fold"] != 0], history[history["fold"] == 0]),
        "auc_honest": neighbour_auc(history[~newest], history[newest]),
        "leak": True,
    },
    "later tickets of the same customers",
    mistakes={
        "no customer in live is new; it is the time that differs": {"split": "grouped"},
    },
)
### END HIDDEN TESTS

# %% test="validate_model" name="shares" points=1
"""Live tables that are mixed: the share decides, and one half is enough. Rows in any order, under any index."""
### BEGIN HIDDEN TESTS
history, live = simulate_tickets("archive", 21)
_, fresh = simulate_tickets("customers", 22)
_, later = simulate_tickets("later", 23)
history = history.sample(frac=1, random_state=3).set_axis(range(5_000, 5_600)[::-1])
top = history["time"].max()
for names, parts, split in [
    ("half of the live rows are of new customers", [live[live["time"] < top][:40], fresh[fresh["time"] < top][:40]], "grouped"),
    ("40 of 100 live rows are of new customers", [live[live["time"] < top][:60], fresh[fresh["time"] < top][:40]], "random"),
    ("half of the live rows are later", [live[live["time"] < top][:30], later[:30]], "temporal"),
    ("20 of 60 live rows are later", [live[live["time"] < top][:40], later[:20]], "random"),
    ("one live row at the very time of the newest one, one before", [live[live["time"] < top][:1], live[:1].assign(time=top)], "random"),
]:
    asked = pd.concat(parts)[["customer", "time"]]
    share = (~asked["customer"].isin(set(history["customer"]))).mean()
    each = (~asked["customer"].drop_duplicates().isin(set(history["customer"]))).mean()
    checks.record(
        validate_model(history, asked),
        {"new_customers": share, "later": (asked["time"] > top).mean(), "split": split},
        names,
        mistakes={"this is the share of customers; the statement asks for rows": {"new_customers": each}} if each != share else None,
    )
asked = pd.concat([live[:10].assign(customer="zz"), live[:10]])[["customer", "time"]]
checks.record(
    validate_model(history, asked),
    {"new_customers": 0.5},
    "ten rows of one new customer, ten of old ones",
    mistakes={"this is the share of customers; the statement asks for rows": {"new_customers": 1 / (1 + live[:10]["customer"].nunique())}},
)
lone = history.copy()
lone.loc[lone.index[lone["fold"] == 0][:30], "customer"] = [f"x{i}" for i in range(30)]
checks.record(
    validate_model(lone, live),
    {"shared": lone.loc[lone["fold"] == 0, "customer"].isin(lone.loc[lone["fold"] != 0, "customer"]).mean(), "split": "random"},
    "a fold with 30 customers of one ticket each",
    mistakes={
        "this is the share of customers; the statement asks for rows": {
            "shared": len(set(lone.loc[lone["fold"] == 0, "customer"]) & set(lone.loc[lone["fold"] != 0, "customer"]))
            / lone.loc[lone["fold"] == 0, "customer"].nunique()
        },
        "take the share of the rows of fold 0, not of the training rows": {
            "shared": lone.loc[lone["fold"] != 0, "customer"].isin(lone.loc[lone["fold"] == 0, "customer"]).mean()
        },
    },
)
### END HIDDEN TESTS

# %% test="validate_model" name="refused" points=1
"""Without live rows or without a fold 0 there is nothing to plan."""
### BEGIN HIDDEN TESTS
history, live = simulate_tickets("archive", 30)
checks.raises(ValueError, validate_model, history, live[:0], what="an empty live table")
checks.raises(ValueError, validate_model, history[history["fold"] > 0], live, what="no row in fold 0")
checks.raises(ValueError, validate_model, history[history["fold"] == 0], live, what="every row in fold 0")
### END HIDDEN TESTS

# %% [markdown] explain="validate_model"
# The plan follows from two shares of `live`, not from the columns of the history. A guard has a price, too: with both guards the test is small and the training part smaller, so don't raise one that production doesn't need; the archive team would only throw information away.
# The gap between the two AUCs is the evidence for a leak through the split. A single honest split is noisy: in 60 simulated incidents of each kind it was right on average to about 0.02, but a single one missed the live AUC by about 0.1 (standard deviation). So in real life repeat it over several cut-offs or sets of customers and report the spread; 0.05 from one split is a first look.
# If labels take time to arrive, leave a gap before the cut-off as well (`06-monitoring`).

# %% [markdown]
# ### Someone else's validation
#
# In an interview, and at work, you are often shown a finished result: "AUC 0.93 on the test set". You can't rerun it, but it left a log. Four faults can be *counted* in it:
#
# | fault | what you count |
# |---|---|
# | **overlap** | rows that stand in two parts |
# | **copies** | test rows whose content stands in training under another id: the same ticket sent twice |
# | **preprocessing** | rows outside training that a scaler, imputer or vocabulary was fitted on |
# | **tuning on test** | what the reported score gains because the model was chosen by its test score |
#
# How much is the last one worth? Below, candidate models are all *equally good*: true AUC 0.75. Report the best one of $k$ by its test score, and compare with choosing by validation.

# %% collapsed=true
rng = np.random.default_rng(4)
counts = [1, 2, 5, 10, 20, 50, 100]
test_scores = rng.normal(0.75, 0.03, (2_000, 100))  # 0.03: the error of an AUC on a few hundred test rows
valid_scores = rng.normal(0.75, 0.03, (2_000, 100))
by_test = [test_scores[:, :k].max(axis=1).mean() for k in counts]
by_valid = [np.take_along_axis(test_scores[:, :k], valid_scores[:, :k].argmax(axis=1)[:, None], axis=1).mean() for k in counts]
fig, ax = plt.subplots(figsize=(7, 3))
ax.plot(counts, by_test, "o-", color="C1", label="chosen and reported on the same test rows")
ax.plot(counts, by_valid, "s-", color="C0", label="chosen on validation rows, reported on test rows")
ax.set_xscale("log")
ax.set_xticks(counts, counts)
ax.minorticks_off()
ax.set(
    xlabel="candidate models, all with a true AUC of 0.75",
    ylabel="reported AUC",
    ylim=(0.735, 0.865),
    title="With 20 candidates, choosing on the test adds 0.06 that isn't there",
)
ax.legend(frameon=False, loc="upper left", fontsize=9)
plt.show()

# %% locked="small_log"
TICKETS = pd.DataFrame(
    {
        "id": [1, 2, 3, 4, 5, 6, 7, 8, 9],
        "text": [
            "Refund please",
            "App crashes",
            "Where is my key?",
            "Cancel plan",
            "Too slow",
            "Add a seat",
            "refund please ",
            "Reset password",
            "Where is my key?",
        ],
    }
)
LOG = {
    "train": [1, 2, 3, 4],
    "valid": [5, 6],
    "test": [4, 7, 8, 9],
    "fitted": {"scaler": [1, 2, 3, 4], "vocabulary": [1, 2, 3, 4, 5, 8], "imputer": [1, 2, 3]},
    "valid_auc": {"trees": 0.81, "boosting": 0.84, "logistic": 0.79},
    "test_auc": {"trees": 0.93, "boosting": 0.86, "logistic": 0.80},
    "chosen": "trees",
}

# %% [markdown] statement="audit_validation" level="stretch"
# ### `audit_validation`: count the faults
#
# Write `audit_validation(tickets, log)`. `tickets`: data frame with `"id"` (unique) and `"text"`. `log`: a dict like `LOG` above: ids of three parts, the ids that each preprocessing step was fitted on, the AUC of each model (equal values don't occur), and the model that was reported. Return a dict with the evidence, not rounded:
#
# - `"overlap"`: the number of ids that stand in more than one part (once each, however often they are listed).
# - `"copies"`: the number of test ids that are *not* in training themselves, but whose text is that of a training ticket. Texts are equal if they are so after outer blanks are stripped and letters made lower-case.
# - `"preprocessing"`: dict from the step to the number of different ids it was fitted on that are not in training; only steps for which that is above 0.
# - `"tuning"`: the test AUC of the chosen model minus the test AUC of the model with the best *validation* AUC.
# - `"faults"`: those of these four names, in this order, whose evidence is above 0 (or not empty).
#
# Raise `ValueError` when a part is empty, when a part or a step names an id that is not in `tickets`, or when the chosen model has no test AUC.
# Example: `audit_validation(TICKETS, LOG)` gives overlap 1, copies 2, preprocessing `{"vocabulary": 2}`, tuning 0.07 and all four faults.


# %% solution="audit_validation"
def audit_validation(tickets: pd.DataFrame, log: dict) -> dict[str, int | float | dict[str, int] | list[str]]:
    """Count four faults of a finished validation.

    tickets: id, text. log: train, valid, test, fitted, valid_auc, test_auc, chosen. Returns {"overlap", "copies", "preprocessing", "tuning", "faults"}.
    """
    ### BEGIN SOLUTION
    train, valid, test = (set(log[part]) for part in ["train", "valid", "test"])
    fitted = {step: set(ids) for step, ids in log["fitted"].items()}
    if not (train and valid and test) or set().union(train, valid, test, *fitted.values()) - set(tickets["id"]) or log["chosen"] not in log["test_auc"]:
        raise ValueError("three parts with known ids, known ids in each step, a test AUC for the chosen model")
    text = dict(zip(tickets["id"], tickets["text"].str.strip().str.lower(), strict=True))
    seen = {text[i] for i in train}
    best = max(log["valid_auc"], key=log["valid_auc"].get)
    evidence = {
        "overlap": len((train & valid) | (train & test) | (valid & test)),
        "copies": sum(text[i] in seen for i in test - train),
        "preprocessing": {step: len(ids - train) for step, ids in fitted.items() if ids - train},
        "tuning": log["test_auc"][log["chosen"]] - log["test_auc"][best],
    }
    faults = [name for name, found in evidence.items() if (found if isinstance(found, dict) else found > 0)]
    return evidence | {"faults": faults}
    ### END SOLUTION


# %% [markdown] hint="audit_validation"
# Make sets of the three parts. Overlap, and rows outside training, are then one operation each: `a & b`, `ids - train`.

# %% [markdown] hint="audit_validation"
# For the copies make a dict from id to cleaned text, and the set of cleaned texts of the training ids. Look only at `test - train`.

# %% [markdown] hint="audit_validation"
# `best = max(valid_auc, key=valid_auc.get)` is the model that validation would have chosen. Tuning is `test_auc[chosen] - test_auc[best]`: zero for an honest choice.

# %% test="audit_validation" name="example" points=2
"""All four faults of the small log."""
checks.record(
    audit_validation(TICKETS, LOG),
    {"overlap": 1, "copies": 2, "preprocessing": {"vocabulary": 2}, "tuning": 0.07, "faults": ["overlap", "copies", "preprocessing", "tuning"]},
    "the example",
    mistakes={
        "a copy has another id, so comparing ids can't find it; compare the texts": {"copies": 0},
        "strip outer blanks and ignore case before you compare": {"copies": 1},
        "a test id that is itself in training is an overlap, not a copy": {"copies": 3},
        "steps without a fault are not listed": {"preprocessing": {"scaler": 0, "vocabulary": 2, "imputer": 0}},
        "rows of the validation part are outside training, too": {"preprocessing": {"vocabulary": 1}},
        "this compares test with validation AUC of one model; compare two models on the test": {"tuning": 0.12},
        "compare with the model that validation would have chosen": {"tuning": 0.0},
        "this is by how much its validation AUC is worse; the gain is on the test": {"tuning": 0.03},
    },
)

# %% test="audit_validation" name="logs" points=2
"""A clean log, and logs with one fault each that look alike at first sight."""
clean = LOG | {"test": [7, 8, 9], "fitted": {"scaler": [1, 2, 3, 4]}, "chosen": "boosting"}
checks.record(
    audit_validation(TICKETS.assign(text=[f"ticket {i}" for i in range(9)]), clean),
    {"overlap": 0, "copies": 0, "preprocessing": {}, "tuning": 0.0, "faults": []},
    "a clean log",
    mistakes={"that another model is better on the test is no fault; validation chose": {"tuning": -0.07, "faults": []}},
)
### BEGIN HIDDEN TESTS
draw = np.random.default_rng(41)
many = pd.DataFrame({"id": draw.permutation(400) + 1_000, "text": [f" Ticket {i} " for i in range(400)]})
ids = many["id"].tolist()
base = {
    "train": ids[:200],
    "valid": ids[200:300],
    "test": ids[300:],
    "fitted": {"scaler": ids[:200], "imputer": ids[:150]},
    "valid_auc": {"a": 0.71, "b": 0.78, "c": 0.75},
    "test_auc": {"a": 0.79, "b": 0.74, "c": 0.73},
    "chosen": "b",
}
none = {"overlap": 0, "copies": 0, "preprocessing": {}, "tuning": 0.0, "faults": []}
checks.record(audit_validation(many, base), none, "400 tickets, clean")
twice = many.copy()
twice.loc[210:229, "text"] = twice.loc[310:329, "text"].str.upper().to_numpy()
twice.loc[20:24, "text"] = twice.loc[30:34, "text"].to_numpy()
checks.record(
    audit_validation(twice, base),
    none,
    "copies between validation and test, and inside training",
    mistakes={"look for test texts among the training texts, not in the other parts": {"copies": 20, "faults": ["copies"]}},
)
twice.loc[310:316, "text"] = twice.loc[17, "text"].upper() + "  "
checks.record(audit_validation(twice, base), none | {"copies": 7, "faults": ["copies"]}, "seven copies of one training ticket")
checks.record(
    audit_validation(many, base | {"valid": ids[190:300] + ids[195:205], "test": ids[195:200] + ids[290:]}),
    none | {"overlap": 20, "faults": ["overlap"]},
    "ids in two and in three parts, some listed twice",
    mistakes={
        "an id that stands in three parts counts once": {"overlap": 25},
        "this adds up the three pairs of parts; an id in three parts counts once": {"overlap": 30},
        "compare validation with training and test, too": {"overlap": 5},
        "compare validation with test, too": {"overlap": 10},
    },
)
checks.record(
    audit_validation(many, base | {"fitted": {"scaler": ids, "imputer": ids[:200] + ids[:50], "selection": ids[250:260] * 2}}),
    none | {"preprocessing": {"scaler": 200, "selection": 10}, "faults": ["preprocessing"]},
    "three steps, two of them fitted outside training",
    mistakes={
        "count each id once": {"preprocessing": {"scaler": 200, "selection": 20}},
        "these are all ids of the step; count those outside training": {"preprocessing": {"scaler": 400, "selection": 10}},
        "rows of the validation part are outside training, too": {"preprocessing": {"scaler": 100}},
    },
)
checks.record(audit_validation(many, base | {"chosen": "a"}), none | {"tuning": 0.05, "faults": ["tuning"]}, "the model with the best test AUC")
checks.record(
    audit_validation(many, base | {"chosen": "c"}),
    none | {"tuning": -0.01},
    "a choice that validation doesn't explain, and that costs AUC on the test",
    mistakes={"evidence below 0 is no gain; list faults above 0 only": {"faults": ["tuning"]}},
)
### END HIDDEN TESTS

# %% test="audit_validation" name="refused" points=1
"""Empty parts, unknown ids and a missing score are refused."""
### BEGIN HIDDEN TESTS
checks.raises(ValueError, audit_validation, TICKETS, LOG | {"valid": []}, what="no validation rows")
checks.raises(ValueError, audit_validation, TICKETS, LOG | {"test": [7, 99]}, what="an unknown test id")
checks.raises(ValueError, audit_validation, TICKETS, LOG | {"fitted": {"scaler": [1, 77]}}, what="an unknown id in a step")
checks.raises(ValueError, audit_validation, TICKETS, LOG | {"chosen": "network"}, what="a chosen model without a test AUC")
### END HIDDEN TESTS

# %% [markdown] explain="audit_validation"
# Each fault is a number that anyone can recompute, so nobody has to be accused. `tuning` above 0 is a strong hint, not a proof: perhaps the team chose the simpler model for a good reason. Ask how it was chosen.
# A step fitted on validation rows harms the validation score; one fitted on test rows harms the report. Refitting everything on training plus validation *after* the choice is made is fine, and good practice; then log it as a second fit.
# Real copies differ by a few characters: use shingles or embeddings and a similarity limit (`03-llms`).

# %% [markdown]
# > **In the interview.** *"How would you validate this model?"*
# > **In 30 seconds:** I ask what production will ask of it: new customers, later dates, or more of the same. I split so that test rows differ from training rows in that very way, choose everything on validation rows inside the training period, and touch the test once. Then I compare with a random split: a large gap is a leak, and I look for the customer or the day that the model remembers.
# > **They ask next:** customers *and* time, how do you split? Labels mature after 28 days, what changes? You have only 300 rows (nested cross-validation, and an interval)? The test has been looked at ten times, is it still good?
# > **Red flags:** "80/20 and cross-validation" before any question; grouping because a column is called `id`; scaling before splitting; a test set that chooses.

# %% [markdown]
# ## Lab 2: What metric would you use?
#
# > **Checklist card.** *They test whether the business comes first, and whether accuracy is your default.*
# > 1. **What is done with the output?** A list that people work off, a decision for each row, a number that enters a sum, or nothing yet?
# > 2. **What does each error cost?** If someone knows, use money.
# > 3. **What limits the action?** With 50 reviews a day only the top 50 count.
# > 4. **How rare is the event?** Say what "never" would score before you quote accuracy.
#
# Where it was taught: `02-machine-learning` (*Class imbalance: what accuracy hides*, *Move the threshold first*), `06-monitoring` (*Precision and recall at k, nDCG, MRR*), `01-statistics` (*Two ways to be wrong*), `07-communication`.
#
# **The incident.** Two models flag abusive accounts, 3 % of all. `steady` knows a little about everyone. `sharp` is sure about a third of the abusers and knows little about the rest. The dashboard ranks by AUC, so `steady` was shipped. The reviewers, who can look at 25 accounts of this sample, now complain about false alarms.


# %% locked="model_world"
def simulate_models(seed: int, n: int = 2_000, rate: float = 0.03) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Labels and the probabilities that three models give: steady, sharp, and loud (the order of steady, trained with balanced classes)."""
    rng = np.random.default_rng(seed)
    y = (rng.permutation(n) < rate * n).astype(int)
    prior = np.log(rate / (1 - rate))
    steady = prior + 1.6 * rng.normal(1.6 * y, 1) - 1.28
    caught = (y == 1) & (rng.random(n) < 0.35)
    sharp = prior + 0.5 * rng.normal(0.5 * y, 1) - 0.1 + np.where(caught, 5.0, 0.0)
    return y, {name: 1 / (1 + np.exp(-logit)) for name, logit in [("steady", steady), ("sharp", sharp), ("loud", steady - prior)]}


# %% collapsed=true
labels, predictions = simulate_models(5)
fig, ax = plt.subplots(figsize=(7, 3))
for name, colour in [("steady", "C0"), ("sharp", "C1")]:
    hits = labels[np.argsort(-predictions[name])].cumsum()
    reviewed = np.arange(1, labels.size + 1)
    ax.plot(reviewed[4:], (hits / reviewed)[4:], color=colour, label=f"{name}: AUC {roc_auc_score(labels, predictions[name]):.2f}")
ax.axvline(25, color="0.5", ls="--", lw=1)
ax.text(26.5, 0.2, "25 reviews", color="0.4", fontsize=9)
ax.axhline(labels.mean(), color="0.7", ls=":")
ax.text(5, labels.mean() + 0.02, "reviews at random", color="0.4", fontsize=9)
ax.set_xscale("log")
ax.set(xlabel="accounts reviewed, highest score first", ylabel="share that is abuse", title="The model with the lower AUC fills the reviewers' day better")
ax.legend(frameon=False, loc="upper right")
plt.show()

# %% [markdown]
# AUC asks about *all* pairs of accounts. Nobody will ever look at the lower 1,975, so most of what AUC rewards is never used. Neither metric is wrong; only one of them describes the job.
#
# The facts choose the metric, in this order:
#
# | what happens with the output | metric | better is |
# |---|---|---|
# | the number itself is used: in a price, a forecast, a sum | Brier score, the mean of $(s - y)^2$ | lower |
# | people work off the top $k$ | precision at $k$ | higher |
# | each row gets an action, both errors have a price | cost per row, at the threshold $c_{fa} / (c_{fa} + c_{miss})$ | lower |
# | not decided yet, the event is rare (below 10 %) | average precision | higher |
# | not decided yet, not rare | ROC AUC | higher |
#
# For each of the five the model that wins on accuracy may lose. By how much it loses, in the metric that counts, is the **regret** of the habit: the best argument that you can bring to the meeting.

# %% [markdown] statement="choose_metric" level="core"
# ### `choose_metric`: facts first
#
# Write `choose_metric(facts, y, scores)`. `facts`: dict that may hold `"number_used"` (bool), `"slots"` (whole number $k$ of rows that get a review), `"cost_false_alarm"` and `"cost_miss"`; a fact that is absent or `None` is unknown. `y`: $n$ labels (0 or 1, both occur). `scores`: dict from model to $n$ probabilities. Go down the table above; the first line that fits decides. Return a dict, nothing rounded:
#
# - `"metric"`: `"brier"`, `"precision_at_k"`, `"cost"`, `"average_precision"` or `"roc_auc"`. The cost line needs both costs; a row is flagged when its score is at or above the threshold, and the cost per row is $(c_{fa}\,FP + c_{miss}\,FN)/n$.
# - `"values"`: dict from model to its value. `"choice"`: the best model. Among equally good ones the first in `scores` wins (here and for accuracy).
# - `"prevalence"`: share of ones. `"accuracy_choice"`: the model with the best accuracy, where a score of 0.5 or more counts as 1.
# - `"regret"`: how much worse `accuracy_choice` is than `choice` in your metric, zero or positive.
#
# Average precision and AUC are scikit-learn's (`average_precision_score`, `roc_auc_score`, imported). No two scores of one model tie. Raise `ValueError` when $k$ is not from 1 to $n$, when a known cost is not positive, when a model has not $n$ scores, or when `y` holds one value only.
# Example: `y, scores = simulate_models(5)`; `choose_metric({"slots": 25}, y, scores)` gives precision at k of 0.44 (`steady`), 1.0 (`sharp`) and 0.44 (`loud`), choice and accuracy choice `"sharp"`, prevalence 0.03, regret 0; with costs 1 (false alarm) and 20 (miss) instead, `"cost"` 0.2985, 0.366 and 0.831, choice `"steady"` and regret 0.0675.


# %% solution="choose_metric"
def choose_metric(facts: dict, y: ArrayLike, scores: dict[str, ArrayLike]) -> dict[str, str | float | dict[str, float]]:
    """The metric that the facts ask for, its value for each model, and what choosing by accuracy would cost.

    y: shape (n,), 0 or 1. scores: model -> shape (n,). Returns {"metric", "values", "choice", "prevalence", "accuracy_choice", "regret"}.
    """
    ### BEGIN SOLUTION
    y = np.asarray(y, dtype=int)
    s = {name: np.asarray(values, dtype=float) for name, values in scores.items()}
    slots, false_alarm, miss = (facts.get(name) for name in ["slots", "cost_false_alarm", "cost_miss"])
    if any(values.shape != y.shape for values in s.values()) or y.min() == y.max():
        raise ValueError("a score for each row, and both labels")
    if (slots is not None and not 1 <= slots <= y.size) or any(cost is not None and cost <= 0 for cost in (false_alarm, miss)):
        raise ValueError("1 to n slots, positive costs")

    def cost(v):
        flagged = v >= false_alarm / (false_alarm + miss)
        return (false_alarm * (flagged & (y == 0)) + miss * (~flagged & (y == 1))).mean()

    if facts.get("number_used"):
        metric, sign, value = "brier", -1, lambda v: ((v - y) ** 2).mean()
    elif slots is not None:
        metric, sign, value = "precision_at_k", 1, lambda v: y[np.argsort(-v)[:slots]].mean()
    elif false_alarm is not None and miss is not None:
        metric, sign, value = "cost", -1, cost
    elif y.mean() < 0.1:
        metric, sign, value = "average_precision", 1, lambda v: average_precision_score(y, v)
    else:
        metric, sign, value = "roc_auc", 1, lambda v: roc_auc_score(y, v)
    values = {name: float(value(v)) for name, v in s.items()}
    accuracy = {name: ((v >= 0.5) == y).mean() for name, v in s.items()}
    choice = max(values, key=lambda name: sign * values[name])
    habit = max(accuracy, key=accuracy.get)
    return {
        "metric": metric,
        "values": values,
        "choice": choice,
        "prevalence": float(y.mean()),
        "accuracy_choice": habit,
        "regret": sign * (values[choice] - values[habit]),
    }
    ### END SOLUTION


# %% [markdown] hint="choose_metric"
# An `if ... elif ... else` in the order of the table. Let each branch set three things: the name, a function of one model's scores, and whether more is better.

# %% [markdown] hint="choose_metric"
# `facts.get("slots")` is `None` for an absent fact, too. Test with `is not None`: a fact of 0 is known (and refused), not unknown.

# %% [markdown] hint="choose_metric"
# With `sign` = 1 where more is better, else -1: `choice = max(values, key=lambda m: sign * values[m])`, and the regret is `sign * (values[choice] - values[habit])`.

# %% test="choose_metric" name="example" points=2
"""25 reviews; then the same models when each row gets an action."""
y, scores = simulate_models(5)
top = {name: y[np.argsort(-s)[:25]].mean() for name, s in scores.items()}
aucs = {name: roc_auc_score(y, s) for name, s in scores.items()}
precisions = {name: average_precision_score(y, s) for name, s in scores.items()}
checks.record(
    choose_metric({"slots": 25}, y, scores),
    {"metric": "precision_at_k", "values": top, "choice": "sharp", "prevalence": 0.03},
    "the example",
    mistakes={
        "accuracy is the habit that this exercise is about; start from the facts": {"metric": "accuracy"},
        "AUC asks about all pairs; here only the top 25 are looked at": {"metric": "roc_auc"},
        "average precision asks about the whole list; here only the top 25 are looked at": {"metric": "average_precision"},
        "this is the recall: the hits over all ones; precision at k divides by k": {"values": {m: v * 25 / y.sum() for m, v in top.items()}},
        "this takes the lowest scores; review the highest": {"values": {m: y[np.argsort(s)[:25]].mean() for m, s in scores.items()}},
        "this is the precision above 0.5; take the top 25": {"values": {m: y[s >= 0.5].mean() for m, s in scores.items()}},
        "the name fits, but these are AUCs": {"values": aucs},
        "the name fits, but these are average precisions": {"values": precisions},
        "more precision is better": {"choice": "steady"},
    },
)
flags = {m: s >= 1 / 21 for m, s in scores.items()}
price = {m: ((f & (y == 0)) + 20 * (~f & (y == 1))).mean() for m, f in flags.items()}
accuracy = {m: ((s >= 0.5) == y).mean() for m, s in scores.items()}
checks.record(
    choose_metric({"cost_false_alarm": 1, "cost_miss": 20, "slots": None}, y, scores),
    {"metric": "cost", "values": price, "choice": "steady", "accuracy_choice": "sharp", "regret": price["sharp"] - price["steady"]},
    "a false alarm costs 1, a miss costs 20",
    mistakes={
        "flag from c_fa / (c_fa + c_miss) up, not from 0.5": {
            "values": {m: (((s >= 0.5) & (y == 0)) + 20 * ((s < 0.5) & (y == 1))).mean() for m, s in scores.items()}
        },
        "the costs are swapped: a miss is a 1 that is not flagged": {"values": {m: (20 * (f & (y == 0)) + (~f & (y == 1))).mean() for m, f in flags.items()}},
        "the threshold is turned round; a dear miss makes you flag more": {
            "values": {m: (((s >= 20 / 21) & (y == 0)) + 20 * ((s < 20 / 21) & (y == 1))).mean() for m, s in scores.items()}
        },
        "this is the cost of all rows; divide by n": {"values": {m: 2_000 * v for m, v in price.items()}},
        "a cost is better when it is lower": {"choice": "loud"},
        "this is the sign of a metric where more is better; a regret is never negative": {"regret": price["steady"] - price["sharp"]},
        "this is the difference in accuracy; measure the regret in your metric": {"regret": accuracy["sharp"] - accuracy["steady"]},
    },
)

# %% test="choose_metric" name="facts" points=2
"""Other facts, other metrics: the order of the table decides when several are known."""
### BEGIN HIDDEN TESTS
y, scores = simulate_models(2, rate=0.1)
brier = {m: np.mean((s - y) ** 2) for m, s in scores.items()}
checks.record(
    choose_metric({"number_used": True, "slots": 20, "cost_false_alarm": 1, "cost_miss": 5}, y, scores),
    {"metric": "brier", "values": brier, "choice": "steady", "accuracy_choice": "sharp", "regret": brier["sharp"] - brier["steady"]},
    "the probability enters a forecast, and everything else is known as well",
    mistakes={
        "the number itself is used; that comes first in the table": {"metric": "precision_at_k"},
        "the number itself is used, that comes first in the table": {"metric": "cost"},
        "a Brier score is better when it is lower": {"choice": "loud"},
        "this is the root of the Brier score": {"values": {m: v**0.5 for m, v in brier.items()}},
        "this is the mean absolute error, which rewards extreme scores": {"values": {m: np.mean(np.abs(s - y)) for m, s in scores.items()}},
    },
)
aucs = {m: roc_auc_score(y, s) for m, s in scores.items()}
checks.record(
    choose_metric({"number_used": False, "cost_miss": 5}, y, scores),
    {"metric": "roc_auc", "values": aucs, "choice": "steady", "prevalence": 0.1, "accuracy_choice": "sharp", "regret": aucs["steady"] - aucs["sharp"]},
    "one cost only, prevalence of exactly 10 %",
    mistakes={
        "the cost of a false alarm is unknown; the cost line needs both": {"metric": "cost"},
        "10 % is not below 10 %": {"metric": "average_precision"},
    },
)
y, scores = simulate_models(1, rate=0.02)
precisions = {m: average_precision_score(y, s) for m, s in scores.items()}
checks.record(
    choose_metric({}, y, scores),
    {"metric": "average_precision", "values": precisions, "choice": "sharp", "accuracy_choice": "sharp", "regret": 0.0},
    "nothing is known, the event is rare",
    mistakes={
        "the event is rare: below 10 % it is average precision": {"metric": "roc_auc"},
        "the name fits, but these are AUCs": {"values": {m: roc_auc_score(y, s) for m, s in scores.items()}},
    },
)
y, scores = simulate_models(1, rate=0.3)
price = {m: (5 * ((s >= 5 / 6) & (y == 0)) + ((s < 5 / 6) & (y == 1))).mean() for m, s in scores.items()}
checks.record(
    choose_metric({"cost_false_alarm": 5.0, "cost_miss": 1.0}, y, scores),
    {"metric": "cost", "values": price, "choice": "sharp", "accuracy_choice": "steady", "regret": price["steady"] - price["sharp"]},
    "a false alarm costs 5, a miss costs 1",
)
y, scores = simulate_models(2, rate=0.3)
top = {m: y[np.argsort(-s)[:20]].mean() for m, s in scores.items()}
checks.record(
    choose_metric({"slots": 20, "cost_false_alarm": 1, "cost_miss": 3}, y.tolist(), {m: s.tolist() for m, s in scores.items()}),
    {"metric": "precision_at_k", "values": top, "choice": "sharp", "accuracy_choice": "steady", "regret": top["sharp"] - top["steady"]},
    "20 slots and two costs, given as lists",
    mistakes={"the slots come before the costs in the table": {"metric": "cost"}},
)
checks.record(
    choose_metric({"cost_false_alarm": 5, "cost_miss": None}, y, scores),
    {"metric": "roc_auc", "choice": "steady", "accuracy_choice": "steady", "regret": 0.0},
    "the cost of a false alarm only",
    mistakes={"the cost of a miss is unknown; the cost line needs both": {"metric": "cost"}},
)
### END HIDDEN TESTS

# %% test="choose_metric" name="edges" points=2
"""Ties go to the first model, scores at a threshold are flagged, and unusable input is refused."""
### BEGIN HIDDEN TESTS
y, scores = simulate_models(3, rate=0.2)
turned = {name: scores[name] for name in ["sharp", "loud", "steady"]}
checks.record(choose_metric({}, y, turned), {"metric": "roc_auc", "choice": "loud"}, "loud and steady have the same AUC, and loud comes first")
checks.record(choose_metric({}, y, scores), {"metric": "roc_auc", "choice": "steady"}, "loud and steady have the same AUC, and steady comes first")
small, at = [1, 0, 0, 1], {"two": [0.5, 0.75, 0.1, 0.8], "one": [0.25, 0.1, 0.2, 0.9]}
checks.record(
    choose_metric({"cost_false_alarm": 1, "cost_miss": 3}, small, at),
    {"values": {"two": 0.25, "one": 0.0}, "choice": "one", "accuracy_choice": "two", "regret": 0.25},
    "a score of exactly 1 / (1 + 3), and a score of exactly 0.5",
    mistakes={
        "a score at the threshold is flagged": {"values": {"two": 0.25, "one": 0.75}},
        "a score of exactly 0.5 counts as 1, so the accuracies tie": {"accuracy_choice": "one"},
    },
)
checks.record(
    choose_metric({"slots": 4}, small, at), {"metric": "precision_at_k", "values": {"one": 0.5, "two": 0.5}, "choice": "two"}, "as many slots as rows"
)
for slots in [0, 5, -1]:
    checks.raises(ValueError, choose_metric, {"slots": slots}, small, at, what=f"{slots} slots for four rows")
checks.raises(ValueError, choose_metric, {"cost_false_alarm": 0, "cost_miss": 3}, small, at, what="a false alarm that costs 0")
checks.raises(ValueError, choose_metric, {"cost_miss": -3}, small, at, what="a negative cost")
checks.raises(ValueError, choose_metric, {"slots": 2}, small, {"one": [0.1, 0.2, 0.3]}, what="three scores for four rows")
checks.raises(ValueError, choose_metric, {"number_used": True}, small, {"one": [0.1]}, what="one score for four rows")
checks.raises(ValueError, choose_metric, {"slots": 2}, [0, 0, 0, 0], at, what="no 1 among the labels")
### END HIDDEN TESTS

# %% [markdown] explain="choose_metric"
# The table is a simplification that you can defend. Slots *and* costs together would be a cost with a limit: act on the top $k$ rows above the threshold. The cost line trusts the scores to be probabilities, which is why `loud` pays dearly: same order, same AUC, six times the false alarms at that threshold (1,662 against 277 in the example).
# If the scores are not calibrated, calibrate them, or choose the threshold on validation rows (`02-machine-learning`). The Brier score alone sees both, order and calibration.

# %% [markdown]
# ### Capacity is per day
#
# "The team reviews 50 cases" is never a property of the test set. It is hours, minutes per case, and it starts anew each morning. A busy Monday's 51st case is dropped, although it scores higher than anything on Sunday. Sorting the whole test set and cutting once pretends that reviewers can work ahead.
#
# And capacity limits recall for *any* model. If 20 abusers arrive on a day with 12 reviews, the perfect ranking finds 12. Report recall beside that **ceiling**, or someone will ask you to fix a model that has nothing left to fix.


# %% locked="queue_world"
def simulate_queue(seed: int, days: int = 14) -> pd.DataFrame:
    """Cases by day with y and score, in the order of arrival; every seventh day brings a wave of abuse, the day before it is quiet."""
    rng = np.random.default_rng(seed)
    parts = []
    for day in range(1, days + 1):
        n, rate = (160, 0.25) if day % 7 == 0 else (8, 0.1) if day % 7 == 6 else (90, 0.06)
        y = (rng.random(n) < rate).astype(int)
        parts.append(pd.DataFrame({"day": day, "y": y, "score": rng.normal(1.5 * y)}))
    return pd.concat(parts, ignore_index=True)


MINI_QUEUE = pd.DataFrame({"day": [1, 1, 1, 1, 1, 2, 2, 2, 3], "y": [1, 1, 0, 1, 0, 0, 0, 1, 0], "score": [0.9, 0.8, 0.3, 0.7, 0.6, 0.5, 0.1, 0.2, 0.4]})

# %% collapsed=true
queue = simulate_queue(9)
order = queue.sort_values(["day", "score"], ascending=[True, False])
limits = np.arange(1, 61)
in_day = order.groupby("day").cumcount()
found = [order.loc[in_day < k, "y"].sum() / order["y"].sum() for k in limits]
perfect = [queue.groupby("day")["y"].sum().clip(upper=k).sum() / queue["y"].sum() for k in limits]
pooled = queue.sort_values("score", ascending=False)["y"].to_numpy()
fancied = [pooled[: 14 * k].sum() / pooled.sum() for k in limits]
fig, ax = plt.subplots(figsize=(7, 3))
ax.plot(limits, perfect, color="0.6", label="ceiling: a perfect ranking")
ax.plot(limits, fancied, color="C1", ls="--", label="cut once, over all days")
ax.plot(limits, found, color="C0", label="this model, day by day")
ax.axvline(15, color="0.5", lw=1, ls=":")
ax.text(15.7, 0.03, "15 a day", color="0.4", fontsize=9)
ax.set(xlabel="reviews a day", ylabel="share of all abuse found", ylim=(0, 1.05), title="At 15 reviews a day, 70 % of what is missed no model could find")
ax.legend(frameon=False, loc="lower right", fontsize=9)
plt.show()

# %% [markdown] statement="capacity_metric" level="stretch"
# ### `capacity_metric`: what the team will really see
#
# Write `capacity_metric(queue, hours, minutes)`. `queue`: data frame with `"day"`, `"y"` (0 or 1) and `"score"`, in the order of arrival. `hours`: working hours of the team per day; `minutes`: for one case; both whole numbers. A case must be finished on its day, and a started case that can't be finished isn't begun. Each day the highest scores are reviewed; among equal scores the earlier row comes first. A day with fewer cases than capacity reviews them all. Return a dict, nothing rounded:
#
# - `"capacity"`: cases per day. `"reviewed"`: cases reviewed over all days of the queue.
# - `"precision"`: ones among the reviewed cases over reviewed cases, all days together. `"recall"`: ones reviewed over all ones.
# - `"ceiling"`: the recall of a perfect ranking with this capacity.
#
# Raise `ValueError` when the capacity is below one case, when `minutes` is not positive, and when the queue holds no 1.
# Example: `capacity_metric(MINI_QUEUE, 1, 25)` gives capacity 2, reviewed 5, precision 0.6, recall 0.75 and ceiling 0.75.


# %% solution="capacity_metric"
def capacity_metric(queue: pd.DataFrame, hours: int, minutes: int) -> dict[str, int | float]:
    """Precision and recall of a daily review queue, and the best recall that its capacity allows.

    queue: day, y, score, in the order of arrival. Returns {"capacity", "reviewed", "precision", "recall", "ceiling"}.
    """
    ### BEGIN SOLUTION
    if minutes <= 0 or 60 * hours < minutes or not (queue["y"] == 1).any():
        raise ValueError("capacity for at least one case a day, and a 1 in the queue")
    capacity = 60 * hours // minutes
    order = queue.sort_values("score", ascending=False, kind="stable")
    reviewed = order[order.groupby("day").cumcount() < capacity]
    ones = queue["y"].sum()
    return {
        "capacity": int(capacity),
        "reviewed": len(reviewed),
        "precision": float(reviewed["y"].mean()),
        "recall": float(reviewed["y"].sum() / ones),
        "ceiling": float(queue.groupby("day")["y"].sum().clip(upper=capacity).sum() / ones),
    }
    ### END SOLUTION


# %% [markdown] hint="capacity_metric"
# Capacity is a whole number: 60 times the hours, divided by the minutes, rounded down. `//` does it.

# %% [markdown] hint="capacity_metric"
# Sort once by score, stably, then `groupby("day").cumcount()` is the place of each case in its own day.

# %% [markdown] hint="capacity_metric"
# Ceiling: a perfect ranking reviews all ones of a day, up to the capacity. Sum `min(ones of the day, capacity)` over days and divide by all ones.

# %% test="capacity_metric" name="example" points=2
"""The example, with its full and its short days."""
checks.record(
    capacity_metric(MINI_QUEUE, 1, 25),
    {"capacity": 2, "reviewed": 5, "precision": 0.6, "recall": 0.75, "ceiling": 0.75},
    "the example",
    mistakes={
        "a case that can't be finished isn't begun: round down": {"capacity": 3},
        "the capacity is in whole cases: round down": {"capacity": 2.4},
        "a day with one case reviews one": {"reviewed": 6},
        "each day has its own queue: rank within the day, not over all days": {"recall": 1.0},
        "divide by the cases that were reviewed; day 3 has only one": {"precision": 0.5},
        "this is the mean of each day's precision; count all days together": {"precision": 0.5, "recall": 0.75},
        "the perfect ranking, too, has to work day by day": {"ceiling": 1.0},
    },
)

# %% test="capacity_metric" name="queues" points=2
"""Two weeks with waves and quiet days, at several capacities; days and rows in any order."""
### BEGIN HIDDEN TESTS
for seed, hours, minutes in [(1, 5, 20), (2, 5, 13), (3, 3, 17)]:
    queue = simulate_queue(seed).sample(frac=1, random_state=seed)
    capacity = (60 * hours) // minutes
    kept = [part.nlargest(capacity, "score") for _, part in queue.groupby("day")]
    reviewed = pd.concat(kept)
    ones = queue["y"].sum()
    pooled = queue.nlargest(capacity * 14, "score")
    checks.record(
        capacity_metric(queue, hours, minutes),
        {
            "capacity": capacity,
            "reviewed": len(reviewed),
            "precision": reviewed["y"].mean(),
            "recall": reviewed["y"].sum() / ones,
            "ceiling": sum(min(capacity, part["y"].sum()) for _, part in queue.groupby("day")) / ones,
        },
        f"14 days, {hours} hours, {minutes} minutes a case",
        mistakes={
            "each day has its own queue: rank within the day, not over all days": {"recall": pooled["y"].sum() / ones},
            "this is the capacity of one day, for all days": {"recall": queue.nlargest(capacity, "score")["y"].sum() / ones},
            "this is the mean of each day's precision; count all days together": {"precision": np.mean([part["y"].mean() for part in kept])},
            "the perfect ranking, too, has to work day by day": {"ceiling": min(1.0, 14 * capacity / ones)},
            "a case that is not finished on the day doesn't count: round the capacity down": {"capacity": capacity + 1},
        },
    )
### END HIDDEN TESTS

# %% test="capacity_metric" name="edges" points=1
"""Equal scores, capacity for everything, days without a 1, and what is refused."""
### BEGIN HIDDEN TESTS
flat = pd.DataFrame({"day": ["tue"] * 40 + ["mon"] * 40, "y": [1] * 10 + [0] * 30 + [0] * 20 + [1] * 20, "score": 0.5})
checks.record(
    capacity_metric(flat, 2, 10),
    {"capacity": 12, "reviewed": 24, "precision": 10 / 24, "recall": 1 / 3, "ceiling": 22 / 30},
    "40 equal scores a day",
    mistakes={"among equal scores the earlier row comes first; sort stably": {"precision": 12 / 24}},
)
fresh = np.random.default_rng(33)
steps = pd.DataFrame({"day": fresh.integers(1, 4, 600), "y": (fresh.random(600) < 0.3).astype(int), "score": fresh.choice([0.2, 0.5, 0.8], 600)})
ordered = sorted(zip(-steps["score"], range(600), steps["day"], steps["y"], strict=True))
seen = [y for day in [1, 2, 3] for y in [row[3] for row in ordered if row[2] == day][:90]]
checks.record(
    capacity_metric(steps, 3, 2),
    {"capacity": 90, "reviewed": 270, "precision": np.mean(seen), "recall": sum(seen) / steps["y"].sum()},
    "three levels of score, so that most cases tie (the earlier row comes first)",
)
checks.record(
    capacity_metric(MINI_QUEUE, 24, 1), {"capacity": 1_440, "reviewed": 9, "precision": 4 / 9, "recall": 1.0, "ceiling": 1.0}, "capacity for everything"
)
checks.record(capacity_metric(MINI_QUEUE, 1, 60), {"capacity": 1, "reviewed": 3, "precision": 1 / 3, "recall": 0.25, "ceiling": 0.5}, "exactly one case a day")
checks.raises(ValueError, capacity_metric, MINI_QUEUE, 1, 61, what="61 minutes a case and one hour")
checks.raises(ValueError, capacity_metric, MINI_QUEUE, 0, 5, what="no hours")
checks.raises(ValueError, capacity_metric, MINI_QUEUE, 1, 0, what="cases that take no time")
checks.raises(ValueError, capacity_metric, MINI_QUEUE[MINI_QUEUE["y"] == 0], 1, 5, what="a queue without a 1")
### END HIDDEN TESTS

# %% [markdown] explain="capacity_metric"
# Precision pools the days because a wasted review costs the same on any day. The pooled cut (the dashed line) shifts reviews to the days of the waves, which real people can't do; it overstates recall and precision.
# The ceiling separates two conversations. Recall far below the ceiling: improve the ranking. Recall near the ceiling: hire, shorten the review, or automate the surest cases.

# %% [markdown]
# > **In the interview.** *"What metric would you use?"*
# > **In 30 seconds:** first I ask what happens with the output. If 50 cases a day get a review, it is precision at 50, per day, next to the recall that this capacity allows. If each case gets an action and errors have prices, it is expected cost at the threshold that the prices give. If the number enters a forecast, it is calibration, by the Brier score. AUC or average precision are what I use while nobody knows yet.
# > **They ask next:** why did the model with the better AUC do worse? What if the costs are guesses (try a range, see whether the choice flips)? Which guardrail goes beside it (complaints, per segment)? How does it connect to the online metric?
# > **Red flags:** accuracy at 3 % prevalence; F1 because it is balanced; a metric before a question; no baseline.

# %% [markdown]
# ## Lab 3: How would you handle missing data?
#
# > **Checklist card.** *They test whether you know what each repair costs: drop, mean, model-based.*
# > 1. **Why is it missing?** By chance (MCAR), by something you see (MAR), by the missing value itself (MNAR).
# > 2. **What do you need from the column?** A mean, a spread, a coefficient, or a prediction: each survives other repairs.
# > 3. **Fit the repair on training rows**, and ship it with the model.
# > 4. **Keep the fact that it was missing**: an indicator column is often a feature in its own right.
#
# Where it was taught: `06-monitoring` (*Data quality: is this batch what the model was promised?*), `05-sql` (*Data quality*, completeness), `02-machine-learning` (fit inside the folds; a missing value may be a leak), `04-causal` (selection).
#
# **The incident.** New workspaces may state their yearly budget in the sign-up form; 4 in 10 don't. Hours of use per month are always logged. The pricing team wants the mean budget, its spread, and how budget and use go together. Below, the form is filled in completely, once, and then blanked at random.


# %% locked="form_world"
def simulate_form(n: int, seed: int) -> pd.DataFrame:
    """Usage (hours a month) and budget (thousand dollars a year) of n workspaces; one more hour goes with 1.2 more budget."""
    rng = np.random.default_rng(seed)
    usage = rng.normal(20, 5, n)
    return pd.DataFrame({"usage": usage, "budget": 50 + 1.2 * (usage - 20) + rng.normal(0, 8, n)})


def blanks(form: pd.DataFrame, mechanism: str, seed: int, repeats: int = 1) -> np.ndarray:
    """Which budgets are left blank, shape (repeats, n). MCAR: by chance; MAR: light users skip the form; MNAR: big budgets keep silent."""
    pull = {"MCAR": 0 * form["usage"], "MAR": 1.5 * (20 - form["usage"]) / 5, "MNAR": 1.5 * (form["budget"] - 50) / 10}[mechanism]
    return np.random.default_rng(seed).random((repeats, len(form))) < 1 / (1 + np.exp(0.4 - pull.to_numpy()))


# %% collapsed=true
form = simulate_form(250, 1)
blank = blanks(form, "MCAR", 2)[0]
slope, intercept = np.polyfit(form["usage"][~blank], form["budget"][~blank], 1)
line = intercept + slope * form["usage"][blank]
noise = np.random.default_rng(3).normal(0, (form["budget"] - intercept - slope * form["usage"])[~blank].std(), blank.sum())
fig, axes = plt.subplots(1, 4, figsize=(9, 2.9), sharey=True, layout="constrained")
spread = {}
for ax, (name, filled) in zip(
    axes, {"drop": None, "mean": np.full(blank.sum(), form["budget"][~blank].mean()), "model": line, "stochastic": line + noise}.items(), strict=True
):
    ax.plot(form["usage"][~blank], form["budget"][~blank], ".", color="0.75", ms=4)
    if filled is not None:
        ax.plot(form["usage"][blank], filled, ".", color="C1", ms=4)
    whole = np.append(form["budget"][~blank], [] if filled is None else filled)
    ax.set(xlabel="usage (hours)", title=f"{name}: SD {whole.std(ddof=1):.1f}")
axes[0].set_ylabel("budget (1,000 $)")
fig.suptitle(f"Filling along a line makes the budgets too alike (true SD {form['budget'].std():.1f})", fontsize=11)
plt.show()

# %% [markdown]
# Grey points are known, orange ones are filled in.
#
# - **Drop** the row: fine by chance, wasteful, and biased when those who answer differ from those who don't. In production you can't drop a customer.
# - **Mean**: each filled value sits in the middle, with no spread of its own. If a share $q$ of values is observed, the standard deviation shrinks to about $\sqrt q$ of what it was (0.77 for 60 %), and the column loses its link to the others.
# - **Model-based**: predict the missing value from the other columns. Right on average, but all filled points lie *on* the line: spread too small, correlation too large.
# - **Stochastic**: the prediction plus a draw from its residuals. It looks like data. (Do it several times and pool the results, and it is *multiple imputation*, which also gives honest standard errors.)

# %% [markdown] statement="impute" level="core"
# ### `impute`: four repairs, fitted on training rows
#
# Write `impute(train, table, target, method, seed=0)`. Both are data frames with the same columns, all numbers; only column `target` has missing values. Everything that is estimated comes from the rows of `train` whose target is known. Return `table` with `target` filled: same rows, columns and order, known values unchanged. `method` is
#
# - `"drop"`: the rows of `table` whose target is known, nothing filled.
# - `"mean"`: fill with the mean. `"model"`: fill with the prediction of least squares of `target` on all other columns, with intercept.
# - `"stochastic"`: that prediction plus an independent normal draw for each filled row, with mean 0 and the standard deviation of the residuals (sum of squares over $n - k - 1$ for $n$ known rows and $k$ other columns). The same seed gives the same table, another seed another one.
#
# Raise `ValueError` for another method, when `train` has fewer than $k + 2$ rows with a known target (for every method), or when another column of either frame has a missing value.
# Example: in a `train` with usage 10, 20, 30, 40 and budget 30, 40, missing, 60, the mean is 43.33 and the line $20 + 1\cdot$ usage; for a `table` row with usage 30 and no budget, `"mean"` gives 43.33 and `"model"` 50.


# %% solution="impute"
def impute(train: pd.DataFrame, table: pd.DataFrame, target: str, method: str, seed: int = 0) -> pd.DataFrame:
    """`table` with the missing values of `target` filled by what `train` says.

    method: "drop", "mean", "model" or "stochastic". Returns a data frame with the columns of `table`.
    """
    ### BEGIN SOLUTION
    others = [column for column in table.columns if column != target]
    known = train.dropna(subset=[target])
    if method not in {"drop", "mean", "model", "stochastic"} or len(known) < len(others) + 2:
        raise ValueError("a known method, and enough known rows")
    if train[others].isna().any(axis=None) or table[others].isna().any(axis=None):
        raise ValueError("only the target may have missing values")
    if method == "drop":
        return table.dropna(subset=[target])
    missing = table[target].isna().to_numpy()
    if method == "mean":
        values = np.full(missing.sum(), known[target].mean())
    else:
        design = np.column_stack([np.ones(len(known)), known[others]])
        coefficients = np.linalg.lstsq(design, known[target].to_numpy(float))[0]
        values = np.column_stack([np.ones(missing.sum()), table.loc[missing, others]]) @ coefficients
        if method == "stochastic":
            residuals = known[target].to_numpy(float) - design @ coefficients
            sd = np.sqrt(residuals @ residuals / (len(known) - len(others) - 1))
            values = values + np.random.default_rng(seed).normal(0, sd, missing.sum())
    filled = table[target].to_numpy(float, copy=True)
    filled[missing] = values
    return table.assign(**{target: filled})
    ### END SOLUTION


# %% [markdown] hint="impute"
# `known = train.dropna(subset=[target])` is all that you may learn from. `table` is only filled, never fitted.

# %% [markdown] hint="impute"
# `LinearRegression().fit(known[others], known[target])` gives the line; it is imported. Predict for the rows of `table` whose target is missing.

# %% [markdown] hint="impute"
# For the stochastic fill: residuals of the known rows, `sd = sqrt(sum(residuals**2) / (n - k - 1))`, then `rng.normal(0, sd, number_of_missing)` is added to the prediction.

# %% test="impute" name="exact" points=2
"""Drop, mean and model: on the example, then on fresh tables with several columns."""
small = pd.DataFrame({"usage": [10.0, 20, 30, 40], "budget": [30.0, 40, np.nan, 60]})
asked = pd.DataFrame({"usage": [30.0, 15, 50], "budget": [np.nan, 80, np.nan]})
mean = 130 / 3
for method, values, wrong in [
    (
        "mean",
        [mean, 80, mean],
        {
            "this is the mean of `table`; what you ship is fitted on `train`": [80.0, 80, 80],
            "this fits on `train` and `table` together; fit on `train` only": [52.5, 80, 52.5],
            "this is the median": [40.0, 80, 40],
            "known values stay as they are": [mean, mean, mean],
        },
    ),
    (
        "model",
        [50.0, 80, 70],
        {
            "known values stay as they are": [50.0, 35, 70],
            "this is a mean for every row; predict from the other columns": [mean, 80, mean],
            "the line has no intercept": [30 * 3500 / 2100, 80, 50 * 3500 / 2100],
        },
    ),
]:
    checks.frame(
        impute(small, asked, "budget", method),
        asked.assign(budget=values),
        f"the example, {method}",
        mistakes={name: asked.assign(budget=v) for name, v in wrong.items() if not np.allclose(v, values)},
    )
checks.frame(
    impute(small, asked, "budget", "drop"),
    asked[1:2],
    "the example, drop",
    mistakes={"this drops from `train`; return the rows of `table`": small.dropna(), "the columns are dropped; drop the rows": asked[["usage"]]},
)
### BEGIN HIDDEN TESTS
fresh = np.random.default_rng(61)
train = pd.DataFrame(fresh.normal(0, 3, (80, 3)), columns=["a", "b", "c"]).assign(d=lambda t: 5 + 2 * t["a"] - t["c"] + fresh.normal(0, 2, 80))[
    ["a", "d", "b", "c"]
]
train.loc[fresh.random(80) < 0.4, "d"] = np.nan
table = pd.DataFrame(fresh.normal(2, 3, (30, 4)), columns=["a", "d", "b", "c"], index=range(900, 930))
table.loc[910:924, "d"] = np.nan
known = train.dropna()
fit = np.linalg.lstsq(np.c_[np.ones(len(known)), known[["a", "b", "c"]]], known["d"].to_numpy())[0]
line = np.c_[np.ones(30), table[["a", "b", "c"]]] @ fit
checks.frame(impute(train, table, "d", "mean"), table.fillna({"d": known["d"].mean()}), "three other columns, mean")
checks.frame(
    impute(train, table, "d", "model"),
    table.assign(d=table["d"].fillna(pd.Series(line, table.index))),
    "three other columns, model",
    mistakes={"this is a mean for every row; predict from the other columns": table.fillna({"d": known["d"].mean()})},
)
checks.frame(impute(train, table, "d", "drop"), table[table["d"].notna()], "three other columns, drop")
checks.frame(impute(train, table[:5], "d", "model"), table[:5], "a table without a missing value")
### END HIDDEN TESTS

# %% test="impute" name="stochastic" points=2
"""The filled values scatter around the line as the known ones do, and the seed repeats them."""
train = simulate_form(2_000, 71)
train.loc[blanks(train, "MAR", 72)[0], "budget"] = np.nan
table = simulate_form(3_000, 73)
missing = blanks(table, "MAR", 74)[0]
table.loc[missing, "budget"] = np.nan
filled = impute(train, table, "budget", "stochastic", seed=5)
known = train.dropna()
slope, intercept = np.polyfit(known["usage"], known["budget"], 1)
gap = (filled["budget"] - intercept - slope * filled["usage"]).to_numpy()[missing]
checks.between(
    gap.std(),
    7.5,
    8.5,
    "the standard deviation of filled values around the line (the known ones have 8)",
    mistakes={
        "the filled values lie on one line; draw noise for each row": (-0.1, 0.05),
        "this is the error of the line, far less than the spread of points around it": (0.06, 0.6),
        "the noise has standard deviation 1; take that of the residuals": (0.9, 1.1),
        "the noise has the spread of the whole column, not of the residuals": (8.8, 12),
        "the noise has the variance as its standard deviation": (50, 80),
    },
)
checks.between(gap.mean(), -0.7, 0.7, "the mean distance of filled values from the line")
checks.between(np.abs(np.corrcoef(gap, filled["usage"][missing])[0, 1]), 0, 0.08, "the correlation of the noise with usage")
### BEGIN HIDDEN TESTS
checks.between(np.abs(stats.skew(gap)), 0, 0.25, "the skewness of the noise (0 for a normal)")
checks.frame(impute(train, table, "budget", "stochastic", seed=5), filled, "the same seed again")
other = impute(train, table, "budget", "stochastic", seed=6)["budget"].to_numpy()
checks.between(
    np.abs(other - filled["budget"].to_numpy())[missing].mean(),
    5,
    13,
    "the mean difference between two seeds",
    mistakes={"another seed gives the same values": (-1, 1)},
)
checks.array(other[~missing], table["budget"].to_numpy()[~missing], "the known values")
checks.between(np.std(other, ddof=1), 9.5, 10.6, "the standard deviation of the whole column (10 in truth)")
few = pd.DataFrame({"x": [0.0, 1, 2, 3], "y": [0.0, 3, 0, 3], "t": [1.0, 2, 2, 6]})
many = pd.DataFrame({"x": np.zeros(2_500), "y": np.zeros(2_500), "t": np.nan})
fit, rest = np.linalg.lstsq(np.c_[np.ones(4), few[["x", "y"]]], few["t"])[:2]
checks.between(
    impute(few, many, "t", "stochastic", seed=1)["t"].std() / np.sqrt(rest[0]),
    0.93,
    1.07,
    "the noise when four rows fit three coefficients, over the root of the residual sum of squares",
    mistakes={"divide the sum of squares by n - k - 1": (0.46, 0.86)},
)
### END HIDDEN TESTS

# %% test="impute" name="refused" points=1
"""Unknown methods, too few rows, and holes elsewhere."""
### BEGIN HIDDEN TESTS
table = pd.DataFrame({"u": [1.0, 2, 4, 8], "t": [3.0, np.nan, 1, 7]})
checks.raises(ValueError, impute, table, table, "t", "median", what="the method 'median'")
checks.raises(ValueError, impute, table[:3], table, "t", "mean", what="two known rows and one other column")
checks.raises(ValueError, impute, table[:3], table, "t", "drop", what="two known rows and one other column, drop")
checks.raises(ValueError, impute, table, table.assign(u=[1, np.nan, 2, 3]), "t", "mean", what="a hole in another column of the table")
checks.raises(ValueError, impute, table.assign(u=[np.nan, 1, 2, 3]), table, "t", "mean", what="a hole in another column of the training rows")
checks.frame(impute(table, table, "t", "mean"), table.fillna(11 / 3), "three known rows and one other column, the fewest allowed")
### END HIDDEN TESTS

# %% [markdown] explain="impute"
# The repair is part of the model: it has parameters, so it is fitted on training rows and shipped. A mean taken over the incoming batch changes with every batch; two identical customers then get two predictions.
# One stochastic fill is one guess. For standard errors fill five to twenty times, estimate each time, and add the variance *between* the fills to the mean variance within (Rubin's rules). For pure prediction a mean with an indicator column, or a tree model that takes missing values as they are, is often as good.

# %% [markdown]
# ### What each repair does to the answer
#
# Four questions to one column: its mean, its standard deviation, the slope of *budget on usage* (budget is the outcome) and the slope of *usage on budget* (budget is the feature). Which repair keeps which answer, under which mechanism?
# From here on the repairs are scikit-learn's; `IterativeImputer` with one incomplete column is the model-based fill, and `sample_posterior=True` makes it stochastic.

# %% locked="library_fill"
METHODS = ["drop", "mean", "model", "stochastic"]


def fill(table: pd.DataFrame, method: str, seed: int = 0) -> pd.DataFrame:
    """`table` with the rows of missing values dropped, or the values filled by scikit-learn."""
    if method == "drop":
        return table.dropna()
    imputer = {
        "mean": SimpleImputer(),
        "model": IterativeImputer(LinearRegression(), max_iter=2),
        "stochastic": IterativeImputer(BayesianRidge(), sample_posterior=True, max_iter=1, random_state=seed),
    }[method]
    return pd.DataFrame(imputer.fit_transform(table), columns=table.columns, index=table.index)


# %% collapsed=true
complete = simulate_form(1_000, 1)


def answers(table):
    cov = table.cov()
    both = cov.loc["usage", "budget"]
    return np.array([table["budget"].mean(), table["budget"].std(), both / cov.loc["usage", "usage"], both / cov.loc["budget", "budget"]])


fig, axes = plt.subplots(1, 3, figsize=(9, 3.4), layout="constrained")
questions = ["mean", "SD", "slope,\noutcome", "slope,\nfeature"]
for ax, (mechanism, why) in zip(axes, {"MCAR": "by chance", "MAR": "light users skip", "MNAR": "big budgets keep silent"}.items(), strict=True):
    repeats = blanks(complete, mechanism, 2, 6)
    grid = np.array(
        [
            np.mean([answers(fill(complete.assign(budget=complete["budget"].mask(b)), method, i)) for i, b in enumerate(repeats)], axis=0) / answers(complete)
            - 1
            for method in METHODS
        ]
    )
    ax.imshow(grid, cmap="RdBu_r", vmin=-0.6, vmax=0.6, aspect="auto")
    for i, row in enumerate(grid):
        for j, value in enumerate(row):
            ax.text(j, i, f"{round(100 * value):+d} %", ha="center", va="center", fontsize=9, color="white" if abs(value) > 0.4 else "black")
    ax.set_xticks(range(4), questions, fontsize=8)
    ax.set_yticks(range(4), METHODS if ax is axes[0] else [""] * 4)
    ax.set_title(f"{mechanism}: {why}", fontsize=10)
    ax.tick_params(length=0)
fig.suptitle("Bias against the complete form: only the stochastic fill is right throughout MCAR and MAR; nothing is under MNAR", fontsize=10)
plt.show()

# %% [markdown]
# Read it by column. The *mean* survives everything under MCAR. The *SD* survives drop under MCAR, and only the stochastic fill under MAR, too. A slope with budget as the *outcome* survives drop under MAR, too (what decides is in the regression), but not the mean fill;
# with budget as the *feature* the model-based fill inflates it, because it removes noise that the truth has. "Which is best?" has no answer without "for what?".

# %% [markdown] statement="imputation_bias" level="stretch"
# ### `imputation_bias`: which repair is safe here?
#
# Write `imputation_bias(complete, hidden, tolerance=0.05)`. `complete`: frame with `"usage"` and `"budget"`, nothing missing. `hidden`: boolean array, shape `(repeats, n)`; in repeat $i$ (from 0) the budgets where row $i$ is true are blanked in a fresh copy. Repair each copy by `fill(table, method, seed=i)` (given above) for each of the four `METHODS`, and take four numbers of the repaired table, with $s$ the sample covariances:
# $$\text{mean}(b),\quad \text{sd}(b) = \sqrt{s_{bb}},\quad \text{slope\_outcome} = s_{ub} / s_{uu},\quad \text{slope\_feature} = s_{ub} / s_{bb}$$
#
# Return a dict: `"bias"`: data frame with a row for each method in the order of `METHODS` and the columns `"method"`, `"mean"`, `"sd"`, `"slope_outcome"`, `"slope_feature"`: the average over repeats minus the number from `complete`, **relative to it** (divided by it). `"safe"`: the methods whose four biases are all at most `tolerance` in absolute value, in the order of `METHODS`.
# Raise `ValueError` when `hidden` is not two-dimensional with $n$ columns, has no row, or leaves fewer than three budgets in some repeat.
# Example: `form = simulate_form(600, 8)`; `imputation_bias(form, blanks(form, "MAR", 9, 5))` gives for `"drop"` the biases 0.061, -0.056, -0.027 and -0.224, and safe `["stochastic"]` (rounded here).


# %% solution="imputation_bias"
def imputation_bias(complete: pd.DataFrame, hidden: np.ndarray, tolerance: float = 0.05) -> dict[str, pd.DataFrame | list[str]]:
    """Relative bias of four numbers after each repair, and which repairs keep all four.

    complete: usage, budget. hidden: bool, shape (repeats, n). Returns {"bias", "safe"}.
    """
    ### BEGIN SOLUTION
    hidden = np.asarray(hidden, dtype=bool)
    if hidden.ndim != 2 or hidden.shape[1] != len(complete) or not len(hidden) or ((~hidden).sum(axis=1) < 3).any():
        raise ValueError("one column for each row of the form, at least one repeat, three budgets in each")

    def numbers(table):
        cov = table[["usage", "budget"]].cov().to_numpy()
        return np.array([table["budget"].mean(), np.sqrt(cov[1, 1]), cov[0, 1] / cov[0, 0], cov[0, 1] / cov[1, 1]])

    truth = numbers(complete)
    holed = [complete.assign(budget=complete["budget"].mask(blank)) for blank in hidden]
    bias = np.array([np.mean([numbers(fill(table, method, seed=i)) for i, table in enumerate(holed)], axis=0) / truth - 1 for method in METHODS])
    table = pd.DataFrame(bias, columns=["mean", "sd", "slope_outcome", "slope_feature"])
    table.insert(0, "method", METHODS)
    return {"bias": table, "safe": [method for method, row in zip(METHODS, bias, strict=True) if (np.abs(row) <= tolerance).all()]}
    ### END SOLUTION


# %% [markdown] hint="imputation_bias"
# Write a small function that takes any table and returns the four numbers. Use it on `complete` once, and on every repaired copy.

# %% [markdown] hint="imputation_bias"
# `complete.assign(budget=complete["budget"].mask(hidden[i]))` is a copy with the hidden budgets blanked; `table.cov()` gives all the covariances.

# %% [markdown] hint="imputation_bias"
# Average each number over the repeats first, then `average / truth - 1`. A method is safe if the largest absolute bias of its row is at most `tolerance`.

# %% test="imputation_bias" name="example" points=2
"""The example: light users skip the form."""
form = simulate_form(600, 8)
hidden = blanks(form, "MAR", 9, 5)
tables = {m: [fill(form.assign(budget=form["budget"].mask(b)), m, seed=i) for i, b in enumerate(hidden)] for m in METHODS}


def quotients(parts: list[pd.DataFrame], ddof: int = 1) -> np.ndarray:
    """The four numbers, averaged over tables, by sums of products."""
    rows = []
    for part in parts:
        u, b = part["usage"] - part["usage"].mean(), part["budget"] - part["budget"].mean()
        rows.append([part["budget"].mean(), math.sqrt((b @ b) / (len(part) - ddof)), (u @ b) / (u @ u), (u @ b) / (b @ b)])
    return np.mean(rows, axis=0)


names = ["mean", "sd", "slope_outcome", "slope_feature"]
true_values = quotients([form])
averages = np.array([quotients(tables[m]) for m in METHODS])
expected = pd.DataFrame(averages / true_values - 1, columns=names).assign(method=METHODS)
result = imputation_bias(form, hidden)
checks.frame(
    result["bias"] if isinstance(result, dict) and "bias" in result else result,
    expected,
    "the biases of the example",
    mistakes={
        "this is the bias itself; divide it by the true number": pd.DataFrame(averages - true_values, columns=names).assign(method=METHODS),
        "this is truth minus average; turn the sign round": pd.DataFrame(1 - averages / true_values, columns=names).assign(method=METHODS),
        "these are the averages; subtract the truth and divide by it": pd.DataFrame(averages, columns=names).assign(method=METHODS),
        "divide by the true number, not by the estimate": pd.DataFrame(1 - true_values / averages, columns=names).assign(method=METHODS),
        "the two slopes are swapped: with budget as the outcome you divide by the variance of usage": pd.DataFrame(
            averages[:, [0, 1, 3, 2]] / true_values[[0, 1, 3, 2]] - 1, columns=names
        ).assign(method=METHODS),
        "the repeats have the seeds 0, 1, 2, ...; here all have seed 0": pd.DataFrame(
            np.vstack([averages[:3], quotients([fill(form.assign(budget=form["budget"].mask(b)), "stochastic") for b in hidden])]) / true_values - 1,
            columns=names,
        ).assign(method=METHODS),
        "this blanks more and more of one table; start each repeat from a fresh copy": pd.DataFrame(
            np.array(
                [
                    quotients([fill(form.assign(budget=form["budget"].mask(hidden[: i + 1].any(axis=0))), m, seed=i) for i in range(len(hidden))])
                    for m in METHODS
                ]
            )
            / true_values
            - 1,
            columns=names,
        ).assign(method=METHODS),
    },
)
checks.record(
    result,
    {"safe": ["stochastic"]},
    "the safe methods of the example",
    mistakes={
        "all four numbers count: the mean of budget and the slope with budget as feature are biased here": {"safe": ["drop", "stochastic"]},
        "the model-based fill keeps the mean, not the spread": {"safe": ["model", "stochastic"]},
        "one number within the tolerance is not enough; all four must be": {"safe": ["drop", "model", "stochastic"]},
        "return the names of the methods": {"safe": [3]},
    },
)

# %% test="imputation_bias" name="mechanisms" points=2
"""By chance, and by the budget itself: other repairs are safe, or none is."""
### BEGIN HIDDEN TESTS
form = simulate_form(600, 11)
result = imputation_bias(form, blanks(form, "MCAR", 12, 6))
checks.record(
    result,
    {"safe": ["drop", "stochastic"]},
    "by chance",
    mistakes={
        "take the absolute bias: a large negative one is not safe": {"safe": ["drop", "mean", "stochastic"]},
        "the standard deviation counts, too": {"safe": METHODS},
        "the model-based fill keeps the mean, not the spread": {"safe": ["drop", "model", "stochastic"]},
    },
)
bias = result["bias"].set_index("method")
checks.between(bias.loc["mean", "sd"], np.sqrt(0.6) - 1.03, np.sqrt(0.6) - 0.97, "what the mean fill does to the standard deviation when 60 % is known")
checks.between(bias.loc["mean", "slope_feature"], -0.05, 0.05, "what the mean fill does to the slope with budget as the feature, by chance")
checks.between(bias.loc["model", "slope_feature"], 0.2, 0.5, "what the model-based fill does to that slope")
form = simulate_form(600, 6)
result = imputation_bias(form, blanks(form, "MNAR", 7, 5))
checks.record(
    result,
    {"safe": []},
    "big budgets keep silent",
    mistakes={"take the absolute bias: a large negative one is not safe": {"safe": ["drop", "mean", "stochastic"]}},
)
checks.between(result["bias"].set_index("method").loc["drop", "mean"], -0.12, -0.06, "the bias of the mean when big budgets keep silent, drop")
checks.record(imputation_bias(form, blanks(form, "MNAR", 7, 2), 0.9), {"safe": METHODS}, "a tolerance of 90 %")
### END HIDDEN TESTS

# %% test="imputation_bias" name="edges" points=1
"""A single repeat, nothing hidden, and masks that don't fit."""
### BEGIN HIDDEN TESTS
form = simulate_form(50, 31)
nothing = imputation_bias(form, np.zeros((2, 50), bool), 1e-9)
checks.record(nothing, {"safe": METHODS}, "nothing hidden")
three = imputation_bias(form, np.arange(50)[None, :] >= 3)
checks.close(
    three["bias"].set_index("method").loc["drop", "mean"],
    form["budget"][:3].mean() / form["budget"].mean() - 1,
    "three budgets left, the fewest allowed: drop, mean",
)
checks.raises(ValueError, imputation_bias, form, np.zeros((2, 49), bool), what="49 columns for 50 rows")
checks.raises(ValueError, imputation_bias, form, np.zeros(50, bool), what="one dimension")
checks.raises(ValueError, imputation_bias, form, np.zeros((0, 50), bool), what="no repeat")
checks.raises(ValueError, imputation_bias, form, np.arange(50) < np.array([[20], [48]]), what="two budgets left in the second repeat")
### END HIDDEN TESTS

# %% [markdown] explain="imputation_bias"
# Mean fill under MCAR: covariance and variance of budget both shrink by the share observed, so their quotient (budget as feature) is kept by luck, and the other slope shrinks by that share. With a second feature in the regression the luck is gone.
# Model-based: the covariance with usage is right, the variance of budget too small, so the slope with budget as feature is inflated. Under MAR by usage, drop keeps the slope of budget on usage, because selection by a regressor doesn't bend the line; it does bend the mean and the reverse slope.
# Under MNAR the known rows are not like the missing ones even at the same usage. No fill from the known rows can know that.

# %% [markdown]
# ### Which mechanism is it? What data can say, and what it can't
#
# - **MCAR against MAR: the data can speak.** Compare the *other* columns between rows with and without the value. If they differ, it isn't MCAR.
# - **MAR against MNAR: the data can't.** The value that would decide is the value that you don't have. Usage differs between the groups below in both pictures, although light users skip in one and big budgets keep silent in the other.
# - **A follow-up can.** Call some of those who left it blank, and compare their true budgets with what the model-based fill predicts for them. Under MAR the prediction is right on average.

# %% collapsed=true
fig, axes = plt.subplots(1, 2, figsize=(9, 3), sharey=True, layout="constrained")
form = simulate_form(600, 11)
for ax, mechanism, title in zip(axes, ["MAR", "MNAR"], ["MAR: the missing lie around the line", "MNAR: the missing lie above the line"], strict=True):
    blank = blanks(form, mechanism, 12)[0]
    slope, intercept = np.polyfit(form["usage"][~blank], form["budget"][~blank], 1)
    called = np.flatnonzero(blank)[:40]
    ax.plot(form["usage"][~blank], form["budget"][~blank], ".", color="0.8", ms=4, label="known")
    ax.plot(form["usage"].iloc[called], form["budget"].iloc[called], "o", color="C1", ms=4, label="40 called afterwards")
    ends = np.array([5, 36])
    ax.plot(ends, intercept + slope * ends, color="C0", label="line of the known")
    ax.set(xlabel="usage (hours)", title=title)
axes[0].set_ylabel("budget (1,000 $)")
axes[0].legend(frameon=False, fontsize=8, loc="upper left")
plt.show()

# %% [markdown] statement="missing_mechanism" level="core"
# ### `missing_mechanism`: say only what the evidence says
#
# Write `missing_mechanism(table, target, followup=None)`. `table`: frame of numbers in which only `target` has missing values; its index labels are unique. `followup`: `None`, or a series of true values recovered for some rows whose target is missing; its index holds their labels in `table`. Return a dict, not rounded:
#
# - `"p_values"`: dict from each of the $k$ other columns to the two-sided p-value of Welch's t-test (`stats.ttest_ind` with `equal_var=False`) between rows with and without a target.
# - `"p_followup"`: `None` without a follow-up. Else fit least squares of `target` on all other columns, with intercept, on the known rows; take true value minus prediction for the follow-up rows, and test whether its mean is 0 (one-sample t-test, two-sided).
# - `"verdict"`: `"depends-on-value"` if there is a follow-up and its p-value is below 0.05; else `"depends-on-observed"` if some p-value is below $0.05 / k$; else `"no-evidence"`.
#
# Raise `ValueError` when fewer than two rows are missing, fewer than $k + 2$ known, or when a follow-up has fewer than two values or a label whose target is known or that is not in `table`.
# Example: `form = simulate_form(90, 36)`; blanked by `blanks(form, "MNAR", 37)[0]` it gives p-value 0.00125 and `"depends-on-observed"`; with the true budgets of the first 12 blank rows as follow-up, p-value 0.00501 and `"depends-on-value"` (rounded here).


# %% solution="missing_mechanism"
def missing_mechanism(table: pd.DataFrame, target: str, followup: pd.Series | None = None) -> dict[str, dict[str, float] | float | str | None]:
    """What the data, and a follow-up, say about why values are missing.

    table: numbers, only `target` has holes. followup: recovered values by row label. Returns {"p_values", "p_followup", "verdict"}.
    """
    ### BEGIN SOLUTION
    others = [column for column in table.columns if column != target]
    known, missing = table[table[target].notna()], table[table[target].isna()]
    if len(missing) < 2 or len(known) < len(others) + 2:
        raise ValueError("at least two missing rows, and enough known ones to fit a line")
    if followup is not None and (len(followup) < 2 or not followup.index.isin(missing.index).all()):
        raise ValueError("a follow-up has two values or more, all of rows whose target is missing")
    p_values = {column: float(stats.ttest_ind(missing[column], known[column], equal_var=False).pvalue) for column in others}
    p_followup = None
    if followup is not None:
        line = LinearRegression().fit(known[others], known[target])
        gaps = followup.to_numpy(float) - line.predict(missing.loc[followup.index, others])
        p_followup = float(stats.ttest_1samp(gaps, 0).pvalue)
    if p_followup is not None and p_followup < 0.05:
        verdict = "depends-on-value"
    else:
        verdict = "depends-on-observed" if min(p_values.values()) < 0.05 / len(others) else "no-evidence"
    return {"p_values": p_values, "p_followup": p_followup, "verdict": verdict}
    ### END SOLUTION


# %% [markdown] hint="missing_mechanism"
# The first test never looks at `target` itself, only at whether it is there: `missing = table[target].isna()`.

# %% [markdown] hint="missing_mechanism"
# With $k$ columns you look $k$ times, so each has to be below $0.05 / k$ (Bonferroni, `01-statistics`).

# %% [markdown] hint="missing_mechanism"
# `LinearRegression().fit(known[others], known[target])`, then `stats.ttest_1samp(followup - line.predict(table.loc[followup.index, others]), 0)`.

# %% test="missing_mechanism" name="example" points=2
"""The example, without and with the follow-up."""
form = simulate_form(90, 36)
blank = blanks(form, "MNAR", 37)[0]
table = form.assign(budget=form["budget"].mask(blank))
called = form["budget"][blank][:12]
left, right = form["usage"][blank], form["usage"][~blank]
slope, intercept = np.polyfit(right, form["budget"][~blank], 1)
gaps = called - intercept - slope * left[:12]
welch = stats.ttest_ind(left, right, equal_var=False).pvalue
joint = np.append(right, left[:12]), np.append(form["budget"][~blank], called)
checks.record(
    missing_mechanism(table, "budget"),
    {"p_values": {"usage": welch}, "p_followup": None, "verdict": "depends-on-observed"},
    "the example without a follow-up",
    mistakes={
        "without a follow-up nothing here can show that it depends on the value": {"verdict": "depends-on-value"},
        "this assumes equal variances; Welch's test doesn't": {"p_values": {"usage": stats.ttest_ind(left, right).pvalue}},
        "this p-value is one-sided": {"p_values": {"usage": welch / 2}},
        "this is a rank test; the statement asks for Welch's t-test": {"p_values": {"usage": stats.mannwhitneyu(left, right).pvalue}},
    },
)
checks.record(
    missing_mechanism(table, "budget", called),
    {"p_values": {"usage": welch}, "p_followup": stats.ttest_1samp(gaps, 0).pvalue, "verdict": "depends-on-value"},
    "the example with 12 calls",
    mistakes={
        "compare each true value with its prediction, not with the mean of the known": {
            "p_followup": stats.ttest_1samp(called, form["budget"][~blank].mean()).pvalue
        },
        "this compares called and known budgets as two groups; compare each with its prediction": {
            "p_followup": stats.ttest_ind(called, form["budget"][~blank], equal_var=False).pvalue
        },
        "this p-value is one-sided": {"p_followup": stats.ttest_1samp(gaps, 0, alternative="greater").pvalue},
        "fit the line on the known rows only": {"p_followup": stats.ttest_1samp(called - np.polyval(np.polyfit(*joint, 1), left[:12]), 0).pvalue},
        "the follow-up shows it: the values lie off the line": {"verdict": "depends-on-observed"},
    },
)

# %% test="missing_mechanism" name="worlds" points=2
"""Chance, usage, and silence that no column gives away."""
### BEGIN HIDDEN TESTS
form = simulate_form(700, 41)
blank = blanks(form, "MAR", 42)[0]
called = form["budget"][blank].sample(60, random_state=1)
checks.record(
    missing_mechanism(form.assign(budget=form["budget"].mask(blank)), "budget", called),
    {"verdict": "depends-on-observed"},
    "light users skip the form, 60 calls",
    mistakes={"those who skipped have lower budgets, but as low as their usage says: compare with the predictions": {"verdict": "depends-on-value"}},
)
fresh = np.random.default_rng(50)
wide = pd.DataFrame(fresh.normal(size=(300, 4)), columns=["a", "b", "c", "d"]).assign(t=lambda f: f["a"] + fresh.normal(0, 1, 300))
wide.index = [f"w{i}" for i in range(300)]
silent = pd.Series(fresh.random(300) < 0.4, index=wide.index)
shift = wide.copy()
low, high = 0.0, 1.0
for _ in range(40):  # move one column until its p-value is 0.03: below 0.05, above 0.05 / 4
    middle = (low + high) / 2
    trial = wide["c"] + middle * silent
    low, high = (
        (middle, high)
        if stats.ttest_ind(trial[silent], trial[~silent], equal_var=False).pvalue > 0.03 or trial[silent].mean() < trial[~silent].mean()
        else (low, middle)
    )
shift["c"] = wide["c"] + high * silent
columns = ["a", "b", "c", "d"]
expected = {c: stats.ttest_ind(shift.loc[silent, c], shift.loc[~silent, c], equal_var=False).pvalue for c in columns}
checks.record(
    missing_mechanism(shift[["d", "t", "c", "b", "a"]].assign(t=shift["t"].mask(silent)), "t"),
    {"p_values": expected, "p_followup": None, "verdict": "no-evidence"},
    "four columns, one with a p-value of 0.03",
    mistakes={"four columns were looked at: compare with 0.05 / 4": {"verdict": "depends-on-observed"}},
)
tilted = shift.assign(b=shift["b"] + 0.8 * silent, t=shift["t"].mask(silent))
checks.record(
    missing_mechanism(tilted, "t"),
    {"verdict": "depends-on-observed"},
    "four columns, one of them far apart",
    mistakes={"a single column below 0.05 / 4 is enough": {"verdict": "no-evidence"}},
)
alone = pd.DataFrame({"x": fresh.normal(size=400), "t": fresh.normal(size=400)})
hush = (alone["t"] > 0.2) & (fresh.random(400) < 0.8)
table = alone.assign(t=alone["t"].mask(hush))
checks.record(missing_mechanism(table, "t"), {"verdict": "no-evidence"}, "high values keep silent, and no other column knows")
checks.record(
    missing_mechanism(table, "t", alone.loc[hush, "t"][::-1][:12]),
    {
        "p_followup": stats.ttest_1samp(
            alone.loc[hush, "t"][::-1][:12] - np.polyval(np.polyfit(table["x"][~hush], table["t"][~hush], 1), alone.loc[hush, "x"][::-1][:12]), 0
        ).pvalue,
        "verdict": "depends-on-value",
    },
    "the same, with 12 calls in another order",
)
### END HIDDEN TESTS

# %% test="missing_mechanism" name="errors" points=1
"""How often it cries wolf when values are missing by chance; and what is refused."""
### BEGIN HIDDEN TESTS
alarms = 0
for seed in range(60):
    form = simulate_form(120, 600 + seed)
    alarms += missing_mechanism(form.assign(budget=form["budget"].mask(blanks(form, "MCAR", 900 + seed)[0])), "budget")["verdict"] != "no-evidence"
checks.between(alarms / 60, 0, 0.15, "the share of alarms when values are missing by chance")
table = pd.DataFrame({"u": [1.0, 2, 4, 8, 3, 5], "t": [3.0, np.nan, 1, 7, np.nan, 2]})
checks.raises(ValueError, missing_mechanism, table[:4], "t", what="a single missing row")
checks.raises(ValueError, missing_mechanism, table[1:5], "t", what="two known rows and one other column")
checks.raises(ValueError, missing_mechanism, table, "t", pd.Series([2.0], index=[1]), what="a single follow-up value")
checks.raises(ValueError, missing_mechanism, table, "t", pd.Series([2.0, 5.0], index=[1, 2]), what="a follow-up of a row whose target is known")
checks.raises(ValueError, missing_mechanism, table, "t", pd.Series([2.0, 5.0], index=[1, 77]), what="a follow-up of an unknown row")
### END HIDDEN TESTS

# %% [markdown] explain="missing_mechanism"
# `"no-evidence"` is not "MCAR": the third world of the tests is MNAR and nothing in the table shows it. `"depends-on-observed"` is not "MAR" either; it rules out MCAR, and MNAR stays possible. Only information from outside (a follow-up, a payment record, a designed reminder) can rule in dependence on the value.
# The follow-up test treats the line as known; with a follow-up much smaller than the known part that is good enough. It also needs the called rows to answer at random, or you have the same problem once more.
# Without a follow-up do a sensitivity analysis: add 5, 10, 20 to each filled budget and see whether the decision changes.

# %% [markdown]
# > **In the interview.** *"How would you handle missing data?"*
# > **In 30 seconds:** first why, then what for. I compare rows with and without the value on the other columns; if they differ it isn't by chance. For prediction I impute inside the pipeline, fitted on training rows, and add an indicator. For estimates I use multiple imputation, because the mean shrinks the spread and a plain model fill overstates correlation. If the value itself may be the reason, no method sees it in the data: I ask for a follow-up or show how far the answer moves under plausible assumptions.
# > **They ask next:** when is dropping fine (few rows, by chance; or a regression whose regressors explain it)? What do trees do with missing values? Test rows, whose mean? 40 % missing of your best feature, and in production it is 70 %?
# > **Red flags:** "fill with the mean" as a reflex; imputing before the split; "I tested that it is MAR"; filling a hole that is itself the signal.

# %% [markdown]
# ## Lab 4: Why did performance drop in production?
#
# > **Checklist card 4.** *"Performance dropped in production. Why?"* They test whether you know the suspects, and whether you look for evidence before you name one.
# >
# > | suspect | its fingerprint | taught in |
# > |---|---|---|
# > | nothing is wrong | the drop is within its noise | 01-statistics, *Peeking* |
# > | **training-serving skew** | for the same request, the served value is not the training value | 06-monitoring, *Monitoring* |
# > | **leakage** | the same mismatch, in a value written *after* the prediction; bad from the first day | 02-machine-learning, 06-monitoring, *Leakage* |
# > | **feature pipeline bug** | both sides agree on a wrong value, from one day to the next | 05-sql, *Data quality*; 06-monitoring |
# > | **data drift** | inputs move slowly, away from what was learned | 06-monitoring, *PSI* |
# > | concept drift | inputs unchanged, outcomes not | 06-monitoring, *When to retrain* |
#
# The incident: an assistant answers support tickets. A model foresees whether a ticket will be reopened, from four features; risky ones go to a person. Its squared error (score minus outcome, squared: the Brier score) is up. Below are six such incidents, each with a planted cause.


# %% locked="drop_world"
TICKET_FEATURES = ["words", "similarity", "tenure_days", "queue_minutes"]
DROP_CAUSES = ["skew", "leakage", "bug", "drift", "concept drift", "no drop"]


def simulate_drop(cause: str, seed: int, per_day: int = 60) -> dict:
    """Eight weeks of a model that foresees whether a ticket will be reopened, with one planted cause; seed parity picks one of two variants.

    offline: features, score, label. live: id, day (0 to 55), features as served, score, label. recomputed: id, features. written: hours after the prediction.
    """
    rng = np.random.default_rng([seed, DROP_CAUSES.index(cause)])
    k, odd, start = int(rng.integers(3)), seed % 2, 7 * int(rng.integers(3, 6))
    n_old, n = 3_000, 56 * per_day
    day = np.concatenate([np.full(n_old, -1), np.repeat(np.arange(56), per_day)])
    z = rng.normal(size=(n_old + n, 4))
    if cause == "drift":
        z[:, k] += 2.2 * np.clip((day + 1) / 56, 0, 1)
    if cause in ("skew", "leakage") or (cause == "no drop" and odd):
        z[:, 3] += 1.3 * np.clip((day + 1) / 56, 0, 1)  # queues get longer; the model gives them no weight
    weight = np.array([1.2, -1.2, 1.2, 0.0])
    bent = np.where(z > 1, 1 - 1.5 * (z - 1), z) if cause == "drift" else z
    logit = -0.4 + bent @ weight
    if cause == "concept drift":
        logit = logit - 1.6 * (weight[k] * z[:, k]) * (day >= start)
    label = (rng.random(z.shape[0]) < 1 / (1 + np.exp(-logit))).astype(int)
    true, seen = z.copy(), z.copy()  # what the training code computes, what the model got
    if cause == "leakage":
        true[:, k] += 1.1 * (2 * label - 1) * np.sign(weight[k])
        seen[:n_old] = true[:n_old]
        weight[k] *= 2.2
    spread, centre = np.array([0.6, 0.08, 0.9, 0.7]), np.array([4.0, 0.7, 5.0, 2.0])
    raw, served = centre + spread * true, centre + spread * seen
    for table in (raw, served):
        table[:, [0, 2, 3]] = np.exp(table[:, [0, 2, 3]])
    live = day >= 0
    if cause == "skew" and odd:  # for 70 % of the tickets a cache serves the value of another one
        late = live & (rng.random(live.size) < 0.7)
        served[late, k] = rng.permutation(served[live, k])[: late.sum()]
    elif cause == "skew":  # the service measures in another unit
        served[live, k] = [served[live, k] * 4, 1 - served[live, k], served[live, k] / 7][k]
    broken = day >= start
    gone = rng.random(live.size) < 0.08
    raw[gone, 2] = served[gone, 2] = np.nan
    if cause == "bug" and odd:
        lost = broken & (rng.random(live.size) < 0.8)
        raw[lost, k] = served[lost, k] = np.nan
    elif cause == "bug":
        for table in (raw, served):
            table[broken, k] = [table[broken, k] * 6, 1 - table[broken, k], table[broken, k] / 7][k]
    plain = served.copy()
    plain[:, [0, 2, 3]] = np.log(plain[:, [0, 2, 3]])
    used = np.nan_to_num((plain - centre) / spread, nan=-1.0)  # a gap counts as a low value
    score = 1 / (1 + np.exp(0.4 - used @ weight))
    served = served.astype(np.float32).astype(float)  # the log keeps 32 bits
    table = pd.DataFrame(served, columns=TICKET_FEATURES).assign(score=score, label=label, day=day)
    ids = rng.permutation(90_000)[: n + 40] + 10_000
    again = pd.DataFrame(np.vstack([raw[live], raw[live][:40] * 1.5]), columns=TICKET_FEATURES)
    again.insert(0, "id", ids)
    now = table[live].reset_index(drop=True)
    now.insert(0, "id", ids[:n])
    hours = -rng.uniform(1, 9, 4).round(1)
    hours[3] = 6.5  # a nightly job writes the same value again
    if cause == "leakage":
        hours[k] = 31.0
    return {
        "offline": table.loc[~live, [*TICKET_FEATURES, "score", "label"]],
        "live": now[["id", "day", *TICKET_FEATURES, "score", "label"]],
        "recomputed": again.sample(frac=1, random_state=seed).reset_index(drop=True),
        "written": dict(zip(TICKET_FEATURES, hours.tolist())),
    }


def simulate_culprit(cause: str, seed: int) -> str:
    """The feature in which `simulate_drop(cause, seed)` plants its cause."""
    return TICKET_FEATURES[int(np.random.default_rng([seed, DROP_CAUSES.index(cause)]).integers(3))]


# %% collapsed=true
fig, axes = plt.subplots(2, 3, figsize=(9, 4.4), sharex=True, sharey=True, layout="constrained")
for ax, cause in zip(axes.flat, DROP_CAUSES, strict=True):
    incident = simulate_drop(cause, seed=3)
    losses = [(table["score"] - table["label"]) ** 2 for table in (incident["offline"], incident["live"])]
    ax.plot(range(1, 9), losses[1].groupby(incident["live"]["day"] // 7).mean(), "o-", ms=4, color="C1")
    ax.axhline(losses[0].mean(), color="0.5", ls="--")
    ax.set_title(cause, fontsize=10)
axes[0, 0].set_ylim(0, 0.5)
axes[0, 0].text(1, 0.13, "before the launch", va="top", fontsize=8, color="0.4")
for ax in axes[1]:
    ax.set_xlabel("week after the launch")
for ax in axes[:, 0]:
    ax.set_ylabel("squared error")
fig.suptitle("The error says that and when something broke, not what: six causes", fontsize=11)
plt.show()

# %% [markdown]
# Two were bad from the first week: something differs between training and serving. Three got worse later. One wobbles. More than that the curve cannot tell. So open the inputs.
#
# ### Same request, two values
#
# The usual first look compares distributions: a histogram in training, one in serving. It misses skew that leaves the distribution alone. Below, a cache serves most tickets *somebody else's* number of words.

# %% collapsed=true
cached = next(seed for seed in range(1, 99, 2) if simulate_culprit("skew", seed) == "words")
incident = simulate_drop("skew", cached)
pairs = incident["live"].merge(incident["recomputed"], on="id", suffixes=("_served", "_training"))
fig, axes = plt.subplots(1, 2, figsize=(9, 3.2), layout="constrained")
bins = np.linspace(0, 200, 41)
axes[0].hist(pairs["words_served"], bins, color="C1", alpha=0.5, label="served")
axes[0].hist(pairs["words_training"], bins, histtype="step", color="C0", lw=1.5, label="training code")
axes[0].set(xlabel="words in the ticket", ylabel="tickets", title="Side by side: nothing to see")
axes[0].legend(frameon=False)
axes[1].scatter(pairs["words_training"], pairs["words_served"], s=3, color="C1", alpha=0.5)
axes[1].plot([0, 200], [0, 200], color="0.4", lw=1)
axes[1].set(xlim=(0, 200), ylim=(0, 200), xlabel="words, training code", ylabel="words, served", title="Pair by pair: most tickets are off the line")
plt.show()

# %% [markdown]
# So log what the model was given, with the request's id, and let the training code compute the same requests again. Then compare **pair by pair**. Four details decide whether the number can be trusted: join by id (never by row number), refuse duplicate ids (a join multiplies them), treat two missing values as equal, and allow for the 32 bits of the log.


# %% locked="skew_world"
def simulate_pairs(seed: int, n: int = 600) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, str]]:
    """Served and recomputed features of requests, in different orders, with rows that only one side has; and the planted kind of each feature."""
    rng = np.random.default_rng(seed)
    kinds = dict(zip(["clicks_7d", "latency_ms", "words", "spend"], rng.permutation(["ok", "nulls", "scale", "values"]).tolist(), strict=True))
    ids = rng.permutation(50_000)[: n + 60]
    truth = pd.DataFrame({name: rng.lognormal(3, 0.8, n + 60) for name in kinds})
    truth = truth.mask(rng.random(truth.shape) < 0.06)
    served = truth.astype(np.float32).astype(float)
    for name, kind in kinds.items():
        hit = rng.random(n + 60) < {"ok": 0.004, "nulls": 0.12, "scale": 0.5, "values": 0.3}[kind]
        if kind == "scale":
            served.loc[hit, name] *= rng.choice([0.001, 60, 1.5])
        else:
            other = rng.permutation(truth[name].dropna().to_numpy())[: hit.sum()]
            served.loc[hit, name] = np.nan if kind == "nulls" else other
    served.insert(0, "id", ids)
    truth.insert(0, "id", ids)
    shuffled = truth.iloc[30:].sample(frac=1, random_state=seed).reset_index(drop=True)
    return served.iloc[: n + 30].reset_index(drop=True), shuffled, kinds


# %% [markdown] statement="skew_evidence" level="core"
# ### `skew_evidence`: the same request, twice
#
# Write `skew_evidence(served, recomputed, features)`: two data frames with `"id"` and the features (positive numbers or NaN). Match rows by id; ids that only one side has are left out. Two values agree when $|s - r| \le 0.001\,|r|$ ($s$ served, $r$ recomputed) or when both are NaN. Return a dict, nothing rounded:
# - `"matched"`: number of matched ids; `"mismatch"`: for each feature the share of matched rows that don't agree;
# - `"kind"`: for each feature `"ok"` if its mismatch is at most 0.01; else `"nulls"` if more than half of its mismatching rows have a NaN on one side; else `"scale"` if at least 95 % of its mismatching rows without NaN have a ratio $s/r$ within 1 % of the median of those ratios; else `"values"`;
# - `"ratio"`: that median, for the features of kind `"scale"` only; `"worst"`: the feature with the largest mismatch, `None` if every kind is `"ok"`.
#
# Raise `ValueError` when an id occurs twice in one frame, and when no id matches. No check meets 0.001, 0.01, half, 95 % or 1 % exactly, and no two features tie for worst.
#
# Example: served ids 1 to 5 with `words` 10, 20, 30, 40, 50, `tenure` 1, 2, 3, NaN, NaN and `delay` 1, 2, 3, 4, 5; recomputed ids 5, 4, 3, 2, 1, 9 with `words` 50, 40, 30, 20, 10, 70, `tenure` NaN, 8, 3, 2, 1, 6 and `delay` 5000, 4000, 3000, 2000, 1000, 9000.
# Five match; mismatch 0, 0.2 and 1; kinds `"ok"`, `"nulls"` and `"scale"`; ratio `{"delay": 0.001}`; worst `"delay"`.


# %% solution="skew_evidence"
def skew_evidence(served: pd.DataFrame, recomputed: pd.DataFrame, features: list[str]) -> dict:
    """Served against recomputed values of the same ids.

    served, recomputed: id and features. Returns {"matched", "mismatch": {f: share}, "kind": {f: word}, "ratio": {f: number}, "worst"}. Raises ValueError for duplicate ids or no match.
    """
    ### BEGIN SOLUTION
    if served["id"].duplicated().any() or recomputed["id"].duplicated().any():
        raise ValueError("an id occurs twice")
    pairs = served.merge(recomputed, on="id", suffixes=("_s", "_r"))
    if pairs.empty:
        raise ValueError("no id matches")
    mismatch, kind, ratio = {}, {}, {}
    for f in features:
        s, r = pairs[f + "_s"].to_numpy(float), pairs[f + "_r"].to_numpy(float)
        off = ~((np.abs(s - r) <= 0.001 * np.abs(r)) | (np.isnan(s) & np.isnan(r)))
        mismatch[f] = float(off.mean())
        ratios = (s / r)[off & ~np.isnan(s) & ~np.isnan(r)]
        if mismatch[f] <= 0.01:
            kind[f] = "ok"
        elif ratios.size < off.sum() / 2:
            kind[f] = "nulls"
        elif np.mean(np.abs(ratios / np.median(ratios) - 1) <= 0.01) >= 0.95:
            kind[f], ratio[f] = "scale", float(np.median(ratios))
        else:
            kind[f] = "values"
    worst = max(mismatch, key=mismatch.get)
    return {"matched": len(pairs), "mismatch": mismatch, "kind": kind, "ratio": ratio, "worst": None if kind[worst] == "ok" else worst}
    ### END SOLUTION


# %% [markdown] hint="skew_evidence"
# `served.merge(recomputed, on="id", suffixes=("_s", "_r"))` keeps the ids that both sides have, in any order. Check for duplicates before.

# %% [markdown] hint="skew_evidence"
# NaN compares as unequal to everything, itself included: add `np.isnan(s) & np.isnan(r)` to what agrees. The ratios come from the mismatching rows only.

# %% test="skew_evidence" name="example" points=2
"""The example: five matched ids in another order, a missing value, a unit."""
left = pd.DataFrame({"id": [1, 2, 3, 4, 5], "words": [10.0, 20, 30, 40, 50], "tenure": [1, 2, 3, np.nan, np.nan], "delay": [1.0, 2, 3, 4, 5]})
right = pd.DataFrame(
    {
        "id": [5, 4, 3, 2, 1, 9],
        "words": [50.0, 40, 30, 20, 10, 70],
        "tenure": [np.nan, 8, 3, 2, 1, 6],
        "delay": [5000.0, 4000, 3000, 2000, 1000, 9000],
    }
)
checks.record(
    skew_evidence(left, right, ["words", "tenure", "delay"]),
    {
        "matched": 5,
        "mismatch": {"words": 0.0, "tenure": 0.2, "delay": 1.0},
        "kind": {"words": "ok", "tenure": "nulls", "delay": "scale"},
        "ratio": {"delay": 0.001},
        "worst": "delay",
    },
    "the example",
    mistakes={
        "rows are compared by their place; match them by id": {"mismatch": {"words": 0.8, "tenure": 0.8, "delay": 1.0}},
        "two missing values agree; NaN == NaN is False": {"mismatch": {"words": 0.0, "tenure": 0.4, "delay": 1.0}},
        "a value that only one side has is a mismatch": {"mismatch": {"words": 0.0, "tenure": 0.0, "delay": 1.0}},
        "ids that only one side has are left out": {"matched": 6},
        "the ratio is served over recomputed": {"ratio": {"delay": 1000.0}},
    },
)
### BEGIN HIDDEN TESTS
checks.record(
    skew_evidence(left[["id", "words"]], right[["id", "words"]].iloc[::-1], ["words"]),
    {"matched": 5, "mismatch": {"words": 0.0}, "kind": {"words": "ok"}, "ratio": {}, "worst": None},
    "a feature without any mismatch",
)
### END HIDDEN TESTS

# %% test="skew_evidence" name="fresh" points=2
"""Fresh logs in mixed order, 32-bit values, nulls on both sides: the numbers, then the planted kinds."""
### BEGIN HIDDEN TESTS
for seed in range(20, 28):
    served, again, kinds = simulate_pairs(seed)
    pairs = served.merge(again, on="id", suffixes=("_s", "_r"))
    expected, exact, distance = {}, {}, {}
    for f in kinds:
        s, r = pairs[f + "_s"], pairs[f + "_r"]
        expected[f] = 1 - ((s / r - 1).abs().le(0.001) | (s.isna() & r.isna())).mean()
        exact[f] = 1 - (s.eq(r) | (s.isna() & r.isna())).mean()
        distance[f] = 1 - (s / r - 1).abs().le(0.001).mean()
    found = skew_evidence(served, again, list(kinds))
    checks.record(
        found,
        {"matched": 600, "mismatch": expected},
        f"log {seed}",
        mistakes={
            "the log keeps 32 bits; allow a relative difference of 0.001": {"mismatch": exact},
            "two missing values agree; NaN == NaN is False": {"mismatch": distance},
        },
    )
    checks.record(found, {"kind": kinds, "worst": max(expected, key=expected.get)}, f"log {seed}, the planted kinds")
    scaled = next(f for f in kinds if kinds[f] == "scale")
    ratio = pairs[scaled + "_s"] / pairs[scaled + "_r"]
    checks.record(
        found,
        {"ratio": {scaled: ratio[(ratio - 1).abs() > 0.001].median()}},
        f"log {seed}, the ratio",
        mistakes={"the ratio comes from the mismatching rows only": {"ratio": {scaled: ratio.median()}}} if abs(ratio.median() - 1) < 0.001 else {},
    )
grid = np.arange(1.0, 201)
factor = {
    "mostly_nulls": np.r_[np.ones(100), np.full(60, np.nan), np.full(40, 2.0)],
    "some_nulls": np.r_[np.ones(100), np.full(40, np.nan), np.full(60, 2.0)],
    "two_ratios": np.r_[np.ones(100), np.full(90, 2.0), np.full(10, 7.0)],
    "nearly_one": np.r_[np.ones(100), np.full(97, 2.0), np.full(3, 7.0)],
    "loose": np.r_[np.ones(100), np.linspace(1.8, 2.2, 100)],
}
again = pd.DataFrame({"id": np.arange(200), **dict.fromkeys(factor, grid)})
served = pd.DataFrame({"id": np.arange(200), **{f: grid * by for f, by in factor.items()}})
found = skew_evidence(served, again, list(factor))
checks.record(
    found,
    {"kind": {"mostly_nulls": "nulls", "some_nulls": "scale", "two_ratios": "values", "nearly_one": "scale", "loose": "values"}},
    "100 of 200 values altered: 60 nulls, 40 nulls, two ratios 90 to 10 and 97 to 3, ratios from 1.8 to 2.2",
)
checks.record(
    found,
    {"ratio": {"some_nulls": 2.0, "nearly_one": 2.0}},
    "the ratios of these",
    mistakes={
        "a few wild ratios move the mean; take the median": {"ratio": {"some_nulls": 2.0, "nearly_one": 2.15}},
    },
)
### END HIDDEN TESTS

# %% test="skew_evidence" name="bad-input" points=1
"""Duplicate ids on either side and frames without a common id are refused."""
one = pd.DataFrame({"id": [1, 2, 3], "x": [1.0, 2, 3]})
twice = pd.DataFrame({"id": [1, 2, 2], "x": [1.0, 2, 2]})
checks.raises(ValueError, skew_evidence, twice, one, ["x"], what="an id that was served twice")
### BEGIN HIDDEN TESTS
checks.raises(ValueError, skew_evidence, one, twice, ["x"], what="an id that was recomputed twice")
checks.raises(ValueError, skew_evidence, one, one.assign(id=[7, 8, 9]), ["x"], what="no common id")
### END HIDDEN TESTS

# %% [markdown] explain="skew_evidence"
# The join turns a question about distributions into one about rows, which has a far sharper answer: with no skew the share is zero, so a single per cent is loud. The kind points to the owner: nulls to a timeout or a missing join, one common ratio to a unit, anything else to stale or differently defined values.

# %% [markdown]
# ### A step or a slope?
#
# If both sides agree, look at time. People change slowly; code changes on a day. The trap is the week: Saturdays differ from Fridays every week, so a comparison of two days finds "bugs" at each weekend. Compare whole weeks.


# %% locked="step_world"
FEATURE_STORIES = ["nothing", "drift", "step", "unit change", "null burst"]


def simulate_feature(story: str, seed: int, days: int = 84) -> pd.DataFrame:
    """Tokens per request (`day`, `value`): quiet weekends, crawlers with huge values, 4 % nulls. From day 28 on it drifts; or on one day it changes."""
    rng = np.random.default_rng([seed, FEATURE_STORIES.index(story)])
    day = np.repeat(np.arange(days), 150)
    value = rng.lognormal(4, 0.6, day.size) * np.where(day % 7 >= 5, 0.7, 1.0)
    start = int(rng.integers(40, 71))
    sign = rng.choice([-1, 1])
    if story == "drift":
        value *= np.exp(sign * 0.7 * np.clip((day - 28) / (days - 35), 0, 1))
    elif story == "step":
        value[day >= start] *= [0.6, 1.8][(sign + 1) // 2]
    elif story == "unit change":
        value[day >= start] *= rng.choice([1_000, 60, 0.01, 0.001])
    crawler = rng.random(day.size) < 0.004 * (1 + 2 * (day >= days - 7))
    value[crawler] *= 2_000
    gone = rng.random(day.size) < np.where((story == "null burst") & (day >= start), 0.2, 0.04)
    return pd.DataFrame({"day": day, "value": np.where(gone, np.nan, value)})


# %% collapsed=true
fig, axes = plt.subplots(1, 2, figsize=(9, 3), sharey=True, layout="constrained")
for ax, story, finding in zip(axes, ("drift", "step"), ("A slope: the users change", "A step: something was released"), strict=True):
    daily = simulate_feature(story, seed=5).groupby("day")["value"].median()
    ax.plot(daily, color="0.7", lw=1, label="median of the day")
    weekly = daily.groupby(daily.index // 7).mean()
    ax.stairs(weekly, np.arange(0, 85, 7), baseline=None, color="C0", lw=2, label="level of the week")
    ax.set(xlabel="day", title=finding, ylim=(0, None))
axes[0].set_ylabel("tokens per request")
axes[1].legend(frameon=False, loc="lower left")
plt.show()

# %% [markdown] statement="drift_or_bug" level="stretch"
# ### `drift_or_bug`: did it walk or did it jump?
#
# Write `drift_or_bug(log)`: a data frame with `"day"` (whole numbers 0, 1, ..., none left out) and `"value"` (positive or NaN; each day has a value). The *level* of some days is the mean of their daily medians (NaN left out); *before* is the level of the first 28 days, *after* that of the last 7. Return a dict, nothing rounded:
# - `"null_jump"`: share of NaN in the rows of the last 7 days minus that of the first 28; `"ratio"`: after / before; `"shift"`: (after - before) / IQR, the interquartile range of all values of the first 28 days (NumPy's default quantiles);
# - `"suddenness"`: the largest $|\text{level}(t, \ldots, t+6) - \text{level}(t-7, \ldots, t-1)|$ over all $t$ for which both weeks lie in the log, divided by $|\text{after} - \text{before}|$; and `"day"`: that $t$. Both are `None` when $|\text{shift}| \le 0.25$;
# - `"diagnosis"`, the first that applies: `"null burst"` if null_jump is above 0.05; `"nothing"` if $|\text{shift}| \le 0.25$; `"drift"` if suddenness is below 0.5; `"unit change"` if ratio is within 10 % of $f$ or $1/f$ for an $f$ in 60, 100, 1000 (of $g$: $|\text{ratio}/g - 1| \le 0.1$); else `"step"`.
#
# Raise `ValueError` for fewer than 42 days. Days come in any order. No check meets a limit exactly or has two days with the same largest change.
#
# Example: one value a day, 8 and 12 in turn on days 0 to 29, 18 and 22 in turn on days 30 to 49: null_jump 0, ratio 2.029, shift 2.571, suddenness 0.917 (rounded here), day 30, diagnosis `"step"`.


# %% solution="drift_or_bug"
def drift_or_bug(log: pd.DataFrame) -> dict:
    """Evidence on how one feature changed, and the diagnosis.

    log: day, value. Returns {"null_jump", "ratio", "shift", "suddenness", "day", "diagnosis"}. Raises ValueError for fewer than 42 days.
    """
    ### BEGIN SOLUTION
    daily = log.groupby("day")["value"].median().sort_index().to_numpy()
    if daily.size < 42:
        raise ValueError("at least 42 days")
    first, last = log[log["day"] < 28]["value"], log[log["day"] >= daily.size - 7]["value"]
    before, after = daily[:28].mean(), daily[-7:].mean()
    low, high = np.quantile(first.dropna(), [0.25, 0.75])
    shift, ratio = (after - before) / (high - low), after / before
    null_jump = last.isna().mean() - first.isna().mean()
    suddenness = day = None
    if abs(shift) > 0.25:
        weeks = np.convolve(daily, np.ones(7) / 7, "valid")
        steps = np.abs(weeks[7:] - weeks[:-7])
        day = int(steps.argmax()) + 7
        suddenness = float(steps.max() / abs(after - before))
    if null_jump > 0.05:
        diagnosis = "null burst"
    elif suddenness is None:
        diagnosis = "nothing"
    elif suddenness < 0.5:
        diagnosis = "drift"
    elif any(abs(ratio / g - 1) <= 0.1 for f in (60, 100, 1000) for g in (f, 1 / f)):
        diagnosis = "unit change"
    else:
        diagnosis = "step"
    return {"null_jump": float(null_jump), "ratio": float(ratio), "shift": float(shift), "suddenness": suddenness, "day": day, "diagnosis": diagnosis}
    ### END SOLUTION


# %% [markdown] hint="drift_or_bug"
# Start with one series: the median of each day, sorted by day. Every level is a mean over a slice of it; only the IQR and the nulls need the rows.

# %% [markdown] hint="drift_or_bug"
# For `t` from 7 to `days - 7`: `abs(daily[t:t+7].mean() - daily[t-7:t].mean())`. The largest belongs to the day on which a step begins.

# %% test="drift_or_bug" name="example" points=2
"""The example, a slope, and a step whose weekends differ."""
checks.record(
    drift_or_bug(pd.DataFrame({"day": range(50), "value": [8.0, 12.0] * 15 + [18.0, 22.0] * 10})),
    {"null_jump": 0.0, "ratio": 142 / 70, "shift": 72 / 28, "suddenness": 66 / 72, "day": 30, "diagnosis": "step"},
    "the example",
    mistakes={
        "one day is compared with the day before; compare whole weeks": {"suddenness": 6 / (72 / 7)},
        "the shift is divided by the standard deviation; divide by the IQR of the first 28 days": {"shift": 72 / 7 / np.std([8.0, 12.0] * 14, ddof=1)},
        "the ratio is after / before": {"ratio": 70 / 142},
        "a level is the mean of the daily medians, not one median over all days": {"ratio": 2.2},
        "this is the last day of the old week; t is the first day of the new one": {"day": 29},
    },
)
slope = pd.DataFrame({"day": range(70), "value": [9.0, 11.0] * 14 + [10 + k / 3 for k in range(42)]})
checks.record(
    drift_or_bug(slope),
    {"diagnosis": "drift"},
    "a slope over six weeks",
    mistakes={
        "the change is spread over six weeks; that is a slope": {"diagnosis": "step"},
    },
)
### BEGIN HIDDEN TESTS
rise = np.mean([10 + k / 3 for k in range(35, 42)]) / 10
checks.record(drift_or_bug(slope.iloc[::-1]), {"ratio": rise, "diagnosis": "drift"}, "the same log with the last day first")
### END HIDDEN TESTS

# %% test="drift_or_bug" name="fresh" points=2
"""Two fresh logs of each story: the evidence, then the diagnosis; crawlers and weekends are no reason."""
### BEGIN HIDDEN TESTS
for seed in (31, 32):
    for story in FEATURE_STORIES:
        log = simulate_feature(story, seed)
        grouped = log.groupby("day")["value"]
        daily, means = grouped.median(), grouped.mean()
        first, last = log[log["day"] < 28]["value"], log[log["day"] >= 77]["value"]
        change, span = daily[-7:].mean() - daily[:28].mean(), first.quantile(0.75) - first.quantile(0.25)
        found = drift_or_bug(log)
        checks.record(
            found,
            {"null_jump": last.isna().mean() - first.isna().mean(), "ratio": daily[-7:].mean() / daily[:28].mean(), "shift": change / span},
            f"a log with the story {story!r}",
            mistakes={
                "the mean of a day follows a few crawlers; take the median": {"ratio": means[-7:].mean() / means[:28].mean()},
                "compare the share of NaN with that of the first 28 days, not with zero": {"null_jump": last.isna().mean()},
                "the IQR is that of all values, not of the daily medians": {"shift": change / np.subtract(*np.quantile(daily[:28], [0.75, 0.25]))},
                "one last day is not a week; Saturdays differ": {"ratio": daily.iloc[-1] / daily[:28].mean()},
            },
        )
        jumps = {t: abs(daily.iloc[t : t + 7].mean() - daily.iloc[t - 7 : t].mean()) for t in range(7, 78)}
        day = max(jumps, key=jumps.get)
        sudden = jumps[day] / abs(change)
        calm = abs(change / span) <= 0.25
        checks.record(
            found,
            {"suddenness": None if calm else sudden, "day": None if calm else day},
            f"a log with the story {story!r}",
            mistakes={}
            if calm
            else {
                "one day is compared with the day before; compare whole weeks": {"suddenness": daily.diff().abs().max() / abs(change)},
                "t is the first day of the new week": {"day": day - 1},
            },
        )
        checks.choice(found["diagnosis"], story, f"the diagnosis of a log with known story, number {seed}", among=FEATURE_STORIES)
### END HIDDEN TESTS

# %% test="drift_or_bug" name="edges" points=1
"""Nulls come first, units both ways, too short a log is refused."""
short = pd.DataFrame({"day": range(41), "value": [8.0, 12.0] * 20 + [8.0]})
checks.raises(ValueError, drift_or_bug, short, what="41 days")
### BEGIN HIDDEN TESTS
for factor, word in [
    (60, "unit change"),
    (1 / 60, "unit change"),
    (100, "unit change"),
    (0.001, "unit change"),
    (1000, "unit change"),
    (80, "step"),
    (3, "step"),
]:
    log = pd.DataFrame({"day": range(60), "value": np.tile([8.0, 9, 10, 12, 11, 10, 10], 9)[:60] * np.where(np.arange(60) < 40, 1, factor)})
    checks.record(
        drift_or_bug(log),
        {"diagnosis": word, "day": 40},
        f"values times {factor:.4g} from day 40 on",
        mistakes={
            "units change both ways: test a factor and its inverse": {"diagnosis": "step"},
        }
        if factor < 1
        else {},
    )
week = np.tile([8.0, 9, 10, 12, 11, 10, 10], 9)[:60]
checks.record(
    drift_or_bug(pd.DataFrame({"day": range(60), "value": week * np.where(np.arange(60) < 7, 1, 3)})),
    {"suddenness": 4.0, "day": 7, "diagnosis": "step"},
    "a step after the first week",
    mistakes={
        "the first t is 7: the old week may be the first of the log": {"day": 8},
        "t starts at 7: the old week may be the first of the log": {"suddenness": 0.0},
    },
)
tail = week * np.where(np.arange(60) < 53, 1, 3)
checks.record(
    drift_or_bug(pd.DataFrame({"day": range(60), "value": tail})),
    {"suddenness": (tail[-7:].mean() - tail[46:53].mean()) / (tail[-7:].mean() - 10), "day": 53, "diagnosis": "step"},
    "a step before the last week",
    mistakes={
        "the last t is days - 7: the new week may be the last of the log": {"day": 52},
    },
)
both = pd.DataFrame({"day": np.repeat(np.arange(42), 4), "value": [8.0, 12.0, 9.0, 11.0] * 35 + [80.0, 120.0, 90.0, np.nan] * 7})
checks.record(
    drift_or_bug(both),
    {"null_jump": 0.25, "diagnosis": "null burst"},
    "a step and nulls at once",
    mistakes={
        "the rules have an order: nulls come first": {"diagnosis": "step"},
    },
)
checks.record(
    drift_or_bug(both[both["day"] < 35].assign(day=lambda t: t["day"]).pipe(lambda t: pd.concat([t, t.assign(day=t["day"] + 35)]))),
    {"null_jump": 0.0, "ratio": 1.0, "shift": 0.0, "suddenness": None, "day": None, "diagnosis": "nothing"},
    "ten weeks without any change",
)
### END HIDDEN TESTS

# %% [markdown] explain="drift_or_bug"
# Medians ignore the crawlers, whole weeks ignore the weekend, and the IQR makes the size comparable between features. A slope that takes six weeks moves at most a quarter of its way from one week to the next; a step moves all of it. A step that is no known unit is still a question: ask what was released that day, and who else saw it.

# %% [markdown]
# ### Evidence first, then the name
#
# Now the whole case. A diagnosis in an interview is worth what stands behind it, so the function returns both. The order of the questions matters more than any single one:
#
# 1. *Did anything happen?* Three standard errors, not two: somebody looks at this every week.
# 2. *Do both sides agree, row by row?* If not, everything below is distorted. Then one question of timing splits skew from leakage: was the value written after the prediction?
# 3. *Did an input jump, or lose values?* Then code broke it, on both sides alike.
# 4. *Did an input move?* Then the users did.
# 5. *None of these?* Then the link between inputs and outcome changed. That is a diagnosis by exclusion, so it comes last.
#
# Two decoys are planted, as in life: queues get longer in some incidents in which that explains nothing, and a nightly job writes `queue_minutes` after the prediction, always the same value again.

# %% [markdown] statement="diagnose_drop" level="core"
# ### `diagnose_drop`: evidence, then the name
#
# Write `diagnose_drop(incident, features)`. `incident` is what `simulate_drop` above returns: frames `"offline"`, `"live"`, `"recomputed"` and the dict `"written"` (hours from prediction to writing, negative: before). Loss: (score - label)². *Recent*: live rows with `day > max(day) - 14`. Return a dict of evidence, whatever the diagnosis, nothing rounded:
# - `"z"`: (mean recent loss - mean offline loss) / $\sqrt{s_r^2/n_r + s_o^2/n_o}$ (sample variances, `n - 1`); `"mismatch"`: for each feature the share of *all* live rows whose value differs from the recomputed one of the same id by more than $0.001\,|\text{recomputed}|$ (NaN and NaN agree, NaN on one side only differs; each live id is in recomputed, no id occurs twice);
# - `"null_jump"`: for each feature the share of NaN, recent - offline; `"shift"`: for each, (median recent - median offline) / IQR offline (pandas' defaults, NaN left out);
# - `"suddenness"`, only for features with $|\text{shift}| > 0.5$: take the list offline median, live median of each week (`day // 7`, in order); its largest absolute change between neighbours, divided by |last - first|.
#
# And `"diagnosis"` with the `"feature"`, by the first rule that applies: `"no drop"` (feature `None`) if $z \le 3$; if a mismatch is above 0.02, the feature with the largest, `"leakage"` if its `written` is above 0, else `"skew"`; `"bug"` if a null_jump is above 0.05 (largest null_jump), or else if a suddenness is at least 0.5 (of those, largest |shift|); `"drift"` if a |shift| is above 0.5 (largest); else `"concept drift"` (`None`). No check meets a limit exactly.
#
# Example: `diagnose_drop(simulate_drop("leakage", 1), TICKET_FEATURES)`: (rounded) z 15.1, mismatch 1.000 for `"similarity"` and 0 for the others, every null_jump within 0.02 of 0, the largest shift 1.28 for `"queue_minutes"` with suddenness 0.32; diagnosis `"leakage"`, feature `"similarity"`.


# %% solution="diagnose_drop"
def diagnose_drop(incident: dict, features: list[str]) -> dict:
    """Evidence on a drop in production, and the diagnosis that follows from it.

    incident: offline, live, recomputed (frames), written (hours). Returns {"z", "mismatch", "null_jump", "shift", "suddenness", "diagnosis", "feature"}.
    """
    ### BEGIN SOLUTION
    offline, live, written = incident["offline"], incident["live"], incident["written"]
    recent = live[live["day"] > live["day"].max() - 14]
    old, new = ((table["score"] - table["label"]) ** 2 for table in (offline, recent))
    z = float((new.mean() - old.mean()) / np.sqrt(new.var() / len(new) + old.var() / len(old)))
    pairs = live.merge(incident["recomputed"], on="id", suffixes=("", "_again"))
    mismatch, null_jump, shift, suddenness = {}, {}, {}, {}
    for f in features:
        served, again = pairs[f], pairs[f + "_again"]
        agree = (served - again).abs().le(0.001 * again.abs()) | (served.isna() & again.isna())
        mismatch[f] = float(1 - agree.mean())
        null_jump[f] = float(recent[f].isna().mean() - offline[f].isna().mean())
        low, middle, high = offline[f].quantile([0.25, 0.5, 0.75])
        shift[f] = float((recent[f].median() - middle) / (high - low))
        if abs(shift[f]) > 0.5:
            levels = np.array([middle, *live.groupby(live["day"] // 7)[f].median()])
            suddenness[f] = float(np.abs(np.diff(levels)).max() / abs(levels[-1] - levels[0]))

    def largest(values: dict) -> str | None:
        return max(values, key=lambda f: abs(values[f]), default=None)

    unlike, empty = max(mismatch, key=mismatch.get), max(null_jump, key=null_jump.get)
    jumped = {f: shift[f] for f in suddenness if suddenness[f] >= 0.5}
    moved = {f: shift[f] for f in suddenness}
    if z <= 3:
        diagnosis, feature = "no drop", None
    elif mismatch[unlike] > 0.02:
        diagnosis, feature = "leakage" if written[unlike] > 0 else "skew", unlike
    elif null_jump[empty] > 0.05:
        diagnosis, feature = "bug", empty
    elif jumped:
        diagnosis, feature = "bug", largest(jumped)
    else:
        diagnosis, feature = "drift" if moved else "concept drift", largest(moved)
    evidence = {"z": z, "mismatch": mismatch, "null_jump": null_jump, "shift": shift, "suddenness": suddenness}
    return {**evidence, "diagnosis": diagnosis, "feature": feature}
    ### END SOLUTION


# %% [markdown] hint="diagnose_drop"
# Write the five pieces of evidence first and return them. Only then add the rules, in the order of the statement, as one chain of `if` and `elif`.

# %% [markdown] hint="diagnose_drop"
# `live.merge(recomputed, on="id", suffixes=("", "_again"))` gives the pairs. `[offline_median, *live.groupby(live["day"] // 7)[f].median()]` are the levels; `np.abs(np.diff(levels)).max()` is the largest step.

# %% [markdown] hint="diagnose_drop"
# `max(shift, key=lambda f: abs(shift[f]))` is the feature that moved most. For a jump, look only among the features whose suddenness is at least 0.5.

# %% test="diagnose_drop" name="evidence" points=3
"""The evidence on the example, then on one fresh incident of each cause."""
names = {
    "pairs": "match the rows by id, not by their place",
    "nan": "two missing values agree; NaN == NaN is False",
    "recent": "the drop is measured on the last 14 days, not on all live rows",
    "zero": "compare the share of NaN with the offline one, not with zero",
    "mean": "the mean follows a few huge values; take the median",
    "days": "recent are 14 days; with day >= max - 14 there are 15",
    "levels": "the list of levels opens with the offline median",
}


def evidence_of(incident: dict) -> tuple[dict, dict]:
    """Expected evidence, and the values of known mistakes."""
    old, live, again = incident["offline"], incident["live"], incident["recomputed"]
    recent = live[live["day"] >= 42]
    by_id, columns = again.set_index("id").loc[live["id"]].reset_index(drop=True), TICKET_FEATURES
    gap = (live[columns] / by_id[columns] - 1).abs() > 0.001
    one = live[columns].isna() != by_id[columns].isna()
    both = live[columns].isna() & by_id[columns].isna()
    place = ((live[columns] / again[columns].head(len(live)) - 1).abs().le(0.001) | (live[columns].isna() & again[columns].head(len(live)).isna())).mean()
    loss = [(table["score"] - table["label"]) ** 2 for table in (old, recent, live, live[live["day"] >= 41])]
    z = [float((new.mean() - loss[0].mean()) / math.hypot(new.sem(), loss[0].sem())) for new in loss[1:]]
    spread = old[columns].quantile(0.75) - old[columns].quantile(0.25)
    shift = (recent[columns].median() - old[columns].median()) / spread
    sudden, inside = {}, {}
    for f in shift.index[shift.abs() > 0.5]:
        levels = [old[f].median()] + [live.loc[live["day"].between(7 * w, 7 * w + 6), f].median() for w in range(8)]
        sudden[f] = max(abs(b - a) for a, b in zip(levels, levels[1:], strict=False)) / abs(levels[-1] - levels[0])
        inside[f] = max(abs(b - a) for a, b in zip(levels[1:], levels[2:], strict=False)) / abs(levels[-1] - levels[1])
    nulls = recent[columns].isna().mean()
    right = {
        "z": z[0],
        "mismatch": (gap | one).mean().to_dict(),
        "null_jump": (nulls - old[columns].isna().mean()).to_dict(),
        "shift": shift.to_dict(),
        "suddenness": sudden,
    }
    wrong = {
        names["pairs"]: {"mismatch": (1 - place).to_dict()},
        names["nan"]: {"mismatch": (gap | one | both).mean().to_dict()},
        names["recent"]: {"z": z[1]},
        names["zero"]: {"null_jump": nulls.to_dict()},
        names["days"]: {"z": z[2]},
        names["mean"]: {"shift": ((recent[columns].mean() - old[columns].mean()) / spread).to_dict()},
    }
    if sudden:
        wrong[names["levels"]] = {"suddenness": inside}
    return right, wrong


sample = simulate_drop("leakage", 1)
right, wrong = evidence_of(sample)
found = diagnose_drop(sample, TICKET_FEATURES)
checks.record(found, right, "the evidence of the example", mistakes=wrong)
### BEGIN HIDDEN TESTS
for cause in DROP_CAUSES:
    sample = simulate_drop(cause, 46)
    right, wrong = evidence_of(sample)
    checks.record(diagnose_drop(sample, TICKET_FEATURES), right, f"the evidence of an incident with cause {cause!r}", mistakes=wrong)
### END HIDDEN TESTS

# %% test="diagnose_drop" name="diagnosis" points=3
"""The example, then four fresh incidents of each cause, in mixed order: evidence and diagnosis together."""
checks.record(
    diagnose_drop(simulate_drop("leakage", 1), TICKET_FEATURES),
    {"diagnosis": "leakage", "feature": "similarity"},
    "the example",
    mistakes={
        "the value that differs is written after the prediction: that is leakage": {"diagnosis": "skew"},
        "longer queues are a decoy; compare both sides row by row before you look for drift": {"diagnosis": "drift"},
        "a value written late but always the same is no leak; blame the feature that differs": {"feature": "queue_minutes"},
    },
)
### BEGIN HIDDEN TESTS
trap = {
    "skew": {
        "a value written late but always the same is no leak; ask when the feature that differs is written": {"diagnosis": "leakage"},
        "longer queues are a decoy; compare both sides row by row before you look for drift": {"diagnosis": "drift"},
        "compare both sides row by row before you look for jumps": {"diagnosis": "bug"},
    },
    "leakage": {
        "the value that differs is written after the prediction: that is leakage": {"diagnosis": "skew"},
        "longer queues are a decoy; compare both sides row by row before you look for drift": {"diagnosis": "drift"},
    },
    "bug": {
        "the input moved from one week to the next; people don't, code does": {"diagnosis": "drift"},
        "a value written late but always the same is no leak; both sides agree here": {"diagnosis": "leakage"},
        "both sides agree, so it is no skew; look for nulls and jumps": {"diagnosis": "skew"},
        "nulls jumped; look at missing values before you settle for a changed world": {"diagnosis": "concept drift"},
    },
    "drift": {
        "the input moved week by week, with no jump: that is drift": {"diagnosis": "bug"},
        "a value written late but always the same is no leak; both sides agree here": {"diagnosis": "leakage"},
    },
    "concept drift": {
        "no input changed; what is left is the link between inputs and outcome": {"diagnosis": "drift"},
        "a value written late but always the same is no leak; both sides agree here": {"diagnosis": "leakage"},
    },
    "no drop": {
        "the drop is within three standard errors; ask first whether anything happened": {"diagnosis": "drift"},
        "within three standard errors there is no drop to explain": {"diagnosis": "concept drift"},
    },
}
among = [(cause, seed) for seed in (60, 61, 64, 65) for cause in DROP_CAUSES]
for cause, seed in [among[i] for i in np.random.default_rng(2).permutation(len(among))]:
    sample = simulate_drop(cause, seed)
    found = diagnose_drop(sample, TICKET_FEATURES)
    live, old = sample["live"], sample["offline"]
    recent = live[live["day"] >= 42]
    loss = [(table["score"] - table["label"]) ** 2 for table in (old, recent)]
    checks.record(found, {"z": (loss[1].mean() - loss[0].mean()) / math.hypot(loss[0].sem(), loss[1].sem())}, "the z of a fresh incident")
    checks.record(found, {"diagnosis": cause}, "the diagnosis of a fresh incident", mistakes=trap[cause])
    if cause in ("no drop", "concept drift"):
        checks.record(found, {"feature": None}, f"the feature to blame for {cause!r}")
    else:
        planted = simulate_culprit(cause, seed)
        checks.record(found, {"feature": planted}, f"the feature to blame for {cause!r}")
### END HIDDEN TESTS

# %% test="diagnose_drop" name="order" points=2
"""Two faults at once, and features given by other names: the first rule decides, whatever things are called."""
two = simulate_drop("drift", 70)
two["live"].loc[two["live"]["day"] >= 42, "queue_minutes"] = np.nan
two["recomputed"] = two["recomputed"].drop(columns="queue_minutes").merge(two["live"][["id", "queue_minutes"]], on="id", how="left")
checks.record(
    diagnose_drop(two, ["words", "similarity", "tenure_days"]),
    {"diagnosis": "drift"},
    "an incident whose broken column is not among the features",
    mistakes={
        "judge the features that were given, no others": {"diagnosis": "bug"},
        "a value written late is no leak by itself; the two sides must differ": {"diagnosis": "leakage"},
    },
)
### BEGIN HIDDEN TESTS
for seed in (243, 134):
    checks.record(
        diagnose_drop(simulate_drop("no drop", seed), TICKET_FEATURES),
        {"diagnosis": "no drop", "feature": None},
        "a z between 2 and 3",
        mistakes={
            "the limit is three standard errors, not two: somebody looks every week": {"diagnosis": "drift"},
            "three standard errors, not two: somebody looks every week": {"diagnosis": "concept drift"},
        },
    )
few = simulate_drop("concept drift", 93)
few["recomputed"].loc[few["recomputed"]["id"].isin(few["live"]["id"].head(30)), "words"] *= 2
unlike = few["live"]["words"].head(30).gt(0).sum() / len(few["live"])
found = diagnose_drop(few, TICKET_FEATURES)
checks.record(
    found,
    {"mismatch": {f: unlike if f == "words" else 0.0 for f in TICKET_FEATURES}},
    "rows of the first day differ",
    mistakes={
        "the mismatch is a share of all live rows, not only of the recent ones": {"mismatch": dict.fromkeys(TICKET_FEATURES, 0.0)},
    },
)
checks.record(
    found,
    {"diagnosis": "concept drift", "feature": None},
    "30 of 3,360 rows differ",
    mistakes={
        "a mismatch of less than 2 % explains no such drop": {"diagnosis": "skew"},
    },
)


def both_sides(change: dict) -> dict:
    """Concept drift, and on top of it a change of some features that served and recomputed values share."""
    case = simulate_drop("concept drift", 94)
    for name, factor in change.items():
        case["live"][name] = factor(case["live"][name], (case["live"]["day"] + 1) / 56)
    case["recomputed"] = case["live"][["id", *TICKET_FEATURES]].sample(frac=1, random_state=3)
    return case


gaps = both_sides({"words": lambda x, t: x.where((t < 0.6) | (np.arange(len(x)) % 5 > 0))})
checks.record(
    diagnose_drop(gaps, TICKET_FEATURES),
    {"diagnosis": "bug", "feature": "words"},
    "a fifth of one feature goes missing",
    mistakes={
        "nulls jumped by more than 0.05; that is a bug": {"diagnosis": "concept drift"},
    },
)
mixed = both_sides({"words": lambda x, t: x * np.exp(1.2 * t), "queue_minutes": lambda x, t: x * np.where(t > 0.5, 2.2, 1)})
checks.record(
    diagnose_drop(mixed, TICKET_FEATURES),
    {"diagnosis": "bug", "feature": "queue_minutes"},
    "one feature drifts far, another one jumps",
    mistakes={
        "blame the feature that jumped, not the one that moved most": {"feature": "words"},
    },
)
falls = both_sides({"words": lambda x, t: x * np.exp(0.6 * t), "similarity": lambda x, t: x - 0.3 * t})
checks.record(
    diagnose_drop(falls, TICKET_FEATURES),
    {"diagnosis": "drift", "feature": "similarity"},
    "one feature rises a little, another one falls a lot",
    mistakes={
        "shifts go both ways; compare their sizes": {"feature": "words"},
    },
)
renamed = dict(zip(TICKET_FEATURES, ["label_lag", "future_flag", "null_count", "drift_score"], strict=True))
for cause in ("skew", "leakage", "bug", "drift"):
    sample = simulate_drop(cause, 81)
    for table in ("offline", "live", "recomputed"):
        sample[table] = sample[table].rename(columns=renamed)
    sample["written"] = {renamed[f]: hours for f, hours in sample["written"].items()}
    checks.record(
        diagnose_drop(sample, list(renamed.values())),
        {"diagnosis": cause, "feature": renamed[simulate_culprit(cause, 81)]},
        "features with misleading names",
    )
late = simulate_drop("bug", 90)
late["written"] = dict.fromkeys(TICKET_FEATURES, 12.0)
checks.record(
    diagnose_drop(late, TICKET_FEATURES),
    {"diagnosis": "bug"},
    "a bug while all features are written late",
    mistakes={
        "late writing alone is no leak; the two sides must differ": {"diagnosis": "leakage"},
    },
)
edge = simulate_drop("leakage", 92)
edge["written"] = dict.fromkeys(TICKET_FEATURES, 0.0)
checks.record(
    diagnose_drop(edge, TICKET_FEATURES),
    {"diagnosis": "skew"},
    "a mismatch in a value written at the moment of the prediction",
    mistakes={
        "leakage needs a value written after the prediction, more than 0 hours": {"diagnosis": "leakage"},
    },
)
better = simulate_drop("bug", 90)
better["live"]["score"] = better["live"]["label"] * 0.8 + 0.1
checks.record(
    diagnose_drop(better, TICKET_FEATURES),
    {"diagnosis": "no drop", "feature": None},
    "a live loss that is lower than offline",
    mistakes={
        "a lower loss is no drop; keep the sign of z": {"diagnosis": "bug"},
    },
)
### END HIDDEN TESTS

# %% [markdown] explain="diagnose_drop"
# Each question removes a whole class of causes, and the cheap, sharp ones stand first. The pairs come before any distribution, because skew and leakage also *look* like shifts. Drift comes after bugs, because a bug is a shift with a date. And concept drift has no fingerprint of its own in the inputs, so it may be named only when the others have been excluded.
#
# The three standard errors assume that offline and live rows are independent, and that cases are equally hard. A Brier score also rises when cases get harder, without any fault; then compare it with $\sum p(1-p)$, what the scores themselves promise.

# %% [markdown]
# > **In the interview.** *"Our model's performance dropped in production. What do you do?"*
# > **In 30 seconds:** first I ask whether it dropped: how many rows, how many matured labels, what noise. Then I take logged features and recompute the same requests with the training code. A mismatch is skew, or leakage if the value is written after the prediction. If both sides agree I look for a date: nulls or a step mean a pipeline bug, a slope means drift. If the inputs are unchanged, the outcome's link to them has changed. Mitigate first (roll back, or rules), explain second.
# > **They ask next:** you logged no features: what now? (Replay a day in shadow mode.) Why is it bad from day one? (Skew or leakage, not drift.) When is retraining the wrong answer? (For skew and bugs: it would learn the fault.)
# > **Red flags:** "I would retrain" as the first sentence; naming drift without a number; comparing histograms only.

# %% [markdown]
# ## Lab 5: How would you explain this to a manager?
#
# > **Checklist card 5.** *"Explain the result to a manager."* They test whether you translate output into outcome.
# >
# > | ask yourself | taught in |
# > |---|---|
# > | what changes in a week: hours, customers, money? | 07-communication |
# > | do the test rows look like the live ones? (the base rate) | 01-statistics, *Bayesian thinking*; 02-machine-learning, *Class imbalance* |
# > | how sure am I, in the same unit? | 01-statistics |
# > | what can go wrong, and whom does it hit? | 07-communication, 08-system-design |
#
# The incident: the assistant may answer tickets alone. A model flags those that need a person (the positives). The team tested it on 1,000 tickets, picked so that one in five needs a person; live it is one in twenty. The confusion counts went straight into the slides.

# %% collapsed=true
slide, truth = 10_000 * 20 / 1_000, 10_000 * 0.05 * 0.1
fig, axes = plt.subplots(1, 2, figsize=(9, 2.8), layout="constrained")
hours = [10_000 * 730 / 1_000 / 20, 10_000 * (0.05 * 0.1 + 0.95 * 710 / 800) / 20]
for ax, values, unit in zip(axes, ([slide, truth], hours), ("customers left alone per week", "hours saved per week"), strict=True):
    ax.barh(["scaled from the test set", "at the live base rate"], values, color=["C1", "C0"])
    for y, value in enumerate(values):
        ax.text(value + max(values) * 0.02, y, f"{value:.0f}", va="center")
    ax.set(xlabel=unit, xlim=(0, max(values) * 1.15))
    ax.invert_yaxis()
axes[1].set_yticks([])
fig.suptitle("Scaled from an enriched test set, the harm is four times too large and the gain too small", fontsize=11)
plt.show()

# %% [markdown]
# What carries over from such a test set are the rates *within* each class: of those that need a person, the share that is missed, $a = \text{fn} / (\text{tp} + \text{fn})$; of the others, the share that is answered alone, $b = \text{tn} / (\text{tn} + \text{fp})$. The live base rate puts them together again. Every outcome of the week is then a straight line, $u\,a + v\,b$, in two independent shares, and its standard error is school algebra.
#
# The explanation itself is a list of claims, in the order in which they are said. Five faults are common: it opens with a metric nobody asked for; a number is wrong; a number comes without a range; the range is too narrow to be true; the harm is left out.

# %% locked="claims_world"
OUTCOMES = ["hours", "customers", "money"]
CLAIM_FAULTS = ["metric first", "wrong number", "no range", "too sure", "harm left out"]


def claim(quantity: str, value: float, low: float | None = None, high: float | None = None) -> dict:
    """One sentence of an explanation, as data."""
    return {"quantity": quantity, "value": value, "low": low, "high": high}


# %% [markdown] statement="explain_to_manager" level="core"
# ### `explain_to_manager`: hours, customers, money
#
# Write `explain_to_manager(counts, plan, candidates)`. `counts`: `"tp"`, `"fn"`, `"fp"`, `"tn"` of the test set (positive: needs a person). `plan`: `"volume"` (tickets a week), `"base_rate"` (live share of positives $\pi$), `"minutes"` (a person's, per ticket), `"hourly"` (cost), `"per_customer"` (cost of a customer left alone). With $a$, $b$ as above, a week gives hours saved $= \text{volume}\,(\pi a + (1-\pi)\,b)\,\text{minutes}/60$, customers left alone $= \text{volume}\,\pi a$, and money $= \text{hours} \times \text{hourly} - \text{customers} \times \text{per_customer}$.
# Each is $u\,a + v\,b$; its standard error is $\sqrt{u^2 a(1-a)/(\text{tp}+\text{fn}) + v^2\, b(1-b)/(\text{tn}+\text{fp})}$. Return a dict: `"hours"`, `"customers"` and `"money"`, each a triple (value, low, high) with low and high 1.96 standard errors away, not rounded; `"faults"`: the fault of each candidate; `"choose"`: the first name with fault `None`, or `None`.
# `candidates` maps a name to its claims in the order told, dicts as `claim(...)` makes them. An *outcome claim* has the quantity hours, customers or money; any other quantity is a metric. The fault is the first that applies:
# `"metric first"`: the first claim is no outcome claim. `"wrong number"`: an outcome claim's value is more than 5 % (of your value) away from yours. `"no range"`: an outcome claim has `None` for low or high. `"too sure"`: an outcome claim's high - low is less than half of yours. `"harm left out"`: no claim on customers. Else `None`.
#
# Raise `ValueError` when tp + fn or tn + fp is 0, when the base rate is outside 0 to 1, and for a candidate without claims. Your values are never 0; no check meets a limit exactly.
#
# Example: counts tp 180, fn 20, fp 90, tn 710, volume 10,000, base rate 0.05, 3 minutes, 40 an hour, 25 per customer: (rounded) hours 424.1 (413.6 to 434.5), customers 50.0 (29.2 to 70.8), money 15,712 (15,079 to 16,346).


# %% solution="explain_to_manager"
def explain_to_manager(counts: dict, plan: dict, candidates: dict) -> dict:
    """Outcomes of a week with ranges, the fault of each candidate explanation, and the one to give.

    Returns {"hours", "customers", "money": (value, low, high), "faults": {name: fault or None}, "choose": name or None}. Raises ValueError for unusable input.
    """
    ### BEGIN SOLUTION
    positives, negatives, rate = counts["tp"] + counts["fn"], counts["tn"] + counts["fp"], plan["base_rate"]
    if positives == 0 or negatives == 0 or not 0 <= rate <= 1 or not all(candidates.values()):
        raise ValueError("both classes in the test set, a base rate in [0, 1], claims for every candidate")
    missed, alone = counts["fn"] / positives, counts["tn"] / negatives
    customers = np.array([plan["volume"] * rate, 0.0])  # weights of the two shares
    hours = plan["volume"] * plan["minutes"] / 60 * np.array([rate, 1 - rate])
    money = hours * plan["hourly"] - customers * plan["per_customer"]
    variances = np.array([missed * (1 - missed) / positives, alone * (1 - alone) / negatives])
    outcome = {}
    for name, weights in {"hours": hours, "customers": customers, "money": money}.items():
        value, error = float(weights @ [missed, alone]), float(np.sqrt(weights**2 @ variances))
        outcome[name] = (value, value - 1.96 * error, value + 1.96 * error)

    def fault(claims: list[dict]) -> str | None:
        told = [c for c in claims if c["quantity"] in outcome]
        if claims[0]["quantity"] not in outcome:
            return "metric first"
        if any(abs(c["value"] - outcome[c["quantity"]][0]) > 0.05 * abs(outcome[c["quantity"]][0]) for c in told):
            return "wrong number"
        if any(c["low"] is None or c["high"] is None for c in told):
            return "no range"
        if any(c["high"] - c["low"] < (outcome[c["quantity"]][2] - outcome[c["quantity"]][1]) / 2 for c in told):
            return "too sure"
        return None if any(c["quantity"] == "customers" for c in told) else "harm left out"

    faults = {name: fault(claims) for name, claims in candidates.items()}
    return {**outcome, "faults": faults, "choose": next((name for name, bad in faults.items() if bad is None), None)}
    ### END SOLUTION


# %% [markdown] hint="explain_to_manager"
# Write down the two weights $(u, v)$ of each outcome first. Money has weights, too: those of hours times `hourly`, minus those of customers times `per_customer`. Value and error of all three then come from the same two lines.

# %% [markdown] hint="explain_to_manager"
# One small function returns the fault of a list of claims: five `if` with a `return`, in the order of the statement. Metrics behind the first claim are allowed.

# %% test="explain_to_manager" name="outcomes" points=3
"""Hours, customers and money with their ranges: the example, then fresh plans."""
test_set = "the test set is enriched; take the rates within each class and the live base rate"
narrow = "this is one standard error; the range is 1.96 of them"
summed = "the range of money is no sum of two ranges; hours and customers share the missed tickets"
example_counts = {"tp": 180, "fn": 20, "fp": 90, "tn": 710}
example_plan = {"volume": 10_000, "base_rate": 0.05, "minutes": 3, "hourly": 40, "per_customer": 25}
week = explain_to_manager(example_counts, example_plan, {})
checks.record(week, {"faults": {}, "choose": None}, "the example without candidates")
for key, value, slips in [
    ("hours", 424.0625, {test_set: 365.0, "missed tickets are answered alone, too: they save minutes": 10_000 * 0.95 * 710 / 800 / 20}),
    ("customers", 50.0, {test_set: 200.0, "customers left alone are the false negatives": 10_000 * 0.05 * 90 / 800}),
    ("money", 15712.5, {"customers left alone cost money: subtract": 18212.5}),
]:
    checks.close(week[key][0], value, f"the value of {key}", mistakes=slips)
checks.record(
    week,
    {
        "hours": (424.0625000000, 413.6099268363, 434.5150731637),
        "customers": (50.0000000000, 29.2110606331, 70.7889393669),
        "money": (15712.5000000000, 15078.6983297691, 16346.3016702309),
    },
    "the example",
    mistakes={
        narrow: {"customers": (50.0, 50 - 500 * math.sqrt(0.1 * 0.9 / 200), 50 + 500 * math.sqrt(0.1 * 0.9 / 200))},
        summed: {"money": (15712.5, 15045.4748451614, 16379.5251548386)},
        "the two ranges are added; hours and customers share the missed tickets": {"money": (15712.5, 14774.673589280488, 16650.32641071951)},
    },
)
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(17)
for _ in range(6):
    tp, fn, fp, tn = (int(v) for v in rng.integers([80, 15, 30, 300], [300, 60, 120, 900]))
    volume, rate, minutes, hourly, each = int(rng.integers(2_000, 30_000)), rng.uniform(0.02, 0.3), rng.uniform(2, 9), rng.uniform(25, 70), rng.uniform(5, 60)
    plan = {"volume": volume, "base_rate": rate, "minutes": minutes, "hourly": hourly, "per_customer": each}
    a, b = fn / (fn + tp), tn / (tn + fp)
    va, vb = a * (1 - a) / (fn + tp), b * (1 - b) / (tn + fp)
    value = {"hours": volume * (rate * a + (1 - rate) * b) * minutes / 60, "customers": volume * rate * a}
    value["money"] = value["hours"] * hourly - value["customers"] * each
    per_hour, per_miss = volume * minutes / 60, volume * rate
    error = {"hours": per_hour * math.hypot(rate * va**0.5, (1 - rate) * vb**0.5), "customers": per_miss * va**0.5}
    error["money"] = math.sqrt((per_hour * rate * hourly - per_miss * each) ** 2 * va + (per_hour * (1 - rate) * hourly) ** 2 * vb)
    error["added"] = math.hypot(error["hours"] * hourly, error["customers"] * each)
    spans = {key: (value[key], value[key] - 1.96 * error[key], value[key] + 1.96 * error[key]) for key in OUTCOMES}
    checks.record(
        explain_to_manager({"tp": tp, "fn": fn, "fp": fp, "tn": tn}, plan, {}),
        spans,
        "a fresh plan",
        mistakes={
            narrow: {"customers": (value["customers"], value["customers"] - error["customers"], value["customers"] + error["customers"])},
            summed: {"money": (value["money"], value["money"] - 1.96 * error["added"], value["money"] + 1.96 * error["added"])},
        },
    )
### END HIDDEN TESTS

# %% test="explain_to_manager" name="faults" points=2
"""Candidate explanations with planted faults, in mixed order: each fault found, the sound one chosen."""
counts = {"tp": 180, "fn": 20, "fp": 90, "tn": 710}
plan = {"volume": 10_000, "base_rate": 0.05, "minutes": 3, "hourly": 40, "per_customer": 25}
sound = [claim("hours", 424, 413, 435), claim("money", 15_700, 15_200, 16_200), claim("customers", 50, 30, 70)]
told = {
    "Ana": [claim("AUC", 0.93), *sound],
    "Ben": [claim("hours", 365, 354, 376), *sound[1:]],
    "Cleo": [claim("hours", 424), *sound[1:]],
    "Dov": [claim("hours", 424, 422, 426), *sound[1:]],
    "Eva": sound[:2],
    "Finn": sound,
    "Gil": [*sound[::-1], claim("recall", 0.9)],
}
checks.record(
    explain_to_manager(counts, plan, told),
    {
        "faults": dict(zip(told, [*CLAIM_FAULTS, None, None], strict=True)),
        "choose": "Finn",
    },
    "seven explanations of the example",
    mistakes={
        "a metric behind the outcomes is allowed; only the first claim counts": {"choose": None},
        "Gil's metric comes last; only a metric in the first place is a fault": {"faults": dict(zip(told, [*CLAIM_FAULTS, None, "metric first"], strict=True))},
        "a metric needs no range; only outcome claims do": {"faults": dict(zip(told, [*CLAIM_FAULTS, None, "no range"], strict=True))},
        "of two without a fault, the first is chosen": {"choose": "Gil"},
        "an explanation that says nothing about customers hides the harm": {"choose": "Eva"},
        "a range far narrower than yours is too sure": {"choose": "Dov"},
        "a number without a range is a fault": {"choose": "Cleo"},
        "a number that is more than 5 % off is wrong, whatever range it has": {"choose": "Ben"},
        "open with an outcome, not with a metric": {"choose": "Ana"},
    },
)
### BEGIN HIDDEN TESTS
double = {
    "Ana": [claim("hours", 424), claim("customers", 200, 150, 250)],
    "Ben": [claim("hours", 424, 422, 426), claim("customers", 50)],
}
checks.record(
    explain_to_manager(counts, plan, double),
    {"faults": {"Ana": "wrong number", "Ben": "no range"}, "choose": None},
    "two faults in one explanation",
    mistakes={
        "the faults have an order: look for each in all claims before the next fault": {"faults": {"Ana": "no range", "Ben": "too sure"}},
    },
)
rng = np.random.default_rng(8)
for _ in range(8):
    tp, fn, fp, tn = (int(v) for v in rng.integers([80, 15, 30, 300], [300, 60, 120, 900]))
    plan = {"volume": int(rng.integers(2_000, 30_000)), "base_rate": rng.uniform(0.02, 0.3), "minutes": 4, "hourly": 50, "per_customer": 20}
    a, b, rate, volume = fn / (fn + tp), tn / (tn + fp), plan["base_rate"], plan["volume"]
    hours, customers = volume * (rate * a + (1 - rate) * b) * 4 / 60, volume * rate * a
    enriched = volume * fn / (tp + fn + fp + tn)
    wide = 1.96 * customers * math.sqrt((1 - a) / (a * (tp + fn)))
    good = [claim("hours", hours * 1.02, hours * 0.7, hours * 1.3), claim("customers", customers * 0.97, customers - wide, customers + wide)]
    stories = [
        ([claim("F1", 0.8, 0.7, 0.9), *good], "metric first"),
        ([good[0], claim("customers", customers * rng.choice([0.93, 1.07]), customers - wide, customers + wide)], "wrong number"),
        ([good[0], claim("customers", customers, customers - wide)], "no range"),
        ([claim("customers", customers, None, customers + wide), good[0]], "no range"),
        ([good[0], claim("customers", customers, customers - 0.45 * wide, customers + 0.45 * wide)], "too sure"),
        ([good[0], claim("recall", 1 - a, 0.5, 0.9)], "harm left out"),
        ([good[1], claim("accuracy", 0.9), claim("hours", hours, hours * 0.7, hours * 1.3)], None),
        ([claim("accuracy", 0.9), claim("hours", hours * 2)], "metric first"),
        ([claim("hours", hours * 2), good[1]], "wrong number"),
        ([claim("customers", customers, customers - 0.55 * wide, customers + 0.55 * wide)], None),
    ]
    if abs(enriched / customers - 1) > 0.06:
        stories.append(([good[0], claim("customers", enriched, enriched - wide, enriched + wide)], "wrong number"))
    order = rng.permutation(len(stories))
    told = {f"speaker {k}": stories[i][0] for k, i in enumerate(order)}
    faults = {f"speaker {k}": stories[i][1] for k, i in enumerate(order)}
    found = explain_to_manager({"tp": tp, "fn": fn, "fp": fp, "tn": tn}, plan, told)
    checks.record(found, {"faults": faults, "choose": next(name for name in told if faults[name] is None)}, "fresh explanations")
### END HIDDEN TESTS

# %% test="explain_to_manager" name="edges" points=2
"""Unusable input is refused; where every explanation has a fault, none is chosen; a loss is a negative number."""
plan = {"volume": 1_000, "base_rate": 0.1, "minutes": 6, "hourly": 30, "per_customer": 900}
counts = {"tp": 50, "fn": 50, "fp": 20, "tn": 80}
checks.raises(ValueError, explain_to_manager, {**counts, "tp": 0, "fn": 0}, plan, {}, what="no positive in the test set")
### BEGIN HIDDEN TESTS
checks.raises(ValueError, explain_to_manager, {**counts, "fp": 0, "tn": 0}, plan, {}, what="no negative in the test set")
checks.raises(ValueError, explain_to_manager, counts, {**plan, "base_rate": 1.2}, {}, what="a base rate of 1.2")
checks.raises(ValueError, explain_to_manager, counts, {**plan, "base_rate": -0.1}, {}, what="a negative base rate")
checks.raises(ValueError, explain_to_manager, counts, plan, {"Ana": []}, what="a candidate without claims")
loss = [claim("money", -42_690, -52_000, -33_000), claim("customers", 50, 40, 60)]
found = explain_to_manager(counts, plan, {"Ana": [claim("AUC", 0.8)], "Ben": [claim("money", 42_690, 33_000, 52_000), loss[1]]})
checks.close(found["money"][0], 1_000 * (0.1 * 0.5 + 0.9 * 0.8) / 10 * 30 - 50 * 900, "the money of a harmful plan")
checks.record(found, {"faults": {"Ana": "metric first", "Ben": "wrong number"}, "choose": None}, "no explanation without a fault")
checks.record(
    explain_to_manager(counts, plan, {"Cleo": loss}),
    {"faults": {"Cleo": None}, "choose": "Cleo"},
    "an honest loss",
    mistakes={
        "5 % of a negative value is negative; compare with its size": {"choose": None},
    },
)
### END HIDDEN TESTS

# %% [markdown] explain="explain_to_manager"
# Confusion counts belong to the test set; the rates within each class travel. That is Bayes' theorem at work. Money must be one line in the two shares, because the hours and the customers depend on the same missed tickets: ranges don't add. With few misses (fewer than ten or so), use a Wilson interval in place of 1.96 standard errors.

# %% [markdown]
# > **In the interview.** *"AUC is 0.93. Tell my director what that means."*
# > **In 30 seconds:** "Of 10,000 tickets a week the assistant answers about 8,500 alone. That saves roughly 424 hours, give or take 10. About 50 customers a week (29 to 71) who needed a person won't get one; at 25 each that is in the 15,700 net. If these 50 are too many, we flag more and save less." Then stop talking.
# > **They ask next:** where do the 50 come from, when the test set has 20 in 1,000? What would change your mind? Who are the 50?
# > **Red flags:** opening with AUC; hours without customers; a number without a range; counts of an enriched test set.

# %% [markdown]
# ## Lab 6: What would you do with more time?
#
# > **Checklist card 6.** *"What would you do with more time?"* They test whether you can set priorities. The usual order is **more data, then better features, then a more complex model**. It is a default; numbers overrule it.
# >
# > | evidence | says | taught in |
# > |---|---|---|
# > | learning curve: does the validation error still fall with more rows? | more data | 02-machine-learning, *Bias and variance* |
# > | errors by slice, against what a careful person gets wrong there | better features | 03-llms; 06-monitoring, *Data quality* |
# > | a bigger model on the same validation rows, paired | model complexity | 02-machine-learning; 07-communication |
# > | none of them reaches what is worth the weeks | stop | 07-communication |
#
# The incident: three teams classify tickets, all stand at the same validation error with 8,000 labelled rows, and all ask for 32,000 more. The target is 12 %. Who should get them?

# %% locked="curve_world"
CURVE_SIZES = [250, 500, 1_000, 2_000, 4_000, 8_000]


def simulate_curve(floor: float, scale: float, power: float, seed: int, noise: float = 0.01) -> tuple[list[int], np.ndarray]:
    """Rows, and validation errors `floor + scale * rows ** -power`, each with a relative noise."""
    rng = np.random.default_rng(seed)
    sizes = np.array(CURVE_SIZES)
    return CURVE_SIZES, (floor + scale * sizes**-power) * (1 + noise * rng.normal(size=sizes.size))


# %% collapsed=true
teams = [("Team 1: still falling", 0.06, 0.30, "C0"), ("Team 2: falling slowly", 0.10, 0.45, "C2"), ("Team 3: on its floor", 0.145, 0.80, "C1")]
rows = np.geomspace(250, 40_000, 100)
fig, ax = plt.subplots(figsize=(7, 3.2))
for name, floor, power, colour in teams:
    scale = (0.15 - floor) * 8_000**power
    curve = floor + scale * rows**-power
    ax.plot(rows[rows <= 8_000], curve[rows <= 8_000], color=colour, lw=2, label=name)
    ax.plot(rows[rows >= 8_000], curve[rows >= 8_000], color=colour, lw=2, ls=":")
ax.axhline(0.12, color="0.5", ls="--", lw=1)
ax.text(260, 0.115, "target", color="0.4", va="top", fontsize=9)
ax.axvline(8_000, color="0.8", lw=1)
ax.set(
    xscale="log",
    ylim=(0.08, 0.4),
    xlabel="training rows (dotted: not labelled yet)",
    ylabel="validation error",
    title="Same error today; with 40,000 rows only one team reaches the target",
)
ax.legend(frameon=False)
plt.show()

# %% [markdown]
# Error curves usually fall like a power of the number of rows, down to a floor:
#
# $$e(n) = \alpha + \beta\, n^{-\gamma}$$
#
# The floor $\alpha$ is what more rows of the same kind will never remove. Leave it out, draw a straight line in logs, and every team looks worth the money. The gap between training and validation error alone won't do, either: a model that memorises has a training error of zero for ever, and its gap never closes.

# %% [markdown] statement="learning_curve_verdict" level="stretch"
# ### `learning_curve_verdict`: are more rows worth it?
#
# Write `learning_curve_verdict(sizes, train_errors, valid_errors, target, budget)`: $m$ training sizes, rising, the errors at each, a target error and the number of rows that you could have in all. Fit $\alpha + \beta n^{-\gamma}$ to the validation errors: for each $\gamma$ in 0.05, 0.10, ..., 1.50, find $\alpha$ and $\beta$ by least squares (a straight line in $n^{-\gamma}$); keep those with $\alpha \ge 0$ and $\beta > 0$, and take the $\gamma$ with the smallest sum of squares. Return a dict, not rounded:
# - `"floor"` ($\alpha$), `"scale"` ($\beta$), `"power"` ($\gamma$); `"gap"`: last validation error minus last training error; `"forecast"`: the fitted error at `budget` rows;
# - `"rows_needed"`: the $n$ at which the fit meets the target, $\left(\beta / (\text{target} - \alpha)\right)^{1/\gamma}$, or `None` if $\alpha \ge$ target;
# - `"verdict"`, the first that applies: `"reached"` if the last validation error is at most the target; `"data"` if rows_needed is not `None` and at most the budget; `"too many rows"` if it is more; `"floor"` if it is `None`.
#
# Raise `ValueError` for fewer than four sizes, lengths that differ, sizes that don't rise or start below 1, and when no $\gamma$ is kept. Checks with exact curves use a $\gamma$ of the list.
#
# Example: sizes 100, 400, 1600, 6400, validation errors 0.30, 0.20, 0.15, 0.125 (that is $0.1 + 2/\sqrt n$), training errors 0, 0.02, 0.05, 0.08, target 0.11, budget 50,000: floor 0.1, scale 2, power 0.5, gap 0.045, forecast 0.1089 (rounded), rows needed 40,000, verdict `"data"`.


# %% solution="learning_curve_verdict"
def learning_curve_verdict(sizes: ArrayLike, train_errors: ArrayLike, valid_errors: ArrayLike, target: float, budget: float) -> dict:
    """Power law with a floor through a validation curve, and whether more rows reach the target.

    sizes, train_errors, valid_errors: shape (m,). Returns {"floor", "scale", "power", "gap", "forecast", "rows_needed", "verdict"}. Raises ValueError for unusable curves.
    """
    ### BEGIN SOLUTION
    n, train, valid = (np.asarray(values, float) for values in (sizes, train_errors, valid_errors))
    if n.ndim != 1 or n.size < 4 or train.shape != n.shape or valid.shape != n.shape or n[0] < 1 or (np.diff(n) <= 0).any():
        raise ValueError("at least four rising sizes, two errors for each")
    fits = []
    for power in np.arange(1, 31) / 20:
        design = np.column_stack([np.ones(n.size), n**-power])
        (floor, scale), *_ = np.linalg.lstsq(design, valid, rcond=None)
        if floor >= 0 and scale > 0:
            fits.append((float(((design @ [floor, scale] - valid) ** 2).sum()), float(power), float(floor), float(scale)))
    if not fits:
        raise ValueError("the curve does not fall towards a floor")
    _, power, floor, scale = min(fits)
    needed = (scale / (target - floor)) ** (1 / power) if floor < target else None
    if valid[-1] <= target:
        verdict = "reached"
    elif needed is None:
        verdict = "floor"
    else:
        verdict = "data" if needed <= budget else "too many rows"
    return {
        "floor": floor,
        "scale": scale,
        "power": power,
        "gap": float(valid[-1] - train[-1]),
        "forecast": float(floor + scale * budget**-power),
        "rows_needed": needed,
        "verdict": verdict,
    }
    ### END SOLUTION


# %% [markdown] hint="learning_curve_verdict"
# For a fixed $\gamma$ it is school regression of the errors on `n ** -gamma`: `np.polyfit(n ** -gamma, errors, 1)` gives slope and intercept. Loop over the 30 powers and keep the best that is allowed.

# %% [markdown] hint="learning_curve_verdict"
# Build the powers from whole numbers, `k / 20` for `k` from 1 to 30. Only the validation errors are fitted; the training errors give the gap.

# %% test="learning_curve_verdict" name="fit" points=2
"""The example, then fresh exact and noisy curves."""
LINE = "without a floor the curve promises too much; fit floor + scale * n ** -power"
checks.record(
    learning_curve_verdict([100, 400, 1600, 6400], [0, 0.02, 0.05, 0.08], [0.30, 0.20, 0.15, 0.125], 0.11, 50_000),
    {"floor": 0.1, "scale": 2.0, "power": 0.5, "gap": 0.045, "forecast": 0.1 + 2 / 50_000**0.5, "rows_needed": 40_000, "verdict": "data"},
    "the example",
    mistakes={
        LINE: {"floor": 0.0},
        "the gap is validation minus training error": {"gap": -0.045},
        "these are the rows to add; the rows in all are asked for": {"rows_needed": 33_600},
        "the forecast is for the budget, not for the last size": {"forecast": 0.125},
    },
)
### BEGIN HIDDEN TESTS
for floor, scale, power in [(0.05, 1.5, 0.35), (0.12, 9.0, 0.9), (0.02, 0.6, 0.15), (0.2, 40.0, 1.25)]:
    sizes, errors = simulate_curve(floor, scale, power, seed=0, noise=0)
    found = learning_curve_verdict(sizes, errors / 2, errors, floor + 0.01, 20_000)
    needed = (scale / 0.01) ** (1 / power)
    checks.record(
        found,
        {"floor": floor, "scale": scale, "power": power, "gap": errors[-1] / 2, "forecast": floor + scale * 20_000**-power, "rows_needed": needed},
        f"an exact curve with power {power}",
        rtol=1e-4,
        mistakes={LINE: {"floor": 0.0}},
    )
for seed in range(7):
    sizes, errors = simulate_curve(0.08, 1.2, 0.45, seed=seed + 40, noise=0.02)
    if seed == 6:
        errors = np.array([0.45, 0.38, 0.31, 0.24, 0.17, 0.10])  # a straight line in log n: the best free floor is negative
    best = (np.inf, 0.0, 0.0, 0.0)
    for k in range(1, 31):
        line = stats.linregress(np.array(sizes, float) ** (-k / 20), errors)
        rest = ((errors - line.intercept - line.slope * np.array(sizes, float) ** (-k / 20)) ** 2).sum()
        if line.intercept >= 0 and line.slope > 0 and rest < best[0]:
            best = (rest, k / 20, line.intercept, line.slope)
    found = learning_curve_verdict(sizes, errors * 0.5, errors, 0.09, 30_000)
    expected = {"power": best[1], "floor": best[2], "scale": best[3], "forecast": best[2] + best[3] * 30_000 ** -best[1]}
    checks.record(found, expected, "a noisy curve", rtol=1e-4, atol=1e-7, mistakes={LINE: {"floor": 0.0}} if best[2] > 1e-3 else {})
sizes, errors = simulate_curve(0, 2.0, 0.36, seed=304, noise=0.02)
lines = {k: stats.linregress(np.array(sizes, float) ** (-k / 20), errors) for k in (7, 8)}  # with 0.35 the free floor is negative
checks.record(
    learning_curve_verdict(sizes, errors * 0.5, errors, 0.09, 30_000),
    {"power": 0.4, "floor": lines[8].intercept, "scale": lines[8].slope},
    "a noisy curve without a floor",
    rtol=1e-4,
    mistakes={
        "a power with a negative floor is left out; don't set its floor to 0": {"power": 0.35, "floor": 0.0, "scale": lines[7].slope},
        "keep only the powers with a floor of at least 0": {"power": 0.35, "floor": lines[7].intercept},
    },
)
### END HIDDEN TESTS

# %% test="learning_curve_verdict" name="verdict" points=2
"""Four kinds of teams, each twice: reached, worth the rows, too many rows, on the floor."""
checks.record(
    learning_curve_verdict([100, 400, 1600, 6400], [0, 0, 0, 0], [0.30, 0.20, 0.15, 0.125], 0.1 - 1e-3, 10**7),
    {"rows_needed": None, "verdict": "floor"},
    "the example with a target below the floor and training errors of zero",
    mistakes={
        "a large gap is no promise; the floor decides": {"verdict": "data"},
        "no number of rows gets below the floor; rows_needed is None": {"rows_needed": np.inf},
    },
)
### BEGIN HIDDEN TESTS
for floor, scale, power, target, budget, verdict in [
    (0.06, 1.336, 0.3, 0.12, 60_000, "data"),
    (0.10, 2.9, 0.45, 0.12, 40_000, "too many rows"),
    (0.145, 6.6, 0.8, 0.12, 10**6, "floor"),
    (0.05, 3.0, 0.6, 0.07, 9_000, "reached"),
    (0.02, 2.0, 0.35, 0.08, 50_000, "data"),
    (0.03, 1.0, 0.25, 0.06, 100_000, "too many rows"),
    (0.2, 2.5, 0.5, 0.19, 10**9, "floor"),
    (0.1, 2.0, 0.5, 0.2, 100, "reached"),
]:
    sizes, errors = simulate_curve(floor, scale, power, seed=0, noise=0)
    for train in (errors * 0, errors * 0.95):
        found = learning_curve_verdict(sizes, train, errors, target, budget)
        checks.record(
            found,
            {"verdict": verdict, "gap": errors[-1] - train[-1]},
            f"floor {floor}, target {target}, budget {budget}",
            mistakes={
                "a small gap does not mean that data won't help; the fitted floor decides": {"verdict": "floor"},
                "first ask whether the target is reached already": {"verdict": "data"},
            }
            if verdict == "reached"
            else {},
        )
for seed, target, verdict in [(51, 0.099, "reached"), (49, 0.1006, "data")]:  # measured and fitted error lie on two sides of the target
    sizes, errors = simulate_curve(0.08, 1.2, 0.45, seed=seed, noise=0.02)
    checks.record(
        learning_curve_verdict(sizes, errors / 2, errors, target, 60_000),
        {"verdict": verdict},
        f"a noisy curve, last error {errors[-1]:.4f}, target {target}",
        mistakes={
            '"reached" asks for the last validation error, not for the fitted one': {"verdict": "data" if verdict == "reached" else "reached"},
        },
    )
### END HIDDEN TESTS

# %% test="learning_curve_verdict" name="bad-input" points=1
"""Too few sizes, sizes that don't rise, lengths that differ, and a curve that rises are refused."""
checks.raises(ValueError, learning_curve_verdict, [100, 200, 400], [0, 0, 0], [0.3, 0.2, 0.15], 0.1, 1000, what="three sizes")
### BEGIN HIDDEN TESTS
four = [0.4, 0.3, 0.25, 0.22]
checks.raises(ValueError, learning_curve_verdict, [100, 400, 200, 800], four, four, 0.1, 1000, what="sizes that don't rise")
checks.raises(ValueError, learning_curve_verdict, [0, 200, 400, 800], four, four, 0.1, 1000, what="a size of 0")
checks.raises(ValueError, learning_curve_verdict, [0.5, 200, 400, 800], four, four, 0.1, 1000, what="a size below 1")
checks.raises(ValueError, learning_curve_verdict, [100, 200, 200, 800], four, four, 0.1, 1000, what="a size that occurs twice")
checks.raises(ValueError, learning_curve_verdict, [100, 200, 400, 800], four[:3], four, 0.1, 1000, what="three training errors for four sizes")
checks.raises(ValueError, learning_curve_verdict, [100, 200, 400, 800], four, [*four, 0.2], 0.1, 1000, what="five validation errors for four sizes")
checks.raises(ValueError, learning_curve_verdict, [100, 200, 400, 800], four, four[::-1], 0.1, 1000, what="errors that rise with the rows")
### END HIDDEN TESTS

# %% [markdown] explain="learning_curve_verdict"
# With the power fixed, floor and scale come from a straight line, so 30 small regressions replace an optimiser that depends on its start. With few, noisy sizes the floor is uncertain: refit with each point left out, and buy rows in steps, not all at once. The floor is that of *this* model and *these* features; the other two options can lower it.

# %% [markdown]
# ### Where are the errors that somebody could fix?
#
# Error analysis by slices has two classic traps. The slice with the highest *rate* may hold a handful of rows. The slice with the *most* errors may be one in which a careful person, given the same input, is wrong just as often: then the labels or the question are the problem. Let a person redo the validation rows, and count what is left.


# %% locked="slice_world"
SLICE_TABLE = {  # of each channel: share of the rows, error of the model, error of a person
    "chat": (0.45, 0.10, 0.07),
    "email": (0.30, 0.24, 0.22),
    "voice": (0.20, 0.30, 0.06),
    "forum": (0.05, 0.45, 0.30),
}


def simulate_errors(n: int, seed: int, hard: str = "voice") -> pd.DataFrame:
    """Validation rows: channel, language (sometimes missing), and whether model and person are wrong. The channel `hard` has the most to gain."""
    rng = np.random.default_rng(seed)
    swap = {"voice": hard, hard: "voice"}
    table = {swap.get(name, name): row for name, row in SLICE_TABLE.items()}
    names = list(table)
    channel = rng.choice(names, n, p=[table[name][0] for name in names])
    model, person = (np.array([table[name][k] for name in channel]) for k in (1, 2))
    hit = rng.random(n)  # what is hard for a person is hard for the model
    language = pd.Series(rng.choice(["en", "de", "ja"], n, p=[0.6, 0.3, 0.1]), dtype=object)
    language[rng.random(n) < 0.05] = None
    wrong, human = hit < model, np.where(rng.random(n) < 0.5, hit, rng.random(n)) < person
    return pd.DataFrame({"channel": channel, "language": language, "wrong": wrong.astype(int), "human_wrong": human.astype(int)})


# %% collapsed=true
by_channel = simulate_errors(2_000, seed=1).groupby("channel")[["wrong", "human_wrong"]].agg(["sum", "mean"])
by_channel = by_channel.loc[["forum", "email", "voice", "chat"]]
fig, axes = plt.subplots(1, 2, figsize=(9, 2.8), sharey=True, layout="constrained")
axes[0].barh(by_channel.index, 100 * by_channel["wrong", "mean"], color="0.7")
axes[0].set(xlabel="error rate (%)", title="Highest rate: forum")
axes[1].barh(by_channel.index, by_channel["wrong", "sum"], color="C1", label="to be recovered")
axes[1].barh(by_channel.index, by_channel["human_wrong", "sum"], color="0.7", label="a person errs as often")
axes[1].set(xlabel="errors in 2,000 rows", title="Most to recover: voice")
axes[1].legend(frameon=False)
axes[0].invert_yaxis()
plt.show()

# %% [markdown] statement="error_slices" level="stretch"
# ### `error_slices`: what is recoverable, and where
#
# Write `error_slices(frame, columns, least=30)`. `frame` has the slice columns (strings or missing) and, 0 or 1, `"wrong"` (the model) and `"human_wrong"` (a person with the same input). Each value of each column is a slice; missing ones form the slice `"missing"`. Let $d$ = wrong - human_wrong in the rows of a slice of $n$ rows.
# Return a data frame with a row for each slice of at least `least` rows: `"column"`, `"value"`, `"rows"` ($n$), `"errors"` (sum of wrong), `"recoverable"` ($\sum d$), `"se"` ($\sqrt n\,s_d$, with $n - 1$), `"sure"` (whether recoverable - 2 se > 0), sorted by recoverable, the largest first; ties by column, then by value, alphabetically. Don't round. Other columns than the seven are not wanted.
#
# Raise `ValueError` when a slice column is not in the frame, and when `least` is below 2. Where no slice is large enough, return a frame of these columns without rows. No check has recoverable equal to 2 se, except where both are 0 (not sure).
#
# Example: channel chat, chat, chat, voice, voice, voice, voice, None, None; wrong 1, 0, 1, 1, 1, 1, 1, 1, 0; human_wrong 1, 0, 1, 0, 0, 1, 1, 0, 1; `least=2`: voice 4 rows, 4 errors, recoverable 2, se 1.155 (rounded); chat 3, 2, 0, 0; missing 2, 1, 0, 2. None is sure. The order is voice, chat, missing.


# %% solution="error_slices"
def error_slices(frame: pd.DataFrame, columns: list[str], least: int = 30) -> pd.DataFrame:
    """Slices by their recoverable errors.

    frame: slice columns, wrong, human_wrong. Returns column, value, rows, errors, recoverable, se, sure. Raises ValueError for unknown columns and least below 2.
    """
    ### BEGIN SOLUTION
    if least < 2 or not set(columns) <= set(frame.columns):
        raise ValueError("known columns and slices of at least two rows")
    found = []
    for column in columns:
        for value, part in frame.groupby(frame[column].fillna("missing")):
            n, d = len(part), part["wrong"] - part["human_wrong"]
            if n >= least:
                se = float(np.sqrt(n) * d.std())
                found.append((column, value, n, int(part["wrong"].sum()), int(d.sum()), se, bool(d.sum() - 2 * se > 0)))
    table = pd.DataFrame(found, columns=["column", "value", "rows", "errors", "recoverable", "se", "sure"])
    return table.sort_values(["recoverable", "column", "value"], ascending=[False, True, True], ignore_index=True)
    ### END SOLUTION


# %% [markdown] hint="error_slices"
# `frame[column].fillna("missing")` gives the labels, `frame.groupby(labels)` the slices. A plain `groupby` drops missing values without a word.

# %% [markdown] hint="error_slices"
# The difference $d$ is taken row by row, so that its spread knows that model and person fail on the same tickets. `np.sqrt(n) * d.std()` is the standard error of the sum. `sort_values` takes a list of columns and a list for `ascending`.

# %% test="error_slices" name="table" points=3
"""The example, then fresh rows with two slice columns: numbers and order."""
drop = "rows whose slice is missing are a slice, too"
tiny = pd.DataFrame(
    {
        "channel": ["chat", "chat", "chat", "voice", "voice", "voice", "voice", None, None],
        "wrong": [1, 0, 1, 1, 1, 1, 1, 1, 0],
        "human_wrong": [1, 0, 1, 0, 0, 1, 1, 0, 1],
    }
)
want = pd.DataFrame(
    {
        "column": "channel",
        "value": ["voice", "chat", "missing"],
        "rows": [4, 3, 2],
        "errors": [4, 2, 1],
        "recoverable": [2, 0, 0],
        "se": [math.sqrt(4 / 3), 0.0, 2.0],
        "sure": False,
    }
)
apart = "take the difference row by row; model and person fail on the same tickets"
checks.frame(
    error_slices(tiny, ["channel"], 2),
    want,
    "the example",
    mistakes={
        drop: want.iloc[:2],
        "the spread divides by n; the statement asks for n - 1": want.assign(se=[1.0, 0.0, math.sqrt(2)]),
        apart: want.assign(se=[math.sqrt(4 * (0 + 1 / 3)), math.sqrt(3 * (1 / 3 + 1 / 3)), math.sqrt(2 * (0.5 + 0.5))]),
        "all errors are counted; a person makes some of them as well": want.assign(recoverable=want["errors"], sure=[True, True, False]),
        "this is the standard error of the mean; the sum has n times as much": want.assign(se=want["se"] / want["rows"], sure=[True, False, False]),
    },
)
### BEGIN HIDDEN TESTS
for seed, hard in [(11, "voice"), (12, "chat"), (13, "email"), (14, "forum")]:
    rows = simulate_errors(900, seed, hard)
    listed = []
    for column in ("language", "channel"):
        labels = rows[column].where(rows[column].notna(), "missing")
        for value in sorted(set(labels)):
            part = rows[labels == value]
            d = (part["wrong"] - part["human_wrong"]).to_numpy()
            listed.append((column, value, len(d), part["wrong"].sum(), d.sum(), math.sqrt(len(d)) * d.std(ddof=1)))
    full = pd.DataFrame(listed, columns=["column", "value", "rows", "errors", "recoverable", "se"])
    full["sure"] = full["recoverable"] > 2 * full["se"]
    full = full.sort_values(["column", "value"]).sort_values("recoverable", ascending=False, kind="stable").reset_index(drop=True)
    right = full[full["rows"] >= 30].reset_index(drop=True)
    checks.frame(
        error_slices(rows, ["language", "channel"]),
        right,
        f"900 rows, two slice columns (the most to gain in {hard})",
        mistakes={
            drop: right[right["value"] != "missing"].reset_index(drop=True),
            "sort by recoverable errors, not by all errors": right.sort_values("errors", ascending=False, kind="stable").reset_index(drop=True),
            "sort by recoverable errors, not by their share of the rows": right.iloc[
                (-right["recoverable"] / right["rows"]).argsort(kind="stable")
            ].reset_index(drop=True),
        },
    )
### END HIDDEN TESTS

# %% test="error_slices" name="edges" points=1
"""Small slices, ties, no slice at all, and bad input."""
tiny = pd.DataFrame(
    {
        "channel": ["chat", "chat", "chat", "voice", "voice", "voice", None, None],
        "wrong": [1, 0, 1, 1, 1, 1, 1, 0],
        "human_wrong": [1, 0, 1, 0, 0, 1, 0, 1],
    }
)
small = pd.concat([tiny] * 10, ignore_index=True)
found = error_slices(small, ["channel"])
checks.equal(
    list(found["value"]),
    ["voice", "chat"],
    "slices with 30, 30 and 20 rows",
    mistakes={
        "a slice of fewer than `least` rows is left out": ["voice", "chat", "missing"],
        "a slice of exactly `least` rows stays": [],
    },
)
checks.equal(
    [bool(v) for v in found["sure"]],
    [True, False],
    "whether these two are sure",
    mistakes={
        "sure needs more than two standard errors above 0": [True, True],
    },
)
### BEGIN HIDDEN TESTS
ties = pd.DataFrame({"b": ["y", "y", "x", "x"] * 10, "a": ["q", "p", "q", "p"] * 10, "wrong": [1, 1, 1, 1] * 10, "human_wrong": [0, 1, 1, 0] * 10})
found = error_slices(ties, ["b", "a"], 20)
checks.equal(
    [list(pair) for pair in zip(found["column"], found["value"], strict=True)], [["a", "p"], ["a", "q"], ["b", "x"], ["b", "y"]], "four slices that tie"
)
empty = error_slices(tiny, ["channel"], 30)
checks.equal(
    (len(empty), sorted(empty.columns)), (0, ["column", "errors", "recoverable", "rows", "se", "sure", "value"]), "a frame in which no slice is large enough"
)
checks.raises(ValueError, error_slices, tiny, ["country"], 2, what="a column that is not there")
checks.raises(ValueError, error_slices, tiny, ["channel"], 1, what="slices of one row")
### END HIDDEN TESTS

# %% [markdown] explain="error_slices"
# A person's error is the cheapest estimate of what the input allows. The difference is taken row by row because both fail on the same hard tickets; that makes its spread much smaller than that of two separate counts. Slices of different columns overlap, so their recoverable errors don't add. And you looked at many: "sure" at two standard errors is a shortlist, not a proof.

# %% [markdown]
# ### One decision from three forecasts
#
# Put the three options into one unit: how much the validation error would fall. For data there is a shortcut that needs no fit. On a power law with a floor, each doubling of the rows gains the same fraction $r = 2^{-\gamma}$ of what the doubling before it gained. Three sizes, each twice the one before, give two gains $g_1$, $g_2$ and so $r = g_2 / g_1$; the next doublings gain $g_2 r$, $g_2 r^2$, and so on.


# %% locked="next_world"
NEXT_STEPS = ["data", "features", "model", "stop"]


def simulate_project(best: str, seed: int, n: int = 3_000) -> tuple[list[float], pd.DataFrame]:
    """Validation errors at n/4, n/2 and n rows; and validation rows: slice, wrong, human_wrong, wrong_bigger (a bigger model on the same rows). `best` says which step is worth most by the usual order."""
    rng = np.random.default_rng([seed, NEXT_STEPS.index(best)])
    hard = str(rng.choice(["de", "ja", "pt"]))
    part = rng.choice(["en", "de", "ja", "pt"], n, p=[0.4, 0.2, 0.2, 0.2])
    wrong = rng.random(n) < np.where((part == hard) & (best == "features"), 0.45, np.where(part == "en", 0.24, 0.14))
    human = wrong & (rng.random(n) < np.where((part == hard) & (best == "features"), 0.15, 0.9))
    strong = best == "model" or (best in ("data", "features") and seed % 2 == 0)  # the bigger model is better here
    repaired = rng.random(n) < (0.45 if strong else 0.08)
    bigger = np.where(wrong, ~repaired, rng.random(n) < 0.012)
    gain = {"data": 0.03}.get(best, 0.006)
    now = float(wrong.mean())
    curve = [now + gain * (1 + 1 / 0.8), now + gain, now]
    rows = pd.DataFrame({"slice": part, "wrong": wrong, "human_wrong": human, "wrong_bigger": bigger}).astype(
        {"wrong": int, "human_wrong": int, "wrong_bigger": int}
    )
    return curve, rows


# %% [markdown] statement="next_step" level="core"
# ### `next_step`: data, features, model, or stop
#
# Write `next_step(curve, rows, doublings, worth, fix_share=0.5)`. `curve`: validation errors at $n/4$, $n/2$ and $n$ training rows. `rows`: validation rows with `"slice"` (no missing ones), `"wrong"`, `"human_wrong"`, `"wrong_bigger"` (0 or 1; the last for a bigger model). $N$ is the number of all rows. Return a dict of gains (falls of the error rate, not rounded) and the decision:
# - `"data"`: with $g_1 = e_{n/4} - e_{n/2}$, $g_2 = e_{n/2} - e_n$, $r = \min(g_2/g_1, 1)$: $g_2 (r + r^2 + \dots + r^{\text{doublings}})$; 0 when $g_1$ or $g_2$ is not above 0;
# - `"slice"`: the slice with the largest sum of $d$ = wrong - human_wrong (ties: first in the alphabet); `"features"`: fix_share times that sum, divided by $N$; `"features_se"`: fix_share $\sqrt{n_s}\,s_d / N$ ($n_s$ rows of that slice, $s_d$ with $n_s - 1$);
# - `"model"`: mean of $d$ = wrong - wrong_bigger over all rows; `"model_se"`: $s_d/\sqrt N$ ($N - 1$);
# - `"decision"`: the first of `"data"`, `"features"`, `"model"` whose gain is at least `worth`; for features and model, gain - 2 se must be above 0, too. Else `"stop"`.
#
# Raise `ValueError` when the curve has not three errors, `doublings` is below 1 or `worth` is not above 0. Each slice has at least two rows. No gain meets a limit exactly.
#
# Example: curve 0.30, 0.20, 0.15, `doublings=2`; slices a, a, a, a, b, b, b, b; wrong 1, 1, 1, 0, 1, 1, 0, 0; human_wrong 0, 0, 1, 0, 1, 1, 0, 0; wrong_bigger 0, 1, 1, 0, 1, 1, 0, 0; worth 0.05: data 0.0375, slice `"a"`, features 0.125 (se 0.0722, rounded), model 0.125 (se 0.125). The decision is `"stop"`: data gains too little, the others are not sure.


# %% solution="next_step"
def next_step(curve: ArrayLike, rows: pd.DataFrame, doublings: int, worth: float, fix_share: float = 0.5) -> dict:
    """Forecast gains of more data, better features and a bigger model, and which to take.

    curve: errors at n/4, n/2, n. rows: slice, wrong, human_wrong, wrong_bigger. Returns {"data", "slice", "features", "features_se", "model", "model_se", "decision"}.
    """
    ### BEGIN SOLUTION
    if len(curve) != 3 or doublings < 1 or worth <= 0:
        raise ValueError("three errors, at least one doubling, a positive worth")
    first, second = curve[0] - curve[1], curve[1] - curve[2]
    ratio = min(second / first, 1) if first > 0 and second > 0 else 0
    data = float(second * sum(ratio**k for k in range(1, doublings + 1)))
    d = rows["wrong"] - rows["human_wrong"]
    sums = d.groupby(rows["slice"]).sum()
    top = sums.idxmax()
    part = d[rows["slice"] == top]
    features = float(fix_share * part.sum() / len(rows))
    features_se = float(fix_share * np.sqrt(len(part)) * part.std() / len(rows))
    paired = rows["wrong"] - rows["wrong_bigger"]
    model, model_se = float(paired.mean()), float(paired.std() / np.sqrt(len(rows)))
    if data >= worth:
        decision = "data"
    elif features >= worth and features - 2 * features_se > 0:
        decision = "features"
    elif model >= worth and model - 2 * model_se > 0:
        decision = "model"
    else:
        decision = "stop"
    evidence = {"data": data, "slice": str(top), "features": features, "features_se": features_se, "model": model, "model_se": model_se}
    return {**evidence, "decision": decision}
    ### END SOLUTION


# %% [markdown] hint="next_step"
# Compute the seven pieces of evidence first. `d.groupby(rows["slice"]).sum().idxmax()` is the slice (groups come sorted, so ties go to the first). The decision is four lines of `if` behind them.

# %% [markdown] hint="next_step"
# If the last doubling gained half of what the one before did, the next gains a quarter, an eighth, ... of the first. `sum(r**k for k in range(1, doublings + 1))` times the last gain.

# %% test="next_step" name="gains" points=2
"""The gains and standard errors: the example, then fresh projects."""
same = "the next doubling gains r times the last one, not as much again"
toy = pd.DataFrame(
    {
        "slice": ["a"] * 4 + ["b"] * 4,
        "wrong": [1, 1, 1, 0, 1, 1, 0, 0],
        "human_wrong": [0, 0, 1, 0, 1, 1, 0, 0],
        "wrong_bigger": [0, 1, 1, 0, 1, 1, 0, 0],
    }
)
checks.record(
    next_step([0.30, 0.20, 0.15], toy, 2, 0.05),
    {"data": 0.0375, "slice": "a", "features": 0.125, "features_se": 0.5 * 2 * math.sqrt(1 / 3) / 8, "model": 0.125, "model_se": 0.125, "decision": "stop"},
    "the example",
    mistakes={
        same: {"data": 0.1},
        "the first new doubling gains g2 times r already": {"data": 0.075},
        "this is the next doubling only; add up all of them": {"data": 0.025},
        "only a share of the recoverable errors gets fixed": {"features": 0.25},
        "divide by all rows, not by those of the slice": {"features": 0.25},
        "a gain that is smaller than two standard errors is not sure": {"decision": "features"},
        "the spread of the difference is taken row by row, not from two separate errors": {
            "model_se": math.sqrt((toy["wrong"].var() + toy["wrong_bigger"].var()) / 8)
        },
    },
)
### BEGIN HIDDEN TESTS
for best, seed in [("data", 3), ("features", 4), ("model", 5), ("stop", 6)]:
    curve, rows = simulate_project(best, seed)
    g1, g2 = curve[0] - curve[1], curve[1] - curve[2]
    by = {name: (part["wrong"] - part["human_wrong"]).to_numpy() for name, part in rows.groupby("slice")}
    errors = rows.groupby("slice")["wrong"].sum()
    top = max(by, key=lambda name: by[name].sum())
    d = (rows["wrong"] - rows["wrong_bigger"]).to_numpy()
    checks.record(
        next_step(curve, rows, 3, 0.03, 0.6),
        {
            "data": sum(g2 * (g2 / g1) ** k for k in (1, 2, 3)),
            "slice": top,
            "features": 0.6 * by[top].sum() / 3_000,
            "features_se": 0.6 * by[top].std(ddof=1) * by[top].size ** 0.5 / 3_000,
            "model": d.mean(),
            "model_se": d.std(ddof=1) / 3_000**0.5,
        },
        "a fresh project, three doublings, fix_share 0.6",
        mistakes={same: {"data": 3 * g2}, "fix_share is an argument": {"features": 0.5 * by[top].sum() / 3_000}}
        | ({"this slice holds the most errors, not the most recoverable ones": {"slice": errors.idxmax()}} if errors.idxmax() != top else {}),
    )
### END HIDDEN TESTS

# %% test="next_step" name="decision" points=2
"""Fresh projects, four of each kind in mixed order."""
### BEGIN HIDDEN TESTS
cases = [(best, seed) for seed in (20, 21, 22, 23) for best in NEXT_STEPS]
advice = {
    "data": {
        "the largest gain does not decide; the first option worth it in the usual order does": {"decision": "model"},
        "the curve still falls enough; data comes first": {"decision": "stop"},
    },
    "features": {
        "the recoverable errors of one slice are worth it; features come before the model": {"decision": "model"},
        "more rows gain too little here": {"decision": "data"},
    },
    "model": {"more rows gain too little here; a default order is no reason": {"decision": "data"}, "no slice has enough to recover": {"decision": "features"}},
    "stop": {
        "nothing reaches what is worth the weeks: stop": {"decision": "data"},
        "a bigger model gains something, but less than is worth it": {"decision": "model"},
    },
}
for best, seed in [cases[i] for i in np.random.default_rng(3).permutation(len(cases))]:
    curve, rows = simulate_project(best, seed)
    checks.record(next_step(curve, rows, 2, 0.03), {"decision": best}, "the decision in a fresh project", mistakes=advice[best])
### END HIDDEN TESTS

# %% test="next_step" name="edges" points=1
"""Curves that don't fall or fall faster, ties, unsure gains, bad input."""
toy = pd.DataFrame({"slice": ["b", "b", "a", "a"], "wrong": [1, 0, 1, 0], "human_wrong": [0, 0, 0, 0], "wrong_bigger": [0, 0, 1, 0]})
checks.record(
    next_step([0.20, 0.20, 0.15], toy, 3, 0.5),
    {"data": 0.0, "slice": "a"},
    "no gain in the first doubling; two slices that tie",
    mistakes={
        "slices that tie: the first in the alphabet": {"slice": "b"},
    },
)
### BEGIN HIDDEN TESTS
checks.record(next_step([0.30, 0.20, 0.21], toy, 3, 0.5), {"data": 0.0}, "an error that rose with the last doubling")
checks.record(
    next_step([0.30, 0.28, 0.24], toy, 3, 0.5),
    {"data": 0.12},
    "a second gain that is twice the first",
    mistakes={
        "r is at most 1; gains that grow for ever are noise": {"data": 0.04 * (2 + 4 + 8)},
    },
)
checks.record(next_step([0.30, 0.31, 0.29], toy, 2, 0.5), {"data": 0.0}, "an error that rose with the first doubling")
checks.record(
    next_step([0.30, 0.30, 0.30], toy, 2, 0.1),
    {"features": 0.125, "model": 0.25, "decision": "stop"},
    "gains on four rows",
    mistakes={
        "gains within two standard errors are not sure": {"decision": "features"},
    },
)
many = pd.concat([toy.assign(wrong_bigger=0, human_wrong=toy["wrong"])] * 50, ignore_index=True)
checks.record(next_step([0.30, 0.30, 0.30], many, 2, 0.1), {"features": 0.0, "model": 0.5, "decision": "model"}, "the same gain on 200 rows")
slight = pd.DataFrame({"slice": "a", "wrong": 1, "human_wrong": 1, "wrong_bigger": [0] * 20 + [1] * 380})
checks.record(
    next_step([0.30, 0.30, 0.30], slight, 2, 0.1),
    {"model": 0.05, "decision": "stop"},
    "a sure gain of 0.05 while 0.1 is worth it",
    mistakes={
        "a gain can be sure and still too small": {"decision": "model"},
    },
)
for curve, doublings, worth, what in [([0.3, 0.2], 2, 0.1, "two errors"), ([0.3, 0.2, 0.1], 0, 0.1, "no doubling"), ([0.3, 0.2, 0.1], 2, 0, "a worth of 0")]:
    checks.raises(ValueError, next_step, curve, toy, doublings, worth, what=what)
### END HIDDEN TESTS

# %% [markdown] explain="next_step"
# For $e(n) = \alpha + \beta n^{-\gamma}$ a doubling gains $\beta n^{-\gamma}(1 - 2^{-\gamma})$, and the next one $2^{-\gamma}$ times as much: the floor cancels, so three sizes suffice. Three noisy sizes are a thin basis; average over seeds before you order labels. The order breaks ties in favour of what helps every later model; the evidence may overrule it.

# %% [markdown]
# > **In the interview.** *"You have four more weeks. What would you do?"*
# > **In 30 seconds:** my default is more data, then better features, then a bigger model, and I check it with three cheap experiments. Train on a quarter, a half and all rows: does the error still fall? Let a person redo the errors: which slice holds errors that a person wouldn't make? Run a bigger model on the same rows, paired. I take the first that is worth the weeks. If none is, I stop and spend the time on monitoring.
# > **They ask next:** why does a large gap not prove that data helps? What is the floor made of (label noise, missing inputs, the model family)? When is the order wrong (labels cost a month, the model is linear and the floor is high)?
# > **Red flags:** "a deeper network" at once; more data for a flat curve; a slice of twelve rows as a strategy.

# %% [markdown]
# ## The rehearsal
#
# You know the answers one by one. In an interview they come in any order, with other numbers, and a clock. Rehearse that. In a terminal:
#
# ```sh
# course interview --minutes 30 --topics 01-statistics,05-sql --seed 7
# ```
#
# It makes a notebook in `work/interviews/`, with questions from these sections and fresh numbers. Another seed gives other questions; the same seed gives the same ones to two people who have sat no interview yet. Answer until the time is up, save the notebook, run its last cell and read the report: your points by topic, your time by question, and what to revise, with links to the lessons. Weak topics come back more often next time.
#
# Say your 30 seconds aloud before you write the code. A week before the date, sit one interview a day with all topics; on the last evening read only the six checklist cards.
