"""A scanned page that lies on its side or upside down in, its printed lines as they are read upright out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from assistant.loaders.ocr import PrintedLine, read_picture
from assistant.loaders.skew import sharpness

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_PLAINLY = 1.5  # times as sharp: lines of print in one direction, and only their letters in the other
_SURE = 70.0  # mean confidence of a page that stands upright
_ENOUGH_LETTERS = 50  # fewer are a stamp or a piece of a drawing, which has no upright


def across(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The grey page with its lines of print running across; perhaps upside down."""
    import numpy as np

    on_its_side = np.rot90(pixels)
    return np.ascontiguousarray(on_its_side) if sharpness(on_its_side) > _PLAINLY * sharpness(pixels) else pixels


def read_either_way_up(pixels: NDArray[np.uint8], dpi: int) -> list[PrintedLine]:
    """The lines on a picture, turned upside down when it reads better so.

    Raises:
        OcrError: Tesseract fails or takes too long.
    """
    import numpy as np

    printed = read_picture(pixels, dpi)
    if _letters(printed) < _ENOUGH_LETTERS or _confidence(printed) >= _SURE:
        return printed
    turned = read_picture(np.ascontiguousarray(pixels[::-1, ::-1]), dpi)
    return max(printed, turned, key=lambda lines: _letters(lines) * _confidence(lines))


def _letters(printed: Sequence[PrintedLine]) -> int:
    return sum(character.isalnum() for line in printed for character in line.text)


def _confidence(printed: Sequence[PrintedLine]) -> float:
    words = [line.confidence for line in printed for _ in line.text.split()]
    return sum(words) / len(words) if words else 0.0
