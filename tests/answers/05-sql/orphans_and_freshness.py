"""Answer bank of `orphans_and_freshness`: right answers written differently, wrong ones that people give, each with what the message must say."""

from course.authoring.bank import right, wrong

TABLES = ("api_requests", "events", "feature_table")
AGE = "(SELECT as_of FROM clock) - CAST(MAX(t.created_at) AS DATE)"


def made(
    rows="COUNT(*)",
    nobody="COUNT(*) - COUNT(t.user_id)",
    orphans="COUNT(t.user_id) - COUNT(k.user_id)",
    behind=AGE,
    join="LEFT JOIN (SELECT DISTINCT user_id FROM users) AS k ON k.user_id = t.user_id",
):
    each = "SELECT '@' AS table_name, " + f"{rows} AS row_count, {nobody} AS no_user, {orphans} AS orphans, {behind} AS days_behind FROM @ AS t {join}"
    return " UNION ALL ".join(each.replace("@", table) for table in TABLES)


@right("NOT EXISTS in scalar queries")
def orphans_and_freshness():
    return " UNION ALL ".join(
        f"""
        SELECT '{table}' AS table_name, (SELECT count(*) FROM {table}) AS row_count, (SELECT count(*) FROM {table} WHERE user_id IS NULL) AS no_user,
               (SELECT count(*) FROM {table} t WHERE t.user_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM users u WHERE u.user_id = t.user_id)) AS orphans,
               (SELECT date_diff('day', CAST(max(created_at) AS DATE), (SELECT as_of FROM clock)) FROM {table}) AS days_behind
        """
        for table in TABLES
    )


@right("NOT IN with the NULLs taken out")
def orphans_and_freshness():
    known = "(SELECT user_id FROM users WHERE user_id IS NOT NULL)"
    return f"""
    WITH everything AS (
        SELECT 'api_requests' AS name, user_id, created_at FROM api_requests
        UNION ALL SELECT 'events', user_id, created_at FROM events
        UNION ALL SELECT 'feature_table', user_id, created_at FROM feature_table
    )
    SELECT v.name AS table_name, count(e.name) AS row_count, count(e.name) FILTER (WHERE e.user_id IS NULL) AS no_user,
           count(e.name) FILTER (WHERE e.user_id IS NOT NULL AND e.user_id NOT IN {known}) AS orphans,
           (SELECT as_of FROM clock) - max(e.created_at::date) AS days_behind
    FROM (VALUES ('api_requests'), ('events'), ('feature_table')) AS v (name) LEFT JOIN everything e ON e.name = v.name
    GROUP BY v.name
    """


@right("ANTI JOIN")
def orphans_and_freshness():
    return " UNION ALL ".join(
        f"""
        SELECT '{table}' AS table_name, count(*) AS row_count, sum(CASE WHEN user_id IS NULL THEN 1 ELSE 0 END) AS no_user,
               (SELECT count(user_id) FROM {table} ANTI JOIN users USING (user_id)) AS orphans,
               max((SELECT as_of FROM clock)) - max(created_at)::date AS days_behind
        FROM {table}
        """.replace("sum(CASE WHEN user_id IS NULL THEN 1 ELSE 0 END)", "count(CASE WHEN user_id IS NULL THEN 1 END)")
        for table in TABLES
    )


@wrong("NOT IN is true for no row")
def orphans_and_freshness():
    return made(orphans="COUNT(CASE WHEN t.user_id NOT IN (SELECT user_id FROM users) THEN 1 END)")


@wrong("a row without a user_id is no orphan")
def orphans_and_freshness():
    return made(orphans="(SELECT COUNT(*) FROM @ AS o WHERE NOT EXISTS (SELECT 1 FROM users WHERE users.user_id = o.user_id))")


@wrong("doubles the rows it joins")
def orphans_and_freshness():
    return made(join="LEFT JOIN users AS k ON k.user_id = t.user_id")


@wrong("orphans counts rows, not users")
def orphans_and_freshness():
    return made(orphans="(SELECT COUNT(*) FROM (SELECT user_id FROM @ WHERE user_id IS NOT NULL EXCEPT SELECT user_id FROM users))")


@wrong("an inner join drops the orphans")
def orphans_and_freshness():
    return made(join="JOIN (SELECT DISTINCT user_id FROM users) AS k USING (user_id)")


@wrong("COUNT(user_id) leaves out those without")
def orphans_and_freshness():
    return made(rows="COUNT(t.user_id)")


@wrong("the hour of the newest row does not matter")
def orphans_and_freshness():
    return made(behind="date_part('day', (SELECT as_of FROM clock) - MAX(t.created_at))")


@wrong("this is the age of the oldest row")
def orphans_and_freshness():
    return made(behind=AGE.replace("MAX", "MIN"))


@wrong("this is minus the age")
def orphans_and_freshness():
    return made(behind="-(" + AGE + ")")


@wrong("all rows count for days_behind")
def orphans_and_freshness():
    return made(behind=AGE.replace("t.created_at", "CASE WHEN k.user_id = t.user_id THEN t.created_at END"))


@wrong("CURRENT_DATE is the wall clock")
def orphans_and_freshness():
    return made(behind="CURRENT_DATE - CAST(MAX(t.created_at) AS DATE)")


@wrong("the date is written into the query")
def orphans_and_freshness():
    return made(behind="DATE '2026-06-30' - CAST(MAX(t.created_at) AS DATE)")


@wrong("NULL, not 0")
def orphans_and_freshness():
    return made(behind=f"COALESCE({AGE}, 0)")


@wrong("a table without rows has a row, too")
def orphans_and_freshness():
    return " UNION ALL ".join(part + " GROUP BY 1" for part in made().split(" UNION ALL "))


@wrong("a row of tomorrow is -1 days behind, not 0")
def orphans_and_freshness():
    return made(behind=f"GREATEST({AGE}, 0) + 0 * ({AGE})")


@wrong("a row of tomorrow is -1 days behind; leave the sign")
def orphans_and_freshness():
    return made(behind=f"ABS({AGE})")
