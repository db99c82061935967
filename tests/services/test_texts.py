"""A client's own words: agreed in versions, followed by letters, tried on real debtors without a trace."""

from datetime import date, timedelta

import pytest

from encaiss_dashboard.domain.dunning import StepCode
from encaiss_dashboard.domain.errors import ChangedMeanwhile, NotAllowed, NotFound, Unreadable
from encaiss_dashboard.domain.letter_texts import THE_HOUSES, Part, TextFieldUnknown, checked
from encaiss_dashboard.domain.permissions import HOUSE, Role
from encaiss_dashboard.locales import LETTER_LANGUAGES
from encaiss_dashboard.services import texts
from encaiss_dashboard.storage import records
from encaiss_dashboard.storage.journal import ActKind
from encaiss_dashboard.storage.texts import LetterText

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
STEP = "statement_1"
SAID = {"opening": "Chez {client}, {invoices} pour {total}.", "ending": "Merci !"}


@pytest.fixture
def client(house):
    return house.client()


@pytest.fixture
def owner(house, client):
    return house.user(Role.OWNER, "ardenne")


@pytest.fixture
def save(house, client, owner):
    def call(parts, seen=0, step=STEP, language="fr", actor=owner):
        with house.wiring.begin(actor) as work:
            return texts.save(work, client, step, language, parts, seen=seen)

    return call


@pytest.fixture
def read(house, client):
    def call(service, *args, actor=HOUSE, **more):
        with house.wiring.begin(actor, write=False) as work:
            return service(work, client, *args, **more)

    return call


@pytest.fixture
def owing(house, client, clock):
    """Two debtors that owe something past due, the second more, and one whose invoice is in time."""
    keys = [house.debtor(client, name) for name in ("Petit", "Grand", "Futur")]
    for key, late, cents in zip(keys, (40, 40, -3), (10_000, 50_000, 90_000), strict=True):
        house.invoice(key, f"F-{key}", due=clock.today - timedelta(days=late), cents=cents)
    return keys


def test_what_is_agreed_holds_from_then_on_and_what_held_before_stays(save, read):
    assert save(SAID) == 1
    assert save({"ending": "À bientôt."}, seen=1) == 2
    versions = read(texts.history, STEP, "fr")
    assert [one.texts.version for one in versions] == [2, 1, 0]
    assert versions[0].texts.written() == {"ending": "À bientôt."}
    assert versions[1].texts.written() == SAID
    assert (versions[0].by, versions[2].texts) == ("owner@ardenne.example", THE_HOUSES)
    assert read(texts.own) == {(STEP, "fr")}


def test_a_step_and_language_has_words_of_its_own(save, read):
    save(SAID)
    assert read(texts.history, STEP, "nl")[0].texts == THE_HOUSES
    assert read(texts.history, "statement_2", "fr")[0].texts == THE_HOUSES
    assert save({"ending": "Danke"}, language="de") == 1


def test_going_back_to_the_houses_text_is_a_version_too(save, read):
    save(SAID)
    assert save({}, seen=1) == 2
    assert read(texts.history, STEP, "fr")[0].texts.written() == {}
    assert read(texts.own) == frozenset()


def test_the_same_words_once_more_are_no_new_version(house, save):
    save(SAID)
    before = house.dump()
    assert save(SAID | {"subject": "  "}, seen=1) == 1
    assert house.dump() == before


def test_who_saw_another_version_has_to_look_again(house, save):
    save(SAID)
    before = house.dump()
    with pytest.raises(ChangedMeanwhile):
        save({}, seen=0)
    assert house.dump() == before


def test_a_refused_text_leaves_nothing(house, save):
    before = house.dump()
    with pytest.raises(TextFieldUnknown):
        save({"opening": "{nom}"})
    for parts in ({"totals": "x"}, {"opening": 1}):
        with pytest.raises(Unreadable):
            save(parts)
    for step, language in (("none", "fr"), (STEP, "es")):
        with pytest.raises(Unreadable):
            save(SAID, step=step, language=language)
    assert house.dump() == before


def test_a_reader_looks_and_changes_nothing(house, client, save, read):
    reader = house.user(Role.READER, "ardenne")
    with pytest.raises(NotAllowed):
        save(SAID, actor=reader)
    assert read(texts.history, STEP, "fr", actor=reader)[0].texts == THE_HOUSES


def test_the_change_is_an_act_with_the_words_that_were_agreed(house, client, save, story):
    save(SAID)
    [(_, facts)] = story.acts(ActKind.TEXT_CHANGED)
    assert facts == {"step": STEP, "language": "fr", "version": 1, "parts": ["ending", "opening"]}
    assert story.rows(records.Act)[-1].shown == SAID


def test_a_preview_is_the_whole_letter_to_whoever_owes_most_and_keeps_nothing(house, read, owing):
    before = house.dump()
    seen = read(texts.preview, STEP, "fr", SAID)
    assert (seen.debtor_id, seen.name) == (owing[1], "Grand")
    assert "Chez Ardenne Bois SRL, 1 facture pour 500,00" in " ".join(seen.letter.text.split())
    assert "Merci !" in seen.letter.text
    assert "+++" in seen.letter.text  # the house's own parts
    assert seen.pages
    assert all(page.startswith(b"\x89PNG") for page in seen.pages)
    assert house.dump() == before
    assert read(texts.preview, STEP, "fr", SAID, debtor_id=owing[0]).name == "Petit"


def test_a_courtesy_is_tried_on_what_is_still_in_time(read, owing):
    assert read(texts.preview, "courtesy", "fr", {}).name == "Futur"
    assert [name for _, name in read(texts.examples, "courtesy")] == ["Futur"]
    assert [name for _, name in read(texts.examples, STEP)] == ["Grand", "Petit"]


def test_nobody_else_and_nobody_without_a_debt_is_tried_on(house, read, owing):
    elsewhere = house.debtor(house.client("mosan", "Mosan SRL"))
    for key in (elsewhere, owing[2], 0, -1, 2**40):
        with pytest.raises(NotFound):
            read(texts.preview, STEP, "fr", {}, debtor_id=key)


def test_without_any_debt_there_is_nothing_to_try_it_on(read):
    with pytest.raises(NotFound):
        read(texts.preview, STEP, "fr", {})


@pytest.mark.parametrize("language", LETTER_LANGUAGES)
@pytest.mark.parametrize("step", StepCode)
def test_the_houses_own_text_could_be_a_clients(read, step, language):
    """Whoever begins from it is not refused."""
    said = read(texts.house_text, step.value, language)
    assert set(said) == {Part.SUBJECT, Part.OPENING, Part.REQUEST}
    assert checked(step, language, said).written() == said


def test_a_message_says_which_version_it_was_written_from(house, save, story, moulin_late):
    save(SAID)
    story.night(7)
    [message] = story.outbox()
    assert message.text_version == 1
    assert "Chez Ardenne Bois SRL, 1 facture" in " ".join(message.body_text.split())
    assert "Chez Ardenne Bois SRL" in message.body_html
    save({}, seen=1)
    assert [row.text_version for row in story.outbox()] == [1]


def test_a_formal_notice_keeps_its_demand_deadline_and_law_whatever_a_client_says(read, owing):
    notice = "formal_notice"
    said = {"opening": "Cher client,", "request": "Merci d’avance.", "subject": "Bonjour"}
    words = " ".join(read(texts.preview, notice, "fr", said).letter.text.split())
    house = " ".join(read(texts.preview, notice, "fr", {}).letter.text.split())
    for phrase in (
        "nous vous mettons en demeure de payer",
        "au plus tard le",
        "2 août 2002",
        "MISE EN DEMEURE",
    ):
        assert phrase in house
        assert phrase in words
    assert "Ce délai vous permet" in words


@pytest.fixture
def moulin_late(house, client):
    debtor = house.debtor(client, email="compta@moulin.example")
    house.delegate(debtor, from_date=date(2026, 1, 1))
    house.invoice(debtor, "2026-001", due=date(2026, 11, 1), cents=100_000)
    return debtor


def test_versions_are_only_ever_added(save, story):
    save(SAID)
    first = story.rows(LetterText)
    save({}, seen=1)
    assert story.rows(LetterText)[:1] == first
    assert story.rows(records.OutboxMessage) == []
