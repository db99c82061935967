"""What banks, and bookkeeping, tell of money that moved: read, checked, and nothing of it guessed."""

from __future__ import annotations

from typing import Final

from encaiss_dashboard.adapters.bank_files.formats import READERS
from encaiss_dashboard.domain.bank import BankFile
from encaiss_dashboard.domain.errors import Problem

__all__ = ["read"]

HEAD_BYTES: Final = 4_096
BYTES_MAX: Final = 64 << 20
"""Half a million records of a CODA; a bank's day is a hundredth of it."""


def read(data: bytes, name: str) -> BankFile:
    """Understand a file by what it contains, whatever it is called.

    It has statements, or problems that say why not and where; problems beside statements are warnings.
    """
    if len(data) > BYTES_MAX:
        return BankFile(
            name, None, problems=(Problem("bank_too_large", facts={"expected": str(BYTES_MAX >> 20)}),)
        )
    if not data.strip(b"\0 \t\r\n\x1a"):
        return BankFile(name, None, problems=(Problem("bank_empty"),))
    head = data[:HEAD_BYTES]
    for looks_like, reader in READERS:
        if looks_like(head):
            return reader(data, name)
    return BankFile(name, None, problems=(Problem("bank_unknown"),))
