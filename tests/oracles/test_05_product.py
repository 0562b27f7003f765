"""Part C of 05-sql held against loops in plain Python, pandas, statsmodels, and against the examples of the statements."""

from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

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
MIDNIGHT = datetime.combine(sql.AS_OF, datetime.min.time())


@pytest.fixture(params=DATABASES, scope="module")
def database(request: pytest.FixtureRequest) -> sql.Database:
    return sql.generate(2_500, seed=17, **DATABASES[request.param])


def answer(exercise: str, database: sql.Database) -> sql.Table:
    return sql.run(database, reference(exercise)())


def requests_of(database: sql.Database) -> dict[int, list[tuple[datetime, int | None]]]:
    """Moments and token counts of each known user, in the order of time."""
    found: dict[int, list[tuple[datetime, int | None]]] = {}
    for _, user, _, moment, tokens, _, _ in database.rows("api_requests"):
        if user is not None:
            found.setdefault(user, []).append((moment, tokens))
    return {user: sorted(pairs, key=lambda pair: pair[0]) for user, pairs in found.items()}


def test_sessions_are_those_of_a_loop(database: sql.Database) -> None:
    """Oracle: a loop over each user's sorted moments in plain Python."""
    expected = []
    for user, pairs in requests_of(database).items():
        runs: list[list[datetime]] = []
        for moment, _ in pairs:
            if runs and moment - runs[-1][-1] <= timedelta(minutes=30):
                runs[-1].append(moment)
            else:
                runs.append([moment])
        expected += [(user, number, run[0], run[-1], len(run)) for number, run in enumerate(runs, 1)]
    table = answer("sessions", database)
    assert table.columns == ("user_id", "session_number", "started_at", "ended_at", "requests")
    assert expected and difference(table.rows, expected) == ([], [])


@pytest.mark.parametrize(("pause", "number"), [("10:29:59", 1), ("10:30:00", 1), ("10:30:01", 2), ("10:30:00.000001", 2)])
def test_sessions_at_the_boundary(pause: str, number: int) -> None:
    """Oracle: the definition, at most 30 minutes."""
    two = sql.tiny(api_requests=sql.rows("user_id created_at", (1, "2026-06-01 10:00:00"), (1, f"2026-06-01 {pause}")))
    assert len(answer("sessions", two)) == number


def walked(moments: dict[str, list[datetime]], steps: tuple[str, ...]) -> int:
    """How many steps a user reaches, by all choices of occurrences (no greedy rule)."""
    entry = min(moments["visit"])
    reached = {entry}
    for place, step in enumerate(steps[1:], 1):
        reached = {moment for moment in moments.get(step, []) if any(moment >= before for before in reached) and moment <= entry + timedelta(days=7)}
        if not reached:
            return place
    return len(steps)


def test_funnel_is_what_all_choices_of_events_allow(database: sql.Database) -> None:
    """Oracle: search over all occurrences of each step in plain Python."""
    steps = sql.FUNNEL[:4]
    users: dict[int, dict[str, list[datetime]]] = {}
    for _, user, event, moment in database.rows("events"):
        users.setdefault(user, {}).setdefault(event, []).append(moment)
    entered = [moments for moments in users.values() if "visit" in moments and min(moments["visit"]) + timedelta(days=7) <= MIDNIGHT]
    depths = [walked(moments, steps) for moments in entered]
    counts = [sum(depth >= place for depth in depths) for place in range(1, 5)]
    expected = [(place + 1, steps[place], counts[place], counts[place] / counts[place - 1] if place else None) for place in range(4)]
    table = answer("funnel", database)
    assert table.columns == ("step", "event_name", "users", "from_previous")
    assert counts[3] > 0 and difference(table.rows, expected) == ([], []) and first_disorder(table.rows, expected) is None


def test_funnel_of_nobody_has_four_rows() -> None:
    """Oracle: no users, no shares."""
    assert [row[1:] for row in answer("funnel", sql.generate(empty=True)).rows] == [(step, 0, None) for step in sql.FUNNEL[:4]]


def test_funnel_follows_the_planted_rates() -> None:
    """Oracle: the simulator lets 95 %, 70 % and 80 % go on; the window of 7 days takes off little."""
    shares = [row[3] for row in answer("funnel", sql.generate(1_000_000)).rows[1:]]
    assert shares == pytest.approx([0.95, 0.7, 0.8], abs=0.035)


def test_retention_is_what_pandas_gives(database: sql.Database) -> None:
    """Oracle: timedelta division and group-by of pandas, all pairs by reindex."""
    requests = database.frame("api_requests").dropna(subset=["user_id"])
    first = requests.groupby("user_id")["created_at"].transform("min")
    age = (requests["created_at"] - first) // pd.Timedelta(days=7)
    monday = first.dt.normalize() - pd.to_timedelta(first.dt.day_of_week, unit="D")
    active = requests.assign(age=age, monday=monday).groupby(["monday", "age"])["user_id"].nunique()
    expected = []
    for cohort in sorted(monday.unique()):
        size = requests["user_id"][monday == cohort].nunique()
        for week in range(5):
            if cohort + pd.Timedelta(days=7 * (week + 2)) <= MIDNIGHT:
                back = int(active.get((cohort, week), 0))
                expected.append((cohort.date(), week, size, back, back / size))
    table = answer("retention_cohorts", database)
    assert table.columns == ("cohort_week", "week_number", "users", "active_users", "retention")
    assert expected and difference(table.rows, expected) == ([], []) and first_disorder(table.rows, expected) is None
    assert all(row[4] == 1 for row in table.rows if row[1] == 0)


def test_retention_of_a_known_habit() -> None:
    """Oracle: planted truth. Everybody is back after exactly 7 and after 22 days: weeks 1 and 3, whatever the weekday."""
    start = datetime(2026, 4, 6, 21)
    rows = [(user, start + timedelta(days=user % 7 + extra)) for user in range(21) for extra in (0, 7, 22)]
    table = answer("retention_cohorts", sql.tiny(api_requests=sql.rows("user_id created_at", *rows)))
    assert [row[4] for row in table.rows] == [1, 1, 0, 1, 0]


def arms(database: sql.Database) -> dict[str, pd.DataFrame]:
    """x and y of each assigned user, by a loop in plain Python."""
    requests = requests_of(database)
    found: dict[str, list[tuple[int, int]]] = {}
    for experiment, user, variant, assigned in database.rows("assignments"):
        if experiment == "short-answers":
            known = [tokens for moment, tokens in requests.get(user, []) if assigned <= moment < MIDNIGHT and tokens is not None]
            found.setdefault(variant, []).append((len(known), sum(known)))
    return {variant: pd.DataFrame(pairs, columns=["x", "y"]) for variant, pairs in found.items()}


def test_ab_inputs_are_sums_over_users(database: sql.Database) -> None:
    """Oracle: a loop over the assignments, users without requests included."""
    expected = [(name, len(u), u.x.sum(), u.y.sum(), (u.x**2).sum(), (u.y**2).sum(), (u.x * u.y).sum()) for name, u in arms(database).items()]
    table = answer("ab_metric_inputs", database)
    assert table.columns == ("variant", "n", "sum_x", "sum_y", "sum_xx", "sum_yy", "sum_xy")
    assert len(expected) == 2 and any((u.x == 0).any() for u in arms(database).values())
    assert difference(table.rows, [(row[0], *map(int, row[1:])) for row in expected]) == ([], [])


def test_ab_inputs_give_the_cluster_robust_error() -> None:
    """Oracle: statsmodels' cluster-robust standard error of the mean over requests, clustered by user, is the Delta method's up to n / (n - 1)."""
    database = sql.generate(20_000, seed=5)
    requests = requests_of(database)
    values: dict[str, list[tuple[int, int]]] = {}
    for experiment, user, variant, assigned in database.rows("assignments"):
        if experiment == "short-answers":
            values.setdefault(variant, []).extend(
                (user, tokens) for moment, tokens in requests.get(user, []) if assigned <= moment < MIDNIGHT and tokens is not None
            )
    for variant, n, sx, sy, sxx, syy, sxy in answer("ab_metric_inputs", database).rows:
        user, tokens = np.array(values[variant]).T
        fit = sm.OLS(tokens, np.ones(len(tokens))).fit(cov_type="cluster", cov_kwds={"groups": user, "use_correction": False})
        ratio = sy / sx
        variance = (syy - 2 * ratio * sxy + ratio**2 * sxx) / sx**2
        assert ratio == pytest.approx(fit.params[0]) and np.sqrt(float(variance)) == pytest.approx(fit.bse[0])
        assert n > len(set(user))


@pytest.mark.parametrize("exercise", ["sessions", "retention_cohorts", "ab_metric_inputs"])
def test_no_rows_in_no_rows_out(exercise: str) -> None:
    """Oracle: an empty table has no sessions, cohorts or arms."""
    assert len(answer(exercise, sql.generate(empty=True))) == 0
