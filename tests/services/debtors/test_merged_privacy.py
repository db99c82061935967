"""Personal data of a debtor that others were merged into: theirs is held, copied and erased with it."""

import io
import json
import zipfile
from datetime import date, timedelta

import pytest
from sqlmodel import Session

from encaiss_dashboard.domain.delegation import DelegationKind
from encaiss_dashboard.domain.permissions import HOUSE
from encaiss_dashboard.services import debtors, delegations
from encaiss_dashboard.services.debtors import parting
from encaiss_dashboard.services.delegations import Decision
from encaiss_dashboard.services.privacy import bundle, erasure, holdings, purge
from encaiss_dashboard.storage import records

PAST = date(2026, 9, 1)


@pytest.fixture
def kept(written_to, client):
    return written_to(client)


@pytest.fixture
def gone(written_to, client):
    return written_to(client, "Jean Moulineau", "jean@moulineau.example")


def data(made):
    return json.loads(zipfile.ZipFile(io.BytesIO(made.content)).read("data.json"))["tables"]


@pytest.mark.parametrize("asked", ["kept", "gone"])
def test_a_copy_holds_what_is_known_under_every_name(act, merge, gone, kept, asked):
    merge(gone, kept)
    made = act(bundle.export_debtor, kept if asked == "kept" else gone)
    tables = data(made)
    assert [row["id"] for row in tables["debtor"]] == [kept, gone]
    assert {row["email"] for row in tables["contact"]} == {"compta@moulin.example", "jean@moulineau.example"}
    assert len(tables["invoice"]) == len(tables["payment"]) == 2
    assert [row["kind"] for row in tables["act"]] == ["sent", "sent", "merged", "merged"]
    assert [row["debtor_id"] for row in tables["debtor_merge"]] == [gone]
    assert f"debtor-{kept}-" in made.name
    sheet = zipfile.ZipFile(io.BytesIO(made.content)).read("debtor.csv").decode("utf-8-sig")
    assert "Moulin Clair" in sheet
    assert "Jean Moulineau" in sheet


def test_a_copy_of_one_that_was_parted_names_nobody_else(act, merge, part, gone, kept):
    merge(gone, kept)
    part(kept, gone)
    assert b"Moulineau" not in json.dumps(data(act(bundle.export_debtor, kept))).encode()
    assert b"Moulin Clair" not in json.dumps(data(act(bundle.export_debtor, gone))).encode()


@pytest.mark.parametrize("words", ["moulineau", "jean@", "K-Jean"])
def test_who_asks_is_found_under_the_old_name(read, merge, gone, kept, words):
    merge(gone, kept)
    assert [one.id for one in read(holdings.find, words)] == [kept]
    assert read(holdings.named, "jean  MOULINEAU") == (kept,)


def test_erasing_takes_the_names_of_all_that_it_was(house, read, act, merge, rows, gone, kept):
    act(delegations.decide, Decision(DelegationKind.PAUSE, (gone,), reason="Jean est malade"))
    merge(gone, kept)
    seen = read(erasure.foresee, gone)
    assert (seen.debtor_id, seen.family) == (kept, (kept, gone))
    assert {line.code: line.n for line in seen.gone} == {
        "name": 2,
        "details": 8,
        "contacts": 2,
        "messages": 2,
        "reasons": 1,
    }
    act(erasure.erase, gone, seen.mark)
    for table, some in house.dump().items():
        for trace in ("Moulin", "moulin", "jean", "Jean", "Ciney"):
            # Kept and named: the journal, and the number that the client itself gave its invoice.
            if table not in {"act", "invoice", "client"}:
                assert trace not in " ".join(some), f"{trace} in {table}"
    assert {one.match_key for one in rows(records.Debtor)} == {f"|erased {kept}", f"|erased {gone}"}
    assert rows(records.DebtorAlias) == []


def test_who_was_erased_is_not_parted_and_no_screen_repeats_its_names(read, act, merge, gone, kept):
    merge(gone, kept)
    act(erasure.erase, kept, read(erasure.foresee, kept).mark)
    assert read(parting.parts, kept) == ()
    seen = read(debtors.file, gone)
    assert seen.debtor.id == kept
    assert "Moulin" not in repr([(act.facts, seen.names) for act in seen.acts])
    assert "jean@" not in repr([act.facts for act in seen.acts])


def test_time_runs_for_both_together(house, wiring, clock, merge, rows, gone, kept):
    """The merged one has nothing left that could be recent, and is not erased while the other one lives."""
    clock.set(PAST)
    for key in (gone, kept):
        with Session(house.engine) as session, session.begin():
            session.get_one(records.Debtor, key).created_at = house.clock() - timedelta(days=9000)
    merge(gone, kept)
    clock.set(date(2036, 12, 31))
    with wiring.begin(HOUSE) as work:
        assert erasure.past_time(work) == []
    clock.set(date(2037, 1, 1))
    with wiring.begin(HOUSE) as work:
        assert erasure.past_time(work) == [(1, kept)]
        assert purge.purge(work, purge.Past.DEBTORS) == 1
    assert {row.name for row in rows(records.Debtor)} == {
        f"Débiteur effacé n°\N{NO-BREAK SPACE}{key}" for key in (gone, kept)
    }
