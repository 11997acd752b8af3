"""What the records ask of a database, whichever it is: SQLite for one machine, PostgreSQL for many.

The SQL in this package is the same for both: values are written as "?", and a table's key has no organisation in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

# Seconds since 1970. It may ask the database: never within a transaction, or all connections could wait for one more.
Clock = Callable[[], float]


class Rows(Protocol):
    """What a statement gave."""

    @property
    def rowcount(self) -> int: ...

    def fetchone(self) -> Any: ...

    def fetchall(self) -> list[Any]: ...


class Transaction(Protocol):
    """Statements that are carried out together or not at all."""

    def execute(self, sql: str, values: Sequence[object] = (), /) -> Rows: ...

    def executemany(self, sql: str, values: Iterable[Sequence[object]], /) -> Rows: ...


class RecordsDatabase(Protocol):
    """A database; safe to use from several threads, beside other processes that use it. Errors are RecordsErrors."""

    @property
    def skip_locked(self) -> str:
        """Ends a SELECT of rows that the same transaction is going to change, so that others pass them by."""

    def reading(self) -> AbstractContextManager[Transaction]:
        """Statements that change nothing."""

    def writing(self, durable: bool = True) -> AbstractContextManager[Transaction]:
        """One transaction; an error inside undoes all of it.

        Args:
            durable: wait until it is on disk. Without, a power cut may undo it, but a killed process does not.
        """

    def forget_deleted(self) -> None:
        """Leave as little as possible of deleted text on disk."""

    def close(self) -> None:
        """Let go of what is open."""
