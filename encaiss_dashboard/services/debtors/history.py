"""What happened with a debtor: its own acts, the imports that brought its invoices, the merged ones' acts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlmodel import Session, col, func, select

from encaiss_dashboard.storage import merges, queries, records
from encaiss_dashboard.storage.journal import ActKind

OTHER: Final = "other"
"""Fact of an act: the id of the other debtor, in acts about two."""
_PERSONAL: Final = frozenset({"to", "reason", "before", "after"})
_QUOTES: Final = frozenset({ActKind.FAILED.value, ActKind.MESSAGE_RETRIED.value})
_ABOUT_TWO: Final = frozenset({ActKind.MERGED.value, ActKind.PARTED.value})


@dataclass(frozen=True, slots=True)
class Told:
    """A debtor's past, newest first; its parts are those of a ``DebtorFile``."""

    acts: tuple[records.Act, ...]
    brought: Mapping[int, int]
    named: Mapping[int, tuple[str, ...]]
    names: Mapping[int, str]


def told(session: Session, client_id: int, debtor_id: int) -> Told:
    """Everything that happened with a debtor of a client and with those merged into it."""
    family = merges.family(session, client_id, debtor_id)
    brought = _brought(session, client_id, family)
    acts = tuple(_acts(session, client_id, family, brought))
    mentioned = {*family, *_mentioned(acts)}
    return Told(
        acts, brought, _named(session, client_id, family), merges.names(session, client_id, mentioned)
    )


def _mentioned(acts: Iterable[records.Act]) -> set[int]:
    return {act.facts[OTHER] for act in acts if isinstance(act.facts.get(OTHER), int)}


def _brought(session: Session, client_id: int, debtor_ids: Sequence[int]) -> dict[int, int]:
    invoice = records.Invoice
    query = (
        select(invoice.batch_id, func.count())
        .where(
            invoice.client_id == client_id,
            col(invoice.debtor_id).in_(debtor_ids),
            col(invoice.batch_id).is_not(None),
        )
        .group_by(col(invoice.batch_id))
    )
    return {queries.known(batch_id): n for batch_id, n in session.exec(query)}


def _named(session: Session, client_id: int, debtor_ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """By message: also what it said of invoices that are another debtor's since."""
    line, invoice, message = records.OutboxLine, records.Invoice, records.OutboxMessage
    query = (
        select(line.message_id, invoice.number)
        .join(invoice, col(invoice.id) == col(line.invoice_id))
        .join(message, col(message.id) == col(line.message_id))
        .where(
            line.client_id == client_id,
            col(message.debtor_id).in_(debtor_ids),
            col(line.dropped).is_(False),
        )
        .order_by(col(line.id))
    )
    named: dict[int, tuple[str, ...]] = {}
    for message_id, number in session.exec(query):
        named[message_id] = (*named.get(message_id, ()), number)
    return named


def _acts(
    session: Session, client_id: int, family: Sequence[int], brought: Mapping[int, int]
) -> list[records.Act]:
    imports = select(records.Act).where(
        records.Act.client_id == client_id,
        records.Act.kind == ActKind.IMPORTED.value,
        col(records.Act.debtor_id).is_(None),
    )
    mine = [act for act in session.exec(imports) if act.facts.get("batch") in brought]
    own = [act for act in queries.acts(session, client_id, family) if not _told_twice(act, family)]
    acts = [*own, *mine]
    if any(act.kind == ActKind.ERASED.value for act in acts):
        acts = [_without_names(act) for act in acts]
    return sorted(acts, key=lambda act: (act.day, act.id), reverse=True)


def _told_twice(act: records.Act, family: Sequence[int]) -> bool:
    """Whether the debtor that was merged away tells what the one that has it all tells already."""
    gone = act.kind in _ABOUT_TWO and not act.facts.get("kept")
    return gone and act.debtor_id != family[0] and act.facts.get(OTHER) in family


def _without_names(act: records.Act) -> records.Act:
    """An act of an erased debtor as it is shown: the journal keeps what it says, no screen repeats it."""
    # A mail server's refusal repeats the address; why the house itself sent nothing does not.
    hidden = _PERSONAL | ({"detail", "said"} if act.kind in _QUOTES else set())
    shown = {name: value for name, value in act.facts.items() if name not in hidden}
    return records.Act(**{**act.model_dump(), "facts": shown})
