"""How plain data crosses from one process to another: MessagePack with types of its own, never pickle.

What comes out has the type that went in: Python's numbers, strings, bytes, lists, tuples, sets, dicts (in their order), dates, Decimal and Fraction,
NumPy arrays and scalars, pandas frames, series and indexes. A subclass arrives as its plain base (a Counter as a dict, a named tuple as a tuple),
an iterator as one that fetches from the other side as it is read, anything else as an `Opaque` that only knows the name of its type: it equals nothing,
so that a test says what came. Decoding runs no code of the sender's.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Callable, Iterator, KeysView, Mapping, ValuesView
from decimal import Decimal
from fractions import Fraction
from typing import Any

import msgpack
import numpy as np
import pandas as pd

_PLAIN_KINDS = "biufcSUmM"
_DEEPEST = 100  # tuples, sets and frames inside one another


class Refused(Exception):
    """Bytes that are not a message, or data that cannot cross. Not a ValueError: a test that expects one must not take it for that."""


class Opaque:
    """What stands for a value that is not plain data; its class bears the name of the value's class."""

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


def pack(value: Any, stream: Callable[[Iterator[Any]], Any] | None = None) -> bytes:
    """Encode plain data. `stream` gives plain data by which the other side may fetch an iterator's items; without it iterators are opaque."""

    def default(item: Any) -> Any:
        return _encode(item, lambda inner: pack(inner, stream), stream)

    try:
        return msgpack.Packer(default=default, strict_types=True, unicode_errors="surrogatepass").pack(value)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise Refused(f"this value cannot be passed on: {error}") from error


def unpack(data: bytes, fetch: Callable[[Any], Iterator[Any]] | None = None, depth: int = 0) -> Any:
    """Decode what `pack` made; Refused where the bytes are something else. `fetch` makes an iterator of what `stream` gave."""
    if depth > _DEEPEST:
        raise Refused("nested too deeply")

    def hook(code: int, payload: bytes) -> Any:
        return _decode(code, payload, lambda inner: unpack(inner, fetch, depth + 1), fetch)

    try:
        return msgpack.unpackb(data, ext_hook=hook, strict_map_key=False, unicode_errors="surrogatepass")
    except Refused:
        raise
    except Exception as error:  # whatever a forged message makes NumPy or pandas raise
        raise Refused(f"not a message: {type(error).__name__}") from error


class _Kind(enum.IntEnum):
    TUPLE, SET, FROZENSET, COMPLEX, BIG, RANGE, DECIMAL, FRACTION = range(8)
    DATE, TIME, DATETIME, TIMEDELTA, TIMESTAMP, PD_TIMEDELTA, NAT, NA = range(8, 16)
    ARRAY, SCALAR, COLUMN, INDEX, RANGE_INDEX, MULTI_INDEX, SERIES, FRAME = range(16, 24)
    STREAM, OPAQUE, SLICE = range(24, 27)


def _encode(item: Any, pack: Callable[[Any], bytes], stream: Callable[[Iterator[Any]], Any] | None) -> Any:
    kind, content = _parts(item, stream)
    return content if kind is None else msgpack.ExtType(kind, pack(content))


def _parts(item: Any, stream: Callable[[Iterator[Any]], Any] | None) -> tuple[_Kind | None, Any]:
    """The kind of a value that MessagePack has no word for, and plainer content; kind None where the content says it all."""
    match item:
        case enum.Enum() if isinstance(item, (int, str, float)):
            return None, item.value
        case np.ndarray():
            return _array(np.asarray(item))
        case np.generic():
            kind, content = _array(np.asarray(item))
            return (_Kind.SCALAR if kind is _Kind.ARRAY else kind), content
        case pd.DataFrame():
            return _Kind.FRAME, [item.index, item.columns, [_Column(item.iloc[:, place].array) for place in range(item.shape[1])]]
        case pd.Series():
            return _Kind.SERIES, [item.index, _Column(item.array), item.name]
        case pd.MultiIndex():
            return _Kind.MULTI_INDEX, [[_Column(item.get_level_values(level).array) for level in range(item.nlevels)], list(item.names)]
        case pd.RangeIndex():
            return _Kind.RANGE_INDEX, [item.start, item.stop, item.step, item.name]
        case pd.Index():
            return _Kind.INDEX, [_Column(item.array), item.name]
        case _Column():
            return _Kind.COLUMN, _column(item.values)
        case pd.api.extensions.ExtensionArray():
            return _Kind.COLUMN, _column(item)
        case _ if item is pd.NaT:
            return _Kind.NAT, None
        case _ if item is pd.NA:
            return _Kind.NA, None
        case pd.Timestamp():
            moment = item if item.tz is None else item.tz_convert("UTC").tz_localize(None)
            return _Kind.TIMESTAMP, [_array(np.asarray(moment.asm8))[1], None if item.tz is None else str(item.tz)]
        case pd.Timedelta():
            return _Kind.PD_TIMEDELTA, _array(np.asarray(item.asm8))[1]
        case dt.datetime():
            return _Kind.DATETIME, [item.isoformat(), item.fold]
        case dt.date():
            return _Kind.DATE, item.isoformat()
        case dt.time():
            return _Kind.TIME, item.isoformat()
        case dt.timedelta():
            return _Kind.TIMEDELTA, [item.days, item.seconds, item.microseconds]
        case int():
            number = int(item)
            return (None, number) if -(2**63) <= number < 2**64 else (_Kind.BIG, hex(number))
        case float():
            return None, float.__float__(item)
        case complex():
            return _Kind.COMPLEX, [item.real, item.imag]
        case str():
            return None, str.__str__(item)[:]
        case bytes() | bytearray() | memoryview():
            return None, bytes(item)
        case tuple():
            return _Kind.TUPLE, list(item)
        case list() | KeysView() | ValuesView():
            return None, list(item)
        case frozenset():
            return _Kind.FROZENSET, list(item)
        case set():
            return _Kind.SET, list(item)
        case dict():
            return None, dict(item)
        case Mapping():
            return None, {key: item[key] for key in item}
        case range():
            return _Kind.RANGE, [item.start, item.stop, item.step]
        case slice():
            return _Kind.SLICE, [item.start, item.stop, item.step]
        case Decimal():
            return _Kind.DECIMAL, str(item)
        case Fraction():
            return _Kind.FRACTION, [item.numerator, item.denominator]
        case Iterator() if stream is not None:
            return _Kind.STREAM, stream(item)
    return _Kind.OPAQUE, type(item).__name__[:100]


class _Column:
    """Marks the values of a frame's column, a series or an index."""

    def __init__(self, values: Any):
        self.values = values


def _array(values: np.ndarray) -> tuple[_Kind, Any]:
    if values.dtype.kind in _PLAIN_KINDS:
        return _Kind.ARRAY, [values.dtype.str, list(values.shape), values.tobytes()]
    if values.dtype.kind == "O":
        return _Kind.ARRAY, ["O", list(values.shape), list(values.ravel())]
    if values.dtype.kind == "T":
        return _Kind.ARRAY, ["T", list(values.shape), [str(value) for value in values.ravel()]]
    return _Kind.OPAQUE, f"array of {values.dtype}"


def _column(values: Any) -> Any:
    """Content of a column: a NumPy array, or [dtype, values] for pandas' own types."""
    dtype = values.dtype
    if isinstance(dtype, np.dtype) or isinstance(values, pd.arrays.NumpyExtensionArray):
        return np.asarray(values)
    if isinstance(dtype, pd.CategoricalDtype):
        return ["category", np.asarray(values.codes), pd.Index(dtype.categories), bool(dtype.ordered)]
    if isinstance(dtype, pd.DatetimeTZDtype):
        return ["tz", values.tz_convert("UTC").tz_localize(None).to_numpy(), str(dtype.tz)]
    if isinstance(dtype, pd.StringDtype):
        return ["str" if dtype.na_value is not pd.NA else "string", [None if pd.isna(value) else str(value) for value in values]]
    if isinstance(values, pd.arrays.IntegerArray | pd.arrays.FloatingArray | pd.arrays.BooleanArray):
        missing = np.asarray(values.isna())
        return ["masked", str(dtype), values.to_numpy(dtype.numpy_dtype, na_value=dtype.numpy_dtype.type(0)), missing]
    return np.asarray(values, dtype=object)


def _decode(code: int, payload: bytes, unpack: Callable[[bytes], Any], fetch: Callable[[Any], Iterator[Any]] | None) -> Any:
    kind, content = _Kind(code), unpack(payload)
    match kind:
        case _Kind.TUPLE:
            return tuple(content)
        case _Kind.SET:
            return set(content)
        case _Kind.FROZENSET:
            return frozenset(content)
        case _Kind.COMPLEX:
            return complex(*content)
        case _Kind.BIG:
            return int(content, 16)
        case _Kind.RANGE:
            return range(*content)
        case _Kind.SLICE:
            return slice(*content)
        case _Kind.DECIMAL:
            return Decimal(content)
        case _Kind.FRACTION:
            return Fraction(*content)
        case _Kind.DATE:
            return dt.date.fromisoformat(content)
        case _Kind.TIME:
            return dt.time.fromisoformat(content)
        case _Kind.DATETIME:
            return dt.datetime.fromisoformat(content[0]).replace(fold=content[1])
        case _Kind.TIMEDELTA:
            return dt.timedelta(*content)
        case _Kind.TIMESTAMP:
            stamp = pd.Timestamp(_to_array(*content[0])[()])
            return stamp if content[1] is None else stamp.tz_localize("UTC").tz_convert(content[1])
        case _Kind.PD_TIMEDELTA:
            return pd.Timedelta(_to_array(*content)[()])
        case _Kind.NAT:
            return pd.NaT
        case _Kind.NA:
            return pd.NA
        case _Kind.ARRAY:
            return _to_array(*content)
        case _Kind.SCALAR:
            return _to_array(*content)[()]
        case _Kind.COLUMN:
            return _to_column(content)
        case _Kind.INDEX:
            return pd.Index(content[0], name=content[1])
        case _Kind.RANGE_INDEX:
            return pd.RangeIndex(*content[:3], name=content[3])
        case _Kind.MULTI_INDEX:
            return pd.MultiIndex.from_arrays(content[0], names=content[1])
        case _Kind.SERIES:
            return pd.Series(content[1], index=content[0], name=content[2], copy=False)
        case _Kind.FRAME:
            index, columns, values = content
            frame = pd.DataFrame(dict(enumerate(values)), index=index, copy=False)
            frame.columns = columns
            return frame
        case _Kind.STREAM if fetch is not None:
            return fetch(content)
        case _Kind.OPAQUE:
            return type(str(content), (Opaque,), {})()
    raise Refused(f"unexpected {kind.name}")


def _to_array(dtype: str, shape: list[int], content: Any) -> np.ndarray:
    if dtype in ("O", "T"):
        flat = np.empty(len(content), dtype=object)
        flat[:] = content
        return (flat if dtype == "O" else flat.astype(np.dtypes.StringDType())).reshape(shape)
    found = np.dtype(dtype)
    if found.kind not in _PLAIN_KINDS:
        raise Refused(f"arrays of {dtype} do not cross")
    return np.frombuffer(bytearray(content), dtype=found).reshape(shape)


def _to_column(content: Any) -> Any:
    match content:
        case np.ndarray():
            return content
        case ["category", codes, categories, ordered]:
            return pd.Categorical.from_codes(codes, categories=categories, ordered=ordered)
        case ["tz", values, zone]:
            return pd.DatetimeIndex(values).tz_localize("UTC").tz_convert(zone).array
        case ["str" | "string" as dtype, values]:
            return pd.array(values, dtype=dtype)
        case ["masked", str() as dtype, values, missing]:
            found = pd.array(values, dtype=dtype)
            found[missing] = pd.NA
            return found
    raise Refused("not a column")
