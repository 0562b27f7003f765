import sys
import warnings

import pytest

from course.checks import CheckFailed, model
from course.checks.model import Exercise, Outcome, Section
from course.checks.run import define, describe, namespace, run_tests


def exercise(*sources, name="f"):
    tests = tuple(model.Test(f"{name}-{number}", name, str(number), 2.0, source) for number, source in enumerate(sources))
    return Exercise(name, "core", name, "", "", (), "", tests)


def outcome(function, source, names=None):
    (result,) = run_tests(exercise(source), function, names or {})
    assert result.points == (2 if result.outcome is Outcome.PASSED else 0) and result.max_points == 2
    return result.outcome, result.message


def test_a_test_that_raises_nothing_is_passed():
    assert outcome(lambda: 3, "assert f() == 3, 'no'") == (Outcome.PASSED, "")


def test_a_failed_check_is_wrong_with_its_message():
    source = "from course import checks\nchecks.close(f(), 3, 'the sum', mistakes={'one is left out': 2})"
    assert outcome(lambda: 2, source) == (Outcome.WRONG, "the sum: one is left out. You returned 2; 3 was expected.")
    assert outcome(lambda: 2, "assert f() == 3, f'{f()} came'") == (Outcome.WRONG, "2 came")
    assert outcome(lambda: 2, "assert f() == 3") == (Outcome.WRONG, "an assertion failed")


@pytest.mark.parametrize(
    "source", ["f()", "from course import checks\nchecks.raises(ValueError, f, what='x')", "from course import checks\nchecks.raises(Exception, f, what='x')"]
)
def test_an_untouched_stub_is_not_attempted(source):
    names = {}
    function = define("def f():\n    raise NotImplementedError()", "f", names)
    assert outcome(function, source) == (Outcome.NOT_ATTEMPTED, "not attempted")


def test_an_exception_is_told_with_the_line_of_the_cell():
    function = define("import math\n\n\ndef f():\n    x = 1\n    return math.sqrt(-x)", "f", {})
    assert outcome(function, "\n\n\n\n\n\nf()") == (Outcome.WRONG, "`f` raised ValueError in line 6 of the cell: math domain error")


def test_the_line_is_the_one_in_the_function_however_deep_the_error():
    function = define("def g(n):\n    return [][n]\n\n\ndef f():\n    return g(3)", "f", {})
    assert outcome(function, "f()")[1] == "`f` raised IndexError in line 6 of the cell: list index out of range"


def test_an_exception_outside_the_function_has_no_line():
    assert outcome(lambda: None, "f().x") == (Outcome.WRONG, "`f` raised AttributeError: 'NoneType' object has no attribute 'x'")


def test_the_text_of_an_exception_is_one_line_and_cut():
    def f():
        raise RuntimeError("a\n  b" + "c" * 1000)

    text = outcome(f, "f()")[1]
    assert "a bc" in text and len(text) < 400 and "\n" not in text


def test_an_exception_that_cannot_be_printed_is_named():
    class Silent(Exception):
        def __str__(self):
            raise RuntimeError

    def f():
        raise Silent

    assert outcome(f, "f()")[1].startswith("`f` raised Silent in line ")


@pytest.mark.parametrize("leave", [lambda: sys.exit(3), lambda: exit(), lambda: sys.exit("done")])
def test_a_call_that_ends_python_is_wrong(leave):
    result, text = outcome(leave, "f()")
    assert result is Outcome.WRONG and "`f` raised SystemExit" in text


def test_too_much_memory_and_recursion_are_told():
    def greedy():
        raise MemoryError

    def endless():
        return endless()

    assert outcome(greedy, "f()") == (Outcome.OUT_OF_MEMORY, "your function used more memory than it may")
    assert "`f` raised RecursionError" in outcome(endless, "f()")[1]


def test_prints_and_warnings_are_dropped(capfd):
    def noisy():
        print("out")
        print("err", file=sys.stderr)
        warnings.warn("careful", stacklevel=1)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert outcome(noisy, "f()") == (Outcome.PASSED, "")
    assert capfd.readouterr() == ("", "")


def test_a_test_cannot_change_the_names_of_the_next():
    names = {"limit": 1, "helper": len}
    first = "limit = 5\nhelper = None\nextra = 1\nf = None"
    second = "assert limit == 1 and helper('ab') == 2, 'changed'\nassert 'extra' not in globals(), 'left behind'\nassert f() == 7, 'f is gone'"
    results = run_tests(exercise(first, second), lambda: 7, names)
    assert [(result.outcome, result.message) for result in results] == [(Outcome.PASSED, "")] * 2
    assert names == {"limit": 1, "helper": len}


def test_each_test_is_run_whatever_became_of_the_one_before():
    results = run_tests(exercise("assert False, 'no'", "import sys; sys.exit()", "1 / 0", "f()"), lambda: 1, {})
    assert [result.points for result in results] == [0, 0, 0, 2]
    assert [result.grade_id for result in results] == ["f-0", "f-1", "f-2", "f-3"]


def test_namespace_holds_what_the_locked_cells_define_and_no_more():
    section = Section("s", "S", {}, (("setup", "import math\nSIDE = 2"), ("area", "def area():\n    return math.pi * SIDE**2")))
    names = namespace(section.locked)
    assert names["area"]() == pytest.approx(12.566, abs=1e-3)
    assert set(names) == {"__name__", "__builtins__", "math", "SIDE", "area"}


def test_define_leaves_the_names_alone_and_passes_errors_on():
    names = {"base": 10}
    assert define("step = 1\ndef f():\n    return base + step", "f", names)() == 11
    assert names == {"base": 10}
    with pytest.raises(SyntaxError):
        define("def f(:", "f", names)
    with pytest.raises(ZeroDivisionError):
        define("1 / 0", "f", names)
    with pytest.raises(KeyError):
        define("def g(): pass", "f", names)


def test_describe_tells_a_failed_check_from_another_error():
    assert describe(CheckFailed("the mean", "You returned 1."), "f") == (Outcome.WRONG, "the mean: You returned 1.")
    assert describe(KeyError("user"), "f") == (Outcome.WRONG, "`f` raised KeyError: 'user'")
