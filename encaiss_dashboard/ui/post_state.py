"""The letters on paper of the agency's clients: what waits for the post, what was posted lately."""

from __future__ import annotations

from datetime import date
from typing import TypedDict

from encaiss_dashboard.domain.errors import Unreadable
from encaiss_dashboard.domain.windows import WINDOWS
from encaiss_dashboard.locales import day, text
from encaiss_dashboard.services import post
from encaiss_dashboard.services.post import PaperLetter
from encaiss_dashboard.ui import access
from encaiss_dashboard.ui.shell import Choice, Next, Shell, handler

SHOWN_MAX = 100


class PaperRow(TypedDict):
    """One letter on paper."""

    id: str
    name: str
    address: str
    client: str
    what: str
    channel: str
    tone: str
    written: str
    posted: str
    tracking: str
    choose: str
    track: str
    chosen: bool


class Post(Shell):
    """The tray of the whole desk."""

    ready: bool = False
    sub: str = ""
    waiting: list[PaperRow] = []
    posted: list[PaperRow] = []
    today: str = ""
    on: str = ""
    any_chosen: bool = False
    envelope: str = ""
    envelopes: list[Choice] = []
    may_choose: bool = False

    @handler
    async def load(self) -> Next:
        """Read the tray; every letter that waits is chosen at first."""
        lang = self._language()
        seen = await access.read(self, post.tray)
        self.waiting = [_row(one, lang) for one in seen.waiting[:SHOWN_MAX]]
        self.posted = [_row(one, lang) for one in seen.posted[:SHOWN_MAX]]
        self.sub = text(lang, "post.sub", n=len(seen.waiting))
        self.any_chosen = bool(self.waiting)
        self.envelope, self.may_choose = seen.envelope, seen.may_choose
        self.envelopes = [Choice(value=name, label=text(lang, f"post.envelope_{name}")) for name in WINDOWS]
        self.today = self.on = seen.today.isoformat()
        self.ready = True

    @handler
    async def choose(self, key: str, chosen: bool) -> Next:  # noqa: FBT001 - what a checkbox sends
        """Take a letter in or leave it out; without a key all of them."""
        self.waiting = [
            PaperRow(**{**row, "chosen": chosen}) if key in {"", row["id"]} else row for row in self.waiting
        ]
        self.any_chosen = any(row["chosen"] for row in self.waiting)

    @handler
    async def pick_day(self, on: str) -> Next:
        """The day on which they were posted."""
        self.on = on[:10]

    @handler
    async def mark(self) -> Next:
        """Say that the chosen letters were posted on the day."""
        try:
            on = date.fromisoformat(self.on)
        except ValueError as error:
            raise Unreadable(value=self.on) from error
        ids = [int(row["id"]) for row in self.waiting if row["chosen"]]
        n = await access.act(self, post.mark_posted, ids, on)
        return self._done("post.marked", n=n)

    @handler
    async def track(self, form: dict[str, str]) -> Next:
        """Keep the number that the post gave one letter."""
        key = form.get("id", "")
        if not key.isdecimal():
            raise Unreadable(value="")
        await access.act(self, post.track, int(key[:18]), form.get("tracking", ""))
        return self._done("post.tracked")

    @handler
    async def choose_envelope(self, envelope: str) -> Next:
        """Write letters for other envelopes from now on."""
        await access.act(self, post.choose_envelope, envelope)
        return self._done("post.envelope_kept")


def _row(one: PaperLetter, lang: str) -> PaperRow:
    return PaperRow(
        id=str(one.id),
        name=one.name,
        address=one.address,
        client=one.client,
        what=text(lang, f"step.{one.step}_short"),
        channel=text(lang, f"post.channel_{one.channel}"),
        tone="warn" if one.channel == "registered" else "info",
        written=day(one.written_on, lang),
        posted=day(one.posted_on, lang) if one.posted_on else "",
        tracking=one.tracking,
        choose=text(lang, "post.choose", name=one.name),
        track=text(lang, "post.tracking_of", name=one.name),
        chosen=True,
    )
