"""Figures for Plotly: the facts from the server, the colours of both themes from the tokens.

A figure travels without any colour: its traces take theirs from the theme's ``colorway``, in order,
so that switching light and dark costs no round trip. Every word and number in it is already written
in the reader's language.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final

_TOKENS: Final = Path(__file__).resolve().parent.parent.parent / "assets" / "tokens.css"
_RULE: Final = re.compile(r"(:root(?:\.dark)?)\{(.*?)\}", re.DOTALL)
_TOKEN: Final = re.compile(r"--([\w-]+):\s*(#[0-9a-f]{6})")
_CLEAR: Final = "rgba(0,0,0,0)"
# Decimal sign, then the sign between thousands.
_SEPARATORS: Final = {"fr": ",\u202f", "nl": ",.", "en": ".,"}
# The widest bar leaves room for its label at its end, on a telephone too.
_ROOM: Final = 1.62

BAR_TOKENS: Final = ("not-due", "d30", "d60", "d90", "d90p")
LINE_TOKENS: Final = ("accent", "d60", "ink-3", "info")
CONFIG: Final = {"displayModeBar": False, "responsive": True, "scrollZoom": False, "doubleClick": False}

Figure = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Bar:
    """One horizontal bar: its name, length, the words at its end and those shown on it."""

    name: str
    value: float
    label: str
    hover: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line over dates; None leaves a gap. ``words`` are its values as they are read.

    Attributes:
        dash: ``solid``, ``dash`` or ``dot``, so that lines differ without their colours too.
    """

    name: str
    values: Sequence[float | None]
    words: Sequence[str]
    dash: str
    width: float


@cache
def tokens(dark: bool) -> dict[str, str]:  # noqa: FBT001 - the one question there is
    """The colours of a theme by token, read from the stylesheet that the pages use."""
    found: dict[str, str] = {}
    for selector, body in _RULE.findall(_TOKENS.read_text(encoding="utf-8")):
        if dark or selector == ":root":
            found |= dict(_TOKEN.findall(body))
    return found


def theme(colours: Sequence[str], *, dark: bool) -> Figure:
    """What a theme adds to a figure: the colours of its traces, by token and in order, and of its frame."""
    ink = tokens(dark)
    axis = {"gridcolor": ink["line"], "linecolor": ink["line"], "zerolinecolor": ink["line"]}
    return {
        "paper_bgcolor": _CLEAR,
        "plot_bgcolor": _CLEAR,
        "colorway": [ink[name] for name in colours],
        "font": {"family": "Inter, system-ui, sans-serif", "size": 12, "color": ink["ink-2"]},
        "hoverlabel": {
            "bgcolor": ink["card"],
            "bordercolor": ink["line"],
            "font": {"family": "Inter, system-ui, sans-serif", "size": 12.5, "color": ink["ink"]},
        },
        "xaxis": axis,
        "yaxis": axis,
    }


def bars(rows: Sequence[Bar], lang: str) -> Figure:
    """Horizontal bars from top to bottom, one trace each."""
    low, high = min(0.0, *(row.value for row in rows)), max(0.0, *(row.value for row in rows))
    return {
        "data": [
            {
                "type": "bar",
                "orientation": "h",
                "name": row.name,
                "x": [row.value],
                "y": [row.name],
                "text": [row.label],
                "customdata": [row.hover],
                "hovertemplate": "%{customdata}<extra></extra>",
                "textposition": "outside",
                "cliponaxis": False,
                "width": 0.64,
            }
            for row in rows
        ],
        "layout": {
            "autosize": True,
            "barmode": "overlay",
            "showlegend": False,
            "dragmode": False,
            "hovermode": "closest",
            "separators": _SEPARATORS[lang],
            "margin": {"l": 8, "r": 4, "t": 4, "b": 4},
            "xaxis": {"visible": False, "fixedrange": True, "range": [low * _ROOM, (high or 1.0) * _ROOM]},
            "yaxis": {
                "autorange": "reversed",
                "automargin": True,
                "fixedrange": True,
                "showgrid": False,
                "ticklabelstandoff": 6,
            },
        },
    }


def lines(
    days: Sequence[date],
    rows: Sequence[Line],
    ticks: Sequence[tuple[date, str]],
    mark: tuple[date, str] | None,
    lang: str,
) -> Figure:
    """Lines over dates on one axis from zero; ``mark`` is a day worth a line of its own."""
    at = [day.isoformat() for day in days]
    top = max((value for row in rows for value in row.values if value is not None), default=0.0)
    traces: list[Figure] = [
        {
            "type": "scatter",
            "mode": "lines+markers",
            "name": row.name,
            "x": at,
            "y": list(row.values),
            "customdata": list(row.words),
            "hovertemplate": "%{customdata}<extra>%{fullData.name}</extra>",
            "line": {"dash": row.dash, "width": row.width},
            "marker": {"size": row.width + 2.5},
            "connectgaps": False,
        }
        for row in rows
    ]
    if mark is not None:
        day, words = mark
        traces.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": words,
                "x": [day.isoformat()] * 2,
                "y": [0, top * 1.05],
                "line": {"dash": "dot", "width": 1.5},
                "hoverinfo": "skip",
            }
        )
    return {"data": traces, "layout": _line_layout(ticks, lang)}


def _line_layout(ticks: Sequence[tuple[date, str]], lang: str) -> Figure:
    return {
        "autosize": True,
        "dragmode": False,
        "hovermode": "x unified",
        "separators": _SEPARATORS[lang],
        "margin": {"l": 8, "r": 10, "t": 6, "b": 8},
        "legend": {"orientation": "h", "x": 0, "y": -0.14, "yanchor": "top", "itemclick": False},
        "xaxis": {
            "type": "date",
            "fixedrange": True,
            "automargin": True,
            "showgrid": False,
            "showspikes": False,
            "unifiedhovertitle": {"text": "%{x|%d/%m/%Y}"},
            "tickvals": [day.isoformat() for day, _ in ticks],
            "ticktext": [words for _, words in ticks],
            "tickangle": 0,
        },
        "yaxis": {
            "fixedrange": True,
            "automargin": True,
            "rangemode": "tozero",
            "nticks": 6,
            "ticklabelstandoff": 6,
        },
    }
