"""A real browser before the served house, and a client with something on every screen."""

from __future__ import annotations

import os
import secrets
import shutil
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from bank_writer import Day, Move, coda
from playwright.sync_api import expect
from remitted import Till

from encaiss_dashboard import jobs
from encaiss_dashboard.domain.permissions import HOUSE, Role
from encaiss_dashboard.domain.stops import DisputeReason
from encaiss_dashboard.domain.stops.opening import NewDispute
from encaiss_dashboard.services import imports, payments, remittances, tokens
from encaiss_dashboard.services.accounts import team
from encaiss_dashboard.services.stops import opening
from encaiss_dashboard.storage.journal import ActKind

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
WAIT_MS = 20_000
expect.set_options(timeout=WAIT_MS)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any], browser_type: Any) -> dict[str, Any]:
    """The browser that `make test` found, else the system's, else Playwright's own."""
    named = os.environ.get("ENCAISS_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), "")
    if not (Path(named) if named else Path(browser_type.executable_path)).exists():
        pytest.fail(
            "No browser was found: install the system's package `chromium`, or set ENCAISS_CHROMIUM to an "
            "installed Chromium or Chrome. `make test` does that by itself.",
            pytrace=False,
        )
    quiet = ("background-networking", "component-update", "sync", "default-apps", "extensions")
    return {
        **browser_type_launch_args,
        **({"executable_path": named} if named else {}),
        "args": ["--no-sandbox", "--disable-gpu", "--no-first-run", *(f"--disable-{name}" for name in quiet)],
    }


@pytest.fixture(scope="session")
def base_url(server: Any) -> str:
    return str(server.base)


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any], base_url: str) -> dict[str, Any]:
    size = {"width": 1440, "height": 940}
    return {**browser_context_args, "base_url": base_url, "viewport": size, "locale": "fr-BE"}


@pytest.fixture
def page(page: Any) -> Any:
    """A page that fails its test when a script broke on it or something was not found."""
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on(
        "console",
        lambda message: (
            troubles.append(f"{message.text} {message.location.get('url', '')}")
            if message.type == "error"
            else None
        ),
    )
    page.set_default_timeout(WAIT_MS)
    yield page
    assert not troubles


@dataclass
class Furnished:
    """A client with something on every screen, and the addresses of all screens."""

    client_id: int
    debtor_id: int
    batch_id: int
    screens: tuple[str, ...]


@pytest.fixture(scope="session")
def furnished(server: Any) -> Furnished:
    house, today = server.house, date.today()  # noqa: DTZ011 - as the server does
    client_id = house.client("screens", "Menuiserie Exemple SRL", iban="BE68539007547034", bic="GKCCBEBB")
    house.user(Role.OWNER, "screens", "owner@screens.example", "Test Owner")
    house.user(Role.ADMINISTRATOR, None, "admin@screens.example", "Test Admin")
    names = (
        "Moulin Clair SA",
        "Zinc & Cuivre SPRL",
        "L’Atelier d’Été",
        "De Korte Golf NV",
        "Haute Fagne ASBL",
    )
    debtors = [house.debtor(client_id, f"{name} {n}", city="Namur") for n in range(13) for name in names]
    for number, debtor_id in enumerate(debtors):
        for turn in range(4):
            due = today - timedelta(days=number * 3 + turn * 40 - 30)
            cents = 10_000 + 1_234 * number + turn
            invoice_id = house.invoice(debtor_id, f"F{number:03}-{turn}", due=due, cents=cents)
            if turn > 1:
                house.payment(debtor_id, on=min(due, today), cents=cents, invoice_id=invoice_id)
    house.delegate(*debtors[:40], from_date=today - timedelta(days=60))
    with house.wiring.begin(HOUSE) as work:
        for debtor_id in debtors[:40]:
            facts = {"from": today.isoformat(), "until": None, "reason": "", "by": "Test Owner"}
            work.journal.record(
                ActKind.DELEGATED,
                day=today - timedelta(days=60),
                client_id=client_id,
                debtor_id=debtor_id,
                facts=facts,
            )
    jobs.remind(house.wiring, on=today - timedelta(days=16), client_ids=(client_id,))
    data = "Numéro;Client;Date;Échéance;Total\nN-1;Moulin;01/09/2026;01/10/2026;10,00\nN-2;;01/09/2026;;x\n"
    with house.wiring.begin(HOUSE) as work:
        batch_id = imports.receive(work, client_id, "septembre.csv", data.encode())
        invited = {"email": "nina@screens.example", "name": "Nina", "roles": ["accountant"], "language": "nl"}
        team.invite(work, client_id, **invited)
        tokens.make(work, client_id, "Odoo")
        opening.open_one(
            work, client_id, debtors[5], NewDispute(None, DisputeReason.QUANTITY), "trois en moins"
        )
    paid_on = _paid_on(house, client_id, today)
    _bank(house, client_id, names, today)
    screens = ("/", "/invoices", f"/invoices/import/{batch_id}", "/debtors", f"/debtors/{debtors[5]}")
    office = ("/team", "/software", "/journal", "/privacy", "/security")
    plans = ("/reminders/plan", "/reminders/plan?for=consumer")
    told = (*plans, "/reminders/texts", "/reminders/calendar", "/messages/1")
    rest = ("/figures", "/reminders", *office, "/invoices/imports", *told)
    money = ("/payments", "/payments/match", "/payments/imports", "/remittances", f"/remittances/{paid_on}")
    return Furnished(client_id, debtors[5], batch_id, (*screens, *rest, *money))


def _bank(house: Any, client_id: int, names: tuple[str, ...], today: date) -> None:
    """A statement of the client and one of the agency, with lines that wait on both."""
    yesterday, own = today - timedelta(days=1), "BE71096123456769"
    known = Move(10_000 + 1_234 * 3, name=f"{names[3].upper()} 0", booked=yesterday, value=yesterday)
    unknown = Move(7_777, "MERCI", name="UN INCONNU", booked=yesterday, value=yesterday)
    costs = Move(-750, "FRAIS", code="0350000", booked=yesterday, value=yesterday)
    with house.wiring.begin(HOUSE) as work:
        for owner, account in ((client_id, "BE68539007547034"), (None, own)):
            if owner is None:
                payments.accept_account(work, None, own)
            data = coda(Day((known, unknown, costs), account=account, on=yesterday)).encode("latin-1")
            payments.receive(work, owner, "extrait.cod", data)


def _paid_on(house: Any, client_id: int, today: date) -> int:
    """Money on the agency's account: some was paid on, more waits, of somebody too much was taken back."""
    till = Till(house)
    debtor = house.debtor(client_id, "Payeur Exemple SA")
    invoice = house.invoice(debtor, "P-1", due=today - timedelta(days=50), cents=90_000)
    first = till.receives(debtor, 95_000, today, reference="+++123/4567/89002+++")
    house.allocate(invoice, on=today, cents=90_000, payment_id=first)
    till.accessory(invoice, first, "interest", 1_525, today)
    second = till.receives(debtor, 2_000, today)
    till.receives(debtor, -2_000, today, reverses_id=second)
    owing = house.debtor(house.client("screens-behind", "Sans Compte SPRL"), "Retour SA")
    till.receives(owing, 700, today)
    with house.wiring.begin(HOUSE) as work:
        remittances.make(work, None, [client_id], work.today)
        [made] = remittances.mine(work, client_id)
        remittances.transfer_file(work, None, [made.row.id], work.today)
    till.receives(debtor, 800, today, currency="USD")
    till.receives(debtor, 12_300, today)
    with house.wiring.begin(HOUSE) as work:
        remittances.make(work, None, [client_id], work.today)
    till.receives(debtor, 45_600, today)
    till.receives(owing, -900, today)
    return int(made.row.id)


@pytest.fixture
def signed_in(server: Any, context: Any) -> Any:
    """A function that signs the browser in as somebody, by the cookie alone."""

    def sign_in(email: str, client: int | None = None) -> None:
        token = server.house.session(email, secrets.token_urlsafe(32), client=client)
        context.add_cookies([{"name": "encaiss_session", "value": token, "url": server.base}])

    return sign_in


@pytest.fixture
def settled(page: Any) -> Any:
    """A function that opens a screen and waits until it shows its data."""

    def open_screen(path: str) -> Any:
        page.goto(path)
        expect(page.locator("h1").first).to_be_visible()
        expect(page.locator(".skeleton")).to_have_count(0)
        if path != "/login":
            expect(page.locator(".who .strong").first).not_to_be_empty()
        return page

    return open_screen
