"""Vectors that were computed before, kept across builds: an interrupted build goes on where it stopped.

In: passages. Out: their vectors, from the cache or from the model, and the same to the bit either way.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from zlib import crc32

from assistant.embeddings import Embedder, PassageText, PassageVectors
from assistant.errors import SnapshotError
from assistant.store_codec import decode_passage, encode_passage

BATCH = 256  # passages that an interruption can lose
MAX_PASSAGES = 200_000  # kept after a build; about 3 KB each

_SCHEMA = "CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, checksum INTEGER NOT NULL, vectors BLOB NOT NULL)"


class EmbeddingCache:
    """One SQLite file of vectors by content and model; used by one builder at a time."""

    def __init__(self, path: Path, embedder: Embedder) -> None:
        """Open the cache, or start anew if the file is no longer a database: nothing in it is irreplaceable."""
        self._path = path
        self._embedder = embedder
        try:
            self._connection = _open(path)
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise
            path.unlink()
            self._connection = _open(path)

    def embed(
        self, passages: Sequence[PassageText], progress: Callable[[int], None] | None = None
    ) -> list[PassageVectors]:
        """The vectors of `passages` in their order; `progress` is called with the number just finished."""
        vectors: list[PassageVectors] = []
        try:
            for start in range(0, len(passages), BATCH):
                vectors.extend(self._embed_batch(passages[start : start + BATCH], progress))
        except sqlite3.OperationalError:  # disk full, no permission: not the file's fault
            raise
        except sqlite3.DatabaseError as error:
            message = f"Het bestand '{self._path}' is beschadigd. Verwijder het en typ: beleidswijzer index build"
            raise SnapshotError(message) from error
        return vectors

    def prune(self, limit: int = MAX_PASSAGES) -> None:
        """Forget the passages that were added longest ago, beyond `limit`."""
        sql = "DELETE FROM vectors WHERE rowid <= (SELECT max(rowid) FROM vectors) - ?"
        self._connection.execute(sql, (limit,))
        self._connection.commit()

    def close(self) -> None:
        self._connection.close()

    def _embed_batch(
        self, passages: Sequence[PassageText], progress: Callable[[int], None] | None
    ) -> list[PassageVectors]:
        keys = [self._key(passage) for passage in passages]
        known = {key: blob for key in keys if (blob := self._read(key)) is not None}
        missing = {key: passage for key, passage in zip(keys, passages, strict=True) if key not in known}
        if progress and len(missing) < len(keys):
            progress(len(keys) - len(missing))
        if missing:
            fresh = self._embedder.embed_passages(list(missing.values()), progress)
            added = {key: encode_passage(vectors) for key, vectors in zip(missing, fresh, strict=True)}
            rows = [(key, crc32(blob), blob) for key, blob in added.items()]
            self._connection.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)", rows)
            self._connection.commit()
            known |= added
        dimension = self._embedder.description.dimension
        return [decode_passage(known[key], dimension) for key in keys]

    def _read(self, key: bytes) -> bytes | None:
        row = self._connection.execute("SELECT checksum, vectors FROM vectors WHERE key = ?", (key,)).fetchone()
        return row[1] if row and row[0] == crc32(row[1]) else None

    def _key(self, passage: PassageText) -> bytes:
        content = f"{self._embedder.description.fingerprint}\0{passage.spans}\0{passage.text}"
        return sha256(content.encode("utf-8", "surrogatepass")).digest()


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path)
    try:
        connection.execute(_SCHEMA)
        connection.commit()
    except sqlite3.Error:
        connection.close()
        raise
    return connection
