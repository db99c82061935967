"""UN/CEFACT CII (Factur-X, ZUGFeRD 2, XRechnung) and ZUGFeRD 1: where each term of EN 16931 stands.

CEN/TS 16931-3-3 gives the places; ZUGFeRD 1 has the same ones under other names.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from encaiss_dashboard.adapters.invoice_files.documents.parsing import CII, RAM, UDT, ZUGFERD, ZUGFERD_ROOT
from encaiss_dashboard.adapters.invoice_files.documents.stated import (
    Embedded,
    Identified,
    Party,
    Stated,
    squeeze,
)

_DATE: Final = "102"
_EIGHT: Final = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")


@dataclass(frozen=True, slots=True)
class _Names:
    """What one version calls the parts of a document."""

    spaces: dict[str, str]
    context: str
    document: str
    transaction: str
    agreement: str
    settlement: str
    sums: str


_NEW: Final = _Names(
    spaces={"rsm": CII, "r": RAM, "u": UDT},
    context="rsm:ExchangedDocumentContext",
    document="rsm:ExchangedDocument",
    transaction="rsm:SupplyChainTradeTransaction",
    agreement="r:ApplicableHeaderTradeAgreement",
    settlement="r:ApplicableHeaderTradeSettlement",
    sums="r:SpecifiedTradeSettlementHeaderMonetarySummation",
)
_OLD: Final = _Names(
    spaces={
        "rsm": ZUGFERD,
        "r": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:12",
        "u": "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:15",
    },
    context="rsm:SpecifiedExchangedDocumentContext",
    document="rsm:HeaderExchangedDocument",
    transaction="rsm:SpecifiedSupplyChainTradeTransaction",
    agreement="r:ApplicableSupplyChainTradeAgreement",
    settlement="r:ApplicableSupplyChainTradeSettlement",
    sums="r:SpecifiedTradeSettlementMonetarySummation",
)


def state(root: Any) -> Stated:
    """What a CII or ZUGFeRD 1 invoice states."""
    return _Reader(root, _OLD if root.tag == ZUGFERD_ROOT else _NEW).state()


class _Reader:
    def __init__(self, root: Any, names: _Names) -> None:
        self._root, self._names = root, names
        self._spaces = names.spaces

    def state(self) -> Stated:
        names = self._names
        head = self._root.find(names.document, self._spaces)
        trade = self._root.find(names.transaction, self._spaces)
        agreement = self._find(trade, names.agreement)
        settlement = self._find(trade, names.settlement)
        sums = self._find(settlement, names.sums)
        currency = self._text(settlement, "r:InvoiceCurrencyCode")
        terms = "r:SpecifiedTradePaymentTerms"
        return Stated(
            syntax="cii",
            profile=self._text(
                self._root, f"{names.context}/r:GuidelineSpecifiedDocumentContextParameter/r:ID"
            ),
            number=self._text(head, "r:ID"),
            issue=self._date(self._find(head, "r:IssueDateTime/u:DateTimeString")),
            kind=self._text(head, "r:TypeCode"),
            currency=currency,
            due=[self._date(e) for e in self._all(settlement, f"{terms}/r:DueDateDateTime/u:DateTimeString")],
            term=[
                squeeze(line)
                for e in self._all(settlement, f"{terms}/r:Description")
                for line in (e.text or "").splitlines()
                if line.strip()
            ],
            credited=self._texts(settlement, "r:InvoiceReferencedDocument/r:IssuerAssignedID"),
            references=self._texts(settlement, "r:PaymentReference"),
            payee_accounts=self._accounts(settlement, "r:PayeePartyCreditorFinancialAccount"),
            payer_account=next(iter(self._accounts(settlement, "r:PayerPartyDebtorFinancialAccount")), ""),
            untaxed=self._text(sums, "r:TaxBasisTotalAmount"),
            vat=self._vat(sums, currency),
            total=self._text(sums, "r:GrandTotalAmount"),
            paid=self._text(sums, "r:TotalPrepaidAmount"),
            rounding=self._text(sums, "r:RoundingAmount"),
            payable=self._text(sums, "r:DuePayableAmount"),
            language=self._text(head, "r:LanguageID"),
            seller=self._party(self._find(agreement, "r:SellerTradeParty")),
            buyer=self._party(self._find(agreement, "r:BuyerTradeParty")),
            embedded=self._embedded(agreement),
        )

    def _party(self, party: Any) -> Party:
        if party is None:
            return Party()
        place = "r:PostalTradeAddress"
        lines = [self._text(party, f"{place}/r:{name}") for name in ("LineOne", "LineTwo", "LineThree")]
        mail = "r:DefinedTradeContact/r:EmailURIUniversalCommunication"
        return Party(
            name=self._text(party, "r:Name"),
            trade_name=self._text(party, "r:SpecifiedLegalOrganization/r:TradingBusinessName"),
            ids=[self._identified(e) for path in ("r:ID", "r:GlobalID") for e in self._all(party, path)],
            legal=self._identified(self._find(party, "r:SpecifiedLegalOrganization/r:ID")),
            vat=next(
                (
                    squeeze(e.text)
                    for e in self._all(party, "r:SpecifiedTaxRegistration/r:ID")
                    if e.get("schemeID") == "VA"
                ),
                "",
            ),
            endpoint=self._identified(self._find(party, "r:URIUniversalCommunication/r:URIID")),
            address=[line for line in lines if line],
            postcode=self._text(party, f"{place}/r:PostcodeCode"),
            city=self._text(party, f"{place}/r:CityName"),
            country=self._text(party, f"{place}/r:CountryID"),
            email=self._text(party, f"{mail}/r:URIID") or self._text(party, f"{mail}/r:CompleteNumber"),
        )

    def _vat(self, sums: Any, currency: str) -> str:
        amounts = self._all(sums, "r:TaxTotalAmount")
        return next((squeeze(e.text) for e in amounts if e.get("currencyID", currency) == currency), "")

    def _accounts(self, settlement: Any, account: str) -> list[str]:
        return self._texts(settlement, f"r:SpecifiedTradeSettlementPaymentMeans/{account}/r:IBANID")

    def _embedded(self, agreement: Any) -> list[Embedded]:
        path = "r:AdditionalReferencedDocument/r:AttachmentBinaryObject"
        return [Embedded(squeeze(e.get("filename")), e.text or "") for e in self._all(agreement, path)]

    def _date(self, element: Any) -> str:
        """ISO text of a date written as eight digits, anything else as it stands."""
        if element is None:
            return ""
        text = squeeze(element.text)
        found = _EIGHT.fullmatch(text) if element.get("format", _DATE) == _DATE else None
        return "-".join(found.groups()) if found else text

    def _identified(self, element: Any) -> Identified:
        if element is None:
            return Identified()
        return Identified(squeeze(element.text), squeeze(element.get("schemeID")))

    def _find(self, element: Any, path: str) -> Any:
        return None if element is None else element.find(path, self._spaces)

    def _all(self, element: Any, path: str) -> list[Any]:
        return [] if element is None else element.findall(path, self._spaces)

    def _texts(self, element: Any, path: str) -> list[str]:
        return [text for e in self._all(element, path) if (text := squeeze(e.text))]

    def _text(self, element: Any, path: str) -> str:
        return "" if element is None else squeeze(element.findtext(path, namespaces=self._spaces))
