"""Answer bank of `retrieve_exact`."""

import heapq

import numpy as np
import pandas as pd

from course.authoring.bank import right, wrong


def check(query, vectors, k):
    q, v = np.asarray(query, float), np.asarray(vectors, float)
    if k < 0 or v.ndim != 2 or q.shape != (v.shape[1],) or not (q == q).all():
        raise ValueError("unusable input")
    return q, v


@right("a heap in plain Python")
def retrieve_exact(query, vectors, k, seen):
    q, v = check(query, vectors, k)
    gone = {int(i) for i in seen}
    pairs = ((-sum(a * b for a, b in zip(q.tolist(), row)), i) for i, row in enumerate(v.tolist()) if i not in gone)
    return [i for _, i in heapq.nsmallest(k, pairs)]


@right("lexsort with a mask")
def retrieve_exact(query, vectors, k, seen):
    q, v = check(query, vectors, k)
    keep = ~np.isin(np.arange(len(v)), seen)
    order = np.lexsort((np.arange(len(v)), -(v @ q)))
    return order[keep[order]][:k]


@right("pandas")
def retrieve_exact(query, vectors, k, seen):
    q, v = check(query, vectors, k)
    scores = pd.Series(v @ q)
    return tuple(scores.drop(scores.index.intersection(pd.Index(seen))).sort_values(ascending=False, kind="stable").index[:k])


@wrong("seen articles use up places")
def retrieve_exact(query, vectors, k, seen):
    q, v = check(query, vectors, k)
    return [i for i in np.argsort(-(v @ q), kind="stable")[:k].tolist() if i not in set(np.asarray(seen).tolist())]


@wrong("seen articles are shown again")
def retrieve_exact(query, vectors, k, seen):
    q, v = check(query, vectors, k)
    return np.argsort(-(v @ q), kind="stable")[:k]


@wrong("with equal scores the lower id comes first")
def retrieve_exact(query, vectors, k, seen):
    q, v = check(query, vectors, k)
    gone = set(np.asarray(seen).tolist())
    return [i for i in np.argsort(v @ q, kind="stable")[::-1].tolist() if i not in gone][:k]


@wrong("this is the order of the cosine")
def retrieve_exact(query, vectors, k, seen):
    q, v = check(query, vectors, k)
    score = v @ q / np.maximum(np.linalg.norm(v, axis=1), 1e-9)
    gone = set(np.asarray(seen).tolist())
    return [i for i in np.argsort(-score, kind="stable").tolist() if i not in gone][:k]


@wrong("best first")
def retrieve_exact(query, vectors, k, seen):
    q, v = check(query, vectors, k)
    gone = set(np.asarray(seen).tolist())
    return [i for i in np.argsort(-(v @ q), kind="stable").tolist() if i not in gone][:k][::-1]


@wrong("these are places among the unseen articles")
def retrieve_exact(query, vectors, k, seen):
    q, v = check(query, vectors, k)
    left = np.setdiff1d(np.arange(len(v)), np.asarray(seen, int))
    return np.argsort(-(v[left] @ q), kind="stable")[:k]


@wrong("-1 is no article")
def retrieve_exact(query, vectors, k, seen):
    q, v = check(query, vectors, k)
    score = v @ q
    inside = [int(i) for i in seen if i < len(v)]
    score[inside] = -np.inf
    return [i for i in np.argsort(-score, kind="stable").tolist() if np.isfinite(score[i])][:k]


@wrong("seen articles come back when too few are left")
def retrieve_exact(query, vectors, k, seen):
    q, v = check(query, vectors, k)
    score = v @ q
    score[[int(i) for i in seen if 0 <= i < len(v)]] = -1e9
    return np.argsort(-score, kind="stable")[:k]


@wrong("raised IndexError")
def retrieve_exact(query, vectors, k, seen):
    q, v = check(query, vectors, k)
    keep = np.ones(len(v), bool)
    keep[np.asarray(seen, int)] = False
    return [i for i in np.argsort(-(v @ q), kind="stable").tolist() if keep[i]][:k]


@wrong("a NaN in the query: expected ValueError")
def retrieve_exact(query, vectors, k, seen):
    q, v = np.asarray(query, float), np.asarray(vectors, float)
    if k < 0 or v.shape[1] != len(q):
        raise ValueError
    left = np.setdiff1d(np.arange(len(v)), np.asarray(seen, int))
    return left[np.argsort(-(v[left] @ q), kind="stable")[:k]]
