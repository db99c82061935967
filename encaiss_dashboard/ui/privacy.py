"""Personal data: what is held and why, a debtor who asks, the own data, and for how long it is kept."""

from __future__ import annotations

from typing import Final, TypedDict

from encaiss_dashboard.domain.errors import Refusal, Unreadable
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.locales import integer, text
from encaiss_dashboard.services.accounts import erasing
from encaiss_dashboard.services.accounts.erasing import Left
from encaiss_dashboard.services.privacy import erasure, holdings, retention
from encaiss_dashboard.services.privacy.erasure import Foreseen
from encaiss_dashboard.services.privacy.holdings import FOUND_MAX, Found, Holding
from encaiss_dashboard.services.privacy.retention import Setting
from encaiss_dashboard.ui import access
from encaiss_dashboard.ui.said import said
from encaiss_dashboard.ui.shell import Next, Shell, handler
from encaiss_dashboard.work import Work

_TEXT_MAX: Final = 100


class Row(TypedDict):
    """One kind of data."""

    kind: str
    name: str
    count: str
    purpose: str
    why: str
    until: str
    law: str


class FoundRow(TypedDict):
    """A debtor who was looked for."""

    id: str
    name: str
    city: str
    erased: bool
    file: str
    copy: str
    opener: str


class Stay(TypedDict):
    """What is kept, and until when and why."""

    what: str
    why: str


class LeftRow(TypedDict):
    """Somebody who left the team."""

    id: str
    name: str
    email: str
    opener: str


class Period(TypedDict):
    """One period that an administrator chooses."""

    keep: str
    label: str
    value: str
    least: str
    most: str
    unit: str
    hint: str
    law: str


class Privacy(Shell):
    """The screen, and its dialog while something is about to be erased.

    ``back`` names the button that opened the dialog: drawn anew, it takes the focus.
    """

    ready: bool = False
    rows: list[Row] = []
    may_answer: bool = False
    looked: bool = False
    found: list[FoundRow] = []
    found_more: bool = False
    left: list[LeftRow] = []
    periods: list[Period] = []
    asking: str = ""
    asking_title: str = ""
    becomes: str = ""
    gone: list[str] = []
    stays: list[Stay] = []
    blocked: list[str] = []
    ticked: bool = False
    problem: str = ""
    back: str = ""
    _words: str = ""
    _target: int = 0
    _mark: str = ""
    _opener: str = ""

    @handler
    async def load(self) -> Next:
        """Read what is held, and look again for what was looked for."""
        self.asking = ""
        held, people, periods, may_answer = await access.read(self, _screen)
        lang = self._language()
        self.rows = [_row(one, lang) for one in held]
        self.left = [_left(one) for one in people]
        self.periods = [_period(one, lang) for one in periods]
        self.may_answer = may_answer
        if self._words and may_answer:
            await self._look()
        self.ready = True
        tone, sentence = said(self.router.url.query_parameters, lang)
        if sentence:
            self.notice, self.notice_kind = sentence, tone

    @handler
    async def search(self, form: dict[str, str]) -> Next:
        """Look for a debtor who asks."""
        self._words = form.get("q", "").strip()[:_TEXT_MAX]
        await self._look()

    @handler
    async def ask_debtor(self, key: str) -> Next:
        """Show what erasing a debtor would do."""
        target = _number(key)
        seen = await access.read(self, erasure.foresee, target)
        if seen.erased:
            raise erasure.AlreadyErased
        self._open("debtor", target, f"erase-{target}", seen.name)
        self._tell_effects(seen)

    @handler
    async def ask_left(self, key: str) -> Next:
        """Show what erasing the account of somebody who left would do."""
        target = _number(key)
        people = await access.read(self, erasing.left)
        name = next((one.name for one in people if one.user_id == target), None)
        if name is None:
            raise Unreadable(value="")
        self._open("account", target, f"forget-{target}", name)
        self._tell_account()

    @handler
    async def ask_own(self) -> Next:
        """Show what erasing the own account would do."""
        self._open("own", 0, "erase-own", self.user_name)
        self._tell_account()

    @handler
    async def tick(self, value: bool) -> Next:  # noqa: FBT001 - what a checkbox sends
        """Say that one has understood."""
        self.ticked = value

    @handler
    async def confirm(self, form: dict[str, str]) -> Next:  # noqa: ARG002 - what a form sends
        """Erase what the dialog says."""
        kind, lang = self.asking, self._language()
        # Closed, or the own account, which a form of its own erases: only a hand-made event comes here.
        if kind in {"", "own"}:
            raise Unreadable(value="")
        if not self.ticked:
            self.problem = text(lang, "privacy.tick_first")
            return None
        try:
            done = await self._erase(kind)
        except Refusal as refusal:
            if isinstance(refusal, access.SignedOut):
                return self._tell(refusal)
            self.problem = text(lang, f"refusal.{refusal.code}", **refusal.facts)
            return None
        self.asking = ""
        return self._done(f"privacy.done_{kind}", name=done)

    @handler
    async def cancel(self) -> Next:
        """Close the dialog; nothing happened."""
        self.asking, self.back = "", self._opener

    @handler
    async def save(self, form: dict[str, str]) -> Next:
        """Choose how long things are kept."""
        wanted = {name: _number(value) for name, value in form.items() if name in set(retention.Keep)}
        changed = await access.act(self, retention.change, wanted)
        self._say("privacy.saved" if changed else "privacy.unchanged", "good" if changed else "info")

    async def _look(self) -> None:
        lines = await access.read(self, holdings.find, self._words)
        self.found = [_found(one) for one in lines]
        self.found_more = len(lines) == FOUND_MAX
        self.looked = bool(self._words)

    async def _erase(self, kind: str) -> str:
        """Erase a debtor or an account; returns what a debtor is called from now on."""
        if kind == "debtor":
            return (await access.act(self, erasure.erase, self._target, self._mark)).pseudonym
        await access.act(self, erasing.erase_account, self._target)
        return ""

    def _open(self, kind: str, target: int, opener: str, name: str) -> None:
        title = "privacy.dialog_debtor" if kind == "debtor" else "privacy.dialog_account"
        self.asking, self._target, self._opener = kind, target, opener
        self.asking_title = text(self._language(), title, name=name)
        self.ticked, self.problem, self.back = False, "", ""
        self._mark, self.becomes, self.blocked = "", "", []

    def _tell_effects(self, seen: Foreseen) -> None:
        lang = self._language()
        self._mark = seen.mark
        self.becomes = text(lang, "privacy.becomes", name=seen.pseudonym)
        self.gone = [erasure.sentence(line, "gone", lang) for line in seen.gone]
        self.stays = [
            Stay(what=erasure.sentence(line, "stays", lang), why=erasure.ground(line, lang))
            for line in seen.stays
        ]
        self.blocked = [erasure.sentence(line, "blocked", lang) for line in seen.blocked]

    def _tell_account(self) -> None:
        lang = self._language()
        names = ("account_name", "account_sessions", "account_roles")
        self.gone = [text(lang, f"privacy.{name}") for name in names]
        until, why = text(lang, "privacy.until_none"), text(lang, "privacy.law_journal")
        self.stays = [Stay(what=text(lang, "privacy.account_journal"), why=f"{until} · {why}")]


def _screen(
    work: Work, client_id: int | None
) -> tuple[tuple[Holding, ...], tuple[Left, ...], tuple[Setting, ...], bool]:
    """All that this person may see of it."""
    may_answer = client_id is not None and work.actor.may(Action.PERSONAL_DATA, client_id)
    may_manage = client_id is not None and work.actor.may(Action.MANAGE_TEAM, client_id)
    return (
        holdings.holdings(work, client_id) if client_id is not None else (),
        erasing.left(work, client_id) if may_manage else (),
        retention.settings(work) if work.actor.administers else (),
        may_answer,
    )


def _number(value: str) -> int:
    digits = value.strip()
    if not digits.isdecimal() or not digits.isascii() or len(digits) > len(str(2**31)):
        raise Unreadable(value=digits[:40])
    return int(digits)


def _row(one: Holding, lang: str) -> Row:
    return Row(
        kind=one.kind.value,
        name=one.name,
        count=integer(one.count, lang),
        purpose=one.purpose,
        why=one.why,
        until=one.until,
        law=one.law,
    )


def _found(one: Found) -> FoundRow:
    return FoundRow(
        id=str(one.id),
        name=one.name,
        city=one.city,
        erased=one.erased,
        file=f"/debtors/{one.id}",
        copy=f"/files/personal/{one.id}",
        opener=f"erase-{one.id}",
    )


def _left(one: Left) -> LeftRow:
    return LeftRow(id=str(one.user_id), name=one.name, email=one.email, opener=f"forget-{one.user_id}")


def _period(one: Setting, lang: str) -> Period:
    least, most = (text(lang, f"privacy.{one.unit}", n=bound) for bound in (one.minimum, one.maximum))
    return Period(
        keep=one.keep.value,
        label=text(lang, f"privacy.keep_{one.keep}"),
        value=str(one.period),
        least=str(one.minimum),
        most=str(one.maximum),
        unit=text(lang, f"privacy.unit_{one.unit}"),
        hint=text(lang, "privacy.bounds", least=least, most=most),
        law=text(lang, f"privacy.least_{one.keep}"),
    )
