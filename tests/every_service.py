"""Every public function of the services, and what a hostile caller would give it: asked for by name.

The functions are found by inspection, so that one written tomorrow is called tomorrow; a parameter that
nobody thought of makes the call fail with the wish to be told.
"""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from io import BytesIO
from typing import Any
from zipfile import ZipFile

from sqlmodel import select

from encaiss_dashboard import services
from encaiss_dashboard.domain.delegation import DelegationKind
from encaiss_dashboard.domain.dunning import DEFAULT_PLAN
from encaiss_dashboard.domain.intake import untold
from encaiss_dashboard.domain.letters import Delivered, DeliveryFailed
from encaiss_dashboard.domain.permissions import HOUSE, Actor, Role
from encaiss_dashboard.domain.plan_terms import written
from encaiss_dashboard.domain.signing import Asked, link_token
from encaiss_dashboard.services import imports
from encaiss_dashboard.services.accounts import factors, team
from encaiss_dashboard.services.debtors import DebtorSearch, merging, parting, splitting
from encaiss_dashboard.services.debtors.splitting import NewDebtor
from encaiss_dashboard.services.delegations import Decision
from encaiss_dashboard.services.desk import DeskSearch
from encaiss_dashboard.services.figures import Basis
from encaiss_dashboard.services.imports import Answers
from encaiss_dashboard.services.imports.intake import Intake
from encaiss_dashboard.services.imports.uploads import read
from encaiss_dashboard.services.invoices import Search
from encaiss_dashboard.services.people.clients import ClientFacts
from encaiss_dashboard.services.privacy import erasure
from encaiss_dashboard.services.privacy.purge import Past
from encaiss_dashboard.services.pushes import Answered
from encaiss_dashboard.storage import accounts, changes, plans, records
from encaiss_dashboard.storage.base import Record
from encaiss_dashboard.storage.journal import ActKind

DAY = date(2026, 11, 1)
TEXTS = ("", "x" * 20_000, "a\0b", "\ud800", "%_'\"\\;--", "1 OR 1=1", "../../etc/passwd", "{0.__class__}")
NUMBERS = (0, -1, 999_999, 2**31, 2**63, 10**40)
WRONG = (None, True, 1.5, b"\0", [], {}, [[[{"a": [{"b": None}]}]]], {"id": 1}, "1", 1, object())


def _discovered() -> dict[str, Callable[..., Any]]:
    found = {}
    for module in pkgutil.walk_packages(services.__path__, f"{services.__name__}."):
        for name, function in inspect.getmembers(importlib.import_module(module.name), inspect.isfunction):
            first = next(iter(inspect.signature(function).parameters), "")
            if function.__module__ == module.name and not name.startswith("_") and first == "work":
                found[f"{module.name.removeprefix(services.__name__ + '.')}.{name}"] = function
    return dict(sorted(found.items()))


FUNCTIONS = _discovered()
OF_ACCOUNTS = {"app_user", "login_session", "second_factor", "recovery_code", "account_mail", "act"}


@dataclass
class Aim:
    """One client with a row in every table that can name one; ``mark`` stands in all its texts.

    Attributes:
        ids: number of one row each, by the name that parameters give it.
        owner: its owner, as an actor; session: digest of one of the owner's sessions.
        seen: what was shown of erasing the debtor with whom all is over.
        shown: what was shown of merging, parting and splitting debtors, by function.
        token: of an invitation's link.
        user, batch: the owner's record and an upload's, as a careless caller could have read them.
        intake: of that upload, likewise.
    """

    mark: str
    client_id: int
    owner: Actor
    ids: dict[str, int]
    session: str = ""
    seen: str = ""
    shown: dict[str, str] = field(default_factory=dict)
    token: str = ""
    user: Any = field(default=None, repr=False)
    batch: Any = field(default=None, repr=False)
    intake: Any = field(default=None, repr=False)


def furnish(house: Any, slug: str) -> Aim:
    mark, now = slug.upper(), house.clock()
    client = house.client(slug, f"{mark} SRL", iban="BE68539007547034", address=mark)
    owner = house.user(Role.OWNER, slug, f"owner@{slug}.example", f"{mark} owner")
    for role in (Role.READER, Role.SIGNATORY):
        house.user(role, slug, f"{role}@{slug}.example", f"{mark} {role}")
    gone = house.user(Role.READER, slug, f"gone@{slug}.example", f"{mark} gone")
    debtor = house.debtor(client, f"{mark} debtor", f"{slug}@debtor.example", city=mark)
    closed = house.debtor(client, f"{mark} closed", city=mark)
    invoice = house.invoice(debtor, f"{mark}-1", due=DAY, cents=123_456, reference=mark)
    house.payment(debtor, on=DAY, cents=2_000, invoice_id=invoice)
    house.delegate(debtor, from_date=DAY)
    house.act(client, ActKind.SENT, DAY, debtor_id=debtor, facts={"to": mark})
    data = f"Numéro;Client;Date;Échéance;Total\n{mark}-9;{mark} new;01/09/2026;01/10/2026;10,00\n"
    with house.wiring.begin(owner) as work:
        batch = imports.receive(work, client, f"{mark}.csv", data.encode())
        invited = {
            "email": f"new@{slug}.example",
            "name": f"{mark} new",
            "roles": ["reader"],
            "language": "fr",
        }
        invitation = team.invite(work, client, **invited)
        mail = work.session.get_one(accounts.AccountMail, invitation)
        token = str(link_token(work.sign, invitation, mail.kind, mail.nonce, mail.to))
        factors.enrol(work, client)
        team.remove(work, client, gone.user_id)
    _agree(house, client, mark)
    of_batch = {"client_id": client, "batch_id": batch}
    house.add(changes.ImportChange(**of_batch, invoice_id=invoice, before={"reference": mark}))
    house.add(changes.DebtorChange(**of_batch, debtor_id=debtor, filled={"city": mark}))
    beside = {"name": f"{mark}.pdf", "mime": "application/pdf", "digest": mark, "size_bytes": 4, "at": now}
    document = house.add(records.InvoiceDocument(**of_batch, invoice_id=invoice, **beside))
    house.wiring.store.keep(f"document-{document}", mark.encode())
    keys = {"client_id": client, "debtor_id": debtor}
    kept = {"day": DAY, "step": "statement_1", "language": "fr", "channel": "email", "created_at": now}
    texts = {"recipient": f"{slug}@debtor.example", "subject": mark, "body_text": mark, "body_html": mark}
    message = house.add(records.OutboxMessage(**keys, **kept, **texts, message_id=f"{slug}@agency.example"))
    line = {"invoice_id": invoice, "step": "statement_1", "days_late": 9, "open_cents": 1}
    house.add(records.OutboxLine(client_id=client, message_id=message, **line))
    key = {"client_id": client, "name": mark, "digest": mark, "ending": "9xYz", "created_at": now}
    key_id = house.add(accounts.ApiToken(**key, user_id=owner.user_id))
    asked = {"client_id": client, "key": mark, "digest": mark, "batch_id": batch, "at": now}
    house.add(accounts.ApiRequest(**asked, status=201, answer={"x": mark}))
    house.add(accounts.RecoveryCode(user_id=owner.user_id, nonce=mark, created_at=now))
    house.session(f"owner@{slug}.example", f"cookie of {slug}", second_factor="")
    digest = house.wiring.digest(f"cookie of {slug}")
    with house.wiring.begin(HOUSE) as work:
        seen = erasure.foresee(work, client, closed).mark
        upload = work.session.get_one(records.ImportBatch, batch)
        intake = Intake(work, client, upload, read(work, upload)[1], Answers())
        user = work.session.get_one(accounts.User, owner.user_id)
        login = work.session.exec(select(accounts.LoginSession).filter_by(digest=digest)).one()
    ids = {"debtor_id": debtor, "invoice_id": invoice, "batch_id": batch, "message_id": message}
    ids |= {"user_id": owner.user_id, "chosen_id": client, "invitation_id": invitation, "mail_id": invitation}
    ids |= {"token_id": key_id, "session_id": login.id, "closed_id": closed, "gone_id": gone.user_id} | {
        "document_id": document
    }
    ids, shown = doubled(house, client, mark, ids)
    return Aim(mark, client, owner, ids, digest, seen, shown, token, user, upload, intake)


def doubled(house: Any, client: int, mark: str, ids: dict[str, int]) -> tuple[dict[str, int], dict[str, str]]:
    """Debtors that are one: two that were merged already, two that could be, one that could be split."""
    twin, kept, merged, into = (house.debtor(client, f"{mark} {name}") for name in ("twin", "kept", "m", "i"))
    first, second = (house.invoice(twin, f"{mark}-T{n}", due=DAY, cents=100) for n in (1, 2))
    with house.wiring.begin(HOUSE) as work:
        merging.merge(work, client, merged, into, merging.foresee(work, client, merged, into).mark)
        [part] = parting.parts(work, client, into)
        shown = {
            "merge": merging.foresee(work, client, twin, kept).mark,
            "part": part.mark,
            "split": splitting.foresee(work, client, twin, [first]).mark,
        }
    found = {
        "twin_id": twin,
        "into_id": kept,
        "merge_id": part.merge_id,
        "half_id": first,
        "whole_id": second,
    }
    return ids | found, shown


def _agree(house: Any, client: int, mark: str) -> None:
    """A plan of its own, of version 1, and a remembered layout."""
    of = {"client_id": client, "at": house.clock()}
    house.add(records.ImportLayout(**of, header_digest=mark, choices={"x": mark}))
    house.add(plans.PlanVersion(**of, version=1, terms=written(DEFAULT_PLAN)))


def _decisions(aim: Aim) -> list[Decision]:
    some = [(aim.ids["debtor_id"],), (), *((number,) for number in NUMBERS)]
    made = [Decision(kind, ids) for kind in DelegationKind for ids in some]
    return [*made, *(Decision(DelegationKind.DELEGATE, some[0], reason=text) for text in TEXTS)]


def _searches(of: type[Any], **given: Any) -> list[Any]:
    pages = [of(**given, page=number) for number in NUMBERS]
    return [of(**given), *pages, *(of(**given, text=text) for text in TEXTS)]


# A parameter by its name; with its annotation or its function where one name means several things. The
# first value is what an attacker who knows the ids of somebody else's records would send.
ASKED: dict[str, Callable[[Aim], list[Any]]] = {
    **{
        name: lambda aim, name=name: [aim.ids[name], *NUMBERS]
        for name in (
            "debtor_id",
            "batch_id",
            "message_id",
            "document_id",
            "user_id",
            "chosen_id",
            "invitation_id",
            "mail_id",
            "into_id",
            "merge_id",
            "token_id",
        )
    },
    **dict.fromkeys(
        ("merge.debtor_id", "split.debtor_id", "documents.debtor_id"),
        lambda aim: [aim.ids["twin_id"], aim.ids["debtor_id"], *NUMBERS],
    ),
    "invoice_ids": lambda aim: [
        [aim.ids["half_id"]],
        [aim.ids["invoice_id"]],
        [],
        *([number] for number in NUMBERS),
    ],
    "facts: 'NewDebtor'": lambda aim: [
        NewDebtor("New"),
        *(NewDebtor(text, text, text, text) for text in TEXTS),
    ],
    "merge.seen": lambda aim: [aim.shown["merge"], *TEXTS],
    "part.seen": lambda aim: [aim.shown["part"], *TEXTS],
    "split.seen": lambda aim: [aim.shown["split"], *TEXTS],
    "session_id": lambda aim: [aim.ids["session_id"], *NUMBERS],
    "attempt_id": lambda aim: [1, *NUMBERS],
    "client_ids": lambda aim: [[aim.client_id], [], *([number] for number in NUMBERS)],
    "email": lambda aim: [f"owner@{aim.mark.lower()}.example", "new@elsewhere.example", *TEXTS],
    "address": lambda aim: [f"owner@{aim.mark.lower()}.example", *TEXTS],
    "to": lambda aim: [f"owner@{aim.mark.lower()}.example", *TEXTS],
    "slug": lambda aim: [aim.mark.lower(), *TEXTS],
    "client_slug": lambda aim: [aim.mark.lower(), *TEXTS],
    "digest": lambda aim: [aim.session, *TEXTS],
    "replaces": lambda aim: [aim.session, *TEXTS],
    "whose.token": lambda aim: [f"encaiss_{'0' * 43}", *TEXTS],
    "recall.key": lambda aim: [aim.mark, None, *TEXTS],
    "remember.key": lambda aim: ["another key", None, *TEXTS],
    "answered": lambda aim: [Answered(201, {"x": "made up"}, aim.ids["batch_id"])],
    "token": lambda aim: [aim.token, f"{aim.ids['mail_id']}-{'0' * 43}", "-", *TEXTS],
    "user": lambda aim: [aim.user],
    "name": lambda aim: ["Somebody", *TEXTS],
    "language": lambda aim: ["fr", *TEXTS],
    "term": lambda aim: ["NET_30", *TEXTS],
    "code": lambda aim: ["123456", *TEXTS],
    "asked": lambda aim: list(Asked),
    "goes_on": lambda aim: [True, False],
    "password": lambda aim: ["correct horse battery", *TEXTS],
    "agent": lambda aim: list(TEXTS),
    "base_url": lambda aim: ["http://evil.example"],
    **dict.fromkeys(("keep", "second_factor", "password_hash"), lambda aim: ["totp", *TEXTS]),
    "role: 'str'": lambda aim: ["administrator", "owner", *TEXTS],
    "role: 'Role'": lambda aim: list(Role),
    "roles": lambda aim: [["owner"], ["signatory", "reader"], ["administrator"], [], *([t] for t in TEXTS)],
    "kind": lambda aim: ["invoices", "message", "invitation", "reset", "factor_removed", *TEXTS],
    "key": lambda aim: [*(str(key) for key in aim.ids.values()), *map(str, NUMBERS), *TEXTS],
    "query": lambda aim: [{}, *({"q": text, "on": text, "sort": text, "bucket": text} for text in TEXTS)],
    "answers": lambda aim: [
        {"doubtful": "new"},
        *({"debtors": {text: aim.ids["debtor_id"]}} for text in TEXTS),
        *({"debtors": {"x": number}, "kept": [number]} for number in NUMBERS),
    ],
    "batch": lambda aim: [aim.batch],
    "intake": lambda aim: [aim.intake],
    "debtors": lambda aim: [aim.intake.debtors],
    "parties": lambda aim: [aim.intake.parties, ()],
    "credit_notes": lambda aim: [()],
    "tell": lambda aim: [untold],
    **dict.fromkeys(("first", "count"), lambda aim: list(NUMBERS)),
    "corrections": lambda aim: [{"decimal": ","}, *({"columns": {"total": text}} for text in TEXTS)],
    "data": lambda aim: [b"a;b\n1;2\n", b"", b"\0" * 100],
    **dict.fromkeys(("rows", "problems"), lambda aim: [()]),
    "decision": _decisions,
    "search: 'DebtorSearch'": lambda aim: _searches(DebtorSearch),
    "search: 'Search'": lambda aim: _searches(Search, on=DAY),
    "outcome": lambda aim: [Delivered("250 made up"), DeliveryFailed(reason="made up", permanent=True)],
    "on": lambda aim: [DAY, date.min, date.max],
    "search: 'DeskSearch'": lambda aim: _searches(DeskSearch),
    "facts: 'ClientFacts'": lambda aim: [ClientFacts("New"), *map(ClientFacts, TEXTS)],
    "letters": lambda aim: [1, *NUMBERS],
    "page": lambda aim: [1, *NUMBERS],
    "basis": lambda aim: list(Basis),
    "currency": lambda aim: ["EUR", *TEXTS],
    # With the right one it is anybody's right: see tests/services/test_erasing_accounts.py.
    "erase_own.password_hash": lambda aim: ["another hash", *TEXTS],
    "erase_account.user_id": lambda aim: [aim.ids["gone_id"], aim.ids["user_id"], *NUMBERS],
    "erase.debtor_id": lambda aim: [aim.ids["closed_id"], aim.ids["debtor_id"], *NUMBERS],
    "seen": lambda aim: [aim.seen, *TEXTS],
    "save.seen": lambda aim: [1, *NUMBERS],
    "terms": lambda aim: [{**written(DEFAULT_PLAN), "contact_gap_days": n} for n in (30, *NUMBERS)],
    "words": lambda aim: [aim.mark[:3], *TEXTS],
    "what": lambda aim: list(Past),
    "wanted": lambda aim: [
        {"messages": 36},
        {},
        *({text: 36} for text in TEXTS),
        *({"messages": value} for value in (*NUMBERS, *TEXTS)),
    ],
    **dict.fromkeys(("worked", "at_once", "demo", "dry_run", "checked"), lambda aim: [True, False]),
}
# What ``**facts`` and the like could be made to carry.
CARRIED: dict[str, Callable[[Aim], dict[str, Any]]] = {
    "mails.intend": lambda aim: {"client_id": aim.client_id, "user_id": aim.ids["user_id"]},
    "team.write_invitation": lambda aim: {"roles": ["owner"]},
}


def parameters(function: Callable[..., Any]) -> list[inspect.Parameter]:
    """Those that a caller names, after ``work``."""
    loose = {inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL}
    every = list(inspect.signature(function).parameters.values())[1:]
    return [one for one in every if one.kind not in loose]


def values(function: Callable[..., Any], one: inspect.Parameter, aim: Aim) -> list[Any]:
    names = (f"{function.__name__}.{one.name}", f"{one.name}: {one.annotation!r}", one.name)
    asked = next((ASKED[name] for name in names if name in ASKED), None)
    assert asked, f"say in tests/every_service.py what {function.__name__} is to be asked for as {one.name!r}"
    return asked(aim)


def calls(name: str, aim: Aim, client_ids: list[int | None]) -> Iterator[tuple[dict[str, Any], bool]]:
    """Arguments, and whether they are plausible: of the right types, so that only a refusal will do."""
    function = FUNCTIONS[name]
    named = [one for one in parameters(function) if one.name != "client_id"]
    asks_for_client = "client_id" in inspect.signature(function).parameters
    offered = {one.name: values(function, one, aim) for one in named}
    carried = next((make(aim) for end, make in CARRIED.items() if name.endswith(end)), {})
    for client_id in client_ids if asks_for_client else [None]:
        asked = {"client_id": client_id} if asks_for_client else {}
        first = {**carried, **asked, **{key: some[0] for key, some in offered.items()}}
        yield first, True
        for key, some in offered.items():
            for value in some[1:]:
                yield {**first, key: value}, True
            for value in WRONG:
                yield {**first, key: value}, False
    for value in (*NUMBERS, *WRONG) if asks_for_client else ():
        yield {**first, "client_id": value}, value in NUMBERS or value is None


def rows(house: Any) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table by its table's name."""
    with house.engine.connect() as connection:
        return {
            name: [
                dict(row)
                for row in connection.execute(table.select().order_by(*table.primary_key)).mappings()
            ]
            for name, table in Record.metadata.tables.items()
        }


def not_of(user_id: int | None, every: dict[str, list[dict[str, Any]]], client_ids: list[int]) -> Any:
    """The rows that are neither of these clients nor of this person's own account."""

    def own(name: str, row: dict[str, Any]) -> bool:
        if name == "journal_head":
            return row["chain"] in {0, *client_ids}
        if row["id" if name == "client" else "client_id"] in client_ids if has_client(name) else False:
            return True
        whose = row["id"] if name == "app_user" else row.get("user_id")
        mine = user_id is not None and name in OF_ACCOUNTS and whose == user_id
        return mine and (name == "login_session" or row.get("client_id") is None)

    return {name: [row for row in some if not own(name, row)] for name, some in every.items()}


def has_client(name: str) -> bool:
    """Whether the rows of a table say whose they are."""
    return name == "client" or "client_id" in Record.metadata.tables[name].columns


def plain(found: Any) -> str:
    """Everything there is in an answer, records and what they hold included."""
    if hasattr(found, "model_dump"):
        return repr(found.model_dump())
    if isinstance(found, dict):
        return ", ".join(f"{plain(key)}: {plain(value)}" for key, value in found.items())
    if isinstance(found, list | tuple | set | frozenset):
        return ", ".join(map(plain, found))
    if isinstance(found, bytes):
        return _unpacked(found)
    if isinstance(getattr(found, "content", None), bytes):
        return f"{found!r}, {_unpacked(found.content)}"
    return repr(found)


def _unpacked(content: bytes) -> str:
    """A file as whoever opens it reads it, in archives as well."""
    if not content.startswith(b"PK\3\4"):
        return content.decode("utf-8", "replace")
    with ZipFile(BytesIO(content)) as archive:
        return ", ".join(f"{name}: {_unpacked(archive.read(name))}" for name in archive.namelist())
