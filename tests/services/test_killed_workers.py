"""Workers that are really killed, at every point between an intention and its outcome, on both databases.

Whoever comes next loses no message and sends none twice, but where a server had taken one and nobody was
told: then it goes again, byte for byte the same and under the same id.
"""

import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import pytest
from postoffice import PostOffice

from encaiss_dashboard import jobs
from encaiss_dashboard.adapters.mail import SmtpMailer
from encaiss_dashboard.cli import server
from encaiss_dashboard.domain.permissions import HOUSE
from encaiss_dashboard.domain.stops import Instalment, InstalmentPlan
from encaiss_dashboard.storage import records, stops

DUE = date(2026, 11, 1)
NIGHT = date(2026, 11, 8)

# One process reads what to do; for each line it forks a worker, and tells its number and how it ended. A
# worker dies by its own hand at a moment of the database; the mail server kills it at one of the wire.
WORKERS = """
import json, os, re, signal, sys
from datetime import datetime
from sqlalchemy import event
from sqlalchemy.orm import Session, configure_mappers
from encaiss_dashboard import jobs, wiring
from encaiss_dashboard.settings import read

configure_mappers()
out = os.dup(1)
os.dup2(os.open(os.devnull, os.O_WRONLY), 1)

def watch(engine, moment, words):
    seen = {"statement": False, "commit": False}

    def die():
        os.kill(os.getpid(), signal.SIGKILL)

    @event.listens_for(engine, "before_cursor_execute")
    def executes(connection, cursor, statement, parameters, context, many):
        if re.search(words, " ".join(statement.split())):
            seen["statement"] = True
            if moment == "before":
                die()

    @event.listens_for(engine, "commit")
    def commits(connection):
        seen["commit"] = seen["statement"]
        if seen["commit"] and moment == "commit":
            die()

    @event.listens_for(Session, "after_commit")
    def has_committed(session):
        if seen["commit"] and moment == "after":
            die()

for line in sys.stdin:
    asked = json.loads(line)
    child = os.fork()
    if not child:
        now = datetime.fromisoformat(asked["now"])
        wired = wiring.build(read(asked["environment"]), clock=lambda: now)
        if asked["moment"]:
            watch(wired.engine, *asked["moment"])
        jobs.remind(wired)
        os._exit(0)
    os.write(out, f"{child}\\n".encode())
    if asked["wait"]:
        os.write(out, f"{os.waitpid(child, 0)[1]}\\n".encode())
"""

INTENDS = "INSERT INTO outbox_message"
NAMES = "INSERT INTO outbox_line"
CLAIMS = "UPDATE outbox_message SET .*claimed_at="
SETTLES = "UPDATE outbox_message SET .*sent_at="
ADDS_ACT = "INSERT INTO act "
MOMENTS = {
    "before the intention": ("before", INTENDS),
    "between the message and its lines": ("before", NAMES),
    "before the intention's commit": ("commit", NAMES),
    "after the intention's commit": ("after", NAMES),
    "before the claim": ("before", CLAIMS),
    "before the claim's commit, the content kept": ("commit", CLAIMS),
    "after the claim's commit": ("after", CLAIMS),
    "before the outcome": ("before", SETTLES),
    "before the act of the outcome": ("before", ADDS_ACT),
    "before the outcome's commit": ("commit", SETTLES),
    "after the outcome's commit": ("after", SETTLES),
}
STAGES = ("connect", "rcpt", "content", "accepted")
# The server has the letter, and nobody was told.
IN_DOUBT = {
    "before the outcome",
    "before the act of the outcome",
    "before the outcome's commit",
    "accepted",
}


@pytest.fixture(scope="module")
def workers():
    pipe = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "bufsize": 1}
    process = subprocess.Popen([sys.executable, "-c", WORKERS], cwd=server.ROOT, **pipe)
    yield process
    process.kill()
    process.communicate()


@pytest.fixture
def office():
    opened = PostOffice()
    yield opened
    opened.close()


@pytest.fixture
def worker(workers, house, settings, office):
    """Starts a night's run in a process of its own; its number."""

    def start(moment=None, *, wait=True):
        environment = os.environ | {
            "ENCAISS_DATA_DIR": str(settings.data_dir),
            "ENCAISS_DATABASE_URL": settings.database_url,
            "ENCAISS_SMTP_URL": office.url,
        }
        asked = {"environment": environment, "now": house.clock().isoformat(), "wait": wait}
        workers.stdin.write(json.dumps(asked | {"moment": moment}) + "\n")
        return int(workers.stdout.readline())

    return start


@pytest.fixture
def debtors(house, clock, office):
    """Makes debtors of one client that are to be written to tonight; their addresses."""
    clock.set(NIGHT)
    house.wiring = replace(house.wiring, mail=SmtpMailer(office.url))

    def make(count):
        client = house.client()
        for n in range(count):
            debtor = house.debtor(client, f"Débiteur {n}", email=f"d{n}@x.example")
            house.delegate(debtor, from_date=date(2026, 1, 1))
            house.invoice(debtor, "1", due=DUE, cents=10_000)
        return [f"d{n}@x.example" for n in range(count)]

    return make


@pytest.fixture
def agreed(house, debtors):
    """The same debtors, each with a plan of which an instalment is to be reminded of tonight."""

    def make(count):
        everybody, parts = debtors(count), (Instalment(NIGHT + timedelta(days=3), 10_000),)
        with house.wiring.begin(HOUSE) as work:
            for key in range(1, count + 1):
                plan = InstalmentPlan(frozenset({key}), parts, NIGHT - timedelta(days=20))
                stops.add(work.session, 1, key, plan, words="", user_id=None, at=house.clock())
        return everybody

    return make


def check(office, story, everybody, doubtful):
    """Everybody was written to once; the first one twice where it must be, and then the same."""
    times = Counter(one.to[0] for one in office.received)
    first = next(iter(times))
    assert times == Counter(everybody) + Counter([first] if doubtful else [])
    mine = [one for one in office.received if one.to[0] == first]
    assert len({one.content for one in mine}) == 1
    assert len({one.message_id for one in office.received}) == len(everybody)
    assert len(story.acts("sent")) == len(everybody)
    assert story.acts("failed", "dropped") == []
    assert sum(facts.get("doubts", 0) for _, facts in story.acts("sent")) >= doubtful


def followed(house, clock, office, story, everybody, doubtful):
    """What the next workers make of it: at once what is sure, after a quarter of an hour the rest."""
    jobs.remind(house.wiring)
    assert len(office.received) <= len(everybody)
    clock.forward(minutes=16)
    jobs.deliver(house.wiring, at_once=False)
    check(office, story, everybody, doubtful)
    assert jobs.remind(house.wiring).sent == 0


@pytest.mark.parametrize("name", MOMENTS)
def test_a_worker_killed_at_the_database_loses_nothing(
    workers, worker, house, clock, office, story, debtors, name
):
    everybody = debtors(2)
    worker(MOMENTS[name])
    assert int(workers.stdout.readline()) == 9, "it was killed"
    followed(house, clock, office, story, everybody, name in IN_DOUBT)


@pytest.mark.parametrize("name", MOMENTS)
def test_nor_does_one_killed_over_the_reminder_of_an_instalment(
    workers, worker, house, clock, office, story, agreed, name
):
    """Its invoices take no step: that it goes once is for the index of instalments to say."""
    everybody = agreed(2)
    worker(MOMENTS[name])
    assert int(workers.stdout.readline()) == 9, "it was killed"
    followed(house, clock, office, story, everybody, name in IN_DOUBT)
    assert {row.instalment_on for row in story.rows(records.OutboxMessage)} == {NIGHT + timedelta(days=3)}
    assert {line.step for line in story.rows(records.OutboxLine)} == {None}


@pytest.mark.parametrize("stage", STAGES)
def test_a_worker_killed_at_the_mail_server_loses_nothing(
    workers, worker, house, clock, office, story, debtors, stage
):
    everybody, known, number = debtors(2), threading.Event(), []

    def kill(_connected):
        assert known.wait(10)
        os.kill(number[0], 9)

    office.script = lambda now, connection: kill if (now, connection) == (stage, 1) else None
    number.append(worker())
    known.set()
    assert int(workers.stdout.readline()) == 9, "it was killed"
    followed(house, clock, office, story, everybody, stage in IN_DOUBT)


def test_workers_share_a_night_and_one_that_is_killed_leaves_its_part_to_the_others(
    worker, house, clock, office, story, debtors
):
    everybody, first = debtors(9), []
    arrived, killed = threading.Event(), threading.Event()

    def kill(_connected):
        arrived.set()
        assert killed.wait(20)

    office.script = lambda now, connection: kill if (now, connection) == ("connect", 1) else None
    first.append(worker(wait=False))
    assert arrived.wait(20), "the first worker has a message in its hands"
    for _ in range(2):
        worker(wait=False)
    others = len(everybody) - 1
    assert reached(lambda: len(story.acts("sent")) == others), "the others send all but that one"
    os.kill(first[0], 9)
    killed.set()
    clock.forward(minutes=16)
    assert jobs.remind(house.wiring).sent == 1
    assert Counter(one.to[0] for one in office.received) == Counter(everybody)
    assert len(story.acts("sent")) == len(everybody)
    assert sorted(row.doubts for row in story.rows(records.OutboxMessage)) == [0] * 8 + [1]


def reached(state):
    """Whether something comes true within twenty seconds."""
    end = time.monotonic() + 20
    while time.monotonic() < end and not state():
        time.sleep(0.02)
    return state()
