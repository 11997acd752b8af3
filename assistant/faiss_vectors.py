"""The two kinds of faiss index behind the vector index: one that compares everything, one that looks nearby first.

In: int64 chunk ids with float32 unit vectors. Out: ids with their cosine, or ids that are worth comparing exactly.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from assistant.embeddings import Vector
from assistant.errors import IndexDamagedError
from assistant.vector_rows import Ids, damage

Mask = NDArray[np.bool_]  # by chunk id

_WRITE_BYTES = 1 << 22  # at a time
_PER_CENTROID = 64  # vectors of the sample; with more, the lists hardly get better (faiss warns below 39)
# A question lies apart from all passages, not in the middle of a list, so many lists must be looked at: a quarter of
# 1,024 lists finds 98 of the 100 nearest tens, a sixteenth 90 (docs/scaling.md).
_LEAST_PROBES, _PROBED_SHARE = 128, 4
_FURTHER = 1 / 3  # a filter that leaves a tenth makes a search look at twice as many lists


class ExactVectors:
    """Vectors in memory, of which a search compares every one."""

    def __init__(self, dimension: int) -> None:
        import faiss

        self._index: Any = faiss.IndexIDMap2(faiss.IndexFlatIP(dimension))

    @property
    def dimension(self) -> int:
        return int(self._index.d)

    @property
    def size(self) -> int:
        return int(self._index.ntotal)

    @property
    def ids(self) -> Ids:
        """Every chunk id, in the order in which they were added."""
        import faiss

        return np.asarray(faiss.vector_to_array(self._index.id_map), np.int64)

    def add(self, ids: Ids, vectors: Vector) -> None:
        """Add unit vectors; the ids must be new."""
        if len(ids):
            self._index.add_with_ids(np.ascontiguousarray(vectors, np.float32), np.asarray(ids, np.int64))

    def remove(self, ids: Ids) -> int:
        """Remove vectors; returns how many were there."""
        return int(self._index.remove_ids(_selector(mask_of(ids)))) if len(ids) else 0

    def vectors(self, ids: Ids) -> Vector:
        """The vectors of some ids that are there, in their order."""
        found: Vector = self._index.reconstruct_batch(np.asarray(ids, np.int64))
        return found

    def search(self, query: Vector, limit: int, allowed: Mask | None) -> tuple[Ids, Vector]:
        """The nearest at most `limit` with their cosines, in any order."""
        import faiss

        if self.size == 0:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        parameters = None if allowed is None else faiss.SearchParameters(sel=_selector(allowed))  # type: ignore[call-arg]  # faiss's stubs lack it
        with _one_thread():
            scores, ids = self._index.search(query.reshape(1, -1), min(limit, self.size), params=parameters)
        found = ids[0] >= 0
        return ids[0][found], scores[0][found]

    def save(self, path: Path) -> None:
        """Write everything to one file."""
        _write(self._index, path)

    @classmethod
    def load(cls, path: Path) -> ExactVectors:
        """Read a file that `save` wrote."""
        import faiss

        index = _read(path, mapped=False)
        if not isinstance(index, faiss.IndexIDMap2) or index.metric_type != faiss.METRIC_INNER_PRODUCT:
            raise IndexDamagedError(damage(path))
        loaded = cls.__new__(cls)
        loaded._index = index
        return loaded


class NearVectors:
    """Which vectors are worth comparing: 2 bits a dimension (RaBitQ), in lists of vectors that are near each other."""

    def __init__(self, index: Any) -> None:
        self._index = index

    @classmethod
    def train(cls, sample: Vector, lists: int) -> NearVectors:
        """An empty one, whose lists are laid out on a sample; the same sample gives the same lists."""
        import faiss

        index = faiss.index_factory(sample.shape[1], f"IVF{lists},RaBitQ2", faiss.METRIC_INNER_PRODUCT)
        index.train(sample)
        return cls(index)

    @property
    def size(self) -> int:
        return int(self._index.ntotal)

    @property
    def dimension(self) -> int:
        return int(self._index.d)

    @property
    def lists(self) -> int:
        return int(self._index.nlist)

    def add(self, ids: Ids, vectors: Vector) -> None:
        """Add unit vectors; only one that was trained, or loaded to be changed, can take them."""
        self._index.add_with_ids(np.ascontiguousarray(vectors, np.float32), np.asarray(ids, np.int64))

    def candidates(self, query: Vector, count: int, allowed: Mask | None = None, share: float = 1.0) -> Ids:
        """At most `count` ids that are probably the nearest, in any order.

        Args:
            share: of the vectors that is allowed; the fewer, the further away the nearest may be.
        """
        selector = None if allowed is None else _selector(allowed)
        probes = min(self.lists, math.ceil(self.probes / share**_FURTHER))
        found = self._search(query, count, probes, selector)
        # What is allowed may all lie in lists far from the question.
        return (
            found if len(found) == count or probes == self.lists else self._search(query, count, self.lists, selector)
        )

    def _search(self, query: Vector, count: int, probes: int, selector: Any) -> Ids:
        import faiss

        parameters = faiss.IVFRaBitQSearchParameters(nprobe=probes, sel=selector)  # type: ignore[call-arg]  # as above
        with _one_thread():
            _, ids = self._index.search(query.reshape(1, -1), count, params=parameters)
        found: Ids = ids[0][ids[0] >= 0]
        return found

    @property
    def probes(self) -> int:
        """How many lists a search without a filter looks at."""
        return min(self.lists, max(_LEAST_PROBES, self.lists // _PROBED_SHARE))

    def save(self, path: Path) -> None:
        """Write everything to one file."""
        _write(self._index, path)

    @classmethod
    def load(cls, path: Path, *, to_change: bool = False) -> NearVectors:
        """A file that `save` wrote: mapped into memory, which processes share, or read whole in order to add to it."""
        import faiss

        index = _read(path, mapped=not to_change)
        if not isinstance(index, faiss.IndexIVFRaBitQ) or index.metric_type != faiss.METRIC_INNER_PRODUCT:
            raise IndexDamagedError(damage(path))
        return cls(index)


def lists_for(vectors: int) -> int:
    """In how many lists that many vectors belong: about the square root, a power of two."""
    return int(2 ** max(1, round(math.log2(max(vectors, 2)) / 2)))


def sample_size(lists: int) -> int:
    """How many vectors to lay out that many lists on."""
    return lists * _PER_CENTROID


def mask_of(ids: Ids) -> Mask:
    """True at every one of `ids`."""
    mask = np.zeros(int(ids.max()) + 1 if len(ids) else 0, np.bool_)
    mask[ids] = True
    return mask


def _selector(mask: Mask) -> Any:
    # A bitmap is looked up ten times faster than IDSelectorBatch's hash set, and chunk ids are dense.
    import faiss

    return faiss.IDSelectorBitmap(np.packbits(mask, bitorder="little"))  # type: ignore[call-arg, arg-type]  # faiss's stubs show the C++ form


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


def _read(path: Path, *, mapped: bool) -> Any:
    import faiss

    try:
        return faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC if mapped else 0)
    except (RuntimeError, MemoryError) as error:
        raise IndexDamagedError(damage(path)) from error


def _write(index: Any, path: Path) -> None:
    import faiss

    with path.open("wb") as stream:
        sink = _Sink(stream)
        try:
            writer = faiss.PyCallbackIOWriter(sink.write, _WRITE_BYTES)  # type: ignore[attr-defined]  # not in its stubs
            faiss.write_index(index, writer)
        except RuntimeError as error:
            raise sink.error or error from error


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
