"""Letters on paper: printed as one batch, brought to the post on a day, followed by their number.

A letter is in the batch from when it was written until somebody says on which day it was posted. From
that day on the law counts: it becomes the message's ``sent_at``.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from encaiss_dashboard.domain.errors import NotAllowed, NotFound, Refusal, Unreadable
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.domain.sheets import sheet
from encaiss_dashboard.domain.windows import WINDOWS
from encaiss_dashboard.locales import LANGUAGES, day, text
from encaiss_dashboard.storage import desk, papers, posting, queries, records
from encaiss_dashboard.storage.journal import ActKind
from encaiss_dashboard.storage.papers import PaperLetter
from encaiss_dashboard.work import Work

BATCH_MAX: Final = 500
MANIFEST_BYTES_MAX: Final = 2**20
_ID_MAX: Final = 2**31 - 1
_ZONE: Final = ZoneInfo("Europe/Brussels")
__all__ = ["PaperLetter", "Tray", "batch", "manifest", "mark_posted", "take_manifest", "track", "tray"]
_TRACKING: Final = re.compile(r"[A-Z0-9]{8,35}")
_COLUMNS: Final = (
    *("message", "client", "recipient", "address", "reference", "channel", "step"),
    *("pages", "invoices", "posted_on", "tracking"),
)


class PostedWhen(Refusal):
    """A day before the letter was written, or one still to come; facts ``name`` and ``first``."""

    code = "posted_when"


class PostedAlready(Refusal):
    """Somebody said of one of these letters that it was posted; fact ``name``."""

    code = "posted_already"


class TrackingUnreadable(Refusal):
    """No number that a post gives; fact ``value``."""

    code = "tracking_unreadable"


class ManifestUnreadable(Refusal):
    """A file without the two columns of the manifest, or with a line that cannot be; fact ``line``."""

    code = "manifest_unreadable"


class NothingToPost(Refusal):
    """No letter waits for the post."""

    code = "nothing_to_post"


@dataclass(frozen=True, slots=True)
class Tray:
    """What waits for the post, the oldest first, and what was posted lately, the newest first.

    Attributes:
        envelope: the window of the agency's envelopes; may_choose: this person can change it.
    """

    waiting: tuple[PaperLetter, ...]
    posted: tuple[PaperLetter, ...]
    envelope: str
    may_choose: bool
    today: date


@dataclass(frozen=True, slots=True)
class File:
    """A file ready to be taken away."""

    name: str
    mime: str
    content: bytes


def tray(work: Work, client_id: int | None) -> Tray:  # noqa: ARG001 - the whole desk
    """The letters on paper of the clients that the actor works for.

    Raises:
        NotAllowed: nobody of the agency.
    """
    clients = _followed(work)
    letters = _letters(work, clients)
    posted = sorted(
        (one for one in letters if one.posted_on), key=lambda one: (one.posted_on, one.id), reverse=True
    )
    return Tray(
        waiting=tuple(one for one in letters if one.posted_on is None),
        posted=tuple(posted),
        envelope=queries.agency(work.session).envelope,
        may_choose=work.actor.administers,
        today=work.today,
    )


def choose_envelope(work: Work, client_id: int | None, envelope: str) -> None:  # noqa: ARG001
    """Write letters for other envelopes from now on.

    Raises:
        NotAllowed: not an administrator.
        Unreadable: no window that the house knows.
    """
    work.require_agency()
    if envelope not in WINDOWS:
        raise Unreadable(value="")
    agency = queries.agency(work.session)
    if agency.envelope != envelope:
        facts = {"before": agency.envelope, "after": envelope}
        work.journal.record(ActKind.ENVELOPE_CHOSEN, day=work.today, facts=facts)
        agency.envelope = envelope


def batch(work: Work, client_id: int | None) -> File:
    """All letters that wait, as one file to be printed on both sides: each begins on a sheet of its own.

    Raises:
        NotAllowed: nobody of the agency.
        NothingToPost: none waits whose pages are kept.
    """
    found = [_pages(work, one) for one in tray(work, client_id).waiting[:BATCH_MAX]]
    kept = [one for one in found if one]
    if not kept:
        raise NothingToPost
    content = work.letters.bound(kept)
    return File(f"letters-{work.today}.pdf", "application/pdf", content)


def manifest(work: Work, client_id: int | None) -> File:
    """The list that goes with the batch: to whom, what, how many pages, and room for each number.

    Raises:
        NotAllowed: nobody of the agency.
    """
    seen, lang = tray(work, client_id), work.actor.language
    rows = [_row(work, one, lang) for one in (*seen.waiting[:BATCH_MAX], *seen.posted)]
    headings = [text(lang, f"post.column_{name}") for name in _COLUMNS]
    return File(f"manifest-{work.today}.csv", "text/csv; charset=utf-8", sheet(headings, rows))


def _pages(work: Work, one: PaperLetter) -> bytes:
    """A letter as it was written; b"" of one written before pages were kept: its mail lies in the tray."""
    try:
        return work.store.load(posting.store_key(one.id))
    except FileNotFoundError:
        return b""


def _row(work: Work, one: PaperLetter, lang: str) -> Sequence[str]:
    pages = ""
    if one.posted_on is None and (content := _pages(work, one)):
        pages = str(work.letters.page_count(content))
    return (
        one.message_id,
        one.client,
        one.name,
        one.address,
        one.reference,
        text(lang, f"post.channel_{one.channel}"),
        text(lang, f"step.{one.step}_short"),
        pages,
        ", ".join(one.invoices),
        one.posted_on.isoformat() if one.posted_on else "",
        one.tracking,
    )


def mark_posted(work: Work, client_id: int | None, message_ids: Collection[int], on: date) -> int:  # noqa: ARG001
    """Say on which day letters were brought to the post; returns how many.

    Raises:
        NotAllowed, NotFound: a letter that is none of the actor's clients, or waits no more.
        PostedAlready: one of them was posted before.
        PostedWhen: a day before one of them was written, or after today.
        NothingToPost: none named.
    """
    if not message_ids:
        raise NothingToPost
    letters = {one.id: one for one in _named(work, message_ids)}
    for one in letters.values():
        if one.posted_on is not None:
            raise PostedAlready(name=one.name)
        if not one.written_on <= on <= work.today:
            raise PostedWhen(name=one.name, first=day(one.written_on, work.actor.language, "long"))
    for one in letters.values():
        _add(work, one, on, "")
        row = work.session.get_one(records.OutboxMessage, one.id, with_for_update=True)
        row.sent_at = _moment(work, on)
        _told(work, one, ActKind.POSTED, on, "")
    return len(letters)


def track(work: Work, client_id: int | None, message_id: int, number: str) -> None:  # noqa: ARG001
    """Keep the number that the post gave a letter; another one said later replaces it.

    Raises:
        NotAllowed, NotFound: no letter of the actor's clients.
        TrackingUnreadable: no such number.
    """
    (letter,) = _named(work, [message_id])
    said = _number(number)
    if said != letter.tracking:
        _add(work, letter, None, said)
        _told(work, letter, ActKind.TRACKED, work.today, said)


def take_manifest(work: Work, client_id: int | None, data: bytes) -> int:  # noqa: ARG001
    """Keep the numbers of a manifest that was filled in; returns how many are new. All of them, or none.

    The columns are found by their headings in any language; others, and lines without a number, are left.

    Raises:
        NotAllowed: nobody of the agency.
        ManifestUnreadable: not such a file, or a line names a letter that is not the actor's.
        TrackingUnreadable: a number that is none.
    """
    letters = {one.message_id: one for one in _letters(work, _followed(work))}
    new = 0
    for line, (message, number) in _filled_in(data):
        letter = letters.get(message)
        if letter is None:
            raise ManifestUnreadable(line=str(line))
        said = _number(number)
        if said != letter.tracking:
            _add(work, letter, None, said)
            _told(work, letter, ActKind.TRACKED, work.today, said)
            new += 1
    return new


def _filled_in(data: bytes) -> list[tuple[int, tuple[str, str]]]:
    if not data or len(data) > MANIFEST_BYTES_MAX or b"\0" in data:
        raise ManifestUnreadable(line="1")
    try:
        said = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        said = data.decode("cp1252", "replace")
    first = said.split("\n", 1)[0]
    delimiter = max(";,\t", key=first.count)
    try:
        rows = list(csv.reader(io.StringIO(said, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise ManifestUnreadable(line="1") from error
    places = [_column(rows[0], name) for name in ("message", "tracking")] if rows else [None]
    if None in places:
        raise ManifestUnreadable(line="1")
    found = []
    for line, row in enumerate(rows[1:], start=2):
        cells = [
            row[place].strip().lstrip("'") if place is not None and place < len(row) else ""
            for place in places
        ]
        if cells[1]:
            found.append((line, (cells[0], cells[1])))
    return found


def _column(headings: Sequence[str], name: str) -> int | None:
    words = {text(lang, f"post.column_{name}").casefold() for lang in LANGUAGES}
    return next((place for place, said in enumerate(headings) if said.strip().casefold() in words), None)


def _number(said: str) -> str:
    number = re.sub(r"[\s.-]", "", said).upper() if len(said) <= 2 * 35 else ""
    if not _TRACKING.fullmatch(number) or not any(letter.isdigit() for letter in number):
        raise TrackingUnreadable(value=said[:40])
    return number


def _moment(work: Work, on: date) -> datetime:
    """Noon in Brussels of a day before today: nobody says at what hour the post was closed."""
    return work.now if on == work.today else datetime.combine(on, time(12), _ZONE)


def _add(work: Work, letter: PaperLetter, on: date | None, tracking: str) -> None:
    row = posting.Posting(
        client_id=letter.client_id, message_id=letter.id, posted_on=on, tracking=tracking, at=work.now
    )
    row.user_id = work.actor.user_id
    work.session.add(row)
    work.session.flush()


def _told(work: Work, letter: PaperLetter, kind: ActKind, on: date, tracking: str) -> None:
    facts = {"step": letter.step, "channel": letter.channel, "message": letter.id}
    work.journal.record(
        kind,
        day=work.today,
        client_id=letter.client_id,
        debtor_id=letter.debtor_id,
        facts=facts | {"on": on.isoformat(), "tracking": tracking},
    )


def _followed(work: Work) -> Mapping[int, records.Client]:
    actor = work.actor
    if actor.agency_role is None and not actor.house:
        raise NotAllowed
    ids = None if actor.everywhere else [key for key in actor.roles if actor.may(Action.REMIND, key)]
    return {queries.known(client.id): client for client in desk.clients(work.session, ids)}


def _letters(work: Work, clients: Mapping[int, records.Client]) -> list[PaperLetter]:
    """Those that wait and those posted lately, the oldest first."""
    return papers.letters(work.session, clients, work.now)


def _named(work: Work, message_ids: Collection[int]) -> list[PaperLetter]:
    clients = _followed(work)
    if any(not 0 < key <= _ID_MAX for key in message_ids):
        raise NotFound
    wanted = set(message_ids)
    found = [one for one in _letters(work, clients) if one.id in wanted]
    if len(found) != len(wanted):
        raise NotFound
    return found
