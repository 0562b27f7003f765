"""Answer bank of `right_objective`."""

import numpy as np
import pandas as pd
from sklearn.metrics import confusion_matrix

from course.authoring.bank import right, wrong

COLUMNS = ["model", "accuracy", "precision", "recall", "cost", "worth_from"]


def build(bad, flags, cost_miss, cost_false_alarm, order=("cost", "model"), ascending=True, empty=float("nan"), per=1_000, swap=False):
    if len(bad) == 0 or cost_miss < 0 or cost_false_alarm < 0 or any(len(f) != len(bad) for f in flags.values()):
        raise ValueError("unusable input")
    rows = []
    for name, flag in flags.items():
        tp = sum(1 for b, f in zip(bad, flag) if b and f)
        fp = sum(1 for b, f in zip(bad, flag) if f and not b)
        fn = sum(1 for b, f in zip(bad, flag) if b and not f)
        precision = tp / (tp + fp) if tp + fp else empty
        recall = tp / (tp + fn) if tp + fn else float("nan")
        if swap:
            precision, recall = recall, precision
        cost = per * (cost_miss * fn + cost_false_alarm * fp) / len(bad)
        rows.append((name, (len(bad) - fp - fn) / len(bad), precision, recall, cost, fp / tp if tp else float("nan")))
    return pd.DataFrame(rows, columns=COLUMNS).sort_values(list(order), ascending=ascending)


@right("plain loops")
def right_objective(bad, flags, cost_miss, cost_false_alarm):
    return build(bad, flags, cost_miss, cost_false_alarm)


@right("scikit-learn's confusion matrix, NumPy divisions")
def right_objective(bad, flags, cost_miss, cost_false_alarm):
    y = np.asarray(bad)
    if y.size == 0 or min(cost_miss, cost_false_alarm) < 0 or {len(f) for f in flags.values()} != {len(y)}:
        raise ValueError("unusable input")
    rows = {}
    with np.errstate(divide="ignore", invalid="ignore"):
        for name, flag in flags.items():
            tn, fp, fn, tp = confusion_matrix(y, np.asarray(flag), labels=[0, 1]).ravel().astype(float)
            cost = 1_000 * (cost_miss * fn + cost_false_alarm * fp) / y.size
            rows[name] = [(tp + tn) / y.size, np.float64(tp) / (tp + fp), np.float64(tp) / (tp + fn), cost, np.float64(fp) / tp if tp else np.nan]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=COLUMNS[1:]).rename_axis("model").reset_index()
    return table.sort_values(["cost", "model"]).reset_index(drop=True)


@wrong("the rows are sorted by accuracy")
def right_objective(bad, flags, cost_miss, cost_false_alarm):
    return build(bad, flags, cost_miss, cost_false_alarm, order=["accuracy"], ascending=False)


@wrong("precision and recall are swapped")
def right_objective(bad, flags, cost_miss, cost_false_alarm):
    return build(bad, flags, cost_miss, cost_false_alarm, swap=True)


@wrong("the two costs are swapped")
def right_objective(bad, flags, cost_miss, cost_false_alarm):
    return build(bad, flags, cost_false_alarm, cost_miss)


@wrong("give it per 1,000")
def right_objective(bad, flags, cost_miss, cost_false_alarm):
    return build(bad, flags, cost_miss, cost_false_alarm, per=1)


@wrong("has no precision: NaN, not 0")
def right_objective(bad, flags, cost_miss, cost_false_alarm):
    return build(bad, flags, cost_miss, cost_false_alarm, empty=0.0)


@wrong("has no precision: NaN, not 1")
def right_objective(bad, flags, cost_miss, cost_false_alarm):
    return build(bad, flags, cost_miss, cost_false_alarm, empty=1.0)


@wrong("equal costs are ordered by name")
def right_objective(bad, flags, cost_miss, cost_false_alarm):
    return build(bad, dict(sorted(flags.items(), reverse=True)), cost_miss, cost_false_alarm).sort_values(["cost", "model"], ascending=[True, False])


@wrong("worth_from is turned round")
def right_objective(bad, flags, cost_miss, cost_false_alarm):
    table = build(bad, flags, cost_miss, cost_false_alarm)
    table["worth_from"] = [1 / v if v else float("nan") for v in table["worth_from"]]
    return table
