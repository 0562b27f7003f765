"""Answer bank of `validate_model`."""

import numpy as np
import pandas as pd

from course.authoring.bank import right, wrong

NAMES = {(0, 0): "random", (1, 0): "grouped", (0, 1): "temporal", (1, 1): "grouped+temporal"}


def _plan(history, live, both=True, drop=True, habit=None, customers_share=False, abs_gap=False, oldest=False, groups=5):
    zero = history[history["fold"] == 0]
    rest = history[history["fold"] != 0]
    if len(live) == 0 or len(zero) == 0 or len(rest) == 0:
        raise ValueError("unusable")
    known = set(history["customer"])
    asked = live["customer"].unique() if customers_share else live["customer"].tolist()
    new = sum(c not in known for c in asked) / len(asked)
    later = np.mean([t > history["time"].max() for t in live["time"]])
    guards = (int(new >= 0.5), int(later >= 0.5))
    if guards == (1, 1) and not both:
        guards = (0, 1)
    if habit:
        guards = habit
    train, test = rest, zero
    if guards[1]:
        order = history.sort_values("time", ascending=oldest)
        test, train = order.head(len(zero)), order.iloc[len(zero) :]
        if guards[0] and drop:
            train = train[~train["customer"].isin(test["customer"])]
    elif guards[0]:
        names = sorted(known)
        chosen = {names[i] for i in range(0, len(names), groups)}
        mask = np.array([c in chosen for c in history["customer"]])
        test, train = history[mask], history[~mask]
    a, b = neighbour_auc(rest, zero), neighbour_auc(train, test)  # noqa: F821
    gap = abs(a - b) if abs_gap else a - b
    seen = set(rest["customer"])
    return {
        "new_customers": new,
        "later": later,
        "split": NAMES[guards],
        "shared": sum(c in seen for c in zero["customer"]) / len(zero),
        "auc_random": a,
        "auc_honest": b,
        "leak": bool(gap > 0.05),
    }


@right("frames, sorted and sliced")
def validate_model(history, live):
    return _plan(history, live)


@right("arrays of positions")
def validate_model(history, live):
    fold = history["fold"].to_numpy()
    n_test = int((fold == 0).sum())
    if not len(live) or n_test in (0, len(fold)):
        raise ValueError("unusable")
    who, when = history["customer"].to_numpy(), history["time"].to_numpy()
    new = np.mean(~np.isin(live["customer"].to_numpy(), who))
    late = np.mean(live["time"].to_numpy() > when.max())
    test = np.flatnonzero(fold == 0)
    if late >= 0.5:
        test = np.argsort(when)[::-1][:n_test]
    elif new >= 0.5:
        test = np.flatnonzero(np.isin(who, np.unique(who.astype(str))[::5]))
    train = np.setdiff1d(np.arange(len(who)), test)
    if late >= 0.5 and new >= 0.5:
        train = train[~np.isin(who[train], who[test])]
    random = neighbour_auc(history.iloc[fold != 0], history.iloc[fold == 0])  # noqa: F821
    honest = neighbour_auc(history.iloc[train], history.iloc[test])  # noqa: F821
    split = "+".join([name for name, share in [("grouped", new), ("temporal", late)] if share >= 0.5]) or "random"
    shared = np.isin(who[fold == 0], who[fold != 0]).mean()
    return pd.Series(
        {"new_customers": new, "later": late, "split": split, "shared": shared, "auc_random": random, "auc_honest": honest, "leak": random > honest + 0.05}
    )


@wrong("random folds are a habit")
def validate_model(history, live):
    return _plan(history, live, habit=(0, 0))


@wrong("that customers come back is no reason to guard them")
def validate_model(history, live):
    later = (live["time"] > history["time"].max()).mean() >= 0.5
    return _plan(history, live, habit=(1, int(later)))


@wrong("customers of the test rows are still in the training part")
def validate_model(history, live):
    return _plan(history, live, drop=False)


@wrong("every customer here is new as well; guard both")
def validate_model(history, live):
    return _plan(history, live, both=False)


@wrong("this tests on the oldest rows")
def validate_model(history, live):
    return _plan(history, live, oldest=True)


@wrong("this is the share of customers; the statement asks for rows")
def validate_model(history, live):
    return _plan(history, live, customers_share=True)


@wrong("a leak makes the random split look better, not worse")
def validate_model(history, live):
    return _plan(history, live, abs_gap=True)


@wrong("no row in fold 0")
def validate_model(history, live):
    if (history["fold"] == 0).any() or len(live) == 0:
        return _plan(history, live)
    return {"split": "random"}


@wrong("the key 'new_customers' is missing")
def validate_model(history, live):
    return {"split": "grouped+temporal", "leak": True}
