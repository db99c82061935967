"""Where the server asks for readers."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from contextlib import ExitStack
from typing import Final

from encaiss_dashboard.adapters.sandbox.job import Job
from encaiss_dashboard.adapters.sandbox.reader import REQUEST, Request
from encaiss_dashboard.adapters.sandbox.walls import LIMITS, Limits

_THREADS_MAX: Final = 4
_ENDS_WITHIN_S: Final = 10.0


class Nursery:
    """The process that starts readers: begun at the first file, begun again if it is gone."""

    def __init__(self, reader: str, limits: Limits) -> None:
        self._reader = reader
        self._limits = limits
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._owner = 0

    def start(self, request: Request) -> Job:
        """A reader at work on one file.

        Raises:
            OSError: the system has no room for a process.
        """
        with ExitStack() as ends:
            talk, its_talk = map(ends.enter_context, socket.socketpair())
            fate, its_fate = map(ends.enter_context, socket.socketpair())
            talk.sendall(REQUEST.dump_json(request) + b"\n")
            given = [its_talk.fileno(), its_fate.fileno()]
            with self._lock:
                try:
                    socket.send_fds(self._running(), [b"+"], given)
                except (BrokenPipeError, ConnectionResetError):
                    self._stop()
                    socket.send_fds(self._running(), [b"+"], given)
            return Job(talk.dup(), fate.dup(), request.folder, self._limits)

    def close(self) -> None:
        """End it, and with it every reader it started."""
        with self._lock:
            self._stop()

    def _running(self) -> socket.socket:
        if self._owner != os.getpid():  # a worker that was forked from another server process
            self._process = self._control = None
        if self._process is not None and self._process.poll() is not None:
            self._stop()
        if self._control is None:
            self._control, its_control = socket.socketpair()
            with its_control:
                self._process = self._begun(its_control)
            self._owner = os.getpid()
        return self._control

    def _begun(self, control: socket.socket) -> subprocess.Popen[bytes]:
        """Nothing of the server's environment goes along: its secret and its database stand there."""
        # Python 3.12 warns of every fork beside a thread; which one there is, the starter says.
        module = (
            "-P",
            "-W",
            "ignore::DeprecationWarning",
            "-m",
            "encaiss_dashboard.adapters.sandbox.starter",
        )
        arguments = (str(control.fileno()), self._reader, LIMITS.dump_json(self._limits).decode())
        environment = {
            "PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path)),
            "LC_ALL": "C.UTF-8",
            "_RJEM_MALLOC_CONF": "background_thread:false",  # polars' allocator: no threads of its own
            "POLARS_MAX_THREADS": str(min(_THREADS_MAX, os.cpu_count() or 1)),
        }
        return subprocess.Popen(  # noqa: S603 - Python itself, with our own module
            [sys.executable, *module, *arguments],
            env=environment,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=(control.fileno(),),
            start_new_session=True,
        )

    def _stop(self) -> None:
        if self._control is not None:
            self._control.close()
        if self._process is not None:
            try:
                self._process.wait(_ENDS_WITHIN_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._process = self._control = None
