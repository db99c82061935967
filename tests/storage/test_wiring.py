"""A unit of work at the edge of the database: waiting for others, and what no database can hold."""

import threading

import pytest
from sqlmodel import select

from encaiss_dashboard.domain.errors import NotFound, Refusal, Unreadable
from encaiss_dashboard.domain.permissions import HOUSE
from encaiss_dashboard.storage import queries, records


def test_two_writers_wait_for_each_other(house, wiring):
    """Each reads a count and adds one row per count: without waiting, numbers would repeat."""
    house.client()
    start = threading.Barrier(4)

    def write():
        start.wait()
        for _ in range(5):
            with wiring.begin(HOUSE) as work:
                client = work.session.exec(select(records.Client).with_for_update()).one()
                number = len(queries.debtors(work.session, client.id))
                work.session.add(
                    records.Debtor(
                        client_id=client.id,
                        name=f"D{number}",
                        match_key=f"d{number}",
                        created_at=work.now,
                    )
                )

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with wiring.begin(HOUSE, write=False) as work:
        assert len(queries.debtors(work.session, 1)) == 20


@pytest.mark.parametrize("key", [2**31, 2**63, 10**30, -(2**70)])
def test_an_id_that_no_row_can_have_is_refused_like_any_unknown_one(house, wiring, key):
    client_id = house.client()
    with pytest.raises((NotFound, Unreadable)), wiring.begin(HOUSE) as work:
        queries.debtor(work.session, client_id, key)


@pytest.mark.parametrize("name", ["a\0b", "half \ud800 a character"])
def test_text_that_a_database_cannot_hold_ends_as_a_refusal_at_most(house, wiring, name):
    """PostgreSQL knows no NUL, and neither stores half a character."""
    client_id = house.client()
    try:
        with wiring.begin(HOUSE) as work:
            work.session.add(
                records.Debtor(client_id=client_id, name=name, match_key=name, created_at=work.now)
            )
    except Refusal as refusal:
        assert refusal.code == "unreadable"  # noqa: PT017 - one of two databases accepts it
