"""Which debtor a row of a file means, when its invoice falls due, who paid: on every database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from sqlmodel import select

from encaiss_dashboard.domain.errors import Problem
from encaiss_dashboard.domain.permissions import HOUSE
from encaiss_dashboard.locales import LANGUAGES, text
from encaiss_dashboard.services import imports, people
from encaiss_dashboard.services.imports import Preview
from encaiss_dashboard.storage import records
from encaiss_dashboard.wiring import Wiring

TODAY = date(2026, 6, 15)
HEADER = "Numéro;Client;Date;Échéance;Total"


@dataclass
class Desk:
    """Where one client's files come in."""

    wired: Wiring
    client: int

    def do(self, service: Callable[..., Any], *args: Any) -> Any:
        with self.wired.begin(HOUSE, TODAY) as work:
            return service(work, self.client, *args)

    def preview(self, *lines: str) -> Preview:
        return self.do(imports.preview, self.do(imports.receive, "ledger.csv", "\n".join(lines).encode()))

    def take(self, *lines: str) -> Preview:
        return self.do(imports.accept, self.preview(*lines).batch_id)

    def rows(self, table: Any) -> list[Any]:
        with self.wired.begin(HOUSE, TODAY, write=False) as work:
            return list(work.session.exec(select(table).order_by(table.id)))

    def invoice(self, number: str) -> records.Invoice:
        (found,) = (row for row in self.rows(records.Invoice) if row.number == number)
        return found


@pytest.fixture
def desk(wiring: Wiring) -> Desk:
    with wiring.begin(HOUSE) as work:
        client = people.add_client(work, "atelier", "Atelier Exemple SRL").id
    assert client
    return Desk(wiring, client)


def found(seen: Preview, code: str) -> list[Problem]:
    problems = [problem for problem in seen.reading.problems if problem.code == code]
    assert all(text(lang, f"problem.{code}", **p.facts) for p in problems for lang in LANGUAGES)
    return problems


NAMED = "Numéro;Client;Code client;Numéro TVA;E-mail;Date;Total"


@pytest.mark.parametrize(
    "first, second",
    [
        ("Garage Petit SRL;;BE0202239951;", "Garage Petit;;0202.239.951;"),
        ("Garage Petit SRL;K-17;;", "Petit & Fils;K-17;;"),
        ("Hôtel du Pont S.A.;;;", "HOTEL  DU PONT, S A;;;"),
        ("Hôtel du Pont;;;", "hotel du pont;;;"),
        ("Hôtel du Pont;;;", "Hôtel du Pont;K-2;BE0202239951;"),
    ],
    ids=["enterprise number", "own number", "punctuation", "case and accents", "more known later"],
)
@pytest.mark.parametrize("together", [True, False])
def test_two_rows_mean_one_debtor_by_number_or_by_name(desk, first, second, together):
    rows = [f"F1;{first};05/01/2026;10,00", f"F2;{second};06/01/2026;20,00"]
    for part in [rows] if together else [[row] for row in rows]:
        desk.take(NAMED, *part)
    assert len(desk.rows(records.Debtor)) == 1
    assert len({i.debtor_id for i in desk.rows(records.Invoice)}) == 1


@pytest.mark.parametrize("together", [True, False])
def test_two_enterprise_numbers_under_one_name_stay_two_debtors(desk, together):
    rows = [
        "F1;Garage Petit;;;;05/01/2026;10,00",
        "F2;Garage Petit;;BE0202239951;;05/01/2026;20,00",
        "F3;Garage Petit;;BE0403170701;;05/01/2026;30,00",
        "F4;Garage Petit;;BE0202239951;;05/01/2026;40,00",
    ]
    for part in [rows] if together else [[row] for row in rows]:
        desk.take(NAMED, *part)
    owners = {i.number: i.debtor_id for i in desk.rows(records.Invoice)}
    assert owners["F2"] == owners["F4"] != owners["F3"]


def test_a_name_that_fits_two_debtors_becomes_neither_and_stays_one(desk):
    desk.take(
        NAMED,
        "F1;Garage Petit;;BE0202239951;;05/01/2026;10,00",
        "F2;Garage Petit;;BE0403170701;;05/01/2026;20,00",
    )
    asked = desk.preview(NAMED, "F3;Garage Petit;;;;05/01/2026;30,00")
    assert [len(doubt.candidates) for doubt in asked.doubts] == [2]
    with pytest.raises(imports.QuestionsOpen):
        desk.do(imports.accept, asked.batch_id)
    desk.do(imports.answer, asked.batch_id, {"debtors": {asked.doubts[0].key: imports.NEW}})
    desk.do(imports.accept, asked.batch_id)
    desk.take(NAMED, "F4;GARAGE PETIT;;;;05/01/2026;40,00")
    owners = {i.number: i.debtor_id for i in desk.rows(records.Invoice)}
    assert owners["F3"] == owners["F4"]
    assert len(desk.rows(records.Debtor)) == 3


def test_a_filler_is_no_enterprise_number(desk):
    desk.take(NAMED, "F1;Alpha;-;n/a;;05/01/2026;10,00", "F2;Beta;-;n/a;;05/01/2026;20,00")
    assert {d.name for d in desk.rows(records.Debtor)} == {"Alpha", "Beta"}


def test_one_number_under_two_spellings_of_a_debtor_is_one_invoice_or_none(desk):
    same = desk.preview(HEADER, "F1;Café Été;05/01/2026;;10,00", "F1;Cafe ete;05/01/2026;;10,00")
    assert (same.created, [p.line for p in found(same, "repeated_line")]) == (1, [3])
    desk.do(imports.accept, same.batch_id)
    twice = desk.preview(HEADER, "F2;Café Été;05/01/2026;;10,00", "F2;Cafe ete;05/01/2026;;11,00")
    assert (twice.created, [p.line for p in found(twice, "number_twice")]) == (0, [2, 3])


def test_what_the_client_did_not_know_is_filled_in_and_nothing_overwritten(desk):
    desk.take(NAMED, "F1;Alpha;K1;;;05/01/2026;10,00")
    desk.take(NAMED, "F2;Alpha bis;K1;BE0202239951;compta@alpha.example;05/02/2026;10,00")
    desk.take(NAMED, "F3;Alpha;K1;;autre@alpha.example;05/03/2026;10,00")
    (debtor,) = desk.rows(records.Debtor)
    assert (debtor.name, debtor.number, debtor.enterprise_number) == ("Alpha", "K1", "BE0202239951")
    assert [c.email for c in desk.rows(records.Contact)] == ["compta@alpha.example"]


def test_the_due_date_comes_from_the_invoice_its_term_the_debtor_the_client_then_the_law(desk):
    header = "Numéro;Client;Date;Échéance;Délai de paiement;Total"
    desk.take(header, "F0;Lent SA;05/01/2026;;;1,00")
    with desk.wired.begin(HOUSE) as work:
        work.session.exec(select(records.Debtor)).one().term = "NET_45"
        client = work.session.get(records.Client, desk.client)
        assert client
        client.default_term = "NET_15"
    desk.take(
        header,
        "F1;Lent SA;05/01/2026;20/01/2026;60 jours;1,00",
        "F2;Lent SA;05/01/2026;;60 jours;1,00",
        "F3;Lent SA;05/01/2026;;;1,00",
        "F4;Vif SA;05/01/2026;;;1,00",
    )
    with desk.wired.begin(HOUSE) as work:
        client = work.session.get(records.Client, desk.client)
        assert client
        client.default_term = ""
    desk.take(header, "F5;Vif SA;05/01/2026;;;1,00")
    dues = {n: desk.invoice(n) for n in ("F1", "F2", "F3", "F4", "F5")}
    assert {n: (i.due, i.due_source) for n, i in dues.items()} == {
        "F1": (date(2026, 1, 20), "invoice_due"),
        "F2": (date(2026, 3, 6), "invoice_term"),
        "F3": (date(2026, 2, 19), "debtor_term"),
        "F4": (date(2026, 1, 20), "client_default"),
        "F5": (date(2026, 2, 4), "statutory"),
    }


def test_a_due_date_above_the_ceiling_is_warned_of_and_kept(desk):
    seen = desk.take(HEADER, "F1;Lent SA;05/01/2026;05/04/2026;1,00")
    (problem,) = found(seen, "above_ceiling")
    assert (problem.blocks, problem.facts) == (False, {"days": "90", "over": "30"})
    assert desk.invoice("F1").due == date(2026, 4, 5)


def test_a_term_nobody_can_read_is_warned_of_and_the_next_one_applies(desk):
    seen = desk.take("Numéro;Client;Date;Délai de paiement;Total", "F1;Lent SA;05/01/2026;quand on veut;1,00")
    (problem,) = found(seen, "term_unreadable")
    assert (problem.blocks, problem.facts) == (False, {"value": "quand on veut"})
    assert desk.invoice("F1").due_source == "client_default"


def test_a_known_due_date_is_kept_when_the_file_states_none(desk):
    desk.take(HEADER, "F1;Lent SA;05/01/2026;20/01/2026;1,00")
    seen = desk.take("Numéro;Client;Date;Total", "F1;Lent SA;05/01/2026;1,00")
    assert (seen.unchanged, desk.invoice("F1").due) == (1, date(2026, 1, 20))


def test_a_file_is_imported_alike_on_every_database(desk):
    wiring, client = desk.wired, desk.client
    lines = (HEADER, *(f"N{i};Client {i % 7};05/01/2026;04/02/2026;{i},50" for i in range(1, 1500)))
    data = "\n".join(f"{line};10/02/2026" if at else f"{line};Payé le" for at, line in enumerate(lines))
    for created in (1499, 0):
        with wiring.begin(HOUSE, TODAY) as work:
            batch = imports.receive(work, client, "ledger.csv", data.encode())
        with wiring.begin(HOUSE, TODAY) as work:
            assert imports.accept(work, client, batch).created == created
    with wiring.begin(HOUSE, TODAY, write=False) as work:
        pairs = work.session.execute(
            select(records.Invoice.total_cents, records.Allocation.amount_cents, records.Payment.reference)
            .join(records.Allocation, records.Allocation.invoice_id == records.Invoice.id)
            .join(records.Payment, records.Payment.id == records.Allocation.payment_id)
            .where(records.Payment.reference == records.Invoice.number)
        ).all()
    assert len(pairs) == 1499
    assert all(total == paid for total, paid, _ in pairs)
