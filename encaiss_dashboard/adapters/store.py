"""Uploaded files in a private folder, under names the house makes itself."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkstemp

_KEY = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
ARRIVING = "arriving-"
_ARRIVING_SECONDS_MAX = 24 * 60 * 60


class FolderStore:
    """One file a key, readable by the server's user only; a half-written file is never seen."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._workshops = folder.with_name(f"{folder.name}.work")

    def keep(self, key: str, data: bytes) -> None:
        """Write to a temporary name, then rename into place."""
        path = self._path(key)
        self._make_folder()
        temporary = path.with_suffix(".part")
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
            stream.write(data)
        temporary.replace(path)

    def load(self, key: str) -> bytes:
        """The bytes kept under a key.

        Raises:
            FileNotFoundError: nothing is kept there.
        """
        return self._path(key).read_bytes()

    def take(self, key: str, source: Path) -> None:
        """Keep a file of the same file system under a key, in place of where it lies."""
        self._make_folder()
        source.chmod(0o600)
        source.replace(self._path(key))

    @contextmanager
    def arriving(self) -> Iterator[Path]:
        """A private place for a file on its way in, gone afterwards unless :meth:`take` took it from there.

        What a killed process left of one is gone with the first file that comes a day later.
        """
        place = self._arrival()
        try:
            self._sweep(place)
            yield place
        finally:
            place.unlink(missing_ok=True)

    def sweep(self) -> int:
        """Remove what killed processes left of files on their way in; returns how many files that was."""
        place = self._arrival()
        try:
            return self._sweep(place)
        finally:
            place.unlink(missing_ok=True)

    def _arrival(self) -> Path:
        self._workshops.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = mkstemp(prefix=ARRIVING, dir=self._workshops)
        os.close(handle)
        return Path(name)

    def _sweep(self, present: Path) -> int:
        """Remove what is older than a file made now, by the file system's own clock."""
        oldest, swept = present.stat().st_mtime - _ARRIVING_SECONDS_MAX, 0
        for path in self._workshops.glob(f"{ARRIVING}*"):
            with suppress(FileNotFoundError):  # another process sweeps as well, or the file has come
                if path.stat().st_mtime < oldest:
                    path.unlink()
                    swept += 1
        return swept

    def path(self, key: str) -> Path:
        """Where the bytes kept under a key lie, for those who read a large file piece by piece."""
        return self._path(key)

    def remove(self, key: str) -> None:
        """Keep nothing under a key any more, nor in its workshop."""
        self._path(key).unlink(missing_ok=True)
        self.remove_workshop(key)

    def workshop(self, key: str) -> Path:
        """A private folder for what is worked out from a file: not in a backup, made anew when it is lost."""
        if not is_key(key):
            raise ValueError(f"not a store key: {key!r}")
        folder = self._workshops / key
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder

    def remove_workshop(self, key: str) -> None:
        """Forget what was worked out from the file of a key."""
        if is_key(key):
            shutil.rmtree(self._workshops / key, ignore_errors=True)

    def _make_folder(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def kept(self) -> Iterator[str]:
        """The keys of whatever is kept, in a fixed order."""
        if self._folder.exists():
            yield from sorted(path.name for path in self._folder.iterdir() if is_key(path.name))

    def _path(self, key: str) -> Path:
        if not is_key(key):
            raise ValueError(f"not a store key: {key!r}")
        return self._folder / key


def is_key(name: str) -> bool:
    """Whether a name is one that the house makes: no path, nothing hidden, no ending."""
    return _KEY.fullmatch(name) is not None
