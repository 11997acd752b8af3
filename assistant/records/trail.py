"""Who did what: changes to documents, keys and doors, for those who must account for them. Never a question."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from assistant.records.transactions import Clock, RecordsDatabase


@dataclass(frozen=True)
class Deed:
    """One line of the trail."""

    actor: str  # id of a key or pseudonym of a person
    action: str  # e.g. "bron toevoegen"
    object: str  # e.g. the id of the document
    result: str  # e.g. "gelukt"
    at: datetime


class Trail:
    """The audit trail; lines are added and never changed."""

    def __init__(self, database: RecordsDatabase, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def add(self, actor: str, action: str, object: str, result: str) -> None:
        """Write one line. None of the values may hold a question or client data."""
        now = self._clock()
        with self._database.writing() as connection:
            connection.execute(
                "INSERT INTO trail (actor, action, object, result, created) VALUES (?, ?, ?, ?, ?)",
                (actor, action, object, result, now),
            )

    def list(self, limit: int = 100) -> tuple[Deed, ...]:
        """The newest lines, newest first."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT actor, action, object, result, created FROM trail ORDER BY id DESC LIMIT ?",
                (limit,),
            ).fetchall()
        return tuple(
            Deed(actor, action, object, result, datetime.fromtimestamp(at, UTC))
            for actor, action, object, result, at in rows
        )
