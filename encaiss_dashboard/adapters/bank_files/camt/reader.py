"""From a file of CAMT to what its bank says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final

from encaiss_dashboard.adapters.bank_files.camt import statement as heads
from encaiss_dashboard.adapters.bank_files.camt.movements import Told, movements
from encaiss_dashboard.adapters.bank_files.camt.raw import Detail, day_of, deep, read_detail, read_entry
from encaiss_dashboard.adapters.bank_files.camt.statement import Head, Tally
from encaiss_dashboard.adapters.bank_files.camt.stream import BrokenError, coding_of, local, stream
from encaiss_dashboard.domain.bank import BankFile, BankFormat, Movement, Statement
from encaiss_dashboard.domain.errors import Problem

_FORMATS: Final = {"Stmt": BankFormat.CAMT053, "Rpt": BankFormat.CAMT052, "Ntfctn": BankFormat.CAMT054}
_MESSAGES: Final = (
    ("BkToCstmrAcctRpt", BankFormat.CAMT052),
    ("BkToCstmrStmt", BankFormat.CAMT053),
    ("BkToCstmrDbtCdtNtfctn", BankFormat.CAMT054),
    ("camt.052", BankFormat.CAMT052),
    ("camt.053", BankFormat.CAMT053),
    ("camt.054", BankFormat.CAMT054),
)
_HEAD_BYTES: Final = 4_096
_BOOKED: Final = "BOOK"
_PROBLEMS_MAX: Final = 100


def looks_like(head: bytes) -> bool:
    """Whether a file that begins so is CAMT, in whatever encoding and namespace."""
    return _told_format(head) is not None


def _told_format(head: bytes) -> BankFormat | None:
    start = head[:_HEAD_BYTES].replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    if not start.startswith(b"<"):
        return None
    text = start.decode("ascii", "replace")
    return next((form for mark, form in _MESSAGES if mark in text), None)


def read_camt(data: bytes, name: str) -> BankFile:
    """Read statements, reports or notifications.

    Returns:
        Each of them as a statement, in the order of the file, one for each currency of it. Nothing at
        all where anything of it is not understood: the problems say what, with the line.
    """
    reader = _Reader()
    problems: list[Problem] = []
    try:
        for element in stream(data):
            reader.take(element)
        if not reader.statements and not reader.broken:
            problems.append(Problem("bank_xml_no_statement"))
    except BrokenError as error:
        problems.append(error.problem)
    form = reader.form or _told_format(data)
    problems = [*reader.broken, *problems]
    if problems:
        return BankFile(name, form, (), problems)
    if coding_of(data).is_mended:
        problems.append(Problem("bank_xml_encoding", blocks=False))
    return BankFile(name, form, _numbered(reader.statements), problems)


class _Reader:
    """What was read of a file so far."""

    def __init__(self) -> None:
        self.form: BankFormat | None = None
        self.statements: list[Statement] = []
        self.broken: list[Problem] = []
        self._details: list[Detail] = []
        self._made_on: date | None = None
        self._start()

    def _start(self) -> None:
        self._head: Head | None = None
        self._told: Told | None = None
        self._moved: list[Movement] = []
        self._entries = 0
        self._left_out = Counter[str]()
        self._booked, self._every = Tally(), Tally()

    def take(self, element: Any) -> None:
        """One more element that is complete."""
        try:
            name, above = local(element.tag), _above(element)
            if name == "TxDtls" and above in {"NtryDtls", "Ntry"}:
                self._details.append(read_detail(element))
            elif name == "Ntry" and above in _FORMATS:
                self._take_entry(element)
            elif name in _FORMATS and above.startswith("BkToCstmr"):
                self._take_statement(element, name)
        except BrokenError as error:
            self._details = []
            self.broken.append(error.problem)
            if len(self.broken) >= _PROBLEMS_MAX:
                raise BrokenError(Problem("bank_xml_hopeless", element.sourceline)) from error

    def _opened(self, element: Any) -> Told:
        """What the statement says above its entries."""
        if self._told is None:
            if self._made_on is None:
                self._made_on = _message_day(element)
            self._head = heads.read_head(element, self._made_on)
            currency = self._head.currency or next(
                (b.amount.currency for b in self._head.balances if b.amount.currency), ""
            )
            self._told = Told(self._head.account, currency, self._head.made_on)
        return self._told

    def _take_entry(self, element: Any) -> None:
        details, self._details = self._details, []
        self._entries += 1
        entry = read_entry(element, details)
        told = self._opened(element.getparent())
        if not (entry.currency or told.currency):
            raise BrokenError(Problem("bank_xml_missing", entry.line, facts={"value": "Amt/@Ccy"}))
        self._every.add(entry)
        if entry.status != _BOOKED:
            self._left_out[entry.status] += 1
            return
        self._booked.add(entry)
        self._moved += movements(entry, self._entries, len(self._moved) + 1, told)

    def _take_statement(self, element: Any, name: str) -> None:
        form = _FORMATS[name]
        try:
            told = self._opened(element)
            head = heads.read_head(element, self._made_on)
            for status, count in self._left_out.items():
                facts = {"value": status, "found": str(count)}
                told.problems.add(Problem("bank_xml_pending", head.line, facts=facts, blocks=False))
            heads.check_summary(head, self._booked, self._every, told.problems)
            self.statements += heads.statements(head, self._moved, form, told.problems)
            self.form = self.form or form
        finally:
            self._start()
            element.clear()


def _above(element: Any) -> str:
    parent = element.getparent()
    return "" if parent is None else local(parent.tag)


def _message_day(element: Any) -> date | None:
    """The day on which the message of a statement was made."""
    for beside in element.itersiblings(preceding=True):
        if local(beside.tag) == "GrpHdr":
            return day_of(deep(beside, "CreDtTm"))
    return None


def _numbered(listed: Sequence[Statement]) -> tuple[Statement, ...]:
    """The same statements with numbers that tell them apart within their account."""
    seen = Counter[tuple[str, str, str]]()
    result = []
    for one in listed:
        key = (one.account, one.currency, one.number)
        seen[key] += 1
        result.append(replace(one, number=f"{one.number} #{seen[key]}") if seen[key] > 1 else one)
    return tuple(result)
