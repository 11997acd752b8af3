"""A process that reads what a stranger made gives up what it does not need: files, network, other processes.

In: the files that it may read. Out: what holds from now on, for this process and all that it starts; nothing of it can
be undone. Linux only, without root: Landlock (https://docs.kernel.org/userspace-api/landlock.html) for files and
seccomp for system calls. Must be called while the process has one thread.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import signal
import struct
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_SET_PARENT_DEATH_SIGNAL, _SET_SECCOMP, _SET_NO_NEW_PRIVILEGES = 1, 22, 38  # of prctl
_SECCOMP_FILTER = 2

# Landlock: the rights of each version of its interface that we know; what is named and not allowed is refused.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # system calls, the same on every processor
_READ_VERSION, _PATH_BENEATH = 1, 1
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = (1 << bit for bit in range(4))
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 5: 16}  # from this version on, so many
_CONNECT_AND_BIND = 0b11  # TCP, from version 4 on
_OTHERS_SOCKETS_AND_SIGNALS = 0b11  # sockets and signals of processes outside, from version 6 on

# What programs and libraries are read from, and the few facts of the machine that numerical libraries look up.
_SYSTEM = (
    *("/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache", "/etc/alternatives", "/etc/localtime"),
    *("/dev/urandom", "/proc/cpuinfo", "/proc/meminfo", "/sys/devices/system/cpu"),
)

# System calls of x86-64 that no parser needs; any other program in the process would want them first.
_X86_64 = 0xC000003E
_REFUSED_CALLS = (
    *(41, 425, 426, 427),  # socket, io_uring (which can make sockets too)
    *(101, 310, 311, 434, 438),  # ptrace, process_vm_readv and writev, pidfd_open, pidfd_getfd
    *(109, 112),  # setpgid, setsid: the process stays in the group that is stopped with it
    *(155, 161, 165, 166, 272, 304, 308, 428, 429, 430, 432, 442),  # other roots, mounts and name spaces
    *(175, 246, 248, 249, 250, 298, 313, 321, 323),  # kernel modules, keys, perf, bpf, userfaultfd
    *(141, 142, 144, 203, 251, 314),  # how much of the machine another process gets
    *(90, 91, 92, 93, 94, 260, 268, 452),  # chmod and chown: the rights of files are not Landlock's
    *(132, 188, 189, 190, 197, 198, 199, 235, 261, 280),  # nor are their dates and extra attributes
)
_LIMITS = 302  # prlimit64: of this process only
_X32 = 0x40000000  # from here on: the same calls under other numbers
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06  # of the filter's little language
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | errno.EPERM


@dataclass(frozen=True)
class Confinement:
    """What holds; False where this machine's kernel or processor does not offer it."""

    files: bool  # only what was named can be read, and nothing can be written or made
    calls: bool  # no sockets, no looking into other processes, no leaving the process group


def confine(readable: Iterable[Path]) -> Confinement:
    """Keep this process, and all that it starts, to Python, the system's programs and the files named.

    Raises:
        OSError: the kernel offers it and refuses it all the same; the process must then not go on.
    """
    with suppress(OSError):  # older than this signal, or not Linux: the time limit ends the process as well
        _prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
    version = _landlock_version()
    calls = platform.machine() == "x86_64" and sys.platform == "linux"
    if version or calls:
        _prctl(_SET_NO_NEW_PRIVILEGES, 1)
    if version:
        _restrict_files(version, [*_program_folders(), *map(Path, _SYSTEM), *readable])
    if calls:
        _restrict_calls()
    return Confinement(version > 0, calls)


def _program_folders() -> list[Path]:
    """Where Python and its packages are; not the folder around an editable installation, in which anything stands."""
    packages = [Path(each) for each in sys.path if Path(each).name in ("site-packages", "dist-packages")]
    return [Path(sys.prefix), Path(sys.base_prefix), *packages, Path(__file__).parent]


def _landlock_version() -> int:
    """0 where the kernel has no Landlock, or has it switched off."""
    with suppress(OSError):
        return _call(_CREATE_RULESET, None, 0, _READ_VERSION)
    return 0


def _restrict_files(version: int, readable: list[Path]) -> None:
    rights = (1 << max(count for since, count in _FILE_RIGHTS.items() if since <= version)) - 1
    handled = struct.pack(
        "=QQQ",
        rights,
        _CONNECT_AND_BIND if version >= 4 else 0,
        _OTHERS_SOCKETS_AND_SIGNALS if version >= 6 else 0,
    )
    handled = handled[: 24 if version >= 6 else 16 if version >= 4 else 8]  # an older kernel refuses a longer one
    rules = _call(_CREATE_RULESET, handled, len(handled), 0)
    try:
        for path in readable:
            _allow(rules, path, _EXECUTE | _READ_FILE | _READ_DIR)
        _allow(rules, Path(os.devnull), _READ_FILE | _WRITE_FILE)
        _call(_RESTRICT_SELF, rules, 0)
    finally:
        os.close(rules)


def _allow(rules: int, path: Path, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return  # what is not there, or not for us, need not be allowed
    try:
        if not path.is_dir():
            rights &= ~_READ_DIR  # the kernel refuses a rule that means nothing
        _call(_ADD_RULE, rules, _PATH_BENEATH, struct.pack("=Qi", rights, place), 0)
    finally:
        os.close(place)


def _restrict_calls() -> None:
    last = [
        _step(_EQUAL, _LIMITS, 1),
        _step(_RETURN, _ALLOW),
        _step(_LOAD, 16),  # the process that the limits are for
        _step(_EQUAL, 0, 1),
        _step(_RETURN, _REFUSE),  # every jump to a refusal comes here
        _step(_RETURN, _ALLOW),
    ]
    count, refusal = len(_REFUSED_CALLS), last.index(_step(_RETURN, _REFUSE))
    steps = [
        _step(_LOAD, 4),  # the processor that the call is for
        _step(_EQUAL, _X86_64, 1),
        _step(_RETURN, _REFUSE),
        _step(_LOAD, 0),  # the number of the call
        _step(_AT_LEAST, _X32, count + refusal),
        *(_step(_EQUAL, number, count - at - 1 + refusal) for at, number in enumerate(_REFUSED_CALLS)),
        *last,
    ]
    program = ctypes.create_string_buffer(b"".join(steps))
    described = struct.pack("@HP", len(steps), ctypes.addressof(program))
    _prctl(_SET_SECCOMP, _SECCOMP_FILTER, described)


def _step(code: int, value: int, skip: int = 0) -> bytes:
    """One step of the filter; a comparison that holds skips so many of the following steps."""
    return struct.pack("=HBBI", code, skip, 0, value)


def _prctl(option: int, *values: object) -> None:
    _checked(ctypes.CDLL(None, use_errno=True).prctl(option, *_arguments(values, 4)))


def _call(number: int, *values: object) -> int:
    return _checked(ctypes.CDLL(None, use_errno=True).syscall(ctypes.c_long(number), *_arguments(values, 4)))


def _arguments(values: tuple[object, ...], count: int) -> list[object]:
    """As machine words: C takes a Python number for a half one. Bytes and None go as addresses."""
    words = [ctypes.c_ulong(value) if isinstance(value, int) else value for value in values]
    return words + [ctypes.c_ulong(0)] * (count - len(words))


def _checked(result: int) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), "the kernel refuses to confine this process")
    return result
