"""Rows by the hundred thousand: every value arrives as it was, and the table is afterwards as before."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta, timezone

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import (
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    func,
    select,
    text,
)
from sqlalchemy.exc import IntegrityError, ProgrammingError
from sqlmodel import Session

from encaiss_dashboard.domain.intake import Cancelled
from encaiss_dashboard.domain.permissions import Role
from encaiss_dashboard.storage import bulk, queries, records
from encaiss_dashboard.storage.engine import make_engine

ON_POSTGRESQL = pytest.mark.parametrize("database", ["postgresql"], indirect=True)
PLACE = Table("place", MetaData(), Column("id", Integer, primary_key=True))
ROOM = Table(
    "room",
    PLACE.metadata,
    Column("id", Integer, primary_key=True),
    Column("words", String, nullable=True),
    Column("more", String, nullable=True),
    Column("cents", Integer, nullable=True),
    Column("day", Date, nullable=True),
    Column("at", DateTime(timezone=True), nullable=True),
    Column("place_id", Integer, ForeignKey("place.id", name="fk_room_place_id"), nullable=True),
    Index("ix_room_words", "words"),
    Index("ix_room_some", "cents", postgresql_where=text("cents > 5"), sqlite_where=text("cents > 5")),
)
SCHEMA = {"words": pl.String, "more": pl.String, "cents": pl.Int64, "day": pl.Date}
TRICKY = [
    None,
    "",
    " ",
    '"',
    'a "quoted" word',
    "'; DROP TABLE room; --",
    "back\\slash \\n \\N \\.",
    "\\.",
    "two\nlines",
    "three\n\\.\nlines",
    "carriage\rreturn\r\n",
    "tab\tand,comma;",
    "NULL",
    "é€😀 \N{NARROW NO-BREAK SPACE}\N{RIGHT-TO-LEFT MARK}",
    "%s %(x)s :name ?",
    "x" * 50_000,
]
# What PostgreSQL cannot hold in a text is refused by readers: NUL and halves of characters.
TEXTS = st.none() | st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=20)
DAYS = st.none() | st.dates(date(1, 1, 1), date(9999, 12, 31))
CENTS = st.none() | st.integers(-(2**31), 2**31 - 1)


@pytest.fixture
def engine(database):
    engine = make_engine(database)
    PLACE.metadata.create_all(engine)
    yield engine
    engine.dispose()


def put(engine, rows, same=None, schema=SCHEMA, tell=lambda _done, _whole: None):
    with Session(engine) as session, session.begin():
        frame = pl.DataFrame(rows, schema=schema, orient="row")
        bulk.insert(session, ROOM, frame, same or {}, tell)


def kept(engine, *columns):
    with engine.connect() as connection:
        asked = select(*(ROOM.c[name] for name in columns)).order_by(ROOM.c.id)
        return [tuple(row) for row in connection.execute(asked)]


# ---------------------------------------------------------------- values


def test_every_text_arrives_as_it_was(engine):
    rows = [(words, TRICKY[-1 - place], place, None) for place, words in enumerate(TRICKY)]
    put(engine, rows)
    assert kept(engine, "words", "more", "cents", "day") == rows


@pytest.mark.parametrize("words", TRICKY)
def test_what_is_the_same_in_every_row_arrives_as_it_was(engine, words):
    rows = [(str(place), words, 7, date(2026, 2, 28)) for place in range(3)]
    put(engine, rows)
    assert kept(engine, *SCHEMA) == rows


@pytest.mark.parametrize("words", TRICKY)
def test_one_row_and_one_column_arrive_as_they_were(engine, words):
    put(engine, [(words,)], schema={"words": pl.String})
    put(engine, [(words,), (words,)], schema={"words": pl.String})
    assert kept(engine, "words") == [(words,)] * 3


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(TEXTS, TEXTS, CENTS, DAYS), max_size=12))
def test_any_rows_arrive_as_they_were_in_their_order(engine, rows):
    with engine.begin() as connection:
        connection.execute(ROOM.delete())
    put(engine, rows)
    assert kept(engine, *SCHEMA) == rows


def test_nothing_is_inserted_of_no_rows(engine):
    put(engine, [])
    assert kept(engine, "id") == []


def test_a_category_is_a_text_and_empty_is_not_none(engine):
    schema = {"words": pl.Categorical, "more": pl.Categorical}
    put(engine, [("EUR", ""), ("USD", None), ("", "x")], schema=schema)
    assert kept(engine, "words", "more") == [("EUR", ""), ("USD", None), ("", "x")]


@pytest.mark.parametrize("zone", ["UTC", "Europe/Brussels", "Pacific/Auckland"])
def test_a_time_is_the_same_moment_whatever_zone_the_database_lives_in(engine, zone):
    at = datetime(2026, 7, 1, 9, 30, 15, 123_456, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    with Session(engine) as session, session.begin():
        if session.get_bind().dialect.name == "postgresql":
            session.connection().execute(text(f"SET LOCAL timezone = '{zone}'"))
        frame = pl.DataFrame({"words": ["a", "b"]})
        bulk.insert(session, ROOM, frame, {"at": at, "more": "it’s 'so'", "cents": None})
        session.connection().execute(ROOM.insert().values(words="c", at=at.astimezone(UTC)))
    moments = {
        moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC) for (moment,) in kept(engine, "at")
    }
    assert moments == {at.astimezone(UTC)}
    assert kept(engine, "more", "cents")[0] == ("it’s 'so'", None)


def test_more_rows_than_a_piece_arrive_in_their_order_and_progress_is_told(engine):
    count, told = 120_001, []
    rows = [(f"n{place}", None if place % 3 else "", place, None) for place in range(count)]
    put(engine, rows, tell=lambda *how_far: told.append(how_far))
    assert kept(engine, *SCHEMA) == rows
    assert told == sorted(told)
    assert len(told) >= 3
    assert told[-1] == (count, count)


def test_a_column_that_the_table_lacks_is_our_own_bug(engine):
    with pytest.raises(AssertionError, match="nothing"):
        put(engine, [("a",)], schema={"nothing": pl.String})


def test_what_is_read_is_typed_as_asked(engine):
    put(engine, [("a", None, 5, date(2026, 1, 2)), ("b", "", 2**31 - 1, None)])
    with Session(engine) as session:
        asked = select(ROOM.c.words, ROOM.c.day, ROOM.c.cents).order_by(ROOM.c.id)
        schema = {"words": pl.String, "day": pl.Date, "cents": pl.Int64}
        found = bulk.read(session, asked, schema)
        assert found.schema == pl.Schema(schema)
        assert found.rows() == [("a", date(2026, 1, 2), 5), ("b", None, 2**31 - 1)]
        nothing = bulk.read(session, asked.where(ROOM.c.id.in_([])), schema)
        assert (nothing.schema, len(nothing)) == (pl.Schema(schema), 0)


def test_sums_are_whole_numbers_on_every_database(house):
    debtor = house.debtor(house.client())
    for number in range(3):
        house.invoice(debtor, f"F{number}", due=date(2026, 5, 1), cents=10**15)
    with Session(house.engine) as session:
        invoice = records.Invoice
        sums = select(invoice.debtor_id, func.sum(invoice.total_cents)).group_by(invoice.debtor_id)
        found = bulk.read(session, sums, {"debtor_id": pl.Int64, "cents": pl.Int64})
    assert found.rows() == [(debtor, 3 * 10**15)]


def test_what_a_session_has_not_written_yet_is_read_as_well(house):
    client = house.client()
    with Session(house.engine) as session:
        session.add(records.Debtor(client_id=client, name="A", match_key="a|", created_at=house.clock()))
        assert len(bulk.read(session, select(records.Debtor.name), {"name": pl.String})) == 1


# ---------------------------------------------------------------- a table that grows a lot


def described(engine):
    """Indexes, keys and checks of the rooms as the database itself describes them."""
    if engine.dialect.name == "sqlite":
        asked = "SELECT type, name, sql FROM sqlite_master WHERE tbl_name = 'room' ORDER BY name"
    else:
        asked = """
            SELECT indexname, indexdef, '' FROM pg_indexes WHERE tablename = 'room'
            UNION ALL SELECT conname, pg_get_constraintdef(oid), convalidated::text
            FROM pg_constraint WHERE conrelid = 'room'::regclass ORDER BY 1
        """
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(asked))]


def many(count=100_001, **columns):
    names = pl.Series("words", [f"n{place}" for place in range(count)])
    return pl.DataFrame([names]).with_columns(**columns)


def load(session, frame, tell=lambda _done, _whole: None):
    with bulk.loading(session, ROOM, len(frame)):
        bulk.insert(session, ROOM, frame, {}, tell)


def test_indexes_and_keys_are_there_again_afterwards(engine):
    before = described(engine)
    with Session(engine) as session, session.begin():
        load(session, many())
    assert described(engine) == before
    assert len(kept(engine, "id")) == 100_001


def described_within(session):
    if session.get_bind().dialect.name == "sqlite":
        asked = "SELECT name FROM sqlite_master WHERE tbl_name = 'room'"
    else:
        asked = """SELECT indexname FROM pg_indexes WHERE tablename = 'room'
                   UNION ALL SELECT conname FROM pg_constraint WHERE conrelid = 'room'::regclass"""
    return session.connection().execute(text(asked)).all()


def test_the_tables_can_still_be_made_by_the_same_process(engine, tmp_path):
    """Taking a constraint off says nothing of how the table is made elsewhere."""
    with Session(engine) as session, session.begin():
        load(session, many())
    other = make_engine(f"sqlite:///{tmp_path / 'other.db'}")
    PLACE.metadata.create_all(other)
    with pytest.raises(IntegrityError), other.begin() as connection:
        connection.execute(ROOM.insert().values(place_id=77))
    other.dispose()


def test_a_row_that_breaks_a_foreign_key_undoes_everything(engine):
    before = described(engine)
    with pytest.raises(IntegrityError), Session(engine) as session, session.begin():
        load(session, many(place_id=pl.lit(77, dtype=pl.Int64)))
    assert described(engine) == before
    assert kept(engine, "id") == []


def test_a_cancelled_load_leaves_the_table_as_it_was(engine):
    before = described(engine)

    def stop(done, _whole):
        if done:
            raise Cancelled

    with pytest.raises(Cancelled), Session(engine) as session, session.begin():
        load(session, many(), stop)
    assert described(engine) == before
    assert kept(engine, "id") == []


def taken_off(session):
    """Whether the indexes are off while rows are loaded."""
    return "ix_room_words" not in {name for (name,) in described_within(session)}


@pytest.mark.parametrize("stored, arriving, off", [(0, 100_000, True), (0, 99_999, False), (3, 2, False)])
def test_indexes_are_taken_off_only_for_more_rows_than_the_table_holds(engine, stored, arriving, off):
    put(engine, [(f"s{place}", "", place, None) for place in range(stored)])
    with Session(engine) as session, session.begin(), bulk.loading(session, ROOM, arriving):
        assert taken_off(session) is off


@ON_POSTGRESQL
@pytest.mark.parametrize("table", [ROOM, PLACE], ids=["itself", "a table it refers to"])
def test_where_somebody_reads_the_rows_go_in_the_slower_way_without_waiting(engine, table):
    before = described(engine)
    with engine.begin() as reader, Session(engine) as session, session.begin():
        session.connection().execute(text("SET LOCAL lock_timeout = '2s'"))
        reader.execute(select(table.c.id)).all()
        with bulk.loading(session, ROOM, 100_001):
            assert not taken_off(session)
            bulk.insert(session, ROOM, many(10), {})
    assert described(engine) == before
    assert len(kept(engine, "id")) == 10


@ON_POSTGRESQL
def test_who_comes_to_read_meanwhile_waits_and_then_sees_all(engine):
    seen = []

    def read():
        seen.append(len(kept(engine, "id")))

    reader = threading.Thread(target=read)
    with Session(engine) as session, session.begin(), bulk.loading(session, ROOM, 100_001):
        reader.start()
        bulk.insert(session, ROOM, many(), {})
    reader.join(20)
    assert seen == [100_001]


# ---------------------------------------------------------------- the second wall


@ON_POSTGRESQL
@pytest.mark.parametrize("count", [1, 3])
def test_another_clients_row_is_refused_by_the_policy(house, wiring, count):
    ours, theirs = house.client(), house.client("baltique", "Baltique")
    owner = house.user(Role.OWNER, "ardenne")
    debtor = house.debtor(theirs)
    names = [f"N{place}" for place in range(count)]
    frame = pl.DataFrame({"name": names, "match_key": names})
    same = {"client_id": theirs, "created_at": house.clock()}
    with pytest.raises(ProgrammingError, match="row-level security"), wiring.begin(owner) as work:
        bulk.insert(work.session, queries.table(records.Debtor), with_rest(frame), same)
    with wiring.begin(owner) as work:
        bulk.insert(
            work.session, queries.table(records.Debtor), with_rest(frame), {**same, "client_id": ours}
        )
        found = bulk.read(work.session, select(records.Debtor.id), {"id": pl.Int64})
    assert len(found) == count
    assert debtor not in found["id"].to_list()


def with_rest(frame):
    empty = ("number", "enterprise_number", "address", "postcode", "city", "term", "endpoint", "iban")
    told = {**dict.fromkeys(empty, ""), "country": "BE", "language": "fr"}
    return frame.with_columns(**{name: pl.lit(value) for name, value in told.items()})


@ON_POSTGRESQL
def test_nor_past_the_policies_while_indexes_and_keys_are_off(house, wiring):
    house.client()
    theirs = house.client("baltique", "Baltique")
    owner = house.user(Role.OWNER, "ardenne")
    day, invoice = date(2026, 1, 1), queries.table(records.Invoice)
    same = {
        **dict.fromkeys(("due_source", "term", "reference", "credited"), ""),
        **dict.fromkeys(("batch_id", "vat_cents")),
        **dict.fromkeys(("issue", "due"), day),
        "client_id": theirs,
        "debtor_id": house.debtor(theirs),
        "kind": "invoice",
        "currency": "EUR",
        "total_cents": 1,
        "recorded_at": house.clock(),
    }
    frame = pl.DataFrame({"number": ["1", "2"]})
    with (
        pytest.raises(ProgrammingError, match="row-level security"),
        wiring.begin(owner) as work,
        bulk.loading(work.session, invoice, 100_001),
    ):
        bulk.insert(work.session, invoice, frame, same)
