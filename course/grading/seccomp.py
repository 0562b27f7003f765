"""A seccomp filter for the current process: no new processes, no network, no reaching into other processes. Linux on x86-64 and ARM64.

Written as classic BPF, because the kernel's own interface needs no library and no privilege; see seccomp(2) and the kernel's
Documentation/userspace-api/seccomp_filter.rst.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys

_ARCHITECTURES = {"x86_64": (0xC000003E, 0, 317), "aarch64": (0xC00000B7, 1, 277)}  # AUDIT_ARCH_*, column below, number of seccomp(2)

# Names and numbers from the kernel's unistd headers (x86-64, ARM64); None where the architecture has no such call.
_FORBIDDEN: dict[str, tuple[int | None, int | None]] = {
    "execve": (59, 221),
    "execveat": (322, 281),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "kcmp": (312, 272),
    "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438),
    "pidfd_send_signal": (424, 424),
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "open_tree": (428, 428),
    "mount_setattr": (442, 442),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "reboot": (169, 142),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "kexec_load": (246, 104),
    "shmget": (29, 194),
    "semget": (64, 190),
    "msgget": (68, 186),
    "mq_open": (240, 180),
    "acct": (163, 89),
    "quotactl": (179, 60),
    "syslog": (103, 116),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "adjtimex": (159, 171),
    "clock_adjtime": (305, 266),
    "setrlimit": (160, 164),
    "setuid": (105, 146),
    "setgid": (106, 144),
    "setgroups": (116, 159),
    "setreuid": (113, 145),
    "setresuid": (117, 147),
    "setregid": (114, 143),
    "setresgid": (119, 149),
    "setpriority": (141, 140),
    "ioprio_set": (251, 30),
    "tkill": (200, 130),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "fanotify_init": (300, 262),
    "memfd_create": (319, 279),  # memory that no limit counts
    "memfd_secret": (447, 447),
    "mknod": (133, None),
    "mknodat": (259, 33),
}
_METADATA: dict[str, tuple[int | None, int | None]] = {
    "chmod": (90, None),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "chown": (92, None),
    "fchown": (93, 55),
    "lchown": (94, None),
    "fchownat": (260, 54),
    "utime": (132, None),
    "utimes": (235, None),
    "futimesat": (261, None),
    "utimensat": (280, 88),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
    "setxattrat": (463, 463),
    "removexattrat": (466, 466),
    "file_setattr": (469, 469),
}
_NEW_PROCESS = {"fork": (57, None), "vfork": (58, None)}
_SPECIAL = {
    "clone": (56, 220),
    "clone3": (435, 435),
    "prlimit64": (302, 261),
    "kill": (62, 129),
    "tgkill": (234, 131),
    "socket": (41, 198),
    "socketpair": (53, 199),
}
_SOCKETS = {"socket": (41, 198), "bind": (49, 200), "connect": (42, 203), "listen": (50, 201)}

_LOAD, _AND, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x54, 0x15, 0x35, 0x45, 0x06
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_NUMBER, _ARCHITECTURE, _FIRST, _SECOND, _THIRD_LOW, _THIRD_HIGH = 0, 4, 16, 24, 32, 36  # offsets in struct seccomp_data
_CLONE_THREAD, _AF_UNIX, _SOCKET_TYPE, _STREAM = 0x10000, 1, 0xF, 1
_NO_NEW_PRIVS, _SET_MODE_FILTER, _ALL_THREADS = 38, 1, 1


def supported() -> bool:
    """Whether this machine can filter system calls."""
    return sys.platform == "linux" and platform.machine() in _ARCHITECTURES and os.path.exists("/proc/sys/kernel/seccomp")


def forbid_processes_and_network() -> None:
    """From now on: threads but no new processes, UNIX sockets but no network, signals to itself only. An OSError says what the kernel refused."""
    allowed, wrong, again = _give(0), _give(errno.EPERM), _give(errno.EAGAIN)
    program = [*_start(), *_each(_FORBIDDEN, wrong), *_each(_NEW_PROCESS, again)]
    program += _when("clone", [_load(_FIRST), (_ANY_BIT, 1, 0, _CLONE_THREAD), again, allowed])
    program += _when("clone3", [_give(errno.ENOSYS)])  # its flags lie in memory, out of a filter's sight; libraries fall back to clone
    program += _when("prlimit64", [_load(_THIRD_LOW), (_EQUAL, 0, 2, 0), _load(_THIRD_HIGH), (_EQUAL, 1, 0, 0), wrong, allowed])
    program += _when("kill", [_load(_FIRST), (_EQUAL, 1, 0, os.getpid()), wrong, allowed])
    program += _when("tgkill", [_load(_FIRST), (_EQUAL, 1, 0, os.getpid()), wrong, allowed])
    program += _when("socket", [_load(_FIRST), (_EQUAL, 1, 0, _AF_UNIX), wrong, allowed])
    _install([*program, allowed])


def forbid_sockets_and_metadata() -> None:
    """From now on, in all threads: no new sockets of any kind, those that are open stay; no change of a file's mode, owner, times or attributes."""
    allowed, wrong = _give(0), _give(errno.EPERM)
    stream_only = [_load(_SECOND), (_AND, 0, 0, _SOCKET_TYPE), (_EQUAL, 1, 0, _STREAM), wrong, allowed]  # a pair of datagram sockets can send to strangers
    _install([*_start(), *_each(_SOCKETS, wrong), *_each(_METADATA, wrong), *_when("socketpair", stream_only), allowed])


Instruction = tuple[int, int, int, int]  # code, jump if true, jump if false, constant


def _here() -> tuple[int, int, int]:
    return _ARCHITECTURES[platform.machine()]


def _give(number: int) -> Instruction:
    return (_RETURN, 0, 0, _ERRNO | number if number else _ALLOW)


def _load(offset: int) -> Instruction:
    return (_LOAD, 0, 0, offset)


def _start() -> list[Instruction]:
    """Refuse calls by another architecture's numbers (32-bit, x32), then load the call's number."""
    start = [_load(_ARCHITECTURE), (_EQUAL, 1, 0, _here()[0]), _give(errno.EPERM), _load(_NUMBER)]
    return [*start, (_AT_LEAST, 0, 1, 0x40000000), _give(errno.EPERM)]


def _each(calls: dict[str, tuple[int | None, int | None]], answer: Instruction) -> list[Instruction]:
    numbers = [numbers[_here()[1]] for numbers in calls.values()]
    return [instruction for number in numbers if number is not None for instruction in ((_EQUAL, 0, 1, number), answer)]


def _when(name: str, body: list[Instruction]) -> list[Instruction]:
    """Run `body`, which must end in returns, for one call; the number is loaded again for those that come after."""
    number = _SPECIAL[name][_here()[1]]
    assert number is not None
    return [(_EQUAL, 0, len(body), number), *body]


def _install(program: list[Instruction]) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *instruction) for instruction in program))
    filter_program = ctypes.create_string_buffer(struct.pack("@HP", len(program), ctypes.addressof(code)))
    if libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 or libc.syscall(_here()[2], _SET_MODE_FILTER, _ALL_THREADS, filter_program) != 0:
        raise OSError(ctypes.get_errno(), "the kernel refused the filter")
