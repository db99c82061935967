"""By which way a message goes: e-mail, post, registered, a text, or a call that somebody makes."""

import json
import threading
from dataclasses import replace
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from sqlmodel import col, select

from encaiss_dashboard import jobs
from encaiss_dashboard.adapters.sms import HttpTexts
from encaiss_dashboard.domain.dunning import DEFAULT_PLAN
from encaiss_dashboard.domain.letters import DeliveryFailed
from encaiss_dashboard.domain.permissions import HOUSE
from encaiss_dashboard.domain.plan_terms import written
from encaiss_dashboard.domain.workdays import Channel
from encaiss_dashboard.services import deliveries
from encaiss_dashboard.services.debtors import editing
from encaiss_dashboard.storage import records
from encaiss_dashboard.storage.plans import PlanVersion

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

DUE = date(2026, 11, 1)
NUMBER = "+32470123456"


class Provider(ThreadingHTTPServer):
    """A provider of texts that keeps what it is asked and answers as it is told."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Asked)
        self.asked, self.answers, self.leaves = [], [], threading.Event()
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/messages"


class Asked(BaseHTTPRequestHandler):
    def do_POST(self):
        content = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append((dict(self.headers), content))
        code, words, headers = self.server.answers.pop(0) if self.server.answers else (202, "queued", {})
        if code == 0:
            self.server.leaves.wait(5)
            return
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(words.encode())

    def log_message(self, *_):
        pass


@pytest.fixture
def provider(house):
    server = Provider()
    texts = HttpTexts(server.url, "a-token", "Encaiss", seconds=0.5)
    house.wiring = replace(house.wiring, texts=texts)
    yield server
    server.leaves.set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def by(moulin, house):
    """Lets the first statement go by another way than e-mail."""

    def choose(channel):
        first, *rest = DEFAULT_PLAN.steps
        plan = replace(DEFAULT_PLAN, steps=(replace(first, channel=channel), *rest))
        house.add(PlanVersion(client_id=1, version=1, terms=written(plan), at=house.clock()))

    return choose


@pytest.fixture
def phone(moulin, house):
    with house.wiring.begin(HOUSE) as work:
        work.session.get(records.Debtor, moulin).phone = NUMBER


def attempt(house, on=date(2026, 11, 8)):
    text = house.wiring.texts.write("ardenne.1@x.example", NUMBER, "Bonjour")
    with pytest.raises(DeliveryFailed) as failure:
        house.wiring.texts.deliver(text)
    return failure.value


# --- the provider


@pytest.mark.parametrize(
    "code,headers,permanent,for_all",
    [
        (400, {}, True, False),
        (422, {}, True, False),
        (401, {}, False, True),
        (402, {}, False, True),
        (404, {}, False, True),
        (429, {"Retry-After": "30"}, False, True),
        (500, {}, False, True),
        (503, {}, False, True),
        (302, {"Location": "http://elsewhere.example"}, False, True),
    ],
)
def test_an_answer_is_read_by_whether_it_is_about_this_text(
    house, provider, code, headers, permanent, for_all
):
    provider.answers = [(code, "no", headers)]
    failure = attempt(house)
    assert (failure.permanent, failure.for_all, failure.doubtful) == (permanent, for_all, False)
    assert failure.reason.startswith(f"{code} no")
    assert ("Retry-After: 30" in failure.reason) == ("Retry-After" in headers)


def test_a_provider_that_does_not_answer_may_have_sent_it(house, provider):
    provider.answers = [(0, "", {})]
    failure = attempt(house)
    assert (failure.permanent, failure.for_all, failure.doubtful) == (False, True, True)


def test_a_provider_that_is_not_there_has_sent_nothing(house, provider):
    provider.shutdown()
    provider.server_close()
    failure = attempt(house)
    assert (failure.permanent, failure.for_all, failure.doubtful) == (False, True, False)


# --- a night


def test_a_text_says_a_total_and_a_reference_and_is_kept_as_the_provider_got_it(
    moulin, house, provider, by, phone, night, story, mailbox
):
    by(Channel.SMS)
    assert night(7).sent == 1
    assert mailbox.sent == []
    [(headers, content)] = provider.asked
    body = json.loads(content)
    [row] = story.outbox()
    assert (headers["Authorization"], headers["Idempotency-Key"]) == ("Bearer a-token", row.message_id)
    assert (body["to"], body["from"], body["reference"]) == (NUMBER, "Encaiss", row.message_id)
    assert body["text"].startswith("Ardenne Bois SRL: solde ouvert EUR 1000,00, comm. +++")
    assert len(body["text"]) <= 160
    assert "2026-001" not in body["text"]
    assert house.wiring.store.load("message-1-1") == content
    [(_, facts)] = story.acts("sent")
    assert (facts["channel"], facts["to"]) == ("sms", NUMBER)


@pytest.mark.parametrize("language,words", [("nl", "openstaand saldo"), ("en", "balance due")])
def test_a_text_is_in_the_debtors_language_whatever_its_creditor_is_called(
    moulin, house, provider, by, phone, night, language, words
):
    by(Channel.SMS)
    with house.wiring.begin(HOUSE) as work:
        work.session.get(records.Debtor, moulin).language = language
        work.session.get(records.Client, 1).name = "Œuvres «Élan» – Société très coopérative " * 6
    night(7)
    said = json.loads(provider.asked[0][1])["text"]
    assert words in said
    assert len(said) == 160


def test_a_provider_in_trouble_keeps_no_mail_back(moulin, house, provider, by, phone, night, mailbox):
    by(Channel.SMS)
    other = house.debtor(1, "Scierie du Nord", email="s@nord.example")
    texted = [house.debtor(1, f"T{n}", phone=NUMBER) for n in range(3)]
    house.delegate(other, *texted, from_date=date(2026, 1, 1))
    house.invoice(other, "2", due=date(2026, 10, 1), cents=10_000)
    with house.wiring.begin(HOUSE) as work:
        row = work.session.exec(select(records.Invoice).where(col(records.Invoice.id) == 2)).one()
        work.session.add(
            records.OutboxMessage(
                client_id=1, debtor_id=other, message_id="a@x.example", day=date(2026, 10, 9),
                step="statement_1", language="fr", channel="email", recipient="s@nord.example",
                created_at=work.now, sent_at=work.now - timedelta(days=44),
            )
        )  # fmt: skip
        work.session.flush()
        line = {"days_late": 8, "open_cents": 1, "message_id": 1, "invoice_id": row.id}
        work.session.add(records.OutboxLine(client_id=1, step="statement_1", **line))
    for debtor in texted:
        house.invoice(debtor, "3", due=DUE, cents=10_000)
    provider.answers = [(503, "down", {})] * 9
    assert night(7).sent == 1
    assert [m.to for m in mailbox.sent] == [("s@nord.example",)]
    assert len(provider.asked) == 1


REROUTED = {"no provider": ("no_provider", False, True), "no number": ("no_phone", True, False)}


@pytest.mark.parametrize("why,has_provider,has_number", REROUTED.values(), ids=REROUTED)
def test_what_cannot_be_texted_goes_by_post_and_the_journal_says_why(
    moulin, house, by, night, story, mailbox, request, why, has_provider, has_number
):
    by(Channel.SMS)
    if has_provider:
        request.getfixturevalue("provider")
    if has_number:
        request.getfixturevalue("phone")
    night(7)
    assert [m.to for m in mailbox.sent] == [("agency@encaiss.example",)]
    [(_, facts)] = story.acts("sent")
    assert (facts["channel"], facts["instead"]) == ("post", why)


def test_a_registered_letter_goes_to_the_post_tray_and_says_that_it_is_one(by, night, story, mailbox):
    by(Channel.REGISTERED)
    night(7)
    [message] = mailbox.sent
    assert message.to == ("agency@encaiss.example",)
    assert message.letter.subject.startswith("À envoyer par recommandé à Moulin Clair SA")
    assert story.outbox()[0].channel == "registered"


def test_a_letter_goes_by_post_although_there_is_an_address(by, night, story, mailbox):
    by(Channel.POST)
    night(7)
    assert [m.to for m in mailbox.sent] == [("agency@encaiss.example",)]
    assert "instead" not in story.acts("sent")[0][1]


def test_a_call_waits_for_whoever_makes_it_and_no_worker_takes_it(
    moulin, house, by, phone, night, story, mailbox, clock
):
    by(Channel.CALL)
    night(7)
    clock.forward(days=1)
    jobs.deliver(house.wiring)
    with house.wiring.begin(HOUSE) as work:
        [call] = deliveries.waiting_calls(work, 1)
        assert (call.recipient, call.attempts) == (NUMBER, 0)
        assert deliveries.hand_over(work, call.id) is None
    assert (mailbox.sent, story.acts("sent", "dropped", "failed")) == ([], [])
    assert night(9).planned == 0


# --- recipients


def edited(house, debtor_id, **given):
    with house.wiring.begin(HOUSE) as work:
        editing.edit(work, 1, debtor_id, **({"email": "", "language": "fr", "term": ""} | given))


def test_a_message_goes_to_every_address_of_its_debtor_at_once(moulin, house, night, mailbox, story):
    edited(house, moulin, email="compta@moulin.example; chef@moulin.example")
    night(7)
    [message] = mailbox.sent
    assert message.to == ("compta@moulin.example", "chef@moulin.example")
    assert len(story.outbox()) == 1


def test_correcting_one_address_leaves_the_others_as_they_were(moulin, house, story):
    edited(house, moulin, email="compta@moulin.example, chef@moulin.example")
    first = {row.email: row.id for row in story.rows(records.Contact)}
    edited(house, moulin, email="compta@moulin.example, patron@moulin.example")
    after = {row.email: row.id for row in story.rows(records.Contact)}
    assert after.keys() == {"compta@moulin.example", "patron@moulin.example"}
    assert after["compta@moulin.example"] == first["compta@moulin.example"]


def test_more_than_five_addresses_are_refused(moulin, house):
    with pytest.raises(editing.TooManyAddresses):
        edited(house, moulin, email=" ".join(f"a{n}@x.example" for n in range(6)))


@pytest.mark.parametrize("given,kept", [("0470 12 34 56", NUMBER), ("0032 470/12.34.56", NUMBER), ("", "")])
def test_a_number_is_kept_in_international_form(moulin, house, story, given, kept):
    edited(house, moulin, phone=given)
    assert story.rows(records.Debtor)[0].phone == kept


@pytest.mark.parametrize("given", ["12", "0470 12 34 56 78 90 12", "abc", "+0470123456", "0470\x00123456"])
def test_what_is_no_telephone_number_is_refused(moulin, house, given):
    with pytest.raises(editing.BadPhone):
        edited(house, moulin, phone=given)


def test_a_client_that_wants_copies_gets_the_very_mail_and_others_get_none(moulin, house, night, mailbox):
    night(7)
    with house.wiring.begin(HOUSE) as work:
        client = work.session.get(records.Client, 1)
        client.email, client.copied = "boss@ardenne.example", True
    night(22)
    assert [m.copies for m in mailbox.sent] == [(), ("boss@ardenne.example",)]
    assert b"boss@ardenne.example" not in mailbox.sent[1].content.split(b"\r\n\r\n")[0]
