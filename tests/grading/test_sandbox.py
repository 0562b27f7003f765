"""Each protection of the sandbox, tried from inside; what is said when one is missing; no secret in the environment.

Every attempt runs in a child forked from this process, which enters the sandbox as a student process does and reports what happened.
"""

import contextlib
import errno
import faulthandler
import json
import os
import signal
import socket
import stat
import sys
import threading
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest

from course.grading import forkserver, sandbox, seccomp
from course.grading.demo import fill
from course.grading.engine import grade
from course.grading.sandbox import MB, PROTECTIONS, Limits, Mode, Unprotected, available, check, enter, environment
from course.paths import notebook

ROOT = Path(__file__).resolve().parents[2]
LIMITS = Limits(memory=400 * MB, file=MB, open_files=64)
linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has these protections")


def needs(*names):
    """Skip a test where this machine lacks a protection, with the machine's own reason."""
    missing = available()
    lacking = [f"{name}: {missing[name]}" for name in names if name in missing]
    return pytest.mark.skipif(bool(lacking), reason="; ".join(lacking) or "protected")


def inside(attempt, scratch, *, limits=LIMITS, mode=Mode.AUTO, sealed=True):
    """What `attempt` gave in a confined child: ("done", its result as text), ("OSError", its errno name), another error's name, or ("signal", name)."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(read)
            signal.alarm(20)
            faulthandler.disable()
            os.chdir(scratch)
            in_force = enter(mode, Path(scratch), limits)
            if sealed:
                sandbox.seal(in_force)
            try:
                said = f"done\n{attempt()}"
            except OSError as error:
                said = f"OSError\n{errno.errorcode.get(error.errno or 0, error)}"
            except BaseException as error:
                said = f"{type(error).__name__}\n{error}"
            os.write(write, said.encode()[:4000])
        finally:
            os._exit(0)
    os.close(write)
    with open(read, "rb") as answer:
        said = answer.read().decode()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return "signal", signal.Signals(os.WTERMSIG(status)).name
    kind, _, text = said.partition("\n")
    return kind, text


@pytest.fixture
def scratch(tmp_path):
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


@pytest.fixture
def secret(tmp_path):
    """A file of somebody else's, beside the scratch folder."""
    path = tmp_path / "others" / "answer.txt"
    path.parent.mkdir()
    path.write_text("secret")
    path.chmod(0o644)
    return path


REFUSED = ("EACCES", "EPERM")


def assert_refused(result):
    assert result[0] == "OSError" and result[1] in REFUSED, result


# Files


@linux
@needs("files")
@pytest.mark.parametrize(
    "name",
    [
        "source",
        "tests/answers",
        "tests/answers/01-statistics/decide.py",
        "source/01-statistics/01-statistics.ipynb",
        "nbgrader_config.py",
        "release",
        "docs",
        ".",
        ".git/HEAD",
        "autograded",
        "pyproject.toml",
    ],
)
def test_nothing_of_the_course_can_be_read(name, scratch):
    path = ROOT / name
    if not path.exists():
        pytest.skip(f"there is no {name}")
    assert_refused(inside(lambda: os.listdir(path) if path.is_dir() else path.read_bytes(), scratch))


@linux
@needs("files")
@pytest.mark.parametrize("path", ["/etc/passwd", "/etc/shadow", "/root", "/home", "/tmp", "/", "/var/log", "/proc/1/environ", "/usr/bin/env", "/proc/version"])
def test_nothing_of_the_machines_own_can_be_read(path, scratch):
    if not os.path.exists(path):
        pytest.skip(f"there is no {path}")
    assert_refused(inside(lambda: os.listdir(path) if os.path.isdir(path) else Path(path).read_bytes(), scratch))


@linux
@needs("files")
@pytest.mark.parametrize("way", ["open", "read through a link", "hard link", "list", "rename to", "copy", "descriptor of the folder", "mapped"])
def test_another_submission_cannot_be_read(way, scratch, secret):
    def attempt():
        match way:
            case "open":
                return secret.read_text()
            case "read through a link":
                os.symlink(secret, "link")
                return Path("link").read_text()
            case "hard link":
                os.link(secret, "hard")
                return Path("hard").read_text()
            case "list":
                return os.listdir(secret.parent)
            case "rename to":
                os.rename(secret, "mine")
                return Path("mine").read_text()
            case "copy":
                import shutil

                return shutil.copy(secret, "copy")
            case "descriptor of the folder":
                folder = os.open("..", os.O_PATH)
                return os.read(os.open("others/answer.txt", os.O_RDONLY, dir_fd=folder), 10)
            case "mapped":
                import mmap

                with open(secret, "rb") as file:
                    return mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)[:]

    kind, text = inside(attempt, scratch)
    assert kind == "OSError" and text in (*REFUSED, "EXDEV"), (kind, text)
    assert secret.read_text() == "secret"


@linux
@needs("files")
@pytest.mark.parametrize("way", ["write", "append", "new file", "new folder", "delete", "truncate", "rename", "remove folder", "link in", "socket", "fifo"])
def test_nothing_is_written_outside(way, scratch, secret):
    before = sorted(secret.parent.parent.rglob("*"))
    folder = secret.parent

    def attempt():
        Path("mine").write_text("x")
        match way:
            case "write":
                secret.write_text("forged")
            case "append":
                os.write(os.open(secret, os.O_WRONLY | os.O_APPEND), b"x")
            case "new file":
                (folder / "new").write_text("x")
            case "new folder":
                (folder / "new").mkdir()
            case "delete":
                secret.unlink()
            case "truncate":
                os.truncate(secret, 0)
            case "rename":
                os.rename("mine", folder / "mine")
            case "remove folder":
                folder.rmdir()
            case "link in":
                os.symlink("mine", folder / "link")
            case "socket":
                with socket.socket(socket.AF_UNIX) as listener:
                    listener.bind(str(folder / "s"))
            case "fifo":
                os.mkfifo(folder / "fifo")

    kind, text = inside(attempt, scratch, sealed=way != "socket")
    assert kind == "OSError" and text in (*REFUSED, "EXDEV", "ENOTEMPTY"), (kind, text)
    assert secret.read_text() == "secret"
    assert [path for path in sorted(folder.parent.rglob("*")) if path.name != "mine"] == before


@linux
@needs("files")
def test_the_scratch_folder_is_its_own(scratch):
    def attempt():
        Path("a").mkdir()
        Path("a/b.txt").write_text("kept")
        os.rename("a/b.txt", "a/c.txt")
        os.symlink("a/c.txt", "link")
        text = Path("link").read_text()
        os.unlink("link")
        Path("/dev/null").write_text("gone")
        return text, os.listdir("."), os.getcwd() == str(scratch)

    assert inside(attempt, scratch) == ("done", "('kept', ['a'], True)")


@linux
@needs("files")
def test_libraries_can_be_read(scratch):
    def attempt():
        import importlib

        import numpy

        sys.modules.pop("wave", None)
        importlib.import_module("wave")
        return len(Path(numpy.__file__).read_text()) > 0 and len(Path("/proc/self/status").read_text()) > 0 and len(os.urandom(4)) == 4

    assert inside(attempt, scratch) == ("done", "True")


@linux
@needs("files")
@pytest.mark.parametrize("what", ["duckdb", "sqlite", "plot", "regression", "time zones", "random numbers"])
def test_libraries_work(what, scratch):
    """DuckDB reads the cgroup's limits when it starts, and fails where it may not."""

    def attempt():
        import numpy as np
        import pandas as pd

        match what:
            case "duckdb":
                import duckdb

                return duckdb.connect().execute("select 1 + 1").fetchone()[0]
            case "sqlite":
                import sqlite3

                with sqlite3.connect("own.db") as base:
                    return base.execute("select 1 + 1").fetchone()[0]
            case "plot":
                from matplotlib.backends.backend_agg import FigureCanvasAgg
                from matplotlib.figure import Figure

                figure = Figure()
                FigureCanvasAgg(figure)
                figure.subplots().set_title("zoë")
                figure.savefig("plot.png")
                return 2 * (os.path.getsize("plot.png") > 1000)
            case "regression":
                import statsmodels.api as sm

                return round(sm.OLS(np.arange(5.0) * 2, np.arange(5.0)).fit().params[0])
            case "time zones":
                return int(pd.Timestamp("2024-07-01", tz="Europe/Berlin").utcoffset().total_seconds()) // 3600
            case "random numbers":
                return np.random.default_rng().integers(2, 3)

    assert inside(attempt, scratch, limits=Limits()) == ("done", "2")


@linux
@needs("files")
def test_the_parents_proc_cannot_be_read(scratch):
    parent = os.getpid()
    for name in ("environ", "cmdline", "mem", "maps", "status", "fd", "cwd/nbgrader_config.py", "root/etc/passwd"):
        path = f"/proc/{parent}/{name}"
        assert_refused(inside(lambda path=path: os.listdir(path) if path.endswith("fd") else Path(path).read_bytes(), scratch))
    assert_refused(inside(lambda: os.listdir("/proc"), scratch))
    assert_refused(inside(lambda: os.open(f"/proc/{parent}/mem", os.O_RDWR), scratch))


@linux
@needs("files", "network")
@pytest.mark.parametrize(
    "way", ["chmod", "fchmod", "chown", "utime", "setxattr", "lchmod of a link", "chmod of a library", "utime of a library", "chmod in a thread", "own file"]
)
def test_no_mode_owner_time_or_attribute_changes(way, scratch, secret):
    """Landlock knows nothing of metadata: a learner could otherwise make the grader's files unreadable."""
    before = secret.stat()

    def attempt():
        match way:
            case "chmod":
                os.chmod(secret, 0)
            case "fchmod":
                os.fchmod(os.open(secret, os.O_PATH), 0)
            case "chown":
                os.chown(secret, os.getuid(), os.getgid())
            case "utime":
                os.utime(secret, (0, 0))
            case "setxattr":
                os.setxattr(secret, "user.x", b"1")
            case "lchmod of a link":
                os.symlink(secret, "link")
                os.chmod("link", 0)
            case "chmod of a library":
                os.chmod(sandbox.__file__, 0o644)
            case "utime of a library":
                os.utime(sandbox.__file__)
            case "chmod in a thread":
                return in_thread(lambda: os.chmod(secret, 0))
            case "own file":
                Path("mine").write_text("x")
                os.chmod("mine", 0o777)

    kind, text = inside(attempt, scratch)
    assert kind == "OSError" and text in (*REFUSED, "EBADF"), (kind, text)
    after = secret.stat()
    assert (after.st_mode, after.st_mtime, after.st_uid) == (before.st_mode, before.st_mtime, before.st_uid)


def in_thread(work):
    """Result of `work` in a thread; its error is raised here."""
    results = []

    def run():
        try:
            results.append(work())
        except BaseException as error:
            results.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if isinstance(results[0], BaseException):
        raise results[0]
    return results[0]


# Network

SOCKETS = {
    "TCP": (socket.AF_INET, socket.SOCK_STREAM),
    "TCP over IPv6": (socket.AF_INET6, socket.SOCK_STREAM),
    "UDP": (socket.AF_INET, socket.SOCK_DGRAM),
    "raw": (socket.AF_INET, socket.SOCK_RAW),
    "netlink": (getattr(socket, "AF_NETLINK", 16), socket.SOCK_RAW),
    "packet": (getattr(socket, "AF_PACKET", 17), socket.SOCK_RAW),
    "vsock": (getattr(socket, "AF_VSOCK", 40), socket.SOCK_STREAM),
    "alg": (getattr(socket, "AF_ALG", 38), socket.SOCK_SEQPACKET),
}


@linux
@needs("network")
@pytest.mark.parametrize("sealed", [True, False], ids=["sealed", "before the seal"])
@pytest.mark.parametrize("kind", list(SOCKETS))
def test_no_network_sockets(kind, sealed, scratch):
    assert_refused(inside(lambda: socket.socket(*SOCKETS[kind]), scratch, sealed=sealed))


@linux
@needs("network")
@pytest.mark.parametrize("way", ["new", "connect", "abstract", "in a thread", "server"])
def test_no_unix_sockets_once_sealed(way, scratch, tmp_path):
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "docker.sock"))
        listener.listen()

        def attempt():
            if way == "in a thread":
                return in_thread(lambda: socket.socket(socket.AF_UNIX))
            if way == "server":
                return socket.create_server("/x", family=socket.AF_UNIX)
            with socket.socket(socket.AF_UNIX) as client:
                client.connect({"connect": str(tmp_path / "docker.sock"), "abstract": "\0name", "new": "x"}[way])

        assert_refused(inside(attempt, scratch))


@linux
@needs("network")
def test_a_socket_opened_before_the_seal_cannot_be_connected_after_it(scratch, tmp_path):
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as early:
        listener.bind(str(tmp_path / "s"))
        listener.listen()
        assert_refused(inside(lambda: early.connect(str(tmp_path / "s")), scratch))


@linux
@needs("network")
def test_names_are_not_resolved_and_urls_not_fetched(scratch):
    def attempt():
        import urllib.request

        return urllib.request.urlopen("http://127.0.0.1:9/", timeout=2).read()

    kind, text = inside(attempt, scratch)
    assert kind != "done" and "refused" not in text.lower(), (kind, text)


@linux
@needs("network")
def test_channels_that_are_open_keep_working(scratch):
    ours, theirs = socket.socketpair()

    def attempt():
        theirs.sendall(b"ping")
        return theirs.recv(10)

    with ours, theirs:
        ours.sendall(b"pong")
        assert inside(attempt, scratch) == ("done", "b'pong'")
        assert ours.recv(10) == b"ping"


# Processes


@linux
@needs("processes")
@pytest.mark.parametrize("way", ["fork", "forkpty", "subprocess", "shell", "posix_spawn", "exec", "multiprocessing", "vfork", "raw clone", "in a thread"])
def test_no_new_processes(way, scratch):
    def attempt():
        import ctypes
        import multiprocessing
        import platform
        import subprocess

        libc = ctypes.CDLL(None, use_errno=True)
        match way:
            case "fork":
                return os.fork()
            case "forkpty":
                return os.forkpty()
            case "subprocess":
                return subprocess.run([sys.executable, "-c", ""], check=True)
            case "shell":
                status = os.system("true")
                if status != 0:
                    raise OSError(errno.EPERM, f"status {status}")
                return status
            case "posix_spawn":
                return os.posix_spawn(sys.executable, [sys.executable, "-c", ""], {})
            case "exec":
                return os.execv(sys.executable, [sys.executable, "-c", ""])
            case "multiprocessing":
                return multiprocessing.get_context("fork").Process(target=int).start()
            case "vfork" | "raw clone":
                if platform.machine() != "x86_64":
                    raise OSError(errno.EPERM, "not tried")
                found = libc.syscall(*((58,) if way == "vfork" else (56, signal.SIGCHLD, 0, 0, 0, 0)))
                if found == 0:
                    os._exit(0)
                raise OSError(ctypes.get_errno(), "raw") if found < 0 else AssertionError("a process was made")
            case "in a thread":
                return in_thread(os.fork)

    kind, text = inside(attempt, scratch)
    assert kind == "OSError" and text in (*REFUSED, "EAGAIN"), (kind, text)


@linux
@needs("processes")
def test_threads_still_start(scratch):
    def attempt():
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(4) as pool:
            return in_thread(lambda: 1), sum(pool.map(abs, range(10)))

    assert inside(attempt, scratch) == ("done", "(1, 45)")


@linux
@needs("processes")
@pytest.mark.parametrize("number", [0, signal.SIGTERM, signal.SIGKILL, signal.SIGSTOP])
@pytest.mark.parametrize("whom", ["parent", "init", "everybody", "own group", "parent by tgkill", "parent by tkill", "parent by pidfd", "group by pid 0"])
def test_no_other_process_can_be_signalled(whom, number, scratch):
    parent = os.getpid()

    def attempt():
        import ctypes
        import platform

        match whom:
            case "parent":
                os.kill(parent, number)
            case "init":
                os.kill(1, number)
            case "everybody":
                os.kill(-1, number) if number != signal.SIGKILL else os.kill(parent, number)
            case "own group":
                os.killpg(os.getpgrp(), 0)
            case "group by pid 0":
                os.kill(0, 0)
            case "parent by pidfd":
                signal.pidfd_send_signal(os.pidfd_open(parent), number)
            case _:
                arm = platform.machine() == "aarch64"
                call = (131, parent, parent, number) if arm else (234, parent, parent, number)
                if whom == "parent by tkill":
                    call = (130 if arm else 200, parent, number)
                if ctypes.CDLL(None, use_errno=True).syscall(*call) != 0:
                    raise OSError(ctypes.get_errno(), "raw")

    assert_refused(inside(attempt, scratch))


@linux
@needs("processes")
def test_a_process_may_signal_itself(scratch):
    def attempt():
        got = []
        signal.signal(signal.SIGUSR1, lambda *_: got.append(1))
        os.kill(os.getpid(), signal.SIGUSR1)
        signal.raise_signal(signal.SIGUSR1)
        return got

    assert inside(attempt, scratch) == ("done", "[1, 1]")


@linux
@needs("processes")
@pytest.mark.parametrize("what", ["ptrace", "process_vm_readv", "setpriority of the parent", "prlimit of the parent", "unshare", "mount", "setuid", "bpf"])
def test_no_reaching_into_other_processes_or_the_system(what, scratch):
    import resource

    parent = os.getpid()

    def attempt():
        import ctypes
        import platform

        column = ["x86_64", "aarch64"].index(platform.machine())
        numbers = {**seccomp._FORBIDDEN, **seccomp._SPECIAL}
        arguments = {
            "ptrace": (16, parent, 0, 0),
            "process_vm_readv": (parent, 0, 0, 0, 0, 0),
            "setpriority of the parent": (0, parent, 10),
            "unshare": (0x10000000,),
            "mount": (0, 0, 0, 0, 0),
            "setuid": (os.getuid(),),
            "bpf": (0, 0, 0),
        }
        if what == "prlimit of the parent":
            return resource.prlimit(parent, resource.RLIMIT_NOFILE, (10, 10))
        if ctypes.CDLL(None, use_errno=True).syscall(numbers[what.split()[0]][column], *arguments[what]) < 0:
            raise OSError(ctypes.get_errno(), what)

    assert_refused(inside(attempt, scratch))


@linux
@needs("processes")
def test_calls_by_another_architectures_numbers_are_refused(scratch):
    """fork by its x32 number."""

    def attempt():
        import ctypes

        if ctypes.CDLL(None, use_errno=True).syscall(0x40000000 + 57) < 0:
            raise OSError(ctypes.get_errno(), "raw")

    assert_refused(inside(attempt, scratch))


# Limits


@linux
@needs("memory")
@pytest.mark.parametrize("way", ["bytes", "array", "list", "mapping"])
def test_memory_has_a_limit(way, scratch):
    def attempt():
        import mmap

        import numpy as np

        match way:
            case "bytes":
                return len(b"x" * (600 * MB))
            case "array":
                return np.ones(600 * MB // 8).sum()
            case "list":
                return len([0] * (600 * MB // 8))
            case "mapping":
                return len(mmap.mmap(-1, 3 * 1024 * MB))

    kind, text = inside(attempt, scratch)
    assert kind in ("MemoryError", "_ArrayMemoryError") or (kind, text) == ("OSError", "ENOMEM"), (kind, text)


@linux
@needs("memory")
def test_memory_below_the_limit_is_given(scratch):
    assert inside(lambda: len(b"x" * (200 * MB)), scratch) == ("done", str(200 * MB))


@linux
@needs("cpu")
def test_a_file_has_a_limit(scratch):
    kind, text = inside(lambda: Path("large").write_bytes(b"x" * 2 * MB), scratch)
    assert (kind, text) in [("OSError", "EFBIG"), ("signal", "SIGXFSZ")]
    assert (scratch / "large").stat().st_size <= MB
    assert inside(lambda: Path("small").write_bytes(b"x" * (MB // 2)), scratch) == ("done", str(MB // 2))


@linux
@needs("cpu")
def test_open_files_have_a_limit(scratch):
    def attempt():
        kept = []
        for number in range(100):
            kept.append(open(f"f{number}", "w"))  # noqa: SIM115
        return len(kept)

    assert inside(attempt, scratch) == ("OSError", "EMFILE")


@linux
@needs("cpu")
def test_cpu_time_has_a_limit(scratch):
    def attempt():
        while True:
            pass

    assert inside(attempt, scratch, limits=replace(LIMITS, total_seconds=1))[0] == "signal"


@linux
@needs("cpu", "processes")
def test_limits_cannot_be_raised(scratch):
    import resource

    for what in (resource.RLIMIT_NOFILE, resource.RLIMIT_FSIZE, resource.RLIMIT_DATA, resource.RLIMIT_CPU):
        kind, text = inside(lambda what=what: resource.setrlimit(what, (10**12, 10**12)), scratch)
        assert (kind, text in REFUSED) == ("OSError", True) or kind == "ValueError", (kind, text)


@linux
@needs("cpu")
def test_no_core_is_dumped(scratch):
    assert inside(lambda: os.abort(), scratch) == ("signal", "SIGABRT")
    assert list(scratch.iterdir()) == []


# What is in force, and what is said when something is missing


@linux
@needs(*PROTECTIONS)
@pytest.mark.parametrize("mode", [Mode.AUTO, Mode.REQUIRE])
def test_all_protections_are_in_force_here(mode, scratch):
    def entered():
        return sorted(enter(mode, scratch, LIMITS))

    assert available() == {}
    assert inside(entered, scratch, mode=Mode.OFF, sealed=False) == ("done", str(sorted(PROTECTIONS)))


@linux
def test_off_confines_nothing(scratch, secret):
    assert inside(lambda: secret.read_text(), scratch, mode=Mode.OFF) == ("done", "secret")
    assert enter(Mode.OFF, scratch, LIMITS) == []


MISSING = {
    "another system": {"files", "network", "processes"},
    "no seccomp": {"network", "processes"},
    "another processor": {"network", "processes"},
    "no sandlock": {"files"},
    "old kernel": {"files"},
}


@pytest.fixture(params=list(MISSING))
def missing(request, monkeypatch):
    """Names of the protections that are missing on a machine that lacks one thing."""
    if request.param != "another system" and available():
        pytest.skip(f"this machine lacks {', '.join(available())} anyway")
    match request.param:
        case "another system":
            monkeypatch.setattr(sys, "platform", "darwin")
        case "no seccomp":
            monkeypatch.setattr(seccomp, "supported", lambda: False)
        case "another processor":
            monkeypatch.setattr("platform.machine", lambda: "riscv64")
        case "no sandlock":
            monkeypatch.setitem(sys.modules, "sandlock", None)
        case "old kernel":
            import sandlock

            monkeypatch.setattr(sandlock, "landlock_abi_version", lambda: 0)
    return MISSING[request.param]


def test_missing_protections_are_named_with_their_reason(missing):
    found = available()
    assert set(found) == missing
    assert all(reason for reason in found.values())


def test_require_refuses_with_what_is_missing_and_why(missing):
    with pytest.raises(Unprotected) as caught:
        check(Mode.REQUIRE)
    for name, reason in available().items():
        assert f"{PROTECTIONS[name]}: {reason}" in str(caught.value)
    assert not any(text in str(caught.value) for name, text in PROTECTIONS.items() if name not in missing)


@pytest.mark.parametrize("mode", [Mode.AUTO, Mode.OFF])
def test_other_modes_do_not_refuse(mode, missing):
    check(mode)


@linux
def test_entering_without_a_protection_says_what_is_in_force(missing, scratch):
    def entered():
        return sorted(enter(Mode.AUTO, scratch, LIMITS))

    assert inside(entered, scratch, mode=Mode.OFF, sealed=False) == ("done", str(sorted(set(PROTECTIONS) - missing)))


@linux
def test_entering_with_require_refuses(missing, scratch):
    kind, text = inside(lambda: enter(Mode.REQUIRE, scratch, LIMITS), scratch, mode=Mode.OFF, sealed=False)
    assert kind == "Unprotected"
    assert all(name in text for name in missing)


def broken(*args, **kwargs):
    raise OSError(errno.EINVAL, "the kernel refused")


@linux
@needs(*PROTECTIONS)
@pytest.mark.parametrize(
    ("place", "name", "lost"),
    [
        (sandbox, "_landlock", {"files"}),
        (sandbox, "_rlimits", {"memory", "cpu"}),
        (seccomp, "forbid_processes_and_network", {"network", "processes"}),
        (seccomp, "_install", {"network", "processes"}),
    ],
    ids=["files", "limits", "filter", "install"],
)
def test_a_protection_that_fails_is_not_claimed(place, name, lost, scratch, monkeypatch):
    monkeypatch.setattr(place, name, broken)

    def entered():
        return sorted(enter(Mode.AUTO, scratch, LIMITS))

    assert inside(entered, scratch, mode=Mode.OFF, sealed=False) == ("done", str(sorted(set(PROTECTIONS) - lost)))
    kind, text = inside(lambda: enter(Mode.REQUIRE, scratch, LIMITS), scratch, mode=Mode.OFF, sealed=False)
    assert kind == "Unprotected"
    assert all(name in text for name in lost) and "the kernel refused" in text


@linux
@needs("network")
def test_sealing_without_the_filter_does_nothing(scratch):
    def attempt():
        sandbox.seal(["files", "memory", "cpu"])
        with socket.socket(socket.AF_UNIX):
            return "open"

    assert inside(attempt, scratch, mode=Mode.OFF) == ("done", "open")


def test_every_protection_has_words_for_the_instructor():
    assert set(PROTECTIONS) == {"files", "network", "processes", "memory", "cpu"}
    assert all(len(text) > 15 for text in PROTECTIONS.values())


# Environment


def test_the_environment_holds_no_secret(scratch, monkeypatch):
    secrets = ["OPENAI_API_KEY", "AWS_SECRET_ACCESS_KEY", "JUPYTERHUB_API_TOKEN", "DATABASE_URL", "PGPASSWORD", "SSH_AUTH_SOCK", "HTTP_PROXY", "PYTHONPATH"]
    for name in (*secrets, "COURSE_ROOT", "USER", "LOGNAME", "PYTHONSTARTUP", "LD_PRELOAD"):
        monkeypatch.setenv(name, "hunter2")
    found = environment(scratch)
    assert "hunter2" not in found.values()
    assert set(secrets) & set(found) <= {"PYTHONPATH"}
    allowed = {"LANG", "LC_ALL", "LC_CTYPE", "TZ", "PATH", "SYSTEMROOT", "MPLCONFIGDIR", "HOME", "TMPDIR", "IPYTHONDIR", "JOBLIB_MULTIPROCESSING"}
    assert set(found) <= allowed | {"PYTHONPATH", "NBGRADER_EXECUTION", "LOKY_MAX_CPU_COUNT", *(name for name in found if name.endswith("_NUM_THREADS"))}


def test_the_environment_points_to_the_scratch_folder(scratch, monkeypatch):
    monkeypatch.setenv("HOME", "/home/grader")
    monkeypatch.setenv("TZ", "UTC")
    found = environment(scratch)
    assert {found[name] for name in ("HOME", "TMPDIR", "IPYTHONDIR")} == {str(scratch)}
    assert found["TZ"] == "UTC" and found["OMP_NUM_THREADS"] == "1"


@linux
@needs("files")
def test_the_folder_of_no_one_else_is_readable(scratch):
    """What is readable never holds the course's sources, a home, or anything below the temporary folder but the scratch folder."""
    readable = [Path(path) for path in sandbox._readable()]
    private = [ROOT / "source", ROOT / "tests", ROOT / "submitted", ROOT / "gradebook.db", Path("/etc/passwd"), scratch.parent]
    for path in private:
        assert not any(path.is_relative_to(folder) for folder in readable), path


@linux
def test_mode_of_the_scratch_folder_is_kept(scratch):
    before = stat.S_IMODE(scratch.stat().st_mode)
    with contextlib.suppress(OSError):
        inside(lambda: os.chmod(scratch, 0o777), scratch)
    if "network" not in available():
        assert stat.S_IMODE(scratch.stat().st_mode) == before


@pytest.mark.parametrize("warm", [True, False], ids=["forked", "ordinary"])
def test_a_submission_sees_none_of_the_graders_environment(warm, built, monkeypatch):
    """Not even in /proc/self/environ, which keeps what a process was started with whatever it makes of it later."""
    if warm and not forkserver.supported():
        pytest.skip("nothing is forked here")
    monkeypatch.setenv("GRADERS_TOKEN", "hunter2")
    source = nbformat.read(notebook(built, "01-tiny"), as_version=4)
    release = nbformat.read(notebook(built, "01-tiny", "release"), as_version=4)
    spy = (
        "import os\nfrom pathlib import Path\n\n\ndef middle(values):\n    start = Path('/proc/self/environ')\n"
        "    seen = str(dict(os.environ)) + (start.read_text() if start.exists() else '')\n"
        "    raise ValueError('it leaked' if 'hunter2' in seen else 'nothing seen')\n"
    )
    done = grade(source, json.dumps(fill(release, {"middle": spy})).encode(), "ada", warm=warm)
    assert [cell.message for cell in done.result.cells if cell.exercise == "middle"] == ["`middle` raised ValueError in line 8 of the cell: nothing seen"]
