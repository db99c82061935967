"""SEPA credit transfer files for banks: ISO 20022 pain.001.001.09, as the EPC and Febelfin use it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final
from zoneinfo import ZoneInfo

from anyascii import anyascii
from lxml import etree

from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.remittances import Account, Batch, Transfer, TransferOrder

MIME: Final = "application/xml"
NAMESPACE: Final = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
_ZONE: Final = ZoneInfo("Europe/Brussels")
_REFERENCE_MAX: Final = 35
_NAME_MAX: Final = 70
_WORDS_MAX: Final = 140
_REFUSED: Final = re.compile(r"[^a-zA-Z0-9/?:().,'+ -]")


def credit_transfers(order: TransferOrder) -> bytes:
    """The file of an order: the same order gives the same bytes.

    Every transfer is booked by itself (BtchBookg false), so that the statement tells each by its end-to-end
    id. No address is given: none is needed within SEPA, and unstructured ones are refused since 2026.
    """
    everything = [one for batch in order.batches for one in batch.transfers]
    root = etree.Element(f"{{{NAMESPACE}}}Document", nsmap={None: NAMESPACE})
    message = _add(root, "CstmrCdtTrfInitn")
    header = _add(message, "GrpHdr")
    _add(header, "MsgId", reference(order.reference))
    written = order.written_at.astimezone(_ZONE).replace(tzinfo=None, microsecond=0)
    _add(header, "CreDtTm", written.isoformat())
    _sums(header, everything)
    party = _add(header, "InitgPty")
    _add(party, "Nm", words(order.by, _NAME_MAX))
    if order.enterprise_number:
        identified = _add(_add(_add(party, "Id"), "OrgId"), "Othr")
        _add(identified, "Id", order.enterprise_number)
        _add(identified, "Issr", "KBO-BCE")
    for batch in order.batches:
        _batch(_add(message, "PmtInf"), batch, order)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True))


def words(text: str, length_max: int) -> str:
    """A text in the letters that every bank of SEPA takes (EPC217-08), no longer than may be.

    Letters with accents and of other scripts become those of the Latin alphabet, what is no letter a space.
    """
    plain = _REFUSED.sub(" ", anyascii(text))
    # Neither at the ends nor doubled: a bank reads codes into these.
    plain = re.sub(r"/{2,}", "/", " ".join(plain.split())).strip("/ ")
    return plain[:length_max].strip("/ ") or "-"


def reference(text: str) -> str:
    """An identification in those letters; one that is too long is our own bug."""
    assert len(text) <= _REFERENCE_MAX, text
    return words(text, _REFERENCE_MAX)


def _batch(info: etree._Element, batch: Batch, order: TransferOrder) -> None:
    _add(info, "PmtInfId", reference(batch.reference))
    _add(info, "PmtMtd", "TRF")
    _add(info, "BtchBookg", "false")
    _sums(info, batch.transfers)
    _add(_add(_add(info, "PmtTpInf"), "SvcLvl"), "Cd", "SEPA")
    _add(_add(info, "ReqdExctnDt"), "Dt", order.execute_on.isoformat())
    _party(info, "Dbtr", batch.drawn_on)
    account = _account(info, "DbtrAcct", batch.drawn_on)
    _add(account, "Ccy", "EUR")
    bank = _add(_add(info, "DbtrAgt"), "FinInstnId")
    if batch.drawn_on.bic:
        _add(bank, "BICFI", batch.drawn_on.bic)
    else:
        _add(_add(bank, "Othr"), "Id", "NOTPROVIDED")  # what the IBAN says anyway (EPC132-08)
    _add(info, "ChrgBr", "SLEV")
    for one in batch.transfers:
        _transfer(_add(info, "CdtTrfTxInf"), one)


def _transfer(info: etree._Element, one: Transfer) -> None:
    named = _add(info, "PmtId")
    _add(named, "InstrId", reference(one.reference))
    _add(named, "EndToEndId", reference(one.reference))
    _add(_add(info, "Amt"), "InstdAmt", str(one.amount)).set("Ccy", one.amount.currency)
    if one.to.bic:
        _add(_add(_add(info, "CdtrAgt"), "FinInstnId"), "BICFI", one.to.bic)
    _party(info, "Cdtr", one.to)
    _account(info, "CdtrAcct", one.to)
    _add(_add(info, "RmtInf"), "Ustrd", words(one.words, _WORDS_MAX))


def _party(parent: etree._Element, role: str, account: Account) -> None:
    _add(_add(parent, role), "Nm", words(account.name, _NAME_MAX))


def _account(parent: etree._Element, role: str, account: Account) -> etree._Element:
    found = _add(parent, role)
    _add(_add(found, "Id"), "IBAN", account.iban)
    return found


def _sums(parent: etree._Element, transfers: Iterable[Transfer]) -> None:
    amounts = [one.amount for one in transfers]
    _add(parent, "NbOfTxs", str(len(amounts)))
    _add(parent, "CtrlSum", str(Money.total(amounts)))


def _add(parent: etree._Element, name: str, text: str | None = None) -> etree._Element:
    child = etree.SubElement(parent, f"{{{NAMESPACE}}}{name}")
    child.text = text
    return child
