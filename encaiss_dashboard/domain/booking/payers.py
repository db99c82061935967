"""Proposals from who pays: its account, what was decided before, its name; and from the amount."""

from __future__ import annotations

from itertools import islice

from encaiss_dashboard.domain.booking.case import Case, at_most
from encaiss_dashboard.domain.booking.choosing import How, choose
from encaiss_dashboard.domain.booking.named import UNSURE
from encaiss_dashboard.domain.booking.nouns import Proposal, Reason
from encaiss_dashboard.domain.booking.pointing import Weight

_EXACT = 92
_WHOLE = 90
_SUM = 86
_LEARNT = 80
_ACCOUNT = 60
_NAME = 50
_NAME_LOW, _NAME_HIGH = 70, 84
_ELSEWHERE = 84
_ALIKE_MIN, _ALIKE_MAX = 85, 100
_DEBTORS_MAX = 30


def by_payer(case: Case) -> list[Proposal]:
    """What the debtors who may be the payer would pay; of two that are as likely, neither is sure."""
    debtors = dict.fromkeys((*case.learnt, *case.by_account, *case.alike))
    found = [_of_debtor(case, one) for one in islice(debtors, _DEBTORS_MAX)]
    best = max((one.confidence for one in found), default=0)
    likely = [one for one in found if best - one.confidence <= _EXACT - _SUM]
    if len(likely) > 1 or len(debtors) > _DEBTORS_MAX:
        found = [at_most(one, UNSURE) for one in found]
    if case.pointed.elsewhere or any(one.weight >= Weight.SAID for one in case.pointed.pointers):
        found = [at_most(one, _ELSEWHERE) for one in found]
    return found


def _of_debtor(case: Case, debtor_id: int) -> Proposal:
    items = case.items_of(debtor_id)
    known = debtor_id in case.by_account or debtor_id in case.learnt
    # Some choice of its balances says too little of somebody with nothing but a name like it.
    choice = choose(case.amount, items, case.rules_of(debtor_id), case.movement.booked_on, sums=known)
    if choice is None:
        reason, confidence = _without(case, debtor_id)
        if case.pointed.elsewhere:  # it pays something else: an invoice that is not here yet
            return Proposal(reason, confidence, (case.waits(debtor_id),))
        return case.proposal(reason, confidence, debtor_id)
    confidence = {How.ONE: _EXACT, How.WHOLE: _WHOLE, How.SUM: _SUM}.get(choice.how, UNSURE)
    is_sum = choice.how in {How.WHOLE, How.SUM, How.LOOSE_SUM} and len(choice.items) > 1
    if not known:
        confidence = min(confidence, _by_name(case.alike[debtor_id]))
        reason = Reason.NAME_AND_AMOUNT
    elif is_sum:
        reason = Reason.SUM
    else:
        reason = Reason.ACCOUNT_AND_AMOUNT if debtor_id in case.by_account else Reason.LEARNT
    return case.proposal(reason, confidence, debtor_id, choice.items)


def _without(case: Case, debtor_id: int) -> tuple[Reason, int]:
    """Why, and how sure, where the amount says nothing."""
    if debtor_id in case.learnt:
        return Reason.LEARNT, _LEARNT
    return (Reason.ACCOUNT, _ACCOUNT) if debtor_id in case.by_account else (Reason.NAME, _NAME)


def _by_name(likeness: int) -> int:
    """From 70 for a name that is barely alike to 84 for the same one: a name alone is never sure."""
    share = (likeness - _ALIKE_MIN) * (_NAME_HIGH - _NAME_LOW) // (_ALIKE_MAX - _ALIKE_MIN)
    return _NAME_LOW + share
