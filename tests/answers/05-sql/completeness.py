"""Answer bank of `completeness`: right answers written differently, wrong ones that people give, each with what the message must say."""

from course.authoring.bank import right, wrong

NAMES = ("user_id", "created_at", "feature_x", "requests_7d", "tokens_7d", "error_rate_7d", "plan")


def made(
    total="COUNT(*)",
    missing="COUNT(*) - COUNT({c})",
    share="1.0 * missing / NULLIF(total_rows, 0)",
    order="null_share DESC NULLS LAST, column_name",
    names=NAMES,
):
    each = " UNION ALL ".join(
        f"SELECT '{c}' AS column_name, {total.format(c=c)} AS total_rows, {missing.format(c=c)} AS missing FROM feature_table" for c in names
    )
    return f"SELECT *, {share} AS null_share FROM ({each}) ORDER BY {order}"


@right("seven queries written out")
def completeness():
    return """
    SELECT 'user_id' AS column_name, count(*) AS total_rows, count(*) FILTER (WHERE user_id IS NULL) AS missing,
        avg(CASE WHEN user_id IS NULL THEN 1.0 ELSE 0.0 END) AS null_share FROM feature_table
    UNION ALL SELECT 'created_at', count(*), count(*) FILTER (WHERE created_at IS NULL),
        avg(CASE WHEN created_at IS NULL THEN 1.0 ELSE 0.0 END) FROM feature_table
    UNION ALL SELECT 'feature_x', count(*), count(*) FILTER (WHERE feature_x IS NULL),
        avg(CASE WHEN feature_x IS NULL THEN 1.0 ELSE 0.0 END) FROM feature_table
    UNION ALL SELECT 'requests_7d', count(*), count(*) FILTER (WHERE requests_7d IS NULL),
        avg(CASE WHEN requests_7d IS NULL THEN 1.0 ELSE 0.0 END) FROM feature_table
    UNION ALL SELECT 'tokens_7d', count(*), count(*) FILTER (WHERE tokens_7d IS NULL),
        avg(CASE WHEN tokens_7d IS NULL THEN 1.0 ELSE 0.0 END) FROM feature_table
    UNION ALL SELECT 'error_rate_7d', count(*), count(*) FILTER (WHERE error_rate_7d IS NULL),
        avg(CASE WHEN error_rate_7d IS NULL THEN 1.0 ELSE 0.0 END) FROM feature_table
    UNION ALL SELECT 'plan', count(*), count(*) FILTER (WHERE plan IS NULL),
        avg(CASE WHEN plan IS NULL THEN 1.0 ELSE 0.0 END) FROM feature_table
    ORDER BY 4 DESC NULLS LAST, 1
    """


@right("one row of counts, turned around with UNPIVOT")
def completeness():
    columns = ", ".join(f"count({name}) AS {name}" for name in NAMES)
    return f"""
    WITH wide AS (SELECT count(*) AS total_rows, {columns} FROM feature_table),
         long AS (UNPIVOT wide ON {", ".join(NAMES)} INTO NAME column_name VALUE known)
    SELECT column_name, total_rows, total_rows - known AS missing, CASE WHEN total_rows > 0 THEN (total_rows - known) / total_rows END AS null_share
    FROM long ORDER BY null_share DESC, column_name
    """


@right("a list of names, a CASE for each")
def completeness():
    known = " ".join(f"WHEN '{name}' THEN count({name})" for name in NAMES)
    names = ", ".join(f"('{name}')" for name in NAMES)
    return f"""
    SELECT column_name, total_rows, total_rows - known AS missing, (total_rows - known)::numeric / NULLIF(total_rows, 0) AS null_share
    FROM (SELECT column_name, (SELECT count(*) FROM feature_table) AS total_rows, (SELECT CASE column_name {known} END FROM feature_table) AS known
          FROM (VALUES {names}) AS v (column_name)) AS t
    ORDER BY null_share DESC NULLS LAST, column_name
    """


@wrong("COUNT(column) leaves out NULLs")
def completeness():
    return made(total="COUNT({c})")


@wrong("nothing equals NULL")
def completeness():
    return made(missing="COUNT(CASE WHEN {c} = NULL THEN 1 END)")


@wrong("COUNT counts a 0 as well")
def completeness():
    return made(missing="COUNT(CASE WHEN {c} IS NULL THEN 1 ELSE 0 END)")


@wrong("this divides whole numbers without a fraction")
def completeness():
    return made(share="missing // NULLIF(total_rows, 0)")


@wrong("this is the share that is there")
def completeness():
    return made(share="1.0 * (total_rows - missing) / NULLIF(total_rows, 0)")


@wrong("this is a percentage")
def completeness():
    return made(share="100.0 * missing / NULLIF(total_rows, 0)")


@wrong("divide by all rows")
def completeness():
    return made(share="1.0 * missing / NULLIF(total_rows - missing, 0)")


@wrong("0 and the empty string are values")
def completeness():
    return made(missing="COUNT(CASE WHEN {c} IS NULL OR CAST({c} AS TEXT) IN ('', '0', '0.0') THEN 1 END)")


@wrong("a column without NULLs has a row, too")
def completeness():
    return "SELECT * FROM (" + made().replace("ORDER BY", "WHERE missing > 0 ORDER BY") + ")"


@wrong("user_id")
def completeness():
    return made(names=NAMES[1:])


@wrong("the worst column comes first")
def completeness():
    return made(order="null_share, column_name")


@wrong("equal shares are ordered by column_name")
def completeness():
    return made(order="null_share DESC NULLS LAST, column_name DESC").replace(
        "column_name DESC", "CASE column_name WHEN 'user_id' THEN 1 WHEN 'created_at' THEN 2 WHEN 'feature_x' THEN 3 END NULLS LAST"
    )


@wrong("0 / 0 is not a number")
def completeness():
    return made(share="1.0 * missing / total_rows")


@wrong("the SUM of no rows is NULL")
def completeness():
    return made(missing="SUM(CASE WHEN {c} IS NULL THEN 1 ELSE 0 END)")


@wrong("expected the text of a query, you returned a value of type float")
def completeness():
    return 0.75
