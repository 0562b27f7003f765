"""Oracles: each reference solution against something independent of it."""

import itertools

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from course.authoring.verify import reference


def test_control_drift_of_one_week_is_the_outlier_dummy_of_a_regression():
    """statsmodels OLS: the t and p of a dummy for the one test week, fitted with the past weeks."""
    control_drift = reference("control_drift")
    past, week = [5.1, 4.7, 5.3, 4.9, 5.0, 5.2], 5.9
    x = np.c_[np.ones(7), np.r_[np.zeros(6), 1.0]]
    fit = sm.OLS(np.r_[past, week], x).fit()
    got = control_drift(past, [week], [6.4])
    assert got["t"] == pytest.approx(fit.tvalues[1])
    assert got["p_value"] == pytest.approx(fit.pvalues[1])


def test_control_drift_of_several_weeks_has_a_uniform_p_value():
    """Simulation with known truth: when control is as before, p is uniform (Kolmogorov-Smirnov)."""
    control_drift = reference("control_drift")
    rng = np.random.default_rng(1)
    p = [control_drift(w[:4], w[4:7], w[7:])["p_value"] for w in rng.normal(9, 2, (1_500, 10))]
    assert stats.kstest(p, "uniform").pvalue > 0.01


def test_control_drift_in_a_market_overstates():
    """Zero-sum market: orders are only moved, and the planted launch effect is zero."""
    control_drift = reference("control_drift")
    rng = np.random.default_rng(2)
    history = 4_000 / 400 + rng.normal(0, 0.05, 8)
    got = control_drift(history, [4_000 / 400 * 2 / 2.3] * 4, [4_000 / 400 * 2.6 / 2.3] * 4)
    assert got["verdict"] == "overstates"
    assert got["effect"] + 2 * got["shift"] == pytest.approx(0, abs=0.1)


def test_design_effect_gives_the_icc_of_shrout_and_fleiss():
    """Shrout & Fleiss (1979), Psychological Bulletin 86, table 2: six targets, four judges, ICC(1,1) = .17."""
    design_effect = reference("design_effect")
    ratings = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    got = design_effect(np.ravel(ratings), np.repeat(list("abcdef"), 4))
    assert round(got["icc"], 2) == 0.17
    assert got["design_effect"] == pytest.approx(1 + 3 * got["icc"])


def test_design_effect_predicts_the_variance_of_the_mean():
    """Simulation with known ICC and unequal clusters: the ICC is found, and the mean varies by the design effect."""
    design_effect = reference("design_effect")
    rng = np.random.default_rng(3)
    size = np.array([2, 3, 5, 8, 10, 15, 20, 30, 40, 67] * 3)
    code, icc = np.repeat(np.arange(30), size), 0.2
    draws = np.sqrt(icc) * rng.normal(size=(1_000, 30))[:, code] + np.sqrt(1 - icc) * rng.normal(size=(1_000, len(code)))
    got = [design_effect(y, code) for y in draws[:300]]
    assert np.mean([g["icc"] for g in got]) == pytest.approx(icc, abs=0.02)
    planted = 1 + (np.sum(size**2) / size.sum() - 1) * icc
    assert draws.mean(axis=1).var() * len(code) == pytest.approx(planted, rel=0.15)


def test_cluster_test_is_the_sandwich_of_statsmodels():
    """statsmodels OLS with cov_type="cluster": same k in both arms, so CR0 times k / (k - 1) is the reference's variance."""
    cluster_test = reference("cluster_test")
    rng = np.random.default_rng(4)
    code = np.repeat(np.arange(20), rng.integers(5, 40, 20))
    arm = (code % 2).astype(int)
    y = rng.normal(size=20)[code] + 0.3 * arm + rng.normal(size=len(code))
    fit = sm.OLS(y, sm.add_constant(arm)).fit(cov_type="cluster", cov_kwds={"groups": code, "use_correction": False})
    got = cluster_test(y, code, arm)
    assert got["difference"] == pytest.approx(fit.params[1])
    assert got["se"] == pytest.approx(fit.bse[1] * np.sqrt(10 / 9))
    assert got["p_value"] == pytest.approx(2 * stats.t.sf(abs(got["difference"]) / got["se"], 18))


def test_cluster_test_with_equal_sizes_is_the_t_test_of_cluster_means():
    """Equal sizes and numbers: scipy's t-test over cluster means gives the same difference, error and p-value."""
    cluster_test = reference("cluster_test")
    rng = np.random.default_rng(5)
    code, arm = np.repeat(np.arange(12), 7), np.repeat(np.arange(12) % 2, 7)
    y = rng.normal(size=12)[code] + rng.normal(size=84)
    means = y.reshape(12, 7).mean(axis=1)
    got, want = cluster_test(y, code, arm), stats.ttest_ind(means[1::2], means[::2])
    assert (got["difference"] / got["se"], got["p_value"]) == pytest.approx((want.statistic, want.pvalue))


def test_cluster_test_keeps_its_level():
    """Simulation: type I error near 5 % where the t-test over users is far above."""
    cluster_test = reference("cluster_test")
    rng = np.random.default_rng(6)
    mine = users = 0
    for _ in range(400):
        code = np.repeat(np.arange(30), rng.integers(10, 30, 30))
        arm = (rng.permutation(30) < 15)[code].astype(int)
        y = 0.5 * rng.normal(size=30)[code] + rng.normal(size=len(code))
        mine += cluster_test(y, code, arm)["p_value"] < 0.05
        users += stats.ttest_ind(y[arm == 1], y[arm == 0]).pvalue < 0.05
    assert 0.025 < mine / 400 < 0.09
    assert users / 400 > 0.2


def test_cluster_assign_draws_every_split_of_the_pairs_equally_often():
    """Invariant: with three pairs there are exactly eight assignments, each with probability 1/8 (chi-square)."""
    cluster_assign = reference("cluster_assign")
    clusters, strata = list("aaaabbbbcccddeef"), list("xxxxxxxxxxxyyyyy")
    seen = {}
    for seed in range(1_600):
        arms = dict(zip(clusters, cluster_assign(clusters, strata, seed), strict=True))
        key = "".join(str(arms[c]) for c in "abcdef")
        seen[key] = seen.get(key, 0) + 1
    assert set(seen) == {f"{a}{1 - a}{c}{d}{1 - d}{1 - c}" for a in (0, 1) for c in (0, 1) for d in (0, 1)}
    assert stats.chisquare(list(seen.values())).pvalue > 0.001


def test_switchback_averages_to_the_planted_effect_over_all_schedules():
    """All C(8, 4) = 70 schedules: the estimate is unbiased, and so is its squared error, when the effect is constant (Neyman 1923)."""
    switchback = reference("switchback")
    rng = np.random.default_rng(7)
    minutes = np.sort(rng.uniform(0, 240, 200))
    which, into = (minutes // 30).astype(int), minutes % 30
    base = 20 + rng.normal(0, 3, 8)[which] + rng.normal(0, 1, 200)
    estimates, squares = [], []
    for chosen in itertools.combinations(range(8), 4):
        plan = np.isin(np.arange(8), chosen).astype(int)
        acting = np.where(into < 12, np.r_[0, plan[:-1]][which], plan[which])
        got = switchback(minutes, base + 2.5 * acting, plan, 30, 12)
        estimates.append(got["effect"])
        squares.append(got["se"] ** 2)
    assert np.mean(estimates) == pytest.approx(2.5)
    assert np.var(estimates) == pytest.approx(np.mean(squares))


def test_bipartite_exposure_finds_a_linear_response_under_every_assignment():
    """All C(6, 3) = 20 choices of treated sellers: exactly linear outcomes give the planted slope each time; with noise statsmodels agrees."""
    bipartite_exposure = reference("bipartite_exposure")
    rng = np.random.default_rng(8)
    rows = [(f"b{b}", f"s{s}", float(rng.integers(1, 6))) for b in range(40) for s in rng.choice(6, 2, replace=False)]
    edges = pd.DataFrame(rows, columns=["buyer", "seller", "weight"])
    table = edges.pivot(index="buyer", columns="seller", values="weight").fillna(0).to_numpy()
    names = sorted(edges["buyer"].unique())
    for chosen in itertools.combinations(range(6), 3):
        x = table[:, list(chosen)].sum(axis=1) / table.sum(axis=1)
        exact = bipartite_exposure(edges, [f"s{s}" for s in chosen], dict(zip(names, 3 + 7 * x, strict=True)) | {"nobody": 99.0})
        assert exact["effect"] == pytest.approx(7)
        assert exact["isolated"] == ["nobody"]
        y = 3 + 7 * x + rng.normal(size=40)
        noisy = bipartite_exposure(edges, [f"s{s}" for s in chosen], dict(zip(names, y, strict=True)))
        assert noisy["effect"] == pytest.approx(sm.OLS(y, sm.add_constant(x)).fit().params[1])


def _card(**changes):
    rng = np.random.default_rng(9)
    n, units = 1_000, 8
    card = {
        "story": "",
        "can_randomise": False,
        "users": pd.DataFrame(
            {
                "group": rng.integers(0, 9, n),
                "score": rng.uniform(600, 800, n),
                "nudged": np.arange(n) % 2,
                "activity": rng.integers(0, 5, n),
                "treated": np.arange(n) // 2 % 2,
            }
        ),
        "links": pd.DataFrame({"a": rng.integers(0, n, 300), "b": rng.integers(0, n, 300)}),
        "cutoff": 700.0,
        "window": 20.0,
        "weekly": pd.DataFrame(
            {"unit": np.repeat(np.arange(units), 9), "week": np.tile(np.arange(9), units), "treated": 0, "value": rng.normal(50, 1, units * 9)}
        ),
        "launch_week": 6,
        "worth": 2.0,
    }
    return card | changes


def test_choose_design_uses_the_first_stage_f_of_a_regression():
    """statsmodels OLS: the F of the regression of treatment on the nudge."""
    choose_design = reference("choose_design")
    rng = np.random.default_rng(10)
    users = _card()["users"]
    users["treated"] = (rng.random(1_000) < 0.3 + 0.2 * users["nudged"]).astype(int)
    got = choose_design(_card(users=users))
    assert got["method"] == "iv"
    assert got["evidence"] == pytest.approx(sm.OLS(users["treated"], sm.add_constant(users["nudged"])).fit().fvalue)


def test_choose_design_gives_the_bias_that_did_would_have():
    """Two-by-two DiD on noise-free trends without any effect: the estimate is pure bias, and the evidence predicts it."""
    choose_design = reference("choose_design")
    weekly = _card()["weekly"]
    weekly["treated"] = (weekly["unit"] < 3).astype(int)
    weekly["value"] = 40 + weekly["unit"] + weekly["week"] * (0.5 + 0.15 * weekly["treated"])
    means = weekly.groupby(["treated", weekly["week"] >= 6])["value"].mean()
    bias = (means[1, True] - means[1, False]) - (means[0, True] - means[0, False])
    got = choose_design(_card(weekly=weekly))
    assert got["method"] == "did"
    assert got["evidence"] == pytest.approx(bias)
    assert choose_design(_card(weekly=weekly, worth=2 * bias - 0.01))["method"] == "psm"


def test_choose_design_frames_a_single_unit():
    """A treated unit that is the average of two others lies in their hull, so a synthetic control fits exactly; moved out of it, none does."""
    choose_design = reference("choose_design")
    weekly = _card()["weekly"]
    weekly["treated"] = (weekly["unit"] == 0).astype(int)
    table = weekly.pivot(index="week", columns="unit", values="value")
    inside = table[[1, 2]].mean(axis=1)
    for lift, method in ((0, "synthetic_control"), (40, "psm")):
        moved = weekly.copy()
        moved.loc[moved["unit"] == 0, "value"] = inside.to_numpy() + lift
        assert choose_design(_card(weekly=moved))["method"] == method
