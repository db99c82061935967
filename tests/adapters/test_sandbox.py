"""A hostile file costs the process that reads it, and nobody else: not the server, not its secrets.

The hostile files are the deeds of ``hostile.py``, done by a reader that runs where the real one would.
"""

from __future__ import annotations

import dataclasses
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from encaiss_dashboard import wiring as house_wiring
from encaiss_dashboard.adapters.invoice_files import kept
from encaiss_dashboard.adapters.sandbox import SandboxedFiles
from encaiss_dashboard.adapters.sandbox.nursery import Nursery
from encaiss_dashboard.adapters.sandbox.reader import Request
from encaiss_dashboard.adapters.sandbox.walls import Limits
from encaiss_dashboard.domain.intake import NO_CHOICES, Cancelled, Choices, Reading
from encaiss_dashboard.settings import Settings

GOLDEN = sorted((Path(__file__).parent / "golden" / "invoice_files").rglob("*"))
HEADER = "Factuurnummer;Klant;Factuurdatum;Totaal\n"
MEGABYTE = 1 << 20
LIMITS = Limits(
    memory_bytes=200 * MEGABYTE,
    file_bytes=4 * MEGABYTE,
    folder_bytes=8 * MEGABYTE,
)
HASTY = dataclasses.replace(LIMITS, cpu_s=1, wall_s=4, silence_s=2)
LINUX = sys.platform == "linux"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source"
    path.write_text(f"{HEADER}A1;Café;31/01/2025;5,00\n", encoding="utf-8")
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "workshop"
    path.mkdir()
    return path


@pytest.fixture(scope="module")
def hostile() -> Iterator[SandboxedFiles]:
    files = SandboxedFiles(kept, reader="hostile", limits=LIMITS)
    yield files
    files.close()


@pytest.fixture(scope="module")
def hasty() -> Iterator[SandboxedFiles]:
    files = SandboxedFiles(kept, reader="hostile", limits=HASTY)
    yield files
    files.close()


@pytest.fixture(scope="module")
def honest() -> Iterator[SandboxedFiles]:
    files = SandboxedFiles(kept)
    yield files
    files.close()


def codes(reading: Reading) -> list[str]:
    return [problem.code for problem in reading.problems]


def starter_of(files: SandboxedFiles) -> int:
    process = files._nursery._process
    assert process is not None
    return process.pid


def readers_of(pid: int) -> list[int]:
    """The living readers, and the dead that nobody buried, of a starter."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def is_running(pid: int) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except FileNotFoundError:
        return False


def eventually(holds: Callable[[], object], within_s: float = 10) -> bool:
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.02)
    return False


# ---------------------------------------------------------------- what an honest file sees of it


@pytest.mark.parametrize("path", [p for p in GOLDEN if p.is_file()], ids=lambda path: path.name)
def test_a_file_is_understood_apart_as_it_is_in_process(honest, path, tmp_path):
    near, apart = tmp_path / "near", tmp_path / "apart"
    near.mkdir()
    apart.mkdir()
    one = kept.read_file(path, path.name, NO_CHOICES, near)
    other = honest.read_file(path, path.name, NO_CHOICES, apart)
    assert dataclasses.replace(one, rows=()) == dataclasses.replace(other, rows=())
    assert list(one.rows) == list(other.rows)


def test_progress_comes_through_and_never_goes_back(hostile, source, folder):
    told: list[tuple[int, int]] = []
    reading = hostile.read_file(source, "counts", NO_CHOICES, folder, lambda *far: told.append(far))
    assert codes(reading) == []
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert len(told) > 3
    assert told[-1][1] == 1000


def test_what_lay_in_the_folder_before_is_gone(honest, source, folder):
    (folder / "old").mkdir()
    (folder / "old" / "rows.arrow").write_bytes(b"of another reading")
    honest.read_file(source, "a.csv", NO_CHOICES, folder)
    assert not (folder / "old").exists()


def test_a_path_that_begins_where_the_server_is_leads_to_the_same_file(honest, source, folder, monkeypatch):
    monkeypatch.chdir(source.parent)
    reading = honest.read_file(Path(source.name), "a.csv", NO_CHOICES, Path(folder.name))
    assert len(reading.rows) == 1


def test_a_scratch_file_of_a_library_lies_in_the_folder(hostile, source, folder):
    reading = hostile.read_file(source, "uses_its_own_scratch", NO_CHOICES, folder)
    assert reading.header == (str(folder),)


def test_the_house_reads_apart(settings: Settings):
    built = house_wiring.build(settings)
    assert isinstance(built.files, SandboxedFiles)
    built.engine.dispose()


def test_a_file_that_broke_its_reader_is_not_read_again_at_every_look(hostile, source, folder):
    made = hostile.read_file(source, "breaks_off", NO_CHOICES, folder)
    found = hostile.kept(source, "breaks_off", NO_CHOICES, folder)
    assert found is not None
    assert (codes(found), len(found.rows)) == (codes(made), 0) == (["file_broke_reader"], 0)


# ---------------------------------------------------------------- what a hostile file gets for it

TOO_HEAVY = [
    "grasps_at_once",
    "eats_memory",
    *(["eats_memory_it_shares"] if LINUX else []),
    "fills_a_file",
    "fills_the_folder",
]
BROKEN = [
    "breaks_off",
    "aborts",
    "leaves_without_a_word",
    "leaves_nonsense",
    "leaves_rows_of_others",
    "chatters",
]


@pytest.mark.parametrize(
    "deed, code",
    [
        *((deed, "file_too_heavy") for deed in TOO_HEAVY),
        *((deed, "file_broke_reader") for deed in BROKEN),
    ],
)
def test_a_hostile_file_is_one_problem_of_the_whole_file(hostile, source, folder, caplog, deed, code):
    reading = hostile.read_file(source, deed, NO_CHOICES, folder)
    assert [(p.code, p.line, p.field, p.blocks) for p in reading.problems] == [(code, None, None, True)]
    assert list(reading.rows) == []
    assert [path.name for path in folder.iterdir()] == ["reading.json"]
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert readers_of(starter_of(hostile)) == []


@pytest.mark.parametrize("deed", ["loops", "says_nothing", "never_comes_to_an_end"])
def test_a_file_that_takes_for_ever_is_given_up(hasty, source, folder, deed):
    assert codes(hasty.read_file(source, deed, NO_CHOICES, folder)) == ["file_too_heavy"]
    assert readers_of(starter_of(hasty)) == []


def test_the_log_says_what_broke_and_quotes_nothing_of_the_file(hostile, source, folder, caplog):
    hostile.read_file(source, "chatters", NO_CHOICES, folder)
    assert "broke ValueError" in caplog.text
    assert "hostile.py:" in caplog.text
    assert "Secret" not in caplog.text
    assert len(caplog.text) < 2000
    hostile.read_file(source, "breaks_off", NO_CHOICES, folder)
    assert "SIGSEGV" in caplog.text


def test_after_a_hostile_file_an_honest_one_is_read_as_ever(hostile, source, folder):
    hostile.read_file(source, "breaks_off", NO_CHOICES, folder)
    assert codes(hostile.read_file(source, "takes_a_moment", NO_CHOICES, folder)) == []


def test_a_reader_cannot_multiply(hostile, source, folder):
    """Where the system cannot forbid it, what it started is ended with it."""
    hostile.read_file(source, "forks_without_end", NO_CHOICES, folder)
    assert readers_of(starter_of(hostile)) == []


def test_a_reader_sees_no_secret_and_nothing_that_was_open(hostile, source, folder):
    assert "ENCAISS_SECRET" in os.environ
    with source.open("rb"):
        seen = hostile.read_file(source, "says_what_it_sees", NO_CHOICES, folder).header
    assert not any("ENCAISS" in text or "tests, long enough" in text for text in seen)
    opened = [text for text in seen if text.startswith(("/", "socket:", "pipe:"))]
    assert [text.partition(":")[0] for text in opened] == ["/dev/null", "/dev/null", "socket"]


def test_behind_the_walls_there_is_no_other_file_process_or_network(hostile, source, folder, tmp_path):
    """Walls that this system does not have are said to be missing; watching and limits remain."""
    other = tmp_path / "elsewhere" / "encaiss.db"
    other.parent.mkdir()
    other.write_bytes(b"of others")
    choices = Choices(sheet=str(other))
    nursery = Nursery("hostile", LIMITS)
    outcome = nursery.start(Request(source, "tries_everything", choices, folder)).watch(lambda *_: None, 1)
    nursery.close()
    reading = kept.kept(source, "tries_everything", choices, folder)
    assert reading is not None
    done = set(reading.header)
    if "files" in (outcome.walls or ()):
        assert not done & {"read", "list", "write", "create", "remove", "environment"}
        assert other.read_bytes() == b"of others"
    if "calls" in (outcome.walls or ()):
        assert not done & {"signal", "network", "local socket", "program", "limits"}


# ---------------------------------------------------------------- when somebody or something ends it


def test_who_changes_their_mind_is_heard_at_once_and_nothing_stays(hostile, source, folder):
    def tell(done: int, whole: int) -> None:
        if (done, whole) == (1, 2):
            raise Cancelled

    began = time.monotonic()
    with pytest.raises(Cancelled):
        hostile.read_file(source, "is_slow", NO_CHOICES, folder, tell)
    assert time.monotonic() - began < LIMITS.silence_s / 2
    assert list(folder.iterdir()) == []
    assert readers_of(starter_of(hostile)) == []


def test_who_waits_for_a_turn_can_change_their_mind_too(source, folder, tmp_path):
    files = SandboxedFiles(kept, reader="hostile", at_once=1)
    enough = threading.Event()

    def first_tell(done: int, _whole: int) -> None:
        if enough.is_set():
            raise Cancelled

    def read_first() -> None:
        with pytest.raises(Cancelled):
            files.read_file(source, "is_slow", NO_CHOICES, folder, first_tell)

    def tell(_done: int, _whole: int) -> None:
        raise Cancelled

    first = threading.Thread(target=read_first)
    first.start()
    assert eventually((folder / "pid").exists)
    waiting = tmp_path / "waiting"
    waiting.mkdir()
    with pytest.raises(Cancelled):
        files.read_file(source, "is_slow", NO_CHOICES, waiting, tell)
    enough.set()
    first.join()
    files.close()


def test_of_many_files_only_so_many_are_read_at_a_time(source, tmp_path):
    files = SandboxedFiles(kept, reader="hostile", at_once=2)
    read: list[list[str]] = []

    def read_one(number: int) -> None:
        folder = tmp_path / f"{number}"
        folder.mkdir()
        read.append(codes(files.read_file(source, "takes_a_moment", NO_CHOICES, folder)))

    threads = [threading.Thread(target=read_one, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    most = 0
    while any(thread.is_alive() for thread in threads):
        if files._nursery._process is not None:
            most = max(most, len(readers_of(starter_of(files))))
        time.sleep(0.01)
    files.close()
    assert read == [[]] * 6
    assert most == 2


def test_when_the_starter_is_gone_its_readers_are_and_the_next_file_begins_another(source, folder):
    files = SandboxedFiles(kept, reader="hostile")
    found: list[Reading] = []
    thread = threading.Thread(
        target=lambda: found.append(files.read_file(source, "is_slow", NO_CHOICES, folder))
    )
    thread.start()
    assert eventually((folder / "pid").exists)
    reader = int((folder / "pid").read_text(encoding="ascii"))
    os.kill(starter_of(files), signal.SIGKILL)
    thread.join(10)
    assert [codes(reading) for reading in found] == [["file_broke_reader"]]
    assert eventually(lambda: not is_running(reader))
    assert codes(files.read_file(source, "takes_a_moment", NO_CHOICES, folder)) == []
    files.close()


def test_when_the_server_is_killed_nothing_of_it_goes_on(source, folder):
    program = (
        "import sys; from pathlib import Path\n"
        "from encaiss_dashboard.adapters.invoice_files import kept\n"
        "from encaiss_dashboard.adapters.sandbox import SandboxedFiles\n"
        "from encaiss_dashboard.domain.intake import NO_CHOICES\n"
        "files = SandboxedFiles(kept, reader='hostile')\n"
        "files.read_file(Path(sys.argv[1]), 'is_slow', NO_CHOICES, Path(sys.argv[2]))\n"
    )
    server = subprocess.Popen(
        [sys.executable, "-c", program, str(source), str(folder)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert eventually((folder / "pid").exists, within_s=30)
    reader = int((folder / "pid").read_text(encoding="ascii"))
    (starter,) = [
        int(pid) for pid in Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
    ]
    assert is_running(reader)
    assert is_running(starter)
    server.kill()
    server.wait()
    assert eventually(lambda: not is_running(reader))
    assert eventually(lambda: not is_running(starter))


def test_the_starter_has_no_thread_that_works_so_that_it_may_be_forked(honest, source, folder):
    """Polars' own one sleeps for want of anything to remove; its pool begins in the readers."""
    honest.read_file(source, "a.csv", NO_CHOICES, folder)
    pid = starter_of(honest)
    threads = [path for path in Path(f"/proc/{pid}/task").iterdir() if path.name != str(pid)]
    assert [(path / "comm").read_text(encoding="ascii").strip() for path in threads] == ["polars-ooc-clea"]
    assert [(path / "stat").read_text(encoding="ascii").rpartition(") ")[2][0] for path in threads] == ["S"]
