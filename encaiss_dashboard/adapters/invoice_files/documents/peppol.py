"""Rules of Peppol BIS Billing 3.0 about money and identity, those that EN 16931 does not have.

Source: OpenPEPPOL, "PEPPOL BIS Billing 3.0", rules PEPPOL-EN16931-R… and PEPPOL-COMMON-R…; written
here anew, since no kept package carries its stylesheet. National rules, lists of codes and the rules
about empty elements are left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from stdnum import ean
from stdnum.au import abn
from stdnum.be import vat as belgian
from stdnum.it import codicefiscale, iva
from stdnum.no import orgnr as norwegian
from stdnum.se import orgnr as swedish

from encaiss_dashboard.adapters.invoice_files.documents.broken import Broken
from encaiss_dashboard.adapters.invoice_files.documents.parsing import CAC, CBC, RAM, UBL_ROOTS, UDT

_NS: Final = {"a": CAC, "b": CBC, "r": RAM, "u": UDT}
_BILLING: Final = "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
_PROCESS: Final = re.compile(r"urn:fdc:peppol\.eu:2017:poacc:billing:[0-9]{2}:1\.0")
_SLACK: Final = Decimal("0.02")
_LINE_SUM: Final = "Line net amount MUST be quantity × (price / base quantity) + charges − allowances."
_DIRECT_DEBIT: Final = frozenset({"49", "59"})
_PROJECT: Final = "50"
_OBJECT: Final = "130"
_MONEY: Final = tuple(
    f"{{{CBC}}}{name}"
    for name in (
        *("Amount", "BaseAmount", "PriceAmount", "TaxableAmount", "LineExtensionAmount"),
        *("TaxExclusiveAmount", "TaxInclusiveAmount", "AllowanceTotalAmount", "ChargeTotalAmount"),
        *("PrepaidAmount", "PayableRoundingAmount", "PayableAmount"),
    )
)
_NUMBERED: Final = (
    "descendant::b:EndpointID | descendant::b:CompanyID | descendant::a:PartyIdentification/b:ID"
)


def _is_gln(number: str) -> bool:
    """The check digit alone; Peppol asks for no length."""
    return number.isdecimal() and ean.calc_check_digit(number[:-1]) == number[-1]


def _is_belgian(number: str) -> bool:
    return bool(re.fullmatch("[01][0-9]{9}", number)) and belgian.is_valid(number)


def _is_swedish(number: str) -> bool:
    return bool(re.fullmatch("[0-9]{10}", number)) and swedish.is_valid(number)


# Schemes of party numbers (ICD, EAS): the rule, and what a number has to be.
_SCHEMES: Final[dict[str, tuple[str, Callable[[str], bool]]]] = {
    "0088": ("PEPPOL-COMMON-R040", _is_gln),
    "0192": ("PEPPOL-COMMON-R041", norwegian.is_valid),
    "0184": ("PEPPOL-COMMON-R042", lambda number: bool(re.fullmatch("(DK)?[0-9]{8}", number))),
    "0208": ("PEPPOL-COMMON-R043", _is_belgian),
    "0201": ("PEPPOL-COMMON-R044", lambda number: bool(re.fullmatch("[A-Za-z0-9]{6}", number))),
    "0210": ("PEPPOL-COMMON-R045", codicefiscale.is_valid),
    "9907": ("PEPPOL-COMMON-R046", codicefiscale.is_valid),
    "0211": ("PEPPOL-COMMON-R047", iva.is_valid),
    "0007": ("PEPPOL-COMMON-R049", _is_swedish),
    "0151": ("PEPPOL-COMMON-R050", abn.is_valid),
}


def broken(root: Any) -> list[Broken]:
    """The rules that a UBL document, or a fragment of one, breaks.

    Wrong check digits of party numbers are not fatal here, though Peppol says so: an invoice that
    reached its buyer is owed all the same.
    """
    found = [Broken(f"PEPPOL-EN16931-{rule}", says, fatal=True) for rule, says in _document(root)]
    return list(dict.fromkeys([*found, *_numbers(root)]))


def broken_lines(root: Any) -> list[Broken]:
    """Rule R120 in a CII document: lines whose amount is not what quantity and price come to.

    Never fatal: neither EN 16931 nor Factur-X has this rule for CII, and programs write rounded prices there.
    """
    lines = root.iter(f"{{{RAM}}}IncludedSupplyChainTradeLineItem")
    wrong = Broken("PEPPOL-EN16931-R120", _LINE_SUM, fatal=False)
    return [wrong] if any(not _is_sum(line) for line in lines) else []


def _is_sum(line: Any) -> bool:
    """Whether its parts come to its amount; yes where it does not state them, or stands for other lines."""
    agreement, settlement = "r:SpecifiedLineTradeAgreement", "r:SpecifiedLineTradeSettlement"
    net = f"{agreement}/r:NetPriceProductTradePrice"
    price = line.find(f"{net}/r:ChargeAmount", _NS)
    quantity = line.find("r:SpecifiedLineTradeDelivery/r:BilledQuantity", _NS)
    total = line.find(f"{settlement}/r:SpecifiedTradeSettlementLineMonetarySummation/r:LineTotalAmount", _NS)
    status = _text(line, "r:AssociatedDocumentLineDocument/r:LineStatusReasonCode")
    if price is None or quantity is None or total is None or status not in {"", "DETAIL"}:
        return True
    base = line.find(f"{net}/r:BasisQuantity", _NS)
    if base is None:
        base = line.find(f"{agreement}/r:GrossPriceProductTradePrice/r:BasisQuantity", _NS)
    pieces = _number(quantity) / (_number(base) or 1)
    expected = _number(price) * pieces
    last_place = Decimal(1).scaleb(int(_number(price).as_tuple().exponent))
    slack = _SLACK + abs(pieces) * last_place / 2
    for allowance in line.iterfind(f"{settlement}/r:SpecifiedTradeAllowanceCharge", _NS):
        amount = _number(allowance.find("r:ActualAmount", _NS))
        expected += amount if _text(allowance, "r:ChargeIndicator/u:Indicator") == "true" else -amount
    return abs(_number(total) - expected) <= slack


def _document(root: Any) -> Iterator[tuple[str, str]]:
    yield from _header(root)
    yield from _taxes(root)
    lines = root.xpath("a:InvoiceLine | a:CreditNoteLine", namespaces=_NS)
    for allowance in root.iterfind("a:AllowanceCharge", _NS):
        yield from _allowance(allowance)
    period = root.find("a:InvoicePeriod", _NS)
    for line in lines:
        for allowance in line.iterfind("a:AllowanceCharge", _NS):
            yield from _allowance(allowance)
        yield from _line(line)
        yield from _price(line)
        yield from _periods(period, line.find("a:InvoicePeriod", _NS))


def _header(root: Any) -> Iterator[tuple[str, str]]:
    process, guideline = _text(root, "b:ProfileID"), _text(root, "b:CustomizationID")
    if root.find("b:ProfileID", _NS) is None:
        yield "R001", "Business process (BT-23) MUST be provided."
    elif process and not _PROCESS.fullmatch(process):
        yield "R007", "Business process MUST be urn:fdc:peppol.eu:2017:poacc:billing:NN:1.0."
    if len(root.findall("b:Note", _NS)) > 1 and not _both_german(root):
        yield "R002", "No more than one note is allowed on document level."
    if root.find("b:BuyerReference", _NS) is None and root.find("a:OrderReference/b:ID", _NS) is None:
        yield "R003", "A buyer reference or purchase order reference MUST be provided."
    if guideline and not guideline.startswith(_BILLING):
        yield "R004", f"Specification identifier MUST start with {_BILLING}."
    yield from _parties(root)


def _parties(root: Any) -> Iterator[tuple[str, str]]:
    for path, rule, who in (("Customer", "R010", "Buyer"), ("Supplier", "R020", "Seller")):
        party = root.find(f"a:Accounting{path}Party/a:Party", _NS)
        if party is not None and party.find("b:EndpointID", _NS) is None:
            yield rule, f"{who} electronic address MUST be provided."
    for means in root.iterfind("a:PaymentMeans", _NS):
        mandate = means.find("a:PaymentMandate/b:ID", _NS)
        if _text(means, "b:PaymentMeansCode") in _DIRECT_DEBIT and mandate is None:
            yield "R061", "Mandate reference MUST be provided for direct debit."
    references = [_text(e, "b:DocumentTypeCode") for e in root.iterfind("a:AdditionalDocumentReference", _NS)]
    if root.tag == UBL_ROOTS[1] and references.count(_PROJECT) > 1:
        yield "R080", "Only one project reference is allowed on document level."


def _taxes(root: Any) -> Iterator[tuple[str, str]]:
    currency, accounting = _text(root, "b:DocumentCurrencyCode"), _text(root, "b:TaxCurrencyCode")
    if accounting and accounting == currency:
        yield "R005", "VAT accounting currency code MUST differ from the invoice currency code."
    totals = root.findall("a:TaxTotal", _NS)
    detailed = [one for one in totals if one.find("a:TaxSubtotal", _NS) is not None]
    if len(detailed) != 1:
        yield "R053", "Only one tax total with tax subtotals MUST be provided."
    if len(totals) - len(detailed) != (root.find("b:TaxCurrencyCode", _NS) is not None):
        yield "R054", "Only one tax total without subtotals MUST be provided when a tax currency is."
    if accounting:
        amounts = [e for one in totals for e in one.iterfind("b:TaxAmount", _NS)]
        signs = {
            _number(e) > 0 for e in amounts if _number(e) and e.get("currencyID") in {currency, accounting}
        }
        if len(signs) > 1:
            yield "R055", "Both VAT totals MUST have the same sign."
    in_detail = [e for one in detailed for e in one.iter(f"{{{CBC}}}TaxAmount")]
    if currency and any(e.get("currencyID") != currency for e in (*root.iter(*_MONEY), *in_detail)):
        yield "R051", "All currencyID attributes MUST be the invoice currency code (BT-5)."


def _allowance(allowance: Any) -> Iterator[tuple[str, str]]:
    factor = allowance.find("b:MultiplierFactorNumeric", _NS)
    base = allowance.find("b:BaseAmount", _NS)
    if factor is not None and base is not None:
        expected = _number(base) * _number(factor) / 100
        if abs(_number(allowance.find("b:Amount", _NS)) - expected) > _SLACK:
            yield "R040", "Allowance or charge amount MUST be its base amount times its percentage."
    elif factor is not None:
        yield "R041", "A base amount MUST be provided when a percentage is."
    elif base is not None:
        yield "R042", "A percentage MUST be provided when a base amount is."
    if _text(allowance, "b:ChargeIndicator") not in {"true", "false"}:
        yield "R043", "Charge indicator MUST be true or false."


def _line(line: Any) -> Iterator[tuple[str, str]]:
    quantity = line.find("b:InvoicedQuantity", _NS)
    quantity = line.find("b:CreditedQuantity", _NS) if quantity is None else quantity
    base = line.find("a:Price/b:BaseQuantity", _NS)
    expected = _number(line.find("a:Price/b:PriceAmount", _NS)) * _number(quantity, 1)
    expected /= _number(base) or 1
    for allowance in line.iterfind("a:AllowanceCharge", _NS):
        amount = _number(allowance.find("b:Amount", _NS))
        expected += amount if _text(allowance, "b:ChargeIndicator") == "true" else -amount
    if abs(_number(line.find("b:LineExtensionAmount", _NS)) - expected) > _SLACK:
        yield "R120", _LINE_SUM
    if base is not None and _number(base) <= 0:
        yield "R121", "Base quantity MUST be a positive number above zero."
    if base is not None and quantity is not None:
        unit = base.get("unitCode")
        if unit and unit != quantity.get("unitCode"):
            yield "R130", "Unit of the base quantity MUST be that of the invoiced quantity."
    references = line.findall("a:DocumentReference", _NS)
    if len(references) > 1:
        yield "R100", "Only one invoiced object is allowed per line."
    if references and all(_text(one, "b:DocumentTypeCode") != _OBJECT for one in references):
        yield "R101", "A document reference of a line MUST be of an invoiced object (130)."


def _price(line: Any) -> Iterator[tuple[str, str]]:
    for allowance in line.iterfind("a:Price/a:AllowanceCharge", _NS):
        base = allowance.find("b:BaseAmount", _NS)
        net = _number(base) - _number(allowance.find("b:Amount", _NS))
        if base is not None and net != _number(line.find("a:Price/b:PriceAmount", _NS)):
            yield "R046", "Item net price MUST be gross price − discount."
        if _text(allowance, "b:ChargeIndicator") not in {"", "false"}:
            yield "R044", "Charge on price level is not allowed."


def _periods(invoice: Any, line: Any) -> Iterator[tuple[str, str]]:
    if invoice is None or line is None:
        return
    # Dates of the schema compare as text.
    whole, part = (_text(invoice, "b:StartDate"), _text(line, "b:StartDate"))
    if whole and part and part < whole:
        yield "R110", "Start date of a line's period MUST be within the invoice's period."
    whole, part = (_text(invoice, "b:EndDate"), _text(line, "b:EndDate"))
    if whole and part and part > whole:
        yield "R111", "End date of a line's period MUST be within the invoice's period."


def _numbers(root: Any) -> Iterator[Broken]:
    for element in root.xpath(_NUMBERED, namespaces=_NS):
        rule, holds = _SCHEMES.get(element.get("schemeID", ""), ("", None))
        number = (element.text or "").strip()
        if holds is not None and not holds(number):
            says = f"{number[:60]} is no number of scheme {element.get('schemeID')}."
            yield Broken(rule, says, fatal=False)


def _both_german(root: Any) -> bool:
    place = "a:Party/a:PostalAddress/a:Country/b:IdentificationCode"
    parties = (f"a:Accounting{who}Party/{place}" for who in ("Supplier", "Customer"))
    return all(_text(root, party) == "DE" for party in parties)


def _number(element: Any, missing: int = 0) -> Decimal:
    try:
        return Decimal((element.text or "").strip()) if element is not None else Decimal(missing)
    except InvalidOperation:
        return Decimal(missing)


def _text(element: Any, path: str) -> str:
    return (element.findtext(path, namespaces=_NS) or "").strip()
