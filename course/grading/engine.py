"""The grading engine: (source notebook, submitted file, limits) -> graded notebook and an outcome for each test cell. It touches no database."""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
import time
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from textwrap import wrap
from typing import Any

from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_output

from course.checks.model import CellResult, Outcome, SubmissionResult, role_of
from course.checks.run import undefined
from course.grading.repair import Repaired, repair


@dataclass(frozen=True)
class Limits:
    """What a submission may use: seconds for one cell and for the whole notebook, characters of printed output for one cell."""

    cell_seconds: float = 20
    total_seconds: float = 300
    output_chars: int = 20_000


@dataclass
class Graded:
    """A graded notebook and what it says."""

    notebook: NotebookNode
    result: SubmissionResult


def grade(source: NotebookNode, submitted: bytes | None, student: str, limits: Limits | None = None) -> Graded:
    """Grade one submitted file against its source notebook. Always returns: a damaged file is mended or scored zero with the reason."""
    return run(repair(submitted, source), student, limits or Limits())


def run(repaired: Repaired, student: str, limits: Limits) -> Graded:
    """Execute a repaired notebook and read off the outcome of each test cell; the verdicts are written into the notebook, too."""
    notebook = repaired.notebook
    if repaired.unusable:
        cells = [_result(cell, repaired.unusable, repaired.reason) for cell in _tests(notebook)]
    else:
        cells = _apart(_execute(notebook, limits))
    score, total = sum(cell.points for cell in cells), sum(cell.max_points for cell in cells)
    result = SubmissionResult(
        student=student,
        section=notebook.metadata.course.section,
        outcome=repaired.unusable or _overall(cells),
        score=score,
        max_score=total,
        cells=cells,
        message=repaired.reason,
        notes=repaired.notes,
    )
    by_id = {cell.grade_id: cell for cell in cells}
    for cell in _tests(notebook):
        _write_verdict(cell, by_id[cell.metadata.nbgrader.grade_id])
    notebook.metadata.course["result"] = {key: value for key, value in asdict(result).items() if key != "cells"}
    return Graded(notebook, result)


def _apart(work: Coroutine[Any, Any, list[CellResult]]) -> list[CellResult]:
    """Run a coroutine to its end in a thread of its own: the caller (formgrader, a notebook) may have a running event loop."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


async def _execute(notebook: NotebookNode, limits: Limits) -> list[CellResult]:
    results: list[CellResult] = []
    failed_cells: dict[str, str] = {}
    stopped: dict[str, tuple[Outcome, str]] = {}
    end = time.monotonic() + limits.total_seconds
    with tempfile.TemporaryDirectory() as scratch:
        manager = AsyncKernelManager(kernel_name="python3", transport="ipc", ip=os.path.join(scratch, "kernel"))
        client = NotebookClient(
            notebook,
            km=manager,
            allow_errors=True,
            interrupt_on_timeout=True,
            error_on_timeout={"ename": "CellTimeoutError", "evalue": "", "traceback": []},
            raise_on_iopub_timeout=False,
            shutdown_kernel="immediate",
            resources={"metadata": {"path": scratch}},
        )
        died = False
        async with client.async_setup_kernel(cleanup_kc=True, env={**os.environ, "NBGRADER_EXECUTION": "autograde", "OPENBLAS_NUM_THREADS": "1"}):
            for index, cell in enumerate(notebook.cells):
                if cell.cell_type != "code":
                    continue
                mark = role_of(cell)
                exercise = mark.get("exercise", "")
                left = end - time.monotonic()
                if exercise in stopped or died or left <= 0:
                    reason = stopped.get(exercise) or ((Outcome.DIED, _DIED) if died else (Outcome.TIMED_OUT, _total(limits)))
                else:
                    client.timeout = max(1, round(min(limits.cell_seconds, left)))
                    died = not await _run_cell(client, cell, index)
                    reason = (Outcome.DIED, _DIED) if died else None
                error = next((output for output in reversed(cell.outputs) if output.output_type == "error"), None)
                if mark.get("role") == "solution" and error is not None:
                    failed_cells[exercise] = f"{error.ename}: {error.evalue}" if error.ename != "CellTimeoutError" else _cell(limits)
                if mark.get("role") == "test":
                    outcome, message = reason or _read(error, exercise, failed_cells, limits)
                    if outcome in (Outcome.TIMED_OUT, Outcome.DIED):
                        stopped[exercise] = outcome, message
                    results.append(_result(cell, outcome, message))
    for cell in notebook.cells:
        _trim(cell, limits.output_chars)
    return results


async def _run_cell(client: NotebookClient, cell: NotebookNode, index: int) -> bool:
    """Run one cell in the kernel, a test cell in a namespace of its own; False when the kernel died of it."""
    source, mark = cell.source, role_of(cell)
    if mark.get("role") == "test":
        cell.source = f"__import__('course.checks.run', fromlist=['run']).run_in_kernel({source!r}, {mark['exercise']!r}, globals())"
    try:
        await client.async_execute_cell(cell, index)
    except DeadKernelError:
        return False
    finally:
        cell.source = source
    return True


_DIED = "the process died before this test (memory, or a call that ends Python)"


def _cell(limits: Limits) -> str:
    return f"it ran for more than {limits.cell_seconds:g} s and was stopped"


def _total(limits: Limits) -> str:
    return f"the notebook ran for more than {limits.total_seconds:g} s in all and was stopped"


def _read(error: NotebookNode | None, exercise: str, failed_cells: dict[str, str], limits: Limits) -> tuple[Outcome, str]:
    """Outcome and message of a test cell from the error that it left in its outputs, if any."""
    if error is None:
        return Outcome.PASSED, ""
    if error.ename in ("CellTimeoutError", "KeyboardInterrupt"):  # the engine interrupts what runs too long
        return Outcome.TIMED_OUT, _cell(limits)
    if error.ename != "Verdict":
        return Outcome.WRONG, f"the test could not run: {error.ename}: {' '.join(str(error.evalue).split())[:300]}"
    found = json.loads(error.evalue)
    if exercise in failed_cells and found["message"] == undefined(exercise):
        return Outcome.WRONG, f"the cell that defines `{exercise}` did not run: {failed_cells[exercise]}"
    return Outcome(found["outcome"]), found["message"]


def _overall(cells: list[CellResult]) -> Outcome:
    """The outcome of a submission: what stopped it, if anything did; not attempted only where every cell is."""
    found = {cell.outcome for cell in cells}
    for outcome in (Outcome.DIED, Outcome.OUT_OF_MEMORY, Outcome.TIMED_OUT):
        if outcome in found:
            return outcome
    return Outcome.NOT_ATTEMPTED if found == {Outcome.NOT_ATTEMPTED} else Outcome.GRADED


def _tests(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if role_of(cell).get("role") == "test"]


def _result(cell: NotebookNode, outcome: Outcome, message: str) -> CellResult:
    settings = cell.metadata.nbgrader
    points = float(settings.points)
    return CellResult(settings.grade_id, cell.metadata.course.exercise, points if outcome is Outcome.PASSED else 0.0, points, outcome, message)


def _write_verdict(cell: NotebookNode, result: CellResult) -> None:
    """Leave in a test cell what nbgrader reads a score from: an error with the message, or nothing. Prints and warnings cost nothing."""
    cell.metadata.course["outcome"], cell.metadata.course["message"] = str(result.outcome), result.message
    cell.outputs = []
    if result.outcome is not Outcome.PASSED:
        cell.outputs = [new_output("error", ename=str(result.outcome), evalue=result.message, traceback=wrap(result.message, 110))]


def _trim(cell: NotebookNode, limit: int) -> None:
    for output in cell.get("outputs", []):
        if output.output_type == "stream" and len(output.text) > limit:
            output.text = output.text[:limit] + f"\n... {len(output.text) - limit} more characters"
