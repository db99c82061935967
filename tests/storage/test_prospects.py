"""What the database adds up for many debtors is what the ledgers say of them."""

from dataclasses import replace
from datetime import date, timedelta
from random import Random

import pytest

from encaiss_dashboard.domain.permissions import HOUSE
from encaiss_dashboard.storage import queries
from encaiss_dashboard.storage.prospects import prospects

TODAY = date(2026, 11, 22)


def fill(house, client, chance):
    """Debtors with invoices, credit notes, payments, reversals, early and late allocations."""
    for n in range(6):
        debtor = house.debtor(client, f"Débiteur {n}")
        for k in range(chance.randint(0, 4)):
            day = TODAY + timedelta(days=chance.randint(-90, 10))
            currency = chance.choice(["EUR", "EUR", "GBP"])
            cents = chance.randint(1, 9) * 1000
            invoice = house.invoice(
                debtor, f"F{k}", issue=day, due=day + timedelta(days=30), cents=cents, currency=currency
            )
            if currency != "EUR":
                continue
            paid_on = day + timedelta(days=chance.randint(-5, 40))
            amount = chance.choice([cents, cents // 2, cents + 500])
            payment = house.payment(debtor, on=paid_on, cents=amount)
            house.allocate(
                invoice,
                on=paid_on + timedelta(days=chance.randint(0, 9)),
                cents=min(cents, amount),
                payment_id=payment,
            )
            if chance.random() < 0.3:
                reversal = house.payment(debtor, on=paid_on + timedelta(days=2), cents=-amount)
                house.allocate(
                    invoice,
                    on=paid_on + timedelta(days=2),
                    cents=-min(cents, amount),
                    payment_id=reversal,
                )
        if chance.random() < 0.5:
            house.invoice(debtor, "NC", due=TODAY - timedelta(days=5), cents=700, kind="credit_note")


@pytest.mark.parametrize("seed", range(4))
def test_open_invoices_and_credits_are_those_of_the_ledgers(house, wiring, seed):
    client, other = house.client(), house.client("autre", "Autre SA")
    fill(house, client, Random(seed))
    fill(house, other, Random(seed + 100))
    with wiring.begin(HOUSE, TODAY, write=False) as work:
        ids = [queries.known(debtor.id) for debtor in queries.debtors(work.session, client)]
        for on in (TODAY, TODAY - timedelta(days=30), TODAY + timedelta(days=60)):
            seen = prospects(work.session, client, on, ids)
            owed = queries.open_invoices(work.session, client, on)
            free = queries.free_credits(work.session, client, on)
            for key in ids:
                items = [replace(item, known_since=None) for item in seen[key].invoices]
                assert items == owed.get(key, [])
                assert list(seen[key].credit) == free.get(key, [])


def test_many_debtors_are_asked_for_in_parts(house, wiring):
    client = house.client()
    fill(house, client, Random(7))
    with wiring.begin(HOUSE, TODAY, write=False) as work:
        ids = [queries.known(debtor.id) for debtor in queries.debtors(work.session, client)]
        assert prospects(work.session, client, TODAY, ids, at_once=2) == prospects(
            work.session, client, TODAY, ids
        )
        assert prospects(work.session, client, TODAY, []) == {}
