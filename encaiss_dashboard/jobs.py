"""What runs without anyone looking: the nightly run, the deliveries and the worker that does both."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from huey import MemoryHuey, crontab

from encaiss_dashboard.domain.letters import Delivered, DeliveryFailed
from encaiss_dashboard.domain.permissions import HOUSE, Actor
from encaiss_dashboard.services import deliveries, people, reminders
from encaiss_dashboard.services.accounts import mails
from encaiss_dashboard.services.privacy.purge import Past
from encaiss_dashboard.services.privacy.purge import purge as remove
from encaiss_dashboard.services.reminders import HeldMessage, PlannedMessage
from encaiss_dashboard.wiring import Wiring

_ZONE: Final = ZoneInfo("Europe/Brussels")
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RunResult:
    """What a run did.

    Attributes:
        on: the day it was run for.
        planned: messages newly intended.
        sent: messages delivered, those left over from earlier runs included.
        held: due messages that stayed, and why.
        messages: those newly intended, each with the reason why it goes.
    """

    on: date
    planned: int
    sent: int
    held: tuple[HeldMessage, ...]
    messages: tuple[PlannedMessage, ...] = ()


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
    sent = sum(deliver(wiring, client_id, on=on, actor=actor, progress=progress) for client_id in chosen)
    return RunResult(today, len(messages), sent, tuple(held), tuple(messages))


def deliver(
    wiring: Wiring,
    client_id: int | None = None,
    *,
    on: date | None = None,
    actor: Actor = HOUSE,
    at_once: bool = True,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> int:
    """Deliver every waiting message of one client, or of all; returns how many went out.

    Not ``at_once`` is for rounds that nobody asked for: what was refused for now waits its time.
    """
    with wiring.begin(actor, on, write=False) as work:
        ids = deliveries.waiting(work, client_id, at_once=at_once)
    sent = 0
    progress(0, len(ids))
    for done, message_id in enumerate(ids, start=1):
        try:
            sent += _deliver_one(wiring, message_id, on, actor)
        except Exception:  # one letter that cannot be written must not keep back all others
            logger.exception("message %s stays in the outbox", message_id)
        progress(done, len(ids))
    return sent


def _deliver_one(wiring: Wiring, message_id: int, on: date | None, actor: Actor) -> bool:
    with wiring.begin(actor, on) as work:
        message = deliveries.hand_over(work, message_id)
    if message is None:
        return False
    outcome: Delivered | DeliveryFailed
    try:
        outcome = wiring.mail.deliver(message)
    except DeliveryFailed as failure:
        outcome = failure
    with wiring.begin(actor, on) as work:
        deliveries.settle(work, message_id, outcome)
    return isinstance(outcome, Delivered)


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
    itself, and a restart in the afternoon must not write to anybody before its client expects it.

    Raises:
        ValueError: on construction, when the setting is no hour and minute.
    """

    def __init__(self, wiring: Wiring) -> None:
        self._wiring = wiring
        self._at = time.fromisoformat(wiring.settings.remind_at)
        now = self._now()
        self._done = now.date() if now.time() >= self._at else None

    def turn(self) -> RunResult:
        """The nightly run when its hour has come, else the waiting deliveries; a failed run is due again."""
        now = self._now()
        deliver_account_mails(self._wiring)
        if self._done == now.date() or now.time() < self._at:
            return RunResult(now.date(), 0, deliver(self._wiring, at_once=False), ())
        result = remind(self._wiring)
        purge(self._wiring)
        self._done = now.date()
        return result

    def _now(self) -> datetime:
        return self._wiring.clock().astimezone(_ZONE)


def work_forever(wiring: Wiring, report: Callable[[RunResult], None]) -> None:
    """Take a turn every minute until SIGTERM, which lets the message at hand finish.

    The queue lives in memory on purpose: what has to be done stands in the outbox, so that a worker
    that dies loses nothing and two workers share the work without knowing of each other.

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
