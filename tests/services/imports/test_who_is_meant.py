"""Which debtor a row means: known, new, or for its owner to say; never silently, never asked twice."""

from __future__ import annotations

import pytest
from desks import row

from encaiss_dashboard.services import imports
from encaiss_dashboard.services.imports import NEW, QuestionsOpen
from encaiss_dashboard.storage import records

E1, E2, E3 = "0202239951", "0403170701", "0417497106"
HOW = {
    "enterprise number": ({"vat_number": f"BE{E1}"}, {"vat_number": "0202.239.951"}),
    "old number of nine digits": ({"vat_number": f"BE{E1}"}, {"vat_number": "202 239 951"}),
    "French VAT and SIREN": ({"vat_number": "FR40303265045"}, {"vat_number": "303 265 045"}),
    "Peppol address of an enterprise": ({"vat_number": E1}, {"endpoint": f"0208:{E1}"}),
    "Peppol address of a VAT number": ({"endpoint": f"9925:BE{E1}"}, {"vat_number": E1}),
    "Peppol address of another kind": (
        {"endpoint": "0088:5412345000013"},
        {"endpoint": "0088:5412345000013"},
    ),
    "own number": ({"debtor_number": "K-17"}, {"debtor_number": "k-17"}),
}


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("first, second", HOW.values(), ids=HOW)
def test_a_number_means_the_same_debtor_whatever_its_name(desk, first, second, turned, together):
    first, second = (second, first) if turned else (first, second)
    rows = row("F1", debtor="Alpha", **first), row("F2", debtor="Omega", **second)
    for part in [rows] if together else [[one] for one in rows]:
        desk.take(*part)
    assert len(desk.names()) == 1
    assert len(set(desk.owners().values())) == 1


@pytest.mark.parametrize("name", ["GARAGE  PETIT", "garage petit", "Garage, Petit.", "Garagé Pétit"])
def test_an_exact_name_is_one_whatever_its_case_accents_and_signs(desk, name):
    desk.take(row("F1"))
    seen = desk.take(row("F2", debtor=name))
    assert (seen.doubts, desk.names()) == ((), ["Garage Petit"])


ALIKE = {
    "legal form": "Garage Petit SRL",
    "another form": "SA Garage Petit",
    "word order": "Petit Garage",
    "typo": "Garage Petlt",
    "typo at the beginning": "Carage Petit",
    "one letter more": "Garage Petitt",
    "title": "Ets Garage Petit",
}


@pytest.mark.parametrize("name", ALIKE.values(), ids=ALIKE)
def test_an_alike_name_is_asked_for_and_nothing_is_merged_or_made_before(desk, name):
    desk.take(row("F1", city="Ciney", debtor_number="K1"))
    seen = desk.preview(row("F2", debtor=name), row("F3", debtor=name, address="Rue Haute 1"))
    (doubt,) = seen.doubts
    (candidate,) = doubt.candidates
    assert (doubt.name, doubt.rows, doubt.answer) == (name, 2, None)
    assert (candidate.name, candidate.reason, candidate.detail) == ("Garage Petit", "name", "K1 · Ciney")
    assert candidate.likeness >= 85
    assert seen.questions == ("debtors",)
    before = desk.state()
    with pytest.raises(QuestionsOpen):
        desk.do(imports.accept, seen.batch_id)
    assert desk.state() == before


def test_an_answer_is_asked_for_once_and_remembered(desk):
    desk.take(row("F1"))
    known = desk.owners()["F1"]
    desk.answered({"Garage Petit SRL": known}, row("F2", debtor="Garage Petit SRL"))
    again = desk.take(row("F3", debtor="GARAGE PETIT S.R.L."), row("F4", debtor="garage petit srl"))
    assert set(desk.owners().values()) == {known}
    assert [doubt.name for doubt in again.doubts] == []
    (alias,) = desk.rows(records.DebtorAlias)
    assert alias.debtor_id == known


def test_new_makes_a_new_debtor_that_is_not_asked_for_again(desk):
    desk.take(row("F1"))
    desk.answered({"Garage Petit SRL": NEW}, row("F2", debtor="Garage Petit SRL"))
    seen = desk.take(row("F3", debtor="Garage Petit SRL"))
    owners = desk.owners()
    assert not seen.doubts
    assert owners["F1"] != owners["F2"] == owners["F3"]
    assert not desk.rows(records.DebtorAlias)


def test_doubtful_debtors_may_all_be_new(desk):
    desk.take(row("F1"), row("F2", debtor="Hôtel du Pont"))
    rows = row("F3", debtor="Garage Petit SRL"), row("F4", debtor="Hôtel du Pond")
    seen = desk.take(*rows, answers={"doubtful": "new"})
    assert [doubt.answer for doubt in seen.doubts] == [NEW, NEW]
    assert (seen.created, seen.new_debtors, len(desk.names())) == (2, 2, 4)


def test_rows_of_doubtful_debtors_may_be_refused_and_the_others_taken(desk, found):
    desk.take(row("F1"))
    rows = row("F3", debtor="Garage Petit SRL"), row("F4", debtor="Hôtel du Pont"), row("F5")
    seen = desk.take(*rows, answers={"doubtful": "refuse"})
    (problem,) = found(seen, "debtor_doubtful")
    assert (problem.line, problem.field, problem.blocks) == (2, "debtor", True)
    assert problem.facts == {"value": "Garage Petit SRL", "other": "Garage Petit"}
    assert (seen.created, seen.rejected_rows, seen.questions) == (2, 1, ())
    assert desk.names() == ["Garage Petit", "Hôtel du Pont"]


def test_an_answer_holds_also_where_the_rest_is_new_or_refused(desk):
    desk.take(row("F1"))
    for number, doubtful in (("F2", "new"), ("F3", "refuse")):
        seen = desk.preview(row(number, debtor=f"Garage Petit {'SA' if number == 'F2' else 'NV'}"))
        answers = {"doubtful": doubtful, "debtors": {seen.doubts[0].key: desk.owners()["F1"]}}
        desk.do(imports.answer, seen.batch_id, answers)
        desk.do(imports.accept, seen.batch_id)
    assert len(set(desk.owners().values())) == 1


def test_two_debtors_of_one_file_alike_to_one_known_are_two_questions(desk):
    desk.take(row("F1"))
    rows = row("F2", debtor="Garage Petit SRL"), row("F3", debtor="Petit Garage", vat_number=E1)
    seen = desk.preview(*rows)
    assert [doubt.name for doubt in sorted(seen.doubts, key=lambda one: one.name)] == [
        "Garage Petit SRL",
        "Petit Garage",
    ]
    desk.answered({"Garage Petit SRL": desk.owners()["F1"], "Petit Garage": NEW}, *rows)
    owners = desk.owners()
    assert owners["F1"] == owners["F2"] != owners["F3"]


def test_one_question_for_one_name_however_its_rows_differ(desk):
    desk.take(row("F1"))
    rows = [
        row(f"F{n}", debtor="Garage Petit SRL", address=f"Rue {n}", email=f"a{n}@x.example")
        for n in range(2, 6)
    ]
    seen = desk.preview(*rows)
    assert [(doubt.rows, len(doubt.candidates)) for doubt in seen.doubts] == [(4, 1)]


@pytest.mark.parametrize(
    "name, details",
    [
        ("Garage 3", {}),
        ("ACNE", {}),
        ("Tout autre chose", {}),
        ("Garage Petit SRL", {"vat_number": E2}),
        ("Garage Petit SRL", {"debtor_number": "K2"}),
    ],
    ids=["other digits", "too short to tell", "nothing alike", "another enterprise", "another number"],
)
def test_who_is_another_one_is_not_asked_for(desk, name, details):
    desk.take(
        row("F1", debtor="Garage 2"),
        row("F2", debtor="ACME"),
        row("F3", vat_number=E1, debtor_number="K1"),
    )
    seen = desk.take(row("F4", debtor=name, **details))
    assert (seen.doubts, seen.new_debtors) == ((), 1)


# ---------------------------------------------------------------- e-mail addresses


def test_a_shared_address_is_a_question(desk):
    desk.take(row("F1", email="Compta@petit.example"))
    seen = desk.preview(row("F2", debtor="Carrosserie Dubois", email="compta@PETIT.example"))
    (doubt,) = seen.doubts
    assert [(one.name, one.reason) for one in doubt.candidates] == [("Garage Petit", "email")]
    assert doubt.candidates[0].likeness < 85
    with pytest.raises(QuestionsOpen):
        desk.do(imports.accept, seen.batch_id)


def test_an_address_of_several_debtors_is_their_accountants_and_says_nothing(desk):
    desk.take(
        row("F1", email="fiduciaire@x.example"),
        row("F2", debtor="Hôtel du Pont", email="fiduciaire@x.example"),
    )
    assert len(desk.rows(records.Contact)) == 2
    assert not desk.take(row("F3", debtor="Boulangerie Noël", email="fiduciaire@x.example")).doubts


def test_an_address_does_not_outweigh_two_numbers(desk):
    desk.take(row("F1", email="a@x.example", vat_number=E1))
    assert not desk.take(row("F2", debtor="Dubois", email="a@x.example", vat_number=E2)).doubts


# ---------------------------------------------------------------- numbers that contradict each other


def test_one_own_number_with_two_enterprise_numbers_is_a_question(desk):
    desk.take(row("F1", debtor_number="K1", vat_number=E1))
    seen = desk.preview(row("F2", debtor="Petit & Fils", debtor_number="K1", vat_number=E2))
    (doubt,) = seen.doubts
    assert [(one.name, one.reason) for one in doubt.candidates] == [("Garage Petit", "number")]
    before = desk.owners()["F1"]
    desk.answered(
        {"Petit & Fils": before}, row("F2", debtor="Petit & Fils", debtor_number="K1", vat_number=E2)
    )
    desk.take(row("F3", debtor="Petit & Fils", debtor_number="K1", vat_number=E2))
    assert set(desk.owners().values()) == {before}
    (debtor,) = desk.rows(records.Debtor)
    assert debtor.enterprise_number == E1


def test_one_peppol_address_with_two_enterprise_numbers_is_a_question(desk):
    gln = "0088:5412345000013"
    desk.take(row("F1", endpoint=gln, vat_number=E1))
    (doubt,) = desk.preview(row("F2", debtor="Petit & Fils", endpoint=gln, vat_number=E2)).doubts
    assert [one.reason for one in doubt.candidates] == ["endpoint"]


def test_two_companies_of_one_own_number_within_a_file_stay_two(desk):
    rows = [
        row("F1", debtor="Alpha", debtor_number="K1", vat_number=E1),
        row("F2", debtor="Beta", debtor_number="K1", vat_number=E2),
        row("F3", debtor="Beta", debtor_number="K1"),
        row("F4", debtor="alpha", debtor_number="K1"),
    ]
    desk.take(*reversed(rows))
    owners = desk.owners()
    assert owners["F1"] == owners["F4"] != owners["F2"] == owners["F3"]
    assert desk.take(*rows).unchanged == 4


def test_an_own_number_of_two_companies_says_nothing_without_the_name(desk):
    desk.take(
        row("F1", debtor="Alpha", debtor_number="K1", vat_number=E1),
        row("F2", debtor="Beta", debtor_number="K1", vat_number=E2),
    )
    (doubt,) = desk.preview(row("F3", debtor="Gamma", debtor_number="K1")).doubts
    assert {one.name for one in doubt.candidates} == {"Alpha", "Beta"}


@pytest.mark.parametrize("filler", ["-", "n/a", "N.V.T.", "0", "000", "/", "DIVERS", "x"])
def test_what_stands_where_there_is_no_number_is_none(desk, filler):
    desk.take(
        row("F1", debtor="Alpha", debtor_number=filler, vat_number=filler),
        row("F2", debtor="Omega", debtor_number=filler, vat_number=filler),
    )
    assert desk.names() == ["Alpha", "Omega"]


def test_zeros_that_a_sheet_lost_make_no_other_debtor(desk):
    desk.take(row("F1", debtor_number="00017"))
    seen = desk.take(row("F2", debtor_number="17"))
    assert (seen.doubts, len(desk.names())) == ((), 1)
    assert len(desk.preview(row("F3", debtor="Garage Petit SA", debtor_number="17")).doubts) == 1
    desk.take(row("F4", debtor="Autre chose", debtor_number="17"))
    assert desk.names() == ["Garage Petit", "Autre chose"]


def test_what_one_row_adds_another_row_of_the_file_is_known_by(desk):
    desk.take(row("F1", vat_number=E1, debtor_number="K1"))
    desk.take(
        row("F2", debtor="Petit Mobilité", debtor_number="K2"),
        row("F3", debtor="Petit Mobilité", vat_number=E1, debtor_number="K2"),
    )
    assert len(set(desk.owners().values())) == 1


# ---------------------------------------------------------------- order and spelling


def test_rows_in_another_order_mean_the_same_debtors(desk):
    rows = [
        row("F1", debtor="Garage Petit"),
        row("F2", debtor="Garage Petit", vat_number=E1),
        row("F3", debtor="Garage Petit", vat_number=E2),
        row("F4", debtor="Carrosserie", vat_number=E1, email="a@x.example"),
        row("F5", debtor="Carrosserie", debtor_number="K5"),
        row("F6", debtor="CARROSSERIE"),
    ]
    desk.take(*reversed(rows))
    again = desk.take(*rows)
    assert (again.created, again.unchanged, again.new_debtors, again.doubts) == (0, 6, 0, ())


def test_the_best_number_decides_before_the_name(desk):
    desk.take(row("F1", debtor="Alpha", vat_number=E1), row("F2", debtor="Beta", debtor_number="K2"))
    desk.take(row("F3", debtor="Beta", vat_number=E1), row("F4", debtor="Alpha", debtor_number="K2"))
    owners = desk.owners()
    assert owners["F3"] == owners["F1"] != owners["F2"] == owners["F4"]


def test_a_remembered_answer_decides_before_the_name(desk):
    """Somebody said that this spelling is another one, though a debtor of just that name came since."""
    desk.take(row("F1"))
    known = desk.owners()["F1"]
    desk.answered({"Garage Petit SRL": known}, row("F2", debtor="Garage Petit SRL"))
    desk.take(row("F3", debtor="Garage Petit SRL", vat_number=E3), answers={"doubtful": "new"})
    desk.take(row("F4", debtor="Garage Petit SRL"))
    assert desk.owners()["F4"] == known
