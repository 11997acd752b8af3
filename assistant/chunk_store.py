"""The documents and chunks behind the indexes, in SQLite files that are only read.

In: chunk ids and document ids. Out: chunks, sentence vectors, documents and their sources.
`documents.sqlite` says which documents there are and which ids their chunks have; the chunks themselves are in parts
(`part-000001.sqlite`, …) that never change once written, so that snapshots can share them by hard links.
"""

from __future__ import annotations

import sqlite3
from bisect import bisect_right
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from assistant.embeddings import Vector
from assistant.errors import IndexDamagedError
from assistant.store_codec import (
    decode_document,
    decode_heading_path,
    decode_sentences,
    decode_source,
    decode_traits,
    decode_vectors,
)
from assistant.traits import ChunkTraits
from assistant.types import Chunk, Document, Source
from assistant.vector_index import Ids, damage

CATALOGUE_FILE = "documents.sqlite"


Row = tuple[Any, ...]


@dataclass(frozen=True)
class StoredDocument:
    """Where a document's text and chunks are kept."""

    number: int  # new each time that the document is indexed
    document_id: str
    content: bytes  # the catalogue entry, decoded on first use: opening a store with thousands must be quick
    part: str  # file name
    first_chunk: int  # its chunks have the ids first_chunk … first_chunk + chunks - 1
    chunks: int

    @cached_property
    def document(self) -> Document:
        return decode_document(self.content)

    @property
    def chunk_ids(self) -> range:
        return range(self.first_chunk, self.first_chunk + self.chunks)


class ChunkStore:
    """The chunks of one snapshot; safe to use from several threads."""

    def __init__(self, folder: Path, dimension: int) -> None:
        """Open the store in `folder`, which stays unchanged as long as this lives."""
        self.folder = folder
        self._dimension = dimension
        self.entries, self.part_sizes = _read_catalogue(folder / CATALOGUE_FILE)
        self._by_id = {entry.document_id: entry for entry in self.entries}
        self._with_chunks = [entry for entry in self.entries if entry.chunks]
        self._first_chunks = [entry.first_chunk for entry in self._with_chunks]
        self._parts = {entry.part: _Part(folder / entry.part) for entry in self.entries}

    @property
    def size(self) -> int:
        """The number of chunks."""
        return sum(entry.chunks for entry in self.entries)

    def documents(self) -> list[Document]:
        """Every document, in the order in which they were indexed."""
        return list(self._documents)

    def document(self, document_id: str) -> Document:
        """One document; an unknown id raises KeyError."""
        return self._by_id[document_id].document

    def document_of(self, chunk_id: int) -> Document:
        """The document that a chunk belongs to."""
        return self._entry(chunk_id).document

    def source(self, document_id: str) -> Source:
        """The document's text as it was loaded, so that every quote can be found back."""
        entry = self._by_id[document_id]
        (blob,) = self._row(entry, "SELECT source FROM sources WHERE number = ?", entry.number)
        return decode_source(blob)

    def entry(self, document_id: str) -> StoredDocument:
        """Where a document is kept; an unknown id raises KeyError."""
        return self._by_id[document_id]

    def chunk_ids(self, document_id: str) -> range:
        """The ids of a document's chunks, in reading order."""
        return self._by_id[document_id].chunk_ids

    def ids_of(self, documents: Iterable[str]) -> Ids:
        """The ids of all chunks of some documents, in ascending order: what a filtered vector search may find."""
        ranges = [np.arange(0, dtype=np.int64)]
        for document_id in documents:
            if entry := self._by_id.get(document_id):
                ranges.append(np.arange(entry.first_chunk, entry.first_chunk + entry.chunks, dtype=np.int64))
        return np.sort(np.concatenate(ranges))

    def chunks(self, ids: Sequence[int] | Ids) -> list[Chunk]:
        """Chunks in the order asked; an unknown id raises KeyError."""
        sql = "SELECT heading_path, page, begin, end, text, sentences FROM chunks WHERE id = ?"
        return [_chunk(entry, chunk_id, row) for entry, chunk_id, row in self._rows(sql, ids)]

    def chunks_of(self, document_id: str) -> list[Chunk]:
        """All chunks of a document, in reading order."""
        return self.chunks(self.chunk_ids(document_id))

    def traits(self, ids: Sequence[int] | Ids) -> list[ChunkTraits]:
        """What each chunk's sentences are like, in the order asked."""
        sql = "SELECT traits FROM traits WHERE id = ?"
        return [decode_traits(row[0], entry.chunks == 1) for entry, _, row in self._rows(sql, ids)]

    def sentence_vectors(self, ids: Sequence[int] | Ids) -> list[Vector]:
        """For each chunk the unit vectors of its sentences, shape (sentences, dimension), in the order asked."""
        sql = "SELECT vectors FROM sentence_vectors WHERE id = ?"
        return [decode_vectors(row[0], self._dimension) for _, _, row in self._rows(sql, ids)]

    def stored_ids(self) -> list[int]:
        """The ids of the live chunks that are really in the parts, in ascending order (to verify a snapshot)."""
        found: list[int] = []
        for entry in self.entries:
            with self._parts[entry.part].connection() as connection:
                sql = "SELECT id FROM chunks WHERE id BETWEEN ? AND ?"
                rows = connection.execute(sql, (entry.first_chunk, entry.first_chunk + entry.chunks - 1))
                found.extend(row[0] for row in rows)
        return sorted(found)

    @cached_property
    def _documents(self) -> tuple[Document, ...]:
        return tuple(entry.document for entry in self.entries)

    def _entry(self, chunk_id: int) -> StoredDocument:
        position = bisect_right(self._first_chunks, chunk_id) - 1
        if position < 0 or chunk_id not in self._with_chunks[position].chunk_ids:
            raise KeyError(chunk_id)
        return self._with_chunks[position]

    def _rows(self, sql: str, ids: Sequence[int] | Ids) -> list[tuple[StoredDocument, int, Row]]:
        wanted = [(self._entry(chunk_id), chunk_id) for chunk_id in map(int, ids)]
        return [(entry, chunk_id, self._row(entry, sql, chunk_id)) for entry, chunk_id in wanted]

    def _row(self, entry: StoredDocument, sql: str, key: int) -> Row:
        with self._parts[entry.part].connection() as connection:
            row: Row | None = connection.execute(sql, (key,)).fetchone()
        if row is None:
            raise IndexDamagedError(damage(self.folder / entry.part))
        return row


class _Part:
    """One file of chunks with its idle connections; each is used by one thread at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._idle: deque[sqlite3.Connection] = deque()
        if not path.is_file():
            raise IndexDamagedError(damage(path))

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


def open_read_only(path: Path) -> sqlite3.Connection:
    """A connection to a file that nobody changes; it makes no lock and no journal, so a read-only disk will do."""
    try:
        return sqlite3.connect(read_only_uri(path), uri=True, check_same_thread=False)
    except sqlite3.Error as error:
        raise IndexDamagedError(damage(path)) from error


def read_only_uri(path: Path) -> str:
    """How SQLite is told that a file never changes."""
    return f"file:{quote(str(path.absolute()))}?mode=ro&immutable=1"


def _read_catalogue(path: Path) -> tuple[tuple[StoredDocument, ...], dict[str, int]]:
    connection = open_read_only(path)
    try:
        rows = connection.execute(
            "SELECT number, id, content, part, first_chunk, chunks FROM documents ORDER BY number"
        )
        entries = tuple(StoredDocument(*row) for row in rows)
        return entries, dict(connection.execute("SELECT name, chunks FROM parts"))
    except sqlite3.DatabaseError as error:
        raise IndexDamagedError(damage(path)) from error
    finally:
        connection.close()


def _chunk(entry: StoredDocument, chunk_id: int, row: Row) -> Chunk:
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
