"""PDFs with their data, and ZIPs of many: each member by its content, each invoice once."""

from __future__ import annotations

import io
import stat
import zipfile

import pytest
from einvoices import PDF, Reader, codes, factur_x, golden, pdf_with, plain_pdf, zip_of

from encaiss_dashboard.domain.intake import Cancelled, Choices
from encaiss_dashboard.domain.money import Money

TABLE = "Factuurnummer;Klant;Factuurdatum;Totaal\n{}"
JANUARY = TABLE.format(
    "A1;Bakkerij Peeters;31/01/2026;10,00\nA2;Bakkerij Peeters;31/01/2026;20,00\n"
).encode()
FEBRUARY = TABLE.format("B1;Garage Nord;28/02/2026;30,00\n").encode()


@pytest.fixture
def read(tmp_path):
    return Reader(tmp_path)


def invoice(number):
    return golden("ubl-invoice.xml", ("F2026-0017", number))


def said(reading):
    return [(p.line, p.code, p.facts.get("member")) for p in reading.problems]


def test_a_factur_x_pdf_is_read_and_kept_beside_its_row(read):
    data = factur_x(golden("cii-invoice.xml"))
    reading = read(data, "FR-2026-0042.pdf")
    assert (reading.format, reading.rows[0].number, reading.problems) == ("pdf", "FR-2026-0042", ())
    kept = reading.attachments[0]
    assert (kept.line, kept.name, kept.mime) == (1, "FR-2026-0042.pdf", "application/pdf")
    assert (read.folder / kept.file).read_bytes() == data


def test_a_pdf_may_carry_ubl_and_names_are_tried_in_their_order(read):
    old, other = golden("zugferd-1.xml"), b"<note>hello</note>"
    reading = read(pdf_with(a_xml=other, zugferd_invoice_xml=old, factur_x_xml=golden("ubl-invoice.xml")))
    assert [row.number for row in reading.rows] == ["F2026-0017"]


@pytest.mark.parametrize(
    "data, code",
    [
        (plain_pdf(), "pdf_without_data"),
        (PDF, "pdf_broken"),
        (pdf_with(notes_xml=b"<note/>", picture_png=b"\x89PNG\r\n\x1a\n"), "pdf_without_data"),
        (pdf_with(factur_x_xml=b"<rsm:CrossIndustryInvoice"), "xml_broken"),
        (pdf_with(factur_x_xml=b""), "xml_broken"),
        (pdf_with(factur_x_xml=b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"), "xml_doctype"),
        (pdf_with(factur_x_xml=b"<a>" + b"b" * 21_000_000 + b"</a>"), "xml_too_large"),
        (b"%PDF-1.7\n" + b"\x00\xff" * 500, "pdf_broken"),
        (pdf_with(factur_x_xml=golden("cii-invoice.xml"))[:-400], "pdf_broken"),
    ],
)
def test_a_pdf_without_good_data_is_one_clear_sentence(read, data, code):
    reading = read(data, "facture.pdf")
    assert (codes(reading), len(reading.rows), reading.attachments) == ([code], 0, ())
    assert [*read.folder.iterdir()] == []


def test_a_locked_pdf_says_so(read):
    from pypdf import PdfReader, PdfWriter  # noqa: PLC0415

    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(factur_x(golden("cii-invoice.xml")))))
    writer.encrypt("secret", algorithm="RC4-128")
    file = io.BytesIO()
    writer.write(file)
    assert codes(read(file.getvalue())) == ["pdf_encrypted"]


def test_a_zip_of_many_is_read_member_by_member(read):
    reading = read(
        zip_of(
            {
                "a/eerste.xml": invoice("N1"),
                "tweede.pdf": factur_x(golden("cii-invoice.xml")),
                "derde": golden("ubl-credit-note.xml"),
            }
        )
    )
    assert [(row.line, row.member, row.number) for row in reading.rows] == [
        (1, "a/eerste.xml", "N1"),
        (2, "tweede.pdf", "FR-2026-0042"),
        (3, "derde", "C2026-0003"),
    ]
    assert (reading.format, reading.row_count, reading.problems) == ("zip", 3, ())
    assert reading.total == {"EUR": Money(28_374 + 120_000 - 4_174)}
    assert [(kept.line, kept.name) for kept in reading.attachments] == [(2, "tweede.pdf")]


def test_a_bad_member_is_a_problem_of_its_line_and_the_good_ones_are_read(read):
    reading = read(
        zip_of(
            {
                "goed.xml": invoice("N1"),
                "stuk.xml": invoice("N2")[:-10],
                "foto.png": b"\x89PNG\r\n\x1a\n" + b"\x00" * 50,
                "regel.xml": golden(
                    "ubl-invoice.xml",
                    ('PayableAmount currencyID="EUR">283.74', 'PayableAmount currencyID="EUR">1.00'),
                ),
                "in.zip": zip_of({"x.xml": invoice("N3")}),
                "oud.7z": b"7z\xbc\xaf\x27\x1c....",
                "leeg.txt": b"",
                "programma.xml": b"MZ\x90\x00" + b"\x00" * 60,
                "bestelling.xml": b"<Order/>",
            }
        )
    )
    assert [row.number for row in reading.rows] == ["N1"]
    assert said(reading) == [
        (2, "xml_broken", "stuk.xml"),
        (3, "file_image", "foto.png"),
        (4, "rule_broken", "regel.xml"),
        (5, "member_nested", "in.zip"),
        (6, "member_nested", "oud.7z"),
        (7, "file_empty", "leeg.txt"),
        (8, "file_program", "programma.xml"),
        (9, "xml_unknown", "bestelling.xml"),
    ]


@pytest.mark.parametrize("name", ["maart/N1.pdf", "maart/n1.PDF"])
def test_a_pdf_beside_its_xml_is_kept_with_it_and_no_document_of_its_own(read, name):
    reading = read(zip_of({name: PDF, "maart/N1.xml": invoice("X9")}))
    assert [(row.line, row.number) for row in reading.rows] == [(2, "X9")]
    assert ([(k.line, k.name) for k in reading.attachments], reading.row_count) == ([(2, name)], 1)
    assert reading.problems == ()


@pytest.mark.parametrize(
    "name", ["Facture_F2026-0017_DeZon.pdf", "f2026 0017.pdf", "scan/F2026-0017 (2).pdf"]
)
def test_a_pdf_whose_name_holds_the_number_is_that_invoices(read, name):
    reading = read(zip_of({"a.xml": invoice("F2026-0017"), "b.xml": invoice("F2026-001"), name: PDF}))
    assert [(k.line, k.name) for k in reading.attachments] == [(1, name)]


@pytest.mark.parametrize("name", ["F2026-00171.pdf", "10.pdf", "voorwaarden.pdf"])
def test_a_pdf_of_no_invoice_says_that_it_has_no_data(read, name):
    reading = read(zip_of({"a.xml": invoice("F2026-0017"), "b.xml": invoice("1"), name: plain_pdf()}))
    assert (said(reading), reading.attachments) == ([(3, "pdf_without_data", name)], ())
    assert len(reading.rows) == 2


def test_a_factur_x_of_an_invoice_that_is_there_in_xml_counts_once(read):
    xml = golden("cii-invoice.xml")
    reading = read(zip_of({"print.pdf": factur_x(xml), "data.xml": xml}))
    assert [(row.line, row.member) for row in reading.rows] == [(2, "data.xml")]
    assert (reading.row_count, reading.problems) == (1, ())
    assert [(k.line, k.name) for k in reading.attachments] == [(2, "print.pdf")]


def test_a_factur_x_that_says_something_else_than_the_xml_is_no_twin(read):
    other = golden("cii-invoice.xml", ("20260201", "20260202"))
    reading = read(zip_of({"print.pdf": factur_x(other), "data.xml": golden("cii-invoice.xml")}))
    assert [(p.line, p.code, p.facts["other"]) for p in reading.problems] == [
        (1, "number_twice", "2"),
        (2, "number_twice", "1"),
    ]
    assert (len(reading.rows), reading.attachments) == (0, ())


def test_the_same_document_twice_is_kept_once(read):
    reading = read(zip_of({"a.xml": invoice("N1"), "kopie van a.xml": invoice("N1")}))
    assert [(p.line, p.code, p.blocks) for p in reading.problems] == [(2, "repeated_line", False)]
    assert [row.line for row in reading.rows] == [1]


def test_one_number_of_two_debtors_is_no_repeat(read):
    other = golden("ubl-invoice.xml", ("BE0788888825", "BE0799999976"))
    assert len(read(zip_of({"a.xml": invoice("F2026-0017"), "b.xml": other})).rows) == 2


def test_a_table_alone_is_read_as_if_it_had_come_by_itself(read):
    alone, zipped = read(JANUARY, "lijst.zip"), read(zip_of({"lijst.csv": JANUARY}), "lijst.zip")
    assert list(alone.rows) == list(zipped.rows)
    assert (zipped.format, zipped.header, zipped.columns) == ("csv", alone.header, alone.columns)


def test_tables_of_one_header_are_read_one_after_another(read):
    reading = read(zip_of({"jan.csv": JANUARY, "feb.csv": FEBRUARY}))
    assert [(row.line, row.member, row.number) for row in reading.rows] == [
        (2, "jan.csv", "A1"),
        (3, "jan.csv", "A2"),
        (5, "feb.csv", "B1"),
    ]
    assert (reading.row_count, reading.total, reading.problems) == (3, {"EUR": Money(6_000)}, ())


def test_a_problem_of_the_second_table_is_named_with_it(read):
    bad = FEBRUARY.replace(b"30,00", b"dertig")
    reading = read(zip_of({"jan.csv": JANUARY, "feb.csv": bad}))
    assert said(reading) == [(5, "amount_unreadable", "feb.csv")]
    assert len(reading.rows) == 2


@pytest.mark.parametrize("members", [{"jan.csv": JANUARY}, {"jan.csv": JANUARY, "feb.csv": FEBRUARY}])
def test_the_rows_of_tables_lie_in_the_folder_itself_and_nothing_else_does(read, members):
    """A reading is kept in its folder, and from there nothing that lies deeper is believed."""
    rows = read(zip_of(members)).rows
    assert {path.parent for path in rows.frames} == {read.folder}
    assert {*read.folder.iterdir()} == {*rows.frames}


def test_what_one_table_proves_of_its_dates_holds_for_the_others(read):
    doubtful = TABLE.replace("Factuurnummer;Klant;Factuurdatum;Totaal", "Invoice number;Customer;Date;Total")
    first = doubtful.format("A1;X;31/01/2026;10.00\n").encode()
    second = doubtful.format("B1;X;03/04/2026;10.00\n").encode()
    assert read(zip_of({"b.csv": second})).questions == ("dates",)
    reading = read(zip_of({"a.csv": first, "b.csv": second}))
    assert (reading.questions, [str(row.issue) for row in reading.rows]) == ((), ["2026-01-31", "2026-04-03"])
    chosen = read(
        zip_of({"b.csv": second, "c.csv": second.replace(b"B1", b"C1")}), choices=Choices(date_order="mdy")
    )
    assert [str(row.issue) for row in chosen.rows] == ["2026-03-04", "2026-03-04"]


def test_a_table_of_other_columns_is_to_be_imported_on_its_own(read):
    other = b"Nummer;Naam;Datum;Bedrag\nC1;X;31/01/2026;5,00\n"
    reading = read(zip_of({"jan.csv": JANUARY, "andere.csv": other, "feb.csv": FEBRUARY}))
    assert [(code, member) for _, code, member in said(reading)] == [("table_apart", "andere.csv")]
    assert len({row.line for row in reading.rows}) == len(reading.rows) == 3


def test_a_table_among_documents_is_to_be_imported_on_its_own(read):
    reading = read(zip_of({"a.xml": invoice("N1"), "overzicht.csv": JANUARY}))
    assert said(reading) == [(2, "table_apart", "overzicht.csv")]
    assert [row.number for row in reading.rows] == ["N1"]
    # It counts as what is not taken in.
    assert reading.row_count == 2


def test_pdfs_beside_a_table_go_to_the_rows_they_name(read):
    reading = read(zip_of({"lijst.csv": JANUARY, "Factuur A2.pdf": PDF, "Factuur A20.pdf": PDF}))
    assert [(k.line, k.name) for k in reading.attachments] == []
    named = JANUARY.replace(b"A1;", b"2026-0001;").replace(b"A2;", b"2026-0002;")
    reading = read(zip_of({"lijst.csv": named, "Factuur 2026-0002.pdf": PDF, "Factuur 2026-00020.pdf": PDF}))
    assert [(k.line, k.name) for k in reading.attachments] == [(3, "Factuur 2026-0002.pdf")]
    assert [(p.line, p.code, p.blocks) for p in reading.problems] == [(None, "pdf_unmatched", False)]
    assert sorted(path.name for path in read.folder.iterdir() if path.is_file()) == [
        "attachment-1.pdf",
        "rows-0001.arrow",
    ]


def linked():
    info = zipfile.ZipInfo("koppeling.xml")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


PATHS = ["../../etc/passwd", "a/../../b.xml", "/etc/passwd", "\\\\server\\b.xml", "C:\\b.xml", "..\\b.xml"]


@pytest.mark.parametrize("name", [*PATHS, linked()], ids=str)
def test_a_name_that_leads_elsewhere_is_refused_and_nothing_is_written_there(read, name):
    reading = read(zip_of([("a.xml", invoice("N1")), (name, invoice("N2"))]))
    assert [(line, code) for line, code, _ in said(reading)] == [(2, "member_path")]
    assert [row.number for row in reading.rows] == ["N1"]
    assert [*read.folder.iterdir()] == []


def test_names_that_occur_twice_are_two_members(read):
    with pytest.warns(UserWarning, match="Duplicate name"):
        data = zip_of([("a.xml", invoice("N1")), ("a.xml", invoice("N2"))])
    assert [row.number for row in read(data).rows] == ["N1", "N2"]


def test_what_a_file_manager_leaves_behind_is_passed_over(read):
    reading = read(
        zip_of(
            {"__MACOSX/._a.xml": b"\x00\x05", ".DS_Store": b"\x00", "map/": b"", "map/a.xml": invoice("N1")}
        )
    )
    assert ([row.line for row in reading.rows], reading.problems) == ([1], ())


def test_progress_is_told_in_bytes_of_the_archive_and_its_end_is_heard(read):
    data = zip_of({f"{n}.xml": invoice(f"N{n}") for n in range(5)})
    told = []
    read(data, tell=lambda done, whole: told.append((done, whole)))
    assert [whole for _, whole in told] == [len(data)] * len(told)
    assert [done for done, _ in told] == sorted(done for done, _ in told)

    def stop(done, whole):
        if done:
            raise Cancelled

    with pytest.raises(Cancelled):
        read(data, tell=stop)
