"""Answer bank of `smote`."""

import numpy as np
from imblearn.over_sampling import SMOTE
from sklearn.neighbors import NearestNeighbors

from course.authoring.bank import right, wrong


def start(X_minority, n_new, k, seed):
    X = np.array(X_minority, float)
    if n_new < 0 or k < 1 or k >= len(X):
        raise ValueError("unusable input")
    near = NearestNeighbors(n_neighbors=k + 1).fit(X).kneighbors(X, return_distance=False)[:, 1:]
    return X, near, np.random.default_rng(seed)


@right("a loop, one row at a time")
def smote(X_minority, n_new, k, seed):
    rows = [[float(v) for v in row] for row in X_minority]
    n = len(rows)
    if n_new < 0 or k < 1 or k >= n:
        raise ValueError("unusable input")
    rng = np.random.default_rng(seed)
    new = []
    for _ in range(n_new):
        i = int(rng.integers(n))
        others = sorted((j for j in range(n) if j != i), key=lambda j: sum((a - b) ** 2 for a, b in zip(rows[i], rows[j])))
        z, u = rows[others[int(rng.integers(k))]], rng.uniform()
        new.append([a + u * (b - a) for a, b in zip(rows[i], z)])
    return np.array(new).reshape(n_new, len(rows[0]))


@right("a neighbour search, vectorised")
def smote(X_minority, n_new, k, seed):
    X, near, rng = start(X_minority, n_new, k, seed)
    draw = rng.integers(len(X) * k, size=n_new)
    base, rank = draw // k, draw % k
    u = rng.random(n_new)[:, None]
    return (1 - u) * X[base] + u * X[near[base, rank]]


@right("imbalanced-learn")
def smote(X_minority, n_new, k, seed):
    X = np.array(X_minority, float)
    n = len(X)
    if n_new < 0 or k < 1 or k >= n:
        raise ValueError("unusable input")
    if n_new == 0:
        return X[:0]
    fill = np.zeros((n + n_new, X.shape[1]))
    labels = np.r_[np.ones(n), np.zeros(n + n_new)]
    grown, _ = SMOTE(k_neighbors=k, random_state=seed).fit_resample(np.vstack([X, fill]), labels)
    return grown[len(labels) :]


@wrong("interpolate, don't add noise")
def smote(X_minority, n_new, k, seed):
    X, _, rng = start(X_minority, n_new, k, seed)
    return rng.uniform(X.min(0) - 1, X.max(0) + 1, (n_new, X.shape[1]))


@wrong("interpolate, don't add noise")
def smote(X_minority, n_new, k, seed):
    X, _, rng = start(X_minority, n_new, k, seed)
    return X[rng.integers(len(X), size=n_new)] + rng.normal(0, 0.3, (n_new, X.shape[1]))


@wrong("draw among the k nearest only")
def smote(X_minority, n_new, k, seed):
    X, _, rng = start(X_minority, n_new, k, seed)
    base = rng.integers(len(X), size=n_new)
    other = (base + rng.integers(1, len(X), size=n_new)) % len(X)
    return X[base] + rng.random((n_new, 1)) * (X[other] - X[base])


@wrong("draw one gap for each new row, not one for each coordinate")
def smote(X_minority, n_new, k, seed):
    X, near, rng = start(X_minority, n_new, k, seed)
    base = rng.integers(len(X), size=n_new)
    other = near[base, rng.integers(k, size=n_new)]
    return X[base] + rng.random((n_new, X.shape[1])) * (X[other] - X[base])


@wrong("a row is not its own neighbour")
def smote(X_minority, n_new, k, seed):
    X, _, rng = start(X_minority, n_new, k, seed)
    near = NearestNeighbors(n_neighbors=k).fit(X).kneighbors(X, return_distance=False)
    base = rng.integers(len(X), size=n_new)
    return X[base] + rng.random((n_new, 1)) * (X[near[base, rng.integers(k, size=n_new)]] - X[base])


@wrong("are copies of a rare row")
def smote(X_minority, n_new, k, seed):
    X, _, rng = start(X_minority, n_new, k, seed)
    return X[rng.integers(len(X), size=n_new)]


@wrong("only the nearest neighbour, or only some of the rows, are ever used")
def smote(X_minority, n_new, k, seed):
    X, near, rng = start(X_minority, n_new, k, seed)
    base = rng.integers(len(X), size=n_new)
    return X[base] + rng.random((n_new, 1)) * (X[near[base, 0]] - X[base])


@wrong("all new rows are near the middle")
def smote(X_minority, n_new, k, seed):
    X, near, rng = start(X_minority, n_new, k, seed)
    base = rng.integers(len(X), size=n_new)
    return X[base] + 0.5 * (X[near[base, rng.integers(k, size=n_new)]] - X[base])


@wrong("all new rows of a call share one gap")
def smote(X_minority, n_new, k, seed):
    X, near, _ = start(X_minority, n_new, k, seed)
    rng = np.random.default_rng(seed)
    base, other = rng.integers(len(X), size=n_new), rng.integers(k, size=n_new)
    return X[base] + 0.24 * (X[near[base, other]] - X[base])


@wrong("a second call with the same seed")
def smote(X_minority, n_new, k, seed):
    X, near, _ = start(X_minority, n_new, k, seed)
    rng = np.random.default_rng()
    base = rng.integers(len(X), size=n_new)
    return X[base] + rng.random((n_new, 1)) * (X[near[base, rng.integers(k, size=n_new)]] - X[base])


@wrong("the seed is not used")
def smote(X_minority, n_new, k, seed):
    X, near, rng = start(X_minority, n_new, k, 0)
    base = rng.integers(len(X), size=n_new)
    return X[base] + rng.random((n_new, 1)) * (X[near[base, rng.integers(k, size=n_new)]] - X[base])


@wrong("k = 3 with three rows: expected ValueError")
def smote(X_minority, n_new, k, seed):
    X = np.array(X_minority, float)
    if n_new < 0 or k < 1:
        raise ValueError
    k = min(k, len(X) - 1)
    X, near, rng = start(X, n_new, k, seed)
    base = rng.integers(len(X), size=n_new)
    return X[base] + rng.random((n_new, 1)) * (X[near[base, rng.integers(k, size=n_new)]] - X[base])


@wrong("the base rows take turns")
def smote(X_minority, n_new, k, seed):
    X = np.asarray(X_minority, float)
    if n_new < 0 or k < 1 or k >= len(X):
        raise ValueError("bad input")
    rng = np.random.default_rng(seed)
    d = ((X[:, None] - X) ** 2).sum(2)
    np.fill_diagonal(d, np.inf)
    near = d.argsort(1)[:, :k]
    base = np.arange(n_new) % len(X)
    other = near[base, rng.integers(k, size=n_new)]
    return X[base] + rng.random((n_new, 1)) * (X[other] - X[base])
