"""The facts of a letter to one debtor, from the records as they are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlmodel import Session

from encaiss_dashboard.domain.dunning import StepCode
from encaiss_dashboard.domain.letters import (
    BankAccount,
    CreditLine,
    LetterLine,
    Party,
    Section,
    StatementLetter,
)
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.references import ogm_for_debtor
from encaiss_dashboard.storage import queries


def section(currency: str, lines: Sequence[LetterLine], credit: Money) -> Section | None:
    """The lines of one currency less what the debtor has in credit; None when that leaves nothing.

    A reversed payment can leave less than nothing in credit: that is not asked for here.
    """
    owed = Money.total((line.open for line in lines), currency)
    credits = (CreditLine("", None, credit),) if credit.cents > 0 else ()  # noqa: A001 - the trade's word
    total = owed - credit if credits else owed
    return Section(currency, tuple(lines), credits, total) if total.cents > 0 else None


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
) -> StatementLetter:
    """One letter: ``step`` sets its tone, ``email`` is where it goes, "" on paper."""
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
    )
