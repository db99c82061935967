"""Documents that came with invoices, such as their PDF, kept beside them."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from pathlib import Path
from typing import Final

from sqlmodel import col, select

from encaiss_dashboard.domain.intake import Attachment
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.services.imports.intake import Intake
from encaiss_dashboard.services.imports.uploads import key_of
from encaiss_dashboard.storage import queries, records
from encaiss_dashboard.storage.invoice_documents import InvoiceDocument
from encaiss_dashboard.work import Work

MIMES: Final = frozenset({"application/pdf", "image/png", "image/jpeg"})
"""What is kept: nothing that a browser would run."""
_NAME_LENGTH_MAX: Final = 200
_AT_ONCE: Final = 500


def keep_papers(work: Work, intake: Intake) -> int:
    """Keep what came with accepted rows beside their invoices; the same document once. Returns how many."""
    work.require(Action.UPLOAD, intake.batch.client_id)
    attached: dict[int, list[Attachment]] = defaultdict(list)
    for attachment in intake.reading.attachments:
        if attachment.mime in MIMES:
            attached[attachment.line].append(attachment)
    if not attached:
        return 0
    invoice, document = records.Invoice, InvoiceDocument
    owners = intake.rows.owners(list(attached))
    numbers = sorted({number for _, number in owners.values()})
    ids: dict[tuple[int, str], int | None] = {}
    kept: set[tuple[int, str]] = set()
    for start in range(0, len(numbers), _AT_ONCE):
        query = select(invoice.debtor_id, invoice.number, invoice.id).where(
            invoice.client_id == intake.client.id, col(invoice.number).in_(numbers[start : start + _AT_ONCE])
        )
        some = {(debtor, number): key for debtor, number, key in work.session.exec(query)}
        known = select(document.invoice_id, document.digest).where(
            document.client_id == intake.client.id, col(document.invoice_id).in_(some.values())
        )
        kept |= set(work.session.exec(known))
        ids |= some
    before = len(kept)
    folder = work.store.workshop(key_of(intake.batch))
    for line, (party, number) in owners.items():
        key = ids.get((intake.parties[party].id or 0, number))
        for attachment in attached[line] if key else ():
            assert Path(attachment.file).name == attachment.file, "a reader names files of its folder only"
            data = (folder / attachment.file).read_bytes()
            digest = hashlib.sha256(data).hexdigest()
            if (key, digest) not in kept:
                kept.add((queries.known(key), digest))
                _keep(work, intake.batch, queries.known(key), attachment, data)
    return len(kept) - before


def _keep(
    work: Work, batch: records.ImportBatch, invoice_id: int, attachment: Attachment, data: bytes
) -> None:
    row = InvoiceDocument(
        client_id=batch.client_id,
        invoice_id=invoice_id,
        batch_id=batch.id,
        name=attachment.name[:_NAME_LENGTH_MAX],
        mime=attachment.mime,
        digest=hashlib.sha256(data).hexdigest(),
        size_bytes=len(data),
        at=work.now,
    )
    work.session.add(row)
    work.session.flush()
    work.store.keep(f"document-{queries.known(row.id)}", data)
