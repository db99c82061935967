"""Long work on an upload: begun once, watched by whoever comes, told in words."""

import itertools
import threading
import time

import pytest

from encaiss_dashboard import wiring
from encaiss_dashboard.domain.intake import Cancelled
from encaiss_dashboard.ui import import_work
from encaiss_dashboard.ui.import_work import READING, WRITING

PATIENCE_S = 5
NUMBERS = itertools.count(990_001)


@pytest.fixture
def batch_id():
    """A number that no upload of any test has."""
    return next(NUMBERS)


class Work:
    """Work that goes on until it is let go, and counts how often it was done."""

    def __init__(self):
        self.go, self.began, self.times = threading.Event(), threading.Event(), 0

    def __call__(self):
        self.times += 1
        self.began.set()
        assert self.go.wait(PATIENCE_S)
        return self.times


def test_who_asks_for_the_same_while_it_goes_on_watches_the_same(batch_id):
    work = Work()
    first = import_work.begin("me", batch_id, READING, work)
    assert import_work.begin("you", batch_id, READING, work) is first
    assert import_work.running(batch_id) is first
    work.go.set()
    assert first.future.result(PATIENCE_S) == 1


def test_what_has_to_be_fresh_begins_when_the_other_has_ended(batch_id):
    stale, fresh = Work(), Work()
    fresh.go.set()
    first = import_work.begin("me", batch_id, READING, stale)
    assert stale.began.wait(PATIENCE_S)
    second = import_work.begin("me", batch_id, READING, fresh, fresh=True)
    assert second is not first
    assert not fresh.began.wait(0.2)
    stale.go.set()
    assert second.future.result(PATIENCE_S) == 1


def test_what_still_waits_for_its_turn_is_fresh_enough_for_everybody(batch_id):
    stale, fresh = Work(), Work()
    import_work.begin("me", batch_id, READING, stale)
    assert stale.began.wait(PATIENCE_S)
    waiting = [import_work.begin("me", batch_id, READING, fresh, fresh=True) for _ in range(20)]
    stale.go.set()
    fresh.go.set()
    assert {run.future.result(PATIENCE_S) for run in waiting} == {1}
    assert fresh.times == 1


def test_an_import_does_not_begin_while_its_file_is_being_read(batch_id):
    reading, writing = Work(), Work()
    writing.go.set()
    import_work.begin("me", batch_id, READING, reading)
    second = import_work.begin("me", batch_id, WRITING, writing)
    assert not writing.began.wait(0.2)
    reading.go.set()
    assert second.future.result(PATIENCE_S) == 1


def test_what_has_ended_is_still_found_for_a_moment_but_never_done_instead_of_new_work(batch_id):
    work = Work()
    work.go.set()
    first = import_work.begin("me", batch_id, WRITING, work)
    first.future.result(PATIENCE_S)
    assert import_work.running(batch_id) is None
    assert import_work.recent(batch_id) is first
    assert import_work.begin("me", batch_id, WRITING, work) is not first


def test_one_upload_waits_for_no_other(batch_id):
    slow, quick = Work(), Work()
    quick.go.set()
    import_work.begin("me", batch_id, READING, slow)
    assert import_work.begin("me", next(NUMBERS), READING, quick).future.result(PATIENCE_S) == 1
    slow.go.set()


async def test_waiting_for_work_ends_with_it_or_with_patience(batch_id):
    work = Work()
    run = import_work.begin("me", batch_id, READING, work)
    assert not await run.wait(0.05)
    threading.Timer(0.1, work.go.set).start()
    assert await run.wait(PATIENCE_S)


async def test_work_that_broke_is_told_to_who_asks_and_troubles_nobody_else(batch_id, caplog):
    def break_down():
        raise Cancelled

    run = import_work.begin("me", batch_id, READING, break_down)
    assert await run.wait(PATIENCE_S)
    with pytest.raises(Cancelled):
        run.future.result()
    assert not caplog.records


def test_how_far_it_is_is_said_in_the_reader_s_language_with_rate_and_time_left(batch_id):
    board, key = wiring.house().board, import_work.key(batch_id)
    with board.work(key, READING) as tell:
        assert import_work.doing(batch_id, "fr")["far"] == "préparation…"
        assert import_work.doing(batch_id, "fr")["percent"] == -1
        tell(0, 40_000_000)
        time.sleep(0.3)
        tell(10_000_000, 40_000_000)
        told = import_work.doing(batch_id, "fr")
        assert (told["percent"], told["far"]) == (25, "10,0 Mo sur 40,0 Mo")
        assert told["rate"].endswith("Mo/s")
        assert told["left"] == "encore 1 seconde"
        tell(40_000_000, 40_000_000)
        assert import_work.doing(batch_id, "en")["left"] == "comparing with your invoices…"
    assert import_work.doing(batch_id, "fr") == import_work.NOTHING_YET
    with board.work(key, WRITING) as tell:
        tell(0, 4_000)
        time.sleep(0.3)
        tell(1_000, 4_000)
        told = import_work.doing(batch_id, "en")
        assert (told["percent"], told["far"]) == (25, "1,000 of 4,000 rows")
        assert told["rate"].endswith("rows/s")


def test_another_process_is_seen_at_work(batch_id):
    with wiring.house().board.work(import_work.key(batch_id), WRITING):
        assert import_work.elsewhere(batch_id) == WRITING
        assert import_work.running(batch_id) is None
    assert import_work.elsewhere(batch_id) == ""


@pytest.mark.parametrize(
    "count, said", [(0, "0 ko"), (1, "1 ko"), (1_499, "1 ko"), (999_999, "1 000 ko"), (24_430_134, "24,4 Mo")]
)
def test_a_size_is_said_in_what_people_count_in(count, said):
    assert import_work.size(count, "fr").replace("\u202f", " ") == said
