"""Personal data: all that is held can be taken away, what may go can be erased, what must stay is named."""

import io
import json
import zipfile
from datetime import date

import pytest
from sqlalchemy import inspect
from sqlmodel import Session, select

from encaiss_dashboard.domain.errors import ChangedMeanwhile, NotAllowed, NotFound
from encaiss_dashboard.domain.permissions import HOUSE, Role
from encaiss_dashboard.services import debtors, imports
from encaiss_dashboard.services.privacy import bundle, erasure, holdings, sorting
from encaiss_dashboard.services.privacy.erasure import AlreadyErased, ErasureBlocked
from encaiss_dashboard.storage import accounts, changes, personal, records
from encaiss_dashboard.storage.invoice_documents import InvoiceDocument
from encaiss_dashboard.storage.journal import verify

DUE = date(2026, 9, 1)
NAME, MAIL, STREET, TOWN = "Moulin Clair", "compta@moulin.example", "Rue du Moulin 7", "Ciney"
CSV = f"Numéro;Client;Date;Échéance;Total\nU-1;{NAME};01/09/2026;01/10/2026;10,00\n".encode()


@pytest.fixture
def client(house):
    return house.client("ardenne", email="ardenne@client.example")


@pytest.fixture
def owner(house, client):
    return house.user(Role.OWNER, "ardenne", name="Odile Owner")


@pytest.fixture
def administrator(house):
    return house.user(Role.ADMINISTRATOR, name="Anne Admin")


@pytest.fixture
def moulin(written_to, client):
    return written_to(client)


def opened(content):
    archive = zipfile.ZipFile(io.BytesIO(content))
    assert archive.testzip() is None
    return {name: archive.read(name) for name in archive.namelist()}


def rows(house, table):
    with Session(house.engine) as session:
        return list(session.exec(select(table).order_by(table.id)))


def is_whole(house):
    """Every chain of the journal is as it was written."""
    with house.wiring.begin(HOUSE, write=False) as work:
        return not [chain for chain in verify(work.session, work.sign) if chain.flaw]


def export(house, actor, client, debtor):
    with house.wiring.begin(actor) as work:
        return bundle.export_debtor(work, client, debtor)


def erase(house, actor, client, debtor):
    with house.wiring.begin(actor, write=False) as work:
        seen = erasure.foresee(work, client, debtor).mark
    with house.wiring.begin(actor) as work:
        return erasure.erase(work, client, debtor, seen)


# What is held


def test_everybody_of_a_client_reads_what_is_held_and_why(house, wiring, client, moulin):
    reader = house.user(Role.READER, "ardenne")
    with wiring.begin(reader, write=False) as work:
        held = {row.kind: row for row in holdings.holdings(work, client)}
    assert set(held) == set(holdings.Kind)
    assert held[holdings.Kind.DEBTORS].count == 2
    assert held[holdings.Kind.INVOICES].count == 3
    assert held[holdings.Kind.ACCOUNTS].count == 1
    assert {row.basis for row in held.values()} == {"b", "c", "f"}
    assert "10 ans" in held[holdings.Kind.INVOICES].until
    assert "art. 60" in held[holdings.Kind.INVOICES].law


def test_nobody_reads_what_is_held_for_another_client(house, wiring, client, moulin):
    house.client("baltique", "Baltique")
    stranger = house.user(Role.OWNER, "baltique")
    with pytest.raises(NotAllowed), wiring.begin(stranger, write=False) as work:
        holdings.holdings(work, client)


# A copy


def test_a_copy_holds_every_row_about_the_debtor_and_nothing_of_another(
    house, written_to, owner, client, moulin
):
    written_to(client, "Autre Personne", "autre@personne.example")
    files = opened(export(house, owner, client, moulin).content)
    whole = json.loads(files["data.json"])
    assert {name: len(some) for name, some in whole["tables"].items() if some} == {
        "debtor": 1,
        "contact": 1,
        "delegation": 1,
        "invoice": 1,
        "payment": 1,
        "allocation": 1,
        "act": 1,
        "outbox_message": 1,
        "outbox_line": 1,
    }
    assert whole["tables"]["debtor"][0]["address"] == STREET
    assert whole["tables"]["payment"][0]["on"] == "2026-10-11"
    assert b"Autre" not in b"".join(files.values())
    assert b"autre@" not in b"".join(files.values())


def test_people_can_read_a_copy_without_a_program(house, owner, client, moulin):
    files = opened(export(house, owner, client, moulin).content)
    assert {"LISEZ-MOI.txt", "debtor.csv", "invoices.csv", "payments.csv", "journal.csv"} <= set(files)
    assert "Code de la TVA" in files["LISEZ-MOI.txt"].decode()
    assert "100,00" in files["invoices.csv"].decode("utf-8-sig")
    letter = next(content for name, content in files.items() if name.startswith("messages/"))
    assert f"Bonjour {NAME}" in letter.decode()


def test_a_new_table_about_debtors_is_in_the_copy_and_decided_by_the_erasure():
    """Reached by keys from the debtor, as the database itself has them."""
    tables = records.Record.metadata.tables
    about, grown = {"debtor"}, True
    while grown:
        found = {
            name
            for name, table in tables.items()
            for key in table.foreign_keys
            if key.column.table.name in about
        }
        grown, about = not found <= about, about | found
    assert about | {name for name, table in tables.items() if "debtor_id" in table.c} == about
    ways = {inspect(cls).local_table.name for cls in personal.of_debtor(1)}
    assert ways == about, "storage/personal.py does not reach every table about debtors"
    decided = sorting.REMOVED | set(sorting.EMPTIED) | sorting.KEPT
    assert {inspect(cls).local_table.name for cls in decided} == about, "services/privacy/erasure.py: decide"


def test_a_new_table_about_people_is_in_their_copy(house, wiring, owner, client):
    with wiring.begin(owner) as work:
        found = json.loads(opened(bundle.export_own(work, client).content)["data.json"])["tables"]
    named = {
        name
        for name, table in records.Record.metadata.tables.items()
        if any(key.column.table.name == "app_user" for key in table.foreign_keys)
    }
    assert named | {"app_user", "login_attempt"} <= set(found)


def test_each_copy_is_an_act_that_names_nobody(house, owner, client, moulin):
    export(house, owner, client, moulin)
    act = rows(house, records.Act)[-1]
    assert (act.kind, act.debtor_id, act.user_id) == ("exported", moulin, owner.user_id)
    assert NAME not in repr(act.facts)
    assert is_whole(house)


def test_only_owners_and_administrators_answer_a_debtor(house, wiring, administrator, client, moulin):
    for role in (Role.READER, Role.ACCOUNTANT, Role.SIGNATORY):
        actor = house.user(role, "ardenne")
        before = house.dump()
        for ask in (bundle.export_debtor, erasure.foresee):
            with pytest.raises(NotAllowed), wiring.begin(actor) as work:
                ask(work, client, moulin)
        with pytest.raises(NotAllowed), wiring.begin(actor) as work:
            erasure.erase(work, client, moulin, "")
        with pytest.raises(NotAllowed), wiring.begin(actor, write=False) as work:
            holdings.find(work, client, "moulin")
        assert house.dump() == before
    assert export(house, administrator, client, moulin).rows["debtor"] == 1


def test_another_clients_debtor_is_not_found(house, wiring, owner, client, moulin):
    other = house.debtor(house.client("baltique", "Baltique"), "Zee BV")
    for debtor in (other, 0, -1, 2**40):
        for ask in (bundle.export_debtor, erasure.foresee):
            with pytest.raises(NotFound), wiring.begin(owner) as work:
                ask(work, client, debtor)


def test_the_own_copy_holds_no_key_and_nothing_about_debtors(house, wiring, owner, client, moulin):
    house.session(f"{Role.OWNER}@ardenne.example", "token")
    export(house, owner, client, moulin)
    with wiring.begin(owner) as work:
        made = bundle.export_own(work, client)
    text = b"".join(opened(made.content).values()).decode()
    user = next(one for one in rows(house, accounts.User) if one.id == owner.user_id)
    login = rows(house, accounts.LoginSession)[-1]
    assert user.email in text
    assert made.rows["login_session"] == 1
    for secret in (user.password_hash, login.digest, NAME, MAIL, STREET):
        assert secret not in text


def test_the_house_is_no_person(wiring, client):
    with pytest.raises(NotAllowed), wiring.begin(HOUSE) as work:
        bundle.export_own(work, client)


# Looking for a debtor


@pytest.mark.parametrize("words", ["moulin", "CINEY", "K-Moul", "compta@", "  clair "])
def test_a_debtor_is_found_by_what_it_says_of_itself(wiring, owner, client, moulin, words):
    with wiring.begin(owner, write=False) as work:
        assert [one.id for one in holdings.find(work, client, words)] == [moulin]
        assert holdings.find(work, client, " ") == ()


# Erasing a debtor


def test_erasing_leaves_no_trace_but_in_the_journal(house, owner, client, moulin):
    erase(house, owner, client, moulin)
    for table, some in house.dump().items():
        for trace in (NAME, MAIL, STREET, TOWN, "K-Moulin", NAME.casefold()):
            # Kept and named: the journal, and the number that the client itself gave its invoice.
            if table not in {"act", "invoice"}:
                assert trace not in " ".join(some), f"{trace} in {table}"
    assert is_whole(house)


def test_documents_beside_invoices_go_with_their_content(house, wiring, owner, client, moulin, written_to):
    """A PDF names the person on every page; to keep it is the client's duty (decisions/0014-erasure.md)."""
    other = written_to(client, "Autre Personne", "autre@personne.example")
    for debtor in (moulin, other):
        invoice = next(one.id for one in rows(house, records.Invoice) if one.debtor_id == debtor)
        paper = {"name": "facture.pdf", "mime": "application/pdf", "digest": "d", "size_bytes": 4}
        row = InvoiceDocument(client_id=client, invoice_id=invoice, **paper, at=house.clock())
        wiring.store.keep(f"document-{house.add(row)}", f"%PDF of {debtor}".encode())
    copy = opened(export(house, owner, client, moulin).content)
    assert copy["documents/1.pdf"] == f"%PDF of {moulin}".encode()
    assert not any(name.startswith("documents/2") for name in copy)
    gone = {line.code: line.n for line in erase(house, owner, client, moulin).gone}
    assert gone["documents"] == 1
    assert list(wiring.store.kept()) == ["document-2"]
    assert [one.id for one in rows(house, InvoiceDocument)] == [2]


def test_what_an_import_added_to_what_was_known_of_a_debtor_is_forgotten(house, owner, client, moulin):
    batch = house.add(
        records.ImportBatch(
            client_id=client, file_name="f", digest="d", size_bytes=1, uploaded_at=house.clock()
        )
    )
    of_batch = {"client_id": client, "batch_id": batch}
    invoice = rows(house, records.Invoice)[0].id
    house.add(changes.DebtorChange(**of_batch, debtor_id=moulin, filled={"address": STREET}, email=MAIL))
    house.add(changes.ImportChange(**of_batch, invoice_id=invoice, before={"total_cents": 1}))
    erase(house, owner, client, moulin)
    assert not rows(house, changes.DebtorChange)
    assert rows(house, changes.ImportChange)


def test_erasing_keeps_what_is_accounted_for(house, owner, client, moulin):
    before = house.dump()
    erase(house, owner, client, moulin)
    after = house.dump()
    for table in ("invoice", "payment", "allocation", "outbox_line"):
        assert after[table] == before[table]
    assert [one.name for one in rows(house, records.Debtor)] == [
        f"Débiteur effacé n°\N{NO-BREAK SPACE}{moulin}"
    ]


def test_what_stays_is_named_with_its_law_and_its_last_day(wiring, owner, client, moulin):
    with wiring.begin(owner, write=False) as work:
        seen = erasure.foresee(work, client, moulin)
        told = {line.code: erasure.ground(line, "fr") for line in seen.stays}
    assert {line.code for line in seen.gone} == {"name", "details", "contacts", "messages"}
    # VAT code art. 60 §4: ten years from the 1st of January after the last of them.
    assert next(line.until for line in seen.stays if line.code == "accounts") == date(2036, 12, 31)
    assert "31 décembre 2036" in told["accounts"]
    assert "art. 60" in told["accounts"]
    assert "17, § 3, e)" in told["journal"]


def test_the_act_says_who_erased_what_and_what_was_shown(house, owner, client, moulin):
    erase(house, owner, client, moulin)
    act = rows(house, records.Act)[-1]
    assert (act.kind, act.debtor_id, act.actor) == ("erased", moulin, "Odile Owner")
    assert act.facts["erased"]["contacts"] == 1
    assert {one["what"] for one in act.facts["kept"]} == {"accounts", "dispatch", "journal"}
    assert any("Code de la TVA" in sentence for sentence in act.shown["stays"])
    for trace in (NAME, MAIL, STREET, TOWN):
        assert trace not in repr((act.facts, act.shown))


def test_no_screen_repeats_what_the_journal_says_of_the_erased(house, wiring, owner, client, moulin):
    erase(house, owner, client, moulin)
    with wiring.begin(owner, write=False) as work:
        seen = debtors.file(work, client, moulin)
    assert MAIL not in repr([act.facts for act in seen.acts])
    assert not seen.email
    assert MAIL in repr([act.facts for act in rows(house, records.Act)])


def test_an_erased_debtor_is_not_chased_and_not_met_again(house, wiring, owner, client, moulin):
    erase(house, owner, client, moulin)
    with wiring.begin(owner, write=False) as work:
        assert debtors.file(work, client, moulin).status.state == "withdrawn"
    with wiring.begin(owner) as work:
        imports.accept(work, client, imports.receive(work, client, "again.csv", CSV))
    erased, new = rows(house, records.Debtor)
    assert (erased.address, new.name) == ("", NAME)


def test_nothing_personal_is_written_back_to_the_erased(house, wiring, owner, client, moulin):
    erase(house, owner, client, moulin)
    before = house.dump()
    with pytest.raises(NotFound), wiring.begin(owner) as work:
        debtors.editing.edit(work, client, moulin, email=MAIL, language="fr", term="")
    assert house.dump() == before


def open_invoice(house, debtor):
    house.invoice(debtor, "F-open", due=DUE, cents=5_000)


def free_credit(house, debtor):
    house.payment(debtor, on=DUE, cents=700)


def waiting_message(house, debtor):
    facts = {"step": "statement_2", "language": "fr", "channel": "email", "recipient": MAIL}
    row = records.OutboxMessage(
        client_id=1, debtor_id=debtor, message_id="w", day=DUE, created_at=house.clock(), **facts
    )
    house.add(row)


@pytest.mark.parametrize(
    "what, said",
    [(open_invoice, "50,00"), (free_credit, "7,00"), (waiting_message, "attend encore son envoi")],
)
def test_nothing_is_erased_while_something_is_open(house, owner, client, moulin, what, said):
    what(house, moulin)
    before = house.dump()
    with pytest.raises(ErasureBlocked) as refusal:
        erase(house, owner, client, moulin)
    assert said in refusal.value.facts["why"]
    assert house.dump() == before


def test_what_was_not_shown_is_not_done(house, wiring, owner, client, moulin):
    with wiring.begin(owner, write=False) as work:
        seen = erasure.foresee(work, client, moulin).mark
    house.add(
        records.Contact(
            client_id=client, debtor_id=moulin, email="new@moulin.example", created_at=house.clock()
        )
    )
    before = house.dump()
    with pytest.raises(ChangedMeanwhile), wiring.begin(owner) as work:
        erasure.erase(work, client, moulin, seen)
    assert house.dump() == before


def test_what_is_erased_is_not_erased_again(house, owner, client, moulin):
    erase(house, owner, client, moulin)
    with pytest.raises(AlreadyErased):
        erase(house, owner, client, moulin)
