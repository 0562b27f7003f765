"""Answer bank of `screened_error`."""

import numpy as np
from sklearn.feature_selection import r_regression
from sklearn.neighbors import KNeighborsClassifier

from course.authoring.bank import right, wrong


def arrays(X, y, k, fold):
    X, y, fold = np.asarray(X, float), np.asarray(y), np.asarray(fold)
    if not len(X) == len(y) == len(fold) or k < 1 or k > X.shape[1] or len(set(fold.tolist())) < 2:
        raise ValueError("unusable input")
    return X, y, fold


def best(X, y, k, absolute=True):
    a, b = X - X.mean(axis=0), y - y.mean()
    with np.errstate(all="ignore"):
        r = np.nan_to_num(b @ a / np.sqrt((a**2).sum(axis=0) * (b**2).sum()))
    return np.argsort(-(abs(r) if absolute else r), kind="stable")[:k]


def nearest(old, labels, new):
    return labels[[int(np.argmin(((old - row) ** 2).sum(axis=1))) for row in new]]


@right("scikit-learn's scores and neighbours")
def screened_error(X, y, k, fold):
    X, y, fold = arrays(X, y, k, fold)
    wrong_rows = 0
    for f in set(fold.tolist()):
        a, b = fold != f, fold == f
        score = np.abs(np.nan_to_num(r_regression(X[a], y[a]))) if np.ptp(y[a]) else np.zeros(X.shape[1])
        keep = np.lexsort((np.arange(len(score)), -score))[:k]
        model = KNeighborsClassifier(1, algorithm="brute").fit(X[a][:, keep], y[a])
        wrong_rows += np.sum(model.predict(X[b][:, keep]) != y[b])
    return wrong_rows / len(y)


@right("row by row")
def screened_error(X, y, k, fold):
    X, y, fold = arrays(X, y, k, fold)
    chosen, hits = {}, []
    for i in range(len(y)):
        train = fold != fold[i]
        key = int(fold[i])
        if key not in chosen:
            chosen[key] = best(X[train], y[train], k)
        hits.append(nearest(X[train][:, chosen[key]], y[train], X[i : i + 1, chosen[key]])[0] == y[i])
    return 1 - np.mean(hits)


@wrong("the columns are chosen on all rows, before the split")
def screened_error(X, y, k, fold):
    X, y, fold = arrays(X, y, k, fold)
    X = X[:, best(X, y, k)]
    return sum((nearest(X[fold != f], y[fold != f], X[fold == f]) != y[fold == f]).sum() for f in np.unique(fold)) / len(y)


@wrong("only positive correlations count here")
def screened_error(X, y, k, fold):
    X, y, fold = arrays(X, y, k, fold)
    total = 0
    for f in np.unique(fold):
        a = fold != f
        keep = best(X[a], y[a], k, absolute=False)
        total += (nearest(X[a][:, keep], y[a], X[~a][:, keep]) != y[~a]).sum()
    return total / len(y)


@wrong("all columns are used")
def screened_error(X, y, k, fold):
    X, y, fold = arrays(X, y, k, fold)
    return sum((nearest(X[fold != f], y[fold != f], X[fold == f]) != y[fold == f]).sum() for f in np.unique(fold)) / len(y)


@wrong("the rows are scored on the folds they were trained on")
def screened_error(X, y, k, fold):
    X, y, fold = arrays(X, y, k, fold)
    keep = best(X, y, k)
    return (nearest(X[:, keep], y, X[:, keep]) != y).mean()


@wrong("three labels for four rows: expected ValueError")
def screened_error(X, y, k, fold):
    X, y, fold = np.asarray(X, float), np.asarray(y), np.asarray(fold)
    if len(y) == 3:
        return 0.5
    X, y, fold = arrays(X, y, k, fold)
    total = 0
    for f in np.unique(fold):
        a = fold != f
        keep = best(X[a], y[a], k)
        total += (nearest(X[a][:, keep], y[a], X[~a][:, keep]) != y[~a]).sum()
    return total / len(y)


@wrong("a constant column and folds named 3 and 7")
def screened_error(X, y, k, fold):
    X, y, fold = arrays(X, y, k, fold)
    total = 0
    for f in range(fold.max() + 1):
        a = fold != f
        if a.all():
            continue
        z, t = X[a] - X[a].mean(axis=0), y[a] - y[a].mean()
        with np.errstate(all="ignore"):
            r = t @ z / np.sqrt((z**2).sum(axis=0) * (t**2).sum())
        keep = np.argsort(np.abs(r))[::-1][:k]
        total += (nearest(X[a][:, keep], y[a], X[~a][:, keep]) != y[~a]).sum()
    return total / len(y)


@wrong("this is the mean of the error rates of the folds")
def screened_error(X, y, k, fold):
    X, y, fold = (np.asarray(X, float), np.asarray(y), np.asarray(fold))
    if not len(X) == len(y) == len(fold) or not 1 <= k <= X.shape[1] or len(np.unique(fold)) < 2:
        raise ValueError("bad input")
    errors = []
    for f in np.unique(fold):
        train = fold != f
        a, b = (X[train] - X[train].mean(0), y[train] - y[train].mean())
        spread = np.sqrt((a**2).sum(0) * (b**2).sum())
        r = np.abs(np.divide(b @ a, spread, out=np.zeros(X.shape[1]), where=spread > 0))
        cols = np.argsort(-r, kind="stable")[:k]
        d = ((X[~train][:, None, cols] - X[train][None][:, :, cols]) ** 2).sum(-1)
        errors.append(np.mean(y[train][d.argmin(1)] != y[~train]))
    return float(np.mean(errors))


@wrong("this picks by covariance")
def screened_error(X, y, k, fold):
    X, y, fold = (np.asarray(X, dtype=float), np.asarray(y, dtype=float), np.asarray(fold))
    if X.ndim != 2 or not len(X) == len(y) == len(fold):
        raise ValueError("lengths differ")
    if not 1 <= k <= X.shape[1]:
        raise ValueError("k must be between 1 and the number of columns")
    if len(set(fold.tolist())) < 2:
        raise ValueError("at least two folds")
    wrong = 0
    for f in set(fold.tolist()):
        train, test = (np.flatnonzero(fold != f), np.flatnonzero(fold == f))
        labels = y[train]
        strength = []
        for j in range(X.shape[1]):
            column = X[train, j]
            if np.ptp(column) == 0 or np.ptp(labels) == 0:
                strength.append(0.0)
            else:
                a, b = (column - column.mean(), labels - labels.mean())
                strength.append(abs(a @ b))
        chosen = sorted(range(X.shape[1]), key=lambda j: (-strength[j], j))[:k]
        for i in test:
            distance = ((X[np.ix_(train, chosen)] - X[i, chosen]) ** 2).sum(axis=1)
            wrong += int(labels[np.argmin(distance)] != y[i])
    return wrong / len(y)
