"""What is wired in instead of the world: the present, and a mailbox."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from encaiss_dashboard.domain.letters import Delivered, DeliveryFailed, Message


@dataclass
class Clock:
    """The present, as a test says."""

    now: datetime = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    @property
    def today(self) -> date:
        return self.now.date()

    def set(self, day: date) -> None:
        self.now = datetime.combine(day, self.now.timetz())

    def forward(self, **by: int) -> None:
        self.now += timedelta(**by)


@dataclass
class Mailbox:
    """A mailer that keeps what it is given, and fails when told to."""

    sent: list[Message] = field(default_factory=list)
    failure: DeliveryFailed | None = None

    def deliver(self, message: Message) -> Delivered:
        if self.failure is not None:
            raise self.failure
        self.sent.append(message)
        return Delivered(f"250 kept {len(self.sent)}")
