"""Two debtors that are one: looked for, compared and merged without losing anything."""

from datetime import date

import pytest
from sqlalchemy import inspect
from sqlmodel import Session

from encaiss_dashboard.domain.delegation import DelegationKind, DelegationState
from encaiss_dashboard.domain.dunning import StepCode
from encaiss_dashboard.domain.errors import ChangedMeanwhile, NotAllowed, NotFound
from encaiss_dashboard.domain.identity import match_key
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.permissions import HOUSE, Role
from encaiss_dashboard.services import debtors, delegations, exports, figures, invoices, letters, reminders
from encaiss_dashboard.services.debtors import DebtorSearch, merging, moving, parting
from encaiss_dashboard.services.delegations import Decision
from encaiss_dashboard.services.invoices import Search, Show
from encaiss_dashboard.storage import records
from encaiss_dashboard.storage.journal import ActKind, verify
from encaiss_dashboard.ui.debtor_facts import told

DUE = date(2026, 11, 1)
TODAY = date(2026, 11, 22)


def open_in_all(read):
    return read(figures.overview).ageing.open


# Who may


@pytest.mark.parametrize("role", [Role.READER, Role.ACCOUNTANT, Role.SIGNATORY])
def test_only_who_may_import_and_delegate_may_merge(house, act, gone, kept, role):
    person = house.user(role, "ardenne")
    before = house.dump()
    for service, asked in (
        (merging.foresee, (gone, kept)),
        (merging.others, (gone, "")),
        (merging.merge, (gone, kept, "")),
        (parting.part, (1, "")),
    ):
        with pytest.raises(NotAllowed):
            act(service, *asked, actor=person)
    assert house.dump() == before


def test_debtors_of_two_clients_are_never_one(house, read, act, gone):
    foreign = house.debtor(house.client("baltique", "Baltique"), "Moulin Claire")
    for pair in ((gone, foreign), (foreign, gone), (gone, 0), (gone, 2**40), (-1, gone)):
        with pytest.raises(NotFound):
            read(merging.foresee, *pair)
        with pytest.raises(NotFound):
            act(merging.merge, *pair, "")


# Looking for the other one


def test_names_that_are_nearly_the_same_are_offered_unasked(house, read, client, gone, kept):
    house.debtor(client, "Zinc & Cuivre SPRL")
    assert [one.id for one in read(merging.others, kept, "")] == [gone]


def test_the_same_enterprise_number_is_offered_whatever_the_name(house, read, client, gone):
    same = house.debtor(client, "Tout Autre Chose", enterprise_number="0202239951")
    assert [one.id for one in read(merging.others, gone, "")] == [same]


@pytest.mark.parametrize("words", ["claire", "K-7", "5590 ne", "0202.239", "info@MOULIN"])
def test_the_other_one_is_found_by_what_is_known_of_it(read, gone, kept, words):
    found = [one.id for one in read(merging.others, kept, words)]
    assert found == ([] if words == "5590 ne" else [gone])


# What merging does


def test_everything_moves_and_nothing_is_lost(read, merge, gone, kept, rows, of):
    before = {table: len(rows(table)) for table in moving.MOVED}
    owed = open_in_all(read)
    merge(gone, kept)
    for table in moving.MOVED:
        assert not of(table, gone)
        added = 1 if table is records.DebtorAlias else 0
        assert len(rows(table)) == before[table] + added
    assert open_in_all(read) == owed == Money(17_000)
    assert len(of(records.Invoice, kept)) == 4
    assert len(of(records.Payment, kept)) == 2
    assert len(of(records.Contact, kept)) == 2


def test_a_table_that_names_debtors_is_decided():
    debtor = records.Record.metadata.tables["debtor"]
    naming = {
        name
        for name, table in records.Record.metadata.tables.items()
        if any(key.column.table is debtor for key in table.foreign_keys)
    }
    decided = {*moving.MOVED, *moving.STAYS}
    assert {inspect(cls).local_table.name for cls in decided} == naming, "services/debtors/moving.py: decide"


def test_the_kept_ones_own_data_win_and_what_it_lacks_is_filled_in(merge, gone, kept, rows):
    merge(gone, kept)
    [row] = [one for one in rows(records.Debtor) if one.id == kept]
    assert (row.name, row.city, row.language) == ("Moulin Clair SA", "Ciney", "fr")
    assert (row.number, row.enterprise_number, row.term) == ("K-7", "BE 0202.239.951", "NET_60")
    assert (row.address, row.postcode) == ("Rue du Moulin 7", "5590")


def test_an_address_is_never_put_together_of_two(house, merge, client, gone, rows):
    elsewhere = house.debtor(client, "Moulin Clair SA", city="Namur")
    merge(gone, elsewhere)
    [row] = [one for one in rows(records.Debtor) if one.id == elsewhere]
    assert (row.address, row.postcode, row.city) == ("", "", "Namur")


def test_the_kept_ones_address_is_written_to_even_if_it_is_the_newer_one(house, read, merge, gone, client):
    newer = house.debtor(client, "Moulin Clair SA", "new@moulin.example")
    merge(gone, newer)
    assert read(debtors.file, newer).email == "new@moulin.example"


def test_an_address_that_both_have_is_kept_once(house, merge, client, gone, of):
    other = house.debtor(client, "Moulin Clair SA", "Info@moulin.example")
    assert merge(gone, other).contacts == 0
    assert len(of(records.Contact, other)) == 1
    assert len(of(records.Contact, gone)) == 1


def test_later_files_that_name_the_merged_one_are_led_to_the_kept_one(house, merge, client, gone, kept, rows):
    answered = {"client_id": client, "debtor_id": gone, "at": house.clock()}
    house.add(records.DebtorAlias(key="moulin cl|", **answered))
    merge(gone, kept)
    aliases = {row.key: row.debtor_id for row in rows(records.DebtorAlias)}
    [row] = [one for one in rows(records.Debtor) if one.id == gone]
    assert aliases == {"moulin cl|": kept, row.match_key: kept}


def test_the_same_key_comes_out_of_a_name_and_its_numbers_as_imports_make_it():
    assert match_key("L’Atelier  d’Été") == "l atelier d ete|"
    assert match_key("Été SA", "BE 0202.239.951", "K-7") == "ete sa|0202239951"
    assert match_key("Été SA", "n/a", "K-7") == "ete sa|K-7"
    assert match_key("***", "", "-") == "***|"


# Where the merged one is seen


def test_a_merged_debtor_is_in_no_list_and_found_by_its_old_name(read, merge, gone, kept):
    merge(gone, kept)
    assert [line.id for line in read(debtors.find, DebtorSearch()).lines] == [kept]
    assert [line.id for line in read(debtors.find, DebtorSearch(text="claire")).lines] == [kept]
    assert [line.id for line in read(debtors.find, DebtorSearch(text="K-7")).lines] == [kept]
    found = read(invoices.find, Search(TODAY, show=Show.ALL))
    assert {line.debtor_id for line in found.lines} == {kept}
    assert {one.debtor_id for one in read(figures.overview).watched} == {kept}
    assert [one.id for one in read(merging.others, kept, "claire")] == []


def test_its_address_leads_to_the_kept_one(read, act, merge, gone, kept):
    merge(gone, kept)
    seen = read(debtors.file, gone)
    assert seen.debtor.id == kept
    assert seen.open == Money(17_000)
    assert read(letters.statement_pdf, gone).name == f"statement-{kept}-{TODAY}.pdf"
    act(debtors.editing.edit, gone, email="new@moulin.example", language="nl", term="")
    assert read(debtors.file, kept).email == "new@moulin.example"


def test_the_acts_of_both_are_told_in_one_file_and_say_whom_they_were_about(read, act, merge, gone, kept):
    act(delegations.decide, Decision(DelegationKind.PAUSE, (gone,), reason="attend"))
    act(delegations.decide, Decision(DelegationKind.DELEGATE, (gone,)))
    merge(gone, kept)
    seen = read(debtors.file, kept)
    assert [act.kind for act in seen.acts] == ["merged", "delegated"]
    assert [act.debtor_id for act in seen.acts] == [kept, gone]
    lines = told(seen, "fr")
    assert "concerne Moulin Claire" in lines[0][2]
    assert "Moulin Claire fusionné dans ce débiteur" in lines[1][1]
    made = read(exports.acts, kept, lines)
    assert "concerne Moulin Claire" in made.content.decode("utf-8-sig")


def test_both_have_an_act_that_says_who_did_it_what_moved_and_what_was_shown(
    house, read, merge, gone, kept, rows
):
    merge(gone, kept)
    of_gone, of_kept = (rows(records.Act, key)[-1] for key in (gone, kept))
    for one, other, is_kept in ((of_gone, kept, False), (of_kept, gone, True)):
        assert (one.kind, one.actor, one.facts["other"]) == ("merged", "Odile Owner", other)
        assert one.facts["kept"] is is_kept
        assert one.facts["moved"] == {"documents": 3, "payments": 1, "contacts": 1, "messages": 0}
        assert one.shown["gone"]["open"] == {"EUR": 7_000}
        assert one.shown["kept"]["delegation"] == "delegated"
        # Who is erased later must not live on in the acts of another.
        assert "Moulin" not in repr((one.facts, one.shown))
    with house.wiring.begin(HOUSE, write=False) as work:
        assert not [chain for chain in verify(work.session, work.sign) if chain.flaw]


# What stands in the way


def refused(read, act, gone, kept):
    plan = read(merging.foresee, gone, kept)
    with pytest.raises(moving.Blocked) as refusal:
        act(merging.merge, gone, kept, plan.mark)
    return [one.code for one in plan.blocked], refusal.value.facts["why"]


def test_a_debtor_is_not_merged_with_itself(read, act, kept):
    assert refused(read, act, kept, kept)[0] == ["itself"]


def test_who_was_merged_away_is_merged_no_further(house, read, act, merge, client, gone, kept):
    third = house.debtor(client, "Troisième")
    merge(gone, kept)
    for pair in ((gone, third), (third, gone)):
        codes, why = refused(read, act, *pair)
        assert codes == ["merged"]
        assert "Moulin Claire" in why


def test_an_invoice_number_that_both_have_is_named_and_nothing_is_dropped(
    house, read, act, gone, kept, business
):
    house.invoice(kept, "B-2", due=DUE, cents=1)
    before = business()
    codes, why = refused(read, act, gone, kept)
    assert codes == ["numbers"]
    assert "B-2" in why
    assert business() == before


@pytest.mark.parametrize("claimed", [False, True])
def test_nobody_is_merged_while_a_message_is_on_its_way(house, read, act, merge, gone, kept, claimed):
    facts = {"step": "statement_1", "language": "fr", "channel": "email", "recipient": "x@x.example"}
    key = house.add(
        records.OutboxMessage(
            client_id=1,
            debtor_id=gone,
            message_id="m",
            day=TODAY,
            created_at=house.clock(),
            claimed_at=house.clock() if claimed else None,
            **facts,
        )
    )
    for pair in ((gone, kept), (kept, gone)):
        codes, why = refused(read, act, *pair)
        assert codes == ["messages"]
        assert "en route" in why
    with Session(house.engine) as session, session.begin():
        session.get_one(records.OutboxMessage, key).sent_at = house.clock()
    merge(gone, kept)


def test_who_was_erased_is_nobody_any_more(house, read, act, gone, kept, client):
    house.act(client, ActKind.ERASED, TODAY, debtor_id=gone)
    for pair in ((gone, kept), (kept, gone)):
        assert refused(read, act, *pair)[0] == ["erased"]
    assert read(merging.others, kept, "claire") == ()


def test_what_was_not_shown_is_not_done(house, read, act, gone, kept):
    mark = read(merging.foresee, gone, kept).mark
    house.invoice(gone, "B-9", due=DUE, cents=1)
    before = house.dump()
    with pytest.raises(ChangedMeanwhile):
        act(merging.merge, gone, kept, mark)
    assert house.dump() == before


def test_two_enterprise_numbers_are_told_and_not_forbidden(house, read, merge, client, gone):
    other = house.debtor(client, "Moulin Clair SA", enterprise_number="0403170701")
    assert read(merging.foresee, gone, other).two_numbers
    merge(gone, other)
    assert not read(
        merging.foresee, other, house.debtor(client, "X", enterprise_number="BE0403170701")
    ).two_numbers


# Whom the agency follows


def test_the_kept_ones_delegation_decides(read, merge, gone, kept):
    plan = merge(gone, kept)
    assert plan.next == (StepCode.STATEMENT_1, TODAY)
    assert read(debtors.file, kept).status.state is DelegationState.DELEGATED
    [message] = read(reminders.foresee).messages
    assert message.debtor_id == kept
    assert {line.invoice.number for line in message.planned.lines} == {"A-1", "B-1", "B-2"}
    # What one has paid too much counts for both.
    assert message.planned.totals["EUR"] == Money(15_000)


def test_a_delegation_of_the_merged_one_no_longer_counts(read, act, merge, gone, kept):
    plan = merge(kept, gone)
    assert plan.next is None
    assert read(debtors.file, gone).status.state is DelegationState.NOT_DELEGATED
    assert read(reminders.foresee).messages == ()
    assert read(debtors.find, DebtorSearch()).counts["not_delegated"] == 1
    with pytest.raises(NotFound):
        act(delegations.decide, Decision(DelegationKind.DELEGATE, (kept,)))
