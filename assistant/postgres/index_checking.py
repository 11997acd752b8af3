"""Reads a whole snapshot in PostgreSQL and compares it with what was written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from assistant.errors import IndexDamagedError
from assistant.manifest import metadata_hash
from assistant.postgres.chunk_rows import DAMAGED
from assistant.postgres.document_rows import RowDocuments
from assistant.postgres.index_snapshot import read_contents, read_segments, read_snapshot
from assistant.postgres.index_writer import digest_of
from assistant.postgres.word_rows import Segment

if TYPE_CHECKING:
    from assistant.postgres.database import Connection

_CHUNKS = """
SELECT heading_path, page, begins, ends, body, sentences, traits, sentence_vectors, exact
FROM index_chunks chunks LEFT JOIN index_vectors vectors
    ON vectors.organisation = chunks.organisation AND vectors.chunk = chunks.chunk AND vectors.text = %s
WHERE chunks.chunk BETWEEN %s AND %s ORDER BY chunks.chunk
"""


def check_snapshot(connection: Connection, number: int) -> None:
    """Raise IndexDamagedError if something of the snapshot is missing or not as it was written."""
    row = read_snapshot(connection, number)
    _, documents = read_contents(connection, row)
    segments = read_segments(connection, row)
    _check_texts(connection, documents)
    counted = np.sort(np.concatenate([np.arange(0), *(each.chunks for each in segments)]))
    if len(np.unique(counted)) != len(counted) or not np.isin(documents.ids, counted).all():
        raise IndexDamagedError(DAMAGED)
    for segment in segments:
        _check_words(connection, segment, row.recipe.fields)


def _check_texts(connection: Connection, documents: RowDocuments) -> None:
    for entry in documents.entries:
        sql = "SELECT source, digest FROM index_texts WHERE number = %s"
        text = connection.execute(sql, (entry.number,), binary=True).fetchone()
        ids = (entry.first_chunk, entry.first_chunk + entry.chunks - 1)
        rows = connection.execute(_CHUNKS, (entry.number, *ids), binary=True).fetchall()
        if text is None or len(rows) != entry.chunks or any(row[-1] is None for row in rows):
            raise IndexDamagedError(DAMAGED)
        if digest_of(text[0], [row[:-1] for row in rows], [row[-1] for row in rows])[0] != text[1]:
            raise IndexDamagedError(DAMAGED)
        if metadata_hash(entry.document) != entry.metadata:
            raise IndexDamagedError(DAMAGED)


def _check_words(connection: Connection, segment: Segment, fields: tuple[str, ...]) -> None:
    """Each chunk must have as many occurrences of words as were counted when it was written."""
    found = {field: np.zeros(len(segment.chunks), np.int64) for field in fields}
    sql = "SELECT token, places, counts FROM index_postings WHERE segment = %s"
    for token, places, counts in connection.execute(sql, (segment.number,), binary=True):
        at = np.frombuffer(places, "<u2")
        field = token.partition(":")[0]
        if field not in found or (len(at) and at.max() >= len(segment.chunks)) or len(counts) != len(places):
            raise IndexDamagedError(DAMAGED)
        found[field][at] += np.frombuffer(counts, "<u2")
    for field, lengths in zip(fields, segment.lengths, strict=True):
        if not np.array_equal(found[field], lengths):
            raise IndexDamagedError(DAMAGED)
