"""What a document states, term by term of EN 16931, whatever its syntax; nothing is judged yet."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Identified:
    """A number and the scheme it belongs to (ICD or EAS code), "" when none is stated."""

    value: str = ""
    scheme: str = ""


@dataclass(slots=True)
class Party:
    """Seller (BG-4) or buyer (BG-7).

    Attributes:
        name: BT-27, BT-44; ``trade_name``: BT-28, BT-45.
        ids: BT-29, BT-46; ``legal``: BT-30, BT-47; ``vat``: BT-31, BT-48; ``endpoint``: BT-34, BT-49.
        address: street lines in order; ``postcode``, ``city``, ``country`` as stated.
        email: BT-43, BT-58.
        language: as stated, "" when none.
    """

    name: str = ""
    trade_name: str = ""
    ids: list[Identified] = field(default_factory=list)
    legal: Identified = field(default_factory=Identified)
    vat: str = ""
    endpoint: Identified = field(default_factory=Identified)
    address: list[str] = field(default_factory=list)
    postcode: str = ""
    city: str = ""
    country: str = ""
    email: str = ""
    language: str = ""


@dataclass(slots=True)
class Embedded:
    """A file within a document: base64 as it stands there."""

    name: str
    content: str


@dataclass(slots=True)
class Stated:
    """An invoice or credit note in its own words; every text has single spaces, "" when absent.

    Attributes:
        syntax: ``ubl`` or ``cii``.
        profile: BT-24.
        is_credit_note: the syntax itself says so, whatever the type code.
        number: BT-1, ``issue``: BT-2, ``kind``: BT-3, ``currency``: BT-5, ``due``: BT-9, all there are.
        term: BT-20, its lines in order.
        credited: BT-25, all there are.
        references: BT-83, all there are.
        payee_accounts: BT-84, those that are meant as IBAN; ``payer_account``: BT-91.
        untaxed: BT-109, ``vat``: BT-110, ``total``: BT-112, ``paid``: BT-113, ``rounding``: BT-114,
            ``payable``: BT-115.
        embedded: BT-125.
    """

    syntax: str
    profile: str = ""
    is_credit_note: bool = False
    number: str = ""
    issue: str = ""
    kind: str = ""
    currency: str = ""
    due: list[str] = field(default_factory=list)
    term: list[str] = field(default_factory=list)
    credited: list[str] = field(default_factory=list)
    references: list[str] = field(default_factory=list)
    payee_accounts: list[str] = field(default_factory=list)
    payer_account: str = ""
    untaxed: str = ""
    vat: str = ""
    total: str = ""
    paid: str = ""
    rounding: str = ""
    payable: str = ""
    language: str = ""
    seller: Party = field(default_factory=Party)
    buyer: Party = field(default_factory=Party)
    embedded: list[Embedded] = field(default_factory=list)


def squeeze(text: str | None) -> str:
    """A text with every run of spaces and line ends made one space, "" for none."""
    return " ".join(text.split()) if text else ""
