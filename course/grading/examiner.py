"""The process in which the verdicts are made: the locked cells and the test cells of the source, with the learner's functions behind proxies.

No code of the learner's runs here.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import astuple
from multiprocessing.connection import Client, Connection, Listener
from typing import Any

from course.checks.model import CellResult, Outcome, Test
from course.checks.run import namespace, run_test
from course.grading.boundary import Gone, Proxy, Stopped, done
from course.grading.codec import pack, unpack
from course.grading.sandbox import limit_memory


def forked(request: dict[str, Any], fds: list[int]) -> None:
    """Start in a process of the fork server; the descriptors are the line to the engine and the channel to the student process."""
    run(Connection(fds[0]), Connection(fds[1]))


def run(engine: Connection, student: Connection) -> None:
    """Take the cells from the engine, then examine one exercise after the other until the engine hangs up."""
    try:
        locked, cell_seconds, memory = unpack(engine.recv_bytes())
        names = namespace(locked)
        limit_memory(2 * memory)  # an answer may be small on its way and huge when it is unfolded
        engine.send_bytes(pack(unpack(student.recv_bytes())))
        while True:
            tests = [Test(*fields) for fields in unpack(engine.recv_bytes())]
            for test in tests:
                engine.send_bytes(pack(["test"]))
                result, over = _examine(test, Proxy(test.exercise, student), names, cell_seconds)
                engine.send_bytes(pack(["result", astuple(result)]))
                if over:
                    break
            engine.send_bytes(pack(["end"]))
            done(student)
    except (EOFError, OSError):
        return


def _examine(test: Test, proxy: Proxy, names: dict[str, Any], cell_seconds: float) -> tuple[CellResult, bool]:
    """Result of one test cell, and whether the exercise is over because its function was stopped or its process died."""
    start = time.monotonic()
    try:
        return run_test(test, proxy, names), False
    except Stopped:
        if time.monotonic() - start < 0.9 * cell_seconds:
            return CellResult(test.grade_id, test.exercise, 0.0, test.points, Outcome.WRONG, f"`{test.exercise}` raised KeyboardInterrupt"), False
        return CellResult(test.grade_id, test.exercise, 0.0, test.points, Outcome.TIMED_OUT, ""), True
    except Gone:
        return CellResult(test.grade_id, test.exercise, 0.0, test.points, Outcome.DIED, ""), True


def main() -> None:
    """Start as an ordinary process, `python -m course.grading.examiner`, with the engine's address and the key on standard input."""
    address, key = json.loads(sys.stdin.readline())
    engine = Client(address, authkey=bytes.fromhex(key))
    with Listener(authkey=bytes.fromhex(key)) as listener:
        engine.send_bytes(pack(listener.address))
        student = listener.accept()
    run(engine, student)


if __name__ == "__main__":
    main()
