"""Pages of a PDF drawn by PDFium. In: a file and a page number. Out: pixels, and where text stands among them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from assistant.errors import PageError

if TYPE_CHECKING:
    import numpy as np
    import pypdfium2
    from numpy.typing import NDArray

_MAX_CHARACTERS = 100_000  # on a page that is searched for a quote

# PDFium is not safe to use from two threads at once, whatever the document; so one lock for the whole process.
_PDFIUM = Lock()

Box = tuple[int, int, int, int]  # left, top, right, bottom in pixels


@contextmanager
def opened_page(file: Path | bytes, number: int, wait_seconds: float) -> Iterator[pypdfium2.PdfPage]:
    """One page, counted from 1, for this thread alone.

    Raises:
        PageError: there is no such page, the file cannot be read, or the turn does not come in time.
    """
    import pypdfium2

    if not _PDFIUM.acquire(timeout=wait_seconds):
        raise PageError("Het is te druk om de pagina te tonen. Laad de bron over een halve minuut opnieuw.")
    try:
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
    finally:
        _PDFIUM.release()


def page_pixels(
    page: pypdfium2.PdfPage, width: int, height: int, draw_seconds: float, *, grey: bool = False
) -> NDArray[np.uint8]:
    """The drawn page in colour (RGB) or grey; PageError when drawing takes too long."""
    import pypdfium2
    from pypdfium2 import raw

    deadline = time.monotonic() + draw_seconds
    kind = raw.FPDFBitmap_Gray if grey else raw.FPDFBitmap_BGR
    bitmap = pypdfium2.PdfBitmap.new_native(width, height, kind, rev_byteorder=not grey)
    bitmap.fill_rect((255, 255, 255, 255), 0, 0, width, height)
    # PDFium asks now and then whether it must pause, which is how drawing is cut off.
    pause = raw.IFSDK_PAUSE(version=1)
    pause.NeedToPauseNow = type(pause.NeedToPauseNow)(lambda _: time.monotonic() > deadline)
    flags = raw.FPDF_ANNOT | (raw.FPDF_GRAYSCALE if grey else raw.FPDF_REVERSE_BYTE_ORDER)
    status = raw.FPDF_RenderPageBitmap_Start(bitmap, page, 0, 0, width, height, 0, flags, pause)
    raw.FPDF_RenderPage_Close(page)
    if status != raw.FPDF_RENDER_DONE:
        raise PageError("Deze pagina is te zwaar om als beeld te tonen. De tekst staat hieronder.")
    pixels: NDArray[np.uint8] = bitmap.to_numpy().copy()
    bitmap.close()
    return pixels


def text_boxes(
    page: pypdfium2.PdfPage, width: int, height: int, find: Callable[[Sequence[str]], Iterable[range]]
) -> Iterator[Box]:
    """The rectangles of the lines of text at the places that `find` gives for the characters of the page."""
    from pypdfium2 import raw

    text = page.get_textpage()
    characters = [
        chr(raw.FPDFText_GetUnicode(text, place)) for place in range(min(text.count_chars(), _MAX_CHARACTERS))
    ]
    for place in find(characters):
        for number in range(text.count_rects(place.start, len(place))):
            left, bottom, right, top = text.get_rect(number)
            corners = [_pixel(page, width, height, x, y) for x, y in ((left, top), (right, bottom))]
            (x0, x1), (y0, y1) = (sorted(values) for values in zip(*corners, strict=True))
            yield x0, y0, x1, y1


def _pixel(page: pypdfium2.PdfPage, width: int, height: int, x: float, y: float) -> tuple[int, int]:
    """A point on the page as a place in the picture; PDFium knows about turned and cropped pages."""
    from ctypes import c_int

    from pypdfium2 import raw

    across, down = c_int(), c_int()
    raw.FPDF_PageToDevice(page, 0, 0, width, height, 0, x, y, across, down)
    return across.value, down.value
