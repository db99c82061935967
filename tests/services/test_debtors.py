"""The list of debtors and one debtor's file, with figures worked by hand."""

from datetime import date
from decimal import Decimal

import pytest

from encaiss_dashboard import jobs
from encaiss_dashboard.domain.delegation import DelegationKind, DelegationState
from encaiss_dashboard.domain.dunning import StepCode
from encaiss_dashboard.domain.errors import BadEmail, NotAllowed, NotFound, Unreadable
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.permissions import Role
from encaiss_dashboard.domain.terms import TermUnreadable
from encaiss_dashboard.locales import LETTER_LANGUAGES
from encaiss_dashboard.services import debtors, delegations, exports, letters
from encaiss_dashboard.services.debtors import DebtorSearch, DebtorSort
from encaiss_dashboard.services.delegations import Decision
from encaiss_dashboard.storage import records
from encaiss_dashboard.storage.journal import ActKind
from encaiss_dashboard.ui.debtor_facts import told


@pytest.fixture
def client(house):
    return house.client(iban="BE68539007547034", email="compta@ardenne.example")


@pytest.fixture
def owner(house, client):
    return house.user(Role.OWNER, "ardenne")


@pytest.fixture
def read(wiring, client, owner):
    def call(service, *args, actor=owner, **kwargs):
        with wiring.begin(actor, write=False) as work:
            return service(work, client, *args, **kwargs)

    return call


@pytest.fixture
def act(wiring, client, owner):
    def call(service, *args, actor=owner, **kwargs):
        with wiring.begin(actor) as work:
            return service(work, client, *args, **kwargs)

    return call


@pytest.fixture
def condroz(house, client):
    """Three invoices past due on 22 November 2026, one of them half paid; two paid, one not due."""
    debtor = house.debtor(
        client,
        "Brasserie du Condroz SRL",
        email="compta@condroz.example",
        city="Ciney",
        enterprise_number="0202239951",
    )
    first = house.invoice(debtor, "2026-0377", due=date(2026, 9, 11), cents=1_720_000)
    house.payment(debtor, on=date(2026, 9, 30), cents=860_000, invoice_id=first)
    house.invoice(debtor, "2026-0398", due=date(2026, 9, 30), cents=524_000)
    house.invoice(debtor, "2026-0421", due=date(2026, 10, 31), cents=440_000)
    paid = house.invoice(debtor, "2026-0300", due=date(2026, 7, 1), cents=100_000)
    house.payment(debtor, on=date(2026, 7, 11), cents=100_000, invoice_id=paid)
    paid = house.invoice(debtor, "2026-0301", due=date(2026, 7, 1), cents=300_000)
    house.payment(debtor, on=date(2026, 7, 31), cents=300_000, invoice_id=paid)
    house.invoice(debtor, "2026-0450", due=date(2026, 12, 31), cents=30_000, issue=date(2026, 11, 1))
    house.invoice(
        debtor, "NC-1", due=date(2026, 11, 10), cents=5_000, issue=date(2026, 11, 10), kind="credit_note"
    )
    return debtor


def test_the_figures_of_a_file(read, condroz):
    seen = read(debtors.file, condroz)

    assert seen.overdue == Money(1_824_000)
    assert seen.open == Money(1_854_000)
    assert (seen.overdue_invoices, seen.invoices_ever) == (3, 6)
    assert seen.oldest_due == date(2026, 9, 11)
    assert seen.days_late == 72
    # 10.5 %: 17 200 for the 19 days until half of it was paid and 8 600 for the 53 since = 225.131…,
    # 5 240 × 53 = 79.892…, 4 400 × 22 = 27.846…, each to the cent.
    assert seen.interest == Money(225_13 + 79_89 + 27_85)
    assert seen.indemnity == Money(120_00)
    assert seen.rate is not None
    assert seen.rate.percent == Decimal("10.5")
    assert [rate.published for rate in seen.rates_doubtful] == [False]
    # What was paid in full within the year: 1 000 at 10 days late and 3 000 at 30.
    assert seen.days_late_usual == 25
    assert seen.credit == (Money(5_000),)
    assert [item.invoice.number for item in seen.invoices] == [
        "2026-0377",
        "2026-0398",
        "2026-0421",
        "2026-0450",
    ]


def test_interest_of_a_period_without_a_known_rate_is_not_made_up(house, read, client):
    debtor = house.debtor(client, "Agencements Champenois", country="FR")
    house.invoice(debtor, "F1", due=date(2025, 12, 1), cents=100_000)

    seen = read(debtors.file, debtor)

    assert seen.interest is None
    assert seen.rate is None
    assert seen.indemnity == Money(40_00)


def test_a_file_without_any_invoice_is_empty_and_not_an_error(house, read, client):
    seen = read(debtors.file, house.debtor(client, "Neuf SA"))

    assert (seen.open, seen.overdue, seen.invoices_ever) == (Money(0), Money(0), 0)
    assert (seen.oldest_due, seen.days_late_usual, seen.next, seen.acts) == (None, None, None, ())
    assert seen.status.state is DelegationState.NOT_DELEGATED


def test_the_figures_of_two_currencies_do_not_mix(house, read, client):
    debtor = house.debtor(client, "Brightwater")
    house.invoice(debtor, "E1", due=date(2026, 11, 1), cents=10_000)
    house.invoice(debtor, "G1", due=date(2026, 11, 1), cents=77_700, currency="GBP")

    seen = read(debtors.file, debtor)

    assert seen.overdue == Money(10_000)
    assert [item.open.currency for item in seen.invoices] == ["EUR", "GBP"]


def test_everything_done_is_in_the_file_newest_first_with_what_was_written(
    house, read, act, wiring, clock, condroz
):
    decision = Decision(DelegationKind.DELEGATE, (condroz,))
    act(delegations.decide, decision)
    jobs.remind(wiring)
    clock.forward(days=1)
    act(debtors.editing.edit, condroz, email="new@condroz.example", language="nl", term="30 fin de mois")

    seen = read(debtors.file, condroz)

    assert [entry.kind for entry in seen.acts] == ["corrected", "sent", "delegated"]
    sent = seen.acts[1].facts["message"]
    assert seen.named[sent] == ("2026-0377", "2026-0398", "2026-0421")
    message = read(debtors.message, sent)
    assert message.recipient == "compta@condroz.example"
    assert "2026-0377" in message.body_text
    assert seen.acts[0].facts["before"] == {
        "email": "compta@condroz.example",
        "language": "fr",
        "term": "",
    }
    assert seen.acts[0].facts["after"] == {"email": "new@condroz.example", "language": "nl", "term": "30_EOM"}


def test_without_an_address_the_letter_goes_to_the_agency_and_the_act_says_so(
    house, read, wiring, client, mailbox
):
    debtor = house.debtor(client, "Sans Adresse SA")
    house.invoice(debtor, "F1", due=date(2026, 11, 1), cents=10_000)
    house.delegate(debtor, from_date=date(2026, 11, 1))

    jobs.remind(wiring)

    [sent] = read(debtors.file, debtor).acts
    assert (sent.kind, sent.facts["channel"]) == ("sent", "post")
    assert mailbox.sent[0].to == (sent.facts["to"],)


def test_the_imports_that_brought_its_invoices_are_in_the_file_and_no_others(house, read, client, clock):
    debtor, other = house.debtor(client, "Moulin Clair"), house.debtor(client, "Autre")
    batches = []
    for name, owner_id in (("a.csv", debtor), ("b.csv", other)):
        batch = house.add(
            records.ImportBatch(
                client_id=client, file_name=name, digest=name, size_bytes=1, uploaded_at=clock()
            )
        )
        house.invoice(owner_id, name, due=date(2026, 11, 1), cents=100, batch_id=batch)
        house.act(client, ActKind.IMPORTED, clock.today, facts={"batch": batch, "file": name})
        batches.append(batch)

    seen = read(debtors.file, debtor)

    assert [entry.facts["file"] for entry in seen.acts] == ["a.csv"]
    assert seen.brought == {batches[0]: 1}


@pytest.mark.parametrize("key", [0, -1, 2**31, 2**70])
def test_ids_that_no_database_holds_are_nobodys(read, act, client, key):
    for ask in (debtors.file, debtors.message, letters.statement_pdf):
        with pytest.raises(NotFound):
            read(ask, key)
    with pytest.raises(NotFound):
        act(debtors.editing.edit, key, email="", language="fr", term="")


def test_another_clients_debtor_looks_like_none_at_all(house, read, act, client):
    foreign = house.debtor(house.client("autre", "Autre SA"), "Autre débiteur")
    for ask in (debtors.file, letters.statement_pdf):
        with pytest.raises(NotFound):
            read(ask, foreign)
    with pytest.raises(NotFound):
        act(debtors.editing.edit, foreign, email="", language="fr", term="")


def test_a_reader_reads_and_changes_nothing(house, read, act, condroz):
    reader = house.user(Role.READER, "ardenne")

    assert read(debtors.file, condroz, actor=reader).overdue
    with pytest.raises(NotAllowed):
        act(debtors.editing.edit, condroz, actor=reader, email="", language="fr", term="")


@pytest.mark.parametrize(
    "changes,refusal",
    [
        ({"email": "not an address"}, BadEmail),
        ({"email": "a@b"}, BadEmail),
        ({"email": "a@b.example\nBcc: c@d.example"}, BadEmail),
        ({"email": "a\x00@b.example"}, BadEmail),
        ({"email": f"a@{'b' * 300}.example"}, BadEmail),
        ({"language": "tlh"}, Unreadable),
        ({"term": "whenever"}, TermUnreadable),
    ],
)
def test_what_cannot_be_is_not_kept(house, act, condroz, changes, refusal):
    before = house.dump()
    with pytest.raises(refusal):
        act(debtors.editing.edit, condroz, **({"email": "", "language": "fr", "term": ""} | changes))
    assert house.dump() == before


@pytest.mark.parametrize("language", LETTER_LANGUAGES)
def test_a_debtor_reads_its_letters_in_any_language_that_they_are_written_in(act, read, condroz, language):
    act(debtors.editing.edit, condroz, email="compta@condroz.example", language=language, term="")
    assert read(debtors.file, condroz).debtor.language == language


def test_saving_without_a_change_leaves_no_trace(house, act, condroz):
    before = house.dump()
    act(debtors.editing.edit, condroz, email=" compta@condroz.example ", language="fr", term="")
    assert house.dump() == before


def test_the_list_finds_sorts_and_counts(house, read, client, condroz):
    small = house.debtor(client, "Älpha Bois", city="Namur", number="C-77")
    house.invoice(small, "S1", due=date(2026, 11, 20), cents=1_000)
    house.delegate(small, from_date=date(2026, 5, 4))
    quiet = house.debtor(client, "Zinc SA", city="Ciney")

    def names(**search):
        return [line.id for line in read(debtors.find, DebtorSearch(**search)).lines]

    assert names() == [condroz, small, quiet]
    assert names(sort=DebtorSort.NAME, descending=False) == [condroz, quiet, small]
    assert names(sort=DebtorSort.DAYS_LATE, descending=False) == [quiet, small, condroz]
    assert names(sort=DebtorSort.SINCE)[0] == small
    assert names(text="ciney") == [condroz, quiet]
    assert names(text="BE 0202.239") == [condroz]
    assert names(text="c-77") == [small]
    assert names(text="be") == []
    assert names(state="overdue") == [condroz, small]
    assert names(state="delegated") == [small]
    assert names(state="nonsense") == []
    counts = read(debtors.find, DebtorSearch()).counts
    assert counts == {"": 3, "overdue": 2, "delegated": 1, "not_delegated": 2}


def test_a_line_says_how_things_stand_and_what_comes_next(house, read, act, client, condroz):
    act(delegations.decide, Decision(DelegationKind.DELEGATE, (condroz,), date(2026, 12, 1)))

    [line] = read(debtors.find, DebtorSearch()).lines

    assert line.open == Money(1_854_000)
    assert line.overdue == Money(1_824_000)
    assert line.days_late == 72
    assert line.status.state is DelegationState.NOT_DELEGATED
    assert line.planned == (DelegationState.DELEGATED, date(2026, 12, 1))
    assert line.next == (StepCode.STATEMENT_1, date(2026, 12, 1))


def test_pages_hold_every_debtor_once(house, read, client):
    ids = {house.debtor(client, f"Débiteur {n:03}") for n in range(120)}

    pages = [read(debtors.find, DebtorSearch(page=n)) for n in (1, 2, 3)]

    assert [len(page.lines) for page in pages] == [50, 50, 20]
    assert {line.id for page in pages for line in page.lines} == ids == set(pages[0].ids)
    assert read(debtors.find, DebtorSearch(page=10**9)).page == 3
    assert read(debtors.find, DebtorSearch(page=-5)).page == 1


def test_a_statement_to_take_away_takes_no_step(house, read, condroz):
    before = house.dump()

    made = read(letters.statement_pdf, condroz)

    assert made.mime == "application/pdf"
    assert made.content.startswith(b"%PDF")
    assert made.name == f"statement-{condroz}-2026-11-22.pdf"
    assert house.dump() == before


def test_without_anything_past_due_there_is_no_statement(house, read, client):
    debtor = house.debtor(client, "À jour SA")
    house.invoice(debtor, "F1", due=date(2026, 12, 1), cents=10_000)
    with pytest.raises(NotFound):
        read(letters.statement_pdf, debtor)


def test_the_acts_can_be_taken_away_in_words(house, read, act, condroz):
    act(delegations.decide, Decision(DelegationKind.DELEGATE, (condroz,)))
    made = read(exports.acts, condroz, told(read(debtors.file, condroz), "fr"))
    words = made.content.decode("utf-8-sig")
    assert "Délégation à l’agence" in words
    assert "from:" not in words
