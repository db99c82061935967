"""A real IMAP server for tests, in a process of its own; and servers that misbehave."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import imapclient

USER, PASSWORD = "agency", "pass word/"
_START_SECONDS_MAX = 20


class ImapServer:
    """Pymap with one user; each test takes a folder of its own."""

    def __init__(self, log: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        command = "from pymap.main import main; main()"
        plain = ("--host", "127.0.0.1", "--port", str(self.port), "--no-tls", "--no-service", "managesieve")
        user = ("dict", "--demo-user", USER, "--demo-password", PASSWORD)
        self._output = log.open("wb")
        self._process = subprocess.Popen(
            [sys.executable, "-c", command, *plain, *user], stdout=self._output, stderr=self._output
        )
        end = time.monotonic() + _START_SECONDS_MAX
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                break
            except OSError:
                assert self._process.poll() is None, log.read_text()
                assert time.monotonic() < end, log.read_text()
                time.sleep(0.05)

    def url(self, folder: str) -> str:
        return f"imap://{USER}:pass%20word%2F@127.0.0.1:{self.port}/{folder}"

    @contextmanager
    def client(self) -> Iterator[imapclient.IMAPClient]:
        with imapclient.IMAPClient("127.0.0.1", self.port, ssl=False, timeout=20) as client:
            client.login(USER, PASSWORD)
            yield client

    def folder(self, name: str) -> None:
        with self.client() as client:
            client.create_folder(name)

    def append(self, folder: str, *mails: bytes) -> None:
        with self.client() as client:
            for mail in mails:
                client.append(folder, mail)

    def flags(self, folder: str) -> list[bool]:
        """Whether each mail is marked as read, in order."""
        with self.client() as client:
            client.select_folder(folder, readonly=True)
            found = client.fetch(client.search(), ["FLAGS"])
            return [imapclient.SEEN in found[key][b"FLAGS"] for key in sorted(found)]

    def again(self, folder: str) -> None:
        """The folder is made anew: the same name with other numbers (RFC 3501 §2.3.1.1)."""
        with self.client() as client:
            client.delete_folder(folder)
            client.create_folder(folder)

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(10)
        self._output.close()


@contextmanager
def bad_server(talk: Callable[[socket.socket], None]) -> Iterator[str]:
    """The address of a server that does with each connection what it is told, then closes it."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listening.accept()
                    with connection, suppress(OSError):
                        talk(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"imap://{USER}:secret@127.0.0.1:{listening.getsockname()[1]}/INBOX"
        with suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)


def talking(*answers: bytes) -> Callable[[socket.socket], None]:
    """A server that greets, then gives each command its answer; ``%s`` is the command's tag."""

    def talk(connection: socket.socket) -> None:
        connection.sendall(b"* OK [CAPABILITY IMAP4rev1] hello\r\n")
        lines = connection.makefile("rb")
        for answer in answers:
            tag = lines.readline().split(b" ")[0]
            connection.sendall(answer.replace(b"%s", tag))
        lines.readline()

    return talk
