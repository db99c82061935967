"""Plans for consumers, for one debtor or one invoice, and what only a person can say about either."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from encaiss_dashboard.domain.consumer import Clause, ConsumerTerms, Creditor
from encaiss_dashboard.domain.dunning import DEFAULT_PLAN, PLANS, HoldReason, Named, StepCode
from encaiss_dashboard.domain.errors import ChangedMeanwhile, NotAllowed, NotFound, Unreadable
from encaiss_dashboard.domain.permissions import HOUSE, Role
from encaiss_dashboard.domain.plan_terms import written
from encaiss_dashboard.domain.workdays import Channel
from encaiss_dashboard.services import plans, reminders
from encaiss_dashboard.services.people import clients
from encaiss_dashboard.services.people.clients import ClientFacts
from encaiss_dashboard.services.plans import checking, facts
from encaiss_dashboard.services.plans.checking import checked
from encaiss_dashboard.storage.journal import ActKind

DUE = date(2026, 11, 1)
CONSUMER = PLANS[Named.CONSUMER_BE]
SLOW = replace(DEFAULT_PLAN, contact_gap_days=30)
SLOWER = replace(DEFAULT_PLAN, contact_gap_days=60)


@pytest.fixture
def client(house):
    return house.client()


@pytest.fixture
def debtor(house, client):
    key = house.debtor(client, email="compta@moulin.example")
    house.delegate(key, from_date=date(2026, 1, 1))
    return key


@pytest.fixture
def invoice(house, debtor):
    return house.invoice(debtor, "2026-001", due=DUE, cents=100_000)


@pytest.fixture
def owner(house, client):
    return house.user(Role.OWNER, "ardenne")


@pytest.fixture
def as_owner(house, client, owner):
    """Calls a service as the owner and gives what it answers."""

    def call(service, *args, **kwargs):
        with house.wiring.begin(owner) as work:
            return service(work, client, *args, **kwargs)

    return call


@pytest.fixture
def save(as_owner):
    """Agrees on a plan for a scope, on the version that it shows."""

    def call(plan, scope):
        seen = as_owner(plans.scoped, scope).version
        return as_owner(plans.save, written(plan) if plan else {}, seen, scope)

    return call


def steps(*changes):
    """The terms for consumers with changes of the first, second and third step."""
    terms = written(CONSUMER)
    made = [{**step, **change} for step, change in zip(terms["steps"], changes, strict=True)]
    return {**terms, "steps": made}


def test_the_nearest_plan_holds_invoice_before_debtor_before_general(as_owner, save, debtor, invoice):
    scopes = ("business", f"debtor:{debtor}", f"invoice:{invoice}")

    def holds():
        return [as_owner(plans.scoped, scope).plan.contact_gap_days for scope in scopes]

    assert holds() == [15, 15, 15]
    save(SLOW, scopes[1])
    assert holds() == [15, 30, 30]
    assert as_owner(plans.scoped, scopes[2]).by_debtor
    save(SLOWER, scopes[2])
    assert holds() == [15, 30, 60]
    assert [as_owner(plans.scoped, scope).own for scope in scopes] == [False, True, True]


def test_back_to_the_general_plan_is_a_version_too_and_the_debtor_follows_it_again(as_owner, save, debtor):
    scope = f"debtor:{debtor}"
    assert save(SLOW, scope) == 1
    assert save(None, scope) == 2
    seen = as_owner(plans.scoped, scope)
    assert (seen.own, seen.plan, seen.version) == (False, DEFAULT_PLAN, 2)
    assert [(one.version, one.plan) for one in seen.history] == [(2, None), (1, SLOW)]
    assert save(None, scope) == 2


def test_a_general_plan_has_none_to_go_back_to(as_owner):
    for scope in ("business", "consumer"):
        with pytest.raises(Unreadable):
            as_owner(plans.save, {}, 0, scope)


def test_versions_are_numbered_for_the_client_as_a_whole(as_owner, save, debtor):
    assert [save(SLOW, "business"), save(SLOWER, f"debtor:{debtor}"), save(SLOW, "consumer")] == [1, 2, 3]
    assert as_owner(plans.scoped, "business").version == 1


def test_of_two_who_agree_for_one_debtor_at_once_the_second_is_asked_to_look_again(as_owner, save, debtor):
    scope = f"debtor:{debtor}"
    save(SLOW, scope)
    with pytest.raises(ChangedMeanwhile):
        as_owner(plans.save, written(SLOWER), 0, scope)
    assert as_owner(plans.scoped, scope).plan == SLOW


def test_no_scope_reaches_another_clients_debtors_or_invoices(house, as_owner, save):
    other = house.client("baltique", "Baltique")
    theirs = house.debtor(other)
    bill = house.invoice(theirs, "B-1", due=DUE, cents=1_000)
    before = house.dump()
    for scope in (f"debtor:{theirs}", f"invoice:{bill}", "debtor:999999", "invoice:2147483647"):
        with pytest.raises(NotFound):
            as_owner(plans.scoped, scope)
        with pytest.raises(NotFound):
            as_owner(plans.save, written(SLOW), 0, scope)
    assert house.dump() == before


@pytest.mark.parametrize(
    "scope", ["", "all", "debtor:", "debtor:0", "debtor:-1", "debtor:2147483648", "debtor:1\0", "invoice:1 "]
)
def test_what_names_nobody_is_refused(as_owner, scope):
    with pytest.raises(Unreadable):
        as_owner(plans.scoped, scope)


@pytest.mark.parametrize(
    "terms, refusal",
    [
        (steps({"costs_cents": 1}, {}, {}), checking.PlanFirstFree),
        (steps({"claims": True}, {}, {}), checking.PlanFirstFree),
        (steps({}, {"costs_cents": 7_51}, {}), checking.PlanCosts),
        (steps({}, {"costs_cents": -1}, {}), checking.PlanCosts),
        (steps({}, {"costs_cents": 20_01, "channel": "post"}, {}), checking.PlanCosts),
        (steps({}, {"days_late_min": 21}, {}), checking.PlanOrder),
        ({**written(CONSUMER), "stale_after_days": 6}, checking.PlanStale),
        ({**written(CONSUMER), "consumer": {"supplies": "x" * 121}}, Unreadable),
        ({**written(CONSUMER), "consumer": {"supplies": "a\0b"}}, Unreadable),
        ({**written(CONSUMER), "consumer": {"clause": "all"}}, Unreadable),
        ({**written(CONSUMER), "consumer": {"fixed_cents": 10**30}}, Unreadable),
    ],
)
def test_what_the_law_on_consumers_does_not_allow_is_refused(house, as_owner, terms, refusal):
    before = house.dump()
    with pytest.raises(refusal):
        as_owner(plans.save, terms, 0, "consumer")
    assert house.dump() == before


def test_what_the_law_on_consumers_allows_is_kept_to_the_last_cent():
    """The second reminder at its dearest: 7.50, and postage where it goes on paper; 15 days apart."""
    for channel, most in ((Channel.EMAIL, 7_50), (Channel.REGISTERED, 20_00)):
        second = {"costs_cents": most, "channel": channel, "days_late_min": 22}
        plan = checked(steps({}, second, {}), consumer=True)
        assert (plan.steps[1].costs_cents, plan.steps[1].days_after_previous) == (most, 15)


def test_the_same_terms_may_hold_for_businesses(as_owner):
    assert as_owner(plans.save, steps({"costs_cents": 12_00, "claims": True}, {}, {}), 0, "business") == 1


def test_what_was_agreed_with_consumers_is_kept_with_the_plan(as_owner, save):
    agreed = ConsumerTerms("travaux de menuiserie", Creditor.SME, Clause.FIXED, 40_00, interest=True)
    save(replace(CONSUMER, consumer=agreed), "consumer")
    assert as_owner(plans.scoped, "consumer").plan.consumer == agreed


def test_a_debtor_is_what_was_said_of_it_and_else_what_the_setting_and_its_number_say(
    house, as_owner, client, debtor
):
    numbered = house.debtor(client, "Zinc SPRL", enterprise_number="0202239951")

    def consumers():
        return [as_owner(plans.scoped, f"debtor:{key}").consumer for key in (debtor, numbered)]

    assert consumers() == [False, False]
    as_owner(facts.say_consumers, consumers=True)
    assert consumers() == [True, False]
    as_owner(facts.say_kind, debtor, "business")
    as_owner(facts.say_kind, numbered, "consumer")
    assert consumers() == [False, True]
    assert as_owner(plans.scoped, f"debtor:{debtor}").kind == "business"
    as_owner(facts.say_kind, debtor, "")
    assert consumers() == [True, True]


def test_what_was_said_of_a_debtor_is_an_act_once(house, story, as_owner, debtor):
    for _ in range(2):
        as_owner(facts.say_kind, debtor, "consumer")
    assert story.acts(ActKind.KIND_SAID) == [("kind_said", {"before": "", "after": "consumer"})]


def test_who_may_not_delegate_says_nothing(house, client, debtor):
    reader = house.user(Role.READER, "ardenne")
    before = house.dump()
    for service, given in (
        (facts.say_kind, {"debtor_id": debtor, "kind": "consumer"}),
        (facts.say_consumers, {"consumers": True}),
        (facts.say_up_to_date, {}),
        (plans.save, {"terms": written(SLOW), "seen": 0, "scope": f"debtor:{debtor}"}),
    ):
        with pytest.raises(NotAllowed), house.wiring.begin(reader) as work:
            service(work, client, **given)
    assert house.dump() == before


def test_stale_payments_hold_reminders_until_the_client_says_they_are_up_to_date(
    house, as_owner, save, clock, client, debtor, invoice
):
    """Never said, it counts from the delegation in January. Said on day 0 and good for a week, day 7 still
    goes, day 8 waits, and goes once it is said again.
    """

    def tonight(days):
        clock.set(DUE + timedelta(days=days))
        with house.wiring.begin(HOUSE) as work:
            night = reminders.foresee(work, client)
        assert len(night.held) + len(night.messages) == 1
        return night.held[0].held.reason if night.held else night.messages[0].planned.step

    save(replace(DEFAULT_PLAN, stale_after_days=7), "business")
    assert tonight(7) is HoldReason.STALE_DATA
    assert as_owner(facts.payment_news).days_left is None
    clock.set(DUE)
    as_owner(facts.say_up_to_date)
    news = as_owner(facts.payment_news)
    assert (news.until, news.stale_after_days, news.days_left, news.stale) == (DUE, 7, 7, False)
    assert tonight(7) is StepCode.STATEMENT_1
    assert tonight(8) is HoldReason.STALE_DATA
    assert as_owner(facts.payment_news).stale
    as_owner(facts.say_up_to_date)
    assert tonight(8) is StepCode.STATEMENT_1
    assert as_owner(facts.payment_news).days_left == 7


@pytest.mark.parametrize("country, named", [("BE", Named.BUSINESS_BE), ("FR", Named.BUSINESS_FR)])
def test_a_new_client_begins_with_the_plan_advised_in_its_country(house, client, country, named):
    """One of before keeps what held then, as version 0."""
    admin = house.user(Role.ADMINISTRATOR)
    with house.wiring.begin(admin) as work:
        new = clients.add(work, None, ClientFacts("Nouveau", country=country))
    with house.wiring.begin(HOUSE) as work:
        seen = plans.scoped(work, new)
        assert (seen.plan, seen.version, seen.history[0].by) == (PLANS[named], 1, admin.name)
        assert plans.scoped(work, client).plan == DEFAULT_PLAN
