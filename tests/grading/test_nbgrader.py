"""nbgrader's own commands on the course, from release to export, and `course grade` beside them."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook

from course.authoring import bank
from course.grading.batch import grade_section
from course.grading.demo import fill
from course.paths import CourseError, notebook

SECTION = "01-tiny"


@pytest.fixture
def shared(tiny, tmp_path):
    """The course with an exchange, and the folder of a learner who works on the same machine."""
    exchange = tmp_path / "exchange"
    exchange.mkdir()
    exchange.chmod(0o777)
    with (tiny / "nbgrader_config.py").open("a") as config:
        config.write(f"\nc.Exchange.root = {str(exchange)!r}\n")
    learner = tmp_path / "learner"
    learner.mkdir()
    (learner / "nbgrader_config.py").write_text((tiny / "nbgrader_config.py").read_text())
    return tiny, learner


def nbgrader(folder, *words):
    tools = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *words], cwd=folder, env={**os.environ, "PATH": tools}, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stderr


def lay(root, student, data):
    target = root / "submitted" / student / SECTION
    target.mkdir(parents=True, exist_ok=True)
    (target / f"{SECTION}.ipynb").write_bytes(data)


def filled(root, code):
    return json.dumps(fill(nbformat.read(notebook(root, SECTION, "release"), as_version=4), code)).encode()


def scores(root):
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as gradebook:
        return {
            submission.student_id: {grade.name: grade.auto_score for grade in submission.notebooks[0].grades}
            for submission in gradebook.assignment_submissions(SECTION)
        }


def answers(root, exercise):
    return bank.read(bank.folder(root, SECTION) / f"{exercise}.py")


def test_the_whole_round_by_nbgraders_commands(shared):
    root, learner = shared
    before = notebook(root, SECTION, "release").read_bytes()
    nbgrader(root, "generate_assignment", SECTION, "--force")
    assert notebook(root, SECTION, "release").read_bytes() == before
    nbgrader(root, "release_assignment", SECTION)
    nbgrader(learner, "fetch_assignment", SECTION)
    assert [path.name for path in (learner / SECTION).iterdir()] == [f"{SECTION}.ipynb"]
    right = {key: next(answer.code for answer in answers(root, key) if answer.right) for key in ("share", "middle")}
    (learner / SECTION / f"{SECTION}.ipynb").write_bytes(filled(root, right))
    nbgrader(learner, "submit", SECTION)
    nbgrader(root, "collect", SECTION)
    mistake = next(answer for answer in answers(root, "share") if not answer.right)
    lay(root, "mistaken", filled(root, {"share": mistake.code}))
    lay(root, "damaged", b'{"cells": [')
    nbgrader(root, "autograde", SECTION)
    nbgrader(root, "generate_feedback", SECTION)
    nbgrader(root, "export")

    rows = {row["student_id"]: row for row in csv.DictReader((root / "grades.csv").open())}
    own = next(name for name in rows if name not in ("mistaken", "damaged"))
    assert float(rows[own]["score"]) == float(rows[own]["max_score"])
    assert float(rows["damaged"]["score"]) == 0
    assert 0 <= float(rows["mistaken"]["score"]) < float(rows["mistaken"]["max_score"])
    pages = {student: (root / "feedback" / student / SECTION / f"{SECTION}.html").read_text() for student in rows}
    assert mistake.label in pages["mistaken"]
    assert "<td>2 of 2 pass</td>" in pages[own] and "<td>not attempted</td>" in pages["mistaken"]
    assert pages["damaged"].count("JSON is broken") == 1
    for page in pages.values():
        assert "HIDDEN TESTS" not in page
        assert "hidden_part" not in page
    assert not list((root / "autograded").rglob("*.py"))
    assert not list((root / "release").rglob("*.py"))


def test_course_grade_gives_the_scores_of_nbgrader_autograde(tiny):
    for exercise in ("share", "middle"):
        for number, answer in enumerate(answers(tiny, exercise)[:3]):
            lay(tiny, f"{exercise}{number}", filled(tiny, {exercise: answer.code}))
    lay(tiny, "damaged", b"{")
    results = grade_section(tiny, SECTION)
    ours = scores(tiny)
    assert {result.student: result.score for result in results} == {student: sum(cells.values()) for student, cells in ours.items()}
    nbgrader(tiny, "autograde", SECTION, "--force")
    assert scores(tiny) == ours


def test_manual_scores_and_comments_stay_when_a_submission_is_graded_again(tiny):
    lay(tiny, "ada", filled(tiny, {}))
    grade_section(tiny, SECTION)
    with Gradebook(f"sqlite:///{tiny / 'gradebook.db'}") as gradebook:
        sheet = gradebook.find_submission_notebook(SECTION, SECTION, "ada")
        sheet.grades[0].manual_score = 1.5
        sheet.comments[0].manual_comment = "see me"
        gradebook.db.commit()
    grade_section(tiny, SECTION)
    with Gradebook(f"sqlite:///{tiny / 'gradebook.db'}") as gradebook:
        sheet = gradebook.find_submission_notebook(SECTION, SECTION, "ada")
        assert 1.5 in [grade.manual_score for grade in sheet.grades]
        assert "see me" in [comment.comment for comment in sheet.comments]


def test_a_folder_without_the_notebook_is_in_the_table(tiny):
    (tiny / "submitted" / "kim" / SECTION).mkdir(parents=True)
    result = grade_section(tiny, SECTION)[0]
    assert (result.student, str(result.outcome), result.score) == ("kim", "missing", 0)
    assert sum(scores(tiny)["kim"].values()) == 0


def test_submitted_files_stay_as_they_came(tiny, snapshot):
    lay(tiny, "ada", b"{")
    before = snapshot(tiny / "submitted")
    grade_section(tiny, SECTION)
    assert snapshot(tiny / "submitted") == before


def test_nothing_to_grade_and_unknown_students_say_what_to_do(tiny):
    with pytest.raises(CourseError, match="collect submissions first"):
        grade_section(tiny, SECTION)
    lay(tiny, "ada", b"{")
    with pytest.raises(CourseError, match="there is ada"):
        grade_section(tiny, SECTION, only="bob")


def test_a_changed_source_reaches_the_gradebook_before_grading(tiny):
    lay(tiny, "ada", filled(tiny, {}))
    grade_section(tiny, SECTION)
    path = notebook(tiny, SECTION)
    changed = nbformat.read(path, as_version=4)
    test = next(cell for cell in changed.cells if cell.metadata.get("nbgrader", {}).get("grade"))
    test.metadata.nbgrader.points += 4
    nbformat.write(changed, path)
    result = grade_section(tiny, SECTION)[0]
    with Gradebook(f"sqlite:///{tiny / 'gradebook.db'}") as gradebook:
        assert gradebook.find_submission(SECTION, "ada").max_score == result.max_score


def test_a_folder_that_cannot_be_written_stops_before_anything_changes(tiny, snapshot, monkeypatch):
    lay(tiny, "ada", b"{")
    (tiny / "autograded").mkdir(exist_ok=True)
    before = snapshot(tiny)
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path).name != "autograded")
    with pytest.raises(CourseError, match=r"cannot write .*autograded: make it writable"):
        grade_section(tiny, SECTION)
    assert snapshot(tiny) == before
