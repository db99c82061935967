"""Rows are read column by column; each read by itself would say the same, whatever the file is like."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from workbooks import Failed, ods, xlsx

from encaiss_dashboard.adapters.invoice_files.dialect import SEPARATORS
from encaiss_dashboard.adapters.invoice_files.reader import Source, read
from encaiss_dashboard.adapters.invoice_files.staging import Stage
from encaiss_dashboard.domain.intake import NO_CHOICES, Choices, Field, untold

HEADINGS = {
    "number": ("Factuurnummer", "N° facture", "Invoice No."),
    "debtor": ("Klant", "Client", "Customer"),
    "debtor_number": ("Klantnummer", "N° client", "Customer No."),
    "issue": ("Factuurdatum", "Date facture", "Invoice date"),
    "due": ("Vervaldatum", "Échéance", "Due date"),
    "settled": ("Betaaldatum", "Payé le", "Settled date"),
    "total": ("Totaal incl. BTW", "Total TTC", "Total"),
    "vat": ("Btw-bedrag", "Montant TVA", "VAT amount"),
    "paid": ("Betaald", "Montant payé", "Paid"),
    "open": ("Openstaand", "Solde", "Open amount"),
    "currency": ("Munt", "Devise", "Currency"),
    "kind": ("Type", "Type de document", "Document type"),
    "term": ("Betalingstermijn", "Conditions de paiement", "Payment terms"),
    "reference": ("Gestructureerde mededeling", "Communication structurée", "Structured reference"),
    "vat_number": ("BTW-nummer", "N° TVA", "VAT number"),
    "email": ("E-mail", "E-mail", "E-mail"),
    "country": ("Land", "Pays", "Country"),
    "language": ("Taal", "Langue", "Language"),
    "postcode": ("Postcode", "Code postal", "Postcode"),
    "city": ("Gemeente", "Ville", "City"),
    "iban": ("IBAN", "IBAN", "IBAN"),
    "nothing": ("Kleur", "Couleur", "Colour"),
}
NEEDED = ("number", "debtor", "issue", "total")
ODD = st.sampled_from(
    (
        *(
            "",
            " ",
            "  x ",
            "-",
            "=1+1",
            '="007"',
            "@x",
            "'-5,00",
            "'=x",
            "#REF!",
            "#N/A",
            "Err:502",
            "#NOM?",
            "x" * 501,
        ),
        *(
            "a\x00b",
            "a\x08b",
            "\ufffd",
            "\u202ex",
            "\u00a0",
            "<b>",
            "&#",
            "Totaal",
            "Total",
            "Total A",
            "a\x85b",
        ),
        *(
            "javascript:x",
            "a  b",
            "\x1c",
            "'t Hof",
            '12"',
            "é",
            "ＡＢ",
            "1;2",
            "1,2",
            "é" * 300,
            "a'b",
            "+32 2",
        ),
    )
)
NUMBERS = st.one_of(st.sampled_from(("F1", "F2", "2026/7", "00012", "f1")), st.integers(1, 99).map(str))
DEBTORS = st.sampled_from(
    ("Alpha", "ALPHA", "Bêta & fils", "Gamma NV", "Total Energie", "K7", "+32 2", "-x-")
)
DAYS = st.one_of(
    st.tuples(st.integers(2024, 2026), st.integers(1, 12), st.integers(1, 28)),
    st.sampled_from(((2025, 13, 1), (2025, 2, 30), (2024, 2, 29), (2025, 12, 31))),
)
ODD_DAYS = st.sampled_from(
    (
        "2025-01-31",
        "20250131",
        "45660",
        "45660.5",
        "31.1.25",
        "soon",
        "1985-01-01",
        "2100-01-01",
        "31/01/2025 12:30",
    )
)
CENTS = st.one_of(st.integers(0, 500_000), st.integers(-9_999, 0), st.sampled_from((10**12, 10**12 + 1, 1)))
ODD_AMOUNTS = st.sampled_from(
    (
        *(
            "1.234",
            "1,234",
            "12,345",
            "1 234,56",
            "1’234.56",
            "€ 5,00",
            "5.00 USD",
            "(5,00)",
            "5,00-",
            "1,2345",
        ),
        *(
            "12,50",
            "12.50",
            "1,2,3",
            "1O0",
            "125,-",
            ",5",
            "1e5",
            "-",
            "5,000",
            "5,0000001",
            "9" * 17,
            "+5,00",
        ),
    )
)
CODES = {
    "currency": ("EUR", "eur", "USD", "€", "XXQ", ""),
    "kind": ("Factuur", "Avoir", "381", "Facture", "CN", "Betaling", ""),
    "term": ("30 jours", "30 dagen einde maand", "NET_30", ""),
    "reference": ("+++090/9337/55493+++", "RF18539007547034", ""),
    "vat_number": ("BE0403170701", "0403.170.701", "BE0403170702", "DE811569869", "0403170701", "nul", ""),
    "email": ("a@b.be", "é@x.be", "a@b", "a b@c.be", f"{'a' * 300}@b.be", ""),
    "country": ("BE", "Belgique", "ZZ", ""),
    "language": ("fr", "N", "Klingon", ""),
    "postcode": ("1000", '="0800"', "L-1234", ""),
    "city": ("Gent", "Liège", ""),
    "iban": ("BE68539007547034", "BE68 5390 0754 7034", "BE00", ""),
    "debtor_number": ("K7", "k7", "007", ""),
    "nothing": ("rood", ""),
}


@st.composite
def days(draw, order):
    year, month, day = draw(DAYS)
    mark = draw(st.sampled_from("/-."))
    written = {
        "dmy": f"{day:02}{mark}{month:02}{mark}{year}",
        "mdy": f"{month}{mark}{day}{mark}{year}",
        "ymd": f"{year}-{month:02}-{day:02}",
        "compact": f"{year}{month:02}{day:02}",
        "serial": str(45_000 + day * month),
    }
    return written[order]


@st.composite
def amounts(draw, decimal):
    cents = draw(CENTS)
    whole = f"{abs(cents) // 100:,}" if draw(st.booleans()) else str(abs(cents) // 100)
    grouped = whole.replace(",", {",": ".", ".": ","}[decimal])
    return f"{'-' if cents < 0 else ''}{grouped}{decimal}{abs(cents) % 100:02}"


@st.composite
def rows(draw, fields, decimal, order):
    cells = []
    for name in fields:
        if draw(st.integers(0, 24)) == 0:
            cells.append(draw(ODD))
        elif name == "number":
            cells.append(draw(NUMBERS))
        elif name == "debtor":
            cells.append(draw(DEBTORS))
        elif name in {"issue", "due", "settled"}:
            rare = draw(st.integers(0, 14)) == 0
            cells.append(draw(ODD_DAYS if rare else days(order)) if draw(st.integers(0, 9)) else "")
        elif name in {"total", "vat", "paid", "open"}:
            rare = draw(st.integers(0, 9)) == 0
            cells.append(draw(ODD_AMOUNTS if rare else amounts(decimal)) if draw(st.integers(0, 9)) else "")
        else:
            cells.append(draw(st.sampled_from(CODES[name])))
    how = draw(st.integers(0, 29))
    if how == 0:
        return cells[: draw(st.integers(0, len(cells)))]
    return [*cells, *draw(st.lists(st.sampled_from(("", "", "x")), max_size=2))] if how == 1 else cells


@st.composite
def files(draw):
    """A table in a dialect of its own, with whatever stands between the rows of real ones."""
    fields = [*NEEDED, *draw(st.lists(st.sampled_from(sorted(HEADINGS)), max_size=9))]
    fields = draw(st.permutations(list(dict.fromkeys(fields))))
    separator, decimal = draw(st.sampled_from(SEPARATORS)), draw(st.sampled_from(",."))
    order = draw(st.sampled_from(("dmy", "dmy", "mdy", "ymd", "compact", "serial")))
    language, always = draw(st.integers(0, 2)), draw(st.booleans())
    header = [HEADINGS[name][language] for name in fields]

    def written(cells):
        return separator.join(
            '"{}"'.format(cell.replace('"', '""')) if always or separator in cell or '"' in cell else cell
            for cell in cells
        )

    lines = draw(st.sampled_from(([], ["Lijst van facturen", ""], [f"sep={separator}"], [""])))
    lines = [*lines, written(header)]
    for _ in range(draw(st.integers(0, 12))):
        what = draw(st.integers(0, 19))
        if what == 0:
            label = draw(st.sampled_from(("Totaal", "Total général", "Sous-total Alpha", "Total Alpha", "")))
            cells = [label if name == "debtor" else "12,00" if name == "total" else "" for name in fields]
            lines.append(written(cells))
        elif what == 1:
            noise = (
                "",
                separator * 3,
                "   ",
                '"',
                f'a{separator}"b',
                "\ufeffx",
                '"x"y',
                'a"b',
                f'"a\nb"{separator}c',
            )
            lines.append(draw(st.sampled_from((*noise, written(header)))))
        else:
            lines.append(written(draw(rows(fields, decimal, order))))
    if len(lines) > 2 and draw(st.booleans()):
        lines.append(lines[-1])
    end = draw(st.sampled_from(("\n", "\r\n", "\r")))
    whole = end.join(lines) + draw(st.sampled_from((end, end, "", end * 2, "\x1a")))
    encoding = draw(st.sampled_from(("utf-8", "utf-8", "utf-8-sig", "cp1252", "utf-16")))
    return whole.encode(encoding, errors="replace")


CHOICES = st.one_of(
    st.just(NO_CHOICES),
    st.builds(
        Choices,
        decimal=st.sampled_from((None, ",", ".")),
        date_order=st.sampled_from((None, "dmy", "mdy", "ymd", "compact", "serial")),
        columns=st.sampled_from(({}, {Field.PAID: None}, {Field.DEBTOR: None, Field.DUE: None})),
    ),
)


def understood(data, choices, block_bytes, *, rapid):
    source = Source(io.BytesIO(data), len(data), "file", rapid=rapid, block_bytes=block_bytes)
    reading = read(source, choices, Stage(None), untold)
    return replace(reading, rows=tuple(reading.rows))


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(files(), CHOICES, st.sampled_from((1 << 20, 1 << 20, 300, 70)))
def test_a_file_read_by_column_says_what_its_rows_say_one_by_one(data, choices, block_bytes):
    slowly = understood(data, choices, 1 << 20, rapid=False)
    rapidly = understood(data, choices, block_bytes, rapid=True)
    assert rapidly.rows == slowly.rows
    assert rapidly.problems == slowly.problems
    assert rapidly == slowly


TYPED = {
    "issue": st.one_of(
        st.dates(date(2024, 1, 1), date(2026, 12, 31)),
        st.integers(45_000, 46_500),
        st.sampled_from(("31/01/2026", "2026-01-31", "soon", 12, 45_000.5, date(1985, 1, 1))),
    ),
    "total": st.one_of(
        st.integers(-9_999, 500_000).map(lambda cents: cents / 100),
        st.integers(0, 5_000),
        st.sampled_from(("1.234,56", "12,50", "12.50", "1.234", 10.005, True, 1e15, -0.0, 0.1 + 0.2)),
    ),
}


@st.composite
def sheets(draw):
    """A sheet in which cells are numbers and dates, or the texts that people write among them."""
    fields = [
        *NEEDED,
        *draw(st.lists(st.sampled_from(("due", "paid", "open", "currency", "kind")), max_size=3)),
    ]
    fields = list(dict.fromkeys(fields))
    lines = [[HEADINGS[name][0] for name in fields]]
    for _ in range(draw(st.integers(1, 12))):
        cells = []
        for name in fields:
            if draw(st.integers(0, 19)) == 0:
                cells.append(
                    draw(st.sampled_from((None, Failed("#REF!"), "", " ", "Totaal", "=1", "x" * 501)))
                )
            elif name in {"issue", "due"}:
                cells.append(draw(TYPED["issue"]))
            elif name in {"total", "paid", "open"}:
                cells.append(draw(TYPED["total"]))
            else:
                texts = {"number": NUMBERS, "debtor": DEBTORS}
                cells.append(draw(texts[name] if name in texts else st.sampled_from(CODES[name])))
        lines.append(cells)
    return lines


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(sheets())
def test_a_sheet_says_the_same_as_xlsx_and_as_ods_in_blocks_of_any_size(lines):
    whole = understood(xlsx({"A": lines}), NO_CHOICES, 1 << 20, rapid=True)
    assert understood(ods({"A": lines}), NO_CHOICES, 300, rapid=True) == replace(whole, format="ods")


def test_a_row_with_a_very_long_text_keeps_its_numbers_and_dates():
    lines = [
        [HEADINGS[name][0] for name in (*NEEDED, "nothing")],
        ["F1", "Alpha", date(2026, 1, 31), "1.234,56", ""],
        ["F2", "Alpha", 46_053, 12.5, "x" * 140_000],
    ]
    reading = understood(ods({"A": lines}), NO_CHOICES, 1 << 20, rapid=True)
    assert [(row.issue, str(row.total)) for row in reading.rows] == [
        (date(2026, 1, 31), "1234.56"),
        (date(2026, 1, 31), "12.50"),
    ]
    assert reading.problems == ()
