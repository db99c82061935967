"""XML of any length from strangers, entry by entry: no document types, no entities, no network, bounded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final, NamedTuple

from lxml import etree

from encaiss_dashboard.domain.errors import Problem

BYTES_MAX: Final = 256 << 20
PART_BYTES_MAX: Final = 24 << 20
"""What no single entry, and no head of a statement, needs; more of it is an attack."""
CHILDREN_MAX: Final = 2_000
"""Of a statement or a batch beside its entries and details."""
CONTAINERS: Final = ("Stmt", "Rpt", "Ntfctn")
_CHUNK: Final = 1 << 20
_PROLOG: Final = 4_096
_MESSAGE_CHARS: Final = 200
_DECLARED: Final = re.compile(rb"<\?xml[^>]{0,100}?encoding\s*=\s*[\"']([A-Za-z0-9._:-]+)[\"']")
_BOMS: Final = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_BLANK: Final = b"\x00\x1a \t\r\n"
_NAMESPACE: Final = re.compile(r"\{[^}]*\}")
_PLACE: Final = re.compile(r", line \d+, column \d+.*$|\(<string>.*$")


class BrokenError(Exception):
    """The file is not understood, for the reason that ``problem`` says: nothing of it counts."""

    def __init__(self, problem: Problem) -> None:
        """Keep what is said of it."""
        super().__init__(problem)
        self.problem = problem


class Coding(NamedTuple):
    """How the letters of an XML file are to be read.

    Attributes:
        encoding: instead of what the file declares, None where that is right.
        is_mended: whether it declares what it is not.
    """

    encoding: str | None
    is_mended: bool


@lru_cache(maxsize=512)
def local(tag: object) -> str:
    """The name of an element without its namespace, whatever that is.

    Raises:
        BrokenError: it is an entity, which only a document type declares.
    """
    if not isinstance(tag, str):
        raise BrokenError(Problem("bank_xml_doctype"))
    return tag.rpartition("}")[2]


def coding_of(data: bytes) -> Coding:
    """Find an encoding that is declared and cannot be: bytes that are UTF-8 by their form are UTF-8.

    Where UTF-8 is declared, or nothing is, and some byte does not fit, the file is of Western Europe
    (cp1252), as older programs of banks write it.
    """
    if data.startswith(_BOMS) or b"\x00" in data[:4]:
        return Coding(None, is_mended=False)
    found = _DECLARED.search(data[:_PROLOG])
    declared = found[1].decode("ascii").lower() if found else "utf-8"
    try:
        is_ascii = data.isascii()
        data.decode("utf-8")
    except UnicodeDecodeError:
        is_utf8 = declared in {"utf-8", "utf8", "us-ascii", "ascii"} or declared.startswith("utf-16")
        return Coding("cp1252", is_mended=True) if is_utf8 else Coding(None, is_mended=False)
    if declared in {"utf-8", "utf8"} or (is_ascii and not declared.startswith(("utf-16", "utf-32", "ucs"))):
        return Coding(None, is_mended=False)
    return Coding("utf-8", is_mended=True)


def stream(data: bytes, most: int = BYTES_MAX) -> Iterator[Any]:
    """The elements that matter, each as soon as it is complete: details, entries, statements.

    What was given is gone when the next one comes: a file of a million entries takes the room of one.

    Raises:
        BrokenError: no XML, more than it may hold, or something XML of a bank never has.
    """
    data = data.strip(_BLANK) if b"\x00" not in data[:4] else data
    if len(data) > most:
        raise BrokenError(_too_large())
    # Told before parsing wherever the letters are readable; what hides it is found afterwards.
    if b"<!DOCTYPE" in data[:_PROLOG].replace(b"\x00", b""):
        raise BrokenError(Problem("bank_xml_doctype"))
    names = tuple(f"{{*}}{name}" for name in ("TxDtls", "Ntry", *CONTAINERS))
    parser = etree.XMLPullParser(
        events=("end",),
        tag=names,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        recover=False,
        remove_comments=True,
        remove_pis=True,
        encoding=coding_of(data).encoding,
    )
    silent = 0
    try:
        for start in range(0, len(data), _CHUNK):
            parser.feed(data[start : start + _CHUNK])
            silent += _CHUNK
            for _, element in parser.read_events():
                silent = 0
                yield element
                _forget(element)
            if silent > PART_BYTES_MAX:
                raise BrokenError(_too_large())
        root = parser.close()
    except (etree.XMLSyntaxError, ValueError, LookupError) as error:
        raise BrokenError(_broken(data, error)) from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise BrokenError(Problem("bank_xml_doctype"))


def _forget(element: Any) -> None:
    """Let go of what was told: of the element before this one, as this one is still being read."""
    before = element.getprevious()
    parent = element.getparent()
    if parent is None:
        return
    if before is not None and before.tag == element.tag:
        parent.remove(before)
    elif len(parent) > CHILDREN_MAX:
        raise BrokenError(_too_large())


def _too_large() -> Problem:
    return Problem("bank_xml_too_large", facts={"expected": str(BYTES_MAX >> 20)})


def _broken(data: bytes, error: Exception) -> Problem:
    message = " ".join(_NAMESPACE.sub("", _PLACE.sub("", str(error))).split())[:_MESSAGE_CHARS]
    line = getattr(error, "lineno", None)
    if data.count(b"<?xml ") > 1:
        return Problem("bank_xml_several", line, facts={"found": str(data.count(b"<?xml "))})
    return Problem("bank_xml_broken", line, facts={"message": message})
