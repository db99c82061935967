"""Texts for telephones: 160 letters of an alphabet that every telephone has."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encaiss_dashboard.domain.short_texts import LENGTH_MAX, fitted, phone_number, plain

_GSM = set(
    "@£$¥èéùìòÇØøÅåÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)


@pytest.mark.parametrize(
    "given_text,expected",
    [
        ("Société générale", "Société générale"),
        ("Forêt & Cœur – «Élan»", 'Foret & Coeur - "Élan"'),
        ("1\u202f210,00\u00a0€", "1 210,00 EUR"),
        ("à l’arrêt…", "à l'arret..."),
        ("日本", ""),
    ],
)
def test_what_the_alphabet_lacks_is_written_with_what_it_has(given_text, expected):
    assert plain(given_text) == expected


@given(st.text(max_size=50), st.text(), st.text(max_size=80))
def test_a_text_is_one_message_whatever_it_is_made_of(before, name, after):
    try:
        made = fitted(before, name, after)
    except ValueError:
        assert len(plain(before)) + len(plain(after)) > LENGTH_MAX
        return
    assert len(made) <= LENGTH_MAX
    assert set(made) <= _GSM
    assert made.endswith(plain(after))


@pytest.mark.parametrize(
    "given_text,country,expected",
    [
        ("0470 12 34 56", "BE", "+32470123456"),
        ("06.12.34.56.78", "FR", "+33612345678"),
        ("+31 6 12345678", "BE", "+31612345678"),
        ("0049 151 23456789", "BE", "+4915123456789"),
        ("", "BE", ""),
    ],
)
def test_a_number_is_international_whichever_country_wrote_it(given_text, country, expected):
    assert phone_number(given_text, country) == expected


@pytest.mark.parametrize(
    "text", ["0470 12", "tel", "+32 470 12 34 56 78 90 12", "++32470123456", "470123456"]
)
def test_what_is_no_number_is_refused(text):
    with pytest.raises(ValueError, match="telephone"):
        phone_number(text, "BE")
