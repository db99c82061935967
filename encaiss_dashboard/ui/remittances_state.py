"""What was paid on to a client, and one remittance payment by payment."""

from __future__ import annotations

from typing import Final, TypedDict

from encaiss_dashboard.domain.errors import NotFound
from encaiss_dashboard.locales import day, money, text
from encaiss_dashboard.services import remittances
from encaiss_dashboard.services.remittances import PaidOn, Seen
from encaiss_dashboard.ui import access
from encaiss_dashboard.ui.remittance_rows import RemittanceLine, months, remittance_line
from encaiss_dashboard.ui.shell import Choice, Next, Shell, handler

_LINES_MAX: Final = 100
_DIGITS_MAX: Final = 10


class Remittances(Shell):
    """The remittances of the client that is looked at."""

    ready: bool = False
    rows: list[RemittanceLine] = []
    months: list[Choice] = []
    month: str = ""

    @handler
    async def load(self) -> Next:
        """Read them."""
        lang = self._language()
        found = await access.read(self, remittances.mine)
        self.rows = [remittance_line(one, lang) for one in found[:_LINES_MAX]]
        self.months = months([one.row.on for one in found], lang)
        self.month = self.months[0]["value"] if self.months else ""
        self.ready = True

    @handler
    async def choose_month(self, month: str) -> Next:
        """Whose entries are taken away."""
        self.month = month[:7]


class Part(TypedDict):
    """What of a payment settles what."""

    what: str
    amount: str


class PaymentRow(TypedDict):
    """One payment that was paid on, or what took one back."""

    key: str
    debtor: str
    href: str
    on: str
    amount: str
    back: bool
    communication: str
    parts: list[Part]


class PaidOnPage(Shell):
    """The remittance in the address."""

    ready: bool = False
    missing: bool = False
    title: str = ""
    sub: str = ""
    key: str = ""
    state: str = ""
    tone: str = "mute"
    total: str = ""
    payments: list[PaymentRow] = []
    more: str = ""

    @handler
    async def load(self) -> Next:
        """Read it."""
        part = self.router.url.path.rstrip("/").rpartition("/")[2]
        self.ready = self.missing = False
        try:
            key = int(part) if part.isascii() and part.isdecimal() and len(part) <= _DIGITS_MAX else 0
            seen = await access.read(self, remittances.seen, key)
        except NotFound:
            self.missing = self.ready = True
        else:
            self._write(seen)
            self.ready = True

    def _write(self, seen: Seen) -> None:
        lang = self._language()
        row = remittance_line(seen.remittance, lang)
        self.key, self.state, self.tone = row["key"], row["state_words"], row["tone"]
        self.title = text(lang, "remit.one_title", number=row["number"])
        words = [text(lang, "remit.one_sub", day=row["on"], amount=row["amount"])]
        words += [text(lang, "remit.one_to", iban=row["iban"]), row["state_day"]]
        self.sub = " · ".join(filter(None, words))
        self.total = row["amount"]
        self.payments = [_payment(one, lang) for one in seen.lines[:_LINES_MAX]]
        left = len(seen.lines) - _LINES_MAX
        self.more = text(lang, "remit.more", n=left) if left > 0 else ""


def _payment(one: PaidOn, lang: str) -> PaymentRow:
    parts = [
        Part(what=text(lang, f"remit.part_{kind}", number=number), amount=money(amount, lang))
        for _, number, kind, amount in one.parts
    ]
    if one.free:
        parts.append(Part(what=text(lang, "remit.free"), amount=money(one.free, lang)))
    words = one.communication
    return PaymentRow(
        key=str(one.payment_id),
        debtor=one.debtor,
        href=f"/debtors/{one.debtor_id}",
        on=day(one.on, lang),
        amount=money(one.amount, lang),
        back=one.amount.cents < 0,
        communication=text(lang, "remit.communication", words=words) if words else "",
        parts=parts,
    )
