"""Documents that came with invoices, put aside in a folder under names of the house's own making."""

from __future__ import annotations

import base64
import binascii
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from encaiss_dashboard.adapters.invoice_files.documents.stated import Embedded
from encaiss_dashboard.adapters.invoice_files.rows import shown
from encaiss_dashboard.domain.errors import Problem
from encaiss_dashboard.domain.intake import Attachment

PDF: Final = "application/pdf"
_MAGIC: Final = (
    (b"%PDF-", PDF, "pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png", "png"),
    (b"\xff\xd8\xff", "image/jpeg", "jpg"),
)
_FILES_MAX: Final = 20
"""Files of one invoice."""


@dataclass(slots=True)
class Keeper:
    """Puts files aside.

    Attributes:
        folder: where; None keeps nothing.
        kept: what was kept, in order.
    """

    folder: Path | None
    kept: list[Attachment] = field(default_factory=list)

    def keep(self, line: int, name: str, data: bytes) -> bool:
        """Keep a file of a row if it really is a PDF, a PNG or a JPEG; whether it is one."""
        found = next(((mime, end) for magic, mime, end in _MAGIC if data.startswith(magic)), None)
        if found is None:
            return False
        if self.folder is not None:
            self._place(line, name, *found).write_bytes(data)
        return True

    def keep_pdf(self, line: int, name: str, source: Path) -> None:
        """Keep a copy of a PDF that lies in a file."""
        if self.folder is not None:
            shutil.copyfile(source, self._place(line, name, PDF, "pdf"))

    def take_pdf(self, line: int, name: str, source: Path) -> None:
        """Keep a PDF of the same file system in place of where it lies."""
        if self.folder is not None:
            source.replace(self._place(line, name, PDF, "pdf"))

    def _place(self, line: int, name: str, mime: str, end: str) -> Path:
        assert self.folder is not None
        file = f"attachment-{len(self.kept) + 1}.{end}"
        self.kept.append(Attachment(line, shown(name) or file, mime, file))
        return self.folder / file

    def embedded(self, line: int, files: list[Embedded]) -> list[Problem]:
        """Keep the files embedded in a document; a warning for each that is left out."""
        problems = []
        for number, file in enumerate(files, start=1):
            name = file.name or f"#{number}"
            if number > _FILES_MAX or not self.keep(line, file.name, _decoded(file.content)):
                facts = {"value": shown(name)}
                problems.append(Problem("attachment_left_out", line, None, facts, blocks=False))
        return problems


def _decoded(content: str) -> bytes:
    try:
        return base64.b64decode(content)
    except (binascii.Error, ValueError):
        return b""
