"""Runs a case and says in words where what was seen is not what the case expects."""

from __future__ import annotations

import json
import os
import tempfile
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field

import nbformat
import psutil

from course.checks.model import CellResult, Outcome
from course.grading import forkserver
from course.grading.engine import Graded, grade
from course.grading.sandbox import MB, Limits
from tests.hostile.world import SECRET, World

LIMITS = Limits(cell_seconds=2, total_seconds=30, memory=300 * MB, scratch=20 * MB)
FAST = Limits(cell_seconds=1, total_seconds=30, memory=300 * MB, scratch=20 * MB)
SLACK = 6.0  # seconds that starting and ending processes may take on a busy machine
SHARE_POINTS, MIDDLE_POINTS = 3.0, 1.5

Points = float | tuple[float, ...]


@dataclass(frozen=True)
class Case:
    """A hostile submission: what it does, how its file is made, and what must come of it.

    `share` and `middle` are the points that the exercises deserve (several where the code spoils itself and it may go either way), `share_is` and
    `middle_is` the outcome of their first test cell. `says` must, `never` must not occur in what the learner gets to read. `outputs` is the most
    that the outputs may take in the graded notebook, `grader` and `children` the most memory that the grader gains and that each process it starts has.
    """

    id: str
    does: str
    submitted: Callable[[World], bytes | None]
    share: Points = SHARE_POINTS
    middle: Points = MIDDLE_POINTS
    outcome: Outcome | tuple[Outcome, ...] = Outcome.GRADED
    share_is: Outcome | tuple[Outcome, ...] | None = None
    middle_is: Outcome | tuple[Outcome, ...] | None = None
    says: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    limits: Limits = LIMITS
    warm: bool | None = None
    student: str = "mallory"
    outputs: int = 300_000
    grader: int = 400 * MB
    children: int = 1400 * MB

    @property
    def expected(self) -> str:
        """The expectation in a few characters."""
        return f"{_names(self.outcome)}; share {_numbers(self.share)}, middle {_numbers(self.middle)}"


@dataclass
class Seen:
    """What came of a case."""

    seconds: float = 0.0
    graded: Graded | None = None
    error: str = ""
    grader: int = 0
    children: int = 0
    processes: list[str] = field(default_factory=list)
    harm: list[str] = field(default_factory=list)

    def cells(self, exercise: str) -> list[CellResult]:
        return [cell for cell in self.graded.result.cells if cell.exercise == exercise] if self.graded else []

    def points(self, exercise: str) -> float:
        return sum(cell.points for cell in self.cells(exercise))

    @property
    def short(self) -> str:
        """What was seen in a few characters."""
        if self.graded is None:
            return self.error.strip().splitlines()[-1][:100] if self.error else "nothing came back"
        return f"{self.graded.result.outcome}; share {self.points('share'):g}, middle {self.points('middle'):g}"

    def text(self) -> str:
        """All that a learner gets to read: messages, notes, outputs."""
        if self.graded is None:
            return ""
        result = self.graded.result
        shown = [json.dumps(cell.outputs) for cell in self.graded.notebook.cells if cell.cell_type == "code"]
        return "\n".join([result.message, *result.notes, *(cell.message for cell in result.cells), *shown])


def run(case: Case, world: World) -> Seen:
    """Grade the case's submission, with an eye on time, memory, processes and the world."""
    seen, server = Seen(), psutil.Process(_server_pid())
    data = case.submitted(world)
    before, tempfile_before, over = _rss(psutil.Process()), tempfile.tempdir, threading.Event()

    def work() -> None:
        try:
            seen.graded = grade(world.source, data, case.student, case.limits, warm=case.warm)
        except BaseException:
            seen.error = traceback.format_exc()
        over.set()

    tempfile.tempdir = str(world.temp)
    start = time.monotonic()
    try:
        threading.Thread(target=work, daemon=True).start()
        while not over.wait(0.1) and time.monotonic() - start < case.limits.total_seconds + 4 * SLACK:
            seen.grader = max(seen.grader, _rss(psutil.Process()) - before)
            seen.children = max([seen.children, *map(_rss, _below(server))])
        seen.seconds = time.monotonic() - start
    finally:
        tempfile.tempdir = tempfile_before
    end = time.monotonic() + 2
    while _below(server) and time.monotonic() < end:
        time.sleep(0.02)
    seen.processes = [str(process) for process in _below(server)]
    for process in _below(server):
        process.kill()
    seen.harm = world.harm()
    return seen


def disagreements(case: Case, seen: Seen) -> list[str]:
    """Sentences about what is not as expected; none where all is well."""
    found = list(seen.harm)
    if seen.processes:
        found.append(f"processes are left: {seen.processes}")
    if seen.seconds > case.limits.total_seconds + SLACK:
        found.append(f"grading took {seen.seconds:.0f} s with {case.limits.total_seconds:g} s allowed")
    if seen.grader > case.grader:
        found.append(f"the grader's own process grew by {seen.grader // MB} MB")
    if seen.children > case.children:
        found.append(f"one of the processes grew to {seen.children // MB} MB")
    if seen.graded is None:
        return [*found, f"grade() raised:\n{seen.error}" if seen.error else "grade() did not return"]
    result = seen.graded.result
    if result.outcome not in _tuple(case.outcome):
        found.append(f"the submission is {result.outcome}, expected {_names(case.outcome)}")
    for exercise, points, outcome in (("share", case.share, case.share_is), ("middle", case.middle, case.middle_is)):
        cells = seen.cells(exercise)
        if seen.points(exercise) not in _tuple(points):
            found.append(
                f"{exercise} has {seen.points(exercise):g} points, expected {_numbers(points)}: {[(str(cell.outcome), cell.message[:150]) for cell in cells]}"
            )
        if outcome is not None and cells[0].outcome not in _tuple(outcome):
            found.append(f"{exercise} is {cells[0].outcome} ({cells[0].message[:150]}), expected {_names(outcome)}")
    if (result.score, result.max_score) != (seen.points("share") + seen.points("middle"), SHARE_POINTS + MIDDLE_POINTS):
        found.append(f"the score is {result.score:g} of {result.max_score:g}")
    return found + _of_the_text(case, seen)


def _of_the_text(case: Case, seen: Seen) -> list[str]:
    assert seen.graded is not None
    found, text, notebook = [], seen.text(), seen.graded.notebook
    found += [f"nothing says {words!r}; it says {_excerpt(text)}" for words in case.says if words not in text]
    found += [f"something says {words!r}" for words in (SECRET, "hidden_part", "HIDDEN TESTS", *case.never) if words in text]
    longest = max([len(cell.message) for cell in seen.graded.result.cells] + [len(seen.graded.result.message)])
    if longest > 3000:
        found.append(f"a message has {longest} characters")
    size = sum(len(json.dumps(cell.outputs)) for cell in notebook.cells if cell.cell_type == "code")
    if size > case.outputs:
        found.append(f"the outputs in the graded notebook have {size} characters")
    try:
        nbformat.writes(notebook).encode()
        json.dumps(seen.graded.result.as_dict(), ensure_ascii=False).encode()
        nbformat.validate(notebook)
    except Exception as error:
        found.append(f"the result cannot be written: {type(error).__name__}: {str(error)[:200]}")
    return found


def _server_pid() -> int:
    forkserver.address()
    assert forkserver._server is not None
    return forkserver._server.process.pid


def _below(server: psutil.Process) -> list[psutil.Process]:
    try:
        return [process for process in server.children(recursive=True) if process.status() != psutil.STATUS_ZOMBIE]
    except psutil.Error:
        return []


def _rss(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


def _excerpt(text: str) -> str:
    return repr(text if len(text) < 1500 else text[:1000] + " ... " + text[-500:])


def _tuple(value: object) -> tuple:
    return value if isinstance(value, tuple) else (value,)


def _names(value: object) -> str:
    return " or ".join(map(str, _tuple(value)))


def _numbers(value: object) -> str:
    return " or ".join(f"{number:g}" for number in _tuple(value))


DEBUG = bool(os.environ.get("COURSE_DEBUG"))
