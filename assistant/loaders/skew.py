"""A scanned page that lies askew in, the same page with its lines of print level out."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_MOST_DEGREES = 5.0
_LEAST_DEGREES = 0.2  # less does no harm
_COARSE, _FINE = 0.5, 0.1
_SMALL_SIDE = 600  # pixels; enough to see the lines


def levelled(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The grey page with its columns shifted until its lines are level; letters keep their shape."""
    import numpy as np

    degrees = skew_of(pixels)
    if abs(degrees) < _LEAST_DEGREES:
        return pixels
    level = np.full_like(pixels, 255)
    for columns, down in _steps(pixels.shape[1], degrees):
        if down >= 0:
            level[: pixels.shape[0] - down, columns] = pixels[down:, columns]
        else:
            level[-down:, columns] = pixels[:down, columns]
    return level


def skew_of(pixels: NDArray[np.uint8]) -> float:
    """By how many degrees the lines run down to the right (up: negative)."""
    import numpy as np

    ink = _ink(pixels)
    coarse = max(np.arange(-_MOST_DEGREES, _MOST_DEGREES + 0.01, _COARSE), key=lambda angle: _contrast(ink, angle))
    fine = np.arange(coarse - _COARSE, coarse + _COARSE + 0.01, _FINE)
    best = float(max(fine, key=lambda angle: _contrast(ink, angle)))
    # Pictures alone have no lines; then nothing is much better than leaving the page as it is.
    return best if _contrast(ink, best) > 1.1 * _contrast(ink, 0.0) else 0.0


def sharpness(pixels: NDArray[np.uint8]) -> float:
    """How sharply lines of print that run across the page, or nearly, stand out."""
    import numpy as np

    ink = _ink(pixels)
    return max(_contrast(ink, angle) for angle in np.arange(-_MOST_DEGREES, _MOST_DEGREES + 0.01, 2 * _COARSE))


def _ink(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    step = max(1, min(pixels.shape) // _SMALL_SIDE)
    small = pixels[: pixels.shape[0] // step * step, : pixels.shape[1] // step * step]
    ink: NDArray[np.float64] = 255.0 - small.reshape(small.shape[0] // step, step, small.shape[1] // step, step).mean(
        axis=(1, 3)
    )
    return ink


def _contrast(ink: NDArray[np.float64], degrees: float) -> float:
    """How sharply rows with print and rows without alternate when the page is turned back by so much."""
    import numpy as np

    rows = np.zeros(ink.shape[0])
    for columns, down in _steps(ink.shape[1], degrees):
        rows += np.roll(ink[:, columns].sum(axis=1), -down)
    return float((np.diff(rows) ** 2).sum())


def _steps(width: int, degrees: float) -> Iterator[tuple[slice, int]]:
    """The columns that move together, and by how many pixels their print lies too low."""
    import numpy as np

    downs = np.round(np.tan(np.radians(degrees)) * (np.arange(width) - width / 2)).astype(int)
    borders = [0, *(np.flatnonzero(np.diff(downs)) + 1), width]
    for begin, end in pairwise(borders):
        yield slice(int(begin), int(end)), int(downs[begin])
