"""The notebook's magics: %check, %hint, %solution, %progress. While nbgrader grades they do nothing."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, line_magic, magics_class
from IPython.display import Markdown, display

from course.checks.compare import show
from course.checks.run import run_tests
from course.paths import CourseError
from course.study import progress
from course.study.find import Found, alternative, find
from course.study.home import HOME, standings, summary, weakest, write_home
from course.study.panels import note_panel, result_panel, table_panel
from course.study.style import use_style


def register(shell: InteractiveShell) -> None:
    """Give the shell the course's magics and plot style."""
    use_style()
    shell.register_magics(CourseMagics)


@magics_class
class CourseMagics(Magics):
    """%check, %hint, %solution and %progress."""

    @line_magic
    def check(self, line: str) -> None:
        """%check ID: run all checks of an exercise on the function as it is defined now."""
        found = self._found(line)
        if found is None:
            return
        exercise, section = found.exercise, found.section.name
        function = self.shell.user_ns.get(exercise.id)
        if not callable(function):
            show_panel(note_panel(f"{exercise.id} is not defined", f"Run the cell that defines {exercise.id} first, then %check again."))
            return
        if not found.whole:
            exercise = replace(exercise, tests=tuple(test for test in exercise.tests if not test.empty))
        if not exercise.tests:
            show_panel(note_panel(exercise.id, "All checks of this exercise are hidden; they run when your work is graded."))
            return
        results = run_tests(exercise, function, found.names())
        document = Path(os.environ.get("JPY_SESSION_NAME") or f"{section}.ipynb").name
        show_panel(result_panel(exercise, results, found.whole, document))
        if found.whole:
            self._keep(lambda work: progress.attempt(work, section, exercise.id, results, exercise.points))

    @line_magic
    def hint(self, line: str) -> None:
        """%hint ID: show one hint more each time."""
        found = self._found(line)
        if found is None:
            return
        exercise, section = found.exercise, found.section.name
        work = progress.workspace()
        record = progress.load(work, section, exercise.id)
        record.hints = min(record.hints + 1, len(exercise.hints))
        for number, text in enumerate(exercise.hints[: record.hints], 1):
            display(Markdown(f"**Hint {number} of {len(exercise.hints)}.** {text}"))
        if not exercise.hints:
            show_panel(note_panel(exercise.id, "This exercise has no hints here."))
        self._keep(lambda work: progress.save(work, section, exercise.id, record))

    @line_magic
    def solution(self, line: str) -> None:
        """%solution ID: the reference and why it is so, once you have tried (and run %check) yourself."""
        found = self._found(line)
        if found is None:
            return
        exercise, section = found.exercise, found.section.name
        if not found.whole:
            show_panel(note_panel(exercise.id, "The solution is not on this machine; your instructor has it."))
            return
        record = progress.load(progress.workspace(), section, exercise.id)
        if record.attempts == 0:
            show_panel(note_panel(exercise.id, f"Try it first: write something, run it and %check {exercise.id}. After one attempt the solution opens."))
            return
        code = re.sub(r"^[ \t]*### (BEGIN|END) SOLUTION\n?", "", exercise.solution, flags=re.MULTILINE)
        text = f"**A solution of `{exercise.id}`**\n\n```python\n{code.rstrip()}\n```\n\n{exercise.explain}"
        other = alternative(found)
        if other:
            text += f"\n\n**Another way: {other.label}**\n\n```python\n{other.code.strip()}\n```"
        display(Markdown(text))
        record.solution = True
        self._keep(lambda work: progress.save(work, section, exercise.id, record))

    @line_magic
    def progress(self, line: str) -> None:
        """%progress: what you have solved so far, by section and exercise."""
        if grading():
            return
        found = standings(progress.workspace())
        for section, standing in found:
            rows = [
                [key, section.exercises[key].level, f"{show(record.best)} of {show(section.exercises[key].points)}", str(record.attempts or "")]
                for key, record in standing.records.items()
            ]
            show_panel(
                table_panel(f"{section.title}: {show(standing.reached)} of {show(section.points)} points", ["exercise", "level", "points", "attempts"], rows)
            )
        weak = [f"{key} in {section.title}" for section, key in weakest(found)]
        if weak:
            show_panel(note_panel(f"In all: {summary(found)}", f"Weakest so far: {'; '.join(weak)}."))

    def _found(self, line: str) -> Found | None:
        if grading():
            return None
        words = line.split()
        if len(words) != 1:
            show_panel(note_panel("One exercise, please", "Write the id of an exercise behind the command, for example %check ratio_metric."))
            return None
        try:
            return find(words[0])
        except CourseError as error:
            show_panel(note_panel(words[0], str(error)))
            return None

    def _keep(self, write: Callable[[Path], object]) -> None:
        work = progress.workspace()
        try:
            write(work)
            if (work / HOME).is_file():
                write_home(work)
        except OSError as error:
            show_panel(note_panel("Progress was not kept", f"{error.strerror or error}: make {work} writable; your notebook itself is not touched."))


def grading() -> bool:
    """While nbgrader or the engine grades, the magics do nothing."""
    return bool(os.environ.get("NBGRADER_EXECUTION"))


def show_panel(panel: tuple[str, str]) -> None:
    """Display a panel, with its text for where HTML is not shown."""
    html, text = panel
    display({"text/html": html, "text/plain": text}, raw=True)
