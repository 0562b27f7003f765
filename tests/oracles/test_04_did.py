"""Adjusting, difference-in-differences and event studies of 04-causal, held against published figures, other libraries and simulations with known truth."""

import warnings

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from linearmodels.panel import PanelOLS
from scipy import stats

from course import datasets
from course.authoring.verify import reference


def users(n: int, seed: int, effect: float) -> pd.DataFrame:
    """Users with two confounders, one of them with four levels; the true effect is `effect` for everyone."""
    rng = np.random.default_rng(seed)
    size, plan = rng.integers(0, 4, n), rng.integers(0, 2, n)
    used = (rng.random(n) < 0.1 + 0.15 * size + 0.2 * plan).astype(int)
    stayed = (rng.random(n) < 0.15 + 0.12 * size + 0.1 * plan + effect * used).astype(int)
    return pd.DataFrame({"size": size, "plan": plan, "used": used, "stayed": stayed})


ARROWS = [("size", "used"), ("size", "stayed"), ("plan", "stayed"), ("plan", "used"), ("used", "stayed")]


def panel(units: int, periods: int, start: int, seed: int, effect: float = 0.0, missing: float = 0.0, treated: float = 0.4) -> pd.DataFrame:
    """A panel, not the notebook's: random-walk shocks, unequal groups, some rows missing."""
    rng = np.random.default_rng(seed)
    table = pd.MultiIndex.from_product([range(units), range(periods)], names=["unit", "period"]).to_frame(index=False)
    group = (table["unit"] < treated * units).to_numpy()
    walk = rng.normal(0, 1, (units, periods)).cumsum(axis=1).ravel()
    table["treated"] = (group & (table["period"] >= start)).astype(int)
    table["outcome"] = rng.normal(0, 3, units)[table["unit"]] + rng.normal(0, 2, periods)[table["period"]] + effect * table["treated"] + walk
    return table[rng.random(len(table)) >= missing].sample(frac=1, random_state=seed).reset_index(drop=True)


def test_adjusted_effect_is_the_average_contrast_of_a_saturated_regression_of_statsmodels():
    """Oracle: statsmodels OLS with all interactions and HC0 errors, averaged over the users (g-computation)."""
    table = users(3_000, 4, 0.07)
    table["k"] = table["size"].astype(str) + table["plan"].astype(str)
    fit = smf.ols("stayed ~ used * C(k)", table).fit(cov_type="HC0")
    contrast = np.zeros(len(fit.params))
    names = list(fit.params.index)
    contrast[names.index("used")] = 1
    for k, share in table["k"].value_counts(normalize=True).items():
        if f"used:C(k)[T.{k}]" in names:
            contrast[names.index(f"used:C(k)[T.{k}]")] = share
    result = reference("adjusted_effect")(table, "used", "stayed", ARROWS)
    assert result["adjust_for"] == ["plan", "size"]
    assert result["adjusted"] == pytest.approx(contrast @ fit.params.to_numpy(), rel=1e-9)
    assert result["se"] == pytest.approx(np.sqrt(contrast @ fit.cov_params().to_numpy() @ contrast), rel=1e-9)


def test_adjusted_effect_covers_the_truth_and_the_naive_difference_does_not():
    """Oracle: simulation with known truth."""
    hits, naive = 0, []
    for seed in range(100):
        result = reference("adjusted_effect")(users(1_500, 100 + seed, 0.05), "used", "stayed", ARROWS)
        hits += abs(result["adjusted"] - 0.05) <= 1.96 * result["se"]
        naive.append(result["naive"])
    assert 0.88 <= hits / 100 <= 1.0
    assert min(naive) > 0.08


def test_adjusted_effect_on_berkeley_admissions_reverses():
    """Oracle: Bickel, Hammel and O'Connell (1975), the six largest departments; standardised by hand from the published counts."""
    counts = {
        "A": (512, 825, 89, 108),
        "B": (353, 560, 17, 25),
        "C": (120, 325, 202, 593),
        "D": (138, 417, 131, 375),
        "E": (53, 191, 94, 393),
        "F": (22, 373, 24, 341),
    }
    rows = []
    for department, (men_in, men, women_in, women) in counts.items():
        rows += [(department, 0, int(i < men_in)) for i in range(men)] + [(department, 1, int(i < women_in)) for i in range(women)]
    table = pd.DataFrame(rows, columns=["department", "woman", "admitted"])
    result = reference("adjusted_effect")(table, "woman", "admitted", [("department", "woman"), ("department", "admitted")])
    assert result["naive"] == pytest.approx(0.3035 - 0.4452, abs=1e-4)
    total = sum(m + w for _, m, _, w in counts.values())
    expected = sum((m + w) / total * (wi / w - mi / m) for mi, m, wi, w in counts.values())
    assert result["adjusted"] == pytest.approx(expected, rel=1e-12)
    assert result["adjusted"] > 0 and result["verdict"] == "reverses"


@pytest.mark.parametrize("missing", [0.0, 0.2])
def test_did_agrees_with_linearmodels_and_statsmodels(missing):
    """Oracle: linearmodels PanelOLS (its factor is G/(G-1) (N-1)/N) and statsmodels OLS with dummies ((N-1)/(N-K) besides)."""
    table = panel(25, 9, 5, 7, 1.5, missing)
    result = reference("did")(table)
    indexed = table.set_index(["unit", "period"]).astype(float)
    fit = PanelOLS(indexed["outcome"], indexed[["treated"]], entity_effects=True, time_effects=True).fit(
        cov_type="clustered", cluster_entity=True, group_debias=True, debiased=False, auto_df=False, count_effects=False
    )
    n = len(table)
    assert result["effect"] == pytest.approx(fit.params["treated"], rel=1e-8)
    assert result["se"] == pytest.approx(fit.std_errors["treated"] * np.sqrt(n / (n - 1)), rel=1e-8)
    ols = smf.ols("outcome ~ treated + C(unit) + C(period)", table).fit(cov_type="cluster", cov_kwds={"groups": table["unit"]})
    k = 25 + 9
    assert result["se"] == pytest.approx(ols.bse["treated"] * np.sqrt((n - k) / (n - 1)), rel=1e-8)
    assert result["ci_high"] - result["effect"] == pytest.approx(stats.t.ppf(0.975, 24) * result["se"], rel=1e-9)


def test_did_card_krueger_1994():
    """Oracle: the published means; 2.76 comes from unrounded data, the rounded means give 2.75."""
    wages = pd.DataFrame({"unit": ["NJ", "NJ", "PA", "PA"], "period": [0, 1, 0, 1], "treated": [0, 1, 0, 0], "outcome": [20.44, 21.03, 23.33, 21.17]})
    result = reference("did")(wages)
    assert result["effect"] == pytest.approx(2.75, abs=1e-9)
    assert result["effect"] == pytest.approx(2.76, abs=0.011)
    assert np.isnan(result["se"])


def test_did_organ_donations_kessler_roth_2014():
    """Oracle: the published -0.022; there is one treated state, so no error is given."""
    table = datasets.causal("organ_donations").rename(columns={"State": "unit", "Quarter_Num": "period", "Rate": "outcome"})
    table["treated"] = ((table["unit"] == "California") & (table["period"] > 3)).astype(int)
    result = reference("did")(table)
    assert result["effect"] == pytest.approx(-0.022, abs=5e-4)
    assert np.isnan(result["se"])


def test_did_covers_the_truth_under_random_walk_shocks_and_a_violated_assumption_shows():
    """Oracle: simulation with known truth; with a trend of its own in the treated group, the estimate is off by what algebra says."""
    hits = sum(r["ci_low"] <= 2 <= r["ci_high"] for r in (reference("did")(panel(30, 6, 3, seed, 2.0, treated=0.5)) for seed in range(120)))
    assert 0.89 <= hits / 120 <= 1.0
    table = panel(30, 6, 3, 1, 2.0, treated=0.5)
    drift = table.assign(outcome=table["outcome"] + 0.7 * table["period"] * (table["unit"] < 15))
    assert reference("did")(drift)["effect"] - reference("did")(table)["effect"] == pytest.approx(0.7 * 3, abs=1e-9)


@pytest.mark.parametrize("missing", [0.0, 0.15])
def test_pre_trends_agrees_with_statsmodels(missing):
    """Oracle: statsmodels' own F test of the leads after OLS with dummies, scaled to the factor G/(G-1)."""
    table = panel(28, 7, 4, 11, 3.0, missing)
    first = table[table["treated"] == 1]["period"].min()
    ever = table["unit"].isin(table.loc[table["treated"] == 1, "unit"])
    names = []
    for t in range(7):
        if t != first - 1:
            names.append(f"e{t}")
            table[names[-1]] = (ever & (table["period"] == t)).astype(float)
    fit = smf.ols("outcome ~ " + " + ".join(names) + " + C(unit) + C(period)", table).fit(
        cov_type="cluster", cov_kwds={"groups": table["unit"], "use_correction": False}
    )
    leads = [name for name in names if int(name[1:]) < first]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        statistic = float(np.squeeze(fit.f_test(", ".join(f"{name} = 0" for name in leads)).fvalue)) * 27 / 28
    result = reference("pre_trends")(table[["unit", "period", "treated", "outcome"]])
    assert result["leads"] == pytest.approx(fit.params[leads].tolist(), rel=1e-7)
    assert result["effects"] == pytest.approx(fit.params[[n for n in names if n not in leads]].tolist(), rel=1e-7)
    assert result["f"] == pytest.approx(statistic, rel=1e-7)
    assert result["p_value"] == pytest.approx(stats.f.sf(statistic, len(leads), 27), rel=1e-7)


def test_pre_trends_covariance_agrees_with_linearmodels_for_one_lead():
    """Oracle: with a single lead, F is the squared t statistic of linearmodels."""
    table = panel(22, 5, 2, 5, 2.0)
    ever = table["unit"].isin(table.loc[table["treated"] == 1, "unit"])
    for t in (0, 2, 3, 4):
        table[f"e{t}"] = (ever & (table["period"] == t)).astype(float)
    indexed = table.set_index(["unit", "period"]).astype(float)
    fit = PanelOLS(indexed["outcome"], indexed[["e0", "e2", "e3", "e4"]], entity_effects=True, time_effects=True).fit(
        cov_type="clustered", cluster_entity=True, group_debias=True, debiased=False, auto_df=False, count_effects=False
    )
    n = len(table)
    result = reference("pre_trends")(table)
    assert result["f"] == pytest.approx(fit.tstats["e0"] ** 2 * (n - 1) / n, rel=1e-7)


def test_pre_trends_rarely_rejects_parallel_trends_and_finds_a_drift():
    """Oracle: simulation with known truth."""
    calm = np.mean([reference("pre_trends")(panel(60, 5, 3, seed, 3.0, treated=0.5))["p_value"] < 0.05 for seed in range(100)])
    assert 0.0 <= calm <= 0.12
    table = panel(60, 5, 3, 1, treated=0.5)
    assert reference("pre_trends")(table.assign(outcome=table["outcome"] + 1.5 * table["period"] * (table["unit"] < 30)))["verdict"] == "diverging"


def test_figures_that_the_lessons_quote():
    """Oracle: LaLonde's experiment (1,794.34) and the difference-in-differences with CPS controls, by hand."""
    nsw, cps = datasets.causal("nsw_mixtape"), datasets.causal("cps_mixtape")
    men = nsw[nsw["treat"] == 1]
    assert men["re78"].mean() - nsw.loc[nsw["treat"] == 0, "re78"].mean() == pytest.approx(1_794.34, abs=0.01)

    def gap(late, early):
        a, b = men[late] - men[early], cps[late] - cps[early]
        return a.mean() - b.mean(), np.sqrt(a.var() / len(a) + b.var() / len(b))

    assert gap("re78", "re75") == (pytest.approx(3_621.2, abs=0.1), pytest.approx(611.5, abs=0.1))
    assert gap("re74", "re75") == (pytest.approx(197.5, abs=0.1), pytest.approx(280.8, abs=0.1))
