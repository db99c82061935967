"""A client's logo on its letters: uploaded, drawn anew, kept as long as it is the latest."""

from __future__ import annotations

import hashlib

from encaiss_dashboard.domain.errors import NotFound
from encaiss_dashboard.domain.letters import Logo
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.storage import letters, logos, queries
from encaiss_dashboard.storage.journal import ActKind
from encaiss_dashboard.work import Work


def logo(work: Work, client_id: int | None) -> Logo | None:
    """The logo in force, None when there is none."""
    client = work.require(Action.VIEW, client_id)
    return letters.logo(work.session, client, work.store.load)


def choose(work: Work, client_id: int | None, data: bytes) -> None:
    """Put a picture on the letters from now on.

    Raises:
        LogoUnreadable, LogoTooLarge: no picture that could be a logo; nothing of it is kept.
    """
    client = work.require(Action.DELEGATE, client_id)
    drawn = work.letters.logo(data)
    digest = hashlib.sha256(drawn.png).hexdigest()
    before = logos.latest(work.session, client)
    if before is not None and before.digest == digest:
        return
    row = logos.ClientLogo(
        client_id=client, digest=digest, width=drawn.width, height=drawn.height, at=work.now
    )
    row.user_id = work.actor.user_id
    work.session.add(row)
    work.session.flush()
    _told(work, client, digest)
    work.store.keep(logos.store_key(queries.known(row.id)), drawn.png)
    if before is not None:
        work.store.remove(logos.store_key(queries.known(before.id)))


def remove(work: Work, client_id: int | None) -> None:
    """Write letters without a logo from now on.

    Raises:
        NotFound: there is none.
    """
    client = work.require(Action.DELEGATE, client_id)
    before = logos.latest(work.session, client)
    if before is None:
        raise NotFound
    row = logos.ClientLogo(client_id=client, digest="", width=0, height=0, at=work.now)
    row.user_id = work.actor.user_id
    work.session.add(row)
    work.session.flush()
    _told(work, client, "")
    work.store.remove(logos.store_key(queries.known(before.id)))


def _told(work: Work, client_id: int, digest: str) -> None:
    work.journal.record(ActKind.LOGO_CHANGED, day=work.today, client_id=client_id, facts={"digest": digest})
