"""Exact vectors on disk, read a few at a time; each row carries a checksum that is compared on every reading.

In: ids and vectors, written once. Out: the same vectors by id, or IndexDamagedError. A part is two files that never
change: `exact-000001.f32` (rows of 32-bit floats) and `exact-000001.npy` (for each row its id and its checksum).
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Iterator
from pathlib import Path
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from assistant.embeddings import Vector
from assistant.errors import IndexDamagedError

Ids = NDArray[np.int64]

_LABEL = np.dtype([("id", "<i8"), ("crc", "<u4")])
_BLOCK = 4096  # rows that are read at once when all are wanted


def write_part(folder: Path, number: int, ids: Ids, vectors: Vector) -> str:
    """Write a part; returns its name."""
    name = f"exact-{number:06}"
    rows = np.ascontiguousarray(vectors, "<f4")
    labels = np.empty(len(ids), _LABEL)
    labels["id"], labels["crc"] = ids, [crc32(row.tobytes()) for row in rows]
    with (folder / f"{name}.f32").open("wb") as stream:
        stream.write(rows.data.cast("B"))
    with (folder / f"{name}.npy").open("wb") as stream:
        np.save(stream, labels, allow_pickle=False)
    return name


class VectorRows:
    """All parts in a folder; safe to use from several threads."""

    def __init__(self, folder: Path, dimension: int) -> None:
        """Open the parts; they are closed with the last reference to this."""
        self.names = sorted(path.stem for path in folder.glob("exact-*.f32"))
        self._folder, self._dimension = folder, dimension
        self._parts = [_Part(folder / f"{name}.f32", dimension) for name in self.names]
        labels = np.concatenate([np.empty(0, _LABEL), *(part.labels for part in self._parts)])
        self.ids: Ids = labels["id"].astype(np.int64)
        self._sums = labels["crc"].copy()
        self._starts = np.cumsum([0] + [len(part.labels) for part in self._parts])
        self._order = None if bool(np.all(self.ids[1:] > self.ids[:-1])) else np.argsort(self.ids, kind="stable")
        self._sorted = self.ids if self._order is None else self.ids[self._order]

    def __len__(self) -> int:
        return len(self.ids)

    def where(self, ids: Ids) -> NDArray[np.int64]:
        """The row of each id, -1 for one that is not here."""
        if not len(self.ids):
            return np.full(len(ids), -1, np.int64)
        found = np.minimum(np.searchsorted(self._sorted, ids), len(self.ids) - 1)
        rows = found if self._order is None else self._order[found]
        return np.where(self._sorted[found] == ids, rows, -1).astype(np.int64)

    def vectors(self, rows: NDArray[np.int64]) -> Vector:
        """The vectors of some rows, in their order."""
        order = np.argsort(rows, kind="stable")
        vectors = np.empty((len(rows), self._dimension), np.float32)
        vectors[order] = self._read(rows[order])
        return vectors

    def blocks(self) -> Iterator[tuple[Ids, Vector]]:
        """Everything, in the order of the files."""
        for begin in range(0, len(self), _BLOCK):
            rows = np.arange(begin, min(begin + _BLOCK, len(self)))
            yield self.ids[rows], self._read(rows)

    def _read(self, rows: NDArray[np.int64]) -> Vector:
        """The vectors of rows in ascending order."""
        # Not mapped: a page that a search has touched would count as memory of this process for ever after.
        width = self._dimension * 4
        vectors = np.empty((len(rows), self._dimension), "<f4")
        if not len(rows):
            return vectors
        view = vectors.data.cast("B")
        part = np.searchsorted(self._starts, rows, side="right") - 1
        # Rows that follow each other, as the chunks of one document do, are read in one go.
        ends = np.flatnonzero((np.diff(rows) != 1) | (np.diff(part) != 0)) + 1
        begins = np.concatenate([[0], ends])[: len(rows)]
        places = zip(begins.tolist(), part[begins].tolist(), (rows - self._starts[part])[begins].tolist(), strict=True)
        stops = [*ends.tolist(), len(rows)]
        for (begin, number, first), end in zip(places, stops, strict=False):
            os.preadv(self._parts[number].handle, [view[begin * width : end * width]], first * width)
        sums = [crc32(view[at : at + width]) for at in range(0, len(rows) * width, width)]
        wrong = np.flatnonzero(np.array(sums, np.uint32) != self._sums[rows])
        if len(wrong):
            raise IndexDamagedError(damage(self._folder / f"{self.names[part[wrong[0]]]}.f32"))
        return vectors.astype(np.float32, copy=False)


class _Part:
    """One part, opened for reading."""

    def __init__(self, path: Path, dimension: int) -> None:
        labels = path.with_suffix(".npy")
        try:
            self.labels = np.load(labels, allow_pickle=False)
            self.handle = os.open(path, os.O_RDONLY)
        except (OSError, ValueError, EOFError) as error:
            raise IndexDamagedError(damage(labels)) from error
        weakref.finalize(self, os.close, self.handle)
        if self.labels.dtype != _LABEL or self.labels.ndim != 1:
            raise IndexDamagedError(damage(labels))
        if os.fstat(self.handle).st_size != len(self.labels) * dimension * 4:
            raise IndexDamagedError(damage(path))


def damage(path: Path) -> str:
    """The sentence for a file of the index that is not as it was written."""
    return (
        f"Het indexbestand '{path}' is beschadigd of ontbreekt. "
        "Typ: beleidswijzer index rollback of beleidswijzer index build --opnieuw"
    )
