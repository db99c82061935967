"""A plan written into fields and read from them again, in every language, is the same plan."""

from dataclasses import replace

import pytest

from encaiss_dashboard.domain.dunning import DEFAULT_PLAN, PLANS, Step, StepCode, with_courtesy
from encaiss_dashboard.domain.plan_terms import written
from encaiss_dashboard.domain.sending_days import Closure, DayOfYear, SendingDays
from encaiss_dashboard.domain.workdays import Channel
from encaiss_dashboard.locales import LANGUAGES
from encaiss_dashboard.services.plans.checking import checked
from encaiss_dashboard.ui import plan_draft

DEAR = replace(
    DEFAULT_PLAN,
    steps=(
        Step(StepCode.STATEMENT_1, 7, channel=Channel.SMS),
        Step(StepCode.FORMAL_NOTICE, 30, None, 23, Channel.REGISTERED, 12_50, claims=True),
    ),
)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("plan", [DEFAULT_PLAN, with_courtesy(DEFAULT_PLAN), DEAR, *PLANS.values()])
def test_the_steps_say_all_of_themselves(plan, lang):
    kept = {step["code"]: step for step in written(plan)["steps"]}
    rows = plan_draft.with_free(plan_draft.step_rows(plan, lang), consumer=False)
    terms = [plan_draft.step_terms(row, kept.get(row["code"], {})) for row in rows if row["on"]]
    assert checked({**written(plan), "steps": terms}) == plan


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("cents", [0, 1, 7_50, 999_99, 1_000_00, 10_000_00])
def test_an_amount_shown_is_read_as_itself(cents, lang):
    assert plan_draft.cents(plan_draft.typed_amount(cents, lang)) == cents


@pytest.mark.parametrize("typed", ["abc", "1e999999", "1e30", "-1", "1.234", "7,505", "9" * 20])
def test_what_is_no_amount_is_left_to_be_refused(typed):
    assert plan_draft.cents(typed) < 0


@pytest.mark.parametrize("typed", ["", "31", "1/2/3", "aa/bb", "999/1"])
def test_what_is_no_day_is_left_to_be_refused(typed):
    assert plan_draft.day_of_year(typed) == "00-00"


def test_periods_are_typed_as_they_are_kept():
    closed = replace(
        DEFAULT_PLAN, sending=SendingDays(closures=(Closure(DayOfYear(12, 24), DayOfYear(1, 2)),))
    )
    (ends,) = plan_draft.closures(closed)
    assert ends == ("24/12", "02/01")
    assert [plan_draft.day_of_year(end) for end in ends] == ["12-24", "01-02"]


def test_the_first_reminder_of_a_consumer_is_free_whichever_it_is():
    """Left out, the next one is; of a business none is."""
    rows = plan_draft.step_rows(with_courtesy(DEAR), "fr")
    free = [row["code"] for row in plan_draft.with_free(rows, consumer=True) if row["free"]]
    assert free == [StepCode.STATEMENT_1]
    without = [{**row, "on": row["code"] in {"courtesy", "formal_notice"}} for row in rows]
    (first,) = [row for row in plan_draft.with_free(without, consumer=True) if row["free"]]
    terms = plan_draft.step_terms(first, {})
    assert (first["code"], terms["costs_cents"], terms["claims"]) == ("formal_notice", 0, False)
    assert not any(row["free"] for row in plan_draft.with_free(rows, consumer=False))
