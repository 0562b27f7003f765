"""Answer bank of `did`."""

import numpy as np
import pandas as pd
import statsmodels.formula.api as smf
from scipy import stats

from course.authoring.bank import right, wrong


def _guard(panel, stagger=True, double=True):
    if double and panel.groupby(["unit", "period"]).size().max() > 1:
        raise ValueError("double rows")
    on = panel[panel["treated"] == 1]
    if on.empty:
        raise ValueError("nobody treated")
    start, ever = on["period"].min(), set(on["unit"])
    mine = panel["unit"].isin(ever)
    if set(panel["unit"]) == ever or panel["period"].min() >= start:
        raise ValueError("no comparison")
    if stagger and (panel.loc[mine & (panel["period"] >= start), "treated"] != 1).any():
        raise ValueError("staggered")
    return start, ever


def _levels(panel, columns=("unit", "period")):
    return np.column_stack([np.ones(len(panel)), *(pd.get_dummies(panel[c]).to_numpy(float) for c in columns)])


def _solve(panel, columns=("unit", "period"), cluster="unit", factor=True, count=False, independent=None, normal=False, lonely=False, guard=True, **options):
    _, ever = _guard(panel, **options) if guard else (None, set(panel.loc[panel["treated"] == 1, "unit"]))
    levels = _levels(panel, columns)
    d = panel["treated"].to_numpy(float)
    y = panel["outcome"].to_numpy(float)
    d = d - levels @ np.linalg.pinv(levels) @ d
    effect = d @ y / (d @ d)
    x = np.column_stack([panel["treated"], levels])
    rank = np.linalg.matrix_rank(x)
    u = y - x @ (np.linalg.pinv(x) @ y)
    sums = pd.Series(d * u).groupby(panel[cluster].to_numpy()).sum()
    g, n = len(sums), len(y)
    meat = (sums**2).sum() * (g / (g - 1) if factor else 1) * ((n - 1) / (n - rank) if count else 1)
    if independent == "classical":
        meat = u @ u / (n - rank) * (d @ d)
    if independent == "robust":
        meat = (d * u) @ (d * u)
    se = np.sqrt(meat) / (d @ d)
    units = panel["unit"].nunique()
    if min(len(ever), units - len(ever)) < 2 and not lonely:
        se = np.nan
    reach = (1.959963985 if normal else stats.t.ppf(0.975, units - 1)) * se
    return {"effect": effect, "se": se, "ci_low": effect - reach, "ci_high": effect + reach}


@right("dummies and the pseudo-inverse")
def did(panel):
    return _solve(panel)


@right("statsmodels with the correction set by hand")
def did(panel):
    _, ever = _guard(panel)
    table = pd.DataFrame(
        {
            "y": panel["outcome"].to_numpy(float),
            "d": panel["treated"].to_numpy(float),
            "i": pd.factorize(panel["unit"])[0],
            "t": pd.factorize(panel["period"])[0],
        }
    )
    g = table["i"].nunique()
    fit = smf.ols("y ~ d + C(i) + C(t)", table).fit(cov_type="cluster", cov_kwds={"groups": table["i"], "use_correction": False})
    effect, se = fit.params["d"], fit.bse["d"] * np.sqrt(g / (g - 1))
    if len(ever) < 2 or g - len(ever) < 2:
        se = float("nan")
    q = stats.t(g - 1).ppf(0.975)
    return {"effect": effect, "se": se, "ci_low": effect - q * se, "ci_high": effect + q * se}


@right("alternating means until nothing moves")
def did(panel):
    _, ever = _guard(panel)
    unit, period = pd.factorize(panel["unit"])[0], pd.factorize(panel["period"])[0]
    columns = []
    for name in ("treated", "outcome"):
        values = panel[name].to_numpy(float).copy()
        for _ in range(300):
            before = values.copy()
            for index in (unit, period):
                values -= (np.bincount(index, values) / np.bincount(index))[index]
            if np.abs(values - before).max() < 1e-13:
                break
        columns.append(values)
    d, y = columns
    effect = (d * y).sum() / (d * d).sum()
    totals = np.bincount(unit, d * (y - effect * d))
    g = len(totals)
    se = np.sqrt(g / (g - 1) * (totals**2).sum()) / (d * d).sum() if min(len(ever), g - len(ever)) > 1 else np.nan
    q = stats.t.ppf(0.975, g - 1)
    return {"effect": effect, "se": se, "ci_low": effect - q * se, "ci_high": effect + q * se}


@wrong("this compares the groups after the start only")
def did(panel):
    start, ever = _guard(panel)
    late = panel[panel["period"] >= start]
    mine = late["unit"].isin(ever)
    return {**_solve(panel), "effect": late["outcome"][mine].mean() - late["outcome"][~mine].mean()}


@wrong("this compares the treated units before and after")
def did(panel):
    start, ever = _guard(panel)
    mine = panel[panel["unit"].isin(ever)]
    late = mine["period"] >= start
    return {**_solve(panel), "effect": mine["outcome"][late].mean() - mine["outcome"][~late].mean()}


@wrong("the rows are taken as independent; cluster by unit")
def did(panel):
    return _solve(panel, independent="classical")


@wrong("robust to unequal variances only")
def did(panel):
    return _solve(panel, independent="robust")


@wrong("the factor G / (G - 1) is missing")
def did(panel):
    return _solve(panel, factor=False)


@wrong("the variance is also multiplied by (N - 1) / (N - K)")
def did(panel):
    return _solve(panel, count=True)


@wrong("use Student's t with G - 1 degrees of freedom")
def did(panel):
    return _solve(panel, normal=True)


@wrong("these are the means of four groups of rows")
def did(panel):
    start, ever = _guard(panel)
    mean = panel["outcome"].groupby([panel["unit"].isin(ever), panel["period"] >= start]).mean()
    return {**_solve(panel), "effect": mean[True, True] - mean[True, False] - mean[False, True] + mean[False, False]}


@wrong("the unit levels are missing")
def did(panel):
    panel = panel.assign(group=panel["unit"].isin(panel.loc[panel["treated"] == 1, "unit"]))
    return {**_solve(panel), "effect": _solve(panel, columns=("group", "period"))["effect"]}


@wrong("means are subtracted one after the other")
def did(panel):
    _guard(panel)
    both = panel[["treated", "outcome"]].astype(float)
    left = both - both.groupby(panel["unit"]).transform("mean") - both.groupby(panel["period"]).transform("mean") + both.mean()
    return {**_solve(panel), "effect": (left["treated"] * left["outcome"]).sum() / (left["treated"] ** 2).sum()}


@wrong("se, ci_low and ci_high when only team A is treated")
def did(panel):
    return _solve(panel, lonely=True)


@wrong("a unit that starts one period later than the others: expected ValueError")
def did(panel):
    return _solve(panel, stagger=False)


@wrong("a unit with two rows in one period: expected ValueError")
def did(panel):
    return _solve(panel, double=False)


@wrong("the intervals are too narrow")
def did(panel):
    found = _solve(panel, independent="classical")
    reach = 1.96 * found["se"]
    return {**found, "ci_low": found["effect"] - reach, "ci_high": found["effect"] + reach}
