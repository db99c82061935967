"""Money as integer minor units with a currency; the only place that rounds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

EUR: Final = "EUR"
_CENT: Final = Decimal("0.01")
_PLAIN: Final = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,2})?")


class CurrencyMismatchError(ValueError):
    """Two amounts of different currencies were added or compared: always our own bug."""


def round_cents(amount: Decimal) -> int:
    """Round an amount in major units, half up and away from zero, to whole cents.

    The one place where an unrounded result of interest, fees or VAT becomes money.
    """
    return int(amount.quantize(_CENT, rounding=ROUND_HALF_UP).scaleb(2))


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An amount of one currency.

    Attributes:
        cents: minor units, negative for what goes the other way.
        currency: ISO 4217 code in capitals.
    """

    cents: int
    currency: str = EUR

    def __post_init__(self) -> None:
        """Refuse anything but whole cents: a float here would be a wrong cent later."""
        if isinstance(self.cents, bool) or not isinstance(self.cents, int):
            raise TypeError(f"cents must be an int, not {self.cents!r}")

    @classmethod
    def of(cls, text: str, currency: str = EUR) -> Money:
        """Read a plain decimal such as ``"1234.5"``; nothing a person might type otherwise.

        Raises:
            ValueError: not a plain decimal number, or a fraction of a cent.
        """
        if not _PLAIN.fullmatch(text):
            raise ValueError(f"not a whole number of cents: {text!r}")
        return cls(int(Decimal(text).scaleb(2)), currency)

    @classmethod
    def total(cls, amounts: Iterable[Money], currency: str = EUR) -> Money:
        """Add up amounts of one currency; nothing adds up to zero."""
        result = cls(0, currency)
        for amount in amounts:
            result += amount
        return result

    @property
    def decimal(self) -> Decimal:
        """The amount in major units, always with two decimals."""
        return Decimal(self.cents).scaleb(-2)

    def __str__(self) -> str:
        """A plain decimal string, ``"-1234.50"``: the form of JSON and of files."""
        return f"{self.decimal:.2f}"

    def __add__(self, other: Money) -> Money:
        return Money(self.cents + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.cents - self._same(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.cents, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.cents < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.cents <= self._same(other)

    def __gt__(self, other: Money) -> bool:
        return self.cents > self._same(other)

    def __ge__(self, other: Money) -> bool:
        return self.cents >= self._same(other)

    def __bool__(self) -> bool:
        """Whether there is anything at all."""
        return self.cents != 0

    def split(self, weights: Sequence[int]) -> list[Money]:
        """Divide by non-negative whole weights so that the parts add up to the cent.

        Each part is the exact share rounded towards zero; the cents left over go one by one to the
        parts with the largest remainder, the earliest first (largest-remainder method).

        Raises:
            ValueError: a negative weight, or weights that are all zero.
        """
        whole = sum(weights)
        if whole <= 0 or min(weights) < 0:
            raise ValueError("weights must be non-negative and not all zero")
        sign, size = (-1 if self.cents < 0 else 1), abs(self.cents)
        parts = [size * weight // whole for weight in weights]
        by_remainder = sorted(range(len(weights)), key=lambda i: (-(size * weights[i] % whole), i))
        for i in by_remainder[: size - sum(parts)]:
            parts[i] += 1
        return [Money(sign * part, self.currency) for part in parts]

    def _same(self, other: Money) -> int:
        if self.currency != other.currency:
            raise CurrencyMismatchError(f"{self.currency} and {other.currency} do not mix")
        return other.cents
