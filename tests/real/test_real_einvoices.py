"""Real e-invoices that may not be committed, against an independent reading; every rule against its units."""

import io
import os
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from lxml import etree
from pypdf import PdfReader

from encaiss_dashboard.adapters.invoice_files import read_file
from encaiss_dashboard.adapters.invoice_files.documents import peppol, rules
from encaiss_dashboard.domain.invoices import Kind

pytestmark = pytest.mark.real
POSITIVE = (
    "ubl/cen-examples",
    "ubl/peppol-bis3-examples",
    "ubl/letspeppol",
    "cii/cen-examples",
    "cii/akretion",
    "cii/corpus-zf2-correct",
    "cii/oca-facturx-pdf",
)
UNITS = ("ubl/cen-unit-invoice", "ubl/cen-unit-creditnote", "ubl/peppol-bis3-unit")
# Called good by where they come from, and refused here; why.
REALLY_BROKEN = {
    # Intra-community supply without date and country of delivery; its twin in EN 16931 is in the fail folder.
    "Facture_UE_BASICWL.pdf": {"BR-IC-11", "BR-IC-12"},
}
WITHOUT_DATA = {"unknown_invoice.pdf"}
PEPPOLS_OWN = {
    f"PEPPOL-EN16931-R{number}"
    for number in (
        *("001", "002", "003", "004", "005", "007", "010", "020", "040", "041", "042", "043", "044", "046"),
        *("051", "053", "054", "055", "061", "080", "100", "101", "110", "111", "120", "121", "130"),
    )
} | {f"PEPPOL-COMMON-R0{number}" for number in (40, 42, 43, 44, 45, 46, 47, 49, 50)}
UNIT = "{http://difi.no/xsd/vefa/validator/1.0}"


@pytest.fixture(scope="session")
def folder():
    named = os.environ.get("ENCAISS_REAL_FILES", "")
    if not named or not Path(named).is_dir():
        pytest.fail("Say where the real files are: make real FOLDER (or ENCAISS_REAL_FILES=FOLDER).")
    return Path(named)


def xml_of(path):
    data = path.read_bytes()
    if not data.startswith(b"%PDF"):
        return data
    found = {one.name.lower(): one.content for one in PdfReader(io.BytesIO(data)).attachment_list}
    return found.get("factur-x.xml") or found.get("zugferd-invoice.xml")


def stated(path):
    """What a document says, by plain paths: number, dates, debtor, money, credit note or not."""
    root = ET.fromstring(xml_of(path))

    def text(*ways):
        for way in ways:
            found = root.find(way)
            if found is not None and (found.text or "").strip():
                return " ".join(found.text.split())
        return ""

    def day(value):
        return date.fromisoformat(value) if value else None

    if root.tag.endswith(("}Invoice", "}CreditNote")):
        sums = ".//{*}LegalMonetaryTotal/{*}"
        buyer = "{*}AccountingCustomerParty/{*}Party/{*}"
        said = {
            "number": text("{*}ID"),
            "issue": day(text("{*}IssueDate")),
            "due": day(text("{*}DueDate")),
            "debtor": text(f"{buyer}PartyLegalEntity/{{*}}RegistrationName", f"{buyer}PartyName/{{*}}Name"),
            "currency": text("{*}DocumentCurrencyCode"),
            "code": text("{*}InvoiceTypeCode", "{*}CreditNoteTypeCode"),
        }
        names = ("TaxInclusiveAmount", "PrepaidAmount", "PayableRoundingAmount", "PayableAmount")
    else:
        sums, head = (
            ".//{*}",
            "{*}ExchangedDocument/{*}" if "Invoice" in root.tag else "{*}HeaderExchangedDocument/{*}",
        )
        due = text(".//{*}DueDateDateTime/{*}DateTimeString")
        said = {
            "number": text(f"{head}ID"),
            "issue": day(text(f"{head}IssueDateTime/{{*}}DateTimeString")),
            "due": day(due),
            "debtor": text(".//{*}BuyerTradeParty/{*}Name"),
            "currency": text(".//{*}InvoiceCurrencyCode"),
            "code": text(f"{head}TypeCode"),
        }
        names = ("GrandTotalAmount", "TotalPrepaidAmount", "RoundingAmount", "DuePayableAmount")
    total, paid, rounding, payable = (Decimal(text(sums + name) or 0) for name in names)
    if not text(sums + names[1]) and text(sums + names[3]):
        paid = total + rounding - payable
    owed = total + rounding
    credit = said.pop("code") == "381" or owed < 0
    return said | {"total": abs(owed), "paid": abs(paid), "credit": credit}


def read(path, tmp_path_factory):
    return read_file(path, path.name, folder=tmp_path_factory.mktemp("read"))


def files(folder, *parts):
    found = sorted(path for part in parts for path in (folder / part).iterdir() if path.is_file())
    assert found
    return found


def test_no_folder_of_e_invoices_is_left_out(folder):
    judged = {*POSITIVE, "cii/corpus-zf2-fail", *UNITS}
    there = {f"{part}/{one.name}" for part in ("ubl", "cii") for one in (folder / part).iterdir()}
    assert there == judged


def test_every_good_document_is_read_as_an_independent_reading_reads_it(folder, tmp_path_factory):
    count = 0
    for path in files(folder, *POSITIVE):
        reading = read(path, tmp_path_factory)
        if path.name in WITHOUT_DATA:
            assert [p.code for p in reading.problems] == ["pdf_without_data"]
            continue
        if path.name in REALLY_BROKEN:
            assert {p.facts["rule"] for p in reading.problems if p.blocks} == REALLY_BROKEN[path.name]
            continue
        expected = stated(path)
        assert len(reading.rows) == 1, (path, reading.problems)
        row = reading.rows[0]
        due = (
            None
            if expected["credit"] or (expected["due"] and expected["due"] < expected["issue"])
            else expected["due"]
        )
        assert (row.number, row.issue, row.due) == (expected["number"], expected["issue"], due), path
        assert (row.debtor, row.total.currency) == (expected["debtor"], expected["currency"]), path
        assert (row.total.decimal, row.kind is Kind.CREDIT_NOTE) == (expected["total"], expected["credit"]), (
            path
        )
        assert (row.paid.decimal if row.paid else Decimal(0)) == (
            0 if expected["credit"] else expected["paid"]
        ), path
        assert reading.total == {expected["currency"]: row.signed}, path
        assert bool(reading.attachments) == (path.suffix == ".pdf" or path.name == "huf_example_cii.xml"), (
            path
        )
        count += 1
    assert count > 75


def test_every_bad_document_is_refused_or_warned_about(folder, tmp_path_factory):
    for path in files(folder, "cii/corpus-zf2-fail"):
        reading = read(path, tmp_path_factory)
        told = [p for p in reading.problems if p.code.startswith(("rule_", "xml_", "seller_"))]
        assert told, path
        assert len(reading.rows) == (not any(p.blocks for p in reading.problems))


def units(folder, part):
    """Fragments of documents, each with the rule that it passes or breaks."""
    for path in files(folder, part):
        for test in etree.parse(path).getroot().iter(f"{UNIT}test"):
            said, document = [child for child in test if isinstance(child.tag, str)]
            for one in said:
                verdict = etree.QName(one).localname
                if verdict in {"success", "error", "warning"}:
                    yield path, document, one.text.strip(), verdict != "success"


@pytest.mark.parametrize("part, count", [("ubl/cen-unit-invoice", 917), ("ubl/cen-unit-creditnote", 216)])
def test_every_unit_of_en_16931_breaks_the_rule_it_says_and_no_other_way(folder, part, count):
    seen = 0
    for path, document, rule, breaks in units(folder, part):
        found = {one.rule for one in rules.business_rules(document, "ubl")}
        assert (rule in found) == breaks, (path, rule)
        seen += 1
    assert seen == count


def test_every_unit_of_peppols_own_rules_agrees(folder):
    seen, left_out = Counter(), Counter()
    for path, document, rule, breaks in units(folder, "ubl/peppol-bis3-unit"):
        if rule not in PEPPOLS_OWN:
            left_out[rule] += 1
            continue
        found = {one.rule for one in peppol.broken(document)}
        assert (rule in found) == breaks, (path, rule)
        seen[rule] += 1
    assert set(seen) == PEPPOLS_OWN
    # Lists of codes, the form of dates (the schema has it), and codes of VAT exemption.
    assert {rule.rsplit("-", 1)[1][0] for rule in left_out} == {"C", "F", "P"}
