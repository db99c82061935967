"""Invoices that software sends: taken, told, left alone, tried out, taken back."""

import pytest
from sqlmodel import Session, select

from encaiss_dashboard.api.document import EXAMPLE, EXAMPLE_ANSWER
from encaiss_dashboard.domain.permissions import HOUSE
from encaiss_dashboard.services import imports
from encaiss_dashboard.storage import records
from encaiss_dashboard.storage.journal import verify

GOOD = {
    "number": "F-1",
    "issue": "2026-10-01",
    "due": "2026-10-31",
    "total": "1000.00",
    "debtor": {"name": "Moulin Clair SA", "number": "C-1"},
}
COUNTS = ("created", "updated", "changed", "unchanged", "credit_notes", "rejected", "new_debtors")
CSV = (
    "Numéro;Client;Date;Échéance;Total\nU-1;Moulin;01/09/2026;01/10/2026;10,00\nU-2;;31/02/2026;;x\n".encode()
)


def counts(answer):
    return {name: answer.json()[name] for name in COUNTS if answer.json()[name]}


def statuses(answer):
    return [(one["index"], one["number"], one["status"]) for one in answer.json()["items"]]


def rows(house, table):
    with Session(house.engine) as session:
        return list(session.exec(select(table).order_by(table.id)))


async def test_what_is_good_is_taken_at_once_and_its_import_is_named(odoo, invoices, house):
    answer = await odoo.push(GOOD, GOOD | {"number": "F-2"})
    assert answer.status_code == 201
    assert counts(answer) == {"created": 2, "new_debtors": 1}
    assert statuses(answer) == [(0, "F-1", "created"), (1, "F-2", "created")]
    assert [number for _, number, *_ in invoices()] == ["F-1", "F-2"]
    (batch,) = rows(house, records.ImportBatch)
    assert answer.json()["batch"] == batch.id
    assert answer.headers["location"] == f"/api/v1/imports/{batch.id}"
    assert answer.headers["cache-control"] == "private, no-store"
    assert (batch.file_name, batch.format, batch.user_id) == ("Odoo.json", "json", None)


async def test_good_items_do_not_wait_for_bad_ones(odoo, invoices):
    bad = GOOD | {"number": "F-2", "issue": "2026-02-30", "debtor": {"name": "M", "email": "x"}}
    answer = await odoo.push(GOOD, bad, GOOD | {"number": "F-3"})
    assert answer.status_code == 201
    assert counts(answer) == {"created": 2, "rejected": 1, "new_debtors": 1}
    assert statuses(answer)[1] == (1, "F-2", "rejected")
    told = answer.json()["items"][1]
    assert [(one["code"], one["field"]) for one in told["problems"]] == [("date_impossible", "issue")]
    assert [(one["code"], one["field"]) for one in told["warnings"]] == [("email_invalid", "debtor.email")]
    assert "2026-02-30" in told["problems"][0]["message"]
    assert len(invoices()) == 2


@pytest.mark.parametrize(
    "lang, word", [("fr", "calendrier"), ("nl-BE,fr;q=0.5", "kalender"), ("en", "calendar")]
)
async def test_problems_are_told_in_the_language_that_is_asked_for(odoo, lang, word):
    answer = await odoo.push(GOOD, GOOD | {"number": "F-2", "issue": "2026-02-30"}, lang=lang)
    assert word in answer.json()["items"][1]["problems"][0]["message"]


async def test_the_same_again_creates_nothing_and_leaves_no_import(odoo, invoices, house):
    await odoo.push(GOOD)
    before = house.dump()
    answer = await odoo.push(GOOD)
    assert (answer.status_code, answer.json()["batch"]) == (200, None)
    assert counts(answer) == {"unchanged": 1}
    assert statuses(answer) == [(0, "F-1", "unchanged")]
    assert house.dump() == before
    assert not list(house.wiring.store.kept())[1:]


async def test_what_is_newly_said_of_a_known_debtor_is_kept_with_invoices_that_are_not_new(odoo, house):
    await odoo.push(GOOD)
    told = GOOD | {"debtor": GOOD["debtor"] | {"email": "compta@moulin.example", "city": "Ciney"}}
    assert (await odoo.push(told)).status_code == 201
    assert [one.email for one in rows(house, records.Contact)] == ["compta@moulin.example"]
    assert [one.city for one in rows(house, records.Debtor)] == ["Ciney"]
    assert (await odoo.push(told)).status_code == 200


async def test_a_changed_invoice_is_left_alone_and_shown_field_by_field(odoo, invoices):
    await odoo.push(GOOD)
    changed = GOOD | {"total": "1200.00", "due": "2026-11-15"}
    answer = await odoo.push(changed, GOOD | {"number": "F-2"})
    assert counts(answer) == {"created": 1, "changed": 1}
    assert statuses(answer)[0] == (0, "F-1", "changed")
    assert answer.json()["items"][0]["changes"] == {
        "due": {"before": "2026-10-31", "after": "2026-11-15"},
        "total": {"before": "1000.00", "after": "1200.00"},
    }
    assert [cents for *_, cents in invoices()] == [100_000, 100_000]


async def test_a_changed_invoice_is_changed_where_that_is_asked_for(odoo, invoices):
    await odoo.push(GOOD)
    answer = await odoo.push(GOOD | {"total": "1200.00"}, on_change="apply")
    assert answer.status_code == 201
    assert counts(answer) == {"updated": 1}
    assert statuses(answer) == [(0, "F-1", "updated")]
    assert answer.json()["items"][0]["changes"]["total"]["after"] == "1200.00"
    assert [cents for *_, cents in invoices()] == [120_000]


async def test_a_trial_says_what_would_happen_and_leaves_all_as_it_is(odoo, house):
    await odoo.push(GOOD)
    before = house.dump()
    answer = await odoo.push(
        GOOD, GOOD | {"number": "F-2"}, GOOD | {"number": "F-3", "total": "x"}, dry_run=True
    )
    assert (answer.status_code, answer.json()["batch"], answer.json()["dry_run"]) == (200, None, True)
    assert counts(answer) == {"created": 1, "unchanged": 1, "rejected": 1}
    assert house.dump() == before
    assert len(list(house.wiring.store.kept())) == 1


async def test_all_or_nothing_takes_nothing_where_one_is_refused(odoo, house):
    before = house.dump()
    answer = await odoo.push(GOOD, GOOD | {"number": "F-2", "total": "x"}, all_or_nothing=True)
    assert (answer.status_code, answer.json()["code"]) == (409, "rows_refused")
    assert statuses(answer) == [(0, "F-1", "created"), (1, "F-2", "rejected")]
    assert house.dump() == before
    assert (await odoo.push(GOOD, all_or_nothing=True)).status_code == 201


async def test_nothing_good_is_an_error_that_names_every_problem(odoo, house):
    before = house.dump()
    answer = await odoo.push(GOOD | {"total": "x"}, GOOD | {"number": ""}, lang="nl")
    assert (answer.status_code, answer.json()["code"]) == (422, "nothing_to_import")
    codes = [one["problems"][0]["code"] for one in answer.json()["items"]]
    assert codes == ["amount_unreadable", "number_missing"]
    assert house.dump() == before


async def test_a_credit_note_nets_the_invoice_it_names(odoo, house):
    note = GOOD | {"number": "NC-1", "kind": "credit_note", "total": "400.00", "credited": "F-1"}
    answer = await odoo.push(GOOD, note)
    assert counts(answer) == {"created": 1, "credit_notes": 1, "new_debtors": 1}
    assert [one.amount_cents for one in rows(house, records.Allocation)] == [40_000]


async def test_what_is_paid_already_becomes_a_payment(odoo, house):
    await odoo.push(GOOD | {"paid": "250.00"})
    assert [one.amount_cents for one in rows(house, records.Payment)] == [25_000]


async def test_one_number_of_one_debtor_said_twice_is_taken_once_or_not_at_all(odoo, invoices):
    answer = await odoo.push(GOOD, GOOD, GOOD | {"number": "F-2"}, GOOD | {"number": "F-2", "total": "5.00"})
    assert [one["status"] for one in answer.json()["items"]] == [
        *("created", "unchanged"),
        *("rejected", "rejected"),
    ]
    assert counts(answer) == {"created": 1, "unchanged": 1, "rejected": 2, "new_debtors": 1}
    assert answer.json()["items"][1]["warnings"][0]["code"] == "repeated_line"
    assert len(invoices()) == 1


async def test_a_debtor_that_may_be_a_known_one_is_refused_or_new_as_is_asked_for_and_never_merged(
    odoo, house
):
    await odoo.push(GOOD | {"debtor": {"name": "Menuiserie Dubois SPRL"}})
    alike = GOOD | {"number": "F-2", "debtor": {"name": "Menuiserie Duboys SPRL"}}
    refused = await odoo.push(alike, GOOD | {"number": "F-3", "debtor": {"name": "Quincaillerie Zed"}})
    assert [one["status"] for one in refused.json()["items"]] == ["rejected", "created"]
    assert refused.json()["items"][0]["problems"][0]["code"] == "debtor_doubtful"
    assert counts(await odoo.push(alike, on_doubt="new")) == {"created": 1, "new_debtors": 1}
    assert len(rows(house, records.Debtor)) == 3


async def test_the_journal_names_the_software_and_stays_whole(odoo, house):
    odoo.headers = {"x-forwarded-for": "203.0.113.9"}
    await odoo.push(GOOD)
    act = rows(house, records.Act)[-1]
    assert (act.kind, act.actor, act.user_id) == ("imported", "Odoo", None)
    with house.wiring.begin(HOUSE, write=False) as work:
        assert not [chain for chain in verify(work.session, work.sign) if chain.flaw]


async def test_an_import_can_be_asked_for_again_and_says_when_somebody_took_it_back(odoo, house):
    answer = await odoo.push(GOOD, GOOD | {"number": "F-2", "total": "x"})
    batch = answer.json()["batch"]
    again = await odoo.ask(batch)
    assert again.status_code == 200
    assert (again.json()["state"], again.json()["name"]) == ("imported", "Odoo.json")
    assert again.json()["outcome"] == answer.json()
    with house.wiring.begin(odoo.owner) as work:
        imports.take_back(work, odoo.client_id, batch)
    assert (await odoo.ask(batch)).json()["state"] == "taken_back"
    assert (await odoo.push(GOOD)).status_code == 201


async def test_what_a_person_dropped_can_be_asked_for_as_well(odoo, house):
    with house.wiring.begin(odoo.owner) as work:
        batch = imports.receive(work, odoo.client_id, "september.csv", CSV)
    told = (await odoo.ask(batch)).json()
    assert (told["state"], told["name"], told["outcome"]) == ("waiting", "september.csv", None)


async def test_a_file_is_read_as_if_somebody_had_dropped_it(odoo, invoices, house):
    answer = await odoo.send(CSV, "text/csv; charset=utf-8", query="?name=september.csv")
    assert answer.status_code == 201
    assert counts(answer) == {"created": 1, "rejected": 1, "new_debtors": 1}
    assert [(one["index"], one["line"], one["status"]) for one in answer.json()["items"]] == [
        (None, 2, "created"),
        (None, 3, "rejected"),
    ]
    assert [number for _, number, *_ in invoices()] == ["U-1"]
    assert rows(house, records.ImportBatch)[0].file_name == "september.csv"


async def test_what_is_asked_of_a_file_stands_in_the_address(odoo, house):
    before = house.dump()
    tried = await odoo.send(CSV, "text/csv", query="?dry_run=true")
    assert (tried.status_code, counts(tried)["created"]) == (200, 1)
    whole = await odoo.send(CSV, "text/csv", query="?all_or_nothing=true")
    assert whole.status_code == 409
    assert house.dump() == before
    assert (await odoo.send(CSV, "text/csv")).status_code == 201
    assert rows(house, records.ImportBatch)[0].file_name == "Odoo.csv"


async def test_what_a_json_body_says_counts_more_than_its_address(odoo, invoices):
    await odoo.push(GOOD)
    body = {"invoices": [GOOD | {"total": "5.00"}], "on_change": "report"}
    answer = await odoo.send(body, query="?on_change=apply")
    assert statuses(answer) == [(0, "F-1", "changed")]
    answer = await odoo.send({"invoices": body["invoices"]}, query="?on_change=apply")
    assert statuses(answer) == [(0, "F-1", "updated")]
    assert [cents for *_, cents in invoices()] == [500]


async def test_a_file_that_leaves_something_open_is_refused_and_not_kept(odoo, house):
    before = house.dump()
    doubtful = b"Number;Client;Date;Due;Total\nU-1;Moulin;03/04/2026;05/06/2026;10.00\n"
    answer = await odoo.send(doubtful, "text/csv")
    assert (answer.status_code, answer.json()["code"]) == (409, "questions")
    assert "dates" in answer.json()["detail"]
    assert house.dump() == before


async def test_the_example_of_the_instructions_gets_the_answer_of_the_instructions(odoo):
    tried = (
        await odoo.push(**EXAMPLE, dry_run=True) if False else await odoo.send(EXAMPLE | {"dry_run": True})
    )
    assert tried.json() == EXAMPLE_ANSWER
    assert (await odoo.send(EXAMPLE)).status_code == 201


async def test_of_very_many_rows_only_the_remarkable_ones_are_listed(odoo):
    lines = [f"U-{n};Moulin;01/09/2026;01/10/2026;10,00" for n in range(10_001)]
    lines[7] = "U-7;Moulin;31/02/2026;;10,00"
    answer = await odoo.send("\n".join(["Numéro;Client;Date;Échéance;Total", *lines]).encode(), "text/csv")
    assert counts(answer) == {"created": 10_000, "rejected": 1, "new_debtors": 1}
    assert not answer.json()["items_complete"]
    assert [one["line"] for one in answer.json()["items"]] == [9]
