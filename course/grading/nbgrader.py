"""The engine inside nbgrader: what nbgrader_config.py puts into autograde and generate_feedback, and how results enter the gradebook."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters import HTMLExporter, NotebookExporter
from nbformat import NotebookNode
from nbgrader import server_extensions
from nbgrader.api import Gradebook, MissingEntry, SubmittedNotebook
from nbgrader.apps import NbGraderAPI
from nbgrader.preprocessors import AssignLatePenalties, ClearHiddenTests, NbGraderPreprocessor
from nbgrader.utils import compute_checksum
from sqlalchemy.exc import SAWarning
from traitlets import Enum, Float, Int
from traitlets.config import Config

from course.checks.model import Outcome, SubmissionResult, role_of
from course.grading.engine import Graded, run
from course.grading.repair import Repaired, repair
from course.grading.sandbox import MB, Limits, Mode

NO_RESPONSE = "No response."  # nbgrader's words for a solution that was not touched


class SubmissionExporter(NotebookExporter):
    """Reads submissions for `nbgrader autograde`: a damaged file is repaired from the source before nbgrader sees it."""

    def from_filename(self, filename: str, resources: dict[str, Any] | None = None, **kwargs: Any) -> tuple[str, dict[str, Any]]:
        if not getattr(self.parent, "_sanitizing", False):
            return super().from_filename(filename, resources=resources, **kwargs)
        names = resources["nbgrader"]
        folder = self.parent.coursedir.format_path(self.parent.coursedir.source_directory, ".", names["assignment"])
        repaired = repair(Path(filename).read_bytes(), nbformat.read(Path(folder) / f"{names['notebook']}.ipynb", as_version=4))
        repaired.notebook.metadata.course["repair"] = {"notes": repaired.notes, "unusable": repaired.unusable, "reason": repaired.reason}
        return self.from_notebook_node(repaired.notebook, resources=resources, **kwargs)


class Grade(NbGraderPreprocessor):
    """Takes the place of nbgrader's Execute: runs the engine and leaves its verdicts in the notebook."""

    cell_seconds = Float(Limits.cell_seconds, help="Seconds that one cell may run.").tag(config=True)
    total_seconds = Float(Limits.total_seconds, help="Seconds that the whole notebook may run.").tag(config=True)
    memory_mb = Int(Limits.memory // MB, help="Megabytes of memory that a submission may use, beyond what the libraries need.").tag(config=True)
    scratch_mb = Int(Limits.scratch // MB, help="Megabytes of files that a submission may write.").tag(config=True)
    sandbox = Enum([str(mode) for mode in Mode], str(Mode.AUTO), help="auto: what the machine has; require: refuse without; off.").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        found = nb.metadata.course.pop("repair")
        repaired = Repaired(nb, found["notes"], Outcome(found["unusable"]) if found["unusable"] else None, found["reason"])
        return run(repaired, resources["nbgrader"]["student"], self.limits(), self.mode()).notebook, resources

    def limits(self) -> Limits:
        """The limits that nbgrader_config.py sets (`c.Grade.cell_seconds = 60`)."""
        return Limits(self.cell_seconds, self.total_seconds, self.memory_mb * MB, self.scratch_mb * MB)

    def mode(self) -> Mode:
        """The sandbox that nbgrader_config.py asks for (`c.Grade.sandbox = "require"`)."""
        return Mode(self.sandbox)


class FeedbackPage(HTMLExporter):
    """nbgrader's feedback page with the points by exercise at the top, and with what was repaired."""

    @property
    def default_config(self) -> Config:
        config = super().default_config
        config.FeedbackPage.template_name = "course"
        formgrader = Path(server_extensions.__file__).parent / "formgrader"
        config.FeedbackPage.extra_template_basedirs = [str(Path(__file__).with_name("templates")), str(formgrader / "templates")]
        styles = formgrader / "static" / "node_modules" / "bootstrap" / "dist" / "css"
        config.FeedbackPage.extra_template_paths = [str(formgrader / "templates"), str(styles)]
        return config


class HideTests(NbGraderPreprocessor):
    """First step of generate_feedback: no hidden test in the page, the message of each test in its place."""

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        clear = ClearHiddenTests(enforce_metadata=False)
        for index, cell in enumerate(nb.cells):
            if role_of(cell).get("role") == "test":
                clear.preprocess_cell(cell, resources, index)
        return nb, resources


class Summarise(NbGraderPreprocessor):
    """Last step of generate_feedback, when the scores are in the cells: what FeedbackPage shows at the top."""

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        result = SubmissionResult.from_notebook(nb)
        marked = [cell for cell in nb.cells if "nbgrader" in cell.metadata]
        scores = {cell.metadata.nbgrader.grade_id: float(cell.metadata.nbgrader.score or 0) for cell in marked if "score" in cell.metadata.nbgrader}
        told = {
            role_of(cell).get("exercise", cell.metadata.nbgrader.grade_id): cell.metadata.nbgrader.grade_id
            for cell in marked
            if cell.metadata.nbgrader.get("comment") not in (None, "", NO_RESPONSE)
        }
        rows = []
        for exercise, tests in result.by_exercise().items():
            passed, tried = sum(test.outcome is Outcome.PASSED for test in tests), any(test.outcome is not Outcome.NOT_ATTEMPTED for test in tests)
            row = {"title": exercise, "anchor": tests[0].grade_id, "comment": told.get(exercise)}
            row["outcome"] = f"{passed} of {len(tests)} pass" if tried else str(Outcome.NOT_ATTEMPTED)
            rows.append(row | {"score": sum(scores[test.grade_id] for test in tests), "points": sum(test.max_points for test in tests)})
        for cell in nb.cells:
            if role_of(cell).get("role") == "task":
                name, points = cell.metadata.nbgrader.grade_id, float(cell.metadata.nbgrader.points)
                row = {"title": name, "anchor": name, "comment": told.get(name), "outcome": "graded by hand"}
                rows.append(row | {"score": scores.get(name, 0.0), "points": points})
            elif result.message and role_of(cell).get("role") == "test":
                cell.outputs = []  # each would only say it again
        resources["course"] = {"rows": rows, "outcome": str(result.outcome), "message": result.message, "notes": result.notes}
        return nb, resources


def record(gradebook: Gradebook, api: NbGraderAPI, graded: Graded, timestamp: datetime | None) -> None:
    """Write one graded submission into the gradebook in one transaction, as nbgrader would in several: manual scores and comments stay."""
    result, section = graded.result, graded.result.section
    scores = {cell.grade_id: cell.points for cell in result.cells}
    with _one_transaction(gradebook):
        gradebook.update_or_create_student(result.student)
        submission = gradebook.update_or_create_submission(section, result.student, **({"timestamp": timestamp} if timestamp else {}))
        notebook = gradebook.find_submission_notebook(section, section, result.student)
        answers = [cell for cell in graded.notebook.cells if role_of(cell).get("role") in ("solution", "task")]
        unchanged = {cell.metadata.nbgrader.grade_id for cell in answers if cell.metadata.nbgrader.checksum == compute_checksum(cell)}
        for grade in notebook.grades:
            if grade.name in scores:
                grade.auto_score = scores[grade.name]
                grade.needs_manual_grade = grade.manual_score is not None
            else:  # a task, which a person grades, unless nothing was written
                grade.auto_score = 0.0 if grade.name in unchanged else None
                grade.needs_manual_grade = grade.manual_score is not None or grade.name not in unchanged
        for comment in notebook.comments:
            comment.auto_comment = NO_RESPONSE if comment.name in unchanged else None
        gradebook.db.flush()
        gradebook.db.refresh(notebook)
        notebook.late_submission_penalty = _late_penalty(api, result.student, notebook, submission.total_seconds_late)


def recorded(gradebook: Gradebook, result: SubmissionResult) -> bool:
    """Whether the gradebook holds these scores."""
    try:
        notebook = gradebook.find_submission_notebook(result.section, result.section, result.student)
    except MissingEntry:
        return False
    held = {grade.name: grade.auto_score for grade in notebook.grades}
    return all(held.get(cell.grade_id) == cell.points for cell in result.cells)


@contextlib.contextmanager
def _one_transaction(gradebook: Gradebook) -> Iterator[None]:
    """nbgrader's gradebook commits after each of its steps; here the steps of one submission are committed together or not at all."""
    session = gradebook.db
    commit = session.commit
    session.commit = session.flush
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SAWarning)  # nbgrader builds a submission before it adds it to the session
            yield
        commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        del session.commit


def _late_penalty(api: NbGraderAPI, student: str, notebook: SubmittedNotebook, seconds: float) -> float | None:
    """What the course's late-submission plugin takes off, as nbgrader's AssignLatePenalties decides it."""
    if seconds <= 0:
        return None
    step = AssignLatePenalties(parent=api)
    step.init_plugin()
    penalty = step.plugin_inst.late_submission_penalty(student, notebook.score, seconds)
    return None if penalty is None else step._check_late_penalty(notebook, penalty)
