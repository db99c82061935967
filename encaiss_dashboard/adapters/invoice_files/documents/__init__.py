"""Invoices as documents: UBL and CII, PDFs with their data, ZIPs of many."""

from __future__ import annotations

from pathlib import Path

from encaiss_dashboard.adapters.invoice_files.documents.document import from_pdf, from_xml
from encaiss_dashboard.adapters.invoice_files.documents.keeping import Keeper
from encaiss_dashboard.adapters.invoice_files.documents.listing import reading_of
from encaiss_dashboard.adapters.invoice_files.documents.zipped import read_zip
from encaiss_dashboard.domain.intake import Reading

__all__ = ["read_pdf", "read_xml", "read_zip"]


def read_xml(source: Path, name: str, folder: Path) -> Reading:
    """Understand a file that is one invoice or credit note in XML."""
    keeper = Keeper(folder)
    document = from_xml(source, 1, "", keeper)
    return reading_of(name, document.format, [document], keeper.kept)


def read_pdf(source: Path, name: str, folder: Path) -> Reading:
    """Understand a PDF that carries its data; it is kept beside its row."""
    keeper = Keeper(folder)
    document = from_pdf(source, 1, "", keeper)
    if document.row is not None:
        keeper.keep_pdf(1, name, source)
    return reading_of(name, "pdf", [document], keeper.kept)
