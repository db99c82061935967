"""One debtor's file as its screen holds it: every fact already written in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final, TypedDict

import reflex as rx

from encaiss_dashboard.domain.delegation import DelegationState
from encaiss_dashboard.domain.dunning import OpenInvoice
from encaiss_dashboard.domain.errors import NotFound
from encaiss_dashboard.domain.interest import LATE_INDEMNITY
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.references import format_enterprise_number, is_enterprise_number
from encaiss_dashboard.domain.terms import Term, TermUnreadable
from encaiss_dashboard.domain.workdays import Channel
from encaiss_dashboard.locales import day, decimal, integer, moment, money, text
from encaiss_dashboard.services import debtors, documents
from encaiss_dashboard.services.debtors import DebtorFile, editing
from encaiss_dashboard.services.inbound import replies
from encaiss_dashboard.services.inbound.replies import Reply
from encaiss_dashboard.ui import access
from encaiss_dashboard.ui.acts import ActRow, act_row, near, term_words
from encaiss_dashboard.ui.deciding import Deciding, standing
from encaiss_dashboard.ui.papers import Paper, Papers, paper_of
from encaiss_dashboard.ui.shell import Next, handler
from encaiss_dashboard.ui.stop_words import hold_words, stop_tag
from encaiss_dashboard.work import Work

_ACTS_SHOWN: Final = 50
_INVOICES_SHOWN: Final = 50
_KEY_DIGITS_MAX: Final = 10
_FIELD_LENGTH_MAX: Final = 500


class Card(TypedDict):
    """A figure and what explains it."""

    value: str
    under: str
    doubt: str


class InvoiceRow(TypedDict):
    """One open invoice."""

    id: int
    number: str
    due: str
    late: str
    open: str
    stop: str
    paper: Paper
    plan: str
    plan_label: str


class MessageRow(TypedDict):
    """A message as it was sent."""

    subject: str
    to: str
    at: str
    body: str
    href: str
    original: str
    digest: str
    why: str


_NO_CARD: Final = Card(value="", under="", doubt="")
_NO_MESSAGE: Final = MessageRow(subject="", to="", at="", body="", href="", original="", digest="", why="")


class Debtor(Deciding):
    """The file of the debtor in the address."""

    ready: bool = False
    missing: bool = False
    key: int = 0
    name: str = ""
    sub: str = ""
    standing: str = ""
    standing_word: str = ""
    standing_when: str = ""
    standing_tone: str = "mute"
    may_undo: str = ""
    principal: Card = _NO_CARD
    accessories: Card = _NO_CARD
    longest: Card = _NO_CARD
    upcoming: Card = _NO_CARD
    has_statement: bool = False
    events: list[ActRow] = []
    events_label: str = ""
    events_first: int = 0
    has_older: bool = False
    opened: int = 0
    message: MessageRow = _NO_MESSAGE
    invoices: list[InvoiceRow] = []
    invoices_more: str = ""
    plan: str = ""
    term: str = ""
    language_word: str = ""
    email: str = ""
    phone: str = ""
    editing: bool = False
    language: str = ""
    term_field: str = ""

    @handler
    async def load(self) -> Next:
        """Show the debtor in the address, from its newest act."""
        key = self._asked()
        if key != self.key:
            self.key, self.events_first, self.editing, self.ready = key, 0, False, False
        self.opened, self.message = 0, _NO_MESSAGE
        return await self._refresh()

    @handler
    async def older(self) -> Next:
        """The acts before those shown."""
        self.events_first += _ACTS_SHOWN if self.has_older else 0
        await self._refresh()

    @handler
    async def newer(self) -> Next:
        """The acts after those shown."""
        self.events_first = max(0, self.events_first - _ACTS_SHOWN)
        await self._refresh()

    @handler
    async def read_message(self, act_id: int, message_id: int) -> Next:
        """Open a message below its act, or close the one that is open."""
        if self.opened == act_id:
            self.opened, self.message = 0, _NO_MESSAGE
            return None
        found = await access.read(self, debtors.message, message_id)
        lang = self._language()
        to = text(lang, "file.to_post") if Channel(found.channel).on_paper else found.recipient
        self.opened = act_id
        self.message = MessageRow(
            subject=found.subject,
            to=to,
            at=moment(found.sent_at, lang) if found.sent_at else "",
            body=found.body_text,
            href=f"/files/message/{found.id}" if found.body_html else "",
            original=f"/files/original/{found.id}" if found.contents else "",
            digest=f"SHA-256 {found.contents[-1]}" if found.contents else "",
            why=f"/messages/{found.id}",
        )
        return None

    @handler
    async def edit(self) -> Next:
        """Open or close the form."""
        self.editing = not self.editing

    @handler
    async def save(self, form: dict[str, str]) -> Next:
        """Keep how the debtor is reached and its term."""
        given = {
            name: form.get(name, "")[:_FIELD_LENGTH_MAX] for name in ("email", "phone", "language", "term")
        }
        await access.act(self, editing.edit, self.key, **given)
        self.editing = False
        self._say("file.saved")
        await self._refresh()
        return rx.set_focus("file-edit")

    @handler
    async def decide(self, kind: str) -> Next:
        """Ask what a decision about this debtor would do."""
        await self._begin(kind, [self.key])

    def _asked(self) -> int:
        """The id in the address; 0, nobody's, for anything else."""
        part = self.router.url.path.rstrip("/").rpartition("/")[2]
        return int(part) if part.isdecimal() and len(part) <= _KEY_DIGITS_MAX else 0

    async def _refresh(self) -> Next:
        try:
            seen, papers, mails = await access.read(self, _look, self.key)
        except NotFound:
            self.missing = self.ready = True
            return None
        if seen.debtor.id != self.key:  # merged into another one since
            return rx.redirect(f"/debtors/{seen.debtor.id}", replace=True)
        self.missing = False
        self._head(seen)
        self._cards(seen)
        if any(one.unread for one in mails):
            lang = self._language()
            self.upcoming = Card(
                value=text(lang, "file.next_none"), under=text(lang, "hold.reply_unread"), doubt=""
            )
        self._events(seen, {one.id: one for one in mails})
        self._side(seen, papers)
        self.ready = True
        return None

    def _head(self, seen: DebtorFile) -> None:
        lang, debtor = self._language(), seen.debtor
        number = debtor.enterprise_number
        parts = [
            format_enterprise_number(number) if is_enterprise_number(number) else number,
            debtor.city,
            _habit(seen.days_late_usual, lang),
        ]
        self.name, self.sub = debtor.name, " · ".join(part for part in parts if part)
        self.standing = seen.status.state.value
        self.standing_word, self.standing_when, self.standing_tone = standing(seen.status, seen.planned, lang)
        self.may_undo = _undoing(seen)
        self.has_statement = bool(seen.overdue_invoices)

    def _cards(self, seen: DebtorFile) -> None:
        lang = self._language()
        invoices = text(lang, "debtors.invoices", n=seen.overdue_invoices)
        under = [text(lang, "file.principal_of", invoices=invoices, all=integer(seen.invoices_ever, lang))]
        not_due = seen.open - seen.overdue
        if not_due:
            under.append(text(lang, "file.not_due", amount=money(not_due, lang)))
        under += [text(lang, "file.credit", amount=money(amount, lang)) for amount in seen.credit]
        self.principal = Card(value=money(seen.overdue, lang), under=" · ".join(under), doubt="")
        self.accessories = _accessories(seen, lang)
        self.longest = Card(
            value=text(lang, "file.days", n=seen.days_late)
            if seen.oldest_due
            else text(lang, "file.no_delay"),
            under=text(lang, "file.due_on", day=day(seen.oldest_due, lang))
            if seen.oldest_due
            else text(lang, "file.nothing_late"),
            doubt="",
        )
        self.upcoming = _upcoming(seen, lang)

    def _events(self, seen: DebtorFile, mails: Mapping[int, Reply]) -> None:
        lang, first = self._language(), self.events_first
        shown = seen.acts[first : first + _ACTS_SHOWN]
        self.events = [_event(act, seen, lang, mails) for act in shown]
        self.has_older = len(seen.acts) > first + _ACTS_SHOWN
        self.events_label = text(
            lang, "file.acts_range", first=first + 1, last=first + len(shown), n=len(seen.acts)
        )

    def _side(self, seen: DebtorFile, papers: Papers) -> None:
        lang, own = self._language(), seen.debtor.term
        self.invoices = [_invoice(item, seen, papers, lang) for item in seen.invoices[:_INVOICES_SHOWN]]
        more = len(seen.invoices) - _INVOICES_SHOWN
        self.invoices_more = text(lang, "file.invoices_more", n=more) if more > 0 else ""
        agreed = "file.plan_agreed" if seen.plan_version else "file.plan_standard"
        self.plan = text(lang, agreed, n=seen.contact_gap_days, version=seen.plan_version)
        words = term_words(seen.term, lang)
        self.term = words if own else text(lang, "file.term_default", term=words)
        self.term_field = _field(own, lang)
        self.language = seen.debtor.language
        self.language_word = text(lang, f"file.language_{seen.debtor.language}")
        self.email, self.phone = seen.email, seen.debtor.phone


def _habit(days_late: Decimal | None, lang: str) -> str:
    if days_late is None:
        return ""
    days = int(days_late.quantize(Decimal(1), rounding=ROUND_HALF_UP))
    if days == 0:
        return text(lang, "file.usual_on_time")
    return text(lang, "file.usual_late" if days > 0 else "file.usual_early", n=abs(days))


def _undoing(seen: DebtorFile) -> str:
    """The decision that undoes a change still to come, "" when there is none to undo."""
    state, planned = seen.status.state, seen.planned[0] if seen.planned else None
    if planned is DelegationState.PAUSED and state is DelegationState.DELEGATED:
        return "resume"
    if planned is DelegationState.WITHDRAWN:
        return "delegate"
    resting = state in {DelegationState.NOT_DELEGATED, DelegationState.WITHDRAWN}
    return "withdraw" if resting and planned is not None else ""


def _accessories(seen: DebtorFile, lang: str) -> Card:
    if not seen.overdue_invoices:
        return Card(value=money(seen.indemnity, lang), under=text(lang, "file.accessories_none"), doubt="")
    owed: dict[str, Money] = {}
    for amount in (seen.interest, seen.indemnity):
        if amount is not None:
            owed[amount.currency] = owed.get(amount.currency, Money(0, amount.currency)) + amount
    indemnity = money(LATE_INDEMNITY, lang, cents=False)
    under = [text(lang, "file.indemnities", n=seen.overdue_invoices, amount=indemnity)]
    if seen.rate is not None:
        percent = seen.rate.percent.normalize()
        places = max(0, -int(percent.as_tuple().exponent))
        under.insert(0, text(lang, "file.rate", rate=decimal(percent, lang, places=places)))
    doubt = ""
    if seen.interest is None:
        doubt = text(lang, "file.rate_unknown")
    elif any(not rate.published for rate in seen.rates_doubtful):
        doubt = text(lang, "file.rate_unpublished")
    elif seen.rates_doubtful:
        doubt = text(lang, "file.rate_unconfirmed")
    written = " + ".join(money(amount, lang) for amount in owed.values())
    return Card(value=written, under=" · ".join(under), doubt=doubt)


def _upcoming(seen: DebtorFile, lang: str) -> Card:
    if seen.next is not None:
        step, on = seen.next
        when = text(lang, "file.next_on", day=day(on, lang)) if on > seen.on else text(lang, "file.next_now")
        why = hold_words(seen.stop, lang) if seen.stop else ""
        return Card(value=text(lang, f"step.{step}_short"), under=when, doubt=why)
    state, why = seen.status.state, "done"
    if not seen.invoices:
        why = "nothing_open"
    elif state is not DelegationState.DELEGATED and seen.planned is None:
        why = state.value
    elif seen.stop is not None:
        return Card(value=text(lang, "file.next_none"), under=hold_words(seen.stop, lang), doubt="")
    return Card(value=text(lang, "file.next_none"), under=text(lang, f"file.why_{why}"), doubt="")


def _look(work: Work, client_id: int | None, debtor_id: int) -> tuple[DebtorFile, Papers, tuple[Reply, ...]]:
    seen = debtors.file(work, client_id, debtor_id)
    shown = [item.invoice.id for item in seen.invoices[:_INVOICES_SHOWN]]
    mails = replies.of_debtor(work, client_id, debtor_id)
    return seen, documents.of_invoices(work, client_id, shown), mails


def _invoice(item: OpenInvoice, seen: DebtorFile, papers: Papers, lang: str) -> InvoiceRow:
    late = item.invoice.days_late(seen.on)
    return InvoiceRow(
        id=item.invoice.id,
        number=item.invoice.number,
        due=near(item.invoice.due, lang, seen.on),
        late=text(lang, "file.late_by", n=late) if late > 0 else "",
        open=money(item.open, lang),
        stop=stop_tag(item.stop, lang),
        paper=paper_of(papers, item.invoice.id, lang),
        plan=f"/reminders/plan?for=invoice:{item.invoice.id}",
        plan_label=text(lang, "plan.link_invoice", number=item.invoice.number),
    )


def _event(act: Any, seen: DebtorFile, lang: str, mails: Mapping[int, Reply] | None = None) -> ActRow:
    mail = (mails or {}).get(act.facts.get("reply", 0))
    return act_row(
        act,
        lang,
        seen.on,
        brought=seen.brought.get(act.facts.get("batch", 0), 0),
        named=seen.named.get(act.facts.get("message", 0), ()),
        names=seen.names,
        of=seen.debtor.id or 0,
        subject=mail.subject if mail else seen.calls.get(act.facts.get("call", 0), ""),
    )


def _field(code: str, lang: str) -> str:
    """A term as the form shows it: in words when they are read back as the same, else as a code."""
    words = term_words(code, lang) if code else ""
    try:
        return words if words and Term.parse(words).code == code else code
    except TermUnreadable:
        return code


def told(seen: DebtorFile, lang: str) -> list[tuple[str, str, str]]:
    """A debtor's journal as its screen tells it, oldest first: day, what, details."""
    rows = [_event(act, seen, lang) for act in reversed(seen.acts)]
    return [(row["iso"], row["title"], row["detail"].replace("\n", " · ")) for row in rows]
