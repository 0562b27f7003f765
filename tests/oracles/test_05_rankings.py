"""Part A of 05-sql held against pandas, against published ranks, and against the examples of the statements."""

import pandas as pd
import pytest

from course import sql
from course.authoring.verify import reference
from course.sql.compare import difference, first_disorder

DATABASES = {
    "plain": {},
    "ties": {"ties": True},
    "nulls": {"nulls": True},
    "gaps": {"gaps": True},
    "zones": {"zones": True},
    "faults": {"faults": True},
    "all": {"ties": True, "nulls": True, "gaps": True, "zones": True, "faults": True},
}


@pytest.fixture(params=DATABASES, scope="module")
def database(request: pytest.FixtureRequest) -> sql.Database:
    return sql.generate(2_500, seed=17, **DATABASES[request.param])


def answer(exercise: str, database: sql.Database) -> sql.Table:
    return sql.run(database, reference(exercise)())


def rows(frame: pd.DataFrame, columns: str) -> list[tuple]:
    """Tuples of a frame's columns, with None for every missing value."""
    chosen = frame[columns.split()].astype(object)
    return [tuple(None if pd.isna(value) else value for value in row) for row in chosen.itertuples(index=False)]


def test_top_models_daily_is_what_pandas_gives(database: sql.Database) -> None:
    """Oracle: group-by and Series.rank(method="min") of pandas."""
    requests = database.frame("api_requests").dropna(subset=["model_name"])
    day = requests["created_at"].dt.normalize()
    today = pd.Timestamp(sql.AS_OF)
    period = requests[(day >= today - pd.Timedelta(days=30)) & (day < today)].assign(usage_date=day.dt.date)
    period["tokens_consumed"] = period["tokens_consumed"].fillna(0)
    ranks = period.groupby("model_name")["tokens_consumed"].sum().rank(method="min", ascending=False)
    daily = period.groupby(["usage_date", "model_name"], as_index=False)["tokens_consumed"].sum()
    daily["model_rank"] = daily["model_name"].map(ranks)
    daily = daily[daily["model_rank"] <= 3].sort_values(["usage_date", "model_rank", "model_name"])
    table = answer("top_models_daily", database)
    expected = rows(daily, "usage_date model_name tokens_consumed model_rank")
    assert table.columns == ("usage_date", "model_name", "daily_tokens", "model_rank")
    assert expected and difference(table.rows, expected) == ([], []) and first_disorder(table.rows, expected) is None


def test_rank_functions_on_100_90_90_80() -> None:
    """Oracle: the published table 1 2 3 4, 1 2 2 4, 1 2 2 3 for these scores."""
    scores = sql.tiny(api_requests=sql.rows("model_name tokens_consumed", *[("atlas", score) for score in (100, 90, 90, 80)]))
    found = sorted(answer("rank_functions", scores).rows, key=lambda row: row[3])
    assert [row[3:] for row in found] == [(1, 1, 1), (2, 2, 2), (3, 2, 2), (4, 4, 3)]


def test_rank_functions_are_those_of_pandas(database: sql.Database) -> None:
    """Oracle: pandas' rank methods first, min and dense, with missing values at the bottom."""
    requests = database.frame("api_requests").sort_values("request_id")
    group = requests.assign(model=requests["model_name"].fillna("-")).groupby("model")["tokens_consumed"]
    for column, method in (("row_num", "first"), ("rnk", "min"), ("dense_rnk", "dense")):
        requests[column] = group.rank(method=method, ascending=False, na_option="bottom")
    expected = rows(requests, "model_name request_id tokens_consumed row_num rnk dense_rnk")
    assert difference(answer("rank_functions", database).rows, expected) == ([], [])


def test_latest_per_user_is_the_last_row_after_sorting(database: sql.Database) -> None:
    """Oracle: sort and drop_duplicates(keep="last") of pandas; and as many rows as there are users."""
    requests = database.frame("api_requests").dropna(subset=["user_id"]).sort_values(["created_at", "request_id"])
    table = answer("latest_per_user", database)
    expected = rows(requests.drop_duplicates("user_id", keep="last"), "user_id request_id model_name created_at")
    assert difference(table.rows, expected) == ([], []) and len(table) == requests["user_id"].nunique()


def test_running_share_is_a_cumulative_sum(database: sql.Database) -> None:
    """Oracle: sort and cumsum of pandas; it never falls and ends at 1."""
    requests = database.frame("api_requests").dropna(subset=["user_id"])
    totals = requests.groupby("user_id", as_index=False)["tokens_consumed"].sum().sort_values(["tokens_consumed", "user_id"], ascending=[False, True])
    totals["share"] = totals["tokens_consumed"].cumsum() / totals["tokens_consumed"].sum()
    table = answer("running_share", database)
    assert difference(table.rows, rows(totals, "user_id tokens_consumed share")) == ([], [])
    shares = [row[2] for row in table.rows]
    assert shares == sorted(shares) and shares[-1] == pytest.approx(1) and list(totals["user_id"]) == [row[0] for row in table.rows]


@pytest.mark.parametrize("exercise", ["top_models_daily", "rank_functions", "latest_per_user", "running_share"])
def test_no_rows_in_no_rows_out(exercise: str) -> None:
    """Oracle: an empty table has no days, ranks, users or shares."""
    assert len(answer(exercise, sql.generate(empty=True))) == 0


def test_a_million_and_five_million_rows() -> None:
    """Oracle: five equal copies have the same days and users as one, and the same ranks up to the order of ties."""
    small, large = sql.generate(1_000_000), sql.generate(5_000_000)
    assert large.sizes()["api_requests"] == 5_000_000
    one, five = answer("top_models_daily", small), answer("top_models_daily", large)
    assert [row[0] for row in one.rows] == [row[0] for row in five.rows]
    assert all(4.9 * a[2] < b[2] < 5.2 * a[2] for a, b in zip(one.rows, five.rows, strict=True) if a[1] == b[1])
