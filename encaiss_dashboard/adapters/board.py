"""How far long work on an upload is, for every process and after any reload; and its end, asked from there.

Kept in small files beside the uploads and not in the database, whose one writer on SQLite is the very
work that is told of. What a dead process left behind is not shown any more after a while.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from encaiss_dashboard.domain.intake import Cancelled, Tell

_EVERY: Final = timedelta(milliseconds=200)
_STALE: Final = timedelta(seconds=60)
_FORGOTTEN: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far long work is.

    Attributes:
        what: ``reading`` (counted in bytes) or ``writing`` (counted in rows).
        done, whole: so many of so many; ``whole`` is 0 while it is not known.
        started, at: when it began, and when this was true; ISO 8601 with zone.
    """

    what: str
    done: int
    whole: int
    started: str
    at: str

    @property
    def seconds(self) -> float:
        """How long it has taken so far."""
        return (datetime.fromisoformat(self.at) - datetime.fromisoformat(self.started)).total_seconds()

    @property
    def left_seconds(self) -> float | None:
        """How long it will still take at this rate, None while nobody can say."""
        if not self.done or not self.whole:
            return None
        return max(0.0, self.seconds * (self.whole - self.done) / self.done)


class Board:
    """Progress by key, in one folder that all processes of a deployment share."""

    def __init__(self, folder: Path, clock: Callable[[], datetime]) -> None:
        self._folder, self._clock = folder, clock

    @contextmanager
    def work(self, key: str, what: str) -> Iterator[Tell]:
        """A block of long work; what it yields is to be told how far it is.

        Told that nothing is done yet, it counts the time from then: what went before was no such work.

        Raises:
            Cancelled: out of the yielded function, once somebody asked for the end of it.
        """
        started = self._clock()
        shown = started
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._stop(key).unlink(missing_ok=True)
        self._write(key, Progress(what, 0, 0, started.isoformat(), started.isoformat()))

        def tell(done: int, whole: int) -> None:
            nonlocal shown, started
            now = self._clock()
            if self._stop(key).exists():
                raise Cancelled
            if not done:
                started = now
            if now - shown >= _EVERY or done == whole:
                shown = now
                self._write(key, Progress(what, done, whole, started.isoformat(), now.isoformat()))

        try:
            yield tell
        finally:
            self._path(key).unlink(missing_ok=True)
            self._stop(key).unlink(missing_ok=True)

    def read(self, key: str) -> Progress | None:
        """How far the work under a key is, None when there is none."""
        try:
            progress = Progress(**json.loads(self._path(key).read_text(encoding="utf-8")))
        except (FileNotFoundError, ValueError):
            return None
        is_stale = self._clock() - datetime.fromisoformat(progress.at) > _STALE
        return None if is_stale else progress

    def cancel(self, key: str) -> None:
        """Ask for the end of the work under a key; it hears so when it next tells how far it is."""
        if self.read(key) is not None:
            self._stop(key).touch(mode=0o600)

    def sweep(self) -> None:
        """Remove what dead processes left behind."""
        oldest = (self._clock() - _FORGOTTEN).timestamp()
        for path in self._folder.glob("*") if self._folder.exists() else ():
            with suppress(FileNotFoundError):  # its work has ended meanwhile
                if path.stat().st_mtime < oldest:
                    path.unlink()

    def _write(self, key: str, progress: Progress) -> None:
        part = self._folder / f"{key}.part"
        part.write_text(json.dumps(asdict(progress)), encoding="utf-8")
        part.replace(self._path(key))

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}.progress"

    def _stop(self, key: str) -> Path:
        return self._folder / f"{key}.stop"
