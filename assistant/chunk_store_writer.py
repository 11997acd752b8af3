"""Writes a chunk store: a new one, or one that starts from the store of the previous snapshot.

In: documents with their sources, chunks and sentence vectors. Out: a folder that `ChunkStore` opens.
The parts of the previous store are taken over by hard link. New documents go to a new part, which swallows older parts
of up to twice its size and parts that are mostly dead; so there are few parts, and one document costs little to add.
"""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

from assistant.chunk_store import (
    CATALOGUE_FILE,
    PART_TABLES,
    ChunkStore,
    FiledDocument,
    Row,
    part_has_sums,
    read_only_uri,
    row_sum,
)
from assistant.embeddings import Vector
from assistant.store_codec import (
    encode_document,
    encode_heading_path,
    encode_sentences,
    encode_source,
    encode_traits,
    encode_vectors,
)
from assistant.traits import chunk_traits
from assistant.types import Chunk, Document, Source

CATALOGUE_SCHEMA = """
CREATE TABLE parts (name TEXT PRIMARY KEY, chunks INTEGER NOT NULL);
CREATE TABLE documents (number INTEGER PRIMARY KEY, id TEXT NOT NULL, content BLOB NOT NULL, part TEXT NOT NULL,
                        first_chunk INTEGER NOT NULL, chunks INTEGER NOT NULL);
"""
PART_SCHEMA = """
CREATE TABLE sources (number INTEGER PRIMARY KEY, source BLOB NOT NULL, crc INTEGER);
CREATE TABLE chunks (id INTEGER PRIMARY KEY, heading_path TEXT NOT NULL, page INTEGER, begin INTEGER NOT NULL,
                     end INTEGER NOT NULL, text TEXT NOT NULL, sentences BLOB NOT NULL, crc INTEGER);
CREATE TABLE traits (id INTEGER PRIMARY KEY, traits TEXT NOT NULL, crc INTEGER);
CREATE TABLE sentence_vectors (id INTEGER PRIMARY KEY, vectors BLOB NOT NULL, crc INTEGER);
"""


class ChunkStoreWriter:
    """Builds a store in a new folder; nothing is complete before `finish`."""

    def __init__(
        self, folder: Path, previous: ChunkStore | None = None, check: Callable[[Path], None] | None = None
    ) -> None:
        """Args:
        check: is called with a part of the previous store before it is read, to raise if it is damaged.
        """
        folder.mkdir()
        self._folder, self._check = folder, check
        self._entries = {entry.document_id: entry for entry in previous.entries} if previous else {}
        self._next_number = 1 + max((entry.number for entry in self._entries.values()), default=0)
        self._next_chunk = max((entry.chunk_ids.stop for entry in self._entries.values()), default=0)
        self._sizes = dict(previous.part_sizes) if previous else {}  # live and dead chunks alike
        if previous:
            for part in self._sizes:
                link_or_copy(previous.folder / part, folder / part)
        self._new_part: str | None = None
        self._connection: sqlite3.Connection | None = None

    def add(
        self, document: Document, source: Source, chunks: Sequence[Chunk], sentence_vectors: Sequence[Vector]
    ) -> range:
        """Add a document (in place of the one with its id, if any); returns the ids of its chunks."""
        part, connection = self._part()
        entry = FiledDocument(
            self._next_number, document.id, encode_document(document), self._next_chunk, len(chunks), part
        )
        keys = entry.chunk_ids
        _insert(connection, "sources", [entry.number], [(encode_source(source),)])
        _insert(connection, "chunks", keys, map(chunk_row, chunks))
        _insert(connection, "traits", keys, [(encode_traits(chunk_traits(chunk, document.title)),) for chunk in chunks])
        _insert(connection, "sentence_vectors", keys, [(encode_vectors(vectors),) for vectors in sentence_vectors])
        self._entries.pop(document.id, None)
        self._entries[document.id] = entry
        self._next_number, self._next_chunk = entry.number + 1, entry.chunk_ids.stop
        return entry.chunk_ids

    def remove(self, document_id: str) -> range:
        """Remove a document; returns the ids that its chunks had."""
        return self._entries.pop(document_id).chunk_ids

    def update(self, document: Document) -> None:
        """Replace what is known about a document without touching its text."""
        self._entries[document.id] = replace(self._entries[document.id], content=encode_document(document))

    def finish(self) -> None:
        """Bring parts together where that pays, and write the list of documents."""
        self._merge_parts()
        if self._connection is not None:
            self._connection.commit()
            self._connection.close()
        alive = _chunks_by_part(self._entries.values())
        for part in self._folder.glob("part-*.sqlite"):
            if part.name not in alive:
                part.unlink()
        self._write_catalogue({part: self._sizes.get(part, alive[part]) for part in alive})

    def _part(self) -> tuple[str, sqlite3.Connection]:
        if self._new_part is None or self._connection is None:
            last = max((int(part[5:-7]) for part in self._sizes), default=0)
            self._new_part = f"part-{last + 1:06}.sqlite"
            self._connection = _create(self._folder / self._new_part, PART_SCHEMA)
        return self._new_part, self._connection

    def _merge_parts(self) -> None:
        alive = _chunks_by_part(self._entries.values())
        merged = {part for part in alive if part in self._sizes and 2 * alive[part] < self._sizes[part]}
        size = sum(alive[part] for part in merged) + alive.get(self._new_part or "", 0)
        for part in sorted(set(alive) - merged - {self._new_part}, key=lambda part: alive[part]):
            if alive[part] > 2 * size:
                break
            merged.add(part)
            size += alive[part]
        for part in sorted(merged):
            self._swallow(part)

    def _swallow(self, part: str) -> None:
        if self._check:
            self._check(self._folder / part)
        new_part, connection = self._part()
        connection.commit()
        connection.execute("ATTACH DATABASE ? AS old", (read_only_uri(self._folder / part),))
        last = "crc" if part_has_sums(connection, "old") else "NULL"
        for document_id, entry in self._entries.items():
            if entry.part == part:
                for table, (key, *columns) in PART_TABLES.items():
                    first, end = (entry.number, entry.number) if key == "number" else _ends(entry.chunk_ids)
                    some = ", ".join((key, *columns, last))
                    sql = f"INSERT INTO {table} SELECT {some} FROM old.{table} WHERE {key} BETWEEN ? AND ?"
                    connection.execute(sql, (first, end))
                self._entries[document_id] = replace(entry, part=new_part)
        connection.commit()
        connection.execute("DETACH DATABASE old")

    def _write_catalogue(self, sizes: Mapping[str, int]) -> None:
        connection = _create(self._folder / CATALOGUE_FILE, CATALOGUE_SCHEMA)
        rows = [
            (entry.number, entry.document_id, entry.content, entry.part, entry.first_chunk, entry.chunks)
            for entry in self._entries.values()
        ]
        connection.executemany("INSERT INTO parts VALUES (?, ?)", sizes.items())
        connection.executemany("INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?)", rows)
        connection.commit()
        connection.close()


def link_or_copy(old: Path, new: Path) -> None:
    """Give a file that never changes a second name, or copy it where the file system has no hard links."""
    try:
        os.link(old, new)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.EXDEV, errno.EMLINK):
            raise
        shutil.copyfile(old, new)


def _create(path: Path, schema: str) -> sqlite3.Connection:
    connection = sqlite3.connect(f"file:{quote(str(path.absolute()))}", uri=True)
    # A build that stops half-way is thrown away whole, and a finished one is synced before it is published.
    connection.execute("PRAGMA journal_mode = OFF")
    connection.execute("PRAGMA synchronous = OFF")
    connection.executescript(schema)
    return connection


def _insert(connection: sqlite3.Connection, table: str, keys: Iterable[int], rows: Iterable[Row]) -> None:
    """Insert rows, each with its checksum."""
    marks = ", ".join("?" * (len(PART_TABLES[table]) + 1))
    summed = [(key, *row, row_sum(key, row)) for key, row in zip(keys, rows, strict=True)]
    connection.executemany(f"INSERT INTO {table} VALUES ({marks})", summed)


def _ends(ids: range) -> tuple[int, int]:
    return ids.start, ids.stop - 1


def chunk_row(chunk: Chunk) -> Row:
    """What `chunk_store.chunk_of` reads."""
    heading_path, sentences = encode_heading_path(chunk.heading_path), encode_sentences(chunk.sentences)
    return heading_path, chunk.page, chunk.begin, chunk.end, chunk.text, sentences


def _chunks_by_part(entries: Iterable[FiledDocument]) -> dict[str, int]:
    chunks: defaultdict[str, int] = defaultdict(int)
    for entry in entries:
        chunks[entry.part] += entry.chunks
    return dict(chunks)
