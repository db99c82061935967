"""The figures of a client as of any date, on both databases."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from encaiss_dashboard.domain.ageing import Basis
from encaiss_dashboard.domain.errors import NotAllowed, Unreadable
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.permissions import HOUSE, Role
from encaiss_dashboard.services import figures

ON = date(2026, 11, 22)


@pytest.fixture
def ledger(house):
    """1,000.00 in time, 500.00 forty days late and half paid, 200.00 paid, 80.00 paid for nothing."""
    client = house.client()
    debtor = house.debtor(client)
    house.invoice(debtor, "1", issue=date(2026, 11, 1), due=date(2026, 12, 1), cents=100_000)
    half = house.invoice(debtor, "2", issue=date(2026, 9, 13), due=date(2026, 10, 13), cents=50_000)
    house.payment(debtor, on=date(2026, 10, 20), cents=25_000, invoice_id=half)
    paid = house.invoice(debtor, "3", issue=date(2026, 9, 1), due=date(2026, 10, 1), cents=20_000)
    house.payment(debtor, on=date(2026, 10, 11), cents=20_000, invoice_id=paid)
    house.payment(debtor, on=date(2026, 11, 2), cents=8_000)
    return client, debtor


def report(house, client, *args, actor=HOUSE, **options):
    with house.wiring.begin(actor, write=False) as work:
        return figures.report(work, client, *args, **options)


def test_the_buckets_add_up_to_what_is_open_and_free_money_is_its_own_negative_line(house, ledger):
    seen = report(house, ledger[0])
    cents = {code: amount.cents for code, amount in seen.ageing.buckets.items()}
    assert cents == {"not_due": 100_000, "1-30": 0, "31-60": 25_000, "61-90": 0, "90+": 0}
    assert seen.ageing.open == Money(sum(cents.values()))
    assert seen.ageing.unallocated == Money(-8_000)
    assert (seen.ageing.on, seen.today, seen.blank) == (ON, ON, False)


def test_by_issue_the_same_money_is_sorted_by_its_own_age(house, ledger):
    seen = report(house, ledger[0], ON, Basis.ISSUE)
    cents = {code: amount.cents for code, amount in seen.ageing.buckets.items() if amount}
    assert cents == {"1-30": 100_000, "61-90": 25_000}


def test_a_past_day_is_answered_the_same_whatever_comes_later(house, ledger, clock):
    client, debtor = ledger
    day = date(2026, 10, 15)
    before = report(house, client, day)
    assert before.ageing.open == Money(50_000)
    house.invoice(debtor, "4", issue=date(2026, 10, 16), due=date(2026, 10, 16), cents=7)
    house.payment(debtor, on=date(2026, 10, 16), cents=50_000, invoice_id=2)
    after = report(house, client, day)
    assert (after.ageing, after.dso, after.days_late, after.history) == (
        before.ageing,
        before.dso,
        before.days_late,
        before.history,
    )
    assert report(house, client).ageing.open != before.ageing.open


def test_the_figures_of_a_day_are_those_of_the_rules(house, ledger):
    seen = report(house, ledger[0])
    sales, opened, current = Decimal(170_000), 125_000, 100_000
    assert seen.dso.simple == opened * 90 / sales
    assert seen.dso.best_possible == current * 90 / sales
    assert seen.dso.average_days_delinquent == (opened - current) * 90 / sales
    assert seen.dso.cei == (sales - opened) * 100 / (sales - current)
    # November sold 1,000.00 in 22 days, October nothing in 31, September 700.00 in 30.
    assert seen.dso.countback == 22 + 31 + Decimal(25_000 * 30) / 70_000
    assert seen.days_late == 10


def test_the_history_is_twelve_month_ends_and_the_day_itself(house, ledger):
    seen = report(house, ledger[0])
    days = [day for day, _ in seen.history]
    assert (days[0], days[-2], days[-1], len(days)) == (date(2025, 11, 30), date(2026, 10, 31), ON, 13)
    assert seen.history[-1][1] == seen.dso
    assert seen.history[0][1].simple is None


def test_each_currency_has_its_own_figures_and_the_most_used_comes_first(house, ledger):
    client, debtor = ledger
    house.invoice(debtor, "US-1", due=ON + timedelta(1), cents=99_000, currency="USD")
    assert report(house, client).currencies == ("EUR", "USD")
    assert report(house, client).ageing.currency == "EUR"
    dollars = report(house, client, currency="USD").ageing
    assert (dollars.open, dollars.invoices) == (Money(99_000, "USD"), 1)
    assert report(house, client, currency="<script>").ageing.currency == "EUR"


def test_the_delegation_is_the_first_that_had_begun_by_the_day(house, ledger):
    client, debtor = ledger
    assert report(house, client).delegated_on is None
    house.delegate(debtor, from_date=date(2026, 9, 5))
    house.delegate(house.debtor(client, "Scierie du Nord"), from_date=date(2026, 8, 1))
    assert report(house, client).delegated_on == date(2026, 8, 1)
    assert report(house, client, date(2026, 7, 31)).delegated_on is None


def test_before_the_first_invoice_there_is_nothing_to_divide_by_and_that_is_no_error(house, ledger):
    seen = report(house, ledger[0], date(1995, 1, 1))
    assert (seen.ageing.invoices, seen.blank) == (0, False)
    assert {seen.dso.simple, seen.dso.countback, seen.dso.cei, seen.days_late} == {None}


def test_a_client_without_invoices_has_a_blank_report(house):
    assert report(house, house.client()).blank


@pytest.mark.parametrize("day", [date.min, date(1989, 12, 31), date(2100, 1, 1), date.max])
def test_a_day_that_nobody_means_is_refused(house, ledger, day):
    with pytest.raises(Unreadable):
        report(house, ledger[0], day)


def test_only_a_clients_own_people_and_the_agency_see_its_figures(house, ledger):
    house.client("condroz", "Condroz Toitures SA")
    reader, other = house.user(Role.READER, "ardenne"), house.user(Role.OWNER, "condroz")
    assert report(house, ledger[0], actor=reader).ageing.invoices == 2
    with pytest.raises(NotAllowed):
        report(house, ledger[0], actor=other)
    assert report(house, 2, actor=other).blank


def test_the_overview_and_the_report_of_today_agree(house, ledger):
    with house.wiring.begin(HOUSE, write=False) as work:
        seen = figures.overview(work, ledger[0])
    today = report(house, ledger[0])
    assert seen.ageing == today.ageing
    assert seen.dso[-1] == (ON, today.dso.countback)
