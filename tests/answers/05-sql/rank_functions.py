"""Answer bank of `rank_functions`: right answers written differently, wrong ones that people give, each with what the message must say."""

from course.authoring.bank import right, wrong

RANKED = """
    SELECT model_name, request_id, tokens_consumed,
           row_number() OVER (PARTITION BY model_name ORDER BY tokens_consumed DESC NULLS LAST, request_id) AS row_num,
           rank() OVER (PARTITION BY model_name ORDER BY tokens_consumed DESC NULLS LAST) AS rnk,
           dense_rank() OVER (PARTITION BY model_name ORDER BY tokens_consumed DESC NULLS LAST) AS dense_rnk
    FROM api_requests
"""


@right("window functions, an order of its own")
def rank_functions():
    return RANKED + "ORDER BY request_id;"


@right("counting, without the rank functions")
def rank_functions():
    return """
    SELECT a.model_name, a.request_id, a.tokens_consumed,
           1 + COUNT(b.request_id) FILTER (WHERE COALESCE(b.tokens_consumed, -1) > COALESCE(a.tokens_consumed, -1)
               OR COALESCE(b.tokens_consumed, -1) = COALESCE(a.tokens_consumed, -1) AND b.request_id < a.request_id) AS row_num,
           1 + COUNT(*) FILTER (WHERE COALESCE(b.tokens_consumed, -1) > COALESCE(a.tokens_consumed, -1)) AS rnk,
           1 + COUNT(DISTINCT CASE WHEN COALESCE(b.tokens_consumed, -1) > COALESCE(a.tokens_consumed, -1) THEN b.tokens_consumed END) AS dense_rnk
    FROM api_requests a JOIN api_requests b ON a.model_name IS NOT DISTINCT FROM b.model_name
    GROUP BY a.model_name, a.request_id, a.tokens_consumed
    """


@right("a named window, the negative count ascending")
def rank_functions():
    return """
    WITH r AS (SELECT *, -tokens_consumed AS less FROM api_requests)
    SELECT row_number() OVER (PARTITION BY model_name ORDER BY less, request_id) AS ROW_NUM, rank() OVER w AS rnk, dense_rank() OVER w AS dense_rnk,
           model_name, request_id, tokens_consumed
    FROM r WINDOW w AS (PARTITION BY model_name ORDER BY less)
    """


@wrong("rnk and dense_rnk are swapped")
def rank_functions():
    return RANKED.replace("           rank()", "           dense_rank()").replace(
        "dense_rank() OVER (PARTITION BY model_name ORDER BY tokens_consumed DESC NULLS LAST) AS dense_rnk",
        "rank() OVER (PARTITION BY model_name ORDER BY tokens_consumed DESC NULLS LAST) AS dense_rnk",
    )


@wrong("one numbering for all models")
def rank_functions():
    return RANKED.replace("PARTITION BY model_name ", "")


@wrong("the smallest count comes first here")
def rank_functions():
    return RANKED.replace("DESC NULLS LAST", "")


@wrong("only row_num may have it")
def rank_functions():
    return RANKED.replace("LAST)", "LAST, request_id)")


@wrong("without a tie-breaker row_num is left to chance")
def rank_functions():
    return RANKED.replace(", request_id)", ")")


@wrong("at equal counts the smaller request_id comes first")
def rank_functions():
    return RANKED.replace(", request_id)", ", request_id DESC)")


@wrong("unknown counts come first here")
def rank_functions():
    return RANKED.replace("NULLS LAST", "NULLS FIRST")


@wrong("requests with an unknown count are left out")
def rank_functions():
    return RANKED + "WHERE tokens_consumed IS NOT NULL"


@wrong("an unknown count is not 0")
def rank_functions():
    return RANKED.replace("BY tokens_consumed DESC NULLS LAST", "BY COALESCE(tokens_consumed, 0) DESC")


@wrong("requests without a model are left out")
def rank_functions():
    return RANKED + "WHERE model_name IS NOT NULL"


@wrong("unknown counts are equals of each other")
def rank_functions():
    return RANKED.replace("NULLS LAST)", "NULLS LAST, CASE WHEN tokens_consumed IS NULL THEN request_id END)")


@wrong("expected the columns model_name, request_id, tokens_consumed, row_num, rnk, dense_rnk; row_num, rnk, dense_rnk are missing")
def rank_functions():
    return "SELECT model_name, request_id, tokens_consumed FROM api_requests"
