"""What a person decides about a line: accepted, divided, set aside; and taken back without a trace."""

from datetime import date
from threading import Barrier, Thread

import pytest
from bank_files import movement

from encaiss_dashboard.domain.errors import ChangedMeanwhile, NotAllowed, NotFound, Refusal, Unreadable
from encaiss_dashboard.domain.permissions import Role
from encaiss_dashboard.services import payments
from encaiss_dashboard.services.payments import (
    AlreadyReturned,
    DoesNotAddUp,
    LineDecided,
    MoreThanOwed,
    NothingToPay,
    ToldPart,
    ToldShare,
)
from encaiss_dashboard.storage import bank, records

DAY = date(2026, 11, 10)
OGM = "123456789002"
LATER = date(2026, 11, 20)


@pytest.fixture
def accountant(house):
    return house.user(Role.ACCOUNTANT, "ardenne")


@pytest.fixture
def doubtful(desk, moulin):
    """The id of a line that waits with a proposal."""
    desk.told(movement(30_000, DAY, counterparty="Moulin Claire", iban="", text="acompte"))
    (line,) = desk.waiting()
    return line.id


def ids(desk):
    return {one.number: one.id for one in desk.rows(records.Invoice)}


def test_a_person_divides_a_line_to_the_cent(desk, moulin, doubtful, accountant):
    number = ids(desk)
    share = ToldShare(moulin, 30_000, [ToldPart(number["2026-002"], 25_000)])
    desk.do("book_as_told", doubtful, [share], actor=accountant)
    assert desk.open() == {"2026-001": 100_000}
    (seen,) = desk.listed()
    assert seen.unallocated.cents == 5_000
    assert desk.waiting() == []
    assert desk.off() == []


def test_a_line_of_two_debtors_becomes_two_payments(house, desk, client, moulin, doubtful):
    other = house.debtor(client, "Autre SRL")
    invoice = house.invoice(other, "A-1", due=DAY, cents=9_000)
    parts = [
        ToldShare(moulin, 21_000, [ToldPart(ids(desk)["2026-001"], 21_000)]),
        ToldShare(other, 9_000, [ToldPart(invoice, 9_000)]),
    ]
    desk.do("book_as_told", doubtful, parts)
    assert desk.open() == {"2026-001": 79_000, "2026-002": 25_000}
    assert {one.amount.cents for one in desk.listed()} == {21_000, 9_000}
    assert desk.off() == []


@pytest.mark.parametrize("cents", [29_999, 30_001])
def test_what_does_not_add_up_to_the_cent_is_refused(desk, moulin, doubtful, cents):
    with pytest.raises(DoesNotAddUp):
        desk.do("book_as_told", doubtful, [ToldShare(moulin, cents)])


def test_no_more_than_is_open_of_an_invoice_can_be_told(desk, moulin, doubtful):
    part = ToldPart(ids(desk)["2026-002"], 25_001)
    with pytest.raises(MoreThanOwed):
        desk.do("book_as_told", doubtful, [ToldShare(moulin, 30_000, [part])])


def test_what_is_taken_back_was_never_there(desk, moulin):
    before = desk.open(), desk.open(DAY)
    desk.told(movement(100_000, DAY, structured=OGM))
    (seen,) = desk.listed()
    desk.do("reopen", seen.line_id)
    assert (desk.open(), desk.open(DAY)) == before
    assert desk.listed() == []
    assert [one.id for one in desk.waiting()] == [seen.line_id]
    assert desk.off() == []
    (best, *_) = desk.do("suggestions", seen.line_id)
    desk.do("accept", seen.line_id, best.mark)
    assert desk.open(DAY) == {"2026-002": 25_000}
    assert desk.off() == []


def test_what_a_decision_taught_is_forgotten_with_it(desk, moulin, doubtful):
    desk.do("book_as_told", doubtful, [ToldShare(moulin, 30_000)])
    assert {one.key for one in desk.rows(bank.Counterparty)} == {"name:moulin claire"}
    desk.do("reopen", doubtful)
    assert desk.rows(bank.Counterparty) == []


def test_a_line_set_aside_pays_nothing_and_can_be_reopened(desk, moulin, doubtful):
    with pytest.raises(Unreadable):
        desk.do("set_aside", doubtful, " ")
    desk.do("set_aside", doubtful, "Apport du gérant")
    assert (desk.waiting(), desk.listed(), desk.off()) == ([], [], [])
    assert desk.do("line", doubtful).words == "Apport du gérant"
    with pytest.raises(LineDecided):
        desk.do("set_aside", doubtful, "encore")
    desk.do("reopen", doubtful)
    assert len(desk.waiting()) == 1
    with pytest.raises(LineDecided):
        desk.do("reopen", doubtful)


def test_a_stale_suggestion_is_not_booked(desk, moulin):
    desk.told(movement(25_000, DAY, counterparty="Moulin Claire", iban=""))
    (line,) = desk.waiting()
    (best, *_) = desk.do("suggestions", line.id)
    desk.do("say_paid", [ids(desk)["2026-002"]])
    with pytest.raises(ChangedMeanwhile):
        desk.do("accept", line.id, best.mark)


def test_two_people_accept_one_line_and_one_wins(desk, moulin):
    desk.told(movement(25_000, DAY, counterparty="Moulin Claire", iban=""))
    (line,) = desk.waiting()
    (best, *_) = desk.do("suggestions", line.id)
    barrier, ends = Barrier(2), []

    def accept():
        barrier.wait()
        try:
            ends.append(desk.do("accept", line.id, best.mark))
        except Refusal as refusal:
            ends.append(type(refusal))

    threads = [Thread(target=accept) for _ in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(map(str, ends)) == sorted([str(LineDecided), "(1,)"])
    assert len(desk.rows(records.Payment)) == 1
    assert desk.off() == []


def test_a_return_opens_again_what_it_paid_from_its_own_day(desk, moulin):
    desk.told(movement(100_000, DAY, structured=OGM, end_to_end="E-1"), number="1")
    back = movement(-100_000, LATER, structured=OGM, end_to_end="E-1", is_return=True, return_reason="AC04")
    told = desk.told(back, number="2", opening=100_000)
    assert told.booked == 1
    assert desk.open(DAY) == {"2026-002": 25_000}
    assert desk.open(date(2026, 11, 19)) == {"2026-002": 25_000}
    assert desk.open(LATER) == {"2026-001": 100_000, "2026-002": 25_000}
    assert desk.off() == []
    returned, paid = desk.listed()
    assert (returned.amount.cents, paid.returned.cents, returned.reverses_id) == (-100_000, 100_000, paid.id)
    with pytest.raises(AlreadyReturned):
        desk.do("reopen", paid.line_id)
    desk.do("reopen", returned.line_id)
    assert desk.open() == {"2026-002": 25_000}
    assert desk.off() == []


def test_a_payment_of_a_settled_invoice_counts_from_the_return_that_opened_it(desk, moulin):
    desk.told(movement(100_000, DAY, structured=OGM, end_to_end="E-1"), number="1")
    back = movement(-100_000, LATER, structured=OGM, end_to_end="E-1", is_return=True)
    desk.told(back, number="2", opening=100_000)
    desk.told(movement(100_000, date(2026, 11, 15), structured=OGM), number="3", opening=0)
    assert desk.open(date(2026, 11, 15)) == desk.open(LATER) == {"2026-002": 25_000}
    assert desk.off() == []


def test_money_given_back_comes_out_of_what_waits(desk, moulin, doubtful):
    desk.do("book_as_told", doubtful, [ToldShare(moulin, 30_000, [ToldPart(ids(desk)["2026-002"], 25_000)])])
    desk.told(movement(-5_001, LATER, text="trop payé"), number="2", opening=30_000)
    desk.told(movement(-5_000, LATER, text="trop perçu"), number="3", opening=24_999)
    more, exact = desk.waiting()
    with pytest.raises(MoreThanOwed):
        desk.do("book_as_told", more.id, [ToldShare(moulin, -5_001)])
    desk.do("book_as_told", exact.id, [ToldShare(moulin, -5_000)])
    assert desk.open() == {"2026-001": 100_000}
    assert sum(one.unallocated.cents for one in desk.listed()) == 0
    assert desk.off() == []


def test_paid_to_me_is_one_click_and_as_easily_taken_back(desk, moulin, accountant):
    number = ids(desk)
    (key,) = desk.do("say_paid", list(number.values()), actor=accountant)
    assert desk.open() == {}
    with pytest.raises(NothingToPay):
        desk.do("say_paid", [number["2026-001"]])
    desk.do("unsay_paid", key, actor=accountant)
    assert desk.open() == {"2026-001": 100_000, "2026-002": 25_000}
    assert desk.listed() == []
    with pytest.raises(AlreadyReturned):
        desk.do("unsay_paid", key)
    desk.do("say_paid", [number["2026-001"]], date(2026, 11, 5), 40_000)
    assert desk.open(date(2026, 11, 5)) == {"2026-001": 60_000, "2026-002": 25_000}
    assert desk.off() == []


def test_a_file_is_taken_back_while_nothing_stands_on_it(desk, moulin):
    before = desk.open()
    seen = desk.bring_one(movement(100_000, DAY, structured=OGM, end_to_end="E-1"))
    desk.told(
        movement(-100_000, LATER, structured=OGM, end_to_end="E-1", is_return=True),
        number="2",
        opening=100_000,
    )
    assert [one.code for one in desk.do("obstacles", seen.id)] == ["returned"]
    with pytest.raises(Refusal):
        desk.do("take_back", seen.id)
    listed, whole = desk.do("history")
    assert whole == 2
    desk.do("take_back", listed[0].id)
    desk.do("take_back", seen.id)
    assert desk.open() == before
    assert [bool(one.taken_back_at) for one in desk.do("history")[0]] == [True, True]
    for table in (bank.BankLine, bank.BankStatement, bank.BankDecision, records.Payment, records.Allocation):
        assert desk.rows(table) == [], table
    with pytest.raises(Refusal):
        desk.do("take_back", seen.id)
    assert desk.off() == []
    assert desk.again(desk.banks.bytes_of(0)).statements[0].booked == 1


def test_nobody_decides_about_lines_of_somebody_else(house, desk, moulin, doubtful):
    house.client("baltic", "Baltic BV")
    stranger = house.user(Role.OWNER, "baltic")
    with pytest.raises(NotAllowed):
        desk.do("waiting", actor=stranger)
    with house.wiring.begin(stranger) as work, pytest.raises(NotFound):
        payments.set_aside(work, 2, doubtful, "mine")
    reader = house.user(Role.READER, "ardenne")
    with pytest.raises(NotAllowed):
        desk.do("set_aside", doubtful, "x", actor=reader)
    with pytest.raises(NotAllowed):
        desk.do("waiting", client=None, actor=reader)
