"""What runs without anyone looking: the nightly run and the deliveries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from encaiss_dashboard.domain.letters import Delivered, DeliveryFailed
from encaiss_dashboard.domain.permissions import HOUSE, Actor
from encaiss_dashboard.services import deliveries, people, reminders
from encaiss_dashboard.services.reminders import HeldMessage
from encaiss_dashboard.wiring import Wiring


@dataclass(frozen=True, slots=True)
class RunResult:
    """What a run did.

    Attributes:
        on: the day it was run for.
        planned: messages newly intended.
        sent: messages delivered, those left over from earlier runs included.
        held: due messages that stayed, and why.
    """

    on: date
    planned: int
    sent: int
    held: tuple[HeldMessage, ...]


def remind(
    wiring: Wiring,
    *,
    on: date | None = None,
    client_ids: tuple[int, ...] | None = None,
    actor: Actor = HOUSE,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> RunResult:
    """Plan what is due for the given clients (all of them when None) and deliver what waits."""
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
    sent = sum(deliver(wiring, client_id, on=on, actor=actor, progress=progress) for client_id in chosen)
    return RunResult(today, planned, sent, tuple(held))


def deliver(
    wiring: Wiring,
    client_id: int | None = None,
    *,
    on: date | None = None,
    actor: Actor = HOUSE,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> int:
    """Deliver every waiting message of one client, or of all; returns how many went out."""
    with wiring.begin(actor, on, write=False) as work:
        ids = deliveries.waiting(work, client_id)
    sent = 0
    for done, message_id in enumerate(ids, start=1):
        sent += _deliver_one(wiring, message_id, on, actor)
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
