"""How a client's payments are booked: the dialog that shows the rules and changes them."""

from __future__ import annotations

from typing import Final

import reflex as rx

from encaiss_dashboard.domain.booking import Policy
from encaiss_dashboard.domain.errors import Refusal, Unreadable
from encaiss_dashboard.locales import text
from encaiss_dashboard.services import payments
from encaiss_dashboard.ui import access
from encaiss_dashboard.ui.basket import written
from encaiss_dashboard.ui.components import button
from encaiss_dashboard.ui.deciding import Overlay
from encaiss_dashboard.ui.i18n import t
from encaiss_dashboard.ui.shell import Next, Shell, handler
from encaiss_dashboard.ui.typed import typed_cents

POLICIES: Final = (Policy.INTEREST_FIRST, Policy.OLDEST_FIRST, Policy.STRICT)
SURE: Final = (("101", "never"), ("95", "certain"), ("85", "likely"), ("70", "maybe"))


class PaymentRules(Shell):
    """The dialog: shut, or open with what holds now."""

    open: bool = False
    policy: str = Policy.INTEREST_FIRST.value
    sure: str = "85"
    other: str = ""
    tolerance: str = ""
    problem: str = ""

    @handler
    async def begin(self) -> Next:
        """Show what holds."""
        held = await access.read(self, payments.rules)
        self.policy, self.sure = held.policy.value, str(held.confidence_min)
        known = self.sure in {value for value, _ in SURE}
        self.other = "" if known else text(self._language(), "payments.sure_other", n=held.confidence_min)
        self.tolerance, self.problem = written(held.tolerance_cents, self._language()), ""
        self.open = True

    @handler
    async def cancel(self) -> Next:
        """Close the dialog; nothing changed."""
        self.open = False

    @handler
    async def save(self, form: dict[str, str]) -> Next:
        """Agree on what the dialog says, for what is booked from now on."""
        try:
            policy, sure, cents = _rules(form)
            await access.act(self, payments.choose_rules, policy, sure, cents)
        except access.SignedOut:
            raise
        except Refusal as refusal:
            self.problem = text(self._language(), f"refusal.{refusal.code}", **refusal.facts)
            return None
        self.open = False
        return self._done("payments.rules_saved")


def _rules(form: dict[str, str]) -> tuple[str, int, int]:
    policy, sure = form.get("policy", ""), form.get("sure", "")
    if policy not in set(POLICIES) or not sure.isdecimal() or len(sure) > len("101"):
        raise Unreadable(value="")
    cents = typed_cents(form.get("tolerance", "")[:20]) or 0
    return policy, int(sure), cents


def ruled_on(screen: rx.Component) -> rx.Component:
    """A screen with the dialog over it; while it is open nothing else can be reached."""
    return rx.fragment(
        rx.el.div(screen, custom_attrs={"inert": PaymentRules.open}),
        rx.cond(PaymentRules.open, _dialog()),
    )


def _dialog() -> rx.Component:
    return Overlay.create(
        rx.el.div(class_name="shade", on_click=PaymentRules.cancel, aria_hidden="true"),
        rx.el.div(
            rx.el.form(
                rx.el.h2(t("payments.rules"), id="rules-title"),
                rx.el.p(t("payments.rules_lead"), class_name="muted"),
                rx.el.fieldset(
                    rx.el.legend(t("payments.policy")),
                    *(_policy(one, first=number == 0) for number, one in enumerate(POLICIES)),
                    class_name="asides policies",
                ),
                rx.el.div(
                    rx.el.label(
                        rx.el.span(t("payments.sure")),
                        rx.el.select(
                            *(rx.el.option(t(f"payments.sure_{name}"), value=value) for value, name in SURE),
                            rx.cond(
                                PaymentRules.other != "",
                                rx.el.option(PaymentRules.other, value=PaymentRules.sure),
                            ),
                            name="sure",
                            default_value=PaymentRules.sure,
                            class_name="in",
                        ),
                        class_name="field",
                    ),
                    rx.el.label(
                        rx.el.span(t("payments.tolerance")),
                        rx.el.input(
                            name="tolerance",
                            default_value=PaymentRules.tolerance,
                            max_length=12,
                            auto_complete="off",
                            custom_attrs={"inputMode": "decimal", "aria-describedby": "tolerance-hint"},
                            class_name="in",
                        ),
                        class_name="field",
                    ),
                    class_name="two",
                ),
                rx.el.p(t("payments.tolerance_hint"), id="tolerance-hint", class_name="muted small"),
                rx.el.p(PaymentRules.problem, role="alert", class_name="small dn"),
                rx.el.div(
                    button(t("queue.cancel"), on_click=PaymentRules.cancel),
                    button(t("payments.rules_go"), kind="p", type="submit"),
                    class_name="end",
                ),
                on_submit=PaymentRules.save,
                class_name="sheet",
            ),
            role="dialog",
            custom_attrs={"aria-modal": "true", "aria-labelledby": "rules-title"},
            class_name="holder",
        ),
        on_key_down=lambda key, _: rx.cond(key == "Escape", PaymentRules.cancel(), rx.noop()),
        class_name="over",
        lang=PaymentRules.lang,
    )


def _policy(one: Policy, *, first: bool) -> rx.Component:
    return rx.el.label(
        rx.el.input(
            type="radio",
            name="policy",
            value=one.value,
            default_checked=PaymentRules.policy == one.value,
            auto_focus=first,
        ),
        rx.el.span(
            rx.el.span(t(f"payments.policy_{one.value}"), class_name="strong"),
            rx.el.span(t(f"payments.policy_{one.value}_text"), class_name="muted small"),
        ),
        class_name="pick",
    )
