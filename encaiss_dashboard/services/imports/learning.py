"""What a file tells of debtors, written down: new ones, details of known ones, answers given about them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl
from sqlalchemy import insert, update
from sqlmodel import col, delete, select

from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.services.imports.debtors import Debtors
from encaiss_dashboard.services.imports.parties import FILLED_IN, Party, fill_in
from encaiss_dashboard.storage import bulk, changes, queries, records
from encaiss_dashboard.work import Work

_AT_ONCE = 500


def learn(work: Work, debtors: Debtors, parties: Sequence[Party], batch: records.ImportBatch) -> None:
    """Add the new ones, fill in what the file knows and the client did not, never overwrite.

    What was added to a known one is noted, for when the import is taken back.
    """
    work.require(Action.UPLOAD, batch.client_id)
    known = [party for party in parties if not party.is_new]
    filled = {party: fill_in(party) for party in parties}
    changed = [
        {"id": party.id, **{name: party.told[name] for name in FILLED_IN}} for party in known if filled[party]
    ]
    if changed:
        work.session.execute(update(records.Debtor), changed)
    _add(work, [party for party in parties if party.is_new], batch)
    emails = _add_contacts(work, debtors, parties, batch)
    _remember(work, debtors, known, batch)
    learnt = [
        {
            "client_id": batch.client_id,
            "batch_id": batch.id,
            "debtor_id": party.id,
            "filled": filled[party],
            "email": emails.get(party.id or 0, ""),
            "aliases": list(dict.fromkeys(party.learnt)),
        }
        for party in known
        if filled[party] or party.learnt or party.id in emails
    ]
    if learnt:
        work.session.execute(insert(changes.DebtorChange), learnt)


def _add(work: Work, parties: Sequence[Party], batch: records.ImportBatch) -> None:
    if not parties:
        return
    rows = pl.DataFrame({name: [party.told[name] for party in parties] for name in parties[0].told})
    same = {"client_id": batch.client_id, "batch_id": batch.id, "created_at": work.now}
    bulk.insert(work.session, queries.table(records.Debtor), rows, same)
    debtor = records.Debtor
    query = select(debtor.match_key, debtor.id).where(
        debtor.client_id == batch.client_id, debtor.batch_id == batch.id
    )
    ids = dict(work.session.exec(query).all())
    for party in parties:
        party.id = ids[party.told["match_key"]]


def _add_contacts(
    work: Work, debtors: Debtors, parties: Sequence[Party], batch: records.ImportBatch
) -> dict[int, str]:
    """Give who has no address the first that the file has; the addresses by debtor."""
    told = {
        queries.known(party.id): next((said.email for said in party.identities if said.email), "")
        for party in parties
    }
    added = {key: email for key, email in told.items() if email and key not in debtors.reachable}
    if added:
        schema = {"debtor_id": pl.Int64, "email": pl.String}
        rows = pl.DataFrame(list(added.items()), schema=schema, orient="row")
        same = {"client_id": batch.client_id, "name": "", "created_at": work.now}
        bulk.insert(work.session, queries.table(records.Contact), rows, same)
    return added


def _remember(work: Work, debtors: Debtors, parties: Sequence[Party], batch: records.ImportBatch) -> None:
    alias: Any = records.DebtorAlias
    by = {"client_id": batch.client_id, "user_id": work.actor.user_id, "at": work.now}
    aliases: list[dict[str, Any]] = [
        {**by, "debtor_id": party.id, "key": key} for party in parties for key in dict.fromkeys(party.learnt)
    ]
    again = sorted({one["key"] for one in aliases} & debtors.forgotten)
    for start in range(0, len(again), _AT_ONCE):
        old = (alias.client_id == batch.client_id, col(alias.key).in_(again[start : start + _AT_ONCE]))
        work.session.exec(delete(alias).where(*old))
    if aliases:
        work.session.execute(insert(alias), aliases)
