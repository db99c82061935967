"""Every service, called by everybody who may not, with somebody else's ids and with nonsense.

A refusal is the only answer to a plausible call, nothing of the client comes back, nothing of it changes.
"""

import inspect
import shutil
import sqlite3
from dataclasses import dataclass, replace

import pytest
from aims import furnish
from every_service import FUNCTIONS, calls, not_of, parameters, plain, rows, values
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from encaiss_dashboard.domain.errors import NotAllowed, Refusal
from encaiss_dashboard.domain.permissions import HOUSE, Actor, Role
from encaiss_dashboard.services.accounts import team
from encaiss_dashboard.storage.records import Record
from encaiss_dashboard.storage.sessions import roles_of

# Only the house itself calls these: jobs, the command line, and the routes of signing in, which
# first find out who asks.
HOUSE_ONLY = {
    "accounts.factors.give_to_demo",
    "accounts.links.accept",
    "accounts.links.ask_reset",
    "accounts.links.confirm_email",
    "accounts.links.look",
    "accounts.links.reset",
    "accounts.mails.hand_over",
    "accounts.mails.settle",
    "accounts.mails.waiting",
    "accounts.signing.attempt",
    "accounts.signing.check",
    "accounts.signing.open_session",
    "accounts.signing.settle",
    "accounts.signing.sign_out",
    "agencies.client_id",
    "agencies.identify",
    "agencies.slugs",
    "inbound.bookmark",
    "inbound.failed",
    "inbound.file",
    "inbound.reached",
    "inbound.turn",
    "journals.verify",
    "nights.begin",
    "nights.end",
    "nights.tonight",
    "people.add_user",
    "people.user_id",
    "privacy.erasure.past_time",
    "privacy.purge.purge",
    "tokens.note",
    "tokens.whose",
}
# What these say is nobody's: a hash of what was typed, whether there is an agency, an account, how long
# the agency keeps what.
NOBODYS = {
    "accounts.signing.hashed",
    "agencies.is_made_up",
    "people.anybody",
    "privacy.retention.periods",
}
# How a call with wrong types may end: as nobody wrote a handler that passes them on.
BROKEN = (TypeError, ValueError, AttributeError, LookupError, AssertionError, SQLAlchemyError)
PEOPLE = ("stranger", "reader", "other_owner", "ex_member", "manager_of_nothing")


@dataclass
class Stage:
    """Two clients with everything, and the people who try."""

    house: object
    ours: object
    theirs: object
    people: dict[str, Actor]
    read: tuple = ()

    def rows(self):
        """Every row there is; what nobody has written to since they were read is not read again."""
        mark = written(self.house.engine)
        if not self.read or self.read[0] != mark:
            self.read = (mark, rows(self.house))
        return self.read[1]


_apart = {}


def written(engine):
    """What moves with every transaction that wrote: SQLite tells it to connections that write nothing."""
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            return connection.scalar(text("SELECT pg_snapshot_xmax(pg_current_snapshot())::text"))
    path = engine.url.database
    reader = _apart.get(path) or _apart.setdefault(path, sqlite3.connect(path))
    return reader.execute("PRAGMA data_version").fetchone()


def with_people(house):
    ours, theirs = furnish(house, "mosan"), furnish(house, "baltic")
    left = house.user(Role.ACCOUNTANT, "mosan", "left@mosan.example", "Somebody who left")
    with house.wiring.begin(HOUSE) as work:
        team.remove(work, ours.client_id, left.user_id)
    with house.wiring.begin(HOUSE, write=False) as work:
        left = replace(left, roles=roles_of(work.session, left.user_id))
    assert not left.roles
    manager = house.user(Role.CASE_MANAGER, None, "manager@agency.example", "Case manager")
    people = {
        "stranger": Actor(None, "Nobody"),
        "reader": house.user(Role.READER, "mosan", "reader2@mosan.example", "Another reader"),
        "other_owner": theirs.owner,
        "ex_member": left,
        "manager_of_nothing": replace(manager, roles={}),
    }
    return Stage(house, ours, theirs, people)


@pytest.fixture(scope="module")
def shared(tmp_path_factory, sqlite_template, make_house):
    """One furnished house for the whole walk: what changed nothing leaves it as it was."""
    path = tmp_path_factory.mktemp("walk") / "encaiss.db"
    shutil.copyfile(sqlite_template, path)
    house = make_house(f"sqlite:///{path}", path.parent)
    yield with_people(house)
    house.wiring.engine.dispose()


def clients_for(who, stage):
    """Whose ids are given as the client's: the other owner also hides somebody's records behind its own."""
    mine = [stage.theirs.client_id] if who == "other_owner" else []
    return [*mine, stage.ours.client_id, None]


def attempt(stage, name, who, asked, *, plausible):
    """What comes back of one call, be it the answer or the words of what it raised."""
    try:
        with stage.house.wiring.begin(stage.people[who]) as work:
            return plain(FUNCTIONS[name](work, **asked))
    except Refusal as refusal:
        return repr(refusal)
    except BROKEN as error:
        if plausible:
            raise AssertionError(f"{name} broke on {asked}") from error
        # Handlers check types first; what came past them may break, as long as nothing changes.
        return repr(error)


def walk(stage, name, who, *, every=True):
    actor, ours = stage.people[who], stage.ours
    private = ours.mark if who != "reader" else stage.theirs.mark
    spared = [stage.theirs.client_id] if who == "other_owner" else []
    before = not_of(actor.user_id, stage.rows(), spared)
    for number, (asked, plausible) in enumerate(calls(name, ours, clients_for(who, stage))):
        if not every and number % 7:
            continue
        handed = " ".join(plain(value) for value in asked.values())
        said = attempt(stage, name, who, asked, plausible=plausible)
        assert private not in said or private in handed, f"{name} told {who} for {asked}: {said[:300]}"
    assert not_of(actor.user_id, stage.rows(), spared) == before


@pytest.mark.parametrize("name", FUNCTIONS)
def test_who_may_not_gets_nothing_and_changes_nothing(shared, name):
    for who in PEOPLE:
        walk(shared, name, who)


def test_whatever_is_written_between_two_looks_is_seen(house):
    client_id = house.client("mosan")
    stage = Stage(house, None, None, {})
    looks = [stage.rows(), stage.rows()]
    house.debtor(client_id, "Moulin Clair SA")
    looks.append(stage.rows())
    with house.engine.begin() as connection:
        connection.execute(text("UPDATE debtor SET city = 'Ciney'"))
    looks.append(stage.rows())
    with house.engine.begin() as connection:
        connection.execute(text("DELETE FROM debtor"))
    looks.append(stage.rows())
    assert looks[0] is looks[1]
    assert [[row["city"] for row in one["debtor"]] for one in looks[1:]] == [[], [""], ["Ciney"], []]


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_nor_on_postgresql(house):
    stage = with_people(house)
    for name in FUNCTIONS:
        for who in PEOPLE:
            walk(stage, name, who, every=False)


@pytest.mark.parametrize("name", sorted(HOUSE_ONLY))
def test_what_only_the_house_may_do_nobody_else_may(shared, name):
    administrator = Actor(10**6, "Administrator", agency_role=Role.ADMINISTRATOR)
    asked, _ = next(calls(name, shared.ours, [shared.ours.client_id]))
    for actor in (*shared.people.values(), administrator):
        with pytest.raises(NotAllowed), shared.house.wiring.begin(actor) as work:
            FUNCTIONS[name](work, **asked)


def test_whoever_has_no_account_is_refused_by_every_service_that_knows_something(shared):
    """A stranger has no own account either: what does not refuse is about nobody, or finds nothing."""
    answers = {}
    for name in set(FUNCTIONS) - NOBODYS:
        asked, _ = next(calls(name, shared.ours, [shared.ours.client_id]))
        try:
            with shared.house.wiring.begin(shared.people["stranger"]) as work:
                answers[name] = plain(FUNCTIONS[name](work, **asked))
        except Refusal:
            continue
    assert answers == {
        "accounts.signing.end_other_sessions": "0",
        "accounts.signing.own_sessions": "",
        "people.choose_language": "None",
        "people.client_ids": "",
    }


def test_every_table_that_can_name_a_client_holds_a_row_of_it(shared):
    """Or else the walk would look for something that is not there."""
    every = rows(shared.house)
    named = {
        name: [row for row in every[name] if row.get("client_id") == shared.ours.client_id]
        for name, table in Record.metadata.tables.items()
        if "client_id" in table.columns
    }
    # A session names the client it looks at only after somebody chose.
    assert {name for name, some in named.items() if not some} <= {"login_session"}


def test_the_services_do_answer_whom_they_should(shared):
    """The same calls by the client's own owner: the mark that the walk looks for is what comes back."""
    telling = set()
    for name in FUNCTIONS:
        for asked, plausible in calls(name, shared.ours, [shared.ours.client_id]):
            if not plausible:
                continue
            owner = shared.ours.owner
            try:
                with shared.house.wiring.begin(owner, write=False) as work:
                    said = plain(FUNCTIONS[name](work, **asked))
                    work.session.rollback()
            except (Refusal, *BROKEN):
                continue
            if shared.ours.mark in said:
                telling.add(name)
                break
    assert {
        "debtors.find",
        "debtors.file",
        "exports.make",
        "imports.preview",
        "accounts.team.team",
    } <= telling
    assert len(telling) > 12


def test_a_parameter_that_nobody_thought_of_fails_the_walk(shared):
    def tomorrow(work, client_id, unheard_of):
        """A service of tomorrow."""

    [_, unknown] = parameters(tomorrow)
    assert unknown.default is inspect.Parameter.empty
    with pytest.raises(AssertionError, match="say in tests/asked"):
        values(tomorrow, unknown, shared.ours)
