"""What runs without anyone looking: the nightly run, the deliveries and the worker that does both."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Final

from huey import MemoryHuey, crontab

from encaiss_dashboard.domain.letters import Delivered, DeliveryFailed, ShortMessage
from encaiss_dashboard.domain.permissions import HOUSE, Actor
from encaiss_dashboard.domain.sending_hours import ZONE
from encaiss_dashboard.services import deliveries, nights, people, reminders
from encaiss_dashboard.services.accounts import mails
from encaiss_dashboard.services.nights import NightState
from encaiss_dashboard.services.privacy.purge import Past
from encaiss_dashboard.services.privacy.purge import purge as remove
from encaiss_dashboard.services.reminders import HeldMessage
from encaiss_dashboard.wiring import Wiring

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
    """

    on: date
    planned: int
    sent: int
    held: tuple[HeldMessage, ...]
    waits_until: datetime | None = None


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
    planned = 0
    held: list[HeldMessage] = []
    with wiring.begin(actor, on, write=False) as work:
        today = work.today
        chosen = people.client_ids(work) if client_ids is None else client_ids
    for client_id in chosen:
        with wiring.begin(actor, on) as work:
            night, made = reminders.intend(work, client_id)
        planned += len(made)
        held += night.held
    same = Round()
    sent = sum(
        deliver(wiring, client_id, on=on, actor=actor, progress=progress, within=same) for client_id in chosen
    )
    return RunResult(today, planned, sent, tuple(held), _waits_until(wiring))


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

    def turn() -> None:
        report(nightly.turn())

    # A turn that could not begin within its minute is dropped: the next one does the same.
    queue.periodic_task(crontab(minute="*"), expires=60)(turn)
    queue.create_consumer(workers=1, max_delay=1, graceful_signal="TERM").run()
