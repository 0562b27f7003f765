"""References of labs 1 to 3 of the revision notebook against something independent."""

import functools

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.model_selection import GroupKFold, TimeSeriesSplit
from sklearn.neighbors import KNeighborsClassifier

from course.authoring.verify import reference


@functools.cache
def the(name):
    return reference(name)


def shared(name):
    """A name of a locked cell, as the reference of validate_model, or of another exercise, sees it."""
    return the("validate_model").__globals__[name]


@pytest.mark.parametrize("kind", ["customers", "later", "customers later"])
def test_validate_model_forecasts_production(kind):
    """Simulation with known truth: over 12 incidents the honest AUC is near the AUC on the labelled live rows, the random one is far above."""
    honest, random, live_auc = [], [], []
    for seed in range(200, 212):
        history, live = shared("simulate_tickets")(kind, seed)
        found = the("validate_model")(history, live)
        honest.append(found["auc_honest"])
        random.append(found["auc_random"])
        live_auc.append(shared("neighbour_auc")(history, live))
    assert np.mean(honest) == pytest.approx(np.mean(live_auc), abs=0.1)  # 3 standard errors: one incident differs by 0.11 (SD of 60)
    assert np.mean(random) - np.mean(live_auc) > 0.08


def test_validate_model_auc_is_that_of_scikit_learn_neighbours():
    """scikit-learn: KNeighborsClassifier(8) and the rank formula of the AUC."""
    history, live = shared("simulate_tickets")("archive", 5)
    features = shared("REQUEST_FEATURES")
    train, test = history[history["fold"] != 0], history[history["fold"] == 0]
    score = KNeighborsClassifier(8).fit(train[features], train["y"]).predict_proba(test[features])[:, 1]
    ones = score[test["y"] == 1]
    auc = stats.mannwhitneyu(ones, score[test["y"] == 0]).statistic / (ones.size * (test["y"] == 0).sum())
    assert the("validate_model")(history, live)["auc_random"] == pytest.approx(auc)


def test_validate_model_temporal_part_is_the_last_split_of_scikit_learn():
    """scikit-learn: TimeSeriesSplit with one split of the same test size, on rows sorted by time."""
    history, live = shared("simulate_tickets")("later", 6)
    order = history.sort_values("time")
    size = int((history["fold"] == 0).sum())
    *_, (train, test) = TimeSeriesSplit(n_splits=2, test_size=size).split(order)
    assert the("validate_model")(history, live)["auc_honest"] == pytest.approx(shared("neighbour_auc")(order.iloc[train], order.iloc[test]))


def test_validate_model_grouped_part_behaves_like_group_folds():
    """scikit-learn: the mean AUC of GroupKFold over 6 incidents is that of the grouped plan."""
    ours, folds = [], []
    for seed in range(300, 306):
        history, live = shared("simulate_tickets")("customers", seed)
        ours.append(the("validate_model")(history, live)["auc_honest"])
        parts = GroupKFold(5).split(history, groups=history["customer"])
        folds.append(np.mean([shared("neighbour_auc")(history.iloc[a], history.iloc[b]) for a, b in parts]))
    assert np.mean(ours) == pytest.approx(np.mean(folds), abs=0.1)


def test_audit_validation_counts_what_was_planted():
    """Planted faults: the counts are known by construction."""
    rng = np.random.default_rng(3)
    for _ in range(20):
        ids = rng.permutation(300).tolist()
        both, copied, outside = (int(rng.integers(0, 9)) for _ in range(3))
        tickets = pd.DataFrame({"id": ids, "text": [f"t{i}" for i in ids]})
        train, valid, test = ids[:150], ids[150:200], ids[200:] + ids[:both]
        for i in range(copied):
            tickets.loc[200 + i, "text"] = f"  T{ids[100 + i]} "
        log = {
            "train": train,
            "valid": valid,
            "test": test,
            "fitted": {"a": train + test[:outside], "b": train[:9]},
            "valid_auc": {"x": 0.7, "y": 0.8},
            "test_auc": {"x": 0.9, "y": 0.75},
            "chosen": "x",
        }
        found = the("audit_validation")(tickets, log)
        assert (found["overlap"], found["copies"], found["preprocessing"].get("a", 0)) == (both, copied, outside)
        assert found["tuning"] == pytest.approx(0.15)


def test_choose_metric_cost_threshold_is_the_best_for_true_probabilities():
    """Elkan (2001): for true probabilities no threshold has a lower expected cost than c_fa / (c_fa + c_miss)."""
    rng = np.random.default_rng(8)
    p = rng.beta(1, 4, 60_000)
    y = (rng.random(p.size) < p).astype(int)
    value = the("choose_metric")({"cost_false_alarm": 1, "cost_miss": 4}, y, {"m": p})["values"]["m"]
    costs = [((p >= t) * (1 - y) + 4 * (p < t) * y).mean() for t in np.linspace(0.02, 0.9, 45)]
    assert value <= min(costs) + 0.002


def test_choose_metric_average_precision_of_the_documented_example():
    """scikit-learn's documented example: average precision .8333 (here among further zeros with lower scores, which don't change it)."""
    y = np.array([0, 0, 1, 1] + [0] * 40)
    s = np.concatenate([[0.1, 0.4, 0.35, 0.8], np.linspace(0.0, 0.09, 40)])
    found = the("choose_metric")({}, y, {"m": s})
    assert found["metric"] == "average_precision"
    assert found["values"]["m"] == pytest.approx(0.8333, abs=1e-4)


def test_choose_metric_brier_parts():
    """Murphy (1973): the Brier score of scores with few levels is reliability - resolution + uncertainty."""
    rng = np.random.default_rng(9)
    s = rng.choice([0.1, 0.3, 0.7], 3_000)
    y = (rng.random(3_000) < s**1.5).astype(int)
    parts = [(np.mean(s == v), v, y[s == v].mean()) for v in [0.1, 0.3, 0.7]]
    reliability = sum(w * (v - o) ** 2 for w, v, o in parts)
    resolution = sum(w * (o - y.mean()) ** 2 for w, v, o in parts)
    found = the("choose_metric")({"number_used": True}, y, {"m": s})
    assert found["values"]["m"] == pytest.approx(reliability - resolution + y.mean() * (1 - y.mean()))


def test_capacity_metric_ceiling_is_reached_by_a_perfect_score():
    """The label itself as score: recall is the ceiling; no random score does better."""
    queue = the("capacity_metric").__globals__["simulate_queue"](5)
    perfect = the("capacity_metric")(queue.assign(score=queue["y"] * 1.0), 4, 20)
    assert perfect["recall"] == pytest.approx(perfect["ceiling"])
    for seed in range(20):
        other = the("capacity_metric")(queue.assign(score=np.random.default_rng(seed).random(len(queue))), 4, 20)
        assert other["ceiling"] == pytest.approx(perfect["ceiling"])
        assert other["recall"] <= perfect["ceiling"]


def test_impute_model_is_the_iterative_imputer_with_least_squares():
    """scikit-learn: IterativeImputer with LinearRegression, fitted on the training rows (the locked helper `fill` does so on one table)."""
    form = the("impute").__globals__["simulate_form"](300, 4)
    form.loc[::3, "budget"] = np.nan
    for method in ["drop", "mean", "model"]:
        pd.testing.assert_frame_equal(the("impute")(form, form, "budget", method), the("impute").__globals__["fill"](form, method))


def test_impute_mean_shrinks_the_standard_deviation_by_the_root_of_the_observed_share():
    """References: mean imputation shrinks the SD by sqrt(observed share); exactly sqrt((m - 1) / (n - 1)) for m known of n."""
    form = the("impute").__globals__["simulate_form"](1_000, 7)
    form.loc[600:, "budget"] = np.nan
    filled = the("impute")(form, form, "budget", "mean")
    assert filled["budget"].std() / form["budget"].std() == pytest.approx(np.sqrt(599 / 999))
    assert filled["budget"].std() / form["budget"].std() == pytest.approx(np.sqrt(0.6), abs=1e-3)


def test_impute_stochastic_restores_mean_spread_and_both_slopes():
    """Simulation with known truth: budget = 50 + 1.2 (usage - 20), residual SD 8, so SD 10 and reverse slope 0.3; light users are missing."""
    names = the("impute").__globals__
    form = names["simulate_form"](40_000, 9)
    form.loc[names["blanks"](form, "MAR", 10)[0], "budget"] = np.nan
    filled = the("impute")(form, form, "budget", "stochastic", seed=1)
    cov = filled.cov()
    assert filled["budget"].mean() == pytest.approx(50, abs=0.25)
    assert filled["budget"].std() == pytest.approx(10, abs=0.15)
    assert cov.loc["usage", "budget"] / cov.loc["usage", "usage"] == pytest.approx(1.2, abs=0.03)
    assert cov.loc["usage", "budget"] / cov.loc["budget", "budget"] == pytest.approx(0.3, abs=0.01)


def test_imputation_bias_agrees_with_theory():
    """Theory for MCAR with observed share q = 0.6: mean fill scales the slope on usage by q; model fill inflates the reverse slope by 1 / (q + (1 - q) r^2)."""
    names = the("imputation_bias").__globals__
    form = names["simulate_form"](3_000, 12)
    hidden = np.array([np.random.default_rng(i).permutation(3_000) < 1_200 for i in range(6)])
    bias = the("imputation_bias")(form, hidden)["bias"].set_index("method")
    r2 = form.corr().loc["usage", "budget"] ** 2
    assert bias.loc["mean", "slope_outcome"] == pytest.approx(-0.4, abs=0.02)
    exact = (1 + bias.loc["drop", "sd"]) * np.sqrt(1_799 / 2_999) - 1  # the sum of squares is that of the known, over n - 1
    assert bias.loc["mean", "sd"] == pytest.approx(exact, rel=1e-9)
    assert bias.loc["mean", "sd"] == pytest.approx(np.sqrt(0.6) - 1, abs=0.014)  # 4 standard errors of six masks (0.0034, from 66 sets of six)
    assert bias.loc["model", "slope_feature"] == pytest.approx(1 / (0.6 + 0.4 * r2) - 1, abs=0.03)
    assert bias.loc["drop", ["mean", "sd", "slope_outcome", "slope_feature"]].abs().max() < 0.03


def test_missing_mechanism_error_rates():
    """Simulation: under MCAR about 5 % are called; under MAR the follow-up is called about 5 %; under MNAR nearly always."""
    names = the("missing_mechanism").__globals__
    verdicts = {"MCAR": [], "MAR": [], "MNAR": []}
    for mechanism, found in verdicts.items():
        for seed in range(40):
            form = names["simulate_form"](500, seed)
            blank = names["blanks"](form, mechanism, 500 + seed)[0]
            called = form.loc[blank, "budget"].iloc[:40]
            found.append(the("missing_mechanism")(form.assign(budget=form["budget"].mask(blank)), "budget", called)["verdict"])
    assert verdicts["MCAR"].count("no-evidence") >= 32
    assert verdicts["MAR"].count("depends-on-value") <= 6
    assert verdicts["MAR"].count("depends-on-observed") >= 34
    assert verdicts["MNAR"].count("depends-on-value") >= 38
