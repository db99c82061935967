"""Writes CODA and MT940 as a bank does, from the standards and not from the readers."""

from dataclasses import dataclass, field
from datetime import date

A_DAY = date(2026, 3, 2)
AN_ACCOUNT = "BE68539007547034"


@dataclass(frozen=True)
class Move:
    """A movement; ``details`` are of one level below, their ``kind`` 5 to 9."""

    cents: int
    text: str = ""
    structure: str = ""
    """Three digits and the structured communication behind them; instead of ``text``."""
    name: str = ""
    iban: str = ""
    bic: str = ""
    end_to_end: str = ""
    code: str = "0150000"
    kind: str = "0"
    reference: str = "REF0000000000000001"
    booked: date = A_DAY
    value: date | None = A_DAY
    r_type: str = ""
    r_reason: str = ""
    information: tuple[tuple[str, str], ...] = ()
    """Records 3: "0" or "1", and the words."""
    details: tuple["Move", ...] = ()


@dataclass(frozen=True)
class Day:
    """What a statement says of one account."""

    moves: tuple[Move, ...]
    opening: int = 100_000
    account: str = AN_ACCOUNT
    currency: str = "EUR"
    number: int = 41
    on: date = A_DAY
    structure: str = "2"
    holder: str = "ATELIER MARTIN SRL"
    field_changes: dict[str, str] = field(default_factory=dict)

    @property
    def closing(self):
        return self.opening + sum(move.cents for move in self.moves)


def coda(*days):
    """A file of statements: the text, every record of 128 characters with LF behind it."""
    records = []
    for at, day in enumerate(days, 1):
        records += _statement(day, is_last=at == len(days))
    assert all(len(record) == 128 for record in records), [r for r in records if len(r) != 128]
    return "".join(f"{record}\n" for record in records)


def _statement(day, *, is_last):
    zone = _account(day)
    head = (
        f"0{'0':0>4}{day.on:%d%m%y}53905 {'':7}{'FILEREF':<10}{day.holder:<26.26}{'GEBABEBB':<11}"
        f"{'00403199702':<11} {'00000'}{'':16}{'':16}{'':7}2"
    )
    old = f"1{day.structure}{day.number:03}{zone}{_signed(day.opening)}{day.on:%d%m%y}"
    old += f"{day.holder:<26.26}{'':35}{day.number:03}"
    body = []
    for seq, move in enumerate(day.moves, 1):
        body += _movement((seq - 1) % 9_999 + 1, move)
    new = f"8{day.number:03}{zone}{_signed(day.closing)}{day.on:%d%m%y}{'':64}0"
    debits = -sum(move.cents for move in day.moves if move.cents < 0)
    received = sum(move.cents for move in day.moves if move.cents > 0)
    end = f"9{'':15}{len(body) + 2:06}{debits:014}0{received:014}0{'':75}{2 if is_last else 1}"
    return [head, old, *body, new, end]


def _account(day):
    if day.structure == "0":
        return f"{day.account[4:]:<12} {day.currency}0BE{'':3}{'':15}"
    return f"{day.account:<34}{day.currency}"


def _signed(cents):
    return f"{int(cents < 0)}{abs(cents):014}0"


def _movement(seq, move):
    records = _one(seq, 0, move)
    number = 0
    for detail in move.details:
        number += 1
        records += _one(seq, number, detail)
        number += len(detail.information)
    return records


def _one(seq, number, move):
    words = (move.structure or move.text).ljust(149)
    assert len(words) == 149, f"{len(words)} characters of a communication"
    first, second, third = words[:53], words[53:106], words[106:]
    has_third = bool(third.strip() or move.iban or move.name)
    has_second = bool(second.strip() or move.end_to_end or move.bic or move.r_type or has_third)
    value = f"{move.value:%d%m%y}" if move.value else "000000"
    at = f"{seq:04}{number:04}"
    link = int(bool(move.information))
    begun = f"21{at}{move.reference:<21}{_signed(move.cents)}{value}{move.kind}{move.code}"
    told = f"{int(bool(move.structure))}{first}{move.booked:%d%m%y}0410"
    records = [f"{begun}{told}{int(has_second)} {0 if has_second else link}"]
    if has_second:
        records.append(
            f"22{at}{second}{move.end_to_end:<35}{move.bic:<11}{'':3}{move.r_type or ' ':1}"
            f"{move.r_reason:<4}{'':4}{'':4}{int(has_third)} {0 if has_third else link}"
        )
    if has_third:
        records.append(f"23{at}{move.iban:<34}{'EUR' if move.iban else '':3}{move.name:<35}{third}0 {link}")
    return records + _information(seq, number, move)


def _information(seq, number, move):
    records = []
    for place, (structured, words) in enumerate(move.information, 1):
        link = int(place < len(move.information))
        whole = words.ljust(73 + 105 + 90)
        parts = [whole[:73], whole[73:178], whole[178:]]
        count = 1 + max(at for at in range(3) if at == 0 or parts[at].strip())
        at = f"{seq:04}{number + place:04}"
        records.append(
            f"31{at}{move.reference:<21}{move.kind}{move.code}{structured}{parts[0]}{'':12}"
            f"{int(count > 1)} {link if count == 1 else 0}"
        )
        if count > 1:
            records.append(f"32{at}{parts[1]}{'':10}{int(count > 2)} {link if count == 2 else 0}")
        if count > 2:
            records.append(f"33{at}{parts[2]}{'':25}0 {link}")
    return records


def direct_debit(text, *, mandate, r_type="0", reason="", creditor="BE12ZZZ0123456789"):
    """Structure 127 of a SEPA direct debit."""
    return f"127{A_DAY:%d%m%y}110{creditor:<35}{mandate:<35}{text:<62}{r_type}{reason:<4}"


def ours(day):
    """The day as its reader should tell it: what is booked of each movement, in the bank's order."""
    return [one for move in day.moves for one in (move.details or (move,))]


def mt940(*days, number="41/1"):
    """A file of statements with field 86 in the form of Dutch banks."""
    return "".join(_swift(day, number) for day in days)


def _swift(day, number):
    lines = [":20:STARTUMS", f":25:{day.account}", f":28C:{number}", f":60F:{_balance(day.opening, day)}"]
    for move in day.moves:
        sign = "D" if move.cents < 0 else "C"
        if move.code == "REVERSAL":
            sign = "RC" if move.cents < 0 else "RD"
        days = f"{move.value or move.booked:%y%m%d}{move.booked:%m%d}"
        lines.append(f":61:{days}{sign}{_comma(move.cents)}NTRFNONREF//{move.reference[:16]}")
        lines += _details(move)
    lines += [f":62F:{_balance(day.closing, day)}", "-"]
    return "".join(f"{line}\r\n" for line in lines)


def _details(move):
    words = "".join(
        f"/{key}/{value}"
        for key, value in (
            *(("IBAN", move.iban), ("BIC", move.bic), ("NAME", move.name)),
            *(("REMI", move.text), ("EREF", move.end_to_end), ("RTRN", move.r_reason)),
        )
        if value
    )
    if not words:
        return []
    lines = [words[at : at + 65] for at in range(0, len(words), 65)]
    return [f":86:{lines[0]}", *lines[1:]]


def _balance(cents, day):
    return f"{'D' if cents < 0 else 'C'}{day.on:%y%m%d}{day.currency}{_comma(cents)}"


def _comma(cents):
    return f"{abs(cents) // 100},{abs(cents) % 100:02}"
