"""The four proofs of every exercise, and that a release gives nothing away."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

from course.authoring import bank
from course.checks.compare import said
from course.checks.model import CellResult, Exercise, Outcome, Section, role_of
from course.checks.run import define, describe, namespace, run_test
from course.paths import CourseError, find_root, notebook, sections

LEAST_RIGHT, LEAST_WRONG = 2, 3


@dataclass(frozen=True)
class Proof:
    """One proof of one exercise: `proof` is its kind, `label` which answer, `detail` what came instead when it does not hold."""

    exercise: str
    proof: str
    label: str
    holds: bool
    detail: str = ""


def prove(root: Path, section: str, exercise: str) -> list[Proof]:
    """All proofs of one exercise: reference, stub, right and wrong answers. A CourseError names the exercises there are when this is none."""
    source = read_section(root, section, exercise)
    names = _names(root, section)
    release = _read(root, section, "release")
    if exercise not in release.exercises:
        raise CourseError(f"release/{section} has no exercise {exercise!r}: run `course build {section}`")
    return list(_proofs(root, source.exercises[exercise], release.exercises[exercise], section, names))


def prove_release(root: Path, section: str) -> list[Proof]:
    """That the release holds no solution, no hidden test and no explanation of the source."""
    source = nbformat.read(notebook(root, section), as_version=4)
    release = nbformat.read(notebook(root, section, "release"), as_version=4)
    visible = nbformat.writes(release)
    leaks = [marker for marker in ("BEGIN SOLUTION", "END SOLUTION", "BEGIN HIDDEN", "END HIDDEN") if marker in visible]
    shown = {line.strip() for cell in release.cells for line in cell.source.splitlines()}
    parts = [(role_of(cell).get("exercise"), *_parts(cell.source, role_of(cell).get("role"))) for cell in source.cells]
    told = {line.strip() for _, openly, _ in parts for line in openly.splitlines()}
    for exercise, _, secret in parts:
        leaks += [f"{exercise}: {line}" for line in map(str.strip, secret.splitlines()) if len(line) >= 12 and line in shown - told]
    return [Proof(section, "release", "gives nothing away", not leaks, "; ".join(leaks[:3]))]


def read_section(root: Path, section: str, exercise: str | None = None) -> Section:
    """The source of a section; with `exercise`, a CourseError when it has none of that id."""
    found = _read(root, section, "source")
    if exercise is not None and exercise not in found.exercises:
        raise CourseError(f"no exercise {exercise!r} in {section}; there is {', '.join(found.exercises)}")
    return found


def reference(exercise: str) -> Callable[..., Any]:
    """The reference solution of an exercise of any section, for tests that hold it against something independent."""
    root = find_root()
    for section in sections(root):
        source = read_section(root, section)
        if exercise in source.exercises:
            return define(source.exercises[exercise].solution, exercise, _names(root, section))
    raise CourseError(f"no section has an exercise {exercise!r}")


def _read(root: Path, section: str, kind: str) -> Section:
    path = notebook(root, section, kind)
    try:
        return Section.read(path)
    except ValueError as error:
        raise CourseError(f"{path.relative_to(root)} is damaged ({said(error)}): run `course build {section}` to make it anew") from None


@functools.lru_cache
def _names(root: Path, section: str) -> dict[str, Any]:
    return namespace(read_section(root, section).locked)


def _proofs(root: Path, exercise: Exercise, released: Exercise, section: str, names: dict[str, Any]) -> Iterator[Proof]:
    results = _results(exercise, exercise.solution, names)
    yield Proof(exercise.id, "reference", "full marks", _full(results), _failures(results))

    results = _results(exercise, released.solution, names)
    untouched = all(result.points == 0 and result.outcome is Outcome.NOT_ATTEMPTED for result in results)
    yield Proof(exercise.id, "stub", "zero, not attempted", untouched, _failures(results) or "the stub scores points")

    path = bank.folder(root, section) / f"{exercise.id}.py"
    answers = bank.read(path) if path.is_file() else []
    rights, wrongs = [answer for answer in answers if answer.right], [answer for answer in answers if not answer.right]
    enough = len(rights) >= LEAST_RIGHT and len(wrongs) >= LEAST_WRONG
    yield Proof(exercise.id, "bank", "answers enough", enough, f"{len(rights)} right and {len(wrongs)} wrong; wanted {LEAST_RIGHT} and {LEAST_WRONG}")
    for answer in rights:
        results = _results(exercise, answer.code, names)
        yield Proof(exercise.id, "right", answer.label, _full(results), _failures(results))
    for answer in wrongs:
        results = []
        named = False
        for result in _each(exercise, answer.code, names):
            results.append(result)
            if named := result.outcome is not Outcome.PASSED and answer.label in result.message:
                break
        yield Proof(exercise.id, "wrong", answer.label, named, _failures(results) or "it passes every test")


def _results(exercise: Exercise, code: str, names: dict[str, Any]) -> list[CellResult]:
    return list(_each(exercise, code, names))


def _each(exercise: Exercise, code: str, names: dict[str, Any]) -> Iterator[CellResult]:
    """The result of each test of an exercise on the text of a solution cell, one after the other."""
    try:
        function = define(code, exercise.id, names)
    except Exception as error:
        outcome, message = describe(error, exercise.id)
        yield from (CellResult(test.grade_id, exercise.id, 0.0, test.points, outcome, message) for test in exercise.tests)
        return
    for test in exercise.tests:
        yield run_test(test, function, names)


def _full(results: list[CellResult]) -> bool:
    return all(result.outcome is Outcome.PASSED for result in results)


def _failures(results: list[CellResult]) -> str:
    return " | ".join(f"{result.grade_id}: {result.message}" for result in results if result.outcome is not Outcome.PASSED)


def _parts(source: str, role: str | None) -> tuple[str, str]:
    """What a cell of the source shows in the release, and what it must not show."""
    if role in ("explain", "hint", "task"):
        return "", "" if role == "hint" else source
    pattern = re.compile(r"^[^\n]*BEGIN (SOLUTION|HIDDEN TESTS)[^\n]*\n(.*?)^[^\n]*END \1[^\n]*\n?", re.DOTALL | re.MULTILINE)
    return pattern.sub("", source), "\n".join(match[2] for match in pattern.finditer(source))
