"""A column of amounts read at once: each form in which they are written is read once."""

from __future__ import annotations

from typing import Final, NamedTuple

import polars as pl

from encaiss_dashboard.adapters.invoice_files import values
from encaiss_dashboard.adapters.invoice_files.evidence import DecimalEvidence
from encaiss_dashboard.adapters.invoice_files.rows import CONTROLS, LARGEST_CENTS, cell
from encaiss_dashboard.adapters.invoice_files.values import Amount, Proof
from encaiss_dashboard.domain.intake import DecimalMark

_CENT_DIGITS: Final = 2
_MOST_DIGITS: Final = 10**16
_FORM: Final = {
    "plain": pl.Boolean,
    "times": pl.Int64,
    "by": pl.Int64,
    "currency": pl.String,
}


class Amounts(NamedTuple):
    """A column of amounts.

    Attributes:
        cents: with their sign, null for an empty cell and for what is not plain.
        currency: of a sign or code beside the amount, null without one; None when no cell has one.
        plain: whether the cell is empty, or read without any doubt.
    """

    cents: pl.Series
    currency: pl.Series | None
    plain: pl.Series


class _Form(NamedTuple):
    """How to make cents of the digits of an amount: multiply, then divide without a rest."""

    plain: bool
    times: int | None = None
    by: int | None = None
    currency: str | None = None


def read_amounts(texts: pl.Series, decimal: DecimalMark | None, evidence: DecimalEvidence | None) -> Amounts:
    """Read a column as `values.read_amount` reads each of its cells.

    Args:
        texts: the cells as written.
        decimal: the mark before cents, None while it is not known: nothing is read then.
        evidence: where to take down what the amounts prove about it.
    """
    mark = decimal or ","
    simple = texts.str.contains(rf"^[0-9]{{1,12}}\{mark}[0-9]{{2}}$")
    if evidence:
        evidence.see(Proof(mark, "proof"), texts.filter(simple))
    at = (~simple).arg_true()
    others = _by_form(texts.gather(at), decimal, evidence) if at.len() else None
    if decimal is None:
        unread = pl.repeat(None, texts.len(), dtype=pl.Int64, eager=True)
        return Amounts(unread, None, pl.repeat(value=True, n=texts.len(), eager=True))
    cents = texts.str.replace(mark, "", literal=True).cast(pl.Int64, strict=False)
    plain, currency = simple, None
    if others:
        cents, plain = cents.scatter(at, others.cents), plain.scatter(at, others.plain)
        if others.currency is not None:
            nothing = pl.repeat(None, texts.len(), dtype=pl.String, eager=True)
            currency = nothing.scatter(at, others.currency)
    is_absurd = (cents.abs() > LARGEST_CENTS).fill_null(value=False)
    return Amounts(cents, currency, plain & ~is_absurd)


def _by_form(texts: pl.Series, decimal: DecimalMark | None, evidence: DecimalEvidence | None) -> Amounts:
    """Amounts by their form: what one says depends on its digits only as one number.

    Beyond two decimals it also depends on where zeros stand. So with every other digit made a 1 a
    column has few different cells.
    """
    form = texts.str.replace_all("[1-9]", "1")
    different = form.unique()
    place = form.replace_strict(different, pl.int_range(different.len(), eager=True), return_dtype=pl.UInt32)
    if evidence:
        proofs = [values.decimal_proof(text.strip()) for text in different]
        for proof in {proof for proof in proofs if proof}:
            said = pl.Series([other == proof for other in proofs], dtype=pl.Boolean)
            evidence.see(proof, texts.filter(said.gather(place)).str.strip_chars())
    forms = [_form(cell((text,), 0), decimal or ",") for text in different]
    read = pl.DataFrame(forms, schema=_FORM, orient="row")[place]
    digits = texts.str.replace_all("[^0-9]", "").cast(pl.Int64, strict=False)
    is_known = (digits < _MOST_DIGITS).fill_null(value=False) | read["times"].is_null()
    currency = read["currency"]
    return Amounts(
        cents=digits.set(~is_known, 0) * read["times"] // read["by"],
        currency=currency if currency.null_count() < currency.len() else None,
        plain=read["plain"] & is_known,
    )


def _form(text: str, decimal: DecimalMark) -> _Form:
    if not text:
        return _Form(plain=True)
    found = values.read_amount(text, decimal)
    if not isinstance(found, Amount) or CONTROLS.search(text):
        return _Form(plain=False)
    after = text[text.rfind(decimal) :] if decimal in text else ""
    excess = sum(map(str.isdecimal, after)) - _CENT_DIGITS
    sign = -1 if found.cents < 0 else 1
    return _Form(
        plain=True, times=sign * 10 ** max(-excess, 0), by=10 ** max(excess, 0), currency=found.currency
    )
