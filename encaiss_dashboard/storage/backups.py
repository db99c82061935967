"""Every row of every table as lines of JSON, and back: the same lines from SQLite and PostgreSQL.

Tables, columns and keys are read from the database, never named here. A row is an array of its values
in the order of the columns. Integers, texts, truth values and null are themselves; a date is
``YYYY-MM-DD``; a time is UTC, ``YYYY-MM-DD HH:MM:SS.ffffff``; JSON is its text; bytes are base64; a
decimal is its digits. Rows come in the order of the primary key, texts by their bytes, so that equal
tables have equal lines whatever held them.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    Date,
    DateTime,
    Double,
    Engine,
    Float,
    LargeBinary,
    MetaData,
    Numeric,
    String,
    Table,
    Uuid,
    text,
)
from sqlalchemy.exc import IntegrityError

from encaiss_dashboard.domain.backups import Inconsistent

_REVISIONS: Final = "alembic_version"
_ROWS_AT_ONCE: Final = 2000
_PART_BYTES: Final = 1 << 20


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """One transaction that only reads and sees one moment; nobody waits for it."""
    if engine.dialect.name == "postgresql":
        engine = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    with engine.begin() as connection:
        see_everything(connection)
        yield connection


@contextmanager
def filling(engine: Engine) -> Iterator[Connection]:
    """One transaction that fills empty tables and changes them, with the only pen there is.

    SQLite checks no reference meanwhile: a migration that makes a table anew could not drop the old one.
    Whoever fills it checks at the end (:func:`check_references`). https://sqlite.org/lang_altertable.html
    """
    with engine.execution_options(sqlite_begin="IMMEDIATE").connect() as connection:
        checks = connection.connection.driver_connection if connection.dialect.name == "sqlite" else None
        if checks:
            checks.execute("PRAGMA foreign_keys=OFF")  # which does nothing inside a transaction
        try:
            with connection.begin():
                see_everything(connection)
                yield connection
        finally:
            if checks:
                checks.execute("PRAGMA foreign_keys=ON")


def see_everything(connection: Connection) -> None:
    """Let this transaction read and write every client's rows, where the database tells them apart."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT set_config('encaiss.clients', '*', true)"))


def revision(connection: Connection) -> str | None:
    """The revision of the migrations, None where none ever ran."""
    if not connection.dialect.has_table(connection, _REVISIONS):
        return None
    return connection.exec_driver_sql(f"SELECT version_num FROM {_REVISIONS}").scalar()  # noqa: S608 - our name


def tables(connection: Connection) -> dict[str, Table]:
    """The tables as they are, by name, but for that of the revision."""
    metadata = MetaData()
    metadata.reflect(connection)
    return {name: table for name, table in sorted(metadata.tables.items()) if name != _REVISIONS}


def columns(found: dict[str, Table]) -> dict[str, tuple[str, ...]]:
    """The names of their columns, in an order that does not depend on past migrations."""
    return {name: tuple(sorted(table.columns.keys())) for name, table in found.items()}


def filled(connection: Connection, found: dict[str, Table]) -> list[str]:
    """The names of those that hold a row. Nobody adds one to any of them before the transaction ends."""
    quote = connection.dialect.identifier_preparer.quote
    if found and connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"LOCK TABLE {', '.join(map(quote, found))} IN EXCLUSIVE MODE")
    return [
        name
        for name in found
        if connection.exec_driver_sql(f"SELECT 1 FROM {quote(name)} LIMIT 1").first()  # noqa: S608 - reflected
    ]


# ---------------------------------------------------------------- reading


def parts(connection: Connection, table: Table) -> Iterator[tuple[bytes, int]]:
    """The lines of a table in pieces of about a mebibyte, each with the number of its rows."""
    encoders = [_encoder(table.columns[name], connection) for name in sorted(table.columns.keys())]
    dumps = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    lines: list[bytes] = []
    size = 0
    for row in _rows(connection, table):
        line = (
            dumps(
                [
                    value if value is None or encode is None else encode(value)
                    for encode, value in zip(encoders, row, strict=True)
                ]
            ).encode()
            + b"\n"
        )
        lines.append(line)
        size += len(line)
        if size >= _PART_BYTES:
            yield b"".join(lines), len(lines)
            lines, size = [], 0
    if lines:
        yield b"".join(lines), len(lines)


def _rows(connection: Connection, table: Table) -> Iterator[Any]:
    """As the driver gives them: SQLAlchemy's own conversions would lose what is not theirs."""
    quote = connection.dialect.identifier_preparer.quote
    on_postgresql = connection.dialect.name == "postgresql"
    names = sorted(table.columns.keys())
    wanted = [
        f"{quote(name)}::text"
        if on_postgresql and isinstance(table.columns[name].type, JSON)
        else quote(name)
        for name in names
    ]
    keys = list(table.primary_key) or [table.columns[name] for name in names]
    order = [
        f'{quote(key.name)} COLLATE "C"'
        if on_postgresql and isinstance(key.type, String)
        else quote(key.name)
        for key in keys
    ]
    statement = f"SELECT {', '.join(wanted)} FROM {quote(table.name)} ORDER BY {', '.join(order)}"  # noqa: S608 - reflected
    streaming = connection.execution_options(stream_results=True, max_row_buffer=_ROWS_AT_ONCE)
    with streaming.exec_driver_sql(statement) as result:
        for some in result.partitions(_ROWS_AT_ONCE):
            yield from some


def _encoder(column: Column[Any], connection: Connection) -> Callable[[Any], Any] | None:
    kind = column.type
    if isinstance(kind, Boolean):
        return bool
    if isinstance(kind, LargeBinary):
        return lambda value: base64.b64encode(value).decode("ascii")
    if isinstance(kind, Numeric) and not isinstance(kind, Float | Double):
        return lambda value: format(Decimal(str(value)).normalize(), "f")
    # SQLite has no types but numbers and texts, and SQLAlchemy writes those texts as above.
    written: dict[type, Callable[[Any], Any]] = {DateTime: _moment, Date: date.isoformat, Uuid: str}
    if connection.dialect.name == "postgresql":
        return next((encode for of, encode in written.items() if isinstance(kind, of)), None)
    return None


def _moment(value: datetime) -> str:
    utc = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
    return utc.isoformat(" ", "microseconds")


# ---------------------------------------------------------------- writing


@contextmanager
def any_order(connection: Connection, found: dict[str, Table]) -> Iterator[None]:
    """Rows may come before those that they refer to; at the end every reference has to hold.

    Raises:
        IntegrityError: one does not.
    """
    quote = connection.dialect.identifier_preparer.quote
    held = [
        f"ALTER TABLE {quote(name)} ALTER CONSTRAINT {quote(str(key.name))}"
        for name, table in found.items()
        for key in table.foreign_key_constraints
        if not key.deferrable and connection.dialect.name == "postgresql"
    ]
    for alter in held:
        connection.exec_driver_sql(f"{alter} DEFERRABLE INITIALLY DEFERRED")
    yield
    check_references(connection)
    for alter in held:
        connection.exec_driver_sql(f"{alter} NOT DEFERRABLE")


def check_references(connection: Connection) -> None:
    """Whether every row that another refers to is there.

    Raises:
        IntegrityError: one is not.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")
        return
    check = "PRAGMA foreign_key_check"
    if broken := connection.exec_driver_sql(check).first():
        raise IntegrityError(check, None, ValueError(f"FOREIGN KEY constraint failed: {broken.table}"))


def insert(connection: Connection, table: Table, names: Sequence[str], part: bytes) -> None:
    """Add the rows of some lines; ``names`` are the columns of their values, and the table's own.

    Raises:
        Inconsistent: a line is no row of such a table.
    """
    quote = connection.dialect.identifier_preparer.quote
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    decoders = [_decoder(table.columns[name], connection) for name in names]
    rows = [tuple(_values(line, decoders)) for line in part.splitlines()]
    statement = (
        f"INSERT INTO {quote(table.name)} ({', '.join(map(quote, names))}) "  # noqa: S608 - reflected
        f"VALUES ({', '.join([mark] * len(names))})"
    )
    if rows:
        connection.exec_driver_sql(statement, rows)


def _values(line: bytes, decoders: Sequence[Callable[[Any], Any] | None]) -> Iterator[Any]:
    try:
        row = json.loads(line)
        if not isinstance(row, list) or len(row) != len(decoders):
            raise Inconsistent
        for decode, value in zip(decoders, row, strict=True):
            if isinstance(value, list | dict):
                raise Inconsistent
            yield value if value is None or decode is None else decode(value)
    except (ValueError, TypeError, AttributeError) as error:
        raise Inconsistent from error


def _decoder(column: Column[Any], connection: Connection) -> Callable[[Any], Any] | None:
    if isinstance(column.type, LargeBinary):
        return base64.b64decode
    if isinstance(column.type, DateTime) and connection.dialect.name == "postgresql":
        return lambda value: f"{value}+00:00"
    return None


def continue_sequences(connection: Connection, found: dict[str, Table]) -> None:
    """The next number of a key follows the highest one there is; SQLite sees to it by itself."""
    if connection.dialect.name != "postgresql":
        return
    quote = connection.dialect.identifier_preparer.quote
    for name, table in found.items():
        for column in table.primary_key:
            sequence = connection.execute(
                text("SELECT pg_get_serial_sequence(:table, :column)"),
                {"table": quote(name), "column": column.name},
            ).scalar()
            if sequence:
                connection.execute(
                    text(f"SELECT setval(:sequence, max({quote(column.name)})) FROM {quote(name)}"),  # noqa: S608 - reflected
                    {"sequence": sequence},
                )
