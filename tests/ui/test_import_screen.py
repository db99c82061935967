"""The screen of one import over its socket: what it shows, what it takes as an answer, and from whom."""

import asyncio
import json
import secrets
import threading
from contextlib import suppress
from datetime import date

import pytest
from sqlmodel import Session, func, select

from encaiss_dashboard.domain.errors import NotFound
from encaiss_dashboard.domain.intake import Cancelled
from encaiss_dashboard.domain.permissions import HOUSE, Role
from encaiss_dashboard.encaiss_dashboard import app
from encaiss_dashboard.locales import text
from encaiss_dashboard.services import imports
from encaiss_dashboard.storage import records
from encaiss_dashboard.ui.import_history import ImportHistory
from encaiss_dashboard.ui.import_state import Import
from encaiss_dashboard.ui.undoing import Undoing

LOADED = app  # importing it registers every handler there is
HEADER = "Numéro;Client;Date;Échéance;Total"
DUE = date(2026, 12, 1)


def event(state, name):
    return f"{state.get_full_name()}.{name}"


class Desk:
    """A client of its own with a debtor and an invoice, and somebody who uploads for it."""

    def __init__(self, server, slug):
        self.server, self.house, self.mark = server, server.house, slug.upper()
        self.client_id = self.house.client(slug, f"{self.mark} SRL")
        for role in (Role.OWNER, Role.READER):
            self.house.user(role, slug, f"{role}@{slug}.example", f"{self.mark} {role}")
        self.slug = slug
        self.debtor_id = self.house.debtor(self.client_id, "Garage Petit SRL", city=self.mark)
        self.invoice_id = self.house.invoice(self.debtor_id, "F1", due=DUE, cents=10_000)

    def cookie(self, role=Role.OWNER):
        return self.house.session(f"{role}@{self.slug}.example", secrets.token_urlsafe(32))

    def upload(self, *rows):
        data = "\n".join([HEADER, *rows]).encode()
        with self.house.wiring.begin(HOUSE) as work:
            return imports.receive(work, self.client_id, f"{self.mark}.csv", data)

    def seen(self, batch_id):
        with self.house.wiring.begin(HOUSE, write=False) as work:
            return imports.preview(work, self.client_id, batch_id)

    def invoices(self):
        with Session(self.house.engine) as session:
            mine = records.Invoice.client_id == self.client_id
            return session.exec(select(func.count()).select_from(records.Invoice).where(mine)).one()


@pytest.fixture(scope="module")
def desk(server):
    return Desk(server, "screenwalk")


@pytest.fixture(scope="module")
def neighbour(server):
    return Desk(server, "screenneighbour")


class Shown:
    """One tab at one upload; ``vars`` is what it shows now, as the server last sent it."""

    def __init__(self, tab, batch_id):
        self.tab, self.path, self.vars = tab, f"/invoices/import/{batch_id}", {}

    async def do(self, name, state=Import, **payload):
        said = await self.tab.ask(event(state, name), payload, self.path)
        for _, data in json.loads(said):
            for one in data:
                for values in (one.get("delta") or {}).values():
                    self.vars |= {key.removesuffix("_rx_state_"): value for key, value in values.items()}
        return said


CHANGED = "F1;Garage Petit SRL;01/11/2026;15/12/2026;100,00"
DOUBTFUL = "F2;Garage Petits SRL;01/11/2026;01/12/2026;20,00"
BAD = "F3;Hôtel du Pont;01/11/2026;01/12/2026;1.2O0,00"


async def test_everything_there_is_to_say_of_a_file_is_shown(tab, desk):
    batch_id = desk.upload(CHANGED, DOUBTFUL, BAD)
    async with tab(desk.cookie()) as owner:
        shown = Shown(owner, batch_id)
        await shown.do("load")
    assert (shown.vars["ready"], shown.vars["missing"], shown.vars["working"]) == (True, False, "")
    assert shown.vars["open_doubts"] == 1
    assert shown.vars["doubts"][0]["suggestions"][0]["id"] == desk.debtor_id
    assert [one["number"] for one in shown.vars["changes"]] == ["F1"]
    assert [(one["number"], one["debtor"], one["amount"]) for one in shown.vars["errors"]] == [
        ("F3", "Hôtel du Pont", "–")
    ]
    assert shown.vars["can_go"] is False
    assert shown.vars["why_not"] == text("fr", "import.why_debtors", n=1)
    assert not [name for name in shown.vars if name.startswith("_")]


async def test_a_doubt_is_answered_changed_and_left_to_be_new(tab, desk):
    batch_id = desk.upload(DOUBTFUL)
    key = desk.seen(batch_id).doubts[0].key
    async with tab(desk.cookie()) as owner:
        shown = Shown(owner, batch_id)
        await shown.do("load")
        await shown.do("answer_debtor", doubt=key, debtor_id=desk.debtor_id)
        assert (shown.vars["open_doubts"], shown.vars["can_go"]) == (0, True)
        assert desk.seen(batch_id).doubts[0].answer == desk.debtor_id
        await shown.do("answer_debtor", doubt=key, debtor_id=0)
        assert desk.seen(batch_id).doubts[0].answer == imports.NEW
        assert shown.vars["has_new_debtors"] is True
    other = desk.upload(DOUBTFUL.replace("F2", "F4"))
    async with tab(desk.cookie()) as owner:
        shown = Shown(owner, other)
        await shown.do("load")
        await shown.do("answer_rest", rest="new")
        assert (shown.vars["open_doubts"], shown.vars["rest_new"]) == (0, True)
        await shown.do("answer_rest", rest="ask")
        assert (shown.vars["open_doubts"], shown.vars["can_go"]) == (1, False)


async def test_changes_are_taken_or_left_one_by_one_or_all(tab, desk):
    second = desk.house.invoice(desk.debtor_id, "F1b", due=DUE, cents=10_000)
    assert second
    batch_id = desk.upload(CHANGED, CHANGED.replace("F1", "F1b"))
    async with tab(desk.cookie()) as owner:
        shown = Shown(owner, batch_id)
        await shown.do("load")
        await shown.do("take_change", line=2, take=False)
        assert [one["taken"] for one in shown.vars["changes"]] == [False, True]
        assert desk.seen(batch_id).updated == 1
        await shown.do("take_changes", which="none")
        assert (desk.seen(batch_id).updated, desk.seen(batch_id).answers.kept) == (0, ())
        await shown.do("take_change", line=3, take=True)
        assert [change.line for change in desk.seen(batch_id).changes if change.taken] == [3]
        await shown.do("take_changes", which="all")
        assert desk.seen(batch_id).updated == 2


async def test_all_or_nothing_waits_for_the_last_bad_row(tab, desk):
    batch_id = desk.upload("F5;Neuf SRL;01/11/2026;01/12/2026;5,00", BAD)
    before = desk.invoices()
    async with tab(desk.cookie()) as owner:
        shown = Shown(owner, batch_id)
        await shown.do("load")
        assert shown.vars["can_go"] is True
        await shown.do("choose_whole", whole=True)
        assert (shown.vars["can_go"], shown.vars["why_not"]) == (False, text("fr", "import.why_whole", n=1))
        await shown.do("accept")
        assert text("fr", "refusal.rows_refused", count="1") == shown.vars["notice"]
        assert desk.invoices() == before
        await shown.do("choose_whole", whole=False)
        await shown.do("accept")
        assert shown.vars["done"] is True
    assert desk.invoices() == before + 1


async def test_what_was_imported_is_taken_back_after_asking(tab, desk):
    batch_id, before = desk.upload("F6;Neuf SRL;01/11/2026;01/12/2026;5,00"), desk.invoices()
    async with tab(desk.cookie()) as owner:
        shown = Shown(owner, batch_id)
        await shown.do("load")
        await shown.do("accept")
        assert desk.invoices() == before + 1
        await shown.do("ask_take_back")
        assert (shown.vars["undoing"], shown.vars["undoing_obstacles"]) == ("take_back", [])
        assert desk.invoices() == before + 1
        await shown.do("confirm_undoing", state=Undoing)
        assert desk.invoices() == before
        await shown.do("load")
        assert shown.vars["taken_back"] is True


async def test_what_stands_in_the_way_of_the_way_back_is_said(tab, desk):
    batch_id = desk.upload("F7;Payé SRL;01/11/2026;01/12/2026;5,00")
    async with tab(desk.cookie()) as owner:
        shown = Shown(owner, batch_id)
        await shown.do("load")
        await shown.do("accept")
        with Session(desk.house.engine) as session:
            paid = session.exec(select(records.Invoice).where(records.Invoice.number == "F7")).one()
        desk.house.payment(paid.debtor_id, on=DUE, cents=500, invoice_id=paid.id)
        await shown.do("ask_take_back")
        assert shown.vars["undoing_obstacles"] == [text("fr", "obstacle.paid", n=1, numbers="F7")]
        before = desk.invoices()
        await shown.do("confirm_undoing", state=Undoing)
        assert desk.invoices() == before
        assert shown.vars["undoing"] == "take_back"


async def test_the_history_lists_what_came_and_discards_what_waits(tab, desk):
    batch_id = desk.upload("F8;Neuf SRL;01/11/2026;01/12/2026;5,00")
    async with tab(desk.cookie()) as owner:
        shown = Shown(owner, 0)
        shown.path = "/invoices/imports"
        await shown.do("load", state=ImportHistory)
        newest = shown.vars["rows"][0]
        assert (newest["id"], newest["state"]) == (batch_id, "waiting")
        await shown.do("ask", state=ImportHistory, batch_id=batch_id)
        assert shown.vars["undoing"] == "discard"
        await shown.do("confirm_undoing", state=Undoing)
    with pytest.raises(NotFound):
        desk.seen(batch_id)


async def test_a_reader_looks_but_answers_imports_and_stops_nothing(tab, desk, business):
    batch_id = desk.upload(CHANGED.replace("100,00", "120,00"), DOUBTFUL)
    key = desk.seen(batch_id).doubts[0].key
    before = business("reader@screenwalk.example")
    calls = (
        ("answer_debtor", {"doubt": key, "debtor_id": 0}),
        ("answer_rest", {"rest": "new"}),
        ("take_change", {"line": 2, "take": False}),
        ("take_changes", {"which": "none"}),
        ("choose_whole", {"whole": True}),
        ("choose_column", {"field": "due", "column": ""}),
        ("accept", {}),
        ("discard", {}),
    )
    async with tab(desk.cookie(Role.READER)) as reader:
        shown = Shown(reader, batch_id)
        await shown.do("load")
        assert shown.vars["open_doubts"] == 1
        for name, payload in calls:
            await shown.do(name, **payload)
        with desk.house.wiring.board.work(f"batch-{batch_id}", "reading") as tell:
            await shown.do("stop")
            tell(1, 2)  # nobody who may has asked for its end
    assert business("reader@screenwalk.example") == before


@pytest.mark.parametrize("handler", ["load", "recount", "accept", "stop", "stopped", "ask_take_back"])
async def test_an_upload_of_another_client_is_shown_to_nobody_else(tab, desk, neighbour, handler):
    batch_id = neighbour.upload(DOUBTFUL)
    async with tab(desk.cookie()) as owner:
        said = await Shown(owner, batch_id).do(handler)
    assert neighbour.mark not in said
    assert "Petits" not in said
    assert neighbour.seen(batch_id)


@pytest.mark.parametrize("handler", ["follow", "load", "recount", "accept"])
async def test_nor_is_what_its_own_people_are_having_read_at_the_moment(tab, desk, neighbour, handler):
    batch_id = neighbour.upload(DOUBTFUL)
    async with tab(neighbour.cookie()) as theirs, tab(desk.cookie()) as ours:
        await theirs.send(event(Import, "load"), {}, f"/invoices/import/{batch_id}")
        for _ in range(4):
            said = await Shown(ours, batch_id).do(handler)
            assert neighbour.mark not in said
            assert "Petits" not in said
        assert neighbour.mark in await theirs.quiet()


async def test_work_of_another_process_is_watched_and_its_end_noticed(tab, desk):
    batch_id = desk.upload("F9;Neuf SRL;01/11/2026;01/12/2026;5,00")
    async with tab(desk.cookie()) as owner:
        shown = Shown(owner, batch_id)
        with desk.house.wiring.board.work(f"batch-{batch_id}", "writing") as tell:
            tell(0, 400)
            tell(400, 400)
            await owner.send(event(Import, "load"), {}, shown.path)
            await asyncio.sleep(1)
            await shown.do("toggle_warnings")
            assert (shown.vars["working"], shown.vars["doing"]["percent"]) == ("writing", 100)
        await asyncio.sleep(1)
        await shown.do("toggle_warnings")
    assert (shown.vars["working"], shown.vars["ready"]) == ("", True)


async def test_work_that_is_stopped_while_it_reads_takes_the_upload_with_it(tab, desk):
    batch_id = desk.upload("F10;Neuf SRL;01/11/2026;01/12/2026;5,00")
    board, pause = desk.house.wiring.board, threading.Event()

    def work():
        with suppress(Cancelled), board.work(f"batch-{batch_id}", "reading") as tell:
            while True:
                tell(1, 2)
                pause.wait(0.05)

    thread = threading.Thread(target=work)
    thread.start()
    async with tab(desk.cookie()) as owner:
        shown = Shown(owner, batch_id)
        await shown.do("load")
        said = await shown.do("stop")
        for _ in range(20):
            if "_redirect" in said:
                break
            said += await owner.quiet()
    thread.join()
    assert "/invoices" in said
    with pytest.raises(NotFound):
        desk.seen(batch_id)
    assert not desk.house.wiring.store.path(f"batch-{batch_id}").exists()


@pytest.mark.parametrize("name", ["turn_doubts", "turn_changes"])
@pytest.mark.parametrize("number", [0, 3, 10**6, -1, "x", None, 1.5, [1]])
async def test_a_page_that_is_none_is_the_last_one_or_refused(tab, desk, name, number):
    batch_id = desk.upload(DOUBTFUL)
    async with tab(desk.cookie()) as owner:
        shown = Shown(owner, batch_id)
        await shown.do("load")
        await shown.do(name, number=number)
    assert (shown.vars["doubts_page"], shown.vars["changes_page"]) == (0, 0)
