"""The first screen: four figures, ageing, DSO, whom to watch, what to decide."""

from __future__ import annotations

import reflex as rx

from encaiss_dashboard.ui.components import card, empty, figure, link_button, tag, top
from encaiss_dashboard.ui.i18n import t
from encaiss_dashboard.ui.overview_state import BOTTOM, LEFT, RIGHT, TOP, Overview, Watched
from encaiss_dashboard.ui.shell import Shell, page
from encaiss_dashboard.ui.up_to_date import up_to_date


def overview_page() -> rx.Component:
    """The page."""
    return page(
        "menu.overview",
        top(
            rx.cond(Overview.ready, Overview.title, "…"),
            rx.cond(Overview.ready, Overview.sub, "…"),
            link_button(t("overview.export"), "/files/invoices/all", download=True, reload_document=True),
            rx.cond(Shell.may_upload, link_button(t("overview.upload"), "/invoices", kind="p")),
        ),
        up_to_date(),
        rx.cond(
            Overview.ready & Overview.first_time,
            rx.el.section(
                empty(
                    t("overview.first_title"),
                    t("overview.first_text"),
                    rx.cond(Shell.may_upload, link_button(t("overview.upload"), "/invoices", kind="p")),
                ),
                class_name="card",
            ),
            rx.fragment(
                _figures(),
                rx.el.div(_ageing(), _dso(), class_name="grid k2 row"),
                rx.el.div(_watch(), _decide(), class_name="grid k2 row"),
            ),
        ),
    )


def _figures() -> rx.Component:
    loading = ~Overview.ready
    return rx.el.div(
        figure(t("overview.open"), Overview.open, Overview.open_sub, loading=loading),
        figure(
            t("overview.overdue"),
            Overview.overdue,
            rx.el.span(Overview.overdue_change, class_name=Overview.overdue_tone),
            " ",
            t("overview.overdue_change"),
            " · ",
            Overview.overdue_share,
            loading=loading,
        ),
        figure(
            t("overview.dso"),
            Overview.dso,
            rx.el.span(Overview.dso_change, class_name=Overview.dso_tone),
            " ",
            Overview.dso_sub,
            loading=loading,
        ),
        figure(t("overview.collected"), Overview.collected, Overview.collected_sub, loading=loading),
        class_name="grid k4",
    )


def _ageing() -> rx.Component:
    return card(
        t("overview.ageing"),
        t("overview.ageing_hint"),
        rx.el.ul(
            rx.foreach(
                Overview.bars,
                lambda bar: rx.el.li(
                    rx.el.a(
                        rx.el.i(
                            style={"--share": bar["width"]},
                            class_name="bucket",
                            data_bucket=bar["code"],
                            aria_hidden="true",
                        ),
                        rx.el.span(bar["label"]),
                        href=bar["href"],
                    )
                ),
            ),
            class_name="bars",
        ),
        rx.cond(Overview.others != "", rx.el.p(Overview.others, class_name="muted small")),
        action=rx.el.a(t("overview.detail"), href="/figures"),
        class_name="tall",
    )


def _dso() -> rx.Component:
    return card(
        t("overview.dso_title"),
        t("overview.dso_hint"),
        rx.cond(
            Overview.line != "",
            rx.el.svg(
                rx.foreach(
                    Overview.y_ticks,
                    lambda tick: rx.el.svg.g(
                        rx.el.svg.line(
                            x1=str(LEFT), x2=str(RIGHT), y1=tick["at"], y2=tick["at"], class_name="rule"
                        ),
                        rx.el.svg.text(tick["label"], x="0", y=tick["at"], dy="4", class_name="tick"),
                    ),
                ),
                rx.foreach(
                    Overview.x_ticks,
                    lambda tick, i: rx.el.svg.text(
                        tick["label"],
                        x=tick["at"],
                        y=str(BOTTOM + 22),
                        class_name="tick",
                        text_anchor=rx.match(i, (0, "start"), (2, "end"), "middle"),
                    ),
                ),
                rx.cond(
                    Overview.delegated_at != "",
                    rx.el.svg.g(
                        rx.el.svg.line(
                            x1=Overview.delegated_at,
                            x2=Overview.delegated_at,
                            y1=str(TOP),
                            y2=str(BOTTOM),
                            class_name="mark-line",
                        ),
                        rx.el.svg.text(
                            t("overview.delegation"),
                            x=Overview.delegated_at,
                            dx="6",
                            y=str(TOP + 10),
                            class_name="mark-word",
                        ),
                    ),
                ),
                rx.el.svg.path(d=Overview.line, class_name="curve"),
                rx.el.svg.circle(cx=str(RIGHT), cy=Overview.line_end, r="4", class_name="end"),
                view_box="0 0 410 206",
                role="img",
                aria_label=Overview.line_words,
                class_name="dso",
            ),
            rx.el.p(t("overview.dso_unknown"), class_name="muted"),
        ),
        class_name="tall",
    )


def _watch() -> rx.Component:
    return card(
        t("overview.watch"),
        t("overview.watch_hint"),
        rx.cond(
            Overview.watched.length() > 0,
            rx.el.div(
                rx.el.table(
                    rx.el.thead(
                        rx.el.tr(
                            rx.el.th(t("overview.debtor"), scope="col"),
                            rx.el.th(t("overview.overdue"), scope="col", class_name="num"),
                            rx.el.th(t("overview.late"), scope="col", class_name="num"),
                            rx.el.th(t("overview.step"), scope="col"),
                            rx.el.th(t("overview.next"), scope="col"),
                        )
                    ),
                    rx.el.tbody(rx.foreach(Overview.watched, _watched_row)),
                    class_name="watch",
                ),
                class_name="scroll",
                tab_index=0,
            ),
            rx.el.p(t("overview.watch_empty"), class_name="muted"),
        ),
        action=rx.el.a(t("overview.all_debtors"), href="/debtors"),
    )


def _watched_row(row: rx.Var[Watched]) -> rx.Component:
    return rx.el.tr(
        rx.el.td(rx.el.a(row["name"], href=row["href"], class_name="row")),
        rx.el.td(row["overdue"], class_name="num"),
        rx.el.td(row["late"], class_name="num"),
        rx.el.td(tag(row["step"], row["tone"])),
        rx.el.td(row["next"], class_name="muted nw"),
    )


def _decide() -> rx.Component:
    return card(
        t("overview.decide"),
        rx.cond(Overview.decisions.length() > 0, Overview.decisions.length().to_string(), ""),
        rx.cond(
            Overview.decisions.length() > 0,
            rx.el.ul(
                rx.foreach(
                    Overview.decisions,
                    lambda one: rx.el.li(
                        tag(one["tag"], one["tone"]),
                        rx.el.div(
                            rx.el.div(one["title"], class_name="strong"),
                            rx.el.div(one["text"], class_name="muted small"),
                        ),
                        link_button(one["go"], one["href"]),
                    ),
                ),
                class_name="decide",
            ),
            rx.el.p(t("overview.decide_empty"), class_name="muted"),
        ),
    )
