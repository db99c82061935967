"""Payment terms: RULES §2 and its worked cases of §9."""

from datetime import date

import pytest

from encaiss_dashboard.domain.errors import Unreadable
from encaiss_dashboard.domain.terms import (
    DueOutOfCalendar,
    DueSource,
    Shape,
    Term,
    TermUnreadable,
    ceiling_days_over,
    resolve_due,
)

ISSUE = date(2026, 10, 22)


@pytest.mark.parametrize(
    "issue, code, due",
    [
        (date(2026, 10, 22), "45_EOM", date(2026, 12, 31)),
        (date(2026, 10, 22), "EOM_45", date(2026, 12, 15)),
        (date(2026, 10, 5), "45_EOM", date(2026, 11, 30)),
        (date(2026, 10, 5), "EOM_45", date(2026, 12, 15)),
        (date(2026, 1, 31), "NET_30", date(2026, 3, 2)),
        (date(2026, 1, 31), "30_EOM", date(2026, 3, 31)),
        (date(2026, 1, 31), "EOM_30", date(2026, 3, 2)),
        (date(2026, 9, 14), "60_EOM_10", date(2026, 12, 10)),
        (date(2026, 11, 10), "NET_0", date(2026, 11, 10)),
        (date(2026, 1, 15), "30_EOM_31", date(2026, 3, 31)),
        (date(2025, 12, 20), "0_EOM_31", date(2026, 1, 31)),
        (date(2026, 1, 2), "0_EOM_31", date(2026, 2, 28)),
        (date(2024, 1, 2), "EOM_29", date(2024, 2, 29)),
    ],
)
def test_a_code_gives_its_due_date(issue, code, due):
    assert Term.parse(code).due(issue) == due
    assert Term.parse(code).code == code


@pytest.mark.parametrize(
    "text, code",
    [
        ("30", "NET_30"),
        ("net_30", "NET_30"),
        ("30_eom", "30_EOM"),
        ("Eom_45", "EOM_45"),
        ("60_eom_10", "60_EOM_10"),
        ("030", "NET_30"),
        ("  30 jours ", "NET_30"),
        ("À 30 jours", "NET_30"),
        ("30 jours date de facture", "NET_30"),
        ("30 jours nets", "NET_30"),
        ("30j", "NET_30"),
        ("30 dagen", "NET_30"),
        ("30 dagen netto", "NET_30"),
        ("binnen 30 dagen na factuurdatum", "NET_30"),
        ("30 DAYS", "NET_30"),
        ("net 30", "NET_30"),
        ("30 days from invoice date.", "NET_30"),
        ("comptant", "NET_0"),
        ("Au comptant", "NET_0"),
        ("contant", "NET_0"),
        ("CASH", "NET_0"),
        ("fin de mois + 45 jours", "EOM_45"),
        ("einde maand + 45 dagen", "EOM_45"),
        ("end of month + 45", "EOM_45"),
        ("0 fin de mois", "0_EOM"),
    ],
)
def test_clear_words_have_one_reading(text, code):
    term = Term.parse(text)
    assert (term.code, term.ambiguous, term.other_reading) == (code, False, None)


@pytest.mark.parametrize(
    "text",
    [
        "30 fin de mois",
        "30 jours fin de mois",
        "à 30 jours Fin de Mois",
        "30 dagen einde maand",
        "30 days end of month",
        "30 EOM",
    ],
)
def test_thirty_days_end_of_month_is_stored_one_way_and_flagged(text):
    term = Term.parse(text)
    assert (term.code, term.ambiguous) == ("30_EOM", True)
    assert term.other_reading == Term.parse("EOM_30")


def test_a_stored_reading_is_no_longer_ambiguous():
    chosen = Term.parse(Term.parse("30 fin de mois").code)
    assert chosen == Term.parse("30 fin de mois")
    assert not chosen.ambiguous


@pytest.mark.parametrize(
    "text",
    [
        "",
        "bientôt",
        "-30",
        "30_EOM_0",
        "30_EOM_32",
        "1000",
        "NET_",
        "30 or 60 days",
        "30\n60",
        "EOM",
        "٣٠",
        "30.5",
    ],
)
def test_other_words_are_refused_with_the_words(text):
    with pytest.raises(TermUnreadable) as refused:
        Term.parse(text)
    assert refused.value.facts == {"value": text}
    assert isinstance(refused.value, Unreadable)


@pytest.mark.parametrize("code", ["NET_30", "30_EOM", "EOM_30", "0_EOM_10"])
def test_a_due_date_after_the_year_9999_is_refused(code):
    with pytest.raises(DueOutOfCalendar):
        Term.parse(code).due(date(9999, 12, 20))


NET_10, NET_20, NET_40 = (Term(Shape.NET, days) for days in (10, 20, 40))


@pytest.mark.parametrize(
    "own, invoice, debtor, client, due, source",
    [
        (date(2026, 11, 1), NET_10, NET_20, NET_40, date(2026, 11, 1), DueSource.INVOICE_DUE),
        (None, NET_10, NET_20, NET_40, date(2026, 11, 1), DueSource.INVOICE_TERM),
        (None, None, NET_20, NET_40, date(2026, 11, 11), DueSource.DEBTOR_TERM),
        (None, None, None, NET_40, date(2026, 12, 1), DueSource.CLIENT_DEFAULT),
        (None, None, None, None, date(2026, 11, 21), DueSource.STATUTORY),
        (None, Term(Shape.NET, 0), NET_20, None, ISSUE, DueSource.INVOICE_TERM),
    ],
)
def test_the_nearest_fact_to_the_invoice_decides_its_due_date(own, invoice, debtor, client, due, source):
    assert resolve_due(ISSUE, own, invoice, debtor, client) == (due, source)


@pytest.mark.parametrize(
    "issue, code, country, days_over",
    [
        (date(2026, 9, 14), "60_EOM_10", "BE", 27),
        (date(2026, 9, 14), "60_EOM_10", "FR", 27),
        (date(2026, 9, 14), "NET_60", "BE", 0),
        (date(2026, 9, 14), "NET_61", "BE", 1),
        (date(2026, 10, 22), "45_EOM", "BE", 10),
        (date(2026, 10, 22), "45_EOM", "FR", 0),
        (date(2026, 10, 1), "EOM_45", "FR", 0),
        (date(2026, 10, 22), "NET_69", "FR", 9),
        (date(2026, 9, 14), "NET_90", "DE", 0),
        (date(9999, 12, 1), "NET_30", "FR", 0),
    ],
)
def test_a_term_above_the_ceiling_is_told_in_days(issue, code, country, days_over):
    assert ceiling_days_over(issue, Term.parse(code).due(issue), country) == days_over


def test_the_ceiling_is_not_for_consumers():
    assert ceiling_days_over(ISSUE, date(2027, 10, 22), "BE", consumer=True) == 0
