"""What a client's software was answered: the same again when it asks again, and what became of an import.

A request that was answered lies in the same transaction as what it brought: a crash leaves both or none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlmodel import select

from encaiss_dashboard.domain.errors import NotFound, Refusal
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.domain.retention import ANSWERS_KEPT
from encaiss_dashboard.storage.accounts import ApiRequest
from encaiss_dashboard.storage.queries import known
from encaiss_dashboard.storage.records import Client, ImportBatch
from encaiss_dashboard.work import Work

_ID_MAX: Final = 2**31 - 1


class KeyReused(Refusal):
    """The same key names two different requests: one of them would be lost."""

    code = "key_reused"


@dataclass(frozen=True, slots=True)
class Answered:
    """What a request was answered: a status of HTTP, a JSON object, and the import that it became."""

    status: int
    answer: Mapping[str, Any]
    batch_id: int | None


@dataclass(frozen=True, slots=True)
class Pushed:
    """An import of a client, whoever brought it.

    Attributes:
        result: counts by name, empty before it was imported.
        answer: what the software that sent it was told, None when it did not or that was long ago.
    """

    batch_id: int
    name: str
    received_at: datetime
    imported_at: datetime | None
    taken_back_at: datetime | None
    result: Mapping[str, Any]
    answer: Mapping[str, Any] | None


def look(work: Work, client_id: int | None, key: str, digest: str) -> Answered | None:
    """What a request of this key was answered, None when it was not yet; holds nobody up.

    Raises:
        NotAllowed: the actor may not upload for this client.
        KeyReused: something else was asked under this key.
    """
    client = work.require(Action.UPLOAD, client_id)
    row = _request(work, client, key)
    if row is None or work.now - row.at >= ANSWERS_KEPT:
        return None
    if row.digest != digest:
        raise KeyReused
    return Answered(row.status, row.answer, row.batch_id)


def recall(work: Work, client_id: int | None, key: str | None, digest: str) -> Answered | None:
    """As :func:`look`, before something is done: until the transaction ends the client has no other request.

    The second of two at once waits here, then finds what the first was answered. Nothing may have been
    written before: on PostgreSQL a row that names the client holds it, and two that hold it would wait
    for each other for ever.

    Args:
        work: of the software.
        client_id: whose it is; each client has keys of its own.
        key: what the software calls the request, None when it does not.
        digest: of everything that is asked.

    Raises:
        NotAllowed: the actor may not upload for this client.
        KeyReused: something else was asked under this key.
    """
    client = work.require(Action.UPLOAD, client_id)
    work.session.get(Client, client, with_for_update=True)
    if key is None:
        return None
    row = _request(work, client, key)
    if row is not None and work.now - row.at >= ANSWERS_KEPT:
        row.key = None  # the night has not come by yet
        work.session.flush()
    return look(work, client, key, digest)


def _request(work: Work, client_id: int, key: str) -> ApiRequest | None:
    found = select(ApiRequest).where(ApiRequest.client_id == client_id, ApiRequest.key == key)
    return work.session.exec(found).first()


def remember(work: Work, client_id: int | None, key: str | None, digest: str, answered: Answered) -> None:
    """Keep what a request is answered, under its key where it has one.

    Raises:
        NotAllowed: the actor may not upload for this client.
        NotFound: no such import of this client.
    """
    client = work.require(Action.UPLOAD, client_id)
    if answered.batch_id is not None:
        _batch(work, client, answered.batch_id)
    work.session.add(
        ApiRequest(
            client_id=client,
            key=key,
            digest=digest,
            batch_id=answered.batch_id,
            status=answered.status,
            answer=dict(answered.answer),
            at=work.now,
        )
    )


def pushed(work: Work, client_id: int | None, batch_id: int) -> Pushed:
    """What became of an import.

    Raises:
        NotAllowed: the client is none of the actor's business.
        NotFound: no such import of this client.
    """
    client = work.require(Action.VIEW, client_id)
    batch = _batch(work, client, batch_id)
    query = select(ApiRequest).where(ApiRequest.client_id == client, ApiRequest.batch_id == batch_id)
    request = work.session.exec(query).first()
    return Pushed(
        known(batch.id),
        batch.file_name,
        batch.uploaded_at,
        batch.imported_at,
        batch.taken_back_at,
        batch.result,
        request.answer if request else None,
    )


def _batch(work: Work, client_id: int, batch_id: int) -> ImportBatch:
    batch = work.session.get(ImportBatch, batch_id) if 0 < batch_id <= _ID_MAX else None
    if batch is None or batch.client_id != client_id:
        raise NotFound
    return batch
