"""Letters on paper: printed, brought to the post, and followed by their numbers."""

from __future__ import annotations

from typing import Any

import reflex as rx

from encaiss_dashboard.ui.components import button, card, empty, link_button, tag, top
from encaiss_dashboard.ui.i18n import t
from encaiss_dashboard.ui.post_state import Post
from encaiss_dashboard.ui.shell import page
from encaiss_dashboard.ui.small_files import small_drop


def post_page() -> rx.Component:
    """The page."""
    return page(
        "post.title",
        top(
            t("post.title"),
            rx.cond(Post.ready, Post.sub, "…"),
            crumbs=rx.el.nav(
                rx.el.a(t("menu.desk"), href="/desk"), aria_label=t("post.title"), class_name="crumbs"
            ),
        ),
        rx.cond(
            Post.ready,
            rx.el.div(
                _waiting(),
                _posted(),
                rx.el.div(_take(), _envelope(), class_name="grid k2"),
                class_name="grid",
            ),
            rx.el.div(*(rx.el.div(class_name="skeleton line") for _ in range(6)), class_name="waiting card"),
        ),
        of_client=False,
    )


def _waiting() -> rx.Component:
    return card(
        t("post.waiting"),
        t("post.waiting_hint"),
        rx.cond(
            Post.waiting.length() > 0,
            rx.fragment(
                rx.el.div(
                    link_button(
                        t("post.print"), "/files/post/letters", kind="p", download=True, reload_document=True
                    ),
                    link_button(
                        t("post.manifest"), "/files/post/manifest", download=True, reload_document=True
                    ),
                    rx.el.label(
                        rx.el.span(t("post.posted_on")),
                        rx.el.input(
                            type="date",
                            value=Post.on,
                            max=Post.today,
                            on_change=Post.pick_day,
                            class_name="in",
                        ),
                        class_name="field",
                    ),
                    button(t("post.mark"), on_click=Post.mark, disabled=~Post.any_chosen),
                    class_name="post-do",
                ),
                _table("post.waiting", Post.waiting, _waits, _all(), "written"),
            ),
            empty(t("post.none"), t("post.none_hint")),
        ),
    )


def _all() -> rx.Component:
    return rx.el.th(
        rx.el.input(
            type="checkbox",
            checked=Post.any_chosen,
            on_change=lambda on: Post.choose("", on),
            aria_label=t("post.all"),
        ),
        scope="col",
    )


def _table(caption: str, rows: Any, row: Any, first: rx.Component | None, last: str) -> rx.Component:
    return rx.el.div(
        rx.el.table(
            rx.el.caption(t(caption), class_name="sr"),
            rx.el.thead(
                rx.el.tr(
                    *([first] if first is not None else []),
                    rx.el.th(t("post.recipient"), scope="col"),
                    rx.el.th(t("post.column_client"), scope="col", class_name="wide"),
                    rx.el.th(t("post.letter"), scope="col"),
                    rx.el.th(t(f"post.{last}"), scope="col", class_name="nw wide"),
                    rx.el.th(t("post.tracking"), scope="col"),
                )
            ),
            rx.el.tbody(rx.foreach(rows, row)),
            class_name="told post-table",
        ),
        class_name="scroll",
        tab_index=0,
        role="region",
        aria_label=t(caption),
    )


def _waits(row: rx.vars.ObjectVar[Any]) -> rx.Component:
    return rx.el.tr(
        rx.el.td(
            rx.el.input(
                type="checkbox",
                checked=row["chosen"].to(bool),
                on_change=lambda on: Post.choose(row["id"], on),
                aria_label=row["choose"],
            )
        ),
        *_shared(row, row["written"]),
        key=row["id"],
    )


def _was(row: rx.vars.ObjectVar[Any]) -> rx.Component:
    return rx.el.tr(*_shared(row, row["posted"]), key=row["id"])


def _shared(row: rx.vars.ObjectVar[Any], when: Any) -> tuple[rx.Component, ...]:
    return (
        rx.el.th(
            row["name"],
            rx.el.div(row["address"], class_name="muted small"),
            rx.el.div(row["client"], " · ", when, class_name="muted small narrow"),
            scope="row",
        ),
        rx.el.td(row["client"], class_name="wide"),
        rx.el.td(tag(row["channel"], row["tone"]), rx.el.div(row["what"], class_name="muted small")),
        rx.el.td(when, class_name="nw wide"),
        rx.el.td(
            rx.el.form(
                rx.el.input(type="hidden", name="id", value=row["id"], read_only=True),
                rx.el.input(
                    key=row["id"] + row["tracking"],
                    name="tracking",
                    default_value=row["tracking"],
                    aria_label=row["track"],
                    max_length=60,
                    auto_complete="off",
                    class_name="in",
                ),
                button(t("post.keep"), type="submit"),
                on_submit=Post.track,
                class_name="post-track",
            )
        ),
    )


def _posted() -> rx.Component:
    return card(
        t("post.posted"),
        t("post.posted_hint"),
        rx.cond(
            Post.posted.length() > 0,
            _table("post.posted", Post.posted, _was, None, "day"),
            rx.el.p(t("post.posted_none"), class_name="muted"),
        ),
    )


def _take() -> rx.Component:
    return card(
        t("post.take"),
        "",
        small_drop("/uploads/manifest", "post.take", ".csv,.txt,text/csv,text/plain"),
        class_name="words",
    )


def _envelope() -> rx.Component:
    return card(
        t("post.envelope"),
        t("post.envelope_hint"),
        rx.el.label(
            rx.el.span(t("post.envelope"), class_name="sr"),
            rx.el.select(
                rx.foreach(Post.envelopes, lambda one: rx.el.option(one["label"], value=one["value"])),
                value=Post.envelope,
                on_change=Post.choose_envelope,
                disabled=~Post.may_choose,
                class_name="in",
            ),
            class_name="field",
        ),
    )
