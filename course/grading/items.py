"""`course report`: what the exercises of a section tell about the class, and the class about the exercises.

Read from the graded notebooks in autograded/; manual scores and tasks that a person grades are not in it, and no student is named.
Difficulty and discrimination are those of classical test theory: the mean share of points, and the correlation of an exercise with the
total of the others (Nunnally and Bernstein, Psychometric Theory, 1994, chapter 8: the corrected item-total correlation).
"""

from __future__ import annotations

import ast
import io
import math
import re
import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from html import escape
from itertools import product
from pathlib import Path
from typing import Any, TypeVar

import matplotlib as mpl
import nbformat
import numpy as np
from matplotlib.figure import Figure
from nbformat import NotebookNode

from course.checks.model import CellResult, Outcome, Section, SubmissionResult
from course.paths import CourseError, notebook
from course.study.style import use_style

LEAST_FOR_DISCRIMINATION = 3  # two points always lie on a line
WEAK = 0.2  # discrimination below which an exercise is looked at: the usual rule of thumb (Ebel and Frisbie 1991)
SHOWN = 6  # mistakes shown for one exercise
_UNREADABLE = (Outcome.MISSING, Outcome.MALFORMED, Outcome.FAILED)
Taken = TypeVar("Taken")


@dataclass(frozen=True)
class Mistake:
    """A mistake and how many learners made it. `named`: the name stands in the tests; else it is the first sentence of a message."""

    text: str
    count: int
    named: bool


@dataclass(frozen=True)
class TestItem:
    """One test cell: of `reached` learners who attempted its exercise, `passed` passed it."""

    grade_id: str
    title: str
    points: float
    reached: int
    passed: int


@dataclass(frozen=True)
class Item:
    """One exercise in the class.

    `graded` learners, `attempted` the share of them (0 to 1) who wrote something; `difficulty` the mean share of points (0: nobody got any,
    1: everybody got all), `difficulty_attempted` the same among those who attempted it; `discrimination` from -1 to 1. None: undefined.
    """

    exercise: str
    title: str
    level: str
    points: float
    graded: int
    attempted: float
    difficulty: float
    difficulty_attempted: float | None
    discrimination: float | None
    mistakes: tuple[Mistake, ...]
    tests: tuple[TestItem, ...]

    @property
    def nobody(self) -> list[TestItem]:
        """Test cells that no one passes of those who attempted the exercise (two at least)."""
        return [test for test in self.tests if test.reached >= 2 and test.passed == 0]

    @property
    def everybody(self) -> list[TestItem]:
        """Test cells that everyone passes who attempted the exercise (two at least)."""
        return [test for test in self.tests if test.reached >= 2 and test.passed == test.reached]


@dataclass(frozen=True)
class ClassReport:
    """A section in a class. Scores are points; `low`, `high` are the quartiles, None for fewer than two learners.

    `left_out` counts submissions that are not part of it, by the reason; `missing` says in words what a class of this size cannot tell.
    """

    section: str
    title: str
    graded: int
    max_score: float
    scores: tuple[float, ...]
    mean: float
    median: float
    low: float | None
    high: float | None
    items: tuple[Item, ...]
    left_out: dict[str, int]
    missing: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """For JSON; the scores stand in order of size, so that they name nobody."""
        return asdict(self)


def read_graded(root: Path, section: str, take: Callable[[NotebookNode, SubmissionResult], Taken]) -> tuple[dict[str, Taken], dict[str, int]]:
    """What `take` takes from each graded notebook in autograded/, by learner, and how many count for nothing, by the reason."""
    found, left_out = {}, Counter()
    for path in sorted((root / "autograded").glob(f"*/{section}/{section}.ipynb")):
        student = path.parts[-3]
        if student.startswith("."):
            continue
        try:
            graded = nbformat.read(path, as_version=4)
            result = SubmissionResult.from_notebook(graded)
        except Exception:  # nbformat raises what it likes on a broken file
            left_out["not a graded notebook of the course"] += 1
            continue
        if result.outcome in _UNREADABLE:
            left_out[str(result.outcome)] += 1
        else:
            found[student] = take(graded, result)
    return found, dict(left_out)


def report(root: Path, section: str) -> ClassReport:
    """The statistics of a section. A CourseError says when no such section is there, or nothing of it is graded."""
    source = Section.read(notebook(root, section))
    found, left_out = read_graded(root, section, lambda _, result: result)
    return analyse(source, list(found.values()), left_out)


def analyse(source: Section, results: list[SubmissionResult], left_out: dict[str, int] | None = None) -> ClassReport:
    """The statistics of graded submissions of `source`, a section with its hidden tests. Raises CourseError when there are none."""
    if not results:
        out = "; ".join(f"{count} {reason}" for reason, count in (left_out or {}).items())
        raise CourseError(f"autograded/ holds no graded submission of {source.name}{f' ({out})' if out else ''}: run `course grade {source.name}` first")
    shares = {key: np.array([_share(result, key) for result in results]) for key in source.exercises}
    points = {key: shares[key] * exercise.points for key, exercise in source.exercises.items()}
    totals = np.sum(list(points.values()), axis=0)
    items = []
    for key, exercise in source.exercises.items():
        own = [result.by_exercise().get(key, []) for result in results]
        attempted = np.array([_attempted(cells) for cells in own])
        names = named_mistakes(source, key)
        items.append(
            Item(
                exercise=key,
                title=exercise.title,
                level=exercise.level,
                points=exercise.points,
                graded=len(results),
                attempted=float(attempted.mean()),
                difficulty=float(shares[key].mean()),
                difficulty_attempted=float(shares[key][attempted].mean()) if attempted.any() else None,
                discrimination=discrimination(points[key], totals - points[key]),
                mistakes=tuple(_mistakes(own, names)),
                tests=tuple(_tests(exercise.tests, own)),
            )
        )
    several = len(results) > 1
    low, high = (float(value) for value in np.quantile(totals, [0.25, 0.75])) if several else (None, None)
    return ClassReport(
        section=source.name,
        title=source.title,
        graded=len(results),
        max_score=source.points,
        scores=tuple(sorted(float(total) for total in totals)),
        mean=float(totals.mean()),
        median=float(statistics.median(totals.tolist())),
        low=low,
        high=high,
        items=tuple(items),
        left_out=left_out or {},
        missing=tuple(_missing(items, len(results))),
    )


def discrimination(item: Iterable[float], rest: Iterable[float]) -> float | None:
    """Pearson's correlation of the points of an exercise with the total of all others (corrected item-total correlation).

    None where it is undefined: fewer than three learners, or an exercise or a rest without variance.
    """
    x, y = np.asarray(list(item), float), np.asarray(list(rest), float)
    if x.size < LEAST_FOR_DISCRIMINATION or np.ptp(x) < 1e-9 or np.ptp(y) < 1e-9:
        return None
    return float(np.clip(np.corrcoef(x, y)[0, 1], -1, 1))


def named_mistakes(source: Section, exercise: str) -> list[str]:
    """The names of the known mistakes of an exercise: the keys of what its test cells pass as `mistakes=`, longest first.

    Followed are variables and functions of the cell and of the locked cells; of a name that is put together, the constant parts are found.
    """
    shared = [ast.parse(_python(code)) for _, code in source.locked]
    found: set[str] = set()
    for test in source.exercises[exercise].tests:
        cell = ast.parse(_python(test.source))
        scope = _Scope([*shared, cell])
        for node in ast.walk(cell):
            if isinstance(node, ast.keyword) and node.arg == "mistakes":
                found.update(scope.keys(node.value))
    return sorted((name for name in found if len(name) >= 8 and " " in name.strip()), key=lambda name: (-len(name), name))


class _Scope:
    """What names stand for in a test cell: the expressions that are assigned to them, and the functions."""

    def __init__(self, trees: list[ast.Module]) -> None:
        self.values: dict[str, list[ast.AST]] = {}
        for node in (node for tree in trees for node in ast.walk(tree)):
            match node:
                case ast.Assign(targets=targets, value=value):
                    for target in targets:
                        self._assign(target, value)
                case ast.For(target=target, iter=value) | ast.comprehension(target=target, iter=value):
                    self._assign(target, value)
                case ast.AnnAssign(target=ast.Name(id=name), value=value) | ast.AugAssign(target=ast.Name(id=name), value=value) if value is not None:
                    self.values.setdefault(name, []).append(value)
                case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="update"), args=[value]):
                    self.values.setdefault(name, []).append(value)
                case ast.FunctionDef(name=name):
                    self.values.setdefault(name, []).append(node)

    def _assign(self, target: ast.AST, value: ast.AST) -> None:
        match target, value:
            case ast.Name(id=name), _:
                self.values.setdefault(name, []).append(value)
            case ast.Subscript(value=ast.Name(id=name), slice=key), _:  # wrong["name"] = value
                self.values.setdefault(name, []).append(ast.Dict(keys=[key], values=[value]))
            case ast.Tuple(elts=names), ast.Tuple(elts=parts) if len(names) == len(parts):
                for name, part in zip(names, parts, strict=True):
                    self._assign(name, part)
            case ast.Tuple(elts=names) | ast.List(elts=names), _:  # which part is which is not known: any of them
                for name in names:
                    self._assign(name, value)

    def keys(self, node: ast.AST, seen: frozenset[str] = frozenset()) -> Iterator[str]:
        """The keys of the dicts that an expression may be, as far as they are constant; `seen` are the names on the way to it."""
        match node:
            case ast.Dict(keys=keys, values=values):
                for key, value in zip(keys, values, strict=True):
                    yield from self.keys(value, seen) if key is None else self.texts(key, seen)
            case ast.Name(id=name):
                for value in self._of(name, seen):
                    yield from self.keys(value, seen | {name})
            case ast.FunctionDef():
                for part in ast.walk(node):
                    match part:
                        case ast.Dict():
                            yield from self.keys(part, seen)
                        case ast.Assign(targets=[ast.Subscript(slice=key)]):
                            yield from self.texts(key, seen)
            case ast.DictComp(key=key, generators=generators):
                yield from self.texts(key, seen)
                for part in generators:
                    yield from self.keys(part.iter, seen)
            case _:
                for child in ast.iter_child_nodes(node):
                    yield from self.keys(child, seen)

    def texts(self, node: ast.AST, seen: frozenset[str]) -> Iterator[str]:
        """The strings that an expression may be: constants, and the constant parts of what is put together."""
        match node:
            case ast.Constant(value=str() as text):
                yield text
            case ast.Name(id=name):
                for value in self._of(name, seen):
                    yield from self.texts(value, seen | {name})
            case ast.BinOp(op=ast.Add(), left=left, right=right):
                lefts, rights = list(self.texts(left, seen)), list(self.texts(right, seen))
                yield from [a + b for a in lefts for b in rights] or lefts or rights
            case ast.JoinedStr(values=parts):
                yield from sorted((part.value.strip() for part in parts if isinstance(part, ast.Constant)), key=len)[-1:]
            case ast.IfExp(body=body, orelse=other):
                yield from self.texts(body, seen)
                yield from self.texts(other, seen)

    def _of(self, name: str, seen: frozenset[str]) -> list[ast.AST]:
        return [] if name in seen else self.values.get(name, [])


def save(text: str, path: Path) -> None:
    """Write a page of `course report`; an earlier one is replaced. Raises CourseError for any other file, and for a path that cannot be written."""
    try:
        if path.exists() and _OWN not in path.read_bytes()[:400].decode("utf-8", "replace"):
            raise CourseError(f"{path} is there and no page of `course report`: name another file")
        path.write_bytes(text.encode("utf-8", "replace"))  # a learner's text may hold half a character
    except OSError as error:
        raise CourseError(f"cannot write {path} ({error.strerror}): name another file") from None


def page(found: ClassReport) -> str:
    """The report as HTML: no external resources, no student's name, light and dark as the reader's system is."""
    parts = [f"<h1>{escape(found.title)}: the class</h1>", _summary(found)]
    if found.missing:
        parts.append("<h2>What this class cannot tell</h2><ul>" + "".join(f"<li>{escape(text)}</li>" for text in found.missing) + "</ul>")
    parts.append("<h2>Scores</h2>")
    parts.append(_histogram(found) if found.graded > 1 else "<p>A histogram needs two submissions.</p>")
    parts.append("<h2>Exercises</h2>")
    if any(item.discrimination is not None for item in found.items):
        parts.append(_scatter(found))
    parts += [_item_table(found), "<h2>What went wrong</h2>", _foremost(found), *[_mistake_part(number, item) for number, item in enumerate(found.items, 1)]]
    parts += ["<h2>Tests that tell nothing apart</h2>", _flat_tests(found), _NOTES]
    return HTML.format(title=escape(f"{found.section}: the class"), body="\n".join(parts), extra=_EXTRA)


def percent(share: float) -> str:
    """A share between 0 and 1 in words: "34 %"; only none is 0 % and only all are 100 %."""
    whole = round(100 * share)
    if share > 0 and whole == 0:
        return "under 1 %"
    if share < 1 and whole == 100:
        return "over 99 %"
    return f"{whole} %"


def _share(result: SubmissionResult, exercise: str) -> float:
    """Share of the points of an exercise; 0 where the graded notebook has none of its tests."""
    own = result.by_exercise().get(exercise, [])
    total = sum(cell.max_points for cell in own)
    return sum(cell.points for cell in own) / total if total else 0.0


def _attempted(cells: list[CellResult]) -> bool:
    return any(cell.outcome is not Outcome.NOT_ATTEMPTED for cell in cells)


def _tests(tests: Iterable[Any], own: list[list[CellResult]]) -> Iterator[TestItem]:
    tried = [{cell.grade_id: cell for cell in cells} for cells in own if _attempted(cells)]
    for test in tests:
        met = [cells[test.grade_id] for cells in tried if test.grade_id in cells]
        yield TestItem(test.grade_id, test.title, test.points, len(met), sum(cell.outcome is Outcome.PASSED for cell in met))


def _mistakes(own: list[list[CellResult]], names: list[str]) -> list[Mistake]:
    """What learners did wrong in one exercise, most frequent first; a learner counts once for each mistake."""
    named: Counter[str] = Counter()
    other: Counter[str] = Counter()
    for cells in own:
        mine, else_ = set(), set()
        for cell in cells:
            if cell.outcome in (Outcome.PASSED, Outcome.NOT_ATTEMPTED):
                continue
            text = cell.message
            hits = []
            for name in names:  # the longest first: a name inside another one is not counted
                if name in text and not any(name in longer for longer in hits):
                    hits.append(name)
            if hits:
                mine.update(hits)
            else:
                else_.add(_first_sentence(cell))
        named.update(mine)
        other.update(else_)
    found = [Mistake(text, count, True) for text, count in named.items()] + [Mistake(text, count, False) for text, count in other.items()]
    return sorted(found, key=lambda one: (-one.count, not one.named, one.text))


def _first_sentence(cell: CellResult) -> str:
    """The first sentence of a message, without the value that this one learner returned, so that like messages count together."""
    text = " ".join(cell.message.split()) or str(cell.outcome)
    text = re.sub(r" in line \d+ of the cell", "", text)
    text = re.split(r"(?<=[^\d\s][.!?])\s+(?=[A-Z'\"])", text, maxsplit=1)[0]
    text = re.sub(r"(\b[Yy]ou(?:r function)? returned ).*?(; |$)", lambda hit: f"{hit[1]}another value{hit[2]}", text)
    return text if len(text) <= 200 else text[:197] + "..."


def _missing(items: list[Item], count: int) -> Iterator[str]:
    if count < 2:
        yield "One submission is graded: quartiles, the histogram and how many share a mistake need at least two."
    if count < LEAST_FOR_DISCRIMINATION:
        yield f"Discrimination needs at least {LEAST_FOR_DISCRIMINATION} submissions."
    elif len(items) < 2:
        yield "Discrimination needs a second exercise to compare with."
    else:
        flat = [item.exercise for item in items if item.discrimination is None]
        if flat:
            yield f"No discrimination where all got the same points, in the exercise or in the rest: {', '.join(flat)}."
        if count < 30:
            yield f"With {count} submissions a discrimination is uncertain: its standard error is about {1 / (count - 1) ** 0.5:.2f}."


def _python(source: str) -> str:
    """The code of a cell without its magics, so that it can be parsed."""
    return re.sub(r"^(\s*)[%!].*$", r"\1pass", source, flags=re.MULTILINE)


# The page ------------------------------------------------------------------------------------------------------------------------------

_OWN = '<meta name="generator" content="course report">'
HTML = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="course report">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; --text: #16191d; --soft: #55606b; --line: #d5dae0; --back: #fff; --panel: #f4f6f8; --mark: #0072b2; --warn: #a34700; }}
@media (prefers-color-scheme: dark) {{
  :root {{ --text: #e4e7eb; --soft: #a3adb8; --line: #3a424c; --back: #15181c; --panel: #1f242a; --mark: #56b4e9; --warn: #f0a35e; }}
}}
body {{ font: 1rem/1.5 system-ui, sans-serif; color: var(--text); background: var(--back); max-width: 64rem; margin: 2rem auto; padding: 0 1rem; }}
h1 {{ line-height: 1.2; }} h2 {{ margin-top: 2.5rem; }} h3 {{ margin-bottom: .3rem; }}
table {{ border-collapse: collapse; width: 100%; font-size: .94rem; }} .wide {{ overflow-x: auto; }}
caption {{ text-align: left; color: var(--soft); padding-bottom: .4rem; }}
th, td {{ text-align: left; vertical-align: top; padding: .3rem .35rem; border-bottom: 1px solid var(--line); }}
th.n, td.n {{ text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }}
thead th {{ vertical-align: bottom; }} thead th.n {{ white-space: normal; }}
a {{ color: var(--mark); }} figure {{ margin: 1rem 0; }} figure svg {{ max-width: 100%; height: auto; }} figcaption, .soft {{ color: var(--soft); }}
.warn {{ color: var(--warn); }} code, pre {{ font: .875rem/1.45 ui-monospace, monospace; }} h2 code, h3 code {{ font-size: 1em; }}
{extra}</style>
</head>
<body>
{body}
</body>
</html>
"""

_EXTRA = """dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(8rem, 1fr)); gap: .8rem; }
dl div { background: var(--panel); padding: .6rem .9rem; border-radius: .4rem; }
dt { color: var(--soft); font-size: .875rem; } dd { margin: 0; font-size: 1.35rem; }
th.fill { width: 100%; } td.bar { min-width: 7rem; } td.bar span { display: block; height: .8rem; margin-top: .35rem; background: var(--mark); }
"""

_NOTES = f"""<h2>How to read it</h2>
<ul>
<li><strong>Attempted</strong>: share of the graded submissions in which the exercise is no longer the stub.</li>
<li><strong>Share of points</strong> (difficulty): mean over all graded submissions, untouched stubs included; the next column is the mean over
those who attempted it.</li>
<li><strong>Discrimination</strong>: correlation of the points in the exercise with the total of all other exercises. Below {WEAK:.1f} the exercise
hardly tells strong from weak learners; below zero look for an ambiguous statement or a wrong test.</li>
<li><strong>Mistakes</strong>: a learner counts once for each. A test stops at its first failing check, so later mistakes stay unseen.</li>
<li>Points are those of the tests. Manual scores and tasks that a person grades are not in it.</li>
</ul>"""


def _summary(found: ClassReport) -> str:
    of = f" of {found.max_score:g}"
    facts = [("graded submissions", str(found.graded)), ("mean", f"{found.mean:.1f}{of}"), ("median", f"{found.median:g}{of}")]
    if found.low is not None and found.high is not None:
        facts.append(("middle half", f"{found.low:.1f} to {found.high:.1f}"))
    out = "".join(f"<li>{count} not counted: {escape(reason)}</li>" for reason, count in found.left_out.items())
    return "<dl>" + "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in facts) + "</dl>" + (f"<ul>{out}</ul>" if out else "")


def _item_table(found: ClassReport) -> str:
    rows = []
    for number, item in enumerate(found.items, 1):
        weak = item.discrimination is not None and item.discrimination < WEAK
        told = "–" if item.discrimination is None else f"{item.discrimination:.2f}" + (" (weak)" if weak else "")
        tried = "–" if item.difficulty_attempted is None else percent(item.difficulty_attempted)
        rows.append(
            f'<tr><td class="n">{number}</td><th scope="row"><code>{escape(item.exercise)}</code></th><td>{escape(item.level)}</td>'
            f'<td class="n">{item.points:g}</td>'
            f'<td class="n">{item.graded}</td><td class="n">{percent(item.attempted)}</td><td class="n">{percent(item.difficulty)}</td>'
            f'<td class="n">{tried}</td><td class="n{" warn" if weak else ""}">{told}</td></tr>'
        )
    names = ("no.", "exercise", "level", "points", "graded", "attempted", "share of points", "if attempted", "discrimination")
    head = "".join(f'<th scope="col"{"" if name in ("exercise", "level") else " class=n"}>{name}</th>' for name in names)
    return (
        f'<div class="wide"><table><caption>All exercises, in the order of the section</caption><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def _foremost(found: ClassReport) -> str:
    """The most frequent named mistakes over all exercises."""
    ranked = sorted(((one, item) for item in found.items for one in item.mistakes if one.named and one.count > 1), key=lambda pair: -pair[0].count)[:5]
    if not ranked:
        return ""
    lines = "".join(f"<li>{percent(one.count / item.graded)} in <code>{escape(item.exercise)}</code>: {escape(one.text)}</li>" for one, item in ranked)
    return f"<p>The most frequent mistakes:</p><ul>{lines}</ul>"


def _mistake_part(number: int, item: Item) -> str:
    head = f"<h3>{number}. {escape(_plain_title(item))}</h3>"
    if not item.mistakes:
        return f'{head}<p class="soft">{"Nobody attempted it." if item.attempted == 0 else "Nobody who attempted it failed a test."}</p>'
    rows = "".join(
        f'<tr><td class="n">{percent(one.count / item.graded)}</td>'
        f'<td class="bar" aria-hidden="true"><span style="width:{100 * one.count / item.graded:.0f}%"></span></td><td class="n">{one.count}</td>'
        f"<td>{escape(one.text)}{'' if one.named else ' <span class=soft>(message)</span>'}</td></tr>"
        for one in item.mistakes[:SHOWN]
    )
    more = len(item.mistakes) - SHOWN
    rest = f'<p class="soft">{more} more, each made by at most {item.mistakes[SHOWN].count}.</p>' if more > 0 else ""
    return (
        f'{head}<div class="wide"><table><caption>Of {item.graded} graded; {percent(item.attempted)} attempted it</caption>'
        '<thead><tr><th scope="col" colspan="2">of the class</th>'
        f'<th scope="col" class="n">learners</th><th scope="col" class="fill">mistake</th></tr></thead><tbody>{rows}</tbody></table></div>{rest}'
    )


def _flat_tests(found: ClassReport) -> str:
    rows = [(item, test, "nobody") for item in found.items for test in item.nobody]
    rows += [(item, test, "everybody") for item in found.items for test in item.everybody]
    if not rows:
        return "<p>None: each test is passed by some and failed by others of those who attempted its exercise.</p>"
    body = "".join(
        f'<tr><th scope="row"><code>{escape(test.grade_id)}</code></th><td>{escape(test.title)}</td><td class="n">{test.points:g}</td>'
        f'<td class="n">{test.reached}</td><td{" class=warn" if who == "nobody" else ""}>{who}</td></tr>'
        for _, test, who in rows
    )
    return (
        '<div class="wide"><table><caption>Passed by nobody or by everybody who attempted the exercise (two at least)</caption>'
        '<thead><tr><th scope="col">test</th>'
        '<th scope="col">checks</th><th scope="col" class="n">points</th><th scope="col" class="n">attempted by</th>'
        f'<th scope="col">passed by</th></tr></thead><tbody>{body}</tbody></table></div>'
    )


def _plain_title(item: Item) -> str:
    return item.title.replace("`", "")


_INK, _MARK = "#010203", "#020304"  # stand for the colours of the page in a picture
_DOT, _DIGIT, _FAR = 4.0, 6.0, 22.0  # points: the radius of a dot with its surroundings, the width of a digit, from where a label has a line
_SIDES = ((1, 0.4), (1, -0.4), (-1, 0.4), (-1, -0.4), (0, 1), (0, -1), (1, 1), (-1, -1))  # of a dot, on which its label may stand


def _histogram(found: ClassReport) -> str:
    shares = np.array(found.scores) / found.max_score
    counts, edges = np.histogram(np.clip(shares, 0, 1), bins=np.linspace(0, 1, 11))
    fig, ax = _axes(7, 2.9)
    ax.bar(edges[:-1] + 0.05, counts, width=0.092, color=_MARK)
    for x, count in zip(edges[:-1] + 0.05, counts, strict=True):
        if count:
            ax.annotate(str(count), (x, count), xytext=(0, 2), textcoords="offset points", ha="center", fontsize=9, color=_INK)
    median = found.median / found.max_score
    ax.axvline(median, color=_INK, linewidth=1.2, linestyle="--")
    right = median > 0.8
    ax.annotate(
        "median",
        (median, 1.0),
        xycoords=("data", "axes fraction"),
        xytext=(-4 if right else 4, 4),
        textcoords="offset points",
        ha="right" if right else "left",
        color=_INK,
    )
    ax.set_xlim(0, 1)
    ax.set_xticks(np.linspace(0, 1, 11), [f"{tick:.0%}".replace("%", " %") for tick in np.linspace(0, 1, 11)])
    ax.yaxis.get_major_locator().set_params(integer=True)
    ax.margins(y=0.15)
    ax.set(xlabel=f"share of the {found.max_score:g} points", ylabel="submissions")
    said = ", ".join(f"{count} from {100 * edge:.0f} to {100 * edge + 10:.0f} %" for edge, count in zip(edges[:-1], counts, strict=True) if count)
    return _figure(fig, "scores", f"Histogram of scores, as shares of the points: {said}.", "Scores of the class. Each bar is ten per cent of the points wide.")


def _scatter(found: ClassReport) -> str:
    known = [(number, item) for number, item in enumerate(found.items, 1) if item.discrimination is not None]
    fig, ax = _axes(7, 3.8)
    ax.axhspan(-1.05, WEAK, color=_MARK, alpha=0.1, linewidth=0)
    ax.plot([item.difficulty for _, item in known], [item.discrimination for _, item in known], "o", color=_MARK, markersize=6)
    lowest = min(0.0, *(item.discrimination for _, item in known))
    ax.set(xlim=(-0.03, 1.06), ylim=(lowest - 0.08, 1.08), xlabel="share of points reached (left: hard, right: easy)", ylabel="discrimination")
    ax.set_xticks(np.linspace(0, 1, 6), [f"{tick:.0%}".replace("%", " %") for tick in np.linspace(0, 1, 6)])
    _label(ax, [(number, item.difficulty, item.discrimination) for number, item in known])
    said = "; ".join(f"{number} {item.exercise}: {percent(item.difficulty)}, {item.discrimination:.2f}" for number, item in known)
    return _figure(
        fig,
        "items",
        f"Difficulty against discrimination of each exercise. {said}.",
        "Difficulty against discrimination; the numbers are those of the table. Exercises in the shaded band hardly tell strong from weak learners.",
    )


def _label(ax: Any, places: list[tuple[int, float, float]]) -> None:
    """The number of each point beside it, farther away with a line to it; points that lie on one another share a label."""
    ax.figure.draw_without_rendering()  # the layout is settled
    scale = 72 / ax.figure.dpi
    dots = [tuple(ax.transData.transform((x, y)) * scale) for _, x, y in places]
    groups: dict[tuple[float, float], list[int]] = {}
    for (number, _, _), dot in zip(places, dots, strict=True):
        groups.setdefault(next((other for other in groups if math.dist(dot, other) < _DOT), dot), []).append(number)
    texts = [", ".join(map(str, numbers)) for numbers in groups.values()]
    (left, low), (right, high) = ax.bbox.get_points() * scale
    for text, dot, spot in zip(texts, groups, _beside(list(groups), texts, dots, (left, low, right, high)), strict=True):
        line = {"arrowstyle": "-", "color": _INK, "linewidth": 0.6, "shrinkA": 0, "shrinkB": _DOT} if math.dist(spot, dot) > _FAR else None
        ax.annotate(text, dot, spot, "figure points", "figure points", ha="center", va="center", fontsize=9, color=_INK, arrowprops=line)


def _beside(
    anchors: list[tuple[float, float]], texts: list[str], dots: list[tuple[float, float]], frame: tuple[float, float, float, float]
) -> list[tuple[float, float]]:
    """The middles of labels near their anchors, inside a frame (left, low, right, high) and over no dot and no other label, as far as there is room."""
    taken = [(x, y, _DOT, _DOT) for x, y in dots]
    spots = []
    for (x, y), text in zip(anchors, texts, strict=True):
        wide, tall = 0.5 * _DIGIT * len(text), 4.5
        for away, (right, up) in product((_DOT + 1, 3 * _DOT, 5 * _DOT, 7 * _DOT), _SIDES):
            spot = x + right * (away + wide), y + up * (away + tall)
            inside = frame[0] <= spot[0] - wide and spot[0] + wide <= frame[2] and frame[1] <= spot[1] - tall and spot[1] + tall <= frame[3]
            if inside and not any(abs(spot[0] - other[0]) < wide + other[2] and abs(spot[1] - other[1]) < tall + other[3] for other in taken):
                break
        taken.append((*spot, wide, tall))
        spots.append(spot)
    return spots


def _axes(width: float, height: float) -> tuple[Figure, Any]:
    use_style()
    with mpl.rc_context({"text.color": _INK, "axes.edgecolor": _INK, "axes.labelcolor": _INK, "xtick.color": _INK, "ytick.color": _INK}):
        fig = Figure(figsize=(width, height))
        return fig, fig.subplots()


def _figure(fig: Figure, key: str, said: str, caption: str) -> str:
    """A picture inside the page: its text stays text, its colours are the page's, its ids are its own."""
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": key, "font.family": "sans-serif"}), io.StringIO() as file:
        fig.savefig(file, format="svg", transparent=True, metadata={"Date": None, "Creator": None, "Type": None, "Format": None})
        svg = file.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r' id="', f' id="{key}-', svg)
    svg = re.sub(r'(href="#|url\(#)', rf"\g<1>{key}-", svg)
    svg = svg.replace(_INK, "currentColor").replace(_MARK, "var(--mark)")
    svg = re.sub(r"font: ([\d.]+)px [^;\"]*", r"font: \1px system-ui, sans-serif", svg)
    svg = svg.replace("<svg", f'<svg role="img" aria-label="{escape(said)}"', 1)
    return f"<figure>{svg}<figcaption>{escape(caption)}</figcaption></figure>"
