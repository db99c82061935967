"""What happened to a file of CAMT on its way is refused or warned of, never silently something else."""

import gzip
from datetime import date
from pathlib import Path

import pytest
from camt_files import document, statement

from encaiss_dashboard.adapters.bank_files.camt import looks_like, read_camt
from encaiss_dashboard.adapters.bank_files.camt.stream import BrokenError, stream
from encaiss_dashboard.domain.bank import Movement
from encaiss_dashboard.domain.money import Money

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "bank_files" / "camt"
DAY = (GOLDEN / "belgian" / "day-053.xml").read_bytes()
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))


def codes(read):
    return {p.code for s in read.statements for p in s.problems} | {p.code for p in read.problems}


def refused(data):
    """The codes for which nothing at all is read."""
    read = read_camt(data, "x.xml")
    assert read.statements == ()
    assert all(problem.blocks for problem in read.problems)
    return codes(read)


GOOD = codes(read_camt(DAY, "x.xml"))


@pytest.mark.parametrize("share", range(1, 20))
def test_a_truncated_file_is_refused(share):
    assert refused(DAY[: len(DAY) * share // 20]) <= {"bank_xml_broken", "bank_xml_missing"}


def test_a_truncated_file_names_the_line_where_it_ends():
    cut = DAY[: DAY.index(b"<Ntry>", 3000)]
    [problem] = read_camt(cut, "x.xml").problems
    assert problem.line == cut.rstrip().count(b"\n") + 1
    assert problem.facts["message"]


def test_two_files_joined_together_are_refused_and_counted():
    assert refused(DAY + DAY) == {"bank_xml_several"}


def test_something_else_behind_a_file_is_refused():
    assert refused(DAY + b"0000012032026") == {"bank_xml_broken"}


def test_ends_that_transfer_programs_add_do_no_harm():
    assert codes(read_camt(b"\xef\xbb\xbf" + DAY + b"\r\n\x1a\x00", "x.xml")) == GOOD


@pytest.mark.parametrize("number", range(1, 7))
def test_a_dropped_entry_is_missed_in_the_balance_and_in_the_count(number):
    parts = DAY.split(b"<Ntry>")
    # What follows the last entry stays.
    kept = b"<Ntry>".join(part for at, part in enumerate(parts) if at != number)
    assert {"bank_xml_balance", "bank_xml_summary"} <= codes(read_camt(kept, "x.xml"))


@pytest.mark.parametrize("old, new", [(b">1234.56<", b">1234.65<"), (b">600.00<", b">601.00<")])
def test_a_changed_amount_is_missed_in_the_balance(old, new):
    assert "bank_xml_balance" in codes(read_camt(DAY.replace(old, new), "x.xml"))


def test_a_changed_detail_leaves_its_entry_and_is_said():
    read = read_camt(DAY.replace(b">200.00<", b">201.00<"), "x.xml")
    assert codes(read) == GOOD | {"bank_xml_details"}
    assert read.statements[0].proves


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5, 6])
def test_a_swapped_side_is_missed_in_the_balance(number):
    parts = DAY.split(b"<Ntry>")
    was, other = (b"CRDT", b"DBIT") if b"<CdtDbtInd>CRDT" in parts[number][:80] else (b"DBIT", b"CRDT")
    parts[number] = parts[number].replace(was, other, 1)
    assert "bank_xml_balance" in codes(read_camt(b"<Ntry>".join(parts), "x.xml"))


@pytest.mark.parametrize(
    "old, new, code",
    [
        (b">1234.56<", b">1234,56<", "bank_xml_amount"),
        (b">1234.56<", b">-1234.56<", "bank_xml_amount"),
        (b">1234.56<", b">1234.565<", "bank_xml_amount"),
        (b">1234.56<", b"><", "bank_xml_amount"),
        (b">1234.56<", b">1e3<", "bank_xml_amount"),
        (b">1234.56<", b">12345678901234567890<", "bank_xml_amount"),
        (b'Ccy="EUR">1234.56', b'Ccy="euro">1234.56', "bank_xml_amount"),
        (b">1000.00<", b">1000.001<", "bank_xml_amount"),
        (b"<CdtDbtInd>CRDT</CdtDbtInd><Sts>", b"<Sts>", "bank_xml_side"),
        (b"<CdtDbtInd>CRDT</CdtDbtInd><Sts>", b"<CdtDbtInd>CREDIT</CdtDbtInd><Sts>", "bank_xml_side"),
        (b"<Dt>2026-03-12</Dt></BookgDt>", b"<Dt>2026-02-30</Dt></BookgDt>", "bank_xml_date"),
        (b"<Dt>2026-03-12</Dt></BookgDt>", b"<Dt>12/03/2026</Dt></BookgDt>", "bank_xml_date"),
        (b"<Dt>2026-03-12</Dt></BookgDt>", b"<Dt>0001-01-01</Dt></BookgDt>", "bank_xml_date"),
        (b"<Acct><Id><IBAN>BE68539007547034</IBAN></Id>", b"<Acct>", "bank_xml_missing"),
        (b'<Ntry>\n    <Amt Ccy="EUR">600.00</Amt>', b"<Ntry>", "bank_xml_missing"),
    ],
)
def test_what_cannot_be_understood_costs_the_whole_file_and_names_its_line(old, new, code):
    data = DAY.replace(old, new)
    assert data != DAY
    assert code in refused(data)
    assert all(problem.line for problem in read_camt(data, "x.xml").problems)


def test_zeros_beyond_cents_are_no_fraction():
    read = read_camt(DAY.replace(b">1234.56<", b">1234.56000<"), "x.xml")
    assert codes(read) == GOOD
    assert read.statements[0].movements[0].amount == Money(123_456)


def test_a_file_without_a_statement_is_refused():
    assert refused(b"<Document><BkToCstmrStmt><GrpHdr/></BkToCstmrStmt></Document>") == {
        "bank_xml_no_statement"
    }


def test_an_entry_outside_of_a_statement_is_none():
    assert refused(b"<Ntry><Amt Ccy='EUR'>5</Amt></Ntry>") == {"bank_xml_no_statement"}


def test_letters_of_another_encoding_than_declared_are_read_as_they_are_and_warned_of():
    latin = DAY.decode().encode("cp1252")
    doubly = DAY.replace(b'encoding="UTF-8"', b'encoding="ISO-8859-1"')
    for data in (latin, doubly):
        read = read_camt(data, "x.xml")
        assert codes(read) == GOOD | {"bank_xml_encoding"}
        assert read.statements[0].movements[1].counterparty == "Café Été SRL"


def test_an_encoding_that_does_not_exist_is_refused():
    latin = DAY.decode().encode("cp1252")
    assert refused(latin.replace(b'encoding="UTF-8"', b'encoding="EBCDIC-XX-42"')) == {"bank_xml_broken"}


@pytest.mark.parametrize(
    "doctype",
    [
        f"<!DOCTYPE Document [<!ENTITY l0 'ha'>{LAUGHS}]>",
        '<!DOCTYPE Document SYSTEM "http://example.invalid/x.dtd">',
        '<!DOCTYPE Document [<!ENTITY l11 SYSTEM "file:///etc/passwd">]>',
        "<!DOCTYPE Document>",
    ],
    ids=["laughs", "outside", "file", "empty"],
)
@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16"])
def test_document_types_and_entities_are_refused(doctype, encoding):
    text = DAY.decode().replace("UTF-8", encoding, 1).replace("Loyer mars", "&l11;")
    head, _, rest = text.partition("?>")
    assert refused(f"{head}?>{doctype}{rest}".encode(encoding)) == {"bank_xml_doctype"}


def test_a_document_type_behind_much_space_is_found_as_well():
    head, _, rest = DAY.decode().partition("?>")
    far = f"{head}?>{' ' * 5_000}<!DOCTYPE Document [<!ENTITY l11 'x'>]>{rest.replace('Loyer mars', '&l11;')}"
    assert refused(far.encode()) == {"bank_xml_doctype"}


def test_an_entity_that_nothing_declares_is_refused():
    assert refused(DAY.replace(b"Loyer mars", b"&l11;")) == {"bank_xml_broken"}


def test_depth_without_end_is_refused():
    deep = b"<a>" * 100_000
    assert refused(DAY.replace(b"Loyer mars", deep)) == {"bank_xml_broken"}


def test_an_entry_of_more_than_any_entry_needs_is_refused_before_it_fills_the_memory():
    junk = b"<x/>" * (10 << 20)
    data = DAY.replace(b"<Chrgs>", junk + b"<Chrgs>")
    assert refused(data) == {"bank_xml_too_large"}


def test_many_strangers_beside_entries_are_refused():
    data = DAY.replace(b"<Ntry>", b"<x/>" * 2_001 + b"<Ntry>", 1)
    assert refused(data) == {"bank_xml_too_large"}


def test_a_file_larger_than_any_is_refused_unread():
    with pytest.raises(BrokenError) as broken:
        next(stream(DAY, most=len(DAY) - 10))
    assert broken.value.problem.code == "bank_xml_too_large"


def test_after_a_hundred_unreadable_entries_the_rest_is_not_tried():
    one = statement([[PAYMENT]] * 300, account="BE68539007547034", opening=Money(0), day=date(2026, 3, 12))
    data = document(one).replace(b">1234.56<", b">x<")
    read = read_camt(data, "x.xml")
    assert len(read.problems) <= 101
    assert read.problems[-1].code == "bank_xml_hopeless"


@pytest.mark.parametrize("data", [b"", b"\x00" * 50, b"<", b"a;b\n1;2\n", gzip.compress(DAY)], ids=range(5))
def test_what_is_no_xml_is_refused_and_not_taken_for_it(data):
    assert not looks_like(data)
    assert refused(data) == {"bank_xml_broken"}


def test_an_invoice_in_xml_does_not_look_like_a_statement():
    assert not looks_like(b'<?xml version="1.0"?><Invoice xmlns="urn:oasis:names:spec:ubl:Invoice-2"/>')


PAYMENT = Movement(
    seq=1,
    place="Ntry 1",
    booked_on=date(2026, 3, 12),
    value_on=date(2026, 3, 12),
    amount=Money(123_456),
    code="PMNT-RCDT-ESCT",
)
