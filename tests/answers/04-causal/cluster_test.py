"""Answer bank of `cluster_test`."""

import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy import stats

from course.authoring.bank import right, wrong


def _table(values, clusters, treated):
    return pd.DataFrame({"y": np.asarray(values, float), "c": list(clusters), "t": list(treated)})


def _check(values, clusters, treated):
    if not len(values) == len(clusters) == len(treated):
        raise ValueError("lengths")
    table = _table(values, clusters, treated)
    if (table.groupby("c")["t"].nunique() > 1).any() or table.groupby("t")["c"].nunique().reindex([0, 1], fill_value=0).min() < 2:
        raise ValueError("clusters")
    return table


def _answer(difference, se, df):
    return {"difference": difference, "se": se, "p_value": 2 * stats.t.sf(abs(difference) / se, df)}


def _total(table, factor=True):
    e = table["y"] - table.groupby("t")["y"].transform("mean")
    squares = (e.groupby([table["t"], table["c"]]).sum() ** 2).groupby("t").sum()
    k, n = table.groupby("t")["c"].nunique(), table.groupby("t").size()
    return ((k / (k - 1) if factor else 1) * squares / n**2).sum() ** 0.5, k.sum()


def _difference(table):
    return table.loc[table["t"] == 1, "y"].mean() - table.loc[table["t"] == 0, "y"].mean()


@right("the Delta method: ratio of cluster totals in each arm")
def cluster_test(values, clusters, treated):
    table = _check(values, clusters, treated)
    means, variance, k = {}, 0, 0
    for arm, rows in table.groupby("t"):
        total, size = rows.groupby("c")["y"].sum(), rows.groupby("c").size()
        ratio = total.sum() / size.sum()
        cov = np.cov(total, size)
        variance += (cov[0, 0] - 2 * ratio * cov[0, 1] + ratio**2 * cov[1, 1]) / (len(total) * size.mean() ** 2)
        means[arm], k = ratio, k + len(total)
    return _answer(means[1] - means[0], variance**0.5, k - 2)


@right("plain loops")
def cluster_test(values, clusters, treated):
    if not len(values) == len(clusters) == len(treated):
        raise ValueError("lengths")
    arms = {0: {}, 1: {}}
    for y, c, t in zip(values, clusters, treated):
        arms[int(t)].setdefault(c, []).append(float(y))
    if set(arms[0]) & set(arms[1]) or min(len(arms[0]), len(arms[1])) < 2:
        raise ValueError("clusters")
    mean, var = {}, 0.0
    for a, groups in arms.items():
        n, k = sum(map(len, groups.values())), len(groups)
        mean[a] = sum(map(sum, groups.values())) / n
        var += k / (k - 1) * sum((sum(g) - len(g) * mean[a]) ** 2 for g in groups.values()) / n**2
    return _answer(mean[1] - mean[0], var**0.5, len(arms[0]) + len(arms[1]) - 2)


@right("statsmodels: one cluster-robust mean for each arm")
def cluster_test(values, clusters, treated):
    table = _check(values, clusters, treated)
    fit = {}
    for arm, rows in table.groupby("t"):
        code = pd.factorize(rows["c"])[0]
        model = sm.OLS(rows["y"].to_numpy(), np.ones(len(rows))).fit(cov_type="cluster", cov_kwds={"groups": code, "use_correction": False})
        k = code.max() + 1
        fit[arm] = model.params[0], model.cov_params()[0, 0] * k / (k - 1), k
    return _answer(fit[1][0] - fit[0][0], (fit[1][1] + fit[0][1]) ** 0.5, fit[1][2] + fit[0][2] - 2)


@wrong("this counts users as independent; sum the residuals by cluster first")
def cluster_test(values, clusters, treated):
    table = _table(values, clusters, treated)
    got = stats.ttest_ind(table.loc[table["t"] == 1, "y"], table.loc[table["t"] == 0, "y"])
    return {"difference": _difference(table), "se": _difference(table) / got.statistic, "p_value": got.pvalue}


@wrong("this counts users as independent")
def cluster_test(values, clusters, treated):
    table = _table(values, clusters, treated)
    se = (table.groupby("t")["y"].var() / table.groupby("t").size()).sum() ** 0.5
    return _answer(_difference(table), se, len(table) - 2)


@wrong("take the mean over users, not over cluster means")
def cluster_test(values, clusters, treated):
    means = _table(values, clusters, treated).groupby(["t", "c"])["y"].mean()
    got = stats.ttest_ind(means[1], means[0])
    return {"difference": means[1].mean() - means[0].mean(), "se": (means[1].mean() - means[0].mean()) / got.statistic, "p_value": got.pvalue}


@wrong("the factor k / (k - 1) is missing")
def cluster_test(values, clusters, treated):
    table = _check(values, clusters, treated)
    se, k = _total(table, factor=False)
    return _answer(_difference(table), se, k - 2)


@wrong("the degrees of freedom count clusters")
def cluster_test(values, clusters, treated):
    table = _check(values, clusters, treated)
    return _answer(_difference(table), _total(table)[0], len(table) - 2)


@wrong("this takes the normal distribution")
def cluster_test(values, clusters, treated):
    table = _check(values, clusters, treated)
    se, _ = _total(table)
    return _answer(_difference(table), se, 1) | {"p_value": 2 * stats.norm.sf(abs(_difference(table)) / se)}


@wrong("mean of the user's own arm")
def cluster_test(values, clusters, treated):
    table = _check(values, clusters, treated)
    e = table["y"] - table["y"].mean()
    k, n = table.groupby("t")["c"].nunique(), table.groupby("t").size()
    se = (k / (k - 1) * (e.groupby([table["t"], table["c"]]).sum() ** 2).groupby("t").sum() / n**2).sum() ** 0.5
    return _answer(_difference(table), se, k.sum() - 2)


@wrong("K - 2, not K - 1")
def cluster_test(values, clusters, treated):
    table = _check(values, clusters, treated)
    se, k = _total(table)
    return _answer(_difference(table), se, k - 1)


@wrong("a cluster with users of both arms: expected ValueError")
def cluster_test(values, clusters, treated):
    table = _table(values, clusters, treated)
    se, k = _total(table)
    if table.groupby("t")["c"].nunique().min() < 2:
        raise ValueError
    return _answer(_difference(table), se, k - 2)
