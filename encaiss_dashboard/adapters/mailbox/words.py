"""What a person wrote, out of the parts of a mail: plain text, bounded, with and without what is quoted."""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from email.message import Message
from typing import Any, Final

from lxml import etree
from mailparser_reply import EmailReplyParser

TEXT_LENGTH_MAX: Final = 200_000
# Beyond it nothing is taken away: what looks for the quoted part is quadratic on some texts.
_PARTED_LENGTH_MAX: Final = 12_000
_PARTED_LINES_LONG: Final = 2_000
_HTML_LENGTH_MAX: Final = 1_000_000
_DEPTH_MAX: Final = 25
_UNSEEN: Final = frozenset({"head", "script", "style", "title", "template", "noscript", "svg", "object"})
_LINES: Final = frozenset(
    {
        *("address", "article", "blockquote", "br", "div", "dl", "dt", "fieldset", "footer", "form"),
        *("h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "ol", "p", "pre", "section"),
        *("table", "tr", "ul"),
    }
)
# Of several bytes a letter: text in one of these may look like UTF-8 by accident, or never.
_WIDE: Final = re.compile(r"utf-?(7|16|32)|iso-?2022|gb|big5|euc|shift|sjis|hz|johab|cp9[345]\d")
_TURNING: Final = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
# What the library does not know: "Op ma 23 nov. 2026 om 10:00 schreef Agence <a@b>:" and the like.
_ANSWERS: Final = re.compile(
    r"^(?:Op|Le|On|Am) [^\n]{5,200}?(?:schreef|a écrit|wrote|schrieb)[^\n]{0,200}:[ \t]*\n(?=\s{0,9}>)",
    re.MULTILINE,
)
_PARSER: Final = EmailReplyParser(languages=["fr", "nl", "en", "de"])


def written(message: Message[Any, Any]) -> str:
    """What a mail says to its reader, quoted history included."""
    return plain("\n".join(part for part in _said(message, 0) if part.strip()))


def without_quotes(text: str) -> str:
    """What was newly written, above the mail that it answers; all of it when that cannot be told."""
    if len(text) > _PARTED_LENGTH_MAX or any(len(line) > _PARTED_LINES_LONG for line in text.splitlines()):
        return text
    with suppress(Exception):  # the library's patterns meet strangers' texts
        found = _PARSER.read(text).replies
        new = found[0].content.strip() if found else ""
        if new == text.strip():
            new = _above(text).strip()
        # Not even a word of one's own: an answer between the quoted lines, or below them.
        return new if re.search(r"\w\w", new) else text
    return text


def _above(text: str) -> str:
    """What stands above the line that begins a quotation, where nothing but the quotation follows."""
    begins = _ANSWERS.search(text)
    if begins is None:
        return text
    below = text[begins.end() :].splitlines()
    quoted = all(line.startswith(">") or not line.strip() for line in below)
    return text[: begins.start()] if quoted else text


def _said(part: Message[Any, Any], depth: int) -> Iterator[str]:
    """The text of a part: of alternatives one (RFC 2046 §5.1.4), plain where there is any."""
    if depth > _DEPTH_MAX:
        return
    if part.get_content_maintype() == "multipart" and part.is_multipart():
        inner = [one for one in part.get_payload() if isinstance(one, Message)]
        if part.get_content_subtype() != "alternative":
            for one in inner:
                yield from _said(one, depth + 1)
            return
        said = [(one, "\n".join(_said(one, depth + 1))) for one in inner]
        plain_first = sorted(said, key=lambda pair: pair[0].get_content_type() != "text/plain")
        yield next((words for _, words in plain_first if words.strip()), "")
    elif is_text(part):
        words = decoded(part)
        yield words if part.get_content_subtype() == "plain" else html_text(words)


def is_text(part: Message[Any, Any]) -> bool:
    """Whether a part is meant to be read in the mail itself, and not a file beside it."""
    beside = str(part.get("content-disposition", "")).strip().lower().startswith("attachment")
    return part.get_content_type() in {"text/plain", "text/html"} and not beside and not named(part)


def named(part: Message[Any, Any]) -> str:
    """The file name that a part says it has, "" without one."""
    with suppress(Exception):  # parameters are as broken as headers
        return str(part.get_filename() or "")
    return ""


def decoded(part: Message[Any, Any]) -> str:
    """The text of a part, whatever it says of its letters."""
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes):
        return ""
    declared = ""
    with suppress(Exception):  # a charset may be any nonsense
        declared = str(part.get_content_charset() or "").lower()
    if not _WIDE.search(declared):
        # What is well-formed UTF-8 is hardly ever anything else, whatever it is said to be.
        with suppress(UnicodeDecodeError):
            return data.decode()
    with suppress(LookupError, ValueError):
        if declared and codecs.lookup(declared)._is_text_encoding:  # noqa: SLF001 - the only way to tell "base64" from letters
            return data.decode(declared)
    return data.decode("cp1252", "replace")


def html_text(page: str) -> str:
    """The words of an HTML page, its blocks on lines of their own; nothing of it is ever shown as HTML."""
    parser = etree.HTMLParser(no_network=True, remove_comments=True, remove_pis=True, encoding="utf-8")
    try:
        root = etree.fromstring(page[:_HTML_LENGTH_MAX].encode("utf-8", "replace"), parser)
    except (etree.LxmlError, ValueError):
        return ""
    if root is None:
        return ""
    said: list[str] = []
    hidden = 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        tag = element.tag if isinstance(element.tag, str) else "script"
        if event == "start":
            hidden += tag in _UNSEEN
            if tag in _LINES and not hidden:
                said.append("\n")
            if element.text and not hidden:
                said.append(_spaced(element.text))
            continue
        hidden -= tag in _UNSEEN
        if tag in _LINES and tag != "br" and not hidden:
            said.append("\n")
        if element.tail and not hidden:
            said.append(_spaced(element.tail))
    return re.sub(r" *\n *", "\n", "".join(said))


def _spaced(words: str) -> str:
    return re.sub(r"[ \t\r\n\f]+", " ", words)


def plain(text: str) -> str:
    """Text without control characters, tails of spaces and heaps of empty lines, cut to what is kept."""
    lines = text[: 2 * TEXT_LENGTH_MAX].replace("\r\n", "\n").replace("\r", "\n").split("\n")
    kept = ("".join(c for c in line if _shows(c)).rstrip() for line in lines)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip("\n")[:TEXT_LENGTH_MAX]


def _shows(letter: str) -> bool:
    return letter == "\t" or (letter not in _TURNING and unicodedata.category(letter) not in {"Cc", "Cs"})
