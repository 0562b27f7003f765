"""Answer bank of `funnel`: right answers written differently, wrong ones that people give, each with what the message must say."""

from course.authoring.bank import right, wrong

STEPS = ("visit", "signup", "api_key", "first_request")


def walk(
    after="e.created_at >= w.reached_at",
    window="e.created_at <= w.entered_at + INTERVAL '7 days'",
    first="min",
    entry="min",
    mature="WHERE entered_at <= (SELECT as_of - INTERVAL '7 days' FROM clock)",
    share="CASE WHEN step > 1 AND lag(users) OVER (ORDER BY step) > 0 THEN users / lag(users) OVER (ORDER BY step) END",
    known="user_id IS NOT NULL",
    steps="FROM s LEFT JOIN users_by_step USING (step)",
):
    """Each user's moments by scalar subqueries, the counts by a join to the list of steps."""
    text = f"""WITH w1 AS (
        SELECT * FROM (
            SELECT user_id, {entry}(created_at) AS entered_at, {entry}(created_at) AS reached_at
            FROM events WHERE event_name = 'visit' AND {known} GROUP BY user_id
        ) {mature})"""
    for place in (2, 3, 4):
        text += f""", w{place} AS (SELECT user_id, entered_at, (
            SELECT {first}(e.created_at) FROM events e
            WHERE e.user_id IS NOT DISTINCT FROM w.user_id AND e.event_name = '{STEPS[place - 1]}' AND {after} AND {window}
        ) AS reached_at FROM w{place - 1} w WHERE reached_at IS NOT NULL)"""
    return f"""{text},
    s (step, event_name) AS (VALUES (1, 'visit'), (2, 'signup'), (3, 'api_key'), (4, 'first_request')),
    users_by_step AS (
        SELECT step, count(*) AS reached FROM (
            SELECT 1 AS step, reached_at FROM w1 UNION ALL SELECT 2, reached_at FROM w2
            UNION ALL SELECT 3, reached_at FROM w3 UNION ALL SELECT 4, reached_at FROM w4
        ) WHERE reached_at IS NOT NULL GROUP BY step
    ), counts AS (SELECT step, event_name, coalesce(reached, 0) AS users {steps})
    SELECT step, event_name, users, {share} AS from_previous FROM counts ORDER BY step"""


PANDAS_LIKE = """
    WITH e AS (SELECT user_id, event_name AS name, created_at AS t FROM events WHERE user_id IS NOT NULL),
    v AS (SELECT user_id, min(t) AS t0 FROM e WHERE name = 'visit' GROUP BY user_id),
    inside AS (
        SELECT v.user_id, t0, name, t FROM v LEFT JOIN e ON e.user_id = v.user_id AND t BETWEEN t0 AND t0 + INTERVAL 7 DAY
        WHERE t0 + INTERVAL 7 DAY <= (SELECT as_of FROM clock)
    ),
    a AS (SELECT *, t0 AS t1, min(CASE WHEN name = 'signup' THEN t END) OVER (PARTITION BY user_id) AS t2 FROM inside),
    b AS (SELECT *, min(CASE WHEN name = 'api_key' AND t >= t2 THEN t END) OVER (PARTITION BY user_id) AS t3 FROM a),
    c AS (SELECT *, min(CASE WHEN name = 'first_request' AND t >= t3 THEN t END) OVER (PARTITION BY user_id) AS t4 FROM b),
    u AS (SELECT DISTINCT user_id, t1, t2, t3, t4 FROM c),
    n AS (SELECT count(t1) AS n1, count(t2) AS n2, count(t3) AS n3, count(t4) AS n4 FROM u)
    SELECT 1 AS step, 'visit' AS event_name, n1 AS users, NULL::DOUBLE AS from_previous FROM n
    UNION ALL SELECT 2, 'signup', n2, n2::DOUBLE / nullif(n1, 0) FROM n
    UNION ALL SELECT 3, 'api_key', n3, n3::DOUBLE / nullif(n2, 0) FROM n
    UNION ALL SELECT 4, 'first_request', n4, n4::DOUBLE / nullif(n3, 0) FROM n
    ORDER BY step
"""


@right("scalar subqueries, a list of steps")
def funnel():
    return walk()


@right("windows over each user's events")
def funnel():
    return PANDAS_LIKE


@wrong("this counts users by event, without order and window")
def funnel():
    return """
    SELECT list_position(['visit', 'signup', 'api_key', 'first_request'], event_name) AS step, event_name, count(DISTINCT user_id) AS users,
           count(DISTINCT user_id)
               / lag(count(DISTINCT user_id)) OVER (ORDER BY list_position(['visit', 'signup', 'api_key', 'first_request'], event_name)) AS from_previous
    FROM events WHERE event_name <> 'payment' GROUP BY event_name ORDER BY step
    """


@wrong("the window is right, the order is not checked")
def funnel():
    return """
    WITH v AS (SELECT user_id, min(created_at) AS t0 FROM events WHERE event_name = 'visit' GROUP BY 1),
    c AS (
        SELECT event_name, count(DISTINCT user_id) AS users FROM events NATURAL JOIN v
        WHERE created_at >= t0 AND created_at <= t0 + INTERVAL 7 DAY AND t0 <= (SELECT as_of - 7 FROM clock) GROUP BY 1
    ), s (step, event_name) AS (VALUES (1, 'visit'), (2, 'signup'), (3, 'api_key'), (4, 'first_request'))
    SELECT step, event_name, users, users / lag(users) OVER (ORDER BY step) AS from_previous FROM s JOIN c USING (event_name) ORDER BY step
    """


@wrong("each step is compared with the visit only")
def funnel():
    return walk(after="e.created_at >= w.entered_at")


@wrong("the first occurrence ever is used")
def funnel():
    return """
    WITH f AS (
        SELECT user_id, min(created_at) FILTER (event_name = 'visit') AS t1, min(created_at) FILTER (event_name = 'signup') AS t2,
               min(created_at) FILTER (event_name = 'api_key') AS t3, min(created_at) FILTER (event_name = 'first_request') AS t4
        FROM events WHERE user_id IS NOT NULL GROUP BY user_id
    ), r AS (
        SELECT 1 + coalesce(t2 >= t1 AND t2 <= t1 + INTERVAL 7 DAY, false)::INT
                 + coalesce(t2 >= t1 AND t3 >= t2 AND t3 <= t1 + INTERVAL 7 DAY, false)::INT
                 + coalesce(t2 >= t1 AND t3 >= t2 AND t4 >= t3 AND t4 <= t1 + INTERVAL 7 DAY, false)::INT AS depth
        FROM f WHERE t1 <= (SELECT as_of - 7 FROM clock)
    ), s (step, event_name) AS (VALUES (1, 'visit'), (2, 'signup'), (3, 'api_key'), (4, 'first_request')),
    c AS (SELECT step, event_name, (SELECT count(*) FROM r WHERE depth >= step) AS users FROM s)
    SELECT *, users / nullif(lag(users) OVER (ORDER BY step), 0) AS from_previous FROM c ORDER BY step
    """


@wrong("the last occurrence of a step is used")
def funnel():
    return walk(first="max")


@wrong("there is no window")
def funnel():
    return walk(window="true")


@wrong("the 7 days are counted from the step before")
def funnel():
    return walk(window="e.created_at <= w.reached_at + INTERVAL '7 days'")


@wrong("exactly 7 days after the visit still counts")
def funnel():
    return walk(window="e.created_at < w.entered_at + INTERVAL '7 days'")


@wrong("7 days are 7 times 24 hours")
def funnel():
    return walk(window="date_diff('day', w.entered_at, e.created_at) <= 7")


@wrong("the same moment as the step before counts")
def funnel():
    return walk(after="e.created_at > w.reached_at")


@wrong("users whose 7 days are not over are in")
def funnel():
    return walk(mature="")


@wrong("a window that ends at midnight of as_of is over")
def funnel():
    return walk(mature="WHERE entered_at < (SELECT as_of - INTERVAL '7 days' FROM clock)")


@wrong("the date is written into the query")
def funnel():
    return walk(mature="WHERE entered_at <= TIMESTAMP '2026-06-23'")


@wrong("a user enters with the first visit, not with the last")
def funnel():
    return walk(entry="max")


@wrong("this divides by the users of the first step")
def funnel():
    return walk(share="CASE WHEN step > 1 THEN users / nullif(max(users) OVER (), 0) END")


@wrong("this divides whole numbers without a fraction")
def funnel():
    return walk(share="users // nullif(lag(users) OVER (ORDER BY step), 0)")


@wrong("this is a percentage")
def funnel():
    return walk(share="100 * users / nullif(lag(users) OVER (ORDER BY step), 0)")


@wrong("from_previous of the first step is NULL")
def funnel():
    return walk(share="CASE WHEN step = 1 THEN 1.0 ELSE users / nullif(lag(users) OVER (ORDER BY step), 0) END")


@wrong("dividing by 0 is no number")
def funnel():
    return walk(share="users / lag(users) OVER (ORDER BY step)")


@wrong("the share is NULL, not 0")
def funnel():
    return walk(share="CASE WHEN step > 1 THEN coalesce(users / nullif(lag(users) OVER (ORDER BY step), 0), 0) END")


@wrong("a step that nobody reaches has a row, too")
def funnel():
    return walk(steps="FROM s JOIN users_by_step USING (step)")


@wrong("events without a user are no user")
def funnel():
    return walk(known="true")


@wrong("their order is not")
def funnel():
    return walk().replace("FROM counts ORDER BY step", "FROM counts ORDER BY step DESC")
