"""Signing in and out, the second factor, mailed links, the own password: plain forms that browsers post.

A password or a code never passes through the socket, and only here is the session cookie set: a new one
with every step that proves more of who somebody is.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, TypeVar
from urllib.parse import parse_qsl, urlencode

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from encaiss_dashboard import jobs, wiring
from encaiss_dashboard.domain.errors import NotAllowed, Refusal, WeakPassword
from encaiss_dashboard.domain.permissions import HOUSE, Actor
from encaiss_dashboard.domain.signing import SESSION_LENGTH, LinkKind
from encaiss_dashboard.domain.signing import Asked as What
from encaiss_dashboard.services.accounts import erasing, factors, links, signing
from encaiss_dashboard.services.accounts.signing import Proof
from encaiss_dashboard.ui.addresses import client_address, network
from encaiss_dashboard.ui.edge import COOKIE, session_digest
from encaiss_dashboard.wiring import SignedIn, Wiring

R = TypeVar("R")
FORM_BYTES_MAX: Final = 4096
SIGNED_IN_AT: Final = "/auth/start"


@dataclass(frozen=True, slots=True)
class Asked:
    """A form that somebody posted.

    Attributes:
        form: its fields; missing ones read as "".
        session: whose it is, None for a stranger's.
    """

    house: Wiring
    form: dict[str, str]
    digest: str
    address: str
    agent: str
    session: SignedIn | None

    def __getitem__(self, name: str) -> str:
        """A field of the form."""
        return self.form.get(name, "")

    def as_house(self) -> Actor:
        """The house itself, acting for whoever is at that address."""
        return replace(HOUSE, address=self.address)


Step = Callable[[Asked], Response]


def form(page: str, step: Step, *, signed: bool | None = None) -> Callable[[Request], object]:
    """An endpoint that reads a form and answers with a page; a refusal goes back to ``page`` as a code.

    ``signed``: True asks for a complete session, False for one that may lack the second factor, None
    for nobody.
    """

    async def endpoint(request: Request) -> Response:
        body = await read_body(request)
        if body is None:
            return PlainTextResponse("", status_code=413)

        def answer() -> Response:
            asked = _asked(request, body)
            if signed is not None and (asked.session is None or (signed and not asked.session.complete)):
                return _to("/login")
            try:
                return step(asked)
            except signing.SessionOver:
                return _to("/login")
            except Refusal as refusal:
                facts = {name: refusal.facts[name] for name in ("minutes",) if name in refusal.facts}
                return _to(_back(page, asked), problem=_code(refusal), **facts)

        response = await asyncio.to_thread(answer)
        if response.background is None:
            response.background = BackgroundTask(jobs.deliver_account_mails, wiring.house())
        return response

    return endpoint


async def read_body(request: Request) -> bytes | None:
    """The body of a form, None as soon as it is longer than any form of ours."""
    taken = bytearray()
    async for chunk in request.stream():
        taken += chunk
        if len(taken) > FORM_BYTES_MAX:
            return None
    return bytes(taken)


def _asked(request: Request, body: bytes) -> Asked:
    house, digest, address = wiring.house(), session_digest(request.scope), client_address(request.scope)
    try:
        fields = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=20))
    except ValueError:  # more fields than any form of ours
        fields = {}
    session = house.session(digest, address) if digest else None
    return Asked(house, fields, digest, address, request.headers.get("user-agent", ""), session)


def _code(refusal: Refusal) -> str:
    return f"password_{refusal.facts['why']}" if isinstance(refusal, WeakPassword) else refusal.code


def _back(page: str, asked: Asked) -> str:
    return f"/link/{asked['token'][:80]}" if page == "/link" and asked["token"].isascii() else page


def _to(path: str, **query: str) -> RedirectResponse:
    return RedirectResponse(f"{path}?{urlencode(query)}" if query else path, status_code=303)


def _with_session(
    asked: Asked,
    user_id: int,
    *,
    second_factor: str = "",
    goes_on: bool = False,
    password_hash: str | None = None,
) -> Response:
    """A new session under a new cookie; the one before ends, and has to be live still if this ``goes_on``."""
    token = secrets.token_urlsafe(32)
    with asked.house.begin(asked.as_house()) as work:
        complete = signing.open_session(
            work,
            user_id,
            asked.house.digest(token),
            address=asked.address,
            agent=asked.agent,
            second_factor=second_factor,
            replaces=asked.digest,
            goes_on=goes_on,
            password_hash=password_hash,
        )
    response = _to(SIGNED_IN_AT if complete else "/second-factor")
    response.set_cookie(
        COOKIE,
        token,
        httponly=True,
        samesite="lax",
        secure=asked.house.settings.secure_cookies,
        max_age=int(SESSION_LENGTH.total_seconds()),
        path="/",
    )
    return response


def _counted(asked: Asked, email: str, what: What, answer: Callable[[], R | None]) -> R | None:
    """A try that is counted before it is answered, and whose outcome is written down."""
    with asked.house.begin(asked.as_house()) as work:
        attempt_id = signing.attempt(work, email, network(asked.address), what)
    found = answer()
    with asked.house.begin(asked.as_house()) as work:
        signing.settle(work, attempt_id, worked=found is not None)
    return found


def _owner_of(asked: Asked, email: str, password: str, what: What = What.WITHIN) -> Proof | None:
    def check() -> Proof | None:
        with asked.house.begin(asked.as_house(), write=False) as work:
            return signing.check(work, email, password)

    return _counted(asked, email, what, check)


def proven(asked: Asked) -> tuple[SignedIn, Proof]:
    """Who asks, once the password was given again: an open session is not enough for what is grave."""
    session = _session(asked)
    proof = _owner_of(asked, session.email, asked["password"])
    if proof is None:
        raise signing.WrongPassword
    return session, proof


def sign_in(asked: Asked) -> Response:
    """Check the password; a second factor may be due before the session opens anything."""
    proof = _owner_of(asked, asked["email"], asked["password"], What.PASSWORD)
    if proof is None:
        return _to("/login", problem="failed")
    return _with_session(asked, proof.user_id, password_hash=proof.password_hash)


def sign_out(asked: Asked) -> Response:
    """End the session on the server, then forget its cookie."""
    with asked.house.begin(asked.as_house()) as work:
        signing.sign_out(work, asked.digest)
    response = _to("/login")
    response.delete_cookie(COOKIE, path="/")
    return response


def give_code(asked: Asked) -> Response:
    """Complete a session with a code of the app, or a recovery code."""
    session = _session(asked)

    def check() -> str | None:
        try:
            with asked.house.begin(session.actor) as work:
                return factors.accepts(work, asked["code"][:40])
        except factors.WrongCode:
            return None

    proof = _counted(asked, session.email, What.CODE, check)
    if proof is None:
        raise factors.WrongCode
    return _with_session(asked, _user_id(session), second_factor=proof, goes_on=True)


def set_factor(asked: Asked) -> Response:
    """Put a new app in use from its first code; the session goes on under a new cookie."""
    session = _session(asked)

    def check() -> str | None:
        try:
            with asked.house.begin(session.actor) as work:
                factors.confirm(work, session.client_id, asked["code"][:40], asked.digest)
        except factors.WrongCode:
            return None
        return "totp"

    if not session.complete:
        _refuse_to_replace(asked, session)
    else:
        proven(asked)
    proof = _counted(asked, session.email, What.CODE, check)
    if proof is None:
        raise factors.WrongCode
    response = _with_session(asked, _user_id(session), second_factor=proof, goes_on=True)
    response.headers["location"] = "/security?done=factor_set#codes"
    return response


def _refuse_to_replace(asked: Asked, session: SignedIn) -> None:
    """A password alone must not replace the app that it is asked to be joined by."""
    with asked.house.begin(session.actor, write=False) as work:
        if factors.standing(work, session.client_id).since is not None:
            raise factors.WrongCode


def remove_factor(asked: Asked) -> Response:
    """Back to a password alone, which is asked for."""
    session, _ = proven(asked)
    with asked.house.begin(session.actor) as work:
        factors.remove(work, session.client_id)
    return _to("/security", done="factor_removed")


def renew_codes(asked: Asked) -> Response:
    """New recovery codes, after the password."""
    session, _ = proven(asked)
    with asked.house.begin(session.actor) as work:
        factors.renew_codes(work, session.client_id)
    return _to("/security", done="codes_made")


def change_password(asked: Asked) -> Response:
    """A new password, after the current one; every other session ends."""
    session, _ = proven(asked)
    with asked.house.begin(session.actor, write=False) as work:
        hashed = signing.hashed(work, asked["new"], session.email, session.actor.name)
    with asked.house.begin(session.actor) as work:
        signing.set_password(work, _user_id(session), hashed, keep=asked.digest)
    response = _with_session(asked, _user_id(session), second_factor=session.second_factor, goes_on=True)
    response.headers["location"] = "/security?done=password_changed"
    return response


def change_email(asked: Asked) -> Response:
    """Ask for another address; it counts once the link sent there was used."""
    session, _ = proven(asked)
    with asked.house.begin(session.actor) as work:
        links.ask_email(work, session.client_id, asked["email"])
    return _to("/security", done="email_asked")


def erase_own(asked: Asked) -> Response:
    """Erase the own account, after its password; there is nothing to sign in to any more."""
    session, proof = proven(asked)
    with asked.house.begin(session.actor) as work:
        erasing.erase_own(work, session.client_id, proof.password_hash)
    response = _to("/login", done="erased")
    response.delete_cookie(COOKIE, path="/")
    return response


def forgot(asked: Asked) -> Response:
    """Ask for a link to a new password: the same answer for every address, as fast for every one.

    Whether there is an account is looked up once the answer is out, so that its time cannot tell.
    """

    def ask() -> None:
        with asked.house.begin(asked.as_house()) as work:
            links.ask_reset(work, asked["email"][:300])
        jobs.deliver_account_mails(asked.house)

    response = _to("/forgot", done="asked")
    response.background = BackgroundTask(ask)
    return response


def use_link(asked: Asked) -> Response:
    """Use a mailed link up, with what its kind asks for."""
    token = asked["token"]
    with asked.house.begin(asked.as_house(), write=False) as work:
        facts = links.look(work, token)
        needs_password = facts.kind is LinkKind.RESET or (
            facts.kind is LinkKind.INVITATION and not facts.has_account
        )
        about = (facts.email, facts.client, facts.name, asked["name"])
        hashed = signing.hashed(work, asked["password"], *about) if needs_password else ""
    with asked.house.begin(asked.as_house()) as work:
        if facts.kind is LinkKind.RESET:
            links.reset(work, token, hashed)
        elif facts.kind is LinkKind.INVITATION:
            links.accept(work, token, asked["name"], hashed)
        else:
            links.confirm_email(work, token)
    return _to("/login", done=f"link_{facts.kind}")


def _session(asked: Asked) -> SignedIn:
    assert asked.session is not None
    return asked.session


def _user_id(session: SignedIn) -> int:
    assert session.actor.user_id is not None
    return session.actor.user_id


async def factor_picture(request: Request) -> Response:
    """The QR code for a new app of whoever asks; never kept by a browser."""
    digest, address = session_digest(request.scope), client_address(request.scope)

    def draw() -> bytes | None:
        house = wiring.house()
        session = house.session(digest, address) if digest else None
        if session is None:
            return None
        with house.begin(session.actor) as work:
            enrol = factors.enrol if session.complete else factors.enrol_first
            try:
                return enrol(work, session.client_id).picture
            except NotAllowed:
                return None

    drawn = await asyncio.to_thread(draw)
    headers = {"cache-control": "private, no-store"}
    if drawn is None:
        return PlainTextResponse("", status_code=404, headers=headers)
    return Response(drawn, media_type="image/svg+xml", headers=headers)


async def start(request: Request) -> Response:
    """Where somebody who has just signed in begins: the agency at its desk, clients at their figures."""
    session = await asyncio.to_thread(wiring.house().session, session_digest(request.scope))
    return _to("/desk" if session and session.as_agency else "/")


def signing_routes() -> list[Route]:
    """The routes of this module."""
    posts: tuple[tuple[str, Step, str, bool | None], ...] = (
        ("/auth/login", sign_in, "/login", None),
        ("/auth/logout", sign_out, "/login", None),
        ("/auth/code", give_code, "/second-factor", False),
        ("/auth/factor", set_factor, "/second-factor", False),
        ("/auth/factor/replace", set_factor, "/security", True),
        ("/auth/factor/remove", remove_factor, "/security", True),
        ("/auth/codes", renew_codes, "/security", True),
        ("/auth/password", change_password, "/security", True),
        ("/auth/email", change_email, "/security", True),
        ("/auth/erase", erase_own, "/privacy", True),
        ("/auth/forgot", forgot, "/forgot", None),
        ("/auth/link", use_link, "/link", None),
    )
    return [
        *(
            Route(path, form(page, step, signed=signed), methods=["POST"])
            for path, step, page, signed in posts
        ),
        Route("/auth/factor.svg", factor_picture, methods=["GET"]),
        Route(SIGNED_IN_AT, start, methods=["GET"]),
    ]
