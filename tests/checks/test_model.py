import json

import nbformat
import pytest

from course.checks.model import CellResult, Exercise, Outcome, Section, SubmissionResult, heading, role_of
from course.paths import notebook
from tests.conftest import PROJECT


def test_a_source_is_read_whole(tiny):
    section = Section.read(tiny / "source/01-tiny/01-tiny.ipynb")
    assert (section.name, section.title, section.points) == ("01-tiny", "Tiny", 4.5)
    assert list(section.exercises) == ["share", "middle"]
    share, middle = section.exercises.values()
    assert (share.id, share.level, share.title, share.points) == ("share", "core", "`share`: a part of a whole", 3)
    assert (middle.level, middle.points) == ("stretch", 1.5)
    assert share.statement.startswith("### `share`") and "Raise `ValueError`" in share.statement
    assert "BEGIN SOLUTION" in share.solution
    assert share.hints == ("Python divides with one slash.", "Look at the whole before you divide by it.")
    assert share.explain.startswith("Dividing by nothing")
    assert [(test.grade_id, test.exercise, test.name, test.points) for test in share.tests] == [
        ("share-value", "share", "value", 2),
        ("share-edges", "share", "edges", 1),
    ]
    assert share.tests[0].title == "The share of the example, then of other numbers."
    assert "hidden_part" in share.tests[0].source
    assert [name for name, _ in section.locked] == ["setup", "draw"]
    assert section.locked[1][1].startswith("def draw(")


def test_a_release_is_read_with_stub_and_hints_and_without_explanation(tiny):
    section = Section.read(tiny / "release/01-tiny/01-tiny.ipynb")
    share = section.exercises["share"]
    assert list(section.exercises) == ["share", "middle"] and section.points == 4.5
    assert "NotImplementedError" in share.solution
    assert share.hints == ("Python divides with one slash.", "Look at the whole before you divide by it.")
    assert share.explain == ""
    assert "hidden_part" not in share.tests[0].source


def test_what_is_no_section_is_refused(tmp_path):
    path = tmp_path / "notes.ipynb"
    with pytest.raises(OSError):
        Section.read(path)
    path.write_text("{ no notebook")
    with pytest.raises(ValueError):
        Section.read(path)
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1")]), path)
    with pytest.raises(ValueError, match="notes holds no exercise"):
        Section.read(path)
    for content in (
        "",
        "[]",
        "3",
        '{"cells": 3}',
        '{"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": [{"metadata": {"course": {"exercise": "x"}}}]}',
    ):
        path.write_text(content)
        with pytest.raises(ValueError):
            Section.read(path)
    nbformat.write(nbformat.v4.new_notebook(), path)
    with pytest.raises(ValueError, match="notes holds no exercise"):
        Section.read(path)


@pytest.mark.parametrize("role", ["statement", "solution"])
def test_an_exercise_without_one_of_its_cells_is_refused(tiny, role):
    path = tiny / "release/01-tiny/01-tiny.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells = [cell for cell in notebook.cells if role_of(cell).get("role") != role or role_of(cell).get("exercise") != "middle"]
    with pytest.raises(ValueError, match=f"middle has no {role} cell"):
        Section.from_notebook(notebook, "01-tiny")


@pytest.mark.parametrize("metadata", [{}, {"course": None}, {"course": "x"}, {"course": ["role"]}, {"course": 3}])
def test_a_cell_without_a_mark_of_the_course_has_none(metadata):
    assert role_of(nbformat.from_dict({"cell_type": "code", "metadata": metadata, "source": ""})) == {}
    assert role_of(nbformat.from_dict({"cell_type": "code", "source": ""})) == {}


@pytest.mark.parametrize(
    ("markdown", "title"), [("# A\n\ntext", "A"), ("text first\n\n##  B  \n", "B"), ("no heading\nat all", "no heading"), ("", ""), (" \n", "")]
)
def test_heading_is_the_first_heading_or_the_first_line(markdown, title):
    assert heading(markdown) == title


def test_a_result_becomes_json():
    cell = CellResult("share-value", "share", 0.0, 2.0, Outcome.TIMED_OUT, "too slow")
    result = SubmissionResult("ada", "01-tiny", Outcome.GRADED, 0.0, 3.0, [cell], notes=["a cell was missing"])
    data = json.loads(json.dumps(result.as_dict()))
    assert data["outcome"] == "graded" and data["cells"][0]["outcome"] == "timed out" and data["notes"] == ["a cell was missing"]


def test_an_outcome_reads_as_words():
    assert f"{Outcome.NOT_ATTEMPTED}" == "not attempted" and Outcome("process died") is Outcome.DIED


def test_points_of_an_exercise_without_tests_are_zero():
    assert Exercise("x", "core", "X", "", "", (), "", ()).points == 0


def test_tasks_that_a_person_grades_are_known_with_their_points():
    assert Section.read(notebook(PROJECT, "07-communication")).tasks == {"stakeholder_chart": 8, "memo": 10}
