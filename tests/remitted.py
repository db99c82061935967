"""Money on the agency's own account, as importing a statement and booking it leave it."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from lxml import etree
from sqlmodel import Session

from encaiss_dashboard.adapters.transfers import NAMESPACE
from encaiss_dashboard.services import remittances
from encaiss_dashboard.storage import records
from encaiss_dashboard.storage.bank import (
    AccessoryAllocation,
    BankAccount,
    BankImport,
    BankLine,
    BankStatement,
)

OWN = "BE43068999999501"
SECOND = "BE71096123456769"
THEIRS = "BE68539007547034"
REMITTED_ON = date(2026, 11, 10)


@dataclass
class Till:
    """The agency's accounts of a house, and what comes in on them; everything returns ids.

    Those of one ``mark`` are apart from those of others.
    """

    house: Any
    mark: str = ""
    _accounts: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    _lines: int = 0

    def account(self, number: str = OWN, currency: str = "EUR") -> int:
        return self._account(number, currency)[0]

    def line(self, cents: int, on: date, number: str = OWN, currency: str = "EUR", **details: Any) -> int:
        """A movement of an account."""
        account, statement = self._account(number, currency)
        self._lines += 1
        told = {"booked_on": on, "value_on": on, "currency": currency, "amount_cents": cents}
        where = {"account_id": account, "statement_id": statement, "seq": self._lines, "place": "Ntry 1"}
        return int(
            self.house.add(BankLine(**where, **told, fingerprint=f"{self.mark}{self._lines}", **details))
        )

    def receives(self, debtor: int, cents: int, on: date, *, of: str = OWN, **details: Any) -> int:
        """A payment of a debtor on an account; below zero what took one back."""
        currency = details.pop("currency", "EUR")
        line = self.line(cents, on, of, currency)
        return self.payment(debtor, cents, on, currency=currency, bank_line_id=line, **details)

    def payment(self, debtor: int, cents: int, on: date, **details: Any) -> int:
        of = {"client_id": self.house._client_of(debtor), "debtor_id": debtor, "source": "bank"}
        said = {"on": on, "amount_cents": cents, "recorded_at": self.house.clock()}
        return int(self.house.add(records.Payment(**of, **said, **details)))

    def accessory(self, invoice: int, payment: int, kind: str, cents: int, on: date) -> int:
        with Session(self.house.engine) as session:
            client_id = session.get_one(records.Invoice, invoice).client_id
        of = {"client_id": client_id, "invoice_id": invoice, "payment_id": payment}
        return int(self.house.add(AccessoryAllocation(**of, kind=kind, on=on, amount_cents=cents)))

    def _account(self, number: str, currency: str) -> tuple[int, int]:
        key = (number, currency)
        if key not in self._accounts:
            now, number = self.house.clock(), number + self.mark
            account = self.house.add(BankAccount(number=number, currency=currency, added_at=now))
            told = {"file_name": "a.cod", "format": "coda", "digest": f"{number}{currency}", "size_bytes": 1}
            batch = self.house.add(BankImport(**told, at=now))
            of = {"import_id": batch, "account_id": account, "number": "2026/001", "currency": currency}
            day = now.date()
            self._accounts[key] = (account, self.house.add(BankStatement(**of, first=day, last=day)))
        return self._accounts[key]


def fails_after(service):
    """A service whose transaction breaks once it is done."""

    def broken(*args):
        service(*args)
        raise RuntimeError

    return broken


def owed(act):
    found = act(remittances.owing)
    return [(one.client_id, str(one.amount), one.amount.currency) for one in (*found.due, *found.carried)]


def paid(content):
    """Number, amount and account of each transfer in a file, with the account it is drawn on."""
    space = {"p": NAMESPACE}
    return [
        (
            one.findtext("p:PmtId/p:EndToEndId", namespaces=space),
            one.findtext("p:Amt/p:InstdAmt", namespaces=space),
            one.findtext("p:CdtrAcct/p:Id/p:IBAN", namespaces=space),
            batch.findtext("p:DbtrAcct/p:Id/p:IBAN", namespaces=space),
        )
        for batch in etree.fromstring(content).iterfind(".//p:PmtInf", space)
        for one in batch.iterfind("p:CdtTrfTxInf", space)
    ]
