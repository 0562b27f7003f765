import json

import nbformat
import pytest
from nbformat.v4 import new_code_cell

from course.authoring import bank
from course.checks.model import Outcome
from course.grading.demo import fill
from course.grading.engine import Limits, grade
from course.paths import notebook

SECTION = "01-tiny"
SHARE = "def share(part, whole):\n    if whole == 0:\n        raise ValueError\n    return part / whole\n"
QUICK = Limits(cell_seconds=3, total_seconds=60)


@pytest.fixture(scope="module")
def source(built):
    return nbformat.read(notebook(built, SECTION), as_version=4)


@pytest.fixture(scope="module")
def release(built):
    return nbformat.read(notebook(built, SECTION, "release"), as_version=4)


def graded(source, release, code, limits=QUICK):
    return grade(source, json.dumps(fill(release, code)).encode(), "ada", limits)


def cells(result, exercise):
    return [cell for cell in result.cells if cell.exercise == exercise]


def test_right_answers_cost_nothing_for_warnings_and_prints(source, release):
    noisy = 'import sys\nimport warnings\n\nwarnings.warn("old")\n' + SHARE.replace(
        "    return", '    print("hello")\n    print("psst", file=sys.stderr)\n    return'
    )
    done = graded(source, release, {"share": noisy})
    assert all(cell.outcome is Outcome.PASSED for cell in cells(done.result, "share"))
    assert all(cell.outcome is Outcome.NOT_ATTEMPTED for cell in cells(done.result, "middle"))
    assert done.result.outcome is Outcome.GRADED
    assert done.result.score == sum(cell.max_points for cell in cells(done.result, "share"))


def test_a_wrong_answer_is_told_its_mistake(source, release, built):
    answer = next(answer for answer in bank.read(bank.folder(built, SECTION) / "share.py") if not answer.right)
    done = graded(source, release, {"share": answer.code})
    assert any(answer.label in cell.message for cell in cells(done.result, "share"))
    shown = [output for cell in done.notebook.cells for output in cell.get("outputs", []) if output.output_type == "error"]
    assert any(answer.label in output.evalue for output in shown)


@pytest.mark.parametrize(
    ("code", "outcome", "words"),
    [
        ("def share(part, whole:\n    pass\n", Outcome.WRONG, "did not run: SyntaxError"),
        ("def portion(part, whole):\n    return part / whole\n", Outcome.WRONG, "is not defined; keep the function's name"),
        ("def share(part, whole):\n    return {}[part]\n", Outcome.WRONG, "`share` raised KeyError"),
        ("def share(part, whole):\n    while True:\n        pass\n", Outcome.TIMED_OUT, "more than 3 s"),
        ("import os\n\n\ndef share(part, whole):\n    os._exit(1)\n", Outcome.DIED, "it ended the Python process"),
    ],
)
def test_outcomes_carry_their_reason(source, release, code, outcome, words):
    done = graded(source, release, {"share": code, "middle": "def middle(values):\n    return sorted(values)[1]\n"})
    first = cells(done.result, "share")[0]
    assert first.outcome is outcome
    assert words in first.message
    assert first.points == 0


@pytest.mark.parametrize("warm", [True, False])
def test_figures_of_the_learners_cells_are_pictures_and_those_of_lessons_are_not_drawn(source, release, warm):
    source, release = nbformat.from_dict(source), nbformat.from_dict(release)
    lesson = "import matplotlib.pyplot as plt\n\nplt.plot([1, 2])\nplt.show()"
    for book in (source, release):
        book.cells.insert(3, new_code_cell(lesson))
    release.cells.append(new_code_cell("fig, ax = plt.subplots()\nax.plot([2, 1])"))
    done = grade(source, json.dumps(release).encode(), "ada", QUICK, warm=warm)
    theirs = next(cell for cell in done.notebook.cells if cell.source == lesson)
    own = done.notebook.cells[-1]
    assert [output.data for output in theirs.outputs if "data" in output] == [
        {"text/plain": "(a picture of the lesson, as in the release; it is not drawn when grading)"}
    ]
    assert [output.data["image/png"][:8] for output in own.outputs if "image/png" in output.get("data", {})] == ["iVBORw0K"]


def test_the_total_time_is_bounded(source, release):
    endless = "while True:\n    pass\n"
    done = graded(source, release, {"share": endless, "middle": endless}, Limits(cell_seconds=2, total_seconds=3))
    assert done.result.outcome is Outcome.TIMED_OUT
    assert done.result.score == 0


def test_a_useless_file_is_scored_with_its_reason_and_not_run(source):
    done = grade(source, b"{", "ada")
    assert done.result.outcome is Outcome.MALFORMED
    assert {cell.outcome for cell in done.result.cells} == {Outcome.MALFORMED}
    assert "JSON is broken" in done.result.message
