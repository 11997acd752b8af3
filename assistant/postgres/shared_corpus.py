"""The corpus of one organisation in the database, and this machine's copy of it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from assistant.errors import CatalogueError, CorpusBusyError
from assistant.postgres.corpus_tables import CorpusVersion, read_version
from assistant.postgres.database import PostgresDatabase, open_database
from assistant.postgres.stored_files import StoredFiles
from assistant.postgres.working_copy import WorkingCopy
from assistant.settings import Settings

if TYPE_CHECKING:
    from assistant.postgres.database import Connection

_COPIES = "kopie"  # below settings.data
_PAUSE_SECONDS = 0.2
_SYNC_SECONDS = 600.0  # another process may be fetching all documents for the first time

_BUSY = "Een andere wijziging van de documenten is nog bezig. Probeer het later opnieuw."
_EMPTY = (
    "In de database staan nog geen documenten. Typ: beleidswijzer corpus import MAP, "
    "met de map waarin de documenten en catalogue.yml staan."
)


class SharedCorpus:
    """What every machine works with; safe to use from several threads and processes."""

    def __init__(self, settings: Settings, database: PostgresDatabase) -> None:
        folder = settings.data / _COPIES / database.organisation
        self.database = database
        self.files = StoredFiles(database, folder / "bestanden")
        self.copy = WorkingCopy(folder, self.files)

    def version(self) -> CorpusVersion | None:
        """The corpus as it is now; None if there is none yet."""
        with self.database.reading() as connection:
            return read_version(connection)

    def brought_up_to_date(self) -> CorpusVersion:
        """The corpus as it is now, and the copy on this machine made the same.

        Raises:
            CatalogueError: there is none yet.
            DocumentError: a document is damaged in the database.
        """
        with self.copy.lock("copy", _SYNC_SECONDS) as mine:
            if not mine:
                raise CorpusBusyError(_BUSY)
            version = self.version()
            if version is None:
                raise CatalogueError(_EMPTY)
            self.copy.bring_to(version)
            return version

    @contextmanager
    def only_change(self, wait_seconds: float) -> Iterator[None]:
        """Be the only one, on any machine, who changes this corpus.

        Raises:
            CorpusBusyError: somebody else goes on for longer than that.
        """
        deadline = time.monotonic() + wait_seconds
        with self.copy.lock("change", wait_seconds) as mine, self.database.owning() as connection:
            # Of the session, not of a transaction: reading and embedding take minutes. The server lets go of it when
            # the connection ends, however that comes about.
            name = f"beleidswijzer.corpus.{self.database.organisation}"
            if not mine or not _locked(connection, name, deadline):
                raise CorpusBusyError(_BUSY)
            yield


def _locked(connection: Connection, name: str, deadline: float) -> bool:
    """Whether a lock of this name could be had in time."""
    while True:
        row = connection.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", (name,)).fetchone()
        if row == (True,):
            return True
        if time.monotonic() > deadline:
            return False
        time.sleep(_PAUSE_SECONDS)


def open_shared_corpus(settings: Settings) -> SharedCorpus:
    """The corpus in the database that the settings name."""
    return SharedCorpus(settings, open_database(settings))
