"""Letters: the mail in plain text and HTML, the same letter to a debtor as PDF, mails about accounts."""

from __future__ import annotations

import io

import segno

from encaiss_dashboard.adapters.letters.account import write_account_mail
from encaiss_dashboard.adapters.letters.binding import bound, page_count
from encaiss_dashboard.adapters.letters.logos import logo
from encaiss_dashboard.adapters.letters.pdf import draw, pictures
from encaiss_dashboard.adapters.letters.render import LOGO_ID, QR_ID, html, plain
from encaiss_dashboard.adapters.letters.wording import compose
from encaiss_dashboard.domain.letters import Attachment, Letter, StatementLetter

__all__ = [
    "bound",
    "logo",
    "page_count",
    "qr_svg",
    "statement_pdf",
    "statement_pictures",
    "write_account_mail",
    "write_statement",
]


def write_statement(letter: StatementLetter) -> Letter:
    """The mail of a statement: subject, text, HTML, the PDF and, when one can be paid, the QR code."""
    wording = compose(letter)
    attachments = [Attachment(wording.pdf_name, "application/pdf", draw(wording, letter.on, letter.logo))]
    if wording.qr:
        attachments.append(Attachment("qr.png", "image/png", _png(wording.qr), QR_ID))
    if letter.logo:
        attachments.append(Attachment("logo.png", "image/png", letter.logo.png, LOGO_ID))
    page = html(wording, letter.logo)
    return Letter(wording.subject, plain(wording), page, tuple(attachments))


def statement_pdf(letter: StatementLetter) -> bytes:
    """The PDF alone (PDF/A-2a and PDF/UA-1); the same facts give the same bytes."""
    return draw(compose(letter), letter.on, letter.logo)


def statement_pictures(letter: StatementLetter) -> tuple[bytes, ...]:
    """Its first pages as PNG, for a screen."""
    return pictures(compose(letter), letter.on, letter.logo)


def qr_svg(content: str) -> bytes:
    """A QR code for a screen, black on white with its quiet zone: cameras need the contrast in any theme."""
    out = io.BytesIO()
    segno.make(content, error="m", micro=False).save(out, kind="svg", scale=5, border=4, light="white")
    return out.getvalue()


def _png(qr: segno.QRCode) -> bytes:
    buffer = io.BytesIO()
    # The white border is part of the code: in a dark mail program it could not be read without.
    qr.save(buffer, kind="png", scale=6, border=4, light="white")
    return buffer.getvalue()
