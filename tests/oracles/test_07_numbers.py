"""Oracles of the numbers in communication: other libraries, published formulas, simulations with known truth."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.metrics import accuracy_score, confusion_matrix, precision_score, recall_score
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint, proportions_ztest
from statsmodels.stats.weightstats import DescrStatsW

from course.authoring.verify import reference
from course.datasets import applications


def test_simulator_keeps_what_the_lessons_say():
    """Simulation with known truth: 85 % model, 87.5 % reviewer, 3 minutes, calibrated scores, a kind that the model cannot judge."""
    week = applications.week(200_000, seed=5)
    assert ((week["score"] >= 0.5) == week["good"]).mean() == pytest.approx(0.85, abs=0.005)
    assert (week["human"] == week["good"]).mean() == pytest.approx(0.875, abs=0.005)
    assert week["minutes"].mean() == pytest.approx(3.0, abs=0.03)
    table = week.groupby(pd.cut(week["score"], 10)).agg(score=("score", "mean"), good=("good", "mean"))
    assert np.allclose(table["score"], table["good"], atol=0.015)
    mixed = applications.week(40_000, seed=6, unseen=0.2)
    new = mixed[mixed["kind"] == applications.UNSEEN]
    assert len(new) / 40_000 == pytest.approx(0.2, abs=0.01)
    assert ((new["score"] >= 0.5) == new["good"]).mean() < 0.5 < 0.75 < (new["human"] == new["good"]).mean()
    assert applications.week(100, seed=3).equals(applications.week(100, seed=3))


def test_business_impact_is_the_seed_arithmetic_where_all_cases_take_three_minutes():
    """10,000 applications, 3 minutes, 80 % automated: 400 hours; the interval is statsmodels' z-interval of a mean."""
    automated, minutes = [1] * 800 + [0] * 200, [3.0] * 1_000
    found = reference("business_impact")(automated, minutes, 10_000, 30)
    assert found["hours"] == pytest.approx(400)
    low, high = DescrStatsW(3.0 * np.array(automated)).zconfint_mean()
    assert (found["hours_low"], found["hours_high"]) == pytest.approx((low * 10_000 / 60, high * 10_000 / 60), rel=1e-4)


def test_business_impact_holds_the_bootstrap_interval():
    """Independent: percentile bootstrap over applications."""
    week = applications.week(1_500, seed=9)
    automated = (np.abs(week["score"] - 0.5) > 0.19).to_numpy()
    found = reference("business_impact")(automated, week["minutes"], 10_000, 30)
    rng, saved = np.random.default_rng(1), automated * week["minutes"].to_numpy()
    means = saved[rng.integers(0, 1_500, (2_000, 1_500))].mean(axis=1) * 10_000 / 60
    assert np.quantile(means, [0.025, 0.975]) == pytest.approx([found["hours_low"], found["hours_high"]], rel=0.01)


def test_routing_curve_enumerates_every_threshold():
    """Independent: scikit-learn accuracies for each set of automated cases, by brute force."""
    week = applications.week(250, seed=10)
    s, good, human = np.round(week["score"].to_numpy() * 32) / 32, week["good"].to_numpy(), week["human"].to_numpy()
    found = reference("routing_curve")(s, good, human)
    decided = (s >= 0.5).astype(int)
    sure = np.maximum(s, 1 - s)
    for share, auto_error, process_error, level in zip(
        found["share"], found["automated_error"], found["process_error"], sorted(set(sure), reverse=True), strict=True
    ):
        auto = sure >= level
        assert share == pytest.approx(auto.mean())
        assert auto_error == pytest.approx(1 - accuracy_score(good[auto], decided[auto]))
        assert process_error == pytest.approx(1 - accuracy_score(good, np.where(auto, decided, human)))
    assert found["process_error"][-1] == pytest.approx(1 - accuracy_score(good, decided))
    fine = found["share"][found["process_error"] <= found["manual_error"]]
    assert found["by_process"] == fine.max()


def test_audit_plan_is_the_smallest_by_exact_rational_arithmetic():
    """Independent: binomial sums with math.comb, all n up to the answer, none smaller reaches the power."""

    def tail(c, n, p):
        return math.fsum(math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(c, n + 1))

    for promised, worse, limit, power in [(0.08, 0.4, 0.01, 0.9), (0.1, 0.3, 0.05, 0.8)]:
        plan = reference("audit_plan")(promised, worse, limit, power)
        for n in range(1, plan["n"] + 1):
            c = next(c for c in range(n + 2) if tail(c, n, promised) <= limit)
            assert (tail(c, n, worse) >= power) == (n == plan["n"])
        assert c == plan["alarm_at"]
        assert plan["power"] == pytest.approx(tail(c, n, worse))


def test_cost_threshold_takes_the_cheaper_decision_row_by_row():
    """Elkan (2001): decide 1 exactly where its expected cost is not above that of 0; search over a grid of probabilities."""
    p = (np.arange(500) + 0.37) / 500
    for c00, c01, c10, c11 in itertools.product([0, -10], [50, 90], [120, 300], [0, -30]):
        costs = {"c00": c00, "c01": c01, "c10": c10, "c11": c11}
        approve, reject = p * c11 + (1 - p) * c10, p * c01 + (1 - p) * c00
        assert list(reference("cost_threshold")(p, costs)) == list((approve < reject).astype(int))


def test_cost_threshold_on_raw_scores_comes_near_the_true_probabilities():
    """Simulation with known truth: with raw scores and validation data the cost is near that of the calibrated scores cut at t*."""
    costs = {"c00": 0, "c01": 100, "c10": 400, "c11": 0}
    past, new = applications.week(5_000, seed=21), applications.week(40_000, seed=22)
    ideal = reference("cost_threshold")(new["score"], costs)
    learnt = reference("cost_threshold")(new["raw"], costs, past["raw"], past["good"])

    def cost(d):
        return 400 * ((d == 1) & (new["good"] == 0)).mean() + 100 * ((d == 0) & (new["good"] == 1)).mean()

    assert cost(learnt) < cost(ideal) + 1.5
    assert cost((new["raw"] >= 0.8).astype(int)) > cost(ideal) + 8


def test_right_objective_agrees_with_scikit_learn():
    """Independent: accuracy_score, precision_score, recall_score, confusion_matrix."""
    rng = np.random.default_rng(4)
    bad = (rng.random(900) < 0.1).astype(int)
    flags = {f"m{k}": (rng.random(900) < 0.05 + 0.1 * k + 0.4 * bad).astype(int) for k in range(4)}
    table = reference("right_objective")(bad, flags, 70, 9).set_index("model")
    assert table["cost"].is_monotonic_increasing
    for name, flag in flags.items():
        _, fp, fn, tp = confusion_matrix(bad, flag).ravel()
        expected = [accuracy_score(bad, flag), precision_score(bad, flag), recall_score(bad, flag), (70 * fn + 9 * fp) / 0.9, fp / tp]
        assert table.loc[name, ["accuracy", "precision", "recall", "cost", "worth_from"]].tolist() == pytest.approx(expected)


def test_versus_human_agrees_with_statsmodels():
    """Independent: statsmodels mcnemar(exact=True); the interval against a bootstrap over cases."""
    for seed in range(6):
        week = applications.week(700, seed=300 + seed)
        good, machine, person = week["good"].to_numpy(), (week["score"] >= 0.5).astype(int).to_numpy(), week["human"].to_numpy()
        found = reference("versus_human")(good, machine, person)
        table = pd.crosstab(machine == good, person == good).to_numpy()
        assert found["p_value"] == pytest.approx(mcnemar(table, exact=True).pvalue)
        x = (machine == good).astype(int) - (person == good)
        rng = np.random.default_rng(seed)
        boot = x[rng.integers(0, 700, (1_500, 700))].mean(axis=1)
        assert np.quantile(boot, [0.025, 0.975]) == pytest.approx([found["low"], found["high"]], abs=0.006)


def test_accuracy_ceiling_recovers_planted_label_noise():
    """Simulation with known truth, and statsmodels' Wilson interval."""
    rng = np.random.default_rng(7)
    truth = rng.integers(0, 2, 200_000)
    one, two = (np.where(rng.random(truth.size) < 0.12, 1 - truth, truth) for _ in range(2))
    found = reference("accuracy_ceiling")(one, two, measured=0.78)
    assert found["ceiling"] == pytest.approx((one == truth).mean(), abs=0.003)
    assert found["true_accuracy"] == pytest.approx((0.78 - 0.12) / 0.76, abs=0.004)
    count = int((one == two)[:300].sum())
    ends = proportion_confint(count, 300, method="wilson")
    few = reference("accuracy_ceiling")(one[:300], two[:300])
    assert [few["low"] ** 2 + (1 - few["low"]) ** 2, few["high"] ** 2 + (1 - few["high"]) ** 2] == pytest.approx(ends, rel=1e-4)


def test_accuracy_ceiling_is_at_best_where_hard_cases_fool_both():
    """Simulation: with unequal error rates the formula is an upper bound (Jensen)."""
    week = applications.week(100_000, seed=8)
    found = reference("accuracy_ceiling")(week["human"], week["second"])
    assert found["ceiling"] > (week["human"] == week["good"]).mean() + 0.01


def test_segment_check_agrees_with_statsmodels():
    """Independent: proportions_ztest per segment and multipletests(method="holm"); standardisation by reweighting rows."""
    week = applications.week(6_000, seed=11, unseen=0.05)
    rng = np.random.default_rng(2)
    who = np.where(rng.random(6_000) < np.where(week["kind"] == "company", 0.2, 0.7), "model", "human")
    wrong = np.where(who == "model", (week["score"] >= 0.5) != week["good"], week["human"] != week["good"]).astype(int)
    found = reference("segment_check")(week["kind"], who, wrong)
    names, raw = sorted(week["kind"].unique()), []
    for name in names:
        sides = [wrong[(week["kind"] == name) & (who == w)] for w in ("model", "human")]
        raw.append(proportions_ztest([side.sum() for side in sides], [side.size for side in sides])[1])
    expected = multipletests(raw, method="holm")[1]
    assert [found["p_values"][name] for name in names] == pytest.approx(list(expected))
    share = week["kind"].map(week["kind"].value_counts(normalize=True))
    rates = []
    for w in ("model", "human"):
        mine = who == w
        weights = share[mine] / week["kind"][mine].map(week["kind"][mine].value_counts(normalize=True))
        rates.append(np.average(wrong[mine], weights=weights))
    assert found["adjusted"] == pytest.approx(rates[0] - rates[1])
    gaps = [wrong[(week["kind"] == name) & (who == "model")].mean() - wrong[(week["kind"] == name) & (who == "human")].mean() for name in names]
    assert applications.UNSEEN in found["worse"]
    assert found["worse"] == [name for name, p, gap in zip(names, expected, gaps, strict=True) if p < 0.05 and gap > 0]


def test_segment_check_finds_simpsons_paradox_in_kidney_stones():
    """Published: Charig et al. (1986), kidney stones: 350 open operations (78 % success), 350 nephrolithotomies (83 %), reversed in both sizes."""
    counts = [("small", "human", 87, 81), ("small", "model", 270, 234), ("large", "human", 263, 192), ("large", "model", 80, 55)]
    rows = [(size, system, int(i >= success)) for size, system, n, success in counts for i in range(n)]
    size, system, failed = zip(*rows, strict=True)
    found = reference("segment_check")(size, system, failed)
    assert found["crude"] == pytest.approx(61 / 350 - 77 / 350)
    assert found["crude"] < 0 < found["adjusted"]
    assert found["adjusted"] == pytest.approx((357 * (36 / 270 - 6 / 87) + 343 * (25 / 80 - 71 / 263)) / 700)
    assert stats.fisher_exact([[61, 289], [77, 273]])[1] > 0.05
