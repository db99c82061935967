"""What the screen of one import says: how a file was read, what is wrong in it, what it changes."""

import string
from datetime import date
from decimal import Decimal

import pytest

from encaiss_dashboard.adapters.invoice_files.staging import StagedRows, frame_of
from encaiss_dashboard.domain.errors import Problem
from encaiss_dashboard.domain.intake import (
    Attachment,
    ColumnGuess,
    Dialect,
    Field,
    InvoiceRow,
    Reading,
)
from encaiss_dashboard.domain.invoices import Kind
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.locales import LANGUAGES, catalogue, text
from encaiss_dashboard.services.imports import Answers, Candidate, Change, Doubt, Netting, Preview
from encaiss_dashboard.ui import drop_zone, import_reading, import_rows, import_troubles
from encaiss_dashboard.ui.limits import UPLOAD_BYTES_MAX

TABLE = {
    "dialect": Dialect("cp1252", ";", header_line=1),
    "header": ("Nr", "Klant", "Date", "Total"),
    "format": "csv",
    "row_count": 3,
}


def reading(**told):
    return Reading("liste.csv", **{**TABLE, **told})


def row(line, number, debtor="Moulin Clair SA", cents=12_100, kind=Kind.INVOICE):
    day = date(2026, 11, 1)
    return InvoiceRow(line, kind, number, debtor, "", day, day, None, Money(cents))


def preview(seen, **told):
    counts = dict.fromkeys(
        (
            *("created", "updated", "left_out", "unchanged", "credit_notes", "duplicates"),
            *("rejected_rows", "new_debtors"),
        ),
        0,
    )
    rest = {"changes": (), "doubts": (), "nettings": (), "total": {}, "total_new": {}}
    whole = {"batch_id": 1, "reading": seen, "answers": Answers(), "imported_at": None, "taken_back_at": None}
    return Preview(**{**whole, **counts, **rest, **told})


def test_a_text_file_says_how_it_is_written():
    said = import_reading.summary(reading(), "fr")
    assert said == (
        "liste.csv · 3 lignes · séparateur point-virgule, décimale virgule, Windows-1252, dates jj/mm/aaaa"
    )


def test_a_workbook_says_its_sheet_and_offers_the_others():
    seen = reading(dialect=Dialect(), format="xlsx", sheets=("Notes", "2026"), sheet="2026")
    said = import_reading.summary(seen, "en")
    assert said == "liste.csv · 3 rows · Excel (.xlsx) · sheet “2026” · decimal mark comma, dates dd/mm/yyyy"
    assert [choice["value"] for choice in import_reading.sheets(seen)] == ["Notes", "2026"]
    assert import_reading.settings(seen) == {
        "separator": "",
        "decimal": ",",
        "date_order": "dmy",
        "encoding": "",
        "sheet": "2026",
    }
    assert not import_reading.is_text(seen)


def test_one_sheet_is_no_choice():
    assert import_reading.sheets(reading(sheets=("2026",), sheet="2026")) == []


def test_documents_without_columns_say_how_many_they_are_and_what_is_kept():
    kept = (Attachment(1, "a.pdf", "application/pdf", "attachment-1.pdf"),)
    seen = Reading("envoi.zip", format="zip", row_count=14, attachments=kept)
    assert import_reading.summary(seen, "fr") == "envoi.zip · ZIP · 14 documents · 1 pièce jointe conservée"
    assert import_reading.documents(reading(), "fr") == []


@pytest.mark.parametrize(
    "confidence, tone, hint",
    [(100, "good", "F1"), (75, "good", "F1"), (60, "warn", "à vérifier (60 %) · F1")],
)
def test_a_guess_shows_how_sure_it_is(confidence, tone, hint):
    seen = reading(columns={Field.NUMBER: ColumnGuess("Nr", confidence)}, samples={"Nr": ("F1",)})
    shown = import_reading.columns(seen, "fr")[0]
    number = next(column for column in shown if column["field"] == "number")
    assert (number["tone"], number["hint"]) == (tone, hint)


@pytest.mark.parametrize("code", ["", "csv", "xlsx", "xls", "ods", "ubl", "cii", "pdf", "zip", "json"])
def test_every_format_has_its_words(code):
    for lang in LANGUAGES:
        assert not code or catalogue(lang)[f"import.format_{code}"]


@pytest.mark.parametrize(
    "said, mark, value",
    [
        ("1 210,00", ",", "1210.00"),
        ("1.210,50 €", ",", "1210.50"),
        ("EUR 1,210.5", ".", "1210.5"),
        ("12", ",", "12.0"),
        ("-3,20", ",", "-3.20"),
        ("3,20-", ",", "-3.20"),
        ("(3,20)", ",", "-3.20"),
        ("1.2O0,00", ",", None),
        ("x27,17", ",", None),
        ("", ",", None),
        (",", ",", None),
        ("1,2,3", ",", None),
        ("USD 12", ",", None),
    ],
)
def test_an_amount_is_shown_only_where_it_is_plainly_one(said, mark, value):
    found = import_rows.as_written(said, mark)
    assert found == (None if value is None else Decimal(value))


def problems(*some):
    return tuple(Problem(*one) if isinstance(one, tuple) else one for one in some)


def test_what_keeps_rows_out_is_told_apart_from_what_only_warns():
    found = problems(
        ("total_missing", 3, "total"),
        Problem("above_ceiling", 2, "due", {"days": "90", "over": "30"}, blocks=False),
        ("file_header_only", None),
    )
    seen = preview(reading(problems=found))
    errors, warnings = import_troubles.of_rows(seen, "fr")
    assert [row["line"] for row in errors.first] == ["3"]
    assert [row["line"] for row in warnings.first] == ["2"]
    assert len(import_troubles.of_file(seen, "fr")) == 1


def test_a_bad_row_is_named_as_far_as_it_can_be():
    read = StagedRows([frame_of([row(2, "F2"), row(5, "NC5", cents=500, kind=Kind.CREDIT_NOTE)])])
    said = {"number": "F3", "debtor": "Hôtel", "total": "1 210,00"}
    found = problems(
        Problem("below_settled", 2, "total", {"value": "1", "settled": "2"}),
        Problem("debtor_missing", 3, "debtor", row=said),
        Problem("number_twice", 4, "number", {"value": "F4", "other": "9"}, row={"cents": "-50"}),
        Problem("above_ceiling", 5, "due", {"days": "90", "over": "30"}, blocks=False),
        Problem("row_short", 6, None, {"found": "1", "expected": "4"}),
    )
    errors, warnings = import_troubles.of_rows(preview(reading(problems=found, rows=read)), "en")
    named = [(one["line"], one["number"], one["debtor"], one["amount"]) for one in errors.first]
    assert named == [
        ("2", "F2", "Moulin Clair SA", "€121.00"),
        ("3", "F3", "Hôtel", "1,210.00"),
        ("4", "", "", "−€0.50"),
        ("6", "", "", "–"),
    ]
    assert [(one["number"], one["amount"]) for one in warnings.first] == [("NC5", "−€5.00")]


def test_an_amount_that_was_not_taken_has_the_only_currency_of_the_file():
    found = problems(Problem("debtor_missing", 3, "debtor", row={"total": "1 210,00"}))
    one, two = {"EUR": Money(100)}, {"EUR": Money(100), "USD": Money(100, "USD")}

    def said(**told):
        errors, _ = import_troubles.of_rows(preview(reading(problems=found, **told)), "en")
        return errors.first[0]["amount"]

    assert said(total=one) == "€1,210.00"
    assert said(total=two) == said(total={}) == "1,210.00"
    assert said(total=one, columns={Field.CURRENCY: ColumnGuess("Devise", 90)}) == "1,210.00"


def test_what_no_column_holds_is_said_once_with_all_its_fields():
    facts = {"columns": "Nr, Wie"}
    found = problems(
        Problem("column_missing", None, "number", facts),
        Problem("column_missing", None, "debtor", facts),
        Problem("file_header_only"),
    )
    seen = preview(reading(problems=found))
    missing, other = import_troubles.of_file(seen, "en")
    assert missing["field"] == import_troubles.missing_columns(seen, "en") == "Invoice number, Debtor"
    assert (missing["tone"], other["field"]) == ("bad", "")


def test_a_document_of_an_archive_is_named_by_its_file():
    found = problems(Problem("pdf_broken", 4, None, {"member": "a/facture.pdf"}))
    errors, _ = import_troubles.of_rows(preview(reading(problems=found)), "fr")
    assert errors.first[0]["number"] == "a/facture.pdf"


def test_every_kind_of_problem_is_counted_also_what_is_not_listed():
    found = problems(
        *(("total_missing", line, "total") for line in range(2, 200)),
        ("debtor_missing", 300, "debtor"),
        Problem("email_invalid", 400, "email", {"value": "x"}, blocks=False),
    )
    seen = preview(reading(problems=found, unlisted={"total_missing": 1_000, "email_invalid": 5}))
    errors, warnings = import_troubles.of_rows(seen, "fr")
    assert [choice["label"].replace("\u202f", " ") for choice in errors.kinds] == [
        "Le montant total manque (1 198)",
        "Le nom du débiteur manque (1)",
    ]
    assert (errors.count, warnings.count) == (1_199, 6)
    shown, hidden = errors.shown("")
    assert (len(shown), hidden) == (import_troubles.LISTED, 1_099)
    shown, hidden = errors.shown("debtor_missing")
    assert ([one["line"] for one in shown], hidden) == (["300"], 0)
    shown, hidden = errors.shown("total_missing")
    assert (len(shown) + hidden) == 1_198


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_problem_has_a_short_name_without_anybody_s_values(lang):
    for key, entry in catalogue(lang).items():
        area, _, code = key.partition(".")
        if area != "problem":
            continue
        facts = {name: "SECRET" for _, name, _, _ in string.Formatter().parse(str(entry)) if name}
        errors, _ = import_troubles.of_rows(preview(reading(problems=(Problem(code, 2, None, facts),))), lang)
        label = errors.kinds[0]["label"]
        assert "{" not in label
        assert "SECRET" not in label
        assert 8 < len(label) < 90, label


CHANGE = Change(
    7,
    "F7",
    "Moulin Clair SA",
    {"due": "2026-11-30", "total": "100.00", "reference": ""},
    {"due": "2026-12-15", "total": "121.00", "reference": "RF1"},
    "EUR",
)


def test_a_change_shows_each_field_before_and_after():
    told = import_rows.changed(CHANGE, "fr")
    assert told["line"] == 7
    assert [(one["before"], one["after"]) for one in told["differences"]] == [
        ("30/11/2026", "15/12/2026"),
        ("100,00\xa0€", "121,00\xa0€"),
        ("–", "RF1"),
    ]


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", ["issue", "due", "total", "reference", "credited", "paid"])
def test_whatever_can_change_has_its_words(lang, name):
    value = "1.00" if name in {"total", "paid"} else "2026-11-30" if name in {"issue", "due"} else "x"
    told = import_rows.changed(Change(1, "F", "D", {name: value}, {name: value}, "EUR"), lang)
    assert told["differences"][0]["field"] == text(lang, f"field.{name}")


DOUBT = Doubt(
    "garage petit|",
    "Garage Petit",
    "Namur",
    3,
    (Candidate(4, "Garage Petite SRL", "BE0123456749", 96, "name"), Candidate(9, "Autre", "", 40, "email")),
    None,
)


def test_a_doubt_says_who_it_may_be_and_why():
    told = import_rows.asked(DOUBT, "fr")
    assert (told["name"], told["detail"], told["is_open"]) == ("Garage Petit", "Namur · 3 lignes", True)
    assert [one["why"] for one in told["suggestions"]] == ["nom semblable à 96 %", "même adresse e-mail"]


@pytest.mark.parametrize("answer, chosen, new", [(4, [True, False], False), (0, [False, False], True)])
def test_an_answer_is_marked_at_once_as_a_later_reading_will_show_it(answer, chosen, new):
    told = import_rows.answered(import_rows.asked(DOUBT, "fr"), answer)
    assert [one["chosen"] for one in told["suggestions"]] == chosen
    assert (told["is_new"], told["is_open"]) == (new, False)
    given = Doubt(DOUBT.key, DOUBT.name, DOUBT.detail, DOUBT.rows, DOUBT.candidates, answer)
    assert told == import_rows.asked(given, "fr")


def test_credit_notes_that_wait_come_first():
    nettings = (Netting(2, "NC1", "F1", found=True), Netting(3, "NC2", "F9", found=False))
    assert [one["number"] for one in import_rows.netted(nettings, "fr")] == ["NC2", "NC1"]
    seen = preview(reading(), credit_notes=3, nettings=nettings)
    assert import_rows.credit_hint(seen, "fr") == "1 imputée sur sa facture, 2 attendent"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_zone_says_how_large_a_file_may_be(lang):
    assert str(UPLOAD_BYTES_MAX // 2**20) in text(lang, "invoices.drop_hint")


def test_the_zone_takes_several_files_of_every_format_that_is_read():
    zone = str(drop_zone.drop_zone(big=False))
    assert "multiple:true" in zone.replace(" ", "")
    for ending in (".csv", ".txt", ".xlsx", ".xls", ".ods", ".xml", ".pdf", ".zip"):
        assert ending in zone
