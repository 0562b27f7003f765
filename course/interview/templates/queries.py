# ruff: noqa: E501 (a sentence of a statement stands on one line)
"""05 SQL. Data come from `course.sql.generate`; the candidate has a sample as `company`."""

from __future__ import annotations

from typing import Any

import numpy as np

from course.interview.templates.scene import asker
from course.interview.templates.template import pick, template, whole

TOPIC = "05-sql"
DATA_SEEDS = 3
WINDOW = "created_at >= (SELECT as_of FROM clock) - INTERVAL {days} DAY AND created_at < (SELECT as_of FROM clock)"
REQUESTS = "`api_requests(request_id, user_id, model_name, created_at, tokens_consumed, latency_ms, status)`"


def databases(rng: np.random.Generator, *flags: str, requests: int = 1_500) -> dict[str, Any]:
    """The databases of a question, all different: one for each of `flags` (an option of `sql.generate` that is switched on, or ""); the first is the case."""
    seeds = rng.permutation(DATA_SEEDS).tolist()
    found = [f"sql.generate(requests={requests}, seed={seed}{f', {flag}=True' if flag else ''})" for seed, flag in zip(seeds, flags, strict=False)]
    return {"case": found[0], "fresh": found[1:]}


def query(text: str) -> str:
    """The body of a function that returns a query."""
    return f'return """{text}"""'


def asked(id: str, columns: str) -> dict[str, Any]:
    """What all queries share: signature, docstring, check."""
    return {"signature": f"{id}() -> str", "doc": f"Returns the text of one SELECT with the columns {columns}.", "check": "query"}


@template(TOPIC, 6, "Reading a query in the order in which it runs")
def heaviest_models(rng: np.random.Generator) -> dict[str, Any]:
    top, days = pick(rng, [2, 3, 4]), whole(rng, 10, 40, 5)
    window = WINDOW.format(days=days)

    def text(where: str, measure: str = "sum(tokens_consumed)", rank: str = "rank") -> str:
        return query(
            f"""
WITH totals AS (
    SELECT model_name, {measure} AS total_tokens FROM api_requests WHERE {where} GROUP BY model_name
), ranked AS (
    SELECT *, {rank}() OVER (ORDER BY total_tokens DESC) AS place FROM totals
)
SELECT model_name, total_tokens FROM ranked WHERE place <= {top}"""
        )

    return {
        "title": f"the top {top} models of {days} days",
        "statement": f"""
            {asker(rng)} wants the {top} models with the most tokens over the {days} days before today. Today is `(SELECT as_of FROM clock)`, a date; the {days} days end as it begins. The table is
            {REQUESTS}.

            Write `heaviest_models()`, which returns one SELECT (DuckDB) with the columns `model_name` and `total_tokens`; a model that ties with the last of the top {top} is shown, too. Any order.""",
        **asked("heaviest_models", "model_name, total_tokens"),
        "body": text(window),
        "right": query(
            f"""
SELECT model_name, sum(tokens_consumed) AS total_tokens
FROM api_requests, clock
WHERE created_at < as_of AND created_at >= as_of - {days}
GROUP BY model_name
QUALIFY rank() OVER (ORDER BY sum(tokens_consumed) DESC) <= {top}"""
        ),
        "wrong": {
            "the days are not limited: this counts all time": text("true"),
            "this counts requests, not tokens": text(window, "count(*)"),
            "today is not over: the window ends as today begins": text(f"created_at >= (SELECT as_of FROM clock) - INTERVAL {days} DAY"),
        },
        **databases(rng, "", "ties", "", requests=4_000),
        "explain": "Sum within the window, rank the sums, keep the first places. RANK keeps ties, ROW_NUMBER and LIMIT drop one of them by chance.",
    }


@template(TOPIC, 5, "The latest row of each user")
def last_request(rng: np.random.Generator) -> dict[str, Any]:
    least = whole(rng, 500, 1_500, 100)

    def text(order: str, function: str = "row_number", where: str = f"tokens_consumed >= {least}") -> str:
        return query(
            f"""
WITH numbered AS (
    SELECT user_id, request_id, model_name, {function}() OVER (PARTITION BY user_id ORDER BY {order}) AS place
    FROM api_requests WHERE {where}
)
SELECT user_id, request_id, model_name FROM numbered WHERE place = 1"""
        )

    return {
        "title": "the last request of each user",
        "statement": f"""
            {asker(rng)} looks for what users did last before they left: for each user the latest request of at least {least} tokens, **exactly one** row for each user who has one. When several have the
            same `created_at`, the largest `request_id` counts. The table is {REQUESTS}.

            Write `last_request()`, which returns one SELECT (DuckDB) with the columns `user_id`, `request_id`, `model_name`. Any order.""",
        **asked("last_request", "user_id, request_id, model_name"),
        "body": text("created_at DESC, request_id DESC"),
        "right": query(
            f"""
SELECT user_id, max_by(request_id, (created_at, request_id)) AS request_id, max_by(model_name, (created_at, request_id)) AS model_name
FROM api_requests WHERE tokens_consumed >= {least} GROUP BY user_id"""
        ),
        "wrong": {
            "this is the first request, not the last": text("created_at, request_id DESC"),
            "RANK gives equal times the same place, so users come twice": text("created_at DESC", "rank"),
            "small requests are taken out after the choice of the last row, not before": query(
                f"""
WITH numbered AS (
    SELECT *, row_number() OVER (PARTITION BY user_id ORDER BY created_at DESC, request_id DESC) AS place FROM api_requests
)
SELECT user_id, request_id, model_name FROM numbered WHERE place = 1 AND tokens_consumed >= {least}"""
            ),
        },
        **databases(rng, "ties", ""),
        "explain": "Filter, number the rows of each user from the latest, keep number 1. The second sort key makes the order total, so the result is the same each time.",
    }


@template(TOPIC, 5, "Reading a query in the order in which it runs")
def error_shares(rng: np.random.Generator) -> dict[str, Any]:
    least, bad = whole(rng, 100, 200, 20), pick(rng, ["error", "timeout"])

    def text(shown: str, where: str = "true", having: str = f"count(*) >= {least}") -> str:
        return query(f"SELECT model_name, {shown} AS bad_share FROM api_requests WHERE {where} GROUP BY model_name HAVING {having}")

    share_of = f"avg(CASE WHEN status = '{bad}' THEN 1.0 ELSE 0 END)"
    return {
        "title": "failing models",
        "statement": f"""
            {asker(rng)} asks which models fail: for each model with at least {least} requests in all, the share of its requests with status `'{bad}'`, as a number between 0 and 1.
            Models without a failure are shown with 0. The table is {REQUESTS}.

            Write `error_shares()`, which returns one SELECT (DuckDB) with the columns `model_name` and `bad_share`. Any order.""",
        **asked("error_shares", "model_name, bad_share"),
        "body": text(share_of),
        "right": query(
            f"""
WITH counts AS (
    SELECT model_name, count(*) AS n, count(*) FILTER (WHERE status = '{bad}') AS bad FROM api_requests GROUP BY model_name
)
SELECT model_name, bad::DOUBLE / n AS bad_share FROM counts WHERE n >= {least}"""
        ),
        "wrong": {
            "WHERE took the good requests away before the share was formed": text("avg(1.0)", f"status = '{bad}'", "true"),
            "whole numbers: // and casts to whole numbers cut the share to 0": text(f"count(*) FILTER (WHERE status = '{bad}') // count(*)"),
            "models with few requests are to be left out": text(share_of, having="true"),
            "this is a percentage; a share between 0 and 1 is asked": text(f"100 * {share_of}"),
        },
        **databases(rng, "", "ties"),
        "explain": "WHERE acts before groups are formed, HAVING after. A share is the average of a column of zeros and ones over all rows of the group.",
    }


@template(TOPIC, 4, "Data quality: what is wrong with this feature table?")
def filled_shares(rng: np.random.Generator) -> dict[str, Any]:
    column, days = pick(rng, ["feature_x", "requests_7d", "error_rate_7d"]), whole(rng, 14, 35, 7)
    recent = f"created_at >= (SELECT as_of FROM clock) - INTERVAL {days} DAY"

    def text(shown: str) -> str:
        return query(f"SELECT plan, {shown} AS filled FROM feature_table WHERE {recent} GROUP BY plan")

    return {
        "title": "how complete is a feature?",
        "statement": f"""
            {asker(rng)} sees a model get worse and suspects `{column}` to have holes in some plans. The table is
            `feature_table(user_id, created_at, feature_x, requests_7d, tokens_7d, error_rate_7d, plan)`.

            Write `filled_shares()`, which returns one SELECT (DuckDB) with the columns `plan` and `filled`: for each plan, among the rows with `created_at >= (SELECT as_of FROM clock) - INTERVAL {days} DAY`, the share in which `{column}` is not NULL,
            between 0 and 1. Any order.""",
        **asked("filled_shares", "plan, filled"),
        "body": text(f"count({column}) * 1.0 / count(*)"),
        "right": query(f"SELECT plan, avg(({column} IS NOT NULL)::INT) AS filled FROM feature_table, clock WHERE created_at >= as_of - {days} GROUP BY ALL"),
        "wrong": {
            "this is the share of holes, not of values": text(f"avg(CASE WHEN {column} IS NULL THEN 1.0 ELSE 0 END)"),
            "COUNT(*) counts rows, holes or not: count the column": text("count(*) * 1.0 / count(*)"),
            "this is a percentage; a share between 0 and 1 is asked": text(f"100.0 * count({column}) / count(*)"),
        },
        **databases(rng, "nulls", "nulls"),
        "explain": "COUNT(column) skips NULL, COUNT(*) does not. Their ratio is the completeness; by group it shows where the holes are.",
    }


@template(TOPIC, 5, "Duplicates: first say what one row is")
def repeated_keys(rng: np.random.Generator) -> dict[str, Any]:
    days = whole(rng, 20, 40, 4)
    recent = f"created_at >= (SELECT as_of FROM clock) - INTERVAL {days} DAY"

    def text(keys: str, having: str = "count(*) > 1", shown: str = "count(*)") -> str:
        return query(f"SELECT {keys}, {shown} AS copies FROM feature_table WHERE {recent} GROUP BY {keys} HAVING {having}")

    return {
        "title": "rows that are there twice",
        "statement": f"""
            {asker(rng)} joined `feature_table(user_id, created_at, feature_x, requests_7d, tokens_7d, error_rate_7d, plan)` and got more rows than before. One row should be one user at one time.

            Write `repeated_keys()`, which returns one SELECT (DuckDB) with the columns `user_id`, `created_at`, `copies`: each user and time (with `created_at >= (SELECT as_of FROM clock) - INTERVAL {days} DAY`) with more than one row, and how many
            rows there are, equal or not. Any order.""",
        **asked("repeated_keys", "user_id, created_at, copies"),
        "body": text("user_id, created_at"),
        "right": query(
            f"""
SELECT DISTINCT user_id, created_at, copies
FROM (SELECT user_id, created_at, count(*) OVER (PARTITION BY user_id, created_at) AS copies FROM feature_table WHERE {recent})
WHERE copies > 1"""
        ),
        "wrong": {
            "exact copies are duplicates, too: count rows, not different values": text("user_id, created_at", "count(DISTINCT feature_x) > 1"),
            "copies with another value are duplicates, too: the value is no part of the key": query(
                f"SELECT user_id, created_at, count(*) AS copies FROM feature_table WHERE {recent} GROUP BY user_id, created_at, feature_x HAVING count(*) > 1"
            ),
            "copies counts all rows, the first one too": text("user_id, created_at", shown="count(*) - 1"),
        },
        **databases(rng, "faults", "faults"),
        "explain": "First say what one row is, then group by exactly that. Exact copies and conflicting rows both break the key.",
    }


@template(TOPIC, 6, "Days on which nothing happened")
def requests_by_day(rng: np.random.Generator) -> dict[str, Any]:
    days = whole(rng, 10, 40, 5)
    grid = f"""
WITH grid AS (
    SELECT unnest(generate_series(as_of - INTERVAL {days} DAY, as_of - INTERVAL 1 DAY, INTERVAL 1 DAY))::DATE AS day FROM clock
)
"""
    join = "FROM grid {kind} JOIN api_requests ON created_at::DATE = day GROUP BY day"
    return {
        "title": "every day has a row",
        "statement": f"""
            {asker(rng)} charts requests by day and overlooks outages. Today is `(SELECT as_of FROM clock)`, a date. The table is {REQUESTS}.

            Write `requests_by_day()`, which returns one SELECT (DuckDB) with the columns `day` (a date) and `n`: one row for each of the {days} days before today, today not among them, with the
            number of requests of that day, 0 where there were none. Any order.""",
        **asked("requests_by_day", "day, n"),
        "body": query(f"{grid}SELECT day, count(request_id) AS n {join.format(kind='LEFT')}"),
        "right": query(
            f"""
SELECT (as_of - k)::DATE AS day, (SELECT count(*) FROM api_requests WHERE created_at >= as_of - k AND created_at < as_of - k + 1) AS n
FROM clock, (SELECT unnest(range(1, {days + 1}))::INT AS k)"""
        ),
        "wrong": {
            "days without requests are missing": query(f"{grid}SELECT day, count(*) AS n {join.format(kind='INNER')}"),
            "COUNT(*) counts the empty row of the outer join: a quiet day gets 1": query(f"{grid}SELECT day, count(*) AS n {join.format(kind='LEFT')}"),
            "today is not over and is not asked for": query(
                f"{grid.replace('as_of - INTERVAL 1 DAY', 'as_of').replace(f'INTERVAL {days} DAY', f'INTERVAL {days - 1} DAY')}SELECT day, count(request_id) AS n {join.format(kind='LEFT')}"
            ),
        },
        **databases(rng, "gaps", "gaps"),
        "explain": "Make the days first, then join the data to them from the left. Count a column of the right side, which is NULL on a quiet day.",
    }
