"""Why the house does not pay on."""

from __future__ import annotations

from encaiss_dashboard.domain.errors import Refusal


class NothingOwed(Refusal):
    """There is nothing to pay on to a client; fact ``name``, "" where none was chosen."""

    code = "nothing_owed"


class NoAccount(Refusal):
    """Nobody said where a client's money goes, or no such account can be; fact ``name``."""

    code = "remit_no_account"


class RemitWhen(Refusal):
    """A day still to come, or one too far back; fact ``first``."""

    code = "remit_when"


class NoOwnAccount(Refusal):
    """The agency's own account is no IBAN, so that no bank can be asked to draw on it; fact ``number``."""

    code = "remit_no_own_account"


class OtherCurrency(Refusal):
    """SEPA is for euro only; facts ``numbers`` and ``currency``."""

    code = "remit_currency"


class ExecuteWhen(Refusal):
    """A day on which no bank can be asked to transfer; facts ``first`` and ``last``."""

    code = "execute_when"


class OrderedAlready(Refusal):
    """It stands in another transfer file; fact ``number``."""

    code = "remit_ordered"


class Over(Refusal):
    """It has left, has come back or was called off; fact ``number``."""

    code = "remit_over"


class NothingToOrder(Refusal):
    """None was chosen."""

    code = "nothing_to_order"
