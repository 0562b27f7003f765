"""The report of an interview: Markdown for JupyterLab and one HTML file with its picture inside, for anything else."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from urllib.parse import quote

import matplotlib as mpl
import nbformat
from matplotlib.figure import Figure
from nbformat import NotebookNode

from course.checks.compare import show
from course.checks.model import heading
from course.interview.journal import Answer, Journal
from course.interview.question import Question
from course.paths import find_root
from course.study.panels import prose, table_panel

BLUE, GREY, ORANGE = "#0072B2", "#CCCCCC", "#D55E00"
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#111;background:#fff}}
table{{border-collapse:collapse}}th,td{{text-align:left;padding:.25rem 1rem .25rem 0;border-bottom:1px solid #ddd;vertical-align:top}}
pre{{background:#f4f4f4;padding:.8rem;overflow-x:auto}}img{{max-width:100%}}.message{{white-space:pre-line}}</style></head>
<body>
{body}
</body></html>
"""


def write(folder: Path, journal: Journal, questions: Sequence[Question], weights: Mapping[str, float]) -> list[Path]:
    """Write `NAME-report.md` and `NAME-report.html`; `weights` are those of the next draw. Returns the paths. Raises OSError."""
    picture = _picture(journal)
    pages = {
        folder / f"{journal.name}-report.md": _markdown(journal, questions, weights, picture),
        folder / f"{journal.name}-report.html": _html(journal, questions, weights, picture),
    }
    for path, text in pages.items():
        path.write_text(text, encoding="utf-8")
    return list(pages)


def by_topic(answers: Sequence[Answer]) -> dict[str, tuple[float, float]]:
    """(points, maximum) of each topic, in order."""
    found: dict[str, tuple[float, float]] = {}
    for answer in answers:
        points, most = found.get(answer.topic, (0.0, 0.0))
        found[answer.topic] = points + answer.points, most + answer.max_points
    return found


def panel(journal: Journal) -> tuple[str, str]:
    """(html, text): the score by topic and where the report is."""
    rows = [[topic, f"{show(points)} of {show(most)}"] for topic, (points, most) in by_topic(journal.answers).items()]
    return table_panel(_score(journal), ["topic", "points"], rows, f"{journal.name}-report.md")


def link(question: Question) -> tuple[str, str]:
    """(text, address) of where a question is taught, seen from work/interviews; the cell in the address is JupyterLab's way to a place in a notebook."""
    cells = _cells(question.topic)
    title = heading(cells[0].source) if cells else question.topic
    address = f"../{question.topic}/{question.topic}.ipynb"
    lesson = next((cell.id for cell in cells if re.search(rf"^##+ {re.escape(question.heading)}$", cell.source, re.MULTILINE)), None)
    if not question.heading or lesson is None:
        return title, address
    return f"{title}: {question.heading.replace('`', '')}", f"{address}#cell-id={quote(lesson)}"


def _score(journal: Journal) -> str:
    points, most = sum(answer.points for answer in journal.answers), sum(answer.max_points for answer in journal.answers)
    late = sum(answer.points for answer in journal.answers if answer.late)
    return f"{show(points)} of {show(most)} points" + (f", {show(late)} of them by answers run after the time." if late else ".")


def _times(journal: Journal) -> str:
    if not journal.started:
        return "The clock was never started (`%interview start`), so there are no times."
    missing = [answer.id for answer in journal.answers if answer.seconds is None]
    text = f"Started {_clock(journal.started)}, finished {_clock(journal.finished)}; the time was {journal.minutes} minutes."
    text += " The time of a question runs from the last run of another answer (or the start) to the runs of its own answer."
    return text + (f" Not recorded, because the answer was never run: {', '.join(missing)}." if missing else "")


def _clock(moment: str) -> str:
    from datetime import datetime

    return datetime.fromisoformat(moment).astimezone().strftime("%Y-%m-%d %H:%M")


def _rows(journal: Journal, questions: Sequence[Question]) -> list[list[str]]:
    return [
        [
            question.title,
            question.topic,
            f"{show(answer.points)} of {show(answer.max_points)}" + ("" if answer.attempted else " (blank)"),
            "not recorded" if answer.seconds is None else f"{answer.seconds / 60:.1f} min" + (" (late)" if answer.late else ""),
            f"{question.minutes} min",
        ]
        for question, answer in zip(questions, journal.answers, strict=True)
    ]


def _next(weights: Mapping[str, float]) -> str:
    total = sum(weights.values())
    first = sorted(weights, key=lambda topic: -weights[topic])[:3]
    return "Next time most often: " + ", ".join(f"{topic} ({100 * weights[topic] / total:.0f} % of first draws)" for topic in first) + "."


def _lost(journal: Journal, questions: Sequence[Question]) -> list[tuple[Question, Answer]]:
    """Questions that lost points, the largest loss first."""
    pairs = [(question, answer) for question, answer in zip(questions, journal.answers, strict=True) if answer.points < answer.max_points]
    return sorted(pairs, key=lambda pair: pair[1].share)


PICTURE = "Points by topic and time by question; the tables below hold the same numbers"
HEADER = ("question", "topic", "points", "your time", "planned")


def _markdown(journal: Journal, questions: Sequence[Question], weights: Mapping[str, float], picture: bytes) -> str:
    lines = [
        f"# Interview {journal.name}",
        "",
        f"**{_score(journal)}**",
        "",
        _times(journal),
        "",
        f"![{PICTURE}][picture]",
        "",
        "## By topic",
        "",
        "| topic | points |",
        "|---|---|",
    ]
    lines += [f"| {topic} | {show(points)} of {show(most)} |" for topic, (points, most) in by_topic(journal.answers).items()]
    lines += ["", "## By question", "", f"| {' | '.join(HEADER)} |", "|---" * len(HEADER) + "|"]
    lines += [f"| {' | '.join(row)} |" for row in _rows(journal, questions)]
    lines += ["", "## What to revise", ""]
    for question, answer in _lost(journal, questions):
        text, address = link(question)
        lines += [f"### {question.title}", "", f"[{text}]({address})", ""]
        lines += [f"- {' '.join(message.split())}" for message in answer.messages or ["You left it blank."]]
        lines += ["", question.explain.strip(), "", "```python", question.function(question.body), "```", ""]
    if not _lost(journal, questions):
        lines += ["Nothing: full marks.", ""]
    return "\n".join([*lines, _next(weights), "", f"[picture]: {_address(picture)}", ""])


def _html(journal: Journal, questions: Sequence[Question], weights: Mapping[str, float], picture: bytes) -> str:
    def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
        head = "".join(f'<th scope="col">{escape(text)}</th>' for text in header)
        return f"<table><tr>{head}</tr>" + "".join("<tr>" + "".join(f"<td>{escape(text)}</td>" for text in row) + "</tr>" for row in rows) + "</table>"

    title = f"Interview {journal.name}"
    parts = [
        f"<h1>{escape(title)}</h1><p><strong>{escape(_score(journal))}</strong></p><p>{prose(_times(journal))}</p>",
        f'<img alt="{PICTURE}" src="{_address(picture)}">',
        "<h2>By topic</h2>" + table(("topic", "points"), [[topic, f"{show(a)} of {show(b)}"] for topic, (a, b) in by_topic(journal.answers).items()]),
        "<h2>By question</h2>" + table(HEADER, _rows(journal, questions)),
        "<h2>What to revise</h2>",
    ]
    for question, answer in _lost(journal, questions):
        said = "".join(f'<li class="message">{escape(message)}</li>' for message in answer.messages or ["You left it blank."])
        parts.append(
            f"<h3>{escape(question.title)}</h3><p>Taught in {escape(question.topic)}, {escape(link(question)[0])}.</p><ul>{said}</ul>"
            f"<p>{prose(question.explain.strip())}</p><pre>{escape(question.function(question.body))}</pre>"
        )
    if not _lost(journal, questions):
        parts.append("<p>Nothing: full marks.</p>")
    return _PAGE.format(title=escape(title), body="\n".join([*parts, f"<p>{escape(_next(weights))}</p>"]))


def _address(picture: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(picture).decode()}"


def _picture(journal: Journal) -> bytes:
    """A PNG: points by topic beside the time of each question against its plan."""
    topics = by_topic(journal.answers)
    with mpl.rc_context({"axes.spines.top": False, "axes.spines.right": False, "font.size": 10.5}):
        figure = Figure(figsize=(10, 0.9 + 0.42 * max(len(journal.answers), len(topics))), layout="constrained")
        left, right = figure.subplots(1, 2)
        names = list(topics)[::-1]
        left.barh(names, [topics[name][1] for name in names], color=GREY)
        left.barh(names, [topics[name][0] for name in names], color=BLUE)
        left.set(xlabel="points reached (blue) of those to be had (grey)", title="Points by topic")
        for place, (asked, answer) in enumerate(zip(journal.asked, journal.answers, strict=True)):
            right.plot([asked.minutes] * 2, [place - 0.4, place + 0.4], color="#111111", lw=2)
            if answer.seconds is None:
                right.text(0.1, place, "not recorded", va="center", color="#555555")
            else:
                right.barh(place, answer.seconds / 60, color=ORANGE if answer.seconds > 60 * asked.minutes else BLUE, height=0.6)
        right.set_yticks(range(len(journal.asked)), [asked.id for asked in journal.asked])
        right.invert_yaxis()
        right.set(xlabel="minutes; the black line is the plan", title="Time by question", xlim=(0, None))
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=110)
    return buffer.getvalue()


def _cells(section: str) -> list[NotebookNode]:
    """The cells of a section of the course; none where it is not there."""
    path = find_root() / "source" / section / f"{section}.ipynb"
    return nbformat.read(path, as_version=4).cells if path.is_file() else []
