"""The payments in a debtor's file: what came, what of it waits, and "paid to me" on an open invoice."""

from __future__ import annotations

from typing import Annotated, Final, TypedDict
from urllib.parse import urlencode

import reflex as rx
from pydantic import Field

from encaiss_dashboard.domain.errors import NotFound, Refusal
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.locales import day, money, text
from encaiss_dashboard.services import payments
from encaiss_dashboard.services.payments import PaymentSeen, glances
from encaiss_dashboard.ui import access
from encaiss_dashboard.ui.basket import written
from encaiss_dashboard.ui.components import button, card, tag
from encaiss_dashboard.ui.debtor_facts import Debtor
from encaiss_dashboard.ui.deciding import Overlay
from encaiss_dashboard.ui.i18n import t
from encaiss_dashboard.ui.payments_state import source_word
from encaiss_dashboard.ui.queue_rows import settled_words
from encaiss_dashboard.ui.shell import Next, Shell, handler
from encaiss_dashboard.ui.typed import typed_cents, typed_day
from encaiss_dashboard.ui.whose import OF_CLIENT
from encaiss_dashboard.work import Work

_SHOWN: Final = 8

Id = Annotated[int, Field(gt=0, lt=2**31)]


class PaidRow(TypedDict):
    """One payment of the debtor."""

    id: int
    day: str
    amount: str
    settles: str
    source: str
    waits: str
    returned: str
    out: bool
    undo: bool


class Paid(Debtor):
    """The card, and the dialog: ``paying`` is the invoice that was paid to the client, 0 when it is shut."""

    paid: list[PaidRow] = []
    unallocated: str = ""
    paid_more: str = ""
    paid_href: str = ""
    paying: int = 0
    paying_number: str = ""
    paying_amount: str = ""
    paying_day: str = ""
    paying_problem: str = ""

    @handler
    async def load(self) -> Next:
        """List the payments of the debtor in the address; its file was loaded before."""
        self.paying = 0
        if self.missing or not self.key:
            self.paid, self.unallocated, self.paid_more = [], "", ""
        else:
            await self._list()

    @handler
    async def ask(self, invoice_id: Id) -> Next:
        """Ask when, and how much, was paid to the client."""
        owed, today = await access.read(self, _owed, self.key, invoice_id)
        lang = self._language()
        self.paying, self.paying_number, self.paying_problem = invoice_id, owed[0], ""
        self.paying_amount, self.paying_day = written(owed[1].cents, lang), today

    @handler
    async def cancel(self) -> Next:
        """Close the dialog; nothing was said."""
        self.paying = 0

    @handler
    async def say(self, form: dict[str, str]) -> Next:
        """It was paid to the client: its reminders stop from here on."""
        try:
            on, cents = typed_day(form.get("on", "")), typed_cents(form.get("amount", ""))
            await access.act(self, payments.say_paid, (self.paying,), on, cents)
        except access.SignedOut:
            raise
        except Refusal as refusal:
            self.paying_problem = text(self._language(), f"refusal.{refusal.code}", **refusal.facts)
            return None
        number, self.paying = self.paying_number, 0
        return self._done("payments.said", number=number)

    @handler
    async def unsay(self, payment_id: Id) -> Next:
        """It was said by mistake: as if it had never been."""
        await access.act(self, payments.unsay_paid, payment_id)
        return self._done("payments.undone_said")

    async def _list(self) -> None:
        seen = await access.read(self, payments.payments_of, self.key)
        lang = self._language()
        self.paid = [_row(one, lang) for one in seen[:_SHOWN]]
        self.paid_href = f"{OF_CLIENT}?{urlencode({'q': self.name})}"
        more = len(seen) - _SHOWN
        self.paid_more = text(lang, "payments.more", n=more) if more > 0 else ""
        waits: dict[str, Money] = {}
        waiting = [one.unallocated for one in seen if one.unallocated.cents > 0]
        # Of a single payment its own row says it.
        for left in waiting if len(waiting) > 1 else ():
            waits[left.currency] = waits.get(left.currency, Money(0, left.currency)) + left
        amounts = " + ".join(money(one, lang) for one in waits.values())
        self.unallocated = text(lang, "payments.waits", amount=amounts) if amounts else ""


def _row(one: PaymentSeen, lang: str) -> PaidRow:
    source = "returned" if one.reverses_id is not None and one.source != "refund" else one.source
    stands = one.reverses_id is None and not one.returned.cents
    return PaidRow(
        id=one.id,
        day=day(one.on, lang),
        amount=money(one.amount, lang),
        settles=settled_words(one.settles, lang),
        source=source_word(source, lang),
        waits=text(lang, "payments.waits", amount=money(one.unallocated, lang))
        if one.unallocated.cents > 0
        else "",
        returned=text(lang, "payments.returned_of", amount=money(one.returned, lang))
        if one.returned.cents
        else "",
        out=one.amount.cents < 0,
        undo=one.source == "said" and stands,
    )


def _owed(
    work: Work, client_id: int | None, debtor_id: int, invoice_id: int
) -> tuple[tuple[str, Money], str]:
    """Number and balance of an open invoice of this debtor, and today."""
    found = glances.open_of(work, client_id, debtor_id)
    if invoice_id not in found:
        raise NotFound
    return found[invoice_id], work.today.isoformat()


def paid_card() -> rx.Component:
    """The last payments, beside the invoices."""
    return card(
        t("payments.card"),
        "",
        rx.cond(
            Paid.unallocated != "",
            rx.el.p(Paid.unallocated, class_name="note n-info"),
        ),
        rx.cond(
            Paid.paid.length() > 0,
            rx.el.ul(rx.foreach(Paid.paid, _paid), class_name="paid-list"),
            rx.cond(Debtor.ready, rx.el.p(t("payments.card_none"), class_name="muted")),
        ),
        rx.el.p(Paid.paid_more, class_name="muted small"),
        action=rx.el.a(t("payments.card_all"), href=Paid.paid_href),
    )


def _paid(row: rx.vars.ObjectVar[PaidRow]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.span(row["day"], class_name="nw"),
            rx.el.span(row["amount"], class_name=rx.cond(row["out"], "num strong dn", "num strong")),
            class_name="of",
        ),
        rx.el.div(
            rx.el.span(rx.cond(row["settles"] != "", row["settles"] + " · ", ""), row["source"]),
            rx.cond(
                row["undo"] & Shell.may_upload,
                rx.el.button(
                    t("payments.undo"),
                    rx.el.span(" ", row["day"], " ", row["amount"], class_name="sr"),
                    type="button",
                    id="unsay-" + row["id"].to_string(),
                    on_click=Paid.unsay(row["id"]),
                    class_name="link small",
                ),
            ),
            class_name="of muted small",
        ),
        rx.cond(
            (row["returned"] != "") | (row["waits"] != ""),
            rx.el.div(
                rx.cond(row["returned"] != "", tag(row["returned"], "bad")),
                rx.cond(row["waits"] != "", tag(row["waits"], "info")),
                class_name="tags",
            ),
        ),
        key=row["id"].to_string(),
    )


def pay_button(invoice_id: rx.Var[int], number: rx.Var[str]) -> rx.Component:
    """Beside an open invoice: it was paid to the client itself."""
    return rx.cond(
        Shell.may_upload,
        rx.el.button(
            t("payments.paid_to_me"),
            rx.el.span(" ", number, class_name="sr"),
            type="button",
            id="pay-" + invoice_id.to_string(),
            on_click=Paid.ask(invoice_id),
            class_name="link small",
        ),
    )


def paid_on(screen: rx.Component) -> rx.Component:
    """A screen with the dialog over it; while it is open nothing else can be reached."""
    shut = Paid.paying > 0
    return rx.fragment(
        rx.el.div(screen, custom_attrs={"inert": shut}),
        rx.cond(shut, _dialog()),
    )


def _dialog() -> rx.Component:
    return Overlay.create(
        rx.el.div(class_name="shade", on_click=Paid.cancel, aria_hidden="true"),
        rx.el.div(
            rx.el.form(
                rx.el.h2(t("payments.paid_title"), " ", Paid.paying_number, id="paying-title"),
                rx.el.p(t("payments.paid_lead"), class_name="muted"),
                rx.el.div(
                    rx.el.label(
                        rx.el.span(t("payments.paid_day")),
                        rx.el.input(
                            type="date",
                            name="on",
                            default_value=Paid.paying_day,
                            max=Paid.paying_day,
                            required=True,
                            class_name="in",
                        ),
                        class_name="field",
                    ),
                    rx.el.label(
                        rx.el.span(t("payments.paid_amount")),
                        rx.el.input(
                            name="amount",
                            default_value=Paid.paying_amount,
                            max_length=20,
                            auto_complete="off",
                            custom_attrs={"inputMode": "decimal"},
                            class_name="in",
                        ),
                        class_name="field",
                    ),
                    class_name="two",
                ),
                rx.el.p(Paid.paying_problem, role="alert", class_name="small dn"),
                rx.el.div(
                    button(t("queue.cancel"), on_click=Paid.cancel),
                    button(t("payments.paid_go"), kind="p", type="submit", auto_focus=True),
                    class_name="end",
                ),
                on_submit=Paid.say,
                class_name="sheet",
            ),
            role="dialog",
            custom_attrs={"aria-modal": "true", "aria-labelledby": "paying-title"},
            class_name="holder",
        ),
        on_key_down=lambda key, _: rx.cond(key == "Escape", Paid.cancel(), rx.noop()),
        class_name="over",
        lang=Paid.lang,
    )
