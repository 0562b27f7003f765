"""Whether two results say the same: columns by name, rows as a multiset, numbers within tolerance."""

from __future__ import annotations

import contextlib
import math
import re
from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from course.sql.table import Table

RTOL = 1e-6
ATOL = 1e-9
_MOST_PAIRS = 300_000
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d+)?)?)?")

Row = tuple[Any, ...]


def columns_problem(actual: Table, expected: Table) -> str | None:
    """What is wrong with the column names; their order and case do not count."""
    mine, theirs = [name.lower() for name in actual.columns], [name.lower() for name in expected.columns]
    double = [name for name, count in Counter(mine).items() if count > 1]
    lacking, extra = [name for name in theirs if name not in mine], [name for name in mine if name not in theirs]
    wanted = f"expected the columns {', '.join(expected.columns)}; "
    if double:
        return f"{wanted}yours has {double[0]} more than once."
    if lacking:
        return f"{wanted}{', '.join(lacking)} {'is' if len(lacking) == 1 else 'are'} missing (yours: {', '.join(actual.columns)})."
    if extra:
        return f"{wanted}{', '.join(extra)} {'was' if len(extra) == 1 else 'were'} not asked for."
    return None


def aligned(actual: Table, expected: Table) -> list[Row]:
    """The rows of `actual` with its columns in the order of `expected`'s."""
    mine = [name.lower() for name in actual.columns]
    places = [mine.index(name.lower()) for name in expected.columns]
    return actual.rows if places == list(range(len(places))) else [tuple(row[place] for place in places) for row in actual.rows]


def difference(actual: Sequence[Row], expected: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """Rows of `expected` that `actual` lacks, and rows of `actual` that are too many, both as multisets."""
    mine, theirs = Counter(map(_key, actual)), Counter(map(_key, expected))
    missing, extra = _keep(expected, theirs - mine), _keep(actual, mine - theirs)
    if not missing or not extra or len(missing) * len(extra) > 100 * _MOST_PAIRS:
        return missing, extra
    return _unmatched(missing, extra)


def first_disorder(actual: Sequence[Row], expected: Sequence[Row]) -> int | None:
    """The place of the first row that differs, for two results of the same rows."""
    return next((place for place, (mine, theirs) in enumerate(zip(actual, expected, strict=True)) if not same(mine, theirs)), None)


def same(left: Row, right: Row) -> bool:
    """Whether two rows say the same."""
    return all(_same(plain(a), plain(b)) for a, b in zip(left, right, strict=True))


def plain(value: Any) -> Any:
    """A value in the type in which it is compared: any number as float, a midnight as its date, a moment in UTC, a date that is text as a date."""
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        with contextlib.suppress(ValueError):
            value = datetime.fromisoformat(value)
    match value:
        case bool() | int() | Decimal() | float():
            return float(value)
        case datetime():
            moment = value if value.tzinfo is None else value.astimezone(UTC).replace(tzinfo=None)
            return moment.date() if moment.time() == time() else moment
        case date() | str() | bytes() | None:
            return value
        case list() | tuple():
            return tuple(map(plain, value))
        case dict():
            return tuple((key, plain(item)) for key, item in value.items())
    return value if isinstance(value, Hashable) else str(value)


def _same(left: Any, right: Any) -> bool:
    if isinstance(left, tuple) and isinstance(right, tuple):
        return len(left) == len(right) and all(map(_same, left, right))
    if isinstance(left, float) and isinstance(right, float):
        if math.isnan(left) or math.isnan(right):
            return math.isnan(left) and math.isnan(right)
        return left == right or (math.isfinite(left) and math.isfinite(right) and abs(left - right) <= ATOL + RTOL * abs(right))
    return type(left) is type(right) and left == right


def _key(row: Row) -> tuple[Any, ...]:
    return tuple(map(_rounded, map(plain, row)))


def _rounded(value: Any) -> Any:
    """A number with nine digits, so that most equal ones meet; those on either side of a step meet in `_unmatched`."""
    if isinstance(value, tuple):
        return tuple(map(_rounded, value))
    if not isinstance(value, float):
        return value
    if math.isnan(value):
        return "nan"
    return value if value.is_integer() or math.isinf(value) else float(f"{value:.8e}")


def _keep(rows: Sequence[Row], wanted: Counter[Any]) -> list[Row]:
    """One row for each count in `wanted`, in the order of `rows`."""
    if not wanted:
        return []
    left, kept = wanted.copy(), []
    for row in rows:
        key = _key(row)
        if left.get(key, 0) > 0:
            left[key] -= 1
            kept.append(row)
    return kept


def _unmatched(missing: list[Row], extra: list[Row]) -> tuple[list[Row], list[Row]]:
    """What is left of both after rows that are equal within tolerance have been paired."""
    waiting: dict[Any, list[Row]] = defaultdict(list)
    for row in missing:
        waiting[_words(row)].append(row)
    left, pairs = [], 0
    for row in extra:
        candidates = waiting.get(_words(row), [])
        place = None
        if pairs < _MOST_PAIRS:
            place = next((place for place, other in enumerate(candidates) if same(row, other)), None)
            pairs += len(candidates) if place is None else place + 1
        if place is None:
            left.append(row)
        else:
            candidates.pop(place)
    return [row for rows in waiting.values() for row in rows], left


def _words(row: Row) -> tuple[Any, ...]:
    """What of a row must be equal exactly: all but its numbers."""
    return tuple("number" if isinstance(value, float) else value for value in map(plain, row))
