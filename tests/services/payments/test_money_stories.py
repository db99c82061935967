"""What follows from money at once: reminders, interest, promises; and what its return brings back."""

from datetime import date, timedelta

import pytest
from bank_files import movement, statement

from encaiss_dashboard import jobs
from encaiss_dashboard.domain.permissions import HOUSE, Role
from encaiss_dashboard.domain.stops import Instalment, StopState
from encaiss_dashboard.domain.stops.opening import NewPlan, NewPromise
from encaiss_dashboard.services import debtors, imports, payments, reminders, stops
from encaiss_dashboard.services.payments import WrongAccount
from encaiss_dashboard.services.stops import opening
from encaiss_dashboard.storage import records

DUE = date(2026, 11, 1)
OGM = "123456789002"
AGENCYS = "BE62510007547061"


def day(after):
    return DUE + timedelta(after)


@pytest.fixture
def owner(house, client):
    return house.user(Role.OWNER, "ardenne")


@pytest.fixture
def debtor(house, client):
    """A delegated debtor that owes one invoice of 1,000.00 due on 1 November."""
    key = house.debtor(client, email="compta@moulin.example")
    house.delegate(key, from_date=date(2026, 1, 1))
    house.invoice(key, "2026-001", due=DUE, cents=100_000, reference="+++123/4567/89002+++")
    return key


def planned(house, clock, after):
    clock.set(day(after))
    with house.wiring.begin(HOUSE) as work:
        seen = debtors.file(work, 1, 1)
        return seen.next


def test_a_planned_reminder_is_gone_once_the_bank_told_of_the_payment(house, clock, desk, debtor):
    assert planned(house, clock, 6) is not None
    desk.told(movement(100_000, day(5), structured=OGM))
    assert planned(house, clock, 6) is None
    clock.set(day(7))
    jobs.remind(house.wiring)
    assert desk.rows(records.OutboxMessage) == []


def test_a_reminder_on_its_way_is_dropped_when_the_money_comes_first(house, clock, desk, debtor):
    clock.set(day(7))
    with house.wiring.begin(HOUSE) as work:
        reminders.intend(work, 1)
    desk.told(movement(100_000, day(6), structured=OGM))
    jobs.remind(house.wiring)
    (message,) = desk.rows(records.OutboxMessage)
    assert message.sent_at is None
    assert message.dropped_at is not None


def test_a_promise_is_kept_by_the_money_and_broken_again_by_its_return(house, clock, desk, debtor, owner):
    clock.set(day(8))
    with house.wiring.begin(owner) as work:
        opening.open_one(work, 1, debtor, NewPromise(None, day(30)), "")

    def state(after):
        clock.set(day(after))
        with house.wiring.begin(owner) as work:
            found = stops.of_debtor(work, 1, debtor)
            return [line.state for line in (*found.running, *found.past)]

    desk.told(movement(100_000, day(29), structured=OGM, end_to_end="E-1"), number="1")
    assert state(34) == [StopState.KEPT]
    back = movement(-100_000, day(31), structured=OGM, end_to_end="E-1", is_return=True)
    desk.told(back, number="2", opening=100_000)
    assert state(34) == [StopState.BROKEN]
    assert planned(house, clock, 34) is not None


def test_interest_stops_with_the_payment_and_runs_again_from_its_return(house, clock, desk, debtor):
    def interest(after):
        clock.set(day(after))
        with house.wiring.begin(HOUSE) as work:
            return debtors.file(work, 1, debtor).interest.cents

    before = interest(20)
    desk.told(movement(100_000, day(20), structured=OGM, end_to_end="E-1"), number="1")
    assert interest(40) == 0
    back = movement(-100_000, day(50), structured=OGM, end_to_end="E-1", is_return=True)
    desk.told(back, number="2", opening=100_000)
    assert interest(50) == before
    assert interest(60) > before


def test_a_statement_of_the_account_debtors_pay_says_until_when_payments_are_known(clock, desk, debtor):
    clock.set(day(9))
    desk.bring(statement(movement(100, day(5), text="x"), last=day(8)))
    assert desk.do("known_until") == day(8)


def test_money_on_the_account_of_the_agency_settles_invoices_of_any_client(house, clock, desk, debtor):
    other = house.client("baltic", "Baltic BV")
    whose = house.debtor(other, "Zeewind NV")
    house.invoice(whose, "Z-77001", due=DUE, cents=5_000, reference="+++000/0000/09797+++")
    told = statement(
        movement(100_000, day(5), structured=OGM),
        movement(5_000, day(5), structured="000000009797", counterparty="Zeewind NV", iban=""),
        movement(-77, day(5), text="frais", is_charge=True),
        account=AGENCYS,
    )
    with pytest.raises(WrongAccount):
        desk.bring(told, client=None)
    desk.do("accept_account", AGENCYS, client=None)
    seen = desk.bring(told, client=None).statements[0]
    assert (seen.booked, seen.unmatched) == (2, 1)
    assert {(one.client_id, one.amount_cents) for one in desk.rows(records.Payment)} == {
        (desk.client, 100_000),
        (other, 5_000),
    }
    assert desk.do("accounts", client=None)[0].closing.cents == 104_923
    (charge,) = desk.do("waiting", client=None)[0]
    desk.do("set_aside", charge.id, "frais de banque", client=None)
    assert desk.off() == []
    assert desk.open() == {}
    with house.wiring.begin(house.user(Role.OWNER, "baltic")) as work:
        seen, _ = payments.payments(work, other, payments.PaymentSearch())
        assert [one.amount.cents for one in seen] == [5_000]


def test_a_payment_that_came_before_its_invoice_settles_it_once_a_file_brings_it(house, desk, client, debtor):
    desk.told(movement(7_500, day(3), text="Facture 2026-0099"))
    (line,) = desk.waiting()
    desk.do("book_as_told", line.id, [payments.ToldShare(debtor, 7_500)])
    data = "Numéro;Client;Date;Échéance;Total\n2026-0099;Moulin Clair SA;05/11/2026;05/12/2026;75,00\n"
    data += "2026-0100;Moulin Clair SA;05/11/2026;05/12/2026;90,00\n"
    with house.wiring.begin(HOUSE) as work:
        batch = imports.receive(work, client, "f.csv", data.encode())
        imports.answer(work, client, batch, {"doubtful": "new"})
        imports.accept(work, client, batch)
    assert desk.open() == {"2026-001": 100_000, "2026-0100": 9_000}
    assert desk.open(date(2026, 11, 5)) == {"2026-001": 100_000, "2026-0100": 9_000}
    assert [facts["number"] for _, facts in desk.acts("payment_settled")] == ["2026-0099"]
    assert desk.off() == []
    with house.wiring.begin(HOUSE) as work:
        imports.take_back(work, client, batch)
    assert sum(one.unallocated.cents for one in desk.listed()) == 7_500
    assert desk.off() == []


@pytest.fixture
def planned_in_two(house, clock, debtor, owner):
    """On day 8 two instalments of 500.00 are agreed, for days 30 and 60, each with five days to spare."""
    clock.set(day(8))
    parts = Instalment(day(30), 50_000), Instalment(day(60), 50_000)
    with house.wiring.begin(owner) as work:
        opening.open_one(work, 1, debtor, NewPlan(None, parts), "")


def standing(house, clock, owner, debtor, after):
    """What holds of the plan on a day, and since when."""
    clock.set(day(after))
    with house.wiring.begin(owner) as work:
        found = stops.of_debtor(work, 1, debtor)
        return [(line.state, line.since) for line in (*found.running, *found.past)]


def reminded(house, clock, desk, after):
    """The instalments that were reminded of by the night of a day."""
    clock.set(day(after))
    jobs.remind(house.wiring)
    return [one.instalment_on for one in desk.rows(records.OutboxMessage) if one.sent_at]


def test_a_plan_holds_while_the_bank_tells_of_instalments_and_breaks_at_the_first_that_is_missing(
    house, clock, desk, debtor, owner, planned_in_two
):
    assert reminded(house, clock, desk, 27) == [day(30)]
    desk.told(movement(50_000, day(29), structured=OGM), number="1")
    assert [state for state, _ in standing(house, clock, owner, debtor, 40)] == [StopState.RUNNING]
    assert reminded(house, clock, desk, 57) == [day(30), day(60)]
    assert [state for state, _ in standing(house, clock, owner, debtor, 65)] == [StopState.RUNNING]
    assert standing(house, clock, owner, debtor, 66) == [(StopState.BROKEN, day(66))]
    assert desk.off() == []


def test_an_instalment_returned_before_its_last_day_breaks_the_plan_from_the_day_after_it(
    house, clock, desk, debtor, owner, planned_in_two
):
    desk.told(movement(50_000, day(29), structured=OGM, end_to_end="E-1"), number="1")
    before = standing(house, clock, owner, debtor, 40)
    back = movement(-50_000, day(33), structured=OGM, end_to_end="E-1", is_return=True)
    desk.told(back, number="2", opening=50_000)
    assert [state for state, _ in before] == [StopState.RUNNING]
    assert [state for state, _ in standing(house, clock, owner, debtor, 35)] == [StopState.RUNNING]
    assert standing(house, clock, owner, debtor, 40) == [(StopState.BROKEN, day(36))]
    assert day(60) not in reminded(house, clock, desk, 57)
    assert desk.open(day(32)) == {"2026-001": 50_000}
    assert desk.off() == []


def test_an_instalment_returned_after_its_last_day_breaks_the_plan_the_day_after(
    house, clock, desk, debtor, owner, planned_in_two
):
    desk.told(movement(50_000, day(29), structured=OGM, end_to_end="E-1"), number="1")
    back = movement(-50_000, day(40), structured=OGM, end_to_end="E-1", is_return=True)
    desk.told(back, number="2", opening=50_000)
    assert [state for state, _ in standing(house, clock, owner, debtor, 40)] == [StopState.RUNNING]
    assert standing(house, clock, owner, debtor, 41) == [(StopState.BROKEN, day(41))]
    assert desk.off() == []
