"""A reader as hostile files would have it: what it does is the name of the file it is given.

It runs behind the sandbox in place of the real one, see ``adapters/test_sandbox.py``.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from encaiss_dashboard.adapters.invoice_files import kept
from encaiss_dashboard.domain.intake import Choices, Reading, Tell

LONG_S = 600
MEGABYTE = 1 << 20


@dataclass
class Job:
    """What a reader is given, and how it leaves a reading."""

    source: Path
    name: str
    choices: Choices
    folder: Path
    tell: Tell

    def leave(self, *header: str) -> None:
        kept.save_reading(
            Reading(self.name, header=header), self.source, self.name, self.choices, self.folder
        )


def read_file(source: Path, name: str, choices: Choices, folder: Path, tell: Tell) -> None:
    (folder / "part").write_text(str(os.getpid()), encoding="ascii")
    (folder / "part").rename(folder / "pid")
    deed: Callable[[Job], None] = globals()[name]
    deed(Job(source, name, choices, folder, tell))


def says_what_it_sees(job: Job) -> None:
    opened = sorted(str(path.readlink()) for path in Path("/proc/self/fd").iterdir() if path.exists())
    job.leave(*os.environ, Path("/proc/self/environ").read_text(encoding="utf-8"), *opened)


def grasps_at_once(job: Job) -> None:
    bytearray(1 << 40)


def eats_memory(job: Job) -> None:
    eaten = []
    while True:
        eaten.append(os.urandom(MEGABYTE))


def eats_memory_it_shares(job: Job) -> None:
    eaten = mmap.mmap(-1, 300 * MEGABYTE)
    for _ in range(300):
        eaten.write(os.urandom(MEGABYTE))
    time.sleep(LONG_S)


def loops(job: Job) -> None:
    while True:
        pass


def says_nothing(job: Job) -> None:
    time.sleep(LONG_S)


def never_comes_to_an_end(job: Job) -> None:
    while True:
        job.tell(1, 2)
        time.sleep(0.05)


def chatters(job: Job) -> None:
    line = b"told 1 99999999999999999999999999999999 " + b"x" * 100_000 + b"\n\xff\x00\n"
    for _ in range(200):
        os.write(2, line)
    raise ValueError("Madame Secret, 0471 00 00 00")


def breaks_off(job: Job) -> None:
    ctypes.string_at(0)


def aborts(job: Job) -> None:
    os.abort()


def leaves_without_a_word(job: Job) -> None:
    os._exit(0)


def leaves_nonsense(job: Job) -> None:
    (job.folder / "reading.json").write_text('{"of": 1}', encoding="ascii")


def leaves_rows_of_others(job: Job) -> None:
    job.leave("a", "b")
    path = job.folder / "reading.json"
    path.write_text(
        path.read_text(encoding="utf-8").replace('"frames":[]', '"frames":["../rows.arrow"]'),
        encoding="utf-8",
    )


def fills_a_file(job: Job) -> None:
    with (job.folder / "long").open("wb") as stream:
        while True:
            stream.write(bytes(MEGABYTE))


def fills_the_folder(job: Job) -> None:
    for number in range(100):
        (job.folder / f"{number}").write_bytes(bytes(MEGABYTE // 2))
    time.sleep(LONG_S)


def forks_without_end(job: Job) -> None:
    try:
        while True:
            if os.fork() == 0:
                time.sleep(LONG_S)
    except OSError as error:
        job.leave(type(error).__name__)


def tries_everything(job: Job) -> None:
    """Each attempt that succeeds is named; the file to look for is the choice of a sheet."""
    secret = Path(str(job.choices.sheet))

    def read_the_parents_environment() -> None:
        Path(f"/proc/{os.getppid()}/environ").read_bytes()

    def end_the_parent() -> None:
        os.kill(os.getppid(), signal.SIGCONT)

    def ask_the_network() -> None:
        socket.socket(socket.AF_INET, socket.SOCK_STREAM).connect(("127.0.0.1", 9))

    attempts: dict[str, Callable[[], object]] = {
        "read": secret.read_bytes,
        "list": lambda: list(secret.parent.iterdir()),
        "write": lambda: secret.write_bytes(b"mine now"),
        "create": (secret.parent / "new").touch,
        "remove": secret.unlink,
        "environment": read_the_parents_environment,
        "signal": end_the_parent,
        "network": ask_the_network,
        "local socket": lambda: socket.socket(socket.AF_UNIX),
        "program": lambda: subprocess.run([sys.executable, "-c", ""], check=True),
        "limits": lambda: resource.prlimit(os.getppid(), resource.RLIMIT_NOFILE),
    }
    done = []
    for what, attempt in attempts.items():
        try:
            attempt()
        except PermissionError:
            continue
        except OSError:
            pass
        done.append(what)
    job.leave(*done)


def uses_its_own_scratch(job: Job) -> None:
    with tempfile.NamedTemporaryFile() as stream:
        job.leave(str(Path(stream.name).parent))


def is_slow(job: Job) -> None:
    job.tell(1, 2)
    time.sleep(LONG_S)


def takes_a_moment(job: Job) -> None:
    time.sleep(0.4)
    job.leave()


def counts(job: Job) -> None:
    for done in range(0, 1001, 10):
        job.tell(done, 1000)
        time.sleep(0.01)
    job.leave()
