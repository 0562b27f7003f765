# %% [markdown]
# # SQL
#
# The query runs, the number looks right, and it is wrong: a tie, a NULL, a day without rows, a value from the future. Interviewers watch whether you ask about these before you write.
# When you are through with this notebook, you can answer, and do:
#
# - Which questions must you ask before you write "top 3 by day", and which window function answers which of them?
# - How do you get exactly one row per user, the same one each time?
# - How do you find out that a feature table is damaged, and what does a wrong check miss?
# - How do you join features to labels so that nothing leaks from the future?
# - Sessions, funnels, cohorts and the inputs of an A/B test: where do the usual queries lose people?
#
# Reading takes about 75 minutes, the *core* exercises about 120, in two sittings; the *stretch* ones can wait for a second pass. An answer is a function that returns the text of a query. Write it where it says `YOUR CODE HERE`,
# run its cell, and run the `%check` cell below it: it says what is right, what is wrong and, for the usual mistakes, which one you made. `%hint` and `%solution` help when you are stuck.

# %%
# %load_ext course

# %% locked="setup"
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy import stats

from course import sql

# %% [markdown]
# ## The company's tables
#
# You are the data scientist of a company that sells access to language models. Its warehouse has nine tables. Look at them before you query them: which columns join, what one row *is*, and what may be missing.

# %% collapsed=true
layout = {
    "users": (0.0, 0.98),
    "api_requests": (0.25, 0.98),
    "models": (0.5, 0.98),
    "clock": (0.77, 0.98),
    "events": (0.0, 0.46),
    "feature_table": (0.25, 0.46),
    "assignments": (0.5, 0.46),
    "experiments": (0.77, 0.46),
    "labels": (0.77, 0.78),
}
joins = {"user_id": "C0", "model_name": "C1", "experiment": "C2"}
fig, ax = plt.subplots(figsize=(9, 4.6), layout="constrained")
for table, (x, y) in layout.items():
    columns = list(sql.TABLES[table])
    ax.add_patch(plt.Rectangle((x, y - 0.052 * (len(columns) + 1)), 0.22, 0.052 * (len(columns) + 1), fill=False, edgecolor="0.5"))
    ax.add_patch(plt.Rectangle((x, y - 0.052), 0.22, 0.052, color="0.85"))
    ax.text(x + 0.01, y - 0.026, table, va="center", fontsize=9, weight="bold")
    for place, column in enumerate(columns, 1):
        ax.text(
            x + 0.01, y - 0.026 - 0.052 * place, column, va="center", fontsize=9, color=joins.get(column, "0.2"), weight="bold" if column in joins else "normal"
        )
ax.set(xlim=(0, 1), ylim=(0, 1.0), title="Columns of one colour join tables: user_id, model_name, experiment")
ax.axis("off")
plt.show()

# %% [markdown]
# | table | one row is | watch out |
# |---|---|---|
# | `api_requests` | one call of a model | `user_id`, `model_name`, `tokens_consumed` may be NULL; several calls can have the same time; ids are not in the order of time |
# | `users`, `models` | one user, one model | some users never call, some calls name a user who is not there; a broken load can bring a user twice or without an id |
# | `events` | one step of a user on the way to paying: `visit`, `signup`, `api_key`, `first_request`, `payment` | steps can repeat or come out of order |
# | `feature_table` | the features of one user, as computed at `created_at` | NULLs, duplicates, late rows |
# | `labels` | whether a user churned, known from `label_at` on | `churned` may be NULL |
# | `experiments`, `assignments` | one experiment; one user in a variant of it | not every user is in one |
# | `clock` | today: one row, one date | `as_of` is a date, not a moment |
#
# Two conventions keep this notebook honest. **Times are UTC**, stored without a zone. **Today is `(SELECT as_of FROM clock)`**, never `CURRENT_DATE`: a query that asks the wall clock gives another answer tomorrow, and nobody can repeat your analysis.
#
# The next cell makes a warehouse with a million requests from a fixed seed. `sql.query(db, "...")` runs a query and shows at most 20 rows. It only reads: `DELETE` and friends are refused, as they are when your answers are checked. This warehouse is a clean one: many of its users never call, but it has no NULL and no unknown user. The databases of the checks have them.
#
# Each answer is a function that returns the text of a query. The first exercise is `top_models_daily`, with the example `month`: try your answer on the example, `sql.query(month, top_models_daily())`, and on the million rows, `sql.query(db, top_models_daily())`. The checks run it on other databases: with ties, NULLs, days without rows, no rows at all, five million rows. A query that runs for more than a few seconds is stopped.
#
# For all answers: the result has **exactly the columns asked for**, by name; a column more is refused, their order is free. Numbers are compared within one part in a million, whole or decimal alike; a date is right as `DATE` and as a moment at midnight. A value can be NULL, or a row be from after `as_of`, where the statement says so. `NaN` occurs in `completeness` only.

# %%
db = sql.generate(1_000_000)
sql.query(
    db,
    """
    SELECT count(*) AS requests,
           count(DISTINCT user_id) AS users,
           min(created_at) AS first_request,
           max(created_at) AS last_request,
           (SELECT as_of FROM clock) AS today
    FROM api_requests
    """,
)

# %% [markdown]
# Sixty whole days and half of today. Today's total will look like a collapse in every daily chart, so decide in each query whether the unfinished day counts.

# %% collapsed=true
daily = sql.query(
    db,
    """
    SELECT CAST(created_at AS DATE) AS usage_date, sum(tokens_consumed) / 1e6 AS million_tokens
    FROM api_requests
    GROUP BY usage_date
    ORDER BY usage_date
    """,
).frame()
days = pd.to_datetime(daily["usage_date"])
fig, ax = plt.subplots(figsize=(7, 3))
ax.plot(days, daily["million_tokens"], color="C0")
ax.plot(days.iloc[-1:], daily["million_tokens"].iloc[-1:], "o", color="C1")
ax.annotate(
    "today, until noon", (days.iloc[-1], daily["million_tokens"].iloc[-1]), xytext=(-12, 0), textcoords="offset points", ha="right", va="center", color="C1"
)
ax.set(xlabel="day", ylabel="million tokens", ylim=(0, None), title="Weekends dip; the last point is no incident, the day is not over")
ax.set_xticks(days[::10], days[::10].dt.strftime("%d %b"))
plt.show()

# %% [markdown]
# ## Reading a query in the order in which it runs
#
# You write `SELECT` first; the database gets to it late. Each step sees only what the step before has left:
#
# | step | clause | here |
# |---|---|---|
# | 1 | `FROM`, `JOIN` | which rows exist |
# | 2 | `WHERE` | which rows stay: no aggregates yet |
# | 3 | `GROUP BY` | rows become groups |
# | 4 | `HAVING` | which groups stay: aggregates allowed |
# | 5 | window functions (`... OVER`) | see the groups, or the rows if there are none |
# | 6 | `SELECT`, `DISTINCT` | names and expressions |
# | 7 | `ORDER BY`, `LIMIT` | order, then cut |
#
# Two consequences come up in interviews. A window function can't stand in `WHERE` (step 2 is before step 5): compute it in a `WITH` step, filter in the next. (DuckDB has `QUALIFY` for this, a `WHERE` behind step 5; Snowflake and BigQuery have it, too, PostgreSQL has not.) And `RANK() OVER (ORDER BY SUM(x) DESC)` is fine beside `GROUP BY`: the groups exist by then.
#
# One exception helps to write less: in DuckDB and PostgreSQL, `GROUP BY usage_date` may name a column that only `SELECT` defines; the engine puts the expression in its place. This is an extension, and SQL Server, for one, refuses it. The queries of this notebook use it.

# %%
sql.query(
    db,
    """
    WITH totals AS (                                   -- steps 1 to 5 on requests
        SELECT family, model_name, sum(tokens_consumed) AS tokens,
               rank() OVER (PARTITION BY family ORDER BY sum(tokens_consumed) DESC) AS place
        FROM api_requests JOIN models USING (model_name)
        GROUP BY family, model_name
    )
    SELECT family, model_name, tokens                  -- now the rank is a column like any other
    FROM totals
    WHERE place = 1
    ORDER BY tokens DESC
    """,
)

# %% [markdown]
# ### Top three, by day: say which three
#
# "The top 3 models by tokens in the last 30 days, broken down by day." It sounds complete and leaves five things open. Ask, or decide and say so:
#
# 1. Top three **of the whole period**, shown day by day? Or three new winners each day? The picture shows why it matters. In the exercise below it is the whole period.
# 2. **Which 30 days?** `created_at >= today - 30` alone holds 31 dates, the last of them half a day.
# 3. **A tie at rank 3**: both models, or one of them by chance? `LIMIT 3` and `ROW_NUMBER` leave it to chance.
# 4. **A day without usage**: no row, or a row with zero? A `GROUP BY` over requests can't make rows for days that are not there. (Zeros need a calendar: `daily_with_gaps`, further down.)
# 5. **Unknown values**: requests without a model, requests without a token count.

# %% collapsed=true
ranks = sql.query(
    db,
    """
    SELECT CAST(created_at AS DATE) AS usage_date, model_name, sum(tokens_consumed) / 1e6 AS million_tokens,
           rank() OVER (PARTITION BY CAST(created_at AS DATE) ORDER BY sum(tokens_consumed) DESC) AS place_that_day
    FROM api_requests
    WHERE created_at >= (SELECT as_of FROM clock) - 30 AND created_at < (SELECT as_of FROM clock)
    GROUP BY usage_date, model_name
    """,
).frame()
order = ranks.groupby("model_name")["million_tokens"].sum().sort_values(ascending=False)
fig, ax = plt.subplots(figsize=(7, 3), layout="constrained")
won = ranks[ranks["place_that_day"] <= 3].groupby("model_name").size().reindex(order.index, fill_value=0)
ax.bar(order.index, won, color=["C0"] * 3 + ["0.75"] * (len(order) - 3))
for place, (model, total) in enumerate(order.items()):
    ax.text(place, won[model] + 0.6, f"{total:.0f} M", ha="center", color="0.3")
ax.set(
    ylabel="days among that day's top 3",
    ylim=(0, 36),
    xlabel="model, by tokens of the 30 days (in millions above the bars)",
    title="Winners of single days are not only the top three of the month",
)
plt.show()

# %% locked="month"
month = sql.tiny(
    api_requests=sql.rows(
        "model_name created_at tokens_consumed",
        ("birch", "2026-05-30 23:59:59", 900),
        ("birch", "2026-05-31 00:00:00", 50),
        ("birch", "2026-05-31 18:00:00", 10),
        ("atlas", "2026-06-10 09:00:00", 100),
        ("birch", "2026-06-10 10:00:00", 60),
        ("dune", "2026-06-28 11:00:00", None),
        ("atlas", "2026-06-29 12:00:00", 30),
        ("cedar", "2026-06-29 13:00:00", 40),
        ("ember", "2026-06-29 15:00:00", 5),
        (None, "2026-06-29 16:00:00", 700),
        ("dune", "2026-06-29 23:59:59", 40),
        ("ember", "2026-06-30 08:00:00", 500),
    )
)
month_answer = sql.rows(
    "usage_date model_name daily_tokens model_rank",
    ("2026-05-31", "birch", 60, 2),
    ("2026-06-10", "atlas", 100, 1),
    ("2026-06-10", "birch", 60, 2),
    ("2026-06-28", "dune", 0, 3),
    ("2026-06-29", "atlas", 30, 1),
    ("2026-06-29", "cedar", 40, 3),
    ("2026-06-29", "dune", 40, 3),
)

# %% [markdown] statement="top_models_daily" level="core"
# ### `top_models_daily`: the top three of the month, day by day
#
# Write `top_models_daily()`; it returns the text of a query on `api_requests` and `clock`. The period is the **30 whole days before** `as_of`; `as_of` itself is out. Days are UTC days.
# A model's total is the sum of its `tokens_consumed` in the period; an unknown count adds nothing. Rank models by total, the largest first: 1 plus the number of models with a larger total. So models with equal totals share a rank,
# and all models with rank 3 or better are in, even if they are four. Requests without a model are left out.
#
# Columns: `usage_date`, `model_name`, `daily_tokens` (0 for a day on which all counts are unknown), `model_rank`. One row for each day and top model with at least one request on that day; no row for other days.
# Order by `usage_date`, then `model_rank`, then `model_name`.
#
# Example: for the twelve requests in `month` the totals are atlas 130, birch 120, cedar 40, dune 40, ember 5; the result is `month_answer`, seven rows that begin with `(2026-05-31, birch, 60, 2)`.


# %% solution="top_models_daily"
def top_models_daily() -> str:
    """Text of a query: usage_date, model_name, daily_tokens, model_rank of the top three models of the 30 whole days before `as_of`, in order."""
    ### BEGIN SOLUTION
    return """
    WITH daily_usage AS (
        SELECT CAST(created_at AS DATE) AS usage_date, model_name, COALESCE(SUM(tokens_consumed), 0) AS daily_tokens
        FROM api_requests
        WHERE created_at >= (SELECT as_of FROM clock) - 30
          AND created_at < (SELECT as_of FROM clock)
          AND model_name IS NOT NULL
        GROUP BY CAST(created_at AS DATE), model_name
    ),
    model_totals AS (
        SELECT model_name, RANK() OVER (ORDER BY SUM(daily_tokens) DESC) AS model_rank
        FROM daily_usage
        GROUP BY model_name
    )
    SELECT usage_date, model_name, daily_tokens, model_rank
    FROM daily_usage JOIN model_totals USING (model_name)
    WHERE model_rank <= 3
    ORDER BY usage_date, model_rank, model_name
    """
    ### END SOLUTION


# %% [markdown] hint="top_models_daily"
# Two questions, two `WITH` steps: tokens by day and model; then, from those, the rank of each model. Join them at the end.

# %% [markdown] hint="top_models_daily"
# The window in the second step has no `PARTITION BY`: one ranking for the whole period. Which of `ROW_NUMBER`, `RANK`, `DENSE_RANK` is "1 plus the number of models with more"?

# %% [markdown] hint="top_models_daily"
# The period is half-open: `created_at >= as_of - 30 AND created_at < as_of`, with `(SELECT as_of FROM clock)` for `as_of`. `COALESCE(SUM(tokens_consumed), 0)` makes a day of unknown counts 0.

# %% test="top_models_daily" name="value" points=2
"""The example row by row, then a generated month."""
query, mistakes = top_models_daily(), {}
### BEGIN HIDDEN TESTS
REFERENCE = """
    WITH daily AS (
        SELECT CAST(created_at AS DATE) AS usage_date, model_name, COALESCE(SUM(tokens_consumed), 0) AS daily_tokens
        FROM api_requests
        WHERE created_at >= (SELECT as_of FROM clock) - 30 AND created_at < (SELECT as_of FROM clock) AND model_name IS NOT NULL
        GROUP BY CAST(created_at AS DATE), model_name
    ), totals AS (SELECT model_name, RANK() OVER (ORDER BY SUM(daily_tokens) DESC) AS model_rank FROM daily GROUP BY model_name)
    SELECT usage_date, model_name, daily_tokens, model_rank FROM daily JOIN totals USING (model_name)
    WHERE model_rank <= 3 ORDER BY usage_date, model_rank, model_name
"""
each_day = """(SELECT usage_date, model_name, RANK() OVER (PARTITION BY usage_date ORDER BY daily_tokens DESC) AS model_rank FROM daily) totals USING (usage_date, model_name)"""
mistakes = {
    "this draws lots at a tie for rank 3; models with equal totals share a rank": REFERENCE.replace(
        "ORDER BY SUM(daily_tokens) DESC", "ORDER BY SUM(daily_tokens) DESC, model_name"
    ).replace("RANK()", "ROW_NUMBER()"),
    "DENSE_RANK closes the gap after a tie; the rank is 1 plus the number of models with more": REFERENCE.replace("RANK()", "DENSE_RANK()"),
    "this finds three winners for each day; the ranking is one for the whole period": REFERENCE.replace("totals USING (model_name)", each_day),
    "LIMIT cuts the rows of the result, not the number of models": REFERENCE.replace("WHERE model_rank <= 3", "") + " LIMIT 3",
    "today is not over and does not count; end the period before as_of": REFERENCE.replace("AND created_at < (SELECT as_of FROM clock)", ""),
    "the first of the 30 days is missing; the period begins at midnight, as_of - 30 included": REFERENCE.replace("clock) - 30", "clock) - 29"),
    "the period begins at midnight 30 days before as_of, that moment included": REFERENCE.replace("created_at >= ", "created_at > "),
    "this takes the 30 days ending today; as_of itself is out": REFERENCE.replace("clock) - 30", "clock) - 29").replace(
        "created_at < (SELECT as_of FROM clock)", "created_at < (SELECT as_of FROM clock) + 1"
    ),
    "the rank comes from all of the past; take the totals of the period": REFERENCE.replace(
        "FROM daily GROUP BY", "FROM (SELECT model_name, tokens_consumed AS daily_tokens FROM api_requests WHERE model_name IS NOT NULL) GROUP BY"
    ),
    "this counts requests; add up tokens_consumed": REFERENCE.replace("COALESCE(SUM(tokens_consumed), 0)", "COUNT(*)"),
    "requests without a model are left out": REFERENCE.replace("AND model_name IS NOT NULL", "")
    .replace("USING (model_name)", "ON daily.model_name IS NOT DISTINCT FROM totals.model_name")
    .replace(", model_name, daily_tokens, m", ", daily.model_name, daily_tokens, m")
    .replace("model_rank, model_name\n", "model_rank, daily.model_name\n"),
    "requests without a model take a rank although they are no model": REFERENCE.replace("AND model_name IS NOT NULL", ""),
    "a day of unknown token counts is 0, not NULL": REFERENCE.replace("COALESCE(SUM(tokens_consumed), 0)", "SUM(tokens_consumed)"),
    "a day with only unknown token counts has a row, too, with 0": REFERENCE.replace(
        "AND model_name IS NOT NULL", "AND model_name IS NOT NULL AND tokens_consumed IS NOT NULL"
    ),
    "the smallest total comes first here; rank from the largest": REFERENCE.replace("SUM(daily_tokens) DESC", "SUM(daily_tokens)"),
}
### END HIDDEN TESTS
sql.result(query, month_answer, month, "the twelve requests", ordered=True, mistakes=mistakes)
### BEGIN HIDDEN TESTS
sql.result(query, REFERENCE, sql.generate(4_000, seed=3), "4,000 requests of 60 days", ordered=True, mistakes=mistakes)
### END HIDDEN TESTS

# %% test="top_models_daily" name="cases" points=3
"""Ties, NULLs, days without requests, another date in clock, no rows at all, five million rows."""
### BEGIN HIDDEN TESTS
REFERENCE = """
    WITH daily AS (
        SELECT CAST(created_at AS DATE) AS usage_date, model_name, COALESCE(SUM(tokens_consumed), 0) AS daily_tokens
        FROM api_requests
        WHERE created_at >= (SELECT as_of FROM clock) - 30 AND created_at < (SELECT as_of FROM clock) AND model_name IS NOT NULL
        GROUP BY CAST(created_at AS DATE), model_name
    ), totals AS (SELECT model_name, RANK() OVER (ORDER BY SUM(daily_tokens) DESC) AS model_rank FROM daily GROUP BY model_name)
    SELECT usage_date, model_name, daily_tokens, model_rank FROM daily JOIN totals USING (model_name)
    WHERE model_rank <= 3 ORDER BY usage_date, model_rank, model_name
"""
query = top_models_daily()
first_tie = sql.tiny(
    api_requests=sql.rows(
        "model_name created_at tokens_consumed",
        *[(model, "2026-06-20 12:00", tokens) for model, tokens in [("atlas", 9), ("birch", 9), ("cedar", 7), ("dune", 7), ("ember", 5), ("fjord", 3)]],
    )
)
leap = sql.tiny(
    as_of="2024-03-10",
    api_requests=sql.rows(
        "model_name created_at tokens_consumed",
        ("atlas", "2024-02-08 23:59", 4),
        ("atlas", "2024-02-09 00:00", 1),
        ("birch", "2024-02-29 23:30", 8),
        ("cedar", "2024-03-09 23:59", 3),
        ("dune", "2024-03-10 00:00", 50),
        ("ember", "2026-06-15 12:00", 2),
    ),
)
for name, database in {
    "two ties, at rank 1 and at rank 3": first_tie,
    "a tie at rank 3 in a generated month": sql.generate(4_000, ties=True),
    "NULLs": sql.generate(4_000, nulls=True),
    "days without requests": sql.generate(3_000, gaps=True),
    "a session in Auckland (days stay UTC days)": sql.generate(4_000, zones=True),
    "as_of on 10 March 2024": leap,
    "no requests at all": sql.generate(empty=True),
    "five million requests": sql.generate(5_000_000),
}.items():
    sql.result(
        query,
        REFERENCE,
        database,
        name,
        ordered=True,
        seconds=12,
        mistakes={
            "this draws lots at a tie for rank 3; models with equal totals share a rank": REFERENCE.replace(
                "ORDER BY SUM(daily_tokens) DESC", "ORDER BY SUM(daily_tokens) DESC, model_name"
            ).replace("RANK()", "ROW_NUMBER()"),
            "DENSE_RANK closes the gap after a tie; the rank is 1 plus the number of models with more": REFERENCE.replace("RANK()", "DENSE_RANK()"),
            "a day of unknown token counts is 0, not NULL": REFERENCE.replace("COALESCE(SUM(tokens_consumed), 0)", "SUM(tokens_consumed)"),
            "the date is written into the query; take as_of from clock": REFERENCE.replace("(SELECT as_of FROM clock)", "DATE '2026-06-30'"),
            "these are not UTC days: created_at is UTC already, don't convert it": REFERENCE.replace(
                "CAST(created_at AS DATE)", "CAST(created_at AT TIME ZONE 'UTC' AS DATE)"
            ),
        },
    )
### END HIDDEN TESTS

# %% [markdown] explain="top_models_daily"
# Two levels of aggregation need two steps: days and models first, then models. Ranking inside the first step (`PARTITION BY usage_date`) answers another question.
#
# `RANK` follows the definition: 1 plus the number of models with more. `ROW_NUMBER` would drop one of two equal models, by whatever order the engine happened to read; `DENSE_RANK` would let a fifth model in after a tie at rank 1.
#
# The half-open interval is the safe way to write a period: no moment is counted twice or lost, whatever the resolution of the timestamps, and the column stands alone on its side of the comparison, so that the engine can skip what lies outside.
#
# `COALESCE` matters twice: for the value in the row, and for the rank. A total of NULL sorts *first* under `DESC` in PostgreSQL and last in DuckDB: without it, one query gives two answers.

# %% [markdown]
# > **In the interview.** *"Top 3 models by tokens in the last 30 days, broken down by day."*
# > **In 30 seconds:** I ask which three (of the period or of each day), which 30 days (whole days before today), and what happens at a tie and on a day without usage. Then: daily sums by model in a CTE, a `RANK` over the period's totals in a second one, join, keep rank 3 or better, order by day and rank.
# > **They ask next:** what does your query give when two models tie? When a model has a day off? Why not `LIMIT 3`? In which zone is a day?
# > **Red flags:** `LIMIT 3` on rows that are days; `CURRENT_DATE` with a half day at the end, unnoticed; no word about ties.

# %% [markdown]
# ## Three ways to number rows
#
# A window function looks at other rows without merging them into groups: `PARTITION BY` says which rows belong together, `ORDER BY` in which order they stand. On the scores 100, 90, 90, 80 the three numberings differ at the tie:

# %%
sql.query(
    db,
    """
    SELECT name, score,
           row_number() OVER (ORDER BY score DESC, name) AS "ROW_NUMBER",
           rank()       OVER (ORDER BY score DESC)       AS "RANK",
           dense_rank() OVER (ORDER BY score DESC)       AS "DENSE_RANK"
    FROM (VALUES ('ada', 100), ('bo', 90), ('cy', 90), ('di', 80)) AS scores (name, score)
    ORDER BY score DESC, name
    """,
)

# %% [markdown]
# - `ROW_NUMBER` never repeats: take it when you need exactly one row. At a tie it needs a **tie-breaker** (`name` here); without one, the engine picks, and may pick differently tomorrow.
# - `RANK` leaves a gap: 1 plus the number of rows that are better. Take it for leaderboards and "top n with ties".
# - `DENSE_RANK` leaves none: 1 plus the number of *different* better values.
#
# The order inside `OVER` orders the window, not the result: the last `ORDER BY` does that. And it has to put NULLs somewhere. Here the dialects part: with `DESC`, PostgreSQL puts NULLs **first**, DuckDB last. So an unknown score wins the leaderboard in one and loses it in the other. Say `NULLS LAST`.

# %%
sql.query(
    db,
    """
    SELECT name, score,
           rank() OVER (ORDER BY score DESC NULLS LAST)  AS nulls_last,
           rank() OVER (ORDER BY score DESC NULLS FIRST) AS nulls_first
    FROM (VALUES ('ada', 100), ('bo', NULL), ('cy', 90)) AS scores (name, score)
    ORDER BY nulls_last
    """,
)

# %% locked="calls"
calls = sql.tiny(
    api_requests=sql.rows(
        "request_id model_name tokens_consumed",
        (4, "atlas", 90),
        (1, "atlas", 80),
        (2, "atlas", 90),
        (3, "atlas", 100),
        (8, "birch", None),
        (6, "birch", None),
        (7, "birch", 0),
        (5, "birch", 50),
        (9, None, 20),
    )
)
calls_answer = sql.rows(
    "model_name request_id tokens_consumed row_num rnk dense_rnk",
    ("atlas", 3, 100, 1, 1, 1),
    ("atlas", 2, 90, 2, 2, 2),
    ("atlas", 4, 90, 3, 2, 2),
    ("atlas", 1, 80, 4, 4, 3),
    ("birch", 5, 50, 1, 1, 1),
    ("birch", 7, 0, 2, 2, 2),
    ("birch", 6, None, 3, 3, 3),
    ("birch", 8, None, 4, 3, 3),
    (None, 9, 20, 1, 1, 1),
)

# %% [markdown] statement="rank_functions" level="core"
# ### `rank_functions`: number the requests of each model
#
# Write `rank_functions()`; it returns the text of a query on `api_requests` that numbers the requests of each model by `tokens_consumed`, the largest first, in all three ways.
#
# Columns: `model_name`, `request_id`, `tokens_consumed`, `row_num` (no number twice in a model; at equal counts, and among unknown ones, the smaller `request_id` comes first), `rnk` (equal counts share a rank, then a gap), `dense_rnk` (no gap).
# One row for each request, none is left out: requests without a model are a group of their own, and requests with an unknown count come last in their group, as equals of each other. The order of the result is free.
#
# Example: `calls` holds four atlas requests with 100, 90, 90, 80 tokens, four of birch with 50, 0 and twice NULL, and one without a model; the result is `calls_answer`: `row_num` 1, 2, 3, 4, `rnk` 1, 2, 2, 4 and `dense_rnk` 1, 2, 2, 3 for atlas; 1, 2, 3, 4, then 1, 2, 3, 3 and 1, 2, 3, 3 for birch.


# %% solution="rank_functions"
def rank_functions() -> str:
    """Text of a query: model_name, request_id, tokens_consumed, row_num, rnk, dense_rnk of every request, in any order."""
    ### BEGIN SOLUTION
    return """
    SELECT model_name, request_id, tokens_consumed,
           ROW_NUMBER() OVER (PARTITION BY model_name ORDER BY tokens_consumed DESC NULLS LAST, request_id) AS row_num,
           RANK() OVER (PARTITION BY model_name ORDER BY tokens_consumed DESC NULLS LAST) AS rnk,
           DENSE_RANK() OVER (PARTITION BY model_name ORDER BY tokens_consumed DESC NULLS LAST) AS dense_rnk
    FROM api_requests
    """
    ### END SOLUTION


# %% [markdown] hint="rank_functions"
# Three window functions, each with its own `OVER (...)`. Which of the three needs a tie-breaker, and what would a tie-breaker do to the other two?

# %% [markdown] hint="rank_functions"
# All three share `PARTITION BY model_name ORDER BY tokens_consumed DESC NULLS LAST`; `ROW_NUMBER` alone goes on with `, request_id`.

# %% test="rank_functions" name="value" points=2
"""The example row by row, then generated requests."""
query, mistakes = rank_functions(), {}
### BEGIN HIDDEN TESTS
REFERENCE = """
    SELECT model_name, request_id, tokens_consumed, ROW_NUMBER() OVER (PARTITION BY model_name ORDER BY tokens_consumed DESC NULLS LAST, request_id) AS row_num,
           RANK() OVER (PARTITION BY model_name ORDER BY tokens_consumed DESC NULLS LAST) AS rnk, DENSE_RANK() OVER (PARTITION BY model_name ORDER BY tokens_consumed DESC NULLS LAST) AS dense_rnk
    FROM api_requests
"""
mistakes = {
    "rnk and dense_rnk are swapped; RANK leaves a gap after a tie": REFERENCE.replace("AS rnk", "AS d")
    .replace("AS dense_rnk", "AS rnk")
    .replace("AS d,", "AS dense_rnk,"),
    "one numbering for all models; partition by model_name": REFERENCE.replace("PARTITION BY model_name ", ""),
    "the smallest count comes first here; number from the largest": REFERENCE.replace(" DESC NULLS LAST", ""),
    "a tie-breaker leaves no ties to rank; only row_num may have it": REFERENCE.replace("NULLS LAST)", "NULLS LAST, request_id)"),
    "at equal counts the smaller request_id comes first; without a tie-breaker row_num is left to chance": REFERENCE.replace(
        "NULLS LAST, request_id", "NULLS LAST, request_id DESC"
    ),
    "unknown counts come first here; they come last": REFERENCE.replace("NULLS LAST", "NULLS FIRST"),
    "requests with an unknown count are left out; every request has a row": REFERENCE + "WHERE tokens_consumed IS NOT NULL",
    "an unknown count is not 0; it comes after 0": REFERENCE.replace("BY tokens_consumed", "BY COALESCE(tokens_consumed, 0)"),
    "requests without a model are left out; they are a group of their own": REFERENCE + "WHERE model_name IS NOT NULL",
    "unknown counts are equals of each other, they share rnk and dense_rnk": REFERENCE.replace(
        "NULLS LAST)", "NULLS LAST, CASE WHEN tokens_consumed IS NULL THEN request_id END)"
    ),
}
### END HIDDEN TESTS
sql.result(query, calls_answer, calls, "the nine requests", mistakes=mistakes)
### BEGIN HIDDEN TESTS
sql.result(query, REFERENCE, sql.generate(500, seed=5, ties=True), "500 requests with many equal counts", mistakes=mistakes)
### END HIDDEN TESTS

# %% test="rank_functions" name="cases" points=1
"""Unknown models and counts, counts of zero, no rows at all."""
### BEGIN HIDDEN TESTS
REFERENCE = """
    SELECT model_name, request_id, tokens_consumed, ROW_NUMBER() OVER (PARTITION BY model_name ORDER BY tokens_consumed DESC NULLS LAST, request_id) AS row_num,
           RANK() OVER (PARTITION BY model_name ORDER BY tokens_consumed DESC NULLS LAST) AS rnk, DENSE_RANK() OVER (PARTITION BY model_name ORDER BY tokens_consumed DESC NULLS LAST) AS dense_rnk
    FROM api_requests
"""
query = rank_functions()
unknown = sql.tiny(
    api_requests=sql.rows(
        "model_name tokens_consumed created_at",
        ("atlas", 0, "2026-06-03"),
        ("atlas", None, "2026-06-02"),
        ("atlas", None, "2026-06-01"),
        (None, 5, "2026-06-05"),
        (None, 5, "2026-06-04"),
        ("atlas", 7, "2026-06-01"),
    )
)
for name, database in {
    "unknown counts beside counts of zero": unknown,
    "NULLs": sql.generate(1_500, nulls=True),
    "NULLs and ties": sql.generate(1_500, nulls=True, ties=True),
    "no requests at all": sql.generate(empty=True),
}.items():
    sql.result(
        query,
        REFERENCE,
        database,
        name,
        mistakes={
            "an unknown count is not 0; it comes after 0": REFERENCE.replace("BY tokens_consumed", "BY COALESCE(tokens_consumed, 0)"),
            "requests without a model are left out; they are a group of their own": REFERENCE + "WHERE model_name IS NOT NULL",
            "unknown counts are equals of each other, they share rnk and dense_rnk": REFERENCE.replace(
                "NULLS LAST)", "NULLS LAST, CASE WHEN tokens_consumed IS NULL THEN request_id END)"
            ),
        },
    )
### END HIDDEN TESTS

# %% [markdown] explain="rank_functions"
# `RANK` and `DENSE_RANK` are defined by the values alone, so equal rows must stay equal in their `ORDER BY`. `ROW_NUMBER` is defined by a complete order, so its `ORDER BY` must leave no two rows equal. That is why a shared `WINDOW w AS (...)` does not work here, tempting as it is.
#
# `PARTITION BY` treats NULLs as one group, as `GROUP BY` does, although `NULL = NULL` is not true. In `ORDER BY`, say where NULLs go: the defaults of DuckDB and PostgreSQL differ under `DESC`.

# %% [markdown]
# > **In the interview.** *"What is the difference between ROW_NUMBER, RANK and DENSE_RANK?"*
# > **In 30 seconds:** on 100, 90, 90, 80 they give 1 2 3 4, 1 2 2 4 and 1 2 2 3. `ROW_NUMBER` when I need exactly one row per group, with a tie-breaker so that the answer is reproducible; `RANK` for leaderboards; `DENSE_RANK` for the n-th largest *value*.
# > **They ask next:** the second-highest salary, when two people share the highest? Where do NULLs go? Can you filter on a window function in `WHERE`?
# > **Red flags:** `ROW_NUMBER` without a tie-breaker in anything that must be repeatable; "they are the same unless there are ties", and no thought about whether there are.

# %% [markdown]
# ## The latest row of each user
#
# "Each user's most recent request" is the query you'll write most often in this job: the last login, the current plan, the newest feature row. There are four usual ways; three of them go wrong on rows like these. (The first two are right for user 1, by luck: its latest request happens to have the largest values.)

# %% collapsed=true
attempts = sql.tiny(
    api_requests=sql.rows(
        "request_id user_id model_name created_at",
        (1, 1, "atlas", "2026-06-29 10:00"),
        (4, 1, "birch", "2026-06-29 10:00"),
        (2, 2, "cedar", "2026-06-29 12:00"),
        (5, 2, "atlas", "2026-06-28 09:00"),
    )
)
ways = {
    "max of every column": "SELECT user_id, max(request_id) AS request_id, max(model_name) AS model_name FROM api_requests GROUP BY user_id",
    "largest request_id": "SELECT user_id, request_id, model_name FROM api_requests JOIN (SELECT max(request_id) AS request_id FROM api_requests GROUP BY user_id) USING (request_id)",
    "join on max(created_at)": "SELECT user_id, request_id, model_name FROM api_requests JOIN (SELECT user_id, max(created_at) AS created_at FROM api_requests GROUP BY user_id) USING (user_id, created_at)",
}
tables = [sql.query(attempts, "SELECT user_id, request_id, model_name, strftime(created_at, '%d %b %H:%M') AS at FROM api_requests").frame()]
tables += [sql.query(attempts, way + " ORDER BY user_id, request_id").frame() for way in ways.values()]
fig, axes = plt.subplots(1, 4, figsize=(9, 1.9), width_ratios=[1.45, 1, 1, 1], layout="constrained")
titles = ["the table", *ways]
wrong = [set(), {(2, 0), (2, 1), (2, 2)}, {(2, 0), (2, 1), (2, 2)}, {(1, 0), (1, 1), (1, 2), (2, 0), (2, 1), (2, 2)}]
for ax, title, table, cells in zip(axes, titles, tables, wrong, strict=True):
    drawn = ax.table(
        cellText=table.astype(str).to_numpy(),
        colLabels=[c.replace("_", "\n") for c in table.columns],
        loc="upper center",
        cellLoc="center",
        colWidths=[0.2, 0.23, 0.23, 0.34] if "at" in table else None,
    )
    drawn.auto_set_font_size(False)
    drawn.set_fontsize(8)
    drawn.scale(1, 1.25)
    for (row, column), box in drawn.get_celld().items():
        box.set_edgecolor("0.8")
        box.set_facecolor("0.9" if row == 0 else (1, 0.8, 0.6) if (row, column) in cells else "white")
        box.set_height(0.2 if row == 0 else 0.13)
    ax.set_title(title, fontsize=9)
    ax.axis("off")
fig.suptitle("A row that never was, an old row with a late id, two rows for one user", fontsize=11)
plt.show()

# %% [markdown]
# - **Max of every column** glues values of different rows together: user 2 has no request 5 with cedar.
# - **The largest id** is not the latest time. Rows arrive late: user 2's request 5 was made a day before request 2.
# - **Joining on the maximum time** returns both rows of a tie: user 1 is counted twice from here on.
#
# What works: number the rows of each user from the latest, with a tie-breaker, and keep number 1.

# %% locked="visits"
visits = sql.tiny(
    users=sql.rows("user_id", (1,), (2,), (9,)),
    api_requests=sql.rows(
        "request_id user_id model_name created_at",
        (4, 1, "birch", "2026-06-29 10:00:00"),
        (1, 1, "cedar", "2026-06-29 10:00:00"),
        (7, 1, "dune", "2026-06-20 08:00:00"),
        (2, 2, "cedar", "2026-06-29 12:00:00"),
        (5, 2, "ember", "2026-06-28 09:00:00"),
        (3, None, "atlas", "2026-06-29 13:00:00"),
        (6, 3, "atlas", "2026-06-01 00:00:00"),
        (8, 3, None, "2026-06-01 00:00:01"),
    ),
)
visits_answer = sql.rows(
    "user_id request_id model_name created_at",
    (1, 4, "birch", "2026-06-29 10:00:00"),
    (2, 2, "cedar", "2026-06-29 12:00:00"),
    (3, 8, None, "2026-06-01 00:00:01"),
)

# %% [markdown] statement="latest_per_user" level="core"
# ### `latest_per_user`: exactly one row each
#
# Write `latest_per_user()`; it returns the text of a query on `api_requests` that gives each user's latest request.
#
# Columns: `user_id`, `request_id`, `model_name`, `created_at`, all from the same row. Exactly one row for each `user_id` that made a request, listed in `users` or not. The latest is the one with the largest `created_at`; of several at that moment, the one with the largest `request_id`.
# Requests without a `user_id` are left out; a latest request without a model stays. The order of the result is free. A million requests must take no more than a few seconds.
#
# Example: for the eight requests in `visits` the result is `visits_answer`: request 4 for user 1 (as late as request 1), request 2 for user 2 (request 5 is older), request 8 for user 3 (its model is NULL, and user 3 is not in `users`).


# %% solution="latest_per_user"
def latest_per_user() -> str:
    """Text of a query: user_id, request_id, model_name, created_at of each user's latest request, in any order."""
    ### BEGIN SOLUTION
    return """
    WITH numbered AS (
        SELECT user_id, request_id, model_name, created_at,
               ROW_NUMBER() OVER (PARTITION BY user_id ORDER BY created_at DESC, request_id DESC) AS place
        FROM api_requests
        WHERE user_id IS NOT NULL
    )
    SELECT user_id, request_id, model_name, created_at
    FROM numbered
    WHERE place = 1
    """
    ### END SOLUTION


# %% [markdown] hint="latest_per_user"
# Which of the three numberings gives number 1 to exactly one row of each group, whatever the ties?

# %% [markdown] hint="latest_per_user"
# Number in a `WITH` step, filter in the next: a window function can't stand in `WHERE`. The order inside the window has two columns, both from the largest down.

# %% test="latest_per_user" name="value" points=2
"""The example row by row, then generated requests with many at the same hour."""
query, mistakes = latest_per_user(), {}
### BEGIN HIDDEN TESTS
REFERENCE = """
    WITH n AS (SELECT *, ROW_NUMBER() OVER (PARTITION BY user_id ORDER BY created_at DESC, request_id DESC) AS place FROM api_requests WHERE user_id IS NOT NULL)
    SELECT user_id, request_id, model_name, created_at FROM n WHERE place = 1
"""
mistakes = {
    "RANK keeps both rows of a tie; number the rows so that each user has one number 1": REFERENCE.replace("ROW_NUMBER", "RANK").replace(
        ", request_id DESC", ""
    ),
    "at the same moment the larger request_id is the latest": REFERENCE.replace("request_id DESC", "request_id"),
    "a tie is left to chance; of several at the latest moment take the largest request_id": REFERENCE.replace(", request_id DESC", ""),
    "the largest request_id is not the latest request: rows can arrive late": REFERENCE.replace("created_at DESC, request_id DESC", "request_id DESC"),
    "these values come from different rows; take all columns from the latest row": "SELECT user_id, MAX(request_id) AS request_id, MAX(model_name) AS model_name, MAX(created_at) AS created_at FROM api_requests WHERE user_id IS NOT NULL GROUP BY user_id",
    "requests without a user are no user; leave them out": REFERENCE.replace("WHERE user_id IS NOT NULL", ""),
    "this is the first request; the latest was asked for": REFERENCE.replace("DESC", "ASC"),
    "a latest request without a model stays the latest": REFERENCE.replace("user_id IS NOT NULL", "user_id IS NOT NULL AND model_name IS NOT NULL"),
    "this is the one latest request of all; partition by user": REFERENCE.replace("PARTITION BY user_id ", ""),
    "users without any request have no row": "SELECT users.user_id, n.request_id, n.model_name, n.created_at FROM users LEFT JOIN ("
    + REFERENCE
    + ") n ON n.user_id = users.user_id",
    "users who are missing in users made requests, too; don't join": REFERENCE + " AND user_id IN (SELECT user_id FROM users)",
}
### END HIDDEN TESTS
sql.result(query, visits_answer, visits, "the eight requests", mistakes=mistakes)
### BEGIN HIDDEN TESTS
sql.result(query, REFERENCE, sql.generate(1_500, seed=8, ties=True), "1,500 requests at whole hours", mistakes=mistakes)
### END HIDDEN TESTS

# %% test="latest_per_user" name="cases" points=2
"""Late rows, unknown users and models, users who are not in `users`, no rows, a million rows."""
### BEGIN HIDDEN TESTS
REFERENCE = """
    WITH n AS (SELECT *, ROW_NUMBER() OVER (PARTITION BY user_id ORDER BY created_at DESC, request_id DESC) AS place FROM api_requests WHERE user_id IS NOT NULL)
    SELECT user_id, request_id, model_name, created_at FROM n WHERE place = 1
"""
query = latest_per_user()
late = sql.tiny(
    api_requests=sql.rows(
        "user_id created_at model_name",
        (7, "2026-06-30 09:00", "atlas"),
        (7, "2026-06-30 09:00", "atlas"),
        (7, "2025-12-31 23:59", "birch"),
        (8, "2026-02-28 23:59:59", None),
        (8, "2026-02-28 23:59:58", "birch"),
        (9, "2026-03-01 10:00", "dune"),
        (9, "2026-03-01 09:00", "fjord"),
        (None, "2026-06-30 10:00", "cedar"),
    )
)
for name, database in {
    "rows that arrived late": late,
    "NULLs and ties": sql.generate(1_500, nulls=True, ties=True),
    "users who are not in users": sql.generate(1_500, faults=True),
    "no requests at all": sql.generate(empty=True),
    "a million requests": sql.generate(1_000_000),
}.items():
    sql.result(
        query,
        REFERENCE,
        database,
        name,
        seconds=10,
        mistakes={
            "the largest request_id is not the latest request: rows can arrive late": REFERENCE.replace("created_at DESC, request_id DESC", "request_id DESC"),
            "a latest request without a model stays the latest": REFERENCE.replace("user_id IS NOT NULL", "user_id IS NOT NULL AND model_name IS NOT NULL"),
            "requests without a user are no user; leave them out": REFERENCE.replace("WHERE user_id IS NOT NULL", ""),
            "users who are missing in users made requests, too; don't join": REFERENCE + " AND user_id IN (SELECT user_id FROM users)",
        },
    )
### END HIDDEN TESTS

# %% [markdown] explain="latest_per_user"
# `ROW_NUMBER` with a complete order gives number 1 to exactly one row of each user. Equivalent in PostgreSQL and DuckDB: `SELECT DISTINCT ON (user_id) ... ORDER BY user_id, created_at DESC, request_id DESC`. DuckDB alone has `QUALIFY ROW_NUMBER() OVER (...) = 1`, which filters on a window without a second step, and `arg_max(model_name, created_at)`, which skips NULL models: not what was asked.
#
# A self-join on `MAX(created_at)` is right only while no user has two rows at one moment. Test it on your own table: `SELECT user_id, created_at FROM api_requests GROUP BY 1, 2 HAVING COUNT(*) > 1`.

# %% [markdown]
# > **In the interview.** *"Give me each user's most recent record."*
# > **In 30 seconds:** `ROW_NUMBER() OVER (PARTITION BY user_id ORDER BY created_at DESC, id DESC)`, keep 1. The second sort key makes it exactly one row and the same one each time. I ask what "latest" means when rows arrive late: event time or load time.
# > **They ask next:** why not `GROUP BY` with `MAX`? What if two rows share the time? How would you do it incrementally on a billion rows?
# > **Red flags:** `RANK() = 1` or a join on the maximum, and a row count that is never compared with `COUNT(DISTINCT user_id)`.

# %% [markdown]
# ## Running totals, and the frame that you did not write
#
# How unequal is usage? Sort users from the heaviest, add up, divide by the total. With `ORDER BY` inside `OVER`, `SUM` becomes a running sum.

# %% collapsed=true
curve = sql.query(
    db,
    """
    WITH totals AS (SELECT user_id, sum(tokens_consumed) AS tokens FROM api_requests GROUP BY user_id)
    SELECT 100.0 * row_number() OVER (ORDER BY tokens DESC, user_id) / count(*) OVER () AS user_percent,
           100.0 * sum(tokens) OVER (ORDER BY tokens DESC, user_id) / sum(tokens) OVER () AS token_percent
    FROM totals
    ORDER BY user_percent
    """,
).frame()
tenth = curve.loc[(curve["user_percent"] - 10).abs().idxmin(), "token_percent"]
fig, ax = plt.subplots(figsize=(7, 3))
ax.plot(curve["user_percent"], curve["token_percent"], color="C0")
ax.plot([0, 100], [0, 100], color="0.7", ls=":")
ax.plot([10, 10, 0], [0, tenth, tenth], color="C1", lw=1)
ax.text(34, 12, f"the heaviest 10 % consume {tenth:.0f} %", color="C1")
ax.text(62, 52, "if all used the same", color="0.5")
ax.set(
    xlabel="% of active users, the heaviest first",
    ylabel="% of tokens",
    xlim=(0, 100),
    ylim=(0, 102),
    title="A tenth of the users makes nearly half of the load",
)
plt.show()

# %% [markdown]
# A window with `ORDER BY` has a **frame**: the rows that count for the current one. If you write none, it is `RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW`, and under `RANGE` the current row means *all rows equal to it in the order*. Look at bo and cy:

# %%
sql.query(
    db,
    """
    SELECT name, tokens,
           sum(tokens) OVER (ORDER BY tokens DESC) AS "default (RANGE)",
           sum(tokens) OVER (ORDER BY tokens DESC, name ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS "ROWS",
           sum(tokens) OVER () AS "no ORDER BY"
    FROM (VALUES ('ada', 60), ('bo', 20), ('cy', 20), ('di', 0)) AS usage (name, tokens)
    ORDER BY tokens DESC, name
    """,
)

# %% [markdown]
# Under the default, bo already gets cy's tokens. That is no error, and no test on data without ties will show it. Two cures: a complete order, or `ROWS`. Use both.
#
# The other trap is `/`. In PostgreSQL, SQL Server and SQLite `20 / 100` of whole numbers is **0**; DuckDB and MySQL say 0.2. And a denominator can be zero: PostgreSQL stops with an error, DuckDB gives infinity or NaN. `1.0 * a / NULLIF(b, 0)` is right everywhere.

# %% locked="spenders"
spenders = sql.tiny(
    api_requests=sql.rows(
        "user_id tokens_consumed",
        (3, 40),
        (1, 90),
        (1, 30),
        (4, None),
        (2, 40),
        (None, 500),
        (1, None),
    )
)
spenders_answer = sql.rows("user_id tokens running_share", (1, 120, 0.6), (2, 40, 0.8), (3, 40, 1.0), (4, 0, 1.0))

# %% [markdown] statement="running_share" level="stretch"
# ### `running_share`: how much of the load the heaviest users make
#
# Write `running_share()`; it returns the text of a query on `api_requests`. Sort the users by the sum of their `tokens_consumed`, the largest first, equal sums by `user_id`, the smaller first.
#
# Columns: `user_id`, `tokens` (the sum), `running_share`: the tokens of this user and of all users before, divided by the tokens of all users, a fraction from 0 to 1. Order the result as the users are sorted.
# One row for each user with at least one request. An unknown count adds nothing; a user with unknown counts only has 0 tokens. Requests without a `user_id` count nowhere, not in the total either. When the total is 0, `running_share` is NULL in every row. Don't round.
#
# Example: for the seven requests in `spenders` the result is `(1, 120, 0.6)`, `(2, 40, 0.8)`, `(3, 40, 1.0)`, `(4, 0, 1.0)`.


# %% solution="running_share"
def running_share() -> str:
    """Text of a query: user_id, tokens, running_share of each user with a request, from the largest sum down."""
    ### BEGIN SOLUTION
    return """
    WITH totals AS (
        SELECT user_id, COALESCE(SUM(tokens_consumed), 0) AS tokens
        FROM api_requests
        WHERE user_id IS NOT NULL
        GROUP BY user_id
    )
    SELECT user_id, tokens,
           1.0 * SUM(tokens) OVER (ORDER BY tokens DESC, user_id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
               / NULLIF(SUM(tokens) OVER (), 0) AS running_share
    FROM totals
    ORDER BY tokens DESC, user_id
    """
    ### END SOLUTION


# %% [markdown] hint="running_share"
# First one row for each user, in a `WITH` step. Then two sums over windows: one with an order, one with an empty `OVER ()`.

# %% [markdown] hint="running_share"
# Put `user_id` into the window's order, too, and write the frame: `ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW`. `NULLIF(total, 0)` takes care of the zero.

# %% test="running_share" name="value" points=2
"""The example row by row, then generated users."""
query, mistakes = running_share(), {}
### BEGIN HIDDEN TESTS
REFERENCE = """
    WITH totals AS (SELECT user_id, COALESCE(SUM(tokens_consumed), 0) AS tokens FROM api_requests WHERE user_id IS NOT NULL GROUP BY user_id)
    SELECT user_id, tokens, 1.0 * SUM(tokens) OVER (ORDER BY tokens DESC, user_id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
           / NULLIF(SUM(tokens) OVER (), 0) AS running_share FROM totals ORDER BY tokens DESC, user_id
"""
frame = "SUM(tokens) OVER (ORDER BY tokens DESC, user_id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)"
assert frame in REFERENCE, "the mistakes are made from the reference"
mistakes = {
    "users with equal sums all get the share of the last of them: the default frame takes in all equal rows": REFERENCE.replace(
        frame, "SUM(tokens) OVER (ORDER BY tokens DESC)"
    ),
    "this divides whole numbers without a fraction; make one side a decimal number": REFERENCE.replace("1.0 * ", "").replace("/ NULLIF", "// NULLIF"),
    "this is a percentage; a fraction from 0 to 1 was asked for": REFERENCE.replace("1.0 *", "100.0 *"),
    "this is each user's own share; add up the shares of all users before": REFERENCE.replace(frame, "tokens"),
    "the running sum is not divided by the total": REFERENCE.replace("/ NULLIF(SUM(tokens) OVER (), 0)", ""),
    "the running sum goes from the smallest sum up; begin with the largest": REFERENCE.replace(frame, frame.replace(" DESC", "")),
    "the user's own tokens belong to the running sum": REFERENCE.replace("CURRENT ROW", "1 PRECEDING"),
    "tokens of requests without a user are in the total; they count nowhere": REFERENCE.replace(
        "SUM(tokens) OVER (), 0", "(SELECT SUM(tokens_consumed) FROM api_requests), 0"
    ),
    "requests without a user are no user; leave them out": REFERENCE.replace("WHERE user_id IS NOT NULL", ""),
    "a user with unknown counts only has 0 tokens, not NULL": REFERENCE.replace("COALESCE(SUM(tokens_consumed), 0)", "SUM(tokens_consumed)").replace(
        "tokens DESC,", "tokens DESC NULLS LAST,"
    ),
    "a user with unknown counts only has a row, too, with 0 tokens": REFERENCE.replace(
        "user_id IS NOT NULL", "user_id IS NOT NULL AND tokens_consumed IS NOT NULL"
    ),
    "this counts requests; add up tokens_consumed": REFERENCE.replace("COALESCE(SUM(tokens_consumed), 0)", "COUNT(*)"),
    "equal sums are sorted by user_id, the smaller first": REFERENCE.replace("DESC, user_id", "DESC, user_id DESC"),
}
### END HIDDEN TESTS
sql.result(query, spenders_answer, spenders, "the seven requests", ordered=True, mistakes=mistakes)
### BEGIN HIDDEN TESTS
sql.result(query, REFERENCE, sql.generate(3_000, seed=2), "3,000 requests", ordered=True, mistakes=mistakes)
### END HIDDEN TESTS

# %% test="running_share" name="cases" points=2
"""Equal sums, NULLs, a total of zero, no rows, a million rows."""
### BEGIN HIDDEN TESTS
REFERENCE = """
    WITH totals AS (SELECT user_id, COALESCE(SUM(tokens_consumed), 0) AS tokens FROM api_requests WHERE user_id IS NOT NULL GROUP BY user_id)
    SELECT user_id, tokens, 1.0 * SUM(tokens) OVER (ORDER BY tokens DESC, user_id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
           / NULLIF(SUM(tokens) OVER (), 0) AS running_share FROM totals ORDER BY tokens DESC, user_id
"""
query = running_share()
nothing = sql.tiny(api_requests=sql.rows("user_id tokens_consumed", (1, 0), (2, None), (None, 9), (1, 0)))
equal = sql.tiny(api_requests=sql.rows("user_id tokens_consumed", *[(user, 5) for user in (9, 10, 11, 2, 1)]))
for name, database in {
    "five users with equal sums": equal,
    "a total of zero": nothing,
    "NULLs": sql.generate(2_000, nulls=True),
    "no requests at all": sql.generate(empty=True),
    "a million requests": sql.generate(1_000_000),
}.items():
    sql.result(
        query,
        REFERENCE,
        database,
        name,
        ordered=True,
        mistakes={
            "users with equal sums all get the share of the last of them: the default frame takes in all equal rows": REFERENCE.replace(
                ", user_id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW", ""
            ),
            "when the total is 0 the share is NULL; 0 / 0 is not a number": REFERENCE.replace("NULLIF(SUM(tokens) OVER (), 0)", "SUM(tokens) OVER ()"),
            "when the total is 0 the share is NULL, not 0": REFERENCE.replace("1.0 *", "COALESCE(1.0 *").replace(" AS running_share", ", 0) AS running_share"),
            "requests without a user are no user; leave them out": REFERENCE.replace("WHERE user_id IS NOT NULL", ""),
            "users are numbers: 9 comes before 10": REFERENCE.replace("DESC, user_id", "DESC, CAST(user_id AS TEXT)"),
        },
    )
### END HIDDEN TESTS

# %% [markdown] explain="running_share"
# Aggregate first, then the window: the window sees one row for each user. The empty `OVER ()` is the whole result as one window, so the total needs no second query.
#
# The order inside the window decides what "before" means; with ties it must be complete, or `RANGE` lumps equal rows together. With `user_id` in the order the default frame would be right as well; `ROWS` says what you mean (and is often faster).
#
# `1.0 *` keeps the fraction in dialects that divide whole numbers, `NULLIF` turns the impossible share into NULL in place of an error (PostgreSQL) or NaN (DuckDB).

# %% [markdown]
# ## What a query costs: EXPLAIN ANALYZE
#
# `EXPLAIN` shows the plan, `EXPLAIN ANALYZE` runs the query and adds what each step did. Read a plan from the bottom up: rows are read at the bottom, each box hands its rows to the one above. Compare how much is *read* by two queries with the same answer:

# %%
sql.query(
    db,
    """
    EXPLAIN ANALYZE
    SELECT sum(tokens_consumed) FROM api_requests
    WHERE created_at >= DATE '2026-06-29' AND created_at < DATE '2026-06-30'
    """,
)

# %%
sql.query(
    db,
    """
    EXPLAIN ANALYZE
    SELECT sum(tokens_consumed) FROM api_requests
    WHERE strftime(created_at, '%Y-%m-%d') = '2026-06-29'
    """,
)

# %% [markdown]
# The line to look at is **Row Groups Scanned**. The table lies in nine blocks of about 120,000 rows, in the order of time, and for each block the smallest and largest `created_at` is known. The first query compares the bare column, so seven blocks are skipped unread. The second hides the column inside a function: the engine can't know what comes out, reads all nine and formats a million dates. (Were the rows stored in any other order, each block would hold some rows of every day, and the first query would read all nine, too.)
#
# Keep the column alone on one side of the comparison and half-open: `created_at >= start AND created_at < end`. The same rule lets PostgreSQL or MySQL use an index. (DuckDB is clever enough to rewrite `CAST(created_at AS DATE) = ...`; don't rely on it elsewhere.)
#
# What else to look for in a plan:
#
# | you see | it may mean | try |
# |---|---|---|
# | most blocks or rows read, few rows passed on | the filter can't be used while reading | bare columns in `WHERE`, fewer columns, partitions |
# | a join with far more rows out than in | a key that is not unique, or a missing condition | count rows by key before you join |
# | estimated and actual rows far apart | old statistics, a wrong join order | `ANALYZE`; split the query |
# | a window or sort over everything | each user's rows are sorted to keep one | aggregate or filter first |
#
# Time is the worst thing to compare: it moves with the machine and the cache. Rows read and rows passed on stay the same. Your answers are checked for their result only, but a query that runs for more than a few seconds is stopped.

# %% [markdown]
# > **In the interview.** *"This query is slow. What do you do?"*
# > **In 30 seconds:** I run `EXPLAIN ANALYZE` and find the step with the most rows or time. Usually it reads too much (a function around the filter column, no partition filter, `SELECT *`), or a join multiplies rows. I fix the biggest step, check that the result is the same, and look at the plan again.
# > **They ask next:** a running total with ties: what is the default frame? `RANGE` or `ROWS`? When does an index not help? Why does `7 / 2` differ between engines?
# > **Red flags:** "add an index" before reading the plan; timing one warm run; a rewrite whose result nobody compared.

# %% [markdown]
# ## Data quality: what is wrong with this feature table?
#
# "How would you detect data quality issues in a production feature table?" A strong answer is a short list of questions, each with a query that runs every night: are values **there** (completeness), have they **moved** (shift), is each fact there **once** (duplicates), does each row **belong** to something (orphans), and is the table **up to date** (freshness)?
#
# `sick` is a small warehouse with all five faults. The first check is the plain count, and the difference between two of them: `COUNT(*)` counts rows, `COUNT(column)` counts the rows in which the column is not NULL.

# %%
sick = sql.generate(20_000, nulls=True, gaps=True, faults=True)
sql.query(
    sick,
    """
    SELECT COUNT(*) AS total_rows,
           COUNT(user_id) AS non_null_user_id,
           COUNT(feature_x) AS non_null_feature_x,
           100.0 * COUNT(feature_x) / COUNT(*) AS pct_complete
    FROM feature_table
    """,
)

# %% [markdown]
# `pct_complete` hides what matters most: *when* it broke. In the picture, of another table, a column is 93 % complete over two months and 70 % complete in the last twelve days. Ask by day, and by whatever else an error can follow: country, app version, source.

# %% collapsed=true
rng = np.random.default_rng(4)
broken_rows = [
    {
        "user_id": user,
        "created_at": pd.Timestamp("2026-05-01") + pd.Timedelta(days=day, minutes=user),
        "error_rate_7d": None if rng.random() < (0.3 if day >= 48 else 0.01) else 0.03,
    }
    for day in range(60)
    for user in range(60)
]
by_day = sql.query(
    sql.tiny(feature_table=broken_rows),
    """
    SELECT CAST(created_at AS DATE) AS feature_date, 100.0 * (COUNT(*) - COUNT(error_rate_7d)) / COUNT(*) AS pct_missing,
           100.0 * (SUM(COUNT(*)) OVER () - SUM(COUNT(error_rate_7d)) OVER ()) / SUM(COUNT(*)) OVER () AS pct_in_all
    FROM feature_table
    GROUP BY feature_date
    ORDER BY feature_date
    """,
).frame()
feature_dates = pd.to_datetime(by_day["feature_date"])
fig, ax = plt.subplots(figsize=(7, 3))
ax.plot(feature_dates, by_day["pct_missing"], color="C0")
ax.axhline(by_day["pct_in_all"][0], color="0.5", ls="--")
ax.text(feature_dates[0], by_day["pct_in_all"][0] + 1, f"all days together: {by_day['pct_in_all'][0]:.0f} % missing", color="0.4")
ax.set(xlabel="day of created_at", ylabel="% of error_rate_7d missing", ylim=(-1, 50), title="One number for all days hides a release that broke a column")
ax.set_xticks(feature_dates[::12], feature_dates[::12].dt.strftime("%d %b"))
plt.show()

# %% [markdown]
# Three things that look missing are not NULL, and `COUNT` takes them for values: the empty string `''`, a zero that means "unknown", and in columns of decimal numbers `NaN`, which pandas writes where it means missing. And NULL has its own logic: `x = NULL` is never true, whatever `x` is. Ask `x IS NULL`.

# %%
gone = sql.tiny(feature_table=sql.rows("user_id feature_x plan", (1, 4.0, "pro"), (2, None, ""), (3, float("nan"), None)))
sql.query(
    gone,
    """
    SELECT COUNT(*) AS total_rows,
           COUNT(feature_x) AS feature_x,
           COUNT(plan) AS plan,
           COUNT(CASE WHEN plan = NULL THEN 1 END) AS "plan = NULL",
           COUNT(CASE WHEN plan IS NULL THEN 1 END) AS "plan IS NULL",
           COUNT(NULLIF(plan, '')) AS "plan, without ''"
    FROM feature_table
    """,
)

# %% locked="profile"
profile = sql.tiny(
    feature_table=sql.rows(
        "user_id created_at feature_x requests_7d tokens_7d error_rate_7d plan",
        (1, "2026-06-28", 10.5, None, 0, None, "free"),
        (2, "2026-06-28", None, None, 900, 0.01, ""),
        (3, "2026-06-29", 0.0, None, 40, 0.0, None),
        (4, "2026-06-29", 9.1, 12, 700, 0.25, "pro"),
    )
)
profile_answer = sql.rows(
    "column_name total_rows missing null_share",
    ("requests_7d", 4, 3, 0.75),
    ("error_rate_7d", 4, 1, 0.25),
    ("feature_x", 4, 1, 0.25),
    ("plan", 4, 1, 0.25),
    ("created_at", 4, 0, 0.0),
    ("tokens_7d", 4, 0, 0.0),
    ("user_id", 4, 0, 0.0),
)

# %% [markdown] statement="completeness" level="core"
# ### `completeness`: which columns have holes
#
# Write `completeness()`; it returns the text of a query on `feature_table` that gives one row for **each of its seven columns**: `user_id`, `created_at`, `feature_x`, `requests_7d`, `tokens_7d`, `error_rate_7d`, `plan`.
#
# Columns: `column_name` (text), `total_rows` (rows of the table), `missing` (rows in which this column is NULL), `null_share` (`missing` divided by `total_rows`, a fraction from 0 to 1, not rounded). Only NULL is missing: 0, `''` and NaN are values.
# Order by `null_share`, the largest first; equal shares by `column_name`, from a to z. A table without rows gives seven rows, too, with 0, 0 and NULL, ordered by `column_name`.
#
# Example: for the four rows in `profile` the result is `profile_answer`; it begins with `(requests_7d, 4, 3, 0.75)` and ends with `(user_id, 4, 0, 0)`.


# %% solution="completeness"
def completeness() -> str:
    """Text of a query: column_name, total_rows, missing, null_share of the seven columns of feature_table, the worst first."""
    ### BEGIN SOLUTION
    names = ["user_id", "created_at", "feature_x", "requests_7d", "tokens_7d", "error_rate_7d", "plan"]
    each = [f"SELECT '{name}' AS column_name, COUNT(*) AS total_rows, COUNT({name}) AS known FROM feature_table" for name in names]
    return f"""
    WITH counts AS ({" UNION ALL ".join(each)})
    SELECT column_name, total_rows, total_rows - known AS missing, 1.0 * (total_rows - known) / NULLIF(total_rows, 0) AS null_share
    FROM counts
    ORDER BY null_share DESC NULLS LAST, column_name
    """
    ### END SOLUTION


# %% [markdown] hint="completeness"
# One small query for each column, put together with `UNION ALL`. Your function returns text, so a Python loop may write the seven queries for you.

# %% [markdown] hint="completeness"
# `COUNT(*) - COUNT(feature_x)` is the number of rows in which `feature_x` is NULL.

# %% [markdown] hint="completeness"
# `1.0 * missing / NULLIF(total_rows, 0)` divides with a fraction in every dialect and gives NULL for an empty table.

# %% test="completeness" name="value" points=2
"""The example row by row, then a generated table with NULLs."""
query, mistakes = completeness(), {}
### BEGIN HIDDEN TESTS
NAMES = ["user_id", "created_at", "feature_x", "requests_7d", "tokens_7d", "error_rate_7d", "plan"]


def written(total="COUNT(*)", known="COUNT({0})", share="1.0 * missing / NULLIF(total_rows, 0)", order="null_share DESC NULLS LAST, column_name", names=NAMES):
    each = [
        f"SELECT '{name}' AS column_name, {total.format(name)} AS total_rows, COUNT(*) - {known.format(name)} AS missing FROM feature_table" for name in names
    ]
    return f"SELECT column_name, total_rows, missing, {share} AS null_share FROM ({' UNION ALL '.join(each)}) AS counts ORDER BY {order}"


mistakes = {
    "COUNT(column) leaves out NULLs; total_rows is COUNT(*)": written(total="COUNT({0})"),
    "nothing equals NULL, so = NULL finds no row; ask with IS NULL": written(known="COUNT(CASE WHEN ({0} = NULL) IS NULL THEN 1 END)"),
    "COUNT counts a 0 as well; missing counts only the rows in which the column is NULL": written(known="0"),
    "this divides whole numbers without a fraction; make one side a decimal number": written(share="missing // NULLIF(total_rows, 0)"),
    "this is the share that is there; the share that is missing was asked for": written(share="1.0 - 1.0 * missing / NULLIF(total_rows, 0)"),
    "this is a percentage; a fraction from 0 to 1 was asked for": written(share="100.0 * missing / NULLIF(total_rows, 0)"),
    "divide by all rows, not by the rows in which the column is known": written(share="1.0 * missing / NULLIF(total_rows - missing, 0)"),
    "0 and the empty string are values; only NULL is missing": written(known="COUNT(CASE WHEN CAST({0} AS TEXT) NOT IN ('', '0', '0.0') THEN 1 END)"),
    "the empty string is a value; only NULL is missing": written(known="COUNT(NULLIF(CAST({0} AS TEXT), ''))"),
    "this counts different values; count the rows": written(known="COUNT(DISTINCT {0})"),
    "a column without NULLs has a row, too, with 0": "SELECT * FROM ("
    + written().split(" ORDER")[0]
    + ") AS counts WHERE missing > 0 ORDER BY null_share DESC, column_name",
    "the worst column comes first": written(order="null_share, column_name"),
    "equal shares are ordered by column_name, from a to z": written(order="null_share DESC"),
}
### END HIDDEN TESTS
sql.result(query, profile_answer, profile, "the four rows", ordered=True, mistakes=mistakes)
### BEGIN HIDDEN TESTS
sql.result(query, written(), sql.generate(2_000, seed=6, nulls=True), "a generated table with NULLs", ordered=True, mistakes=mistakes)
### END HIDDEN TESTS

# %% test="completeness" name="cases" points=1
"""NaN beside NULL, no NULL at all, nothing but NULLs, doubled rows, no rows."""
### BEGIN HIDDEN TESTS
NAMES = ["user_id", "created_at", "feature_x", "requests_7d", "tokens_7d", "error_rate_7d", "plan"]


def written(total="COUNT(*)", known="COUNT({0})", share="1.0 * missing / NULLIF(total_rows, 0)"):
    each = [f"SELECT '{name}' AS column_name, {total} AS total_rows, COUNT(*) - {known.format(name)} AS missing FROM feature_table" for name in NAMES]
    return f"SELECT column_name, total_rows, missing, {share} AS null_share FROM ({' UNION ALL '.join(each)}) AS counts ORDER BY null_share DESC NULLS LAST, column_name"


query = completeness()
strange = sql.tiny(
    feature_table=sql.rows("user_id feature_x error_rate_7d plan", (1, float("nan"), None, "NULL"), (1, float("nan"), 0.5, ""), (2, None, None, " "))
)
for name, database in {
    "NaN, '' and the word NULL": strange,
    "no NULL": sql.generate(1_000, seed=9),
    "nothing but NULLs": sql.tiny(feature_table=[{}, {}, {}]),
    "doubled rows and NULLs": sql.generate(1_500, faults=True, nulls=True),
    "no rows": sql.generate(empty=True),
}.items():
    sql.result(
        query,
        written(),
        database,
        name,
        ordered=True,
        mistakes={
            "a table without rows has no share: NULL, not 0": written(share="COALESCE(1.0 * missing / NULLIF(total_rows, 0), 0)"),
            "0 / 0 is not a number; a table without rows has the share NULL": written(share="1.0 * missing / total_rows"),
            "the SUM of no rows is NULL; a table without rows has 0 rows, 0 of them missing": written(
                total="SUM(1)", known="SUM(CASE WHEN {0} IS NOT NULL THEN 1 ELSE 0 END)"
            ),
            "the SUM of no rows is NULL; a table without rows has 0 missing": written(known="SUM(CASE WHEN {0} IS NOT NULL THEN 1 ELSE 0 END)"),
            "NaN is a value of a number column, only NULL is missing": written(known="COUNT(NULLIF(CAST({0} AS TEXT), 'nan'))"),
        },
    )
### END HIDDEN TESTS

# %% [markdown] explain="completeness"
# The long form, one row for each column, can be ordered, compared with a bound and stored night after night; the wide form of the lesson needs a new column for each column. DuckDB has `SUMMARIZE feature_table` and PostgreSQL keeps estimates in `pg_stats.null_frac`; a query over your own list of columns works in both.
#
# It reads the table seven times. In a column store that is nearly free, since each part reads one column. In a row store write one `SELECT` with seven `COUNT`s and turn it around afterwards.
#
# NaN: `COUNT` sees a number. Count it on its own (`feature_x = 'NaN'` in PostgreSQL, `isnan(feature_x)` in DuckDB), or turn it into NULL on the way in.

# %% [markdown]
# > **In the interview.** *"How complete is this feature table?"*
# > **In 30 seconds:** per column `COUNT(*)` against `COUNT(column)`, as a share, by day and by source, compared with the same weekday before. A column may be empty by design, so I alert on a change, not on a level.
# > **They ask next:** what does `AVG(x)` do with NULLs (leaves them out of sum *and* count)? Which missing values are not NULL? How do you tell a pipeline fault from a real zero?
# > **Red flags:** `WHERE x = NULL`; `COUNT(x)` for the number of rows; one share for the whole history.

# %% [markdown]
# ## This week against last week
#
# A column can be complete and wrong. The cheapest alarm compares two periods: number of rows, mean, spread, smallest and largest value. A quick version, as many people write it:

# %%
sql.query(
    sick,
    """
    SELECT CASE WHEN created_at >= (SELECT as_of FROM clock) - 7 THEN 'this_week' ELSE 'last_week' END AS period,
           COUNT(*) AS row_count, AVG(feature_x) AS mean_x, STDDEV(feature_x) AS sd_x, MIN(feature_x) AS min_x, MAX(feature_x) AS max_x
    FROM feature_table
    WHERE created_at >= (SELECT as_of FROM clock) - 14
    GROUP BY 1
    """,
)

# %% [markdown]
# Read it: the mean rose by about 1.5 while the spread stayed about 2, a big shift. And this week has little more than half of last week's rows: features of three days are missing, which no mean would tell. The query itself has two faults:
#
# - **Seven days against eight dates.** Nothing ends the period, so "this week" takes in the unfinished today, and a backfill or a wrong clock can put tomorrow into it. (The features of `sick` stop on 26 June, so here the output does not show it.)
# - **A week without rows vanishes.** `GROUP BY` can't make a group of nothing, and a check that returns no row raises no alarm.
#
# How big is a shift? Measure it in standard deviations of the period that you trust: $\text{shift} = (\bar x_\text{this} - \bar x_\text{last}) / s_\text{last}$. So one bound fits columns in tokens and columns in shares. The picture takes a warehouse in which no rows are missing; its feature has moved all the same.

# %% collapsed=true
complete_weeks = sql.generate(40_000)
weeks_x = sql.query(
    complete_weeks,
    """
    SELECT feature_x, created_at >= (SELECT as_of FROM clock) - 7 AS this_week
    FROM feature_table
    WHERE created_at >= (SELECT as_of FROM clock) - 14 AND created_at < (SELECT as_of FROM clock)
    """,
).frame()
this_x, last_x = weeks_x.loc[weeks_x["this_week"], "feature_x"], weeks_x.loc[~weeks_x["this_week"], "feature_x"]
fig, ax = plt.subplots(figsize=(7, 3))
bins = np.linspace(3, 19, 33)
ax.hist(last_x, bins, color="0.75", label="last week")
ax.hist(this_x, bins, histtype="step", color="C0", lw=2, label="this week")
top = ax.get_ylim()[1]
ax.annotate("", (this_x.mean(), 0.97 * top), (last_x.mean(), 0.97 * top), arrowprops={"arrowstyle": "->", "color": "C1", "lw": 2})
ax.text(this_x.mean() + 0.3, 0.97 * top, f"shift {(this_x.mean() - last_x.mean()) / last_x.std():.2f} sd", color="C1", va="center")
ax.set(xlabel="feature_x", ylabel="feature rows", ylim=(0, 1.08 * top), title="The mean moved up by 0.7 standard deviations, the spread did not")
ax.legend(frameon=False, loc="center right")
plt.show()

# %% locked="two_weeks"
two_weeks = sql.tiny(
    feature_table=sql.rows(
        "user_id created_at feature_x",
        (1, "2026-06-15 23:59:59", 90.0),
        (1, "2026-06-16 00:00:00", 4.0),
        (2, "2026-06-16 14:00:00", 4.0),
        (2, "2026-06-19 08:00:00", 6.0),
        (4, "2026-06-21 08:00:00", 8.0),
        (3, "2026-06-22 23:59:59", 8.0),
        (1, "2026-06-23 00:00:00", 9.0),
        (2, "2026-06-26 03:00:00", None),
        (3, "2026-06-29 23:00:00", 10.0),
        (1, "2026-06-30 00:00:00", 70.0),
        (2, "2026-07-01 10:00:00", 50.0),
    )
)
two_weeks_answer = sql.rows(
    "period row_count mean_x sd_x min_x max_x shift_sd",
    ("last_week", 5, 6.0, 2.0, 4.0, 8.0, 0.0),
    ("this_week", 3, 9.5, 0.5**0.5, 9.0, 10.0, 1.75),
)
stopped = sql.tiny(
    feature_table=sql.rows(
        "user_id created_at feature_x",
        (1, "2026-06-17 02:00:00", 4.0),
        (2, "2026-06-18 02:00:00", 6.0),
        (3, "2026-06-19 02:00:00", 8.0),
        (1, "2026-06-30 02:00:00", 9.0),
    )
)
stopped_answer = sql.rows(
    "period row_count mean_x sd_x min_x max_x shift_sd",
    ("last_week", 3, 6.0, 2.0, 4.0, 8.0, 0.0),
    ("this_week", 0, None, None, None, None, None),
)

# %% [markdown] statement="shift_between_weeks" level="stretch"
# ### `shift_between_weeks`: has the feature moved?
#
# Write `shift_between_weeks()`; it returns the text of a query on `feature_table` and `clock`. `this_week` is the seven whole days before `as_of`, `last_week` the seven before those; `as_of` itself is in neither. Days go by `created_at`.
#
# Columns: `period` (`'this_week'` or `'last_week'`), `row_count` (all rows of the period), then over the known values of `feature_x`: `mean_x`, `sd_x` (sample, divide by $n - 1$), `min_x`, `max_x`, and
# `shift_sd`: the period's `mean_x` minus last week's, divided by last week's `sd_x`. What can't be computed is NULL: the values of a week without known values, `shift_sd` among them; `sd_x` of a single value; `shift_sd` of **both** rows when last week's `sd_x` is NULL or 0. Otherwise last week's own `shift_sd` is 0.
# Always two rows, in any order; a week without rows has `row_count` 0. `feature_x` is a number or NULL, never NaN; `created_at` is always there. Don't round.
#
# Example: for the eleven rows in `two_weeks` the result is `two_weeks_answer`: `(last_week, 5, 6, 2, 4, 8, 0)` and `(this_week, 3, 9.5, 0.7071, 9, 10, 1.75)`, 0.7071 rounded here. In `stopped` this week has no rows: `(last_week, 3, 6, 2, 4, 8, 0)` and `(this_week, 0, NULL, NULL, NULL, NULL, NULL)`.


# %% solution="shift_between_weeks"
def shift_between_weeks() -> str:
    """Text of a query: period, row_count, mean_x, sd_x, min_x, max_x, shift_sd for this_week and last_week, in any order."""
    ### BEGIN SOLUTION
    return """
    WITH weeks AS (
        SELECT 'this_week' AS period, as_of - 7 AS first_day, as_of AS end_day FROM clock
        UNION ALL
        SELECT 'last_week', as_of - 14, as_of - 7 FROM clock
    ),
    measured AS (
        SELECT period, COUNT(created_at) AS row_count, AVG(feature_x) AS mean_x, STDDEV_SAMP(feature_x) AS sd_x, MIN(feature_x) AS min_x, MAX(feature_x) AS max_x
        FROM weeks LEFT JOIN feature_table ON created_at >= first_day AND created_at < end_day
        GROUP BY period
    ),
    base AS (SELECT mean_x AS base_mean, sd_x AS base_sd FROM measured WHERE period = 'last_week')
    SELECT period, row_count, mean_x, sd_x, min_x, max_x, (mean_x - base_mean) / NULLIF(base_sd, 0) AS shift_sd
    FROM measured CROSS JOIN base
    """
    ### END SOLUTION


# %% [markdown] hint="shift_between_weeks"
# To get a row for a week without rows, begin with the weeks: a `WITH` step that makes two rows from `clock`, each with a name, a first and an end day. `LEFT JOIN` the features to it.

# %% [markdown] hint="shift_between_weeks"
# The join condition is a half-open period: `created_at >= first_day AND created_at < end_day`. After a `LEFT JOIN`, `COUNT(*)` of an empty week is 1: count a column of `feature_table` that is always there.

# %% [markdown] hint="shift_between_weeks"
# Last week's mean and standard deviation must stand beside both rows: `CROSS JOIN` the one row `WHERE period = 'last_week'`, then `(mean_x - base_mean) / NULLIF(base_sd, 0)`.

# %% test="shift_between_weeks" name="value" points=2
"""The two examples row by row, then a generated table."""
query, mistakes = shift_between_weeks(), {}
### BEGIN HIDDEN TESTS
REFERENCE = """
    WITH weeks AS (SELECT 'this_week' AS period, as_of - 7 AS a, as_of AS z FROM clock UNION ALL SELECT 'last_week', as_of - 14, as_of - 7 FROM clock),
    m AS (SELECT period, COUNT(created_at) AS row_count, AVG(feature_x) AS mean_x, STDDEV_SAMP(feature_x) AS sd_x, MIN(feature_x) AS min_x, MAX(feature_x) AS max_x
          FROM weeks LEFT JOIN feature_table ON created_at >= a AND created_at < z GROUP BY period)
    SELECT m.*, (mean_x - (SELECT mean_x FROM m WHERE period = 'last_week')) / NULLIF((SELECT sd_x FROM m WHERE period = 'last_week'), 0) AS shift_sd FROM m
"""
today_in = REFERENCE.replace("as_of AS z", "as_of + 1 AS z")
endless = REFERENCE.replace("as_of AS z", "DATE '2999-01-01' AS z")
mistakes = {
    "CURRENT_DATE is the wall clock; today is the as_of of clock": REFERENCE.replace("as_of ", "CURRENT_DATE ").replace("as_of,", "CURRENT_DATE,"),
    "today is not over and does not count; end this_week before as_of": today_in,
    "nothing ends this_week; it is over before as_of": endless,
    "these seven days end with today; end this_week before as_of": REFERENCE.replace("as_of - 7", "as_of - 6")
    .replace("as_of AS z", "as_of + 1 AS z")
    .replace("as_of - 14", "as_of - 13"),
    "last_week takes in everything older; it has seven days": REFERENCE.replace("as_of - 14", "DATE '1900-01-01'"),
    "a week begins at midnight, that moment included": REFERENCE.replace("created_at >= a AND created_at < z", "created_at > a AND created_at <= z"),
    "the first moment of a week belongs to it: created_at >= its first day": REFERENCE.replace("created_at >= a", "created_at > a"),
    "midnight between the weeks is counted twice; a period ends before its end day": REFERENCE.replace("created_at < z", "created_at <= z"),
    "row_count counts all rows of the week; COUNT(feature_x) leaves out NULLs": REFERENCE.replace("COUNT(created_at)", "COUNT(feature_x)"),
    "sd_x is the sample standard deviation: divide by n - 1": REFERENCE.replace("STDDEV_SAMP", "STDDEV_POP"),
    "sd_x is a variance here; take its square root": REFERENCE.replace("STDDEV_SAMP", "VAR_SAMP"),
    "shift_sd is measured in last week's standard deviations, not in this week's": REFERENCE.replace(
        "NULLIF((SELECT sd_x FROM m WHERE period = 'last_week'), 0)", "NULLIF((SELECT sd_x FROM m WHERE period = 'this_week'), 0)"
    ),
    "shift_sd is not divided by last week's sd_x": REFERENCE.replace("/ NULLIF((SELECT sd_x FROM m WHERE period = 'last_week'), 0)", ""),
    "shift_sd is this week's mean minus last week's, not the other way round": REFERENCE.replace(
        "(mean_x - (SELECT mean_x FROM m WHERE period = 'last_week'))", "((SELECT mean_x FROM m WHERE period = 'last_week') - mean_x)"
    ),
    "shift_sd of last_week is 0, not NULL": REFERENCE.replace("AS shift_sd", "* CASE WHEN period = 'this_week' THEN 1 END AS shift_sd"),
    "an unknown value is not 0; leave it out of the mean": REFERENCE.replace("(feature_x)", "(COALESCE(feature_x, 0))"),
    "the two periods are swapped": REFERENCE.replace("this_week", "other")
    .replace("last_week", "this_week")
    .replace("other", "last_week")
    .replace("period = 'this_week'", "period = 'last_week'"),
    "seven days before as_of are not the calendar week": REFERENCE.replace("as_of ", "CAST(date_trunc('week', as_of) AS DATE) ").replace(
        "as_of,", "CAST(date_trunc('week', as_of) AS DATE),"
    ),
    "a week without rows has a row, too, with row_count 0": REFERENCE.replace("LEFT JOIN", "JOIN"),
    "a week without rows has row_count 0: after a LEFT JOIN COUNT(*) counts its empty row": REFERENCE.replace("COUNT(created_at)", "COUNT(*)"),
    "what can't be computed is NULL, not 0": REFERENCE.replace("(mean_x - (S", "COALESCE((mean_x - (S").replace(" AS shift_sd", ", 0) AS shift_sd"),
}
### END HIDDEN TESTS
sql.result(query, two_weeks_answer, two_weeks, "the eleven rows", mistakes=mistakes)
sql.result(query, stopped_answer, stopped, "a week without rows", mistakes=mistakes)
### BEGIN HIDDEN TESTS
sql.result(query, REFERENCE, sql.generate(3_000, seed=4, nulls=True), "a generated table with NULLs", mistakes=mistakes)
### END HIDDEN TESTS

# %% test="shift_between_weeks" name="cases" points=2
"""A week without rows, single and equal values, unknown values only, another date in clock, no rows at all."""
### BEGIN HIDDEN TESTS
REFERENCE = """
    WITH weeks AS (SELECT 'this_week' AS period, as_of - 7 AS a, as_of AS z FROM clock UNION ALL SELECT 'last_week', as_of - 14, as_of - 7 FROM clock),
    m AS (SELECT period, COUNT(created_at) AS row_count, AVG(feature_x) AS mean_x, STDDEV_SAMP(feature_x) AS sd_x, MIN(feature_x) AS min_x, MAX(feature_x) AS max_x
          FROM weeks LEFT JOIN feature_table ON created_at >= a AND created_at < z GROUP BY period)
    SELECT m.*, (mean_x - (SELECT mean_x FROM m WHERE period = 'last_week')) / NULLIF((SELECT sd_x FROM m WHERE period = 'last_week'), 0) AS shift_sd FROM m
"""
query = shift_between_weeks()
features = {
    "no rows this week": [("2026-06-17", 3.0), ("2026-06-18", 5.0), ("2026-06-30 06:00", 8.0)],
    "no rows last week": [("2026-06-24", 3.0), ("2026-06-25", 5.0), ("2026-06-10", 1.0)],
    "one value last week": [("2026-06-17", 3.0), ("2026-06-24", 5.0), ("2026-06-25", 6.0)],
    "equal values last week": [("2026-06-17", 4.0), ("2026-06-18", 4.0), ("2026-06-24", 5.0), ("2026-06-25", 6.0)],
    "unknown values only, this week": [("2026-06-17", 4.0), ("2026-06-18", 5.0), ("2026-06-24", None), ("2026-06-25", None)],
}
databases = {name: sql.tiny(feature_table=sql.rows("created_at feature_x", *rows)) for name, rows in features.items()}
days = sql.rows(
    "created_at feature_x",
    *[(f"2024-02-{day} 12:00", float(day * day % 17)) for day in range(10, 30)],
    ("2024-03-01", 99.0),
    ("2024-03-04 23:00", 7.5),
    ("2024-03-05 00:00", 80.0),
    ("2026-06-20 12:00", 90.0),
)
databases["as_of on 5 March 2024"] = sql.tiny(as_of="2024-03-05", feature_table=days)
databases["three days of features missing"] = sql.generate(2_000, faults=True)
databases["a session in Auckland"] = sql.generate(2_000, zones=True)
databases["no rows at all"] = sql.generate(empty=True)
for name, database in databases.items():
    sql.result(
        query,
        REFERENCE,
        database,
        name,
        mistakes={
            "CURRENT_DATE is the wall clock; today is the as_of of clock": REFERENCE.replace("as_of ", "CURRENT_DATE ").replace("as_of,", "CURRENT_DATE,"),
            "the date is written into the query; take as_of from clock": REFERENCE.replace("as_of ", "DATE '2026-06-30' ").replace(
                "as_of,", "DATE '2026-06-30',"
            ),
            "a week without rows has a row, too, with row_count 0": REFERENCE.replace("LEFT JOIN", "JOIN"),
            "a week without rows has row_count 0: after a LEFT JOIN COUNT(*) counts its empty row": REFERENCE.replace("COUNT(created_at)", "COUNT(*)"),
            "when last week's sd_x is 0, shift_sd is NULL; don't divide by 0": REFERENCE.replace(
                "NULLIF((SELECT sd_x FROM m WHERE period = 'last_week'), 0)", "(SELECT sd_x FROM m WHERE period = 'last_week')"
            ),
            "what can't be computed is NULL, not 0": REFERENCE.replace("(mean_x - (S", "COALESCE((mean_x - (S").replace(" AS shift_sd", ", 0) AS shift_sd"),
        },
    )
### END HIDDEN TESTS

# %% [markdown] explain="shift_between_weeks"
# The weeks come first, from `clock`, and the data join them: so the two rows are there whatever the data do. `CASE ... ELSE 'last_week'` makes periods out of the rows instead, and `ELSE` takes in whatever no condition caught.
#
# `COUNT(created_at)` rather than `COUNT(*)`: the `LEFT JOIN` keeps a week without features as one row of NULLs.
#
# A shift in standard deviations sees a moved mean only. Look at `sd_x`, `min_x` and `max_x`, too: a unit changed from seconds to milliseconds, a clipped tail, a constant. How far the whole distribution has moved is the matter of PSI, in the section on monitoring.

# %% [markdown]
# > **In the interview.** *"Has this feature shifted since last week?"*
# > **In 30 seconds:** whole weeks, half-open, so that weekdays match and today's half day is out. Row count, null share, mean, standard deviation and range side by side; the shift of the mean in last week's standard deviations. A volume that changed comes before any change of the mean.
# > **They ask next:** a p-value with ten million rows (always significant: bound the size)? A holiday week? The mean stays and the tails move?
# > **Red flags:** seven days against seven and a half; a check that returns nothing when the data stop; "p < 0.05, so it drifted".

# %% [markdown]
# ## Duplicates: first say what one row is
#
# The textbook check is `GROUP BY user_id HAVING COUNT(*) > 1`. On this feature table it reports all 500 users, and most are innocent: a user has one row *a week*. A duplicate is defined by a **key**, the columns of which a row should be the only one. Here it is `(user_id, created_at)`. Ask for it before you count.

# %%
sql.query(
    sick,
    """
    SELECT (SELECT COUNT(*) FROM (SELECT 1 FROM feature_table GROUP BY user_id HAVING COUNT(*) > 1) AS t) AS "user_id repeats",
           (SELECT COUNT(*) FROM (SELECT 1 FROM feature_table GROUP BY user_id, created_at HAVING COUNT(*) > 1) AS t) AS "(user_id, created_at) repeats",
           (SELECT COUNT(DISTINCT user_id) FROM feature_table) AS users,
           (SELECT COUNT(*) FROM feature_table) AS feature_rows
    """,
)

# %% [markdown]
# Why it hurts: a join multiplies. Each copy of a feature row copies the label that joins it, so sums grow, users count twice, and the same row can land in training *and* in test.
#
# There are two kinds, and they need different cures. An **exact copy** (a retried load) can be dropped by `SELECT DISTINCT`. A **conflict**, one key with different values, can't: somebody must say which value is true. `DISTINCT` leaves both rows in, and you believe that you have cleaned up.

# %% collapsed=true
copies_rows = sql.tiny(
    feature_table=sql.rows(
        "user_id created_at feature_x",
        *[(1, "2026-06-22", 9.0), (1, "2026-06-29", 11.0)],
        *[(2, "2026-06-29", 8.0)] * 3,
        *[(3, "2026-06-29", 12.0), (3, "2026-06-29", 13.0)],
    )
)
steps = {
    "rows": "SELECT user_id FROM feature_table",
    "SELECT DISTINCT *": "SELECT DISTINCT * FROM feature_table",
    "different keys": "SELECT DISTINCT user_id, created_at FROM feature_table",
}
sizes = pd.DataFrame(
    {
        name: sql.query(copies_rows, f"SELECT user_id, COUNT(*) AS n FROM ({text}) AS t GROUP BY user_id ORDER BY user_id").frame()["n"]
        for name, text in steps.items()
    }
)
fig, ax = plt.subplots(figsize=(7, 3))
places = np.arange(3)
for shift, (name, color) in enumerate(zip(sizes, ["0.75", "C0", "C1"], strict=True)):
    drawn = ax.bar(places + (shift - 1) * 0.27, sizes[name], 0.25, color=color, label=name)
    ax.bar_label(drawn)
ax.set_xticks(places, ["user 1\ntwo weeks, no duplicate", "user 2\none row, three times", "user 3\ntwo values for one time"])
ax.set(ylabel="rows", ylim=(0, 4.2), title="DISTINCT removes copies and leaves the conflict in")
ax.legend(frameon=False, ncol=3, loc="upper center")
plt.show()

# %% locked="reloaded"
reloaded = sql.tiny(
    feature_table=sql.rows(
        "user_id created_at feature_x requests_7d plan",
        (1, "2026-06-22 02:00", 9.5, 10, "free"),
        (1, "2026-06-29 02:00", 9.5, 10, "free"),
        (2, "2026-06-29 02:00", 8.0, None, "pro"),
        (2, "2026-06-29 02:00", 8.0, None, "pro"),
        (3, "2026-06-29 02:00", None, 4, "pro"),
        (3, "2026-06-29 02:00", 7.0, 4, "pro"),
        (3, "2026-06-29 02:00", 7.0, 4, "pro"),
        (4, "2026-06-29 02:00", 6.0, 2, "free"),
        (4, "2026-06-29 02:00", 6.0, 2, "pro"),
        (5, "2026-06-29 02:00", 5.0, 1, "free"),
        (5, "2026-06-29 08:00", 5.0, 1, "free"),
        (6, "2026-06-29 02:00", 4.0, 3, "free"),
        (6, "2026-06-29 02:00", 4.0, 5, "free"),
        (None, "2026-06-29 02:00", 1.0, 1, None),
        (None, "2026-06-29 02:00", 1.0, 1, None),
    )
)
reloaded_answer = sql.rows(
    "user_id created_at copies versions",
    (2, "2026-06-29 02:00", 2, 1),
    (3, "2026-06-29 02:00", 3, 2),
    (4, "2026-06-29 02:00", 2, 2),
    (6, "2026-06-29 02:00", 2, 2),
)

# %% [markdown] statement="duplicates" level="core"
# ### `duplicates`: copies and conflicts
#
# Write `duplicates()`; it returns the text of a query on `feature_table`. Its key is `(user_id, created_at)`, the exact moment. Give one row for each key that **more than one row** has.
#
# Columns: `user_id`, `created_at`, `copies` (rows with this key), `versions` (how many of them are different: rows are the same when all five other columns `feature_x`, `requests_7d`, `tokens_7d`, `error_rate_7d`, `plan` are the same, NULL being the same as NULL). So `versions` 1 means exact copies, 2 or more a conflict.
# Rows without a `user_id` are left out; `created_at` is always there. The order of the result is free.
#
# Example: for the fifteen rows in `reloaded` the result is `reloaded_answer`: user 2 with 2 copies of 1 version, user 3 with 3 copies of 2 versions (NULL and 7.0), user 4 with 2 of 2 (the plan differs), user 6 with 2 of 2 (`requests_7d` differs). Users 1 and 5 have no key twice.


# %% solution="duplicates"
def duplicates() -> str:
    """Text of a query: user_id, created_at, copies, versions of each key that more than one row of feature_table has, in any order."""
    ### BEGIN SOLUTION
    return """
    WITH versions AS (
        SELECT user_id, created_at, COUNT(*) AS copies
        FROM feature_table
        WHERE user_id IS NOT NULL
        GROUP BY user_id, created_at, feature_x, requests_7d, tokens_7d, error_rate_7d, plan
    )
    SELECT user_id, created_at, SUM(copies) AS copies, COUNT(*) AS versions
    FROM versions
    GROUP BY user_id, created_at
    HAVING SUM(copies) > 1
    """
    ### END SOLUTION


# %% [markdown] hint="duplicates"
# `GROUP BY` takes NULL as equal to NULL. So what are the groups when you group by all seven columns?

# %% [markdown] hint="duplicates"
# Two steps: group by all seven columns and count the rows of each version; then group those by the key, with `SUM` of the counts and `COUNT(*)` of the versions. `HAVING` filters groups.

# %% test="duplicates" name="value" points=2
"""The example row by row, then a generated table with doubled rows."""
query, mistakes = duplicates(), {}
### BEGIN HIDDEN TESTS
REFERENCE = """
    WITH v AS (SELECT user_id, created_at, COUNT(*) AS n FROM feature_table WHERE user_id IS NOT NULL
               GROUP BY user_id, created_at, feature_x, requests_7d, tokens_7d, error_rate_7d, plan)
    SELECT user_id, created_at, SUM(n) AS copies, COUNT(*) AS versions FROM v GROUP BY user_id, created_at HAVING SUM(n) > 1
"""
directly = "SELECT user_id, created_at, COUNT(*) AS copies, {0} AS versions FROM feature_table WHERE user_id IS NOT NULL GROUP BY user_id, created_at HAVING COUNT(*) > 1"
others = ["feature_x", "requests_7d", "tokens_7d", "error_rate_7d", "plan"]
most = "GREATEST(" + ", ".join(f"COUNT(DISTINCT {name})" for name in others) + ")"
mistakes = {
    "a user has one row each week; the key is (user_id, created_at)": "SELECT user_id, MAX(created_at) AS created_at, SUM(n) AS copies, COUNT(*) AS versions FROM ("
    + REFERENCE.split("WITH v AS (")[1].split(")\n    SELECT")[0]
    + ") AS v GROUP BY user_id HAVING SUM(n) > 1",
    "two moments of one day are two keys; don't cut created_at to its day": REFERENCE.replace("WHERE user_id", "WHERE user_id")
    .replace("SELECT user_id, created_at, COUNT(*)", "SELECT user_id, CAST(created_at AS DATE) AS created_at, COUNT(*)")
    .replace("user_id, created_at, feature_x", "user_id, CAST(created_at AS DATE), feature_x"),
    "these are exact copies only; a key with different values is a duplicate, too": "SELECT user_id, created_at, n AS copies, 1 AS versions FROM ("
    + REFERENCE.split("WITH v AS (")[1].split(")\n    SELECT")[0]
    + ") AS v WHERE n > 1",
    "these are conflicts only; exact copies are duplicates, too": REFERENCE.replace("SUM(n) > 1", "COUNT(*) > 1"),
    "keys that only one row has are no duplicates": REFERENCE.replace("HAVING SUM(n) > 1", ""),
    "copies counts all rows of the key, not only those beyond the first": REFERENCE.replace("SUM(n) AS copies", "SUM(n) - 1 AS copies"),
    "copies counts rows, also those in which a value is NULL: COUNT(*)": REFERENCE.replace("COUNT(*) AS n", "COUNT(feature_x) AS n"),
    "COUNT(DISTINCT column) leaves out NULL; a NULL beside a value is another version": directly.format(most),
    "versions compares feature_x only; a row is the same when all five columns are": directly.format("COUNT(DISTINCT COALESCE(feature_x, -1))"),
    "versions compares feature_x only and leaves out NULL; a row is the same when all five columns are": directly.format("COUNT(DISTINCT feature_x)"),
    "a row is the same when all five columns are; plan is left out": REFERENCE.replace(", plan)", ")"),
    "rows without a user_id are left out": REFERENCE.replace("WHERE user_id IS NOT NULL", ""),
}
### END HIDDEN TESTS
sql.result(query, reloaded_answer, reloaded, "the fifteen rows", mistakes=mistakes)
### BEGIN HIDDEN TESTS
sql.result(query, REFERENCE, sql.generate(4_000, seed=7, faults=True), "a generated table with doubled rows", mistakes=mistakes)
### END HIDDEN TESTS

# %% test="duplicates" name="cases" points=2
"""Conflicts in one column each, NULLs, values that run together as text, no duplicates, no rows."""
### BEGIN HIDDEN TESTS
REFERENCE = """
    WITH v AS (SELECT user_id, created_at, COUNT(*) AS n FROM feature_table WHERE user_id IS NOT NULL
               GROUP BY user_id, created_at, feature_x, requests_7d, tokens_7d, error_rate_7d, plan)
    SELECT user_id, created_at, SUM(n) AS copies, COUNT(*) AS versions FROM v GROUP BY user_id, created_at HAVING SUM(n) > 1
"""
directly = "SELECT user_id, created_at, COUNT(*) AS copies, {0} AS versions FROM feature_table WHERE user_id IS NOT NULL GROUP BY user_id, created_at HAVING COUNT(*) > 1"
query = duplicates()
base = {"created_at": "2026-06-01 01:00", "feature_x": 1.0, "requests_7d": 1, "tokens_7d": 12, "error_rate_7d": 0.5, "plan": "free"}
changes = [("feature_x", 2.0), ("requests_7d", 2), ("tokens_7d", 13), ("error_rate_7d", 0.25), ("plan", "pro"), ("plan", None), ("feature_x", None)]
each = [{**base, "user_id": user, **change} for user, (column, value) in enumerate(changes, 1) for change in ({}, {column: value})]
text = [{**base, "user_id": 1, "requests_7d": a, "tokens_7d": b} for a, b in ((1, 23), (12, 3), (12, 3), (None, 123))]
cancel = [{**base, "user_id": 1, "requests_7d": a, "tokens_7d": b} for a, b in ((1, 2), (2, 1), (1, 1), (2, 2))]
for name, database in {
    "two rows that differ in one column": sql.tiny(feature_table=each),
    "1 and 23 beside 12 and 3": sql.tiny(feature_table=text),
    "four versions of two values each": sql.tiny(feature_table=cancel),
    "doubled rows and NULLs": sql.generate(3_000, faults=True, nulls=True),
    "no duplicates": sql.generate(1_000),
    "no rows at all": sql.generate(empty=True),
}.items():
    sql.result(
        query,
        REFERENCE,
        database,
        name,
        mistakes={
            "columns glued together run into each other (1 and 23, 12 and 3); compare them one by one": directly.format(
                "COUNT(DISTINCT CONCAT(feature_x, requests_7d, tokens_7d, error_rate_7d, plan))"
            ),
            "versions compares feature_x only; a row is the same when all five columns are": directly.format("COUNT(DISTINCT COALESCE(feature_x, -1))"),
            "versions are different rows; don't take the column with the most different values": directly.format(
                "GREATEST("
                + ", ".join(f"COUNT(DISTINCT COALESCE(CAST({c} AS TEXT), '-'))" for c in ("feature_x", "requests_7d", "tokens_7d", "error_rate_7d", "plan"))
                + ")"
            ),
            "a row is the same when all five columns are; plan is left out": REFERENCE.replace(", plan)", ")"),
            "a row is the same when all five columns are; error_rate_7d is left out": REFERENCE.replace(", error_rate_7d", ""),
            "a row is the same when all five columns are; tokens_7d is left out": REFERENCE.replace(", tokens_7d", ""),
        },
    )
### END HIDDEN TESTS

# %% [markdown] explain="duplicates"
# `GROUP BY` and `DISTINCT` treat NULLs as the same, `=` and `COUNT(DISTINCT column)` don't. So counting versions is a job for grouping. `COUNT(DISTINCT (feature_x, requests_7d, ...))` over a row value works in both dialects, too.
#
# The cure for exact copies is `SELECT DISTINCT`, or better, a load that can run twice without harm (`MERGE`, `INSERT ... ON CONFLICT DO NOTHING`, a unique key). The cure for conflicts is a rule: the latest *load*, the trusted source; then `ROW_NUMBER` by the key, as in `latest_per_user`.

# %% [markdown]
# > **In the interview.** *"How do you find duplicates in this table?"*
# > **In 30 seconds:** I ask for the key, group by it, `HAVING COUNT(*) > 1`. Then I split: exact copies come from retries and can be dropped, conflicts need a rule. And I compare `COUNT(*)` before and after each join, because that is where duplicates do their harm.
# > **They ask next:** how did they get in? How do you deduplicate, and which row stays? How do you keep them out (unique key, idempotent load)?
# > **Red flags:** `GROUP BY user_id` on a table with one row a week; `SELECT DISTINCT` on everything as a reflex.

# %% [markdown]
# ## Rows that belong to nobody, tables that stopped
#
# A request of a user who is not in `users` is an **orphan**: a deleted account, a late dimension table, a wrong join key. Inner joins drop orphans without a word, and revenue by country no longer adds up to revenue.
#
# The obvious query has the most famous trap of SQL in it. In a three-valued logic `5 NOT IN (1, 2, NULL)` is not true: it might be that the NULL *is* 5. One unknown id in `users`, and the check reports a clean table for ever:

# %%
members = sql.tiny(
    users=sql.rows("user_id country", (1, "US"), (2, "DE"), (None, "IN")),
    api_requests=sql.rows("user_id", (1,), (1,), (2,), (5,), (5,), (6,), (None,)),
)
sql.query(
    members,
    """
    SELECT (SELECT COUNT(*) FROM api_requests WHERE user_id NOT IN (SELECT user_id FROM users)) AS "NOT IN",
           (SELECT COUNT(*) FROM api_requests AS r WHERE NOT EXISTS (SELECT 1 FROM users AS u WHERE u.user_id = r.user_id)) AS "NOT EXISTS",
           (SELECT COUNT(*) FROM api_requests AS r WHERE r.user_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM users AS u WHERE u.user_id = r.user_id)) AS "NOT EXISTS, id known"
    """,
)

# %% [markdown]
# Three requests name users 5 and 6, who are not there. `NOT IN` finds none. `NOT EXISTS` finds them, and the request without a user as well; that is another fault with another cause, so count it on its own.
#
# **Freshness** is the other silent fault: a table that stopped being loaded is complete, unique and without orphans. Ask for its newest row, and measure the age against `clock`. (The newest row says nothing about holes before it: in the picture `api_requests` is up to date and lacks whole days. That is the next topic.)

# %% collapsed=true
newest = sql.query(
    sick,
    """
    SELECT 'api_requests' AS table_name, CAST(created_at AS DATE) AS row_date, COUNT(*) AS n FROM api_requests GROUP BY 2
    UNION ALL SELECT 'events', CAST(created_at AS DATE), COUNT(*) FROM events GROUP BY 2
    UNION ALL SELECT 'feature_table', CAST(created_at AS DATE), COUNT(*) FROM feature_table GROUP BY 2
    """,
).frame()
newest["row_date"] = pd.to_datetime(newest["row_date"])
as_of = pd.Timestamp(sql.AS_OF)
shown = newest[newest["row_date"] > as_of - pd.Timedelta(days=30)]
fig, ax = plt.subplots(figsize=(7, 3), layout="constrained")
names = ["feature_table", "events", "api_requests"]
for place, name in enumerate(names):
    part = shown[shown["table_name"] == name]
    late = (as_of - part["row_date"].max()).days
    ax.scatter(part["row_date"], np.full(len(part), place), s=180 * part["n"] / part["n"].max(), color="C1" if late > 1 else "C0")
    ax.text(as_of + pd.Timedelta(days=1), place, f"{late} days behind", va="center", color="C1" if late > 1 else "C0")
    if name == "api_requests":
        empty = len(pd.date_range(as_of - pd.Timedelta(days=28), as_of).difference(part["row_date"]))
        ax.text(as_of + pd.Timedelta(days=1), place - 0.32, f"{empty} days are empty", va="center", color="C1")
ax.axvline(as_of, color="0.5", ls=":")
ax.set_yticks(range(3), names)
ax.set_xticks([as_of - pd.Timedelta(days=d) for d in (28, 21, 14, 7, 0)], [f"{as_of - pd.Timedelta(days=d):%d %b}" for d in (28, 21, 14, 7, 0)])
ax.set(
    xlabel="day (size of a dot: rows of that day)",
    ylim=(-0.6, 2.6),
    xlim=(as_of - pd.Timedelta(days=30), as_of + pd.Timedelta(days=10)),
    title="The feature table stopped four days ago; nothing failed",
)
plt.show()

# %% locked="ledger"
ledger = sql.tiny(
    users=sql.rows("user_id", (1,), (2,), (2,), (None,)),
    api_requests=sql.rows(
        "user_id created_at",
        (1, "2026-06-29 23:00"),
        (2, "2026-06-30 09:00"),
        (2, "2026-06-01 10:00"),
        (8, "2026-06-02 10:00"),
        (8, "2026-06-03 10:00"),
        (None, "2026-06-04 10:00"),
    ),
    feature_table=sql.rows("user_id created_at", (1, "2026-06-26 04:00"), (7, "2026-06-27 20:00")),
)
ledger_answer = sql.rows(
    "table_name row_count no_user orphans days_behind",
    ("api_requests", 6, 1, 2, 0),
    ("events", 0, 0, 0, None),
    ("feature_table", 2, 0, 1, 3),
)

# %% [markdown] statement="orphans_and_freshness" level="stretch"
# ### `orphans_and_freshness`: three tables, one report
#
# Write `orphans_and_freshness()`; it returns the text of a query on `api_requests`, `events`, `feature_table`, `users` and `clock` that gives exactly one row for each of the first three.
#
# Columns: `table_name` (`'api_requests'`, `'events'`, `'feature_table'`), `row_count` (all its rows), `no_user` (rows whose `user_id` is NULL), `orphans` (rows with a `user_id` that does not occur in `users`; a NULL is no orphan),
# `days_behind`: the days from the date of the newest `created_at` to `as_of`, a whole number: 0 if the newest row is of that date, 1 if of the day before, -1 if of the day after (keep the sign: it shows a wrong clock), whatever its hour. All rows count for it, orphans too.
# `users` may hold a `user_id` twice, or NULL. A table without rows has a row with 0, 0, 0 and NULL. The order of the result is free. A million requests must take no more than a few seconds.
#
# Example: for the tables in `ledger` the result is `ledger_answer`: `(api_requests, 6, 1, 2, 0)`, `(events, 0, 0, 0, NULL)`, `(feature_table, 2, 0, 1, 3)`; 27 June, 20:00, is 3 days behind 30 June.


# %% solution="orphans_and_freshness"
def orphans_and_freshness() -> str:
    """Text of a query: table_name, row_count, no_user, orphans, days_behind of api_requests, events and feature_table, in any order."""
    ### BEGIN SOLUTION
    each = [
        f"""
        SELECT '{table}' AS table_name,
               COUNT(*) AS row_count,
               COUNT(*) - COUNT(t.user_id) AS no_user,
               COUNT(t.user_id) - COUNT(known.user_id) AS orphans,
               (SELECT as_of FROM clock) - CAST(MAX(t.created_at) AS DATE) AS days_behind
        FROM {table} AS t LEFT JOIN (SELECT DISTINCT user_id FROM users) AS known ON known.user_id = t.user_id
        """
        for table in ("api_requests", "events", "feature_table")
    ]
    return " UNION ALL ".join(each)
    ### END SOLUTION


# %% [markdown] hint="orphans_and_freshness"
# Write the query for one table. The other two are the same with another name: put three together with `UNION ALL`, or let a Python loop do it.

# %% [markdown] hint="orphans_and_freshness"
# `LEFT JOIN` the users, each once (`SELECT DISTINCT user_id FROM users`). Where nobody was found, the id on the right is NULL.

# %% [markdown] hint="orphans_and_freshness"
# `COUNT(t.user_id) - COUNT(known.user_id)` counts rows with an id for which nobody was found. A date minus a date is a number of days: cast the newest time to a date first.

# %% test="orphans_and_freshness" name="value" points=2
"""The example row by row, then a generated warehouse with orphans."""
query, mistakes = orphans_and_freshness(), {}
### BEGIN HIDDEN TESTS
TABLES = ("api_requests", "events", "feature_table")


def written(
    rows="COUNT(*)",
    orphans="COUNT(t.user_id) - COUNT(k.user_id)",
    behind="(SELECT as_of FROM clock) - CAST(MAX(t.created_at) AS DATE)",
    known="(SELECT DISTINCT user_id FROM users)",
    join="LEFT JOIN",
):
    each = (
        "SELECT '{0}' AS table_name, "
        + rows
        + " AS row_count, COUNT(*) - COUNT(t.user_id) AS no_user, "
        + orphans
        + " AS orphans, "
        + behind
        + " AS days_behind FROM {0} AS t "
        + join
        + " "
        + known
        + " AS k ON k.user_id = t.user_id"
    )
    return " UNION ALL ".join(each.replace("{0}", table) for table in TABLES)


mistakes = {
    "one NULL in users, and NOT IN is true for no row; use NOT EXISTS or a LEFT JOIN": written(
        orphans="(SELECT COUNT(*) FROM {0} WHERE user_id NOT IN (SELECT user_id FROM users))"
    ),
    "a row without a user_id is no orphan; it is counted in no_user": written(orphans="COUNT(*) - COUNT(k.user_id)"),
    "a user_id that is twice in users doubles the rows it joins; join each user once": written(known="users"),
    "orphans counts rows, not users": written(orphans="COUNT(DISTINCT CASE WHEN k.user_id IS NULL THEN t.user_id END)"),
    "an inner join drops the orphans that you want to count": written(join="JOIN"),
    "row_count counts all rows; COUNT(user_id) leaves out those without": written(rows="COUNT(t.user_id)"),
    "days_behind counts dates; the hour of the newest row does not matter": written(
        behind="date_diff('hour', MAX(t.created_at), CAST((SELECT as_of FROM clock) AS TIMESTAMP)) // 24"
    ),
    "this is the age of the oldest row; take the newest": written(behind="(SELECT as_of FROM clock) - CAST(MIN(t.created_at) AS DATE)"),
    "this is minus the age; the date of the newest row is taken from as_of": written(behind="CAST(MAX(t.created_at) AS DATE) - (SELECT as_of FROM clock)"),
    "all rows count for days_behind, orphans and rows without a user_id too": written(
        behind="(SELECT as_of FROM clock) - CAST(MAX(CASE WHEN k.user_id IS NOT NULL THEN t.created_at END) AS DATE)"
    ),
    "CURRENT_DATE is the wall clock; today is the as_of of clock": written(behind="CURRENT_DATE - CAST(MAX(t.created_at) AS DATE)"),
    "a table without rows has no newest row: NULL, not 0": written(behind="COALESCE((SELECT as_of FROM clock) - CAST(MAX(t.created_at) AS DATE), 0)"),
    "a table without rows has a row, too": "SELECT * FROM (" + written() + ") AS found WHERE row_count > 0",
}
### END HIDDEN TESTS
sql.result(query, ledger_answer, ledger, "the tables in ledger", mistakes=mistakes)
### BEGIN HIDDEN TESTS
sql.result(query, written(), sql.generate(3_000, seed=13, faults=True, nulls=True), "a generated warehouse with orphans", mistakes=mistakes)
### END HIDDEN TESTS

# %% test="orphans_and_freshness" name="cases" points=2
"""No users at all, the newest row an orphan, rows of tomorrow, another date in clock, no rows, a million requests."""
### BEGIN HIDDEN TESTS
TABLES = ("api_requests", "events", "feature_table")


def written(orphans="COUNT(t.user_id) - COUNT(k.user_id)", behind="(SELECT as_of FROM clock) - CAST(MAX(t.created_at) AS DATE)"):
    each = (
        "SELECT '{0}' AS table_name, COUNT(*) AS row_count, COUNT(*) - COUNT(t.user_id) AS no_user, "
        + orphans
        + " AS orphans, "
        + behind
        + " AS days_behind FROM {0} AS t LEFT JOIN (SELECT DISTINCT user_id FROM users) AS k ON k.user_id = t.user_id"
    )
    return " UNION ALL ".join(each.replace("{0}", table) for table in TABLES)


query = orphans_and_freshness()
moments = sql.rows("user_id created_at", (1, "2024-02-27 00:00"), (4, "2024-02-28 23:59:59"), (None, "2024-02-28 12:00"))
for name, database in {
    "no users at all": sql.tiny(events=sql.rows("user_id created_at", (1, "2026-06-29"), (None, "2026-06-28")), users=[]),
    "users without ids": sql.tiny(events=sql.rows("user_id created_at", (1, "2026-06-29"), (None, "2026-06-28")), users=[{}, {}]),
    "the newest row is an orphan, over a 29 February": sql.tiny(
        as_of="2024-03-01", users=[{"user_id": 1}], feature_table=moments, api_requests=moments[:1], events=moments
    ),
    "a row of tomorrow": sql.tiny(users=[{"user_id": 1}], events=sql.rows("user_id created_at", (1, "2026-07-01 10:00"), (1, "2026-06-20 10:00"))),
    "a session in Auckland": sql.generate(2_000, zones=True, faults=True),
    "no rows at all": sql.generate(empty=True),
    "a million requests": sql.generate(1_000_000),
}.items():
    sql.result(
        query,
        written(),
        database,
        name,
        seconds=12,
        mistakes={
            "a row without a user_id is no orphan; it is counted in no_user": written(orphans="COUNT(*) - COUNT(k.user_id)"),
            "one NULL in users, and NOT IN is true for no row; use NOT EXISTS or a LEFT JOIN": written(
                orphans="(SELECT COUNT(*) FROM {0} WHERE user_id NOT IN (SELECT user_id FROM users))"
            ),
            "CURRENT_DATE is the wall clock; today is the as_of of clock": written(behind="CURRENT_DATE - CAST(MAX(t.created_at) AS DATE)"),
            "the date is written into the query; take as_of from clock": written(behind="DATE '2026-06-30' - CAST(MAX(t.created_at) AS DATE)"),
            "a row of tomorrow is -1 days behind; leave the sign, it shows a wrong clock": written(
                behind="ABS((SELECT as_of FROM clock) - CAST(MAX(t.created_at) AS DATE))"
            ),
            "a row of tomorrow is -1 days behind, not 0": written(
                behind="CASE WHEN MAX(t.created_at) >= (SELECT as_of FROM clock) THEN 0 ELSE (SELECT as_of FROM clock) - CAST(MAX(t.created_at) AS DATE) END"
            ),
        },
    )
### END HIDDEN TESTS

# %% [markdown] explain="orphans_and_freshness"
# An aggregate without `GROUP BY` gives one row even for an empty table: that is what a report needs. With `GROUP BY table_name` over a union of the tables, the empty one disappears from the report, and it is the one you should hear about.
#
# `NOT IN (subquery)` is `<> ALL`: one NULL makes it unknown for every row that is not found. `NOT EXISTS` asks "is there a row for which this is true?" and has no third answer. The `LEFT JOIN` here says the same and keeps all rows for the other columns; `SELECT DISTINCT` guards it against a user who is listed twice.
#
# Date minus date is a whole number in both dialects. A timestamp minus a timestamp is an interval, and 27 June, 20:00, is only two days and four hours before midnight of the 30th.

# %% [markdown]
# > **In the interview.** *"How would you detect data quality issues in a production feature table?"*
# > **In 30 seconds:** five checks, every load: null share by column and day; volume, mean, spread and range against the week before; duplicates by the key; ids without a parent; age of the newest row. Each writes a row with a bound into a results table, also when there are no data; freshness and volume run first, because they explain the rest.
# > **They ask next:** which of them block the pipeline and which only warn? Why is `NOT IN` dangerous? Where do the bounds come from? Who is woken up?
# > **Red flags:** only null checks; `NOT IN` on a column that may be NULL; a check that passes on an empty table.

# %% [markdown]
# ## Days on which nothing happened
#
# `GROUP BY` day gives a row for each day that has rows. The outage, the quiet Sunday, the market before its launch have none, and a chart draws a straight line through them. Averages are taken over the good days only; "the last 7 rows" reach back nine days.

# %% collapsed=true
spotty = sql.generate(12_000, gaps=True)
present = (
    sql.query(spotty, "SELECT CAST(created_at AS DATE) AS usage_date, COUNT(*) AS requests FROM api_requests GROUP BY usage_date ORDER BY usage_date")
    .frame()
    .iloc[:-1]
)
present["usage_date"] = pd.to_datetime(present["usage_date"])
whole = present.set_index("usage_date")["requests"].reindex(pd.date_range(as_of - pd.Timedelta(days=28), as_of - pd.Timedelta(days=1)), fill_value=0)
present = present[present["usage_date"] >= whole.index[0]]
fig, axes = plt.subplots(1, 2, figsize=(9, 3), sharey=True, layout="constrained")
axes[0].plot(present["usage_date"], present["requests"], "o-", color="C0", ms=3)
axes[1].plot(whole.index, whole, "o-", color="C0", ms=3)
axes[1].plot(whole.index[whole == 0], whole[whole == 0], "o", color="C1")
for ax, title, mean in zip(axes, ("GROUP BY alone", "calendar first"), (present["requests"].mean(), whole.mean()), strict=True):
    ax.axhline(mean, color="0.5", ls="--")
    ax.set(xlabel="day", title=f"{title}: mean {mean:.0f} a day")
    ax.set_xticks(whole.index[::9], whole.index[::9].strftime("%d %b"))
axes[0].set(ylabel="requests", ylim=(-8, None))
fig.suptitle("Six days without requests are invisible until a calendar asks for them")
plt.show()

# %% [markdown]
# The cure is a **calendar spine**: make the days first, then `LEFT JOIN` the data. (The picture's right half was filled up in pandas; this is how SQL does it.) DuckDB and PostgreSQL both have `generate_series`; where there is none, a calendar table or a recursive `WITH` makes the days.

# %%
sql.query(
    spotty,
    """
    WITH days AS (
        SELECT as_of - CAST(k AS INTEGER) AS usage_date
        FROM clock CROSS JOIN generate_series(1, 8) AS series (k)
    )
    SELECT usage_date,
           COUNT(request_id) AS requests,
           COUNT(*) AS "COUNT(*)"
    FROM days LEFT JOIN api_requests ON CAST(created_at AS DATE) = usage_date
    GROUP BY usage_date
    ORDER BY usage_date
    """,
)

# %% [markdown]
# Two ways to lose what you have just built:
#
# - `COUNT(*)` after a `LEFT JOIN` says 1 for an empty day: the calendar's own row. Count a column of the right table.
# - A `WHERE` on the right table (`WHERE status = 'ok'`) throws out the empty days again, since their `status` is NULL. Put the condition into `ON`, or filter before you join.

# %% locked="outage"
outage = sql.tiny(
    api_requests=sql.rows(
        "user_id created_at status",
        (1, "2026-05-26 23:59:59", "ok"),
        (1, "2026-05-27 10:00:00", "ok"),
        (2, "2026-06-01 11:00:00", "ok"),
        (1, "2026-06-02 00:00:00", "ok"),
        (1, "2026-06-02 12:00:00", "error"),
        (1, "2026-06-09 09:00:00", "timeout"),
        (3, "2026-06-29 08:00:00", "ok"),
        (3, "2026-06-29 09:00:00", "ok"),
        (3, "2026-06-29 09:30:00", "ok"),
        (None, "2026-06-29 23:59:59", "ok"),
        (4, "2026-06-29 10:00:00", None),
        (4, "2026-06-30 00:00:00", "ok"),
    )
)
outage_days = [f"2026-06-{day:02d}" for day in range(2, 30)]
outage_answer = sql.rows(
    "usage_date requests active_users mean_7d",
    *[
        (day, {0: 1, 27: 4}.get(n, 0), {0: 1, 27: 1}.get(n, 0), {0: 3, **dict.fromkeys(range(1, 6), 2), 6: 1, 27: 4}.get(n, 0) / 7)
        for n, day in enumerate(outage_days)
    ],
)

# %% [markdown] statement="daily_with_gaps" level="core"
# ### `daily_with_gaps`: every day has a row
#
# Write `daily_with_gaps()`; it returns the text of a query on `api_requests` and `clock` that gives one row for each of the **28 whole days before** `as_of`, whether anything happened or not. Days are UTC days. Only requests with status `'ok'` count; a NULL status is not ok.
#
# Columns: `usage_date`, `requests` (0 on a day without), `active_users` (different `user_id`s on that day; NULL is no user), `mean_7d`: the mean of `requests` over that day and the six days before, days without requests as 0; it always divides by 7.
# For the first six days it reaches back to days before the 28; their requests count. Don't round. Order by `usage_date`. Also for a table without rows: 28 rows of zeros.
#
# Example: for the twelve requests in `outage` the result is `outage_answer`. It begins with `(2026-06-02, 1, 1, 0.4286)` (three requests in the seven days from 27 May on, 3/7), goes on with `(2026-06-03, 0, 0, 0.2857)` and ends with `(2026-06-29, 4, 1, 0.5714)`.


# %% solution="daily_with_gaps"
def daily_with_gaps() -> str:
    """Text of a query: usage_date, requests, active_users, mean_7d of each of the 28 whole days before as_of, in order."""
    ### BEGIN SOLUTION
    return """
    WITH days AS (
        SELECT as_of - CAST(k AS INTEGER) AS usage_date
        FROM clock CROSS JOIN generate_series(1, 34) AS series (k)
    ),
    counted AS (
        SELECT CAST(created_at AS DATE) AS usage_date, COUNT(*) AS requests, COUNT(DISTINCT user_id) AS active_users
        FROM api_requests
        WHERE status = 'ok'
        GROUP BY CAST(created_at AS DATE)
    ),
    filled AS (
        SELECT usage_date, COALESCE(requests, 0) AS requests, COALESCE(active_users, 0) AS active_users
        FROM days LEFT JOIN counted USING (usage_date)
    ),
    smoothed AS (
        SELECT usage_date, requests, active_users,
               AVG(requests) OVER (ORDER BY usage_date ROWS BETWEEN 6 PRECEDING AND CURRENT ROW) AS mean_7d
        FROM filled
    )
    SELECT usage_date, requests, active_users, mean_7d
    FROM smoothed
    WHERE usage_date >= (SELECT as_of FROM clock) - 28
    ORDER BY usage_date
    """
    ### END SOLUTION


# %% [markdown] hint="daily_with_gaps"
# Build four steps: the days; the counts by day; days `LEFT JOIN` counts with `COALESCE(..., 0)`; the moving mean. How many days must the first step make so that the first mean is right?

# %% [markdown] hint="daily_with_gaps"
# Make 34 days, compute `AVG(requests) OVER (ORDER BY usage_date ROWS BETWEEN 6 PRECEDING AND CURRENT ROW)`, and cut to 28 in a last step, after the window.

# %% [markdown] hint="daily_with_gaps"
# `SELECT as_of - CAST(k AS INTEGER) AS usage_date FROM clock CROSS JOIN generate_series(1, 34) AS series (k)` makes the days. Filter `status = 'ok'` in the step that counts, not after the join.

# %% test="daily_with_gaps" name="value" points=2
"""The example row by row, then a generated table with days off."""
query, mistakes = daily_with_gaps(), {}
### BEGIN HIDDEN TESTS
REFERENCE = """
    WITH days AS (SELECT as_of - CAST(k AS INTEGER) AS usage_date FROM clock CROSS JOIN generate_series(1, 34) AS series (k)),
    c AS (SELECT CAST(created_at AS DATE) AS usage_date, COUNT(*) AS requests, COUNT(DISTINCT user_id) AS active_users FROM api_requests WHERE status = 'ok' GROUP BY 1),
    f AS (SELECT usage_date, COALESCE(requests, 0) AS requests, COALESCE(active_users, 0) AS active_users FROM days LEFT JOIN c USING (usage_date)),
    s AS (SELECT *, AVG(requests) OVER (ORDER BY usage_date ROWS BETWEEN 6 PRECEDING AND CURRENT ROW) AS mean_7d FROM f)
    SELECT * FROM s WHERE usage_date >= (SELECT as_of FROM clock) - 28 ORDER BY usage_date
"""
short = REFERENCE.replace("(1, 34)", "(1, 28)")
one = REFERENCE.replace("COALESCE(requests, 0) AS requests", "COALESCE(requests, 1) AS requests")
sevenths = REFERENCE.replace("AVG(requests)", "SUM(requests)").replace("AS mean_7d", "/ 7.0 AS mean_7d")
calendar = "SELECT as_of - CAST(k AS INTEGER) AS usage_date FROM clock CROSS JOIN generate_series(1, 34) AS series (k)"
days_of_all = "SELECT DISTINCT CAST(created_at AS DATE) AS usage_date FROM api_requests WHERE created_at < (SELECT as_of FROM clock)"
days_of_ok = days_of_all + " AND status = 'ok'"
mistakes = {
    "the days without requests are missing: an inner join drops them, and so does a WHERE on status behind a LEFT JOIN": REFERENCE.replace("LEFT JOIN", "JOIN"),
    "every day has a row; the days without requests are missing": REFERENCE.replace("WHERE usage_date >=", "WHERE requests > 0 AND usage_date >="),
    "the days without requests are missing: an inner join drops them, and the mean does not take them as 0": sevenths.replace("LEFT JOIN", "JOIN"),
    "the days without requests are missing; make the days from clock, not from the requests": REFERENCE.replace(calendar, days_of_ok),
    "the days without requests are missing, in the rows and in the mean; make the days from clock": sevenths.replace(calendar, days_of_ok),
    "the days without any request are missing; make the days from clock, not from the requests": REFERENCE.replace(calendar, days_of_all),
    "the days without any request are missing, in the rows and in the mean; make the days from clock": sevenths.replace(calendar, days_of_all),
    "COUNT(*) after a LEFT JOIN counts the empty day itself as 1; count a column of api_requests": one,
    "a day without requests has 0 requests and 0 users, not NULL": REFERENCE.replace("COALESCE(requests, 0)", "requests")
    .replace("COALESCE(active_users, 0)", "active_users")
    .replace("AVG(requests)", "AVG(COALESCE(requests, 0))"),
    "days without requests are 0 in the mean; AVG leaves out NULL": REFERENCE.replace("AVG(requests)", "AVG(NULLIF(requests, 0))"),
    "the mean divides whole numbers without a fraction; make one side a decimal number": REFERENCE.replace("AVG(requests)", "SUM(requests)").replace(
        "AS mean_7d", "// 7 AS mean_7d"
    ),
    "the first six means reach back before the 28 days; make 34 days and cut after the window": short,
    "the days before the 28 count for the first means; dividing by 7 is not enough": short.replace("AVG(requests)", "SUM(requests)").replace(
        "AS mean_7d", "/ 7.0 AS mean_7d"
    ),
    "the mean covers eight days; it is that day and the six before": REFERENCE.replace("6 PRECEDING", "7 PRECEDING").replace("(1, 34)", "(1, 35)"),
    "the mean looks at days to come; it ends with its own day": REFERENCE.replace("6 PRECEDING AND CURRENT ROW", "3 PRECEDING AND 3 FOLLOWING"),
    "the mean leaves its own day out": REFERENCE.replace("6 PRECEDING AND CURRENT ROW", "7 PRECEDING AND 1 PRECEDING").replace("(1, 34)", "(1, 35)"),
    "this is the sum of seven days; divide by 7": REFERENCE.replace("AVG(requests)", "SUM(requests)"),
    "only requests with status ok count": REFERENCE.replace("WHERE status = 'ok'", ""),
    "a NULL status is not ok": REFERENCE.replace("WHERE status = 'ok'", "WHERE status = 'ok' OR status IS NULL"),
    "NULL is no user": REFERENCE.replace("COUNT(DISTINCT user_id)", "COUNT(DISTINCT COALESCE(user_id, -1))"),
    "active_users counts different users, not requests": REFERENCE.replace("COUNT(DISTINCT user_id)", "COUNT(user_id)"),
    "today is not over and does not count; the last day is the one before as_of": REFERENCE.replace("(1, 34)", "(0, 34)"),
    "these are the 28 days ending today; as_of itself is out": REFERENCE.replace("(1, 34)", "(0, 33)").replace("clock) - 28", "clock) - 27"),
    "CURRENT_DATE is the wall clock; today is the as_of of clock": REFERENCE.replace("as_of - CAST", "CURRENT_DATE - CAST").replace(
        "(SELECT as_of FROM clock)", "CURRENT_DATE"
    ),
}
### END HIDDEN TESTS
sql.result(query, outage_answer, outage, "the twelve requests", ordered=True, mistakes=mistakes)
### BEGIN HIDDEN TESTS
sql.result(query, REFERENCE, sql.generate(3_000, seed=21, gaps=True, nulls=True), "a generated table with days off", ordered=True, mistakes=mistakes)
### END HIDDEN TESTS

# %% test="daily_with_gaps" name="cases" points=2
"""A change of the year and a leap day, another session zone, orphans, no rows at all, a million rows."""
### BEGIN HIDDEN TESTS
REFERENCE = """
    WITH days AS (SELECT as_of - CAST(k AS INTEGER) AS usage_date FROM clock CROSS JOIN generate_series(1, 34) AS series (k)),
    c AS (SELECT CAST(created_at AS DATE) AS usage_date, COUNT(*) AS requests, COUNT(DISTINCT user_id) AS active_users FROM api_requests WHERE status = 'ok' GROUP BY 1),
    f AS (SELECT usage_date, COALESCE(requests, 0) AS requests, COALESCE(active_users, 0) AS active_users FROM days LEFT JOIN c USING (usage_date)),
    s AS (SELECT *, AVG(requests) OVER (ORDER BY usage_date ROWS BETWEEN 6 PRECEDING AND CURRENT ROW) AS mean_7d FROM f)
    SELECT * FROM s WHERE usage_date >= (SELECT as_of FROM clock) - 28 ORDER BY usage_date
"""
query = daily_with_gaps()
leap = sql.rows(
    "user_id created_at status", (1, "2024-02-29 23:59:59", "ok"), (2, "2024-02-29 00:00", "ok"), (2, "2024-02-05 12:00", "ok"), (2, "2024-03-04 23:59", "ok")
)
year = sql.rows(
    "user_id created_at status", (1, "2025-12-31 23:00", "ok"), (1, "2026-01-01 00:00", "ok"), (9, "2025-12-08 00:00", "ok"), (9, "2025-12-13 10:00", "ok")
)
for name, database in {
    "as_of on 5 March 2024": sql.tiny(as_of="2024-03-05", api_requests=leap),
    "as_of on 10 January 2026": sql.tiny(as_of="2026-01-10", api_requests=year),
    "a session in Auckland (days stay UTC days)": sql.generate(3_000, zones=True),
    "orphans and days off": sql.generate(2_000, faults=True, gaps=True),
    "no requests at all": sql.generate(empty=True),
    "a million requests": sql.generate(1_000_000),
}.items():
    sql.result(
        query,
        REFERENCE,
        database,
        name,
        ordered=True,
        seconds=12,
        mistakes={
            "the date is written into the query; take as_of from clock": REFERENCE.replace("as_of - CAST", "DATE '2026-06-30' - CAST").replace(
                "(SELECT as_of FROM clock)", "DATE '2026-06-30'"
            ),
            "CURRENT_DATE is the wall clock; today is the as_of of clock": REFERENCE.replace("as_of - CAST", "CURRENT_DATE - CAST").replace(
                "(SELECT as_of FROM clock)", "CURRENT_DATE"
            ),
            "the days without requests are missing: an inner join drops them, and so does a WHERE on status behind a LEFT JOIN": REFERENCE.replace(
                "LEFT JOIN", "JOIN"
            ),
            "these are not UTC days: created_at is UTC already, don't convert it": REFERENCE.replace(
                "CAST(created_at AS DATE)", "CAST(created_at AT TIME ZONE 'UTC' AS DATE)"
            ),
        },
    )
### END HIDDEN TESTS

# %% [markdown] explain="daily_with_gaps"
# The order of the steps is the whole trick. Days before data, so that no day is lost. Counting before joining, so that `COUNT(*)` counts requests. Filling before the window, so that `ROWS BETWEEN 6 PRECEDING` means days: `ROWS` counts rows, and only a table without gaps has one row a day. (Without a spine, `RANGE BETWEEN INTERVAL '6 days' PRECEDING AND CURRENT ROW` counts days, but has no row for the empty one.) Cutting after the window, so that the first means see the days before.
#
# `AVG` of whole numbers has a fraction in both dialects; `SUM(requests) / 7` has none in PostgreSQL.

# %% [markdown]
# > **In the interview.** *"Show daily active users for the last four weeks, with a 7-day average."*
# > **In 30 seconds:** a calendar from `generate_series`, counts by day, `LEFT JOIN` and `COALESCE` to 0, then `AVG` over seven rows; the calendar starts six days earlier so that the first average is whole, and today is out.
# > **They ask next:** by country (days cross join countries)? Is a missing day zero or unknown (no usage, or no data: look at freshness)? `ROWS` or `RANGE`? Weekly active users, without counting anyone twice?
# > **Red flags:** days taken from the data; `COUNT(*)` behind a `LEFT JOIN`; an average whose first days are made of less.

# %% [markdown]
# ## Features as they were at the time
#
# To train a churn model you join labels with features. The label says what happened *at* some moment; the features must be what you *knew before*. Take the newest feature row and you describe the user after the fact: the one who left makes hardly any requests. The model looks splendid until it is live, where there is no "after".

# %% collapsed=true
rng = np.random.default_rng(12)
churn_features, churn_labels = [], []
first_monday = pd.Timestamp("2026-05-18")
for user in range(500):
    churned = bool(rng.random() < 0.3)
    label_at = first_monday + pd.Timedelta(days=int(rng.integers(15, 30)), hours=12)
    usual = rng.lognormal(2.0 if churned else 2.4, 0.6)
    churn_labels.append({"user_id": user, "label_at": label_at, "churned": churned})
    for week in range(7):
        moment = first_monday + pd.Timedelta(days=7 * week)
        rate = usual * (0.05 if churned and moment > label_at else 1)
        churn_features.append({"user_id": user, "created_at": moment, "requests_7d": int(rng.poisson(rate))})
churners = sql.tiny(feature_table=churn_features, labels=churn_labels)
leaking = """
    SELECT churned, requests_7d
    FROM labels JOIN (SELECT *, row_number() OVER (PARTITION BY user_id ORDER BY created_at DESC) AS place FROM feature_table) AS f USING (user_id)
    WHERE place = 1
"""
honest = """
    SELECT churned, requests_7d
    FROM (SELECT churned, requests_7d, row_number() OVER (PARTITION BY l.user_id ORDER BY f.created_at DESC) AS place
          FROM labels AS l JOIN feature_table AS f ON f.user_id = l.user_id AND f.created_at < l.label_at) AS t
    WHERE place = 1
"""


def area_under_roc(frame: pd.DataFrame) -> float:
    """How often a churner has fewer requests than a user who stayed; ties count half."""
    left, stayed = frame.loc[frame["churned"], "requests_7d"], frame.loc[~frame["churned"], "requests_7d"]
    return 1 - stats.mannwhitneyu(left, stayed).statistic / (len(left) * len(stayed))


scores = [area_under_roc(sql.query(churners, text).frame()) for text in (leaking, honest)]
one = next(label for label in churn_labels if label["churned"] and label["label_at"].weekday() == 3)
line = pd.DataFrame([row for row in churn_features if row["user_id"] == one["user_id"]])
fig, axes = plt.subplots(1, 2, figsize=(9, 3), width_ratios=[2.2, 1], layout="constrained")
known = line["created_at"] < one["label_at"]
axes[0].plot(line["created_at"], line["requests_7d"], color="0.8", zorder=0)
axes[0].scatter(line["created_at"][known], line["requests_7d"][known], color="C0")
axes[0].scatter(line["created_at"][~known], line["requests_7d"][~known], color="C1")
axes[0].axvline(one["label_at"], color="0.3", ls="--")
height = line["requests_7d"].max()
axes[0].text(one["label_at"] - pd.Timedelta(days=1), height * 1.12, "known", ha="right", color="C0")
axes[0].text(one["label_at"] + pd.Timedelta(days=1), height * 1.12, "the future", color="C1")
axes[0].set(ylabel="requests_7d", xlabel="day of the feature row", ylim=(-0.5, height * 1.28), title="One user, who churned at the dashed line")
axes[0].set_xticks(line["created_at"], line["created_at"].dt.strftime("%d %b"))
axes[1].bar(["newest row", "row before\nthe label"], scores, color=["C1", "C0"], width=0.6)
for place, score in enumerate(scores):
    axes[1].text(place, score + 0.02, f"{score:.2f}", ha="center")
axes[1].axhline(0.5, color="0.5", ls=":")
axes[1].set(ylabel="area under the ROC curve", ylim=(0, 1.12), title="Leakage looks like skill")
plt.show()

# %% [markdown]
# The join that does it right is called **as-of join** or point-in-time join: for each label, the latest feature row from before it. DuckDB has `ASOF JOIN`, pandas `merge_asof`; in plain SQL it is a join with an inequality and `ROW_NUMBER`.
#
# Decide four things, and write them down:
#
# 1. **Before, or at the same moment?** Strictly before is safe: a row stamped with the label's own moment may know the label.
# 2. **How old may it be?** A row of last year is no feature of today. Too old counts as none.
# 3. **No row in time?** Keep the label with NULLs. An inner join trains only on users with a history, and you'll serve the others, too.
# 4. **Which time?** `created_at` must be when the row *could be read*, not the period it describes. A feature of Sunday that was computed on Tuesday is known from Tuesday on.

# %% locked="renewals"
renewals = sql.tiny(
    labels=sql.rows(
        "user_id label_at churned",
        (1, "2026-06-20 12:00", True),
        (1, "2026-06-27 12:00", False),
        (2, "2026-06-20 00:00", False),
        (3, "2026-06-20 00:00", None),
        (4, "2026-06-20 00:00", True),
        (5, "2026-06-20 00:00", False),
    ),
    feature_table=sql.rows(
        "user_id created_at feature_x",
        (1, "2026-06-12 03:00", 30.0),
        (1, "2026-06-19 03:00", 20.0),
        (1, "2026-06-20 12:00", 4.0),
        (1, "2026-06-28 03:00", 1.0),
        (2, "2026-06-06 00:00", 50.0),
        (2, "2026-06-21 00:00", 2.0),
        (3, "2026-06-05 23:59", 60.0),
        (4, "2026-06-10 02:00", 7.0),
        (4, "2026-06-17 02:00", None),
        (5, "2026-06-20 18:00", 3.0),
    ),
)
renewals_answer = sql.rows(
    "user_id label_at churned feature_at feature_x",
    (1, "2026-06-20 12:00", True, "2026-06-19 03:00", 20.0),
    (1, "2026-06-27 12:00", False, "2026-06-20 12:00", 4.0),
    (2, "2026-06-20 00:00", False, "2026-06-06 00:00", 50.0),
    (3, "2026-06-20 00:00", None, None, None),
    (4, "2026-06-20 00:00", True, "2026-06-17 02:00", None),
    (5, "2026-06-20 00:00", False, None, None),
)

# %% [markdown] statement="point_in_time_features" level="stretch"
# ### `point_in_time_features`: a training set without a future
#
# Write `point_in_time_features()`; it returns the text of a query on `labels` and `feature_table`: exactly one row for **each row of** `labels` (a user may have several labels, never two at one moment; `churned` may be NULL).
#
# Columns: `user_id`, `label_at`, `churned`, and from the chosen feature row of the same user `feature_at` (its `created_at`) and `feature_x`. The chosen row is the latest with `created_at` **strictly before** `label_at` and at most 14 days before it (exactly 14 days is still in). If none, both are NULL.
# If several rows share the latest moment, take the largest `feature_x` of them; NULL only if all are NULL. If `feature_x` of the latest row is NULL, it stays NULL: don't go back to an older row. The order of the result is free.
#
# Example: for the six labels in `renewals` the result is `renewals_answer`: user 1 gets 20.0 on 20 June (the row of 12:00 is not before 12:00) and 4.0 on 27 June, user 2 gets 50.0 (exactly 14 days), user 3 nothing (14 days and a minute), user 4 the NULL of 17 June, user 5 nothing (18:00 is too late).


# %% solution="point_in_time_features"
def point_in_time_features() -> str:
    """Text of a query: user_id, label_at, churned, feature_at, feature_x, one row for each label, in any order."""
    ### BEGIN SOLUTION
    return """
    WITH candidates AS (
        SELECT l.user_id, l.label_at, l.churned, f.created_at AS feature_at, f.feature_x,
               ROW_NUMBER() OVER (PARTITION BY l.user_id, l.label_at ORDER BY f.created_at DESC, f.feature_x DESC NULLS LAST) AS place
        FROM labels AS l LEFT JOIN feature_table AS f
          ON f.user_id = l.user_id
         AND f.created_at < l.label_at
         AND f.created_at >= l.label_at - INTERVAL '14 days'
    )
    SELECT user_id, label_at, churned, feature_at, feature_x
    FROM candidates
    WHERE place = 1
    """
    ### END SOLUTION


# %% [markdown] hint="point_in_time_features"
# `LEFT JOIN` each label with *all* rows that it may see: three conditions in `ON`. Then keep one row for each label.

# %% [markdown] hint="point_in_time_features"
# The conditions: same user, `created_at < label_at`, `created_at >= label_at - INTERVAL '14 days'`. In `WHERE` they would drop the labels without a row.

# %% [markdown] hint="point_in_time_features"
# `ROW_NUMBER() OVER (PARTITION BY l.user_id, l.label_at ORDER BY f.created_at DESC, f.feature_x DESC NULLS LAST)`, and keep 1.

# %% test="point_in_time_features" name="value" points=2
"""The example row by row, then generated labels."""
query, mistakes = point_in_time_features(), {}
### BEGIN HIDDEN TESTS
REFERENCE = """
    WITH c AS (SELECT l.user_id, l.label_at, l.churned, f.created_at AS feature_at, f.feature_x,
        ROW_NUMBER() OVER (PARTITION BY l.user_id, l.label_at ORDER BY f.created_at DESC, f.feature_x DESC NULLS LAST) AS place
        FROM labels AS l LEFT JOIN feature_table AS f ON f.user_id = l.user_id AND f.created_at < l.label_at AND f.created_at >= l.label_at - INTERVAL '14 days')
    SELECT user_id, label_at, churned, feature_at, feature_x FROM c WHERE place = 1
"""
before, young = " AND f.created_at < l.label_at", " AND f.created_at >= l.label_at - INTERVAL '14 days'"
nearest = REFERENCE.replace("BY f.created_at DESC", "BY ABS(EXTRACT(EPOCH FROM (f.created_at - l.label_at)))").replace(before, "")
by_day = REFERENCE.replace(before, " AND CAST(f.created_at AS DATE) <= CAST(l.label_at AS DATE)")
mistakes = {
    "this sees the future: the newest row of the user is not what was known at label_at": REFERENCE.replace(before, "").replace(young, ""),
    "this sees the future: rows after label_at count here": REFERENCE.replace(before, ""),
    "this sees the future: the nearest row may come after label_at": nearest,
    "this sees the future: a later moment of the same day is after label_at": by_day,
    "strictly before: a row of the very moment of the label is too late": REFERENCE.replace(before, before.replace("<", "<=")),
    "exactly 14 days before is still in": REFERENCE.replace(">=", ">"),
    "a row older than 14 days is too old": REFERENCE.replace(young, ""),
    "a label without a feature row in time stays, with NULLs: LEFT JOIN, and all conditions in ON": REFERENCE.replace("LEFT JOIN", "JOIN"),
    "each label has a row: a user may have several": REFERENCE.replace("PARTITION BY l.user_id, l.label_at", "PARTITION BY l.user_id"),
    "each label has exactly one row; keep only the latest of its feature rows": REFERENCE.replace("WHERE place = 1", ""),
    "this is the first row of the 14 days; take the latest": REFERENCE.replace("BY f.created_at DESC", "BY f.created_at"),
    "an unknown value stays unknown; don't go back to an older row": REFERENCE.replace("ON f.user_id", "ON f.feature_x IS NOT NULL AND f.user_id"),
    "feature_at and feature_x come from one row; these maxima come from different ones": "SELECT l.user_id, l.label_at, l.churned, MAX(f.created_at) AS feature_at, MAX(f.feature_x) AS feature_x FROM labels AS l LEFT JOIN feature_table AS f ON f.user_id = l.user_id"
    + before
    + young
    + " GROUP BY 1, 2, 3",
    "labels with an unknown churned stay": REFERENCE.replace("WHERE place = 1", "WHERE place = 1 AND churned IS NOT NULL"),
}
### END HIDDEN TESTS
sql.result(query, renewals_answer, renewals, "the six labels", mistakes=mistakes)
### BEGIN HIDDEN TESTS
sql.result(query, REFERENCE, sql.generate(4_000, seed=5, nulls=True), "generated labels", mistakes=mistakes)
### END HIDDEN TESTS

# %% test="point_in_time_features" name="no-future" points=2
"""The result stays the same when everything from label_at on is changed."""
### BEGIN HIDDEN TESTS
query = point_in_time_features()
labels = sql.rows("user_id label_at churned", *[(user, f"2026-06-{10 + user:02d} 09:00", user % 2 == 0) for user in range(1, 6)])
past = [(user, f"2026-06-{4 + user:02d} 09:00", 10.0 * user) for user in range(1, 6)]
expected = [{**label, "feature_at": moment, "feature_x": value} for label, (_, moment, value) in zip(labels, past, strict=True)]
futures = {
    "no future rows": [],
    "future rows, a second after the label": [(user, f"2026-06-{10 + user:02d} 09:00:01", -1.0) for user in range(1, 6)],
    "future rows, at the label": [(user, f"2026-06-{10 + user:02d} 09:00:00", -2.0) for user in range(1, 6)],
    "future rows, later on the day of the label": [(user, f"2026-06-{10 + user:02d} 23:00", -3.0) for user in range(1, 6)],
    "future rows, a week later": [(user, f"2026-06-{17 + user:02d} 01:00", 99.0) for user in range(1, 6)],
}
for name, future in futures.items():
    wrong = {
        "this sees the future: rows after label_at count here": [
            {**row, "feature_at": late[1], "feature_x": late[2]} for row, late in zip(expected, future, strict=True)
        ]
        if future
        else expected,
        "this sees the future: a label is doubled or lost when later rows appear": [],
    }
    mistakes = {text: rows for text, rows in wrong.items() if rows and future}
    if name == "future rows, at the label":
        mistakes = {"strictly before: a row of the very moment of the label is too late": wrong["this sees the future: rows after label_at count here"]}
    sql.result(query, expected, sql.tiny(labels=labels, feature_table=sql.rows("user_id created_at feature_x", *past, *future)), name, mistakes=mistakes)
### END HIDDEN TESTS

# %% test="point_in_time_features" name="cases" points=2
"""Doubled feature rows, conflicts, NULLs, a leap day, features of others, no features, no labels, 20,000 labels."""
### BEGIN HIDDEN TESTS
REFERENCE = """
    WITH c AS (SELECT l.user_id, l.label_at, l.churned, f.created_at AS feature_at, f.feature_x,
        ROW_NUMBER() OVER (PARTITION BY l.user_id, l.label_at ORDER BY f.created_at DESC, f.feature_x DESC NULLS LAST) AS place
        FROM labels AS l LEFT JOIN feature_table AS f ON f.user_id = l.user_id AND f.created_at < l.label_at AND f.created_at >= l.label_at - INTERVAL '14 days')
    SELECT user_id, label_at, churned, feature_at, feature_x FROM c WHERE place = 1
"""
query = point_in_time_features()
conflict = sql.tiny(
    labels=sql.rows("user_id label_at churned", (1, "2026-06-20", True), (2, "2026-06-20", True), (3, "2026-06-20", False)),
    feature_table=sql.rows(
        "user_id created_at feature_x",
        *[(1, "2026-06-18", 5.0), (1, "2026-06-18", 9.0), (1, "2026-06-18", 7.0), (1, "2026-06-11", 20.0)],
        *[(2, "2026-06-18", None), (2, "2026-06-18", -3.0), (2, "2026-06-18", None)],
        *[(3, "2026-06-18", None), (3, "2026-06-18", None), (3, "2026-06-17", 4.0)],
    ),
)
leap = sql.tiny(
    as_of="2024-03-20",
    labels=sql.rows("user_id label_at churned", (1, "2024-03-07 06:00", True), (2, "2024-03-07 06:00", True), (3, "2024-03-01", False)),
    feature_table=sql.rows(
        "user_id created_at feature_x",
        (1, "2024-02-22 06:00", 1.0),
        (2, "2024-02-22 05:59:59", 2.0),
        (3, "2024-02-29 23:59:59", 3.0),
        (9, "2024-02-29", 4.0),
        (None, "2024-02-29", 5.0),
    ),
)
for name, database in {
    "rows with one time and different values": conflict,
    "14 days over a 29 February": leap,
    "doubled rows": sql.generate(3_000, seed=2, faults=True),
    "doubled rows and NULLs": sql.generate(3_000, seed=2, faults=True, nulls=True),
    "labels without features": sql.tiny(labels=sql.rows("user_id label_at churned", (1, "2026-06-20", True), (2, "2026-06-20", None))),
    "no labels": sql.generate(empty=True),
    "20,000 labels": sql.generate(1_000_000),
}.items():
    sql.result(
        query,
        REFERENCE,
        database,
        name,
        seconds=12,
        mistakes={
            "each label has exactly one row, also when feature rows are doubled; RANK keeps all of the latest moment": REFERENCE.replace(
                "ROW_NUMBER", "RANK"
            ).replace(", f.feature_x DESC NULLS LAST", ""),
            "of several rows at the latest moment take the largest feature_x": REFERENCE.replace("f.feature_x DESC NULLS LAST", "f.feature_x ASC NULLS LAST"),
            "the age is counted from the day; it is 14 times 24 hours from the moment": REFERENCE.replace(
                "l.label_at - INTERVAL '14 days'", "CAST(l.label_at AS DATE) - INTERVAL '14 days'"
            ),
            "NULL only if all rows of the latest moment are NULL": REFERENCE.replace("NULLS LAST", "NULLS FIRST"),
            "an unknown value stays unknown; don't go back to an older row": REFERENCE.replace("ON f.user_id", "ON f.feature_x IS NOT NULL AND f.user_id"),
            "a label without a feature row in time stays, with NULLs: LEFT JOIN, and all conditions in ON": REFERENCE.replace("LEFT JOIN", "JOIN"),
            "the largest feature_x of the latest moment, not of all 14 days": REFERENCE.replace(
                "f.created_at DESC, f.feature_x DESC NULLS LAST", "f.feature_x DESC NULLS LAST"
            ),
        },
    )
### END HIDDEN TESTS

# %% [markdown] explain="point_in_time_features"
# The three conditions stand in `ON`, so a label to which nothing fits keeps one row of NULLs. `ROW_NUMBER` over `(user_id, label_at)` then leaves one row for each label, doubled features or not.
#
# DuckDB's `ASOF LEFT JOIN feature_table AS f ON l.user_id = f.user_id AND l.label_at > f.created_at` finds the latest row without the big intermediate result, one of several at the same moment by chance: remove duplicates first. Then blank what is older than 14 days. PostgreSQL has `LEFT JOIN LATERAL (SELECT ... ORDER BY created_at DESC LIMIT 1) ON true`.
#
# The test that matters needs no expected value: change everything from `label_at` on, and the training set must stay as it is. Run it on your own pipelines.

# %% [markdown]
# > **In the interview.** *"Build a training set from a labels table and a feature history."*
# > **In 30 seconds:** a point-in-time join: for each label the latest feature row strictly before the label's time and not too old, `LEFT JOIN` so that no label is lost, `ROW_NUMBER` with a tie-breaker so that none is doubled. Then I check the row count against `labels`, and that no feature time is at or after its label.
# > **They ask next:** event time or load time? What about features that were corrected later (keep versions)? How does serving compute the same value? How do you do it for a billion rows?
# > **Red flags:** joining the current feature table to past labels; `created_at <= label_at` without a thought; an inner join that trains on survivors.

# %% [markdown]
# ## Sessions: gaps and islands
#
# Product questions are about people, and the table has requests. "How many sessions a week?" needs a rule that turns a stream of requests into visits: a new one begins when the user has been away for long enough. How long is that? Look at all pauses between two requests of one user before you pick a number.

# %% collapsed=true
product = sql.generate(200_000, seed=4)
pauses = (
    sql.query(
        product,
        """
    SELECT EXTRACT(EPOCH FROM created_at - LAG(created_at) OVER (PARTITION BY user_id ORDER BY created_at, request_id)) / 60.0 AS minutes
    FROM api_requests
    """,
    )
    .frame()["minutes"]
    .dropna()
)
fig, ax = plt.subplots(figsize=(7, 3), layout="constrained")
ax.hist(pauses.clip(lower=0.1), bins=np.geomspace(0.1, 60_000, 60), color="C0")
ax.axvline(30, color="C1", lw=2)
ax.text(34, ax.get_ylim()[1] * 0.88, "30 minutes", color="C1")
ax.set(
    xscale="log",
    xlabel="pause between two requests of one user (log scale; first bar: all below 8 seconds)",
    ylabel="pauses",
    title="Pauses come in two kinds, and 30 minutes lies in the valley between",
)
ax.set_xticks([1 / 6, 1, 10, 60, 1_440, 14_400], ["10 s", "1 min", "10 min", "1 h", "1 day", "10 days"])
ax.minorticks_off()
plt.show()

# %% [markdown]
# How many sessions do limits of 20, 30 and 60 minutes give? A session opens at every request that has no request close enough before it:

# %%
sql.query(
    product,
    """
    WITH pauses AS (
        SELECT created_at - LAG(created_at) OVER (PARTITION BY user_id ORDER BY created_at) AS pause
        FROM api_requests
    )
    SELECT COUNT(*) - COUNT(CASE WHEN pause <= INTERVAL '20 minutes' THEN 1 END) AS "20 minutes",
           COUNT(*) - COUNT(CASE WHEN pause <= INTERVAL '30 minutes' THEN 1 END) AS "30 minutes",
           COUNT(*) - COUNT(CASE WHEN pause <= INTERVAL '60 minutes' THEN 1 END) AS "60 minutes"
    FROM pauses
    """,
)

# %% [markdown]
# The three numbers differ by less than 3 %: in the valley the limit hardly matters. Where there is no valley, the number of sessions is a choice and no fact: say the limit whenever you quote it.
#
# The pattern behind it is called **gaps and islands**: rows that follow each other closely are an island, and you want one row for each island. It has three steps. Watch them on the active days of one user, where an island is a streak of days in a row:
#
# 1. `LAG` fetches the row before;
# 2. a flag says whether this row *opens* an island: 1 if the gap is too large **or there is no row before**, else 0;
# 3. a running sum of the flags numbers the islands. All rows of one island carry the same number, so `GROUP BY` can finish the job.

# %%
sql.query(
    product,
    """
    WITH steps AS (
        SELECT active_on, LAG(active_on) OVER (ORDER BY active_on) AS previous_day
        FROM (VALUES (DATE '2026-06-01'), (DATE '2026-06-02'), (DATE '2026-06-03'), (DATE '2026-06-08'), (DATE '2026-06-09'), (DATE '2026-06-20')) AS days (active_on)
    ),
    flags AS (
        SELECT active_on, previous_day, CASE WHEN active_on - previous_day <= 1 THEN 0 ELSE 1 END AS opens
        FROM steps
    )
    SELECT active_on, previous_day, opens, SUM(opens) OVER (ORDER BY active_on) AS streak
    FROM flags
    ORDER BY active_on
    """,
)

# %% [markdown]
# Look at the first row: `previous_day` is NULL, a comparison with NULL is not true, so `ELSE 1` opens the first streak. Write the condition the other way round, `WHEN gap > 1 THEN 1 ELSE 0`, and the numbers begin with 0.
#
# With moments in place of days, compare moments: `created_at <= previous_at + INTERVAL '30 minutes'`. Functions that count minutes cut off: DuckDB's `date_diff('minute', a, b)` counts how often the minute hand moved, so 30 minutes and 40 seconds can be "30".

# %% locked="stream"
stream = sql.tiny(
    users=sql.rows("user_id", (2,), (3,)),
    api_requests=sql.rows(
        "request_id user_id created_at",
        (8, 1, "2026-06-30 00:05:00"),
        (7, 1, "2026-06-29 09:00:20"),
        (3, 1, "2026-06-29 10:00:50"),
        (1, 1, "2026-06-29 09:30:20"),
        (4, 1, "2026-06-29 10:00:50"),
        (5, 1, "2026-06-29 23:50:00"),
        (2, 2, "2026-06-29 09:10:00"),
        (6, 2, "2026-06-29 09:45:00"),
        (9, None, "2026-06-29 09:20:00"),
    ),
)
stream_answer = sql.rows(
    "user_id session_number started_at ended_at requests",
    (1, 1, "2026-06-29 09:00:20", "2026-06-29 09:30:20", 2),
    (1, 2, "2026-06-29 10:00:50", "2026-06-29 10:00:50", 2),
    (1, 3, "2026-06-29 23:50:00", "2026-06-30 00:05:00", 2),
    (2, 1, "2026-06-29 09:10:00", "2026-06-29 09:10:00", 1),
    (2, 2, "2026-06-29 09:45:00", "2026-06-29 09:45:00", 1),
)

# %% [markdown] statement="sessions" level="core"
# ### `sessions`: from requests to visits
#
# Write `sessions()`; it returns the text of a query on `api_requests`. A session is a run of one user's requests, in the order of `created_at`, in which each comes **at most 30 minutes** after the one before. A pause of exactly 30:00 continues the session, one second more opens a new one.
# Model, status and midnight make no difference; requests at the same moment are in the same session. Requests without a `user_id` are left out; users who are missing in `users` count.
#
# Columns: `user_id`, `session_number` (1, 2, ... for each user, in the order of time), `started_at` and `ended_at` (the moments of the first and the last request, equal if there is only one), `requests` (how many). One row for each session; the order of the result is free.
#
# Example: the nine requests in `stream` make the five sessions of `stream_answer`. User 1 pauses 30:00, then 30:30: the first two requests are session 1, from 09:00:20 to 09:30:20, and session 2 begins at 10:00:50.


# %% solution="sessions"
def sessions() -> str:
    """Text of a query: user_id, session_number, started_at, ended_at, requests of every session, in any order."""
    ### BEGIN SOLUTION
    return """
    WITH steps AS (
        SELECT user_id, request_id, created_at,
               LAG(created_at) OVER (PARTITION BY user_id ORDER BY created_at, request_id) AS previous_at
        FROM api_requests
        WHERE user_id IS NOT NULL
    ),
    numbered AS (
        SELECT user_id, created_at,
               SUM(CASE WHEN created_at <= previous_at + INTERVAL '30 minutes' THEN 0 ELSE 1 END)
                   OVER (PARTITION BY user_id ORDER BY created_at, request_id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS session_number
        FROM steps
    )
    SELECT user_id, session_number, MIN(created_at) AS started_at, MAX(created_at) AS ended_at, COUNT(*) AS requests
    FROM numbered
    GROUP BY user_id, session_number
    """
    ### END SOLUTION


# %% [markdown] hint="sessions"
# The streaks of the lesson, with three changes: moments in place of days, a limit of 30 minutes, and each user alone.

# %% [markdown] hint="sessions"
# A window function can't stand inside another one: `LAG` in the first `WITH` step, the running sum of the flags in the second, `GROUP BY user_id, session_number` at the end. Both windows need `PARTITION BY user_id`.

# %% [markdown] hint="sessions"
# The flag: `CASE WHEN created_at <= previous_at + INTERVAL '30 minutes' THEN 0 ELSE 1 END`. For the first request `previous_at` is NULL, so it falls to `ELSE 1`.

# %% test="sessions" name="value" points=2
"""The example row by row, then generated requests."""
query, mistakes = sessions(), {}
### BEGIN HIDDEN TESTS
REFERENCE = """
    WITH steps AS (
        SELECT user_id, request_id, created_at, LAG(created_at) OVER (PARTITION BY user_id ORDER BY created_at, request_id) AS previous_at
        FROM api_requests WHERE user_id IS NOT NULL
    ), numbered AS (
        SELECT user_id, created_at, SUM(CASE WHEN created_at <= previous_at + INTERVAL '30 minutes' THEN 0 ELSE 1 END)
            OVER (PARTITION BY user_id ORDER BY created_at, request_id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS session_number FROM steps
    )
    SELECT user_id, session_number, MIN(created_at) AS started_at, MAX(created_at) AS ended_at, COUNT(*) AS requests FROM numbered GROUP BY user_id, session_number
"""
flag = "CASE WHEN created_at <= previous_at + INTERVAL '30 minutes' THEN 0 ELSE 1 END"
slots = """
    WITH slots AS (SELECT user_id, created_at, time_bucket(INTERVAL '30 minutes', created_at) AS slot FROM api_requests WHERE user_id IS NOT NULL)
    SELECT user_id, ROW_NUMBER() OVER (PARTITION BY user_id ORDER BY slot) AS session_number, MIN(created_at) AS started_at, MAX(created_at) AS ended_at, COUNT(*) AS requests
    FROM slots GROUP BY user_id, slot
"""
from_start = """
    WITH RECURSIVE line AS (SELECT user_id, created_at, ROW_NUMBER() OVER (PARTITION BY user_id ORDER BY created_at, request_id) AS place FROM api_requests WHERE user_id IS NOT NULL),
    walk AS (
        SELECT user_id, created_at, place, created_at AS began, 1 AS session_number FROM line WHERE place = 1
        UNION ALL
        SELECT l.user_id, l.created_at, l.place, CASE WHEN l.created_at <= w.began + INTERVAL '30 minutes' THEN w.began ELSE l.created_at END,
               CASE WHEN l.created_at <= w.began + INTERVAL '30 minutes' THEN w.session_number ELSE w.session_number + 1 END
        FROM walk w JOIN line l ON l.user_id = w.user_id AND l.place = w.place + 1
    )
    SELECT user_id, session_number, MIN(created_at) AS started_at, MAX(created_at) AS ended_at, COUNT(*) AS requests FROM walk GROUP BY user_id, session_number
"""
mistakes = {
    "a pause of exactly 30 minutes continues the session; only a longer one opens a new one": REFERENCE.replace(
        "created_at <= previous_at", "created_at < previous_at"
    ),
    "whole minutes were counted, and the seconds cut off; compare the moments themselves": REFERENCE.replace(
        flag, "CASE WHEN date_diff('minute', previous_at, created_at) <= 30 THEN 0 ELSE 1 END"
    ),
    "a pause of 30 and a half minutes is longer than 30; the minutes were cut off to a whole number": REFERENCE.replace(
        flag, "CASE WHEN date_sub('minute', previous_at, created_at) <= 30 THEN 0 ELSE 1 END"
    ),
    "the first session of a user has number 1; the first request opens a session although nothing comes before it": REFERENCE.replace(
        flag, "CASE WHEN created_at > previous_at + INTERVAL '30 minutes' THEN 1 ELSE 0 END"
    ),
    "the pause is measured between requests of different users; LAG needs PARTITION BY user_id": REFERENCE.replace(
        "LAG(created_at) OVER (PARTITION BY user_id ", "LAG(created_at) OVER ("
    ),
    "sessions are numbered through for all users; each user begins with 1": REFERENCE.replace(
        "OVER (PARTITION BY user_id ORDER BY created_at, request_id ROWS", "OVER (ORDER BY user_id, created_at, request_id ROWS"
    ),
    "these are half hours of the clock; a session ends by a pause, not by the clock": slots,
    "the 30 minutes are measured from the first request of the session; measure from the request before": from_start,
    "midnight does not end a session": REFERENCE.replace(
        "previous_at + INTERVAL '30 minutes'", "previous_at + INTERVAL '30 minutes' AND CAST(created_at AS DATE) = CAST(previous_at AS DATE)"
    ),
    "requests are in the order of created_at; request_id is not the order of time": REFERENCE.replace("ORDER BY created_at, request_id", "ORDER BY request_id"),
    "requests without a user are no user; leave them out": REFERENCE.replace("WHERE user_id IS NOT NULL", ""),
    "a session ends with its last request, not 30 minutes later": REFERENCE.replace("MAX(created_at)", "MAX(created_at) + INTERVAL '30 minutes'"),
    "requests at one moment are two requests; count rows, not different times": REFERENCE.replace("COUNT(*)", "COUNT(DISTINCT created_at)"),
    "another model does not open a session": REFERENCE.replace("SELECT user_id, request_id, created_at,", "SELECT user_id, model_name, request_id, created_at,")
    .replace("SELECT user_id, created_at, SUM", "SELECT user_id, model_name, created_at, SUM")
    .replace("PARTITION BY user_id", "PARTITION BY user_id, model_name"),
    "users who are missing in users have sessions, too; don't join": REFERENCE.replace("user_id IS NOT NULL", "user_id IN (SELECT user_id FROM users)"),
    "a session of one request is a session, too": REFERENCE + " HAVING COUNT(*) > 1",
}
### END HIDDEN TESTS
sql.result(query, stream_answer, stream, "the nine requests", mistakes=mistakes)
### BEGIN HIDDEN TESTS
sql.result(query, REFERENCE, sql.generate(2_000, seed=8), "2,000 requests", mistakes=mistakes)
### END HIDDEN TESTS

# %% test="sessions" name="cases" points=2
"""Pauses around 30 minutes, equal moments, NULLs, days without requests, midnight, no rows, many rows."""
### BEGIN HIDDEN TESTS
REFERENCE = """
    WITH steps AS (
        SELECT user_id, request_id, created_at, LAG(created_at) OVER (PARTITION BY user_id ORDER BY created_at, request_id) AS previous_at
        FROM api_requests WHERE user_id IS NOT NULL
    ), numbered AS (
        SELECT user_id, created_at, SUM(CASE WHEN created_at <= previous_at + INTERVAL '30 minutes' THEN 0 ELSE 1 END)
            OVER (PARTITION BY user_id ORDER BY created_at, request_id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS session_number FROM steps
    )
    SELECT user_id, session_number, MIN(created_at) AS started_at, MAX(created_at) AS ended_at, COUNT(*) AS requests FROM numbered GROUP BY user_id, session_number
"""
query = sessions()
rng = np.random.default_rng(21)
rows = []
for user in range(1, 9):
    moment = pd.Timestamp("2026-06-20 08:00:00") + pd.Timedelta(seconds=int(rng.integers(3_600)))
    for pause in rng.choice([0, 40, 1_799, 1_800, 1_801, 1_845, 2_400, 90_000], 25):
        moment += pd.Timedelta(seconds=int(pause))
        rows.append((user, str(moment), str(rng.choice(["ok", "error"]))))
edge = sql.tiny(api_requests=sql.rows("user_id created_at status", *[rows[place] for place in rng.permutation(len(rows))]))
for name, database in {
    "pauses of 29:59, 30:00, 30:01 and 30:45": edge,
    "several requests at one moment": sql.generate(2_000, ties=True),
    "NULLs": sql.generate(2_000, nulls=True),
    "sessions across midnight, a session zone of Auckland": sql.generate(2_000, zones=True),
    "requests of users who are missing in users, days without requests": sql.generate(2_000, gaps=True, faults=True),
    "no requests at all": sql.generate(empty=True),
    "100,000 requests": sql.generate(100_000),
}.items():
    sql.result(
        query,
        REFERENCE,
        database,
        name,
        seconds=12,
        mistakes={
            "a pause of exactly 30 minutes continues the session; only a longer one opens a new one": REFERENCE.replace(
                "created_at <= previous_at", "created_at < previous_at"
            ),
            "only successful requests are used; the status makes no difference": REFERENCE.replace(
                "user_id IS NOT NULL", "user_id IS NOT NULL AND status = 'ok'"
            ),
            "requests without a user are no user; leave them out": REFERENCE.replace("WHERE user_id IS NOT NULL", ""),
            "users who are missing in users have sessions, too; don't join": REFERENCE.replace("user_id IS NOT NULL", "user_id IN (SELECT user_id FROM users)"),
            "midnight does not end a session": REFERENCE.replace(
                "previous_at + INTERVAL '30 minutes'", "previous_at + INTERVAL '30 minutes' AND CAST(created_at AS DATE) = CAST(previous_at AS DATE)"
            ),
        },
    )
### END HIDDEN TESTS

# %% [markdown] explain="sessions"
# One sort of the table, two windows over it, one `GROUP BY`: that is why gaps and islands beats a self-join ("is there a request in the 30 minutes before?"), which compares each row with many.
#
# Both windows sort by `created_at, request_id`. If they sorted by `created_at` alone, two requests at one moment could stand in one order for `LAG` and in another for a running sum with `ROWS`, and a request would land in the session before. Under the default frame (`RANGE`) equal moments share the sum, so that would be right as well; with a complete order you need not think about it.
#
# `ELSE 1` catches the NULL of the first request. `time_bucket` and "30 minutes after the start" are other definitions: they cut long visits into pieces.

# %% [markdown]
# > **In the interview.** *"Turn an event log into sessions."*
# > **In 30 seconds:** `LAG` of the time within the user, a flag where the pause is longer than 30 minutes or nothing comes before, a running sum of the flags as session number, then group. I look at the distribution of pauses before I accept 30 minutes, and I say what happens at exactly 30.
# > **They ask next:** how would you find streaks of days? What changes if events arrive late? How does the number of sessions react to the limit?
# > **Red flags:** no `PARTITION BY user_id`; fixed half hours of the clock; sessions as the unit of an A/B test that randomised users.

# %% [markdown]
# ## Funnels: steps in order, within a window
#
# The first thing people write for a funnel is a count of users for each event:

# %%
sql.query(
    product,
    """
    SELECT event_name, COUNT(DISTINCT user_id) AS users
    FROM events
    GROUP BY event_name
    ORDER BY users DESC
    """,
)

# %% [markdown]
# It looks like a funnel and is none. It counts a user who took a step *before* the one that should come first, a user who skipped a step, and one who took three months. Three decisions make a funnel of it:
#
# 1. **Order**: a step counts only from the moment on at which the step before was reached. Which occurrence? The first one *after* it, not the first one ever.
# 2. **Window**: all within, say, 7 days of entry.
# 3. **Maturity**: only users whose 7 days are over. The others have not failed yet.
#
# The third is forgotten most often. Look at one step, from first request to payment within 7 days, by the week of the first request:

# %%
paid = sql.query(
    db,
    """
    WITH entries AS (
        SELECT user_id, MIN(created_at) AS entered_at
        FROM events
        WHERE event_name = 'first_request'
        GROUP BY user_id
    ),
    outcomes AS (
        SELECT entered_at, EXISTS (
                   SELECT 1
                   FROM events e
                   WHERE e.user_id = entries.user_id AND e.event_name = 'payment'
                     AND e.created_at >= entered_at AND e.created_at <= entered_at + INTERVAL '7 days'
               ) AS paid
        FROM entries
    )
    SELECT CAST(DATE_TRUNC('week', entered_at) AS DATE) AS entry_week, COUNT(*) AS users, AVG(CASE WHEN paid THEN 1.0 ELSE 0.0 END) AS share_paid
    FROM outcomes
    WHERE entered_at >= DATE '2026-05-04'
    GROUP BY entry_week
    ORDER BY entry_week
    """,
).frame()

# %% collapsed=true
fig, ax = plt.subplots(figsize=(7, 3), layout="constrained")
weeks = pd.to_datetime(paid["entry_week"])
over = weeks + pd.Timedelta(days=14) <= pd.Timestamp(sql.AS_OF)
ax.bar(weeks.dt.strftime("%d %b"), 100 * paid["share_paid"], color=np.where(over, "C0", "0.75"))
for place, (share, users) in enumerate(zip(paid["share_paid"], paid["users"], strict=True)):
    ax.text(place, 100 * share + 0.5, f"{users:,}", ha="center", color="0.3", fontsize=9)
ax.set(xlabel="week of the first request (users above the bars; grey: window not over for all)", ylabel="% paid within 7 days", ylim=(0, 38))
ax.set_title("The newest week looks bad because its users still have time")
plt.show()

# %% locked="journeys"
journeys = sql.tiny(
    events=sql.rows(
        "user_id event_name created_at",
        (1, "visit", "2026-06-01 10:00:00"),
        (1, "signup", "2026-06-01 10:05:00"),
        (1, "visit", "2026-06-01 10:30:00"),
        (1, "api_key", "2026-06-02 09:00:00"),
        (1, "first_request", "2026-06-08 10:00:00"),
        (2, "visit", "2026-06-03 09:00:00"),
        (2, "signup", "2026-06-03 09:10:00"),
        (2, "first_request", "2026-06-04 08:00:00"),
        (3, "api_key", "2026-06-04 12:00:00"),
        (3, "visit", "2026-06-05 12:00:00"),
        (3, "signup", "2026-06-05 12:00:00"),
        (3, "visit", "2026-06-06 07:00:00"),
        (3, "api_key", "2026-06-06 12:00:00"),
        (3, "first_request", "2026-06-12 12:00:01"),
        (4, "visit", "2026-06-10 15:00:00"),
        (4, "signup", "2026-06-22 15:00:00"),
        (5, "visit", "2026-06-25 10:00:00"),
        (5, "signup", "2026-06-25 10:10:00"),
        (6, "signup", "2026-06-11 10:00:00"),
        (7, "visit", "2026-06-14 08:00:00"),
        (7, "api_key", "2026-06-14 08:05:00"),
        (7, "signup", "2026-06-15 08:00:00"),
        (8, "visit", "2026-06-12 09:00:00"),
        (8, "signup", "2026-06-12 09:30:00"),
        (8, "api_key", "2026-06-17 10:00:00"),
        (8, "first_request", "2026-06-22 10:00:00"),
        (None, "visit", "2026-06-12 10:00:00"),
    )
)
journeys_answer = sql.rows(
    "step event_name users from_previous",
    (1, "visit", 6, None),
    (2, "signup", 5, 5 / 6),
    (3, "api_key", 3, 0.6),
    (4, "first_request", 1, 1 / 3),
)

# %% [markdown] statement="funnel" level="stretch"
# ### `funnel`: from visit to first request within 7 days
#
# Write `funnel()`; it returns the text of a query on `events` and `clock`. The steps are `visit`, `signup`, `api_key`, `first_request`; other events don't matter, nor do events without a `user_id`.
#
# 1. **Entry**: a user enters with the first `visit` ever, at that moment.
# 2. **Maturity**: only users count whose 7 days are over: first visit + 7 days is no later than midnight at the start of `as_of`.
# 3. **Order**: a user who has reached a step reaches the next at its earliest event **at or after** the moment at which the step was reached. Events of the next step from before that moment are ignored.
# 4. **Window**: an event counts only up to 7 days after the first visit, exactly 7 days included. Who does not reach a step reaches none of the later ones.
#
# Columns: `step` (1 to 4), `event_name`, `users` who reached it, `from_previous`: users divided by the users of the step before, not rounded; NULL for step 1 and where the step before has 0 users. Always four rows, ordered by `step`.
#
# Example: in `journeys` six users have entered (user 5's window is open, user 6 never visited); 5 sign up, 3 get a key, 1 makes a request in time: `from_previous` is NULL, 5/6, 0.6, 1/3. User 2 has no key, user 7's key came before signup. The window decides four times: user 1's request came after exactly 7 days and counts, user 3's a second too late;
# user 4 signed up after 12 days; user 8's request came 5 days after the key, but 10 after the visit.


# %% solution="funnel"
def funnel() -> str:
    """Text of a query: step, event_name, users, from_previous of the four steps, in order."""
    ### BEGIN SOLUTION
    return """
    WITH visit AS (
        SELECT user_id, MIN(created_at) AS entered_at, MIN(created_at) AS reached_at
        FROM events
        WHERE event_name = 'visit' AND user_id IS NOT NULL
        GROUP BY user_id
        HAVING MIN(created_at) + INTERVAL '7 days' <= (SELECT as_of FROM clock)
    ),
    signup AS (
        SELECT p.user_id, p.entered_at, MIN(e.created_at) AS reached_at
        FROM visit p
        JOIN events e ON e.user_id = p.user_id AND e.event_name = 'signup'
                     AND e.created_at >= p.reached_at AND e.created_at <= p.entered_at + INTERVAL '7 days'
        GROUP BY p.user_id, p.entered_at
    ),
    api_key AS (
        SELECT p.user_id, p.entered_at, MIN(e.created_at) AS reached_at
        FROM signup p
        JOIN events e ON e.user_id = p.user_id AND e.event_name = 'api_key'
                     AND e.created_at >= p.reached_at AND e.created_at <= p.entered_at + INTERVAL '7 days'
        GROUP BY p.user_id, p.entered_at
    ),
    first_request AS (
        SELECT p.user_id, p.entered_at, MIN(e.created_at) AS reached_at
        FROM api_key p
        JOIN events e ON e.user_id = p.user_id AND e.event_name = 'first_request'
                     AND e.created_at >= p.reached_at AND e.created_at <= p.entered_at + INTERVAL '7 days'
        GROUP BY p.user_id, p.entered_at
    ),
    steps AS (
        SELECT 1 AS step, 'visit' AS event_name, COUNT(*) AS users FROM visit
        UNION ALL SELECT 2, 'signup', COUNT(*) FROM signup
        UNION ALL SELECT 3, 'api_key', COUNT(*) FROM api_key
        UNION ALL SELECT 4, 'first_request', COUNT(*) FROM first_request
    )
    SELECT step, event_name, users, 1.0 * users / NULLIF(LAG(users) OVER (ORDER BY step), 0) AS from_previous
    FROM steps
    ORDER BY step
    """
    ### END SOLUTION


# %% [markdown] hint="funnel"
# One `WITH` step for each step of the funnel: one row for each user who got there, with two moments: when the user entered and when this step was reached.

# %% [markdown] hint="funnel"
# The next step joins `events` to the step before, on the user, with `created_at >= reached_at` and `created_at <= entered_at + INTERVAL '7 days'`, and takes `MIN(created_at)` for each user. Filter first, then take the minimum.

# %% [markdown] hint="funnel"
# Put the four counts together with `UNION ALL` (so a step with 0 users has its row), and divide by `NULLIF(LAG(users) OVER (ORDER BY step), 0)`, with `1.0 *` before `users`.

# %% test="funnel" name="value" points=2
"""The example row by row, then generated journeys."""
query, mistakes = funnel(), {}


### BEGIN HIDDEN TESTS
def chain(
    occurrence="MIN",
    after="e.created_at >= p.reached_at",
    window="e.created_at <= p.entered_at + INTERVAL '7 days'",
    entry="MIN",
    mature="HAVING MIN(created_at) + INTERVAL '7 days' <= (SELECT as_of FROM clock)",
    known="AND user_id IS NOT NULL",
    count="COUNT(*)",
    share="1.0 * users / NULLIF(LAG(users) OVER (ORDER BY step), 0)",
):
    steps = ["visit", "signup", "api_key", "first_request"]
    text = f"WITH visit AS (SELECT user_id, {entry}(created_at) AS entered_at, {entry}(created_at) AS reached_at FROM events WHERE event_name = 'visit' {known} GROUP BY user_id {mature})"
    for before, step in zip(steps, steps[1:]):
        text += f", {step} AS (SELECT p.user_id, p.entered_at, {occurrence}(e.created_at) AS reached_at FROM {before} p JOIN events e ON e.user_id = p.user_id AND e.event_name = '{step}' AND {after} AND {window} GROUP BY p.user_id, p.entered_at)"
    counts = " UNION ALL ".join(f"SELECT {place} AS step, '{step}' AS event_name, {count} AS users FROM {step}" for place, step in enumerate(steps, 1))
    return f"{text}, steps AS ({counts}) SELECT step, event_name, users, {share} AS from_previous FROM steps ORDER BY step"


REFERENCE = chain()
numbers = "CASE event_name WHEN 'visit' THEN 1 WHEN 'signup' THEN 2 WHEN 'api_key' THEN 3 WHEN 'first_request' THEN 4 END"
by_event = f"""
    WITH steps AS (SELECT {numbers} AS step, event_name, COUNT(DISTINCT user_id) AS users FROM events WHERE event_name IN ('visit', 'signup', 'api_key', 'first_request') GROUP BY event_name)
    SELECT step, event_name, users, 1.0 * users / LAG(users) OVER (ORDER BY step) AS from_previous FROM steps ORDER BY step
"""
within = f"""
    WITH entered AS (SELECT user_id, MIN(created_at) AS t0 FROM events WHERE event_name = 'visit' AND user_id IS NOT NULL GROUP BY user_id HAVING MIN(created_at) + INTERVAL '7 days' <= (SELECT as_of FROM clock)),
    steps AS (SELECT {numbers} AS step, event_name, COUNT(DISTINCT user_id) AS users FROM events JOIN entered USING (user_id)
              WHERE event_name IN ('visit', 'signup', 'api_key', 'first_request') AND created_at BETWEEN t0 AND t0 + INTERVAL '7 days' GROUP BY event_name)
    SELECT step, event_name, users, 1.0 * users / LAG(users) OVER (ORDER BY step) AS from_previous FROM steps ORDER BY step
"""
firsts = """
    WITH t AS (
        SELECT user_id, MIN(CASE WHEN event_name = 'visit' THEN created_at END) AS a, MIN(CASE WHEN event_name = 'signup' THEN created_at END) AS b,
               MIN(CASE WHEN event_name = 'api_key' THEN created_at END) AS c, MIN(CASE WHEN event_name = 'first_request' THEN created_at END) AS d
        FROM events WHERE user_id IS NOT NULL GROUP BY user_id
    ), m AS (SELECT t.*, a + INTERVAL '7 days' AS z FROM t WHERE a + INTERVAL '7 days' <= (SELECT as_of FROM clock)),
    steps AS (
        SELECT 1 AS step, 'visit' AS event_name, COUNT(*) AS users FROM m
        UNION ALL SELECT 2, 'signup', COUNT(*) FROM m WHERE b BETWEEN a AND z
        UNION ALL SELECT 3, 'api_key', COUNT(*) FROM m WHERE b BETWEEN a AND z AND c BETWEEN b AND z
        UNION ALL SELECT 4, 'first_request', COUNT(*) FROM m WHERE b BETWEEN a AND z AND c BETWEEN b AND z AND d BETWEEN c AND z
    )
    SELECT step, event_name, users, 1.0 * users / NULLIF(LAG(users) OVER (ORDER BY step), 0) AS from_previous FROM steps ORDER BY step
"""
mistakes = {
    "this counts users by event, without order and window; each step must come after the one before": by_event,
    "the window is right, the order is not checked; each step must come after the one before": within,
    "each step is compared with the visit only; it must not come before the step just before it": chain(after="e.created_at >= p.entered_at"),
    "the first occurrence ever is used; an early one is ignored, and a later one in order counts": firsts,
    "the last occurrence of a step is used; take the earliest in order": chain(occurrence="MAX"),
    "there is no window; all steps must lie within 7 days of the first visit": chain(window="TRUE"),
    "the 7 days are counted from the step before; count them from the first visit": chain(window="e.created_at <= p.reached_at + INTERVAL '7 days'"),
    "exactly 7 days after the visit still counts": chain(window="e.created_at < p.entered_at + INTERVAL '7 days'"),
    "7 days are 7 times 24 hours; comparing dates gives part of a day more": chain(window="CAST(e.created_at AS DATE) <= CAST(p.entered_at AS DATE) + 7"),
    "the same moment as the step before counts": chain(after="e.created_at > p.reached_at"),
    "users whose 7 days are not over are in; they have not failed yet": chain(mature=""),
    "a user enters with the first visit, not with the last": chain(
        entry="MAX", mature="HAVING MAX(created_at) + INTERVAL '7 days' <= (SELECT as_of FROM clock)"
    ),
    "this divides by the users of the first step; divide by those of the step before": chain(
        share="CASE WHEN step > 1 THEN 1.0 * users / NULLIF(FIRST_VALUE(users) OVER (ORDER BY step), 0) END"
    ),
    "this divides whole numbers without a fraction; make one side a decimal number": chain(share="users // NULLIF(LAG(users) OVER (ORDER BY step), 0)"),
    "this is a percentage; a fraction from 0 to 1 was asked for": chain(share="100.0 * users / NULLIF(LAG(users) OVER (ORDER BY step), 0)"),
    "from_previous of the first step is NULL: nothing comes before it": chain(share="COALESCE(1.0 * users / NULLIF(LAG(users) OVER (ORDER BY step), 0), 1)"),
    "events without a user are no user; leave them out": chain(known=""),
}
### END HIDDEN TESTS
sql.result(query, journeys_answer, journeys, "the eight users", ordered=True, mistakes=mistakes)
### BEGIN HIDDEN TESTS
sql.result(query, REFERENCE, sql.generate(40_000, seed=6), "1,000 users", ordered=True, mistakes=mistakes)
### END HIDDEN TESTS

# %% test="funnel" name="cases" points=2
"""Times at the edge of the window, repeated steps, other dates in clock, steps that nobody reaches, no events, many events."""


### BEGIN HIDDEN TESTS
def chain(
    window="e.created_at <= p.entered_at + INTERVAL '7 days'",
    mature="<=",
    today="(SELECT as_of FROM clock)",
    share="1.0 * users / NULLIF(LAG(users) OVER (ORDER BY step), 0)",
):
    steps = ["visit", "signup", "api_key", "first_request"]
    text = f"WITH visit AS (SELECT user_id, MIN(created_at) AS entered_at, MIN(created_at) AS reached_at FROM events WHERE event_name = 'visit' AND user_id IS NOT NULL GROUP BY user_id HAVING MIN(created_at) + INTERVAL '7 days' {mature} {today})"
    for before, step in zip(steps, steps[1:]):
        text += f", {step} AS (SELECT p.user_id, p.entered_at, MIN(e.created_at) AS reached_at FROM {before} p JOIN events e ON e.user_id = p.user_id AND e.event_name = '{step}' AND e.created_at >= p.reached_at AND {window} GROUP BY p.user_id, p.entered_at)"
    counts = " UNION ALL ".join(f"SELECT {place} AS step, '{step}' AS event_name, COUNT(*) AS users FROM {step}" for place, step in enumerate(steps, 1))
    return f"{text}, steps AS ({counts}) SELECT step, event_name, users, {share} AS from_previous FROM steps ORDER BY step"


REFERENCE = chain()
query = funnel()
rng = np.random.default_rng(5)
names = ["visit", "signup", "api_key", "first_request", "payment"]
hours = rng.choice([0, 0, 1, 30, 60, 84, 168], (60, 9)) + 24 * rng.integers(0, 4, (60, 1))
rows = [
    (user + 1, names[rng.choice(5, p=[0.3, 0.25, 0.2, 0.15, 0.1])], str(pd.Timestamp("2026-06-03") + pd.Timedelta(hours=int(hour))))
    for user in range(60)
    for hour in hours[user]
]
edge = sql.tiny(events=sql.rows("user_id event_name created_at", *rows))
mature = sql.tiny(
    as_of="2024-03-01",
    events=sql.rows(
        "user_id event_name created_at",
        (1, "visit", "2024-02-23 00:00:00"),
        (2, "visit", "2024-02-23 00:00:01"),
        (2, "signup", "2024-02-24 00:00:00"),
        (1, "signup", "2024-03-01 00:00:00"),
        (3, "visit", "2024-02-20 12:00:00"),
        (3, "api_key", "2024-02-21 12:00:00"),
    ),
)
nobody = sql.tiny(
    events=sql.rows("user_id event_name created_at", (1, "visit", "2026-06-01 10:00"), (2, "visit", "2026-06-29 10:00"), (2, "signup", "2026-06-29 11:00"))
)
for name, database in {
    "60 users with repeated steps and equal moments": edge,
    "as_of on 1 March 2024, a window that ends at midnight": mature,
    "nobody signs up": nobody,
    "generated journeys": sql.generate(20_000, seed=12),
    "no events at all": sql.generate(empty=True),
    "25,000 users": sql.generate(1_000_000),
}.items():
    sql.result(
        query,
        REFERENCE,
        database,
        name,
        ordered=True,
        seconds=12,
        mistakes={
            "a window that ends at midnight of as_of is over; those users count": chain(mature="<"),
            "the date is written into the query; take as_of from clock": chain(today="DATE '2026-06-30'"),
            "a step that nobody reaches has a row, too, with 0 users": chain().replace(" FROM steps ORDER", " FROM steps WHERE users > 0 ORDER"),
            "where the step before has 0 users the share is NULL; dividing by 0 is no number": chain(share="1.0 * users / LAG(users) OVER (ORDER BY step)"),
            "where the step before has 0 users the share is NULL, not 0": chain(
                share="CASE WHEN step > 1 THEN COALESCE(1.0 * users / NULLIF(LAG(users) OVER (ORDER BY step), 0), 0) END"
            ),
            "exactly 7 days after the visit still counts": chain(window="e.created_at < p.entered_at + INTERVAL '7 days'"),
        },
    )
### END HIDDEN TESTS

# %% [markdown] explain="funnel"
# Each `WITH` step hands on one row for each user, so nothing multiplies, however often a user repeats a step. The condition on the order stands in the join, before `MIN`: "the earliest event after the step before". `MIN` over all events and a comparison afterwards loses users who tried a step too early and did it right later.
#
# Taking the earliest moment at each step is safe: it leaves the most time for the next one, so if any choice of events works, this one does.
#
# An alternative for a few steps are windows: for each user's events in order, the running `MAX` of the moment of the step before. And DuckDB, Snowflake or Oracle have pattern matching (`MATCH_RECOGNIZE`) or funnel functions in some engines. The joins run everywhere.

# %% [markdown]
# > **In the interview.** *"Build the activation funnel: visit, signup, key, first request."*
# > **In 30 seconds:** I fix the unit (users), the entry (first visit), the order (each step after the one before), the window (7 days from entry) and maturity (only users whose window is over). Then one CTE for each step with the moment at which it was reached, and shares of the step before.
# > **They ask next:** a user repeats a step: which occurrence? Somebody comes back after a month: a new journey? Conversion fell last week: what do you check first?
# > **Red flags:** `COUNT(DISTINCT user_id)` by event as a funnel; shares above 100 %; the current week in the chart.

# %% [markdown]
# ## Retention: which week is week 1?
#
# "Week-1 retention" has two definitions that give different numbers on the same data:
#
# - **calendar difference**: the number of Mondays between first use and return. Whoever begins on Sunday at 21:00 and returns on Monday at 9:00, twelve hours later, is "retained in week 1";
# - **days since first use**: week 0 is the first 168 hours of this user, week 1 the next 168.
#
# A small simulation shows what the first one does. All users are alike: the chance to come back fades with the days since first use, whatever the weekday on which they began.

# %% collapsed=true
rng = np.random.default_rng(3)
start = rng.integers(0, 7, 20_000)
active = rng.random((20_000, 21)) < 0.25 * np.exp(-np.arange(21) / 4)
day_of = np.arange(21) + start[:, None]
since = active[:, 7:14].any(axis=1)
calendar = (active & (day_of >= 7) & (day_of < 14)).any(axis=1)
fig, ax = plt.subplots(figsize=(7, 3), layout="constrained")
names = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
for label, hit, color, shift in (("calendar difference", calendar, "C1", 4), ("days since first use", since, "C0", -8)):
    ax.plot(names, [100 * hit[start == day].mean() for day in range(7)], "o-", color=color)
    ax.text(4, 100 * hit[start == 4].mean() + shift, label, color=color, ha="right")
ax.set(xlabel="weekday of first use", ylabel="% active in week 1", ylim=(0, 70), title="By the calendar, Sunday's users look more loyal than Monday's")
plt.show()

# %% [markdown]
# So a campaign that runs on weekends "improves retention". Days since first use is the fair definition, and the one to compute here. Calendar weeks have one merit: a row of the report is one real week, so that an outage shows in it. Say which you use.
#
# Two more traps. The first is at the right end: the newest cohort has had no time for its week 3, and a zero there is no answer. The second is at the left end, and you can see it in the sizes of the cohorts:

# %%
sql.query(
    product,
    """
    WITH first_use AS (SELECT user_id, MIN(created_at) AS first_at FROM api_requests GROUP BY user_id)
    SELECT CAST(DATE_TRUNC('week', first_at) AS DATE) AS cohort_week,
           COUNT(*) AS users,
           COUNT(CASE WHEN signed_up_at < DATE '2026-05-01' THEN 1 END) AS signed_up_before_may
    FROM first_use
    JOIN users USING (user_id)
    GROUP BY cohort_week
    ORDER BY cohort_week
    """,
)

# %% [markdown]
# The table of requests begins on 1 May. The "first use" of an old customer is simply the first one that the table holds, so the first cohorts consist almost entirely of customers who signed up long before. Drop them, or begin cohorts at `signed_up_at`. (The exercise keeps them: it counts what the table holds.)

# %% locked="returns"
returns = sql.tiny(
    users=sql.rows("user_id", (1,), (2,), (4,)),
    api_requests=sql.rows(
        "user_id created_at",
        (1, "2026-06-07 21:00:00"),
        (1, "2026-06-08 09:00:00"),
        (1, "2026-06-21 21:00:00"),
        (2, "2026-06-15 09:59:00"),
        (2, "2026-06-01 10:00:00"),
        (2, "2026-06-08 10:00:00"),
        (3, "2026-06-03 12:00:00"),
        (3, "2026-06-14 12:00:00"),
        (4, "2026-06-10 08:00:00"),
        (5, "2026-06-23 08:00:00"),
        (5, "2026-06-24 08:00:00"),
        (None, "2026-06-02 08:00:00"),
    ),
)
returns_answer = sql.rows(
    "cohort_week week_number users active_users retention",
    ("2026-06-01", 0, 3, 3, 1.0),
    ("2026-06-01", 1, 3, 2, 2 / 3),
    ("2026-06-01", 2, 3, 1, 1 / 3),
    ("2026-06-08", 0, 1, 1, 1.0),
    ("2026-06-08", 1, 1, 0, 0.0),
)

# %% [markdown] statement="retention_cohorts" level="stretch"
# ### `retention_cohorts`: who is back in week k
#
# Write `retention_cohorts()`; it returns the text of a query on `api_requests` and `clock`. A user's first use is the first request in the table; `cohort_week` is the Monday (UTC) of the week in which it lies, a date. Requests without a `user_id` are left out; users who are missing in `users` count.
# `week_number` k counts **from each user's own first use**: a user is active in week k with at least one request from first use + 7k days (that moment included) to first use + 7(k + 1) days (not included), days of 24 hours. k goes from 0 to 4.
#
# Columns: `cohort_week`, `week_number`, `users` (size of the cohort), `active_users`, `retention` (active_users divided by users, not rounded). A cohort has a row for k only if that week is over for all who could be in it: `cohort_week` + 7(k + 2) days is no later than `as_of` (who begins late on Sunday, up to 7 days after `cohort_week`, ends week k another 7(k + 1) days later). Such a row exists also when nobody is active, with 0. No rows for weeks without new users.
# Order by `cohort_week`, then `week_number`.
#
# Example: `returns` gives the five rows of `returns_answer`. User 1 begins on Sunday, 7 June, at 21:00 and is back on Monday at 9:00: that is still week 0. The request of 21 June, 21:00, exactly 14 days after the first, opens week 2. Week 0 holds the first use itself, so its retention is always 1. User 5's cohort (22 June) has no row yet.


# %% solution="retention_cohorts"
def retention_cohorts() -> str:
    """Text of a query: cohort_week, week_number, users, active_users, retention, in the order of the first two."""
    ### BEGIN SOLUTION
    return """
    WITH first_use AS (
        SELECT user_id, MIN(created_at) AS first_at, CAST(DATE_TRUNC('week', MIN(created_at)) AS DATE) AS cohort_week
        FROM api_requests
        WHERE user_id IS NOT NULL
        GROUP BY user_id
    ),
    sizes AS (
        SELECT cohort_week, COUNT(*) AS users
        FROM first_use
        GROUP BY cohort_week
    ),
    activity AS (
        SELECT cohort_week, CAST(FLOOR(EXTRACT(EPOCH FROM created_at - first_at) / 604800) AS INTEGER) AS week_number, user_id
        FROM first_use
        JOIN api_requests USING (user_id)
    ),
    active AS (
        SELECT cohort_week, week_number, COUNT(DISTINCT user_id) AS active_users
        FROM activity
        GROUP BY cohort_week, week_number
    )
    SELECT cohort_week, week_number, users, COALESCE(active_users, 0) AS active_users, 1.0 * COALESCE(active_users, 0) / users AS retention
    FROM sizes
    CROSS JOIN (VALUES (0), (1), (2), (3), (4)) AS weeks (week_number)
    LEFT JOIN active USING (cohort_week, week_number)
    WHERE cohort_week + 7 * (week_number + 2) <= (SELECT as_of FROM clock)
    ORDER BY cohort_week, week_number
    """
    ### END SOLUTION


# %% [markdown] hint="retention_cohorts"
# Three tables, one after the other: each user's first use and cohort; the size of each cohort; and, from a join of first use and requests, the different users by cohort and week number.

# %% [markdown] hint="retention_cohorts"
# A cohort without anyone in week k must have a row all the same. So begin with all pairs (`CROSS JOIN (VALUES (0), (1), (2), (3), (4)) AS weeks (week_number)`) and `LEFT JOIN` the counts to them.

# %% [markdown] hint="retention_cohorts"
# `FLOOR(EXTRACT(EPOCH FROM created_at - first_at) / 604800)` is the number of whole weeks between two moments (604,800 seconds). The last filter: `cohort_week + 7 * (week_number + 2) <= (SELECT as_of FROM clock)`.

# %% test="retention_cohorts" name="value" points=2
"""The example row by row, then generated users."""
query, mistakes = retention_cohorts(), {}
### BEGIN HIDDEN TESTS
REFERENCE = """
    WITH first_use AS (SELECT user_id, MIN(created_at) AS first_at, CAST(DATE_TRUNC('week', MIN(created_at)) AS DATE) AS cohort_week FROM api_requests WHERE user_id IS NOT NULL GROUP BY user_id),
    sizes AS (SELECT cohort_week, COUNT(*) AS users FROM first_use GROUP BY cohort_week),
    activity AS (SELECT cohort_week, CAST(FLOOR(EXTRACT(EPOCH FROM created_at - first_at) / 604800) AS INTEGER) AS week_number, user_id FROM first_use JOIN api_requests USING (user_id)),
    active AS (SELECT cohort_week, week_number, COUNT(DISTINCT user_id) AS active_users FROM activity GROUP BY cohort_week, week_number)
    SELECT cohort_week, week_number, users, COALESCE(active_users, 0) AS active_users, 1.0 * COALESCE(active_users, 0) / users AS retention
    FROM sizes CROSS JOIN (VALUES (0), (1), (2), (3), (4)) AS weeks (week_number) LEFT JOIN active USING (cohort_week, week_number)
    WHERE cohort_week + 7 * (week_number + 2) <= (SELECT as_of FROM clock) ORDER BY cohort_week, week_number
"""
weeks = "CAST(FLOOR(EXTRACT(EPOCH FROM created_at - first_at) / 604800) AS INTEGER)"
later = REFERENCE.replace(
    "SELECT cohort_week, week_number, COUNT(DISTINCT user_id) AS active_users FROM activity",
    "SELECT cohort_week, w.week_number, COUNT(DISTINCT user_id) AS active_users FROM activity a JOIN (VALUES (0), (1), (2), (3), (4)) AS w (week_number) ON a.week_number >= w.week_number",
).replace("GROUP BY cohort_week, week_number)", "GROUP BY cohort_week, w.week_number)")
mistakes = {
    "weeks are counted by the calendar (from Monday to Monday); count days since each user's own first use": REFERENCE.replace(
        weeks, "(CAST(DATE_TRUNC('week', created_at) AS DATE) - cohort_week) // 7"
    ),
    "days are counted by the calendar (from midnight to midnight); count from the moment of first use": REFERENCE.replace(
        weeks, "(CAST(created_at AS DATE) - CAST(first_at AS DATE)) // 7"
    ),
    "exactly 7 days after first use is week 1, not week 0": REFERENCE.replace(
        weeks, "GREATEST(CAST(CEIL(EXTRACT(EPOCH FROM created_at - first_at) / 604800) AS INTEGER) - 1, 0)"
    ),
    "this rounds to the nearest week; cut off": REFERENCE.replace("FLOOR(", "ROUND("),
    "this counts users who are back in week k or later; only week k counts": later,
    "a week in which nobody is active has a row, too, with 0": REFERENCE.replace("LEFT JOIN active", "JOIN active"),
    "weeks that are not over for the whole cohort are in; they have no answer yet": REFERENCE.replace(
        "WHERE cohort_week + 7 * (week_number + 2) <= (SELECT as_of FROM clock)", ""
    ),
    "the last user of a cohort begins almost 7 days after its Monday; wait until week k is over for that user, too": REFERENCE.replace(
        "(week_number + 2)", "(week_number + 1)"
    ),
    "this counts requests; count each user once in a week": REFERENCE.replace("COUNT(DISTINCT user_id)", "COUNT(*)"),
    "this divides whole numbers without a fraction; make one side a decimal number": REFERENCE.replace(
        "1.0 * COALESCE(active_users, 0) / users", "COALESCE(active_users, 0) // users"
    ),
    "this is a percentage; a fraction from 0 to 1 was asked for": REFERENCE.replace("1.0 *", "100.0 *"),
    "this divides by the active users of the week before; divide by the size of the cohort": REFERENCE.replace(
        "/ users AS", "/ COALESCE(LAG(COALESCE(active_users, 0)) OVER (PARTITION BY cohort_week ORDER BY week_number), users) AS"
    ),
    "requests without a user are no user; leave them out": REFERENCE.replace("WHERE user_id IS NOT NULL", "")
    .replace("USING (user_id)", "ON first_use.user_id IS NOT DISTINCT FROM api_requests.user_id")
    .replace("week_number, user_id FROM", "week_number, COALESCE(first_use.user_id, -1) AS user_id FROM"),
    "requests without a user are no user; leave them out of the cohort's size": REFERENCE.replace("WHERE user_id IS NOT NULL", ""),
    "users who are missing in users made requests, too; don't join": REFERENCE.replace("user_id IS NOT NULL", "user_id IN (SELECT user_id FROM users)"),
    "weeks begin on Sunday here; a cohort's week begins on Monday": REFERENCE.replace(
        "DATE_TRUNC('week', MIN(created_at))", "DATE_TRUNC('week', MIN(created_at) + INTERVAL '1 day') - INTERVAL '1 day'"
    ),
}
### END HIDDEN TESTS
sql.result(query, returns_answer, returns, "the five users", ordered=True, mistakes=mistakes)
### BEGIN HIDDEN TESTS
sql.result(query, REFERENCE, sql.generate(4_000, seed=14), "4,000 requests", ordered=True, mistakes=mistakes)
### END HIDDEN TESTS

# %% test="retention_cohorts" name="cases" points=2
"""Returns at exactly 7 and 14 days, empty weeks, NULLs, other dates in clock, no rows, five million rows."""
### BEGIN HIDDEN TESTS
REFERENCE = """
    WITH first_use AS (SELECT user_id, MIN(created_at) AS first_at, CAST(DATE_TRUNC('week', MIN(created_at)) AS DATE) AS cohort_week FROM api_requests WHERE user_id IS NOT NULL GROUP BY user_id),
    sizes AS (SELECT cohort_week, COUNT(*) AS users FROM first_use GROUP BY cohort_week),
    activity AS (SELECT cohort_week, CAST(FLOOR(EXTRACT(EPOCH FROM created_at - first_at) / 604800) AS INTEGER) AS week_number, user_id FROM first_use JOIN api_requests USING (user_id)),
    active AS (SELECT cohort_week, week_number, COUNT(DISTINCT user_id) AS active_users FROM activity GROUP BY cohort_week, week_number)
    SELECT cohort_week, week_number, users, COALESCE(active_users, 0) AS active_users, 1.0 * COALESCE(active_users, 0) / users AS retention
    FROM sizes CROSS JOIN (VALUES (0), (1), (2), (3), (4)) AS weeks (week_number) LEFT JOIN active USING (cohort_week, week_number)
    WHERE cohort_week + 7 * (week_number + 2) <= (SELECT as_of FROM clock) ORDER BY cohort_week, week_number
"""
query = retention_cohorts()
rng = np.random.default_rng(9)
rows = []
for user in range(1, 41):
    first = pd.Timestamp("2024-01-22") + pd.Timedelta(hours=int(rng.integers(0, 500)))
    rows += [
        (user, str(first + pd.Timedelta(days=int(7 * week), seconds=int(rng.choice([-1, 0, 1, 40_000]) if week else 0)))) for week in {0, *rng.choice(6, 2)}
    ]
rows = sql.rows("user_id created_at", *[rows[place] for place in rng.permutation(len(rows))])
edge, sunday = sql.tiny(as_of="2024-03-04", api_requests=rows), sql.tiny(as_of="2024-03-03", api_requests=rows)
for name, database in {
    "40 users who return at whole weeks, as_of on Monday, 4 March 2024": edge,
    "the same users one day earlier, as_of on a Sunday": sunday,
    "NULLs": sql.generate(3_000, nulls=True),
    "days without requests, few users": sql.generate(600, gaps=True),
    "requests of users who are missing in users": sql.generate(3_000, faults=True),
    "a session in Auckland (weeks stay UTC weeks)": sql.generate(3_000, zones=True),
    "no requests at all": sql.generate(empty=True),
    "five million requests": sql.generate(5_000_000),
}.items():
    sql.result(
        query,
        REFERENCE,
        database,
        name,
        ordered=True,
        seconds=15,
        mistakes={
            "a week that ends at midnight of as_of is over; its row is missing": REFERENCE.replace("(week_number + 2) <=", "(week_number + 2) <"),
            "the date is written into the query; take as_of from clock": REFERENCE.replace("(SELECT as_of FROM clock)", "DATE '2026-06-30'"),
            "users who are missing in users made requests, too; don't join": REFERENCE.replace("user_id IS NOT NULL", "user_id IN (SELECT user_id FROM users)"),
            "week_number ends with 4": REFERENCE.replace("(4))", "(4), (5), (6), (7))"),
            "a week in which nobody is active has a row, too, with 0": REFERENCE.replace("LEFT JOIN active", "JOIN active"),
        },
    )
### END HIDDEN TESTS

# %% [markdown] explain="retention_cohorts"
# The cohort says *when* users came; the week number says how old they are. Keep the two apart: the first may be a calendar week, the second counts from each user's own start.
#
# The pairs of cohort and week are made first, and the counts joined to them. A `GROUP BY` over requests can't make a row for a week in which there were none, so an inner join leaves a hole exactly where retention is 0.
#
# `cohort_week + 7 * (week_number + 2)`: the last user of a cohort begins up to 7 days after Monday, week k ends 7(k + 1) days after that. Anything earlier compares users who had their week with users who had not.
#
# In place of whole weeks by `FLOOR` you can join on `created_at >= first_at + week_number * INTERVAL '7 days'` and the same with `week_number + 1`: the same result, with about five times as many comparisons.

# %% [markdown]
# > **In the interview.** *"Build a cohort retention table."*
# > **In 30 seconds:** first use for each user, cohort by the week of it, week number as whole weeks since that user's first use; different users by cohort and week over the size of the cohort; zeros kept, unfinished weeks left out. I say that this is retention *in* week k, not "k or later".
# > **They ask next:** retention of the newest cohort fell: real or unfinished? Who is in the first cohort of a table that begins in May? Calendar weeks or days since first use?
# > **Red flags:** calendar differences without saying so; a denominator that changes from week to week; a triangle filled up with zeros.

# %% [markdown]
# ## What an A/B test needs from SQL
#
# A warehouse has a billion requests, your laptop should get a dozen numbers. For a ratio such as tokens per request, $R = \sum y / \sum x$ with $x$ requests and $y$ tokens **of one user**, the number of users and five sums for each arm are enough: $n$, $\sum x$, $\sum y$, $\sum x^2$, $\sum y^2$, $\sum xy$. From them come all means, variances and the covariance over users, and so the Delta method:
#
# $$\widehat{\mathrm{Var}}(R) = \frac{n}{n-1}\cdot\frac{\sum y^2 - 2R\sum xy + R^2\sum x^2}{\left(\sum x\right)^2}$$
#
# Users were randomised, so users are the rows of this table. Put requests in their place, and the error comes out too small: requests of one user resemble each other. The picture splits the first 2,000 users of `db` at random into two equal arms, a thousand times; those without a request are in, with $x = y = 0$. Nothing differs between the arms, so about 5 % false alarms are right; among a thousand splits chance alone makes 4 to 6 % of it.

# %% collapsed=true
totals = (
    sql.query(
        db,
        """
    SELECT count(tokens_consumed) AS x, coalesce(sum(tokens_consumed), 0) AS y, coalesce(sum(tokens_consumed * tokens_consumed), 0) AS squares
    FROM users LEFT JOIN api_requests USING (user_id)
    WHERE user_id <= 2000
    GROUP BY user_id
    ORDER BY user_id
    """,
    )
    .frame()
    .to_numpy(float)
)
x, y, squares = totals.T
rng = np.random.default_rng(12)
coin = rng.permuted(np.tile(np.arange(len(x)) % 2 == 0, (1_000, 1)), axis=1).astype(float)
columns = np.column_stack([np.ones(len(x)), x, y, x * x, y * y, x * y, squares])


def parts(sums: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ratio, variance by users (Delta method), variance by requests, for each row of sums."""
    n, sx, sy, sxx, syy, sxy, each = sums.T
    ratio = sy / sx
    return ratio, n / (n - 1) * (syy - 2 * ratio * sxy + ratio**2 * sxx) / sx**2, (each / sx - ratio**2) / sx


(r1, users1, rows1), (r0, users0, rows0) = parts(coin @ columns), parts((1 - coin) @ columns)
fig, axes = plt.subplots(1, 2, figsize=(9, 3), sharey=True, layout="constrained")
for ax, variance, label in ((axes[0], users1 + users0, "from sums over users"), (axes[1], rows1 + rows0, "requests taken for users")):
    z = (r1 - r0) / np.sqrt(variance)
    ax.hist(z, bins=1.96 * np.arange(-16, 17) / 5, color="0.8")
    ax.hist(z[np.abs(z) >= 1.96], bins=1.96 * np.arange(-16, 17) / 5, color="C1")
    ax.set(xlabel="difference / standard error", title=f"{label}: {100 * np.mean(np.abs(z) > 1.96):.0f} % false alarms")
axes[0].set_ylabel("splits without any effect")
plt.show()

# %% [markdown]
# Which users? **All who were assigned**, those without a single request included. The ratio hardly notices them: they add 0 to every sum but $n$. But the same table feeds "requests per user", and there they are data. A variant that drives people away leaves only the eager ones, and looks better for it. An inner join keeps only those with requests. Compare the two means in a tiny experiment, user 4 of which makes no request:

# %%
sql.query(
    product,
    """
    WITH assigned AS (SELECT * FROM (VALUES (1, 'control'), (2, 'control'), (3, 'treatment'), (4, 'treatment')) AS a (user_id, variant)),
    totals AS (SELECT * FROM (VALUES (1, 10), (2, 14), (3, 16)) AS t (user_id, requests))
    SELECT variant,
           COUNT(*) AS assigned,
           COUNT(requests) AS with_requests,
           AVG(1.0 * requests) AS "mean of those with requests",
           AVG(1.0 * COALESCE(requests, 0)) AS "mean of all assigned"
    FROM assigned
    LEFT JOIN totals USING (user_id)
    GROUP BY variant
    ORDER BY variant
    """,
)

# %% [markdown]
# One treated user left. Among those who stayed, treatment wins by 16 to 12; among all who were assigned it loses by 8 to 12.
#
# Two details decide whether the `LEFT JOIN` works. A condition on the requests belongs into `ON`: in `WHERE` it removes the users without requests again. And `COUNT(*)` counts the row of NULLs that a user without requests gets, as 1; `COUNT(column)` counts 0.

# %% locked="trial"
trial = sql.tiny(
    assignments=sql.rows(
        "experiment user_id variant assigned_at",
        ("short-answers", 1, "control", "2026-06-10 12:00:00"),
        ("short-answers", 2, "control", "2026-06-11 09:00:00"),
        ("short-answers", 3, "treatment", "2026-06-12 09:00:00"),
        ("short-answers", 4, "treatment", "2026-06-13 09:00:00"),
        ("short-answers", 5, "control", "2026-06-12 10:00:00"),
        ("new-onboarding", 1, "treatment", "2026-05-20 10:00:00"),
        ("new-onboarding", 6, "control", "2026-05-21 10:00:00"),
    ),
    api_requests=sql.rows(
        "user_id created_at tokens_consumed",
        (1, "2026-06-10 11:59:59", 100),
        (1, "2026-06-10 12:00:00", 10),
        (1, "2026-06-20 08:00:00", 30),
        (1, "2026-06-20 09:00:00", None),
        (2, "2026-06-15 10:00:00", 5),
        (2, "2026-06-30 08:00:00", 700),
        (3, "2026-06-15 10:00:00", 20),
        (3, "2026-06-15 10:20:00", 0),
        (3, "2026-06-15 16:00:00", 50),
        (4, "2026-06-18 12:00:00", None),
        (6, "2026-06-20 12:00:00", 900),
        (None, "2026-06-20 12:00:00", 60),
    ),
)
trial_answer = sql.rows(
    "variant n sum_x sum_y sum_xx sum_yy sum_xy",
    ("control", 3, 3, 45, 5, 1625, 85),
    ("treatment", 2, 3, 70, 9, 4900, 210),
)

# %% [markdown] statement="ab_metric_inputs" level="core"
# ### `ab_metric_inputs`: n and five sums for each arm
#
# Write `ab_metric_inputs()`; it returns the text of a query on `assignments`, `api_requests` and `clock` for the experiment `short-answers`, metric tokens per request. Each assigned user is one unit, with
# $x$ = the number of requests with a known `tokens_consumed` and $y$ = the sum of these counts, over the user's requests from `assigned_at` (that moment included) to midnight at the start of `as_of` (not included). A request with an unknown count is in neither. A user without such requests has $x = y = 0$ **and is counted**.
#
# Columns: `variant`, `n` (users assigned), `sum_x`, `sum_y`, `sum_xx` ($\sum x^2$), `sum_yy` ($\sum y^2$), `sum_xy` ($\sum xy$), all sums over the users of the arm. One row for each variant with an assigned user; the order is free. Nobody is assigned twice in one experiment, but a user can be in several experiments.
#
# Example: for `trial` the result is `trial_answer`. Control has three users with $(x, y)$ = (2, 40), (1, 5), (0, 0): n 3, sums 3, 45, 5, 1625, 85.


# %% solution="ab_metric_inputs"
def ab_metric_inputs() -> str:
    """Text of a query: variant, n, sum_x, sum_y, sum_xx, sum_yy, sum_xy of the arms of short-answers, in any order."""
    ### BEGIN SOLUTION
    return """
    WITH counted AS (
        SELECT user_id, created_at, tokens_consumed
        FROM api_requests
        WHERE created_at < (SELECT as_of FROM clock)
    ),
    totals AS (
        SELECT a.variant, a.user_id, COUNT(c.tokens_consumed) AS x, COALESCE(SUM(c.tokens_consumed), 0) AS y
        FROM assignments a
        LEFT JOIN counted c ON c.user_id = a.user_id AND c.created_at >= a.assigned_at
        WHERE a.experiment = 'short-answers'
        GROUP BY a.variant, a.user_id
    )
    SELECT variant, COUNT(*) AS n, SUM(x) AS sum_x, SUM(y) AS sum_y, SUM(x * x) AS sum_xx, SUM(y * y) AS sum_yy, SUM(x * y) AS sum_xy
    FROM totals
    GROUP BY variant
    """
    ### END SOLUTION


# %% [markdown] hint="ab_metric_inputs"
# Two steps of aggregation: one row for each assigned user, with x and y; then one row for each variant. Squares and products are taken in between, of users.

# %% [markdown] hint="ab_metric_inputs"
# Begin with `assignments` and `LEFT JOIN` the requests. `c.created_at >= a.assigned_at` stands in `ON`. Filter requests by `as_of` in a `WITH` step before.

# %% [markdown] hint="ab_metric_inputs"
# `COUNT(c.tokens_consumed)` is 0 for a user without requests, `COALESCE(SUM(c.tokens_consumed), 0)` as well. Then `SUM(x * x)`, `SUM(x * y)` and so on.

# %% test="ab_metric_inputs" name="value" points=2
"""The example row by row, then a generated experiment."""
query, mistakes = ab_metric_inputs(), {}
### BEGIN HIDDEN TESTS
REFERENCE = """
    WITH counted AS (SELECT user_id, created_at, tokens_consumed FROM api_requests WHERE created_at < (SELECT as_of FROM clock)),
    totals AS (
        SELECT a.variant, a.user_id, COUNT(c.tokens_consumed) AS x, COALESCE(SUM(c.tokens_consumed), 0) AS y
        FROM assignments a LEFT JOIN counted c ON c.user_id = a.user_id AND c.created_at >= a.assigned_at
        WHERE a.experiment = 'short-answers' GROUP BY a.variant, a.user_id
    )
    SELECT variant, COUNT(*) AS n, SUM(x) AS sum_x, SUM(y) AS sum_y, SUM(x * x) AS sum_xx, SUM(y * y) AS sum_yy, SUM(x * y) AS sum_xy FROM totals GROUP BY variant
"""
each = "CASE WHEN c.tokens_consumed IS NULL THEN 0 ELSE 1 END AS x, COALESCE(c.tokens_consumed, 0) AS y"
both = "COUNT(c.tokens_consumed) AS x, COALESCE(SUM(c.tokens_consumed), 0) AS y"
visits = """
    WITH line AS (
        SELECT a.variant, a.user_id, c.created_at, c.tokens_consumed, LAG(c.created_at) OVER (PARTITION BY a.user_id ORDER BY c.created_at, c.request_id) AS before
        FROM assignments a LEFT JOIN (SELECT * FROM api_requests WHERE created_at < (SELECT as_of FROM clock)) c ON c.user_id = a.user_id AND c.created_at >= a.assigned_at
        WHERE a.experiment = 'short-answers'
    ), numbered AS (SELECT line.*, SUM(CASE WHEN created_at <= before + INTERVAL '30 minutes' THEN 0 ELSE 1 END) OVER (PARTITION BY user_id ORDER BY created_at) AS visit FROM line),
    totals AS (SELECT variant, user_id, visit, COUNT(tokens_consumed) AS x, COALESCE(SUM(tokens_consumed), 0) AS y FROM numbered GROUP BY variant, user_id, visit)
""" + REFERENCE[REFERENCE.index("    SELECT variant, COUNT(*)") :]
mistakes = {
    "users without requests are dropped; all who were assigned count": REFERENCE.replace("LEFT JOIN", "JOIN"),
    "users without a known token count are dropped; all who were assigned count, with x = y = 0": REFERENCE.replace(
        "FROM totals GROUP", "FROM totals WHERE x > 0 GROUP"
    ),
    "COUNT(*) counts 1 for a user without requests, and requests with an unknown count; count tokens_consumed": REFERENCE.replace(
        "COUNT(c.tokens_consumed)", "COUNT(*)"
    ),
    "requests with an unknown count are in x; they belong in neither x nor y": REFERENCE.replace("COUNT(c.tokens_consumed)", "COUNT(c.created_at)"),
    "each request is taken for a user; add up by user first, then square": REFERENCE.replace(both, each).replace("GROUP BY a.variant, a.user_id", ""),
    "each session is taken for a user; add up by user first, then square": visits,
    "each day of a user is taken for a user; add up by user first, then square": REFERENCE.replace(
        "GROUP BY a.variant, a.user_id", "GROUP BY a.variant, a.user_id, CAST(c.created_at AS DATE)"
    ),
    "requests from before the assignment are in; the treatment can't have changed them": REFERENCE.replace(" AND c.created_at >= a.assigned_at", ""),
    "a request at the very moment of assignment counts": REFERENCE.replace("c.created_at >= a", "c.created_at > a"),
    "today is not over and does not count; end before as_of": REFERENCE.replace("WHERE created_at < (SELECT as_of FROM clock)", ""),
    "two experiments are mixed; keep short-answers only": REFERENCE.replace("WHERE a.experiment = 'short-answers'", ""),
    "this squares the sums of the arm; square each user's value, then add up": REFERENCE.replace("SUM(x * x)", "SUM(x) * SUM(x)")
    .replace("SUM(y * y)", "SUM(y) * SUM(y)")
    .replace("SUM(x * y)", "SUM(x) * SUM(y)"),
    "sum_xy is the product of the sums; multiply each user's x and y, then add up": REFERENCE.replace("SUM(x * y)", "SUM(x) * SUM(y)"),
    "x and y are swapped: x counts requests, y adds up tokens": REFERENCE.replace("AS x,", "AS z,").replace("AS y\n", "AS x\n").replace("AS z,", "AS y,"),
    "sum_yy is the sum of squares of single requests; add up by user first, then square": REFERENCE.replace(
        "AS y\n", "AS y, COALESCE(SUM(c.tokens_consumed * c.tokens_consumed), 0) AS q\n"
    ).replace("SUM(y * y)", "SUM(q)"),
}
### END HIDDEN TESTS
sql.result(query, trial_answer, trial, "the five users of the experiment", mistakes=mistakes)
### BEGIN HIDDEN TESTS
sql.result(query, REFERENCE, sql.generate(6_000, seed=15), "6,000 requests", mistakes=mistakes)
### END HIDDEN TESTS

# %% test="ab_metric_inputs" name="cases" points=2
"""An arm without a single request, NULLs, half of the users without requests, another date in clock, no rows, five million rows."""
### BEGIN HIDDEN TESTS
REFERENCE = """
    WITH counted AS (SELECT user_id, created_at, tokens_consumed FROM api_requests WHERE created_at < (SELECT as_of FROM clock)),
    totals AS (
        SELECT a.variant, a.user_id, COUNT(c.tokens_consumed) AS x, COALESCE(SUM(c.tokens_consumed), 0) AS y
        FROM assignments a LEFT JOIN counted c ON c.user_id = a.user_id AND c.created_at >= a.assigned_at
        WHERE a.experiment = 'short-answers' GROUP BY a.variant, a.user_id
    )
    SELECT variant, COUNT(*) AS n, SUM(x) AS sum_x, SUM(y) AS sum_y, SUM(x * x) AS sum_xx, SUM(y * y) AS sum_yy, SUM(x * y) AS sum_xy FROM totals GROUP BY variant
"""
query = ab_metric_inputs()
silent = sql.tiny(
    as_of="2024-03-01",
    assignments=sql.rows(
        "experiment user_id variant assigned_at",
        ("short-answers", 1, "control", "2024-02-01 00:00"),
        ("short-answers", 2, "treatment", "2024-02-01 00:00"),
        ("short-answers", 3, "treatment", "2024-02-28 00:00"),
        ("short-answers", 4, "longer", "2024-02-20 00:00"),
        ("short-answers", 5, "longer", "2024-02-20 00:00"),
        ("new-onboarding", 6, "control", "2024-02-01 00:00"),
    ),
    api_requests=sql.rows(
        "user_id created_at tokens_consumed status",
        (1, "2024-02-29 23:59:59", 7, "ok"),
        (1, "2024-03-01 00:00:00", 90, "ok"),
        (3, "2024-02-27 23:59:59", 4, "ok"),
        (2, "2024-03-01 05:00:00", 4, "ok"),
        (4, "2024-02-29 10:00:00", 3, "ok"),
        (4, "2024-02-29 10:00:00", 0, "error"),
        (5, "2024-02-29 11:00:00", 11, "timeout"),
    ),
)
for name, database in {
    "three arms, one of them without requests, as_of on 1 March 2024": silent,
    "half of the users without requests": sql.generate(2_000, gaps=True),
    "NULLs": sql.generate(4_000, nulls=True),
    "several requests at one moment, requests of unknown users": sql.generate(3_000, ties=True, faults=True),
    "no assignments at all": sql.generate(empty=True),
    "five million requests": sql.generate(5_000_000),
}.items():
    sql.result(
        query,
        REFERENCE,
        database,
        name,
        seconds=15,
        mistakes={
            "an arm without requests has a row, too, with sums of 0": REFERENCE.replace("LEFT JOIN", "JOIN"),
            "an arm without requests has sums of 0, not NULL": REFERENCE.replace("COALESCE(SUM(c.tokens_consumed), 0)", "SUM(c.tokens_consumed)").replace(
                "COUNT(c.tokens_consumed)", "NULLIF(COUNT(c.tokens_consumed), 0)"
            ),
            "an arm without requests has sums of 0, not NULL; wrap the sum of the tokens in COALESCE": REFERENCE.replace(
                "COALESCE(SUM(c.tokens_consumed), 0)", "SUM(c.tokens_consumed)"
            ),
            "a moment at midnight of as_of is today, and today does not count": REFERENCE.replace("created_at < (", "created_at <= ("),
            "the date is written into the query; take as_of from clock": REFERENCE.replace("(SELECT as_of FROM clock)", "DATE '2026-06-30'"),
            "only successful requests are used; the status makes no difference": REFERENCE.replace(
                "WHERE created_at <", "WHERE status = 'ok' AND created_at <"
            ),
            "an experiment can have more arms than control and treatment": REFERENCE.replace(
                "WHERE a.experiment", "WHERE a.variant IN ('control', 'treatment') AND a.experiment"
            ),
            "equal requests of one user are different requests; don't take DISTINCT": REFERENCE.replace(
                "SELECT user_id, created_at, tokens", "SELECT DISTINCT user_id, created_at, tokens"
            ),
        },
    )
### END HIDDEN TESTS

# %% [markdown] explain="ab_metric_inputs"
# Aggregate to the unit of randomisation first, square after. $\sum x^2$ of requests is another number than $\sum x^2$ of users, and it is the second that knows how much requests of one user resemble each other.
#
# Begin with `assignments`, because that is the list of units; the requests only add to it. A `GROUP BY user_id` over requests can't know who is missing.
#
# From the two rows you get the whole test: $R$ and its variance for each arm by the formula above, and the difference divided by the root of the summed variances. `ratio_metric` in Statistics does the same from raw rows.
#
# Sums of squares of large numbers lose digits in floating point; whole numbers keep them all here. With large real values subtract a constant near the mean first.

# %% [markdown]
# > **In the interview.** *"Which query feeds your A/B test on tokens per request?"*
# > **In 30 seconds:** one row for each assigned user, requests joined from the left and only after assignment, x and y with 0 for the absent; then n and five sums for each arm. The Delta method needs nothing else, and I compare n with the assignment log before I look at any effect.
# > **They ask next:** why not the mean over requests? What does an inner join do to n, and to the ratio? Where would you add CUPED's covariate?
# > **Red flags:** sessions or requests as n; requests before exposure; a filter on `WHERE` that turns the left join into an inner one.
