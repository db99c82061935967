"""Field 86, in the forms that banks give it: by subfields, by words between slashes, by labels, or free."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

from stdnum import iban as ibans

from encaiss_dashboard.adapters.bank_files.accounts import account_number
from encaiss_dashboard.adapters.bank_files.mt940.fields import original_amount
from encaiss_dashboard.domain.money import Money

_LINE_WIDTH: Final = 65
_SUBFIELD_WIDTH: Final = 27
_GERMAN: Final = re.compile(r"\s*([0-9]{3})(?=([^0-9A-Za-z\s])[0-9]{2})")
_PURPOSE: Final = frozenset(str(number) for number in range(20, 30))
_PURPOSE_LAST: Final = "29"
_PURPOSE_MORE: Final = frozenset(str(number) for number in range(60, 64))
_KEYWORD: Final = re.compile(r"\b(EREF|KREF|MREF|CRED|DEBT|COAM|OAMT|SVWZ|ABWA|ABWE|PURP|RREF|IBAN|BIC)\+")
# Business codes of the German banks for what came back, and for what the bank charges.
_RETURNED_CODES: Final = frozenset({"108", "109", "159", "181", "184"})
_CHARGED_CODES: Final = frozenset({"805", "808", "809"})
_SLASHED: Final = re.compile(
    r"/(TRTP|TRCD|EREF|KREF|PREF|IREF|MARF|CSID|ORDP|BENM|CNTP|NAME|IBAN|BIC|ID|ADDR|REMI|USTD|STRD|RTRN|RTYP"
    r"|ISDT|PURP|ULTC|ULTD|ULTB|SVCL|NRTX|NBTR|BUSP|OCMT|CHGS|EXCH|CDTRREFTP|CDTRREF|CD|ISSR|ACCW|CSDT)(?=/)"
)
_LABELLED: Final = re.compile(r"(Z RACH|NA RACH|OD|DLA|TYT|TNR|ID IPH)\.?:\s*")
_REASON: Final = re.compile(r"\b[A-Z]{2}[0-9]{2}\b")
_BIC: Final = re.compile(r"[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?")
_NO_REFERENCE: Final = frozenset({"NOTPROVIDED", "NOT PROVIDED", "NONREF"})
_OWN_TEXT: Final = frozenset(f"{n:02}" for n in range(1, 15))


@dataclass(frozen=True, slots=True)
class Details:
    """What a movement's details say, as ``Movement`` has it."""

    text: str = ""
    structured: str = ""
    counterparty: str = ""
    iban: str = ""
    bic: str = ""
    end_to_end: str = ""
    mandate: str = ""
    code: str = ""
    original: Money | None = None
    is_return: bool = False
    return_reason: str = ""
    is_charge: bool = False

    def with_more(self, more: Details) -> Details:
        """Both, where a bank writes two fields of details."""
        if self == NOTHING:
            return more
        return replace(
            more, text=f"{self.text} {more.text}".strip(), counterparty=more.counterparty or self.counterparty
        )


NOTHING: Final = Details()


def read_details(lines: list[str]) -> Details:
    """Field 86."""
    whole = "".join(lines)
    if german := _GERMAN.match(whole):
        return _german(german[1], german[2], whole[german.end() :])
    if len(_SLASHED.findall(whole)) > 1 or _SLASHED.match(whole.lstrip()):
        return _slashed(whole)
    if "TYT.:" in whole:
        return _labelled(whole)
    return Details(text=_rejoined(lines))


def own_details(lines: list[str]) -> Details:
    """Field NS, a bank's own: two digits, then words; 01 to 14 the purpose, 15 and 16 the name."""
    parts = [(line[:2], line[2:].strip()) for line in lines]
    text = " ".join(words for number, words in parts if number in _OWN_TEXT and words)
    name = " ".join(words for number, words in parts if number in {"15", "16"} and words)
    account = next((words for number, words in parts if number == "34" and words.isdigit()), "")
    return Details(text=text, counterparty=name, iban=account_number(account) if account else "")


def _german(business: str, separator: str, whole: str) -> Details:
    """Subfields ``?20`` to ``?29``: purpose, often in words of SEPA; ``?30`` to ``?33``: the payer."""
    parts: dict[str, list[str]] = {}
    purpose: list[str] = []
    last = ""
    for part in whole.split(separator)[1:]:
        number, words = part[:2], part[2:]
        if not number.isdigit() and purpose:
            # The separator was one of the sender's own characters.
            purpose[-1] += separator + part
        elif number in _PURPOSE or (number in _PURPOSE_MORE and last):
            purpose.append(words)
            last = last or (number if number == _PURPOSE_LAST else "")
        else:
            parts.setdefault(number, []).append(words)
    said = {number: " ".join(words).strip() for number, words in parts.items()}
    text = _run_on(purpose)
    told = _keywords(text)
    bank = said.get("30", "").replace(" ", "")
    account = said.get("38", "") or said.get("31", "") or told.get("IBAN", "")
    is_return = business in _RETURNED_CODES
    return Details(
        text=_spaced(told.get("SVWZ") or told[""]),
        counterparty=_spaced(_run_on([*parts.get("32", []), *parts.get("33", [])])),
        iban=account_number(account),
        bic=bank if _BIC.fullmatch(bank) else "",
        end_to_end=_reference(told.get("EREF", "")),
        mandate=told.get("MREF", "").replace(" ", ""),
        code=business,
        is_return=is_return,
        return_reason=_reason(text) if is_return else "",
        is_charge=business in _CHARGED_CODES,
    )


def _run_on(parts: list[str]) -> str:
    """Subfields as one text: a full one goes on in the next, a shorter one ends a word."""
    return "".join(words if len(words) >= _SUBFIELD_WIDTH else f"{words} " for words in parts).strip()


def _keywords(text: str) -> dict[str, str]:
    """What follows each ``WORD+``; under "" what stands before the first."""
    told = {"": _KEYWORD.split(text, maxsplit=1)[0].strip()}
    for word, words in _between(_KEYWORD, text):
        told.setdefault(word, words.strip())
    return told


def _between(marks: re.Pattern[str], text: str) -> list[tuple[str, str]]:
    """Each mark with what stands between it and the next."""
    found = list(marks.finditer(text))
    ends = [mark.start() for mark in found[1:]] + [len(text)]
    return [(mark[1], text[mark.end() : end]) for mark, end in zip(found, ends, strict=False)]


def _slashed(whole: str) -> Details:
    """Words between slashes, as Dutch banks write SEPA; an empty word opens those within it."""
    told: dict[str, str] = {}
    for word, words in _between(_SLASHED, whole):
        told.setdefault(word, words.strip("/ "))
    iban, bic, name = told.get("IBAN", ""), told.get("BIC", ""), told.get("NAME", "")
    if "CNTP" in told:
        iban, bic, name = [*told["CNTP"].split("/"), "", "", ""][:3]
    if not name:
        name = told.get("ORDP", "") or told.get("BENM", "")
    returned = told.get("RTRN", "")
    text = told.get("USTD") or told.get("REMI") or ("" if told else whole)
    return Details(
        text=_spaced(text) or _SLASHED.split(whole, maxsplit=1)[0].strip(),
        structured=told.get("CDTRREF", ""),
        counterparty=name.strip(),
        iban=account_number(iban) if iban else "",
        bic=bic if _BIC.fullmatch(bic) else "",
        end_to_end=_reference(told.get("EREF", "")),
        mandate=told.get("MARF", ""),
        code=told.get("TRCD", ""),
        original=original_amount(told.get("OCMT", "")),
        is_return="RTRN" in told,
        return_reason=_reason(returned),
    )


def _labelled(whole: str) -> Details:
    """Labels before semicolons, as Polish banks write: account, name, title."""
    told = {label: words.strip(" ;") for label, words in _between(_LABELLED, whole)}
    account = (told.get("Z RACH") or told.get("NA RACH") or "").replace(" ", "")
    polish = f"PL{account}"
    return Details(
        text=_spaced(told.get("TYT", "")),
        counterparty=_spaced(told.get("OD") or told.get("DLA") or ""),
        iban=polish if ibans.is_valid(polish) else account.strip("0") and account,
    )


def _rejoined(lines: list[str]) -> str:
    """Free words: a line that is full goes on in the next, a shorter one ends a word."""
    return _spaced("".join(line if len(line) >= _LINE_WIDTH else f"{line} " for line in lines))


def _spaced(text: str) -> str:
    return " ".join(text.split())


def _reference(text: str) -> str:
    return "" if text.upper() in _NO_REFERENCE else text.replace(" ", "")


def _reason(text: str) -> str:
    found = _REASON.search(text)
    return found[0] if found else ""
