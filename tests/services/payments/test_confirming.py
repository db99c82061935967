"""A bank tells of money that is in the books already: it is confirmed, and never counted twice."""

from datetime import date, timedelta

import pytest
from bank_files import movement, statement

from encaiss_dashboard.domain.bank import BankFormat
from encaiss_dashboard.domain.booking import Reason
from encaiss_dashboard.domain.permissions import HOUSE
from encaiss_dashboard.services import imports
from encaiss_dashboard.services.payments import AlreadyReturned, Confirmed, LineState
from encaiss_dashboard.storage import bank, records

DAY = date(2026, 11, 10)
OGM = "123456789002"


def ids(desk):
    return {one.number: one.id for one in desk.rows(records.Invoice)}


@pytest.fixture
def said(desk, moulin):
    """The client said on 10 November that 2026-001 was paid to it."""
    (key,) = desk.do("say_paid", [ids(desk)["2026-001"]], DAY)
    return key


def test_a_line_that_tells_of_what_the_client_said_confirms_it_and_pays_nothing(desk, said):
    before = desk.open(), desk.open(DAY)
    told = desk.told(movement(100_000, DAY + timedelta(2), structured=OGM))
    assert (told.booked, told.matched, told.unmatched) == (1, 1, 0)
    assert [one.id for one in desk.rows(records.Payment)] == [said]
    (decision,) = desk.rows(bank.BankDecision)
    assert (decision.kind, decision.reason) == ("confirmed", "confirms")
    assert decision.terms["confirms"] == [said]
    assert (desk.open(), desk.open(DAY)) == before
    (seen,) = desk.listed()
    assert (seen.source, seen.confirmed, seen.on) == ("said", True, DAY)
    assert [facts["payment"] for _, facts in desk.acts("payment_confirmed")] == [said]
    assert (desk.waiting(), desk.off()) == ([], [])


def test_a_word_that_came_after_the_money_is_confirmed_as_well(desk, said):
    assert desk.told(movement(100_000, DAY - timedelta(4), structured=OGM)).booked == 1
    assert desk.listed()[0].confirmed


def test_a_part_that_the_client_said_is_not_booked_as_a_second_part(desk, moulin):
    (key,) = desk.do("say_paid", [ids(desk)["2026-001"]], DAY, 40_000)
    assert desk.told(movement(40_000, DAY, structured=OGM)).booked == 1
    assert desk.open() == {"2026-001": 60_000, "2026-002": 25_000}
    assert [one.id for one in desk.rows(records.Payment)] == [key]
    assert desk.off() == []


def test_a_second_line_for_one_word_waits_as_a_possible_second_payment(desk, moulin):
    desk.do("say_paid", [ids(desk)["2026-001"]], DAY, 40_000)
    told = desk.told(movement(40_000, DAY, structured=OGM), movement(40_000, DAY, structured=OGM, text="2"))
    assert (told.booked, told.proposed) == (1, 1)
    (line,) = desk.waiting()
    assert all(one.reason is not Reason.CONFIRMS for one in desk.do("suggestions", line.id))
    assert desk.off() == []


def test_a_line_confirms_several_words_that_add_up_to_it(house, desk, client, moulin):
    number = ids(desk)
    (one,) = desk.do("say_paid", [number["2026-001"]], DAY)
    (two,) = desk.do("say_paid", [number["2026-002"]], DAY)
    desk.told(movement(125_000, DAY, structured=OGM))
    (decision,) = desk.rows(bank.BankDecision)
    assert decision.terms["confirms"] == [one, two]
    assert desk.off() == []


def test_what_may_be_another_payment_of_the_same_amount_waits(house, desk, moulin):
    """The rest of the invoice is what the line is, and so is what was said: nobody can tell."""
    desk.do("say_paid", [ids(desk)["2026-001"]], DAY, 50_000)
    told = desk.told(movement(50_000, DAY, structured=OGM))
    assert (told.booked, told.proposed) == (0, 1)
    (line,) = desk.waiting()
    assert Reason.CONFIRMS in {one.reason for one in desk.do("suggestions", line.id)}


@pytest.mark.parametrize(
    "other",
    [
        {"on": DAY + timedelta(11)},
        {"on": DAY - timedelta(11)},
        {"cents": 99_999},
        {"currency": "USD"},
        {"counterparty": "Autre SRL", "iban": "", "structured": ""},
    ],
)
def test_another_day_amount_currency_or_payer_confirms_nothing(desk, said, other):
    wanted = {"cents": 100_000, "on": DAY, "structured": OGM} | other
    desk.told(movement(wanted.pop("cents"), wanted.pop("on"), **wanted))
    for line in desk.waiting():
        assert all(one.reason is not Reason.CONFIRMS for one in desk.do("suggestions", line.id))
    assert not any(one.confirmed for one in desk.listed())
    assert desk.off() == []


def test_a_name_alone_is_proposed_and_a_person_accepts_it(desk, said):
    desk.told(movement(100_000, DAY, counterparty="Moulin Clair", iban=""))
    (line,) = desk.waiting()
    best = desk.do("suggestions", line.id)[0]
    assert (best.reason, best.confirms) == (Reason.CONFIRMS, (said,))
    assert [(p.number, p.open.cents) for p in best.shares[0].parts] == [("2026-001", 100_000)]
    assert desk.do("accept", line.id, best.mark) == ()
    assert desk.do("line", line.id).state is LineState.BOOKED
    assert desk.listed()[0].confirmed
    assert desk.off() == []


def test_a_confirmation_reopened_was_never_there(desk, said):
    desk.told(movement(100_000, DAY, structured=OGM))
    line = desk.rows(bank.BankLine)[0].id
    with pytest.raises(Confirmed):
        desk.do("unsay_paid", said)
    desk.do("reopen", line)
    assert [one.id for one in desk.waiting()] == [line]
    assert not desk.listed()[0].confirmed
    assert desk.off() == []
    desk.do("unsay_paid", said)
    assert desk.open() == {"2026-001": 100_000, "2026-002": 25_000}
    assert desk.off() == []


def test_a_return_takes_back_what_was_confirmed_and_then_nothing_is_reopened_under_it(desk, said):
    desk.told(movement(100_000, DAY, structured=OGM, end_to_end="E-1"), number="1")
    line = desk.rows(bank.BankLine)[0].id
    back = movement(-100_000, DAY + timedelta(9), end_to_end="E-1", is_return=True)
    assert desk.told(back, number="2", opening=100_000).booked == 1
    assert desk.open(DAY + timedelta(8)) == {"2026-002": 25_000}
    assert desk.open() == {"2026-001": 100_000, "2026-002": 25_000}
    with pytest.raises(AlreadyReturned):
        desk.do("reopen", line)
    assert desk.off() == []


def test_a_file_that_confirmed_something_is_taken_back_and_the_word_stands(desk, said):
    seen = desk.bring_one(movement(100_000, DAY, structured=OGM))
    desk.do("take_back", seen.id)
    (payment,) = desk.listed()
    assert (payment.id, payment.confirmed) == (said, False)
    assert desk.rows(bank.BankLine) == []
    assert desk.off() == []


def test_what_a_file_of_invoices_said_was_paid_is_confirmed_and_holds_the_file(house, desk, client):
    data = "Numéro;Client;Date;Échéance;Total;Payé\n"
    data += "2026-0099;Moulin Clair SA;05/11/2026;05/12/2026;75,00;75,00\n"
    with house.wiring.begin(HOUSE) as work:
        batch = imports.receive(work, client, "f.csv", data.encode())
        imports.accept(work, client, batch)
    (payment,) = desk.rows(records.Payment)
    told = desk.told(movement(7_500, payment.on, text="Facture 2026-0099"))
    assert told.booked == 1
    assert desk.listed()[0].confirmed
    with house.wiring.begin(HOUSE) as work, pytest.raises(imports.BuiltUpon):
        imports.take_back(work, client, batch)
    assert desk.off() == []


def test_what_a_table_brought_is_not_booked_again_by_the_bank(desk, moulin):
    table = statement(movement(40_000, DAY, structured=OGM, iban=""), opening=None, number="")
    seen = desk.bring(table, form=BankFormat.TABLE)
    assert seen.statements[0].booked == 1
    bank_told = desk.told(movement(40_000, DAY + timedelta(1), structured=OGM), number="7")
    assert (bank_told.booked, bank_told.duplicates) == (1, 0)
    assert desk.open() == {"2026-001": 60_000, "2026-002": 25_000}
    with pytest.raises(Confirmed):
        desk.do("reopen", desk.listed()[0].line_id)
    assert [one.code for one in desk.do("obstacles", seen.id)] == ["confirmed"]
    assert desk.off() == []
