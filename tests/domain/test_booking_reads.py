"""What payers write, and which of it may be the reference or the number of an invoice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from money_in import ogm

from encaiss_dashboard.domain.booking.reading import number_key, number_letters, read, reference_key, variants
from encaiss_dashboard.domain.references import make_rf


@pytest.mark.parametrize(
    "text",
    [
        "+++123/4567/89002+++",
        "***123/4567/89002***",
        "123/4567/89002",
        "123456789002",
        "123 4567 89002",
        "1234 5678 9002",
        "paiement de votre facture +++123/4567/89002+++ merci",
        "FACTURE 12 123/4567/89002",
        "123.4567.89002",
        "1234567890 02",
        "réf:123/4567/89002.",
    ],
)
def test_a_structured_communication_is_found_however_it_is_written(text):
    assert "123456789002" in read(text).references


@pytest.mark.parametrize("text", ["RF18539007547034", "rf18 5390 0754 7034", "ref RF18 5390 0754 7034 merci"])
def test_an_rf_reference_is_found_in_its_groups_and_amid_words(text):
    written = read(text)
    assert "RF18539007547034" in written.references
    assert written.valid == ("RF18539007547034",)


@pytest.mark.parametrize(
    "text", ["BE68 5390 0754 7034", "de BE68539007547034 vers BE71096123456769", "12345678901234567"]
)
def test_an_account_is_no_reference_though_its_check_digits_hold(text):
    written = read(text)
    assert (written.valid, written.doubtful) == ((), ())
    assert "539007547034" not in written.references


def test_what_looks_like_a_reference_with_wrong_check_digits_is_doubtful():
    assert read("+++123/4567/89012+++").doubtful == ("123456789012",)
    assert read("RF19 5390 0754 7034").doubtful == ("RF19539007547034",)


@given(st.integers(1, 10**10 - 1), st.data())
def test_one_wrong_digit_or_two_swapped_are_undone_by_a_variant(n, data):
    true = ogm(n)
    place = data.draw(st.integers(0, 11))
    wrong = f"{true[:place]}{data.draw(st.sampled_from('0123456789'))}{true[place + 1 :]}"
    assert wrong == true or true in set(variants(wrong))
    swap = min(place, 10)
    swapped = f"{true[:swap]}{true[swap + 1]}{true[swap]}{true[swap + 2 :]}"
    assert swapped == true or true in set(variants(swapped))


@given(st.integers(1, 10**12))
def test_an_rf_reference_is_its_own_variant_never(n):
    key = make_rf(str(n))
    assert key not in set(variants(key))
    assert all(len(one) == len(key) for one in variants(key))


@pytest.mark.parametrize(
    "number, key",
    [
        ("2026/0412", "2026.412"),
        ("2026-412", "2026.412"),
        ("20260412", "2026.412"),
        ("F20260412", "2026.412"),
        ("F 2026.0412", "2026.412"),
        ("VF/26/00017", "26.17"),
        ("0012", "12"),
        ("000", "0"),
        ("SANS", ""),
        ("", ""),
    ],
)
def test_a_number_is_the_same_with_other_marks_and_without_its_zeros(number, key):
    assert number_key(number) == key


@pytest.mark.parametrize(
    "number, letters",
    [("F2026/0412", ("F", "")), ("VEN/FAC/12", ("FAC", "")), ("2026-A12", ("", "A")), ("ABC", ("", ""))],
)
def test_the_letters_of_a_number_are_those_before_its_digits_and_between_them(number, letters):
    assert number_letters(number) == letters


def windows(text):
    return {(one.key, one.worded, one.weak) for one in read(text).windows}


@pytest.mark.parametrize(
    "text, key, worded",
    [
        ("facture 12", "12", True),
        ("Factuur nr. 12", "12", True),
        ("INVOICE #12", "12", True),
        ("factures 11, 12 et 13", "13", True),
        ("FACT12", "12", True),
        ("n° 12", "12", True),
        ("loyer 12", "12", False),
        ("facture du garage 12", "12", False),
        ("F2026-0412", "2026.412", False),
    ],
)
def test_a_word_introduces_a_number_and_all_of_a_list(text, key, worded):
    assert (key, worded, False) in windows(text)


@pytest.mark.parametrize(
    "text, key",
    [
        ("facture du 12/03/2026", "12.3.2026"),
        ("facture 2026-03-12", "3"),
        ("facture de 1.250,00 EUR", "1.250"),
        ("facture 250,00", "250"),
        ("facture 2026/0412", "412"),
    ],
)
def test_a_day_an_amount_or_a_part_of_a_number_is_weak(text, key):
    assert (key, True, True) in windows(text)


def test_what_is_too_short_or_has_few_digits_is_no_reference():
    assert [reference_key(one) for one in ("12", "MERCI BEAUCOUP", "AB-123", "R-2026/41")] == [
        "",
        "",
        "",
        "R202641",
    ]


def test_of_a_very_long_text_the_beginning_is_read():
    assert "123456789002" in read("123456789002" + " 12" * 100_000).references
    assert "123456789002" not in read("x " * 1_000 + "123456789002").references


@given(st.text(max_size=140))
def test_any_text_can_be_read(text):
    written = read(text)
    assert set(written.valid) <= set(written.references)
    assert all(one.key.replace(".", "").isdigit() for one in written.windows)
