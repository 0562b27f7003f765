"""One question of an interview, and its text in the markers of a section."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from textwrap import dedent, indent
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from course import checks, sql
from course.checks.compare import plain
from course.checks.model import Exercise, Test
from course.interview.examine import examine, examine_query

SETUP = """import numpy as np
import pandas as pd
from scipy import stats

from course import checks, sql
from course.interview.examine import examine, examine_query"""
NAMES: dict[str, Any] = {
    "__name__": "__main__",
    "np": np,
    "pd": pd,
    "stats": stats,
    "checks": checks,
    "sql": sql,
    "examine": examine,
    "examine_query": examine_query,
}
"""What SETUP defines."""

EXAMPLE = "Example: `{call}` gives `{value}`."


@dataclass(frozen=True)
class Question:
    """A question with its numbers filled in. Bodies are Python without indentation that end in `return`.

    id: name of the function that is asked for and of the template. topic: the section. minutes: time for it. title: a few words.
    statement: Markdown, at most eight lines. signature: `name(argument: type) -> type`. doc: shapes, units, errors.
    body: the reference. right: another right answer. wrong: named mistake -> body; the name is the message. slips: part of a message -> body, for
    wrong answers that have no value to know them by. case: the arguments that the statement tells, as text. example: arguments of the worked example.
    fresh: arguments of further checks. refused: arguments that must raise ValueError -> in words what they are. check: see `examine`;
    "query" for a query, where `case` and `fresh` are expressions of databases. heading: where in the section it is taught; empty for the section as a whole.
    """

    id: str
    topic: str
    minutes: int
    title: str
    statement: str
    signature: str
    doc: str
    body: str
    right: str
    wrong: Mapping[str, str]
    case: str
    fresh: Sequence[str]
    explain: str
    heading: str = ""
    example: str = ""
    check: str = "close"
    ordered: bool = False
    slips: Mapping[str, str] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)
    rtol: float = 1e-6

    def function(self, body: str, name: str = "", doc: bool = False) -> str:
        """A whole function of this signature: under the question's own name, or under another without its type hints' docstring."""
        head = f"def {name}{self.signature.removeprefix(self.id)}:" if name else f"def {self.signature}:"
        return "\n".join([head, *([f'    """{self.doc}"""'] if doc else []), indent(dedent(body).strip("\n"), "    ")])

    @property
    def stub(self) -> str:
        """What the candidate gets."""
        return self.function("raise NotImplementedError()", doc=True)

    @cached_property
    def told(self) -> str:
        """The statement with its worked example, which the reference has computed."""
        text = dedent(self.statement).strip()
        if self.example:
            text += f"\n\n{EXAMPLE.format(call=f'{self.id}({self.example})', value=self._value(self.example))}"
        return text

    def _value(self, arguments: str) -> str:
        names = dict(NAMES)
        exec(self.function(self.body), names)
        return _literal(plain(eval(f"{self.id}({arguments})", names)))

    @cached_property
    def tests(self) -> tuple[tuple[str, float, str], ...]:
        """(name, points, text) of each test cell; all checks are hidden."""
        found = [("case", 2.0, "The case of the question.", self._examined([self.case], "the case of the question"))]
        if self.fresh:
            found.append(("fresh", 2.0, "Other numbers, and the edges.", self._examined(self.fresh, "other numbers")))
        if self.refused:
            lines = [f"checks.raises(ValueError, {self.id}, {arguments}, what={what!r})" for arguments, what in self.refused.items()]
            found.append(("refused", 1.0, "Unusable input is refused.", "\n".join(lines)))
        return tuple((name, points, f'"""{title}"""\n### BEGIN HIDDEN TESTS\n{code}\n### END HIDDEN TESTS') for name, points, title, code in found)

    def _examined(self, inputs: Sequence[str], what: str) -> str:
        mistakes = {name: f"mistake_{number}" for number, name in enumerate(self.wrong, 1)}
        functions = [self.function(self.body, "expected"), *(self.function(self.wrong[name], own) for name, own in mistakes.items())]
        named = "{" + ", ".join(f"{name!r}: {own}" for name, own in mistakes.items()) + "}"
        if self.check == "query":
            call = f"examine_query({self.id}, expected, [{', '.join(inputs)}], {what!r}, ordered={self.ordered}, mistakes={named})"
        else:
            tuples = "[" + ", ".join(f"({text},)" if text else "()" for text in inputs) + "]"
            call = f"examine({self.id}, expected, {tuples}, {what!r}, check={self.check!r}, mistakes={named}, rtol={self.rtol})"
        return "\n\n".join([*functions, call])

    def exercise(self) -> Exercise:
        """The question as the checks see it."""
        tests = tuple(Test(f"{self.id}-{name}", self.id, name, points, text) for name, points, text in self.tests)
        return Exercise(self.id, "core", self.title, self.told, self.function(self.body, doc=True), (), self.explain, tests)

    def text(self, number: int) -> str:
        """The cells of the question, as the source of a section has them."""
        solution = self.function(f"### BEGIN SOLUTION\n{dedent(self.body).strip()}\n### END SOLUTION", doc=True)
        points = sum(points for _, points, _ in self.tests)
        told = f"### Question {number}: {self.title}\n\n*about {self.minutes} minutes · {points:g} points*\n\n{self.told}"
        cells = [
            f'# %% [markdown] statement="{self.id}" level="core"\n{_comment(told)}',
            f'# %% solution="{self.id}"\n{solution}',
            f'# %% [markdown] hint="{self.id}"\n# There are no hints in an interview.',
            *(f'# %% test="{self.id}" name="{name}" points={points:g}\n{text}' for name, points, text in self.tests),
            f'# %% [markdown] explain="{self.id}"\n{_comment(dedent(self.explain).strip())}',
        ]
        return "\n\n".join(cells)


def _comment(text: str) -> str:
    return re.sub(r"^# $", "#", indent(text, "# ", lambda line: True), flags=re.MULTILINE)


def _literal(value: Any) -> str:
    """A plain value as Python writes it, floats with six significant digits."""
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_literal, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key!r}: {_literal(item)}" for key, item in value.items()) + "}"
    return repr(value)
