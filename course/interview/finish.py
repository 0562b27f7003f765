"""The end of an interview: the saved notebook is graded by the course's engine, and the report is written beside it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from course.authoring.release import nbgrader_api
from course.authoring.source import dumps
from course.checks.model import Outcome
from course.grading.engine import grade
from course.grading.nbgrader import Grade
from course.interview import journal
from course.interview.draw import weights
from course.interview.journal import FOLDER, Answer, Journal
from course.interview.make import questions, source
from course.interview.report import write
from course.paths import CourseError


def finish(root: Path, name: str | None = None, folder: Path | None = None) -> Journal:
    """Grade an interview and write its report; the latest running one when `name` is left out. A finished one stays as it is.

    `folder` is where the interview lies, `work/interviews` by default. Raises CourseError when the notebook can't be graded as it lies there,
    or when there is nothing to grade: the clock was never started and no question is answered.
    """
    folder = folder or root / "work" / FOLDER
    found = journal.load(folder, name) if name else _latest(folder)
    if found.finished:
        return found
    notebook = folder / f"{found.name}.ipynb"
    made = source(found.name, found.minutes, found.asked)
    if journal.digest(dumps(made)) != found.digest:
        raise CourseError(f"the course has changed since {found.name} was made, its questions are not the same any more: make a new interview")
    try:
        submitted = notebook.read_bytes()
        _check_saved(found, submitted, datetime.fromtimestamp(notebook.stat().st_mtime, UTC))
    except OSError as error:
        raise CourseError(f"cannot read {notebook} ({error.strerror})") from None
    graded = grade(made, submitted, "you", Grade(parent=nbgrader_api(root)).limits())
    if graded.result.message:
        raise CourseError(f"{notebook.name} can't be graded: {graded.result.message}")
    spent, last = found.seconds(), {run.id: run.at for run in found.runs}
    found.answers = []
    for one, own in zip(found.asked, graded.result.by_exercise().values(), strict=True):
        late = datetime.fromisoformat(last[one.id]) > found.end if one.id in last and found.end else None
        messages = [cell.message for cell in own if cell.outcome not in (Outcome.PASSED, Outcome.NOT_ATTEMPTED)]
        attempted = any(cell.outcome is not Outcome.NOT_ATTEMPTED for cell in own)
        points, most = sum(cell.points for cell in own), sum(cell.max_points for cell in own)
        found.answers.append(Answer(one.id, one.topic, points, most, attempted, list(dict.fromkeys(messages)), spent.get(one.id), late))
    if not found.started and not any(one.attempted for one in found.answers):
        raise CourseError(f"{found.name} has not begun: open its notebook and run the first code cell, which starts the clock")
    found.finished = journal.now()
    try:
        write(folder, found, questions(found.asked), weights([*journal.everything(folder), found]))
        journal.save(folder, found)
    except OSError as error:
        raise CourseError(f"cannot write the report in {folder} ({error.strerror}): make the folder writable") from None
    return found


def _latest(folder: Path) -> Journal:
    waiting = [one for one in journal.everything(folder) if not one.finished]
    running = [one for one in waiting if one.started]
    if not waiting:
        raise CourseError("no interview is open: run `course interview` to make one")
    if not running:
        raise CourseError(
            f"no interview is running: open {waiting[-1].name}.ipynb and run its first code cell, which starts the clock; or name one to grade it"
        )
    return max(running, key=lambda one: one.started)


def _check_saved(found: Journal, submitted: bytes, saved: datetime) -> None:
    """Refuse a file that is older than the last run of an answer and holds another text: the notebook was not saved."""
    last = {run.id: run for run in found.runs}
    try:
        cells = json.loads(submitted)["cells"]
        texts = {journal.digest("".join(cell["source"])) for cell in cells}
    except (ValueError, TypeError, KeyError):
        return  # what is wrong with the file, the engine says better
    for run in last.values():
        if run.digest not in texts and datetime.fromisoformat(run.at) > saved:
            raise CourseError(f"the last answer to {run.id} is not in the saved notebook: save it (Ctrl+S), then finish again")
