"""Scores a question to uncertainty: bootstrap intervals and paired tests, always with the same seed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 2_000
PERMUTATIONS = 10_000
SEED = 20_260_101
_BATCH_CELLS = 2_000_000  # keeps memory flat for large sets

Numbers = Sequence[float] | NDArray[np.float64]


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float
    count: int  # questions behind it


def estimate_mean(scores: Numbers) -> Estimate | None:
    """The mean of `scores` with its bootstrap interval; None without scores."""
    return estimate_ratio(scores, np.ones(len(scores)))


def estimate_ratio(parts: Numbers, wholes: Numbers) -> Estimate | None:
    """The sum of `parts` divided by the sum of `wholes`, drawing questions again for the interval.

    None when the wholes sum to nothing.
    """
    part, whole = np.asarray(parts, dtype=float), np.asarray(wholes, dtype=float)
    if not whole.sum():
        return None
    generator = np.random.default_rng(SEED)
    ratios: list[NDArray[np.float64]] = []
    batch = max(1, _BATCH_CELLS // len(part))
    for start in range(0, RESAMPLES, batch):
        drawn = generator.integers(0, len(part), size=(min(batch, RESAMPLES - start), len(part)))
        totals = whole[drawn].sum(axis=1)
        ratios.append(part[drawn].sum(axis=1)[totals > 0] / totals[totals > 0])
    low, high = np.percentile(np.concatenate(ratios), [2.5, 97.5])
    return Estimate(float(part.sum() / whole.sum()), float(low), float(high), int((whole > 0).sum()))


def permutation_test(differences: Numbers) -> float:
    """Two-sided p-value of the mean of paired `differences`, by turning signs at random."""
    values = np.asarray(differences, dtype=float)
    values = values[values != 0]
    if not len(values):
        return 1.0
    generator = np.random.default_rng(SEED)
    seen = abs(values.sum()) - 1e-12  # sums in another order may differ in the last bit
    extreme = 0
    batch = max(1, _BATCH_CELLS // len(values))
    for start in range(0, PERMUTATIONS, batch):
        signs = generator.choice((-1.0, 1.0), size=(min(batch, PERMUTATIONS - start), len(values)))
        extreme += int((np.abs(signs @ values) >= seen).sum())
    return (1 + extreme) / (1 + PERMUTATIONS)


def mcnemar_test(won: int, lost: int) -> float:
    """Exact two-sided p-value for yes/no scores: `won` and `lost` count the questions that changed."""
    changed = won + lost
    if not changed:
        return 1.0
    tail = sum(math.comb(changed, times) for times in range(min(won, lost) + 1))
    doubled: float = 2 * tail / 2**changed
    return min(1.0, doubled)
