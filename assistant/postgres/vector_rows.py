"""Nearest chunks by meaning in PostgreSQL: the same cosines as the index in files gives.

In: a unit vector. Out: ids with their cosine, best first.

The vectors of few chunks are read once and compared in memory, every one of them. Of many, pgvector's graph (HNSW, half
precision) brings up candidates, whose exact vectors are then compared.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from assistant.embeddings import Vector
from assistant.engine import Ids
from assistant.errors import IndexDamagedError
from assistant.faiss_vectors import ExactVectors
from assistant.postgres.chunk_rows import DAMAGED
from assistant.postgres.database import PostgresDatabase
from assistant.postgres.document_rows import RowDocuments
from assistant.vector_index import VectorIndex

if TYPE_CHECKING:
    from assistant.postgres.database import Connection

GRAPH_FROM = 20_000  # chunks; up to 30 MB in memory, for each process
_MARGIN = 32  # candidates beyond the limit: half precision may swap neighbours
_LEAST_LOOKED_AT = 400  # of the graph (hnsw.ef_search): finds 96 of the 100 nearest tens, see docs/database.md
_MOST_LOOKED_AT = 1_000  # more, pgvector refuses
_REMEMBERED_VECTORS = 8_192


class PostgresVectors:
    """The vectors of one snapshot; safe to use from several threads."""

    def __init__(
        self,
        database: PostgresDatabase,
        documents: RowDocuments,
        dimension: int,
        strangers: Sequence[int],
        last_text: int,
        graph_from: int = GRAPH_FROM,
    ) -> None:
        """Args:
        strangers: numbers of texts, up to `last_text`, that have vectors but are not in this snapshot.
        graph_from: from so many chunks on, the graph is searched.
        """
        self._database, self._documents = database, documents
        self._dimension, self._graph_from = dimension, graph_from
        self._strangers, self._last_text = list(strangers), last_text
        self._known: OrderedDict[int, Vector] = OrderedDict()
        self._lock, self._loading = Lock(), Lock()
        self._all: VectorIndex | None = None

    @property
    def dimension(self) -> int:
        return self._dimension

    @property
    def size(self) -> int:
        return self._documents.size

    def load(self, earlier: PostgresVectors | None = None) -> None:
        """Read the vectors of few chunks into memory, if that was not done yet; what `earlier` has comes from there."""
        with self._loading:
            if self._all is None and self.size < self._graph_from:
                self._all = self._read_all(earlier)

    def search(self, query: Vector, limit: int, allowed_ids: Ids | None = None) -> tuple[Ids, Vector]:
        self.load()
        if self._all is not None:
            return self._all.search(query, limit, allowed_ids)
        limit = min(limit, self.size if allowed_ids is None else len(allowed_ids))
        if limit <= 0:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        with self._database.reading() as connection:
            rows = self._candidates(connection, query, limit + _MARGIN, allowed_ids)
        ids = np.array([row[0] for row in rows], np.int64)
        self._remember(rows)
        scores = np.frombuffer(b"".join(row[1] for row in rows), "<f4").reshape(len(rows), self._dimension) @ query
        order = np.lexsort((ids, -scores))[:limit]
        return ids[order], scores[order]

    def similarities(self, query: Vector, ids: Ids) -> Vector:
        if not len(ids):
            return np.empty(0, np.float32)
        self.load()
        if self._all is not None:
            return self._all.similarities(query, ids)
        wanted = [int(each) for each in ids]
        with self._lock:
            known = {each: self._known[each] for each in wanted if each in self._known}
        missing = [each for each in wanted if each not in known]
        if missing:
            with self._database.reading() as connection:
                sql = f"SELECT chunk, exact FROM index_vectors WHERE {self._own} AND chunk = ANY (%s)"
                rows = connection.execute(sql.encode(), (missing,), binary=True).fetchall()
            known |= self._remember(rows)
        # np.stack would raise KeyError for an unknown id by itself.
        vectors: Vector = np.stack([known[each] for each in wanted])
        return vectors @ query

    def _read_all(self, earlier: PostgresVectors | None) -> VectorIndex:
        found, ids = ExactVectors(self._dimension), self._documents.ids
        if earlier is not None and earlier._all is not None and earlier.dimension == self._dimension:
            shared = np.intersect1d(ids, earlier._documents.ids, assume_unique=True)
            found.add(shared, earlier._all.recent.vectors(shared))
            ids = np.setdiff1d(ids, shared, assume_unique=True)
        if len(ids):
            with self._database.reading() as connection:
                sql = (
                    f"SELECT chunk, exact FROM index_vectors WHERE {self._own} "
                    "AND text <= %s AND text <> ALL (%s) AND chunk >= %s"
                )
                values = (self._last_text, self._strangers, int(ids[0]))
                rows = _rows(connection, sql, values)
            read = np.array([row[0] for row in rows], np.int64)
            vectors = np.frombuffer(b"".join(row[1] for row in rows), "<f4").reshape(len(rows), -1)
            new = np.isin(read, ids)
            if new.sum() != len(ids) or vectors.shape[1] != self._dimension:
                raise IndexDamagedError(DAMAGED)
            found.add(read[new], vectors[new])
        return VectorIndex(found)

    @property
    def _own(self) -> str:
        # As a constant, so that the planner looks at this organisation's part only. Its form was checked.
        return f"organisation = '{self._database.organisation}'"

    def _candidates(
        self, connection: Connection, query: Vector, limit: int, allowed_ids: Ids | None
    ) -> list[tuple[int, bytes]]:
        asked = f"[{','.join(map(str, query.tolist()))}]"
        if allowed_ids is not None and len(allowed_ids) < self._graph_from:
            sql = (
                f"WITH few AS MATERIALIZED (SELECT chunk, embedding, exact FROM index_vectors "
                f"WHERE {self._own} AND chunk = ANY (%s)) "
                f"SELECT chunk, exact FROM few ORDER BY embedding <#> %s::halfvec LIMIT {limit}"
            )
            return _rows(connection, sql, ([int(each) for each in allowed_ids], asked))
        if allowed_ids is None:
            condition, values = "text <= %s AND text <> ALL (%s)", [self._last_text, self._strangers]
        else:
            condition, values = "text = ANY (%s)", [self._documents.texts_of(allowed_ids)]
        kind = f"halfvec({self._dimension})"
        sql = (
            f"SELECT chunk, exact FROM index_vectors WHERE {self._own} AND dimension = {self._dimension} "
            f"AND {condition} ORDER BY (embedding::{kind}) <#> %s::{kind} LIMIT {limit}"
        )
        looked_at = min(max(_LEAST_LOOKED_AT, limit), _MOST_LOOKED_AT)
        with connection.pipeline():
            connection.execute(f"SET LOCAL hnsw.ef_search = {looked_at}".encode())
            connection.execute(b"SET LOCAL hnsw.iterative_scan = relaxed_order")
            connection.execute(b"SET LOCAL enable_seqscan = off")  # without statistics the planner may think it cheap
            return _rows(connection, sql, (*values, asked))

    def _remember(self, rows: Iterable[tuple[int, bytes]]) -> dict[int, Vector]:
        new = {chunk_id: np.frombuffer(exact, "<f4") for chunk_id, exact in rows}
        with self._lock:
            self._known |= new
            while len(self._known) > _REMEMBERED_VECTORS:
                self._known.popitem(last=False)
        return new


def _rows(connection: Connection, sql: str, values: Sequence[object]) -> list[tuple[int, bytes]]:
    found: list[tuple[int, bytes]] = connection.execute(sql.encode(), values, binary=True).fetchall()
    return found
