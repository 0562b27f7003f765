"""The home page: a file in the workspace, opened first in JupyterLab, rewritten whenever progress is kept."""

from __future__ import annotations

from pathlib import Path

from course.checks.compare import show
from course.checks.model import Section
from course.study import progress
from course.study.find import places, read

HOME = "home.md"


def write_home(work: Path) -> None:
    """Write the home page of a workspace. Raises OSError where it cannot be written."""
    text = _page(work, [read(path) for path in places()])
    path = work / HOME
    if not path.is_file() or path.read_bytes() != text.encode():
        path.write_bytes(text.encode())


def _page(work: Path, sections: list[Section]) -> str:
    rows, begun = [], []
    for section in sections:
        standing = progress.standing(work, section)
        link = f"[{section.title}]({section.name}/{section.name}.ipynb)"
        rows.append(
            f"| {section.name[:2]} | {link} | {standing.solved} of {len(standing.records)} "
            f"| {show(standing.reached)} of {show(section.points)} | {_bar(standing.reached / section.points)} |"
        )
        begun += [(record.updated, section, key) for key, record in standing.records.items() if record.updated and record.best < section.exercises[key].points]
    lines = [
        "# AI Data Scientist interviews: the course",
        "",
        "Open a section and work through it from the top. Write your function, run its cell, then run the `%check` cell below it.",
        "",
        "| | Section | Exercises solved | Points | |",
        "|---|---|---|---|---|",
        *rows,
        "",
    ]
    if begun:
        _, section, key = max(begun, key=lambda item: item[0])
        lines += [f"**Continue:** `{key}` in [{section.title}]({section.name}/{section.name}.ipynb).", ""]
    lines += [
        "| In a notebook | |",
        "|---|---|",
        "| `%check ID` | all checks of an exercise, with what is wrong and why |",
        "| `%hint ID` | one hint more each time |",
        "| `%solution ID` | the reference and its explanation, after an attempt |",
        "| `%progress` | what you have solved |",
        "",
        "In a terminal, `course check 01-statistics` grades the saved notebook as an instructor would.",
        "",
    ]
    return "\n".join(lines)


def _bar(share: float, width: int = 12) -> str:
    full = round(share * width)
    return "█" * full + "░" * (width - full)
