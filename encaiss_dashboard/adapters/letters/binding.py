"""Letters of a day as one file for the printer."""

from __future__ import annotations

import io
from collections.abc import Sequence

from pypdf import PdfReader, PdfWriter


def bound(letters: Sequence[bytes]) -> bytes:
    """The letters one after the other; behind one of an odd number of pages an empty page.

    For the printer alone: what is kept of a letter is its own file, and this one is no archive (PDF/A).
    """
    writer = PdfWriter()
    for letter in letters:
        reader = PdfReader(io.BytesIO(letter))
        # Every letter has bookmarks and tags of its own, which mean nothing in a batch.
        for page in reader.pages:
            writer.add_page(page)
        if len(reader.pages) % 2:
            writer.add_blank_page()
    writer.compress_identical_objects()
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def page_count(letter: bytes) -> int:
    """How many pages a letter has."""
    return len(PdfReader(io.BytesIO(letter)).pages)
