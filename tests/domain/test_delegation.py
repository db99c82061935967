"""From when to when the agency may act, as dated stories."""

from datetime import date

import pytest

from encaiss_dashboard.domain.delegation import (
    DelegationEvent,
    DelegationKind,
    DelegationState,
    DelegationStatus,
    status,
)

NOT_DELEGATED = DelegationStatus(DelegationState.NOT_DELEGATED)
WITHDRAWN = DelegationStatus(DelegationState.WITHDRAWN)


def march(day):
    return date(2026, 3, day)


def delegate(day):
    return DelegationEvent(DelegationKind.DELEGATE, march(day))


def pause(day, until=None):
    return DelegationEvent(DelegationKind.PAUSE, march(day), march(until) if until else None, "congé")


def resume(day):
    return DelegationEvent(DelegationKind.RESUME, march(day))


def withdraw(day):
    return DelegationEvent(DelegationKind.WITHDRAW, march(day))


def delegated(since):
    return DelegationStatus(DelegationState.DELEGATED, march(since))


def paused(since, until=None):
    return DelegationStatus(DelegationState.PAUSED, march(since), march(until) if until else None)


@pytest.mark.parametrize(
    "events,day,expected",
    [
        pytest.param([], 1, NOT_DELEGATED, id="nobody is delegated by default"),
        pytest.param([delegate(5)], 4, NOT_DELEGATED, id="the day before it starts"),
        pytest.param([delegate(5)], 5, delegated(5), id="the day it starts"),
        pytest.param(
            [delegate(5), delegate(9)], 10, delegated(5), id="delegated twice counts from the first"
        ),
        pytest.param([delegate(5), pause(10, 12)], 9, delegated(5), id="a pause to come changes nothing yet"),
        pytest.param([delegate(5), pause(10, 12)], 10, paused(5, 12), id="first day of the pause"),
        pytest.param([delegate(5), pause(10, 12)], 12, paused(5, 12), id="last day of the pause"),
        pytest.param([delegate(5), pause(10, 12)], 13, delegated(5), id="a pause ends by itself"),
        pytest.param([delegate(5), pause(10)], 31, paused(5), id="a pause until further notice"),
        pytest.param([delegate(5), pause(10, 20), resume(15)], 15, delegated(5), id="resumed before its end"),
        pytest.param(
            [delegate(5), pause(10, 20), delegate(15)], 15, delegated(5), id="delegating ends a pause"
        ),
        pytest.param([delegate(5), withdraw(10)], 9, delegated(5), id="until the eve of the withdrawal"),
        pytest.param([delegate(5), withdraw(10)], 10, WITHDRAWN, id="withdrawn"),
        pytest.param([delegate(5), pause(8, 20), withdraw(10)], 12, WITHDRAWN, id="withdrawn while paused"),
        pytest.param(
            [delegate(5), withdraw(10), delegate(20)], 25, delegated(20), id="given again counts anew"
        ),
        pytest.param([pause(3, 20)], 10, NOT_DELEGATED, id="nothing to pause"),
        pytest.param([delegate(1), withdraw(5), resume(8)], 10, WITHDRAWN, id="resuming does not delegate"),
        pytest.param(
            [withdraw(10), delegate(5)], 12, WITHDRAWN, id="the latest date wins, not the latest entry"
        ),
        pytest.param(
            [delegate(5), withdraw(10), delegate(10)], 10, delegated(10), id="the last entry of one day"
        ),
        pytest.param([delegate(10), withdraw(10)], 10, WITHDRAWN, id="and the other way round"),
        pytest.param(
            [delegate(1), pause(5, 20), pause(8, 10)], 9, paused(1, 10), id="the later of two pauses"
        ),
        pytest.param(
            [delegate(1), pause(5, 20), pause(8, 10)], 15, paused(1, 20), id="the longer pause goes on"
        ),
        pytest.param(
            [delegate(1), pause(5), pause(8, 10), resume(12)], 13, delegated(1), id="resume ends both"
        ),
    ],
)
def test_how_a_debtor_stands(events, day, expected):
    assert status(events, march(day)) == expected


@pytest.mark.parametrize("kind", [k for k in DelegationKind if k is not DelegationKind.PAUSE])
def test_only_a_pause_has_an_end(kind):
    with pytest.raises(ValueError, match="only a pause"):
        DelegationEvent(kind, march(1), march(2))


def test_a_pause_does_not_end_before_it_starts():
    assert pause(3, 3).until == march(3)
    with pytest.raises(ValueError, match="cannot end"):
        pause(3, 2)
