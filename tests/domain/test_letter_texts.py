"""A client's own words: what may be said, and every way in which a text is refused with its place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encaiss_dashboard.domain import letter_texts
from encaiss_dashboard.domain.dunning import StepCode
from encaiss_dashboard.domain.letter_texts import (
    FIELDS,
    LENGTH_MAX,
    THE_HOUSES,
    Part,
    TextAccount,
    TextBraces,
    TextFieldUnknown,
    TextOfficial,
    TextParagraphs,
    TextRefused,
    TextSign,
    TextTooLong,
    checked,
    fields_of,
    paragraphs,
)

FACTS = {name: f"<{name}>" for name in FIELDS}
STATEMENT, NOTICE, COURTESY = StepCode.STATEMENT_1, StepCode.FORMAL_NOTICE, StepCode.COURTESY


def opening(said, step=STATEMENT, language="fr"):
    return checked(step, language, {"opening": said}).opening


def test_nothing_said_is_the_houses_text():
    assert checked(STATEMENT, "fr", {}) == THE_HOUSES
    assert checked(STATEMENT, "fr", {"opening": "  \n "}).written() == {}


def test_a_field_is_filled_in_wherever_it_stands():
    assert paragraphs("{client} et {debtor} : {total}.", FACTS) == ("<client> et <debtor> : <total>.",)


def test_paragraphs_are_parted_by_an_empty_line_alone():
    assert paragraphs("Un\ndeux\n\n  \ntrois  quatre\n", FACTS) == ("Un deux", "trois quatre")


def test_a_value_that_looks_like_a_field_is_not_filled_in_again():
    assert paragraphs("{client}", FACTS | {"client": "{debtor} {x} }"}) == ("{debtor} {x} }",)


def test_only_a_formal_notice_has_a_deadline_and_no_courtesy_counts_days():
    assert set(fields_of(NOTICE)) == set(FIELDS)
    assert set(FIELDS) - set(fields_of(STATEMENT)) == {"deadline"}
    assert set(FIELDS) - set(fields_of(COURTESY)) == {"deadline", "days_late"}


@pytest.mark.parametrize(
    "said,refusal,where",
    [
        ("Bonjour {nom}", TextFieldUnknown, ("nom", "1", "9")),
        ("Bonjour\n{client.__class__}", TextFieldUnknown, ("client.__class__", "2", "1")),
        ("{client!r}", TextFieldUnknown, ("client!r", "1", "1")),
        ("{total:>10}", TextFieldUnknown, ("total:>10", "1", "1")),
        ("{client[0]}", TextFieldUnknown, ("client[0]", "1", "1")),
        ("{0}", TextFieldUnknown, ("0", "1", "1")),
        ("{}", TextFieldUnknown, ("", "1", "1")),
        ("{ client }", TextFieldUnknown, (" client ", "1", "1")),
        ("avant le {deadline}", TextFieldUnknown, ("deadline", "1", "10")),
        ("{client", TextBraces, (None, "1", "1")),
        ("a\n\nclient}", TextBraces, (None, "3", "7")),
        ("{{client}}", TextBraces, (None, "1", "1")),
        ("{a{client}}", TextBraces, (None, "1", "1")),
        ("a\u202eb", TextSign, ("U+202E", "1", "2")),
        ("a\u200bb", TextSign, ("U+200B", "1", "2")),
        ("a\0b", TextSign, ("U+0000", "1", "2")),
        ("a\tb", TextSign, ("U+0009", "1", "2")),
        ("hu\u0456ssier", TextSign, ("\u0456", "1", "3")),  # Cyrillic
        ("日本", TextSign, ("日", "1", "1")),
        ("😀", TextSign, ("😀", "1", "1")),
        ("\u0661 facture", TextSign, ("\u0661", "1", "1")),
        ("\n\n".join("abcdefg"), TextParagraphs, (None, None, None)),
        ("x" * 1_201, TextTooLong, (None, None, None)),
        ("Payez sur BE68 5390 0754 7034.", TextAccount, ("BE68 5390 0754 7034", "1", None)),
        ("ou\nFR7630006000011234567890189", TextAccount, ("FR7630006000011234567890189", "2", None)),
    ],
)
def test_a_text_is_refused_with_the_place_that_is_wrong(said, refusal, where):
    with pytest.raises(refusal) as refused:
        opening(said)
    facts = refused.value.facts
    assert facts["part"] == "opening"
    assert tuple(facts.get(name) for name in ("value", "line", "place")) == where


@pytest.mark.parametrize(
    "said,language",
    [
        ("L’huissier passera.", "fr"),
        ("L’HUISSIER passera.", "fr"),
        ("l’hu1ss1er passera", "fr"),
        ("l’h u i s s i e r", "fr"),
        ("l’huis-sier", "fr"),
        ("une saisie suivra", "fr"),
        ("le tribunal de Namur", "fr"),
        ("citation à comparaître", "fr"),
        ("de gerechtsdeurwaarder komt", "nl"),
        ("de rechtbank", "nl"),
        ("wij leggen beslag op uw loon", "nl"),
        ("a bailiff will call", "en"),
        ("the court will decide", "en"),
        ("der Gerichtsvollzieher", "de"),
        ("das Gericht", "de"),
        ("eine Pfändung", "de"),
        ("the bailiff", "fr"),
    ],
)
def test_no_text_speaks_as_a_court_or_a_bailiff_would(said, language):
    with pytest.raises(TextOfficial):
        opening(said, language=language)


@pytest.mark.parametrize(
    "said,language",
    [
        ("dans un délai très court", "fr"),
        ("le procès-verbal de réception du parquet", "fr"),
        ("hang- en sluitwerk: deurbeslag", "nl"),
        ("an Sie gerichtet; außergerichtlich", "de"),
        ("we would rather settle this out of court", "en"),
        ("Facture n° 2026-0377 : 1 234,50 € (« urgent ») – merci ! 100 %", "fr"),
        ("Œuvre à Łódź, straße, n°5, 3 m²", "fr"),
    ],
)
def test_what_only_sounds_like_it_may_be_said(said, language):
    assert opening(said, language=language) == said


def test_a_subject_is_one_line():
    with pytest.raises(TextParagraphs):
        checked(STATEMENT, "fr", {"subject": "Relevé\nBcc: x@elsewhere.example"})


@given(st.dictionaries(st.sampled_from([part.value for part in Part]), st.text(max_size=200)))
def test_whatever_is_taken_can_be_filled_in_and_loses_nothing(parts):
    try:
        texts = checked(NOTICE, "en", parts)
    except TextRefused:
        return
    for part, said in texts.written().items():
        assert len(said) <= LENGTH_MAX[Part(part)]
        assert "{" not in "".join(paragraphs(said, dict.fromkeys(FIELDS, "x")))


@given(st.lists(st.sampled_from(["{", "}", "{client}", "a", ".", "{x}", "!", ":", "[0]"]), max_size=12))
def test_braces_are_a_field_or_a_refusal_and_never_anything_else(pieces):
    said = "".join(pieces)
    try:
        taken = opening(said)
    except TextRefused:
        return
    rest = taken.replace("{client}", "")
    assert not set("{}") & set(rest)
    assert letter_texts.paragraphs(taken, {"client": ""}) in ((), (rest,)) or rest == ""
