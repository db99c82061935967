"""Whole stories of one debt, told by its days: day 0 is 1 November 2026, a Sunday, when F1 is due.

Every line told is a mail that left: the day, the step that sets its tone, the invoices that it names.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import pytest

from encaiss_dashboard.domain.dunning import DEFAULT_PLAN, PLANS, Named, Plan, Step, StepCode, with_courtesy
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.permissions import Role
from encaiss_dashboard.domain.plan_terms import written
from encaiss_dashboard.domain.sending_days import Closure, DayOfYear
from encaiss_dashboard.domain.stops import DisputeReason, StopState
from encaiss_dashboard.domain.stops.opening import NewDispute, NewPromise
from encaiss_dashboard.locales import money
from encaiss_dashboard.services.stops import deciding, opening
from encaiss_dashboard.storage.plans import Audience, PlanVersion

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@dataclass
class Tale:
    """One debt and its nights; ``held`` says why what was due on the last of them stayed."""

    house: Any
    story: Any
    mailbox: Any
    client: int = 0
    debtor: int = 0
    held: list[str] = field(default_factory=list)

    def begins(self, plan: Plan = DEFAULT_PLAN, kind: str = "business", slug: str = "ardenne") -> Tale:
        """A client that agreed on a plan, and its debtor that owes F1 of 1,000.00, given long ago."""
        self.client = self.house.client(slug, slug.title(), enterprise_number="0202239951")
        terms = {"terms": written(plan), "audience": Audience(kind).value, "at": self.story.clock()}
        self.house.add(PlanVersion(client_id=self.client, version=1, **terms))
        mail = f"compta@{slug}.example"
        self.debtor = self.house.debtor(self.client, "Moulin Clair", mail, kind=kind)
        self.house.delegate(self.debtor, from_date=date(2026, 1, 1))
        self.owes("F1", day=0)
        return self

    def owes(self, number: str, day: int, cents: int = 100_000) -> int:
        due = self.story.after(day)
        return int(self.house.invoice(self.debtor, number, due=due, cents=cents))

    def pays(self, day: int, cents: int, invoice_id: int | None = 1) -> None:
        self.house.payment(self.debtor, on=self.story.after(day), cents=cents, invoice_id=invoice_id)

    def decides(self, day: int, service: Any, *given: Any) -> Any:
        """Something that the client's owner does on a day."""
        self.story.clock.set(self.story.after(day))
        owner = self.house.user(Role.OWNER, "ardenne", email=f"owner{day}@ardenne.example")
        with self.house.wiring.begin(owner) as work:
            return service(work, self.client, *given)

    def nights(self, *days: int) -> list[str]:
        """What left on these nights; on the others no run took place."""
        told = []
        for day in days:
            before = len(self.mailbox.sent)
            run = self.story.night(day)
            self.held = [one.held.reason.value for one in run.held]
            for mail in self.mailbox.sent[before:]:
                step = next(code for code in StepCode if f".{code.value}" in mail.message_id)
                names = sorted(set(re.findall(r"\bF\d\b", mail.letter.text)))
                told.append(f"Day {day}: {step} {' '.join(names)}")
        return told

    def asked(self, cents: int) -> bool:
        """Whether the last mail asks for this total."""
        return money(Money(cents), "fr") in self.mailbox.sent[-1].letter.text


@pytest.fixture
def tale(house, story, mailbox):
    return Tale(house, story, mailbox)


def test_a_business_climbs_on_working_days_and_a_younger_invoice_on_a_ladder_of_its_own(tale):
    tale.begins(PLANS[Named.BUSINESS_BE])
    tale.owes("F2", day=20)
    assert tale.nights(0, 6, 7, 8, 22, 23, 37, 38, 52, 53, 67, 68, 75) == [
        "Day 8: statement_1 F1",  # day 7 is a Sunday
        "Day 23: statement_2 F1 F2",  # F2 is three days late: named, and takes no step yet
        "Day 38: statement_3 F1 F2",
        "Day 53: formal_notice F1 F2",
        "Day 68: statement_3 F1 F2",
    ]


def test_a_consumer_is_reminded_freely_first_and_hears_of_nothing_else_for_fourteen_days(tale):
    tale.begins(PLANS[Named.CONSUMER_BE], kind="consumer")
    assert tale.nights(7, 8) == ["Day 8: statement_1 F1"]
    [first] = tale.mailbox.sent
    assert "0202.239.951" in first.letter.text
    assert tale.asked(100_000)
    assert tale.nights(22, 23, 27, 28, 29, 49, 50, 75) == [
        "Day 29: statement_2 F1",  # 20 days after the first one, on the next Monday
        "Day 50: formal_notice F1",
    ]


def test_a_hasty_plan_waits_for_the_end_of_a_consumers_free_period(tale):
    hasty = Plan((Step(StepCode.STATEMENT_1, 7), Step(StepCode.STATEMENT_2, 14, days_after_previous=7)), 7)
    tale.begins(hasty, kind="consumer")
    assert tale.nights(7, 14) == ["Day 7: statement_1 F1"]
    assert tale.held == ["law_waits"]
    # By e-mail on 8 November: from the 9th, fourteen days, the last of them a Sunday, so the 23rd.
    assert tale.nights(20, 21, 22, 23) == ["Day 23: statement_2 F1"]


def test_a_broken_promise_returns_to_the_ladder_when_the_money_could_have_come(tale):
    tale.begins()
    assert tale.nights(7) == ["Day 7: statement_1 F1"]
    promise = NewPromise(None, tale.story.after(20))
    tale.decides(10, opening.open_one, tale.debtor, promise, "")
    assert tale.nights(20, 22, 23) == []  # a Saturday, and the two bank days after it
    assert tale.held == ["promised"]
    assert tale.nights(24, 25, 39, 54) == [
        "Day 24: statement_2 F1",
        "Day 39: statement_3 F1",
        "Day 54: formal_notice F1",
    ]


def test_a_dispute_that_is_lost_goes_on_where_it_stopped(tale):
    tale.begins()
    assert tale.nights(7) == ["Day 7: statement_1 F1"]
    dispute = NewDispute((1,), DisputeReason.PRICE)
    key = tale.decides(12, opening.open_one, tale.debtor, dispute, "Le prix")
    assert tale.nights(22, 37, 52) == []
    assert tale.held == ["disputed"]
    tale.decides(55, deciding.decide, key, deciding.Verdict(StopState.REJECTED), "")
    assert tale.nights(55, 56, 70) == ["Day 55: statement_2 F1", "Day 70: statement_3 F1"]


def test_what_was_paid_in_part_is_asked_for_no_more(tale):
    tale.begins()
    tale.pays(3, 25_000)
    assert tale.nights(7) == ["Day 7: statement_1 F1"]
    assert tale.asked(75_000)
    tale.pays(20, 15_000)
    assert tale.nights(22) == ["Day 22: statement_2 F1"]
    assert tale.asked(60_000)
    tale.pays(30, 60_000)
    assert tale.nights(37, 52, 75) == []
    assert tale.held == []


def test_a_credit_note_is_taken_off_and_once_it_covers_the_debt_nothing_goes(tale, house, story):
    tale.begins()
    notes = {"issue": story.after(5), "kind": "credit_note"}
    house.invoice(tale.debtor, "N1", due=story.after(5), cents=30_000, **notes)
    assert tale.nights(7) == ["Day 7: statement_1 F1"]
    assert tale.asked(70_000)
    house.invoice(tale.debtor, "N2", due=story.after(10), cents=70_000, **notes)
    assert tale.nights(22, 75) == []
    assert tale.held == ["credit_covers"]


def test_a_credit_belongs_to_what_is_late_before_a_courtesy_message_counts_it(tale):
    tale.begins(with_courtesy(DEFAULT_PLAN))
    tale.owes("F2", day=15, cents=20_000)
    tale.pays(5, 30_000, invoice_id=None)
    assert tale.nights(7) == ["Day 7: statement_1 F1"]
    assert tale.asked(70_000)
    assert tale.nights(9, 10, 11) == ["Day 10: courtesy F2"]
    assert tale.asked(20_000)


def test_what_falls_on_christmas_goes_on_the_next_working_day(tale):
    tale.begins(PLANS[Named.BUSINESS_BE])
    tale.pays(0, 100_000)
    tale.owes("F2", day=47)
    assert tale.nights(53, 54) == []  # 25 December, a Friday
    assert tale.held == ["not_a_sending_day"]
    assert tale.nights(55, 56, 57) == ["Day 57: statement_1 F2"]


def test_a_client_that_rests_at_the_end_of_the_year_writes_when_it_is_back(tale):
    rests = Closure(DayOfYear(12, 22), DayOfYear(1, 4))
    week = replace(PLANS[Named.BUSINESS_BE].sending, closures=(rests,))
    tale.begins(replace(PLANS[Named.BUSINESS_BE], sending=week))
    tale.pays(0, 100_000)
    tale.owes("F2", day=47)
    assert tale.nights(54, 57, 60, 64, 65) == ["Day 65: statement_1 F2"]


def test_two_clients_with_the_same_debtor_write_each_for_itself(tale, house, story, mailbox):
    tale.begins()
    other = Tale(house, story, mailbox).begins(slug="meuse")
    other.pays(0, 100_000, invoice_id=2)
    other.owes("F2", day=3)
    assert tale.nights(7, 8, 9, 10) == ["Day 7: statement_1 F1", "Day 10: statement_1 F2"]
    assert [mail.to for mail in mailbox.sent] == [("compta@ardenne.example",), ("compta@meuse.example",)]
    tale.pays(12, 100_000)
    assert tale.nights(22, 25) == ["Day 25: statement_2 F2"]


def test_nights_that_did_not_run_neither_skip_a_step_nor_hurry_the_next_one(tale):
    tale.begins(PLANS[Named.CONSUMER_BE], kind="consumer")
    # Day 8 and everything until day 60 was missed: nobody hears of a formal notice first.
    assert tale.nights(60, 61, 75, 79) == ["Day 60: statement_1 F1"]
    assert tale.nights(80, 99, 100) == ["Day 80: statement_2 F1", "Day 100: formal_notice F1"]
