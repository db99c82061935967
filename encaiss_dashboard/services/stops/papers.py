"""Documents beside a stop, such as the debtor's letter: kept, listed, and handed out again."""

from __future__ import annotations

import hashlib
from typing import Final

from sqlmodel import func, select

from encaiss_dashboard.domain.errors import NotFound, Refusal
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.services.stops import ID_MAX, Paper
from encaiss_dashboard.services.stops.deciding import known_stop
from encaiss_dashboard.storage import personal, queries, records, stop_tables
from encaiss_dashboard.storage.journal import ActKind
from encaiss_dashboard.work import Work

PAPER_BYTES_MAX: Final = 10_000_000
PAPERS_MAX: Final = 20
_NAME_LENGTH_MAX: Final = 120
# By their first bytes, never by what somebody calls them: nothing else is handed to a browser.
_SIGNS: Final = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
)


class PaperRefused(Refusal):
    """Not a PDF, PNG or JPEG, too large, or one too many."""

    code = "stop_paper"


def store_key(document_id: int) -> str:
    """Under which its bytes lie in the store."""
    return f"stop-{document_id}"


def attach(work: Work, client_id: int | None, stop_id: int, name: str, data: bytes) -> int:
    """Keep a document beside a stop; returns its id.

    Raises:
        NotAllowed: no right to decide about this client's debtors.
        NotFound: no such stop, or its debtor was erased.
        PaperRefused: not a PDF, PNG or JPEG by its content, too large, or one too many.
    """
    client = work.require(Action.DELEGATE, client_id)
    work.session.get(records.Client, client, with_for_update=True)
    known = known_stop(work.session, client, stop_id)
    if personal.erased(work.session, known.debtor_id):
        raise NotFound
    document = stop_tables.StopDocument
    n = work.session.exec(select(func.count()).where(document.stop_id == stop_id)).one()
    mime = next((mime for sign, mime in _SIGNS if data.startswith(sign)), "")
    if not mime or len(data) > PAPER_BYTES_MAX or n >= PAPERS_MAX:
        raise PaperRefused
    row = document(
        client_id=client,
        stop_id=stop_id,
        name=_name(name, mime),
        mime=mime,
        digest=hashlib.sha256(data).hexdigest(),
        size_bytes=len(data),
        user_id=work.actor.user_id,
        at=work.now,
    )
    work.session.add(row)
    work.session.flush()
    key = queries.known(row.id)
    work.store.keep(store_key(key), data)
    work.journal.record(
        ActKind.STOP_DOCUMENT,
        day=work.today,
        client_id=client,
        debtor_id=known.debtor_id,
        facts={
            "stop": stop_id,
            "kind": known.stop.kind.value,
            "reason": row.name,
            "digest": row.digest,
            "by": work.actor.name,
        },
    )
    return key


def _name(name: str, mime: str) -> str:
    """What it is called, without a path and without what no name can hold."""
    last = name.replace("\\", "/").rpartition("/")[2]
    kept = "".join(c for c in last if c.isprintable()).strip()
    return kept[-_NAME_LENGTH_MAX:] or f"document.{mime.partition('/')[2]}"


def content(work: Work, client_id: int | None, paper_id: int) -> tuple[Paper, bytes]:
    """A document beside a stop with its bytes.

    Raises:
        NotFound: no such document, another client's, or its content is gone by now.
    """
    client = work.require(Action.VIEW, client_id)
    row = work.session.get(stop_tables.StopDocument, paper_id) if 0 < paper_id <= ID_MAX else None
    if row is None or row.client_id != client:
        raise NotFound
    try:
        data = work.store.load(store_key(queries.known(row.id)))
    except FileNotFoundError as error:
        raise NotFound from error
    return Paper(queries.known(row.id), row.name, row.mime, row.size_bytes), data


def beside(work: Work, client_id: int | None, paper_id: int) -> int:
    """The debtor about whom the stop was opened that a document lies beside.

    Raises:
        NotFound: no such document, or another client's.
    """
    client = work.require(Action.VIEW, client_id)
    row = work.session.get(stop_tables.StopDocument, paper_id) if 0 < paper_id <= ID_MAX else None
    if row is None or row.client_id != client:
        raise NotFound
    return known_stop(work.session, client, row.stop_id).debtor_id
