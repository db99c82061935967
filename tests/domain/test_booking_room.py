"""From which day an invoice has room for a payment."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from encaiss_dashboard.domain.booking.room import room_from

DAY = date(2026, 11, 1)
DAYS = [DAY + timedelta(n) for n in range(12)]


def test_what_was_settled_and_taken_back_later_leaves_room_from_then_on():
    settled = [(DAYS[1], 100), (DAYS[5], -100)]
    assert room_from(100, settled, 100, DAYS[3]) == DAYS[5]
    assert room_from(100, settled, 100, DAYS[7]) == DAYS[7]
    assert room_from(200, settled, 100, DAYS[3]) == DAYS[3]


def test_what_is_undone_on_its_own_day_never_took_any_room():
    assert room_from(100, [(DAYS[1], 100), (DAYS[1], -100)], 100, DAYS[1]) == DAYS[1]


@given(
    st.lists(st.tuples(st.sampled_from(DAYS[:10]), st.integers(-50, 50)), max_size=6),
    st.integers(1, 100),
    st.sampled_from(DAYS[:10]),
)
def test_it_is_the_first_day_from_which_so_much_stays_open(settled, cents, earliest):
    total = cents + sum(amount for _, amount in settled)

    def stays_open(day):
        left = (total - sum(n for on, n in settled if on <= later) for later in DAYS if later >= day)
        return all(amount >= cents for amount in left)

    assert room_from(total, settled, cents, earliest) == next(
        d for d in DAYS if d >= earliest and stays_open(d)
    )
