"""At which hours somebody may be written to: on retries too, whatever kept a message back until then."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

ZONE: Final = ZoneInfo("Europe/Brussels")
_WRITTEN: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-3]|24(?=:00)):([0-5][0-9])")
_DAY_MINUTES: Final = 24 * 60


@dataclass(frozen=True, slots=True)
class SendingHours:
    """Hours of every day in Brussels.

    Attributes:
        first_minute: of the day, from which something may leave.
        end_minute: of the day, from which nothing leaves any more; 1440 is midnight.
    """

    first_minute: int = 8 * 60
    end_minute: int = 19 * 60

    def __post_init__(self) -> None:
        """Refuse hours in which nothing would ever leave."""
        if not 0 <= self.first_minute < self.end_minute <= _DAY_MINUTES:
            raise ValueError("sending hours begin before they end, within one day")

    @classmethod
    def parse(cls, text: str) -> SendingHours:
        """Read ``08:00-19:00``; ``00:00-24:00`` is always.

        Raises:
            ValueError: written otherwise, or no time is left.
        """
        found = _WRITTEN.fullmatch(text)
        if found is None:
            raise ValueError(f"not sending hours: {text!r}")
        hour, minute, end_hour, end_minute = map(int, found.groups())
        return cls(hour * 60 + minute, end_hour * 60 + end_minute)

    def are_open(self, now: datetime) -> bool:
        """Whether something may leave at an aware time."""
        local = now.astimezone(ZONE)
        return self.first_minute <= local.hour * 60 + local.minute < self.end_minute

    def next_open(self, now: datetime) -> datetime:
        """The present when something may leave, else the aware time from which it may again."""
        if self.are_open(now):
            return now
        local = now.astimezone(ZONE)
        late = local.hour * 60 + local.minute >= self.end_minute
        day = local.date() + timedelta(days=late)
        return datetime.combine(day, time(*divmod(self.first_minute, 60)), tzinfo=ZONE)
