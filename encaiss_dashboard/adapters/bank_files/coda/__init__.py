"""Coded statements of account of Belgian banks (CODA, Febelfin, version 2).

Source: "Coded statement of account (CODA)", Febelfin, version 2.3 to 2.6: records of 128 characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from encaiss_dashboard.adapters.bank_files.coda.records import RECORD
from encaiss_dashboard.adapters.bank_files.coda.statements import StatementReader
from encaiss_dashboard.adapters.bank_files.decoding import decode
from encaiss_dashboard.adapters.bank_files.refused import RefusedError, refuse, warn
from encaiss_dashboard.domain.bank import BankFile, BankFormat, Statement
from encaiss_dashboard.domain.errors import Problem

_HEADER: Final = re.compile(r"\s*0{5}[0-9]{6}[0-9 ]{5}[D ]")
_CONTROLS: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f]")
_ANOTHER_FOLLOWS: Final = "1"


def looks_like(head: bytes) -> bool:
    """Whether the first kilobytes of a file are a CODA: its first record is a header."""
    return _HEADER.match(decode(head) or "") is not None


def read_coda(data: bytes, name: str) -> BankFile:
    """Understand all statements of a file, or none: a record that is not understood refuses it."""
    try:
        statements, problems = _read(data)
    except RefusedError as error:
        return BankFile(name, BankFormat.CODA, problems=(error.problem,))
    return BankFile(name, BankFormat.CODA, tuple(statements), tuple(problems))


def _read(data: bytes) -> tuple[list[Statement], list[Problem]]:
    text = decode(data)
    if text is None:
        refuse("bank_encoding")
    statements: list[Statement] = []
    problems: list[Problem] = []
    seen: set[tuple[object, ...]] = set()
    reader: StatementReader | None = None
    told = ""
    line = 0
    for line, record in _records(text):
        if reader is None:
            reader = StatementReader(line, record)
        elif reader.takes(line, record):
            statement, told = reader.done(line, record)
            reader = None
            if (content := _content(statement)) in seen:
                problems.append(warn("bank_statement_twice", line, value=statement.number))
                continue
            seen.add(content)
            statements.append(statement)
    if reader is not None:
        refuse("bank_truncated", line, value=reader.account)
    if told == _ANOTHER_FOLLOWS:
        problems.append(warn("bank_more_expected", line))
    return statements, problems


def _content(statement: Statement) -> tuple[object, ...]:
    """All by which a statement told twice is known, whatever is said of it."""
    whose = (statement.account, statement.currency, statement.number, statement.opening, statement.closing)
    return (*whose, tuple(statement.movements))


def _records(text: str) -> Iterator[tuple[int, str]]:
    """Records with the lines they stand on; several may share a line, where files were put end to end.

    Raises:
        RefusedError: a line that is no whole number of records, or holds what no text holds.
    """
    for line, written in enumerate(text.split("\n"), 1):
        if len(written) == RECORD and written.isascii() and written.isprintable():
            yield line, written
        elif written.strip():
            yield from ((line, record) for record in _cut(line, written))


def _cut(line: int, written: str) -> Iterator[str]:
    if _CONTROLS.search(written):
        refuse("bank_encoding", line)
    if len(written) % RECORD and len(written.encode()) % RECORD == 0:
        # A record of 128 bytes of UTF-8: a letter of two bytes takes two places.
        written = "".join(letter + "\0" * (len(letter.encode()) - 1) for letter in written)
    whole = written.rstrip() if len(written) > RECORD else written
    if len(whole) % RECORD:
        refuse("bank_record_length", line, record=written[:1], found=str(len(written)), expected=str(RECORD))
    yield from (whole[at : at + RECORD] for at in range(0, len(whole), RECORD))
