"""What a hostile caller would give the services: values for each of their parameters, by its name."""

from collections.abc import Callable
from datetime import date
from typing import Any

from aims import DAY, Aim, picture

from encaiss_dashboard.domain.calls import CallOutcome, CallSaid
from encaiss_dashboard.domain.delegation import DelegationKind
from encaiss_dashboard.domain.dunning import DEFAULT_PLAN
from encaiss_dashboard.domain.inbound import unread_mail
from encaiss_dashboard.domain.intake import untold
from encaiss_dashboard.domain.letters import Delivered, DeliveryFailed
from encaiss_dashboard.domain.permissions import Role
from encaiss_dashboard.domain.plan_terms import written
from encaiss_dashboard.domain.signing import Asked
from encaiss_dashboard.domain.stops import (
    DisputeReason,
    InsolvencyKind,
    Instalment,
    StopState,
)
from encaiss_dashboard.domain.stops.opening import (
    NewDispute,
    NewInsolvency,
    NewPause,
    NewPlan,
    NewPromise,
    NewRequest,
)
from encaiss_dashboard.services.debtors import DebtorSearch
from encaiss_dashboard.services.debtors.splitting import NewDebtor
from encaiss_dashboard.services.delegations import Decision
from encaiss_dashboard.services.desk import DeskSearch
from encaiss_dashboard.services.figures import Basis
from encaiss_dashboard.services.invoices import Search
from encaiss_dashboard.services.payments import PaymentSearch, ToldPart, ToldShare
from encaiss_dashboard.services.people.clients import ClientFacts
from encaiss_dashboard.services.privacy.purge import Past
from encaiss_dashboard.services.pushes import Answered
from encaiss_dashboard.services.reminders import Night
from encaiss_dashboard.services.stops.deciding import Terms, Verdict

TEXTS = ("", "x" * 20_000, "a\0b", "\ud800", "%_'\"\\;--", "1 OR 1=1", "../../etc/passwd", "{0.__class__}")
NUMBERS = (0, -1, 999_999, 2**31, 2**63, 10**40)
WRONG = (None, True, 1.5, b"\0", [], {}, [[[{"a": [{"b": None}]}]]], {"id": 1}, "1", 1, object())


def _decisions(aim: Aim) -> list[Decision]:
    some = [(aim.ids["debtor_id"],), (), *((number,) for number in NUMBERS)]
    made = [Decision(kind, ids) for kind in DelegationKind for ids in some]
    return [*made, *(Decision(DelegationKind.DELEGATE, some[0], reason=text) for text in TEXTS)]


def _searches(of: type[Any], **given: Any) -> list[Any]:
    pages = [of(**given, page=number) for number in NUMBERS]
    return [of(**given), *pages, *(of(**given, text=text) for text in TEXTS)]


def _stops(aim: Aim) -> list[Any]:
    """What somebody could ask to stop: somebody else's invoices, days and amounts that are none."""
    mine, parts = (aim.ids["invoice_id"],), (Instalment(DAY, 121_456),)
    days, far = (date.min, date.max), (-1, 10**40)
    return [
        NewPromise(mine, DAY),
        *(NewPromise((number,), DAY) for number in NUMBERS),
        *(NewPromise(mine, on) for on in days),
        *(NewPromise(mine, DAY, number, number) for number in far),
        *(NewDispute(ids, DisputeReason.PRICE) for ids in (mine, (), None, NUMBERS)),
        *(NewRequest(mine, on) for on in days),
        *(NewPause(mine, on) for on in (None, *days)),
        *(NewInsolvency(InsolvencyKind.BANKRUPTCY, on) for on in (None, *days)),
        *(NewPlan(mine, some) for some in (parts, (), *((Instalment(DAY, number),) for number in far))),
        *(NewPlan(mine, (Instalment(on, 121_456),)) for on in days),
        *(NewPlan(mine, parts, number, number) for number in far),
    ]


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
            "stop_id",
            "paper_id",
            "reply_id",
            "line_id",
            "payment_id",
            "import_id",
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
    "line_ids": lambda aim: [
        [aim.ids["line_id"]],
        [],
        *([number] for number in NUMBERS),
    ],
    "reopen.line_id": lambda aim: [aim.ids["booked_id"], aim.ids["line_id"], *NUMBERS],
    "mark": lambda aim: ["0" * 16, *TEXTS],
    "told": lambda aim: [
        [ToldShare(aim.ids["debtor_id"], 400)],
        [],
        *([ToldShare(aim.ids["debtor_id"], n, [ToldPart(aim.ids["invoice_id"], n)])] for n in NUMBERS),
        *([ToldShare(n, 400, [ToldPart(n, 400, text)])] for n in NUMBERS for text in TEXTS[:2]),
    ],
    "learn": lambda aim: [True, False],
    "search: 'PaymentSearch'": lambda aim: [
        PaymentSearch(),
        *(PaymentSearch(words=text) for text in TEXTS),
        *(PaymentSearch(show=text) for text in TEXTS),
        *(PaymentSearch(debtor_id=n) for n in NUMBERS),
        *(PaymentSearch(first_on=on, last_on=on) for on in (date.min, date.max)),
    ],
    "amount_cents": lambda aim: [None, 1, *NUMBERS],
    "policy": lambda aim: ["strict", "as_told", *TEXTS],
    "confidence_min": lambda aim: [90, 101, *NUMBERS],
    "tolerance_cents": lambda aim: [0, 100, *NUMBERS],
    "holder": lambda aim: ["made up", *TEXTS],
    "accept_account.number": lambda aim: ["BE71096123456769", *TEXTS],
    "facts: 'NewDebtor'": lambda aim: [
        NewDebtor("New"),
        *(NewDebtor(text, text, text, text) for text in TEXTS),
    ],
    "merge.seen": lambda aim: [aim.shown["merge"], *TEXTS],
    "part.seen": lambda aim: [aim.shown["part"], *TEXTS],
    "split.seen": lambda aim: [aim.shown["split"], *TEXTS],
    "remittance_id": lambda aim: [aim.ids["remittance_id"], *NUMBERS],
    "remittance_ids": lambda aim: [[aim.ids["remittance_id"]], [], *([number] for number in NUMBERS)],
    "execution_on": lambda aim: [DAY, date.min, date.max],
    "transfer_again.digest": lambda aim: ["0" * 64, *TEXTS],
    "accounts.key": lambda aim: [str(aim.ids["remittance_id"]), "2026-11", "agency-2026-11", *TEXTS],
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
    "new": _stops,
    "verdict": lambda aim: [*map(Verdict, StopState), *(Verdict(StopState.PARTLY, n) for n in NUMBERS)],
    "answer.stop_id": lambda aim: [aim.ids["request_id"], *NUMBERS],
    "decide.stop_id": lambda aim: [aim.ids["dispute_id"], *NUMBERS],
    "extend.stop_id": lambda aim: [aim.ids["pause_id"], *NUMBERS],
    "lift.stop_id": lambda aim: [aim.ids["insolvency_id"], *NUMBERS],
    "answer.terms": lambda aim: [
        None,
        Terms(()),
        *(Terms((Instalment(DAY, number),)) for number in NUMBERS),
    ],
    "until": lambda aim: [None, DAY, date.min, date.max],
    "search: 'DebtorSearch'": lambda aim: _searches(DebtorSearch),
    "search: 'Search'": lambda aim: _searches(Search, on=DAY),
    "outcome": lambda aim: [Delivered("250 made up"), DeliveryFailed(reason="made up", permanent=True)],
    "on": lambda aim: [DAY, date.min, date.max],
    "search: 'DeskSearch'": lambda aim: _searches(DeskSearch),
    "facts: 'ClientFacts'": lambda aim: [ClientFacts("New"), *map(ClientFacts, TEXTS)],
    "letters": lambda aim: [1, *NUMBERS],
    **dict.fromkeys(("validity", "uid"), lambda aim: [1, *NUMBERS]),
    "place": lambda aim: ["0" * 32, *TEXTS],
    "on_mail": lambda aim: [True, False],
    "row": lambda aim: [aim.row],
    "mail": lambda aim: [unread_mail(b"made up", "made up", 7)],
    "attached.number": lambda aim: [0, 1, *NUMBERS],
    "mark_read.chosen_id": lambda aim: [None, aim.client_id, *NUMBERS],
    "page": lambda aim: [1, *NUMBERS],
    "form": lambda aim: ["xlsx", "csv", *TEXTS],
    **{
        f"{name}.{end}": lambda aim: [DAY, date.min, date.max]
        for name in ("calendar", "export")
        for end in ("first", "last")
    },
    "part": lambda aim: [1, *NUMBERS],
    "night": lambda aim: [Night(DAY, (), ())],
    "made": lambda aim: [[aim.ids["message_id"]], [], *([number] for number in NUMBERS)],
    "basis": lambda aim: list(Basis),
    "currency": lambda aim: ["EUR", *TEXTS],
    # With the right one it is anybody's right: see tests/services/test_erasing_accounts.py.
    "erase_own.password_hash": lambda aim: ["another hash", *TEXTS],
    "erase_account.user_id": lambda aim: [aim.ids["gone_id"], aim.ids["user_id"], *NUMBERS],
    "erase.debtor_id": lambda aim: [aim.ids["closed_id"], aim.ids["debtor_id"], *NUMBERS],
    "seen": lambda aim: [aim.seen, *TEXTS],
    "save.seen": lambda aim: [0, 1, *NUMBERS],
    "step": lambda aim: ["statement_1", *TEXTS],
    "parts": lambda aim: [
        {"opening": "Bonjour {debtor}"},
        {},
        *({"opening": text, text: text} for text in TEXTS),
        *({"ending": number} for number in NUMBERS),
    ],
    "choose.data": lambda aim: [picture(), b"", b"\x89PNG\r\n\x1a\n" + b"\0" * 100],
    "take_manifest.data": lambda aim: [aim.manifest, b"", b"\0" * 100, b"a;b\n1;2\n"],
    "message_ids": lambda aim: [[aim.ids["posted_id"]], [], *([number] for number in NUMBERS)],
    "track.message_id": lambda aim: [aim.ids["posted_id"], *NUMBERS],
    **dict.fromkeys(("call.message_id", "record.message_id"), lambda aim: [aim.ids["call_id"], *NUMBERS]),
    "said: 'CallSaid'": lambda aim: [
        CallSaid(CallOutcome.OTHER, "made up"),
        *(CallSaid(CallOutcome.OTHER, text) for text in TEXTS),
        *(CallSaid(CallOutcome.NOT_REACHED, again_on=on) for on in (date.min, date.max)),
        *(CallSaid(CallOutcome.PROMISE, promised=on) for on in (DAY, date.min, date.max)),
        *(CallSaid(CallOutcome.PROMISE, promised=DAY, amount_cents=number) for number in NUMBERS),
        *(CallSaid(outcome) for outcome in CallOutcome),
    ],
    "track.number": lambda aim: ["RR123456789BE", *TEXTS],
    "envelope": lambda aim: ["fr_right", *TEXTS],
    "terms": lambda aim: [{**written(DEFAULT_PLAN), "contact_gap_days": n} for n in (30, *NUMBERS)],
    "scope": lambda aim: [
        *(f"{kind}:{aim.ids[f'{kind}_id']}" for kind in ("debtor", "invoice")),
        "consumer",
        *(f"debtor:{number}" for number in NUMBERS),
        *TEXTS,
    ],
    "say_kind.kind": lambda aim: ["consumer", *TEXTS],
    "consumers": lambda aim: [True, False],
    "words": lambda aim: [aim.mark[:3], *TEXTS],
    "what": lambda aim: list(Past),
    "wanted": lambda aim: [
        {"messages": 36},
        {},
        *({text: 36} for text in TEXTS),
        *({"messages": value} for value in (*NUMBERS, *TEXTS)),
    ],
    "phone": lambda aim: [None, "0470 12 34 56", *TEXTS],
    "reason": lambda aim: ["made up", *TEXTS],
    "number": lambda aim: [None, 1, *NUMBERS],
    **dict.fromkeys(("worked", "at_once", "demo", "dry_run", "checked"), lambda aim: [True, False]),
}
# What ``**facts`` and the like could be made to carry.
CARRIED: dict[str, Callable[[Aim], dict[str, Any]]] = {
    "mails.intend": lambda aim: {"client_id": aim.client_id, "user_id": aim.ids["user_id"]},
    "team.write_invitation": lambda aim: {"roles": ["owner"]},
}
