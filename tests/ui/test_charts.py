"""Figures as Plotly gets them: no colour travels, both themes have one for every trace."""

from __future__ import annotations

import re
from datetime import date

import pytest

from encaiss_dashboard.locales import LANGUAGES
from encaiss_dashboard.ui import charts
from encaiss_dashboard.ui.charts import BAR_TOKENS, LINE_TOKENS, Bar, Line

BARS = [Bar(name, value, f"{value} €", name) for name, value in (("a", 10.0), ("b", -2.0), ("c", 0.0))]
DAYS = [date(2026, 9, 30), date(2026, 10, 31)]
LINES = [Line("DSO", [None, 41.8], ["–", "41,8 jours"], "solid", 3.0)]


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("names", [BAR_TOKENS, LINE_TOKENS])
def test_each_theme_has_its_own_colour_for_every_trace(names, dark):
    colours = charts.theme(names, dark=dark)["colorway"]
    assert len(set(colours)) == len(names)
    assert all(re.fullmatch("#[0-9a-f]{6}", colour) for colour in colours)
    assert set(colours).isdisjoint(charts.theme(names, dark=not dark)["colorway"])


def test_no_colour_travels_with_the_figures():
    for figure in (charts.bars(BARS, "fr"), charts.lines(DAYS, LINES, [], None, "fr")):
        assert "#" not in str(figure)
        assert "color" not in str(figure)


def test_bars_stand_in_order_one_trace_each_and_negative_ones_stay_in_sight():
    figure = charts.bars(BARS, "fr")
    assert [trace["y"] for trace in figure["data"]] == [["a"], ["b"], ["c"]]
    low, high = figure["layout"]["xaxis"]["range"]
    assert low < -2 < 10 < high


def test_bars_of_nothing_still_have_an_axis():
    low, high = charts.bars([Bar("a", 0.0, "0 €", "a")], "fr")["layout"]["xaxis"]["range"]
    assert low == 0 < high


def test_a_gap_stays_a_gap_and_the_mark_is_a_line_of_its_own():
    figure = charts.lines(DAYS, LINES, [(DAYS[0], "sept.")], (date(2026, 10, 5), "Délégation"), "fr")
    line, mark = figure["data"]
    assert line["y"] == [None, 41.8]
    assert not line["connectgaps"]
    assert mark["x"] == ["2026-10-05", "2026-10-05"]
    assert len(figure["data"]) <= len(LINE_TOKENS)


def test_without_a_delegation_there_is_no_mark():
    assert len(charts.lines(DAYS, LINES, [], None, "fr")["data"]) == 1


@pytest.mark.parametrize("lang", LANGUAGES)
def test_numbers_on_the_axes_are_written_as_the_reader_writes_them(lang):
    decimal_sign = {"fr": ",", "nl": ",", "en": "."}[lang]
    assert charts.bars(BARS, lang)["layout"]["separators"][0] == decimal_sign
