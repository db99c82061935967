"""The debtors of a file: what it says of them, which they may be, and who is meant."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, Literal, NamedTuple

from encaiss_dashboard.domain.identity import (
    enterprise_key,
    enterprise_of,
    name_as_compared,
    number_key,
    same_number,
)

Reason = Literal["name", "email", "number", "endpoint"]

NEW: Final = 0
"""The answer that a doubtful debtor is none of those that look like it."""
FILLED_IN: Final = ("number", "enterprise_number", "endpoint", "iban", "address", "postcode", "city")
_ADDRESS: Final = ("address", "postcode", "city")


class _Said(NamedTuple):
    debtor: str
    debtor_number: str
    vat_number: str
    endpoint: str
    email: str
    address: str
    postcode: str
    city: str
    country: str
    language: str
    iban: str
    line: int
    rows: int


class Identity(_Said):
    """What the rows of one debtor in a file say about it; all texts, "" for what they do not say.

    Attributes:
        line: where it stands first.
        rows: how many rows name it so.
    """

    @cached_property
    def _vat_key(self) -> str:
        return enterprise_key(self.vat_number)

    @property
    def vat(self) -> str:
        """Its VAT or enterprise number as written, where that tells companies apart."""
        return self.vat_number if self._vat_key else ""

    @cached_property
    def enterprise(self) -> str:
        """Its enterprise number as compared."""
        return self._vat_key or enterprise_of(self.endpoint)

    @cached_property
    def number(self) -> str:
        """The client's own number for it."""
        return number_key(self.debtor_number)

    @cached_property
    def name(self) -> str:
        """Its name as compared."""
        return name_as_compared(self.debtor)

    @cached_property
    def key(self) -> str:
        """What an answer about it is kept under, and what it is found again by: see ``match_key``."""
        return f"{self.name}|{self.enterprise or self.number}"

    @property
    def named(self) -> tuple[str, ...]:
        """All that decides who it is."""
        return self[:5]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A debtor of the client that a doubtful one may be.

    Attributes:
        debtor_id: whose row it is.
        name: as the client knows it.
        detail: what tells it from others: its numbers, its town.
        likeness: of the two names, 0 to 100.
        reason: what they share: nearly the name, the e-mail address, or the client's own number or the
            Peppol address in spite of two enterprise numbers.
    """

    debtor_id: int
    name: str
    detail: str
    likeness: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class Doubt:
    """A debtor of the file that may be one the client has: never decided silently.

    Attributes:
        key: what the answer is kept under.
        name: as the file has it.
        detail: what else the file says of it.
        rows: how many rows name it.
        candidates: the likeliest first.
        answer: id of the debtor that it is, ``NEW``, or None while nobody has said.
    """

    key: str
    name: str
    detail: str
    rows: int
    candidates: tuple[Candidate, ...]
    answer: int | None


@dataclass(slots=True, eq=False)
class Party:
    """A debtor as a file means it: one the client has, or one that importing adds.

    Attributes:
        id: of its row, None while it has none.
        told: what its row says, or will say, by column.
        number, enterprise_number, endpoint: what identifies it, as compared; learnt from the file if need be.
        identities: what the file says about it, in the order of the file.
        doubt: whether it must be asked for first.
        learnt: keys of names that somebody answered to mean it.
    """

    id: int | None
    told: dict[str, str]
    number: str
    enterprise_number: str
    endpoint: str
    identities: list[Identity] = field(default_factory=list)
    doubt: Doubt | None = None
    learnt: list[str] = field(default_factory=list)

    @property
    def is_new(self) -> bool:
        """Whether the client does not have it yet."""
        return self.id is None

    def may_be(self, said: Identity) -> bool:
        """Whether no number stands against it: two numbers are two debtors, however alike their names."""
        two_numbers = self.number and said.number and not same_number(self.number, said.number)
        return not two_numbers and not self.is_another_company(said)

    def is_another_company(self, said: Identity) -> bool:
        """Whether both have an enterprise number and they differ."""
        enterprise = said.enterprise
        return bool(enterprise and self.enterprise_number and enterprise != self.enterprise_number)


def fill_in(party: Party) -> dict[str, str]:
    """Take over what the row does not say yet; what that is, by column.

    An address is completed only where what is known of it is the same: never a street in another town.
    """
    filled: dict[str, str] = {}
    if party.is_new and len(party.identities) == 1:
        return filled  # its row says already what the file does
    for said in party.identities:
        told = (said.number, said.vat, said.endpoint, said.iban, said.address, said.postcode, said.city)
        facts = dict(zip(FILLED_IN, told, strict=True))
        elsewhere = any(
            facts[name] and party.told[name] and facts[name].casefold() != party.told[name].casefold()
            for name in _ADDRESS
        )
        for name, value in facts.items():
            if value and not party.told[name] and not (elsewhere and name in _ADDRESS):
                party.told[name] = filled[name] = value
    return filled


def parties_of(parties: Iterable[Party]) -> list[Party]:
    """Each party once, in order."""
    return list(dict.fromkeys(parties))
