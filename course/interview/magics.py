"""The magics of an interview's notebook. While the engine grades they do nothing."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, line_magic, magics_class

from course.interview import clock, journal
from course.interview.journal import FOLDER, Journal, Run
from course.paths import CourseError
from course.study.magics import grading, once, show_panel
from course.study.panels import note_panel
from course.study.progress import workspace
from course.study.style import use_style

QUIET = "This is an interview: verdicts come at the end, with %finish."


def register(shell: InteractiveShell) -> None:
    """Give the shell the magics of an interview, and note from now on when answers are run."""
    use_style()
    magics = InterviewMagics(shell)
    shell.register_magics(magics)
    once(shell, "post_run_cell", magics.ran)


@magics_class
class InterviewMagics(Magics):
    """%interview, %clock, %finish; %check, %hint, %solution keep silent."""

    name = ""

    @line_magic
    def interview(self, line: str) -> None:
        """%interview start NAME: start the clock. Run again, it goes on from its first start."""
        words = line.split()
        if grading():
            return
        if len(words) != 2 or words[0] != "start":
            show_panel(note_panel("%interview start NAME", "NAME is that of the notebook, without .ipynb."))
            return
        if (found := self._found(words[1])) is None:
            return
        self.name = found.name
        if found.finished:
            show_panel(note_panel(f"Interview {found.name} is over", f"It is graded: open {found.name}-report.md, or make another with `course interview`."))
            return
        if not found.started:
            found.started = journal.now()
            self._save(found)
        show_panel(clock.panel(found, datetime.now(UTC)))

    @line_magic
    def clock(self, line: str) -> None:
        """%clock: the time that is left."""
        if not grading() and (found := self._found(self.name)) is not None:
            show_panel(clock.panel(found, datetime.now(UTC)))

    @line_magic
    def finish(self, line: str) -> None:
        """%finish NAME: grade the saved notebook and write the report."""
        if grading() or (found := self._found(line.strip() or self.name)) is None:
            return
        if not found.runs and not found.finished and found.end and datetime.now(UTC) < found.end:  # Run All, most likely
            show_panel(note_panel("Nothing is answered yet", f"There is time left. `course interview finish {found.name}` in a terminal grades it as it is."))
            return
        from course.interview.finish import finish
        from course.interview.report import panel
        from course.paths import find_root

        try:
            done = finish(find_root(), found.name, folder(found.name))
        except CourseError as error:
            show_panel(note_panel("Not graded yet", str(error)))
            return
        html, text = panel(done)
        show_panel((html + clock.STOP, text))

    @line_magic
    def check(self, line: str) -> None:
        """%check: nothing in an interview."""
        self._quiet()

    @line_magic
    def hint(self, line: str) -> None:
        """%hint: nothing in an interview."""
        self._quiet()

    @line_magic
    def solution(self, line: str) -> None:
        """%solution: nothing in an interview."""
        self._quiet()

    def ran(self, result: Any) -> None:
        """Note that an answer cell was run (an untouched stub is no answer); called by IPython after each cell."""
        info = getattr(result, "info", None)
        source = getattr(info, "raw_cell", None)
        if not self.name or grading() or not source or "raise NotImplementedError" in source:
            return
        try:
            found = journal.load(folder(self.name), self.name)
        except CourseError:
            return
        defined = set(re.findall(r"^def (\w+)\(", source, re.MULTILINE))
        runs = [Run(asked.id, journal.now(), journal.digest(source)) for asked in found.asked if asked.id in defined]
        if runs and found.started and not found.finished:
            found.runs += runs
            self._save(found)

    def _quiet(self) -> None:
        if not grading():
            show_panel(note_panel("No verdicts yet", QUIET))

    def _found(self, name: str) -> Journal | None:
        if not name:
            show_panel(note_panel("Which interview?", "Run the cell with %interview start NAME first."))
            return None
        try:
            return journal.load(folder(name), name)
        except CourseError as error:
            show_panel(note_panel(name, str(error)))
            return None

    def _save(self, found: Journal) -> None:
        try:
            journal.save(folder(found.name), found)
        except OSError as error:
            show_panel(note_panel("The time was not noted", f"{error.strerror or error}: make {folder(found.name)} writable; your answers are not touched."))


def folder(name: str) -> Path:
    """Where an interview lies: beside the open notebook, else in the learner's workspace."""
    here = Path.cwd()
    return here if journal.path(here, name).is_file() else workspace() / FOLDER
