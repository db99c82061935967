"""Where an address has to stand on a folded sheet, so that an envelope's window shows it and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

ENVELOPE: Final = (220, 110)
"""Width and height of a DL envelope in mm (ISO 269)."""
_SHEET: Final = (210, 99)
"""A sheet of A4 folded in three, in mm."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on the sheet, in mm from its left and upper edge."""

    left: int
    top: int
    right: int
    bottom: int


@dataclass(frozen=True, slots=True)
class Window:
    """The window of a DL envelope, in mm from the envelope's left and upper edge.

    The sheet slides in it: by as much as the envelope is larger.

    Attributes:
        width, height: of the window.
        source: where the figures are from.
    """

    left: int
    top: int
    width: int
    height: int
    source: str

    @property
    def safe(self) -> Box:
        """What is within the window however the sheet lies: here stands the address."""
        across, down = (envelope - sheet for envelope, sheet in zip(ENVELOPE, _SHEET, strict=True))
        return Box(self.left, self.top, self.left + self.width - across, self.top + self.height - down)

    @property
    def seen(self) -> Box:
        """What the window may show, as the sheet lies: here stands nothing else."""
        across, down = (envelope - sheet for envelope, sheet in zip(ENVELOPE, _SHEET, strict=True))
        return Box(self.left - across, self.top - down, self.left + self.width, self.top + self.height)


WINDOWS: Final[Mapping[str, Window]] = {
    "be_right": Window(
        100,
        35,
        100,
        45,
        "45 × 100 mm, 20 mm from the right and 30 mm from the bottom: bpost asks for 30 mm free below a"
        " window, 15 mm at its right (MassPost guide, Small Format)",
    ),
    "fr_right": Window(
        100, 45, 100, 45, "45 × 100 mm, 20 mm from the right and from the bottom: the usual French DL (M)"
    ),
    "fr_right_35": Window(
        100,
        55,
        100,
        35,
        "35 × 100 mm, 20 mm from the right and from the bottom; French printers place the address 55 mm from"
        " the top and 110 mm from the left for it (M)",
    ),
    "be_left": Window(
        20, 35, 90, 45, "45 × 90 mm, 20 mm from the left and 30 mm from the bottom, as bpost asks (M)"
    ),
}
"""The windows that the house can write for; M: secondary sources, so a first print is laid in by hand."""
DEFAULT: Final = "be_right"
