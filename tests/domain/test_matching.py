"""When two spellings are one debtor, when they are alike enough to ask, and when they are not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encaiss_dashboard.domain.identity import (
    enterprise_key,
    enterprise_of,
    is_erased,
    match_key,
    number_key,
    same_number,
)
from encaiss_dashboard.domain.matching import ALIKE, Names, core, likeness, name_key

NAMES = st.text(st.characters(categories=["Lu", "Ll", "Nd", "Zs", "Po"]), max_size=30)


@pytest.mark.parametrize(
    "name, key",
    [
        ("Hôtel du Pont S.A.", "hotel du pont sa"),
        ("HOTEL  DU PONT, S A", "hotel du pont sa"),
        ("Garage Petit s.r.l.", "garage petit srl"),
        ("J.P. Morgan", "jp morgan"),
        ("Cœur & Œuvre", "coeur & oeuvre"),
        ("C&A", "c&a"),
        ("Straße 1 2 b", "strasse 1 2 b"),
        ("— ! —", ""),
    ],
)
def test_a_name_is_compared_without_case_accents_and_signs(name, key):
    assert name_key(name) == key


@given(NAMES)
def test_what_is_compared_once_is_compared_the_same_again(name):
    assert name_key(name_key(name)) == name_key(name)
    assert likeness(name, name_key(name)) == likeness(name, name)


@pytest.mark.parametrize(
    "one, other",
    [
        ("Garage Petit SRL", "SA Garage Petit"),
        ("Petit, Garage", "Garage Petit"),
        ("Ets Garage Petit & Cie BV", "Garage Petit & Cie"),
        ("De Smet NV", "Smet"),
    ],
)
def test_form_title_and_order_tell_nobody_apart(one, other):
    assert core(one) == core(other)
    assert likeness(one, other) == 100


@pytest.mark.parametrize("name", ["SA", "S.A.", "NV BV", "B & V", "& & &", "+"])
def test_a_name_of_forms_and_signs_only_keeps_them(name):
    assert core(name)
    assert core("SA") != core("NV")


def test_two_names_of_signs_between_initials_are_not_the_same():
    assert core("A & B") != core("C & P")


@pytest.mark.parametrize(
    "known, name",
    [
        ("Garage Petit", "Garage Petite"),
        ("Colruyt", "Kolruyt"),
        ("Delhaize", "Delhayze"),
        ("Hôtel du Pont", "Hotel du Pond"),
        ("Boulangerie Saint-Éloi", "Boulangerie St Eloi Saint"),
    ],
)
def test_what_is_nearly_the_same_is_found(known, name):
    ((key, score),) = Names([(7, known), (8, "Tout autre chose")]).alike(name)
    assert key == 7
    assert ALIKE <= score <= 100


@pytest.mark.parametrize(
    "known, name",
    [
        ("ACME", "ACNE"),
        ("Garage 2", "Garage 3"),
        ("Debtor 0 1", "Debtor 1 0"),
        ("Alpha", "Omega"),
        ("Alpha", ""),
    ],
)
def test_what_is_another_name_is_not_found(known, name):
    assert Names([(7, known)]).alike(name) == []


def test_names_of_common_words_are_found_where_all_their_words_are_the_same():
    names = [(n, f"Garage Martin {chr(97 + n % 26)}{chr(97 + n // 26)}x") for n in range(200)]
    found = Names([*names, (1000, "Garage Martin SRL")]).alike("Martin Garage")
    assert found[0] == (1000, 100)


def test_the_likeliest_come_first_and_few_are_offered():
    names = [(n, f"Garage Petit{'x' * n}") for n in range(6)]
    found = Names(names).alike("Garage Petit")
    assert [key for key, _ in found] == [0, 1, 2]
    assert [score for _, score in found] == sorted((score for _, score in found), reverse=True)


def test_a_debtor_known_by_two_names_is_offered_once():
    assert Names([(7, "Garage Petit"), (7, "Garage Petit SRL")]).alike("Petit Garage") == [(7, 100)]


@given(st.lists(NAMES, max_size=8))
def test_a_name_is_always_alike_to_itself(names):
    known = Names(enumerate(names))
    for name in names:
        if core(name):
            assert known.alike(name)[0][1] == 100


# ---------------------------------------------------------------- numbers


@pytest.mark.parametrize(
    "number, key",
    [
        ("BE 0202.239.951", "0202239951"),
        ("be202239951", "0202239951"),
        ("202.239.951", "0202239951"),
        ("FR40 303 265 045", "0303265045"),
        ("FRK7303265045", "0303265045"),
        ("303265045", "0303265045"),
        ("NL123456789B01", "NL123456789B01"),
        ("LU12345678", "LU12345678"),
        ("30326504500017", "30326504500017"),
        *((filler, "") for filler in ("", "n/a", "-", "0", "BE0000000000", "BE", "1234567", "en cours")),
    ],
)
def test_an_enterprise_number_is_compared_as(number, key):
    assert enterprise_key(number) == key
    assert enterprise_key(key) == key


@pytest.mark.parametrize(
    "endpoint, key",
    [
        ("0208:0202239951", "0202239951"),
        ("9925:BE0202239951", "0202239951"),
        ("9925:be0202239951", "0202239951"),
        *((other, "") for other in ("0088:5412345000013", "0208:", "0208", "", "0106:12345678")),
    ],
)
def test_a_belgian_peppol_address_holds_an_enterprise_number(endpoint, key):
    assert enterprise_of(endpoint) == key


@pytest.mark.parametrize(
    "filler", ["", "-", "/", "0", "00000", "n/a", "N.A.", "NVT", "Inconnu", "divers", "XXX"]
)
def test_what_stands_for_no_number_is_none(filler):
    assert number_key(filler) == ""


@pytest.mark.parametrize("number", ["K-17", "0017", "A", "DUPONT", "é"])
def test_a_number_stays_as_it_is_written(number):
    assert number_key(number) == number


def test_zeros_in_front_and_case_make_no_other_number():
    assert same_number("00017", "17")
    assert same_number("k-17", "K-17")
    assert not same_number("170", "17")


def test_a_match_key_is_the_name_and_the_best_number():
    assert match_key("Garage Petit S.A.", "BE0202239951", "K1") == "garage petit sa|0202239951"
    assert match_key("Garage Petit", "n/a", "K1") == "garage petit|K1"
    assert match_key("—", "", "-") == "—|"


@given(NAMES, NAMES, NAMES)
def test_nothing_that_a_file_says_makes_the_key_of_an_erased_debtor(name, enterprise, number):
    assert not is_erased(match_key(name, enterprise, number))
    assert not is_erased(match_key(f"|erased {number}", enterprise))
    assert is_erased("|erased 7")
