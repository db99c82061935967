"""Who may stop reminders, what is kept and shown of it, and what it means for other parts of the house."""

import io
import zipfile
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlmodel import select

from encaiss_dashboard import jobs
from encaiss_dashboard.domain.dunning import HoldReason, StepCode
from encaiss_dashboard.domain.errors import NotAllowed, NotFound
from encaiss_dashboard.domain.permissions import HOUSE, Role
from encaiss_dashboard.domain.stops import DisputeReason, StopKind
from encaiss_dashboard.domain.stops.opening import (
    NewDispute,
    NewPause,
    NewPromise,
)
from encaiss_dashboard.services import debtors, stops
from encaiss_dashboard.services.imports import undo
from encaiss_dashboard.services.privacy import bundle, erasure
from encaiss_dashboard.services.stops import deciding, opening, papers
from encaiss_dashboard.services.stops.papers import PaperRefused
from encaiss_dashboard.storage import records, stop_tables

DUE = date(2026, 11, 1)
PDF = b"%PDF-1.7 a letter"
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.mark.parametrize(
    "role, may",
    [
        (Role.OWNER, True),
        (Role.SIGNATORY, True),
        (Role.CASE_MANAGER, True),
        (Role.ADMINISTRATOR, True),
        (Role.ACCOUNTANT, False),
        (Role.READER, False),
    ],
)
def test_who_may_delegate_may_stop_reminders(house, story, moulin, role, may):
    story.clock.set(story.after(8))
    actor = house.user(role, None if role is Role.ADMINISTRATOR else "ardenne", f"{role}@who.example")
    actor = replace(actor, roles={1: {role}}) if role is Role.CASE_MANAGER else actor

    def try_it():
        with house.wiring.begin(actor) as work:
            opening.open_one(work, 1, moulin, NewPause(None), "")

    if may:
        try_it()
    else:
        with pytest.raises(NotAllowed):
            try_it()


def test_the_journal_keeps_what_was_stated_and_what_the_person_was_shown(story, stop, by_owner):
    story.clock.set(story.after(8))
    stop_id = stop(NewPromise(None, story.after(30), 40_000), "virement en route")
    by_owner(deciding.withdraw, stop_id, "erreur")

    opened, withdrawn = story.acts("stop_opened", "stop_withdrawn")
    assert opened[1] == {
        "stop": stop_id,
        "kind": "promise",
        "numbers": ["2026-001"],
        "reason": "virement en route",
        "by": "owner@ardenne.example",
        "cents": 40_000,
        "currency": "EUR",
        "promised": "2026-12-01",
        "until": "2026-12-03",
    }
    shown = [act.shown for act in story.rows(records.Act) if act.kind == "stop_opened"]
    assert shown == [{"before": ["statement_1", "2026-11-09"], "after": ["statement_1", "2026-12-04"]}]
    assert (withdrawn[1]["kind"], withdrawn[1]["reason"]) == ("promise", "erreur")


def test_what_is_foreseen_is_what_happens_and_changes_nothing(story, house, owner, moulin):
    story.clock.set(story.after(8))
    before = house.dump()
    with house.wiring.begin(owner, write=False) as work:
        seen = opening.foresee(work, 1, moulin, NewPromise(None, story.after(30)))
    assert (seen.covers.cents, seen.numbers, seen.held.facts) == (
        100_000,
        ("2026-001",),
        {"until": story.after(32)},
    )
    assert (seen.before, seen.after) == (
        (StepCode.STATEMENT_1, story.after(8)),
        (StepCode.STATEMENT_1, story.after(33)),
    )
    assert house.dump() == before


def test_a_document_beside_a_dispute_is_kept_by_what_it_is_and_handed_out_again(
    story, stop, by_owner, moulin
):
    stop_id = stop(NewDispute(None, DisputeReason.NOT_CONFORMING))
    paper = by_owner(papers.attach, stop_id, "C:\\lettres\\plainte.exe", PDF)

    kept, data = by_owner(papers.content, paper)

    assert (kept.name, kept.mime, data) == ("plainte.exe", "application/pdf", PDF)
    [line] = by_owner(stops.of_debtor, moulin).running
    assert [one.id for one in line.papers] == [paper]


@pytest.mark.parametrize("data", [b"", b"MZ\x90", b"<svg/>", b"PK\x03\x04", b"%PDF-" + b"x" * 10_000_000])
def test_anything_but_a_small_pdf_or_picture_is_refused(house, stop, by_owner, data):
    stop_id = stop(NewDispute(None, DisputeReason.OTHER))
    before = house.dump()
    with pytest.raises(PaperRefused):
        by_owner(papers.attach, stop_id, "x.pdf", data)
    assert house.dump() == before


def test_a_stop_of_another_client_is_not_there(house, stop, moulin):
    stop_id = stop(NewPause(None))
    house.client("baltic", "Baltic SA")
    other = house.user(Role.OWNER, "baltic")
    for service, *more in (
        (deciding.withdraw, stop_id, ""),
        (papers.attach, stop_id, "x.pdf", PDF),
        (stops.of_debtor, moulin),
    ):
        with pytest.raises(NotFound), house.wiring.begin(other) as work:
            service(work, 2, *more)


def test_stops_follow_their_invoices_to_another_debtor(house, story, stop, by_owner, moulin, held):
    """The invoice is given to another debtor by hand here; merging and splitting move it the same way."""
    story.clock.set(story.after(8))
    stop(NewDispute(None, DisputeReason.OTHER))
    other = house.debtor(1, "Moulin Neuf", "neuf@moulin.example")
    house.delegate(other, from_date=date(2026, 1, 1))
    with house.wiring.begin(HOUSE) as work:
        work.session.exec(select(records.Invoice)).one().debtor_id = other

    assert held(20) == ([HoldReason.DISPUTED], [])
    assert not by_owner(stops.of_debtor, moulin).running
    assert [line.kind for line in by_owner(stops.of_debtor, other).running] == [StopKind.DISPUTE]


def test_an_import_whose_invoice_was_contested_is_not_taken_back(house, story, stop, by_owner, moulin):
    now = house.clock()
    batch = house.add(
        records.ImportBatch(
            client_id=1, file_name="f.csv", digest="d", size_bytes=1, uploaded_at=now, imported_at=now
        )
    )
    invoice = house.invoice(moulin, "2026-010", due=DUE, cents=100, batch_id=batch)
    story.clock.set(story.after(8))
    stop(NewDispute((invoice,), DisputeReason.DUPLICATE))
    assert [(one.code, one.numbers) for one in by_owner(undo.obstacles, batch)] == [
        ("stopped", ("2026-010",))
    ]


def test_a_night_of_the_command_line_says_why_a_debtor_is_held(story, stop):
    story.clock.set(story.after(8))
    stop(NewPromise(None, story.after(30)))
    done = jobs.remind(story.house.wiring)
    assert [(one.name, one.held.reason.value) for one in done.held] == [("Moulin Clair SA", "promised")]


def test_ten_days_of_nights_write_once_and_only_after_the_stop(story, stop):
    story.clock.set(story.after(6))
    stop(NewPause(None, story.after(12)))
    for n in range(6, 20):
        story.night(n)
    assert [(row.step, row.day) for row in story.outbox()] == [("statement_1", DUE + timedelta(days=13))]


def test_words_and_documents_are_handed_out_and_erased_with_their_debtor(
    house, story, stop, by_owner, moulin
):
    story.clock.set(story.after(8))
    stop_id = stop(NewDispute(None, DisputeReason.PRICE), "selon Mme Dubois")
    paper = by_owner(papers.attach, stop_id, "lettre de Dubois.pdf", PDF)
    by_owner(deciding.withdraw, stop_id, "Dubois a payé")
    [invoice] = story.rows(records.Invoice)
    house.payment(moulin, on=story.after(8), cents=100_000, invoice_id=invoice.id)

    given = zipfile.ZipFile(io.BytesIO(by_owner(bundle.export_debtor, moulin).content))
    data = given.read("data.json").decode()
    assert ("selon Mme Dubois" in data, "Dubois a payé" in data) == (True, True)
    assert given.read(f"stops/{paper}.pdf") == PDF

    seen = by_owner(erasure.foresee, moulin)
    assert {line.code: line.n for line in seen.gone}["reasons"] == 2
    by_owner(erasure.erase, moulin, seen.mark)
    assert story.rows(stop_tables.StopDocument) == []
    assert [row.words for row in (*story.rows(stop_tables.Stop), *story.rows(stop_tables.StopEvent))] == [
        "",
        "",
    ]
    with pytest.raises(FileNotFoundError):
        house.wiring.store.load(f"stop-{paper}")
    with house.wiring.begin(HOUSE, write=False) as work:
        shown = debtors.file(work, 1, moulin).acts
    assert not any("Dubois" in str(act.facts) for act in shown if act.kind.startswith("stop_"))


def test_a_person_takes_away_that_a_stop_was_decided_and_not_what_was_said_about_a_debtor(stop, by_owner):
    stop_id = stop(NewPause(None), "M. Dupont est malade")
    by_owner(deciding.extend, stop_id, None, "toujours malade")
    given = zipfile.ZipFile(io.BytesIO(by_owner(bundle.export_own).content))
    assert "malade" not in given.read("data.json").decode()
