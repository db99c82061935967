"""What no proposal may ever do: create money, settle more than is owed, be sure of what it cannot know."""

import random
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from money_in import IBANS, LEROY, NAMES, ON, PETIT, book_of, ogm, open_item, paid, proposed

from encaiss_dashboard.domain.booking import Policy, Rules, propose
from encaiss_dashboard.domain.claims import ClaimKind
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.references import ogm_digits, ogm_for_debtor

SURE = 85
TEXTS = st.one_of(
    st.text("0123456789 /.-+FV", max_size=40),
    st.sampled_from(
        [
            "facture 2026/0000",
            "factures 2026/0001, 2026/0002 et 0003",
            f"+++{ogm(1)}+++",
            f"{ogm(0)} {ogm(2)}",
            ogm_digits(ogm_for_debtor(PETIT)),
            "facture 2026/9999",
            "",
        ]
    ),
)
MOVEMENTS = st.builds(
    lambda cents, text, other, structured: paid(cents, text, **other, structured=structured),
    st.integers(1, 900),
    TEXTS,
    st.sampled_from(
        [{}, {"iban": IBANS[PETIT]}, {"counterparty": NAMES[LEROY]}, {"end_to_end": "2026-0002"}]
    ),
    st.sampled_from(["", ogm(0), ogm(3), ogm_digits(ogm_for_debtor(LEROY))]),
)
ITEMS = st.lists(
    st.tuples(
        st.integers(0, 300),
        st.integers(-20, 90),
        st.sampled_from([PETIT, LEROY]),
        st.sampled_from(["EUR", "EUR", "USD"]),
        st.dictionaries(st.sampled_from(ClaimKind), st.integers(1, 50).map(Money), max_size=2),
    ),
    max_size=6,
)


def items_of(facts):
    return [
        open_item(
            n,
            cents,
            late,
            debtor=debtor,
            currency=currency,
            reference=ogm(n),
            accessories=tuple(asked.items()),
        )
        for n, (cents, late, debtor, currency, asked) in enumerate(facts)
    ]


@settings(max_examples=400)
@given(MOVEMENTS, ITEMS, st.sampled_from(Policy), st.integers(0, 5))
def test_shares_are_the_whole_amount_and_parts_are_within_the_balances(movement, facts, policy, tolerance):
    items = items_of(facts)
    for one in proposed(movement, book_of(*items), policy=policy, tolerance_cents=tolerance):
        assert Money.total(share.amount for share in one.shares) == movement.amount
        assert len({share.debtor_id for share in one.shares}) == len(one.shares)
        assert 0 <= one.confidence <= 100
        for share in one.shares:
            mine = {
                i.invoice_id: i for i in items if i.debtor_id == share.debtor_id and i.open.currency == "EUR"
            }
            assert sum(part.amount.cents for part in share.parts) <= share.amount.cents
            assert len({(part.invoice_id, part.kind) for part in share.parts}) == len(share.parts)
            for part in share.parts:
                asked = dict(mine[part.invoice_id].accessories)
                assert (
                    0
                    < part.amount.cents
                    <= (asked[part.kind] if part.kind else mine[part.invoice_id].open).cents
                )
            if share.short is not None:
                assert 0 < share.short.cents <= tolerance
            assert set(one.named) <= {i.invoice_id for i in items}


@settings(max_examples=300)
@given(MOVEMENTS, ITEMS, st.data())
def test_the_order_in_which_a_book_was_filled_changes_nothing(movement, facts, data):
    items = items_of(facts)
    assert proposed(movement, book_of(*items)) == proposed(
        movement, book_of(*data.draw(st.permutations(items)))
    )


@settings(max_examples=300)
@given(MOVEMENTS, ITEMS)
def test_of_two_debtors_between_whom_nothing_tells_neither_is_sure(movement, facts):
    """The same invoices once more with a debtor of the same name and account: every proposal has a twin."""
    items = items_of(facts)
    twins = {PETIT: 11, LEROY: 12}
    more = [replace(i, invoice_id=i.invoice_id + 100, debtor_id=twins[i.debtor_id]) for i in items]
    names = {twins[key]: NAMES[key] for key in twins}
    ibans = {twins[key]: IBANS[key] for key in twins}
    by_debtor = {ogm_digits(ogm_for_debtor(key)) for key in twins}
    if movement.structured in by_debtor or any(one in movement.text for one in by_debtor):
        return  # a statement's reference tells one from the other
    found = proposed(movement, book_of(*items, *more, names=names, ibans=ibans))
    assert all(one.confidence < SURE for one in found)


WORDS = ("loyer", "merci", "client", "commande", "tel", "ref", "du", "van", "janvier", "contrat", "pour")
STYLES = ("{n}", "2026/{n}", "F{n:05d}", "{n:08d}", "V26-{n}", "{m}", "2026{n:04d}")


def strange_word(chance):
    """A word, or digits of the kinds that payers write which are no invoice of ours."""
    day, month = chance.randint(1, 28), chance.randint(1, 12)
    return chance.choice(
        [
            chance.choice(WORDS),
            chance.choice(WORDS),
            str(chance.randrange(10 ** chance.randint(1, 12))),
            f"{day:02d}/{month:02d}/2026",
            f"2026-{month:02d}-{day:02d}",
            f"{month}/2026",
            f"{chance.randrange(10_000) / 100:.2f}".replace(".", ","),
            f"04{chance.randrange(100):02d}/{day}.{month}.{chance.randrange(100)}",
            str(100_000 + chance.randrange(900_000)),
            f"2026 {chance.randrange(6_000)}",
        ]
    )


def test_random_texts_with_digits_are_hardly_ever_sure():
    """10,000 payments of strangers against 5,000 invoices whose numbers are as short and plain as any."""
    chance = random.Random(1)
    items = [
        open_item(n, chance.randrange(5_00, 2_000_00), n % 90, debtor=n % 500 + 10, reference=ogm(n))
        for n in range(1, 5_001)
    ]
    items = [
        replace(one, number=chance.choice(STYLES).format(n=one.invoice_id, m=one.invoice_id + 300_000))
        for one in items
    ]
    names = {n: f"Debiteur{n * 7919 % 10_007} Zonnebloem" for n in range(10, 510)}
    book, sure, proposed_at_all = book_of(*items, names=names), 0, 0
    for _ in range(10_000):
        text = " ".join(strange_word(chance) for _ in range(chance.randint(1, 6)))
        movement = paid(chance.randrange(5_00, 2_000_00), text, iban="BE00", counterparty="Debiteur Onbekend")
        found = propose(movement, book, {1: Rules()})
        proposed_at_all += bool(found)
        sure += bool(found) and found[0].confidence >= SURE
    assert proposed_at_all > 100
    assert sure <= 2


def test_a_booked_payment_of_somebody_is_never_proposed_twice_surely():
    invoice = open_item(1, 90_00, reference=ogm(1), due=ON)
    book, movement = book_of(invoice), paid(90_00, structured=ogm(1))
    [first, *_] = proposed(movement, book)
    assert first.confidence >= SURE
    book.apply(first.shares[0])
    assert all(one.confidence < SURE for one in proposed(movement, book))
