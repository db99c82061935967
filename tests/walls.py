"""Reading as the house itself does, past the second wall of PostgreSQL (row level security)."""

from typing import Any

from sqlalchemy import Engine, MetaData, event, select


def as_house(engine: Engine) -> Engine:
    """The same connections, whose transactions see every row of PostgreSQL as the house itself does."""
    free = engine.execution_options()
    if engine.dialect.name == "postgresql":

        @event.listens_for(free, "begin")
        def _everywhere(connection: Any) -> None:
            connection.exec_driver_sql("SELECT set_config('encaiss.clients', '*', true)")

    return free


_reflected: dict[str, MetaData] = {}


def dump(engine: Engine) -> dict[str, list[Any]]:
    """Every row of every table that there really is: asked for once of each kind of database.

    When a session was last used is left out: that is written down whenever some minutes have passed.
    """
    metadata = _reflected.setdefault(engine.dialect.name, MetaData())
    if not metadata.tables:
        metadata.reflect(engine)
    with as_house(engine).connect() as connection:
        return {
            name: sorted(
                map(repr, connection.execute(select(*(one for one in table.c if one.name != "seen_at"))))
            )
            for name, table in metadata.tables.items()
        }
