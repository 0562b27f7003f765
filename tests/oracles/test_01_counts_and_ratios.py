"""Topics counts, Central Limit Theorem and ratio metrics of 01-statistics, held against published numbers, other libraries and simulations with known truth."""

import fractions
import math

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import special, stats
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from course.authoring.verify import reference

HORSE_KICKS = np.repeat([0, 1, 2, 3, 4], [109, 65, 22, 3, 1])


def users(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Numerators and denominators of `n` users, not those of the notebook: Gamma rates, shifted Poisson totals, a tenth without any."""
    rng = np.random.default_rng(seed)
    rate = rng.gamma(2, 0.2, n)
    x = rng.poisson(rng.gamma(3, 2, n)) * (rng.random(n) < 0.9)
    return rng.poisson(rate * x).astype(float), x.astype(float)


def bootstrap_ratio(y: np.ndarray, x: np.ndarray, rng: np.random.Generator, repeats: int = 4_000) -> np.ndarray:
    """Ratios in bootstrap samples of users, by multinomial weights."""
    weights = rng.multinomial(y.size, np.full(y.size, 1 / y.size), size=repeats)
    return (weights @ y) / (weights @ x)


def test_count_model_on_horse_kicks_is_the_goodness_of_fit_test_of_scipy() -> None:
    assert HORSE_KICKS.size == 200 and HORSE_KICKS.mean() == pytest.approx(0.61)
    result = reference("count_model")(HORSE_KICKS)
    oracle = stats.chisquare(HORSE_KICKS, np.full(200, 0.61))
    assert result["family"] == "poisson"
    assert result["p_value"] == pytest.approx(oracle.pvalue, rel=1e-9)
    assert result["dispersion"] * 199 == pytest.approx(oracle.statistic, rel=1e-9)


def test_count_model_agrees_with_pearson_dispersion_of_a_poisson_regression_on_doctor_visits() -> None:
    visits = sm.datasets.randhie.load_pandas().data["mdvis"].to_numpy()
    assert visits.size == 20_190 and visits.mean() == pytest.approx(2.86, abs=0.005) and visits.var(ddof=1) == pytest.approx(20.3, abs=0.05)
    fit = sm.GLM(visits, np.ones_like(visits), family=sm.families.Poisson()).fit()
    result = reference("count_model")(visits)
    assert result["dispersion"] == pytest.approx(fit.pearson_chi2 / fit.df_resid, rel=1e-9)
    assert result["family"] == "negative-binomial"


def test_count_model_p_value_by_simulation() -> None:
    rng = np.random.default_rng(4)
    counts = np.array([2, 7, 3, 0, 5, 9, 4, 1, 6, 8, 2, 11])
    simulated = rng.poisson(counts.mean(), (40_000, counts.size))
    dispersion = simulated.var(axis=1, ddof=1) / simulated.mean(axis=1)
    result = reference("count_model")(counts)
    assert result["p_value"] == pytest.approx(np.mean(dispersion >= result["dispersion"]), abs=0.005)


def test_count_model_refuses_five_per_cent_of_poisson_samples() -> None:
    rng = np.random.default_rng(9)
    count_model = reference("count_model")
    share = np.mean([count_model(rng.poisson(4, 40))["family"] == "negative-binomial" for _ in range(2_000)])
    assert 0.035 < share < 0.065


def test_poisson_tail_is_the_waiting_time_for_the_kth_event() -> None:
    poisson_tail = reference("poisson_tail")
    for k, lam, t in [(1, 0.3, 2), (5, 2, 1.5), (40, 0.5, 8), (10_300, 250, 40)]:
        assert poisson_tail(k, lam, t) == pytest.approx(special.gammainc(k, lam * t), rel=1e-8)
    gaps = np.random.default_rng(2).exponential(1 / 2, (100_000, 5))
    assert poisson_tail(5, 2, 1.5) == pytest.approx(np.mean(gaps.sum(axis=1) <= 1.5), abs=0.005)


def test_poisson_tail_in_exact_arithmetic_where_it_is_tiny() -> None:
    tail = sum(fractions.Fraction(4) ** j / math.factorial(j) for j in range(40, 140))
    assert reference("poisson_tail")(40, 0.5, 8) == pytest.approx(float(tail) * math.exp(-4), rel=1e-9)


def test_normal_enough_n_on_the_published_cases() -> None:
    """Kohavi et al. 2014: skewness 17.9, 5.2 and 2.1 of Bing's metrics want 114k, 9.7k and 1.55k users (skewness printed to one decimal)."""
    for skewness, published in [(17.9, 114_000), (5.2, 9_700), (2.1, 1_550)]:
        assert reference("normal_enough_n")(skewness) == pytest.approx(published, rel=0.02)


def test_normal_enough_n_gives_tails_near_nominal_for_exponential_data_and_thirty_does_not() -> None:
    rng = np.random.default_rng(6)

    def misses(n: int, repeats: int) -> tuple[float, float]:
        below = above = 0
        for _ in range(repeats // 2_000):
            data = rng.standard_exponential((2_000, n))
            mean, error = data.mean(axis=1), data.std(axis=1, ddof=1) / np.sqrt(n)
            below += np.sum(mean + 1.96 * error < 1)
            above += np.sum(mean - 1.96 * error > 1)
        return below / repeats, above / repeats

    below, above = misses(reference("normal_enough_n")(2), 20_000)
    assert 0.018 < above < 0.025 < below < 0.032
    assert misses(30, 20_000)[0] > 0.05


def test_ratio_metric_agrees_with_the_bootstrap_over_users() -> None:
    y, x = users(500, seed=1)
    ratio, error = reference("ratio_metric")(y, x)
    assert ratio == pytest.approx(y.sum() / x.sum())
    assert error == pytest.approx(bootstrap_ratio(y, x, np.random.default_rng(2)).std(), rel=0.06)


def test_ratio_metric_agrees_with_weighted_regression_through_zero_and_robust_errors() -> None:
    y, x = users(300, seed=3)
    y, x = y[x > 0], x[x > 0]
    fit = sm.WLS(y, x, weights=1 / x).fit(cov_type="HC0")
    ratio, error = reference("ratio_metric")(y, x)
    assert ratio == pytest.approx(fit.params[0], rel=1e-9)
    assert error == pytest.approx(fit.bse[0] * np.sqrt(y.size / (y.size - 1)), rel=1e-9)


def test_ratio_metric_agrees_with_deng_knoblich_lu_equation_3() -> None:
    """Var(Y/X) written with squared means, as Deng, Knoblich and Lu 2018 do, and not through the residuals."""
    y, x = users(300, seed=4)
    (vy, c), (_, vx) = np.cov(y, x)
    my, mx = y.mean(), x.mean()
    variance = (vy / mx**2 + my**2 * vx / mx**4 - 2 * my * c / mx**3) / y.size
    assert reference("ratio_metric")(y, x)[1] == pytest.approx(np.sqrt(variance), rel=1e-9)


def test_ratio_ab_test_is_a_z_test_on_the_linearised_metric() -> None:
    arms = [users(700, seed=5), users(250, seed=6)]
    lines = [y.sum() / x.sum() + (y - y.sum() / x.sum() * x) / x.mean() for y, x in arms]
    compare = CompareMeans(DescrStatsW(lines[1]), DescrStatsW(lines[0]))
    low, high = compare.zconfint_diff(usevar="unequal")
    result = reference("ratio_ab_test")(*arms[0], *arms[1])
    assert [result["ci_low"], result["ci_high"]] == pytest.approx([low, high], rel=1e-9)
    assert result["p_value"] == pytest.approx(compare.ztest_ind(usevar="unequal")[1], rel=1e-9)


def test_ratio_ab_test_interval_agrees_with_the_bootstrap() -> None:
    rng = np.random.default_rng(7)
    control, treatment = users(700, seed=8), users(350, seed=9)
    result = reference("ratio_ab_test")(*control, *treatment)
    lifts = bootstrap_ratio(*treatment, rng) - bootstrap_ratio(*control, rng)
    width = result["ci_high"] - result["ci_low"]
    assert np.quantile(lifts, [0.025, 0.975]) == pytest.approx([result["ci_low"], result["ci_high"]], abs=0.06 * width)


def test_ratio_ab_test_false_positive_rate() -> None:
    ratio_ab_test = reference("ratio_ab_test")
    p_values = [ratio_ab_test(*users(400, seed=10_000 + i), *users(200, seed=20_000 + i))["p_value"] for i in range(1_000)]
    assert 0.03 < np.mean(np.array(p_values) < 0.05) < 0.075
