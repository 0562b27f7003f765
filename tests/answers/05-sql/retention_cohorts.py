"""Answer bank of `retention_cohorts`: right answers written differently, wrong ones that people give, each with what the message must say."""

from course.authoring.bank import right, wrong


def table(
    inside="r.created_at >= f.first_at + w.k * INTERVAL '7 days' AND r.created_at < f.first_at + (w.k + 1) * INTERVAL '7 days'",
    cohort="date_trunc('week', min(created_at))::DATE",
    known="WHERE user_id IS NOT NULL",
    over="f.cohort_week + 7 * (w.k + 2) <= as_of",
    count="count(DISTINCT r.user_id)",
    share="count(DISTINCT r.user_id) / count(DISTINCT f.user_id)",
    join="LEFT JOIN",
    last=4,
    order="ORDER BY 1, 2",
    source="api_requests",
):
    """All pairs of user and week, requests joined from the left by their interval."""
    weeks = ", ".join(f"({k})" for k in range(last + 1))
    return f"""
    WITH f AS (SELECT user_id, min(created_at) AS first_at, {cohort} AS cohort_week FROM {source} {known} GROUP BY user_id),
    w (k) AS (VALUES {weeks})
    SELECT f.cohort_week, w.k AS week_number, count(DISTINCT f.user_id) AS users, {count} AS active_users, {share} AS retention
    FROM f CROSS JOIN w CROSS JOIN clock {join} api_requests r ON r.user_id = f.user_id AND {inside}
    WHERE {over}
    GROUP BY f.cohort_week, w.k
    {order}
    """


BY_DIVISION = """
    WITH r AS (SELECT user_id, created_at, min(created_at) OVER (PARTITION BY user_id) AS first_at FROM api_requests WHERE user_id IS NOT NULL),
    per_user AS (SELECT DISTINCT user_id, CAST(date_trunc('week', first_at) AS DATE) AS cohort_week, floor(epoch(created_at - first_at) / 604800) AS k FROM r),
    counts AS (SELECT cohort_week, k, count(*) AS active FROM per_user GROUP BY ALL),
    grid AS (SELECT cohort_week, active AS users, week_number FROM counts, generate_series(0, 4) AS s (week_number) WHERE k = 0)
    SELECT g.cohort_week, g.week_number, g.users, ifnull(c.active, 0) AS active_users, ifnull(c.active, 0)::DOUBLE / g.users AS retention
    FROM grid g LEFT JOIN counts c ON c.cohort_week = g.cohort_week AND c.k = g.week_number
    WHERE date_add(g.cohort_week, INTERVAL (7 * g.week_number + 14) DAY) <= (SELECT as_of FROM clock)
    ORDER BY g.cohort_week, g.week_number
"""


@right("requests joined by their interval")
def retention_cohorts():
    return table().replace(
        "LEFT JOIN api_requests r", "LEFT JOIN (SELECT DISTINCT user_id, date_trunc('hour', created_at) AS h, created_at FROM api_requests) r"
    )


@right("windows, division of seconds, generate_series")
def retention_cohorts():
    return BY_DIVISION


@wrong("weeks are counted by the calendar")
def retention_cohorts():
    return table(inside="date_trunc('week', r.created_at)::DATE = f.cohort_week + 7 * w.k")


@wrong("days are counted by the calendar (from midnight to midnight)")
def retention_cohorts():
    return BY_DIVISION.replace("floor(epoch(created_at - first_at) / 604800)", "date_diff('day', first_at, created_at) // 7")


@wrong("exactly 7 days after first use is week 1, not week 0")
def retention_cohorts():
    return table(
        inside="(r.created_at > f.first_at + w.k * INTERVAL '7 days' AND r.created_at <= f.first_at + (w.k + 1) * INTERVAL '7 days' "
        "OR w.k = 0 AND r.created_at = f.first_at)"
    )


@wrong("(cohort_week 2026-06-01, week_number 0, users 3, active_users 2")
def retention_cohorts():
    return table(inside="r.created_at > f.first_at + w.k * INTERVAL '7 days' AND r.created_at <= f.first_at + (w.k + 1) * INTERVAL '7 days'")


@wrong("this rounds to the nearest week")
def retention_cohorts():
    return BY_DIVISION.replace("floor(epoch(created_at - first_at) / 604800)", "round(epoch(created_at - first_at) / 604800)")


@wrong("this counts users who are back in week k or later")
def retention_cohorts():
    return table(inside="r.created_at >= f.first_at + w.k * INTERVAL '7 days'")


@wrong("a week in which nobody is active has a row")
def retention_cohorts():
    return BY_DIVISION.replace("LEFT JOIN", "JOIN")


@wrong("weeks that are not over for the whole cohort are in")
def retention_cohorts():
    return table(over="true")


@wrong("the last user of a cohort begins almost 7 days after its Monday")
def retention_cohorts():
    return table(over="f.cohort_week + 7 * (w.k + 1) <= as_of")


@wrong("a week that ends at midnight of as_of is over")
def retention_cohorts():
    return table(over="f.cohort_week + 7 * (w.k + 2) < as_of")


@wrong("this counts requests; count each user once")
def retention_cohorts():
    return table(count="count(r.user_id)", share="count(r.user_id) / count(DISTINCT f.user_id)")


@wrong("this divides whole numbers without a fraction")
def retention_cohorts():
    return table(share="count(DISTINCT r.user_id) // count(DISTINCT f.user_id)")


@wrong("this is a percentage")
def retention_cohorts():
    return table(share="100.0 * count(DISTINCT r.user_id) / count(DISTINCT f.user_id)")


@wrong("this divides by the active users of the week before")
def retention_cohorts():
    return table(
        share="count(DISTINCT r.user_id) / coalesce(lag(count(DISTINCT r.user_id)) OVER (PARTITION BY f.cohort_week ORDER BY w.k), count(DISTINCT f.user_id))"
    )


@wrong("leave them out of the cohort's size")
def retention_cohorts():
    return """
    WITH f AS (SELECT user_id, min(created_at) AS first_at, date_trunc('week', min(created_at))::DATE AS cohort_week FROM api_requests GROUP BY user_id),
    sizes AS (SELECT cohort_week, count(*) AS users FROM f GROUP BY 1),
    active AS (
        SELECT cohort_week, floor(epoch(created_at - first_at) / 604800) AS week_number, count(DISTINCT user_id) AS n
        FROM f JOIN api_requests USING (user_id) GROUP BY 1, 2
    )
    SELECT cohort_week, week_number, users, coalesce(n, 0) AS active_users, coalesce(n, 0) / users AS retention
    FROM sizes CROSS JOIN (VALUES (0), (1), (2), (3), (4)) AS w (week_number) LEFT JOIN active USING (cohort_week, week_number)
    WHERE cohort_week + 7 * (week_number + 2) <= (SELECT as_of FROM clock)
    ORDER BY 1, 2
    """


@wrong("weeks begin on Sunday here")
def retention_cohorts():
    return table(cohort="(min(created_at)::DATE - dayofweek(min(created_at))::INT)")


@wrong("the date is written into the query")
def retention_cohorts():
    return table(over="f.cohort_week + 7 * (w.k + 2) <= DATE '2026-06-30'")


@wrong("week_number ends with 4")
def retention_cohorts():
    return table(last=7)


@wrong("users who are missing in users made requests, too")
def retention_cohorts():
    return table(source="users JOIN api_requests USING (user_id)")


@wrong("their order is not")
def retention_cohorts():
    return table(order="ORDER BY 2, 1")
