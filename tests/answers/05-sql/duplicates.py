"""Answer bank of `duplicates`: right answers written differently, wrong ones that people give, each with what the message must say."""

from course.authoring.bank import right, wrong

TWICE = """
    SELECT user_id, created_at, SUM(n) AS copies, COUNT(*) AS versions FROM (
        SELECT user_id, created_at, COUNT(*) AS n FROM feature_table WHERE user_id IS NOT NULL
        GROUP BY user_id, created_at, feature_x, requests_7d, tokens_7d, error_rate_7d, plan
    ) AS v GROUP BY user_id, created_at HAVING SUM(n) > 1
"""
DIRECT = """
    SELECT user_id, created_at, COUNT(*) AS copies, {} AS versions FROM feature_table
    WHERE user_id IS NOT NULL GROUP BY user_id, created_at HAVING COUNT(*) > 1
"""


@right("COUNT(DISTINCT row)")
def duplicates():
    return DIRECT.format("COUNT(DISTINCT (feature_x, requests_7d, tokens_7d, error_rate_7d, plan))")


@right("DISTINCT rows joined to counts")
def duplicates():
    return """
    WITH keys AS (SELECT user_id, created_at, count(*) AS copies FROM feature_table GROUP BY 1, 2 HAVING count(*) > 1),
         different AS (SELECT DISTINCT * FROM feature_table)
    SELECT user_id, created_at, max(copies) AS copies, count(*) AS versions FROM keys JOIN different USING (user_id, created_at) GROUP BY 1, 2
    """


@right("windows and DENSE_RANK")
def duplicates():
    return """
    SELECT DISTINCT user_id, created_at, copies, max(version) OVER (PARTITION BY user_id, created_at) AS versions FROM (
        SELECT user_id, created_at, count(*) OVER (PARTITION BY user_id, created_at) AS copies,
               dense_rank() OVER (PARTITION BY user_id, created_at ORDER BY feature_x, requests_7d, tokens_7d, error_rate_7d, plan) AS version
        FROM feature_table WHERE user_id IS NOT NULL
    ) AS t WHERE copies > 1
    """


@wrong("a user has one row each week")
def duplicates():
    return TWICE.replace("SELECT user_id, created_at, SUM", "SELECT user_id, MAX(created_at) AS created_at, SUM").replace(
        "v GROUP BY user_id, created_at", "v GROUP BY user_id"
    )


@wrong("created_at, copies, versions are missing")
def duplicates():
    return "SELECT user_id, COUNT(*) AS n FROM feature_table GROUP BY user_id HAVING COUNT(*) > 1"


@wrong("two moments of one day are two keys")
def duplicates():
    return TWICE.replace("FROM feature_table", "FROM (SELECT * REPLACE (CAST(created_at AS DATE) AS created_at) FROM feature_table)")


@wrong("these are exact copies only")
def duplicates():
    return (
        "SELECT user_id, created_at, COUNT(*) AS copies, 1 AS versions FROM feature_table WHERE user_id IS NOT NULL GROUP BY ALL HAVING COUNT(*) > 1".replace(
            "GROUP BY ALL", "GROUP BY user_id, created_at, feature_x, requests_7d, tokens_7d, error_rate_7d, plan"
        )
    )


@wrong("these are conflicts only")
def duplicates():
    return TWICE.replace("HAVING SUM(n) > 1", "HAVING COUNT(*) > 1")


@wrong("keys that only one row has")
def duplicates():
    return TWICE.replace("SUM(n) > 1", "SUM(n) >= 1")


@wrong("not only those beyond the first")
def duplicates():
    return TWICE.replace("SUM(n) AS", "SUM(n) - 1 AS")


@wrong("copies counts rows, also those in which a value is NULL")
def duplicates():
    return TWICE.replace("COUNT(*) AS n", "COUNT(feature_x) AS n")


@wrong("COUNT(DISTINCT column) leaves out NULL")
def duplicates():
    return DIRECT.format(
        "GREATEST(COUNT(DISTINCT feature_x), COUNT(DISTINCT requests_7d), COUNT(DISTINCT tokens_7d), COUNT(DISTINCT error_rate_7d), COUNT(DISTINCT plan))"
    )


@wrong("versions compares feature_x only")
def duplicates():
    return DIRECT.format("COUNT(DISTINCT feature_x)")


@wrong("versions compares feature_x only; a row is the same")
def duplicates():
    return TWICE.replace(", requests_7d, tokens_7d, error_rate_7d, plan", "")


@wrong("columns glued together run into each other")
def duplicates():
    return DIRECT.format("COUNT(DISTINCT CONCAT(feature_x, requests_7d, tokens_7d, error_rate_7d, COALESCE(plan, '?')))").replace(
        "feature_x, r", "COALESCE(CAST(feature_x AS TEXT), '?'), r"
    )


@wrong("error_rate_7d is left out")
def duplicates():
    return TWICE.replace("error_rate_7d, ", "")


@wrong("versions are different rows")
def duplicates():
    names = ("feature_x", "requests_7d", "tokens_7d", "error_rate_7d", "plan")
    return DIRECT.format("GREATEST(" + ", ".join(f"COUNT(DISTINCT {c}) + MAX(CASE WHEN {c} IS NULL THEN 1 ELSE 0 END)" for c in names) + ")")


@wrong("rows without a user_id are left out")
def duplicates():
    return TWICE.replace("WHERE user_id IS NOT NULL", "")


@wrong("plan is left out")
def duplicates():
    return TWICE.replace(", plan", "")
