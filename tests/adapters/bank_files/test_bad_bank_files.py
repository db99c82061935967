"""Bank files that are damaged, cut, mixed or forged: refused with record and line, or warned about."""

import re

import pytest
from bank_writer import Day, Move, coda, direct_debit, mt940
from hypothesis import given
from hypothesis import strategies as st

from encaiss_dashboard.adapters.bank_files import BYTES_MAX, read
from encaiss_dashboard.locales import LANGUAGES, text

A_FILE = coda(
    Day(
        (
            Move(12_345, "FACTURE 2026-001", name="CLIENT", iban="BE71096123456769", bic="GKCCBEBB"),
            Move(
                30_000,
                kind="1",
                details=(
                    Move(10_000, "A", kind="5"),
                    Move(20_000, "B", kind="5", information=(("0", "x" * 90),)),
                ),
            ),
            Move(-4_200, structure=direct_debit("FACTURE 9", mandate="M-1", r_type="2", reason="MS03")),
        )
    ),
    Day((Move(700), Move(800)), account="BE71096123456769", number=7),
)
LINES = A_FILE.splitlines()


def taken(lines):
    return read("\n".join(lines).encode(), "day.cod")


def amounts(found):
    return [one.amount.cents for statement in found.statements for one in statement.movements]


def refused(found):
    assert not found.statements
    (problem,) = found.problems
    assert problem.blocks
    return problem


def warnings(found):
    listed = [*found.problems, *(problem for one in found.statements for problem in one.problems)]
    assert not any(problem.blocks for problem in listed)
    return {problem.code for problem in listed}


def is_said(found):
    """Refused, or warned about."""
    return bool(not found.statements and found.problems) or bool(warnings(found))


def test_the_file_that_is_damaged_below_is_whole():
    assert amounts(taken(LINES)) == [12_345, 10_000, 20_000, -4_200, 700, 800]
    assert not is_said(taken(LINES))


@pytest.mark.parametrize("line", range(1, len(LINES)))
def test_a_file_cut_after_any_record_is_refused_or_said(line):
    found = taken(LINES[:line])
    assert is_said(found)
    whole_statements = 1 if line >= LINES.index(next(one for one in LINES if one[0] == "9")) + 1 else 0
    assert len(found.statements) == (whole_statements if LINES[line - 1][0] == "9" else 0)


@pytest.mark.parametrize("characters", [1, 20, 60, 100, 127])
@pytest.mark.parametrize("line", range(len(LINES)))
def test_a_file_cut_within_any_record_is_refused(line, characters):
    assert refused(taken([*LINES[:line], LINES[line][:characters]]))


@pytest.mark.parametrize("line", range(len(LINES)))
def test_a_record_that_is_missing_is_refused_or_said(line):
    assert is_said(taken([*LINES[:line], *LINES[line + 1 :]]))


@pytest.mark.parametrize("line", range(len(LINES)))
def test_a_record_that_is_there_twice_is_refused_or_said(line):
    assert is_said(taken([*LINES[:line], LINES[line], *LINES[line:]]))


@pytest.mark.parametrize(
    "first, second", [(a, b) for b in range(len(LINES)) for a in range(b) if LINES[a] != LINES[b]]
)
def test_records_that_changed_places_are_refused_or_said(first, second):
    lines = list(LINES)
    lines[first], lines[second] = lines[second], lines[first]
    assert is_said(taken(lines))


def digits_of_amounts():
    for line, record in enumerate(LINES):
        at = {"1": (42, 58), "8": (41, 57), "9": (22, 52)}.get(record[0])
        if record.startswith("21"):
            at = (31, 47)
        if at:
            yield from ((line, place) for place in range(*at))


@pytest.mark.parametrize("line, place", list(digits_of_amounts()))
@pytest.mark.parametrize("put", ["+1", "x", " "])
def test_an_amount_of_which_one_character_changed_is_refused_or_said(line, place, put):
    record = LINES[line]
    changed = str((int(record[place]) + 1) % 10) if put == "+1" else put
    assert is_said(taken([*LINES[:line], record[:place] + changed + record[place + 1 :], *LINES[line + 1 :]]))


@pytest.mark.parametrize(
    "change, code, line",
    [
        (lambda lines: [lines[0][:-1] + "1", *lines[1:]], "bank_version", 1),
        (lambda lines: [*lines[:2], lines[2] + "x", *lines[3:]], "bank_record_length", 3),
        (lambda lines: [*lines[:2], "5" + lines[2][1:], *lines[3:]], "bank_record_unknown", 3),
        (lambda lines: [*lines[:2], "24" + lines[2][2:], *lines[3:]], "bank_record_unknown", 3),
        (lambda lines: [lines[0], *lines[2:]], "bank_record_order", 2),
        (lambda lines: [*lines[:2], *lines[3:]], "bank_record_order", 3),
        (lambda lines: [*lines[:3], lines[4], lines[3], *lines[5:]], "bank_record_order", 5),
        (lambda lines: [*lines[:2], lines[2][:115] + "300226" + lines[2][121:], *lines[3:]], "bank_date", 3),
        (lambda lines: [*lines[:2], lines[2][:47] + "320126" + lines[2][53:], *lines[3:]], "bank_date", 3),
        (lambda lines: [*lines[:2], lines[2][:33] + "x" + lines[2][34:], *lines[3:]], "bank_amount", 3),
        (lambda lines: [*lines[:3], "220009" + lines[3][6:], *lines[4:]], "bank_sequence", 4),
        (lambda lines: [lines[0], lines[1][:39] + "E1R" + lines[1][42:], *lines[2:]], "bank_currency", 2),
        (lambda lines: [lines[0], "17" + lines[1][2:], *lines[2:]], "bank_record_unreadable", 2),
        (lambda lines: [*lines[:2], lines[2][:70] + "\0" + lines[2][71:], *lines[3:]], "bank_encoding", 3),
        (lambda lines: [*lines, "<Document/>"], "bank_record_length", len(LINES) + 1),
        (lambda lines: lines[:-1], "bank_truncated", len(LINES) - 1),
        (lambda lines: [*lines[:-2], lines[-1]], "bank_closing_missing", len(LINES) - 1),
        (lambda lines: [*lines[:-3], *lines], "bank_truncated", len(LINES) - 2),
    ],
)
def test_what_is_not_understood_refuses_the_file_and_says_where(change, code, line):
    problem = refused(taken(change(list(LINES))))
    assert (problem.code, problem.line) == (code, line)


def test_what_only_does_not_add_up_loses_nothing():
    """Well-formed records whose totals are wrong, as in files made anonymous."""
    lines = list(LINES)
    end = next(at for at, one in enumerate(lines) if one[0] == "9")
    lines[end] = lines[end][:16] + "000099" + "0" * 30 + lines[end][52:]
    lines[end - 1] = lines[end - 1][:41] + "0" * 16 + lines[end - 1][57:]
    found = taken(lines)
    assert amounts(found) == amounts(taken(LINES))
    assert warnings(found) == {"bank_count", "bank_total", "bank_balance"}
    assert found.statements[0].proves is False
    assert found.statements[1].proves


def test_an_account_that_changes_within_a_statement_is_said():
    lines = [one.replace("BE68539007547034", "BE71096123456769") if one[0] == "8" else one for one in LINES]
    found = taken(lines)
    assert warnings(found) == {"bank_account_changes"}
    assert found.statements[0].account == "BE68539007547034"


def test_a_third_decimal_leaves_the_cents_as_they_are_and_is_said():
    lines = list(LINES)
    lines[2] = lines[2][:46] + "4" + lines[2][47:]
    found = taken(lines)
    assert amounts(found) == amounts(taken(LINES))
    assert warnings(found) == {"bank_amount_fraction"}
    assert found.statements[0].problems[0].facts == {"record": "2.1", "value": "123.454"}


def test_a_third_decimal_that_is_money_refuses_the_file():
    lines = coda(Day((Move(12_345),), currency="TND")).splitlines()
    lines[2] = lines[2][:46] + "4" + lines[2][47:]
    assert refused(taken(lines)).code == "bank_currency_decimals"


def test_a_file_of_a_separate_application_is_said():
    lines = list(LINES)
    lines[0] = lines[0][:83] + "00001" + lines[0][88:]
    assert warnings(taken(lines)) == {"bank_separate"}


def test_another_statement_that_is_announced_and_missing_is_said():
    assert warnings(taken(LINES[: LINES.index(next(one for one in LINES if one[0] == "9")) + 1])) == {
        "bank_more_expected"
    }


@pytest.mark.parametrize(
    "data, code",
    [
        (b"", "bank_empty"),
        (b"\r\n \r\n\x1a", "bank_empty"),
        (b"\0" * 500, "bank_empty"),
        (b"Name;Amount\nX;1\n", "bank_unknown"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4, "bank_unknown"),
        (b"\xff\xfe\x00\xd8\x00", "bank_unknown"),
    ],
)
def test_what_is_no_bank_file_is_refused(data, code):
    found = read(data, "x.cod")
    assert found.format is None
    assert refused(found).code == code


def test_a_file_larger_than_any_statement_is_refused_before_it_is_read():
    assert refused(read(b"0" * (BYTES_MAX + 1), "x")).code == "bank_too_large"


@pytest.mark.parametrize("name", ["day.xml", "day.sta", "day.csv", "day", "day.cod"])
def test_a_file_is_known_by_what_it_contains_whatever_it_is_called(name):
    assert read(A_FILE.encode(), name).format == "coda"
    assert read(mt940(Day((Move(1),))).encode(), name).format == "mt940"


def every_problem():
    """One of each problem that the changes above bring, and of those of other files."""
    yield from refusals_of_changes()
    for lines in (LINES[:3], [*LINES[:6], *LINES[7:]], LINES[1:]):
        found = taken(lines)
        yield from found.problems
        yield from (problem for one in found.statements for problem in one.problems)


def refusals_of_changes():
    for at in range(len(LINES)):
        yield from taken([*LINES[:at], *LINES[at + 1 :]]).problems
        yield from taken([*LINES[:at], LINES[at], *LINES[at:]]).problems


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_problem_is_a_sentence_with_all_its_facts(lang):
    said = [text(lang, f"problem.{problem.code}", **problem.facts) for problem in every_problem()]
    assert len(set(said)) > 5
    assert not [one for one in said if re.search(r"[{}]", one)]
    assert not [one for one in said if not one.endswith(".")]


@given(
    st.sampled_from((A_FILE.encode(), mt940(Day((Move(12_345, "FACTURE"), Move(-1)))).encode())),
    st.lists(st.tuples(st.integers(0, 5_000), st.integers(0, 40), st.binary(max_size=40)), max_size=4),
)
def test_no_damage_breaks_the_reader(data, changes):
    for at, length, put in changes:
        data = data[:at] + put + data[at + length :]
    found = read(data, "x")
    assert found.statements or found.problems
