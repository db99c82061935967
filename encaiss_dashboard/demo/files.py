"""The exports of two accounting programs, as their clients would drop them in."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Final

from encaiss_dashboard.demo.plot import Sale
from encaiss_dashboard.domain.invoices import Kind
from encaiss_dashboard.domain.money import Money

_FRENCH: Final = (
    "N° facture", "Code client", "Client", "N° TVA", "E-mail", "Langue", "Adresse", "Code postal",
    "Localité", "Pays", "Date facture", "Conditions de paiement", "Montant TVAC", "Montant TVA",
    "Communication structurée",
)  # fmt: skip
_DUTCH: Final = (
    "Factuurnummer", "Klantnummer", "Klantnaam", "BTW-nummer", "E-mail", "Taal", "Adres", "Postcode",
    "Gemeente", "Land", "Factuurdatum", "Betalingstermijn", "Bedrag incl. BTW", "BTW-bedrag",
    "Gestructureerde mededeling",
)  # fmt: skip
_HEADERS: Final[Mapping[str, Sequence[str]]] = {"fr": _FRENCH, "nl": _DUTCH}


def export(sales: Sequence[Sale], language: str) -> bytes:
    """A file of some documents, with semicolons and decimal commas; credit notes are negative."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(_HEADERS[language])
    writer.writerows(_row(sale) for sale in sales)
    return text.getvalue().encode("utf-8-sig")


def _row(sale: Sale) -> list[str]:
    debtor = sale.debtor
    sign = 1 if sale.kind is Kind.INVOICE else -1
    return [
        sale.number,
        debtor.number,
        debtor.name,
        f"BE{debtor.vat_number}" if debtor.vat_number else "",
        debtor.email,
        debtor.language.upper(),
        debtor.address,
        debtor.postcode,
        debtor.city,
        debtor.country,
        f"{sale.issue:%d/%m/%Y}",
        debtor.term,
        _amount(sign * sale.cents),
        _amount(sign * sale.vat_cents),
        sale.ogm,
    ]


def _amount(cents: int) -> str:
    return str(Money(cents)).replace(".", ",")
