"""A file of invoices becomes what debtors owe: nothing doubled, nothing half-saved, nobody else's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from encaiss_dashboard import wiring as house_wiring
from encaiss_dashboard.adapters.invoice_files import kept
from encaiss_dashboard.domain.errors import NotAllowed, NotFound, Problem, Unreadable
from encaiss_dashboard.domain.permissions import HOUSE, Actor, Role
from encaiss_dashboard.locales import LANGUAGES, text
from encaiss_dashboard.services import imports, people
from encaiss_dashboard.services.imports import AlreadyImported, NothingToImport, Preview, QuestionsOpen
from encaiss_dashboard.settings import read
from encaiss_dashboard.storage import records
from encaiss_dashboard.work import Work

TODAY = date(2026, 6, 15)
HEADER = "Numéro;Client;Date;Échéance;Total"
LEDGER = (
    HEADER,
    "F1;Garage Petit SRL;05/01/2026;04/02/2026;1.210,00",
    "F2;Hôtel du Pont SA;20/01/2026;19/02/2026;845,50",
    "F3;Garage Petit SRL;28/02/2026;30/03/2026;99,99",
)


@dataclass
class House:
    """One deployment with two clients, on a day of our choosing."""

    wired: house_wiring.Wiring
    client: int
    other: int

    def do(self, service: Callable[..., Any], *args: Any, actor: Actor = HOUSE, client: int = 0) -> Any:
        with self.wired.begin(actor, TODAY) as work:
            return service(work, client or self.client, *args)

    def upload(self, *lines: str, name: str = "ledger.csv") -> int:
        return self.do(imports.receive, name, "\r\n".join((*lines, "")).encode())

    def preview(self, *lines: str) -> Preview:
        return self.do(imports.preview, self.upload(*lines))

    def take(self, *lines: str) -> Preview:
        return self.do(imports.accept, self.upload(*lines))

    def rows(self, table: Any, **where: Any) -> list[Any]:
        with self.wired.begin(HOUSE, TODAY, write=False) as work:
            query = select(table).where(table.client_id == self.client).order_by(table.id)
            for column, value in where.items():
                query = query.where(getattr(table, column) == value)
            return list(work.session.exec(query))

    def counts(self) -> dict[str, int]:
        tables = (records.Debtor, records.Invoice, records.Payment, records.Allocation, records.Act)
        return {table.__name__: len(self.rows(table)) for table in tables}

    def invoice(self, number: str) -> records.Invoice:
        (found,) = self.rows(records.Invoice, number=number)
        return found


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    settings = read({"ENCAISS_DATA_DIR": str(tmp_path), "ENCAISS_DEMO": "1"})
    house_wiring.migrate(settings.database_url)
    wired = house_wiring.build(settings, files=kept, clock=lambda: datetime(2026, 6, 15, 9, 0, tzinfo=UTC))
    with wired.begin(HOUSE) as work:
        client = people.add_client(work, "atelier", "Atelier Exemple SRL").id
        other = people.add_client(work, "drukkerij", "Drukkerij Voorbeeld BV", language="nl").id
    assert client
    assert other
    yield House(wired, client, other)
    wired.engine.dispose()


def found(seen: Preview, code: str) -> list[Problem]:
    problems = [problem for problem in seen.reading.problems if problem.code == code]
    for problem in problems:
        for lang in LANGUAGES:
            assert text(lang, f"problem.{code}", **problem.facts)
    return problems


def test_what_is_new_known_changed_or_credited_is_counted_before_it_is_kept(house):
    house.take(*LEDGER)
    seen = house.preview(
        HEADER,
        "F1;Garage Petit SRL;05/01/2026;04/02/2026;1.210,00",
        "F2;Hôtel du Pont SA;20/01/2026;19/02/2026;900,00",
        "F4;De Smet NV;01/06/2026;01/07/2026;500,00",
        "C1;De Smet NV;02/06/2026;02/07/2026;-50,00",
    )
    assert (seen.created, seen.updated, seen.unchanged, seen.credit_notes) == (1, 1, 1, 1)
    assert seen.new_debtors == 1
    assert str(seen.total["EUR"]) == "2610.00"
    assert str(seen.total_new["EUR"]) == "500.00"
    assert not seen.imported
    assert house.counts() == {"Debtor": 2, "Invoice": 3, "Payment": 0, "Allocation": 0, "Act": 1}


def test_an_import_is_remembered_with_what_it_did(house):
    batch = house.upload(*LEDGER)
    house.do(imports.accept, batch)
    seen = house.do(imports.preview, batch)
    assert seen.imported
    assert seen.result == {
        "created": 3,
        "updated": 0,
        "left_out": 0,
        "unchanged": 0,
        "credit_notes": 0,
        "duplicates": 0,
        "new_debtors": 2,
        "rejected": 0,
        "documents": 0,
    }
    (act,) = house.rows(records.Act)
    assert (act.kind, act.day, act.facts["file"], act.facts["created"]) == (
        "imported",
        TODAY,
        "ledger.csv",
        3,
    )
    assert act.shown["created"] == 3
    assert set(act.shown["total"]) == {"EUR"}


def test_the_same_file_twice_creates_nothing(house):
    house.take(*LEDGER)
    before = house.counts()
    seen = house.take(*LEDGER)
    assert (seen.created, seen.updated, seen.unchanged, seen.new_debtors) == (0, 0, 3, 0)
    assert house.counts() == {**before, "Act": before["Act"] + 1}


def test_one_upload_is_imported_once_and_is_then_history(house):
    batch = house.upload(*LEDGER)
    house.do(imports.accept, batch)
    for service, *args in ((imports.accept,), (imports.correct, {"decimal": ","}), (imports.discard,)):
        with pytest.raises(AlreadyImported):
            house.do(service, batch, *args)
    assert len(house.rows(records.Invoice)) == 3


def test_a_changed_invoice_is_updated_and_the_journal_says_from_what_to_what(house):
    house.take(*LEDGER)
    seen = house.take(HEADER, "F2;Hôtel du Pont SA;20/01/2026;28/02/2026;900,00")
    (change,) = seen.changes
    assert (change.line, change.number, change.debtor) == (2, "F2", "Hôtel du Pont SA")
    assert change.before == {"due": "2026-02-19", "total": "845.50"}
    assert change.after == {"due": "2026-02-28", "total": "900.00"}
    invoice = house.invoice("F2")
    assert (invoice.total_cents, invoice.due) == (90000, date(2026, 2, 28))
    (act,) = house.rows(records.Act, kind="corrected")
    assert act.debtor_id == invoice.debtor_id
    assert act.facts == {"number": "F2", "before": change.before, "after": change.after}


def test_a_total_below_what_is_settled_is_refused(house):
    house.take(f"{HEADER};Payé", "F1;Garage Petit SRL;05/01/2026;04/02/2026;100,00;60,00")
    seen = house.preview(HEADER, "F1;Garage Petit SRL;05/01/2026;04/02/2026;59,99")
    (problem,) = found(seen, "below_settled")
    assert (problem.line, problem.field, problem.blocks) == (2, "total", True)
    assert problem.facts == {"value": "59.99", "settled": "60.00"}
    assert (seen.updated, seen.unchanged) == (0, 0)


def test_an_invoice_does_not_become_a_credit_note_or_change_its_currency(house):
    house.take(*LEDGER)
    seen = house.preview(
        f"{HEADER};Devise",
        "F1;Garage Petit SRL;05/01/2026;04/02/2026;-1.210,00;EUR",
        "F2;Hôtel du Pont SA;20/01/2026;19/02/2026;845,50;USD",
    )
    assert [(p.line, p.field) for p in found(seen, "not_the_same")] == [(2, "kind"), (3, "currency")]
    with pytest.raises(NothingToImport):
        house.do(imports.accept, seen.batch_id)


def test_a_date_of_issue_may_not_pass_the_due_date_that_the_ledger_has(house):
    house.take(HEADER, "F1;Garage Petit SRL;05/01/2026;04/02/2026;10,00")
    seen = house.preview("Numéro;Client;Date;Total", "F1;Garage Petit SRL;05/03/2026;10,00")
    assert [p.line for p in found(seen, "due_before_issue")] == [2]
    assert seen.updated == 0


def test_a_settlement_date_becomes_a_payment_allocated_on_that_day(house):
    house.take(
        f"{HEADER};Payé le",
        "F1;Garage Petit SRL;05/01/2026;04/02/2026;100,00;10/02/2026",
        "F2;Garage Petit SRL;06/01/2026;05/02/2026;50,00;",
    )
    (payment,), (allocation,) = house.rows(records.Payment), house.rows(records.Allocation)
    assert (payment.on, payment.amount_cents, payment.source) == (date(2026, 2, 10), 10000, "invoice_file")
    assert (allocation.payment_id, allocation.invoice_id) == (payment.id, house.invoice("F1").id)
    assert (allocation.on, allocation.amount_cents) == (date(2026, 2, 10), 10000)
    (act,) = house.rows(records.Act, kind="payment")
    assert (act.day, act.facts) == (
        date(2026, 2, 10),
        {"cents": 10000, "currency": "EUR", "number": "F1"},
    )


def test_a_payment_before_the_invoice_settles_it_from_its_issue_on(house):
    house.take(f"{HEADER};Payé le", "F1;Garage Petit SRL;05/01/2026;04/02/2026;100,00;20/12/2025")
    (payment,), (allocation,) = house.rows(records.Payment), house.rows(records.Allocation)
    assert (payment.on, allocation.on) == (date(2025, 12, 20), date(2026, 1, 5))


def test_an_open_column_becomes_a_payment_of_the_rest_and_later_of_the_difference(house):
    header = f"{HEADER};Solde"
    house.take(header, "F1;Garage Petit SRL;05/01/2026;04/02/2026;100,00;70,00")
    assert [p.amount_cents for p in house.rows(records.Payment)] == [3000]
    seen = house.take(header, "F1;Garage Petit SRL;05/01/2026;04/02/2026;100,00;20,00")
    assert seen.changes[0].after == {"paid": "80.00"}
    assert seen.changes[0].before == {"paid": "30.00"}
    assert [p.amount_cents for p in house.rows(records.Payment)] == [3000, 5000]
    assert house.rows(records.Act, kind="corrected") == []
    again = house.take(header, "F1;Garage Petit SRL;05/01/2026;04/02/2026;100,00;20,00")
    assert (again.updated, again.unchanged) == (0, 1)
    assert sum(a.amount_cents for a in house.rows(records.Allocation)) == 8000


def test_corrected_columns_are_used_again_for_the_next_file_of_that_shape(house):
    strange = ("Colonne A;Colonne B;Colonne C;Colonne D", "F1;Garage Petit SRL;25/01/2026;10,00")
    batch = house.upload(*strange)
    assert {p.field for p in found(house.do(imports.preview, batch), "column_missing")} >= {"number", "total"}
    names = ("number", "debtor", "issue", "total")
    columns = {name: f"Colonne {letter}" for name, letter in zip(names, "ABCD", strict=True)}
    house.do(imports.correct, batch, {"columns": columns})
    assert house.do(imports.accept, batch).created == 1
    seen = house.preview(strange[0], "F2;Garage Petit SRL;26/01/2026;20,00")
    assert (seen.created, seen.rejected) == (1, [])
    theirs = house.do(imports.receive, "x.csv", "\n".join(strange).encode(), client=house.other)
    assert house.do(imports.preview, theirs, client=house.other).created == 0


def test_a_column_chosen_for_one_field_is_taken_from_the_other(house):
    batch = house.upload("Numéro;Nom A;Nom B;Date;Total", "F1;Alpha;Beta;05/01/2026;10,00")
    house.do(imports.correct, batch, {"columns": {"debtor": "Nom A"}})
    house.do(imports.correct, batch, {"columns": {"reference": "Nom A", "debtor": "Nom B"}})
    columns = house.do(imports.preview, batch).reading.columns
    assert (columns["reference"].column, columns["debtor"].column) == ("Nom A", "Nom B")


def test_another_separator_starts_the_columns_afresh(house):
    batch = house.upload(*LEDGER)
    house.do(imports.correct, batch, {"columns": {"reference": "Client"}})
    house.do(imports.correct, batch, {"separator": ","})
    house.do(imports.correct, batch, {"separator": ";"})
    assert house.do(imports.preview, batch).created == 3


@pytest.mark.parametrize(
    "corrections",
    [{"decimal": "x"}, {"date_order": 3}, {"columns": {"nothing": "Client"}}, {"separator": ["a"]}],
)
def test_a_correction_of_another_form_is_refused(house, corrections):
    batch = house.upload(*LEDGER)
    with pytest.raises(Unreadable):
        house.do(imports.correct, batch, corrections)


@pytest.mark.parametrize("corrections", [{"separator": "::"}, {"encoding": "klingon"}])
def test_a_choice_that_no_screen_offers_is_a_problem_of_the_file(house, corrections):
    batch = house.upload(*LEDGER)
    house.do(imports.correct, batch, corrections)
    assert found(house.do(imports.preview, batch), "choice_unknown")
    with pytest.raises(NothingToImport):
        house.do(imports.accept, batch)


def test_an_open_question_has_to_be_answered_first(house):
    batch = house.upload("Invoice,Customer,Date,Total", "F1,Alpha Ltd,05/01/2026,10.00")
    assert house.do(imports.preview, batch).reading.questions == ("dates",)
    with pytest.raises(QuestionsOpen):
        house.do(imports.accept, batch)
    house.do(imports.correct, batch, {"date_order": "mdy"})
    house.do(imports.accept, batch)
    assert house.invoice("F1").issue == date(2026, 5, 1)


@pytest.mark.parametrize(
    "service, args",
    [(imports.preview, ()), (imports.correct, ({},)), (imports.accept, ()), (imports.discard, ())],
)
def test_another_clients_upload_does_not_exist(house, service, args):
    batch = house.upload(*LEDGER)
    with pytest.raises(NotFound):
        house.do(service, batch, *args, client=house.other)


def test_a_reader_looks_and_does_not_upload(house):
    batch = house.upload(*LEDGER)
    reader = Actor(user_id=None, name="Lecteur", roles={house.client: {Role.READER}})
    assert house.do(imports.preview, batch, actor=reader).created == 3
    for service, args in (
        (imports.receive, ("a.csv", b"a")),
        (imports.correct, (batch, {})),
        (imports.accept, (batch,)),
        (imports.discard, (batch,)),
    ):
        with pytest.raises(NotAllowed):
            house.do(service, *args, actor=reader)


def test_a_discarded_upload_is_gone_with_its_content(house):
    batch = house.upload(*LEDGER)
    house.do(imports.discard, batch)
    with pytest.raises(NotFound):
        house.do(imports.preview, batch)
    with pytest.raises(FileNotFoundError):
        house.wired.store.load(f"batch-{batch}")


def test_one_bad_row_does_not_stop_the_good_ones(house):
    seen = house.take(*LEDGER, "F9;Garage Petit SRL;05/06/2026;05/07/2026;1.2O0,00")
    assert seen.created == 3
    assert [(p.code, p.line, p.field) for p in seen.rejected] == [("amount_unreadable", 5, "total")]
    assert house.rows(records.ImportBatch)[-1].result["rejected"] == 1


def test_a_failure_in_the_middle_leaves_nothing(house):
    house.take(*LEDGER)
    before = house.counts()
    batch = house.upload(HEADER, "F5;Nouveau SRL;05/06/2026;05/07/2026;10,00")

    class PowerCutError(Exception):
        pass

    def cut(work: Work, client_id: int) -> None:
        imports.accept(work, client_id, batch)
        raise PowerCutError

    with pytest.raises(PowerCutError):
        house.do(cut)
    assert house.counts() == before
    assert not house.do(imports.preview, batch).imported


def test_a_failure_of_the_database_in_the_middle_leaves_nothing(house):
    with house.wired.begin(HOUSE) as work:
        work.session.connection().exec_driver_sql(
            "CREATE TRIGGER cut BEFORE INSERT ON act BEGIN SELECT RAISE(ABORT, 'cut'); END"
        )
    with pytest.raises(Exception, match="cut"):
        house.take(*LEDGER)
    assert house.counts() == {"Debtor": 0, "Invoice": 0, "Payment": 0, "Allocation": 0, "Act": 0}


@pytest.mark.parametrize(
    "name, code", [("=cmd|' /C calc'!A0", "formula"), ("<script>alert(1)</script>", "markup")]
)
def test_a_program_in_a_name_is_named_and_left_out(house, name, code):
    seen = house.take(*LEDGER, f"F9;{name};05/06/2026;05/07/2026;10,00")
    assert [p.line for p in found(seen, code)] == [5]
    assert {d.name for d in house.rows(records.Debtor)} == {"Garage Petit SRL", "Hôtel du Pont SA"}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00\x01\x02" * 1000,
        b"PK\x03\x04....[Content_Types].xml",
        HEADER.encode(),
        b"F1;Garage;05/01/2026;04/02/2026;10,00\n",
    ],
    ids=["empty", "noise", "workbook", "header only", "no header"],
)
def test_a_file_that_is_none_gets_a_sentence_and_changes_nothing(house, data):
    batch = house.do(imports.receive, "bad.csv", data)
    seen = house.do(imports.preview, batch)
    assert any(problem.line is None for problem in seen.rejected)
    assert all(found(seen, problem.code) for problem in seen.rejected)
    with pytest.raises(NothingToImport):
        house.do(imports.accept, batch)
    assert house.counts()["Act"] == 0


def test_the_line_of_a_problem_counts_the_lines_of_the_file(house):
    seen = house.preview("Liste des factures", "", *LEDGER, "F9;;05/06/2026;05/07/2026;1,00")
    assert [(p.line, p.field) for p in seen.rejected] == [(7, "debtor")]
    assert seen.accepted == 3
