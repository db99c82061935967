"""Reminders and money while two debtors are one and afterwards: dated stories, then whatever facts."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from encaiss_dashboard.domain.ageing import ageing
from encaiss_dashboard.domain.dunning import HoldReason
from encaiss_dashboard.domain.permissions import HOUSE
from encaiss_dashboard.services import desk, reminders
from encaiss_dashboard.services.debtors import merging, parting
from encaiss_dashboard.services.desk import DeskSearch
from encaiss_dashboard.storage import queries, records

DUE = date(2026, 11, 1)
FIRST = date(2026, 1, 1)
ON = date(2026, 11, 22)


@pytest.fixture
def kept(house, client):
    debtor = house.debtor(client, "Moulin Clair SA", "compta@moulin.example")
    house.delegate(debtor, from_date=FIRST)
    house.invoice(debtor, "A-1", due=DUE, cents=10_000)
    return debtor


@pytest.fixture
def gone(house, client):
    debtor = house.debtor(client, "Moulin Claire", "info@moulin.example")
    house.delegate(debtor, from_date=FIRST)
    house.invoice(debtor, "B-1", due=DUE + timedelta(days=3), cents=5_000)
    return debtor


def sent(story):
    return [(row.debtor_id, (row.day - DUE).days, row.step) for row in story.outbox()]


def test_one_debtor_hears_once_a_fortnight_though_only_the_other_was_written_to(
    read, story, merge, gone, kept, rows
):
    story.night(9)  # the kept one's first statement; the other one's invoice is too young
    story.night(10)
    assert sent(story) == [(kept, 9, "statement_1"), (gone, 10, "statement_1")]
    merge(gone, kept)
    held = {days: story.night(days).held for days in range(11, 25)}
    assert [days for days, some in held.items() if some] == [24]  # 15 days after its own letter
    assert [(one.debtor_id, one.held.reason) for one in held[24]] == [(kept, HoldReason.CONTACT_GAP)]
    story.night(25)
    assert sent(story)[2:] == [(kept, 25, "statement_2")]
    # Both invoices in one letter, each at the step that it had reached with whoever it was.
    number = {row.id: row.number for row in rows(records.Invoice)}
    assert [(number[row.invoice_id], row.step) for row in rows(records.OutboxLine)] == [
        ("A-1", "statement_1"),
        ("B-1", "statement_1"),
        ("A-1", "statement_2"),
        ("B-1", "statement_2"),
    ]


def test_merged_and_parted_between_two_letters_both_stories_go_on_as_if_nothing_had_been(
    house, story, merge, part, gone, kept
):
    for days in range(75):
        if days == 12:
            merge(gone, kept)
        if days == 20:
            part(kept, gone)
        story.night(days)
    assert [one[1:] for one in sent(story) if one[0] == kept] == [
        (7, "statement_1"),
        (22, "statement_2"),
        (37, "statement_3"),
        (52, "formal_notice"),
    ]
    assert [one[1:] for one in sent(story) if one[0] == gone] == [
        (10, "statement_1"),
        (25, "statement_2"),
        (40, "statement_3"),
        (55, "formal_notice"),
    ]


def test_a_step_taken_while_they_were_one_is_not_taken_again_and_the_gap_holds(
    read, story, merge, part, gone, kept
):
    story.night(10)
    merge(gone, kept)
    story.night(25)
    part(kept, gone)
    assert [(when, step) for _, when, step in sent(story)] == [
        (10, "statement_1"),
        (10, "statement_1"),
        (25, "statement_2"),
    ]
    for days in range(26, 40):
        story.night(days)
    assert len(sent(story)) == 3
    story.night(40)
    assert {(whose, step) for whose, _, step in sent(story)[3:]} == {
        (kept, "statement_3"),
        (gone, "statement_3"),
    }


def test_the_desk_expects_the_letters_that_the_night_sends(read, wiring, clock, merge, gone, kept):
    merge(gone, kept)
    for days in (9, 12):
        clock.set(DUE + timedelta(days=days))
        with wiring.begin(HOUSE, write=False) as work:
            [line] = desk.desk(work, None, DeskSearch()).lines
            night = reminders.foresee(work, 1)
        assert (line.debtors, line.delegated) == (1, 1)
        assert line.tonight == len(night.messages) == 1


# Whatever the facts are


TEXTS = st.sampled_from(["", "", "K-1", "K-2"])
DEBTOR = st.fixed_dictionaries(
    {
        "number": TEXTS,
        "enterprise_number": st.sampled_from(["", "0202239951"]),
        "address": st.sampled_from(["", "Rue du Moulin 7"]),
        "city": st.sampled_from(["", "Ciney", "Namur"]),
        "iban": st.sampled_from(["", "BE68539007547034"]),
        "term": st.sampled_from(["", "NET_15", "NET_60"]),
    }
)
FACTS = st.fixed_dictionaries(
    {
        "debtor": DEBTOR,
        "emails": st.lists(st.sampled_from(["a@x.example", "A@x.example", "b@x.example"]), unique=True),
        "invoices": st.lists(
            st.tuples(
                st.integers(-60, 20),  # due, in days from today
                st.integers(1, 10_000),  # cents
                st.sampled_from(["EUR", "EUR", "GBP"]),
                st.sampled_from(["", "part", "whole", "too much", "note"]),  # how it is paid
                st.booleans(),  # whether a first statement went out
            ),
            max_size=4,
        ),
        "free": st.lists(st.integers(-500, 5_000), max_size=2),
        "delegated": st.booleans(),
    }
)


def furnish(house, client, mark, facts):
    """A debtor with these facts; ``mark`` keeps its name and numbers apart from those of others."""
    debtor = house.debtor(client, f"Moulin {mark}", **facts["debtor"])
    for email in facts["emails"]:
        keys = {"client_id": client, "debtor_id": debtor}
        house.add(records.Contact(**keys, email=email, created_at=house.clock()))
    if facts["delegated"]:
        house.delegate(debtor, from_date=FIRST)
    for n, (days, cents, currency, paid, reminded) in enumerate(facts["invoices"]):
        due = ON + timedelta(days=days)
        invoice = house.invoice(debtor, f"{mark}-{n}", due=due, cents=cents, currency=currency)
        if paid == "note":
            note = house.invoice(
                debtor, f"{mark}-N{n}", due=due, cents=cents, kind="credit_note", currency=currency
            )
            house.allocate(invoice, on=due, cents=cents, credit_note_id=note, currency=currency)
        elif paid and currency == "EUR":
            payment = house.payment(debtor, on=due, cents=cents + 100 * (paid == "too much"))
            house.allocate(
                invoice, on=due, cents=cents // 2 + 1 if paid == "part" else cents, payment_id=payment
            )
        if reminded:
            _remind(house, client, debtor, invoice, due)
    for cents in facts["free"]:
        house.payment(debtor, on=ON, cents=cents or 1)
    return debtor


def _remind(house, client, debtor, invoice, due):
    made = {"language": "fr", "channel": "email", "recipient": "x@x.example", "created_at": house.clock()}
    message = records.OutboxMessage(
        client_id=client,
        debtor_id=debtor,
        message_id=str(uuid4()),
        day=due + timedelta(days=7),
        step="statement_1",
        sent_at=house.clock(),
        **made,
    )
    line = {"step": "statement_1", "days_late": 7, "open_cents": 1}
    house.add(records.OutboxLine(client_id=client, message_id=house.add(message), invoice_id=invoice, **line))


def merged(wiring, client, gone, kept):
    with wiring.begin(HOUSE) as work:
        merging.merge(work, client, gone, kept, merging.foresee(work, client, gone, kept).mark)


def parted(wiring, client, kept, gone):
    with wiring.begin(HOUSE) as work:
        [one] = [one for one in parting.parts(work, client, kept) if one.debtor_id == gone]
        parting.part(work, client, one.merge_id, one.mark)


def figures(wiring, client):
    """What is open by age and currency, and what is paid and not set against anything."""
    with wiring.begin(HOUSE, ON, write=False) as work:
        ledgers = queries.ledgers(work.session, client)
        return {code: (ageing(one, ON).buckets, one.unallocated(ON)) for code, one in ledgers.items()}


def plan(wiring, client):
    with wiring.begin(HOUSE, ON, write=False) as work:
        return reminders.foresee(work, client)


WHATEVER = settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@WHATEVER
@given(one=FACTS, two=FACTS)
def test_merging_moves_every_cent_and_parting_leaves_every_row_as_it_was(house, business, one, two):
    client = house.client(str(uuid4()))
    gone, kept = furnish(house, client, "B", one), furnish(house, client, "A", two)
    before, owed, night = business(client), figures(house.wiring, client), plan(house.wiring, client)
    merged(house.wiring, client, gone, kept)
    assert figures(house.wiring, client) == owed
    together = plan(house.wiring, client)
    assert gone not in {message.debtor_id for message in together.messages}
    parted(house.wiring, client, kept, gone)
    assert business(client) == before
    assert plan(house.wiring, client) == night


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@WHATEVER
@given(one=FACTS, two=FACTS, three=FACTS, first=st.booleans())
def test_of_two_merged_debtors_each_can_be_parted_alone_in_any_order(house, business, one, two, three, first):
    client = house.client(str(uuid4()))
    kept = furnish(house, client, "A", one)
    left, right = furnish(house, client, "B", two), furnish(house, client, "C", three)
    before = business(client)
    merged(house.wiring, client, right, kept)
    alone = without_numbers(business(client))
    parted(house.wiring, client, kept, right)
    pair = (left, right) if first else (right, left)
    for gone in pair:
        merged(house.wiring, client, gone, kept)
    parted(house.wiring, client, kept, left)
    assert without_numbers(business(client)) == alone
    parted(house.wiring, client, kept, right)
    assert business(client) == before


def without_numbers(tables):
    """An alias is made anew with every merge."""
    return {name: some for name, some in tables.items() if name != "debtor_alias"}
