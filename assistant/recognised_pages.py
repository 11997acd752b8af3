"""Pages that text recognition read before, in one file in the cache folder, shared by all processes on the machine.

In: keys and what was recognised. Out: the same, later. Nothing in it is irreplaceable.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from zlib import compress, decompress, error

PAGES_FILE = "recognised-pages.sqlite"
MOST_PAGES = 50_000  # kept; a few KB each
_WAIT_SECONDS = 10.0
_SCHEMA = "CREATE TABLE IF NOT EXISTS pages (key TEXT PRIMARY KEY, lines BLOB NOT NULL)"


class RecognisedPages:
    """A `PageMemory` on disk; without it (no room, no permission, damaged) pages are simply recognised again."""

    def __init__(self, cache: Path) -> None:
        self._path = cache / PAGES_FILE
        self._lock = Lock()

    def recall(self, key: str) -> bytes | None:
        with self._lock, suppress(sqlite3.Error, OSError, error):
            with self._opened() as connection:
                row = connection.execute("SELECT lines FROM pages WHERE key = ?", (key,)).fetchone()
            return decompress(row[0]) if row else None
        return None

    def keep(self, key: str, page: bytes) -> None:
        with self._lock, suppress(sqlite3.Error, OSError), self._opened() as connection:
            connection.execute("INSERT OR REPLACE INTO pages VALUES (?, ?)", (key, compress(page)))
            connection.execute(
                "DELETE FROM pages WHERE rowid <= (SELECT max(rowid) FROM pages) - ?",
                (MOST_PAGES,),
            )

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self._path, timeout=_WAIT_SECONDS)
        try:
            with connection:  # commits
                connection.execute(_SCHEMA)
                yield connection
        except sqlite3.DatabaseError as failure:
            connection.close()
            if not isinstance(failure, sqlite3.OperationalError):
                self._path.unlink(missing_ok=True)  # damaged: begun anew by the next page
            raise
        finally:
            connection.close()
