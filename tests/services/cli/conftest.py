"""What the tests of the command line share: ways to ask it, and a client to ask about."""

import json
import os
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from datetime import date

import pytest
from click.testing import CliRunner
from sqlalchemy import select, text
from sqlalchemy.engine import make_url

from encaiss_dashboard import wiring as house_wiring
from encaiss_dashboard.cli import server
from encaiss_dashboard.cli.commands import encaiss
from encaiss_dashboard.domain.permissions import Role
from encaiss_dashboard.settings import read
from encaiss_dashboard.storage.engine import make_engine
from encaiss_dashboard.storage.records import Record

LEDGER = """\
Numéro;Client;Date;Échéance;Total;E-mail
F-1;Moulin Clair SA;05/09/2026;05/10/2026;1.210,00;compta@moulin.example
F-2;Moulin Clair SA;01/10/2026;31/10/2026;99,50;compta@moulin.example
F-3;Boulangerie Pré SRL;13/10/2026;12/11/2026;300,00;boulanger@pre.example
N-1;Moulin Clair SA;15/10/2026;15/10/2026;-20,00;
"""


@pytest.fixture
def run(wiring):
    def invoke(*args, **options):
        return CliRunner().invoke(encaiss, list(args), obj=wiring, **options)

    return invoke


@pytest.fixture
def answer(run):
    """The JSON of a command that is done."""

    def ask(*args, **options):
        result = run(*args, "--json", **options)
        assert (result.exit_code, result.stderr) == (0, ""), result.output + str(result.exception)
        return json.loads(result.stdout)

    return ask


@pytest.fixture
def refusal(run):
    """The JSON of a command that could not, its sentence, and the certainty that nothing broke."""

    def ask(*args, **options):
        before = run(*args, **options)
        assert (before.exit_code, before.stderr.count("Traceback")) == (2, 0), before.output
        assert isinstance(before.exception, SystemExit)
        result = run(*args, "--json", **options)
        assert result.exit_code == 2
        said = json.loads(result.stdout)
        assert said["error"].strip() == result.stderr.strip()
        return said

    return ask


@pytest.fixture
def client(house):
    return house.client("ardenne", iban="BE68539007547034")


@pytest.fixture
def ledger(tmp_path):
    path = tmp_path / "ledger.csv"
    path.write_text(LEDGER, encoding="utf-8")
    return str(path)


# ---------------------------------------------------------------- backups

DUE = date(2026, 10, 5)


@pytest.fixture
def elsewhere(house, clock, request, tmp_path):
    """Makes houses in other places, on a database of that engine without tables, unless it is migrated."""
    with ExitStack() as end:

        def make(engine="sqlite", *, migrated=False):
            folder = tmp_path / f"elsewhere-{time.monotonic_ns()}"
            url = f"sqlite:///{folder / 'encaiss.db'}"
            if engine == "postgresql":
                url = end.enter_context(_database(request.getfixturevalue("postgresql")))
            if migrated:
                house_wiring.migrate(url)
            place = {"ENCAISS_DATA_DIR": str(folder), "ENCAISS_DATABASE_URL": url}
            built = house_wiring.build(
                read(os.environ | place), clock=clock, passwords=house.wiring.passwords
            )
            end.callback(built.engine.dispose)
            return type(house)(built, clock)

        yield make


@contextmanager
def _database(server):
    name = f"other_{time.monotonic_ns()}"
    engine = make_engine(server).execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


@pytest.fixture
def key(answer, tmp_path):
    return answer("backup-key", str(tmp_path / "backup.key"))["key_file"]


@pytest.fixture
def furnished(house, client, ledger, answer):
    """A house with rows in its tables, an upload, and texts that need care."""
    answer("import", ledger, "--client", "ardenne", "--dates", "dmy")
    answer("delegate", "--client", "ardenne", "--all", "--from", "2026-11-01")
    answer("remind", "--on", "2026-11-22")
    house.user(Role.OWNER, "ardenne", email="ann@ardenne.example")
    house.session("ann@ardenne.example", "a token of a browser")
    # A credit note that came before the invoice it settles.
    debtor = house.debtor(client, 'Chez "Élise" \\ œuvre\n日本', city="Liège")
    note = house.invoice(debtor, "N-9", due=DUE, cents=2_000, kind="credit_note")
    house.allocate(house.invoice(debtor, "F-9", due=DUE, cents=9_000), on=DUE, cents=500, credit_note_id=note)
    house.payment(debtor, on=DUE, cents=2**40)
    return house


@pytest.fixture
def backup(furnished, answer, key, tmp_path):
    path = tmp_path / "encaiss.backup"
    answer("backup", str(path), "--key", key)
    return path


@pytest.fixture
def ask():
    """The exit code and the JSON of a command in any house."""

    def ask(house, *command):
        command = [*map(str, command), "--json", "--lang", "en"]
        result = CliRunner().invoke(encaiss, command, obj=house.wiring)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result.exit_code, json.loads(result.stdout)

    return ask


@pytest.fixture
def facts():
    """Every row of a house as the code reads it, the same on both databases, and every upload."""

    def facts(house):
        folder = house.wiring.settings.uploads
        with house.engine.connect() as connection:
            rows = {
                table.name: list(map(tuple, connection.execute(select(table).order_by(*table.primary_key))))
                for table in Record.metadata.sorted_tables
            }
        return rows, {path.name: path.read_bytes() for path in folder.iterdir()} if folder.exists() else {}

    return facts


@pytest.fixture
def sound():
    """Checks what SQLite says about its own soundness; PostgreSQL does not let it come to that."""

    def sound(house):
        with house.engine.connect() as connection:
            if connection.dialect.name == "sqlite":
                assert connection.execute(text("PRAGMA integrity_check")).scalar() == "ok"
                assert not connection.execute(text("PRAGMA foreign_key_check")).all()

    return sound


@pytest.fixture
def started():
    """Starts Python in a process of its own on a house; what is still running at the end is killed."""
    running = []

    def start(house, *command, **options):
        environment = os.environ | {
            "ENCAISS_DATA_DIR": str(house.wiring.settings.data_dir),
            "ENCAISS_DATABASE_URL": house.wiring.settings.database_url,
        }
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        options = quiet | options
        running.append(
            subprocess.Popen([sys.executable, *command], env=environment, cwd=server.ROOT, **options)
        )
        return running[-1]

    yield start
    for process in running:
        process.kill()
        process.communicate()


@pytest.fixture
def count():
    def count(house, record):
        with house.engine.connect() as connection:
            return len(connection.execute(select(record.id)).all())

    return count


@pytest.fixture
def whole(facts, sound):
    """Checks that there is nothing of an import without the rest of it."""

    def whole(house):
        sound(house)
        rows, files = facts(house)
        tables = Record.metadata.tables
        names = {name: tables[name].columns.keys() for name in ("invoice", "import_batch")}
        batches = [dict(zip(names["import_batch"], row, strict=True)) for row in rows["import_batch"]]
        invoices = [dict(zip(names["invoice"], row, strict=True)) for row in rows["invoice"]]
        for batch in batches:
            kept = sum(invoice["batch_id"] == batch["id"] for invoice in invoices)
            # A file is received in a transaction of its own, and imported in the next.
            counted = [batch["result"][name] for name in ("created", "credit_notes") if batch["imported_at"]]
            assert kept == sum(counted)
            assert len(files[f"batch-{batch['id']}"]) == batch["size_bytes"]
        assert {invoice["batch_id"] for invoice in invoices} <= {batch["id"] for batch in batches}

    return whole
