"""Which debtor a row of a file means."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlmodel import select

from encaiss_dashboard.domain.intake import InvoiceRow
from encaiss_dashboard.domain.matching import name_key
from encaiss_dashboard.storage import queries, records
from encaiss_dashboard.work import Work

_LANGUAGES: Final = frozenset({"fr", "nl", "en"})
_FILLED_IN: Final = ("number", "enterprise_number", "address", "postcode", "city")
_ENTERPRISE_DIGITS_MIN: Final = 8


@dataclass(slots=True, eq=False)
class Party:
    """A debtor as a file means it: one the client has, or one that importing adds.

    Attributes:
        debtor: its row; of a new one not yet in any session.
        number, enterprise_number: what identifies it, as compared; learnt from the file if need be.
        rows: what the file says about it, in the order of the file.
    """

    debtor: records.Debtor
    number: str
    enterprise_number: str
    rows: list[InvoiceRow]

    @property
    def is_new(self) -> bool:
        """Whether the client did not have it before."""
        return self.debtor.id is None


class Debtors:
    """The client's debtors by what a file can name them by: enterprise number, own number, name.

    Nothing is written before :meth:`keep`.
    """

    def __init__(self, work: Work, client_id: int) -> None:
        self._work = work
        self._client = queries.client(work.session, client_id)
        self._by_enterprise: dict[str, Party] = {}
        self._by_number: dict[str, Party] = {}
        self._by_match: dict[str, Party] = {}
        self._by_name: dict[str, list[Party]] = {}
        for debtor in queries.debtors(work.session, client_id):
            self._index(Party(debtor, debtor.number, _enterprise_key(debtor.enterprise_number), []))

    def _index(self, party: Party) -> None:
        self._by_match[party.debtor.match_key] = party
        self._by_name.setdefault(_name(party.debtor.name), []).append(party)
        self._identify(party)

    def _identify(self, party: Party) -> None:
        if party.enterprise_number:
            self._by_enterprise.setdefault(party.enterprise_number, party)
        if party.number:
            self._by_number.setdefault(party.number, party)

    def sort(self, rows: Iterable[InvoiceRow]) -> dict[int, Party]:
        """The party that each row means, by line.

        Rows with an enterprise number go first, then those with the client's own number: whatever the
        order of a file, a bare name cannot draw two companies together.
        """
        ordered = sorted(rows, key=lambda row: (not _enterprise(row), not _number(row)))
        meant = {row.line: self._of(row) for row in ordered}
        for row in ordered:
            meant[row.line].rows.append(row)
        return meant

    def _of(self, row: InvoiceRow) -> Party:
        party = self._find(row)
        if party is None:
            party = Party(self._debtor(row), _number(row), _enterprise(row), [])
            self._index(party)
            return party
        party.enterprise_number = party.enterprise_number or _enterprise(row)
        party.number = party.number or _number(row)
        self._identify(party)
        return party

    def _find(self, row: InvoiceRow) -> Party | None:
        found = (
            self._by_enterprise.get(_enterprise(row))
            or self._by_number.get(_number(row))
            or self._by_match.get(_match_key(row))
        )
        if found is not None:
            return found
        same = [
            party
            for party in self._by_name.get(_name(row.debtor), [])
            # Two numbers under one name are two debtors, however alike they look.
            if not (_enterprise(row) and party.enterprise_number) and not (_number(row) and party.number)
        ]
        return same[0] if len(same) == 1 else None

    def _debtor(self, row: InvoiceRow) -> records.Debtor:
        return records.Debtor(
            client_id=queries.known(self._client.id),
            name=row.debtor,
            match_key=_match_key(row),
            number=_number(row),
            enterprise_number=row.vat_number if _enterprise(row) else "",
            address=row.address,
            postcode=row.postcode,
            city=row.city,
            country=row.country or self._client.country,
            language=row.language if row.language in _LANGUAGES else self._client.language,
            created_at=self._work.now,
        )

    def keep(self, parties: Sequence[Party]) -> None:
        """Add the new ones, fill in what the file knows and the client did not, never overwrite."""
        session = self._work.session
        for party in parties:
            debtor = party.debtor
            for row in party.rows:
                vat = row.vat_number if _enterprise(row) else ""
                told = (_number(row), vat, row.address, row.postcode, row.city)
                for name, value in zip(_FILLED_IN, told, strict=True):
                    if value and not getattr(debtor, name):
                        setattr(debtor, name, value)
            session.add(debtor)
        session.flush()
        reachable = set(
            session.exec(
                select(records.Contact.debtor_id).where(records.Contact.client_id == self._client.id)
            )
        )
        for party in parties:
            email = next((row.email for row in party.rows if row.email), "")
            if email and party.debtor.id not in reachable:
                session.add(self._contact(queries.known(party.debtor.id), email))

    def _contact(self, debtor_id: int, email: str) -> records.Contact:
        return records.Contact(
            client_id=queries.known(self._client.id),
            debtor_id=debtor_id,
            email=email,
            created_at=self._work.now,
        )


def _name(name: str) -> str:
    """The name as compared; one of signs only is compared as it stands."""
    return name_key(name) or name.casefold()


def _enterprise(row: InvoiceRow) -> str:
    return _enterprise_key(row.vat_number)


def _enterprise_key(number: str) -> str:
    """An enterprise number as compared, "" for what cannot tell companies apart (``n/a``, ``0``)."""
    signs = "".join(filter(str.isalnum, number)).upper()
    # A Belgian VAT number is the enterprise number behind its country.
    signs = signs.removeprefix("BE") if signs.removeprefix("BE").isdecimal() else signs
    digits = [c for c in signs if c.isdigit()]
    return signs if len(digits) >= _ENTERPRISE_DIGITS_MIN and set(digits) != {"0"} else ""


def _number(row: InvoiceRow) -> str:
    return row.debtor_number if any(map(str.isalnum, row.debtor_number)) else ""


def _match_key(row: InvoiceRow) -> str:
    return f"{_name(row.debtor)}|{_enterprise(row) or _number(row)}"
