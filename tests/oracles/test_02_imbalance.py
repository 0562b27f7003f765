"""Reference solutions of the imbalance topics against something independent."""

import numpy as np
import pandas as pd
import pytest
from imblearn.metrics import geometric_mean_score
from imblearn.over_sampling import SMOTE
from imblearn.pipeline import Pipeline
from scipy import stats
from sklearn import metrics
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_validate
from sklearn.utils.class_weight import compute_class_weight, compute_sample_weight

from course.authoring.verify import reference


def payments(n, seed, intercept=-4.0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 3))
    p = 1 / (1 + np.exp(-(intercept + x[:, 0] + 0.8 * x[:, 1])))
    return x, (rng.random(n) < p).astype(int), p


def test_average_precision_of_the_published_example():
    """scikit-learn's documented example: average precision 0.8333, where the trapezoid gives 0.7917."""
    found = reference("imbalance_metrics")([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    assert found["pr_auc"] == pytest.approx(0.8333, abs=5e-5)
    assert found["roc_auc"] == pytest.approx(0.75)


@pytest.mark.parametrize("digits", [1, 2, 6])
def test_imbalance_metrics_agree_with_scikit_learn_and_imbalanced_learn(digits):
    """scikit-learn's metrics and imbalanced-learn's geometric mean, with many and with few ties; ROC-AUC also as Mann-Whitney's U (scipy)."""
    rng = np.random.default_rng(digits)
    y = (rng.random(500) < 0.06).astype(int)
    s = np.round(np.clip(rng.normal(0.3 + 0.2 * y, 0.15), 0, 1), digits)
    found, flag = reference("imbalance_metrics")(y, s, 0.4), (s >= 0.4).astype(int)
    expected = {
        "accuracy": metrics.accuracy_score(y, flag),
        "precision": metrics.precision_score(y, flag),
        "recall": metrics.recall_score(y, flag),
        "f1": metrics.f1_score(y, flag),
        "g_mean": geometric_mean_score(y, flag),
        "pr_auc": metrics.average_precision_score(y, s),
        "roc_auc": stats.mannwhitneyu(s[y == 1], s[y == 0]).statistic / (y.sum() * (500 - y.sum())),
    }
    assert found == pytest.approx(expected)


@pytest.mark.parametrize(("beta", "costs"), [(0.5, None), (1, None), (2, None), (1, (1, 7)), (1, (4, 1))])
def test_best_threshold_is_not_beaten_by_any_other(beta, costs):
    """Brute force over thresholds half-way between neighbouring scores, with scikit-learn's F-beta and confusion matrix."""
    _, y, p = payments(400, 4, -2.5)
    valid, test = slice(0, 200), slice(200, 400)

    def metric(part, t):
        flag = p[part] >= t
        if costs is None:
            return metrics.fbeta_score(y[part], flag, beta=beta, zero_division=0)
        _, fp, fn, _ = metrics.confusion_matrix(y[part], flag, labels=[0, 1]).ravel()
        return -(costs[0] * fp + costs[1] * fn) / 200

    ranked = np.sort(p[valid])
    midpoints = [0.0, *((ranked[1:] + ranked[:-1]) / 2), 1.1]
    found = reference("best_threshold")(y[valid], p[valid], y[test], p[test], beta, costs)
    sign = 1 if costs is None else -1
    assert sign * found["valid"] == pytest.approx(max(metric(valid, t) for t in midpoints), abs=1e-9)
    assert sign * found["valid"] == pytest.approx(metric(valid, found["threshold"]))
    assert sign * found["test"] == pytest.approx(metric(test, found["threshold"]))


def test_cost_threshold_of_true_probabilities_is_elkans():
    """Elkan (2001): with true probabilities the threshold tends to c_fp / (c_fp + c_fn), and costs no more than the chosen one by chance."""
    _, y, p = payments(2_500, 8, -2.0)
    found = reference("best_threshold")(y, p, y, p, 1.0, (1, 4))
    flag = p >= 0.2
    elkan = ((flag & (y == 0)).sum() + 4 * (~flag & (y == 1)).sum()) / y.size
    assert found["threshold"] == pytest.approx(0.2, abs=0.08)
    assert found["valid"] <= elkan <= found["valid"] * 1.05


def test_balanced_weights_are_those_of_scikit_learn():
    """scikit-learn's compute_class_weight and compute_sample_weight."""
    y = np.random.default_rng(2).choice(["a", "b", "c"], 300, p=[0.7, 0.25, 0.05])
    weights, rows = reference("balanced_weights")(y.tolist(), ["a", "b", "c", "never"])
    assert [weights[c] for c in "abc"] == pytest.approx(compute_class_weight("balanced", classes=np.array(["a", "b", "c"]), y=y))
    assert weights["never"] == 0
    assert rows == pytest.approx(compute_sample_weight("balanced", y))


def test_smote_draws_from_the_distribution_of_imbalanced_learn():
    """imbalanced-learn's SMOTE on the same rows: each column has the same distribution (Kolmogorov-Smirnov)."""
    rng = np.random.default_rng(5)
    rare = rng.gamma(2, size=(25, 2))
    mine = reference("smote")(rare, 3_000, 4, 1)
    common = rng.normal(size=(3_025, 2))
    grown, _ = SMOTE(k_neighbors=4, random_state=1).fit_resample(np.vstack([rare, common]), [1] * 25 + [0] * 3_025)
    theirs = grown[3_050:]
    assert len(theirs) == 3_000
    for column in (0, 1):
        assert stats.ks_2samp(mine[:, column], theirs[:, column]).pvalue > 0.001
    assert stats.ks_2samp(mine.sum(axis=1), theirs.sum(axis=1)).pvalue > 0.001


def test_smote_stays_on_segments():
    """Geometry: for two clusters far apart and k below the cluster size, no new row lies between the clusters."""
    rng = np.random.default_rng(9)
    rare = np.vstack([rng.normal(0, 1, (8, 3)), rng.normal(100, 1, (8, 3))])
    new = reference("smote")(rare, 500, 7, 3)
    assert ((new < 10) | (new > 90)).all()
    assert ((new >= rare.min(axis=0)) & (new <= rare.max(axis=0))).all()


def test_undo_resampling_recovers_planted_probabilities():
    """Truth known: the posterior under another prior, by Bayes' rule from Gaussian class densities; and the formula of Dal Pozzolo and others (2015)."""
    x = np.linspace(-4, 5, 200)
    one, zero = stats.norm.pdf(x, 1.5), stats.norm.pdf(x, 0)
    said, truth = 0.4 * one / (0.4 * one + 0.6 * zero), 0.03 * one / (0.03 * one + 0.97 * zero)
    assert reference("undo_resampling")(said, 0.4, 0.03) == pytest.approx(truth)
    beta = 0.05
    rate = 0.02 / (0.02 + beta * 0.98)
    assert reference("undo_resampling")(said, rate, 0.02) == pytest.approx(beta * said / (beta * said - said + 1))


def test_smote_vs_weights_is_what_cross_validate_gives():
    """scikit-learn's cross_validate with imbalanced-learn's Pipeline on the same folds; and the threshold never changes the ranking."""
    x, y, _ = payments(700, 3, -3.0)
    table = reference("smote_vs_weights")(x, y, 3, 4)
    assert table.shape == (21, 5)
    folds = StratifiedKFold(3, shuffle=True, random_state=4)
    pr_auc = table.pivot(index="fold", columns="technique", values="pr_auc")
    for name, model in {
        "plain": LogisticRegression(max_iter=1000),
        "class weights": LogisticRegression(max_iter=1000, class_weight="balanced"),
        "SMOTE": Pipeline([("smote", SMOTE(random_state=4)), ("model", LogisticRegression(max_iter=1000))]),
    }.items():
        found = cross_validate(model, x, y, cv=folds, scoring=["average_precision", "f1"])
        assert pr_auc[name].to_numpy() == pytest.approx(found["test_average_precision"])
        assert table.loc[table["technique"] == name, "f1"].to_numpy() == pytest.approx(found["test_f1"])
    assert (pr_auc["threshold"] == pr_auc["plain"]).all()
    calibration = table.groupby("technique")["calibration"].mean()
    assert calibration["plain"] == pytest.approx(1, abs=0.15)
    assert (calibration.drop(["plain", "threshold"]) > 2).all()


def test_choice_rarely_picks_a_technique_that_only_differs_by_noise():
    """Simulation with known truth: without a true gain, at most 1 table in 20 leaves the threshold; with a large one, nearly all find it."""
    rng, choose = np.random.default_rng(6), reference("imbalance_choice")

    def choices(gain, runs):
        picked = []
        for _ in range(runs):
            base = rng.normal(0.4, 0.08, 5)
            parts = {"plain": base, "SMOTE": base + gain + rng.normal(0, 0.02, 5)}
            table = pd.concat([pd.DataFrame({"technique": n, "fold": range(5), "pr_auc": v, "calibration": 5.0}) for n, v in parts.items()])
            picked.append(choose(table)["choice"])
        return picked

    assert np.mean([c != "threshold" for c in choices(0.0, 150)]) <= 0.05
    assert np.mean([c == "SMOTE" for c in choices(0.08, 60)]) >= 0.9


def test_choice_uses_the_corrected_error():
    """Nadeau and Bengio (2003) by hand: differences 1, 2, 3, 4, 5 hundredths have s = 0.0158 and se = s * sqrt(1/5 + 1/4) = 0.010607."""
    base = [0.3, 0.5, 0.4, 0.45, 0.35]
    table = pd.DataFrame({"technique": ["plain"] * 5 + ["SMOTE"] * 5, "fold": list(range(5)) * 2, "calibration": 1.0})
    table["pr_auc"] = base + [b + d / 100 for b, d in zip(base, [1, 2, 3, 4, 5], strict=True)]
    found = reference("imbalance_choice")(table)
    assert (found["choice"], found["recalibrate"]) == ("SMOTE", False)
    assert found["gain"] == pytest.approx(0.03)
    assert found["se"] == pytest.approx(0.0106066, abs=1e-6)
