import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course.checks import AuthoringError, CheckFailed, array, between, choice, close, equal, frame, raises, record
from course.checks.compare import plain, said, show


class Hostile:
    """An object on which everything that a comparison may ask for fails."""

    def __eq__(self, other):
        raise RuntimeError("no comparison")

    __hash__ = None

    def __repr__(self):
        raise RuntimeError("no text")

    def __float__(self):
        raise RuntimeError("no number")


class Silent(Exception):
    def __str__(self):
        raise RuntimeError("no text")


def message(check, *args, **kwargs):
    with pytest.raises(CheckFailed) as caught:
        check(*args, **kwargs)
    text = str(caught.value)
    assert len(text.splitlines()) == 1
    return text


def is_wrong(check, *args, **kwargs):
    return bool(message(check, *args, **kwargs))


finite = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e12, max_value=1e12)
scalars = st.none() | st.booleans() | st.integers() | finite | st.text(max_size=5)
keys = st.integers() | st.text(max_size=3) | st.tuples(st.integers(), st.text(max_size=2))
nested = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.tuples(inner, inner) | st.dictionaries(keys, inner, max_size=3) | st.sets(keys, max_size=3),
    max_leaves=12,
)
anything = (
    nested
    | st.floats()
    | st.complex_numbers()
    | st.binary(max_size=4)
    | st.sampled_from(
        [
            10**400,
            -(10**400),
            Hostile(),
            [Hostile()],
            {"x": Hostile()},
            object,
            lambda: 1,
            np.array(1.0),
            np.array([]),
            np.zeros((2, 3)),
            np.array(["a\nb"]),
            np.longdouble(1) / 3,
            np.datetime64("NaT"),
            pd.NA,
            pd.NaT,
            pd.Series(["1", "2"]),
            pd.Series([1, pd.NA], dtype="Int64"),
            pd.DataFrame({"x": [1, "a"]}),
            pd.DataFrame([[1, 2]], columns=["x", "x"]),
            pd.Index([1, 2]),
            Decimal("1.5"),
            Ellipsis,
            "two\nlines",
            range(3),
        ]
    )
)


# close


@pytest.mark.parametrize(
    "value", [3, 3.0, np.int8(3), np.uint64(3), np.float32(3), np.float64(3), np.array(3), np.array(3.0), Fraction(3), 3 + 1e-7], ids=lambda v: type(v).__name__
)
def test_close_takes_any_real_scalar(value):
    close(value, 3, "x")
    close(3, value, "x")
    assert is_wrong(close, value, 3.1, "x")


@pytest.mark.parametrize(
    "value",
    [True, np.True_, np.array(True), "3", None, [3], (3,), np.array([3]), pd.Series([3]), {3}, 3 + 0j, b"3", object()],
    ids=lambda value: type(value).__name__,
)
def test_close_refuses_what_is_no_number(value):
    text = message(close, value, 3, "the answer")
    assert text.startswith("the answer: expected a number, you returned ")


def test_close_keeps_nan_and_infinities_apart():
    close(np.nan, math.nan, "x")
    close(math.inf, np.inf, "x")
    close(-math.inf, -math.inf, "x")
    assert message(close, math.inf, 1, "x") == "x: You returned inf; 1 was expected."
    assert message(close, 1, -math.inf, "x") == "x: You returned 1; -inf was expected."
    assert message(close, -math.inf, math.inf, "x") == "x: You returned -inf; inf was expected."
    assert message(close, math.nan, 0.5, "x") == "x: You returned nan; about 0.5 was expected."
    assert message(close, 0.5, math.nan, "x") == "x: You returned 0.5; nan was expected."


def test_close_says_what_came_and_what_was_expected():
    assert message(close, 2.123456789, 0.1, "the mean") == "the mean: You returned 2.12346; about 0.1 was expected."
    assert message(close, 10**400, 2, "the mean") == "the mean: You returned inf; 2 was expected."


@given(finite, st.floats(-0.99, 0.99), st.floats(1e-9, 0.1), st.floats(1e-6, 10))
def test_close_passes_within_the_tolerance(expected, share, rtol, atol):
    close(expected + share * (atol + rtol * abs(expected)), expected, "x", rtol=rtol, atol=atol)


@given(finite, st.floats(1.01, 1e6), st.booleans(), st.floats(1e-9, 0.1), st.floats(1e-3, 10))
def test_close_fails_outside_the_tolerance(expected, times, above, rtol, atol):
    step = times * (atol + rtol * abs(expected))
    assert is_wrong(close, expected + step if above else expected - step, expected, "x", rtol=rtol, atol=atol)


def test_close_names_the_mistake():
    mistakes = {"divide by n - 1": 2.0, "take the root": 1.5}
    assert message(close, np.float32(1.5), 3, "the spread", mistakes=mistakes) == "the spread: take the root. You returned 1.5; 3 was expected."
    assert "root" not in message(close, 1.6, 3, "the spread", mistakes=mistakes)
    with pytest.raises(CheckFailed) as caught:
        close(2, 3, "the spread", mistakes=mistakes)
    assert (caught.value.what, caught.value.mistake) == ("the spread", "divide by n - 1")


def test_close_names_a_mistake_narrowly_even_where_the_tolerance_is_wide():
    assert "rounded" in message(close, 2, 3, "x", mistakes={"rounded": 2}, rtol=0.1)
    assert "rounded" not in message(close, 2.05, 3, "x", mistakes={"rounded": 2}, rtol=0.1)


# array


@pytest.mark.parametrize(
    "value",
    [
        [1, 2, 3],
        (1.0, 2.0, 3.0),
        np.array([1, 2, 3], dtype=np.int8),
        pd.Series([1, 2, 3], index=list("abc")),
        pd.Index([1, 2, 3]),
        range(1, 4),
        [np.float64(1), 2, np.array(3)],
        pd.array([1, 2, 3], dtype="Int64"),
        {1: "a", 2: "b", 3: "c"}.keys(),
    ],
    ids=lambda v: type(v).__name__,
)
def test_array_takes_any_numeric_sequence(value):
    array(value, [1, 2, 3], "x")
    assert is_wrong(array, value, [1, 2, 4], "x")


def test_array_takes_a_generator():
    array((n * n for n in range(3)), [0, 1, 4], "x")
    assert message(array, (n for n in range(3)), [0, 1, 4], "x") == "x: 1 of 3 values differ; first at position 2: you returned 2, 4 was expected."


@pytest.mark.parametrize(
    "value",
    [
        "123",
        b"123",
        None,
        ["1", "2", "3"],
        [[1], [2, 3]],
        {1: 1, 2: 2},
        pd.Series(["1", "2", "3"]),
        [1 + 0j, 2, 3],
        Hostile(),
        [Hostile()] * 3,
        object(),
    ],
    ids=lambda v: type(v).__name__,
)
def test_array_refuses_what_is_not_numbers_all_through(value):
    assert message(array, value, [1, 2, 3], "x").startswith("x: expected numbers of shape (3,), you returned ")


def test_array_wants_the_same_shape():
    array([[1, 2], [3, 4]], np.array([[1.0, 2.0], [3.0, 4.0]]), "x")
    array([], np.array([]), "x")
    array(3, 3.0, "x")
    assert message(array, [1, 2, 3, 4], [[1, 2], [3, 4]], "x") == "x: expected shape (2, 2), you returned shape (4,): [1, 2, 3, 4]."
    assert "expected shape (1,), you returned shape (): 3" in message(array, 3, [3], "x")
    assert "expected shape (2,), you returned shape (0,)" in message(array, [], [1, 2], "x")
    assert "expected shape (2, 1), you returned shape (2,)" in message(array, [1, 2], [[1], [2]], "x")


def test_array_says_where_it_differs():
    text = message(array, [[1, 2], [9, 8]], [[1, 2], [3, 4.5]], "the table")
    assert text == "the table: 2 of 4 values differ; first at position (1, 0): you returned 9, 3 was expected."
    assert message(array, [2.5], [1], "x") == "x: The value differs: you returned 2.5, 1 was expected."


def test_array_keeps_nan_and_infinities_apart():
    array([math.nan, math.inf], [math.nan, math.inf], "x")
    assert "you returned 0, nan was expected" in message(array, [0.0, 1.0], [math.nan, 1.0], "x")
    assert "you returned nan, 2 was expected" in message(array, [1, None], [1, 2], "x")
    assert "you returned inf, -inf was expected" in message(array, [math.inf], [-math.inf], "x")


def test_array_names_the_mistake_also_of_another_shape():
    mistakes = {"this is the first column only": [1, 3], "rows and columns are swapped": [[1, 3], [2, 4]]}
    assert message(array, np.array([1, 3]), [[1, 2], [3, 4]], "x", mistakes=mistakes).startswith("x: this is the first column only. expected shape (2, 2)")
    assert "rows and columns are swapped" in message(array, [(1, 3), (2, 4)], [[1, 2], [3, 4]], "x", mistakes=mistakes)
    assert "this is" not in message(array, [[1, 2], [3, 5]], [[1, 2], [3, 4]], "x", mistakes=mistakes)


@given(st.lists(finite, min_size=1, max_size=6), st.data())
def test_array_passes_near_values_and_finds_one_far_one(values, data):
    array([v + 1e-10 for v in values], values, "x")
    place = data.draw(st.integers(0, len(values) - 1))
    moved = [v + (1 + abs(v)) * (i == place) for i, v in enumerate(values)]
    text = message(array, moved, values, "x")
    assert len(values) == 1 or f"1 of {len(values)} values differ; first at position {place}:" in text


# record


def test_record_compares_by_key_and_lets_other_keys_be():
    expected = {"n": 3, "p": 0.25, "winner": "b", "tie": False, "none": None, "pair": (1, 2.0), "inner": {"x": [1, 2]}}
    given_ = {
        "p": np.float64(0.25 + 1e-9),
        "n": np.int64(3),
        "winner": np.str_("b"),
        "tie": np.False_,
        "none": math.nan,
        "pair": np.array([1, 2]),
        "inner": {"x": pd.Index([1, 2])},
    }
    record(given_ | {"more": object()}, expected, "x")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("n", 4),
        ("n", "3"),
        ("n", True),
        ("n", None),
        ("n", Hostile()),
        ("s", "B"),
        ("s", None),
        ("flag", 1),
        ("flag", "True"),
        ("none", 0),
        ("none", ""),
        ("pair", [1, 2, 3]),
        ("pair", [1, 3]),
        ("pair", 1),
        ("pair", np.array(1)),
        ("pair", "12"),
        ("pair", {1: 2}),
        ("inner", {"x": 2}),
        ("inner", {"x": 1, "y": 1}),
        ("inner", [1]),
        ("missing", 0.0),
    ],
)
def test_record_names_the_key_that_is_wrong(key, value):
    expected = {"n": 3, "s": "b", "flag": True, "none": None, "pair": (1, 2), "inner": {"x": 1}, "missing": math.nan}
    record(expected, expected, "the result")
    text = message(record, {**expected, key: value}, expected, "the result")
    assert text.startswith(f"the result: {key!r} is ") and text.endswith(" was expected.")


def test_record_counts_one_as_no_flag_and_a_flag_as_no_number():
    assert message(record, {"ok": 1}, {"ok": True}, "x") == "x: 'ok' is 1; True was expected."
    assert message(record, {"n": True}, {"n": 1}, "x") == "x: 'n' is True; 1 was expected."


@pytest.mark.parametrize("value", [math.nan, None, pd.NA, pd.NaT, np.float64("nan")])
def test_record_takes_any_missing_value_for_a_missing_one(value):
    record({"x": value}, {"x": math.nan}, "x")
    record({"x": value}, {"x": None}, "x")


def test_record_wants_a_dict_with_the_keys():
    record(pd.Series({"b": 2.0, "a": 1.0}), {"a": 1, "b": 2}, "x")
    assert message(record, [1, 2], {"b": 1, "a": 2}, "x") == "x: expected a dict with the keys ['a', 'b'], you returned [1, 2]."
    assert message(record, {"a": 1, 7: 2}, {"a": 1, "b": 2}, "x") == "x: the key 'b' is missing; you returned the keys ['7', 'a']."


def test_record_names_a_mistake_by_part_of_its_keys_and_speaks_of_those():
    expected = {"n": 3, "mean": 2.0, "sd": 1.0}
    mistakes = {"divide by n - 1": {"sd": 0.8}, "both are off": {"mean": 5, "sd": 6}}
    assert message(record, {"n": 4, "mean": 2.0, "sd": 0.8}, expected, "x", mistakes=mistakes) == "x: divide by n - 1. 'sd' is 0.8; 1 was expected."
    assert "both are off. 'mean' is 5" in message(record, {"n": 3, "mean": 5, "sd": 6}, expected, "x", mistakes=mistakes)
    assert "one key agrees. 'mean' is 7" in message(record, {"n": 3, "mean": 7, "sd": 1}, expected, "x", mistakes={"one key agrees": {"n": 3, "mean": 7}})
    assert "both are off" not in message(record, {"n": 3, "mean": 5, "sd": 7}, expected, "x", mistakes=mistakes)


# equal


@settings(max_examples=200)
@given(nested)
def test_equal_passes_any_plain_value_on_itself(value):
    equal(value, value, "x")


@given(st.lists(nested, max_size=4))
def test_equal_takes_tuples_for_lists(values):
    equal(tuple(values), values, "x")
    assert is_wrong(equal, [*values, 0], values, "x")


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (3, 3.0),
        (np.int64(3), 3),
        (np.array(3), 3),
        (np.str_("a"), "a"),
        (np.True_, True),
        (np.array([1, 2]), [1, 2]),
        (pd.Series(["a", "b"]), ("a", "b")),
        (pd.Index(["a"]), ["a"]),
        ({np.int64(1): np.str_("x")}, {1: "x"}),
        ({np.int64(1), 2}, {1, 2}),
        ({(1, 2): [3]}, {(1, 2): (3,)}),
        ({(1, "a"), (2, "b")}, {(2, "b"), (1, "a")}),
        (frozenset({1}), {1}),
        (np.longdouble(3), 3),
    ],
)
def test_equal_takes_the_same_value_in_another_type(left, right):
    equal(left, right, "x")
    equal(right, left, "x")


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (True, 1),
        (0, False),
        ([True, 0], [1, 0]),
        ({"a": {"b": True}}, {"a": {"b": 1}}),
        ("3", 3),
        ("a", "A"),
        (None, 0),
        (None, False),
        ([], None),
        ([1, 2], [2, 1]),
        ([1], 1),
        ({1, 2}, [1, 2]),
        ({"a": 1}, {"a": 1, "b": 2}),
        (3.0000001, 3),
        (Hostile(), 3),
        ([Hostile()], [3]),
        (pd.DataFrame({"x": [1]}), 1),
        (b"a", "a"),
        (np.zeros((2, 2)), [0, 0]),
    ],
    ids=lambda v: type(v).__name__,
)
def test_equal_tells_values_apart(left, right):
    assert is_wrong(equal, left, right, "x")


def test_equal_says_what_came_and_what_was_expected():
    assert message(equal, (1, np.int64(2)), [1, 3], "the order") == "the order: You returned [1, 2]; [1, 3] was expected."
    assert message(equal, "a\nb", None, "the order") == r"the order: You returned 'a\nb'; None was expected."


def test_equal_names_the_mistake():
    mistakes = {"the order is turned round": ["b", "a"], "1 is returned for True": 1}
    assert "the order is turned round. You returned" in message(equal, np.array(["b", "a"]), ["a", "b"], "x", mistakes=mistakes)
    assert "1 is returned for True" in message(equal, 1, True, "x", mistakes=mistakes)
    assert "1 is returned" not in message(equal, True, "yes", "x", mistakes=mistakes)


# choice


@pytest.mark.parametrize("value", ["ship", "SHIP", "  Ship\n", np.str_("ship")])
def test_choice_ignores_case_and_blanks(value):
    choice(value, "ship", "the decision", among=["ship", "hold"])
    choice(value, "Ship", "the decision", among=["Ship", "Hold"])


@pytest.mark.parametrize("value", ["shipit", "", None, 3, True, ["ship"], Hostile()], ids=lambda v: type(v).__name__)
def test_choice_names_the_options_where_it_is_none_of_them(value):
    assert message(choice, value, "ship", "the decision", among=iter(["ship", "hold"])).startswith(
        "the decision: expected one of 'ship', 'hold', you returned "
    )


def test_choice_names_the_mistake():
    text = message(choice, " HOLD\n", "ship", "the decision", among=["ship", "hold", "ask"], mistakes={"too careful": "hold"})
    assert text.startswith("the decision: too careful. You returned ") and text.endswith("'ship' was expected.")
    assert "careful" not in message(choice, "ask", "ship", "the decision", among=["ship", "hold", "ask"], mistakes={"too careful": "hold"})


# between


@given(finite, st.floats(0, 1e6), st.floats(0, 1))
def test_between_holds_its_ends_and_all_within(low, width, share):
    high = low + width
    between(low, low, high, "x")
    between(high, low, high, "x")
    between(min(high, low + share * width), low, high, "x")
    assert is_wrong(between, np.nextafter(high, math.inf), low, high, "x")
    assert is_wrong(between, np.nextafter(low, -math.inf), low, high, "x")


@pytest.mark.parametrize(("value", "shown"), [(math.nan, "nan"), (math.inf, "inf"), (-math.inf, "-inf"), (np.float32(2), "2")])
def test_between_says_where_a_number_lies(value, shown):
    assert message(between, value, 0.25, 1, "the share") == f"the share: It is {shown}; between 0.25 and 1 was expected."


@pytest.mark.parametrize("value", [True, None, "0.5", [0.5], Hostile()], ids=lambda v: type(v).__name__)
def test_between_refuses_what_is_no_number(value):
    assert message(between, value, 0, 1, "the share").startswith("the share: expected a number, got ")


def test_between_names_a_mistake_by_its_interval():
    mistakes = {"errors are too small": (0.2, 0.6)}
    assert "errors are too small" in message(between, 0.6, 0.9, 1, "the coverage", mistakes=mistakes)
    assert "errors are too small" not in message(between, 0.61, 0.9, 1, "the coverage", mistakes=mistakes)


# frame

TABLE = pd.DataFrame({"user": ["a", "b", "c"], "n": [1, 2, 3], "rate": [0.5, math.nan, 0.25]})


def test_frame_ignores_column_order_index_and_whole_number_dtypes():
    frame(TABLE[["rate", "n", "user"]].astype({"n": float}).set_index(pd.Index([7, 7, 9])), TABLE, "x")
    frame(TABLE.astype({"n": "Int64", "rate": object}), TABLE, "x")
    frame(TABLE.assign(rate=[0.5, None, 0.25 + 1e-9]), TABLE, "x")


def test_frame_compares_rows_in_order_unless_told_by_what_to_sort():
    turned = TABLE.iloc[::-1]
    assert message(frame, turned, TABLE, "x") == "x: column 'user', row 0: you returned 'c', 'a' was expected."
    frame(turned, TABLE, "x", by=["user"])
    frame(TABLE, turned, "x", by=["user", "n"])
    assert "column 'n', row 2: you returned 9, 3 was expected" in message(frame, turned.assign(n=[9, 2, 1]), TABLE, "x", by=["user"])


def test_frame_sorts_by_a_column_that_also_names_the_index():
    frame(TABLE.iloc[::-1].set_index("user", drop=False), TABLE, "x", by=["user"])


def test_frame_says_what_is_wrong_with_the_columns():
    assert message(frame, TABLE.drop(columns="n"), TABLE, "x") == "x: the column 'n' is missing."
    assert message(frame, TABLE.assign(m=1), TABLE, "x") == "x: the column 'm' was not asked for."
    assert message(frame, TABLE.rename(columns={"n": "N"}), TABLE, "x") == "x: the column 'n' is missing; the column 'N' was not asked for."
    assert message(frame, pd.concat([TABLE, TABLE[["n"]]], axis=1), TABLE, "x") == "x: the column 'n' is there more than once."


def test_frame_says_what_is_wrong_with_the_rows():
    assert message(frame, TABLE.head(2), TABLE, "x") == "x: expected 3 rows, you returned 2."
    assert "column 'rate', row 1: you returned 0, nan was expected" in message(frame, TABLE.fillna(0), TABLE, "x")
    assert "you returned '1', 1 was expected" in message(frame, TABLE.astype({"n": str}), TABLE, "x")
    assert "cannot be sorted by user" in message(frame, TABLE.assign(user=["a", 1, None]), TABLE, "x", by=["user"])


@pytest.mark.parametrize("value", [None, [[1]], {"user": ["a"]}, TABLE.to_numpy(), TABLE["n"], Hostile()], ids=lambda v: type(v).__name__)
def test_frame_wants_a_data_frame(value):
    assert message(frame, value, TABLE, "x").startswith("x: expected a pandas DataFrame, you returned ")


def test_frame_compares_nested_and_boolean_values():
    nest = pd.DataFrame({"ids": [[1, 2], []], "ok": [True, False]})
    frame(pd.DataFrame({"ids": [(1, 2), np.array([])], "ok": np.array([True, False])}), nest, "x")
    assert "column 'ok', row 0: you returned 1, True" in message(frame, nest.assign(ok=[1, 0]), nest, "x")
    assert "column 'ids', row 1" in message(frame, nest.assign(ids=[[1, 2], [3]]), nest, "x")


def test_frame_names_the_mistake():
    mistakes = {"missing rates count as zero": TABLE.fillna(0), "the last user is left out": TABLE.head(2)}
    assert message(frame, TABLE.fillna(0), TABLE, "x", mistakes=mistakes).startswith("x: missing rates count as zero. column 'rate'")
    assert message(frame, TABLE.head(2), TABLE, "x", mistakes=mistakes).startswith("x: the last user is left out. expected 3 rows")
    assert message(frame, TABLE.head(1), TABLE, "x", mistakes=mistakes) == "x: expected 3 rows, you returned 1."


# mistakes that cannot be told from the right answer


@pytest.mark.parametrize(
    ("check", "args", "mistake", "more"),
    [
        (close, (3, 3), 3.0000000001, {}),
        (close, (math.nan, math.nan), math.nan, {}),
        (close, (3, 3), 3.2, {"rtol": 0.1}),
        (array, ([1, 2], [1, 2]), (1.0, 2.0), {}),
        (equal, ("a", "a"), np.str_("a"), {}),
        (equal, ([1], [1]), (1,), {}),
        (record, ({"a": 1, "b": 2}, {"a": 1, "b": 2}), {"b": 2.0}, {}),
        (record, ({"a": 1}, {"a": 1}), {"c": 1}, {}),
        (choice, ("a", "a"), "a", {"among": ["a", "b"]}),
        (between, (0.5, 0, 1), (1, 2), {}),
        (between, (0.5, 0, 1), (-1, 3), {}),
        (frame, (TABLE, TABLE), TABLE[["n", "rate", "user"]], {}),
        (frame, (TABLE, TABLE), TABLE.iloc[::-1], {"by": ["user"]}),
    ],
)
def test_a_mistake_that_gives_the_expected_value_is_the_authors_error(check, args, mistake, more):
    check(*args, "x", **more)
    with pytest.raises(AuthoringError, match="mistake 'not one'"):
        check(*args, "x", mistakes={"not one": mistake}, **more)


def test_other_errors_of_an_author_are_named():
    with pytest.raises(AuthoringError, match="not numeric"):
        array([1], ["a"], "x")
    with pytest.raises(AuthoringError, match="'c' is not among"):
        choice("a", "c", "x", among=["a", "b"])


# raises


def fail(error, *args, **kwargs):
    raise error


def test_raises_passes_on_the_error_or_a_kind_of_it():
    raises(ValueError, fail, ValueError("no"), what="x")
    raises(LookupError, fail, KeyError("no"), what="x")
    raises(ZeroDivisionError, lambda a, *, b: a / b, 1, b=0, what="x")


def test_raises_says_what_happened_instead():
    assert message(raises, ValueError, fail, KeyError("k"), what="no rows") == "no rows: expected ValueError, your function raised KeyError: 'k'"
    assert message(raises, ValueError, fail, TypeError("two\n lines"), what="x") == "x: expected ValueError, your function raised TypeError: two lines"
    assert message(raises, ValueError, lambda: [1, 2], what="no rows") == "no rows: expected ValueError, your function returned [1, 2]."
    assert message(raises, ValueError, lambda: None, what="x") == "x: expected ValueError, your function returned None."
    assert "your function raised Silent" in message(raises, ValueError, fail, Silent(), what="x")


@pytest.mark.parametrize("error", [ValueError, Exception, NotImplementedError])
def test_raises_lets_an_untouched_stub_through(error):
    with pytest.raises(NotImplementedError):
        raises(error, fail, NotImplementedError(), what="x")


# messages


@settings(max_examples=300)
@given(anything)
def test_show_is_one_short_line_for_any_object(value):
    text = show(value)
    assert text and len(text) <= 160 and len(text.splitlines()) == 1


@settings(max_examples=300)
@given(anything)
def test_a_comparison_passes_or_fails_in_one_line_whatever_comes(value):
    unlikely = "a value that nobody gives"
    checks = [
        lambda: close(value, 0.123456789, "x", mistakes={"m": 7.25}),
        lambda: array(value, [0.123456789, 2], "x", mistakes={"m": [7.25, 1]}),
        lambda: equal(value, unlikely, "x", mistakes={"m": [unlikely]}),
        lambda: record(value, {unlikely: 1}, "x", mistakes={"m": {unlikely: 2}}),
        lambda: record({"k": value}, {"k": [unlikely]}, "x", mistakes={"m": {"k": unlikely}}),
        lambda: record({"k": value}, {"k": {unlikely: 1}}, "x"),
        lambda: record({"k": value}, {"k": 0.123456789}, "x"),
        lambda: choice(value, unlikely, "x", among=[unlikely, "b"]),
        lambda: between(value, 0.1234567, 0.1234568, "x", mistakes={"m": (7, 8)}),
        lambda: frame(value, TABLE, "x", by=["user"], mistakes={"m": TABLE.head(1)}),
        lambda: frame(pd.DataFrame({"user": [value], "n": 1, "rate": 1}), pd.DataFrame({"user": [unlikely], "n": 1, "rate": 1}), "x", by=["user"]),
        lambda: raises(ValueError, lambda: value, what="x"),
    ]
    for check in checks:
        assert is_wrong(check)


def test_show_is_readable():
    shown = {
        "3": 3.0,
        "0.333333": 1 / 3,
        "1.5e-08": 1.5e-8,
        "1e+20": 1e20,
        "True": np.True_,
        "None": None,
        "[1.0, 2.5]": np.array([1, 2.5]),
        "an array of shape (3, 3)": np.eye(3),
        "a DataFrame of shape (3, 3)": TABLE,
        "an object of type Hostile": Hostile(),
        "{'a': [1, 2]}": {"a": (np.int64(1), 2)},
    }
    assert {text: show(value) for text, value in shown.items()} == {text: text for text in shown}
    assert show("x" * 500).endswith("...") and len(show("x" * 500)) == 160


def test_plain_leaves_only_pythons_own_types():
    value = {np.str_("a"): np.array([[1, 2]]), "b": (np.float32(0.5), pd.Series([True])), (np.int64(1), 2): {np.int64(3)}}
    assert repr(plain(value)) == "{'a': [[1, 2]], 'b': [0.5, [True]], (1, 2): {3}}"


def test_said_survives_an_error_that_cannot_be_printed():
    assert said(Silent()) == ""
    assert said(ValueError("one\n\ttwo")) == "one two"
