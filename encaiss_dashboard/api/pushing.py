"""Taking what software sends: one transaction for its invoices and for the answer that it gets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final

from encaiss_dashboard.api.access import Caller
from encaiss_dashboard.api.bodies import Sent
from encaiss_dashboard.api.problems import Refused, finding
from encaiss_dashboard.domain.errors import Problem
from encaiss_dashboard.services import imports, pushes
from encaiss_dashboard.services.imports import Fate, Foreseen
from encaiss_dashboard.services.pushes import Answered, KeyReused, Pushed
from encaiss_dashboard.work import Work

ITEMS_LISTED_MAX: Final = 10_000
_PLAIN: Final = frozenset({Fate.CREATED, Fate.UNCHANGED})


async def push(by: Caller, sent: Sent, key: str | None) -> tuple[Answered, bool]:
    """Take invoices, or say why not; the answer, and whether it was given before.

    They come in first, are read while nobody waits, and are then taken in one transaction with the answer:
    whoever dies before its end leaves an upload that waits, as one that a person dropped.

    Raises:
        Refused: nothing was taken.
    """
    # A trial uses no key up: it can be asked again as the real thing.
    named = None if sent.wish.dry_run else key
    before = await by.work(lambda work: _before(work, by.client_id, named, sent), write=False)
    if before is not None:
        return before, True
    name, data = sent.wish.name, sent.data
    batch_id = await by.work(lambda work: imports.receive(work, by.client_id, name, data), write=True)
    try:
        await by.work(
            lambda work: imports.understand(work, by.client_id, batch_id, checked=sent.numbers is not None),
            write=False,
        )
        return await by.work(lambda work: _take(work, by.client_id, batch_id, sent, named), write=True)
    except BaseException:
        await by.forget(lambda work: imports.discard(work, by.client_id, batch_id))
        raise


def _before(work: Work, client_id: int, key: str | None, sent: Sent) -> Answered | None:
    try:
        return pushes.look(work, client_id, key, sent.digest) if key else None
    except KeyReused as refusal:
        raise Refused(422, "refusal.key_reused") from refusal


def _take(work: Work, client_id: int, batch_id: int, sent: Sent, key: str | None) -> tuple[Answered, bool]:
    wish = sent.wish
    try:
        before = pushes.recall(work, client_id, key, sent.digest)
    except KeyReused as refusal:
        raise Refused(422, "refusal.key_reused") from refusal
    if before is not None:
        imports.discard(work, client_id, batch_id)
        return before, True
    answers = {
        "changes": "all" if wish.on_change == "apply" else "none",
        "doubtful": wish.on_doubt,
        "whole": wish.all_or_nothing,
    }
    imports.answer(work, client_id, batch_id, answers)
    seen = imports.foresee(work, client_id, batch_id)
    _refuse(sent, seen)
    preview = seen.preview
    brings = preview.created + preview.updated + preview.credit_notes
    if wish.dry_run or not (brings or seen.teaches):
        # Software that sends all it has every hour would fill the history with imports of nothing.
        imports.discard(work, client_id, batch_id)
        answered = Answered(200, _outcome(sent, seen, None), None)
    else:
        imports.accept(work, client_id, batch_id)
        answered = Answered(201, _outcome(sent, seen, batch_id), batch_id)
    if not wish.dry_run and (key or answered.batch_id):
        pushes.remember(work, client_id, key, sent.digest, answered)
    return answered, False


def _refuse(sent: Sent, seen: Foreseen) -> None:
    """Refuse what cannot be taken at all.

    Raises:
        Refused: that is so.
    """
    preview = seen.preview
    if preview.questions:
        raise Refused(409, "questions", {"questions": ", ".join(preview.questions)})
    if not preview.accepted:
        raise Refused(422, "refusal.nothing_to_import", more=_told(sent, seen))
    if sent.wish.all_or_nothing and preview.rejected_rows:
        facts = {"count": str(preview.rejected_rows)}
        raise Refused(409, "refusal.rows_refused", facts, _told(sent, seen))


def _outcome(sent: Sent, seen: Foreseen, batch_id: int | None) -> dict[str, Any]:
    preview = seen.preview
    return {
        "batch": batch_id,
        "dry_run": sent.wish.dry_run,
        "created": preview.created,
        "updated": preview.updated,
        "changed": preview.left_out,
        "unchanged": preview.unchanged - preview.left_out + preview.duplicates,
        "credit_notes": preview.credit_notes,
        "rejected": preview.rejected_rows,
        "new_debtors": preview.new_debtors,
        **_told(sent, seen),
    }


def _told(sent: Sent, seen: Foreseen) -> dict[str, Any]:
    """Problems of the whole, and what becomes of each item; of very many rows only what is remarkable."""
    by_line: dict[int | None, list[Problem]] = defaultdict(list)
    for problem in seen.preview.reading.problems:
        by_line[problem.line].append(problem)
    whole = by_line.pop(None, [])
    lines = sorted({*seen.fates, *(line for line in by_line if line is not None)})
    fates = {line: seen.fates.get(line, Fate.UNCHANGED) for line in lines}
    listed = lines
    if len(lines) > ITEMS_LISTED_MAX:
        listed = [line for line in lines if by_line.get(line) or fates[line] not in _PLAIN]
    return {
        "problems": [finding(one, sent.lang) for one in whole if one.blocks],
        "warnings": [finding(one, sent.lang) for one in whole if not one.blocks],
        "items": [
            _item(line, fates[line], by_line.get(line, []), sent, seen) for line in listed[:ITEMS_LISTED_MAX]
        ],
        "items_complete": len(lines) <= ITEMS_LISTED_MAX,
    }


def _item(line: int, fate: Fate, problems: list[Problem], sent: Sent, seen: Foreseen) -> dict[str, Any]:
    number = seen.numbers.get(line)
    if number is None and sent.numbers is not None and line <= len(sent.numbers):
        number = sent.numbers[line - 1]
    change = seen.changes.get(line) if fate in {Fate.CHANGED, Fate.UPDATED} else None
    return {
        "index": None if sent.numbers is None else line - 1,
        "line": line,
        "number": number,
        "status": fate.value,
        "problems": [finding(one, sent.lang) for one in problems if one.blocks],
        "warnings": [finding(one, sent.lang) for one in problems if not one.blocks],
        "changes": _differences(change.before, change.after) if change else {},
    }


def _differences(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, dict[str, str]]:
    return {name: {"before": before[name], "after": after[name]} for name in after}


def shown(pushed: Pushed) -> dict[str, Any]:
    """An import as its software asks for it again."""
    state = "taken_back" if pushed.taken_back_at else "imported" if pushed.imported_at else "waiting"
    return {
        "batch": pushed.batch_id,
        "name": pushed.name,
        "state": state,
        "received_at": pushed.received_at.isoformat(),
        "imported_at": pushed.imported_at.isoformat() if pushed.imported_at else None,
        "taken_back_at": pushed.taken_back_at.isoformat() if pushed.taken_back_at else None,
        "outcome": dict(pushed.answer) if pushed.answer is not None else None,
    }
