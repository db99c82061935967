"""What the system itself refuses to a process that reads a stranger's file.

Each wall stands alone: a system that lacks one (macOS, an old kernel, a container that forbids it)
still has the others, and the process that started the reader watches time, memory and disk besides.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter

from encaiss_dashboard.adapters.sandbox.landlock import confine_files
from encaiss_dashboard.adapters.sandbox.seccomp import confine_calls

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_NO_NEW_PRIVS: Final = 38


@dataclass(frozen=True, slots=True)
class Limits:
    """What the reading of one file may take.

    Attributes:
        memory_bytes: of memory that no other process shares and no file backs.
        cpu_s: seconds of all its threads together.
        wall_s: seconds from its start.
        silence_s: seconds without a word of how far it is.
        file_bytes: length of one file that it writes.
        folder_bytes: of all that it writes.
        open_files: at once.
        niceness: steps it stands back behind the server.
    """

    memory_bytes: int = 1 << 30
    cpu_s: int = 600
    wall_s: float = 1800
    silence_s: float = 60
    file_bytes: int = 2 << 30
    folder_bytes: int = 4 << 30
    open_files: int = 256
    niceness: int = 5


LIMITS: Final = TypeAdapter(Limits)


def limit(limits: Limits) -> None:
    """Set the limits of this process for good.

    Address space is no measure: the XSLT processor reserves 32 GB of it and uses 0.2. What a process
    may write to counts (RLIMIT_DATA, Linux 4.7), at twice the memory, because allocators keep more than
    they use; the memory itself is watched from outside.
    """
    for kind, soft, hard in (
        (resource.RLIMIT_CPU, limits.cpu_s, limits.cpu_s + 5),
        (resource.RLIMIT_DATA, 2 * limits.memory_bytes, 2 * limits.memory_bytes),
        (resource.RLIMIT_FSIZE, limits.file_bytes, limits.file_bytes),
        (resource.RLIMIT_NOFILE, limits.open_files, limits.open_files),
        (resource.RLIMIT_CORE, 0, 0),
    ):
        with suppress(OSError, ValueError):
            resource.setrlimit(kind, (soft, hard))
    with suppress(OSError):
        os.nice(limits.niceness)
    with suppress(OSError):  # where the whole machine is short of memory, the reader goes and not the server
        Path("/proc/self/oom_score_adj").write_bytes(b"1000")


def die_with_parent(parent: int) -> None:
    """End this process when its parent ends (Linux); at once if that has happened already."""
    if sys.platform == "linux":
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)


def confine(source: Path, folder: Path, code: Iterable[Path]) -> tuple[str, ...]:
    """Leave this process one file to read, one folder to write, and no way to others, for good.

    Call it while there is one thread: those that are there already keep their freedom.

    Args:
        source: the file to read.
        folder: the folder to write.
        code: further files and folders of modules that it imports later.

    Returns:
        Which walls stand: ``files`` (Landlock) and ``calls`` (seccomp).
    """
    if sys.platform != "linux":
        return ()
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    readable = (source, *code, *_system())
    return ("files",) * confine_files(readable, folder) + ("calls",) * confine_calls()


def _prctl(option: int, value: int) -> None:
    nothing = ctypes.c_ulong(0)
    ctypes.CDLL(None).prctl(option, ctypes.c_ulong(value), nothing, nothing, nothing)


def _system() -> Iterator[Path]:
    """What Python and its libraries read of the system."""
    yield from map(Path, (sys.prefix, sys.base_prefix, *sysconfig.get_paths().values()))
    yield from (Path(entry) for entry in sys.path if entry.endswith(("site-packages", "dist-packages")))
    yield from map(
        Path, ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/share", "/etc/localtime", "/etc/ld.so.cache")
    )
    yield from map(Path, ("/dev/null", "/dev/zero", "/dev/urandom", "/dev/random"))
    yield from map(Path, ("/proc/self", "/proc/meminfo", "/proc/cpuinfo", "/proc/stat"))
    yield from map(Path, ("/proc/sys/vm/overcommit_memory", "/sys/fs/cgroup", "/sys/devices/system/cpu"))
    yield Path("/sys/kernel/mm/transparent_hugepage")
