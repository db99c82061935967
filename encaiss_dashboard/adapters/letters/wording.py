"""Every sentence and every amount of a letter, written once for the text, the HTML and the PDF."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import segno

from encaiss_dashboard.adapters.letters import instalment
from encaiss_dashboard.adapters.letters.qr import payment_qr
from encaiss_dashboard.domain.dunning import StepCode
from encaiss_dashboard.domain.letter_texts import paragraphs
from encaiss_dashboard.domain.letters import (
    BankAccount,
    ClaimSum,
    CreditLine,
    FirstReminder,
    LetterLine,
    Party,
    Section,
    StatementLetter,
)
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.references import format_enterprise_number, is_enterprise_number
from encaiss_dashboard.locales import day, decimal, integer, money, territory, text

_POSTED_IN: Final = "BE"
# The law on late payment between businesses, by the debtor's country; elsewhere none is named.
_LAWS: Final = {"BE": "formal_notice_law_be", "FR": "formal_notice_law_fr"}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table as it is read.

    Attributes:
        name: invoice number, or what a credit is.
        issue: date in digits, "" for a sum of credits.
        issued: the same as words below the name.
        due: date in digits, "" for a credit.
        late: "71 jours", "" when the letter does not count.
        late_by: the same as a sentence by itself.
        total: what the invoice was for, "" for a credit.
        out_of: "sur 10 000,00 €" when a part is paid, else "".
        open: what is asked for; negative for a credit.
        notes: short remarks below the name.
        is_beside: whether it is no invoice, but what is deducted or claimed besides.
    """

    name: str
    issue: str
    issued: str
    due: str
    late: str
    late_by: str
    total: str
    out_of: str
    open: str
    notes: tuple[str, ...]
    is_beside: bool


@dataclass(frozen=True, slots=True)
class Table:
    """All that is listed in one currency; ``columns`` are the headings by their field."""

    columns: dict[str, str]
    rows: tuple[Row, ...]
    total_label: str
    total: str


@dataclass(frozen=True, slots=True)
class Wording:
    """A letter in words, without any layout.

    Attributes:
        before: paragraphs above the tables.
        after: paragraphs below the payment data.
        payment: label and value of all that a transfer needs.
        qr: the code beside it, None when there can be none.
        sender: the agency's name and everything needed to reach it.
        creditor: the same of the client.
        debtor: the lines of an envelope, abroad with the country.
        window: of the envelope, a key of ``domain.windows.WINDOWS``.
        logo_alt: what the logo beside the letterhead says, "" without one.
        signature: who signs, and in whose name.
    """

    language: str
    title: str
    subject: str
    date: str
    salutation: str
    before: tuple[str, ...]
    tables: tuple[Table, ...]
    pay_heading: str
    payment: tuple[tuple[str, str], ...]
    qr: segno.QRCode | None
    qr_alt: str
    scan: str
    after: tuple[str, ...]
    closing: str
    signature: tuple[str, str]
    identity: str
    creditor_heading: str
    sender: tuple[str, ...]
    creditor: tuple[str, ...]
    debtor: tuple[str, ...]
    pdf_name: str
    window: str
    logo_alt: str


def one_line(value: str) -> str:
    """A name or number from somebody's file as one line, without control and direction characters."""
    # Hidden direction marks could show another name or amount than the one that is stored.
    return "".join(c for c in " ".join(value.split()) if unicodedata.category(c) not in {"Cc", "Cf"})


def compose(letter: StatementLetter) -> Wording:
    """Write a letter in its debtor's language."""
    lang = letter.language
    client, agency = one_line(letter.creditor.name), one_line(letter.sender.name)
    title, file_name = _names(letter)
    codes = ((section.total, _qr(letter, section)) for section in letter.sections)
    qr_total, qr = next((found for found in codes if found[1]), (None, None))
    fields = _fields(letter, client, agency)
    subject = " ".join(paragraphs(letter.texts.subject, fields))
    return Wording(
        language=lang,
        title=title,
        subject=subject or text(lang, "letter.subject", title=title, client=client),
        date=text(lang, "letter.dated", day=day(letter.on, lang, "long")),
        salutation=text(lang, "letter.salutation"),
        before=_before(letter, client, fields),
        tables=tuple(_table(letter, section) for section in letter.sections),
        pay_heading=text(lang, "letter.pay_heading"),
        payment=_payment(letter),
        qr=qr,
        qr_alt=_qr_alt(letter, letter.account, qr_total) if letter.account and qr_total else "",
        scan=text(lang, "letter.scan"),
        after=(*_after(letter, client), *paragraphs(letter.texts.ending, fields)),
        closing=text(lang, "letter.closing"),
        signature=(agency, text(lang, "letter.signature", client=client)),
        identity=text(lang, "letter.identity", agency=agency, client=client),
        creditor_heading=text(lang, "letter.creditor"),
        sender=_party(letter.sender, lang),
        creditor=_party(letter.creditor, lang),
        debtor=_envelope(letter),
        pdf_name=file_name,
        window=letter.window,
        logo_alt=text(lang, "letter.logo_alt", client=client) if letter.logo else "",
    )


def _names(letter: StatementLetter) -> tuple[str, str]:
    """Its title, and the name of its file."""
    title, own = f"{letter.step}_title", "formal_notice_" if letter.step is StepCode.FORMAL_NOTICE else ""
    if letter.first_reminder:
        title = "consumer_title"
    if letter.instalment:
        title, own = "instalment_title", "instalment_"
    file_name = text(letter.language, f"letter.{own}pdf_name", day=letter.on.isoformat())
    return text(letter.language, f"letter.{title}"), file_name


def _envelope(letter: StatementLetter) -> tuple[str, ...]:
    """Abroad the country stands last, in capitals (UPU S42; in French everywhere, the post's language)."""
    lines = (letter.debtor.name, *letter.debtor.address_lines)
    abroad = letter.country not in {"", _POSTED_IN} and letter.debtor.address_lines
    country = territory(letter.country) if abroad else ""
    return tuple(one_line(line) for line in (*lines, country.upper()) if line)


def _fields(letter: StatementLetter, client: str, agency: str) -> dict[str, str]:
    """What a client's own words may name, each as one line (``domain.letter_texts.FIELDS``)."""
    lang, asked = letter.language, [line for line in letter.lines if not letter.is_listed_only(line)]
    oldest = min((line.due for line in asked), default=letter.on)
    return {
        "client": client,
        "agency": agency,
        "debtor": one_line(letter.debtor.name),
        "total": " + ".join(money(one.total, lang) for one in letter.sections if one.total.cents > 0),
        "n": integer(len(asked), lang),
        "invoices": text(lang, "letter.n_invoices", n=len(asked)),
        "oldest_due": day(oldest, lang, "long"),
        "days_late": integer(max(0, (letter.on - oldest).days), lang),
        "deadline": day(letter.deadline, lang, "long"),
        "today": day(letter.on, lang, "long"),
    }


def _before(letter: StatementLetter, client: str, fields: dict[str, str]) -> tuple[str, ...]:
    """The client's own words in place of the house's; in a formal notice beside them, which all stay."""
    lang, step = letter.language, letter.step
    if letter.instalment:
        return instalment.before(letter.instalment, client, lang)
    listed_only = sum(letter.is_listed_only(line) for line in letter.lines)
    opening = text(
        lang,
        f"letter.{step}_opening",
        client=client,
        n=len(letter.lines) - listed_only,
        deadline=day(letter.deadline, lang, "long"),
    )
    request = text(lang, f"letter.{step}_request", client=client)
    own, asked = (paragraphs(said, fields) for said in (letter.texts.opening, letter.texts.request))
    if step is StepCode.FORMAL_NOTICE:
        said = [*own, opening, request, *asked]
    else:
        said = [*(own or (opening,)), *(asked or (request,))]
    if listed_only:
        said.append(text(lang, "letter.formal_notice_listed_only", n=listed_only))
    return tuple(said)


def _after(letter: StatementLetter, client: str) -> tuple[str, ...]:
    lang = letter.language
    if letter.instalment:
        return tuple(instalment.after(letter.instalment, letter.sender.email, lang))
    keys = ["contest", "crossed"]
    free = _free_of_charge(letter, letter.first_reminder, client) if letter.first_reminder else ()
    facts = {"client": client, "email": letter.sender.email}
    law = []
    if letter.step is StepCode.FORMAL_NOTICE:
        law = [" ".join(text(lang, f"letter.{key}", **facts) for key in _law(letter))]
        keys = ["formal_notice_next", *keys]
    return (*free, *law, *(text(lang, f"letter.{key}", **facts) for key in keys))


def _law(letter: StatementLetter) -> list[str]:
    """The sentences of a formal notice about what the law adds, and whether the total has it already."""
    if letter.consumer:
        return ["formal_notice_law_consumer"]
    claimed = any(section.claims for section in letter.sections)
    law = _LAWS.get(letter.country)
    if law is None:
        return ["formal_notice_included" if claimed else "formal_notice_law_other"]
    return [law, "formal_notice_included" if claimed else "formal_notice_left_out"]


def _free_of_charge(letter: StatementLetter, reminder: FirstReminder, client: str) -> tuple[str, ...]:
    """The mentions of art. XIX.2: what for, how much, until when without costs, and what follows then."""
    lang = letter.language
    number = one_line(letter.creditor.enterprise_number)
    number = format_enterprise_number(number) if is_enterprise_number(number) else number
    facts = {
        "client": client,
        "number": number,
        "last_day": day(reminder.last_day, lang, "long"),
        "total": " + ".join(money(one.total, lang) for one in letter.sections if one.total.cents > 0),
        "indemnity": money(reminder.indemnity, lang) if reminder.indemnity else "",
        "supplies": one_line(reminder.supplies),
    }
    then = "indemnity" if reminder.indemnity else "no_indemnity"
    what = "supplied_named" if reminder.supplies else "supplied"
    return tuple(text(lang, f"letter.consumer_{key}", **facts) for key in (what, "free", then))


def _table(letter: StatementLetter, section: Section) -> Table:
    lang = letter.language
    names = ["invoice", "issue", "due", "late", "total", "open"]
    if letter.step is StepCode.COURTESY:
        names.remove("late")
    label, total = _total(section, lang)
    columns = {name: text(lang, f"letter.column_{name}") for name in names}
    if letter.instalment:
        columns = {name: text(lang, f"letter.{key}") for name, key in instalment.HEADS.items()}
    return Table(
        columns=columns,
        rows=(
            *(_invoice_row(letter, line) for line in section.lines),
            *(_claim_row(claim, lang, letter.on) for claim in section.claims),
            *(_credit_row(credit, lang) for credit in section.credits),
        ),
        total_label=label,
        total=total,
    )


def _invoice_row(letter: StatementLetter, line: LetterLine) -> Row:
    lang, about = letter.language, letter.instalment
    counts = letter.step is not StepCode.COURTESY
    issue, total = day(line.issue, lang, "numeric"), money(line.total, lang)
    return Row(
        name=instalment.row_name(about, lang) if about else one_line(line.number),
        issue=issue,
        issued="" if about else text(lang, "letter.issued", day=issue),
        due=day(line.due, lang, "numeric"),
        late=text(lang, "letter.late", n=line.days_late) if counts else "",
        late_by=text(lang, "letter.late_by", n=line.days_late) if counts else "",
        total=total,
        out_of=text(lang, "letter.out_of", total=total) if line.total != line.open else "",
        open=money(line.open, lang),
        notes=(text(lang, "letter.listed_only"),) if letter.is_listed_only(line) else (),
        is_beside=False,
    )


def _claim_row(claim: ClaimSum, lang: str, on: date) -> Row:
    facts = {"n": claim.invoices, "day": day(on, lang, "numeric")}
    if claim.percent is not None:
        facts["percent"] = decimal(claim.percent, lang, places=2)
    return _beside(text(lang, f"letter.claim_{claim.kind}", **facts), "", money(claim.amount, lang))


def _credit_row(credit: CreditLine, lang: str) -> Row:
    number = one_line(credit.number)
    issue = day(credit.on, lang, "numeric") if credit.on else ""
    name = text(lang, "letter.credit_note", number=number) if number else text(lang, "letter.credits")
    issued = text(lang, "letter.issued", day=issue) if issue else ""
    return replace(_beside(name, issue, money(-credit.amount, lang)), issued=issued)


def _beside(name: str, issue: str, amount: str) -> Row:
    """A line that is no invoice."""
    nothing = dict.fromkeys(("issued", "due", "late", "late_by", "total", "out_of"), "")
    return Row(name=name, issue=issue, open=amount, notes=(), is_beside=True, **nothing)


def _total(section: Section, lang: str) -> tuple[str, str]:
    if section.total.cents < 0:
        return text(lang, "letter.total_in_favour"), money(-section.total, lang)
    return text(lang, "letter.total_due"), money(section.total, lang)


def _payment(letter: StatementLetter) -> tuple[tuple[str, str], ...]:
    lang, account = letter.language, letter.account
    facts = {"account": text(lang, "letter.account_on_invoices")}
    if account is not None:
        facts = {"iban": account.grouped_iban, "bic": account.bic, "holder": one_line(account.holder)}
    facts["reference"] = one_line(letter.reference)
    return (
        *(_total(section, lang) for section in letter.sections),
        *((text(lang, f"letter.{key}"), value) for key, value in facts.items() if value),
    )


def _qr(letter: StatementLetter, section: Section) -> segno.QRCode | None:
    if letter.account is None:
        return None
    return payment_qr(letter.account, section.total, letter.reference)


def _qr_alt(letter: StatementLetter, account: BankAccount, total: Money) -> str:
    return text(
        letter.language,
        "letter.qr_alt",
        total=money(total, letter.language),
        holder=one_line(account.holder),
        iban=account.grouped_iban,
        reference=letter.reference,
    )


def _party(party: Party, lang: str) -> tuple[str, ...]:
    number = one_line(party.enterprise_number)
    if is_enterprise_number(number):
        number = format_enterprise_number(number)
    lines = (
        party.name,
        *party.address_lines,
        text(lang, "letter.enterprise_number", number=number) if number else "",
        party.email,
        party.phone,
    )
    return tuple(cleaned for line in lines if (cleaned := one_line(line)))
