"""Everything of a deployment into one encrypted file while it runs, and back into an empty place.

The members of the file, in this order: ``backup.json`` (:class:`Head`), ``tables/NAME/N.jsonl`` (the rows
of a table in pieces), ``files/KEY`` (an upload), ``manifest.json`` (:class:`Manifest`).
"""

from __future__ import annotations

from encaiss_dashboard.backups.making import make, make_key
from encaiss_dashboard.backups.reading import Summary
from encaiss_dashboard.backups.restoring import restore

__all__ = ["Summary", "make", "make_key", "restore"]
