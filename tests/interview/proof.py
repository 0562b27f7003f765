"""The proof of a template: what `course verify` proves of an exercise, over many seeds, in this process."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator

import numpy as np

from course.checks.model import Outcome
from course.checks.run import define, run_tests
from course.interview.question import NAMES, Question
from course.interview.templates import TEMPLATES
from course.sql import Database, Table

SEEDS = 100


compile_once = functools.lru_cache(64)(compile)
"""The answers to one question meet the same test cells: for `course.checks.run.compile`."""


def made(template: str, seeds: int = SEEDS) -> Iterator[Question]:
    for seed in range(seeds):
        yield TEMPLATES[template].question(np.random.default_rng(seed))


def graded(question: Question, body: str) -> tuple[float, list[str], set[Outcome]]:
    """(share of the points, messages, outcomes) of an answer with this body."""
    results = run_tests(question.exercise(), define(question.function(body, doc=True), question.id, NAMES), NAMES)
    points = sum(result.points for result in results) / sum(result.max_points for result in results)
    return points, [result.message for result in results if result.outcome is not Outcome.PASSED], {result.outcome for result in results}


@functools.lru_cache(4096)
def lean(database: Database, query: str, **_: object) -> Table:
    """The result of a query without the guard around it, which starts a thread for each."""
    with database.connection.cursor() as session:
        session.execute(query)
        return Table(tuple(column[0] for column in session.description), tuple(str(column[1]) for column in session.description), session.fetchall())


def numbers(text: str) -> set[float]:
    """The numbers of a text, thousands commas removed; a percentage also as a share."""
    plain = re.sub(r"(?<=\d),(?=\d{3}\b)", "", text)
    found = {float(token) for token in re.findall(r"(?<![\w.])\d+(?:\.\d+)?", plain)}
    return found | {round(float(token) / 100, 12) for token in re.findall(r"(\d+(?:\.\d+)?) %", plain)}


def asked(question: Question) -> set[float]:
    """The numbers among the arguments of the question's own case."""
    tree = ast.parse(f"f({question.case})")
    values = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return {abs(float(value)) for value in values if isinstance(value, (int, float)) and not isinstance(value, bool)}
