"""Data quality and time in 05-sql held against pandas, and against invariants that need no expected value."""

import math

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
TODAY = pd.Timestamp(sql.AS_OF)
DAY = pd.Timedelta(days=1)


@pytest.fixture(params=DATABASES, scope="module")
def database(request: pytest.FixtureRequest) -> sql.Database:
    return sql.generate(2_500, seed=19, **DATABASES[request.param])


def answer(exercise: str, database: sql.Database) -> sql.Table:
    return sql.run(database, reference(exercise)())


def rows(frame: pd.DataFrame, columns: str) -> list[tuple]:
    """Tuples of a frame's columns, with None for every missing value."""
    chosen = frame[columns.split()].astype(object)
    return [tuple(None if pd.isna(value) else value for value in row) for row in chosen.itertuples(index=False)]


def test_completeness_is_isna_of_pandas(database: sql.Database) -> None:
    """Oracle: DataFrame.isna of pandas (the generated data hold no NaN that is not NULL), sorted by pandas."""
    features = database.frame("feature_table")
    found = features.isna().sum().rename_axis("column_name").reset_index(name="missing").assign(total_rows=len(features))
    found["null_share"] = found["missing"] / len(features)
    found = found.sort_values(["null_share", "column_name"], ascending=[False, True])
    table, expected = answer("completeness", database), rows(found, "column_name total_rows missing null_share")
    assert len(expected) == 7 and difference(table.rows, expected) == ([], []) and first_disorder(table.rows, expected) is None


def test_shift_between_weeks_is_describe_of_pandas(database: sql.Database) -> None:
    """Oracle: Series.mean, std, min and max of pandas over two slices of dates."""
    features = database.frame("feature_table")
    day = features["created_at"].dt.normalize()
    this = features.loc[day.between(TODAY - 7 * DAY, TODAY - DAY)]
    last = features.loc[day.between(TODAY - 14 * DAY, TODAY - 8 * DAY)]
    base = last["feature_x"]
    expected = [
        (name, len(week), x.mean(), x.std(), x.min(), x.max(), (x.mean() - base.mean()) / base.std())
        for name, week in (("this_week", this), ("last_week", last))
        for x in (week["feature_x"],)
    ]
    assert difference(answer("shift_between_weeks", database).rows, expected) == ([], [])


def test_shift_finds_the_planted_shift() -> None:
    """Oracle: `sql.generate` moves feature_x by 1.5 at a standard deviation of 2 in the last week: 0.75, give or take four standard errors."""
    found = {row[0]: row for row in answer("shift_between_weeks", sql.generate(1_000_000)).rows}
    error = math.sqrt(2 / found["this_week"][1])
    assert found["this_week"][6] == pytest.approx(0.75, abs=4 * error) and found["last_week"][6] == 0


def test_duplicates_is_duplicated_of_pandas(database: sql.Database) -> None:
    """Oracle: DataFrame.duplicated and drop_duplicates of pandas, in which NaN equals NaN."""
    features = database.frame("feature_table")
    key = ["user_id", "created_at"]
    twice = features[features.duplicated(key, keep=False)]
    copies = twice.groupby(key).size().rename("copies")
    versions = twice.drop_duplicates().groupby(key).size().rename("versions")
    expected = rows(pd.concat([copies, versions], axis=1).reset_index(), "user_id created_at copies versions")
    assert difference(answer("duplicates", database).rows, expected) == ([], [])


def test_dropping_duplicates_leaves_the_keys() -> None:
    """Oracle: rows minus (copies - 1) is the number of different keys, rows minus (copies - versions) that of different rows."""
    database = sql.generate(20_000, faults=True)
    features, table = database.frame("feature_table"), answer("duplicates", database)
    assert len(features) - sum(row[2] - 1 for row in table.rows) == len(features[["user_id", "created_at"]].drop_duplicates())
    assert len(features) - sum(row[2] - row[3] for row in table.rows) == len(features.drop_duplicates())


def test_orphans_and_freshness_is_isin_of_pandas(database: sql.Database) -> None:
    """Oracle: Series.isin of pandas and differences of dates."""
    users, expected = database.frame("users")["user_id"], []
    for name in ("api_requests", "events", "feature_table"):
        frame = database.frame(name)
        user = frame["user_id"]
        behind = (TODAY - frame["created_at"].max().normalize()).days
        expected.append((name, len(frame), user.isna().sum().item(), (user.notna() & ~user.isin(users)).sum().item(), behind))
    assert difference(answer("orphans_and_freshness", database).rows, expected) == ([], [])


def test_daily_with_gaps_is_resample_and_rolling_of_pandas(database: sql.Database) -> None:
    """Oracle: groupby, reindex over date_range and rolling(7).mean() of pandas."""
    requests = database.frame("api_requests").query("status == 'ok'")
    by_day = requests.groupby(requests["created_at"].dt.normalize())["user_id"].agg(["size", "nunique"])
    spine = by_day.reindex(pd.date_range(TODAY - 34 * DAY, TODAY - DAY), fill_value=0)
    spine["mean"] = spine["size"].rolling(7).mean()
    expected = [(day.date(), int(n), int(users), mean) for day, n, users, mean in spine.iloc[6:].itertuples()]
    table = answer("daily_with_gaps", database)
    assert len(expected) == 28 and difference(table.rows, expected) == ([], []) and first_disorder(table.rows, expected) is None


def test_point_in_time_features_is_merge_asof_of_pandas(database: sql.Database) -> None:
    """Oracle: merge_asof of pandas with allow_exact_matches=False and a tolerance of 14 days, on features with the largest value of each moment."""
    features = database.frame("feature_table").groupby(["user_id", "created_at"], as_index=False)["feature_x"].max()
    features = features.sort_values("created_at").assign(feature_at=lambda frame: frame["created_at"])
    labels = database.frame("labels").sort_values("label_at")
    joined = pd.merge_asof(labels, features, left_on="label_at", right_on="created_at", by="user_id", tolerance=14 * DAY, allow_exact_matches=False)
    table, expected = answer("point_in_time_features", database), rows(joined, "user_id label_at churned feature_at feature_x")
    assert difference(table.rows, expected) == ([], []) and len(table) == len(labels)


def test_point_in_time_features_do_not_see_the_future() -> None:
    """Oracle: no expected value; the training set is the same when all features from each label's moment on are overwritten or removed."""
    database = sql.generate(4_000, seed=3, faults=True)
    labels, features = database.frame("labels"), database.frame("feature_table")
    label_at = features["user_id"].map(labels.set_index("user_id")["label_at"])
    late = features["created_at"] >= label_at
    assert late.any() and not late.all()
    known = answer("point_in_time_features", database).rows
    changed = {"changed": features.assign(feature_x=features["feature_x"].mask(late, 1e6)), "removed": features[~late]}
    for frame in changed.values():
        other = sql.Database({"clock": database.rows("clock"), "labels": labels, "feature_table": frame})
        assert difference(answer("point_in_time_features", other).rows, known) == ([], [])
    assert all(row[3] is None or row[3] < row[1] for row in known)


def test_no_rows() -> None:
    """Oracle: a report has its fixed rows even for empty tables, a list has none."""
    empty = sql.generate(empty=True)
    sizes = {"completeness": 7, "shift_between_weeks": 2, "duplicates": 0, "orphans_and_freshness": 3, "daily_with_gaps": 28, "point_in_time_features": 0}
    assert {exercise: len(answer(exercise, empty)) for exercise in sizes} == sizes
