"""Payments in a table: of Belgian banks, of bookkeepings, and of people who type them."""

import io
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter
from workbooks import ods

from encaiss_dashboard.adapters.bank_files.table import looks_like, read_table
from encaiss_dashboard.domain.bank import BankFormat, Movement
from encaiss_dashboard.domain.money import Money

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "bank_files" / "tables"
OWN, OTHER = "BE68539007547034", "BE71096123456769"
OGM = "+++123/4567/89002+++"
KBC_NL = (
    "Rekeningnummer;Rubrieknaam;Naam;Munt;Afschriftnummer;Datum;Omschrijving;Valuta;Bedrag;Saldo;credit;debet;"
    "rekeningnummer tegenpartij;BIC tegenpartij;Naam tegenpartij;Adres tegenpartij;"
    "gestructureerde mededeling;Vrije mededeling"
)
KBC_FR = (
    "Numéro de compte;Nom de la rubrique;Nom;Devise;Numéro de l'extrait;Date;Description;Valeur;Montant;"
    "Solde;crédit;débit;numéro de compte contrepartie;BIC contrepartie;Nom contrepartie;Adresse contrepartie;"
    "communication structurée;Communication libre"
)
KBC_ROW = (
    f"{OWN};;AGENCE EXEMPLE;EUR;2026041;12/03/2026;OVERSCHRIJVING;13/03/2026;1.234,56;2.234,56;1.234,56;;"
    f"{OTHER};GKCCBEBB;Bakkerij De Korenaar;Kerkstraat 1;{OGM};"
)
BNP_NL = (
    "Volgnummer;Uitvoeringsdatum;Valutadatum;Bedrag;Valuta rekening;Rekeningnummer;Type verrichting;"
    "Tegenpartij;Naam van de tegenpartij;Mededeling;Details;Status;Reden van weigering"
)
BNP_FR = (
    "Nº de séquence;Date d'exécution;Date valeur;Montant;Devise du compte;Numéro de compte;"
    "Type de transaction;Contrepartie;Nom de la contrepartie;Communication;Détails;Statut;Motif du refus"
)
BNP_ROW = (
    f"2026-00041;12/03/2026;13/03/2026;1234,56;EUR;{OWN};Overschrijving in euro;{OTHER};Bakkerij De Korenaar;"
    f"{OGM};OVERSCHRIJVING VAN DE REKENING;Geaccepteerd;"
)
ING_NL = (
    "Rekeningnummer;Naam van de rekening;Rekening tegenpartij;Omzetnummer;Boekingsdatum;Valutadatum;Bedrag;"
    "Munteenheid;Omschrijving;Detail van de omzet;Bericht"
)
ING_FR = (
    "Numéro de compte;Nom du compte;Compte partie adverse;Numéro de mouvement;Date comptable;Date valeur;"
    "Montant;Devise;Libellés;Détails du mouvement;Message"
)
ING_ROW = (
    f"{OWN};AGENCE EXEMPLE;{OTHER};41;12/03/2026;13/03/2026;1234,56;EUR;Overschrijving;Van De Korenaar;{OGM}"
)
BELFIUS_NL = (
    "Boekingsdatum vanaf;01/03/2026\nBoekingsdatum tot en met;31/03/2026\nMededeling;\n"
    "Rekening tegenpartij;\nLaatste saldo;2.234,56 EUR\n;\n"
    "Rekening;Boekingsdatum;Rekeninguittrekselnummer;Transactienummer;Rekening tegenpartij;"
    "Naam tegenpartij bevat;Straat en nummer;Postcode en plaats;Transactie;Valutadatum;Bedrag;Devies;BIC;"
    "Landcode;Mededelingen"
)
BELFIUS_FR = (
    "Compte;Date de comptabilisation;Numéro d'extrait;Numéro de transaction;Compte contrepartie;"
    "Nom contrepartie contient;Rue et numéro;Code postal et localité;Transaction;Date valeur;Montant;Devise;"
    "BIC;Code pays;Communications"
)
BELFIUS_ROW = (
    "BE68 5390 0754 7034;12/03/2026;00003;00041;BE71 0961 2345 6769;Bakkerij De Korenaar;Kerkstraat 1;"
    f"9000 Gent;OVERSCHRIJVING;13/03/2026;1.234,56;EUR;GKCC BE BB;BE;{OGM}"
)
CRELAN_NL = (
    "Datum;Bedrag;Saldo na verrichting;Munt;Tegenpartij;Rekening tegenpartij;Type verrichting;Mededeling;"
    "Rekening opdrachtgever"
)
CRELAN_ROW = (
    f"12/03/2026;1234.56;2234.56;EUR;Bakkerij De Korenaar;{OTHER};Overschrijving;{OGM};BE68 5390 0754 7034"
)


def read(text, encoding="utf-8"):
    data = text if isinstance(text, bytes) else text.encode(encoding)
    found = read_table(data, "payments.csv")
    assert found.format is BankFormat.TABLE
    return found


def only(text):
    """The movements of a file that has one statement and no problems."""
    found = read(text)
    assert [p.code for p in found.problems] == []
    [one] = found.statements
    return one.movements


def codes(found):
    return [p.code for p in found.problems]


@pytest.mark.parametrize(
    "header, row",
    [
        (KBC_NL, KBC_ROW),
        (KBC_FR, KBC_ROW),
        (BNP_NL, BNP_ROW),
        (BNP_FR, BNP_ROW),
        (ING_NL, ING_ROW),
        (ING_FR, ING_ROW),
        (BELFIUS_NL, BELFIUS_ROW),
        (BELFIUS_FR, BELFIUS_ROW),
        (CRELAN_NL, CRELAN_ROW),
    ],
    ids=["kbc-nl", "kbc-fr", "bnp-nl", "bnp-fr", "ing-nl", "ing-fr", "belfius-nl", "belfius-fr", "crelan-nl"],
)
@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252"])
def test_what_belgian_banks_let_download_is_read_column_by_column(header, row, encoding):
    data = f"{header}\n{row}\n".encode(encoding)
    assert looks_like(data[:4096])
    found = read(data)
    assert codes(found) == []
    [one] = found.statements
    assert (one.account, one.currency) == (OWN, "EUR")
    [movement] = one.movements
    assert (movement.amount, movement.booked_on) == (Money(123_456), date(2026, 3, 12))
    assert movement.iban == OTHER
    assert (movement.counterparty or "Bakkerij De Korenaar") == "Bakkerij De Korenaar"
    # Told by a statement in CAMT or CODA it is the same movement.
    statement = Movement(
        1, "", date(2026, 3, 12), date(2026, 3, 12), Money(123_456), iban=OTHER, structured=OGM
    )
    assert movement.fingerprint == statement.fingerprint


def test_what_a_bank_refused_is_left_out_and_counted():
    refused = BNP_ROW.replace("Geaccepteerd", "Geweigerd")
    found = read(f"{BNP_NL}\n{BNP_ROW}\n{refused}\n")
    assert len(found.statements[0].movements) == 1
    [problem] = found.problems
    assert (problem.code, problem.blocks, problem.facts["found"]) == ("bank_table_left_out", False, "1")


@pytest.mark.parametrize(
    "text",
    [
        "Date de paiement;Client;Montant;Facture;Communication\n12/03/2026;Café Été;100,00;2026/001;merci\n",
        "Betaaldatum;Klant;Bedrag;Factuurnummer;Mededeling\n12/03/2026;Café Été;100,00;2026/001;merci\n",
        "Payment date,Customer,Amount,Invoice number,Message\n2026-03-12,Café Été,100.00,2026/001,merci\n",
        "Zahlungsdatum;Kunde;Betrag;Rechnungsnummer;Mitteilung\n12.03.2026;Café Été;100,00;2026/001;merci\n",
        "sep=,\nPaymentDate,Customer,Amount,InvoiceNumber,Memo\n2026-03-12,Café Été,100.00,2026/001,merci\n",
    ],
)
def test_a_list_of_a_bookkeeping_is_money_in(text):
    [movement] = only(text)
    assert movement.amount == Money(10_000)
    assert (movement.counterparty, movement.invoice_number, movement.text) == (
        "Café Été",
        "2026/001",
        "merci",
    )
    assert movement.booked_on == movement.value_on == date(2026, 3, 12)
    assert (movement.seq, movement.place) == (1, f"line {3 if text.startswith('sep') else 2}")


def test_a_sign_and_two_columns_and_a_letter_say_the_same():
    signed = only("Datum;Bedrag\n2026-03-12;-5,00\n2026-03-12;7,00\n")
    columns = only("Datum;Debet;Credit\n2026-03-12;5,00;\n2026-03-12;;7,00\n")
    minus = only("Datum;Debet;Credit\n2026-03-12;-5,00;0,00\n2026-03-12;0,00;7,00\n")
    letter = only("Datum;Bedrag;Af Bij\n2026-03-12;5,00;Af\n2026-03-12;7,00;Bij\n")
    for movements in (signed, columns, minus, letter):
        assert [m.amount.cents for m in movements] == [-500, 700]


def test_good_rows_are_kept_and_bad_ones_are_named_with_their_line():
    found = read(
        "Datum;Bedrag;Mededeling\n2026-03-12;10,00;a\n2026-02-30;10,00;b\n2026-03-12;1x;c\n2026-03-12;;d\n"
        ';10,00;e\n2026-03-12;10,005;f\n2026-03-12;10,00;g;h\n2026-03-12;20,00;"i\n2026-03-13;30,00;j\n'
    )
    assert [m.text for m in found.statements[0].movements] == ["a", "j"]
    assert [(p.code, p.line) for p in found.problems] == [
        ("bank_table_date", 3),
        ("bank_table_amount", 4),
        ("bank_table_no_amount", 5),
        ("bank_table_no_date", 6),
        ("bank_table_fraction", 7),
        ("bank_table_cells", 8),
        ("bank_table_quote", 9),
    ]
    assert all(p.blocks for p in found.problems)


def test_a_debit_and_a_credit_in_one_row_or_a_letter_nobody_knows_are_bad_rows():
    assert codes(read("Datum;Debet;Credit\n2026-03-12;5,00;7,00\n")) == ["bank_table_both"]
    assert codes(read("Datum;Bedrag;Sens\n2026-03-12;5,00;X\n")) == ["bank_table_side"]
    assert codes(read("Datum;Bedrag;Munt\n2026-03-12;5,00;XYZ\n")) == ["bank_table_currency"]


def test_totals_and_blank_lines_are_no_payments():
    movements = only("Datum;Bedrag;Mededeling\n\n2026-03-12;10,00;a\n;;\n;10,00;Totaal\n;;einde\n")
    assert [m.text for m in movements] == ["a"]


def test_dates_that_may_begin_with_the_day_or_the_month_are_asked():
    text = "Date,Amount\n01/02/2026,5.00\n03/04/2026,6.00\n"
    found = read(text)
    assert (codes(found), found.statements) == (["bank_table_dates"], ())
    assert [m.booked_on.month for m in only(text.replace("03/04", "03/14"))] == [1, 3]
    # A heading in a language that begins with the day settles it.
    assert [m.booked_on.month for m in only(text.replace("Date,Amount", "Datum,Bedrag"))] == [2, 4]


def test_amounts_that_may_have_thousands_or_decimals_are_asked():
    found = read("Datum;Bedrag\n2026-03-12;1.234\n2026-03-12;12.500\n")
    assert (codes(found), found.statements) == (["bank_table_decimals"], ())


def test_an_account_of_every_line_is_the_own_one_and_of_a_debtor_is_his():
    bank = f"Date;IBAN;Montant\n2026-03-12;{OWN};5,00\n2026-03-13;{OWN};6,00\n"
    assert read(bank).statements[0].account == OWN
    books = f"Date;Client;IBAN;Montant\n2026-03-12;Café Été;{OTHER};5,00\n"
    [one] = read(books).statements
    assert (one.account, one.movements[0].iban) == ("", OTHER)


def test_accounts_and_currencies_are_statements_of_their_own():
    found = read(
        f"Datum;Rekening;Rekening tegenpartij;Bedrag;Munt\n2026-03-12;{OWN};{OTHER};5,00;EUR\n"
        f"2026-03-12;{OWN};{OTHER};6,00;USD\n2026-03-12;BE43068999999501;{OTHER};7,00;EUR\n"
    )
    assert [(s.account, s.currency) for s in found.statements] == [
        (OWN, "EUR"),
        (OWN, "USD"),
        ("BE43068999999501", "EUR"),
    ]
    assert all([m.seq for m in s.movements] == [1] for s in found.statements)


def test_a_column_of_balances_misses_a_line_that_was_taken_out():
    rows = ["2026-03-12;10,00;110,00", "2026-03-12;-5,00;105,00", "2026-03-13;7,00;112,00"]
    for order in (rows, rows[::-1]):
        whole = read("Datum;Bedrag;Saldo\n" + "\n".join(order))
        assert not whole.statements[0].problems
        holed = read("Datum;Bedrag;Saldo\n" + "\n".join([order[0], order[2]]))
        assert [p.code for p in holed.statements[0].problems] == ["bank_table_balance"]


def test_a_list_of_nothing_but_money_out_is_warned_of():
    found = read("Datum;Bedrag\n2026-03-12;-5,00\n")
    assert [p.code for p in found.statements[0].problems] == ["bank_table_all_out"]


def test_formulas_of_an_attacker_stay_texts():
    evil = '=HYPERLINK("http://evil.invalid";"x")'
    quoted = evil.replace('"', '""')
    found = read(f'Datum;Bedrag;Klant;Mededeling\n2026-03-12;5,00;"{quoted}";@SUM(A1)\n2026-03-12;=1+1;a;b\n')
    [movement] = found.statements[0].movements
    assert (movement.counterparty, movement.text) == (evil, "@SUM(A1)")
    assert [(p.code, p.line) for p in found.problems] == [("bank_table_amount", 3)]


def test_a_list_of_invoices_is_told_from_one_of_payments():
    found = read("Factuurnummer;Klant;Datum;Vervaldatum;Bedrag\n1;A;2026-03-12;2026-04-11;5,00\n")
    assert (codes(found), found.statements) == (["bank_table_invoices"], ())


@pytest.mark.parametrize(
    "text, code",
    [
        ("Datum;Bedrag\n", "bank_table_no_rows"),
        ("2026-03-12;5,00\n2026-03-13;6,00\n", "bank_table_header"),
        ("Factuurnummer;Klant;Bedrag\nA1;X;5,00\n", "bank_table_header"),
    ],
)
def test_a_file_that_is_no_list_of_payments_says_why(text, code):
    found = read(text)
    assert (codes(found), found.statements) == ([code], ())


def test_the_same_file_has_the_same_statement_and_another_has_another():
    text = "Datum;Bedrag\n2026-03-12;5,00\n"
    assert read(text).statements == read(text).statements
    assert read(text).statements[0].number != read(text.replace("5,00", "6,00")).statements[0].number


def workbook(rows):
    into = io.BytesIO()
    book = xlsxwriter.Workbook(into, {"in_memory": True})
    book.add_worksheet("Other").write_row(0, 0, ["nothing", "here"])
    sheet = book.add_worksheet("Payments")
    days = book.add_format({"num_format": "dd/mm/yyyy"})
    for at, row in enumerate(rows):
        for column, value in enumerate(row):
            if isinstance(value, date):
                sheet.write_datetime(at, column, value, days)
            else:
                sheet.write(at, column, value)
    book.close()
    return into.getvalue()


def test_a_workbook_is_read_from_the_sheet_that_holds_payments():
    data = workbook(
        [
            ["Payments of March"],
            ["Date", "Customer", "Amount", "Invoice"],
            [date(2026, 3, 12), "Café Été", 1234.56, "2026/001"],
            [46094, "Atelier Sud", 7, "2026/002"],
            [date(2026, 3, 14), "Groep Noord", "n/a", "2026/003"],
        ]
    )
    assert looks_like(data[:4096])
    found = read(data)
    assert [(p.code, p.line) for p in found.problems] == [("bank_table_amount", 5)]
    assert [(m.booked_on, m.amount.cents) for m in found.statements[0].movements] == [
        (date(2026, 3, 12), 123_456),
        (date(2026, 3, 13), 700),
    ]
    assert found.statements[0].movements[1].place == "line 4"


def test_an_open_document_is_read_as_a_workbook_is():
    rows = [["Date de paiement", "Client", "Montant"], [date(2026, 3, 12), "Café Été", 1234.56]]
    data = ods({"Paiements": rows})
    assert looks_like(data[:4096])
    found = read(data)
    assert codes(found) == []
    [movement] = found.statements[0].movements
    assert (movement.booked_on, movement.amount) == (date(2026, 3, 12), Money(123_456))
    assert movement.counterparty == "Café Été"


def test_a_damaged_workbook_is_refused():
    data = workbook([["Date", "Amount"], [date(2026, 3, 12), 5]])
    assert codes(read(data[: len(data) // 2])) == ["file_workbook"]


@pytest.mark.parametrize(
    "name, amounts",
    [
        ("csv_european_decimals.csv", [-123_456, 350_000, -450]),
        ("csv_french_headers.csv", [-123_456, 350_000, -450]),
        ("csv_spanish_headers.csv", [-123_456, 350_000, -450]),
        ("csv_garbled_amount.csv", [10_000]),
        ("sample_split_amounts.csv", [125_050, -20_025]),
        ("sample_statement.csv", [250_000, -120_000]),
    ],
)
def test_every_committed_table_is_read(name, amounts):
    found = read((GOLDEN / "bankstatementparser" / name).read_bytes())
    assert [m.amount.cents for s in found.statements for m in s.movements] == amounts
    assert [(p.code, p.line) for p in found.problems] == (
        [("bank_table_amount", 3)] if "garbled" in name else []
    )


@pytest.mark.parametrize(
    "head", [b"", b"PK\x03\x04 a zip of something", b"%PDF-1.7", b"<?xml version='1.0'?>", b"0000012032026"]
)
def test_what_is_no_table_does_not_look_like_one(head):
    assert not looks_like(head)
