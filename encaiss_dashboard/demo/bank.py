"""The last statement of a client's bank, CAMT.053: some of it is sure, some waits for a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from xml.sax.saxutils import escape

from encaiss_dashboard.demo.plot import Sale
from encaiss_dashboard.domain.money import Money

_OPENING_CENTS: Final = 18_240_55
_COSTS_CENTS: Final = -7_50
_SHOP_CENTS: Final = 312_40


@dataclass(frozen=True, slots=True)
class Move:
    """One line: what came or went, from whom, and what was written."""

    cents: int
    name: str = ""
    iban: str = ""
    words: str = ""
    ogm: str = ""
    is_cost: bool = False


def moves(open_sales: Sequence[Sale], language: str) -> list[Move]:
    """What a bank tells of a morning: debtors who pay as they like, costs, and somebody unknown.

    Args:
        open_sales: of different debtors, with nothing paid on them yet.
        language: of the client.
    """
    french = language == "fr"
    costs = "Frais de gestion du compte" if french else "Beheerskosten rekening"
    told = [Move(_COSTS_CENTS, words=costs, is_cost=True)]
    thanks = "Merci" if french else "Dank u"
    told.append(Move(_SHOP_CENTS, "Comptoir du Faubourg", "BE43068999999501", thanks))
    writers = (_as_printed, _by_name, _by_half, _too_much)
    told += [write(sale) for write, sale in zip(writers, open_sales, strict=False)]
    return told


def _as_printed(sale: Sale) -> Move:
    return Move(sale.cents, sale.debtor.name, ogm=sale.ogm)


def _by_name(sale: Sale) -> Move:
    return Move(sale.cents, sale.debtor.name.upper())


def _by_half(sale: Sale) -> Move:
    return Move(sale.cents // 2, sale.debtor.name.split()[0], words="acompte / voorschot")


def _too_much(sale: Sale) -> Move:
    return Move(sale.cents + 25_00, sale.debtor.name, words=f"{sale.number} + 25")


def camt(told: Sequence[Move], account: str, holder: str, on: date) -> bytes:
    """The statement as a file."""
    closing = _OPENING_CENTS + sum(move.cents for move in told)
    entries = "".join(_entry(number, move, on) for number, move in enumerate(told, start=1))
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt>'
        f"<GrpHdr><MsgId>DEMO-{on:%Y%m%d}</MsgId><CreDtTm>{on}T07:00:00</CreDtTm></GrpHdr>"
        f"<Stmt><Id>{on:%Y}/{on:%j}</Id><ElctrncSeqNb>{on:%j}</ElctrncSeqNb>"
        f"<CreDtTm>{on}T07:00:00</CreDtTm>"
        f"<FrToDt><FrDtTm>{on}T00:00:00</FrDtTm><ToDtTm>{on}T23:59:59</ToDtTm></FrToDt>"
        f"<Acct><Id><IBAN>{account}</IBAN></Id><Ccy>EUR</Ccy><Nm>{escape(holder)}</Nm></Acct>"
        f"{_balance('OPBD', _OPENING_CENTS, on)}{_balance('CLBD', closing, on)}"
        f"{entries}</Stmt></BkToCstmrStmt></Document>\n"
    ).encode()


def _amount(cents: int) -> str:
    side = "CRDT" if cents >= 0 else "DBIT"
    return f'<Amt Ccy="EUR">{Money(abs(cents))}</Amt><CdtDbtInd>{side}</CdtDbtInd>'


def _balance(code: str, cents: int, on: date) -> str:
    return f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>{_amount(cents)}<Dt><Dt>{on}</Dt></Dt></Bal>"


def _entry(number: int, move: Move, on: date) -> str:
    domain, family, sub = ("ACMT", "MDOP", "CHRG") if move.is_cost else ("PMNT", "RCDT", "ESCT")
    kind = f"<Fmly><Cd>{family}</Cd><SubFmlyCd>{sub}</SubFmlyCd></Fmly>"
    code = f"<BkTxCd><Domn><Cd>{domain}</Cd>{kind}</Domn></BkTxCd>"
    party = f"<Dbtr><Nm>{escape(move.name)}</Nm></Dbtr>" if move.name else ""
    if move.iban:
        party += f"<DbtrAcct><Id><IBAN>{move.iban}</IBAN></Id></DbtrAcct>"
    words = f"<Ustrd>{escape(move.words)}</Ustrd>" if move.words else ""
    if move.ogm:
        digits = "".join(filter(str.isdecimal, move.ogm))
        words = f"<Strd><CdtrRefInf><Ref>{digits}</Ref></CdtrRefInf></Strd>"
    return (
        f"<Ntry>{_amount(move.cents)}<Sts>BOOK</Sts><BookgDt><Dt>{on}</Dt></BookgDt>"
        f"<ValDt><Dt>{on}</Dt></ValDt><AcctSvcrRef>D{on:%y%m%d}{number:04}</AcctSvcrRef>{code}"
        f"<NtryDtls><TxDtls>{f'<RltdPties>{party}</RltdPties>' if party else ''}"
        f"{f'<RmtInf>{words}</RmtInf>' if words else ''}</TxDtls></NtryDtls></Ntry>"
    )
