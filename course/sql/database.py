"""Databases of the course's schema in DuckDB: closed to files and network once they are filled. `tiny` makes one of hand-written rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa

from course.sql.schema import AS_OF, NUMBERED, TABLES, create

Row = Mapping[str, Any]
_CONFIG: dict[str, Any] = {
    "threads": 1,
    "async_threads": 1,  # each database of a test starts its own, and their stacks count as memory
    "memory_limit": "1GB",
    "python_enable_replacements": False,
    "autoload_known_extensions": False,
    "autoinstall_known_extensions": False,
}
_SEALED = ("SET temp_directory = ''", "SET enable_external_access = false", "SET lock_configuration = true")


class Database:
    """All tables of the schema. Learners' queries go through `guard.run`, never straight to `connection`.

    `time_zone` is the zone of the session: it decides what TIMESTAMP WITH TIME ZONE values and casts to it mean.
    """

    def __init__(self, tables: Mapping[str, pd.DataFrame | pa.Table | Sequence[tuple[Any, ...]]], time_zone: str = "UTC") -> None:
        self.connection = duckdb.connect(":memory:", config=_CONFIG)
        self.time_zone = time_zone
        self.connection.execute(f"SET GLOBAL TimeZone = '{time_zone}'")
        for name in TABLES:
            self.connection.execute(create(name))
            if name in tables:
                self.insert(name, tables[name])
        for setting in _SEALED:
            self.connection.execute(setting)

    def insert(self, table: str, rows: pd.DataFrame | pa.Table | Sequence[tuple[Any, ...]]) -> None:
        """Append rows: a frame or Arrow table with the table's columns by name, or tuples in the order of its columns."""
        if not isinstance(rows, (pd.DataFrame, pa.Table)):
            rows = pa.table({name: [row[place] for row in rows] for place, name in enumerate(TABLES[table])})
        self.connection.register("incoming", rows)
        self.connection.execute(f"INSERT INTO {table} BY NAME SELECT * FROM incoming")
        self.connection.unregister("incoming")

    def rows(self, table: str) -> list[tuple[Any, ...]]:
        """The rows of a table in the order in which they were inserted."""
        return self.connection.execute(f"SELECT * FROM {table} ORDER BY rowid").fetchall()

    def spread(self, table: str, most: int) -> pa.Table:
        """At most `most` rows of a table, evenly spread."""
        size = self.connection.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0]
        step = max(1, -(-size // most))
        numbered = f"SELECT *, row_number() OVER (ORDER BY rowid) AS place FROM {table}"
        return self.connection.sql(f"SELECT * EXCLUDE (place) FROM ({numbered}) WHERE place % {step} = 0 ORDER BY place").to_arrow_table()

    def sizes(self) -> dict[str, int]:
        """The number of rows of each table."""
        counts = self.connection.execute(" UNION ALL ".join(f"SELECT '{name}', count(*) FROM {name}" for name in TABLES)).fetchall()
        return dict(counts)

    def frame(self, table: str) -> pd.DataFrame:
        """A table as a data frame, for expected values that are computed without SQL."""
        return self.connection.execute(f"SELECT * FROM {table} ORDER BY rowid").df()


def tiny(as_of: date | str = AS_OF, *, time_zone: str = "UTC", **tables: Iterable[Row]) -> Database:
    """A database of hand-written rows: `tiny(users=[{"user_id": 1}], api_requests=rows("user_id tokens_consumed", (1, 10)))`.

    What a row leaves out is NULL; requests and events without a number are numbered from 1; a table that is not named is empty.
    Dates and timestamps may be text. `as_of` is the date in `clock`.
    """
    found: dict[str, list[tuple[Any, ...]]] = {"clock": [(as_of,)]}
    for name, given in tables.items():
        columns, numbered = TABLES[name], NUMBERED.get(name)
        for number, row in enumerate(given, 1):
            unknown = set(row) - set(columns)
            if unknown:
                raise KeyError(f"{name} has no column {sorted(unknown)[0]!r}")
            whole = {**({numbered: number} if numbered else {}), **row}
            found.setdefault(name, []).append(tuple(whole.get(column) for column in columns))
    return Database(found, time_zone)


def rows(columns: str, *values: tuple[Any, ...]) -> list[dict[str, Any]]:
    """Rows for `tiny`: the names once, then one tuple for each row."""
    return [dict(zip(columns.split(), value, strict=True)) for value in values]
