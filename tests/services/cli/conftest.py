"""What the tests of the command line share: ways to ask it, and a client to ask about."""

import json

import pytest
from click.testing import CliRunner

from encaiss_dashboard.cli.commands import encaiss

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
