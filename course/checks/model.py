"""The model that everything shares: a section is read from its notebook, an outcome is what grading says of a cell or a submission."""

from __future__ import annotations

import ast
import functools
import re
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

_MINUTES = re.compile(r"about (\d+) minutes, the \*core\* exercises about (\d+)")


class Outcome(StrEnum):
    """What became of a test cell (passed ... died) or of a whole submission (graded, not attempted, timed out ... missing)."""

    PASSED = "passed"
    WRONG = "wrong"
    NOT_ATTEMPTED = "not attempted"
    TIMED_OUT = "timed out"
    OUT_OF_MEMORY = "out of memory"
    DIED = "process died"
    MALFORMED = "malformed"
    MISSING = "missing"
    FAILED = "not graded"
    GRADED = "graded"


@dataclass(frozen=True)
class Test:
    """One test cell: `source` is the whole cell, hidden part included where it is there."""

    grade_id: str
    exercise: str
    name: str
    points: float
    source: str

    @property
    def title(self) -> str:
        """The first line of the cell's docstring."""
        return (ast.get_docstring(ast.parse(self.source)) or self.name).splitlines()[0]

    @property
    def empty(self) -> bool:
        """Whether nothing but the docstring is here: in a release, a cell whose checks are all hidden."""
        return len(ast.parse(self.source).body) < 2


@dataclass(frozen=True)
class Exercise:
    """An exercise as a notebook holds it; `explain` is empty in a release, and `solution` is the stub there.

    `lesson` is the heading of the lesson that it stands under, `lesson_cell` the id of the cell with that heading.
    """

    id: str
    level: str
    title: str
    statement: str
    solution: str
    hints: tuple[str, ...]
    explain: str
    tests: tuple[Test, ...]
    lesson: str = ""
    lesson_cell: str = ""

    @property
    def points(self) -> float:
        return sum(test.points for test in self.tests)


@dataclass(frozen=True)
class Section:
    """One notebook: its exercises in order, the locked cells that its tests may use, the points of the tasks that a person grades, by id.

    `minutes` is what its title cell says that reading and the core exercises take; 0 when it doesn't say.
    """

    name: str
    title: str
    exercises: dict[str, Exercise]
    locked: tuple[tuple[str, str], ...]
    tasks: dict[str, float] = field(default_factory=dict)
    minutes: int = 0

    @property
    def points(self) -> float:
        return sum(exercise.points for exercise in self.exercises.values())

    @classmethod
    def read(cls, path: Path) -> Section:
        """Read a source or release notebook, once for each version of its file.

        Raises OSError when there is none, ValueError when it is not a section of the course.
        """
        about = path.stat()
        return _read(path, about.st_mtime_ns, about.st_size)

    @classmethod
    def from_notebook(cls, notebook: NotebookNode, name: str) -> Section:
        parts: dict[str, dict[str, Any]] = {}
        locked: list[tuple[str, str]] = []
        tasks: dict[str, float] = {}
        lesson = ("", "")
        for cell in notebook.cells:
            mark = role_of(cell)
            if "role" not in mark and cell.cell_type == "markdown":
                headings = re.findall(r"^##+\s*(.+?)\s*$", cell.source, re.MULTILINE)
                lesson = (headings[-1], cell.get("id", "")) if headings else lesson
            if mark.get("role") == "locked":
                locked.append((cell.metadata.nbgrader.grade_id, cell.source))
            if mark.get("role") == "task":
                tasks[cell.metadata.nbgrader.grade_id] = float(cell.metadata.nbgrader.points)
            if "exercise" not in mark:
                continue
            part = parts.setdefault(mark["exercise"], {"hints": [], "explain": [], "tests": []})
            match mark["role"]:
                case "statement":
                    part["statement"], part["level"], part["lesson"] = cell.source, mark["level"], lesson
                case "solution":
                    part["solution"] = cell.source
                    part["hints"] += mark.get("hints", [])
                case "hint":
                    part["hints"].append(cell.source)
                case "explain":
                    part["explain"].append(cell.source)
                case "test":
                    settings = cell.metadata.nbgrader
                    part["tests"].append(Test(settings.grade_id, mark["exercise"], mark["name"], float(settings.points), cell.source))
        if not parts:
            raise ValueError(f"{name} holds no exercise of the course")
        for key, part in parts.items():
            for role in ("statement", "solution"):
                if role not in part:
                    raise ValueError(f"{name}: {key} has no {role} cell")
        exercises = {
            key: Exercise(
                id=key,
                level=part["level"],
                title=heading(part["statement"]),
                statement=part["statement"],
                solution=part["solution"],
                hints=tuple(part["hints"]),
                explain="\n\n".join(part["explain"]),
                tests=tuple(part["tests"]),
                lesson=part["lesson"][0],
                lesson_cell=part["lesson"][1],
            )
            for key, part in parts.items()
        }
        title = notebook.cells[0].source
        said = _MINUTES.search(title)
        return cls(name, heading(title), exercises, tuple(locked), tasks, sum(map(int, said.groups())) if said else 0)


@functools.lru_cache
def _read(path: Path, changed: int, size: int) -> Section:
    try:
        return Section.from_notebook(nbformat.read(path, as_version=4), path.stem)
    except (OSError, ValueError):
        raise
    except Exception as error:
        raise ValueError(f"{path.name} is not a notebook of the course ({type(error).__name__})") from None


@dataclass
class CellResult:
    """What grading says of one test cell."""

    grade_id: str
    exercise: str
    points: float
    max_points: float
    outcome: Outcome
    message: str = ""


@dataclass
class SubmissionResult:
    """What grading says of one submission; `notes` lists what was repaired before it ran, `message` why it could not be graded as it came,
    `sandbox` the protections under which it ran."""

    student: str
    section: str
    outcome: Outcome
    score: float
    max_score: float
    cells: list[CellResult] = field(default_factory=list)
    message: str = ""
    notes: list[str] = field(default_factory=list)
    sandbox: list[str] = field(default_factory=list)

    @classmethod
    def from_notebook(cls, notebook: NotebookNode) -> SubmissionResult:
        """What a graded notebook says of itself. Raises ValueError when it was not graded by the engine."""
        try:
            found = dict(notebook.metadata.course.result)
            cells = []
            for cell in notebook.cells:
                mark = role_of(cell)
                if mark.get("role") == "test":
                    points, outcome = float(cell.metadata.nbgrader.points), Outcome(mark["outcome"])
                    reached = points if outcome is Outcome.PASSED else 0.0
                    cells.append(CellResult(cell.metadata.nbgrader.grade_id, mark["exercise"], reached, points, outcome, mark["message"]))
            return cls(**{**found, "outcome": Outcome(found["outcome"])}, cells=cells)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ValueError(f"not a graded notebook ({type(error).__name__})") from None

    def by_exercise(self) -> dict[str, list[CellResult]]:
        """The results of the test cells, exercise by exercise, in the order of the notebook."""
        groups: dict[str, list[CellResult]] = {}
        for cell in self.cells:
            groups.setdefault(cell.exercise, []).append(cell)
        return groups

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def role_of(cell: NotebookNode) -> dict[str, Any]:
    """The course's mark on a cell: {} for a lesson cell or for one of the learner's own."""
    mark = cell.get("metadata", {}).get("course", {})
    return mark if isinstance(mark, dict) else {}


def heading(markdown: str) -> str:
    """The text of the first heading, without the hashes."""
    match = re.search(r"^#+\s*(.+)$", markdown, re.MULTILINE)
    return match[1].strip() if match else markdown.strip().partition("\n")[0]
