"""Starting and stopping: what is refused, what is asked for first, and workers that share the work."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import replace

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from encaiss_dashboard import wiring as house_wiring
from encaiss_dashboard.cli import server
from encaiss_dashboard.cli.commands import encaiss
from encaiss_dashboard.domain.permissions import HOUSE, Role
from encaiss_dashboard.services import people
from encaiss_dashboard.services.accounts import factors, signing

ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


# ---------------------------------------------------------------- workers


@ON_SQLITE
def test_two_workers_at_once_send_each_message_once(client, ledger, answer, settings, tmp_path):
    answer("import", ledger, "--client", "ardenne")
    answer("delegate", "--client", "ardenne", "--all", "--from", "2026-09-01")
    environment = os.environ | {
        "ENCAISS_DATA_DIR": str(tmp_path),
        "ENCAISS_DATABASE_URL": settings.database_url,
        "ENCAISS_DEMO": "0",
    }
    command = [sys.executable, "-m", "encaiss_dashboard.cli", "worker", "--once", "--json"]
    workers = [
        subprocess.Popen(
            command,
            env=environment,
            cwd=server.ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    said = [worker.communicate(timeout=120) for worker in workers]
    results = [json.loads(out) for out, _ in said]
    assert sum(result["planned"] for result in results) == 2, said
    assert sum(result["sent"] for result in results) == 2
    assert len(list((tmp_path / "outbox").glob("*.eml"))) == 2


@ON_SQLITE
def test_a_worker_stops_at_once_and_cleanly_when_it_is_told_to(settings, tmp_path):
    environment = os.environ | {
        "ENCAISS_DATA_DIR": str(tmp_path),
        "ENCAISS_DATABASE_URL": settings.database_url,
        "ENCAISS_DEMO": "0",
    }
    worker = subprocess.Popen(
        [sys.executable, "-m", "encaiss_dashboard.cli", "worker", "--json", "--lang", "en"],
        env=environment,
        cwd=server.ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert "02:00" in worker.stderr.readline()
    time.sleep(1)
    worker.send_signal(signal.SIGTERM)
    out, err = worker.communicate(timeout=20)
    assert (worker.returncode, json.loads(out)) == (0, {"stopped": True}), err


# ---------------------------------------------------------------- people


@ON_SQLITE
def test_a_client_and_its_people_are_added(house, answer, refusal, wiring):
    added = answer("client", "add", "mosan", "--name", "Mosan SRL", "--iban", "BE68 5390 0754 7034")
    assert added == {"client": "mosan", "name": "Mosan SRL"}
    user = ["user", "add", "--email", "Ann@mosan.example", "--name", "Ann", "--password-stdin"]
    owner = [*user, "--role", "owner", "--client", "mosan"]
    assert "12" in refusal(*owner, input="short\n")["error"]
    done = answer(*owner, input="correct horse battery\n")
    assert done == {"email": "ann@mosan.example", "name": "Ann", "role": "owner", "client": "mosan"}
    with wiring.begin(HOUSE) as work:
        assert signing.check(work, "ann@mosan.example", "correct horse battery")
    assert "ann@mosan.example" in refusal(*owner, input="correct horse battery\n")["error"]
    assert refusal(*user, "--role", "owner", input="correct horse battery\n")
    assert refusal(*user, "--role", "administrator", "--client", "mosan", input="correct horse battery\n")


@ON_SQLITE
def test_a_lost_second_factor_is_taken_away_from_the_command_line(house, answer, refusal, wiring):
    house.client("mosan", "Mosan SRL")
    manager = house.user(Role.CASE_MANAGER, "mosan", "m@agency.example")
    for email in ("m@agency.example", "nobody@agency.example"):
        assert refusal("user", "forget-second-factor", "--email", email)
    with wiring.begin(HOUSE) as work:
        factors.give_to_demo(work, manager.user_id)
    assert answer("user", "forget-second-factor", "--email", "M@agency.example ")
    with wiring.begin(manager) as work:
        assert factors.standing(work, None).since is None


@ON_SQLITE
def test_a_password_is_never_asked_of_a_script(client, refusal):
    said = refusal("user", "add", "--email", "a@b.example", "--name", "A", "--role", "case_manager")
    assert "--password-stdin" in said["error"]


@ON_SQLITE
def test_the_agency_says_who_it_is(client, answer, wiring):
    details = ["--name", "Recouvre SA", "--email", "post@recouvre.example", "--address", "Rue 1\\n5000 Namur"]
    assert answer("agency", *details) == {"name": "Recouvre SA", "email": "post@recouvre.example"}
    with wiring.engine.connect() as connection:
        rows = connection.execute(text("SELECT name, address FROM agency")).all()
    assert rows == [("Recouvre SA", "Rue 1\n5000 Namur")]


# ---------------------------------------------------------------- a safe start


def _bare(settings, tmp_path, **changes):
    url = f"sqlite:///{tmp_path / 'bare.db'}"
    return house_wiring.build(replace(settings, **({"database_url": url} | changes)))


def _refused(wired, *command):
    result = CliRunner().invoke(encaiss, [*command, "--json", "--lang", "en"], obj=wired)
    wired.engine.dispose()
    assert result.exit_code == 2, result.output
    assert "Traceback" not in result.output
    return json.loads(result.stdout)["error"]


@ON_SQLITE
def test_an_empty_database_asks_for_migrate(settings, tmp_path):
    bare = _bare(settings, tmp_path)
    assert "encaiss migrate" in _refused(bare, "remind", "--on", "2026-11-22")
    result = CliRunner().invoke(encaiss, ["migrate", "--json"], obj=bare)
    assert json.loads(result.stdout)["migrated"] is True
    assert CliRunner().invoke(encaiss, ["remind", "--json"], obj=bare).exit_code == 0
    bare.engine.dispose()


@ON_SQLITE
def test_a_database_that_does_not_answer_is_no_traceback(settings, tmp_path):
    url = f"postgresql://nobody@127.0.0.1:{_free_port()}/none"
    assert "does not answer" in _refused(_bare(settings, tmp_path, database_url=url), "remind")


@ON_SQLITE
@pytest.mark.parametrize("command", ["serve", "worker"])
def test_nothing_starts_without_a_secret(settings, tmp_path, command):
    assert "ENCAISS_SECRET" in _refused(_bare(settings, tmp_path, secret="", demo=False), command)


@ON_SQLITE
@pytest.mark.parametrize("command", ["serve", "worker"])
def test_made_up_data_is_not_served_to_the_world(settings, tmp_path, command):
    bare = _bare(settings, tmp_path, demo=False, port=_free_port())
    house_wiring.migrate(bare.settings.database_url)
    with bare.begin(HOUSE) as work:
        people.set_up_agency(work, name="Demo", email="demo@agency.example", demo=True)
    assert "ENCAISS_DEMO=1" in _refused(bare, command)


@ON_SQLITE
def test_demo_data_is_made_only_where_the_settings_say_so(client, settings, tmp_path, wiring):
    assert "ENCAISS_DEMO=1" in _refused(_bare(settings, tmp_path, demo=False), "demo")
    assert "real data" in _refused(wiring, "demo")


@ON_SQLITE
def test_a_taken_port_is_told(settings, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert str(port) in _refused(_bare(settings, tmp_path, port=port), "serve")


@ON_SQLITE
def test_a_nonsensical_hour_is_told(settings, tmp_path):
    bare = _bare(settings, tmp_path, remind_at="late", demo=False)
    assert "late" in _refused(bare, "worker")


def test_a_wrong_setting_is_one_sentence():
    for flags in ([], ["--json"]):
        done = subprocess.run(
            [sys.executable, "-m", "encaiss_dashboard.cli", "migrate", *flags],
            env=os.environ | {"ENCAISS_PORT": "many"},
            cwd=server.ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
        assert "ENCAISS_PORT" in (json.loads(done.stdout)["error"] if flags else done.stderr)


def test_the_pages_are_built_again_when_what_they_are_made_of_changes():
    assert server.stamp("http://a.example") == server.stamp("http://a.example")
    assert server.stamp("http://a.example") != server.stamp("https://b.example")


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
