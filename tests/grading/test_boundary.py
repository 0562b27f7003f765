"""A learner's function behind a `Proxy`: what a call brings, what it does not see, what a broken or forging other side can do, and message parity."""

import builtins
import collections
import contextlib
import multiprocessing
import os
import threading
import time
import traceback
import warnings
from multiprocessing.connection import Pipe

import numpy as np
import pandas as pd
import pytest

from course.checks import compare, model
from course.checks.model import Outcome
from course.checks.run import define, describe, namespace, run_test
from course.grading import boundary
from course.grading.boundary import Gone, Proxy, Stopped, done, serve
from course.grading.codec import Opaque, Refused, pack, unpack

pytestmark = pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="the far side is forked")


class Served:
    """`serve` with these names in a process of its own."""

    def __init__(self, names):
        self.near, far = Pipe()
        self.process = multiprocessing.get_context("fork").Process(target=self._run, args=(far, names), daemon=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pytest has threads; the child uses none of theirs
            self.process.start()
        far.close()

    def _run(self, far, names):
        self.near.close()
        serve(far, names)

    def __getitem__(self, name):
        return Proxy(name, self.near)

    def close(self):
        done(self.near)
        self.process.join(5)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
        self.near.close()


@pytest.fixture
def far():
    """A function that defines text as cells of a kernel do and serves what it defines."""
    sides = []

    def start(text="", **names):
        own = {"__name__": "__main__", "np": np, "pd": pd, **names}
        exec(compile(text, "<cell>", "exec"), own)
        sides.append(Served(own))
        return sides[-1]

    yield start
    for side in sides:
        side.close()


def raised(call, *args, **kwargs):
    with pytest.raises(BaseException) as caught:
        call(*args, **kwargs)
    return caught.value


# Calls


@pytest.mark.parametrize(
    "value",
    [None, 3, 2.5, "zoë", [1, (2, {3})], {"a": {"b": 1}}, np.arange(6).reshape(2, 3), pd.DataFrame({"a": [1, 2]}), 2**100],
    ids=lambda v: type(v).__name__,
)
def test_values_go_and_come(far, value):
    back = far("def same(value):\n    return value")["same"](value)
    assert type(back) is type(value)
    assert repr(back) == repr(value)


def test_arguments_by_place_and_name(far):
    both = far("def both(*args, **kwargs):\n    return args, kwargs")["both"]
    assert both(1, "b", x=[1], y=None) == ((1, "b"), {"x": [1], "y": None})
    assert both() == ((), {})


def test_defaults_lambdas_classes_and_callables(far):
    side = far("def add(a, b=2):\n    return a + b\n\n\nshort = lambda a: a * 2\n\n\nclass Box(dict):\n    pass\n")
    assert side["add"](1) == 3
    assert side["short"](4) == 8
    assert side["Box"](a=1) == {"a": 1}


def test_a_proxy_has_the_functions_name(far):
    proxy = far("def share():\n    pass")["share"]
    assert proxy.__name__ == "share" and repr(proxy) == "<function share>" and callable(proxy)


def test_many_calls_keep_the_far_sides_state(far):
    count = far("calls = []\n\n\ndef count():\n    calls.append(1)\n    return len(calls)")["count"]
    assert [count() for _ in range(200)] == list(range(1, 201))


def test_a_function_defined_later_is_found(far):
    """A cell may define a function anew between two exercises."""
    side = far("def define():\n    globals()['later'] = lambda: 'now'")
    assert isinstance(raised(side["later"]), NameError)
    side["define"]()
    assert side["later"]() == "now"


def test_prints_and_warnings_are_dropped(far, capfd):
    loud = far("import sys, warnings\n\n\ndef loud():\n    print('out')\n    print('err', file=sys.stderr)\n    warnings.warn('old')\n    return 1")["loud"]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert loud() == 1
    assert caught == [] and capfd.readouterr() == ("", "")


def test_changes_of_an_argument_are_not_seen(far):
    spoil = far(
        "def spoil(items, table, array):\n    items.append(9)\n    table['new'] = 1\n    array[:] = 0\n    return len(items), list(table), array.sum()"
    )["spoil"]
    items, table, array = [1], pd.DataFrame({"a": [1]}), np.ones(3)
    assert spoil(items, table, array) == (2, ["a", "new"], 0)
    assert items == [1] and list(table) == ["a"] and array.tolist() == [1, 1, 1]


def test_results_that_are_not_plain_are_opaque(far):
    side = far("class Model:\n    def __eq__(self, other):\n        return True\n\n\ndef model():\n    return Model()\n\n\ndef numbers():\n    yield 1")
    model = side["model"]()
    assert isinstance(model, Opaque) and repr(model) == "<Model>" and model != 1
    assert isinstance(side["numbers"](), Opaque)


def test_a_function_may_be_an_argument_only_as_an_opaque_thing(far):
    side = far("def kind(value):\n    return type(value).__name__\n\n\ndef call(value):\n    return value()")
    assert side["kind"](len) == "builtin_function_or_method"
    assert isinstance(raised(side["call"], lambda: 1), TypeError)


# Streams


class Counted:
    """An iterator that counts what was taken from it."""

    def __init__(self, size):
        self.taken, self.size = 0, size

    def __iter__(self):
        return self

    def __next__(self):
        if self.taken == self.size:
            raise StopIteration
        self.taken += 1
        return self.taken


def test_an_iterator_is_read_only_as_far_as_it_is_used(far):
    side = far(
        "import itertools\n\n\ndef first(items, n):\n    return list(itertools.islice(items, n))\n\n\ndef ignore(items):\n    return type(items).__name__"
    )
    items = Counted(10**9)
    assert side["ignore"](items) == "generator"
    assert items.taken == 0
    assert side["first"](items, 5) == [1, 2, 3, 4, 5]
    assert items.taken == 5
    assert side["first"](items, 2) == [6, 7]


def test_an_iterator_is_read_to_its_end(far):
    total = far("def total(items):\n    return sum(items), list(items)")["total"]
    assert total(iter(range(100))) == (4950, [])
    assert total(n for n in ()) == (0, [])
    assert total(item for item in [np.float64(1.5), 2]) == (3.5, [])


def test_iterators_may_be_interleaved_and_nested_in_data(far):
    weave = far("def weave(a, pair):\n    return [x for each in zip(a, pair['b'], pair['b']) for x in each]")["weave"]
    assert weave(iter("abc"), {"b": iter(range(10))}) == ["a", 0, 1, "b", 2, 3, "c", 4, 5]


def test_an_iterator_of_iterators(far):
    flat = far("def flat(items):\n    return [x for item in items for x in item]")["flat"]
    assert flat(iter([[1, 2], (3,), range(2)])) == [1, 2, 3, 0, 1]


def test_an_error_of_an_iterator_stays_in_the_examiner_and_the_channel_usable(far):
    """The iterator belongs to the test: its error is the test's, not the learner's, and what comes after is not confused by it."""

    def broken():
        yield 1
        raise LookupError("the test's own")

    side = far("def total(items):\n    return sum(items)\n\n\ndef three():\n    return 3")
    error = raised(side["total"], broken())
    assert isinstance(error, LookupError) and "the test's own" in str(error)
    assert side["three"]() == 3
    assert side["total"](iter([1, 2])) == 3


def test_an_iterator_kept_beyond_its_call_gives_nothing(far):
    """Another call cannot read it: the learner's process is taken for lost, or the stream for ended; no answer goes astray."""
    side = far("kept = []\n\n\ndef keep(items):\n    kept.append(items)\n    return next(items)\n\n\ndef use():\n    return list(kept[0])\n")
    assert side["keep"](iter("abc")) == "a"
    assert isinstance(raised(side["use"]), Gone | Exception)


def test_an_unencodable_item_ends_the_call_and_not_the_channel(far):
    """Too deep to cross: the test is told so, the next call works."""
    deep = []
    for _ in range(5000):
        deep = [deep]
    side = far("def total(items):\n    return len(list(items))\n\n\ndef three():\n    return 3")
    assert isinstance(raised(side["total"], iter([deep])), Refused)
    assert side["three"]() == 3


# Exceptions


def test_an_exception_keeps_name_text_base_and_line(far):
    text = "class Odd(KeyError):\n    pass\n\n\ndef inner(x):\n    raise Odd('no ' + x)\n\n\ndef outer(x):\n    return inner(x)\n"
    error = raised(far(text)["outer"], "key")
    assert type(error).__name__ == "Odd"
    assert isinstance(error, KeyError) and isinstance(error, LookupError)
    assert str(error) == "'no key'"
    assert [(frame.name, frame.lineno) for frame in error.frames] == [("outer", 10), ("inner", 6)]


@pytest.mark.parametrize(
    "name",
    [
        *["ValueError", "TypeError", "ZeroDivisionError", "OverflowError", "IndexError", "KeyError", "AttributeError", "RuntimeError", "RecursionError"],
        *["NotImplementedError", "AssertionError", "MemoryError", "StopIteration", "OSError", "FileNotFoundError", "PermissionError", "TimeoutError"],
        *["UnicodeError", "EOFError", "ImportError", "ModuleNotFoundError", "ArithmeticError", "BufferError", "SyntaxError", "UserWarning", "SystemExit"],
    ],
)
def test_built_in_exceptions_keep_their_kind(far, name):
    kind = getattr(builtins, name)
    error = raised(far(f"def fail():\n    raise {name}('why')")["fail"])
    assert isinstance(error, kind) and type(error).__name__ == name
    assert str(error) == str(kind("why"))


def test_the_nearest_built_in_base_is_found(far):
    error = raised(far("def fail():\n    raise np.linalg.LinAlgError('singular')")["fail"])
    assert isinstance(error, ValueError) and type(error).__name__ == "LinAlgError"
    error = raised(far("def fail():\n    return pd.DataFrame({'a': [1]})['b']")["fail"])
    assert isinstance(error, KeyError) and str(error) == "'b'"
    error = raised(far("def fail():\n    b'\\xff'.decode()")["fail"])
    assert isinstance(error, ValueError) and type(error).__name__ == "UnicodeDecodeError"
    error = raised(far("def fail():\n    raise ExceptionGroup('several', [ValueError('a')])")["fail"])
    assert isinstance(error, Exception) and type(error).__name__ == "ExceptionGroup"


def test_raises_sees_the_right_kind(far):
    side = far("def fail(kind):\n    raise {'v': ValueError, 'k': KeyError, 'n': NotImplementedError}[kind]('x')")
    compare.raises(ValueError, side["fail"], "v", what="v")
    compare.raises(LookupError, side["fail"], "k", what="k")
    with pytest.raises(compare.CheckFailed, match="raised KeyError"):
        compare.raises(ValueError, side["fail"], "k", what="k")
    with pytest.raises(NotImplementedError):
        compare.raises(ValueError, side["fail"], "n", what="n")


def test_a_missing_function_is_a_name_error_of_its_name(far):
    error = raised(far()["share"], 1)
    assert isinstance(error, NameError) and error.name == "share" and str(error) == "name 'share' is not defined"
    error = raised(far("def share():\n    return other")["share"])
    assert isinstance(error, NameError) and error.name == "other"


@pytest.mark.parametrize(
    ("expression", "base"),
    [
        ("KeyboardInterrupt()", Stopped),
        ("type('Mine', (KeyboardInterrupt,), {})()", Stopped),
        ("GeneratorExit()", Exception),
        ("type('Base', (BaseException,), {})('x')", Exception),
        ("SystemExit(3)", SystemExit),
    ],
)
def test_base_exceptions_end_no_test_run(far, expression, base):
    side = far(f"def fail():\n    raise {expression}\n\n\ndef three():\n    return 3")
    assert isinstance(raised(side["fail"]), base)
    assert side["three"]() == 3


@pytest.mark.parametrize(
    "body",
    [
        "raise type('E', (Exception,), {'__str__': lambda self: 1 / 0})()",
        "raise type('E', (Exception,), {'__str__': lambda self: 3})()",
        "raise type('E', (Exception,), {'__str__': lambda self: 'x' * 10**7})()",
        "raise type('E', (Exception,), {'__str__': lambda self: '\\ud800'})()",
        "raise type('E' * 10**6, (Exception,), {})()",
        "raise type('', (Exception,), {})()",
        "return share()",
        "raise ValueError(*range(1000))",
        "raise type('E', (NameError,), {'name': property(lambda self: 1 / 0)})()",
        "raise type('E', (NameError,), {'name': 'share'})()",
        "raise type('E', (Exception,), {'__str__': lambda self: (_ for _ in ()).throw(SystemExit)})()",
        "raise type('E', (Exception,), {'__str__': lambda self: (_ for _ in ()).throw(KeyboardInterrupt)})()",
        "raise type('Gone', (BaseException,), {})()",
        "raise type('CheckFailed', (AssertionError,), {})('forged')",
        "return type('L', (dict,), {'__iter__': lambda self: 1 / 0, 'keys': lambda self: 1 / 0})(a=1)",
        "return type('M', (__import__('collections').abc.Mapping,), {'__getitem__': None, '__iter__': lambda s: 1 / 0, '__len__': len})()",
    ],
    ids=range(16),
)
def test_strange_exceptions_and_results_harm_no_other_call(far, body):
    side = far(f"def share():\n    {body}\n\n\ndef three():\n    return 3")
    try:
        side["share"]()
    except Stopped:
        assert "KeyboardInterrupt" in body
    except Exception as error:
        assert len(str(error)) <= 2000
        assert describe(error, "share")[0] in (Outcome.WRONG, Outcome.OUT_OF_MEMORY)
    assert side["three"]() == 3


def test_an_exception_with_a_class_that_lies_is_still_what_it_is(far):
    error = raised(far("def fail():\n    e = ValueError('x')\n    e.__class__\n    raise e from KeyError('y')")["fail"])
    assert type(error).__name__ == "ValueError"


# Size and forgery


def test_an_oversized_result_is_refused_with_its_size(far, monkeypatch):
    monkeypatch.setattr(boundary, "LARGEST", 2**20)
    side = far("def large(n):\n    return b'x' * n")
    error = raised(side["large"], 3 * 2**20)
    assert isinstance(error, Exception) and not isinstance(error, ValueError)
    assert "the result has 3 MB; at most 1 MB can be looked at" in str(error)
    assert len(side["large"](2**19)) == 2**19


def far_end(*answers):
    """A proxy whose other side answers a call with these, one after the other: bytes as they are, lists as answers to that call."""
    near, other = Pipe()

    def play():
        try:
            call = unpack(other.recv_bytes(), lambda numbers: iter(()))[1]
            for answer in answers:
                other.send_bytes(answer if isinstance(answer, bytes) else pack([call, *answer]))
            while True:
                other.recv_bytes()
        except (EOFError, OSError):
            pass
        finally:
            other.close()

    threading.Thread(target=play, daemon=True).start()
    return Proxy("share", near)


@pytest.mark.parametrize(
    "answer",
    [
        *[b"", b"garbage", b"\xc1", pack(None), pack([]), pack(["return", 1]), pack(["x", "return", 1]), pack({"return": 1}), pack("return"), pack(7)],
        *[[], ["return"], ["return", 1, 2], ["other", 1], ["next", 0], ["next", -1], ["next", "0"], ["test"], ["result", []], ["refused", 3]],
        *[["raise", "ValueError", "x", []], ["raise", ["ValueError"], 3, []], ["raise", ["ValueError"], "x", [[1]]], ["raise", ["ValueError"], "x", [5]]],
        *[["raise", ["ValueError"], "x", [["f", "many"]]], ["raise", [["ValueError"]], "x", []], ["raise", ["E\x00"], "x", []]],
        *[["raise", ["\ud800"], "x", []], ["raise", [None], "x", []]],
    ],
    ids=range(29),
)
def test_what_is_no_answer_gives_gone(answer):
    """Never a result, and never an error that a `raises` check could take for the learner's own."""
    assert isinstance(raised(far_end(answer)), Gone)


def test_an_answer_to_another_call_is_none():
    assert isinstance(raised(far_end(pack(["0123456789abcdef", "return", 1]))), Gone)


def test_a_forged_failure_is_only_an_exception():
    forgeries = [
        *[["SystemExit"], ["BaseException"], ["__import__"], ["Gone", "BaseException"], ["GeneratorExit"], ["BaseExceptionGroup"], ["ExceptionGroup"]],
        *[["UnicodeDecodeError"], ["print"], [], ["name "], ["name share"], ["name x", "NameError", "Exception"], ["Refused", "Exception"]],
    ]
    for names in forgeries:
        error = raised(far_end(["raise", names, "text", []]))
        assert isinstance(error, Exception | SystemExit), names
        assert str(error) == "text"
        assert not isinstance(error, Gone | Stopped | Refused)
        describe(error, "share")


def test_a_forged_failure_with_endless_frames_and_text_is_bounded():
    error = raised(far_end(["raise", ["ValueError"], "x" * 10**6, [["share", 1]] * 10**5]))
    assert len(describe(error, "share")[1]) < 500


def test_a_message_beyond_the_limit_is_not_read(monkeypatch):
    monkeypatch.setattr(boundary, "LARGEST", 1000)
    assert isinstance(raised(far_end(["return", b"x" * 5000])), Gone)


def test_a_forged_demand_for_items_beyond_the_end_is_answered_and_harmless():
    assert far_end(*[["next", 0]] * 50, ["return", 1])(iter([1, 2])) == 1


@pytest.mark.parametrize("message", [b"", b"garbage", pack(["call"]), pack(["call", "1", "f", [], {}, 1]), pack(7), pack(["done"])], ids=range(6))
def test_serve_ends_on_anything_but_a_call(message):
    """What it is told that is no message may raise; it never runs anything."""
    near, other = Pipe()
    ran = []
    near.send_bytes(message)
    with contextlib.suppress(Refused):
        serve(other, {"f": lambda: ran.append(1)})
    assert ran == []


def test_serve_answers_a_call_with_senseless_parts():
    near, other = Pipe()
    thread = threading.Thread(target=serve, args=(other, {"f": lambda *args: args}), daemon=True)
    thread.start()
    for call in (["f", 5, {}], ["f", [], 5], ["f", [], {1: 2}], [["f"], [], {}], ["f", [1], {}]):
        near.send_bytes(pack(["call", "7", *call]))
        assert near.poll(5)
        answer = unpack(near.recv_bytes())
        assert answer[:2] == ["7", "return" if call == ["f", [1], {}] else "raise"]
    done(near)
    thread.join(5)
    assert not thread.is_alive()


# Death


@pytest.mark.parametrize("body", ["import os; os._exit(0)", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "import ctypes; ctypes.string_at(0)"])
def test_a_far_side_that_dies_gives_gone(far, body):
    side = far(f"def share(*values):\n    {body}")
    start = time.monotonic()
    error = raised(side["share"], 1)
    assert isinstance(error, Gone) and not isinstance(error, Exception)
    assert isinstance(raised(side["share"]), Gone)
    assert time.monotonic() - start < 5


def test_a_far_side_that_dies_while_it_reads_a_stream_gives_gone(far):
    side = far("import os\n\n\ndef share(items):\n    next(items)\n    os._exit(3)")
    assert isinstance(raised(side["share"], iter(range(10))), Gone)


def test_a_far_side_that_closes_its_channel_gives_gone(far):
    assert isinstance(raised(far("import os\n\n\ndef share():\n    os.closerange(3, 100)")["share"]), Gone)


def test_a_far_side_that_says_half_a_message_and_dies_gives_gone():
    near, other = Pipe()

    def play():
        other.recv_bytes()
        os.write(other.fileno(), b"\x00\x00\x10\x00half")
        other.close()

    threading.Thread(target=play, daemon=True).start()
    assert isinstance(raised(Proxy("share", near)), Gone)


def test_serve_ends_when_the_examiner_is_gone(far):
    side = far()
    side.near.close()
    side.process.join(5)
    assert not side.process.is_alive()


def test_done_on_a_closed_channel_is_silent():
    near, other = Pipe()
    other.close()
    done(near)


# Message parity

LOCKED = [("setup", "import math\n\nimport numpy as np\nimport pandas as pd\n\nfrom course import checks\n")]
FAILURES = {
    "stub": "def share(part, whole):\n    raise NotImplementedError\n",
    "stub with text": "def share(part, whole):\n    raise NotImplementedError('later')\n",
    "calls a stub": "def helper():\n    raise NotImplementedError\n\n\ndef share(part, whole):\n    return helper()\n",
    "zero": "def share(part, whole):\n    x = 1\n    return x / 0\n",
    "key": "def share(part, whole):\n    return {}[part]\n",
    "column": "def share(part, whole):\n    return pd.DataFrame({'a': [1]})['b'].sum()\n",
    "in a helper": "def helper(x):\n    return x + 'a'\n\n\ndef share(part, whole):\n    return helper(part)\n",
    "in a comprehension": "def share(part, whole):\n    return [1 / (n - 1) for n in range(3)]\n",
    "in a lambda": "def share(part, whole):\n    return sorted([3, 1], key=lambda n: n / 0)[0]\n",
    "in a nested function of its name": "def share(part, whole):\n    def share():\n        return 1 / 0\n    return share()\n",
    "in a library": "def share(part, whole):\n    return np.linalg.inv(np.zeros((2, 2)))\n",
    "in a deep library": "def share(part, whole):\n    return pd.DataFrame({'a': ['x', 1]}).sort_values('a')\n",
    "wrong signature": "def share(part):\n    return part\n",
    "no arguments": "def share():\n    return 1\n",
    "unknown name": "def share(part, whole):\n    return hole\n",
    "unbound": "def share(part, whole):\n    part += later\n    later = 1\n    return part\n",
    "attribute": "def share(part, whole):\n    return part.size_of()\n",
    "import": "def share(part, whole):\n    import nosuchmodule\n",
    "import name": "def share(part, whole):\n    from math import nosuchname\n",
    "index": "def share(part, whole):\n    return [1][3]\n",
    "assertion": "def share(part, whole):\n    assert part > whole\n",
    "assertion with text": "def share(part, whole):\n    assert part > whole, 'the part is smaller'\n",
    "memory": "def share(part, whole):\n    raise MemoryError\n",
    "exit": "def share(part, whole):\n    raise SystemExit(2)\n",
    "exit without status": "def share(part, whole):\n    import sys\n    sys.exit()\n",
    "recursion": "def share(part, whole):\n    return share(part, whole)\n",
    "mutual recursion": "def other(x):\n    return share(x, x)\n\n\ndef share(part, whole):\n    return other(part)\n",
    "own class": "class TooSmall(ValueError):\n    pass\n\n\ndef share(part, whole):\n    raise TooSmall(part)\n",
    "own class with text": "class Odd(Exception):\n    def __str__(self):\n        return 'odd\\n  indeed'\n\n\ndef share(part, whole):\n    raise Odd\n",
    "unprintable": "class Odd(Exception):\n    def __str__(self):\n        raise ValueError\n\n\ndef share(part, whole):\n    raise Odd\n",
    "long text": "def share(part, whole):\n    raise ValueError('long ' * 1000)\n",
    "long text without blanks": "def share(part, whole):\n    raise ValueError('x' * 5000)\n",
    "several arguments": "def share(part, whole):\n    raise ValueError('a', 2, None)\n",
    "no text": "def share(part, whole):\n    raise ValueError\n",
    "unicode": "def share(part, whole):\n    return b'\\xff\\xfe'.decode('utf-8')\n",
    "group": "def share(part, whole):\n    raise ExceptionGroup('several', [ValueError('a'), KeyError('b')])\n",
    "stop iteration": "def share(part, whole):\n    return next(iter([]))\n",
    "file": "def share(part, whole):\n    return open('/nosuch/file').read()\n",
    "os error": "def share(part, whole):\n    raise OSError(13, 'no way', 'name')\n",
    "chained": "def share(part, whole):\n    try:\n        1 / 0\n    except ZeroDivisionError as error:\n        raise KeyError('k') from error\n",
    "syntax": "def share(part, whole):\n    return eval('1 +')\n",
    "warning as error": "def share(part, whole):\n    import warnings\n    warnings.simplefilter('error')\n    warnings.warn('x')\n",
    "decorated": (
        "import functools\n\n\ndef twice(f):\n    @functools.wraps(f)\n    def inner(*args):\n        return f(*args)\n    return inner\n\n\n"
        "@twice\ndef share(part, whole):\n    return 1 / 0\n"
    ),
    "a lambda": "share = lambda part, whole: part / 0\n",
    "a class": "class share:\n    def __init__(self, part, whole):\n        raise ValueError('x')\n",
    "not callable": "share = 3\n",
    "none": "def share(part, whole):\n    pass\n",
    "wrong number": "def share(part, whole):\n    return part\n",
    "text": "def share(part, whole):\n    return '0.5'\n",
    "an array": "def share(part, whole):\n    return np.array([part, whole])\n",
    "a large array": "def share(part, whole):\n    return np.arange(100.0)\n",
    "a frame": "def share(part, whole):\n    return pd.DataFrame({'a': [1]})\n",
    "an index": "def share(part, whole):\n    return pd.Index([1, 2])\n",
    "a boolean": "def share(part, whole):\n    return np.bool_(True)\n",
    "a complex": "def share(part, whole):\n    return 1j\n",
    "a counter": "import collections\n\n\ndef share(part, whole):\n    return collections.Counter('aab')\n",
    "a named tuple": "import collections\n\n\ndef share(part, whole):\n    return collections.namedtuple('P', 'a b')(1, 2)\n",
    "a set": "def share(part, whole):\n    return {3, 1, 2}\n",
    "a nan": "def share(part, whole):\n    return float('nan')\n",
    "a huge int": "def share(part, whole):\n    return 10**400\n",
    "a stamp": "def share(part, whole):\n    return pd.Timestamp('2024')\n",
    "missing": "def share(part, whole):\n    return pd.NA\n",
    "nothing defined": "other = 1\n",
}
TESTS = {
    "close": 'checks.close(share(1, 4), 0.25, "the share", mistakes={"that is the part": 1})',
    "equal": 'checks.equal(share(1, 4), [1, 2], "the share")',
    "array": 'checks.array(share(1, 4), [0.5, 1], "the shares")',
    "record": 'checks.record(share(1, 4), {"a": 3, "b": 1}, "the counts")',
    "frame": 'checks.frame(share(1, 4), pd.DataFrame({"a": [2]}), "the table")',
    "raises": 'checks.raises(LookupError, share, 1, 4, what="a bad part")',
    "assert": "assert share(1, 4) == 0.25",
    "arithmetic": "checks.close(share(1, 4) * 2 + share(2, 4), 0.5, 'twice')",
}


@pytest.mark.parametrize("answer", list(FAILURES))
def test_a_remote_verdict_reads_as_a_local_one(answer):
    """Outcome and message of every kind of test cell, with the function here and over there.

    What a test does with a Counter itself, it does with a dict over here: that a subclass arrives as its plain base is the codec's rule.
    """
    names = namespace(LOCKED)
    text = FAILURES[answer]
    own = {**names}
    exec(compile(text, "<your cell>", "exec"), own)
    remote = Served(own)
    try:
        differing = {}
        for kind, source in TESTS.items():
            if (answer, kind) == ("a counter", "arithmetic"):
                continue
            test = model.Test(f"share-{kind}", "share", kind, 1.0, source)
            here = run_test(test, own["share"], names) if "share" in own else missing_here(test, names)
            there = run_test(test, remote["share"], names)
            if (here.outcome, here.message) != (there.outcome, there.message):
                differing[kind] = {"here": (here.outcome, here.message), "there": (there.outcome, there.message)}
        assert differing == {}
    finally:
        remote.close()


def missing_here(test, names):
    """What a test says in a notebook in which the function was never defined."""

    def undefined(*args, **kwargs):
        raise NameError(f"name {test.exercise!r} is not defined", name=test.exercise)

    return run_test(test, undefined, names)


@pytest.mark.parametrize("exercise", ["outer", "inner"])
def test_the_line_is_that_of_the_exercises_own_function(far, exercise):
    text = "def inner(x):\n    y = 1\n    return y / x\n\n\ndef outer(x):\n    return inner(x)\n"
    local = define(text, "outer", {})
    here = raised(local, 0)
    there = raised(far(text)["outer"], 0)
    assert describe(here, exercise) == describe(there, exercise)
    assert f"in line {7 if exercise == 'outer' else 3} of the cell" in describe(there, exercise)[1]


def test_the_frames_are_the_learners_alone(far):
    error = raised(far("def share(x):\n    return x / 0")["share"], 1)
    local = [frame.name for frame in traceback.extract_tb(raised(define("def share(x):\n    return x / 0", "share", {}), 1).__traceback__)]
    assert [frame.name for frame in error.frames] == ["share"] == local[-1:]


def test_a_test_may_use_the_function_in_every_way(far):
    """Proxies as keys, in `map`, in threads one after the other, in `functools.partial`."""
    double = far("def double(n):\n    return 2 * n")["double"]
    assert list(map(double, [1, 2])) == [2, 4]
    assert collections.OrderedDict({double: 1})[double] == 1
    assert pd.Series([1, 2]).map(double).tolist() == [2, 4]
