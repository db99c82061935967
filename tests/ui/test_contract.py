"""The addresses for software against their own OpenAPI document, with good and bad data: Schemathesis."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from encaiss_dashboard.domain.permissions import HOUSE
from encaiss_dashboard.services import tokens

CONFIG = Path(__file__).parent / "contract" / "schemathesis.toml"
LIMIT_S = 900


@pytest.fixture
def contract(server, tmp_path):
    """A function that lets Schemathesis loose on the served house, in the name of a client of its own."""

    def run(slug, *options):
        client = server.house.client(slug, f"{slug} SRL")
        with server.house.wiring.begin(HOUSE) as work:
            key = tokens.make(work, client, "Schemathesis")
        command = [
            str(Path(sys.prefix, "bin", "schemathesis")),
            "--config-file",
            str(CONFIG),
            "run",
            f"{server.base}/api/v1/openapi.json",
            *("--checks", "all", "--continue-on-failure", "--no-color", "--suppress-health-check", "all"),
            *options,
        ]
        environment = os.environ | {
            "ENCAISS_CONTRACT_KEY": key,
            "PYTHONPATH": str(CONFIG.parent),
            "SCHEMATHESIS_HOOKS": "contract_hooks",
        }
        return subprocess.run(
            command,
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=False,
        )

    return run


def holds(server, ran, requests):
    assert ran.returncode == 0, ran.stdout[-8000:] + ran.stderr[-2000:]
    assert "Operations:       2 selected / 2 total" in ran.stdout
    (generated,) = [
        int(line.split()[0].replace(",", "")) for line in ran.stdout.splitlines() if " generated" in line
    ]
    assert generated > requests
    assert "a request broke" not in server.log.read_text(errors="replace")


def test_every_answer_is_as_the_document_says_whatever_is_asked(server, contract):
    holds(server, contract("contract", "--max-examples", "15", "--seed", "1"), 300)


@pytest.mark.soak
def test_so_it_is_for_thousands_of_requests(server, contract):
    holds(server, contract("contract-soak", "--max-time", "300"), 1000)
