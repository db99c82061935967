"""DSO and ageing: six figures, two charts, and every number of them in tables."""

from __future__ import annotations

from typing import Any, Final

import reflex as rx
from plotly.graph_objects import Figure
from reflex.style import resolved_color_mode

from encaiss_dashboard.domain.ageing import Basis
from encaiss_dashboard.ui import charts
from encaiss_dashboard.ui.components import card, empty, link_button, top
from encaiss_dashboard.ui.figures_state import Figures
from encaiss_dashboard.ui.i18n import t
from encaiss_dashboard.ui.shell import Shell, page

_FIGURES: Final = ("countback", "simple", "best_possible", "delinquent", "cei", "days_late")


def figures_page() -> rx.Component:
    """The page."""
    return page(
        "menu.figures",
        top(t("menu.figures"), rx.cond(Figures.ready, Figures.sub, "…")),
        rx.cond(
            Figures.ready & Figures.blank,
            rx.el.section(
                empty(
                    t("figures.empty_title"),
                    t("figures.empty_text"),
                    rx.cond(Shell.may_upload, link_button(t("figures.empty_go"), "/invoices", kind="p")),
                ),
                class_name="card",
            ),
            rx.fragment(
                _wishes(),
                rx.el.div(
                    *(_figure(name) for name in _FIGURES),
                    class_name="grid k3 figures",
                ),
                rx.el.div(_ageing(), _dso(), class_name="grid halves row"),
                rx.el.p(t("figures.note"), class_name="muted small after"),
            ),
        ),
    )


def _wishes() -> rx.Component:
    return rx.el.div(
        rx.el.label(
            t("figures.on"),
            rx.el.input(
                key=Figures.drawn.to_string(),
                type="date",
                default_value=Figures.on,
                min="1990-01-01",
                max="2099-12-31",
                on_change=Figures.as_of,
                class_name="in",
            ),
            class_name="field",
        ),
        rx.el.label(
            t("figures.basis"),
            rx.el.select(
                *(rx.el.option(t(f"figures.basis_{basis}"), value=basis.value) for basis in Basis),
                value=Figures.basis,
                on_change=Figures.by,
                class_name="in",
            ),
            class_name="field",
        ),
        rx.cond(
            Figures.currencies.length() > 1,
            rx.el.label(
                t("figures.currency"),
                rx.el.select(
                    rx.foreach(Figures.currencies, lambda code: rx.el.option(code, value=code)),
                    value=Figures.currency,
                    on_change=Figures.in_currency,
                    class_name="in",
                ),
                class_name="field",
            ),
        ),
        class_name="bar-tools wishes",
    )


def _figure(name: str) -> rx.Component:
    return rx.el.section(
        rx.el.h2(t(f"figures.{name}"), class_name="lab"),
        rx.cond(
            Figures.ready,
            rx.el.div(Figures.values[name], class_name="val"),
            rx.el.div(class_name="skeleton val", aria_hidden="true"),
        ),
        rx.el.details(
            rx.el.summary(t("figures.how")), rx.el.p(t(f"figures.{name}_how")), class_name="formula"
        ),
        class_name="card",
    )


def _chart(figure: Any, words: Any, colours: tuple[str, ...], size: str, **events: Any) -> rx.Component:
    """A chart in a box whose height is kept while its library is on the way."""
    return rx.el.div(
        rx.cond(
            Figures.ready,
            rx.plotly.basic(
                data=figure.to(Figure),
                layout=rx.cond(
                    resolved_color_mode == "dark",
                    charts.theme(colours, dark=True),
                    charts.theme(colours, dark=False),
                ),
                template=None,
                config=charts.CONFIG,
                width="100%",
                height="100%",
                **events,
            ),
        ),
        role="img",
        aria_label=words,
        class_name=f"chart {size}",
    )


def _ageing() -> rx.Component:
    by_due = Figures.basis == Basis.DUE.value
    return card(
        t("figures.ageing"),
        rx.cond(by_due, t("figures.ageing_due"), t("figures.ageing_issue")),
        _chart(
            Figures.bars,
            Figures.bars_words,
            charts.BAR_TOKENS,
            rx.cond(Figures.linked, "short linked", "short"),
            on_click=Figures.open_bucket,
        ),
        rx.cond(Figures.linked, rx.el.p(t("figures.ageing_click"), class_name="muted small")),
        rx.el.details(
            rx.el.summary(t("figures.numbers")),
            rx.el.div(
                _age_table(), class_name="scroll", tab_index=0, role="region", aria_label=t("figures.ageing")
            ),
            class_name="numbers",
        ),
    )


def _age_table() -> rx.Component:
    return rx.el.table(
        rx.el.caption(t("figures.ageing"), class_name="sr"),
        rx.el.thead(
            rx.el.tr(
                rx.el.th(t("figures.bucket"), scope="col"),
                rx.el.th(t("figures.invoices"), scope="col", class_name="num"),
                rx.el.th(t("figures.amount"), scope="col", class_name="num"),
                rx.el.th(t("figures.share"), scope="col", class_name="num"),
            )
        ),
        rx.el.tbody(
            rx.foreach(
                Figures.ages,
                lambda row: rx.el.tr(
                    rx.el.th(
                        rx.cond(
                            row["href"] != "",
                            rx.el.a(row["label"], href=row["href"], class_name="row"),
                            row["label"],
                        ),
                        scope="row",
                    ),
                    rx.el.td(row["count"], class_name="num"),
                    rx.el.td(row["amount"], class_name="num"),
                    rx.el.td(row["share"], class_name="num"),
                ),
            )
        ),
        rx.el.tfoot(
            _sum("figures.total", Figures.invoices, Figures.open),
            _sum("figures.unallocated", "", Figures.unallocated),
            _sum("figures.net", "", Figures.net),
        ),
    )


def _sum(key: str, count: Any, amount: Any) -> rx.Component:
    return rx.el.tr(
        rx.el.th(t(key), scope="row"),
        rx.el.td(count, class_name="num"),
        rx.el.td(amount, class_name="num strong"),
        rx.el.td(),
    )


def _dso() -> rx.Component:
    return card(
        t("figures.dso"),
        t("figures.dso_hint"),
        rx.cond(
            Figures.ready & (Figures.lines_words == ""),
            rx.el.p(t("figures.dso_none"), class_name="muted chart tall"),
            _chart(Figures.lines, Figures.lines_words, charts.LINE_TOKENS, "tall"),
        ),
        rx.el.details(
            rx.el.summary(t("figures.numbers")),
            rx.el.div(
                _dso_table(), class_name="scroll", tab_index=0, role="region", aria_label=t("figures.dso")
            ),
            class_name="numbers",
        ),
    )


def _dso_table() -> rx.Component:
    names = ("countback", "simple", "best_possible")
    return rx.el.table(
        rx.el.caption(t("figures.dso"), class_name="sr"),
        rx.el.thead(
            rx.el.tr(
                rx.el.th(t("figures.date"), scope="col"),
                *(rx.el.th(t(f"figures.{name}"), scope="col", class_name="num") for name in names),
            )
        ),
        rx.el.tbody(
            rx.foreach(
                Figures.months,
                lambda row: rx.el.tr(
                    rx.el.th(row["day"], scope="row", class_name="nw"),
                    *(rx.el.td(row[name], class_name="num") for name in names),
                ),
            )
        ),
    )
