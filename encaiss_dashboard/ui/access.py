"""Who may reach a handler: nobody, until a live session says otherwise.

Any browser can call every public method of every State with any arguments (measured), so the guard
refuses every event that is not named open, and each handler does its work through ``run``, which
asks the session again inside the unit of work and lets the service check the record itself.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

import reflex as rx
from reflex.app import App
from reflex.event import Event
from reflex.middleware import Middleware
from reflex.state import BaseState, StateUpdate
from reflex_base.constants.state import FIELD_MARKER
from reflex_base.registry import RegistrationContext

from encaiss_dashboard import wiring
from encaiss_dashboard.domain.errors import Refusal
from encaiss_dashboard.domain.permissions import Actor
from encaiss_dashboard.wiring import SignedIn
from encaiss_dashboard.work import Work

P = ParamSpec("P")
R = TypeVar("R")

# Reflex's own events that every page sends before anybody is signed in; none runs our code.
_INTERNAL = frozenset(
    {
        "hydrate",
        "hydrate_and_load",
        "on_load_internal",
        "set_is_hydrated",
        "update_vars_internal",
    }
)
_SCHEME = "session "
_STORED_LENGTH_MAX = 100


class SignedOut(Refusal):
    """The session ended or never was."""

    code = "signed_out"


def open_to_strangers(handler: Callable[P, R]) -> Callable[P, R]:
    """Mark a handler that needs no session: it must not read or write anything of anybody's."""
    handler.__open_to_strangers__ = True
    return handler


def open_before_second_factor(handler: Callable[P, R]) -> Callable[P, R]:
    """Mark a handler that helps a person through the second factor, whose password was right already."""
    handler.__open_before_second_factor__ = True
    return handler


def digest_of(state: BaseState) -> str:
    """The session digest that the edge put on this socket, "" for a stranger's."""
    return _told(state)[0]


def _told(state: BaseState) -> tuple[str, str]:
    """What the edge says of this socket: session digest and network address."""
    value = str(state.router.headers.raw_headers.get("authorization", ""))
    if not value.startswith(_SCHEME):
        return "", ""
    digest, _, address = value.removeprefix(_SCHEME).partition(" ")
    return digest, address


def authorization(digest: str, address: str) -> bytes:
    """The header with which the edge tells the guard whose socket this is, and from where."""
    return f"{_SCHEME}{digest} {address}".encode("ascii", "replace")


async def read(
    state: BaseState,
    service: Callable[Concatenate[Work, int | None, P], R],
    *args: P.args,
    **kwargs: P.kwargs,
) -> R:
    """Call a service that only reads, on the client that this session looks at.

    Raises:
        SignedOut: no live session.
        Refusal: what the service refuses.
    """
    return await _call(state, service, args, kwargs, write=False)


async def act(
    state: BaseState,
    service: Callable[Concatenate[Work, int | None, P], R],
    *args: P.args,
    **kwargs: P.kwargs,
) -> R:
    """Call a service that writes; its transaction commits when it returns.

    Raises:
        SignedOut: no live session.
        Refusal: what the service refuses; nothing was written.
    """
    return await _call(state, service, args, kwargs, write=True)


async def act_before_second_factor(
    state: BaseState,
    service: Callable[Concatenate[Work, int | None, P], R],
    *args: P.args,
    **kwargs: P.kwargs,
) -> R:
    """As :func:`act`, for a person who has given the password and not yet the second factor.

    Raises:
        SignedOut: no live session.
        Refusal: what the service refuses; nothing was written.
    """
    return await _call(state, service, args, kwargs, write=True, complete=False)


async def who(state: BaseState) -> SignedIn | None:
    """Whose live session this socket belongs to, once it is complete, if anybody's."""
    session = await anyone(state)
    return session if session and session.complete else None


async def anyone(state: BaseState) -> SignedIn | None:
    """Whose live session this socket belongs to, be it complete or not."""
    digest, address = _told(state)
    if not digest:
        return None
    house = wiring.house()
    return house.recalled_session(digest, address) or await asyncio.to_thread(house.session, digest, address)


async def _call(
    state: BaseState,
    service: Callable[..., R],
    args: Any,
    kwargs: Any,
    *,
    write: bool,
    complete: bool = True,
) -> R:
    caller = later(state)
    # On a worker thread: a blocked event loop would stop every other user.
    return await asyncio.to_thread(caller.call, service, args, kwargs, write=write, complete=complete)


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever sits at one socket, calling services from some thread that outlives the event.

    Whose session it is, and what that person may do, is asked again at every call.
    """

    digest: str
    address: str

    def read(
        self,
        service: Callable[Concatenate[Work, int | None, P], R],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        """As :func:`read`, blocking."""
        return self.call(service, args, kwargs, write=False)

    def act(
        self,
        service: Callable[Concatenate[Work, int | None, P], R],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        """As :func:`act`, blocking."""
        return self.call(service, args, kwargs, write=True)

    def call(
        self, service: Callable[..., R], args: Any, kwargs: Any, *, write: bool, complete: bool = True
    ) -> R:
        """Call a service in a transaction of this session.

        Raises:
            SignedOut: no live session.
            Refusal: what the service refuses; nothing was written.
        """
        house = wiring.house()
        session = house.session(self.digest, self.address) if self.digest else None
        if session is None or (complete and not session.complete):
            raise SignedOut
        with house.begin_for(session, self.digest, write=write) as work:
            return service(work, session.client_id, *args, **kwargs)


def later(state: BaseState) -> Caller:
    """Who sits at this socket, for work that goes on after the event."""
    return Caller(*_told(state))


class Guard(Middleware):
    """Refuses every event without a live session, before anything else sees it."""

    async def preprocess(self, app: App, state: BaseState, event: Event) -> StateUpdate | None:  # noqa: ARG002
        """Let an event pass (None), or answer it with nothing or the way to the sign-in page."""
        registered = RegistrationContext.get().event_handlers.get(event.name)
        name = event.name.rsplit(".", 1)[-1]
        # Reflex gives every State a setter of any var; no page of ours uses it.
        if registered is None or name == "setvar" or not _fits(registered.handler.fn, event.payload):
            return StateUpdate()
        signed = await anyone(state)
        await _forget(state, signed)
        owner = registered.states[0]
        if owner.__module__.startswith("reflex.") and name in _INTERNAL:
            if "vars" in event.payload:
                event.payload["vars"] = _from_storage(event.payload["vars"])
            # Reflex would keep and send back whatever it is told, however large.
            return None if isinstance(event.payload.get("value", True), bool) else StateUpdate()
        handler = registered.handler.fn
        if (signed and signed.complete) or getattr(handler, "__open_to_strangers__", False):
            return None
        if signed and getattr(handler, "__open_before_second_factor__", False):
            return None
        return StateUpdate(
            events=Event.from_event_type(rx.redirect("/second-factor" if signed else "/login"))
        )


class Rights(rx.State):
    """With which rights this tab was last answered; kept on the server only."""

    _held: str = ""


def _rights(actor: Actor) -> str:
    roles = sorted((client_id, sorted(roles)) for client_id, roles in actor.roles.items())
    return repr((actor.user_id, actor.agency_role, roles))


async def _forget(state: BaseState, signed: SignedIn | None) -> None:
    """Empty the tab's state when its session ended, or its person has other rights than before.

    Reflex keeps what a page showed and sends it again to whoever reloads.
    """
    rights = await state.get_state(Rights)
    held = _rights(signed.actor) if signed else ""
    if (rights._held not in {"", held}) or (signed is None and digest_of(state)):  # noqa: SLF001 - of this module
        root: Any = state._get_root_state()  # noqa: SLF001 - Reflex offers no public way to it
        root.reset()
    if rights._held != held:  # noqa: SLF001 - of this module
        rights._held = held  # noqa: SLF001 - of this module


def _fits(function: Callable[..., Any], payload: object) -> bool:
    """Whether a call could have come from a page.

    Reflex would end in a traceback for arguments of other names, and could neither keep nor send back
    half a character.
    """
    try:
        _signature(function).bind(None, **cast("dict[str, Any]", payload))
        json.dumps(payload, ensure_ascii=False).encode()
    except (TypeError, UnicodeEncodeError):
        return False
    return True


# Asked at every event, and forty microseconds each time.
_signature = functools.cache(inspect.signature)


def _from_storage(claimed: object) -> dict[str, str]:
    """What a browser may say it keeps: short texts, for vars that are kept in browsers."""
    if not isinstance(claimed, dict):
        return {}
    return {
        name: value
        for name, value in claimed.items()
        if isinstance(value, str) and len(value) <= _STORED_LENGTH_MAX and _is_stored(name)
    }


def _is_stored(name: str) -> bool:
    owner, _, var = name.rpartition(".")
    try:
        state = rx.State.get_class_substate(owner)
    except ValueError:
        return False
    return state._is_client_storage(var.removesuffix(FIELD_MARKER))  # noqa: SLF001 - Reflex asks so too
