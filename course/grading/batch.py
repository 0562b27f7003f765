"""`course grade`: every submission of a section, in parallel, into autograded/ and the gradebook."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from datetime import datetime
from multiprocessing import get_context
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.apps import NbGraderAPI
from nbgrader.utils import find_all_files, parse_utc

from course.authoring.release import nbgrader_api, register
from course.checks.model import SubmissionResult
from course.grading.engine import Graded, grade
from course.grading.nbgrader import Grade, record
from course.grading.repair import blank
from course.paths import CourseError, notebook


def students(root: Path, section: str) -> list[str]:
    """Ids of the students who have a folder for this section in submitted/, in order."""
    return sorted(path.parent.name for path in (root / "submitted").glob(f"*/{section}") if path.is_dir())


def grade_section(
    root: Path, section: str, only: str | None = None, jobs: int | None = None, done: Callable[[SubmissionResult], None] | None = None
) -> list[SubmissionResult]:
    """Grade all submissions of a section (or `only` one student's): autograded notebooks, gradebook, and one result each, in the order of the ids.

    `done` is called with each result as it comes. A CourseError says when there is nothing to grade.
    """
    source = nbformat.read(notebook(root, section), as_version=4)
    ids = students(root, section)
    if only is not None:
        if only not in ids:
            raise CourseError(f"no submission of {only!r} for {section} in submitted/; there is {', '.join(ids) or 'none'}")
        ids = [only]
    if not ids:
        raise CourseError(f"nothing to grade: no folder submitted/*/{section}; collect submissions first (docs/instructors.md)")
    api = nbgrader_api(root)
    limits = Grade(parent=api).limits()
    _check_writable(root)
    _ensure_registered(root, api, source, section)
    results: dict[str, SubmissionResult] = {}
    with _workers(min(jobs or os.cpu_count() or 1, len(ids))) as pool:
        waiting: dict[Future[Graded], str] = {pool.submit(grade, source, _submitted(root, student, section), student, limits): student for student in ids}
        for future in as_completed(waiting):
            graded = future.result()
            student = waiting[future]
            _write(root, api, student, graded)
            record(api, graded, _timestamp(root, student, section))
            results[student] = graded.result
            if done:
                done(graded.result)
    return [results[student] for student in ids]


def _ensure_registered(root: Path, api: NbGraderAPI, source: NotebookNode, section: str) -> None:
    """Bring the gradebook up to the source: a section that it doesn't hold, or holds in another version, is generated again by nbgrader."""
    own = [cell for cell in blank(source).cells if "nbgrader" in cell.metadata]
    wanted = {cell.metadata.nbgrader.grade_id: (cell.source, cell.metadata.nbgrader.get("points")) for cell in own}
    with Gradebook(api.coursedir.db_url, api.coursedir.course_id) as gradebook:
        try:
            held = gradebook.find_notebook(section, section)
            points = {cell.name: cell.max_score for cell in held.grade_cells}
            known = {cell.name: (cell.source, points.get(cell.name)) for cell in held.source_cells}
        except MissingEntry:
            known = {}
    if known != wanted:
        register(root, section)


def _check_writable(root: Path) -> None:
    for path in (root, root / "autograded", root / "gradebook.db"):
        if path.exists() and not os.access(path, os.W_OK):
            raise CourseError(f"cannot write {path.name or path}: make it writable, nothing was graded")


@contextlib.contextmanager
def _workers(count: int) -> Iterator[ProcessPoolExecutor]:
    pool = ProcessPoolExecutor(count, mp_context=get_context("spawn"))
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _folder(root: Path, student: str, section: str) -> Path:
    return root / "submitted" / student / section


def _submitted(root: Path, student: str, section: str) -> bytes | None:
    path = _folder(root, student, section) / f"{section}.ipynb"
    return path.read_bytes() if path.is_file() else None


def _timestamp(root: Path, student: str, section: str) -> datetime | None:
    path = _folder(root, student, section) / "timestamp.txt"
    with contextlib.suppress(OSError, ValueError):
        return parse_utc(path.read_text().strip())
    return None


def _write(root: Path, api: NbGraderAPI, student: str, graded: Graded) -> None:
    """Lay the graded notebook and the files that came with it into autograded/, whole or not at all."""
    section = graded.result.section
    target = root / "autograded" / student / section
    fresh = target.with_name(f".{section}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    submitted = _folder(root, student, section)
    for name in find_all_files(str(submitted), [*api.coursedir.ignore, "*.ipynb"]):
        copy = fresh / Path(name).relative_to(submitted)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(name, copy)
    nbformat.write(graded.notebook, fresh / f"{section}.ipynb")
    if target.exists():
        shutil.rmtree(target)
    fresh.rename(target)
