"""A client's logo: what was uploaded is only looked at, and drawn anew as a small picture of our own.

Nothing of the file itself travels further: no metadata, no colour profile, no second frame, no bytes
behind its end. Only PNG and JPEG are opened, an SVG is a program of its own; how large a picture would
become is read before a single pixel is.
"""

from __future__ import annotations

import io
from typing import Final

from PIL import Image, ImageOps

from encaiss_dashboard.domain.errors import Refusal
from encaiss_dashboard.domain.letters import Logo, LogoTooLarge, LogoUnreadable

BYTES_MAX: Final = 2**20
SIDE_MAX: Final = 4_000
"""Pixels of a side, before it is made smaller."""
_DRAWN: Final = (640, 240)
_SIDE_MIN: Final = 16
_RATIO_MAX: Final = 12


def logo(data: bytes) -> Logo:
    """The picture on white, at most 640 × 240 pixels.

    Raises:
        LogoTooLarge: more bytes or pixels than a logo has.
        LogoUnreadable: no whole PNG or JPEG, or too small or too long to be a logo.
    """
    if len(data) > BYTES_MAX:
        raise _too_large()
    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG")) as given:
            _measured(*given.size)
            pixels = ImageOps.exif_transpose(given).convert("RGBA")
    except Refusal:
        raise
    except Exception as error:
        raise LogoUnreadable from error
    drawn = Image.new("RGBA", pixels.size, "white")
    drawn.alpha_composite(pixels)
    drawn.thumbnail(_DRAWN, Image.Resampling.LANCZOS)
    small = drawn.convert("RGB")
    out = io.BytesIO()
    small.save(out, format="PNG", optimize=True)
    return Logo(out.getvalue(), *small.size)


def _measured(width: int, height: int) -> None:
    if max(width, height) > SIDE_MAX:
        raise _too_large()
    if min(width, height) < _SIDE_MIN or max(width, height) > _RATIO_MAX * min(width, height):
        raise LogoUnreadable


def _too_large() -> LogoTooLarge:
    return LogoTooLarge(megabytes=str(BYTES_MAX // 2**20), pixels=str(SIDE_MAX))
