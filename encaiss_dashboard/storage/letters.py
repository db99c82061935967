"""The facts of a letter to one debtor, from the records as they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date

from sqlalchemy import case, func
from sqlmodel import Session, col, select

from encaiss_dashboard.domain import windows
from encaiss_dashboard.domain.claims import ClaimKind, ClaimLine
from encaiss_dashboard.domain.dunning import InstalmentNotice, OpenInvoice, Planned, StepCode
from encaiss_dashboard.domain.invoices import Kind
from encaiss_dashboard.domain.letter_texts import THE_HOUSES, Texts
from encaiss_dashboard.domain.letters import (
    BankAccount,
    ClaimSum,
    CreditLine,
    FirstReminder,
    LetterLine,
    Logo,
    Party,
    Section,
    StatementLetter,
)
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.references import ogm_for_debtor
from encaiss_dashboard.storage import logos, queries, records, texts
from encaiss_dashboard.storage.prospects import Prospect


def section(
    currency: str, lines: Sequence[LetterLine], credit: Money, claims: Sequence[ClaimLine] = ()
) -> Section | None:
    """The lines of one currency less what the debtor has in credit; None when that leaves nothing.

    What is claimed besides is added to it, and never asked for alone.

    A reversed payment can leave less than nothing in credit: that is not asked for here.
    """
    owed = Money.total((line.open for line in lines), currency)
    credits = (CreditLine("", None, credit),) if credit.cents > 0 else ()  # noqa: A001 - the trade's word
    total = owed - credit if credits else owed
    if total.cents <= 0:
        return None
    sums = tuple(_sums(currency, claims))
    asked = total + Money.total((one.amount for one in sums), currency)
    return Section(currency, tuple(lines), credits, asked, sums)


def planned_sections(planned: Planned) -> list[Section]:
    """What a planned statement asks for, without what is claimed besides."""
    lines: dict[str, list[LetterLine]] = {}
    for line in planned.lines:
        invoice = line.invoice
        lines.setdefault(line.open.currency, []).append(
            LetterLine(
                number=invoice.number,
                issue=invoice.issue,
                due=invoice.due,
                total=invoice.total,
                open=line.open,
                days_late=line.days_late,
                step=line.step,
            )
        )
    credit = {amount.currency: amount for amount in planned.credits}
    made = (section(key, mine, credit.get(key, Money(0, key))) for key, mine in lines.items())
    return [one for one in made if one is not None]


def instalment_section(planned: Planned) -> Section:
    """What the message before an instalment asks for: that instalment, less what is in credit.

    Its one line is the instalment, numbered by its place in the plan.
    """
    about = planned.instalment
    assert about is not None
    [(currency, total)] = planned.totals.items()
    line = LetterLine(about.place, about.agreed_on, about.due, about.agreed, about.lacking, 0)
    return Section(currency, (line,), tuple(CreditLine("", None, one) for one in planned.credits), total)


def _sums(currency: str, claims: Sequence[ClaimLine]) -> Iterator[ClaimSum]:
    for kind in ClaimKind:
        mine = [one for one in claims if one.kind is kind and one.amount.currency == currency]
        if mine:
            rates = [one.periods[-1].rate.percent for one in mine if one.periods]
            amount = Money.total((one.amount for one in mine), currency)
            yield ClaimSum(kind, amount, len(mine), max(rates, default=None))


def logo(session: Session, client_id: int, load: Callable[[str], bytes]) -> Logo | None:
    """The client's logo, its picture loaded from the store; None when it has none, or it is lost there."""
    row = logos.latest(session, client_id)
    if row is None:
        return None
    try:
        return Logo(load(logos.store_key(queries.known(row.id))), row.width, row.height)
    except FileNotFoundError:  # a night that sends no letter at all would be worse than one without a logo
        return None


def foreseen(seen: Prospect, step: StepCode | None = None) -> list[Section]:
    """All that a letter of a step would list today: what is past due, or in a courtesy what is in time.

    Nobody is asked for what was stopped.

    Without a step no line takes one: nothing follows from such a letter.
    """
    courteous = step is StepCode.COURTESY
    credit = {amount.currency: amount for amount in seen.credit}
    lines: dict[str, list[LetterLine]] = {}
    for item in sorted(seen.invoices, key=lambda i: (i.invoice.due, i.invoice.issue, i.invoice.id)):
        if item.stop is None and (item.invoice.due >= seen.on) == courteous:
            lines.setdefault(item.open.currency, []).append(_line(item, seen, step))
    sections = (section(key, mine, credit.get(key, Money(0, key))) for key, mine in lines.items())
    return [one for one in sections if one is not None]


def _line(item: OpenInvoice, seen: Prospect, step: StepCode | None) -> LetterLine:
    invoice = item.invoice
    return LetterLine(
        number=invoice.number,
        issue=invoice.issue,
        due=invoice.due,
        total=invoice.total,
        open=item.open,
        days_late=invoice.days_late(seen.on),
        step=step.value if step else None,
    )


def owing_most(session: Session, client_id: int, on: date, count: int, *, late: bool) -> list[int]:
    """Ids of the debtors that owe most past due on a day, or in time; what is in euro decides."""
    invoice, allocation = records.Invoice, records.Allocation
    settled = (
        select(col(allocation.invoice_id), func.sum(allocation.amount_cents).label("cents"))
        .where(allocation.client_id == client_id, col(allocation.on) <= on)
        .group_by(col(allocation.invoice_id))
        .subquery()
    )
    left = col(invoice.total_cents) - func.coalesce(settled.c.cents, 0)
    euro = func.sum(case((col(invoice.currency) == "EUR", left), else_=0))
    query = (
        select(invoice.debtor_id)
        .outerjoin(settled, settled.c.invoice_id == col(invoice.id))
        .where(
            invoice.client_id == client_id,
            invoice.kind == Kind.INVOICE.value,
            col(invoice.issue) <= on,
            left > 0,
            col(invoice.due) < on if late else col(invoice.due) >= on,
        )
        .group_by(col(invoice.debtor_id))
        .order_by(euro.desc(), func.sum(left).desc(), col(invoice.debtor_id))
        .limit(count)
    )
    return list(session.exec(query))


def statement_letter(
    session: Session,
    client_id: int,
    debtor_id: int,
    sections: Sequence[Section],
    *,
    step: StepCode,
    language: str,
    on: date,
    email: str,
    logo: Logo | None = None,
    said: Texts | None = None,
    first_reminder: FirstReminder | None = None,
    consumer: bool = False,
    instalment: InstalmentNotice | None = None,
) -> StatementLetter:
    """One letter: ``step`` sets its tone, ``email`` is where it goes, "" on paper.

    In the client's own words of today where it has any, or in others that it tries; the message before an
    instalment is in the house's: the client's are about due dates of invoices.
    """
    own = said or (THE_HOUSES if instalment else texts.in_force(session, client_id, step, language))
    client, agency = queries.client(session, client_id), queries.agency(session)
    debtor = queries.debtor(session, client_id, debtor_id)
    where = " ".join(part for part in (debtor.postcode, debtor.city) if part)
    return StatementLetter(
        step=step,
        language=language,
        on=on,
        sender=Party(
            agency.name,
            agency.enterprise_number,
            tuple(agency.address.splitlines()),
            agency.email,
            agency.phone,
        ),
        creditor=Party(
            client.name,
            client.enterprise_number,
            tuple(client.address.splitlines()),
            client.email,
            client.phone,
        ),
        debtor=Party(
            debtor.name,
            debtor.enterprise_number,
            tuple(part for part in (debtor.address, where) if part),
            email,
        ),
        country=debtor.country,
        account=BankAccount(client.iban, client.bic, client.name) if client.iban else None,
        sections=tuple(sections),
        reference=ogm_for_debtor(debtor_id),
        first_reminder=first_reminder,
        consumer=consumer,
        texts=own,
        instalment=instalment,
        logo=logo,
        window=agency.envelope if agency.envelope in windows.WINDOWS else windows.DEFAULT,
    )
