"""What a payment settles, policy by policy; against a clerk who moves one cent after the other."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from money_in import open_item, settled_cent_by_cent, subsets

from encaiss_dashboard.domain.booking import Part, Policy, settle
from encaiss_dashboard.domain.booking.subsets import by_chance, only_subset
from encaiss_dashboard.domain.claims import ClaimKind
from encaiss_dashboard.domain.money import Money

INTEREST, INDEMNITY, COSTS = ClaimKind
ASKED = ((COSTS, Money(7_50)), (INTEREST, Money(12_00)), (INDEMNITY, Money(40_00)))
OLD = open_item(1, 100_00, days_late=60, accessories=ASKED)
NEW = open_item(2, 50_00, days_late=10)
ITEMS = [NEW, OLD]


def told(parts):
    return [(part.invoice_id, part.kind, part.amount.cents) for part in parts]


@pytest.mark.parametrize(
    "policy, cents, named, parts",
    [
        # Strict: what is named, up to its balance; the rest waits.
        (Policy.STRICT, 80_00, [2], [(2, None, 50_00)]),
        (Policy.STRICT, 80_00, [], []),
        (Policy.STRICT, 120_00, [2, 1], [(2, None, 50_00), (1, None, 70_00)]),
        # Oldest first: what is named, then what has been due longest; principal only.
        (Policy.OLDEST_FIRST, 80_00, [2], [(2, None, 50_00), (1, None, 30_00)]),
        (Policy.OLDEST_FIRST, 80_00, [], [(1, None, 80_00)]),
        (Policy.OLDEST_FIRST, 500_00, [], [(1, None, 100_00), (2, None, 50_00)]),
        # Interest first: of each invoice interest, indemnity and costs that were asked for, then principal.
        (Policy.INTEREST_FIRST, 30_00, [], [(1, INTEREST, 12_00), (1, INDEMNITY, 18_00)]),
        (
            Policy.INTEREST_FIRST,
            100_00,
            [],
            [(1, INTEREST, 12_00), (1, INDEMNITY, 40_00), (1, COSTS, 7_50), (1, None, 40_50)],
        ),
        # Who quotes an invoice and pays what stands on it means the invoice.
        (Policy.INTEREST_FIRST, 100_00, [1], [(1, None, 100_00)]),
        (Policy.INTEREST_FIRST, 150_00, [1, 2], [(1, None, 100_00), (2, None, 50_00)]),
        # One cent more or less, and the law's order holds again.
        (
            Policy.INTEREST_FIRST,
            99_99,
            [1],
            [(1, INTEREST, 12_00), (1, INDEMNITY, 40_00), (1, COSTS, 7_50), (1, None, 40_49)],
        ),
        (
            Policy.INTEREST_FIRST,
            159_50,
            [1],
            [(1, INTEREST, 12_00), (1, INDEMNITY, 40_00), (1, COSTS, 7_50), (1, None, 100_00)],
        ),
        # As told: in the order in which somebody said it.
        (Policy.AS_TOLD, 120_00, [2, 1], [(2, None, 50_00), (1, None, 70_00)]),
    ],
)
def test_what_each_policy_settles_first(policy, cents, named, parts):
    assert told(settle(Money(cents), ITEMS, policy, named)) == parts


def test_an_invoice_counts_as_paid_when_no_more_than_the_tolerance_is_missing():
    assert told(settle(Money(99_97), ITEMS, Policy.INTEREST_FIRST, [1], 3)) == [(1, None, 99_97)]
    assert told(settle(Money(99_96), ITEMS, Policy.INTEREST_FIRST, [1], 3))[0] == (1, INTEREST, 12_00)


def test_what_is_in_another_currency_is_passed_over():
    dollars = open_item(3, 80_00, currency="USD")
    assert told(settle(Money(80_00), [dollars, NEW], Policy.OLDEST_FIRST, [3])) == [(2, None, 50_00)]


def test_an_invoice_named_twice_or_unknown_is_settled_once_or_not_at_all():
    assert told(settle(Money(80_00), ITEMS, Policy.STRICT, [2, 2, 99])) == [(2, None, 50_00)]


def test_of_two_due_on_a_day_the_one_issued_first_is_settled_first():
    early = replace(NEW, invoice_id=9, issue=NEW.issue.replace(day=1))
    assert told(settle(Money(1_00), [NEW, early], Policy.OLDEST_FIRST)) == [(9, None, 1_00)]


@pytest.mark.parametrize("cents", [0, -5])
@pytest.mark.parametrize("policy", Policy)
def test_what_is_nothing_settles_nothing(policy, cents):
    assert settle(Money(cents), ITEMS, policy, [1]) == ()


CENTS = st.integers(1, 60)
ITEM = st.builds(
    lambda late, cents, asked: (late, cents, tuple((kind, Money(c)) for kind, c in asked.items())),
    st.integers(-5, 40),
    CENTS,
    st.dictionaries(st.sampled_from(ClaimKind), CENTS),
)


@given(
    amount=st.integers(0, 400),
    facts=st.lists(ITEM, max_size=5),
    policy=st.sampled_from(Policy),
    named=st.lists(st.integers(0, 5), unique=True),
    tolerance=st.integers(0, 5),
)
def test_a_clerk_who_moves_cent_by_cent_settles_the_same(amount, facts, policy, named, tolerance):
    items = [open_item(n, cents, late, accessories=asked) for n, (late, cents, asked) in enumerate(facts)]
    parts = settle(Money(amount), items, policy, named, tolerance)
    assert sum(part.amount.cents for part in parts) <= amount
    assert all(isinstance(part, Part) and part.amount.cents > 0 for part in parts)
    found = {
        (part.invoice_id, part.kind.value if part.kind else "principal"): part.amount.cents for part in parts
    }
    assert len(found) == len(parts)
    assert found == settled_cent_by_cent(amount, items, policy, named, tolerance)


@given(st.lists(st.integers(1, 30), max_size=9), st.integers(-3, 120))
def test_a_sum_is_found_where_exactly_one_choice_makes_it(amounts, target):
    every = subsets(amounts, target)
    assert only_subset(amounts, target) == (every[0] if len(every) == 1 else None)


def test_round_balances_and_many_of_them_meet_a_sum_by_chance():
    assert by_chance([]) == 0
    assert by_chance([101_37, 250_19, 77_01]) < 0.001
    assert by_chance([100_00] * 3) > 1
    assert by_chance([10_000 + n * 37 for n in range(20)]) > 1
