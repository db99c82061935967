"""UBL 2.1 invoices and credit notes: where each term of EN 16931 stands (CEN/TS 16931-3-2)."""

from __future__ import annotations

import re
from typing import Any, Final

from encaiss_dashboard.adapters.invoice_files.documents.parsing import CAC, CBC, UBL_ROOTS
from encaiss_dashboard.adapters.invoice_files.documents.stated import (
    Embedded,
    Identified,
    Party,
    Stated,
    squeeze,
)

_NS: Final = {"a": CAC, "b": CBC}
_LIKE_AN_IBAN: Final = re.compile(r"[A-Z]{2}[0-9]{2}")


def state(root: Any) -> Stated:
    """What a UBL invoice or credit note states."""
    currency = _text(root, "b:DocumentCurrencyCode")
    sums = root.find("a:LegalMonetaryTotal", _NS)
    payee = [squeeze(e.text) for e in root.iterfind("a:PaymentMeans/a:PayeeFinancialAccount/b:ID", _NS)]
    return Stated(
        syntax="ubl",
        profile=_text(root, "b:CustomizationID"),
        is_credit_note=root.tag == UBL_ROOTS[1],
        number=_text(root, "b:ID"),
        issue=_text(root, "b:IssueDate"),
        kind=_text(root, "b:InvoiceTypeCode") or _text(root, "b:CreditNoteTypeCode"),
        currency=currency,
        due=_texts(root, "b:DueDate") or _texts(root, "a:PaymentMeans/b:PaymentDueDate"),
        term=[
            squeeze(line)
            for note in root.iterfind("a:PaymentTerms/b:Note", _NS)
            for line in (note.text or "").splitlines()
            if line.strip()
        ],
        credited=_texts(root, "a:BillingReference/a:InvoiceDocumentReference/b:ID"),
        references=_texts(root, "a:PaymentMeans/b:PaymentID"),
        payee_accounts=[account for account in payee if _LIKE_AN_IBAN.match(account)],
        payer_account=_text(root, "a:PaymentMeans/a:PaymentMandate/a:PayerFinancialAccount/b:ID"),
        untaxed=_text(sums, "b:TaxExclusiveAmount"),
        vat=_vat(root, currency),
        total=_text(sums, "b:TaxInclusiveAmount"),
        paid=_text(sums, "b:PrepaidAmount"),
        rounding=_text(sums, "b:PayableRoundingAmount"),
        payable=_text(sums, "b:PayableAmount"),
        seller=_party(root.find("a:AccountingSupplierParty/a:Party", _NS)),
        buyer=_party(root.find("a:AccountingCustomerParty/a:Party", _NS)),
        embedded=_embedded(root),
    )


def _party(party: Any) -> Party:
    if party is None:
        return Party()
    street = [_text(party, "a:PostalAddress/b:StreetName"), _text(party, "a:PostalAddress/b:BuildingNumber")]
    lines = [
        " ".join(filter(None, street)),
        _text(party, "a:PostalAddress/b:AdditionalStreetName"),
        *_texts(party, "a:PostalAddress/a:AddressLine/b:Line"),
    ]
    return Party(
        name=_text(party, "a:PartyLegalEntity/b:RegistrationName"),
        trade_name=_text(party, "a:PartyName/b:Name"),
        ids=[_identified(e) for e in party.iterfind("a:PartyIdentification/b:ID", _NS)],
        legal=_identified(party.find("a:PartyLegalEntity/b:CompanyID", _NS)),
        vat=next(
            (
                _text(scheme, "b:CompanyID")
                for scheme in party.iterfind("a:PartyTaxScheme", _NS)
                if _text(scheme, "a:TaxScheme/b:ID").upper() in {"VAT", ""}
            ),
            "",
        ),
        endpoint=_identified(party.find("b:EndpointID", _NS)),
        address=[line for line in lines if line],
        postcode=_text(party, "a:PostalAddress/b:PostalZone"),
        city=_text(party, "a:PostalAddress/b:CityName"),
        country=_text(party, "a:PostalAddress/a:Country/b:IdentificationCode"),
        email=_text(party, "a:Contact/b:ElectronicMail"),
        language=_text(party, "a:Language/b:ID") or _text(party, "a:Language/b:LocaleCode"),
    )


def _vat(root: Any, currency: str) -> str:
    """The VAT in the currency of the invoice; a second one may be in that of the accounts (BT-111)."""
    amounts = root.findall("a:TaxTotal/b:TaxAmount", _NS)
    return next((squeeze(e.text) for e in amounts if e.get("currencyID") == currency), "")


def _embedded(root: Any) -> list[Embedded]:
    path = "a:AdditionalDocumentReference/a:Attachment/b:EmbeddedDocumentBinaryObject"
    return [Embedded(squeeze(found.get("filename")), found.text or "") for found in root.iterfind(path, _NS)]


def _identified(element: Any) -> Identified:
    if element is None:
        return Identified()
    return Identified(squeeze(element.text), squeeze(element.get("schemeID")))


def _texts(element: Any, path: str) -> list[str]:
    found = (squeeze(e.text) for e in element.iterfind(path, _NS))
    return [text for text in found if text]


def _text(element: Any, path: str) -> str:
    return "" if element is None else squeeze(element.findtext(path, namespaces=_NS))
