"""Answer bank of `vet_generated_sql`."""

from collections import Counter

import duckdb
import numpy as np
import pandas as pd

from course.authoring.bank import right, wrong


def no(reason):
    return {"accepted": False, "reason": reason}


def fill(connection, tables):
    for name, frame in tables.items():
        connection.register("incoming", frame)
        connection.execute(f'CREATE TABLE "{name}" AS SELECT * FROM incoming')
        connection.unregister("incoming")


def bag(rows):
    return Counter(tuple("NULL" if pd.isna(v) else f"{v:.9f}" if isinstance(v, (int, float, np.number)) else str(v) for v in row) for row in rows)


def inspect(query, fixtures, secure=True, read_only=True, compare=bag, decide=all):
    if not len(fixtures):
        raise ValueError("no fixtures")
    verdicts = []
    con = duckdb.connect(":memory:", config={"enable_external_access": "false"} if secure else {})
    try:
        parsed = con.extract_statements(query)
    except duckdb.ParserException:
        return no("does not parse")
    if len(parsed) != 1:
        return no("not one statement")
    if parsed[0].type.name != "SELECT":
        return no("not read-only")
    for place, fixture in enumerate(fixtures):
        con.execute(f"CREATE SCHEMA f{place}")
        con.execute(f"USE f{place}")
        fill(con, fixture["tables"])
        if read_only:
            con.execute("BEGIN TRANSACTION READ ONLY")
        try:
            found = con.execute(query)
            width, found = len(found.description or ()), found.fetchall()
        except duckdb.PermissionException:
            return no("reads outside")
        except duckdb.Error as error:
            return no("not read-only" if "read-only mode" in str(error) or "launched in read-only" in str(error) else "does not run")
        if read_only:
            con.execute("ROLLBACK")
        expected = fixture["expected"]
        verdicts.append(width == expected.shape[1] and compare(found) == compare(list(expected.itertuples(index=False, name=None))))
    return {"accepted": True, "reason": "ok"} if decide(verdicts) else no("wrong result")


@right("bags of rows as texts")
def vet_generated_sql(query, fixtures):
    return inspect(query, fixtures)


@right("tables compared before and after, frames sorted")
def vet_generated_sql(query, fixtures):
    if not fixtures:
        raise ValueError("no fixtures")
    reason = "ok"
    for fixture in fixtures:
        con = duckdb.connect(config={"enable_external_access": "false"})
        try:
            parsed = con.extract_statements(query)
        except Exception:
            return no("does not parse")
        if len(parsed) != 1:
            return no("not one statement")
        if parsed[0].type != duckdb.StatementType.SELECT:
            return no("not read-only")
        fill(con, fixture["tables"])
        before = {name: bag(con.execute(f'SELECT * FROM "{name}"').fetchall()) for name in fixture["tables"]}
        try:
            found = con.execute(query).df()
        except duckdb.PermissionException:
            return no("reads outside")
        except duckdb.Error:
            return no("does not run")
        if any(bag(con.execute(f'SELECT * FROM "{name}"').fetchall()) != rows for name, rows in before.items()):
            return no("not read-only")
        expected = fixture["expected"]
        if found.shape != expected.shape:
            reason = "wrong result"
            continue
        left, right_ = ([tuple(row) for row in frame.astype(object).to_numpy()] for frame in (found, expected))

        def key(row):
            return [(pd.isna(v), isinstance(v, str), round(float(v), 6) if not pd.isna(v) and not isinstance(v, str) else str(v)) for v in row]

        for one, two in zip(sorted(left, key=key), sorted(right_, key=key)):
            for a, b in zip(one, two):
                gap = pd.isna(a) or pd.isna(b)
                same = (pd.isna(a) and pd.isna(b)) if gap else (a == b if isinstance(a, str) or isinstance(b, str) else abs(a - b) <= 1e-9)
                reason = reason if same else "wrong result"
    return {"accepted": reason == "ok", "reason": reason}


@wrong("that a query runs, or is right on one fixture, is not enough")
def vet_generated_sql(query, fixtures):
    return inspect(query, fixtures, decide=lambda verdicts: True)


@wrong("that a query runs, or is right on one fixture, is not enough")
def vet_generated_sql(query, fixtures):
    return inspect(query, fixtures, decide=any)


@wrong("the last fixture alone decides")
def vet_generated_sql(query, fixtures):
    return inspect(query, fixtures, decide=lambda verdicts: verdicts[-1])


@wrong("its type is SELECT, but it deletes rows")
def vet_generated_sql(query, fixtures):
    return inspect(query, fixtures, read_only=False)


@wrong("a second statement is hidden behind the first")
def vet_generated_sql(query, fixtures):
    return inspect(query.split(";")[0], fixtures)


@wrong("words in a text or comment change nothing")
def vet_generated_sql(query, fixtures):
    verdict = inspect(query, fixtures)
    if verdict["reason"] in ("ok", "wrong result") and any(word in query.upper() for word in ("DELETE", "INSERT", "UPDATE", "DROP")):
        return no("not read-only")
    return verdict


@wrong("a semicolon in a text ends no statement")
def vet_generated_sql(query, fixtures):
    if ";" in query.strip().rstrip(";"):
        return no("not one statement")
    return inspect(query, fixtures)


@wrong("duplicates count")
def vet_generated_sql(query, fixtures):
    return inspect(query, fixtures, compare=lambda rows: set(bag(rows)))


@wrong("the order of rows and the names of columns don't count")
def vet_generated_sql(query, fixtures):
    return inspect(query, fixtures, compare=lambda rows: [tuple(row) for row in rows])


@wrong("missing values in text and numbers")
def vet_generated_sql(query, fixtures):
    return inspect(query, fixtures, compare=lambda rows: Counter(map(tuple, rows)))


@wrong("a file read by a function")
def vet_generated_sql(query, fixtures):
    return inspect(query, fixtures, secure=False)


@wrong("a DELETE: You returned")
def vet_generated_sql(query, fixtures):
    verdict = inspect(query, fixtures)
    return no("does not run") if query.startswith("DELETE") else verdict


@wrong("no fixtures: expected ValueError")
def vet_generated_sql(query, fixtures):
    return inspect(query, fixtures) if fixtures else {"accepted": True, "reason": "ok"}
