"""Account statements of ISO 20022: CAMT.052, CAMT.053 and CAMT.054, of every version."""

from __future__ import annotations

from encaiss_dashboard.adapters.bank_files.camt.reader import looks_like, read_camt

__all__ = ["looks_like", "read_camt"]
