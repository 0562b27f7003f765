"""The home page: a file in the workspace, opened first in JupyterLab, rewritten whenever progress is kept, with a picture of it."""

from __future__ import annotations

from html import escape
from pathlib import Path

from course.checks.compare import show
from course.checks.model import Section
from course.paths import write_whole
from course.study import progress
from course.study.find import places
from course.study.progress import Standing

HOME = "home.md"
PICTURE = "home.svg"
WEAKEST = 3


def write_home(work: Path) -> None:
    """Write the home page of a workspace and its picture. Raises OSError where they cannot be written."""
    found = standings(work)
    for name, text in ((PICTURE, picture(found)), (HOME, _page(found))):
        path = work / name
        if not path.is_file() or path.read_bytes() != text.encode():
            write_whole(path, text)


def standings(work: Path) -> list[tuple[Section, Standing]]:
    """The sections that can be seen from here, and how far the learner is in each."""
    return [(section, progress.standing(work, section)) for section in (Section.read(path) for path in places())]


def _page(standings: list[tuple[Section, Standing]]) -> str:
    rows = [
        f"| {section.name[:2]} | [{section.title}]({_path(section)}) | {duration(section)} | {standing.solved} of {len(standing.records)} "
        f"| {show(standing.reached)} of {show(section.points)} |"
        for section, standing in standings
    ]
    lines = ["# AI Data Scientist interviews: the course", "", f"![Your progress: {summary(standings)}]({PICTURE})", ""]
    coming = upcoming(standings)
    if coming and any(record.attempts for _, standing in standings for record in standing.records.values()):
        lines += [f"**Continue:** {_link(*coming)}", ""]
    elif coming:
        lines += [f"**Start:** [{coming[0].title}]({_path(coming[0])})", ""]
    weak = weakest(standings)
    if weak:
        lines += ["**Weakest so far:**", *[f"\n- {_link(section, key)}" for section, key in weak], ""]
    lines += [
        "## Sections",
        "",
        "| No. | Section | Reading and core exercises | Exercises solved | Points |",
        "|---|---|---|---|---|",
        *rows,
        "",
        "Open a section and work through it from the top: run each cell (Shift+Enter), write your function, run its cell, then the `%check` cell below it.",
        "After a restart of the kernel, choose *Run > Run All Above Selected Cell* first. This page does not change while it is open: close and open it.",
        "",
        "## In a notebook",
        "",
        "| Command | What it does |",
        "|---|---|",
        "| `%check ID` | all checks of an exercise, with what is wrong and why |",
        "| `%hint ID` | one hint more each time |",
        "| `%solution ID` | the reference and its explanation, after an attempt |",
        "| `%progress` | what you have solved |",
        "",
        "## In a terminal",
        "",
        "| Command | What it does |",
        "|---|---|",
        "| `course check 01-statistics` | grades the saved notebook as an instructor would |",
        "| `course progress` | what you have solved |",
        "| `course update` | brings your notebooks to a newer release of the course, with your work in them |",
        "| `course interview` | makes a mock interview in `interviews/`: questions on all sections, a clock, a report at the end |",
        "| `course reset 01-statistics ID` | starts one exercise afresh; a backup of the notebook stays |",
        "",
    ]
    return "\n".join(lines)


def summary(standings: list[tuple[Section, Standing]]) -> str:
    """The picture in words: points and exercises over all sections."""
    reached, points = sum(standing.reached for _, standing in standings), sum(section.points for section, _ in standings)
    solved, count = sum(standing.solved for _, standing in standings), sum(len(standing.records) for _, standing in standings)
    return f"{show(reached)} of {show(points)} points, {solved} of {count} exercises solved"


def weakest(standings: list[tuple[Section, Standing]]) -> list[tuple[Section, str]]:
    """Up to three exercises that were tried and are not solved: the most attempts first, then the fewest points."""
    tried = [
        (-record.attempts, record.best / section.exercises[key].points, section, key)
        for section, standing in standings
        for key, record in standing.records.items()
        if record.attempts and record.best < section.exercises[key].points
    ]
    return [(section, key) for _, _, section, key in sorted(tried, key=lambda item: (item[0], item[1], item[2].name, item[3]))[:WEAKEST]]


def upcoming(standings: list[tuple[Section, Standing]]) -> tuple[Section, str] | None:
    """What to go on with: the exercise tried last, while it is unsolved; else the next one from its section on, core ones first. None when all is solved."""
    tried = [(record.updated, place, key) for place, (_, standing) in enumerate(standings) for key, record in standing.records.items() if record.attempts]
    _, first, last = max(tried, default=("", 0, ""))
    unsolved = [
        (section, key)
        for section, standing in [*standings[first:], *standings[:first]]
        for key, record in standing.records.items()
        if record.best < section.exercises[key].points
    ]
    return min(unsolved, key=lambda item: (item[1] != last, item[0].exercises[item[1]].level != "core"), default=None)


def duration(section: Section) -> str:
    """How long the lessons and core exercises take, as the section's title cell says; empty when it says nothing."""
    hours, minutes = divmod(section.minutes, 60)
    return " ".join(part for part in (f"{hours} h" if hours else "", f"{minutes} min" if minutes else "") if part)


def picture(standings: list[tuple[Section, Standing]]) -> str:
    """A bar for each section, in SVG, on a ground of its own so that it can be read in light and dark themes."""
    width, left, right, line = 800, 330, 90, 30
    full = width - left - right
    height = line * len(standings) + 58
    title = f"Your progress: {summary(standings)}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img" aria-label="{escape(title)}" '
        'font-family="system-ui, sans-serif" font-size="13">',
        f'<rect width="{width}" height="{height}" rx="8" fill="#ffffff" stroke="#c8c8c8"/>',
        f'<text x="20" y="30" font-size="15" font-weight="600" fill="#222222">{escape(title)}</text>',
    ]
    for place, (section, standing) in enumerate(standings):
        top = 46 + place * line
        share = standing.reached / section.points
        name = section.title if len(section.title) <= 40 else section.title[:39].rstrip() + "…"
        parts += [
            f'<text x="20" y="{top + 15}" fill="#222222">{section.name[:2]}  {escape(name)}</text>',
            f'<rect x="{left}" y="{top + 3}" width="{full}" height="15" rx="3" fill="#e6e6e6"/>',
            f'<rect x="{left}" y="{top + 3}" width="{share * full:.1f}" height="15" rx="3" fill="{"#009E73" if share == 1 else "#0072B2"}"/>',
            f'<text x="{left + full + 12}" y="{top + 15}" fill="#222222">{show(standing.reached)} / {show(section.points)}</text>',
        ]
    return "\n".join([*parts, "</svg>", ""])


def _link(section: Section, exercise: str) -> str:
    return f"[{exercise} in {section.title}]({_path(section)}#cell-id={exercise}-statement)"


def _path(section: Section) -> str:
    return f"{section.name}/{section.name}.ipynb"
