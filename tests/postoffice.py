"""A real SMTP server that misbehaves as it is told, at any stage, to any mail."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

Script = Callable[[str, int], Any]
"""Told the stage and which connection it is, from 1: a reply, or a function that gets the socket.

The stages: ``connect``, ``ehlo``, ``mail``, ``rcpt``, ``data`` (before the content), ``content`` (all of it
is there, it is not accepted yet), ``accepted`` (it is, and nobody was told). None is the usual answer.
"""
USUAL = {
    "connect": "220 post.example ESMTP",
    "ehlo": "250 post.example",
    "mail": "250 2.1.0 Ok",
    "rcpt": "250 2.1.5 Ok",
    "data": "354 End data with <CR><LF>.<CR><LF>",
    "accepted": "250 2.0.0 Ok: queued",
}


@dataclass
class Received:
    """What was accepted: from whom, for whom, and the bytes."""

    sender: str
    to: list[str]
    content: bytes

    @property
    def message_id(self) -> str:
        [line] = [x for x in self.content.split(b"\r\n") if x.lower().startswith(b"message-id:")]
        return line.partition(b":")[2].strip().decode()


@dataclass
class PostOffice:
    """Takes connections until it is closed; ``script`` may be changed at any time."""

    script: Script = lambda _stage, _connection: None
    received: list[Received] = field(default_factory=list)
    connections: int = 0
    _ends: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._door = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._open, daemon=True).start()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self._door.getsockname()[1]}"

    def close(self) -> None:
        self._ends.set()
        self._door.close()

    def hang(self, _socket: socket.socket) -> None:
        """Say nothing more, as long as anybody waits."""
        self._ends.wait(60)

    def _open(self) -> None:
        with suppress(OSError):
            while True:
                connected, _ = self._door.accept()
                self.connections += 1
                threading.Thread(target=self._serve, args=(connected, self.connections), daemon=True).start()

    def _serve(self, connected: socket.socket, number: int) -> None:
        with suppress(OSError), connected, connected.makefile("rb") as lines:
            sender, to = "", list[str]()
            self._say(connected, "connect", number)
            while line := lines.readline():
                verb, _, rest = line.decode().strip().partition(" ")
                match verb.lower():
                    case "ehlo" | "helo":
                        self._say(connected, "ehlo", number)
                    case "mail":
                        sender = _address(rest)
                        self._say(connected, "mail", number)
                    case "rcpt":
                        if self._say(connected, f"rcpt {_address(rest)}", number).startswith("2"):
                            to.append(_address(rest))
                    case "data":
                        if self._say(connected, "data", number).startswith("354"):
                            content = _content(lines)
                            if not self._asked(connected, "content", number):
                                self.received.append(Received(sender, to, content))
                                self._say(connected, "accepted", number)
                    case _:
                        connected.sendall(b"221 2.0.0 Bye\r\n")
                        return

    def _asked(self, connected: socket.socket, stage: str, number: int) -> str:
        """Do what the script says; what it let be said, "" when it leaves that to the usual course."""
        told = self.script(stage, number)
        if told is None and stage.startswith("rcpt "):
            told = self.script("rcpt", number)
        if callable(told):
            told(connected)
            raise OSError("the connection is over")
        if told:
            connected.sendall(f"{told}\r\n".encode())
        return str(told or "")

    def _say(self, connected: socket.socket, stage: str, number: int) -> str:
        said = self._asked(connected, stage, number)
        if said.startswith("421"):
            raise OSError("the connection is over")
        if not said:
            said = USUAL[stage.partition(" ")[0]]
            connected.sendall(f"{said}\r\n".encode())
        return said


def _address(rest: str) -> str:
    return rest.partition("<")[2].partition(">")[0]


def _content(lines: Any) -> bytes:
    content = b""
    while (line := lines.readline()) != b".\r\n":
        if not line:
            raise OSError("the client has gone")
        content += line.removeprefix(b".") if line.startswith(b"..") else line
    return content


def drop(connected: socket.socket) -> None:
    """Break the connection off without a word."""
    connected.close()


def dribble(connected: socket.socket) -> None:
    """Answer, one letter at a time, without ever coming to an end."""
    for _ in range(2_000):
        connected.sendall(b"2")
        time.sleep(0.02)
