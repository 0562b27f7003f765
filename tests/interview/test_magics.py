"""The notebook's side: the clock, the times of answers, silence of %check, and %finish."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta

import nbformat
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from traitlets.config import Config

from course.checks.model import role_of
from course.interview import clock, journal, make
from course.interview.journal import Journal, Run
from tests.conftest import PROJECT

NAME = "one"


@pytest.fixture(scope="module")
def shell(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IPYTHONDIR", str(tmp_path_factory.mktemp("ipython")))
        InteractiveShell.clear_instance()
        yield InteractiveShell.instance(config=Config(HistoryManager={"enabled": False}))
        InteractiveShell.clear_instance()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A course with an interview of one question, in whose folder the kernel runs."""
    shutil.copy(PROJECT / "nbgrader_config.py", tmp_path)
    monkeypatch.setenv("COURSE_ROOT", str(tmp_path))
    place = tmp_path / "work" / "interviews"
    place.mkdir(parents=True)
    plan = [journal.Asked("cascade_bill", 3, "03-llms", 4)]
    source = make.source(NAME, 5, plan)
    journal.save(place, Journal(NAME, 1, 5, journal.now(), journal.digest(make.dumps(source)), plan))
    nbformat.write(source, place / f"{NAME}.ipynb")  # the notebook of a candidate who knows it all
    monkeypatch.chdir(place)
    return place


@pytest.fixture
def say(shell, folder):
    """A function that runs a cell and returns (text, html) of what it showed."""

    def run(cell):
        with capture_output() as shown:
            assert shell.run_cell(cell, store_history=True).success
        return tuple("\n".join(output.data.get(kind, "") for output in shown.outputs) for kind in ("text/plain", "text/html"))

    run("%reload_ext course.interview" if "course.interview" in shell.extension_manager.loaded else "%load_ext course.interview")
    return run


def test_the_clock_starts_once(say, folder):
    text, html = say(f"%interview start {NAME}")
    first = journal.load(folder, NAME).started
    assert "minutes are left" in text and "1 on 03-llms" in text
    assert "<script>" in html and str(int(datetime.fromisoformat(first).timestamp() * 1000) + 300_000) in html
    text, _ = say(f"%interview start {NAME}")
    assert journal.load(folder, NAME).started == first
    assert "minutes are left" in say("%clock")[0]


def test_answers_are_noted_when_they_are_run(say, folder):
    say("def cascade_bill(rows, small, large, escalated):\n    return {}")
    assert journal.load(folder, NAME).runs == []  # the clock has not started
    say(f"%interview start {NAME}")
    cell = "def cascade_bill(rows, small, large, escalated):\n    return {'cost': 1, 'saved': 0}"
    say(cell)
    say("1 + 1")
    say("def something_else():\n    pass")
    runs = journal.load(folder, NAME).runs
    assert [(run.id, run.digest) for run in runs] == [("cascade_bill", journal.digest(cell))]


def test_run_all_on_an_untouched_notebook_does_not_end_it(say, folder):
    say(f"%interview start {NAME}")
    say("def cascade_bill(rows, small, large, escalated):\n    raise NotImplementedError()")
    assert "Nothing is answered yet" in say(f"%finish {NAME}")[0]
    kept = journal.load(folder, NAME)
    assert not kept.finished and not kept.runs


@pytest.mark.parametrize("magic", ["check", "hint", "solution"])
def test_there_are_no_verdicts_before_the_end(say, magic):
    text, _ = say(f"%{magic} cascade_bill")
    assert "verdicts come at the end" in text


def test_finish_wants_a_saved_notebook_and_grades_it(say, folder):
    say(f"%interview start {NAME}")
    file = folder / f"{NAME}.ipynb"
    kept = journal.load(folder, NAME)
    kept.runs = [Run("cascade_bill", (datetime.now(UTC) + timedelta(seconds=30)).isoformat(), "another text")]
    journal.save(folder, kept)
    assert "save it" in say("%finish")[0]
    solved = next(cell.source for cell in nbformat.read(file, as_version=4).cells if role_of(cell).get("role") == "solution")
    kept.runs[0].digest = journal.digest(solved)
    journal.save(folder, kept)
    text, html = say(f"%finish {NAME}")
    assert "4 of 4 points" in text and "Report: one-report.md" in text and "remove()" in html
    assert (folder / "one-report.html").is_file() and journal.load(folder, NAME).finished


def test_what_is_missing_is_told(say):
    assert "Run the cell with %interview start" in say("%clock")[0]
    assert "no interview 'two'" in say("%interview start two")[0]
    assert "%interview start NAME" in say("%interview")[0]


def test_grading_starts_no_clock(say, folder, monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    assert say(f"%interview start {NAME}\n%clock\n%finish {NAME}\n%check x") == ("", "")
    assert not journal.load(folder, NAME).started


def test_the_clock_in_words():
    start = datetime(2026, 7, 1, 9, 0, tzinfo=UTC)
    kept = Journal("x", 1, 30, "", "", [], start.isoformat())
    assert clock.left(kept, start + timedelta(minutes=12, seconds=5)).startswith("17:55 minutes are left")
    assert "1:30 minutes ago" in clock.left(kept, start + timedelta(minutes=31, seconds=30))
    kept.started = ""
    assert "has not started" in clock.left(kept, start)


def test_times_go_to_the_question_whose_run_ends_them():
    start = datetime(2026, 7, 1, 9, 0, tzinfo=UTC)
    kept = Journal("x", 1, 30, "", "", [], start.isoformat())
    kept.runs = [Run(key, (start + timedelta(minutes=minute)).isoformat(), "") for key, minute in (("a", 3), ("b", 5), ("a", 6))]
    assert kept.seconds() == {"a": 240, "b": 120}
