"""Seccomp: the kernel refuses a process the system calls that no reader needs.

Linux on x86-64 and 64-bit ARM; include/uapi/linux/seccomp.h and bpf_common.h.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys
from collections.abc import Iterator
from typing import Final, NamedTuple

_C: Final = ctypes.CDLL(None, use_errno=True)
_PR_SET_SECCOMP: Final = 22


class _Calls(NamedTuple):
    """Numbers of system calls on one architecture."""

    architecture: int
    clone: int
    tgkill: int
    prlimit: int
    refused: tuple[int, ...]


# socket, execve, execveat, kill, tkill, rt_sigqueueinfo, rt_tgsigqueueinfo, ptrace, process_vm_readv,
# process_vm_writev, unshare, setns, bpf, and on x86-64 fork and vfork; then those that are the same
# everywhere: pidfd_send_signal, io_uring_setup, pidfd_open, pidfd_getfd.
# Source: arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h of Linux.
_EVERYWHERE: Final = (424, 425, 434, 438)
_CALLS: Final = {
    "x86_64": _Calls(
        *(0xC000003E, 56, 234, 302),
        (41, 59, 322, 62, 200, 129, 297, 101, 310, 311, 272, 308, 321, 57, 58, *_EVERYWHERE),
    ),
    "aarch64": _Calls(
        *(0xC00000B7, 220, 131, 261),
        (198, 221, 281, 129, 130, 138, 240, 117, 270, 271, 97, 268, 280, *_EVERYWHERE),
    ),
}
_CLONE3: Final = 435
_CLONE_THREAD: Final = 0x10000
_X32: Final = 0x40000000
# Classic BPF. A jump's numbers are how many
# instructions it skips when it holds and when it does not.
_LOAD, _EQUAL, _AT_LEAST, _ANY_OF, _ANSWER = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER_AT, _ARCHITECTURE_AT, _FIRST_ARGUMENT_AT = 0, 4, 16
_ALLOWED, _KILLED, _ERROR = 0x7FFF0000, 0x80000000, 0x00050000
_SECCOMP_MODE_FILTER: Final = 2


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def confine_calls() -> bool:
    """Refuse this thread and those it starts other programs, processes and networks, and signals to others.

    Threads are free to begin. The process must have said before that it wants no new privileges.

    Returns:
        Whether the wall stands.
    """
    calls = _CALLS.get(platform.machine())
    if calls is None or sys.maxsize < 1 << 32:
        return False
    written = b"".join(struct.pack("=HBBI", *step) for step in _filter(calls, os.getpid()))
    program = _Program(len(written) // 8, written)
    return bool(_C.prctl(_PR_SET_SECCOMP, ctypes.c_ulong(_SECCOMP_MODE_FILTER), ctypes.byref(program)) == 0)


def _filter(calls: _Calls, own: int) -> Iterator[tuple[int, int, int, int]]:
    refused = (_ANSWER, 0, 0, _ERROR | errno.EPERM)
    allowed = (_ANSWER, 0, 0, _ALLOWED)
    yield _LOAD, 0, 0, _ARCHITECTURE_AT
    yield _EQUAL, 1, 0, calls.architecture
    yield _ANSWER, 0, 0, _KILLED
    yield _LOAD, 0, 0, _NUMBER_AT
    yield _AT_LEAST, 0, 1, _X32
    yield refused
    for number in calls.refused:
        yield _EQUAL, 0, 1, number
        yield refused
    # The C library then asks for threads by the older call, whose flags can be looked at.
    yield _EQUAL, 0, 1, _CLONE3
    yield _ANSWER, 0, 0, _ERROR | errno.ENOSYS
    for number, test, value in (
        (calls.clone, _ANY_OF, _CLONE_THREAD),
        (calls.tgkill, _EQUAL, own),
        (calls.prlimit, _EQUAL, 0),
    ):
        yield _EQUAL, 0, 4, number
        yield _LOAD, 0, 0, _FIRST_ARGUMENT_AT
        yield test, 0, 1, value
        yield allowed
        yield refused
    yield allowed
