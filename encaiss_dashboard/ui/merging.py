"""Merging, parting and splitting debtors, drawn: the note in a file, the way in, and the dialog."""

from __future__ import annotations

from typing import Any

import reflex as rx

from encaiss_dashboard.ui.components import button, icon
from encaiss_dashboard.ui.deciding import Overlay
from encaiss_dashboard.ui.i18n import t
from encaiss_dashboard.ui.merging_state import TEXT_LENGTH_MAX, DocumentRow, FoundRow, Merging, NoteRow
from encaiss_dashboard.ui.merging_words import Row
from encaiss_dashboard.ui.shell import Shell

__all__ = ["Merging", "merged_from", "merged_on", "merging_ways"]


def merged_on(screen: rx.Component) -> rx.Component:
    """A screen with the dialog over it; while it is open nothing else can be reached."""
    shut = Merging.asking != ""
    return rx.fragment(rx.el.div(screen, custom_attrs={"inert": shut}), rx.cond(shut, _dialog()))


def merged_from() -> rx.Component:
    """What the debtor was merged from, each with the way back."""
    return rx.cond(
        Merging.notes.length() > 0,
        rx.el.ul(rx.foreach(Merging.notes, _note), class_name="note n-info merged"),
    )


def _note(row: rx.vars.ObjectVar[NoteRow]) -> rx.Component:
    return rx.el.li(
        rx.el.span(row["says"]),
        rx.cond(
            Shell.may_merge,
            rx.el.button(
                t("merge.part"),
                rx.el.span(" ", row["name"], class_name="sr"),
                on_click=Merging.ask_part(row["id"]),
                id="part-" + row["id"].to_string(),
                type="button",
                class_name="link",
            ),
        ),
        key=row["id"].to_string(),
    )


def merging_ways() -> rx.Component:
    """The ways into the dialog, for who may."""
    return rx.cond(
        Shell.may_merge,
        rx.el.div(
            rx.el.p(t("merge.hint"), class_name="muted small"),
            rx.el.div(
                button(t("merge.button_merge"), id="ask-merge", on_click=Merging.ask_merge),
                button(t("merge.button_split"), id="ask-split", on_click=Merging.ask_split),
                class_name="own",
            ),
            class_name="ways",
        ),
    )


def _dialog() -> rx.Component:
    return Overlay.create(
        rx.el.div(class_name="shade", on_click=Merging.close, aria_hidden="true"),
        rx.el.div(
            rx.match(
                Merging.asking,
                ("merge", rx.cond(Merging.comparing, _comparison(), _search())),
                ("split", _splitting()),
                _parting(),
            ),
            role="dialog",
            custom_attrs={"aria-modal": "true", "aria-labelledby": "merging-title"},
            class_name=rx.cond(Merging.asking == "part", "holder", "holder broad"),
        ),
        on_key_down=lambda key, _: rx.cond(key == "Escape", Merging.close(), rx.noop()),
        class_name="over",
        lang=Merging.lang,
    )


def _title() -> rx.Component:
    return rx.el.h2(Merging.title, id="merging-title")


def _search() -> rx.Component:
    return rx.el.div(
        _title(),
        rx.el.p(t("merge.lead_merge"), class_name="muted"),
        rx.el.label(
            rx.el.span(t("merge.search"), class_name="sr"),
            icon("search"),
            rx.el.input(
                type="search",
                placeholder=t("merge.search"),
                max_length=TEXT_LENGTH_MAX,
                auto_complete="off",
                auto_focus=True,
                on_change=Merging.look.debounce(300),
                class_name="in",
            ),
            class_name="search",
        ),
        rx.el.div(
            rx.el.h3(rx.cond(Merging.looked, t("merge.found"), t("merge.alike"))),
            rx.cond(
                Merging.found.length() > 0,
                rx.el.ul(rx.foreach(Merging.found, _one_found), class_name="alike"),
                rx.el.p(rx.cond(Merging.looked, t("merge.none"), t("merge.none_alike")), class_name="muted"),
            ),
            rx.cond(Merging.found_more, rx.el.p(t("merge.more"), class_name="muted small")),
            role="region",
            aria_live="polite",
            aria_label=t("merge.found"),
            class_name="foreseen",
        ),
        rx.el.div(button(t("merge.cancel"), on_click=Merging.close), class_name="end"),
        class_name="sheet",
    )


def _one_found(row: rx.vars.ObjectVar[FoundRow]) -> rx.Component:
    return rx.el.li(
        rx.el.button(
            rx.el.span(row["name"], class_name="strong"),
            rx.el.span(row["detail"], class_name="muted small"),
            on_click=Merging.choose(row["id"]),
            type="button",
            class_name="pick-one",
        ),
        key=row["id"].to_string(),
    )


def _comparison() -> rx.Component:
    return rx.el.form(
        _title(),
        rx.el.fieldset(
            rx.el.legend(t("merge.which")),
            _stays("this", Merging.name, first=True),
            _stays("other", Merging.other_name),
            class_name="roles-of which",
        ),
        rx.el.div(
            _side_by_side(), class_name="scroll", tab_index=0, role="region", aria_label=t("merge.compare")
        ),
        _happens(),
        rx.el.div(
            button(t("merge.back"), kind="left", on_click=Merging.back),
            button(t("merge.cancel"), on_click=Merging.close),
            _go("p"),
            class_name="end",
        ),
        on_submit=Merging.merge,
        class_name="sheet",
    )


def _stays(which: str, name: Any, *, first: bool = False) -> rx.Component:
    return rx.el.label(
        rx.el.input(
            type="radio",
            name="stays",
            value=which,
            checked=Merging.stays == which,
            on_change=Merging.keep(which),
            auto_focus=first,
        ),
        rx.el.span(name, class_name="strong"),
        class_name="choice",
    )


def _side_by_side() -> rx.Component:
    kept = rx.cond(Merging.stays == "this", Merging.name, Merging.other_name)
    gone = rx.cond(Merging.stays == "this", Merging.other_name, Merging.name)

    def heading(name: Any, fate: Any) -> rx.Component:
        return rx.el.th(name, rx.el.span(fate, class_name="under"), scope="col")

    def line(row: rx.vars.ObjectVar[Row]) -> rx.Component:
        return rx.el.tr(
            rx.el.th(row["what"], scope="row"),
            rx.el.td(row["kept"], class_name=rx.cond(row["filled"], "filled", "")),
            rx.el.td(row["gone"], class_name="muted"),
            key=row["what"],
        )

    return rx.el.table(
        rx.el.caption(t("merge.compare"), class_name="sr"),
        rx.el.thead(
            rx.el.tr(
                rx.el.th(rx.el.span(t("merge.column_what"), class_name="sr"), scope="col"),
                heading(kept, t("merge.column_kept")),
                heading(gone, t("merge.column_gone")),
            )
        ),
        rx.el.tbody(rx.foreach(Merging.rows, line)),
        class_name="compare",
    )


def _happens() -> rx.Component:
    """What will happen in sentences, or what stands in the way."""
    return rx.el.div(
        rx.cond(
            Merging.blocked.length() > 0,
            rx.el.div(
                rx.el.p(t("merge.blocked_title"), class_name="strong"),
                rx.el.ul(rx.foreach(Merging.blocked, rx.el.li)),
                class_name="note n-warn listed",
            ),
            rx.fragment(
                rx.el.h3(t("merge.happens")),
                rx.foreach(Merging.warned, lambda says: rx.el.p(says, class_name="note n-warn")),
                rx.el.ul(rx.foreach(Merging.told, rx.el.li), class_name="fate"),
            ),
        ),
        rx.el.div(
            rx.cond(Merging.objection != "", rx.el.p(Merging.objection, class_name="note n-bad")),
            role="alert",
        ),
        role="region",
        aria_live="polite",
        aria_label=t("merge.happens"),
        class_name="happens",
    )


def _go(kind: str, *, also: Any = False) -> rx.Component:
    return button(Merging.go_label, kind=kind, type="submit", disabled=(Merging.blocked.length() > 0) | also)


def _parting() -> rx.Component:
    return rx.el.form(
        _title(),
        _happens(),
        rx.el.div(
            button(t("merge.cancel"), on_click=Merging.close, auto_focus=True),
            _go("p"),
            class_name="end",
        ),
        on_submit=Merging.part,
        class_name="sheet",
    )


def _splitting() -> rx.Component:
    return rx.el.form(
        _title(),
        rx.el.p(t("merge.lead_split"), class_name="muted"),
        rx.el.div(
            rx.el.label(
                rx.el.span(t("merge.seek"), class_name="sr"),
                icon("search"),
                rx.el.input(
                    type="search",
                    placeholder=t("merge.seek"),
                    max_length=TEXT_LENGTH_MAX,
                    auto_complete="off",
                    auto_focus=True,
                    on_change=Merging.seek.debounce(300),
                    class_name="in",
                ),
                class_name="search",
            ),
            rx.el.span(Merging.listed, class_name="muted small", role="status"),
            class_name="seeking",
        ),
        rx.cond(
            Merging.documents.length() > 0,
            rx.el.div(
                _documents(), class_name="ticks", tab_index=0, role="region", aria_label=t("merge.caption")
            ),
            rx.el.p(t("merge.none_listed"), class_name="muted"),
        ),
        rx.el.div(
            _field("name", required=True, max_length=120),
            _field("email", type="email", max_length=254),
            _field("number", max_length=40),
            _field("enterprise_number", max_length=40),
            class_name="two",
        ),
        _happens(),
        rx.el.div(
            button(t("merge.cancel"), on_click=Merging.close),
            _go("p", also=Merging.chosen == 0),
            class_name="end",
        ),
        on_submit=Merging.split,
        class_name="sheet",
    )


def _field(name: str, **props: Any) -> rx.Component:
    return rx.el.label(
        rx.el.span(t(f"merge.new_{name}")),
        rx.el.input(name=name, auto_complete="off", class_name="in", **props),
        class_name="field",
    )


def _documents() -> rx.Component:
    def line(row: rx.vars.ObjectVar[DocumentRow]) -> rx.Component:
        return rx.el.tr(
            rx.el.td(
                rx.el.input(
                    type="checkbox",
                    checked=row["ticked"],
                    on_change=lambda ticked: Merging.tick(row["id"], ticked),
                    aria_label=row["tick"],
                ),
                class_name="pick",
            ),
            rx.el.th(row["number"], rx.el.span(row["kind"], class_name="under"), scope="row"),
            rx.el.td(row["issue"], class_name="nw"),
            rx.el.td(row["open"], class_name="num"),
            key=row["id"].to_string(),
        )

    columns = ("document", "date", "left")
    return rx.el.table(
        rx.el.caption(t("merge.caption"), class_name="sr"),
        rx.el.thead(
            rx.el.tr(
                rx.el.td(class_name="pick"),
                *(
                    rx.el.th(
                        t(f"merge.column_{name}"), scope="col", class_name="num" if name == "left" else ""
                    )
                    for name in columns
                ),
            )
        ),
        rx.el.tbody(rx.foreach(Merging.documents, line)),
    )
