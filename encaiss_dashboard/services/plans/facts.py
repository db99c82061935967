"""What plans rest on and only a person can say: who is a consumer, and that payments are up to date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from encaiss_dashboard.domain.errors import NotFound, Unreadable
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.storage import merges, plans, queries, records
from encaiss_dashboard.storage.journal import ActKind
from encaiss_dashboard.storage.plans import Audience, PaymentsKnown
from encaiss_dashboard.work import Work

_ID_MAX: Final = 2**31 - 1
_KINDS: Final = frozenset({"", *(one.value for one in Audience)})


@dataclass(frozen=True, slots=True)
class PaymentNews:
    """How fresh a client's payments are.

    Attributes:
        until: the day until which all are known, None when the client never said: then the days count from
            each debtor's delegation.
        stale_after_days: after how many days nothing but courtesy messages goes, the least of all plans;
            None when never.
        age_days: how long ago that day is; None when the client never said.
        days_left: how many days are left until then, below 0 when none is; None when the client never said.
    """

    until: date | None
    stale_after_days: int | None
    days_left: int | None
    age_days: int | None = None

    @property
    def stale(self) -> bool:
        """Whether that is so today."""
        return self.days_left is not None and self.days_left < 0


def payment_news(work: Work, client_id: int | None) -> PaymentNews:
    """Until when payments are known, and whether that keeps reminders back."""
    client = work.require(Action.VIEW, client_id)
    row = queries.client(work.session, client)
    agreed = plans.in_force(work.session, {client: (row.country, row.consumers)})[client]
    until = plans.payments_known(work.session, [client]).get(client)
    limits = [plan.stale_after_days for plan in agreed.every if plan.stale_after_days]
    limit = min(limits, default=None)
    age = (work.today - until).days if until is not None else None
    left = limit - age if limit is not None and age is not None else None
    return PaymentNews(until, limit, left, age)


def say_up_to_date(work: Work, client_id: int | None) -> None:
    """The client says that all payments received until today are known here; an act of its journal."""
    client = work.require(Action.DELEGATE, client_id)
    if plans.payments_known(work.session, [client]).get(client) == work.today:
        return
    work.session.add(
        PaymentsKnown(client_id=client, until=work.today, user_id=work.actor.user_id, at=work.now)
    )
    facts = {"until": work.today.isoformat()}
    work.journal.record(ActKind.PAYMENTS_KNOWN, day=work.today, client_id=client, facts=facts)


def say_kind(work: Work, client_id: int | None, debtor_id: int, kind: str) -> None:
    """Say that a debtor is a business or a consumer, or take that back ("").

    Raises:
        NotFound: not one of this client's debtors.
        Unreadable: another kind.
    """
    client = work.require(Action.DELEGATE, client_id)
    if not isinstance(debtor_id, int) or not 0 < debtor_id <= _ID_MAX:
        raise NotFound
    if kind not in _KINDS:
        raise Unreadable(value=str(kind)[:20])
    debtor = queries.debtor(work.session, client, merges.kept(work.session, client, debtor_id))
    if debtor.kind == kind:
        return
    facts = {"before": debtor.kind, "after": kind}
    debtor.kind = kind
    work.journal.record(
        ActKind.KIND_SAID,
        day=work.today,
        client_id=client,
        debtor_id=queries.known(debtor.id),
        facts=facts,
    )


def say_consumers(work: Work, client_id: int | None, *, consumers: bool) -> None:
    """Say whether debtors of whom nothing is known are consumers."""
    client = work.require(Action.DELEGATE, client_id)
    row = work.session.get_one(records.Client, client)
    if row.consumers == consumers:
        return
    row.consumers = bool(consumers)
    facts = {"after": "consumer" if consumers else "business"}
    work.journal.record(ActKind.KIND_SAID, day=work.today, client_id=client, facts=facts)
