"""What the first screen shows, written in the reader's language."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final, TypedDict

from encaiss_dashboard.domain.delegation import DelegationState
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.locales import day, decimal, integer, moment, money, percent, text
from encaiss_dashboard.services import figures
from encaiss_dashboard.services.figures import WatchedDebtor
from encaiss_dashboard.ui import access
from encaiss_dashboard.ui.shell import Next, Shell, handler

_STATE_KEYS: Final = {
    DelegationState.NOT_DELEGATED: ("overview.not_delegated", "mute"),
    DelegationState.PAUSED: ("overview.paused", "info"),
    DelegationState.WITHDRAWN: ("overview.withdrawn", "mute"),
}
_STOPS_SHOWN: Final = 5
_FAILED: Final = frozenset({"broken_promise", "breach"})
# The drawing area of the DSO line, in its own units.
LEFT, RIGHT, TOP, BOTTOM = 34, 400, 16, 176


class Bar(TypedDict):
    """One ageing bucket: its share of the widest as a CSS width."""

    code: str
    label: str
    width: str
    href: str


class Watched(TypedDict):
    """One debtor to watch."""

    href: str
    name: str
    overdue: str
    late: str
    step: str
    tone: str
    next: str


class Decision(TypedDict):
    """One thing that waits for the client."""

    tag: str
    tone: str
    title: str
    text: str
    go: str
    href: str


class Tick(TypedDict):
    """A label on an axis of the DSO line."""

    at: str
    label: str


class Overview(Shell):
    """What the first screen shows, already written in the reader's language."""

    ready: bool = False
    first_time: bool = False
    title: str = ""
    sub: str = ""
    open: str = ""
    open_sub: str = ""
    overdue: str = ""
    overdue_change: str = ""
    overdue_tone: str = ""
    overdue_share: str = ""
    dso: str = ""
    dso_change: str = ""
    dso_tone: str = ""
    dso_sub: str = ""
    collected: str = ""
    collected_sub: str = ""
    others: str = ""
    bars: list[Bar] = []
    line: str = ""
    line_end: str = ""
    line_words: str = ""
    delegated_at: str = ""
    y_ticks: list[Tick] = []
    x_ticks: list[Tick] = []
    watched: list[Watched] = []
    decisions: list[Decision] = []

    @handler
    async def load(self) -> Next:
        """Read the figures of today and write them out."""
        seen, imported = await access.read(self, figures.first_screen)
        self._show_head(seen, imported)
        self._show_figures(seen)
        self._show_ageing(seen)
        self._show_dso(seen)
        self.watched = [self._watched(w) for w in seen.watched]
        self.ready = True

    def _show_head(self, seen: figures.Overview, imported: figures.Imported) -> None:
        lang = self._language()
        self.decisions = self._decisions(seen.decisions)
        waiting = len(self.decisions)
        self.title = text(lang, "overview.hello", n=waiting) if waiting else text(lang, "overview.hello_none")
        facts = {"day": day(seen.on, lang, "full")}
        self.sub = (
            text(lang, "overview.as_of", at=moment(imported, lang), **facts)
            if imported
            else text(lang, "overview.as_of_first", **facts)
        )
        self.first_time = seen.invoices_ever == 0

    def _show_figures(self, seen: figures.Overview) -> None:
        lang = self._language()
        self.open = money(seen.ageing.open, lang)
        counts = (("open_invoices", seen.ageing.invoices), ("open_debtors", seen.debtors))
        self.open_sub = " · ".join(text(lang, f"overview.{key}", n=n) for key, n in counts)
        self.overdue = money(seen.ageing.overdue, lang)
        self.overdue_change, self.overdue_tone = _change(seen.ageing.overdue - seen.overdue_before, lang)
        share = Decimal(seen.ageing.overdue.cents) / max(1, seen.ageing.open.cents)
        self.overdue_share = text(lang, "overview.overdue_share", share=percent(share, lang))
        self.collected = money(seen.collected, lang)
        self.collected_sub = text(lang, "overview.messages_sent", n=seen.sent)
        amounts = ", ".join(money(amount, lang) for amount in seen.other_currencies.values())
        self.others = text(lang, "overview.others", amounts=amounts) if amounts else ""

    def _show_ageing(self, seen: figures.Overview) -> None:
        lang, buckets = self._language(), seen.ageing.buckets
        widest = max((amount.cents for amount in buckets.values()), default=0) or 1
        self.bars = [
            Bar(
                code=code,
                label=" · ".join(
                    (
                        text(lang, f"bucket.{code}"),
                        money(amount, lang, cents=False),
                        percent(Decimal(amount.cents) / max(1, seen.ageing.open.cents), lang),
                    )
                ),
                width=f"{max(1, amount.cents * 100 // widest)}%" if amount.cents > 0 else "0px",
                href=f"/invoices?bucket={code.replace('+', '%2B')}",
            )
            for code, amount in buckets.items()
        ]

    def _show_dso(self, seen: figures.Overview) -> None:
        lang = self._language()
        now = seen.dso[-1][1]
        self.dso = text(lang, "overview.days", n=decimal(now, lang)) if now is not None else "–"
        self.dso_change = self.dso_tone = ""
        if now is None:
            self.dso_sub = text(lang, "overview.dso_unknown")
        elif seen.delegated_on is None or seen.dso_at_delegation is None:
            self.dso_sub = text(lang, "overview.dso_before")
        else:
            change = now - seen.dso_at_delegation
            self.dso_tone = "up" if change <= 0 else "dn"
            self.dso_change = text(lang, "overview.days_short", n=_signed(decimal(change, lang), change))
            month = day(seen.delegated_on, lang, "month_name")
            self.dso_sub = text(lang, "overview.dso_since", month=month)
        self._draw(seen)

    def _draw(self, seen: figures.Overview) -> None:
        """The DSO line in its drawing area, with round ticks around the values."""
        lang = self._language()
        points = [(on, value) for on, value in seen.dso if value is not None]
        self.line = self.line_end = self.delegated_at = self.line_words = ""
        self.y_ticks, self.x_ticks = [], []
        if len(points) < 2:  # noqa: PLR2004 - a line needs two ends
            return
        low = int(min(v for _, v in points)) // 10 * 10
        high = max(low + 20, -(-int(max(v for _, v in points) + 1) // 10) * 10)
        first, last = points[0][0], points[-1][0]

        def x(on: date) -> float:
            return LEFT + (RIGHT - LEFT) * (on - first).days / max(1, (last - first).days)

        def y(value: Decimal) -> float:
            return BOTTOM - (BOTTOM - TOP) * float((value - low) / (high - low))

        self.line = "M" + " L".join(f"{x(on):.1f} {y(value):.1f}" for on, value in points)
        self.line_end = f"{y(points[-1][1]):.1f}"
        self.line_words = text(
            lang,
            "overview.dso_chart",
            values=", ".join(f"{day(on, lang, 'month')} {decimal(value, lang)}" for on, value in points),
        )
        if seen.delegated_on and first <= seen.delegated_on <= last:
            self.delegated_at = f"{x(seen.delegated_on):.1f}"
        step = max(10, (high - low) // 30 * 10)
        self.y_ticks = [
            Tick(at=f"{y(Decimal(value)):.1f}", label=integer(value, lang))
            for value in range(low, high + 1, step)
        ]
        shown = (points[0], points[len(points) // 2], points[-1])
        self.x_ticks = [Tick(at=f"{x(on):.1f}", label=day(on, lang, "month")) for on, _ in shown]

    def _watched(self, seen: WatchedDebtor) -> Watched:
        lang = self._language()
        step, tone = _step(seen, lang)
        upcoming = text(
            lang,
            "overview.delegate_him"
            if seen.state is DelegationState.NOT_DELEGATED
            else "overview.nothing_next",
        )
        if seen.next_step and seen.next_on:
            name = text(lang, f"step.{seen.next_step}_short")
            upcoming = text(lang, "overview.next_on", step=name, day=day(seen.next_on, lang, "short"))
        return Watched(
            href=f"/debtors/{seen.debtor_id}",
            name=seen.name,
            overdue=money(seen.overdue, lang),
            late=text(lang, "overview.days_short", n=seen.days_late),
            step=step,
            tone=tone,
            next=upcoming,
        )

    def _decisions(self, seen: figures.Decisions) -> list[Decision]:
        lang = self._language()

        def one(name: str, tone: str, title: str, href: str, **facts: str) -> Decision:
            return Decision(
                tag=text(lang, f"overview.{name}_tag"),
                tone=tone,
                title=title,
                text=text(lang, f"overview.{name}_text", **facts),
                go=text(lang, f"overview.{name}_go"),
                href=href,
            )

        found = [one("upload", "info", name, f"/invoices/import/{key}") for key, name in seen.uploads[:3]]
        if seen.undelegated:
            title = text(lang, "overview.undelegated_title", n=seen.undelegated)
            amount = money(seen.undelegated_overdue, lang)
            href = "/debtors?state=not_delegated"
            found.append(one("undelegated", "warn", title, href, amount=amount))
        for alarm in seen.stops[:_STOPS_SHOWN]:
            href, since = f"/debtors/{alarm.debtor_id}", day(alarm.since, lang)
            tone = "bad" if alarm.kind in _FAILED else "warn"
            found.append(one(alarm.kind.value, tone, alarm.name, href, day=since))
        found += [one("failed", "bad", name, f"/debtors/{key}") for key, name in seen.failed[:3]]
        return found


def _change(amount: Money, lang: str) -> tuple[str, str]:
    """A change of what is overdue in words, and whether it is good news."""
    written = money(amount, lang, cents=False)
    return ("+" + written if amount.cents > 0 else written), ("dn" if amount.cents > 0 else "up")


def _signed(written: str, value: Decimal) -> str:
    return "+" + written if value > 0 else written.replace("-", "\N{MINUS SIGN}")


def _step(seen: WatchedDebtor, lang: str) -> tuple[str, str]:
    if seen.state in _STATE_KEYS:
        key, tone = _STATE_KEYS[seen.state]
        return text(lang, key), tone
    if seen.step is None:
        return text(lang, "overview.no_step"), "mute"
    tone = "bad" if seen.step.value == "formal_notice" else "warn"
    return text(lang, f"step.{seen.step}_short"), tone
