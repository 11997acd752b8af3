"""Uploads in the database: sent to one machine, read and added by a worker on another."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from uuid import uuid4

from assistant.errors import DocumentError
from assistant.postgres.stored_files import put_file, remove_unused
from assistant.uploads import GONE, decode_read, encode_read

if TYPE_CHECKING:
    from assistant.postgres.database import PostgresDatabase
    from assistant.postgres.stored_files import StoredFiles
    from assistant.types import Source


class DatabaseUploads:
    """The uploads of one organisation, on every machine."""

    def __init__(self, database: PostgresDatabase, files: StoredFiles) -> None:
        self._database, self._files = database, files

    def save(self, name: str, content: BinaryIO) -> str:
        own = uuid4().hex
        with self._database.writing() as connection:
            stored = put_file(connection, content)
            connection.execute("INSERT INTO uploads (id, name, sha256) VALUES (%s, %s, %s)", (own, name, stored.sha256))
        return f"{own}/{name}"

    def file(self, place: str) -> Path:
        with self._database.reading() as connection:
            row = connection.execute("SELECT sha256, name FROM uploads WHERE id = %s", (_own(place),)).fetchone()
        if row is None:
            raise DocumentError(GONE)
        return self._files.copy(*row)

    def keep_read(self, place: str, source: Source) -> None:
        with self._database.writing() as connection:
            connection.execute("UPDATE uploads SET read = %b WHERE id = %s", (encode_read(source), _own(place)))

    def read_before(self, place: str) -> Source | None:
        with self._database.reading() as connection:
            row = connection.execute("SELECT read FROM uploads WHERE id = %s", (_own(place),), binary=True).fetchone()
        return decode_read(row[0]) if row and row[0] is not None else None

    def claim(self, place: str) -> bool:
        with self._database.writing() as connection:
            claimed = connection.execute(
                "UPDATE uploads SET claimed = true WHERE id = %s AND NOT claimed", (_own(place),)
            )
            return claimed.rowcount == 1

    def is_claimed(self, place: str) -> bool:
        with self._database.reading() as connection:
            row = connection.execute("SELECT claimed FROM uploads WHERE id = %s", (_own(place),)).fetchone()
        return row is None or bool(row[0])

    def discard(self, place: str) -> None:
        with self._database.writing() as connection:
            connection.execute("DELETE FROM uploads WHERE id = %s", (_own(place),))

    def remove_old(self, seconds: float) -> None:
        with self._database.writing() as connection:
            connection.execute("DELETE FROM uploads WHERE sent < now() - make_interval(secs => %s)", (seconds,))
            remove_unused(connection)


def _own(place: str) -> str:
    return place.partition("/")[0]
