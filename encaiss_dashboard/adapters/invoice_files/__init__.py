"""Invoice files as spreadsheets, bookkeeping programs and accounting software write them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from encaiss_dashboard.adapters.invoice_files.reader import read_invoices
from encaiss_dashboard.adapters.invoice_files.staging import StagedRows, frame_of
from encaiss_dashboard.domain.intake import NO_CHOICES, Choices, Reading, Tell, untold

__all__ = ["read_file", "read_invoices"]


def read_file(
    source: Path, name: str, choices: Choices = NO_CHOICES, folder: Path | None = None, tell: Tell = untold
) -> Reading:
    """Understand a file of invoices; see ``work.InvoiceFiles``."""
    del folder
    data = source.read_bytes()
    tell(0, len(data))
    reading = read_invoices(data, name, choices)
    return replace(reading, rows=StagedRows([frame_of(reading.rows)]), format="csv")
