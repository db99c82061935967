"""Clients with a row in every table that can name one: whoever is another client's must see none of it."""

from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from io import BytesIO
from typing import Any

import segno
from pypdf import PdfWriter
from remitted import Till
from sqlmodel import select

from encaiss_dashboard.domain.dunning import DEFAULT_PLAN
from encaiss_dashboard.domain.permissions import HOUSE, Actor, Role
from encaiss_dashboard.domain.plan_terms import written
from encaiss_dashboard.domain.signing import link_token
from encaiss_dashboard.domain.stops import (
    Dispute,
    DisputeReason,
    Insolvency,
    InsolvencyKind,
    InvoicePause,
    PlanRequest,
    Promise,
    Stop,
)
from encaiss_dashboard.services import imports
from encaiss_dashboard.services.accounts import factors, team
from encaiss_dashboard.services.debtors import merging, parting, splitting
from encaiss_dashboard.services.imports import Answers
from encaiss_dashboard.services.imports.intake import Intake
from encaiss_dashboard.services.imports.uploads import read
from encaiss_dashboard.services.privacy import erasure
from encaiss_dashboard.storage import (
    accounts,
    bank,
    calls,
    changes,
    claims,
    inbound,
    logos,
    plans,
    posting,
    records,
    stop_tables,
    stops,
    texts,
    undeliverable,
)
from encaiss_dashboard.storage.invoice_documents import InvoiceDocument
from encaiss_dashboard.storage.journal import ActKind

DAY = date(2026, 11, 1)


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
        intake: of that upload, likewise; row: of a mail of its debtor.
        manifest: of a letter on paper, filled in.
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
    row: Any = field(default=None, repr=False)
    manifest: bytes = b""


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
    of_batch = {"client_id": client, "batch_id": batch}
    house.add(changes.ImportChange(**of_batch, invoice_id=invoice, before={"reference": mark}))
    house.add(changes.DebtorChange(**of_batch, debtor_id=debtor, filled={"city": mark}))
    beside = {"name": f"{mark}.pdf", "mime": "application/pdf", "digest": mark, "size_bytes": 4, "at": now}
    document = house.add(InvoiceDocument(**of_batch, invoice_id=invoice, **beside))
    house.wiring.store.keep(f"document-{document}", mark.encode())
    message = _written(house, {"client_id": client, "debtor_id": debtor}, invoice, slug)
    _agree(house, client, mark, {"debtor_id": debtor, "invoice_id": invoice, "message_id": message})
    reply = _answered(house, mark, {"client_id": client, "debtor_id": debtor})
    key = {"name": mark, "digest": mark, "ending": "9xYz", "created_at": now, "user_id": owner.user_id}
    key_id = house.add(accounts.ApiToken(client_id=client, **key))
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
        row = work.session.get_one(inbound.InboundMessage, reply)
        login = work.session.exec(select(accounts.LoginSession).filter_by(digest=digest)).one()
    ids = {"debtor_id": debtor, "invoice_id": invoice, "batch_id": batch, "message_id": message}
    ids |= {"user_id": owner.user_id, "chosen_id": client, "invitation_id": invitation, "mail_id": invitation}
    ids |= {"token_id": key_id, "session_id": login.id, "closed_id": closed, "gone_id": gone.user_id} | {
        "document_id": document,
        "reply_id": reply,
    }
    posted, manifest = _on_paper(house, {"client_id": client, "debtor_id": debtor}, slug)
    ids |= {"call_id": _called(house, client, slug)} | {
        "remittance_id": _paid_on(house, mark, {"client_id": client}, invoice)
    }
    ids |= {"posted_id": posted} | halted(house, client, mark, debtor, invoice)
    ids, shown = doubled(house, client, mark, ids | banked(house, client, mark, debtor, invoice))
    return Aim(mark, client, owner, ids, digest, seen, shown, token, user, upload, intake, row, manifest)


def halted(house: Any, client: int, mark: str, debtor: int, invoice: int) -> dict[str, int]:
    """A stop of each kind that can be decided about, a later fact about one and a document beside it."""
    some, kept = frozenset({invoice}), {"words": mark, "user_id": None, "at": house.clock()}
    insolvent = house.debtor(client, f"{mark} insolvent")
    made: dict[str, tuple[int, Stop]] = {
        "stop_id": (debtor, Promise(some, 100, 121_356, DAY, DAY)),
        "dispute_id": (debtor, Dispute(some, DisputeReason.PRICE, DAY)),
        "request_id": (debtor, PlanRequest(some, DAY)),
        "pause_id": (debtor, InvoicePause(some, DAY, None)),
        "insolvency_id": (insolvent, Insolvency(InsolvencyKind.BANKRUPTCY, DAY)),
    }
    with house.wiring.begin(HOUSE) as work:
        session = work.session
        ids = {name: stops.add(session, client, whose, stop, **kept) for name, (whose, stop) in made.items()}
        later = {"on": DAY, "terms": {"until": None}, **kept}
        stops.add_event(session, client, ids["pause_id"], stops.EventKind.EXTENDED, **later)
    beside = {"name": f"{mark}.pdf", "mime": "application/pdf", "digest": mark, "size_bytes": 4}
    of = {"client_id": client, "stop_id": ids["dispute_id"], "at": house.clock()}
    paper = house.add(stop_tables.StopDocument(**of, **beside))
    house.wiring.store.keep(f"stop-{paper}", mark.encode())
    return ids | {"paper_id": paper}


def banked(house: Any, client: int, mark: str, debtor: int, invoice: int) -> dict[str, int]:
    """A file of a bank with two lines, one that waits and one that was booked, and all that came of it."""
    now, of = house.clock(), {"client_id": client}
    account = house.add(bank.BankAccount(**of, number=mark, holder=mark, added_at=now))
    about = {"file_name": f"{mark}.cod", "digest": mark, "size_bytes": 4, "at": now}
    brought = house.add(bank.BankImport(**of, format="coda", result={"x": mark}, **about))
    house.wiring.store.keep(f"bank-{brought}", mark.encode())
    days = {"first": DAY, "last": DAY, "currency": "EUR"}
    within = {**of, "account_id": account}
    told = house.add(bank.BankStatement(**within, import_id=brought, number=mark, told_cents=900, **days))
    on = {"booked_on": DAY, "value_on": DAY, "statement_id": told, "counterparty": mark, "text": mark}
    lines = [
        house.add(bank.BankLine(**within, **on, seq=n, place=mark, fingerprint=f"{mark}{n}", amount_cents=n))
        for n in (400, 500)
    ]
    kept = {"words": mark, "terms": {"x": mark}, "at": now}
    house.add(bank.BankDecision(**of, line_id=lines[1], kind="booked", **kept))
    paid = {"on": DAY, "amount_cents": 500, "source": "bank", "reference": mark, "recorded_at": now}
    payment = house.add(records.Payment(**of, debtor_id=debtor, bank_line_id=lines[1], **paid))
    part = {"payment_id": payment, "invoice_id": invoice, "on": DAY}
    house.add(bank.AccessoryAllocation(**of, **part, kind="interest", amount_cents=5))
    house.add(bank.Counterparty(**of, debtor_id=debtor, key=mark, line_id=lines[1], at=now))
    house.add(bank.BookingRules(**of, policy="strict", confidence_min=90, at=now))
    return {"line_id": lines[0], "booked_id": lines[1], "payment_id": payment, "import_id": brought}


def _written(house: Any, keys: dict[str, int], invoice: int, slug: str) -> int:
    """A message to a debtor with its bytes, and an address of it that does not exist."""
    mark, now, to = slug.upper(), house.clock(), f"{slug}@debtor.example"
    kept = {"day": DAY, "step": "statement_1", "language": "fr", "channel": "email", "created_at": now}
    texts = {"recipient": to, "subject": mark, "body_text": mark, "body_html": mark}
    texts |= {"contents": [sha256(mark.encode()).hexdigest()]}
    message = house.add(records.OutboxMessage(**keys, **kept, **texts, message_id=f"{slug}@agency.example"))
    house.wiring.store.keep(f"message-{message}-1", mark.encode())
    line = {"invoice_id": invoice, "step": "statement_1", "days_late": 9, "open_cents": 1}
    house.add(records.OutboxLine(client_id=keys["client_id"], message_id=message, **line))
    fact = {"address": to, "reason": mark, "message_id": message, "at": now, "ended_at": now}
    house.add(undeliverable.UndeliverableAddress(**keys, **fact))
    return int(message)


def _on_paper(house: Any, row: dict[str, Any], slug: str) -> tuple[int, bytes]:
    """A registered letter that has its number and waits for the post."""
    name, mark = f"{slug}.paper@agency.example", slug.upper()
    kept = {"day": DAY, "step": "statement_1", "language": "fr", "channel": "registered"}
    said = {"recipient": mark, "subject": mark, "body_text": mark, "body_html": mark}
    sent = {"created_at": house.clock(), "message_id": name}
    key = house.add(records.OutboxMessage(**row, **kept, **said, **sent))
    of = {"client_id": row["client_id"], "message_id": key, "at": house.clock()}
    house.add(posting.Posting(**of, tracking=f"{slug.upper()}12345678"))
    pages = PdfWriter()
    pages.add_blank_page(210, 297)
    out = BytesIO()
    pages.write(out)
    house.wiring.store.keep(posting.store_key(key), out.getvalue())
    return key, f"Notre identifiant;Numéro de suivi\n{name};RR123456789BE\n".encode()


def _called(house: Any, client: int, slug: str) -> int:
    """A call that waits, and a first attempt that nobody answered."""
    mark, now = slug.upper(), house.clock()
    whose = house.debtor(client, f"{mark} called", phone="+32470123456")
    invoice = house.invoice(whose, f"{mark}-C", due=DAY, cents=700, reference=mark)
    house.delegate(whose, from_date=DAY)
    of = {"client_id": client, "debtor_id": whose}
    kept = {"day": DAY, "step": "statement_1", "language": "fr", "channel": "call", "recipient": mark}
    key = house.add(records.OutboxMessage(**of, **kept, created_at=now, message_id=f"{slug}.call@x.example"))
    line = {"invoice_id": invoice, "step": "statement_1", "days_late": 9, "open_cents": 700}
    house.add(records.OutboxLine(client_id=client, message_id=key, **line))
    tried = {"on": DAY, "outcome": "not_reached", "transcript": mark, "next_on": DAY, "at": now}
    house.add(calls.CallAttempt(**of, message_id=key, **tried))
    return int(key)


def _paid_on(house: Any, mark: str, of: dict[str, int], invoice: int) -> int:
    """A remittance that pays on a payment with interest, which came in on the agency's account."""
    till = Till(house, mark)
    whose = house.debtor(of["client_id"], f"{mark} paid", city=mark)
    payment = till.receives(whose, 700, DAY, reference=mark)
    till.accessory(invoice, payment, "interest", 5, DAY)
    now, account = house.clock(), till.account()
    told = {"number": mark, "on": DAY, "amount_cents": 700, "iban": "BE68539007547034", "at": now}
    key = house.add(bank.Remittance(**of, **told, account_id=account))
    house.add(bank.RemittanceLine(**of, remittance_id=key, payment_id=payment, amount_cents=700))
    return int(key)


def picture() -> bytes:
    """A small PNG."""
    out = BytesIO()
    segno.make("made up").save(out, kind="png", scale=4)
    return out.getvalue()


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


def _answered(house: Any, mark: str, keys: dict[str, int]) -> int:
    """A mail of a debtor with a file, both kept."""
    files = [{"name": f"{mark}.pdf", "mime": "application/pdf", "size": 4, "digest": mark}]
    words = dict.fromkeys(("sender_name", "subject", "text", "shown", "message_id"), mark)
    known = {"digest": mark, "kind": "reply", "how": "token", "size_bytes": 4, "received_at": house.clock()}
    reply = house.add(inbound.InboundMessage(**keys, **words, **known, files=files))
    for key in inbound.store_keys(reply, files):
        house.wiring.store.keep(key, mark.encode())
    return int(reply)


def _agree(house: Any, client: int, mark: str, ids: dict[str, int]) -> None:
    """Plans of versions 1 and 2, a remembered layout, a claim line, and the word that payments are known."""
    of = {"client_id": client, "at": house.clock()}
    house.add(changes.ImportLayout(**of, header_digest=mark, choices={"x": mark}))
    house.add(plans.PlanVersion(**of, version=1, terms=written(DEFAULT_PLAN)))
    house.add(plans.SpecialPlan(**of, debtor_id=ids["debtor_id"], version=2, terms=written(DEFAULT_PLAN)))
    house.add(plans.PaymentsKnown(**of, until=DAY))
    claim = {"kind": "interest", "amount_cents": 5, "periods": [{"x": mark}]}
    about = {"message_id": ids["message_id"], "invoice_id": ids["invoice_id"]}
    house.add(claims.ClaimRow(client_id=client, **about, **claim))
    of_text = {"step": "statement_1", "language": "fr", "version": 1, "parts": {"ending": mark}}
    house.add(texts.LetterText(**of, **of_text))
    logo = house.add(logos.ClientLogo(**of, digest=mark, width=84, height=84))
    house.wiring.store.keep(logos.store_key(logo), picture())
