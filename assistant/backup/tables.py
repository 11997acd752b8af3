"""Backup and restore of one organisation in PostgreSQL: the rows of its tables, as they are at one moment."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.backup.archive import Contents, extract, write_archive
from assistant.errors import BackupError
from assistant.postgres.database import PostgresDatabase
from assistant.postgres.migrating import schema_state
from assistant.postgres.schema import SCHEMA

if TYPE_CHECKING:
    from assistant.postgres.database import Connection

ROWS = "rijen"  # the first part of the names in a backup
_BLOCK = 1 << 20
# What matters for minutes only, and would be wrong later.
_NOT_KEPT = frozenset({"organisations", "limits", "seen", "errands"})
# The tables with rows of organisations, those that others refer to first.
_TABLES = f"""
WITH RECURSIVE tables AS (
    SELECT class.oid, relname FROM pg_class class
    WHERE relnamespace = '{SCHEMA}'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition AND EXISTS (
        SELECT FROM pg_attribute WHERE attrelid = class.oid AND attname = 'organisation' AND NOT attisdropped)
), depths(relation, depth) AS (
    SELECT oid, 0 FROM tables
    UNION ALL
    SELECT conrelid, depth + 1 FROM depths JOIN pg_constraint ON confrelid = relation
    WHERE contype = 'f' AND conrelid <> confrelid
)
SELECT relname FROM tables JOIN depths ON oid = relation GROUP BY relname ORDER BY max(depth), relname
"""
# Other machines know snapshots and versions of the corpus by their number: one that was given out never comes again.
_COUNTERS = ("last_snapshot", "last_document", "last_text", "last_chunk", "last_segment")
_OWN = "organisation = current_setting('beleidswijzer.organisation')"
_REMEMBER = f"""
CREATE TEMPORARY TABLE given_out ON COMMIT DROP AS
SELECT {", ".join(_COUNTERS)}, coalesce((SELECT version FROM corpus WHERE {_OWN}), 0) AS version
FROM index_state WHERE {_OWN}
"""
_GO_ON = f"""
UPDATE index_state SET {", ".join(f"{name} = greatest(index_state.{name}, given_out.{name})" for name in _COUNTERS)}
FROM given_out WHERE {_OWN};
UPDATE corpus SET version = greatest(corpus.version, given_out.version) + 1 FROM given_out WHERE {_OWN}
"""


def write_backup(database: PostgresDatabase, path: Path, contents: Contents) -> Contents:
    """Write every row of the organisation, as all of them were at one moment.

    Raises:
        BackupError: the backup cannot be written.
        DatabaseError: the database cannot be used.
    """
    contents = contents.model_copy(
        update={"organisation": database.organisation, "schema_revision": schema_state(database).revision}
    )
    with tempfile.TemporaryDirectory(prefix="beleidswijzer-") as folder, database.reading() as connection:
        parts = ((f"{ROWS}/{table}", file) for table, file in _copied(connection, Path(folder)))
        return write_archive(path, parts, contents)


def is_in_use(database: PostgresDatabase) -> bool:
    """Whether the organisation has rows that a restore would replace; raises DatabaseError."""
    with database.reading() as connection:
        return any(
            connection.execute(f"SELECT 1 FROM {table} LIMIT 1".encode()).fetchone() for table in _tables(connection)
        )


@contextmanager
def staged(path: Path, told: Callable[[int], None]) -> Iterator[tuple[Contents, Path]]:
    """A backup unpacked and checked in a temporary folder; raises BackupError if it is damaged."""
    with tempfile.TemporaryDirectory(prefix="beleidswijzer-") as folder:
        yield extract(path, {ROWS: Path(folder)}, told), Path(folder)


def take(database: PostgresDatabase, contents: Contents, folder: Path) -> None:
    """Let the rows of a backup take the place of the organisation's, all of them or none.

    Raises:
        BackupError: the backup is of other tables than these.
        DatabaseError: the account does not own the tables, or the database cannot be used.
    """
    revision = schema_state(database).revision
    if contents.schema_revision != revision:
        raise BackupError(
            f"De reservekopie hoort bij stap {contents.schema_revision} van de tabellen, en de database is bij stap "
            f"{revision}. Zet hem terug met versie {contents.program} van Beleidswijzer en werk daarna bij."
        )
    with database.owning() as connection, connection.transaction():
        connection.execute(f"SET LOCAL search_path = {SCHEMA}, public".encode())
        connection.execute("SELECT set_config('beleidswijzer.organisation', %s, true)", (database.organisation,))
        tables = _tables(connection)
        connection.execute(f"LOCK TABLE {', '.join(tables)} IN EXCLUSIVE MODE".encode())
        connection.execute(_REMEMBER.encode())
        for table in reversed(tables):
            connection.execute(f"DELETE FROM {table} WHERE organisation = %s".encode(), (database.organisation,))
        for table in tables:
            if (folder / table).exists():
                _fill(connection, table, folder / table, database.organisation)
        connection.execute(_GO_ON.encode())


def _tables(connection: Connection) -> list[str]:
    return [name for (name,) in connection.execute(_TABLES.encode()) if name not in _NOT_KEPT]


def _copied(connection: Connection, folder: Path) -> Iterator[tuple[str, Path]]:
    for table in _tables(connection):
        file = folder / table
        # Row-level security leaves the rows of this organisation only.
        statement = f"COPY (SELECT * FROM {table}) TO STDOUT (FORMAT binary)".encode()
        with file.open("wb") as stream, connection.cursor().copy(statement) as copy:
            for block in copy:
                stream.write(block)
        yield table, file
        file.unlink()


def _fill(connection: Connection, table: str, file: Path, organisation: str) -> None:
    # COPY does not fill a table with row-level security, so the rows go through one without.
    connection.execute(f"CREATE TEMPORARY TABLE restored (LIKE {table}) ON COMMIT DROP".encode())
    with file.open("rb") as stream, connection.cursor().copy(b"COPY restored FROM STDIN (FORMAT binary)") as copy:
        while block := stream.read(_BLOCK):
            copy.write(block)
    connection.execute(b"UPDATE restored SET organisation = %s WHERE organisation <> %s", (organisation, organisation))
    connection.execute(f"INSERT INTO {table} OVERRIDING SYSTEM VALUE SELECT * FROM restored".encode())
    connection.execute(b"DROP TABLE restored")
    for column, sequence in _sequences(connection, table):
        connection.execute(
            f"SELECT setval(%s, greatest(nextval(%s), (SELECT max({column}) FROM {table})))".encode(),
            (sequence, sequence),
        )


def _sequences(connection: Connection, table: str) -> list[tuple[str, str]]:
    return connection.execute(
        b"SELECT attname, pg_get_serial_sequence(%s, attname) FROM pg_attribute "
        b"WHERE attrelid = %s::regclass AND attidentity <> ''",
        (table, table),
    ).fetchall()
