"""Making a key for software: the answer to the form shows it, once, and nothing else ever holds it."""

from __future__ import annotations

from html import escape

from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from encaiss_dashboard.api.frame import brand, element, frame
from encaiss_dashboard.domain.errors import Refusal
from encaiss_dashboard.locales import text
from encaiss_dashboard.services import tokens
from encaiss_dashboard.ui.signing import Asked, form, proven

_PAGE = "/software"


class AnotherClient(Refusal):
    """The session looks at another client than the page that was filled in."""

    code = "another_client"


def make_key(asked: Asked) -> Response:
    """A new key, after the password: an open session is not enough for what outlives it."""
    session, _ = proven(asked)
    if asked["client"] != str(session.client_id):
        # Chosen in another tab meanwhile: one client's invoices would go to another.
        raise AnotherClient
    with asked.house.begin_for(session, asked.digest) as work:
        token = tokens.make(work, session.client_id, asked["name"])
    client = dict(session.clients)[session.client_id] if session.client_id is not None else ""
    page = _shown(token, asked["name"], client, session.actor.language)
    return HTMLResponse(page, headers={"cache-control": "private, no-store"})


def _shown(token: str, name: str, client: str, lang: str) -> str:
    def words(key: str, **facts: str) -> str:
        return escape(text(lang, f"software.{key}", **facts))

    title = text(lang, "software.shown_title", name=" ".join(name.split()))
    return frame(
        lang,
        title,
        element(
            "main",
            element(
                "div",
                brand(),
                element("h1", escape(title)),
                element("p", words("shown_for", client=client), class_="sub"),
                element("p", words("shown_lead"), class_="note n-warn", role="status"),
                element(
                    "code", escape(token), class_="secret mono", tabindex="0", aria_label=words("shown_label")
                ),
                element("p", words("shown_lost"), class_="muted small"),
                element("a", words("shown_back"), href=_PAGE, class_="btn p wide"),
                class_="card login",
            ),
            class_="lone",
        ),
    )


def key_routes() -> list[Route]:
    """The route of this module."""
    return [Route("/auth/token", form(_PAGE, make_key, signed=True), methods=["POST"])]
