"""The machinery of the SQL section: guard, comparison, smallest input, generated data."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from course.checks import AuthoringError, CheckFailed
from course.sql import AS_OF, TABLES, Refused, generate, query, result, rows, run, tiny
from course.sql.compare import difference

DAILY = "SELECT model_name, count(*) AS n FROM api_requests GROUP BY model_name"


def shop():
    return tiny(
        api_requests=rows(
            "user_id model_name created_at tokens_consumed",
            (1, "atlas", "2026-06-29 10:00", 5),
            (2, "atlas", "2026-06-29 11:00", None),
            (None, "birch", "2026-06-28 09:00", 7),
        )
    )


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        (None, "you returned nothing"),
        (3, "a value of type int"),
        ("", "the query is empty"),
        ("-- nothing", "the query is empty"),
        ("SELECT 1; SELECT 2", "expected one statement, you returned 2"),
        ("DELETE FROM users", "this statement is DELETE"),
        ("DROP TABLE users", "this statement is DROP"),
        ("CREATE TEMP TABLE t AS SELECT 1", "this statement is CREATE"),
        ("COPY users TO 'x.csv'", "this statement is COPY"),
        ("SET threads = 4", "this statement is SET"),
        ("EXPLAIN SELECT 1", "this statement is EXPLAIN"),
        ("PIVOT users ON plan", "a PIVOT without IN"),
        ("WITH gone AS (DELETE FROM users RETURNING *) SELECT * FROM gone", "this one changes data"),
        ("SELECT * FROM read_csv('/etc/passwd')", "no files and no network"),
        ("SELECT * FROM read_text('/etc/passwd')", "no files and no network"),
        ("SELECT * FROM glob('/*')", "no files and no network"),
        ("SELECT * FROM 'https://example.org/x.csv'", "no files and no network"),
        ("SELECT * FROM hidden", "Table with name hidden does not exist"),
        ("SELECT model\nFROM api_requests\nWERE 1", "(line 3: WERE 1)"),
        ("SELECT nope FROM users", '"nope" not found'),
        ("SELECT * FROM range(1000000)", "more than 200,000 rows"),
        ("SELECT list(range) FROM range(1000000000)", "too much memory"),
        ("SELECT length(repeat('a', 3000000000))", "too much memory"),
    ],
)
def test_what_is_not_run_says_why(sql, reason):
    hidden = "a Python variable is no table"
    with pytest.raises(Refused) as refused:
        run(shop(), sql, seconds=20)
    assert reason in str(refused.value), (refused.value, hidden)
    assert "\n" not in str(refused.value)


def test_a_runaway_query_is_stopped_and_the_database_goes_on():
    database = shop()
    for runaway in (
        "SELECT count(*) FROM range(1000000) a, range(1000000) b",
        "WITH RECURSIVE r AS (SELECT 1 AS a UNION SELECT a + 1 FROM r) SELECT max(a) FROM r",
    ):
        with pytest.raises(Refused, match="stopped after"):
            run(database, runaway, seconds=0.3)
    assert len(run(database, "FROM users")) == 0


def test_nothing_that_a_query_does_stays():
    database = generate(500)
    before = {table: database.rows(table) for table in TABLES}
    for sql in ("INSERT INTO users VALUES (1)", "WITH x AS (UPDATE users SET plan = 'x' RETURNING 1) SELECT * FROM x"):
        with pytest.raises(Refused):
            run(database, sql)
    assert {table: database.rows(table) for table in TABLES} == before


def test_explain_is_for_notebooks_only():
    assert "Table Scan" in query(shop(), "EXPLAIN ANALYZE SELECT * FROM api_requests").rows[0][1]
    with pytest.raises(Refused):
        query(shop(), "EXPLAIN ANALYZE DELETE FROM api_requests")


def test_comparison_is_lenient_on_types_and_strict_on_values():
    assert difference([(1, 0.1 + 0.2, datetime(2026, 1, 2))], [(Decimal("1.00"), 0.3, date(2026, 1, 2))]) == ([], [])
    assert difference([(None,)], [(0,)]) == ([(0,)], [(None,)])
    assert difference([(1,), (1,)], [(1,)]) == ([], [(1,)])
    assert difference([("2026-01-02",)], [(date(2026, 1, 2),)]) == ([], [])
    noisy = [("a", 1 + 1e-9 * k, k % 3) for k in range(300)]
    assert difference(noisy, [(a, 1.0, c) for a, _, c in reversed(noisy)]) == ([], [])
    assert difference([(float("nan"), float("inf"))], [(float("nan"), float("inf"))]) == ([], [])


def test_rows_in_any_order_and_columns_by_name():
    result("SELECT count(*) AS N, model_name FROM api_requests GROUP BY ALL ORDER BY 1", DAILY, shop(), "counts")
    result(DAILY, rows("model_name n", ("birch", 1), ("atlas", 2)), shop(), "counts")
    with pytest.raises(CheckFailed, match="expected the columns model_name, n; n is missing"):
        result("SELECT model_name, count(*) FROM api_requests GROUP BY 1", DAILY, shop(), "counts")


def test_order_only_where_asked():
    right, wrong = DAILY + " ORDER BY n DESC", DAILY + " ORDER BY n"
    result(wrong, right, shop(), "counts")
    with pytest.raises(CheckFailed, match="their order is not: row 1"):
        result(wrong, right, shop(), "counts", ordered=True)
    with pytest.raises(CheckFailed, match="the order is upside down"):
        result(wrong, right, shop(), "counts", ordered=True, mistakes={"the order is upside down": wrong})


def test_a_difference_names_the_mistake_and_the_smallest_input():
    inner = DAILY.replace("count(*)", "count(tokens_consumed)")
    with pytest.raises(CheckFailed) as failed:
        result(inner, DAILY, shop(), "counts", mistakes={"other": DAILY.replace("count(*)", "7"), "count(column) leaves NULLs out": inner})
    message = str(failed.value)
    assert failed.value.mistake == "count(column) leaves NULLs out"
    assert "1 row is missing: (model_name atlas, n 2)" in message and "1 row is too many: (model_name atlas, n 1)" in message
    small = "The smallest input that shows it: api_requests (model_name, tokens_consumed): (atlas, NULL). "
    assert small + "On it your query gives (model_name atlas, n 0); expected: (model_name atlas, n 1)." in message


def test_the_wall_clock_is_named_and_an_empty_result_is_not_taken_for_a_mistake():
    recent = DAILY.replace("GROUP", "WHERE created_at > (SELECT as_of FROM clock) - 30 GROUP")
    with pytest.raises(CheckFailed, match="now is the wall clock; today is"):
        result(recent.replace("(SELECT as_of FROM clock) - 30", "now()::TIMESTAMP + INTERVAL 1 YEAR"), recent, shop(), "counts")
    with pytest.raises(CheckFailed) as failed:
        result(DAILY.replace("GROUP", "WHERE status = 'no' GROUP"), DAILY, shop(), "counts", mistakes={"other": DAILY.replace("GROUP", "WHERE false GROUP")})
    assert failed.value.mistake is None


def test_the_smallest_input_of_a_large_database_is_small():
    wrong = DAILY.replace("count(*)", "count(user_id)")
    with pytest.raises(CheckFailed) as failed:
        result(wrong, DAILY, generate(20_000, nulls=True), "counts")
    small = str(failed.value).split("The smallest input that shows it: ")[1]
    assert small.split(")")[1].count(";") == 0, small


def test_errors_of_the_author_are_his():
    with pytest.raises(AuthoringError):
        result(DAILY, "SELECT nope", shop(), "counts")
    with pytest.raises(KeyError):
        tiny(users=[{"name": "x"}])


@pytest.mark.parametrize("switch", ["ties", "nulls", "gaps", "zones", "faults"])
def test_generated_data_are_what_the_switch_says(switch):
    database = generate(5_000, **{switch: True})
    requests = database.frame("api_requests")
    totals = requests.groupby("model_name")["tokens_consumed"].sum().sort_values(ascending=False)
    days = requests["created_at"].dt.date.nunique()
    users = set(database.frame("users")["user_id"])
    assert (totals.iloc[2] == totals.iloc[3]) == (switch == "ties")
    assert bool(requests["user_id"].isna().any()) == (switch == "nulls")
    assert (days < 52) == (switch == "gaps")
    assert (set(requests["user_id"].dropna()) <= users) == (switch != "faults")
    assert (database.time_zone != "UTC") == (switch == "zones")
    assert requests["created_at"].max() < datetime(2026, 6, 30, 12) and database.rows("clock") == [(AS_OF,)]


def test_the_same_arguments_give_the_same_rows():
    first, second = generate.__wrapped__(2_000, seed=4), generate.__wrapped__(2_000, seed=4)
    assert all(first.rows(table) == second.rows(table) for table in TABLES)
    assert first.rows("api_requests") != generate(2_000, seed=5).rows("api_requests")
