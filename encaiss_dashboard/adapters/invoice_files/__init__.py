"""Invoice files as spreadsheets, bookkeeping programs and accounting software write them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from encaiss_dashboard.adapters.invoice_files.documents import read_pdf, read_xml, read_zip
from encaiss_dashboard.adapters.invoice_files.formats import Shape, shape_of
from encaiss_dashboard.adapters.invoice_files.pushed import read_pushed
from encaiss_dashboard.adapters.invoice_files.reader import read_invoices, read_table
from encaiss_dashboard.adapters.invoice_files.staging import StagedRows
from encaiss_dashboard.domain.errors import Problem
from encaiss_dashboard.domain.intake import NO_CHOICES, Choices, Format, Reading, Tell, untold

__all__ = ["read_file", "read_invoices"]

_FORMATS: Final[dict[Shape, Format]] = {Shape.XLSX: "xlsx", Shape.XLS: "xls", Shape.ODS: "ods"}


def read_file(
    source: Path, name: str, choices: Choices = NO_CHOICES, folder: Path | None = None, tell: Tell = untold
) -> Reading:
    """Understand a file of invoices; see ``work.InvoiceFiles``. Without a folder nothing is attached."""
    if folder is not None:
        return _read(source, name, choices, folder, tell)
    with TemporaryDirectory() as made:
        reading = _read(source, name, choices, Path(made), tell)
        # Rows that lie in the folder go with it.
        rows = reading.rows
        kept = [rows.scan().collect()] if isinstance(rows, StagedRows) else []
        return replace(reading, rows=StagedRows(kept), attachments=())


def _read(source: Path, name: str, choices: Choices, folder: Path, tell: Tell) -> Reading:
    size = source.stat().st_size
    tell(0, size)
    shape, code = shape_of(source)
    if code:
        return Reading(name, problems=(Problem(code),))
    if shape is Shape.JSON:
        return read_pushed(source, name, choices, folder, tell)
    if shape is Shape.ZIP:
        return read_zip(source, name, choices, folder, tell=tell, read_table=read_table)
    if shape is Shape.XML:
        reading = read_xml(source, name, folder)
    elif shape is Shape.PDF:
        reading = read_pdf(source, name, folder)
    else:
        return read_table(source, name, choices, folder, tell)
    tell(size, size)
    return reading
