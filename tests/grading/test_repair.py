import copy
import json

import nbformat
import pytest
from nbformat.v4 import new_code_cell

from course.checks.model import Outcome, role_of
from course.grading.repair import blank, repair
from course.paths import notebook
from tests.conftest import PROJECT

SECTION = "01-tiny"


@pytest.fixture
def source(built):
    return nbformat.read(notebook(built, SECTION), as_version=4)


@pytest.fixture
def release(built):
    return nbformat.read(notebook(built, SECTION, "release"), as_version=4)


def as_bytes(release):
    return json.dumps(release).encode()


def ids(cells):
    return [cell.metadata.nbgrader.grade_id for cell in cells if "nbgrader" in cell.metadata]


def solution(cells, index=0):
    return [cell for cell in cells if role_of(cell).get("role") == "solution"][index]


def test_an_intact_submission_needs_no_note_and_gets_its_hidden_tests_back(source, release):
    solution(release.cells).source = "answer = 1"
    repaired = repair(as_bytes(release), source)
    assert repaired.notes == []
    assert ids(repaired.notebook.cells) == ids(blank(source).cells)
    assert solution(repaired.notebook.cells).source == "answer = 1"
    assert any("BEGIN HIDDEN TESTS" in cell.source for cell in repaired.notebook.cells)


def test_an_untouched_task_is_what_the_release_has():
    """Else nbgrader, which compares the two, would ask a person for a grade of nothing."""
    both = [
        blank(nbformat.read(notebook(PROJECT, "07-communication"), as_version=4)),
        nbformat.read(notebook(PROJECT, "07-communication", "release"), as_version=4),
    ]
    before, after = [{cell.metadata.nbgrader.grade_id: cell.source for cell in book.cells if role_of(cell).get("role") == "task"} for book in both]
    assert before == after and set(after) == {"stakeholder_chart", "memo"}


def test_own_cells_stay_where_they_are(source, release):
    release.cells.insert(4, new_code_cell("mine = 1"))
    repaired = repair(as_bytes(release), source)
    assert repaired.notebook.cells[4].source == "mine = 1"


@pytest.mark.parametrize("role", ["test", "locked", "solution", "statement"])
def test_a_deleted_cell_is_put_back_in_its_place(source, release, role):
    gone = next(cell for cell in release.cells if role_of(cell).get("role") == role)
    release.cells.remove(gone)
    repaired = repair(as_bytes(release), source)
    assert ids(repaired.notebook.cells) == ids(blank(source).cells)
    assert len(repaired.notes) == 1
    assert gone.metadata.nbgrader.grade_id in repaired.notes[0]


def test_of_a_doubled_solution_the_last_counts(source, release):
    first = solution(release.cells)
    second = copy.deepcopy(first)
    first.source, second.source = "answer = 1", "answer = 2"
    release.cells.insert(release.cells.index(first) + 1, second)
    repaired = repair(as_bytes(release), source)
    assert solution(repaired.notebook.cells).source == "answer = 2"
    assert ids(repaired.notebook.cells) == ids(blank(source).cells)
    assert "more than once" in repaired.notes[0]


def test_a_solution_turned_into_markdown_is_code_again(source, release):
    cell = solution(release.cells)
    cell.cell_type, cell.source = "markdown", "answer = 1"
    del cell["outputs"], cell["execution_count"]
    repaired = repair(as_bytes(release), source)
    assert (solution(repaired.notebook.cells).cell_type, solution(repaired.notebook.cells).source) == ("code", "answer = 1")
    assert "markdown" in repaired.notes[0]


def test_moved_cells_are_back_in_order_with_own_cells_behind_them(source, release):
    release.cells.append(release.cells.pop(release.cells.index(solution(release.cells))))
    release.cells.append(new_code_cell("mine = 1"))
    repaired = repair(as_bytes(release), source)
    assert ids(repaired.notebook.cells) == ids(blank(source).cells)
    assert "moved" in repaired.notes[0]
    assert any(cell.source == "mine = 1" for cell in repaired.notebook.cells)


def test_changed_tests_points_and_locked_cells_come_from_the_source(source, release):
    for cell in release.cells:
        if role_of(cell).get("role") in ("test", "locked"):
            cell.source = "pass"
        if role_of(cell).get("role") == "test":
            cell.metadata.nbgrader.points = 1000
    repaired = repair(as_bytes(release), source)
    wanted = {cell.metadata.nbgrader.grade_id: cell for cell in blank(source).cells if "nbgrader" in cell.metadata}
    for cell in repaired.notebook.cells:
        if role_of(cell).get("role") in ("test", "locked"):
            assert cell.source == wanted[cell.metadata.nbgrader.grade_id].source
            assert cell.metadata.nbgrader == wanted[cell.metadata.nbgrader.grade_id].metadata.nbgrader


def test_a_cell_of_a_strange_grade_id_is_the_learners_own(source, release):
    stranger = new_code_cell("mine = 1", metadata={"nbgrader": {"grade_id": "other", "grade": True, "points": 50}, "course": {"role": "test", "exercise": "x"}})
    release.cells.append(stranger)
    repaired = repair(as_bytes(release), source)
    assert "nbgrader" not in repaired.notebook.cells[-1].metadata
    assert "course" not in repaired.notebook.cells[-1].metadata


def test_nbformat_3_is_converted(source, release):
    old = nbformat.writes(nbformat.convert(release, 3)) if hasattr(nbformat, "convert") else ""
    repaired = repair(old.encode(), source)
    assert repaired.unusable is None
    assert "old format" in repaired.notes[0]


def test_a_byte_order_mark_is_no_damage(source, release):
    assert repair(b"\xef\xbb\xbf" + as_bytes(release), source).notes == []


@pytest.mark.parametrize(
    ("submitted", "reason"),
    [
        (b"", "empty"),
        (b'{"cells": [', "JSON is broken"),
        (b"[]", "holds no cells"),
        (b'{"nbformat": 4, "cells": 3}', "no list of cells"),
        (b'{"nbformat": 4, "metadata": {}, "cells": []}', "no cell of 01-tiny"),
        (b'{"nbformat": 4, "metadata": {"course": {"section": "02-other"}}, "cells": []}', "02-other, not of 01-tiny"),
    ],
)
def test_a_useless_file_is_malformed_with_its_reason(source, submitted, reason):
    repaired = repair(submitted, source)
    assert repaired.unusable is Outcome.MALFORMED
    assert reason in repaired.reason
    assert ids(repaired.notebook.cells) == ids(blank(source).cells)


def test_no_file_is_missing(source):
    assert repair(None, source).unusable is Outcome.MISSING


def test_broken_cells_are_dropped_and_said(source, release):
    release.cells += [{"cell_type": "code", "source": 3}, "text"]
    repaired = repair(as_bytes(release), source)
    assert repaired.notes == ["2 broken cells were dropped"]
