"""Where hostile files begin: golden files of every format, and a program that searches from them.

``python tests/soak/fuzzing.py FORMAT SECONDS FOLDER`` is guided by what of the readers each input
reaches (atheris, over libFuzzer). It keeps what it learnt in FOLDER/corpus, and what broke a reader in
FOLDER itself, and then ends with another status than 0.
"""

from __future__ import annotations

import io
import re
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from xml.sax.saxutils import escape

import xlsxwriter
from pypdf import PdfWriter

from encaiss_dashboard.domain.intake import Choices

GOLDEN = Path(__file__).resolve().parents[1] / "adapters" / "golden"
SUFFIXES = {
    "text": (".csv", ".txt", ".md"),
    "xml": (".xml",),
    "pdf": (".pdf",),
    "workbook": (".xlsx", ".ods", ".xls"),
    "zip": (".zip",),
}
CHOSEN = (
    Choices(),
    Choices(decimal=",", date_order="dmy"),
    Choices(decimal=".", date_order="mdy", separator=","),
    Choices(decimal=",", date_order="serial", encoding="cp1252"),
)
"""Some answers to the questions that a reader asks; which one goes with an input, its bytes decide."""
_WORDS = 1000
INPUT_BYTES_MAX = 100_000
INPUT_SECONDS_MAX = 5
MEMORY_MEGABYTES_MAX = 1024


@cache
def seeds(format_name: str) -> dict[str, bytes]:
    """Golden files of a format, and some made of them, small enough to be changed many times a second."""
    golden = {
        path.name: path.read_bytes()
        for path in sorted(GOLDEN.rglob("*"))
        if path.suffix in SUFFIXES[format_name] and path.stat().st_size <= INPUT_BYTES_MAX
    }
    return golden | MADE.get(format_name, dict)()


def pdfs() -> dict[str, bytes]:
    """Each golden e-invoice as a PDF carries it."""
    made = {}
    for name, data in seeds("xml").items():
        writer, whole = PdfWriter(), io.BytesIO()
        writer.add_blank_page(200, 200)
        writer.add_attachment("factur-x.xml", data)
        writer.write(whole)
        made[f"{name}.pdf"] = whole.getvalue()
    return made


def workbooks() -> dict[str, bytes]:
    table = [line.split(";") for line in seeds("text")[TABLE].decode("utf-8-sig").splitlines()]
    whole = io.BytesIO()
    with xlsxwriter.Workbook(whole, {"in_memory": True}) as book:
        sheet = book.add_worksheet("Factures")
        for line, cells in enumerate(table):
            sheet.write_row(line, 0, cells)
    cell = "<table:table-cell office:value-type='string'><text:p>{}</text:p></table:table-cell>"
    rows = "".join(
        f"<table:table-row>{''.join(cell.format(escape(value)) for value in cells)}</table:table-row>"
        for cells in table
    )
    content = (
        "<office:document-content xmlns:office='urn:oasis:names:tc:opendocument:xmlns:office:1.0' "
        "xmlns:table='urn:oasis:names:tc:opendocument:xmlns:table:1.0' "
        "xmlns:text='urn:oasis:names:tc:opendocument:xmlns:text:1.0'><office:body><office:spreadsheet>"
        f"<table:table table:name='Factures'>{rows}</table:table>"
        "</office:spreadsheet></office:body></office:document-content>"
    )
    listed = b'<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
    kind = b"application/vnd.oasis.opendocument.spreadsheet"
    sheets = {"mimetype": kind, "content.xml": content.encode(), "META-INF/manifest.xml": listed}
    return {"made.xlsx": whole.getvalue(), "made.ods": zipped(sheets.items())}


def archives() -> dict[str, bytes]:
    table, documents = seeds("text")[TABLE], seeds("xml")
    return {"tables.zip": zipped({"a.csv": table, "b/c.csv": table}.items())} | (
        {
            "documents.zip": zipped(documents.items()),
            "mixed.zip": zipped([("a.csv", table), *list(documents.items())[:1], *list(pdfs().items())[:1]]),
        }
        if documents
        else {}
    )


TABLE = "01_nl_utf8bom_semicolon_comma_dmy.csv"
MADE: dict[str, Callable[[], dict[str, bytes]]] = {"pdf": pdfs, "workbook": workbooks, "zip": archives}


def words_of(format_name: str) -> list[str]:
    """What these files are full of: names of columns and elements, dates, amounts."""
    whole = b"\n".join(seeds(format_name).values())
    return sorted({word.decode() for word in re.findall(rb"[A-Za-z0-9:/.,_-]{3,30}", whole)})[:_WORDS]


def choices_for(data: bytes) -> Choices:
    return CHOSEN[zlib.crc32(data) % len(CHOSEN)]


def members(data: bytes) -> dict[str, bytes] | None:
    """What lies in a ZIP, by name, or None when it is none or a large one."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(member.file_size for member in archive.infolist()) > 10 * INPUT_BYTES_MAX:
                return None
            return {member.filename: archive.read(member) for member in archive.infolist()}
    except Exception:  # noqa: BLE001 - a damaged archive breaks its reader in a dozen ways
        return None


def zipped(content: Iterable[tuple[str, bytes]]) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in content:
            archive.writestr(zipfile.ZipInfo(name), data)
    return whole.getvalue()


FORMATS = [name for name in SUFFIXES if seeds(name)]


def main(format_name: str, seconds: str, folder: str) -> None:
    import atheris  # noqa: PLC0415 - the tests that only damage files do without

    with atheris.instrument_imports(include=["encaiss_dashboard.adapters.invoice_files"]):
        from encaiss_dashboard.adapters.invoice_files import kept  # noqa: PLC0415 - instrumented here

    place = Path(tempfile.mkdtemp(prefix="encaiss-fuzz-"))
    source, workshop = place / "source", place / "workshop"
    workshop.mkdir()

    def once(data: bytes) -> None:
        source.write_bytes(data)
        choices = choices_for(data)
        reading = kept.read_file(source, f"fuzzed.{format_name}", choices, workshop)
        found = kept.kept(source, f"fuzzed.{format_name}", choices, workshop)
        assert found is not None
        assert list(found.rows) == list(reading.rows)
        assert len(reading.rows) <= reading.row_count

    def changed(data: bytes, longest: int, seed: int) -> bytes:
        """Inside of an archive, where a changed byte is not just a wrong checksum."""
        content = members(data) if seed % 4 else None
        if not content:
            return atheris.Mutate(data, longest)
        names = sorted(content)
        name = names[seed % len(names)]
        content[name] = atheris.Mutate(content[name] or b" ", INPUT_BYTES_MAX)
        return zipped(content.items())[:longest]

    corpus = Path(folder) / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for name, data in seeds(format_name).items():
        (corpus / name).write_bytes(data)
        once(data)  # what is made ready once a process is no input's fault
    words = Path(folder) / "words"
    words.write_text("".join(f'"{word}"\n' for word in words_of(format_name)), encoding="ascii")
    is_archive = format_name in {"workbook", "zip"}
    atheris.Setup(
        [
            sys.argv[0],
            f"-max_total_time={seconds}",
            f"-timeout={2 * INPUT_SECONDS_MAX}",
            f"-rss_limit_mb={MEMORY_MEGABYTES_MAX}",
            f"-max_len={INPUT_BYTES_MAX}",
            f"-artifact_prefix={folder}/",
            f"-dict={words}",
            "-detect_leaks=0",
            "-print_final_stats=1",
            str(corpus),
        ],
        once,
        **({"custom_mutator": changed} if is_archive else {}),
    )
    atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
