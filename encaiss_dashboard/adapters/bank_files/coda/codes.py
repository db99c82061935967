"""Transaction codes of the standard (enclosure II): which of them are costs, which take something back."""

from __future__ import annotations

from typing import Final

# Families of closings and of costs charged apart.
_CHARGED: Final = frozenset({"35", "80"})
# Costs, costs of incoming foreign transfers, and costs paid back.
_COSTS: Final = frozenset({"37", "87"})
_FOREIGN_COSTS: Final = ("41", "38")
# Every family has these two for what the bank cancels or corrects.
_CREDIT_CORRECTED: Final = "99"
_CORRECTIONS: Final = frozenset({"49", _CREDIT_CORRECTED})
_TRANSFERS: Final = frozenset({"01", "02", "41"})
_RETURNS: Final = frozenset(
    {
        *(("05", "03"), ("05", "05"), ("05", "54"), ("05", "56"), ("05", "58")),  # direct debits
        *(("01", "54"), ("02", "54"), ("01", "60"), ("01", "62")),  # orders that could not be executed
        *(("03", "09"), ("03", "38"), ("03", "60"), ("03", "62"), ("43", "07"), ("43", "62")),  # cheques
        *(("07", "05"), ("07", "07"), ("07", "39"), ("47", "05"), ("47", "07")),  # bills
    }
)
# Categories of details up to here are parts of an amount or costs, and these are no costs: net, gross and
# capital amounts, interest received, premiums, taxes withheld, countervalues.
_CATEGORY_MAX: Final = 420
_NO_COSTS: Final = frozenset({0, 1, 24, 28, *range(50, 53), *range(54, 61), 63, *range(65, 73), 100})


def is_charge(code: str, *, is_detail: bool) -> bool:
    """Whether a movement, or one part of it, is a cost of the bank.

    Args:
        code: family, transaction and category: seven digits.
        is_detail: whether it is a part of a movement: then its category says what it is.
    """
    family, operation, category = code[:2], code[2:4], int(code[4:])
    if family in _CHARGED or operation in _COSTS or (family, operation) == _FOREIGN_COSTS:
        return True
    return is_detail and category <= _CATEGORY_MAX and category not in _NO_COSTS


def is_return(code: str, *, has_payer: bool) -> bool:
    """Whether something came back, or a booking is taken back.

    Args:
        code: family, transaction and category: seven digits.
        has_payer: whether money came in from somebody's account: a transfer that names one is a payment, also
            where a bank codes it as a correction; the bank's own corrections name none.
    """
    family, operation = code[:2], code[2:4]
    if family in _CHARGED or (has_payer and family in _TRANSFERS and operation == _CREDIT_CORRECTED):
        return False
    return operation in _CORRECTIONS or (family, operation) in _RETURNS
