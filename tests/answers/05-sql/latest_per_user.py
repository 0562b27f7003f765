"""Answer bank of `latest_per_user`: right answers written differently, wrong ones that people give, each with what the message must say."""

from course.authoring.bank import right, wrong

LATEST = """
    SELECT user_id, request_id, model_name, created_at FROM (
        SELECT *, row_number() OVER (PARTITION BY user_id ORDER BY created_at DESC, request_id DESC) AS n
        FROM api_requests WHERE user_id IS NOT NULL
    ) AS numbered WHERE n = 1
"""


@right("QUALIFY")
def latest_per_user():
    return """
    SELECT user_id, request_id, model_name, created_at FROM api_requests WHERE user_id IS NOT NULL
    QUALIFY row_number() OVER (PARTITION BY user_id ORDER BY created_at DESC, request_id DESC) = 1
    """


@right("DISTINCT ON")
def latest_per_user():
    return """
    SELECT DISTINCT ON (user_id) user_id, request_id, model_name, created_at FROM api_requests WHERE user_id IS NOT NULL
    ORDER BY user_id, created_at DESC, request_id DESC
    """


@right("two maxima, one after the other")
def latest_per_user():
    return """
    WITH last_time AS (SELECT user_id, max(created_at) AS created_at FROM api_requests GROUP BY user_id),
         last_id AS (SELECT user_id, max(request_id) AS request_id FROM api_requests JOIN last_time USING (user_id, created_at) GROUP BY user_id)
    SELECT user_id, request_id, model_name, created_at FROM api_requests JOIN last_id USING (user_id, request_id)
    """


@right("arg_max of a whole row")
def latest_per_user():
    return """
    SELECT user_id, latest.request_id, latest.model_name, latest.created_at FROM (
        SELECT user_id, max({'created_at': created_at, 'request_id': request_id, 'model_name': model_name}) AS latest
        FROM api_requests WHERE user_id IS NOT NULL GROUP BY user_id
    )
    """


@wrong("RANK keeps both rows of a tie")
def latest_per_user():
    return LATEST.replace("row_number", "rank").replace(", request_id DESC", "")


@wrong("RANK keeps both rows of a tie")
def latest_per_user():
    return """
    SELECT user_id, request_id, model_name, created_at
    FROM api_requests JOIN (SELECT user_id, max(created_at) AS created_at FROM api_requests GROUP BY user_id) USING (user_id, created_at)
    """


@wrong("at the same moment the larger request_id is the latest")
def latest_per_user():
    return LATEST.replace("request_id DESC", "request_id")


@wrong("the largest request_id is not the latest request")
def latest_per_user():
    return "SELECT user_id, request_id, model_name, created_at FROM api_requests WHERE request_id IN (SELECT max(request_id) FROM api_requests WHERE user_id IS NOT NULL GROUP BY user_id)"


@wrong("these values come from different rows")
def latest_per_user():
    return "SELECT user_id, max(request_id) AS request_id, max(model_name) AS model_name, max(created_at) AS created_at FROM api_requests WHERE user_id > 0 GROUP BY 1"


@wrong("requests without a user are no user")
def latest_per_user():
    return LATEST.replace("WHERE user_id IS NOT NULL", "")


@wrong("this is the first request")
def latest_per_user():
    return LATEST.replace(" DESC", "")


@wrong("a latest request without a model stays the latest")
def latest_per_user():
    return LATEST.replace("IS NOT NULL", "IS NOT NULL AND model_name IS NOT NULL")


@wrong("a latest request without a model stays the latest")
def latest_per_user():
    return "SELECT user_id, request_id, model_name, created_at FROM (" + LATEST.replace("IS NOT NULL", "IS NOT NULL AND model_name IS NOT NULL") + ")"


@wrong("this is the one latest request of all")
def latest_per_user():
    return "SELECT user_id, request_id, model_name, created_at FROM api_requests WHERE user_id IS NOT NULL ORDER BY created_at DESC, request_id DESC LIMIT 1"


@wrong("users without any request have no row")
def latest_per_user():
    return f"SELECT u.user_id, request_id, model_name, created_at FROM users u LEFT JOIN ({LATEST}) USING (user_id)"


@wrong("users who are missing in users made requests, too")
def latest_per_user():
    return f"SELECT l.* FROM ({LATEST}) l WHERE l.user_id NOT IN (SELECT user_id FROM api_requests WHERE user_id NOT IN (SELECT user_id FROM users)) OR NOT EXISTS (FROM users)"


@wrong("expected one statement, you returned 2")
def latest_per_user():
    return "SELECT max(created_at) FROM api_requests; " + LATEST


@wrong("this statement is CREATE")
def latest_per_user():
    return "CREATE TABLE latest AS " + LATEST


@wrong("expected the text of a query, you returned a value of type int")
def latest_per_user():
    return 1
