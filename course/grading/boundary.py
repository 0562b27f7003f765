"""A learner's function, called from another process: the examiner holds a `Proxy`, the student process runs `serve`. Only plain data crosses.

An argument that the function changes is changed in the student process alone: the examiner does not see it. What the function prints or warns is dropped.
An exception of the function's is raised in the examiner with its text, as an exception of the same name that is also the nearest built-in one.
"""

from __future__ import annotations

import builtins
import contextlib
import errno
import io
import secrets
import traceback
import warnings
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from typing import Any

from course.checks.run import Frame
from course.grading.codec import Refused, pack, unpack

LARGEST = 256 * 2**20  # bytes of one message
_DEEPEST = 50  # frames of a traceback that cross
_LONGEST = 2000  # characters of an exception's text that cross


class Gone(BaseException):
    """The student process ended during a call. Not an Exception: no test may take it for an error of the learner's."""


class Stopped(BaseException):
    """The call was interrupted from outside, because its time was up."""


class Proxy:
    """Stands for the learner's function `name`; calling it calls that function in the student process, over `channel`."""

    def __init__(self, name: str, channel: Connection):
        self.__name__ = name
        self._channel = channel

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        streams: list[Iterator[Any]] = []
        call = secrets.token_hex(8)  # an answer that does not name its call was made before it, or for another one
        message = pack(["call", call, self.__name__, list(args), kwargs], lambda items: streams.append(items) or [call, len(streams) - 1])
        failed: Exception | None = None  # what a test's own iterator raised; the call is brought to its end first
        while True:
            match self._ask(message, call):
                case ["next", int(number)] if 0 <= number < len(streams):
                    message = pack(["end"])
                    try:
                        item = _END if failed else next(streams[number], _END)
                        message = message if item is _END else pack(["item", item])
                    except Exception as error:
                        failed = error
                case _ if failed:
                    raise failed
                case ["return", value]:
                    return value
                case ["raise", list(names), str(text), list(frames)]:
                    try:
                        error = _exception(names, text, frames)
                    except Exception:  # names and lines that are none
                        raise Gone from None
                    raise error
                case ["refused", str(reason)]:
                    raise Refused(reason)
                case _:
                    raise Gone

    def _ask(self, message: bytes, call: str) -> list[Any]:
        """Send a message and return what the student process says to it; Gone when that is nothing, or no answer to this call."""
        try:
            self._channel.send_bytes(message)
            match unpack(self._channel.recv_bytes(LARGEST)):
                case [str(named), *answer] if named == call:
                    return answer
        except (EOFError, OSError, Refused):
            pass
        raise Gone

    def __repr__(self) -> str:
        return f"<function {self.__name__}>"


def serve(channel: Connection, names: dict[str, Any]) -> None:
    """Answer calls of functions in `names` until the other side says that it is done. Runs in the student process."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(_Nowhere()), contextlib.redirect_stderr(_Nowhere()):
        warnings.simplefilter("ignore")
        while True:
            try:
                request = channel.recv_bytes(LARGEST)
            except KeyboardInterrupt:  # meant for a call that had just ended
                continue
            match unpack(request, lambda numbers: _fetch(channel, *numbers)):
                case ["call", call, name, args, kwargs]:
                    channel.send_bytes(_answer(names, call, name, args, kwargs))
                case _:
                    return


def done(channel: Connection) -> None:
    """Tell `serve` to return."""
    with contextlib.suppress(OSError):
        channel.send_bytes(pack(["done"]))


_END = object()


class _Nowhere(io.TextIOBase):
    def write(self, text: str) -> int:
        return len(text)


def _fetch(channel: Connection, call: str, number: int) -> Iterator[Any]:
    while True:
        channel.send_bytes(pack([call, "next", number]))
        match unpack(channel.recv_bytes(LARGEST)):
            case ["item", item]:
                yield item
            case _:
                return


def _answer(names: dict[str, Any], call: str, name: str, args: list[Any], kwargs: dict[str, Any]) -> bytes:
    try:
        function = names[name] if name in names else _undefined(name)
        answer = pack([call, "return", function(*args, **kwargs)])
        if len(answer) > LARGEST:
            return pack([call, "refused", f"the result has {len(answer) / 2**20:.0f} MB; at most {LARGEST / 2**20:.0f} MB can be looked at"])
        return answer
    except Refused as refused:
        return pack([call, "refused", str(refused)[:_LONGEST]])
    except MemoryError as error:
        text = str(error)[:_LONGEST]  # what the function held is freed first, or there is no room for an answer
    except BaseException as error:
        return _failure(call, error)
    return pack([call, "raise", ["MemoryError", "Exception"], text, []])


def _undefined(name: str) -> Callable[..., Any]:
    raise NameError(f"name {name!r} is not defined", name=name)


def _failure(call: str, error: BaseException) -> bytes:
    names = [kind.__name__[:100] for kind in type(error).__mro__][:20]
    try:
        text = str(error)[:_LONGEST]
    except KeyboardInterrupt:  # the text took too long
        names, text = ["KeyboardInterrupt"], ""
    except BaseException:
        text = ""
    frames = [[frame.name[:100], frame.lineno or 0] for frame in traceback.extract_tb(error.__traceback__)[1:][-_DEEPEST:]]
    with contextlib.suppress(Exception):  # both may be properties of the learner's
        if getattr(error, "errno", None) == errno.ENOMEM:
            names = ["MemoryError", "Exception"]
        if isinstance(error, NameError):
            names.insert(0, f"name {str(error.name)[:100]}")
    return pack([call, "raise", names, text, frames])


def _exception(names: list[str], text: str, frames: list[list[Any]]) -> BaseException:
    """The exception that a failure stands for, with the learner's frames as `frames`."""
    missing = names.pop(0)[5:] if names and names[0].startswith("name ") else None
    if "KeyboardInterrupt" in names:
        return Stopped()
    bases = [kind for name in names if isinstance(kind := getattr(builtins, str(name), None), type) and issubclass(kind, BaseException)]
    takes_text = [base for base in bases if not issubclass(base, UnicodeError | BaseExceptionGroup) or base is UnicodeError]
    base = next((base for base in takes_text if issubclass(base, Exception | SystemExit)), Exception)
    error = type(str(names[0]) if names else "Exception", (base,), {"__str__": lambda self: text})(text)
    if isinstance(error, NameError) and missing:
        error.name = missing
    error.frames = [Frame(str(name), int(line)) for name, line in frames]  # type: ignore[attr-defined]
    return error
