"""Why a payment is thought to pay what it pays, and how sure that is: a case for every reason."""

from datetime import timedelta

import pytest
from money_in import (
    IBANS,
    JANSSENS,
    LEROY,
    ON,
    PETIT,
    book_of,
    ogm,
    open_item,
    paid,
    proposed,
    settled,
)

from encaiss_dashboard.domain.booking import Part, Policy, Reason, Rules, propose
from encaiss_dashboard.domain.claims import ClaimKind
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.references import make_rf, ogm_digits, ogm_for_debtor

SURE = 85
FIRST = open_item(1, 121_37, days_late=40, reference=ogm(4711))
SECOND = open_item(2, 250_19, days_late=20, reference=ogm(4712))
THIRD = open_item(3, 77_01, days_late=-5, reference=make_rf("539007547034"))
LEROYS = open_item(4, 121_37, debtor=LEROY, number="2026/0077")
BOOK = (FIRST, SECOND, THIRD, LEROYS)


def best(movement, *items, **rules):
    found = proposed(movement, book_of(*(items or BOOK)), **rules)
    return found[0] if found else None


def why(proposal):
    return proposal.reason, proposal.confidence, proposal.named


@pytest.mark.parametrize(
    "movement, told",
    [
        # The reference, in its field, in a text, without slashes, with spaces.
        (paid(121_37, structured=ogm(4711)), (Reason.REFERENCE, 100, (1,))),
        (paid(60_00, structured=ogm(4711)), (Reason.REFERENCE, 97, (1,))),
        (paid(121_37, f"merci {ogm(4711)}"), (Reason.REFERENCE, 100, (1,))),
        (paid(121_37, "000 0004 71155"), (Reason.REFERENCE, 100, (1,))),
        (paid(77_01, structured="RF18539007547034"), (Reason.REFERENCE, 100, (3,))),
        (paid(77_01, "RF18 5390 0754 7034"), (Reason.REFERENCE, 100, (3,))),
        # The reference of the statement: all that is due.
        (paid(371_56, structured=ogm_digits(ogm_for_debtor(PETIT))), (Reason.REFERENCE, 100, (1, 2))),
        (paid(250_19, structured=ogm_digits(ogm_for_debtor(PETIT))), (Reason.REFERENCE, 100, (2,))),
        (paid(99_00, structured=ogm_digits(ogm_for_debtor(PETIT))), (Reason.REFERENCE, 97, (1, 2))),
        # A digit wrong, two swapped.
        (paid(121_37, "+++000/0004/71165+++"), (Reason.REFERENCE_MENDED, 90, (1,))),
        (paid(121_37, "+++000/0004/17155+++"), (Reason.REFERENCE_MENDED, 90, (1,))),
        (paid(50_00, "+++000/0004/71165+++"), (Reason.REFERENCE_MENDED, 80, (1,))),
        (paid(77_01, "RF19 5390 0754 7034"), (Reason.REFERENCE_MENDED, 90, (3,))),
        # The payer's own identification.
        (paid(121_37, end_to_end=ogm(4711)), (Reason.END_TO_END, 96, (1,))),
        (paid(121_37, end_to_end="2026-0001"), (Reason.END_TO_END, 96, (1,))),
        # The number in the text.
        (paid(121_37, "facture 2026-1"), (Reason.NUMBER, 95, (1,))),
        (paid(121_37, "20260001"), (Reason.NUMBER, 95, (1,))),
        (paid(60_00, "Factuur 2026/0001"), (Reason.NUMBER, 88, (1,))),
        (paid(371_56, "factures 2026/0001 et 2026/0002"), (Reason.NUMBER, 95, (1, 2))),
        (paid(371_56, "factures 2026/0001 et 0002"), (Reason.NUMBER, 95, (1, 2))),
        (paid(121_37, invoice_number="2026/1"), (Reason.NUMBER, 95, (1,))),
        # The account and the amount.
        (paid(250_19, iban=IBANS[PETIT]), (Reason.ACCOUNT_AND_AMOUNT, 92, (2,))),
        # The sum of some, of all that is due, of all.
        (paid(198_38, iban=IBANS[PETIT]), (Reason.SUM, 86, (1, 3))),
        (paid(371_56, iban=IBANS[PETIT]), (Reason.SUM, 90, (1, 2))),
        (paid(448_57, iban=IBANS[PETIT]), (Reason.SUM, 90, (1, 2, 3))),
        # The name and the amount: never sure by itself.
        (paid(250_19, counterparty="GARAGE PETIT"), (Reason.NAME_AND_AMOUNT, 84, (2,))),
        (paid(250_19, counterparty="Garage Petite"), (Reason.NAME_AND_AMOUNT, 80, (2,))),
        # The account alone, the name alone.
        (paid(10_00, iban=IBANS[PETIT]), (Reason.ACCOUNT, 60, ())),
        (paid(10_00, counterparty="Garage Petit"), (Reason.NAME, 50, ())),
    ],
)
def test_why_a_payment_is_thought_to_pay(movement, told):
    assert why(best(movement)) == told


@pytest.mark.parametrize(
    "movement, told",
    [
        (paid(250_19, iban="BE02 0000 0000 0000"), (Reason.LEARNT, 92, (2,))),
        (paid(10_00, iban="BE02000000000000"), (Reason.LEARNT, 80, ())),
        (paid(250_19, counterparty="Tante Jeanne"), (Reason.LEARNT, 92, (2,))),
        (paid(250_19, structured=ogm_digits(ogm_for_debtor(77))), (Reason.REFERENCE, 100, (2,))),
    ],
)
def test_what_a_person_once_decided_is_remembered(movement, told):
    learnt = [
        ("BE02000000000000", PETIT),
        ("name:tante jeanne", PETIT),
        (ogm_digits(ogm_for_debtor(77)), PETIT),  # of a debtor that was merged into this one
    ]
    assert why(proposed(movement, book_of(*BOOK, learnt=learnt))[0]) == told


@pytest.mark.parametrize(
    "movement",
    [
        paid(121_37, "merci"),
        paid(121_37, "facture 999"),
        paid(55_55, counterparty="Quelqu'un d'autre"),
        paid(-121_37, structured=ogm(4711)),
        paid(121_37, structured=ogm(4711), is_charge=True),
        paid(121_37, structured=ogm(4711), is_return=True),
    ],
)
def test_where_nothing_speaks_for_it_nothing_is_proposed(movement):
    assert best(movement) is None


def test_a_part_payment_settles_a_part_and_an_over_payment_leaves_its_rest():
    assert settled(best(paid(60_00, structured=ogm(4711)), FIRST)) == {1: 60_00}
    over = best(paid(150_00, structured=ogm(4711)), FIRST)
    assert (settled(over), over.shares[0].amount) == ({1: 121_37}, Money(150_00))


def test_an_over_payment_settles_other_invoices_only_where_the_policy_says_so():
    movement = paid(150_00, structured=ogm(4711))
    assert settled(best(movement, FIRST, SECOND, policy=Policy.STRICT)) == {1: 121_37}
    assert settled(best(movement, FIRST, SECOND, policy=Policy.OLDEST_FIRST)) == {1: 121_37, 2: 28_63}


def test_what_is_paid_beside_a_named_invoice_is_the_sum_of_others_where_only_these_make_it():
    movement = paid(121_37 + 77_01, structured=ogm(4711))
    assert why(best(movement, FIRST, SECOND, THIRD)) == (Reason.REFERENCE, 97, (1, 3))


def test_one_payment_of_several_debtors_is_divided_by_what_each_owes():
    found = best(paid(121_37 + 250_19 + 121_37, "2026/0001, 2026/0002, facture 2026/0077"))
    assert {share.debtor_id: share.amount.cents for share in found.shares} == {PETIT: 371_56, LEROY: 121_37}
    assert (found.reason, set(found.named)) == (Reason.NUMBER, {1, 2, 4})
    assert found.confidence >= SURE


def test_the_references_of_several_debtors_are_divided_the_same_way():
    theirs = open_item(8, 33_00, debtor=LEROY, reference=ogm(5000))
    found = best(paid(154_37, f"{ogm(4711)} {ogm(5000)}"), FIRST, theirs)
    assert {share.debtor_id: share.amount.cents for share in found.shares} == {PETIT: 121_37, LEROY: 33_00}
    assert (found.reason, found.confidence) == (Reason.REFERENCE, 98)


def test_a_payment_of_several_debtors_that_does_not_add_up_is_looked_at():
    found = best(paid(400_00, "factures 2026/0001 et 2026/0077"))
    assert found.confidence < SURE
    assert sum(share.amount.cents for share in found.shares) == 400_00


@pytest.mark.parametrize("cents, short", [(121_37, None), (121_35, Money(2)), (121_33, None)])
def test_a_small_difference_is_let_pass_within_the_tolerance_alone(cents, short):
    """A discount, or what a bank kept: three cents are agreed here."""
    found = best(paid(cents, structured=ogm(4711)), tolerance_cents=3)
    assert found.shares[0].short == short
    assert found.confidence == (97 if cents == 121_33 else 100)


def test_a_cent_too_much_is_no_payment_of_another_invoice():
    found = best(paid(121_38, structured=ogm(4711)), policy=Policy.OLDEST_FIRST, tolerance_cents=3)
    assert settled(found) == {1: 121_37}


def test_interest_that_was_asked_for_is_paid_first_but_not_by_who_pays_what_the_invoice_says():
    asked = ((ClaimKind.INTEREST, Money(3_00)), (ClaimKind.INDEMNITY, Money(40_00)))
    late = open_item(1, 121_37, reference=ogm(4711), accessories=asked)
    assert best(paid(121_37, structured=ogm(4711)), late).shares[0].parts == (Part(1, Money(121_37)),)
    whole = best(paid(164_37, structured=ogm(4711)), late)
    assert whole.confidence == 100
    assert [(part.kind, part.amount.cents) for part in whole.shares[0].parts] == [
        (ClaimKind.INTEREST, 3_00),
        (ClaimKind.INDEMNITY, 40_00),
        (None, 121_37),
    ]
    assert why(best(paid(164_37, iban=IBANS[PETIT]), late, SECOND)) == (Reason.ACCOUNT_AND_AMOUNT, 92, (1,))


def test_the_sum_of_balances_with_what_was_asked_beside_them_is_found():
    asked = ((ClaimKind.INTEREST, Money(3_11)),)
    late = [
        open_item(n, cents, 40 - n, accessories=asked) for n, cents in ((1, 121_37), (2, 250_19), (3, 77_01))
    ]
    movement = paid(121_37 + 77_01 + 6_22, iban=IBANS[PETIT])
    assert why(best(movement, *late)) == (Reason.SUM, 86, (1, 3))
    assert why(best(movement, *late, policy=Policy.STRICT)) == (Reason.ACCOUNT, 60, ())


def test_money_for_a_debtor_that_is_not_delegated_is_money_all_the_same():
    own = open_item(1, 121_37, reference=ogm(4711), delegated=False)
    assert why(best(paid(121_37, structured=ogm(4711)), own)) == (Reason.REFERENCE, 100, (1,))


def test_only_invoices_of_the_currency_that_was_paid_are_settled():
    dollars = open_item(1, 121_37, reference=ogm(4711), currency="USD")
    found = best(paid(121_37, structured=ogm(4711)), dollars, SECOND)
    assert (settled(found), found.shares[0].debtor_id, found.confidence < SURE) == ({}, PETIT, True)
    assert settled(best(paid(121_37, structured=ogm(4711), currency="USD"), dollars, SECOND)) == {1: 121_37}


def test_a_reference_of_a_paid_invoice_tells_whose_money_it_is_and_waits_for_somebody():
    done = open_item(1, 0, reference=ogm(4711))
    found = best(paid(33_00, structured=ogm(4711)), done, SECOND)
    assert (found.reason, found.shares[0].debtor_id, settled(found)) == (Reason.REFERENCE, PETIT, {})
    assert found.confidence < SURE


@pytest.mark.parametrize("text", [f"+++{ogm(99)}+++", "facture 2026/0999"])
def test_a_payment_of_an_invoice_that_is_not_here_yet_waits_with_its_debtor(text):
    found = best(paid(33_00, text, iban=IBANS[PETIT]))
    assert (found.shares[0].debtor_id, found.shares[0].parts, found.confidence < SURE) == (PETIT, (), True)


def test_a_payment_that_names_another_invoice_is_not_booked_on_one_of_the_same_amount():
    found = best(paid(250_19, "facture 2026/0999", iban=IBANS[PETIT]))
    assert (found.named, found.confidence < SURE) == ((2,), True)


def test_two_invoices_of_the_same_amount_leave_a_doubt():
    twin = open_item(9, 250_19, days_late=30)
    found = best(paid(250_19, iban=IBANS[PETIT]), SECOND, twin)
    assert (found.named, found.confidence < SURE) == ((9,), True)


def test_two_debtors_with_one_account_leave_a_doubt():
    ibans = {LEROY: IBANS[PETIT]}
    found = proposed(paid(121_37, iban=IBANS[PETIT]), book_of(*BOOK, ibans=ibans))
    assert {one.shares[0].debtor_id for one in found} == {PETIT, LEROY}
    assert all(one.confidence < SURE for one in found)


def test_of_two_debtors_with_one_account_the_amount_tells():
    ibans = {LEROY: IBANS[PETIT]}
    found = proposed(paid(250_19, iban=IBANS[PETIT]), book_of(*BOOK, ibans=ibans))
    assert why(found[0]) == (Reason.ACCOUNT_AND_AMOUNT, 92, (2,))


@pytest.mark.parametrize("extra, sure", [({}, False), ({"iban": IBANS[LEROY]}, True)])
def test_a_reference_that_two_debtors_have_is_of_the_one_that_pays(extra, sure):
    theirs = open_item(8, 121_37, debtor=LEROY, reference=ogm(4711))
    found = best(paid(121_37, structured=ogm(4711), **extra), FIRST, theirs)
    assert (found.confidence >= SURE) is sure
    assert found.shares[0].debtor_id == (LEROY if sure else PETIT)


def test_of_two_with_one_reference_and_one_name_the_amount_tells():
    theirs = open_item(8, 33_00, debtor=LEROY, reference=ogm(4711))
    book = book_of(FIRST, theirs, names={LEROY: "Garage Petit"})
    found = proposed(paid(33_00, structured=ogm(4711), counterparty="GARAGE PETIT"), book)
    assert (found[0].shares[0].debtor_id, found[0].confidence) == (LEROY, 100)
    assert all(one.confidence < SURE for one in found[1:])


def test_an_account_that_pays_for_very_many_debtors_is_never_sure():
    """A social secretariat, a factor: the amount that fits one of the first may be another one's too."""
    crowd = {n: f"Debiteur {n}" for n in range(10, 60)}
    items = [open_item(n, 50_00 + n, debtor=n, number=f"A{n}") for n in crowd]
    book = book_of(*items, names=crowd, ibans=dict.fromkeys(crowd, "BE77"))
    assert proposed(paid(50_12, iban="BE77"), book)[0].confidence < SURE
    few = book_of(*items[:20], names=crowd, ibans=dict.fromkeys(range(10, 30), "BE77"))
    assert proposed(paid(50_12, iban="BE77"), few)[0].confidence == 92


def test_a_reference_that_is_the_same_on_every_invoice_of_a_debtor_names_the_one_of_that_amount():
    always = [open_item(n, cents, 40 - n, reference=ogm(4711)) for n, cents in ((1, 30_00), (2, 45_50))]
    assert why(best(paid(45_50, structured=ogm(4711)), *always)) == (Reason.REFERENCE, 100, (2,))
    assert settled(best(paid(40_00, structured=ogm(4711)), *always)) == {1: 30_00, 2: 10_00}


def test_a_wrong_digit_that_may_be_of_two_references_is_not_mended():
    """The last digits of 000000471155 and 000000471256 both lead to 000000471156 … by one digit."""
    near = [open_item(1, 10_00, reference="000000471155"), open_item(2, 20_00, reference="000000471154")]
    assert best(paid(10_00, "+++000/0004/71156+++"), *near) is None


def test_a_short_number_needs_its_word_or_its_amount():
    short = open_item(1, 121_37, number="12")
    assert why(best(paid(50_00, "facture 12"), short)) == (Reason.NUMBER, 88, (1,))
    assert best(paid(50_00, "le 12"), short) is None
    assert best(paid(121_37, "le 12"), short).confidence < SURE
    assert why(best(paid(121_37, "le 12", iban=IBANS[PETIT]), short)) == (Reason.ACCOUNT_AND_AMOUNT, 92, (1,))


@pytest.mark.parametrize("text", ["le 12/03/2026", "1.250,00", "client 20260001 x", "tel 0475 20 26 01"])
def test_digits_that_happen_to_be_a_number_are_not_sure(text):
    found = best(paid(50_00, text), *BOOK)
    assert found is None or found.confidence < SURE


def test_a_number_with_its_letters_is_told_from_one_with_others():
    ours = [open_item(1, 50_00, number="F2026-12"), open_item(2, 50_00, number="V2026-12", debtor=LEROY)]
    assert why(best(paid(50_00, "V2026/0012"), *ours)) == (Reason.NUMBER, 95, (2,))

    assert why(best(paid(50_00, "facture V2026/0012"), *ours)) == (Reason.NUMBER, 95, (2,))


@pytest.mark.parametrize("cents", [50_00, 20_00])
def test_what_stands_within_a_longer_number_names_nothing_of_its_own(cents):
    ours = [open_item(1, 50_00, number="F10-000123"), open_item(2, 60_00, number="123")]
    assert best(paid(cents, "facture F10-123"), *ours).named == (1,)


@pytest.mark.parametrize("text", ["facture du 12/03/2026", "facture de 12,50"])
def test_a_day_or_an_amount_behind_the_word_is_no_short_number(text):
    assert best(paid(50_00, text), open_item(1, 121_37, number="12")) is None


def test_on_the_account_of_the_agency_a_number_of_two_clients_is_of_the_one_that_pays():
    ours = [open_item(1, 50_00, number="2026/12"), open_item(2, 50_00, number="2026/12", debtor=LEROY)]
    book = book_of(*ours, clients={LEROY: 2})
    assert propose(paid(50_00, "facture 2026/12"), book, {})[0].confidence < SURE
    known = propose(paid(50_00, "facture 2026/12", iban=IBANS[LEROY]), book, {2: Rules(Policy.STRICT)})[0]
    assert (known.shares[0].client_id, known.confidence) == (2, 95)


def test_somebody_else_may_pay_an_invoice_but_the_account_of_another_debtor_lowers_what_a_number_says():
    assert best(paid(121_37, "facture 2026/0001", iban=IBANS[LEROY])).confidence < 95
    assert best(paid(50_00, "facture 2026/0001", iban=IBANS[LEROY])).confidence < SURE
    assert best(paid(50_00, structured=ogm(4711), iban=IBANS[LEROY])).confidence == 97


def test_many_or_round_balances_make_a_sum_unsure():
    round_ones = [open_item(n, cents, 40 - n) for n, cents in ((1, 100_00), (2, 300_00), (3, 800_00))]
    found = best(paid(1100_00, iban=IBANS[PETIT]), *round_ones)
    assert (found.reason, found.named, found.confidence < SURE) == (Reason.SUM, (2, 3), True)


def test_of_very_many_items_only_those_due_longest_are_summed_and_never_surely():
    many = [open_item(n, 100_00 + 2**n, 90 - n) for n in range(24)]
    total = sum(many[n].open.cents for n in (1, 5))
    found = best(paid(total, iban=IBANS[PETIT]), *many)
    assert (found.reason, found.named, found.confidence < SURE) == (Reason.SUM, (1, 5), True)


def test_a_payment_finds_what_the_one_before_it_left():
    book = book_of(FIRST, SECOND)
    movement = paid(121_37, structured=ogm(4711))
    book.apply(proposed(movement, book)[0].shares[0])
    again = proposed(movement, book)[0]
    assert (settled(again), again.confidence < SURE) == ({}, True)
    book.learn("BE02000000000000", PETIT)
    assert proposed(paid(250_19, iban="BE02000000000000"), book)[0].reason is Reason.LEARNT


def test_what_was_asked_beside_an_invoice_is_asked_once():
    asked = ((ClaimKind.INTEREST, Money(3_00)), (ClaimKind.INDEMNITY, Money(40_00)))
    book = book_of(open_item(1, 121_37, reference=ogm(4711), accessories=asked))
    first = proposed(paid(20_00, structured=ogm(4711)), book)[0]
    book.apply(first.shares[0])
    [left] = book.items_of(PETIT)
    assert (left.open, left.accessories) == (Money(121_37), ((ClaimKind.INDEMNITY, Money(23_00)),))


def test_no_more_than_five_ways_are_shown_the_surest_first():
    crowd = dict.fromkeys(range(10, 30), "Garage Petit")
    items = [open_item(n, 50_00, debtor=n, number=f"2026/{n}") for n in crowd]
    found = proposed(paid(50_00, counterparty="Garage Petit"), book_of(*items, names=crowd))
    assert 1 < len(found) <= 5
    assert [one.confidence for one in found] == sorted((one.confidence for one in found), reverse=True)
    assert all(one.confidence < SURE for one in found)


def test_an_invoice_that_falls_due_after_the_payment_is_no_part_of_the_statement():
    later = open_item(7, 10_00, due=ON + timedelta(days=1))
    found = best(paid(121_37, structured=ogm_digits(ogm_for_debtor(PETIT))), FIRST, later)
    assert (found.named, found.confidence) == ((1,), 100)


def test_a_debtor_without_an_account_is_found_by_no_account():
    theirs = open_item(1, 50_00, debtor=JANSSENS)
    assert best(paid(50_00, iban=""), theirs) is None
