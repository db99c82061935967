"""Workbooks for tests: the same sheets as XLSX and as ODS, with what real ones hold beside plain cells."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import xlsxwriter

GOLDEN = Path(__file__).parent / "adapters" / "golden" / "workbooks"
ODS = "application/vnd.oasis.opendocument.spreadsheet"
_SPACES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
)
_CALC = 'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'
_MANIFEST = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"


@dataclass(frozen=True)
class Formula:
    """A cell that was computed: what a spreadsheet kept of it."""

    text: str
    value: Any


@dataclass(frozen=True)
class Failed:
    """A formula that gave an error."""

    error: str


def xlsx(sheets: dict[str, list[list[Any]]], *, hidden: tuple[str, ...] = (), **options: Any) -> bytes:
    """Sheets of rows of cells; None is an empty one."""
    whole = io.BytesIO()
    with xlsxwriter.Workbook(whole, {"in_memory": True, **options}) as book:
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            if name in hidden:
                sheet.hide()
            for line, cells in enumerate(rows):
                for place, value in enumerate(cells):
                    _write(sheet, line, place, value, day)
    return whole.getvalue()


def _write(sheet: Any, line: int, place: int, value: Any, day: Any) -> None:
    if isinstance(value, Failed):
        sheet.write_formula(line, place, "=1/0", None, value.error)
    elif isinstance(value, Formula):
        sheet.write_formula(line, place, f"={value.text}", None, value.value)
    elif isinstance(value, date):
        sheet.write_datetime(line, place, value, day)
    elif isinstance(value, bool):
        sheet.write_boolean(line, place, value)
    elif isinstance(value, int | float):
        sheet.write_number(line, place, value)
    elif value is not None:
        sheet.write_string(line, place, value)


def ods(sheets: dict[str, list[list[Any]]], **more: bytes) -> bytes:
    """The same in OpenDocument, empty cells and rows counted instead of written; ``more`` are other parts."""
    tables = "".join(
        f"<table:table table:name={quoteattr(name)}>{''.join(map(_row, rows))}"
        '<table:table-row table:number-rows-repeated="1048000"><table:table-cell/></table:table-row>'
        "</table:table>"
        for name, rows in sheets.items()
    )
    content = (
        f"<office:document-content {_SPACES} {_CALC}><office:body><office:spreadsheet>{tables}"
        "</office:spreadsheet></office:body></office:document-content>"
    )
    return packed({"content.xml": content.encode(), "META-INF/manifest.xml": manifest(), **more})


def packed(parts: dict[str, bytes]) -> bytes:
    """Parts of an OpenDocument spreadsheet as its file."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("mimetype"), ODS)
        for name, data in parts.items():
            archive.writestr(name, data)
    return whole.getvalue()


def manifest(entry: str = "") -> bytes:
    """What an OpenDocument file says it holds; ``entry`` stands within the line of its content."""
    return (
        f'<manifest:manifest xmlns:manifest="{_MANIFEST}">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{ODS}"/>'
        f'<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml">{entry}'
        "</manifest:file-entry></manifest:manifest>"
    ).encode()


def _row(cells: list[Any]) -> str:
    written = []
    empty = 0
    for value in cells:
        if value is None:
            empty += 1
            continue
        if empty:
            written.append(f'<table:table-cell table:number-columns-repeated="{empty}"/>')
            empty = 0
        written.append(_cell(value))
    return f"<table:table-row>{''.join(written) or '<table:table-cell/>'}</table:table-row>"


def _cell(value: Any) -> str:
    formula = ""
    if isinstance(value, Failed):
        return (
            '<table:table-cell table:formula="of:=1/0" office:value-type="string" office:string-value="" '
            f'calcext:value-type="error"><text:p>{escape(value.error)}</text:p></table:table-cell>'
        )
    if isinstance(value, Formula):
        formula, value = f" table:formula={quoteattr('of:=' + value.text)}", value.value
    if isinstance(value, bool):
        return f'<table:table-cell office:value-type="boolean" office:boolean-value="{str(value).lower()}"/>'
    if isinstance(value, int | float):
        kind = f'office:value-type="float" office:value="{value!r}"'
    elif isinstance(value, date):
        text = value.isoformat() if isinstance(value, datetime) else str(value)
        kind = f'office:value-type="date" office:date-value="{text}"'
    else:
        kind = 'office:value-type="string"'
    return f"<table:table-cell{formula} {kind}><text:p>{escape(str(value))}</text:p></table:table-cell>"
