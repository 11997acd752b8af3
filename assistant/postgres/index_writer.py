"""Writes the next snapshot in PostgreSQL: rows that nobody sees before the transaction of the build is committed.

In: documents with chunks, tokens and vectors; maybe the previous snapshot to start from. Out: rows, and the switch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING

import numpy as np

from assistant.chunk_store_writer import chunk_row
from assistant.embeddings import PassageVectors, Vector
from assistant.engine import LoadedDocument
from assistant.glossary import Glossary
from assistant.manifest import DocumentEntry, Recipe, metadata_hash
from assistant.postgres.bulk_rows import copy_rows, copy_vectors
from assistant.postgres.chunk_rows import written_body
from assistant.postgres.index_pruning import prune
from assistant.postgres.index_snapshot import FORMAT, PostgresSnapshot
from assistant.postgres.synonyms import write_synonyms
from assistant.postgres.word_counts import MOST_CHUNKS, WordCounts
from assistant.postgres.word_rows import Segment
from assistant.store_codec import encode_document, encode_source, encode_traits, encode_vectors
from assistant.traits import chunk_traits
from assistant.types import Document

if TYPE_CHECKING:
    from assistant.postgres.database import Connection

_WAITING = 512  # chunks that are sent together
_CHUNK_COLUMNS = {
    "chunk": "int8",
    "heading_path": "text",
    "page": "int4",
    "begins": "int4",
    "ends": "int4",
    "body": "text",
    "sentences": "bytea",
    "traits": "text",
    "sentence_vectors": "bytea",
}
_POSTING_COLUMNS = {"segment": "int4", "token": "text", "places": "bytea", "counts": "bytea"}
_COUNTERS = ("last_snapshot", "last_document", "last_text", "last_chunk", "last_segment")


@dataclass(frozen=True)
class _Live:
    """A document of the new snapshot."""

    row: int  # in index_documents
    text: int
    chunk_ids: range


class PostgresWriter:
    """Builds a snapshot in the transaction of `connection`; nothing that serves is touched before `publish`."""

    def __init__(
        self,
        connection: Connection,
        recipe: Recipe,
        previous: PostgresSnapshot | None,
        graph_from: int,
        also: Callable[[Connection], None] | None,
    ) -> None:
        self._connection, self._recipe, self._previous = connection, recipe, previous
        self._graph_from, self._also = graph_from, also
        self.touched = False
        entries = previous.documents.entries if previous else ()
        self.entries: dict[str, DocumentEntry] = {entry.document_id: entry.described for entry in entries}
        self._live = {entry.document_id: _Live(entry.row, entry.number, entry.chunk_ids) for entry in entries}
        self._numbers = _counters(connection)
        self._words = WordCounts(recipe.fields)
        self._new_segments: list[int] = []
        self._chunk_rows: list[tuple[object, ...]] = []
        self._vectors: list[tuple[int, int, Vector]] = []

    def add(
        self,
        loaded: LoadedDocument,
        tokens: Sequence[Mapping[str, Sequence[str]]],
        vectors: Sequence[PassageVectors],
    ) -> None:
        document, text = loaded.document, self._next("last_text")
        first = self._numbers["last_chunk"] + 1
        ids = range(first, first + len(loaded.chunks))
        self._numbers["last_chunk"] += len(ids)
        rows = [
            (chunk_id, *_written(chunk_row(chunk)), encode_traits(chunk_traits(chunk, document.title)), blob)
            for chunk_id, chunk, blob in zip(
                ids, loaded.chunks, (encode_vectors(each.sentences) for each in vectors), strict=True
            )
        ]
        source = encode_source(loaded.source)
        passages = [each.passage.astype("<f4") for each in vectors]
        digest, size = digest_of(source, [row[1:] for row in rows], [each.tobytes() for each in passages])
        self._connection.execute(
            "INSERT INTO index_texts (number, first_chunk, chunks, source, digest, bytes) "
            "VALUES (%s, %s, %s, %b, %b, %s)",
            (text, first, len(ids), source, digest, size),
        )
        entry = DocumentEntry(id=document.id, sha256=loaded.sha256, metadata=metadata_hash(document), chunks=len(ids))
        self._live[document.id] = _Live(self._describe(document, entry, text), text, ids)
        self.entries[document.id] = entry
        self._chunk_rows += rows
        self._vectors += [(chunk_id, text, vector) for chunk_id, vector in zip(ids, passages, strict=True)]
        for chunk_id, fields in zip(ids, tokens, strict=True):
            self._words.add(chunk_id, fields)
            if len(self._words.chunks) == MOST_CHUNKS:
                self._write_segment()
        if len(self._chunk_rows) >= _WAITING:
            self._send()
        self.touched = True

    def remove(self, document_id: str) -> None:
        del self.entries[document_id], self._live[document_id]
        self.touched = True

    def move(self, document: Document) -> None:
        live = self._live[document.id]
        row = self._describe(document, self.entries[document.id], live.text)
        self._live[document.id] = replace(live, row=row)
        self.touched = True

    def publish(self) -> None:
        self._send()
        kept = self._merge_segments()
        if self._words.chunks:
            self._write_segment()
        segments = sorted([*kept, *self._new_segments])
        number = self._next("last_snapshot")
        self._insert_snapshot(number, segments)
        current = self._connection.execute("SELECT current FROM index_state").fetchone()
        self._switch(number, current[0] if current else None)
        prune(self._connection)
        if self._previous is None:
            write_synonyms(self._connection, Glossary.packaged())
        if sum(len(each.chunk_ids) for each in self._live.values()) >= self._graph_from:
            self._connection.execute("SELECT make_vector_graph(%s)", (self._recipe.model.dimension,))
        if self._also:
            self._also(self._connection)

    def _next(self, counter: str) -> int:
        self._numbers[counter] += 1
        return self._numbers[counter]

    def _describe(self, document: Document, entry: DocumentEntry, text: int) -> int:
        row = self._next("last_document")
        self._connection.execute(
            "INSERT INTO index_documents (number, text, id, sha256, metadata, content) VALUES (%s, %s, %s, %s, %s, %b)",
            (row, text, entry.id, entry.sha256, entry.metadata, encode_document(document)),
        )
        return row

    def _send(self) -> None:
        if not self._chunk_rows:
            return
        copy_rows(self._connection, "index_chunks", _CHUNK_COLUMNS, self._chunk_rows)
        ids, texts, vectors = zip(*self._vectors, strict=True)
        copy_vectors(self._connection, np.array(ids, np.int64), np.array(texts, np.int64), np.stack(vectors))
        self._chunk_rows, self._vectors = [], []

    def _write_segment(self) -> None:
        number, words = self._next("last_segment"), self._words
        rows, chunks, lengths = words.rows(), np.array(words.chunks, "<i8").tobytes(), words.lengths()
        size = len(chunks) + len(lengths) + sum(len(key) + len(places) + len(counts) for key, places, counts in rows)
        self._connection.execute(
            "INSERT INTO index_segments (number, chunks, lengths, bytes) VALUES (%s, %b, %b, %s)",
            (number, chunks, lengths, size),
        )
        copy_rows(self._connection, "index_postings", _POSTING_COLUMNS, ((number, *row) for row in rows))
        self._new_segments.append(number)
        self._words = WordCounts(self._recipe.fields)

    def _merge_segments(self) -> list[int]:
        """Bring older segments into the new one where that pays; returns the ones that stay.

        Those that are mostly dead go, and those up to twice the size of what is new: so there are few segments, and
        one document costs little to add.
        """
        if self._previous is None:
            return []
        live = np.sort(np.concatenate([np.arange(0), *(np.array(each.chunk_ids) for each in self._live.values())]))
        alive = {each.number: np.isin(each.chunks, live, assume_unique=True) for each in self._previous.segments}
        counts = {number: int(each.sum()) for number, each in alive.items()}
        merged = {each.number for each in self._previous.segments if 2 * counts[each.number] < len(each.chunks)}
        size = len(self._words.chunks) + sum(counts[number] for number in merged)
        for number in sorted(set(counts) - merged, key=lambda number: counts[number]):
            if counts[number] > 2 * size or counts[number] + size > MOST_CHUNKS:
                break
            merged.add(number)
            size += counts[number]
        for segment in self._previous.segments:
            if segment.number in merged and counts[segment.number]:
                self._swallow(segment, alive[segment.number], counts[segment.number])
        return [number for number in counts if number not in merged]

    def _swallow(self, segment: Segment, is_alive: np.ndarray[tuple[int], np.dtype[np.bool_]], alive: int) -> None:
        if len(self._words.chunks) + alive > MOST_CHUNKS:
            self._write_segment()
        sql = "SELECT token, places, counts FROM index_postings WHERE segment = %s"
        rows = self._connection.execute(sql, (segment.number,), binary=True).fetchall()
        self._words.take_over(segment.chunks, segment.lengths, is_alive, ((row[0], row[1], row[2]) for row in rows))

    def _insert_snapshot(self, number: int, segments: list[int]) -> None:
        live = list(self._live.values())
        self._connection.execute(
            "INSERT INTO index_snapshots (number, created, format, recipe, documents, segments, chunks, bytes) "
            "SELECT %s, %s, %s, %s, %s, %s, %s, "
            "(SELECT coalesce(sum(bytes), 0) FROM index_texts WHERE number = ANY (%s)) + "
            "(SELECT coalesce(sum(bytes), 0) FROM index_segments WHERE number = ANY (%s))",
            (
                *(number, datetime.now(UTC).replace(microsecond=0), FORMAT, self._recipe.model_dump_json()),
                *([each.row for each in live], segments, sum(len(each.chunk_ids) for each in live)),
                *([each.text for each in live], segments),
            ),
        )

    def _switch(self, number: int, before: int | None) -> None:
        counters = ", ".join(f"{name} = %s" for name in _COUNTERS)
        self._connection.execute(
            f"UPDATE index_state SET current = %s, previous = %s, {counters}".encode(),
            (number, before, *(self._numbers[name] for name in _COUNTERS)),
        )
        self._connection.execute("UPDATE index_snapshots SET retired = now() WHERE number = %s", (before,))


def digest_of(source: bytes, rows: Sequence[Sequence[object]], passages: Sequence[bytes]) -> tuple[bytes, int]:
    """The hash of all that is written for a text, and its size.

    Args:
        rows: of index_chunks, without the ids.
        passages: the exact vectors.
    """
    digest, size = sha256(source), len(source)
    for row, passage in zip(rows, passages, strict=True):
        values = [each if isinstance(each, bytes) else str(each).encode() for each in row]
        for value in (*values, passage):
            digest.update(len(value).to_bytes(8, "little") + value)
            size += len(value)
    return digest.digest(), size


def _written(row: tuple[object, ...]) -> tuple[object, ...]:
    return (*row[:4], written_body(str(row[4])), row[5])


def _counters(connection: Connection) -> dict[str, int]:
    connection.execute("INSERT INTO index_state DEFAULT VALUES ON CONFLICT DO NOTHING")
    row = connection.execute(f"SELECT {', '.join(_COUNTERS)} FROM index_state".encode()).fetchone()
    assert row is not None
    return dict(zip(_COUNTERS, row, strict=True))
