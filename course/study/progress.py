"""A learner's progress: one small file for each exercise in `.course/` of the workspace, so that two open notebooks never write over each other."""

from __future__ import annotations

import errno
import json
import math
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path

from course.checks.model import CellResult, Outcome, Section
from course.paths import write_whole

FOLDER = ".course"


@dataclass
class Record:
    """What is kept of one exercise: attempts, points of the best and of the last one, hints seen, whether the solution was opened."""

    attempts: int = 0
    best: float = 0.0
    last: float = 0.0
    points: float = 0.0
    hints: int = 0
    solution: bool = False
    updated: str = ""


def workspace() -> Path:
    """The learner's workspace: named by COURSE_WORK, else the nearest folder upwards with `.course/`, else the current folder."""
    named = os.environ.get("COURSE_WORK")
    if named:
        return Path(named)
    here = Path.cwd()
    return next((folder for folder in (here, *here.parents) if (folder / FOLDER).is_dir()), here)


def load(work: Path, section: str, exercise: str) -> Record:
    """The record of an exercise; an empty one when there is none or its file is damaged."""
    try:
        data = json.loads(_path(work, section, exercise).read_text(encoding="utf-8"))
        record = Record(**{field.name: type(field.default)(data[field.name]) for field in fields(Record) if field.name in data})
        numbers = (record.attempts, record.best, record.last, record.points, record.hints)
        return record if all(0 <= number < math.inf for number in numbers) else Record()
    except (OSError, ValueError, TypeError, OverflowError, RecursionError):
        return Record()


def save(work: Path, section: str, exercise: str, record: Record) -> None:
    """Keep a record; the file is replaced whole. Raises OSError where the workspace cannot be written."""
    path = _path(work, section, exercise)
    path.parent.mkdir(parents=True, exist_ok=True)
    record.updated = datetime.now(UTC).isoformat(timespec="seconds")
    write_whole(path, json.dumps(asdict(record), indent=1))


def advice(error: OSError, place: str) -> str:
    """What to do about a place that could not be written in."""
    return "the disk is full: free some space" if error.errno in (errno.ENOSPC, errno.EDQUOT) else f"make {place} writable"


@dataclass(frozen=True)
class Standing:
    """How far a learner is in a section: the records by exercise, how many exercises are solved, the points reached."""

    records: dict[str, Record]
    solved: int
    reached: float


def standing(work: Path, section: Section) -> Standing:
    """What is kept of all exercises of a section; points above those of the present release count as all of them."""
    kept = {key: load(work, section.name, key) for key in section.exercises}
    records = {key: replace(record, best=min(record.best, section.exercises[key].points)) for key, record in kept.items()}
    solved = sum(record.best >= section.exercises[key].points for key, record in records.items())
    return Standing(records, solved, sum(record.best for record in records.values()))


def attempt(work: Path, section: str, exercise: str, results: Iterable[CellResult], points: float) -> Record:
    """Count an attempt (an untouched stub is none) and keep its points out of `points`."""
    results = list(results)
    record = load(work, section, exercise)
    record.points = points
    if any(result.outcome is not Outcome.NOT_ATTEMPTED for result in results):
        record.attempts += 1
        record.last = sum(result.points for result in results)
        record.best = max(record.best, record.last)
        save(work, section, exercise, record)
    return record


def _path(work: Path, section: str, exercise: str) -> Path:
    return work / FOLDER / "progress" / section / f"{exercise}.json"
