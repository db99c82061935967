"""What an administrator knows of a client: told when it is added, and corrected afterwards."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import asdict, dataclass
from typing import Any, Final

from sqlmodel import col, select

from encaiss_dashboard.domain.dunning import PLANS, named_for
from encaiss_dashboard.domain.errors import BadEmail, NotFound, Refusal, Unreadable
from encaiss_dashboard.domain.letters import BankAccount
from encaiss_dashboard.domain.plan_terms import written
from encaiss_dashboard.domain.references import ReferenceUnreadable, is_email, national_enterprise_number
from encaiss_dashboard.domain.terms import Term
from encaiss_dashboard.services import people
from encaiss_dashboard.storage.journal import ActKind
from encaiss_dashboard.storage.plans import PlanVersion
from encaiss_dashboard.storage.queries import known
from encaiss_dashboard.storage.records import Agency, Client
from encaiss_dashboard.work import Work

COUNTRIES: Final = ("BE", "FR")
NAME_LENGTH_MAX: Final = 120
_LANGUAGES: Final = frozenset({"fr", "nl", "en"})
_SLUG_LENGTH_MAX: Final = 40


class ClientUnnamed(Refusal):
    """A client has a name, as it stands on letters."""

    code = "client_unnamed"


class NumberUnreadable(Unreadable):
    """No enterprise number of the client's country; fact ``value``."""

    code = "number_unreadable"


class IbanUnreadable(Unreadable):
    """No account that money could be sent to; fact ``value``."""

    code = "iban_unreadable"


class CopyNowhere(Refusal):
    """Copies are asked for, and the client has no address that they could go to."""

    code = "copy_nowhere"


class NumberTaken(Refusal):
    """Another client has this enterprise number; fact ``client``."""

    code = "number_taken"


@dataclass(frozen=True, slots=True)
class ClientFacts:
    """A client as it is described to the house; :func:`checked` tells what cannot be.

    Attributes:
        name: as it stands on letters.
        enterprise_number: of its country, "" when not known yet.
        email: where it is written to, "" when not known yet.
        language: of its letters by default.
        country: of its debtors by default, BE or FR.
        iban: where its debtors pay, "" when not known yet.
        default_term: its usual payment term, a code or in words.
        copied: whether its own address gets a copy of every e-mail to a debtor.
    """

    name: str
    enterprise_number: str = ""
    email: str = ""
    language: str = "fr"
    country: str = "BE"
    iban: str = ""
    default_term: str = "NET_30"
    copied: bool = False


def checked(facts: ClientFacts) -> ClientFacts:
    """The same facts as they are kept: numbers with their check digits verified, terms as codes.

    Raises:
        ClientUnnamed, NumberUnreadable, BadEmail, CopyNowhere, IbanUnreadable, TermUnreadable,
            Unreadable: the first that cannot be.
    """
    name = " ".join(facts.name.split())
    if not name:
        raise ClientUnnamed
    if len(name) > NAME_LENGTH_MAX or facts.language not in _LANGUAGES or facts.country not in COUNTRIES:
        raise Unreadable(value=name[:40])
    email = facts.email.strip()
    if email and not is_email(email):
        raise BadEmail(value=email[:80])
    if facts.copied and not email:
        raise CopyNowhere
    return ClientFacts(
        name=name,
        enterprise_number=_number(facts.enterprise_number.strip(), facts.country),
        email=email,
        language=facts.language,
        country=facts.country,
        iban=_iban(facts.iban.strip(), name),
        default_term=Term.parse(facts.default_term.strip()[:40]).code,
        copied=facts.copied,
    )


def _number(text: str, country: str) -> str:
    try:
        return national_enterprise_number(text, country) if text else ""
    except ReferenceUnreadable as error:
        raise NumberUnreadable(value=text[:40]) from error


def _iban(text: str, holder: str) -> str:
    try:
        return BankAccount(text, "", holder).iban if text else ""
    except ValueError as error:
        raise IbanUnreadable(value=text[:50]) from error


def add(work: Work, client_id: int | None, facts: ClientFacts) -> int:  # noqa: ARG001
    """A new client of the agency; its name on the command line follows from its name. Returns its id.

    It begins with the plan that the house advises in its country, as version 1.

    Raises:
        NotAllowed: anybody but an administrator and the house.
        NumberTaken: another client has its enterprise number.
        ClientUnnamed, NumberUnreadable, BadEmail, CopyNowhere, IbanUnreadable, TermUnreadable,
            Unreadable: see :func:`checked`.
    """
    work.require_agency()
    kept = checked(facts)
    # Locked, so that two who add at once do not choose the same slug.
    work.session.exec(select(Agency).with_for_update()).first()
    _alone(work, kept, None)
    client = known(people.add_client(work, _slug(work, kept.name), **asdict(kept)).id)
    advised = PLANS[named_for(kept.country, consumer=False)]
    begins = PlanVersion(
        client_id=client, version=1, terms=written(advised), user_id=work.actor.user_id, at=work.now
    )
    work.session.add(begins)
    return client


def describe(work: Work, client_id: int | None, chosen_id: int) -> ClientFacts:  # noqa: ARG001
    """What is known of a client.

    Raises:
        NotAllowed: anybody but an administrator and the house.
        NotFound: no such client.
    """
    work.require_agency()
    client = _client(work, chosen_id)
    return ClientFacts(**{name: getattr(client, name) for name in ClientFacts.__dataclass_fields__})


def change(work: Work, client_id: int | None, chosen_id: int, facts: ClientFacts) -> bool:  # noqa: ARG001
    """Correct what is known of a client, in its journal with what was before; whether anything changed.

    Raises:
        NotFound: no such client.
        NotAllowed, NumberTaken, and what :func:`checked` raises: as :func:`add`.
    """
    work.require_agency()
    client, kept = _client(work, chosen_id), checked(facts)
    _alone(work, kept, chosen_id)
    changes: dict[str, Any] = {
        name: {"before": getattr(client, name), "after": value}
        for name, value in asdict(kept).items()
        if getattr(client, name) != value
    }
    if changes:
        client.sqlmodel_update(asdict(kept))
        work.journal.record(
            ActKind.CLIENT_CHANGED, day=work.today, client_id=chosen_id, facts={"changes": changes}
        )
    return bool(changes)


def _client(work: Work, chosen_id: int) -> Client:
    found = work.session.get(Client, chosen_id)
    if found is None:
        raise NotFound
    return found


def _alone(work: Work, facts: ClientFacts, chosen_id: int | None) -> None:
    """One enterprise is one client: added twice, its debtors would be written to twice."""
    digits = _digits(facts.enterprise_number)
    others = work.session.exec(select(Client.id, Client.name, Client.enterprise_number))
    for key, name, number in others:
        if digits and key != chosen_id and _digits(number) == digits:
            raise NumberTaken(client=name)


def _digits(number: str) -> str:
    return "".join(letter for letter in number if letter.isdigit())


def _slug(work: Work, name: str) -> str:
    """A free name for the command line: ``menuiserie-exemple-srl``, then ``…-2``."""
    plain = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    wanted = "-".join(re.findall(r"[a-z0-9]+", plain))[:_SLUG_LENGTH_MAX].strip("-") or "client"
    taken = set(work.session.exec(select(Client.slug).where(col(Client.slug).startswith(wanted))))
    number = 1
    while (slug := wanted if number == 1 else f"{wanted}-{number}") in taken:
        number += 1
    return slug
