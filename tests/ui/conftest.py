"""Two clients on the served house, their people, and sockets as a browser or a hostile program opens them."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

import aiohttp
import pytest
import socketio
from every_service import not_of, rows

from encaiss_dashboard.domain.permissions import HOUSE, Role
from encaiss_dashboard.services import imports
from encaiss_dashboard.services.accounts import team
from encaiss_dashboard.storage import records
from encaiss_dashboard.storage.journal import ActKind

QUIET_S = 0.4
PATIENCE_S = 20


@dataclass
class Tenant:
    """One client with a row of everything; ``mark`` stands in every text of its rows."""

    mark: str
    client_id: int
    debtor_id: int
    invoice_id: int
    batch_id: int
    message_id: int
    cookies: dict[str, str]

    @property
    def ids(self) -> list[int]:
        return [self.client_id, self.debtor_id, self.invoice_id, self.batch_id, self.message_id]


def furnish(server: Any, slug: str) -> Tenant:
    house, mark, today = server.house, slug.upper(), date.today()  # noqa: DTZ011 - as the server does
    client_id = house.client(slug, f"{mark} SRL", iban="BE68539007547034")
    for role in (Role.OWNER, Role.ACCOUNTANT, Role.SIGNATORY, Role.READER):
        house.user(role, slug, f"{role.value}@{slug}.example", f"{mark} {role.value}")
    debtor_id = house.debtor(client_id, f"{mark} debtor", f"{slug}@debtor.example", city=mark)
    late = today - timedelta(days=12)
    invoice_id = house.invoice(debtor_id, f"{mark}-1", due=late, cents=123_456, reference=mark)
    house.payment(debtor_id, on=late, cents=2_000, invoice_id=invoice_id)
    house.delegate(debtor_id, from_date=late)
    data = f"Numéro;Client;Date;Échéance;Total\n{mark}-9;{mark} new;01/09/2026;01/10/2026;10,00\n"
    with house.wiring.begin(HOUSE) as work:
        batch_id = imports.receive(work, client_id, f"{mark}.csv", data.encode())
    now = house.clock()
    message_id = house.add(
        records.OutboxMessage(
            client_id=client_id,
            debtor_id=debtor_id,
            message_id=f"{slug}.1@agency.example",
            day=late,
            step="statement_1",
            language="fr",
            channel="email",
            recipient=f"{slug}@debtor.example",
            subject=mark,
            body_text=mark,
            body_html=f"<p>{mark}</p>",
            created_at=now,
            sent_at=now,
        )
    )
    facts = {"to": f"{slug}@debtor.example", "step": "statement_1", "message": message_id, "detail": mark}
    house.act(client_id, ActKind.SENT, late, debtor_id=debtor_id, facts=facts)
    cookies = {
        role.value: house.session(f"{role.value}@{slug}.example", secrets.token_urlsafe(32))
        for role in Role
        if role in {Role.OWNER, Role.ACCOUNTANT, Role.SIGNATORY, Role.READER}
    }
    return Tenant(mark, client_id, debtor_id, invoice_id, batch_id, message_id, cookies)


@pytest.fixture(scope="session")
def ardenne(server):
    return furnish(server, "walkardenne")


@pytest.fixture(scope="session")
def baltique(server):
    return furnish(server, "walkbaltique")


@pytest.fixture(scope="session")
def administrator(server, ardenne):
    server.house.user(Role.ADMINISTRATOR, None, "admin@walk.example")
    return server.house.session("admin@walk.example", secrets.token_urlsafe(32))


@dataclass
class Facts:
    """What a test compares before and after."""

    tables: dict[str, list[Any]]
    letters: int


@pytest.fixture
def business(server):
    """A function that returns every row and how many mails were written, but for somebody's own account.

    Left out is what a person may always do: the rows of the own account, of some clients when they are
    named, and the counted tries to sign in.
    """

    def read(email: str = "", client_ids: tuple[int, ...] = ()) -> Facts:
        every = rows(server.house)
        person = next((row["id"] for row in every["app_user"] if row["email"] == email), None)
        assert (person is None) == (not email)
        tables = not_of(person, every, list(client_ids))
        tables.pop("login_attempt")
        return Facts(tables, len(list(Path(server.folder).rglob("*.eml"))))

    return read


@dataclass
class Person:
    """Somebody who is signed in and may do little or nothing; ``session`` opens a session of theirs."""

    email: str
    session: Callable[[], str]


@pytest.fixture(scope="session")
def limited(server, ardenne):
    """By name: a person who left, one who works for no client, one who owes the second factor, a stranger."""
    house = server.house

    def opening(email: str, second_factor: str) -> Person:
        return Person(email, lambda: house.session(email, secrets.token_urlsafe(32), second_factor))

    left = house.user(Role.ACCOUNTANT, "walkardenne", "left@walkardenne.example", "Left")
    with house.wiring.begin(HOUSE) as work:
        team.remove(work, ardenne.client_id, left.user_id)
    house.user(Role.CASE_MANAGER, None, "manager@walk.example", "Manager")
    return {
        "a stranger": Person("", str),
        "an ex-member": opening("left@walkardenne.example", ""),
        "a case manager of nothing": opening("manager@walk.example", "totp"),
        "a signatory before the second factor": opening("signatory@walkardenne.example", ""),
    }


class Ascii:
    """JSON as a hostile program writes it: half a character passes as its escape."""

    loads = staticmethod(json.loads)

    @staticmethod
    def dumps(value: Any, **options: Any) -> str:
        return json.dumps(value, **(options | {"ensure_ascii": True}))


@dataclass
class Tab:
    """One browser tab's socket; ``said`` is everything the server sent to it, as text."""

    base: str
    token: str
    headers: dict[str, str]
    received: list[Any] = field(default_factory=list)

    async def __aenter__(self) -> Self:
        self.sio = socketio.AsyncClient(reconnection=False, json=Ascii)
        self.sio.on("*", self._receive, namespace="/_event")
        await self.sio.connect(
            f"{self.base}?token={self.token}",
            headers=self.headers,
            transports=["websocket"],
            socketio_path="/_event",
            namespaces=["/_event"],
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.sio.disconnect()

    async def _receive(self, name: str, *data: Any) -> None:
        self.received.append((name, data))

    async def send(self, name: str, payload: Any = None, path: str = "/") -> None:
        router = {"pathname": path, "asPath": path, "query": {}}
        event = {"name": name, "payload": {} if payload is None else payload, "router_data": router}
        await self.sio.emit("event", event, namespace="/_event")

    async def quiet(self) -> str:
        """Wait until nothing more comes; returns all that came, once."""
        for _ in range(int(PATIENCE_S / QUIET_S)):
            seen = len(self.received)
            await asyncio.sleep(QUIET_S)
            if len(self.received) == seen:
                break
        said = json.dumps(self.received, default=str, ensure_ascii=False)
        self.received.clear()
        return said

    async def ask(self, name: str, payload: Any = None, path: str = "/") -> str:
        await self.send(name, payload, path)
        for _ in range(50):
            if self.received:
                break
            await asyncio.sleep(0.05)
        return await self.quiet()


@pytest.fixture
def tab(server):
    """A function that opens a tab: with a cookie, a client token of before, another origin."""

    def open_tab(cookie: str = "", token: str = "", origin: str | None = None) -> Tab:
        headers = {"Origin": server.base if origin is None else origin}
        if cookie:
            headers["Cookie"] = f"encaiss_session={cookie}"
        return Tab(server.base, token or str(uuid4()), headers)

    return open_tab


@dataclass
class Line:
    """A socket of a program that writes its messages itself."""

    base: str
    headers: dict[str, str]

    async def __aenter__(self) -> Self:
        address = self.base.replace("http", "ws") + f"/_event/?EIO=4&transport=websocket&token={uuid4()}"
        self.http = aiohttp.ClientSession()
        try:
            self.ws = await self.http.ws_connect(address, headers=self.headers, max_msg_size=0)
        except BaseException:
            await self.http.close()
            raise
        await self.ws.send_str("40/_event,")
        while not (await self.ws.receive_str()).startswith("40/_event,"):
            pass
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.close()

    async def closed(self) -> int | None:
        """Wait for the server to close it; the code that it gives."""
        async with asyncio.timeout(5):
            while not self.ws.closed:
                await self.ws.receive()
        return self.ws.close_code

    async def answers(self) -> bool:
        """Whether the server still answers here."""
        await self.ws.send_str('42/_event,["ping"]')
        async with asyncio.timeout(5):
            while True:
                message = await self.ws.receive()
                if message.type != aiohttp.WSMsgType.TEXT:
                    return False
                if "pong" in message.data:
                    return True


@pytest.fixture
def line(server, ardenne):
    """A function that opens a line of the reader's."""
    cookie = f"encaiss_session={ardenne.cookies['reader']}"
    return lambda: Line(server.base, {"Origin": server.base, "Cookie": cookie})


@pytest.fixture
def open_line():
    """A function that opens a line to some server."""
    return Line
