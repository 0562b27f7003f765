"""What is kept of an interview beside its notebook: the plan it is made from, when answers were run, and its result. One JSON file each."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from course.paths import CourseError, write_whole

FOLDER = "interviews"
_DAMAGE = (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError)


@dataclass
class Asked:
    """A question of the plan: the id of its template, the seed of its numbers, its section and the minutes it takes."""

    id: str
    seed: int
    topic: str
    minutes: int


@dataclass
class Run:
    """An answer cell was run: which question, when (ISO time with zone), and a digest of the cell's text."""

    id: str
    at: str
    digest: str


@dataclass
class Answer:
    """The result of one question. `seconds` is None where no run was recorded, `late` says whether the last run came after the time."""

    id: str
    topic: str
    points: float
    max_points: float
    attempted: bool
    messages: list[str]
    seconds: float | None = None
    late: bool | None = None

    @property
    def share(self) -> float:
        return self.points / self.max_points


@dataclass
class Journal:
    """All that is kept of one interview. `digest` is that of the source it was made from; times are ISO with zone, empty when not there yet."""

    name: str
    seed: int
    minutes: int
    made: str
    digest: str
    asked: list[Asked]
    started: str = ""
    finished: str = ""
    runs: list[Run] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)

    @property
    def begin(self) -> datetime | None:
        return datetime.fromisoformat(self.started) if self.started else None

    @property
    def end(self) -> datetime | None:
        """When the time is up."""
        return self.begin + timedelta(minutes=self.minutes) if self.begin else None

    def seconds(self) -> dict[str, float]:
        """Seconds by question: each stretch from one run (or the start) to the next is laid to the question of the run that ends it."""
        spent: dict[str, float] = {}
        last = self.begin
        for run in sorted(self.runs, key=lambda run: run.at):
            moment = datetime.fromisoformat(run.at)
            if last is not None:
                spent[run.id] = spent.get(run.id, 0.0) + max(0.0, (moment - last).total_seconds())
            last = moment
        return spent


def now() -> str:
    """The time, as a journal keeps it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def digest(text: str) -> str:
    """A short fingerprint of a text; blanks around it don't count."""
    return hashlib.sha256(text.strip().encode()).hexdigest()[:16]


def path(folder: Path, name: str) -> Path:
    """The file of an interview in the folder of interviews."""
    return folder / f"{name}.json"


def load(folder: Path, name: str) -> Journal:
    """Read the journal of an interview. Raises CourseError when it is missing or damaged."""
    try:
        return _journal(json.loads(path(folder, name).read_text(encoding="utf-8")))
    except FileNotFoundError:
        known = ", ".join(journal.name for journal in everything(folder)) or "none: run `course interview` to make one"
        raise CourseError(f"no interview {name!r} in {folder}; there is {known}") from None
    except _DAMAGE as error:
        raise CourseError(f"{path(folder, name)} is damaged ({type(error).__name__}): make a new interview") from None


def save(folder: Path, journal: Journal) -> None:
    """Write a journal; the file is replaced whole. Raises OSError where the folder cannot be written."""
    write_whole(path(folder, journal.name), json.dumps(asdict(journal), indent=1))


def everything(folder: Path) -> list[Journal]:
    """All journals that can be read, oldest first."""
    found = []
    for file in folder.glob("*.json"):
        try:
            found.append(_journal(json.loads(file.read_text(encoding="utf-8"))))
        except _DAMAGE:
            continue
    return sorted(found, key=lambda journal: (journal.made, journal.name))


def _journal(data: dict[str, Any]) -> Journal:
    """Make a journal of what its file holds; raises one of `_DAMAGE` when a person has edited it into something else."""
    parts = {"asked": Asked, "runs": Run, "answers": Answer}
    found = Journal(**{key: [parts[key](**item) for item in value] if key in parts else value for key, value in data.items()})
    texts = [found.name, found.made, found.digest, *(text for asked in found.asked for text in (asked.id, asked.topic))]
    counts = [found.minutes, *(number for asked in found.asked for number in (asked.seed, asked.minutes))]
    times = [found.made, *filter(None, [found.started, found.finished]), *(run.at for run in found.runs)]
    if not all(isinstance(text, str) for text in texts) or not all(type(count) is int and count >= 0 for count in counts):
        raise ValueError("a text or a count is none")
    if any(datetime.fromisoformat(moment).tzinfo is None for moment in times):
        raise ValueError("a time has no zone")
    if any(not 0 <= answer.points <= answer.max_points or not answer.max_points for answer in found.answers):
        raise ValueError("points that cannot be")
    return found
