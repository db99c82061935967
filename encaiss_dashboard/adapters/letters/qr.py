"""The payment QR code of a letter (EPC069-12 version 2)."""

from __future__ import annotations

from typing import Final

import segno
from segno import helpers

from encaiss_dashboard.domain.letters import BankAccount
from encaiss_dashboard.domain.money import EUR, Money
from encaiss_dashboard.domain.references import ReferenceUnreadable, is_ogm, parse_ogm, parse_rf

_MAX_CENTS: Final = 99_999_999_999
_NAME_LENGTH: Final = 70
_TEXT_LENGTH: Final = 140


def payment_qr(account: BankAccount, amount: Money, reference: str) -> segno.QRCode | None:
    """The code that fills in a transfer in the payer's banking app, or None when there can be none.

    There is none for a currency other than the euro, and none outside EUR 0.01 to 999,999,999.99
    (EPC069-12 §2.1). UTF-8, error correction M, at most QR version 13.

    A Belgian OGM goes on the structured line, as its twelve bare digits. EPC069-12 gives that line to
    the creditor reference and says that ISO 11649 "may" be used, not that it must; in Belgian credit
    transfers the OGM is such a creditor reference (Febelfin: CdtrRefInf, issuer BBA, twelve digits).
    On the text line a Belgian app offers it as a free message, and a message with anything beside the
    digits is no longer structured, so that the payment is not matched by itself. Public code disagrees
    (some put ``+++…+++`` in the text); a user of a Belgian bank reports the difference in letspeppol
    issue 274. Still to be tried with the app of each bank.

    Args:
        account: already checked, see :class:`BankAccount`.
        amount: what one transfer pays.
        reference: an OGM, however decorated, or an ISO 11649 reference; anything else, or wrong check
            digits, goes on the text line, where no bank checks it. Not empty.
    """
    if amount.currency != EUR or not 0 < amount.cents <= _MAX_CENTS:
        return None
    structured = _creditor_reference(reference)
    return helpers.make_epc_qr(
        name=account.holder[:_NAME_LENGTH],
        iban=account.iban,
        amount=amount.decimal,
        reference=structured,
        text=None if structured else reference[:_TEXT_LENGTH],
        bic=account.bic or None,
        encoding="utf-8",
    )


def _creditor_reference(reference: str) -> str | None:
    try:
        return parse_ogm(reference) if is_ogm(reference) else parse_rf(reference)
    except ReferenceUnreadable:
        return None
