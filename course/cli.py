"""The `course` command: arguments in, tables out; everything else is in the packages."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from multiprocessing import get_context
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from course.grading.sandbox import PROTECTIONS, Mode
from course.interview.commands import app as interview_app
from course.paths import CourseError, find_root, notebook, sections
from course.words import amount

if TYPE_CHECKING:  # a command loads only what it uses
    from course.checks.model import SubmissionResult

LEARN, TEACH, WRITE = "To learn", "To teach a class", "To write sections"  # the groups of `course --help`
app = typer.Typer(no_args_is_help=True, add_completion=False, help="A hands-on course for AI Data Scientist interviews.", pretty_exceptions_enable=False)
app.add_typer(interview_app, name="interview", rich_help_panel=LEARN)
out = Console(markup=False, emoji=False)  # what learners and files are named is text, and no markup
err = Console(stderr=True, markup=False, emoji=False)

RELOAD = "if the notebook is open in JupyterLab, choose File > Reload Notebook from Disk"


def _whole_name(given: str | None) -> str | None:
    """The section that a part of its name tells ("01", "sql"); what tells none or several stays as it is, for the command to refuse."""
    root = find_root()
    named = [name for name in sorted({*sections(root), *sections(root, "release")}) if given and given in name]
    return named[0] if len(named) == 1 else given


SectionArgument = Annotated[
    str | None,
    typer.Argument(help="A section, for example 01-statistics or a part of its name; all of them when left out.", callback=_whole_name, show_default=False),
]
OneSection = Annotated[str, typer.Argument(help="A section, for example 01-statistics or a part of its name.", callback=_whole_name)]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON on stdout, and nothing else there.")]


def main() -> None:
    """Entry point: what the user can mend is one line on stderr and exit code 2."""
    os.environ.setdefault("MPLBACKEND", "Agg")
    try:
        app(prog_name="course")
    except CourseError as error:
        _stop(str(error))
    except PermissionError as error:
        _stop(f"cannot write {error.filename} ({error.strerror}): make it writable")


def _course() -> Path:
    """The course to work on, said when it is not the one that holds the current folder."""
    root = find_root()
    if root not in (Path.cwd().resolve(), *Path.cwd().resolve().parents):
        err.print(f"the course in {root}", highlight=False, soft_wrap=True)
    return root


def _stop(message: str) -> None:
    err.print(Text.assemble(("course:", "bold red"), f" {_escape(message)}"), highlight=False, soft_wrap=True)
    sys.exit(2)


@app.command(rich_help_panel=LEARN)
def lab(
    port: Annotated[int | None, typer.Option(help="Port of the server; a free one when left out.", show_default=False)] = None,
    browser: Annotated[bool, typer.Option(help="Open a browser window.")] = True,
) -> None:
    """Open JupyterLab on your own copy of the course."""
    from course.study.lab import command, environment, others
    from course.study.workspace import prepare

    root = find_root()
    line = command(root / "work", port, browser)
    work = prepare(root)
    for address in others(work):
        err.print(f"JupyterLab is open on work/ already, at {address}; this is another one", highlight=False, soft_wrap=True)
    os.environ.pop("MPLBACKEND", None)
    sys.exit(subprocess.run(line, env=environment(work), cwd=work, check=False).returncode)


@app.command(rich_help_panel=LEARN)
def check(section: OneSection, as_json: JsonOption = False) -> None:
    """Grade your saved notebook as an instructor would; exit code 0 only at full marks."""
    from course.study.workspace import check as grade_own

    result = grade_own(find_root(), section)
    if as_json:
        print(json.dumps(result.as_dict(), indent=1))
    else:
        out.print(_exercise_table(result))
        for note in result.notes:
            out.print(f"note: {_escape(note)}")
        out.print(f"{result.section}: {result.outcome}, {result.score:g} of {result.max_score:g} points")
    sys.exit(0 if result.score == result.max_score else 1)


@app.command(name="progress", rich_help_panel=LEARN)
def show_progress() -> None:
    """What you have solved so far, section by section, and what is weakest: the same as the home page says."""
    from course.study import home

    work = find_root() / "work"
    table = Table("section", "time", "exercises", "points")
    standings = home.standings(work)
    for section, standing in standings:
        table.add_row(
            _escape(section.title), home.duration(section), f"{standing.solved} of {len(standing.records)}", f"{standing.reached:g} of {section.points:g}"
        )
    out.print(table)
    out.print(home.summary(standings))
    for section, key in home.weakest(standings):
        out.print(_escape(f"weakest so far: {key} in {section.title}"))


@app.command(rich_help_panel=LEARN)
def update(section: SectionArgument = None) -> None:
    """Bring your copies to the present release, with your solutions and your own cells in them; the old files stay as backups."""
    from course.study import update as updating

    root = find_root()
    chosen = [section] if section else updating.updatable(root)
    if not chosen:
        raise CourseError("work/ holds no copy of a section: run `make lab` once to get yours")
    for name in chosen:
        done = updating.update(root, name)
        if done.backup is None:
            out.print(f"{name}: up to date")
            continue
        put_back = f"; {amount(done.put_back, 'cell')} of the course put back" if done.put_back else ""
        out.print(f"{name}: updated, {amount(len(done.carried), 'solution')} and {amount(done.own, 'cell')} of your own carried over{put_back}")
        for text in done.left:
            out.print(f"  not carried: {_escape(text)}", highlight=False)
        out.print(f"  your old notebook: {done.backup.relative_to(root)}; {RELOAD}", highlight=False, soft_wrap=True)


@app.command(rich_help_panel=LEARN)
def reset(
    section: OneSection,
    exercise: Annotated[str | None, typer.Argument(help="Only this exercise; the whole notebook when left out.", show_default=False)] = None,
) -> None:
    """Start a notebook, or one exercise, afresh; what you had stays as a backup, and your points stay."""
    from course.study.update import reset as start_afresh

    root = find_root()
    backup = start_afresh(root, section, exercise)
    if backup is None:
        out.print(f"{exercise or section}: nothing to reset, it is as released")
        return
    out.print(f"{exercise or section}: as released; what you had: {backup.relative_to(root)}; {RELOAD}", highlight=False, soft_wrap=True)


@app.command(rich_help_panel=WRITE)
def build(
    section: SectionArgument = None,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit code 1 when a generated file is not up to date.")] = False,
    back: Annotated[bool, typer.Option("--back", help="Carry edits of the source notebook back to its text first.")] = False,
) -> None:
    """Make the source notebook and the release of a section from its text."""
    from course.authoring import build as builder

    root = find_root()
    chosen = [section] if section else builder.texts(root)
    different = False
    for name in chosen:
        builder.text_path(root, name)
        if back and builder.back(root, name):
            out.print(f"{name}: text changed")
        changed = list(builder.stale(root, name)) if check else builder.build(root, name)
        different |= bool(changed)
        for path in changed:
            out.print(f"{'differs' if check else 'wrote'}: {path.relative_to(root)}")
        if not changed:
            out.print(f"{name}: up to date")
    if check and different:
        raise typer.Exit(1)


@app.command(rich_help_panel=WRITE)
def verify(
    section: SectionArgument = None,
    exercise: Annotated[str | None, typer.Option(help="Only this exercise.", show_default=False)] = None,
    as_json: JsonOption = False,
) -> None:
    """Prove the exercises: reference, stub, every answer of the bank, and that the release gives nothing away."""
    from course.authoring import verify as proofs

    root = find_root()
    chosen = [section] if section else sections(root)
    if exercise and not section:
        raise CourseError("--exercise needs its section, for example `course verify 01-statistics --exercise ratio_metric`")
    if not chosen:
        raise CourseError("source/ holds no section: run `course build` first")
    known = {name: proofs.read_section(root, name, exercise).exercises for name in chosen}
    work = [(root, name, key) for name in chosen for key in ([exercise] if exercise else known[name])]
    found: list[proofs.Proof] = []
    with ProcessPoolExecutor(min(os.cpu_count() or 1, len(work)), mp_context=get_context("spawn")) as pool, _bar("proving", len(work)) as step:
        for result in pool.map(_prove, work):
            found += result
            step()
    if not exercise:
        found += [proof for name in chosen for proof in proofs.prove_release(root, name)]
    if as_json:
        print(json.dumps([asdict(proof) for proof in found], indent=1))
    else:
        table = Table("exercise", "reference", "stub", "right answers", "wrong answers")
        for key in dict.fromkeys(proof.exercise for proof in found if proof.proof != "release"):
            table.add_row(key, *[_count(found, key, kinds) for kinds in (("reference",), ("stub",), ("right", "bank"), ("wrong",))])
        out.print(table)
        for proof in found:
            if not proof.holds:
                told = f" {proof.exercise}: {proof.proof}, {_escape(f'{proof.label}: {proof.detail}')}"
                out.print(Text.assemble(("does not hold", "bold red"), told), highlight=False)
        out.print(f"{sum(proof.holds for proof in found)} of {len(found)} proofs hold")
    if not all(proof.holds for proof in found):
        raise typer.Exit(1)


@app.command(rich_help_panel=TEACH)
def grade(
    section: SectionArgument = None,
    student: Annotated[str | None, typer.Option(help="Only this student.", show_default=False)] = None,
    jobs: Annotated[int | None, typer.Option(min=1, help="Submissions graded at a time; one for each core when left out.", show_default=False)] = None,
    force: Annotated[bool, typer.Option("--force", help="Grade everything again, also what is graded already.")] = False,
    changed_only: Annotated[bool, typer.Option("--changed-only", help="Only new and changed submissions, even where the tests have changed since.")] = False,
    sandbox: Annotated[Mode | None, typer.Option(help="auto: what this machine has; require: refuse without all of it; off.", show_default=False)] = None,
    scheduler: Annotated[str | None, typer.Option(help="Address of a Dask scheduler whose workers grade.", show_default=False)] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Collect, grade and return feedback as submissions arrive, until stopped.")] = False,
    every: Annotated[float, typer.Option(min=0.1, help="Seconds between two looks of --watch.")] = 5.0,
    as_json: JsonOption = False,
) -> None:
    """Grade what is in submitted/: autograded notebooks, gradebook, and a table. What is graded already in its present form stays."""
    from course.grading import workers

    if force and changed_only:
        raise CourseError("--force and --changed-only exclude each other: leave one out")
    if watch and (force or changed_only or student or scheduler or as_json):
        raise CourseError("--watch goes with a section, --jobs, --sandbox and --every only")
    if not scheduler:
        workers.prepare()
    from course.checks.model import Section
    from course.grading.batch import Which, grade_section, students

    which = Which.ALL if force else Which.CHANGED if changed_only else Which.NEEDED

    root = _course()
    if section:
        notebook(root, section)
    if watch:
        from course.grading.watch import Watch

        out.print("watching for submissions; stop with Ctrl-C")
        watcher = Watch(root, [section] if section else [], jobs, sandbox, lambda text: out.print(_escape(text), highlight=False, soft_wrap=True))
        try:
            watcher.run(every)
        except KeyboardInterrupt:
            out.print("stopped; what is graded stays graded, and a new start takes up the rest")
            return
    chosen = [section] if section else [name for name in sections(root) if students(root, name)]
    if not chosen:
        raise CourseError("nothing to grade: submitted/ holds no submission; collect them first (docs/instructors.md)")
    results: list[SubmissionResult] = []
    try:
        for name in chosen:
            count = 1 if student else len(students(root, name))
            with _bar(f"grading {name}", count) as step:
                results += grade_section(root, name, student, jobs, lambda _: step(), which, sandbox, scheduler)
    except KeyboardInterrupt:
        _stop("stopped; what is graded stays graded, run it again for the rest")
    if as_json:
        print(json.dumps([result.as_dict() for result in results], indent=1))
    else:
        out.print(class_table(results))
        for name in chosen:
            by_hand = Section.read(notebook(root, name)).tasks
            if by_hand:
                told = ", ".join(f"{task} {points:g}" for task, points in by_hand.items())
                out.print(f"{name}: {sum(by_hand.values()):g} more points are given by a person in formgrader ({told})", highlight=False)
        _say_protection(results)


@app.command(rich_help_panel=TEACH)
def collect(
    section: OneSection,
    download: Annotated[Path, typer.Argument(help="The folder or zip of submissions that Moodle or Canvas gave you.")],
    roster: Annotated[
        Path | None,
        typer.Option(help="CSV: Moodle's participants or grading worksheet, a Canvas gradebook, or id,first_name,last_name,email.", show_default=False),
    ] = None,
    replace: Annotated[
        bool,
        typer.Option(
            "--replace", help="Take the download also where it is older, or where it cannot be told which is newer; what was there stays as a backup."
        ),
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
) -> None:
    """Lay downloaded submissions into submitted/, each under the learner's id. A newer one is never overwritten, a replaced one kept."""
    from course.grading.collect import Fate
    from course.grading.collect import collect as lay

    root = _course()
    done = lay(root, section, download, roster, dry_run, replace)
    table = Table("student", "submission", "file")
    for one in done.laid:
        marks = [str(one.fate), *(["late"] if one.late else []), *([] if one.known else ["on no roster: the id is from the file's name"])]
        table.add_row(_escape(one.student), "; ".join(marks), _escape(one.path))
    out.print(table)
    laid = sum(one.fate in (Fate.NEW, Fate.REPLACED) for one in done.laid)
    lists = [("no notebook", done.ignored), ("older, or not the section's", done.passed_over), ("handed in nothing", done.missing)]
    for title, texts in [("left out", [f"{path}: {why}" for path, why in done.unmatched.items()]), *lists]:
        for text in texts:
            out.print(f"{title}: {_escape(text)}", highlight=False, soft_wrap=True)
    if done.enrolled:
        out.print(f"new in the gradebook, or filled in: {len(done.enrolled)} ({_escape(', '.join(done.enrolled))})", highlight=False, soft_wrap=True)
    for one in done.laid:
        if one.backup:
            out.print(f"replaced, the old one: {_escape(str(one.backup.relative_to(root)))}", highlight=False, soft_wrap=True)
    out.print(f"{section}: {amount(laid, 'submission')} {'would be ' if dry_run else ''}laid into submitted/, {len(done.laid) - laid} left as they are")


@app.command(rich_help_panel=TEACH)
def report(
    section: OneSection,
    output: Annotated[Path | None, typer.Option(help="Write the report as a page, with pictures, to this HTML file.", show_default=False)] = None,
    similar: Annotated[
        Path | None, typer.Option(help="Write pairs of answers that are alike to this HTML file; it names learners.", show_default=False)
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """What a graded class tells about the exercises: difficulty, discrimination, the mistakes made. No learner is named."""
    from course.grading import items

    root = _course()
    found = items.report(root, section)
    if output:
        items.save(items.page(found), output)
    if similar:
        from course.grading import similar as alike

        pairs, compared = alike.pairs(root, section)
        items.save(alike.page(pairs, compared, section), similar)
    if as_json:
        print(json.dumps(found.as_dict(), indent=1))
        return
    table = Table("exercise", "attempted", "share of points", "discrimination")
    for item in found.items:
        told = "-" if item.discrimination is None else f"{item.discrimination:.2f}"
        table.add_row(item.exercise, items.percent(item.attempted), items.percent(item.difficulty), told)
    out.print(table)
    for item in found.items:
        for one in item.mistakes[:1]:
            text = shorten(one.text, 160, placeholder=" ...")
            out.print(_escape(f"{item.exercise}, {items.percent(one.count / item.graded)} of the class: {text}"), highlight=False, soft_wrap=True)
    scores = f"mean {found.mean:.1f}, median {found.median:g} of {found.max_score:g} points"
    out.print(f"{section}: {amount(found.graded, 'submission')}, {scores}", highlight=False)
    for reason, count in found.left_out.items():
        out.print(f"not counted: {count} {reason}", highlight=False)
    for text in found.missing:
        out.print(f"note: {_escape(text)}", highlight=False, soft_wrap=True)
    for title, path in (("report", output), ("answers alike", similar)):
        if path:
            out.print(f"{title}: {_escape(str(path))}", highlight=False, soft_wrap=True)
    if similar:
        out.print(f"{amount(len(pairs), 'pair')} alike. Similarity is no proof: read both, and ask.", highlight=False)


@app.command(rich_help_panel=TEACH)
def demo(folder: Annotated[Path | None, typer.Option(help="Where to work; a fresh folder demo/ when left out.", show_default=False)] = None) -> None:
    """Release 01-statistics to a small class, grade it with nbgrader, and show the scores, the feedback and a picture."""
    from course.grading.demo import run

    root = find_root()
    with _steps() as step:
        shown = run(root, folder or root / "demo", step)
    out.print(class_table(shown.results))
    for result in shown.results:
        for text in [result.message, *result.notes]:
            if text:
                out.print(_escape(f"  {result.student}: {text}"), highlight=False)
    out.print(_escape(f"feedback: {shown.feedback}\npicture:  {shown.picture}"), highlight=False, soft_wrap=True)
    if shown.surprises:
        raise CourseError("the demo class came out otherwise than planned:\n" + "\n".join(shown.surprises))


def class_table(results: list[SubmissionResult]) -> Table:
    """Student x outcome x score, with the first thing that each student could mend; with a column of sections where there are several."""
    from course.checks.model import Outcome

    several = len({result.section for result in results}) > 1
    table = Table("student", *(["section"] if several else []), "outcome", "score", "first message")
    for result in results:
        lost = next((cell for cell in result.cells if cell.outcome not in (Outcome.PASSED, Outcome.NOT_ATTEMPTED)), None)
        blank = [key for key, own in result.by_exercise().items() if all(cell.outcome is Outcome.NOT_ATTEMPTED for cell in own)]
        first = result.message or (f"{lost.exercise}: {lost.message}" if lost else f"not attempted: {amount(len(blank), 'exercise')}" if blank else "")
        colour = "green" if result.score == result.max_score else "yellow" if result.outcome is Outcome.GRADED else "red"
        section = [result.section] if several else []
        score = f"{result.score:g} / {result.max_score:g}"
        table.add_row(_escape(result.student), *section, Text(result.outcome, colour), score, _escape(shorten(first, 160, placeholder=" ...")))
    return table


def _say_protection(results: list[SubmissionResult]) -> None:
    """One line on the sandbox: what was in force for all that ran, and what was missing."""
    from course.checks.model import Outcome

    ran = [set(result.sandbox) for result in results if result.outcome not in (Outcome.MISSING, Outcome.MALFORMED, Outcome.FAILED)]
    if not ran:
        return
    everywhere = set.intersection(*ran)
    missing = [f"{name} ({PROTECTIONS[name]})" for name in PROTECTIONS if name not in everywhere]
    out.print("sandbox: " + (", ".join(name for name in PROTECTIONS if name in everywhere) or "none") + (f"; missing: {'; '.join(missing)}" if missing else ""))


def _exercise_table(result: SubmissionResult) -> Table:
    from course.checks.model import Outcome

    table = Table("exercise", "points", "outcome", "why")
    for key, own in result.by_exercise().items():
        lost = next((cell for cell in own if cell.outcome is not Outcome.PASSED), None)
        reached, total = sum(cell.points for cell in own), sum(cell.max_points for cell in own)
        why = _escape(lost.message) if lost and lost.outcome is not Outcome.NOT_ATTEMPTED else ""
        table.add_row(key, f"{reached:g} of {total:g}", str(lost.outcome if lost else Outcome.PASSED), why)
    return table


def _prove(work: tuple[Path, str, str]) -> list:
    from course.authoring.verify import prove

    return prove(*work)


def _count(proofs: list, exercise: str, kinds: tuple[str, ...]) -> Text:
    own = [proof for proof in proofs if proof.exercise == exercise and proof.proof in kinds and proof.proof != "bank"]
    short = any(not proof.holds for proof in proofs if proof.exercise == exercise and proof.proof == "bank" and "bank" in kinds)
    good = sum(proof.holds for proof in own)
    return Text(f"{good} of {len(own)}", "green" if good == len(own) and not short else "red")


@contextmanager
def _bar(title: str, total: int) -> Iterator[Callable[[], None]]:
    with Progress(TextColumn(title), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=err, transient=True) as bar:
        task = bar.add_task(title, total=total)
        yield lambda: bar.advance(task)


@contextmanager
def _steps() -> Iterator[Callable[[str, int, int], None]]:
    """A bar that follows a run of named steps: call it with a title, what is done and the total."""

    with Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=err) as bar:
        tasks: dict[str, int] = {}

        def step(title: str, done: int, total: int) -> None:
            if title not in tasks:
                tasks[title] = bar.add_task(title, total=total)
            bar.update(tasks[title], completed=done, total=total)

        yield step


def _escape(text: str) -> str:
    """A text that does nothing to a terminal: what cannot be printed is shown by its number."""
    return "".join(c if c.isprintable() or c == "\n" else f"\\x{ord(c):02x}" for c in text)
