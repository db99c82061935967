"""What may be stopped, and what is refused with what has to be mended."""

from dataclasses import replace
from datetime import timedelta

import pytest
from nights import HUNDRED, day, invoice

from encaiss_dashboard.domain.dunning import OpenInvoice
from encaiss_dashboard.domain.errors import NotFound
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.stops import (
    Balances,
    DisputeReason,
    Insolvency,
    InsolvencyKind,
    Instalment,
    InvoicePause,
    Promise,
    Stops,
)
from encaiss_dashboard.domain.stops.opening import (
    AlreadyStopped,
    AmountOutside,
    DayOutside,
    NewDispute,
    NewInsolvency,
    NewPause,
    NewPlan,
    NewPromise,
    NewRequest,
    NothingToStop,
    ScheduleOff,
    SeveralCurrencies,
    stop_for,
)

TODAY = day(20)
A, B, D = ord("A"), ord("B"), ord("D")
OWED = [
    OpenInvoice(invoice("A"), HUNDRED),
    OpenInvoice(invoice("B"), Money(50_00)),
    OpenInvoice(invoice("D", total=Money(70_00, "USD")), Money(70_00, "USD")),
]
KNOWN = Stops((), Balances({A: 100_00, B: 50_00, D: 70_00}))


def knowing(stop):
    return replace(KNOWN, known=(stop,))


def parts(*cents, first=TODAY):
    return tuple(Instalment(first + timedelta(days=30 * n), some) for n, some in enumerate(cents))


def asked(new, stops=KNOWN, owed=OWED):
    return stop_for(new, owed, stops, TODAY)


def test_a_promise_of_all_leaves_nothing_open_and_one_of_a_part_the_rest():
    whole = asked(NewPromise((A, B), day(30)))
    part = asked(NewPromise((A, B), day(30), 60_00))
    assert [(one.amount_cents, one.left_cents) for one in (whole, part)] == [(150_00, 0), (60_00, 90_00)]
    assert (whole.made_on, whole.last_day) == (TODAY, day(33))  # a Saturday: Monday and Tuesday


def test_everything_means_what_is_open_on_the_day():
    assert asked(NewDispute(None, DisputeReason.PRICE)).invoices == {A, B, D}


def test_a_request_may_have_been_made_earlier_and_proceedings_opened():
    assert asked(NewRequest((A,), day(12))).asked_on == day(12)
    assert asked(NewInsolvency(InsolvencyKind.BANKRUPTCY, day(2))).opened_on == day(2)
    assert asked(NewRequest((A,))).asked_on == TODAY


@pytest.mark.parametrize(
    "new, refusal",
    [
        (NewPromise((), day(30)), NothingToStop),
        (NewDispute((A, 999), DisputeReason.OTHER), NotFound),
        (NewPromise((A, D), day(30)), SeveralCurrencies),
        (NewPromise((A,), day(30), 0), AmountOutside),
        (NewPromise((A,), day(30), -1), AmountOutside),
        (NewPromise((A,), day(30), 100_01), AmountOutside),
        (NewPromise((A,), day(19)), DayOutside),
        (NewPromise((A,), day(20 + 367)), DayOutside),
        (NewPromise((A,), day(30), grace_bank_days=-1), DayOutside),
        (NewPlan((A, B), parts(100_00, 49_99)), ScheduleOff),
        (NewPlan((A, B), parts(100_00, 50_01)), ScheduleOff),
        (NewPlan((A, B), ()), ScheduleOff),
        (NewPlan((A, B), parts(150_01, -1)), ScheduleOff),
        (NewPlan((A,), tuple(reversed(parts(50_00, 50_00)))), ScheduleOff),
        (NewPlan((A,), parts(*[1] * 61)), ScheduleOff),
        (NewPlan((A, D), parts(170_00)), SeveralCurrencies),
        (NewPlan((A,), parts(100_00, first=day(19))), DayOutside),
        (NewPlan((A,), parts(100_00), tolerance_days=31), DayOutside),
        (NewPause((A,), day(19)), DayOutside),
        (NewPause((A,), day(20 + 6 * 366)), DayOutside),
        (NewRequest((A,), day(21)), DayOutside),
        (NewInsolvency(InsolvencyKind.LIQUIDATION, day(21)), DayOutside),
    ],
)
def test_what_cannot_be_is_refused(new, refusal):
    with pytest.raises(refusal):
        asked(new)


def test_the_same_cannot_run_twice_for_one_invoice_but_another_kind_can():
    running = knowing(Promise(frozenset({A}), 100_00, 0, day(10), day(30)))
    with pytest.raises(AlreadyStopped) as refused:
        asked(NewPromise((A, B), day(40)), running)
    assert refused.value.facts == {"number": "A"}
    assert isinstance(asked(NewPause((A,), None), running), InvoicePause)
    assert isinstance(asked(NewPromise((B,), day(40)), running), Promise)
    insolvent = knowing(Insolvency(InsolvencyKind.BANKRUPTCY, day(10)))
    with pytest.raises(AlreadyStopped):
        asked(NewInsolvency(InsolvencyKind.LIQUIDATION), insolvent)


def test_what_was_broken_may_be_promised_anew():
    broken = knowing(Promise(frozenset({A}), 100_00, 0, day(1), day(5)))
    assert asked(NewPromise((A,), day(40)), broken).made_on == TODAY
