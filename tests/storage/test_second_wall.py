"""Row level security: with every right of the services gone, PostgreSQL still keeps clients apart."""

from contextlib import suppress
from dataclasses import dataclass, replace

import pytest
from aims import furnish
from click.testing import CliRunner
from every_service import FUNCTIONS, calls, has_client, not_of, plain, rows
from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, ProgrammingError

from encaiss_dashboard import wiring as house_wiring
from encaiss_dashboard.cli.commands import encaiss
from encaiss_dashboard.domain.errors import NotAllowed
from encaiss_dashboard.domain.permissions import HOUSE, Actor, Role
from encaiss_dashboard.services.accounts import erasing
from encaiss_dashboard.storage.base import Record
from encaiss_dashboard.storage.journal import ActKind, By

TABLES = Record.metadata.tables
OF_CLIENTS = sorted(filter(has_client, TABLES))
ON_POSTGRESQL = pytest.mark.parametrize("database", ["postgresql"], indirect=True)
ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
WALLED = """
    SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
    AND relrowsecurity AND relforcerowsecurity
    AND EXISTS (SELECT 1 FROM pg_policies WHERE schemaname = 'public' AND tablename = relname)
"""


@dataclass(frozen=True, slots=True)
class Unchecked(Actor):
    """Somebody whom every service believes to be the house, with the clients of its own roles only."""

    @property
    def everywhere(self):
        return False

    @property
    def administers(self):
        return True

    def may(self, action, client_id):
        return True


@pytest.fixture
def ours(house):
    return furnish(house, "mosan")


@pytest.fixture
def theirs(house):
    return furnish(house, "baltic")


@pytest.fixture
def intruder(theirs):
    return Unchecked(theirs.owner.user_id, "Intruder", roles=theirs.owner.roles, house=True)


def owner_column(table):
    return table.c.id if table.name == "client" else table.c.client_id


# ---------------------------------------------------------------- no WHERE at all


@ON_POSTGRESQL
@pytest.mark.parametrize("name", OF_CLIENTS)
def test_a_read_without_any_condition_finds_the_own_clients_rows_only(wiring, ours, theirs, intruder, name):
    with wiring.begin(intruder, write=False) as work:
        found = work.session.execute(TABLES[name].select()).mappings().all()
    told = repr(found)
    assert ours.mark not in told
    assert "mosan" not in told
    assert all(row[owner_column(TABLES[name]).name] in {theirs.client_id, None} for row in found)
    assert found


@ON_POSTGRESQL
@pytest.mark.parametrize("name", OF_CLIENTS)
def test_a_write_without_any_condition_leaves_other_clients_rows_alone(
    house, wiring, ours, theirs, intruder, name
):
    table = TABLES[name]
    owner = owner_column(table)
    before = rows(house)
    kept = next(iter([*(row for row in before[name] if row[owner.name] == ours.client_id), before[name][0]]))
    copy = {key: value for key, value in kept.items() if key != "id"} | {owner.name: ours.client_id}
    for change in (
        update(table).values({owner: owner}),
        update(table).where(owner == ours.client_id).values({owner: theirs.client_id}),
        update(table).where(owner == theirs.client_id).values({owner: ours.client_id}),
        delete(table).where(owner == ours.client_id),
        insert(table).values(copy),
    ):
        with suppress(DBAPIError), wiring.begin(intruder) as work:
            work.session.execute(change)
    unmoved = not_of(theirs.owner.user_id, before, [theirs.client_id])
    assert not_of(theirs.owner.user_id, rows(house), [theirs.client_id]) == unmoved


@ON_POSTGRESQL
@pytest.mark.parametrize("name", OF_CLIENTS)
def test_a_row_for_another_client_is_refused_by_the_policy_itself(house, wiring, ours, intruder, name):
    """Not by a key that happens to be taken: the policy is looked at first."""
    table = TABLES[name]
    kept = dict(rows(house)[name][0])
    kept |= {owner_column(table).name: ours.client_id, "user_id": ours.ids["user_id"]}
    kept = {key: value for key, value in kept.items() if key in table.columns}
    if name == "login_session":
        kept["digest"] = "made up"
    with (
        pytest.raises(ProgrammingError, match="row-level security"),
        wiring.begin(intruder) as work,
    ):
        work.session.execute(insert(table).values(kept))


# ---------------------------------------------------------------- accounts


@ON_POSTGRESQL
@pytest.mark.parametrize("name", ["app_user", "login_session", "second_factor", "recovery_code"])
def test_how_other_clients_people_sign_in_is_not_there(wiring, ours, theirs, name):
    table = TABLES[name]
    key = table.c.id if name == "app_user" else table.c.user_id
    with wiring.begin(theirs.owner, write=False) as work:
        found = set(work.session.scalars(select(key)))
    assert theirs.owner.user_id in found
    assert ours.owner.user_id not in found


@ON_POSTGRESQL
def test_a_colleagues_sign_in_is_seen_by_the_team_and_changed_by_nobody(house, wiring, ours):
    reader = house.user(Role.READER, "mosan", "another@mosan.example")
    with wiring.begin(reader) as work:
        for name in ("app_user", "login_session", "second_factor"):
            table = TABLES[name]
            key = table.c.id if name == "app_user" else table.c.user_id
            theirs = key == ours.owner.user_id
            assert work.session.scalar(select(func.count()).select_from(table).where(theirs)) == 1
            assert work.session.execute(delete(table).where(theirs)).rowcount == 0
            assert work.session.execute(update(table).where(theirs).values({key: key})).rowcount == 0
        assert not work.session.execute(TABLES["recovery_code"].select()).all()
        assert not work.session.execute(TABLES["login_attempt"].select()).all()


@ON_POSTGRESQL
def test_an_act_on_the_own_account_is_seen_by_that_person_alone(house, wiring, ours, theirs):
    act = TABLES["act"]
    own = act.select().where(act.c.client_id.is_(None), act.c.kind == "signed_in")
    for aim in (ours, theirs):
        with wiring.begin(HOUSE) as work:
            work.journal.record(ActKind.SIGNED_IN, day=work.today, by=By(aim.owner.user_id, aim.mark))
    for aim in (ours, theirs):
        with wiring.begin(aim.owner, write=False) as work:
            assert {row.user_id for row in work.session.execute(own)} == {aim.owner.user_id}
    with pytest.raises(ProgrammingError, match="row-level security"), wiring.begin(theirs.owner) as work:
        work.journal.record(ActKind.SIGNED_IN, day=work.today, by=By(ours.owner.user_id, ours.mark))


# ---------------------------------------------------------------- fail closed


@ON_POSTGRESQL
def test_a_transaction_that_does_not_say_for_whom_it_is_sees_the_agencys_name_alone(wiring, ours):
    """Also on a connection that the house itself has used just before."""
    for _ in range(3):
        with wiring.begin(HOUSE, write=False) as work:
            assert work.session.execute(TABLES["client"].select()).all()
        with wiring.engine.connect() as connection:
            found = {name for name, table in TABLES.items() if connection.execute(table.select()).all()}
        assert found == {"agency"}


@ON_POSTGRESQL
def test_a_person_without_any_client_sees_no_row_of_a_client(house, wiring, ours):
    with wiring.begin(Actor(10**6, "Nobody"), write=False) as work:
        for name in OF_CLIENTS:
            assert not work.session.execute(TABLES[name].select()).all()


@ON_POSTGRESQL
def test_every_table_has_its_policy_and_the_owner_of_the_tables_obeys_it(wiring):
    """A table of tomorrow too: its migration has to enable, force and write one."""
    with wiring.engine.begin() as connection:
        assert set(connection.scalars(text(WALLED))) == set(TABLES)
        connection.execute(text("CREATE TABLE tomorrow (client_id int)"))
        connection.execute(text("ALTER TABLE tomorrow ENABLE ROW LEVEL SECURITY"))
        connection.execute(text("CREATE POLICY p ON tomorrow USING (true)"))
        assert "tomorrow" not in set(connection.scalars(text(WALLED)))


# ---------------------------------------------------------------- every service, unchecked


def broken_into(house, intruder, ours, theirs):
    """Names of the services that told or changed something of another client."""
    told, changed = set(), set()
    before = not_of(theirs.owner.user_id, rows(house), [theirs.client_id])
    for name in FUNCTIONS:
        for asked, plausible in calls(name, ours, [ours.client_id, theirs.client_id]):
            if not plausible:
                continue
            said = ""
            with suppress(Exception), house.wiring.begin(intruder) as work:
                said = plain(FUNCTIONS[name](work, **asked))
            if ours.mark in said and ours.mark not in " ".join(map(plain, asked.values())):
                told.add(name)
        after = not_of(theirs.owner.user_id, rows(house), [theirs.client_id])
        if after != before:
            changed.add(name)
            before = after
    return told, changed


@ON_POSTGRESQL
def test_with_every_check_of_the_services_gone_nothing_comes_out_and_nothing_changes(
    house, ours, theirs, intruder
):
    assert broken_into(house, intruder, ours, theirs) == (set(), set())


@ON_POSTGRESQL
def test_who_left_another_client_is_neither_listed_nor_erased_when_any_owner_may_everything(
    house, ours, theirs, intruder
):
    """The step that erases whoever left goes behind the wall: it must not be the way through it."""

    class Owner(Unchecked):
        administers = False

    owner = Owner(intruder.user_id, "Intruder", roles=intruder.roles)
    before = house.dump()
    with house.wiring.begin(owner) as work:
        assert erasing.left(work, ours.client_id) == ()
        for client_id in (ours.client_id, theirs.client_id):
            with pytest.raises(NotAllowed):
                erasing.erase_account(work, client_id, ours.ids["gone_id"])
    assert house.dump() == before


@ON_SQLITE
def test_without_the_second_wall_the_same_intruder_gets_everywhere(house, ours, theirs, intruder):
    """Or else the test above would hold of an intruder who asks for nothing."""
    told, changed = broken_into(house, intruder, ours, theirs)
    assert len(told) > 15
    assert len(changed) > 15
    assert {"accounts.erasing.erase_account", "privacy.erasure.erase", "privacy.retention.change"} <= changed
    assert {"privacy.bundle.export_debtor", "privacy.holdings.find"} <= told


# ---------------------------------------------------------------- roles that ignore it


def said_by(settings, role, *command):
    """What a command says on stderr when it signs in as this role."""
    url = make_url(settings.database_url).set(username=role).render_as_string(hide_password=False)
    wired = house_wiring.build(replace(settings, database_url=url, demo=False))
    result = CliRunner().invoke(encaiss, [*command, "--json"], obj=wired)
    wired.engine.dispose()
    assert result.exit_code == 0, result.output
    return result.stderr


@ON_POSTGRESQL
@pytest.mark.parametrize(
    "lang, sentence",
    [("fr", "une seconde fois"), ("nl", "een tweede keer"), ("en", "does not keep clients apart")],
)
@pytest.mark.parametrize("command", [("migrate",), ("worker", "--once")])
def test_a_role_that_ignores_the_policies_is_told_so(settings, command, lang, sentence):
    warned = said_by(settings, "postgres", *command, "--lang", lang)
    assert sentence in warned
    assert "postgres" in warned
    assert not said_by(settings, "encaiss", *command, "--lang", lang)
