"""An account that is erased: nobody can sign in with it, nothing names the person but what it signed."""

from dataclasses import replace

import pytest
from sqlmodel import Session, select

from encaiss_dashboard.domain.errors import NotAllowed, NotFound
from encaiss_dashboard.domain.permissions import HOUSE, Role
from encaiss_dashboard.services.accounts import erasing, mails, signing, team
from encaiss_dashboard.services.accounts.colleagues import LastAdministrator
from encaiss_dashboard.services.accounts.erasing import AccountErased
from encaiss_dashboard.services.accounts.signing import WrongPassword
from encaiss_dashboard.services.accounts.team import ClientsDecision, LastOwner
from encaiss_dashboard.services.privacy import bundle
from encaiss_dashboard.storage import accounts, records
from encaiss_dashboard.storage.journal import verify

PASSWORD = "correct horse battery"
MAIL, NAME = "lea@ardenne.example", "Léa Lecteur"


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
def lea(house, wiring, client):
    """A reader who signed in, once wrongly, has a second factor, and was written to."""
    actor = house.user(Role.READER, "ardenne", MAIL, NAME)
    house.session(MAIL, "cookie")
    now = house.clock()
    with wiring.begin(HOUSE) as work:
        signing.attempt(work, MAIL, "192.0.2.7")
        user = work.session.get_one(accounts.User, actor.user_id)
        mails.notify(work, user, "password_changed")
        for login in work.session.exec(select(accounts.LoginSession)):
            login.address, login.agent = "192.0.2.7", "Browser of Léa"
    house.add(accounts.SecondFactor(user_id=actor.user_id, nonce="n", created_at=now, confirmed_at=now))
    house.add(accounts.RecoveryCode(user_id=actor.user_id, nonce="n", created_at=now))
    return actor


def kept(work):
    """The hash of the person's password, as the check of it hands it over."""
    user = work.session.get(accounts.User, work.actor.user_id) if work.actor.user_id else None
    return user.password_hash if user else ""


def erase(wiring, actor, client, user_id):
    with wiring.begin(actor) as work:
        if actor.user_id == user_id:
            erasing.erase_own(work, client, kept(work))
        else:
            erasing.erase_account(work, client, user_id)


def test_an_open_session_alone_erases_nobody(house, wiring, client, lea):
    before = house.dump()
    with pytest.raises(WrongPassword), wiring.begin(lea) as work:
        erasing.erase_own(work, client, "another hash")
    with pytest.raises(NotAllowed), wiring.begin(HOUSE) as work:
        erasing.erase_own(work, client, kept(work))
    with pytest.raises(NotAllowed), wiring.begin(lea) as work:
        erasing.erase_account(work, client, lea.user_id)
    assert house.dump() == before


def test_the_person_itself_leaves_no_trace_but_in_the_journal(house, wiring, client, owner, lea):
    erase(wiring, lea, client, lea.user_id)
    for table, some in house.dump().items():
        for trace in (MAIL, NAME, "Léa", "192.0.2.7"):
            if table != "act":
                assert trace not in " ".join(some), f"{trace} in {table}"
    with Session(house.engine) as session:
        user = session.get_one(accounts.User, lea.user_id)
        assert user.erased_at
        assert user.disabled_at
        assert not user.password_hash
        assert not session.exec(select(accounts.SecondFactor)).all()
        assert not session.exec(select(accounts.RecoveryCode)).all()
        act = session.exec(select(records.Act).order_by(records.Act.id.desc())).first()
    assert (act.kind, act.user_id, act.facts["account"]) == ("erased", lea.user_id, lea.user_id)
    assert NAME not in repr((act.actor, act.facts, act.shown))
    with wiring.begin(HOUSE, write=False) as work:
        assert not [chain for chain in verify(work.session, work.sign) if chain.flaw]


def test_nobody_signs_in_with_it_any_more(wiring, client, owner, lea):
    assert wiring.session(wiring.digest("cookie"))
    erase(wiring, lea, client, lea.user_id)
    assert wiring.session(wiring.digest("cookie")) is None
    with wiring.begin(HOUSE, write=False) as work:
        assert signing.check(work, MAIL, PASSWORD) is None
        assert signing.check(work, f"erased-{lea.user_id}@erased.invalid", "") is None
        assert not mails.waiting(work)
        assert MAIL not in repr(team.team(work, client))


def test_an_owner_erases_only_who_has_left(wiring, client, owner, lea):
    with pytest.raises(NotAllowed):
        erase(wiring, owner, client, lea.user_id)
    with wiring.begin(owner) as work:
        team.remove(work, client, lea.user_id)
        assert [one.name for one in erasing.left(work, client)] == [NAME]
    erase(wiring, owner, client, lea.user_id)
    with wiring.begin(owner) as work:
        assert erasing.left(work, client) == ()


def test_who_works_for_another_client_now_has_not_left(house, wiring, client, owner, lea):
    house.client("baltique", "Baltique")
    house.add(
        accounts.Membership(
            client_id=client + 1, user_id=lea.user_id, role=Role.READER.value, created_at=house.clock()
        )
    )
    with wiring.begin(owner) as work:
        team.remove(work, client, lea.user_id)
    before = house.dump()
    with wiring.begin(owner) as work:
        assert erasing.left(work, client) == ()
    with pytest.raises(NotAllowed):
        erase(wiring, owner, client, lea.user_id)
    assert house.dump() == before


@pytest.fixture
def gone(house, wiring, client, owner, lea):
    """Léa, who has left the client; an invitation that once reached her lies there still."""
    facts = {"kind": "invitation", "to": MAIL, "name": NAME, "nonce": "n", "created_at": house.clock()}
    house.add(accounts.AccountMail(client_id=client, user_id=None, **facts))
    with wiring.begin(owner) as work:
        team.remove(work, client, lea.user_id)
    return replace(lea, roles={})


def test_who_has_left_takes_a_copy_of_what_lies_there_still(wiring, client, gone):
    with wiring.begin(gone) as work:
        rows = bundle.export_own(work, client).rows
    assert rows["membership"] == 1
    assert rows["account_mail"] == 2
    assert rows["login_attempt"] == 1


@pytest.mark.parametrize("who", ["gone", "owner"])
def test_who_has_left_is_erased_there_too_and_nobody_elses_row_moves(house, wiring, client, owner, gone, who):
    house.session(f"{Role.OWNER}@ardenne.example", "another cookie")
    house.add(accounts.LoginAttempt(at=house.clock(), account="x", address="192.0.2.8", outcome="wrong"))
    before = house.dump()
    erase(wiring, {"gone": gone, "owner": owner}[who], client, gone.user_id)
    after = house.dump()
    for table, some in after.items():
        assert table == "act" or not [row for row in some if MAIL in row or NAME in row]
    moved = {table: set(before[table]) - set(after[table]) for table in before}
    for table in ("app_user", "second_factor", "recovery_code", "login_session", "login_attempt"):
        assert len(moved.pop(table)) == 1
    assert len(moved.pop("account_mail")) == 2
    assert moved.pop("journal_head")
    assert not any(moved.values())


def test_a_copy_and_an_erasure_leave_the_second_wall_as_it_was(house, wiring, client, owner, gone):
    """What follows in the same transaction sees the own clients again; so does what follows a refusal."""
    elsewhere = house.client("baltique", "Baltique")
    expected = wiring.engine.dialect.name == "sqlite"
    with wiring.begin(owner) as work:
        bundle.export_own(work, client)
        assert bool(work.session.get(records.Client, elsewhere)) is expected
        with pytest.raises(LastOwner):
            erasing.erase_own(work, client, kept(work))
        assert bool(work.session.get(records.Client, elsewhere)) is expected
        with work.past_wall():
            behind = work.session.get(records.Client, elsewhere)
            assert behind is not None
        assert bool(work.session.get(records.Client, elsewhere)) is expected


def test_an_administrator_erases_anybody_but_who_consents_for_a_client(
    house, wiring, client, administrator, owner, lea
):
    erase(wiring, administrator, client, lea.user_id)
    signatory = house.user(Role.SIGNATORY, "ardenne")
    with pytest.raises(ClientsDecision):
        erase(wiring, administrator, client, signatory.user_id)


def test_nobody_else_erases_anybody(house, wiring, client, owner, lea):
    house.client("baltique", "Baltique")
    stranger, reader = house.user(Role.OWNER, "baltique"), house.user(Role.ACCOUNTANT, "ardenne")
    before = house.dump()
    for actor in (stranger, reader):
        for target in (owner.user_id, lea.user_id, 999):
            with pytest.raises(NotAllowed):
                erase(wiring, actor, client, target)
    assert house.dump() == before


def test_neither_the_last_owner_nor_the_last_administrator_goes(house, wiring, client, owner, administrator):
    before = house.dump()
    with pytest.raises(LastOwner):
        erase(wiring, owner, client, owner.user_id)
    with pytest.raises(ClientsDecision):
        erase(wiring, administrator, client, owner.user_id)
    with pytest.raises(LastAdministrator):
        erase(wiring, administrator, client, administrator.user_id)
    assert house.dump() == before


def test_what_is_not_there_or_erased_is_said_so(wiring, client, administrator, owner, lea):
    erase(wiring, lea, client, lea.user_id)
    with pytest.raises(AccountErased):
        erase(wiring, administrator, client, lea.user_id)
    for nobody in (0, -1, 999, 2**40):
        with pytest.raises(NotFound):
            erase(wiring, administrator, client, nobody)
