"""Whether a client's payments are known up to now: a banner where they are old, or reminders wait."""

from __future__ import annotations

from typing import Final

import reflex as rx

from encaiss_dashboard.locales import day, text
from encaiss_dashboard.services.plans import facts
from encaiss_dashboard.services.plans.facts import PaymentNews
from encaiss_dashboard.ui import access
from encaiss_dashboard.ui.components import button, link_button
from encaiss_dashboard.ui.i18n import t
from encaiss_dashboard.ui.shell import Next, Shell, handler
from encaiss_dashboard.ui.whose import OF_CLIENT

_SOON_DAYS: Final = 3
# A week without a statement is a week in which somebody may be reminded of what was paid.
_OLD_DAYS: Final = 7


class UpToDate(Shell):
    """What the banner says, "" for none."""

    words: str = ""
    kind: str = "warn"

    @handler
    async def load(self) -> Next:
        """Look how fresh the payments are."""
        news = await access.read(self, facts.payment_news)
        self.words, self.kind = _words(news, self._language())

    @handler
    async def say(self) -> Next:
        """The client says that all its payments are here."""
        await access.act(self, facts.say_up_to_date)
        return self._done("plan.news_said")


def _words(news: PaymentNews, lang: str) -> tuple[str, str]:
    """What the banner says, and how loudly."""
    if news.until is None:
        limit = news.stale_after_days
        return ("", "warn") if limit is None else (text(lang, "plan.news_never", n=limit), "warn")
    until, age = day(news.until, lang, "long"), news.age_days or 0
    if news.stale:
        return text(lang, "plan.news_stale", day=until), "bad"
    if news.days_left is not None and news.days_left <= _SOON_DAYS:
        return text(lang, "plan.news_soon", day=until, n=news.days_left + 1), "warn"
    return (text(lang, "plan.news_old", day=until, n=age), "info") if age >= _OLD_DAYS else ("", "warn")


def up_to_date() -> rx.Component:
    """The banner."""
    return rx.cond(
        UpToDate.words != "",
        rx.el.div(
            rx.el.span(UpToDate.words),
            rx.cond(
                Shell.may_upload & (rx.State.router.url.path != OF_CLIENT),
                link_button(t("plan.news_send"), OF_CLIENT),
            ),
            rx.cond(
                Shell.may_delegate, button(t("plan.news_say"), id="payments-known", on_click=UpToDate.say)
            ),
            class_name="note plan-news n-" + UpToDate.kind,
        ),
    )
