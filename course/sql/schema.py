"""The tables of the SQL section: an AI product company that sells access to language models.

Types are words that DuckDB and PostgreSQL share. No keys are declared: finding rows that break them is part of the course.
All timestamps are UTC, stored without a zone. `clock` has one row; its date is "today" for every query, so that no answer depends on the wall clock.
"""

from __future__ import annotations

from datetime import date

AS_OF = date(2026, 6, 30)
"""Today, as `clock` says. It is a Tuesday, and the data of that day end at noon."""

TABLES: dict[str, dict[str, str]] = {
    "clock": {"as_of": "DATE"},
    "models": {"model_name": "TEXT", "family": "TEXT", "released_on": "DATE", "usd_per_million_tokens": "DOUBLE PRECISION"},
    "users": {"user_id": "BIGINT", "country": "TEXT", "time_zone": "TEXT", "plan": "TEXT", "signed_up_at": "TIMESTAMP"},
    "api_requests": {
        "request_id": "BIGINT",
        "user_id": "BIGINT",
        "model_name": "TEXT",
        "created_at": "TIMESTAMP",
        "tokens_consumed": "BIGINT",
        "latency_ms": "DOUBLE PRECISION",
        "status": "TEXT",
    },
    "events": {"event_id": "BIGINT", "user_id": "BIGINT", "event_name": "TEXT", "created_at": "TIMESTAMP"},
    "feature_table": {
        "user_id": "BIGINT",
        "created_at": "TIMESTAMP",
        "feature_x": "DOUBLE PRECISION",
        "requests_7d": "BIGINT",
        "tokens_7d": "BIGINT",
        "error_rate_7d": "DOUBLE PRECISION",
        "plan": "TEXT",
    },
    "labels": {"user_id": "BIGINT", "label_at": "TIMESTAMP", "churned": "BOOLEAN"},
    "experiments": {"experiment": "TEXT", "started_at": "TIMESTAMP", "ended_at": "TIMESTAMP"},
    "assignments": {"experiment": "TEXT", "user_id": "BIGINT", "variant": "TEXT", "assigned_at": "TIMESTAMP"},
}

NUMBERED = {"api_requests": "request_id", "events": "event_id"}
"""Tables whose rows are numbered from 1 where a hand-written row gives no number."""

FUNNEL = ("visit", "signup", "api_key", "first_request", "payment")
"""The steps in `events`, in the order in which a user takes them."""


def create(table: str) -> str:
    """The CREATE TABLE statement, for either dialect."""
    return f"CREATE TABLE {table} ({', '.join(f'{name} {kind}' for name, kind in TABLES[table].items())})"
