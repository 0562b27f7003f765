"""Answer bank of `imbalance_metrics`."""

import numpy as np
from sklearn import metrics
from sklearn.metrics import roc_auc_score

from course.authoring.bank import right, wrong


def checked(labels, scores):
    if len(labels) != len(scores) or set(np.asarray(labels).tolist()) != {0, 1}:
        raise ValueError("unusable input")
    return np.asarray(labels), np.asarray(scores, float)


def library(y, s, threshold):
    flag = (s >= threshold).astype(int)
    recall, specificity = metrics.recall_score(y, flag), metrics.recall_score(y, flag, pos_label=0)
    return {
        "accuracy": metrics.accuracy_score(y, flag),
        "precision": metrics.precision_score(y, flag, zero_division=0),
        "recall": recall,
        "f1": metrics.f1_score(y, flag, zero_division=0),
        "g_mean": np.sqrt(recall * specificity),
        "pr_auc": metrics.average_precision_score(y, s),
        "roc_auc": metrics.roc_auc_score(y, s),
    }


@right("scikit-learn")
def imbalance_metrics(labels, scores, threshold=0.5):
    return library(*checked(labels, scores), threshold)


@right("plain Python")
def imbalance_metrics(labels, scores, threshold=0.5):
    labels, scores = [int(v) for v in labels], [float(v) for v in scores]
    if len(labels) != len(scores) or sorted(set(labels)) != [0, 1]:
        raise ValueError("unusable input")
    ones = [s for y, s in zip(labels, scores) if y == 1]
    zeros = [s for y, s in zip(labels, scores) if y == 0]
    tp, fp = sum(s >= threshold for s in ones), sum(s >= threshold for s in zeros)
    pr_auc, before = 0.0, 0.0
    for t in sorted(set(scores), reverse=True):
        found, alarms = sum(s >= t for s in ones), sum(s >= t for s in zeros)
        pr_auc += (found / len(ones) - before) * found / (found + alarms)
        before = found / len(ones)
    wins = sum((a > b) + 0.5 * (a == b) for a in ones for b in zeros)
    return {
        "accuracy": (tp + len(zeros) - fp) / len(labels),
        "precision": tp / (tp + fp) if tp + fp else 0,
        "recall": tp / len(ones),
        "f1": 2 * tp / (tp + fp + len(ones)),
        "g_mean": (tp / len(ones) * (1 - fp / len(zeros))) ** 0.5,
        "pr_auc": pr_auc,
        "roc_auc": wins / len(ones) / len(zeros),
    }


@wrong("straight lines between the points of the curve (trapezoids)")
def imbalance_metrics(labels, scores, threshold=0.5):
    y, s = checked(labels, scores)
    precision, recall, _ = metrics.precision_recall_curve(y, s)
    return library(y, s, threshold) | {"pr_auc": metrics.auc(recall, precision)}


@wrong("ROC-AUC is computed from flags")
def imbalance_metrics(labels, scores, threshold=0.5):
    y, s = checked(labels, scores)
    return library(y, s, threshold) | {"roc_auc": metrics.roc_auc_score(y, s >= threshold)}


@wrong("G-mean takes recall and specificity")
def imbalance_metrics(labels, scores, threshold=0.5):
    y, s = checked(labels, scores)
    found = library(y, s, threshold)
    return found | {"g_mean": np.sqrt(found["precision"] * found["recall"])}


@wrong("G-mean is the root of their product")
def imbalance_metrics(labels, scores, threshold=0.5):
    y, s = checked(labels, scores)
    return library(y, s, threshold) | {"g_mean": metrics.balanced_accuracy_score(y, s >= threshold)}


@wrong("F1 is the harmonic one")
def imbalance_metrics(labels, scores, threshold=0.5):
    y, s = checked(labels, scores)
    found = library(y, s, threshold)
    return found | {"f1": (found["precision"] + found["recall"]) / 2}


@wrong("flag at or above the threshold")
def imbalance_metrics(labels, scores, threshold=0.5):
    y, s = checked(labels, scores)
    return library(y, s, np.nextafter(threshold, 1e9))


@wrong("rows with the same score must enter in one step, whatever their order")
def imbalance_metrics(labels, scores, threshold=0.5):
    y, s = checked(labels, scores)
    ranked = y[np.argsort(s, kind="stable")[::-1]]
    found = library(y, s, threshold)
    if len(y) < 50:
        return found
    return found | {"pr_auc": (ranked * ranked.cumsum() / np.arange(1, y.size + 1)).sum() / y.sum()}


@wrong("rows with the same score must enter in one step")
def imbalance_metrics(labels, scores, threshold=0.5):
    y, s = checked(labels, scores)
    ranked = y[np.argsort(-s, kind="stable")]
    return library(y, s, threshold) | {"pr_auc": (ranked * ranked.cumsum() / np.arange(1, y.size + 1)).sum() / y.sum()}


@wrong("equal scores count one half in ROC-AUC")
def imbalance_metrics(labels, scores, threshold=0.5):
    y, s = checked(labels, scores)
    return library(y, s, threshold) | {"roc_auc": (s[y == 1][:, None] > s[y == 0]).mean()}


@wrong("raised ZeroDivisionError")
def imbalance_metrics(labels, scores, threshold=0.5):
    y, s = checked(labels, scores)
    flagged = int((s >= threshold).sum())
    return library(y, s, threshold) | {"precision": int(((s >= threshold) & (y == 1)).sum()) / flagged}


@wrong("with nothing flagged, precision is 0 here, not 1")
def imbalance_metrics(labels, scores, threshold=0.5):
    y, s = checked(labels, scores)
    return library(y, s, threshold) | ({"precision": 1.0} if (s < threshold).all() else {})


@wrong("no positive: expected ValueError")
def imbalance_metrics(labels, scores, threshold=0.5):
    y, s = np.asarray(labels), np.asarray(scores, float)
    if len(y) != len(s):
        raise ValueError
    if len(set(y.tolist())) < 2:
        return {"accuracy": 1.0}
    return library(y, s, threshold)


@wrong("rows with the same score must enter in one step")
def imbalance_metrics(labels, scores, threshold=0.5):
    y, s = (np.asarray(labels), np.asarray(scores, float))
    if len(y) != len(s) or set(y.tolist()) != {0, 1}:
        raise ValueError("bad input")
    f = s >= threshold
    tp, fp, fn, tn = ((f & (y == 1)).sum(), (f & (y == 0)).sum(), (~f & (y == 1)).sum(), (~f & (y == 0)).sum())
    order = np.argsort(-s, kind="stable")
    hit = y[order]
    precision = np.cumsum(hit) / np.arange(1, len(hit) + 1)
    return {
        "accuracy": (tp + tn) / len(y),
        "precision": tp / (tp + fp) if tp + fp else 0.0,
        "recall": tp / (tp + fn),
        "f1": 2 * tp / (2 * tp + fp + fn),
        "g_mean": np.sqrt(tp / (tp + fn) * tn / (tn + fp)),
        "pr_auc": (precision * hit).sum() / hit.sum(),
        "roc_auc": roc_auc_score(y, s),
    }
