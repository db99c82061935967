"""How a debtor is reached, in which language, and by when it pays: corrected by hand."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from sqlmodel import select

from encaiss_dashboard.domain.errors import BadEmail, NotFound, Refusal, Unreadable
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.domain.references import is_email
from encaiss_dashboard.domain.routes import TOGETHER
from encaiss_dashboard.domain.short_texts import phone_number
from encaiss_dashboard.domain.terms import Term
from encaiss_dashboard.locales import LETTER_LANGUAGES
from encaiss_dashboard.storage import merges, personal, queries, records
from encaiss_dashboard.storage.journal import ActKind
from encaiss_dashboard.work import Work

ADDRESSES_MAX: Final = 5
_LANGUAGES: Final = frozenset(LETTER_LANGUAGES)
_ID_MAX: Final = 2**31 - 1
_SHOWN_MAX: Final = 80


class TooManyAddresses(Refusal):
    """More addresses than one message goes to; fact ``n``: how many are kept."""

    code = "too_many_addresses"


class BadPhone(Refusal):
    """No telephone number; fact ``value``."""

    code = "bad_phone"


def edit(
    work: Work,
    client_id: int | None,
    debtor_id: int,
    *,
    email: str,
    language: str,
    term: str,
    phone: str | None = None,
) -> None:
    """Change how a debtor is reached and its usual payment term (for invoices still to come).

    Args:
        work: of the person who corrects.
        client_id: whose debtor it is.
        debtor_id: the debtor.
        email: addresses with commas, semicolons or spaces between them, at most five; every message goes
            to all of them. Without any, letters go by post.
        language: ``fr``, ``nl`` or ``en``.
        term: in words or a code, "" for the client's own.
        phone: where texts go, as its country writes it; "" for none, None leaves it.

    Raises:
        BadEmail, TooManyAddresses: not addresses, or too many.
        BadPhone: not a telephone number.
        TermUnreadable: not a payment term.
        Unreadable: no such language.
    """
    client = work.require(Action.UPLOAD, client_id)
    debtor = _debtor(work, client, debtor_id)
    debtor_id = queries.known(debtor.id)
    addresses = _addresses(email)
    if language not in _LANGUAGES:
        raise Unreadable(value=language[:40])
    present = queries.emails(work.session, client, [debtor_id]).get(debtor_id, ())
    if set(addresses) == set(present):
        addresses = present
    before = {
        "email": TOGETHER.join(present),
        "language": debtor.language,
        "term": debtor.term,
        "phone": debtor.phone,
    }
    after = {
        "email": TOGETHER.join(addresses),
        "language": language,
        "term": Term.parse(term).code if term.strip() else "",
        "phone": debtor.phone if phone is None else _phone(phone, debtor.country),
    }
    changed = [name for name in before if before[name] != after[name]]
    if not changed:
        return
    debtor.language, debtor.term, debtor.phone = after["language"], after["term"], after["phone"]
    if "email" in changed:
        _replace_addresses(work, client, debtor_id, addresses)
    work.journal.record(
        ActKind.CORRECTED,
        day=work.today,
        client_id=client,
        debtor_id=debtor_id,
        facts={
            "before": {name: before[name] for name in changed},
            "after": {name: after[name] for name in changed},
            "by": work.actor.name,
        },
    )


def _debtor(work: Work, client_id: int, debtor_id: int) -> records.Debtor:
    # A merge at the same moment would leave what is written here with the debtor that has nothing any more.
    work.session.get(records.Client, client_id, with_for_update=True)
    if not 0 < debtor_id <= _ID_MAX:  # more than a key can be: the database would break on it
        raise NotFound
    kept = merges.kept(work.session, client_id, debtor_id)
    if personal.erased(work.session, kept):
        raise NotFound  # nothing personal may come back to who was forgotten
    return queries.debtor(work.session, client_id, kept)


def _addresses(text: str) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(text.replace(",", " ").replace(";", " ").split()))
    for address in found:
        if not is_email(address):
            raise BadEmail(value=address[:_SHOWN_MAX])
    if len(found) > ADDRESSES_MAX:
        raise TooManyAddresses(n=str(ADDRESSES_MAX))
    return found


def _phone(text: str, country: str) -> str:
    try:
        return phone_number(text.strip(), country)
    except ValueError as error:
        raise BadPhone(value=text[:40]) from error


def _replace_addresses(work: Work, client_id: int, debtor_id: int, addresses: Collection[str]) -> None:
    """These in place of all others; of those, what came by a merge is kept where it came from."""
    came = merges.came(work.session, client_id, "contact")
    mine = select(records.Contact).where(
        records.Contact.client_id == client_id, records.Contact.debtor_id == debtor_id
    )
    stays = set()
    for contact in work.session.exec(mine):
        through = came.get(queries.known(contact.id))
        if contact.email in addresses:
            stays.add(contact.email)
        elif through:
            contact.debtor_id = through[0]
        else:
            work.session.delete(contact)
    work.session.flush()
    for address in addresses:
        if address not in stays:
            contact = records.Contact(
                client_id=client_id, debtor_id=debtor_id, email=address, created_at=work.now
            )
            work.session.add(contact)
