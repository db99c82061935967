"""What merging, parting and splitting would do, in sentences: first what happens, then what to mind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, TypedDict

from encaiss_dashboard.domain.delegation import DelegationState
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.references import format_enterprise_number, is_enterprise_number
from encaiss_dashboard.locales import integer, money, text
from encaiss_dashboard.services.debtors.merging import Foreseen, Side
from encaiss_dashboard.services.debtors.parting import Part
from encaiss_dashboard.services.debtors.splitting import Foreseen as Dividing
from encaiss_dashboard.ui.acts import term_words
from encaiss_dashboard.ui.deciding import message_words, standing

_IN_HAND: Final = frozenset({DelegationState.DELEGATED, DelegationState.PAUSED})
_FILLED: Final = {"number": "number", "enterprise_number": "enterprise_number", "term": "term"}
_ADDRESS: Final = frozenset({"address", "postcode", "city"})

Words = tuple[list[str], list[str]]


class Row(TypedDict):
    """One thing known of both; ``filled`` when the kept one takes it over."""

    what: str
    gone: str
    kept: str
    filled: bool


def merge_rows(seen: Foreseen, lang: str) -> list[Row]:
    """Both debtors side by side; what the kept one lacks stands there as it will be."""
    gone, kept = _told(seen.gone, seen, lang), _told(seen.kept, seen, lang)
    filled = {_FILLED[name] for name in seen.filled if name in _FILLED}
    filled |= {"address"} if _ADDRESS & set(seen.filled) else set()
    filled |= {"email"} if seen.contacts and seen.gone.email and not seen.kept.email else set()
    return [
        Row(
            what=text(lang, f"merge.row_{name}"),
            gone=value,
            kept=text(lang, "merge.taken_over", value=value) if name in filled else kept[name],
            filled=name in filled,
        )
        for name, value in gone.items()
    ]


def _told(side: Side, seen: Foreseen, lang: str) -> dict[str, str]:
    nothing = text(lang, "merge.nothing")
    told = {
        "number": side.number,
        "enterprise_number": printed(side.enterprise_number),
        "address": side.address,
        "email": side.email or text(lang, "merge.by_post"),
        "language": text(lang, f"file.language_{side.language}"),
        "term": term_words(side.term, lang) if side.term else text(lang, "merge.usual_term"),
        "documents": integer(side.counts["documents"], lang),
        "payments": integer(side.counts["payments"], lang),
        "messages": integer(side.counts["messages"], lang),
        "open": _sums(side.open, lang) or nothing,
        "delegation": " ".join(part for part in standing(side.status, None, lang)[:2] if part),
        "next": message_words(side.next, seen.on, lang),
    }
    return {name: value or nothing for name, value in told.items()}


def printed(number: str) -> str:
    """An enterprise number as people write it; what is none of Belgium's stays as it is."""
    return format_enterprise_number(number) if is_enterprise_number(number) else number


def merge_words(seen: Foreseen, lang: str) -> Words:
    """What merging does, and what speaks against it."""
    names = {"gone": seen.gone.name, "kept": seen.kept.name}
    moving = {**seen.gone.counts, "contacts": seen.contacts}
    told = [_moves(moving, "merge.moves", lang, **names) or text(lang, "merge.moves_nothing", **names)]
    if seen.filled:
        what = ", ".join(text(lang, f"merge.filled_{name}") for name in seen.filled)
        told.append(text(lang, "merge.fills", what=what, **names))
    acting = tuple(side.status.state in _IN_HAND for side in (seen.gone, seen.kept))
    acts = {(True, True): "both", (False, True): "more", (True, False): "less", (False, False): "none"}[
        acting
    ]
    sentence = text(lang, f"merge.acts_{acts}", **names)
    told += [] if acts == "less" else [sentence]
    after, before = (message_words(one, seen.on, lang) for one in (seen.next, seen.kept.next))
    same = seen.next == seen.kept.next
    told.append(
        text(lang, "merge.next", after=after, **names)
        if same
        else text(lang, "merge.next_instead", after=after, before=before, **names)
    )
    told.append(text(lang, "merge.goes", **names))
    doubts = [text(lang, "merge.two_numbers")] if seen.two_numbers else []
    return told, [*doubts, *([sentence] if acts == "less" else [])]


def part_words(one: Part, kept: str, lang: str) -> Words:
    """What undoing a merge does."""
    name = one.names[0]
    counts = {kind: getattr(one, kind) for kind in ("documents", "payments", "contacts", "messages")}
    told = [
        _moves(counts, "merge.part_moves", lang, name=name) or text(lang, "merge.part_nothing", name=name)
    ]
    if one.open:
        told.append(text(lang, "merge.part_open", amounts=_sums(one.open, lang), name=name))
    told += [text(lang, "merge.part_stays", kept=kept), text(lang, "merge.part_acts", name=name)]
    return told, []


def split_words(seen: Dividing, lang: str) -> Words:
    """What splitting does with what is ticked so far."""
    if not seen.invoices + seen.credit_notes:
        return [text(lang, "merge.split_none")], []
    counts = {"documents": seen.invoices + seen.credit_notes, "payments": seen.payments}
    told = [_moves(counts, "merge.split_moves", lang)]
    if seen.along:
        told.append(text(lang, "merge.split_along", n=seen.along))
    nothing = text(lang, "merge.zero")
    sums = {name: _sums(getattr(seen, name), lang) or nothing for name in ("moves", "stays")}
    told.append(text(lang, "merge.split_open", name=seen.name, **sums))
    if seen.reminded:
        told.append(text(lang, "merge.split_reminded", n=seen.reminded))
    acting = seen.status.state in _IN_HAND
    doubts = [text(lang, "merge.split_acts")]
    return told if acting else [*told, *doubts], doubts if acting else []


def _moves(counts: Mapping[str, int], key: str, lang: str, **names: str) -> str:
    """What moves in one sentence, "" when nothing does."""
    what = ", ".join(text(lang, f"merge.{name}", n=n) for name, n in counts.items() if n)
    return text(lang, key, what=what, **names) if what else ""


def _sums(amounts: Sequence[Money], lang: str) -> str:
    return " + ".join(money(amount, lang) for amount in amounts)
