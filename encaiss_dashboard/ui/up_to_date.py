"""Whether a client's payments are known up to now: a banner where reminders wait for them, or soon will."""

from __future__ import annotations

from typing import Final

import reflex as rx

from encaiss_dashboard.locales import day, text
from encaiss_dashboard.services.plans import facts
from encaiss_dashboard.services.plans.facts import PaymentNews
from encaiss_dashboard.ui import access
from encaiss_dashboard.ui.components import button
from encaiss_dashboard.ui.i18n import t
from encaiss_dashboard.ui.shell import Next, Shell, handler

_SOON_DAYS: Final = 3


class UpToDate(Shell):
    """What the banner says, "" for none."""

    words: str = ""
    kind: str = "warn"

    @handler
    async def load(self) -> Next:
        """Look how fresh the payments are."""
        news = await access.read(self, facts.payment_news)
        self.words = _words(news, self._language())
        self.kind = "bad" if news.stale else "warn"

    @handler
    async def say(self) -> Next:
        """The client says that all its payments are here."""
        await access.act(self, facts.say_up_to_date)
        return self._done("plan.news_said")


def _words(news: PaymentNews, lang: str) -> str:
    if news.stale_after_days is None:
        return ""
    if news.until is None or news.days_left is None:
        return text(lang, "plan.news_never", n=news.stale_after_days)
    if news.days_left > _SOON_DAYS:
        return ""
    until = day(news.until, lang, "long")
    if news.stale:
        return text(lang, "plan.news_stale", day=until)
    return text(lang, "plan.news_soon", day=until, n=news.days_left + 1)


def up_to_date() -> rx.Component:
    """The banner."""
    return rx.cond(
        UpToDate.words != "",
        rx.el.div(
            rx.el.span(UpToDate.words),
            rx.cond(
                Shell.may_delegate, button(t("plan.news_say"), id="payments-known", on_click=UpToDate.say)
            ),
            class_name="note plan-news n-" + UpToDate.kind,
        ),
    )
