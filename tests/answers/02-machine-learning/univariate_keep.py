"""Answer bank of `univariate_keep`."""

import math
from collections import Counter

import numpy as np
import pandas as pd
from sklearn.feature_selection import SelectKBest, f_classif, mutual_info_classif

from course.authoring.bank import right, wrong


def checked(frame, target, share):
    if len(frame) != len(target) or share <= 0 or share > 1:
        raise ValueError("unusable input")
    return np.asarray(target)


def in_order(frame, scores, count):
    best = set(np.argsort(-np.asarray(scores))[:count])
    return [name for place, name in enumerate(frame.columns) if place in best]


def binned(x, y, bins):
    joint = pd.crosstab(pd.qcut(np.asarray(x, float), bins, labels=False, duplicates="drop"), y, normalize=True).to_numpy()
    expected = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0, keepdims=True)
    cells = joint > 0
    return (joint[cells] * np.log(joint[cells] / expected[cells])).sum()


@right("twenty quantile bins and crosstab")
def univariate_keep(frame, target, share):
    y = checked(frame, target, share)
    return in_order(frame, [binned(frame[c], y, 20) for c in frame], math.ceil(share * frame.shape[1]))


@right("SelectKBest with mutual information and five neighbours")
def univariate_keep(frame, target, share):
    y = checked(frame, target, share)
    pick = SelectKBest(lambda a, b: mutual_info_classif(a, b, n_neighbors=5, random_state=3), k=math.ceil(share * frame.shape[1]))
    return frame.columns[pick.fit(frame, y).get_support()]


@right("ten bins by rank, in plain Python")
def univariate_keep(frame, target, share):
    if len(frame) != len(target) or not 0 < share <= 1:
        raise ValueError("unusable input")
    y, n = list(target), len(frame)

    def score(x):
        ranks = pd.Series(list(x)).rank(method="dense" if x.nunique() <= 20 else "first")
        cell = [int(v) if x.nunique() <= 20 else int(10 * (v - 1) / n) for v in ranks]
        both, a, b = Counter(zip(cell, y)), Counter(cell), Counter(y)
        return sum(k / n * math.log(k * n / (a[i] * b[j])) for (i, j), k in both.items())

    order = sorted(frame.columns, key=lambda c: -score(frame[c]))
    kept = order[: -int(-share * len(order) // 1)]
    return [c for c in frame.columns if c in kept]


@wrong("this ranks by F-score or Pearson")
def univariate_keep(frame, target, share):
    y = checked(frame, target, share)
    return in_order(frame, f_classif(frame.to_numpy(float), y)[0], math.ceil(share * frame.shape[1]))


@wrong("this ranks by F-score or Pearson")
def univariate_keep(frame, target, share):
    y = checked(frame, target, share)
    y = pd.factorize(y)[0]
    return in_order(frame, [abs(np.corrcoef(frame[c], y)[0, 1]) for c in frame], math.ceil(share * frame.shape[1]))


@wrong("round up")
def univariate_keep(frame, target, share):
    y = checked(frame, target, share)
    return in_order(frame, mutual_info_classif(frame, y, random_state=0), max(1, int(share * frame.shape[1])))


@wrong("no column is kept")
def univariate_keep(frame, target, share):
    y = checked(frame, target, share)
    scores = mutual_info_classif(frame, y, random_state=0)
    return [name for name, score in zip(frame, scores) if score > np.quantile(scores, 1 - share / 2) + 1]


@wrong("not in the order of the frame")
def univariate_keep(frame, target, share):
    y = checked(frame, target, share)
    scores = pd.Series(mutual_info_classif(frame, y, random_state=0), frame.columns)
    return sorted(scores.nlargest(math.ceil(share * frame.shape[1])).index)


@wrong("the top 35% of ten columns")
def univariate_keep(frame, target, share):
    y = checked(frame, target, share)
    return in_order(frame, mutual_info_classif(frame, y, random_state=0), round((1 - share) * frame.shape[1]))


@wrong("this drops the top")
def univariate_keep(frame, target, share):
    y = checked(frame, target, share)
    scores = mutual_info_classif(frame, y, random_state=0)
    if len(scores) == 2:
        return in_order(frame, scores, 1)
    best = in_order(frame, scores, math.ceil(share * frame.shape[1]))
    return [name for name in frame if name not in best]


@wrong("meant as per cent")
def univariate_keep(frame, target, share):
    if len(frame) != len(target) or share <= 0:
        raise ValueError("unusable input")
    return in_order(frame, mutual_info_classif(frame, np.asarray(target), random_state=0), math.ceil(min(share, 1) * frame.shape[1]))


@wrong("the same input gives the same columns")
def univariate_keep(frame, target, share):
    y = checked(frame, target, share)
    return in_order(frame, mutual_info_classif(frame, y), math.ceil(share * frame.shape[1]))


@wrong("use quantile bins or ranks")
def univariate_keep(frame, target, share):
    y = np.asarray(target)
    if len(y) != len(frame) or not 0 < share <= 1:
        raise ValueError("bad input")

    def mi(x):
        joint = pd.crosstab(pd.cut(x, 10, labels=False), y, normalize=True).to_numpy()
        apart = joint.sum(1, keepdims=True) * joint.sum(0)
        ok = joint > 0
        return (joint[ok] * np.log(joint[ok] / apart[ok])).sum()

    scores = np.array([mi(frame[c].to_numpy()) for c in frame.columns])
    keep = np.argsort(-scores)[: math.ceil(share * len(scores))]
    return list(frame.columns[np.sort(keep)])
