"""The exact bytes of messages: handed out, carried along, and gone when they have to go."""

import io
from datetime import date, timedelta
from zipfile import ZipFile

import pytest

from encaiss_dashboard.domain.errors import NotAllowed, NotFound
from encaiss_dashboard.domain.permissions import HOUSE, Role
from encaiss_dashboard.services.deliveries.originals import original
from encaiss_dashboard.services.privacy import bundle, erasure
from encaiss_dashboard.services.privacy.purge import Past, purge
from encaiss_dashboard.storage import records

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

DUE = date(2026, 11, 1)


@pytest.fixture
def written(moulin, house, night, clock):
    """A first statement that went, and was paid since."""
    night(7)
    house.payment(moulin, on=DUE + timedelta(days=9), cents=100_000, invoice_id=1)
    clock.set(DUE + timedelta(days=30))
    return moulin


def kept(house):
    return sorted(path.name for path in house.wiring.settings.uploads.iterdir())


def test_whoever_sees_the_debtor_takes_its_messages_away_and_nobody_else(written, house, mailbox):
    for role in (Role.READER, Role.OWNER):
        with house.wiring.begin(house.user(role, "ardenne")) as work:
            assert original(work, 1, 1).content == mailbox.sent[0].content
    other = house.client("condroz", "Condroz SRL")
    stranger = house.user(Role.OWNER, "condroz")
    for client, refused in ((1, NotAllowed), (other, NotFound)):
        with pytest.raises(refused), house.wiring.begin(stranger) as work:
            original(work, client, 1)


def test_an_export_of_personal_data_holds_the_messages_as_they_left(written, house, mailbox):
    with house.wiring.begin(HOUSE) as work:
        made = bundle.export_debtor(work, 1, written)
    with ZipFile(io.BytesIO(made.content)) as archive:
        assert archive.read("messages/2026-11-08-statement_1-1-1.eml") == mailbox.sent[0].content


def test_erasing_a_debtor_removes_the_bytes_and_leaves_their_digest(written, house, story):
    assert kept(house) == ["message-1-1"]
    with house.wiring.begin(HOUSE) as work:
        erasure.erase(work, 1, written, erasure.foresee(work, 1, written).mark)
    assert kept(house) == []
    assert len(story.outbox()[0].contents) == 1
    with pytest.raises(NotFound), house.wiring.begin(HOUSE) as work:
        original(work, 1, 1)


def test_what_is_past_its_time_goes_with_the_text(written, house, clock):
    clock.forward(days=365 * 11)
    with house.wiring.begin(HOUSE) as work:
        assert purge(work, Past.MESSAGES) == 1
    assert kept(house) == []


def test_erasing_empties_the_number_and_what_is_known_of_dead_addresses(written, house, story):
    with house.wiring.begin(HOUSE) as work:
        work.session.get(records.Debtor, written).phone = "+32470123456"
    with house.wiring.begin(HOUSE) as work:
        erasure.erase(work, 1, written, erasure.foresee(work, 1, written).mark)
    assert story.rows(records.Debtor)[0].phone == ""
