"""Connections: SQLite with its safety switched on, or PostgreSQL."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlmodel import Session


def make_engine(url: str) -> Engine:
    """An engine for a SQLAlchemy URL; ``postgresql://`` means the psycopg 3 driver.

    SQLite: write-ahead log, foreign keys on, 10 s busy timeout. A transaction that will write begins
    IMMEDIATE (execution option ``sqlite_begin``): a reader that turns into a writer would otherwise
    fail at once instead of waiting its turn.
    """
    parsed = make_url(url)
    if parsed.drivername in {"postgresql", "postgres"}:
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() != "sqlite":
        return create_engine(parsed, pool_pre_ping=True)
    if parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(parsed, connect_args={"timeout": 10, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # pysqlite would otherwise begin transactions on its own
        for pragma in ("journal_mode=WAL", "foreign_keys=ON", "busy_timeout=10000", "synchronous=NORMAL"):
            connection.execute(f"PRAGMA {pragma}")
        # SQLite's own knows no letter with an accent, and a search for "été" has to find "Été".
        connection.create_function("lower", 1, _lower, deterministic=True)

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        mode = connection.get_execution_options().get("sqlite_begin", "DEFERRED")
        connection.exec_driver_sql(f"BEGIN {mode}")

    return engine


def restrict(
    session: Session,
    clients: Collection[int],
    *,
    everywhere: bool,
    user_id: int | None = None,
) -> None:
    """Tell PostgreSQL whose rows this transaction may touch: the second wall (row level security).

    The policies read both settings, which end with the transaction. SQLite has no such thing.
    """
    if session.get_bind().dialect.name != "postgresql":
        return
    named = "*" if everywhere else ",".join(map(str, sorted(clients)))
    set_both = "SELECT set_config('encaiss.clients', :clients, true), set_config('encaiss.user', :user, true)"
    session.connection().execute(text(set_both), {"clients": named, "user": str(user_id or "")})


@contextmanager
def lifted(
    session: Session,
    clients: Collection[int],
    *,
    everywhere: bool,
    user_id: int | None = None,
) -> Iterator[None]:
    """Let this transaction past the second wall until the block ends, then put :func:`restrict` back.

    In a savepoint, because PostgreSQL takes a setting back with it: a block that fails leaves nothing open.
    """
    if everywhere or session.get_bind().dialect.name != "postgresql":
        yield
        return
    with session.begin_nested():
        restrict(session, (), everywhere=True, user_id=user_id)
        yield
        session.flush()
        restrict(session, clients, everywhere=False, user_id=user_id)
    # What was read inside would otherwise be handed out again without asking the policies.
    session.expire_all()


def role_that_ignores_policies(engine: Engine) -> str:
    """The role that this engine signs in with when row level security does not hold for it, "" when it does.

    PostgreSQL lets superusers and roles with BYPASSRLS through every policy, forced or not. SQLite has
    neither roles nor policies, so there is nothing to be ignored.
    """
    if engine.dialect.name != "postgresql":
        return ""
    ask = text("SELECT rolname FROM pg_roles WHERE rolname = current_user AND (rolsuper OR rolbypassrls)")
    with engine.connect() as connection:
        return str(connection.execute(ask).scalar() or "")


def lock(session: Session, *names: str) -> None:
    """Let only one transaction at a time go on past here for each of these names, until it ends.

    For what must not happen twice at once and has no row of its own to lock. On SQLite one writer at a
    time is the rule anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        for name in names:
            taken = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")
            session.connection().execute(taken, {"name": name})


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value
