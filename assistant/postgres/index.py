"""The index in PostgreSQL: any number of processes answer from it, and one at a time builds.

A build is one transaction. Whoever dies on the way leaves the index as it was, and nobody waits for a lock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import ReferenceType, ref

from assistant.embeddings import ModelDescription
from assistant.engine import IndexStatus
from assistant.errors import IndexBusyError, IndexMissingError, IndexStaleError, SnapshotError
from assistant.file_index import CACHE_FILE
from assistant.manifest import Contents, Recipe
from assistant.postgres.database import PostgresDatabase
from assistant.postgres.index_checking import check_snapshot
from assistant.postgres.index_snapshot import (
    PostgresSnapshot,
    open_snapshot,
    read_contents,
    read_snapshot,
    read_status,
    serving,
)
from assistant.postgres.index_writer import PostgresWriter
from assistant.postgres.vector_rows import GRAPH_FROM

if TYPE_CHECKING:
    from assistant.postgres.database import Connection

# A build computes for minutes between two statements, and making the graph is one long statement.
_PATIENCE = b"""
SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL statement_timeout = 0;
SET LOCAL maintenance_work_mem = '512MB'; SET LOCAL max_parallel_maintenance_workers = 0
"""


class PostgresIndex:
    """The index of one organisation."""

    def __init__(
        self,
        database: PostgresDatabase,
        scratch: Path,
        also: Callable[[Connection], None] | None = None,
        graph_from: int = GRAPH_FROM,
    ) -> None:
        """Args:
        scratch: a folder of this machine for vectors that an interrupted build need not compute again.
        also: writes what must be there together with a new snapshot, in its transaction, just before the commit.
        graph_from: from so many chunks on, vectors are searched in a graph instead of one by one.
        """
        self.database, self._scratch = database, scratch
        self._also, self._graph_from = also, graph_from
        self._opened: ReferenceType[PostgresSnapshot] | None = None

    def open(self, model: ModelDescription | None = None) -> PostgresSnapshot:
        with self.database.reading() as connection:
            opened = open_snapshot(self.database, connection, serving(connection)[0], model, self._graph_from)
        if model is not None:  # for questions
            earlier = self._opened() if self._opened else None
            opened.vectors.load(earlier.vectors if earlier else None)
            self._opened = ref(opened)
        return opened

    def contents(self) -> Contents:
        with self.database.reading() as connection:
            return read_contents(connection, read_snapshot(connection, serving(connection)[0]))[0]

    def mark(self) -> object:
        with self.database.reading() as connection:
            return connection.execute("SELECT current FROM index_state").fetchone()

    @contextmanager
    def building(self) -> Iterator[PostgresBuilder]:
        with self.database.writing() as connection:
            connection.execute(_PATIENCE)
            name = f"beleidswijzer.index.{self.database.organisation}"
            row = connection.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", (name,)).fetchone()
            if row != (True,):
                raise IndexBusyError(
                    "Een ander proces werkt de index in de database al bij. Wacht tot dat klaar is en probeer het "
                    "opnieuw."
                )
            self._scratch.mkdir(parents=True, exist_ok=True)
            yield PostgresBuilder(self.database, connection, self._scratch, self._graph_from, self._also)

    def status(self) -> IndexStatus:
        with self.database.reading() as connection:
            return read_status(connection)

    def verify(self) -> IndexStatus:
        with self.database.reading() as connection:
            check_snapshot(connection, serving(connection)[0])
            return read_status(connection)

    def rollback(self) -> IndexStatus:
        with self.building() as builder:
            return builder.rollback()


class PostgresBuilder:
    """Changes the index in a transaction of its own, which ends when the build does."""

    def __init__(
        self,
        database: PostgresDatabase,
        connection: Connection,
        scratch: Path,
        graph_from: int,
        also: Callable[[Connection], None] | None,
    ) -> None:
        self._database, self._connection = database, connection
        self._graph_from, self._also = graph_from, also
        self.cache_file = scratch / CACHE_FILE

    def serving(self) -> str | None:
        try:
            return read_status(self._connection).id
        except SnapshotError:
            return None

    def previous(self, recipe: Recipe) -> PostgresSnapshot | None:
        try:
            number = serving(self._connection)[0]
            found = open_snapshot(self._database, self._connection, number, recipe.model, self._graph_from)
        except (IndexMissingError, IndexStaleError):
            return None
        return found if found.manifest.recipe == recipe else None

    @contextmanager
    def writer(self, recipe: Recipe, previous: PostgresSnapshot | None) -> Iterator[PostgresWriter]:
        yield PostgresWriter(self._connection, recipe, previous, self._graph_from, self._also)

    def rollback(self) -> IndexStatus:
        """Let the previous snapshot serve again."""
        current, previous = serving(self._connection)
        if previous is None:
            raise SnapshotError("Er is geen vorige index in de database. Typ: beleidswijzer index build")
        check_snapshot(self._connection, previous)
        self._connection.execute("UPDATE index_state SET current = %s, previous = %s", (previous, current))
        self._connection.execute(
            "UPDATE index_snapshots SET retired = CASE number WHEN %s THEN NULL ELSE now() END WHERE number = ANY (%s)",
            (previous, [previous, current]),
        )
        return read_status(self._connection)
