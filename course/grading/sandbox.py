"""What a learner's process may do: limits for everything, and the protections that this machine has to enforce them."""

from __future__ import annotations

import contextlib
import os
import site
import sys
import sysconfig
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from course.grading import seccomp

MB = 2**20


class Mode(StrEnum):
    """How much of the sandbox a grader asks for."""

    AUTO = "auto"  # what the machine has; the record says what is missing
    REQUIRE = "require"  # refuse to grade unless all of it is there
    OFF = "off"  # time limits only


@dataclass(frozen=True)
class Limits:
    """What a submission may use: seconds of wall time for one cell (or one test cell) and for the whole notebook, bytes of memory beyond what
    the libraries need, bytes of files in all and of one file, open files, threads, and characters of text and of pictures that one cell may show."""

    cell_seconds: float = 20
    total_seconds: float = 300
    memory: int = 2048 * MB
    scratch: int = 256 * MB
    file: int = 64 * MB
    open_files: int = 256
    threads: int = 200
    output_chars: int = 20_000
    picture_chars: int = 8_000_000

    @property
    def too_long(self) -> str:
        """What is said of a cell that used up its time."""
        return f"it ran for more than {self.cell_seconds:g} s and was stopped"


PROTECTIONS = {
    "files": "reads libraries only and writes nothing but its own scratch folder",
    "network": "no network, neither in nor out",
    "processes": "starts no processes and sees, signals or traces no others",
    "memory": "a limit on memory",
    "cpu": "a limit on CPU time, open files and the size of a file",
}


class Unprotected(Exception):
    """A protection is missing on this machine; the text says which."""


def available() -> dict[str, str]:
    """The protections that this machine lacks, each with the reason."""
    missing = {}
    if sys.platform != "linux":
        return dict.fromkeys(("files", "network", "processes"), f"not to be had on {sys.platform}")
    if not seccomp.supported():
        missing |= dict.fromkeys(("network", "processes"), "this kernel cannot filter system calls")
    with contextlib.suppress(ImportError):
        import sandlock

        if sandlock.landlock_abi_version() >= 1:
            return missing
        return {**missing, "files": "this kernel has no Landlock (Linux 5.13 or newer, not switched off)"}
    return {**missing, "files": "the package sandlock is not installed"}


def check(mode: Mode) -> None:
    """A clear error where `require` cannot be met."""
    missing = available() if mode is Mode.REQUIRE else {}
    if missing:
        raise Unprotected("; ".join(f"{PROTECTIONS[name]}: {reason}" for name, reason in missing.items()))


def enter(mode: Mode, scratch: Path, limits: Limits) -> list[str]:
    """Confine the current process for good; call it before any thread starts.

    Returns the names of the protections in force; raises Unprotected where one fails that is required.
    """
    if mode is Mode.OFF:
        return []
    in_force, failed = [], available()
    steps: list[tuple[tuple[str, ...], Callable[[], None]]] = [
        (("files",), lambda: _landlock(scratch)),
        (("memory", "cpu"), lambda: _rlimits(limits)),
        (("network", "processes"), seccomp.forbid_processes_and_network),
    ]
    for names, step in steps:
        if any(name in failed for name in names):
            continue
        try:
            step()
            in_force += names
        except Exception as error:  # each library has its own
            failed |= dict.fromkeys(names, str(error))
    if mode is Mode.REQUIRE and failed:
        raise Unprotected("; ".join(f"{name}: {reason}" for name, reason in failed.items()))
    return in_force


def seal(in_force: list[str]) -> None:
    """The last step, when the process has all that it needs: no new sockets and no changes to files it may only read, in no thread."""
    if "network" in in_force:
        seccomp.forbid_sockets_and_metadata()


def environment(scratch: Path) -> dict[str, str]:
    """The environment of a learner's process: nothing of the grader's that could be a secret."""
    kept = {name: value for name, value in os.environ.items() if name in ("LANG", "LC_ALL", "LC_CTYPE", "TZ", "PATH", "SYSTEMROOT", "MPLCONFIGDIR")}
    home = str(scratch)
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "LOKY_MAX_CPU_COUNT"), "1")
    paths = os.pathsep.join(path for path in sys.path if path)
    return {
        **kept,
        **threads,
        "PYTHONPATH": paths,
        "HOME": home,
        "TMPDIR": home,
        "IPYTHONDIR": home,
        "JOBLIB_MULTIPROCESSING": "0",
        "NBGRADER_EXECUTION": "autograde",
    }


def _landlock(scratch: Path) -> None:
    from sandlock import Protection, Sandbox, confine

    confine(
        Sandbox(fs_readable=[path for path in _readable() if os.path.exists(path)], fs_writable=[str(scratch), "/dev/null"], allow_degraded=list(Protection))
    )


def _readable() -> list[str]:
    """What Python and its libraries read: never the course's folder, in which sources, submissions and grades lie."""
    libraries = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")} | {site.getusersitepackages()}
    packages = {
        str(Path(__file__).resolve().parents[1]),
        os.path.join(sys.base_prefix, "lib"),
        os.path.join(sys.prefix, "lib"),
        os.path.join(sys.prefix, "share"),
    }
    system = ["/usr/lib", "/usr/lib64", "/usr/share", "/lib", "/lib64", "/etc/localtime", "/etc/timezone", "/etc/fonts", "/etc/ld.so.cache", "/etc/mime.types"]
    machine = [
        "/dev/zero",
        "/dev/urandom",
        "/dev/random",
        "/proc/self",
        "/proc/cpuinfo",
        "/proc/meminfo",
        "/proc/stat",
        "/sys/devices/system/cpu",
        "/sys/fs/cgroup",
    ]
    return sorted({path for path in libraries | packages if path} | set(system) | set(machine))


def limit_memory(most: int) -> None:
    """Let the current process use at most `most` bytes beyond what it holds, where the system can."""
    if sys.platform == "linux":
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (_held()["VmData"] + most, resource.getrlimit(resource.RLIMIT_DATA)[1]))


def _held() -> dict[str, int]:
    status = [line.split() for line in Path("/proc/self/status").read_text().splitlines()]
    return {words[0].rstrip(":"): int(words[1]) * 1024 for words in status if words[0] in ("VmData:", "VmSize:")}


def _rlimits(limits: Limits) -> None:
    import resource  # not on Windows

    used = _held()
    seconds = int(limits.total_seconds) + int(resource.getrusage(resource.RUSAGE_SELF).ru_utime) + 1
    wanted = {
        resource.RLIMIT_DATA: used["VmData"] + limits.memory,
        resource.RLIMIT_AS: used["VmSize"] + 4 * limits.memory,
        resource.RLIMIT_CPU: seconds,
        resource.RLIMIT_NOFILE: limits.open_files,
        resource.RLIMIT_FSIZE: limits.file,
        resource.RLIMIT_CORE: 0,
    }
    for what, most in wanted.items():
        hard = resource.getrlimit(what)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (most, most))
