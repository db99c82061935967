"""EN 16931, its schemas and Peppol's own rules: what breaks them is refused with the rule's own words."""

from __future__ import annotations

import string

import pytest
from einvoices import GOLDEN, Reader, codes, golden
from lxml import etree

from encaiss_dashboard.adapters.invoice_files.documents import rules
from encaiss_dashboard.domain.errors import Problem
from encaiss_dashboard.locales import LANGUAGES, catalogue, text


@pytest.fixture
def read(tmp_path):
    return Reader(tmp_path)


def rendered(problem: Problem) -> None:
    """The problem has its sentence in every language, with its facts in it."""
    for lang in LANGUAGES:
        entry = str(catalogue(lang)[f"problem.{problem.code}"])
        named = {name for _, name, _, _ in string.Formatter().parse(entry) if name}
        assert named == set(problem.facts) - {"member"}, problem.code
        assert all(
            problem.facts[name] in text(lang, f"problem.{problem.code}", **problem.facts) for name in named
        )


BROKEN = [
    (
        "ubl-invoice.xml",
        ('TaxInclusiveAmount currencyID="EUR">283.74', 'TaxInclusiveAmount currencyID="EUR">283.75'),
        {"BR-CO-15", "BR-CO-16"},
    ),
    (
        "ubl-invoice.xml",
        ('PayableAmount currencyID="EUR">283.74', 'PayableAmount currencyID="EUR">283.73'),
        {"BR-CO-16"},
    ),
    (
        "ubl-prepaid.xml",
        ('PrepaidAmount currencyID="EUR">100.00', 'PrepaidAmount currencyID="EUR">100.01'),
        {"BR-CO-16"},
    ),
    (
        "ubl-invoice.xml",
        ('LineExtensionAmount currencyID="EUR">34.50', 'LineExtensionAmount currencyID="EUR">35.50'),
        {"BR-CO-10", "BR-S-08", "PEPPOL-EN16931-R120"},
    ),
    (
        "ubl-invoice.xml",
        (">S</cbc:ID>\n        <cbc:Percent>21<", ">S</cbc:ID>\n        <cbc:Percent>12<"),
        {"BR-CO-17", "BR-S-09"},
    ),
    ("ubl-invoice.xml", ("<cbc:IdentificationCode>BE<", "<cbc:IdentificationCode>ZZ<"), {"BR-CL-14"}),
    ("ubl-invoice.xml", (">EUR<", ">XXQ<"), {"BR-CL-04"}),
    ("cii-invoice.xml", ("GrandTotalAmount>1200.00", "GrandTotalAmount>1200.01"), {"BR-CO-15", "BR-CO-16"}),
    ("cii-invoice.xml", ("DuePayableAmount>900.00", "DuePayableAmount>899.99"), {"BR-CO-16"}),
    (
        "cii-invoice.xml",
        ("<ram:CalculatedAmount>200.00", "<ram:CalculatedAmount>210.00"),
        {"BR-CO-14", "BR-CO-17"},
    ),
    (
        "zugferd-1.xml",
        ('GrandTotalAmount currencyID="EUR">119.00', 'GrandTotalAmount currencyID="EUR">118.00'),
        {"BR-CO-15"},
    ),
    ("ubl-invoice.xml", ("  <cbc:BuyerReference>DZ-88</cbc:BuyerReference>\n", ""), {"PEPPOL-EN16931-R003"}),
    ("ubl-invoice.xml", ("poacc:billing:01:1.0", "poacc:anything:01:1.0"), {"PEPPOL-EN16931-R007"}),
    ("ubl-prepaid.xml", ("      <cbc:ID>M-77</cbc:ID>\n", ""), {"PEPPOL-EN16931-R061"}),
]


@pytest.mark.parametrize("name, change, expected", BROKEN, ids=[" ".join(sorted(case[2])) for case in BROKEN])
def test_a_document_that_breaks_a_rule_is_refused_with_it(read, name, change, expected):
    reading = read(golden(name, change))
    found = {p.facts["rule"] for p in reading.problems if p.code == "rule_broken"}
    assert expected <= found
    assert (len(reading.rows), reading.row_count, reading.total) == (0, 1, {})
    for problem in reading.problems:
        assert (problem.line, problem.blocks) == (1, problem.code == "rule_broken")
        rendered(problem)


def test_a_rule_that_many_places_break_is_named_once(read):
    many = read(golden("ubl-invoice.xml", ('unitCode="C62"', 'unitCode="never"')))
    assert [p.facts["rule"] for p in many.problems] == ["BR-CL-23"]


def test_of_very_many_broken_rules_the_first_twenty_are_listed(read):
    cut = golden("ubl-invoice.xml").decode()
    line = cut[cut.index("  <cac:InvoiceLine>") : cut.index("</Invoice>")]
    bare = line.replace(">S<", ">E<")
    for rule in range(30):
        bare += f"  <cac:InvoiceLine><cbc:ID>{rule}</cbc:ID></cac:InvoiceLine>\n"
    reading = read(cut.replace(line, bare).encode())
    assert codes(reading, blocking=True) == ["xml_structure"] * 20
    assert [p.facts for p in reading.problems if not p.blocks] == [{"count": "10"}]


def test_a_structure_that_is_none_is_refused_by_its_schema(read):
    reading = read(golden("ubl-invoice.xml", ("  <cbc:ID>F2026-0017</cbc:ID>\n", "")))
    assert [(p.code, p.blocks) for p in reading.problems] == [("xml_structure", True)]
    assert "IssueDate" in reading.problems[0].facts["message"]
    assert "{" not in reading.problems[0].facts["message"]
    rendered(reading.problems[0])


def test_more_than_a_profile_foresees_only_warns(read):
    reading = read(golden("cii-invoice.xml", ("urn:cen.eu:en16931:2017<", "urn:factur-x.eu:1p0:minimum<")))
    assert len(reading.rows) == 1
    assert set(codes(reading)) == {"xml_profile", "rule_warned"}
    for problem in reading.problems:
        rendered(problem)


LINES = [
    (("ChargeAmount>250.00", "ChargeAmount>249.99"), 0),  # the price is rounded, and four are sold
    (("ChargeAmount>250.00", "ChargeAmount>249.98"), 1),
    (("ChargeAmount>250.00", "ChargeAmount>25.00"), 1),
    (('"C62">4<', '"C62">5<'), 1),
    (
        ("</ram:ChargeAmount>", '</ram:ChargeAmount><ram:BasisQuantity unitCode="C62">2</ram:BasisQuantity>'),
        1,
    ),
]


@pytest.mark.parametrize("change, count", LINES)
def test_a_line_of_cii_that_does_not_come_to_its_amount_warns(read, change, count):
    reading = read(golden("cii-invoice.xml", change))
    assert len(reading.rows) == 1
    told = [(p.code, p.facts["rule"]) for p in reading.problems]
    assert told == [("rule_warned", "PEPPOL-EN16931-R120")] * count


def test_a_national_version_is_judged_by_en_16931(read):
    national = "urn:cen.eu:en16931:2017#compliant#urn:xoev-de:kosit:standard:xrechnung_3.0"
    reading = read(golden("cii-invoice.xml", ("urn:cen.eu:en16931:2017<", f"{national}<")))
    assert [(p.code, p.facts["rule"], p.blocks) for p in reading.problems] == [
        ("rule_warned", "FX-SCH-A-000556", False)
    ]
    assert len(reading.rows) == 1


PROFILES = [
    ("urn:factur-x.eu:1p0:minimum", "minimum"),
    ("urn:zugferd.de:2p0:basicwl", "basicwl"),
    ("urn:cen.eu:en16931:2017#compliant#urn:factur-x.eu:1p0:basic", "basic"),
    ("urn:cen.eu:en16931:2017:compliant:factur-x.eu:1p0:basic", "basic"),
    ("urn:cen.eu:en16931:2017", "en16931"),
    ("urn:cen.eu:en16931:2017#conformant#urn:factur-x.eu:1p0:extended", "extended"),
    ("urn:cen.eu:en16931:2017#conformant#urn.cpro.gouv.fr:1p0:extended-ctc-fr", "extended-ctc-fr"),
    ("urn:cen.eu:en16931:2017#conformant#urn:xeinkauf.de:kosit:extension:xrechnung_3.0", "extended"),
    ("anything", "en16931"),
    ("ubl", "en16931"),
]


@pytest.mark.parametrize("stated, profile", PROFILES)
def test_the_profile_a_document_names_decides_which_rules_it_has_to_keep(stated, profile):
    document = golden("cii-invoice.xml", ("urn:cen.eu:en16931:2017<", f"{stated}<"))
    assert rules.profile_of(etree.fromstring(document)) == profile


def test_every_profile_has_rules_that_run():
    document = etree.fromstring(golden("cii-invoice.xml"))
    for profile in ("minimum", "basicwl", "basic", "en16931", "extended", "extended-ctc-fr"):
        assert not [one for one in rules.business_rules(document, profile) if one.rule == "EN16931"]
    for profile in ("ubl", "ubl-extended-ctc-fr"):
        document = etree.fromstring(golden("ubl-invoice.xml"))
        assert not [
            one
            for one in rules.business_rules(document, profile)
            if one.rule.startswith(("EN16931", "BR-CO"))
        ]


def test_a_term_stated_twice_is_refused_and_nothing_of_it_is_printed(read, capfd):
    whole = golden("ubl-invoice.xml").decode()
    entity = whole[whole.index("      <cac:PartyLegalEntity>") : whole.index("    </cac:Party>")]
    reading = read(whole.replace(entity, entity * 2).encode())
    assert [(p.code, p.facts["rule"]) for p in reading.problems] == [("rule_broken", "EN16931")]
    assert "Atelier" not in "".join(capfd.readouterr())


def test_golden_documents_break_no_fatal_rule():
    for path in sorted(GOLDEN.glob("*.xml")):
        assert not [one for one in rules.broken(etree.parse(path).getroot()) if one.fatal], path.name


def test_peppols_own_rules_are_for_documents_that_say_so(read):
    plain = (
        "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0",
        "urn:cen.eu:en16931:2017",
    )
    without = ("  <cbc:BuyerReference>DZ-88</cbc:BuyerReference>\n", "")
    assert len(read(golden("ubl-invoice.xml", plain, without)).rows) == 1
