"""Answer bank of `top_models_daily`: right answers written differently, wrong ones that people give, each with what the message must say."""

from course.authoring.bank import right, wrong

RANKED = """
    WITH u AS (
        SELECT DATE(created_at) AS usage_date, model_name, SUM(COALESCE(tokens_consumed, 0)) AS daily_tokens
        FROM api_requests, clock
        WHERE created_at >= as_of - INTERVAL '30 days' AND created_at < as_of AND model_name IS NOT NULL
        GROUP BY 1, 2
    ), r AS (SELECT model_name, RANK() OVER (ORDER BY SUM(daily_tokens) DESC) AS model_rank FROM u GROUP BY model_name)
    SELECT u.usage_date, u.model_name, u.daily_tokens, r.model_rank
    FROM u JOIN r ON u.model_name = r.model_name
    WHERE r.model_rank <= 3
    ORDER BY u.usage_date, r.model_rank, u.model_name
"""


@right("commas for the clock, an interval")
def top_models_daily():
    return RANKED


@right("windows over groups, QUALIFY")
def top_models_daily():
    return """
    WITH days AS (
        SELECT created_at::DATE AS usage_date, model_name, ifnull(sum(tokens_consumed), 0) AS daily_tokens,
               sum(ifnull(sum(tokens_consumed), 0)) OVER (PARTITION BY model_name) AS total
        FROM api_requests
        WHERE created_at::DATE BETWEEN (SELECT as_of - 30 FROM clock) AND (SELECT as_of - 1 FROM clock) AND model_name <> ''
        GROUP BY 1, 2
    )
    , top AS (
        SELECT model_name, rank() OVER (ORDER BY any_value(total) DESC) AS model_rank FROM days GROUP BY model_name QUALIFY model_rank <= 3
    )
    SELECT usage_date, model_name, daily_tokens, model_rank FROM days NATURAL JOIN top
    ORDER BY usage_date, model_rank, model_name;
    """


@right("totals apart from days, other column order, capitals")
def top_models_daily():
    return """
    WITH period AS (
        SELECT r.*, CAST(r.created_at AS DATE) AS day FROM api_requests r CROSS JOIN clock c
        WHERE r.created_at BETWEEN c.as_of - 30 AND CAST(c.as_of AS TIMESTAMP) - INTERVAL '1 microsecond' AND r.model_name IS NOT NULL
    ), totals AS (
        SELECT model_name, SUM(COALESCE(tokens_consumed, 0)) AS total FROM period GROUP BY model_name
    ), top AS (
        SELECT a.model_name, COUNT(b.model_name) + 1 AS place FROM totals a LEFT JOIN totals b ON b.total > a.total
        GROUP BY a.model_name HAVING COUNT(b.model_name) < 3
    )
    SELECT top.place AS MODEL_RANK, p.model_name AS MODEL_NAME, SUM(COALESCE(p.tokens_consumed, 0)) * 1.0 AS DAILY_TOKENS, p.day AS USAGE_DATE
    FROM period p JOIN top ON top.model_name = p.model_name
    GROUP BY p.day, p.model_name, top.place
    ORDER BY p.day, top.place, p.model_name
    """


@wrong("this draws lots at a tie for rank 3")
def top_models_daily():
    return RANKED.replace("RANK() OVER (ORDER BY SUM(daily_tokens) DESC)", "ROW_NUMBER() OVER (ORDER BY SUM(daily_tokens) DESC, model_name)")


@wrong("DENSE_RANK closes the gap after a tie")
def top_models_daily():
    return RANKED.replace("RANK()", "DENSE_RANK()")


@wrong("this finds three winners for each day")
def top_models_daily():
    return """
    SELECT * FROM (
        SELECT CAST(created_at AS DATE) AS usage_date, model_name, COALESCE(SUM(tokens_consumed), 0) AS daily_tokens,
               RANK() OVER (PARTITION BY CAST(created_at AS DATE) ORDER BY COALESCE(SUM(tokens_consumed), 0) DESC) AS model_rank
        FROM api_requests
        WHERE created_at >= (SELECT as_of FROM clock) - 30 AND created_at < (SELECT as_of FROM clock) AND model_name IS NOT NULL
        GROUP BY 1, 2
    ) WHERE model_rank <= 3 ORDER BY 1, 4, 2
    """


@wrong("LIMIT cuts the rows of the result")
def top_models_daily():
    return RANKED.replace("WHERE r.model_rank <= 3", "") + " LIMIT 3"


@wrong("today is not over and does not count")
def top_models_daily():
    return RANKED.replace("AND created_at < as_of", "")


@wrong("this takes the 30 days ending today")
def top_models_daily():
    return RANKED.replace("INTERVAL '30 days' AND created_at < as_of", "INTERVAL '29 days'")


@wrong("the first of the 30 days is missing")
def top_models_daily():
    return RANKED.replace("30 days", "29 days")


@wrong("that moment included")
def top_models_daily():
    return RANKED.replace("created_at >= ", "created_at > ")


@wrong("the rank comes from all of the past")
def top_models_daily():
    return RANKED.replace(
        "FROM u GROUP BY model_name", "FROM (SELECT model_name, tokens_consumed AS daily_tokens FROM api_requests WHERE model_name IS NOT NULL) GROUP BY 1"
    )


@wrong("this counts requests")
def top_models_daily():
    return RANKED.replace("SUM(COALESCE(tokens_consumed, 0))", "COUNT(*)")


@wrong("requests without a model take a rank")
def top_models_daily():
    return RANKED.replace("AND model_name IS NOT NULL", "")


@wrong("requests without a model are left out")
def top_models_daily():
    return RANKED.replace("AND model_name IS NOT NULL", "").replace("ON u.model_name = r.model_name", "ON u.model_name IS NOT DISTINCT FROM r.model_name")


@wrong("a day of unknown token counts is 0, not NULL")
def top_models_daily():
    return RANKED.replace("COALESCE(tokens_consumed, 0)", "tokens_consumed")


@wrong("a day with only unknown token counts has a row")
def top_models_daily():
    return RANKED.replace("AND model_name IS NOT NULL", "AND model_name IS NOT NULL AND tokens_consumed IS NOT NULL")


@wrong("CURRENT_DATE is the wall clock; today is (SELECT as_of FROM clock)")
def top_models_daily():
    return RANKED.replace("as_of", "CURRENT_DATE")


@wrong("the date is written into the query")
def top_models_daily():
    return RANKED.replace("as_of", "DATE '2026-06-30'")


@wrong("these are not UTC days")
def top_models_daily():
    return RANKED.replace("DATE(created_at)", "CAST(created_at AT TIME ZONE 'UTC' AS DATE)")


@wrong("their order is not")
def top_models_daily():
    return RANKED.replace("ORDER BY u.usage_date, r.model_rank, u.model_name", "ORDER BY u.model_name, u.usage_date")


@wrong("model_rank is missing")
def top_models_daily():
    return RANKED.replace("u.daily_tokens, r.model_rank", "u.daily_tokens")


@wrong("(line 1: SELEC * FROM api_requests)")
def top_models_daily():
    return "SELEC * FROM api_requests"
