"""Rows as lines and back: the same lines from both databases, whatever the values and their order."""

import json

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from encaiss_dashboard.domain.backups import Inconsistent
from encaiss_dashboard.storage import backups
from encaiss_dashboard.storage.engine import make_engine

# Of every kind of value, with a key whose order depends on who sorts it.
KINDS = """
CREATE TABLE kind (
    name VARCHAR PRIMARY KEY, flag BOOLEAN, day DATE, at {moment}, facts JSON, share NUMERIC(12, 4),
    amount BIGINT, ratio {ratio}, data {data})
"""
ROWS = """
INSERT INTO kind VALUES
    ('été', {true}, '2026-11-22', '2026-11-22 09:30:00.000001{zone}', '{{"a": [1,  "é"]}}', 1.5,
     9007199254740993, 0.1, {bytes}),
    ('Zoé', {false}, '0001-01-01', '9999-12-31 23:59:59.999999{zone}', 'null', 12345678.0001,
     -1, -2.5e300, {bytes}),
    ('abc', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('line
break, "quote" and tab	', NULL, NULL, NULL, '"null"', 100, 0, 1, NULL)
"""
WORDS = {
    "sqlite": {
        "moment": "DATETIME",
        "ratio": "FLOAT",
        "data": "BLOB",
        "true": "1",
        "false": "0",
        "zone": "",
        "bytes": "X'00FF0A'",
    },
    "postgresql": {
        "moment": "TIMESTAMP WITH TIME ZONE",
        "ratio": "DOUBLE PRECISION",
        "data": "BYTEA",
        "true": "true",
        "false": "false",
        "zone": "+00",
        "bytes": "'\\x00ff0a'",
    },
}
COLUMNS = ("name", "flag", "day", "at", "facts", "share", "amount", "ratio", "data")
# A row before the one it refers to, within a table and in a circle of two.
CIRCLES = (
    "CREATE TABLE node (id INTEGER PRIMARY KEY, parent_id INTEGER REFERENCES node (id))",
    "CREATE TABLE hen (id INTEGER PRIMARY KEY, egg_id INTEGER)",
    "CREATE TABLE egg (id INTEGER PRIMARY KEY, hen_id INTEGER REFERENCES hen (id))",
)
CLOSED = {
    "sqlite": (
        "DROP TABLE hen",
        "CREATE TABLE hen (id INTEGER PRIMARY KEY, egg_id INTEGER REFERENCES egg (id))",
    ),
    "postgresql": ("ALTER TABLE hen ADD FOREIGN KEY (egg_id) REFERENCES egg (id)",),
}


@pytest.fixture
def prepared(elsewhere):
    def prepare(engine, *statements):
        made = elsewhere(engine).wiring.engine
        with made.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
        return made

    return prepare


def lines(engine, name):
    with backups.snapshot(engine) as connection:
        table = backups.tables(connection)[name]
        return b"".join(part for part, _ in backups.parts(connection, table))


def pour(engine, **parts):
    with engine.begin() as connection:
        found = backups.tables(connection)
        columns = backups.columns(found)
        with backups.any_order(connection, found):
            for name, part in parts.items():
                backups.insert(connection, found[name], columns[name], part)


@pytest.mark.parametrize("source", WORDS)
def test_values_of_every_kind_are_the_same_lines_on_both_databases(prepared, source):
    read = lines(prepared(source, KINDS.format(**WORDS[source]), ROWS.format(**WORDS[source])), "kind")
    rows = [dict(zip(sorted(COLUMNS), json.loads(line), strict=True)) for line in read.splitlines()]
    assert [row["name"] for row in rows] == ["Zoé", "abc", 'line\nbreak, "quote" and tab\t', "été"]
    assert rows[3] == {
        "name": "été",
        "flag": True,
        "day": "2026-11-22",
        "at": "2026-11-22 09:30:00.000001",
        "facts": '{"a": [1,  "é"]}',
        "share": "1.5",
        "amount": 9007199254740993,
        "ratio": 0.1,
        "data": "AP8K",
    }
    for target, words in WORDS.items():
        again = prepared(target, KINDS.format(**words))
        pour(again, kind=read)
        assert lines(again, "kind") == read


def circles(prepared, engine):
    return prepared(engine, *CIRCLES, *CLOSED[engine])


@pytest.mark.parametrize("engine", WORDS)
def test_a_row_may_come_before_the_row_that_it_refers_to(prepared, engine):
    made = circles(prepared, engine)
    pour(made, node=b"[1,3]\n[2,1]\n[3,null]\n", egg=b"[1,1]\n", hen=b"[1,1]\n")
    assert lines(made, "node") == b"[1,3]\n[2,1]\n[3,null]\n"
    with made.begin() as connection, pytest.raises(IntegrityError):
        connection.exec_driver_sql("INSERT INTO node VALUES (8, 9)")  # held to at once again


@pytest.mark.parametrize("engine", WORDS)
def test_a_reference_to_nothing_is_refused_and_leaves_nothing(prepared, engine):
    made = circles(prepared, engine)
    with pytest.raises(IntegrityError):
        pour(made, node=b"[1,null]\n", egg=b"[1,7]\n")
    assert lines(made, "node") == b""


@pytest.mark.parametrize(
    "line", [b"[1]", b"[1,2,3]", b"{}", b"[1,{}]", b"[1,[2]]", b"nonsense", b"", b"\xff", b"7"]
)
def test_what_is_no_row_of_the_table_is_refused(prepared, line):
    with pytest.raises(Inconsistent):
        pour(circles(prepared, "sqlite"), node=line + b"\n")


def test_a_table_comes_in_pieces_of_whole_lines(prepared):
    made = prepared("sqlite", "CREATE TABLE long (id INTEGER PRIMARY KEY, words VARCHAR)")
    with made.begin() as connection:
        connection.execute(
            text("INSERT INTO long VALUES (:id, :words)"),
            [{"id": number, "words": "é" * 100_000} for number in range(50)],
        )
    with backups.snapshot(made) as connection:
        pieces = list(backups.parts(connection, backups.tables(connection)["long"]))
    assert sum(rows for _, rows in pieces) == 50
    assert len(pieces) > 5
    assert all(part.endswith(b"]\n") and part.count(b"\n") == rows for part, rows in pieces)


def test_a_snapshot_sees_one_moment_and_writes_nothing(house, database):
    house.client("before")
    other = make_engine(database)
    with backups.snapshot(house.wiring.engine) as connection:
        first = connection.execute(text("SELECT count(*) FROM client")).scalar()
        with other.begin() as writer:
            writer.execute(text("UPDATE client SET name = 'Later'"))
        second = connection.execute(text("SELECT name FROM client")).scalar()
    other.dispose()
    assert (first, second) == (1, "Ardenne Bois SRL")
