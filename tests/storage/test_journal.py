"""The journal proves that it is whole: what was altered, removed, moved or cut off is found."""

from datetime import date

import pytest
from sqlalchemy import text
from sqlmodel import Session, col, select

from encaiss_dashboard.domain.permissions import HOUSE, Actor, Role
from encaiss_dashboard.storage import journal
from encaiss_dashboard.storage.journal import ActKind, Entry, Flaw
from encaiss_dashboard.storage.records import Act

DAY = date(2026, 11, 2)


@pytest.fixture
def client_id(house):
    return house.client()


@pytest.fixture
def five(house, client_id):
    """Five acts of a client, written in three ways."""
    for number in range(3):
        house.act(client_id, ActKind.SENT, DAY, facts={"number": number, "mark": "é €"})
    with house.wiring.begin(
        Actor(None, "Anne", roles={client_id: {Role.OWNER}}, address="192.0.2.1")
    ) as work:
        more = [Entry(ActKind.PAYMENT, DAY, client_id, facts={"cents": n}) for n in (1, 2)]
        work.journal.record_many(more)
    return client_id


def check(house):
    with house.wiring.begin(HOUSE, write=False) as work:
        return {one.chain: one for one in journal.verify(work.session, work.sign)}


def tamper(house, client_id, *statements):
    """As somebody with the database file would: triggers away, rows changed, triggers back."""
    with house.wiring.engine.begin() as connection:
        sqlite = connection.dialect.name == "sqlite"
        if sqlite:
            guards = [
                sql
                for (sql,) in connection.execute(text("SELECT sql FROM sqlite_master WHERE type = 'trigger'"))
            ]
            for name in ("act_no_update", "act_no_delete"):
                connection.execute(text(f"DROP TRIGGER {name}"))
        else:
            connection.execute(text("SELECT set_config('encaiss.clients', '*', true)"))
            connection.execute(text("ALTER TABLE act DISABLE TRIGGER USER"))
        for statement in statements:
            connection.execute(text(statement), {"client": client_id})
        for sql in guards if sqlite else ():
            connection.execute(text(sql))
        if not sqlite:
            connection.execute(text("ALTER TABLE act ENABLE TRIGGER USER"))


def test_a_journal_that_nobody_touched_is_whole(house, five):
    found = check(house)[five]
    assert (found.flaw, found.entries) == (None, 5)
    with house.wiring.begin(HOUSE, write=False) as work:
        last = work.session.exec(select(Act).where(Act.chain == five).order_by(col(Act.seq).desc())).first()
    assert found.hash == last.hash


def test_an_act_carries_who_did_it_from_where(house, five):
    with house.wiring.begin(HOUSE, write=False) as work:
        acts = work.session.exec(select(Act).where(Act.chain == five).order_by(col(Act.seq))).all()
    assert [act.seq for act in acts] == [1, 2, 3, 4, 5]
    assert [act.actor for act in acts] == ["Encaiss"] * 3 + ["Anne"] * 2
    assert acts[-1].address == "192.0.2.1"
    assert [act.previous for act in acts[1:]] == [act.hash for act in acts[:-1]]


@pytest.mark.parametrize(
    "statement, flaw, seq",
    [
        ("UPDATE act SET facts = '{\"number\": 9}' WHERE seq = 2 AND chain = :client", Flaw.ALTERED, 2),
        ("UPDATE act SET actor = 'Bob' WHERE seq = 4 AND chain = :client", Flaw.ALTERED, 4),
        ("UPDATE act SET address = '10.0.0.1' WHERE seq = 5 AND chain = :client", Flaw.ALTERED, 5),
        ("UPDATE act SET day = '2026-11-03' WHERE seq = 1 AND chain = :client", Flaw.ALTERED, 1),
        ("UPDATE act SET kind = 'failed' WHERE seq = 3 AND chain = :client", Flaw.ALTERED, 3),
        ("UPDATE act SET shown = '{\"x\": 1}' WHERE seq = 3 AND chain = :client", Flaw.ALTERED, 3),
        ("DELETE FROM act WHERE seq = 3 AND chain = :client", Flaw.REMOVED, 3),
        ("DELETE FROM act WHERE seq = 1 AND chain = :client", Flaw.REMOVED, 1),
        ("DELETE FROM act WHERE seq = 5 AND chain = :client", Flaw.CUT, 4),
        ("DELETE FROM act WHERE chain = :client", Flaw.CUT, 0),
        ("DELETE FROM journal_head WHERE chain = :client", Flaw.UNSIGNED, 5),
        ("UPDATE journal_head SET seq = 4 WHERE chain = :client", Flaw.UNSIGNED, 5),
    ],
)
def test_what_was_done_to_the_file_is_found_with_its_place(house, five, statement, flaw, seq):
    tamper(house, five, statement)
    found = check(house)[five]
    assert (found.flaw, found.seq) == (flaw, seq)


def test_two_acts_that_changed_places_are_found(house, five):
    tamper(
        house,
        five,
        "UPDATE act SET seq = 99 WHERE seq = 2 AND chain = :client",
        "UPDATE act SET seq = 2 WHERE seq = 3 AND chain = :client",
        "UPDATE act SET seq = 3 WHERE seq = 99 AND chain = :client",
    )
    found = check(house)[five]
    assert (found.flaw, found.seq) in {(Flaw.REORDERED, 2), (Flaw.ALTERED, 2)}


def test_cutting_the_end_off_and_moving_the_head_needs_the_secret(house, five):
    """Whoever has the file alone cannot sign the new end."""
    with Session(house.engine) as session:
        if session.get_bind().dialect.name == "postgresql":
            session.exec(text("SELECT set_config('encaiss.clients', '*', true)"))
        fourth = session.exec(select(Act).where(Act.chain == five, Act.seq == 4)).one().hash
    tamper(
        house,
        five,
        "DELETE FROM act WHERE seq = 5 AND chain = :client",
        f"UPDATE journal_head SET seq = 4, hash = '{fourth}' WHERE chain = :client",
    )
    assert check(house)[five].flaw is Flaw.UNSIGNED


def test_one_clients_journal_says_nothing_about_anothers(house, five):
    other = house.client("baltique", "Baltique NV")
    house.act(other, ActKind.SENT, DAY)
    tamper(house, five, "DELETE FROM act WHERE seq = 2 AND chain = :client")
    found = check(house)
    assert found[five].flaw is Flaw.REMOVED
    assert found[other].flaw is None
    assert found[journal.AGENCY_CHAIN].flaw is None


def test_what_is_written_after_a_damage_does_not_hide_it(house, five):
    tamper(house, five, "DELETE FROM act WHERE seq = 2 AND chain = :client")
    house.act(five, ActKind.SENT, DAY)
    assert check(house)[five].flaw is Flaw.REMOVED


def test_a_transaction_that_fails_leaves_the_chain_as_it_was(house, five):
    def fail(work):
        work.journal.record(ActKind.SENT, day=DAY, client_id=five)
        raise RuntimeError

    with pytest.raises(RuntimeError), house.wiring.begin(HOUSE) as work:
        fail(work)
    house.act(five, ActKind.SENT, DAY)
    assert (check(house)[five].flaw, check(house)[five].entries) == (None, 6)
