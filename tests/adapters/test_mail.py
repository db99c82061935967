"""Mail as a real server receives it, and as a file."""

from __future__ import annotations

import email
import socket
import ssl
from dataclasses import replace
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from encaiss_dashboard.adapters.mail import EmlFolder, SmtpMailer, write_mail
from encaiss_dashboard.domain.letters import Attachment, DeliveryFailed, Letter, Message

# A key pair for "localhost" that protects nothing: it lets the tests speak real TLS.
PAIR = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgs+wPHiXwYs79fwoW
TdHSj0M6mV9op6fKgE8PWZshmCShRANCAARLOgZ4oG0WhICCO82XFmUrwaEoewBD
lpZoYAOoeWhHsLLSGTMYeHDbCEfoGXciAspHimV26+2RR0laYXLGH2qO
-----END PRIVATE KEY-----
-----BEGIN CERTIFICATE-----
MIIBmDCCAT6gAwIBAgIBATAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAlsb2NhbGhv
c3QwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBQxEjAQBgNVBAMM
CWxvY2FsaG9zdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABEs6BnigbRaEgII7
zZcWZSvBoSh7AEOWlmhgA6h5aEewstIZMxh4cNsIR+gZdyICykeKZXbr7ZFHSVph
csYfao6jfzB9MA8GA1UdEwEB/wQFMAMBAf8wDgYDVR0PAQH/BAQDAgKEMB0GA1Ud
DgQWBBTtrQQACkrnvaRTzFnasYhizi5rFTAfBgNVHSMEGDAWgBTtrQQACkrnvaRT
zFnasYhizi5rFTAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZIzj0E
AwIDSAAwRQIgObuQOXo7NMgk6gS7tghR4dpR8nrxhOWYx4YlWg9llFICIQC+rABl
08wvGAe6p6+JEtorFtzGseR6jPNJeC+SsJ51fg==
-----END CERTIFICATE-----
"""

LETTER = Letter(
    subject="Mise en demeure – Menuiserie Exemple SRL",
    text="Reste dû\u202f: 8\u202f600,00\u00a0€\n.\nFin\n",
    html='<!doctype html><p>Reste dû\u202f: 8\u202f600,00\u00a0€</p><img src="cid:payment-qr@letter">',
    attachments=(
        Attachment("Mise-en-demeure-2026-11-21.pdf", "application/pdf", b"%PDF-1.7 \x00\xff"),
        Attachment("qr.png", "image/png", b"\x89PNG\r\n\x1a\n", "payment-qr@letter"),
    ),
)
MESSAGE = Message(
    message_id="<c4-d17-2026-11-21@encaiss.example>",
    sender_name="Menuiserie Exemple SRL via Encaiss",
    sender_email="suivi@encaiss.example",
    to=("compta@brasserie.example",),
    reply_to="suivi@encaiss.example",
    letter=LETTER,
    language="fr",
    at=datetime(2026, 11, 21, 2, 0, tzinfo=UTC),
)


class Postbox:
    """An SMTP server that keeps what it is given and answers as it is told."""

    def __init__(self, mail_from="250 OK", recipients=None, data="250 2.0.0 queued as 4TxQ", goodbye=None):
        self.answers = {"mail": mail_from, "data": data, "quit": goodbye}
        self.recipients = recipients or {}
        self.envelopes = []
        self.logins = []

    async def handle_MAIL(self, server, session, envelope, address, options):  # noqa: N802 - aiosmtpd's name
        envelope.mail_from = address
        return self.answers["mail"]

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802 - aiosmtpd's name
        answer = self.recipients.get(address, "250 OK")
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - aiosmtpd's name
        if self.answers["data"] == "hang up":
            server.transport.abort()
            return "250 never heard"
        self.envelopes.append(envelope)
        return self.answers["data"]

    async def handle_QUIT(self, server, session, envelope):  # noqa: N802 - aiosmtpd's name
        return self.answers["quit"] or "221 Bye"

    def log_in(self, server, session, envelope, mechanism, data):
        self.logins.append((data.login, data.password))
        return AuthResult(success=data.password == b"s@cret", handled=False)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def serve():
    running = []

    def start(postbox, **options):
        server = Controller(postbox, "127.0.0.1", free_port(), authenticator=postbox.log_in, **options)
        server.start()
        running.append(server)
        return server.port

    yield start
    for server in running:
        server.stop()


@pytest.fixture
def tls(tmp_path, monkeypatch):
    """The server's side of TLS; the client side trusts it as a system would."""
    pair = tmp_path / "pair.pem"
    pair.write_text(PAIR)
    monkeypatch.setenv("SSL_CERT_FILE", str(pair))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair)
    return context


def parse(content: bytes) -> EmailMessage:
    return email.message_from_bytes(content, policy=policy.default)


def check_whole(mail: EmailMessage) -> None:
    assert [part.get_content_type() for part in mail.walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
        "application/pdf",
    ]
    parts = {part.get_content_type(): part for part in mail.walk()}
    # Lines end in CR LF on the wire (RFC 5322 §2.1).
    assert parts["text/plain"].get_content().replace("\r\n", "\n") == LETTER.text
    assert parts["text/html"].get_content().rstrip() == LETTER.html
    assert parts["image/png"]["Content-ID"] == "<payment-qr@letter>"
    assert parts["image/png"].get_content_disposition() == "inline"
    assert parts["image/png"].get_content() == LETTER.attachments[1].content
    assert parts["application/pdf"].get_filename() == "Mise-en-demeure-2026-11-21.pdf"
    assert parts["application/pdf"].get_content_disposition() == "attachment"
    assert parts["application/pdf"].get_content() == LETTER.attachments[0].content
    assert not [part for part in mail.walk() if part.defects]


def test_a_server_receives_the_whole_letter_and_its_receipt_is_kept(serve):
    postbox = Postbox()
    delivered = SmtpMailer(f"smtp://127.0.0.1:{serve(postbox)}").deliver(MESSAGE)
    assert delivered.detail == "250 2.0.0 queued as 4TxQ"
    [envelope] = postbox.envelopes
    assert envelope.mail_from == "suivi@encaiss.example"
    assert envelope.rcpt_tos == ["compta@brasserie.example"]
    check_whole(parse(envelope.content))


def test_the_headers_say_who_writes_for_whom_and_that_no_absence_notice_is_wanted():
    mail = parse(write_mail(MESSAGE).as_bytes())
    assert mail["Message-ID"] == "<c4-d17-2026-11-21@encaiss.example>"
    assert parsedate_to_datetime(mail["Date"]) == MESSAGE.at
    assert mail["From"] == "Menuiserie Exemple SRL via Encaiss <suivi@encaiss.example>"
    assert mail["To"] == "compta@brasserie.example"
    assert mail["Reply-To"] == "suivi@encaiss.example"
    assert mail["Subject"] == "Mise en demeure – Menuiserie Exemple SRL"
    assert mail["Content-Language"] == "fr"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert not [name for name in mail if name.lower().startswith("list-")]


def test_a_mail_is_seven_bit_and_keeps_to_the_line_length_of_the_standard():
    content = write_mail(MESSAGE).as_bytes()
    assert content.isascii()
    assert max(map(len, content.split(b"\r\n"))) <= 998


def test_a_retry_is_the_same_mail_byte_for_byte():
    assert write_mail(MESSAGE).as_bytes() == write_mail(MESSAGE).as_bytes()


@pytest.mark.parametrize(
    "postbox,permanent",
    [
        (Postbox(mail_from="550 5.7.1 not from there"), False),
        (Postbox(mail_from="451 4.7.1 later"), False),
        (Postbox(recipients={"compta@brasserie.example": "550 5.1.1 no such user"}), True),
        (Postbox(recipients={"compta@brasserie.example": "450 4.2.0 greylisted"}), False),
        (Postbox(data="554 5.6.0 refused"), True),
        (Postbox(data="452 4.3.1 full"), False),
        (Postbox(data="hang up"), False),
    ],
    ids=["sender-5", "sender-4", "recipient-5", "recipient-4", "data-5", "data-4", "hang-up"],
)
def test_a_5xx_reply_about_the_letter_or_its_reader_is_permanent_and_anything_else_is_tried_again(
    serve, postbox, permanent
):
    mailer = SmtpMailer(f"smtp://127.0.0.1:{serve(postbox)}")
    with pytest.raises(DeliveryFailed) as failure:
        mailer.deliver(MESSAGE)
    assert failure.value.permanent is permanent


def test_the_reason_of_a_refusal_is_the_servers_own(serve):
    postbox = Postbox(recipients={"compta@brasserie.example": "550 5.1.1 no such user"})
    with pytest.raises(DeliveryFailed) as failure:
        SmtpMailer(f"smtp://127.0.0.1:{serve(postbox)}").deliver(MESSAGE)
    assert failure.value.reason == "550 5.1.1 no such user"
    assert postbox.envelopes == []


def test_a_mail_cut_off_before_its_receipt_says_that_it_may_have_arrived(serve):
    with pytest.raises(DeliveryFailed) as failure:
        SmtpMailer(f"smtp://127.0.0.1:{serve(Postbox(data='hang up'))}").deliver(MESSAGE)
    assert "may have arrived" in failure.value.reason


def test_one_good_recipient_is_enough_and_the_other_is_named(serve):
    postbox = Postbox(recipients={"old@brasserie.example": "550 5.1.1 gone"})
    both = replace(MESSAGE, to=("old@brasserie.example", "compta@brasserie.example"))
    delivered = SmtpMailer(f"smtp://127.0.0.1:{serve(postbox)}").deliver(both)
    assert postbox.envelopes[0].rcpt_tos == ["compta@brasserie.example"]
    assert delivered.detail == "250 2.0.0 queued as 4TxQ; old@brasserie.example: 550 5.1.1 gone"


def test_recipients_refused_for_now_and_for_good_are_tried_again(serve):
    answers = {"old@brasserie.example": "550 5.1.1 gone", "new@brasserie.example": "450 4.2.0 greylisted"}
    mailer = SmtpMailer(f"smtp://127.0.0.1:{serve(Postbox(recipients=answers))}")
    with pytest.raises(DeliveryFailed) as failure:
        mailer.deliver(replace(MESSAGE, to=tuple(answers)))
    assert not failure.value.permanent


def test_a_rude_goodbye_does_not_undo_a_receipt(serve):
    postbox = Postbox(goodbye="554 go away")
    assert SmtpMailer(f"smtp://127.0.0.1:{serve(postbox)}").deliver(MESSAGE).detail.startswith("250")


def test_a_refused_connection_is_temporary():
    with pytest.raises(DeliveryFailed) as failure:
        SmtpMailer(f"smtp://127.0.0.1:{free_port()}").deliver(MESSAGE)
    assert not failure.value.permanent


def test_tls_is_started_when_it_is_offered_and_only_then_the_login_is_sent(serve, tls):
    postbox = Postbox()
    port = serve(postbox, tls_context=tls)
    SmtpMailer(f"smtp://suivi%40encaiss.example:s%40cret@localhost:{port}").deliver(MESSAGE)
    assert postbox.logins == [(b"suivi@encaiss.example", b"s@cret")]
    check_whole(parse(postbox.envelopes[0].content))


def test_smtps_speaks_tls_from_the_start(serve, tls):
    postbox = Postbox()
    port = serve(postbox, ssl_context=tls, auth_require_tls=False)
    SmtpMailer(f"smtps://suivi:s%40cret@localhost:{port}").deliver(MESSAGE)
    assert postbox.logins == [(b"suivi", b"s@cret")]
    check_whole(parse(postbox.envelopes[0].content))


def test_a_password_never_travels_without_tls(serve):
    postbox = Postbox()
    port = serve(postbox, auth_require_tls=False)
    with pytest.raises(DeliveryFailed) as failure:
        SmtpMailer(f"smtp://suivi:s%40cret@127.0.0.1:{port}").deliver(MESSAGE)
    assert not failure.value.permanent
    assert postbox.logins == []


def test_a_server_with_a_strangers_certificate_is_not_spoken_to(serve, tls, monkeypatch):
    postbox = Postbox()
    port = serve(postbox, tls_context=tls)
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(DeliveryFailed) as failure:
        SmtpMailer(f"smtp://localhost:{port}").deliver(MESSAGE)
    assert not failure.value.permanent
    assert postbox.envelopes == []


def test_a_wrong_password_loses_no_letter(serve, tls):
    port = serve(Postbox(), tls_context=tls)
    with pytest.raises(DeliveryFailed) as failure:
        SmtpMailer(f"smtp://suivi:wrong@localhost:{port}").deliver(MESSAGE)
    assert not failure.value.permanent
    assert failure.value.reason.startswith("535")


@pytest.mark.parametrize("url", ["http://mail.example", "smtp://", "mail.example", "smtp://mail.example:x"])
def test_only_a_mail_servers_address_is_accepted(url):
    with pytest.raises(ValueError, match=r"mail server|[Pp]ort"):
        SmtpMailer(url)


def test_an_eml_file_is_the_same_mail(tmp_path):
    delivered = EmlFolder(tmp_path / "outbox").deliver(MESSAGE)
    assert delivered.detail == "c4-d17-2026-11-21.eml"
    check_whole(parse((tmp_path / "outbox" / delivered.detail).read_bytes()))


def test_a_repeated_mail_replaces_its_file_and_leaves_no_draft(tmp_path):
    folder = EmlFolder(tmp_path)
    folder.deliver(MESSAGE)
    folder.deliver(replace(MESSAGE, letter=replace(LETTER, subject="Second")))
    [file] = tmp_path.iterdir()
    assert parse(file.read_bytes())["Subject"] == "Second"


def test_a_folder_that_cannot_be_written_is_temporary(tmp_path):
    (tmp_path / "outbox").write_text("a file stands where the folder should be")
    with pytest.raises(DeliveryFailed) as failure:
        EmlFolder(tmp_path / "outbox").deliver(MESSAGE)
    assert not failure.value.permanent


@pytest.mark.parametrize(
    "message_id", ["../../etc/passwd@x", "a/b@x", "a\r\nBcc: x@y.example@z", "", "plain"]
)
def test_a_message_id_is_neither_a_path_nor_a_header(tmp_path, message_id):
    with pytest.raises(DeliveryFailed) as failure:
        EmlFolder(tmp_path / "outbox").deliver(replace(MESSAGE, message_id=message_id))
    assert failure.value.permanent
    assert not (tmp_path / "outbox").exists()


BREAK = "Brasserie\r\nBcc: spy@elsewhere.example\r\n\r\nHello"


def test_a_line_break_in_a_name_or_subject_starts_no_header():
    hostile = replace(MESSAGE, sender_name=BREAK, letter=replace(LETTER, subject=BREAK))
    mail = parse(write_mail(hostile).as_bytes())
    assert mail["Bcc"] is None
    assert mail["Subject"] == "Brasserie Bcc: spy@elsewhere.example Hello"
    assert mail["From"].addresses[0].display_name == "Brasserie Bcc: spy@elsewhere.example Hello"
    assert len(mail["From"].addresses) == 1


@pytest.mark.parametrize("field", ["to", "sender_email", "reply_to"])
@pytest.mark.parametrize(
    "address",
    [
        "a@b.example\r\nBcc: spy@elsewhere.example",
        "a@b.example\nX: y",
        "a@b.example, spy@elsewhere.example",
        "Name <a@b.example>",
        "a b@c.example",
        "é@b.example",
        "nobody",
        "a@",
        "",
    ],
)
def test_what_is_not_one_plain_address_is_refused_for_good(field, address):
    value = (address,) if field == "to" else address
    with pytest.raises(DeliveryFailed) as failure:
        write_mail(replace(MESSAGE, **{field: value}))
    assert failure.value.permanent


def test_a_name_that_looks_like_an_address_stays_a_name():
    mail = parse(write_mail(replace(MESSAGE, sender_name='Bank <x@bank.example>, "Y"')).as_bytes())
    [sender] = mail["From"].addresses
    assert sender.addr_spec == "suivi@encaiss.example"
    assert sender.display_name == 'Bank <x@bank.example>, "Y"'


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(TypeError):
        replace(MESSAGE, at=datetime(2026, 11, 21, 2, 0))  # noqa: DTZ001 - what is refused
