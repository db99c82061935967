"""An import is taken back as if it had never been, while nothing rests on it; else it says what does."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from desks import DUE, ISSUE, note, row
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlmodel import Session

from encaiss_dashboard.domain.errors import NotAllowed, NotFound, Refusal
from encaiss_dashboard.domain.intake import Attachment
from encaiss_dashboard.domain.permissions import Actor, Role
from encaiss_dashboard.locales import LANGUAGES, text
from encaiss_dashboard.services import imports
from encaiss_dashboard.services.imports import NEW, BuiltUpon, NotImported
from encaiss_dashboard.storage import queries, records
from encaiss_dashboard.storage.base import Record

HISTORY = {"act", "journal_head", "import_batch", "import_layout"}


@pytest.fixture
def take(desk):
    """Imports a file; gives its batch."""

    def upload(*rows, client=None, **details):
        batch = desk.upload(*rows, client=client, **details)
        desk.do(imports.accept, batch, client=client)
        return batch

    return upload


# ---------------------------------------------------------------- as if it had never been

NAMES = ("Garage Petit", "GARAGE PETIT", "Garage Petit SRL", "Hôtel du Pont", "Moulin", "Café Central")
DETAILS = st.fixed_dictionaries(
    {},
    optional={
        "debtor_number": st.sampled_from(("K1", "K2", "k1")),
        "vat_number": st.sampled_from(("BE0202239951", "BE0403170701")),
        "email": st.sampled_from(("a@x.example", "b@x.example")),
        "city": st.sampled_from(("Ciney", "Dinant")),
        "address": st.sampled_from(("Rue Haute 1", "Rue Basse 2")),
        "iban": st.just("BE68539007547034"),
        "paid": st.sampled_from(("1.00", "20.00", "500.00")),
        "settled": st.integers(0, 60).map(lambda days: ISSUE + timedelta(days=days)),
        "vat": st.sampled_from(("1.00", "2.00")),
        "reference": st.sampled_from(("+++123/4567/89002+++", "x")),
        "due": st.sampled_from((None, DUE, DUE + timedelta(days=9))),
        "term": st.sampled_from(("60 jours", "30 jours", "?")),
        "currency": st.sampled_from(("EUR", "EUR", "USD")),
    },
)
INVOICES = st.builds(
    lambda number, total, name, details: row(number, total, name, **details),
    st.sampled_from(("F1", "F2", "F3", "F4")),
    st.sampled_from(("10.00", "20.00", "100.00", "0.00")),
    st.sampled_from(NAMES),
    DETAILS,
)
NOTES = st.builds(
    lambda number, total, credited, name: note(number, total, credited, debtor=name),
    st.sampled_from(("C1", "C2")),
    st.sampled_from(("5.00", "15.00", "300.00")),
    st.sampled_from(("", "F1", "F2", "F9")),
    st.sampled_from(NAMES),
)
FILES = st.lists(st.one_of(INVOICES, INVOICES, NOTES), min_size=1, max_size=6)
ANSWERS = st.fixed_dictionaries(
    {"doubtful": st.sampled_from(("new", "refuse")), "changes": st.sampled_from(("all", "all", "none"))},
    optional={"kept": st.lists(st.integers(2, 6), max_size=2)},
)


class Ledger:
    """One client's ledger, which files come into and go out of again."""

    def __init__(self, desk, client):
        self.desk, self.client = desk, client
        self.taken = []

    def state(self):
        """Every row of the client's but those of history, by table, and what its debtors owe."""
        session = Session(self.desk.house.engine)
        with session:
            found = {
                name: list(map(repr, session.execute(select(table).where(table.c.client_id == self.client))))
                for name, table in Record.metadata.tables.items()
                if "client_id" in table.c and name not in HISTORY
            }
            owed = queries.open_invoices(session, self.client, date(2027, 1, 1))
        found["open"] = sorted(str(item.open) for items in owed.values() for item in items)
        return {name: sorted(rows) for name, rows in found.items()}

    def take(self, rows, answers, known):
        """Import a file as answered, its doubts too where ``known`` says so; nothing where it is refused."""
        batch = self.desk.upload(*rows, client=self.client)
        seen = self.desk.do(imports.preview, batch, client=self.client)
        means = {one.key: one.candidates[0].debtor_id if known else NEW for one in seen.doubts}
        if means and answers["doubtful"] == "new":
            answers = {**answers, "debtors": means}
        self.desk.do(imports.answer, batch, answers, client=self.client)
        try:
            self.desk.do(imports.accept, batch, client=self.client)
        except Refusal:
            return
        self.taken.append(batch)

    def take_back(self, batch):
        self.desk.do(imports.take_back, batch, client=self.client)
        self.taken.remove(batch)

    def obstacles(self, batch):
        return self.desk.do(imports.obstacles, batch, client=self.client)

    def named_by_acts(self):
        """Debtors of whom the journal tells: it is only ever added to, and they stay for it."""
        return {one.debtor_id for one in self.desk.rows(records.Act, client_id=self.client)} - {None}


def without(state, debtors):
    """A state without debtors of whom nothing is left but what the journal tells of them."""
    return {**state, "debtor": [one for one in state["debtor"] if int(one[1:].split(",")[0]) not in debtors]}


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(files=st.lists(st.tuples(FILES, ANSWERS, st.booleans()), min_size=2, max_size=4), data=st.data())
def test_files_taken_back_leave_the_ledger_as_it_was_before_each(desk, files, data):
    slug = f"c{len(desk.rows(records.Client))}"
    ledger = Ledger(desk, desk.house.client(slug, slug))
    before = {}
    for rows, answers, known in files:
        state = ledger.state()
        ledger.take(rows, answers, known)
        if ledger.taken and ledger.taken[-1] not in before:
            before[ledger.taken[-1]] = state
    order = list(reversed(ledger.taken))
    if len(order) > 1:
        # One in the middle: either something of a later file rests on it, or it can go before that file.
        middle = data.draw(st.sampled_from(order[1:]))
        if ledger.obstacles(middle):
            state = ledger.state()
            with pytest.raises(BuiltUpon):
                ledger.take_back(middle)
            assert ledger.state() == state
        else:
            ledger.take_back(middle)
            order.remove(middle)
            *_, next_one = (batch for batch in order if batch > middle)
            before = {
                **{batch: state for batch, state in before.items() if batch < middle},
                next_one: before[middle],
            }
    for batch in order:
        assert ledger.obstacles(batch) == ()
        ledger.take_back(batch)
        stay = ledger.named_by_acts()
        if batch in before:
            assert without(ledger.state(), stay) == without(before[batch], stay)
        with pytest.raises(NotImported):
            ledger.desk.do(imports.take_back, batch, client=ledger.client)
    assert desk.is_whole()


def test_changes_payments_and_what_was_learnt_are_undone(desk, take):
    take(row("F1", debtor_number="K1", city="Ciney"), note("C1", "30.00", "F7"))
    before, settled = desk.state(), desk.settled()
    batch = take(
        row("F1", "120.00", debtor_number="K1", iban="BE68539007547034", email="a@x.example", paid="20.00"),
        row("F7", "50.00", debtor_number="K1"),
        row("F2", debtor="Hôtel du Pont"),
    )
    assert desk.settled() != settled
    desk.do(imports.take_back, batch)
    assert (desk.state(), desk.settled()) == (before, settled)
    assert [kind for kind, _ in desk.acts("taken_back")] == ["taken_back"]
    counts = {"payments": 1, "invoices": 2, "reverted": 1, "debtors": 1}
    assert counts.items() <= desk.acts("taken_back")[0][1].items()


def test_an_answer_that_was_remembered_is_asked_for_again(desk, take):
    take(row("F1", debtor="Garage Petit"))
    before = desk.state()
    seen = desk.answered({"Garage Petits": desk.owners()["F1"]}, row("F2", debtor="Garage Petits"))
    desk.do(imports.take_back, seen.batch_id)
    assert desk.state() == before
    assert [doubt.answer for doubt in desk.preview(row("F2", debtor="Garage Petits")).doubts] == [None]


def test_documents_go_with_their_invoices(desk, take):
    paper = Attachment(2, "F1.pdf", "application/pdf", "F1.pdf")
    batch = take(row("F1"), attachments=(paper,))
    assert len(desk.state()["documents"]) == 1
    desk.do(imports.take_back, batch)
    assert desk.state()["documents"] == []


def test_a_debtor_of_whom_more_is_known_by_now_stays(desk, take, house):
    batch = take(row("F1"), row("F2", debtor="Hôtel du Pont"))
    house.delegate(desk.owners()["F1"], from_date=DUE)
    desk.do(imports.take_back, batch)
    assert desk.names() == ["Garage Petit"]


def test_a_debtor_of_whom_only_the_journal_tells_stays_without_a_way_to_reach_it(desk, take):
    """The journal names it for ever; what the file said of it does not stay beside it."""
    batch = take(row("F1", paid="10.00", email="a@x.example"))
    desk.do(imports.take_back, batch)
    assert (desk.names(), desk.rows(records.Contact)) == (["Garage Petit"], [])
    assert [facts["number"] for _, facts in desk.acts("payment")] == ["F1"]


def test_the_same_file_can_be_imported_again_afterwards(desk, take):
    batch = take(row("F1"))
    desk.do(imports.take_back, batch)
    assert desk.take(row("F1")).created == 1


def test_the_history_says_what_was_taken_back_and_when(desk, take):
    batch = take(row("F1"))
    assert desk.do(imports.about, batch).taken_back_at is None
    desk.do(imports.take_back, batch)
    when = desk.clock.now
    assert desk.do(imports.about, batch).taken_back_at == when
    assert desk.do(imports.preview, batch).taken_back_at == when


# ---------------------------------------------------------------- what stands in the way


def written(desk, invoice_id, *, dropped=False):
    """Intend a message about an invoice."""
    debtor = desk.rows(records.Invoice, id=invoice_id)[0].debtor_id
    count = len(desk.rows(records.OutboxMessage))
    message = records.OutboxMessage(
        client_id=desk.client,
        debtor_id=debtor,
        message_id=f"{count}@agency.example",
        day=DUE,
        step="statement_1",
        language="fr",
        channel="email",
        recipient="a@x.example",
        created_at=desk.clock.now + timedelta(seconds=1),
    )
    line = {"step": "statement_1", "days_late": 15, "open_cents": 100, "dropped": dropped}
    key = desk.house.add(message)
    desk.house.add(records.OutboxLine(client_id=desk.client, message_id=key, invoice_id=invoice_id, **line))


def reminded(desk, take):
    batch = take(row("F1"), row("F2"))
    written(desk, desk.invoice("F1").id)
    return batch


def changed_and_reminded(desk, take):
    take(row("F1"))
    batch = take(row("F1", "120.00"))
    desk.clock.forward(seconds=1)
    written(desk, desk.invoice("F1").id)
    return batch


def paid(desk, take):
    batch = take(row("F1"), row("F2"))
    desk.clock.forward(seconds=1)
    desk.house.payment(desk.owners()["F1"], on=DUE, cents=500, invoice_id=desk.invoice("F1").id)
    return batch


def changed_and_paid(desk, take):
    take(row("F1"))
    batch = take(row("F1", "120.00"))
    desk.clock.forward(seconds=1)
    desk.house.payment(desk.owners()["F1"], on=DUE, cents=500, invoice_id=desk.invoice("F1").id)
    return batch


def paid_by_a_later_file(desk, take):
    batch = take(row("F1"))
    take(row("F1", paid="5.00"))
    return batch


def credited(desk, take):
    batch = take(row("F1"))
    take(note("C1", "30.00", "F1"))
    return batch


def changed(desk, take):
    batch = take(row("F1"))
    take(row("F1", "120.00"))
    return batch


def changed_twice(desk, take):
    take(row("F1"))
    batch = take(row("F1", "120.00"))
    take(row("F1", "130.00"))
    return batch


def lowered_below_what_it_would_owe_again(desk, take):
    """Paid 110 of 120: taken back, its total would be 100."""
    take(row("F1"))
    batch = take(row("F1", "120.00"))
    desk.clock.forward(seconds=1)
    desk.house.payment(desk.owners()["F1"], on=DUE, cents=11_000, invoice_id=desk.invoice("F1").id)
    return batch


WAYS = {
    reminded: {"reminded"},
    changed_and_reminded: {"reminded"},
    paid: {"paid"},
    changed_and_paid: {"paid"},
    paid_by_a_later_file: {"paid", "changed"},
    credited: {"credited"},
    changed: {"changed"},
    changed_twice: {"changed"},
    lowered_below_what_it_would_owe_again: {"paid"},
}


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_what_rests_on_an_import_is_said_and_nothing_is_taken_back(desk, take, way):
    batch = way(desk, take)
    before = desk.state()
    found = desk.do(imports.obstacles, batch)
    assert {one.code for one in found} == WAYS[way]
    for one in found:
        assert (one.count, one.numbers) == (1, ("F1",))
        said = {text(lang, f"obstacle.{one.code}", n=one.count, numbers="F1") for lang in LANGUAGES}
        assert len(said) == len(LANGUAGES)
        assert all("F1" in sentence and "1 " in sentence for sentence in said)
    with pytest.raises(BuiltUpon) as refusal:
        desk.do(imports.take_back, batch)
    assert refusal.value.facts == {"numbers": "F1", "count": "1"}
    assert all("F1" in text(lang, "refusal.built_upon", **refusal.value.facts) for lang in LANGUAGES)
    assert desk.state() == before


def test_of_many_invoices_the_first_five_are_named(desk, take):
    batch = take(*(row(f"F{n}") for n in range(1, 8)))
    take(*(row(f"F{n}", "120.00") for n in range(1, 8)))
    (found,) = desk.do(imports.obstacles, batch)
    assert (found.count, found.numbers) == (7, ("F1", "F2", "F3", "F4", "F5"))


def test_a_message_that_was_given_up_or_was_there_before_is_no_obstacle(desk, take):
    first = take(row("F1"))
    written(desk, desk.invoice("F1").id)
    desk.clock.forward(seconds=10)
    second = take(row("F1", "120.00"), row("F2"))
    written(desk, desk.invoice("F2").id, dropped=True)
    assert desk.do(imports.obstacles, second) == ()
    desk.do(imports.take_back, second)
    assert {one.code for one in desk.do(imports.obstacles, first)} == {"reminded"}


def test_a_payment_that_was_there_before_a_change_is_no_obstacle(desk, take):
    take(row("F1"))
    desk.house.payment(desk.owners()["F1"], on=DUE, cents=500, invoice_id=desk.invoice("F1").id)
    before = desk.state()
    batch = take(row("F1", "120.00"))
    desk.do(imports.take_back, batch)
    assert desk.state() == before


def test_what_was_never_imported_or_is_somebody_elses_is_not_taken_back(desk, take):
    pending = desk.upload(row("F1"))
    assert desk.do(imports.obstacles, pending) == ()
    with pytest.raises(NotImported):
        desk.do(imports.take_back, pending)
    batch = take(row("F1"))
    other = desk.house.client("baltique", "Baltique")
    for service in (imports.take_back, imports.obstacles, imports.about):
        with pytest.raises(NotFound):
            desk.do(service, batch, client=other)
        with pytest.raises(NotFound):
            desk.do(service, batch + 1000)


def test_a_reader_sees_what_stands_in_the_way_and_takes_nothing_back(desk, take):
    batch = changed(desk, take)
    reader = Actor(user_id=None, name="Lecteur", roles={desk.client: {Role.READER}})
    with desk.wiring.begin(reader) as work:
        assert [one.code for one in imports.obstacles(work, desk.client, batch)] == ["changed"]
        with pytest.raises(NotAllowed):
            imports.take_back(work, desk.client, batch)
