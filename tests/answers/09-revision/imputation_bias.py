"""Answer bank of `imputation_bias`."""

import numpy as np
import pandas as pd
from scipy import stats

from course.authoring.bank import right, wrong

NAMES = ["mean", "sd", "slope_outcome", "slope_feature"]


def _numbers(table, ddof=1):
    u, b = table["usage"].to_numpy(), table["budget"].to_numpy()
    c = np.cov(u, b)
    return np.array([b.mean(), b.std(ddof=ddof), c[0, 1] / c[0, 0], c[0, 1] / c[1, 1]])


def _bias(complete, hidden, tolerance=0.05, relative="truth", sign=1, seeds=True, fresh=True, swap=False, rule="abs", guard=True):
    hidden = np.asarray(hidden)
    if guard and (hidden.ndim != 2 or hidden.shape[0] < 1 or hidden.shape[1] != len(complete) or (len(complete) - hidden.sum(axis=1)).min() < 3):
        raise ValueError("unusable")
    truth = _numbers(complete)
    rows, safe = [], []
    for method in ["drop", "mean", "model", "stochastic"]:
        got = []
        table = complete.copy()
        for i, blank in enumerate(hidden):
            if fresh:
                table = complete.copy()
            table.loc[np.asarray(blank, bool), "budget"] = np.nan
            got.append(_numbers(fill(table, method, seed=i if seeds else 0)))  # noqa: F821
        average = np.mean(got, axis=0)
        bias = {"truth": (average - truth) / truth, "none": average - truth, "average": average, "estimate": (average - truth) / average}[relative] * sign
        if swap:
            bias = bias[[0, 1, 3, 2]]
        rows.append([method, *bias])
        kept = {"abs": np.abs(bias) <= tolerance, "signed": bias <= tolerance}.get(rule)
        if rule == "any":
            keep = (np.abs(bias) <= tolerance).any()
        elif rule == "mean":
            keep = abs(bias[0]) <= tolerance
        else:
            keep = kept.all()
        if keep:
            safe.append(method)
    return {"bias": pd.DataFrame(rows, columns=["method", *NAMES]), "safe": safe}


@right("loops and np.cov")
def imputation_bias(complete, hidden, tolerance=0.05):
    return _bias(complete, hidden, tolerance)


@right("linregress, long table and a pivot")
def imputation_bias(complete, hidden, tolerance=0.05):
    hidden = np.asarray(hidden, dtype=bool)
    if hidden.ndim != 2 or 0 in hidden.shape or hidden.shape[1] != complete.shape[0] or ((~hidden).sum(1) <= 2).any():
        raise ValueError("unusable")

    def four(t):
        return {
            "mean": t["budget"].mean(),
            "sd": t["budget"].std(),
            "slope_outcome": stats.linregress(t["usage"], t["budget"]).slope,
            "slope_feature": stats.linregress(t["budget"], t["usage"]).slope,
        }

    truth = pd.Series(four(complete))
    long = pd.DataFrame(
        [
            {"method": m, **four(fill(complete.assign(budget=np.where(hidden[i], np.nan, complete["budget"])), m, i))}  # noqa: F821
            for m in METHODS  # noqa: F821
            for i in range(len(hidden))
        ]
    )
    table = (long.groupby("method")[NAMES].mean().loc[METHODS] / truth - 1).reset_index()  # noqa: F821
    return {"bias": table, "safe": tuple(table.loc[table[NAMES].abs().max(axis=1) <= tolerance, "method"])}


@wrong("this is the bias itself; divide it by the true number")
def imputation_bias(complete, hidden, tolerance=0.05):
    return _bias(complete, hidden, tolerance, relative="none")


@wrong("this is truth minus average; turn the sign round")
def imputation_bias(complete, hidden, tolerance=0.05):
    return _bias(complete, hidden, tolerance, sign=-1)


@wrong("divide by the true number, not by the estimate")
def imputation_bias(complete, hidden, tolerance=0.05):
    return _bias(complete, hidden, tolerance, relative="estimate")


@wrong("the two slopes are swapped")
def imputation_bias(complete, hidden, tolerance=0.05):
    return _bias(complete, hidden, tolerance, swap=True)


@wrong("the repeats have the seeds 0, 1, 2, ...; here all have seed 0")
def imputation_bias(complete, hidden, tolerance=0.05):
    return _bias(complete, hidden, tolerance, seeds=False)


@wrong("start each repeat from a fresh copy")
def imputation_bias(complete, hidden, tolerance=0.05):
    return _bias(complete, hidden, tolerance, fresh=False)


@wrong("take the absolute bias: a large negative one is not safe")
def imputation_bias(complete, hidden, tolerance=0.05):
    return _bias(complete, hidden, tolerance, rule="signed")


@wrong("the model-based fill keeps the mean, not the spread")
def imputation_bias(complete, hidden, tolerance=0.05):
    return _bias(complete, hidden, tolerance, rule="mean")


@wrong("one number within the tolerance is not enough")
def imputation_bias(complete, hidden, tolerance=0.05):
    return _bias(complete, hidden, tolerance, rule="any")


@wrong("two budgets left in the second repeat: expected ValueError")
def imputation_bias(complete, hidden, tolerance=0.05):
    hidden = np.asarray(hidden)
    if hidden.ndim != 2 or hidden.shape[0] < 1 or hidden.shape[1] != len(complete):
        raise ValueError("unusable")
    return _bias(complete, hidden, tolerance, guard=False)
