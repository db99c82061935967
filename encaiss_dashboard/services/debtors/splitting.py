"""One debtor that turned out to be two: chosen invoices become a new one's, with the money that paid them."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlmodel import col, func, select

from encaiss_dashboard.domain.delegation import DelegationStatus
from encaiss_dashboard.domain.errors import BadEmail, ChangedMeanwhile, NotFound, Refusal, Unreadable
from encaiss_dashboard.domain.identity import match_key, number_key
from encaiss_dashboard.domain.invoices import Kind
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.domain.references import ReferenceUnreadable, is_email, national_enterprise_number
from encaiss_dashboard.services.debtors import moving
from encaiss_dashboard.services.debtors.history import OTHER
from encaiss_dashboard.services.debtors.moving import Obstacle, Share, debtor_of
from encaiss_dashboard.storage import lists, merges, queries, records
from encaiss_dashboard.storage.journal import ActKind
from encaiss_dashboard.storage.lists import InvoiceFilter, InvoiceLine
from encaiss_dashboard.storage.prospects import prospects
from encaiss_dashboard.work import Work

LISTED_MAX: Final = 100
CHOSEN_MAX: Final = 5000
NAME_LENGTH_MAX: Final = 120
_NUMBER_LENGTH_MAX: Final = 40
_WORDS_LENGTH_MAX: Final = 100


class NothingChosen(Refusal):
    """No invoice was chosen."""

    code = "nothing_chosen"


class DebtorUnnamed(Refusal):
    """A debtor has a name, as it stands on letters."""

    code = "debtor_unnamed"


class DebtorThere(Refusal):
    """There is a debtor of this name and number already; fact ``value``."""

    code = "debtor_there"


class EnterpriseUnreadable(Unreadable):
    """No enterprise number of the debtor's country; fact ``value``."""

    code = "number_unreadable"


@dataclass(frozen=True, slots=True)
class NewDebtor:
    """Who the new one is; all but the name may be "".

    Attributes:
        number: the client's own.
        enterprise_number: of its country.
        email: where it is written to, "" by post.
    """

    name: str
    number: str = ""
    enterprise_number: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Documents:
    """A debtor's invoices and credit notes to choose from.

    Attributes:
        lines: the newest of those that the words find, at most ``LISTED_MAX``.
        found: how many they find.
    """

    lines: tuple[InvoiceLine, ...]
    found: int


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What splitting a debtor would do.

    Attributes:
        status: whether the agency acts for the debtor that is split; nobody acts for a new one.
        invoices, credit_notes, payments: how many go to the new one.
        along: of the credit notes, how many go because they settle or name an invoice that does.
        moves, stays: what is open of what goes, and of what stays, by currency.
        reminded: how many of the invoices that go were reminded; those steps stay taken.
        blocked: what has to be over first; with any of it nothing is split.
    """

    debtor_id: int
    name: str
    status: DelegationStatus
    invoices: int
    credit_notes: int
    payments: int
    along: int
    moves: tuple[Money, ...]
    stays: tuple[Money, ...]
    reminded: int
    blocked: tuple[Obstacle, ...]

    @property
    def mark(self) -> str:
        """A digest of all that is foreseen, to notice that it changed between seeing and doing."""
        return hashlib.sha256(repr(self).encode()).hexdigest()


def documents(work: Work, client_id: int | None, debtor_id: int, words: str) -> Documents:
    """What a debtor was ever invoiced or credited, the newest first, by part of a number.

    Raises:
        NotAllowed: no right to split this client's debtors.
        NotFound: not one of this client's debtors.
    """
    client = work.require(Action.MERGE, client_id)
    key = queries.known(debtor_of(work.session, client, debtor_id).id)
    wanted = InvoiceFilter(
        on=_last_issue(work, key), text=words.strip()[:_WORDS_LENGTH_MAX], show="all", debtor_id=key
    )
    found, _ = lists.count_invoices(work.session, client, wanted)
    lines = lists.invoice_lines(work.session, client, wanted, sort="issue", descending=True, limit=LISTED_MAX)
    return Documents(tuple(lines), found)


def _last_issue(work: Work, debtor_id: int) -> date:
    """Today, or the day of an invoice dated ahead: it has to be there to be chosen as well."""
    invoice = records.Invoice
    last = work.session.exec(select(func.max(invoice.issue)).where(invoice.debtor_id == debtor_id)).one()
    return max(work.today, last or work.today)


def foresee(work: Work, client_id: int | None, debtor_id: int, invoice_ids: Sequence[int]) -> Foreseen:
    """What giving these invoices and credit notes to a new debtor would do; changes nothing.

    Raises:
        NotAllowed: no right to split this client's debtors.
        NotFound: not one of this client's debtors, or a document that is not this debtor's.
        Unreadable: more documents than anybody chooses.
    """
    client = work.require(Action.MERGE, client_id)
    debtor = debtor_of(work.session, client, debtor_id)
    chosen = _chosen(work, debtor_id, invoice_ids)
    goes = moving.share(work.session, work.actor.language, debtor_id, chosen, strict=True)
    invoices = _invoices(work, debtor_id, goes.documents)
    every = moving.open_by_currency(work.session, client, debtor_id, work.today)
    moves = moving.open_by_currency(work.session, client, debtor_id, work.today, goes.documents)
    return Foreseen(
        debtor_id=debtor_id,
        name=debtor.name,
        status=prospects(work.session, client, work.today, [debtor_id])[debtor_id].status,
        invoices=len(invoices),
        credit_notes=len(goes.documents) - len(invoices),
        payments=len(goes.payments),
        along=len(goes.documents - chosen),
        moves=moves,
        stays=_less(every, moves),
        reminded=len(queries.steps_done(work.session, client, [debtor_id]).keys() & invoices),
        blocked=tuple(_blocked(work, client, debtor_id, goes)),
    )


def _chosen(work: Work, debtor_id: int, invoice_ids: Sequence[int]) -> frozenset[int]:
    chosen = frozenset(invoice_ids)
    if len(chosen) > CHOSEN_MAX:
        raise Unreadable(value=str(len(chosen)))
    if any(not 0 < key <= moving.ID_MAX for key in chosen):
        raise NotFound
    if moving.held(work.session, records.Invoice, chosen, debtor_id) != chosen:
        raise NotFound
    return chosen


def _invoices(work: Work, debtor_id: int, documents: Collection[int]) -> set[int]:
    invoice = records.Invoice
    query = select(invoice.id).where(invoice.debtor_id == debtor_id, invoice.kind == Kind.INVOICE.value)
    return {queries.known(key) for key in work.session.exec(query)} & set(documents)


def _less(every: Sequence[Money], some: Sequence[Money]) -> tuple[Money, ...]:
    gone = {amount.currency: amount for amount in some}
    left = [amount - gone.get(amount.currency, Money(0, amount.currency)) for amount in every]
    return tuple(amount for amount in left if amount.cents)


def _blocked(work: Work, client_id: int, debtor_id: int, goes: Share) -> list[Obstacle]:
    away = merges.kept(work.session, client_id, debtor_id) != debtor_id
    names = merges.names(work.session, client_id, {debtor_id})
    return [
        *([Obstacle("merged", 1, tuple(names.values()))] if away else []),
        *moving.erased_among(work.session, [debtor_id]),
        *moving.on_their_way(work.session, [debtor_id]),
        *moving.torn(goes),
    ]


def split(
    work: Work,
    client_id: int | None,
    debtor_id: int,
    invoice_ids: Sequence[int],
    facts: NewDebtor,
    *,
    seen: str,
) -> int:
    """Give chosen invoices and credit notes to a new debtor; returns its id.

    Payments and credit notes go with the invoices they settle. Nobody acts for the new debtor until the
    client delegates it; steps taken stay taken. Merging the two again undoes it.

    Args:
        work: of the person who decides.
        client_id: whose debtor it is.
        debtor_id: the one that is split.
        invoice_ids: what the new one is to have.
        facts: who the new one is.
        seen: :attr:`Foreseen.mark` of what the person was shown.

    Raises:
        NotAllowed, NotFound, Unreadable: as :func:`foresee`.
        NothingChosen, DebtorUnnamed, DebtorThere, EnterpriseUnreadable, BadEmail: what has to be mended.
        Blocked: with what stands in the way.
        ChangedMeanwhile: something came or went since it was shown; nothing was done.
    """
    client = work.require(Action.MERGE, client_id)
    work.session.get(records.Client, client, with_for_update=True)
    if not invoice_ids:
        raise NothingChosen
    plan = foresee(work, client, debtor_id, invoice_ids)
    moving.refuse_if(plan.blocked, work.actor.language)
    if plan.mark != seen:
        raise ChangedMeanwhile
    source = debtor_of(work.session, client, debtor_id)
    new_id = _new(work, source, _checked(facts, source.country))
    goes = moving.share(work.session, work.actor.language, debtor_id, frozenset(invoice_ids), strict=True)
    documents = moving.move(work.session, records.Invoice, goes.documents, debtor_id, new_id)
    moving.move(work.session, records.Payment, goes.payments, debtor_id, new_id)
    counts = {"documents": plan.invoices + plan.credit_notes, "payments": plan.payments}
    for whose, other in ((debtor_id, new_id), (new_id, debtor_id)):
        work.journal.record(
            ActKind.SPLIT,
            day=work.today,
            client_id=client,
            debtor_id=whose,
            facts={
                OTHER: other,
                "kept": whose == debtor_id,
                "moved": counts,
                "numbers": _numbers(work, documents),
            },
            shown=_shown(plan),
        )
    return new_id


def _new(work: Work, source: records.Debtor, facts: NewDebtor) -> int:
    """A debtor with the country, language and term of another one."""
    key = match_key(facts.name, facts.enterprise_number, facts.number)
    debtor, alias = records.Debtor, records.DebtorAlias
    mine = (debtor.client_id == source.client_id, debtor.match_key == key)
    if work.session.exec(select(debtor.id).where(*mine)).first() is not None:
        raise DebtorThere(value=facts.name)
    row = debtor(
        client_id=source.client_id,
        name=facts.name,
        match_key=key,
        number=facts.number,
        enterprise_number=facts.enterprise_number,
        country=source.country,
        language=source.language,
        term=source.term,
        created_at=work.now,
    )
    work.session.add(row)
    work.session.flush()
    new_id = queries.known(row.id)
    # Somebody once answered that this name means the other one: it does no longer.
    answered = select(alias).where(alias.client_id == source.client_id, alias.key == key)
    for answer in work.session.exec(answered):
        answer.debtor_id = new_id
    if facts.email:
        work.session.add(
            records.Contact(
                client_id=source.client_id, debtor_id=new_id, email=facts.email, created_at=work.now
            )
        )
    return new_id


def _checked(facts: NewDebtor, country: str) -> NewDebtor:
    """The same facts as they are kept."""
    name, number, email = " ".join(facts.name.split()), facts.number.strip(), facts.email.strip()
    if not name:
        raise DebtorUnnamed
    if "\x00" in name or len(name) > NAME_LENGTH_MAX:
        raise Unreadable(value=name[:40])
    if "\x00" in number or len(number) > _NUMBER_LENGTH_MAX or number_key(number) != number:
        raise Unreadable(value=number[:40])
    if email and not is_email(email):
        raise BadEmail(value=email[:80])
    return NewDebtor(name, number, _enterprise(facts.enterprise_number.strip(), country), email)


def _enterprise(typed: str, country: str) -> str:
    """An enterprise number as it is printed; the check digits of other countries are not known here."""
    if not typed or (
        country not in {"BE", "FR"} and typed.isprintable() and len(typed) <= _NUMBER_LENGTH_MAX
    ):
        return typed
    try:
        return national_enterprise_number(typed, country)
    except ReferenceUnreadable as error:
        raise EnterpriseUnreadable(value=typed[:40]) from error


def _numbers(work: Work, documents: Sequence[int]) -> list[str]:
    """The first of them: an act is read by people."""
    invoice = records.Invoice
    query = select(invoice.number).where(col(invoice.id).in_(list(documents)[: moving.NAMED_MAX]))
    return sorted(work.session.exec(query))


def _shown(plan: Foreseen) -> dict[str, Any]:
    return {
        "invoices": plan.invoices,
        "credit_notes": plan.credit_notes,
        "payments": plan.payments,
        "moves": {amount.currency: amount.cents for amount in plan.moves},
        "stays": {amount.currency: amount.cents for amount in plan.stays},
        "reminded": plan.reminded,
        "delegation": plan.status.state.value,
    }
