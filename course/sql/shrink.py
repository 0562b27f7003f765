"""The smallest input on which a query goes wrong: rows are taken out of a database as long as it still does (delta debugging, Zeller 1999)."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection

import pyarrow as pa

from course.sql.database import Database
from course.sql.schema import TABLES

Places = list[tuple[str, int]]
_KEPT = ("clock",)
_SIZES = (40, 400, 4_000)


def shrink(database: Database, tables: Collection[str], wrong: Callable[[Database], bool], seconds: float = 1.0) -> Database | None:
    """A database with few of the rows of `database` on which `wrong` still holds, as far as `seconds` reach.

    Looks at 40, 400, then 4,000 rows of each of `tables`, evenly spread; None where `wrong` holds on none of these.
    """
    end = time.monotonic() + seconds
    sizes = database.sizes()
    largest = max((sizes[table] for table in tables if table not in _KEPT), default=0) or 1
    for most in (*(size for size in _SIZES if size < largest), min(largest, _SIZES[-1])):
        part = _Part(database, [table for table in TABLES if table in tables and table not in _KEPT], most)
        places = part.places
        if not part.holds(wrong, places):
            continue
        parts = 2
        while places and time.monotonic() < end:
            size = -(-len(places) // parts)
            rests = (places[:start] + places[start + size :] for start in range(0, len(places), size))
            smaller = next((rest for rest in rests if time.monotonic() < end and part.holds(wrong, rest)), None)
            if smaller is not None:
                places, parts = smaller, max(parts - 1, 2)
            elif size == 1:
                break
            else:
                parts = min(2 * parts, len(places))
        part.hold(places)
        return part.scratch
    return None


class _Part:
    """Rows of each table of a database, evenly spread, and a scratch database that holds any of them."""

    def __init__(self, database: Database, tables: list[str], most: int) -> None:
        self.scratch = Database({table: database.rows(table) for table in _KEPT}, database.time_zone)
        self.places: Places = []
        self.held: dict[str, list[int]] = {table: [] for table in tables}
        for table in self.held:
            rows = database.spread(table, most)
            self.scratch.insert(table, rows)
            self.scratch.connection.execute(f"CREATE TABLE all_{table} AS SELECT row_number() OVER (ORDER BY rowid) AS place, * FROM {table}")
            self.held[table] = list(range(1, len(rows) + 1))
            self.places += [(table, place) for place in self.held[table]]

    def holds(self, wrong: Callable[[Database], bool], places: Places) -> bool:
        self.hold(places)
        return wrong(self.scratch)

    def hold(self, places: Places) -> None:
        """Let the scratch database hold these rows; only tables that change are written anew."""
        wanted: dict[str, list[int]] = {table: [] for table in self.held}
        for table, place in places:
            wanted[table].append(place)
        for table, kept in wanted.items():
            if kept != self.held[table]:
                connection, columns = self.scratch.connection, ", ".join(TABLES[table])
                connection.execute(f"DELETE FROM {table}")
                connection.register("kept", pa.table({"place": pa.array(kept, pa.int64())}))
                connection.execute(f"INSERT INTO {table} SELECT {columns} FROM all_{table} SEMI JOIN kept USING (place) ORDER BY place")
                connection.unregister("kept")
        self.held = wanted
