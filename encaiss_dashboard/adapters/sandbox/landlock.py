"""Landlock: the kernel lets a process into the files it names beforehand, and into no others.

Linux 5.13 and newer; include/uapi/linux/landlock.h.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

_C: Final = ctypes.CDLL(None, use_errno=True)
# The same numbers on every architecture.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_GET_VERSION: Final = 1
_PATH_BENEATH: Final = 1
_WRITE_FILE, _READ_FILE, _READ_DIR, _REMOVE_DIR, _REMOVE_FILE = 1 << 1, 1 << 2, 1 << 3, 1 << 4, 1 << 5
_MAKE_DIR, _MAKE_FILE, _TRUNCATE = 1 << 7, 1 << 8, 1 << 14
_READS: Final = _READ_FILE | _READ_DIR
_WRITES: Final = _READS | _WRITE_FILE | _REMOVE_DIR | _REMOVE_FILE | _MAKE_DIR | _MAKE_FILE | _TRUNCATE
# Version of the interface: how many rights to files it knows, how long its first argument is.
_VERSIONS: Final = ((1, 13, 8), (2, 14, 8), (3, 15, 8), (4, 15, 16), (5, 16, 16), (6, 16, 24))


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("place", ctypes.c_int32))


def confine_files(readable: Iterable[Path], writable: Path) -> bool:
    """Leave this thread and those it starts the files it may read and the folder it may write.

    From the fourth version on there are no TCP connections either, from the sixth no signals to others.

    Returns:
        Whether the wall stands; a path that does not exist is not let in.
    """
    version = _C.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_GET_VERSION))
    if version < 1:
        return False
    _, rights, length = _VERSIONS[min(version, len(_VERSIONS)) - 1]
    handled = (1 << rights) - 1
    # No connection by TCP, no socket without a name of others, no signal to others.
    rules = _Ruleset(handled, 0b11, 0b11)
    ruleset = _C.syscall(_CREATE_RULESET, ctypes.byref(rules), ctypes.c_size_t(length), ctypes.c_uint32(0))
    if ruleset < 0:
        return False
    try:
        for path, allowed in (*((path, _READS) for path in readable), (writable, _WRITES)):
            _allow(ruleset, path, allowed & handled)
        return bool(_C.syscall(_RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint32(0)) == 0)
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: Path, allowed: int) -> None:
    with suppress(OSError):
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            beneath = _Beneath(allowed if path.is_dir() else allowed & _READ_FILE, place)
            _C.syscall(
                _ADD_RULE,
                ctypes.c_int(ruleset),
                ctypes.c_int(_PATH_BENEATH),
                ctypes.byref(beneath),
                ctypes.c_uint32(0),
            )
        finally:
            os.close(place)
