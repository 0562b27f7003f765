"""`course grade --watch`: submissions are collected, graded and answered with feedback as they arrive.

All that is remembered lies in the course's folders, so a run that was killed is taken up where it was: a submission is graded when its
graded notebook is not of its present file, and answered when its feedback is not of its present grade.
"""

from __future__ import annotations

import contextlib
import glob
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbgrader.apps import NbGraderAPI

from course.authoring.release import nbgrader_api
from course.checks.compare import said
from course.checks.model import Outcome, SubmissionResult
from course.grading.batch import Which, grade_section, students
from course.grading.sandbox import Mode
from course.paths import CourseError, sections

RETURNED = "returned.txt"  # beside a feedback page: digest of the grade that it was made of, written when it has reached the learner


@dataclass
class Watch:
    """A watch over the submissions of a course; `chosen` names the sections, all of them when empty."""

    root: Path
    chosen: list[str] = field(default_factory=list)
    jobs: int | None = None
    mode: Mode | None = None
    say: Callable[[str], None] = print
    _seen: dict[str, dict[str, tuple]] = field(default_factory=dict)

    def run(self, seconds: float = 5.0) -> None:
        """Look every so many seconds until interrupted. What goes wrong is said and tried again at the next look."""
        while True:
            with self._saying("watch"):
                for _ in self.look():
                    pass
            time.sleep(seconds)

    def look(self) -> Iterator[SubmissionResult]:
        """Collect, grade what is new, return feedback; gives each result whose feedback was made now. What goes wrong is said and holds up nothing else."""
        api = nbgrader_api(self.root)
        exchange = api.exchange_is_functional
        for section in self.chosen or sections(self.root):
            if exchange:
                with self._saying(section):
                    self._collect(api, section)
            with self._saying(section):
                yield from self._grade(api, section, exchange)

    def _grade(self, api: NbGraderAPI, section: str, exchange: bool) -> Iterator[SubmissionResult]:
        state = {student: _state(self.root, student, section) for student in students(self.root, section)}
        if not state or state == self._seen.get(section):
            return
        results: list[SubmissionResult] = []
        with self._saying(section):
            grade_section(self.root, section, jobs=self.jobs, done=results.append, which=Which.NEEDED, mode=self.mode)
        settled = {}
        for result in results:
            if result.outcome is Outcome.FAILED:
                self.say(f"{result.student}: {result.message}")
                continue
            with self._saying(result.student):
                if self._answer(api, result, exchange):
                    yield result
                settled[result.student] = state.get(result.student)
        self._seen[section] = settled

    @contextlib.contextmanager
    def _saying(self, whose: str) -> Iterator[None]:
        """Says what goes wrong inside, with its kind where it was not foreseen: a locked gradebook, a full disk, one learner's feedback."""
        try:
            yield
        except Exception as error:
            told = str(error) if isinstance(error, CourseError) else f"{type(error).__name__}: {said(error)}"
            self.say(f"{whose}: {told}; trying again at the next look")

    def _collect(self, api: NbGraderAPI, section: str) -> None:
        if section in api.get_released_assignments():
            done = api.collect(section, update=True)
            if not done["success"]:
                raise CourseError(f"nbgrader could not collect {section}: {_reason(done)}")
            for line in done.get("log", "").splitlines():
                if "refused" in line:
                    self.say(line)

    def _answer(self, api: NbGraderAPI, result: SubmissionResult, exchange: bool) -> bool:
        """Write the feedback of a result and hand it back, if that was not done for this grade already."""
        folder = self.root / "feedback" / result.student / result.section
        stamp = _stamp(self.root, result.student, result.section)
        marker = folder / RETURNED
        if stamp is None or (marker.is_file() and marker.read_text(encoding="utf-8") == stamp):
            return False
        if glob.has_magic(result.student):
            raise CourseError(f"no feedback: nbgrader takes * ? [ ] in an id for a pattern of names, rename submitted/{result.student}")
        shutil.rmtree(folder, ignore_errors=True)
        steps = [("write the feedback", lambda: api.generate_feedback(result.section, result.student, force=True))]
        if exchange and (self.root / "submitted" / result.student / result.section / "timestamp.txt").is_file():
            steps.append(("return the feedback", lambda: api.release_feedback(result.section, result.student)))
        for title, step in steps:
            done = step()
            if not done["success"]:
                raise CourseError(f"nbgrader could not {title} of {result.student} for {result.section}: {_reason(done)}")
        marker.write_text(stamp, encoding="utf-8")
        self.say(f"{result.student}: {result.section} {result.outcome}, {result.score:g} of {result.max_score:g} points, feedback returned")
        return True


def _state(root: Path, student: str, section: str) -> tuple:
    """What tells that a submission is another one, without reading it."""
    folder = root / "submitted" / student / section
    return tuple((path.stat().st_mtime_ns, path.stat().st_size) if path.is_file() else None for path in (folder / f"{section}.ipynb", folder / "timestamp.txt"))


def _stamp(root: Path, student: str, section: str) -> str | None:
    """What the graded notebook was made of; None when there is none."""
    try:
        graded = nbformat.read(root / "autograded" / student / section / f"{section}.ipynb", as_version=4)
        return "\n".join(f"{key} {value}" for key, value in sorted(graded.metadata.course.graded.items()))
    except (OSError, ValueError, AttributeError):
        return None


def _reason(done: dict) -> str:
    return (done.get("log") or done.get("error") or "no reason given").strip().splitlines()[-1]
