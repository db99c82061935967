"""The same file again creates nothing; a known invoice stated otherwise is a change to take or to leave."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from desks import DUE, note, row

from encaiss_dashboard.domain.invoices import Kind
from encaiss_dashboard.services import imports
from encaiss_dashboard.services.imports import NothingToImport, RowsRefused
from encaiss_dashboard.storage import records
from encaiss_dashboard.storage.changes import DebtorChange, ImportChange

E1 = "0202239951"
FILE = (
    row("F1", "1210.00", vat="210.00", reference="+++123/4567/89002+++"),
    row("F2", debtor="Hôtel du Pont", vat_number=E1, term="60 jours", due=None),
    row("F3", debtor="Hôtel du Pont", vat_number=E1, paid="40.00"),
    row("F4", currency="USD", settled=date(2026, 9, 20)),
    note("C1", credited="F1"),
    note("C2", credited="F99", email="compta@x.example", address="Rue Haute 1"),
)


# ---------------------------------------------------------------- idempotence


def test_the_same_file_again_creates_and_changes_nothing(desk):
    first = desk.take(*FILE)
    before = desk.state()
    again = desk.take(*FILE)
    assert (first.created, first.credit_notes, first.new_debtors) == (4, 2, 2)
    assert (again.created, again.credit_notes, again.updated, again.unchanged) == (0, 0, 0, 6)
    assert again.changes == ()
    assert desk.state() == before


def test_the_same_rows_in_another_order_and_spelling_create_nothing(desk):
    desk.take(*FILE)
    before = desk.state()
    spelt = [
        replace(one, debtor=one.debtor.upper() if one.debtor != "Hôtel du Pont" else "Autre nom", line=0)
        for one in reversed(FILE)
    ]
    again = desk.take(*spelt)
    assert (again.created, again.updated, again.unchanged, again.new_debtors) == (0, 0, 6, 0)
    assert desk.state() == before


def test_rows_that_say_less_change_nothing(desk):
    """Another dialect, or a sheet with fewer columns."""
    desk.take(*FILE)
    before = desk.state()
    less = [
        replace(one, due=None, term=None, vat=None, paid=None, settled=None, reference="", credited="")
        for one in FILE
    ]
    again = desk.take(*[replace(one, email="", address="") for one in less])
    assert (again.created, again.updated, again.unchanged) == (0, 0, 6)
    assert desk.state() == before


def test_the_same_number_at_two_debtors_is_two_invoices(desk):
    seen = desk.take(row("F1"), row("F1", "7.00", debtor="Hôtel du Pont"))
    assert (seen.created, seen.duplicates, seen.rejected_rows) == (2, 0, 0)
    again = desk.take(row("F1", "8.00", debtor="Hôtel du Pont"))
    assert (again.updated, again.changes[0].debtor) == (1, "Hôtel du Pont")
    assert {one.total_cents for one in desk.rows(records.Invoice)} == {10_000, 800}


def test_two_clients_may_have_the_same_debtor_and_number(desk):
    other = desk.house.client("baltique", "Baltique")
    desk.take(row("F1"))
    seen = desk.take(row("F1"), client=other)
    assert (seen.created, seen.new_debtors, seen.doubts) == (1, 1, ())


def test_one_invoice_on_two_rows_is_taken_once(desk, found):
    twin = row("F1", debtor="GARAGE PETIT", email="a@x.example", address="Rue Haute 1", language="nl")
    seen = desk.take(row("F1"), twin, row("F2"))
    (problem,) = found(seen, "repeated_line")
    assert (problem.line, problem.blocks, problem.facts) == (3, False, {"value": "F1", "other": "2"})
    assert (seen.created, seen.duplicates, seen.rejected_rows) == (2, 1, 0)


@pytest.mark.parametrize(
    "twin",
    [
        {"total": "101.00"},
        {"issue": date(2026, 9, 2)},
        {"due": date(2026, 10, 2)},
        {"kind": Kind.CREDIT_NOTE},
        {"currency": "USD"},
        {"vat": "1.00"},
        {"paid": "1.00"},
        {"reference": "x"},
    ],
    ids=lambda twin: next(iter(twin)),
)
def test_one_number_that_says_two_things_is_taken_not_at_all(desk, found, twin):
    seen = desk.preview(row("F1"), row("F1", debtor="garage petit", **twin), row("F2"))
    assert [(one.line, one.facts["other"]) for one in found(seen, "number_twice")] == [(2, "3"), (3, "2")]
    assert (seen.created, seen.rejected_rows) == (1, 2)


def test_of_many_rows_of_one_number_the_first_lines_are_named(desk, found):
    rows = [row("F1", f"{n}.00", debtor="Garage Petit" if n % 2 else "GARAGE petit") for n in range(1, 9)]
    assert found(desk.preview(*rows), "number_twice")[0].facts["other"] == "3, 4, 5, 6, 7 …"


# ---------------------------------------------------------------- changes

CHANGES = {
    "total": ({"total": "120.00"}, {"total": ("100.00", "120.00")}),
    "issue": ({"issue": date(2026, 9, 2)}, {"issue": ("2026-09-01", "2026-09-02")}),
    "due": ({"due": date(2026, 10, 15)}, {"due": ("2026-10-01", "2026-10-15")}),
    "term": ({"due": None, "term": "60 jours"}, {"due": ("2026-10-01", "2026-10-31")}),
    "vat": ({"vat": "21.00"}, {"vat": ("17.36", "21.00")}),
    "reference": ({"reference": "RF18539007547034"}, {"reference": ("", "RF18539007547034")}),
    "paid": ({"paid": "25.00"}, {"paid": ("0.00", "25.00")}),
    "settled": ({"settled": date(2026, 9, 9)}, {"paid": ("0.00", "100.00")}),
    "several": (
        {"total": "120.00", "due": date(2026, 10, 2), "paid": "1.00"},
        {"total": ("100.00", "120.00"), "due": ("2026-10-01", "2026-10-02"), "paid": ("0.00", "1.00")},
    ),
}


@pytest.mark.parametrize("stated, differs", CHANGES.values(), ids=CHANGES)
def test_a_change_is_shown_with_what_was_and_what_would_be(desk, stated, differs):
    desk.take(row("F1", vat="17.36"))
    seen = desk.preview(row("F1", **{"vat": "17.36", **stated}))
    (change,) = seen.changes
    assert (seen.created, seen.updated, seen.left_out, seen.unchanged) == (0, 1, 0, 0)
    assert (change.line, change.number, change.debtor, change.taken) == (2, "F1", "Garage Petit", True)
    assert {name: (change.before[name], value) for name, value in change.after.items()} == differs
    assert set(change.before) == set(change.after)


@pytest.mark.parametrize("stated, differs", CHANGES.values(), ids=CHANGES)
def test_a_change_is_written_once_and_remembered_with_what_was(desk, stated, differs):
    desk.take(row("F1", vat="17.36"))
    before = desk.invoice("F1").model_dump()
    changed = row("F1", **{"vat": "17.36", **stated})
    desk.take(changed)
    after = desk.invoice("F1").model_dump()
    (remembered,) = desk.rows(ImportChange)
    differing = {name for name in before if before[name] != after[name]}
    assert set(remembered.before) == set(remembered.after) == differing
    for name in differing:
        assert remembered.before[name] in {before[name], str(before[name])}
        assert remembered.after[name] in {after[name], str(after[name])}
    acts = desk.acts("corrected")
    fields = set(differs) - {"paid"}
    assert [set(facts["after"]) for _, facts in acts] == ([fields] if fields else [])
    assert desk.take(changed).unchanged == 1
    assert len(desk.rows(ImportChange)) == 1


def test_a_known_vat_is_no_change_and_an_unknown_one_is_learnt(desk):
    desk.take(row("F1"))
    assert desk.preview(row("F1", vat="17.36")).changes[0].before == {"vat": ""}
    desk.take(row("F1", vat="17.36"))
    assert desk.invoice("F1").vat_cents == 1736
    assert desk.preview(row("F1")).unchanged == 1


def test_a_debtor_that_is_spelt_otherwise_is_no_change(desk):
    desk.take(row("F1", vat_number=E1))
    assert desk.take(row("F1", vat_number=E1, debtor="Petit Mobilité")).unchanged == 1
    assert desk.names() == ["Garage Petit"]


@pytest.mark.parametrize(
    "answers, taken",
    [
        ({}, {2, 3, 4}),
        ({"kept": [3]}, {2, 4}),
        ({"changes": "none"}, set()),
        ({"changes": "none", "kept": [3]}, {3}),
        ({"kept": [2, 3, 4, 99]}, set()),
    ],
    ids=str,
)
def test_each_change_is_taken_or_left_as_its_owner_says(desk, answers, taken):
    numbers = ("F1", "F2", "F3")
    desk.take(*(row(number) for number in numbers))
    seen = desk.take(*(row(number, "120.00", paid="5.00") for number in numbers), answers=answers)
    assert {change.line for change in seen.changes if change.taken} == taken
    assert (seen.updated, seen.left_out, seen.unchanged) == (len(taken), 3 - len(taken), 3 - len(taken))
    totals = {one.number: one.total_cents for one in desk.rows(records.Invoice)}
    lines = dict(zip(numbers, (2, 3, 4), strict=True))
    assert totals == {number: 12_000 if lines[number] in taken else 10_000 for number in numbers}
    assert len(desk.rows(ImportChange)) == len(desk.acts("corrected")) == len(taken)
    assert len(desk.rows(records.Payment)) == len(taken)
    assert desk.rows(records.ImportBatch)[-1].result["left_out"] == 3 - len(taken)


def test_a_file_of_changes_left_out_can_be_closed(desk):
    desk.take(row("F1"))
    before = desk.state()
    seen = desk.take(row("F1", "120.00"), answers={"changes": "none"})
    assert seen.accepted == 1
    assert desk.state() == before


REFUSED = {
    "kind": ({"kind": Kind.CREDIT_NOTE}, "not_the_same", "kind"),
    "currency": ({"currency": "USD"}, "not_the_same", "currency"),
    "below what is paid": ({"total": "39.99"}, "below_settled", "total"),
    "due before issue": ({"issue": date(2026, 10, 2), "due": None}, "due_before_issue", "due"),
}


@pytest.mark.parametrize("stated, code, field", REFUSED.values(), ids=REFUSED)
def test_a_change_that_cannot_be_is_refused_with_its_line(desk, found, stated, code, field):
    desk.take(row("F1", paid="40.00"))
    before = desk.state()
    seen = desk.preview(row("F1", **stated))
    (problem,) = found(seen, code)
    assert (problem.line, problem.field, problem.blocks) == (2, field, True)
    assert (seen.updated, seen.unchanged, seen.rejected_rows) == (0, 0, 1)
    with pytest.raises(NothingToImport):
        desk.do(imports.accept, seen.batch_id)
    assert desk.state() == before


def test_a_total_may_go_down_to_what_is_settled(desk):
    desk.take(row("F1", paid="40.00"))
    desk.take(row("F1", "40.00"))
    assert desk.open() == {}


def test_a_credit_note_may_not_go_below_what_it_settles(desk, found):
    desk.take(row("F1"), note("C1", "30.00", "F1"))
    seen = desk.preview(note("C1", "29.99", "F1"))
    assert [one.facts for one in found(seen, "below_settled")] == [{"value": "29.99", "settled": "30.00"}]


# ---------------------------------------------------------------- when it falls due


def test_a_known_due_date_changes_only_where_the_file_states_one(desk):
    desk.take(row("F1"), row("F2", due=None, term="NET_10"))
    seen = desk.take(row("F1", due=None), row("F2", due=None))
    assert (seen.unchanged, seen.changes) == (2, ())


def test_a_term_nobody_can_read_changes_no_due_date(desk, found):
    desk.take(row("F1"))
    seen = desk.take(row("F1", due=None, term="quand on veut"))
    assert (seen.unchanged, seen.changes, len(found(seen, "term_unreadable"))) == (1, (), 1)
    assert desk.invoice("F1").due == DUE


def test_a_due_date_stated_outweighs_a_term(desk):
    desk.take(row("F1", due=None))
    desk.take(row("F1", due=date(2026, 10, 5), term="60 jours"))
    one = desk.invoice("F1")
    assert (one.due, one.due_source, one.term) == (date(2026, 10, 5), "invoice_due", "NET_60")


def test_ceilings_are_told_of_invoices_only_and_counted_only_where_they_hold(desk, found):
    late = {"due": date(2026, 12, 1)}
    seen = desk.take(
        row("F1", **late),
        row("F2", debtor="Krankenhaus", country="DE", **late),
        row("F3", debtor="Hôpital", country="FR", issue=date(2026, 9, 1), due=date(2026, 10, 31)),
        note("C1", **late),
    )
    told = [(one.line, one.facts) for one in found(seen, "above_ceiling")]
    assert told == [(2, {"days": "91", "over": "31"})]
    assert seen.reading.unlisted == {}


# ---------------------------------------------------------------- all or nothing


def test_all_or_nothing_takes_nothing_where_a_row_is_refused(desk):
    desk.take(row("F1"))
    before = desk.state()
    seen = desk.preview(row("F1", currency="USD"), row("F2"), answers={"whole": True})
    assert (seen.created, seen.rejected_rows) == (1, 1)
    with pytest.raises(RowsRefused) as refusal:
        desk.do(imports.accept, seen.batch_id)
    assert refusal.value.facts == {"count": "1"}
    assert desk.state() == before
    desk.do(imports.answer, seen.batch_id, {"whole": False})
    assert desk.do(imports.accept, seen.batch_id).created == 1


def test_all_or_nothing_counts_rows_that_the_reader_refused(desk):
    batch = desk.upload(row("F1"), seen=3)
    desk.do(imports.answer, batch, {"whole": True})
    with pytest.raises(RowsRefused) as refusal:
        desk.do(imports.accept, batch)
    assert refusal.value.facts == {"count": "2"}


def test_all_or_nothing_takes_a_file_with_repeats_changes_and_warnings(desk):
    desk.take(row("F1"))
    rows = row("F1", "120.00"), row("F2"), row("F2", debtor="GARAGE PETIT"), row("F3", due=None, term="???")
    seen = desk.take(*rows, answers={"whole": True})
    assert (seen.created, seen.updated, seen.duplicates, seen.rejected_rows) == (2, 1, 1, 0)


# ---------------------------------------------------------------- what is learnt of debtors


def test_what_was_not_known_is_filled_in_and_noted_and_nothing_overwritten(desk):
    desk.take(row("F1", debtor_number="K1", city="Ciney"))
    said = {"vat_number": f"BE{E1}", "iban": "BE68539007547034", "city": "Dinant", "email": "a@x.example"}
    desk.take(row("F2", debtor_number="K1", **said))
    (debtor,) = desk.rows(records.Debtor)
    assert (debtor.city, debtor.enterprise_number, debtor.iban) == ("Ciney", f"BE{E1}", "BE68539007547034")
    (change,) = desk.rows(DebtorChange)
    assert change.filled == {"enterprise_number": f"BE{E1}", "iban": "BE68539007547034"}
    assert (change.email, change.aliases) == ("a@x.example", [])


def test_a_street_is_never_filled_in_beside_another_town(desk):
    desk.take(row("F1", debtor_number="K1", city="Ciney"))
    desk.take(row("F2", debtor_number="K1", address="Rue Haute 1", postcode="5500", city="Dinant"))
    (debtor,) = desk.rows(records.Debtor)
    assert (debtor.address, debtor.postcode, debtor.city) == ("", "", "Ciney")
    desk.take(row("F3", debtor_number="K1", address="Rue Basse 2", postcode="5590", city="CINEY"))
    (debtor,) = desk.rows(records.Debtor)
    assert (debtor.address, debtor.postcode, debtor.city) == ("Rue Basse 2", "5590", "Ciney")


def test_a_new_debtor_is_what_all_its_rows_say(desk):
    desk.take(
        row("F1", debtor_number="K1"),
        row("F2", debtor="Garage", debtor_number="K1", iban="BE68539007547034", country="FR", language="de"),
        row("F3", debtor_number="K1", email="a@x.example"),
        row("F4", debtor_number="K1", email="b@x.example"),
    )
    (debtor,) = desk.rows(records.Debtor)
    assert (debtor.name, debtor.iban, debtor.country, debtor.language) == (
        "Garage Petit",
        "BE68539007547034",
        "BE",
        "fr",
    )
    assert [one.email for one in desk.rows(records.Contact)] == ["a@x.example"]
    assert not desk.rows(DebtorChange)


def test_a_new_debtor_reads_german_when_its_file_says_so(desk):
    desk.take(row("F1", language="de"))
    (debtor,) = desk.rows(records.Debtor)
    assert debtor.language == "de"


def test_a_debtor_all_of_whose_rows_are_refused_is_not_made(desk):
    desk.take(row("F1"))
    desk.take(row("F2", "1.00", debtor="Hôtel"), row("F2", "2.00", debtor="HÔTEL"), row("F3"))
    assert desk.names() == ["Garage Petit"]


def test_nothing_is_known_before_it_is_taken(desk):
    before = desk.state()
    seen = desk.preview(row("F1", email="a@x.example"), note("C1", credited="F1"))
    assert (seen.imported, seen.new_debtors, seen.created) == (False, 1, 1)
    assert desk.state() == before
