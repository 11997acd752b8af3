"""The records in the shared PostgreSQL database: rows of one organisation, for any number of processes anywhere."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

from assistant.postgres.database import PostgresDatabase
from assistant.postgres.schema import SCHEMA
from assistant.records.transactions import Rows, Transaction

if TYPE_CHECKING:
    from assistant.postgres.database import Connection

_SYNC_SECONDS = 60.0


class SharedDatabase:
    """PostgreSQL, as the records ask for it."""

    skip_locked = "FOR UPDATE SKIP LOCKED"

    def __init__(self, database: PostgresDatabase) -> None:
        self._database = database

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """A transaction that sees one moment."""
        with self._database.reading() as connection:
            yield _Statements(connection)

    @contextmanager
    def writing(self, durable: bool = True) -> Iterator[Transaction]:
        """One transaction, beside those of others; a row that two of them change makes the second one wait."""
        with self._database.writing(durable) as connection:
            yield _Statements(connection)

    def forget_deleted(self) -> None:
        """Give the room of deleted texts free, to be overwritten.

        The bytes themselves stay until then, and longer in the write-ahead log and in backups: PostgreSQL does not
        wipe. An account without the right to do this leaves it to autovacuum.
        """
        with self._database.owning() as connection:
            connection.execute(f"VACUUM (SKIP_LOCKED) {SCHEMA}.feedback".encode())

    def close(self) -> None:
        """Close the connections."""
        self._database.close()


class SharedClock:
    """The time of the database server, so that leases hold between machines whose clocks differ or jump."""

    def __init__(self, database: PostgresDatabase) -> None:
        self._database, self._lock = database, threading.Lock()
        self._asked_at: float | None = None
        self._lead = 0.0  # of the server's time over our own monotonic clock

    def __call__(self) -> float:
        with self._lock:
            now = time.monotonic()
            if self._asked_at is None or now - self._asked_at > _SYNC_SECONDS:
                with self._database.reading() as connection:
                    row = connection.execute("SELECT extract(epoch FROM clock_timestamp())::float8").fetchone()
                self._asked_at = time.monotonic()
                self._lead = (row[0] if row else time.time()) - self._asked_at
            return time.monotonic() + self._lead


class _Statements:
    """Takes the SQL of this package to PostgreSQL."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def execute(self, sql: str, values: Sequence[object] = (), /) -> Rows:
        return self._connection.execute(_translated(sql), [_storable(value) for value in values])

    def executemany(self, sql: str, values: Iterable[Sequence[object]], /) -> Rows:
        cursor = self._connection.cursor()
        cursor.executemany(_translated(sql), [[_storable(value) for value in row] for row in values])
        return cursor


@cache
def _translated(sql: str) -> bytes:
    # Keys are unique within an organisation; row-level security fills it in and looks at no other.
    return sql.replace("?", "%s").replace("ON CONFLICT (", "ON CONFLICT (organisation, ").encode()


def _storable(value: object) -> object:
    # PostgreSQL has no text with NUL in it. Who sends one gets no match, and no error either.
    return value.replace("\x00", "\ufffd") if isinstance(value, str) else value
