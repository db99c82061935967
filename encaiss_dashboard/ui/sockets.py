"""What may come in over the socket: the messages that a page of ours writes, and not too many.

The libraries below take what comes: one message of brackets ends a connection's task with a traceback,
one malformed event lands whole in the log, and an attachment is kept until the rest of it arrives
(measured). So a message is looked at here first, and whoever sends what no page of ours sends is
cut off, with nothing but that line affected.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from encaiss_dashboard.ui.limits import (
    EVENTS,
    MESSAGE_CHARACTERS_MAX,
    MESSAGE_DEPTH_MAX,
    MESSAGE_DIGITS_MAX,
    MESSAGE_VALUES_MAX,
    SESSION_EVENTS,
    Limits,
)

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

# Close codes of RFC 6455, 7.4.1.
_NOT_TEXT: Final = 1003
_NOT_ALLOWED: Final = 1008
_TOO_LARGE: Final = 1009

# Engine.IO 4: close, ping, pong, upgrade, noop, each bare; or a message, which is Socket.IO 5: connect,
# disconnect, event, ack. Attachments have packet types of their own, and no page of ours sends any.
_CONTROL: Final = re.compile(r"[12356](probe)?", re.ASCII)
_PACKET: Final = re.compile(
    r"4(?P<kind>[0-3])(?P<namespace>/[\w-]{0,40},?)?(?P<id>\d{0,9})(?P<data>[\[{].*)?", re.ASCII | re.DOTALL
)
_CONNECT: Final = "0"
_EVENT: Final = "2"
# Each of them walks a message once, whatever it holds: a string that does not end reaches to the end, and
# a number is tried from its first digit only.
_STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
_NUMBER: Final = re.compile(rf"(?<!\d)\d{{{MESSAGE_DIGITS_MAX + 1}}}", re.ASCII)
_BRACKET: Final = re.compile(r"[\[\]{}]")
_EVENT_PARTS: Final = (("name", str), ("payload", dict), ("router_data", dict))


class Line:
    """One open socket, seen from the edge: what it sends is counted and looked at before it is let in."""

    def __init__(self, receive: Receive, send: Send, limits: Limits, *, socket: str, session: str) -> None:
        self._receive = receive
        self._send = send
        self._limits = limits
        self._socket = socket
        self._session = session
        self._closed = False

    async def receive(self) -> Message:
        """The next message, or the end of the line after one that may not come in."""
        message = await self._receive()
        if message["type"] != "websocket.receive":
            return message
        code = self._problem(message)
        if not code:
            return message
        await self.send({"type": "websocket.close", "code": code})
        return {"type": "websocket.disconnect", "code": code}

    async def send(self, message: Message) -> None:
        """Pass on what the server says, until the line was closed."""
        if self._closed:
            return
        self._closed = message["type"] == "websocket.close"
        await self._send(message)

    def _problem(self, message: Message) -> int:
        """With which code to close the line because of a message, 0 to let it in."""
        text = message.get("text")
        if text is None:
            return _NOT_TEXT
        if len(text) > MESSAGE_CHARACTERS_MAX:
            return _TOO_LARGE
        flood = self._limits.wait_seconds(EVENTS, self._socket) or self._limits.wait_seconds(
            SESSION_EVENTS, self._session
        )
        return _NOT_ALLOWED if flood or not is_ours(text) else 0


def is_ours(text: str) -> bool:
    """Whether a page of ours could have written this message.

    Only its form: who may call what, and with which arguments, is the guard's to say.
    """
    if _CONTROL.fullmatch(text):
        return True
    packet = _PACKET.fullmatch(text)
    if packet is None:
        return False
    if packet["data"] is None:
        return packet["kind"] != _EVENT
    return not _is_bomb(packet["data"]) and _fits(packet["kind"], packet["data"])


def _fits(kind: str, data: str) -> bool:
    """Whether what a packet carries can be read, and is what its kind carries."""
    try:
        parsed = json.loads(data)
    except ValueError:
        return False
    if kind == _CONNECT:
        # Reflex's pages send their first event along.
        return isinstance(parsed, dict) and ("event" not in parsed or _is_event(parsed["event"]))
    return kind != _EVENT or _is_emitted(parsed)


def _is_bomb(data: str) -> bool:
    """Whether reading it would take more than its length promises."""
    bare = _STRING.sub("", data)
    if sum(map(bare.count, ",[{")) > MESSAGE_VALUES_MAX or _NUMBER.search(bare):
        return True
    depth = 0
    for bracket in _BRACKET.findall(bare):
        depth += 1 if bracket in "[{" else -1
        if depth > MESSAGE_DEPTH_MAX:
            return True
    return False


def _is_emitted(parsed: object) -> bool:
    """Whether Socket.IO's name and arguments are of an event of Reflex's, or of its two others."""
    if not isinstance(parsed, list) or not parsed or not isinstance(parsed[0], str):
        return False
    if parsed[0] != "event":
        return True  # for which there is no handler, or one that checks
    return len(parsed) == 2 and _is_event(parsed[1])  # noqa: PLR2004 - its name and the event


def _is_event(event: object) -> bool:
    """Whether Reflex can read it: otherwise it would end in a traceback, with all of it in the log."""
    if not isinstance(event, dict) or "name" not in event:
        return False
    if not all(isinstance(event.get(name, kind()), kind) for name, kind in _EVENT_PARTS):
        return False
    return isinstance(event.get("router_data", {}).get("query", {}), dict)
