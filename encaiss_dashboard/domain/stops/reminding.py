"""The courtesy message before an instalment: when it is due, what it asks for, and what keeps it back.

The debtor has agreed to a day and an amount; it is reminded of both, once, and of nothing else. Hence it is
a courtesy message: it takes no step of the plan of reminders, neither waits for the distance between two
messages nor starts it, and goes however old the client's word on payments is. It keeps to the sending days,
and to every stop that forbids to write (decisions/0035-before-an-instalment.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from encaiss_dashboard.domain.dunning import Held, HoldReason, OpenInvoice, Planned, StatementLine, StepCode
from encaiss_dashboard.domain.dunning.instalments import InstalmentNotice
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.sending_days import EVERY_DAY, SendingDays
from encaiss_dashboard.domain.stops.facts import Balances, StopKind
from encaiss_dashboard.domain.stops.held import Stops, stop_of
from encaiss_dashboard.domain.stops.kinds import Instalment, InstalmentPlan

_ONE_DAY: Final = timedelta(days=1)


def begins(plan: InstalmentPlan, one: Instalment, sending: SendingDays = EVERY_DAY) -> date | None:
    """The first day on which a message about an instalment goes, None when none was agreed.

    The last sending day that is at least so many days before, but never the day on which the debtor agreed.
    """
    if plan.reminder_days < 1:
        return None
    first = sending.last_open(one.due - timedelta(days=plan.reminder_days))
    return max(first, plan.started_on + _ONE_DAY)


def next_instalment(plan: InstalmentPlan, balances: Balances, on: date) -> int | None:
    """The place of the first instalment that is still to come and not paid; None when the plan has ended.

    Of a later one nobody is reminded before that one is paid or its day is over.
    """
    standing = plan.standing(balances, on)
    if standing is None or not standing.holds:
        return None
    still = balances.open_cents(plan.invoices, on)
    for place, (one, (_, left)) in enumerate(zip(plan.instalments, plan.targets, strict=True)):
        if one.due >= on and still > left:
            return place
    return None


def notice(
    plan: InstalmentPlan,
    balances: Balances,
    on: date,
    sending: SendingDays = EVERY_DAY,
    currency: str = "EUR",
) -> InstalmentNotice | None:
    """The instalment to be reminded of by a day, None when it is not the time of any.

    From ``begins`` until the instalment's own day, so that a missed night catches up; whoever sends it keeps
    that it went.
    """
    place = next_instalment(plan, balances, on)
    if place is None:
        return None
    one, left = plan.instalments[place], plan.targets[place][1]
    first = begins(plan, one, sending)
    if first is None or on < first:
        return None
    still = balances.open_cents(plan.invoices, on)
    lacking = min(one.cents, still - left)
    return InstalmentNotice(
        number=place + 1,
        count=len(plan.instalments),
        agreed_on=plan.started_on,
        due=one.due,
        begins=first,
        days_before=plan.reminder_days,
        agreed=Money(one.cents, currency),
        lacking=Money(lacking, currency),
        missing=Money(still - left - lacking, currency),
        remains=Money(still - lacking, currency),
    )


def instalment_message(
    plan: InstalmentPlan,
    stops: Stops,
    on: date,
    owed: Sequence[OpenInvoice],
    *,
    credits: Sequence[Money],  # noqa: A002 - the trade's word; Python's own is for the prompt only
    sending: SendingDays,
) -> Planned | Held | None:
    """What one debtor is sent about a plan on a day, or why a message that is due stays.

    Nobody is asked for what is disputed, paused or promised besides: a message goes when the other invoices
    of the plan come to what it asks for. What was paid and not set against an invoice yet is deducted, after
    what is late outside the plan; a message that it covers stays.

    Args:
        plan: of instalments.
        stops: all stops of the debtor, with what their invoices come to.
        on: the day.
        owed: the debtor's open invoices, each with what stops it.
        credits: unallocated payments and credit notes, positive.
        sending: the days on which its messages leave.
    """
    mine = [item for item in owed if item.invoice.id in plan.invoices and item.open.cents > 0]
    if not mine:
        return None
    currency = mine[0].open.currency
    about = notice(plan, stops.balances, on, sending, currency)
    if about is None:
        return None
    others = tuple(stop for stop in stops.known if stop.kind is not StopKind.INSTALMENTS)
    held = {item.invoice.id: stop_of(others, stops.balances, item.invoice.id, on) for item in mine}
    free = [item for item in mine if held[item.invoice.id] is None]
    if sum(item.open.cents for item in free) < about.lacking.cents:
        return next((why for why in held.values() if why is not None), None)
    left = _left(owed, credits, on, currency)
    if left.cents >= about.lacking.cents:
        return Held(HoldReason.CREDIT_COVERS, {"credit": left, "due": about.lacking})
    if not sending.is_open(on):
        until = sending.next_open(on)
        return Held(HoldReason.NOT_A_SENDING_DAY, {"until": until}) if until <= about.due else None
    return Planned(
        lines=tuple(_line(item, on) for item in free),
        credits=(left,) if left.cents > 0 else (),
        step=StepCode.COURTESY,
        totals={currency: about.lacking - left},
        instalment=replace(about, invoices=tuple(item.invoice.number for item in free)),
    )


def _left(owed: Sequence[OpenInvoice], credits: Sequence[Money], on: date, currency: str) -> Money:  # noqa: A002 - as above
    """What a credit leaves for the plan: what is late outside it has the first claim on it."""
    credit = Money.total((one for one in credits if one.currency == currency), currency)
    late = (item.open for item in owed if item.stop is None and item.invoice.due < on)
    left = credit - Money.total((amount for amount in late if amount.currency == currency), currency)
    return left if left.cents > 0 else Money(0, currency)


def _line(item: OpenInvoice, on: date) -> StatementLine:
    return StatementLine(item.invoice, item.open, item.invoice.days_late(on), step=None)
