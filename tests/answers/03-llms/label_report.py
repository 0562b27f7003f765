"""Answer bank of `label_report`."""

from collections import defaultdict

import numpy as np
import pandas as pd
from sklearn.metrics import cohen_kappa_score, precision_recall_fscore_support

from course.authoring.bank import right, wrong


def checked(human, model, weights):
    human, model = list(human), list(model)
    weights = [1.0] * len(human) if weights is None else [float(w) for w in weights]
    if not len(human) == len(model) == len(weights) or not human or min(weights) <= 0:
        raise ValueError("unusable input")
    return human, model, weights


def report(human, model, weights, target, least, weighted_kappa=True, swap=False, raw=False, lost_by="human", drop=True, only=None):
    w = defaultdict(float)
    for a, b, c in zip(human, model, weights):
        w[a, b] += c
    names, total = sorted(set(human) | set(model)), sum(weights)
    row = {n: sum(w[n, m] for m in names) for n in names}
    column = {n: sum(w[m, n] for m in names) for n in names}
    if raw:
        kappa = sum(w[n, n] for n in names) / total
    elif len(names) == 1:
        kappa = float("nan")
    else:
        kappa = cohen_kappa_score(human, model, sample_weight=weights if weighted_kappa else None)
    out, audit = [], []
    for n in names:
        precision = w[n, n] / column[n] if column[n] else float("nan")
        recall = w[n, n] / row[n] if row[n] else float("nan")
        lost = {m: w[n, m] if lost_by == "human" else w[m, n] for m in names if m != n or not drop}
        best = max(lost, key=lambda m: lost[m], default=None)
        if swap:
            precision, recall = recall, precision
        out.append((n, precision, recall, best if best is not None and lost[best] > 0 else None))
        if (only != "recall" and precision < least) or (only != "precision" and recall < least):
            audit.append(n)
    table = pd.DataFrame(out, columns=["category", "precision", "recall", "taken_for"])
    return {"kappa": kappa, "usable": bool(kappa > target), "audit": audit, "table": table}


@right("plain dicts of weights")
def label_report(human, model, weights=None, target=0.7, least=0.6):
    return report(*checked(human, model, weights), target, least)


@right("scikit-learn with sample_weight")
def label_report(human, model, weights=None, target=0.7, least=0.6):
    human, model, weights = checked(human, model, weights)
    human, model, weights = np.array(human), np.array(model), np.array(weights)
    names = np.unique(np.concatenate([human, model]))
    precision, recall, _, _ = precision_recall_fscore_support(human, model, labels=names, sample_weight=weights, zero_division=np.nan)
    taken = []
    for name in names:
        missed = (human == name) & (model != name)
        sums = [weights[missed & (model == other)].sum() for other in names]
        taken.append(str(names[int(np.argmax(sums))]) if missed.any() else None)
    kappa = cohen_kappa_score(human, model, sample_weight=weights) if len(names) > 1 else np.nan
    audit = [str(n) for n, p, r in zip(names, precision, recall) if p < least or r < least]
    table = pd.DataFrame({"category": names, "precision": precision, "recall": recall, "taken_for": taken}).iloc[::-1]
    return {"table": table, "audit": audit, "kappa": kappa, "usable": bool(kappa > target)}


@wrong("the weights are left out")
def label_report(human, model, weights=None, target=0.7, least=0.6):
    human, model, weights = checked(human, model, weights)
    return report(human, model, [1.0] * len(human), target, least)


@wrong("kappa is computed without the weights")
def label_report(human, model, weights=None, target=0.7, least=0.6):
    return report(*checked(human, model, weights), target, least, weighted_kappa=False)


@wrong("this is the share of right labels")
def label_report(human, model, weights=None, target=0.7, least=0.6):
    return report(*checked(human, model, weights), target, least, raw=True)


@wrong("precision and recall are swapped")
def label_report(human, model, weights=None, target=0.7, least=0.6):
    return report(*checked(human, model, weights), target, least, swap=True)


@wrong("taken_for looks along the model's label")
def label_report(human, model, weights=None, target=0.7, least=0.6):
    return report(*checked(human, model, weights), target, least, lost_by="model")


@wrong("it must be a wrong one")
def label_report(human, model, weights=None, target=0.7, least=0.6):
    return report(*checked(human, model, weights), target, least, drop=False)


@wrong("only recall is audited")
def label_report(human, model, weights=None, target=0.7, least=0.6):
    return report(*checked(human, model, weights), target, least, only="recall")


@wrong("only precision is audited")
def label_report(human, model, weights=None, target=0.7, least=0.6):
    return report(*checked(human, model, weights), target, least, only="precision")


@wrong("a weight of 0: expected ValueError")
def label_report(human, model, weights=None, target=0.7, least=0.6):
    if not len(human) == len(model) == len(human if weights is None else weights) or not len(human):
        raise ValueError
    return report(list(human), list(model), [1.0] * len(human) if weights is None else list(weights), target, least)


@wrong("'usable'")
def label_report(human, model, weights=None, target=0.7, least=0.6):
    found = report(*checked(human, model, weights), target, least)
    return found | {"usable": bool(found["kappa"] > 0.7)}
