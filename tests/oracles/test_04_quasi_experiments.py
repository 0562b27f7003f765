"""Regression discontinuity, instruments, matching and synthetic control of 04-causal, held against published numbers, other libraries and simulated truth."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from linearmodels.datasets import card
from linearmodels.iv import IV2SLS
from pysyncon import Synth
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import NearestNeighbors

from course import datasets
from course.authoring.verify import reference


def rdrobust_side_by_side(y, x, c, h):
    """Conventional estimate and standard error of rdrobust with the plug-in HC0 variance."""
    rdrobust = pytest.importorskip("rdrobust")
    fit = rdrobust.rdrobust(np.asarray(y, float), np.asarray(x, float), c=c, h=h, kernel="tri", vce="hc0")
    return float(fit.coef.iloc[0, 0]), float(fit.se.iloc[0, 0]), fit


def senate():
    """US Senate elections (Cattaneo, Frandsen, Titiunik 2015) as shipped inside rdrobust."""
    from pathlib import Path

    rdrobust = pytest.importorskip("rdrobust")
    return pd.read_csv(Path(rdrobust.__path__[0]) / "data" / "rdrobust_RDsenate.csv")[["margin", "vote"]].dropna()


def test_rd_on_the_us_senate_is_the_published_jump_and_rdrobust():
    """Calonico, Cattaneo, Titiunik: 7.41 (1.46, nearest-neighbour errors) at h = 17.75; HC0 exactly as rdrobust."""
    table = senate()
    result = reference("rd")(table["margin"], table["vote"], 0, 17.754, 2)
    assert result["effect"] == pytest.approx(7.41, abs=0.005)
    assert result["std_error"] == pytest.approx(1.46, abs=0.05)
    effect, error, _ = rdrobust_side_by_side(table["vote"], table["margin"], 0, 17.754)
    assert (result["effect"], result["std_error"]) == pytest.approx((effect, error), rel=1e-8)


def test_rd_on_close_house_elections_is_near_lee_moretti_butler_and_equals_rdrobust():
    """Lee, Moretti, Butler 2004: 21.2 (1.9) within two points, from rows; rdrobust on one row for each election."""
    rows = datasets.causal("close_elections_lmb").dropna(subset=["score", "lagdemvoteshare"]).astype({"score": float, "lagdemvoteshare": float})
    near = rows[rows["lagdemvoteshare"].between(0.48, 0.52)]
    means = near.groupby("lagdemocrat")["score"].mean()
    assert means[1] - means[0] == pytest.approx(21.28, abs=0.005)
    seats = rows.groupby(["state", "district", "year"], observed=True)[["lagdemvoteshare", "score"]].mean()
    x, y = 100 * seats["lagdemvoteshare"].to_numpy(), seats["score"].to_numpy()
    result = reference("rd")(x, y, 50, 15, 1)
    effect, error, _ = rdrobust_side_by_side(y, x, 50, 15)
    assert (result["effect"], result["std_error"]) == pytest.approx((effect, error), rel=1e-6)
    assert abs(result["effect"] - 21.2) < 1.96 * result["std_error"]


def test_rd_is_fooled_by_sorting_and_its_density_check_says_so():
    """Simulation with a true effect of zero: units below the line with a good outcome move across it."""
    rng = np.random.default_rng(1)
    x, luck = rng.normal(0, 10, 6_000), rng.normal(0, 1, 6_000)
    y = 0.05 * x + luck + rng.normal(0, 0.5, 6_000)
    honest = reference("rd")(x, y, 0, 8, 1)
    moved = np.where((x > -3) & (x < 0) & (luck > 0.3), rng.uniform(0, 3, 6_000), x)
    steered = reference("rd")(moved, y, 0, 8, 1)
    assert abs(honest["effect"]) < 2.5 * honest["std_error"] and not honest["sorting"]
    assert steered["effect"] > 5 * steered["std_error"] and steered["sorting"]


def test_iv_reproduces_card_1995():
    """Card 1995, table 3: OLS .0747, IV .1315 (.0550), first-stage F 13.26; linearmodels' IV2SLS."""
    table = card.load()
    names = ["exper", "expersq", "black", "south", "smsa", "smsa66"] + [f"reg66{i}" for i in range(2, 10)]
    result = reference("iv")(table["lwage"], table["educ"], table["nearc4"], table[names])
    assert result["ols"] == pytest.approx(0.0747, abs=5e-5)
    assert result["effect"] == pytest.approx(0.1315, abs=5e-5)
    assert result["std_error"] == pytest.approx(0.0550, abs=5e-5)
    assert result["first_stage_f"] == pytest.approx(13.26, abs=0.005) and not result["weak"]
    fit = IV2SLS(table["lwage"], sm.add_constant(table[names]), table["educ"], table["nearc4"]).fit(cov_type="unadjusted", debiased=True)
    assert (result["effect"], result["std_error"]) == pytest.approx((fit.params["educ"], fit.std_errors["educ"]), rel=1e-7)


def test_iv_with_two_instruments_agrees_with_linearmodels_first_stage_too():
    """linearmodels' IV2SLS with nearc2 and nearc4; F from an OLS comparison in statsmodels."""
    table = card.load()
    names = ["exper", "black", "south", "smsa"]
    result = reference("iv")(table["lwage"], table["educ"], table[["nearc2", "nearc4"]], table[names])
    base = sm.add_constant(table[names])
    fit = IV2SLS(table["lwage"], base, table["educ"], table[["nearc2", "nearc4"]]).fit(cov_type="unadjusted", debiased=True)
    assert (result["effect"], result["std_error"]) == pytest.approx((fit.params["educ"], fit.std_errors["educ"]), rel=1e-7)
    full = sm.OLS(table["educ"], base.join(table[["nearc2", "nearc4"]])).fit()
    assert result["first_stage_f"] == pytest.approx(full.compare_f_test(sm.OLS(table["educ"], base).fit())[0], rel=1e-8)


def test_iv_on_the_mixtape_table():
    """Cunningham, Mixtape: OLS .071, IV .124 (.050), F 15.77 on close_college."""
    table = datasets.causal("close_college").dropna().astype(float)
    result = reference("iv")(table["lwage"], table["educ"], table["nearc4"], table[["exper", "black", "south", "married", "smsa"]])
    assert [result[k] for k in ("ols", "effect", "std_error", "first_stage_f")] == pytest.approx([0.0712, 0.1242, 0.0500, 15.767], abs=5e-4)


def test_iv_bias_of_an_invalid_instrument_is_direct_effect_over_first_stage():
    """Simulation: a second way of 0.5 and a first stage of 1 move the estimate by 0.5."""
    rng = np.random.default_rng(3)
    z, u = rng.integers(0, 2, 40_000).astype(float), rng.normal(0, 1, 40_000)
    d = z + u + rng.normal(0, 1, 40_000)
    y = 2 * d + 3 * u + 0.5 * z + rng.normal(0, 1, 40_000)
    assert reference("iv")(y, d, z)["effect"] == pytest.approx(2.5, abs=0.15)


def training():
    people = pd.concat([datasets.causal("nsw_mixtape").query("treat == 1"), datasets.causal("cps_mixtape")], ignore_index=True)
    people = people.drop(columns="data_id").astype(float)
    return people.assign(u74=(people["re74"] == 0) * 1.0, u75=(people["re75"] == 0) * 1.0)


def test_psm_comes_near_the_experimental_benchmark_and_fails_without_earlier_earnings():
    """LaLonde 1986, Dehejia and Wahba 1999: the experiment says 1,794.34; the raw comparison with CPS says -8,498."""
    trial = datasets.causal("nsw_mixtape").astype({"re78": float}).groupby("treat")["re78"].mean()
    assert trial[1] - trial[0] == pytest.approx(1_794.34, abs=0.01)
    people = training()
    person, money = ["age", "educ", "black", "hisp", "marr", "nodegree"], ["re74", "re75", "u74", "u75"]
    people[["re74", "re75"]] /= 1_000
    groups = people.groupby("treat")["re78"].mean()
    assert groups[1] - groups[0] == pytest.approx(-8_497.5, abs=0.1)
    full = reference("psm")(people[person + money], people["treat"], people["re78"])
    assert full["att"] == pytest.approx(1_794, abs=600) and full["dropped"] == 0
    assert np.abs(full["smd_before"]).max() > 2 and np.abs(full["smd_after"]).max() < 0.15
    blind = reference("psm")(people[person], people["treat"], people["re78"])
    assert blind["att"] < -2_000 and np.abs(blind["smd_after"]).max() < 0.1


def test_psm_agrees_with_scikit_learn_neighbours():
    """LogisticRegression without penalty and NearestNeighbors on the log-odds."""
    rng = np.random.default_rng(7)
    x = rng.normal(0, 1, (500, 4))
    t = (rng.random(500) < 1 / (1 + np.exp(1 - x @ [0.7, -0.5, 0.3, 0]))).astype(int)
    y = x @ [1, 2, 0, 1] + 1.5 * t + rng.normal(0, 1, 500)
    score = LogisticRegression(C=np.inf, tol=1e-10, max_iter=2_000).fit(x, t).decision_function(x)
    distance, index = NearestNeighbors(n_neighbors=1).fit(score[t == 0][:, None]).kneighbors(score[t == 1][:, None])
    kept = distance[:, 0] <= 0.1 * np.sqrt((score[t == 1].var(ddof=1) + score[t == 0].var(ddof=1)) / 2)
    result = reference("psm")(x, t, y, 0.1)
    assert result["matched"] == kept.sum() and result["dropped"] == (~kept).sum() > 0
    assert result["att"] == pytest.approx(np.mean(y[t == 1][kept] - y[t == 0][index[kept, 0]]), rel=1e-9)


def texas(states=11):
    counts = datasets.causal("texas").pivot(index="year", columns="state", values="bmprison").astype(float)
    return counts[counts.loc[:1992].mean().sort_values(ascending=False).index[:states]]


def test_synthetic_control_of_texas_agrees_with_pysyncon():
    """pysyncon's Synth with the eight pre-treatment outcomes as predictors; it standardises them, V = variance undoes that: the convex problem on outcomes."""
    panel = texas()
    result = reference("synthetic_control")(panel, "Texas", 1993)
    donors, pre = panel.drop(columns="Texas"), panel.loc[:1992]
    synth = Synth()
    synth.fit(
        X0=pre[donors.columns],
        X1=pre["Texas"],
        Z0=pre[donors.columns],
        Z1=pre["Texas"],
        custom_V=(pre.var(axis=1) / pre.var(axis=1).mean()).to_numpy(),
    )
    other = panel["Texas"] - donors @ synth.W
    assert result["pre_rmse"] == pytest.approx(np.sqrt((other.loc[:1992] ** 2).mean()), rel=0.01)
    assert np.array(result["gaps"]) == pytest.approx(other.to_numpy(), abs=5)
    assert result["gaps"][-1] == pytest.approx(28_901, abs=1)
    assert result["p_value"] == pytest.approx(1 / 11) and result["outside"] == 0


def test_synthetic_control_is_the_optimum_of_a_general_solver():
    """SLSQP from three starts on the same convex problem, on random panels with more periods than donors."""
    rng = np.random.default_rng(5)
    pool = 50 + np.cumsum(rng.normal(0, 2, (40, 6)), axis=0)
    target = pool @ [0.4, 0.35, 0.25, 0, 0, 0] + rng.normal(0, 1, 40)
    panel = pd.DataFrame(np.column_stack([target, pool]), columns=list("tabcdef"))
    result = reference("synthetic_control")(panel, "t", 25)
    for start in (np.full(6, 1 / 6), np.eye(6)[0], np.eye(6)[5]):
        found = minimize(
            lambda w: np.sum((target[:25] - pool[:25] @ w) ** 2),
            start,
            bounds=[(0, 1)] * 6,
            constraints={"type": "eq", "fun": lambda w: w.sum() - 1},
            options={"ftol": 1e-12, "maxiter": 500},
        )
        assert list(result["weights"].values()) == pytest.approx(found.x, abs=2e-3)
    assert sum(result["weights"].values()) == pytest.approx(1, abs=1e-12)


def test_synthetic_control_of_an_untreated_unit_outside_the_hull_shows_an_effect_that_is_not_there():
    """California, untreated, lies above every donor but Texas, which stays out: pre-treatment fit is five times that of Texas."""
    panel = texas()
    home, far = (reference("synthetic_control")(panel.drop(columns=[] if u == "Texas" else ["Texas"]), u, 1993) for u in ("Texas", "California"))
    assert far["outside"] == 7 and far["pre_rmse"] > 5 * home["pre_rmse"] and far["gaps"][-1] == pytest.approx(12_271, abs=1)


def test_synthetic_control_placebo_p_value_is_uniform_without_an_effect():
    """Simulation: with nine exchangeable units and no effect the p-value is at most 1/3 a third of the time."""
    rng = np.random.default_rng(6)
    small = 0
    for _ in range(60):
        factor = np.cumsum(rng.normal(0, 1, (30, 2)), axis=0)
        panel = pd.DataFrame(factor @ rng.normal(0, 1, (2, 9)) + rng.normal(0, 1, (30, 9)), columns=list("abcdefghi"))
        small += reference("synthetic_control")(panel, "a", 20)["p_value"] <= 1 / 3 + 1e-9
    assert 0.17 < small / 60 < 0.5
