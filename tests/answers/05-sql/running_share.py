"""Answer bank of `running_share`: right answers written differently, wrong ones that people give, each with what the message must say."""

from course.authoring.bank import right, wrong

SHARE = """
    WITH t AS (SELECT user_id, SUM(COALESCE(tokens_consumed, 0)) AS tokens FROM api_requests WHERE user_id IS NOT NULL GROUP BY user_id)
    SELECT user_id, tokens, CAST(SUM(tokens) OVER (ORDER BY tokens DESC, user_id) AS DOUBLE) / NULLIF((SELECT SUM(tokens) FROM t), 0) AS running_share
    FROM t ORDER BY tokens DESC, user_id
"""


@right("a complete order with the default frame, a subquery for the total")
def running_share():
    return SHARE


@right("one step, windows over groups")
def running_share():
    return """
    SELECT user_id, coalesce(sum(tokens_consumed), 0) AS tokens,
           sum(coalesce(sum(tokens_consumed), 0)) OVER (ORDER BY coalesce(sum(tokens_consumed), 0) DESC, user_id ROWS UNBOUNDED PRECEDING)
               / nullif(sum(coalesce(sum(tokens_consumed), 0)) OVER (), 0) AS running_share
    FROM api_requests WHERE user_id IS NOT NULL GROUP BY user_id ORDER BY 2 DESC, 1
    """


@right("the sum from here to the end, taken from 1")
def running_share():
    return """
    WITH t AS (SELECT user_id, coalesce(sum(tokens_consumed), 0)::DOUBLE AS tokens FROM api_requests WHERE user_id IS NOT NULL GROUP BY 1)
    SELECT tokens, user_id, CASE WHEN sum(tokens) OVER () > 0 THEN
        1 - coalesce(sum(tokens) OVER (ORDER BY tokens DESC, user_id ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING), 0) / sum(tokens) OVER () END AS running_share
    FROM t ORDER BY tokens DESC, user_id
    """


@wrong("the default frame takes in all equal rows")
def running_share():
    return SHARE.replace("OVER (ORDER BY tokens DESC, user_id)", "OVER (ORDER BY tokens DESC)")


@wrong("this divides whole numbers without a fraction")
def running_share():
    return SHARE.replace("AS DOUBLE", "AS BIGINT").replace(" / ", " // ")


@wrong("this is a percentage")
def running_share():
    return SHARE.replace("CAST(", "100 * CAST(")


@wrong("this is each user's own share")
def running_share():
    return SHARE.replace("SUM(tokens) OVER (ORDER BY tokens DESC, user_id)", "tokens")


@wrong("the running sum is not divided by the total")
def running_share():
    return SHARE.replace("/ NULLIF((SELECT SUM(tokens) FROM t), 0)", "")


@wrong("the running sum goes from the smallest sum up")
def running_share():
    return SHARE.replace("OVER (ORDER BY tokens DESC, user_id)", "OVER (ORDER BY tokens, user_id)")


@wrong("the user's own tokens belong to the running sum")
def running_share():
    return SHARE.replace("DESC, user_id)", "DESC, user_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)")


@wrong("tokens of requests without a user are in the total")
def running_share():
    return SHARE.replace("SELECT SUM(tokens) FROM t", "SELECT SUM(tokens_consumed) FROM api_requests")


@wrong("requests without a user are no user")
def running_share():
    return SHARE.replace("WHERE user_id IS NOT NULL", "")


@wrong("a user with unknown counts only has 0 tokens, not NULL")
def running_share():
    return SHARE.replace("COALESCE(tokens_consumed, 0)", "tokens_consumed")


@wrong("a user with unknown counts only has a row, too")
def running_share():
    return SHARE.replace("user_id IS NOT NULL", "user_id IS NOT NULL AND tokens_consumed >= 0")


@wrong("this counts requests")
def running_share():
    return SHARE.replace("SUM(COALESCE(tokens_consumed, 0))", "COUNT(*)")


@wrong("equal sums are sorted by user_id")
def running_share():
    return SHARE.replace("DESC, user_id", "DESC, user_id DESC")


@wrong("0 / 0 is not a number")
def running_share():
    return SHARE.replace("NULLIF((SELECT SUM(tokens) FROM t), 0)", "(SELECT SUM(tokens) FROM t)")


@wrong("when the total is 0 the share is NULL, not 0")
def running_share():
    return SHARE.replace("CAST(SUM", "COALESCE(CAST(SUM").replace("FROM t), 0)", "FROM t), 0), 0)")


@wrong("users are numbers: 9 comes before 10")
def running_share():
    return SHARE.replace("DESC, user_id", "DESC, user_id::TEXT")


@wrong("their order is not")
def running_share():
    return SHARE.replace("FROM t ORDER BY tokens DESC, user_id", "FROM t ORDER BY user_id")


@wrong("your query was stopped after")
def running_share():
    return "WITH RECURSIVE r AS (SELECT 1 AS a UNION ALL SELECT a + 1 FROM r) SELECT max(a) AS user_id FROM r"
