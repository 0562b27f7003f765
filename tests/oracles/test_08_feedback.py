"""Reference solutions of the feedback loop and monitoring, held against something independent."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy import stats
from scipy.special import ive
from sklearn.metrics.pairwise import cosine_distances
from statsmodels.stats.proportion import proportions_ztest

from course.authoring.verify import reference
from course.datasets import news


def test_grades_follow_satisfaction_where_clicks_do_not():
    """Simulation with known truth: among clicked rows the grade tells who was satisfied; items never reached get no grade."""
    world = news.world(5_000, users=300, seed=1)
    log = news.impressions(world, sessions=3_000, seed=2)
    shown = log.shown.assign(minutes=world.articles["minutes"].to_numpy()[log.shown["article"]])
    grade = reference("implicit_labels")(shown)
    unseen = ~shown["clicked"] & ~shown["passed"] & ~shown["shared"]
    assert np.array_equal(np.isnan(grade), unseen)
    assert not log.truth["examined"][unseen].any()
    clicked = shown["clicked"].to_numpy()
    good = grade[clicked] >= 2
    expected = log.truth["satisfaction"][clicked].mean()
    assert good.mean() == pytest.approx(expected, abs=0.03)
    assert log.truth["satisfaction"].to_numpy()[clicked][good].mean() > log.truth["satisfaction"].to_numpy()[clicked][~good].mean() + 0.1


def test_propensities_come_out_and_need_the_randomised_rows():
    """The planted examination curve of the simulator, 1 / k^0.7; ranked rows alone are visibly off."""
    log = news.impressions(news.world(6_000, users=500, seed=3), sessions=9_000, seed=4, randomised=0.4).shown
    estimate = reference("position_propensity")(log, 20, 5)
    assert np.abs(estimate - news.EXAMINATION).mean() < 0.035  # about 650 clicks at position 1: 4 % of noise in every ratio
    swapped = reference("position_propensity")(log.assign(randomised=~log["randomised"]), 20, 5)
    assert (swapped[1:] < news.EXAMINATION[1:]).mean() > 0.9


def test_smoothing_is_a_posterior_mean():
    """Theory: with a beta prior of mean c and weight m, the posterior mean is (c_k + m c) / (n_k + m), from scipy.stats.beta."""
    rng = np.random.default_rng(5)
    log = pd.DataFrame({"position": rng.integers(1, 5, 60), "clicked": rng.random(60) < 0.3, "randomised": True})
    c, m = log["clicked"].mean(), 12
    groups = [log["clicked"][log["position"] == k] for k in range(1, 5)]
    means = [stats.beta(m * c + g.sum(), m * (1 - c) + (~g).sum()).mean() for g in groups]
    assert reference("position_propensity")(log, 4, m) == pytest.approx(np.array(means) / means[0])


def test_weighted_rate_is_unbiased_and_its_error_is_right():
    """Simulation with planted relevance 0.3, 150 logs: mean and spread of the estimate; and a regression on a constant gives the same numbers."""
    rng = np.random.default_rng(6)
    p = np.array([1.0, 0.5, 0.25, 0.2])
    found, ipw_ctr = [], reference("ipw_ctr")
    for _ in range(150):
        position = rng.choice(4, 200, p=[0.1, 0.2, 0.3, 0.4]) + 1
        log = pd.DataFrame({"article": 1, "position": position, "clicked": rng.random(200) < 0.3 * p[position - 1]})
        row = ipw_ctr(log, p, 10).iloc[0]
        found.append((row["ipw"], row["error"]))
    estimate, error = np.array(found).T
    assert estimate.mean() == pytest.approx(0.3, abs=4 * estimate.std() / 150**0.5)
    assert error.mean() == pytest.approx(estimate.std(), rel=0.2)
    fit = smf.ols("y ~ 1", data=pd.DataFrame({"y": log["clicked"] / p[log["position"] - 1]})).fit()
    assert (fit.params["Intercept"], fit.bse["Intercept"]) == pytest.approx(tuple(row[["ipw", "error"]]))


def test_session_metrics_against_a_regression_and_resampling():
    """statsmodels: clicks per seen item with errors clustered by session (HC0 of cluster sums, S / (S - 1)); a bootstrap over sessions for the error."""
    log = news.impressions(news.world(5_000, users=300, seed=7), sessions=700, seed=8).shown.assign(minutes=4)
    result = reference("session_metrics")(log)
    seen = log[log["clicked"] | log["passed"]].assign(y=lambda t: t["clicked"] * 1.0)
    assert seen["session"].nunique() == 700
    fit = smf.ols("y ~ 1", data=seen).fit(cov_type="cluster", cov_kwds={"groups": seen["session"], "use_correction": False})
    assert result["ctr"] == pytest.approx(fit.params["Intercept"])
    assert result["ctr_error"] == pytest.approx(fit.bse["Intercept"] * np.sqrt(700 / 699))
    sums = seen.groupby("session")["y"].agg(["sum", "size"]).to_numpy()
    draws = sums[np.random.default_rng(9).integers(700, size=(2_000, 700))].sum(axis=1)
    assert result["ctr_error"] == pytest.approx((draws[:, 0] / draws[:, 1]).std(), rel=0.06)


def test_entropy_and_distance_of_a_feed():
    """scipy.stats.entropy and scikit-learn's cosine distances; k equal categories have log2(k) bits."""
    world = news.world(3_000, users=100, seed=10)
    shown = news.feed_weeks(world, weeks=3, users=12, pool=200, slots=6, personal=1.0, seed=11).shown
    code = pd.Index(news.CATEGORIES).get_indexer(world.articles["category"])
    result = reference("diversity")(shown, code, world.vectors)
    for week in range(3):
        assert result["entropy"][week] == pytest.approx(np.mean([stats.entropy(np.bincount(code[row]), base=2) for row in shown[week]]))
        pairs = np.triu_indices(6, 1)
        assert result["distance"][week] == pytest.approx(np.mean([cosine_distances(world.vectors[row])[pairs].mean() for row in shown[week]]), abs=1e-5)
    even = np.broadcast_to(np.arange(8), (2, 2, 8))
    assert reference("diversity")(even, np.arange(8), np.eye(8))["entropy"] == pytest.approx([3, 3])


def test_slope_error_is_that_of_a_t_test_and_keeps_its_level():
    """scipy.stats.ttest_1samp of the users' slopes; random feeds are called stable about 95 % of the time."""
    rng = np.random.default_rng(12)
    stable, diversity = 0, reference("diversity")
    for _ in range(120):
        shown = rng.integers(0, 30, (5, 40, 6))
        result = diversity(shown, np.arange(30) % 5, np.eye(30))
        stable += result["verdict"] == "stable"
    assert 0.88 <= stable / 120 <= 1
    code = np.arange(30) % 5
    slopes = [stats.linregress(range(5), [stats.entropy(np.bincount(code[shown[w, u]]), base=2) for w in range(5)]).slope for u in range(40)]
    assert result["slope"] / result["error"] == pytest.approx(stats.ttest_1samp(slopes, 0).statistic)


def test_effective_number_does_not_depend_on_volume_and_gini_does():
    """Simulation: the same shares at 200 and at 0.6 impressions per article. Chance Gini of an even feed by Poisson theory: e^-2m (I0(2m) + I1(2m))."""
    rng = np.random.default_rng(13)
    share = rng.lognormal(0, 1, 1_000)
    share /= share.sum()
    exposure = np.array([rng.multinomial(n, share) for n in (200_000, 200_000, *[600] * 40)])
    result = reference("popularity_collapse")(exposure, 100, 0.5)
    assert result["effective"][0] == pytest.approx(1 / (share**2).sum(), rel=0.02)
    assert 1 / np.mean(1 / np.array(result["effective"][2:])) == pytest.approx(1 / (share**2).sum(), rel=0.1)
    assert np.mean(result["gini"][2:]) > result["gini"][0] + 0.15
    flat = np.array([rng.multinomial(n, np.full(20_000, 1 / 20_000)) for n in (12_000, 12_000, 2_000_000, 2_000_000)])
    even = reference("popularity_collapse")(flat, 10, 0.5)
    assert even["gini"][0] == pytest.approx(ive(0, 1.2) + ive(1, 1.2), abs=0.01) == pytest.approx(0.63, abs=0.01)
    assert even["gini"][3] == pytest.approx(ive(0, 200) + ive(1, 200), abs=0.002) == pytest.approx(0.056, abs=0.002)


def test_collapse_is_found_in_a_feed_that_learns_from_its_clicks():
    """The simulator: popularity alone collapses, a personal feed without popularity does not; the top 1 % is np.percentile's tail."""
    world = news.world(6_000, users=400, seed=14)
    verdicts = {}
    for name, ways in {"loop": {"popularity": 1.0, "personal": 1.0}, "random": {"popularity": 0.0, "personal": 0.0}}.items():
        run = news.feed_weeks(world, weeks=10, users=200, pool=800, seed=15, **ways)
        exposure = np.array([np.bincount(np.searchsorted(run.pool, week.ravel()), minlength=800) for week in run.shown])
        result = reference("popularity_collapse")(exposure, 1_000, 0.8)
        verdicts[name] = result["verdict"]
        top = np.sort(exposure[0])[::-1][:8].sum() / exposure[0].sum()
        assert result["top_share"][0] == pytest.approx(top)
    assert verdicts == {"loop": "collapse", "random": "stable"}


def test_sample_ratio_against_a_z_test():
    """statsmodels: the chi-squared test with two groups is the squared z-test of one proportion with the planned variance."""
    step = {"name": "a", "share": 0.1, "requests": 10, "errors": 0, "p99_ms": 1.0, "control": 8_900, "treatment": 1_060, "metrics": {}, "margins": {}}
    row = reference("ramp_plan")([step], {"p99_ms": 200, "error_rate": 0.01, "srm_p": 0.001})[0]
    assert row["srm_p"] == pytest.approx(proportions_ztest(1_060, 9_960, 0.1, prop_var=0.1)[1])


def test_gates_let_real_harm_through_as_seldom_as_promised():
    """Simulation: a loss exactly at the margin passes about 2.5 % of the time, no loss at all with small errors nearly always."""
    rng = np.random.default_rng(16)
    gates, ramp_plan = {"p99_ms": 200, "error_rate": 0.01, "srm_p": 0.001}, reference("ramp_plan")

    def decided(loss, error):
        step = {"name": "a", "share": 0.5, "requests": 10, "errors": 0, "p99_ms": 1.0, "control": 500, "treatment": 500, "margins": {"m": 0.02}}
        rows = [ramp_plan([step | {"metrics": {"m": (rng.normal(-loss, error), error)}}], gates)[0] for _ in range(700)]
        return {name: np.mean([row["decision"] == name for row in rows]) for name in ("go", "hold", "roll back")}

    at_margin = decided(0.02, 0.005)
    assert at_margin["go"] == pytest.approx(0.025, abs=0.02)
    assert at_margin["roll back"] == pytest.approx(0.025, abs=0.02)
    assert decided(0.0, 0.004)["go"] > 0.99
