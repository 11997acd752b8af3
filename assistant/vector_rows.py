"""Exact vectors on disk, read a few at a time; each row carries a checksum that is compared on every reading.

In: ids and vectors, written once. Out: the same vectors by id, or IndexDamagedError. A part is two files that never
change: `exact-000001.f32` (rows of 32-bit floats) and `exact-000001.npy` (for each row its id and its checksum).
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Iterator, Sequence
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
        self._dimension = dimension
        self._parts = [_Part(folder / f"{name}.f32", dimension) for name in self.names]
        self._starts = np.cumsum([0] + [len(part.labels) for part in self._parts])
        labels = [part.labels["id"] for part in self._parts]
        self.ids: Ids = np.concatenate(labels).astype(np.int64) if labels else np.empty(0, np.int64)
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
        vectors = np.empty((len(rows), self._dimension), np.float32)
        order = np.argsort(rows, kind="stable")
        wanted = rows[order]
        # Rows that follow each other, as the chunks of one document do, are read in one go.
        breaks = np.flatnonzero(np.diff(wanted) != 1) + 1
        for begin, end in zip([0, *breaks.tolist()], [*breaks.tolist(), len(wanted)], strict=True):
            if begin < end:
                vectors[order[begin:end]] = self._run(int(wanted[begin]), end - begin)
        return vectors

    def blocks(self) -> Iterator[tuple[Ids, Vector]]:
        """Everything, in the order of the files."""
        for part in self._parts:
            for begin in range(0, len(part.labels), _BLOCK):
                ids = part.labels["id"][begin : begin + _BLOCK].astype(np.int64)
                yield ids, part.read(begin, len(ids))

    def _run(self, row: int, count: int) -> Vector:
        number = int(np.searchsorted(self._starts, row, side="right")) - 1
        first = row - int(self._starts[number])
        head = self._parts[number].read(first, min(count, len(self._parts[number].labels) - first))
        rest = count - len(head)
        return np.concatenate([head, self._run(row + len(head), rest)]) if rest else head


class _Part:
    """One part, opened for reading."""

    def __init__(self, path: Path, dimension: int) -> None:
        self._path, self._dimension = path, dimension
        labels = path.with_suffix(".npy")
        try:
            self.labels = np.load(labels, allow_pickle=False)
            self._handle = os.open(path, os.O_RDONLY)
        except (OSError, ValueError, EOFError) as error:
            raise IndexDamagedError(damage(labels)) from error
        weakref.finalize(self, os.close, self._handle)
        if self.labels.dtype != _LABEL or self.labels.ndim != 1:
            raise IndexDamagedError(damage(labels))
        if os.fstat(self._handle).st_size != len(self.labels) * dimension * 4:
            raise IndexDamagedError(damage(path))

    def read(self, first: int, count: int) -> Vector:
        # Not mapped: a page that a search has touched would count as memory of this process for ever after.
        width = self._dimension * 4
        content = os.pread(self._handle, count * width, first * width)
        view = memoryview(content)
        sums = self.labels["crc"][first : first + count].tolist()
        if len(content) != count * width or sums != [crc32(view[i * width : (i + 1) * width]) for i in range(count)]:
            raise IndexDamagedError(damage(self._path))
        return np.frombuffer(content, "<f4").reshape(count, self._dimension).astype(np.float32, copy=False)


def join(found: Sequence[tuple[Ids, Vector]]) -> tuple[Ids, Vector]:
    """Ids and vectors from several places, one after the other."""
    return np.concatenate([ids for ids, _ in found]), np.concatenate([vectors for _, vectors in found])


def damage(path: Path) -> str:
    """The sentence for a file of the index that is not as it was written."""
    return (
        f"Het indexbestand '{path}' is beschadigd of ontbreekt. "
        "Typ: beleidswijzer index rollback of beleidswijzer index build --opnieuw"
    )
