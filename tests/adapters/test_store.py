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


def test_what_is_still_coming_in_has_no_name_and_is_gone_when_it_is_closed(store, tmp_path):
    store.keep("batch-1", b"x")
    with store.scratch() as scratch:
        scratch.write(b"half of a file")
        scratch.flush()
        facts = os.fstat(scratch.fileno())
        assert (facts.st_nlink, stat.S_IMODE(facts.st_mode)) == (0, 0o600)
        assert facts.st_dev == (tmp_path / "uploads").stat().st_dev
        assert [path.name for path in (tmp_path / "uploads").iterdir()] == ["batch-1"]
        scratch.seek(0)
        assert scratch.read() == b"half of a file"
