"""What reminders claim beside the balances: the same amounts in mail, rows, file and message."""

from dataclasses import replace
from datetime import date

import pytest
from sqlmodel import Session, select

from encaiss_dashboard.domain.claims import ClaimKind
from encaiss_dashboard.domain.consumer import Clause, ConsumerTerms, Creditor
from encaiss_dashboard.domain.dunning import DEFAULT_PLAN, PLANS, Named
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.permissions import HOUSE
from encaiss_dashboard.domain.plan_terms import written
from encaiss_dashboard.locales import money, text
from encaiss_dashboard.services import debtors, messages
from encaiss_dashboard.storage.claims import ClaimRow
from encaiss_dashboard.storage.plans import PlanVersion

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
NOTICE = 52
CLAIMING = replace(
    DEFAULT_PLAN,
    steps=tuple(
        replace(step, claims=step.days_late_min == NOTICE, costs_cents=5_00) for step in DEFAULT_PLAN.steps
    ),
)
CONSUMER = replace(
    PLANS[Named.CONSUMER_BE],
    steps=tuple(
        replace(step, costs_cents=7_50 if step.claims else 0) for step in PLANS[Named.CONSUMER_BE].steps
    ),
    consumer=ConsumerTerms("travaux de menuiserie", Creditor.SME, Clause.SCALE, interest=True),
)


@pytest.fixture
def begin(house, story):
    """A client with a plan, and its debtor that owes 1 000 from day 0 on."""

    def make(plan, kind="business"):
        client = house.client(enterprise_number="0202239951")
        house.add(
            PlanVersion(client_id=client, version=1, audience=kind, terms=written(plan), at=story.clock())
        )
        debtor = house.debtor(client, "Moulin Clair", "compta@moulin.example", kind=kind)
        house.delegate(debtor, from_date=date(2026, 1, 1))
        house.invoice(debtor, "F1", due=story.after(0), cents=100_000)
        return client, debtor

    return make


def claimed(house, client, message_id):
    with Session(house.engine) as session:
        rows = session.exec(select(ClaimRow).where(ClaimRow.message_id == message_id)).all()
    with house.wiring.begin(HOUSE, write=False) as work:
        told = messages.explained(work, client, message_id).claims
    assert {(row.kind, row.amount_cents) for row in rows} == {(kind.value, sum_.cents) for kind, sum_ in told}
    return dict(told)


def test_a_formal_notice_claims_interest_indemnity_and_the_costs_of_all_reminders(
    house, story, mailbox, begin
):
    client, debtor = begin(CLAIMING)
    for day in (7, 22, 37, NOTICE):
        story.night(day)
    assert [claimed(house, client, n) for n in (1, 2, 3)] == [
        {ClaimKind.COSTS: Money(cents)} for cents in (5_00, 10_00, 15_00)
    ]
    with house.wiring.begin(HOUSE, story.after(NOTICE), write=False) as work:
        seen = debtors.file(work, client, debtor)
    asked = claimed(house, client, 4)
    # 1 000 × 52 days × 10.5 % / 365 = 14.958…
    assert asked == {
        ClaimKind.INTEREST: Money(14_96),
        ClaimKind.INDEMNITY: Money(40_00),
        ClaimKind.COSTS: Money(20_00),
    }
    assert (seen.interest, seen.indemnity) == (asked[ClaimKind.INTEREST], asked[ClaimKind.INDEMNITY])
    letter = mailbox.sent[-1].letter
    for amount in (*asked.values(), Money(1_074_96)):
        assert money(amount, "fr") in letter.text
        assert money(amount, "fr") in letter.html
    assert text("fr", "letter.formal_notice_included") in " ".join(letter.text.split())


def test_what_was_paid_late_in_part_still_bore_interest_until_then(house, story, begin):
    client, debtor = begin(CLAIMING)
    house.payment(debtor, on=story.after(20), cents=40_000, invoice_id=1)
    story.night(7)
    story.clock.set(story.after(NOTICE))
    with house.wiring.begin(HOUSE, story.after(NOTICE), write=False) as work:
        # 1 000 for 20 days and 600 for 32: 39 200 euro-days at 10.5 % are 11.276…
        assert debtors.file(work, client, debtor).interest == Money(11_28)


def test_a_plan_that_claims_nothing_asks_for_balances_alone(house, story, mailbox, begin):
    client, _ = begin(DEFAULT_PLAN)
    for day in (7, 22, 37, NOTICE):
        story.night(day)
    assert [claimed(house, client, n) for n in (1, 2, 3, 4)] == [{}] * 4
    assert money(Money(1_000_00), "fr") in mailbox.sent[-1].letter.text


def test_a_consumers_first_reminder_is_free_and_says_what_the_law_wants(house, story, mailbox, begin):
    client, debtor = begin(CONSUMER, kind="consumer")
    story.night(8)
    [first] = mailbox.sent
    said = " ".join(first.letter.text.split())
    assert claimed(house, client, 1) == {}
    for mention in (
        "0202.239.951",
        "travaux de menuiserie",
        money(Money(1_000_00), "fr"),
        money(Money(90_00), "fr"),  # the indemnity that will be claimed: 65 + 5 % of 500
        "23 novembre 2026",  # e-mailed on Monday the 9th: the 14th day from the 10th
    ):
        assert " ".join(mention.split()) in said
    with house.wiring.begin(HOUSE, story.after(9), write=False) as work:
        seen = debtors.file(work, client, debtor)
    assert (seen.interest, seen.indemnity) == (Money(0), Money(0))


def test_a_consumers_second_reminder_claims_what_was_agreed_within_the_law(house, story, mailbox, begin):
    client, _ = begin(CONSUMER, kind="consumer")
    story.night(8)
    story.night(29)
    # Interest of an SME from the day after the first reminder: 1 000 × 21 days × 10.5 % / 365 = 6.041…
    assert claimed(house, client, 2) == {
        ClaimKind.INTEREST: Money(6_04),
        ClaimKind.INDEMNITY: Money(90_00),
        ClaimKind.COSTS: Money(7_50),
    }
    assert money(Money(1_103_54), "fr") in mailbox.sent[-1].letter.text


def test_a_message_with_a_consumers_first_reminder_claims_nothing_for_the_others_either(
    house, story, mailbox, begin
):
    client, debtor = begin(CONSUMER, kind="consumer")
    house.invoice(debtor, "F2", due=story.after(21), cents=20_000)
    story.night(8)
    story.night(29)
    assert claimed(house, client, 2) == {}
    assert text("fr", "letter.consumer_title") in mailbox.sent[-1].letter.subject


def test_a_consumer_pays_no_more_for_a_reminder_than_the_law_allows_whatever_was_agreed(
    house, story, mailbox, begin
):
    """Twelve euros were agreed while it counted as a business: 7.50 are asked for."""
    dear = replace(CONSUMER, steps=tuple(replace(step, costs_cents=12_00) for step in CONSUMER.steps))
    client, _ = begin(dear, kind="consumer")
    story.night(8)
    story.night(29)
    assert claimed(house, client, 2)[ClaimKind.COSTS] == Money(7_50)
