"""Nearest chunks by meaning: unit vectors with a chunk id each, all compared or, when there are many, the likely ones.

In: a question's vector. Out: chunk ids with their exact cosine, best first.

    vectors.faiss         the vectors of few chunks, or those added last to many: all in memory, all compared
    vectors/              the large part, if there are many chunks
      near.faiss          2 bits a dimension, in lists of neighbours; mapped: which vectors may be the nearest
      exact-000001.f32    the vectors themselves, read where one may be among the nearest (see vector_rows)
      removed.npy         ids in the large part that are no longer in the index

So every cosine is exact, whatever the size of the index; only what is compared is a choice, which docs/scaling.md
measures against comparing everything.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from assistant.embeddings import Vector
from assistant.errors import IndexDamagedError
from assistant.faiss_vectors import ExactVectors, Mask, NearVectors, mask_of
from assistant.vector_rows import Ids, VectorRows, damage

__all__ = ["Ids", "VectorIndex", "damage", "large_folder"]

NEAR_FILE, REMOVED_FILE = "near.faiss", "removed.npy"

# A filter that leaves so few rows is quicker answered by reading them all, and misses nothing then.
_READ_ALL = 4_000
# Of how many times the limit, and at least how many, candidates the exact vectors are read.
_MORE, _LEAST = 4, 400


class VectorIndex:
    """The vectors of one snapshot; safe to use from several threads."""

    def __init__(self, recent: ExactVectors, large: LargePart | None = None) -> None:
        self.recent, self.large = recent, large
        self._recent_ids = np.sort(recent.ids)

    @classmethod
    def load(cls, path: Path) -> VectorIndex:
        """Open the index in the file `path` and the folder beside it; IndexDamagedError if they do not agree."""
        recent = ExactVectors.load(path)
        folder = large_folder(path)
        large = LargePart(folder, recent.dimension) if folder.is_dir() else None
        if large is not None and large.holds(recent.ids).any():
            raise IndexDamagedError(damage(path))
        return cls(recent, large)

    @property
    def dimension(self) -> int:
        return self.recent.dimension

    @property
    def size(self) -> int:
        return self.recent.size + (self.large.size if self.large else 0)

    @property
    def ids(self) -> Ids:
        """Every chunk id, in ascending order."""
        return np.union1d(self.recent.ids, self.large.ids) if self.large else np.sort(self.recent.ids)

    def search(self, query: Vector, limit: int, allowed_ids: Ids | None = None) -> tuple[Ids, Vector]:
        """The `limit` nearest chunks (among `allowed_ids`, if given) and their cosines, best first, ties by id."""
        if limit <= 0 or (allowed_ids is not None and not len(allowed_ids)):
            return np.empty(0, np.int64), np.empty(0, np.float32)
        allowed = None if allowed_ids is None else mask_of(allowed_ids)
        ids, scores = self.recent.search(query, limit, allowed)
        if self.large:
            more, their_scores = self.large.search(query, limit, allowed)
            ids, scores = np.concatenate([ids, more]), np.concatenate([scores, their_scores])
        order = np.lexsort((ids, -scores))[:limit]
        return ids[order], scores[order]

    def similarities(self, query: Vector, ids: Ids) -> Vector:
        """The exact cosine of the query with each of `ids`, in their order; an unknown id raises KeyError."""
        ids = np.asarray(ids, np.int64)
        vectors = np.empty((len(ids), self.dimension), np.float32)
        is_recent = np.isin(ids, self._recent_ids)
        if is_recent.any():
            vectors[is_recent] = self.recent.vectors(ids[is_recent])
        if not is_recent.all():
            if self.large is None:
                raise KeyError("unknown chunk id")
            vectors[~is_recent] = self.large.vectors(ids[~is_recent])
        return vectors @ query


class LargePart:
    """The many vectors of a large index: approximations to choose by, exact vectors on disk to decide by."""

    def __init__(self, folder: Path, dimension: int) -> None:
        self.folder = folder
        self.near = NearVectors.load(folder / NEAR_FILE)
        self.rows = VectorRows(folder, dimension)
        self.removed = _read_removed(folder / REMOVED_FILE)
        if self.near.dimension != dimension or self.near.size != len(self.rows):
            raise IndexDamagedError(damage(folder / NEAR_FILE))
        self.size = len(self.rows) - len(self.removed)
        self._live = mask_of(self.rows.ids)
        self._live[self.removed] = False

    @property
    def ids(self) -> Ids:
        """Every live chunk id, in any order."""
        return np.setdiff1d(self.rows.ids, self.removed) if len(self.removed) else self.rows.ids

    def holds(self, ids: Ids) -> Mask:
        """Which of these ids are here and alive."""
        known = (ids >= 0) & (ids < len(self._live))
        held: Mask = known & self._live[np.where(known, ids, 0)]
        return held

    def vectors(self, ids: Ids) -> Vector:
        """The exact vectors, in the order of `ids`; an unknown id raises KeyError."""
        if not self.holds(ids).all():
            raise KeyError("unknown chunk id")
        return self.rows.vectors(self.rows.where(ids))

    def search(self, query: Vector, limit: int, allowed: Mask | None) -> tuple[Ids, Vector]:
        """The nearest at most `limit` with their exact cosines, in any order."""
        candidates = self._candidates(query, limit, allowed)
        rows = self.rows.where(candidates)
        if (rows < 0).any():  # an id that was never written
            raise IndexDamagedError(damage(self.folder / NEAR_FILE))
        scores = self.rows.vectors(rows) @ query
        best = np.lexsort((candidates, -scores))[:limit]
        return candidates[best], scores[best]

    def _candidates(self, query: Vector, limit: int, allowed: Mask | None) -> Ids:
        count = max(_MORE * limit, _LEAST)
        if allowed is None:
            return self.near.candidates(query, count, self._live if len(self.removed) else None)
        ends = min(len(allowed), len(self._live))
        mask = allowed[:ends] & self._live[:ends]
        left = int(np.count_nonzero(mask))
        if left <= max(_READ_ALL, count):
            return np.flatnonzero(mask)
        return self.near.candidates(query, count, mask, share=left / len(self.rows))


def large_folder(path: Path) -> Path:
    """Where the large part lies beside the file of an index."""
    return path.with_suffix("")


def _read_removed(path: Path) -> Ids:
    if not path.exists():
        return np.empty(0, np.int64)
    try:
        removed = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise IndexDamagedError(damage(path)) from error
    if removed.dtype != np.int64 or removed.ndim != 1:
        raise IndexDamagedError(damage(path))
    return np.asarray(removed)
