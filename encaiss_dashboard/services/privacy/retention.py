"""How long the agency keeps what: chosen by its administrators, never below what the law asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlmodel import select

from encaiss_dashboard.domain import retention
from encaiss_dashboard.domain.errors import Refusal, Unreadable
from encaiss_dashboard.domain.retention import RULES, Keep, Unit
from encaiss_dashboard.locales import text
from encaiss_dashboard.storage.journal import ActKind
from encaiss_dashboard.storage.records import Agency
from encaiss_dashboard.work import Work

_YEAR_MONTHS: Final = 12


class KeptTooShort(Refusal):
    """A period below what the law asks for; names the law."""

    code = "kept_too_short"


class KeptTooLong(Refusal):
    """A period beyond any need (GDPR art. 5(1)(e))."""

    code = "kept_too_long"


@dataclass(frozen=True, slots=True)
class Setting:
    """One period, with what may be chosen."""

    keep: Keep
    unit: Unit
    period: int
    minimum: int
    maximum: int


def periods(work: Work) -> dict[Keep, int]:
    """Every period as it holds now."""
    agency = work.session.exec(select(Agency)).first()
    return retention.chosen(agency.retention if agency else {})


def settings(work: Work, client_id: int | None = None) -> tuple[Setting, ...]:  # noqa: ARG001
    """The periods with their bounds, for who may choose.

    Raises:
        NotAllowed: not an administrator.
    """
    work.require_agency()
    now = periods(work)
    return tuple(
        Setting(keep, rule.unit, now[keep], rule.minimum, rule.maximum) for keep, rule in RULES.items()
    )


def change(work: Work, client_id: int | None, wanted: Mapping[str, int]) -> bool:  # noqa: ARG001
    """Choose periods; those not named stay. Returns whether anything is other than before.

    Raises:
        NotAllowed: not an administrator.
        Unreadable: a period of nothing there is, or no whole number.
        KeptTooShort, KeptTooLong: outside what the law and the need allow; nothing is changed.
    """
    work.require_agency()
    agency = work.session.exec(select(Agency).with_for_update()).first()
    if agency is None or not set(wanted) <= set(Keep) or {type(one) for one in wanted.values()} - {int}:
        raise Unreadable(value="")
    before = retention.chosen(agency.retention)
    after = before | {Keep(name): value for name, value in wanted.items()}
    for keep, value in after.items():
        _check(work, keep, value)
    if after == before:
        return False
    changed = [keep for keep in Keep if after[keep] != before[keep]]
    # A new object: the column would not notice a change inside the old one.
    agency.retention = {**agency.retention, **{keep.value: after[keep] for keep in changed}}
    work.journal.record(
        ActKind.RETENTION_CHANGED,
        day=work.today,
        facts={
            "before": {keep.value: before[keep] for keep in changed},
            "after": {keep.value: after[keep] for keep in changed},
        },
    )
    return True


def _check(work: Work, keep: Keep, value: int) -> None:
    rule, lang = RULES[keep], work.actor.language
    if rule.minimum <= value <= rule.maximum:
        return
    bound = rule.minimum if value < rule.minimum else rule.maximum
    facts = {
        "what": text(lang, f"privacy.keep_{keep}"),
        "bound": length(keep, bound, lang),
        "law": text(lang, f"privacy.least_{keep}"),
    }
    raise KeptTooShort(**facts) if value < rule.minimum else KeptTooLong(**facts)


def length(keep: Keep, period: int, lang: str) -> str:
    """A period in words: "10 years", also where it is counted in months."""
    if RULES[keep].unit is Unit.MONTHS and period % _YEAR_MONTHS == 0:
        return text(lang, f"privacy.{Unit.YEARS}", n=period // _YEAR_MONTHS)
    return text(lang, f"privacy.{RULES[keep].unit}", n=period)
