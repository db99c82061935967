"""Documents kept beside invoices: which there are, and their bytes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from sqlmodel import col, select

from encaiss_dashboard.domain.errors import NotFound
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.storage.invoice_documents import InvoiceDocument
from encaiss_dashboard.work import Work


@dataclass(frozen=True, slots=True)
class Document:
    """A document beside an invoice.

    Attributes:
        id: of its row.
        name: as it came.
        mime: what it is by its content: PDF, PNG or JPEG.
    """

    id: int
    name: str
    mime: str


def of_invoices(work: Work, client_id: int | None, invoice_ids: Collection[int]) -> dict[int, list[Document]]:
    """The documents of each of these invoices that has any, as they came."""
    client = work.require(Action.VIEW, client_id)
    document = InvoiceDocument
    query = select(document).where(
        document.client_id == client, col(document.invoice_id).in_(list(invoice_ids))
    )
    found: dict[int, list[Document]] = defaultdict(list)
    for row in work.session.exec(query.order_by(col(document.id))):
        found[row.invoice_id].append(Document(row.id or 0, row.name, row.mime))
    return dict(found)


def content(work: Work, client_id: int | None, document_id: int) -> tuple[Document, bytes]:
    """A document with its bytes.

    Raises:
        NotFound: no such document, another client's, or its content is gone by now.
    """
    client = work.require(Action.VIEW, client_id)
    row = work.session.get(InvoiceDocument, document_id)
    if row is None or row.client_id != client:
        raise NotFound
    try:
        data = work.store.load(f"document-{row.id}")
    except FileNotFoundError as error:
        raise NotFound from error
    return Document(row.id or 0, row.name, row.mime), data
