"""Two requests at the same moment, from two workers: one of them comes second, on either database."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from encaiss_dashboard.domain.errors import Refusal
from encaiss_dashboard.domain.permissions import HOUSE, Role
from encaiss_dashboard.domain.signing import TRIES_PER_ACCOUNT, Asked
from encaiss_dashboard.services.accounts import factors, links, signing, team

NEW = "new@ardenne.example"


def at_once(*calls):
    """What came of calls begun together: a result, or the refusal that was raised."""
    start = Barrier(len(calls))

    def run(call):
        start.wait()
        try:
            return call()
        except Refusal as refusal:
            return refusal

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def went_through(results):
    return [result for result in results if not isinstance(result, Refusal)]


def test_a_code_given_twice_at_once_passes_once(desk, house):
    signatory = house.user(Role.SIGNATORY, "ardenne", "sign@ardenne.example")
    code = desk.set_factor(signatory)()
    spare = desk.call(signatory, factors.recovery_codes)[0]
    for typed in (code, spare):
        results = at_once(*[lambda t=typed: desk.call(signatory, lambda w, _: factors.accepts(w, t))] * 4)
        assert len(went_through(results)) == 1, results


def test_the_last_tries_are_shared_by_all_workers(desk):
    for _ in range(TRIES_PER_ACCOUNT - 1):
        desk.as_house(signing.attempt, NEW, "192.0.2.1", Asked.CODE)
    calls = [lambda: desk.as_house(signing.attempt, NEW, "192.0.2.1", Asked.CODE)] * 6
    assert len(went_through(at_once(*calls))) == 1


def test_two_owners_do_not_take_each_other_out(desk, house):
    second = house.user(Role.OWNER, "ardenne", "second@ardenne.example")
    at_once(
        lambda: desk.call(desk.owner, team.remove, second.user_id),
        lambda: desk.call(second, team.remove, desk.owner.user_id),
    )
    with desk.wiring.begin(HOUSE) as work:
        assert [m.roles for m in team.team(work, desk.client_id).members] == [(Role.OWNER,)]


@pytest.mark.parametrize("times", [2, 4])
def test_a_link_used_twice_at_once_makes_one_account(desk, times):
    desk.call(desk.owner, team.invite, email=NEW, name="", roles=["reader"], language="fr")
    token, hashed = desk.link(), desk.hashed()
    results = at_once(*[lambda: desk.as_house(links.accept, token, "New", hashed)] * times)
    assert len(went_through(results)) == 1
    assert len([act for act in desk.acts("joined") if act.facts["email"] == NEW]) == 1
