"""What runs without anyone looking: nightly runs, deliveries, the mailbox, and the worker that does all."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time
from threading import Lock
from typing import Final

from huey import MemoryHuey, crontab

from encaiss_dashboard.domain.inbound import Incoming, MailboxUnreachable, digest_of, unread_mail
from encaiss_dashboard.domain.letters import Delivered, DeliveryFailed, ShortMessage
from encaiss_dashboard.domain.permissions import HOUSE, Actor
from encaiss_dashboard.domain.sending_hours import ZONE
from encaiss_dashboard.services import deliveries, inbound, nights, people, reminders
from encaiss_dashboard.services.accounts import mails
from encaiss_dashboard.services.nights import NightState
from encaiss_dashboard.services.privacy.purge import Past
from encaiss_dashboard.services.privacy.purge import purge as remove
from encaiss_dashboard.services.reminders import HeldMessage, PlannedMessage
from encaiss_dashboard.wiring import Wiring
from encaiss_dashboard.work import Inbox, OpenInbox

MAILS_AT_ONCE: Final = 100
# So many letters in a row that a server puts off: it has had enough for now, and the rest waits.
_PUT_OFF_MAX: Final = 3
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RunResult:
    """What a run did.

    Attributes:
        on: the day it was run for.
        planned: messages newly intended.
        sent: messages delivered, those left over from earlier runs included.
        held: due messages that stayed, and why.
        waits_until: when messages may leave again, where it was too late or too early for them.
        messages: those newly intended, each with the reason why it goes.
    """

    on: date
    planned: int
    sent: int
    held: tuple[HeldMessage, ...]
    waits_until: datetime | None = None
    messages: tuple[PlannedMessage, ...] = ()


@dataclass
class Round:
    """What one round of deliveries has learnt of the servers: one that is in trouble is left alone.

    Each letter would run into the same trouble and into its time-out, and lose one of its attempts. So a
    round ends for a server with the first failure that holds for all, or the third in a row that is put
    off; the rest stay as they are, and the next round begins with another letter.
    """

    _put_off: Counter[bool] = field(default_factory=Counter)
    _left: set[bool] = field(default_factory=set)

    def takes(self, *, by_text: bool) -> bool:
        """Whether the provider of texts, or else the mail server, is still asked."""
        return by_text not in self._left

    def note(self, outcome: Delivered | DeliveryFailed, *, by_text: bool) -> None:
        """Learn from what became of a message."""
        put_off = isinstance(outcome, DeliveryFailed) and not outcome.gone
        self._put_off[by_text] = self._put_off[by_text] + 1 if put_off else 0
        for_all = isinstance(outcome, DeliveryFailed) and outcome.for_all
        if for_all or self._put_off[by_text] >= _PUT_OFF_MAX:
            self._left.add(by_text)
            logger.warning("the %s waits: %s", "text" if by_text else "mail", outcome)


def remind(
    wiring: Wiring,
    *,
    on: date | None = None,
    client_ids: tuple[int, ...] | None = None,
    actor: Actor = HOUSE,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> RunResult:
    """Plan what is due for the given clients (all of them when None) and deliver what waits.

    ``progress`` is told before the first and after each message how many are done, and of how many.

    Raises:
        NotAllowed: the actor may not remind one of these clients' debtors.
    """
    messages: list[PlannedMessage] = []
    held: list[HeldMessage] = []
    with wiring.begin(actor, on, write=False) as work:
        today = work.today
        chosen = people.client_ids(work) if client_ids is None else client_ids
    for client_id in chosen:
        with wiring.begin(actor, on) as work:
            night, made = reminders.intend(work, client_id)
            messages += reminders.those_kept(work, client_id, night, made)
        held += night.held
    same = Round()
    sent = sum(
        deliver(wiring, client_id, on=on, actor=actor, progress=progress, within=same) for client_id in chosen
    )
    return RunResult(today, len(messages), sent, tuple(held), _waits_until(wiring), tuple(messages))


def _waits_until(wiring: Wiring) -> datetime | None:
    now, hours = wiring.clock(), wiring.settings.hours
    return None if hours.are_open(now) else hours.next_open(now)


def deliver(
    wiring: Wiring,
    client_id: int | None = None,
    *,
    on: date | None = None,
    actor: Actor = HOUSE,
    at_once: bool = True,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
    within: Round | None = None,
) -> int:
    """Deliver every waiting message of one client, or of all; returns how many went out.

    Not ``at_once`` is for rounds that nobody asked for: what was refused for now waits its time. A server
    in trouble ends the round for what would go there, and the round ``within`` which this is one part.
    """
    round_ = within or Round()
    with wiring.begin(actor, on, write=False) as work:
        found = deliveries.waiting(work, client_id, at_once=at_once)
    sent = 0
    progress(0, len(found))
    for done, (message_id, by_text) in enumerate(found, start=1):
        if round_.takes(by_text=by_text):
            try:
                outcome = _deliver_one(wiring, message_id, on, actor)
            except Exception:  # one letter that cannot be written must not keep back all others
                logger.exception("message %s stays in the outbox", message_id)
            else:
                sent += isinstance(outcome, Delivered)
                if outcome is not None:
                    round_.note(outcome, by_text=by_text)
        progress(done, len(found))
    return sent


def _deliver_one(
    wiring: Wiring, message_id: int, on: date | None, actor: Actor
) -> Delivered | DeliveryFailed | None:
    with wiring.begin(actor, on) as work:
        message = deliveries.hand_over(work, message_id)
    if message is None:
        return None
    outcome: Delivered | DeliveryFailed
    try:
        if isinstance(message, ShortMessage):
            assert wiring.texts is not None
            outcome = wiring.texts.deliver(message)
        else:
            outcome = wiring.mail.deliver(message)
    except DeliveryFailed as failure:
        outcome = failure
    with wiring.begin(actor, on) as work:
        deliveries.settle(work, message_id, outcome)
    return outcome


def deliver_account_mails(wiring: Wiring) -> int:
    """Hand over every mail about an account that waits; returns how many went out."""
    with wiring.begin(HOUSE, write=False) as work:
        ids = mails.waiting(work)
    sent = 0
    for mail_id in ids:
        try:
            sent += _deliver_account_mail(wiring, mail_id)
        except Exception:  # one mail that cannot be written must not keep back all others
            logger.exception("account mail %s waits", mail_id)
    return sent


def _deliver_account_mail(wiring: Wiring, mail_id: int) -> bool:
    with wiring.begin(HOUSE) as work:
        message = mails.hand_over(work, mail_id, wiring.settings.public_url)
    if message is None:
        return False
    outcome: Delivered | DeliveryFailed
    try:
        outcome = wiring.mail.deliver(message)
    except DeliveryFailed as failure:
        outcome = failure
    with wiring.begin(HOUSE) as work:
        mails.settle(work, mail_id, outcome)
    return isinstance(outcome, Delivered)


def purge(wiring: Wiring, *, dry_run: bool = False) -> dict[Past, int]:
    """Remove what is past its time, each kind in a transaction of its own; returns how much of each.

    One kind that fails must not keep the others: it is tried again the next night.
    """
    removed: dict[Past, int] = {}
    for what in Past:
        try:
            with wiring.begin(HOUSE, write=not dry_run) as work:
                removed[what] = remove(work, what, dry_run=dry_run)
        except Exception:
            logger.exception("%s past their time stay for now", what)
    if not dry_run:
        wiring.store.sweep()
        wiring.board.sweep()
    if any(removed.values()) and not dry_run:
        logger.info("past their time: %s", ", ".join(f"{n} {what}" for what, n in removed.items() if n))
    return removed


@dataclass(frozen=True, slots=True)
class Collected:
    """What a visit to the mailbox brought.

    Attributes:
        filed: mails that were new.
        left: mails that the next visit fetches.
        trouble: why it ended early, "" when it did not.
    """

    filed: int = 0
    left: int = 0
    trouble: str = ""


def collect(wiring: Wiring, *, most: int = MAILS_AT_ONCE) -> Collected:
    """Fetch what came to the mailbox, the oldest first, and file each mail in a transaction of its own.

    A mail is marked as read after that transaction. A crash in between, or a second worker, changes
    nothing: a mail is known again by what it says.
    """
    inbox = wiring.inbox
    if inbox is None:
        return Collected()
    visit = _Visit(wiring, inbox)
    try:
        with inbox.opened() as opened:
            visit.go(opened, most)
        with wiring.begin(HOUSE) as work:
            inbound.reached(work, inbox.place)
    except MailboxUnreachable as error:
        logger.warning("the mailbox: %s", error.reason)
        with wiring.begin(HOUSE) as work:
            inbound.failed(work, inbox.place, error.reason, on_mail=visit.fetching)
        return Collected(visit.filed, visit.left, error.reason)
    return Collected(visit.filed, visit.left)


class _Visit:
    """One visit; ``fetching`` while the mail at hand may be what the server breaks on."""

    def __init__(self, wiring: Wiring, inbox: Inbox) -> None:
        self._wiring, self._place = wiring, inbox.place
        self.filed = self.left = 0
        self.fetching = False

    def go(self, opened: OpenInbox, most: int) -> None:
        with self._wiring.begin(HOUSE) as work:
            mark = inbound.bookmark(work, self._place)
        same = mark.validity == opened.validity
        numbers = opened.numbers(mark.uid if same else 0, mark.since)
        self.left = len(numbers)
        for position, number in enumerate(numbers[:most]):
            given_up = same and position == 0 and mark.tries >= inbound.TRIES_MAX
            self.fetching = not given_up
            mail = _unfetched(self._place, opened.validity, number) if given_up else opened.fetch(number)
            self.fetching = False
            self._file(mail, opened.validity, number)
            self.left -= 1
            if mail is not None and mail.whole:
                opened.seen([number])

    def _file(self, mail: Incoming | None, validity: int, number: int) -> None:
        try:
            self._keep(mail, validity, number)
        except Exception:
            if mail is None:
                raise
            # What breaks us must not keep back all others: it is kept as nobody's, for somebody to look at.
            logger.exception("a mail could not be filed")
            self._keep(unread_mail(mail.content, mail.digest, mail.size_bytes), validity, number)

    def _keep(self, mail: Incoming | None, validity: int, number: int) -> None:
        with self._wiring.begin(HOUSE) as work:
            if mail is not None and inbound.file(work, mail) is not None:
                self.filed += 1
            inbound.turn(work, self._place, validity, number)


def _unfetched(place: str, validity: int, number: int) -> Incoming:
    """In place of a mail on which the server breaks every time."""
    return unread_mail(b"", digest_of(b"", f"{place}:{validity}:{number}"), 0)


class Nightly:
    """Knows when tonight's run is due, and does it once; in between it delivers what waits.

    A worker that starts after the hour leaves the run to the next night: the plan catches up by
    itself, and a restart in the afternoon must not write to anybody before its client expects it. A run
    that was begun and broken off, by this worker or another, is taken up again: its clients expect it.

    Raises:
        ValueError: on construction, when the setting is no hour and minute.
    """

    def __init__(self, wiring: Wiring) -> None:
        self.wiring = wiring
        self._at = time.fromisoformat(wiring.settings.remind_at)
        now = self._now()
        self._late_on = now.date() if now.time() >= self._at else None

    def turn(self) -> RunResult:
        """The nightly run when its hour has come, else the waiting deliveries; a failed run is due again."""
        now = self._now()
        deliver_account_mails(self.wiring)
        if not self._is_due(now):
            return RunResult(now.date(), 0, deliver(self.wiring, at_once=False), ())
        with self.wiring.begin(HOUSE) as work:
            nights.begin(work)
        result = remind(self.wiring)
        purge(self.wiring)
        with self.wiring.begin(HOUSE) as work:
            nights.end(work)
        return result

    def _is_due(self, now: datetime) -> bool:
        if now.time() < self._at:
            return False
        with self.wiring.begin(HOUSE, write=False) as work:
            state = nights.tonight(work)
        return state is NightState.BEGUN or (state is NightState.NOT_BEGUN and self._late_on != now.date())

    def _now(self) -> datetime:
        return self.wiring.clock().astimezone(ZONE)


def work_forever(wiring: Wiring, report: Callable[[RunResult], None]) -> None:
    """Take a turn every minute until SIGTERM, which lets the message at hand finish.

    The queue lives in memory on purpose: what has to be done stands in the outbox, so that a worker
    that dies loses nothing and two workers share the work without knowing of each other. A retry is no
    task of the queue either: it is a message whose wait is over by the time of its attempts.

    Raises:
        ValueError: as :class:`Nightly`.
    """
    nightly = Nightly(wiring)
    queue = MemoryHuey("encaiss", results=False)

    turning, visiting = Lock(), Lock()

    def turn() -> None:
        if turning.acquire(blocking=False):
            try:
                report(nightly.turn())
            finally:
                turning.release()

    def visit() -> None:
        if visiting.acquire(blocking=False):
            try:
                collect(wiring)
            finally:
                visiting.release()

    # A turn that could not begin within its minute is dropped: the next one does the same.
    queue.periodic_task(crontab(minute="*"), expires=60)(turn)
    if wiring.inbox is not None:
        queue.periodic_task(crontab(minute="*/2"), expires=60)(visit)
    # One for each: a mailbox that hangs must not keep letters back.
    queue.create_consumer(workers=2, max_delay=1, graceful_signal="TERM").run()
