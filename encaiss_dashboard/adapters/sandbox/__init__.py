"""Invoice files read in a process apart: what is in them cannot hurt the server."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol

from encaiss_dashboard.adapters.sandbox.job import Outcome
from encaiss_dashboard.adapters.sandbox.nursery import Nursery
from encaiss_dashboard.adapters.sandbox.reader import Request
from encaiss_dashboard.adapters.sandbox.walls import Limits
from encaiss_dashboard.domain.errors import Problem
from encaiss_dashboard.domain.intake import Choices, Reading, Tell, untold

_READER: Final = "encaiss_dashboard.adapters.invoice_files.kept"
_ASKS_EVERY_S: Final = 0.25
_WALLS: Final = ("files", "calls")
_logger: Final = logging.getLogger(__name__)


class Shelf(Protocol):
    """How a reading lies in its folder, for both processes."""

    def kept(self, source: Path, name: str, choices: Choices, folder: Path) -> Reading | None:
        """See ``work.InvoiceFiles``."""
        ...

    def read_pushed(self, source: Path, name: str, folder: Path) -> Reading:
        """See ``work.InvoiceFiles``."""
        ...

    def save_reading(
        self, reading: Reading, source: Path, name: str, choices: Choices, folder: Path
    ) -> Reading:
        """Leave a reading in a folder."""
        ...

    def empty(self, folder: Path) -> None:
        """Remove whatever lies in a folder."""
        ...

    def write_rejected(
        self, source: Path, reading: Reading, reasons: Mapping[int, str], heading: str, into: Path
    ) -> bool:
        """See ``work.InvoiceFiles``."""
        ...


class SandboxedFiles:
    """Reads each file in a process of its own, with hard limits; see ``work.InvoiceFiles``.

    A file that takes too much, breaks its reader or silences it costs that process alone, and its
    reading says so: ``file_too_heavy`` or ``file_broke_reader``.
    """

    def __init__(
        self, shelf: Shelf, reader: str = _READER, limits: Limits | None = None, at_once: int = 2
    ) -> None:
        """Start nothing yet.

        Args:
            shelf: how a reading is kept in its folder.
            reader: name of the module whose ``read_file`` reads and leaves its reading on the shelf; its
                ``prepare``, if it has one, is called once in the process that readers are forked from.
            limits: what one file may take.
            at_once: so many files are read at a time, the others wait.
        """
        self._shelf = shelf
        self._nursery = Nursery(reader, limits or Limits())
        self._turns = threading.BoundedSemaphore(at_once)
        self._has_warned = False

    def read_file(
        self, source: Path, name: str, choices: Choices, folder: Path, tell: Tell = untold
    ) -> Reading:
        """Understand a file, see ``work.InvoiceFiles``; what already lay in the folder is gone."""
        request = Request(source.absolute(), name, choices, folder.absolute())
        whole = source.stat().st_size
        self._shelf.empty(folder)
        try:
            with self._turn(tell, whole):
                outcome = self._nursery.start(request).watch(tell, whole)
        except BaseException:
            self._shelf.empty(folder)
            raise
        self._warn_once(outcome)
        reading = self._shelf.kept(source, name, choices, folder) if outcome.ending == "done" else None
        if reading is not None:
            return reading
        _logger.warning(
            "the reader of %s was given up: %s", folder.name, outcome.reason or "it left no reading"
        )
        self._shelf.empty(folder)
        code = "file_too_heavy" if outcome.ending == "heavy" else "file_broke_reader"
        return self._shelf.save_reading(
            Reading(name, problems=(Problem(code),)), source, name, choices, folder
        )

    def read_pushed(self, source: Path, name: str, folder: Path) -> Reading:
        """Understand JSON that this process has parsed already, see ``work.InvoiceFiles``.

        A second process would keep nothing away from it, and costs a second of a processor each time.
        """
        return self._shelf.read_pushed(source, name, folder)

    def kept(self, source: Path, name: str, choices: Choices, folder: Path) -> Reading | None:
        """The reading left in a folder, see ``work.InvoiceFiles``; looking is no work for a reader."""
        return self._shelf.kept(source, name, choices, folder)

    def write_rejected(
        self, source: Path, reading: Reading, reasons: Mapping[int, str], heading: str, into: Path
    ) -> bool:
        """See ``work.InvoiceFiles``; in this process: only what a reader got through has rows."""
        return self._shelf.write_rejected(source, reading, reasons, heading, into)

    def close(self) -> None:
        """End whatever was started; another file starts it again."""
        self._nursery.close()

    @contextmanager
    def _turn(self, tell: Tell, whole: int) -> Iterator[None]:
        while not self._turns.acquire(timeout=_ASKS_EVERY_S):
            tell(0, whole)
        try:
            yield
        finally:
            self._turns.release()

    def _warn_once(self, outcome: Outcome) -> None:
        missing = [wall for wall in _WALLS if outcome.walls is not None and wall not in outcome.walls]
        if missing and sys.platform == "linux" and not self._has_warned:
            self._has_warned = True
            _logger.warning(
                "this system does not wall off readers of files (%s): limits and watching remain",
                ", ".join(missing),
            )
