"""Whatever movements a bank writes in CAMT.053, those are read; and they are the same in any form."""

from dataclasses import replace
from datetime import date, timedelta

from camt_files import VERSIONS, document, statement
from hypothesis import given
from hypothesis import strategies as st

from encaiss_dashboard.adapters.bank_files.camt import read_camt
from encaiss_dashboard.domain.bank import Movement
from encaiss_dashboard.domain.money import Money

ACCOUNT = "BE68539007547034"
LETTERS = st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs"), exclude_characters="\u2028")
WORDS = st.text(LETTERS, max_size=300).map(lambda text: " ".join(text.split()))
SHORT = st.text(LETTERS, max_size=30).map(lambda text: " ".join(text.split()))
REFERENCES = st.from_regex(r"[A-Z0-9/.-]{0,20}", fullmatch=True).filter(lambda r: r != "NOTPROVIDED")
DAYS = st.dates(date(2000, 1, 1), date(2060, 1, 1))


@st.composite
def movements(draw):
    day = draw(DAYS)
    return Movement(
        seq=1,
        place="",
        booked_on=day,
        value_on=day + timedelta(days=draw(st.integers(-5, 5))),
        amount=Money(draw(st.integers(-(10**12), 10**12))),
        original=draw(st.none() | st.integers(1, 10**9).map(lambda cents: Money(cents, "USD"))),
        counterparty=draw(SHORT),
        iban=draw(st.sampled_from(["", "BE71096123456769", "FR7630006000011234567890189"])),
        bic=draw(st.sampled_from(["", "GKCCBEBB"])),
        structured=draw(st.sampled_from(["", "123456789002", "RF18539007547034"])),
        text=draw(WORDS),
        end_to_end=draw(REFERENCES),
        mandate=draw(REFERENCES),
        bank_reference="",
        code=draw(st.sampled_from(["PMNT-RCDT-ESCT", "PMNT-IDDT-UPDD", "PMNT-MDOP-CHRG"])),
        return_reason=draw(st.sampled_from(["", "AC04", "MD06"])),
    )


def told(one):
    """A movement without what depends on where it stands, and its words without spaces."""
    sign = -1 if one.amount.cents < 0 else 1
    original = one.original and Money(sign * abs(one.original.cents), one.original.currency)
    last = one.code[-4:]
    return replace(
        one,
        seq=0,
        place="",
        original=original,
        text=one.text.replace(" ", ""),
        is_return=last == "UPDD" or bool(one.return_reason),
        is_charge=last == "CHRG",
    )


@given(
    st.lists(movements(), min_size=1, max_size=5),
    st.integers(-(10**9), 10**9),
    st.sampled_from(VERSIONS),
    st.sampled_from(["", "camt"]),
)
def test_every_movement_that_is_written_is_read(written, opening, version, prefix):
    batches = [[one] for one in written]
    one = statement(batches, account=ACCOUNT, opening=Money(opening), day=date(2026, 3, 12), version=version)
    read = read_camt(document(one, version=version, prefix=prefix), "x.xml")
    assert not read.problems
    [found] = read.statements
    assert list(map(told, found.movements)) == list(map(told, written))
    assert found.proves
    assert not found.problems


@given(st.lists(movements(), min_size=2, max_size=6), st.sampled_from(VERSIONS))
def test_a_batch_is_read_as_the_movements_it_is_made_of(written, version):
    day, code = written[0].booked_on, written[0].code
    batch = [replace(one, booked_on=day, value_on=day, code=code) for one in written]
    sides = {one.amount.cents >= 0 for one in batch}
    if len(sides) > 1 and version < "04":
        # Only later versions give every detail a side of its own.
        batch = [replace(one, amount=Money(abs(one.amount.cents))) for one in batch]
    one = statement([batch], account=ACCOUNT, opening=Money(0), day=date(2026, 3, 12), version=version)
    [found] = read_camt(document(one, version=version), "x.xml").statements
    assert [m.amount for m in found.movements] == [m.amount for m in batch]
    assert [m.end_to_end for m in found.movements] == [m.end_to_end for m in batch]
    assert found.proves


def told_by_coda(one):
    """The same as a bank tells it in CODA: capitals, no accents it lacks, lines of fifty-three characters."""
    lines = [one.text[at : at + 53].ljust(53) for at in range(0, len(one.text), 53)]
    return replace(one, seq=9, place="record 2.1 0009", code="0150000", text="".join(lines).strip(), bic="")


@given(movements(), st.sampled_from(VERSIONS))
def test_a_movement_has_one_fingerprint_in_every_form(one, version):
    first = statement([[one]], account=ACCOUNT, opening=Money(0), day=date(2026, 3, 12), version=version)
    [found] = read_camt(document(first, version=version), "x.xml").statements
    assert found.movements[0].fingerprint == one.fingerprint == told_by_coda(one).fingerprint
