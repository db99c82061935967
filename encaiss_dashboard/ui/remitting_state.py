"""What the agency has of its clients' money, pays on, has transferred, and keeps the history of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import groupby
from typing import Final, TypedDict

from encaiss_dashboard.domain.errors import NotFound, Unreadable
from encaiss_dashboard.domain.money import EUR, Money
from encaiss_dashboard.locales import day, money, text
from encaiss_dashboard.services import remittances
from encaiss_dashboard.services.remittances import Due, Owing
from encaiss_dashboard.ui import access
from encaiss_dashboard.ui.remittance_rows import RemittanceLine, grouped, months, remittance_line
from encaiss_dashboard.ui.shell import Choice, Next, Shell, handler

SHOWN_MAX: Final = 100


class DueRow(TypedDict):
    """One client to pay on to, with all its currencies."""

    id: str
    client: str
    iban: str
    amount: str
    more: str
    cents: int
    payments: str
    choose: str
    chosen: bool


class FileRow(TypedDict):
    """One transfer file that the bank was or will be handed."""

    href: str
    title: str
    download: str
    remittances: list[RemittanceLine]


class Remitting(Shell):
    """Remittances of all clients."""

    ready: bool = False
    sub: str = ""
    due: list[DueRow] = []
    any_due: bool = False
    total: str = ""
    carried: list[DueRow] = []
    waiting: list[RemittanceLine] = []
    any_waiting: bool = False
    waiting_total: str = ""
    by_hand: list[RemittanceLine] = []
    files: list[FileRow] = []
    history: list[RemittanceLine] = []
    today: str = ""
    execute_on: str = ""
    months: list[Choice] = []
    month: str = ""
    asked: int = 0
    asked_number: str = ""
    asked_in_file: bool = False

    @handler
    async def load(self) -> Next:
        """Read all of it; every client with an account and every remittance that waits is chosen at first."""
        self.asked = 0
        self._write(await access.read(self, remittances.owing))
        self.ready = True

    @handler
    async def choose(self, key: str, chosen: bool) -> Next:  # noqa: FBT001 - what a checkbox sends
        """Take a client in or leave it out; without a key all of them."""
        self.due = [
            DueRow(**{**row, "chosen": chosen and row["iban"] != ""}) if key in {"", row["id"]} else row
            for row in self.due
        ]
        self._add_up()

    @handler
    async def pick(self, key: str, chosen: bool) -> Next:  # noqa: FBT001 - what a checkbox sends
        """Take a remittance into the file or leave it out; without a key all of them."""
        self.waiting = [
            RemittanceLine(**{**row, "chosen": chosen}) if key in {"", row["key"]} else row
            for row in self.waiting
        ]
        self._add_up()

    @handler
    async def make(self) -> Next:
        """Pay on to the chosen clients as of today."""
        ids = [int(row["id"]) for row in self.due if row["chosen"]]
        numbers = await access.act(self, remittances.make, ids, _day(self.today))
        return self._done("remit.made", n=len(numbers), numbers=", ".join(numbers))

    @handler
    async def pick_day(self, on: str) -> Next:
        """The day on which the bank is to transfer."""
        self.execute_on = on[:10]

    @handler
    async def order(self) -> Next:
        """Write the file of the chosen remittances."""
        ids = [int(row["key"]) for row in self.waiting if row["chosen"]]
        await access.act(self, remittances.transfer_file, ids, _day(self.execute_on))
        return self._done("remit.ordered", n=len(ids))

    @handler
    async def ask(self, key: str) -> Next:
        """Ask once more before a remittance is called off."""
        rows = [*self.waiting, *self.by_hand, *(one for file in self.files for one in file["remittances"])]
        row = next((one for one in rows if one["key"] == key), None)
        if row is None:
            raise NotFound
        self.asked, self.asked_number = int(key), row["number"]
        self.asked_in_file = row["state"] == "ordered"

    @handler
    async def cancel(self) -> Next:
        """Close the dialog; nothing happened."""
        self.asked = 0

    @handler
    async def drop(self) -> Next:
        """Call it off."""
        await access.act(self, remittances.drop, self.asked)
        self.asked = 0
        return self._done("remit.dropped", number=self.asked_number)

    @handler
    async def choose_month(self, month: str) -> Next:
        """Whose entries are taken away."""
        self.month = month[:7]

    @handler
    async def enter(self, client_id: str, key: str) -> Next:
        """Open a remittance as its client sees it."""
        return await self._enter(client_id, f"/remittances/{key}")

    def _write(self, seen: Owing) -> None:
        lang = self._language()
        by_client = [list(some) for _, some in groupby(seen.due, key=lambda one: one.client_id)]
        self.due = [_due(some, lang) for some in by_client[:SHOWN_MAX]]
        self.carried = [_due([one], lang) for one in seen.carried[:SHOWN_MAX]]
        rows = [remittance_line(one, lang) for one in seen.made]
        waits = [row for row in rows if row["state"] == "made"]
        self.waiting = [row for row in waits if row["euro"]][:SHOWN_MAX]
        self.by_hand = [row for row in waits if not row["euro"]][:SHOWN_MAX]
        self.files = _files([row for row in rows if row["file"] and row["state"] == "ordered"], lang)
        self.history = rows[:SHOWN_MAX]
        self.months = months([one.row.on for one in seen.made], lang)
        self.month = self.months[0]["value"] if self.months else ""
        self.today = self.execute_on = seen.today.isoformat()
        owed = Money(sum(row["cents"] for row in self.due))
        words = {"n": len(self.due), "amount": money(owed, lang)}
        self.sub = text(lang, "remit.sub", **words) if self.due else text(lang, "remit.sub_none")
        self._add_up()

    def _add_up(self) -> None:
        lang = self._language()
        owed = Money(sum(row["cents"] for row in self.due if row["chosen"]))
        ordered = Money(sum(row["cents"] for row in self.waiting if row["chosen"]))
        self.any_due = any(row["chosen"] for row in self.due)
        self.any_waiting = any(row["chosen"] for row in self.waiting)
        self.total = text(lang, "remit.total", amount=money(owed, lang))
        self.waiting_total = text(lang, "remit.total", amount=money(ordered, lang))


def _day(written: str) -> date:
    try:
        return date.fromisoformat(written)
    except ValueError as error:
        raise Unreadable(value=written) from error


def _due(some: Sequence[Due], lang: str) -> DueRow:
    """One client's row: the euro first, what is owed in others below it."""
    first, *others = some
    words = [text(lang, "remit.payments", n=sum(one.payments for one in some))]
    words.append(text(lang, "remit.since", day=day(min(one.oldest for one in some), lang)))
    back = sum(one.back for one in some)
    words += [text(lang, "remit.back", n=back)] if back else []
    return DueRow(
        id=str(first.client_id),
        client=first.client,
        iban=grouped(first.iban),
        amount=money(first.amount, lang),
        more=" · ".join(money(one.amount, lang) for one in others),
        cents=sum(one.amount.cents for one in some if one.amount.currency == EUR),
        payments=" · ".join(words),
        choose=text(lang, "remit.choose", name=first.client),
        chosen=first.iban != "",
    )


def _files(rows: Sequence[RemittanceLine], lang: str) -> list[FileRow]:
    found = []
    ordered = sorted(rows, key=lambda row: row["file"])
    for digest, some in groupby(ordered, key=lambda row: row["file"]):
        of = list(some)
        words = {"n": len(of), "amount": money(Money(sum(row["cents"] for row in of)), lang)}
        found.append(
            FileRow(
                href=f"/files/transfer/{digest}",
                title=text(lang, "remit.file_of", **words),
                download=text(lang, "remit.download_of", **words),
                remittances=of,
            )
        )
    return sorted(found, key=lambda file: file["remittances"][0]["number"], reverse=True)
