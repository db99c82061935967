"""Collecting mail: from a real server, once each, whatever breaks on the way."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest
from imap_server import ImapServer
from sqlmodel import Session, col, select

from encaiss_dashboard import jobs
from encaiss_dashboard.adapters.mailbox import ImapMailbox, read_mail
from encaiss_dashboard.domain.inbound import MailboxUnreachable
from encaiss_dashboard.services import inbound
from encaiss_dashboard.storage.inbound import InboundMailbox, InboundMessage

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
MAIL = "From: nadia@moulin.example\r\nSubject: {0}\r\nMessage-ID: <{0}@moulin.example>\r\n\r\nPayé {0}.\r\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    found = ImapServer(tmp_path_factory.mktemp("imap") / "log")
    yield found
    found.stop()


@pytest.fixture
def folder(server, request):
    name = request.node.name.partition("[")[0][:60]
    server.folder(name)
    return name


@pytest.fixture
def house(house):
    """With an agency, whose own letters are told from others'."""
    house.client()
    house.wiring = replace(house.wiring, clock=lambda: datetime.now(UTC))
    return house


def mails(*names):
    return [MAIL.format(name).encode() for name in names]


def subjects(house):
    with Session(house.engine) as session:
        return [row.subject for row in session.exec(select(InboundMessage).order_by(col(InboundMessage.id)))]


def mailbox_row(house):
    with Session(house.engine) as session:
        return session.exec(select(InboundMailbox)).one()


def test_what_came_is_filed_once_in_its_order_and_marked_as_read(house, server, folder):
    server.append(folder, *mails("a", "b"))
    house.wiring = replace(house.wiring, inbox=ImapMailbox(server.url(folder)))
    assert jobs.collect(house.wiring).filed == 2
    assert server.flags(folder) == [True, True]
    server.append(folder, *mails("c"))
    assert [jobs.collect(house.wiring).filed for _ in range(2)] == [1, 0]
    assert subjects(house) == ["a", "b", "c"]


def test_somebody_who_read_a_mail_first_does_not_keep_it_from_being_filed(house, server, folder):
    server.append(folder, *mails("a"))
    with ImapMailbox(server.url(folder)).opened() as opened:
        opened.seen([1, 2, 3, 101, 102])
    house.wiring = replace(house.wiring, inbox=ImapMailbox(server.url(folder)))
    assert jobs.collect(house.wiring).filed == 1


def test_a_mailbox_that_was_made_anew_brings_nothing_twice(house, server, folder):
    server.append(folder, *mails("a", "b"))
    house.wiring = replace(house.wiring, inbox=ImapMailbox(server.url(folder)))
    jobs.collect(house.wiring)
    server.again(folder)
    server.append(folder, *mails("b", "c"))
    assert jobs.collect(house.wiring).filed == 1
    assert subjects(house) == ["a", "b", "c"]


def test_many_mails_are_fetched_so_many_a_visit(house, server, folder):
    server.append(folder, *mails(*range(7)))
    house.wiring = replace(house.wiring, inbox=ImapMailbox(server.url(folder)))
    visits = [jobs.collect(house.wiring, most=3) for _ in range(4)]
    assert [(one.filed, one.left) for one in visits] == [(3, 4), (3, 1), (1, 0), (0, 0)]


# --- a mailbox that breaks where a test says


@dataclass
class Box:
    """A mailbox of this process."""

    contents: list[bytes]
    breaks: set[int] = field(default_factory=set)
    seen_fails: bool = False
    validity: int = 1
    place: str = "here"
    marked: list[int] = field(default_factory=list)

    @contextmanager
    def opened(self):
        yield self

    def numbers(self, after, since):
        return [n for n in range(1, len(self.contents) + 1) if n > after]

    def fetch(self, number):
        if number in self.breaks:
            raise MailboxUnreachable("dropped")
        return read_mail(self.contents[number - 1])

    def seen(self, numbers):
        if self.seen_fails:
            raise MailboxUnreachable("dropped")
        self.marked += numbers


def visit(house, box, times=1):
    house.wiring = replace(house.wiring, inbox=box)
    return [jobs.collect(house.wiring) for _ in range(times)][-1]


def test_a_mail_that_was_filed_and_not_marked_is_not_filed_again(house):
    box = Box(mails("a", "b"), seen_fails=True)
    visit(house, box, times=3)
    box.seen_fails = False
    visit(house, box)
    assert subjects(house) == ["a", "b"]


def test_a_server_that_drops_at_a_mail_keeps_the_ones_before_and_is_tried_again(house):
    box = Box(mails("a", "b", "c"), breaks={2})
    assert visit(house, box).trouble == "dropped"
    assert mailbox_row(house).failure == "dropped"
    box.breaks.clear()
    assert visit(house, box).trouble == ""
    assert subjects(house) == ["a", "b", "c"]
    assert (mailbox_row(house).failing_since, mailbox_row(house).failure) == (None, "")


def test_a_mail_on_which_the_server_always_breaks_is_left_to_a_person_and_the_others_come(house):
    box = Box(mails("a", "b", "c"), breaks={2})
    visit(house, box, times=inbound.TRIES_MAX + 1)
    assert subjects(house) == ["a", "", "c"]
    assert 2 not in box.marked


def test_a_mail_that_cannot_be_understood_is_kept_for_somebody_to_look_at(house):
    broken = b"Subject: " + b"x" * 400_000
    visit(house, Box([broken, *mails("b")]))
    assert subjects(house) == ["", "b"]
    assert house.wiring.store.load("inbound-1") == broken


def test_a_mail_that_the_database_refuses_does_not_keep_the_others(house):
    """Our own bug, whatever it will be: here a text that no column can hold."""

    @dataclass
    class Odd(Box):
        def fetch(self, number):
            mail = super().fetch(number)
            return replace(mail, subject="half a character \ud800") if number == 1 else mail

    visit(house, Odd(mails("a", "b")))
    assert subjects(house) == ["", "b"]


def test_two_visits_in_turn_know_what_the_other_one_filed(house):
    box, other = Box(mails("a", "b")), Box(mails("a", "b"), place="there")
    visit(house, box)
    visit(house, other)
    assert subjects(house) == ["a", "b"]


def test_without_a_mailbox_nothing_is_collected(house):
    assert visit(house, None) == jobs.Collected()
