"""Where an exercise and its tests come from: the course's source, its release, or the open notebook itself (a class on a hub)."""

from __future__ import annotations

import contextlib
import difflib
import functools
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course.authoring import bank
from course.checks.model import Exercise, Section
from course.checks.run import namespace
from course.paths import CourseError, find_root, notebook, sections


@dataclass(frozen=True)
class Found:
    """An exercise, the section it stands in, and whether its hidden tests and its solution are here (`whole`)."""

    section: Section
    exercise: Exercise
    whole: bool
    path: Path

    def names(self) -> dict[str, Any]:
        """What the locked cells of the section define, for its test cells."""
        return _namespace(self.path, self.path.stat().st_mtime_ns)


def find(exercise: str) -> Found:
    """Find an exercise by its id. Raises CourseError with the nearest ids when there is none."""
    known: list[str] = []
    for path, whole in _places():
        section = Section.read(path)
        if exercise in section.exercises:
            return Found(section, section.exercises[exercise], whole, path)
        known += section.exercises
    near = [key for key in known if exercise and exercise in key][:3] or difflib.get_close_matches(exercise, known, 3, 0.6)
    told = f"; did you mean {', '.join(near)}?" if near else "; %progress lists the ids" if known else ": no section of the course was found here"
    raise CourseError(f"no exercise {exercise!r}{told}")


def alternative(found: Found) -> bank.Answer | None:
    """A right answer of the bank, written in another way than the reference; None where there is no bank or it is damaged."""
    path = bank.folder(found.path.parents[2], found.section.name) / f"{found.exercise.id}.py"
    try:
        return next((answer for answer in bank.read(path) if answer.right), None)
    except (OSError, CourseError):
        return None


def places() -> list[Path]:
    """The section notebooks that can be seen from here, in order."""
    return [path for path, _ in _places()]


def _places() -> Iterator[tuple[Path, bool]]:
    try:
        root = find_root()
    except CourseError:
        root = None
    seen = set()
    for kind in ("source", "release") if root else ():
        for name in sections(root, kind):
            if name not in seen:
                seen.add(name)
                yield notebook(root, name, kind), kind == "source"
    opened = os.environ.get("JPY_SESSION_NAME", "")
    path = Path.cwd() / Path(opened).name
    if opened.endswith(".ipynb") and path.stem not in seen and path.is_file():
        with contextlib.suppress(ValueError):  # a notebook of the learner's own is no section
            Section.read(path)
            yield path, False


@functools.lru_cache
def _namespace(path: Path, version: int) -> dict[str, Any]:
    return namespace(Section.read(path).locked)
