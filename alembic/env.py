"""Runs migrations on the database of the settings, comparing types as well as names."""

from alembic import context
from sqlalchemy import text
from sqlalchemy.engine import Connection
from sqlmodel.sql.sqltypes import AutoString

from encaiss_dashboard.settings import settings
from encaiss_dashboard.storage import accounts, records  # noqa: F401 - registers their tables
from encaiss_dashboard.storage.base import Record, Utc
from encaiss_dashboard.storage.engine import make_engine


def render_item(kind: str, item: object, _autogen: object) -> str | bool:
    """Migrations name plain SQL types only, so that an old one outlives our type classes."""
    if kind == "type" and isinstance(item, Utc):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, AutoString):
        return "sa.String()"
    return False


def run(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        # The policies hold for migrations too: one that changes rows would find none.
        connection.execute(text("SELECT set_config('encaiss.clients', '*', true)"))
    context.configure(
        connection=connection,
        target_metadata=Record.metadata,
        compare_type=True,
        render_as_batch=True,
        render_item=render_item,
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    # Of a transaction that does more than migrating, and that its owner commits.
    run(given)
else:
    engine = make_engine(context.config.attributes.get("url", settings.database_url))
    with engine.begin() as connection:
        run(connection)
    engine.dispose()
