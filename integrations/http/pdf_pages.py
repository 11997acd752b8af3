"""Pages of PDF files as pictures, with a quote marked. In: a file, a page number and a quote. Out: a PNG."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from assistant import PageError, encode_png, opened_page, page_pixels, text_boxes
from integrations.http.quote_places import find_quote

if TYPE_CHECKING:
    from numpy.typing import NDArray

_WIDTH = 1_100  # pixels: sharp on a screen that shows the page at half its width
_MAX_PIXELS = 4_000_000  # a page may say that it is metres long
_MARK = (255, 224, 102)  # what is white becomes this; black stays black
_LINE = (122, 92, 0)  # under the mark, for who does not see its colour
_LINE_HEIGHT = 3
_MARGIN = 2  # pixels around a line of text

GONE = "Het bestand van deze bron is er niet meer. De tekst staat hieronder."

Box = tuple[int, int, int, int]  # left, top, right, bottom in pixels


@dataclass(frozen=True)
class PageImage:
    """One page as a picture."""

    png: bytes
    width: int  # pixels
    height: int
    mark_top: float | None = None  # where the marked quote begins, as a share of the height; None if it was not found

    @property
    def is_marked(self) -> bool:
        """Whether the quote was found on this page."""
        return self.mark_top is not None


class PdfPages:
    """Draws pages, and keeps the last ones; safe to use from several threads."""

    def __init__(
        self, wait_seconds: float = 10.0, draw_seconds: float = 5.0, kept_bytes: int = 32 * 1024 * 1024
    ) -> None:
        """Nothing is drawn yet.

        Args:
            wait_seconds: how long a page waits for its turn.
            draw_seconds: how long drawing one page may take.
        """
        self._wait_seconds, self._draw_seconds, self._kept_bytes = wait_seconds, draw_seconds, kept_bytes
        self._lock = Lock()  # of what is kept
        self._kept: OrderedDict[tuple[object, ...], PageImage] = OrderedDict()

    def page(self, file: Path, number: int, quote: str = "", occurrence: int = 0) -> PageImage:
        """One page, counted from 1; `occurrence` counts from 0 which of several equal quotes on the page is meant.

        Raises:
            PageError: there is no such page, the file cannot be read, or drawing takes too long.
        """
        try:
            stat = file.stat()
        except OSError as error:
            raise PageError(GONE) from error
        key = (file, stat.st_mtime_ns, stat.st_size, number, quote, occurrence)
        with self._lock:
            kept = self._kept.get(key)
        image = kept or self._drawn(file, number, quote, occurrence)
        with self._lock:
            return self._keep(key, image)

    def _keep(self, key: tuple[object, ...], image: PageImage) -> PageImage:
        self._kept[key] = image
        self._kept.move_to_end(key)
        while len(self._kept) > 1 and sum(len(each.png) for each in self._kept.values()) > self._kept_bytes:
            self._kept.popitem(last=False)
        return image

    def _drawn(self, file: Path, number: int, quote: str, occurrence: int) -> PageImage:
        with opened_page(file, number, self._wait_seconds) as page:
            width, height = _size(*page.get_size())
            pixels = page_pixels(page, width, height, self._draw_seconds)
            found = text_boxes(page, width, height, lambda text: find_quote(text, quote, occurrence)) if quote else ()
            boxes = [_with_margin(box) for box in found]
            _mark(pixels, boxes)
        top = round(max(min(box[1] for box in boxes), 0) / height, 3) if boxes else None
        return PageImage(encode_png(pixels), width, height, top)


def _size(width_points: float, height_points: float) -> tuple[int, int]:
    """The size of the picture in pixels."""
    width_points, height_points = max(width_points, 1.0), max(height_points, 1.0)
    scale = min(_WIDTH / width_points, (_MAX_PIXELS / (width_points * height_points)) ** 0.5)
    return max(1, int(width_points * scale)), max(1, int(height_points * scale))


def _with_margin(box: Box) -> Box:
    left, top, right, bottom = box
    return left - _MARGIN, top - _MARGIN, right + _MARGIN, bottom + _MARGIN


def _mark(pixels: NDArray[Any], boxes: Sequence[Box]) -> None:
    import numpy as np

    height, width, _ = pixels.shape
    covered = np.zeros((height, width), dtype=bool)  # so that overlapping boxes are not coloured twice
    for left, top, right, bottom in boxes:
        covered[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)] = True
    pixels[covered] = pixels[covered].astype(np.uint16) * np.array(_MARK, dtype=np.uint16) // 255
    for left, _, right, bottom in boxes:
        pixels[max(bottom, 0) : max(bottom + _LINE_HEIGHT, 0), max(left, 0) : max(right, 0)] = _LINE
