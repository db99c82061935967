"""Cells of a workbook in which a formula failed: the library that opens workbooks reads them as empty."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from lxml import etree

from encaiss_dashboard.adapters.invoice_files import compound
from encaiss_dashboard.adapters.invoice_files.rows import SHEET_ERROR
from encaiss_dashboard.domain.intake import Format

Failures = dict[int, dict[int, str]]
"""What formulas gave where they failed: by 1-based row and 0-based column."""
_MOST: Final = 100_000
_CHUNK: Final = 1 << 20
_SMALL_PART: Final = 8 << 20
_LONGEST_CELL: Final = 1 << 14
_CELL: Final = re.compile(
    rb'<(?:\w+:)?c\b(?=[^>]*\bt="e")(?=[^>]*\br="([A-Z]{1,3})([0-9]{1,7})")[^>]*>'
    rb"(?:<(?:\w+:)?f\b[^<]*(?:/>|</(?:\w+:)?f>))?<(?:\w+:)?v>([^<]{1,20})<"
)
_TABLE: Final = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_TEXT: Final = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}p"
_VALUE_TYPE: Final = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}value-type"
_SIGNS: Final = re.compile(rb'value-type="error"|>(?:#[A-Z]|Err:5)')
_UNNAMED: Final = "Err:504"
_STRICT: Final[dict[str, Any]] = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "huge_tree": False,
}


def failures(source: Path, kind: Format, sheet: str) -> Failures:
    """The failed cells of a sheet, the first hundred thousand.

    Args:
        source: a workbook that was found to be no bomb.
        kind: what it is.
        sheet: the name of the sheet.
    """
    if kind == "xls":
        with compound.opened(source) as parts:
            return compound.failures(parts.workbook(), sheet, _MOST)
    with zipfile.ZipFile(source) as parts:
        if kind == "ods":
            return _of_ods(parts, sheet)
        part = _part_of(parts, sheet)
        return _of_xlsx(parts, part) if part else {}


def _part_of(parts: zipfile.ZipFile, sheet: str) -> str | None:
    """The part of an XLSX that holds a sheet."""
    targets: dict[str, str] = {}
    for relation in _xml(parts, "xl/_rels/workbook.xml.rels"):
        targets[str(relation.get("Id"))] = str(relation.get("Target"))
    for element in _xml(parts, "xl/workbook.xml"):
        if etree.QName(element).localname == "sheet" and element.get("name") == sheet:
            key = next((v for k, v in element.attrib.items() if str(k).endswith("}id")), "")
            target = targets.get(str(key), "")
            part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            return part if part in parts.namelist() else None
    return None


def _xml(parts: zipfile.ZipFile, name: str) -> Iterator[Any]:
    """Elements of a small part; nothing that is not well formed, and nothing from elsewhere."""
    try:
        info = parts.getinfo(name)
        if info.file_size > _SMALL_PART:
            return
        yield from etree.fromstring(parts.read(info), etree.XMLParser(**_STRICT)).iter(etree.Element)
    except (KeyError, etree.XMLSyntaxError):
        return


def _of_xlsx(parts: zipfile.ZipFile, part: str) -> Failures:
    found: Failures = {}
    count, before = 0, b""
    with parts.open(part) as stream:
        while (chunk := stream.read(_CHUNK)) and count < _MOST:
            text = before + chunk
            before = text[-_LONGEST_CELL:]
            if b't="e"' not in text:
                continue
            for match in _CELL.finditer(text):
                count += 1
                found.setdefault(int(match[2]), {})[_column(match[1])] = match[3].decode(errors="replace")
    return found


def _column(letters: bytes) -> int:
    """0-based position of a column by its letters."""
    position = 0
    for letter in letters:
        position = position * 26 + letter - ord("A") + 1
    return position - 1


def _of_ods(parts: zipfile.ZipFile, sheet: str) -> Failures:
    found: Failures = {}
    try:
        if not _has_signs(parts):
            return found
        with parts.open("content.xml") as stream:
            count = 0
            for row, times, element in _rows(stream, sheet):
                failed = dict(_failed(element))
                for again in range(times if failed else 0):
                    found[row + again] = failed
                    count += len(failed)
                    if count > _MOST:
                        return found
    except (KeyError, etree.XMLSyntaxError):
        # What cannot be parsed the library refuses for itself.
        return found
    return found


def _has_signs(parts: zipfile.ZipFile) -> bool:
    """Whether it is worth parsing: most workbooks hold no error."""
    before = b""
    with parts.open("content.xml") as stream:
        while chunk := stream.read(_CHUNK):
            if _SIGNS.search(before + chunk):
                return True
            before = chunk[-100:]
    return False


def _rows(stream: Any, sheet: str) -> Iterator[tuple[int, int, Any]]:
    """Rows of a sheet with their number from 1 and how often each is repeated."""
    row, depth, name = 1, 0, ""
    for event, element in etree.iterparse(
        stream, events=("start", "end"), tag=(f"{_TABLE}table", f"{_TABLE}table-row"), **_STRICT
    ):
        if element.tag == f"{_TABLE}table":
            depth += 1 if event == "start" else -1
            if depth == 1 and event == "start":
                row, name = 1, element.get(f"{_TABLE}name", "")
        elif event == "end" and depth == 1:
            times = _repeated(element, "rows")
            if name == sheet:
                yield row, times, element
            row += times
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]


def _failed(row: Any) -> Iterator[tuple[int, str]]:
    column = 0
    for cell in row.iterchildren(f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"):
        text = " ".join((cell.findtext(_TEXT) or "").split())
        is_error = SHEET_ERROR.fullmatch(text) is not None
        if cell.get(_VALUE_TYPE) == "error" or (is_error and cell.get(f"{_TABLE}formula")):
            yield column, text if is_error else _UNNAMED
        column += _repeated(cell, "columns")


def _repeated(element: Any, what: str) -> int:
    stated = element.get(f"{_TABLE}number-{what}-repeated", "1")
    return int(stated) if stated.isdecimal() and len(stated) < len("10000000") else 1
