"""By which way a message reaches a debtor: what its step says, else by post, never without saying why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from encaiss_dashboard.domain.workdays import Channel

TOGETHER: Final = ", "
"""Between the addresses of one message; none of them holds a space."""


class Rerouted(StrEnum):
    """Why a message goes by post although its step says otherwise; catalogue keys under ``act.by_post_``."""

    NO_ADDRESS = "no_address"
    NO_PHONE = "no_phone"
    NO_PROVIDER = "no_provider"


@dataclass(frozen=True, slots=True)
class Route:
    """How one message goes.

    Attributes:
        channel: as it really goes.
        to: addresses of an e-mail, the number of a text or call; empty on paper.
        rerouted: why it goes by post instead, None when it goes as its step says.
    """

    channel: Channel
    to: tuple[str, ...] = ()
    rerouted: Rerouted | None = None


def route(wanted: Channel, *, emails: Sequence[str], phone: str, texts: bool) -> Route:
    """The way of a message whose step wants a channel.

    Args:
        wanted: by the step that sets the tone.
        emails: every address of the debtor, the first one first.
        phone: its number for texts, "" when unknown.
        texts: whether this deployment has a provider of texts.

    A call is never rerouted: who makes it may look the number up.
    """
    if wanted is Channel.EMAIL:
        return Route(wanted, tuple(emails)) if emails else Route(Channel.POST, rerouted=Rerouted.NO_ADDRESS)
    if wanted is Channel.SMS and not texts:
        return Route(Channel.POST, rerouted=Rerouted.NO_PROVIDER)
    if wanted is Channel.SMS and not phone:
        return Route(Channel.POST, rerouted=Rerouted.NO_PHONE)
    return Route(wanted, (phone,) if phone and not wanted.on_paper else ())
