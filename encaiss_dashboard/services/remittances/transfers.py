"""The file with which a bank is asked to transfer remittances: written once, and the same ever after."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from typing import Final

from sqlmodel import col, select
from stdnum import iban

from encaiss_dashboard.domain.errors import NotFound
from encaiss_dashboard.domain.money import EUR, Money
from encaiss_dashboard.domain.references import is_enterprise_number, parse_enterprise_number
from encaiss_dashboard.domain.remittances import (
    Account,
    Batch,
    Transfer,
    TransferOrder,
    batch_id,
    message_id,
)
from encaiss_dashboard.locales import day, text
from encaiss_dashboard.services.remittances.making import told
from encaiss_dashboard.services.remittances.refusals import (
    ExecuteWhen,
    NoOwnAccount,
    NothingToOrder,
    OrderedAlready,
    OtherCurrency,
    Over,
)
from encaiss_dashboard.storage import queries
from encaiss_dashboard.storage.bank import BankAccount, Remittance
from encaiss_dashboard.storage.engine import lock
from encaiss_dashboard.storage.journal import ActKind
from encaiss_dashboard.storage.remittances import LOCK, RemittanceRow, known_ids, remittances, store_key
from encaiss_dashboard.work import Work

MIME: Final = "application/xml"
AHEAD_MAX: Final = timedelta(days=60)
_ID_MAX: Final = 2**31 - 1
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class TransferFile:
    """A transfer file; ``digest`` is by which it is asked for again."""

    name: str
    mime: str
    content: bytes
    digest: str


def transfer_file(
    work: Work,
    client_id: int | None,  # noqa: ARG001 - of any clients
    remittance_ids: Collection[int],
    execution_on: date,
) -> TransferFile:
    """The SEPA credit transfer file of remittances, to be executed on a day.

    Asked for again with the same remittances it is the file that was written first, byte for byte.

    Raises:
        NotAllowed: not an administrator.
        NotFound: no such remittance.
        NothingToOrder: none named.
        OtherCurrency: SEPA transfers euro only.
        Over: one has left, has come back or was called off.
        OrderedAlready: one stands in another file.
        ExecuteWhen: a day that is past, or more than sixty days ahead.
        NoOwnAccount: the agency's account is no IBAN.
    """
    work.require_agency()
    lock(work.session, LOCK)
    rows = _chosen(work, remittance_ids)
    digests = {one.row.transfer for one in rows}
    if len(digests) == 1 and (digest := digests.pop()):
        again = select(Remittance.id).where(Remittance.transfer == digest)
        if set(work.session.exec(again)) == set(known_ids(one.row for one in rows)):
            return transfer_again(work, None, digest)
    _refuse(rows)
    last = work.today + AHEAD_MAX
    if not work.today <= execution_on <= last:
        lang = work.actor.language
        raise ExecuteWhen(first=day(work.today, lang, "long"), last=day(last, lang, "long"))
    order = _order(work, rows, execution_on)
    content = work.transfers.credit_transfers(order)
    digest = sha256(content).hexdigest()
    work.store.keep(store_key(digest), content)
    for one in rows:
        one.row.transfer = digest
        told(one.row, work, ActKind.REMITTANCE_ORDERED, on=execution_on.isoformat(), iban=one.row.iban)
    return _file(digest, content, order.reference)


def transfer_again(work: Work, client_id: int | None, digest: str) -> TransferFile:  # noqa: ARG001
    """A transfer file as it was written.

    Raises:
        NotAllowed: not an administrator.
        NotFound: no such file, or one that is void since a remittance in it was called off.
    """
    work.require_agency()
    if not _DIGEST.fullmatch(digest):
        raise NotFound
    numbers = list(work.session.exec(select(Remittance.number).where(Remittance.transfer == digest)))
    if not numbers:
        raise NotFound
    try:
        return _file(digest, work.store.load(store_key(digest)), message_id(numbers))
    except FileNotFoundError as error:
        raise NotFound from error


def _file(digest: str, content: bytes, reference: str) -> TransferFile:
    return TransferFile(f"transfers-{reference}.xml", MIME, content, digest)


def _chosen(work: Work, remittance_ids: Collection[int]) -> list[RemittanceRow]:
    wanted = set(remittance_ids)
    if not wanted:
        raise NothingToOrder
    if not all(0 < key <= _ID_MAX for key in wanted):
        raise NotFound
    rows = sorted(remittances(work.session, ids=wanted), key=lambda one: one.row.number)
    if len(rows) != len(wanted):
        raise NotFound
    return rows


def _refuse(rows: Sequence[RemittanceRow]) -> None:
    others = [one.row for one in rows if one.row.currency != EUR]
    if others:
        numbers = ", ".join(row.number for row in others)
        raise OtherCurrency(numbers=numbers, currency=", ".join(sorted({row.currency for row in others})))
    for one in rows:
        if one.state == "ordered":
            raise OrderedAlready(number=one.row.number)
        if one.state != "made":
            raise Over(number=one.row.number)


def _order(work: Work, rows: Sequence[RemittanceRow], execution_on: date) -> TransferOrder:
    agency = queries.agency(work.session)
    message = message_id([one.row.number for one in rows])
    drawn: defaultdict[int, list[RemittanceRow]] = defaultdict(list)
    for one in rows:
        drawn[one.row.account_id].append(one)
    number = agency.enterprise_number
    return TransferOrder(
        reference=message,
        by=agency.name,
        enterprise_number=parse_enterprise_number(number) if is_enterprise_number(number) else "",
        written_at=work.now,
        execute_on=execution_on,
        batches=tuple(
            Batch(
                batch_id(message, key),
                _own(work, key, agency.name),
                tuple(_transfer(work, one) for one in some),
            )
            for key, some in sorted(drawn.items())
        ),
    )


def _own(work: Work, account_id: int, name: str) -> Account:
    account = work.session.exec(select(BankAccount).where(col(BankAccount.id) == account_id)).one()
    if not iban.is_valid(account.number, check_country=False):
        raise NoOwnAccount(number=account.number)
    return Account(name, str(iban.compact(account.number)))


def _transfer(work: Work, one: RemittanceRow) -> Transfer:
    client = queries.client(work.session, one.row.client_id)
    words = text(client.language, "remit.words", number=one.row.number, n=one.payments)
    # A BIC belongs to the account the client has now; the remittance goes where it was made for.
    bic = client.bic if iban.compact(client.iban) == one.row.iban else ""
    amount = Money(one.row.amount_cents, one.row.currency)
    return Transfer(one.row.number, Account(client.name, one.row.iban, bic), amount, words)
