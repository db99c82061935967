"""`encaiss …`: the JSON that scripts read, the exit codes, and the whole way from a file to a reminder."""

import asyncio
import email
import re
import socket
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from click.testing import CliRunner

from encaiss_dashboard import wiring as house_wiring
from encaiss_dashboard.cli.commands import encaiss

ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
# Neither the order of day and month nor the mark before the cents can be known.
AMBIGUOUS = "Number;Customer;Date;Total\nF-1;Moulin SA;05/09/2026;1.200\n"


# ---------------------------------------------------------------- the whole way


def test_a_file_becomes_reminders_once(client, ledger, answer, mailbox):
    assert answer("import", ledger, "--client", "ardenne")["created"] == 3
    delegated = answer("delegate", "--client", "ardenne", "--all", "--from", "2026-11-22")
    assert delegated == {"client": "ardenne", "from": "2026-11-22", "delegated": 2, "unchanged": 0}
    foreseen = answer("remind", "--on", "2026-11-22", "--dry-run")
    assert (foreseen["planned"], foreseen["sent"], mailbox.sent) == (2, 0, [])
    night = answer("remind", "--on", "2026-11-22", "--client", "ardenne")
    assert night == {
        "on": "2026-11-22",
        "planned": 2,
        "sent": 2,
        "messages": foreseen["messages"],
        "held": [],
    }
    assert {one["debtor"] for one in night["messages"]} == {"Moulin Clair SA", "Boulangerie Pré SRL"}
    assert {message.to for message in mailbox.sent} == {
        ("compta@moulin.example",),
        ("boulanger@pre.example",),
    }
    again = answer("remind", "--on", "2026-11-22")
    assert (again["planned"], again["sent"], again["messages"], len(mailbox.sent)) == (0, 0, [], 2)
    aged = answer("report", "ageing", "--client", "ardenne", "--on", "2026-11-22")
    assert aged["buckets"]["1-30"] == "399.50"


@ON_SQLITE
def test_a_reminder_travels_over_real_smtp(client, ledger, answer, run, wiring, settings):
    class Postbox:
        def __init__(self):
            self.envelopes = []

        async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 - aiosmtpd's name
            await asyncio.sleep(0)
            self.envelopes.append(envelope)
            return "250 kept"

    postbox, port = Postbox(), _free_port()
    controller = Controller(postbox, "127.0.0.1", port)
    controller.start()
    try:
        answer("import", ledger, "--client", "ardenne")
        answer("delegate", "--client", "ardenne", "--all", "--from", "2026-11-01")
        posting = house_wiring.build(replace(settings, smtp_url=f"smtp://127.0.0.1:{port}"))
        for _ in range(2):
            result = CliRunner().invoke(encaiss, ["remind", "--on", "2026-11-22", "--json"], obj=posting)
            assert result.exit_code == 0, result.output
        posting.engine.dispose()
    finally:
        controller.stop()
    arrived = [email.message_from_bytes(one.content) for one in postbox.envelopes]
    assert len(arrived) == 2
    assert len({mail["Message-ID"] for mail in arrived}) == 2


# ---------------------------------------------------------------- import


@ON_SQLITE
def test_an_import_counts_what_it_did(client, ledger, answer):
    first = answer("import", ledger, "--client", "ardenne")
    assert first.pop("warnings")[0]["line"] == 5
    dialect = first.pop("dialect")
    assert (dialect["separator"], dialect["decimal"], dialect["date_order"]) == (";", ",", "dmy")
    assert first == {
        "file": "ledger.csv",
        "format": "csv",
        "rows": 4,
        "created": 3,
        "updated": 0,
        "unchanged": 0,
        "credit_notes": 1,
        "duplicates": 0,
        "rejected": [],
        "total": "1609.50",
        "currency": "EUR",
    }
    again = answer("import", ledger, "--client", "ardenne")
    assert (again["created"], again["credit_notes"], again["unchanged"]) == (0, 0, 4)


@ON_SQLITE
def test_a_trial_keeps_nothing_at_all(client, ledger, answer, house, tmp_path):
    before = house.dump()
    assert answer("import", ledger, "--client", "ardenne", "--dry-run")["created"] == 3
    assert house.dump() == before
    assert not list((tmp_path / "uploads").glob("*"))


@ON_SQLITE
def test_several_files_give_a_list(client, ledger, answer, tmp_path):
    other = tmp_path / "other.csv"
    other.write_text(
        Path(ledger).read_text(encoding="utf-8").replace("F-", "G-").replace("N-1", "N-2"), encoding="utf-8"
    )
    assert [one["created"] for one in answer("import", ledger, str(other), "--client", "ardenne")] == [3, 3]


@ON_SQLITE
def test_a_bad_row_is_told_with_its_line_and_field(client, ledger, answer, tmp_path):
    bad = tmp_path / "bad.csv"
    bad.write_text(Path(ledger).read_text(encoding="utf-8").replace("300,00", "beaucoup"), encoding="utf-8")
    result = answer("import", str(bad), "--client", "ardenne", "--lang", "en")
    assert [(one["line"], one["field"]) for one in result["rejected"]] == [(4, "total")]
    assert "beaucoup" in result["rejected"][0]["problem"]


@ON_SQLITE
def test_remarks_beyond_what_is_listed_are_counted(client, run, answer, tmp_path):
    path = tmp_path / "many.csv"
    rows = [f"F-{n};Moulin Clair SA;05/09/2026;05/10/2026;1,00;nowhere" for n in range(1_010)]
    path.write_text("\n".join(("Numéro;Client;Date;Échéance;Total;E-mail", *rows, "")), encoding="utf-8")
    told = run("import", str(path), "--client", "ardenne", "--dry-run", "--lang", "en").stdout
    shown = told.count("is not a valid")
    result = answer("import", str(path), "--client", "ardenne")
    assert (len(result["warnings"]), result["unlisted"]) == (1_000, {"email_invalid": 10})
    assert f"{1_010 - shown} more remarks" in told


@ON_SQLITE
def test_a_column_can_be_named_and_taken_away(client, ledger, answer, tmp_path):
    path = tmp_path / "odd.csv"
    path.write_text(
        Path(ledger).read_text(encoding="utf-8").replace("Client;", "Wer;").replace("Total", "Zz"),
        encoding="utf-8",
    )
    pairs = ["--map", "debtor=Wer", "--map", "total=Zz", "--map", "email="]
    assert answer("import", str(path), "--client", "ardenne", *pairs)["created"] == 3


@ON_SQLITE
def test_a_file_that_cannot_be_imported_is_shown_and_refused(client, refusal, house, tmp_path):
    before = house.dump()
    path = tmp_path / "question.csv"
    path.write_text(AMBIGUOUS, encoding="utf-8")
    said = refusal("import", str(path), "--client", "ardenne")
    assert (said["rows"], "--dates" in said["error"], "--decimal" in said["error"]) == (1, True, True)
    empty = tmp_path / "empty.csv"
    empty.touch()
    assert refusal("import", str(empty), "--client", "ardenne")["rejected"][0]["line"] is None
    assert house.dump() == before
    assert not list((tmp_path / "uploads").glob("*"))


@ON_SQLITE
def test_a_question_is_answered_by_an_option(client, answer, tmp_path):
    path = tmp_path / "question.csv"
    path.write_text(AMBIGUOUS, encoding="utf-8")
    result = answer("import", str(path), "--client", "ardenne", "--dates", "mdy", "--decimal", ",")
    assert (result["created"], result["total"]) == (1, "1200.00")


@ON_SQLITE
@pytest.mark.parametrize(
    "options",
    [["--map", "colour=X"], ["--map", "total"], ["--map", "total=Nowhere"], ["--encoding", "klingon"]],
)
def test_an_unknown_field_column_or_encoding_is_refused(client, ledger, refusal, house, options):
    before = house.dump()
    assert refusal("import", ledger, "--client", "ardenne", *options)["error"]
    assert house.dump() == before


@ON_SQLITE
def test_the_sentence_about_an_unknown_column_lists_those_there_are(client, ledger, refusal):
    said = refusal("import", ledger, "--client", "ardenne", "--map", "total=Nowhere", "--lang", "en")
    assert "Échéance" in said["error"]
    said = refusal("import", ledger, "--client", "ardenne", "--map", "colour=X", "--lang", "en")
    assert "vat_number" in said["error"]


@ON_SQLITE
def test_files_that_are_none_are_refused(client, refusal, tmp_path):
    for path in (tmp_path / "nowhere.csv", tmp_path):
        assert str(path) in refusal("import", str(path), "--client", "ardenne")["error"]


@ON_SQLITE
def test_names_from_a_file_are_no_markup(client, ledger, answer, run, tmp_path):
    path = tmp_path / "markup.csv"
    path.write_text(
        Path(ledger).read_text(encoding="utf-8").replace("Moulin Clair SA", "Moulin [/bold] SA"),
        encoding="utf-8",
    )
    answer("import", str(path), "--client", "ardenne")
    answer("delegate", "--client", "ardenne", "--all", "--from", "2026-09-01")
    assert run("remind", "--on", "2026-11-22").exit_code == 0
    held = run("remind", "--on", "2026-11-27")
    assert held.exit_code == 0


# ---------------------------------------------------------------- report


@ON_SQLITE
def test_ageing_gives_every_bucket_and_other_currencies(client, house, answer):
    debtor = house.debtor(client)
    house.invoice(debtor, "F-1", due=date(2026, 9, 30), cents=12_345)
    house.invoice(debtor, "F-2", due=date(2026, 12, 1), cents=100, issue=date(2026, 11, 1))
    house.invoice(debtor, "F-3", due=date(2026, 11, 1), cents=700, currency="USD")
    house.payment(debtor, on=date(2026, 11, 2), cents=50)
    ageing = answer("report", "ageing", "--client", "ardenne", "--on", "2026-11-22")
    other = ageing.pop("others")
    assert ageing == {
        "on": "2026-11-22",
        "currency": "EUR",
        "open": "124.45",
        "invoices": 2,
        "buckets": {"not_due": "1.00", "1-30": "0.00", "31-60": "123.45", "61-90": "0.00", "90+": "0.00"},
        "unallocated": "-0.50",
    }
    assert [(one["currency"], one["open"]) for one in other] == [("USD", "7.00")]
    by_issue = answer("report", "ageing", "--client", "ardenne", "--on", "2026-11-22", "--by", "issue")
    assert (by_issue["buckets"]["1-30"], by_issue["buckets"]["61-90"]) == ("1.00", "123.45")


@ON_SQLITE
def test_dso_has_one_decimal_or_nothing(client, house, answer):
    empty = answer("report", "dso", "--client", "ardenne", "--on", "2026-11-22")
    names = ("simple", "countback", "best_possible", "average_days_delinquent", "cei")
    assert set(empty) == {"on", *names}
    assert empty["simple"] is None
    house.invoice(house.debtor(client), "F-1", due=date(2026, 11, 10), cents=10_000)
    filled = answer("report", "dso", "--client", "ardenne", "--on", "2026-11-22")
    assert filled["simple"] == "90.0"
    assert all(re.fullmatch(r"-?\d+\.\d", filled[name]) for name in names)


# ---------------------------------------------------------------- delegate and remind


@ON_SQLITE
def test_debtors_are_delegated_by_name_or_not_at_all(client, ledger, answer, refusal, house):
    answer("import", ledger, "--client", "ardenne")
    before = house.dump()
    names = ["--debtor", "moulin  clair sa", "--debtor", "Nobody"]
    said = refusal("delegate", "--client", "ardenne", "--from", "2026-11-01", *names, "--lang", "en")
    assert "Nobody" in said["error"]
    assert house.dump() == before
    for delegated, unchanged in ((1, 0), (0, 1)):
        done = answer("delegate", "--client", "ardenne", "--from", "2026-11-01", *names[:2])
        assert (done["delegated"], done["unchanged"]) == (delegated, unchanged)


@ON_SQLITE
@pytest.mark.parametrize("choice", [[], ["--all", "--debtor", "X"]])
def test_who_is_delegated_has_to_be_said(client, refusal, choice):
    assert refusal("delegate", "--client", "ardenne", "--from", "2026-11-01", *choice)["error"]


@ON_SQLITE
def test_a_held_message_says_whom_and_why(client, house, answer, run):
    debtor = house.debtor(client, "Moulin Clair SA", "compta@moulin.example")
    house.delegate(debtor, from_date=date(2026, 9, 1))
    house.delegate(debtor, from_date=date(2026, 9, 2), kind="pause")
    house.invoice(debtor, "F-1", due=date(2026, 11, 1), cents=5_000)
    night = answer("remind", "--on", "2026-11-22")
    [held] = night["held"]
    assert (held["debtor"], held["reason"]) == ("Moulin Clair SA", "paused")
    assert "until" not in held
    for lang in ("fr", "nl", "en"):
        assert "Moulin Clair SA" in run("remind", "--on", "2026-11-22", "--lang", lang).stdout


@ON_SQLITE
def test_a_message_says_to_whom_what_how_how_much_and_why_now(client, house, answer, run):
    debtor = house.debtor(client, "Moulin Clair SA", "compta@moulin.example")
    house.delegate(debtor, from_date=date(2026, 9, 1))
    house.invoice(debtor, "F-1", due=date(2026, 11, 1), cents=5_000)
    house.invoice(debtor, "F-2", due=date(2026, 11, 20), cents=100)
    house.invoice(debtor, "F-3", due=date(2026, 11, 2), cents=700, currency="USD")
    [message] = answer("remind", "--on", "2026-11-22", "--dry-run", "--lang", "en")["messages"]
    assert message == {
        "debtor": "Moulin Clair SA",
        "step": "statement_1",
        "invoices": ["F-1", "F-3", "F-2"],
        "channel": "email",
        "total": {"EUR": "51.00", "USD": "7.00"},
        "reason": "days_late",
        "sentence": "Invoice F-1, due on 1 Nov 2026, 21 days late: the plan has “1st statement of account” "
        "from 7 days late.",
        "because_of": {
            "invoice": "F-1",
            "due": "2026-11-01",
            "days_late": 21,
            "days_late_min": 7,
            "previous": None,
            "days_after_previous": 0,
            "plan_version": 0,
        },
    }
    for lang in ("fr", "nl", "en"):
        said = run("remind", "--on", "2026-11-22", "--dry-run", "--lang", lang).stdout
        assert "Moulin Clair SA" in said
        assert "F-1" in said


@ON_SQLITE
def test_a_message_that_waits_for_the_gap_says_until_when(client, house, answer):
    debtor = house.debtor(client, "Moulin Clair SA", "compta@moulin.example")
    house.delegate(debtor, from_date=date(2026, 9, 1))
    house.invoice(debtor, "F-1", due=date(2026, 11, 1), cents=5_000)
    house.invoice(debtor, "F-2", due=date(2026, 11, 14), cents=5_000)
    answer("remind", "--on", "2026-11-20")
    [held] = answer("remind", "--on", "2026-11-22", "--dry-run", "--lang", "en")["held"]
    assert held == {
        "debtor": "Moulin Clair SA",
        "reason": "contact_gap",
        "until": "2026-12-07",  # run for the 20th, it left on the 22nd
        "sentence": "Contacted recently: a statement may go again from 7 Dec 2026.",
    }
    later = answer("remind", "--on", "2026-12-07", "--dry-run")["messages"]
    assert [one["reason"] for one in later] == ["after_previous"]
    assert later[0]["because_of"]["previous"] == {"step": "statement_1", "on": "2026-11-20"}


@ON_SQLITE
@pytest.mark.parametrize(
    "command",
    [
        ["remind", "--on", "22/11/2026"],
        ["remind", "--on", "2026-02-30"],
        ["remind", "--client", "nobody"],
        ["report", "ageing", "--client", "ardenne", "--on", "0026-11-22"],
        ["report", "dso", "--client", "nobody", "--on", "2026-11-22"],
        ["report", "ageing", "--client", "ardenne"],
        ["delegate", "--client", "nobody", "--all", "--from", "2026-11-22"],
        ["import", "nowhere.csv", "--client", "ardenne"],
        ["client", "add", "Two Words", "--name", "X"],
        ["client", "add", "ardenne", "--name", "Again"],
        ["client", "add", "new", "--name", "X", "--iban", "BE00"],
        ["client", "add", "new", "--name", "X", "--term", "soon"],
        ["agency", "--name", "X", "--email", "nowhere"],
        ["calc", "due", "yesterday", "30"],
    ],
)
def test_bad_input_is_one_sentence_and_code_2(client, refusal, command):
    assert len(refusal(*command)["error"]) > 10


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
