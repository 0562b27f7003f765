"""Answer bank of `model_based_rank`."""

import numpy as np
import pandas as pd
from lightgbm import LGBMClassifier
from sklearn.ensemble import RandomForestClassifier

from course.authoring.bank import right, wrong


def first_of_copies(frame):
    keep = []
    for name in frame.columns:
        if not any((frame[name] == frame[other]).all() for other in keep):
            keep.append(name)
    return frame[keep]


def refuse(features, target, is_train):
    if not len(features) == len(target) == len(is_train) or len(set(np.asarray(target)[np.asarray(is_train, bool)])) < 2:
        raise ValueError("unusable input")


def forest(rows, labels, seed):
    model = RandomForestClassifier(100, min_samples_leaf=20, random_state=seed, n_jobs=1).fit(rows, labels)
    return list(pd.Series(model.feature_importances_, rows.columns).sort_values(ascending=False).index)


@right("LightGBM by gain, copies found pair by pair")
def model_based_rank(features, target, is_train, seed=0):
    refuse(features, target, is_train)
    train = np.asarray(is_train, bool)
    rows, labels = first_of_copies(features[train]), np.asarray(target)[train]
    model = LGBMClassifier(n_estimators=100, num_leaves=8, learning_rate=0.05, importance_type="gain", random_state=seed, verbose=-1, n_jobs=1)
    model.fit(rows, labels)
    return pd.Series(model.feature_importances_, rows.columns).sort_values(ascending=False).index.tolist()


@right("a shallow forest, entropy, as an Index of names")
def model_based_rank(features, target, is_train, seed=0):
    refuse(features, target, is_train)
    train = np.flatnonzero(is_train)
    rows, labels = features.iloc[train], np.asarray(target)[train]
    _, first = np.unique(rows.to_numpy(float), axis=1, return_index=True)
    rows = rows.iloc[:, sorted(first)]
    model = RandomForestClassifier(120, criterion="entropy", max_depth=5, min_samples_leaf=25, random_state=seed, n_jobs=1).fit(rows, labels)
    return rows.columns[np.argsort(model.feature_importances_)[::-1]]


@wrong("fit on the training rows alone")
def model_based_rank(features, target, is_train, seed=0):
    refuse(features, target, is_train)
    return forest(first_of_copies(features), np.asarray(target), seed)


@wrong("fit on the training rows alone")
def model_based_rank(features, target, is_train, seed=0):
    refuse(features, target, is_train)
    test = ~np.asarray(is_train, bool)
    if not test.any():
        test = ~test
    return forest(first_of_copies(features[test]), np.asarray(target)[test], seed)


@wrong("exact copies are still in the list")
def model_based_rank(features, target, is_train, seed=0):
    refuse(features, target, is_train)
    train = np.asarray(is_train, bool)
    return forest(features[train], np.asarray(target)[train], seed)


@wrong("copies share their importance, so leave them out before the fit")
def model_based_rank(features, target, is_train, seed=0):
    refuse(features, target, is_train)
    train = np.asarray(is_train, bool)
    names = list(first_of_copies(features[train]).columns)
    return [name for name in forest(features[train], np.asarray(target)[train], seed) if name in names]


@wrong("look for copies in the training rows only")
def model_based_rank(features, target, is_train, seed=0):
    refuse(features, target, is_train)
    train = np.asarray(is_train, bool)
    return forest(first_of_copies(features)[train], np.asarray(target)[train], seed)


@wrong("of equal columns the last one stayed")
def model_based_rank(features, target, is_train, seed=0):
    refuse(features, target, is_train)
    train = np.asarray(is_train, bool)
    rows = features[train]
    return forest(first_of_copies(rows[rows.columns[::-1]]), np.asarray(target)[train], seed)


@wrong("the most important column comes first")
def model_based_rank(features, target, is_train, seed=0):
    refuse(features, target, is_train)
    train = np.asarray(is_train, bool)
    return forest(first_of_copies(features[train]), np.asarray(target)[train], seed)[::-1]


@wrong("order by gain, not by the number of splits")
def model_based_rank(features, target, is_train, seed=0):
    refuse(features, target, is_train)
    train = np.asarray(is_train, bool)
    rows = first_of_copies(features[train])
    model = LGBMClassifier(random_state=seed, verbose=-1, n_jobs=1).fit(rows, np.asarray(target)[train])
    return pd.Series(model.feature_importances_, rows.columns).sort_values(ascending=False).index.tolist()


@wrong("which trees see and a correlation does not")
def model_based_rank(features, target, is_train, seed=0):
    refuse(features, target, is_train)
    train = np.asarray(is_train, bool)
    rows = first_of_copies(features[train])
    return list(rows.corrwith(pd.Series(np.asarray(target)[train], rows.index)).abs().sort_values(ascending=False).index)


@wrong("a second call with the same seed")
def model_based_rank(features, target, is_train, seed=0):
    refuse(features, target, is_train)
    train = np.asarray(is_train, bool)
    return forest(first_of_copies(features[train]), np.asarray(target)[train], None)


@wrong("training rows of a single class: expected ValueError")
def model_based_rank(features, target, is_train, seed=0):
    train = np.asarray(is_train, bool)
    if len(features) != len(target) or len(train) != len(target):
        raise ValueError("lengths")
    return forest(first_of_copies(features[train]), np.asarray(target)[train], seed)
