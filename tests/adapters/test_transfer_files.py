"""Transfer files: valid by the schema, in the letters of SEPA, and what was ordered when read again."""

import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import sepaxml
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from encaiss_dashboard.adapters.transfers import NAMESPACE, credit_transfers, words
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.remittances import Account, Batch, Transfer, TransferOrder

SCHEMA = etree.XMLSchema(
    etree.parse(Path(sepaxml.__file__).parent / "schemas" / "pain.001.001.09.xsd")  # ISO 20022's own
)
SPACE = {"p": NAMESPACE}
SEPA = re.compile(r"[a-zA-Z0-9/?:().,'+ -]+")


def order(*transfers, **details):
    made = transfers or (transfer(),)
    batch = Batch("TABC-1", Account("Agence d’Été", "BE43068999999501"), made)
    given = {"batches": (batch,), "enterprise_number": "0202239951", **details}
    return TransferOrder(
        "TABC", "Agence d’Été", written_at=datetime(2026, 11, 3, 9, 5, 7, 8, UTC), execute_on=DAY, **given
    )


DAY = date(2026, 11, 4)


def transfer(number="R2026-00001", name="Ardenne Bois SRL", cents=123_456, bic="GKCCBEBB"):
    said = f"{number} Encaissement de 3 paiements"
    return Transfer(number, Account(name, "BE68539007547034", bic), Money(cents), said)


def read(content):
    root = etree.fromstring(content)
    SCHEMA.assertValid(root)
    return root


def told(root, path):
    return [node.text for node in root.iterfind(f".//p:{path.replace('/', '/p:')}", SPACE)]


def test_a_file_is_valid_by_the_schema_and_says_who_asks_whom_for_what():
    root = read(credit_transfers(order(transfer(), transfer("R2026-00002", cents=44, bic=""))))
    assert told(root, "GrpHdr/MsgId") == ["TABC"]
    assert told(root, "GrpHdr/CreDtTm") == ["2026-11-03T10:05:07"]
    assert told(root, "GrpHdr/NbOfTxs") == told(root, "PmtInf/NbOfTxs") == ["2"]
    assert told(root, "GrpHdr/CtrlSum") == told(root, "PmtInf/CtrlSum") == ["1235.00"]
    assert told(root, "InitgPty/Id/OrgId/Othr/Id") == ["0202239951"]
    assert told(root, "InitgPty/Id/OrgId/Othr/Issr") == ["KBO-BCE"]
    assert told(root, "PmtInf/PmtMtd") == ["TRF"]
    assert told(root, "PmtInf/BtchBookg") == ["false"]
    assert told(root, "PmtTpInf/SvcLvl/Cd") == ["SEPA"]
    assert told(root, "ReqdExctnDt/Dt") == ["2026-11-04"]
    assert told(root, "Dbtr/Nm") == ["Agence d'Ete"]
    assert told(root, "DbtrAcct/Id/IBAN") == ["BE43068999999501"]
    assert told(root, "ChrgBr") == ["SLEV"]
    assert told(root, "PmtId/EndToEndId") == ["R2026-00001", "R2026-00002"]
    assert told(root, "Amt/InstdAmt") == ["1234.56", "0.44"]
    assert {node.get("Ccy") for node in root.iterfind(".//p:InstdAmt", SPACE)} == {"EUR"}
    assert told(root, "CdtrAgt/FinInstnId/BICFI") == ["GKCCBEBB"]
    assert told(root, "CdtrAcct/Id/IBAN") == ["BE68539007547034"] * 2
    assert told(root, "RmtInf/Ustrd")[0] == "R2026-00001 Encaissement de 3 paiements"


def test_an_agency_without_a_number_is_named_all_the_same():
    assert told(read(credit_transfers(order(enterprise_number=""))), "InitgPty/Id") == []


def test_what_is_drawn_on_several_accounts_stands_apart_with_its_own_sums():
    one, two = transfer(cents=100), transfer("R2026-00002", cents=250)
    batches = tuple(
        Batch(f"TABC-{n}", Account("Agence", iban), (made,))
        for n, (iban, made) in enumerate((("BE43068999999501", one), ("BE71096123456769", two)))
    )
    root = read(credit_transfers(order(batches=batches)))
    assert told(root, "PmtInf/PmtInfId") == ["TABC-0", "TABC-1"]
    assert told(root, "PmtInf/CtrlSum") == ["1.00", "2.50"]
    assert told(root, "GrpHdr/CtrlSum") == ["3.50"]


def test_no_address_is_given_since_unstructured_ones_are_refused():
    assert b"PstlAdr" not in credit_transfers(order())


@pytest.mark.parametrize(
    "name, sent",
    [
        ("L’Atelier d’Été", "L'Atelier d'Ete"),
        ("Zinc & Cuivre SPRL", "Zinc Cuivre SPRL"),
        ("Bäckerei Groß œuvre", "Backerei Gross oeuvre"),
        ("Ελλάς <b>", "Ellas b"),
        ("//Slash//", "Slash"),
        ("a\nb\tc", "a b c"),
        ("☃" * 3, None),
        ("", "-"),
    ],
)
def test_names_are_written_in_the_letters_that_every_bank_takes(name, sent):
    written = words(name, 70)
    assert SEPA.fullmatch(written)
    assert sent is None or written == sent


@given(st.text(max_size=200), st.text(max_size=300), st.integers(1, 10**13))
def test_whatever_somebody_is_called_the_file_is_valid_and_says_the_amount(name, said, cents):
    made = Transfer("R2026-00001", Account(name, "BE68539007547034"), Money(cents), said)
    root = read(credit_transfers(order(made)))
    [called], [told_to] = told(root, "Cdtr/Nm"), told(root, "RmtInf/Ustrd")
    assert SEPA.fullmatch(called + told_to)
    assert len(called) <= 70
    assert len(told_to) <= 140
    assert told(root, "InstdAmt") == [str(Money(cents))]


def test_the_same_order_gives_the_same_bytes():
    assert credit_transfers(order()) == credit_transfers(order())
