"""E-invoices for tests: golden ones, changed in one place; PDFs that carry them; ZIPs of many."""

import io
import re
import zipfile
from pathlib import Path

from facturx import generate_from_binary
from pypdf import PdfWriter

from encaiss_dashboard.adapters.invoice_files import read_file

GOLDEN = Path(__file__).parent / "adapters" / "golden" / "einvoices"
PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 72 72]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)


def golden(name, *changes):
    """A golden document; each change is a text in it and what stands there instead."""
    text = (GOLDEN / name).read_text(encoding="utf-8")
    for before, after in changes:
        assert before in text, before
        text = text.replace(before, after)
    return text.encode()


def plain_pdf():
    writer = PdfWriter()
    writer.add_blank_page(200, 200)
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def pdf_with(**files):
    """A PDF with files embedded, ``_`` standing for the dot before their extension."""
    writer = PdfWriter()
    writer.add_blank_page(200, 200)
    for name, data in files.items():
        writer.add_attachment(re.sub(r"_(?=[a-z]+$)", ".", name).replace("factur_x", "factur-x"), data)
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def factur_x(xml):
    return generate_from_binary(
        plain_pdf(),
        xml,
        check_xsd=False,
        pdf_metadata=dict.fromkeys(("author", "keywords", "title", "subject"), "x"),
    )


def zip_of(members, compression=zipfile.ZIP_DEFLATED, level=None):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression, compresslevel=level) as archive:
        for name, data in members.items() if isinstance(members, dict) else members:
            archive.writestr(name, data)
    return file.getvalue()


class Reader:
    """Reads bytes as an upload; ``folder`` holds what was put aside."""

    def __init__(self, folder):
        self.source, self.folder = folder / "upload", folder / "workshop"
        self.folder.mkdir()

    def __call__(self, data, name="upload.bin", choices=None, **options):
        for left in self.folder.iterdir():
            left.unlink() if left.is_file() else None
        self.source.write_bytes(data)
        more = {"choices": choices} if choices else {}
        return read_file(self.source, name, folder=self.folder, **more, **options)


def codes(reading, *, blocking=None):
    return [p.code for p in reading.problems if blocking is None or p.blocks is blocking]
