"""How much and how often: every number that the edge holds a browser, an address or a tab to.

Counted in the memory of each worker process: a restart forgets them and N workers allow N times as
much. They keep the server up; who tries passwords is remembered in the database, by account.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Final

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

# A minute of one address, which may be a whole office behind one line. ENCAISS_RATE_FACTOR multiplies
# all of these.
PAGES: Final = RateLimitItemPerMinute(3000, namespace="pages")  # and assets: some forty a first visit
SIGNING: Final = RateLimitItemPerMinute(30, namespace="signing")  # POST /auth/*
UPLOADS: Final = RateLimitItemPerMinute(60, namespace="uploads")  # a folder of invoices dropped at once
FILES: Final = RateLimitItemPerMinute(120, namespace="files")  # letters and exports, made when asked for
API: Final = RateLimitItemPerMinute(600, namespace="api")  # one address may send for many clients
UNKNOWN_KEYS: Final = RateLimitItemPerMinute(30, namespace="unknown keys")  # as often as passwords
SOCKETS: Final = RateLimitItemPerMinute(300, namespace="sockets")  # one a visit or reload
SOCKETS_OPEN: Final = 300  # at the same time
KEYS: Final = RateLimitItemPerMinute(120, namespace="keys")  # of one key of a client's software
# A minute of one socket, and of all sockets of one session (of one address for strangers): typing
# in a search field is the most that a person does, some five events a second.
EVENTS: Final = RateLimitItemPerMinute(600, namespace="events")
SESSION_EVENTS: Final = RateLimitItemPerMinute(1800, namespace="session events")

# Not multiplied: what may come in one piece.
UPLOAD_BYTES_MAX: Final = 250 * 1024 * 1024
BANK_BYTES_MAX: Final = 50 * 1024 * 1024  # a year of a busy account; a bank's file is read in memory
# How much of a file that is too large is still taken in and thrown away, so that its sender hears why.
REFUSED_BYTES_MAX: Final = 500 * 1024 * 1024
UPLOAD_SECONDS_MAX: Final = 1800  # some 1.2 Mbit/s for the largest
BODY_BYTES_MAX: Final = 64 * 1024  # of every other request
MESSAGE_CHARACTERS_MAX: Final = 256 * 1024  # a socket's; a page's longest is a form of some kilobytes
MESSAGE_DEPTH_MAX: Final = 32  # brackets within brackets
MESSAGE_VALUES_MAX: Final = 5000  # commas and opening brackets outside texts
MESSAGE_DIGITS_MAX: Final = 100  # of one number
HEALTH_SECONDS_MAX: Final = 5


class Limits:
    """Counts what addresses and tabs ask of one worker process."""

    def __init__(self, factor: float, clock: Callable[[], datetime]) -> None:
        """Multiply the limits by a factor (0: none at all); the clock says how long somebody has to wait.

        Made at the first request: the counter's thread would not survive the fork of a worker.
        """
        self._factor = factor
        self._clock = clock
        self._counter = FixedWindowRateLimiter(MemoryStorage())
        self._open: Counter[str] = Counter()

    def wait_seconds(self, limit: RateLimitItem, who: str) -> int:
        """Count one more of somebody's; 0 when it is within the limit, else when to come back."""
        if not self._factor:
            return 0
        scaled = RateLimitItemPerMinute(self._scaled(limit.amount), namespace=limit.namespace)
        if self._counter.hit(scaled, who):
            return 0
        return self._left(scaled, who)

    def spent_seconds(self, limit: RateLimitItem, who: str) -> int:
        """As :meth:`wait_seconds`, without counting one more."""
        scaled = RateLimitItemPerMinute(self._scaled(limit.amount), namespace=limit.namespace)
        if not self._factor or self._counter.test(scaled, who):
            return 0
        return self._left(scaled, who)

    def _left(self, limit: RateLimitItem, who: str) -> int:
        left = self._counter.get_window_stats(limit, who).reset_time - self._clock().timestamp()
        return max(1, math.ceil(left))

    def enter(self, who: str) -> bool:
        """Let one more socket of an address in, unless it has too many; :meth:`leave` must follow."""
        if self._factor and self._open[who] >= self._scaled(SOCKETS_OPEN):
            return False
        self._open[who] += 1
        return True

    def leave(self, who: str) -> None:
        """One socket of an address is gone."""
        self._open[who] -= 1
        if not self._open[who]:
            del self._open[who]

    def _scaled(self, amount: int) -> int:
        return max(1, round(amount * self._factor))
