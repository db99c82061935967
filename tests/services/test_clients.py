"""A client as an administrator describes it: what is checked, what follows from it, what is journalled."""

import pytest

from encaiss_dashboard.domain.errors import BadEmail, NotAllowed, NotFound, Unreadable
from encaiss_dashboard.domain.permissions import HOUSE, Role
from encaiss_dashboard.domain.terms import TermUnreadable
from encaiss_dashboard.services.people import clients
from encaiss_dashboard.services.people.clients import (
    ClientFacts,
    ClientUnnamed,
    IbanUnreadable,
    NumberTaken,
    NumberUnreadable,
)
from encaiss_dashboard.storage import queries

IBAN = "BE68539007547034"


@pytest.fixture
def admin(house):
    house.client("first", "First")  # with it comes the agency
    return house.user(Role.ADMINISTRATOR)


def add(wiring, actor, **facts):
    with wiring.begin(actor) as work:
        key = clients.add(work, None, ClientFacts(**facts))
        return queries.client(work.session, key)


def test_what_is_told_is_kept_in_its_normal_form(wiring, admin):
    client = add(
        wiring,
        admin,
        name="  Menuiserie   Exemple ",
        enterprise_number="0202239951",
        email=" compta@exemple.example ",
        language="nl",
        iban="be68 5390 0754 7034",
        default_term="30 jours fin de mois",
    )
    assert (client.name, client.slug) == ("Menuiserie Exemple", "menuiserie-exemple")
    assert (client.enterprise_number, client.iban) == ("BE 0202.239.951", IBAN)
    assert (client.email, client.language) == ("compta@exemple.example", "nl")
    assert (client.country, client.default_term) == ("BE", "30_EOM")


@pytest.mark.parametrize(
    "number, kept",
    [
        ("732829320", "732 829 320"),
        ("732 829 320 00074", "732 829 320"),
        ("FR 44 732 829 320", "732 829 320"),
    ],
)
def test_a_french_client_is_known_by_its_siren(wiring, admin, number, kept):
    assert add(wiring, admin, name="A", country="FR", enterprise_number=number).enterprise_number == kept


@pytest.mark.parametrize(
    "facts, refusal",
    [
        ({"name": " "}, ClientUnnamed),
        ({"name": "x" * 121}, Unreadable),
        ({"enterprise_number": "0202.239.952"}, NumberUnreadable),
        ({"enterprise_number": "732829320"}, NumberUnreadable),
        ({"country": "FR", "enterprise_number": "0202239951"}, NumberUnreadable),
        ({"email": "nowhere"}, BadEmail),
        ({"language": "xx"}, Unreadable),
        ({"country": "XX"}, Unreadable),
        ({"iban": "BE68539007547035"}, IbanUnreadable),
        ({"default_term": "someday"}, TermUnreadable),
    ],
)
def test_what_cannot_be_leaves_nothing_behind(house, wiring, admin, facts, refusal):
    before = house.dump()
    with pytest.raises(refusal):
        add(wiring, admin, **{"name": "New", **facts})
    assert house.dump() == before


def test_one_enterprise_is_one_client(house, wiring, admin):
    add(wiring, admin, name="Known", enterprise_number="0202239951")
    before = house.dump()
    with pytest.raises(NumberTaken) as refused:
        add(wiring, admin, name="Again", enterprise_number="BE 0202.239.951")
    assert refused.value.facts == {"client": "Known"}
    assert house.dump() == before


@pytest.mark.parametrize(
    "names, slugs",
    [
        (["Été & Fils", "Eté et fils", "ETE FILS"], ["ete-fils", "ete-et-fils", "ete-fils-2"]),
        (["Pont", "Pont 2", "PONT", "pont"], ["pont", "pont-2", "pont-3", "pont-4"]),
        (["日本", "中国"], ["client", "client-2"]),
        (["x" * 100], ["x" * 40]),
    ],
)
def test_the_short_name_follows_from_the_name_and_is_its_own(wiring, admin, names, slugs):
    assert [add(wiring, admin, name=name).slug for name in names] == slugs


@pytest.mark.parametrize("role", [Role.OWNER, Role.CASE_MANAGER])
def test_only_who_runs_the_agency_adds_and_changes_clients(house, wiring, admin, role):
    actor = house.user(role, "first" if role is Role.OWNER else None, "other@first.example")
    before = house.dump()
    with pytest.raises(NotAllowed):
        add(wiring, actor, name="New")
    with pytest.raises(NotAllowed), wiring.begin(actor) as work:
        clients.change(work, 1, 1, ClientFacts(name="Renamed"))
    with pytest.raises(NotAllowed), wiring.begin(actor) as work:
        clients.describe(work, 1, 1)
    assert house.dump() == before


def test_a_correction_stands_in_the_clients_journal_with_what_was_before(wiring, admin):
    with wiring.begin(admin) as work:
        assert clients.change(work, None, 1, ClientFacts(name="First", iban=IBAN))
        assert clients.describe(work, None, 1).iban == IBAN
    with wiring.begin(admin) as work:
        assert not clients.change(work, None, 1, ClientFacts(name="First", iban=IBAN))
        [act] = [act for act in queries.acts(work.session, 1) if act.kind == "client_changed"]
    assert act.facts == {"changes": {"iban": {"before": "", "after": IBAN}}}
    assert act.actor == admin.name


def test_no_such_client_is_not_found(wiring, admin):
    with pytest.raises(NotFound), wiring.begin(HOUSE) as work:
        clients.describe(work, None, 99)
