"""One SQLite file that several threads and processes write to: short transactions go in, whole or not at all."""

from __future__ import annotations

import os
import sqlite3
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from assistant.errors import RecordsError
from assistant.records.schema import MIGRATIONS
from assistant.wording import reason_words

DATABASE_FILE = "beleidswijzer.sqlite"
BUSY_SECONDS = 10.0  # how long a transaction waits for the one that is being written
_IDLE_CONNECTIONS = 8
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


class Database:
    """The database file; safe to use from several threads, beside other processes that use it."""

    skip_locked = ""  # a transaction that writes is alone

    def __init__(self, path: Path) -> None:
        """Open the file, or make it for its owner only; brings an older one up to date.

        Raises:
            RecordsError: the file is damaged, made by a newer version, or cannot be written.
        """
        self._path = path
        self._idle: deque[sqlite3.Connection] = deque()
        self._owner = os.getpid()
        with self._clear_errors():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _create(path)
            connection = self._connect()
            try:
                _use_write_ahead_log(connection)
                self._check(connection)
                self._migrate(connection)
            except BaseException:
                connection.close()
                raise
            self._give_back(connection)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection to read with; every statement sees what was written before it."""
        with self._clear_errors(), self._connection() as connection:
            yield connection

    @contextmanager
    def writing(self, durable: bool = True) -> Iterator[sqlite3.Connection]:
        """One transaction, alone in the whole file; an error inside undoes all of it.

        Args:
            durable: wait until it is on disk. Without, a power cut may undo it, but a killed process does not.
        """
        with self._clear_errors(), self._connection() as connection:
            connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")

    def forget_deleted(self) -> None:
        """Leave nothing of deleted text on disk, not in the write-ahead log either."""
        with self._clear_errors(), self._connection() as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Close what is open; another use opens anew."""
        while self._idle:
            self._idle.pop().close()

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        if self._owner != os.getpid():
            # After a fork: a connection of the parent must not be used or closed here, only forgotten.
            self._idle, self._owner = deque(), os.getpid()
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = self._connect()
        try:
            yield connection
        except BaseException:
            with suppress(sqlite3.Error):
                connection.close()  # rolls back
            raise
        self._give_back(connection)

    def _connect(self) -> sqlite3.Connection:
        # Any thread may use it, one at a time: the pool sees to that.
        connection = sqlite3.connect(self._path, BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("PRAGMA secure_delete = ON")  # a deleted question is overwritten, not just unlinked
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _give_back(self, connection: sqlite3.Connection) -> None:
        if len(self._idle) < _IDLE_CONNECTIONS:
            self._idle.append(connection)
        else:
            connection.close()

    def _check(self, connection: sqlite3.Connection) -> None:
        # Damage in the middle of a table may else come out as rows of nonsense. A file of 10 MB takes 10 ms.
        if connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            raise RecordsError(self._damaged())

    def _migrate(self, connection: sqlite3.Connection) -> None:
        newest = len(MIGRATIONS)
        if _version(connection) == newest:
            return
        connection.execute("BEGIN IMMEDIATE")
        version = _version(connection)  # again: another process may have been first
        if version > newest:
            raise RecordsError(
                f"Het gegevensbestand '{self._path}' is gemaakt door een nieuwere versie van Beleidswijzer. "
                "Werk Beleidswijzer bij; het bestand is niet veranderd."
            )
        for statements in MIGRATIONS[version:]:
            for statement in statements:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {newest}")
        connection.execute("COMMIT")

    @contextmanager
    def _clear_errors(self) -> Iterator[None]:
        """Say in Dutch what is the matter with the file; a programming error passes through."""
        try:
            yield
        except OSError as error:
            raise RecordsError(
                f"De map '{self._path.parent}' is niet te gebruiken: {reason_words(error)}. "
                "Pas de rechten aan of kies een andere map met BELEIDSWIJZER_DATA."
            ) from error
        except sqlite3.Error as error:
            sentence = self._sentence(error)
            if sentence is None:
                raise
            raise RecordsError(sentence) from error

    def _sentence(self, error: sqlite3.Error) -> str | None:
        match getattr(error, "sqlite_errorcode", 0) & 0xFF:
            case code if code in _DAMAGED:
                return self._damaged()
            case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
                return f"Het gegevensbestand '{self._path}' is te lang bezet. Probeer het zo meteen opnieuw."
            case sqlite3.SQLITE_FULL:
                return f"De schijf met '{self._path}' is vol. Maak ruimte vrij en probeer het opnieuw."
            case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM:
                return (
                    f"Het gegevensbestand '{self._path}' is niet te openen of te schrijven. "
                    "Pas de rechten aan of kies een andere map met BELEIDSWIJZER_DATA."
                )
            case sqlite3.SQLITE_IOERR:
                return f"Lezen of schrijven van '{self._path}' is mislukt. Controleer de schijf."
        return None

    def _damaged(self) -> str:
        return (
            f"Het gegevensbestand '{self._path}' is beschadigd. Zet een reservekopie terug. "
            "Zonder reservekopie: geef het bestand een andere naam en maak nieuwe sleutels met "
            "beleidswijzer keys create NAAM"
        )


def _create(path: Path) -> None:
    """An empty file that only its owner may read, unless there is one already."""
    if path.exists():
        return
    # Linked into place: to open and close the file itself would drop the locks that SQLite holds on it in this process.
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(handle)
    try:
        with suppress(FileExistsError):
            os.link(name, path)
    finally:
        Path(name).unlink(missing_ok=True)


def _use_write_ahead_log(connection: sqlite3.Connection) -> None:
    """Let readers go on while one writes."""
    deadline = time.monotonic() + BUSY_SECONDS
    while connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            # SQLite does not wait by itself here when another process is making the same change.
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])
