"""Which debtor a row of a file means."""

from __future__ import annotations

from typing import Final

from encaiss_dashboard.domain.intake import InvoiceRow
from encaiss_dashboard.domain.matching import name_key
from encaiss_dashboard.storage import queries, records
from encaiss_dashboard.work import Work

_LANGUAGES: Final = frozenset({"fr", "nl", "en"})


class Debtors:
    """The client's debtors by what a file can name them by: enterprise number, own number, name."""

    def __init__(self, work: Work, client_id: int) -> None:
        self._work, self._client_id = work, client_id
        self._by_vat: dict[str, records.Debtor] = {}
        self._by_number: dict[str, records.Debtor] = {}
        self._by_name: dict[str, list[records.Debtor]] = {}
        for debtor in queries.debtors(work.session, client_id):
            self._index(debtor)

    def _index(self, debtor: records.Debtor) -> None:
        if debtor.enterprise_number:
            self._by_vat[debtor.enterprise_number] = debtor
        if debtor.number:
            self._by_number[debtor.number] = debtor
        self._by_name.setdefault(name_key(debtor.name), []).append(debtor)

    def key(self, row: InvoiceRow) -> str:
        """What makes two rows of a file the same unknown debtor."""
        return row.vat_number or row.debtor_number or name_key(row.debtor)

    def find(self, row: InvoiceRow) -> records.Debtor | None:
        """The debtor a row means, or None when it is a new one."""
        if row.vat_number and row.vat_number in self._by_vat:
            return self._by_vat[row.vat_number]
        if row.debtor_number and row.debtor_number in self._by_number:
            return self._by_number[row.debtor_number]
        same = [
            d
            for d in self._by_name.get(name_key(row.debtor), [])
            # Two numbers under one name are two debtors, however alike they look.
            if not (row.vat_number and d.enterprise_number) and not (row.debtor_number and d.number)
        ]
        return same[0] if len(same) == 1 else None

    def create(self, row: InvoiceRow) -> records.Debtor:
        """A new debtor with what the row tells about it."""
        client = queries.client(self._work.session, self._client_id)
        debtor = records.Debtor(
            client_id=self._client_id,
            name=row.debtor,
            match_key=f"{name_key(row.debtor)}|{row.vat_number or row.debtor_number}",
            number=row.debtor_number,
            enterprise_number=row.vat_number,
            address=row.address,
            postcode=row.postcode,
            city=row.city,
            country=row.country or client.country,
            language=row.language if row.language in _LANGUAGES else client.language,
            created_at=self._work.now,
        )
        self._work.session.add(debtor)
        self._work.session.flush()
        if row.email:
            self._work.session.add(
                records.Contact(
                    client_id=self._client_id,
                    debtor_id=queries.known(debtor.id),
                    email=row.email,
                    created_at=self._work.now,
                )
            )
        self._index(debtor)
        return debtor
