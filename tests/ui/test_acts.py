"""Acts of the journal as a person reads them."""

from datetime import date
from types import SimpleNamespace

import pytest

from encaiss_dashboard.storage.journal import ActKind
from encaiss_dashboard.ui.acts import act_row

ON = date(2026, 11, 2)
CREDIT = {"cents": 12_345, "currency": "EUR", "number": "NC-7", "credited": "F-1"}


def told(kind, facts, lang="en"):
    act = SimpleNamespace(id=1, kind=kind, day=ON, facts=facts, actor="Anne", debtor_id=None)
    return act_row(act, lang, ON)


@pytest.mark.parametrize(
    "lang, title, detail",
    [
        ("en", "Credit note NC-7: €123.45 allocated", "set against invoice F-1"),
        ("nl", "Creditnota NC-7: € 123,45 toegewezen", None),
        ("fr", "Note de crédit NC-7 : 123,45 € imputés", None),
    ],
)
def test_a_credit_note_says_how_much_of_which_invoice_it_took(lang, title, detail):
    row = told(ActKind.CREDITED, CREDIT, lang)
    assert row["title"].replace("\u202f", " ").replace("\xa0", " ") == title
    assert detail is None or row["detail"] == detail


def test_an_import_taken_back_names_its_file():
    row = told(ActKind.TAKEN_BACK, {"file": "mai.csv", "batch": 3, "invoices": 2})
    assert (row["title"], row["detail"], row["tag"]) == ("Import taken back", "file mai.csv", "File")


def test_a_correction_writes_amounts_as_people_do():
    facts = {"number": "F-1", "before": {"vat": "21.00"}, "after": {"vat": "1234.50"}}
    assert "21.00 → 1,234.50" in told(ActKind.CORRECTED, facts)["detail"]


@pytest.mark.parametrize("kind", [ActKind.CLIENT_ADDED, ActKind.CLIENT_CHANGED, ActKind.TRAY_EMPTIED])
def test_what_nobody_did_with_a_file_is_not_filed_under_files(kind):
    assert told(kind, {})["tag"] != "File"
