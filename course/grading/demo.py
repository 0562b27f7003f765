"""A small class, made from the release and the answer bank, graded from end to end: what `make demo` shows."""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from course.authoring import bank
from course.authoring.release import nbgrader_api, register
from course.checks.model import Outcome, Section, SubmissionResult, role_of
from course.grading.batch import grade_section
from course.grading.report import class_picture
from course.paths import CourseError, notebook

SECTION = "01-statistics"
MARK = "demo-of-the-course"


@dataclass(frozen=True)
class Student:
    """A member of the class: the file that they hand in (None: none), the outcome and the bounds of the share of points that it must get."""

    name: str
    submitted: bytes | None
    outcome: Outcome
    least: float
    most: float


@dataclass(frozen=True)
class Shown:
    """What a demo made; `surprises` lists students whose grade is not what was planned."""

    results: list[SubmissionResult]
    feedback: Path
    picture: Path
    surprises: list[str]


def run(root: Path, folder: Path, step: Callable[[str, int, int], None]) -> Shown:
    """Run the demo in `folder`, which is made new; a folder that holds anything but an earlier demo is refused."""
    _fresh(folder)
    shutil.copy(root / "nbgrader_config.py", folder)
    (folder / "source" / SECTION).mkdir(parents=True)
    shutil.copy(notebook(root, SECTION), folder / "source" / SECTION)
    step("releasing", 0, 1)
    register(folder, SECTION)
    step("releasing", 1, 1)
    students = classroom(root, nbformat.read(notebook(folder, SECTION, "release"), as_version=4))
    for student in students:
        target = folder / "submitted" / student.name / SECTION
        target.mkdir(parents=True)
        if student.submitted is not None:
            (target / f"{SECTION}.ipynb").write_bytes(student.submitted)
    graded: list[SubmissionResult] = []

    def done(result: SubmissionResult) -> None:
        graded.append(result)
        step("grading", len(graded), len(students))

    step("grading", 0, len(students))
    results = grade_section(folder, SECTION, done=done)
    api = nbgrader_api(folder)
    for number, student in enumerate(students):
        step("writing feedback", number, len(students))
        made = api.generate_feedback(SECTION, student.name, force=True)
        if not made["success"]:
            raise CourseError(f"nbgrader could not write the feedback of {student.name}: {made.get('log') or made.get('error')}")
    step("writing feedback", len(students), len(students))
    picture = folder / "class.png"
    class_picture(results, picture)
    return Shown(results, folder / "feedback", picture, _surprises(students, results))


def classroom(root: Path, release: NotebookNode) -> list[Student]:
    """The class: perfect, typical, untouched and damaged submissions."""
    source = Section.read(notebook(root, SECTION))
    reference = {key: exercise.solution for key, exercise in source.exercises.items()}
    answers = {key: bank.read(bank.folder(root, SECTION) / f"{key}.py") for key in reference}
    other = {key: next(answer.code for answer in found if answer.right) for key, found in answers.items()}
    mistaken = {key: next(answer.code for answer in found if not answer.right) for key, found in answers.items()}
    keys = list(reference)
    core = {key: reference[key] for key, exercise in source.exercises.items() if exercise.level == "core"}
    first, second = keys[0], keys[1]
    noisy = {key: f'import warnings\n\nwarnings.warn("from the learner\'s cell")\nprint("a print")\n\n\n{code}' for key, code in other.items()}
    endless = f"def {first}(*values):\n    while True:\n        pass\n"
    broken = f"def {first}(values:\n    return values\n"
    whole = nbformat.writes(fill(release, reference)).encode()
    return [
        Student("ada", whole, Outcome.GRADED, 1, 1),
        Student("ben", _bytes(fill(release, noisy)), Outcome.GRADED, 1, 1),
        Student("chloe", _bytes(fill(release, {**reference, **{key: mistaken[key] for key in keys[::2]}})), Outcome.GRADED, 0.3, 0.95),
        Student("dev", _bytes(fill(release, core)), Outcome.GRADED, 0.2, 0.9),
        Student("emil", _bytes(fill(release, mistaken)), Outcome.GRADED, 0, 0.6),
        Student("fatma", _bytes(release), Outcome.NOT_ATTEMPTED, 0, 0),
        Student("gita", _bytes(fill(release, {**reference, first: broken})), Outcome.GRADED, 0.7, 0.99),
        Student("hugo", _bytes(fill(release, {**reference, second: endless.replace(first, second)})), Outcome.TIMED_OUT, 0.7, 0.99),
        Student("ines", _bytes(_damaged(fill(release, reference), first)), Outcome.GRADED, 1, 1),
        Student("jonas", whole[: len(whole) // 2], Outcome.MALFORMED, 0, 0),
        Student("kim", None, Outcome.MISSING, 0, 0),
    ]


def fill(release: NotebookNode, code: dict[str, str]) -> NotebookNode:
    """A submission: the release with these texts in its solution cells, by exercise id."""
    notebook = copy.deepcopy(release)
    for cell in notebook.cells:
        mark = role_of(cell)
        if mark.get("role") == "solution" and mark["exercise"] in code:
            cell.source = code[mark["exercise"]]
    return notebook


def _damaged(notebook: NotebookNode, exercise: str) -> NotebookNode:
    """Test cells of an exercise deleted, a solution and a locked cell doubled, an own cell added."""
    cells = []
    for cell in notebook.cells:
        mark = role_of(cell)
        if mark.get("role") == "test" and mark["exercise"] == exercise:
            continue
        cells.append(cell)
        if (mark.get("role") == "solution" and mark["exercise"] == exercise) or mark.get("role") == "locked":
            cells.append(copy.deepcopy(cell))
    cells.append(new_code_cell("my_own_note = 1"))
    notebook.cells = cells
    return notebook


def _bytes(notebook: NotebookNode) -> bytes:
    return json.dumps(notebook).encode()


def _surprises(students: list[Student], results: list[SubmissionResult]) -> list[str]:
    found = []
    for student, result in zip(students, results, strict=True):
        share = result.score / result.max_score
        if result.outcome is not student.outcome or not student.least <= share <= student.most:
            found.append(f"{student.name}: {result.outcome} with {share:.0%}; planned {student.outcome} with {student.least:.0%} to {student.most:.0%}")
    return found


def _fresh(folder: Path) -> None:
    if folder.exists() and any(folder.iterdir()) and not (folder / MARK).is_file():
        raise CourseError(f"{folder} holds other files; name an empty or new folder with --folder")
    try:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / MARK).touch()
    except OSError as error:
        raise CourseError(f"cannot write {folder} ({error.strerror}): name another folder with --folder") from None
