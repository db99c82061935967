"""Which readers there are, and how each knows its files, in the order in which they are asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from encaiss_dashboard.adapters.bank_files import camt, coda, mt940, table
from encaiss_dashboard.domain.bank import BankFile

Reader = Callable[[bytes, str], BankFile]

READERS: Final[tuple[tuple[Callable[[bytes], bool], Reader], ...]] = (
    (coda.looks_like, coda.read_coda),
    (camt.looks_like, camt.read_camt),
    (mt940.looks_like, mt940.read_mt940),
    (table.looks_like, table.read_table),
)
