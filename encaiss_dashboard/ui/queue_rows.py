"""A line that waits, its proposals and what is open, as the queue shows them: rows of words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypedDict

from encaiss_dashboard.domain.bank import printed_account
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.references import format_ogm, is_ogm
from encaiss_dashboard.locales import day, money, text
from encaiss_dashboard.services.payments import Line, PartSeen, PaymentSeen, ShareSeen, Suggestion

PROPOSALS_SHOWN: Final = 5
RETURNS_SHOWN: Final = 6
_RETURNED: Final = frozenset({"AC01", "AC04", "AC06", "AM04", "MD01", "MD06", "MS02", "MS03"})
_SURE: Final = ((95, "certain", "good"), (85, "likely", "good"), (70, "maybe", "warn"), (0, "weak", "mute"))


class LineRow(TypedDict):
    """A line in the list."""

    id: int
    day: str
    who: str
    words: str
    amount: str
    out: bool


class Fact(TypedDict):
    """One thing that the bank says of a line."""

    label: str
    value: str


class LineFacts(TypedDict):
    """The line that is looked at; ``id`` 0 for none."""

    id: int
    who: str
    amount: str
    original: str
    words: str
    note: str
    out: bool
    facts: list[Fact]


class SettledRow(TypedDict):
    """What a proposal settles of one invoice."""

    key: str
    number: str
    due: str
    amount: str
    before: str
    after: str


class ShareRow(TypedDict):
    """What of a proposal is of one debtor."""

    key: str
    debtor: str
    client: str
    amount: str
    parts: list[SettledRow]
    rest: str
    short: str


class ProposalRow(TypedDict):
    """One way to book the line; ``number`` is its key."""

    number: str
    mark: str
    reason: str
    sure: str
    tone: str
    back: str
    shares: list[ShareRow]


class ReturnRow(TypedDict):
    """A payment that a negative line may take back."""

    id: int
    title: str
    amount: str
    settles: str


NO_LINE: Final = LineFacts(id=0, who="", amount="", original="", words="", note="", out=False, facts=[])


def line_row(line: Line, lang: str) -> LineRow:
    """A line in the list."""
    return LineRow(
        id=line.id,
        day=day(line.booked_on, lang, "short"),
        who=line.counterparty or text(lang, "queue.nobody"),
        words=_communication(line) or text(lang, "queue.no_words"),
        amount=money(line.amount, lang),
        out=line.amount.cents < 0,
    )


def line_facts(line: Line, lang: str) -> LineFacts:
    """A line in full."""
    told = (
        ("iban", printed_account(line.iban)),
        ("booked_on", day(line.booked_on, lang, "long")),
        ("value_on", day(line.value_on, lang, "long") if line.value_on != line.booked_on else ""),
        ("account", printed_account(line.account)),
        ("end_to_end", line.end_to_end),
        ("bank_reference", line.bank_reference),
    )
    return LineFacts(
        id=line.id,
        who=line.counterparty or text(lang, "queue.nobody"),
        amount=money(line.amount, lang),
        original=text(lang, "queue.original", amount=money(line.original, lang)) if line.original else "",
        words=_communication(line),
        note=_note(line, lang),
        out=line.amount.cents < 0,
        facts=[Fact(label=text(lang, f"queue.{name}"), value=value) for name, value in told if value],
    )


def proposal_rows(found: Sequence[Suggestion], lang: str, *, clients: bool) -> list[ProposalRow]:
    """The surest proposals, each with what it settles; ``clients`` names whose debtors they are."""
    return [
        _proposal(number, one, lang, clients=clients)
        for number, one in enumerate(found[:PROPOSALS_SHOWN], start=1)
    ]


def returning(found: Sequence[PaymentSeen], words: str, amount: Money) -> list[PaymentSeen]:
    """The payments that a line may take back: those of its amount, or those that were looked for."""
    wanted = words.casefold()
    hits = [one for one in found if wanted in f"{one.debtor} {one.reference}".casefold()]
    return [one for one in hits if words or one.amount == -amount][:RETURNS_SHOWN]


def return_row(seen: PaymentSeen, lang: str) -> ReturnRow:
    """A payment that may be taken back."""
    return ReturnRow(
        id=seen.id,
        title=f"{seen.debtor} · {day(seen.on, lang)}",
        amount=money(seen.amount, lang),
        settles=settled_words(seen.settles, lang),
    )


def settled_words(parts: Sequence[PartSeen], lang: str) -> str:
    """The invoices that a payment settles, in a row."""
    return ", ".join(_part_name(one, lang) for one in parts)


def _proposal(number: int, one: Suggestion, lang: str, *, clients: bool) -> ProposalRow:
    word, tone = next((word, tone) for bound, word, tone in _SURE if one.confidence >= bound)
    return ProposalRow(
        number=str(number),
        mark=one.mark,
        reason=text(lang, f"queue.reason_{one.reason}"),
        sure=text(lang, f"queue.sure_{word}"),
        tone=tone,
        back=text(lang, "queue.takes_back", n=len(one.takes_back)) if one.takes_back else "",
        shares=[_share(share, lang, clients=clients) for share in one.shares],
    )


def _share(share: ShareSeen, lang: str, *, clients: bool) -> ShareRow:
    return ShareRow(
        key=str(share.debtor_id),
        debtor=share.debtor,
        client=share.client if clients else "",
        amount=money(share.amount, lang),
        parts=[_settled(part, lang) for part in share.parts],
        rest=text(lang, "queue.rest", amount=money(share.rest, lang)) if share.rest.cents else "",
        short=text(lang, "queue.short", amount=money(share.short, lang)) if share.short else "",
    )


def _settled(part: PartSeen, lang: str) -> SettledRow:
    after = part.open - part.amount
    return SettledRow(
        key=f"{part.invoice_id}-{part.kind}",
        number=_part_name(part, lang),
        due=day(part.due, lang),
        amount=money(part.amount, lang),
        before="" if part.kind else money(part.open, lang),
        after="" if part.kind else _after(after, lang),
    )


def _after(left: Money, lang: str) -> str:
    return money(left, lang) if left.cents else text(lang, "queue.paid")


def _part_name(part: PartSeen, lang: str) -> str:
    if not part.kind:
        return part.number
    return text(lang, "queue.beside", number=part.number, kind=text(lang, f"queue.kind_{part.kind}"))


def _communication(line: Line) -> str:
    """What the payer wrote: the structured communication as it is printed, and the free words."""
    return " · ".join(part for part in (written_reference(line.structured), line.text) if part)


def written_reference(reference: str) -> str:
    """A reference as it is printed on invoices."""
    return format_ogm(reference) if reference and is_ogm(reference) else reference


def _note(line: Line, lang: str) -> str:
    """What is special about a line."""
    if line.is_return:
        reason = line.return_reason
        why = text(lang, f"queue.why_{reason.lower()}") if reason in _RETURNED else reason
        return text(lang, "queue.returned_why", why=why) if why else text(lang, "queue.returned")
    if line.is_charge:
        return text(lang, "queue.charge")
    return text(lang, "queue.out") if line.amount.cents < 0 else ""
