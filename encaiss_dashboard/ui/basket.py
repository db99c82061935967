"""A payment divided by hand: which part of it pays which invoice, and what of it waits with a debtor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TypedDict

from encaiss_dashboard.domain.errors import Refusal
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.locales import day, decimal, money, text
from encaiss_dashboard.services.payments import Owed, Payer, ToldPart, ToldShare
from encaiss_dashboard.ui.typed import typed_cents


class FoundRow(TypedDict):
    """An invoice or a debtor that was found."""

    key: str
    title: str
    sub: str
    amount: str
    note: str
    taken: bool


class PieceRow(TypedDict):
    """A part of the payment; ``amount`` as it is typed."""

    key: str
    title: str
    sub: str
    amount: str
    label: str
    after: str
    wrong: bool


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a payment: of an invoice, or (``invoice_id`` 0) what waits with a debtor.

    Attributes:
        open: of the invoice; None for what waits with a debtor.
        cents: above zero, or None where what is typed is no amount.
    """

    debtor_id: int
    debtor: str
    client: str
    invoice_id: int
    number: str
    open: Money | None
    cents: int | None
    typed: str = ""

    @property
    def key(self) -> str:
        """By which a page tells it from others."""
        return f"i{self.invoice_id}" if self.invoice_id else f"d{self.debtor_id}"


def of_invoice(one: Owed) -> Piece:
    """An invoice that was found, with nothing of the payment yet."""
    return Piece(one.debtor_id, one.debtor, one.client, one.invoice_id, one.number, one.open, 0)


def of_debtor(one: Payer) -> Piece:
    """A debtor that was found, with nothing of the payment yet."""
    return Piece(one.debtor_id, one.debtor, one.client, 0, "", None, 0)


def left(basket: Sequence[Piece], amount: Money) -> Money:
    """What of a payment nothing was said about yet; below zero where more was said than there is."""
    return Money(abs(amount.cents) - sum(one.cents or 0 for one in basket), amount.currency)


def added(basket: Sequence[Piece], piece: Piece, amount: Money, lang: str) -> list[Piece]:
    """The pieces with one more: as much of it as is open, and as there is left."""
    if any(one.key == piece.key for one in basket):
        return list(basket)
    cents = max(0, left(basket, amount).cents)
    if piece.open is not None:
        cents = min(cents, piece.open.cents) or piece.open.cents
    return [*basket, replace(piece, cents=cents, typed=written(cents, lang))]


def changed(basket: Sequence[Piece], key: str, typed: str) -> list[Piece]:
    """The pieces with another amount of one of them."""
    try:
        cents = typed_cents(typed[:40])
    except Refusal:
        cents = None
    good = cents if cents is not None and cents > 0 else None
    return [replace(one, cents=good, typed=typed[:40]) if one.key == key else one for one in basket]


def filled(basket: Sequence[Piece], key: str, amount: Money, lang: str) -> list[Piece]:
    """The pieces with all that is left put to one of them."""
    rest = left([one for one in basket if one.key != key], amount).cents
    cents = max(0, rest)
    return [
        replace(one, cents=cents or None, typed=written(cents, lang)) if one.key == key else one
        for one in basket
    ]


def trouble(one: Piece) -> bool:
    """Whether an amount cannot be: none at all, or more than is open."""
    return not one.cents or (one.open is not None and one.cents > one.open.cents)


def fits(basket: Sequence[Piece], amount: Money) -> bool:
    """Whether the pieces are the whole payment, and every one can be."""
    return bool(basket) and not left(basket, amount).cents and not any(trouble(one) for one in basket)


def shares(basket: Sequence[Piece], amount: Money) -> list[ToldShare]:
    """The pieces as the service is told them, by debtor; below zero where a line gives back."""
    sign = 1 if amount.cents > 0 else -1
    told = []
    for debtor_id in dict.fromkeys(one.debtor_id for one in basket):
        mine = [one for one in basket if one.debtor_id == debtor_id]
        parts = tuple(ToldPart(one.invoice_id, one.cents or 0) for one in mine if one.invoice_id)
        told.append(ToldShare(debtor_id, sign * sum(one.cents or 0 for one in mine), parts))
    return told


def left_words(rest: Money, lang: str) -> str:
    """How far the pieces are from the whole payment."""
    if not rest.cents:
        return text(lang, "queue.all_told")
    if rest.cents < 0:
        return text(lang, "queue.over", amount=money(-rest, lang))
    return text(lang, "queue.left", amount=money(rest, lang))


def written(cents: int, lang: str) -> str:
    """An amount as its field shows it."""
    return decimal(Decimal(cents).scaleb(-2), lang, places=2)


def piece_row(one: Piece, lang: str, *, clients: bool) -> PieceRow:
    """A piece as the page shows it."""
    name = f"{one.debtor} ({one.client})" if clients else one.debtor
    after = ""
    if one.open is not None and one.cents is not None:
        rest = one.open - Money(one.cents, one.open.currency)
        after = (
            text(lang, "queue.paid")
            if not rest.cents
            else text(lang, "queue.stays", amount=money(rest, lang))
        )
        after = text(lang, "queue.too_much", amount=money(one.open, lang)) if rest.cents < 0 else after
    return PieceRow(
        key=one.key,
        title=one.number or text(lang, "queue.waits_with"),
        sub=name,
        amount=one.typed,
        label=text(lang, "queue.amount_of", what=one.number or name),
        after=after,
        wrong=trouble(one),
    )


def invoice_row(one: Owed, basket: Sequence[Piece], lang: str, *, clients: bool) -> FoundRow:
    """An invoice that was found, as the page shows it."""
    notes = []
    if one.accessories.cents:
        notes.append(text(lang, "queue.with_accessories", amount=money(one.accessories, lang)))
    if not one.delegated:
        notes.append(text(lang, "queue.not_delegated"))
    name = f"{one.debtor} ({one.client})" if clients else one.debtor
    return FoundRow(
        key=f"i{one.invoice_id}",
        title=one.number,
        sub=text(lang, "queue.due_of", debtor=name, day=day(one.due, lang)),
        amount=money(one.open, lang),
        note=" · ".join(notes),
        taken=any(piece.key == f"i{one.invoice_id}" for piece in basket),
    )


def debtor_row(one: Payer, basket: Sequence[Piece], lang: str, *, clients: bool) -> FoundRow:
    """A debtor that was found, as the page shows it."""
    return FoundRow(
        key=f"d{one.debtor_id}",
        title=one.debtor,
        sub=one.client if clients else text(lang, "queue.no_invoice"),
        amount="",
        note="",
        taken=any(piece.key == f"d{one.debtor_id}" for piece in basket),
    )
