"""What is wrong in a file is said in one clear sentence, with line and field, in every language."""

from __future__ import annotations

import random
import re
import string
import time

import pytest

from encaiss_dashboard.adapters.invoice_files import read_invoices
from encaiss_dashboard.domain.errors import Problem
from encaiss_dashboard.domain.intake import Choices, Field, Reading
from encaiss_dashboard.domain.invoices import Kind
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.locales import LANGUAGES, catalogue, text

HEADER = "Factuurnummer;Klant;Factuurdatum;Vervaldag;Totaal"
GOOD = "A1;Bakkerij Peeters BV;31/01/2025;02/03/2025;1.234,56"
KNOWN = "A2;Café Central SRL;15/02/2025;17/03/2025;99,90"


def file_of(*rows: str, header: str = HEADER) -> Reading:
    """A file of the given rows behind one good row, so the first of them stands on line 3."""
    good = GOOD + ";" * (header.count(";") - HEADER.count(";"))
    return read_invoices("\n".join((header, good, *rows, "")).encode(), "bad.csv")


def rendered(problem: Problem) -> list[str]:
    """The problem's sentence in every language, after checking that it says what it should."""
    sentences = []
    for lang in LANGUAGES:
        sentence = text(lang, f"problem.{problem.code}", **problem.facts)
        named = {
            name
            for _, name, _, _ in string.Formatter().parse(str(catalogue(lang)[f"problem.{problem.code}"]))
        }
        assert {name for name in named if name} == set(problem.facts), (lang, problem.code)
        assert all(fact in sentence for fact in problem.facts.values())
        assert not re.search(
            r"[{}]", "".join(sentence.split(fact)[0] for fact in problem.facts.values() if fact)
        )
        assert len(sentence) > 10
        if problem.field:
            assert text(lang, f"field.{problem.field}")
        sentences.append(sentence)
    assert len(set(sentences)) == len(LANGUAGES)
    return sentences


ROW_PROBLEMS = [
    ("A2;Café;15/02/2025;17/03/2025;1O0,00", "amount_unreadable", "total", {"value": "1O0,00"}),
    ("A2;Café;15/02/2025;17/03/2025;douze", "amount_unreadable", "total", {"value": "douze"}),
    ("A2;Café;15/02/2025;17/03/2025;1,234567", "amount_fraction", "total", {"value": "1,234567"}),
    ("A2;Café;15/02/2025;17/03/2025;", "total_missing", "total", {}),
    ("A2;Café;15/02/2025;17/03/2025;99999999999,99", "amount_absurd", "total", {"value": "99999999999,99"}),
    ("A2;Café;30/02/2025;17/03/2025;5,00", "date_impossible", "issue", {"value": "30/02/2025"}),
    (
        "A2;Café;15/02/2025;demain;5,00",
        "date_unreadable",
        "due",
        {"value": "demain", "expected": "31/12/2025"},
    ),
    ("A2;Café;;17/03/2025;5,00", "issue_missing", "issue", {}),
    ("A2;Café;15/02/1985;17/03/2025;5,00", "date_out_of_range", "issue", {"value": "15/02/1985"}),
    ("A2;Café;15/02/2025;17/03/2085;5,00", "date_far", "due", {"value": "17/03/2085"}),
    (
        "A2;Café;15/02/2025;14/02/2025;5,00",
        "due_before_issue",
        "due",
        {"value": "14/02/2025", "other": "15/02/2025"},
    ),
    (";Café;15/02/2025;17/03/2025;5,00", "number_missing", "number", {}),
    ("A2; ;15/02/2025;17/03/2025;5,00", "debtor_missing", "debtor", {}),
    ("A2;Café;15/02/2025", "row_short", None, {"found": "3", "expected": "5"}),
    ("A2;Café; Central;15/02/2025;17/03/2025;5,00", "row_long", None, {"found": "6", "expected": "5"}),
    ('A2;"Café;15/02/2025;17/03/2025;5,00', "quote_unclosed", None, {}),
    ("A2;Ca\x00fé;15/02/2025;17/03/2025;5,00", "nul_byte", "debtor", {"value": "Ca␀fé", "column": "Klant"}),
    ("A2;Ca\x08fé;15/02/2025;17/03/2025;5,00", "control_characters", "debtor", {"value": "Ca␈fé"}),
    ("A2;Caf\ufffd;15/02/2025;17/03/2025;5,00", "character_lost", "debtor", {"value": "Caf\ufffd"}),
    (
        "A2;=cmd|' /C calc'!A0;15/02/2025;17/03/2025;5,00",
        "formula",
        "debtor",
        {"value": "=cmd|' /C calc'!A0"},
    ),
    ("A2;@SUM(A1);15/02/2025;17/03/2025;5,00", "formula", "debtor", {"value": "@SUM(A1)"}),
    (
        "A2;<script>alert(1)</script>;15/02/2025;17/03/2025;5,00",
        "markup",
        "debtor",
        {"value": "<script>alert(1)</script>"},
    ),
    (f"A2;{'x' * 501};15/02/2025;17/03/2025;5,00", "cell_too_long", "debtor", {"length": "501"}),
]


@pytest.mark.parametrize("row, code, field, facts", ROW_PROBLEMS, ids=[case[1] for case in ROW_PROBLEMS])
def test_a_bad_row_is_left_out_and_named_by_line_field_and_reason(row, code, field, facts):
    reading = file_of(row)
    problem = next(problem for problem in reading.problems if problem.code == code)
    assert (problem.line, problem.field, problem.blocks) == (3, field, True)
    assert facts.items() <= problem.facts.items()
    assert rendered(problem)
    assert [found.line for found in reading.rows] == [2]
    assert reading.row_count == 2


@pytest.mark.parametrize(
    "column, value, code, field",
    [
        ("Munt", "XXQ", "currency_unknown", "currency"),
        ("Type", "Betaling", "kind_unknown", "kind"),
        ("Betaald", "-5,00", "paid_negative", "paid"),
        ("Btw-bedrag", "2l,00", "amount_unreadable", "vat"),
    ],
)
def test_a_bad_value_in_an_optional_column_also_blocks_its_row(column, value, code, field):
    good = {"Munt": "EUR", "Type": "Factuur", "Betaald": "0,00", "Btw-bedrag": "1,00"}[column]
    rows = f"{HEADER};{column}\n{GOOD};{good}\n{KNOWN};{value}\n"
    reading = read_invoices(rows.encode(), "bad.csv")
    assert [(p.line, p.code, p.field, p.blocks) for p in reading.problems] == [(3, code, field, True)]
    assert rendered(reading.problems[0])
    assert [row.line for row in reading.rows] == [2]


def test_two_currencies_in_one_row_are_not_mixed():
    reading = file_of("A2;Café;15/02/2025;17/03/2025;$ 5,00;EUR", header=f"{HEADER};Munt")
    assert [(p.line, p.code, p.facts) for p in reading.problems] == [
        (3, "currency_conflict", {"value": "EUR, USD"})
    ]
    assert rendered(reading.problems[0])


@pytest.mark.parametrize(
    "column, value, code, field",
    [
        ("BTW-nummer", "BE0403170702", "vat_number_invalid", "vat_number"),
        ("E-mail", "info@nowhere", "email_invalid", "email"),
        ("Taal", "Klingon", "language_unknown", "language"),
        ("Land", "Atlantis", "country_unknown", "country"),
        ("Betaaldatum", "01/01/2025", "settled_before_issue", "settled"),
        ("Openstaand", "100,00", "open_exceeds_total", "open"),
        ("Betaald", "100,00", "paid_exceeds_total", "paid"),
    ],
)
def test_a_doubtful_value_is_a_warning_and_the_row_is_kept(column, value, code, field):
    reading = file_of(f"{KNOWN};{value}", header=f"{HEADER};{column}")
    assert [(p.line, p.code, p.field, p.blocks) for p in reading.problems] == [(3, code, field, False)]
    assert value in rendered(reading.problems[0])[0]
    assert [row.line for row in reading.rows] == [2, 3]


def test_a_balance_that_contradicts_what_was_paid_is_warned_about_and_wins():
    reading = file_of(f"{KNOWN};50,00;10,00", header=f"{HEADER};Betaald;Openstaand")
    assert [(p.line, p.code, p.blocks) for p in reading.problems] == [(3, "balance_differs", False)]
    assert rendered(reading.problems[0])
    assert reading.rows[1].paid == Money(8990)


@pytest.mark.parametrize("name", ["+32 2 123 45 67", "-Atelier-"])
def test_a_name_that_begins_with_a_sign_is_only_warned_about(name):
    reading = file_of(f"A2;{name};15/02/2025;17/03/2025;5,00")
    assert [(p.code, p.field, p.blocks) for p in reading.problems] == [("name_sign", "debtor", False)]
    assert rendered(reading.problems[0])
    assert reading.rows[1].debtor == name


def test_a_negative_total_becomes_a_credit_note_and_says_so():
    reading = file_of("A2;Café;15/02/2025;17/03/2025;-5,00")
    assert (reading.rows[1].kind, reading.rows[1].total) == (Kind.CREDIT_NOTE, Money(500))
    assert [(p.line, p.code, p.field, p.blocks) for p in reading.problems] == [
        (3, "negative_total", "total", False)
    ]
    assert "-5,00" in rendered(reading.problems[0])[0]


def test_a_number_used_twice_with_different_content_blocks_every_such_line():
    reading = file_of(KNOWN, KNOWN.replace("99,90", "99,91"), KNOWN)
    twice = [problem for problem in reading.problems if problem.code == "number_twice"]
    assert [(p.line, p.facts["other"]) for p in twice] == [(3, "4, 5"), (4, "3, 5"), (5, "3, 4")]
    assert all(problem.blocks and rendered(problem) for problem in twice)
    assert [row.line for row in reading.rows] == [2]


def test_an_identical_repeat_is_kept_once_with_a_warning():
    reading = file_of(KNOWN, KNOWN)
    assert [(p.line, p.code, p.blocks, p.facts["other"]) for p in reading.problems] == [
        (4, "repeated_line", False, "3")
    ]
    assert rendered(reading.problems[0])
    assert [row.line for row in reading.rows] == [2, 3]


def test_the_same_number_of_two_debtors_is_no_repeat():
    reading = file_of(KNOWN, KNOWN.replace("Café Central", "Garage Nord"))
    assert (len(reading.rows), reading.problems) == (3, ())


def test_a_row_that_lacks_only_optional_cells_is_kept_with_a_warning():
    reading = file_of("A2;Café;15/02/2025;17/03/2025;5,00", header=f"{HEADER};E-mail")
    assert [(p.line, p.code, p.blocks) for p in reading.problems] == [(3, "row_trimmed", False)]
    assert rendered(reading.problems[0])
    assert len(reading.rows) == 2


def test_a_file_that_ends_within_a_row_does_not_trust_that_row():
    whole = f"{HEADER};E-mail\n{GOOD};a@b.be\n{KNOWN};a@b.be"
    cut = whole.removesuffix("0;a@b.be")
    assert len(read_invoices(whole.encode(), "whole.csv").rows) == 2
    reading = read_invoices(cut.encode(), "cut.csv")
    assert [(p.line, p.code, p.blocks) for p in reading.problems] == [(3, "row_short", True)]


def test_an_unclosed_quote_costs_its_own_line_only():
    reading = file_of(
        'A2;"Café;15/02/2025;17/03/2025;5,00', KNOWN.replace("A2", "A3"), 'A4;"Y";15/02/2025;;5,00'
    )
    assert [row.number for row in reading.rows] == ["A1", "A3", "A4"]
    assert [(p.line, p.code) for p in reading.problems] == [(3, "quote_unclosed")]


def test_a_name_on_two_lines_keeps_the_line_on_which_its_row_starts():
    reading = file_of('A2;"Café\nCentral";15/02/2025;17/03/2025;5,00', "A3;X;15/02/2025;;x")
    assert [(row.line, row.debtor) for row in reading.rows[1:]] == [(3, "Café Central")]
    assert [(p.line, p.code) for p in reading.problems] == [(5, "amount_unreadable")]


def test_a_damaged_byte_does_not_spoil_the_letters_of_the_other_rows():
    data = f"{HEADER}\n{GOOD}\n{KNOWN}\nA3;Élysée;15/02/2025;;5,00\n".encode().replace(b"A1;B", b"A1;\xe9")
    reading = read_invoices(data, "damaged.csv")
    assert [(p.line, p.code) for p in reading.problems] == [(2, "character_lost")]
    assert [row.debtor for row in reading.rows] == ["Café Central SRL", "Élysée"]


WHOLE_FILES = [
    (b"", "file_empty", {}),
    (b"\xef\xbb\xbf \r\n\r\n", "file_empty", {}),
    (f"{HEADER}\r\n".encode(), "file_header_only", {}),
    (f"{GOOD}\n{KNOWN}\n".encode(), "file_header_missing", {}),
    (b"nothing to see here\nat all\n", "file_header_missing", {"value": "nothing to see here at all"}),
    (b"PK\x03\x04....[Content_Types].xml....xl/workbook.xml", "file_workbook", {}),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1....", "file_workbook", {}),
    (b"PK\x03\x04....invoices.csv", "file_archive", {}),
    (b"%PDF-1.7\n", "file_pdf", {}),
    (b"\xef\xbb\xbf<?xml version='1.0'?><Invoice/>", "file_xml", {}),
    (bytes(range(256)) * 20, "file_not_text", {}),
]


@pytest.mark.parametrize("data, code, facts", WHOLE_FILES, ids=[case[1] for case in WHOLE_FILES])
def test_a_file_that_cannot_be_used_is_one_sentence_and_no_rows(data, code, facts):
    reading = read_invoices(data, "whole.bin")
    assert [(p.line, p.code, p.field, p.blocks) for p in reading.problems] == [(None, code, None, True)]
    assert facts.items() <= reading.problems[0].facts.items()
    assert rendered(reading.problems[0])
    assert reading.rows == ()


def test_columns_that_are_not_found_are_named_with_the_columns_there_are():
    reading = read_invoices(b"Factuurnummer;Klant;Kleur\nA1;X;rood\n", "columns.csv")
    missing = [(p.line, p.code, p.field) for p in reading.problems]
    assert missing == [(None, "column_missing", "issue"), (None, "column_missing", "total")]
    assert reading.problems[0].facts == {"columns": "Factuurnummer, Klant, Kleur"}
    assert all(rendered(problem) for problem in reading.problems)
    assert reading.rows == ()


def test_ten_megabytes_of_noise_are_answered_in_two_seconds():
    noise = random.Random(20261121).randbytes(10_000_000)
    started = time.perf_counter()
    reading = read_invoices(noise, "noise.csv")
    assert time.perf_counter() - started < 2
    assert [problem.code for problem in reading.problems] == ["file_not_text"]


@pytest.mark.parametrize("filler", ['"', '";', 'a;"b\n', '"\n', "x", "1;2\n", "é"])
def test_a_long_file_of_one_thing_is_answered_in_time(filler):
    started = time.perf_counter()
    reading = read_invoices((HEADER + "\n" + filler * (200_000 // len(filler))).encode(), "filler.csv")
    assert time.perf_counter() - started < 5
    assert reading.rows == ()
    assert reading.problems


@pytest.mark.parametrize(
    "choices, code, value",
    [
        (Choices(encoding="utf-16"), "encoding_wrong", "utf-16"),
        (Choices(encoding="zip"), "choice_unknown", "zip"),
        (Choices(separator="\\"), "choice_unknown", "\\"),
        (Choices(columns={Field.TOTAL: "Bedrag"}), "column_unknown", "Bedrag"),
    ],
)
def test_a_choice_that_does_not_fit_the_file_is_said(choices, code, value):
    data = f"{HEADER}\n{GOOD}\n{KNOWN.replace('Café', 'Bar')}\n".encode()
    reading = read_invoices(data + b"\n" * (len(data) % 2 == 0), "choices.csv", choices)
    problem = reading.problems[0]
    assert (problem.line, problem.code, problem.facts["value"]) == (None, code, value)
    assert rendered(problem)
    assert reading.rows == ()


def test_a_file_in_the_wrong_encoding_never_passes_as_letters():
    data = f"{HEADER}\n{GOOD}\n{KNOWN}\n".encode("cp1252")
    reading = read_invoices(data, "latin.csv", Choices(encoding="utf-8"))
    assert [problem.code for problem in reading.problems] == ["encoding_wrong"]
    assert read_invoices(data, "latin.csv").rows[1].debtor == "Café Central SRL"


def test_every_sentence_exists_in_every_language_with_the_same_facts():
    def facts(lang: str) -> dict[str, set[str | None]]:
        return {
            key: {name for _, name, _, _ in string.Formatter().parse(str(entry))} - {None}
            for key, entry in catalogue(lang).items()
            if key.startswith(("problem.", "field."))
        }

    assert facts("fr") == facts("nl") == facts("en")
    named = {key for key in facts("fr") if key.startswith("field.")}
    assert named - {f"field.{field}" for field in Field} == {"field.phone"}, "corrected on screens alone"
    assert {f"field.{field}" for field in Field} <= named
    assert rendered(Problem("encoding_repaired"))


def test_of_a_warning_the_first_thousand_are_listed_and_the_others_counted():
    rows = [f"A{n};Café;15/02/2025;17/03/2025;5,00;nowhere;x@x" for n in range(1_200)]
    reading = file_of(*rows, header=f"{HEADER};E-mail;Taal")
    listed = [problem.code for problem in reading.problems]
    assert (listed.count("email_invalid"), listed.count("language_unknown")) == (1_000, 1_000)
    assert reading.unlisted == {"email_invalid": 200, "language_unknown": 200}
    assert [problem.line for problem in reading.problems] == [line for line in range(3, 1_003) for _ in "ab"]
    assert len(reading.rows) == 1_201


def test_of_all_problems_the_first_hundred_thousand_are_listed_and_the_others_counted():
    bad = [f";;3{n % 10}/02/2025;soon;x" for n in range(20_100)]
    reading = file_of(*bad, *(f"B{n};Café;15/02/2025;;5,00" for n in range(300)))
    assert len(reading.problems) == 100_000
    assert sum(reading.unlisted.values()) == 500
    assert reading.problems[-1].line == 20_002
    assert (reading.row_count, len(reading.rows)) == (20_401, 301)
