"""The Content-Security-Policy: what a page of ours may load and run (decision 0011)."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Final, NamedTuple

from reflex.utils.prerequisites import get_web_dir
from reflex_base.constants import Dirs

# Whatever is no page (files, problems, assets) loads and runs nothing, even opened on its own.
NOTHING: Final = b"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_ASSETS: Final = "assets"
# Emotion and Plotly write their rules into an empty <style> through the CSSOM, which no policy asks about.
_EMPTY: Final = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
# The one sheet that a library writes as text: that of Reflex's notices, sonner 2.0.8 in reflex.lock.
TOASTER: Final = "'sha256-StEaX+se6YS7pqjzrzMIA0KaX9zF/8zAhvQXZAe5epY='"
# The one style attribute written as text, "font-weight:bold": Plotly's <b> in what a chart says of a bar.
_BOLD: Final = "'sha256-wkY2X5hecQzbhnFCqvTpwrUJ1f4X8LH5WFjYUzv1wmU='"


class Inline(NamedTuple):
    """What stands in a page itself, as the sources of a policy."""

    scripts: frozenset[str]
    styles: frozenset[str]


def built_pages() -> Path:
    """Where Reflex puts the pages that it built and serves."""
    return get_web_dir().absolute() / Dirs.STATIC


class PagePolicy:
    """The policy of the built pages: scripts of our own files, and those that the build wrote inline."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[Path, tuple[tuple[int, int], Inline]] = {}

    def header(self) -> bytes:
        """The header's value for the pages that lie there now; reads only what changed since.

        One for all of them: an answer that says "not modified" has to carry the page's own policy.
        """
        found = [self._inline(path) for path in _pages(self._folder)]
        scripts = sorted({source for one in found for source in one.scripts})
        styles = sorted({source for one in found for source in one.styles} | {_EMPTY, TOASTER})
        return "; ".join(
            (
                "default-src 'self'",
                " ".join(("script-src 'self'", *scripts)),
                " ".join(("style-src 'self'", *styles)),
                f"style-src-attr 'unsafe-hashes' {_BOLD}",
                "img-src 'self' data: blob:",
                "font-src 'self'",
                "connect-src 'self'",
                "object-src 'none'",
                "base-uri 'self'",
                "form-action 'self'",
                "frame-ancestors 'none'",
            )
        ).encode()

    def _inline(self, path: Path) -> Inline:
        facts = path.stat()
        stamp = (facts.st_mtime_ns, facts.st_size)
        known = self._known.get(path)
        if known is None or known[0] != stamp:
            known = self._known[path] = (stamp, inline(path.read_text(encoding="utf-8")))
        return known[1]


def inline(page: str) -> Inline:
    """The sources for every script and style that a page carries inline."""
    reader = _Reader()
    # Browsers hash what they parsed, with every line ended their own way.
    reader.feed(page.replace("\r\n", "\n"))
    reader.close()
    return Inline(frozenset(map(source_of, reader.scripts)), frozenset(map(source_of, reader.styles)))


def source_of(text: str) -> str:
    """The source that allows exactly this inline text (CSP 3, 2.3.1)."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _pages(folder: Path) -> Iterator[Path]:
    for here, folders, names in os.walk(folder):
        if _ASSETS in folders:
            folders.remove(_ASSETS)
        yield from (Path(here, name) for name in names if name.endswith(".html"))


class _Reader(HTMLParser):
    """Collects the texts of scripts and styles."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.scripts: list[str] = []
        self.styles: list[str] = []
        self._into: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "script" and "src" not in dict(attrs):
            self._into = self.scripts
        elif tag == "style":
            self._into = self.styles
        if self._into is not None:
            self._into.append("")

    def handle_data(self, data: str) -> None:
        if self._into is not None:
            self._into[-1] += data

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002 - its base class's signature
        self._into = None
