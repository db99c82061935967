"""The same request again: under its own key it is done once, even at the same time, even across a crash."""

import asyncio
from contextlib import contextmanager
from dataclasses import replace

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from encaiss_dashboard.api.application import application
from encaiss_dashboard.domain.retention import ANSWERS_KEPT

GOOD = {
    "number": "F-1",
    "issue": "2026-10-01",
    "due": "2026-10-31",
    "total": "1000.00",
    "debtor": {"name": "Moulin Clair SA"},
}


async def test_the_same_request_under_its_key_gets_the_same_answer_and_is_done_once(odoo, house):
    first = await odoo.push(GOOD, GOOD | {"number": "F-2", "total": "x"}, key="k-1")
    before = house.dump()
    again = await odoo.push(GOOD, GOOD | {"number": "F-2", "total": "x"}, key="k-1", lang="fr")
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert again.headers["location"] == first.headers["location"]
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert house.dump() == before


async def test_without_a_key_it_is_asked_anew(odoo):
    await odoo.push(GOOD)
    again = await odoo.push(GOOD)
    assert "idempotent-replayed" not in again.headers
    assert again.json()["unchanged"] == 1


async def test_spaces_and_order_make_no_other_request(odoo):
    await odoo.send(
        b'{"invoices": [{"number": "F-1", "issue": "2026-10-01", "total": "5.00", "debtor": {"name": "M"}}]}',
        key="k",
    )
    other = b'{"invoices":[{"debtor":{"name":"M"},"total":"5.00","issue":"2026-10-01","number":"F-1"}]}'
    assert (await odoo.send(other, key="k")).headers["idempotent-replayed"] == "true"


@pytest.mark.parametrize(
    "other",
    [
        {"invoices": [GOOD | {"total": "1000.01"}]},
        {"invoices": [GOOD, GOOD]},
        {"invoices": [GOOD], "on_change": "apply"},
        {"invoices": [GOOD], "all_or_nothing": True},
    ],
)
async def test_the_same_key_for_anything_else_is_refused(odoo, house, other):
    await odoo.push(GOOD, key="k-1")
    before = house.dump()
    answer = await odoo.send(other, key="k-1")
    assert (answer.status_code, answer.json()["code"]) == (422, "key_reused")
    assert house.dump() == before


async def test_a_file_again_is_the_same_request_and_another_is_not(odoo):
    csv = "Numéro;Client;Date;Échéance;Total\nU-1;Moulin;01/09/2026;01/10/2026;10,00\n".encode()
    await odoo.send(csv, "text/csv", key="k")
    assert (await odoo.send(csv, "text/csv", key="k")).headers["idempotent-replayed"] == "true"
    assert (await odoo.send(csv + b"\n", "text/csv", key="k")).status_code == 422
    assert (await odoo.send(csv, "text/csv", key="k", query="?name=x")).status_code == 422


async def test_two_clients_may_use_one_key(software, invoices):
    ardenne, baltique = software("ardenne"), software("baltique")
    for one in (ardenne, baltique):
        assert (await one.push(GOOD, key="k-1")).status_code == 201
    assert len(invoices()) == 2


async def test_what_was_refused_can_be_mended_under_the_same_key(odoo):
    assert (await odoo.push(GOOD | {"total": "x"}, key="k-1")).status_code == 422
    assert (await odoo.push(GOOD | {"total": 5}, key="k-1")).status_code == 422
    assert (await odoo.push(GOOD, key="k-1")).status_code == 201


async def test_a_trial_uses_no_key_up(odoo):
    assert (await odoo.push(GOOD, key="k-1", dry_run=True)).status_code == 200
    assert (await odoo.push(GOOD, key="k-1")).status_code == 201
    assert (await odoo.push(GOOD, key="k-1", dry_run=True)).json()["unchanged"] == 1


async def test_what_found_nothing_new_is_remembered_as_well(odoo):
    await odoo.push(GOOD)
    assert (await odoo.push(GOOD, key="k-1")).status_code == 200
    assert (await odoo.push(GOOD, key="k-1")).headers["idempotent-replayed"] == "true"


async def test_after_a_month_a_key_is_free_again(odoo, clock):
    await odoo.push(GOOD, key="k-1")
    clock.now += ANSWERS_KEPT
    answer = await odoo.push(GOOD | {"number": "F-2"}, key="k-1")
    assert (answer.status_code, answer.json()["created"]) == (201, 1)


async def test_the_same_request_many_times_at_once_is_done_once(odoo, invoices, house):
    answers = await asyncio.gather(*(odoo.push(GOOD, GOOD | {"number": "F-2"}, key="k-1") for _ in range(8)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert sum(answer.headers.get("idempotent-replayed") == "true" for answer in answers) == 7
    assert len(invoices()) == 2
    assert len(house.dump()["import_batch"]) == 1
    assert len(list(house.wiring.store.kept())) == 1


async def test_different_requests_under_one_key_at_once_leave_one(odoo, invoices):
    sent = [odoo.push(GOOD | {"number": f"F-{n}"}, key="k-1") for n in range(6)]
    answers = await asyncio.gather(*sent)
    assert sorted(answer.status_code for answer in answers) == [201, 422, 422, 422, 422, 422]
    assert len(invoices()) == 1


async def test_the_same_invoice_at_once_without_keys_is_taken_once(odoo, invoices):
    answers = await asyncio.gather(*(odoo.push(GOOD) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 200, 200, 201]
    assert len(invoices()) == 1


class Dying:
    """The wiring of a house that dies before the third transaction of its software is committed."""

    def __init__(self, wiring, *, wholly):
        self._wiring, self._wholly, self._begun = wiring, wholly, 0

    @contextmanager
    def begin(self, actor, *args, **options):
        is_last = not actor.house and options["write"] and self._count()
        if self._begun > 1 and actor.house and self._wholly:
            raise RuntimeError("nothing is there any more")
        with self._wiring.begin(actor, *args, **options) as work:
            yield work
            if is_last:
                raise RuntimeError("the power went")

    def _count(self):
        self._begun += 1
        return self._begun == 2

    def __getattr__(self, name):
        return getattr(self._wiring, name)


@pytest.mark.parametrize("wholly", [False, True])
async def test_a_crash_before_the_end_leaves_neither_invoices_nor_an_answer(odoo, house, wholly):
    """Whoever asks again then gets it done: what is taken and what is answered is one transaction."""
    before = house.dump()
    dying = Dying(house.wiring, wholly=wholly)
    transport = httpx.ASGITransport(Starlette(routes=[Mount("/api/v1", app=application(lambda: dying))]))
    async with httpx.AsyncClient(transport=transport, base_url="http://house.example") as http:
        with pytest.raises(RuntimeError):
            await replace(odoo, http=http).push(GOOD, key="k-1")
    after = house.dump()
    # A whole house that died leaves what came in, as a file that somebody dropped and did not import.
    assert len(after["import_batch"]) == wholly
    assert after | {"import_batch": []} == before
    answer = await odoo.push(GOOD, key="k-1")
    assert (answer.status_code, len(house.dump()["invoice"])) == (201, 1)
    assert "idempotent-replayed" not in answer.headers
