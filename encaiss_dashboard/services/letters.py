"""A statement of account that the client takes away; nothing is sent and no step is taken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from encaiss_dashboard.domain.dunning import StepCode
from encaiss_dashboard.domain.errors import NotFound
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.storage import letters, merges, queries
from encaiss_dashboard.storage.prospects import prospects
from encaiss_dashboard.work import Work

_ID_MAX: Final = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Statement:
    """A letter as a file ready to be taken away."""

    name: str
    mime: str
    content: bytes


def statement_pdf(work: Work, client_id: int | None, debtor_id: int) -> Statement:
    """All that is past due today in one letter, in the debtor's language and the tone of a first one.

    A later tone would claim that this letter follows others, and a formal notice would set a new
    deadline; only the nightly run may do either.

    Raises:
        NotFound: not one of this client's debtors, or nothing is past due after its credits.
    """
    client = work.require(Action.VIEW, client_id)
    if not 0 < debtor_id <= _ID_MAX:
        raise NotFound
    debtor_id = merges.kept(work.session, client, debtor_id)
    debtor = queries.debtor(work.session, client, debtor_id)
    sections = letters.foreseen(prospects(work.session, client, work.today, [debtor_id])[debtor_id])
    if not sections:
        raise NotFound
    letter = letters.statement_letter(
        work.session,
        client,
        debtor_id,
        sections,
        step=StepCode.STATEMENT_1,
        language=debtor.language,
        on=work.today,
        email=queries.addresses(work.session, client).get(debtor_id, ""),
        logo=letters.logo(work.session, client, work.store.load),
    )
    name = f"statement-{debtor_id}-{work.today}.pdf"
    return Statement(name, "application/pdf", work.letters.statement_pdf(letter))
