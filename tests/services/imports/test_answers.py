"""Answers about debtors that were merged or erased since, and answers that nobody was asked for."""

from __future__ import annotations

import pytest
from desks import row

from encaiss_dashboard.domain.errors import Unreadable
from encaiss_dashboard.services import imports
from encaiss_dashboard.services.imports import NEW, QuestionsOpen
from encaiss_dashboard.storage import records

E1, E2, E3 = "0202239951", "0403170701", "0417497106"


# ---------------------------------------------------------------- merged and erased


def merged(desk, gone, kept):
    desk.house.add(
        records.DebtorMerge(client_id=desk.client, debtor_id=gone, into_id=kept, at=desk.clock(), moved={})
    )


@pytest.mark.parametrize(
    "details",
    [{"vat_number": E1}, {"debtor_number": "K1"}, {"debtor": "Alpha"}, {"endpoint": "0088:5412345000013"}],
    ids=lambda details: next(iter(details)),
)
def test_what_a_merged_debtor_was_known_by_means_the_one_that_is_kept(desk, details):
    numbers = {"vat_number": E1, "debtor_number": "K1", "endpoint": "0088:5412345000013"}
    desk.take(row("F1", debtor="Alpha", **numbers), row("F2", debtor="Beta"), row("F3", debtor="Gamma"))
    owners = desk.owners()
    merged(desk, owners["F1"], owners["F2"])
    merged(desk, owners["F2"], owners["F3"])
    seen = desk.take(row("F4", **{"debtor": "Autrement dit", **details}), answers={"doubtful": "new"})
    name = details.get("debtor", "")
    assert desk.owners()["F4"] == owners["F3"] or (name and seen.doubts[0].candidates[0].name == "Gamma")
    assert not name or seen.new_debtors == 1


def test_the_very_name_and_number_of_a_merged_debtor_make_no_second_one(desk):
    desk.take(row("F1", debtor="Alpha"), row("F2", debtor="Beta"))
    owners = desk.owners()
    merged(desk, owners["F1"], owners["F2"])
    desk.take(row("F3", debtor="Alpha"))
    assert desk.owners()["F3"] == owners["F2"]


def test_an_answer_about_a_debtor_merged_since_means_the_one_that_is_kept(desk):
    desk.take(row("F1"), row("F2", debtor="Carrosserie"))
    owners = desk.owners()
    desk.answered({"Garage Petit SRL": owners["F1"]}, row("F3", debtor="Garage Petit SRL"))
    seen = desk.preview(row("F4", debtor="Petit Garage"))
    desk.do(imports.answer, seen.batch_id, {"debtors": {seen.doubts[0].key: owners["F1"]}})
    merged(desk, owners["F1"], owners["F2"])
    desk.take(row("F5", debtor="Garage Petit SRL"))
    desk.do(imports.accept, seen.batch_id)
    owners = desk.owners()
    assert owners["F4"] == owners["F5"] == owners["F2"]


def test_a_merge_undone_means_two_debtors_again(desk):
    desk.take(row("F1", debtor="Alpha"), row("F2", debtor="Beta"))
    owners = desk.owners()
    desk.house.add(
        records.DebtorMerge(
            client_id=desk.client,
            debtor_id=owners["F1"],
            into_id=owners["F2"],
            at=desk.clock(),
            undone_at=desk.clock(),
        )
    )
    desk.take(row("F3", debtor="Alpha"))
    assert desk.owners()["F3"] == owners["F1"]


def test_an_erased_debtor_is_met_by_nothing_not_even_what_it_is_called_now(desk):
    """As services/privacy/erasure.py leaves it."""
    name = "Débiteur effacé n°\N{NO-BREAK SPACE}1"
    erased = desk.house.add(
        records.Debtor(client_id=desk.client, name=name, match_key="|erased 1", created_at=desk.clock())
    )
    seen = desk.take(row("F1", debtor=name), row("F2", debtor="|erased 1"))
    assert (seen.doubts, seen.new_debtors) == ((), 2)
    assert erased not in desk.owners().values()


# ---------------------------------------------------------------- hostile answers


@pytest.mark.parametrize(
    "answers",
    [
        None,
        "debtors",
        7,
        {"debtors": None},
        {"debtors": [1]},
        {"debtors": {"x": None}},
        {"debtors": {"x": True}},
        {"debtors": {"x": "1"}},
        {"debtors": {"x": 1.0}},
        {"debtors": {"x": -1}},
        {"debtors": {"x": 2**31}},
        {"debtors": {"x": 10**5000}},
        {"debtors": {7: 1}},
        {"doubtful": "merge"},
        {"changes": True},
        {"kept": [True]},
        {"kept": ["2"]},
        {"kept": [-1]},
        {"kept": [10**40]},
        {"kept": 2},
        {"whole": 1},
        {"whole": "yes"},
        {"whole": None},
        {"unknown": 1},
    ],
)
def test_an_answer_of_another_form_is_refused_and_not_kept(desk, answers):
    batch = desk.upload(row())
    with pytest.raises(Unreadable):
        desk.do(imports.answer, batch, answers)
    assert desk.rows(records.ImportBatch)[0].answers == {}


def test_an_answer_nobody_asked_for_changes_nothing(desk):
    answers = {"debtors": {"no such debtor": 1, "": 2, "garage petit|": 3, "x" * 5_000: 2**31 - 1}}
    seen = desk.take(row(), answers=answers)
    assert (seen.created, seen.new_debtors, seen.doubts) == (1, 1, ())


def test_another_clients_debtor_is_no_answer(desk):
    theirs = desk.house.debtor(desk.house.client("baltique", "Baltique"), "Garage Petit")
    desk.take(row("F1"))
    seen = desk.preview(row("F2", debtor="Garage Petit SRL"))
    for stranger in (theirs, 999_999):
        desk.do(imports.answer, seen.batch_id, {"debtors": {seen.doubts[0].key: stranger}})
        again = desk.do(imports.preview, seen.batch_id)
        assert (again.doubts[0].answer, again.questions) == (None, ("debtors",))
        with pytest.raises(QuestionsOpen):
            desk.do(imports.accept, seen.batch_id)


def test_answers_are_added_to_those_before_and_may_be_changed(desk):
    desk.take(row("F1"), row("F2", debtor="Hôtel du Pont"))
    rows = row("F3", debtor="Garage Petit SRL"), row("F4", debtor="Hôtel du Pond")
    seen = desk.preview(*rows)
    keys = {doubt.name: doubt.key for doubt in seen.doubts}
    owners = desk.owners()
    desk.do(imports.answer, seen.batch_id, {"debtors": {keys["Garage Petit SRL"]: NEW}})
    desk.do(imports.answer, seen.batch_id, {"debtors": {keys["Hôtel du Pond"]: owners["F2"]}, "kept": [3]})
    desk.do(imports.answer, seen.batch_id, {"debtors": {keys["Garage Petit SRL"]: owners["F1"]}})
    done = desk.do(imports.accept, seen.batch_id)
    assert (done.new_debtors, done.answers.kept) == (0, (3,))
    assert {number: desk.owners()[number] for number in ("F3", "F4")} == {
        "F3": owners["F1"],
        "F4": owners["F2"],
    }
