import errno
import os
import shutil

import nbformat
import pytest

from course.checks.model import CellResult, Outcome, SubmissionResult
from course.grading.engine import Graded
from course.paths import CourseError
from course.study import progress, update, workspace
from course.study.workspace import check, prepare

COPY = "work/01-tiny/01-tiny.ipynb"


@pytest.fixture
def work(tiny):
    return prepare(tiny)


def write_solution(path, name, code):
    notebook = nbformat.read(path, as_version=4)
    next(cell for cell in notebook.cells if cell.id == name).source = code
    nbformat.write(notebook, path)


def test_a_workspace_is_copies_of_the_releases_and_a_home_page(tiny, work):
    assert work == tiny / "work"
    assert sorted(str(path.relative_to(work)) for path in work.rglob("*") if path.is_file()) == [
        ".course/releases/01-tiny.ipynb",
        "01-tiny/01-tiny.ipynb",
        "home.md",
        "home.svg",
    ]
    assert (tiny / COPY).read_bytes() == (tiny / "release/01-tiny/01-tiny.ipynb").read_bytes()
    assert (work / ".course").is_dir()


def test_what_is_there_is_never_written_over(tiny, work, snapshot):
    (tiny / COPY).write_text("what the learner wrote")
    (work / "01-tiny" / "notes.txt").write_text("mine")
    before = snapshot(work)
    prepare(tiny)
    assert snapshot(work) == before


def test_an_empty_file_of_the_learner_stays_empty(tiny, work):
    (tiny / COPY).write_bytes(b"")
    prepare(tiny)
    assert (tiny / COPY).read_bytes() == b""


def test_what_is_missing_is_added(tiny, work):
    (tiny / COPY).unlink()
    (work / "home.md").unlink()
    later = tiny / "release" / "02-later"
    shutil.copytree(tiny / "release" / "01-tiny", later)
    (later / "01-tiny.ipynb").rename(later / "02-later.ipynb")
    prepare(tiny)
    assert (tiny / COPY).is_file() and (work / "home.md").is_file() and (work / "02-later" / "02-later.ipynb").is_file()


def test_without_a_release_it_says_to_build(tiny):
    shutil.rmtree(tiny / "release")
    with pytest.raises(CourseError, match="release/ holds no section: run `course build` first"):
        prepare(tiny)
    assert not (tiny / "work").exists()


FAILURES = [(errno.EACCES, "(Permission denied): make {} writable"), (errno.ENOSPC, "(No space left on device): the disk is full: free some space")]


def refuse(code):
    def write(*_, **__):
        raise OSError(code, os.strerror(code))

    return write


@pytest.mark.parametrize(("code", "told"), FAILURES)
@pytest.mark.parametrize(("place", "module", "name"), [("work/", workspace, "write_home"), ("work/.course/releases", update, "write_whole")])
def test_a_folder_that_cannot_be_written_is_named(place, module, name, code, told, tiny, monkeypatch):
    monkeypatch.setattr(module, name, refuse(code))
    with pytest.raises(CourseError) as error:
        prepare(tiny)
    assert f"cannot write in {place} {told.format('the folder')}" in str(error.value)


def test_a_copy_is_handed_out_whole_or_not_at_all(tiny, monkeypatch):
    replaced = []

    def fill(source, target):
        if target == tiny / COPY:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        replaced.append(shutil.move(source, target))

    with monkeypatch.context() as full:
        full.setattr(os, "replace", fill)
        with pytest.raises(CourseError, match=r"cannot write in work/ .*the disk is full: free some space"):
            prepare(tiny)
    assert list((tiny / COPY).parent.iterdir()) == [] and replaced == [tiny / "work/.course/releases/01-tiny.ipynb"]
    prepare(tiny)
    assert (tiny / COPY).read_bytes() == (tiny / "release/01-tiny/01-tiny.ipynb").read_bytes()


def test_a_link_that_leads_nowhere_stays_and_is_told(tiny, work):
    (tiny / COPY).unlink()
    (tiny / COPY).symlink_to(tiny / "gone.ipynb")
    prepare(tiny)
    assert (tiny / COPY).is_symlink() and not (tiny / "gone.ipynb").exists()
    with pytest.raises(CourseError, match=r"is a link to .*gone\.ipynb"):
        check(tiny, "01-tiny")


def test_a_file_in_place_of_the_workspace_is_told_and_kept(tiny):
    (tiny / "work").write_text("a file")
    with pytest.raises(CourseError, match="cannot write in work/"):
        prepare(tiny)
    assert (tiny / "work").read_text() == "a file"


def test_the_saved_notebook_is_graded_by_the_engine_and_kept_as_progress(tiny, work):
    write_solution(tiny / COPY, "share", "def share(part, whole):\n    return part / whole")
    saved = (tiny / COPY).read_bytes()
    result = check(tiny, "01-tiny")
    assert (result.outcome, result.score, result.max_score) == (Outcome.GRADED, 2, 4.5)
    assert {cell.grade_id: cell.outcome for cell in result.cells} == {
        "share-value": Outcome.PASSED,
        "share-edges": Outcome.WRONG,
        "middle-value": Outcome.NOT_ATTEMPTED,
    }
    assert "expected ValueError, your function raised ZeroDivisionError" in result.cells[1].message
    record = progress.load(work, "01-tiny", "share")
    assert (record.attempts, record.best, record.points) == (1, 2, 3)
    assert progress.load(work, "01-tiny", "middle").attempts == 0
    assert "2 of 4.5" in (work / "home.md").read_text()
    assert (tiny / COPY).read_bytes() == saved


def graded(points):
    cell = CellResult("share-value", "share", points, 2.0, Outcome.PASSED)
    return Graded(nbformat.v4.new_notebook(), SubmissionResult("you", "01-tiny", Outcome.GRADED, points, 2.0, [cell]))


@pytest.mark.parametrize(("code", "told"), FAILURES)
def test_a_workspace_that_cannot_be_written_still_gives_the_grade(code, told, tiny, work, monkeypatch):
    monkeypatch.setattr(workspace, "grade", lambda *_: graded(2.0))
    monkeypatch.setattr(progress, "save", refuse(code))
    result = check(tiny, "01-tiny")
    assert result.score == 2 and result.notes == [f"progress was not kept {told.format('work/')}"]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "the file is empty"),
        ("{ not json", "JSON is broken"),
        ("[1]", "not a notebook"),
        ('{"cells": [], "metadata": {"course": {"section": "02-other"}}, "nbformat": 4, "nbformat_minor": 5}', "this is a notebook of 02-other"),
    ],
)
def test_a_file_that_cannot_be_graded_is_told_and_kept(content, why, tiny, work, snapshot):
    (tiny / COPY).write_text(content)
    before = snapshot(tiny)
    with pytest.raises(CourseError, match=rf"work/01-tiny/01-tiny\.ipynb can't be graded: .*{why}"):
        check(tiny, "01-tiny")
    assert snapshot(tiny) == before


def test_a_missing_notebook_or_section_is_told(tiny):
    with pytest.raises(CourseError, match=r"no notebook work/01-tiny/01-tiny\.ipynb: run `make lab` once"):
        check(tiny, "01-tiny")
    with pytest.raises(CourseError, match="no section '1-tiny' in source/; there is 01-tiny"):
        check(tiny, "1-tiny")
