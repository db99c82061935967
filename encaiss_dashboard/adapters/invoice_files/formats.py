"""What a file is, told by its content alone: a name is only what somebody called it."""

from __future__ import annotations

import re
import zipfile
from enum import StrEnum
from pathlib import Path
from typing import Final

from encaiss_dashboard.adapters.invoice_files.containers import DIRECTORY_BYTES_MAX, directory_bytes
from encaiss_dashboard.adapters.invoice_files.dialect import foreign_format

_HEAD_BYTES: Final = 65_536
_TAIL_BYTES: Final = 65_536
_PDF_WITHIN: Final = 1_024
_MARKS: Final = b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n"
_TAR: Final = slice(257, 262)
_XML: Final = re.compile(rb"<(?:\?xml|!--|!doctype|[a-z_])", re.IGNORECASE)
_PAGE: Final = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|table|meta|body)",
    re.IGNORECASE | re.DOTALL,
)
_JSON: Final = re.compile(rb"[\[{]\s*(?:[\[{\"}\]]|-?[0-9]|true|false|null)")
_WORKBOOK_PARTS: Final = frozenset({"xl/workbook.xml", "xl/workbook.bin"})
_OFFICE_PARTS: Final = ("word/", "ppt/", "visio/")
_SPREADSHEET: Final = b"application/vnd.oasis.opendocument.spreadsheet"
_OPEN_DOCUMENT: Final = b"application/vnd.oasis.opendocument"
_MIME_BYTES: Final = 100


class Shape(StrEnum):
    """Which reader a file is for; ``OTHER`` is for none."""

    TABLE = "csv"
    XLSX = "xlsx"
    XLS = "xls"
    ODS = "ods"
    XML = "xml"
    PDF = "pdf"
    ZIP = "zip"
    JSON = "json"
    OTHER = ""


WORKBOOKS: Final = frozenset({Shape.XLSX, Shape.XLS, Shape.ODS})
# First bytes: what they are a sign of, and the problem of a file that begins so.
_FOREIGN: Final = (
    (b"\x1f\x8b", "file_archive"),
    (b"BZh", "file_archive"),
    (b"\xfd7zXZ", "file_archive"),
    (b"\x28\xb5\x2f\xfd", "file_archive"),
    (b"7z\xbc\xaf\x27\x1c", "file_archive"),
    (b"Rar!\x1a\x07", "file_archive"),
    (b"MSCF", "file_archive"),
    (b"MZ", "file_program"),
    (b"\x7fELF", "file_program"),
    (b"\xfe\xed\xfa\xce", "file_program"),
    (b"\xfe\xed\xfa\xcf", "file_program"),
    (b"\xce\xfa\xed\xfe", "file_program"),
    (b"\xcf\xfa\xed\xfe", "file_program"),
    (b"\xca\xfe\xba\xbe", "file_program"),
    (b"#!", "file_program"),
    (b"\x89PNG\r\n\x1a\n", "file_image"),
    (b"\xff\xd8\xff", "file_image"),
    (b"GIF8", "file_image"),
    (b"II*\x00", "file_image"),
    (b"MM\x00*", "file_image"),
)


def shape_of(path: Path) -> tuple[Shape, str]:
    """Which reader a file is for, and the problem code of one that is for none."""
    head, tail = _ends(path)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _container(path)
    code = _foreign(head)
    if code:
        return Shape.OTHER, code
    shape = _shape(head, tail)
    if shape is not Shape.TABLE:
        return shape, "file_xml" if shape is Shape.OTHER else ""
    code = foreign_format(head, tail, path.stat().st_size) or ""
    return Shape.OTHER if code else Shape.TABLE, code


def _foreign(head: bytes) -> str:
    """Problem code of what is told by its first bytes and read by nobody here."""
    if head[_TAR] == b"ustar":
        return "file_archive"
    code = next((code for magic, code in _FOREIGN if head.startswith(magic)), "")
    # Two letters may also begin the header of a table.
    return "" if head.startswith(b"MZ") and b"\x00" not in head[:_PDF_WITHIN] else code


def _shape(head: bytes, tail: bytes) -> Shape:
    bare = head.lstrip(_MARKS)
    narrow = bare[:_PDF_WITHIN].replace(b"\x00", b"")
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        return Shape.XLS
    if bare.startswith(b"%PDF-") or (b"%PDF-" in head[:_PDF_WITHIN] and b"%%EOF" in tail):
        return Shape.PDF
    if _PAGE.match(narrow):
        return Shape.OTHER
    if _XML.match(narrow):
        return Shape.XML
    return Shape.JSON if _JSON.match(narrow) else Shape.TABLE


def _ends(path: Path) -> tuple[bytes, bytes]:
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
        size = file.seek(0, 2)
        file.seek(max(0, size - _TAIL_BYTES))
        return head, file.read(_TAIL_BYTES)


def _container(path: Path) -> tuple[Shape, str]:
    """Workbooks are ZIPs as well; their parts tell."""
    if directory_bytes(path) > DIRECTORY_BYTES_MAX:
        return Shape.ZIP, ""
    try:
        with zipfile.ZipFile(path) as container:
            return _parts(container)
    except Exception:  # noqa: BLE001 - a broken container raises anything; the ZIP's own reader says what is wrong
        return Shape.ZIP, ""


def _parts(container: zipfile.ZipFile) -> tuple[Shape, str]:
    names = {name.lower() for name in container.namelist()}
    if names & _WORKBOOK_PARTS:
        return Shape.XLSX, ""
    if "[content_types].xml" in names and any(name.startswith(_OFFICE_PARTS) for name in names):
        return Shape.OTHER, "file_unknown"
    if "mimetype" not in names:
        return Shape.ZIP, ""
    with container.open("mimetype") as mime:
        kind = mime.read(_MIME_BYTES)
    if kind.startswith(_SPREADSHEET):
        return Shape.ODS, ""
    return (Shape.OTHER, "file_unknown") if kind.startswith(_OPEN_DOCUMENT) else (Shape.ZIP, "")
