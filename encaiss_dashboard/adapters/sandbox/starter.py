"""A small process that starts readers: ``python -m encaiss_dashboard.adapters.sandbox.starter``.

It holds the libraries that readers need, so that each begins at once with them, and nothing of the
server: it is a fresh program, not a fork of it. It never looks at a file itself.
"""

from __future__ import annotations

import gc
import importlib.util
import os
import selectors
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Final

from encaiss_dashboard.adapters.sandbox.reader import read_apart
from encaiss_dashboard.adapters.sandbox.walls import LIMITS, Limits

# What readers import for some formats only, and whatever the platform: it starts no thread.
_AHEAD: Final = ("pydantic", "lxml.etree", "pypdf", "facturx", "python_calamine", "saxonche", "babel.dates")
_THREADS: Final = Path("/proc/self/task")
_SETTLES_WITHIN_S: Final = 2.0
_SETTLES_EVERY_S: Final = 0.005
_ASLEEP: Final = b"S"


class _Starter:
    """Starts readers as asked on ``control``, ends them when told to, and says how each ended."""

    def __init__(self, control: socket.socket, reader: str, limits: Limits) -> None:
        self._control = control
        self._reader = reader
        self._limits = limits
        self._code = tuple(_places_of(__package__, reader))
        self._fates: dict[int, socket.socket] = {}
        self._ended, self._ending = socket.socketpair()
        self._ended.settimeout(0)
        self._ending.settimeout(0)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._ending.fileno(), warn_on_full_buffer=False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(control, selectors.EVENT_READ, self._start)
        self._selector.register(self._ended, selectors.EVENT_READ, self._reap)

    def serve(self) -> None:
        """Until the server is gone; then all readers end as well."""
        while self._control.fileno() >= 0:
            for key, _ in self._selector.select():
                key.data()
        for pid in self._fates:
            _kill(pid, os.killpg, os.kill)

    def _start(self) -> None:
        ends: list[socket.socket] = []
        own = os.getpid()
        try:
            message, descriptors, _, _ = socket.recv_fds(self._control, 1, 2)
            ends += (socket.socket(fileno=descriptor) for descriptor in descriptors)
            if not message:
                self._control.close()
                return
            talk, fate = ends
            pid = os.fork()
        except (OSError, ValueError):  # no room for one more: the server sees that nobody answers
            for end in ends:
                end.close()
            return
        if pid == 0:
            read_apart(talk, self._reader, self._code, self._limits, own)
        talk.close()
        self._fates[pid] = fate
        self._selector.register(fate, selectors.EVENT_READ, lambda: self._end(pid))
        _say(fate, pid)

    def _end(self, pid: int) -> None:
        """The server wants this one to end, or has forgotten it."""
        if pid in self._fates:
            self._selector.unregister(self._fates[pid])
            _kill(pid, os.killpg, os.kill)

    def _reap(self) -> None:
        self._ended.recv(4096)
        with suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    return
                _kill(pid, os.killpg)  # what it may have started where no wall forbids that
                fate = self._fates.pop(pid)
                with suppress(KeyError):
                    self._selector.unregister(fate)
                _say(fate, os.waitstatus_to_exitcode(status))
                fate.close()


def _say(fate: socket.socket, number: int) -> None:
    with suppress(OSError):
        fate.sendall(f"{number}\n".encode())


def _kill(pid: int, *ways: Callable[[int, int], None]) -> None:
    for kill in ways:
        with suppress(ProcessLookupError, PermissionError):
            kill(pid, signal.SIGKILL)


def _places_of(*modules: str) -> Iterator[Path]:
    """Where the code of their packages lies: readers import it behind their walls."""
    for module in modules:
        spec = importlib.util.find_spec(module.partition(".")[0])
        if spec is not None:
            yield from map(Path, spec.submodule_search_locations or [spec.origin or ""])


def _hold(reader: str) -> None:
    """Import what readers need, and let theirs make itself ready, so that each begins with it.

    On Linux that is all of it. Polars starts one thread when it is imported, which removes what was
    swapped to disk; nothing here gives it work, and once it has fallen asleep it holds no lock that a
    fork could keep for ever (decisions/0019-files-read-apart.md). Elsewhere each reader imports polars
    for itself.
    """
    for name in _AHEAD:
        with suppress(ImportError):  # a reader that needs it says so
            import_module(name)
    if sys.platform == "linux":
        with suppress(ImportError):
            getattr(import_module(reader), "prepare", bool)()
    gc.freeze()
    end = time.monotonic() + _SETTLES_WITHIN_S
    while time.monotonic() < end:
        time.sleep(_SETTLES_EVERY_S)
        if all(state == _ASLEEP for state in _states_of_other_threads()):
            return


def _states_of_other_threads() -> list[bytes]:
    if not _THREADS.exists():
        return []
    others = (thread / "stat" for thread in _THREADS.iterdir() if thread.name != str(os.getpid()))
    return [stat.read_bytes().rpartition(b") ")[2][:1] for stat in others]


def main(descriptor: str, reader: str, limits: str) -> None:
    """Serve the socket of this number."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _hold(reader)
    _Starter(socket.socket(fileno=int(descriptor)), reader, LIMITS.validate_json(limits)).serve()


if __name__ == "__main__":
    main(*sys.argv[1:])
