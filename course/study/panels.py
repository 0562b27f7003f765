"""What the magics show: panels in HTML that follow JupyterLab's theme, each with a plain text of the same content."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from urllib.parse import quote

from course.checks.compare import show
from course.checks.model import CellResult, Exercise, Outcome

_PASSED, _WRONG, _BLANK, _NOTE = "#009E73", "#D55E00", "#767676", "#0072B2"  # 3:1 or more on the grounds of all themes: enough for a border, not for words
_TONE = {Outcome.PASSED: _PASSED, Outcome.NOT_ATTEMPTED: _BLANK}
_MARK = {Outcome.PASSED: "✓", Outcome.NOT_ATTEMPTED: "○"}
_BOX = (
    "border:1px solid var(--jp-border-color2,#ccc);border-left:6px solid {tone};border-radius:4px;padding:10px 14px;max-width:860px;"
    "background:var(--jp-layout-color1,#fff);color:var(--jp-content-font-color1,#111);font-family:var(--jp-content-font-family,sans-serif);"
    "font-size:14px;line-height:1.5"
)
_HEAD = "font-weight:600"


def result_panel(exercise: Exercise, results: list[CellResult], whole: bool, document: str = "") -> tuple[str, str]:
    """(html, text) for the outcome of `%check`.

    `whole` says whether hidden tests were among the tests, `document` is the file name of the open notebook, for links into it.
    """
    points = sum(result.points for result in results)
    score = f"{show(points)} of {show(exercise.points)} points"
    attempted = any(result.outcome is not Outcome.NOT_ATTEMPTED for result in results)
    summary = (
        ("All checks pass." if whole else "All visible checks pass.")
        if points == exercise.points
        else ""
        if attempted
        else "Not attempted yet: write your function and run its cell."
    )
    remarks = [] if whole else ["Only the visible checks are here; the hidden ones run when your work is graded."]
    lesson = _plain(exercise.lesson) if attempted and points < exercise.points else ""
    tone = _tone_of(results)
    rows, lines = [], []
    for test, result in zip(exercise.tests, results, strict=True):
        message = "" if result.outcome in (Outcome.PASSED, Outcome.NOT_ATTEMPTED) else result.message
        colour, mark = _TONE.get(result.outcome, _WRONG), _MARK.get(result.outcome, "✗")
        rows.append(
            '<li style="display:grid;grid-template-columns:1em 7.5em 1fr auto;column-gap:.6em;margin:6px 0">'
            f'<span aria-hidden="true" style="font-size:1.2em;line-height:1.25;color:{colour}">{mark}</span> '
            f'<span style="{_HEAD}">{result.outcome}</span> <div>{escape(test.title)}'
            + (f'<div style="margin:2px 0;white-space:pre-line">{prose(message)}</div>' if message else "")
            + f"</div> <span>{show(result.points)} of {show(result.max_points)}</span></li>"
        )
        lines.append(f"  {result.outcome:<14} {test.title} {show(result.points)} of {show(result.max_points)}" + (f"\n{'':17}{message}" if message else ""))
    head = f"{exercise.id}: {score}"
    html = (
        f'<div role="status" aria-label="Result of %check" style="{_BOX.format(tone=tone)}"><div style="{_HEAD}">{escape(head)}</div>'
        + "".join(f"<div>{escape(text)}</div>" for text in [summary, *remarks] if text)
        + (f'<ul role="list" style="list-style:none;margin:6px 0 0;padding:0">{"".join(rows)}</ul>' if attempted else "")
        + (f"<div>Explained in: {_link(lesson, f'{quote(document)}#cell-id={quote(exercise.lesson_cell)}')}</div>" if lesson else "")
        + "</div>"
    )
    below = [f"  Explained in: {lesson}"] if lesson else []
    return html, "\n".join([head, *[f"  {text}" for text in [summary, *remarks] if text], *(lines if attempted else []), *below])


def note_panel(title: str, body: str) -> tuple[str, str]:
    """(html, text) for a short remark, such as an unknown id."""
    box = _BOX.format(tone=_NOTE)
    html = f'<div role="status" aria-label="Note" style="{box}"><div style="{_HEAD}">{escape(title)}</div><div>{prose(body)}</div></div>'
    return html, f"{title}\n  {body}"


def table_panel(title: str, header: Iterable[str], rows: Iterable[Iterable[str]], report: str = "") -> tuple[str, str]:
    """(html, text) for a table; `report` is a file beside the notebook with more, to be linked."""
    header, rows = list(header), [list(row) for row in rows]
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    cell = "text-align:left;padding:2px 14px 2px 0"
    html = (
        f'<div style="{_BOX.format(tone=_NOTE)}"><table style="margin:0;min-width:min(32em,100%);border-collapse:collapse">'
        f'<caption style="caption-side:top;padding:0 0 6px;text-align:left;color:inherit;{_HEAD}">{escape(title)}</caption><thead><tr>'
        + "".join(f'<th scope="col" style="{cell}">{escape(text)}</th>' for text in header)
        + "</tr></thead><tbody>"
        + "".join(
            f'<tr><th scope="row" style="font-weight:400;{cell}">{escape(first)}</th>'
            + "".join(f'<td style="{cell}">{escape(text)}</td>' for text in rest)
            + "</tr>"
            for first, *rest in rows
        )
        + "</tbody></table>"
        + (f"<div>Report: {_link(report, quote(report))}</div>" if report else "")
        + "</div>"
    )
    lines = ["  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in [header, *rows]]
    return html, "\n".join([title, *lines, *([f"Report: {report}"] if report else [])])


def prose(text: str) -> str:
    """A text of which nothing is HTML, with what stands in backticks as code."""
    return re.sub(r"`([^`\n]+)`", r"<code>\1</code>", escape(text))


def _link(text: str, address: str) -> str:
    return f'<a href="{address}" style="color:var(--jp-content-link-color,#0062A3);text-decoration:underline">{escape(text)}</a>'


def _tone_of(results: list[CellResult]) -> str:
    outcomes = {result.outcome for result in results}
    return _TONE.get(outcomes.pop(), _WRONG) if len(outcomes) == 1 else _WRONG


def _plain(heading: str) -> str:
    """A heading as it reads once rendered."""
    return re.sub(r"[`*]", "", heading)
