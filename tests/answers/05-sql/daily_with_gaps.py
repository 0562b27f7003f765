"""Answer bank of `daily_with_gaps`: right answers written differently, wrong ones that people give, each with what the message must say."""

from course.authoring.bank import right, wrong

DAILY = """
    WITH days AS (SELECT CAST(d AS DATE) AS usage_date FROM clock, generate_series(1, 34) AS s (k), LATERAL (SELECT as_of - CAST(k AS INTEGER) AS d)),
    f AS (SELECT usage_date, COUNT(request_id) AS requests, COUNT(DISTINCT user_id) AS active_users
          FROM days LEFT JOIN api_requests ON CAST(created_at AS DATE) = usage_date AND status = 'ok' GROUP BY usage_date),
    s AS (SELECT *, SUM(requests) OVER (ORDER BY usage_date ROWS 6 PRECEDING) / 7.0 AS mean_7d FROM f)
    SELECT usage_date, requests, active_users, mean_7d FROM s WHERE usage_date >= (SELECT as_of FROM clock) - 28 ORDER BY usage_date
"""


@right("everything in one LEFT JOIN")
def daily_with_gaps():
    return DAILY


@right("recursive days, scalar queries")
def daily_with_gaps():
    return """
    WITH RECURSIVE days (usage_date) AS (
        SELECT as_of - 28 FROM clock UNION ALL SELECT usage_date + 1 FROM days WHERE usage_date < (SELECT as_of FROM clock) - 1
    ), good AS (SELECT user_id, CAST(created_at AS DATE) AS d FROM api_requests WHERE status = 'ok'),
    daily AS (SELECT d, count(*) AS n, count(DISTINCT user_id) AS u FROM good GROUP BY d)
    SELECT usage_date, coalesce((SELECT n FROM daily WHERE d = usage_date), 0) AS requests,
           coalesce((SELECT u FROM daily WHERE d = usage_date), 0) AS active_users,
           coalesce((SELECT sum(n) FROM daily WHERE d BETWEEN usage_date - 6 AND usage_date), 0) / 7.0 AS mean_7d
    FROM days ORDER BY usage_date
    """


@right("a series of dates, RANGE with an interval")
def daily_with_gaps():
    return """
    WITH days AS (SELECT unnest(generate_series(as_of - INTERVAL 40 DAY, as_of - INTERVAL 1 DAY, INTERVAL 1 DAY)) AS day FROM clock),
    counted AS (SELECT date_trunc('day', created_at) AS day, count(*) AS n, count(DISTINCT user_id) AS u FROM api_requests WHERE status = 'ok' GROUP BY 1)
    SELECT CAST(day AS DATE) AS usage_date, coalesce(n, 0) AS requests, coalesce(u, 0) AS active_users,
           sum(coalesce(n, 0)) OVER (ORDER BY day RANGE BETWEEN INTERVAL 6 DAY PRECEDING AND CURRENT ROW) / 7 AS mean_7d
    FROM days LEFT JOIN counted USING (day)
    QUALIFY row_number() OVER (ORDER BY day DESC) <= 28
    ORDER BY day
    """


@wrong("the days without requests are missing: an inner join drops them, and so does")
def daily_with_gaps():
    return DAILY.replace("LEFT JOIN", "JOIN").replace("SUM(requests)", "AVG(requests)").replace("/ 7.0", "")


@wrong("and the mean does not take them as 0")
def daily_with_gaps():
    return DAILY.replace("AND status = 'ok' GROUP", "WHERE status = 'ok' GROUP")


@wrong("the days without requests are missing, in the rows and in the mean; make the days from clock")
def daily_with_gaps():
    return DAILY.replace(
        "SELECT CAST(d AS DATE) AS usage_date FROM clock, generate_series(1, 34) AS s (k), LATERAL (SELECT as_of - CAST(k AS INTEGER) AS d)",
        "SELECT DISTINCT CAST(created_at AS DATE) AS usage_date FROM api_requests WHERE status = 'ok' AND created_at < (SELECT as_of FROM clock)",
    )


@wrong("COUNT(*) after a LEFT JOIN counts the empty day itself")
def daily_with_gaps():
    return DAILY.replace("COUNT(request_id)", "COUNT(*)")


@wrong("not NULL")
def daily_with_gaps():
    return DAILY.replace(
        "SELECT usage_date, requests, active_users, mean_7d FROM s",
        "SELECT usage_date, NULLIF(requests, 0) AS requests, CASE WHEN requests > 0 THEN active_users END AS active_users, mean_7d FROM s",
    )


@wrong("AVG leaves out NULL")
def daily_with_gaps():
    return DAILY.replace("SUM(requests)", "AVG(NULLIF(requests, 0))").replace("/ 7.0", "")


@wrong("the mean divides whole numbers")
def daily_with_gaps():
    return DAILY.replace("/ 7.0", "// 7")


@wrong("the first six means reach back")
def daily_with_gaps():
    return DAILY.replace("(1, 34)", "(1, 28)").replace("SUM(requests)", "AVG(requests)").replace("/ 7.0", "")


@wrong("dividing by 7 is not enough")
def daily_with_gaps():
    return DAILY.replace("(1, 34)", "(1, 28)")


@wrong("the mean covers eight days")
def daily_with_gaps():
    return DAILY.replace("SUM(requests)", "AVG(requests)").replace("/ 7.0", "").replace("ROWS 6", "ROWS 7").replace("34", "35")


@wrong("the mean leaves its own day out")
def daily_with_gaps():
    return DAILY.replace("ROWS 6 PRECEDING", "ROWS BETWEEN 7 PRECEDING AND 1 PRECEDING").replace("34", "35")


@wrong("the mean looks at days to come")
def daily_with_gaps():
    return DAILY.replace("SUM(requests)", "AVG(requests)").replace("/ 7.0", "").replace("ROWS 6 PRECEDING", "ROWS BETWEEN 3 PRECEDING AND 3 FOLLOWING")


@wrong("this is the sum of seven days")
def daily_with_gaps():
    return DAILY.replace("/ 7.0", "")


@wrong("only requests with status ok count")
def daily_with_gaps():
    return DAILY.replace("AND status = 'ok'", "")


@wrong("a NULL status is not ok")
def daily_with_gaps():
    return DAILY.replace("status = 'ok'", "COALESCE(status, 'ok') = 'ok'")


@wrong("NULL is no user")
def daily_with_gaps():
    return DAILY.replace("COUNT(DISTINCT user_id)", "COUNT(DISTINCT CASE WHEN request_id IS NOT NULL THEN COALESCE(user_id, 0) END)")


@wrong("active_users counts different users")
def daily_with_gaps():
    return DAILY.replace("COUNT(DISTINCT user_id)", "COUNT(user_id)")


@wrong("today is not over")
def daily_with_gaps():
    return DAILY.replace("(1, 34)", "(0, 34)")


@wrong("these are the 28 days ending today")
def daily_with_gaps():
    return DAILY.replace("(1, 34)", "(0, 33)").replace("- 28", "- 27")


@wrong("CURRENT_DATE is the wall clock")
def daily_with_gaps():
    return DAILY.replace("as_of - CAST", "CURRENT_DATE - CAST").replace("(SELECT as_of FROM clock)", "CURRENT_DATE")


@wrong("the date is written into the query")
def daily_with_gaps():
    return DAILY.replace("as_of - CAST", "DATE '2026-06-30' - CAST").replace("(SELECT as_of FROM clock)", "DATE '2026-06-30'")


@wrong("these are not UTC days")
def daily_with_gaps():
    return DAILY.replace("CAST(created_at AS DATE)", "CAST(created_at AT TIME ZONE 'UTC' AS DATE)")


@wrong("their order is not")
def daily_with_gaps():
    return DAILY + " DESC"


@wrong("every day has a row; the days without requests are missing")
def daily_with_gaps():
    return DAILY.replace("FROM s WHERE", "FROM s WHERE requests > 0 AND")
