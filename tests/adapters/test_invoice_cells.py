"""What single cells and headers of invoice files say."""

from __future__ import annotations

from datetime import date

import pytest

from encaiss_dashboard.adapters.invoice_files.codes import read_country, read_language, read_vat_number
from encaiss_dashboard.adapters.invoice_files.columns import meanings
from encaiss_dashboard.adapters.invoice_files.values import (
    Amount,
    Fault,
    decide_dates,
    decide_decimal,
    read_amount,
    read_date,
)


@pytest.mark.parametrize(
    "header, field",
    [
        ("Fact_Nr", "number"),
        ("N° de facture", "number"),
        ("Rechnungsnummer", "number"),
        ("Invoice #", "number"),
        ("Klant / Client", "debtor"),
        ("Nom du client", "debtor"),
        ("customerID", "debtor_number"),
        ("InvoiceDate", "issue"),
        ("Date d'émission", "issue"),
        ("Dt. comptable", "issue"),
        ("Boekingsdatum", "issue"),
        ("Ech.", "due"),
        ("Fälligkeitsdatum", "due"),
        ("VERVALDAG", "due"),
        ("Conditions de paiement", "term"),
        ("Mnt TTC", "total"),
        ("Totaalbedrag incl. BTW", "total"),
        ("Montant TVA", "vat"),
        ("Devise", "currency"),
        ("Type de document", "kind"),
        ("Gestructureerde mededeling", "reference"),
        ("Ondernemingsnummer", "vat_number"),
        ("E-mailadres", "email"),
        ("Betaaldatum", "settled"),
        ("Montant payé", "paid"),
        ("Reste dû", "open"),
    ],
)
def test_a_header_is_understood_in_four_languages(header, field):
    assert meanings(header)[0][0] == field


@pytest.mark.parametrize(
    "header", ["Montant HTVA", "Bedrag excl. BTW", "PaperlessDate", "DaysLate", "Order date", "%"]
)
def test_a_header_that_means_something_else_is_left_alone(header):
    assert meanings(header) == ()


@pytest.mark.parametrize(
    "text, decimal, cents",
    [
        ("1.234,56", ",", 123_456),
        ("1\u00a0234,56", ",", 123_456),
        ("1\u202f234,5", ",", 123_450),
        ("1'234.56", ".", 123_456),
        ("12,345,678.90", ".", 1_234_567_890),
        ("99,90-", ",", -9990),
        ("(99.90)", ".", -9990),
        ("- 99,90", ",", -9990),
        ("−99,90 €", ",", -9990),
        ("€ 1.234", ",", 123_400),
        ("125,-", ",", 12_500),
        (",50", ",", 50),
        ("'USD 9.126,07", ",", 912_607),
        ("'-5,00", ",", -500),
        ("12.500", ".", 1250),
        ("0", ",", 0),
    ],
)
def test_an_amount_is_read_to_the_cent(text, decimal, cents):
    amount = read_amount(text, decimal)
    assert isinstance(amount, Amount)
    assert amount.cents == cents


@pytest.mark.parametrize(
    "text", ["1O0,00", "12,34,56", "1.23,00", "--5", "-5-", "", "EUR", "1,2 3", "٣,50", "1e5", "NaN"]
)
def test_what_is_no_amount_is_never_guessed(text):
    assert read_amount(text, ",") is Fault.AMOUNT


def test_a_fraction_of_a_cent_is_not_rounded_away():
    assert read_amount("1,234", ",") is Fault.FRACTION


@pytest.mark.parametrize(
    "texts, decimal",
    [
        (["1.234", "12,50"], ","),
        (["1,234", "12.50"], "."),
        (["1.234.567"], ","),
        (["1 234,5"], ","),
        (["1,5", "7"], ","),
        (["12", "7"], ","),
        (["1.234", "12.500"], None),
        (["1.234", "1,5"], None),
        (["12.50", "12,50"], None),
        (["12.50", "1,2,3"], "."),
        (["12.50", *(f"{n},50" for n in range(20))], ","),
    ],
)
def test_the_decimal_mark_is_decided_over_the_whole_file(texts, decimal):
    assert decide_decimal(texts) == decimal


@pytest.mark.parametrize(
    "text, order, expected",
    [
        ("03/01/2025", "dmy", date(2025, 1, 3)),
        ("03/01/2025", "mdy", date(2025, 3, 1)),
        ("3.1.25", "dmy", date(2025, 1, 3)),
        ("03-01-85", "dmy", date(1985, 1, 3)),
        ("2025-01-03T08:30:00Z", "dmy", date(2025, 1, 3)),
        ("20250103", "mdy", date(2025, 1, 3)),
        ("03012025", "dmy", date(2025, 1, 3)),
        ("45660", "serial", date(2025, 1, 3)),
        ("45660", "dmy", Fault.DATE),
        ("30/02/2025", "dmy", Fault.IMPOSSIBLE),
        ("2025-13-01", "ymd", Fault.IMPOSSIBLE),
        ("0000-01-01", "ymd", Fault.IMPOSSIBLE),
        ("soon", "dmy", Fault.DATE),
    ],
)
def test_a_date_is_read_in_the_order_of_its_file(text, order, expected):
    assert read_date(text, order) == expected


@pytest.mark.parametrize(
    "texts, order",
    [
        (["2025-01-31", "soon", "#N/A", "?"], "ymd"),
        (["45660", "45661", "soon", "?", "-"], "serial"),
        (["2025-01-31", "31/01/2025"], "dmy"),
        (["31/01/2025", "2025-01-31"], "dmy"),
        (["soon"], "dmy"),
    ],
)
def test_what_is_no_date_says_nothing_of_their_order(texts, order):
    for rows in (texts, texts[::-1]):
        assert decide_dates([(text, "", "") for text in rows], day_first=False) == order


@pytest.mark.parametrize(
    "text, country",
    [("be", "BE"), ("BEL", "BE"), ("Frankreich", "FR"), ("Pays-Bas", "NL"), ("391", ""), ("ZZ", "")],
)
def test_a_country_is_known_by_code_or_name(text, country):
    assert read_country(text) == country


@pytest.mark.parametrize(
    "text, language", [("Français", "fr"), ("nl-BE", "nl"), ("EN", "en"), ("D", "de"), ("it", "")]
)
def test_a_language_is_known_by_code_or_name(text, language):
    assert read_language(text) == language


@pytest.mark.parametrize(
    "text, number",
    [
        ("BE 0403.170.701", ("BE0403170701", True)),
        ("0403.170.701", ("0403170701", True)),
        ("DE811569869", ("DE811569869", True)),
        ("552 100 554", ("552100554", True)),
        ("BE0403170702", ("BE0403170702", False)),
    ],
)
def test_check_digits_of_numbers_are_proved(text, number):
    assert read_vat_number(text) == number
