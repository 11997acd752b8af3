"""Nearest chunks by meaning: unit vectors with a chunk id each, in memory and in one file (faiss).

In: int64 chunk ids with float32 unit vectors. Out: ids with their cosine, best first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from assistant.embeddings import Vector
from assistant.errors import IndexDamagedError

Ids = NDArray[np.int64]

_WRITE_BYTES = 1 << 22  # at a time


def exact_index(dimension: int) -> Any:
    """An empty faiss index that compares with every vector: exact, and quick enough below some 100,000 chunks."""
    import faiss

    return faiss.IndexFlatIP(dimension)


class VectorIndex:
    """Unit vectors by chunk id; reading is safe from several threads, changing is not."""

    def __init__(self, dimension: int, make: Callable[[int], Any] = exact_index) -> None:
        """Args:
        make: from a dimension to an empty faiss index of inner products; the seam for other kinds of index.
        """
        import faiss

        self._index: Any = faiss.IndexIDMap2(make(dimension))

    @property
    def dimension(self) -> int:
        return int(self._index.d)

    @property
    def size(self) -> int:
        return int(self._index.ntotal)

    @property
    def ids(self) -> Ids:
        """Every chunk id, in ascending order."""
        import faiss

        return np.sort(faiss.vector_to_array(self._index.id_map)).astype(np.int64)

    def add(self, ids: Ids, vectors: Vector) -> None:
        """Add unit vectors; the ids must be new."""
        if len(ids):
            self._index.add_with_ids(np.ascontiguousarray(vectors, np.float32), np.asarray(ids, np.int64))

    def remove(self, ids: Ids) -> int:
        """Remove vectors; returns how many were there."""
        return int(self._index.remove_ids(self._selector(np.asarray(ids, np.int64)))) if len(ids) else 0

    def search(self, query: Vector, limit: int, allowed_ids: Ids | None = None) -> tuple[Ids, Vector]:
        """The `limit` nearest chunks (among `allowed_ids`, if given) and their cosines, best first, ties by id."""
        limit = min(limit, self.size if allowed_ids is None else len(allowed_ids))
        if limit <= 0 or self.size == 0:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        with _one_thread():
            scores, ids = self._index.search(query.reshape(1, -1), limit, params=self._parameters(allowed_ids))
        found = ids[0] >= 0
        ids, scores = ids[0][found], scores[0][found]
        order = np.lexsort((ids, -scores))
        return ids[order], scores[order]

    def similarities(self, query: Vector, ids: Ids) -> Vector:
        """The exact cosine of the query with each of `ids`, in their order; an unknown id raises KeyError."""
        if not len(ids):
            return np.empty(0, np.float32)
        try:
            vectors: Vector = self._index.reconstruct_batch(np.asarray(ids, np.int64))
        except RuntimeError as error:
            raise KeyError("unknown chunk id") from error
        return vectors @ query

    def save(self, path: Path) -> None:
        """Write the index to one file."""
        import faiss

        with path.open("wb") as stream:
            sink = _Sink(stream)
            try:
                writer = faiss.PyCallbackIOWriter(sink.write, _WRITE_BYTES)  # type: ignore[attr-defined]  # not in its stubs
                faiss.write_index(self._index, writer)
            except RuntimeError as error:
                raise sink.error or error from error

    @classmethod
    def load(cls, path: Path) -> VectorIndex:
        """Read an index that `save` wrote."""
        import faiss

        try:
            index = faiss.read_index(str(path))
        except (RuntimeError, MemoryError) as error:
            raise IndexDamagedError(damage(path)) from error
        if not isinstance(index, faiss.IndexIDMap2) or index.metric_type != faiss.METRIC_INNER_PRODUCT:
            raise IndexDamagedError(damage(path))
        loaded = cls.__new__(cls)
        loaded._index = index
        return loaded

    def _parameters(self, allowed_ids: Ids | None) -> Any:
        import faiss

        return None if allowed_ids is None else faiss.SearchParameters(sel=self._selector(allowed_ids))  # type: ignore[call-arg]  # faiss's stubs lack it

    def _selector(self, ids: Ids) -> Any:
        # A bitmap is looked up ten times faster than IDSelectorBatch's hash set, and chunk ids are dense.
        import faiss

        mask = np.zeros(int(ids.max()) + 1, np.bool_)
        mask[ids] = True
        bitmap = np.packbits(mask, bitorder="little")
        return faiss.IDSelectorBitmap(bitmap)  # type: ignore[call-arg, arg-type]  # faiss's stubs show the C++ form


@contextmanager
def _one_thread() -> Iterator[None]:
    """Lets faiss search with the calling thread only; adding and training keep all cores."""
    # Its other threads go on spinning after a search, on the cores where the model should embed the next question:
    # 36 ms a search on 10,000 vectors against 1.3 ms. The number counts for the calling thread alone.
    import faiss

    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(threads)


class _Sink:
    """A file for faiss to write to, which remembers why a write failed; faiss itself does not tell."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.error: OSError | None = None

    def write(self, content: bytes) -> int:
        try:
            return self._stream.write(content)
        except OSError as error:
            self.error = error
            raise


def damage(path: Path) -> str:
    """The sentence for a file of the index that is not as it was written."""
    return (
        f"Het indexbestand '{path}' is beschadigd of ontbreekt. "
        "Typ: beleidswijzer index rollback of beleidswijzer index build --opnieuw"
    )
