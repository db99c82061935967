"""All that is held about one debtor, or about the person who asks, as one file to take away.

GDPR art. 15(3), a copy of the data, and art. 20, in a structured and machine-readable form. Handing it
out is an act of the journal, which names whom it is about by number only.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from sqlmodel import col, select

from encaiss_dashboard.domain.errors import NotAllowed, NotFound
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.domain.sheets import amount, sheet
from encaiss_dashboard.domain.signing import Asked, tried_as
from encaiss_dashboard.domain.workdays import Channel
from encaiss_dashboard.locales import moment, text
from encaiss_dashboard.services.privacy.holdings import holdings
from encaiss_dashboard.storage import merges, personal, queries
from encaiss_dashboard.storage.accounts import User
from encaiss_dashboard.storage.contents import content_keys
from encaiss_dashboard.storage.journal import ActKind
from encaiss_dashboard.storage.personal import Found
from encaiss_dashboard.storage.records import OutboxMessage
from encaiss_dashboard.work import Work

MIME: Final = "application/zip"
_ID_MAX: Final = 2**31 - 1
_FORM: Final = 1  # of data.json, for whoever reads it by program


@dataclass(frozen=True, slots=True)
class Bundle:
    """A file ready to be taken away; ``rows`` says how many records of each table are in it."""

    name: str
    content: bytes
    rows: Mapping[str, int]


def export_debtor(work: Work, client_id: int | None, debtor_id: int) -> Bundle:
    """Everything held about one debtor: every row as JSON, tables for people, the messages as text.

    Of a debtor that others were merged into, and of those as well; one merged away is that debtor.

    Raises:
        NotAllowed: neither an owner of this client nor an administrator.
        NotFound: not one of this client's debtors.
    """
    client = work.require(Action.PERSONAL_DATA, client_id)
    if not 0 < debtor_id <= _ID_MAX:
        raise NotFound
    debtor_id = merges.kept(work.session, client, debtor_id)
    queries.debtor(work.session, client, debtor_id)
    family = merges.family(work.session, client, debtor_id)
    found = personal.about_debtor(work.session, *family)
    found["debtor"].sort(key=lambda row: family.index(row["id"]))
    files = {
        _label(work, "read_me") + ".txt": _read_me(work, client, "about_debtor", debtor_id).encode(),
        "data.json": _json(work, {"client_id": client, "debtor_id": debtor_id}, found),
        **_sheets(work, found),
        **_messages(work, found["outbox_message"]),
    }
    rows = {name: len(some) for name, some in found.items()}
    work.journal.record(
        ActKind.EXPORTED,
        day=work.today,
        client_id=client,
        debtor_id=debtor_id,
        facts={"rows": rows, "files": len(files)},
    )
    more = chain(
        _papers(work, found["invoice_document"]),
        _papers(work, found["stop_document"], "stop"),
        _replies(work, found["inbound_message"]),
        _originals(work, family),
    )
    content = _zip(work, files, more)
    return Bundle(f"debtor-{debtor_id}-{work.today}.zip", content, rows)


def export_own(work: Work, client_id: int | None) -> Bundle:
    """Everything held about the person who asks, and nobody else.

    Raises:
        NotAllowed: the house itself, which is no person.
    """
    user = work.session.get(User, work.actor.user_id) if work.actor.user_id else None
    if user is None:
        raise NotAllowed
    # Also what lies with clients that the person has left; nothing but the person is asked for.
    with work.past_wall():
        found = personal.about_user(
            work.session, user, [tried_as(work.sign, user.email, asked) for asked in Asked]
        )
    files = {
        _label(work, "read_me") + ".txt": _read_me(work, client_id, "about_you", user.id).encode(),
        "data.json": _json(work, {"user_id": user.id}, found),
        **{f"{name}.csv": _plain_sheet(some) for name, some in found.items() if some},
    }
    rows = {name: len(some) for name, some in found.items()}
    work.journal.record(ActKind.EXPORTED, day=work.today, facts={"account": user.id, "rows": rows})
    return Bundle(f"account-{user.id}-{work.today}.zip", _zip(work, files), rows)


def _label(work: Work, name: str) -> str:
    return text(work.actor.language, f"privacy.{name}")


def _read_me(work: Work, client_id: int | None, about: str, key: int | None) -> str:
    """What this is, for what and how long it is held, and the rights that come with it (art. 15(1))."""
    lang = work.actor.language
    agency = queries.agency(work.session)
    known = client_id is not None and work.actor.may(Action.VIEW, client_id)
    client = queries.client(work.session, client_id).name if known and client_id else agency.name
    lines = [
        text(lang, f"privacy.{about}", n=str(key), client=client),
        text(lang, "privacy.made_at", at=moment(work.now, lang)),
        text(lang, "privacy.responsible", client=client, agency=agency.name, email=agency.email),
        "",
    ]
    for one in holdings(work, client_id) if known else ():
        lines += [f"{one.name}\n  {one.purpose}\n  {one.why}\n  {one.until}\n  {one.law}", ""]
    lines += [text(lang, "privacy.recipients"), text(lang, "privacy.rights"), ""]
    return "\n".join(lines)


def _json(work: Work, about: Mapping[str, Any], found: Found) -> bytes:
    whole = {"form": _FORM, "made_at": work.now.isoformat(), **about, "tables": found}
    return json.dumps(whole, ensure_ascii=False, indent=1).encode()


def _sheets(work: Work, found: Found) -> dict[str, bytes]:
    numbers = {row["id"]: row["number"] for row in found["invoice"]}
    details = [
        (text(work.actor.language, f"privacy.field_{name}"), str(value))
        for row in found["debtor"]
        for name, value in row.items()
        if f"field_{name}" in _FIELDS and value
    ]
    details += [(_label(work, "field_email"), row["email"]) for row in found["contact"]]
    invoices = [
        (row["number"], row["kind"], row["issue"], row["due"], amount(row["total_cents"]), row["currency"])
        for row in found["invoice"]
    ]
    payments = [
        (row["on"], amount(row["amount_cents"]), row["currency"], row["source"], row["reference"])
        for row in found["payment"]
    ]
    settled = [
        (numbers.get(row["invoice_id"], ""), row["on"], amount(row["amount_cents"]), row["currency"])
        for row in found["allocation"]
    ]
    acts = [
        (row["day"], text(work.actor.language, f"act.{row['kind']}"), row["actor"], _flat(row["facts"]))
        for row in found["act"]
    ]
    return {
        "debtor.csv": _sheet(work, ("what", "value"), details),
        "invoices.csv": _sheet(work, ("number", "kind", "issue", "due", "total", "currency"), invoices),
        "payments.csv": _sheet(work, ("paid", "total", "currency", "source", "reference"), payments),
        "allocations.csv": _sheet(work, ("number", "paid", "total", "currency"), settled),
        "journal.csv": _sheet(work, ("day", "what", "who", "value"), acts),
    }


_FIELDS: Final = frozenset(
    f"field_{name}"
    for name in (
        "name",
        "number",
        "enterprise_number",
        "address",
        "postcode",
        "city",
        "country",
        "language",
        "term",
    )
)


def _sheet(work: Work, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    return sheet([_label(work, f"field_{name}") for name in headings], rows)


def _plain_sheet(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Rows under the names of their columns; a row that has less leaves the rest empty."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    cells = [[_cell(row.get(name)) for name in names] for row in rows]
    return sheet(names, cells)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return _flat(value) if isinstance(value, dict) else str(value)


def _flat(facts: Mapping[str, Any]) -> str:
    return " · ".join(
        f"{name}: {json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value}"
        for name, value in facts.items()
        if value not in (None, "", [], {})
    )


def _messages(work: Work, rows: Sequence[Mapping[str, Any]]) -> dict[str, bytes]:
    """Each message that was written, as its reader had it."""
    written = {}
    for row in rows:
        if not row["body_text"]:
            continue
        head = [
            f"{_label(work, 'field_day')} : {row['sent_at'] or row['day']}",
            f"{_label(work, 'field_to')} : {row['recipient']}",
            f"{_label(work, 'field_subject')} : {row['subject']}",
        ]
        name = f"messages/{row['day']}-{row['step']}-{row['id']}.txt"
        written[name] = ("\n".join(head) + "\n\n" + row["body_text"] + "\n").encode()
    return written


def _papers(
    work: Work, rows: Sequence[Mapping[str, Any]], kept: str = "document"
) -> Iterator[tuple[str, bytes]]:
    """Documents beside invoices or stops, under names of the house: their own are whatever somebody wrote."""
    for row in rows:
        with suppress(FileNotFoundError):
            ending = row["mime"].partition("/")[2]
            folder = "documents" if kept == "document" else "stops"
            yield f"{folder}/{row['id']}.{ending}", work.store.load(f"{kept}-{row['id']}")


def _replies(work: Work, rows: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, bytes]]:
    """What the debtor wrote, with its files, in the bytes in which it came."""
    for row in rows:
        with suppress(FileNotFoundError):
            yield f"replies/{row['id']}.eml", work.store.load(f"inbound-{row['id']}")


def _originals(work: Work, family: Sequence[int]) -> Iterator[tuple[str, bytes]]:
    """The messages byte for byte as they left."""
    message = OutboxMessage
    for row in work.session.exec(select(message).where(col(message.debtor_id).in_(family))):
        ending = "json" if row.channel == Channel.SMS else "eml"
        for number, key in enumerate(content_keys([row]), start=1):
            with suppress(FileNotFoundError):
                yield f"messages/{row.day}-{row.step}-{row.id}-{number}.{ending}", work.store.load(key)


def _zip(work: Work, files: Mapping[str, bytes], more: Iterable[tuple[str, bytes]] = ()) -> bytes:
    stream = io.BytesIO()
    with ZipFile(stream, "w", ZIP_DEFLATED) as archive:
        for name, content in chain(files.items(), more):
            entry = ZipInfo(name, date_time=work.now.timetuple()[:6])
            entry.compress_type, entry.external_attr = ZIP_DEFLATED, 0o600 << 16
            archive.writestr(entry, content)
    return stream.getvalue()
