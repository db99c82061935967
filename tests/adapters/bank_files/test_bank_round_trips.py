"""Whatever a bank may write is read as it was written, and other readers agree on every cent."""

import io
from dataclasses import replace
from datetime import date
from decimal import Decimal

import mt940 as other_mt940
from bank_writer import AN_ACCOUNT, Day, Move, coda, direct_debit, mt940, ours
from coda import CODA
from hypothesis import given
from hypothesis import strategies as st

from encaiss_dashboard.adapters.bank_files import read
from encaiss_dashboard.domain.money import Money

PLAIN = "".join(chr(code) for code in range(32, 127))
ACCENTED = f"{PLAIN}éèêëàâäçîïôöùûüÉÈÀÇ€ß"
IBANS = ("", "BE71096123456769", "NL91ABNA0417164300", "FR1420041010050500013M02606")


def written(alphabet, most):
    """Words as a person may type them, without spaces around them."""
    return st.text(alphabet, max_size=most).map(str.strip)


def spaced(alphabet, most):
    return st.text(alphabet, max_size=most).map(lambda text: " ".join(text.split()))


# A year of two digits is of 1980 to 2079 here, of 1969 to 2068 in the other readers.
days = st.dates(date(1981, 1, 1), date(2067, 12, 31))
cents = st.integers(-(10**11), 10**11)
references = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ123456789-", max_size=35).filter(
    lambda text: text not in {"NOTPROVIDED", "NONREF"}
)


def a_move(words, names, kind="0"):
    return st.builds(
        Move,
        cents=cents,
        text=words,
        name=names,
        iban=st.sampled_from(IBANS),
        bic=st.sampled_from(("", "GKCCBEBB", "ABNANL2AXXX")),
        end_to_end=references,
        booked=days,
        value=st.none() | days,
        kind=st.just(kind),
    )


@st.composite
def moves_of_coda(draw):
    a_free = a_move(written(ACCENTED, 149), written(ACCENTED, 35))
    a_detail = a_move(written(ACCENTED, 149), written(ACCENTED, 35), "5")
    listed = draw(st.lists(a_free, max_size=6))
    for details in draw(st.lists(st.lists(a_detail, min_size=1, max_size=5), max_size=2)):
        total = sum(one.cents for one in details)
        listed.append(Move(total, kind="1", details=tuple(details)))
    for digits in draw(st.lists(st.from_regex(r"[0-9]{12}", fullmatch=True), max_size=2)):
        listed.append(replace(draw(a_free), text="", structure=f"101{digits}"))
    for words in draw(st.lists(written(PLAIN, 62), max_size=2)):
        listed.append(replace(draw(a_free), text="", structure=direct_debit(words, mandate="M-7")))
    return tuple(draw(st.permutations(listed)))


def expected(move, currency):
    return (
        Money(move.cents, currency),
        move.booked,
        move.value or move.booked,
        *(move.text or move.structure[82:144].strip() * move.structure.startswith("127"), move.name),
        *(
            move.structure[3:] if move.structure.startswith("101") else "",
            move.iban,
            move.bic,
            move.end_to_end,
        ),
    )


def told(movement):
    return (
        *(movement.amount, movement.booked_on, movement.value_on, movement.text, movement.counterparty),
        *(movement.structured, movement.iban, movement.bic, movement.end_to_end),
    )


@given(
    st.lists(moves_of_coda(), min_size=1, max_size=3),
    cents,
    days,
    st.sampled_from(("EUR", "USD", "JPY")),
    st.sampled_from(("utf-8", "cp1252", "utf-16")),
)
def test_every_coda_is_read_as_it_was_written(statements, opening, on, currency, encoding):
    listed = [
        Day(moves, opening=opening, on=on, number=at, currency=currency)
        for at, moves in enumerate(statements, 1)
    ]
    found = read(coda(*listed).encode(encoding), "x")
    assert not found.problems
    assert len(found.statements) == len(listed)
    for day, statement in zip(listed, found.statements, strict=True):
        assert (statement.problems, statement.proves) == ((), True)
        assert (statement.opening, statement.closing) == (
            Money(opening, currency),
            Money(day.closing, currency),
        )
        assert [told(one) for one in statement.movements] == [expected(one, currency) for one in ours(day)]


DUTCH = "".join(sorted(set(PLAIN) - set("/:-{}")))


@given(st.lists(a_move(spaced(f"{DUTCH}éèàç", 140), spaced(DUTCH, 70)), max_size=8).map(tuple), cents, days)
def test_every_mt940_is_read_as_it_was_written(moves, opening, on):
    # Whoever writes no value date there writes the day of booking in its place, within a year of it.
    moves = tuple(replace(move, value=None) for move in moves)
    day = Day(moves, opening=opening, on=on)
    found = read(mt940(day).encode(), "x")
    assert not found.problems
    (statement,) = found.statements
    assert (statement.problems, statement.proves) == ((), True)
    assert (statement.opening, statement.closing) == (Money(opening), Money(day.closing))
    assert [told(one) for one in statement.movements] == [expected(one, "EUR") for one in moves]


@given(moves_of_coda(), cents)
def test_the_reader_of_febelfin_coda_finds_the_same_cents_and_words(moves, opening):
    moves = tuple(replace(one, value=one.value or one.booked) for one in moves)
    moves = tuple(
        replace(one, details=tuple(replace(each, value=each.booked) for each in one.details)) for one in moves
    )
    text = coda(Day(moves, opening=opening))
    (other,) = CODA(io.StringIO(text)).statements
    (statement,) = read(text.encode(), "x").statements
    assert (statement.account, other.account) == (AN_ACCOUNT, AN_ACCOUNT)
    assert (statement.opening.decimal, statement.closing.decimal) == (other.old_balance, other.new_balance)
    leaves = [leaf for move in other.moves for leaf in (move.moves or [move])]
    assert [one.amount.decimal for one in statement.movements] == [leaf.amount for leaf in leaves]
    assert [one.booked_on for one in statement.movements] == [leaf.entry_date for leaf in leaves]
    free = [
        (one, leaf)
        for one, leaf in zip(statement.movements, leaves, strict=True)
        if not leaf.communication_type
    ]
    assert [one.text for one, _ in free] == [leaf.communication.strip() for _, leaf in free]


@given(st.lists(st.builds(Move, cents=cents, booked=days, value=st.none()), max_size=8).map(tuple), cents)
def test_the_reader_of_mt_940_finds_the_same_cents(moves, opening):
    day = Day(moves, opening=opening)
    (other,) = other_mt940.parse_statements(mt940(day))
    (statement,) = read(mt940(day).encode(), "x").statements
    amounts = [one.amount.decimal for one in statement.movements]
    assert amounts == [Decimal(one.data["amount"].amount) for one in other.transactions]
    assert statement.closing.decimal == other.data["final_closing_balance"].amount.amount
