"""Remittances in the file for the bank, on the statement when they left, and before the client."""

from datetime import date, timedelta
from hashlib import sha256

import pytest
from lxml import etree
from remitted import OWN, SECOND, THEIRS, fails_after, owed, paid
from remitted import REMITTED_ON as ON

from encaiss_dashboard.domain.errors import NotAllowed, NotFound
from encaiss_dashboard.domain.permissions import HOUSE, Role
from encaiss_dashboard.services import remittances
from encaiss_dashboard.services.remittances.refusals import (
    ExecuteWhen,
    NoOwnAccount,
    NothingToOrder,
    OrderedAlready,
    OtherCurrency,
    Over,
)
from encaiss_dashboard.storage import book_checks
from encaiss_dashboard.storage.bank import BankDecision, BankLine
from encaiss_dashboard.storage.journal import ActKind

TOMORROW = ON + timedelta(days=1)


class TestOrdered:
    """The file for the bank."""

    def test_read_again_it_is_the_remittances_each_drawn_on_its_account(self, act, two):
        file = act(remittances.transfer_file, two, TOMORROW)
        assert paid(file.content) == [
            ("R2026-00001", "1.00", THEIRS, OWN),
            ("R2026-00002", "2.00", THEIRS, SECOND),
        ]
        assert TOMORROW.isoformat().encode() in file.content

    def test_it_is_the_same_whenever_it_is_asked_for(self, act, two, clock):
        file = act(remittances.transfer_file, two, ON)
        clock.set(TOMORROW)
        again = act(remittances.transfer_file, two[::-1], TOMORROW)
        assert again.content == file.content == act(remittances.transfer_again, file.digest).content
        assert (again.name, again.digest) == (file.name, sha256(file.content).hexdigest())

    def test_ordering_is_told_once(self, act, two, story):
        for _ in range(2):
            act(remittances.transfer_file, two, ON)
        assert len(story.acts(ActKind.REMITTANCE_ORDERED)) == 2

    def test_one_that_stands_in_a_file_goes_into_no_other(self, act, two):
        act(remittances.transfer_file, two[:1], ON)
        with pytest.raises(OrderedAlready):
            act(remittances.transfer_file, two, ON)

    def test_sepa_is_for_euro_only_and_the_sentence_names_the_others(self, act, till, client, debtor, rows):
        till.receives(debtor, 700, ON, currency="USD")
        act(remittances.make, [client], ON)
        with pytest.raises(OtherCurrency) as refused:
            act(remittances.transfer_file, [rows()[0].id], ON)
        assert refused.value.facts == {"numbers": "R2026-00001", "currency": "USD"}

    @pytest.mark.parametrize("day", [ON - timedelta(days=1), ON + timedelta(days=61), date.max])
    def test_no_bank_transfers_in_the_past_or_in_a_far_future(self, act, two, day):
        with pytest.raises(ExecuteWhen):
            act(remittances.transfer_file, two, day)

    def test_nothing_is_drawn_on_an_account_that_is_no_iban(self, act, till, client, debtor, rows):
        till.receives(debtor, 700, ON, of="000-1234567-89")
        act(remittances.make, [client], ON)
        with pytest.raises(NoOwnAccount):
            act(remittances.transfer_file, [rows()[0].id], ON)

    def test_none_that_is_called_off(self, act, made):
        act(remittances.drop, made.id)
        with pytest.raises(Over):
            act(remittances.transfer_file, [made.id], ON)

    @pytest.mark.parametrize("keys, refusal", [([], NothingToOrder), ([0], NotFound), ([2**40], NotFound)])
    def test_nor_one_that_is_none(self, act, keys, refusal):
        with pytest.raises(refusal):
            act(remittances.transfer_file, keys, ON)

    def test_a_file_of_a_transaction_that_fails_is_not_kept(self, act, house, made):
        with pytest.raises(RuntimeError):
            act(fails_after(remittances.transfer_file), [made.id], ON)
        assert list(house.wiring.settings.uploads.glob("transfer-*")) == []


class TestLeft:
    """What the statement of the agency's account says."""

    def test_a_debit_with_its_number_and_amount_ties_it(self, act, made, till, rows, story):
        line = till.line(-15_000, TOMORROW, end_to_end=made.number)
        assert act(remittances.leave) == 1
        [row] = rows()
        assert (row.line_id, row.left_on) == (line, TOMORROW)
        [(_, facts)] = story.acts(ActKind.REMITTANCE_LEFT)
        assert (facts["number"], facts["on"]) == (made.number, TOMORROW.isoformat())

    def test_the_line_waits_no_more(self, act, made, till, rows):
        till.line(-15_000, ON, text=f"vir {made.number} paiements")
        act(remittances.leave)
        [decision] = rows(BankDecision)
        assert (decision.kind, decision.terms) == ("set_aside", {"remittances": [made.number]})
        assert act(remittances.leave) == 0

    @pytest.mark.parametrize(
        "cents, words", [(-15_001, "R2026-00001"), (-15_000, "Loyer"), (15_000, "R2026-00001")]
    )
    def test_any_other_movement_waits(self, act, made, till, rows, cents, words):
        till.line(cents, ON, end_to_end=words)
        assert act(remittances.leave) == 0
        assert rows()[0].line_id is None

    def test_nor_a_movement_of_another_account(self, act, made, till):
        till.line(-15_000, ON, SECOND, end_to_end=made.number)
        assert act(remittances.leave) == 0

    def test_nor_one_about_which_somebody_decided(self, act, made, till, house):
        line = till.line(-15_000, ON, end_to_end=made.number)
        house.add(BankDecision(line_id=line, kind="set_aside", at=house.clock()))
        assert act(remittances.leave) == 0

    def test_one_that_was_called_off_never_leaves(self, act, made, till):
        act(remittances.drop, made.id)
        till.line(-15_000, ON, end_to_end=made.number)
        assert act(remittances.leave) == 0

    def test_a_bank_that_draws_a_file_as_one_amount_ties_all_of_it(self, act, till, house, client, rows):
        other = house.client("vesdre", "Vesdre", iban=THEIRS)
        for key in (client, other):
            till.receives(house.debtor(key, f"D{key}"), 100 * key, ON)
        act(remittances.make, [client, other], ON)
        file = act(remittances.transfer_file, [1, 2], ON)
        message = etree.fromstring(file.content).findtext(".//{*}PmtInfId")
        line = till.line(-300, TOMORROW, text=message)
        assert act(remittances.leave) == 2
        assert {row.line_id for row in rows()} == {line}

    def test_one_that_comes_back_is_owed_again(self, act, made, till, client, rows, story):
        till.line(-15_000, ON, end_to_end=made.number)
        act(remittances.leave)
        back = till.line(15_000, TOMORROW, end_to_end=made.number, is_return=True, return_reason="AC04")
        assert act(remittances.leave) == 1
        assert (rows()[0].returned_id, rows()[0].returned_on) == (back, TOMORROW)
        assert owed(act) == [(client, "150.00", "EUR")]
        [(_, facts)] = story.acts(ActKind.REMITTANCE_RETURNED)
        assert facts["reason"] == "AC04"
        assert rows(BankLine)[-1].id == back

    def test_the_books_are_whole_once_it_was_paid_on_again(self, act, made, till, client, house):
        till.line(-15_000, ON, end_to_end=made.number)
        act(remittances.leave)
        till.line(15_000, TOMORROW, end_to_end=made.number, is_return=True)
        act(remittances.leave)
        act(remittances.make, [client], ON)
        with house.wiring.begin(HOUSE) as work:
            wrong = [one.code for one in book_checks.check(work.session)]
        assert "books_remitted" not in wrong
        assert "books_remittance" not in wrong


class TestSeen:
    """What the client sees."""

    def test_each_payment_with_the_invoices_it_settles(self, act, till, house, client, debtor):
        invoice = house.invoice(debtor, "2026-001", due=ON - timedelta(days=40), cents=9_000)
        payment = till.receives(debtor, 10_000, ON, reference="+++123/4567/89002+++")
        house.allocate(invoice, on=ON, cents=9_000, payment_id=payment)
        till.accessory(invoice, payment, "interest", 400, ON)
        act(remittances.make, [client], ON)
        found = act(remittances.seen, 1, actor=house.user(Role.READER, "ardenne"), of=client)
        [line] = found.lines
        assert [(number, kind, str(amount)) for _, number, kind, amount in line.parts] == [
            ("2026-001", "principal", "90.00"),
            ("2026-001", "interest", "4.00"),
        ]
        assert (str(line.free), line.communication) == ("6.00", "+++123/4567/89002+++")

    def test_another_client_s_are_never_seen(self, act, house, made):
        other = house.client("vesdre", "Vesdre Textile SA")
        who = house.user(Role.OWNER, "vesdre")
        assert act(remittances.mine, actor=who, of=other) == ()
        for service, args in ((remittances.seen, (made.id,)), (remittances.accounts, ("1", "csv"))):
            with pytest.raises(NotFound):
                act(service, *args, actor=who, of=other)
            with pytest.raises(NotAllowed):
                act(service, *args, actor=who, of=made.client_id)

    def test_its_state_follows_from_what_happened(self, act, made, till, house, client):
        who = house.user(Role.READER, "ardenne")

        def state():
            [one] = act(remittances.mine, actor=who, of=client)
            return one.state

        assert state() == "made"
        act(remittances.transfer_file, [made.id], ON)
        assert state() == "ordered"
        till.line(-15_000, ON, end_to_end=made.number)
        act(remittances.leave)
        assert state() == "left"
        till.line(15_000, ON, end_to_end=made.number, is_return=True)
        act(remittances.leave)
        assert state() == "returned"
