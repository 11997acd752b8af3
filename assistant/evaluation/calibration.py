"""Confidences beside outcomes: how well they are calibrated, and what each threshold costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

BINS = 10


@dataclass(frozen=True)
class Bin:
    """The questions whose confidence lies between two bounds."""

    low: float
    high: float
    count: int
    confidence: float  # mean
    right: float  # share


@dataclass(frozen=True)
class RiskPoint:
    """What happens when only confidences of at least `threshold` are shown."""

    threshold: float
    coverage: float  # share of questions answered
    risk: float  # share of those answers that are wrong


@dataclass(frozen=True)
class RefusalPoint:
    """What a threshold does to questions that can and questions that cannot be answered."""

    threshold: float
    answered: float  # share of the answerable questions still answered
    refused: float  # share of the unanswerable questions refused


def calibration_bins(confidences: Sequence[float], outcomes: Sequence[bool]) -> list[Bin]:
    """Ten bins of equal width, the empty ones left out."""
    values, right = np.asarray(confidences, float), np.asarray(outcomes, float)
    numbers = np.minimum((values * BINS).astype(int), BINS - 1)
    return [
        Bin(
            number / BINS,
            (number + 1) / BINS,
            int((numbers == number).sum()),
            float(values[numbers == number].mean()),
            float(right[numbers == number].mean()),
        )
        for number in np.unique(numbers)
    ]


def calibration_error(bins: Sequence[Bin]) -> float | None:
    """ECE: the mean distance between confidence and outcome, each bin counted by its questions."""
    total = sum(each.count for each in bins)
    return sum(each.count * abs(each.confidence - each.right) for each in bins) / total if total else None


def risk_curve(confidences: Sequence[float], outcomes: Sequence[bool], total: int | None = None) -> list[RiskPoint]:
    """Coverage and risk at every threshold that occurs, from the strictest down.

    Args:
        total: the number of questions asked, where some were refused and so have no answer to judge.
    """
    values, right = np.asarray(confidences, float), np.asarray(outcomes, float)
    points = []
    for threshold in np.unique(values)[::-1]:
        shown = values >= threshold
        coverage = shown.sum() / (total or len(values))
        points.append(RiskPoint(float(threshold), float(coverage), float(1 - right[shown].mean())))
    return points


def area_under_risk(points: Sequence[RiskPoint]) -> float | None:
    """The mean risk over all coverages that are reached: 0 is perfect; None without points."""
    if not points:
        return None
    coverage = np.array([0.0, *(point.coverage for point in points)])
    risk = np.array([point.risk for point in points])
    return float((np.diff(coverage) * risk).sum() / coverage[-1])


def refusal_curve(answerable: Sequence[float], unanswerable: Sequence[float]) -> list[RefusalPoint]:
    """For every threshold that occurs, from the loosest up, both shares; empty when either kind is missing."""
    if not len(answerable) or not len(unanswerable):
        return []
    can, cannot = np.asarray(answerable, float), np.asarray(unanswerable, float)
    return [
        RefusalPoint(float(threshold), float((can >= threshold).mean()), float((cannot < threshold).mean()))
        for threshold in np.unique(np.concatenate([[0.0], can, cannot]))
    ]


def refused_while_answering(points: Sequence[RefusalPoint], answered: float) -> float | None:
    """The most unanswerable questions refused by any threshold that still answers that share of the answerable."""
    return max((point.refused for point in points if point.answered >= answered), default=None)
