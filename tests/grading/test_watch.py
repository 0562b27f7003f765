"""Submissions are graded and answered as they arrive, each once, also after a crash at any step."""

import subprocess
import sys
import time

import nbformat
import pytest

from course.checks.model import Outcome
from course.grading import watch
from course.grading.demo import fill
from course.grading.watch import RETURNED, Watch
from course.paths import CourseError, notebook

SECTION = "01-tiny"
RIGHT = "def share(part, whole):\n    if whole == 0:\n        raise ValueError\n    return part / whole\n"


@pytest.fixture
def lay(tiny):
    """Lay a student's submission into submitted/."""

    def put(student, code):
        target = tiny / "submitted" / student / SECTION
        target.mkdir(parents=True, exist_ok=True)
        nbformat.write(fill(nbformat.read(notebook(tiny, SECTION, "release"), as_version=4), {"share": code}), target / f"{SECTION}.ipynb")

    return put


def page(root, student):
    return root / "feedback" / student / SECTION / f"{SECTION}.html"


def test_each_submission_is_graded_and_answered_once(tiny, lay):
    said = []
    watcher = Watch(tiny, jobs=1, say=said.append)
    assert list(watcher.look()) == []
    lay("ada", RIGHT)
    assert [(result.student, result.score) for result in watcher.look()] == [("ada", 3)]
    assert "You returned 4" not in page(tiny, "ada").read_text()
    assert list(watcher.look()) == []
    lay("ada", "def share(part, whole):\n    return whole / part\n")
    lay("bo", RIGHT)
    assert {(result.student, result.score) for result in watcher.look()} == {("ada", 0), ("bo", 3)}
    assert list(watcher.look()) == []
    assert "You returned 4" in page(tiny, "ada").read_text()
    assert len(said) == 3 and "3 of 4.5 points, feedback returned" in said[0]


def test_a_new_watch_takes_up_what_was_graded_and_not_answered(tiny, lay, monkeypatch):
    lay("ada", RIGHT)
    monkeypatch.setattr(watch.NbGraderAPI, "generate_feedback", lambda *args, **settings: {"success": False, "log": "disk full"})
    with pytest.raises(CourseError, match="could not write the feedback of ada for 01-tiny: disk full"):
        list(Watch(tiny, jobs=1).look())
    assert (tiny / "autograded" / "ada" / SECTION / f"{SECTION}.ipynb").is_file()
    monkeypatch.undo()
    monkeypatch.setenv("COURSE_ROOT", str(tiny))
    assert [result.student for result in Watch(tiny, jobs=1).look()] == ["ada"]
    assert (page(tiny, "ada").parent / RETURNED).is_file()
    assert list(Watch(tiny, jobs=1).look()) == []


def test_a_submission_that_the_grader_failed_on_is_tried_again(tiny, lay, monkeypatch):
    lay("ada", RIGHT)
    real, calls = watch.grade_section, []

    def fails_once(*args, **settings):
        results = real(*args, **settings)
        calls.append(1)
        if len(calls) == 1:
            results[0].outcome = Outcome.FAILED
        return results

    monkeypatch.setattr(watch, "grade_section", fails_once)
    watcher = Watch(tiny, jobs=1, say=lambda text: None)
    assert list(watcher.look()) == []
    assert [result.student for result in watcher.look()] == ["ada"]


def test_a_watch_that_was_killed_is_taken_up_by_the_next(tiny, lay):
    command = [sys.executable, "-m", "course", "grade", "--watch", "--every", "0.2", "--jobs", "1"]
    lay("ada", RIGHT)
    first = subprocess.Popen(command, cwd=tiny, stdout=subprocess.DEVNULL)
    graded = tiny / "autograded" / "ada" / SECTION / f"{SECTION}.ipynb"
    end = time.monotonic() + 120
    while not graded.is_file() and time.monotonic() < end:
        time.sleep(0.05)
    first.kill()
    first.wait()
    lay("bo", RIGHT)
    second = subprocess.Popen(command, cwd=tiny, stdout=subprocess.DEVNULL)
    while not all((page(tiny, student).parent / RETURNED).is_file() for student in ("ada", "bo")) and time.monotonic() < end:
        time.sleep(0.05)
    second.kill()
    second.wait()
    assert page(tiny, "ada").is_file() and page(tiny, "bo").is_file()
