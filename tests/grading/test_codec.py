"""What goes through the codec comes out as it was, with its type; bytes that are anything else are refused and run nothing."""

import collections
import datetime as dt
import enum
import math
import os
import pickle
import string
import typing
import zoneinfo
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType

import msgpack
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from course.checks import compare
from course.grading import codec
from course.grading.codec import Opaque, Refused, pack, unpack

QUICK = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def again(value):
    return unpack(pack(value))


def alike(left, right):
    """Equality of plain data in which types count, NaN is NaN, -0.0 is not 0.0 and dicts have an order."""
    if left is right or type(left) is not type(right):
        return left is right
    if isinstance(left, float):
        return (left != left and right != right) or (left == right and math.copysign(1, left) == math.copysign(1, right))
    if isinstance(left, complex):
        return alike(left.real, right.real) and alike(left.imag, right.imag)
    if isinstance(left, list | tuple):
        return len(left) == len(right) and all(map(alike, left, right))
    if isinstance(left, dict):
        return alike(list(left), list(right)) and alike(list(left.values()), list(right.values()))
    if isinstance(left, np.ndarray):
        return left.dtype == right.dtype and left.shape == right.shape and alike(left.ravel().tolist(), right.ravel().tolist())
    return left == right


numbers = st.integers() | st.floats() | st.booleans() | st.complex_numbers() | st.fractions() | st.decimals(allow_nan=False)
times = st.dates() | st.times() | st.timedeltas() | st.datetimes() | st.datetimes(timezones=st.just(dt.timezone(dt.timedelta(hours=5, minutes=30))))
words = st.text(st.characters()) | st.binary() | st.text(st.characters(categories=["Cs", "L"]))
keys = st.none() | st.integers() | st.text() | st.booleans() | st.binary() | st.dates() | st.fractions() | st.tuples(st.integers(), st.text())
plain = st.recursive(
    st.none() | numbers | times | words,
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.lists(inner, max_size=5).map(tuple)
        | st.dictionaries(keys, inner, max_size=5)
        | st.sets(keys, max_size=5)
        | st.frozensets(keys, max_size=5)
    ),
    max_leaves=25,
)


@QUICK
@given(plain)
def test_nested_plain_data_comes_back(value):
    assert alike(again(value), value)


@pytest.mark.parametrize(
    "value",
    [
        *[0, -1, 2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 2**64 - 1, 2**64, 10**500, -(10**500), 2**20000],
        *[True, None, 0.0, -0.0, math.inf, -math.inf, math.nan, 5e-324, 1e308, 1 + 2j, complex(math.nan, -0.0)],
        *["", "zoë", "\x00", "\ud800", "a" * 100_000, b"", b"\xff\x00"],
        *[(), [], {}, set(), frozenset(), ((),), [(), [()]], {(): ()}, {frozenset({1}): {2}}, {(1, (2, "x")): [3]}],
        *[range(3), range(10, 0, -3), range(2**70), slice(None), slice(1, None, 2)],
        *[Decimal("1.10"), Decimal("-0"), Decimal("1E+400"), Fraction(1, 3), Fraction(10**40, 7)],
        *[dt.date(2024, 2, 29), dt.time(1, 2, 3, 4), dt.time(1, tzinfo=dt.UTC), dt.timedelta(-1, 5, 7)],
        *[dt.datetime(2024, 1, 1), dt.datetime(2024, 10, 27, 2, 30, fold=1), dt.datetime(2024, 1, 1, tzinfo=dt.UTC)],
        *[pd.NaT, pd.NA, [pd.NA, None, pd.NaT]],
    ],
    ids=lambda value: f"{type(value).__name__} {repr(value)[:20] if not isinstance(value, int) or abs(value) < 2**70 else 'large'!a}",
)
def test_edges_come_back(value):
    back = again(value)
    assert type(back) is type(value)
    assert back is value or alike(back, value)
    assert getattr(back, "fold", 0) == getattr(value, "fold", 0)


@pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("sNaN"), Decimal("-Infinity")], ids=str)
def test_decimals_that_are_no_numbers_come_back(value):
    assert str(again(value)) == str(value)


def test_equal_keys_of_different_types_stay_apart():
    assert alike(again([{1: "int"}, {True: "bool"}, {1.0: "float"}]), [{1: "int"}, {True: "bool"}, {1.0: "float"}])


def test_the_order_of_a_dict_is_kept():
    names = [*reversed(string.ascii_letters), 3, 1, 2]
    assert list(again(dict.fromkeys(names))) == names


def test_deep_nesting_comes_back_or_is_refused():
    def nested(depth):
        value = []
        for _ in range(depth):
            value = [value]
        return value

    assert again(nested(100)) == nested(100)
    with pytest.raises(Refused):
        pack(nested(100_000))
    looped = []
    looped.append(looped)
    with pytest.raises(Refused):
        pack(looped)


# Subclasses


class Colour(enum.StrEnum):
    RED = "red"


class Level(enum.IntEnum):
    HIGH = 3


class Plain(enum.Enum):
    ONE = 1


Pair = collections.namedtuple("Pair", "left right")


class Typed(typing.NamedTuple):
    size: int


def sub(base):
    return type(f"My{base.__name__}", (base,), {"__eq__": lambda self, other: True, "__repr__": lambda self: "forged", "__hash__": base.__hash__})


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (collections.Counter("abca"), {"a": 2, "b": 1, "c": 1}),
        (collections.OrderedDict(z=1, a=2), {"z": 1, "a": 2}),
        (collections.defaultdict(list, a=[1]), {"a": [1]}),
        (collections.ChainMap({"a": 1}, {"b": 2}), {"b": 2, "a": 1}),
        (MappingProxyType({"a": 1}), {"a": 1}),
        (collections.UserDict(a=1), {"a": 1}),
        ({"a": 1}.keys(), ["a"]),
        ({"a": 1}.values(), [1]),
        (Pair(1, [2]), (1, [2])),
        (Typed(3), (3,)),
        (Colour.RED, "red"),
        (Level.HIGH, 3),
        (bytearray(b"ab"), b"ab"),
        (memoryview(b"ab"), b"ab"),
        (sub(int)(7), 7),
        (sub(int)(2**70), 2**70),
        (sub(float)(0.5), 0.5),
        (sub(float)(-0.0), -0.0),
        (sub(str)("text"), "text"),
        (sub(bytes)(b"text"), b"text"),
        (sub(list)([1, 2]), [1, 2]),
        (sub(tuple)((1, 2)), (1, 2)),
        (sub(dict)({"a": 1}), {"a": 1}),
        (sub(set)({1}), {1}),
        (sub(frozenset)({1}), frozenset({1})),
        (sub(complex)(1, 2), 1 + 2j),
        (sub(Fraction)(1, 3), Fraction(1, 3)),
        (sub(Decimal)("1.5"), Decimal("1.5")),
        (sub(dt.date)(2024, 1, 1), dt.date(2024, 1, 1)),
        (sub(dt.datetime)(2024, 1, 1, 5), dt.datetime(2024, 1, 1, 5)),
    ],
    ids=lambda value: f"{type(value).__name__}",
)
def test_subclasses_arrive_as_their_plain_base(value, expected):
    assert alike(again(value), expected)
    assert alike(again([value])[0], expected)


@pytest.mark.parametrize("kind", [np.ndarray, np.ma.MaskedArray, np.matrix, np.recarray])
def test_subclasses_of_arrays_arrive_as_arrays_or_opaque(kind):
    array = np.zeros((2, 2)).view(kind)
    assert type(again(array)) in (np.ndarray,) or isinstance(again(array), Opaque)


def test_a_mapping_that_lies_cannot_send_anything_but_an_answer():
    class Liar(collections.abc.Mapping):
        def __getitem__(self, key):
            raise ZeroDivisionError

        def __iter__(self):
            return iter("ab")

        def __len__(self):
            return 2

    with pytest.raises((Refused, ZeroDivisionError)):
        pack(Liar())


# NumPy

DTYPES = ["?", "i1", "<i2", ">i4", "<i8", "u1", "<u8", "f2", "<f4", ">f8", "c8", "c16", "S3", "<U4", ">U2", "M8[ns]", "M8[D]", "m8[s]", "M8[25us]"]
SHAPES = [(), (0,), (3,), (2, 3), (0, 4), (3, 0), (1, 2, 1, 2)]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", DTYPES)
def test_arrays_come_back(dtype, shape):
    values = np.arange(math.prod(shape)).astype("i8").reshape(shape).astype(dtype)
    back = again(values)
    assert back.dtype == values.dtype and back.shape == shape
    assert back.dtype.str == values.dtype.str
    np.testing.assert_array_equal(back, values)
    assert back.flags.writeable


@pytest.mark.parametrize("dtype", [*DTYPES, "g"])
def test_numpy_scalars_come_back(dtype):
    value = np.array([1]).astype(dtype)[0]
    back = again([value])[0]
    assert type(back) is type(value) and back.dtype == value.dtype and back == value


@pytest.mark.parametrize("value", [np.float64("nan"), np.datetime64("NaT"), np.timedelta64("NaT", "s"), np.float32("-inf"), np.str_("zoë"), np.bytes_(b"a")])
def test_numpy_scalars_without_a_number_come_back(value):
    back = again(value)
    assert type(back) is type(value) and back.dtype == value.dtype
    np.testing.assert_array_equal(back, value)


@pytest.mark.parametrize("make", [np.asfortranarray, lambda a: a[::-1], lambda a: a.T, lambda a: a[:, 1::2], lambda a: np.broadcast_to(a[0], (3, 4))])
def test_memory_layout_does_not_matter(make):
    values = make(np.arange(12.0).reshape(3, 4))
    np.testing.assert_array_equal(again(values), values)


@pytest.mark.parametrize(
    "items",
    [[], [None, 1, "a"], [[1], [1, 2]], [(1, 2), (3, 4)], [2**80, pd.NA], [{"a": 1}, {1, 2}], [np.arange(2), np.arange(3)], [np.arange(2), np.arange(2)]],
    ids=str,
)
def test_object_arrays_come_back_item_by_item(items):
    values = np.empty(len(items), dtype=object)
    for place, item in enumerate(items):
        values[place] = item
    back = again(values)
    assert back.dtype == object and back.shape == values.shape
    assert all(left is right or alike(left, right) for left, right in zip(back, items, strict=True))


def test_object_arrays_of_any_shape_come_back():
    for shape in SHAPES:
        values = np.full(shape, "x", dtype=object)
        back = again(values)
        assert back.dtype == object and back.shape == shape and back.tolist() == values.tolist()


def test_variable_width_strings_come_back():
    values = np.array([["a", "zoë"], ["", "long" * 9]], dtype=np.dtypes.StringDType())
    back = again(values)
    assert back.dtype == values.dtype and back.tolist() == values.tolist()


def test_structured_arrays_do_not_cross_but_break_nothing():
    assert isinstance(again(np.zeros(2, dtype=[("a", "i4"), ("b", "O")])), Opaque)
    assert isinstance(again([np.zeros(2, dtype=[("a", "i4")])[0]])[0], Opaque)


@pytest.mark.parametrize("shape", [(2,), (2, 2)])
@pytest.mark.parametrize("dtype", ["i8", "f8", "c16", "?", "S2", "U2", "M8[s]", "O"])
def test_no_array_shares_memory_with_its_message(dtype, shape):
    data = pack(np.zeros(shape, dtype=dtype))
    left, right = unpack(data), unpack(data)
    assert not np.shares_memory(left, right)


# pandas

STAMPS = pd.to_datetime(["2024-01-01 10:00", None, "2024-10-27 01:30"])
COLUMNS = {
    "int64": pd.array(np.array([1, -2, 3])),
    "int8": np.array([1, -2, 3], dtype="int8"),
    "uint64": np.array([1, 2, 2**64 - 1], dtype="uint64"),
    "float64": np.array([0.5, np.nan, -0.0]),
    "float32": np.array([0.5, np.inf, 2], dtype="float32"),
    "bool": np.array([True, False, True]),
    "complex": np.array([1j, 2, np.nan]),
    "object": np.array([None, "a", (1, 2)], dtype=object),
    "mixed": np.array([1, "a", 2.5], dtype=object),
    "lists": pd.Series([[1], [], [2, 3]]).array,
    "str": pd.array(["a", "zoë", ""], dtype="str"),
    "str with missing": pd.array(["a", None, ""], dtype="str"),
    "string": pd.array(["a", "b", ""], dtype="string"),
    "string with missing": pd.array(["a", pd.NA, ""], dtype="string"),
    "Int64": pd.array([1, pd.NA, 2**62 + 1], dtype="Int64"),
    "UInt8": pd.array([1, pd.NA, 255], dtype="UInt8"),
    "Float64": pd.array([0.5, pd.NA, 1e300], dtype="Float64"),
    "Float32": pd.array([0.5, pd.NA, 2], dtype="Float32"),
    "boolean": pd.array([True, pd.NA, False], dtype="boolean"),
    "category": pd.Categorical(["b", "a", "b"]),
    "category with missing": pd.Categorical(["b", None, "b"], categories=["z", "b"]),
    "category ordered": pd.Categorical(["low", "high", "low"], categories=["low", "mid", "high"], ordered=True),
    "category of numbers": pd.Categorical([3, 1, 3]),
    "category of dates": pd.Categorical(STAMPS),
    "datetime ns": np.array(STAMPS, dtype="M8[ns]"),
    "datetime s": np.array(STAMPS, dtype="M8[s]"),
    "datetime us": pd.array(STAMPS.as_unit("us")),
    "datetime UTC": pd.array(STAMPS.tz_localize("UTC")),
    "datetime Berlin": pd.array(STAMPS.tz_localize("UTC").tz_convert("Europe/Berlin")),
    "datetime offset": pd.array(STAMPS.tz_localize(dt.timezone(dt.timedelta(hours=5, minutes=30)))),
    "datetime zoneinfo": pd.array(STAMPS.tz_localize(zoneinfo.ZoneInfo("America/New_York"))),
    "timedelta": pd.array(pd.to_timedelta(["1 day", None, "2 s"])),
    "timedelta s": pd.array(pd.to_timedelta(["1 day", None, "2 s"]).as_unit("s")),
}
KINDS = pytest.mark.parametrize("kind", list(COLUMNS))


@KINDS
def test_series_of_every_dtype_come_back(kind):
    series = pd.Series(COLUMNS[kind], index=["x", "y", "x"], name="column")
    back = again(series)
    pd.testing.assert_series_equal(back, series, check_exact=True, check_freq=False)
    assert back.dtype == series.dtype


@KINDS
def test_frames_of_every_dtype_come_back(kind):
    frame = pd.DataFrame({"first": [1, 2, 3], "column": COLUMNS[kind], 7: COLUMNS[kind]})
    back = again(frame)
    pd.testing.assert_frame_equal(back, frame, check_exact=True, check_freq=False)
    assert list(back.dtypes) == list(frame.dtypes)


@KINDS
def test_empty_frames_of_every_dtype_come_back(kind):
    frame = pd.DataFrame({"column": COLUMNS[kind]}).iloc[:0]
    back = again(frame)
    pd.testing.assert_frame_equal(back, frame, check_exact=True, check_freq=False)
    assert list(back.dtypes) == list(frame.dtypes)


@pytest.mark.parametrize("kind", [kind for kind in COLUMNS if kind != "lists"])  # lists cannot be index values
def test_indexes_of_every_dtype_come_back(kind):
    index = pd.Index(COLUMNS[kind], name="index")
    pd.testing.assert_index_equal(again(index), index, exact=True)


@KINDS
def test_extension_arrays_come_back(kind):
    series = pd.Series(COLUMNS[kind])
    pd.testing.assert_series_equal(pd.Series(again(series.array)), series, check_exact=True, check_freq=False)


@pytest.mark.parametrize(
    "index",
    [
        pd.RangeIndex(5, 0, -2, name="r"),
        pd.Index([], dtype="object"),
        pd.Index([1.5, np.nan]),
        pd.Index(["a", ("b", 1)], dtype=object),
        pd.Index([1, 2, 3], name=("a", 1)),
        pd.MultiIndex.from_product([["a", "b"], [1, 2]], names=["letter", None]),
        pd.MultiIndex.from_tuples([("a", 1, STAMPS[0]), ("a", 1, STAMPS[2])]),
        pd.MultiIndex.from_arrays([pd.Categorical(["u", "v"]), pd.array([1, None], dtype="Int64")], names=["c", "m"]),
        pd.MultiIndex.from_arrays([["a", None], [1, 2]]),
        pd.MultiIndex.from_tuples([], names=["a", "b"]),
        pd.date_range("2024-01-31", periods=3, freq="ME", tz="Europe/Berlin"),
        pd.timedelta_range("1s", periods=3),
    ],
    ids=lambda index: f"{type(index).__name__}-{index.nlevels}-{len(index)}-{index.dtype}",
)
def test_indexes_come_back(index):
    back = again(index)
    pd.testing.assert_index_equal(back, index, exact=True)
    assert list(back.names) == list(index.names)
    frame = pd.DataFrame({"a": range(len(index))}, index=index)
    pd.testing.assert_frame_equal(again(frame), frame, check_freq=False)
    pd.testing.assert_frame_equal(again(frame.T), frame.T, check_freq=False)


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame(),
        pd.DataFrame(index=[1, 2]),
        pd.DataFrame(columns=["a", "b"]),
        pd.DataFrame([[1, "x", 2.5], [3, "y", 4.5]], columns=["a", "a", "b"]),
        pd.DataFrame([[1, 2]], columns=[None, 0]),
        pd.DataFrame(np.arange(6).reshape(2, 3), columns=pd.MultiIndex.from_tuples([("a", 1), ("a", 1), ("b", 2)], names=["u", "v"])),
        pd.DataFrame({"a": [1]}).rename_axis(index="rows", columns="columns"),
        pd.DataFrame({"a": range(10)})[::-3],
        pd.DataFrame({"g": pd.Categorical(["a", "b", "a"]), "v": [1, 2, 3]}).groupby("g", observed=True).agg(["mean", "sum"]),
        pd.DataFrame({"d": [dt.date(2024, 1, 1), None], "f": [Fraction(1, 3), Decimal("2.5")]}),
    ],
    ids=["none", "rows only", "columns only", "doubled names", "no names", "doubled pairs", "axes named", "every third", "grouped", "objects"],
)
def test_frames_come_back(frame):
    back = again(frame)
    pd.testing.assert_frame_equal(back, frame, check_exact=True, check_column_type=True)
    assert type(back.index) is type(frame.index) and type(back.columns) is type(frame.columns)
    assert list(back.columns.names) == list(frame.columns.names) and list(back.index.names) == list(frame.index.names)


@pytest.mark.parametrize("dtype", ["period[M]", "Sparse[int]", "interval", "int64[pyarrow]", "string[pyarrow]"])
def test_rarer_columns_keep_their_values(dtype):
    series = pd.Series(pd.interval_range(0, 2)) if dtype == "interval" else None
    series = pd.Series(pd.period_range("2024-01", periods=2, freq="M")) if dtype == "period[M]" else series
    series = pd.Series(["1", "2"] if "string" in dtype else [1, 2], dtype=dtype) if series is None else series
    back = again(series)
    assert len(back) == 2
    if dtype not in ("interval", "period[M]"):
        assert back.tolist() == series.tolist()


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "Europe/Berlin", "+05:30"])
def test_stamps_come_back(unit, zone):
    stamp = pd.Timestamp("2024-10-27 00:30:00", tz="UTC").as_unit(unit)
    stamp = stamp.tz_localize(None) if zone is None else stamp.tz_convert(zone)
    back = again(stamp)
    assert type(back) is pd.Timestamp and back == stamp and back.unit == unit and back.isoformat() == stamp.isoformat()
    span = pd.Timedelta(3, "D").as_unit(unit)
    assert type(again(span)) is pd.Timedelta and again(span) == span and again(span).unit == unit


def test_moments_with_named_zones_stay_the_same_moment():
    """The zone becomes an offset; Python calls no moment of a doubled hour equal to one of another zone, so their seconds are compared."""
    moment = dt.datetime(2024, 10, 27, 2, 30, fold=1, tzinfo=zoneinfo.ZoneInfo("Europe/Berlin"))
    back = again(moment)
    assert (back.utcoffset(), back.timestamp(), back.replace(tzinfo=None)) == (moment.utcoffset(), moment.timestamp(), moment.replace(tzinfo=None))


def test_changing_what_arrived_works_as_at_home():
    frame = again(pd.DataFrame({"a": [3, 1, 2], "c": pd.Categorical(["x", "y", "x"])}))
    frame.loc[0, "a"] = 10
    frame["b"] = frame["a"] * 2
    frame = frame.sort_values("a")
    assert frame["b"].tolist() == [2, 4, 20]
    series = again(pd.Series([3, 1], index=["x", "y"]))
    series["x"] = 5
    assert series.sum() == 6


# Opaque things


class Widget:
    def __eq__(self, other):
        return True


@pytest.mark.parametrize(
    ("value", "name"),
    [
        *[(Widget(), "Widget"), (Widget, "type"), (len, "builtin_function_or_method"), (lambda: 0, "function"), (object(), "object")],
        *[(iter([1]), "list_iterator"), ((n for n in "ab"), "generator"), (math, "module"), (Plain.ONE, "Plain"), (Ellipsis, "ellipsis")],
        *[(ValueError("x"), "ValueError"), (collections.deque([1]), "deque"), (pd.Interval(0, 1), "Interval"), (pd.Period("2024"), "Period")],
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_not_plain_is_opaque_and_equals_nothing(value, name):
    back = again({"value": value})["value"]
    assert isinstance(back, Opaque)
    assert type(back).__name__ == name and repr(back) == f"<{name}>"
    assert back != value or isinstance(value, Widget)
    assert back != again(value) and back not in (0, None, "", name)
    with pytest.raises(compare.CheckFailed):
        compare.equal(back, 1, "the answer")
    with pytest.raises(compare.CheckFailed):
        compare.close(back, 1, "the answer")


def test_streams_are_numbered_and_fetched():
    lent = []
    data = pack([iter("ab"), (n for n in range(3))], lambda items: lent.append(items) or len(lent) - 1)
    first, second = unpack(data, lambda number: lent[number])
    assert list(first) == ["a", "b"] and list(second) == [0, 1, 2]
    with pytest.raises(Refused):
        unpack(data)


# Forgery


class Trap:
    """Runs code when it is unpickled."""

    def __reduce__(self):
        return os.mkdir, ("/nowhere-trap",)


@pytest.fixture
def no_unpickling(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("something was unpickled")

    for module, name in [(pickle, "loads"), (pickle, "load"), (pickle, "Unpickler"), (pickle, "_loads"), (np, "load"), (pd, "read_pickle")]:
        monkeypatch.setattr(module, name, refuse)


def refused(data):
    """Whether the bytes are refused; whatever else they give must be plain data."""
    try:
        value = unpack(data)
    except Refused:
        return True
    assert_plain(value)
    return False


def assert_plain(value):
    if isinstance(value, dict):
        for item in (*value, *value.values()):
            assert_plain(item)
    elif isinstance(value, list | tuple | set | frozenset):
        for item in value:
            assert_plain(item)
    else:
        assert value is None or type(value).__module__ in PLAIN_MODULES or isinstance(value, Opaque | np.generic | np.ndarray | pd.core.base.PandasObject), (
            value
        )


PLAIN_MODULES = {"builtins", "datetime", "decimal", "fractions", "msgpack"} | {
    type(each).__module__ for each in (pd.NaT, pd.NA, pd.Timestamp(0), pd.Timedelta(0), *(pd.Series(column).array for column in COLUMNS.values()))
}
SAMPLES = [
    pack(value)
    for value in (
        [1, "a", 2.5, None, {"k": (1, 2)}, {3}, 2**70, Fraction(1, 3), Decimal("1.5"), dt.datetime(2024, 1, 1), pd.Timestamp("2024", tz="UTC")],
        np.arange(6.0).reshape(2, 3),
        np.array([None, "a"], dtype=object),
        pd.DataFrame({"a": [1, 2], "c": pd.Categorical(["x", "y"]), "m": pd.array([1, None], dtype="Int64"), "t": STAMPS[:2].tz_localize("UTC")}),
        pd.Series(["a", None], index=pd.MultiIndex.from_tuples([("a", 1), ("b", 2)]), dtype="str"),
        Widget(),
    )
]


def test_nothing_is_ever_unpickled(no_unpickling):
    for value in (*COLUMNS.values(), Trap(), [Trap()], np.array([Trap()], dtype=object), pd.Series([Trap()]), {"a": Trap()}):
        again(value)
    assert again(pickle.dumps(Trap())) == pickle.dumps(Trap())
    for place in range(30):
        refused(msgpack.packb(msgpack.ExtType(place, pickle.dumps(Trap()))))
    assert not os.path.exists("/nowhere-trap")


@settings(QUICK, max_examples=400)
@given(st.binary(max_size=200))
def test_random_bytes_are_refused_or_plain(data):
    refused(data)


@QUICK
@given(st.integers(0, 127), st.binary(max_size=60))
def test_random_extensions_are_refused_or_plain(code, payload):
    refused(msgpack.packb(msgpack.ExtType(code, payload)))


@QUICK
@given(st.sampled_from(sorted(codec._Kind)), st.recursive(st.none() | st.integers() | st.text() | st.floats() | st.binary(), st.lists, max_leaves=8))
def test_known_kinds_with_any_content_are_refused_or_plain(kind, content):
    refused(msgpack.packb(msgpack.ExtType(kind, pack(content))))


@settings(QUICK, max_examples=400)
@given(st.sampled_from(SAMPLES), st.data())
def test_mutated_messages_are_refused_or_plain(data, draw):
    changed = bytearray(data)
    for _ in range(draw.draw(st.integers(1, 4))):
        changed[draw.draw(st.integers(0, len(changed) - 1))] = draw.draw(st.integers(0, 255))
    refused(bytes(changed))


@pytest.mark.parametrize("data", SAMPLES, ids=["mixed", "array", "objects", "frame", "series", "opaque"])
def test_truncated_and_doubled_messages_are_refused(data):
    for length in range(len(data)):
        assert refused(data[:length]), length
    assert refused(data + data)
    assert refused(data + b"\x00")


def forged(kind, content):
    return msgpack.packb(msgpack.ExtType(kind, pack(content)))


K = codec._Kind


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xc1",
        pickle.dumps(Trap()),
        b"\xdd\xff\xff\xff\xff",
        b"\xc9\xff\xff\xff\xff\x00",
        b"\x91" * 100_000,
        msgpack.packb(msgpack.ExtType(99, b"")),
        forged(K.ARRAY, ["|O", [1], b"\x00" * 8]),
        forged(K.ARRAY, ["O8", [1], b"\x00" * 8]),
        forged(K.ARRAY, ["|V8", [1], b"\x00" * 8]),
        forged(K.ARRAY, ["O,O", [1], b"\x00" * 16]),
        forged(K.ARRAY, ["<i8", [10**6], b"\x00" * 8]),
        forged(K.ARRAY, ["<i8", [-1, -1], b"\x00" * 8]),
        forged(K.ARRAY, ["<i8", [2], 5]),
        forged(K.ARRAY, [b"x", [2], b""]),
        forged(K.ARRAY, "abc"),
        forged(K.SCALAR, ["|O", [], b"\x00" * 8]),
        forged(K.BIG, "import os"),
        forged(K.DECIMAL, "x"),
        forged(K.FRACTION, [1, 0]),
        forged(K.DATE, "yesterday"),
        forged(K.DATETIME, ["x", 0]),
        forged(K.SET, [[1]]),
        forged(K.COLUMN, ["masked", "no such type", np.array([1]), np.array([True])]),
        forged(K.COLUMN, ["masked", "Int64", np.array([1]), np.array([True, True, True])]),
        forged(K.COLUMN, ["string", 5]),
        forged(K.COLUMN, ["category", np.array([7]), pd.Index(["a"]), False]),
        forged(K.COLUMN, ["tz", np.array([1]), "/etc/passwd"]),
        forged(K.TIMESTAMP, [["<M8[ns]", [], b"\x00" * 8], "../../etc/passwd"]),
        forged(K.FRAME, [[1], [1, 2], []]),
        forged(K.STREAM, 0),
        forged(K.TUPLE, 5),
        forged(K.RANGE, [1, 2, 0]),
    ],
    ids=lambda data: f"{data[:24]!a}",
)
def test_forged_messages_are_refused(data, no_unpickling):
    assert refused(data)


def test_many_dimensions_and_huge_shapes_are_refused():
    assert refused(forged(K.ARRAY, ["<i8", [1] * 100, b"\x00" * 8]))
    assert refused(forged(K.ARRAY, ["<i8", [2**62, 2**62], b""]))


def test_small_messages_cannot_ask_for_much_memory_or_time():
    """A range stays a range; an index or exponent that stands for more than it says is not spelled out by decoding."""
    assert len(unpack(forged(K.RANGE, [0, 10**9, 1]))) == 10**9
    assert len(unpack(forged(K.RANGE_INDEX, [0, 10**9, 1, None]))) == 10**9
    assert str(unpack(forged(K.DECIMAL, "1E+999999999"))) == "1E+999999999"


@QUICK
@given(st.text())
def test_names_of_opaque_types_are_only_names(name):
    try:
        back = unpack(forged(K.OPAQUE, name))
    except Refused:
        return
    assert isinstance(back, Opaque) and set(vars(type(back))) <= {"__module__", "__doc__"}
