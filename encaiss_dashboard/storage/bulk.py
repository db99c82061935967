"""Rows by the million between the database and frames: in pieces, so that memory stays as it was.

SQLite takes them as plain tuples on its own cursor; PostgreSQL by COPY into a temporary table and one
INSERT from there, because COPY itself would pass the policies by and is refused where they hold.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any, Final

import polars as pl
from sqlalchemy import Table, func, select, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.schema import AddConstraint, CreateIndex, DropConstraint, DropIndex
from sqlmodel import Session

from encaiss_dashboard.domain.intake import Tell, untold

_AT_ONCE: Final = 50_000
_PARAMETERS: Final = 999
"""So many every SQLite takes in one statement."""
_MANY: Final = 100_000
_CACHE_KIB: Final = 16 * 1024
_USUAL_KIB: Final = 2_000
_TYPES: Final[Mapping[Any, str]] = {
    pl.Int64: "bigint",
    pl.String: "text",
    pl.Categorical: "text",
    pl.Date: "date",
}


@contextmanager
def loading(session: Session, table: Table, count: int) -> Iterator[None]:
    """A block in which so many rows are inserted into a table.

    Where they are more than the table holds, its indexes, and on PostgreSQL the checks of its foreign
    keys, are taken off first and made anew from all rows at the end, which takes a third of the time.
    That is within the transaction: nobody else ever sees the table without them, and a row that breaks
    a foreign key still undoes everything. Where somebody reads the table just then, the rows go in
    the slower way instead of waiting.
    """
    session.flush()
    if count < _MANY or count <= _stored(session, table) or not _locked(session, table):
        yield
        return
    connection = session.connection()
    postgresql = connection.dialect.name == "postgresql"
    keys = sorted(table.foreign_key_constraints, key=lambda key: str(key.name)) if postgresql else []
    # One of few rows costs less to keep than to look for them all.
    whole = (index for index in table.indexes if index.dialect_options["sqlite"]["where"] is None)
    indexes = sorted(whole, key=lambda index: str(index.name))
    for key in keys:
        connection.execute(DropConstraint(key))
    for index in indexes:
        connection.execute(DropIndex(index))
    yield
    for index in indexes:
        connection.execute(CreateIndex(index))
    for key in keys:
        # Isolated, as is the default, it would be left out of every table that this process makes later.
        connection.execute(AddConstraint(key, isolate_from_table=False))


def _stored(session: Session, table: Table) -> int:
    """About how many rows a table holds, of all clients: what its numbering has come to."""
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        name = connection.execute(text(f"SELECT pg_get_serial_sequence('{table.name}', 'id')")).scalar()
        return int(connection.execute(text(f"SELECT last_value FROM {name}")).scalar() or 0)  # noqa: S608 - our own names
    return int(connection.execute(select(func.max(table.c.id))).scalar() or 0)


def _locked(session: Session, table: Table) -> bool:
    """Whether nobody reads or writes the table, and now nobody will until the transaction ends.

    Nor the tables that it refers to: taking off a foreign key would wait for those who read them.
    """
    if session.get_bind().dialect.name != "postgresql":
        return True  # one writer at a time, and readers see the table as it was
    names = ", ".join(sorted({table.name, *(key.column.table.name for key in table.foreign_keys)}))
    try:
        with session.begin_nested():
            session.connection().execute(text(f"LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE NOWAIT"))
    except OperationalError:
        return False
    return True


def insert(
    session: Session, table: Table, rows: pl.DataFrame, same: Mapping[str, Any], tell: Tell = untold
) -> None:
    """Insert all rows of a frame in its order.

    Args:
        session: of the transaction; nothing is committed here.
        table: the columns of the frame and of ``same`` are named as its columns in the database.
        rows: Int64, String, Categorical and Date columns.
        same: what is the same in every row: whole numbers, texts, aware times or None.
        tell: told the rows written so far, and of how many.
    """
    session.flush()
    # What is the same in every row is said once; one column has to stay to count them by.
    alike = [name for name in rows.columns[1:] if len(rows) > 1 and _is_one(rows[name])]
    same = {**same, **{name: rows[name][0] for name in alike}}
    rows = rows.drop(alike)
    unknown = {*rows.columns, *same} - {column.name for column in table.columns}
    assert not unknown, f"{table.name} has no {unknown}"
    write = _copy if session.get_bind().dialect.name == "postgresql" else _execute
    write(session, table.name, rows, same, tell)


def _is_one(values: pl.Series) -> bool:
    """Whether all values are the same; looks at few where they are not."""
    return values[0] == values[-1] and bool(values.eq_missing(values[0]).all())


@contextmanager
def _cursor(session: Session) -> Iterator[Any]:
    """The driver's own cursor, whose errors look like those of any other statement."""
    connection = session.connection()
    raised: Any = connection.dialect.loaded_dbapi.Error
    cursor = connection.connection.cursor()
    try:
        yield cursor
    except raised as error:
        raise DBAPIError.instance(None, None, error, raised, dialect=connection.dialect) from error
    finally:
        cursor.close()


def _execute(session: Session, table: str, rows: pl.DataFrame, same: Mapping[str, Any], tell: Tell) -> None:
    """Many rows a statement: each execution costs as much as two rows."""
    columns = ", ".join(f'"{name}"' for name in (*rows.columns, *same))
    values = ", ".join([*"?" * len(rows.columns), *(_literal(value) for value in same.values())])
    together = max(1, _PARAMETERS // len(rows.columns))
    done = 0
    with _cursor(session) as cursor:
        # Pages that do not fit are written twice; 2 MB, the usual, hold the indexes of a thousand rows.
        cursor.execute(f"PRAGMA cache_size=-{_CACHE_KIB if len(rows) > _AT_ONCE else _USUAL_KIB}")
        for part in rows.with_columns(pl.col(pl.Date).dt.to_string()).iter_slices(_AT_ONCE):
            whole = len(part) // together * together
            for some, count in ((part[:whole], together), (part[whole:], len(part) - whole)):
                if len(some):
                    listed = ", ".join([f"({values})"] * count)
                    statement = f'INSERT INTO "{table}" ({columns}) VALUES {listed}'  # noqa: S608 - our own names
                    cursor.executemany(statement, _flat(some, count))
            done += len(part)
            tell(done, len(rows))
        cursor.execute(f"PRAGMA cache_size=-{_USUAL_KIB}")


def _flat(rows: pl.DataFrame, together: int) -> Iterator[list[Any]]:
    """The values of so many rows at a time, row after row."""
    width = len(rows.columns)
    values: list[Any] = [None] * (width * len(rows))
    for place, name in enumerate(rows.columns):
        values[place::width] = rows[name].to_list()
    for start in range(0, len(values), width * together):
        yield values[start : start + width * together]


def _copy(session: Session, table: str, rows: pl.DataFrame, same: Mapping[str, Any], tell: Tell) -> None:
    names = ", ".join(f'"{name}"' for name in rows.columns)
    typed = ", ".join(f'"{name}" {_TYPES[kind.base_type()]}' for name, kind in rows.schema.items())
    done = 0
    with _cursor(session) as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE arriving ({typed}) ON COMMIT DROP")
        with cursor.copy("COPY arriving FROM STDIN WITH (FORMAT csv)") as copy:
            for part in rows.iter_slices(_AT_ONCE):
                copy.write(part.write_csv(include_header=False, quote_style="non_numeric"))
                done += len(part)
                # The rows travel for a third of the time; the indexes take the rest.
                tell(done // 3, len(rows))
        columns = ", ".join(f'"{name}"' for name in (*rows.columns, *same))
        values = ", ".join([names, *(_literal(value, "+00") for value in same.values())])
        cursor.execute(f'INSERT INTO "{table}" ({columns}) SELECT {values} FROM arriving')  # noqa: S608 - our own names
        cursor.execute("DROP TABLE arriving")
    tell(done, len(rows))


def _literal(value: int | str | datetime | date | None, zone: str = "") -> str:
    """A value as SQL; ``zone`` stands behind a time in UTC, where the database would add its own."""
    if value is None:
        return "NULL"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, datetime):
        value = f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}{zone}"
    return "'" + str(value).replace("'", "''") + "'"


def read(session: Session, query: Any, schema: Mapping[str, Any]) -> pl.DataFrame:
    """What a query finds, as a frame with these columns in the query's order.

    The database writes its rows as text, which polars reads five times as fast as Python does tuples:
    PostgreSQL as CSV, SQLite each column as a JSON list (of a billion bytes at most).

    Args:
        session: of the transaction.
        query: its parameters are numbers and texts; no text of it is NULL.
        schema: Int64, String or Date by name.
    """
    session.flush()
    connection = session.connection()
    asked = str(query.compile(connection, compile_kwargs={"literal_binds": True}))
    raw = {name: pl.String if kind == pl.Date else kind for name, kind in schema.items()}
    with _cursor(session) as cursor:
        found = (_copied if connection.dialect.name == "postgresql" else _listed)(cursor, asked, raw)
    days = [pl.col(name).str.to_date() for name, kind in schema.items() if kind == pl.Date]
    # An empty text comes as none at all in a CSV.
    texts = [pl.col(name).fill_null("") for name, kind in schema.items() if kind == pl.String]
    return found.with_columns(*days, *texts)


def _copied(cursor: Any, asked: str, schema: Mapping[str, Any]) -> pl.DataFrame:
    written = io.BytesIO()
    with cursor.copy(f"COPY ({asked.replace('%%', '%')}) TO STDOUT WITH (FORMAT csv)") as copy:
        for part in copy:
            written.write(part)
    if not written.tell():
        return pl.DataFrame(schema=dict(schema))
    written.seek(0)
    return pl.read_csv(written, has_header=False, schema=dict(schema))


def _listed(cursor: Any, asked: str, schema: Mapping[str, Any]) -> pl.DataFrame:
    names = ", ".join(f'"{name}"' for name in schema)
    lists = ", ".join(f'json_group_array("{name}")' for name in schema)
    # Named by position: a query may give the same name twice.
    cursor.execute(f"WITH found({names}) AS ({asked}) SELECT {lists} FROM found")  # noqa: S608 - our own names
    values = zip(schema.items(), cursor.fetchone(), strict=True)
    return pl.DataFrame(
        {name: pl.Series([text]).str.json_decode(pl.List(kind))[0] for (name, kind), text in values}
    )
