"""Money on the agency's account is the clients': what is owed, paid on, called off."""

from datetime import date, timedelta
from threading import Barrier, Thread

import pytest
from remitted import REMITTED_ON as ON
from remitted import SECOND, THEIRS, fails_after, owed

from encaiss_dashboard.domain.errors import NotAllowed, NotFound, Refusal
from encaiss_dashboard.domain.permissions import Role
from encaiss_dashboard.services import remittances
from encaiss_dashboard.services.remittances.refusals import NoAccount, NothingOwed, Over, RemitWhen
from encaiss_dashboard.storage.bank import RemittanceLine
from encaiss_dashboard.storage.journal import ActKind

TOMORROW = ON + timedelta(days=1)


class TestOwed:
    """What the agency has of each client."""

    def test_what_came_in_on_its_own_account_is_owed_to_the_client(self, act, till, client, debtor):
        till.receives(debtor, 10_000, ON)
        till.receives(debtor, 2_550, ON)
        [one] = act(remittances.owing).due
        assert (one.client_id, str(one.amount), one.payments) == (client, "125.50", 2)
        assert one.iban == THEIRS

    def test_what_came_in_on_the_client_s_account_is_not(self, act, house, debtor):
        house.payment(debtor, on=ON, cents=10_000)
        assert owed(act) == []

    def test_what_was_taken_back_is_owed_no_more(self, act, till, client, debtor):
        first = till.receives(debtor, 10_000, ON)
        till.receives(debtor, 4_000, ON)
        till.receives(debtor, -10_000, ON, reverses_id=first)
        assert owed(act) == [(client, "40.00", "EUR")]

    def test_what_a_person_took_back_without_a_movement_is_owed_no_more(self, act, till, client, debtor):
        first = till.receives(debtor, 10_000, ON)
        till.receives(debtor, 4_000, ON)
        till.payment(debtor, -10_000, ON, reverses_id=first)
        assert owed(act) == [(client, "40.00", "EUR")]

    def test_money_of_a_later_day_waits(self, act, till, debtor):
        till.receives(debtor, 10_000, TOMORROW)
        assert owed(act) == []

    def test_each_currency_is_owed_apart(self, act, till, client, debtor):
        till.receives(debtor, 10_000, ON)
        till.receives(debtor, 700, ON, currency="USD")
        assert owed(act) == [(client, "100.00", "EUR"), (client, "7.00", "USD")]

    def test_who_is_owed_nothing_net_is_carried_over(self, act, till, client, debtor, made):
        till.receives(debtor, -10_000, ON)
        found = act(remittances.owing)
        assert not found.due
        assert [str(one.amount) for one in found.carried] == ["-100.00"]
        till.receives(debtor, 12_000, ON)
        [one] = act(remittances.owing).due
        assert (str(one.amount), one.payments, one.back) == ("20.00", 2, 1)


class TestMade:
    """Paying on."""

    def test_a_remittance_pays_on_each_payment_to_the_cent(self, made, rows, act, client):
        assert (made.number, made.amount_cents, made.currency) == ("R2026-00001", 15_000, "EUR")
        assert (made.client_id, made.iban, made.on) == (client, THEIRS, ON)
        assert [line.amount_cents for line in rows(RemittanceLine)] == [10_000, 5_000]
        assert owed(act) == []

    def test_it_is_told_in_the_client_s_journal(self, made, story):
        [(_, facts)] = story.acts(ActKind.REMITTED)
        assert facts == {
            "number": "R2026-00001",
            "cents": 15_000,
            "currency": "EUR",
            "payments": 2,
            "iban": THEIRS,
        }

    def test_a_payment_is_paid_on_once(self, made, act, client):
        with pytest.raises(NothingOwed):
            act(remittances.make, [client], ON)

    def test_only_the_chosen_clients_are_paid_on_to(self, act, till, house, client, debtor):
        other = house.debtor(house.client("vesdre", "Vesdre Textile SA", iban=THEIRS))
        till.receives(debtor, 100, ON)
        till.receives(other, 200, ON)
        act(remittances.make, [client], ON)
        assert [amount for _, amount, _ in owed(act)] == ["2.00"]

    def test_all_of_it_or_nothing(self, act, till, house, client, debtor, rows):
        other = house.client("vesdre", "Vesdre Textile SA")
        till.receives(debtor, 100, ON)
        till.receives(house.debtor(other), 200, ON)
        with pytest.raises(NoAccount) as refused:
            act(remittances.make, [client, other], ON)
        assert refused.value.facts == {"name": "Vesdre Textile SA"}
        assert rows() == []

    @pytest.mark.parametrize("iban", ["", "BE68539007547035", "made up"])
    def test_nothing_goes_where_no_account_can_be(self, act, till, house, iban):
        other = house.client("vesdre", "Vesdre Textile SA", iban=iban)
        till.receives(house.debtor(other), 200, ON)
        with pytest.raises(NoAccount):
            act(remittances.make, [other], ON)

    def test_one_a_currency(self, act, till, client, debtor, rows):
        till.receives(debtor, 100, ON)
        till.receives(debtor, 700, ON, currency="USD")
        assert act(remittances.make, [client], ON) == ("R2026-00001", "R2026-00002")
        assert [(row.currency, row.amount_cents) for row in rows()] == [("EUR", 100), ("USD", 700)]

    @pytest.mark.parametrize("day", [TOMORROW, ON - timedelta(days=32), date.min, date.max])
    def test_it_is_dated_within_the_last_month(self, act, till, client, debtor, day):
        till.receives(debtor, 100, ON)
        with pytest.raises(RemitWhen):
            act(remittances.make, [client], day)

    def test_what_came_later_than_its_day_waits_for_the_next(self, act, till, client, debtor, rows):
        till.receives(debtor, 100, ON - timedelta(days=1))
        till.receives(debtor, 200, ON)
        act(remittances.make, [client], ON - timedelta(days=1))
        assert [row.amount_cents for row in rows()] == [100]
        assert owed(act) == [(client, "2.00", "EUR")]

    @pytest.mark.parametrize("keys", [[], [999], [0], [-1], [2**40]])
    def test_nobody_is_paid_on_to_who_is_no_client(self, act, house, keys):
        before = house.dump()
        with pytest.raises((NothingOwed, NotFound)):
            act(remittances.make, keys, ON)
        assert house.dump() == before

    def test_numbers_leave_none_out_when_a_transaction_fails(self, act, till, house, client, debtor, rows):
        till.receives(debtor, 100, ON)
        with pytest.raises(RuntimeError):
            act(fails_after(remittances.make), [client], ON)
        act(remittances.make, [client], ON)
        assert [row.number for row in rows()] == ["R2026-00001"]

    def test_two_at_once_pay_on_once_and_number_one_after_the_other(self, act, till, house, rows):
        clients = [house.client(f"client{n}", f"Client {n}", iban=THEIRS) for n in range(4)]
        for key in clients:
            till.receives(house.debtor(key), 100 + key, ON)
        gate, refused = Barrier(4), []

        def go(key):
            gate.wait()
            try:
                act(remittances.make, [key, clients[0]], ON)
            except Refusal as error:
                refused.append(error)
                act(remittances.make, [key], ON) if key != clients[0] else None

        threads = [Thread(target=go, args=(key,)) for key in clients]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        made = rows()
        assert sorted(row.number for row in made) == [f"R2026-{n:05}" for n in range(1, 5)]
        assert sorted(row.client_id for row in made) == sorted(clients)
        assert len(refused) == 3
        lines = rows(RemittanceLine)
        assert len({line.payment_id for line in lines}) == len(lines) == 4

    @pytest.mark.parametrize("role", [Role.OWNER, Role.ACCOUNTANT, Role.CASE_MANAGER])
    def test_only_administrators_of_the_agency_pay_on(self, act, house, client, made, role):
        who = house.user(role, "ardenne")
        for service, args in (
            (remittances.owing, ()),
            (remittances.make, ([client], ON)),
            (remittances.drop, (made.id,)),
            (remittances.transfer_file, ([made.id], ON)),
            (remittances.transfer_again, ("0" * 64,)),
            (remittances.leave, ()),
            (remittances.accounts, ("agency-2026-11", "csv")),
        ):
            with pytest.raises(NotAllowed):
                act(service, *args, actor=who, of=client)

    def test_an_administrator_does_all_of_it(self, act, house, till, client, debtor):
        who = house.user(Role.ADMINISTRATOR)
        till.receives(debtor, 100, ON)
        assert len(act(remittances.owing, actor=who).due) == 1
        act(remittances.make, [client], ON, actor=who)
        file = act(remittances.transfer_file, [1], ON, actor=who)
        assert act(remittances.transfer_again, file.digest, actor=who).content == file.content
        till.line(-100, ON, end_to_end="R2026-00001")
        assert act(remittances.leave, actor=who) == 1


class TestDropped:
    """Called off before it left."""

    def test_what_it_paid_on_is_owed_again_and_its_number_is_not_given_twice(self, act, client, made, rows):
        act(remittances.drop, made.id)
        assert owed(act) == [(client, "150.00", "EUR")]
        act(remittances.make, [client], ON)
        assert [row.number for row in rows()] == ["R2026-00001", "R2026-00002"]

    def test_never_after_it_left(self, act, made, till):
        till.line(-15_000, ON, end_to_end=made.number)
        act(remittances.leave)
        with pytest.raises(Over):
            act(remittances.drop, made.id)

    def test_never_twice(self, act, made):
        act(remittances.drop, made.id)
        with pytest.raises(Over):
            act(remittances.drop, made.id)

    @pytest.mark.parametrize("key", [0, -1, 999, 2**40])
    def test_nor_is_one_that_is_none(self, act, key):
        with pytest.raises(NotFound):
            act(remittances.drop, key)

    def test_its_transfer_file_is_void_and_the_others_of_it_are_ordered_anew(self, act, two, rows):
        first, second = two
        file = act(remittances.transfer_file, two, ON)
        act(remittances.drop, first)
        with pytest.raises(NotFound):
            act(remittances.transfer_again, file.digest)
        again = act(remittances.transfer_file, [second], ON)
        assert again.name != file.name
        assert b"R2026-00001" not in again.content

    def test_not_when_another_of_its_file_has_left_since_the_bank_has_it(self, act, two, till):
        act(remittances.transfer_file, two, ON)
        till.line(-200, ON, SECOND, end_to_end="R2026-00002")
        assert act(remittances.leave) == 1
        with pytest.raises(Over):
            act(remittances.drop, two[0])
