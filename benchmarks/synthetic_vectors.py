"""Vectors of as many passages as wanted, that lie to each other and to questions as those of real passages do.

In: the vectors of real passages. Out: those, and vectors around them. See docs/scaling.md for how well they resemble.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.embeddings import Vector

_NEIGHBOURS, _DIRECTIONS = 10, 4
BLOCK = 20_000


@dataclass(frozen=True)
class Likeness:
    """How near the nearest and the tenth nearest other passage are: medians of cosines."""

    first: float
    tenth: float


class SyntheticVectors:
    """Moves real vectors a little, along differences between neighbours of theirs: where real passages differ too."""

    def __init__(self, real: Vector) -> None:
        self._real = real
        self._neighbours = nearest(real, real, _NEIGHBOURS + 1)[0][:, 1:]

    def around(self, rows: NDArray[np.int64], spread: float, seed: int) -> Vector:
        """One vector around each of these real ones; `spread` 0 gives the real ones themselves."""
        chance = np.random.default_rng(seed)
        moved = self._real[rows].copy()
        for _ in range(_DIRECTIONS):
            one = self._neighbours[rows, chance.integers(0, _NEIGHBOURS, len(rows))]
            other = self._neighbours[one, chance.integers(0, _NEIGHBOURS, len(rows))]
            size = spread / 2 * chance.standard_normal((len(rows), 1), np.float32)
            moved += size * (self._real[one] - self._real[other])
        unit: Vector = moved / np.linalg.norm(moved, axis=1, keepdims=True)
        return unit

    def blocks(self, count: int, spread: float) -> Iterator[Vector]:
        """`count` vectors: the real ones first, then vectors around real ones that are drawn by chance."""
        real = min(count, len(self._real))
        yield self._real[:real]
        for begin in range(real, count, BLOCK):
            size = min(BLOCK, count - begin)
            rows = np.random.default_rng(begin).integers(0, len(self._real), size)
            yield self.around(rows, spread, seed=begin + 1)


def nearest(vectors: Vector, queries: Vector, limit: int) -> tuple[NDArray[np.int64], Vector]:
    """Rows and cosines of the nearest, by comparing everything."""
    import faiss

    index: Any = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    cosines, rows = index.search(queries, limit)
    return rows, cosines


def likeness(vectors: Vector, sample: int = 500) -> Likeness:
    """How near neighbours are in a set of vectors."""
    chosen = vectors[np.random.default_rng(1).choice(len(vectors), min(sample, len(vectors)), replace=False)]
    cosines = nearest(vectors, chosen, _NEIGHBOURS + 1)[1]
    return Likeness(float(np.median(cosines[:, 1])), float(np.median(cosines[:, _NEIGHBOURS])))


def expected_likeness(real: Vector, count: int) -> Likeness:
    """How near neighbours would be among `count` real passages.

    1 - cosine shrinks by about the same factor with every doubling of the number of passages; that factor is measured
    on halves of the real vectors and taken on to `count`.
    """
    shuffled = real[np.random.default_rng(0).permutation(len(real))]
    whole, quarter = likeness(shuffled), likeness(shuffled[: len(shuffled) // 4])
    doublings = np.log2(count / len(real))

    def further(now: float, before: float) -> float:
        return float(1 - (1 - now) * ((1 - now) / (1 - before)) ** (doublings / 2))

    return Likeness(further(whole.first, quarter.first), further(whole.tenth, quarter.tenth))
