"""The second factor: set, asked for, lost and replaced."""

import pytest

from encaiss_dashboard.domain.errors import NotAllowed
from encaiss_dashboard.domain.permissions import HOUSE, Role
from encaiss_dashboard.services.accounts import factors, signing, team
from encaiss_dashboard.services.accounts.factors import CodesHidden, FactorRequired, WrongCode
from encaiss_dashboard.storage import queries


@pytest.fixture
def signatory(house, desk):
    return house.user(Role.SIGNATORY, "ardenne", "sign@ardenne.example", "Signatory")


def test_a_signatory_opens_nothing_before_a_second_factor_is_set(desk, signatory):
    digest = desk.open(signatory.user_id)
    assert desk.wiring.signed_in(digest) is None
    assert not desk.wiring.session(digest).complete
    assert desk.acts("signed_in") == []


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.CASE_MANAGER])
def test_nor_does_the_agency(desk, house, role):
    digest = desk.open(house.user(role).user_id)
    assert desk.wiring.signed_in(digest) is None


def test_an_owner_may_and_once_set_it_is_asked_for(desk):
    assert desk.wiring.signed_in(desk.open(desk.owner.user_id))
    desk.set_factor(desk.owner)
    assert desk.wiring.signed_in(desk.open(desk.owner.user_id)) is None
    assert desk.wiring.signed_in(desk.open(desk.owner.user_id, second_factor="totp"))


def test_who_becomes_a_signatory_while_signed_in_has_to_set_one_first(desk):
    digest = desk.open(desk.owner.user_id)
    assert desk.wiring.signed_in(digest)
    desk.call(desk.owner, team.change_roles, desk.owner.user_id, ["owner", "signatory"])
    assert desk.wiring.signed_in(digest) is None
    assert desk.wiring.session(digest)


def test_a_code_proves_the_person_once(desk, signatory):
    code = desk.set_factor(signatory)()
    assert desk.call(signatory, lambda work, _: factors.accepts(work, code)) == "totp"
    with pytest.raises(WrongCode):
        desk.call(signatory, lambda work, _: factors.accepts(work, code))


@pytest.mark.parametrize("seconds, accepted", [(-90, False), (-30, True), (30, True), (90, False)])
def test_a_clock_may_be_half_a_minute_off(desk, signatory, clock, seconds, accepted):
    code = desk.set_factor(signatory)
    clock.forward(seconds=120)
    clock.forward(seconds=seconds)
    shown = code()
    clock.forward(seconds=-seconds)
    if accepted:
        assert desk.call(signatory, lambda work, _: factors.accepts(work, shown)) == "totp"
    else:
        with pytest.raises(WrongCode):
            desk.call(signatory, lambda work, _: factors.accepts(work, shown))


def test_the_first_code_of_another_key_sets_nothing(desk, signatory, house):
    desk.call(signatory, factors.enrol)
    before = house.dump()
    for code in ("000000", "", "x" * 40):
        with pytest.raises(WrongCode):
            desk.call(signatory, factors.confirm, code)
    assert house.dump() == before


def test_without_asking_for_a_key_no_code_confirms_any(desk, signatory):
    with pytest.raises(WrongCode):
        desk.call(signatory, factors.confirm, "123456")


def test_the_key_stays_the_same_until_it_is_confirmed(desk, signatory):
    keys = {desk.call(signatory, factors.enrol).key for _ in range(3)}
    assert len(keys) == 1
    desk.set_factor(signatory)
    assert desk.call(signatory, factors.enrol).key not in keys


def test_a_password_alone_does_not_replace_the_app_in_use(desk, signatory):
    desk.set_factor(signatory)
    with pytest.raises(NotAllowed):
        desk.call(signatory, factors.enrol_first)


def test_a_new_app_ends_the_old_one_and_its_recovery_codes(desk, signatory):
    old_code = desk.set_factor(signatory)
    old = desk.call(signatory, factors.recovery_codes)
    new_code = desk.set_factor(signatory)
    for code in (old_code(), old[0]):
        with pytest.raises(WrongCode):
            desk.call(signatory, lambda work, _, code=code: factors.accepts(work, code))
    assert desk.call(signatory, lambda work, _: factors.accepts(work, new_code())) == "totp"


def test_ten_recovery_codes_each_work_once(desk, signatory):
    desk.set_factor(signatory)
    codes = desk.call(signatory, factors.recovery_codes)
    assert len(set(codes)) == 10
    assert desk.call(signatory, lambda work, _: factors.accepts(work, codes[3].lower())) == "recovery"
    with pytest.raises(WrongCode):
        desk.call(signatory, lambda work, _: factors.accepts(work, codes[3]))
    assert desk.call(signatory, factors.standing).codes_left == 9
    assert "secours" in desk.mails()[-1].letter.subject


def test_recovery_codes_are_shown_for_a_quarter_of_an_hour(desk, signatory, clock):
    desk.set_factor(signatory)
    assert desk.call(signatory, factors.recovery_codes)
    clock.forward(minutes=15)
    with pytest.raises(CodesHidden):
        desk.call(signatory, factors.recovery_codes)
    desk.call(signatory, factors.renew_codes)
    assert len(desk.call(signatory, factors.recovery_codes)) == 10


def test_no_codes_without_a_factor(desk):
    with pytest.raises(NotAllowed):
        desk.call(desk.owner, factors.renew_codes)


def test_an_owner_goes_back_to_a_password_and_a_signatory_does_not(desk, signatory):
    desk.set_factor(desk.owner)
    desk.call(desk.owner, factors.remove)
    assert desk.call(desk.owner, factors.standing).since is None
    desk.set_factor(signatory)
    with pytest.raises(FactorRequired):
        desk.call(signatory, factors.remove)


def test_an_administrator_takes_a_lost_factor_away_and_the_person_is_told(desk, signatory, house):
    desk.set_factor(signatory)
    digest = desk.open(signatory.user_id, second_factor="totp")
    administrator = house.user(Role.ADMINISTRATOR)
    desk.call(administrator, factors.reset, signatory.user_id)
    assert desk.wiring.session(digest) is None
    assert desk.call(signatory, factors.standing).since is None
    assert desk.mails()[-1].to == ("sign@ardenne.example",)
    assert desk.acts("second_factor_removed")[-1].facts["email"] == "sign@ardenne.example"


def test_nobody_else_does_and_no_administrator_for_itself(desk, signatory, house):
    desk.set_factor(signatory)
    administrator = house.user(Role.ADMINISTRATOR)
    desk.set_factor(administrator)
    for actor, target in (
        (desk.owner, signatory),
        (signatory, signatory),
        (administrator, administrator),
        (house.user(Role.CASE_MANAGER, "ardenne", "m@agency.example"), signatory),
    ):
        with pytest.raises(NotAllowed):
            desk.call(actor, factors.reset, target.user_id)
    with pytest.raises(NotAllowed):
        desk.call(administrator, factors.reset, 999)


def test_the_database_alone_makes_no_code(desk, signatory, house):
    desk.set_factor(signatory)
    key = desk.call(signatory, factors.enrol).key
    codes = desk.call(signatory, factors.recovery_codes)
    kept = str(house.dump())
    assert key not in kept
    assert not [code for code in codes if code in kept or code.replace("-", "") in kept]


def test_sign_in_is_an_act_with_how_it_was_proved(desk, signatory):
    desk.open(signatory.user_id, second_factor="recovery")
    (act,) = desk.acts("signed_in")
    assert (act.actor, act.address, act.facts) == ("Signatory", "192.0.2.7", {"second_factor": "recovery"})
    with desk.wiring.begin(HOUSE) as work:
        signing.sign_out(work, desk.digests[-1])
    assert [act.actor for act in desk.acts("signed_out")] == ["Signatory"]


def test_the_demo_shows_a_code_that_works_also_right_after_one_was_used(desk, signatory):
    with desk.wiring.begin(HOUSE) as work:
        queries.agency(work.session).demo = True
        factors.give_to_demo(work, signatory.user_id)
    for _ in range(2):
        code = desk.call(signatory, factors.demo_code)
        assert desk.call(signatory, lambda work, _, code=code: factors.accepts(work, code)) == "totp"
    with desk.wiring.begin(HOUSE) as work:
        queries.agency(work.session).demo = False
    assert desk.call(signatory, factors.demo_code) == ""
