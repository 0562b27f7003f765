"""Warm processes: a small server that has imported the scientific stack and forks on request, in milliseconds what a fresh interpreter does in seconds.

The server is single-threaded and never sees a notebook, an answer or a submission: a forked process gets its work through the file descriptors
that come with the request. Each request is one connection, and the connection is the process's life: when its asker closes it or dies, the process
is killed; when the server's own parent dies, all are.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import gc
import importlib
import json
import os
import random
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from pathlib import Path
from typing import Any

ROLES = {"student": "course.grading.student", "examiner": "course.grading.examiner"}
PRELOAD = [
    *ROLES.values(),
    *["numpy.testing", "pandas.io.formats.style", "scipy.stats", "scipy.optimize", "statsmodels.api", "statsmodels.formula.api", "duckdb", "lightgbm"],
    *["sklearn.ensemble", "sklearn.linear_model", "sklearn.model_selection", "sklearn.pipeline", "sklearn.metrics", "sklearn.neighbors", "sklearn.tree"],
    *["sklearn.impute", "imblearn.over_sampling", "imblearn.under_sampling", "imblearn.ensemble", "imblearn.pipeline", "course.study.magics"],
    *["course.llm", "openai.resources.chat.completions", "openai.resources.embeddings", "usearch.index"],
    *["matplotlib.pyplot", "matplotlib.backends.backend_agg", "matplotlib_inline.backend_inline", "IPython.core.pylabtools", "course.datasets"],
    # what a kernel or a library would import when it starts
    *["ipykernel.debugger", "IPython.core.completerlib", "IPython.core.oinspect", "IPython.extensions.storemagic", "sandlock", "sqlite3", "encodings.idna"],
    *["tornado.platform.asyncio", "tornado.queues", "pyarrow.pandas_compat", "narwhals._pandas_like.dataframe", "narwhals._pandas_like.group_by"],
]
_DIES_WITH_PARENT = 1  # PR_SET_PDEATHSIG


class Unavailable(Exception):
    """There is no fork server on this platform, or it could not be started."""


def supported() -> bool:
    """Forking a process that has loaded the stack is safe on Linux only; elsewhere ordinary processes do the same work."""
    return sys.platform == "linux"


def use(address: str) -> None:
    """Let this process ask the server at `address` in place of one of its own."""
    global _address
    _address = address


def address() -> str:
    """Where the fork server of this process listens; starts it when there is none."""
    global _address, _server
    with _starting:
        if _address is None or (_server is not None and (_server.owner != os.getpid() or _server.process.poll() is not None)):
            _server = Server()
            _address = _server.address
        return _address


class Server:
    """A fork server, started as a process of its own; `close` ends it and all that it forked."""

    def __init__(self) -> None:
        if not supported():
            raise Unavailable(f"no fork server on {sys.platform}")
        self.owner = os.getpid()
        self.folder = Path(tempfile.mkdtemp(prefix="course-", dir=short_folder()))
        self.address = str(self.folder / "fork")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(self.address)
            listener.listen(128)
            code = f"from course.grading.forkserver import main; main({listener.fileno()})"
            self.process = subprocess.Popen(
                [sys.executable, "-c", code],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=None if os.environ.get("COURSE_DEBUG") else subprocess.DEVNULL,
                pass_fds=[listener.fileno()],
                env=_environment(self.folder),
                cwd=self.folder,
                start_new_session=True,
            )
        atexit.register(self.close)

    def close(self) -> None:
        """End the server; what it forked ends with it."""
        if self.owner != os.getpid():
            return
        atexit.unregister(self.close)
        assert self.process.stdin is not None
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class Child:
    """A process forked by the server. `role` is a key of ROLES; `args` are plain and not secret; `fds` become its own."""

    def __init__(self, role: str, args: dict[str, Any], fds: list[int], server: str | None = None):
        self._connection = socket.socket(socket.AF_UNIX)
        try:
            self._connection.connect(server or address())
            socket.send_fds(self._connection, [json.dumps({"role": role, **args}).encode()], fds)
            self._file = self._connection.makefile("r")
            self.pid = int(json.loads(self._file.readline() or "{}")["pid"])
        except (OSError, KeyError) as error:
            self._connection.close()
            raise Unavailable(f"the fork server does not answer: {error}") from error
        self._status: int | None = None

    def poll(self) -> int | None:
        """The exit status as subprocess gives it (negative: the signal), None while it runs."""
        if self._status is None and selectable(self._connection):
            self._read()
        return self._status

    def send_signal(self, number: int) -> None:
        """Send a signal, through the server, which knows that the process is still its own."""
        with contextlib.suppress(OSError):
            self._connection.sendall(f"{number}\n".encode())

    def kill(self) -> int:
        """End the process now and return its exit status."""
        self.send_signal(signal.SIGKILL)
        if self._status is None:
            self._read()
        return self._status or 0

    def close(self) -> None:
        """Give the process up: it is killed if it still runs."""
        if self._connection.fileno() >= 0:
            self.kill()
        self._file.close()
        self._connection.close()

    def _read(self) -> None:
        try:
            self._status = int(json.loads(self._file.readline() or "{}").get("exit", -signal.SIGKILL))
        except OSError:
            self._status = -signal.SIGKILL


def selectable(connection: socket.socket) -> bool:
    """Whether something can be read right now."""
    with selectors.DefaultSelector() as selector:
        selector.register(connection, selectors.EVENT_READ)
        return bool(selector.select(0))


def short_folder() -> str | None:
    """A folder for sockets: their paths may have 107 characters at most."""
    return None if len(tempfile.gettempdir()) < 60 or not os.access("/tmp", os.W_OK) else "/tmp"


def main(listener_fd: int) -> None:
    """The server itself: serves until its parent closes its standard input."""
    for name in PRELOAD:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    gc.collect()
    gc.freeze()
    _Loop(socket.socket(fileno=listener_fd)).run()


_starting = threading.Lock()
_address: str | None = None
_server: Server | None = None


def _environment(folder: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "COURSE_DEBUG", "PYTHONHASHSEED") if name in os.environ}
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1")
    config = os.environ.get("MPLCONFIGDIR") or str(folder)
    paths = os.pathsep.join(path for path in sys.path if path)
    return {
        **kept,
        **threads,
        "PYTHONPATH": paths,
        "MPLCONFIGDIR": config,
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "HOME": str(folder),
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }


def die_with_parent() -> None:
    """Let the kernel kill this process when the thread that made it ends (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DIES_WITH_PARENT, signal.SIGKILL, 0, 0, 0)


class _Loop:
    def __init__(self, listener: socket.socket):
        self.listener = listener
        self.children: dict[int, socket.socket] = {}
        self.selector = selectors.DefaultSelector()
        self.selector.register(listener, selectors.EVENT_READ, self._accept)
        self.selector.register(sys.stdin.fileno(), selectors.EVENT_READ, self._stop)
        self.wakeup, self.waker = socket.socketpair()
        for end in (self.wakeup, self.waker):
            end.setblocking(False)
        signal.set_wakeup_fd(self.waker.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self.selector.register(self.wakeup, selectors.EVENT_READ, self._reap)
        self.running = True

    def run(self) -> None:
        while self.running:
            for key, _ in self.selector.select():
                key.data(key.fileobj)
        for pid in self.children:
            os.kill(pid, signal.SIGKILL)
        while self.children:
            pid, _ = os.wait()
            self.children.pop(pid, None)

    def _stop(self, _: Any) -> None:
        self.running = False

    def _accept(self, listener: socket.socket) -> None:
        connection, _ = listener.accept()
        message, fds, _, _ = socket.recv_fds(connection, 65536, 8)
        if not message:
            connection.close()
            return
        pid = os.fork()
        if pid == 0:
            self._become(json.loads(message), fds)
        for fd in fds:
            os.close(fd)
        self.children[pid] = connection
        connection.sendall(json.dumps({"pid": pid}).encode() + b"\n")
        self.selector.register(connection, selectors.EVENT_READ, lambda _: self._hear(pid))

    def _become(self, request: dict[str, Any], fds: list[int]) -> None:
        """In the forked process: leave everything of the server's behind, do the work, never return."""
        status = 1
        try:
            server = os.getppid()
            os.setsid()
            die_with_parent()
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            self.selector.close()
            fds = _only(fds)
            if os.getppid() == server:
                _fresh_random_numbers()
                importlib.import_module(ROLES[request.pop("role")]).forked(request, fds)
                status = 0
        except SystemExit as stop:
            status = stop.code if isinstance(stop.code, int) else 1
        except BaseException:
            traceback.print_exc()
        finally:
            with contextlib.suppress(Exception):
                sys.stderr.flush()
            os._exit(status)

    def _hear(self, pid: int) -> None:
        connection = self.children.get(pid)
        if connection is None:
            return
        try:
            heard = connection.recv(4096)
        except OSError:
            heard = b""
        numbers = [int(line) for line in heard.decode(errors="replace").split() if line.isdigit()]
        for number in numbers or ([] if heard else [signal.SIGKILL]):
            os.kill(pid, number)
        if not heard:
            self.selector.unregister(connection)

    def _reap(self, wakeup: socket.socket) -> None:
        with contextlib.suppress(BlockingIOError):
            wakeup.recv(4096)
        while self.children:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            connection = self.children.pop(pid)
            with contextlib.suppress(KeyError, ValueError):
                self.selector.unregister(connection)
            with contextlib.suppress(OSError):
                connection.sendall(json.dumps({"exit": os.waitstatus_to_exitcode(status)}).encode() + b"\n")
            connection.close()


def _only(fds: list[int]) -> list[int]:
    """Move `fds` to 3, 4, ... and close every other descriptor; input and output go nowhere."""
    spare = [os.dup(fd) for fd in fds]
    high = [os.dup2(fd, 200 + place) for place, fd in enumerate(spare)]
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1) if os.environ.get("COURSE_DEBUG") else (0, 1, 2):
        os.dup2(null, standard)
    kept = [os.dup2(fd, 3 + place, inheritable=False) for place, fd in enumerate(high)]
    os.closerange(3 + len(kept), os.sysconf("SC_OPEN_MAX") if os.sysconf("SC_OPEN_MAX") < 65536 else 65536)
    return kept


def _fresh_random_numbers() -> None:
    """Forks must not share the state of the global generators."""
    import numpy as np

    random.seed()
    np.random.seed()
    time.tzset()
