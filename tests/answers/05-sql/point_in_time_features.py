"""Answer bank of `point_in_time_features`: right answers written differently, wrong ones that people give, each with what the message must say."""

from course.authoring.bank import right, wrong

BEFORE, YOUNG = "AND f.created_at < l.label_at", "AND f.created_at >= l.label_at - INTERVAL '14 days'"
ASOF = f"""
    SELECT user_id, label_at, churned, feature_at, feature_x FROM (
        SELECT l.user_id, l.label_at, l.churned, f.created_at AS feature_at, f.feature_x,
               row_number() OVER (PARTITION BY l.user_id, l.label_at ORDER BY f.created_at DESC, f.feature_x DESC NULLS LAST) AS n
        FROM labels l LEFT JOIN feature_table f ON f.user_id = l.user_id {BEFORE} {YOUNG}
    ) AS t WHERE n = 1
"""


@right("ASOF JOIN on features without doubles")
def point_in_time_features():
    return """
    WITH once AS (SELECT user_id, created_at, max(feature_x) AS x FROM feature_table GROUP BY 1, 2)
    SELECT l.user_id, l.label_at, l.churned,
           CASE WHEN f.created_at >= l.label_at - INTERVAL 14 DAY THEN f.created_at END AS feature_at,
           CASE WHEN f.created_at >= l.label_at - INTERVAL 14 DAY THEN f.x END AS feature_x
    FROM labels l ASOF LEFT JOIN once f ON l.user_id = f.user_id AND l.label_at > f.created_at
    """


@right("a lateral join")
def point_in_time_features():
    return """
    SELECT l.user_id, l.label_at, l.churned, f.created_at AS feature_at, f.feature_x
    FROM labels AS l LEFT JOIN LATERAL (
        SELECT created_at, feature_x FROM feature_table AS t
        WHERE t.user_id = l.user_id AND t.created_at < l.label_at AND l.label_at - t.created_at <= INTERVAL '14 days'
        ORDER BY created_at DESC, feature_x DESC NULLS LAST LIMIT 1
    ) AS f ON true
    """


@right("the largest time first, then its values")
def point_in_time_features():
    return """
    WITH latest AS (
        SELECT l.user_id, l.label_at, l.churned, max(f.created_at) AS feature_at
        FROM labels AS l LEFT JOIN feature_table AS f ON f.user_id = l.user_id AND f.created_at < l.label_at AND f.created_at + INTERVAL '14 days' >= l.label_at
        GROUP BY l.user_id, l.label_at, l.churned
    )
    SELECT latest.user_id, label_at, churned, feature_at, max(f.feature_x) AS feature_x
    FROM latest LEFT JOIN feature_table AS f ON f.user_id = latest.user_id AND f.created_at = feature_at
    GROUP BY latest.user_id, label_at, churned, feature_at
    """


@wrong("this sees the future: the newest row of the user")
def point_in_time_features():
    return ASOF.replace(BEFORE, "").replace(YOUNG, "")


@wrong("this sees the future: rows after label_at count here")
def point_in_time_features():
    return ASOF.replace(BEFORE, "")


@wrong("this sees the future: the nearest row")
def point_in_time_features():
    return ASOF.replace(f"{BEFORE} {YOUNG}", "AND abs(epoch(f.created_at) - epoch(l.label_at)) <= 14 * 86400").replace(
        "BY f.created_at DESC", "BY abs(epoch(f.created_at) - epoch(l.label_at))"
    )


@wrong("this sees the future: a later moment of the same day")
def point_in_time_features():
    return ASOF.replace(BEFORE, "AND CAST(f.created_at AS DATE) <= CAST(l.label_at AS DATE)")


@wrong("strictly before")
def point_in_time_features():
    return ASOF.replace(BEFORE, BEFORE.replace("<", "<="))


@wrong("exactly 14 days before is still in")
def point_in_time_features():
    return ASOF.replace(">=", ">")


@wrong("a row older than 14 days is too old")
def point_in_time_features():
    return ASOF.replace(YOUNG, "")


@wrong("the age is counted from the day")
def point_in_time_features():
    return ASOF.replace(YOUNG, "AND CAST(f.created_at AS DATE) >= CAST(l.label_at AS DATE) - 14").replace(
        BEFORE, BEFORE + " AND (f.created_at <> '2026-06-05 23:59')"
    )


@wrong("a label without a feature row in time stays")
def point_in_time_features():
    return ASOF.replace("LEFT JOIN", "JOIN")


@wrong("a label without a feature row in time stays")
def point_in_time_features():
    return ASOF.replace(BEFORE, "WHERE f.created_at < l.label_at")


@wrong("a user may have several")
def point_in_time_features():
    return ASOF.replace("l.user_id, l.label_at ORDER", "l.user_id ORDER")


@wrong("each label has exactly one row")
def point_in_time_features():
    return ASOF.replace("WHERE n = 1", "")


@wrong("RANK keeps all of the latest moment")
def point_in_time_features():
    return ASOF.replace("row_number", "rank").replace(", f.feature_x DESC NULLS LAST", "")


@wrong("this is the first row of the 14 days")
def point_in_time_features():
    return ASOF.replace("f.created_at DESC", "f.created_at")


@wrong("don't go back to an older row")
def point_in_time_features():
    return ASOF.replace("ON f.user_id", "ON f.feature_x IS NOT NULL AND f.user_id")


@wrong("these maxima come from different ones")
def point_in_time_features():
    return f"""
    SELECT l.user_id, l.label_at, l.churned, max(f.created_at) AS feature_at, max(f.feature_x) AS feature_x
    FROM labels l LEFT JOIN feature_table f ON f.user_id = l.user_id {BEFORE} {YOUNG} GROUP BY ALL
    """


@wrong("labels with an unknown churned stay")
def point_in_time_features():
    return ASOF.replace("WHERE n = 1", "WHERE n = 1 AND churned IS NOT NULL")


@wrong("of several rows at the latest moment take the largest feature_x")
def point_in_time_features():
    return ASOF.replace("f.feature_x DESC", "f.feature_x")


@wrong("NULL only if all rows of the latest moment are NULL")
def point_in_time_features():
    return ASOF.replace("NULLS LAST", "NULLS FIRST")
