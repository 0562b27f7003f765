"""Submissions are graded and answered as they arrive, each once, also after a crash at any step."""

import sqlite3
import subprocess
import sys
import time

import nbformat
import pytest
from sqlalchemy import create_engine

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
    said = []
    assert list(Watch(tiny, jobs=1, say=said.append).look()) == []
    assert said == ["ada: nbgrader could not write the feedback of ada for 01-tiny: disk full; trying again at the next look"]
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


def test_what_goes_wrong_is_said_each_time_and_holds_up_nobody_else(tiny, lay, monkeypatch):
    api, said, full = watch.NbGraderAPI, [], [True]
    feedback = api.generate_feedback

    def generate(self, section, student, **options):
        if student == "cy" and full:
            raise OSError(28, "No space left on device")
        return feedback(self, section, student, **options)

    def away(*args):
        raise CourseError("the exchange is away")

    monkeypatch.setattr("nbgrader.api.create_engine", lambda url, **options: create_engine(url, connect_args={"timeout": 0.05}, **options))
    monkeypatch.setattr(api, "exchange_is_functional", True)
    monkeypatch.setattr(api, "generate_feedback", generate)
    monkeypatch.setattr(Watch, "_collect", away)
    for student in ("ada", "bo[1]", "cy"):
        lay(student, RIGHT)
    (tiny / "submitted" / "ada" / "00-nothing").mkdir()
    watcher = Watch(tiny, ["00-nothing", SECTION], jobs=1, say=said.append)
    other = sqlite3.connect(tiny / "gradebook.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    assert list(watcher.look()) == []
    other.close()
    again = "; trying again at the next look"
    nothing = ["00-nothing: the exchange is away" + again, "00-nothing: no section '00-nothing' in source/; there is 01-tiny" + again]
    assert said[:3] == [*nothing, f"{SECTION}: the exchange is away{again}"]
    assert said[3].startswith(f"{SECTION}: OperationalError: (sqlite3.OperationalError) database is locked") and said[3].endswith(again)
    for answered in ("ada", "cy"):
        said.clear()
        assert [result.student for result in watcher.look()] == [answered]
        bo = f"bo[1]: no feedback: nbgrader takes * ? [ ] in an id for a pattern of names, rename submitted/bo[1]{again}"
        assert bo in said and (f"cy: OSError: [Errno 28] No space left on device{again}" in said) == bool(full)
        full.clear()
    said.clear()
    assert list(watcher.look()) == [] and said == [*nothing, f"{SECTION}: the exchange is away{again}", bo]


def test_a_failure_that_nobody_foresaw_is_said_each_time_and_ends_no_watch(tiny, monkeypatch):
    said, looks = [], iter(range(2))

    def odd(root):
        raise RuntimeError("odd")

    def sleep(seconds):
        if next(looks, None) is None:
            raise KeyboardInterrupt

    monkeypatch.setattr(watch, "nbgrader_api", odd)
    monkeypatch.setattr(watch.time, "sleep", sleep)
    with pytest.raises(KeyboardInterrupt):
        Watch(tiny, say=said.append).run()
    assert said == ["watch: RuntimeError: odd; trying again at the next look"] * 3


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
