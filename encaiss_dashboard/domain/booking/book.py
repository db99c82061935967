"""Open items found by whatever a payment may say of them: built in bulk, from plain rows, by column.

A million items of fifty thousand debtors stand in it at once; what is looked up costs the same in a book of
any size. An :class:`OpenItem` is only made of the few that a payment may be about.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from datetime import date
from functools import cached_property
from itertools import islice
from typing import Final

from encaiss_dashboard.domain.booking.nouns import OpenItem, Share
from encaiss_dashboard.domain.booking.reading import number_key, reference_key, variants
from encaiss_dashboard.domain.booking.settling import oldest_first
from encaiss_dashboard.domain.claims import ClaimKind
from encaiss_dashboard.domain.matching import Names, name_key
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.references import is_ogm

DebtorRow = tuple[int, int, str, str]
"""A debtor's id, its client's, its name, its IBAN ("" when unknown); another row for each other name."""
ItemRow = tuple[int, int, str, str, date, date, str, int, bool]
"""An invoice's id, its debtor's, number, reference, issue, due, currency, open cents, whether delegated.

Nothing open: the invoice is paid. It is still known by its number and reference, and nothing settles it.
"""
LearntRow = tuple[str, int]
"""An IBAN, ``name:`` with a ``name_key``, or a reference's letters and digits; and whose it is."""
Accessories = Mapping[int, tuple[tuple[ClaimKind, Money], ...]]
"""What was asked for beside an invoice and is not paid yet, by its id."""

_NONE: Final = -1
_ALIKE_MAX: Final = 50
_DEBTORS_KEPT: Final = 2_000


class _Chains:
    """Places by the hash of a key: no object for any of them, so that a million take some megabytes.

    Whoever asks looks whether a place has the key: others may share its slot.
    """

    def __init__(self, count: int) -> None:
        self._mask = (1 << (2 * count).bit_length()) - 1
        self._first = array("i", [_NONE]) * (self._mask + 1)
        self._next = array("i", [_NONE]) * count

    def add(self, key: Hashable, place: int) -> None:
        """A place with its key; what has none is found by none."""
        if key:
            slot = hash(key) & self._mask
            self._next[place] = self._first[slot]
            self._first[slot] = place

    def of(self, key: Hashable) -> Iterator[int]:
        """Places that may have a key, the last one first."""
        place = self._first[hash(key) & self._mask]
        while place != _NONE:
            yield place
            place = self._next[place]


class Book:
    """What is open with one client, or with all of the agency's, by all that finds it."""

    def __init__(
        self,
        debtors: Iterable[DebtorRow],
        items: Iterable[ItemRow],
        learnt: Iterable[LearntRow] = (),
        accessories: Accessories | None = None,
    ) -> None:
        """Take in every row once; of an item whose debtor has no row nothing is taken in.

        Args:
            debtors: all whose items follow, and those without items too.
            items: in any order.
            learnt: what persons decided before.
            accessories: of as many invoices as have any.
        """
        self._clients: dict[int, int] = {}
        self._names: list[tuple[int, str]] = []
        self._accounts: dict[str, list[int]] = defaultdict(list)
        for debtor_id, client_id, name, iban in debtors:
            self._clients[debtor_id] = client_id
            self._names.append((debtor_id, name))
            if iban:
                self._accounts[compact_iban(iban)].append(debtor_id)
        self._learnt: dict[str, list[int]] = defaultdict(list)
        for key, debtor_id in learnt:
            self.learn(key, debtor_id)
        self._accessories = dict(accessories or {})
        self._fresh: dict[int, list[OpenItem]] = {}
        self._fill(items)

    def _fill(self, items: Iterable[ItemRow]) -> None:
        self._ids, self._owners, self._open = array("q"), array("q"), array("q")
        self._issued, self._due = array("i"), array("i")
        self._currencies: list[str] = []
        self._numbers: list[str] = []
        self._references: list[str] = []
        self._delegated = bytearray()
        codes: dict[str, str] = {}
        for row in items:
            if row[1] not in self._clients:
                continue
            invoice_id, debtor_id, number, reference, issue, due, currency, cents, delegated = row
            self._ids.append(invoice_id)
            self._owners.append(debtor_id)
            self._numbers.append(number)
            self._references.append(reference)
            self._issued.append(issue.toordinal())
            self._due.append(due.toordinal())
            self._currencies.append(codes.setdefault(currency, currency))
            self._open.append(cents)
            self._delegated.append(delegated)
        count = len(self._ids)
        self._by_reference, self._by_number, self._by_debtor = _Chains(count), _Chains(count), _Chains(count)
        for place in range(count):
            self._by_reference.add(reference_key(self._references[place]), place)
            self._by_number.add(number_key(self._numbers[place]), place)
            self._by_debtor.add(self._owners[place], place)

    def __len__(self) -> int:
        """How many items it holds."""
        return len(self._ids)

    def learn(self, key: str, debtor_id: int) -> None:
        """Remember whose an IBAN, a name or a reference is."""
        if debtor_id in self._clients and debtor_id not in self._learnt[key]:
            self._learnt[key].append(debtor_id)

    def apply(self, share: Share) -> None:
        """Take what a share settles off the balances: the next payment finds what is left."""
        places = {self._ids[place]: place for place in self._places(share.debtor_id)}
        for part in share.parts:
            if part.kind is None:
                self._open[places[part.invoice_id]] -= part.amount.cents
                continue
            asked = ((k, m - part.amount if k is part.kind else m) for k, m in self._asked(part.invoice_id))
            self._accessories[part.invoice_id] = tuple((k, m) for k, m in asked if m.cents > 0)
        self._fresh.pop(share.debtor_id, None)

    def client_of(self, debtor_id: int) -> int:
        """Whose debtor it is."""
        return self._clients[debtor_id]

    def items_of(self, debtor_id: int) -> list[OpenItem]:
        """What is open with a debtor, due longest first."""
        found = self._fresh.get(debtor_id)
        if found is None:
            if len(self._fresh) >= _DEBTORS_KEPT:
                self._fresh.clear()
            found = oldest_first(
                self.item(place) for place in self._places(debtor_id) if self._open[place] > 0
            )
            self._fresh[debtor_id] = found
        return found

    def item(self, place: int) -> OpenItem:
        """The item at a place; its balance is zero where it is paid."""
        debtor_id, key = self._owners[place], self._ids[place]
        return OpenItem(
            key,
            debtor_id,
            self._clients[debtor_id],
            self._numbers[place],
            date.fromordinal(self._issued[place]),
            date.fromordinal(self._due[place]),
            Money(self._open[place], self._currencies[place]),
            self._references[place],
            self._asked(key),
            bool(self._delegated[place]),
        )

    def referred(self, key: str) -> list[OpenItem]:
        """Items whose reference has these letters and digits."""
        return [self.item(place) for place in self._with_reference(key)]

    def statement_of(self, key: str) -> list[int]:
        """Debtors of whose statement of account this is the reference, or who were learnt by it."""
        debtor_id = _debtor_id(key)
        own = [debtor_id] if debtor_id in self._clients else []
        return [*own, *(one for one in self._learnt.get(key, ()) if one not in own)]

    def knows(self, key: str) -> bool:
        """Whether a reference is of anything here, paid or open."""
        known = key in self._learnt or _debtor_id(key) in self._clients
        return known or any(True for _ in self._with_reference(key))

    def near(self, key: str) -> set[str]:
        """References of open items and of statements that one wrong digit, or two swapped, made this of."""
        return {one for one in variants(key) if self._is_open(one)}

    def numbered(self, key: str, debtor_ids: Iterable[int] = ()) -> list[OpenItem]:
        """Items whose number has these groups of digits; of very many only the open ones of these debtors."""
        every = (one for one in self._by_number.of(key) if number_key(self._numbers[one]) == key)
        places = [*islice(every, _ALIKE_MAX + 1)]
        if len(places) <= _ALIKE_MAX:
            return [self.item(place) for place in places]
        return [one for each in debtor_ids for one in self.items_of(each) if number_key(one.number) == key]

    def with_account(self, iban: str) -> list[int]:
        """Debtors that an account is known to be of."""
        return self._accounts.get(compact_iban(iban), []) if iban else []

    def learnt(self, iban: str, name: str) -> list[int]:
        """Debtors that persons decided an account to be of; a name, where nothing is known of the account."""
        by_account = self._learnt.get(compact_iban(iban), []) if iban else []
        return by_account or (self._learnt.get(f"name:{name_key(name)}", []) if name else [])

    def alike(self, name: str) -> list[tuple[int, int]]:
        """Debtors of nearly this name, each with how near, 85 to 100."""
        return self._index.alike(name) if name else []

    @cached_property
    def _index(self) -> Names:
        return Names(self._names)

    def _is_open(self, key: str) -> bool:
        if _debtor_id(key) in self._clients:
            return True
        return any(self._open[place] > 0 for place in self._with_reference(key))

    def _with_reference(self, key: str) -> Iterator[int]:
        return (one for one in self._by_reference.of(key) if reference_key(self._references[one]) == key)

    def _places(self, debtor_id: int) -> Iterator[int]:
        return (place for place in self._by_debtor.of(debtor_id) if self._owners[place] == debtor_id)

    def _asked(self, invoice_id: int) -> tuple[tuple[ClaimKind, Money], ...]:
        return self._accessories.get(invoice_id, ())


def compact_iban(text: str) -> str:
    """An account without spaces, in capitals."""
    return "".join(text.split()).upper()


def _debtor_id(key: str) -> int:
    """Whose statement a reference is of, as ``references.ogm_for_debtor`` makes it; 0 for none."""
    return int(key[1:10]) if len(key) == len("9123456789xx") and key[0] == "9" and is_ogm(key) else 0
