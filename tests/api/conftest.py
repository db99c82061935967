"""Two clients with keys, and software that sends in their name."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from sqlmodel import Session, col, select
from starlette.applications import Starlette
from starlette.routing import Mount

from encaiss_dashboard.api.application import application
from encaiss_dashboard.domain.permissions import HOUSE, Actor, Role
from encaiss_dashboard.services import tokens
from encaiss_dashboard.storage import records


@dataclass
class Software:
    """A program of one client.

    Attributes:
        owner: the client's, who made its key.
        headers: what it always sends.
    """

    http: httpx.AsyncClient
    client_id: int
    owner: Actor
    token: str
    headers: dict[str, str] = field(default_factory=dict)

    async def push(self, *items: Any, key: str = "", lang: str = "en", **more: Any) -> httpx.Response:
        """Send items with further members of the body."""
        return await self.send({"invoices": list(items), **more}, key=key, lang=lang)

    async def send(
        self,
        content: Any,
        media: str = "application/json",
        *,
        key: str = "",
        lang: str = "en",
        query: str = "",
    ) -> httpx.Response:
        """Send a body of any kind."""
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        headers = {"content-type": media, "accept-language": lang, "authorization": f"Bearer {self.token}"}
        headers |= ({"idempotency-key": key} if key else {}) | self.headers
        return await self.http.post(f"/api/v1/invoices{query}", content=body, headers=headers)

    async def ask(self, batch: Any) -> httpx.Response:
        """Ask for an import."""
        headers = {"authorization": f"Bearer {self.token}", "accept-language": "en"}
        return await self.http.get(f"/api/v1/imports/{batch}", headers=headers)


@pytest.fixture
async def http(house: Any) -> AsyncIterator[httpx.AsyncClient]:
    """The addresses for software on this house."""
    app = Starlette(routes=[Mount("/api/v1", app=application(lambda: house.wiring))])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://house.example") as one:
        yield one


@pytest.fixture
def software(house: Any, http: httpx.AsyncClient) -> Callable[..., Software]:
    """A function that makes a client with an owner and a program."""

    def make(slug: str = "ardenne", name: str = "Odoo") -> Software:
        client = house.client(slug, f"{slug.title()} SRL")
        owner = house.user(Role.OWNER, slug)
        with house.wiring.begin(owner) as work:
            token = tokens.make(work, client, name)
        with house.wiring.begin(HOUSE) as work:
            # In use for some minutes, so that using it again writes nothing down.
            tokens.note(work, tokens.whose(work, token).token_id)
        return Software(http, client, owner, token)

    return make


@pytest.fixture
def odoo(software: Callable[..., Software]) -> Software:
    return software()


@pytest.fixture
def invoices(house: Any) -> Callable[[], list[tuple[Any, ...]]]:
    """A function that lists the ledger: client, number, kind, cents."""

    def listed() -> list[tuple[Any, ...]]:
        with Session(house.engine) as session:
            rows = session.exec(select(records.Invoice).order_by(col(records.Invoice.id)))
            return [(row.client_id, row.number, row.kind, row.total_cents) for row in rows]

    return listed
