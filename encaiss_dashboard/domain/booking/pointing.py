"""What a movement itself points at: the references and numbers in it that a book knows."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from encaiss_dashboard.domain.bank import Movement
from encaiss_dashboard.domain.booking.book import Book
from encaiss_dashboard.domain.booking.nouns import OpenItem, Reason
from encaiss_dashboard.domain.booking.reading import Window, Written, number_letters, read

_LONG: Final = 5
_LONG_REFERENCE: Final = 12


class Weight(IntEnum):
    """How much a pointer says by itself."""

    CHANCE = 0
    """A short number, or one that may be a day or an amount: only an exact amount makes it mean something."""
    PLAIN = 1
    """A long number that no word introduces: it may be a number of anything."""
    SAID = 2
    """A number behind a word such as "facture", or with the letters of an invoice."""
    REFERENCE = 3
    """A reference, whose check digits or length rule out chance."""


@dataclass(frozen=True, slots=True)
class Pointer:
    """Something in a movement that names an invoice or a debtor.

    Attributes:
        items: it names one of them, or all of them where one debtor has them; paid ones among them.
        debtors: whose statement of account it names.
    """

    reason: Reason
    weight: Weight
    items: tuple[OpenItem, ...] = ()
    debtors: tuple[int, ...] = ()

    @property
    def whose(self) -> set[int]:
        """Debtors that it may mean."""
        return {*self.debtors, *(one.debtor_id for one in self.items)}


@dataclass(frozen=True, slots=True)
class Pointed:
    """All that a movement points at.

    Attributes:
        pointers: in the order of the fields, then of the words.
        elsewhere: it names something that the book does not know: one not there yet, or not ours.
    """

    pointers: tuple[Pointer, ...]
    elsewhere: bool


def pointed_at(movement: Movement, book: Book, debtor_ids: Collection[int]) -> Pointed:
    """What a movement points at in a book.

    Args:
        movement: what its bank told.
        book: what is open.
        debtor_ids: who pays, as far as the account tells: looked at first where a number is of very many.
    """
    found: list[Pointer] = []
    elsewhere = False
    doubtful: list[str] = []
    for reason, text in (
        (Reason.REFERENCE, movement.structured),
        (Reason.REFERENCE, movement.text),
        (Reason.END_TO_END, movement.end_to_end),
        (Reason.NUMBER, movement.invoice_number),
    ):
        written = read(text)
        referred = list(_by_references(written, book, reason))
        found += referred
        numbered = list(_by_numbers(written, book, debtor_ids, reason))
        found += numbered
        if reason is Reason.REFERENCE:
            doubtful += written.doubtful
            hit = {key for key in written.valid if book.knows(key)}
            elsewhere |= len(hit) < len(written.valid)
            sure = any(one.weight >= Weight.SAID for one in (*referred, *numbered))
            elsewhere |= not sure and any(map(_names_something, written.windows))
    if not any(one.weight is Weight.REFERENCE for one in found):
        found += _mended(doubtful, book)
    return Pointed(tuple(_once(found)), elsewhere)


def _by_references(written: Written, book: Book, reason: Reason) -> Iterator[Pointer]:
    for key in written.references:
        items, debtors = book.referred(key), book.statement_of(key)
        if not items and not debtors:
            continue
        if key in written.valid or len(key) >= _LONG_REFERENCE:
            yield Pointer(reason, Weight.REFERENCE, tuple(items), tuple(debtors))
        else:
            told = reason if reason is Reason.END_TO_END else Reason.NUMBER
            yield Pointer(told, Weight.PLAIN, tuple(items), tuple(debtors))


def _mended(doubtful: Sequence[str], book: Book) -> Iterator[Pointer]:
    for key in doubtful:
        near = book.near(key)
        if len(near) == 1:
            [meant] = near
            items, debtors = tuple(book.referred(meant)), tuple(book.statement_of(meant))
            yield Pointer(Reason.REFERENCE_MENDED, Weight.REFERENCE, items, debtors)


def _by_numbers(
    written: Written, book: Book, debtor_ids: Collection[int], reason: Reason
) -> Iterator[Pointer]:
    """Longer numbers first: what stands within one that is known names nothing of its own."""
    taken: set[int] = set()
    heads: list[tuple[str, int]] = []
    told = reason if reason is Reason.END_TO_END else Reason.NUMBER
    for window in written.windows:
        groups = set(range(window.first, window.last + 1))
        if groups & taken:
            continue
        items = _alike(window, book.numbered(window.key, debtor_ids))
        weight = max((_weight(window, one) for one in items), default=Weight.CHANCE)
        if reason is Reason.NUMBER:
            weight = Weight.SAID  # it stands in a column of its own
        if not items and window.worded and not window.weak and window.first == window.last:
            items, weight = _of_same_head(window, heads, book, debtor_ids), Weight.SAID
        if not items:
            continue
        yield Pointer(
            told, weight, tuple(one for one in items if _weight(window, one) >= weight) or tuple(items)
        )
        if weight >= Weight.PLAIN:
            taken |= groups
            if "." in window.key:
                heads.append((window.key.rpartition(".")[0], window.last))


def _of_same_head(
    window: Window, heads: Sequence[tuple[str, int]], book: Book, debtor_ids: Collection[int]
) -> list[OpenItem]:
    """In "factures 2026/0412 et 0413" the second number goes without the beginning of the first."""
    before = [head for head, last in heads if last < window.first]
    return book.numbered(f"{before[-1]}.{window.key}", debtor_ids) if before else []


def _alike(window: Window, items: Sequence[OpenItem]) -> list[OpenItem]:
    """Of the items with these digits those whose letters do not contradict."""
    letters = [(one, *number_letters(one.number)) for one in items]
    fitting = [(one, prefix) for one, prefix, inner in letters if inner == window.inner]
    lettered = [one for one, prefix in fitting if prefix and prefix == window.prefix]
    return lettered or [one for one, _ in fitting]


def _weight(window: Window, item: OpenItem) -> Weight:
    if window.weak:
        return Weight.CHANCE
    prefix, inner = number_letters(item.number)
    own = len(prefix) if prefix and prefix == window.prefix else 0
    if window.worded or (own and own + len(inner) + window.digits >= _LONG):
        return Weight.SAID
    return Weight.PLAIN if window.digits >= _LONG else Weight.CHANCE


def _names_something(window: Window) -> bool:
    return window.worded and not window.weak and window.digits >= _LONG


def _once(pointers: Sequence[Pointer]) -> Iterator[Pointer]:
    """Each of the same items once, the weightiest first."""
    seen: set[tuple[tuple[int, ...], tuple[int, ...]]] = set()
    for one in sorted(pointers, key=lambda one: -one.weight):
        told = tuple(item.invoice_id for item in one.items), one.debtors
        if told not in seen:
            seen.add(told)
            yield one
