"""The queue of payments that wait: one line looked at, its proposals, and what is decided about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Final

import reflex as rx
from pydantic import Field

from encaiss_dashboard.domain.errors import ChangedMeanwhile, NotFound, Unreadable
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.locales import integer, text
from encaiss_dashboard.services import payments
from encaiss_dashboard.services.payments import Line, LineDecided, PaymentSeen, Suggestion, glances
from encaiss_dashboard.ui import basket
from encaiss_dashboard.ui.basket import FoundRow, Piece, PieceRow
from encaiss_dashboard.ui.queue_rows import (
    NO_LINE,
    LineFacts,
    LineRow,
    ProposalRow,
    ReturnRow,
    line_facts,
    line_row,
    proposal_rows,
    return_row,
    returning,
)
from encaiss_dashboard.ui.shell import Next, handler
from encaiss_dashboard.ui.whose import Whose
from encaiss_dashboard.work import Work

PAGE_SIZE: Final = 50
REASONS: Final = ("charge", "own", "foreign", "other")
TEXT_MAX: Final = 100
ASIDE_MAX: Final = 300
_UNDO_MAX: Final = 50
_FOUND_MAX: Final = 12
_PAGE_DIGITS_MAX: Final = 5

LineId = Annotated[int, Field(gt=0, lt=2**31)]


class Queue(Whose):
    """A page of the lines that wait, the oldest first, and the one that is looked at."""

    keys: str = rx.LocalStorage("on", name="encaiss.queue.keys")
    ready: bool = False
    may_book: bool = False
    of_agency: bool = False
    found: str = ""
    rows: list[LineRow] = []
    more: str = ""
    previous: str = ""
    next: str = ""
    line: LineFacts = NO_LINE
    place: str = ""
    proposals: list[ProposalRow] = []
    returns: list[ReturnRow] = []
    said: str = ""
    can_undo: bool = False
    aside: bool = False
    aside_problem: str = ""
    typed: str = ""
    typing: int = 0
    results: list[FoundRow] = []
    pieces: list[PieceRow] = []
    left: str = ""
    left_cents: int = 0
    can_book: bool = False
    _amount: Money | None = None
    _decided: list[int] = []
    _known: dict[str, Piece] = {}
    _basket: list[Piece] = []
    _hits: list[Any] = []
    _back: list[PaymentSeen] = []

    @handler
    async def load(self) -> Next:
        """Show the page that the address names, from its first line."""
        self.said, self.aside, self._decided, self.can_undo = "", False, [], False
        self.of_agency = self._agencys()
        await self._list(0)
        self.ready = True
        if self._beyond():
            return rx.redirect(self._queue(), replace=True)
        return rx.set_focus("queue") if self.rows else None

    @handler
    async def refresh(self) -> Next:
        """Show what a file has brought; whoever sent it goes on where it is."""
        await self._list(self.line["id"])

    @handler
    async def select(self, line_id: LineId) -> Next:
        """Look at another line of the list."""
        if line_id != self.line["id"]:
            await self._show(line_id)

    @handler
    async def accept(self, line_id: LineId, mark: Annotated[str, Field(max_length=64)]) -> Next:
        """Book the line as one of its proposals says."""
        return await self._decide(line_id, "queue.done_booked", payments.accept, mark)

    @handler
    async def take_back(self, line_id: LineId, payment_id: LineId) -> Next:
        """The line takes back a payment."""
        return await self._decide(line_id, "queue.done_returned", payments.take_back_payment, payment_id)

    @handler
    async def ask_aside(self) -> Next:
        """Ask why a line is set aside, or close the question."""
        self.aside, self.aside_problem = not self.aside, ""
        return rx.set_focus("aside-first" if self.aside else "queue")

    @handler
    async def set_aside(self, form: dict[str, str]) -> Next:
        """Say that the line pays no invoice, and why."""
        reason, words = form.get("reason", ""), form.get("words", "").strip()[:ASIDE_MAX]
        lang = self._language()
        if reason not in REASONS or (reason == "other" and not words):
            self.aside_problem = text(lang, "queue.aside_missing")
            return None
        named = "" if reason == "other" else text(lang, f"queue.aside_{reason}")
        said = " · ".join(part for part in (named, words) if part)
        return await self._decide(self.line["id"], "queue.done_aside", payments.set_aside, said)

    @handler
    async def undo(self) -> Next:
        """Take back what was decided last in this tab; its line waits again."""
        if not self._decided:
            return None
        line_id = self._decided[-1]
        self._decided = self._decided[:-1]
        self.can_undo = bool(self._decided)
        await self._act(payments.reopen, line_id)
        self.said = text(self._language(), "queue.undone")
        await self._list(line_id)
        return rx.set_focus("queue")

    @handler
    async def switch_keys(self) -> Next:
        """Switch the keys on or off in this browser."""
        self.keys = "off" if self.keys == "on" else "on"

    @handler
    async def find(self, words: str) -> Next:
        """Look for open invoices and debtors as words are typed."""
        await self._find(words.strip()[:TEXT_MAX])

    @handler
    async def find_form(self, form: dict[str, str]) -> Next:
        """Look for them at once, on Enter."""
        await self._find(form.get("q", "").strip()[:TEXT_MAX])

    @handler
    async def add(self, key: Annotated[str, Field(max_length=20)]) -> Next:
        """Put a part of the payment to what was found."""
        if key not in self._known or self._amount is None:
            raise NotFound
        self._basket = basket.added(self._basket, self._known[key], self._amount, self._language())
        self._write_basket()
        return rx.set_focus("queue-search")

    @handler
    async def change(self, key: Annotated[str, Field(max_length=20)], typed: str) -> Next:
        """Another amount of one of the parts."""
        self._basket = basket.changed(self._basket, key, typed)
        self._write_basket()

    @handler
    async def fill(self, key: Annotated[str, Field(max_length=20)]) -> Next:
        """Put all that is left to one of the parts; its field is drawn anew."""
        if self._amount is None:
            raise NotFound
        self._basket = basket.filled(self._basket, key, self._amount, self._language())
        self.typing += 1
        self._write_basket()

    @handler
    async def drop(self, key: Annotated[str, Field(max_length=20)]) -> Next:
        """Leave one of the parts out."""
        self._basket = [one for one in self._basket if one.key != key]
        self._write_basket()
        return rx.set_focus("queue-search")

    @handler
    async def book(self) -> Next:
        """Book the line as it is divided."""
        if self._amount is None or not basket.fits(self._basket, self._amount):
            raise Unreadable(value="")
        told = basket.shares(self._basket, self._amount)
        return await self._decide(self.line["id"], "queue.done_booked", payments.book_as_told, told)

    async def _decide(self, line_id: int, key: str, service: Callable[..., Any], *args: Any) -> Next:
        """Do it to the line that is looked at, and go on to the one after it."""
        if not line_id or line_id != self.line["id"]:
            return None  # a key pressed twice: the first one did it
        amount, who, follows = self.line["amount"], self.line["who"], self._after(line_id)
        try:
            await self._act(service, line_id, *args)
        except (LineDecided, ChangedMeanwhile) as refusal:
            await self._list(line_id)
            return self._tell(refusal)
        self._decided, self.can_undo = [*self._decided[-_UNDO_MAX:], line_id], True
        self.aside, self.notice = False, ""
        self.said = text(self._language(), key, amount=amount, who=who)
        await self._list(follows)
        return rx.set_focus("queue" if self.rows else "queue-empty")

    def _after(self, line_id: int) -> int:
        """The line that is looked at next: the one below, else the one above."""
        ids = [row["id"] for row in self.rows]
        at = ids.index(line_id) if line_id in ids else 0
        return next(iter([*ids[at + 1 : at + 2], *ids[max(0, at - 1) : at]]), 0)

    def _beyond(self) -> bool:
        return not self.rows and self._page() > 1

    def _page(self) -> int:
        asked = str(self.router.url.query_parameters.get("page", ""))
        return max(1, int(asked)) if asked.isdecimal() and len(asked) <= _PAGE_DIGITS_MAX else 1

    async def _list(self, wanted: int) -> None:
        """Read the page anew and look at one of its lines: the wanted one, else the first."""
        number, lang = self._page(), self._language()
        first = (number - 1) * PAGE_SIZE
        lines, whole, self.may_book = await self._read(_page, first)
        self.rows = [line_row(line, lang) for line in lines]
        self.found = text(lang, "queue.found", n=whole)
        here = self._queue()
        self.previous = f"{here}?page={number - 1}" if number > 1 else ""
        self.next = f"{here}?page={number + 1}" if first + len(lines) < whole else ""
        numbers = {"first": first + 1, "last": first + len(lines), "found": whole}
        self.more = text(lang, "queue.shown", **{name: integer(n, lang) for name, n in numbers.items()})
        ids = [line.id for line in lines]
        await self._show(wanted if wanted in ids else next(iter(ids), 0))

    async def _show(self, line_id: int) -> None:
        """Look at a line; what was begun about another is forgotten."""
        self._forget()
        if not line_id:
            return
        line, found, back = await self._read(_look, line_id)
        lang = self._language()
        self._amount = line.amount
        self.line = line_facts(line, lang)
        self.proposals = proposal_rows(found, lang, clients=self.of_agency)
        self._back = list(back)
        ids = [row["id"] for row in self.rows]
        at = ids.index(line_id) + 1 if line_id in ids else 0
        self.place = text(lang, "queue.place", n=at, all=len(ids))
        self._write_basket()

    def _forget(self) -> None:
        self.line, self.proposals, self.returns, self._amount = NO_LINE, [], [], None
        self.aside, self.typed, self.typing = False, "", self.typing + 1
        self.results, self.pieces, self._known, self._basket, self._hits = [], [], {}, [], []
        self.can_book, self.left, self.left_cents, self._back = False, "", 0, []

    async def _find(self, words: str) -> None:
        self.typed = words
        if self._amount is None:
            return
        back = self._amount.cents < 0
        self._hits = list(await self._read(_found, words, self._amount.currency, back)) if words else []
        self._known = {one.key: one for one in (_piece(hit) for hit in self._hits)}
        self._write_basket()

    def _write_basket(self) -> None:
        lang, clients = self._language(), self.of_agency
        self.results = [_row(hit, self._basket, lang, clients=clients) for hit in self._hits]
        self.pieces = [basket.piece_row(one, lang, clients=clients) for one in self._basket]
        if self._amount is None:
            return
        back = returning(self._back, self.typed, self._amount)
        self.returns = [return_row(one, lang) for one in back]
        rest = basket.left(self._basket, self._amount)
        self.left, self.left_cents = basket.left_words(rest, lang), rest.cents
        self.can_book = basket.fits(self._basket, self._amount)


def _page(work: Work, client_id: int | None, first: int) -> tuple[list[Line], int, bool]:
    lines, whole = payments.waiting(work, client_id, first=first, count=PAGE_SIZE)
    return lines, whole, client_id is None or work.actor.may(Action.UPLOAD, client_id)


def _look(
    work: Work, client_id: int | None, line_id: int
) -> tuple[Line, Sequence[Suggestion], Sequence[PaymentSeen]]:
    line = payments.line(work, client_id, line_id)
    found = payments.suggestions(work, client_id, line_id)
    return line, found, glances.returnable(work, client_id, line_id)


def _found(
    work: Work,
    client_id: int | None,
    words: str,
    currency: str,
    back: bool,  # noqa: FBT001 - of _find only
) -> list[Any]:
    """Invoices, then debtors; for a line that gives money back, debtors only."""
    payers = payments.debtors_for(work, client_id, words, currency=currency, count=_FOUND_MAX // 2)
    if back:
        return list(payers)
    owed = payments.open_for(work, client_id, words, currency=currency, count=_FOUND_MAX)
    return [*owed, *payers]


def _piece(hit: Any) -> Piece:
    return basket.of_invoice(hit) if isinstance(hit, payments.Owed) else basket.of_debtor(hit)


def _row(hit: Any, pieces: Sequence[Piece], lang: str, *, clients: bool) -> FoundRow:
    if isinstance(hit, payments.Owed):
        return basket.invoice_row(hit, pieces, lang, clients=clients)
    return basket.debtor_row(hit, pieces, lang, clients=clients)
