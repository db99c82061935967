"""The worker's nights: begun, broken off, over. What is done in one stands in the outbox, not here."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy.exc import IntegrityError

from encaiss_dashboard.domain.errors import NotAllowed
from encaiss_dashboard.storage.night_runs import NightRun
from encaiss_dashboard.work import Work


class NightState(StrEnum):
    """How tonight's run stands."""

    NOT_BEGUN = "not_begun"
    BEGUN = "begun"
    OVER = "over"


def tonight(work: Work) -> NightState:
    """Whether today's run was begun, by whichever worker, and came to its end.

    Raises:
        NotAllowed: only the house itself asks.
    """
    _require_house(work)
    night = work.session.get(NightRun, work.today)
    if night is None:
        return NightState.NOT_BEGUN
    return NightState.OVER if night.ended_at else NightState.BEGUN


def begin(work: Work) -> None:
    """Today's run begins; begun twice it is the same run.

    Raises:
        NotAllowed: as :func:`tonight`.
    """
    _require_house(work)
    if work.session.get(NightRun, work.today) is None:
        try:
            with work.session.begin_nested():
                work.session.add(NightRun(day=work.today, began_at=work.now))
        except IntegrityError:  # another worker began it this very moment
            return


def end(work: Work) -> None:
    """Today's run came to its end.

    Raises:
        NotAllowed: as :func:`tonight`.
    """
    _require_house(work)
    night = work.session.get(NightRun, work.today)
    if night is not None and night.ended_at is None:
        night.ended_at = work.now


def _require_house(work: Work) -> None:
    if not work.actor.house:
        raise NotAllowed
