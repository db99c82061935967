"""Where the reminder before an instalment is seen: before it goes, and after. The story is that of
``test_instalment_reminders``: a plan agreed on day 8, parts due on days 30, 60, 90 and 120.
"""

import pytest

from encaiss_dashboard.cli.reminding import run_answer
from encaiss_dashboard.domain.dunning import HoldReason, Trigger
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.permissions import HOUSE
from encaiss_dashboard.domain.stops import DisputeReason
from encaiss_dashboard.domain.stops.opening import NewDispute
from encaiss_dashboard.jobs import RunResult
from encaiss_dashboard.services import followups, forecasts, messages, reminders, stops
from encaiss_dashboard.storage.journal import ActKind

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def row(story):
    return story.outbox()[-1]


def ask(story, service, *given, days):
    with story.house.wiring.begin(HOUSE, story.after(days), write=False) as work:
        return service(work, 1, *given)


def test_the_calendar_says_it_before_with_its_text(story, plan):
    seen = ask(story, forecasts.calendar, story.after(9), story.after(33), days=9)
    [one] = seen.coming
    assert (one.on, one.step, one.stop_id, one.totals) == (
        story.after(27),
        "instalment",
        plan,
        {"EUR": Money(25_000)},
    )
    assert (one.why.trigger, one.why.number) == (Trigger.INSTALMENT, "1/4")
    assert dict(seen.days[0].steps) == {"instalment": 1}
    preview = ask(story, forecasts.message, 1, story.after(27), plan, days=9)
    assert "Échéance 1 sur 4" in preview.letter.text
    _, _, content = ask(story, forecasts.export, "csv", story.after(9), story.after(33), days=9)
    assert "1/4" in content.decode()


def test_what_the_calendar_says_is_what_the_nights_do(house, story, plan, sent, moulin):
    """Nothing is paid: the plan breaks, and the ladder returns."""
    house.invoice(moulin, "2026-009", due=story.after(20), cents=10_000)
    seen = ask(story, forecasts.calendar, story.after(9), story.after(90), days=9)
    foreseen = {}
    for one in seen.coming:
        foreseen.setdefault((one.on - story.after(0)).days, []).append(one.step)
    found = sent(*range(9, 91))
    told = {n: [one if isinstance(one, str) else "instalment" for one in some] for n, some in found.items()}
    assert told == foreseen


def test_a_message_that_was_sent_says_which_agreement_it_kept_to(story, plan, pays, sent):
    sent(27)
    pays(28)
    seen = ask(story, messages.explained, row(story).id, days=100)
    about = seen.instalment
    assert (about.why.number, about.why.due, about.why.days_late_min) == ("1/4", story.after(30), -3)
    assert (about.amount, about.total, about.asked) == (Money(25_000), Money(100_000), Money(25_000))
    assert (about.agreed_on, about.count, seen.claims) == (story.after(8), 4, ())
    assert [(one.why.number, one.why.trigger) for one in seen.lines] == [("2026-001", Trigger.IN_PLAN)]


def test_the_journal_names_the_instalment_and_what_was_asked_for(story, plan, sent):
    sent(27)
    [(_, facts)] = story.acts(ActKind.SENT.value)
    assert (facts["step"], facts["instalment"], facts["cents"], facts["currency"]) == (
        "instalment",
        story.after(30).isoformat(),
        25_000,
        "EUR",
    )


def test_the_debtors_file_says_when_it_goes_that_it_went_and_why_not(story, plan, pays, sent, stop, moulin):
    def parts(days):
        [line] = [one for one in ask(story, stops.of_debtor, moulin, days=days).running if one.id == plan]
        return [one.reminder for one in line.parts]

    assert [one.on for one in parts(9)] == [story.after(n) for n in (27, 57, 87, 117)]
    sent(27)
    pays(29)
    first, second, *_ = parts(30)
    assert (first.on, first.message_id, first.sent) == (story.after(27), row(story).id, True)
    assert (second.on, second.message_id) == (story.after(57), 0)
    stop(NewDispute(None, DisputeReason.PRICE))
    assert parts(57)[1].held.reason is HoldReason.DISPUTED


def test_the_follow_up_sheet_counts_no_reminder_of_the_ladder(story, plan, sent):
    sent(27)
    sheet = ask(story, followups.follow_up, "csv", {}, days=28)
    names = [name for name, _ in followups._COLUMNS]
    cells = dict(zip(names, sheet.content.decode("utf-8-sig").splitlines()[1].split(";"), strict=True))
    assert (cells["number"], cells["reminders"], cells["reminded"]) == ("2026-001", "0", "")


def test_the_list_of_messages_calls_it_by_its_name(story, plan, sent):
    sent(27)
    [line] = ask(story, reminders.recent, days=28)
    assert line.step == "instalment"


def test_the_command_lists_it_with_its_reason(story, plan):
    night = ask(story, reminders.foresee, days=27)
    result = RunResult(night.on, 1, 0, night.held, messages=night.messages)
    [told] = run_answer(result, "en", dry_run=True).facts["messages"]
    names = ("debtor", "step", "invoices", "channel", "total", "reason")
    assert [told[name] for name in names] == [
        "Moulin Clair SA",
        "instalment",
        ["2026-001"],
        "email",
        {"EUR": "250.00"},
        "instalment",
    ]
    assert told["sentence"].startswith("Instalment 1/4 of the plan, to be paid by ")
    assert (told["because_of"]["instalment"], told["because_of"]["plan"]) == ("1/4", plan)
