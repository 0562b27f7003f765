"""Monitoring and leakage: references against other libraries, brute force and planted truths."""

import itertools

import duckdb
import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import TimeSeriesSplit

from course.authoring.verify import reference


def names(exercise):
    """What locked cells define, beside the reference."""
    return reference(exercise).__globals__


def test_monitor_finds_the_planted_incidents_of_fresh_years():
    """Simulation with known truth: the incidents planted by the simulator, at seeds that no test cell uses."""
    monitor, world = reference("monitor"), names("monitor")
    place = {"null burst": "data quality", "unit change": "data quality", "campaign": "feature drift", "serving skew": "prediction drift"}
    for seed in (17, 18):
        past, wrong = world["simulate_reference"](seed), 0
        for week in range(1, 53):
            truth = next((stage for name, stage in place.items() if world["active"](name, week)), "business metric" if week >= 45 else None)
            found = monitor(past, *world["simulate_serving"](week, seed), world["SERVING_FEATURES"])
            wrong += found["first_broken"] != truth
            assert (found["business metric"] == "unknown") == world["active"]("late labels", week)
        assert wrong <= 1  # a random week may dip below 0.8


def test_weekly_psi_is_the_symmetric_kl_sum_on_pandas_bins():
    """Second implementation: pd.cut for the shares, scipy.stats.entropy for KL in both directions; PSI is their sum."""
    rng = np.random.default_rng(3)
    old, new = rng.lognormal(0, 1, 5_000), rng.lognormal(0.3, 1.1, 4_000)
    edges = [-np.inf, *np.quantile(old, np.linspace(0.1, 0.9, 9)), np.inf]
    p, q = (pd.cut(x, edges, labels=False) for x in (old, new))
    p, q = (np.bincount(x, minlength=10) / x.size for x in (p, q))
    assert names("monitor")["weekly_psi"](old, new) == pytest.approx(stats.entropy(p, q) + stats.entropy(q, p))


def test_retrain_trigger_is_its_truth_table():
    """Brute force: all combinations of age, labels, PSI, share and data quality against the three sentences of the statement."""
    retrain = reference("retrain_trigger")
    for age, (auc, weak), (psi, shifted), (weight, counts), ok in itertools.product(
        [0, 27, 28, 29],
        [([], False), ([0.7], False), ([0.7, 0.74], True), ([0.7, None, 0.7, None], True), ([0.7, 0.7, 0.75], False), ([0.75, 0.7], False)],
        [(0.2, False), (0.2001, True)],
        [(1, True), (0.99, False)],
        [True, False],
    ):
        found = retrain(age, auc, {"a": psi}, {"a": weight, "b": 10 - weight}, ok)
        reasons = [name for name, fires in [("time", age >= 28), ("performance", weak), ("drift", shifted and counts)] if fires]
        assert found == {
            "reasons": reasons,
            "drifted": ["a"] if shifted and counts else [],
            "action": "fix data" if not ok else "retrain" if reasons else "keep",
        }


def test_leak_symptoms_gap_and_suspects_are_mann_whitney():
    """Other library: scipy.stats.mannwhitneyu, U / (n1 n0) is the AUC."""
    train, log = names("leak_symptoms")["simulate_suspects"]("cliff", 77)
    features = ["minutes", "seats", "refund_days", "hour"]
    found = reference("leak_symptoms")(train, log, features, 0.9)

    def auc(y, x):
        return stats.mannwhitneyu(x[y == 1], x[y == 0]).statistic / ((y == 1).sum() * (y == 0).sum())

    assert found["gap"] == pytest.approx(0.9 - auc(log["y"], log["score"]))
    assert found["suspects"] == [f for f in features if abs(auc(train["y"], train[f]) - 0.5) >= 0.35]


def test_leak_symptoms_finds_the_planted_cliff_and_only_that():
    """Simulation with known truth: the fall is at week 11, blips and clean logs have none."""
    find, world = reference("leak_symptoms"), names("leak_symptoms")
    cliffs = [find(*world["simulate_suspects"]("cliff", seed), ["hour"], 0.9)["cliff"] for seed in range(100, 110)]
    assert np.mean([c == 11 for c in cliffs]) >= 0.8 and all(c in (10, 11, 12) for c in cliffs)
    for kind in ("clean", "weak"):
        assert all(find(*world["simulate_suspects"](kind, seed), ["hour"], 0.9)["cliff"] is None for seed in range(100, 105))


def test_temporal_split_agrees_with_time_series_split():
    """Other library: with one row a day a gap in days is scikit-learn's gap in rows."""
    days = pd.date_range("2026-01-01", periods=60)
    train, test = list(TimeSeriesSplit(n_splits=2, test_size=12, gap=7).split(np.zeros((60, 1))))[-1]
    found = reference("temporal_split")(list(days), 12, gap_days=7)
    assert found["test"] == test.tolist() and found["train"] == train.tolist()


def test_temporal_split_invariants():
    """Invariants: times and groups never on both sides, the gap is empty, the order of rows does not matter."""
    split, rng = reference("temporal_split"), np.random.default_rng(2)
    for _ in range(50):
        when = pd.Series(pd.Timestamp("2026-01-01") + pd.to_timedelta(rng.integers(0, 200, 120), unit="D"))
        group, gap, n_test = rng.integers(0, 80, 120), int(rng.integers(0, 30)), int(rng.integers(1, 25))
        found = split(when, n_test, gap, group)
        train, test = found["train"], found["test"]
        assert when[test].min() == found["cutoff"] and len(test) >= n_test
        assert found["cutoff"] - when[train].max() > pd.Timedelta(days=gap)
        assert not set(group[train]) & set(group[test])
        order = rng.permutation(120)
        again = split(when[order].reset_index(drop=True), n_test, gap, group[order])
        assert sorted(order[again["train"]]) == train and sorted(order[again["test"]]) == test


def test_leak_audit_is_the_sql_answer_and_the_planted_truth():
    """Second implementation in DuckDB, and the truth planted by the simulator."""
    log, predicted = names("leak_audit")["simulate_event_log"](91)
    log = log.sample(frac=0.8, random_state=1)
    found = reference("leak_audit")(log, predicted)
    rows = duckdb.sql("""
        select c, avg((early = 0)::int), avg((late > 0)::int) from (
            select "column" as c, entity, count(*) filter (written_at <= predicted_at) as early, count(*) filter (written_at > predicted_at) as late
            from log join predicted using (entity) group by all
        ) group by c
    """).fetchall()
    assert found == {c: "drop" if never > 0.01 else "as-of" if late > 0.01 else "ok" for c, never, late in rows}
    log, predicted = names("leak_audit")["simulate_event_log"](92)
    truth = {"seats": "ok", "plan": "ok", "was_refunded_before": "ok", "region": "as-of", "usage_yesterday": "drop", "review_flag": "drop"}
    assert reference("leak_audit")(log, predicted) == truth


def test_fit_predict_safely_is_near_the_best_possible_and_rows_are_independent():
    """Simulation with known truth: the AUC of the true chances is the ceiling; and black-box perturbation of the other rows."""
    predict, leads = reference("fit_predict_safely"), names("fit_predict_safely")["simulate_leads"]
    train, y = leads(1_600, 61)
    test, truth = leads(2_000, 62)
    found = predict(train, y, test)
    effects = 1.5 * np.random.default_rng(99).normal(size=12)
    known = test["minutes"].notna()
    chance = (np.log(test["minutes"]) - 3) / 0.8 + effects[test["source"].str.split().str[1].astype(int)]
    ceiling = roc_auc_score(truth[known], chance[known])
    assert ceiling - 0.05 < roc_auc_score(truth[known], found[known]) < ceiling + 0.005
    rng = np.random.default_rng(0)
    for _ in range(5):
        row, rest = int(rng.integers(2_000)), rng.integers(0, 2_000, 30)
        other = test.iloc[[row, *rest]].copy()
        other.iloc[1:, 0] = rng.lognormal(9, 3, 30)
        assert predict(train, y, other)[0] == pytest.approx(found[row], rel=1e-9)
