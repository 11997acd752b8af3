"""BM25 as tantivy reckons it, so that the same question finds the same chunks in PostgreSQL as in files."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

K1, B = 1.2, 0.75

Floats = NDArray[np.float32]


def _kept_lengths() -> NDArray[np.int64]:
    """The 256 lengths that tantivy (as Lucene) can keep in a byte: exact to 40, then in eight steps a doubling."""
    coarse = [low if shift < 0 else (low | 8) << shift for shift in range(-1, 31) for low in range(8)]
    return np.array([*range(24), *(24 + each for each in coarse)][:256], np.int64)


_KEPT_LENGTHS = _kept_lengths()


def kept_length(lengths: NDArray[Any]) -> Floats:
    """Lengths in tokens, rounded down to what tantivy keeps."""
    places = np.searchsorted(_KEPT_LENGTHS, lengths, side="right") - 1
    return _KEPT_LENGTHS[places].astype(np.float32)


def tempering(lengths: NDArray[Any]) -> Floats:
    """For each chunk what is added to a token's count below the line: the more, the longer the chunk is."""
    average = np.float32(lengths.sum()) / np.float32(max(1, len(lengths)))
    if average <= 0:
        return np.full(len(lengths), K1, np.float32)
    tempered: Floats = np.float32(K1) * (np.float32(1 - B) + np.float32(B) * kept_length(lengths) / np.float32(average))
    return tempered


def best_possible(frequency: int, chunks: int) -> float:
    """What a token can add to a chunk's score at most: its rarity, times k1 + 1."""
    ratio = (np.float32(chunks - frequency) + np.float32(0.5)) / (np.float32(frequency) + np.float32(0.5))
    return float(np.log(np.float32(1) + ratio) * np.float32(1 + K1))
