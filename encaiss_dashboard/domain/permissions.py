"""Who may do what: the one table that services ask, that screens read and that the docs print."""

from __future__ import annotations

from collections.abc import Collection, Mapping
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
    """What can be done to one client's data; ``ADMINISTER`` is about the agency itself."""

    VIEW = "view"
    UPLOAD = "upload"
    DELEGATE = "delegate"
    MERGE = "merge"
    REMIND = "remind"
    CONSENT = "consent"
    MANAGE_TEAM = "manage_team"
    PERSONAL_DATA = "personal_data"
    ADMINISTER = "administer"


AGENCY_ROLES: Final = frozenset({Role.CASE_MANAGER, Role.ADMINISTRATOR})
CLIENT_ROLES: Final = tuple(role for role in Role if role not in AGENCY_ROLES)

# Merging says who is who, as importing does, and changes who is written to, as delegating does: it goes
# with the roles that may do both.
ALLOWED: Final[Mapping[Role, frozenset[Action]]] = {
    Role.OWNER: frozenset(
        {
            Action.VIEW,
            Action.UPLOAD,
            Action.DELEGATE,
            Action.MERGE,
            Action.MANAGE_TEAM,
            Action.PERSONAL_DATA,
        }
    ),
    Role.ACCOUNTANT: frozenset({Action.VIEW, Action.UPLOAD}),
    Role.SIGNATORY: frozenset({Action.VIEW, Action.DELEGATE, Action.CONSENT}),
    Role.READER: frozenset({Action.VIEW}),
    Role.CASE_MANAGER: frozenset({Action.VIEW, Action.UPLOAD, Action.DELEGATE, Action.MERGE, Action.REMIND}),
    # The agency may never decide for its client: nobody there can consent.
    Role.ADMINISTRATOR: frozenset(Action) - {Action.CONSENT},
}


def needs_second_factor(roles: Collection[Role]) -> bool:
    """Whether a person with these roles signs in with a second factor: signatories and the agency."""
    return any(role in AGENCY_ROLES or Action.CONSENT in ALLOWED[role] for role in roles)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks: a person, or the house itself (jobs and the command line).

    Attributes:
        user_id: the person, None for the house itself.
        name: as shown in the journal.
        language: of the interface.
        agency_role: for the agency's own people: an administrator works for every client, a case
            manager for those in ``roles``.
        roles: client id → the roles this person has for it.
        address: network address the request came from.
        house: True for jobs and the command line, which may do everything.
    """

    user_id: int | None
    name: str
    language: str = "fr"
    agency_role: Role | None = None
    roles: Mapping[int, Collection[Role]] = field(default_factory=dict)
    address: str = ""
    house: bool = False

    @property
    def everywhere(self) -> bool:
        """Whether every client is this actor's business."""
        return self.house or self.agency_role is Role.ADMINISTRATOR

    def may(self, action: Action, client_id: int) -> bool:
        """Whether this actor may do this to that client's data.

        The house itself may do everything but consent: that is the client's alone.
        """
        if self.house:
            return action is not Action.CONSENT
        roles = {*self.roles.get(client_id, ())}
        if self.agency_role is Role.ADMINISTRATOR:
            roles.add(Role.ADMINISTRATOR)
        return any(action in ALLOWED[role] for role in roles)

    @property
    def administers(self) -> bool:
        """Whether this actor runs the agency itself: its people, its clients, its settings."""
        return self.house or (self.agency_role is not None and Action.ADMINISTER in ALLOWED[self.agency_role])


HOUSE: Final = Actor(user_id=None, name="Encaiss", house=True)
