"""Every reference query of 05-sql gives the same on PostgreSQL as on DuckDB."""

import re

import psycopg
import pytest

from course import sql
from course.authoring.verify import read_section, reference
from course.paths import find_root
from course.sql.compare import difference, first_disorder
from course.sql.schema import create

GENERATED = {
    "plain": {},
    "ties": {"ties": True},
    "nulls": {"nulls": True},
    "gaps": {"gaps": True},
    "empty": {"empty": True},
    "zones": {"zones": True},
    "faults": {"faults": True},
}


def queries() -> list[str]:
    """The exercises whose answer is a query: functions without arguments that return text."""
    found = []
    for exercise in read_section(find_root(), "05-sql").exercises:
        function = reference(exercise)
        if function.__code__.co_argcount == 0 and isinstance(function(), str):
            found.append(exercise)
    return found


def fill(connection: psycopg.Connection, database: sql.Database) -> None:
    """Copy all tables into a schema of their own, which becomes the search path; the session gets the database's time zone."""
    connection.execute("DROP SCHEMA IF EXISTS course CASCADE; CREATE SCHEMA course; SET search_path = course")
    connection.execute(f"SET TIME ZONE '{database.time_zone}'")
    for table in sql.TABLES:
        connection.execute(create(table))
        with connection.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
            for row in database.rows(table):
                copy.write_row(row)


@pytest.fixture(scope="session", params=[*GENERATED, "hours"])
def both(request, postgres):
    """A database in DuckDB and a connection to the same rows in PostgreSQL."""
    if request.param == "hours":
        database = sql.tiny(
            as_of="2024-03-01",
            users=sql.rows("user_id time_zone signed_up_at plan country", (1, "Asia/Kolkata", "2024-01-05", "pro", "IN"), (2, None, None, None, None)),
            api_requests=sql.rows(
                "user_id model_name created_at tokens_consumed status",
                (1, "atlas", "2024-02-29 23:30", 7, "ok"),
                (1, "birch", "2024-02-29 23:30", None, "ok"),
                (2, None, "2024-02-10 00:00", 7, None),
                (None, "atlas", "2024-03-01 00:00", 3, "ok"),
                (9, "cedar", "2024-02-28 12:00", 0, "error"),
            ),
        )
    else:
        database = sql.generate(3_000, seed=11, **GENERATED[request.param])
    with psycopg.connect(postgres.replace("+psycopg", ""), autocommit=True) as connection:
        fill(connection, database)
        yield database, connection


@pytest.mark.parametrize("exercise", queries())
def test_reference_gives_the_same_on_postgresql(exercise, both):
    database, connection = both
    text = reference(exercise)()
    mine = sql.run(database, text)
    cursor = connection.execute(text)
    theirs = cursor.fetchall()
    assert [column.name for column in cursor.description] == [name.lower() for name in mine.columns]
    assert difference(mine.rows, theirs) == ([], [])
    if re.search(r"ORDER BY[^)]*$", text):
        assert first_disorder(mine.rows, theirs) is None
