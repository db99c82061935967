"""Letters on paper: one batch, one list, posted on a day from which the law counts, and their numbers."""

import csv
import io
from datetime import UTC, date, datetime, timedelta

import pytest
from pypdf import PdfReader
from sqlmodel import Session, select

from encaiss_dashboard.domain.errors import NotAllowed, NotFound, Unreadable
from encaiss_dashboard.domain.permissions import HOUSE, Actor, Role
from encaiss_dashboard.services import post
from encaiss_dashboard.services.desk import tasks
from encaiss_dashboard.services.privacy import erasure
from encaiss_dashboard.storage import posting, records
from encaiss_dashboard.storage.journal import ActKind

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
ON = date(2026, 11, 8)  # seven days late
NUMBER = "RR123456789BE"


@pytest.fixture
def client(house):
    return house.client()


@pytest.fixture
def act(house):
    def call(service, *args, actor=HOUSE):
        with house.wiring.begin(actor) as work:
            return service(work, None, *args)

    return call


@pytest.fixture
def paper(house, client, story):
    """Two debtors without an e-mail address were written to on paper, the second about sixty invoices."""
    short = house.debtor(client, "Moulin Clair SA", address="Rue du Moulin 7", postcode="5590", city="Ciney")
    long = house.debtor(client, "Zénith Hôtel SRL", address="Place 1", postcode="5000", city="Namur")
    for key, count in ((short, 1), (long, 60)):
        house.delegate(key, from_date=date(2026, 1, 1))
        for n in range(count):
            house.invoice(key, f"F{key}-{n:02}", due=date(2026, 11, 1), cents=10_000 + n)
    story.night(7)
    return [row.id for row in story.outbox()]


def register(house, key):
    """As if the plan had said that this letter goes registered."""
    with Session(house.engine) as session, session.begin():
        session.get_one(records.OutboxMessage, key).channel = "registered"


def test_every_letter_begins_on_a_sheet_of_its_own(house, act, paper):
    file = act(post.batch)
    pages = PdfReader(io.BytesIO(file.content)).pages
    said = [page.extract_text() for page in pages]
    assert len(pages) % 2 == 0
    assert "Moulin Clair SA" in said[0]
    assert said[1] == ""
    assert "Zénith Hôtel SRL" in said[2]
    assert not [n for n in range(60) if f"F2-{n:02}" not in "".join(said[2:])]


def test_what_is_printed_is_what_was_written_whatever_was_paid_since(house, act, paper, client):
    before = act(post.batch).content
    with Session(house.engine) as session:
        invoice = session.exec(select(records.Invoice)).first()
    house.payment(invoice.debtor_id, on=ON, cents=10_000, invoice_id=invoice.id)
    after = [page.extract_text() for page in PdfReader(io.BytesIO(act(post.batch).content)).pages]
    assert after == [page.extract_text() for page in PdfReader(io.BytesIO(before)).pages]


def rows_of(file):
    return list(csv.DictReader(io.StringIO(file.content.decode("utf-8-sig")), delimiter=";"))


def test_the_manifest_names_each_letter_with_room_for_its_number(act, paper, story):
    first, second = rows_of(act(post.manifest))
    message = story.outbox()[0]
    assert first["Notre identifiant"] == message.message_id
    assert first["Destinataire"] == "Moulin Clair SA"
    assert first["Adresse"] == "Rue du Moulin 7, 5590 Ciney, BE"
    assert first["Communication"].startswith("+++")
    assert (first["Pages"], first["Factures"], first["Numéro de suivi"]) == ("1", "F1-00", "")
    assert int(second["Pages"]) > 1
    assert second["Factures"].count(",") == 59


def test_a_posted_letter_waits_no_more_and_the_law_counts_from_that_day(act, paper, story, clock):
    clock.set(date(2026, 11, 11))
    day = date(2026, 11, 9)
    assert act(post.mark_posted, paper[:1], day) == 1
    seen = act(post.tray)
    assert [one.id for one in seen.waiting] == paper[1:]
    assert [(one.id, one.posted_on) for one in seen.posted] == [(paper[0], day)]
    sent = story.outbox()[0].sent_at
    assert sent == datetime(2026, 11, 9, 11, 0, tzinfo=UTC)  # noon in Brussels
    [(_, facts)] = story.acts(ActKind.POSTED)
    assert facts == {
        "step": "statement_1",
        "channel": "post",
        "message": paper[0],
        "on": "2026-11-09",
        "tracking": "",
    }
    # The desk's own count of what lies in the tray follows.
    [task] = [one for one in act(tasks.waiting) if one.kind is tasks.TaskKind.TRAY]
    assert task.facts == {"n": 1}


@pytest.mark.parametrize("day", [date(2026, 11, 7), date(2026, 11, 12), date.min, date.max])
def test_no_letter_is_posted_before_it_was_written_or_tomorrow(house, act, paper, clock, day):
    clock.set(date(2026, 11, 11))
    before = house.dump()
    with pytest.raises(post.PostedWhen):
        act(post.mark_posted, paper, day)
    assert house.dump() == before


def test_a_letter_is_posted_once(house, act, paper):
    act(post.mark_posted, paper[:1], ON)
    before = house.dump()
    with pytest.raises(post.PostedAlready):
        act(post.mark_posted, paper, ON)
    with pytest.raises(post.NothingToPost):
        act(post.mark_posted, [], ON)
    assert house.dump() == before


def test_a_number_is_kept_and_another_one_replaces_it(house, act, paper, story):
    act(post.track, paper[0], " rr 123 456 789 be ")
    act(post.track, paper[0], NUMBER)  # the same
    assert act(post.tray).waiting[0].tracking == NUMBER
    act(post.track, paper[0], "123456789012")
    assert act(post.tray).waiting[0].tracking == "123456789012"
    assert len(story.rows(posting.Posting)) == 2
    assert [facts["tracking"] for _, facts in story.acts(ActKind.TRACKED)] == [NUMBER, "123456789012"]


@pytest.mark.parametrize(
    "said", ["", "short", "ABCDEFGHIJ", "1" * 36, "=1+1234567", "x" * 20_000, "é2345678"]
)
def test_what_no_post_gives_is_no_number(house, act, paper, said):
    before = house.dump()
    with pytest.raises(post.TrackingUnreadable):
        act(post.track, paper[0], said)
    assert house.dump() == before


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@pytest.mark.parametrize("code", ["utf-8-sig", "cp1252"])
def test_the_manifest_that_comes_back_gives_every_letter_its_number(act, paper, story, delimiter, code):
    rows = list(csv.reader(io.StringIO(act(post.manifest).content.decode("utf-8-sig")), delimiter=";"))
    rows[1][-1] = NUMBER
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter).writerows(rows)
    assert act(post.take_manifest, out.getvalue().encode(code)) == 1
    assert act(post.take_manifest, out.getvalue().encode(code)) == 0
    assert [one.tracking for one in act(post.tray).waiting] == [NUMBER, ""]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0",
        b"a;b\n1;2\n",
        "Notre identifiant;Numéro de suivi\nsomebody-elses@agency.example;RR123456789BE\n".encode(),
        b"x" * (2**20 + 1),
        b'"' + b"x" * 200_000,
    ],
)
def test_another_file_is_refused_and_none_of_it_is_kept(house, act, paper, data):
    before = house.dump()
    with pytest.raises(post.ManifestUnreadable):
        act(post.take_manifest, data)
    assert house.dump() == before


def test_one_bad_number_keeps_all_of_a_manifest_out(house, act, paper):
    before = house.dump()
    lines = act(post.manifest).content.decode("utf-8-sig").splitlines()
    filled = "\n".join([lines[0], lines[1] + NUMBER, lines[2] + "nonsense"])
    with pytest.raises(post.TrackingUnreadable):
        act(post.take_manifest, filled.encode())
    assert house.dump() == before


def test_a_registered_letter_waits_until_somebody_posts_it_whatever_becomes_of_the_tray(
    house, act, paper, client, clock
):
    register(house, paper[0])
    act(tasks.empty_tray, client, 1)
    assert [one.id for one in act(post.tray).waiting] == paper[:1]
    clock.set(ON + timedelta(days=40))
    assert [(one.id, one.channel) for one in act(post.tray).waiting] == [(paper[0], "registered")]


def test_after_a_fortnight_the_next_statement_has_replaced_a_letter(act, paper, clock):
    clock.set(ON + timedelta(days=15))
    assert act(post.tray).waiting == ()
    with pytest.raises(post.NothingToPost):
        act(post.batch)


def test_a_case_manager_sees_the_letters_of_its_own_clients_alone(house, act, paper):
    house.client("mosan", "Mosan SRL")
    own = house.user(Role.CASE_MANAGER, "ardenne")
    other = house.user(Role.CASE_MANAGER, "mosan")
    assert len(act(post.tray, actor=own).waiting) == 2
    assert act(post.tray, actor=other).waiting == ()
    before = house.dump()
    for service, args in ((post.mark_posted, [paper, ON]), (post.track, [paper[0], NUMBER])):
        with pytest.raises(NotFound):
            act(service, *args, actor=other)
    for somebody in (house.user(Role.OWNER, "ardenne"), Actor(None, "")):
        for service in (post.tray, post.batch, post.manifest):
            with pytest.raises(NotAllowed):
                act(service, actor=somebody)
    assert {table: rows for table, rows in house.dump().items() if table == "posting"} == {
        "posting": before["posting"]
    }


def test_an_administrator_says_which_envelopes_there_are(house, act, paper, client, story):
    with pytest.raises(NotAllowed):
        act(post.choose_envelope, "fr_right", actor=house.user(Role.CASE_MANAGER, "ardenne"))
    with pytest.raises(Unreadable):
        act(post.choose_envelope, "moon")
    act(post.choose_envelope, "fr_right_35")
    assert act(post.tray).envelope == "fr_right_35"
    [(_, facts)] = story.acts(ActKind.ENVELOPE_CHOSEN)
    assert facts == {"before": "be_right", "after": "fr_right_35"}


def test_a_letter_that_was_written_goes_with_the_debtor_that_is_erased(house, client, written_to):
    debtor = written_to(client)
    with Session(house.engine) as session, session.begin():
        row = session.exec(select(records.OutboxMessage)).one()
        row.channel, key = "post", posting.store_key(row.id)
    house.wiring.store.keep(key, b"%PDF-")
    with house.wiring.begin(HOUSE) as work:
        erasure.erase(work, client, debtor, erasure.foresee(work, client, debtor).mark)
    with pytest.raises(FileNotFoundError):
        house.wiring.store.load(key)
