"""The notebook's magics: %check, %hint, %solution, %progress. While nbgrader grades they do nothing."""

from __future__ import annotations

import os
import re
import signal
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, line_magic, magics_class
from IPython.display import display

from course.checks.compare import said, show
from course.checks.model import CellResult, Outcome, Test
from course.checks.run import run_tests
from course.grading.sandbox import Limits
from course.paths import CourseError
from course.study import progress
from course.study.find import Found, alternative, find
from course.study.home import HOME, standings, summary, weakest, write_home
from course.study.panels import note_panel, result_panel, table_panel
from course.study.style import use_style

EXERCISES = ["exercise", "level", "points", "attempts"]
LIMITS = Limits()  # the grader's, as far as it goes without its settings


def register(shell: InteractiveShell) -> None:
    """Give the shell the course's magics and plot style."""
    use_style()
    magics = CourseMagics(shell)
    shell.register_magics(magics)
    once(shell, "pre_run_cell", magics.about_to_run)
    once(shell, "post_run_cell", magics.ran)


@magics_class
class CourseMagics(Magics):
    """%check, %hint, %solution and %progress. `broken` holds functions whose cell ended last in an error before it defined them."""

    def __init__(self, shell: InteractiveShell):
        super().__init__(shell)
        self.broken: dict[str, str] = {}
        self.before: dict[str, Any] = {}

    def about_to_run(self, info: Any) -> None:
        """Remember what stands under the names that a cell is about to define; called by IPython before each cell."""
        names = re.findall(r"^def (\w+)\(", getattr(info, "raw_cell", None) or "", re.MULTILINE)
        self.before = {name: self.shell.user_ns.get(name) for name in names}

    def ran(self, result: Any) -> None:
        """Note which functions a cell should have defined but did not, called by IPython after each cell: what is defined is the version before."""
        error = getattr(result, "error_before_exec", None) or getattr(result, "error_in_exec", None)
        for name, old in self.before.items():
            self.broken.pop(name, None)
            if error is not None and self.shell.user_ns.get(name) is old:
                self.broken[name] = f"{type(error).__name__}: {said(error, 300)}"
        self.before = {}

    @line_magic
    def check(self, line: str) -> None:
        """%check ID: run all checks of an exercise on the function as it is defined now."""
        found = self._found(line)
        if found is None:
            return
        exercise, section = found.exercise, found.section.name
        if exercise.id in self.broken:
            why = self.broken[exercise.id]
            advice = "Choose Run > Run All Above Selected Cell, run it" if why.startswith("NameError") else "Mend it, run it"
            show_panel(note_panel(f"The cell of {exercise.id} did not run", f"{why}. {advice}, then %check again."))
            return
        function = self.shell.user_ns.get(exercise.id)
        if not callable(function):
            show_panel(note_panel(f"{exercise.id} is not defined", f"Run the cell that defines {exercise.id} (in {section}) first, then %check again."))
            return
        if not found.whole:
            exercise = replace(exercise, tests=tuple(test for test in exercise.tests if not test.empty))
        if not exercise.tests:
            show_panel(note_panel(exercise.id, "All checks of this exercise are hidden; they run when your work is graded."))
            return
        try:
            results = run_tests(exercise, function, found.names(), _limited)
        except KeyboardInterrupt:
            show_panel(note_panel(f"%check {exercise.id} was interrupted", "Your function was still running: is there a loop that does not end?"))
            return
        if any(missing in found.names() for missing in map(_undefined, results)):
            show_panel(note_panel(f"{exercise.id} needs cells that were not run", "Choose Run > Run All Above Selected Cell, then %check again."))
            return
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
            _show_markdown(f"**Hint {number} of {len(exercise.hints)}.** {text}")
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
        _show_markdown(text)
        record.solution = True
        self._keep(lambda work: progress.save(work, section, exercise.id, record))

    @line_magic
    def progress(self, line: str) -> None:
        """%progress [SECTION]: what you have solved so far, by section; the exercises of the open notebook's section, or of the one named."""
        if grading():
            return
        if not (found := standings(progress.workspace())):
            return
        named = line.strip() or Path(os.environ.get("JPY_SESSION_NAME", "")).stem
        rows = [
            [section.title, f"{standing.solved} of {len(standing.records)}", f"{show(standing.reached)} of {show(section.points)}"]
            for section, standing in found
        ]
        show_panel(table_panel(f"In all: {summary(found)}", ["section", "exercises solved", "points"], rows))
        chosen = [(section, standing) for section, standing in found if named and section.name.startswith(named)]
        for section, standing in chosen:
            rows = [
                [key, section.exercises[key].level, f"{show(record.best)} of {show(section.exercises[key].points)}", str(record.attempts)]
                for key, record in standing.records.items()
            ]
            show_panel(table_panel(f"{section.title}: {show(standing.reached)} of {show(section.points)} points", EXERCISES, rows))
        if line.strip() and not chosen:
            show_panel(note_panel(f"No section {named}", f"There is {', '.join(section.name for section, _ in found)}."))
        weak = [f"{key} in {section.title}" for section, key in weakest(found)]
        if weak:
            show_panel(note_panel("Weakest so far", f"{'; '.join(weak)}."))

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


def once(shell: InteractiveShell, event: str, callback: Callable[[Any], None]) -> None:
    """Have a method called at an event, in place of that of an extension which was loaded before in this kernel."""
    for old in list(shell.events.callbacks[event]):
        if type(getattr(old, "__self__", None)) is type(callback.__self__):
            shell.events.unregister(event, old)
    shell.events.register(event, callback)


def grading() -> bool:
    """While nbgrader or the engine grades, the magics do nothing."""
    return bool(os.environ.get("NBGRADER_EXECUTION"))


def show_panel(panel: tuple[str, str]) -> None:
    """Display a panel, with its text for where HTML is not shown."""
    html, text = panel
    display({"text/html": html, "text/plain": text}, raw=True)


class _TooLong(BaseException):
    """The time of a test is over. No Exception, so that learners' own handlers let it pass."""


def _limited(run: Callable[[], CellResult], test: Test) -> CellResult:
    """Run a test for as long as the grader would let it run; where a process cannot set itself an alarm, to its end."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        return run()

    def stop(*_: object) -> None:
        raise _TooLong

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, LIMITS.cell_seconds, 1)
    try:
        return run()
    except _TooLong:
        return CellResult(test.grade_id, test.exercise, 0.0, test.points, Outcome.TIMED_OUT, LIMITS.too_long)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _undefined(result: CellResult) -> str:
    """The name that a function missed; empty when it missed none."""
    found = re.search(r"raised NameError\b.*name '(\w+)' is not defined", result.message)
    return found[1] if found else ""


def _show_markdown(text: str) -> None:
    display({"text/markdown": text, "text/plain": text}, raw=True)
