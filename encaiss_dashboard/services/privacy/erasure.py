"""Erasing what is personal about a debtor: what goes, what the law keeps, and what stands in the way.

GDPR art. 17(1); what stays rests on art. 17(3)(b), a legal obligation, and (e), legal claims. Why it is
done this way stands in decisions/0014-erasure.md.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlmodel import col, delete, func, select, update

from encaiss_dashboard.domain import retention
from encaiss_dashboard.domain.delegation import DelegationEvent, DelegationKind, DelegationState, status
from encaiss_dashboard.domain.errors import ChangedMeanwhile, NotAllowed, NotFound, Refusal
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.outlook import consequences
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.domain.retention import Keep
from encaiss_dashboard.locales import day, money, text
from encaiss_dashboard.services.privacy.retention import periods
from encaiss_dashboard.services.privacy.sorting import EMPTIED, LINE_EMPTIED, REMOVED
from encaiss_dashboard.storage import merges, personal, posting, queries, records
from encaiss_dashboard.storage.bank import BankLine
from encaiss_dashboard.storage.calls import CallAttempt
from encaiss_dashboard.storage.contents import content_keys
from encaiss_dashboard.storage.inbound import InboundMessage, store_keys, unread
from encaiss_dashboard.storage.invoice_documents import InvoiceDocument
from encaiss_dashboard.storage.journal import ActKind
from encaiss_dashboard.storage.stop_tables import Stop, StopDocument, StopEvent
from encaiss_dashboard.work import Work

_ID_MAX: Final = 2**31 - 1


class ErasureBlocked(Refusal):
    """Something is still open with this debtor; says what."""

    code = "erasure_blocked"


class AlreadyErased(Refusal):
    """Nothing personal is left of this debtor."""

    code = "already_erased"


@dataclass(frozen=True, slots=True)
class Line:
    """One kind of data and what becomes of it.

    Attributes:
        code: with its sentence in the catalogue under ``privacy.gone_``, ``stays_`` or ``blocked_``.
        n: how many records.
        until: last day on which what stays is kept, None while no day is set.
        amounts: what is owed, by currency, for what stands in the way.
    """

    code: str
    n: int
    until: date | None = None
    amounts: tuple[Money, ...] = ()


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What erasing would do to a debtor and those merged into it.

    Attributes:
        family: ids of all of them, the debtor itself first.
        pseudonym: what the debtor is called from then on.
        gone: what is erased at once.
        stays: what the law keeps.
        blocked: what has to be over first; with any of it nothing is erased.
    """

    debtor_id: int
    family: tuple[int, ...]
    name: str
    pseudonym: str
    erased: bool
    gone: tuple[Line, ...]
    stays: tuple[Line, ...]
    blocked: tuple[Line, ...]

    @property
    def mark(self) -> str:
        """A digest of all that is foreseen, to notice that it changed between seeing and doing."""
        return hashlib.sha256(repr((self.family, self.gone, self.stays, self.blocked)).encode()).hexdigest()


def sentence(line: Line, part: str, lang: str) -> str:
    """A line as it is shown; ``part`` is ``gone``, ``stays`` or ``blocked``."""
    amounts = " + ".join(money(amount, lang) for amount in line.amounts)
    facts = {"amounts": amounts} if line.amounts else {}
    return text(lang, f"privacy.{part}_{line.code}", n=line.n, **facts)


def ground(line: Line, lang: str) -> str:
    """Until when and because of which law a line stays."""
    until = text(lang, "privacy.until_none")
    if line.until:
        until = text(lang, "privacy.until_day", day=day(line.until, lang, "long"))
    return f"{until} · {text(lang, f'privacy.law_{line.code}')}"


def foresee(work: Work, client_id: int | None, debtor_id: int) -> Foreseen:
    """What erasing a debtor would do; changes nothing. One merged away is the debtor that it is by now.

    Raises:
        NotAllowed: neither an owner of this client nor an administrator.
        NotFound: not one of this client's debtors.
    """
    client = work.require(Action.PERSONAL_DATA, client_id)
    debtor = _debtor(work, client, debtor_id)
    key = queries.known(debtor.id)
    family = merges.family(work.session, client, key)
    return Foreseen(
        debtor_id=key,
        family=family,
        name=debtor.name,
        pseudonym=_pseudonym(work, client, key),
        erased=personal.erased(work.session, key),
        gone=_gone(work, family),
        stays=_stays(work, client, family),
        blocked=_blocked(work, client, key),
    )


def _pseudonym(work: Work, client_id: int, debtor_id: int) -> str:
    return text(queries.client(work.session, client_id).language, "privacy.erased_debtor", n=debtor_id)


def erase(work: Work, client_id: int | None, debtor_id: int, seen: str) -> Foreseen:
    """Erase what is personal about a debtor and may go; returns what was done.

    Args:
        work: of the person who decides.
        client_id: whose debtor it is.
        debtor_id: the debtor.
        seen: :attr:`Foreseen.mark` of what the person was shown.

    Raises:
        NotAllowed, NotFound: as :func:`foresee`.
        AlreadyErased, ErasureBlocked: with what stands in the way.
        ChangedMeanwhile: something came or went since it was shown; nothing was erased.
    """
    client = work.require(Action.PERSONAL_DATA, client_id)
    # As imports do: one at a time may change what a client's debtors owe. (SQLite has one writer.)
    work.session.get(records.Client, client, with_for_update=True)
    plan, lang = foresee(work, client, debtor_id), work.actor.language
    if plan.erased:
        raise AlreadyErased
    if plan.blocked:
        raise ErasureBlocked(why=" ".join(sentence(line, "blocked", lang) for line in plan.blocked))
    if plan.mark != seen:
        raise ChangedMeanwhile
    withdrawn = _withdraw(work, client, plan.debtor_id)
    papers = _remove(work, client, plan)
    work.journal.record(
        ActKind.ERASED,
        day=work.today,
        client_id=client,
        debtor_id=plan.debtor_id,
        # By number and kind only: what is erased must not live on in the act that says so.
        facts={
            "erased": {line.code: line.n for line in plan.gone},
            "kept": [
                {"what": line.code, "n": line.n, "until": line.until.isoformat() if line.until else None}
                for line in plan.stays
            ],
            "withdrawn": withdrawn,
        },
        shown={
            "language": lang,
            "pseudonym": plan.pseudonym,
            "gone": [sentence(line, "gone", lang) for line in plan.gone],
            "stays": [f"{sentence(line, 'stays', lang)} · {ground(line, lang)}" for line in plan.stays],
        },
    )
    work.session.flush()
    # Last: what fails before leaves its files as well.
    for key in papers:
        work.store.remove(key)
    return plan


def past_time(work: Work) -> list[tuple[int, int]]:
    """Client and debtor ids of those closed for longer than debtors are kept, and not erased yet.

    Closed is who has nothing open and whose last invoice and payment are older than the years chosen.

    Raises:
        NotAllowed: only the house itself looks through every client.
    """
    if not work.actor.house:
        raise NotAllowed
    first = retention.start(work.today, Keep.DEBTORS, periods(work)[Keep.DEBTORS])
    debtor, act = records.Debtor, records.Act
    recent = [
        select(cls.debtor_id).where(on >= first)
        for cls, on in (
            (records.Invoice, col(records.Invoice.issue)),
            (records.Payment, col(records.Payment.on)),
        )
    ]
    told = select(act.debtor_id).where(act.kind == ActKind.ERASED.value, col(act.debtor_id).is_not(None))
    query = select(debtor.client_id, debtor.id).where(
        col(debtor.created_at) < _midnight(work, first),
        *(col(debtor.id).not_in(some) for some in recent),
        col(debtor.id).not_in(told),
        # It goes with the one that it was merged into.
        col(debtor.id).not_in(merges.gone()),
    )
    found = work.session.exec(query.order_by(col(debtor.id)))
    return [
        (client, queries.known(key))
        for client, key in found
        if not _blocked(work, client, queries.known(key))
    ]


def _midnight(work: Work, on: date) -> Any:
    return work.now.replace(year=on.year, month=on.month, day=on.day, hour=0, minute=0, second=0)


def _debtor(work: Work, client_id: int, debtor_id: int) -> records.Debtor:
    if not 0 < debtor_id <= _ID_MAX:
        raise NotFound
    return queries.debtor(work.session, client_id, merges.kept(work.session, client_id, debtor_id))


def _count(work: Work, cls: Any, *where: Any) -> int:
    return int(work.session.exec(select(func.count(col(cls.id))).where(*where)).one())


def _gone(work: Work, family: Sequence[int]) -> tuple[Line, ...]:
    message, debtor = records.OutboxMessage, records.Debtor
    names = EMPTIED[debtor]
    written = _count(work, message, col(message.debtor_id).in_(family), col(message.recipient) != "")
    ways = personal.of_debtor(*family)
    reasons = sum(
        _count(work, cls, ways[cls], col(getattr(cls, name)) != "")
        for cls, name in (
            *((records.Delegation, "reason"), (Stop, "words"), (StopEvent, "words")),
            (CallAttempt, "transcript"),
        )
    )
    debtors = work.session.exec(select(debtor).where(col(debtor.id).in_(family))).all()
    papers = sum(_count(work, cls, ways[cls]) for cls in (InvoiceDocument, StopDocument))
    lines = (
        Line("name", len(debtors)),
        Line("details", sum(bool(getattr(one, name)) for one in debtors for name in names)),
        Line("contacts", len(personal.addresses(work.session, *family))),
        Line("messages", written),
        Line("reasons", reasons),
        Line("documents", papers),
        Line("replies", _count(work, InboundMessage, col(InboundMessage.debtor_id).in_(family))),
    )
    return tuple(line for line in lines if line.n)


def _stays(work: Work, client_id: int, family: Sequence[int]) -> tuple[Line, ...]:
    debtor_id = family[0]  # everything that moves is its own
    kept, invoice, message = periods(work), records.Invoice, records.OutboxMessage
    counts = {
        name: len(rows)
        for name, rows in personal.about_debtor(work.session, *family).items()
        if name not in {"debtor", "contact", "debtor_alias"}
    }
    issued = work.session.exec(select(func.max(invoice.issue)).where(invoice.debtor_id == debtor_id)).one()
    paid = work.session.exec(
        select(func.max(records.Payment.on)).where(records.Payment.debtor_id == debtor_id)
    ).one()
    last = max(filter(None, (issued, paid)), default=None)
    sent = work.session.exec(select(func.max(message.day)).where(message.debtor_id == debtor_id)).one()
    came = work.session.exec(
        select(func.max(records.ImportBatch.uploaded_at)).where(
            records.ImportBatch.client_id == client_id,
            col(records.ImportBatch.id).in_(select(invoice.batch_id).where(invoice.debtor_id == debtor_id)),
        )
    ).one()
    years, months = kept[Keep.DEBTORS], kept[Keep.FILES]
    accounts = sum(counts[name] for name in ("invoice", "payment", "allocation"))
    dispatch = counts["outbox_message"] + counts["delegation"] + counts["stop"]
    files_until = retention.end(came.date(), Keep.FILES, months) if came else None
    lines = (
        Line("accounts", accounts, retention.end(last, Keep.DEBTORS, years) if last else None),
        Line("dispatch", dispatch, retention.end(sent or work.today, Keep.DEBTORS, years)),
        Line("journal", counts["act"]),
        Line("files", counts["import_batch"], files_until),
    )
    return tuple(line for line in lines if line.n and not (line.until and line.until < work.today))


def _blocked(work: Work, client_id: int, debtor_id: int) -> tuple[Line, ...]:
    """What is not over yet. Another open matter of a debtor adds its line here."""
    open_count, owed, free = 0, list[Money](), list[Money]()
    for currency, ledger in queries.ledgers(work.session, client_id, [debtor_id]).items():
        on = max([work.today, *(one.issue for one in ledger.invoices)])
        balances = ledger.open_cents(on)
        open_count += len(balances)
        owed += [Money(sum(balances.values()), currency)] if balances else []
        free += [Money(cents, currency) for cents in ledger.unallocated_by_debtor(on).values()]
    message = records.OutboxMessage
    waiting = _count(
        work,
        message,
        message.debtor_id == debtor_id,
        col(message.sent_at).is_(None),
        col(message.failed_at).is_(None),
        col(message.dropped_at).is_(None),
    )
    lines = (
        Line("invoices", open_count, amounts=tuple(owed)),
        Line("credit", len(free), amounts=tuple(free)),
        Line("messages", waiting),
        Line("replies", len(unread(work.session, [client_id], [debtor_id]))),
    )
    return tuple(line for line in lines if line.n)


def _withdraw(work: Work, client_id: int, debtor_id: int) -> bool:
    """End a delegation, also one still to come: of whom nothing is known nobody can be chased."""
    events = queries.delegation_events(work.session, client_id, [debtor_id]).get(debtor_id, [])
    event = DelegationEvent(DelegationKind.WITHDRAW, work.today)
    added = consequences(events, event, work.today)
    acting = status(events, work.today).state not in {
        DelegationState.NOT_DELEGATED,
        DelegationState.WITHDRAWN,
    }
    for one in added:
        row = records.Delegation(
            client_id=client_id,
            debtor_id=debtor_id,
            kind=one.kind.value,
            from_date=one.from_date,
            user_id=work.actor.user_id,
            at=work.now,
        )
        work.session.add(row)
        work.session.flush()
    return acting or bool(added)


def _remove(work: Work, client_id: int, plan: Foreseen) -> list[str]:
    """Take the person out of the records; the keys of what is to be removed from the store.

    The digests of what was sent stay: they say nothing by themselves, and prove a copy that turns up.
    """
    ways = personal.of_debtor(*plan.family)
    papers = [
        f"{name}-{key}"
        for name, cls in (("document", InvoiceDocument), ("stop", StopDocument))
        for key in work.session.exec(select(col(cls.id)).where(ways[cls]))
    ]
    for reply in work.session.exec(select(InboundMessage).where(ways[InboundMessage])):
        papers += store_keys(queries.known(reply.id), reply.files)
    papers += content_keys(
        work.session.exec(select(records.OutboxMessage).where(ways[records.OutboxMessage]))
    )
    message = records.OutboxMessage
    letters = work.session.exec(select(message.id).where(ways[message], message.channel != "email"))
    papers += [posting.store_key(queries.known(key)) for key in letters]
    for gone in REMOVED:
        work.session.exec(delete(gone).where(ways[gone]))
    for cls, names in EMPTIED.items():
        work.session.exec(update(cls).where(ways[cls]).values(dict.fromkeys(names, "")))
    paid = select(col(records.Payment.bank_line_id)).where(ways[records.Payment])
    told = update(BankLine).where(col(BankLine.id).in_(paid))
    work.session.exec(told.values(dict.fromkeys(LINE_EMPTIED, "")))
    for key in plan.family:
        debtor = work.session.get_one(records.Debtor, key, populate_existing=True)
        # No file can name this key, so nothing to come is ever drawn to the erased one.
        debtor.name, debtor.match_key = _pseudonym(work, client_id, key), f"|erased {key}"
    return papers
