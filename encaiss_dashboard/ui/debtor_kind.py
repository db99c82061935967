"""In a debtor's file: business or consumer, and the way to a plan of its own."""

from __future__ import annotations

import re
from typing import Final

import reflex as rx

from encaiss_dashboard.domain.errors import NotFound, Unreadable
from encaiss_dashboard.locales import text
from encaiss_dashboard.services import plans
from encaiss_dashboard.services.plans import facts
from encaiss_dashboard.ui import access
from encaiss_dashboard.ui.i18n import t
from encaiss_dashboard.ui.shell import Next, Shell, handler

_PATH: Final = re.compile(r"/debtors/([0-9]{1,10})/?")


class OfDebtor(Shell):
    """What the debtor in the address is, and which plan it has."""

    said: str = ""
    counts_as: str = ""
    by_setting: str = ""
    href: str = ""
    plan_word: str = ""
    _key: int = 0

    @handler
    async def load(self) -> Next:
        """Look what is known of the debtor in the address."""
        found = _PATH.fullmatch(self.router.url.path)
        self._key = int(found[1]) if found else 0
        try:
            seen = await access.read(self, plans.scoped, f"debtor:{self._key}")
        except (NotFound, Unreadable):  # the file itself says so
            self._key, self.href = 0, ""
            return None
        lang = self._language()
        self.said = seen.kind
        counts_as = "consumer" if seen.consumer else "business"
        self.counts_as = text(lang, f"plan.as_{counts_as}")
        self.by_setting = text(lang, "plan.setting" if seen.kind else f"plan.setting_{counts_as}")
        self.plan_word = text(lang, "plan.link_own" if seen.own else "plan.link")
        self.href = f"/reminders/plan?for=debtor:{self._key}"
        return None

    @handler
    async def say(self, kind: str) -> Next:
        """It is a business or a consumer, or the setting decides."""
        await access.act(self, facts.say_kind, self._key, kind)
        return self._done("plan.kind_said")


def kind_choice() -> rx.Component:
    """The choice, for whom may decide; else what it counts as."""
    return rx.cond(
        Shell.may_delegate,
        rx.el.select(
            rx.el.option(OfDebtor.by_setting, value=""),
            rx.el.option(t("plan.as_business"), value="business"),
            rx.el.option(t("plan.as_consumer"), value="consumer"),
            value=OfDebtor.said,
            on_change=OfDebtor.say,
            aria_label=t("plan.kind"),
            class_name="in kind",
        ),
        OfDebtor.counts_as,
    )


def own_plan() -> rx.Component:
    """The way to the debtor's own plan."""
    return rx.cond(
        OfDebtor.href != "",
        rx.el.a(OfDebtor.plan_word, href=OfDebtor.href, id="own-plan", class_name="link"),
    )
