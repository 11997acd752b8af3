"""Writes a vector index: a new one, or one that starts from the index of the previous snapshot.

In: chunk ids with unit vectors, and ids to remove. Out: the files that `VectorIndex` opens.
New vectors come into `vectors.faiss`, which is written anew each time and therefore kept small. When it is full it
becomes a part of the large index; parts are taken over by hard link. So one document costs little to add, at any size.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from assistant.chunk_store_writer import link_or_copy
from assistant.embeddings import Vector
from assistant.faiss_vectors import ExactVectors, NearVectors, lists_for, sample_size
from assistant.vector_index import NEAR_FILE, REMOVED_FILE, LargePart, VectorIndex, large_folder
from assistant.vector_rows import Ids, VectorRows, write_part

_BATCH = 16_384  # vectors that are approximated at once


@dataclass(frozen=True)
class Sizes:
    """From which numbers of vectors on another way of keeping them pays (docs/scaling.md)."""

    exact: int = 50_000  # to compare them all takes some 5 ms, and misses nothing
    recent: int = 20_000  # beside a large part: 2 ms, and 30 MB to write with every change


class VectorIndexWriter:
    """Builds an index in a new folder; nothing is complete before `finish`."""

    def __init__(
        self, path: Path, dimension: int, previous: VectorIndex | None = None, sizes: Sizes | None = None
    ) -> None:
        """Args:
        path: of the file to write; the large part comes into a folder beside it.
        previous: opened by the caller for this writer alone, because its recent vectors are changed.
        """
        self._path, self._dimension, self._sizes = path, dimension, sizes or Sizes()
        self._folder = large_folder(path)
        self._recent = previous.recent if previous else ExactVectors(dimension)
        self._large = previous.large if previous else None
        self._in_parts: list[Ids] = []  # ids in the large part, dead ones too; of each part that is added
        self._fresh: list[Ids] = []  # those that were not approximated yet
        self._removed: Ids = np.empty(0, np.int64)  # from the large part, in ascending order
        if self._large:
            self._take_over(self._large)

    @property
    def size(self) -> int:
        """The number of vectors."""
        return self._recent.size + sum(map(len, self._in_parts)) - len(self._removed)

    def add(self, ids: Ids, vectors: Vector) -> None:
        """Add unit vectors; the ids must be new."""
        self._recent.add(ids, vectors)
        # The first build of a large index must not hold all its vectors in memory.
        if self._recent.size > self._sizes.exact:
            self._to_part()

    def remove(self, ids: Ids) -> int:
        """Remove vectors; returns how many were there."""
        before = self.size
        self._recent.remove(ids)
        inside = [np.intersect1d(ids, part) for part in self._in_parts]
        self._removed = np.union1d(self._removed, np.concatenate([np.empty(0, np.int64), *inside]))
        return before - self.size

    def finish(self) -> None:
        """Write everything."""
        if self._in_parts and self.size <= self._sizes.exact // 2:
            self._unite()
        elif self._in_parts and self._is_mostly_dead():
            self._unite()
            self._grow()
        elif self._fresh or self._recent.size > (self._sizes.recent if self._in_parts else self._sizes.exact):
            self._grow()
        elif len(self._removed):
            self._write_removed()
        self._recent.save(self._path)

    def _is_mostly_dead(self) -> bool:
        """Whether a quarter of the rows is dead, or an id that is dead in the large part has come to life again."""
        is_back = bool(np.isin(self._recent.ids, self._removed).any()) or any(
            bool(np.isin(part, self._removed).any()) for part in self._fresh
        )
        return is_back or 4 * len(self._removed) > sum(map(len, self._in_parts))

    def _take_over(self, large: LargePart) -> None:
        self._folder.mkdir()
        for file in (NEAR_FILE, *(f"{name}{end}" for name in large.rows.names for end in (".f32", ".npy"))):
            link_or_copy(large.folder / file, self._folder / file)
        self._in_parts, self._removed = [large.rows.ids], large.removed

    def _to_part(self) -> None:
        """Move the recent vectors to a part of their own."""
        ids = np.sort(self._recent.ids)
        self._folder.mkdir(exist_ok=True)
        last = max((int(path.stem[6:]) for path in self._folder.glob("exact-*.f32")), default=0)
        write_part(self._folder, last + 1, ids, self._recent.vectors(ids))
        self._in_parts.append(ids)
        self._fresh.append(ids)
        self._recent = ExactVectors(self._dimension)

    def _grow(self) -> None:
        """Approximate what came in since the last time; everything, if that number of vectors wants other lists."""
        if self._recent.size:
            self._to_part()
        rows = VectorRows(self._folder, self._dimension)
        lists = lists_for(self.size)
        if self._large and self._large.near.lists == lists:
            near = NearVectors.load(self._large.folder / NEAR_FILE, to_change=True)
            which = rows.where(np.concatenate(self._fresh))
        else:
            near = NearVectors.train(_sample(rows, sample_size(lists)), lists)
            which = np.arange(len(rows), dtype=np.int64)
        for begin in range(0, len(which), _BATCH):
            batch = which[begin : begin + _BATCH]
            near.add(rows.ids[batch], rows.vectors(batch))
        (self._folder / NEAR_FILE).unlink(missing_ok=True)  # it is the file of the previous index too
        near.save(self._folder / NEAR_FILE)
        self._write_removed()

    def _unite(self) -> None:
        """Take the live rows out of the large part, to keep them in memory or in new parts."""
        rows, removed = VectorRows(self._folder, self._dimension), self._removed
        self._large, self._in_parts, self._fresh, self._removed = None, [], [], np.empty(0, np.int64)
        for ids, vectors in rows.blocks():
            alive = ~np.isin(ids, removed)
            self.add(ids[alive], vectors[alive])
        for name in rows.names:
            (self._folder / f"{name}.f32").unlink()
            (self._folder / f"{name}.npy").unlink()
        (self._folder / NEAR_FILE).unlink(missing_ok=True)
        if not self._in_parts:
            self._folder.rmdir()

    def _write_removed(self) -> None:
        if len(self._removed):
            with (self._folder / REMOVED_FILE).open("wb") as stream:
                np.save(stream, self._removed, allow_pickle=False)


def _sample(rows: VectorRows, count: int) -> Vector:
    """Vectors from all over the index, always the same ones."""
    chosen = np.random.default_rng(0).choice(len(rows), min(count, len(rows)), replace=False)
    return rows.vectors(np.sort(chosen))
