"""Texts for telephones: one message of 160 characters, in the alphabet that every telephone has."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

LENGTH_MAX: Final = 160
# 3GPP TS 23.038 §6.2.1, without what takes two places and without Greek capitals: any other character
# would turn the whole message into UCS-2, of which 70 fit.
_ALPHABET: Final = frozenset(
    "@£$¥èéùìòÇØøÅåÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_OTHERWISE: Final = {
    "€": "EUR",
    "’": "'",
    "‘": "'",
    "“": '"',
    "”": '"',
    "«": '"',
    "»": '"',
    "–": "-",
    "—": "-",
    "_": "-",
    "…": "...",
    "œ": "oe",
    "Œ": "OE",
}
_PHONE: Final = re.compile(r"\+[1-9][0-9]{7,14}")
_PREFIXES: Final = {"BE": "32", "FR": "33", "NL": "31", "LU": "352", "DE": "49"}


def plain(text: str) -> str:
    """The same words in that alphabet: what has no place in it loses its accent, or goes."""
    letters = []
    for letter in unicodedata.normalize("NFC", text):
        known = letter if letter in _ALPHABET else _OTHERWISE.get(letter)
        bare = " " if letter.isspace() else unicodedata.normalize("NFKD", letter)
        letters.append("".join(filter(_ALPHABET.__contains__, bare if known is None else known)))
    return "".join(letters)


def fitted(before: str, name: str, after: str) -> str:
    """One text of at most 160 characters; what is too long is taken from the end of the name only.

    Raises:
        ValueError: even without the name it is too long.
    """
    start, end = plain(before), plain(after)
    room = LENGTH_MAX - len(start) - len(end)
    if room < 0:
        raise ValueError("a text of more than one message")
    return start + " ".join(plain(name).split())[:room].rstrip() + end


def phone_number(text: str, country: str) -> str:
    """A number in international form, ``+32470123456``; "" for none.

    Raises:
        ValueError: it is no telephone number.
    """
    given = re.sub(r"[\s./()-]", "", text)
    if not given:
        return ""
    if given.startswith("00"):
        given = "+" + given[2:]
    elif given.startswith("0") and country in _PREFIXES:
        given = f"+{_PREFIXES[country]}{given[1:]}"
    if not _PHONE.fullmatch(given):
        raise ValueError(f"not a telephone number: {text[:40]!r}")
    return given
