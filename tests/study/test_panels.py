"""Each panel says the same in HTML and in plain text, and its HTML holds what a screen reader needs."""

from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest

from course.checks import model
from course.checks.model import CellResult, Exercise, Outcome
from course.interview import clock, report
from course.interview.journal import Answer, Asked, Journal
from course.study.panels import note_panel, result_panel, table_panel

CELL_OUTCOMES = (Outcome.PASSED, Outcome.WRONG, Outcome.NOT_ATTEMPTED, Outcome.TIMED_OUT, Outcome.OUT_OF_MEMORY, Outcome.DIED)
NOW = datetime(2026, 7, 1, 9, 0, tzinfo=UTC)


class Reader(HTMLParser):
    """The words of a page as a screen reader meets them, and its tags with their attributes."""

    def __init__(self, html):
        super().__init__()
        self.words, self.tags, self.silent = [], [], None
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag == "script" or ("aria-hidden", "true") in attributes:
            self.silent = tag

    def handle_endtag(self, tag):
        self.silent = None if tag == self.silent else self.silent

    def handle_data(self, data):
        self.words += [] if self.silent else data.split()


def result(*outcomes, whole=True, message="`share` was <4> & not 5:\nlook again"):
    tests = [model.Test(f"share-{place}", "share", str(place), 2, '"""A whole & a part."""') for place in range(len(outcomes))]
    exercise = Exercise("share", "core", "Shares", "", "", (), "", tuple(tests), "All `shares`", "c1")
    cells = [CellResult(test.grade_id, "share", 2 * (outcome is Outcome.PASSED), 2, outcome, message) for test, outcome in zip(tests, outcomes, strict=True)]
    return result_panel(exercise, cells, whole, "01-tiny.ipynb")


def interview(**values):
    return Journal("one", 1, 30, "", "", [Asked("a", 1, "03-llms", 5)], **values)


PANELS = {
    **{str(outcome): result(outcome) for outcome in CELL_OUTCOMES},
    "some right": result(Outcome.PASSED, Outcome.WRONG, Outcome.NOT_ATTEMPTED),
    "visible checks": result(Outcome.PASSED, whole=False),
    "visible checks, wrong": result(Outcome.WRONG, whole=False),
    "note": note_panel("share <1>", "no exercise 'share'; did you mean middle & co?"),
    "table": table_panel("Tiny: 1 of 2 points", ["exercise", "points"], [["share", "1 of 1"], ["middle & co", ""]]),
    "clock that runs": clock.panel(interview(started=NOW.isoformat()), NOW),
    "clock that stands": clock.panel(interview(), NOW),
    "report": report.panel(interview(finished=NOW.isoformat(), answers=[Answer("a", "03-llms", 1.5, 4, True, [])])),
}


@pytest.mark.parametrize("name", PANELS)
def test_html_and_text_say_the_same(name):
    html, text = PANELS[name]
    assert sorted(Reader(html).words) == sorted(text.replace("`", "").split())


def test_what_stands_in_backticks_is_code():
    assert "<code>share</code> was &lt;4&gt;" in PANELS["some right"][0]


@pytest.mark.parametrize("name", sorted(PANELS.keys() - {"table", "report"}))
def test_a_panel_is_announced_under_a_name(name):
    (tag, attributes), *_ = Reader(PANELS[name][0]).tags
    assert (tag, attributes["role"]) == ("div", "status") and attributes["aria-label"]


@pytest.mark.parametrize("name", ["table", "report"])
def test_a_table_has_a_caption_and_heads_for_columns_and_rows(name):
    tags = Reader(PANELS[name][0]).tags
    assert [tag for tag, _ in tags].count("caption") == 1
    assert {attributes["scope"] for tag, attributes in tags if tag == "th"} == {"col", "row"}


@pytest.mark.parametrize(("outcome", "mark"), [(Outcome.PASSED, "✓"), (Outcome.WRONG, "✗"), (Outcome.TIMED_OUT, "✗"), (Outcome.NOT_ATTEMPTED, "○")])
def test_outcomes_differ_by_a_mark_and_not_by_colour_alone(outcome, mark):
    html, _ = result(outcome, Outcome.DIED)
    assert f">{mark}</span>" in html
    assert f'">{outcome}</span>' in html


def test_the_list_of_checks_stays_a_list_without_bullets():
    tags = Reader(PANELS["some right"][0]).tags
    assert [attributes["role"] for tag, attributes in tags if tag == "ul"] == ["list"]
    assert [tag for tag, _ in tags].count("li") == 3
