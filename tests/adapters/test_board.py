"""How far long work is, for whoever looks, from whatever process."""

import os
from datetime import UTC, datetime, timedelta

import pytest

from encaiss_dashboard.adapters.board import Board
from encaiss_dashboard.domain.intake import Cancelled

START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


class Watch:
    def __init__(self):
        self.now = START

    def __call__(self):
        return self.now

    def after(self, seconds):
        self.now = START + timedelta(seconds=seconds)


@pytest.fixture
def watch():
    return Watch()


@pytest.fixture
def board(tmp_path, watch):
    return Board(tmp_path / "progress", watch)


def test_another_process_sees_how_far_work_is_and_how_long_it_will_take(board, tmp_path, watch):
    with board.work("batch-7", "writing") as tell:
        watch.after(2)
        tell(250_000, 1_000_000)
        seen = Board(tmp_path / "progress", watch).read("batch-7")
        assert (seen.what, seen.done, seen.whole) == ("writing", 250_000, 1_000_000)
        assert (seen.seconds, seen.left_seconds) == (2.0, 6.0)
    assert board.read("batch-7") is None


def test_what_went_before_the_first_row_does_not_slow_down_the_rest(board, watch):
    with board.work("batch-7", "writing") as tell:
        watch.after(40)
        tell(0, 1_000_000)
        watch.after(42)
        tell(500_000, 1_000_000)
        assert (board.read("batch-7").seconds, board.read("batch-7").left_seconds) == (2.0, 2.0)


def test_nobody_can_say_how_long_it_takes_before_anything_is_done(board):
    with board.work("batch-7", "reading"):
        assert board.read("batch-7").left_seconds is None


def test_work_is_told_to_stop_when_it_next_says_how_far_it_is(board, tmp_path, watch):
    with board.work("batch-7", "reading") as tell:
        tell(1, 10)
        Board(tmp_path / "progress", watch).cancel("batch-7")
        with pytest.raises(Cancelled):
            tell(2, 10)
    assert board.read("batch-7") is None
    with board.work("batch-7", "reading") as tell:
        tell(1, 10)  # the wish to stop was that work's


def test_a_wish_to_stop_what_is_not_going_on_stops_nothing_later(board):
    board.cancel("batch-7")
    with board.work("batch-7", "reading") as tell:
        tell(1, 10)


def test_what_a_dead_process_left_is_not_shown_for_ever(board, watch):
    work = board.work("batch-7", "writing")
    work.__enter__()
    watch.after(59)
    assert board.read("batch-7") is not None
    watch.after(61)
    assert board.read("batch-7") is None


def test_what_dead_processes_left_is_swept_after_a_day(board, tmp_path, watch):
    work = board.work("batch-7", "writing")
    work.__enter__()
    left = tmp_path / "progress" / "batch-7.progress"
    written = START.timestamp()
    os.utime(left, (written, written))
    watch.after(86_000)
    board.sweep()
    assert left.exists()
    watch.after(87_000)
    board.sweep()
    assert not left.exists()
