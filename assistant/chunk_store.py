"""The documents and chunks behind the indexes, in SQLite files that are only read.

In: chunk ids and document ids. Out: chunks, sentence vectors, documents and their sources.
`documents.sqlite` says which documents there are and which ids their chunks have; the chunks themselves are in parts
(`part-000001.sqlite`, …) that never change once written, so that snapshots can share them by hard links.
"""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zlib import crc32

from assistant.embeddings import Vector
from assistant.errors import IndexDamagedError
from assistant.store_codec import (
    decode_heading_path,
    decode_sentences,
    decode_source,
    decode_traits,
    decode_vectors,
)
from assistant.stored_documents import StoredDocument, StoredDocuments
from assistant.traits import ChunkTraits
from assistant.types import Chunk, Source
from assistant.vector_index import Ids, damage

CATALOGUE_FILE = "documents.sqlite"
# Of each table in a part the key and the other columns; last comes `crc`, which parts of an older version lack.
PART_TABLES = {
    "sources": ("number", "source"),
    "chunks": ("id", "heading_path", "page", "begin", "end", "text", "sentences"),
    "traits": ("id", "traits"),
    "sentence_vectors": ("id", "vectors"),
}


Row = tuple[Any, ...]


@dataclass(frozen=True)
class FiledDocument(StoredDocument):
    """A document with the file that its text and chunks are in."""

    part: str  # file name


class ChunkStore(StoredDocuments[FiledDocument]):
    """The chunks of one snapshot; safe to use from several threads."""

    def __init__(self, folder: Path, dimension: int) -> None:
        """Open the store in `folder`, which stays unchanged as long as this lives."""
        self.folder = folder
        self._dimension = dimension
        entries, self.part_sizes = _read_catalogue(folder / CATALOGUE_FILE)
        super().__init__(entries)
        self._parts = {entry.part: _Part(folder / entry.part) for entry in self.entries}

    def source(self, document_id: str) -> Source:
        """The document's text as it was loaded, so that every quote can be found back."""
        entry = self._by_id[document_id]
        (blob,) = self._row(entry, "sources", entry.number)
        return decode_source(blob)

    def chunks(self, ids: Sequence[int] | Ids) -> list[Chunk]:
        """Chunks in the order asked; an unknown id raises KeyError."""
        return [chunk_of(entry, chunk_id, row) for entry, chunk_id, row in self._rows("chunks", ids)]

    def chunks_of(self, document_id: str) -> list[Chunk]:
        """All chunks of a document, in reading order."""
        return self.chunks(self.chunk_ids(document_id))

    def traits(self, ids: Sequence[int] | Ids) -> list[ChunkTraits]:
        """What each chunk's sentences are like, in the order asked."""
        return [decode_traits(row[0], entry.chunks == 1) for entry, _, row in self._rows("traits", ids)]

    def sentence_vectors(self, ids: Sequence[int] | Ids) -> list[Vector]:
        """For each chunk the unit vectors of its sentences, shape (sentences, dimension), in the order asked."""
        return [decode_vectors(row[0], self._dimension) for _, _, row in self._rows("sentence_vectors", ids)]

    def stored_ids(self) -> list[int]:
        """The ids of the live chunks that are really in the parts, in ascending order (to verify a snapshot)."""
        found: list[int] = []
        for entry in self.entries:
            with self._parts[entry.part].connection() as connection:
                sql = "SELECT id FROM chunks WHERE id BETWEEN ? AND ?"
                rows = connection.execute(sql, (entry.first_chunk, entry.first_chunk + entry.chunks - 1))
                found.extend(row[0] for row in rows)
        return sorted(found)

    def _rows(self, table: str, ids: Sequence[int] | Ids) -> list[tuple[FiledDocument, int, Row]]:
        wanted = [(self.entry_of(chunk_id), chunk_id) for chunk_id in map(int, ids)]
        return [(entry, chunk_id, self._row(entry, table, chunk_id)) for entry, chunk_id in wanted]

    def _row(self, entry: FiledDocument, table: str, key: int) -> Row:
        part = self._parts[entry.part]
        with part.connection() as connection:
            row: Row | None = connection.execute(part.queries[table], (key,)).fetchone()
        # The files of a large index are not read through before they serve, so what is taken from them is checked.
        if row is None or row[-1] not in (None, row_sum(key, row[:-1])):
            raise IndexDamagedError(damage(self.folder / entry.part))
        return row[:-1]


class _Part:
    """One file of chunks with its idle connections; each is used by one thread at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._idle: deque[sqlite3.Connection] = deque()
        if not path.is_file():
            raise IndexDamagedError(damage(path))

    @cached_property
    def queries(self) -> Mapping[str, str]:
        """How a row of each table is asked for, with its checksum last."""
        with self.connection() as connection:
            has_sums = part_has_sums(connection)
        return {
            table: f"SELECT {', '.join(columns)}, {'crc' if has_sums else 'NULL'} FROM {table} WHERE {key} = ?"
            for table, (key, *columns) in PART_TABLES.items()
        }

    @contextmanager
    def connection(self) -> Iterator[sqlite3.Connection]:
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = open_read_only(self._path)
        try:
            yield connection
        except sqlite3.DatabaseError as error:
            raise IndexDamagedError(damage(self._path)) from error
        finally:
            self._idle.append(connection)

    def __del__(self) -> None:
        while self._idle:
            self._idle.pop().close()


def row_sum(key: int, values: Row) -> int:
    """The checksum of a row."""
    parts = (value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass") for value in values)
    return crc32(b"\0".join((str(key).encode(), *parts)))


def part_has_sums(connection: sqlite3.Connection, schema: str = "main") -> bool:
    """Whether the rows of a part carry checksums."""
    return any(name == "crc" for _, name, *_ in connection.execute(f"PRAGMA {schema}.table_info(chunks)"))


def open_read_only(path: Path) -> sqlite3.Connection:
    """A connection to a file that nobody changes; it makes no lock and no journal, so a read-only disk will do."""
    try:
        return sqlite3.connect(read_only_uri(path), uri=True, check_same_thread=False)
    except sqlite3.Error as error:
        raise IndexDamagedError(damage(path)) from error


def read_only_uri(path: Path) -> str:
    """How SQLite is told that a file never changes."""
    return f"file:{quote(str(path.absolute()))}?mode=ro&immutable=1"


def _read_catalogue(path: Path) -> tuple[tuple[FiledDocument, ...], dict[str, int]]:
    connection = open_read_only(path)
    try:
        rows = connection.execute(
            "SELECT number, id, content, first_chunk, chunks, part FROM documents ORDER BY number"
        )
        entries = tuple(FiledDocument(*row) for row in rows)
        return entries, dict(connection.execute("SELECT name, chunks FROM parts"))
    except sqlite3.DatabaseError as error:
        raise IndexDamagedError(damage(path)) from error
    finally:
        connection.close()


def chunk_of(entry: StoredDocument, chunk_id: int, row: Row) -> Chunk:
    """A chunk from its row: heading path, page, begin, end, text and sentences."""
    heading_path, page, begin, end, text, sentences = row
    return Chunk(
        document_id=entry.document_id,
        ordinal=chunk_id - entry.first_chunk,
        heading_path=decode_heading_path(heading_path),
        page=page,
        begin=begin,
        end=end,
        text=text,
        sentences=decode_sentences(sentences),
    )
