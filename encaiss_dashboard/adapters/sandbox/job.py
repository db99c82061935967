"""One reader under the server's watch."""

from __future__ import annotations

import re
import selectors
import signal
import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from encaiss_dashboard.adapters.sandbox.reader import DONE, TOO_HEAVY
from encaiss_dashboard.adapters.sandbox.walls import Limits
from encaiss_dashboard.domain.intake import Tell

Ending = Literal["done", "heavy", "broke"]

_LOOKS_EVERY_S: Final = 0.1
_TELLS_EVERY_S: Final = 0.25
_WEIGHS_EVERY_S: Final = 1.0
_ENDS_WITHIN_S: Final = 10.0
_BLOCK_BYTES: Final = 1 << 12
_PART_BYTES: Final = 1 << 16
_LINE_BYTES: Final = 1 << 12
_SAID_LINES: Final = 8
_TOLD: Final = re.compile(rb"told ([0-9]{1,19}) ([0-9]{1,19})")
_WALLS: Final = re.compile(rb"walls( [a-z ]+)?")
# Of all that a dying library may write only this is sure not to quote the file.
_HARMLESS: Final = re.compile(
    rb"broke \w+( [\w.<>-]+:[0-9]+)*|Fatal Python error: [\w ]+|memory allocation of [0-9]+ bytes failed"
    rb"|panicked at [\w./@-]+:[0-9]+|File \"[\w./@-]+\", line [0-9]+ in \w+"
)
_OUT_OF_MEMORY: Final = "memory allocation of"
_MEMORY: Final = re.compile(rb"Rss(?:Anon|Shmem):\s+([0-9]+) kB")
_LIMIT_SIGNALS: Final = frozenset({-signal.SIGXCPU, -signal.SIGXFSZ, -signal.SIGKILL})


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a reader ended.

    Attributes:
        ending: ``heavy`` when it took more than it may.
        reason: for the log; quotes nothing of the file.
        walls: which of the system's walls stood around it, None when it did not say.
    """

    ending: Ending
    reason: str
    walls: tuple[str, ...] | None


class Job:
    """One reader under watch, until it has ended in one way or another."""

    def __init__(self, talk: socket.socket, fate: socket.socket, folder: Path, limits: Limits) -> None:
        self._talk = talk
        self._fate = fate
        self._folder = folder
        self._limits = limits
        self._pid: int | None = None
        self._status: int | None = None
        self._has_ended = False
        self._part = b""
        self._said: list[str] = []
        self._told: tuple[int, int] | None = None
        self._walls: tuple[str, ...] | None = None
        self._began_at = self._heard_at = time.monotonic()

    def watch(self, tell: Tell, whole: int) -> Outcome:
        """Wait for its end, and bring it about when it takes more than it may.

        Args:
            tell: told how far it is, several times a second even when it does not move; what it raises
                ends the reader and goes on.
            whole: length of the file in bytes.
        """
        tells_at = weighs_at = self._began_at
        with self._talk, self._fate, selectors.DefaultSelector() as selector:
            selector.register(self._talk, selectors.EVENT_READ, self._hear)
            selector.register(self._fate, selectors.EVENT_READ, self._learn)
            try:
                while not self._has_ended:
                    for key, _ in selector.select(_LOOKS_EVERY_S):
                        if not key.data():
                            selector.unregister(key.fileobj)
                    now = time.monotonic()
                    if now >= tells_at:
                        tell(*(self._told or (0, whole)))
                        tells_at = now + _TELLS_EVERY_S
                    excess = self._excess(now)
                    if now >= weighs_at:
                        excess = excess or self._excess_on_disk()
                        weighs_at = now + max(_WEIGHS_EVERY_S, 10 * (time.monotonic() - now))
                    if excess and not self._has_ended:
                        return Outcome("heavy", excess, self._walls)
            finally:
                self._end()
            self._talk.settimeout(0)
            while self._hear():
                pass
        return self._outcome()

    def _hear(self) -> bool:
        """What the reader says; whether it may say more."""
        try:
            part = self._talk.recv(_PART_BYTES)
        except OSError:
            return False
        self._heard_at = time.monotonic()
        *lines, self._part = (self._part + part).split(b"\n")
        self._part = self._part[-_LINE_BYTES:]
        for line in lines:
            if told := _TOLD.fullmatch(line):
                self._told = int(told[1]), int(told[2])
            elif walls := _WALLS.fullmatch(line):
                self._walls = tuple((walls[1] or b"").decode().split())
            elif (harmless := _HARMLESS.search(line)) and len(self._said) < _SAID_LINES:
                self._said.append(harmless[0].decode())
        return bool(part)

    def _learn(self) -> bool:
        """What its starter says: its number, then how it ended; whether it may say more."""
        try:
            said = self._fate.recv(_PART_BYTES)
        except OSError:
            said = b""
        for number in said.split():
            if self._pid is None:
                self._pid = int(number)
            else:
                self._status = int(number)
        self._has_ended = self._status is not None or not said
        return not self._has_ended

    def _excess(self, now: float) -> str:
        if now - self._began_at > self._limits.wall_s:
            return f"more than {self._limits.wall_s:g} seconds"
        if now - self._heard_at > self._limits.silence_s:
            return f"silent for {self._limits.silence_s:g} seconds"
        if self._pid is not None and _memory_of(self._pid) > self._limits.memory_bytes:
            return f"more than {self._limits.memory_bytes} bytes of memory"
        return ""

    def _excess_on_disk(self) -> str:
        if _size_of(self._folder) > self._limits.folder_bytes:
            return f"more than {self._limits.folder_bytes} bytes on disk"
        return ""

    def _end(self) -> None:
        """Make sure that it is gone: nothing may write to its folder any more."""
        with suppress(OSError):
            self._fate.sendall(b"-")
        self._fate.settimeout(_ENDS_WITHIN_S)
        while not self._has_ended:
            self._learn()

    def _outcome(self) -> Outcome:
        if self._status == DONE:
            return Outcome("done", "", self._walls)
        if self._status is None:
            return Outcome("broke", "its starter is gone", self._walls)
        how = signal.Signals(-self._status).name if self._status < 0 else f"status {self._status}"
        is_heavy = (
            self._status == TOO_HEAVY
            or self._status in _LIMIT_SIGNALS
            or any(line.startswith(_OUT_OF_MEMORY) for line in self._said)
        )
        return Outcome("heavy" if is_heavy else "broke", "; ".join((how, *self._said)), self._walls)


def _memory_of(pid: int) -> int:
    """Bytes of memory that only this process has; 0 where the system does not say."""
    try:
        state = Path(f"/proc/{pid}/status").read_bytes()
    except OSError:
        return 0
    return sum(int(kilobytes) << 10 for kilobytes in _MEMORY.findall(state))


def _size_of(folder: Path) -> int:
    """Bytes of all in a folder, an empty file as large as the least a disk gives it."""
    size = 0
    for path in folder.rglob("*"):
        with suppress(OSError):
            size += max(path.lstat().st_size, _BLOCK_BYTES)
    return size
