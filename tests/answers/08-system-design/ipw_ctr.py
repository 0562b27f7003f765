"""Answer bank of `ipw_ctr`."""

import math
import statistics

import numpy as np
import pandas as pd

from course.authoring.bank import right, wrong


def weights(log, propensity, clip, shift=1):
    p, k = np.asarray(propensity, float), log["position"].to_numpy()
    if (p <= 0).any() or clip < 1 or (k < 1).any() or (k > len(p)).any():
        raise ValueError("unusable")
    return np.minimum(1 / p[(k - shift) % len(p)], clip)


def table(log, w, divisor="rows", ddof=1, root=True):
    rows = []
    for article, c in log["clicked"].groupby(log["article"]):
        v = c.to_numpy(float) * w[log.index.get_indexer(c.index)]
        n = {"rows": len(c), "weights": w[log.index.get_indexer(c.index)].sum(), "clicks": max(c.sum(), 1)}[divisor]
        spread = np.std(v, ddof=ddof) / (len(c) ** 0.5 if root else 1) if len(c) > 1 else np.nan
        rows.append({"article": article, "impressions": len(c), "ctr": c.mean(), "ipw": v.sum() / n, "error": spread})
    return pd.DataFrame(rows)


@right("NumPy by article")
def ipw_ctr(log, propensity, clip):
    return table(log.reset_index(drop=True), weights(log, propensity, clip))


@right("plain Python")
def ipw_ctr(log, propensity, clip):
    propensity = list(propensity)
    if min(propensity) <= 0 or clip < 1 or min(log["position"]) < 1 or max(log["position"]) > len(propensity):
        raise ValueError("unusable")
    values = {}
    for row in log.itertuples():
        values.setdefault(row.article, []).append((int(row.clicked), row.clicked * min(1 / propensity[row.position - 1], clip)))
    rows = []
    for article in reversed(list(values)):
        pairs = values[article]
        v = [b for _, b in pairs]
        error = statistics.stdev(v) / math.sqrt(len(v)) if len(v) > 1 else math.nan
        rows.append((error, sum(v) / len(v), sum(a for a, _ in pairs) / len(v), len(v), article))
    return pd.DataFrame(rows, columns=["error", "ipw", "ctr", "impressions", "article"])


@wrong("the weights are inverted")
def ipw_ctr(log, propensity, clip):
    return table(log.reset_index(drop=True), 1 / (1 / np.asarray(propensity, float)[log["position"] - 1]))


@wrong("the weights are not clipped")
def ipw_ctr(log, propensity, clip):
    return table(log.reset_index(drop=True), weights(log, propensity, 1e9))


@wrong("the propensity of the wrong position")
def ipw_ctr(log, propensity, clip):
    return (
        table(log.reset_index(drop=True), weights(log, propensity, clip, shift=0))
        if len(log) > 10
        else table(log.reset_index(drop=True), weights(log, propensity, clip))
    )


@wrong("raised IndexError")
def ipw_ctr(log, propensity, clip):
    return table(log.reset_index(drop=True), np.minimum(1 / np.asarray(propensity, float)[log["position"]], clip))


@wrong("divide by the number of impressions")
def ipw_ctr(log, propensity, clip):
    return table(log.reset_index(drop=True), weights(log, propensity, clip), divisor="weights")


@wrong("ipw is the raw click rate")
def ipw_ctr(log, propensity, clip):
    return table(log.reset_index(drop=True), np.ones(len(log)))


@wrong("not by its clicks")
def ipw_ctr(log, propensity, clip):
    return table(log.reset_index(drop=True), weights(log, propensity, clip), divisor="clicks")


@wrong("the root of the number of impressions")
def ipw_ctr(log, propensity, clip):
    return table(log.reset_index(drop=True), weights(log, propensity, clip), root=False)


@wrong("divides by n - 1")
def ipw_ctr(log, propensity, clip):
    return table(log.reset_index(drop=True), weights(log, propensity, clip), ddof=0)


@wrong("take the smaller of the two")
def ipw_ctr(log, propensity, clip):
    w = weights(log, propensity, 1e9)
    return table(log.reset_index(drop=True), np.maximum(w, clip) if len(log) > 10 else np.minimum(w, clip))


@wrong("an article without a click is in the result, too")
def ipw_ctr(log, propensity, clip):
    result = table(log.reset_index(drop=True), weights(log, propensity, clip))
    return result[result["ctr"] > 0]


@wrong("position 0: expected ValueError")
def ipw_ctr(log, propensity, clip):
    if log["position"].max() > len(propensity):
        raise ValueError("unusable")
    return table(log.reset_index(drop=True), np.minimum(1 / np.asarray(propensity, float)[log["position"] - 1], clip))


@wrong("the error is NaN, not 0")
def ipw_ctr(log, propensity, clip):
    return table(log.reset_index(drop=True), weights(log, propensity, clip)).fillna(0.0)
