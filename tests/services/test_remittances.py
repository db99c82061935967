"""Money on the agency's account is the clients': what is owed, paid on, ordered, seen to leave."""

from datetime import date, timedelta
from hashlib import sha256
from threading import Barrier, Thread

import pytest
from lxml import etree
from remitted import OWN, SECOND, THEIRS, Till
from sqlmodel import Session, select

from encaiss_dashboard.adapters.transfers import NAMESPACE
from encaiss_dashboard.domain.errors import NotAllowed, NotFound, Refusal
from encaiss_dashboard.domain.permissions import HOUSE, Role
from encaiss_dashboard.services import remittances
from encaiss_dashboard.services.remittances.refusals import (
    ExecuteWhen,
    NoAccount,
    NoOwnAccount,
    NothingOwed,
    NothingToOrder,
    OrderedAlready,
    OtherCurrency,
    Over,
    RemitWhen,
)
from encaiss_dashboard.storage.bank import BankDecision, BankLine, Remittance, RemittanceLine
from encaiss_dashboard.storage.journal import ActKind

ON = date(2026, 11, 10)
TOMORROW = ON + timedelta(days=1)


@pytest.fixture(autouse=True)
def today(clock):
    clock.set(ON)


@pytest.fixture
def till(house):
    return Till(house)


@pytest.fixture
def client(house):
    return house.client(iban=THEIRS)


@pytest.fixture
def debtor(house, client):
    return house.debtor(client)


@pytest.fixture
def act(house):
    def call(service, *args, actor=HOUSE, of=None):
        with house.wiring.begin(actor) as work:
            return service(work, of, *args)

    return call


@pytest.fixture
def rows(house):
    def read(table=Remittance):
        with Session(house.engine) as session:
            return list(session.exec(select(table).order_by(table.id)))

    return read


@pytest.fixture
def made(act, till, client, debtor, rows):
    """A remittance of 150.00 that pays on two payments."""
    for cents in (10_000, 5_000):
        till.receives(debtor, cents, ON - timedelta(days=3))
    act(remittances.make, [client], ON)
    return rows()[-1]


def fails_after(service):
    """A service whose transaction breaks once it is done."""

    def broken(*args):
        service(*args)
        raise RuntimeError

    return broken


def owed(act):
    found = act(remittances.owing)
    return [(one.client_id, str(one.amount), one.amount.currency) for one in (*found.due, *found.carried)]


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


@pytest.fixture
def two(act, till, house, rows):
    """Remittances of 1.00 and 2.00 to two clients, by their ids."""
    clients = [house.client(f"client{n}", f"Clïent {n} & Fils", iban=THEIRS) for n in (1, 2)]
    for n, key in enumerate(clients, start=1):
        till.receives(house.debtor(key), 100 * n, ON, of=OWN if n == 1 else SECOND)
    act(remittances.make, clients, ON)
    return [row.id for row in rows()]


def paid(content):
    """Number, amount and account of each transfer in a file, with the account it is drawn on."""
    space = {"p": NAMESPACE}
    return [
        (
            one.findtext("p:PmtId/p:EndToEndId", namespaces=space),
            one.findtext("p:Amt/p:InstdAmt", namespaces=space),
            one.findtext("p:CdtrAcct/p:Id/p:IBAN", namespaces=space),
            batch.findtext("p:DbtrAcct/p:Id/p:IBAN", namespaces=space),
        )
        for batch in etree.fromstring(content).iterfind(".//p:PmtInf", space)
        for one in batch.iterfind("p:CdtTrfTxInf", space)
    ]


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
