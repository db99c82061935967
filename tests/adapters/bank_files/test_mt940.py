"""Customer statements of SWIFT: movements, balances, and the forms that banks give their details."""

from datetime import date

import pytest
from bank_writer import Day, Move, mt940

from encaiss_dashboard.adapters.bank_files import read
from encaiss_dashboard.domain.money import Money

HEAD = ":20:START\n:25:NL91ABNA0417164300\n:28C:41/1\n:60F:C260302EUR1000,00\n"


def taken(text, encoding="utf-8"):
    return read(text.encode(encoding), "day.sta")


def only(lines, closing, head=HEAD):
    found = taken(f"{head}{lines}\n:62F:{closing}\n-\n")
    assert not found.problems
    (statement,) = found.statements
    assert not statement.problems
    assert statement.proves
    return statement.movements


def detailed(details, sign="C", closing="C260302EUR1100,00"):
    (movement,) = only(f":61:2603020302{sign}100,00NTRFNONREF//B1\n:86:{details}", closing)
    return movement


def refused(found):
    assert not found.statements
    (problem,) = found.problems
    assert problem.blocks
    return problem.code, problem.line


def test_a_statement_says_whose_it_is_and_what_it_covers():
    (statement,) = taken(mt940(Day((Move(12_345, "FACTURE 1"), Move(-45))))).statements
    assert (statement.account, statement.currency, statement.number) == ("BE68539007547034", "EUR", "2026/41")
    assert (statement.opening, statement.closing) == (Money(100_000), Money(112_300))
    assert [one.amount.cents for one in statement.movements] == [12_345, -45]
    assert [one.place for one in statement.movements] == ["line 5", "line 7"]


@pytest.mark.parametrize(
    "mark, cents, is_return",
    [
        *(("C", 10_000, False), ("D", -10_000, False), ("CR", 10_000, False), ("DR", -10_000, False)),
        *(("RC", -10_000, True), ("RD", 10_000, True), ("RCR", -10_000, True), ("CN", 10_000, False)),
        *(("EC", 10_000, False), ("ED", -10_000, False)),
    ],
)
def test_credits_debits_and_reversals_go_the_way_their_mark_says(mark, cents, is_return):
    closing = f"C260302EUR{1000 + cents // 100},00"
    (movement,) = only(f":61:260302{mark}100,00NTRFNONREF", closing)
    assert (movement.amount.cents, movement.is_return) == (cents, is_return)


@pytest.mark.parametrize(
    "amount, cents",
    [("6800,", 680_000), ("620,3", 62_030), ("0,01", 1), ("000000000001,62", 162), ("5,100", 510)],
)
def test_an_amount_is_read_to_the_cent_however_many_decimals_are_written(amount, cents):
    (statement,) = taken(f"{HEAD}:61:260302C{amount}NTRFX\n:62F:C260302EUR1000,00\n").statements
    assert statement.movements[0].amount.cents == cents


@pytest.mark.parametrize(
    "written, booked_on, value_on",
    [
        ("260302", date(2026, 3, 2), date(2026, 3, 2)),
        ("2603010302", date(2026, 3, 2), date(2026, 3, 1)),
        ("2612310102", date(2027, 1, 2), date(2026, 12, 31)),
        ("2701011231", date(2026, 12, 31), date(2027, 1, 1)),
        ("1602300301", date(2016, 3, 1), date(2016, 2, 29)),
        ("2602300301", date(2026, 3, 1), date(2026, 2, 28)),
    ],
)
def test_the_day_of_booking_is_near_the_value_date_and_a_month_may_have_thirty_days(
    written, booked_on, value_on
):
    (movement,) = only(f":61:{written}C1,00NTRFX", "C260302EUR1001,00")
    assert (movement.booked_on, movement.value_on) == (booked_on, value_on)


def test_subfields_of_german_banks_are_read():
    movement = detailed(
        "166?00GUTSCHRIFT?20EREF+RE-2026-0815?21KREF+K1?22SVWZ+Rechnung RE-2026-0815\n"
        "?30COBADEFFXXX?31DE02100100100006820101?32Muster Werkzeugbau GmbH &?33Co. KG"
    )
    assert (movement.text, movement.end_to_end) == ("Rechnung RE-2026-0815", "RE-2026-0815")
    assert (movement.counterparty, movement.iban) == (
        "Muster Werkzeugbau GmbH & Co. KG",
        "DE02100100100006820101",
    )
    assert (movement.bic, movement.code) == ("COBADEFFXXX", "NTRF-166")


def test_a_separator_in_the_senders_own_words_is_theirs():
    assert detailed("166?20SVWZ+Warum? Rechnung 7").text == "Warum? Rechnung 7"


def test_words_between_slashes_of_dutch_banks_are_read():
    movement = detailed(
        "/TRTP/SEPA OVERBOEKING/IBAN/NL91ABNA0417164300/BIC/ABNANL2A/NAME/DRUKKERIJ/REMI/nota 17/4/EREF/F-1"
    )
    assert (movement.text, movement.end_to_end, movement.counterparty) == ("nota 17/4", "F-1", "DRUKKERIJ")
    assert (movement.iban, movement.bic) == ("NL91ABNA0417164300", "ABNANL2A")


def test_a_reference_in_its_own_field_is_structured():
    movement = detailed(
        "/ORDP//NAME/X/REMI//CDTRREFTP//CD/SCOR/ISSR/CUR/CDTRREF/RF18539007547034/EREF/NOTPROVIDED"
    )
    assert (movement.structured, movement.text, movement.end_to_end) == ("RF18539007547034", "", "")
    assert movement.counterparty == "X"


@pytest.mark.parametrize(
    "details",
    [
        "/RTRN/MD06/MARF/M-1/REMI/incasso",
        "109?00RUECKLASTSCHRIFT?20MREF+M-1 SVWZ+Retoure MD06",
    ],
)
def test_a_direct_debit_that_came_back_says_why(details):
    movement = detailed(details, "D", "C260302EUR900,00")
    assert (movement.is_return, movement.return_reason, movement.mandate) == (True, "MD06", "M-1")


def test_labels_of_polish_banks_are_read():
    movement = detailed(
        "911 TRANSAKCJA; Z RACH.: \n56114010810000267002001001; OD: FIRMA \nUL. NIJAKA 1; "
        "TYT.: FAKTURA 7   ; \nTNR: 1.1"
    )
    assert (movement.iban, movement.text) == ("PL56114010810000267002001001", "FAKTURA 7")
    assert movement.counterparty == "FIRMA UL. NIJAKA 1"


def test_free_words_are_joined_where_a_full_line_breaks_them():
    broken = "x" * 60 + " FACT"
    assert detailed(f"{broken}\nURE 2026").text == "x" * 60 + " FACTURE 2026"
    assert detailed("FACTURE\n2026").text == "FACTURE 2026"


def test_costs_of_the_bank_are_known_by_their_kind():
    (movement,) = only(":61:260302D1,00NCHGNONREF", "C260302EUR999,00")
    assert movement.is_charge


def test_a_movement_broken_over_two_lines_is_read():
    (movement,) = only(":61:2603020302CR\n30,00N062NONREF\n:86:OK", "C260302EUR1030,00")
    assert (movement.amount.cents, movement.text) == (3_000, "OK")


def test_a_time_of_day_that_breaks_a_line_is_no_field():
    assert detailed("166?20SVWZ+am 01.03.T16\n:26:37 bezahlt").text == "am 01.03.T16:26:37 bezahlt"


def test_pages_with_balances_between_are_one_statement():
    found = taken(
        f"{HEAD}:61:260302C10,00NTRFX\n:62M:C260302EUR1010,00\n-\n"
        ":20:START\n:25:NL91ABNA0417164300\n:28C:41/2\n:60M:C260302EUR1010,00\n:61:260302C5,00NTRFX\n"
        ":62F:C260302EUR1015,00\n-\n"
    )
    (statement,) = found.statements
    assert not found.problems
    assert (statement.opening, statement.closing, statement.proves) == (Money(100_000), Money(101_500), True)
    assert [one.seq for one in statement.movements] == [1, 2]


def test_a_page_that_is_missing_is_said():
    first = f"{HEAD}:62M:C260302EUR1000,00\n-\n"
    found = taken(first)
    assert [one.code for one in found.problems] == ["bank_page_missing"]
    second = first.replace("41/1", "41/2").replace("60F", "60M").replace("62M", "62F")
    assert [one.code for one in taken(second).problems] == ["bank_page_missing"]
    other = second.replace("60M:C260302EUR1000,00", "60M:C260302EUR1000,01")
    assert [one.code for one in taken(first + other).problems] == ["bank_chain"]


def test_a_report_within_the_day_has_no_balances_but_its_sums_are_checked():
    report = (
        ":20:R\n:25:NL91ABNA0417164300\n:28C:1\n:34F:EURD0,00\n:34F:EURC0,00\n:13D:2603021730+0100\n"
        ":61:260302C100,00NTRFX\n:86:/REMI/nota\n:90D:0EUR0,00\n:90C:1EUR100,00\n"
    )
    (statement,) = taken(report).statements
    assert (statement.opening, statement.proves, statement.problems) == (None, None, ())
    assert statement.movements[0].amount == Money(10_000)
    (other,) = taken(report.replace("1EUR100,00", "2EUR100,01")).statements
    assert [one.code for one in other.problems] == ["bank_count", "bank_total"]


def test_a_statement_without_a_number_has_the_day_it_ends():
    (statement,) = taken(f"{HEAD.replace('41/1', '0')}:62F:C260302EUR1000,00\n").statements
    assert statement.number == "2026-03-02"


def test_what_does_not_add_up_loses_nothing():
    (statement,) = taken(f"{HEAD}:61:260302C100,00NTRFX\n:62F:C260302EUR1099,99\n").statements
    assert [one.code for one in statement.problems] == ["bank_balance"]
    assert statement.problems[0].facts == {"value": "1099.99", "other": "1100.00"}
    assert [one.amount.cents for one in statement.movements] == [10_000]


@pytest.mark.parametrize(
    "text, code",
    [
        (HEAD, "bank_truncated"),
        (f"{HEAD}:61:260302C100,00NTRFX\n", "bank_truncated"),
        (f"{HEAD}:61:260302C100.00NTRFX\n:62F:C260302EUR1100,00", "bank_record_unreadable"),
        (f"{HEAD}:61:260302X100,00NTRFX\n:62F:C260302EUR1100,00", "bank_record_unreadable"),
        (f"{HEAD}:61:261302C100,00NTRFX\n:62F:C260302EUR1100,00", "bank_date"),
        (f"{HEAD}:61:260431C100,00NTRFX\n:62F:C260302EUR1100,00", "bank_date"),
        (f"{HEAD}:61:260302C100,005NTRFX\n:62F:C260302EUR1100,00", "bank_currency_decimals"),
        (f"{HEAD}:62F:C260302USD1000,00", "bank_currency"),
        (f"{HEAD}:62F:1000,00", "bank_record_unreadable"),
        (f"{HEAD}:61:260302C1,00NTRFX\n:86:A\n:86:B\n:62F:C260302EUR1001,00", "bank_field_order"),
        (f"{HEAD}:86:A\n:62F:C260302EUR1001,00", "bank_field_order"),
        (f"{HEAD}:62F:C260302EUR1000,00\n:61:260302C1,00NTRFX\n", "bank_field_order"),
        (HEAD.partition("\n")[2], "bank_field_order"),
        (f"{HEAD.replace(':25:', ':21:')}:62F:C260302EUR1000,00", "bank_field_missing"),
        (f"{HEAD.replace(':28C:', ':21:')}:62F:C260302EUR1000,00", "bank_field_missing"),
        (f"{HEAD}:62F:C260302EUR1000,00\n\0", "bank_encoding"),
        (HEAD + HEAD, "bank_truncated"),
    ],
)
def test_what_is_not_understood_refuses_the_file(text, code):
    assert refused(taken(text))[0] == code


LINES = mt940(
    Day((Move(12_345, "FACTURE 1"), Move(-45, "KOSTEN"), Move(30_000))),
    Day((Move(700, "NOTA"),), account="NL91ABNA0417164300"),
).splitlines()


def cents(found):
    return [one.amount.cents for statement in found.statements for one in statement.movements]


def is_said(found):
    return bool(found.problems) or any(statement.problems for statement in found.statements)


@pytest.mark.parametrize("line", range(1, len(LINES)))
def test_a_file_cut_after_any_line_never_loses_a_movement_silently(line):
    found = taken("\n".join(LINES[:line]))
    whole = cents(taken("\n".join(LINES)))
    # Between two messages a file of one statement ends like any other.
    assert is_said(found) or cents(found) == whole or LINES[line][:4] in {":20:", "-"}


@pytest.mark.parametrize("line", range(len(LINES)))
def test_a_line_that_is_missing_never_changes_an_amount_silently(line):
    found = taken("\n".join([*LINES[:line], *LINES[line + 1 :]]))
    assert is_said(found) or cents(found) == cents(taken("\n".join(LINES)))


@pytest.mark.parametrize(
    "first, second", [(a, b) for b in range(len(LINES)) for a in range(b) if LINES[a] != LINES[b]]
)
def test_lines_that_changed_places_never_change_what_moved_silently(first, second):
    lines = list(LINES)
    lines[first], lines[second] = lines[second], lines[first]
    found = taken("\n".join(lines))
    assert is_said(found) or sorted(cents(found)) == sorted(cents(taken("\n".join(LINES))))


def amounts():
    for line, text in enumerate(LINES):
        if text[:4] in {":61:", ":60F", ":62F"}:
            start = text.index("EUR") + 3 if "EUR" in text else 15
            yield from ((line, at) for at in range(start, len(text.partition("NTRF")[0])))


@pytest.mark.parametrize("line, place", list(amounts()))
@pytest.mark.parametrize("put", ["+1", "x", ".", ""])
def test_an_amount_of_which_one_character_changed_is_refused_or_said(line, place, put):
    text = LINES[line]
    if put == "+1" and not text[place].isdigit():
        put = ";"
    changed = str((int(text[place]) + 1) % 10) if put == "+1" else put
    found = taken("\n".join([*LINES[:line], text[:place] + changed + text[place + 1 :], *LINES[line + 1 :]]))
    # Without a last zero it is the same amount.
    assert is_said(found) or found.statements == taken("\n".join(LINES)).statements
