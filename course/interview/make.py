"""From drawn questions to a notebook in `work/interviews/`, built as a section is."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

import nbformat
import numpy as np
from nbformat import NotebookNode

from course.authoring.release import generate
from course.authoring.source import dumps, read, to_notebook
from course.checks.model import role_of
from course.interview import journal
from course.interview.draw import draw
from course.interview.journal import FOLDER, Asked, Journal
from course.interview.question import SETUP, Question
from course.interview.templates import TEMPLATES
from course.paths import CourseError

COMPANY = """# A sample of the company's data, to try your queries on: sql.query(company, "SELECT ...")
company = sql.generate(requests=2_000, seed=0)"""


def make(root: Path, minutes: int = 30, topics: Iterable[str] = (), seed: int | None = None, today: date | None = None) -> Journal:
    """Write a new interview to `work/interviews/`: notebook and journal. Nothing that is there is written over.

    The same seed, minutes, topics and past interviews give the same questions. Raises CourseError with what to mend.
    """
    folder = root / "work" / FOLDER
    past = journal.everything(folder)
    seed = int.from_bytes(os.urandom(3), "big") if seed is None else seed
    if seed < 0:
        raise CourseError(f"the seed is {seed}: use zero or a larger whole number")
    asked = draw(np.random.default_rng(seed), minutes, topics, past)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        name = _reserve(folder, f"{(today or date.today()).isoformat()}-seed-{seed}")
        notebook = folder / f"{name}.ipynb"
        try:
            text = dumps(source(name, minutes, asked))
            released = _as_interview(nbformat.reads(generate(root, text, name), as_version=4))
            made = Journal(name, seed, minutes, journal.now(), journal.digest(text), asked)
            journal.save(folder, made)
            notebook.write_text(dumps(released), encoding="utf-8")
        except BaseException:
            notebook.unlink()
            raise
    except OSError as error:
        raise CourseError(f"cannot write in {folder} ({error.strerror}): make the folder writable") from None
    return made


def questions(asked: Sequence[Asked]) -> list[Question]:
    """The questions of a plan, with their numbers. Raises CourseError for a template that this version of the course doesn't have."""
    missing = [one.id for one in asked if one.id not in TEMPLATES]
    if missing:
        raise CourseError(f"the course has no question {missing[0]!r} any more: make a new interview")
    return [TEMPLATES[one.id].question(np.random.default_rng(one.seed)) for one in asked]


def source(name: str, minutes: int, asked: Sequence[Asked]) -> NotebookNode:
    """The source notebook of an interview: with solutions and hidden tests. It is never kept, it is made again for grading."""
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / f"{name}.py"
        file.write_text(text(name, minutes, questions(asked)), encoding="utf-8")
        return _as_interview(to_notebook(read(file), name))


def text(name: str, minutes: int, asked: Sequence[Question]) -> str:
    """The interview in py:percent, with the markers of a section."""
    points = sum(points for question in asked for _, points, _ in question.tests)
    head = f"""# %% [markdown]
# # Mock interview
#
# {len(asked)} questions, {minutes} minutes, {points:g} points. Run the next cell: the clock starts.
#
# - Write each function in the cell below its question and run that cell: its time is noted. There are no verdicts, hints or solutions before the end.
# - Shares are numbers between 0 and 1, and nothing is rounded unless the question says so. Examples are shown to six digits.
# - `np`, `pd` and `stats` (SciPy) are imported. Cells of your own are welcome.
# - `%clock` tells the time that is left. At the end save the notebook, then run the last cell.

# %%
# %load_ext course.interview
# %interview start {name}

# %% locked="setup"
{SETUP}"""
    cells = [head]
    if any(question.check == "query" for question in asked):
        cells.append(f'# %% locked="company"\n{COMPANY}')
    cells += [question.text(number) for number, question in enumerate(asked, 1)]
    cells.append(f"# %% [markdown]\n# ## The end\n#\n# Save the notebook (Ctrl+S), then run:\n\n# %%\n# %finish {name}")
    return "\n\n".join(cells) + "\n"


def _reserve(folder: Path, name: str) -> str:
    """A name that no interview has: its notebook is there now, empty."""
    number = 1
    while True:
        candidate = name if number == 1 else f"{name}-{number}"
        number += 1
        if journal.path(folder, candidate).exists():
            continue
        try:
            (folder / f"{candidate}.ipynb").open("x").close()
            return candidate
        except FileExistsError:
            continue


def _as_interview(notebook: NotebookNode) -> NotebookNode:
    """Without what an interview doesn't offer: `%check` cells, and the line on `%check` and `%hint` under each heading."""
    notebook.cells = [cell for cell in notebook.cells if role_of(cell).get("role") != "check"]
    for cell in notebook.cells:
        if role_of(cell).get("role") == "statement":
            cell.source = re.sub(r"\n\n\*core · [^\n]*\*\n", "\n", cell.source, count=1)
    return notebook
