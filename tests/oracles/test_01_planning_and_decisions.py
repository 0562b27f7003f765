"""Experiment planning, assignment and decision: each reference against something independent."""

import hashlib
import itertools
import subprocess
import sys

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats
from statsmodels.stats.power import NormalIndPower, TTestIndPower
from statsmodels.stats.proportion import samplesize_proportions_2indep_onetail

from course.authoring.verify import reference


def test_sample_size_proportions_published_figure():
    assert reference("sample_size_proportions")(0.10, 0.02) == (3839, 3839)


@pytest.mark.parametrize(("baseline", "mde", "alpha", "power"), [(0.10, 0.02, 0.05, 0.8), (0.31, 0.025, 0.01, 0.9), (0.05, -0.01, 0.05, 0.7)])
@pytest.mark.parametrize("ratio", [1.0, 0.5, 3.0])
def test_sample_size_proportions_reaches_the_power_of_the_wald_test(baseline, mde, alpha, power, ratio):
    n_control, n_treatment = reference("sample_size_proportions")(baseline, mde, alpha=alpha, power=power, ratio=ratio)

    def reached(n, m):
        error = np.sqrt(baseline * (1 - baseline) / n + (baseline + mde) * (1 - baseline - mde) / m)
        return stats.norm.sf(stats.norm.isf(alpha / 2) - abs(mde) / error)

    assert reached(n_control, n_treatment) >= power > reached(n_control - 1, n_treatment - 1)
    assert n_treatment == pytest.approx(ratio * n_control, abs=max(1, ratio))


def test_sample_size_proportions_is_near_statsmodels_pooled_formula():
    ours, _ = reference("sample_size_proportions")(0.10, 0.02)
    theirs = samplesize_proportions_2indep_onetail(0.02, 0.10, 0.8, ratio=1, alpha=0.05)
    assert theirs == pytest.approx(3840.85, abs=0.01)
    assert ours == pytest.approx(float(theirs), rel=2e-3)


def test_sample_size_proportions_simulated_power():
    n_control, n_treatment = reference("sample_size_proportions")(0.08, 0.015, power=0.9, ratio=0.4)
    rng = np.random.default_rng(1)
    old, new = rng.binomial(n_control, 0.08, 40_000) / n_control, rng.binomial(n_treatment, 0.095, 40_000) / n_treatment
    error = np.sqrt(old * (1 - old) / n_control + new * (1 - new) / n_treatment)
    assert np.mean(np.abs(new - old) > stats.norm.isf(0.025) * error) == pytest.approx(0.9, abs=0.01)


@pytest.mark.parametrize(("sd", "mde", "ratio", "two_sided"), [(12, 0.5, 1.0, True), (30, 1.5, 2.0, True), (8.5, -0.3, 0.5, True), (8.5, 0.3, 1.0, False)])
def test_sample_size_means_against_statsmodels(sd, mde, ratio, two_sided):
    kind = "two-sided" if two_sided else "larger"
    n_control, n_treatment = reference("sample_size_means")(sd, mde, ratio=ratio, two_sided=two_sided)
    settings = {"effect_size": abs(mde) / sd, "power": 0.8, "alpha": 0.05, "ratio": ratio, "alternative": kind}
    normal, student = (float(np.squeeze(solver().solve_power(**settings))) for solver in (NormalIndPower, TTestIndPower))
    assert n_control == np.ceil(normal)
    assert n_treatment == np.ceil(ratio * normal)
    assert 0 <= student - normal < 2


def test_sample_size_means_simulated_power():
    n_control, n_treatment = reference("sample_size_means")(3.0, 0.6, ratio=2.0)
    rng = np.random.default_rng(2)
    old, new = rng.normal(0, 3, (8_000, n_control)), rng.normal(0.6, 3, (8_000, n_treatment))
    z = (new.mean(axis=1) - old.mean(axis=1)) / np.sqrt(9 / n_control + 9 / n_treatment)
    assert np.mean(np.abs(z) > stats.norm.isf(0.025)) == pytest.approx(0.8, abs=0.02)


def test_assign_variant_splits_100_000_ids_as_planned():
    assign, weights = reference("assign_variant"), {"control": 7, "short": 2, "long": 1}
    arms = [assign(user, "oracle", weights) for user in range(100_000)]
    assert stats.chisquare([arms.count(arm) for arm in weights], [70_000, 20_000, 10_000]).pvalue > 0.001


def test_assign_variant_salts_are_independent():
    assign, halves = reference("assign_variant"), {"a": 1, "b": 1}
    pairs = [(assign(user, "first", halves), assign(user, "second", halves)) for user in range(40_000)]
    table = [[pairs.count((x, y)) for y in "ab"] for x in "ab"]
    assert stats.chi2_contingency(table).pvalue > 0.001


def test_assign_variant_agrees_with_the_hash_of_another_process():
    program = "import hashlib; print([hashlib.sha256(f'salt:{i}'.encode()).hexdigest()[:16] for i in range(500)])"
    output = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": "7"}).stdout
    points = [int(text, 16) for text in output.strip("[]\n ").replace("'", "").split(", ")]
    expected = ["a" if 4 * point < 2**64 else "b" for point in points]
    assign = reference("assign_variant")
    assert [assign(user, "salt", {"a": 1, "b": 3}) for user in range(500)] == expected
    assert hashlib.sha256(b"abc").hexdigest().startswith("ba7816bf8f01cfea")  # FIPS 180-4


def test_sample_ratio_mismatch_against_simulation():
    result = reference("sample_ratio_mismatch")({"a": 540, "b": 300, "c": 160}, {"a": 5, "b": 3, "c": 2})
    rng = np.random.default_rng(3)
    draws = rng.multinomial(1_000, [0.5, 0.3, 0.2], 200_000)
    statistic = ((draws - [500, 300, 200]) ** 2 / np.array([500, 300, 200])).sum(axis=1)
    assert result["chi2"] == pytest.approx(11.2)
    assert result["p_value"] == pytest.approx(np.mean(statistic >= 11.2 - 1e-9), abs=0.0008)


def test_sample_ratio_mismatch_with_two_arms_is_the_squared_z_test():
    result = reference("sample_ratio_mismatch")({"a": 502_000, "b": 498_000}, {"a": 1, "b": 1})
    z = (0.502 - 0.5) / np.sqrt(0.25 / 1_000_000)
    assert result == {"chi2": pytest.approx(z**2), "p_value": pytest.approx(2 * stats.norm.sf(z)), "verdict": "mismatch"}


def test_sample_ratio_mismatch_rarely_rings_on_healthy_experiments():
    check, rng = reference("sample_ratio_mismatch"), np.random.default_rng(4)
    alarms = [check({"a": int(n), "b": 10_000 - int(n)}, {"a": 3, "b": 1})["verdict"] == "mismatch" for n in rng.binomial(10_000, 0.75, 3_000)]
    assert sum(alarms) <= 10


def test_novelty_slope_against_statsmodels():
    rng = np.random.default_rng(5)
    for days in (3, 4, 9, 28):
        lift = rng.normal(2, 1, days) - 0.1 * np.arange(days)
        fit = sm.OLS(lift, sm.add_constant(np.arange(days, dtype=float))).fit()
        low, high = fit.conf_int()[1]
        result = reference("novelty_slope")(lift)
        assert [result["slope"], result["ci_low"], result["ci_high"]] == pytest.approx([fit.params[1], low, high])


def test_novelty_slope_covers_the_truth():
    slope_of, rng, hits = reference("novelty_slope"), np.random.default_rng(6), 0
    for _ in range(4_000):
        result = slope_of(1.0 - 0.2 * np.arange(7) + rng.normal(0, 0.5, 7))
        hits += result["ci_low"] <= -0.2 <= result["ci_high"]
    assert hits / 4_000 == pytest.approx(0.95, abs=0.012)


def test_decide_truth_table():
    decide = reference("decide")
    ends = [-1.0, -0.5, 0.0, 0.25, 0.5, 0.75, 1.0]
    harms = [None, (-1, 1, 2), (0, 2, 2), (1, 3, 2), (2, 2, 2), (2, 3, 2), (2.5, 3, 2)]
    rank = {None: 0, (-1, 1, 2): 0, (0, 2, 2): 0, (1, 3, 2): 1, (2, 2, 2): 0, (2, 3, 2): 1, (2.5, 3, 2): 2}
    table = [["hold", "hold", "hold"], ["inconclusive", "inconclusive", "hold"], ["ship", "inconclusive", "hold"]]
    for (low, high), first, second in itertools.product(itertools.combinations_with_replacement(ends, 2), harms, harms):
        guardrails = {name: harm for name, harm in [("latency", first), ("cost", second)] if harm}
        size, worst = (low >= 0.5) + (high >= 0.5), max(rank[first], rank[second])
        assert decide(low, high, 0.5, guardrails) == {
            "decision": table[size][worst],
            "significant": not low <= 0 <= high,
            "size": ["small", "unclear", "large"][size],
            "guardrails": ["safe", "unclear", "breached"][worst],
        }


def test_decide_ships_only_what_is_significant():
    decide, rng = reference("decide"), np.random.default_rng(7)
    for centre, reach, threshold in zip(rng.normal(0.3, 0.6, 2_000), rng.exponential(0.3, 2_000), rng.exponential(0.3, 2_000), strict=True):
        result = decide(centre - reach, centre + reach, threshold, {})
        assert result["decision"] != "ship" or (result["significant"] and centre - reach > 0)
