"""Rejected rows are mended in a file of their own and sent again."""

import pytest

from encaiss_dashboard.domain.errors import NotFound
from encaiss_dashboard.domain.permissions import HOUSE, Actor
from encaiss_dashboard.services import imports

LEDGER = (
    "Fact_Nr;Klant;Datum;Verval;Totaal;Intern\n"
    "F1;Garage Petit SRL;05/01/2026;04/02/2026;1.210,00;a\n"
    "F2;Hôtel du Pont SA;20/01/2026;19/02/2026;1.2O0,00;b\n"
    "F3;De Smet NV;31/01/2026;03/01/2026;845,00;c\n"
)


@pytest.fixture
def take(house, wiring):
    client = house.client()

    def upload(data, name="export.csv", actor=HOUSE):
        with wiring.begin(HOUSE) as work:
            batch = imports.receive(work, client, name, data)
        with wiring.begin(HOUSE) as work:
            done = imports.accept(work, client, batch)
        with wiring.begin(actor, write=False) as work:
            return done, imports.rejected(work, client, batch)

    return upload


def test_what_was_rejected_comes_back_mended_and_completes_the_ledger(take):
    done, rejected = take(LEDGER.encode())
    assert (done.created, done.rejected_rows) == (1, 2)
    assert rejected.name == "export-a-corriger.csv"
    text = rejected.content.decode()
    assert text.splitlines()[0] == "Fact_Nr;Klant;Datum;Verval;Totaal;Intern;Motif du rejet"
    assert "« 1.2O0,00 »".replace(" ", "\u202f") in text
    mended = text.replace("1.2O0,00;b", "1.200,00;b").replace("03/01/2026", "02/03/2026")
    again, nothing = take(mended.encode(), rejected.name)
    assert (again.created, again.unchanged, again.rejected_rows) == (2, 0, 0)
    assert nothing is None


def test_corrected_columns_hold_for_the_mended_rows_too(house, wiring):
    client, lines = (
        house.client(),
        "A;B;C;D\nF1;Garage Petit SRL;25/01/2026;10,00\nF2;Hôtel;26/01/2026;1O,00\n",
    )

    def do(service, *args):
        with wiring.begin(HOUSE) as work:
            return service(work, client, *args)

    batch = do(imports.receive, "export.csv", lines.encode())
    columns = dict(zip(("number", "debtor", "issue", "total"), "ABCD", strict=True))
    do(imports.correct, batch, {"columns": columns})
    # The corrected rows still lie there, though the layout was remembered by another reading.
    assert do(imports.accept, batch).stated({2})[2].debtor == "Garage Petit SRL"
    mended = do(imports.rejected, batch).content.replace(
        b"F2;H\xc3\xb4tel;26/01/2026;1O,00", b"F2;X;26/01/2026;10,00"
    )
    again = do(imports.accept, do(imports.receive, "export-a-corriger.csv", mended))
    assert (again.created, again.rejected_rows) == (1, 0)


@pytest.mark.parametrize("lang, heading", [("nl", "Reden van weigering"), ("en", "Reason for rejection")])
def test_reasons_are_in_the_readers_language(take, lang, heading):
    actor = Actor(None, "House", language=lang, house=True)
    _, rejected = take(LEDGER.encode("cp1252"), actor=actor)
    assert rejected.content.decode("cp1252").splitlines()[0].endswith(heading)


def test_a_good_file_and_an_e_invoice_give_nothing_back(take):
    assert take("\n".join(LEDGER.splitlines()[:2]).encode())[1] is None


def test_what_is_past_its_time_is_not_found(house, wiring):
    client = house.client()
    with wiring.begin(HOUSE) as work:
        batch = imports.receive(work, client, "export.csv", LEDGER.encode())
    wiring.store.remove(f"batch-{batch}")
    with pytest.raises(NotFound), wiring.begin(HOUSE, write=False) as work:
        imports.rejected(work, client, batch)


@pytest.mark.soak
def test_of_more_bad_rows_than_are_listed_the_file_says_that_it_holds_the_first(take):
    header = LEDGER.splitlines()[0]
    good = (f"F{n};Garage Petit SRL;05/01/2026;04/02/2026;1.210,00;a" for n in range(100_000))
    bad = (f";De Smet NV;31/01/2026;03/03/2026;845,00;{n}" for n in range(100_003))
    done, rejected = take("\n".join((header, *good, *bad)).encode())
    assert (done.created, done.rejected_rows) == (100_000, 100_003)
    assert rejected.name == "export-a-corriger-100000-premieres-lignes-sur-100003.csv"
    assert len(rejected.content.splitlines()) == 100_001
