"""Statements of a bank in CAMT, read as their bank means them."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from camt_files import VERSIONS, document, statement

from encaiss_dashboard.adapters.bank_files.camt import looks_like, read_camt
from encaiss_dashboard.domain.bank import BankFormat, Movement
from encaiss_dashboard.domain.money import Money

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "bank_files" / "camt"
ACCOUNT = "BE68539007547034"
DAY = date(2026, 3, 12)
PAYMENT = Movement(
    seq=1,
    place="Ntry 1",
    booked_on=DAY,
    value_on=DAY,
    amount=Money(123_456),
    counterparty="Müller & Zonen NV",
    iban="BE71096123456769",
    bic="GKCCBEBB",
    structured="123456789002",
    end_to_end="E2E-1",
    mandate="M-1",
    bank_reference="R-1",
    code="PMNT-RCDT-ESCT",
)


@pytest.fixture(scope="module")
def belgian():
    read = read_camt((GOLDEN / "belgian" / "day-053.xml").read_bytes(), "day.xml")
    assert read.format is BankFormat.CAMT053
    assert not read.problems
    return read.statements[0]


def codes(read):
    return [p.code for s in read.statements for p in s.problems] + [p.code for p in read.problems]


def written(*movements, **how):
    version = how.get("version", "02")
    one = statement([list(movements)], account=ACCOUNT, opening=Money(100), day=DAY, version=version)
    return document(one, **how)


def test_a_belgian_day_proves_and_is_told_as_its_bank_numbers_it(belgian):
    assert (belgian.account, belgian.currency, belgian.holder) == (ACCOUNT, "EUR", "Agence Exemple SRL")
    assert (belgian.number, belgian.first, belgian.last) == ("2026/041", DAY, DAY)
    assert belgian.proves
    assert [m.seq for m in belgian.movements] == list(range(1, 11))


def test_a_structured_communication_comes_from_the_field_meant_for_one(belgian):
    first = belgian.movements[0]
    assert (first.structured, first.text) == ("123456789002", "")
    assert (first.counterparty, first.iban, first.bic) == (
        "Bakkerij De Korenaar NV",
        "BE71096123456769",
        "GKCCBEBB",
    )
    assert first.end_to_end == ""
    assert (first.code, first.bank_reference) == ("PMNT-RCDT-ESCT", "0041000001")


def test_a_batch_that_its_details_add_up_to_is_those_details(belgian):
    batch = belgian.movements[1:4]
    assert [m.amount.cents for m in batch] == [10_000, 20_000, 30_000]
    assert [m.structured or m.text for m in batch] == [
        "Facture 2026/001",
        "+++090/9337/55493+++",
        "RF18539007547034",
    ]
    assert [m.end_to_end for m in batch] == ["F-2026-001", "F-2026-002", "F-2026-003"]
    assert [m.counterparty for m in batch] == ["Café Été SRL", "Groep Noord BV", "Atelier Sud SA"]
    assert batch[0].mandate == "M-7"


def test_one_reference_that_a_whole_batch_shares_stands_for_none_of_its_payments_alone(belgian):
    assert len({m.bank_reference for m in belgian.movements[1:4]}) == 3


def test_a_moment_is_the_day_it_falls_on_at_its_bank(belgian):
    assert (belgian.movements[1].booked_on, belgian.movements[1].value_on) == (DAY, date(2026, 3, 13))


def test_a_direct_debit_that_came_back_goes_out_and_keeps_whose_it_was(belgian):
    returned = belgian.movements[4]
    assert returned.amount == Money(-25_000)
    assert returned.is_return
    assert (returned.return_reason, returned.end_to_end, returned.mandate) == ("MD06", "F-2025-990", "M-9")
    # The bank kept the roles of the first payment: the other side is the one that is not the account's own.
    assert (returned.counterparty, returned.iban) == ("Transport Ouest SPRL", "BE62510007547061")


def test_costs_of_the_bank_are_told_from_payments(belgian):
    cost = belgian.movements[5]
    assert (cost.amount, cost.is_charge, cost.text) == (Money(-50), True, "Frais de retour")


def test_what_a_bank_takes_off_a_payment_is_a_movement_of_its_own(belgian):
    paid, taken = belgian.movements[6:8]
    assert (paid.amount, paid.original, paid.is_charge) == (Money(10_000), Money(11_000, "USD"), False)
    assert (paid.iban, paid.text) == ("0099-12", "INVOICE 2026/044 LESS NOTHING")
    assert (taken.amount, taken.is_charge) == (Money(-500), True)


def test_of_what_goes_out_the_other_side_is_the_creditor(belgian):
    paid = belgian.movements[8]
    assert (paid.amount, paid.counterparty, paid.code) == (Money(-4_456), "Fournisseur Nord SA", "105/01")
    assert not paid.is_return


def test_an_entry_without_an_amount_is_kept_as_the_bank_tells_it(belgian):
    assert (belgian.movements[9].amount, belgian.movements[9].text) == (Money(0), "Avis sans montant")


def test_what_is_not_booked_yet_is_no_money_and_is_said(belgian):
    [pending] = belgian.problems
    assert (pending.code, pending.blocks, pending.facts) == (
        "bank_xml_pending",
        False,
        {"value": "PDNG", "found": "1"},
    )
    assert Money(77_700) not in {m.amount for m in belgian.movements}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "how",
    [
        {},
        {"namespace": False},
        {"prefix": "ns0"},
        {"encoding": "UTF-16"},
        {"encoding": "ISO-8859-1"},
        {"encoding": "windows-1252"},
    ],
    ids=str,
)
def test_a_statement_is_the_same_in_every_version_form_and_encoding(version, how):
    data = written(PAYMENT, version=version, **how)
    assert looks_like(data[:4096])
    read = read_camt(data, "a.xml")
    assert codes(read) == []
    assert read.statements[0].movements == (PAYMENT,)
    assert read.statements[0].proves


@pytest.mark.parametrize(
    "kind, form, element",
    [
        ("BkToCstmrAcctRpt", BankFormat.CAMT052, "Rpt"),
        ("BkToCstmrDbtCdtNtfctn", BankFormat.CAMT054, "Ntfctn"),
    ],
)
def test_a_report_and_a_notification_are_read_alike_and_told_apart(kind, form, element):
    data = written(PAYMENT, kind=kind).replace(b"Stmt>", f"{element}>".encode())
    data = data.replace(f"BkToCstmr{element}>".encode(), f"{kind}>".encode())
    data = data.replace(b"BkToCstmrStmt", kind.encode())
    read = read_camt(data, "a.xml")
    assert read.format is form
    assert [m.fingerprint for m in read.statements[0].movements] == [PAYMENT.fingerprint]
    # They number themselves beside statements: their identification tells them.
    assert read.statements[0].number == "S-41"


def test_statements_of_several_accounts_and_days_stay_apart():
    one = statement([[PAYMENT]], account=ACCOUNT, opening=Money(0), day=DAY)
    other = statement([[PAYMENT]], account="BE43068999999501", opening=Money(0), day=DAY)
    later = statement([[PAYMENT]], account=ACCOUNT, opening=Money(123_456), day=DAY, number="42")
    read = read_camt(document(one, other, later), "a.xml")
    assert [(s.account, s.number) for s in read.statements] == [
        (ACCOUNT, "2026/041"),
        ("BE43068999999501", "2026/041"),
        (ACCOUNT, "2026/042"),
    ]


def test_an_account_of_several_currencies_is_a_statement_for_each():
    dollars = replace(PAYMENT, amount=Money(5_000, "USD"))
    one = statement([[PAYMENT]], account=ACCOUNT, opening=Money(0), day=DAY)
    other = statement([[dollars]], account=ACCOUNT, opening=Money(0, "USD"), day=DAY)
    moved = other[other.index("<Bal>") : other.index("</Stmt>")]
    read = read_camt(document(one.replace("</Stmt>", f"{moved}</Stmt>")), "a.xml")
    assert [(s.currency, s.opening.currency, len(s.movements), s.proves) for s in read.statements] == [
        ("EUR", "EUR", 1, True),
        ("USD", "USD", 1, True),
    ]


def test_an_entry_whose_details_do_not_add_up_stands_alone_with_a_warning():
    data = written(PAYMENT, replace(PAYMENT, amount=Money(1_000)))
    data = data.replace(b'<TxAmt><Amt Ccy="EUR">10.00', b'<TxAmt><Amt Ccy="EUR">11.00')
    read = read_camt(data, "a.xml")
    assert codes(read) == ["bank_xml_details"]
    assert [m.amount for m in read.statements[0].movements] == [Money(124_456)]
    assert read.statements[0].movements[0].structured == ""


def test_a_total_that_the_bank_does_not_detail_is_said_to_be_one():
    data = written(PAYMENT)
    start, end = data.index(b"<NtryDtls>"), data.index(b"</NtryDtls>")
    read = read_camt(data[:start] + b"<NtryDtls><Btch><NbOfTxs>20</NbOfTxs></Btch>" + data[end:], "a.xml")
    assert codes(read) == ["bank_xml_batch"]
    assert len(read.statements[0].movements) == 1


def test_details_that_go_the_other_way_follow_their_entry_and_are_warned_of():
    data = written(PAYMENT, version="04")
    at = data.index(b"<TxDtls>")
    data = data[:at] + data[at:].replace(b"<CdtDbtInd>CRDT", b"<CdtDbtInd>DBIT")
    read = read_camt(data, "a.xml")
    assert codes(read) == ["bank_xml_turned"]
    assert read.statements[0].movements[0].amount == PAYMENT.amount


def test_several_references_of_one_payment_are_all_kept():
    second = "<Strd><CdtrRefInf><Ref>090933755493</Ref></CdtrRefInf></Strd></RmtInf>"
    read = read_camt(written(PAYMENT).replace(b"</RmtInf>", second.encode()), "a.xml")
    [movement] = read.statements[0].movements
    assert (movement.structured, movement.text) == ("123456789002", "090933755493")


def test_the_document_that_a_payment_names_is_its_invoice():
    named = "<Strd><RfrdDocInf><Nb>2026/044</Nb></RfrdDocInf></Strd></RmtInf>"
    read = read_camt(written(PAYMENT).replace(b"</RmtInf>", named.encode()), "a.xml")
    assert read.statements[0].movements[0].invoice_number == "2026/044"


def test_a_payment_that_came_back_is_one_by_its_code_alone():
    read = read_camt(written(replace(PAYMENT, code="PMNT-RCDT-RRTN")), "a.xml")
    assert read.statements[0].movements[0].is_return


@pytest.mark.parametrize(
    "name",
    [path.relative_to(GOLDEN).as_posix() for path in sorted(GOLDEN.rglob("*.xml"))],
)
def test_every_committed_sample_is_read_or_refused_for_its_fault(name):
    wrong = {
        "genkgo/camt053.v2.wrong.xml": "bank_xml_no_statement",
        "bankstatementparser/invalid.xml": "bank_xml_no_statement",
        "bankstatementparser/camt053_garbled_amount.xml": "bank_xml_amount",
    }
    read = read_camt((GOLDEN / name).read_bytes(), name)
    if name in wrong:
        assert read.statements == ()
        assert codes(read) == [wrong[name]]
        return
    assert read.statements
    assert not read.problems
    for one in read.statements:
        assert one.proves is not False or "bank_xml_balance" in [p.code for p in one.problems]


def test_two_payments_of_one_day_that_are_alike_are_two():
    read = read_camt((GOLDEN / "bankstatementparser/camt053_duplicate_same_day.xml").read_bytes(), "")
    one, two = read.statements[0].movements
    assert one.fingerprint == two.fingerprint
    assert one.seq != two.seq
