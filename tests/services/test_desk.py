"""The agency's desk: who sees which clients on it, figures to the cent, and what there is to do."""

import random
from datetime import timedelta

import pytest
from sqlalchemy import event

from encaiss_dashboard import jobs
from encaiss_dashboard.domain.ageing import ageing
from encaiss_dashboard.domain.errors import NotAllowed
from encaiss_dashboard.domain.letters import DeliveryFailed
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.permissions import HOUSE, Actor, Role
from encaiss_dashboard.services import desk, reminders
from encaiss_dashboard.services.accounts import team
from encaiss_dashboard.services.desk import DeskSearch, DeskSort, tasks
from encaiss_dashboard.services.desk.tasks import TaskKind, TrayChanged
from encaiss_dashboard.storage import queries, records
from encaiss_dashboard.storage.accounts import Membership

CURRENCIES = ("EUR", "EUR", "EUR", "USD", "GBP")


@pytest.fixture
def today(clock):
    return clock.today


@pytest.fixture
def admin(house):
    return house.user(Role.ADMINISTRATOR)


def seen(wiring, actor, **search):
    with wiring.begin(actor, write=False) as work:
        return desk.desk(work, None, DeskSearch(**search))


def to_do(wiring, actor):
    with wiring.begin(actor, write=False) as work:
        return tasks.waiting(work, None)


def kinds(wiring, actor):
    return [one.kind for one in to_do(wiring, actor)]


def follow(house, *client_ids, email="manager@agency.example"):
    """A case manager of these clients."""
    actor = house.user(Role.CASE_MANAGER, None, email, "Test Manager")
    for key in client_ids:
        row = Membership(
            client_id=key, user_id=actor.user_id, role=Role.CASE_MANAGER.value, created_at=house.clock()
        )
        house.add(row)
    roles = {key: {Role.CASE_MANAGER} for key in client_ids}
    return Actor(actor.user_id, actor.name, agency_role=Role.CASE_MANAGER, roles=roles)


def test_an_administrator_follows_every_client_and_a_case_manager_its_own(house, wiring, admin):
    first, second = house.client("first", "First"), house.client("second", "Second")
    by_name = {"sort": DeskSort.NAME, "descending": False}
    assert [line.id for line in seen(wiring, admin, **by_name).lines] == [first, second]
    assert [line.id for line in seen(wiring, follow(house, second), **by_name).lines] == [second]
    assert seen(wiring, admin).may_add


@pytest.mark.parametrize("role", [Role.OWNER, Role.ACCOUNTANT, Role.SIGNATORY, Role.READER])
def test_a_clients_people_have_no_desk(house, wiring, role):
    client = house.client()
    actor = house.user(role, "ardenne")
    with pytest.raises(NotAllowed):
        seen(wiring, actor)
    with pytest.raises(NotAllowed):
        to_do(wiring, actor)
    with pytest.raises(NotAllowed), wiring.begin(actor) as work:
        tasks.empty_tray(work, client, client, 1)


def test_a_case_manager_of_nothing_is_told_whom_to_ask(house, wiring, admin):
    house.client()
    nothing = seen(wiring, follow(house))
    assert (nothing.lines, nothing.clients, nothing.may_add) == ((), 0, False)
    assert nothing.ask == ((admin.name, "administrator@agency.example"),)
    assert to_do(wiring, follow(house, email="other@agency.example")) == ()
    assert seen(wiring, admin).ask == ()


def furnish(house, slug, chance, today):
    """A client with a random year: partial payments, reversals, credit notes, money to come, currencies."""
    client = house.client(slug, slug.title())
    for number in range(6):
        debtor = house.debtor(client, f"{slug} {number}", f"d{number}@{slug}.example" if number else "")
        if chance.random() < 0.7:
            house.delegate(debtor, from_date=today - timedelta(days=chance.randrange(-20, 200)))
        if chance.random() < 0.2:
            kind = chance.choice(["pause", "withdraw"])
            house.delegate(debtor, from_date=today - timedelta(days=chance.randrange(-5, 20)), kind=kind)
        for turn in range(7):
            settle(house, debtor, f"{slug}-{number}-{turn}", chance, today)
    return client


def settle(house, debtor, number, chance, today):
    due, currency = today - timedelta(days=chance.randrange(-60, 200)), chance.choice(CURRENCIES)
    cents = chance.randrange(1, 500_000)
    invoice = house.invoice(debtor, number, due=due, cents=cents, currency=currency)
    if currency != "EUR":  # the fixture's payments are in euro
        return
    share = chance.choice([0, 0, cents, cents // 3, cents + 100])
    on = due + timedelta(days=chance.randrange(-10, 90))
    if share:
        payment = house.payment(debtor, on=on, cents=share, invoice_id=invoice)
        if chance.random() < 0.2:
            house.allocate(invoice, on=on + timedelta(days=3), cents=-share, payment_id=payment)
    if chance.random() < 0.3:
        credit = cents // 5 + 1
        note = house.invoice(debtor, f"{number}-c", due=due, cents=credit, kind="credit_note")
        house.allocate(invoice, on=on, cents=credit, credit_note_id=note)
    if chance.random() < 0.2:
        house.payment(debtor, on=on, cents=chance.randrange(1, 900_000))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_figure_agrees_with_the_ledgers_and_with_the_clients_own_screens(
    house, wiring, admin, today, seed
):
    chance = random.Random(seed)
    ids = [furnish(house, slug, chance, today) for slug in ("alpha", "beta", "gamma")]
    jobs.remind(wiring, on=today - timedelta(days=9), client_ids=tuple(ids[:2]))
    lines = {line.id: line for line in seen(wiring, admin).lines}
    assert set(lines) == set(ids)
    with wiring.begin(HOUSE, write=False) as work:
        for key, line in lines.items():
            agrees_with_ledgers(work, key, line)
            night = reminders.foresee(work, key)
            assert line.tonight == len(night.messages)
            assert line.waiting == reminders.undelivered(work, key)


def agrees_with_ledgers(work, client_id, line):
    ledgers = queries.ledgers(work.session, client_id)
    owing, oldest = set(), []
    for code, ledger in ledgers.items():
        aged, open_cents = ageing(ledger, work.today), ledger.open_cents(work.today)
        balance = line.balances.get(code)
        none = Money(0, code)
        assert (balance.open if balance else none) == aged.open
        assert (balance.overdue if balance else none) == aged.overdue
        assert balance is None or dict(balance.buckets) == aged.buckets
        owing |= {invoice.debtor_id for invoice in ledger.invoices if invoice.id in open_cents}
        oldest += [i.days_late(work.today) for i in ledger.invoices if open_cents.get(i.id, 0) > 0]
    late = [days for days in oldest if days > 0]
    assert line.oldest_days == max(late, default=None)
    assert line.debtors == len(owing)
    states = queries.delegation_states(work.session, client_id, work.today)
    in_hand = {key for key, one in states.items() if one.state in {"delegated", "paused"}}
    assert line.delegated == len(owing & in_hand)


def test_the_number_of_queries_does_not_grow_with_the_number_of_clients(house, wiring, admin, today):
    def asked():
        statements = []

        def count(_connection, _cursor, statement, *_):
            statements.append(statement)

        event.listen(wiring.engine, "before_cursor_execute", count)
        try:
            seen(wiring, admin)
            to_do(wiring, admin)
        finally:
            event.remove(wiring.engine, "before_cursor_execute", count)
        return len(statements)

    chance = random.Random(7)
    furnish(house, "one", chance, today)
    before = asked()
    for slug in ("two", "three", "four"):
        furnish(house, slug, chance, today)
    assert asked() == before


def test_totals_are_of_all_clients_whatever_is_searched(house, wiring, admin, today):
    for slug, cents in (("alpha", 10_000), ("beta", 20_000)):
        debtor = house.debtor(house.client(slug, slug.title()), slug)
        house.invoice(debtor, "1", due=today - timedelta(days=1), cents=cents)
    found = seen(wiring, admin, text="BET")
    assert [line.name for line in found.lines] == ["Beta"]
    assert (found.clients, found.found) == (2, 1)
    assert found.total["EUR"].open == found.total["EUR"].overdue == Money(30_000)


def test_a_client_is_found_by_the_digits_of_its_enterprise_number(house, wiring, admin):
    house.client("alpha", "Alpha", enterprise_number="BE 0202.239.951")
    house.client("beta", "Beta")
    assert [line.name for line in seen(wiring, admin, text="0202239951").lines] == ["Alpha"]


@pytest.mark.parametrize("sort", DeskSort)
def test_it_sorts_by_every_column_both_ways(house, wiring, admin, today, sort):
    chance = random.Random(11)
    for slug in ("alpha", "beta", "gamma"):
        furnish(house, slug, chance, today)
    up = [line.id for line in seen(wiring, admin, sort=sort, descending=False).lines]
    down = [line.id for line in seen(wiring, admin, sort=sort, descending=True).lines]
    assert sorted(up) == sorted(down)
    if sort is DeskSort.NAME:
        assert up == down[::-1]


def test_pages_hold_twenty_five_and_one_too_high_is_the_last(house, wiring, admin):
    for number in range(27):
        house.client(f"client-{number:02}", f"Client {number:02}")
    last = seen(wiring, admin, sort=DeskSort.NAME, descending=False, page=99)
    assert [line.name for line in last.lines] == ["Client 25", "Client 26"]
    assert (last.page, last.pages, last.found) == (2, 2, 27)


def complete(house, slug="ardenne", **details):
    """A client for which there is nothing to do."""
    client = house.client(slug, slug.title(), iban="BE68539007547034", **details)
    house.user(Role.OWNER, slug)
    return client


def test_a_client_in_order_leaves_nothing_to_do(house, wiring, admin):
    complete(house)
    assert to_do(wiring, admin) == ()


def test_a_failed_delivery_names_the_debtor_and_leads_to_its_file(house, wiring, admin, mailbox, today):
    client = complete(house)
    debtor = house.debtor(client, "Moulin Clair SA", "gone@moulin.example")
    house.delegate(debtor, from_date=today - timedelta(days=60))
    house.invoice(debtor, "1", due=today - timedelta(days=10), cents=10_000)
    mailbox.failure = DeliveryFailed(permanent=True, reason="550 no such user")
    jobs.remind(wiring)
    [one] = to_do(wiring, admin)
    assert (one.kind, one.client_id, one.leads_to) == (TaskKind.FAILED, client, f"/debtors/{debtor}")
    assert one.facts == {"name": "Moulin Clair SA", "to": "gone@moulin.example", "message": 1}
    assert one.since == today
    assert [line.failed for line in seen(wiring, admin).lines] == [1]


@pytest.fixture
def by_post(house, wiring, today):
    """A client with one letter in the agency's post tray."""
    client = complete(house)
    debtor = house.debtor(client)
    house.delegate(debtor, from_date=today - timedelta(days=60))
    house.invoice(debtor, "1", due=today - timedelta(days=10), cents=10_000)
    jobs.remind(wiring)
    return client


def test_letters_stay_in_the_post_tray_until_somebody_says_they_are_posted(
    house, wiring, admin, clock, by_post
):
    [one] = to_do(wiring, admin)
    assert (one.kind, one.facts, one.leads_to) == (TaskKind.TRAY, {"n": 1}, "/reminders")
    clock.forward(minutes=5)
    with wiring.begin(admin) as work:
        tasks.empty_tray(work, None, by_post, 1)
    assert to_do(wiring, admin) == ()
    with wiring.begin(admin, write=False) as work:
        act = queries.acts(work.session, by_post)[0]
    assert (act.kind, act.facts, act.actor) == ("tray_emptied", {"letters": 1}, admin.name)


def test_a_tray_that_is_not_as_it_was_seen_is_not_emptied(house, wiring, admin, by_post):
    stranger = follow(house, email="no@agency.example")
    before = house.dump()
    for letters in (0, 2):
        with pytest.raises(TrayChanged), wiring.begin(admin) as work:
            tasks.empty_tray(work, None, by_post, letters)
    with pytest.raises(NotAllowed), wiring.begin(stranger) as work:
        tasks.empty_tray(work, None, by_post, 1)
    assert house.dump() == before


def test_a_letter_that_the_next_statement_has_replaced_is_not_printed_any_more(wiring, admin, clock, by_post):
    clock.forward(days=tasks.TRAY_DAYS, minutes=1)
    assert to_do(wiring, admin) == ()


def batch(house, client, *, uploaded_at, imported_at=None):
    row = records.ImportBatch(
        client_id=client,
        file_name="septembre.csv",
        digest="0",
        size_bytes=1,
        uploaded_at=uploaded_at,
        imported_at=imported_at,
    )
    return house.add(row)


def test_an_upload_left_unconfirmed_leads_to_its_check(house, wiring, admin, clock):
    client = complete(house)
    key = batch(house, client, uploaded_at=clock())
    [one] = to_do(wiring, admin)
    assert (one.kind, one.leads_to) == (TaskKind.UPLOAD, f"/invoices/import/{key}")
    assert one.facts == {"name": "septembre.csv"}
    assert [line.uploads for line in seen(wiring, admin).lines] == [1]


@pytest.mark.parametrize("days, silent", [(30, False), (31, True)])
def test_a_client_without_any_import_for_thirty_days_is_asked_after(
    house, wiring, admin, clock, days, silent
):
    imported, never = complete(house, "imported"), complete(house, "never")
    batch(house, imported, uploaded_at=clock(), imported_at=clock())
    clock.forward(days=days)
    found = {one.client_id: one.facts for one in to_do(wiring, admin)}
    assert found == ({imported: {"n": days}, never: {"n": days}} if silent else {})


def test_the_day_of_an_import_is_that_of_brussels(house, wiring, admin, clock):
    client = complete(house)
    late = clock().replace(hour=23, minute=30)
    batch(house, client, uploaded_at=late, imported_at=late)
    [line] = seen(wiring, admin).lines
    assert line.imported_on == late.date() + timedelta(days=1)


def test_a_client_needs_an_account_and_an_owner(house, wiring, admin):
    client = house.client()
    assert [(one.kind, one.client_id) for one in to_do(wiring, admin)] == [
        (TaskKind.NO_IBAN, client),
        (TaskKind.NO_OWNER, client),
    ]


def invited(wiring, admin, client, role="owner"):
    with wiring.begin(admin) as work:
        team.invite(work, client, email="new@ardenne.example", name="New Owner", roles=[role], language="fr")
    jobs.deliver_account_mails(wiring)


def test_an_owner_who_was_invited_is_waited_for_until_the_invitation_ends(house, wiring, admin, clock):
    client = house.client(iban="BE68539007547034")
    invited(wiring, admin, client)
    assert to_do(wiring, admin) == ()
    clock.forward(days=8)
    assert kinds(wiring, admin) == [TaskKind.NO_OWNER]


def test_an_invitation_that_failed_names_whom_it_did_not_reach(house, wiring, admin, mailbox):
    client = complete(house)
    mailbox.failure = DeliveryFailed(permanent=True, reason="550 no such user")
    invited(wiring, admin, client, "reader")
    [one] = to_do(wiring, admin)
    assert (one.kind, one.leads_to) == (TaskKind.INVITATION, "/team")
    assert one.facts == {"name": "New Owner", "to": "new@ardenne.example"}


def test_the_most_urgent_comes_first_and_only_of_ones_own_clients(house, wiring, admin, clock):
    first, second = house.client("first", "First"), house.client("second", "Second")
    batch(house, first, uploaded_at=clock())
    order = list(TaskKind)
    found = kinds(wiring, admin)
    assert found == sorted(found, key=order.index)
    mine = to_do(wiring, follow(house, second))
    assert {one.client_id for one in mine} == {second}
    assert [one.kind for one in mine] == [TaskKind.NO_IBAN, TaskKind.NO_OWNER]


def test_looking_at_the_desk_writes_nothing(house, wiring, admin, by_post):
    before = house.dump()
    seen(wiring, admin)
    to_do(wiring, admin)
    assert house.dump() == before
