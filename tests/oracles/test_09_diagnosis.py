"""Oracles of labs 4 to 6 of the revision notebook."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats
from sklearn.metrics import brier_score_loss

from course.authoring.verify import reference


def test_skew_evidence_finds_known_shares_of_every_kind():
    """Simulation with known truth: exact numbers of rows are altered, then the frames are shuffled."""
    rng = np.random.default_rng(1)
    truth = pd.DataFrame({"id": np.arange(1_000), **{f: rng.lognormal(3, 1, 1_000) for f in "abcd"}})
    served = truth.copy()
    served.loc[:99, "a"] = np.nan
    served.loc[:299, "b"] *= 60
    served.loc[:499, "c"] *= rng.uniform(1.5, 3, 500)
    served.loc[:5, "d"] = 0
    found = reference("skew_evidence")(served.sample(frac=1, random_state=1), truth.sample(frac=1, random_state=2), list("abcd"))
    assert found["mismatch"] == pytest.approx({"a": 0.1, "b": 0.3, "c": 0.5, "d": 0.006})
    assert found["kind"] == {"a": "nulls", "b": "scale", "c": "values", "d": "ok"}
    assert found["ratio"] == pytest.approx({"b": 60}) and found["worst"] == "c" and found["matched"] == 1_000


def test_drift_or_bug_on_noise_free_ramps_and_steps():
    """Closed form: a ramp over L days moves 7/L of its way from one week to the next; a step moves all of it on its day."""
    pattern = np.tile([8.0, 9, 10, 12, 11, 10, 10], 12)
    for length in (28, 42):
        ramp = 20 * np.clip((np.arange(84) - 28) / length, 0, 1)
        found = reference("drift_or_bug")(pd.DataFrame({"day": np.arange(84), "value": pattern + ramp}))
        assert found["suddenness"] == pytest.approx(7 / length, rel=0.1) and found["diagnosis"] == "drift"
    for day in (35, 50, 66):
        found = reference("drift_or_bug")(pd.DataFrame({"day": np.arange(84), "value": pattern + 20 * (np.arange(84) >= day)}))
        assert found["day"] == day and found["suddenness"] == pytest.approx(1) and found["diagnosis"] == "step"
        assert found["shift"] == pytest.approx(20 / stats.iqr(pattern[:28])) and found["ratio"] == pytest.approx(3)


def incident(change=None, n=56 * 20):
    """A plain incident, apart from the notebook's simulator: one feature, scores that are right."""
    rng = np.random.default_rng(5)
    x = rng.normal(10, 2, n + 2_000)
    chance = 1 / (1 + np.exp(10 - x))
    table = pd.DataFrame({"x": x, "score": chance, "label": (rng.random(x.size) < chance).astype(int)})
    live = table.iloc[2_000:].reset_index(drop=True).assign(day=np.repeat(np.arange(56), n // 56), id=np.arange(n))
    case = {"offline": table.iloc[:2_000], "live": live, "recomputed": live[["id", "x"]].copy(), "written": {"x": -1.0}}
    if change:
        change(case)
    return case


def spoil(case, rows=slice(None)):
    case["live"].loc[rows, "score"] = 1 - case["live"].loc[rows, "score"]


def test_diagnose_drop_on_incidents_made_by_hand():
    """Known truth: each cause is put in by hand into one table that has none of the others."""

    def skew(case):
        spoil(case)
        case["recomputed"]["x"] *= 1.5

    def leak(case):
        skew(case)
        case["written"] = {"x": 4.0}

    def nulls(case):
        spoil(case)
        for name in ("live", "recomputed"):
            case[name].loc[30 * 20 :: 3, "x"] = np.nan

    def step(case):
        spoil(case)
        for name in ("live", "recomputed"):
            case[name].loc[35 * 20 :, "x"] *= 3

    def slope(case):
        spoil(case)
        for name in ("live", "recomputed"):
            case[name]["x"] += case["live"]["day"] / 8

    for change, name in [(None, "no drop"), (skew, "skew"), (leak, "leakage"), (nulls, "bug"), (step, "bug"), (slope, "drift"), (spoil, "concept drift")]:
        assert reference("diagnose_drop")(incident(change), ["x"])["diagnosis"] == name


def test_diagnose_drop_z_is_welch_of_brier_losses():
    """scipy's Welch statistic of the squared errors; scikit-learn's Brier score for their means."""
    case = incident(spoil)
    recent = case["live"][case["live"]["day"] >= 42]
    old, new = ((t["score"] - t["label"]) ** 2 for t in (case["offline"], recent))
    assert new.mean() == pytest.approx(brier_score_loss(recent["label"], recent["score"]))
    assert reference("diagnose_drop")(case, ["x"])["z"] == pytest.approx(stats.ttest_ind(new, old, equal_var=False).statistic)


def test_diagnose_drop_false_alarms_are_rare():
    """Simulation: without a fault, z above 3 should come in about 0.13 % of incidents; here none of 60."""
    assert all(
        reference("diagnose_drop")(incident(lambda case, s=s: case.update(live=case["live"].assign(label=_draw(case["live"]["score"], s)))), ["x"])["z"] < 3
        for s in range(60)
    )


def _draw(chance, seed):
    return (np.random.default_rng(seed).random(len(chance)) < chance).astype(int)


def test_explain_to_manager_interval_against_a_parametric_bootstrap():
    """Bootstrap of both classes of the test set: the spread of hours, customers and money, their correlation included."""
    counts = {"tp": 360, "fn": 40, "fp": 90, "tn": 710}
    plan = {"volume": 10_000, "base_rate": 0.05, "minutes": 3, "hourly": 40, "per_customer": 25}
    found = reference("explain_to_manager")(counts, plan, {})
    rng = np.random.default_rng(3)
    missed, alone = rng.binomial(400, 0.1, 20_000) / 400, rng.binomial(800, 710 / 800, 20_000) / 800
    hours = 10_000 * (0.05 * missed + 0.95 * alone) * 3 / 60
    customers = 10_000 * 0.05 * missed
    for key, draws in {"hours": hours, "customers": customers, "money": 40 * hours - 25 * customers}.items():
        value, low, high = found[key]
        assert value == pytest.approx(draws.mean(), rel=0.01)
        assert (high - low) / (2 * 1.96) == pytest.approx(draws.std(), rel=0.03)


def test_explain_to_manager_agrees_with_the_course_s_400_hours():
    """Published example of the topic list: 10,000 applications, 3 minutes, 80 % automated: 400 hours."""
    plan = {"volume": 10_000, "base_rate": 0.2, "minutes": 3, "hourly": 1, "per_customer": 1}
    counts = {"tp": 20, "fn": 80, "fp": 40, "tn": 160}
    assert reference("explain_to_manager")(counts, plan, {})["hours"][0] == pytest.approx(400)


def test_learning_curve_verdict_against_scipy_curve_fit():
    """scipy.optimize.curve_fit with a free power, on noisy curves: as good a fit, up to the grid of powers; forecasts agree within 3 %."""
    rng = np.random.default_rng(4)
    sizes = np.array([250.0, 500, 1_000, 2_000, 4_000, 8_000])
    for _ in range(10):
        errors = (0.08 + 1.5 * sizes**-0.45) * (1 + 0.01 * rng.normal(size=6))
        found = reference("learning_curve_verdict")(sizes, errors / 2, errors, 0.05, 20_000)
        free, _ = optimize.curve_fit(
            lambda n, a, b, c: a + b * n**-c, sizes, errors, p0=[found["floor"], found["scale"], found["power"]], bounds=([0, 0, 0.05], [1, 500, 1.5])
        )
        assert found["forecast"] == pytest.approx(free[0] + free[1] * 20_000 ** -free[2], rel=0.03)
        assert found["power"] == pytest.approx(free[2], abs=0.05)


def test_error_slices_standard_error_is_the_paired_t_test_s():
    """scipy's paired t-test of each slice: recoverable / se is its statistic."""
    rng = np.random.default_rng(6)
    frame = pd.DataFrame({"s": rng.choice(["a", "b", "c"], 600), "wrong": rng.integers(0, 2, 600), "human_wrong": (rng.random(600) < 0.2).astype(int)})
    for row in reference("error_slices")(frame, ["s"]).itertuples():
        part = frame[frame["s"] == row.value]
        assert row.recoverable / row.se == pytest.approx(stats.ttest_rel(part["wrong"], part["human_wrong"]).statistic)


def test_next_step_data_gain_is_exact_on_a_power_law_with_a_floor():
    """Closed form: e(n) - e(n 2^k) of floor + scale n^-power."""
    rows = pd.DataFrame({"slice": ["a", "a"], "wrong": [1, 0], "human_wrong": [0, 0], "wrong_bigger": [1, 0]})
    for floor, scale, power in [(0.1, 2, 0.5), (0.02, 5, 0.8), (0.15, 1, 0.2)]:

        def error(n, floor=floor, scale=scale, power=power):
            return floor + scale * n**-power

        found = reference("next_step")([error(1_000), error(2_000), error(4_000)], rows, 3, 0.01)
        assert found["data"] == pytest.approx(error(4_000) - error(32_000))


def test_next_step_model_error_is_close_to_mcnemar_s():
    """McNemar: under the pairs b, c the z of the difference is (b - c) / sqrt(b + c - (b - c)^2 / n), up to n / (n - 1)."""
    b, c, n = 60, 30, 1_000
    rows = pd.DataFrame({"slice": "a", "wrong": [1] * b + [0] * (n - b), "human_wrong": 0, "wrong_bigger": [0] * b + [1] * c + [0] * (n - b - c)})
    found = reference("next_step")([0.3, 0.2, 0.15], rows, 1, 0.01)
    assert found["model"] / found["model_se"] == pytest.approx((b - c) / math.sqrt((b + c - (b - c) ** 2 / n) * n / (n - 1)))
