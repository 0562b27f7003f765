"""Running test cells on a function in the current process: what `%check` and the proofs do."""

from __future__ import annotations

import contextlib
import io
import json
import traceback
import warnings
from collections.abc import Callable
from typing import Any

from course.checks.compare import CheckFailed, said
from course.checks.model import CellResult, Exercise, Outcome, Section, Test

CELL = "<your cell>"


def namespace(section: Section) -> dict[str, Any]:
    """The names that test cells may use: everything that the locked cells of the section define."""
    names: dict[str, Any] = {"__name__": "__main__"}
    for name, source in section.locked:
        exec(compile(source, f"<{name}>", "exec"), names)
    return names


def define(source: str, exercise: str, names: dict[str, Any]) -> Callable[..., Any]:
    """Run the text of a solution cell in a copy of `names` and return the function that it defines; its own errors pass through."""
    own = dict(names)
    exec(compile(source, CELL, "exec"), own)
    return own[exercise]


def run_tests(exercise: Exercise, function: Callable[..., Any], names: dict[str, Any]) -> list[CellResult]:
    """Run all test cells of an exercise on a learner's function, each in a fresh copy of `names`. Warnings and prints are dropped."""
    return [_run(test, function, names) for test in exercise.tests]


def describe(error: BaseException, exercise: str) -> tuple[Outcome, str]:
    """Outcome and message for what a test cell raised."""
    frames = traceback.extract_tb(error.__traceback__)
    if isinstance(error, NotImplementedError):
        return not_implemented(frames[-1].name if frames else exercise, exercise)
    if isinstance(error, (CheckFailed, AssertionError)):
        return Outcome.WRONG, str(error) or "an assertion failed"
    if isinstance(error, MemoryError):
        return Outcome.OUT_OF_MEMORY, "your function used more memory than it may"
    if isinstance(error, NameError) and error.name == exercise:
        return Outcome.WRONG, undefined(exercise)
    kind = type(error).__name__
    own = [frame for frame in frames if frame.name == exercise]
    place = f" in line {own[-1].lineno} of the cell" if own else ""
    return Outcome.WRONG, f"`{exercise}` raised {kind}{place}: {said(error, 300)}"


def undefined(exercise: str) -> str:
    """The message for a test that did not find the learner's function."""
    return f"`{exercise}` is not defined; keep the function's name"


class Verdict(Exception):
    """How a kernel says what became of a test cell: its text is JSON with `outcome` and `message`."""


def run_in_kernel(source: str, exercise: str, names: dict[str, Any]) -> None:
    """Run a test cell in a kernel, in a copy of its names, so that no test can disturb a learner's function; raises Verdict unless it passes."""
    outcome, message = _outcome(source, exercise, dict(names))
    if outcome is not Outcome.PASSED:
        raise Verdict(json.dumps({"outcome": outcome, "message": message}))


def not_implemented(place: str, exercise: str) -> tuple[Outcome, str]:
    """What a NotImplementedError raised in the function `place` means: a stub is not attempted; one that calls another exercise's stub is not finished."""
    if place in (exercise, "<module>"):
        return Outcome.NOT_ATTEMPTED, "not attempted"
    return Outcome.WRONG, f"`{exercise}` calls `{place}`, which is not written yet"


def _run(test: Test, function: Callable[..., Any], names: dict[str, Any]) -> CellResult:
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        outcome, message = _outcome(test.source, test.exercise, {**names, test.exercise: function})
    points = test.points if outcome is Outcome.PASSED else 0.0
    return CellResult(test.grade_id, test.exercise, points, test.points, outcome, message)


def _outcome(source: str, exercise: str, names: dict[str, Any]) -> tuple[Outcome, str]:
    """Run the text of a test cell in `names` and say what became of it."""
    try:
        exec(compile(source, f"<test of {exercise}>", "exec"), names)
    except (Exception, SystemExit) as error:
        return describe(error, exercise)
    return Outcome.PASSED, ""
