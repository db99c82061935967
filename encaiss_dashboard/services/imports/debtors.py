"""Which debtor a row of a file means: known, new, or for its owner to say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

import polars as pl
from sqlalchemy import insert, update
from sqlmodel import col, select

from encaiss_dashboard.domain.matching import Names, name_key
from encaiss_dashboard.storage import bulk, queries, records
from encaiss_dashboard.work import Work

Reason = Literal["name", "email"]

_LANGUAGES: Final = frozenset({"fr", "nl", "en"})
_FILLED_IN: Final = ("number", "enterprise_number", "endpoint", "iban", "address", "postcode", "city")
_COLUMNS: Final = ("name", "match_key", *_FILLED_IN, "country", "language", "term")
_ENTERPRISE_DIGITS_MIN: Final = 8
_BELGIAN_SCHEMES: Final = ("0208:", "9925:")
NEW: Final = 0
"""The answer that a doubtful debtor is none of those that look like it."""


class Identity(NamedTuple):
    """What the rows of one debtor in a file say about it; all texts, "" for what they do not say.

    Attributes:
        line: where it stands first.
        rows: how many rows name it so.
    """

    debtor: str
    debtor_number: str
    vat_number: str
    endpoint: str
    email: str
    address: str
    postcode: str
    city: str
    country: str
    language: str
    iban: str
    line: int
    rows: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """A debtor of the client that a doubtful one may be.

    Attributes:
        debtor_id: whose row it is.
        name: as the client knows it.
        detail: what tells it from others: its numbers, its town.
        likeness: of the two names, 0 to 100.
        reason: what they share: nearly the name, or the e-mail address.
    """

    debtor_id: int
    name: str
    detail: str
    likeness: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class Doubt:
    """A debtor of the file that may be one the client has: never decided silently.

    Attributes:
        key: what the answer is kept under.
        name: as the file has it.
        detail: what else the file says of it.
        rows: how many rows name it.
        candidates: the likeliest first.
        answer: id of the debtor that it is, ``NEW``, or None while nobody has said.
    """

    key: str
    name: str
    detail: str
    rows: int
    candidates: tuple[Candidate, ...]
    answer: int | None


@dataclass(slots=True, eq=False)
class Party:
    """A debtor as a file means it: one the client has, or one that importing adds.

    Attributes:
        id: of its row, None while it has none.
        told: what its row says, or will say, by column.
        number, enterprise_number, endpoint: what identifies it, as compared; learnt from the file if need be.
        identities: what the file says about it, in the order of the file.
        doubt: whether it must be asked for first.
        learnt: keys of names that somebody answered to mean it.
    """

    id: int | None
    told: dict[str, str]
    number: str
    enterprise_number: str
    endpoint: str
    identities: list[Identity] = field(default_factory=list)
    doubt: Doubt | None = None
    learnt: list[str] = field(default_factory=list)

    @property
    def is_new(self) -> bool:
        """Whether the client does not have it yet."""
        return self.id is None


class Debtors:
    """The client's debtors by what a file can name them by.

    In this order: enterprise or VAT number, Peppol address, the client's own number, what somebody
    answered before, name, e-mail address. Nothing is written before :meth:`keep`.

    Attributes:
        doubts: debtors of the file that may be known ones, with the answers given so far.
    """

    def __init__(
        self, work: Work, client_id: int, answers: Mapping[str, int], *, otherwise_new: bool
    ) -> None:
        """Read the client's debtors; ``answers`` are by the key of a :class:`Doubt`."""
        self._work = work
        self._client = queries.client(work.session, client_id)
        self._answers, self._otherwise_new = answers, otherwise_new
        self.doubts: list[Doubt] = []
        self._by_enterprise: dict[str, Party] = {}
        self._by_endpoint: dict[str, Party] = {}
        self._by_number: dict[str, Party] = {}
        self._by_match: dict[str, Party] = {}
        self._by_name: dict[str, list[Party]] = defaultdict(list)
        self._by_email: dict[str, list[Party]] = defaultdict(list)
        self._parties: dict[int, Party] = {}
        gone = self._merged_away()
        query = select(records.Debtor.id, *(col(getattr(records.Debtor, name)) for name in _COLUMNS))
        for key, *values in work.session.execute(query.where(records.Debtor.client_id == client_id)):
            if key in gone:
                continue
            told = dict(zip(_COLUMNS, values, strict=True))
            enterprise = enterprise_key(told["enterprise_number"]) or _enterprise_of(told["endpoint"])
            self._parties[key] = party = Party(key, told, told["number"], enterprise, told["endpoint"])
            self._index(party)
        self._names = Names((key, party.told["name"]) for key, party in self._parties.items())
        self._read_answers()

    def _merged_away(self) -> set[int]:
        merge = records.DebtorMerge
        query = select(merge.debtor_id).where(
            merge.client_id == self._client.id, col(merge.undone_at).is_(None)
        )
        return set(self._work.session.exec(query))

    def _read_answers(self) -> None:
        alias, contact = records.DebtorAlias, records.Contact
        session, client = self._work.session, self._client.id
        for named, debtor_id in session.exec(
            select(alias.key, alias.debtor_id).where(alias.client_id == client)
        ):
            if debtor_id in self._parties:
                self._by_match.setdefault(named, self._parties[debtor_id])
        for email, debtor_id in session.exec(
            select(contact.email, contact.debtor_id).where(contact.client_id == client)
        ):
            if debtor_id in self._parties:
                self._by_email[email.casefold()].append(self._parties[debtor_id])

    def _index(self, party: Party) -> None:
        self._by_match[party.told["match_key"]] = party
        self._by_name[_name(party.told["name"])].append(party)
        self._identify(party)

    def _identify(self, party: Party) -> None:
        if party.enterprise_number:
            self._by_enterprise.setdefault(party.enterprise_number, party)
        if party.endpoint:
            self._by_endpoint.setdefault(party.endpoint, party)
        if party.number:
            self._by_number.setdefault(party.number, party)

    def sort(self, identities: Sequence[Identity]) -> list[Party]:
        """The party that each identity means, in the same order.

        Those with an enterprise number go first, then those with another number: whatever the order
        of a file, a bare name cannot draw two companies together.
        """
        places = sorted(range(len(identities)), key=lambda place: _rank(identities[place]))
        meant: dict[int, Party] = {place: self._of(identities[place]) for place in places}
        for place, identity in enumerate(identities):
            meant[place].identities.append(identity)
        return [meant[place] for place in range(len(identities))]

    def _of(self, said: Identity) -> Party:
        party, doubt = self._find(said), None
        if party is None and (doubt := self._doubt(said)) is not None:
            self.doubts.append(doubt)
            party = self._answered(doubt)
        if party is None:
            enterprise, number = _enterprise(said), _number(said)
            party = Party(None, self._told(said), number, enterprise, said.endpoint, doubt=doubt)
            self._index(party)
            return party
        party.enterprise_number = party.enterprise_number or _enterprise(said)
        party.endpoint = party.endpoint or said.endpoint
        party.number = party.number or _number(said)
        self._identify(party)
        return party

    def _find(self, said: Identity) -> Party | None:
        found = (
            self._by_enterprise.get(_enterprise(said))
            or self._by_endpoint.get(said.endpoint)
            or self._by_number.get(_number(said))
            or self._by_match.get(_match_key(said))
        )
        if found is not None:
            return found
        same = [party for party in self._by_name.get(_name(said.debtor), []) if _may_be(party, said)]
        return same[0] if len(same) == 1 else None

    def _answered(self, doubt: Doubt) -> Party | None:
        party = self._parties.get(doubt.answer or NEW)
        if party is not None:
            party.learnt.append(doubt.key)
            self._by_match.setdefault(doubt.key, party)
        return party

    def _doubt(self, said: Identity) -> Doubt | None:
        """What its owner has to be asked, None when nothing of the client's is like it."""
        candidates = {
            key: self._candidate(key, score, "name")
            for key, score in self._names.alike(said.debtor)
            if _may_be(self._parties[key], said)
        }
        sharing = self._by_email.get(said.email.casefold(), []) if said.email else []
        # Many debtors behind one address are clients of one accountant: it says nothing.
        if len(sharing) == 1 and _may_be(sharing[0], said):
            shared = queries.known(sharing[0].id)
            likeness = dict(self._names.alike(said.debtor, at_least=0)).get(shared, 0)
            candidates.setdefault(shared, self._candidate(shared, likeness, "email"))
        if not candidates:
            return None
        key = _match_key(said)
        answer = self._answers.get(key, NEW if self._otherwise_new else None)
        detail = _detail(_enterprise(said), _number(said), said.city, said.email)
        return Doubt(key, said.debtor, detail, said.rows, tuple(candidates.values()), answer)

    def _candidate(self, key: int, likeness: int, reason: Reason) -> Candidate:
        told = self._parties[key].told
        detail = _detail(told["enterprise_number"], told["number"], told["city"], "")
        return Candidate(key, told["name"], detail, likeness, reason)

    def _told(self, said: Identity) -> dict[str, str]:
        return {
            "name": said.debtor,
            "match_key": _match_key(said),
            "number": _number(said),
            "enterprise_number": said.vat_number if enterprise_key(said.vat_number) else _enterprise(said),
            "endpoint": said.endpoint,
            "iban": said.iban,
            "address": said.address,
            "postcode": said.postcode,
            "city": said.city,
            "country": said.country or self._client.country,
            "language": said.language if said.language in _LANGUAGES else self._client.language,
            "term": "",
        }

    def keep(self, parties: Sequence[Party], batch_id: int) -> None:
        """Add the new ones, fill in what the file knows and the client did not, never overwrite."""
        changed = [party for party in parties if fill_in(party) and not party.is_new]
        if changed:
            rows = [{"id": party.id, **{name: party.told[name] for name in _FILLED_IN}} for party in changed]
            self._work.session.execute(update(records.Debtor), rows)
        self._add([party for party in parties if party.is_new], batch_id)
        self._add_contacts(parties)
        self._remember(parties)

    def _add(self, parties: Sequence[Party], batch_id: int) -> None:
        if not parties:
            return
        rows = pl.DataFrame([party.told for party in parties])
        same = {"client_id": self._client.id, "batch_id": batch_id, "created_at": self._work.now}
        bulk.insert(self._work.session, queries.table(records.Debtor), rows, same)
        debtor = records.Debtor
        query = select(debtor.match_key, debtor.id).where(
            debtor.client_id == self._client.id, debtor.batch_id == batch_id
        )
        ids = dict(self._work.session.execute(query).tuples().all())
        for party in parties:
            party.id = ids[party.told["match_key"]]

    def _add_contacts(self, parties: Sequence[Party]) -> None:
        reachable = {party.id for sharing in self._by_email.values() for party in sharing}
        told = {
            party.id: next((said.email for said in party.identities if said.email), "") for party in parties
        }
        contacts = [(key, email) for key, email in told.items() if email and key not in reachable]
        if contacts:
            rows = pl.DataFrame(contacts, schema={"debtor_id": pl.Int64, "email": pl.String}, orient="row")
            same = {"client_id": self._client.id, "name": "", "created_at": self._work.now}
            bulk.insert(self._work.session, queries.table(records.Contact), rows, same)

    def _remember(self, parties: Sequence[Party]) -> None:
        by = {"client_id": self._client.id, "user_id": self._work.actor.user_id, "at": self._work.now}
        aliases = [
            {**by, "debtor_id": party.id, "key": key}
            for party in parties
            for key in dict.fromkeys(party.learnt)
        ]
        if aliases:
            self._work.session.execute(insert(records.DebtorAlias), aliases)


def fill_in(party: Party) -> bool:
    """Take over what the row does not say yet; whether there was anything."""
    filled = False
    for said in party.identities:
        vat = said.vat_number if enterprise_key(said.vat_number) else ""
        told = (_number(said), vat, said.endpoint, said.iban, said.address, said.postcode, said.city)
        for name, value in zip(_FILLED_IN, told, strict=True):
            if value and not party.told[name]:
                party.told[name], filled = value, True
    return filled


def _may_be(party: Party, said: Identity) -> bool:
    """Two numbers under one name are two debtors, however alike they look."""
    return not (_enterprise(said) and party.enterprise_number) and not (_number(said) and party.number)


def _rank(said: Identity) -> tuple[bool, bool, bool]:
    return not _enterprise(said), not said.endpoint, not _number(said)


def _detail(*parts: str) -> str:
    return " · ".join(filter(None, parts))


def _name(name: str) -> str:
    """The name as compared; one of signs only is compared as it stands."""
    return name_key(name) or name.casefold()


def _enterprise(said: Identity) -> str:
    return enterprise_key(said.vat_number) or _enterprise_of(said.endpoint)


def _enterprise_of(endpoint: str) -> str:
    """The enterprise number within a Belgian Peppol address."""
    return enterprise_key(endpoint[5:]) if endpoint.startswith(_BELGIAN_SCHEMES) else ""


def enterprise_key(number: str) -> str:
    """An enterprise number as compared, "" for what cannot tell companies apart (``n/a``, ``0``)."""
    signs = "".join(filter(str.isalnum, number)).upper()
    # A Belgian VAT number is the enterprise number behind its country.
    signs = signs.removeprefix("BE") if signs.removeprefix("BE").isdecimal() else signs
    digits = [c for c in signs if c.isdigit()]
    return signs if len(digits) >= _ENTERPRISE_DIGITS_MIN and set(digits) != {"0"} else ""


def _number(said: Identity) -> str:
    return said.debtor_number if any(map(str.isalnum, said.debtor_number)) else ""


def _match_key(said: Identity) -> str:
    return f"{_name(said.debtor)}|{_enterprise(said) or _number(said)}"


def parties_of(parties: Iterable[Party]) -> list[Party]:
    """Each party once, in order."""
    return list(dict.fromkeys(parties))
