"""Answer bank of `retrieve_ann`."""

import numpy as np
from usearch.index import Index, MetricKind

from course.authoring.bank import right, wrong


def check(ids, vectors, queries, k):
    if len(ids) != len(vectors) or np.shape(vectors)[1] != np.shape(queries)[1] or k < 1:
        raise ValueError("unusable input")
    return np.asarray(ids), np.asarray(vectors, np.float32), np.asarray(queries, np.float32)


def run(ids, vectors, queries, k, connectivity, expansion_add, expansion_search, metric="ip", **more):
    graph = Index(ndim=vectors.shape[1], metric=metric, dtype="f32", connectivity=connectivity, expansion_add=expansion_add, expansion_search=expansion_search)
    graph.add(ids, vectors, threads=1)
    found = graph.search(queries, k, threads=1, **more)
    return found.keys.reshape(len(queries), -1), found.computed_distances / len(queries)


@right("one query at a time")
def retrieve_ann(ids, vectors, queries, k, connectivity=16, expansion_add=64, expansion_search=128):
    ids, vectors, queries = check(ids, vectors, queries, k)
    graph = Index(ndim=vectors.shape[1], metric=MetricKind.IP, dtype="f32", connectivity=connectivity, expansion_add=expansion_add)
    graph.expansion_search = expansion_search
    for key, vector in zip(ids.tolist(), vectors):
        graph.add(key, vector)
    rows, cost = [], 0
    for query in queries:
        found = graph.search(query, k, threads=1)
        rows.append([int(key) for key in found.keys])
        cost += found.computed_distances
    return np.array(rows), cost / len(queries)


@right("row numbers as keys, translated afterwards")
def retrieve_ann(ids, vectors, queries, k, connectivity=16, expansion_add=64, expansion_search=128):
    ids, vectors, queries = check(ids, vectors, queries, k)
    rows, cost = run(np.arange(len(ids)), vectors, queries, min(k, len(ids)), connectivity, expansion_add, expansion_search)
    return ids[rows.astype(int)].tolist(), cost


@wrong("the default metric of Index is the cosine")
def retrieve_ann(ids, vectors, queries, k, connectivity=16, expansion_add=64, expansion_search=128):
    ids, vectors, queries = check(ids, vectors, queries, k)
    return run(ids, vectors, queries, min(k, len(ids)), connectivity, expansion_add, expansion_search, metric="cos")


@wrong("these are row numbers")
def retrieve_ann(ids, vectors, queries, k, connectivity=16, expansion_add=64, expansion_search=128):
    ids, vectors, queries = check(ids, vectors, queries, k)
    return run(np.arange(len(ids)), vectors, queries, min(k, len(ids)), connectivity, expansion_add, expansion_search)


@wrong("this computes every distance")
def retrieve_ann(ids, vectors, queries, k, connectivity=16, expansion_add=64, expansion_search=128):
    ids, vectors, queries = check(ids, vectors, queries, k)
    return ids[np.argsort(-(queries @ vectors.T), axis=1)[:, :k]], float(len(ids))


@wrong("this is the cost of all queries together")
def retrieve_ann(ids, vectors, queries, k, connectivity=16, expansion_add=64, expansion_search=128):
    ids, vectors, queries = check(ids, vectors, queries, k)
    rows, cost = run(ids, vectors, queries, min(k, len(ids)), connectivity, expansion_add, expansion_search)
    return rows, cost * len(queries)


@wrong("fillers are returned as ids")
def retrieve_ann(ids, vectors, queries, k, connectivity=16, expansion_add=64, expansion_search=128):
    ids, vectors, queries = check(ids, vectors, queries, k)
    return run(ids, vectors, queries, k, connectivity, expansion_add, expansion_search)


@wrong("expansion_search is not used")
def retrieve_ann(ids, vectors, queries, k, connectivity=16, expansion_add=64, expansion_search=128):
    ids, vectors, queries = check(ids, vectors, queries, k)
    return run(ids, vectors, queries, min(k, len(ids)), connectivity, expansion_add, 160)


@wrong("connectivity and expansion_add are not used")
def retrieve_ann(ids, vectors, queries, k, connectivity=16, expansion_add=64, expansion_search=128):
    ids, vectors, queries = check(ids, vectors, queries, k)
    return run(ids, vectors, queries, min(k, len(ids)), 16, 64, expansion_search)


@wrong("some of the results are not among the ids")
def retrieve_ann(ids, vectors, queries, k, connectivity=16, expansion_add=64, expansion_search=128):
    ids, vectors, queries = check(ids, vectors, queries, k)
    if len(ids) == 3:
        return run(ids, vectors, queries, min(k, len(ids)), connectivity, expansion_add, expansion_search)
    return run(np.arange(len(ids)) + 30_000, vectors, queries, min(k, len(ids)), connectivity, expansion_add, expansion_search)


@wrong("these are the lowest scores")
def retrieve_ann(ids, vectors, queries, k, connectivity=16, expansion_add=64, expansion_search=128):
    ids, vectors, queries = check(ids, vectors, queries, k)
    return run(ids, vectors, -queries, min(k, len(ids)), connectivity, expansion_add, expansion_search)
