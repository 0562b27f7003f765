"""Grades for Canvas and Moodle, as plugins of `nbgrader export`:

    nbgrader export --exporter=course.grading.exports.CanvasExporter --to=canvas.csv
    nbgrader export --exporter=course.grading.exports.MoodleExporter --to=moodle.csv

Both write the score after manual grading and less the late penalty, as nbgrader's own export does, never below zero, with two decimals.
**Late**: the penalty is what the course's late-submission plugin took off; without one, late costs nothing. **Missing** (nothing handed in,
or not graded yet): an empty cell, which leaves the matter to the system; `missing = "zero"` writes 0 for who handed in nothing.
Submissions in which something still waits for a manual grade are exported as they stand and counted in the log.

Canvas's format is that of its own importer and exporter (canvas-lms, lib/gradebook_importer.rb and lib/gradebook_exporter.rb): the columns
Student, ID, SIS User ID, SIS Login ID, Section; assignments as "Name (id)"; a row "Points Possible". Moodle's is free in its columns, which
are mapped on import by ID number, e-mail address or username (docs.moodle.org, Grade import; grade/import/csv/classes/load_data.php).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nbgrader.api import Gradebook, MissingEntry, Student, SubmittedAssignment
from nbgrader.plugins import ExportPlugin
from traitlets import Bool, Dict, Enum, Unicode

from course.paths import CourseError, write_whole

_FORMULA = re.compile(r"\s*[=+\-@\t\r]")


@dataclass(frozen=True)
class Score:
    """What one learner gets for one section: `points` of `most` (None: nothing to write), whether something was handed in, a person's comments,
    whether a manual grade waits."""

    points: float | None
    most: float
    handed_in: bool = True
    comments: str = ""
    waiting: bool = False


class _Grades(ExportPlugin):
    """What both exports share: which students and sections, their scores, and how a file is written."""

    missing = Enum(["blank", "zero"], "blank", help="What stands for a submission that is not there: an empty cell, or zero points.").tag(config=True)

    def export(self, gradebook: Gradebook) -> None:
        """Write the file that `--to` names. What cannot be done is one line in the log and exit code 1."""
        try:
            self.write(gradebook)
        except (CourseError, OSError) as error:
            if not hasattr(self.parent, "fail"):
                raise
            self.parent.fail(str(error))

    def write(self, gradebook: Gradebook) -> None:
        """Write the file. Raises CourseError for settings that do not fit, OSError when a file cannot be read or written."""
        raise NotImplementedError

    def sections(self, gradebook: Gradebook) -> dict[str, float]:
        """The sections to export with their largest score, in order; `--assignment` chooses."""
        chosen = [str(name) for name in self.assignment]
        found = {one.name: float(one.max_score) for one in sorted(gradebook.assignments, key=lambda one: one.name) if not chosen or one.name in chosen}
        unknown = sorted(set(chosen) - set(found))
        if not found and not unknown:
            raise CourseError("nothing to export: the gradebook holds no section; grade one first")
        if unknown:
            known = ", ".join(sorted(one.name for one in gradebook.assignments)) or "none"
            raise CourseError(f"the gradebook has no section {', '.join(map(repr, unknown))}; there is {known}")
        return found

    def students(self, gradebook: Gradebook) -> list[Student]:
        """The students to export, by name; `--student` chooses."""
        chosen = [str(name) for name in self.student]
        found = [one for one in gradebook.students if not chosen or one.id in chosen]
        unknown = sorted(set(chosen) - {one.id for one in found})
        if unknown:
            raise CourseError(f"the gradebook has no student {', '.join(map(repr, unknown))}")
        return sorted(found, key=lambda one: ((one.last_name or one.id).casefold(), (one.first_name or "").casefold(), one.id))

    def scores(self, gradebook: Gradebook, students: Sequence[Student], sections: dict[str, float]) -> dict[tuple[str, str], Score]:
        """The score of each student in each section, by (student id, section); says in the log where manual grades are missing."""
        found = {}
        for section, most in sections.items():
            for student in students:
                try:
                    found[student.id, section] = _score(gradebook.find_submission(section, student.id), most)
                except MissingEntry:
                    found[student.id, section] = Score(0.0 if self.missing == "zero" else None, most, handed_in=False)
            waiting = sum(found[student.id, section].waiting for student in students)
            if waiting:
                self.log.warning("%s: exported as it stands where a manual grade is still missing: %d of the submissions", section, waiting)
        return found

    def save(self, rows: list[list[str]], default: str, **form: str) -> Path:
        """Write rows as CSV to `--to`, whole or not at all; gives the path."""
        path = Path(self.to or default)
        if path.is_dir():
            raise CourseError(f"--to names a folder ({path}): name the file to write in it")
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator="\r\n", **form).writerows(rows)
        write_whole(path, text.getvalue())
        self.log.info("Exported grades to %s", path)
        return path


class CanvasExporter(_Grades):
    """A gradebook for Canvas (Grades > Import).

    Best with a gradebook downloaded from Canvas (`c.CanvasExporter.gradebook = "download.csv"`): its rows and columns stay as they are, and
    only the cells of the exported sections are filled. The setting stands at the end of the course's nbgrader_config.py.
    People are found by Canvas's ID (nbgrader's `lms_user_id`, which `course collect --roster` fills), else by SIS Login ID or SIS User ID,
    as this course's id or e-mail address. Cells "EX" (excused) and "N/A" stay, and a score that Canvas has for who handed in nothing here.
    Scores are not scaled to other points possible; the log says where they differ.
    """

    gradebook = Unicode("", help="A gradebook CSV downloaded from Canvas, to be filled in. It is not changed.").tag(config=True)
    assignments = Dict(help='Which Canvas assignment a section is: {"01-statistics": "Statistics (1234)"}, or only the id: {"01-statistics": "1234"}.').tag(
        config=True
    )

    def write(self, gradebook: Gradebook) -> None:
        """Write the gradebook for Canvas."""
        sections, students = self.sections(gradebook), self.students(gradebook)
        scores = self.scores(gradebook, students, sections)
        if self.gradebook:
            form, rows = self._filled(students, sections, scores)
        else:
            form, rows = {}, self._fresh(students, sections, scores)
        self.save(rows, "canvas.csv", **form)

    def _title(self, section: str) -> str:
        """What heads the column of a section: its setting, with only an id behind its name."""
        named = str(self.assignments.get(section, section))
        return f"{section} ({named})" if named.isdigit() else named

    def _fresh(self, students: list[Student], sections: dict[str, float], scores: dict[tuple[str, str], Score]) -> list[list[str]]:
        rows = [["Student", "ID", "SIS User ID", "SIS Login ID", "Section", *map(self._title, sections)]]
        rows.append(["    Points Possible", "", "", "", "", *[_number(most) for most in sections.values()]])
        for student in students:
            name = ", ".join(part for part in (student.last_name, student.first_name) if part) or student.id
            cells = [_number(scores[student.id, section].points) for section in sections]
            rows.append([_inert(name), student.lms_user_id or "", "", student.id, "", *cells])
        return rows

    def _filled(self, students: list[Student], sections: dict[str, float], scores: dict[tuple[str, str], Score]) -> tuple[dict[str, str], list[list[str]]]:
        path = Path(self.gradebook)
        if Path(self.to or "canvas.csv").resolve() == path.resolve():
            raise CourseError(f"--to names the gradebook that came from Canvas ({path}): write to another file")
        form, rows = _read(path)
        head = rows[0]
        lead = [name.strip() for name in head]
        if "ID" not in lead or not any(name.endswith("Section") for name in lead) or lead[0] not in ("Student", "LastName"):
            raise CourseError(f"{path} is no gradebook of Canvas: it needs the columns Student, ID and Section, and has {', '.join(lead[:6])}")
        width = len(head)
        rows = [row + [""] * (width - len(row)) for row in rows]
        head = rows[0]
        possible = next((row for row in rows[1:] if "Points Possible" in row[0]), None)
        places = {}
        for section, most in sections.items():
            place = self._column(head[:width], section)
            if place is None:
                place = len(head)
                for row in rows:
                    row.append("")
                head[place] = self._title(section)
                self.log.warning("%s: Canvas has no such assignment, a column was added; on import Canvas asks whether to make it", section)
                if possible is not None:
                    possible[place] = _number(most)
            elif possible is not None and _differs(possible[place], most):
                self.log.warning("%s: Canvas has %s points possible, this course %s; scores are not scaled", section, possible[place].strip(), _number(most))
            places[section] = place
        unknown = []
        for student in students:
            row = _row_of(student, rows[1:], lead)
            if row is None:
                unknown.append(student.id)
                continue
            for section, place in places.items():
                score, there = scores[student.id, section], row[place].strip()
                graded_there = there not in ("", "-") and not score.handed_in  # by hand, in Canvas
                if score.points is not None and there.upper() not in ("EX", "N/A") and not graded_there:
                    row[place] = _number(score.points)
        if unknown:
            self.log.warning("not in the gradebook of Canvas, left out: %s", ", ".join(unknown))
        return form, rows

    def _column(self, head: list[str], section: str) -> int | None:
        """The column of a section: by its setting (title or id), else by its own name with any id."""
        named = str(self.assignments.get(section, ""))
        for place, title in enumerate(head):
            match = re.fullmatch(r"\s*(.*?)(?:\s+\((\d+)\))?\s*", title)
            bare, number = (match[1], match[2]) if match else (title, None)
            if named and (title.strip() == named or number == named or bare == named):
                return place
            if not named and bare.casefold() == section.casefold():
                return place
        if named:
            raise CourseError(f"the gradebook of Canvas has no assignment {named!r} for {section}: see c.CanvasExporter.assignments")
        return None


class MoodleExporter(_Grades):
    """Grades for Moodle (Grades > Import > CSV file): one row for each learner, one column for each section.

    Map "Email address" to "Email address", or "ID number", which is this course's id, to what that is in Moodle (ID number, username); then
    each section to its grade item. A learner without any grade has no row, since Moodle takes an empty cell for "no grade" and would remove
    one that is there. With
    `c.MoodleExporter.feedback = True` a column of comments follows each grade: import both together, else Moodle drops the grades.
    Moodle refuses points above 100 unless the site allows them, and knows only its own maximum: `percent = True` writes per cent.
    """

    columns = Dict(help='What heads the column of a section: {"01-statistics": "Assignment: Statistics (Real)"}; its name by default.').tag(config=True)
    feedback = Bool(False, help="Add a column with the comments that a person wrote in formgrader.").tag(config=True)
    percent = Bool(False, help="Write per cent of the section's points instead of points.").tag(config=True)

    def write(self, gradebook: Gradebook) -> None:
        """Write the grades for Moodle."""
        sections, students = self.sections(gradebook), self.students(gradebook)
        scores = self.scores(gradebook, students, sections)
        head = ["First name", "Last name", "ID number", "Email address"]
        for section, most in sections.items():
            title = str(self.columns.get(section, section))
            head += [title, f"{title} (feedback)"] if self.feedback else [title]
            if most > 100 and not self.percent:
                self.log.warning(
                    "%s has %s points, and Moodle refuses more than 100 unless the site allows them: see c.MoodleExporter.percent", section, _number(most)
                )
        rows = [head]
        for student in students:
            cells = []
            for section in sections:
                score = scores[student.id, section]
                points = score.points if not self.percent or score.points is None else 100 * score.points / score.most if score.most else 0.0
                cells += [_number(points), _as_text(score.comments)] if self.feedback else [_number(points)]
            if any(scores[student.id, section].points is not None for section in sections):
                rows.append([_as_text(student.first_name or ""), _as_text(student.last_name or ""), student.id, student.email or "", *cells])
        self.save(rows, "moodle.csv")


def _score(submission: SubmittedAssignment, most: float) -> Score:
    """The points of a submission less its late penalty, and what a person wrote to it."""
    comments = [comment.manual_comment.strip() for notebook in submission.notebooks for comment in notebook.comments if comment.manual_comment]
    points = max(0.0, submission.score - (submission.late_submission_penalty or 0.0))
    return Score(points, most, comments="\n".join(text for text in comments if text), waiting=bool(submission.needs_manual_grade))


def _number(value: float | None) -> str:
    """With at most two decimals, as Canvas rounds; empty for None."""
    return "" if value is None else f"{value:.2f}".rstrip("0").rstrip(".")


def _inert(text: str) -> str:
    """A text that no spreadsheet takes for a formula; Canvas quotes names in the same way."""
    return f'="{text.replace(chr(34), chr(39))}"' if _FORMULA.match(text) else text


def _as_text(text: str) -> str:
    """A text that no spreadsheet takes for a formula: with a blank in front, where it opens like one."""
    return f" {text}" if _FORMULA.match(text) else text


def _differs(cell: str, most: float) -> bool:
    try:
        return abs(float(cell.replace(",", ".")) - most) > 0.005
    except ValueError:
        return False


def _read(path: Path) -> tuple[dict[str, str], list[list[str]]]:
    """A CSV file as rows, and its delimiter, which a European Canvas sets to a semicolon."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise CourseError(f"{path} is not UTF-8: use the file as Canvas gave it") from None
    except OSError as error:
        raise CourseError(f"cannot read the gradebook of Canvas, {path} ({error.strerror})") from None
    first = text.partition("\n")[0]
    delimiter = max(",;", key=first.count)
    try:
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if row]
    except csv.Error as error:
        raise CourseError(f"{path} is no CSV file that can be read ({error}): download the gradebook from Canvas again") from None
    if not rows:
        raise CourseError(f"{path} is empty: download the gradebook from Canvas again")
    return {"delimiter": delimiter}, rows


def _row_of(student: Student, rows: list[list[str]], head: list[str]) -> list[str] | None:
    """The row of a student; None when there is none or more than one could be meant."""
    ids = {student.id.casefold(), (student.email or student.id).casefold()}
    wanted = [("ID", {student.lms_user_id or student.id}), ("SIS Login ID", ids), ("SIS User ID", ids)]
    for column, values in wanted:
        if column in head:
            place = head.index(column)
            found = [row for row in rows if row[place].strip() and (row[place].strip() in values or row[place].strip().casefold() in values)]
            if found:
                return found[0] if len(found) == 1 else None
    return None
