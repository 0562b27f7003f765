"""`course grade`: every submission of a section, in parallel, into autograded/ and the gradebook.

Workers only compute; this process alone writes, each submission whole: first its graded notebook, then its scores in one transaction. A run that was
killed is taken up where it was: a submission whose graded notebook is there, made of the same file by the same tests, is not graded again.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, wait
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

import filelock
import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.apps import NbGraderAPI
from nbgrader.utils import find_all_files, parse_utc

from course.authoring.release import nbgrader_api, register
from course.checks.compare import said
from course.checks.model import Outcome, SubmissionResult
from course.grading import sandbox
from course.grading.engine import Graded, grade
from course.grading.nbgrader import Grade, record, recorded
from course.grading.repair import blank
from course.grading.sandbox import Limits, Mode
from course.grading.workers import Workers, cluster, processes
from course.paths import CourseError, notebook

_ATTEMPTS = 2  # of a submission whose worker died


class Which(StrEnum):
    """What a run grades again."""

    NEEDED = "needed"  # what is new or changed, or was graded by other tests or limits
    CHANGED = "changed"  # what is new or changed
    ALL = "all"


@dataclass(frozen=True)
class Plan:
    """How a section is graded: where, by what (a blank source notebook), and under which conditions."""

    root: Path
    section: str
    source: NotebookNode
    limits: Limits
    mode: Mode

    def stamp(self, student: str, submitted: bytes | None) -> dict[str, str]:
        """What a graded notebook is made of, as digests: the submission, and the tests with their limits."""
        parts = [b"missing" if submitted is None else submitted, str(_timestamp(self.root, student, self.section)).encode()]
        return {"submission": _digest(*parts), "tests": self.tests}

    @functools.cached_property
    def tests(self) -> str:
        """Digest of the cells that grade, and of the conditions."""
        cells = [(cell.metadata.nbgrader.grade_id, cell.source, cell.metadata.nbgrader.get("points")) for cell in self.source.cells if _own(cell)]
        return _digest(json.dumps([cells, asdict(self.limits), self.mode], sort_keys=True).encode())


def students(root: Path, section: str) -> list[str]:
    """Ids of the students who have a folder for this section in submitted/, in order."""
    return sorted(path.parent.name for path in (root / "submitted").glob(f"*/{section}") if path.is_dir())


def grade_section(
    root: Path,
    section: str,
    only: str | None = None,
    jobs: int | None = None,
    done: Callable[[SubmissionResult], None] | None = None,
    which: Which = Which.NEEDED,
    mode: Mode | None = None,
    scheduler: str | None = None,
) -> list[SubmissionResult]:
    """Grade the submissions of a section (or `only` one student's): autograded notebooks, gradebook, and one result each, in the order of the ids.

    `which` says what is graded again; `scheduler` is the address of a Dask scheduler whose workers do the work in place of `jobs` processes here.
    `done` is called with each result as it comes. A CourseError says when there is nothing to grade or the sandbox asked for cannot be had.
    """
    source = blank(nbformat.read(notebook(root, section), as_version=4))
    ids = students(root, section)
    if only is not None:
        if only not in ids:
            raise CourseError(f"no submission of {only!r} for {section} in submitted/; there is {', '.join(ids) or 'none'}")
        ids = [only]
    if not ids:
        raise CourseError(f"nothing to grade: no folder submitted/*/{section}; collect submissions first (docs/instructors.md)")
    api = nbgrader_api(root)
    settings = Grade(parent=api)
    plan = Plan(root, section, source, settings.limits(), mode or settings.mode())
    try:
        if scheduler is None:
            sandbox.check(plan.mode)
    except sandbox.Unprotected as error:
        raise CourseError(f"this machine cannot grade with --sandbox require: {error}") from None
    _check_writable(root)
    results: dict[str, SubmissionResult] = {}

    def finished(student: str, result: SubmissionResult) -> None:
        results[student] = result
        if done:
            done(result)

    with _alone(root), cluster(scheduler) if scheduler else processes(min(jobs or os.cpu_count() or 1, len(ids))) as workers:
        _ensure_registered(root, api, source, section)
        with Gradebook(api.coursedir.db_url, api.coursedir.course_id) as gradebook:
            for student, graded in _computed(plan, ids, which, workers):
                result = graded if isinstance(graded, SubmissionResult) else graded.result
                try:
                    if not isinstance(graded, SubmissionResult):
                        _write(root, api, student, graded)
                        record(gradebook, api, graded, _timestamp(root, student, section))
                    elif graded.outcome is not Outcome.FAILED and not recorded(gradebook, graded):
                        held = nbformat.read(_autograded(root, student, section), as_version=4)
                        record(gradebook, api, Graded(held, graded), _timestamp(root, student, section))
                except OSError as error:
                    result = _failed(plan, student, error)
                finished(student, result)
    return [results[student] for student in ids]


def _computed(plan: Plan, ids: list[str], which: Which, workers: Workers) -> Iterator[tuple[str, Graded | SubmissionResult]]:
    """Each student with what was computed; a bare result stands for one that is there already, or for one that no worker could grade."""
    todo = []
    for student in ids:
        if not _is_text(student):
            yield student, _failed(plan, student, ValueError("the name of the folder is not UTF-8: rename it"))
            continue
        held = None if which is Which.ALL else _held(plan, student, which)
        if held is None:
            todo.append(student)
        else:
            yield student, held
    waiting: dict[Future[Graded], tuple[str, int, dict[str, str]]] = {}
    retry: list[tuple[str, int]] = []
    queue = iter(todo)
    while True:
        while len(waiting) < 2 * workers.count:  # the files of a large class are not all in memory at once
            student, attempt = retry.pop() if retry else (next(queue, None), 1)
            if student is None:
                break
            try:
                submitted = _submitted(plan.root, student, plan.section)
                stamp = plan.stamp(student, submitted)
            except OSError as error:
                yield student, _failed(plan, student, error)
                continue
            waiting[workers.submit(grade, plan.source, submitted, student, plan.limits, plan.mode)] = (student, attempt, stamp)
        if not waiting:
            return
        for future in wait(waiting, return_when=FIRST_COMPLETED).done:
            student, attempt, stamp = waiting.pop(future)
            try:
                graded = future.result()
                graded.notebook.metadata.course["graded"] = stamp
                yield student, graded
            except Exception as error:
                if isinstance(error, BrokenExecutor):
                    workers.renew()
                if attempt < _ATTEMPTS and not isinstance(error, sandbox.Unprotected):
                    retry.append((student, attempt + 1))
                else:
                    yield student, _failed(plan, student, error)


def _failed(plan: Plan, student: str, error: Exception) -> SubmissionResult:
    """The result of a submission that could not be graded through no fault of its own: no score, and none in the gradebook is touched."""
    total = sum(float(cell.metadata.nbgrader.points) for cell in plan.source.cells if _own(cell) and cell.metadata.nbgrader.grade)
    message = f"not graded, grade it again: {type(error).__name__}: {said(error)}"
    shown = student.encode("utf-8", "backslashreplace").decode()
    return SubmissionResult(shown, plan.section, Outcome.FAILED, 0.0, total, message=message)


def _held(plan: Plan, student: str, which: Which) -> SubmissionResult | None:
    """The result in the graded notebook of a student, if it still holds."""
    try:
        found = nbformat.read(_autograded(plan.root, student, plan.section), as_version=4)
        stamp, now = found.metadata.course.graded, plan.stamp(student, _submitted(plan.root, student, plan.section))
        same = stamp["submission"] == now["submission"] and (which is Which.CHANGED or stamp["tests"] == now["tests"])
        return SubmissionResult.from_notebook(found) if same else None
    except (OSError, ValueError, AttributeError, KeyError):
        return None


@contextlib.contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Only one run may write; a second one says so."""
    lock = filelock.FileLock(root / ".grading.lock", timeout=0)
    try:
        lock.acquire()
    except filelock.Timeout:
        raise CourseError("another `course grade` is at work in this course: wait for it to end") from None
    try:
        yield
    finally:
        lock.release()


def _ensure_registered(root: Path, api: NbGraderAPI, source: NotebookNode, section: str) -> None:
    """Bring the gradebook up to the source: a section that it doesn't hold, or holds in another version, is generated again by nbgrader."""
    own = [cell for cell in source.cells if _own(cell)]
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
            raise CourseError(f"cannot write {path}: make it writable, nothing was graded")


def _is_text(name: str) -> bool:
    try:
        return bool(name.encode())
    except UnicodeEncodeError:
        return False


def _own(cell: NotebookNode) -> bool:
    return "nbgrader" in cell.metadata


def _digest(*parts: bytes) -> str:
    return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()


def _folder(root: Path, student: str, section: str) -> Path:
    return root / "submitted" / student / section


def _autograded(root: Path, student: str, section: str) -> Path:
    return root / "autograded" / student / section / f"{section}.ipynb"


def _submitted(root: Path, student: str, section: str) -> bytes | None:
    path = _folder(root, student, section) / f"{section}.ipynb"
    own = path.resolve() == (root / "submitted").resolve() / student / section / path.name  # a link may point anywhere
    return path.read_bytes() if own and path.is_file() else None


def _timestamp(root: Path, student: str, section: str) -> datetime | None:
    path = _folder(root, student, section) / "timestamp.txt"
    if path.is_symlink() or not path.is_file():
        return None
    with contextlib.suppress(OSError, ValueError):
        return parse_utc(path.read_text().strip())
    return None


def _write(root: Path, api: NbGraderAPI, student: str, graded: Graded) -> None:
    """Lay the graded notebook and the files that came with it into autograded/, whole or not at all."""
    section = graded.result.section
    target = _autograded(root, student, section).parent
    fresh, old = target.with_name(f".{section}.new"), target.with_name(f".{section}.old")
    for leftover in (fresh, old):
        shutil.rmtree(leftover, ignore_errors=True)
    fresh.mkdir(parents=True)
    submitted = _folder(root, student, section)
    for name in find_all_files(str(submitted), [*api.coursedir.ignore, "*.ipynb"]):
        if os.path.islink(name) or not os.path.isfile(name):  # a link may point anywhere, a pipe never ends
            continue
        copy = fresh / Path(name).relative_to(submitted)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(name, copy)
    nbformat.write(graded.notebook, fresh / f"{section}.ipynb")
    if target.exists():
        target.rename(old)
    fresh.rename(target)
    shutil.rmtree(old, ignore_errors=True)
