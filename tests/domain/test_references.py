"""Payment references and enterprise numbers: RULES §5 and the worked cases of §9."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encaiss_dashboard.domain import references
from encaiss_dashboard.domain.references import ReferenceUnreadable


@pytest.mark.parametrize(
    "digits, printed",
    [
        ("1234567890", "+++123/4567/89002+++"),
        ("0000000097", "+++000/0000/09797+++"),
        ("0000000001", "+++000/0000/00101+++"),
    ],
)
def test_ten_digits_make_a_structured_communication(digits, printed):
    assert references.make_ogm(digits) == printed
    assert references.is_ogm(printed)


@given(st.integers(min_value=0, max_value=10**10 - 1))
def test_the_check_digits_are_the_remainder_by_97_or_97(number):
    check = int(references.parse_ogm(references.make_ogm(f"{number:010d}"))[10:])
    assert 1 <= check <= 97
    assert (number - check) % 97 == 0


@pytest.mark.parametrize(
    "text",
    [
        "+++123/4567/89002+++",
        "***123/4567/89002***",
        "123/4567/89002",
        "123456789002",
        " 1234 5678 9002 ",
        "123\N{NO-BREAK SPACE}4567\N{NARROW NO-BREAK SPACE}89002",
    ],
)
def test_a_structured_communication_is_read_however_it_is_decorated(text):
    assert references.parse_ogm(text) == "123456789002"
    assert references.format_ogm(text) == "+++123/4567/89002+++"


@pytest.mark.parametrize(
    "text",
    [
        "000000009700",
        "123456789003",
        "12345678900",
        "1234567890020",
        "12345678900A",
        "",
        "١٢٣٤٥٦٧٨٩٠٠٢",
    ],
)
def test_a_wrong_structured_communication_is_refused(text):
    assert not references.is_ogm(text)
    with pytest.raises(ReferenceUnreadable):
        references.parse_ogm(text)


@pytest.mark.parametrize(
    "digits", ["", "123456789", "12345678901", "123456789x", "１２３４５６７８９０", "1234567890\n"]
)
def test_only_ten_digits_get_check_digits(digits):
    with pytest.raises(ReferenceUnreadable):
        references.make_ogm(digits)


@pytest.mark.parametrize(
    "debtor_id, base", [(1, "9000000001"), (42, "9000000042"), (999_999_999, "9999999999")]
)
def test_a_statement_has_one_reference_made_of_nine_and_the_debtor(debtor_id, base):
    printed = references.ogm_for_debtor(debtor_id)
    assert references.parse_ogm(printed)[:10] == base
    assert printed == f"+++{base[:3]}/{base[3:7]}/{base[7:]}{int(base) % 97 or 97:02d}+++"


@pytest.mark.parametrize("debtor_id", [0, -1, 1_000_000_000])
def test_a_debtor_id_that_does_not_fit_is_refused(debtor_id):
    with pytest.raises(ReferenceUnreadable):
        references.ogm_for_debtor(debtor_id)


def test_a_creditor_reference_gets_its_check_digits():
    assert references.make_rf("539007547034") == "RF18539007547034"
    assert references.make_rf("5390 0754 7034") == "RF18539007547034"
    assert references.parse_rf("rf18 5390 0754 7034") == "RF18539007547034"


@given(st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=21))
def test_every_creditor_reference_made_is_valid(body):
    made = references.make_rf(body)
    assert made[4:] == body
    assert references.parse_rf(made) == made


@pytest.mark.parametrize("body", ["", "A" * 22, "A_B", "é"])
def test_a_body_that_fits_no_creditor_reference_is_refused(body):
    with pytest.raises(ReferenceUnreadable):
        references.make_rf(body)


@pytest.mark.parametrize(
    "text",
    ["RF17539007547034", "539007547034", "RF18", "", "RF18" + "1" * 22, "RF18٥٣٩٠٠٧٥٤٧٠٣٤"],
)
def test_a_wrong_creditor_reference_is_refused(text):
    with pytest.raises(ReferenceUnreadable):
        references.parse_rf(text)


@pytest.mark.parametrize(
    "text, printed",
    [
        ("0202.239.951", "BE 0202.239.951"),
        ("BE0202239951", "BE 0202.239.951"),
        ("be 202 239 951", "BE 0202.239.951"),
        ("0123.456.749", "BE 0123.456.749"),
    ],
)
def test_a_valid_enterprise_number_is_read_and_printed(text, printed):
    assert references.is_enterprise_number(text)
    assert references.format_enterprise_number(text) == printed


@pytest.mark.parametrize("text", ["0202.239.952", "02022399510", "2202.239.951", "", "FR 0202239951", "abc"])
def test_a_wrong_enterprise_number_is_refused(text):
    assert not references.is_enterprise_number(text)
    with pytest.raises(ReferenceUnreadable):
        references.parse_enterprise_number(text)
