"""The payment code of a letter, compared with codes made from the bytes that EPC069-12 asks for."""

from __future__ import annotations

import pytest
import segno

from encaiss_dashboard.adapters.letters.qr import payment_qr
from encaiss_dashboard.domain.letters import BankAccount
from encaiss_dashboard.domain.money import Money

ACCOUNT = BankAccount("BE68 5390 0754 7034", "GKCCBEBB", "Menuiserie Exemple SRL")
OGM = "+++900/0000/04257+++"


@pytest.mark.parametrize(
    "reference,structured,free",
    [
        ("+++123/4567/89002+++", "123456789002", None),
        ("***123/4567/89002***", "123456789002", None),
        ("RF18 5390 0754 7034", "RF18539007547034", None),
        ("+++123/4567/89003+++", "", "+++123/4567/89003+++"),
        ("2026-0377", "", "2026-0377"),
    ],
)
def test_the_code_holds_the_transfer_and_its_reference_where_banks_look(reference, structured, free):
    payload = "\n".join(
        [
            *("BCD", "002", "1", "SCT", "GKCCBEBB", "Menuiserie Exemple SRL", "BE68539007547034"),
            *("EUR17989.5", "", structured),
            *([free] if free else []),
        ]
    )
    code = payment_qr(ACCOUNT, Money(1_798_950), reference)
    assert code.matrix == segno.make_qr(payload.encode(), error="m", boost_error=False).matrix
    assert code.error == "M"
    assert code.version <= 13


@pytest.mark.parametrize(
    "amount,written",
    [
        (Money(1), True),
        (Money(99_999_999_999), True),
        (Money(0), False),
        (Money(-1), False),
        (Money(100_000_000_000), False),
        (Money(100, "USD"), False),
        (Money(100, "GBP"), False),
    ],
)
def test_there_is_a_code_only_for_what_a_euro_transfer_can_pay(amount, written):
    assert (payment_qr(ACCOUNT, amount, OGM) is not None) is written


def test_a_name_of_many_bytes_still_fits_the_code():
    assert payment_qr(BankAccount(ACCOUNT.iban, "", "Ψ" * 200), Money(1), OGM).version <= 13
