"""What a message or a call still asks for on the day it is made: one answer for both."""

from __future__ import annotations

from encaiss_dashboard.domain.dunning import StepCode
from encaiss_dashboard.domain.letters import Section
from encaiss_dashboard.services.deliveries import content, outcomes
from encaiss_dashboard.services.deliveries.claiming import Claimant
from encaiss_dashboard.storage import instalments, letters, records
from encaiss_dashboard.storage.prospects import Prospect, prospects
from encaiss_dashboard.work import Work


def asked_for(
    row: records.OutboxMessage, work: Work, known: Prospect | None = None
) -> tuple[Claimant, list[Section]] | None:
    """What is asked for today; None when that is nothing any more, and the message is dropped.

    ``known`` is its debtor as of today, read when it is None.
    """
    seen = known or prospects(work.session, row.client_id, work.today, [row.debtor_id])[row.debtor_id]
    reason = outcomes.no_reason(seen)
    if reason:
        outcomes.drop(row, work, reason)
        return None
    if row.stop_id is not None:
        return _instalment(row, work, seen)
    named = content.named(row, work)
    stops = {item.invoice.id: item.stop for item in seen.invoices if item.stop and item.invoice.id in named}
    claimant = Claimant(work, row, seen)
    sections = content.sections(claimant, stops)
    steps = [StepCode(line.step) for section in sections for line in section.lines if line.step]
    if not steps:
        outcomes.drop(row, work, next((stop.reason.value for stop in stops.values()), "settled"))
        return None
    # The invoice that set the tone may be paid by now.
    row.step = max(steps, key=lambda code: code.rank).value
    row.regime = seen.regime.value
    return claimant, sections


def _instalment(
    row: records.OutboxMessage, work: Work, seen: Prospect
) -> tuple[Claimant, list[Section]] | None:
    """The same of the message before an instalment, whose invoices are stopped by its own plan.

    Asked for is what the instalment lacks today; no interest, indemnity or costs, and no step is taken.
    """
    found = instalments.still_due(work.session, row, seen)
    if isinstance(found, str):
        outcomes.drop(row, work, found)
        return None
    content.mark(row, work, {line.invoice.id: line for line in found.lines})
    row.instalment_cents = sum(one.cents for one in found.totals.values())
    row.regime = seen.regime.value
    return Claimant(work, row, seen, found.instalment), [letters.instalment_section(found)]
