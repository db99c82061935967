"""What somebody has to look at about stops: broken promises, failed plans, and what waits for an answer."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from sqlmodel import Session, col, select

from encaiss_dashboard.domain.stops import (
    Standing,
    Stop,
    StopKind,
    Stops,
    StopState,
)
from encaiss_dashboard.storage import records, stops

TOLD_DAYS: Final = 30
"""After so many days a broken promise is the ladder's business alone."""
WAITING_DAYS: Final = 14


class AlarmKind(StrEnum):
    """What it is about, the most urgent first."""

    BROKEN_PROMISE = "broken_promise"
    BREACH = "breach"
    REQUEST_WAITS = "request_waits"
    DISPUTE_WAITS = "dispute_waits"
    CREDIT_WAITS = "credit_waits"  # a dispute was upheld, and no credit note has come


@dataclass(frozen=True, slots=True)
class Alarm:
    """One stop that somebody has to look at; ``since`` is the day from which it stands so."""

    kind: AlarmKind
    client_id: int
    debtor_id: int
    name: str
    since: date


def alarms(session: Session, client_ids: Collection[int], on: date) -> list[Alarm]:
    """What has to be looked at for these clients on a day, the most urgent first."""
    found: list[tuple[AlarmKind, date, int]] = []
    for debtor_id, of in stops.of_clients(session, client_ids).items():
        for stop in of.stops.known:
            standing = stop.standing(of.stops.balances, on)
            kind = _kind(stop, standing, of.stops, on) if standing else None
            if kind is not None and standing is not None:
                found.append((kind, standing.since, debtor_id))
    debtor = records.Debtor
    ids = sorted({debtor_id for *_, debtor_id in found})
    query = select(debtor.id, debtor.client_id, debtor.name).where(col(debtor.id).in_(ids))
    named = {key: (client_id, name) for key, client_id, name in session.exec(query)}
    ranks = list(AlarmKind)
    found.sort(key=lambda one: (ranks.index(one[0]), -one[1].toordinal(), one[2]))
    return [Alarm(kind, *_of(named[debtor_id], debtor_id), since) for kind, since, debtor_id in found]


def _of(named: tuple[int, str], debtor_id: int) -> tuple[int, int, str]:
    return named[0], debtor_id, named[1]


def _kind(stop: Stop, standing: Standing, every: Stops, on: date) -> AlarmKind | None:
    days = (on - standing.since).days
    if standing.state is StopState.BROKEN:
        open_still = any(every.balances.open_cents([key], on) for key in stop.invoices)
        stopped = any(every.of_invoice(key, on) for key in stop.invoices) or every.of_debtor(on)
        if not open_still or stopped or days > TOLD_DAYS:
            return None
        return AlarmKind.BROKEN_PROMISE if stop.kind is StopKind.PROMISE else AlarmKind.BREACH
    if not standing.holds:
        return None
    if stop.kind is StopKind.REQUEST:
        return AlarmKind.REQUEST_WAITS
    if stop.kind is StopKind.DISPUTE and days >= WAITING_DAYS:
        running = standing.state is StopState.RUNNING
        return AlarmKind.DISPUTE_WAITS if running else AlarmKind.CREDIT_WAITS
    return None
