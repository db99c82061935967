"""The data within a PDF: the XML that Factur-X, ZUGFeRD and their kin embed in it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import IO, Any, Final

from pypdf import PdfReader
from pypdf.errors import LimitReachedError

from encaiss_dashboard.adapters.invoice_files.documents.parsing import XML_BYTES_MAX, parse_invoice
from encaiss_dashboard.domain.errors import Problem

PDF_BYTES_MAX: Final = 50_000_000
_FILES_MAX: Final = 100
_XREF_MAX: Final = 200_000
# In order of preference: a PDF may carry the same invoice in an older version of its standard as well.
_NAMES: Final = ("factur-x.xml", "xrechnung.xml", "zugferd-invoice.xml")
# What is wrong with somebody's PDF is told to them, not to the log.
logging.getLogger("pypdf").setLevel(logging.CRITICAL)


def invoice_within(path: Path) -> Any | Problem:
    """The root element of the invoice that a PDF carries, or why there is none."""
    if path.stat().st_size > PDF_BYTES_MAX:
        return Problem("pdf_too_large", facts={"expected": str(PDF_BYTES_MAX // 1_000_000)})
    try:
        with path.open("rb") as file:
            return _invoice_within(file)
    except LimitReachedError:
        return Problem("pdf_too_large", facts={"expected": str(XML_BYTES_MAX // 1_000_000)})
    except Exception:  # noqa: BLE001 - a broken PDF leads its reader to any exception there is
        return Problem("pdf_broken")


def _invoice_within(file: IO[bytes]) -> Any | Problem:
    reader = PdfReader(file, xref_stream_maximum_entries=_XREF_MAX)
    if reader.is_encrypted and not _opened(reader):
        return Problem("pdf_encrypted")
    found = sorted(_xml_files(reader), key=lambda one: _rank(one[0]))
    if not found:
        return Problem("pdf_without_data")
    first: Problem | None = None
    for name, embedded in found:
        root = parse_invoice(embedded.content)
        if not isinstance(root, Problem):
            return root
        # Any other XML may stand beside the invoice; one of its name is the invoice.
        if first is None and name in _NAMES:
            first = root
    return first or Problem("pdf_without_data")


def _opened(reader: PdfReader) -> bool:
    """Whether it opens without a password: many a PDF is only locked against changes."""
    try:
        return bool(reader.decrypt(""))
    except Exception:  # noqa: BLE001 - an unknown cipher, or a broken dictionary of it
        return False


def _xml_files(reader: PdfReader) -> Iterator[tuple[str, Any]]:
    for file in islice(reader.attachment_list, _FILES_MAX):
        name = str(file.name).strip().lower()
        if name.endswith(".xml"):
            yield name, file


def _rank(name: str) -> int:
    return _NAMES.index(name) if name in _NAMES else len(_NAMES)
