"""How long personal data is kept: what may be chosen, and what goes by itself once its time is over."""

from datetime import UTC, date, datetime

import pytest
from sqlmodel import Session, select

from encaiss_dashboard import jobs
from encaiss_dashboard.domain.errors import NotAllowed, Unreadable
from encaiss_dashboard.domain.permissions import HOUSE, Role
from encaiss_dashboard.domain.retention import RULES, Keep
from encaiss_dashboard.services import imports
from encaiss_dashboard.services.privacy import retention
from encaiss_dashboard.services.privacy.purge import Past, purge
from encaiss_dashboard.services.privacy.retention import KeptTooLong, KeptTooShort
from encaiss_dashboard.storage import accounts, records
from encaiss_dashboard.storage.journal import verify

CSV = (
    b"Num\xc3\xa9ro;Client;Date;\xc3\x89ch\xc3\xa9ance;Total\nU-1;Moulin Clair;01/09/2026;01/10/2026;10,00\n"
)


@pytest.fixture
def client(house):
    return house.client("ardenne")


@pytest.fixture
def owner(house, client):
    return house.user(Role.OWNER, "ardenne")


@pytest.fixture
def administrator(house):
    return house.user(Role.ADMINISTRATOR)


@pytest.fixture
def moulin(written_to, client):
    return written_to(client)


def rows(house, table):
    with Session(house.engine) as session:
        return list(session.exec(select(table).order_by(table.id)))


def is_whole(house):
    with house.wiring.begin(HOUSE, write=False) as work:
        return not [chain for chain in verify(work.session, work.sign) if chain.flaw]


# Periods


def test_an_administrator_chooses_periods_and_the_journal_says_so(house, wiring, administrator):
    house.client()
    with wiring.begin(administrator) as work:
        assert retention.change(work, None, {"messages": 36, "files": 24})
    act = rows(house, records.Act)[-1]
    assert (act.kind, act.facts) == (
        "retention_changed",
        {"before": {"messages": 120}, "after": {"messages": 36}},
    )
    with wiring.begin(administrator) as work:
        assert not retention.change(work, None, {"messages": 36})
        assert retention.periods(work)[Keep.MESSAGES] == 36


@pytest.mark.parametrize("keep", Keep)
def test_no_period_is_below_what_the_law_asks_for_nor_beyond_any_need(house, wiring, administrator, keep):
    house.client()
    before = house.dump()
    for value, refused in ((RULES[keep].minimum - 1, KeptTooShort), (RULES[keep].maximum + 1, KeptTooLong)):
        with pytest.raises(refused) as refusal, wiring.begin(administrator) as work:
            retention.change(work, None, {keep.value: value})
        assert "art." in refusal.value.facts["law"]
    assert house.dump() == before


def test_nobody_else_chooses_periods(wiring, owner, administrator):
    with pytest.raises(NotAllowed), wiring.begin(owner) as work:
        retention.change(work, None, {"messages": 36})
    with pytest.raises(Unreadable), wiring.begin(administrator) as work:
        retention.change(work, None, {"everything": 1})


# What is past its time


@pytest.fixture
def old(house, wiring, owner, client, moulin, clock):
    """Something of every kind, twelve years old, and something of every kind from today."""
    today = clock.now
    for at in (datetime(2014, 5, 5, tzinfo=UTC), today):
        clock.now = at
        house.add(accounts.LoginAttempt(at=at, account="x", address="192.0.2.1", outcome="wrong"))
        house.session(f"{Role.OWNER}@ardenne.example", f"token {at}")
        mail = accounts.AccountMail(
            kind="password_changed", to="x@y.example", nonce="n", created_at=at, sent_at=at
        )
        house.add(mail)
        named = {"client_id": client, "name": str(at), "digest": str(at), "ending": "9xYz"}
        house.add(accounts.ApiToken(**named, created_at=at, revoked_at=at))
        told = {"client_id": client, "digest": "x", "status": 200, "answer": {}}
        house.add(accounts.ApiRequest(**told, key=str(at), at=at))
        with wiring.begin(owner) as work:
            imports.receive(work, client, "waits.csv", CSV)
            imports.accept(
                work,
                client,
                imports.receive(work, client, "taken.csv", CSV.replace(b"U-1", str(at).encode())),
            )
    clock.now = today
    for row in rows(house, records.OutboxMessage):
        with Session(house.engine) as session, session.begin():
            session.get(records.OutboxMessage, row.id).created_at = datetime(2014, 5, 5, tzinfo=UTC)
    closed = records.Debtor(
        client_id=client, name="Vieux", match_key="vieux", created_at=datetime(2010, 1, 1, tzinfo=UTC)
    )
    return house.add(closed)


EXPECTED = {
    Past.ATTEMPTS: 1,
    Past.SESSIONS: 2,  # and a key that was taken back
    Past.MAILS: 1,
    Past.UPLOADS: 1,
    Past.FILES: 1,
    Past.REPLIES: 0,
    Past.MESSAGES: 0,  # its debtor owes what was imported just now
    Past.DEBTORS: 1,
    Past.ANSWERS: 1,
}


def test_a_dry_run_removes_nothing(house, wiring, old):
    before = house.dump()
    assert jobs.purge(wiring, dry_run=True) == EXPECTED
    assert house.dump() == before


def test_what_is_past_its_time_goes_once_and_the_rest_stays(house, wiring, old):
    assert jobs.purge(wiring) == EXPECTED
    after = house.dump()
    assert jobs.purge(wiring) == dict.fromkeys(Past, 0)
    assert house.dump() == after
    assert len(rows(house, accounts.LoginAttempt)) == 1
    assert len(rows(house, accounts.LoginSession)) == 1
    assert len(rows(house, accounts.AccountMail)) == 1
    assert len(rows(house, accounts.ApiToken)) == 1
    assert len(rows(house, accounts.ApiRequest)) == 1
    assert len(rows(house, records.ImportBatch)) == 3
    assert rows(house, records.Debtor)[-1].name.startswith("Débiteur effacé")
    assert is_whole(house)


def test_the_content_of_a_removed_file_is_gone_and_its_row_stays(wiring, old, house):
    jobs.purge(wiring)
    kept = {batch.id: batch for batch in rows(house, records.ImportBatch)}
    assert list(wiring.store.kept()) == ["batch-3", "batch-4"]
    assert not [key for key in (1, 2) if wiring.store.path(f"batch-{key}").exists()]
    assert kept[2].digest
    assert 1 not in kept


def test_the_text_of_an_old_message_goes_when_nothing_is_owed(house, wiring, client, moulin, clock):
    clock.set(date(2036, 11, 30))
    assert jobs.purge(wiring)[Past.MESSAGES] == 1
    (message,) = rows(house, records.OutboxMessage)
    assert (message.subject, message.body_text, message.body_html) == ("", "", "")
    assert message.sent_at


def test_a_closed_debtor_keeps_its_name_to_the_last_day_of_the_law(house, wiring, client, moulin, clock):
    clock.set(date(2036, 12, 31))
    assert jobs.purge(wiring)[Past.DEBTORS] == 0
    clock.set(date(2037, 1, 1))
    assert jobs.purge(wiring)[Past.DEBTORS] == 1
    assert rows(house, records.Act)[-1].kind == "erased"


def test_only_the_house_removes(wiring, administrator):
    for what in Past:
        with pytest.raises(NotAllowed), wiring.begin(administrator) as work:
            purge(work, what)


def test_the_night_removes_what_is_past_its_time(house, wiring, old, clock):
    clock.now = datetime(2026, 11, 22, 0, 30, tzinfo=UTC)
    nightly = jobs.Nightly(wiring)
    clock.now = datetime(2026, 11, 22, 1, 30, tzinfo=UTC)
    nightly.turn()
    assert jobs.purge(wiring, dry_run=True) == dict.fromkeys(Past, 0)
