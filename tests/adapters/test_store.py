"""Uploaded files: kept whole, for the server's eyes only, under no name but the house's own."""

import os
import stat

import pytest

from encaiss_dashboard.adapters.store import FolderStore


@pytest.fixture
def store(tmp_path):
    return FolderStore(tmp_path / "uploads")


def test_what_is_kept_comes_back_byte_for_byte(store):
    data = bytes(range(256)) * 1000
    store.keep("batch-1", data)
    assert store.load("batch-1") == data
    store.keep("batch-1", b"")
    assert store.load("batch-1") == b""


def test_nobody_else_on_the_machine_may_read_it(store, tmp_path):
    before = os.umask(0)
    try:
        store.keep("batch-1", b"x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "uploads").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "uploads" / "batch-1").stat().st_mode) == 0o600


def test_only_whole_files_lie_in_the_folder(store, tmp_path):
    store.keep("batch-1", b"x" * 100_000)
    assert [path.name for path in (tmp_path / "uploads").iterdir()] == ["batch-1"]


@pytest.mark.parametrize(
    "key",
    ["", ".", "..", "../etc", "a/b", "/etc/passwd", "a\\b", "A", "a\0", "-a", "a-", "a\n", "x.part", "é"],
)
def test_a_key_that_the_house_did_not_make_is_refused(store, tmp_path, key):
    with pytest.raises(ValueError, match="not a store key"):
        store.keep(key, b"x")
    with pytest.raises(ValueError, match="not a store key"):
        store.load(key)
    assert not list(tmp_path.rglob("*"))


def test_what_was_never_kept_is_not_found(store):
    with pytest.raises(FileNotFoundError):
        store.load("batch-2")


def test_what_is_still_coming_in_lies_apart_and_is_gone_when_nobody_took_it(store, tmp_path):
    store.keep("batch-1", b"x")
    with store.arriving() as place:
        place.write_bytes(b"half of a file")
        facts = place.stat()
        assert stat.S_IMODE(facts.st_mode) == 0o600
        assert facts.st_dev == (tmp_path / "uploads").stat().st_dev
        assert list(store.kept()) == ["batch-1"]
    assert not place.exists()


def test_what_has_come_in_is_taken_over_as_it_lies(store):
    with store.arriving() as place:
        place.write_bytes(b"a whole file")
        store.take("batch-2", place)
    assert store.load("batch-2") == b"a whole file"
    assert not place.exists()


def left_by_a_killed_process(store, hours):
    with store.arriving() as place:
        pass
    place.write_bytes(b"half of a file")
    written = place.stat().st_mtime - hours * 3600
    os.utime(place, (written, written))
    return place


def test_what_a_killed_process_left_is_swept_after_a_day_and_not_before(store):
    fresh, stale = left_by_a_killed_process(store, 1), left_by_a_killed_process(store, 25)
    assert store.sweep() == 1
    assert (stale.exists(), fresh.exists()) == (False, True)


def test_the_next_file_that_comes_sweeps_as_well(store):
    stale = left_by_a_killed_process(store, 25)
    with store.arriving() as place:
        assert place.exists()
        assert not stale.exists()


def test_sweeping_touches_nothing_that_is_kept_or_worked_on(store):
    store.keep("batch-1", b"x")
    (store.workshop("batch-1") / "rows.arrow").write_bytes(b"rows")
    for path in (store.path("batch-1"), store.workshop("batch-1"), store.workshop("batch-1") / "rows.arrow"):
        os.utime(path, (0, 0))
    assert store.sweep() == 0
    assert (store.workshop("batch-1") / "rows.arrow").exists()
    assert store.load("batch-1") == b"x"
