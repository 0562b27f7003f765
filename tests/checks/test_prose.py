"""The rules for texts: numbers with units, metrics, periods, direction; different good texts pass, each rule fires on its own sentence."""

import pytest

from course.checks import prose
from course.checks.compare import CheckFailed

DESK = {
    "period": "week",
    "count_items": 10_000,
    "minutes_each": 3,
    "hours_today": 500,
    "share_automated": 0.80,
    "hours_saved": 351,
    "euros_saved": 12_285,
    "share_wrong_automated": 0.086,
    "share_wrong_today": 0.107,
    "metric_auc": 0.93,
    "metric_precision": 0.87,
}
ERRORS = " Errors fall from 10.7 % to 8.6 %."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("400 hours", [(400, "hours")]),
        ("four hundred working hours", [(400, "hours")]),
        ("10,000 or 10 000 or 10000", [(10_000, "")] * 3),
        ("€12k, 12,285 euros, EUR 1.2 million", [(12_000, "euros"), (12_285, "euros"), (1.2e6, "euros")]),
        ("80 %, 80%, 80 percent, eighty per cent, four in five, 8 out of 10", [(0.8, "share")] * 4 + [(0.8, "ratio")] * 2),
        ("one in five; 97 of every 100", [(0.2, "ratio"), (0.97, "ratio")]),
        ("a third, three quarters, half of it, half an hour", [(1 / 3, "share"), (0.75, "share"), (0.5, "share")]),
        ("from 3 to 1.8 %", [(0.03, "share?"), (0.018, "share")]),
        ("351 of the 500 hours", [(351, "hours?"), (500, "hours")]),
        ("a 3-minute check, three minutes each", [(3, "minutes")] * 2),
        ("two teams, the one, Q3, F1, the 1st", []),
        ("one hundred and twenty people", [(120, "")]),
        ("two thousand five hundred hours", [(2_500, "hours")]),
    ],
)
def test_numbers_are_read_with_their_units(text, expected):
    found = prose.numbers(text)
    assert [number.unit for number in found] == [unit for _, unit in expected]
    assert [number.value for number in found] == pytest.approx([value for value, _ in expected])


@pytest.mark.parametrize(
    "text",
    [
        "We save 351 hours a week." + ERRORS,
        "Reviewers win back about 350 hours every week, and their mistakes get rarer: fewer than today, 8.6 % against 10.7 %.",
        "Three hundred and fifty hours per week: that is what the desk gets back. Its error rate is 8.6 %, lower than the 10.7 % of people.",
        "€12k/week. The model is wrong less often than people are, in 8.6 per cent of its decisions and not in 10.7 per cent.",
        "Weekly we get 351 of our 500 hours back." + ERRORS + "\n\nExperts may like to know: AUC 0.93.",
        "It saves 351 hours a week, and precision (87 of 100 approvals are good) is fine." + ERRORS,
        "The desk saves 12,300 euros each week.\n- four in five applications need no review\n- 20 % stay with people\n- errors: 8.6 %, below today's 10.7 %",
        "Saving: 351 hours a week. Of automatic decisions 8.6% are wrong, of people's 10.7%. So we get better.",
        "Up to 80 % of applications are decided at once, which saves 351 hours a week; errors, at 8.6 %, are no higher than today's 10.7 %.",
        "Saves 351 hours a week and €12,285 a week, and quality goes up: the error rate is 8.6% instead of 10.7%.",
        "We give back 351 hours every week, with more accurate decisions: 8.6% are wrong versus 10.7% now.",
        "We save 351 hours a week. The error rate for automatic decisions is 0.086, lower than today's 0.107.",
        "We save 351 hours a week; the error rate of automatic decisions (8.6%) doesn't exceed today's (10.7%).",
        "**351 hours a week** come free. Mistakes get rarer: 8.6 % instead of 10.7 %.",
    ],
)
def test_good_texts_pass_whatever_their_wording(text):
    assert prose.headline_faults(text, DESK) == []


@pytest.mark.parametrize(
    ("text", "rule", "sentence"),
    [
        ("AUC is 0.93. We save 351 hours a week." + ERRORS, "no metric", "AUC is 0.93."),
        ("We built a model. It saves 351 hours a week." + ERRORS, "outcome first", "We built a model."),
        ("We save 80 hours a week." + ERRORS, "outcome first", "We save 80 hours a week."),
        ("We save 351 hours." + ERRORS, "period", "We save 351 hours."),
        ("We save 351 hours a month." + ERRORS, "period", "We save 351 hours a month."),
        ("We save 351 hours a week. It errs in 8.6 %.", "errors against today", "We save 351 hours a week. It errs in 8.6 %."),
        ("We save 351 hours a week. Errors rise from 10.7 % to 8.6 %.", "true direction", "Errors rise from 10.7 % to 8.6 %."),
        ("We save 351 hours a week. It's 8.6 % and 10.7 %.", "true direction", "It's 8.6 % and 10.7 %."),
        ("We save 351 hours a week, 18,252 hours a year." + ERRORS, "true numbers", "We save 351 hours a week, 18,252 hours a year."),
        ("We save 351 hours a week. 0.8 % are automatic." + ERRORS, "true numbers", "0.8 % are automatic."),
        ("We save 351 hours a week. 75 % are automatic." + ERRORS, "true numbers", "75 % are automatic."),
        ("We save 351 hours a week." + ERRORS + " And so on" * 30 + ".", "length", None),
    ],
)
def test_each_rule_fires_on_its_sentence(text, rule, sentence):
    first = prose.headline_faults(text, DESK)[0]
    assert first.rule == rule
    assert sentence is None or first.sentence == sentence
    with pytest.raises(CheckFailed, match=rule):
        prose.require([first], "a text")


@pytest.mark.parametrize(
    "errors",
    [
        "But errors rise: 13.1 % of automatic decisions are wrong, up from 10.7 %.",
        "The error rate climbs to 13.1%, compared with 10.7% today.",
        "That is bought with lower quality: 13.1 % are wrong, 10.7 % today.",
        "Errors increase from 10.7% to 13.1%: it cuts time, not mistakes.",
    ],
)
def test_bad_news_passes_when_it_is_told(errors):
    assert prose.headline_faults(f"We save 351 hours a week. {errors}", DESK | {"share_wrong_automated": 0.131}) == []


@pytest.mark.parametrize("text", ["350 hours", "351.0 hours", "340 hours", "345 hours"])
def test_rounding(text):
    """351: 350 rounds it, 351.0 is it; 340 and 345 round something else."""
    assert (prose.untrue_numbers(text, DESK) == []) == text.startswith("35")


@pytest.mark.parametrize("value", [None, 7, "", "  \n ", ["a"]])
def test_what_is_no_text_is_a_finding(value):
    assert [fault.rule for fault in prose.headline_faults(value, DESK)] == ["text"]
    assert [fault.rule for fault in prose.four_parts_faults(value, DESK)] == ["four parts"]


def test_sentences_end_at_points_and_list_items():
    text = "It costs 1.5 hours, e.g. at night. Yes!\n\n- first\n- second. Third"
    assert prose.sentences(text) == ["It costs 1.5 hours, e.g. at night.", "Yes!", "first", "second.", "Third"]
