"""Migrations: up, down and up again on both databases, and nothing that they forgot."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import inspect

from encaiss_dashboard.storage.engine import make_engine
from encaiss_dashboard.storage.records import Record
from encaiss_dashboard.wiring import migrate

ALEMBIC = Path(__file__).resolve().parents[2] / "alembic" / "alembic.ini"


def config_for(url):
    config = Config(ALEMBIC)
    config.attributes["url"] = url
    return config


def tables_of(url):
    engine = make_engine(url)
    names = set(inspect(engine).get_table_names())
    engine.dispose()
    return names


def test_the_migrations_make_exactly_the_tables_of_the_code(database):
    """`alembic check` compares names, types, keys and indexes, and raises where they differ."""
    command.check(config_for(database))
    assert tables_of(database) == {*Record.metadata.tables, "alembic_version"}


def test_migrations_go_down_to_nothing_and_up_again(database):
    command.downgrade(config_for(database), "base")
    assert tables_of(database) == {"alembic_version"}
    migrate(database)
    command.check(config_for(database))


def test_migrating_twice_changes_nothing(house, database):
    client_id = house.client()
    before = house.dump()
    migrate(database)
    assert house.dump() == before
    assert client_id == 1
