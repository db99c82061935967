"""What software sends as JSON: each item checked as a row of a file, and nothing in it ever raises."""

import json
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from encaiss_dashboard.adapters.invoice_files import read_file
from encaiss_dashboard.adapters.invoice_files.pushed import PATHS
from encaiss_dashboard.domain.intake import Cancelled, Field
from encaiss_dashboard.domain.invoices import Kind
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.locales import LANGUAGES, text

GOOD = {
    "number": "F-1",
    "issue": "2026-09-01",
    "total": "1234.56",
    "debtor": {"name": "Moulin Clair SA"},
}
WHOLE = GOOD | {
    "kind": "invoice",
    "due": "2026-10-01",
    "term": "NET_30",
    "currency": "USD",
    "vat": "214.26",
    "paid": "34.56",
    "reference": "+++123/4567/89002+++",
    "debtor": {
        "name": "Moulin Clair SA",
        "number": "C-42",
        "vat_number": "BE 0202.239.951",
        "endpoint": "0208:0202239951",
        "email": "compta@moulin.example",
        "language": "nl",
        "address": "Rue du Moulin 7",
        "postcode": "5590",
        "city": "Ciney",
        "country": "Belgique",
        "iban": "BE68539007547034",
    },
}


@pytest.fixture
def read(tmp_path):
    def read(content, **options):
        source = tmp_path / "sent"
        source.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        return read_file(source, "Odoo.json", folder=tmp_path, **options)

    return read


def of(*items):
    return {"invoices": list(items)}


def found(reading):
    return [(one.line, one.field, one.code) for one in reading.problems]


def test_an_item_says_all_that_a_row_of_a_file_can_say(read):
    reading = read(of(WHOLE))
    (row,) = reading.rows
    assert (row.line, row.kind, row.number) == (1, Kind.INVOICE, "F-1")
    assert (row.issue, row.due, row.term) == (date(2026, 9, 1), date(2026, 10, 1), "NET_30")
    assert (row.total, row.vat, row.paid) == (Money(123456, "USD"), Money(21426, "USD"), Money(3456, "USD"))
    assert (row.debtor, row.debtor_number, row.vat_number) == ("Moulin Clair SA", "C-42", "BE0202239951")
    assert (row.email, row.language, row.country) == ("compta@moulin.example", "nl", "BE")
    assert (row.address, row.postcode, row.city) == ("Rue du Moulin 7", "5590", "Ciney")
    assert (row.endpoint, row.iban) == ("0208:0202239951", "BE68539007547034")
    assert row.reference == "+++123/4567/89002+++"
    assert (reading.format, reading.row_count, reading.problems) == ("json", 1, ())
    assert set(reading.columns) == set(PATHS.values()) - {Field.CREDITED}


def test_a_credit_note_is_positive_and_names_its_invoice(read):
    reading = read(
        of(GOOD, GOOD | {"number": "NC-1", "kind": "credit_note", "total": "34.56", "credited": "F-1"})
    )
    assert [(row.kind, row.credited) for row in reading.rows] == [
        (Kind.INVOICE, ""),
        (Kind.CREDIT_NOTE, "F-1"),
    ]
    assert reading.total == {"EUR": Money(120000)}


def test_nothing_paid_is_an_amount_like_any_other(read):
    (row,) = read(of(GOOD | {"paid": "0.00", "vat": "0"})).rows
    assert (row.paid, row.vat) == (Money(0), Money(0))


def test_null_and_absent_are_the_same(read):
    empty = dict.fromkeys(WHOLE) | GOOD | {"debtor": dict.fromkeys(WHOLE["debtor"]) | GOOD["debtor"]}
    assert list(read(of(empty)).rows) == list(read(of(GOOD)).rows)


@pytest.mark.parametrize(
    "changes, field, code",
    [
        ({"number": ""}, "number", "number_missing"),
        ({"debtor": {}}, "debtor", "debtor_missing"),
        ({"debtor": None}, "debtor", "debtor_missing"),
        ({"issue": None}, "issue", "issue_missing"),
        ({"total": " "}, "total", "total_missing"),
        ({"issue": "2026-02-30"}, "issue", "date_impossible"),
        ({"issue": "01/09/2026"}, "issue", "date_unreadable"),
        ({"issue": "20260901"}, "issue", "date_unreadable"),
        ({"due": "2026-09-30T22:00:00Z"}, "due", "date_unreadable"),
        ({"due": "2026-08-31"}, "due", "due_before_issue"),
        ({"issue": "1926-09-01"}, "issue", "date_out_of_range"),
        ({"total": "1,234"}, "total", "amount_unreadable"),
        ({"total": "12,50"}, "total", "amount_unreadable"),
        ({"total": "€ 12.50"}, "total", "amount_unreadable"),
        ({"total": "1e3"}, "total", "amount_unreadable"),
        ({"total": "12.345"}, "total", "amount_fraction"),
        ({"total": "99999999999999.00"}, "total", "amount_absurd"),
        ({"paid": "-5.00"}, "paid", "paid_negative"),
        ({"currency": "XYZ"}, "currency", "currency_unknown"),
        ({"kind": "dream"}, "kind", "kind_unknown"),
        ({"number": "=1+1"}, "number", "formula"),
        ({"reference": "<script>"}, "reference", "markup"),
        ({"number": "F\0"}, "number", "nul_byte"),
        ({"number": "x" * 501}, "number", "cell_too_long"),
        ({"total": 12.5}, "total", "json_number"),
        ({"total": 12}, "total", "json_number"),
        ({"vat": True}, "vat", "json_text"),
        ({"number": 12}, "number", "json_text"),
        ({"due": ["2026-10-01"]}, "due", "json_text"),
        ({"debtor": "Moulin"}, "debtor", "json_shape"),
    ],
)
def test_what_an_item_says_wrongly_is_told_once_with_its_field_and_holds_no_other_back(
    read, changes, field, code
):
    reading = read(of(GOOD, GOOD | {"number": "F-2"} | changes, GOOD | {"number": "F-3"}))
    assert found(reading) == [(2, field, code)]
    assert [row.number for row in reading.rows] == ["F-1", "F-3"]
    (problem,) = reading.problems
    for lang in LANGUAGES:
        assert "{" not in text(lang, f"problem.{code}", **problem.facts)


@pytest.mark.parametrize(
    "changes, field, code",
    [
        ({"debtor": {"name": "M", "vat_number": "BE0202239952"}}, "vat_number", "vat_number_invalid"),
        ({"debtor": {"name": "M", "email": "compta"}}, "email", "email_invalid"),
        ({"debtor": {"name": "M", "language": "xx"}}, "language", "language_unknown"),
        ({"debtor": {"name": "M", "country": "Utopia"}}, "country", "country_unknown"),
        ({"total": "-12.50"}, "total", "negative_total"),
    ],
)
def test_a_doubt_is_told_and_the_item_taken(read, changes, field, code):
    reading = read(of(GOOD | changes))
    assert found(reading) == [(1, field, code)]
    assert len(reading.rows) == 1


@pytest.mark.parametrize(
    "content, code",
    [
        (b'{"', "json_broken"),
        (b'{"invoices": []', "json_broken"),
        (b'{"invoices": [{"number": "\\ud800"}]}', "json_broken"),
        (b'{"a":' * 10_000, "json_broken"),
        (b"{}", "json_shape"),
        (b'{"invoices": {}}', "json_shape"),
        (b'{"invoices": null}', "json_shape"),
    ],
)
def test_what_is_no_such_document_is_told_as_a_whole(read, content, code):
    reading = read(content)
    assert found(reading) == [(None, None, code)]
    assert not len(reading.rows)


def test_an_item_that_is_no_object_is_told_and_the_others_taken(read):
    reading = read(of("F-1", GOOD, None, 5, []))
    assert [(line, code) for line, _, code in found(reading)] == [(n, "json_shape") for n in (1, 3, 4, 5)]
    assert [row.line for row in reading.rows] == [2]


def test_a_byte_order_mark_and_spaces_before_it_change_nothing(read):
    content = json.dumps(of(GOOD)).encode()
    assert list(read(b"\xef\xbb\xbf \r\n" + content).rows) == list(read(content).rows)


def test_whoever_waits_is_told_and_may_stop_it(read):
    told = []
    read(of(GOOD), tell=lambda done, whole: told.append((done, whole)))
    assert {whole for _, whole in told} == {told[-1][0]}
    assert told[0][0] == 0

    def stop(_done, _whole):
        raise Cancelled

    with pytest.raises(Cancelled):
        read(of(GOOD), tell=stop)


LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
)
KEYS = st.sampled_from([*(path for path in PATHS if "." not in path), "debtor", "x"])
DEBTORS = st.dictionaries(
    st.sampled_from([p.partition(".")[2] for p in PATHS if "." in p]), VALUES, max_size=5
)
ITEMS = st.dictionaries(KEYS, VALUES | DEBTORS, max_size=8).map(lambda item: GOOD | item)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(ITEMS | VALUES, max_size=4))
def test_whatever_an_item_holds_it_is_taken_or_told(read, items):
    reading = read(json.dumps(of(*items)).encode("utf-8", "replace"))
    taken = {row.line for row in reading.rows}
    refused = {one.line for one in reading.problems if one.blocks}
    assert refused == {None} or taken | refused == set(range(1, len(items) + 1))
    assert not taken & refused
