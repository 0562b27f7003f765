"""Answer bank of `sessions`: right answers written differently, wrong ones that people give, each with what the message must say."""

from course.authoring.bank import right, wrong

FLAG = "CASE WHEN pause IS NULL OR pause > INTERVAL '30 minutes' THEN 1 ELSE 0 END"
TEXT = f"""
    WITH pauses AS (
        SELECT *, created_at - lag(created_at) OVER (PARTITION BY user_id ORDER BY created_at) AS pause FROM api_requests WHERE user_id IS NOT NULL
    ), numbered AS (SELECT *, sum({FLAG}) OVER (PARTITION BY user_id ORDER BY created_at) AS session_number FROM pauses)
    SELECT user_id, session_number, min(created_at) AS started_at, max(created_at) AS ended_at, count(*) AS requests
    FROM numbered GROUP BY user_id, session_number
"""


@right("the pause as an interval, the default frame")
def sessions():
    return TEXT


@right("starts only, each with the start after it")
def sessions():
    return """
    WITH moments AS (
        SELECT user_id, created_at, COUNT(*) AS n FROM api_requests WHERE user_id IS NOT NULL GROUP BY user_id, created_at
    ), marked AS (
        SELECT *, LAG(created_at) OVER w AS before FROM moments WINDOW w AS (PARTITION BY user_id ORDER BY created_at)
    ), starts AS (
        SELECT user_id, created_at AS started_at, ROW_NUMBER() OVER w AS session_number, LEAD(created_at) OVER w AS next_start
        FROM marked WHERE before IS NULL OR created_at - before > INTERVAL 30 MINUTE
        WINDOW w AS (PARTITION BY user_id ORDER BY created_at)
    )
    SELECT m.user_id AS USER_ID, s.session_number, MAX(m.created_at) AS ended_at, s.started_at, CAST(SUM(m.n) AS INTEGER) AS requests
    FROM starts s JOIN moments m ON m.user_id = s.user_id AND m.created_at >= s.started_at AND (s.next_start IS NULL OR m.created_at < s.next_start)
    GROUP BY m.user_id, s.session_number, s.started_at
    ORDER BY 1, 2
    """


@right("seconds since 1970, DENSE_RANK of the start carried forward")
def sessions():
    return """
    WITH steps AS (
        SELECT user_id, created_at,
               epoch(created_at) - coalesce(lag(epoch(created_at)) OVER (PARTITION BY user_id ORDER BY created_at, request_id), -1e12) AS seconds
        FROM api_requests WHERE user_id IS NOT NULL
    ), carried AS (
        SELECT user_id, created_at, max(CASE WHEN seconds > 1800 THEN created_at END) OVER (PARTITION BY user_id ORDER BY created_at) AS started_at FROM steps
    )
    SELECT user_id, row_number() OVER (PARTITION BY user_id ORDER BY started_at) AS session_number, started_at,
           max(created_at) AS ended_at, count(*) AS requests
    FROM carried GROUP BY user_id, started_at
    """


@wrong("a pause of exactly 30 minutes continues the session")
def sessions():
    return TEXT.replace("pause > INTERVAL", "pause >= INTERVAL")


@wrong("whole minutes were counted, and the seconds cut off")
def sessions():
    return TEXT.replace(
        "created_at - lag(created_at) OVER (PARTITION BY user_id ORDER BY created_at)",
        "date_diff('minute', lag(created_at) OVER (PARTITION BY user_id ORDER BY created_at), created_at)",
    ).replace("INTERVAL '30 minutes'", "30")


@wrong("the first session of a user has number 1")
def sessions():
    return TEXT.replace("pause IS NULL OR ", "")


@wrong("LAG needs PARTITION BY user_id")
def sessions():
    return TEXT.replace("lag(created_at) OVER (PARTITION BY user_id ORDER BY created_at)", "lag(created_at) OVER (ORDER BY created_at)")


@wrong("sessions are numbered through for all users")
def sessions():
    return TEXT.replace(f"sum({FLAG}) OVER (PARTITION BY user_id ORDER BY created_at)", f"sum({FLAG}) OVER (ORDER BY user_id, created_at)")


@wrong("these are half hours of the clock")
def sessions():
    return """
    SELECT user_id, row_number() OVER (PARTITION BY user_id ORDER BY epoch(created_at) // 1800) AS session_number,
           min(created_at) AS started_at, max(created_at) AS ended_at, count(*) AS requests
    FROM api_requests WHERE user_id IS NOT NULL GROUP BY user_id, epoch(created_at) // 1800
    """


@wrong("the 30 minutes are measured from the first request of the session")
def sessions():
    return """
    WITH RECURSIVE starts AS (
        SELECT user_id, min(created_at) AS started_at, 1 AS session_number FROM api_requests WHERE user_id IS NOT NULL GROUP BY user_id
        UNION ALL
        SELECT * FROM (
            SELECT s.user_id, (
                SELECT min(r.created_at) FROM api_requests r
                WHERE r.user_id = s.user_id AND r.created_at > s.started_at + INTERVAL '30 minutes') AS next_at, s.session_number + 1
            FROM starts s
        ) WHERE next_at IS NOT NULL
    )
    SELECT s.user_id, s.session_number, s.started_at, max(r.created_at) AS ended_at, count(*) AS requests
    FROM starts s JOIN api_requests r ON r.user_id = s.user_id AND r.created_at BETWEEN s.started_at AND s.started_at + INTERVAL '30 minutes'
    GROUP BY 1, 2, 3
    """


@wrong("midnight does not end a session")
def sessions():
    return TEXT.replace("PARTITION BY user_id ORDER BY created_at) AS pause", "PARTITION BY user_id, CAST(created_at AS DATE) ORDER BY created_at) AS pause")


@wrong("request_id is not the order of time")
def sessions():
    return TEXT.replace("ORDER BY created_at", "ORDER BY request_id")


@wrong("requests without a user are no user")
def sessions():
    return TEXT.replace("WHERE user_id IS NOT NULL", "")


@wrong("a session ends with its last request")
def sessions():
    return TEXT.replace("max(created_at)", "max(created_at) + INTERVAL '30 minutes'")


@wrong("requests at one moment are two requests")
def sessions():
    return TEXT.replace("FROM api_requests", "FROM (SELECT DISTINCT user_id, created_at FROM api_requests)")


@wrong("a session of one request is a session, too")
def sessions():
    return TEXT + " HAVING count(*) > 1"


@wrong("another model does not open a session")
def sessions():
    return TEXT.replace("PARTITION BY user_id ORDER", "PARTITION BY user_id, model_name ORDER")


@wrong("only successful requests are used")
def sessions():
    return TEXT.replace("user_id IS NOT NULL", "user_id IS NOT NULL AND coalesce(status, 'ok') = 'ok'")


@wrong("users who are missing in users have sessions, too")
def sessions():
    return TEXT.replace("FROM api_requests", "FROM api_requests SEMI JOIN users USING (user_id)")


@wrong("session_number is missing")
def sessions():
    return TEXT.replace("user_id, session_number, min", "user_id, min")
