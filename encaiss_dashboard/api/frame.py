"""Pages that the house writes itself, without Reflex: no script but the one that knows the theme."""

from __future__ import annotations

from html import escape
from typing import Final

_SHEETS: Final = ("tokens", "app", "accounts", "docs")


def element(tag: str, *inner: str, **attributes: str) -> str:
    """An element; what is inside is HTML already, attributes are text (``class_`` stands for class)."""
    written = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{escape(value)}"' for name, value in attributes.items()
    )
    return f"<{tag}{written}>{''.join(inner)}</{tag}>"


def frame(lang: str, title: str, *body: str, class_: str = "") -> str:
    """A whole page; its body is HTML already."""
    sheets = "".join(f'<link rel="stylesheet" href="/{name}.css">' for name in _SHEETS)
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)} · Encaiss</title>"
        f'<link rel="icon" type="image/svg+xml" href="/favicon.svg">{sheets}<script src="/theme.js"></script>'
    )
    return (
        f'<!doctype html><html lang="{lang}"><head>{head}</head>'
        f'<body class="{escape(class_)}">{"".join(body)}</body></html>'
    )


def brand() -> str:
    """The sign of the house."""
    mark = element("span", "€", class_="mark", aria_hidden="true")
    return element("a", mark, "Encaiss", href="/", class_="brand")
