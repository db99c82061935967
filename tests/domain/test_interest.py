"""Late interest between businesses: RULES §3 and the worked cases of §9, to the cent."""

import itertools
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encaiss_dashboard.domain.interest import (
    BE_CIVIL_RATES,
    RATES,
    Evidence,
    Order,
    RateUnknown,
    Regime,
    accrue,
    interest,
    late_indemnity,
    settle_part_payment,
)
from encaiss_dashboard.domain.money import Money


def _of(text: str) -> Money:
    return Money.of(text)


def _rate_on(regime: Regime, day: date):
    (rate,) = [r for r in RATES[regime] if r.first_day <= day <= r.last_day]
    return rate


@pytest.mark.parametrize(
    "principal, due, paid, amount",
    [
        ("1000", date(2024, 12, 15), date(2025, 1, 31), "15.25"),
        ("5000", date(2023, 5, 31), date(2023, 8, 31), "145.07"),
        ("2500", date(2025, 6, 30), date(2025, 9, 30), "66.16"),
        ("10000", date(2024, 11, 30), date(2026, 11, 21), "2140.68"),
        ("12000", date(2024, 1, 31), date(2024, 3, 1), "123.29"),
        ("3000", date(2025, 1, 15), date(2025, 4, 30), "99.25"),
        ("2099.25", date(2025, 4, 30), date(2025, 7, 31), "59.07"),
    ],
)
def test_the_worked_cases_come_out_to_the_cent(principal, due, paid, amount):
    result = interest(_of(principal), due, paid, Regime.BE_B2B)
    assert str(result.amount) == amount
    assert result.days == (paid - due).days


def test_a_french_debtor_owes_ten_points_above_the_central_bank():
    result = interest(_of("36500"), date(2026, 6, 29), date(2026, 7, 1), Regime.FR_B2B)
    assert [str(p.rate.percent) for p in result.periods] == ["12.15", "12.40"]
    assert str(result.amount) == "24.55"


def test_each_day_bears_the_rate_of_its_semester():
    result = interest(_of("1000"), date(2024, 12, 15), date(2025, 1, 31), Regime.BE_B2B)
    assert [(p.first_day, p.last_day, p.days, str(p.rate.percent)) for p in result.periods] == [
        (date(2024, 12, 16), date(2024, 12, 31), 16, "12.5"),
        (date(2025, 1, 1), date(2025, 1, 31), 31, "11.5"),
    ]


@pytest.mark.parametrize("paid", [date(2025, 1, 15), date(2025, 1, 2)])
def test_paying_in_time_costs_nothing(paid):
    result = interest(_of("3000"), date(2025, 1, 15), paid, Regime.BE_B2B)
    assert (result.amount, result.periods) == (Money(0), ())
    assert late_indemnity(date(2025, 1, 15), paid) == Money(0)


def test_the_first_day_late_costs_a_day_and_forty_euro():
    due, paid = date(2025, 1, 15), date(2025, 1, 16)
    assert str(interest(_of("36500"), due, paid, Regime.BE_B2B).amount) == "11.50"
    assert late_indemnity(due, paid) == _of("40")


def test_exactly_half_a_cent_rounds_up():
    # 73.00 at 12.5 % for one day is 0.025 exactly.
    result = interest(_of("73"), date(2024, 3, 1), date(2024, 3, 2), Regime.BE_B2B)
    assert result.periods[0].unrounded == Decimal("0.025")
    assert result.amount == Money(3)


def test_semesters_are_summed_before_the_one_rounding():
    # One day at 12.5 % and one at 11.5 % are 0.00479 and 0.00441: each alone is nothing, together a cent.
    result = interest(_of("14"), date(2024, 12, 30), date(2025, 1, 1), Regime.BE_B2B)
    assert all(p.unrounded < Decimal("0.005") for p in result.periods)
    assert result.amount == Money(1)


@given(
    st.integers(min_value=0, max_value=10**12),
    st.dates(date(2013, 7, 1), date(2026, 12, 31)),
    st.integers(min_value=0, max_value=1500),
)
def test_the_periods_cover_every_late_day_once(cents, due, days):
    paid = min(due + timedelta(days=days), date(2026, 12, 31))
    result = interest(Money(cents), due, paid, Regime.BE_B2B)
    assert result.days == (paid - due).days
    bounds = [due] + [p.last_day for p in result.periods]
    assert [p.first_day - timedelta(days=1) for p in result.periods] == bounds[:-1]
    unrounded = sum((p.unrounded for p in result.periods), Decimal(0))
    assert abs(result.amount.decimal - unrounded) <= Decimal("0.0051")


@pytest.mark.parametrize(
    "due, paid, regime, day",
    [
        (date(2013, 6, 29), date(2013, 8, 1), Regime.BE_B2B, "2013-06-30"),
        (date(2026, 12, 1), date(2027, 1, 5), Regime.BE_B2B, "2027-01-05"),
        (date(2025, 12, 1), date(2026, 2, 1), Regime.FR_B2B, "2025-12-02"),
        (date(2026, 12, 1), date(2027, 1, 1), Regime.BE_B2C, "2027-01-01"),
    ],
)
def test_a_day_without_a_known_rate_is_refused_never_guessed(due, paid, regime, day):
    with pytest.raises(RateUnknown) as refused:
        interest(_of("100"), due, paid, regime)
    assert refused.value.facts["day"] == day


def test_the_first_and_last_known_days_are_accepted():
    assert interest(_of("100"), date(2013, 6, 30), date(2013, 7, 1), Regime.BE_B2B).days == 1
    assert interest(_of("100"), date(2026, 12, 30), date(2026, 12, 31), Regime.BE_B2B).days == 1


@pytest.mark.parametrize("rates", [*RATES.values(), BE_CIVIL_RATES])
def test_the_rate_tables_have_neither_gap_nor_overlap_and_name_their_source(rates):
    for earlier, later in itertools.pairwise(rates):
        assert later.first_day == earlier.last_day + timedelta(days=1)
    assert all(rate.source for rate in rates)


@pytest.mark.parametrize(
    "day, percent, evidence, published",
    [
        (date(2013, 7, 1), "8.5", Evidence.HIGH, True),
        (date(2016, 6, 30), "8.5", Evidence.HIGH, True),
        (date(2016, 7, 1), "8", Evidence.HIGH, True),
        (date(2022, 12, 31), "8", Evidence.HIGH, True),
        (date(2023, 1, 1), "10.5", Evidence.HIGH, True),
        (date(2023, 7, 1), "12", Evidence.MEDIUM, True),
        (date(2024, 7, 1), "12.5", Evidence.HIGH, True),
        (date(2025, 6, 30), "11.5", Evidence.HIGH, True),
        (date(2025, 7, 1), "10.5", Evidence.HIGH, True),
        (date(2026, 6, 30), "10.5", Evidence.HIGH, True),
        (date(2026, 7, 1), "10.5", Evidence.MEDIUM, False),
    ],
)
def test_the_belgian_rates_carry_how_well_they_are_known(day, percent, evidence, published):
    rate = _rate_on(Regime.BE_B2B, day)
    assert (rate.percent, rate.evidence, rate.published) == (Decimal(percent), evidence, published)


@pytest.mark.parametrize(
    "year, amount",
    [
        (2019, "200.00"),
        (2021, "175.00"),
        (2022, "150.00"),
        (2023, "525.00"),
        (2025, "450.00"),
        (2026, "450.00"),
    ],
)
def test_the_civil_rate_of_a_whole_year(year, amount):
    result = accrue(_of("10000"), date(year - 1, 12, 31), date(year, 12, 31), BE_CIVIL_RATES)
    assert str(result.amount) == amount


def test_a_part_payment_settles_interest_before_principal():
    run_up = interest(_of("3000"), date(2025, 1, 15), date(2025, 4, 30), Regime.BE_B2B).amount
    part = settle_part_payment(_of("1000"), _of("3000"), run_up)
    assert (str(part.interest), str(part.principal), str(part.balance)) == ("99.25", "900.75", "2099.25")
    further = interest(part.balance, date(2025, 4, 30), date(2025, 7, 31), Regime.BE_B2B)
    assert str(further.amount) == "59.07"


@pytest.mark.parametrize(
    "payment, order, parts",
    [
        ("50", Order.ACCESSORIES_FIRST, ("50.00", "0.00", "0.00", "1000.00", "0.00")),
        ("120", Order.ACCESSORIES_FIRST, ("99.25", "20.75", "0.00", "1000.00", "0.00")),
        ("500", Order.ACCESSORIES_FIRST, ("99.25", "40.00", "360.75", "639.25", "0.00")),
        ("500", Order.PRINCIPAL_FIRST, ("0.00", "0.00", "500.00", "500.00", "0.00")),
        ("1050", Order.PRINCIPAL_FIRST, ("50.00", "0.00", "1000.00", "0.00", "0.00")),
        ("2000", Order.ACCESSORIES_FIRST, ("99.25", "40.00", "1000.00", "0.00", "860.75")),
        ("0", Order.ACCESSORIES_FIRST, ("0.00", "0.00", "0.00", "1000.00", "0.00")),
    ],
)
def test_costs_come_after_interest_and_the_clients_terms_may_turn_the_order(payment, order, parts):
    part = settle_part_payment(_of(payment), _of("1000"), _of("99.25"), _of("40"), order)
    settled = (part.interest, part.costs, part.principal, part.balance, part.surplus)
    assert tuple(map(str, settled)) == parts


@given(*[st.integers(min_value=0, max_value=10**9)] * 4, st.sampled_from(Order))
def test_a_part_payment_creates_and_loses_nothing(payment, principal, run_up, costs, order):
    part = settle_part_payment(Money(payment), Money(principal), Money(run_up), Money(costs), order)
    assert part.interest + part.costs + part.principal + part.surplus == Money(payment)
    assert part.principal + part.balance == Money(principal)
    assert part.balance >= Money(0)
