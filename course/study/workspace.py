"""The learner's workspace: copies of the releases in `work/`, which are theirs and are never written over."""

from __future__ import annotations

from pathlib import Path

import nbformat

from course.authoring.release import nbgrader_api
from course.checks.model import SubmissionResult
from course.grading.engine import grade
from course.grading.nbgrader import Grade
from course.paths import CourseError, notebook, sections
from course.study import progress
from course.study.home import write_home
from course.study.update import hand_out, own_copy


def prepare(root: Path) -> Path:
    """Make or complete `work/`: a copy of each release that is not there yet, and the home page. Existing files stay as they are."""
    work = root / "work"
    names = sections(root, "release")
    if not names:
        raise CourseError("release/ holds no section: run `course build` first")
    try:
        (work / progress.FOLDER).mkdir(parents=True, exist_ok=True)
        for name in names:
            hand_out(root, name)
        write_home(work)
    except OSError as error:
        raise CourseError(f"cannot write in work/ ({error.strerror}): {progress.advice(error, 'the folder')}") from None
    return work


def check(root: Path, section: str) -> SubmissionResult:
    """The authoritative grade of the saved notebook in `work/`, by the engine that instructors use; points are kept as progress."""
    source = nbformat.read(notebook(root, section), as_version=4)
    path = own_copy(root, section)
    try:
        submitted = path.read_bytes()
    except OSError as error:
        raise CourseError(f"cannot read work/{section}/{section}.ipynb ({error.strerror})") from None
    graded = grade(source, submitted, "you", Grade(parent=nbgrader_api(root)).limits())
    if graded.result.message:
        raise CourseError(f"work/{section}/{section}.ipynb can't be graded: {graded.result.message}")
    work = root / "work"
    try:
        for key, own in graded.result.by_exercise().items():
            progress.attempt(work, section, key, own, sum(cell.max_points for cell in own))
        write_home(work)
    except OSError as error:
        graded.result.notes.append(f"progress was not kept ({error.strerror}): {progress.advice(error, 'work/')}")
    return graded.result
