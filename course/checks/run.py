"""Running test cells on a function in the current process: what `%check` and the proofs do."""

from __future__ import annotations

import contextlib
import errno
import io
import traceback
import warnings
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

from course.checks.compare import CheckFailed, said
from course.checks.model import CellResult, Exercise, Outcome, Test

CELL = "<your cell>"


class Frame(NamedTuple):
    """One level of a call: the function's name and the line in its cell."""

    name: str
    lineno: int | None


def namespace(locked: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """The names that test cells may use: everything that the locked cells of a section, given as (name, source), define."""
    names: dict[str, Any] = {"__name__": "__main__"}
    for name, source in locked:
        exec(compile(source, f"<{name}>", "exec"), names)
    return names


def define(source: str, exercise: str, names: dict[str, Any]) -> Callable[..., Any]:
    """Run the text of a solution cell in a copy of `names` and return the function that it defines; its own errors pass through."""
    own = dict(names)
    exec(compile(source, CELL, "exec"), own)
    return own[exercise]


def run_tests(
    exercise: Exercise, function: Callable[..., Any], names: dict[str, Any], guard: Callable[[Callable[[], CellResult], Test], CellResult] | None = None
) -> list[CellResult]:
    """Run all test cells of an exercise on a learner's function, each in a fresh copy of `names`.

    `guard` is given each run and its test, and may stop it; as in grading, the tests behind one that used up its time get no chance.
    """
    results: list[CellResult] = []
    for test in exercise.tests:
        if results and results[-1].outcome is Outcome.TIMED_OUT:
            results.append(replace(results[-1], grade_id=test.grade_id, max_points=test.points))
            continue
        run = partial(run_test, test, function, names)
        results.append(guard(run, test) if guard else run())
    return results


def run_test(test: Test, function: Callable[..., Any], names: dict[str, Any]) -> CellResult:
    """Run one test cell on a learner's function, in a copy of `names`. Warnings and prints are dropped."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        outcome, message = _outcome(test.source, test.exercise, {**names, test.exercise: function})
    points = test.points if outcome is Outcome.PASSED else 0.0
    return CellResult(test.grade_id, test.exercise, points, test.points, outcome, message)


def describe(error: BaseException, exercise: str) -> tuple[Outcome, str]:
    """Outcome and message for what a test cell raised. An error that came from another process brings its own `frames`."""
    frames = getattr(error, "frames", None) or [Frame(frame.name, frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
    if isinstance(error, NotImplementedError):
        return not_implemented(frames[-1].name if frames else exercise, exercise)
    if isinstance(error, (CheckFailed, AssertionError)):
        return Outcome.WRONG, str(error) or "an assertion failed"
    if isinstance(error, MemoryError) or getattr(error, "errno", None) == errno.ENOMEM:
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


def not_implemented(place: str, exercise: str) -> tuple[Outcome, str]:
    """What a NotImplementedError raised in the function `place` means: a stub is not attempted; one that calls another exercise's stub is not finished."""
    if place in (exercise, "<module>"):
        return Outcome.NOT_ATTEMPTED, "not attempted"
    return Outcome.WRONG, f"`{exercise}` calls `{place}`, which is not written yet"


def _outcome(source: str, exercise: str, names: dict[str, Any]) -> tuple[Outcome, str]:
    """Run the text of a test cell in `names` and say what became of it."""
    try:
        exec(compile(source, f"<test of {exercise}>", "exec"), names)
    except (Exception, SystemExit) as error:
        return describe(error, exercise)
    return Outcome.PASSED, ""
