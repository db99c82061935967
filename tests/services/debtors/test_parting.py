"""A merge undone: everything is as it was, but for what came since."""

from datetime import date

import pytest

from encaiss_dashboard.domain.errors import NotFound
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.permissions import HOUSE
from encaiss_dashboard.services import debtors, reminders
from encaiss_dashboard.services.debtors import DebtorSearch, moving, parting
from encaiss_dashboard.storage import records

DUE = date(2026, 11, 1)
TODAY = date(2026, 11, 22)


def test_a_merge_undone_leaves_everything_as_it_was(read, merge, part, gone, kept, rows, business):
    before = business()
    lines = read(debtors.find, DebtorSearch())
    merge(gone, kept)
    assert business() != before
    assert part(kept, gone).documents == 3
    assert business() == before
    assert read(debtors.find, DebtorSearch()) == lines
    assert read(parting.parts, kept) == ()
    kinds = [[one.kind for one in rows(records.Act, key)] for key in (gone, kept)]
    assert kinds == [["merged", "parted"]] * 2


def test_what_came_since_stays_and_what_was_changed_since_stays_changed(
    house, read, act, merge, part, gone, kept, rows, of
):
    merge(gone, kept)
    late = house.invoice(kept, "C-1", due=DUE, cents=100)
    act(debtors.editing.edit, kept, email="new@moulin.example", language="fr", term="NET_15")
    part(kept, gone)
    assert late in of(records.Invoice, kept)
    [row] = [one for one in rows(records.Debtor) if one.id == kept]
    assert (row.number, row.term) == ("", "NET_15")
    assert read(debtors.file, kept).email == "new@moulin.example"
    # Its own way of being reached was set aside, not lost.
    assert read(debtors.file, gone).email == "info@moulin.example"


def test_money_that_came_since_follows_the_invoice_that_it_settles(
    house, read, merge, part, gone, kept, rows
):
    merge(gone, kept)
    second = next(row for row in rows(records.Invoice) if row.number == "B-2")
    house.payment(kept, on=TODAY, cents=1_000, invoice_id=second.id)
    part(kept, gone)
    assert read(debtors.file, gone).open == Money(6_000)
    assert read(debtors.file, gone).credit == ()
    assert read(debtors.file, kept).credit == (Money(2_000),)


def test_money_that_settles_both_is_named_and_nobody_is_parted(house, read, act, merge, gone, kept, rows):
    merge(gone, kept)
    by_number = {row.number: row.id for row in rows(records.Invoice)}
    payment = house.payment(kept, on=TODAY, cents=1_000, invoice_id=by_number["B-2"])
    house.allocate(by_number["A-1"], on=TODAY, cents=500, payment_id=payment)
    [one] = read(parting.parts, kept)
    before = house.dump()
    with pytest.raises(moving.Blocked) as refusal:
        act(parting.part, one.merge_id, one.mark)
    assert "(A-1, B-2)" in refusal.value.facts["why"]
    assert house.dump() == before


def test_nobody_is_parted_twice_or_while_a_message_is_on_its_way(house, read, act, merge, part, gone, kept):
    merge(gone, kept)
    [one] = read(parting.parts, kept)
    part(kept, gone)
    with pytest.raises(NotFound):
        act(parting.part, one.merge_id, one.mark)
    for key in (0, 10**6, 2**40):
        with pytest.raises(NotFound):
            act(parting.part, key, one.mark)
    merge(gone, kept)
    with house.wiring.begin(HOUSE) as work:
        reminders.intend(work, 1)
    [one] = read(parting.parts, kept)
    with pytest.raises(moving.Blocked):
        act(parting.part, one.merge_id, one.mark)


def test_a_chain_of_merges_is_parted_from_its_end(
    house, read, act, merge, part, client, gone, kept, business
):
    before = business()
    last = house.debtor(client, "Moulin de la Meuse", "m@moulin.example")
    before = business()
    merge(gone, kept)
    middle = business()
    [inner] = read(parting.parts, kept)
    merge(kept, last)
    [one] = read(parting.parts, last)
    assert one.names == ("Moulin Clair SA", "Moulin Claire")
    assert read(debtors.file, gone).debtor.id == last
    assert [line.id for line in read(debtors.find, DebtorSearch(text="claire")).lines] == [last]
    with pytest.raises(NotFound):
        act(parting.part, inner.merge_id, inner.mark)
    part(last, kept)
    assert business() == middle
    part(kept, gone)
    assert business() == before


def test_who_else_was_merged_steps_in_for_the_parted_one(house, read, merge, part, client, gone, business):
    """Parting one of two merged debtors leaves what merging the other alone would have made."""
    kept = house.debtor(client, "Moulin Clair SA")
    twin = house.debtor(
        client, "Moulin", "INFO@moulin.example", enterprise_number="0202239951", term="NET_15"
    )
    merge(twin, kept)
    alone = business()
    part(kept, twin)
    merge(gone, kept)
    merge(twin, kept)
    part(kept, gone)
    after = business()
    assert {name for name in after if after[name] != alone[name]} <= {"debtor_alias"}  # numbered anew
    assert read(debtors.file, kept).email == "INFO@moulin.example"
