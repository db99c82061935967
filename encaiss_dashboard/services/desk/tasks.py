"""What there is to do across the clients that somebody follows, the most urgent first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from encaiss_dashboard.domain.errors import Refusal
from encaiss_dashboard.domain.permissions import Action, Role
from encaiss_dashboard.services.desk.followed import Followed, day_of, followed_by
from encaiss_dashboard.storage import calls
from encaiss_dashboard.storage import desk as reads
from encaiss_dashboard.storage.bank_waiting import own_waiting, waiting_counts
from encaiss_dashboard.storage.journal import ActKind
from encaiss_dashboard.storage.stop_alarms import alarms
from encaiss_dashboard.work import Work

SILENT_DAYS: Final = 30
# By then the next statement has replaced a letter that nobody printed.
TRAY_DAYS: Final = 14
SAID_LENGTH: Final = 160


class TrayChanged(Refusal):
    """Another letter came into the post tray since it was looked at."""

    code = "tray_changed"


class TaskKind(StrEnum):
    """What there is to do, the most urgent first. Each has sentences in the catalogue under ``desk.``."""

    REPLY = "reply"
    CALL = "call"
    FAILED = "failed"
    BROKEN_PROMISE = "broken_promise"
    BREACH = "breach"
    REQUEST_WAITS = "request_waits"
    DISPUTE_WAITS = "dispute_waits"
    CREDIT_WAITS = "credit_waits"
    TRAY = "tray"
    BANK_LINES = "bank_lines"
    OWN_BANK_LINES = "own_bank_lines"
    UPLOAD = "upload"
    SILENT = "silent"
    NO_IBAN = "no_iban"
    NO_OWNER = "no_owner"
    INVITATION = "invitation"


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to do for one client.

    Attributes:
        leads_to: path of the screen, within that client's view, where it is done.
        since: the day since which it waits, None when that is not known.
        facts: what its sentence names: ``name`` of a debtor or file, ``n``, ``to`` an address; the id of
            the ``message`` that failed; ``said`` in an answer, and its id, ``reply``.
    """

    kind: TaskKind
    client_id: int
    client: str
    leads_to: str
    since: date | None = None
    facts: Mapping[str, str | int] = field(default_factory=dict)


def waiting(work: Work, client_id: int | None) -> tuple[Task, ...]:  # noqa: ARG001
    """Everything to do for the clients that the actor follows, the most urgent first.

    Raises:
        NotAllowed: nobody of the agency.
    """
    followed = followed_by(work)
    return tuple(one for source in SOURCES for one in source(work, followed))


def empty_tray(work: Work, client_id: int | None, chosen_id: int, letters: int) -> None:  # noqa: ARG001
    """Write down that a client's letters in the post tray were printed and posted.

    Raises:
        NotAllowed: not somebody of the agency who reminds for that client.
        TrayChanged: there are not exactly so many letters in it.
    """
    chosen = work.require(Action.REMIND, chosen_id)
    followed_by(work)
    found = reads.letters_to_post(work.session, [chosen], work.now - timedelta(days=TRAY_DAYS))
    if chosen not in found or found[chosen][0] != letters:
        raise TrayChanged
    work.journal.record(ActKind.TRAY_EMPTIED, day=work.today, client_id=chosen, facts={"letters": letters})


def _replies(work: Work, followed: Followed) -> Iterator[Task]:
    """Nothing goes to who answered until somebody has read it."""
    for mail, name in reads.replies(work.session, followed):
        said = " ".join((mail.shown or mail.subject).split())
        cut = f"{said[:SAID_LENGTH]}…" if len(said) > SAID_LENGTH else said or "–"
        key = mail.client_id or 0
        facts: dict[str, str | int] = {"name": name, "said": cut, "reply": mail.id or 0}
        yield Task(
            TaskKind.REPLY,
            key,
            followed[key].name,
            f"/debtors/{mail.debtor_id}",
            day_of(mail.received_at),
            facts,
        )


def _calls(work: Work, followed: Followed) -> Iterator[Task]:
    """No worker makes them, and the plan stands still meanwhile."""
    due: dict[int, list[date]] = {}
    mine = [key for key in followed if work.actor.may(Action.REMIND, key)]
    for one in calls.waiting(work.session, mine):
        if one.is_due(work.today):
            due.setdefault(one.client_id, []).append(one.day)
    for key, days in sorted(due.items(), key=lambda item: item[1][0]):
        yield Task(TaskKind.CALL, key, followed[key].name, "/desk/calls", days[0], {"n": len(days)})


def _failed(work: Work, followed: Followed) -> Iterator[Task]:
    """Somebody was to be reminded and was not."""
    for one in reads.failed(work.session, followed):
        yield Task(
            TaskKind.FAILED,
            one.client_id,
            followed[one.client_id].name,
            f"/debtors/{one.debtor_id}",
            day_of(one.failed_at),
            {"name": one.name, "to": one.recipient, "message": one.message_id},
        )


def _stops(work: Work, followed: Followed) -> Iterator[Task]:
    """Promises and plans that failed have to be heard of, and what was asked for answered."""
    for one in alarms(work.session, tuple(followed), work.today):
        yield Task(
            TaskKind(one.kind.value),
            one.client_id,
            followed[one.client_id].name,
            f"/debtors/{one.debtor_id}",
            one.since,
            {"name": one.name},
        )


def _tray(work: Work, followed: Followed) -> Iterator[Task]:
    """Letters count as sent on the day they reach the tray: nobody reads them there."""
    since = work.now - timedelta(days=TRAY_DAYS)
    tray = reads.letters_to_post(work.session, followed, since)
    for key, (letters, first) in sorted(tray.items(), key=lambda item: item[1][1]):
        yield Task(TaskKind.TRAY, key, followed[key].name, "/reminders", day_of(first), {"n": letters})


def _bank_lines(work: Work, followed: Followed) -> Iterator[Task]:
    """What was paid and settles nothing yet: its debtors are reminded all the same."""
    mine = [key for key in followed if work.actor.may(Action.UPLOAD, key)]
    for key, (lines, first) in waiting_counts(work.session, mine).items():
        yield Task(TaskKind.BANK_LINES, key, followed[key].name, "/payments/match", first, {"n": lines})
    if work.actor.administers and (own := own_waiting(work.session)):
        yield Task(TaskKind.OWN_BANK_LINES, 0, "", "/desk/payments", own[1], {"n": own[0]})


def _uploads(work: Work, followed: Followed) -> Iterator[Task]:
    """The client believes that its invoices are in."""
    for key, batch_id, name, at in reads.uploads(work.session, followed):
        yield Task(
            TaskKind.UPLOAD,
            key,
            followed[key].name,
            f"/invoices/import/{batch_id}",
            day_of(at),
            {"name": name},
        )


def _silent(work: Work, followed: Followed) -> Iterator[Task]:
    """Figures grow old, and people are reminded of what they have paid."""
    imports = reads.last_imports(work.session, followed)
    for key, client in followed.items():
        last = day_of(imports.get(key, client.created_at)) or work.today
        days = (work.today - last).days
        if days > SILENT_DAYS:
            yield Task(TaskKind.SILENT, key, client.name, "/invoices", last, {"n": days})


def _no_iban(work: Work, followed: Followed) -> Iterator[Task]:  # noqa: ARG001
    """Its letters cannot say where to pay."""
    for key, client in followed.items():
        if not client.iban:
            yield Task(TaskKind.NO_IBAN, key, client.name, "/")


def _no_owner(work: Work, followed: Followed) -> Iterator[Task]:
    """Nobody there can sign in and decide; one who was invited and may still answer is waited for."""
    owned = reads.owned(work.session, followed)
    asked = {
        mail.client_id
        for mail in reads.invitations(work.session, followed)
        if Role.OWNER in mail.roles
        and not mail.failed_at
        and (mail.expires_at is None or mail.expires_at > work.now)
    }
    for key, client in followed.items():
        if key not in owned and key not in asked:
            yield Task(TaskKind.NO_OWNER, key, client.name, "/team")


def _invitations(work: Work, followed: Followed) -> Iterator[Task]:
    """Somebody waits for a mail that will not come."""
    for mail in reads.invitations(work.session, followed):
        if mail.failed_at and mail.client_id is not None:
            name, facts = followed[mail.client_id].name, {"name": mail.name or mail.to, "to": mail.to}
            yield Task(TaskKind.INVITATION, mail.client_id, name, "/team", day_of(mail.failed_at), facts)


# One function for each kind of thing to do, in the order of their urgency: a new one is added here.
SOURCES: Final[tuple[Callable[[Work, Followed], Iterator[Task]], ...]] = (
    _replies,
    _calls,
    _failed,
    _stops,
    _tray,
    _bank_lines,
    _uploads,
    _silent,
    _no_iban,
    _no_owner,
    _invitations,
)
