"""One debtor's file: its figures, every act in order, what is open and how it is followed."""

from __future__ import annotations

from typing import Any

import reflex as rx

from encaiss_dashboard.locales import LETTER_LANGUAGES
from encaiss_dashboard.ui.components import button, card, empty, icon, link_button, tag
from encaiss_dashboard.ui.debtor_facts import Debtor
from encaiss_dashboard.ui.debtor_kind import OfDebtor, kind_choice, own_plan
from encaiss_dashboard.ui.debtor_payments import Paid, paid_card, paid_on, pay_button
from encaiss_dashboard.ui.deciding import decided_on
from encaiss_dashboard.ui.i18n import t
from encaiss_dashboard.ui.merging import Merging, merged_from, merged_on, merging_ways
from encaiss_dashboard.ui.papers import clip
from encaiss_dashboard.ui.replies import Replies, reply_opener, reply_shown, to_be_read
from encaiss_dashboard.ui.shell import Shell, page
from encaiss_dashboard.ui.stopping import Stopping, stopped_on, stops_card

__all__ = ["Debtor", "Merging", "OfDebtor", "Paid", "Replies", "Stopping", "debtor_file_page"]


def debtor_file_page() -> rx.Component:
    """The page."""
    return paid_on(
        stopped_on(
            merged_on(
                decided_on(
                    page(
                        "menu.debtors",
                        rx.cond(
                            Debtor.missing,
                            rx.el.section(
                                empty(
                                    t("file.missing_title"),
                                    t("file.missing_hint"),
                                    link_button(t("file.missing_go"), "/debtors", kind="p"),
                                ),
                                class_name="card",
                            ),
                            rx.fragment(
                                _crumbs(),
                                _head(),
                                merged_from(),
                                to_be_read(),
                                rx.el.div(
                                    _figure(t("file.principal"), Debtor.principal),
                                    _figure(t("file.accessories"), Debtor.accessories),
                                    _figure(t("file.longest"), Debtor.longest),
                                    _figure(t("file.next"), Debtor.upcoming),
                                    class_name="grid k4",
                                ),
                                rx.el.div(
                                    _acts(),
                                    rx.el.div(
                                        _invoices(),
                                        paid_card(),
                                        stops_card(),
                                        _follow(),
                                        class_name="grid side-cards",
                                    ),
                                    class_name="grid k2 file",
                                ),
                            ),
                        ),
                    )
                )
            )
        )
    )


def _crumbs() -> rx.Component:
    return rx.el.nav(
        rx.el.a(t("file.crumb"), href="/debtors"),
        rx.el.span(" / ", aria_hidden="true"),
        rx.el.span(Debtor.name, aria_current="page"),
        aria_label=t("file.crumbs"),
        class_name="crumbs",
    )


def _head() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.h1(
                rx.cond(Debtor.ready, Debtor.name, "…"),
                rx.cond(Debtor.ready, tag(Debtor.standing_word, Debtor.standing_tone)),
            ),
            rx.el.p(Debtor.sub, class_name="sub"),
        ),
        rx.el.div(
            rx.cond(Shell.may_delegate & Debtor.ready, _decisions()),
            rx.cond(
                Debtor.has_statement,
                link_button(
                    t("file.statement"),
                    "/files/statement/" + Debtor.key.to_string(),
                    download=True,
                    reload_document=True,
                ),
            ),
            class_name="r",
        ),
        class_name="top",
    )


def _decisions() -> rx.Component:
    """What may be decided as things stand, and what undoes a change still to come."""
    rests = (Debtor.standing == "not_delegated") | (Debtor.standing == "withdrawn")
    shown = {
        "resume": Debtor.standing == "paused",
        "pause": Debtor.standing == "delegated",
        "withdraw": ~rests,
        "delegate": rests,
    }
    return rx.fragment(
        *(
            rx.cond(
                condition | (Debtor.may_undo == kind),
                button(
                    t(f"debtors.{kind}"),
                    kind="p" if kind in {"delegate", "resume"} else "",
                    id=f"decide-{kind}",
                    on_click=Debtor.decide(kind),
                ),
            )
            for kind, condition in shown.items()
        )
    )


def _figure(label: Any, shown: Any) -> rx.Component:
    return rx.el.div(
        rx.el.div(label, class_name="lab"),
        rx.cond(
            Debtor.ready,
            rx.el.div(shown["value"], class_name="val"),
            rx.el.div(class_name="skeleton val", aria_hidden="true"),
        ),
        rx.el.div(shown["under"], class_name="delta"),
        rx.cond(shown["doubt"] != "", rx.el.div(shown["doubt"], class_name="delta doubt")),
        class_name="card",
    )


def _acts() -> rx.Component:
    return card(
        t("file.acts"),
        t("file.acts_hint"),
        rx.cond(
            Debtor.events.length() > 0,
            rx.el.ol(rx.foreach(Debtor.events, _act), class_name="tl"),
            rx.cond(Debtor.ready, rx.el.p(t("file.acts_none"), class_name="muted")),
        ),
        rx.cond(
            Debtor.has_older | (Debtor.events_first > 0),
            rx.el.nav(
                rx.el.span(Debtor.events_label, class_name="muted small"),
                rx.cond(Debtor.events_first > 0, button(t("file.newer"), on_click=Debtor.newer)),
                rx.cond(Debtor.has_older, button(t("file.older"), on_click=Debtor.older)),
                class_name="pager",
                aria_label=t("file.acts"),
            ),
        ),
        action=rx.el.a(
            t("file.export"),
            href="/files/acts/" + Debtor.key.to_string(),
            download=True,
            reload_document=True,
        ),
    )


def _act(row: rx.Var[Any]) -> rx.Component:
    is_open = Debtor.opened == row["id"]
    region = "message-" + row["id"].to_string()
    return rx.el.li(
        rx.el.div(
            rx.el.time(row["day"], date_time=row["iso"], class_name="d"),
            rx.el.div(class_name=row["dot"], aria_hidden="true"),
            rx.el.div(
                rx.el.div(row["title"], class_name="b"),
                rx.el.div(row["detail"], class_name="muted small said"),
                rx.cond(
                    row["message"] > 0,
                    rx.el.button(
                        rx.cond(is_open, t("file.close_message"), t("file.open_message")),
                        rx.el.span(" ", row["title"], class_name="sr"),
                        type="button",
                        on_click=Debtor.read_message(row["id"], row["message"]),
                        aria_expanded=is_open,
                        custom_attrs={"aria-controls": region},
                        class_name="link small",
                    ),
                ),
                reply_opener(row),
            ),
            tag(row["tag"], row["tone"]),
            class_name="ev",
        ),
        rx.el.div(rx.cond(is_open, _message()), id=region),
        reply_shown(row),
        key=row["id"].to_string(),
    )


def _message() -> rx.Component:
    """Always as plain text: what a message holds comes from files of strangers too."""
    return rx.el.div(
        rx.cond(
            Debtor.message["body"] != "",
            rx.fragment(
                rx.el.dl(
                    rx.el.dt(t("file.subject")),
                    rx.el.dd(Debtor.message["subject"]),
                    rx.el.dt(t("file.to")),
                    rx.el.dd(Debtor.message["to"], " ", rx.el.span(Debtor.message["at"], class_name="muted")),
                ),
                rx.el.pre(Debtor.message["body"], tab_index=0),
                rx.cond(Debtor.message["href"] != "", _taken(t("file.message_page"), Debtor.message["href"])),
                rx.cond(
                    Debtor.message["original"] != "",
                    rx.fragment(
                        _taken(t("file.message_original"), Debtor.message["original"]),
                        rx.el.p(Debtor.message["digest"], class_name="muted small digest"),
                    ),
                ),
                rx.el.a(t("message.see"), href=Debtor.message["why"], class_name="link small"),
            ),
            rx.el.p(t("file.not_written"), class_name="muted small"),
        ),
        class_name="letter",
    )


def _taken(words: Any, href: Any) -> rx.Component:
    return rx.el.a(words, href=href, download=True, reload_document=True, class_name="link small")


def _invoices() -> rx.Component:
    return card(
        t("file.invoices"),
        "",
        rx.cond(
            Debtor.invoices.length() > 0,
            rx.el.table(
                rx.el.caption(t("file.invoices"), class_name="sr"),
                rx.el.thead(
                    rx.el.tr(
                        rx.el.th(t("file.invoice"), scope="col"),
                        rx.el.th(t("file.due"), scope="col"),
                        rx.el.th(t("file.left"), scope="col", class_name="num"),
                    )
                ),
                rx.el.tbody(
                    rx.foreach(
                        Debtor.invoices,
                        lambda row: rx.el.tr(
                            rx.el.td(
                                row["number"],
                                clip(row["paper"]),
                                rx.el.a(
                                    icon("reminders"),
                                    href=row["plan"],
                                    aria_label=row["plan_label"],
                                    title=row["plan_label"],
                                    class_name="clip",
                                ),
                                rx.cond(row["stop"] != "", rx.el.div(tag(row["stop"], "info long"))),
                                rx.el.div(pay_button(row["id"], row["number"])),
                                class_name="number",
                            ),
                            rx.el.td(
                                rx.el.div(row["due"], class_name="nw"),
                                rx.el.div(row["late"], class_name="muted small nw"),
                            ),
                            rx.el.td(row["open"], class_name="num"),
                        ),
                    )
                ),
            ),
            rx.cond(Debtor.ready, rx.el.p(t("file.invoices_none"), class_name="muted")),
        ),
        rx.el.p(Debtor.invoices_more, class_name="muted small"),
    )


def _follow() -> rx.Component:
    return card(
        t("file.follow"),
        "",
        rx.cond(Debtor.editing, _form(), _facts()),
        rx.cond(Debtor.ready & ~Debtor.editing, merging_ways()),
        action=rx.cond(
            Shell.may_upload & ~Debtor.editing,
            rx.el.button(
                t("file.change"), id="file-edit", on_click=Debtor.edit, type="button", class_name="link end"
            ),
            rx.fragment(),
        ),
    )


def _facts() -> rx.Component:
    def pair(label: Any, value: Any) -> rx.Component:
        return rx.el.div(rx.el.dt(label), rx.el.dd(value))

    return rx.el.dl(
        pair(
            t("file.state"),
            rx.cond(
                Debtor.standing_when != "",
                Debtor.standing_word + " · " + Debtor.standing_when,
                Debtor.standing_word,
            ),
        ),
        pair(t("plan.kind"), kind_choice()),
        pair(t("file.plan"), rx.fragment(Debtor.plan, rx.el.br(), own_plan())),
        pair(t("file.term"), Debtor.term),
        pair(t("file.language"), Debtor.language_word),
        pair(t("file.email"), rx.cond(Debtor.email != "", Debtor.email, t("file.no_email"))),
        rx.cond(Debtor.phone != "", pair(t("file.phone"), Debtor.phone)),
        class_name="pairs small",
    )


def _form() -> rx.Component:
    return rx.el.form(
        rx.el.label(
            rx.el.span(t("file.email")),
            rx.el.input(
                name="email",
                input_mode="email",
                default_value=Debtor.email,
                max_length=500,
                auto_focus=True,
                custom_attrs={"aria-describedby": "email-hint"},
                class_name="in",
            ),
            class_name="field",
        ),
        rx.el.p(t("file.email_hint"), id="email-hint", class_name="muted small"),
        rx.el.label(
            rx.el.span(t("file.phone")),
            rx.el.input(name="phone", type="tel", default_value=Debtor.phone, max_length=40, class_name="in"),
            class_name="field",
        ),
        rx.el.label(
            rx.el.span(t("file.language")),
            rx.el.select(
                *(rx.el.option(t(f"file.language_{lang}"), value=lang) for lang in LETTER_LANGUAGES),
                name="language",
                default_value=Debtor.language,
                class_name="in",
            ),
            class_name="field",
        ),
        rx.el.label(
            rx.el.span(t("file.term")),
            rx.el.input(
                name="term",
                default_value=Debtor.term_field,
                max_length=100,
                custom_attrs={"aria-describedby": "term-hint"},
                class_name="in",
            ),
            class_name="field",
        ),
        rx.el.p(t("file.term_hint"), id="term-hint", class_name="muted small"),
        rx.el.div(
            button(t("file.cancel"), on_click=Debtor.edit),
            rx.el.button(t("file.save"), type="submit", class_name="btn p"),
            class_name="end",
        ),
        on_submit=Debtor.save,
        class_name="edit",
    )
