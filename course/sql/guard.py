"""Running a query that somebody else wrote: one statement that only reads, on tables only, within limits of time, rows and memory."""

from __future__ import annotations

import contextlib
import re
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb

from course.sql.database import Database
from course.sql.table import Table

SECONDS = 5.0
MOST_ROWS = 200_000
MEMORY = 1536 * 2**20


class Refused(Exception):
    """A query that is not run, was stopped or has an error; the text says why, to the one who wrote it."""


def run(database: Database, sql: Any, *, seconds: float = SECONDS, most_rows: int = MOST_ROWS, explain: bool = False) -> Table:
    """The result of a SELECT on `database`. `explain` lets EXPLAIN through, too. Everything that goes wrong is a Refused with a readable text."""
    text = _one_select(database.connection, sql, explain)
    with database.connection.cursor() as session, _errors(text, seconds):
        session.execute("BEGIN TRANSACTION READ ONLY")
        with _alarm(session, seconds), _memory_cap():
            session.execute(text)
            columns = [(column[0], str(column[1])) for column in session.description]
            found = session.fetchmany(most_rows + 1)
    if len(found) > most_rows:
        raise Refused(f"your query returns more than {most_rows:,} rows; is a join condition or a GROUP BY missing?")
    return Table(tuple(name for name, _ in columns), tuple(kind for _, kind in columns), found)


def query(database: Database, sql: str, *, seconds: float = 30) -> Table:
    """The result of a query, which a notebook shows as a table; EXPLAIN and EXPLAIN ANALYZE show the plan. `.frame()` makes a data frame of it."""
    return run(database, sql, seconds=seconds, most_rows=1_000_000, explain=True)


def _one_select(connection: duckdb.DuckDBPyConnection, sql: Any, explain: bool) -> str:
    """The text of the only statement, which is a query."""
    if not isinstance(sql, str):
        raise Refused(f"expected the text of a query, you returned {'nothing' if sql is None else f'a value of type {type(sql).__name__}'}")
    with _errors(sql, 0):
        statements = connection.extract_statements(sql)
    if not statements:
        raise Refused("the query is empty")
    if len(statements) > 1:
        raise Refused(f"expected one statement, you returned {len(statements)}; put the steps into WITH")
    kind = statements[0].type
    allowed = (duckdb.StatementType.SELECT, *((duckdb.StatementType.EXPLAIN,) if explain else ()))
    if kind not in allowed:
        raise Refused(_NOT_A_QUERY.format(kind="a PIVOT without IN" if kind == duckdb.StatementType.MULTI else kind.name.replace("_", " ")))
    return statements[0].query


_NOT_A_QUERY = "only queries run here, a SELECT or WITH ... SELECT; this statement is {kind}"
_READS_ONLY = "a query may only read; this one changes data"
_FILES = "a query may read the tables of this database only, no files and no network"


@contextlib.contextmanager
def _alarm(session: duckdb.DuckDBPyConnection, seconds: float) -> Iterator[None]:
    """Interrupt what the session runs when the time is up."""
    timer = threading.Timer(seconds, session.interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


@contextlib.contextmanager
def _memory_cap() -> Iterator[None]:
    """Let this process take `MEMORY` more at most (Linux): what functions on long strings take is outside of DuckDB's own limit."""
    if sys.platform != "linux":
        yield
        return
    import resource

    used = next(int(line.split()[1]) * 1024 for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmData"))
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    caps = [used + MEMORY, *(limit for limit in (soft, hard) if limit != resource.RLIM_INFINITY)]
    with contextlib.suppress(ValueError, OSError):  # a sandbox, which has a limit of its own, may forbid it
        resource.setrlimit(resource.RLIMIT_DATA, (min(caps), hard))
    try:
        yield
    finally:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


@contextlib.contextmanager
def _errors(sql: str, seconds: float) -> Iterator[None]:
    """Turn the errors of DuckDB into a Refused."""
    try:
        yield
    except duckdb.InterruptException:
        raise Refused(f"your query was stopped after {seconds:g} seconds; is a join condition missing, or is one row compared with all others?") from None
    except (duckdb.OutOfMemoryException, MemoryError):
        raise Refused("your query was stopped because it needs too much memory; is a join condition missing?") from None
    except duckdb.PermissionException:
        raise Refused(_FILES) from None
    except duckdb.Error as error:
        said = str(error)
        if "read-only mode" in said:
            raise Refused(_READS_ONLY) from None
        raise Refused(f"your query does not run: {_readable(said, sql)}") from None


def _readable(said: str, sql: str) -> str:
    """The message of DuckDB in one line, with the line of the query that it points to."""
    head, _, tail = said.partition("\n\nLINE ")
    text = " ".join(head.split())
    text = re.sub(r"^(TransactionContext|Invalid Input|Out of Range|[A-Z]\w+) Error: ", "", text)
    place = re.match(r"(\d+):", tail)
    if place is None:
        return _cut(text, 300)
    lines = sql.splitlines()
    number = int(place[1])
    line = lines[number - 1].strip() if number <= len(lines) else ""
    return f"{_cut(text, 240)} (line {number}: {_cut(line, 100)})"


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 3] + "..."
