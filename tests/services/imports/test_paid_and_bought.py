"""What a file says was paid becomes payments; what the client bought is none of its invoices."""

from __future__ import annotations

from datetime import date

import pytest
from desks import note, row

from encaiss_dashboard.domain.errors import Problem
from encaiss_dashboard.services import imports
from encaiss_dashboard.services.imports import NothingToImport
from encaiss_dashboard.storage import records

OWN, OTHER = "BE0403170701", "BE0202239951"
TODAY = date(2026, 11, 22)


# ---------------------------------------------------------------- payments

PAID = [
    ({"paid": "40.00"}, [4_000]),
    ({"paid": "100.00"}, [10_000]),
    ({"paid": "250.00"}, [10_000]),
    ({"paid": "0.00"}, []),
    ({}, []),
    ({"settled": date(2026, 9, 9)}, [10_000]),
    ({"settled": date(2026, 9, 9), "paid": "40.00"}, [10_000]),
    ({"paid": "40.00", "currency": "USD"}, [4_000]),
]


@pytest.mark.parametrize("stated, cents", PAID, ids=str)
def test_what_was_paid_is_a_payment_of_that_invoice_never_more_than_it(desk, stated, cents):
    desk.take(row("F1", **stated))
    payments = desk.rows(records.Payment)
    assert [one.amount_cents for one in payments] == cents
    assert [one.amount_cents for one in desk.rows(records.Allocation)] == cents
    for one in payments:
        assert (one.source, one.reference, one.currency) == (
            "invoice_file",
            "F1",
            stated.get("currency", "EUR"),
        )
        assert one.on == stated.get("settled", TODAY)
    left = 10_000 - sum(cents)
    assert desk.open() == ({"F1": left} if left else {})
    assert [facts["cents"] for _, facts in desk.acts("payment")] == cents


def test_only_what_was_paid_since_is_added_by_the_next_file(desk):
    for paid in ("10.00", "10.00", "35.00", "20.00"):
        desk.take(row("F1", paid=paid))
    assert [one.amount_cents for one in desk.rows(records.Payment)] == [1_000, 2_500]
    assert desk.open() == {"F1": 6_500}


def test_money_that_the_bank_already_told_of_is_not_counted_twice(desk, house):
    desk.take(row("F1"))
    house.payment(desk.owners()["F1"], on=TODAY, cents=3_000, invoice_id=desk.invoice("F1").id)
    desk.take(row("F1", paid="50.00"))
    assert [one.amount_cents for one in desk.rows(records.Payment)] == [3_000, 2_000]


def test_a_credit_note_is_paid_by_nobody(desk):
    desk.take(note("C1", "30.00", paid="10.00", settled=date(2026, 9, 9)))
    assert desk.rows(records.Payment) == []


# ---------------------------------------------------------------- what the client bought

BOUGHT = [
    {"seller": OTHER, "vat_number": OWN},
    {"seller": OTHER, "vat_number": "0403.170.701"},
    {"seller": OTHER, "endpoint": "0208:0403170701"},
    {"seller": OTHER, "endpoint": "9925:BE0403170701"},
    {"seller": "FR54999999980", "vat_number": OWN},
]


@pytest.mark.parametrize("stated", BOUGHT, ids=str)
def test_an_invoice_that_the_client_received_is_refused(desk, found, stated):
    batch = desk.upload(row("F1", **stated))
    seen = desk.do(imports.preview, batch)
    (problem,) = found(seen, "invoice_received")
    assert (problem.line, problem.field, problem.blocks) == (2, "number", True)
    assert problem.facts == {"value": "F1", "other": stated["seller"]}
    assert (seen.created, seen.rejected_rows, seen.new_debtors) == (0, 1, 0)
    with pytest.raises(NothingToImport):
        desk.do(imports.accept, batch)
    assert desk.names() == []


def test_among_invoices_it_sold_the_others_are_taken(desk, found):
    seen = desk.take(row("F1", seller=OWN), row("F2", seller=OTHER, vat_number=OWN), row("F3"))
    assert [one.line for one in found(seen, "invoice_received")] == [3]
    assert (seen.created, seen.rejected_rows) == (2, 1)


def test_an_invoice_under_another_number_that_somebody_else_received_only_warns(desk, found):
    seen = desk.take(row("F1", seller=OTHER, vat_number="FR54999999980"))
    assert [(one.blocks, one.facts) for one in found(seen, "other_seller")] == [(False, {"value": OTHER})]
    assert seen.created == 1


@pytest.mark.parametrize("seller", [OWN, "0403.170.701", "0403170701", ""])
def test_its_own_number_in_any_writing_is_no_question(desk, found, seller):
    seen = desk.take(row("F1", seller=seller, vat_number=OWN))
    assert (found(seen, "other_seller"), found(seen, "invoice_received"), seen.created) == ([], [], 1)


def test_a_client_without_a_number_is_taken_at_its_word(desk):
    other = desk.house.client("baltique", "Baltique")
    assert desk.take(row("F1", seller=OTHER, vat_number=OWN), client=other).created == 1


# ---------------------------------------------------------------- how many problems are listed


def warned(count, *, code="email_invalid", blocks=False):
    return tuple(Problem(code, line, "email", {"value": "x"}, blocks) for line in range(2, count + 2))


def test_of_a_warning_the_first_thousand_are_listed_and_the_others_counted(desk):
    rows = [row(f"F{n}", term="?", due=None) for n in range(1_005)]
    seen = desk.preview(*rows, problems=warned(990), unlisted={"email_invalid": 3})
    listed = [problem.code for problem in seen.reading.problems]
    assert (listed.count("email_invalid"), listed.count("term_unreadable")) == (990, 1_000)
    assert seen.reading.unlisted == {"email_invalid": 3, "term_unreadable": 5}
    first = [problem.line for problem in seen.reading.problems if problem.code == "term_unreadable"]
    assert first == list(range(2, 1_002))


def test_of_all_problems_the_first_hundred_thousand_are_listed_and_the_others_counted(desk):
    bad = warned(99_999, code="email_invalid", blocks=True)
    rows = [
        row(f"F{n}", debtor=name, total=total)
        for n in range(3)
        for name, total in (("A", "1.00"), ("a", "2.00"))
    ]
    seen = desk.preview(*rows, problems=bad, seen=100_005)
    assert len(seen.reading.problems) == 100_000
    assert seen.reading.unlisted == {"number_twice": 5}
    assert seen.rejected_rows == 99_999 + 6
