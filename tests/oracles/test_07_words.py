"""Reference solutions of the words part of 07-communication against independent sources."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, precision_score, recall_score

from course.authoring.verify import reference
from course.datasets import applications

KEYS = ("good_approved", "bad_approved", "good_refused", "bad_refused")


def _labels(counts):
    """(truth, decision) of the single cases behind four counts."""
    return np.repeat([1, 0, 1, 0], counts), np.repeat([1, 1, 0, 0], counts)


def test_translate_metric_predicts_a_simulated_week_of_another_mix():
    """Precision measured on a balanced sample of simulated applications; the real week has the natural mix (simulation with known truth)."""
    cases = applications.week(60_000, seed=1)
    good, bad = cases[cases["good"] == 1], cases[cases["good"] == 0].iloc[:4_000]
    balanced = pd.concat([good.iloc[:4_000], bad])
    decided = balanced["score"] >= 0.6
    measured = {"precision": precision_score(balanced["good"], decided), "recall": recall_score(balanced["good"], decided), "good_share": 0.5}
    week = applications.week(20_000, seed=2)
    figures = {"applications": 20_000, "good_share": week["good"].mean(), "euros_bad_approved": 500, "euros_good_refused": 20, "euros_lost_today": 1e6}
    result = reference("translate_metric")(measured, figures)
    approve, is_good = week["score"] >= 0.6, week["good"] == 1
    bad_approved, good_refused = (approve & ~is_good).sum(), (~approve & is_good).sum()
    assert result["approved"] == pytest.approx(approve.sum(), rel=0.03)
    assert result["bad_approved"] == pytest.approx(bad_approved, rel=0.08)
    assert result["good_refused"] == pytest.approx(good_refused, rel=0.05)
    assert result["right_of_100"] == pytest.approx(100 * is_good[approve].mean(), abs=1)
    assert result["euros_lost"] + result["euros_saved"] == pytest.approx(1e6)


def test_gap_sources_adds_up_to_the_difference_of_accuracies():
    """Identity: lost - won is the difference of scikit-learn's accuracies; sources counted by pandas' crosstab on planted labels."""
    rng = np.random.default_rng(3)
    planted = rng.choice(["limit", "features", "data", "model"], 5_000, p=[0.1, 0.2, 0.3, 0.4])
    truth = rng.integers(0, 2, 5_000)
    people = np.where(rng.random(5_000) < 0.04, 1 - truth, truth)
    model = np.where(rng.random(5_000) < 0.2, 1 - truth, truth)
    table = pd.DataFrame(
        {"people_right": people == truth, "model_right": model == truth, "disputed": planted == "limit", "people_saw_more": planted == "features"}
    )
    table["similar"] = np.where(planted == "data", 3, 300)
    result = reference("gap_sources")(table)
    assert result["gap"] == pytest.approx(100 * (accuracy_score(truth, people) - accuracy_score(truth, model)))
    sources = ["limit", "features", "data", "model"]
    assert sum(result[name] for name in sources) - result["won"] == pytest.approx(result["gap"])
    counted = pd.crosstab(planted, [table["people_right"], table["model_right"]])[(True, False)]
    for name in sources:
        assert result[name] == pytest.approx(counted[name] / 50)
    assert result["first"] == "model"
    cured = table["model_right"] | (table["people_right"] & (planted != "limit"))
    assert result["reachable"] == pytest.approx(100 * cured.mean())


@pytest.mark.parametrize("meaning", ["accuracy", "precision", "recall"])
def test_pushback_measures_as_scikit_learn_does(meaning):
    """Evidence against scikit-learn's metrics on the single cases, approve being the positive class."""
    score = {"accuracy": accuracy_score, "precision": precision_score, "recall": recall_score}[meaning]
    model, people = (510, 70, 80, 340), (580, 20, 10, 390)
    situation = {"target": 0.999, "meaning": meaning, "model": dict(zip(KEYS, model, strict=True)), "people": dict(zip(KEYS, people, strict=True))}
    situation |= {"labels_wrong": 0.0, "euros_bad_approved": 1, "euros_good_refused": 1, "offer": None}
    answer = reference("pushback")(situation)
    assert answer["move"] == "close the gap"
    assert answer["evidence"]["gap_points"] == pytest.approx(100 * (score(*_labels(people)) - score(*_labels(model))))


def test_pushback_on_the_three_baselines_of_the_interview_question():
    """The published dialogue: unclear wish, people at 82 %, people at 97 %."""
    model = dict(zip(KEYS, (400, 70, 80, 450), strict=True))
    base = {"target": 0.99, "model": model, "labels_wrong": 0.0, "euros_bad_approved": 1, "euros_good_refused": 1, "offer": None}
    said = [
        reference("pushback")(base | {"meaning": meaning, "people": people and dict(zip(KEYS, people, strict=True))})["move"]
        for meaning, people in (("unclear", None), ("accuracy", None), ("accuracy", (410, 110, 70, 410)), ("accuracy", (470, 20, 10, 500)))
    ]
    assert said == ["clarify", "measure people", "already better", "close the gap"]


def test_accuracy_and_cost_may_disagree():
    """10,000 applications, 1 % bad: 99 % right loses 200,000 euros, 85 % right 49,800; counted by hand."""
    base = {"target": 0.99, "meaning": "accuracy", "labels_wrong": 0.0, "euros_bad_approved": 2_000, "euros_good_refused": 20}
    base |= {"model": dict(zip(KEYS, (8_410, 10, 1_490, 90), strict=True)), "people": dict(zip(KEYS, (9_800, 5, 100, 95), strict=True))}
    base["offer"] = dict(zip(KEYS, (9_900, 100, 0, 0), strict=True))
    assert reference("pushback")(base) == {"move": "show the costs", "evidence": {"cost": 49_800, "cost_offer": 200_000}}


def test_lie_factor_of_tuftes_fuel_economy_chart():
    """Tufte, The Visual Display of Quantitative Information (1983): 18 and 27.5 miles per gallon drawn as 0.6 and 5.3 inches, lie factor 14.8."""
    start = 18 - 0.6 * (27.5 - 18) / (5.3 - 0.6)
    chart = {"title": "Fuel economy", "axis": "miles per gallon", "unit": "miles", "start": start, "values": {"1978": 18, "1985": 27.5}, "today": "1978"}
    result = reference("chart_audit")(chart)
    assert result["lie_factor"] == pytest.approx(14.8, abs=0.05)
    assert result["faults"] == ["cut axis"]


def test_texts_hold_their_numbers_literally():
    """Headline and summary against plain string search, without the rules' own reader."""
    facts = {
        "period": "month",
        "count_items": 4_321,
        "minutes_each": 7,
        "hours_today": 504,
        "share_automated": 0.61,
        "hours_saved": 277,
        "euros_saved": 9_141,
        "share_wrong_automated": 0.052,
        "share_wrong_today": 0.047,
    }
    text = reference("headline")(facts)
    first = text.split(". ")[0]
    assert "277 hours a month" in first and "9,141 euros" in first
    assert "5.2%" in text and "4.7%" in text and "above" in text and "below" not in text
    parts = reference("four_parts")(facts | {"work": "w-fact", "team": "t-fact", "risk": "r-fact", "watch": "s-fact", "owner": "o-fact"})
    assert list(parts) == ["problem", "model", "outcome", "risk"]
    for part, pieces in {"problem": ["4,321 w-fact", "t-fact", "7 minutes"], "model": ["61%", "39%", "t-fact"], "risk": ["r-fact", "s-fact", "o-fact"]}.items():
        assert all(piece in parts[part] for piece in pieces), part
    assert "277 hours a month" in parts["outcome"] and "more than the 4.7%" in parts["outcome"]


def test_grade_memo_names_as_wrong_only_what_arithmetic_rejects():
    """The number that memo B breaks by multiplying, and those that memo A may round."""
    judged = reference("grade_memo")()
    assert 24_000 * 2 / 60 * 0.6 == 480 and abs(480 / 430 - 1) > 0.05
    assert judged["B"]["broken"][3] == "number" and 7 not in judged["B"]["broken"]
    assert abs(9_000 / (430 * 35 - 6_000) - 1) < 0.05 and 7 not in judged["A"]["broken"]
