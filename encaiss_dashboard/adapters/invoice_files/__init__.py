"""Invoice files as spreadsheets and bookkeeping programs write them, in whatever dialect."""

from encaiss_dashboard.adapters.invoice_files.reader import read_invoices

__all__ = ["read_invoices"]
