"""The letter on paper: typst lays out the wording as a tagged PDF/A-2a that is also PDF/UA-1."""

from __future__ import annotations

import base64
import io
import json
import unicodedata
from dataclasses import asdict
from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path
from typing import Any, Final, cast

import segno
import typst
from PIL import Image

from encaiss_dashboard.adapters.letters.wording import Wording
from encaiss_dashboard.domain.letters import Logo
from encaiss_dashboard.domain.windows import WINDOWS

_FOLDER: Final = Path(__file__).parent
_SCREEN_PPI: Final = 84
_PAGES_SHOWN: Final = 3
# What the two font files hold: cut from Inter with pyftsubset to these ranges and to the features kern,
# ccmp, locl, mark, mkmk and tnum. Without calt, which would draw "10x20" in a number as "10×20".
# PDF/A refuses to be written with a letter that no font has.
_DRAWN: Final = frozenset(
    code
    for first, last in (
        (0x20, 0x7E), (0xA0, 0xAC), (0xAE, 0x148), (0x14A, 0x17F), (0x192, 0x192), (0x1C5, 0x1DC),
        (0x1E6, 0x1E7), (0x1F4, 0x1F5), (0x218, 0x21B), (0x37E, 0x37F), (0x384, 0x38A), (0x38C, 0x38C),
        (0x38E, 0x3A1), (0x3A3, 0x3CE), (0x400, 0x45F), (0x490, 0x491), (0x1E80, 0x1E85), (0x1E9E, 0x1E9E),
        (0x1EA0, 0x1EF9), (0x2009, 0x200A), (0x2010, 0x2015), (0x2018, 0x201E), (0x2020, 0x2022),
        (0x2026, 0x2026), (0x202F, 0x2030), (0x2032, 0x2033), (0x2039, 0x203A), (0x2044, 0x2044),
        (0x20AC, 0x20AC), (0x2116, 0x2116), (0x2122, 0x2122), (0x2190, 0x2193), (0x2212, 0x2212),
        (0x2260, 0x2260), (0x2264, 0x2265),
    )
    for code in range(first, last + 1)
)  # fmt: skip


def draw(wording: Wording, on: date, logo: Logo | None = None) -> bytes:
    """The PDF of a letter; the same wording, date and logo give the same bytes."""
    how = {
        "format": "pdf",
        "pdf_standards": ["a-2a", "ua-1"],
        "timestamp": datetime.combine(on, time(), UTC),
    }
    return cast("bytes", _compiled(wording, on, logo, how))


def pictures(wording: Wording, on: date, logo: Logo | None = None) -> tuple[bytes, ...]:
    """The first pages of the same letter as PNG, for a screen."""
    pages = _compiled(wording, on, logo, {"format": "png", "ppi": _SCREEN_PPI})
    return tuple(map(_few_colours, ([pages] if isinstance(pages, bytes) else pages)[:_PAGES_SHOWN]))


def _few_colours(png: bytes) -> bytes:
    """A page goes to the browser in a message of its own: a fifth of the bytes look the same."""
    out = io.BytesIO()
    Image.open(io.BytesIO(png)).convert("RGB").quantize(96).save(out, format="PNG", optimize=True)
    return out.getvalue()


def _compiled(wording: Wording, on: date, logo: Logo | None, how: dict[str, Any]) -> Any:
    facts = asdict(wording) | {
        "qr": _svg(wording.qr) if wording.qr else None,
        "year": on.year,
        "month": on.month,
        "day": on.day,
        "logo": _framed(logo) if logo else None,
        "safe": asdict(WINDOWS[wording.window].safe),
        "seen": asdict(WINDOWS[wording.window].seen),
    }
    # The function, not the class: a typst.Compiler shared by two threads raises "already borrowed".
    return typst.compile(
        _FOLDER / "letter.typ",
        root=_FOLDER,
        font_paths=_fonts(),
        ignore_system_fonts=True,
        sys_inputs={"letter": json.dumps(_drawable(facts), ensure_ascii=False)},
        **how,
    )


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[_FOLDER / "fonts"]
    )


def _svg(qr: segno.QRCode) -> str:
    buffer = io.BytesIO()
    qr.save(buffer, kind="svg", border=4, light="white", xmldecl=False, nl=False)
    return buffer.getvalue().decode()


def _framed(logo: Logo) -> dict[str, str | float]:
    """The picture as an SVG, for typst takes no bytes with its inputs; and its share of height in width."""
    png = base64.b64encode(logo.png).decode()
    size = f'width="{logo.width}" height="{logo.height}"'
    picture = f'<image {size} href="data:image/png;base64,{png}"/>'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{picture}</svg>'
    return {"svg": svg, "ratio": logo.height / logo.width}


def _drawable(value: Any) -> Any:
    """The same facts with letters that the fonts lack without their accents, or else as ``?``.

    The mail keeps the name as it is stored; only the paper cannot show it.
    """
    if isinstance(value, str):
        return "".join(_drawable_letter(letter) for letter in unicodedata.normalize("NFC", value))
    if isinstance(value, dict):
        return {key: _drawable(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_drawable(entry) for entry in value]
    return value


def _drawable_letter(letter: str) -> str:
    if ord(letter) in _DRAWN:
        return letter
    base = unicodedata.normalize("NFKD", letter)
    return "".join(part for part in base if ord(part) in _DRAWN) or "?"
