"""Answer bank of `bipartite_exposure`."""

import numpy as np
from scipy import stats

from course.authoring.bank import right, wrong


def _exposure(edges, treated):
    e = edges.assign(own=edges["weight"] * edges["seller"].isin(list(treated)))
    sums = e.groupby("buyer")[["own", "weight"]].sum()
    sums = sums[sums["weight"] > 0]
    return sums["own"] / sums["weight"]


def _answer(x, outcomes, slope=None):
    y = np.array([outcomes[b] for b in x.index], float)
    return {"effect": np.polyfit(x, y, 1)[0] if slope is None else slope, "exposure": x.to_dict(), "isolated": sorted(set(outcomes) - set(x.index))}


@right("pandas and linregress")
def bipartite_exposure(edges, treated, outcomes):
    if edges["weight"].lt(0).any() or edges["buyer"].isin(list(outcomes)).mean() < 1:
        raise ValueError
    x = _exposure(edges, treated)
    if x.nunique() < 2:
        raise ValueError
    return _answer(x, outcomes, stats.linregress(x.to_numpy(), [outcomes[b] for b in x.index]).slope)


@right("a matrix of buyers and sellers, least squares")
def bipartite_exposure(edges, treated, outcomes):
    if (edges["weight"].to_numpy() < 0).any():
        raise ValueError("weight")
    table = edges.pivot_table(index="buyer", columns="seller", values="weight", aggfunc="sum", fill_value=0)
    if set(table.index) - set(outcomes):
        raise ValueError("outcome")
    table = table[table.sum(axis=1) > 0]
    w = table.to_numpy(float) / table.to_numpy(float).sum(axis=1, keepdims=True)
    x = w @ np.array([seller in treated for seller in table.columns], float)
    if np.unique(x).size < 2:
        raise ValueError("exposure")
    y = np.array([outcomes[b] for b in table.index], float)
    slope = np.linalg.lstsq(np.c_[np.ones(len(x)), x], y, rcond=None)[0][1]
    return {"effect": slope, "exposure": dict(zip(table.index, x)), "isolated": [b for b in sorted(outcomes) if b not in table.index]}


@wrong("weigh every seller by the weight of the edge")
def bipartite_exposure(edges, treated, outcomes):
    return _answer(edges["seller"].isin(treated).astype(float).groupby(edges["buyer"]).mean(), outcomes)


@wrong("isolated buyers are not exposure 0")
def bipartite_exposure(edges, treated, outcomes):
    return _answer(_exposure(edges, treated).reindex(list(outcomes), fill_value=0.0), outcomes)


@wrong("don't compare treated with untreated sellers")
def bipartite_exposure(edges, treated, outcomes):
    means = edges["buyer"].map(outcomes).groupby(edges["seller"]).mean()
    own = means.index.isin(treated)
    return _answer(_exposure(edges, treated), outcomes, means[own].mean() - means[~own].mean())


@wrong("exposure is a share, not yes or no")
def bipartite_exposure(edges, treated, outcomes):
    return _answer((_exposure(edges, treated) > 0).astype(float), outcomes)


@wrong("don't cut it at one half")
def bipartite_exposure(edges, treated, outcomes):
    return _answer((_exposure(edges, treated) > 0.5).astype(float), outcomes)


@wrong("divide by all visits of the buyer")
def bipartite_exposure(edges, treated, outcomes):
    return _answer((edges["weight"] * edges["seller"].isin(treated)).groupby(edges["buyer"]).sum(), outcomes)


@wrong("buyers see both arms")
def bipartite_exposure(edges, treated, outcomes):
    means = edges["buyer"].map(outcomes).groupby(edges["seller"].isin(treated)).mean()
    return _answer(_exposure(edges, treated), outcomes, means[True] - means[False])


@wrong("this is a correlation")
def bipartite_exposure(edges, treated, outcomes):
    x = _exposure(edges, treated)
    return _answer(x, outcomes, np.corrcoef(x, [outcomes[b] for b in x.index])[0, 1])


@wrong("turn it round")
def bipartite_exposure(edges, treated, outcomes):
    x = _exposure(edges, treated)
    return _answer(x, outcomes, np.polyfit([outcomes[b] for b in x.index], x, 1)[0])


@wrong("the line needs an intercept")
def bipartite_exposure(edges, treated, outcomes):
    x = _exposure(edges, treated)
    return _answer(x, outcomes, (x * [outcomes[b] for b in x.index]).sum() / (x**2).sum())


@wrong("a buyer whose only weight is 0")
def bipartite_exposure(edges, treated, outcomes):
    e = edges.assign(own=edges["weight"] * edges["seller"].isin(treated))
    sums = e.groupby("buyer")[["own", "weight"]].sum()
    return _answer(sums["own"] / sums["weight"].clip(lower=1e-9), outcomes)


@wrong("a negative weight: expected ValueError")
def bipartite_exposure(edges, treated, outcomes):
    return _answer(_exposure(edges, treated), outcomes)
