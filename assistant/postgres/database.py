"""The shared database: short transactions that see the rows of one organisation only, whoever logs in.

A server that restarts or fails over is waited for, within bounds; what goes wrong becomes a Dutch sentence without the
address, the user or the password.
"""

from __future__ import annotations

import os
import re
import threading
import time
import weakref
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from assistant.errors import DatabaseError, SettingsError
from assistant.postgres import failures
from assistant.postgres.schema import APP_ROLE, SCHEMA, complaint, read_state
from assistant.settings import Settings

if TYPE_CHECKING:
    from psycopg import Connection as PsycopgConnection

    Connection = PsycopgConnection[tuple[Any, ...]]

WAIT_SECONDS = 10.0  # how long a request waits for a server that restarts
MOST_CONNECTIONS = 10  # of one process
IDLE_SECONDS = 300.0
_PAUSE_SECONDS = 0.1
_SCHEME = re.compile(r"postgres(ql)?://", re.IGNORECASE)
ORGANISATION = re.compile(r"[a-z0-9][a-z0-9-]{0,40}")
# A server that disappears without a word is noticed within half a minute, and not after two hours.
_DEFAULTS = {
    "application_name": "beleidswijzer",
    "connect_timeout": "5",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "20000",
}


@dataclass(frozen=True)
class ServerFacts:
    """What a database server is."""

    version: str  # "18.6"
    is_encrypted: bool  # the connection to it


class PostgresDatabase:
    """The database as one organisation sees it; safe to use from several threads, and after a fork."""

    def __init__(
        self,
        url: str,
        organisation: str,
        wait_seconds: float = WAIT_SECONDS,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        """Nothing is connected before the first transaction.

        Args:
            url: postgresql://…; several servers with commas between them for failover.
            wait_seconds: how long a transaction waits for a server that went away.
            idle_seconds: how long a connection that nobody uses stays open.

        Raises:
            SettingsError: the address is none of PostgreSQL's, or the organisation's name is wrong.
        """
        if not _SCHEME.match(url):
            raise SettingsError(failures.WRONG_URL)
        if not ORGANISATION.fullmatch(organisation):
            raise SettingsError("De naam van de organisatie heeft alleen kleine letters, cijfers en streepjes.")
        self._url, self.organisation = url, organisation
        self._wait_seconds, self._idle_seconds = wait_seconds, idle_seconds
        self._checked = False
        self._lost_at: float | None = None
        self._forget_connections()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction to read with: all its statements see the database at one moment.

        Raises:
            DatabaseError: the database cannot be used; the message says why and what to do.
        """
        with self._transaction(_begin(self.organisation, "ISOLATION LEVEL REPEATABLE READ READ ONLY")) as connection:
            yield connection

    @contextmanager
    def writing(self, durable: bool = True) -> Iterator[Connection]:
        """One transaction; an error inside undoes all of it.

        Args:
            durable: wait until it is on disk. Without, a power cut may undo it, but a killed process does not.

        Raises:
            DatabaseError: the database cannot be used; the message says why and what to do.
        """
        begin = _begin(self.organisation, "ISOLATION LEVEL READ COMMITTED")
        if not durable:
            begin += b"; SET LOCAL synchronous_commit = off"
        with self._transaction(begin) as connection:
            yield connection

    @contextmanager
    def owning(self) -> Iterator[Connection]:
        """A connection as the account that logs in, to make and change tables; every statement is a transaction.

        Row-level security does not hold for it if the account may bypass that.

        Raises:
            DatabaseError: the database cannot be used; the message says why and what to do.
        """
        with self.clear_errors():
            connection = self._connect()
            try:
                yield connection
            finally:
                connection.close()

    def connect_owner(self) -> Connection:
        """A connection as the account that logs in, for a library that begins and ends transactions itself.

        Raises:
            DatabaseError: the database cannot be reached.
        """
        connection = self._connect()
        connection.execute(f"SET search_path = {SCHEMA}, public".encode())
        connection.autocommit = False
        return connection

    @contextmanager
    def clear_errors(self) -> Iterator[None]:
        """Say in Dutch what is the matter with the database; a programming error passes through."""
        psycopg = _psycopg()
        try:
            yield
        except psycopg.Error as error:
            lost = isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
            sentence = failures.sentence_for(error) or (failures.GONE if lost else None)
            if sentence is None:
                raise
            # Not chained: the server's message may hold a row or a host name, and a log would repeat it.
            raise DatabaseError(sentence) from None

    def check(self) -> None:
        """Refuse a database that is not of this version, or does not know the organisation.

        Raises:
            DatabaseError: with the command that helps.
        """
        with self.reading():
            pass

    def describe(self) -> ServerFacts:
        """What the server is, for an administrator.

        Raises:
            DatabaseError: the database cannot be used; the message says why and what to do.
        """
        with self.reading() as connection:
            version = connection.info.parameter_status("server_version") or "onbekend"
            return ServerFacts(version.split()[0], connection.pgconn.ssl_in_use)

    def close(self) -> None:
        """Close what is open; another use opens anew."""
        if self._owner != os.getpid():
            self._forget_connections()
        self._close_idle()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _transaction(self, begin: bytes) -> Iterator[Connection]:
        if self._owner != os.getpid():
            self._forget_connections()
        free = self._free
        if not free.acquire(timeout=self._wait_seconds):
            raise DatabaseError(failures.BUSY)
        try:
            with self.clear_errors():
                connection = self._begun(begin)
                try:
                    yield connection
                    connection.execute(b"COMMIT")
                except BaseException as error:
                    connection.close()  # rolls back
                    if isinstance(error, _psycopg().OperationalError | _psycopg().errors.ReadOnlySqlTransaction):
                        self._close_idle()  # most likely they lead to the same server that is gone
                    raise
                self._idle.append((time.monotonic(), connection))
                self._close_unused()
        finally:
            free.release()

    def _begun(self, begin: bytes) -> Connection:
        """A connection with a transaction that was begun; one that was lost meanwhile is replaced."""
        psycopg = _psycopg()
        while True:
            connection = self._idle_connection() or self._patient_connection()
            try:
                if not self._checked:
                    self._check(connection, begin)
                connection.execute(begin)
                self._lost_at = None
                return connection
            except psycopg.OperationalError as error:
                # A connection that slept while the server restarted. Nothing was done with it yet.
                connection.close()
                if failures.connection_sentence(error, was_open=True) not in failures.PASSING or self._is_long_gone():
                    raise
            except BaseException:
                connection.close()
                raise

    def _check(self, connection: Connection, begin: bytes) -> None:
        connection.execute(b"BEGIN READ ONLY")
        told = complaint(read_state(connection))
        connection.execute(b"ROLLBACK")
        if told is not None:
            raise DatabaseError(told)
        connection.execute(begin)
        known = connection.execute("SELECT FROM organisations WHERE organisation = %s", (self.organisation,)).fetchone()
        connection.execute(b"ROLLBACK")
        if known is None:
            raise DatabaseError(
                f"De database kent de organisatie '{self.organisation}' niet. "
                f"Typ: beleidswijzer database organisation {self.organisation}"
            )
        self._checked = True

    def _idle_connection(self) -> Connection | None:
        while True:
            try:
                since, connection = self._idle.pop()
            except IndexError:
                return None
            if time.monotonic() - since < self._idle_seconds and not connection.closed:
                return connection
            connection.close()

    def _patient_connection(self) -> Connection:
        """A new connection; a server that was there before gets time to come back."""
        while True:
            try:
                connection = self._connect()
            except DatabaseError as error:
                was_there = self._checked or str(error) == failures.NOT_READY
                if str(error) not in failures.PASSING or not was_there or self._is_long_gone():
                    raise
                time.sleep(_PAUSE_SECONDS)
            else:
                return connection

    def _is_long_gone(self) -> bool:
        """Whether the server was given its time to come back; every request that waits shares that time."""
        self._lost_at = lost_at = self._lost_at or time.monotonic()
        return time.monotonic() > lost_at + self._wait_seconds

    def _connect(self) -> Connection:
        psycopg = _psycopg()
        try:
            given = psycopg.conninfo.conninfo_to_dict(self._url)
            defaults = dict(_DEFAULTS)
            if "," in str(given.get("host", "")):
                defaults["target_session_attrs"] = "read-write"  # after a failover, the one that took over
            connection: Connection = psycopg.connect(**(defaults | given), autocommit=True)
            return connection
        except psycopg.ProgrammingError:
            raise SettingsError(failures.WRONG_URL) from None
        except (psycopg.Error, UnicodeError) as error:
            # Not chained: libpq's message holds the server's name, the user's and perhaps the whole address.
            raise DatabaseError(failures.connection_sentence(error, was_open=False)) from None

    def _close_unused(self) -> None:
        """Close the connections that waited longest, if that was long enough; the newest are used first."""
        with suppress(IndexError):
            while time.monotonic() - self._idle[0][0] >= self._idle_seconds:
                since, connection = self._idle.popleft()
                if time.monotonic() - since < self._idle_seconds:  # another thread took the one that was looked at
                    self._idle.appendleft((since, connection))
                    return
                connection.close()

    def _close_idle(self) -> None:
        with suppress(IndexError):
            while True:
                self._idle.pop()[1].close()

    def _forget_connections(self) -> None:
        # After a fork: a connection of the parent must not be used or closed here, only kept aside.
        self._inherited = getattr(self, "_idle", None)
        self._idle: deque[tuple[float, Connection]] = deque()
        self._free = threading.BoundedSemaphore(MOST_CONNECTIONS)
        self._owner = os.getpid()
        weakref.finalize(self, _close_all, self._idle, self._owner)  # for who forgets `close`


def _close_all(idle: deque[tuple[float, Connection]], owner: int) -> None:
    while idle and owner == os.getpid():
        idle.pop()[1].close()


def open_database(settings: Settings) -> PostgresDatabase:
    """The database that INDEX_URL names, for the organisation of this process.

    Raises:
        SettingsError: there is no INDEX_URL, or it has the wrong form.
    """
    url = settings.secrets.index_url
    if url is None:
        raise SettingsError(
            "Er is geen database ingesteld. Zet INDEX_URL=postgresql://gebruiker:wachtwoord@server/database "
            "in de omgeving."
        )
    return PostgresDatabase(url, settings.database.organisation)


def _begin(organisation: str, mode: str) -> bytes:
    """The start of a transaction, in one message; for the rows of one organisation, also if a superuser logs in."""
    return (
        f"BEGIN {mode}; SET LOCAL ROLE {APP_ROLE}; SET LOCAL search_path = {SCHEMA}, public; "
        f"SET LOCAL beleidswijzer.organisation = '{organisation}'"
    ).encode()


def _psycopg() -> Any:
    try:
        import psycopg
    except ModuleNotFoundError as error:
        raise DatabaseError("Voor PostgreSQL is meer nodig. Typ: pip install 'beleidswijzer[postgres]'") from error
    return psycopg
