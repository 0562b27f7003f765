"""What the hidden test cells of an interview call: one function on many inputs, or one query on many databases, with the known mistakes by name."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from course import checks
from course.checks.compare import RTOL, AuthoringError, CheckFailed, show

Function = Callable[..., Any]
_CHECKS = {"close": checks.close, "array": checks.array, "record": checks.record, "equal": checks.equal}


def examine(
    function: Function,
    expected: Function,
    inputs: Sequence[tuple[Any, ...]],
    what: str,
    *,
    check: str = "close",
    mistakes: Mapping[str, Function] | None = None,
    rtol: float = RTOL,
) -> None:
    """Hold `function` against `expected` on each tuple of arguments in `inputs`.

    `check` is "close", "array", "record" or "equal"; `mistakes` maps a name to a function that makes this mistake. On an input where a mistake
    gives the expected value, or nothing at all, it can't be told from the right answer and is not looked for. Raises CheckFailed.
    """
    options = {} if check == "equal" else {"rtol": rtol}
    for arguments in inputs:
        wanted, actual, told = expected(*copy.deepcopy(arguments)), function(*copy.deepcopy(arguments)), f"{what}{_shown(arguments)}"
        try:
            _CHECKS[check](actual, wanted, told, **options)
        except CheckFailed:
            named = {name: value for name, wrong in (mistakes or {}).items() if (value := _difference(wrong, arguments, wanted, check, rtol)) is not None}
            _CHECKS[check](actual, wanted, told, mistakes=named, **options)


def examine_query(
    function: Function, expected: Function, databases: Sequence[Any], what: str, *, ordered: bool = False, mistakes: Mapping[str, Function]
) -> None:
    """Hold the query that `function` returns against that of `expected` on each database (see `course.sql.result`)."""
    from course import sql

    query = function()
    for database in databases:
        sql.result(query, expected(), database, what, ordered=ordered, mistakes={name: wrong() for name, wrong in mistakes.items()})


def _difference(wrong: Function, arguments: tuple[Any, ...], wanted: Any, check: str, rtol: float) -> Any:
    """What a mistake gives on this input where that differs from `wanted` (of a record: the keys that differ), else None."""
    try:
        value = wrong(*copy.deepcopy(arguments))
        if check == "record":
            return {key: value[key] for key in wanted if not _agrees("record", {key: value[key]}, {key: wanted[key]}, rtol)} or None
        return None if value is None or _agrees(check, value, wanted, rtol) else value
    except AuthoringError:
        raise
    except Exception:  # a mistake that raises here has no value to recognise it by
        return None


def _agrees(check: str, value: Any, wanted: Any, rtol: float) -> bool:
    try:
        _CHECKS[check](value, wanted, "", **({} if check == "equal" else {"rtol": rtol}))
    except CheckFailed:
        return False
    return True


def _shown(arguments: tuple[Any, ...]) -> str:
    text = ", ".join(show(argument) for argument in arguments)
    return f", with {text}" if text and len(text) <= 120 else ""
