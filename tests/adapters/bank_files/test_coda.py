"""Coded statements of account: what is booked of them, and what each record says of it."""

from dataclasses import replace
from datetime import date

import pytest
from bank_writer import A_DAY, AN_ACCOUNT, Day, Move, coda, direct_debit

from encaiss_dashboard.adapters.bank_files import read
from encaiss_dashboard.domain.bank import BankFormat
from encaiss_dashboard.domain.money import Money


def taken(text, encoding="ascii"):
    return read(text.encode(encoding), "day.cod")


def only(*moves, **day):
    """The movements of a file that holds one statement without a problem."""
    found = taken(coda(Day(moves, **day)))
    assert not found.problems
    (statement,) = found.statements
    assert not statement.problems
    assert statement.proves
    return statement.movements


def codes(problems):
    return [problem.code for problem in problems]


def test_a_statement_says_whose_it_is_and_what_it_covers():
    found = taken(coda(Day((Move(12_345), Move(-2_345)))))
    assert (found.format, found.name) == (BankFormat.CODA, "day.cod")
    (statement,) = found.statements
    assert (statement.account, statement.currency, statement.number) == (AN_ACCOUNT, "EUR", "2026/041")
    assert statement.holder == "ATELIER MARTIN SRL"
    assert (statement.opening, statement.closing) == (Money(100_000), Money(110_000))
    assert (statement.first, statement.last) == (A_DAY, A_DAY)
    assert [movement.amount for movement in statement.movements] == [Money(12_345), Money(-2_345)]
    assert [movement.seq for movement in statement.movements] == [1, 2]
    assert [movement.place for movement in statement.movements] == ["record 2.1 0001", "record 2.1 0002"]


def test_several_accounts_and_days_in_one_file_are_statements_of_their_own():
    next_day = date(2026, 3, 3)
    days = (
        Day((Move(100),)),
        Day((Move(200, booked=next_day),), opening=100_100, number=42, on=next_day),
        Day((), account="BE71096123456769", number=7),
    )
    found = taken(coda(*days))
    assert [(one.account, one.number, one.proves) for one in found.statements] == [
        (AN_ACCOUNT, "2026/041", True),
        (AN_ACCOUNT, "2026/042", True),
        ("BE71096123456769", "2026/007", True),
    ]
    assert [len(one.movements) for one in found.statements] == [1, 1, 0]


def test_a_free_communication_goes_on_where_a_record_ends():
    """53 characters in record 2.1, 53 in 2.2, 43 in 2.3."""
    words = "".join(chr(ord("A") + at % 26) for at in range(149))
    assert only(Move(100, text=words))[0].text == words
    spaced = f"{'FACTURE':<53}{'2026-001':<53}MERCI"
    assert only(Move(100, text=spaced))[0].text == spaced


@pytest.mark.parametrize(
    "structure, structured",
    [
        ("101123456789002", "123456789002"),
        ("102123456789002", "123456789002"),
        ("100RF18539007547034", "RF18539007547034"),
        (f"105{0:015}{0:015}{0:012}EUR123456789002BE{0:015}", "123456789002"),
    ],
)
def test_a_structured_communication_is_told_apart_from_words(structure, structured):
    (movement,) = only(Move(100, structure=structure))
    assert (movement.structured, movement.text) == (structured, "")


def test_what_stands_in_place_of_a_structured_communication_is_not_lost():
    (movement,) = only(Move(100, structure="101FACTURE 2026"))
    assert (movement.structured, movement.text) == ("", "FACTURE 2026")
    (unknown,) = only(Move(100, structure="199WHAT NOBODY KNOWS YET"))
    assert unknown.text == "199WHAT NOBODY KNOWS YET"


def test_the_counterparty_has_name_account_bank_and_its_own_reference():
    (movement,) = only(
        Move(100, name="BOULANGERIE DUPONT", iban="BE71096123456769", bic="GKCCBEBB", end_to_end="F-2026-1")
    )
    assert (movement.counterparty, movement.iban, movement.bic) == (
        "BOULANGERIE DUPONT",
        "BE71096123456769",
        "GKCCBEBB",
    )
    assert movement.end_to_end == "F-2026-1"
    assert only(Move(100, end_to_end="NOTPROVIDED"))[0].end_to_end == ""


def test_a_name_longer_than_its_field_is_taken_from_the_information_beside_it():
    name = "HOLLANDSE INVESTERINGSMAATSCHAPPIJ AFDELING NOORD-BRABANT"
    (movement,) = only(Move(100, name=name[:35], information=(("1", f"001{name}"),)))
    assert movement.counterparty == name


def test_words_of_the_bank_beside_a_movement_are_kept_with_its_text():
    (movement,) = only(Move(100, text="SEE ANNEX", information=(("0", "INVOICE 12"), ("1", "002 BANK"))))
    assert movement.text == "SEE ANNEX INVOICE 12"


@pytest.mark.parametrize(
    "written, account",
    [
        ("096123456769", "BE71096123456769"),
        ("096123456768", "096123456768"),  # its check digits are wrong
        ("NL34KRED0633083542", "NL34KRED0633083542"),
        ("03056891", "03056891"),
        ("000000000000", ""),
        ("", ""),
    ],
)
def test_a_belgian_account_of_before_iban_becomes_an_iban(written, account):
    assert only(Move(100, iban=written))[0].iban == account


@pytest.mark.parametrize(
    "structure, written, account, currency",
    [
        ("0", "BE68539007547034", "BE68539007547034", "EUR"),
        ("1", "CH9300762", "CH9300762", "CHF"),
        ("2", "BE68539007547034", "BE68539007547034", "USD"),
        ("3", "FR1420041010050500013M02606", "FR1420041010050500013M02606", "EUR"),
    ],
)
def test_each_structure_of_an_account_is_read(structure, written, account, currency):
    (movement,) = only(Move(100), account=written, structure=structure, currency=currency)
    assert movement.amount == Money(100, currency)
    (statement,) = taken(
        coda(Day((Move(100),), account=written, structure=structure, currency=currency))
    ).statements
    assert (statement.account, statement.currency) == (account, currency)


def test_an_amount_paid_in_another_currency_is_told_beside_the_one_of_the_account():
    original = f"105{67302400:015}{56059600:015}{83295060:012}NOK{'':12}NO{0:015}"
    (movement,) = only(Move(6_730_240, structure=original))
    assert movement.original == Money(5_605_960, "NOK")
    same = f"105{1000000:015}{1000000:015}{100000000:012}EUR"
    assert only(Move(100_000, structure=same))[0].original is None


def test_a_total_that_is_detailed_is_booked_by_its_details_and_never_beside_them():
    details = (Move(25_000, kind="5", name="CLIENT 1"), Move(75_000, kind="5", name="CLIENT 2"))
    found = only(Move(100_000, kind="1", details=details), Move(1))
    assert [(one.amount.cents, one.counterparty) for one in found] == [
        (25_000, "CLIENT 1"),
        (75_000, "CLIENT 2"),
        (1, ""),
    ]
    assert [one.seq for one in found] == [1, 2, 3]
    assert [one.place for one in found] == ["record 2.1 0001/0001", "record 2.1 0001/0002", "record 2.1 0002"]


def test_a_total_without_its_details_is_booked_itself():
    assert [one.amount.cents for one in only(Move(100_000, kind="1"))] == [100_000]


def test_details_within_details_are_the_ones_that_are_booked():
    inner = (
        Move(5_000, kind="6", text="A"),
        Move(3_000, kind="7"),
        *(Move(1_000, kind="9", text="B"), Move(2_000, kind="9", text="C")),
    )
    assert [one.text for one in only(Move(8_000, kind="2", details=inner))] == ["A", "B", "C"]


def test_details_that_do_not_make_their_total_leave_the_total_and_a_warning():
    details = (Move(25_000, kind="5"), Move(74_999, kind="5"))
    found = taken(coda(Day((Move(100_000, kind="1", details=details),))))
    (statement,) = found.statements
    assert [one.amount.cents for one in statement.movements] == [100_000]
    assert codes(statement.problems) == ["bank_details"]
    assert statement.problems[0].facts == {"record": "2.1 0001", "value": "1000.00", "other": "999.99"}
    assert statement.proves


def test_a_payment_less_costs_is_the_whole_payment_and_the_costs_apart():
    """The payer is told beside the whole; the invoice was paid in full, and the bank kept a part."""
    paid = Move(100_000, kind="8", code="4150100")
    kept = Move(-1_250, kind="8", code="4150013")
    whole = Move(
        98_750,
        *("FACTURE 2026-001", ""),
        name="CLIENT",
        iban="BE71096123456769",
        kind="3",
        code="4150000",
        details=(paid, kept),
    )
    payment, costs = only(whole)
    assert (payment.amount.cents, payment.text, payment.counterparty) == (
        100_000,
        "FACTURE 2026-001",
        "CLIENT",
    )
    assert not payment.is_charge
    assert (costs.amount.cents, costs.text, costs.is_charge) == (-1_250, "", True)


@pytest.mark.parametrize(
    "code, is_charge, is_return",
    [
        ("0150000", False, False),
        ("0101000", False, False),
        ("0550000", False, False),
        ("0503000", False, True),
        ("0505000", False, True),
        ("0558000", False, True),
        ("0149000", False, True),
        ("0199000", False, True),
        ("0154000", False, True),
        ("0309000", False, True),
        ("0537000", True, False),
        ("0587000", True, False),
        ("4138000", True, False),
        ("0138000", False, False),
        ("3501000", True, False),
        ("3599000", True, False),
        ("8002000", True, False),
    ],
)
def test_transaction_codes_tell_costs_and_what_came_back(code, is_charge, is_return):
    (movement,) = only(Move(-100, code=code))
    assert (movement.code, movement.is_charge, movement.is_return) == (code, is_charge, is_return)


def test_a_transfer_from_somebody_is_a_payment_also_where_it_is_coded_as_a_correction():
    """A payment of 387,258.82 with its invoice numbers stands so in a bank's own sample."""
    named = Move(100, "FACTURE 12", name="CLIENT", iban="BE71096123456769", code="0199000")
    assert not only(named)[0].is_return
    assert only(replace(named, cents=-100, code="0149000"))[0].is_return
    assert only(replace(named, iban=""))[0].is_return


def test_a_direct_debit_says_its_mandate_and_words():
    (movement,) = only(Move(100, structure=direct_debit("FACTURE 12", mandate="MANDAT-7"), code="0550000"))
    assert (movement.mandate, movement.text, movement.is_return) == ("MANDAT-7", "FACTURE 12", False)


def test_a_direct_debit_that_came_back_says_why():
    refused = direct_debit("FACTURE 12", mandate="MANDAT-7", r_type="2", reason="AC04")
    (movement,) = only(Move(-100, structure=refused, code="0503000"))
    assert (movement.is_return, movement.return_reason, movement.mandate) == (True, "AC04", "MANDAT-7")
    (again,) = only(Move(-100, text="FACTURE 12", r_type="3", r_reason="MD06", code="0101000"))
    assert (again.is_return, again.return_reason) == (True, "MD06")


def test_what_a_bank_wrote_there_before_2011_is_no_return():
    """The 2006 layout had a number of the bank's in these places."""
    text = coda(Day((Move(100, bic="KREDNL2X"),))).splitlines()
    text[3] = text[3][:109] + "00843246306A1648" + text[3][125:]
    (movement,) = taken("\n".join(text)).statements[0].movements
    assert (movement.is_return, movement.return_reason) == (False, "")


def test_an_unknown_value_date_is_the_day_of_booking():
    (movement,) = only(Move(100, value=None))
    assert movement.value_on == A_DAY


def test_movements_are_numbered_on_after_9999():
    moves = tuple(Move(1) for _ in range(10_001))
    assert len(only(*moves)) == 10_001


def test_an_empty_day_has_no_new_balance():
    """Records 0, 1 and 9 alone, as banks write a day without movements."""
    lines = coda(Day(())).splitlines()
    end = lines[3][:16] + "000001" + lines[3][22:]
    (statement,) = taken("\n".join([*lines[:2], end])).statements
    assert (statement.opening, statement.closing, statement.movements) == (Money(100_000), Money(100_000), ())
    assert not statement.problems


def test_a_message_to_all_customers_is_no_movement():
    lines = coda(Day((Move(1),))).splitlines()
    message = f"4 00010000{'':22}{'OUR OFFICE IS CLOSED ON MONDAY':<80}{'':15}0"
    (statement,) = taken("\n".join([*lines[:4], message, *lines[4:]])).statements
    assert len(statement.movements) == 1
    assert not statement.problems


def test_a_statement_that_is_told_twice_is_booked_once():
    day = Day((Move(100),))
    found = taken(coda(day) + coda(day))
    assert len(found.statements) == 1
    assert codes(found.problems) == ["bank_statement_twice"]
    other = replace(day, moves=(Move(101),))
    assert len(taken(coda(day) + coda(other)).statements) == 2


def test_files_put_end_to_end_without_a_line_between_are_read():
    first, second = coda(Day((Move(100),))), coda(Day((Move(7),), number=42, opening=100_100))
    found = taken(first.rstrip("\n") + second.rstrip("\n"))
    assert [one.number for one in found.statements] == ["2026/041", "2026/042"]
    assert not found.problems


def test_records_without_any_ends_of_lines_are_cut_by_their_length():
    text = coda(Day((Move(100), Move(200))))
    assert taken(text.replace("\n", "")).statements == taken(text).statements
    assert taken(text.replace("\n", "\r\n")).statements == taken(text).statements
    assert taken(text.replace("\n", "\r")).statements == taken(text).statements


@pytest.mark.parametrize(
    "encoding", ["utf-8", "cp1252", "cp850", "cp500", "utf-8-sig", "utf-16", "iso8859-1"]
)
def test_accents_are_read_in_every_encoding_that_banks_use(encoding):
    text = coda(Day((Move(100, text="Prénom à vérifier, été 2026", name="CAFÉ ÇA VA"),)))
    (movement,) = taken(text, encoding).statements[0].movements
    assert (movement.text, movement.counterparty) == ("Prénom à vérifier, été 2026", "CAFÉ ÇA VA")


def test_records_of_128_bytes_of_utf8_keep_their_fields_in_place():
    lines = coda(Day((Move(100, text="ete", name="CAFE LA VIE", iban="BE71096123456769"),))).splitlines()
    in_bytes = [line.encode() for line in lines]
    accented = "CAFÉ LÀ VIE".encode()
    in_bytes[4] = in_bytes[4][:47] + accented + in_bytes[4][47 + len(accented) :]
    assert {len(line) for line in in_bytes} == {128}
    (movement,) = read(b"\n".join(in_bytes), "day.cod").statements[0].movements
    assert (movement.counterparty, movement.iban) == ("CAFÉ LÀ VIE", "BE71096123456769")


def test_one_movement_told_by_the_same_bank_twice_has_one_fingerprint():
    move = Move(12_345, structure="101123456789002", iban="BE71096123456769")
    (first,), (second,) = only(move), only(replace(move, reference="ANOTHER"))
    assert first.fingerprint == second.fingerprint
    assert only(replace(move, cents=12_346))[0].fingerprint != first.fingerprint
