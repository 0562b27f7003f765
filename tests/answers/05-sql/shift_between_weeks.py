"""Answer bank of `shift_between_weeks`: right answers written differently, wrong ones that people give, each with what the message must say."""

from course.authoring.bank import right, wrong

SHIFT = """
    WITH weeks AS (SELECT 'this_week' AS period, as_of - 7 AS a, as_of AS z FROM clock
                   UNION ALL SELECT 'last_week' AS period, as_of - 14 AS a, as_of - 7 AS z FROM clock),
    m AS (SELECT period, COUNT(created_at) AS row_count, AVG(feature_x) AS mean_x, STDDEV(feature_x) AS sd_x, MIN(feature_x) AS min_x, MAX(feature_x) AS max_x
          FROM weeks LEFT JOIN feature_table f ON f.created_at >= a AND f.created_at < z GROUP BY period)
    SELECT m.*, (m.mean_x - b.mean_x) / NULLIF(b.sd_x, 0) AS shift_sd FROM m CROSS JOIN m AS b WHERE b.period = 'last_week'
"""


@right("a CASE for the period, joined to the two names")
def shift_between_weeks():
    return """
    WITH named AS (
        SELECT CASE WHEN created_at >= (SELECT as_of FROM clock) - 7 THEN 'this_week' ELSE 'last_week' END AS period, feature_x
        FROM feature_table
        WHERE created_at >= (SELECT as_of FROM clock) - 14 AND created_at < (SELECT as_of FROM clock)
    ), g AS (
        SELECT period, count(*) AS n, avg(feature_x) AS mean_x, stddev(feature_x) AS sd_x,
               min(feature_x) AS min_x, max(feature_x) AS max_x FROM named GROUP BY 1
    )
    SELECT p.period, coalesce(g.n, 0) AS row_count, g.mean_x, g.sd_x, g.min_x, g.max_x,
           (g.mean_x - (SELECT mean_x FROM g WHERE period = 'last_week')) / nullif((SELECT sd_x FROM g WHERE period = 'last_week'), 0) AS shift_sd
    FROM (VALUES ('this_week'), ('last_week')) AS p (period) LEFT JOIN g ON g.period = p.period
    """


@right("FILTER in one row, then two SELECTs")
def shift_between_weeks():
    this, last = "CAST(created_at AS DATE) BETWEEN as_of - 7 AND as_of - 1", "CAST(created_at AS DATE) BETWEEN as_of - 14 AND as_of - 8"
    columns = ", ".join(
        f"count(*) FILTER ({w}) AS n_{k}, avg(feature_x) FILTER ({w}) AS mean_{k}, stddev_samp(feature_x) FILTER ({w}) AS sd_{k}, "
        f"min(feature_x) FILTER ({w}) AS min_{k}, max(feature_x) FILTER ({w}) AS max_{k}"
        for k, w in (("t", "WHERE " + this), ("l", "WHERE " + last))
    )
    return f"""
    WITH one AS (SELECT {columns} FROM feature_table CROSS JOIN clock)
    SELECT 'this_week' AS period, n_t AS row_count, mean_t AS mean_x, sd_t AS sd_x, min_t AS min_x, max_t AS max_x,
           CASE WHEN sd_l > 0 THEN (mean_t - mean_l) / sd_l END AS shift_sd FROM one
    UNION ALL
    SELECT 'last_week', n_l, mean_l, sd_l, min_l, max_l, CASE WHEN sd_l > 0 THEN 0 END FROM one
    """


@right("a window for last week's values")
def shift_between_weeks():
    return SHIFT.split("SELECT m.*")[0] + (
        "SELECT *, (mean_x - max(CASE WHEN period = 'last_week' THEN mean_x END) OVER ())"
        " / nullif(max(CASE WHEN period = 'last_week' THEN sd_x END) OVER (), 0) AS shift_sd FROM m"
    )


@wrong("CURRENT_DATE is the wall clock")
def shift_between_weeks():
    return SHIFT.replace("as_of", "CURRENT_DATE")


@wrong("the date is written into the query")
def shift_between_weeks():
    return SHIFT.replace("as_of", "DATE '2026-06-30'")


@wrong("today is not over and does not count")
def shift_between_weeks():
    return SHIFT.replace("f.created_at < z", "CAST(f.created_at AS DATE) < CASE period WHEN 'this_week' THEN z + 1 ELSE z END")


@wrong("nothing ends this_week")
def shift_between_weeks():
    return SHIFT.replace("f.created_at < z", "(f.created_at < z OR period = 'this_week')")


@wrong("these seven days end with today")
def shift_between_weeks():
    return SHIFT.replace("f.created_at", "CAST(f.created_at AS DATE)").replace(">= a", "> a").replace("< z", "<= z")


@wrong("a week begins at midnight")
def shift_between_weeks():
    return SHIFT.replace(">= a", "> a").replace("< z", "<= z")


@wrong("midnight between the weeks is counted twice")
def shift_between_weeks():
    return SHIFT.replace("f.created_at >= a AND f.created_at < z", "f.created_at BETWEEN a AND z")


@wrong("last_week takes in everything older")
def shift_between_weeks():
    return SHIFT.replace("f.created_at >= a", "(f.created_at >= a OR period = 'last_week')")


@wrong("COUNT(feature_x) leaves out NULLs")
def shift_between_weeks():
    return SHIFT.replace("COUNT(created_at)", "COUNT(feature_x)")


@wrong("sd_x is the sample standard deviation")
def shift_between_weeks():
    return SHIFT.replace("STDDEV(", "STDDEV_POP(")


@wrong("not in this week's")
def shift_between_weeks():
    return SHIFT.replace("b.sd_x", "m.sd_x")


@wrong("shift_sd is not divided")
def shift_between_weeks():
    return SHIFT.replace("/ NULLIF(b.sd_x, 0)", "")


@wrong("not the other way round")
def shift_between_weeks():
    return SHIFT.replace("m.mean_x - b.mean_x", "b.mean_x - m.mean_x")


@wrong("an unknown value is not 0")
def shift_between_weeks():
    return SHIFT.replace("(feature_x)", "(COALESCE(feature_x, 0))")


@wrong("a week without rows has a row, too")
def shift_between_weeks():
    return SHIFT.replace("LEFT JOIN", "JOIN")


@wrong("after a LEFT JOIN COUNT(*) counts its empty row")
def shift_between_weeks():
    return SHIFT.replace("COUNT(created_at)", "COUNT(*)")


@wrong("when last week's sd_x is 0, shift_sd is NULL")
def shift_between_weeks():
    return SHIFT.replace("NULLIF(b.sd_x, 0)", "b.sd_x")


@wrong("what can't be computed is NULL, not 0")
def shift_between_weeks():
    return SHIFT.replace("(m.mean_x - b.mean_x) / NULLIF(b.sd_x, 0)", "COALESCE((m.mean_x - b.mean_x) / NULLIF(b.sd_x, 0), 0)")


@wrong("the first moment of a week belongs to it")
def shift_between_weeks():
    return SHIFT.replace(">= a", "> a")
