"""``encaiss calc``: what a case manager works out every day, without a database.

Each question takes ``--json`` (money as decimal strings, dates ISO) and ``--lang``. Bad input leaves with
exit code 2 and one sentence on stderr; with ``--json`` also ``{"error": "…"}`` on stdout.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final, NoReturn

import click

from encaiss_dashboard import locales
from encaiss_dashboard.domain import consumer, references, terms
from encaiss_dashboard.domain.errors import Refusal, Unreadable
from encaiss_dashboard.domain.interest import (
    Evidence,
    InterestResult,
    Period,
    Regime,
    interest,
    late_indemnity,
)
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.workdays import Channel, WaitingPeriod, waiting_period

_COULD_NOT: Final = 2
_YEARS: Final = range(2000, 2100)
_OGM_BASE_DIGITS: Final = 10
_OGM_DIGITS: Final = 12
_DATE_FACTS: Final = frozenset({"day", "first_day", "last_day", "issue", "due", "sent"})
_MICRO: Final = Decimal("0.000001")


class DateUnreadable(Unreadable):
    """Not a date of this century written year-month-day; fact ``value``."""

    code = "date_unreadable"


class AmountUnreadable(Unreadable):
    """Not a positive amount in euro and cents; fact ``value``."""

    code = "amount_unreadable"


class ReminderBeforeDue(Refusal):
    """A first reminder that left before the debt was due; facts ``sent``, ``due``."""

    code = "reminder_before_due"


class ConsumerOnly(Refusal):
    """An option of consumer interest with a regime between businesses; facts ``option``, ``regime``."""

    code = "consumer_only"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a question gives back.

    Attributes:
        facts: the JSON object.
        lines: the same for a person, in the chosen language.
    """

    facts: dict[str, object]
    lines: Sequence[str]


@dataclass(frozen=True, slots=True)
class Reminder:
    """The first reminder to a consumer, on which its interest depends.

    Attributes:
        sent: day it left.
        channel: how it left.
        creditor: whose claim it is.
        assumed: which of the three were not said.
    """

    sent: date
    channel: Channel
    creditor: consumer.Creditor
    assumed: Sequence[str]


class Question(click.Command):
    """A command that returns an :class:`Answer`, printed as JSON or as lines."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params += [
            click.Option(["--json", "as_json"], is_flag=True, help="One JSON object on stdout."),
            click.Option(
                ["--lang"],
                type=click.Choice(locales.LANGUAGES),
                default=locales.DEFAULT_LANGUAGE,
                help="Language of the sentences.",
            ),
        ]

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Read the arguments; a missing or unknown one is bad input like any other."""
        as_json = "--json" in args
        try:
            return super().make_context(info_name, args, parent, **extra)
        except click.UsageError as error:
            _could_not(error.format_message(), as_json=as_json)

    def invoke(self, ctx: click.Context) -> None:
        """Answer, or say why not."""
        as_json: bool = ctx.params.pop("as_json")
        try:
            answer: Answer = super().invoke(ctx)
        except Refusal as refusal:
            _could_not(_sentence(refusal, ctx.params["lang"]), as_json=as_json)
        if as_json:
            click.echo(json.dumps(answer.facts, ensure_ascii=False))
        else:
            click.echo("\n".join(answer.lines))


@click.group()
def calc() -> None:
    """Work out a due date, interest, a reference, a free period or a cap."""


@calc.command(cls=Question)
@click.argument("issue_text", metavar="DATE")
@click.argument("term_text", metavar="TERM")
@click.option(
    "--country",
    type=click.Choice(["BE", "FR"], case_sensitive=False),
    default="BE",
    help="Whose statutory ceiling.",
)
def due(issue_text: str, term_text: str, country: str, lang: str) -> Answer:
    """Due date of a business invoice of DATE under TERM: NET_30, 30, 45_EOM, EOM_45, 60_EOM_10, words.

    Words that read two ways, such as "45 fin de mois", give both readings; the first is the stored one.
    """
    issue, term = _date(issue_text), terms.Term.parse(term_text)
    readings = [
        _due_reading(issue, reading, country, lang) for reading in (term, term.other_reading) if reading
    ]
    lines = [locales.text(lang, "calc.due_two_readings", words=term_text)] if term.ambiguous else []
    facts = {
        "issue": issue.isoformat(),
        **readings[0].facts,
        "ambiguous": term.ambiguous,
        "readings": [reading.facts for reading in readings],
    }
    return Answer(facts, [*lines, *(line for reading in readings for line in reading.lines)])


@calc.command("interest", cls=Question)
@click.argument("amount_text", metavar="AMOUNT")
@click.option("--due", "due_text", metavar="DATE", required=True, help="Due date of the invoice.")
@click.option("--paid", "paid_text", metavar="DATE", required=True, help="Day of payment, or today.")
@click.option("--regime", type=click.Choice([r.value for r in Regime]), default=Regime.BE_B2B.value)
@click.option("--sent", "sent_text", metavar="DATE", help="be-b2c: day the first reminder left.")
@click.option("--channel", type=click.Choice([c.value for c in Channel]), help="be-b2c: how it left.")
@click.option(
    "--creditor", type=click.Choice([c.value for c in consumer.Creditor]), help="be-b2c: SME or another."
)
def interest_command(
    *,
    amount_text: str,
    due_text: str,
    paid_text: str,
    regime: str,
    sent_text: str | None,
    channel: str | None,
    creditor: str | None,
    lang: str,
) -> Answer:
    """Late interest and indemnity on AMOUNT, by semester, actual/365.

    Between businesses interest runs from the day after the due date. For a consumer (be-b2c) it depends
    on the first reminder. What is not said is assumed, and listed in the answer: it left on the due date,
    by e-mail, for an SME, which is the most a consumer can owe. No indemnity is due by law; the answer
    gives the cap of an agreed one.
    """
    principal, due_day, paid = _amount(amount_text), _date(due_text), _date(paid_text)
    asked = {"principal": str(principal), "due": due_text, "paid": paid_text, "regime": regime}
    if regime == Regime.BE_B2C:
        reminder = _first_reminder(due_day, sent_text, channel, creditor)
        answer = _consumer_answer(principal, paid, reminder, lang)
        return Answer(asked | answer.facts, answer.lines)
    for option, given in (("--sent", sent_text), ("--channel", channel), ("--creditor", creditor)):
        if given:
            raise ConsumerOnly(option=option, regime=regime)
    result = interest(principal, due_day, paid, Regime(regime))
    indemnity = late_indemnity(due_day, paid)
    lines = _interest_lines(result, lang)
    if indemnity:
        lines.append(locales.text(lang, "calc.indemnity", indemnity=locales.money(indemnity, lang)))
    return Answer(asked | _interest_facts(result, indemnity), lines)


@calc.command(cls=Question)
@click.argument("digits_text", metavar="DIGITS")
def ogm(digits_text: str, lang: str) -> Answer:
    """Make the check digits of ten DIGITS, or check twelve; slashes, pluses and stars do not matter."""
    digits = references.ogm_digits(digits_text)
    if len(digits) == _OGM_BASE_DIGITS:
        printed = references.make_ogm(digits)
        return Answer({"digits": references.parse_ogm(printed), "ogm": printed, "valid": True}, [printed])
    if not re.fullmatch(rf"[0-9]{{{_OGM_DIGITS}}}", digits):
        raise references.ReferenceUnreadable(value=digits_text)
    if not references.is_ogm(digits):
        line = locales.text(lang, "calc.ogm_invalid", digits=digits)
        return Answer({"digits": digits, "ogm": None, "valid": False}, [line])
    printed = references.format_ogm(digits)
    line = locales.text(lang, "calc.ogm_valid", ogm=printed)
    return Answer({"digits": digits, "ogm": printed, "valid": True}, [line])


@calc.command(cls=Question)
@click.option("--sent", "sent_text", metavar="DATE", required=True, help="Day the first reminder left.")
@click.option("--channel", type=click.Choice([c.value for c in Channel]), required=True)
def waiting(sent_text: str, channel: str, lang: str) -> Answer:
    """Free period after a Belgian consumer's first reminder."""
    sent = _date(sent_text)
    period = waiting_period(sent, Channel(channel))
    return Answer(
        {"sent": sent.isoformat(), "channel": channel, **_waiting_facts(period)},
        [_waiting_line(period, lang)],
    )


@calc.command(cls=Question)
@click.argument("amount_text", metavar="AMOUNT")
def cap(amount_text: str, lang: str) -> Answer:
    """Most that an agreed indemnity may be for a Belgian consumer's balance of AMOUNT."""
    balance = _amount(amount_text)
    most = consumer.indemnity_cap(balance)
    return Answer({"balance": str(balance), "cap": str(most)}, [_cap_line(most, lang)])


def _due_reading(issue: date, term: terms.Term, country: str, lang: str) -> Answer:
    on = term.due(issue)
    days, over = (on - issue).days, terms.ceiling_days_over(issue, on, country)
    line = locales.text(lang, "calc.due", term=term.code, due=locales.day(on, lang, "full"), n=days)
    warning = locales.text(lang, "calc.due_over_ceiling", n=over, days=days) if over else None
    facts = {"term": term.code, "due": on.isoformat(), "days": days, "warning": warning}
    return Answer(facts, [line, warning] if warning else [line])


def _first_reminder(
    due_day: date, sent_text: str | None, channel: str | None, creditor: str | None
) -> Reminder:
    given = {"sent": sent_text, "channel": channel, "creditor": creditor}
    sent = _date(sent_text) if sent_text else due_day
    if sent < due_day:
        raise ReminderBeforeDue(sent=sent.isoformat(), due=due_day.isoformat())
    return Reminder(
        sent,
        Channel(channel or Channel.EMAIL),
        consumer.Creditor(creditor or consumer.Creditor.SME),
        tuple(name for name, value in given.items() if not value),
    )


def _consumer_answer(principal: Money, paid: date, reminder: Reminder, lang: str) -> Answer:
    period = waiting_period(reminder.sent, reminder.channel)
    result = consumer.consumer_interest(principal, reminder.sent, reminder.channel, paid, reminder.creditor)
    most = consumer.indemnity_cap(principal) if paid > period.last_day else Money(0)
    facts = {
        **_interest_facts(result, Money(0)),
        "indemnity_cap": str(most),
        "sent": reminder.sent.isoformat(),
        "channel": reminder.channel.value,
        "creditor": reminder.creditor.value,
        "assumed": reminder.assumed,
        **_waiting_facts(period),
    }
    lines = [
        locales.text(
            lang, f"calc.reminder_{reminder.channel}", sent=locales.day(reminder.sent, lang, "long")
        ),
        _waiting_line(period, lang),
        locales.text(lang, f"calc.creditor_{reminder.creditor}"),
    ]
    if reminder.assumed:
        options = ", ".join(f"--{name}" for name in reminder.assumed)
        lines.append(locales.text(lang, "calc.assumed", options=options))
    lines += _interest_lines(result, lang)
    return Answer(facts, [*lines, _cap_line(most, lang)] if most else lines)


def _interest_facts(result: InterestResult, indemnity: Money) -> dict[str, object]:
    return {
        "days": result.days,
        "interest": str(result.amount),
        "indemnity": str(indemnity),
        "periods": [
            {
                "from": period.first_day.isoformat(),
                "to": period.last_day.isoformat(),
                "days": period.days,
                "rate": str(period.rate.percent),
                "amount": str(period.unrounded.quantize(_MICRO)),
                "published": period.rate.published,
                "evidence": period.rate.evidence.value,
            }
            for period in result.periods
        ],
    }


def _interest_lines(result: InterestResult, lang: str) -> list[str]:
    if not result.periods:
        return [locales.text(lang, "calc.interest_none")]
    total = locales.text(lang, "calc.interest", n=result.days, amount=locales.money(result.amount, lang))
    return [*(_period_line(period, lang) for period in result.periods), total]


def _period_line(period: Period, lang: str) -> str:
    line = locales.text(
        lang,
        "calc.period",
        first=locales.day(period.first_day, lang, "numeric"),
        last=locales.day(period.last_day, lang, "numeric"),
        n=period.days,
        rate=locales.decimal(period.rate.percent, lang, 2),
        amount=locales.decimal(period.unrounded, lang, 4),
    )
    if not period.rate.published:
        return f"{line} {locales.text(lang, 'calc.rate_unpublished')}"
    if period.rate.evidence is not Evidence.HIGH:
        return f"{line} {locales.text(lang, 'calc.rate_unconfirmed')}"
    return line


def _waiting_facts(period: WaitingPeriod) -> dict[str, str]:
    return {
        "last_day": period.last_day.isoformat(),
        "first_day_with_charges": period.first_day_with_charges.isoformat(),
    }


def _waiting_line(period: WaitingPeriod, lang: str) -> str:
    return locales.text(
        lang,
        "calc.waiting",
        last=locales.day(period.last_day, lang, "full"),
        first=locales.day(period.first_day_with_charges, lang, "full"),
    )


def _cap_line(most: Money, lang: str) -> str:
    return locales.text(lang, "calc.cap", cap=locales.money(most, lang))


def _date(value: str) -> date:
    try:
        day = date.fromisoformat(value)
    except ValueError as error:
        raise DateUnreadable(value=value) from error
    # Python also takes 20261121 and 2026-W47-6; a year of other centuries is a slip of the finger.
    if day.isoformat() != value or day.year not in _YEARS:
        raise DateUnreadable(value=value)
    return day


def _amount(value: str) -> Money:
    if not re.fullmatch(r"[0-9]{1,12}(?:[.,][0-9]{1,2})?", value):
        raise AmountUnreadable(value=value)
    amount = Money.of(value.replace(",", "."))
    if not amount:
        raise AmountUnreadable(value=value)
    return amount


def _sentence(refusal: Refusal, lang: str) -> str:
    facts = {
        name: locales.day(date.fromisoformat(value), lang, "long") if name in _DATE_FACTS else value
        for name, value in refusal.facts.items()
    }
    return locales.text(lang, f"calc.{refusal.code}", **facts)


def _could_not(sentence: str, *, as_json: bool) -> NoReturn:
    click.echo(sentence, err=True)
    if as_json:
        click.echo(json.dumps({"error": sentence}, ensure_ascii=False))
    raise click.exceptions.Exit(_COULD_NOT)
