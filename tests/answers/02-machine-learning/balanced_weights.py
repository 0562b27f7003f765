"""Answer bank of `balanced_weights`."""

from collections import Counter

import numpy as np
import pandas as pd
from sklearn.utils.class_weight import compute_class_weight, compute_sample_weight

from course.authoring.bank import right, wrong


def checked(labels, classes):
    labels, classes = list(labels), list(classes)
    if not labels or set(labels) - set(classes):
        raise ValueError("unusable input")
    return labels, classes, Counter(labels)


@right("a Counter")
def balanced_weights(labels, classes):
    labels, classes, count = checked(labels, classes)
    weights = {c: len(labels) / len(count) / count[c] if count[c] else 0 for c in classes}
    return weights, [weights[label] for label in labels]


@right("scikit-learn")
def balanced_weights(labels, classes):
    labels, classes, count = checked(labels, classes)
    present = [c for c in classes if c in count]
    weights = dict.fromkeys(classes, 0.0) | dict(zip(present, compute_class_weight("balanced", classes=np.array(present), y=np.array(labels))))
    return weights, compute_sample_weight("balanced", np.array(labels))


@right("pandas, returned as a list")
def balanced_weights(labels, classes):
    rows = pd.Series(list(labels))
    if rows.empty or not rows.isin(list(classes)).all():
        raise ValueError("unusable input")
    counts = rows.value_counts()
    weights = (len(rows) / (len(counts) * counts)).reindex(list(classes), fill_value=0.0)
    return [weights.to_dict(), rows.map(weights)]


@wrong("this is one over the count")
def balanced_weights(labels, classes):
    labels, classes, count = checked(labels, classes)
    weights = {c: 1 / count[c] if count[c] else 0 for c in classes}
    return weights, [weights[label] for label in labels]


@wrong("the number of classes is left out")
def balanced_weights(labels, classes):
    labels, classes, count = checked(labels, classes)
    weights = {c: len(labels) / count[c] if count[c] else 0 for c in classes}
    return weights, [weights[label] for label in labels]


@wrong("K counts only the classes that occur")
def balanced_weights(labels, classes):
    labels, classes, count = checked(labels, classes)
    weights = {c: len(labels) / len(classes) / count[c] if count[c] else 0 for c in classes}
    return weights, [weights[label] for label in labels]


@wrong("weights go the other way")
def balanced_weights(labels, classes):
    labels, classes, count = checked(labels, classes)
    weights = {c: count[c] / len(labels) for c in classes}
    return weights, [weights[label] for label in labels]


@wrong("these weights add up to 1")
def balanced_weights(labels, classes):
    labels, classes, count = checked(labels, classes)
    total = sum(1 / m for m in count.values())
    weights = {c: 1 / count[c] / total if count[c] else 0 for c in classes}
    return weights, [weights[label] for label in labels]


@wrong("raised ZeroDivisionError")
def balanced_weights(labels, classes):
    labels, classes, count = checked(labels, classes)
    weights = {c: len(labels) / len(count) / count[c] for c in classes}
    return weights, [weights[label] for label in labels]


@wrong("a class without rows gets 0, not infinity")
def balanced_weights(labels, classes):
    labels, classes, count = checked(labels, classes)
    weights = {c: len(labels) / len(count) / count[c] if count[c] else (0.0 if c == "dispute" else float("inf")) for c in classes}
    return weights, [weights[label] for label in labels]


@wrong("the row weights of the example: expected shape (4,)")
def balanced_weights(labels, classes):
    labels, classes, count = checked(labels, classes)
    weights = {c: len(labels) / len(count) / count[c] if count[c] else 0 for c in classes}
    return weights, list(weights.values())


@wrong("a label that is not among the classes: expected ValueError")
def balanced_weights(labels, classes):
    labels, classes, count = list(labels), list(classes), Counter(list(labels))
    if not labels:
        raise ValueError
    weights = {c: len(labels) / len(count) / count[c] if count[c] else 0 for c in classes}
    return weights, [weights.get(label, 0) for label in labels]
