"""DSO and ageing as of any date, as the address asks for them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final, TypedDict
from urllib.parse import urlencode

import reflex as rx

from encaiss_dashboard.domain.ageing import NOT_DUE, Ageing, Basis, bucket_codes
from encaiss_dashboard.domain.dso import Dso
from encaiss_dashboard.locales import day, decimal, integer, money, percent, text
from encaiss_dashboard.services import figures
from encaiss_dashboard.services.figures import Report
from encaiss_dashboard.ui import access, charts
from encaiss_dashboard.ui.shell import Next, Shell, handler

_PATH: Final = "/figures"
_NONE: Final = "–"
_YEARS: Final = range(1990, 2100)
_LINES: Final = (("countback", "solid", 3.0), ("simple", "dash", 2.0), ("best_possible", "dot", 2.0))


class AgeRow(TypedDict):
    """One bucket in the table; ``href`` leads to its invoices, "" when no list shows just those."""

    label: str
    count: str
    amount: str
    share: str
    href: str


class DsoRow(TypedDict):
    """One month end in the table."""

    day: str
    countback: str
    simple: str
    best_possible: str


class Figures(Shell):
    """The figures as the address asks for them, written in the reader's language."""

    ready: bool = False
    blank: bool = False
    sub: str = ""
    on: str = ""
    drawn: int = 0
    basis: str = Basis.DUE.value
    currency: str = ""
    currencies: list[str] = []
    values: dict[str, str] = {}
    bars: dict[str, Any] = {}
    bars_words: str = ""
    ages: list[AgeRow] = []
    invoices: str = ""
    open: str = ""
    unallocated: str = ""
    net: str = ""
    linked: bool = False
    asked_on: str = ""
    lines: dict[str, Any] = {}
    lines_words: str = ""
    months: list[DsoRow] = []

    @handler
    async def load(self) -> Next:
        """Read the figures that the address asks for."""
        query = self._query()
        seen = await access.read(
            self, figures.report, _date(query["on"]), _basis(query["basis"]), query["currency"]
        )
        if self.on != seen.ageing.on.isoformat():
            # The date came from elsewhere: its box has to be drawn anew.
            self.on, self.drawn = seen.ageing.on.isoformat(), self.drawn + 1
        self._write_head(seen, _basis(query["basis"]))
        self._write_ageing(seen.ageing)
        self._write_dso(seen)
        self.ready = True

    @handler
    async def as_of(self, on: str) -> Next:
        """Show another day; what is still being typed is no day yet."""
        if _date(on) is None:
            return None
        self.on = on
        return self._go(on=on)

    @handler
    async def by(self, basis: str) -> Next:
        """Count the age of invoices from another day."""
        return self._go(basis=_basis(basis).value)

    @handler
    async def in_currency(self, code: str) -> Next:
        """Show another currency."""
        return self._go(currency=code if code in self.currencies else "")

    @handler
    async def open_bucket(self, points: list[dict[str, Any]]) -> Next:
        """Go to the invoices of the bar that was clicked."""
        place = points[0].get("curveNumber") if points else None
        codes = bucket_codes()
        if not self.linked or type(place) is not int or not 0 <= place < len(codes):
            return None
        return rx.redirect(_invoices(codes[place], self.asked_on))

    def _query(self) -> dict[str, str]:
        given = self.router.url.query_parameters
        return {name: str(given.get(name, "")) for name in ("on", "basis", "currency")}

    def _go(self, **changes: str) -> Next:
        """The same screen with one wish changed, without filling the history."""
        asked = {name: value for name, value in {**self._query(), **changes}.items() if value}
        return rx.redirect(f"{_PATH}?{urlencode(asked)}" if asked else _PATH, replace=True)

    def _write_head(self, seen: Report, basis: Basis) -> None:
        lang, on = self._language(), seen.ageing.on
        self.blank, self.basis = seen.blank, basis.value
        self.currency, self.currencies = seen.ageing.currency, list(seen.currencies)
        self.linked, self.asked_on = basis is Basis.DUE, "" if on == seen.today else on.isoformat()
        key = "figures.sub_today" if on == seen.today else "figures.sub"
        self.sub = text(lang, key, day=day(on, lang, "long"), currency=seen.ageing.currency)
        self.values = {
            **{name: _days(value, lang) for name, value in _figures(seen.dso, seen.days_late).items()},
            "cei": percent(seen.dso.cei / 100, lang) if seen.dso.cei is not None else _NONE,
        }

    def _write_ageing(self, aged: Ageing) -> None:
        lang = self._language()
        labels = {code: _label(code, self.basis, lang) for code in aged.buckets}
        shares = {
            code: percent(Decimal(amount.cents) / aged.open.cents, lang) if aged.open else _NONE
            for code, amount in aged.buckets.items()
        }
        self.ages = [
            AgeRow(
                label=labels[code],
                count=integer(aged.counts[code], lang),
                amount=money(amount, lang),
                share=shares[code],
                href=_invoices(code, self.asked_on) if self.linked and aged.counts[code] else "",
            )
            for code, amount in aged.buckets.items()
        ]
        self.invoices, self.open = integer(aged.invoices, lang), money(aged.open, lang)
        self.unallocated = money(aged.unallocated, lang)
        self.net = money(aged.open + aged.unallocated, lang)
        self.bars_words = text(
            lang,
            "figures.ageing_words",
            values=", ".join(f"{row['label']} {row['amount']}" for row in self.ages),
        )
        self.bars = charts.bars(
            [
                charts.Bar(
                    name=labels[code],
                    value=amount.cents / 100,
                    label=money(amount, lang, cents=False),
                    hover="<br>".join(
                        (
                            f"<b>{labels[code]}</b>",
                            f"{money(amount, lang)} · {shares[code]}",
                            text(lang, "figures.invoices_n", n=aged.counts[code]),
                        )
                    ),
                )
                for code, amount in aged.buckets.items()
            ],
            lang,
        )

    def _write_dso(self, seen: Report) -> None:
        lang = self._language()
        past = seen.history
        self.months = [
            DsoRow(
                day=day(on, lang),
                countback=_number(dso.countback, lang),
                simple=_number(dso.simple, lang),
                best_possible=_number(dso.best_possible, lang),
            )
            for on, dso in reversed(past)
        ]
        known = [(on, dso) for on, dso in past if dso.countback is not None]
        values = ", ".join(f"{day(on, lang)} {_number(dso.countback, lang)}" for on, dso in known)
        self.lines_words = text(lang, "figures.dso_words", values=values) if known else ""
        mark = None
        if seen.delegated_on is not None and seen.delegated_on >= past[0][0]:
            words = text(lang, "figures.delegation", day=day(seen.delegated_on, lang))
            mark = seen.delegated_on, words
        self.lines = charts.lines(
            [on for on, _ in past],
            [_line(name, dash, width, past, lang) for name, dash, width in _LINES],
            [(on, day(on, lang, "month")) for on, _ in past[:-1:2]],
            mark,
            lang,
        )


def _figures(dso: Dso, days_late: Decimal | None) -> Mapping[str, Decimal | None]:
    return {
        "countback": dso.countback,
        "simple": dso.simple,
        "best_possible": dso.best_possible,
        "delinquent": dso.average_days_delinquent,
        "days_late": days_late,
    }


def _line(name: str, dash: str, width: float, past: tuple[tuple[date, Dso], ...], lang: str) -> charts.Line:
    values = [getattr(dso, name) for _, dso in past]
    return charts.Line(
        name=text(lang, f"figures.{name}"),
        values=[None if value is None else round(float(value), 2) for value in values],
        words=[_days(value, lang) for value in values],
        dash=dash,
        width=width,
    )


def _label(code: str, basis: str, lang: str) -> str:
    key = "figures.issued_today" if code == NOT_DUE and basis == Basis.ISSUE else f"bucket.{code}"
    return text(lang, key)


def _number(value: Decimal | None, lang: str) -> str:
    return _NONE if value is None else decimal(value, lang).replace("-", "\N{MINUS SIGN}")


def _days(value: Decimal | None, lang: str) -> str:
    return _NONE if value is None else text(lang, "figures.days", n=_number(value, lang))


def _invoices(code: str, on: str) -> str:
    return f"/invoices?{urlencode({'bucket': code, **({'on': on} if on else {})})}"


def _date(typed: str) -> date | None:
    """The day that an address or a box holds; a year that nobody means is still being typed."""
    try:
        found = date.fromisoformat(typed)
    except ValueError:
        return None
    return found if found.year in _YEARS else None


def _basis(typed: str) -> Basis:
    return Basis(typed) if typed in set(Basis) else Basis.DUE
