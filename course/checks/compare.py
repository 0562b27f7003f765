"""Tolerant comparisons for test cells.

Each function compares what a learner returned with what was expected and raises `CheckFailed` with one line of advice. They are lenient on
types (NumPy, pandas and Python values that mean the same are the same) and strict on values. `mistakes` maps the name of a known mistake to
the value that it gives on the same data: when the learner's value is that value, the message is the name.
"""

from __future__ import annotations

import numbers
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

RTOL = 1e-6
ATOL = 1e-9
_SEQUENCES = (list, tuple, np.ndarray, pd.Series, pd.Index)


class CheckFailed(AssertionError):
    """A learner's result is not what was expected.

    `what` names the thing checked, `mistake` the known mistake that gives this very result (or None), `problem` says what is wrong.
    """

    def __init__(self, what: str, problem: str, mistake: str | None = None) -> None:
        self.what, self.problem, self.mistake = what, problem, mistake
        super().__init__(f"{what}: {mistake}. {problem}" if mistake else f"{what}: {problem}")


class AuthoringError(Exception):
    """A test is written so that it cannot tell a mistake from the right answer."""


def close(actual: Any, expected: float, what: str, *, mistakes: Mapping[str, float] | None = None, rtol: float = RTOL, atol: float = ATOL) -> None:
    """Check that `actual` is a number within `rtol`, `atol` of `expected`. NaN equals NaN. Booleans and one-element arrays are not numbers."""
    _distinct(expected, mistakes, lambda a, b: _close(a, b, rtol, atol), what)
    number = _number(actual)
    if number is None:
        raise CheckFailed(what, f"expected a number, you returned {show(actual)}.")
    if _close(number, float(expected), rtol, atol):
        return
    mistake = _named(mistakes, lambda value: _close(number, float(value), RTOL, ATOL))
    raise CheckFailed(what, f"You returned {show(number)}; {_about(expected)} was expected.", mistake)


def array(actual: Any, expected: Any, what: str, *, mistakes: Mapping[str, Any] | None = None, rtol: float = RTOL, atol: float = ATOL) -> None:
    """Check a numeric sequence or array of any shape, element by element. NaN equals NaN; lists, tuples, series and arrays are alike."""
    target = _numeric(expected)
    if target is None:
        raise AuthoringError(f"{what}: the expected value is not numeric")
    _distinct(expected, mistakes, lambda a, b: _same_array(_numeric(a), _numeric(b), rtol, atol), what)
    got = _numeric(actual)
    if got is None:
        raise CheckFailed(what, f"expected numbers of shape {target.shape}, you returned {show(actual)}.")
    if got.shape == target.shape and _same_array(got, target, rtol, atol):
        return
    mistake = _named(mistakes, lambda value: _same_array(got, _numeric(value), RTOL, ATOL))
    if got.shape != target.shape:
        raise CheckFailed(what, f"expected shape {target.shape}, you returned shape {got.shape}: {show(actual)}.", mistake)
    wrong = np.argwhere(~np.isclose(got, target, rtol=rtol, atol=atol, equal_nan=True))
    place = tuple(int(i) for i in wrong[0])
    where = f"position {place[0]}" if len(place) == 1 else f"position {place}"
    count = f"{len(wrong)} of {target.size} values differ; first at {where}" if target.size > 1 else "The value differs"
    raise CheckFailed(what, f"{count}: you returned {show(got[place])}, {_about(target[place])} was expected.", mistake)


def record(
    actual: Any, expected: Mapping[str, Any], what: str, *, mistakes: Mapping[str, Mapping[str, Any]] | None = None, rtol: float = RTOL, atol: float = ATOL
) -> None:
    """Check a dict by the keys of `expected` (numbers within tolerance, the rest equal); more keys than those are allowed.

    A mistake is a dict with some of the keys: it is named when all of its values match.
    """

    def same(left: Any, right: Any) -> bool:
        return _same_value(left, right, rtol, atol)

    for name, values in (mistakes or {}).items():
        unknown = set(values) - set(expected)
        if unknown:
            raise AuthoringError(f"{what}: mistake {name!r} has keys that are not expected: {sorted(unknown)}")
        if all(same(value, expected[key]) for key, value in values.items()):
            raise AuthoringError(f"{what}: mistake {name!r} gives the expected values on this data")
    if isinstance(actual, pd.Series):
        actual = actual.to_dict()
    if not isinstance(actual, Mapping):
        raise CheckFailed(what, f"expected a dict with the keys {sorted(expected)}, you returned {show(actual)}.")
    missing = [key for key in expected if key not in actual]
    if missing:
        raise CheckFailed(what, f"the key {missing[0]!r} is missing; you returned the keys {sorted(map(str, actual))}.")
    wrong = [key for key, value in expected.items() if not same(actual[key], value)]
    if not wrong:
        return
    mistake = _named(mistakes, lambda values: all(_same_value(actual[key], value, RTOL, ATOL) for key, value in values.items()))
    key = next((k for k in wrong if mistake and k in (mistakes or {})[mistake]), wrong[0])
    raise CheckFailed(what, f"{key!r} is {show(actual[key])}; {_about(expected[key])} was expected.", mistake)


def equal(actual: Any, expected: Any, what: str, *, mistakes: Mapping[str, Any] | None = None) -> None:
    """Check for exact equality of strings, whole numbers, booleans, None and lists, tuples, sets or dicts of them; 3, 3.0 and np.int64(3) are the same."""
    _distinct(expected, mistakes, _equal, what)
    if _equal(actual, expected):
        return
    mistake = _named(mistakes, lambda value: _equal(actual, value))
    raise CheckFailed(what, f"You returned {show(actual)}; {show(expected)} was expected.", mistake)


def choice(actual: Any, expected: str, what: str, *, among: Iterable[str], mistakes: Mapping[str, str] | None = None) -> None:
    """Check that `actual` is the right one of a closed set of strings; case and surrounding blanks do not count."""
    options = list(among)
    if expected not in options:
        raise AuthoringError(f"{what}: {expected!r} is not among {options}")
    _distinct(expected, mistakes, lambda a, b: a == b, what)
    word = actual.strip().lower() if isinstance(actual, str) else None
    by_word = {option.lower(): option for option in options}
    if word not in by_word:
        raise CheckFailed(what, f"expected one of {', '.join(map(repr, options))}, you returned {show(actual)}.")
    if by_word[word] == expected:
        return
    mistake = _named(mistakes, lambda value: value.lower() == word)
    raise CheckFailed(what, f"You returned {actual!r}; {expected!r} was expected.", mistake)


def between(actual: Any, low: float, high: float, what: str, *, mistakes: Mapping[str, tuple[float, float]] | None = None) -> None:
    """Check that `actual` lies in [low, high]: for what a simulation measures. A mistake is an interval in which its value falls."""
    for name, (start, stop) in (mistakes or {}).items():
        if start <= high and stop >= low:
            raise AuthoringError(f"{what}: the interval of mistake {name!r} overlaps the expected one")
    number = _number(actual)
    if number is None:
        raise CheckFailed(what, f"expected a number, got {show(actual)}.")
    if low <= number <= high:
        return
    mistake = _named(mistakes, lambda interval: interval[0] <= number <= interval[1])
    raise CheckFailed(what, f"It is {show(number)}; between {show(low)} and {show(high)} was expected.", mistake)


def frame(
    actual: Any,
    expected: pd.DataFrame,
    what: str,
    *,
    by: Sequence[str] | None = None,
    mistakes: Mapping[str, pd.DataFrame] | None = None,
    rtol: float = RTOL,
    atol: float = ATOL,
) -> None:
    """Check a data frame by column names and values. The column order, the index and whole-number or float dtypes do not count.

    Rows are compared in order, or, with `by`, after sorting both by those columns.
    """

    def difference(left: pd.DataFrame, right: pd.DataFrame, r: float, a: float) -> str | None:
        if set(left.columns) != set(right.columns):
            lacking, extra = sorted(set(right.columns) - set(left.columns), key=str), sorted(set(left.columns) - set(right.columns), key=str)
            return "; ".join([f"the column {c!r} is missing" for c in lacking[:1]] + [f"the column {c!r} was not asked for" for c in extra[:1]]) + "."
        if len(left) != len(right):
            return f"expected {len(right)} rows, you returned {len(left)}."
        if left.columns.has_duplicates:
            return f"the column {left.columns[left.columns.duplicated()][0]!r} is there more than once."
        if by is not None:
            try:
                left, right = (table.reset_index(drop=True).sort_values(list(by), ignore_index=True) for table in (left, right))
            except TypeError:
                return f"the rows cannot be sorted by {', '.join(by)}: values of different kinds stand in one column."
        for column in right.columns:
            for row, (mine, theirs) in enumerate(zip(left[column].tolist(), right[column].tolist(), strict=True)):
                if not _same_value(mine, theirs, r, a):
                    return f"column {column!r}, row {row}: you returned {show(mine)}, {_about(theirs)} was expected."
        return None

    for name, value in (mistakes or {}).items():
        if difference(value, expected, rtol, atol) is None:
            raise AuthoringError(f"{what}: mistake {name!r} gives the expected frame on this data")
    if not isinstance(actual, pd.DataFrame):
        raise CheckFailed(what, f"expected a pandas DataFrame, you returned {show(actual)}.")
    problem = difference(actual, expected, rtol, atol)
    if problem is None:
        return
    raise CheckFailed(what, problem, _named(mistakes, lambda value: difference(actual, value, RTOL, ATOL) is None))


def raises(error: type[Exception], function: Callable[..., Any], *args: Any, what: str, **kwargs: Any) -> None:
    """Check that `function(*args, **kwargs)` raises `error`. NotImplementedError passes through: an untouched stub is not attempted, not wrong."""
    try:
        result = function(*args, **kwargs)
    except NotImplementedError:
        raise
    except error:
        return
    except Exception as other:
        raise CheckFailed(what, f"expected {error.__name__}, your function raised {type(other).__name__}: {said(other)}") from None
    raise CheckFailed(what, f"expected {error.__name__}, your function returned {show(result)}.")


def show(value: Any) -> str:
    """A value in a few readable characters: six significant digits, long things cut, unprintable things named by type."""
    if value is None or isinstance(value, (bool, np.bool_)):
        return str(value)
    number = _number(value)
    if number is not None:
        return f"{int(number)}" if abs(number) < 1e15 and number == int(number) else f"{number:.6g}"
    if isinstance(value, (pd.DataFrame, pd.Series)):
        return f"a {type(value).__name__} of shape {value.shape}"
    if isinstance(value, np.ndarray) and value.size > 8:
        return f"an array of shape {value.shape}"
    try:
        text = repr(value.tolist() if isinstance(value, np.ndarray) else plain(value))
    except Exception:
        text = f"an object of type {type(value).__name__}"
    return _short(text)


def said(error: BaseException, limit: int = 160) -> str:
    """The text of an exception in one line; empty where the exception cannot be printed."""
    try:
        return _short(str(error), limit)
    except Exception:
        return ""


def plain(value: Any) -> Any:
    """The same value in Python's own types: NumPy and pandas scalars, arrays and series become numbers and lists, tuples become lists."""
    if isinstance(value, np.ndarray) and value.ndim == 0:
        return plain(value[()])
    if isinstance(value, (np.ndarray, pd.Series, pd.Index)):
        return [plain(v) for v in value.tolist()]
    if isinstance(value, np.generic):
        item = value.item()
        return item if isinstance(item, np.generic) else plain(item)
    if isinstance(value, Mapping):
        return {_key(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, (set, frozenset)):
        return {_key(v) for v in value}
    return value


def _key(value: Any) -> Any:
    """`plain` for what must stay hashable: the keys of a dict and the members of a set."""
    return type(value)(map(_key, value)) if type(value) in (tuple, frozenset) else plain(value)


def _number(value: Any) -> float | None:
    """The float behind a real number or a zero-dimensional array; None for anything else (booleans included)."""
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Real):
        return None
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


def _numeric(value: Any) -> np.ndarray | None:
    """A float array of what is given, or None where that is not numbers all through (a scalar has shape ())."""
    if isinstance(value, (str, bytes, Mapping)) or value is None:
        return None
    if isinstance(value, Iterable) and not hasattr(value, "__array__"):
        try:
            value = list(value)
        except Exception:
            return None
    try:
        found = np.asarray(value)
        if found.dtype.kind not in "iufbO" or (found.dtype.kind == "O" and any(isinstance(v, (str, bytes)) for v in found.flat)):
            return None
        return found.astype(float)
    except Exception:
        return None


def _close(left: float, right: float, rtol: float, atol: float) -> bool:
    left, right = float(left), float(right)
    if left != left or right != right:
        return left != left and right != right
    return left == right or (abs(right) < float("inf") and abs(left - right) <= atol + rtol * abs(right))


def _same_array(left: np.ndarray | None, right: np.ndarray | None, rtol: float, atol: float) -> bool:
    if left is None or right is None or left.shape != right.shape:
        return False
    return bool(np.isclose(left, right, rtol=rtol, atol=atol, equal_nan=True).all())


def _same_value(left: Any, right: Any, rtol: float, atol: float) -> bool:
    """Equality of one value of a record or frame: numbers within tolerance, sequences element by element, missing equals missing, the rest plainly."""
    a, b = _number(left), _number(right)
    if b is not None:
        return _close(a, b, rtol, atol) if a is not None else _missing(left) and b != b
    if isinstance(right, _SEQUENCES):
        if not isinstance(left, _SEQUENCES) or (isinstance(left, np.ndarray) and left.ndim == 0) or len(left) != len(right):
            return False
        return all(_same_value(x, y, rtol, atol) for x, y in zip(left, right, strict=True))
    if isinstance(right, Mapping):
        return isinstance(left, Mapping) and set(left) == set(right) and all(_same_value(left[k], right[k], rtol, atol) for k in right)
    if _missing(right):
        return _missing(left)
    return _equal(left, right)


def _missing(value: Any) -> bool:
    return value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and value != value)


def _equal(left: Any, right: Any) -> bool:
    """Equality of plain values, in which True is not 1 and a value whose comparison fails is not equal."""
    try:
        a, b = plain(left), plain(right)
        return bool(a == b) and _kinds(a) == _kinds(b)
    except Exception:
        return False


def _kinds(value: Any) -> Any:
    if isinstance(value, bool):
        return bool
    if isinstance(value, dict):
        return {k: _kinds(v) for k, v in value.items()}
    return [_kinds(v) for v in value] if isinstance(value, list) else None


def _distinct(expected: Any, mistakes: Mapping[str, Any] | None, same: Callable[[Any, Any], bool], what: str) -> None:
    for name, value in (mistakes or {}).items():
        if same(value, expected):
            raise AuthoringError(f"{what}: mistake {name!r} gives the expected value on this data")


def _named(mistakes: Mapping[str, Any] | None, matches: Callable[[Any], bool]) -> str | None:
    return next((name for name, value in (mistakes or {}).items() if matches(value)), None)


def _about(expected: Any) -> str:
    number = _number(expected)
    return show(expected) if number is None or not np.isfinite(number) or number == int(number) else f"about {show(expected)}"


def _short(text: str, limit: int = 160) -> str:
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 3] + "..."
