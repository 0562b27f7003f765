"""Every section: generated files are up to date, all proofs hold, notebooks run, exercise ids are unique in the course."""

import time
from pathlib import Path

import nbformat
import pytest

from course.authoring import build
from course.authoring.source import to_text
from course.authoring.verify import prove, prove_release, read_section
from course.checks.model import Outcome, role_of
from course.grading.engine import grade
from course.paths import notebook

ROOT = Path(__file__).resolve().parents[1]
SECTIONS = build.texts(ROOT)
EXERCISES = [(section, exercise) for section in SECTIONS for exercise in read_section(ROOT, section).exercises]


@pytest.mark.parametrize("section", SECTIONS)
def test_generated_files_are_what_the_text_gives(section):
    assert list(build.stale(ROOT, section)) == [], f"run `course build {section}`"


@pytest.mark.parametrize("section", SECTIONS)
def test_source_notebook_leads_back_to_the_text(section):
    assert to_text(nbformat.read(notebook(ROOT, section), as_version=4)) == build.text_path(ROOT, section).read_text()


@pytest.mark.parametrize(("section", "exercise"), EXERCISES)
def test_proofs_hold(section, exercise):
    assert [proof for proof in prove(ROOT, section, exercise) if not proof.holds] == []


@pytest.mark.parametrize("section", SECTIONS)
def test_release_gives_nothing_away(section):
    assert [proof for proof in prove_release(ROOT, section) if not proof.holds] == []


@pytest.mark.parametrize("section", SECTIONS)
def test_only_the_notebook_is_released(section):
    assert [path.name for path in (ROOT / "release" / section).iterdir()] == [f"{section}.ipynb"]


@pytest.mark.parametrize("section", SECTIONS)
def test_reference_notebook_runs_to_full_marks(section, record_property):
    path = notebook(ROOT, section)
    start = time.perf_counter()
    graded = grade(nbformat.read(path, as_version=4), path.read_bytes(), "reference")
    record_property("seconds", time.perf_counter() - start)
    assert [cell for cell in graded.result.cells if cell.message] == []
    assert graded.result.score == graded.result.max_score
    assert noise(graded.notebook) == []


@pytest.mark.parametrize("section", SECTIONS)
def test_untouched_release_runs_and_scores_nothing(section):
    graded = grade(nbformat.read(notebook(ROOT, section), as_version=4), notebook(ROOT, section, "release").read_bytes(), "untouched")
    assert graded.result.outcome is Outcome.NOT_ATTEMPTED
    assert graded.result.score == 0
    assert graded.result.notes == []
    assert noise(graded.notebook) == []


def noise(graded):
    """Errors and warnings of lesson, locked and solution cells."""
    return [
        (cell.id, output)
        for cell in graded.cells
        if role_of(cell).get("role") != "test"
        for output in cell.get("outputs", [])
        if output.output_type == "error" or output.get("name") == "stderr"
    ]


def test_exercise_ids_are_unique_in_the_course():
    names = [exercise for _, exercise in EXERCISES]
    assert len(names) == len(set(names))
