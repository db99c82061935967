"""How a client's payments are booked: what they settle, and how sure it has to be."""

from __future__ import annotations

from encaiss_dashboard.domain.booking import Policy, Rules
from encaiss_dashboard.domain.errors import Unreadable
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.services.payments.books import rules_of
from encaiss_dashboard.storage.bank import BookingRules
from encaiss_dashboard.storage.journal import ActKind
from encaiss_dashboard.work import Work

_NEVER = 101
TOLERANCE_CENTS_MAX = 10_000


def rules(work: Work, client_id: int | None) -> Rules:
    """The rules that hold."""
    client = work.require(Action.VIEW, client_id)
    return rules_of(work.session, [client])[client]


def choose_rules(
    work: Work, client_id: int | None, policy: str, confidence_min: int, tolerance_cents: int
) -> None:
    """Agree on other rules, for what is booked from now on; an act of the client's journal.

    Args:
        work: of whoever decides.
        client_id: whose payments.
        policy: one of ``Policy`` but ``as_told``.
        confidence_min: 0 to 100, 101 for never.
        tolerance_cents: 0 to ten thousand.

    Raises:
        Unreadable: a value beyond these.
    """
    client = work.require(Action.DELEGATE, client_id)
    before = rules_of(work.session, [client])[client]
    wanted = Rules(
        _policy(policy), _within(confidence_min, _NEVER), _within(tolerance_cents, TOLERANCE_CENTS_MAX)
    )
    if wanted == before:
        return
    row = BookingRules(
        client_id=client,
        policy=wanted.policy.value,
        user_id=work.actor.user_id,
        at=work.now,
        confidence_min=wanted.confidence_min,
        tolerance_cents=wanted.tolerance_cents,
    )
    work.session.add(row)
    facts = {"before": _plain(before), "after": _plain(wanted)}
    work.journal.record(ActKind.BOOKING_RULES, day=work.today, client_id=client, facts=facts)


def _policy(value: str) -> Policy:
    if not isinstance(value, str) or value not in {*Policy} or value == Policy.AS_TOLD:
        raise Unreadable(value=str(value)[:20])
    return Policy(value)


def _within(value: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise Unreadable(value=str(value)[:20])
    return value


def _plain(said: Rules) -> dict[str, object]:
    return {
        "policy": said.policy.value,
        "confidence_min": said.confidence_min,
        "tolerance_cents": said.tolerance_cents,
    }
