"""A bank's file is in the books once, whatever it is brought as and however often."""

from dataclasses import replace
from datetime import date

import pytest
from bank_files import PAYERS, movement, statement

from encaiss_dashboard.domain.bank import BankFormat
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.services.payments import WrongAccount
from encaiss_dashboard.storage import bank, records

DAY = date(2026, 11, 10)
OGM = "123456789002"


def test_a_payment_with_its_reference_settles_its_invoice(desk, moulin):
    told = desk.told(movement(100_000, DAY, structured=OGM))
    assert (told.lines, told.booked, told.matched, told.unmatched) == (1, 1, 1, 0)
    assert desk.open() == {"2026-002": 25_000}
    assert desk.open(date(2026, 11, 9)) == {"2026-001": 100_000, "2026-002": 25_000}
    assert desk.off() == []
    (seen,) = desk.listed()
    assert (seen.debtor_id, seen.amount.cents, [one.number for one in seen.settles]) == (
        moulin,
        100_000,
        ["2026-001"],
    )


def test_a_file_brought_again_doubles_nothing(desk, moulin):
    data = desk.banks.file(statement(movement(100_000, DAY, structured=OGM), movement(500, DAY)))
    desk.again(data)
    again = desk.again(data).statements[0]
    assert (again.lines, again.duplicates, again.booked, again.unmatched) == (2, 2, 0, 0)
    assert len(desk.rows(bank.BankLine)) == 2
    assert len(desk.rows(records.Payment)) == 1
    assert desk.off() == []


def test_a_dry_run_keeps_nothing(desk, moulin):
    before = desk.house.dump()
    seen = desk.bring(statement(movement(100_000, DAY, structured=OGM)), dry_run=True)
    assert (seen.kept, seen.statements[0].booked) == (False, 1)
    assert desk.house.dump() == before


def test_what_is_not_sure_waits(desk, moulin):
    told = desk.told(movement(33_333, DAY, counterparty="Somebody", iban="", text="bonjour"))
    assert (told.booked, told.matched, told.unmatched) == (0, 0, 1)
    assert [one.amount.cents for one in desk.waiting()] == [33_333]
    assert desk.off() == []


def test_the_account_of_somebody_else_is_refused_until_it_is_said_to_be_ours(desk, moulin):
    whole = statement(movement(100_000, DAY, structured=OGM), account=PAYERS)
    with pytest.raises(WrongAccount) as refused:
        desk.bring(whole)
    assert "BE71 0961 2345 6769" in refused.value.facts["account"]
    assert desk.rows(bank.BankLine) == []
    desk.do("accept_account", PAYERS)
    assert desk.bring(whole).kept


@pytest.mark.parametrize("form", [BankFormat.CAMT053, BankFormat.CAMT054, BankFormat.MT940])
def test_a_movement_told_in_another_form_is_the_same_movement(desk, moulin, form):
    desk.told(movement(100_000, DAY, text="Facture 2026-001"))
    other = movement(100_000, DAY, text="FACTURE 2026/001")
    (told,) = desk.bring(statement(other, number="x"), form=form).statements
    assert (told.duplicates, told.booked) == (1, 0)
    assert desk.off() == []


def test_equal_payments_of_one_day_are_as_many_as_the_bank_tells(desk, moulin):
    same = movement(1_000, DAY, text="acompte")
    first = desk.banks.file(statement(same, same))
    second = desk.banks.file(statement(same, number="2026/002", opening=2_000))
    for data in (first, second, first, second):
        desk.again(data)
    assert [(one.seq, one.copies) for one in desk.rows(bank.BankLine)] == [(1, 0), (2, 1), (1, 2)]
    whole = desk.bring(statement(same, same, same, number="day"), form=BankFormat.CAMT053).statements[0]
    assert (whole.lines, whole.duplicates) == (3, 3)


def test_a_statement_told_otherwise_changes_nothing(desk, moulin):
    desk.told(movement(100_000, DAY, structured=OGM))
    before = desk.house.dump()
    seen = desk.bring(statement(movement(100_000, DAY, structured=OGM), movement(700, DAY)))
    assert (seen.kept, [one.code for one in seen.problems]) == (False, ["bank_changed"])
    assert desk.house.dump() == before


def test_a_balance_that_does_not_follow_is_a_warning(desk, moulin):
    desk.told(movement(100, DAY), number="2026/001", opening=0)
    told = desk.told(movement(100, date(2026, 11, 12)), number="2026/003", opening=900)
    assert [one.code for one in told.problems] == ["bank_gap_before"]
    assert not told.problems[0].blocks


def test_of_a_statement_that_does_not_prove_nothing_is_booked_by_itself(desk, moulin):
    line = movement(100_000, DAY, structured=OGM)
    wrong = replace(statement(line), closing=Money(100_001))
    told = desk.bring(wrong).statements[0]
    assert (told.booked, told.proposed, told.unmatched) == (0, 1, 0)
    (waiting,) = desk.waiting()
    desk.do("accept", waiting.id, desk.do("suggestions", waiting.id)[0].mark)
    assert desk.open() == {"2026-002": 25_000}
