"""DSO and its relatives, worked by hand.

The ledger of most cases (EUR), looked at on 31 March 2026, a window of 90 days from 1 January:

    issued      due         total   then
    15 Dec      14 Jan      9 000   paid 10 January (4 days early)
    15 Jan      14 Feb      9 000   paid 6 March (20 days late)
    15 Feb      17 Mar      6 000   open, overdue
    15 Mar      14 Apr      3 000   open, not due
"""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encaiss_dashboard.domain.dso import average_days_late, figures, history
from encaiss_dashboard.domain.invoices import Allocation, Invoice, Kind, Ledger, Payment
from encaiss_dashboard.domain.money import Money

MARCH_31 = date(2026, 3, 31)


def invoice(id_, issue, total, due=None, kind=Kind.INVOICE):
    return Invoice(id_, 1, kind, str(id_), issue, due or issue + timedelta(days=30), Money.of(total))


def settles(invoice_id, on, amount, credit_note_id=None):
    payment_id = 1 if credit_note_id is None else None
    return Allocation(invoice_id, on, Money.of(amount), payment_id, credit_note_id)


INVOICES = [
    invoice(1, date(2025, 12, 15), "9000"),
    invoice(2, date(2026, 1, 15), "9000"),
    invoice(3, date(2026, 2, 15), "6000"),
    invoice(4, date(2026, 3, 15), "3000"),
]
PAID = [settles(1, date(2026, 1, 10), "9000"), settles(2, date(2026, 3, 6), "9000")]
LEDGER = Ledger("EUR", INVOICES, allocations=PAID)


def test_simple_and_best_possible_dso_share_the_sales_of_the_window():
    found = figures(LEDGER, MARCH_31)
    assert found.simple == Decimal(9_000) / 18_000 * 90 == 45
    assert found.best_possible == Decimal(3_000) / 18_000 * 90 == 15
    assert found.average_days_delinquent == 30


def test_the_window_is_the_n_days_that_end_on_the_date_inclusive():
    # 15 February is the 45th day back from 31 March: 14 days of February and 31 of March.
    assert figures(LEDGER, MARCH_31, 45).simple == 45
    assert figures(LEDGER, MARCH_31, 44).simple == Decimal(9_000) * 44 / 3_000


def test_collection_effectiveness_compares_what_came_in_with_what_could_have():
    # Open on 31 December 9 000, sales 18 000, open in the end 9 000, of which 3 000 not yet due.
    assert figures(LEDGER, MARCH_31).cei == Decimal((9_000 + 18_000 - 9_000) * 100) / (9_000 + 18_000 - 3_000)


def test_the_index_begins_with_what_was_open_the_evening_before_the_window():
    # In the 76 days from 15 January, that day's invoice is a sale and not part of the beginning.
    assert figures(LEDGER, MARCH_31, 76).cei == Decimal((0 + 18_000 - 9_000) * 100) / (0 + 18_000 - 3_000)


def test_everything_due_collected_is_a_hundred_percent():
    ledger = Ledger("EUR", INVOICES, allocations=[*PAID, settles(3, date(2026, 3, 20), "6000")])
    found = figures(ledger, MARCH_31)
    assert found.cei == 100
    assert found.average_days_delinquent == 0


@pytest.mark.parametrize(
    "on,paid,days",
    [
        # 9 000 open: March's 3 000 is 31 days, all of February's 6 000 its 28 days, and nothing is left.
        (MARCH_31, PAID, Decimal(59)),
        # 18 000 open: March 31 and February 28 leave 9 000 of January's 9 000: its 31 days.
        (MARCH_31, PAID[:1], Decimal(90)),
        # 5 000 open (4 000 of February's paid): March 31, then 2 000 of February's 6 000: 28 / 3 days.
        (MARCH_31, [*PAID, settles(3, date(2026, 3, 30), "4000")], 31 + Decimal(28) / 3),
        # 1 500 open of March's 3 000: half of its 31 days.
        (
            MARCH_31,
            [*PAID, settles(3, date(2026, 3, 30), "6000"), settles(4, date(2026, 3, 30), "1500")],
            Decimal("15.5"),
        ),
        # On 20 March the month has 20 days so far.
        (date(2026, 3, 20), PAID, Decimal(48)),
        # On 10 March nothing of March is sold yet: its 10 days count, then February's 28.
        (date(2026, 3, 10), PAID, Decimal(38)),
        # All paid.
        (date(2026, 2, 10), [*PAID[:1], settles(2, date(2026, 2, 10), "9000")], Decimal(0)),
    ],
)
def test_count_back_subtracts_whole_months_and_the_last_pro_rata(on, paid, days):
    assert figures(Ledger("EUR", INVOICES, allocations=paid), on).countback == days


def test_credit_notes_reduce_the_sales_of_their_month():
    credit = invoice(5, date(2026, 3, 20), "1000", kind=Kind.CREDIT_NOTE)
    found = figures(Ledger("EUR", [*INVOICES, credit], allocations=PAID), MARCH_31)
    assert found.simple == Decimal(9_000 * 90) / 17_000
    # March 2 000 (31 days), February 6 000 (28), then 1 000 of January's 9 000.
    assert found.countback == 59 + Decimal(31) / 9


def test_a_month_that_credits_more_than_it_sells_counts_its_days_and_subtracts_nothing():
    credit = invoice(5, date(2026, 3, 20), "5000", kind=Kind.CREDIT_NOTE)
    found = figures(Ledger("EUR", [*INVOICES, credit], allocations=PAID), MARCH_31)
    assert found.countback == 59 + Decimal(31) / 3


def test_open_above_all_sales_known_counts_the_days_since_the_first_month():
    credit = invoice(5, date(2026, 3, 20), "1000", kind=Kind.CREDIT_NOTE)
    ledger = Ledger("EUR", [invoice(4, date(2026, 3, 15), "3000"), credit])
    assert figures(ledger, MARCH_31).countback == 31


def test_without_sales_in_the_window_only_the_count_back_and_the_index_answer():
    found = figures(LEDGER, date(2026, 9, 30))
    assert (found.simple, found.best_possible, found.average_days_delinquent) == (None, None, None)
    # Six months without sales, then March and February whole.
    assert found.countback == 183 + 31 + 28
    assert found.cei == 0


def test_before_the_first_sale_there_are_no_figures():
    found = figures(LEDGER, date(2025, 12, 14))
    assert (found.simple, found.countback, found.best_possible, found.cei) == (None, None, None, None)


def test_history_is_the_figures_of_each_date():
    ends = [date(2026, 1, 31), date(2026, 2, 28), MARCH_31]
    assert history(LEDGER, ends) == [(on, figures(LEDGER, on)) for on in ends]


@pytest.mark.parametrize("ask", [figures, average_days_late])
def test_a_window_of_no_days_is_refused(ask):
    with pytest.raises(ValueError, match="at least one day"):
        ask(LEDGER, MARCH_31, 0)


def test_days_late_are_weighted_by_amount():
    # 4 days early and 20 days late, 9 000 each.
    assert average_days_late(LEDGER, MARCH_31) == 8
    ledger = Ledger("EUR", [*INVOICES[:3]], allocations=[*PAID, settles(3, date(2026, 3, 27), "6000")])
    assert average_days_late(ledger, MARCH_31) == Decimal(-4 * 9 + 20 * 9 + 10 * 6) / 24


def test_only_invoices_paid_within_the_window_count():
    # 10 January is the 81st day back from 31 March.
    assert average_days_late(LEDGER, MARCH_31, 81) == 8
    assert average_days_late(LEDGER, MARCH_31, 80) == 20
    assert average_days_late(LEDGER, MARCH_31, 25) is None


def test_a_part_paid_invoice_does_not_count_until_the_last_part():
    parts = [settles(2, date(2026, 2, 14), "8000"), settles(2, date(2026, 2, 24), "1000")]
    ledger = Ledger("EUR", INVOICES, allocations=parts)
    assert average_days_late(ledger, date(2026, 2, 23)) is None
    assert average_days_late(ledger, date(2026, 2, 24)) == 10


def test_a_reversed_payment_never_was_one():
    back = settles(2, date(2026, 3, 10), "-9000")
    ledger = Ledger("EUR", INVOICES, allocations=[PAID[1], back])
    assert average_days_late(ledger, date(2026, 3, 9)) == 20
    assert average_days_late(ledger, MARCH_31) is None


def test_a_payment_booked_wrongly_and_again_on_one_day_does_not_change_when_it_was_paid():
    twice = [settles(2, date(2026, 3, 10), "-9000"), settles(2, date(2026, 3, 10), "9000")]
    ledger = Ledger("EUR", INVOICES, allocations=[PAID[1], *twice])
    assert average_days_late(ledger, MARCH_31) == 20


def test_an_invoice_that_was_only_credited_was_never_paid():
    credit = invoice(5, date(2026, 3, 1), "9000", kind=Kind.CREDIT_NOTE)
    used = settles(2, date(2026, 3, 1), "9000", credit_note_id=5)
    assert average_days_late(Ledger("EUR", [*INVOICES, credit], allocations=[used]), MARCH_31) is None


@given(
    rows=st.lists(
        st.tuples(st.integers(0, 300), st.integers(0, 60), st.integers(1, 10**6), st.integers(0, 400)),
        max_size=15,
    ),
    day=st.integers(0, 420),
)
def test_the_figures_agree_with_the_ledger_read_the_long_way(rows, day):
    start = date(2025, 1, 1)
    invoices = [
        Invoice(
            n,
            1,
            Kind.INVOICE,
            str(n),
            issue := start + timedelta(days=at),
            issue + timedelta(days=term),
            Money(c),
        )
        for n, (at, term, c, _) in enumerate(rows)
    ]
    allocations = [
        Allocation(n, start + timedelta(days=paid), Money(cents // 2 + 1), payment_id=n)
        for n, (_, _, cents, paid) in enumerate(rows)
    ]
    payments = [Payment(a.invoice_id, 1, a.on, a.amount) for a in allocations]
    ledger, on = Ledger("EUR", invoices, payments, allocations), start + timedelta(days=day)
    balances = ledger.open_cents(on)
    current = sum(balances.get(i.id, 0) for i in invoices if i.due >= on)
    sales = sum(i.total.cents for i in invoices if 0 <= (on - i.issue).days < 90)
    found = figures(ledger, on)
    assert found.simple == (Decimal(sum(balances.values()) * 90) / sales if sales else None)
    assert found.best_possible == (Decimal(current * 90) / sales if sales else None)
