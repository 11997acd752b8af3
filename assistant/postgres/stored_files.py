"""Files in the database, by the hash of their content, and copies of them on this machine when they are needed.

In: a stream. Out: its hash, and later a path on any machine. A file that nothing refers to is removed after a while.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, BinaryIO

from assistant.errors import DocumentError
from assistant.postgres.database import PostgresDatabase

if TYPE_CHECKING:
    from assistant.postgres.database import Connection

_PIECE = 1 << 20  # what is in memory at once
_UNUSED_SECONDS = 24 * 3600  # a file that was stored just now will be referred to by what comes next
_COPY_SECONDS = 7 * 24 * 3600.0  # a copy that nobody asked for goes
_LOOK_SECONDS = 3600.0
_DAMAGED = "Een document in de database is beschadigd. Zet een reservekopie terug; zie docs/operations.md."
_GONE = "Dit document is niet meer in de database. Probeer het opnieuw."


@dataclass(frozen=True)
class StoredFile:
    """A file in the database."""

    sha256: str
    size: int


class StoredFiles:
    """The files of one organisation; safe to use from several threads and processes."""

    def __init__(self, database: PostgresDatabase, folder: Path) -> None:
        """Args:
        folder: for copies; it may be emptied at any time.
        """
        self._database, self._folder = database, folder
        self._looked_at = 0.0

    def copy(self, digest: str, name: str) -> Path:
        """A copy on this machine, under this name.

        Raises:
            DocumentError: it is not in the database, or damaged there.
        """
        copy = self._folder / digest[:2] / digest / name
        stored = _moment(digest)
        try:
            found = copy.stat()
        except OSError:
            found = None
        if found is None or found.st_mtime_ns != stored:
            self._fetch(digest, copy)
        with suppress(OSError):
            os.utime(copy, ns=(time.time_ns(), stored))  # read just now
        self._remove_old_copies()
        return copy

    def fetch(self, digest: str, target: Path) -> None:
        """Write a file in one step; its time of change tells its content, see `is_copy`.

        Raises:
            DocumentError: it is not in the database, or damaged there.
        """
        part = target.with_name(f".{target.name[:80]}.{os.getpid()}.part")
        try:
            with part.open("wb") as stream:
                self._read(digest, stream)
            os.utime(part, ns=(time.time_ns(), _moment(digest)))
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)

    def _fetch(self, digest: str, copy: Path) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        own = Path(mkdtemp(dir=self._folder, prefix=".part-"))
        try:
            self.fetch(digest, own / copy.name)
            copy.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            (own / copy.name).replace(copy)
        finally:
            shutil.rmtree(own, ignore_errors=True)

    def _read(self, digest: str, stream: BinaryIO) -> None:
        hashed, part = sha256(), 0
        with self._database.reading() as connection:
            if not connection.execute("SELECT 1 FROM files WHERE sha256 = %s", (digest,)).fetchone():
                raise DocumentError(_GONE)
            while True:
                row = connection.execute(
                    "SELECT content FROM file_parts WHERE sha256 = %s AND part = %s", (digest, part), binary=True
                ).fetchone()
                if row is None:
                    break
                hashed.update(row[0])
                stream.write(row[0])
                part += 1
        if hashed.hexdigest() != digest:
            raise DocumentError(_DAMAGED)

    def _remove_old_copies(self) -> None:
        if time.monotonic() - self._looked_at < _LOOK_SECONDS and self._looked_at:
            return
        self._looked_at = time.monotonic()
        oldest = time.time() - _COPY_SECONDS
        for copy in self._folder.glob("??/*/*"):
            with suppress(OSError):
                if copy.stat().st_atime < oldest:
                    shutil.rmtree(copy.parent, ignore_errors=True)
        for leftover in self._folder.glob(".part-*"):
            with suppress(OSError):
                if leftover.stat().st_mtime < oldest:
                    shutil.rmtree(leftover, ignore_errors=True)


def is_copy(path: Path, stored: StoredFile) -> bool:
    """Whether a file is what `StoredFiles.fetch` wrote, untouched since; without reading it."""
    try:
        found = path.stat()
    except OSError:
        return False
    return path.is_file() and (found.st_size, found.st_mtime_ns) == (stored.size, _moment(stored.sha256))


def put_file(connection: Connection, content: BinaryIO) -> StoredFile:
    """Store what the stream holds, from its beginning, unless it is there already."""
    stored = _described(content)
    # A second one of the same waits here for the first: either all of the file is there, or nothing.
    is_new = connection.execute(
        "INSERT INTO files (sha256, size) VALUES (%s, %s) "
        "ON CONFLICT (organisation, sha256) DO UPDATE SET stored = now() RETURNING xmax = 0",
        (stored.sha256, stored.size),
    ).fetchone()
    if is_new == (True,):
        for part, piece in enumerate(_pieces(content)):
            connection.execute(
                "INSERT INTO file_parts (sha256, part, content) VALUES (%s, %s, %b)", (stored.sha256, part, piece)
            )
    return stored


def remove_unused(connection: Connection) -> int:
    """Remove the files that nothing refers to any more; returns how many."""
    referred = " UNION ALL ".join(
        f"SELECT FROM {table} WHERE {table}.organisation = files.organisation AND {table}.sha256 = files.sha256"
        for table in ("corpus_files", "corpus_kept", "uploads")
    )
    return connection.execute(
        f"DELETE FROM files WHERE stored < now() - make_interval(secs => %s) AND NOT EXISTS ({referred})",
        (_UNUSED_SECONDS,),
    ).rowcount


def _described(content: BinaryIO) -> StoredFile:
    hashed, size = sha256(), 0
    for piece in _pieces(content):
        hashed.update(piece)
        size += len(piece)
    return StoredFile(hashed.hexdigest(), size)


def _pieces(content: BinaryIO) -> Iterator[bytes]:
    content.seek(0)
    while piece := content.read(_PIECE):
        yield piece


def _moment(digest: str) -> int:
    # The time of change of a copy, in nanoseconds, is made of its content's hash: so it is the same on every machine,
    # and with it the ETag that a browser gets.
    return int(digest[:12], 16)
