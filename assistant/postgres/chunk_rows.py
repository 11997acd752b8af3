"""The documents and chunks of a snapshot in PostgreSQL; what was read lately is remembered, for it never changes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Sequence
from threading import Lock
from typing import Any

from assistant.chunk_store import chunk_of
from assistant.embeddings import Vector
from assistant.engine import Ids
from assistant.errors import IndexDamagedError
from assistant.postgres.database import PostgresDatabase
from assistant.postgres.document_rows import RowDocument, RowDocuments
from assistant.store_codec import decode_source, decode_traits, decode_vectors
from assistant.traits import ChunkTraits
from assistant.types import Chunk, Document, Source

DAMAGED = (
    "De index in de database is beschadigd. Typ: beleidswijzer index rollback of beleidswijzer index build --opnieuw"
)
# PostgreSQL keeps no character 0 in a text; this one, of the private area, stands for it.
_ZERO, _FOR_ZERO = "\0", "\uf8f0"
_REMEMBERED_CHUNKS = 2_048
_ROWS = """
SELECT chunk, heading_path, page, begins, ends, body, sentences, traits, sentence_vectors
FROM index_chunks WHERE chunk = ANY (%s)
"""

Row = tuple[Any, ...]


def written_body(text: str) -> str:
    """A text as the database can keep it."""
    return text.replace(_ZERO, _FOR_ZERO)


class PostgresStore:
    """The chunks of one snapshot; safe to use from several threads."""

    def __init__(self, database: PostgresDatabase, documents: RowDocuments, dimension: int) -> None:
        self._database, self._documents, self._dimension = database, documents, dimension
        self._rows: OrderedDict[int, Row] = OrderedDict()
        self._lock = Lock()

    @property
    def entries(self) -> Sequence[RowDocument]:
        return self._documents.entries

    @property
    def size(self) -> int:
        return self._documents.size

    def documents(self) -> list[Document]:
        return self._documents.documents()

    def document(self, document_id: str) -> Document:
        return self._documents.document(document_id)

    def document_of(self, chunk_id: int) -> Document:
        return self._documents.document_of(chunk_id)

    def source(self, document_id: str) -> Source:
        entry = self._documents.entry(document_id)
        with self._database.reading() as connection:
            sql = "SELECT source FROM index_texts WHERE number = %s"
            row = connection.execute(sql, (entry.number,), binary=True).fetchone()
        if row is None:
            raise IndexDamagedError(DAMAGED)
        return decode_source(row[0])

    def chunk_ids(self, document_id: str) -> range:
        return self._documents.chunk_ids(document_id)

    def ids_of(self, documents: Collection[str]) -> Ids:
        return self._documents.ids_of(documents)

    def chunks(self, ids: Sequence[int] | Ids) -> list[Chunk]:
        return [
            chunk_of(entry, chunk_id, (*row[:4], row[4].replace(_FOR_ZERO, _ZERO), row[5]))
            for entry, chunk_id, row in self._wanted(ids)
        ]

    def chunks_of(self, document_id: str) -> list[Chunk]:
        return self.chunks(self.chunk_ids(document_id))

    def traits(self, ids: Sequence[int] | Ids) -> list[ChunkTraits]:
        return [decode_traits(row[6], entry.chunks == 1) for entry, _, row in self._wanted(ids)]

    def sentence_vectors(self, ids: Sequence[int] | Ids) -> list[Vector]:
        return [decode_vectors(row[7], self._dimension) for _, _, row in self._wanted(ids)]

    def _wanted(self, ids: Sequence[int] | Ids) -> list[tuple[RowDocument, int, Row]]:
        wanted = [(self._documents.entry_of(chunk_id), chunk_id) for chunk_id in map(int, ids)]
        with self._lock:
            rows = {chunk_id: self._rows[chunk_id] for _, chunk_id in wanted if chunk_id in self._rows}
        missing = [chunk_id for _, chunk_id in wanted if chunk_id not in rows]
        if missing:
            rows |= self._fetch(missing)
        return [(entry, chunk_id, rows[chunk_id]) for entry, chunk_id in wanted]

    def _fetch(self, ids: list[int]) -> dict[int, Row]:
        with self._database.reading() as connection:
            rows = {row[0]: row[1:] for row in connection.execute(_ROWS, (ids,), binary=True)}
        if not rows.keys() >= set(ids):
            raise IndexDamagedError(DAMAGED)
        with self._lock:
            for chunk_id in ids[:_REMEMBERED_CHUNKS]:
                self._rows[chunk_id] = rows[chunk_id]
            while len(self._rows) > _REMEMBERED_CHUNKS:
                self._rows.popitem(last=False)
        return rows
