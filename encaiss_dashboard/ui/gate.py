"""How often software may ask: its address, its key, and whoever shows keys that open nothing."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any, Final

from encaiss_dashboard import wiring
from encaiss_dashboard.ui import limits
from encaiss_dashboard.ui.addresses import client_address, network

API: Final = "/api"
_OPEN: Final = ("/api/v1/docs", "/api/v1/openapi.json")
_KNOWN_MAX: Final = 10_000
_UNAUTHORIZED: Final = 401
# Nothing else tells it from a key that was not even looked at.
_OPENED: Final = frozenset({200, 201})

Scope = MutableMapping[str, Any]


def is_api(path: str) -> bool:
    """Whether an address is one of those for software."""
    return path == API or path.startswith(API + "/")


def for_software(scope: Scope) -> Scope:
    """The request as the addresses for software get it: no cookie, and from whom it is."""
    headers = [(name, value) for name, value in scope["headers"] if name != b"cookie"]
    return {**scope, "headers": headers, "client": (client_address(scope), 0)}


class Gate:
    """Counts what software asks of one worker process.

    A key that opened something lately is not held up by others of its address that open nothing: one
    bookkeeping service sends for many clients.
    """

    def __init__(self, counted: limits.Limits) -> None:
        self._limits = counted
        self._known: dict[str, None] = {}

    def wait_seconds(self, scope: Scope) -> int:
        """Count one request more; 0 when it may go on, else when to come back."""
        key = _key(scope)
        if not key or scope["path"] in _OPEN:
            return 0
        who = network(client_address(scope))
        held_up = 0 if key in self._known else self._limits.spent_seconds(limits.UNKNOWN_KEYS, who)
        return held_up or self._limits.wait_seconds(limits.KEYS, key)

    def answered(self, scope: Scope, status: int) -> None:
        """Learn from the answer whether the key opened anything."""
        key = _key(scope)
        if not key or scope["path"] in _OPEN:
            return
        if status == _UNAUTHORIZED:
            self._known.pop(key, None)
            self._limits.wait_seconds(limits.UNKNOWN_KEYS, network(client_address(scope)))
        elif status in _OPENED:
            if len(self._known) >= _KNOWN_MAX:
                self._known.clear()
            self._known[key] = None


def _key(scope: Scope) -> str:
    """A keyed digest of what a request shows, "" when it shows nothing."""
    shown = dict(scope["headers"]).get(b"authorization", b"")
    return wiring.house().digest(shown.decode("latin-1")) if shown else ""
