"""The mail as a screen gets it: with its pictures, without a style that the page’s policy would refuse."""

import re
from dataclasses import replace

from golden_letters import all_letters

from encaiss_dashboard.adapters.letters import write_statement
from encaiss_dashboard.domain.letters import Party
from encaiss_dashboard.ui.texts_state import _within

HOSTILE = 'X style="a" <h1>Y</h1> <style>z</style>'
LETTER = replace(dict(all_letters())["fr-own"], debtor=Party(HOSTILE, "", ("5590 Ciney",)))


def test_a_preview_has_every_picture_in_it_and_no_style_of_its_own():
    shown = _within(write_statement(LETTER))
    assert shown.count("data:image/png;base64,") == 2  # the code and the logo
    assert "cid:" not in shown
    tags = re.findall(r"<[^<>]*>", shown)
    assert not [tag for tag in tags if re.search(r"\sstyle=|^</?(h1|style)", tag)]
    assert sum("data-css=" in tag for tag in tags) > 20


def test_what_only_looks_like_markup_stays_words():
    assert 'X style="a" &lt;h1&gt;Y&lt;/h1&gt; &lt;style&gt;z&lt;/style&gt;' in _within(
        write_statement(LETTER)
    )
