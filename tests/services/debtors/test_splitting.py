"""One debtor that is two: chosen invoices become a new one's, with the money that paid them."""

from datetime import date, timedelta

import pytest
from sqlmodel import Session

from encaiss_dashboard.domain.delegation import DelegationState
from encaiss_dashboard.domain.errors import BadEmail, ChangedMeanwhile, NotAllowed, NotFound, Unreadable
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.permissions import HOUSE, Role
from encaiss_dashboard.services import debtors, figures, reminders
from encaiss_dashboard.services.debtors import merging, moving, splitting
from encaiss_dashboard.services.debtors.splitting import (
    DebtorThere,
    DebtorUnnamed,
    EnterpriseUnreadable,
    NewDebtor,
    NothingChosen,
)
from encaiss_dashboard.storage import records
from encaiss_dashboard.storage.journal import ActKind

DUE = date(2026, 11, 1)
TODAY = date(2026, 11, 22)


@pytest.fixture
def moulin(house, client):
    """Delegated; invoices F-1 of 100.00, F-2 of 50.00 with 10.00 paid, F-3 of 30.00; a free credit note."""
    debtor = house.debtor(client, "Moulin Clair", "compta@moulin.example", language="nl", term="NET_60")
    house.delegate(debtor, from_date=date(2026, 1, 1))
    numbers = {}
    for number, cents in (("F-1", 10_000), ("F-2", 5_000), ("F-3", 3_000)):
        numbers[number] = house.invoice(debtor, number, due=DUE, cents=cents)
    numbers["paid"] = house.payment(debtor, on=DUE, cents=1_000, invoice_id=numbers["F-2"])
    numbers["NC"] = house.invoice(debtor, "NC", due=DUE, cents=700, kind="credit_note")
    return debtor, numbers


def test_what_is_chosen_goes_with_the_money_that_settles_it(read, split, moulin, of):
    debtor, ids = moulin
    owed = read(figures.overview).ageing.open
    new = split(debtor, [ids["F-2"]], number="K-9", enterprise_number="0202239951", email=" haut@x.example ")
    assert of(records.Invoice, new) == {ids["F-2"]}
    assert of(records.Payment, new) == {ids["paid"]}
    assert of(records.Invoice, debtor) == {ids["F-1"], ids["F-3"], ids["NC"]}
    assert read(figures.overview).ageing.open == owed
    seen = read(debtors.file, new)
    assert (seen.open, seen.credit) == (Money(4_000), ())
    assert (seen.debtor.name, seen.debtor.number) == ("Moulin du Haut", "K-9")
    assert (seen.debtor.enterprise_number, seen.email) == ("BE 0202.239.951", "haut@x.example")
    assert (seen.debtor.language, seen.debtor.term) == ("nl", "NET_60")
    assert read(debtors.file, debtor).credit == (Money(700),)


def test_nobody_acts_for_the_new_one_before_the_client_says_so(read, split, moulin):
    debtor, ids = moulin
    new = split(debtor, [ids["F-2"]])
    assert read(debtors.file, new).status.state is DelegationState.NOT_DELEGATED
    assert [message.debtor_id for message in read(reminders.foresee).messages] == [debtor]


def test_a_credit_note_goes_when_it_is_chosen_or_names_or_settles_what_goes(house, read, split, moulin, of):
    debtor, ids = moulin
    names = house.invoice(debtor, "NC-2", due=DUE, cents=100, kind="credit_note", credited="F-2")
    settles = house.invoice(debtor, "NC-3", due=DUE, cents=200, kind="credit_note")
    house.allocate(ids["F-2"], on=DUE, cents=200, credit_note_id=settles)
    plan = read(splitting.foresee, debtor, [ids["F-2"], ids["NC"]])
    assert (plan.invoices, plan.credit_notes, plan.along, plan.payments) == (1, 3, 2, 1)
    assert (plan.moves, plan.stays) == ((Money(3_800),), (Money(13_000),))
    new = split(debtor, [ids["F-2"], ids["NC"]])
    assert of(records.Invoice, new) == {ids["F-2"], ids["NC"], names, settles}


def test_money_that_settles_both_sides_is_named_and_nothing_is_split(house, read, act, moulin):
    debtor, ids = moulin
    house.allocate(ids["F-1"], on=DUE, cents=300, payment_id=ids["paid"])
    house.allocate(ids["F-3"], on=DUE, cents=200, credit_note_id=ids["NC"])
    before = house.dump()
    for chosen, named in (([ids["F-2"]], "10,00"), ([ids["NC"]], "NC (F-3)")):
        seen = read(splitting.foresee, debtor, chosen)
        with pytest.raises(moving.Blocked) as refusal:
            act(splitting.split, debtor, chosen, NewDebtor("X"), seen=seen.mark)
        assert named in refusal.value.facts["why"]
    assert house.dump() == before
    assert read(splitting.foresee, debtor, [ids["F-2"], ids["F-1"]]).blocked == ()


def test_steps_taken_stay_taken_and_the_gap_between_two_letters_holds(house, read, split, clock, moulin):
    debtor, ids = moulin
    with house.wiring.begin(HOUSE) as work:
        _, [key] = reminders.intend(work, 1)
    with Session(house.engine) as session, session.begin():
        session.get_one(records.OutboxMessage, key).sent_at = house.clock()
    assert read(splitting.foresee, debtor, [ids["F-2"]]).reminded == 1
    new = split(debtor, [ids["F-2"]])
    house.delegate(new, from_date=TODAY)
    for days, sent in ((14, set()), (15, {debtor, new})):
        clock.set(TODAY + timedelta(days=days))
        night = read(reminders.foresee)
        assert {message.debtor_id for message in night.messages} == sent
        assert {message.planned.step for message in night.messages} <= {"statement_2"}
    # What was said to the old one is told in its file, with the number that has left it.
    assert read(debtors.file, debtor).named == {key: ("F-1", "F-2", "F-3")}


def test_the_act_is_in_both_files_and_names_what_went(split, moulin, rows):
    debtor, ids = moulin
    new = split(debtor, [ids["F-2"]])
    for whose, other, kept in ((debtor, new, True), (new, debtor, False)):
        [one] = rows(records.Act, whose)
        assert (one.kind, one.actor, one.facts["other"]) == ("split", "Odile Owner", other)
        assert one.facts["kept"] is kept
        assert one.facts["numbers"] == ["F-2"]
        assert one.facts["moved"] == {"documents": 1, "payments": 1}
        assert one.shown["moves"] == {"EUR": 4_000}
        assert "Moulin" not in repr((one.facts, one.shown))


def test_an_answer_that_the_new_name_meant_the_old_one_is_turned(house, split, client, moulin, rows):
    debtor, ids = moulin
    keys = {"client_id": client, "debtor_id": debtor, "at": house.clock()}
    house.add(records.DebtorAlias(key="moulin du haut|", **keys))
    new = split(debtor, [ids["F-2"]])
    assert [row.debtor_id for row in rows(records.DebtorAlias)] == [new]


def test_merging_the_two_again_undoes_it(read, act, split, moulin, of):
    debtor, ids = moulin
    owned = {table: of(table, debtor) for table in (records.Invoice, records.Payment)}
    new = split(debtor, [ids["F-2"]])
    act(merging.merge, new, debtor, read(merging.foresee, new, debtor).mark)
    assert {table: of(table, debtor) for table in owned} == owned


@pytest.mark.parametrize(
    "facts, refusal",
    [
        ({"name": "  "}, DebtorUnnamed),
        ({"name": "x" * 121}, Unreadable),
        ({"name": "a\0b"}, Unreadable),
        ({"name": "X", "number": "---"}, Unreadable),
        ({"name": "X", "number": "9" * 41}, Unreadable),
        ({"name": "X", "email": "nobody"}, BadEmail),
        ({"name": "X", "enterprise_number": "0202.239.952"}, EnterpriseUnreadable),
    ],
)
def test_what_cannot_be_a_debtor_is_not_made(house, split, moulin, facts, refusal):
    debtor, ids = moulin
    before = house.dump()
    with pytest.raises(refusal):
        split(debtor, [ids["F-2"]], **facts)
    assert house.dump() == before


def test_a_name_that_is_taken_needs_another_number(split, moulin):
    debtor, ids = moulin
    first = split(debtor, [ids["F-2"]], "Moulin du Haut")
    with pytest.raises(DebtorThere):
        split(debtor, [ids["F-3"]], "MOULIN  du haut")
    assert split(debtor, [ids["F-3"]], "Moulin du Haut", number="K-2") != first


def test_only_what_is_this_debtors_can_be_chosen(house, read, act, client, moulin):
    debtor, ids = moulin
    other = house.invoice(house.debtor(client, "Autre"), "X", due=DUE, cents=1)
    foreign = house.invoice(house.debtor(house.client("baltique", "B"), "Z"), "X", due=DUE, cents=1)
    for key in (other, foreign, 0, -1, 10**6, 2**40):
        with pytest.raises(NotFound):
            read(splitting.foresee, debtor, [ids["F-1"], key])
    with pytest.raises(NothingChosen):
        act(splitting.split, debtor, [], NewDebtor("X"), seen="")
    with pytest.raises(Unreadable):
        read(splitting.foresee, debtor, list(range(1, 6000)))


def test_nothing_is_split_while_a_message_is_on_its_way_or_after_erasure(house, read, split, client, moulin):
    debtor, ids = moulin
    with house.wiring.begin(HOUSE) as work:
        _, [key] = reminders.intend(work, 1)
    with pytest.raises(moving.Blocked):
        split(debtor, [ids["F-2"]])
    with Session(house.engine) as session, session.begin():
        session.get_one(records.OutboxMessage, key).failed_at = house.clock()
    house.act(client, ActKind.ERASED, TODAY, debtor_id=debtor)
    assert [one.code for one in read(splitting.foresee, debtor, [ids["F-2"]]).blocked] == ["erased"]


def test_what_was_not_shown_is_not_done(house, read, act, moulin):
    debtor, ids = moulin
    seen = read(splitting.foresee, debtor, [ids["F-2"]]).mark
    before = house.dump()
    with pytest.raises(ChangedMeanwhile):
        act(splitting.split, debtor, [ids["F-1"]], NewDebtor("X"), seen=seen)
    assert house.dump() == before


def test_an_accountant_splits_nobody(house, read, act, moulin):
    debtor, ids = moulin
    person = house.user(Role.ACCOUNTANT, "ardenne")
    for service, asked in ((splitting.documents, ("",)), (splitting.foresee, ([ids["F-1"]],))):
        with pytest.raises(NotAllowed):
            read(service, debtor, *asked, actor=person)
    with pytest.raises(NotAllowed):
        act(splitting.split, debtor, [ids["F-1"]], NewDebtor("X"), seen="", actor=person)


def test_all_that_was_ever_invoiced_can_be_found_to_be_ticked(house, read, moulin):
    debtor, _ = moulin
    ahead = house.invoice(debtor, "AHEAD", due=TODAY + timedelta(days=90), cents=1)
    for number in range(120):
        house.invoice(debtor, f"G-{number:03}", due=DUE - timedelta(days=number), cents=1)
    every = read(splitting.documents, debtor, "")
    assert (len(every.lines), every.found) == (100, 125)
    assert every.lines[0].id == ahead
    assert read(splitting.documents, debtor, "g-11").lines[0].number == "G-110"
