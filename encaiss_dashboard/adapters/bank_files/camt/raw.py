"""Entries and their details as an element of CAMT has them, before anything is made of it.

Elements are found by their local name, at the place ISO 20022 gives them, whatever their version and
namespace are: versions have added elements between, and never moved one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any, Final

from encaiss_dashboard.adapters.bank_files.camt.stream import BrokenError, local
from encaiss_dashboard.domain.errors import Problem

_AMOUNT: Final = re.compile(r"\+?([0-9]{0,15})(?:\.([0-9]*))?")
_CURRENCY: Final = re.compile(r"[A-Z]{3}")
_DAY: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ].*|Z|[+-][0-9]{2}:[0-9]{2})?", re.DOTALL)
_CENT_DIGITS: Final = 2
_SHOWN_CHARS: Final = 60
_YEARS: Final = range(1990, 2100)
_USTRD_CHARS: Final = 140
SIDES: Final = {"CRDT": 1, "DBIT": -1}
_PARTIES: Final = frozenset(("Dbtr", "UltmtDbtr", "Cdtr", "UltmtCdtr"))
_ACCOUNTS: Final = frozenset(("DbtrAcct", "CdtrAcct"))
_AGENTS: Final = frozenset(("DbtrAgt", "CdtrAgt"))
_BICS: Final = frozenset(("BIC", "BICFI"))


@dataclass(slots=True)
class Detail:
    """One transaction of an entry.

    Attributes:
        amounts: as written, with their currency, by the element they stand in.
        side: ``CRDT`` or ``DBIT``, "" where the entry says it.
        refs: identifications by their element.
        parties, accounts, agents: names, accounts and BICs by their element.
        words: the free communication.
        structured: references of the creditor in the order of the file.
        documents: numbers of documents that are paid.
        more: what is said besides.
        reason: of a return, None where it is none.
        code: its bank transaction code.
        charges: cents that were taken off, by currency.
    """

    amounts: dict[str, tuple[str, str]] = field(default_factory=dict)
    side: str = ""
    refs: dict[str, str] = field(default_factory=dict)
    parties: dict[str, str] = field(default_factory=dict)
    accounts: dict[str, str] = field(default_factory=dict)
    agents: dict[str, str] = field(default_factory=dict)
    words: str = ""
    structured: list[str] = field(default_factory=list)
    documents: list[str] = field(default_factory=list)
    more: str = ""
    reason: str | None = None
    code: str = ""
    settled: str = ""
    charges: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Entry:
    """One entry of an account.

    Attributes:
        line: 1-based, where it starts.
        cents: above zero, or zero.
        currency: "" where it does not say.
        side: ``CRDT`` or ``DBIT``.
        status: ``BOOK`` where it does not say.
        booked, valued: days as written, "" where it does not say.
        batch: how many transactions it says it holds.
    """

    line: int
    cents: int
    currency: str
    side: str
    status: str = "BOOK"
    is_reversal: bool = False
    booked: str = ""
    valued: str = ""
    reference: str = ""
    code: str = ""
    more: str = ""
    batch: int = 0
    charges: dict[str, int] = field(default_factory=dict)
    details: list[Detail] = field(default_factory=list)


def shown(text: str) -> str:
    """A text of the file short enough for a sentence."""
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN_CHARS else f"{line[: _SHOWN_CHARS - 1]}…"


def words(element: Any) -> str:
    """The text of an element on one line."""
    return " ".join((element.text or "").split())


@lru_cache(maxsize=16_384)
def cents_of(text: str) -> int | None:
    """An amount as ISO 20022 writes it, None where it is none, or has a fraction of a cent.

    Without a sign: which way it goes, an element of its own says.
    """
    found = _AMOUNT.fullmatch(text.strip())
    if found is None or not (found[1] or found[2]):
        return None
    fraction = (found[2] or "").rstrip("0")
    if len(fraction) > _CENT_DIGITS:
        return None
    return int(found[1] or "0") * 100 + int(fraction.ljust(_CENT_DIGITS, "0"))


@lru_cache(maxsize=4_096)
def day_of(text: str) -> date | None:
    """The day of a date or of a moment, as its bank's clock had it; None where it is none."""
    found = _DAY.fullmatch(text.strip())
    if found is None:
        return None
    try:
        day = date.fromisoformat(found[1])
    except ValueError:
        return None
    return day if day.year in _YEARS else None


def money_of(element: Any) -> tuple[int, str]:
    """Cents and currency ("" where it names none) of an ``Amt``.

    Raises:
        BrokenError: it is no amount, or not a whole number of cents.
    """
    text, currency = element.text or "", element.get("Ccy") or ""
    cents = cents_of(text)
    if cents is None or (currency and not _CURRENCY.fullmatch(currency)):
        value = {"value": shown(f"{text} {currency}")}
        raise BrokenError(Problem("bank_xml_amount", element.sourceline, facts=value))
    return cents, currency


def side_of(element: Any, line: int | None) -> str:
    """Credit or debit.

    Raises:
        BrokenError: neither.
    """
    side = "" if element is None else words(element)
    if side not in SIDES:
        raise BrokenError(Problem("bank_xml_side", line, facts={"value": shown(side)}))
    return side


def deep(element: Any, *names: str) -> str:
    """The text of the first element, itself or below, that has one of the names; "" without one."""
    for one in element.iter():
        if local(one.tag) in names and (text := words(one)):
            return text
    return ""


def chosen(element: Any) -> str:
    """The first text in an element: what a choice says, such as ``Dt`` or ``DtTm``."""
    text = words(element)
    if text:
        return text
    return next((text for child in element if (text := chosen(child))), "")


def code_of(element: Any) -> str:
    """A bank transaction code: domain, family and sub-family joined by dashes, else the bank's own."""
    code = ""
    for child in element:
        name = local(child.tag)
        if name == "Domn":
            parts = [part for one in child for part in (one, *one)]
            return "-".join(text for part in parts if (text := words(part)))
        if name == "Prtry":
            code = deep(child, "Cd")
    return code


def read_detail(element: Any) -> Detail:
    """What a ``TxDtls`` says."""
    detail = Detail()
    for child in element:
        take = _TAKE.get(local(child.tag))
        if take:
            take(detail, child)
    return detail


def _take_refs(detail: Detail, element: Any) -> None:
    for one in element:
        if text := words(one):
            detail.refs[local(one.tag)] = text


def _take_amount(detail: Detail, element: Any) -> None:
    detail.amounts["Amt"] = (element.text or "", element.get("Ccy") or "")


def _take_amounts(detail: Detail, element: Any) -> None:
    for one in element:
        for amount in one:
            if local(amount.tag) == "Amt":
                detail.amounts[local(one.tag)] = (amount.text or "", amount.get("Ccy") or "")


def _take_side(detail: Detail, element: Any) -> None:
    detail.side = side_of(element, element.sourceline)


def _take_parties(detail: Detail, element: Any) -> None:
    for one in element:
        name = local(one.tag)
        if name in _PARTIES:
            detail.parties[name] = _name(one)
        elif name in _ACCOUNTS:
            detail.accounts[name] = account_of(one)


def _name(party: Any) -> str:
    """The name of a party: its own, or that of the person or the bank it is, in later versions."""
    for one in party:
        kind = local(one.tag)
        if kind in {"Pty", "Agt"}:
            return deep(one, "Nm")
        if kind == "Nm":
            return words(one)
    return ""


def _take_agents(detail: Detail, element: Any) -> None:
    for one in element:
        name = local(one.tag)
        if name in _AGENTS:
            detail.agents[name] = deep(one, *_BICS)


def _take_remittance(detail: Detail, element: Any) -> None:
    for one in element:
        name = local(one.tag)
        if name == "Ustrd":
            detail.words = joined(detail.words, one.text or "")
        elif name == "Strd":
            _take_structured(detail, one)


def _take_structured(detail: Detail, element: Any) -> None:
    for one in element:
        name = local(one.tag)
        if name == "CdtrRefInf" and (text := deep(one, "Ref")):
            detail.structured.append(text)
        elif name == "RfrdDocInf" and (text := deep(one, "Nb")):
            detail.documents.append(text)
        elif name == "AddtlRmtInf":
            detail.more = detail.more or words(one)


def _take_return(detail: Detail, element: Any) -> None:
    reason = next((one for one in element if local(one.tag) in {"Rsn", "RtrRsn"}), None)
    detail.reason = "" if reason is None else deep(reason, "Cd", "Prtry") or words(reason)


def _take_code(detail: Detail, element: Any) -> None:
    detail.code = code_of(element)


def _take_more(detail: Detail, element: Any) -> None:
    detail.more = words(element) or detail.more


def _take_dates(detail: Detail, element: Any) -> None:
    detail.settled = deep(element, "IntrBkSttlmDt", "TxDtTm", "AccptncDtTm")


def _take_charges(detail: Detail, element: Any) -> None:
    add_charges(detail.charges, element)


_TAKE: Final = {
    "Refs": _take_refs,
    "Amt": _take_amount,
    "AmtDtls": _take_amounts,
    "CdtDbtInd": _take_side,
    "RltdPties": _take_parties,
    "RltdAgts": _take_agents,
    "RmtInf": _take_remittance,
    "RtrInf": _take_return,
    "BkTxCd": _take_code,
    "AddtlTxInf": _take_more,
    "RltdDts": _take_dates,
    "Chrgs": _take_charges,
}


def joined(before: str, text: str) -> str:
    """Lines of a communication as their sender wrote them: a full one goes on in the next."""
    text = " ".join(text.split())
    if not before or not text:
        return before or text
    return f"{before}{'' if len(before) % _USTRD_CHARS == 0 else ' '}{text}"


def account_of(element: Any) -> str:
    """An IBAN, or whatever number a bank has instead, without spaces."""
    for one in element:
        if local(one.tag) == "Id":
            # An IBAN stands alone in it, and what is none comes before what says of which kind it is.
            return "".join(chosen(one).split())
    return ""


def add_charges(to: dict[str, int], element: Any) -> None:
    """What a ``Chrgs`` took off: its total, else the sum of its records; those that were given count less."""
    total: tuple[int, str] | None = None
    records: list[tuple[int, str]] = []
    sign = 1
    for one in element:
        name = local(one.tag)
        if name == "TtlChrgsAndTaxAmt":
            total = money_of(one)
        elif name == "Amt":
            records.append(money_of(one))
        elif name == "CdtDbtInd":
            sign = -SIDES[side_of(one, one.sourceline)]
        elif name == "Rcrd":
            parts = {local(part.tag): part for part in one}
            if "Amt" in parts:
                cents, currency = money_of(parts["Amt"])
                side = words(parts["CdtDbtInd"]) if "CdtDbtInd" in parts else "DBIT"
                records.append((-cents if side == "CRDT" else cents, currency))
    for cents, currency in [total] if total else records:
        to[currency] = to.get(currency, 0) + sign * cents


def read_entry(element: Any, details: list[Detail]) -> Entry:
    """What a ``Ntry`` says.

    Raises:
        BrokenError: its amount or its side is missing, or unreadable.
    """
    parts = {}
    charges: dict[str, int] = {}
    batch = 0
    for child in element:
        name = local(child.tag)
        parts[name] = child
        if name == "Chrgs":
            add_charges(charges, child)
        elif name == "NtryDtls":
            batch += _batch(child)
    if "Amt" not in parts:
        raise BrokenError(Problem("bank_xml_missing", element.sourceline, facts={"value": "Ntry/Amt"}))
    cents, currency = money_of(parts["Amt"])
    entry = Entry(element.sourceline, cents, currency, side_of(parts.get("CdtDbtInd"), element.sourceline))
    entry.charges, entry.details = charges, details
    entry.batch = batch or (_batch(element) if "Btch" in parts else 0)
    if "Sts" in parts:
        entry.status = chosen(parts["Sts"]) or entry.status
    if "RvslInd" in parts:
        entry.is_reversal = words(parts["RvslInd"]) in {"true", "1"}
    entry.booked = chosen(parts["BookgDt"]) if "BookgDt" in parts else ""
    entry.valued = chosen(parts["ValDt"]) if "ValDt" in parts else ""
    entry.reference = words(parts["AcctSvcrRef"]) if "AcctSvcrRef" in parts else ""
    entry.code = code_of(parts["BkTxCd"]) if "BkTxCd" in parts else ""
    entry.more = words(parts["AddtlNtryInf"]) if "AddtlNtryInf" in parts else ""
    return entry


def _batch(element: Any) -> int:
    """How many transactions a batch says it holds."""
    count = 0
    for one in element:
        if local(one.tag) == "Btch":
            text = deep(one, "NbOfTxs")
            count += int(text) if re.fullmatch("[0-9]{1,15}", text) else 0
    return count
