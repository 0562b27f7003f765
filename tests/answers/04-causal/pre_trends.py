"""Answer bank of `pre_trends`."""

import numpy as np
import pandas as pd
import statsmodels.formula.api as smf
from scipy import stats

from course.authoring.bank import right, wrong


def _guard(panel, least=2, stagger=True, twice=True):
    on = panel[panel["treated"] == 1]
    if on.empty or (twice and panel.duplicated(["unit", "period"]).any()):
        raise ValueError("nobody treated")
    start, ever = on["period"].min(), set(on["unit"])
    before = sorted(set(panel["period"][panel["period"] < start]))
    if set(panel["unit"]) == ever or len(before) < least:
        raise ValueError("no comparison")
    if stagger and (panel.loc[panel["unit"].isin(ever) & (panel["period"] >= start), "treated"] != 1).any():
        raise ValueError("staggered")
    return start, ever, before


def _solve(panel, reference=-1, factor=True, cluster=True, tested="leads", diagonal=False, tail="f", lonely=False, many=False, **options):
    _, ever, before = _guard(panel, **options)
    times = sorted(panel["period"].unique())
    shown = [t for t in times if t != before[reference]]
    mine = panel["unit"].isin(ever).to_numpy()
    x = np.column_stack([*(mine & (panel["period"] == t).to_numpy() for t in shown), pd.get_dummies(panel["unit"]), pd.get_dummies(panel["period"])]).astype(
        float
    )
    y, inverse = panel["outcome"].to_numpy(float), np.linalg.pinv(x)
    every = inverse @ y
    u = y - x @ every
    b, w = every[: len(shown)], inverse[: len(shown)]
    q = len(before) - 1
    rows = len(y) - np.linalg.matrix_rank(x)
    if cluster:
        s = pd.DataFrame((w * u).T).groupby(panel["unit"].to_numpy()).sum().to_numpy()
        g = len(s)
        v = s.T @ s * (g / (g - 1) if factor else 1)
    else:
        g = panel["unit"].nunique()
        v = w @ w.T * (u @ u) / rows
    if diagonal:
        v = np.diag(np.diag(v))
    part = {"leads": slice(0, q), "all": slice(None), "effects": slice(q, None)}[tested]
    m = len(b[part])
    f = b[part] @ np.linalg.pinv(v[part, part]) @ b[part] / m
    p = {"f": stats.f.sf(f, m, g - 1), "chi2": stats.chi2.sf(m * f, m), "rows": stats.f.sf(f, m, rows)}[tail]
    if tail == "f" and diagonal == "single":
        p = (2 * stats.t.sf(np.abs(b[:q]) / np.sqrt(np.diag(v)[:q]), g - 1)).min()
    if (min(len(ever), g - len(ever)) < 2 and not lonely) or (q > g - 2 and not many):
        return {"leads": b[:q], "effects": b[q:], "f": np.nan, "p_value": np.nan, "verdict": "cannot be tested"}
    return {"leads": b[:q], "effects": b[q:], "f": f, "p_value": p, "verdict": "diverging" if p < 0.05 else "not rejected"}


@right("all dummies and the pseudo-inverse")
def pre_trends(panel):
    return _solve(panel)


@right("statsmodels with the correction set by hand")
def pre_trends(panel):
    _, ever, before = _guard(panel)
    times = sorted(panel["period"].unique())
    table = pd.DataFrame({"y": panel["outcome"].to_numpy(float), "i": pd.factorize(panel["unit"])[0], "t": pd.factorize(panel["period"])[0]})
    names = []
    for k, t in enumerate(times):
        if t != before[-1]:
            names.append(f"e{k}")
            table[names[-1]] = (panel["unit"].isin(ever) & (panel["period"] == t)).to_numpy(float)
    fit = smf.ols("y ~ " + " + ".join(names) + " + C(i) + C(t)", table).fit(cov_type="cluster", cov_kwds={"groups": table["i"], "use_correction": False})
    g, q = table["i"].nunique(), len(before) - 1
    beta = fit.params[names]
    out = {"leads": list(beta[:q]), "effects": list(beta[q:]), "f": np.nan, "p_value": np.nan, "verdict": "cannot be tested"}
    if len(ever) >= 2 and g - len(ever) >= 2 and q <= g - 2:
        v = fit.cov_params().loc[names[:q], names[:q]] * g / (g - 1)
        out["f"] = beta[:q] @ np.linalg.inv(v) @ beta[:q] / q
        out["p_value"] = 1 - stats.f.cdf(out["f"], q, g - 1)
        out["verdict"] = "diverging" if out["p_value"] < 0.05 else "not rejected"
    return out


@wrong("the periods after the start are tested, too")
def pre_trends(panel):
    return _solve(panel, tested="all")


@wrong("only the periods after the start are tested")
def pre_trends(panel):
    return _solve(panel, tested="effects")


@wrong("the reference is the first period")
def pre_trends(panel):
    return _solve(panel, reference=0)


@wrong("the reference period's own 0 is no lead")
def pre_trends(panel):
    found = _solve(panel)
    return {**found, "leads": [*found["leads"], 0.0]}


@wrong("the factor G / (G - 1) is missing in V")
def pre_trends(panel):
    return _solve(panel, factor=False)


@wrong("the rows are taken as independent; cluster by unit")
def pre_trends(panel):
    return _solve(panel, cluster=False)


@wrong("the leads are taken as uncorrelated")
def pre_trends(panel):
    return _solve(panel, diagonal=True)


@wrong("this is q times F")
def pre_trends(panel):
    found = _solve(panel)
    return {**found, "f": found["f"] * len(found["leads"])}


@wrong("this is a chi-squared p-value")
def pre_trends(panel):
    return _solve(panel, tail="chi2")


@wrong("the second degrees of freedom are G - 1")
def pre_trends(panel):
    return _solve(panel, tail="rows")


@wrong("the leads are tested one at a time")
def pre_trends(panel):
    found = _solve(panel)
    single = _solve(panel, diagonal="single")
    return {**found, "p_value": single["p_value"], "verdict": "diverging" if single["p_value"] < 0.05 else "not rejected"}


@wrong("these are gaps between group means; with missing rows")
def pre_trends(panel):
    start, ever, before = _guard(panel)
    mean = panel.groupby([panel["unit"].isin(ever), "period"])["outcome"].mean().unstack(0)
    gap = (mean[True] - mean[False]) - (mean[True] - mean[False])[before[-1]]
    return {**_solve(panel), "leads": gap[before[:-1]].to_numpy(), "effects": gap[gap.index >= start].to_numpy()}


@wrong("the verdict with one treated unit")
def pre_trends(panel):
    return _solve(panel, lonely=True)


@wrong("a single period before the start: expected ValueError")
def pre_trends(panel):
    return _solve(panel, least=1)


@wrong("a unit that starts one period later than the others: expected ValueError")
def pre_trends(panel):
    return _solve(panel, stagger=False)


@wrong("the verdict with 3 leads and 4 units")
def pre_trends(panel):
    return _solve(panel, many=True)


@wrong("a unit with two rows in one period: expected ValueError")
def pre_trends(panel):
    return _solve(panel, twice=False)
