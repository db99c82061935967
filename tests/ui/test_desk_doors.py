"""What a hostile program may ask of the desk: no foreign address, nobody else's client."""

import pytest
from reflex_base.registry import RegistrationContext

from encaiss_dashboard.encaiss_dashboard import app
from encaiss_dashboard.ui.desk_state import Desk

LOADED = app  # importing it registers every handler there is
HANDLERS = RegistrationContext.get().event_handlers
ENTER = f"{Desk.get_full_name()}.enter"
HYDRATE = next(name for name in HANDLERS if name.endswith(".hydrate"))


def opened(server):
    return [row for row in server.house.dump()["act"] if "'opened'" in row]


@pytest.mark.parametrize(
    "path",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/debtors/../../evil.example",
        "/debtors/1?next=//evil.example",
        "/debtors/1\n",
        "/auth/logout",
        "javascript:alert(1)//evil.example",
        "",
    ],
)
async def test_a_client_is_entered_only_at_its_own_screens(server, tab, administrator, ardenne, path):
    before = opened(server)
    async with tab(administrator) as admin:
        await admin.ask(HYDRATE, path="/desk")
        said = await admin.ask(ENTER, {"client_id": str(ardenne.client_id), "path": path}, "/desk")
    assert "_redirect" not in said
    assert "evil.example" not in said
    assert opened(server) == before


async def test_nobody_enters_a_client_that_is_not_theirs(server, tab, ardenne, baltique):
    before = opened(server)
    async with tab(ardenne.cookies["owner"]) as owner:
        await owner.ask(HYDRATE, path="/desk")
        said = await owner.ask(ENTER, {"client_id": str(baltique.client_id), "path": "/invoices"}, "/desk")
    assert "_redirect" not in said
    assert baltique.mark not in said
    assert opened(server) == before


async def test_the_agency_enters_at_the_screen_that_was_meant(server, tab, administrator, ardenne):
    before = opened(server)
    async with tab(administrator) as admin:
        await admin.ask(HYDRATE, path="/desk")
        said = await admin.ask(ENTER, {"client_id": str(ardenne.client_id), "path": "/invoices"}, "/desk")
    assert '"/invoices"' in said
    assert len(opened(server)) == len(before) + 1
