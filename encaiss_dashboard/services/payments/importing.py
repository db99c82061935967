"""A file of a bank becomes lines, and lines payments: wholly or not at all, and never twice."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, Final

from sqlmodel import select

from encaiss_dashboard.domain.bank import BankFile, Statement
from encaiss_dashboard.domain.booking import DecisionKind, Proposal
from encaiss_dashboard.domain.errors import Problem, Unreadable
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.services.payments import owners
from encaiss_dashboard.services.payments.books import Books
from encaiss_dashboard.services.payments.deciding import clients_of, owner_of
from encaiss_dashboard.services.payments.identity import WHOLE, Known, Split, split
from encaiss_dashboard.services.payments.proposing import proposals
from encaiss_dashboard.services.payments.reversing import return_as_proposed
from encaiss_dashboard.services.payments.seen import Booking, BooksDiffer, Imported, Told
from encaiss_dashboard.services.payments.writing import Writer, lock
from encaiss_dashboard.storage import bank_lines, book_checks, plans, queries, records
from encaiss_dashboard.storage.bank import BankAccount, BankImport, BankLine, BankStatement
from encaiss_dashboard.storage.engine import lock as lock_name
from encaiss_dashboard.storage.journal import ActKind
from encaiss_dashboard.storage.plans import PaymentsKnown
from encaiss_dashboard.work import Work

_NAME_LENGTH_MAX: Final = 300
COUNTED: Final = (
    *("lines", "booked", "matched", "proposed", "unmatched"),
    *("duplicates", "rejected"),
)


def receive(
    work: Work, client_id: int | None, name: str, data: bytes | Path, *, dry_run: bool = False
) -> Imported:
    """Read a file of a bank or of payments, keep its lines and book those that are sure.

    Args:
        work: of whoever brings it.
        client_id: whose account it is of, None for the agency's own.
        name: as its owner calls it.
        data: its bytes, or where it lies.
        dry_run: say what would come of it and keep nothing.

    Returns:
        What came of it; nothing was kept where any problem blocks.

    Raises:
        WrongAccount: a statement is of an account that is not known to be this owner's.
        BooksDiffer: our own fault; nothing was done.
    """
    owner = owner_of(Action.UPLOAD, work, client_id)
    if not isinstance(name, str) or "\x00" in name:
        raise Unreadable(value="")
    content = data if isinstance(data, bytes) else data.read_bytes()
    read = work.banks.read(content, name[:_NAME_LENGTH_MAX] or "?")
    whole = _Import(work, owner, read, content)
    with work.session.begin_nested() as point:
        try:
            seen = whole.run()
        except _Changed as changed:
            seen = whole.refused(changed.told)
        if dry_run or not seen.kept:
            point.rollback()
    if dry_run or not seen.kept:
        work.journal.rolled_back()
        return replace(seen, id=None, kept=False)
    work.store.keep(f"bank-{seen.id}", content)
    return seen


class _Changed(Exception):  # noqa: N818 - caught at once: what was written for the file is taken back
    """A statement was told before, and otherwise."""

    def __init__(self, told: Told) -> None:
        super().__init__(told.statement)
        self.told = told


@dataclass
class _Import:
    """One file on its way into the books."""

    work: Work
    owner: int | None
    read: BankFile
    content: bytes
    told: list[Told] = field(default_factory=list)
    _books: Books | None = None

    def run(self) -> Imported:
        work, read = self.work, self.read
        form = read.format.value if read.format else ""
        if any(one.blocks for one in read.problems if one.line is None) or not read.statements:
            return Imported(None, read.name, form, problems=tuple(read.problems))
        assert read.format is not None
        if self.owner is None:
            lock_name(work.session, "bank of the agency")
        else:
            lock(work.session, [self.owner])
        numbers = [owners.account_of(work.session, self.owner, one, read.format) for one in read.statements]
        row = self._row(form)
        for number, statement in zip(numbers, read.statements, strict=True):
            self._statement(row, number, statement)
        result = self._result()
        row.result = result
        self._tell(row, result)
        if off := book_checks.check(work.session, {one.account_id for one in self._statements(row)}):
            raise BooksDiffer(what=", ".join(sorted({one.code for one in off})))
        return Imported(row.id, read.name, form, tuple(self.told), tuple(read.problems), kept=True)

    def refused(self, told: Told) -> Imported:
        """What is said where a statement was told before, and otherwise."""
        form = self.read.format.value if self.read.format else ""
        return Imported(None, self.read.name, form, (told,), told.problems)

    def _row(self, form: str) -> BankImport:
        row = BankImport(
            client_id=self.owner,
            user_id=self.work.actor.user_id,
            file_name=self.read.name,
            format=form,
            digest=hashlib.sha256(self.content).hexdigest(),
            size_bytes=len(self.content),
            at=self.work.now,
        )
        self.work.session.add(row)
        self.work.session.flush()
        return row

    def _split(self, account: BankAccount, one: Statement) -> Split:
        session, key = self.work.session, queries.known(account.id)
        assert self.read.format is not None
        of = bank_lines.statements(session, [key])
        by_id = {row.id: (row, form) for row, form in of}
        days = [movement.booked_on for movement in one.movements] or [one.first]
        lines = bank_lines.lines_between(session, key, min(days), max(days))
        known = [Known(line, *by_id[line.statement_id]) for line in lines]
        return split(one, self.read.format, known, of)

    def _statement(self, row: BankImport, number: str, one: Statement) -> None:
        account = owners.add(self.work.session, self.owner, number, one, self.work.now)
        found = self._split(account, one)
        if found.changed:
            problem = Problem("bank_changed", facts={"account": one.account, "statement": one.number})
            raise _Changed(_told(one, rejected=len(one.movements), problems=(problem,)))
        again = not found.new and any(
            old.number == one.number and old.first == one.first and form == row.format
            for old, form in bank_lines.statements(self.work.session, [queries.known(account.id)])
        )
        problems = [*one.problems, *self._gap(account, one)]
        told = _told(one, duplicates=len(found.known), problems=tuple(problems))
        if again:
            self.told.append(told)
            return
        statement = BankStatement(
            client_id=self.owner,
            import_id=queries.known(row.id),
            account_id=queries.known(account.id),
            number=one.number,
            first=one.first,
            last=one.last,
            currency=one.currency,
            opening_cents=one.opening.cents if one.opening is not None else None,
            closing_cents=one.closing.cents if one.closing is not None else None,
            told_cents=sum(movement.amount.cents for movement in one.movements),
            known_cents=sum(movement.amount.cents for movement in found.known),
        )
        self.work.session.add(statement)
        self.work.session.flush()
        lines = [
            BankLine(
                client_id=self.owner,
                account_id=queries.known(account.id),
                statement_id=queries.known(statement.id),
                copies=copies,
                **bank_lines.values(movement),
            )
            for movement, copies in found.new
        ]
        self.work.session.add_all(lines)
        self.work.session.flush()
        booked, proposed = self._book(lines, by_itself=one.proves is not False)
        found_for, left = booked + proposed, len(lines) - booked - proposed
        counted = replace(told, booked=booked, proposed=proposed, matched=found_for, unmatched=left)
        self.told.append(counted)
        self._known_until(number, one)

    def _book(self, lines: Sequence[BankLine], *, by_itself: bool) -> tuple[int, int]:
        """Book what is sure; how many that were, and how many wait with a proposal.

        Of a statement whose balances do not prove an amount may be wrong: somebody looks at each line first.
        """
        if not lines:
            return 0, 0
        work, writer, booked, proposed = self.work, Writer(self.work), 0, 0
        books = self._books or Books(work, clients_of(work.session, self.owner))
        self._books = books
        if self.owner is None:
            lock(work.session, books.client_ids)
        for line in lines:
            if line.amount_cents < 0 and not line.is_charge:
                writer.write()  # what it takes back may stand in the same file
                writer = Writer(work)
            found = proposals(books, line)
            if not found:
                continue
            best = found[0]
            if not by_itself or best.confidence < self._sure_from(books, best):
                proposed += 1
                continue
            how = Booking(best.reason.value, best.confidence, terms={"named": list(best.named)})
            if best.confirms:
                writer.confirm(line, best.confirms, how)
                books.confirm(best.confirms)
            elif best.takes_back:
                return_as_proposed(writer, line, best)
                writer.decide(line, DecisionKind.BOOKED, how)
            else:
                writer.book(line, best.shares, how)
                for share in best.shares:
                    books.book.apply(share)
            booked += 1
        writer.write()
        return booked, proposed

    def _sure_from(self, books: Books, best: Proposal) -> int:
        whose = {share.client_id for share in best.shares}
        if best.takes_back:
            payments = (self.work.session.get_one(records.Payment, key) for key in best.takes_back)
            whose |= {one.client_id for one in payments}
        return max((books.rules[key].confidence_min for key in whose if key in books.rules), default=101)

    def _gap(self, account: BankAccount, one: Statement) -> list[Problem]:
        """A warning where the balance before is not the one that the statement before ended with."""
        if one.opening is None:
            return []
        row = BankStatement
        query = select(row).where(row.account_id == account.id, row.last <= one.first)
        before = [old for old in self.work.session.exec(query) if old.closing_cents is not None]
        if not before or any(old.closing_cents == one.opening.cents for old in before):
            return []
        newest = max(before, key=lambda old: (old.last, old.id or 0))
        facts = {
            "account": one.account,
            "statement": one.number,
            "before": newest.number,
            "closing": str(Money(newest.closing_cents or 0, one.currency)),
            "opening": str(one.opening),
        }
        return [Problem("bank_gap_before", facts=facts, blocks=False)]

    def _known_until(self, number: str, one: Statement) -> None:
        """A statement of the account that debtors pay to tells all payments until its last day."""
        work, owner = self.work, self.owner
        if (
            owner is None
            or self.read.format not in WHOLE
            or not owners.is_paid_to(work.session, owner, number)
        ):
            return
        until = min(one.last, work.today)
        before = plans.payments_known(work.session, [owner]).get(owner, date.min)
        if until <= before:
            return
        said = PaymentsKnown(client_id=owner, until=until, user_id=work.actor.user_id, at=work.now)
        work.session.add(said)
        work.session.flush()
        facts = {"until": until.isoformat(), "statement": one.number}
        work.journal.record(ActKind.PAYMENTS_KNOWN, day=work.today, client_id=owner, facts=facts)

    def _result(self) -> dict[str, Any]:
        whole = {name: sum(getattr(one, name) for one in self.told) for name in COUNTED}
        return {**whole, "statements": [plain(self.read, one) for one in self.told]}

    def _tell(self, row: BankImport, result: dict[str, Any]) -> None:
        counts = {name: result[name] for name in COUNTED}
        facts = {"file": row.file_name, "import": row.id, "format": row.format, **counts}
        self.work.journal.record(
            ActKind.BANK_IMPORTED, day=self.work.today, client_id=self.owner, facts=facts, shown=result
        )
        self.work.session.flush()

    def _statements(self, row: BankImport) -> list[BankStatement]:
        query = select(BankStatement).where(BankStatement.import_id == row.id)
        return list(self.work.session.exec(query))


def plain(read: BankFile, one: Told) -> dict[str, Any]:
    """What came of a statement, as the command line prints it."""
    return {
        "format": read.format.value if read.format else "",
        "account": one.account,
        "statement": one.statement,
        "from": one.first.isoformat(),
        "to": one.last.isoformat(),
        "currency": one.currency,
        "opening": str(one.opening) if one.opening is not None else None,
        "closing": str(one.closing) if one.closing is not None else None,
        **{name: getattr(one, name) for name in COUNTED},
    }


def _told(one: Statement, **counts: Any) -> Told:
    return Told(
        account=one.account,
        statement=one.number,
        first=one.first,
        last=one.last,
        currency=one.currency,
        opening=one.opening,
        closing=one.closing,
        lines=len(one.movements),
        **counts,
    )
