"""Reference solutions of errors, peeking and Bayes held against published figures, other libraries and simulations with known truth."""

import numpy as np
import pytest
from scipy import special, stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import NormalIndPower

from course.authoring.verify import reference

BH_1995 = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0]


def test_error_costs_has_the_power_of_statsmodels_and_the_minimum_of_a_grid_search():
    grid = np.linspace(0.001, 0.5, 150)
    result = reference("error_costs")(grid, 0.15, 40, 70, 0.08, 1_500)
    power = np.array([NormalIndPower().power(0.08, 1_500, alpha, alternative="two-sided") for alpha in grid])
    assert result["power"] == pytest.approx(power, rel=1e-9)
    cost = [0.85 * a * 40 + 0.15 * (1 - p) * 70 for a, p in zip(grid, power, strict=True)]
    assert result["best_alpha"] == grid[int(np.argmin(cost))]


def test_error_costs_is_what_experiments_cost_in_a_simulation():
    rng = np.random.default_rng(1)
    runs, prior, c1, c2, effect, n, alpha = 400_000, 0.3, 20, 50, 0.1, 700, 0.08
    works = rng.random(runs) < prior
    z = rng.normal(effect * np.sqrt(n / 2) * works)
    rejected = np.abs(z) > stats.norm.isf(alpha / 2)
    paid = np.where(works & ~rejected, c2, 0) + np.where(~works & rejected, c1, 0)
    cost = reference("error_costs")([alpha], prior, c1, c2, effect, n)["cost"][0]
    assert cost == pytest.approx(paid.mean(), abs=5 * paid.std() / np.sqrt(runs))


@pytest.mark.parametrize(("looks", "rate"), [(1, 0.05), (2, 0.0831), (3, 0.1073), (4, 0.1262), (5, 0.1417), (10, 0.1934), (20, 0.2479)])
def test_peeking_rate_agrees_with_armitage_mcpherson_rowe_1969(looks, rate):
    n_sims = 100_000
    assert reference("peeking_rate")(looks, 0.05, n_sims, seed=looks) == pytest.approx(rate, abs=4.5 * np.sqrt(rate * (1 - rate) / n_sims))


@pytest.mark.parametrize(("looks", "alpha"), [(10, 0.01), (20, 0.1)])
def test_peeking_rate_agrees_with_exact_integration_at_other_alphas(looks, alpha):
    limit = stats.norm.isf(alpha / 2)
    x = np.linspace(-limit, limit, 801)
    density = stats.norm.pdf(x)
    for look in range(2, looks + 1):
        y = np.linspace(-limit, limit, 801) * np.sqrt(look)
        density = np.trapezoid(stats.norm.pdf(y[:, None] - x) * density, x, axis=1)
        x = y
    exact = 1 - np.trapezoid(density, x)
    assert reference("peeking_rate")(looks, alpha, 100_000, seed=3) == pytest.approx(exact, abs=4.5 * np.sqrt(exact * (1 - exact) / 100_000))


def test_always_valid_p_is_one_over_the_likelihood_ratio_integrated_over_the_prior():
    rng = np.random.default_rng(5)
    a, b = rng.normal(3, 1.5, 40), rng.normal(3.8, 1.5, 40)
    sigma, tau, best, expected = 1.5, 0.7, 1.0, []
    theta = np.linspace(-8 * tau, 8 * tau, 4_001)
    for n in range(1, 41):
        error = sigma * np.sqrt(2 / n)
        difference = b[:n].mean() - a[:n].mean()
        ratio = np.exp((difference**2 - (difference - theta) ** 2) / (2 * error**2))
        best = min(best, 1 / np.trapezoid(ratio * stats.norm.pdf(theta, 0, tau), theta))
        expected.append(best)
    assert reference("always_valid_p")(a, b, sigma, tau) == pytest.approx(np.array(expected), rel=1e-6)


def test_always_valid_p_keeps_its_level_under_continuous_peeking():
    always_valid_p, runs = reference("always_valid_p"), 1_500
    rng = np.random.default_rng(8)
    hits = sum(always_valid_p(rng.normal(0, 1, 2_000), rng.normal(0, 1, 2_000), 1.0, 0.5)[-1] <= 0.05 for _ in range(runs))
    assert 0.005 < hits / runs <= 0.05


def test_adjust_p_values_gives_the_discoveries_of_benjamini_hochberg_1995():
    adjust = reference("adjust_p_values")
    assert (np.asarray(adjust(BH_1995, "bonferroni")) <= 0.05).sum() == 3
    assert (np.asarray(adjust(BH_1995, "bh")) <= 0.05).sum() == 4
    assert adjust(BH_1995, "bh")[5] == pytest.approx(15 * 0.0298 / 7)


@pytest.mark.parametrize(("method", "theirs"), [("bonferroni", "bonferroni"), ("bh", "fdr_bh")])
def test_adjust_p_values_agrees_with_statsmodels(method, theirs):
    rng = np.random.default_rng(2)
    for m in (1, 2, 7, 60):
        p = np.round(rng.random(m) ** 3, 2)
        assert reference("adjust_p_values")(p, method) == pytest.approx(multipletests(p, method=theirs)[1])


def test_adjust_p_values_by_bh_keeps_the_false_discovery_rate():
    rng, shares, adjust = np.random.default_rng(4), [], reference("adjust_p_values")
    for _ in range(2_000):
        shift = np.where(np.arange(50) < 10, 3.0, 0.0)
        found = adjust(2 * stats.norm.sf(np.abs(rng.normal(shift))), "bh") <= 0.1
        shares.append(found[10:].sum() / max(found.sum(), 1))
    assert 0.065 < np.mean(shares) < 0.095  # BH's level is alpha times the share of true nulls: 0.08


def test_posterior_is_the_share_among_the_flagged_of_a_population():
    rng = np.random.default_rng(6)
    sick = rng.random(2_000_000) < 0.03
    flagged = rng.random(sick.size) < np.where(sick, 0.8, 1 - 0.95)
    assert reference("posterior")(0.03, 0.8, 0.95) == pytest.approx(sick[flagged].mean(), abs=0.006)
    assert reference("posterior")(0.001, 0.9, 0.99) == pytest.approx(90 / (90 + 999))
    assert reference("posterior")(0.001, 0.9, 0.99) == pytest.approx(0.083, abs=0.0005)


@pytest.mark.parametrize(
    ("k", "n", "prior"),
    [((14, 22), (120, 130), (8, 32)), ((0, 0), (30, 60), (1, 1)), ((3, 9), (20, 24), (24, 96)), ((900, 960), (30_000, 30_000), (1, 1))],
)
def test_beta_binomial_agrees_with_evan_millers_closed_form(k, n, prior):
    a1, a2 = prior[0] + k[0], prior[0] + k[1]
    b1, b2 = prior[1] + n[0] - k[0], prior[1] + n[1] - k[1]

    def b_better(a1, b1, a2, b2):
        i = np.arange(a2)
        return np.exp(special.betaln(a1 + i, b1 + b2) - np.log(b2 + i) - special.betaln(1 + i, b2) - special.betaln(a1, b1)).sum()

    result = reference("beta_binomial")(k, n, prior)
    assert result["prob_b_better"] == pytest.approx(b_better(a1, b1, a2, b2), abs=1e-4)
    loss = a1 / (a1 + b1) * (1 - b_better(a1 + 1, b1, a2, b2)) - a2 / (a2 + b2) * (1 - b_better(a1, b1, a2 + 1, b2))
    assert result["expected_loss"] == pytest.approx(loss, rel=1e-3)
    assert special.betainc(a2, b2, [result["ci_low"], result["ci_high"]]) == pytest.approx([0.025, 0.975])


def test_beta_binomial_is_calibrated_when_rates_come_from_the_prior():
    rng, promised, came, inside = np.random.default_rng(9), [], [], []
    compare = reference("beta_binomial")
    for _ in range(250):
        rates = rng.beta(6, 54, 2)
        result = compare(tuple(rng.binomial(200, rates)), (200, 200), (6, 54))
        promised.append(result["prob_b_better"])
        came.append(rates[1] > rates[0])
        inside.append(result["ci_low"] <= rates[1] <= result["ci_high"])
    assert np.mean(promised) == pytest.approx(np.mean(came), abs=0.08)
    assert 0.90 < np.mean(inside) < 0.99


def test_thompson_beats_uniform_and_greedy_play_and_grows_slowly():
    rates = np.array([0.7, 0.8, 0.9])

    def greedy(rounds, seed):
        rng, good, bad = np.random.default_rng(seed), np.ones(3), np.ones(3)
        for _ in range(rounds):
            arm = np.argmax(good / (good + bad))
            won = rng.random() < rates[arm]
            good[arm] += won
            bad[arm] += 1 - won
        return float((good + bad - 2) @ (0.9 - rates))

    thompson = reference("thompson")
    late = np.mean([thompson(rates.tolist(), 1_600, seed)["regret"] for seed in range(25)])
    early = np.mean([thompson(rates.tolist(), 400, seed)["regret"] for seed in range(25)])
    assert late < 0.25 * 1_600 * 0.1  # uniform play loses 0.1 for each round
    assert late < 0.25 * np.mean([greedy(1_600, seed) for seed in range(25)])
    assert late < 2.2 * early


def test_thompson_pulls_like_the_exact_posterior_in_two_rounds():
    thompson = reference("thompson")
    pulls = [thompson([1.0, 0.0], 2, seed)["pulls"][0] for seed in range(6_000)]
    assert np.bincount(pulls, minlength=3) / 6_000 == pytest.approx([1 / 6, 1 / 2, 1 / 3], abs=0.03)
