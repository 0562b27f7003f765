"""Model-based selection, bias and variance: each reference against something independent."""

import numpy as np
import pandas as pd
import pytest
from lightgbm import LGBMClassifier, early_stopping
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.feature_selection import RFE, SelectKBest, f_classif
from sklearn.linear_model import Ridge
from sklearn.model_selection import PredefinedSplit, cross_val_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline

from course.authoring.verify import reference


def test_model_based_rank_puts_planted_noise_last_on_real_tumours():
    """Planted truth: five permuted columns of scikit-learn's breast_cancer hold nothing, so none of them is in the upper half; a planted copy disappears."""
    data = load_breast_cancer(as_frame=True)
    rng = np.random.default_rng(0)
    table = data.data.assign(**{f"planted_{i}": rng.permutation(data.data.iloc[:, i]) for i in range(5)}, copy=data.data["worst area"])
    train = rng.random(len(table)) < 0.7
    ranked = reference("model_based_rank")(table, data.target, train, 3)
    assert sorted(ranked) == sorted(set(table.columns) - {"copy"})
    assert min(ranked.index(f"planted_{i}") for i in range(5)) >= len(ranked) / 2


def test_model_based_rank_finds_an_interaction_that_no_single_column_shows():
    """Simulation with known truth: the target is the exclusive-or of two signs; each column alone is uncorrelated with it."""
    rng = np.random.default_rng(1)
    table = pd.DataFrame(rng.normal(size=(1_500, 5)), columns=list("abcde"))
    target = ((table["b"] > 0) ^ (table["d"] > 0)).astype(int)
    assert set(reference("model_based_rank")(table, target, np.ones(1_500, bool))[:2]) == {"b", "d"}


@pytest.mark.parametrize("penalty", [0.1, 1.0, 400.0])
@pytest.mark.parametrize("k", [1, 4, 9])
def test_rfe_select_is_scikit_learns_rfe_around_ridge(penalty, k):
    """Other library: sklearn.feature_selection.RFE with Ridge, on the diabetes data and planted noise."""
    data = load_diabetes(as_frame=True, scaled=False)
    table = data.data.assign(noise=np.random.default_rng(2).normal(size=len(data.data)))
    found = RFE(Ridge(alpha=penalty), n_features_to_select=k).fit((table - table.mean()) / table.std(ddof=0), data.target)
    ours = reference("rfe_select")(table, data.target, k, penalty)
    assert ours["kept"] == list(table.columns[found.support_])
    assert ours["dropped"] == [name for _, name in sorted(zip(-found.ranking_, table.columns, strict=True)) if name not in ours["kept"]]


@pytest.mark.parametrize("seed", range(4))
def test_screened_error_is_a_scikit_learn_pipeline(seed):
    """Other library: SelectKBest by the F score (which orders like the absolute correlation) and 1-NN in a Pipeline over PredefinedSplit."""
    rng = np.random.default_rng(seed)
    y, fold = rng.permutation(np.repeat([0, 1], 30)), rng.permutation(np.arange(60) % 6)
    X = rng.normal(size=(60, 40))
    X[:, 7] += 1.5 * y
    model = make_pipeline(SelectKBest(f_classif, k=3), KNeighborsClassifier(1, algorithm="brute"))
    accuracy = cross_val_score(model, X, y, cv=PredefinedSplit(fold))
    assert reference("screened_error")(X, y, 3, fold) == pytest.approx(1 - accuracy.mean())


def test_screened_error_on_noise_is_one_half_as_hastie_tibshirani_friedman_say():
    """Published setting: Elements of Statistical Learning, section 7.10.2: 50 rows, 5,000 noise columns, best 100, 1-NN: about 50 % when done right."""
    errors = []
    for seed in range(15):
        rng = np.random.default_rng(seed)
        errors.append(reference("screened_error")(rng.normal(size=(50, 5_000)), rng.permutation(np.repeat([0, 1], 25)), 100, np.arange(50) % 5))
    assert 0.45 < np.mean(errors) < 0.62


@pytest.mark.parametrize("degree", [0, 1, 4, 9])
def test_bias_variance_matches_the_algebra_of_linear_smoothers(degree):
    """Analytic case: with hat matrix H, bias is Hf - f and the mean variance is sigma^2 tr(HH')/m; at the training points sigma^2 (degree + 1)/n."""
    rng = np.random.default_rng(3)
    x, sigma, sets = np.linspace(-1, 1, 30), 0.5, 4_000
    truth = np.exp(x) * np.cos(4 * x)
    y_sets, y_new = (truth + sigma * rng.normal(size=(sets, 30)) for _ in range(2))
    found = reference("bias_variance")(degree, x, y_sets, x, truth, y_new)
    basis = np.vander(x, degree + 1)
    bias = basis @ np.linalg.pinv(basis) @ truth - truth
    variance = sigma**2 * (degree + 1) / 30
    assert found["variance"] == pytest.approx(variance, rel=0.05)
    assert found["bias2"] == pytest.approx((bias**2).mean(), rel=0.03, abs=4 * variance / sets)
    assert found["noise"] == pytest.approx(sigma**2, rel=0.02)
    assert found["error"] == pytest.approx((bias**2).mean() + variance + sigma**2, rel=0.02)


def test_bias_variance_splits_the_distance_from_the_truth_exactly():
    """Identity: dividing by S, bias^2 + variance is the mean squared distance of the fits from the truth, which is error minus noise for noiseless outcomes."""
    rng = np.random.default_rng(4)
    x, truth = np.linspace(-1, 1, 12), rng.normal(size=12)
    y_sets = truth + rng.normal(size=(7, 12))
    found = reference("bias_variance")(3, x, y_sets, x, truth, np.tile(truth, (7, 1)))
    assert found["noise"] == 0
    assert found["bias2"] + found["variance"] == pytest.approx(found["error"], rel=1e-10)


def by_glmnets_definition(penalties, errors):
    """glmnet's lambda.min and lambda.1se, as its manual words them: getmin() with cvm and cvsd, written over sets."""
    errors = np.asarray(errors, float)
    cvm, cvsd = errors.mean(axis=1), np.sqrt(errors.var(axis=1, ddof=1) / errors.shape[1])
    lambda_min = max(p for p, m in zip(penalties, cvm, strict=True) if m <= min(cvm))
    ceiling = next(m + s for p, m, s in zip(penalties, cvm, cvsd, strict=True) if p == lambda_min)
    return lambda_min, ceiling, max(p for p, m in zip(penalties, cvm, strict=True) if m <= ceiling)


@pytest.mark.parametrize("seed", range(20))
def test_pick_complexity_is_glmnets_rule(seed):
    """Published rule: glmnet's lambda.1se is the largest lambda with cvm <= min(cvm) + cvsd; on 1 / lambda the simpler end is the low one."""
    rng = np.random.default_rng(seed)
    penalties = rng.permutation(np.geomspace(0.01, 10, 15))
    errors = 1 + 0.2 * np.log(penalties[:, None]) ** 2 / 5 + rng.normal(0, 0.4, (15, 8))
    best, limit, pick = by_glmnets_definition(penalties, errors)
    assert reference("pick_complexity")(penalties, errors, "high") == pytest.approx({"best": best, "limit": limit, "pick": pick})
    mirrored = reference("pick_complexity")(1 / penalties, errors)
    assert mirrored == pytest.approx({"best": 1 / best, "limit": limit, "pick": 1 / pick})


@pytest.mark.parametrize("min_delta", [0.0, 0.001])
@pytest.mark.parametrize("patience", [1, 3, 8])
def test_early_stop_is_lightgbms_callback(patience, min_delta):
    """Other library: best_iteration_ and the number of rounds that LightGBM's early_stopping callback really trains."""
    data = load_breast_cancer()
    X, y = data.data[:, :6], data.target
    options = {"n_estimators": 80, "learning_rate": 0.3, "verbose": -1, "n_jobs": 1, "random_state": 0}
    held = {"eval_X": X[300:], "eval_y": y[300:], "eval_metric": "binary_logloss"}
    whole = LGBMClassifier(**options).fit(X[:300], y[:300], **held).evals_result_["valid_0"]["binary_logloss"]
    stopped = LGBMClassifier(**options).fit(X[:300], y[:300], **held, callbacks=[early_stopping(patience, min_delta=min_delta, verbose=False)])
    trained = len(stopped.evals_result_["valid_0"]["binary_logloss"])
    assert reference("early_stop")(whole, patience, min_delta) == (stopped.best_iteration_, trained)
