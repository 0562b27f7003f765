"""`course report --similar`: pairs of submissions whose answers are alike, side by side, for a person to judge. No score, no verdict.

An answer is compared as a stream of Python tokens: comments, docstrings, annotations, imports, layout and quotes are gone, and every name
that the answer itself introduces is the same token, so that renaming changes nothing. Two streams are alike by the longest common
subsequence (rapidfuzz's `Indel`; rapidfuzz is maintained, compiled, and part of every nbgrader). Queries in SQL are split into words as well.
Of tools made for plagiarism, copydetect compares whole files by fingerprints; MOSS runs elsewhere and Dolos outside Python.

What says nothing is left out: untouched stubs and what is near one; runs of tokens that many in the class have (as MOSS does; Schleimer,
Wilkerson and Aiken, Winnowing, 2003); short answers, which independent people write alike; exercises in which a large part of all pairs is
alike. The bounds are set by the course's own answer bank: of its pairs of right answers, about 200 that were written to differ, the nearest of
SHORT tokens has a similarity of 0.77, while a renamed copy has 1. Moving statements about is not seen through.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import difflib
import io
import keyword
import re
import tokenize
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import combinations
from pathlib import Path

import numpy as np
from nbformat import NotebookNode
from rapidfuzz import process
from rapidfuzz.distance import Indel

from course.checks.model import Section, SubmissionResult, role_of
from course.grading.collect import held_students
from course.grading.items import HTML, read_graded
from course.paths import CourseError, notebook
from course.words import amount

ALIKE = 0.8  # similarity from which two answers to an exercise count as alike
SHORT = 40  # tokens: answers that are shorter than this, what all share taken out, are not compared
NEAR_STUB = 0.8  # similarity to the stub from which an answer counts as untouched
COMMON = 0.25  # share of those who attempted an exercise: a run of tokens that more of them have is common
RUN = 8  # tokens in such a run
GROUP = 4  # learners: what no more than these have in common is never called common
USUAL = 0.25  # share of the other pairs: an exercise in which more of them are alike says nothing
LONGEST = 20_000  # characters: a longer answer is compared and shown up to there
SHOWN = 50  # pairs on the page

_NAME = "name"
_PYTHON = frozenset([*keyword.kwlist, *dir(builtins)])
_PROSE = 20  # characters: a longer string is split into its words, which is how a query is compared


@dataclass(frozen=True)
class Alike:
    """One exercise that two learners answered alike: `tokens` in common, without what the class shares, and both texts."""

    exercise: str
    tokens: int
    left: str
    right: str


@dataclass(frozen=True)
class Pair:
    """Two learners and the exercises that they answered alike, the longest first."""

    left: str
    right: str
    alike: tuple[Alike, ...]

    @property
    def tokens(self) -> int:
        """Tokens in common over all exercises: what the list is ordered by."""
        return sum(one.tokens for one in self.alike)


def pairs(root: Path, section: str) -> tuple[list[Pair], int]:
    """Pairs of learners with answers alike, most in common first, and how many submissions were compared: those that count in `course report`.

    Reads autograded/, and the names that the gradebook has: a learner is "Ada Lovelace (ada)", or "ada" without them. A CourseError says when
    there is no such section, or fewer than two graded submissions.
    """
    source = Section.read(notebook(root, section))
    release = root / "release" / section / f"{section}.ipynb"
    stubs = {key: exercise.solution for key, exercise in Section.read(release).exercises.items()} if release.is_file() else {}
    found, _ = read_graded(root, section, _answers)
    names = _names(root) if found else {}
    answers = {names.get(student, student): own for student, own in found.items()}
    if len(answers) < 2:
        there = "one graded submission" if answers else "no graded submission"
        raise CourseError(f"autograded/ holds {there} of {section}, two are needed to compare: run `course grade {section}` first")
    return compare(list(source.exercises), answers, stubs), len(answers)


def _answers(graded: NotebookNode, _: SubmissionResult) -> dict[str, str]:
    return {role_of(cell)["exercise"]: cell.source for cell in graded.cells if role_of(cell).get("role") == "solution"}


def _names(root: Path) -> dict[str, str]:
    """How learners are shown whose name the gradebook has; nobody, when it cannot be read just now."""
    with contextlib.suppress(CourseError):
        return {one.id: f"{name} ({one.id})" for one in held_students(root) if (name := f"{one.first} {one.last}".strip())}
    return {}


def compare(exercises: Iterable[str], answers: dict[str, dict[str, str]], stubs: dict[str, str]) -> list[Pair]:
    """Pairs with answers alike, most in common first; `answers` are texts by learner and exercise, `stubs` by exercise."""
    found: dict[tuple[str, str], list[Alike]] = {}
    for exercise in exercises:
        texts = {student: own[exercise][:LONGEST] for student, own in answers.items() if own.get(exercise, "").strip()}
        for (left, right), count in _alike(exercise, texts, stubs.get(exercise, "")).items():
            found.setdefault((left, right), []).append(Alike(exercise, count, texts[left], texts[right]))
    made = [Pair(left, right, tuple(sorted(alike, key=lambda one: -one.tokens))) for (left, right), alike in found.items()]
    return sorted(made, key=lambda pair: (-pair.tokens, pair.left, pair.right))


def tokens(code: str, exercise: str = "") -> list[str]:
    """The normalised token stream of an answer; of the function `exercise` itself only the body.

    Code that does not parse is tokenised as far as it goes, all names that are no builtins made the same.
    """
    code = re.sub(r"^(\s*)[%!].*$", r"\1pass", code, flags=re.MULTILINE)
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return _tokenised(code, None)
    try:
        own = _introduced(tree)
        body: list[ast.stmt] = []
        for node in _Plain().visit(tree).body:
            body += node.body if isinstance(node, ast.FunctionDef) and node.name == exercise else [node]
        return _tokenised("\n".join(ast.unparse(node) for node in body), own)
    except (RecursionError, MemoryError, ValueError):
        return _tokenised(code, None)


class _Plain(ast.NodeTransformer):
    """Takes out what has no part in how an answer works: imports, annotations, docstrings and other bare constants."""

    def visit_Import(self, node: ast.AST) -> None:
        return None

    visit_ImportFrom = visit_Import

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        self.generic_visit(node)
        return ast.copy_location(ast.Assign(targets=[node.target], value=node.value, lineno=node.lineno), node) if node.value else None

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.generic_visit(node)
        node.returns = None
        node.body = node.body or [ast.Pass()]
        return node

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        self.generic_visit(node)
        return None if isinstance(node.value, ast.Constant) else node

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        """The words of an error are nobody's idea: only its type stays."""
        self.generic_visit(node)
        if isinstance(node.exc, ast.Call):
            node.exc = node.exc.func
        return node


def _introduced(tree: ast.Module) -> set[str]:
    """The names that an answer makes: parameters, variables and functions. The short names of imports stay what they are."""
    found: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name) | ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                found.add(name)
            case ast.ExceptHandler(name=str() as name):
                found.add(name)
    return found


def _tokenised(code: str, own: set[str] | None) -> list[str]:
    """Tokens of a text; `own` names become one, in a text that does not parse (None) all that are no words of Python."""
    found: list[str] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(code).readline):
            if token.type == tokenize.NAME:
                attribute = found and found[-1] == "."
                mine = token.string not in _PYTHON if own is None else token.string in own
                found.append(_NAME if mine and not attribute else token.string)
            elif token.type == tokenize.STRING or tokenize.tok_name[token.type] == "FSTRING_MIDDLE":  # the latter from Python 3.12 on
                found += _words(token.string)
            elif token.type in (tokenize.NUMBER, tokenize.OP):
                found.append(token.string)
            elif token.type == tokenize.INDENT:
                found.append("indent")
    except (tokenize.TokenError, SyntaxError):
        pass  # up to here
    return [token for token in found if token not in (",", "(", ")", ":")] if own is not None else found


def _words(text: str) -> list[str]:
    """A string as tokens: a short one as it is, a long one (a query, mostly) in words, without its comments and with its own names made the same."""
    if len(text) < _PROSE:
        return [text.replace('"', "'")]
    text = re.sub(r"--[^\n]*|/\*.*?\*/", " ", text.lower().replace("\\n", "\n"), flags=re.DOTALL)
    own = {*re.findall(r"\bas\s+([a-z_]\w*)", text), *re.findall(r"\b([a-z_]\w*)\s+as\s*\(", text)}
    return [_NAME if word in own or re.fullmatch(r"[a-z]\d?", word) else word for word in re.findall(r"\w+|[^\w\s,()'\"]", text)]


def _alike(exercise: str, texts: dict[str, str], stub: str) -> dict[tuple[str, str], int]:
    """The pairs of learners whose answers to one exercise are alike, with the tokens in common."""
    bare = tokens(stub, exercise)
    streams = {student: tokens(text, exercise) for student, text in texts.items() if text.strip() != stub.strip()}
    streams = {student: stream for student, stream in streams.items() if Indel.normalized_similarity(stream, bare) < NEAR_STUB}
    kept = {student: stream for student, stream in _without_common(streams).items() if len(stream) >= SHORT}
    students = sorted(kept)
    if len(students) < 2:
        return {}
    lines = _encoded([kept[student] for student in students])
    matrix = process.cdist(lines, lines, scorer=Indel.normalized_similarity, score_cutoff=ALIKE, dtype=np.float32)
    found = {}
    for i, j in combinations(range(len(students)), 2):
        if matrix[i, j] >= ALIKE:
            found[students[i], students[j]] = round(float(matrix[i, j]) * (len(lines[i]) + len(lines[j])) / 2)
    others = len(students) * (len(students) - 1) // 2 - 1
    if len(found) > GROUP * (GROUP - 1) // 2 and (len(found) - 1) / others > USUAL:
        return {}
    return found


def _without_common(streams: dict[str, list[str]]) -> dict[str, list[str]]:
    """The streams without runs of RUN tokens that more than GROUP learners and more than a share of COMMON of them have."""
    having = Counter(run for stream in streams.values() for run in set(_runs(stream)))
    common = {run for run, count in having.items() if count > max(GROUP, COMMON * len(streams))}
    kept = {}
    for student, stream in streams.items():
        drop = {place + offset for place, run in enumerate(_runs(stream)) if run in common for offset in range(RUN)}
        kept[student] = [token for place, token in enumerate(stream) if place not in drop]
    return kept


def _runs(stream: Sequence[str]) -> list[tuple[str, ...]]:
    return [tuple(stream[place : place + RUN]) for place in range(len(stream) - RUN + 1)]


def _encoded(streams: list[list[str]]) -> list[str]:
    """The streams as texts, one character for each token, which rapidfuzz compares fastest."""
    codes: dict[str, str] = {}
    return ["".join(codes.setdefault(token, chr(0x10000 + len(codes))) for token in stream) for stream in streams]


# The page ------------------------------------------------------------------------------------------------------------------------------


def page(found: list[Pair], compared: int, section: str) -> str:
    """The pairs as HTML, both answers side by side, lines that are the same but for names and layout marked."""
    parts = [
        f"<h1>{escape(section)}: answers that are alike</h1>",
        '<p class="note"><strong>Similarity is no proof.</strong> People who learn from the same lesson write alike, work together where that is allowed, '
        "and look things up in the same places. Read both answers and talk to the learners before you conclude anything. "
        "This page names learners: keep it as you keep grades.</p>",
        f"<p>{compared} submissions compared; {amount(len(found), 'pair')} with an answer alike. "
        f"Untouched stubs, answers under {SHORT} tokens, and what many in the class share are left out. The order is by tokens in common. "
        "A bar at the left of a line marks lines that are the same but for names and comments.</p>",
    ]
    if found:
        rows = "".join(
            f'<tr><th scope="row"><a href="#pair-{number}">{escape(pair.left)} and {escape(pair.right)}</a></th>'
            f'<td>{", ".join(f"<code>{escape(one.exercise)}</code>" for one in pair.alike)}</td><td class="n">{pair.tokens}</td></tr>'
            for number, pair in enumerate(found[:SHOWN], 1)
        )
        parts.append(
            '<div class="wide"><table><caption>Pairs, most in common first</caption>'
            '<thead><tr><th scope="col">learners</th><th scope="col">exercises alike</th>'
            f'<th scope="col" class="n">tokens in common</th></tr></thead><tbody>{rows}</tbody></table></div>'
        )
    if len(found) > SHOWN:
        parts.append(f"<p>The first {SHOWN} of {len(found)} pairs are shown.</p>")
    for number, pair in enumerate(found[:SHOWN], 1):
        parts.append(f'<h2 id="pair-{number}">{escape(pair.left)} and {escape(pair.right)}</h2>')
        parts += [_side_by_side(pair, one) for one in pair.alike]
    return HTML.format(title=escape(f"{section}: answers alike"), body="\n".join(parts), extra=_EXTRA)


_EXTRA = """body { max-width: 84rem; }
.note { background: var(--panel); border-left: .3rem solid var(--warn); padding: .7rem 1rem; max-width: 60rem; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 28rem), 1fr)); gap: 1rem; }
.pair section { min-width: 0; } .pair h4 { margin: .2rem 0; font-weight: 600; }
pre { background: var(--panel); padding: .7rem 0; overflow-x: auto; margin: 0; }
pre span { display: block; padding: 0 .8rem; border-left: .25rem solid transparent; min-height: 1.45em; }
pre span { white-space: pre-wrap; overflow-wrap: anywhere; }
pre span.same { border-left-color: var(--mark); }
"""


def _side_by_side(pair: Pair, one: Alike) -> str:
    left, right = one.left.strip("\n").splitlines(), one.right.strip("\n").splitlines()
    keys = [[_line_key(line) for line in lines] for lines in (left, right)]
    same: tuple[set[int], set[int]] = (set(), set())
    for block in difflib.SequenceMatcher(None, *keys, autojunk=False).get_matching_blocks():
        for offset in range(block.size):
            if keys[0][block.a + offset]:
                same[0].add(block.a + offset)
                same[1].add(block.b + offset)
    columns = "".join(
        f"<section><h4>{escape(student)}</h4><pre tabindex='0' aria-label='answer of {escape(student, quote=True)}'>{_marked(lines, marks)}</pre></section>"
        for student, lines, marks in ((pair.left, left, same[0]), (pair.right, right, same[1]))
    )
    return f'<h3><code>{escape(one.exercise)}</code>: {one.tokens} tokens in common</h3><div class="pair">{columns}</div>'


def _marked(lines: list[str], marks: set[int]) -> str:
    return "".join(f'<span class="same">{escape(line)}</span>' if place in marks else f"<span>{escape(line)}</span>" for place, line in enumerate(lines))


def _line_key(line: str) -> str:
    """A line without its names and comments; empty where nothing is left to compare."""
    found = _tokenised(line.strip(), None)
    return " ".join(found) if len(found) > 1 else ""
