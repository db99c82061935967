"""Mail that comes back: filed once with the right debtor, held until it is read, nobody else's to see."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage

import pytest
from sqlmodel import Session, select

from encaiss_dashboard import jobs
from encaiss_dashboard.adapters.mailbox import read_mail
from encaiss_dashboard.domain.dunning import HoldReason
from encaiss_dashboard.domain.errors import NotAllowed, NotFound
from encaiss_dashboard.domain.inbound import How, MailKind, reply_address
from encaiss_dashboard.domain.permissions import HOUSE, Role
from encaiss_dashboard.services import inbound, reminders
from encaiss_dashboard.services.debtors import merging
from encaiss_dashboard.services.desk import tasks
from encaiss_dashboard.services.inbound import replies, unassigned
from encaiss_dashboard.services.privacy import bundle, erasure
from encaiss_dashboard.services.privacy.purge import Past, purge
from encaiss_dashboard.storage.inbound import InboundMessage, store_key
from encaiss_dashboard.storage.undeliverable import UndeliverableAddress

ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
ADDRESS = "reponses@agence.example"
pytestmark = ON_SQLITE


@pytest.fixture
def house(house):
    chosen = replace(house.wiring.settings, reply_address=ADDRESS)
    house.wiring = replace(house.wiring, settings=chosen)
    return house


@pytest.fixture
def owing(house, story, clock):
    """A delegated debtor with an invoice due: its first statement goes on the seventh night."""
    clock.set(story.after(-60))
    client = house.client()
    debtor = house.debtor(client, "Moulin Clair SA", "nadia@moulin.example")
    house.delegate(debtor, from_date=story.after(-60))
    house.invoice(debtor, "A", due=story.after(0), cents=10_000)
    return debtor


def mail(to=ADDRESS, text="Nous avons payé hier.", sender="Nadia <nadia@moulin.example>", **headers):
    written = EmailMessage()
    written["From"], written["To"], written["Subject"] = sender, to, "Re: Relevé"
    written["Message-ID"] = headers.pop("message_id", "<1@moulin.example>")
    for name, value in headers.items():
        written[name.replace("_", "-")] = value
    written.set_content(text)
    return written


def come(house, written):
    """A mail arrives and is filed; its row's number, None when it was known."""
    with house.wiring.begin(HOUSE) as work:
        return inbound.file(work, read_mail(written.as_bytes()))


def row(house, key):
    with Session(house.engine) as session:
        return session.get_one(InboundMessage, key)


def address_of(house, debtor, client=1):
    return reply_address(ADDRESS, house.wiring.digest, client, debtor)


def held(house):
    with house.wiring.begin(HOUSE, write=False) as work:
        return [one.held.reason for one in reminders.foresee(work, 1).held]


# --- where answers go, and whose they are


def test_a_statement_asks_for_answers_at_an_address_that_leads_back_to_its_debtor(
    house, owing, night, mailbox
):
    night(7)
    [message] = mailbox.sent
    assert message.reply_to == message.return_path == address_of(house, owing)
    key = come(house, mail(to=message.reply_to.upper(), sender="boss@elsewhere.example"))
    found = row(house, key)
    assert (found.client_id, found.debtor_id, found.how) == (1, owing, How.TOKEN)


def test_without_the_setting_answers_go_to_the_agency_as_before(house, owing, night, mailbox):
    house.wiring = replace(house.wiring, settings=replace(house.wiring.settings, reply_address=""))
    night(7)
    assert "+" not in mailbox.sent[0].reply_to
    assert mailbox.sent[0].return_path == ""


def test_a_letter_to_be_posted_asks_for_no_answers_at_the_debtors_address(house, story, night, mailbox):
    debtor = house.debtor(house.client(), "Sans adresse SA")
    house.delegate(debtor, from_date=story.after(-60))
    house.invoice(debtor, "A", due=story.after(0), cents=10_000)
    night(7)
    assert "+" not in mailbox.sent[0].reply_to


def test_a_mail_that_names_our_message_is_of_whom_it_was_written_to(house, owing, night, mailbox):
    night(7)
    answers = f"<{mailbox.sent[0].message_id}>"
    found = row(house, come(house, mail(sender="accounts@elsewhere.example", In_Reply_To=answers)))
    assert (found.debtor_id, found.how, found.outbox_id) == (owing, How.REFERENCE, 1)


def test_the_id_of_a_message_cannot_be_guessed_by_whoever_was_not_written_to(house, owing, night, mailbox):
    night(7)
    left, _, domain = mailbox.sent[0].message_id.partition("@")
    guessed = f"<{left.rpartition('.')[0]}@{domain}>"
    found = row(house, come(house, mail(sender="stranger@elsewhere.example", References=guessed)))
    assert (found.debtor_id, found.how) == (None, How.NOBODY)


def test_a_sender_that_is_one_debtors_address_is_that_debtor(house, owing):
    found = row(house, come(house, mail(sender="NADIA@Moulin.example")))
    assert (found.debtor_id, found.how) == (owing, How.SENDER)


def test_a_sender_that_two_debtors_share_is_nobody(house, owing):
    house.debtor(house.client("baltic", "Baltic BV"), "Moulin Clair", "nadia@moulin.example")
    assert row(house, come(house, mail())).how == How.NOBODY


def test_a_strangers_token_files_nothing(house, owing):
    forged = address_of(house, owing).replace("@", "x@")
    assert row(house, come(house, mail(to=forged, sender="x@y.example"))).client_id is None


def test_an_answer_to_a_debtor_merged_away_is_filed_with_the_one_it_is_by_now(house, owing):
    other = house.debtor(1, "Moulin Clair S.A.")
    with house.wiring.begin(HOUSE) as work:
        merging.merge(work, 1, other, owing, merging.foresee(work, 1, other, owing).mark)
    assert row(house, come(house, mail(to=address_of(house, other), sender="x@y.example"))).debtor_id == owing


# --- once, and with its bytes


def test_a_mail_is_filed_once_however_often_it_comes(house, owing):
    assert come(house, mail()) is not None
    again = mail()
    again["Received"] = "by another way"
    assert [come(house, mail()), come(house, again)] == [None, None]
    assert come(house, mail(message_id="<2@moulin.example>")) is not None


def test_the_exact_bytes_are_kept_and_its_files_beside_them(house, owing):
    written = mail()
    written.add_attachment(b"%PDF-1.7", "application", "pdf", filename="preuve.pdf")
    key = come(house, written)
    with house.wiring.begin(HOUSE, write=False) as work:
        original, file = (replies.attached(work, 1, key, number) for number in (0, 1))
        with pytest.raises(NotFound):
            replies.attached(work, 1, key, 2)
    assert original.content == written.as_bytes()
    assert (file.name, file.content) == ("preuve.pdf", b"%PDF-1.7")
    assert {original.mime, file.mime} == {"application/octet-stream"}


def test_our_own_letters_that_come_to_our_own_mailbox_are_not_answers(house, owing, night, mailbox):
    night(7)
    own = f"<{mailbox.sent[0].message_id}>"
    assert come(house, mail(message_id=own)) is None


# --- what waits for it


def test_a_debtor_that_answered_is_written_to_no_more_until_somebody_read_it(
    house, owing, story, night, clock
):
    clock.set(story.after(6))
    key = come(house, mail(to=address_of(house, owing)))
    assert night(7).sent == 0
    assert held(house) == [HoldReason.REPLY_UNREAD]
    owner = house.user(Role.OWNER, "ardenne")
    with house.wiring.begin(owner) as work:
        assert replies.mark_read(work, 1, key)
    assert night(8).sent == 1
    assert story.acts("reply_received", "reply_read")[1] == ("reply_read", {"reply": key, "by": owner.name})


def test_a_message_on_its_way_is_dropped_when_the_answer_comes_first(house, owing, story, mailbox):
    story.plan(7)
    come(house, mail(to=address_of(house, owing)))
    jobs.deliver(house.wiring)
    assert mailbox.sent == []
    assert [row.detail for row in story.outbox()] == ["reply_unread"]


def test_what_a_machine_answers_is_an_act_and_holds_nothing(house, owing, story, night, clock):
    clock.set(story.after(6))
    come(house, mail(to=address_of(house, owing), Auto_Submitted="auto-replied"))
    assert [facts["auto"] for _, facts in story.acts("reply_received")] == [True]
    assert night(7).sent == 1


def test_two_who_read_the_same_answer_are_one_act(house, owing, story):
    key = come(house, mail())
    with house.wiring.begin(HOUSE) as work:
        assert [replies.mark_read(work, 1, key) for _ in range(2)] == [True, False]
    assert len(story.acts("reply_read")) == 1


@pytest.mark.parametrize("role", [Role.READER, Role.ACCOUNTANT])
def test_who_may_not_decide_about_debtors_may_read_but_lets_nothing_go_on(house, owing, role):
    key = come(house, mail())
    with house.wiring.begin(house.user(role, "ardenne")) as work:
        assert replies.reply(work, 1, key).text == "Nous avons payé hier."
        with pytest.raises(NotAllowed):
            replies.mark_read(work, 1, key)


def test_an_answer_to_be_read_is_the_first_thing_to_do_at_the_desk(house, owing):
    come(house, mail())
    with house.wiring.begin(HOUSE, write=False) as work:
        first = tasks.waiting(work, None)[0]
    assert (first.kind, first.leads_to) == (tasks.TaskKind.REPLY, f"/debtors/{owing}")
    assert first.facts["said"] == "Nous avons payé hier."


# --- bounces


def bounce(message, status="5.1.1", action="failed"):
    written = EmailMessage()
    written["From"], written["To"] = "MAILER-DAEMON@mx.example", message.return_path
    written["Message-ID"] = f"<{status}@mx.example>"
    report = EmailMessage()
    report["Content-Type"] = "message/delivery-status"
    body = (
        f"Reporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; {message.to[0]}\nAction: {action}\n"
        f"Status: {status}\nDiagnostic-Code: smtp; 550 {status} no such user\n"
    )
    text = written.as_string().rstrip("\n")
    text += (
        '\nMIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        f"--b\n\nSorry.\n--b\nContent-Type: message/delivery-status\n\n{body}\n--b\n"
        f"Content-Type: text/rfc822-headers\n\nMessage-ID: <{message.message_id}>\n\n--b--\n"
    )
    return text.encode()


def arrive(house, content):
    with house.wiring.begin(HOUSE) as work:
        return inbound.file(work, read_mail(content))


def test_a_permanent_bounce_says_that_the_address_does_not_exist(house, owing, story, night, mailbox):
    night(7)
    key = arrive(house, bounce(mailbox.sent[0]))
    [(_, facts)] = story.acts("bounced")
    assert (facts["to"], facts["permanent"], facts["message"]) == ("nadia@moulin.example", True, 1)
    [gone] = story.rows(UndeliverableAddress)
    assert (gone.debtor_id, gone.address, gone.message_id) == (owing, "nadia@moulin.example", 1)
    assert night(30).sent == 0
    assert held(house) == [HoldReason.UNDELIVERABLE]
    assert row(house, key).kind == MailKind.BOUNCE


def test_a_delay_is_an_act_and_no_more(house, owing, story, night, mailbox):
    night(7)
    arrive(house, bounce(mailbox.sent[0], "4.2.2", "delayed"))
    assert [facts["permanent"] for _, facts in story.acts("bounced")] == [False]
    assert story.rows(UndeliverableAddress) == []
    assert held(house) in ([], [HoldReason.CONTACT_GAP])


def test_a_bounce_about_somebody_elses_address_ends_nothing(house, owing, story, night, mailbox):
    night(7)
    sent = replace(mailbox.sent[0], to=("boss@elsewhere.example",))
    arrive(house, bounce(sent))
    assert story.rows(UndeliverableAddress) == []


def test_a_stranger_cannot_make_an_address_undeliverable(house, owing, story, night, mailbox):
    night(7)
    left, _, domain = mailbox.sent[0].message_id.partition("@")
    guessed = replace(mailbox.sent[0], return_path=ADDRESS, message_id=f"{left.rpartition('.')[0]}@{domain}")
    found = row(house, arrive(house, bounce(guessed)))
    assert found.client_id is None
    assert story.rows(UndeliverableAddress) == []


# --- nobody's


@pytest.fixture
def stray(house, owing):
    return come(house, mail(sender="somebody@elsewhere.example"))


def manager_of(house, *clients):
    actor = house.user(Role.CASE_MANAGER, None, "manager@agency.example", "Case manager")
    return replace(actor, roles={key: {Role.CASE_MANAGER} for key in clients})


def test_a_mail_of_nobody_waits_at_the_agency_and_is_no_clients(house, owing, stray):
    with house.wiring.begin(manager_of(house, 1), write=False) as work:
        assert [one.id for one in unassigned.waiting(work, 1).mails] == [stray]
        with pytest.raises(NotFound):
            replies.reply(work, 1, stray)
    with house.wiring.begin(house.user(Role.OWNER, "ardenne"), write=False) as work:
        for ask in (unassigned.waiting, lambda work, client: unassigned.attached(work, client, stray, 0)):
            with pytest.raises(NotAllowed):
                ask(work, 1)


def test_a_case_manager_says_whose_it_is_and_the_debtor_waits_from_then_on(house, owing, stray, night, story):
    with house.wiring.begin(manager_of(house, 1)) as work:
        [found] = unassigned.find(work, 1, "moulin")
        unassigned.assign(work, 1, stray, found.client_id, found.debtor_id)
        with pytest.raises(NotFound):
            unassigned.assign(work, 1, stray, found.client_id, found.debtor_id)
    assert [facts["how"] for _, facts in story.acts("reply_received")] == ["person"]
    assert night(7).sent == 0


def test_nobody_assigns_to_a_client_that_is_not_theirs(house, owing, stray):
    other = house.client("baltic", "Baltic BV")
    with house.wiring.begin(manager_of(house, other)) as work:
        assert unassigned.find(work, other, "moulin") == ()
        with pytest.raises(NotAllowed):
            unassigned.assign(work, other, stray, 1, owing)
        with pytest.raises(NotFound):
            unassigned.assign(work, other, stray, other, owing)


def test_what_is_of_no_debtor_is_set_aside_and_removed_after_its_time(house, owing, stray, clock):
    with house.wiring.begin(manager_of(house, 1)) as work:
        unassigned.set_aside(work, 1, stray)
        assert unassigned.waiting(work, 1).n == 0
    clock.forward(days=31)
    with house.wiring.begin(HOUSE) as work:
        assert purge(work, Past.REPLIES) == 1
    assert not house.wiring.store.path(store_key(stray)).exists()


# --- what is personal


def test_an_unread_answer_stands_in_the_way_of_erasing_and_goes_with_the_rest(house):
    debtor = house.debtor(house.client(), "Jean Exemple", "jean@x.example")
    key = come(house, mail(sender="jean@x.example"))
    with house.wiring.begin(HOUSE) as work:
        assert [line.code for line in erasure.foresee(work, 1, debtor).blocked] == ["replies"]
        replies.mark_read(work, 1, key)
    with house.wiring.begin(HOUSE) as work:
        erasure.erase(work, 1, debtor, erasure.foresee(work, 1, debtor).mark)
    with house.wiring.begin(HOUSE) as work:
        assert replies.of_debtor(work, 1, debtor) == ()
        assert work.session.exec(select(InboundMessage)).all() == []
    assert not house.wiring.store.path(store_key(key)).exists()
    found = row(house, come(house, mail(to=address_of(house, debtor), message_id="<3@x>")))
    assert found.how == How.NOBODY


def test_whoever_asks_gets_the_answers_as_well(house, owing):
    key = come(house, mail())
    with house.wiring.begin(HOUSE) as work:
        made = bundle.export_debtor(work, 1, owing)
    assert f"replies/{key}.eml".encode() in made.content


def test_an_old_answer_of_who_still_owes_is_kept_and_of_others_removed(house, owing, clock):
    settled = house.debtor(1, "Réglé SA", "r@regle.example")
    keys = [come(house, mail()), come(house, mail(sender="r@regle.example", message_id="<9@regle.example>"))]
    with house.wiring.begin(HOUSE) as work:
        for key in keys:
            replies.mark_read(work, 1, key)
    clock.now += timedelta(days=366 * 11)
    with house.wiring.begin(HOUSE) as work:
        assert purge(work, Past.REPLIES, dry_run=True) == purge(work, Past.REPLIES) == 1
        assert len(replies.of_debtor(work, 1, owing)) == 1
        assert replies.of_debtor(work, 1, settled) == ()


def test_no_id_is_too_strange_for_a_refusal(house, owing):
    for number in (0, -1, 2**31, 10**40):
        with house.wiring.begin(HOUSE, write=False) as work, pytest.raises(NotFound):
            replies.reply(work, 1, number)
