"""A mailbox over IMAP: against a real server, and against servers that misbehave."""

from __future__ import annotations

import time
from datetime import date

import pytest
from imap_server import ImapServer, bad_server, talking
from imapclient import SocketTimeout

from encaiss_dashboard.adapters.mailbox.imap import ImapMailbox, is_here
from encaiss_dashboard.domain.inbound import MailboxUnreachable

LONG_AGO = date(2000, 1, 1)
MAIL = (
    b"From: Nadia <nadia@moulin.example>\r\nSubject: %d\r\nMessage-ID: <%d@moulin.example>\r\n\r\n"
    b"Pay\xc3\xa9.\r\n"
)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    found = ImapServer(tmp_path_factory.mktemp("imap") / "log")
    yield found
    found.stop()


@pytest.fixture
def folder(server, request):
    name = request.node.name[:60].replace("[", "-").replace("]", "")
    server.folder(name)
    return name


def test_mails_come_in_their_order_with_their_exact_bytes_and_stay_unread(server, folder):
    sent = [MAIL % (n, n) for n in range(3)]
    server.append(folder, *sent)
    with ImapMailbox(server.url(folder)).opened() as opened:
        numbers = opened.numbers(0, LONG_AGO)
        assert [opened.fetch(number).content for number in numbers] == sent
        assert [opened.fetch(number).text for number in numbers] == ["Payé."] * 3
        assert opened.numbers(numbers[0], LONG_AGO) == numbers[1:]
    assert server.flags(folder) == [False] * 3


def test_beyond_the_last_mail_there_is_none_although_the_protocol_always_names_the_last(server, folder):
    server.append(folder, MAIL % (1, 1))
    with ImapMailbox(server.url(folder)).opened() as opened:
        [number] = opened.numbers(0, LONG_AGO)
        assert opened.numbers(number, LONG_AGO) == []
        assert opened.numbers(number + 1000, LONG_AGO) == []


def test_mails_from_before_the_first_day_are_left_alone(server, folder):
    server.append(folder, MAIL % (1, 1))
    with ImapMailbox(server.url(folder)).opened() as opened:
        assert opened.numbers(0, date(2200, 1, 1)) == []


def test_a_mail_is_marked_as_read_when_told(server, folder):
    server.append(folder, MAIL % (1, 1), MAIL % (2, 2))
    with ImapMailbox(server.url(folder)).opened() as opened:
        opened.seen(opened.numbers(0, LONG_AGO)[:1])
    assert server.flags(folder) == [True, False]


def test_of_a_huge_mail_only_the_beginning_is_fetched(server, folder):
    server.append(folder, MAIL % (1, 1) + b"x" * 5_000)
    with ImapMailbox(server.url(folder), size_max=1_000).opened() as opened:
        mail = opened.fetch(opened.numbers(0, LONG_AGO)[0])
    assert (mail.whole, mail.sender_email) == (False, "nadia@moulin.example")
    assert len(mail.content) == 1_000
    assert mail.size_bytes == len(MAIL % (1, 1)) + 5_000


def test_a_mail_that_went_meanwhile_is_none(server, folder):
    with ImapMailbox(server.url(folder)).opened() as opened:
        assert opened.fetch(77) is None


def test_two_folders_are_two_places(server):
    urls = [server.url("INBOX"), server.url("Archive"), server.url("INBOX")]
    places = [ImapMailbox(url).place for url in urls]
    assert places[0] == places[2] != places[1]


def test_a_wrong_password_is_said_without_repeating_it(server):
    url = server.url("INBOX").replace("pass%20word%2F", "hunter2-of-somebody")
    with pytest.raises(MailboxUnreachable) as refused, ImapMailbox(url).opened():
        pass
    assert "hunter2" not in refused.value.reason
    assert "127.0.0.1" in refused.value.reason


def test_a_folder_that_is_not_there_is_said(server):
    with pytest.raises(MailboxUnreachable), ImapMailbox(server.url("Nowhere")).opened():
        pass


@pytest.mark.parametrize(
    "url",
    [
        "http://u:p@host/INBOX",
        "imaps://host/INBOX",
        "imaps://u@host",
        "imap://u:p@/INBOX",
        "imaps://u:p@host:port/",
        "",
    ],
)
def test_an_address_that_is_none_is_refused_before_anything_is_opened(url):
    with pytest.raises(ValueError, match=r"mailbox|Port|port"):
        ImapMailbox(url)


@pytest.mark.parametrize(
    "address, here",
    [("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("10.0.0.1", False), ("x", False), ("", False)],
)
def test_without_tls_a_password_goes_to_this_machine_only(address, here):
    assert is_here(address) is here


# --- servers that misbehave


OK = b"%s OK done\r\n"
CHOSEN = b"* 1 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n%s OK [READ-WRITE] done\r\n"


def quick(url):
    return ImapMailbox(url, seconds=2, timeout=SocketTimeout(connect=1, read=1))


def visit(url):
    with quick(url).opened() as opened:
        for number in opened.numbers(0, LONG_AGO):
            opened.fetch(number)


def drip(connection):
    """A line that never ends, a byte at a time."""
    connection.sendall(b"* OK [CAPABILITY IMAP4rev1] hello\r\n")
    while True:
        connection.sendall(b"*")
        time.sleep(0.1)


@pytest.mark.parametrize(
    "talk",
    [
        lambda connection: None,
        lambda connection: time.sleep(1.5),
        lambda connection: connection.sendall(b"* BYE come back later\r\n"),
        lambda connection: connection.sendall(b"\0\xff\xfe garbage " * 1000 + b"\r\n"),
        drip,
        talking(b"%s NO [AUTHENTICATIONFAILED] no\r\n"),
        talking(OK),
        talking(OK, b"%s NO no such folder\r\n"),
        talking(OK, CHOSEN, b"* SEARCH 1 2 x ( ( (\r\n%s OK\r\n"),
        talking(OK, CHOSEN, b"%s BAD what\r\n"),
        talking(OK, CHOSEN, b"* SEARCH 1\r\n%s OK\r\n", b"* 1 FETCH (UID 1 RFC822.SIZE x\r\n%s OK\r\n"),
        talking(OK, CHOSEN, b"* SEARCH 1\r\n%s OK\r\n", b"* 1 FETCH (UID 1 RFC822.SIZE {999999999}\r\n"),
        talking(
            OK,
            CHOSEN,
            b"* SEARCH 1\r\n%s OK\r\n",
            b"* 1 FETCH (UID 1 RFC822.SIZE 9)\r\n%s OK\r\n",
            b"* 1 FETCH (UID 1 BODY[]<0> {900}\r\nFrom: x",
        ),
    ],
    ids=range(13),
)
def test_whatever_a_server_does_there_is_one_answer_and_soon(talk):
    began = time.monotonic()
    with bad_server(talk) as url, pytest.raises(MailboxUnreachable) as refused:
        visit(url)
    assert time.monotonic() - began < 5
    assert "secret" not in refused.value.reason


def test_a_server_that_refuses_the_connection_is_unreachable():
    with bad_server(lambda connection: None) as url:
        pass
    with pytest.raises(MailboxUnreachable):
        visit(url)
