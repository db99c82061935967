"""A client's own words in its letters: each version is kept, the latest one is in force."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, UniqueConstraint
from sqlmodel import Field, Session, col, select

from encaiss_dashboard.domain.dunning import StepCode
from encaiss_dashboard.domain.letter_texts import Texts
from encaiss_dashboard.storage.base import Record, client_column, key_column, time_column


class LetterText(Record, table=True):
    """What a client says in its own words in the letters of one step in one language, from a moment on.

    Attributes:
        version: 1, 2, 3… within the step and language.
        parts: by the names of ``domain.letter_texts.Part``; none when it went back to the house's text.
    """

    __tablename__ = "letter_text"

    __table_args__ = (UniqueConstraint("client_id", "step", "language", "version"),)

    id: int | None = key_column()
    client_id: int = client_column()
    step: str
    language: str
    version: int
    parts: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    user_id: int | None = Field(default=None, foreign_key="app_user.id")
    at: datetime = time_column()


def versions(session: Session, client_id: int, step: StepCode, language: str) -> list[LetterText]:
    """All versions for a step in a language, the newest first; none while the house's text holds."""
    query = select(LetterText).where(
        LetterText.client_id == client_id, LetterText.step == step.value, LetterText.language == language
    )
    return list(session.exec(query.order_by(col(LetterText.version).desc())))


def in_force(session: Session, client_id: int, step: StepCode, language: str) -> Texts:
    """The client's own words for a step in a language; of version 0 while there never were any."""
    query = select(LetterText).where(
        LetterText.client_id == client_id, LetterText.step == step.value, LetterText.language == language
    )
    row = session.exec(query.order_by(col(LetterText.version).desc()).limit(1)).first()
    return texts_of(row) if row else Texts()


def texts_of(row: LetterText) -> Texts:
    """A version as the letters take it."""
    return Texts(row.version, **row.parts)


def own(session: Session, client_id: int) -> set[tuple[str, str]]:
    """Step and language of every letter in which the client says something in its own words now."""
    rows: Iterable[LetterText] = session.exec(
        select(LetterText).where(LetterText.client_id == client_id).order_by(col(LetterText.version))
    )
    latest = {(row.step, row.language): row.parts for row in rows}
    return {key for key, parts in latest.items() if parts}
