"""E-invoices in UBL and CII: every term of EN 16931 that the house has a place for, to the cent."""

from __future__ import annotations

from datetime import date

import pytest
from einvoices import Reader, codes, golden

from encaiss_dashboard.domain.intake import InvoiceRow
from encaiss_dashboard.domain.invoices import Kind
from encaiss_dashboard.domain.money import Money


@pytest.fixture
def read(tmp_path):
    return Reader(tmp_path)


BUYER = {
    "debtor": "Bakkerij De Zon BV",
    "debtor_number": "K-1042",
    "vat_number": "BE0788888825",
    "email": "boekhouding@dezon.example",
    "language": "",
    "country": "BE",
    "address": "Kerkstraat 7, bus 3",
    "postcode": "9000",
    "city": "Gent",
    "endpoint": "0208:0788888825",
    "seller": "BE0799999976",
}


def test_a_peppol_invoice_is_a_row_with_all_it_states(read):
    reading = read(golden("ubl-invoice.xml"), "facture.xml")
    assert list(reading.rows) == [
        InvoiceRow(
            line=1,
            kind=Kind.INVOICE,
            number="F2026-0017",
            issue=date(2026, 1, 15),
            due=date(2026, 2, 14),
            term="30 jours",
            total=Money(28_374),
            vat=Money(4_924),
            reference="+++000/0012/34526+++",
            **BUYER,
        )
    ]
    assert (reading.format, reading.row_count, reading.problems) == ("ubl", 1, ())
    assert (reading.header, reading.columns, reading.questions) == ((), {}, ())
    assert reading.total == {"EUR": Money(28_374)}


def test_a_credit_note_names_the_invoice_it_reduces_and_counts_against_it(read):
    reading = read(golden("ubl-credit-note.xml"))
    row = reading.rows[0]
    assert (row.kind, row.number, row.credited) == (Kind.CREDIT_NOTE, "C2026-0003", "F2026-0017")
    assert (row.total, row.due, row.term) == (Money(4_174), None, None)
    assert reading.total == {"EUR": Money(-4_174)}


def test_what_was_prepaid_and_the_account_of_a_direct_debit_are_kept(read):
    row = read(golden("ubl-prepaid.xml")).rows[0]
    assert (row.total, row.paid, row.iban) == (Money(28_374), Money(10_000), "BE92001234567883")


def test_another_currency_stays_what_it_is_and_terms_stand_in_for_a_due_date(read):
    reading = read(golden("ubl-foreign.xml"))
    assert reading.total == {"USD": Money(28_374, "USD")}
    assert (reading.rows[0].due, reading.rows[0].term) == (None, "within 45 days")


def test_a_cii_invoice_says_the_same_in_other_places(read):
    reading = read(golden("cii-invoice.xml"))
    row = reading.rows[0]
    assert (reading.format, reading.problems) == ("cii", ())
    assert (row.number, row.kind, row.issue, row.due) == (
        "FR-2026-0042",
        Kind.INVOICE,
        date(2026, 2, 1),
        date(2026, 3, 31),
    )
    assert (row.total, row.vat, row.paid) == (Money(120_000), Money(20_000), Money(30_000))
    assert (row.term, row.reference) == ("45 jours fin de mois", "RF18539007547034")
    assert (row.debtor, row.vat_number, row.email) == (
        "Café des Halles SARL",
        "98888888900017",
        "factures@halles.example",
    )
    assert (row.address, row.postcode, row.city, row.country) == (
        "8 quai Neuf, Bâtiment B",
        "69002",
        "Lyon",
        "FR",
    )
    assert (row.endpoint, row.seller) == ("", "FR54999999980")


def test_the_first_zugferd_is_read_as_well(read):
    reading = read(golden("zugferd-1.xml"))
    row = reading.rows[0]
    assert (reading.format, reading.problems) == ("cii", ())
    assert (row.number, row.total, row.vat, row.due) == (
        "R-2026-9",
        Money(11_900),
        Money(1_900),
        date(2026, 2, 4),
    )
    assert (row.debtor, row.debtor_number, row.city) == ("Handlung Süd OHG", "4711", "München")


@pytest.mark.parametrize("name", ["letspeppol-invoice.xml", "letspeppol-credit-note.xml"])
def test_an_example_of_others_is_read_with_warnings_for_its_wrong_numbers(read, name):
    reading = read(golden(name))
    assert [(p.code, p.blocks, p.facts) for p in reading.problems] == [
        ("vat_number_invalid", False, {"value": "SE4598375937"}),
        ("seller_number_invalid", False, {"value": "GB1232434"}),
    ]
    assert (reading.rows[0].total, reading.rows[0].vat_number) == (Money(165_625), "0705969661")


def test_an_invoice_below_zero_is_a_credit_note_and_says_so(read):
    reading = read(golden("ubl-negative.xml"))
    row = reading.rows[0]
    assert (row.kind, row.total, row.credited) == (Kind.CREDIT_NOTE, Money(4_174), "F2026-0017")
    assert [(p.code, p.blocks, p.facts["value"]) for p in reading.problems] == [
        ("negative_total", False, "-41.74")
    ]


def test_a_credit_note_below_zero_stays_one_so_that_nobody_is_chased(read):
    """Whether it takes a credit note back or is written with a sign too many, nobody can tell."""
    signs = [
        (f">{amount}<", f">-{amount}<")
        for amount in ("4", "1000.00", "200.00", "1200.00", "300.00", "900.00")
    ]
    reading = read(golden("cii-invoice.xml", (">380<", ">381<"), *signs))
    assert (reading.rows[0].kind, reading.rows[0].total) == (Kind.CREDIT_NOTE, Money(120_000))
    assert codes(reading) == ["negative_credit_note"]


@pytest.mark.parametrize(
    "code, kind",
    [("381", Kind.CREDIT_NOTE), ("396", Kind.CREDIT_NOTE), ("261", Kind.CREDIT_NOTE)]
    + [(code, Kind.INVOICE) for code in ("380", "383", "384", "386", "389", "751")],
)
def test_the_type_code_tells_invoices_from_credit_notes(read, code, kind):
    reading = read(golden("cii-invoice.xml", (">380<", f">{code}<")))
    assert [row.kind for row in reading.rows] == [kind], reading.problems


def test_a_proforma_is_nothing_that_is_owed(read):
    reading = read(golden("cii-invoice.xml", (">380<", ">325<")))
    assert (codes(reading, blocking=True), len(reading.rows)) == (["kind_unknown"], 0)


def test_a_rounded_total_is_what_is_owed(read):
    """BT-114 moves what the debtor has to pay by a cent or two; the rest of it would never be paid."""
    rounding = '<cbc:PayableRoundingAmount currencyID="EUR">0.01</cbc:PayableRoundingAmount>'
    before, after = ('<cbc:PayableAmount currencyID="EUR">283.7' + cent for cent in "45")
    reading = read(golden("ubl-invoice.xml", (before, rounding + after)))
    assert reading.rows[0].total == Money(28_375)
    assert [(p.code, p.facts) for p in reading.problems] == [
        ("total_rounded", {"value": "283.74", "other": "283.75"})
    ]


MINIMUM = [
    ("urn:cen.eu:en16931:2017", "urn:factur-x.eu:1p0:minimum"),
    ("        <ram:TotalPrepaidAmount>300.00</ram:TotalPrepaidAmount>\n", ""),
]


def test_the_smallest_profile_states_what_was_paid_by_what_is_left(read):
    row = read(golden("cii-invoice.xml", *MINIMUM)).rows[0]
    assert (row.total, row.paid) == (Money(120_000), Money(30_000))


def due(before, after):
    return golden("ubl-invoice.xml", (f"<cbc:DueDate>{before}", f"<cbc:DueDate>{after}"))


def test_a_due_date_before_the_invoice_is_not_taken_over(read):
    """EN 16931 does not forbid it, so the invoice is good."""
    reading = read(due("2026-02-14", "2026-01-14"))
    assert [(p.code, p.blocks, p.field) for p in reading.problems] == [("due_ignored", False, "due")]
    assert (reading.rows[0].due, reading.rows[0].term) == (None, "30 jours")


@pytest.mark.parametrize("after, code", [("2085-01-01", "date_far"), ("1789-07-14", "date_out_of_range")])
def test_a_due_date_that_cannot_be_meant_blocks(read, after, code):
    assert codes(read(due("2026-02-14", after)), blocking=True) == [code]


def test_dates_may_carry_a_zone(read):
    assert read(due("2026-02-14", "2026-02-14+01:00")).rows[0].due == date(2026, 2, 14)


@pytest.mark.parametrize(
    "words, term",
    [
        ("Paiement 30 jours", "30 jours"),
        ("Betaling binnen 30 dagen", "binnen 30 dagen"),
        ("30 jours fin de mois\nMerci de votre confiance", "30 jours fin de mois"),
        ("2% escompte sous 8 jours, sinon 30 jours net", None),
    ],
)
def test_only_words_that_are_a_term_are_taken_where_there_is_a_due_date(read, words, term):
    assert read(golden("ubl-invoice.xml", ("Paiement 30 jours", words))).rows[0].term == term


def test_words_nobody_can_read_are_handed_on_where_there_is_no_due_date(read):
    words = "à la livraison des clés"
    row = read(golden("ubl-foreign.xml", ("Payment within 45 days", words))).rows[0]
    assert row.term == words


WARNED = [
    ((">BE68539007547034<", ">BE68539007547035<"), "iban_invalid", "BE68539007547035"),
    (("<cbc:CompanyID>BE0788888825<", "<cbc:CompanyID>BE0788888826<"), "vat_number_invalid", "BE0788888826"),
    (
        ("<cbc:CompanyID>BE0799999976<", "<cbc:CompanyID>BE0799999977<"),
        "seller_number_invalid",
        "BE0799999977",
    ),
    (("boekhouding@dezon.example", "boekhouding op dezon"), "email_invalid", "boekhouding op dezon"),
]


@pytest.mark.parametrize("change, code, value", WARNED, ids=[case[1] for case in WARNED])
def test_wrong_check_digits_warn_and_do_not_block(read, change, code, value):
    reading = read(golden("ubl-invoice.xml", change))
    assert (code, False, value) in [(p.code, p.blocks, p.facts["value"]) for p in reading.problems]
    assert len(reading.rows) == 1


def test_an_iban_of_an_unknown_bank_is_as_good_as_any(read):
    reading = read(golden("ubl-invoice.xml", (">BE68539007547034<", ">GB33BUKB20201555555555<")))
    assert reading.problems == ()


def test_an_enterprise_number_stands_in_for_a_missing_vat_number(read):
    vat = "<cbc:CompanyID>BE0788888825</cbc:CompanyID>"
    reading = read(golden("ubl-invoice.xml", (vat, vat.replace("BE0788888825", "BE0788888826"))))
    assert reading.rows[0].vat_number == "0788888825"


def test_several_credited_invoices_are_left_for_a_person(read):
    one = "<cac:BillingReference>"
    more = (
        "<cac:BillingReference><cac:InvoiceDocumentReference><cbc:ID>F2026-0002</cbc:ID>"
        "</cac:InvoiceDocumentReference></cac:BillingReference><cac:BillingReference>"
    )
    reading = read(golden("ubl-credit-note.xml", (one, more)))
    assert (codes(reading), reading.rows[0].credited) == (["credited_several"], "")


@pytest.mark.parametrize(
    "change, code, field",
    [
        ((">Bakkerij De Zon BV<", ">=HYPERLINK(A1)<"), "formula", "debtor"),
        ((">F2026-0017<", ">&lt;script&gt;1<"), "markup", "number"),
        ((">Gent<", ">Ge\u202ent<"), "control_characters", "city"),
        ((">Kerkstraat 7<", f">{'K' * 600}<"), "cell_too_long", "address"),
    ],
)
def test_what_no_name_or_number_can_be_blocks_the_document(read, change, code, field):
    reading = read(golden("ubl-invoice.xml", change))
    assert [(p.code, p.field, p.blocks) for p in reading.problems if p.blocks] == [(code, field, True)]
    assert len(reading.rows) == 0


def test_a_peppol_envelope_is_taken_off(read):
    inner = golden("ubl-invoice.xml").decode().split("?>", 1)[1]
    space = "http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader"
    name = "StandardBusinessDocument"
    wrapped = f'<{name} xmlns="{space}"><{name}Header/>{inner}</{name}>'
    reading = read(wrapped.encode())
    assert (reading.problems, len(reading.rows)) == ((), 1)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "iso-8859-1"])
def test_an_invoice_may_be_written_in_any_encoding_it_names(read, encoding):
    text = golden("ubl-invoice.xml").decode()
    text = text.replace('encoding="UTF-8"', 'encoding="ISO-8859-1"' if encoding == "iso-8859-1" else "")
    reading = read(text.encode(encoding))
    assert (reading.problems, reading.rows[0].number) == ((), "F2026-0017")


def test_a_pdf_within_an_invoice_is_put_beside_it(read):
    reading = read(golden("ubl-with-pdf.xml"))
    kept = reading.attachments[0]
    assert (kept.line, kept.name, kept.mime) == (1, "F2026-0021.pdf", "application/pdf")
    assert (read.folder / kept.file).read_bytes().startswith(b"%PDF-1.4")
    assert reading.problems == ()


def test_a_page_of_code_that_calls_itself_a_pdf_is_left_out(read):
    embedded = golden("ubl-with-pdf.xml").decode().split('filename="F2026-0021.pdf">')[1].split("<")[0]
    reading = read(golden("ubl-with-pdf.xml", (embedded, "PHNjcmlwdD4=")))
    assert (reading.attachments, [*read.folder.iterdir()]) == ((), [])
    assert [(p.code, p.facts) for p in reading.problems] == [
        ("attachment_left_out", {"value": "F2026-0021.pdf"})
    ]
    assert len(reading.rows) == 1
