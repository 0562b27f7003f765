"""Answer bank of `ab_metric_inputs`: right answers written differently, wrong ones that people give, each with what the message must say."""

from course.authoring.bank import right, wrong

SUMS = "count(*) AS n, sum(x) AS sum_x, sum(y) AS sum_y, sum(x * x) AS sum_xx, sum(y * y) AS sum_yy, sum(x * y) AS sum_xy"
TEXT = f"""
    WITH arm AS (SELECT user_id, variant, assigned_at FROM assignments WHERE experiment = 'short-answers'),
    used AS (
        SELECT a.user_id, count(r.tokens_consumed) AS x, sum(r.tokens_consumed) AS y
        FROM arm a JOIN api_requests r ON r.user_id = a.user_id
        WHERE r.created_at >= a.assigned_at AND r.created_at < (SELECT as_of FROM clock)
        GROUP BY a.user_id
    ), totals AS (SELECT variant, coalesce(x, 0) AS x, coalesce(y, 0) AS y FROM arm LEFT JOIN used USING (user_id))
    SELECT variant, {SUMS} FROM totals GROUP BY variant
"""
ROWS = f"""
    WITH totals AS (
        SELECT a.variant, a.user_id, sum(CASE WHEN r.tokens_consumed IS NULL THEN 0 ELSE 1 END) AS x, sum(coalesce(r.tokens_consumed, 0)) AS y
        FROM assignments a CROSS JOIN clock c
        LEFT JOIN api_requests r ON r.user_id = a.user_id AND r.created_at >= a.assigned_at AND r.created_at < c.as_of
        WHERE a.experiment = 'short-answers' GROUP BY 1, 2
    )
    SELECT variant, {SUMS} FROM totals GROUP BY 1
"""


@right("sums of active users first, joined to all assigned")
def ab_metric_inputs():
    return TEXT


@right("one left join, sums of CASE, floats")
def ab_metric_inputs():
    return ROWS.replace("x * x", "CAST(x AS DOUBLE) ** 2").replace("GROUP BY 1\n", "GROUP BY 1 ORDER BY 1\n")


@right("scalar subqueries for each user")
def ab_metric_inputs():
    return f"""
    WITH r AS (SELECT * FROM api_requests WHERE tokens_consumed IS NOT NULL AND created_at < (SELECT as_of FROM clock)),
    totals AS (
        SELECT variant,
               (SELECT count(*) FROM r WHERE r.user_id = a.user_id AND r.created_at >= a.assigned_at) AS x,
               ifnull((SELECT sum(tokens_consumed) FROM r WHERE r.user_id = a.user_id AND r.created_at >= a.assigned_at), 0) AS y
        FROM assignments a WHERE experiment = 'short-answers'
    )
    SELECT variant, {SUMS} FROM totals GROUP BY variant
    """


@wrong("users without requests are dropped")
def ab_metric_inputs():
    return TEXT.replace("arm LEFT JOIN used", "arm JOIN used")


@wrong("users without requests are dropped")
def ab_metric_inputs():
    return ROWS.replace("WHERE a.experiment", "WHERE r.created_at >= a.assigned_at AND a.experiment")


@wrong("users without a known token count are dropped")
def ab_metric_inputs():
    return ROWS.replace("WHERE a.experiment", "WHERE r.tokens_consumed IS NOT NULL AND a.experiment")


@wrong("COUNT(*) counts 1 for a user without requests")
def ab_metric_inputs():
    return ROWS.replace("sum(CASE WHEN r.tokens_consumed IS NULL THEN 0 ELSE 1 END)", "count(*)")


@wrong("requests with an unknown count are in x")
def ab_metric_inputs():
    return TEXT.replace("count(r.tokens_consumed)", "count(*)")


@wrong("each request is taken for a user")
def ab_metric_inputs():
    return (
        ROWS.replace("sum(CASE WHEN r.tokens_consumed IS NULL THEN 0 ELSE 1 END)", "CASE WHEN r.tokens_consumed IS NULL THEN 0 ELSE 1 END")
        .replace("sum(coalesce(r.tokens_consumed, 0))", "coalesce(r.tokens_consumed, 0)")
        .replace("GROUP BY 1, 2", "")
    )


@wrong("each session is taken for a user")
def ab_metric_inputs():
    return f"""
    WITH r AS (
        SELECT a.variant, a.user_id, q.created_at, q.tokens_consumed,
               coalesce(q.created_at - lag(q.created_at) OVER (PARTITION BY a.user_id ORDER BY q.created_at) > INTERVAL 30 MINUTE, true)::INT AS opens
        FROM assignments a CROSS JOIN clock
        LEFT JOIN api_requests q ON q.user_id = a.user_id AND q.created_at >= a.assigned_at AND q.created_at < as_of
        WHERE a.experiment = 'short-answers'
    ), s AS (SELECT *, sum(opens) OVER (PARTITION BY user_id ORDER BY created_at) AS session FROM r),
    totals AS (SELECT variant, user_id, session, count(tokens_consumed) AS x, coalesce(sum(tokens_consumed), 0) AS y FROM s GROUP BY 1, 2, 3)
    SELECT variant, {SUMS} FROM totals GROUP BY variant
    """


@wrong("each day of a user is taken for a user")
def ab_metric_inputs():
    return ROWS.replace("GROUP BY 1, 2", "GROUP BY 1, 2, date_trunc('day', r.created_at)")


@wrong("requests from before the assignment are in")
def ab_metric_inputs():
    return TEXT.replace("r.created_at >= a.assigned_at AND", "")


@wrong("a request at the very moment of assignment counts")
def ab_metric_inputs():
    return TEXT.replace("r.created_at >= a", "r.created_at > a")


@wrong("today is not over and does not count")
def ab_metric_inputs():
    return TEXT.replace("AND r.created_at < (SELECT as_of FROM clock)", "")


@wrong("a moment at midnight of as_of is today")
def ab_metric_inputs():
    return TEXT.replace("r.created_at < (", "r.created_at <= (")


@wrong("the date is written into the query")
def ab_metric_inputs():
    return TEXT.replace("(SELECT as_of FROM clock)", "'2026-06-30'")


@wrong("two experiments are mixed")
def ab_metric_inputs():
    return ROWS.replace("WHERE a.experiment = 'short-answers'", "")


@wrong("this squares the sums of the arm")
def ab_metric_inputs():
    return TEXT.replace("sum(x * x)", "sum(x) ** 2").replace("sum(y * y)", "sum(y) ** 2").replace("sum(x * y)", "sum(x) * sum(y)")


@wrong("sum_xy is the product of the sums")
def ab_metric_inputs():
    return TEXT.replace("sum(x * y)", "sum(x) * sum(y)")


@wrong("x and y are swapped")
def ab_metric_inputs():
    return TEXT.replace("coalesce(x, 0) AS x, coalesce(y, 0) AS y", "coalesce(x, 0) AS y, coalesce(y, 0) AS x")


@wrong("sum_yy is the sum of squares of single requests")
def ab_metric_inputs():
    return ROWS.replace("AS y\n", "AS y, sum(coalesce(r.tokens_consumed, 0) ** 2) AS q\n").replace("sum(y * y)", "sum(q)")


@wrong("an arm without requests has sums of 0, not NULL")
def ab_metric_inputs():
    return TEXT.replace("coalesce(x, 0)", "x").replace("coalesce(y, 0)", "y")


@wrong("the status makes no difference")
def ab_metric_inputs():
    return TEXT.replace("r.created_at >=", "r.status = 'ok' AND r.created_at >=").replace("r.status = 'ok'", "coalesce(r.status, 'ok') = 'ok'")


@wrong("more arms than control and treatment")
def ab_metric_inputs():
    return TEXT.replace("= 'short-answers'", "= 'short-answers' AND variant IN ('control', 'treatment')")


@wrong("equal requests of one user are different requests")
def ab_metric_inputs():
    return TEXT.replace("JOIN api_requests r", "JOIN (SELECT DISTINCT user_id, created_at, tokens_consumed FROM api_requests) r")
