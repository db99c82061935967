"""What importing a file would do, row by row: for software, which cannot look at a screen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from sqlmodel import select

from encaiss_dashboard.domain.intake import untold
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.services.imports.compared import Answers, Change, Preview
from encaiss_dashboard.services.imports.intake import Intake
from encaiss_dashboard.services.imports.parties import fill_in
from encaiss_dashboard.services.imports.uploads import batch_of, key_of, read
from encaiss_dashboard.storage import records
from encaiss_dashboard.work import Work


class Fate(StrEnum):
    """What becomes of one row."""

    CREATED = "created"
    UNCHANGED = "unchanged"
    """The ledger has it as it is, or another row of the file says the same."""
    CHANGED = "changed"
    """The ledger has it otherwise, and it is left so."""
    UPDATED = "updated"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What importing would do, as a whole and row by row.

    Attributes:
        fates: by line, of every row that was read or has a problem.
        numbers: of the rows that were read, by line.
        changes: by line.
        teaches: something about a known debtor is said that was not known.
    """

    preview: Preview
    fates: Mapping[int, Fate]
    numbers: Mapping[int, str]
    changes: Mapping[int, Change]
    teaches: bool


def understand(work: Work, client_id: int | None, batch_id: int, *, checked: bool = False) -> None:
    """Read a kept file, so that what was understood of it lies beside it from now on.

    For whoever is about to write: a writer that waited for a reader would hold up everybody else.

    Args:
        work: of who uploaded it.
        client_id: whose it is.
        batch_id: which.
        checked: it is JSON of the house's own form, parsed and found good.

    Raises:
        NotAllowed: the actor may not upload for this client.
        NotFound: no such upload of this client.
    """
    client = work.require(Action.UPLOAD, client_id)
    batch = batch_of(work, client, batch_id)
    if checked:
        key = key_of(batch)
        work.files.read_pushed(work.store.path(key), batch.file_name, work.store.workshop(key))
    else:
        read(work, batch, untold)


def foresee(work: Work, client_id: int | None, batch_id: int) -> Foreseen:
    """Read a kept file and say what importing it now would do with each row.

    It stays true until the transaction ends: no other import of the client gets in between.

    Raises:
        NotAllowed: the actor may not upload for this client.
        NotFound: no such upload of this client.
    """
    client = work.require(Action.UPLOAD, client_id)
    work.session.get(records.Client, client, with_for_update=True)
    batch = batch_of(work, client, batch_id)
    reading = read(work, batch, untold)[1]
    intake = Intake(work, client, batch, reading, Answers.model_validate(batch.answers))
    seen = intake.preview()
    numbers = {row.line: row.number for row in reading.rows}
    fates = dict.fromkeys(numbers, Fate.UNCHANGED)
    for frame in intake.new.frames():
        fates |= dict.fromkeys(frame["line"].to_list(), Fate.CREATED)
    changes = {one.change.line: one.change for one in intake.changed}
    fates |= {line: Fate.UPDATED if one.taken else Fate.CHANGED for line, one in changes.items()}
    fates |= {problem.line: Fate.REJECTED for problem in seen.rejected if problem.line is not None}
    return Foreseen(seen, fates, numbers, changes, _teaches(work, intake))


def _teaches(work: Work, intake: Intake) -> bool:
    known = [party for party in intake.accepted_parties() if not party.is_new]
    if any(map(fill_in, known)):
        return True
    mailed = {party.id for party in known if any(said.email for said in party.identities)}
    contact = records.Contact
    reached = select(contact.debtor_id).where(contact.client_id == intake.client.id)
    return bool(mailed) and not mailed <= set(work.session.exec(reached))
