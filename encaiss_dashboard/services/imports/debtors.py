"""Which debtor a row of a file means: known, new, or for its owner to say."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Final

from sqlmodel import col, select

from encaiss_dashboard.domain.identity import (
    enterprise_key,
    enterprise_of,
    is_erased,
    name_as_compared,
    number_key,
)
from encaiss_dashboard.domain.matching import Names, likeness
from encaiss_dashboard.locales import LETTER_LANGUAGES
from encaiss_dashboard.services.imports.parties import (
    FILLED_IN,
    NEW,
    Candidate,
    Doubt,
    Identity,
    Party,
    Reason,
)
from encaiss_dashboard.storage import queries, records
from encaiss_dashboard.work import Work

_LANGUAGES: Final = frozenset(LETTER_LANGUAGES)
_COLUMNS: Final = ("name", "match_key", *FILLED_IN, "country", "language", "term")
_OFFERED: Final = 5


class Debtors:
    """The client's debtors by what a file can name them by.

    In this order: enterprise or VAT number, Peppol address, the client's own number, what somebody
    answered before, name, e-mail address. What one merged into another was known by means the other. An
    erased one is met by nothing.

    Attributes:
        doubts: debtors of the file that may be known ones, with the answers given so far.
        reachable: ids of those that have an e-mail address.
        forgotten: remembered answers that mean nobody any more, by key.
    """

    def __init__(
        self, work: Work, client_id: int, answers: Mapping[str, int], *, otherwise_new: bool
    ) -> None:
        """Read the client's debtors; ``answers`` are by the key of a :class:`Doubt`."""
        self._session = work.session
        self._client = queries.client(work.session, client_id)
        self._answers, self._otherwise_new = answers, otherwise_new
        self.doubts: list[Doubt] = []
        self.forgotten: set[str] = set()
        self._by_enterprise: dict[str, Party] = {}
        self._by_match: dict[str, Party] = {}
        self._by_endpoint: dict[str, list[Party]] = defaultdict(list)
        self._by_number: dict[str, list[Party]] = defaultdict(list)
        self._by_name: dict[str, list[Party]] = defaultdict(list)
        self._by_email: dict[str, list[Party]] = defaultdict(list)
        self._parties: dict[int, Party] = {}
        self._known_names = self._read_debtors()
        self._read_answers()
        self.reachable = {party.id for sharing in self._by_email.values() for party in sharing}

    @cached_property
    def _names(self) -> Names:
        """For what no number and no name finds: most files need none of it."""
        return Names(self._known_names)

    def _read_debtors(self) -> list[tuple[int, str]]:
        """Index every debtor; the names by which each is known, by its id."""
        merge, debtor = records.DebtorMerge, records.Debtor
        merged = select(merge.debtor_id, merge.into_id).where(
            merge.client_id == self._client.id, col(merge.undone_at).is_(None)
        )
        into = dict(self._session.exec(merged).all())
        query = select(debtor.id, *(col(getattr(debtor, name)) for name in _COLUMNS))
        query = query.where(debtor.client_id == self._client.id).order_by(col(debtor.id))
        gone: list[tuple[int, dict[str, str]]] = []
        for key, *values in self._session.execute(query):
            told = dict(zip(_COLUMNS, values, strict=True))
            if is_erased(told["match_key"]):
                continue
            if key in into:
                gone.append((key, told))
                continue
            enterprise = enterprise_key(told["enterprise_number"]) or enterprise_of(told["endpoint"])
            number = number_key(told["number"])
            self._parties[key] = party = Party(key, told, number, enterprise, told["endpoint"])
            self._index(party, name_as_compared(told["name"]))
        names = [(key, party.told["name"]) for key, party in self._parties.items()]
        for key, told in gone:
            kept = into[key]
            while kept in into:
                kept = into[kept]
            if kept in self._parties:
                self._parties[key] = self._parties[kept]
                self._lead(told, self._parties[kept])
                names.append((kept, told["name"]))
        return names

    def _lead(self, told: Mapping[str, str], party: Party) -> None:
        """Have what a merged debtor was known by mean the one that is kept, unless it means another."""
        self._by_match.setdefault(told["match_key"], party)
        enterprise = enterprise_key(told["enterprise_number"]) or enterprise_of(told["endpoint"])
        self._identify(party, enterprise, told["endpoint"], number_key(told["number"]))

    def _read_answers(self) -> None:
        alias, contact = records.DebtorAlias, records.Contact
        client = self._client.id
        remembered = select(alias.key, alias.debtor_id).where(alias.client_id == client)
        for named, debtor_id in self._session.exec(remembered):
            if debtor_id in self._parties:
                self._by_match.setdefault(named, self._parties[debtor_id])
            else:
                self.forgotten.add(named)
        reached = select(contact.email, contact.debtor_id).where(contact.client_id == client)
        for email, debtor_id in self._session.exec(reached.order_by(col(contact.id))):
            if debtor_id in self._parties:
                _join(self._by_email[email.casefold()], self._parties[debtor_id])

    def _index(self, party: Party, name: str) -> None:
        self._by_match[party.told["match_key"]] = party
        self._by_name[name].append(party)
        self._identify(party, party.enterprise_number, party.endpoint, party.number)

    def _identify(self, party: Party, enterprise: str, endpoint: str, number: str) -> None:
        if enterprise:
            self._by_enterprise.setdefault(enterprise, party)
        if endpoint:
            _join(self._by_endpoint[endpoint], party)
        if number:
            _join(self._by_number[number.casefold()], party)

    def sort(self, identities: Sequence[Identity]) -> list[Party]:
        """The party that each identity means, in the same order.

        Those with an enterprise number go first, then those with another number: whatever the order
        of a file, a bare name cannot draw two companies together.
        """
        meant: dict[tuple[str, ...], Party] = {}
        for said in sorted(identities, key=_rank):
            if said.named not in meant:
                meant[said.named] = self._of(said)
        for said in identities:
            meant[said.named].identities.append(said)
        self._count(identities)
        return [meant[said.named] for said in identities]

    def _count(self, identities: Iterable[Identity]) -> None:
        """Say in each doubt how many rows it is about."""
        rows: Counter[str] = Counter()
        for said in identities if self.doubts else ():
            rows[said.key] += said.rows
        self.doubts = [replace(doubt, rows=rows[doubt.key]) for doubt in self.doubts]

    def _of(self, said: Identity) -> Party:
        party, doubt = self._find(said), None
        if party is None and (doubt := self._doubt(said)) is not None:
            self.doubts.append(doubt)
            party = self._answered(doubt)
        if party is None:
            party = Party(None, self._told(said), said.number, said.enterprise, said.endpoint, doubt=doubt)
            self._index(party, said.name)
            return party
        party.enterprise_number = party.enterprise_number or said.enterprise
        party.endpoint = party.endpoint or said.endpoint
        party.number = party.number or said.number
        # Another row may name it by one of these alone.
        self._identify(party, said.enterprise, said.endpoint, said.number)
        return party

    def _find(self, said: Identity) -> Party | None:
        found = self._by_enterprise.get(said.enterprise)
        for sharing in () if found else (self._endpoint(said), self._numbered(said)):
            fitting = [party for party in sharing if not party.is_another_company(said)]
            found = found or _only(fitting, said)
        found = found or self._by_match.get(said.key)
        if found is not None:
            return found
        same = [party for party in self._by_name.get(said.name, ()) if party.may_be(said)]
        return same[0] if len(same) == 1 else None

    def _endpoint(self, said: Identity) -> Sequence[Party]:
        return self._by_endpoint.get(said.endpoint, ()) if said.endpoint else ()

    def _numbered(self, said: Identity) -> Sequence[Party]:
        return self._by_number.get(said.number.casefold(), ()) if said.number else ()

    def _answered(self, doubt: Doubt) -> Party | None:
        party = self._parties.get(doubt.answer or NEW)
        if party is not None:
            party.learnt.append(doubt.key)
            self._by_match.setdefault(doubt.key, party)
        return party

    def _doubt(self, said: Identity) -> Doubt | None:
        """What its owner has to be asked, None when nothing of the client's is like it."""
        reasons: tuple[tuple[Reason, Sequence[Party]], ...] = (
            ("number", self._numbered(said)),
            ("endpoint", self._endpoint(said)),
        )
        found = [
            self._candidate(party, said, reason)
            for reason, known in reasons
            for party in known
            if not party.is_new
        ]
        found += [
            self._candidate(self._parties[key], said, "name", score)
            for key, score in self._names.alike(said.debtor)
            if self._parties[key].may_be(said)
        ]
        sharing = self._by_email.get(said.email.casefold(), []) if said.email else []
        # Many debtors behind one address are clients of one accountant: it says nothing.
        if len(sharing) == 1 and sharing[0].may_be(said):
            found.append(self._candidate(sharing[0], said, "email"))
        candidates: dict[int, Candidate] = {}
        for candidate in found:
            candidates.setdefault(candidate.debtor_id, candidate)
        if not candidates:
            return None
        answer = self._answers.get(said.key)
        # Whom it named may be gone since.
        if answer != NEW and answer not in self._parties:
            answer = NEW if self._otherwise_new else None
        detail = _detail(said.enterprise, said.number, said.city, said.email)
        offered = tuple(candidates.values())[:_OFFERED]
        return Doubt(said.key, said.debtor, detail, said.rows, offered, answer)

    def _candidate(self, party: Party, said: Identity, reason: Reason, score: int | None = None) -> Candidate:
        told = party.told
        detail = _detail(told["enterprise_number"], told["number"], told["city"], "")
        likely = likeness(said.debtor, told["name"]) if score is None else score
        return Candidate(queries.known(party.id), told["name"], detail, likely, reason)

    def _told(self, said: Identity) -> dict[str, str]:
        return {
            "name": said.debtor,
            "match_key": said.key,
            "number": said.number,
            "enterprise_number": said.vat or said.enterprise,
            "endpoint": said.endpoint,
            "iban": said.iban,
            "address": said.address,
            "postcode": said.postcode,
            "city": said.city,
            "country": said.country or self._client.country,
            "language": said.language if said.language in _LANGUAGES else self._client.language,
            "term": "",
        }


def _only(parties: Sequence[Party], said: Identity) -> Party | None:
    """The one that is meant: of several under one number that of the same name, none when that is unclear."""
    if len(parties) > 1:
        named = said.name
        parties = [party for party in parties if name_as_compared(party.told["name"]) == named]
    return parties[0] if len(parties) == 1 else None


def _join(sharing: list[Party], party: Party) -> None:
    if party not in sharing:
        sharing.append(party)


def _rank(said: Identity) -> tuple[bool, bool, bool]:
    return not said.enterprise, not said.endpoint, not said.number


def _detail(*parts: str) -> str:
    return " · ".join(filter(None, parts))
