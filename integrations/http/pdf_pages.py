"""Pages of PDF files as pictures, with a quote marked. In: a file, a page number and a quote. Out: a PNG."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from assistant import AssistantError
from integrations.http.png import encode_png
from integrations.http.quote_places import find_quote

if TYPE_CHECKING:
    import numpy as np
    import pypdfium2
    from numpy.typing import NDArray

_WIDTH = 1_100  # pixels: sharp on a screen that shows the page at half its width
_MAX_PIXELS = 4_000_000  # a page may say that it is metres long
_MAX_CHARACTERS = 100_000  # on a page that is searched for a quote
_MARK = (255, 224, 102)  # what is white becomes this; black stays black
_LINE = (122, 92, 0)  # under the mark, for who does not see its colour
_LINE_HEIGHT = 3
_MARGIN = 2  # pixels around a line of text

# PDFium is not safe to use from two threads at once, whatever the document; so one lock for the whole process.
_PDFIUM = Lock()

Box = tuple[int, int, int, int]  # left, top, right, bottom in pixels


class PageError(AssistantError):
    """The page cannot be shown as a picture; its text can."""


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
        self._kept: OrderedDict[tuple[object, ...], PageImage] = OrderedDict()

    def page(self, file: Path, number: int, quote: str = "", occurrence: int = 0) -> PageImage:
        """One page, counted from 1; `occurrence` counts from 0 which of several equal quotes on the page is meant.

        Raises:
            PageError: there is no such page, the file cannot be read, or drawing takes too long.
        """
        try:
            stat = file.stat()
        except OSError as error:
            raise PageError("Het bestand van deze bron is er niet meer. De tekst staat hieronder.") from error
        key = (file, stat.st_mtime_ns, stat.st_size, number, quote, occurrence)
        if not _PDFIUM.acquire(timeout=self._wait_seconds):
            raise PageError("Het is te druk om de pagina te tonen. Laad de bron over een halve minuut opnieuw.")
        try:
            return self._keep(key, self._kept.get(key) or self._drawn(file, number, quote, occurrence))
        finally:
            _PDFIUM.release()

    def _keep(self, key: tuple[object, ...], image: PageImage) -> PageImage:
        self._kept[key] = image
        self._kept.move_to_end(key)
        while len(self._kept) > 1 and sum(len(each.png) for each in self._kept.values()) > self._kept_bytes:
            self._kept.popitem(last=False)
        return image

    def _drawn(self, file: Path, number: int, quote: str, occurrence: int) -> PageImage:
        with _opened(file, number) as page:
            width, height = _size(*page.get_size())
            pixels = _pixels(page, width, height, time.monotonic() + self._draw_seconds)
            boxes = list(_boxes(page, width, height, quote, occurrence)) if quote else []
            _mark(pixels, boxes)
        top = round(max(min(box[1] for box in boxes), 0) / height, 3) if boxes else None
        return PageImage(encode_png(pixels), width, height, top)


@contextmanager
def _opened(file: Path, number: int) -> Iterator[pypdfium2.PdfPage]:
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(file)
    except (pypdfium2.PdfiumError, OSError) as error:
        raise PageError("Deze PDF kan niet als beeld worden getoond. De tekst staat hieronder.") from error
    try:
        if not 1 <= number <= len(document):
            raise PageError(f"Pagina {number} bestaat niet. Kies een pagina van 1 tot en met {len(document)}.")
        yield document[number - 1]
    except pypdfium2.PdfiumError as error:
        raise PageError("Deze pagina kan niet als beeld worden getoond. De tekst staat hieronder.") from error
    finally:
        document.close()


def _size(width_points: float, height_points: float) -> tuple[int, int]:
    """The size of the picture in pixels."""
    width_points, height_points = max(width_points, 1.0), max(height_points, 1.0)
    scale = min(_WIDTH / width_points, (_MAX_PIXELS / (width_points * height_points)) ** 0.5)
    return max(1, int(width_points * scale)), max(1, int(height_points * scale))


def _pixels(page: pypdfium2.PdfPage, width: int, height: int, deadline: float) -> NDArray[np.uint8]:
    """The drawn page; PDFium asks now and then whether it must pause, which is how drawing is cut off."""
    import pypdfium2
    from pypdfium2 import raw

    bitmap = pypdfium2.PdfBitmap.new_native(width, height, raw.FPDFBitmap_BGR, rev_byteorder=True)
    bitmap.fill_rect((255, 255, 255, 255), 0, 0, width, height)
    pause = raw.IFSDK_PAUSE(version=1)
    pause.NeedToPauseNow = type(pause.NeedToPauseNow)(lambda _: time.monotonic() > deadline)
    flags = raw.FPDF_ANNOT | raw.FPDF_REVERSE_BYTE_ORDER
    status = raw.FPDF_RenderPageBitmap_Start(bitmap, page, 0, 0, width, height, 0, flags, pause)
    raw.FPDF_RenderPage_Close(page)
    if status != raw.FPDF_RENDER_DONE:
        raise PageError("Deze pagina is te zwaar om als beeld te tonen. De tekst staat hieronder.")
    pixels: NDArray[np.uint8] = bitmap.to_numpy().copy()
    bitmap.close()
    return pixels


def _boxes(page: pypdfium2.PdfPage, width: int, height: int, quote: str, occurrence: int) -> Iterator[Box]:
    """The rectangles of the lines of text that hold the quote."""
    from pypdfium2 import raw

    text = page.get_textpage()
    characters = [
        chr(raw.FPDFText_GetUnicode(text, place)) for place in range(min(text.count_chars(), _MAX_CHARACTERS))
    ]
    for place in find_quote(characters, quote, occurrence):
        for number in range(text.count_rects(place.start, len(place))):
            left, bottom, right, top = text.get_rect(number)
            corners = [_pixel(page, width, height, x, y) for x, y in ((left, top), (right, bottom))]
            (x0, x1), (y0, y1) = (sorted(values) for values in zip(*corners, strict=True))
            yield x0 - _MARGIN, y0 - _MARGIN, x1 + _MARGIN, y1 + _MARGIN


def _pixel(page: pypdfium2.PdfPage, width: int, height: int, x: float, y: float) -> tuple[int, int]:
    """A point on the page as a place in the picture; PDFium knows about turned and cropped pages."""
    from ctypes import c_int

    from pypdfium2 import raw

    across, down = c_int(), c_int()
    raw.FPDF_PageToDevice(page, 0, 0, width, height, 0, x, y, across, down)
    return across.value, down.value


def _mark(pixels: NDArray[Any], boxes: Sequence[Box]) -> None:
    import numpy as np

    height, width, _ = pixels.shape
    covered = np.zeros((height, width), dtype=bool)  # so that overlapping boxes are not coloured twice
    for left, top, right, bottom in boxes:
        covered[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)] = True
    pixels[covered] = pixels[covered].astype(np.uint16) * np.array(_MARK, dtype=np.uint16) // 255
    for left, _, right, bottom in boxes:
        pixels[max(bottom, 0) : max(bottom + _LINE_HEIGHT, 0), max(left, 0) : max(right, 0)] = _LINE
