"""One statement of a CODA: its records in their order, and whether they add up."""

from __future__ import annotations

import re
from typing import Final, NoReturn

from encaiss_dashboard.adapters.bank_files.coda.movements import Booked, movements_of
from encaiss_dashboard.adapters.bank_files.coda.records import (
    THREE_DECIMALS,
    VERSION,
    Account,
    Balance,
    read_account,
    read_balance,
    read_entry,
    whole_cents,
)
from encaiss_dashboard.adapters.bank_files.refused import refuse, warn
from encaiss_dashboard.domain.bank import Movement, Statement
from encaiss_dashboard.domain.errors import Problem
from encaiss_dashboard.domain.money import Money

_TRAILER: Final = re.compile(r"9.{15}([0-9]{6})([0-9]{15})([0-9]{15}).*")
_SEQUENCE_END: Final = 9_999
_COUNTED: Final = frozenset("1238")
_NO_NUMBER: Final = frozenset({"000", "   "})
_NAMES: Final = {
    **{f"{record}{article}": f"{record}.{article}" for record in (2, 3) for article in (1, 2, 3)},
    **{str(one): str(one) for one in (0, 1, 4, 8, 9)},
}


def _named(record: str) -> str:
    return _NAMES.get(record[:2]) or _NAMES.get(record[:1]) or record[:2]


class StatementReader:
    """Takes the records of one statement, from its header to its trailer.

    Every record must follow one that it may follow, and carry the numbers of the one it belongs to:
    what was moved, lost in the middle or put there refuses the file. Totals that are wrong warn.
    """

    def __init__(self, line: int, header: str) -> None:
        """Begin with a header.

        Raises:
            RefusedError: it is no header, or of another version.
        """
        if header[0] != "0":
            refuse("bank_record_order", line, record=_named(header), value="9")
        if header[127] != VERSION:
            refuse("bank_version", line, value=header[127], expected=VERSION)
        self._problems: list[Problem] = []
        if header[83:88].strip(" 0"):
            self._problems.append(warn("bank_separate", line, value=header[83:88]))
        self._before = "0"
        self._account = Account("", "")
        self._structure = ""
        self._holder = ""
        self._numbers = ("000", "000")
        self._opening: Balance | None = None
        self._closing: Balance | None = None
        self._groups: list[list[Booked]] = []
        self._counted = 0
        # Records announced by the one before: "" none, else the beginnings of which one must follow.
        self._announced: tuple[str, ...] = ()

    @property
    def account(self) -> str:
        """As far as it is known."""
        return self._account.number

    def takes(self, line: int, record: str) -> bool:
        """Take a record; whether it is the trailer.

        Raises:
            RefusedError: it may not stand here, or is not understood.
        """
        identified = record[0]
        if self._announced:
            if not record.startswith(self._announced):
                self._problems.append(warn("bank_continuation", line, record=_NAMES[self._before]))
            self._announced = ()
        if identified == "9":
            return True
        if identified == "0":
            refuse("bank_truncated", line, value=self.account)
        self._counted += identified in _COUNTED
        self._take(identified, line, record)
        return False

    def _take(self, identified: str, line: int, record: str) -> None:
        if identified == "2":
            self._take_movement(line, record)
        elif identified == "3":
            self._take_information(line, record)
        elif identified == "1":
            self._take_opening(line, record)
        elif identified == "8":
            self._take_closing(line, record)
        elif identified == "4":
            if self._before == "0":
                self._out_of_order(line, record)
            # Words of the bank to all its customers: they may stand anywhere.
            return
        else:
            refuse("bank_record_unknown", line, value=record)
        self._before = record[:2] if identified in "23" else identified

    def _out_of_order(self, line: int, record: str) -> NoReturn:
        refuse("bank_record_order", line, record=_named(record), value=_NAMES[self._before])

    def _take_opening(self, line: int, record: str) -> None:
        if self._before != "0":
            self._out_of_order(line, record)
        self._structure = record[1]
        self._account = read_account(record[1], record[5:42], line)
        self._opening = read_balance(line, "1", record[42:64], self._account.currency)
        self._check_decimals(line, record, record[43:58])
        self._holder = record[64:90].replace("\0", "").strip()
        self._numbers = (record[125:128], record[2:5])

    def _take_movement(self, line: int, record: str) -> None:
        article = record[1]
        if self._before in {"0", "8"}:
            self._out_of_order(line, record)
        if article == "1":
            self._take_entry(line, record)
        elif article in "23":
            if self._before not in {"21", "22"} or self._before >= f"2{article}":
                self._out_of_order(line, record)
            booked = self._groups[-1][-1]
            self._must_be(line, record, f"{booked.entry.seq:04}{booked.entry.detail:04}")
            if article == "2":
                booked.second = record
                self._announce(record, "23")
            else:
                booked.third = record
                self._announce(record)
        else:
            refuse("bank_record_unknown", line, value=record)

    def _take_entry(self, line: int, record: str) -> None:
        booked = Booked(line, read_entry(line, record))
        self._check_decimals(line, record, record[32:47])
        entry = booked.entry
        last = self._groups[-1][-1].entry if self._groups else None
        seq, detail = (last.seq, last.detail) if last else (0, 0)
        if entry.detail and last and entry.seq == seq and entry.detail > detail:
            self._groups[-1].append(booked)
        elif entry.detail or not self._may_follow(line, seq, entry.seq):
            other = f"{seq:04}{detail:04}"
            refuse("bank_sequence", line, record="2.1", value=record[2:10], other=other)
        else:
            self._groups.append([booked])
        self._announce(record, "22", "23")

    def _may_follow(self, line: int, before: int, seq: int) -> bool:
        """Whether numbers grow; one that is left out is worth a word."""
        if before == _SEQUENCE_END and seq in {0, 1}:
            return True
        if seq > before + 1:
            self._problems.append(warn("bank_gap", line, value=f"{seq:04}", other=f"{before:04}"))
        return seq > before

    def _take_information(self, line: int, record: str) -> None:
        article = record[1]
        if article not in "123":
            refuse("bank_record_unknown", line, value=record)
        if self._before[0] not in "23" or (article != "1" and not "31" <= self._before < f"3{article}"):
            self._out_of_order(line, record)
        booked = self._groups[-1][-1]
        self._must_be(line, record, f"{booked.entry.seq:04}")
        if article == "1":
            booked.information.append((record[39] == "1", record[40:113]))
        else:
            structured, words = booked.information[-1]
            booked.information[-1] = (structured, words + record[10 : 115 if article == "2" else 100])
        self._announce(record, f"3{int(article) + 1}")

    def _must_be(self, line: int, record: str, numbers: str) -> None:
        """The sequence and detail numbers are those of the record it belongs to."""
        if not record.startswith(numbers, 2):
            refuse("bank_sequence", line, record=_named(record), value=record[2:10], other=numbers)

    def _announce(self, record: str, *after: str) -> None:
        if record[125] == "1" and after:
            self._announced = after
        elif record[127] == "1":
            self._announced = ("31",)

    def _take_closing(self, line: int, record: str) -> None:
        if self._before in {"0", "8"}:
            self._out_of_order(line, record)
        account = read_account(self._structure, record[4:41], line)
        if account.currency != self._account.currency:
            refuse("bank_currency", line, record="8", value=account.currency)
        if account.number != self._account.number:
            self._problems.append(
                warn("bank_account_changes", line, value=account.number, other=self._account.number)
            )
        self._closing = read_balance(line, "8", record[41:63], self._account.currency)
        self._check_decimals(line, record, record[42:57])

    def _check_decimals(self, line: int, record: str, digits: str) -> None:
        """A third decimal is none of a cent: it is left out, and said; unless it is money."""
        if digits[14] == "0":
            return
        value = f"{int(digits[:12])}.{digits[12:]}"
        if self._account.currency in THREE_DECIMALS:
            refuse("bank_currency_decimals", line, record=_named(record), value=value)
        self._problems.append(warn("bank_amount_fraction", line, record=_named(record), value=value))

    def done(self, line: int, record: str) -> tuple[Statement, str]:
        """The statement, and what its trailer says of another: "1" where one follows.

        Raises:
            RefusedError: a part of it is missing.
        """
        if self._opening is None:
            self._out_of_order(line, record)
        if self._closing is None and self._groups:
            refuse("bank_closing_missing", line, value=self.account)
        closing = self._closing or self._opening
        movements = self._movements()
        days = [closing.on, *(movement.booked_on for movement in movements)]
        self._check_trailer(line, record)
        self._check_balance(line, self._opening, closing)
        year = f"{closing.on.year:04}"
        number = next(
            (f"{year}/{one}" for one in self._numbers if one not in _NO_NUMBER), closing.on.isoformat()
        )
        statement = Statement(
            *(self._account.number, self._account.currency, number, min(days), max(days), tuple(movements)),
            *(self._opening.amount, closing.amount, self._holder, tuple(self._problems)),
        )
        return statement, record[127]

    def _movements(self) -> list[Movement]:
        movements: list[Movement] = []
        currency = self._account.currency
        for group in self._groups:
            some, problems = movements_of(group, currency, len(movements) + 1)
            movements += some
            self._problems += problems
        return movements

    def _check_trailer(self, line: int, record: str) -> None:
        found = _TRAILER.fullmatch(record)
        if found is None:
            refuse("bank_amount", line, record="9", value=record[16:52])
        if int(found[1]) != self._counted:
            self._problems.append(
                warn("bank_count", line, value=str(int(found[1])), other=str(self._counted))
            )
        wholes = [group[0].entry.cents for group in self._groups]
        sums = (-sum(one for one in wholes if one < 0), sum(one for one in wholes if one > 0))
        for digits, moved in zip((found[2], found[3]), sums, strict=True):
            self._check_decimals(line, record, digits)
            told = whole_cents("0", digits)
            if told != moved:
                currency = self._account.currency
                self._problems.append(
                    warn("bank_total", line, value=_said(told, currency), other=_said(moved, currency))
                )

    def _check_balance(self, line: int, opening: Balance, closing: Balance) -> None:
        moved = sum(group[0].entry.cents for group in self._groups)
        reached = opening.amount.cents + moved
        if reached != closing.amount.cents:
            currency = self._account.currency
            said = {"value": str(closing.amount), "other": _said(reached, currency)}
            self._problems.append(warn("bank_balance", line, **said))


def _said(cents: int, currency: str) -> str:
    return str(Money(cents, currency))
