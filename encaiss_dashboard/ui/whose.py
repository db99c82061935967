"""Whose money a screen is about: the client's that somebody looks at, or what came to the agency itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Concatenate, Final, ParamSpec, TypeVar

from encaiss_dashboard.domain.errors import NotAllowed
from encaiss_dashboard.ui import access
from encaiss_dashboard.ui.shell import Shell
from encaiss_dashboard.work import Work

P = ParamSpec("P")
R = TypeVar("R")

OF_CLIENT: Final = "/payments"
OF_AGENCY: Final = "/desk/payments"


class Whose(Shell):
    """A screen that exists twice: at a client, and at the desk for the agency's own accounts."""

    def _agencys(self) -> bool:
        """Whether the address is one of the desk's; the services ask whether that may be."""
        return str(self.router.url.path).startswith(OF_AGENCY)

    def _home(self) -> str:
        return OF_AGENCY if self._agencys() else OF_CLIENT

    def _queue(self) -> str:
        return OF_AGENCY if self._agencys() else f"{OF_CLIENT}/match"

    async def _read(
        self, service: Callable[Concatenate[Work, int | None, P], R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """Call a service that only reads, with whoever the screen is about."""
        return await access.read(self, of(service, agencys=self._agencys()), *args, **kwargs)

    async def _act(
        self, service: Callable[Concatenate[Work, int | None, P], R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """Call a service that writes, with whoever the screen is about."""
        return await access.act(self, of(service, agencys=self._agencys()), *args, **kwargs)


def of(
    service: Callable[Concatenate[Work, int | None, P], R], *, agencys: bool
) -> Callable[Concatenate[Work, int | None, P], R]:
    """A service asked about the agency's accounts, or about the client's that the session looks at.

    Without a client a service of payments means the agency: somebody who looks at no client did not.
    """

    def ask(work: Work, client_id: int | None, /, *args: P.args, **kwargs: P.kwargs) -> R:
        if not agencys and client_id is None:
            raise NotAllowed
        return service(work, None if agencys else client_id, *args, **kwargs)

    return ask
