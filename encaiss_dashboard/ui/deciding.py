"""Deciding about debtors: a dialog that says what will happen to whom and when, before it does."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Final, TypedDict

import reflex as rx
from pydantic import TypeAdapter, ValidationError
from reflex.event import EventHandler, key_event

from encaiss_dashboard.domain.delegation import DelegationKind, DelegationState, DelegationStatus
from encaiss_dashboard.domain.dunning import StepCode
from encaiss_dashboard.domain.errors import Refusal, Unreadable
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.locales import day, money, text
from encaiss_dashboard.services import delegations
from encaiss_dashboard.services.delegations import Decision, Effect, Foresight
from encaiss_dashboard.ui import access
from encaiss_dashboard.ui.components import button
from encaiss_dashboard.ui.i18n import t
from encaiss_dashboard.ui.shell import Next, Shell, handler

KINDS: Final = tuple(kind.value for kind in DelegationKind)
_EFFECTS_SHOWN: Final = 50
_DAY: Final = TypeAdapter(date)
_TONES: Final = {
    DelegationState.DELEGATED: "good",
    DelegationState.NOT_DELEGATED: "mute",
    DelegationState.PAUSED: "info",
    DelegationState.WITHDRAWN: "mute",
}

Message = tuple[StepCode, date] | None


class Foreseen(TypedDict):
    """What happens to one debtor."""

    id: int
    name: str
    owes: str
    effect: str


def standing(
    status: DelegationStatus, planned: tuple[DelegationState, date] | None, lang: str
) -> tuple[str, str, str]:
    """How a debtor stands: a word, since or until when, and the tone of its tag."""
    word, tone = text(lang, f"debtors.{status.state}"), _TONES[status.state]
    if status.state is DelegationState.PAUSED and status.paused_until:
        return word, text(lang, "debtors.until", day=day(status.paused_until, lang)), tone
    if planned is not None:
        return word, text(lang, f"debtors.planned_{planned[0]}", day=day(planned[1], lang)), tone
    if status.state is DelegationState.PAUSED:
        return word, text(lang, "debtors.until_notice"), tone
    if status.since:
        return word, text(lang, "debtors.since", day=day(status.since, lang)), tone
    return word, "", tone


def message_words(upcoming: Message, today: date, lang: str) -> str:
    """A message to come: "3e relevé le 26 nov."; one that is due already goes with the next run."""
    if upcoming is None:
        return text(lang, "debtors.next_none")
    step, on = text(lang, f"step.{upcoming[0]}_short"), upcoming[1]
    if on <= today:
        return text(lang, "debtors.next_now", step=step)
    written = day(on, lang, "short" if on.year == today.year else "medium")
    # A date stays on one line.
    return text(lang, "debtors.next_on", step=step, day=written.replace(" ", "\N{NO-BREAK SPACE}"))


class Deciding(Shell):
    """The dialog; the screens that open it are its substates."""

    decision: str = ""
    first_day: str = ""
    first_day_min: str = ""
    last_day: str = ""
    sums: str = ""
    effects: list[Foreseen] = []
    effects_more: str = ""
    effects_same: str = ""
    confirm_label: str = ""
    affected: int = 0
    problem: str = ""
    _ids: tuple[int, ...] = ()

    @handler
    async def choose_first_day(self, value: str) -> Next:
        """Another day from which the decision holds."""
        self.first_day = value[:10]
        await self._foresee()

    @handler
    async def choose_last_day(self, value: str) -> Next:
        """Another last day of the pause, "" until further notice."""
        self.last_day = value[:10]
        await self._foresee()

    @handler
    async def confirm(self, form: dict[str, str]) -> Next:
        """Do what the dialog says, then show the screen anew."""
        kind = self.decision
        try:
            decision = self._decision(form.get("reason", "").strip())
            changed = await access.act(self, delegations.decide, decision)
        except Refusal as refusal:
            return self._refused(refusal)
        self.decision = ""
        return self._done(f"debtors.done_{kind}", n=changed)

    @handler
    async def cancel(self) -> Next:
        """Close the dialog; nothing happened."""
        self.decision = ""

    async def _begin(self, kind: str, ids: Iterable[int]) -> None:
        """Open the dialog for some debtors."""
        if kind not in KINDS:
            raise Unreadable(value=kind[:20])
        self._ids = tuple(ids)
        self.first_day = self.last_day = ""
        self.decision = kind
        try:
            await self._foresee(opening=True)
        except Refusal:
            self.decision = ""
            raise

    def _decision(self, reason: str = "") -> Decision:
        if self.decision not in KINDS:  # closed: only a hand-made event comes here
            raise Unreadable(value="")
        return Decision(
            kind=DelegationKind(self.decision),
            debtor_ids=self._ids,
            from_date=_day(self.first_day),
            until=_day(self.last_day),
            reason=reason,
        )

    async def _foresee(self, *, opening: bool = False) -> None:
        """Fill the dialog; once it is open, what is refused is said inside it."""
        try:
            seen = await access.read(self, delegations.foresee, self._decision())
        except Refusal as refusal:
            if opening:
                raise
            self._refused(refusal)
            return
        if opening:
            self.first_day = self.first_day_min = seen.on.isoformat()
        self._tell_effects(seen)

    def _refused(self, refusal: Refusal) -> Next:
        if isinstance(refusal, access.SignedOut):
            return self._tell(refusal)
        self.problem = text(self._language(), f"refusal.{refusal.code}", **refusal.facts)
        self.affected, self.effects, self.effects_more, self.effects_same = 0, [], "", ""
        return None

    def _tell_effects(self, seen: Foresight) -> None:
        lang = self._language()
        changing = [effect for effect in seen.effects if effect.changes]
        changing.sort(key=lambda effect: -effect.overdue.cents)
        same, more = len(seen.effects) - len(changing), len(changing) - _EFFECTS_SHOWN
        self.problem = "" if changing else text(lang, "debtors.nobody")
        self.affected = len(changing)
        self.confirm_label = text(lang, f"debtors.confirm_{self.decision}", n=len(changing))
        self.sums = _sums(changing, lang) if changing else ""
        self.effects = [_foreseen(effect, seen.on, lang) for effect in changing[:_EFFECTS_SHOWN]]
        self.effects_more = text(lang, "debtors.more", n=more) if more > 0 else ""
        self.effects_same = text(lang, "debtors.same", n=same) if same and changing else ""


def _day(value: str) -> date | None:
    try:
        return _DAY.validate_python(value) if value else None
    except ValidationError as error:
        raise Unreadable(value=value) from error


def _sums(effects: list[Effect], lang: str) -> str:
    owed: dict[str, Money] = {}
    for effect in effects:
        if effect.overdue.cents:
            key = effect.overdue.currency
            owed[key] = owed.get(key, Money(0, key)) + effect.overdue
    if not owed:
        return text(lang, "debtors.sums_open", n=len(effects))
    invoices = text(lang, "debtors.invoices", n=sum(effect.overdue_invoices for effect in effects))
    amounts = " + ".join(money(amount, lang) for amount in owed.values())
    return text(lang, "debtors.sums", n=len(effects), invoices=invoices, amounts=amounts)


def _foreseen(effect: Effect, today: date, lang: str) -> Foreseen:
    owes = text(lang, "debtors.owes_nothing")
    if effect.overdue_invoices:
        invoices = text(lang, "debtors.invoices", n=effect.overdue_invoices)
        owes = text(lang, "debtors.owes", invoices=invoices, amount=money(effect.overdue, lang))
    after = (effect.step, effect.on) if effect.step and effect.on else None
    before = message_words(effect.before, today, lang)
    if after is None and effect.before is None:
        words = text(lang, "debtors.effect_none")
    elif after is None:
        words = text(lang, "debtors.effect_stops", step=before)
    elif effect.before is None or effect.before == after:
        words = message_words(after, today, lang)
    elif effect.before[0] is after[0]:
        instead = day(effect.before[1], lang, "short")
        words = text(lang, "debtors.effect_moved", step=message_words(after, today, lang), day=instead)
    else:
        words = text(lang, "debtors.effect_later", before=before, step=message_words(after, today, lang))
    return Foreseen(id=effect.debtor_id, name=effect.name, owes=owes, effect=words)


class Overlay(rx.el.Div):  # type: ignore[misc]  # Reflex's elements carry no types
    """A division that also hears keys, which Reflex gives to inputs only."""

    on_key_down: EventHandler[key_event]  # type: ignore[type-arg, valid-type]  # Reflex's own notation


def decided_on(screen: rx.Component) -> rx.Component:
    """A screen with the dialog over it; while it is open nothing else can be reached."""
    shut = Deciding.decision != ""
    return rx.fragment(
        rx.el.div(screen, custom_attrs={"inert": shut}),
        rx.cond(shut, _dialog()),
    )


def _dialog() -> rx.Component:
    return Overlay.create(
        rx.el.div(class_name="shade", on_click=Deciding.cancel, aria_hidden="true"),
        rx.el.div(
            rx.el.form(
                rx.el.h2(_by_kind("title"), id="deciding-title"),
                rx.el.p(_by_kind("lead"), class_name="muted"),
                _dates(),
                rx.cond(
                    (Deciding.decision == "pause") | (Deciding.decision == "withdraw"),
                    rx.el.label(
                        rx.el.span(t("debtors.reason")),
                        rx.el.textarea(name="reason", max_length=500, rows="2", class_name="in"),
                        class_name="field",
                    ),
                ),
                _preview(),
                rx.el.div(
                    button(t("debtors.cancel"), on_click=Deciding.cancel),
                    rx.el.button(
                        Deciding.confirm_label,
                        type="submit",
                        disabled=Deciding.affected == 0,
                        class_name=rx.cond(Deciding.decision == "withdraw", "btn d", "btn p"),
                    ),
                    class_name="end",
                ),
                on_submit=Deciding.confirm,
                class_name="sheet",
            ),
            role="dialog",
            custom_attrs={"aria-modal": "true", "aria-labelledby": "deciding-title"},
            class_name="holder",
        ),
        on_key_down=lambda key, _: rx.cond(key == "Escape", Deciding.cancel(), rx.noop()),
        class_name="over",
        lang=Deciding.lang,
    )


def _by_kind(name: str) -> rx.Var[str]:
    first, *others = (t(f"debtors.{name}_{kind}") for kind in KINDS)
    return rx.match(Deciding.decision, *zip(KINDS[1:], others, strict=True), first)


def _dates() -> rx.Component:
    return rx.el.div(
        rx.el.label(
            rx.el.span(t("debtors.from_date")),
            rx.el.input(
                type="date",
                value=Deciding.first_day,
                min=Deciding.first_day_min,
                required=True,
                auto_focus=True,
                on_change=Deciding.choose_first_day,
                class_name="in",
            ),
            class_name="field",
        ),
        rx.cond(
            Deciding.decision == "pause",
            rx.el.label(
                rx.el.span(t("debtors.until_date")),
                rx.el.input(
                    type="date",
                    value=Deciding.last_day,
                    min=Deciding.first_day,
                    on_change=Deciding.choose_last_day,
                    class_name="in",
                ),
                class_name="field",
            ),
        ),
        class_name="two",
    )


def _preview() -> rx.Component:
    return rx.el.div(
        rx.el.h3(t("debtors.preview")),
        rx.cond(
            Deciding.problem != "",
            rx.el.p(Deciding.problem, class_name="note n-warn"),
            rx.el.p(Deciding.sums, class_name="strong"),
        ),
        rx.el.ul(
            rx.foreach(
                Deciding.effects,
                lambda row: rx.el.li(
                    rx.el.span(row["name"], class_name="strong"),
                    rx.el.span(row["owes"], class_name="muted"),
                    rx.el.span(row["effect"]),
                    key=row["id"].to_string(),
                ),
            ),
            class_name="effects",
            tab_index=0,
            aria_label=t("debtors.preview"),
        ),
        rx.el.p(Deciding.effects_more, class_name="muted small"),
        rx.el.p(Deciding.effects_same, class_name="muted small"),
        role="region",
        aria_live="polite",
        class_name="foreseen",
    )
