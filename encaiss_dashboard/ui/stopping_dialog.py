"""The dialog that stops reminders or decides about a stop: what will happen is said before it does."""

from __future__ import annotations

from typing import Any

import reflex as rx

from encaiss_dashboard.domain.stops import DisputeReason, InsolvencyKind, Rhythm
from encaiss_dashboard.ui.components import button, tag
from encaiss_dashboard.ui.deciding import Overlay
from encaiss_dashboard.ui.i18n import t
from encaiss_dashboard.ui.stopping_state import ASKED, KINDS, PartRow, PickRow, Stopping


def stopping_dialog() -> rx.Component:
    """The dialog."""
    return Overlay.create(
        rx.el.div(class_name="shade", on_click=Stopping.close, aria_hidden="true"),
        rx.el.div(
            rx.el.form(
                rx.el.h2(Stopping.title, id="stopping-title"),
                rx.match(
                    Stopping.asking,
                    ("new", _new()),
                    ("decide", _decide()),
                    ("answer", _answer()),
                    ("extend", rx.el.div(_day("until", "until"), class_name="two")),
                    rx.fragment(),
                ),
                _words(),
                _happens(),
                rx.el.div(
                    button(t("stops.cancel"), on_click=Stopping.close),
                    rx.el.button(
                        _by_what("go"),
                        type="submit",
                        disabled=Stopping.objection != "",
                        class_name="btn p",
                    ),
                    class_name="end",
                ),
                on_submit=Stopping.go,
                class_name="sheet",
            ),
            role="dialog",
            custom_attrs={"aria-modal": "true", "aria-labelledby": "stopping-title"},
            class_name="holder broad",
        ),
        on_key_down=lambda key, _: rx.cond(key == "Escape", Stopping.close(), rx.noop()),
        class_name="over",
        lang=Stopping.lang,
    )


def _by_what(name: str) -> rx.Var[str]:
    return rx.match(
        Stopping.asking, *((what, t(f"stops.{name}_{what}")) for what in ASKED), t(f"stops.{name}_new")
    )


def _new() -> rx.Component:
    kind = Stopping.kind
    return rx.fragment(
        _choices(
            "kind", [(one, t(f"stops.kind_{one}")) for one in KINDS], Stopping.kind, Stopping.choose_kind
        ),
        rx.el.p(
            rx.match(kind, *((one, t(f"stops.lead_{one}")) for one in KINDS), ""), class_name="muted small"
        ),
        rx.cond(kind != "insolvency", _invoices()),
        rx.match(
            kind,
            ("dispute", _select("reason", [(one.value, t(f"stops.reason_{one}")) for one in DisputeReason])),
            (
                "promise",
                rx.el.div(_day("promised", "promised"), _amount("amount", "amount"), class_name="two"),
            ),
            ("instalments", _schedule()),
            ("request", rx.el.div(_day("asked_on", "asked_on"), class_name="two")),
            ("pause", rx.el.div(_day("until", "until"), class_name="two")),
            rx.el.div(
                _select("proceedings", [(one.value, t(f"stops.reason_{one}")) for one in InsolvencyKind]),
                _day("from_date", "from_date"),
                class_name="two",
            ),
        ),
    )


def _decide() -> rx.Component:
    verdicts = [(one, t(f"stops.verdict_{one}")) for one in ("rejected", "upheld", "partly")]
    return rx.fragment(
        _choices(
            "verdict", verdicts, Stopping.fields["verdict"], lambda value: Stopping.change("verdict", value)
        ),
        rx.cond(
            Stopping.fields["verdict"] == "partly",
            rx.el.div(_amount("credit", "credit"), class_name="two"),
        ),
    )


def _answer() -> rx.Component:
    answers = [("yes", t("stops.answer_grant")), ("no", t("stops.answer_refuse"))]
    return rx.fragment(
        _choices(
            "accepts", answers, Stopping.fields["accepts"], lambda value: Stopping.change("accepts", value)
        ),
        rx.cond(Stopping.fields["accepts"] == "yes", _schedule()),
    )


def _choices(name: str, options: list[tuple[str, Any]], value: Any, choose: Any) -> rx.Component:
    """One of several, as radio buttons in a row."""
    return rx.el.fieldset(
        rx.el.legend(t(f"stops.{name}"), class_name="sr"),
        *(
            rx.el.label(
                rx.el.input(
                    type="radio",
                    name=name,
                    value=code,
                    checked=value == code,
                    on_change=choose(code),
                    auto_focus=index == 0,
                ),
                rx.el.span(label),
                class_name="choice",
            )
            for index, (code, label) in enumerate(options)
        ),
        class_name="kinds",
    )


def _invoices() -> rx.Component:
    def preset(which: str) -> rx.Component:
        return rx.el.button(
            t(f"stops.preset_{which}"),
            type="button",
            on_click=Stopping.preset(which),
            class_name="link small",
        )

    return rx.fragment(
        rx.el.div(
            rx.el.span(Stopping.chosen_words, class_name="strong", role="status"),
            preset("overdue"),
            preset("open"),
            preset("none"),
            class_name="seeking",
        ),
        rx.el.div(
            rx.el.table(
                rx.el.caption(t("file.invoices"), class_name="sr"),
                rx.el.thead(
                    rx.el.tr(
                        rx.el.td(class_name="pick"),
                        rx.el.th(t("file.invoice"), scope="col"),
                        rx.el.th(t("file.due"), scope="col"),
                        rx.el.th(t("file.left"), scope="col", class_name="num"),
                    )
                ),
                rx.el.tbody(rx.foreach(Stopping.picks, _pick)),
            ),
            class_name="ticks",
            tab_index=0,
            role="region",
            aria_label=t("file.invoices"),
        ),
    )


def _pick(row: rx.vars.ObjectVar[PickRow]) -> rx.Component:
    return rx.el.tr(
        rx.el.td(
            rx.el.input(
                type="checkbox",
                checked=row["ticked"],
                on_change=lambda ticked: Stopping.tick(row["id"], ticked),
                aria_label=row["tick"],
            ),
            class_name="pick",
        ),
        rx.el.th(
            row["number"], rx.cond(row["stop"] != "", rx.fragment(" ", tag(row["stop"], "info"))), scope="row"
        ),
        rx.el.td(row["due"], class_name="nw"),
        rx.el.td(row["open"], class_name="num"),
        key=row["id"].to_string(),
    )


def _field(label: str, made: rx.Component) -> rx.Component:
    return rx.el.label(rx.el.span(t(f"stops.field_{label}")), made, class_name="field")


def _select(name: str, options: list[tuple[str, Any]]) -> rx.Component:
    return _field(
        name,
        rx.el.select(
            *(rx.el.option(label, value=value) for value, label in options),
            value=Stopping.fields[name],
            on_change=lambda value: Stopping.change(name, value),
            class_name="in",
        ),
    )


def _day(name: str, label: str) -> rx.Component:
    back = name in {"asked_on", "from_date"}
    bound = {"max": Stopping.today} if back else {"min": Stopping.today}
    return _field(
        label,
        rx.el.input(
            type="date",
            value=Stopping.fields[name],
            on_change=lambda value: Stopping.change(name, value),
            class_name="in",
            **bound,
        ),
    )


def _amount(name: str, label: str) -> rx.Component:
    return _field(
        label,
        rx.el.input(
            default_value=Stopping.fields[name],
            on_change=Stopping.change(name).debounce(300),
            max_length=20,
            auto_complete="off",
            custom_attrs={"inputMode": "decimal"},
            class_name="in",
        ),
    )


def _number(name: str, most: int) -> rx.Component:
    return _field(
        name,
        rx.el.input(
            type="number",
            min=0,
            max=most,
            value=Stopping.fields[name],
            on_change=lambda value: Stopping.change(name, value),
            class_name="in",
        ),
    )


def _schedule() -> rx.Component:
    """How many parts from which day; each day and amount can be changed."""
    return rx.fragment(
        rx.el.div(
            _number("parts_n", 60),
            _day("parts_first", "parts_first"),
            _select("rhythm", [(one.value, t(f"stops.rhythm_{one}")) for one in Rhythm]),
            class_name="three",
        ),
        rx.el.ol(rx.foreach(Stopping.parts, _part), class_name="schedule"),
        rx.el.p(Stopping.parts_sum, class_name="strong small", role="status"),
        rx.el.div(_number("tolerance", 30), _number("reminder", 30), class_name="two"),
    )


def _part(row: rx.vars.ObjectVar[PartRow]) -> rx.Component:
    return rx.el.li(
        rx.el.span(row["label"], class_name="muted small"),
        rx.el.input(
            type="date",
            value=row["due"],
            on_change=lambda value: Stopping.change_part(row["index"], "due", value),
            aria_label=row["label"] + " · " + t("stops.part_day"),
            class_name="in",
        ),
        rx.el.input(
            value=row["amount"],
            on_change=lambda value: Stopping.change_part(row["index"], "amount", value),
            max_length=20,
            aria_label=row["label"] + " · " + t("stops.part_amount"),
            custom_attrs={"inputMode": "decimal"},
            class_name="in num",
        ),
        key=row["index"].to_string(),
    )


def _words() -> rx.Component:
    return rx.el.label(
        rx.el.span(_by_what("words")),
        rx.el.textarea(name="words", max_length=500, rows="2", class_name="in"),
        class_name="field",
    )


def _happens() -> rx.Component:
    return rx.el.div(
        rx.el.h3(t("stops.happens")),
        rx.el.ul(rx.foreach(Stopping.told, rx.el.li), class_name="fate"),
        rx.el.div(
            rx.cond(Stopping.objection != "", rx.el.p(Stopping.objection, class_name="note n-warn")),
            role="alert",
        ),
        role="region",
        aria_live="polite",
        aria_label=t("stops.happens"),
        class_name="happens",
    )
