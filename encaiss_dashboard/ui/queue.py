"""The queue of payments: what waits, what the bank says of it, and what it may pay; each by one key."""

from __future__ import annotations

import reflex as rx

from encaiss_dashboard.ui.bank_zone import bank_zone
from encaiss_dashboard.ui.components import button, empty, link_button, tag, top, turn
from encaiss_dashboard.ui.i18n import t
from encaiss_dashboard.ui.queue_rows import LineRow, ProposalRow, ReturnRow, SettledRow, ShareRow
from encaiss_dashboard.ui.queue_state import Queue
from encaiss_dashboard.ui.queue_told import aside_on, by_hand
from encaiss_dashboard.ui.shell import page
from encaiss_dashboard.ui.whose import OF_AGENCY, OF_CLIENT

_KEYS = (
    ("j", "down"),
    ("k", "up"),
    ("Enter", "first"),
    ("1 – 5", "number"),
    ("s", "search"),
    ("x", "aside"),
    ("u", "undo"),
    ("?", "help"),
)


def key(name: str) -> rx.Component:
    """A key, drawn beside what it does."""
    return rx.el.kbd(name, aria_hidden="true")


def queue_page() -> rx.Component:
    """The page of a client."""
    return aside_on(
        page(
            "menu.payments",
            rx.script(src="/queue.js"),
            top(
                t("queue.title"),
                rx.cond(Queue.ready, Queue.found, "…"),
                link_button(t("payments.history"), f"{OF_CLIENT}/imports"),
                crumbs=rx.el.nav(
                    rx.el.a(t("menu.payments"), href=OF_CLIENT),
                    aria_label=t("import.crumbs"),
                    class_name="crumbs",
                ),
            ),
            _screen(),
        )
    )


def agency_queue_page() -> rx.Component:
    """The same at the desk, of the agency's own accounts; files are dropped here as well."""
    return aside_on(
        page(
            "queue.agency_title",
            rx.script(src="/queue.js"),
            top(
                t("queue.agency_title"),
                rx.cond(Queue.ready, Queue.found, "…"),
                link_button(t("payments.history"), f"{OF_AGENCY}/imports"),
                crumbs=rx.el.nav(
                    rx.el.a(t("menu.desk"), href="/desk"),
                    aria_label=t("queue.agency_title"),
                    class_name="crumbs",
                ),
            ),
            bank_zone(
                route="/uploads/bank/agency",
                queue="",
                big=Queue.ready & (Queue.rows.length() == 0) & (Queue.said == ""),
                after=Queue.refresh,
            ),
            _screen(),
            of_client=False,
        )
    )


def _screen() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.p(Queue.said, role="status", aria_live="polite"),
            rx.cond(
                Queue.can_undo,
                button(
                    rx.fragment(t("queue.undo"), key("u")),
                    on_click=Queue.undo,
                    custom_attrs={"data-key": "u", "aria-keyshortcuts": "u"},
                ),
            ),
            class_name=rx.cond(Queue.said != "", "card decided", "card decided off"),
        ),
        rx.cond(
            ~Queue.ready,
            rx.el.div(*(rx.el.div(class_name="skeleton line") for _ in range(8)), class_name="card waiting"),
            rx.cond(Queue.rows.length() > 0, _columns(), _nothing()),
        ),
        rx.cond(Queue.rows.length() > 0, _legend()),
        custom_attrs={"data-queue-keys": rx.cond(Queue.may_book, Queue.keys, "off")},
        class_name="queue-screen",
    )


def _nothing() -> rx.Component:
    return rx.el.section(
        rx.el.div(
            empty(
                t("queue.none"),
                t("queue.none_hint"),
                link_button(t("queue.to_payments"), rx.cond(Queue.of_agency, "/desk", OF_CLIENT)),
            ),
            id="queue-empty",
            tab_index=-1,
        ),
        class_name="card",
    )


def _columns() -> rx.Component:
    return rx.el.div(
        rx.el.section(
            rx.el.h2(t("queue.list"), id="queue-list", class_name="sr"),
            rx.el.ul(
                rx.foreach(Queue.rows, _option),
                role="listbox",
                id="queue",
                tab_index=0,
                aria_labelledby="queue-list",
                aria_activedescendant="line-" + Queue.line["id"].to_string(),
                class_name="lines",
            ),
            rx.cond(
                (Queue.previous != "") | (Queue.next != ""),
                rx.el.nav(
                    rx.el.p(Queue.more, class_name="muted small"),
                    turn(Queue.previous, "left", t("invoices.previous")),
                    turn(Queue.next, "right", t("invoices.next")),
                    aria_label=t("invoices.pages"),
                    class_name="pager",
                ),
            ),
            class_name="card line-list",
        ),
        rx.el.div(_line(), by_hand(), class_name="grid looked-at"),
        _proposals(),
        class_name="grid queue",
    )


def _option(row: rx.vars.ObjectVar[LineRow]) -> rx.Component:
    here = Queue.line["id"] == row["id"]
    return rx.el.li(
        rx.el.span(
            rx.el.span(row["who"], class_name="strong wrap"),
            rx.el.span(row["amount"], class_name=rx.cond(row["out"], "num dn", "num")),
            class_name="of",
        ),
        rx.el.span(
            rx.el.span(row["words"], class_name="words"),
            rx.el.span(row["day"], class_name="nw"),
            class_name="of muted small",
        ),
        role="option",
        id="line-" + row["id"].to_string(),
        aria_selected=rx.cond(here, "true", "false"),
        on_click=Queue.select(row["id"]),
        class_name=rx.cond(here, "line on", "line"),
        key=row["id"].to_string(),
    )


def _line() -> rx.Component:
    line = Queue.line
    return rx.el.section(
        rx.el.div(
            rx.el.h2(line["who"], class_name="wrap"),
            rx.el.span(Queue.place, class_name="muted small"),
            class_name="h",
        ),
        rx.el.p(
            line["amount"],
            rx.cond(line["original"] != "", rx.el.span(line["original"], class_name="muted small")),
            class_name=rx.cond(line["out"], "val dn", "val"),
        ),
        rx.cond(line["note"] != "", rx.el.p(line["note"], class_name="note n-warn")),
        rx.el.p(
            rx.cond(line["words"] != "", line["words"], t("queue.no_words")),
            class_name=rx.cond(line["words"] != "", "communication", "communication muted"),
        ),
        rx.el.dl(
            rx.foreach(
                line["facts"],
                lambda fact: rx.el.div(rx.el.dt(fact["label"]), rx.el.dd(fact["value"], class_name="wrap")),
            ),
            class_name="pairs small",
        ),
        rx.cond(
            Queue.may_book,
            rx.el.div(
                button(
                    rx.fragment(t("queue.aside"), key("x")),
                    id="aside",
                    on_click=Queue.ask_aside,
                    custom_attrs={"data-key": "x", "aria-keyshortcuts": "x"},
                ),
                class_name="acts",
            ),
        ),
        class_name="card one-line",
        aria_live="off",
    )


def _proposals() -> rx.Component:
    return rx.el.section(
        rx.el.div(rx.el.h2(t("queue.proposals")), class_name="h"),
        rx.cond(
            Queue.proposals.length() > 0,
            rx.el.ol(rx.foreach(Queue.proposals, _proposal), class_name="proposals"),
            rx.cond(
                Queue.returns.length() > 0,
                rx.fragment(),
                rx.el.p(
                    rx.cond(Queue.line["out"], t("queue.no_proposal_out"), t("queue.no_proposal")),
                    class_name="muted",
                ),
            ),
        ),
        rx.cond(
            Queue.returns.length() > 0,
            rx.el.div(
                rx.el.h3(t("queue.returns")),
                rx.el.ul(rx.foreach(Queue.returns, _return), class_name="proposals"),
                class_name="returns",
            ),
        ),
        class_name="card",
    )


def _proposal(row: rx.vars.ObjectVar[ProposalRow]) -> rx.Component:
    first = row["number"] == "1"
    return rx.el.li(
        rx.el.div(
            rx.el.p(row["reason"], class_name="strong"),
            tag(row["sure"], row["tone"]),
            class_name="why",
        ),
        rx.cond(row["back"] != "", rx.el.p(row["back"], class_name="muted small")),
        rx.foreach(row["shares"].to(list[ShareRow]), _share),
        rx.cond(
            Queue.may_book,
            rx.el.button(
                t("queue.accept"),
                rx.el.span(" ", row["number"], " ", row["reason"], class_name="sr"),
                rx.cond(
                    first,
                    rx.fragment(rx.el.kbd("↵", aria_hidden="true"), rx.el.kbd("1", aria_hidden="true")),
                    rx.el.kbd(row["number"], aria_hidden="true"),
                ),
                type="button",
                on_click=Queue.accept(Queue.line["id"], row["mark"]),
                custom_attrs={"data-key": row["number"], "aria-keyshortcuts": row["number"]},
                class_name=rx.cond(first, "btn p", "btn"),
            ),
        ),
        class_name=rx.cond(first, "proposal best", "proposal"),
        key=row["mark"],
    )


def _share(share: rx.vars.ObjectVar[ShareRow]) -> rx.Component:
    return rx.el.div(
        rx.el.p(
            rx.el.span(share["debtor"], class_name="wrap"),
            rx.el.span(share["amount"], class_name="num"),
            class_name="of",
        ),
        rx.cond(share["client"] != "", rx.el.p(share["client"], class_name="muted small")),
        rx.el.ul(rx.foreach(share["parts"].to(list[SettledRow]), _settled), class_name="settled small"),
        rx.cond(share["rest"] != "", rx.el.p(share["rest"], class_name="muted small")),
        rx.cond(share["short"] != "", rx.el.p(share["short"], class_name="muted small")),
        class_name="share",
        key=share["key"],
    )


def _settled(part: rx.vars.ObjectVar[SettledRow]) -> rx.Component:
    return rx.el.li(
        rx.el.span(part["number"], class_name="wrap"),
        rx.cond(
            part["before"] != "",
            rx.el.span(
                part["before"],
                rx.el.span(" → ", aria_hidden="true"),
                rx.el.span(t("queue.then"), class_name="sr"),
                rx.el.strong(part["after"]),
                class_name="num",
            ),
            rx.el.span(part["amount"], class_name="num"),
        ),
        key=part["key"],
    )


def _return(row: rx.vars.ObjectVar[ReturnRow]) -> rx.Component:
    return rx.el.li(
        rx.el.p(
            rx.el.span(row["title"], class_name="strong wrap"),
            rx.el.span(row["amount"], class_name="num"),
            class_name="of",
        ),
        rx.cond(row["settles"] != "", rx.el.p(row["settles"], class_name="muted small")),
        rx.cond(
            Queue.may_book,
            button(
                rx.fragment(t("queue.take_back"), rx.el.span(" ", row["title"], class_name="sr")),
                on_click=Queue.take_back(Queue.line["id"], row["id"]),
            ),
        ),
        class_name="proposal",
        key=row["id"].to_string(),
    )


def _legend() -> rx.Component:
    """What the keys do; they can be switched off."""
    return rx.el.details(
        rx.el.summary(t("queue.keys"), key("?"), custom_attrs={"data-key": "?"}),
        rx.el.dl(
            *(rx.el.div(rx.el.dt(rx.el.kbd(name)), rx.el.dd(t(f"queue.key_{what}"))) for name, what in _KEYS),
            class_name="legend small",
        ),
        rx.el.label(
            rx.el.input(
                type="checkbox", role="switch", checked=Queue.keys == "on", on_change=Queue.switch_keys
            ),
            rx.el.span(t("queue.keys_on"), rx.el.span(t("queue.keys_hint"), class_name="muted small")),
            class_name="switch",
        ),
        class_name="card queue-keys",
    )
