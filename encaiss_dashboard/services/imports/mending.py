"""Rejected rows as a file in the layout of their own, to be mended and sent again."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from encaiss_dashboard.domain.intake import untold
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.locales import text
from encaiss_dashboard.services.imports.compared import Answers
from encaiss_dashboard.services.imports.intake import Intake
from encaiss_dashboard.services.imports.uploads import batch_of, key_of, read
from encaiss_dashboard.work import Work

_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_CSV: Final = "text/csv"


@dataclass(frozen=True, slots=True)
class Mendable:
    """A file of rejected rows.

    Attributes:
        name: to give it.
        mime: of its content.
        content: the same columns as in its own file, and a last one of reasons.
    """

    name: str
    mime: str
    content: bytes


def rejected(work: Work, client_id: int | None, batch_id: int) -> Mendable | None:
    """The rows that are not imported, with why in the reader's language.

    None where the file has no rows of its own to give back, as an e-invoice or an archive.

    Raises:
        NotFound: no such upload, or another client's.
    """
    client = work.require(Action.VIEW, client_id)
    batch = batch_of(work, client, batch_id)
    reading = read(work, batch, untold)[1]
    seen = Intake(work, client, batch, reading, Answers.model_validate(batch.answers)).preview()
    lang = work.actor.language
    why: dict[int, list[str]] = defaultdict(list)
    for problem in seen.rejected:
        if problem.line is not None:
            said = text(lang, f"problem.{problem.code}", **problem.facts)
            about = f"{text(lang, f'field.{problem.field}')} – " if problem.field else ""
            why[problem.line].append(about + said)
    reasons = {line: " ".join(dict.fromkeys(said)) for line, said in why.items()}
    heading = text(lang, "problem.heading")
    with TemporaryDirectory() as folder:
        into = Path(folder) / "rejected"
        source = work.store.path(key_of(batch))
        if not reasons or not work.files.write_rejected(source, reading, reasons, heading, into):
            return None
        content = into.read_bytes()
    stem, dot, ending = batch.file_name.rpartition(".")
    is_workbook = reading.format in {"xlsx", "xls", "ods"}
    ending = "xlsx" if is_workbook else ending if dot else "csv"
    # Of a file with more bad rows than are listed, nobody shall think that these are all.
    some = {"n": str(len(reasons)), "all": str(seen.rejected_rows)}
    is_all = len(reasons) >= seen.rejected_rows
    suffix = text(lang, "import.mend_suffix") if is_all else text(lang, "import.mend_suffix_first", **some)
    name = f"{stem or batch.file_name}-{suffix}.{ending}"
    return Mendable(name, _XLSX if is_workbook else _CSV, content)
