"""What a document states becomes a row: every term read and checked, every doubt named."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from stdnum import iso11649
from stdnum.be import ogm_vcs

from encaiss_dashboard.adapters.invoice_files import codes, values
from encaiss_dashboard.adapters.invoice_files.documents import accounts, amounts
from encaiss_dashboard.adapters.invoice_files.documents.amounts import Sums
from encaiss_dashboard.adapters.invoice_files.documents.stated import Party, Stated
from encaiss_dashboard.adapters.invoice_files.rows import CONTROLS, MARKUP, shown
from encaiss_dashboard.domain.errors import Problem
from encaiss_dashboard.domain.intake import Field, InvoiceRow
from encaiss_dashboard.domain.invoices import Kind
from encaiss_dashboard.domain.terms import Term, TermUnreadable

# UNTDID 1001 as EN 16931 allows it for invoices and for credit notes, and what older ones hold.
_CREDITS: Final = frozenset({
    "81", "83", "261", "262", "296", "308", "381", "396", "420", "458", "532",
})  # fmt: skip
_INVOICES: Final = frozenset({
    "71", "80", "82", "84", "102", "130", "202", "203", "204", "211", "218", "219", "295", "326", "331",
    "380", "382", "383", "384", "385", "386", "387", "388", "389", "390", "393", "394", "395", "456",
    "457", "471", "472", "473", "500", "501", "502", "503", "527", "553", "575", "623", "633", "751",
    "780", "817", "870", "875", "876", "877", "935",
})  # fmt: skip
_DAY: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:Z|[+-][0-9]{2}:[0-9]{2})?")
_DAY_EXAMPLE: Final = "2025-12-31"
_TEXT_CHARS: Final = 500
_TERM_CHARS: Final = 200
_YEARS_AHEAD: Final = 50
_PAYING: Final = re.compile(
    r"(?:payment|payable|paiement|payer|payable|r[èe]glement|betaling|te betalen|betaalbaar)\s*:?\s+",
    re.IGNORECASE,
)
_EMAIL_SCHEME: Final = "EM"
_BARE_ENTERPRISE: Final = frozenset({"BE", "FR"})
# Schemes whose numbers are enterprise or VAT numbers: ICD and EAS codes of Belgium and France.
_ENTERPRISE_SCHEMES: Final = frozenset({"0208", "0002", "0009", "9925", "9957"})


def invoice_of(stated: Stated, line: int, member: str = "") -> tuple[InvoiceRow | None, list[Problem]]:
    """Read what a document states.

    Args:
        stated: as its syntax gave it.
        line: which document of several it is, from 1.
        member: its name within a ZIP, "" otherwise.

    Returns:
        The row, None when a problem blocks it, and all problems in the order of discovery.
    """
    reader = _Reader(stated, line, member)
    row = reader.row()
    blocked = any(problem.blocks for problem in reader.problems)
    return None if blocked else row, reader.problems


@dataclass(slots=True)
class _Reader:
    stated: Stated
    line: int
    member: str
    problems: list[Problem] = field(default_factory=list)

    def report(self, code: str, about: Field | None = None, *, blocks: bool = True, **facts: str) -> None:
        self.problems.append(Problem(code, self.line, about and about.value, facts, blocks))

    def row(self) -> InvoiceRow | None:
        stated, buyer = self.stated, self.stated.buyer
        number = self.text(Field.NUMBER, stated.number, "BT-1")
        debtor = self.text(Field.DEBTOR, buyer.name or buyer.trade_name, "BT-44")
        if not number:
            self.report("number_missing", Field.NUMBER)
        if not debtor:
            self.report("debtor_missing", Field.DEBTOR)
        if debtor.startswith(("+", "-")):
            self.report("name_sign", Field.DEBTOR, blocks=False, value=shown(debtor))
        issue, due = self.dates()
        kind = self.kind()
        sums = self.sums()
        if issue is None or sums is None or kind is None:
            return None
        kind = self.turned(kind, sums)
        total, vat, paid = sums.money()
        return InvoiceRow(
            line=self.line,
            kind=kind,
            number=number,
            debtor=debtor,
            debtor_number=self.text(Field.DEBTOR_NUMBER, _own_number(buyer), "BT-46"),
            issue=issue,
            due=due if kind is Kind.INVOICE else None,
            term=self.term(due) if kind is Kind.INVOICE else None,
            total=total,
            vat=vat,
            reference=self.text(Field.REFERENCE, _reference(stated.references), "BT-83"),
            vat_number=self.vat_number(),
            email=self.email(),
            language=codes.read_language(stated.language or buyer.language),
            country=self.country(),
            address=self.text(Field.ADDRESS, ", ".join(buyer.address), "BT-50"),
            postcode=self.text(Field.POSTCODE, buyer.postcode, "BT-53"),
            city=self.text(Field.CITY, buyer.city, "BT-52"),
            paid=paid if kind is Kind.INVOICE else None,
            endpoint=self.text(Field.ENDPOINT, _endpoint(buyer), "BT-49"),
            iban=self.debtors_account(),
            credited=self.credited() if kind is Kind.CREDIT_NOTE else "",
            member=self.member,
            seller=self.seller(),
        )

    def text(self, about: Field, value: str, term: str) -> str:
        """A free text after refusing what no name or number can be."""
        if len(value) > _TEXT_CHARS:
            self.report("cell_too_long", about, length=str(len(value)), expected=str(_TEXT_CHARS))
        elif CONTROLS.search(value):
            self.report("control_characters", about, value=shown(value), column=term)
        elif value.startswith(("=", "@")):
            self.report("formula", about, value=shown(value))
        elif MARKUP.search(value):
            self.report("markup", about, value=shown(value))
        return value

    def kind(self) -> Kind | None:
        code = self.stated.kind
        if self.stated.is_credit_note or code in _CREDITS:
            return Kind.CREDIT_NOTE
        if code in _INVOICES:
            return Kind.INVOICE
        self.report("kind_unknown", Field.KIND, value=shown(code))
        return None

    def turned(self, kind: Kind, sums: Sums) -> Kind:
        """A negative invoice is a credit note; a negative credit note stays one, so that nobody is chased."""
        if sums.total >= 0:
            return kind
        code = "negative_total" if kind is Kind.INVOICE else "negative_credit_note"
        self.report(code, Field.TOTAL, blocks=False, value=shown(self.stated.total))
        return Kind.CREDIT_NOTE

    def dates(self) -> tuple[date | None, date | None]:
        issue = self.day(Field.ISSUE, self.stated.issue)
        if not self.stated.issue:
            self.report("issue_missing", Field.ISSUE)
        stated = dict.fromkeys(self.stated.due)
        dues = [day for text in stated if text and (day := self.day(Field.DUE, text))]
        due = max(dues, default=None)
        if len(dues) > 1:
            listed = ", ".join(str(day) for day in sorted(dues))
            self.report("due_several", Field.DUE, blocks=False, value=shown(listed), other=str(due))
        if issue is None or due is None:
            return issue, due
        if due < issue:
            # No rule of EN 16931 forbids it, so the document is good; its due date is of no use.
            self.report("due_ignored", Field.DUE, blocks=False, value=str(due), other=str(issue))
            return issue, None
        if due.year - issue.year > _YEARS_AHEAD:
            years = str(_YEARS_AHEAD)
            self.report("date_far", Field.DUE, value=str(due), other=str(issue), expected=years)
        return issue, due

    def day(self, about: Field, text: str) -> date | None:
        if not text:
            return None
        found = _DAY.fullmatch(text)
        if found is None:
            self.report("date_unreadable", about, value=shown(text), expected=_DAY_EXAMPLE)
            return None
        try:
            day = date(int(found[1]), int(found[2]), int(found[3]))
        except ValueError:
            self.report("date_impossible", about, value=shown(text), expected=_DAY_EXAMPLE)
            return None
        if not values.EARLIEST <= day <= values.LATEST:
            years = f"{values.EARLIEST.year}–{values.LATEST.year}"
            self.report("date_out_of_range", about, value=shown(text), expected=years)
            return None
        return day

    def term(self, due: date | None) -> str | None:
        """The words that are a payment term; words nobody can read only where no date makes them needless."""
        lines = self.stated.term
        for words in (" ".join(lines), *lines):
            for phrase in (words, _PAYING.sub("", words, count=1)):
                if _is_term(phrase):
                    return phrase
        text = " ".join(lines)
        return None if due or not text else self.text(Field.TERM, text[:_TERM_CHARS], "BT-20")

    def sums(self) -> Sums | None:
        currency = codes.read_currency(self.stated.currency)
        if currency is None:
            self.report("currency_unknown", Field.CURRENCY, value=shown(self.stated.currency))
        found = amounts.read(self.stated, currency or "EUR")
        self.problems += [Problem(p.code, self.line, p.field, p.facts, p.blocks) for p in found.problems]
        return found.sums if currency else None

    def vat_number(self) -> str:
        buyer = self.stated.buyer
        given = [buyer.vat, *_enterprise_numbers(buyer)]
        stated = [number for number in given if number]
        judged = [(number, *codes.read_vat_number(number)) for number in stated]
        for number, _, holds in judged[:1]:
            if not holds:
                self.report("vat_number_invalid", Field.VAT_NUMBER, blocks=False, value=shown(number))
        found = next((compact for _, compact, holds in judged if holds), stated[0] if stated else "")
        return self.text(Field.VAT_NUMBER, found, "BT-48")

    def seller(self) -> str:
        """The VAT number of who issued it (BT-31), else what a register calls it (BT-30), not judged."""
        seller = self.stated.seller
        stated = seller.vat or seller.legal.value
        if not stated:
            return ""
        number, holds = codes.read_vat_number(stated)
        if seller.vat and not holds:
            self.report("seller_number_invalid", blocks=False, value=shown(stated))
        return number[:_TEXT_CHARS]

    def email(self) -> str:
        buyer = self.stated.buyer
        text = buyer.email or (buyer.endpoint.value if buyer.endpoint.scheme == _EMAIL_SCHEME else "")
        if text and not codes.read_email(text):
            self.report("email_invalid", Field.EMAIL, blocks=False, value=shown(text))
            return ""
        return text

    def country(self) -> str:
        text = self.stated.buyer.country
        country = codes.read_country(text) if text else ""
        if text and not country:
            self.report("country_unknown", Field.COUNTRY, blocks=False, value=shown(text))
        return country

    def debtors_account(self) -> str:
        """The account a direct debit is taken from (BT-91); that of the payee (BT-84) is only checked."""
        payer = self.stated.payer_account
        for account in dict.fromkeys((*self.stated.payee_accounts, *filter(None, (payer,)))):
            if not accounts.is_iban(account):
                self.report("iban_invalid", Field.IBAN, blocks=False, value=shown(account))
        return accounts.compact(payer) if payer and accounts.is_iban(payer) else ""

    def credited(self) -> str:
        named = list(dict.fromkeys(self.stated.credited))
        if len(named) > 1:
            self.report("credited_several", Field.CREDITED, blocks=False, value=shown(", ".join(named)))
            return ""
        return self.text(Field.CREDITED, named[0], "BT-25") if named else ""


def _is_term(words: str) -> bool:
    try:
        Term.parse(words)
    except TermUnreadable:
        return False
    return True


def _own_number(buyer: Party) -> str:
    """The seller's own number for the buyer: a number without a scheme is nobody else's."""
    return next((one.value for one in buyer.ids if one.value and not one.scheme), "")


def _enterprise_numbers(buyer: Party) -> list[str]:
    numbers = [
        one.value for one in (buyer.legal, *buyer.ids, buyer.endpoint) if one.scheme in _ENTERPRISE_SCHEMES
    ]
    bare = buyer.legal.value if not buyer.legal.scheme and buyer.country in _BARE_ENTERPRISE else ""
    return [*numbers, bare] if bare and codes.read_vat_number(bare)[1] else numbers


def _endpoint(buyer: Party) -> str:
    found = buyer.endpoint
    if not found.value or not found.scheme or found.scheme == _EMAIL_SCHEME:
        return ""
    return f"{found.scheme}:{re.sub(r'[ .]', '', found.value)}"


def _reference(references: list[str]) -> str:
    """The first that is an OGM or RF reference, else the first there is."""
    found = next((one for one in references if ogm_vcs.is_valid(one) or iso11649.is_valid(one)), "")
    return found or next(iter(references), "")
