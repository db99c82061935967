"""The journal: every act towards a debtor or decision of a person, only ever added to.

The acts of one client form a chain, as do the agency's own: each carries the SHA-256 of its content and
of the act before, so that one altered, removed or moved breaks every hash after it. The end of each
chain is signed with the deployment's secret (HMAC-SHA-256): cutting the last acts off shows as well.
Putting back a whole older database does not show from within; the heads that ``encaiss journal verify``
prints, kept elsewhere, show it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from itertools import groupby
from typing import Any, Final

from sqlalchemy import insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from encaiss_dashboard.storage.chain_heads import JournalHead
from encaiss_dashboard.storage.records import Act

AGENCY_CHAIN: Final = 0
_BATCH: Final = 1000
_INSERTS: Final[dict[str, Any]] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}
_HASHED: Final = (
    "previous",
    "chain",
    "seq",
    "kind",
    "client_id",
    "debtor_id",
    "user_id",
    "actor",
    "address",
    "facts",
    "shown",
)


class ActKind(StrEnum):
    """What happened. Each has a title in the catalogue under ``act.``."""

    IMPORTED = "imported"
    CORRECTED = "corrected"
    PAYMENT = "payment"
    PAYMENT_RETURNED = "payment_returned"
    PAYMENT_CONFIRMED = "payment_confirmed"
    PAYMENT_UNDONE = "payment_undone"
    PAYMENT_SETTLED = "payment_settled"
    BANK_IMPORTED = "bank_imported"
    BANK_TAKEN_BACK = "bank_taken_back"
    LINE_SET_ASIDE = "line_set_aside"
    LINE_REOPENED = "line_reopened"
    ACCOUNT_ADDED = "account_added"
    BOOKING_RULES = "booking_rules"
    CREDITED = "credited"
    TAKEN_BACK = "taken_back"
    REMITTED = "remitted"
    REMITTANCE_ORDERED = "remittance_ordered"
    REMITTANCE_DROPPED = "remittance_dropped"
    REMITTANCE_LEFT = "remittance_left"
    REMITTANCE_RETURNED = "remittance_returned"
    DELEGATED = "delegated"
    PAUSED = "paused"
    RESUMED = "resumed"
    WITHDRAWN = "withdrawn"
    PLAN_CHANGED = "plan_changed"
    KIND_SAID = "kind_said"
    PAYMENTS_KNOWN = "payments_known"
    STOP_OPENED = "stop_opened"
    STOP_DECIDED = "stop_decided"
    STOP_WITHDRAWN = "stop_withdrawn"
    STOP_DOCUMENT = "stop_document"
    TEXT_CHANGED = "text_changed"
    LOGO_CHANGED = "logo_changed"
    POSTED = "letter_posted"
    TRACKED = "letter_tracked"
    ENVELOPE_CHOSEN = "envelope_chosen"
    MERGED = "merged"
    PARTED = "parted"
    SPLIT = "split"
    SENT = "sent"
    DROPPED = "dropped"
    FAILED = "failed"
    REPLY_RECEIVED = "reply_received"
    REPLY_READ = "reply_read"
    BOUNCED = "bounced"
    MESSAGE_RETRIED = "message_retried"
    MESSAGE_SET_ASIDE = "message_set_aside"
    CALLED = "called"
    CALL_TRIED = "call_tried"
    OPENED = "opened"
    INVITED = "invited"
    INVITATION_REVOKED = "invitation_revoked"
    JOINED = "joined"
    ROLES_CHANGED = "roles_changed"
    LEFT = "left"
    SIGNED_IN = "signed_in"
    SIGNED_OUT = "signed_out"
    SESSION_ENDED = "session_ended"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a kind of act
    EMAIL_CHANGED = "email_changed"
    SECOND_FACTOR_SET = "second_factor_set"
    SECOND_FACTOR_REMOVED = "second_factor_removed"
    RECOVERY_CODES_MADE = "recovery_codes_made"
    EXPORTED = "exported"
    ERASED = "erased"
    RETENTION_CHANGED = "retention_changed"
    CLIENT_ADDED = "client_added"
    CLIENT_CHANGED = "client_changed"
    TRAY_EMPTIED = "tray_emptied"
    TOKEN_MADE = "token_made"  # noqa: S105 - a kind of act
    TOKEN_REVOKED = "token_revoked"  # noqa: S105 - a kind of act


@dataclass(frozen=True, slots=True)
class By:
    """Who an act is of.

    Attributes:
        user_id: the person, None for the house itself.
        name: as it is shown, and stays when the person is renamed or erased.
        address: network address, "" for the house itself.
    """

    user_id: int | None
    name: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """An act to be written down; its meaning as in :meth:`Journal.record`."""

    kind: ActKind
    day: date
    client_id: int | None = None
    debtor_id: int | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    shown: dict[str, Any] = field(default_factory=dict)


@dataclass
class Journal:
    """The pen of one transaction.

    Attributes:
        by: whose acts these are unless an act names somebody else.
        sign: keyed digest of a text.
    """

    session: Session
    by: By
    at: datetime
    sign: Callable[[str], str]
    _heads: dict[int, JournalHead] = field(default_factory=dict)

    def record(
        self,
        kind: ActKind,
        *,
        day: date,
        client_id: int | None = None,
        debtor_id: int | None = None,
        facts: dict[str, Any] | None = None,
        shown: dict[str, Any] | None = None,
        by: By | None = None,
    ) -> Act:
        """Add one act. ``day`` is when it happened in the trade; when it was written down is known.

        Without a client it goes to the agency's own chain.
        """
        entry = Entry(kind, day, client_id, debtor_id, facts or {}, shown or {})
        act = Act(**self._linked(entry, by or self.by))
        self.session.add(act)
        return act

    def rolled_back(self) -> None:
        """Acts recorded within a savepoint are gone with it: the ends of the chains are read again."""
        self._heads.clear()

    def record_many(self, entries: Sequence[Entry]) -> None:
        """Add many acts at once, in their order: an object for each would take six times as long."""
        if entries:
            self.session.execute(insert(Act), [self._linked(entry, self.by) for entry in entries])

    def _linked(self, entry: Entry, by: By) -> dict[str, Any]:
        """The values of the next act of its chain, whose end moves on to it."""
        head = self._head(entry.client_id or AGENCY_CHAIN)
        values: dict[str, Any] = {
            "client_id": entry.client_id,
            "debtor_id": entry.debtor_id,
            "kind": entry.kind.value,
            "day": entry.day,
            "at": self.at,
            "user_id": by.user_id,
            "actor": by.name,
            "address": by.address,
            "facts": entry.facts,
            "shown": entry.shown,
            "chain": head.chain,
            "seq": head.seq + 1,
            "previous": head.hash,
        }
        values["hash"] = digest(values)
        head.seq, head.hash = values["seq"], values["hash"]
        head.signature = self.sign(_end(head))
        return values

    def _head(self, chain: int) -> JournalHead:
        """The end of a chain, locked until the transaction ends."""
        if chain not in self._heads:
            head = self.session.get(JournalHead, chain, with_for_update=True)
            if head is None:
                # Two may begin the same chain at once: the second waits here, then finds the first one's.
                begun = _INSERTS[self.session.get_bind().dialect.name](JournalHead)
                start = {"chain": chain, "seq": 0, "hash": "", "signature": ""}
                self.session.execute(begun.on_conflict_do_nothing(), start)
                head = self.session.get_one(JournalHead, chain, with_for_update=True)
            self._heads[chain] = head
        return self._heads[chain]


def digest(values: Mapping[str, Any]) -> str:
    """SHA-256 of an act's content and of its predecessor's hash, in hexadecimal."""
    content = [values[name] for name in _HASHED]
    day, at = values["day"].isoformat(), values["at"].astimezone(UTC).isoformat(timespec="microseconds")
    written = json.dumps([*content, day, at], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(written.encode()).hexdigest()


def _end(head: JournalHead) -> str:
    return f"journal:{head.chain}:{head.seq}:{head.hash}"


class Flaw(StrEnum):
    """What is wrong with a chain. Each has a sentence in the catalogue under ``journal.``."""

    ALTERED = "altered"
    REMOVED = "removed"
    REORDERED = "reordered"
    CUT = "cut"
    UNSIGNED = "unsigned"


@dataclass(frozen=True, slots=True)
class Chain:
    """What a check of one chain found.

    Attributes:
        chain: the client's id, 0 for the agency's own.
        entries: how many acts it holds.
        hash: of the last act, to be kept elsewhere.
        flaw: what is wrong first, None when all is well.
        seq: number of the first wrong act, of the missing one, or of the last when the end is wrong.
    """

    chain: int
    entries: int
    hash: str
    flaw: Flaw | None = None
    seq: int = 0


def verify(session: Session, sign: Callable[[str], str], client_id: int | None = None) -> list[Chain]:
    """Check chains from their first act on; finds the first act that was altered, removed or moved.

    All of them, or one client's; a client without any act has none.
    """
    asked, ordered = select(JournalHead), select(Act).order_by(col(Act.chain), col(Act.seq))
    if client_id is not None:
        asked, ordered = asked.where(JournalHead.chain == client_id), ordered.where(Act.chain == client_id)
    heads = {head.chain: head for head in session.exec(asked)}
    acts = session.exec(ordered.execution_options(yield_per=_BATCH))
    found = {chain: _walk(chain, group) for chain, group in groupby(acts, lambda act: act.chain)}
    checked = []
    for chain in sorted({*heads, *found}):
        walked, head = found.get(chain, Chain(chain, 0, "")), heads.get(chain)
        checked.append(walked if walked.flaw else _ended(walked, head, sign))
    return checked


def _walk(chain: int, acts: Iterator[Act]) -> Chain:
    previous, last_id, count, flaw, wrong = "", 0, 0, None, 0
    for expected, act in enumerate(acts, start=1):
        count = expected
        if flaw:
            continue
        flaw, wrong = _flaw(act, expected, previous, last_id), expected
        previous, last_id = act.hash, act.id or 0
    return Chain(chain, count, previous, flaw, wrong if flaw else 0)


def _flaw(act: Act, expected: int, previous: str, last_id: int) -> Flaw | None:
    if act.seq != expected:
        return Flaw.REMOVED
    if act.hash != digest(act.model_dump()):
        return Flaw.ALTERED
    if act.previous != previous or (act.id or 0) <= last_id:
        return Flaw.REORDERED
    return None


def _ended(walked: Chain, head: JournalHead | None, sign: Callable[[str], str]) -> Chain:
    flaw = None
    if head is None or head.signature != sign(_end(head)):
        flaw = Flaw.UNSIGNED
    elif (head.seq, head.hash) != (walked.entries, walked.hash):
        flaw = Flaw.CUT
    return Chain(walked.chain, walked.entries, walked.hash, flaw, walked.entries if flaw else 0)
