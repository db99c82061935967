"""One client's rows never come back to another, from any read there is or will be."""

import inspect
from collections.abc import Iterator
from datetime import date

import pytest
from sqlmodel import Session

from encaiss_dashboard.domain.errors import NotFound
from encaiss_dashboard.storage import lists, merges, queries, records
from encaiss_dashboard.storage.journal import ActKind

DUE = date(2026, 9, 1)
ON = date(2026, 11, 22)
READS = {
    f"{module.__name__.rpartition('.')[2]}.{name}": function
    for module in (queries, lists, merges)
    for name, function in inspect.getmembers(module, inspect.isfunction)
    if function.__module__ == module.__name__
    and not name.startswith("_")
    and {"session", "client_id"} <= set(inspect.signature(function).parameters)
}


def furnish(house, slug):
    """A client with a row in every table, each naming its owner."""
    mark = slug.upper()
    client = house.client(slug, f"{mark} SRL")
    debtor = house.debtor(client, f"{mark} debtor", f"{slug}@debtor.example", city=mark)
    invoice = house.invoice(debtor, f"{mark}-1", due=DUE, cents=10_000, reference=mark)
    credit_note = house.invoice(debtor, f"{mark}-2", due=DUE, cents=500, kind="credit_note")
    house.payment(debtor, on=DUE, cents=2_000, invoice_id=invoice)
    house.payment(debtor, on=DUE, cents=300)
    house.allocate(invoice, on=DUE, cents=100, credit_note_id=credit_note)
    house.delegate(debtor, from_date=DUE)
    now = house.clock()
    for imported_at in (now, None):
        house.add(
            records.ImportBatch(
                client_id=client,
                file_name=f"{mark}.csv",
                digest="0",
                size_bytes=1,
                uploaded_at=now,
                imported_at=imported_at,
            )
        )
    message = house.add(
        records.OutboxMessage(
            client_id=client,
            debtor_id=debtor,
            message_id=f"{slug}@agency.example",
            day=ON,
            step="statement_1",
            language="fr",
            channel="email",
            recipient=f"{slug}@debtor.example",
            created_at=now,
            failed_at=now,
            detail=mark,
        )
    )
    house.add(
        records.OutboxLine(
            client_id=client,
            message_id=message,
            invoice_id=invoice,
            step="statement_1",
            days_late=9,
            open_cents=1,
        )
    )
    house.act(client, ActKind.SENT, ON, debtor_id=debtor, facts={"to": mark})
    twin = house.debtor(client, f"{mark} twin")
    merge = {"debtor_id": twin, "into_id": debtor, "moved": {"contact": [debtor], "named": mark}}
    house.add(records.DebtorMerge(client_id=client, at=now, **merge))
    return {"client_id": client, "debtor_id": debtor, "message_id": message, "invoice_id": invoice}


def arguments(function, mine, ids):
    """Arguments by name; ``ids`` are whose records are asked for."""
    known = {
        "client_id": mine["client_id"],
        "debtor_id": ids["debtor_id"],
        "debtor_ids": [ids["debtor_id"]],
        "message_id": ids["message_id"],
        "invoice_id": ids["invoice_id"],
        "on": ON,
        "ids": {ids["debtor_id"]},
        "table": "contact",
        "first": date.min,
        "last": date.max,
        "wanted": lists.InvoiceFilter(ON, show="all"),
        "sort": "due",
        "descending": False,
        "at_once": 100,
    }
    named = [p for name, p in inspect.signature(function).parameters.items() if name != "session"]
    unknown = {p.name for p in named if p.default is p.empty} - set(known)
    assert not unknown, f"say in this test what to ask {function.__name__} for as {unknown}"
    return {p.name: known[p.name] for p in named if p.name in known}


@pytest.mark.parametrize("name", READS)
def test_a_read_never_returns_rows_of_another_client(house, wiring, name):
    mine, others = furnish(house, "mine"), furnish(house, "others")
    read = READS[name]
    with Session(house.engine) as session:
        for ids in (mine, others):
            try:
                found = plain(read(session, **arguments(read, mine, ids)))
            except NotFound:
                assert ids is others
                continue
            assert "OTHERS" not in found
            assert "others@" not in found


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_reads_do_find_the_rows_that_the_test_looks_for(house, wiring):
    """Or else the test above would hold of functions that find nothing."""
    mine = furnish(house, "mine")
    with Session(house.engine) as session:
        found = {name: plain(read(session, **arguments(read, mine, mine))) for name, read in READS.items()}
    named = {name for name, text in found.items() if "MINE" in text or "mine@" in text}
    without_names = {
        "queries.delegation_events",
        "queries.delegation_states",
        "queries.steps_done",
        "queries.free_credits",
        "queries.last_contacts",
        "merges.kept",
        "merges.family",
        "merges.came",
        "queries.sent_between",
        "lists.count_invoices",
    }
    assert set(READS) - named <= without_names
    assert not [name for name in without_names & set(found) if found[name] in {"{}", "0", "(0, [])", "[]"}]


def test_counts_and_sums_leave_other_clients_out(house, wiring):
    mine, others = furnish(house, "mine"), furnish(house, "others")
    with Session(house.engine) as session:
        wanted = lists.InvoiceFilter(ON, show="all")
        assert lists.count_invoices(session, mine["client_id"], wanted)[0] == 2
        assert queries.sent_between(session, mine["client_id"], date.min, date.max) == 1
        assert set(queries.steps_done(session, mine["client_id"])) == {mine["invoice_id"]}
        assert set(queries.last_contacts(session, mine["client_id"])) == {mine["debtor_id"]}
        assert set(queries.free_credits(session, mine["client_id"], ON)) == {mine["debtor_id"]}
        for ids in (None, [mine["debtor_id"], others["debtor_id"]]):
            assert set(queries.delegation_events(session, mine["client_id"], ids)) == {mine["debtor_id"]}
            assert set(queries.open_invoices(session, mine["client_id"], ON, ids)) == {mine["debtor_id"]}


def plain(found):
    """Everything there is in a result, records and what they hold included."""
    found = list(found) if isinstance(found, Iterator) else found
    if hasattr(found, "model_dump"):
        return repr(found.model_dump())
    if isinstance(found, dict):
        inner = ", ".join(f"{plain(key)}: {plain(value)}" for key, value in found.items())
        return f"{{{inner}}}"
    if isinstance(found, list):
        return f"[{', '.join(map(plain, found))}]"
    return repr(found)
