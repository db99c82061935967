"""XML from strangers: no document types, no entities, no network, nothing without bounds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from lxml import etree

from encaiss_dashboard.domain.errors import Problem

XML_BYTES_MAX: Final = 20_000_000
TAGS_MAX: Final = 250_000
"""Opening and closing ones: some 5,000 invoice lines, whose rules are checked in seconds and 500 MB."""
_REPEATS_MAX: Final = 500
_MESSAGE_CHARS: Final = 300
_PROLOG: Final = 4_096
_NAMESPACE: Final = re.compile(r"\{[^}]*\}")
_PLACE: Final = re.compile(r" ?\(<string>, line \d+\)$")

INVOICE: Final = "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
CREDIT_NOTE: Final = "urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2"
CAC: Final = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
CBC: Final = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
CII: Final = "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"
RAM: Final = "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"
UDT: Final = "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100"
ZUGFERD: Final = "urn:ferd:CrossIndustryDocument:invoice:1p0"
_ENVELOPE: Final = (
    "{http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader}StandardBusinessDocument"
)

UBL_ROOTS: Final = (f"{{{INVOICE}}}Invoice", f"{{{CREDIT_NOTE}}}CreditNote")
CII_ROOT: Final = f"{{{CII}}}CrossIndustryInvoice"
ZUGFERD_ROOT: Final = f"{{{ZUGFERD}}}CrossIndustryDocument"
_ROOTS: Final = frozenset((*UBL_ROOTS, CII_ROOT, ZUGFERD_ROOT))
# What rules compare with every line: a few of each are an invoice, thousands are an attack.
_REPEATED: Final = (
    f"{{{CAC}}}TaxTotal/{{{CAC}}}TaxSubtotal",
    f"{{{CAC}}}AllowanceCharge",
    f".//{{{RAM}}}ApplicableHeaderTradeSettlement/{{{RAM}}}ApplicableTradeTax",
    f".//{{{RAM}}}ApplicableHeaderTradeSettlement/{{{RAM}}}SpecifiedTradeAllowanceCharge",
)


def parse_invoice(data: bytes) -> Any | Problem:
    """The root element of the invoice or credit note within XML, or why there is none.

    A Peppol envelope (SBDH) around it is taken off. Comments and processing instructions are dropped.
    """
    root = parse(data)
    if isinstance(root, Problem):
        return root
    if root.tag == _ENVELOPE and len(root):
        root = root[-1]
    if root.tag not in _ROOTS:
        return Problem("xml_unknown", facts={"value": etree.QName(root).localname[:60]})
    if any(_more_than(_REPEATS_MAX, root.iterfind(path)) for path in _REPEATED):
        return _too_large()
    return root


def parse(data: bytes) -> Any | Problem:
    """The root element of any XML, or why it is not taken in."""
    if len(data) > XML_BYTES_MAX or data.count(b"<") > TAGS_MAX:
        return _too_large()
    # Told before parsing wherever the letters are readable; what hides it is found afterwards.
    if b"<!DOCTYPE" in data[:_PROLOG].replace(b"\x00", b""):
        return Problem("xml_doctype")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        recover=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError, LookupError) as error:
        return Problem("xml_broken", facts={"message": readable(_PLACE.sub("", str(error)))})
    if root.getroottree().docinfo.internalDTD is not None:
        return Problem("xml_doctype")
    return root


def readable(message: str) -> str:
    """A library's message in one short line, without namespaces."""
    line = " ".join(_NAMESPACE.sub("", message).split())
    return line if len(line) <= _MESSAGE_CHARS else f"{line[: _MESSAGE_CHARS - 1]}…"


def _too_large() -> Problem:
    return Problem("xml_too_large", facts={"expected": str(XML_BYTES_MAX // 1_000_000)})


def _more_than(limit: int, elements: Iterator[Any]) -> bool:
    return any(count > limit for count, _ in enumerate(elements, start=1))
