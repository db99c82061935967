"""The calendar of what will go out if nothing is paid until then, and of what will not, with the reason.

It asks the questions of the nightly run (``Prospect.tonight``) about the nights to come; nothing is kept.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from encaiss_dashboard.domain.delegation import DelegationState
from encaiss_dashboard.domain.dunning import (
    INSTALMENT,
    Held,
    OpenInvoice,
    Planned,
    StepCode,
    Why,
    why,
    why_in_plan,
    why_instalment,
    why_line,
)
from encaiss_dashboard.domain.errors import NotFound, Refusal
from encaiss_dashboard.domain.foresight import Dated, Wait
from encaiss_dashboard.domain.letters import Letter, Section
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.domain.sheets import Cell, Column, Table, as_csv
from encaiss_dashboard.domain.workdays import Channel
from encaiss_dashboard.locales import telling, text
from encaiss_dashboard.storage import instalments, letters, merges, queries, records
from encaiss_dashboard.storage.instalments import Due
from encaiss_dashboard.storage.prospects import Prospect, prospects
from encaiss_dashboard.work import Work

AHEAD_DAYS_MAX: Final = 366
PART: Final = 3_000
"""Debtors looked at in one go: a few seconds for a month."""
_ID_MAX: Final = 2**31 - 1
_CSV: Final = "text/csv; charset=utf-8"
_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_COLUMNS: Final = (
    ("day", 12),
    ("debtor", 30),
    ("step", 20),
    ("channel", 12),
    ("invoices", 9),
    ("total", 13),
    ("currency", 8),
    ("why", 80),
)


class BeyondTheCalendar(Refusal):
    """Days that are past, further ahead than a year, or the wrong way round."""

    code = "beyond_the_calendar"


class Absence(StrEnum):
    """Why a debtor that owes something is not written to, when no message is held back."""

    NOT_DELEGATED = "not_delegated"
    WITHDRAWN = "withdrawn"
    LATER = "later"  # its next message goes after the days that were asked for
    ALL_SAID = "all_said"  # every step of the plan was taken on all it owes


@dataclass(frozen=True, slots=True)
class Coming:
    """One message to come.

    Attributes:
        step: what it is called, a catalogue key below ``step.``.
        invoices: how many it names.
        totals: what it asks for, by currency.
        why: which invoice reaches which step by which rule, or which instalment is to be paid.
        held: what holds it back until the night before, None when nothing does.
        stop_id: of the message before an instalment, its plan of instalments; 0 for any other.
    """

    on: date
    debtor_id: int
    name: str
    step: str
    channel: Channel
    invoices: int
    totals: Mapping[str, Money]
    why: Why
    held: Held | None
    stop_id: int = 0


@dataclass(frozen=True, slots=True)
class LeftOut:
    """One debtor that owes something and gets no message in the days asked for.

    Attributes:
        reason: of its longest wait, or why nothing is due.
        waits: the nights on which a message is due and stays.
        next: the step and day of its next message, when one is to come later.
    """

    debtor_id: int
    name: str
    reason: str
    waits: tuple[Wait, ...]
    next: tuple[StepCode, date] | None

    @property
    def held(self) -> Held | None:
        """What holds its message back on most of the nights, None when none is due."""
        longest = max(self.waits, key=lambda wait: wait.last - wait.first, default=None)
        return longest.held if longest else None


@dataclass(frozen=True, slots=True)
class Day:
    """What goes out on one day."""

    on: date
    messages: int
    steps: Mapping[str, int]
    totals: Mapping[str, Money]


@dataclass(frozen=True, slots=True)
class Calendar:
    """What goes out between two days, both included, to some of a client's debtors.

    Attributes:
        days: those on which anything goes.
        coming: every message, by day and name.
        left_out: those who owe something and get none, by name.
        debtors: how many a client has; ``seen`` of them are in this part.
        part, parts: which part of the debtors this is, from 1, and how many there are.
    """

    first: date
    last: date
    days: tuple[Day, ...]
    coming: tuple[Coming, ...]
    left_out: tuple[LeftOut, ...]
    debtors: int
    seen: int
    part: int
    parts: int


@dataclass(frozen=True, slots=True)
class Preview:
    """A message to come, as it would be written.

    Attributes:
        reasons: of each of its invoices, why it is named.
        letter: what would be sent; nothing of it is kept.
    """

    on: date
    debtor_id: int
    name: str
    recipient: str
    planned: Planned
    reasons: tuple[Why, ...]
    letter: Letter


def calendar(work: Work, client_id: int | None, first: date, last: date, *, part: int = 1) -> Calendar:
    """What goes out between two days to one part of the debtors, and who is left out.

    Raises:
        BeyondTheCalendar: no days of the year to come.
    """
    client = work.require(Action.VIEW, client_id)
    _check(work, first, last)
    every = queries.debtors(work.session, client)
    parts = max(1, -(-len(every) // PART))
    part = min(max(1, part), parts)
    some = every[(part - 1) * PART : part * PART]
    coming, left_out = _played(work, client, some, first, last)
    return Calendar(
        first=first,
        last=last,
        days=_days(coming),
        coming=tuple(sorted(coming, key=lambda one: (one.on, one.name, one.debtor_id))),
        left_out=tuple(left_out),
        debtors=len(every),
        seen=len(some),
        part=part,
        parts=parts,
    )


def message(work: Work, client_id: int | None, debtor_id: int, on: date, stop_id: int = 0) -> Preview:
    """One message to come with its text, written as the delivery would write it on that day.

    With the id of a plan of instalments the one about an instalment of it.

    Raises:
        NotFound: not one of this client's debtors, or it gets none on that day.
        BeyondTheCalendar: not a day of the year to come.
    """
    client = work.require(Action.VIEW, client_id)
    _check(work, on, on)
    if not 0 < debtor_id <= _ID_MAX:
        raise NotFound
    debtor = queries.debtor(work.session, client, merges.kept(work.session, client, debtor_id))
    debtor_id = queries.known(debtor.id)
    seen = prospects(work.session, client, work.today, [debtor_id])[debtor_id]
    coming = instalments.coming(work.session, client, {debtor_id: seen}, on) if stop_id else {}
    due = next((one for day, one in coming.get(debtor_id, ()) if (day, one.stop_id) == (on, stop_id)), None)
    dated = next((one for one in seen.foresight(on).messages if one.on == on and not stop_id), None)
    to = queries.addresses(work.session, client).get(debtor_id, "")
    if due is not None and isinstance(due.result, Planned):
        planned, reasons = due.result, (why_instalment(due.about, on), *map(why_in_plan, due.result.lines))
        sections = [letters.instalment_section(planned)]
    elif dated is not None:
        planned, reasons, sections = (
            dated.planned,
            _reasons(seen, dated),
            letters.planned_sections(dated.planned),
        )
    else:
        raise NotFound
    letter = _letter(work, debtor, planned, sections, on=on, email=to)
    return Preview(on, debtor_id, debtor.name, to, planned, reasons, letter)


def export(work: Work, client_id: int | None, form: str, first: date, last: date) -> tuple[str, str, bytes]:
    """The messages to come of all debtors as ``xlsx`` or ``csv``: name, kind and content of the file.

    Raises:
        NotFound: no such form.
        BeyondTheCalendar: no days of the year to come.
    """
    client = work.require(Action.VIEW, client_id)
    if form not in {"xlsx", "csv"}:
        raise NotFound
    _check(work, first, last)
    lang = work.actor.language
    columns = [Column(text(lang, f"forecast.{name}"), width) for name, width in _COLUMNS]
    table = Table(text(lang, "forecast.title"), columns, _rows(work, client, first, last))
    name = f"calendar-{first}-{last}.{form}"
    return (name, _CSV, as_csv(table)) if form == "csv" else (name, _XLSX, work.sheets.workbook(table))


def _check(work: Work, first: date, last: date) -> None:
    # Compared as numbers: the last day there is has none a year after it.
    ahead = last.toordinal() - work.today.toordinal()
    if not (work.today <= first <= last and ahead <= AHEAD_DAYS_MAX):
        raise BeyondTheCalendar


def _played(
    work: Work, client: int, debtors: Sequence[records.Debtor], first: date, last: date
) -> tuple[list[Coming], list[LeftOut]]:
    """The messages of a span and who gets none; its first nights are played from today on."""
    addresses = queries.addresses(work.session, client)
    seen = prospects(work.session, client, work.today, [queries.known(one.id) for one in debtors])
    parts = instalments.coming(work.session, client, seen, last)
    coming, left_out = list[Coming](), list[LeftOut]()
    for debtor in debtors:
        key = queries.known(debtor.id)
        one = seen[key]
        if not one.invoices:
            continue
        found = one.foresight(last)
        channel = Channel.EMAIL if addresses.get(key) else Channel.POST
        held = {wait.last: wait.held for wait in found.waits}
        mine = [_coming(debtor, one, dated, channel, held) for dated in found.messages if dated.on >= first]
        mine += [_instalment(debtor, due, channel) for on, due in parts.get(key, ()) if on >= first]
        coming += mine
        if not mine:
            left_out.append(
                _left_out(debtor, one, [wait for wait in found.waits if wait.last >= first], last)
            )
    return coming, left_out


def _coming(
    debtor: records.Debtor, seen: Prospect, dated: Dated, channel: Channel, held: Mapping[date, Held]
) -> Coming:
    return Coming(
        on=dated.on,
        debtor_id=queries.known(debtor.id),
        name=debtor.name,
        step=dated.planned.word,
        channel=channel,
        invoices=len(dated.planned.lines),
        totals=dated.planned.totals,
        why=why(seen.plan, dated.planned, dated.before),
        held=held.get(dated.on - timedelta(days=1)),
    )


def _instalment(debtor: records.Debtor, due: Due, channel: Channel) -> Coming:
    assert isinstance(due.result, Planned)
    return Coming(
        on=due.seen.on,
        debtor_id=due.debtor_id,
        name=debtor.name,
        step=due.result.word,
        channel=channel,
        invoices=len(due.result.lines),
        totals=due.result.totals,
        why=why_instalment(due.about, due.seen.on),
        held=None,
        stop_id=due.stop_id,
    )


def _left_out(debtor: records.Debtor, seen: Prospect, waits: Sequence[Wait], last: date) -> LeftOut:
    key, later = queries.known(debtor.id), seen.next_message() if seen.events else None
    if waits:
        longest = max(waits, key=lambda wait: wait.last - wait.first)
        return LeftOut(key, debtor.name, longest.held.reason.value, tuple(waits), later)
    absent = {
        DelegationState.NOT_DELEGATED: Absence.NOT_DELEGATED,
        DelegationState.WITHDRAWN: Absence.WITHDRAWN,
    }.get(seen.status.state)
    if later is not None and later[1] > last:
        absent = absent or Absence.LATER
    return LeftOut(key, debtor.name, (absent or Absence.ALL_SAID).value, (), later)


def _days(coming: Sequence[Coming]) -> tuple[Day, ...]:
    by_day: dict[date, list[Coming]] = defaultdict(list)
    for one in coming:
        by_day[one.on].append(one)
    return tuple(_day(on, by_day[on]) for on in sorted(by_day))


def _day(on: date, coming: Sequence[Coming]) -> Day:
    counted = Counter(one.step for one in coming)
    sums: dict[str, Money] = {}
    for one in coming:
        for currency, total in one.totals.items():
            sums[currency] = sums.get(currency, Money(0, currency)) + total
    words = (INSTALMENT, *StepCode)
    steps = {str(step): counted[step] for step in words if counted[step]}
    return Day(on, len(coming), steps, dict(sorted(sums.items(), key=lambda one: (one[0] != "EUR", one[0]))))


def _reasons(seen: Prospect, dated: Dated) -> tuple[Why, ...]:
    before: dict[int, OpenInvoice] = {item.invoice.id: item for item in dated.before}
    found = []
    for line in dated.planned.lines:
        item = before[line.invoice.id]
        found.append(why_line(item.plan or seen.plan, line, line.invoice.due, item.done))
    return tuple(found)


def _letter(
    work: Work, debtor: records.Debtor, planned: Planned, sections: Sequence[Section], *, on: date, email: str
) -> Letter:
    facts = letters.statement_letter(
        work.session,
        debtor.client_id,
        queries.known(debtor.id),
        sections,
        step=planned.step,
        language=debtor.language,
        on=on,
        email=email,
        instalment=planned.instalment,
    )
    return work.letters.write_statement(facts)


def _rows(work: Work, client: int, first: date, last: date) -> Iterator[Sequence[Cell]]:
    """By day within each part of the debtors, so that no more than one part is in memory."""
    lang, every = work.actor.language, queries.debtors(work.session, client)
    for start in range(0, len(every), PART):
        coming, _ = _played(work, client, every[start : start + PART], first, last)
        for one in sorted(coming, key=lambda one: (one.on, one.name, one.debtor_id)):
            for total in one.totals.values():
                yield (
                    one.on,
                    one.name,
                    text(lang, f"step.{one.step}"),
                    text(lang, f"cli.channel_{one.channel}"),
                    one.invoices,
                    total,
                    total.currency,
                    telling.why(one.why, lang),
                )
