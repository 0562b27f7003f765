"""The demo class: every planned outcome, the table as JSON, feedback pages, the picture."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from course.grading.demo import run
from course.paths import CourseError

ROOT = Path(__file__).resolve().parents[2]


def test_demo_grades_the_class_as_planned(tmp_path):
    steps = []
    shown = run(ROOT, tmp_path / "demo", lambda *step: steps.append(step))
    assert shown.surprises == []
    assert len(shown.results) >= 8
    assert len(list(shown.feedback.rglob("*.html"))) == len(shown.results)
    assert shown.picture.stat().st_size > 10_000
    assert {title for title, _, _ in steps} == {"releasing", "grading", "writing feedback"}

    done = subprocess.run(
        [sys.executable, "-m", "course", "grade", "01-statistics", "--student", "jonas", "--json"],
        cwd=tmp_path / "demo",
        capture_output=True,
        text=True,
        timeout=200,
        check=True,
    )
    (result,) = json.loads(done.stdout)
    assert {"student", "section", "outcome", "score", "max_score", "cells"} <= set(result)
    assert {"grade_id", "exercise", "points", "max_points", "outcome", "message"} == set(result["cells"][0])
    assert (result["student"], result["outcome"], result["score"]) == ("jonas", "malformed", 0)


def test_a_folder_with_other_files_is_refused(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(CourseError, match="holds other files"):
        run(ROOT, tmp_path, lambda *step: None)
    assert (tmp_path / "thesis.txt").read_text() == "mine"
