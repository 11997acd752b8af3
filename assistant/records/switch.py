"""The kill switch: a door that is closed answers every request with one message, in every process at once."""

from __future__ import annotations

from assistant.errors import UsageError
from assistant.records.transactions import RecordsDatabase
from assistant.settings_sections import Door

CLOSED = "Deze dienst is tijdelijk gesloten. Probeer het later opnieuw."
_LONGEST_MESSAGE = 500


class Switch:
    """Which doors are closed, and what their users are told."""

    def __init__(self, database: RecordsDatabase) -> None:
        self._database = database

    def state(self, door: Door) -> str | None:
        """The message for the users of a closed door; None if it is open."""
        with self._database.reading() as connection:
            row = connection.execute("SELECT message FROM closed_doors WHERE door = ?", (door,)).fetchone()
        return row[0] if row else None

    def close(self, door: Door, message: str = CLOSED) -> None:
        """Close a door; raises UsageError for a message that cannot be shown."""
        message = " ".join(message.split())
        if not message or len(message) > _LONGEST_MESSAGE or not message.isprintable():
            raise UsageError(f"Geef een melding van 1 tot {_LONGEST_MESSAGE} gewone tekens.")
        with self._database.writing() as connection:
            connection.execute(
                "INSERT INTO closed_doors (door, message) VALUES (?, ?) "
                "ON CONFLICT (door) DO UPDATE SET message = excluded.message",
                (door, message),
            )

    def reopen(self, door: Door) -> None:
        """Open a door again; an open door stays open."""
        with self._database.writing() as connection:
            connection.execute("DELETE FROM closed_doors WHERE door = ?", (door,))
