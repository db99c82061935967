"""An import that is stopped, at whatever moment, was never begun; in pieces or at once it says the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from desks import note, row
from sqlmodel import Session

from encaiss_dashboard.domain.intake import Attachment, Cancelled, untold
from encaiss_dashboard.services import imports
from encaiss_dashboard.services.imports.compared import Answers
from encaiss_dashboard.services.imports.intake import Intake
from encaiss_dashboard.services.imports.keeping import keep
from encaiss_dashboard.services.imports.uploads import read
from encaiss_dashboard.storage import queries, records

E1 = "0202239951"
KNOWN = (
    row("F2", debtor="Hôtel du Pont", debtor_number="K7"),
    row("F1"),
    note("C9", "5.00", "F9"),
)
FILE = (
    row("F1", "120.00", paid="20.00", email="a@x.example"),
    row("F2", "7.00", debtor="Hôtel du Pont", debtor_number="K7"),
    row("F3", debtor="Hotel du Pont SA", debtor_number="K7", vat_number=E1, paid="10.00"),
    row("F4", debtor="Moulin Clair", currency="USD", settled=date(2026, 9, 20)),
    row("F5", debtor="MOULIN CLAIR", term="60 jours", due=None),
    row("F5", debtor="Moulin clair", term="60 jours", due=None),
    row("F6", "1.00", debtor="Ruche"),
    row("F6", "2.00", debtor="RUCHE"),
    row("F9", debtor="Garage Petit", term="quand on veut", due=None),
    note("C1", credited="F3", debtor="Hôtel du Pont", debtor_number="K7"),
    note("C2", credited="F1"),
    *(row(f"G{n}", f"{n}.00", debtor=f"Client numéro {n % 7}") for n in range(1, 30)),
)


class Stopping:
    def __init__(self, moment):
        self.moment, self.told = moment, 0

    def __call__(self, done, whole):
        assert 0 <= done <= whole
        if self.told == self.moment:
            raise Cancelled
        self.told += 1


@pytest.fixture
def known(desk):
    desk.take(*KNOWN)


def in_pieces(work, client, batch, tell, at_once):
    """Import a kept file, so many rows at a time; doubtful debtors are new ones."""
    kept = work.session.get_one(records.ImportBatch, batch)
    intake = Intake(work, client, kept, read(work, kept)[1], Answers(doubtful="new"), at_once=at_once)
    return keep(work, intake, tell)


def test_an_import_stopped_at_any_moment_changes_nothing_and_can_be_begun_again(desk, known):
    batch = desk.upload(*FILE)
    before, uploads, acts = desk.state(), desk.rows(records.ImportBatch), desk.acts("imported", "payment")
    files = list(desk.wiring.store.kept())
    moment = 0
    while True:
        try:
            seen = desk.do(
                lambda work, client, stop: in_pieces(work, client, batch, stop, 4), Stopping(moment)
            )
            break
        except Cancelled:
            moment += 1
        assert desk.state() == before
        assert [repr(one) for one in desk.rows(records.ImportBatch)] == [repr(one) for one in uploads]
        assert desk.acts("imported", "payment") == acts
        assert list(desk.wiring.store.kept()) == files
        assert desk.do(imports.obstacles, batch) == ()
    assert moment > 5
    assert seen.created == 33
    assert desk.is_whole()


def test_a_stopped_import_can_be_accepted_afterwards(desk, known):
    batch = desk.upload(*FILE)
    desk.do(imports.answer, batch, {"doubtful": "new"})
    with pytest.raises(Cancelled):
        desk.do(imports.accept, batch, Stopping(1))
    assert desk.do(imports.preview, batch).imported_at is None
    assert desk.do(imports.accept, batch).created == 33


def pieces(desk, client, at_once):
    """Import the file in pieces of so many rows; what was seen, and the ledger in words."""
    for one in (KNOWN, FILE):
        batch = desk.upload(*one, client=client)
        seen = desk.do(in_pieces, batch, untold, at_once, client=client)
    bare = replace(seen, batch_id=0, doubts=(), result={}, imported_at=None, reading=None)
    return bare, told(desk, client, seen)


def told(desk, client, seen):
    with Session(desk.house.engine) as session:
        names = {one.id: one.name for one in desk.rows(records.Debtor, client_id=client)}
        numbers = {one.id: one.number for one in desk.rows(records.Invoice, client_id=client)}
        owed = queries.open_invoices(session, client, date(2027, 1, 1))
    return {
        "problems": sorted((p.line or 0, p.code, sorted(p.facts.items())) for p in seen.reading.problems),
        "unlisted": seen.reading.unlisted,
        "debtors": sorted(
            (one.name, one.match_key, one.number, one.enterprise_number)
            for one in desk.rows(records.Debtor, client_id=client)
        ),
        "invoices": sorted(
            (names[one.debtor_id], one.number, one.kind, one.total_cents, one.due, one.due_source, one.term)
            for one in desk.rows(records.Invoice, client_id=client)
        ),
        "settled": sorted(
            (numbers[one.invoice_id], numbers.get(one.credit_note_id, ""), one.amount_cents, one.on)
            for one in desk.rows(records.Allocation, client_id=client)
        ),
        "contacts": sorted(one.email for one in desk.rows(records.Contact, client_id=client)),
        "open": sorted((item.invoice.number, item.open.cents) for items in owed.values() for item in items),
    }


@pytest.mark.parametrize("at_once", [1, 2, 7])
def test_an_import_in_pieces_says_and_does_what_it_would_at_once(desk, at_once):
    whole = pieces(desk, desk.house.client("whole", "Whole"), 200_000)
    parts = pieces(desk, desk.house.client("parts", "Parts"), at_once)
    assert parts[1] == whole[1]
    assert parts[0] == whole[0]
    assert len(whole[1]["problems"]) == 4


# ---------------------------------------------------------------- files of a transaction that failed


class PowerCutError(Exception):
    pass


def cut_off(service, *args):
    """The service, and then the end of everything before it is committed."""

    def run(work, client):
        service(work, client, *args)
        raise PowerCutError

    return run


def stored(desk):
    return {key: desk.wiring.store.load(key) for key in desk.wiring.store.kept()}


def test_files_go_with_the_transaction_that_kept_them(desk):
    paper = Attachment(2, "F1.pdf", "application/pdf", "F1.pdf")
    batch = desk.upload(row("F1"), attachments=(paper,))
    before = stored(desk)
    for service, *args in ((imports.accept, batch), (imports.receive, "b.csv", b"x")):
        with pytest.raises(PowerCutError):
            desk.do(cut_off(service, *args))
        assert stored(desk) == before
    desk.do(imports.accept, batch)
    assert len(stored(desk)) == len(before) + 1


def test_files_stay_where_the_transaction_that_removed_them_failed(desk):
    paper = Attachment(2, "F1.pdf", "application/pdf", "F1.pdf")
    batch, other = desk.upload(row("F1"), attachments=(paper,)), desk.upload(row("F2"))
    desk.do(imports.accept, batch)
    before = stored(desk)
    for service, key in ((imports.take_back, batch), (imports.discard, other)):
        with pytest.raises(PowerCutError):
            desk.do(cut_off(service, key))
        assert stored(desk) == before
    desk.do(imports.take_back, batch)
    desk.do(imports.discard, other)
    assert list(stored(desk)) == [f"batch-{batch}"]


def test_what_was_kept_and_removed_in_one_transaction_was_never_there(desk):
    def receive_and_discard(work, client):
        imports.discard(work, client, imports.receive(work, client, "a.csv", b"x"))

    desk.do(receive_and_discard)
    assert stored(desk) == {}
