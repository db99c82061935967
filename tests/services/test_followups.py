"""The follow-up sheet: what an accountant finds of each invoice, with real dates and amounts."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import date

import polars as pl
import pytest
from python_calamine import CalamineWorkbook

from encaiss_dashboard.domain.errors import NotFound
from encaiss_dashboard.domain.permissions import HOUSE
from encaiss_dashboard.services import followups
from encaiss_dashboard.storage import lists
from encaiss_dashboard.storage.lists import InvoiceFilter

TODAY = date(2026, 12, 10)
ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
HEADINGS = [
    *("Débiteur", "Numéro", "Date de facture", "Échéance", "Total TVAC", "Acompte ou réglé", "Solde ouvert"),
    *("Intérêts", "Indemnité (EUR)", "Devise", "Rappels", "Rappels envoyés", "Prochain", "État"),
    *("Jours de retard", "Communication"),
]


@pytest.fixture
def client(house, moulin, night):
    """Moulin owes one invoice reminded twice, one part paid; others owe other things."""
    night(7)
    night(22)
    house.payment(moulin, on=date(2026, 11, 30), cents=25_000, invoice_id=1)
    other = house.debtor(1, "=2+5 SRL")
    house.invoice(other, "+1", due=date(2026, 10, 1), cents=5_000, reference="=cmd|' /C calc'!A0")
    house.invoice(other, "D-1", due=date(2026, 12, 31), cents=700, issue=date(2026, 12, 1), currency="USD")
    house.invoice(other, "N-1", due=date(2026, 12, 1), cents=900, issue=date(2026, 12, 1), kind="credit_note")
    return 1


@pytest.fixture
def taken(house, client):
    def take(form="xlsx", lang="fr", **query):
        actor = replace(HOUSE, language=lang)
        with house.wiring.begin(actor, TODAY, write=False) as work:
            return followups.follow_up(work, client, form, query)

    return take


def sheet(made):
    return CalamineWorkbook.from_filelike(io.BytesIO(made.content)).get_sheet_by_index(0).to_python()


def test_an_accountant_finds_every_invoice_the_oldest_first_with_all_that_was_done(taken):
    made = taken()
    head, *rows = sheet(made)
    assert made.name == "follow-up-2026-12-10.xlsx"
    assert head == HEADINGS
    assert [row[1] for row in rows[:3]] == ["+1", "2026-001", "D-1"]
    moulin = dict(zip(HEADINGS, rows[1], strict=True))
    assert moulin == {
        "Débiteur": "Moulin Clair SA",
        "Numéro": "2026-001",
        "Date de facture": date(2026, 10, 2),
        "Échéance": date(2026, 11, 1),
        "Total TVAC": 1000.0,
        "Acompte ou réglé": 250.0,
        "Solde ouvert": 750.0,
        "Intérêts": 10.5,  # 1 000 until 250 were paid on the 30th day, 750 since
        "Indemnité (EUR)": 40.0,
        "Devise": "EUR",
        "Rappels": 2.0,
        "Rappels envoyés": "1er relevé 08/11/2026 · 2e relevé 23/11/2026",
        "Prochain": "3e relevé 10/12/2026",
        "État": "Échue · 2e relevé",
        "Jours de retard": 39.0,
        "Communication": "",
    }


@ON_SQLITE
def test_what_is_not_delegated_says_so_and_has_nothing_to_come(taken):
    other = dict(zip(HEADINGS, sheet(taken())[1], strict=True))
    assert (other["État"], other["Prochain"], other["Rappels"]) == ("Échue · non déléguée", "", 0.0)


@ON_SQLITE
def test_totals_stand_below_by_currency_and_add_up(taken):
    rows = sheet(taken())[1:]
    blank = next(place for place, row in enumerate(rows) if not any(row))
    euro, dollar = rows[blank + 1 :]
    assert euro[0] == "Total EUR"
    assert dollar[0] == "Total USD"
    for place in (4, 5, 6, 7, 8):
        listed = sum(row[place] or 0 for row in rows[:blank] if row[9] == "EUR")
        assert euro[place] == pytest.approx(listed)
    assert (dollar[4], dollar[6]) == (7.0, 7.0)


@ON_SQLITE
def test_another_reader_finds_the_same_types_in_the_text(taken):
    frame = pl.read_csv(
        io.BytesIO(taken("csv").content), separator=";", decimal_comma=True, try_parse_dates=True
    )
    types = dict(zip(HEADINGS, frame.dtypes, strict=True))
    assert (types["Échéance"], types["Solde ouvert"], types["Numéro"]) == (pl.Date, pl.Float64, pl.String)
    assert types["Jours de retard"] == pl.Int64


@ON_SQLITE
def test_nothing_from_a_file_is_a_formula(taken):
    workbook = CalamineWorkbook.from_filelike(io.BytesIO(taken().content)).get_sheet_by_index(0)
    first = workbook.to_python()[1]
    assert (first[0], first[1], first[15]) == ("=2+5 SRL", "+1", "=cmd|' /C calc'!A0")
    rows = list(csv.reader(io.StringIO(taken("csv").content.decode("utf-8-sig")), delimiter=";"))
    assert (rows[1][0], rows[1][1], rows[1][15]) == ("'=2+5 SRL", "'+1", "'=cmd|' /C calc'!A0")


@ON_SQLITE
def test_the_same_rows_are_there_as_text(taken):
    made = taken("csv")
    assert made.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(made.content.decode("utf-8-sig")), delimiter=";"))
    assert rows[0] == HEADINGS
    assert rows[2][2:11] == [
        *("2026-10-02", "2026-11-01", "1000,00", "250,00", "750,00", "10,50", "40,00", "EUR", "2")
    ]


@ON_SQLITE
@pytest.mark.parametrize(
    "query, found",
    [
        ({"show": "all"}, ["+1", "2026-001", "N-1", "D-1"]),
        ({"show": "credit_notes"}, ["N-1"]),
        ({"show": "paid"}, []),
        ({"q": "moulin"}, ["2026-001"]),
        ({"bucket": "61-90"}, ["+1"]),
        ({"bucket": "nonsense", "show": "nonsense", "on": "yesterday"}, ["+1", "2026-001", "D-1"]),
        ({"on": "2026-10-15"}, ["+1", "2026-001"]),
    ],
    ids=str,
)
def test_the_sheet_holds_what_the_screen_is_filtered_to(taken, query, found):
    rows = sheet(taken(**query))[1:]
    assert [row[1] for row in rows if row[2]] == found


@ON_SQLITE
def test_as_of_a_past_day_it_tells_what_was_done_by_then_and_foresees_nothing(taken):
    moulin = dict(zip(HEADINGS, sheet(taken(on="2026-11-10"))[2], strict=True))
    assert (moulin["Rappels"], moulin["Prochain"], moulin["Solde ouvert"]) == (1.0, "", 1000.0)


@ON_SQLITE
@pytest.mark.parametrize("lang, title", [("fr", "Suivi"), ("nl", "Opvolging"), ("en", "Invoice")])
def test_it_is_written_in_its_readers_language(taken, lang, title):
    book = CalamineWorkbook.from_filelike(io.BytesIO(taken(lang=lang).content))
    assert book.sheet_names[0].startswith(title)


@ON_SQLITE
def test_there_is_no_other_form(taken):
    with pytest.raises(NotFound):
        taken("pdf")


@pytest.mark.parametrize("size", [1, 2, 3, 50])
def test_pages_of_any_size_give_the_same_rows(house, client, size):
    with house.wiring.begin(HOUSE, TODAY, write=False) as work:
        pages = list(lists.invoice_pages(work.session, client, InvoiceFilter(on=TODAY, show="all"), size))
    assert [line.number for page in pages for line in page] == ["+1", "2026-001", "N-1", "D-1"]
    assert all(len(page) <= size for page in pages)
