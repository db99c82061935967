"""Rows as lines and back: the same lines from both databases, whatever the values and their order."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from walls import as_house

from encaiss_dashboard.domain.backups import Inconsistent
from encaiss_dashboard.storage import backups
from encaiss_dashboard.storage.engine import make_engine

# Of every kind of value, with a key whose order depends on who sorts it.
ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
KINDS = """
CREATE TABLE kind (
    name VARCHAR PRIMARY KEY, flag BOOLEAN, day DATE, at {moment}, facts JSON, share NUMERIC(12, 4),
    amount BIGINT, ratio {ratio}, data {data})
"""
ROWS = """
INSERT INTO kind VALUES
    ('été', {true}, '2026-11-22', '2026-11-22 09:30:00.000001{zone}', '{{"a":  "é"}}', 1.5,
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
# Values in the order of the columns' names, rows in that of the bytes of their keys.
LINES = """\
[-1,"9999-12-31 23:59:59.999999","AP8K","0001-01-01","null",false,"Zoé",-2.5e+300,"12345678.0001"]
[null,null,null,null,null,null,"abc",null,null]
[0,null,null,null,"\\"null\\"",null,"line\\nbreak, \\"quote\\" and tab\\t",1.0,"100"]
[9007199254740993,"2026-11-22 09:30:00.000001","AP8K","2026-11-22","{\\"a\\":  \\"é\\"}",true,"été",0.1,"1.5"]
"""
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
def prepared(wiring):
    """Tables of the test's own, beside those of the code; and the engine they are on."""

    def prepare(*statements):
        with wiring.engine.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
        return wiring.engine

    return prepare


@pytest.fixture
def circles(prepared, wiring):
    return prepared(*CIRCLES, *CLOSED[wiring.engine.dialect.name])


def lines(engine, name):
    with backups.snapshot(engine) as connection:
        table = backups.tables(connection)[name]
        return b"".join(part for part, _ in backups.parts(connection, table))


def pour(engine, **parts):
    with backups.filling(engine) as connection:
        found = backups.tables(connection)
        columns = backups.columns(found)
        with backups.any_order(connection, found):
            for name, part in parts.items():
                backups.insert(connection, found[name], columns[name], part)


def test_values_of_every_kind_are_the_same_lines_on_both_databases(prepared, wiring):
    words = WORDS[wiring.engine.dialect.name]
    engine = prepared(KINDS.format(**words), ROWS.format(**words))
    assert lines(engine, "kind").decode() == LINES
    prepared("DELETE FROM kind")
    pour(engine, kind=LINES.encode())
    assert lines(engine, "kind").decode() == LINES


def test_a_row_may_come_before_the_row_that_it_refers_to(circles):
    pour(circles, node=b"[1,3]\n[2,1]\n[3,null]\n", egg=b"[1,1]\n", hen=b"[1,1]\n")
    assert lines(circles, "node") == b"[1,3]\n[2,1]\n[3,null]\n"
    with circles.begin() as connection, pytest.raises(IntegrityError):
        connection.exec_driver_sql("INSERT INTO node VALUES (8, 9)")  # held to at once again


def test_a_reference_to_nothing_is_refused_and_leaves_nothing(circles):
    with pytest.raises(IntegrityError):
        pour(circles, node=b"[1,null]\n", egg=b"[1,7]\n")
    assert lines(circles, "node") == b""


@ON_SQLITE
@pytest.mark.parametrize(
    "line", [b"[1]", b"[1,2,3]", b"{}", b"[1,{}]", b"[1,[2]]", b"nonsense", b"", b"\xff", b"7"]
)
def test_what_is_no_row_of_the_table_is_refused(circles, line):
    with pytest.raises(Inconsistent):
        pour(circles, node=line + b"\n")


@ON_SQLITE
def test_a_table_comes_in_pieces_of_whole_lines(prepared):
    made = prepared("CREATE TABLE long (id INTEGER PRIMARY KEY, words VARCHAR)")
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


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_snapshot_sees_every_client_where_the_database_tells_them_apart(house):
    house.client()
    for _ in range(2):
        with house.wiring.engine.connect() as connection:
            assert not connection.execute(text("SELECT id FROM client")).all(), "for its transaction only"
        assert lines(house.wiring.engine, "client").count(b"\n") == 1


def test_a_snapshot_sees_one_moment_and_writes_nothing(house, database):
    house.client("before")
    other = as_house(make_engine(database))
    with backups.snapshot(house.wiring.engine) as connection:
        first = connection.execute(text("SELECT count(*) FROM client")).scalar()
        with other.begin() as writer:
            writer.execute(text("UPDATE client SET name = 'Later'"))
        second = connection.execute(text("SELECT name FROM client")).scalar()
    other.dispose()
    assert (first, second) == (1, "Ardenne Bois SRL")
