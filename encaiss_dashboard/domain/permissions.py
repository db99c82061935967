"""Who may do what: the one table that services ask and that screens read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """What a person is, for one client or at the agency."""

    OWNER = "owner"
    ACCOUNTANT = "accountant"
    SIGNATORY = "signatory"
    READER = "reader"
    CASE_MANAGER = "case_manager"
    ADMINISTRATOR = "administrator"


class Action(StrEnum):
    """What can be done to one client's data."""

    VIEW = "view"
    UPLOAD = "upload"
    DELEGATE = "delegate"
    REMIND = "remind"


AGENCY_ROLES: Final = frozenset({Role.CASE_MANAGER, Role.ADMINISTRATOR})

ALLOWED: Final[Mapping[Role, frozenset[Action]]] = {
    Role.OWNER: frozenset({Action.VIEW, Action.UPLOAD, Action.DELEGATE}),
    Role.ACCOUNTANT: frozenset({Action.VIEW, Action.UPLOAD}),
    Role.SIGNATORY: frozenset({Action.VIEW, Action.DELEGATE}),
    Role.READER: frozenset({Action.VIEW}),
    Role.CASE_MANAGER: frozenset({Action.VIEW, Action.UPLOAD, Action.DELEGATE, Action.REMIND}),
    Role.ADMINISTRATOR: frozenset({Action.VIEW, Action.UPLOAD, Action.DELEGATE, Action.REMIND}),
}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks: a person, or the house itself (jobs and the command line).

    Attributes:
        user_id: the person, None for the house itself.
        name: as shown in the journal.
        language: of the interface.
        agency_role: for the agency's own people, who see every client.
        roles: client id → role, for the clients' people.
        house: True for jobs and the command line, which may do everything.
    """

    user_id: int | None
    name: str
    language: str = "fr"
    agency_role: Role | None = None
    roles: Mapping[int, Role] = field(default_factory=dict)
    house: bool = False

    def may(self, action: Action, client_id: int) -> bool:
        """Whether this actor may do this to that client's data."""
        if self.house:
            return True
        role = self.agency_role or self.roles.get(client_id)
        return role is not None and action in ALLOWED[role]


HOUSE: Final = Actor(user_id=None, name="Encaiss", house=True)
