"""What only long runs show: years of nights, and files that no program ever wrote."""

import itertools
from datetime import date, timedelta
from pathlib import Path
from random import Random

import pytest

from encaiss_dashboard.adapters.invoice_files import read_invoices
from encaiss_dashboard.domain.dunning import (
    DEFAULT_PLAN,
    OpenInvoice,
    Planned,
    StepDone,
    plan_debtor,
)
from encaiss_dashboard.domain.intake import NO_CHOICES
from encaiss_dashboard.domain.invoices import Invoice, Kind
from encaiss_dashboard.domain.money import Money

pytestmark = pytest.mark.soak

GOLDEN = sorted((Path(__file__).parent.parent / "adapters/golden/invoice_files").glob("*.csv"))
FIRST_DAY = date(2024, 1, 1)


@pytest.mark.parametrize("seed", range(40))
def test_two_years_of_nights_repeat_no_step_and_chase_nothing_paid(seed):
    """Invoices come, some are paid, nights are missed: every step goes once, in order, 15 days apart."""
    chance = Random(seed)
    owed, steps, contacts = {}, {}, []
    for number in range(730):
        day = FIRST_DAY + timedelta(days=number)
        if chance.random() < 0.2:
            due = day + timedelta(days=chance.randint(0, 60))
            owed[number] = Invoice(number, 1, Kind.INVOICE, str(number), day, due, Money(1000))
            steps[number] = []
        for key in [key for key in owed if chance.random() < 0.01]:
            del owed[key]
        if chance.random() < 0.3:
            continue
        known = [OpenInvoice(i, i.total, tuple(steps[key])) for key, i in owed.items()]
        plan = plan_debtor(DEFAULT_PLAN, day, known, (), contacts[-1] if contacts else None)
        if not isinstance(plan, Planned):
            continue
        assert not contacts or (day - contacts[-1]).days >= DEFAULT_PLAN.contact_gap_days
        contacts.append(day)
        for line in plan.lines:
            assert line.invoice.id in owed
            assert line.days_late >= 1
            if line.step:
                assert line.step not in {done.code for done in steps[line.invoice.id]}
                steps[line.invoice.id].append(StepDone(line.step, day))
    for taken in steps.values():
        assert [s.code.rank for s in taken] == sorted(s.code.rank for s in taken)
        assert all((b.on - a.on).days >= 15 for a, b in itertools.pairwise(taken))
    assert contacts


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.name)
def test_a_damaged_file_is_always_answered(path):
    """A thousand damages to each golden file: an answer every time, and never a row beyond those seen."""
    chance, whole = Random(path.name), path.read_bytes()
    for _ in range(1000):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 8)):
            place = chance.randrange(len(data) + 1)
            data[place : place + chance.randint(0, 3)] = chance.randbytes(chance.randint(0, 3))
        reading = read_invoices(bytes(data), path.name, NO_CHOICES)
        assert len(reading.rows) <= reading.row_count
