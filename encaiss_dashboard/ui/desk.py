"""The agency's desk: what there is to do, and every client that somebody follows."""

from __future__ import annotations

from typing import Any, Final

import reflex as rx

from encaiss_dashboard.services.desk import DeskSort
from encaiss_dashboard.ui.components import button, card, empty, figure, icon, link_button, tag, top, turn
from encaiss_dashboard.ui.desk_client import ClientForm, described_on
from encaiss_dashboard.ui.desk_failed import DeadLetters, undelivered_on
from encaiss_dashboard.ui.desk_mail import mail_card, mail_dialog_on
from encaiss_dashboard.ui.desk_state import PATH, TEXT_LENGTH_MAX, Desk, Row, Thing
from encaiss_dashboard.ui.i18n import t
from encaiss_dashboard.ui.shell import Shell, page
from encaiss_dashboard.ui.whose import OF_AGENCY

_COLUMNS: Final = (
    (DeskSort.NAME, "desk.client", ""),
    (DeskSort.OPEN, "desk.open", "num"),
    (DeskSort.OVERDUE, "desk.overdue", "num"),
    (DeskSort.OLDEST, "desk.oldest", "nw"),
    (DeskSort.DELEGATED, "desk.delegated", "num"),
    (DeskSort.TONIGHT, "desk.tonight", "num"),
    (DeskSort.IMPORTED, "desk.imported", "nw"),
)


def desk_page() -> rx.Component:
    """The page."""
    screen = undelivered_on(
        page(
            "menu.desk",
            top(
                rx.cond(Desk.ready, Desk.title, t("menu.desk")),
                rx.cond(Desk.ready, Desk.sub, "…"),
                link_button(t("calls.title"), "/desk/calls"),
                link_button(t("post.title"), "/desk/post"),
                rx.cond(Desk.administers, link_button(t("remit.title"), "/desk/remittances")),
                rx.cond(Shell.administers, link_button(t("queue.agency_title"), OF_AGENCY)),
                rx.cond(Desk.may_add, _new_button("desk-new")),
            ),
            rx.cond(
                Desk.nobody,
                rx.el.div(rx.cond(Desk.may_add, _no_client(), _nothing_followed()), class_name="card"),
                rx.fragment(_figures(), rx.el.div(_tasks(), class_name="row gap"), mail_card(), _clients()),
            ),
            of_client=False,
        )
    )
    return mail_dialog_on(described_on(screen))


def _new_button(key: str) -> rx.Component:
    return button(rx.fragment(icon("plus"), t("desk.new")), kind="p", id=key, on_click=ClientForm.begin(""))


def _no_client() -> rx.Component:
    return empty(t("desk.no_client"), t("desk.no_client_hint"), _new_button("desk-first"))


def _nothing_followed() -> rx.Component:
    return rx.el.div(
        rx.el.p(t("desk.nothing_followed"), class_name="strong"),
        rx.el.p(t("desk.nothing_followed_hint"), class_name="muted"),
        rx.cond(Desk.ask != "", rx.el.p(t("desk.administrators"), " ", rx.el.strong(Desk.ask))),
        class_name="empty",
    )


def _figures() -> rx.Component:
    loading = ~Desk.ready
    return rx.el.div(
        figure(t("desk.clients"), Desk.followed, Desk.followed_sub, loading=loading),
        figure(
            t("desk.open"),
            Desk.open,
            _aged(Desk.total_parts, Desk.total_aged),
            rx.el.span(Desk.open_sub),
            loading=loading,
        ),
        figure(t("desk.overdue"), Desk.overdue, Desk.overdue_sub, loading=loading),
        figure(t("desk.tasks"), Desk.tasks, Desk.tasks_sub, loading=loading),
        class_name="grid k4",
    )


def _aged(parts: Any, words: Any) -> rx.Component:
    """What is open by age, as one thin bar."""
    return rx.cond(
        parts.length() > 0,
        rx.el.div(
            rx.foreach(
                parts,
                lambda part: rx.el.i(
                    custom_attrs={"data-bucket": part["code"]}, style={"width": part["width"]}
                ),
            ),
            role="img",
            aria_label=words,
            title=words,
            class_name="aged",
        ),
    )


def _waiting(lines: int) -> rx.Component:
    return rx.el.div(
        *(rx.el.div(class_name="skeleton line") for _ in range(lines)),
        class_name="waiting",
        aria_hidden="true",
    )


def _tasks() -> rx.Component:
    return card(
        t("desk.tasks_title"),
        t("desk.tasks_hint"),
        rx.cond(
            ~Desk.ready,
            _waiting(4),
            rx.cond(
                Desk.things.length() > 0,
                rx.fragment(
                    rx.el.ul(rx.foreach(Desk.things, _thing), class_name="things"),
                    rx.cond(
                        Desk.things_href != "",
                        rx.el.a(Desk.things_more, href=Desk.things_href, class_name="link rest"),
                        rx.cond(
                            Desk.things_more != "", rx.el.p(Desk.things_more, class_name="muted small rest")
                        ),
                    ),
                ),
                rx.el.p(icon("check"), t("desk.tasks_none"), class_name="done"),
            ),
        ),
    )


def _thing(thing: rx.vars.ObjectVar[Thing]) -> rx.Component:
    return rx.el.li(
        tag(thing["tag"], thing["tone"]),
        rx.el.div(
            rx.el.div(
                rx.el.span(thing["client"], class_name="strong"),
                rx.cond(thing["since"] != "", rx.el.span(thing["since"], class_name="muted small since")),
                class_name="of",
            ),
            rx.el.div(thing["sentence"], class_name="muted small"),
            class_name="words",
        ),
        rx.el.div(
            rx.cond(
                thing["letters"] > 0,
                button(
                    t("desk.tray_done_go"), on_click=Desk.empty_tray(thing["client_id"], thing["letters"])
                ),
            ),
            rx.cond(
                thing["reply"] > 0,
                button(
                    rx.fragment(t("inbound.read_go"), rx.el.span(thing["client"], class_name="sr")),
                    on_click=Desk.mark_read(thing["client_id"], thing["reply"]),
                ),
            ),
            rx.cond(
                thing["message"] > 0,
                button(
                    rx.fragment(t("desk.failed_decide"), rx.el.span(thing["client"], class_name="sr")),
                    id=thing["key"] + "-decide",
                    on_click=DeadLetters.begin(thing["message"]),
                ),
            ),
            rx.cond(
                thing["does"] == "complete",
                button(
                    rx.fragment(thing["go"], rx.el.span(thing["client"], class_name="sr")),
                    id=thing["key"],
                    on_click=ClientForm.begin(thing["client_id"]),
                ),
                button(
                    rx.fragment(thing["go"], rx.el.span(thing["client"], class_name="sr")),
                    on_click=Desk.enter(thing["client_id"], thing["leads_to"]),
                ),
            ),
            class_name="does",
        ),
        key=thing["key"],
    )


def _clients() -> rx.Component:
    return rx.el.section(
        rx.el.div(
            rx.el.h2(t("desk.list")),
            rx.el.form(
                rx.el.label(
                    rx.el.span(t("desk.search"), class_name="sr"),
                    icon("search"),
                    rx.el.input(
                        key=Desk.typing.to_string(),
                        type="search",
                        name="q",
                        default_value=Desk.typed,
                        placeholder=t("desk.search"),
                        on_change=Desk.search.debounce(350),
                        max_length=TEXT_LENGTH_MAX,
                        auto_complete="off",
                        class_name="in",
                    ),
                    class_name="search",
                ),
                on_submit=Desk.search_form,
                role="search",
            ),
            class_name="h filters",
        ),
        rx.cond(
            ~Desk.ready,
            _waiting(5),
            rx.cond(
                Desk.rows.length() > 0,
                rx.fragment(_table(), _pager()),
                empty(
                    t("desk.none"), t("desk.none_hint"), rx.el.a(t("desk.all"), href=PATH, class_name="btn")
                ),
            ),
        ),
        class_name="card desk gap",
    )


def _table() -> rx.Component:
    return rx.el.div(
        rx.el.table(
            rx.el.caption(t("desk.list"), class_name="sr"),
            rx.el.thead(rx.el.tr(*(_heading(*column) for column in _COLUMNS))),
            rx.el.tbody(rx.foreach(Desk.rows, _line)),
        ),
        class_name="scroll",
        tab_index=0,
        role="region",
        aria_label=t("desk.list"),
    )


def _heading(column: DeskSort, key: str, class_name: str) -> rx.Component:
    here = Desk.sort_by == column.value
    return rx.el.th(
        rx.el.button(
            t(key),
            rx.el.span(
                rx.cond(here, rx.cond(Desk.sort_way == "descending", "↓", "↑"), ""),
                class_name="way",
                aria_hidden="true",
            ),
            type="button",
            on_click=Desk.sort(column.value),
        ),
        scope="col",
        aria_sort=rx.cond(here, Desk.sort_way, "none"),
        class_name=class_name,
    )


def _line(row: rx.vars.ObjectVar[Row]) -> rx.Component:
    return rx.el.tr(
        rx.el.th(
            rx.el.button(
                row["name"],
                rx.el.span(t("desk.enter_sr"), class_name="sr"),
                type="button",
                on_click=Desk.enter(row["id"], "/"),
                class_name="row whole",
            ),
            _signals(row),
            scope="row",
        ),
        _amount(row["open"], row["open_more"], "desk.open", _aged(row["parts"], row["aged"])),
        _amount(row["overdue"], row["overdue_more"], "desk.overdue"),
        rx.el.td(
            _cap("desk.oldest"),
            rx.el.span(row["oldest"], class_name="age a-" + row["oldest_tone"]),
            class_name="nw",
        ),
        rx.el.td(
            _cap("desk.delegated"),
            rx.el.span(row["delegated"], aria_hidden="true"),
            rx.el.span(row["delegated_words"], class_name="sr"),
            class_name="num",
        ),
        rx.el.td(
            _cap("desk.tonight"),
            rx.el.span(row["tonight"]),
            rx.cond(row["waiting"] != "", rx.el.span(row["waiting"], class_name="muted small more-of")),
            class_name="num",
        ),
        rx.el.td(_cap("desk.imported"), rx.el.span(row["imported"], class_name="muted"), class_name="nw"),
        key=row["id"],
    )


def _cap(key: str) -> rx.Component:
    """The column's name, where a telephone shows no columns."""
    return rx.el.span(t(key), class_name="cap", aria_hidden="true")


def _amount(amount: Any, more: Any, key: str, *below: rx.Component) -> rx.Component:
    return rx.el.td(
        _cap(key),
        rx.el.div(
            amount,
            *below,
            rx.cond(more != "", rx.el.div(more, class_name="muted small")),
        ),
        class_name="num",
    )


def _signals(row: rx.vars.ObjectVar[Row]) -> rx.Component:
    return rx.el.div(
        rx.cond(row["number"] != "", rx.el.span(row["number"], class_name="muted")),
        rx.cond(row["failed"] != "", rx.el.span(row["failed"], class_name="dn")),
        rx.cond(row["uploads"] != "", rx.el.span(row["uploads"], class_name="said-info")),
        class_name="signals small",
    )


def _pager() -> rx.Component:
    return rx.el.nav(
        rx.el.p(Desk.shown, role="status", class_name="muted"),
        turn(Desk.previous, "left", t("desk.previous")),
        turn(Desk.next, "right", t("desk.next")),
        aria_label=t("desk.pages"),
        class_name="pager",
    )
