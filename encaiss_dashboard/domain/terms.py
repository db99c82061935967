"""Payment terms: how a client's words become a due date, and when the law calls it too long."""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from encaiss_dashboard.domain.errors import Unreadable


class TermUnreadable(Unreadable):
    """Words that are no payment term; fact ``value``."""

    code = "term_unreadable"


class DueOutOfCalendar(Unreadable):
    """An issue date so late that its due date has no place in the calendar; facts ``issue``, ``term``."""

    code = "due_out_of_calendar"


class Shape(StrEnum):
    """How the days and the end of the month combine; d is the invoice date."""

    NET = "NET_N"
    """d + N."""
    DAYS_THEN_MONTH_END = "N_EOM"
    """End of the month of (d + N)."""
    MONTH_END_THEN_DAYS = "EOM_N"
    """End of the month of d, + N."""
    DAY_OF_NEXT_MONTH = "N_EOM_K"
    """The K-th of the month after the month of (d + N)."""


class DueSource(StrEnum):
    """Which of the known facts decided a due date, in order of precedence (RULES §2)."""

    INVOICE_DUE = "invoice_due"
    INVOICE_TERM = "invoice_term"
    DEBTOR_TERM = "debtor_term"
    CLIENT_DEFAULT = "client_default"
    STATUTORY = "statutory"


_N: Final = r"(?P<days>[0-9]{1,3})"
_DAYS: Final = r"(?:jours?|j|dag(?:en)?|days?)"
_MONTH_END: Final = r"(?:fin (?:de |du )?mois|einde (?:van de )?maand|end of (?:the )?month|eom)"
_FROM_INVOICE: Final = (
    r"(?: (?:date (?:de )?facture|(?:na|vanaf) factuurdatum|(?:from|after) (?:the )?invoice date))?"
)
# The first pattern that matches the whole text wins; the codes stand before the spellings of people.
_CODES: Final = (
    (Shape.NET, rf"(?:net_)?{_N}"),
    (Shape.DAYS_THEN_MONTH_END, rf"{_N}_eom"),
    (Shape.MONTH_END_THEN_DAYS, rf"eom_{_N}"),
    (Shape.DAY_OF_NEXT_MONTH, rf"{_N}_eom_(?P<day>[0-9]{{1,2}})"),
)
_SPELLINGS: Final = (
    (Shape.NET, rf"(?:a |net |binnen |within )?{_N} ?{_DAYS}(?: net(?:s|to)?)?{_FROM_INVOICE}"),
    (Shape.NET, rf"net {_N}"),
    (Shape.MONTH_END_THEN_DAYS, rf"{_MONTH_END} ?\+ ?{_N}(?: ?{_DAYS})?"),
)
_AMBIGUOUS: Final = rf"(?:a )?{_N}(?: ?{_DAYS})? {_MONTH_END}"
_CASH: Final = frozenset({"comptant", "au comptant", "contant", "cash"})
_LAST_DAY_OF_MONTH: Final = 31


@dataclass(frozen=True, slots=True)
class Term:
    """A payment term.

    Attributes:
        shape: how days and month end combine.
        days: N of the shape, 0 to 999 calendar days.
        day_of_month: K of ``N_EOM_K``, 1 to 31; 0 for the other shapes.
        ambiguous: the words allow another reading (``30 fin de mois``), which :attr:`other_reading`
            gives; the client should see and choose. No part of equality: a term is what it does.
    """

    shape: Shape
    days: int
    day_of_month: int = 0
    ambiguous: bool = field(default=False, compare=False)

    @classmethod
    def parse(cls, text: str) -> Term:
        """Read a code of RULES §2 or a common French, Dutch or English spelling, in any case.

        ``30 fin de mois`` is read as ``30_EOM`` and flagged ambiguous.

        Raises:
            TermUnreadable: anything else.
        """
        folded = _fold(text)
        if folded in _CASH:
            return cls(Shape.NET, 0)
        for shape, pattern in (*_CODES, *_SPELLINGS):
            if match := re.fullmatch(pattern, folded):
                return _of(shape, match, text)
        if match := re.fullmatch(_AMBIGUOUS, folded):
            days = int(match["days"])
            return cls(Shape.DAYS_THEN_MONTH_END, days, ambiguous=days > 0)
        raise TermUnreadable(value=text)

    @property
    def code(self) -> str:
        """The code of RULES §2 that is stored: ``NET_30``, ``30_EOM``, ``EOM_45``, ``60_EOM_10``."""
        return {
            Shape.NET: f"NET_{self.days}",
            Shape.DAYS_THEN_MONTH_END: f"{self.days}_EOM",
            Shape.MONTH_END_THEN_DAYS: f"EOM_{self.days}",
            Shape.DAY_OF_NEXT_MONTH: f"{self.days}_EOM_{self.day_of_month}",
        }[self.shape]

    @property
    def other_reading(self) -> Term | None:
        """What the same ambiguous words may also mean, ``EOM_N``; None when they are clear."""
        return Term(Shape.MONTH_END_THEN_DAYS, self.days) if self.ambiguous else None

    def due(self, issue: date) -> date:
        """The last day on which payment is in time.

        A K-th that the month lacks (the 31st of April) is its last day.

        Raises:
            DueOutOfCalendar: the result lies after the year 9999.
        """
        try:
            return self._due(issue)
        except OverflowError as error:
            raise DueOutOfCalendar(issue=issue.isoformat(), term=self.code) from error

    def _due(self, issue: date) -> date:
        if self.shape is Shape.MONTH_END_THEN_DAYS:
            return _month_end(issue) + timedelta(days=self.days)
        net = issue + timedelta(days=self.days)
        if self.shape is Shape.NET:
            return net
        if self.shape is Shape.DAYS_THEN_MONTH_END:
            return _month_end(net)
        first = _month_end(net) + timedelta(days=1)
        return first.replace(day=min(self.day_of_month, monthrange(first.year, first.month)[1]))


STATUTORY_TERM: Final = Term(Shape.NET, 30)
_CEILING_DAYS: Final = {"BE": 60, "FR": 60}


def resolve_due(
    issue: date,
    own_due: date | None,
    invoice_term: Term | None,
    debtor_term: Term | None,
    client_default: Term | None,
) -> tuple[date, DueSource]:
    """The due date of an invoice and what decided it, by the precedence of RULES §2.

    The invoice's own due date, its term, the debtor's term, the client's default, 30 days.

    Raises:
        DueOutOfCalendar: the winning term leads beyond the year 9999.
    """
    if own_due is not None:
        return own_due, DueSource.INVOICE_DUE
    for term, source in (
        (invoice_term, DueSource.INVOICE_TERM),
        (debtor_term, DueSource.DEBTOR_TERM),
        (client_default, DueSource.CLIENT_DEFAULT),
    ):
        if term is not None:
            return term.due(issue), source
    return STATUTORY_TERM.due(issue), DueSource.STATUTORY


def ceiling_days_over(issue: date, due: date, country: str, *, consumer: bool = False) -> int:
    """Calendar days by which a due date exceeds the statutory ceiling; 0 when it does not.

    BE: 60 days (law of 2 August 2002, art. 4) from receipt, counted here from the invoice date because
    the receipt is rarely known. FR: 60 days from issue, or 45 days end of month in either reading
    (Code de commerce, art. L441-10). It is a reason to warn the client, never to change the date.

    Args:
        issue: invoice date.
        due: due date.
        country: ISO 3166 code of the debtor; another country has no ceiling known here.
        consumer: the ceiling protects businesses only.
    """
    ceiling = _CEILING_DAYS.get(country)
    if consumer or ceiling is None:
        return 0
    over = (due - issue).days - ceiling
    if over <= 0 or (country == "FR" and due in _forty_five_month_end(issue)):
        return 0
    return over


def _forty_five_month_end(issue: date) -> tuple[date, date]:
    return Term(Shape.DAYS_THEN_MONTH_END, 45).due(issue), Term(Shape.MONTH_END_THEN_DAYS, 45).due(issue)


def _month_end(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])


def _fold(text: str) -> str:
    """Lower case without accents, single spaces, no final full stop."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join(plain.casefold().split()).removesuffix(".")


def _of(shape: Shape, match: re.Match[str], text: str) -> Term:
    day = int(match["day"]) if shape is Shape.DAY_OF_NEXT_MONTH else 0
    if shape is Shape.DAY_OF_NEXT_MONTH and not 1 <= day <= _LAST_DAY_OF_MONTH:
        raise TermUnreadable(value=text)
    return Term(shape, int(match["days"]), day)
