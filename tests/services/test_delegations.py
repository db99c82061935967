"""Deciding whom the agency acts for: what is shown before is what happens after."""

from datetime import date, timedelta

import pytest

from encaiss_dashboard import jobs
from encaiss_dashboard.domain.delegation import DelegationKind, DelegationState
from encaiss_dashboard.domain.dunning import StepCode
from encaiss_dashboard.domain.errors import NotAllowed, NotFound, Unreadable
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.permissions import HOUSE, Role
from encaiss_dashboard.services import debtors, delegations, reminders
from encaiss_dashboard.services.delegations import Decision, NobodyChosen, PastPause
from encaiss_dashboard.storage import queries

DELEGATE, PAUSE = DelegationKind.DELEGATE, DelegationKind.PAUSE
RESUME, WITHDRAW = DelegationKind.RESUME, DelegationKind.WITHDRAW


def november(day):
    return date(2026, 11, day)


@pytest.fixture
def client(house):
    return house.client(iban="BE68539007547034", email="compta@ardenne.example")


@pytest.fixture
def owner(house, client):
    return house.user(Role.OWNER, "ardenne")


@pytest.fixture
def condroz(house, client):
    """Two invoices past due on 22 November, 13 and 3 days late, and one that is not."""
    debtor = house.debtor(client, "Brasserie du Condroz", email="compta@condroz.example")
    house.invoice(debtor, "F1", due=november(9), cents=1_824_000)
    house.invoice(debtor, "F2", due=november(19), cents=50_000)
    house.invoice(debtor, "F3", due=date(2026, 12, 31), cents=10_000, issue=november(1))
    return debtor


class Desk:
    """What a person sees and decides, in one line each."""

    def __init__(self, wiring, client, actor):
        self.wiring, self.client, self.actor = wiring, client, actor

    def foresee(self, kind, *ids, **details):
        with self.wiring.begin(self.actor, write=False) as work:
            return delegations.foresee(work, self.client, Decision(kind, ids, **details))

    def decide(self, kind, *ids, **details):
        with self.wiring.begin(self.actor) as work:
            return delegations.decide(work, self.client, Decision(kind, ids, **details))

    def states(self, on):
        with self.wiring.begin(self.actor, write=False) as work:
            return queries.delegation_states(work.session, self.client, on)

    def night(self, on):
        """Debtor and step of each message that a run on a day would send."""
        with self.wiring.begin(self.actor, on, write=False) as work:
            night = reminders.foresee(work, self.client)
        return [(message.debtor_id, message.planned.step) for message in night.messages]

    def acts(self, debtor_id):
        with self.wiring.begin(self.actor, write=False) as work:
            return debtors.file(work, self.client, debtor_id).acts


@pytest.fixture
def desk(wiring, client, owner):
    return Desk(wiring, client, owner)


def test_the_preview_says_who_what_is_owed_and_which_message_goes_when(desk, condroz):
    [effect] = desk.foresee(DELEGATE, condroz).effects

    assert (effect.name, effect.state, effect.changes) == (
        "Brasserie du Condroz",
        DelegationState.NOT_DELEGATED,
        True,
    )
    assert effect.overdue == Money(1_874_000)
    assert (effect.overdue_invoices, effect.open_invoices) == (2, 3)
    assert effect.before is None
    assert (effect.step, effect.on) == (StepCode.STATEMENT_1, november(22))


@pytest.mark.parametrize("first", [None, november(22), november(25), date(2026, 12, 20)])
def test_the_message_foreseen_is_the_first_one_that_a_night_sends(desk, condroz, first):
    [effect] = desk.foresee(DELEGATE, condroz, from_date=first).effects

    desk.decide(DELEGATE, condroz, from_date=first)

    days = [november(22) + timedelta(days=n) for n in range(60)]
    assert next(day for day in days if desk.night(day)) == effect.on
    assert desk.night(effect.on) == [(condroz, effect.step)]


def test_after_a_pause_with_an_end_the_message_goes_on_the_day_foreseen(desk, condroz):
    desk.decide(DELEGATE, condroz)

    [effect] = desk.foresee(PAUSE, condroz, until=november(30)).effects
    desk.decide(PAUSE, condroz, until=november(30))

    assert effect.before == (StepCode.STATEMENT_1, november(22))
    assert effect.on == date(2026, 12, 1)
    assert all(not desk.night(november(day)) for day in range(22, 31))
    assert desk.night(date(2026, 12, 1)) == [(condroz, effect.step)]
    assert desk.states(november(30))[condroz].paused_until == november(30)


def test_what_a_run_sent_counts_in_the_next_preview(house, desk, condroz, wiring, clock):
    desk.decide(DELEGATE, condroz)
    assert jobs.remind(wiring).sent == 1
    clock.set(november(23))

    [effect] = desk.foresee(WITHDRAW, condroz).effects

    # F2 is seven days late on the 26th; nobody is written to twice within fifteen days: 7 December.
    assert effect.before == (StepCode.STATEMENT_2, date(2026, 12, 7))
    assert (effect.step, effect.on) == (None, None)


def test_a_credit_that_covers_everything_late_keeps_the_message_back_until_it_does_not(house, desk, client):
    debtor = house.debtor(client, "Moulin Clair")
    house.invoice(debtor, "F1", due=november(1), cents=10_000)
    house.invoice(debtor, "F2", due=date(2026, 12, 1), cents=5_000)
    house.payment(debtor, on=november(20), cents=10_000)

    [effect] = desk.foresee(DELEGATE, debtor).effects
    desk.decide(DELEGATE, debtor)

    # Covered until F2 is past due as well, on 2 December.
    days = [november(22) + timedelta(days=n) for n in range(40)]
    assert next(day for day in days if desk.night(day)) == effect.on == date(2026, 12, 2)


def test_the_journal_keeps_what_was_shown_when_it_was_decided(desk, condroz):
    (effect,) = desk.foresee(DelegationKind.DELEGATE, condroz).effects
    desk.decide(DelegationKind.DELEGATE, condroz)
    [act] = desk.acts(condroz)
    assert act.shown == {
        "overdue_cents": effect.overdue.cents,
        "currency": "EUR",
        "overdue_invoices": effect.overdue_invoices,
        "open_invoices": effect.open_invoices,
        "before": None,
        "after": [effect.step.value, effect.on.isoformat()],
    }
    assert act.shown["overdue_cents"] > 0


def test_a_decision_that_changes_nothing_is_foreseen_as_such_and_leaves_no_trace(house, desk, condroz):
    desk.decide(DELEGATE, condroz)
    before = house.dump()

    assert [effect.changes for effect in desk.foresee(DELEGATE, condroz).effects] == [False]
    assert desk.decide(DELEGATE, condroz) == 0
    assert desk.decide(RESUME, condroz) == 0
    assert house.dump() == before


def test_foreseeing_writes_nothing(house, desk, condroz):
    before = house.dump()
    for kind in DelegationKind:
        desk.foresee(kind, condroz)
    assert house.dump() == before


@pytest.mark.parametrize(
    "done,undone,state",
    [
        (DELEGATE, WITHDRAW, DelegationState.WITHDRAWN),
        (PAUSE, RESUME, DelegationState.DELEGATED),
        (WITHDRAW, DELEGATE, DelegationState.DELEGATED),
    ],
)
@pytest.mark.parametrize("first", [None, date(2026, 12, 1)])
def test_every_decision_is_undone_by_its_opposite_also_before_it_holds(
    house, desk, condroz, done, undone, state, first
):
    if done is not DELEGATE:
        house.delegate(condroz, from_date=november(1))

    assert desk.decide(done, condroz, from_date=first) == 1
    assert desk.decide(undone, condroz) == 1

    assert desk.states(november(22))[condroz].state is state
    assert desk.states(date(2027, 6, 1))[condroz].state is state


def test_a_shorter_pause_replaces_a_longer_one(house, desk, condroz):
    house.delegate(condroz, from_date=november(1))
    desk.decide(PAUSE, condroz)
    desk.decide(PAUSE, condroz, until=november(25))

    assert desk.states(november(25))[condroz].state is DelegationState.PAUSED
    assert desk.states(november(26))[condroz].state is DelegationState.DELEGATED


def test_the_journal_keeps_who_decided_what_from_when_and_why(house, desk, condroz):
    house.delegate(condroz, from_date=november(1))
    desk.decide(PAUSE, condroz, until=november(30), reason="Litige sur F1 : « à vérifier »")

    [act] = desk.acts(condroz)
    assert act.kind == "paused"
    assert act.day == november(22)
    assert act.facts == {
        "from": "2026-11-22",
        "until": "2026-11-30",
        "reason": "Litige sur F1 : « à vérifier »",
        "by": "owner@ardenne.example",
    }


def test_one_debtor_of_another_client_and_nothing_at_all_is_recorded(house, desk, condroz):
    foreign = house.debtor(house.client("autre", "Autre SA"), "Autre débiteur")
    before = house.dump()

    with pytest.raises(NotFound):
        desk.foresee(DELEGATE, condroz, foreign)
    with pytest.raises(NotFound):
        desk.decide(DELEGATE, condroz, foreign)
    assert house.dump() == before


@pytest.mark.parametrize(
    "role,may",
    [
        (Role.OWNER, True),
        (Role.SIGNATORY, True),
        (Role.CASE_MANAGER, True),
        (Role.ADMINISTRATOR, True),
        (Role.ACCOUNTANT, False),
        (Role.READER, False),
    ],
)
def test_who_may_delegate(house, wiring, client, condroz, role, may):
    agency = role is Role.ADMINISTRATOR
    person = Desk(wiring, client, house.user(role, None if agency else "ardenne"))
    if may:
        assert person.decide(DELEGATE, condroz) == 1
        return
    with pytest.raises(NotAllowed):
        person.decide(DELEGATE, condroz)
    assert person.states(november(22)) == {}


def test_another_clients_owner_sees_and_decides_nothing(house, wiring, client, condroz):
    house.client("autre", "Autre SA")
    stranger = Desk(wiring, client, house.user(Role.OWNER, "autre"))
    for ask in (stranger.foresee, stranger.decide):
        with pytest.raises(NotAllowed):
            ask(DELEGATE, condroz)


@pytest.mark.parametrize(
    "kind,details,refusal",
    [
        pytest.param(DELEGATE, {"from_date": november(21)}, Unreadable, id="a day that has passed"),
        pytest.param(DELEGATE, {"from_date": date.max}, Unreadable, id="the end of time"),
        pytest.param(PAUSE, {"until": november(21)}, PastPause, id="a pause over before today"),
        pytest.param(
            PAUSE, {"from_date": november(25), "until": november(24)}, PastPause, id="an end before the start"
        ),
        pytest.param(PAUSE, {"until": date.max}, PastPause, id="a pause until the end of time"),
        pytest.param(PAUSE, {"reason": "x" * 501}, Unreadable, id="a reason too long"),
        pytest.param(PAUSE, {"reason": "a\x00b"}, Unreadable, id="a character no database keeps"),
    ],
)
def test_what_makes_no_sense_is_refused_before_and_at_the_deed(house, desk, condroz, kind, details, refusal):
    before = house.dump()
    for ask in (desk.foresee, desk.decide):
        with pytest.raises(refusal):
            ask(kind, condroz, **details)
    assert house.dump() == before


@pytest.mark.parametrize(
    "ids,refusal",
    [
        ((), NobodyChosen),
        (tuple(range(1, 5002)), Unreadable),
        ((-1,), NotFound),
        ((2**70,), NotFound),
    ],
    ids=["nobody", "more than there can be", "no id", "an id no database holds"],
)
def test_hostile_choices_are_refused(desk, condroz, ids, refusal):
    for ask in (desk.foresee, desk.decide):
        with pytest.raises(refusal):
            ask(DELEGATE, *ids)


def test_a_debtor_chosen_twice_is_decided_about_once(desk, condroz):
    assert desk.decide(DELEGATE, condroz, condroz) == 1
    assert len(desk.acts(condroz)) == 1


def test_only_the_house_itself_may_date_back(house, wiring, client, condroz):
    assert Desk(wiring, client, HOUSE).decide(DELEGATE, condroz, from_date=date(2026, 5, 4)) == 1
    assert Desk(wiring, client, HOUSE).states(november(22))[condroz].since == date(2026, 5, 4)
