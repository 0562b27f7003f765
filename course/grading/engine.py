"""The grading engine: (source notebook, submitted file, limits) -> graded notebook and an outcome for each test cell. It touches no database."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import InitVar, asdict, astuple, dataclass, field, replace
from pathlib import Path
from queue import Empty
from textwrap import wrap
from typing import Any, NoReturn

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionComplete
from nbformat import NotebookNode
from nbformat.v4 import new_output

from course.checks.compare import said
from course.checks.model import CellResult, Outcome, Section, SubmissionResult, Test, role_of
from course.checks.run import undefined
from course.grading import forkserver
from course.grading.codec import pack
from course.grading.kernels import PICTURES, SERVE, SERVED, Pair, pair, receive
from course.grading.repair import Repaired, repair
from course.grading.sandbox import MB, Limits, Mode

GRACE = 2.0  # seconds that interrupted code has to stop
_UNDRAWN = "(a picture of the lesson, as in the release; it is not drawn when grading)"
_TICK = 0.1  # seconds between two looks at a process
_MOST_OUTPUTS = 100  # notes of outputs that could not be read


@dataclass
class Graded:
    """A graded notebook and what it says."""

    notebook: NotebookNode
    result: SubmissionResult


def grade(
    source: NotebookNode, submitted: bytes | None, student: str, limits: Limits | None = None, mode: Mode = Mode.AUTO, warm: bool | None = None
) -> Graded:
    """Grade one submitted file against its source notebook. Always returns: a damaged file is mended or scored zero with the reason.

    `warm` asks for processes forked from a loaded one; by default wherever that is possible. Raises Unprotected when `mode` asks for more than the machine has.
    """
    return run(repair(submitted, source), student, limits or Limits(), mode, warm)


def run(repaired: Repaired, student: str, limits: Limits, mode: Mode = Mode.AUTO, warm: bool | None = None) -> Graded:
    """Execute a repaired notebook and read off the outcome of each test cell; the verdicts are written into the notebook, too."""
    notebook = repaired.notebook
    section = Section.from_notebook(notebook, notebook.metadata.course.section)
    tests = [test for exercise in section.exercises.values() for test in exercise.tests]
    in_force: list[str] = []
    if repaired.unusable:
        cells = [_scored(test, repaired.unusable, repaired.reason) for test in tests]
    else:
        work = _Run(notebook, section, limits, mode, forkserver.supported() if warm is None else warm)
        _apart(work.run())
        cells, in_force = [work.results[test.grade_id] for test in tests], work.in_force
    score, total = sum(cell.points for cell in cells), sum(cell.max_points for cell in cells)
    result = SubmissionResult(
        student=student,
        section=section.name,
        outcome=repaired.unusable or _overall(cells),
        score=score,
        max_score=total,
        cells=cells,
        message=repaired.reason,
        notes=repaired.notes,
        sandbox=in_force,
    )
    by_id = {cell.grade_id: cell for cell in cells}
    for cell in notebook.cells:
        if role_of(cell).get("role") == "test":
            _write_verdict(cell, by_id[cell.metadata.nbgrader.grade_id])
    notebook.metadata.course["result"] = {key: value for key, value in asdict(result).items() if key != "cells"}
    return Graded(notebook, result)


def _apart(work: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine to its end in a thread of its own: the caller (formgrader, a notebook) may have a running event loop."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, work).result()


class _Lost(Exception):
    """The student process is gone, or is no use any more; the outcome and message say why."""

    def __init__(self, outcome: Outcome, message: str):
        self.outcome, self.message = outcome, message


@dataclass
class _Run:
    """One notebook on its way through the processes. Code that ends its process costs its own exercise: the rest is run again without it."""

    notebook: NotebookNode
    section: Section
    limits: Limits
    mode: Mode
    warm: bool
    results: dict[str, CellResult] = field(default_factory=dict)
    in_force: list[str] = field(default_factory=list)
    left_out: set[int] = field(default_factory=set)  # places of cells that ended a process
    failed: dict[str, tuple[Outcome, str]] = field(default_factory=dict)  # exercises whose own cell did not run
    suspected: str = ""  # the exercise in whose tests the process was lost, perhaps by another's fault
    reached: int = 0  # cells before this place have their outputs

    async def run(self) -> None:
        """Score every test cell."""
        self.end = time.monotonic() + self.limits.total_seconds
        self.outputs = NotebookClient(self.notebook, record_timing=False)
        lost = await self._attempt(self._through)
        while lost is not None and time.monotonic() < self.end:
            if exercise := self.suspected:
                self.suspected = ""
                if alone := await self._attempt(lambda watched, exercise=exercise: self._alone(watched, exercise)):
                    self._score(exercise, alone.outcome, alone.message)
            lost = await self._attempt(self._through)
        for exercise in self.section.exercises:
            if lost is not None:
                self._score(exercise, lost.outcome, lost.message)

    async def _attempt(self, work: Callable[[_Watched], Coroutine[Any, Any, None]]) -> _Lost | None:
        """Work with a fresh pair of processes; returns what lost them, if anything did."""
        folder = Path(tempfile.mkdtemp(prefix="grade-", dir=forkserver.short_folder()))
        try:
            async with pair(folder, list(self.section.locked), self.limits, self.mode, self.warm) as both:
                self.in_force = both.in_force
                await work(_Watched(both, self.limits))
            return None
        except _Lost as lost:
            return lost
        finally:
            _remove(folder)

    async def _alone(self, watched: _Watched, exercise: str) -> None:
        """Examine one exercise with nothing before it but the locked cells and its own: another's code cannot be at fault then."""
        for place, cell in enumerate(self.notebook.cells):
            if role_of(cell).get("role") == "locked" or _solves(cell, exercise):
                await watched.run_cell(self.outputs, NotebookNode(cell), place, self._seconds())
        async for result in watched.examine(self._open(exercise), self._seconds):
            self.results[result.grade_id] = result
            if result.outcome is Outcome.TIMED_OUT:
                self._score(exercise, result.outcome, result.message)

    async def _through(self, watched: _Watched) -> None:
        for place, cell in enumerate(self.notebook.cells):
            mark = role_of(cell)
            exercise = mark.get("exercise", "")
            if mark.get("role") == "test":
                if self._open(exercise):
                    await self._examine(watched, exercise, place)
            elif cell.cell_type == "code" and place not in self.left_out and cell.source.strip() and mark.get("role") != "check":
                await self._run_cell(watched, place, cell, exercise if mark.get("role") == "solution" else "")
            self.reached = max(self.reached, place + 1)

    def _open(self, exercise: str) -> list[Test]:
        """The test cells of an exercise that have no result yet."""
        return [test for test in self.section.exercises[exercise].tests if test.grade_id not in self.results]

    async def _run_cell(self, watched: _Watched, place: int, cell: NotebookNode, exercise: str) -> None:
        shown = cell if place >= self.reached else NotebookNode(cell)  # run again for its effects, its outputs are there already
        try:
            in_time = await watched.run_cell(self.outputs, shown, place, self._seconds())
        except _Lost as lost:
            self.left_out.add(place)
            if exercise:
                self._score(exercise, lost.outcome, lost.message)
            _note(cell, lost.message)
            raise
        error = next((output for output in reversed(cell.outputs) if output.output_type == "error"), None)
        if not in_time:
            self._check_total()
            _note(cell, self.limits.too_long)
        if exercise and (error is not None or not in_time):
            why = f"{error.ename}: {said(error.evalue, 300)}" if error is not None and in_time else self.limits.too_long
            self.failed[exercise] = (Outcome.WRONG if in_time else Outcome.TIMED_OUT), f"the cell that defines `{exercise}` did not run: {why}"

    async def _examine(self, watched: _Watched, exercise: str, place: int) -> None:
        try:
            async for result in watched.examine(self._open(exercise), self._seconds):
                if exercise in self.failed and result.message == undefined(exercise):
                    outcome, message = self.failed[exercise]
                    result = replace(result, outcome=outcome, message=message)
                self.results[result.grade_id] = result
                if result.outcome is Outcome.TIMED_OUT:
                    self._check_total()
                    self._score(exercise, result.outcome, result.message)
        except _Lost as lost:
            self.left_out |= {index for index, cell in enumerate(self.notebook.cells) if _solves(cell, exercise)}
            if lost.outcome is Outcome.DIED:
                self.suspected = exercise
            else:
                self._score(exercise, lost.outcome, lost.message)
            raise

    def _score(self, exercise: str, outcome: Outcome, message: str) -> None:
        for test in self._open(exercise):
            self.results[test.grade_id] = _scored(test, outcome, message)

    def _seconds(self) -> float:
        self._check_total()
        return min(self.limits.cell_seconds, self.end - time.monotonic())

    def _check_total(self) -> None:
        if time.monotonic() >= self.end:
            raise _Lost(Outcome.TIMED_OUT, f"the notebook ran for more than {self.limits.total_seconds:g} s in all and was stopped")


@dataclass
class _Clock:
    """How long what runs now may still run; interrupted code has a little time to stop."""

    seconds: InitVar[float]
    end: float = 0.0
    interrupted: bool = False

    def __post_init__(self, seconds: float) -> None:
        self.end = time.monotonic() + seconds


class _Watched:
    """A student process under supervision: what it runs is timed, its memory, its files and what it prints are measured."""

    def __init__(self, both: Pair, limits: Limits):
        self.both, self.limits = both, limits
        self.memory = limits.memory + _held(both.pid)[0]
        self.next_look = 0.0

    async def run_cell(self, outputs: NotebookClient, cell: NotebookNode, place: int, seconds: float) -> bool:
        """Run a cell to its end and keep its outputs, as many as may be; False when it was stopped for its time."""
        client = self.both.client
        cell.outputs = []
        outputs.clear_before_next_output = False
        content = {"code": cell.source, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False, "stop_on_error": False}
        drawn = role_of(cell).get("role") != "lesson"
        message = client.session.msg("execute_request", content, metadata={PICTURES: drawn})
        client.shell_channel.send(message)
        request = message["header"]["msg_id"]
        clock, text, pictures = _Clock(seconds), 0, 0
        while True:
            message = await self._heard(request)
            if message is not None:
                try:
                    more = _size(message)
                    text, pictures = text + more[0], pictures + more[1]
                    fits = text <= self.limits.output_chars and pictures <= self.limits.picture_chars
                    if fits or message["msg_type"] in ("status", "error"):
                        outputs.process_message(_shortened(message, self.limits.output_chars), cell, place)
                except CellExecutionComplete:
                    self.next_look = 0.0  # what a cell leaves behind is its own fault, not that of the next one
                    await self._look(clock)
                    break
                except Exception as error:  # a message that only a broken or a forging kernel sends
                    if len(cell.outputs) < _MOST_OUTPUTS:
                        _note(cell, f"an output could not be read ({type(error).__name__})")
            await self._look(clock)
        for output in () if drawn else cell.outputs:
            if output.get("data", {}).get("text/plain", "").startswith("<Figure size"):
                output.data = {"text/plain": _UNDRAWN}
        if text > self.limits.output_chars or pictures > self.limits.picture_chars:
            _note(cell, "more output than a cell may have was left out")
        with suppress(Empty):  # the replies, for which nobody waits
            while True:
                await client.get_shell_msg(timeout=0)
        return not clock.interrupted

    async def _heard(self, request: str) -> dict[str, Any] | None:
        """The next message about a request, None when there is none just now."""
        try:
            message = await self.both.client.get_iopub_msg(timeout=_TICK)
            return message if message["parent_header"].get("msg_id") == request else None
        except Empty:
            return None
        except Exception:
            await self._lose(Outcome.DIED, "the process sent messages that cannot be read")

    async def examine(self, tests: list[Test], seconds: Callable[[], float]) -> AsyncIterator[CellResult]:
        """Have the examiner run test cells; yields their results."""
        request = self.both.client.session.msg(SERVE, {})
        self.both.client.shell_channel.send(request)
        self.both.line.send_bytes(pack([astuple(test) for test in tests]))
        clock = _Clock(seconds())
        while True:
            await self._discard()
            match await self._report():
                case ["test"]:
                    clock = _Clock(seconds())
                case ["result", fields]:
                    result = CellResult(*fields)
                    if result.outcome == Outcome.DIED:
                        await self._look(clock)
                        status = await self.both.status(GRACE)
                        await self._lose(*((Outcome.DIED, _SILENT) if status is None else _death(status, self.limits)))
                    message = self.limits.too_long if result.outcome == Outcome.TIMED_OUT else result.message
                    yield replace(result, outcome=Outcome(result.outcome), message=message)
                case ["end"]:
                    self.next_look = 0.0
                    await self._look(clock)
                    break
                case None if await self._served(request, 0):
                    await self._lose(*((Outcome.TIMED_OUT, self.limits.too_long) if clock.interrupted else (Outcome.DIED, _SILENT)))
            await self._look(clock)
        if not await self._served(request, GRACE):
            await self._lose(Outcome.DIED, _SILENT)

    async def _discard(self) -> None:
        """Throw away what a learner's threads show while the tests run."""
        with suppress(Exception):
            for _ in range(_MOST_OUTPUTS):
                await self.both.client.get_iopub_msg(timeout=0)

    async def _report(self) -> Any:
        """The examiner's next message, None when there is none just now."""
        try:
            return await receive(self.both.line, _TICK)
        except (EOFError, OSError):
            await self._lose(Outcome.DIED, "what it answered could not be examined")

    async def _served(self, request: dict[str, Any], seconds: float) -> bool:
        end = time.monotonic() + seconds
        while True:
            try:
                message = await self.both.client.get_shell_msg(timeout=max(0.0, end - time.monotonic()))
            except Empty:
                return False
            if message["msg_type"] == SERVED and message["parent_header"].get("msg_id") == request["header"]["msg_id"]:
                return True

    async def _look(self, clock: _Clock) -> None:
        """Stop code whose time is up; see whether the process is alive and within its limits. If not, it is lost."""
        now = time.monotonic()
        if now > clock.end:
            if clock.interrupted:
                await self._lose(Outcome.TIMED_OUT, self.limits.too_long)
            clock.interrupted, clock.end = True, now + GRACE
            await self.both.interrupt()
        if now < self.next_look:
            return
        self.next_look = now + _TICK
        if not await self.both.alive():
            await self._lose(*_death(await self.both.status(5) or 0, self.limits))
        resident, threads = _held(self.both.pid)
        if self.both.in_force and resident > self.memory:
            await self._lose(Outcome.OUT_OF_MEMORY, f"it used more than {self.limits.memory // MB} MB of memory")
        if self.both.in_force and threads > self.limits.threads:
            await self._lose(Outcome.DIED, f"it started more than {self.limits.threads} threads")
        if _folder_size(self.both.scratch) + _deleted_size(self.both.pid) > self.limits.scratch:
            await self._lose(Outcome.DIED, f"it wrote more than {self.limits.scratch // MB} MB of files")

    async def _lose(self, outcome: Outcome, message: str) -> NoReturn:
        await self.both.kill()
        raise _Lost(outcome, message)


_SILENT = "the process stopped answering the tests"


def _death(status: int, limits: Limits) -> tuple[Outcome, str]:
    """What the exit status of a process says."""
    if status >= 0:
        return Outcome.DIED, f"it ended the Python process (exit status {status})"
    match -status:
        case signal.SIGXCPU:
            return Outcome.TIMED_OUT, f"it used more than {limits.total_seconds:g} s of CPU time and was stopped"
        case signal.SIGABRT:
            return Outcome.DIED, "the process aborted: a library ran out of memory or crashed"
        case signal.SIGSEGV | signal.SIGBUS | signal.SIGILL | signal.SIGFPE as number:
            return Outcome.DIED, f"the process crashed ({signal.Signals(number).name})"
    return Outcome.DIED, "the process was killed; it may have used too much memory"


def _held(pid: int) -> tuple[int, int]:
    """Bytes of memory that a process has held at most, and its threads now; zeros where the system does not say."""
    try:
        lines = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
        return int(lines["VmHWM"].split()[0]) * 1024, int(lines["Threads"])
    except (OSError, KeyError, ValueError):
        return 0, 0


def _folder_size(folder: Path) -> int:
    """Bytes on disk below a folder; no depth of folders is too deep."""
    total, waiting = 0, [str(folder)]
    while waiting:
        with suppress(OSError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                total += entry.stat(follow_symlinks=False).st_blocks * 512
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
    return total


def _deleted_size(pid: int) -> int:
    """Bytes on disk of files that a process holds open but has deleted."""
    total = 0
    with suppress(OSError):
        for name in os.listdir(f"/proc/{pid}/fd"):
            with suppress(OSError):
                found = os.stat(f"/proc/{pid}/fd/{name}")
                total += found.st_blocks * 512 if stat.S_ISREG(found.st_mode) and found.st_nlink == 0 else 0
    return total


def _remove(folder: Path) -> None:
    """Delete a scratch folder, however deep it is."""
    if shutil.which("rm"):
        subprocess.run(["rm", "-rf", "--", str(folder)], check=False, stderr=subprocess.DEVNULL)
    else:
        shutil.rmtree(folder, ignore_errors=True)


def _solves(cell: NotebookNode, exercise: str) -> bool:
    mark = role_of(cell)
    return mark.get("role") == "solution" and mark.get("exercise") == exercise


def _size(message: dict[str, Any]) -> tuple[int, int]:
    """Characters of text and of pictures in what a message shows."""
    content = message["content"]
    if message["msg_type"] in ("status", "execute_input"):
        return 0, 0
    data = content.get("data", {}) if isinstance(content.get("data"), dict) else {}
    pictures = sum(len(str(value)) for kind, value in data.items() if str(kind).startswith("image/"))
    return len(str(content)) - pictures, pictures


def _shortened(message: dict[str, Any], most: int) -> dict[str, Any]:
    """The message with a traceback of bearable length."""
    if message["msg_type"] == "error":
        content = message["content"]
        lines = [str(line) for line in content.get("traceback", [])]
        content["ename"], content["evalue"] = str(content.get("ename", ""))[:200], str(content.get("evalue", ""))[:2000]
        if sum(map(len, lines)) > most:
            content["traceback"] = [line[: most // 4] for line in (*lines[:2], "...", *lines[-2:])]
    return message


def _note(cell: NotebookNode, text: str) -> None:
    cell.outputs.append(new_output("stream", name="stderr", text=f"... {text}\n"))


def _overall(cells: list[CellResult]) -> Outcome:
    """The outcome of a submission: what stopped it, if anything did; not attempted only where every cell is."""
    found = {cell.outcome for cell in cells}
    for outcome in (Outcome.DIED, Outcome.OUT_OF_MEMORY, Outcome.TIMED_OUT):
        if outcome in found:
            return outcome
    return Outcome.NOT_ATTEMPTED if found == {Outcome.NOT_ATTEMPTED} else Outcome.GRADED


def _scored(test: Test, outcome: Outcome, message: str) -> CellResult:
    return CellResult(test.grade_id, test.exercise, test.points if outcome is Outcome.PASSED else 0.0, test.points, outcome, message)


def _write_verdict(cell: NotebookNode, result: CellResult) -> None:
    """Leave in a test cell what nbgrader reads a score from: an error with the message, or nothing. Prints and warnings cost nothing."""
    cell.metadata.course["outcome"], cell.metadata.course["message"] = str(result.outcome), result.message
    cell.outputs = []
    if result.outcome is not Outcome.PASSED:
        cell.outputs = [new_output("error", ename=str(result.outcome), evalue=result.message, traceback=wrap(result.message, 110))]
