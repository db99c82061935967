"""The few parts that screens are made of: plain elements with the tokens' classes."""

from __future__ import annotations

from typing import Any, Final

import reflex as rx

# Drawn on a 24 × 24 grid with one stroke; the sheet gives width and colour.
_ICONS: Final = {
    "overview": "M3 12l9-8 9 8M5 10v10h14V10",
    "invoices": "M6 3h9l4 4v14H6zM9 12h7M9 16h7",
    "debtors": "M9 11.5a3.5 3.5 0 100-7 3.5 3.5 0 000 7z"
    "M2.500 20c.6-3.600 3-5.500 6.500-5.500s5.900 1.900 6.500 5.500"
    "M16 5a3 3 0 010 6M18 14.500c2 .7 3.200 2.500 3.500 5",
    "figures": "M4 20V10M10 20V4M16 20v-7M21 20H3",
    "payments": "M3 6h18v12H3zM3 10h18M7 14.500h4",
    "reminders": "M4 6h16v12H4zM4 7l8 6 8-6",
    "menu": "M4 7h16M4 12h16M4 17h16",
    "theme": "M20 14.500A8 8 0 119.500 4a6.500 6.500 0 0010.500 10.500z",
    "leave": "M10 4H5v16h5M15 8l4 4-4 4M19 12H9",
    "close": "M6 6l12 12M18 6L6 18",
    "search": "M11 17.500a6.500 6.500 0 100-13 6.500 6.500 0 000 13zM16 16l5 5",
    "upload": "M12 16V4M7 9l5-5 5 5M4 20h16",
    "download": "M12 4v12M7 11l5 5 5-5M4 20h16",
    "left": "M15 5l-7 7 7 7",
    "right": "M9 5l7 7-7 7",
    "desk": "M4 20V5h10v15M14 9h6v11M7 9h4M7 13h4M3 20h18",
    "agency": "M12 3l8 4v5c0 5-3.500 8-8 9-4.500-1-8-4-8-9V7z",
    "team": "M9 11a3.500 3.500 0 100-7 3.500 3.500 0 000 7z"
    "M2.500 20c.6-3.600 3-5.500 6.500-5.500s5.900 1.900 6.500 5.500"
    "M19 8v6M16 11h6",
    "privacy": "M5 4h11l3 3v13H5zM9 10h6M9 14h6M9 18h3",
    "lock": "M6 11h12v9H6zM8.500 11V7.500a3.500 3.500 0 017 0V11",
    "journal": "M6 4h11a2 2 0 012 2v14H8a2 2 0 01-2-2zM6 18a2 2 0 012-2h11M10 8h5M10 11h5",
    "software": "M8 7l-5 5 5 5M16 7l5 5-5 5M13.500 5l-3 14",
    "plus": "M12 5v14M5 12h14",
    "clip": "M8 12.500l6-6a3 3 0 014.200 4.200l-8 8a5 5 0 01-7-7l7.500-7.500",
    "check": "M5 12.500l4.500 4.500L19 7.500",
}


def icon(name: str) -> rx.Component:
    """A decorative drawing; the words beside it carry the meaning."""
    return rx.el.svg(
        rx.el.path(d=_ICONS[name]),
        view_box="0 0 24 24",
        class_name="ico",
        aria_hidden="true",
        custom_attrs={"focusable": "false"},
    )


def top(title: Any, sub: Any, *actions: rx.Component, crumbs: rx.Component | None = None) -> rx.Component:
    """The head of a screen: title, one line under it, its actions at the right."""
    return rx.el.div(
        *([crumbs] if crumbs is not None else []),
        rx.el.div(
            rx.el.div(rx.el.h1(title), rx.el.p(sub, class_name="sub")),
            rx.el.div(*actions, class_name="r"),
            class_name="top",
        ),
    )


def figure(label: Any, value: Any, *under: Any, loading: Any = False) -> rx.Component:
    """One figure in a card, with what explains it underneath."""
    return rx.el.div(
        rx.el.div(label, class_name="lab"),
        rx.cond(
            loading,
            rx.el.div(class_name="skeleton val", aria_hidden="true"),
            rx.el.div(value, class_name="val"),
        ),
        rx.el.div(*under, class_name="delta"),
        class_name="card",
    )


def card(
    title: Any, hint: Any, *content: Any, action: rx.Component | None = None, **props: Any
) -> rx.Component:
    """A card with its heading; ``action`` is the link at the right of the heading."""
    class_name = props.pop("class_name", "")
    return rx.el.section(
        rx.el.div(
            rx.el.h2(title),
            rx.el.span(hint),
            *([action] if action is not None else []),
            class_name="h",
        ),
        *content,
        class_name=f"card {class_name}".strip(),
        **props,
    )


def tag(label: Any, tone: Any) -> rx.Component:
    """A small word with a dot; tones: good, warn, bad, info, mute."""
    return rx.el.span(label, class_name=rx.Var.create("tag t-") + tone)


def empty(title: Any, hint: Any, *actions: rx.Component) -> rx.Component:
    """What a screen says while there is nothing to show: what it is for and what to do."""
    return rx.el.div(
        rx.el.p(title, class_name="strong"),
        rx.el.p(hint, class_name="muted"),
        rx.el.div(*actions, class_name="r"),
        class_name="empty",
    )


def button(label: Any, *, kind: str = "", **props: Any) -> rx.Component:
    """A button; kinds: "" plain, "p" the one main action, "d" destructive."""
    return rx.el.button(label, class_name=f"btn {kind}".strip(), type=props.pop("type", "button"), **props)


def link_button(label: Any, href: Any, *, kind: str = "", **props: Any) -> rx.Component:
    """A link that looks like a button: it goes somewhere, it does nothing."""
    return rx.el.a(label, href=href, class_name=f"btn {kind}".strip(), **props)


def plain_form(*content: rx.Component, action: str, **props: Any) -> rx.Component:
    """A form that the browser itself posts: Reflex's own always prevents that."""
    return rx.el.form(*content, action=action, method="post", on_submit=None, **props)


def turn(href: Any, drawing: str, label: Any) -> rx.Component:
    """One way of a pager: a link, or the same drawing greyed where there is no such page."""
    return rx.cond(
        href != "",
        rx.el.a(
            icon(drawing), rx.el.span(label, class_name="sr"), href=href, class_name="btn only", title=label
        ),
        rx.el.span(
            icon(drawing), class_name="btn only", custom_attrs={"aria-disabled": "true"}, aria_hidden="true"
        ),
    )
