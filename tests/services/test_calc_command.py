"""`encaiss calc`: JSON for scripts, sentences for people, exit 2 with one sentence for bad input."""

import json

import pytest
from click.testing import CliRunner

from encaiss_dashboard import locales
from encaiss_dashboard.cli.calc import calc

CONSUMER = ["interest", "400", "--due", "2026-03-02", "--paid", "2026-04-15", "--regime", "be-b2c"]


def _run(*args: str):
    return CliRunner().invoke(calc, list(args))


def _json(*args: str):
    result = _run(*args, "--json")
    assert (result.exit_code, result.stderr) == (0, ""), result.output
    return json.loads(result.stdout)


def test_due_gives_the_date_the_days_and_the_warning():
    answer = _json("due", "2026-09-14", "60_eom_10")
    assert answer.pop("warning")
    reading = answer.pop("readings")[0]
    assert answer == {
        "issue": "2026-09-14",
        "term": "60_EOM_10",
        "due": "2026-12-10",
        "days": 87,
        "ambiguous": False,
    }
    assert (reading["term"], reading["due"]) == ("60_EOM_10", "2026-12-10")


def test_ambiguous_words_give_both_readings_the_stored_one_first():
    answer = _json("due", "2026-10-22", "45 fin de mois")
    assert (answer["term"], answer["due"], answer["ambiguous"]) == ("45_EOM", "2026-12-31", True)
    assert [(r["term"], r["due"], r["days"]) for r in answer["readings"]] == [
        ("45_EOM", "2026-12-31", 70),
        ("EOM_45", "2026-12-15", 54),
    ]


def test_the_ceiling_is_that_of_the_country():
    assert _json("due", "2026-10-22", "45_EOM")["warning"]
    assert _json("due", "2026-10-22", "45_EOM", "--country", "FR")["warning"] is None


def test_a_bare_number_is_net_days():
    answer = _json("due", "2026-01-31", "30")
    assert (answer["term"], answer["due"], answer["warning"]) == ("NET_30", "2026-03-02", None)


def test_interest_gives_amounts_and_periods():
    answer = _json("interest", "1000", "--due", "2024-12-15", "--paid", "2025-01-31")
    assert answer == {
        "principal": "1000.00",
        "due": "2024-12-15",
        "paid": "2025-01-31",
        "days": 47,
        "regime": "be-b2b",
        "interest": "15.25",
        "indemnity": "40.00",
        "periods": [
            {
                "from": "2024-12-16",
                "to": "2024-12-31",
                "days": 16,
                "rate": "12.5",
                "amount": "5.479452",
                "published": True,
                "evidence": "H",
            },
            {
                "from": "2025-01-01",
                "to": "2025-01-31",
                "days": 31,
                "rate": "11.5",
                "amount": "9.767123",
                "published": True,
                "evidence": "H",
            },
        ],
    }


def test_a_rate_without_its_official_notice_is_marked():
    answer = _json("interest", "10000", "--due", "2024-11-30", "--paid", "2026-11-21")
    assert answer["interest"] == "2140.68"
    assert [p["published"] for p in answer["periods"]] == [True, True, True, True, False]


def test_paying_in_time_costs_neither_interest_nor_indemnity():
    answer = _json("interest", "1000,50", "--due", "2026-03-02", "--paid", "2026-03-02")
    assert (answer["principal"], answer["interest"], answer["indemnity"]) == ("1000.50", "0.00", "0.00")
    assert answer["periods"] == []


@pytest.mark.parametrize(
    "extra, interest, assumed",
    [
        ([], "5.06", ["sent", "channel", "creditor"]),
        (["--creditor", "other"], "3.45", ["sent", "channel"]),
        (["--sent", "2026-03-02", "--channel", "email", "--creditor", "sme"], "5.06", []),
        (["--sent", "2026-04-10"], "0.00", ["channel", "creditor"]),
    ],
)
def test_consumer_interest_says_what_it_assumes(extra, interest, assumed):
    answer = _json(*CONSUMER, *extra)
    assert (answer["interest"], answer["indemnity"], answer["assumed"]) == (interest, "0.00", assumed)


@pytest.mark.parametrize("paid, cap", [("2026-03-16", "0.00"), ("2026-03-17", "55.00")])
def test_a_consumer_indemnity_is_only_ever_a_cap_after_the_free_period(paid, cap):
    answer = _json("interest", "400", "--due", "2026-03-02", "--paid", paid, "--regime", "be-b2c")
    assert (answer["indemnity"], answer["indemnity_cap"]) == ("0.00", cap)
    assert (answer["last_day"], answer["first_day_with_charges"]) == ("2026-03-16", "2026-03-17")


@pytest.mark.parametrize(
    "digits, answer",
    [
        ("1234567890", {"digits": "123456789002", "ogm": "+++123/4567/89002+++", "valid": True}),
        ("+++123/4567/89002+++", {"digits": "123456789002", "ogm": "+++123/4567/89002+++", "valid": True}),
        ("0000000097", {"digits": "000000009797", "ogm": "+++000/0000/09797+++", "valid": True}),
        ("000000009700", {"digits": "000000009700", "ogm": None, "valid": False}),
    ],
)
def test_ogm_makes_check_digits_for_ten_and_checks_twelve(digits, answer):
    assert _json("ogm", digits) == answer


def test_waiting_gives_the_last_free_day_and_the_first_with_charges():
    assert _json("waiting", "--sent", "2026-12-23", "--channel", "post") == {
        "sent": "2026-12-23",
        "channel": "post",
        "last_day": "2027-01-11",
        "first_day_with_charges": "2027-01-12",
    }


@pytest.mark.parametrize("balance, cap", [("150", "20.00"), ("150.01", "30.00"), ("39200", "2000.00")])
def test_cap_gives_the_most_an_indemnity_may_be(balance, cap):
    assert _json("cap", balance)["cap"] == cap


BAD = [
    ["due", "2026-02-30", "30"],
    ["due", "20261022", "30"],
    ["due", "0226-10-22", "30"],
    ["due", "2026-10-22", "bientôt"],
    ["due", "2026-10-22"],
    ["due", "2026-10-22", "30", "--country", "XX"],
    ["interest", "abc", "--due", "2026-01-01", "--paid", "2026-02-01"],
    ["interest", "0", "--due", "2026-01-01", "--paid", "2026-02-01"],
    ["interest", "1.005", "--due", "2026-01-01", "--paid", "2026-02-01"],
    ["interest", "1e3", "--due", "2026-01-01", "--paid", "2026-02-01"],
    ["interest", "100", "--due", "2012-01-01", "--paid", "2013-02-01"],
    ["interest", "100", "--due", "2026-01-01"],
    ["interest", "100", "--due", "2026-01-01", "--paid", "2026-02-01", "--regime", "nl-b2b"],
    ["interest", "100", "--due", "2026-01-01", "--paid", "2026-02-01", "--channel", "post"],
    [*CONSUMER, "--sent", "2026-03-01"],
    ["ogm", "123"],
    ["ogm", "12345678900A"],
    ["waiting", "--sent", "2026-11-02", "--channel", "fax"],
    ["waiting", "--sent", "soon", "--channel", "post"],
    ["cap", "-5"],
    ["cap", "1 000"],
]


@pytest.mark.parametrize("args", BAD, ids=" ".join)
def test_bad_input_leaves_with_two_and_one_sentence(args):
    plain = _run(*args)
    assert (plain.exit_code, plain.stdout) == (2, "")
    assert len(plain.stderr.strip().splitlines()) == 1
    as_json = _run(*args, "--json")
    assert as_json.exit_code == 2
    assert json.loads(as_json.stdout) == {"error": as_json.stderr.strip()}


@pytest.mark.parametrize("lang", locales.LANGUAGES)
@pytest.mark.parametrize(
    "args",
    [
        ["due", "2026-10-22", "45 fin de mois"],
        ["due", "2026-10-22", "NET_61"],
        ["due", "2026-10-22", "NET_1"],
        ["interest", "10000", "--due", "2023-06-29", "--paid", "2026-11-21"],
        ["interest", "10000", "--due", "2026-11-21", "--paid", "2026-11-20"],
        CONSUMER,
        [*CONSUMER, "--channel", "post", "--creditor", "other"],
        ["ogm", "123456789002"],
        ["ogm", "123456789003"],
        ["waiting", "--sent", "2026-11-14", "--channel", "email"],
        ["cap", "400"],
        *BAD,
    ],
    ids=" ".join,
)
def test_every_answer_and_refusal_has_its_sentence_in_every_language(args, lang):
    result = _run(*args, "--lang", lang)
    assert result.exit_code == (2 if args in BAD else 0)
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert "{" not in result.output


def test_people_read_the_amount_in_their_language():
    args = ["interest", "10000", "--due", "2024-11-30", "--paid", "2026-11-21"]
    assert "2\u202f140,68" in _run(*args).stdout.replace("\u00a0", "\u202f")
    assert "2.140,68" in _run(*args, "--lang", "nl").stdout
    assert "2,140.68" in _run(*args, "--lang", "en").stdout


def test_an_unconfirmed_rate_is_said_in_words():
    lines = _run("interest", "5000", "--due", "2023-05-31", "--paid", "2023-08-31", "--lang", "en").stdout
    assert lines.count("secondary source") == 1
