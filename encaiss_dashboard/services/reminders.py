"""What a night sends: planned from the facts of the day, kept as intentions, once each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy.exc import IntegrityError
from sqlmodel import select

from encaiss_dashboard.domain.delegation import DelegationState
from encaiss_dashboard.domain.dunning import DEFAULT_LADDER, Held, HoldReason, Planned, plan_debtor
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.storage import queries, records
from encaiss_dashboard.work import Work


@dataclass(frozen=True, slots=True)
class PlannedMessage:
    """One message that a night would send.

    Attributes:
        recipient: e-mail address, "" when the letter goes to the agency's post tray.
    """

    debtor_id: int
    name: str
    language: str
    recipient: str
    planned: Planned


@dataclass(frozen=True, slots=True)
class HeldMessage:
    """One message that is due and stays, and why."""

    debtor_id: int
    name: str
    held: Held


@dataclass(frozen=True, slots=True)
class Night:
    """Everything one client's run would do on a day."""

    on: date
    messages: tuple[PlannedMessage, ...]
    held: tuple[HeldMessage, ...]


def foresee(work: Work, client_id: int | None) -> Night:
    """What a run today would send and hold; changes nothing."""
    client = work.require(Action.VIEW, client_id)
    states = queries.delegation_states(work.session, client, work.today)
    invoices = queries.open_invoices(work.session, client, work.today)
    free = queries.free_credits(work.session, client, work.today)
    contacts = queries.last_contacts(work.session, client)
    addresses = queries.addresses(work.session, client)
    messages, held = [], []
    for debtor in queries.debtors(work.session, client):
        key = queries.known(debtor.id)
        state = states.get(key)
        if state is None or state.state not in {DelegationState.DELEGATED, DelegationState.PAUSED}:
            continue
        result = plan_debtor(
            DEFAULT_LADDER, work.today, invoices.get(key, []), free.get(key, []), contacts.get(key)
        )
        if result is not None and state.state is DelegationState.PAUSED:
            facts = {"until": state.paused_until} if state.paused_until else {}
            result = Held(HoldReason.PAUSED, facts)
        if isinstance(result, Planned):
            messages.append(PlannedMessage(key, debtor.name, debtor.language, addresses.get(key, ""), result))
        elif isinstance(result, Held):
            held.append(HeldMessage(key, debtor.name, result))
    return Night(work.today, tuple(messages), tuple(held))


def intend(work: Work, client_id: int | None) -> tuple[Night, list[int]]:
    """Keep what is due today as intentions; returns the night and the new messages' ids.

    Run twice, or by two workers at once, it keeps each message once: the client's row is locked while
    it plans, the message id follows from debtor, day and step, and no invoice takes a step twice.
    """
    client = work.require(Action.REMIND, client_id)
    work.session.exec(select(records.Client).where(records.Client.id == client).with_for_update()).one()
    night = foresee(work, client)
    agency = queries.agency(work.session)
    slug = queries.client(work.session, client).slug
    made = []
    for message in night.messages:
        row = records.OutboxMessage(
            client_id=client,
            debtor_id=message.debtor_id,
            message_id=f"{slug}.{message.debtor_id}.{night.on:%Y%m%d}.{message.planned.step}@{_domain(agency)}",
            day=night.on,
            step=message.planned.step.value,
            language=message.language,
            channel="email" if message.recipient else "post",
            recipient=message.recipient or agency.email,
            created_at=work.now,
        )
        try:
            with work.session.begin_nested():
                work.session.add(row)
                work.session.flush()
                work.session.add_all(_lines(message, row))
                work.session.flush()
        except IntegrityError:  # the same step was kept by a run that began before this one
            continue
        made.append(queries.known(row.id))
    return night, made


def _lines(message: PlannedMessage, row: records.OutboxMessage) -> list[records.OutboxLine]:
    return [
        records.OutboxLine(
            client_id=row.client_id,
            message_id=queries.known(row.id),
            invoice_id=line.invoice.id,
            step=line.step.value if line.step else None,
            days_late=line.days_late,
            open_cents=line.open.cents,
            currency=line.open.currency,
        )
        for line in message.planned.lines
    ]


def _domain(agency: records.Agency) -> str:
    return agency.email.rpartition("@")[2]
