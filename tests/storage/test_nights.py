"""A night found set by set is the night of each debtor put to its plan by itself."""

from dataclasses import replace
from datetime import date, timedelta
from random import Random

import pytest

from encaiss_dashboard.domain.dunning import DEFAULT_PLAN, PLANS, Named, StepCode, with_courtesy
from encaiss_dashboard.domain.permissions import HOUSE
from encaiss_dashboard.domain.plan_terms import written
from encaiss_dashboard.domain.sending_days import SendingDays
from encaiss_dashboard.storage import queries
from encaiss_dashboard.storage.nights import night
from encaiss_dashboard.storage.plans import PaymentsKnown, PlanVersion, SpecialPlan
from encaiss_dashboard.storage.prospects import IN_HAND, prospects
from encaiss_dashboard.storage.records import OutboxLine, OutboxMessage

TODAY = date(2026, 11, 20)
GENERAL = [
    DEFAULT_PLAN,
    with_courtesy(DEFAULT_PLAN),
    replace(DEFAULT_PLAN, minimum_cents=50_00),
    replace(DEFAULT_PLAN, sending=SendingDays(frozenset({0, 2}))),
    replace(DEFAULT_PLAN, stale_after_days=10, enters_by_age=True),
]


def reminded(house, client, debtor, on, step, invoices):
    of = {"client_id": client, "step": step.value}
    sent = {"language": "fr", "channel": "email", "recipient": "", "created_at": house.clock()}
    message = house.add(OutboxMessage(**of, **sent, debtor_id=debtor, message_id=f"{debtor}.{step}", day=on))
    for invoice in invoices:
        line = {"message_id": message, "invoice_id": invoice, "days_late": 1, "open_cents": 1}
        house.add(OutboxLine(**of, **line))


def fill(house, client, chance):
    """Forty debtors: late or not, written to, in credit, paused, consumers, with plans of their own."""
    for n in range(40):
        number, kind = chance.choice(["", "0202239951"]), chance.choice(["", "", "consumer"])
        debtor = house.debtor(client, f"D{n}", enterprise_number=number, kind=kind)
        invoices = []
        for k in range(chance.randint(0, 4)):
            late = chance.randint(-10, 29) + chance.choice([0, 30, 60])
            due, cents = TODAY - timedelta(days=late), chance.randint(1, 90) * 100
            invoices.append(
                house.invoice(debtor, f"F{k}", issue=due - timedelta(days=9), due=due, cents=cents)
            )
        if chance.random() < 0.9:
            house.delegate(debtor, from_date=TODAY - timedelta(days=chance.randint(0, 200)))
        if chance.random() < 0.1:
            house.delegate(debtor, from_date=TODAY - timedelta(days=3), kind="pause")
        if invoices and chance.random() < 0.3:
            house.payment(debtor, on=TODAY - timedelta(days=4), cents=chance.randint(1, 90) * 100)
        for invoice in invoices:
            if chance.random() < 0.3:
                house.payment(debtor, on=TODAY - timedelta(days=9), cents=100, invoice_id=invoice)
        for step in list(StepCode)[: chance.randint(0, 5)] if invoices else ():
            on = TODAY - timedelta(days=chance.randint(1, 40))
            reminded(
                house, client, debtor, on, step, chance.sample(invoices, chance.randint(1, len(invoices)))
            )
        if chance.random() < 0.1:
            which = chance.choice(invoices) if invoices and chance.random() < 0.5 else None
            terms = written(replace(DEFAULT_PLAN, contact_gap_days=chance.randint(7, 20)))
            own = {"invoice_id": which, "version": 10 + n, "terms": terms, "at": house.clock()}
            house.add(SpecialPlan(client_id=client, debtor_id=debtor, **own))


@pytest.mark.parametrize("seed", range(10))
def test_set_by_set_and_one_by_one_give_the_same_night(house, wiring, seed):
    chance = Random(seed)
    client = house.client(consumers=chance.random() < 0.3)
    of = {"client_id": client, "at": house.clock()}
    house.add(PlanVersion(**of, version=1, terms=written(GENERAL[seed % 5])))
    house.add(PlanVersion(**of, version=2, audience="consumer", terms=written(PLANS[Named.CONSUMER_BE])))
    if chance.random() < 0.5:
        house.add(PaymentsKnown(**of, until=TODAY - timedelta(days=chance.randint(0, 20))))
    fill(house, client, chance)
    with wiring.begin(HOUSE, TODAY, write=False) as work:
        ids = [queries.known(debtor.id) for debtor in queries.debtors(work.session, client)]
        for on in (TODAY, TODAY + timedelta(days=1), TODAY + timedelta(days=12)):
            found = {one.debtor_id: one.result for one in night(work.session, client, on)}
            each = {
                key: seen.tonight()
                for key, seen in prospects(work.session, client, on, ids).items()
                if seen.status.state in IN_HAND
            }
            assert found == {key: result for key, result in each.items() if result is not None}
            some = set(ids[::3])
            found_some = {one.debtor_id for one in night(work.session, client, on, some)}
            assert found_some == found.keys() & some
