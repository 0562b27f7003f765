"""The check of a learner's query: by its result, on a database."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from course.checks.compare import AuthoringError, CheckFailed
from course.sql.compare import aligned, columns_problem, difference, first_disorder
from course.sql.database import Database
from course.sql.guard import SECONDS, Refused, run
from course.sql.schema import TABLES
from course.sql.shrink import shrink
from course.sql.table import Table, cell

SHOWN, MOST_INPUT = 3, 9
_WALL_CLOCK = re.compile(r"\b(current_date|current_timestamp|localtimestamp|now\s*\(|today\s*\(|get_current_timestamp)", re.IGNORECASE)
_SOURCES = re.compile(r"\b(?:from|join)\b(?:(?!\b(?:select|where|on|using|group|order|having|window|qualify|limit|union|values)\b).)*", re.DOTALL)

Answer = str | Sequence[Mapping[str, Any]]
"""What is expected: a query, or rows as dicts (see `database.rows`)."""


def result(
    sql: Any,
    expected: Answer,
    database: Database,
    what: str,
    *,
    ordered: bool = False,
    mistakes: Mapping[str, Answer] | None = None,
    seconds: float = SECONDS,
) -> None:
    """Check that `sql` gives on `database` what `expected` gives: columns by name, rows in any order unless `ordered`, numbers within 1e-6.

    `mistakes` maps the name of a known mistake to a wrong query (or its rows); the wall clock is one without being listed.
    On a difference the message tells the mistake that gives the learner's very result, the rows that are missing and too many, and, where `expected`
    is a query, the smallest input that shows the difference.
    """
    right = _table(expected, database, what)
    try:
        actual = run(database, sql, seconds=seconds)
    except Refused as refused:
        raise CheckFailed(what, f"{refused}" + "." * (not str(refused).endswith("?"))) from None
    problem = columns_problem(actual, right)
    if problem is not None:
        raise CheckFailed(what, problem)
    rows = aligned(actual, right)
    missing, extra = difference(rows, right.rows)
    place = first_disorder(rows, right.rows) if ordered and not missing and not extra else None
    if not missing and not extra and place is None:
        return
    wall_clock = _WALL_CLOCK.search(sql)
    mistake = f"{wall_clock[0].rstrip(' (')} is the wall clock; today is (SELECT as_of FROM clock)" if wall_clock else None
    mistake = mistake or _named(mistakes, actual, database, what, ordered)
    if place is not None:
        raise CheckFailed(
            what, f"The rows are right, their order is not: row {place + 1} is {_row(right, rows[place])}, not {_row(right, right.rows[place])}.", mistake
        )
    parts = [_some("missing", right, missing), _some("too many", right, extra)]
    if isinstance(expected, str):
        parts.append(_smallest(sql, expected, database))
    raise CheckFailed(what, "\n".join(part for part in parts if part), mistake)


def _table(answer: Answer, database: Database, what: str) -> Table:
    """The result of a query of the author's, or its rows."""
    if not isinstance(answer, str):
        columns = tuple(answer[0]) if answer else ()
        if not columns:
            raise AuthoringError(f"{what}: no rows are expected; give a query in place of rows, so that its columns are known")
        return Table(columns, (), [tuple(row[name] for name in columns) for row in answer])
    try:
        return run(database, answer, seconds=60, most_rows=5_000_000)
    except Refused as refused:
        raise AuthoringError(f"{what}: {refused} in {answer!r}") from None


def _named(mistakes: Mapping[str, Answer] | None, actual: Table, database: Database, what: str, ordered: bool) -> str | None:
    """The first known mistake that gives the learner's result."""
    for name, answer in (mistakes or {}).items():
        wrong = _table(answer, database, what)
        if wrong.rows and columns_problem(actual, wrong) is None:  # many mistakes give no rows at all: that tells nothing
            rows = aligned(actual, wrong)
            if difference(rows, wrong.rows) == ([], []) and (not ordered or first_disorder(rows, wrong.rows) is None):
                return name
    return None


def _some(kind: str, table: Table, rows: Sequence[tuple[Any, ...]]) -> str:
    if not rows:
        return ""
    few = sorted(rows, key=lambda row: [(value is None, cell(value)) for value in row])[:SHOWN]
    count = f"{len(rows)} row{'s are' if len(rows) > 1 else ' is'} {kind}"
    more = "" if len(rows) <= SHOWN else f" and {len(rows) - SHOWN} more"
    return f"{count}: {'; '.join(_row(table, row) for row in few)}{more}."


def _row(table: Table, row: tuple[Any, ...]) -> str:
    return "(" + ", ".join(f"{name} {cell(value)}" for name, value in zip(table.columns, row, strict=True)) + ")"


def _smallest(sql: str, expected: str, database: Database) -> str:
    """A sentence with the smallest input on which the two queries differ, and what they give on it; empty where none was found."""

    def both(part: Database) -> tuple[Table, Table, list[tuple[Any, ...]], list[tuple[Any, ...]]]:
        right, mine = run(part, expected, seconds=1), run(part, sql, seconds=1)
        return right, mine, *difference(aligned(mine, right), right.rows)

    def wrong(part: Database) -> bool:
        try:
            _, _, missing, extra = both(part)
        except Refused:
            return False
        return bool(missing or extra)

    tables = _tables(sql) | _tables(expected)
    small = shrink(database, tables, wrong)
    if small is None or sum(size for table, size in small.sizes().items() if table in tables) > MOST_INPUT:
        return ""
    words = set(re.findall(r"\w+", f"{sql} {expected}".lower()))
    right, mine, missing, extra = both(small)
    yours, wanted = _given(right, aligned(mine, right), extra), _given(right, right.rows, missing)
    return f"The smallest input that shows it: {_input(small, tables, words)}. On it your query gives {yours}; expected: {wanted}."


def _tables(sql: str) -> set[str]:
    """The tables of the company that a query reads: named after FROM or JOIN, or after a comma in such a list."""
    lists = (found[0] for found in _SOURCES.finditer(re.sub(r"--.*|/\*(?s:.)*?\*/|'(?:[^']|'')*'", " ", sql.lower())))
    return {word for names in lists for word in re.findall(r"\w+", names)} & TABLES.keys()


def _given(names: Table, rows: Sequence[tuple[Any, ...]], different: Sequence[tuple[Any, ...]]) -> str:
    return "; ".join(_row(names, row) for row in (different or rows)[:SHOWN]) or "no rows"


def _input(database: Database, read: set[str], words: set[str]) -> str:
    """The rows of the tables that the queries read in a small database, with the columns that they name."""
    tables = []
    for table in read:
        columns = list(TABLES[table])
        rows = database.rows(table)
        places = [place for place, column in enumerate(columns) if column in words]
        shown = "; ".join("(" + ", ".join(cell(row[place]) for place in places) + ")" for row in rows)
        tables.append(f"{table} ({', '.join(columns[place] for place in places)}): {shown}" if rows else f"{table}: no rows")
    return " | ".join(sorted(tables))
