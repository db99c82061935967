"""A process of its own that reads one file and ends."""

from __future__ import annotations

import errno
import faulthandler
import os
import resource
import signal
import socket
import tempfile
import time
import traceback
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Final, NoReturn

from pydantic import TypeAdapter

from encaiss_dashboard.adapters.sandbox.walls import Limits, confine, die_with_parent, limit
from encaiss_dashboard.domain.intake import Choices

DONE: Final = 0
BROKE: Final = 1
TOO_HEAVY: Final = 3
"""How it ends when no signal ends it."""
_TALK: Final = 2
_PART_BYTES: Final = 1 << 16
_TELLS_EVERY_S: Final = 0.05
_FRAMES: Final = 6
_HEAVY: Final = frozenset({errno.EFBIG, errno.ENOMEM, errno.ENOSPC, errno.EMFILE})


@dataclass(frozen=True, slots=True)
class Request:
    """One file to read; see ``work.InvoiceFiles.read_file``."""

    source: Path
    name: str
    choices: Choices
    folder: Path


REQUEST: Final = TypeAdapter(Request)


def read_apart(
    talk: socket.socket, reader: str, code: Iterable[Path], limits: Limits, parent: int
) -> NoReturn:
    """Become the process that reads the file asked for on ``talk``, and end.

    What it says there, a line each: ``walls`` and which of them stand; ``told``, how many bytes are
    read, of how many; ``broke`` and where. What libraries write to the standard error comes between.

    Args:
        talk: to the server.
        reader: name of the module whose ``read_file`` leaves its reading in the folder.
        code: where that module lies.
        limits: what it may take.
        parent: the process that started this one.
    """
    status = BROKE
    try:
        die_with_parent(parent)
        _let_go_of_all_but(talk)
        limit(limits)
        request = _request()
        walls = confine(request.source, request.folder, code)
        _say("walls", *walls)
        tempfile.tempdir = str(request.folder)
        told = _Told()
        import_module(reader).read_file(
            request.source, request.name, request.choices, request.folder, told.tell
        )
        told.finish()
        status = DONE
    except BaseException as error:  # noqa: BLE001 - whatever it is, only its kind and place may leave
        status = TOO_HEAVY if _is_heavy(error) else BROKE
        with suppress(BaseException):
            _say("broke", type(error).__name__, *_places(error))
    finally:
        os._exit(status)


def _let_go_of_all_but(talk: socket.socket) -> None:
    """Nothing inherited stays open; the standard error becomes the line to the server."""
    os.setsid()
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.dup2(talk.fileno(), _TALK)
    os.closerange(_TALK + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    os.close(nothing)
    faulthandler.enable(_TALK, all_threads=False)


def _request() -> Request:
    line = b""
    while not line.endswith(b"\n"):
        part = os.read(_TALK, _PART_BYTES)
        if not part:
            os._exit(BROKE)
        line += part
    return REQUEST.validate_json(line)


def _say(*words: object) -> None:
    os.write(_TALK, (" ".join(map(str, words)) + "\n").encode("ascii", "replace"))


class _Told:
    """Passes on how far the work is, as often as somebody may want to see it move."""

    def __init__(self) -> None:
        self._last: tuple[int, int] | None = None
        self._next_at = 0.0

    def tell(self, done: int, whole: int) -> None:
        self._last = done, whole
        if time.monotonic() >= self._next_at:
            self.finish()

    def finish(self) -> None:
        if self._last is not None:
            _say("told", *self._last)
            self._last = None
            self._next_at = time.monotonic() + _TELLS_EVERY_S


def _is_heavy(error: BaseException) -> bool:
    return isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno in _HEAVY)


def _places(error: BaseException) -> list[str]:
    """Where it broke, innermost last; its message may quote the file, so it stays here."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    return [f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames]
