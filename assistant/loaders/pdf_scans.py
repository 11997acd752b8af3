"""Pages of a PDF that hold no text in, their lines as text recognition reads them out; pages side by side."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assistant.errors import PageError
from assistant.loaders.ocr import OcrError, PrintedLine, missing
from assistant.loaders.page_memory import remembered
from assistant.loaders.pdf_lines import Line, clean
from assistant.loaders.reading import PLAIN, Reading
from assistant.loaders.skew import levelled
from assistant.loaders.turned import across, read_either_way_up
from assistant.pdf_drawing import opened_page, page_pixels

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from pypdf import PageObject

MOST_PAGES = 150  # that are recognised in one document: a few seconds each
_DPI = 300
_POINTS = 72  # to the inch
_MOST_PIXELS = 20_000_000  # twice A4 at 300 dpi; a larger page is drawn coarser
_DRAW_SECONDS = 30.0
_WAIT_SECONDS = 120.0  # for the other page that is being drawn
_DARK = 200  # of 255; a page without anything darker is blank
_LEAST_DARK = 60  # pixels; dust
_SAME_SIZE = 0.09  # letter sizes that differ less are one size, measured unevenly
_FEW_LETTERS = 30  # a page number, a stamp
_LARGE_PICTURE = 500_000  # pixels; a page at 75 dpi
_LETTER = 0.72  # letter size as a share of the height that Tesseract measures


@dataclass(frozen=True)
class ScannedPage:
    """What became of one page."""

    lines: list[Line]
    warning: str  # Dutch


def is_scan(page: PageObject, lines: Sequence[Line]) -> bool:
    """Whether text recognition must read the page: it has no text, or next to none beside a large picture."""
    letters = sum(character.isalpha() for line in lines for character in line.text)
    return not lines or (letters < _FEW_LETTERS and _has_large_picture(page))


def read_scans(data: bytes, numbers: Sequence[int], name: str, reading: Reading = PLAIN) -> dict[int, ScannedPage]:
    """The pages with these indices, by index.

    Args:
        name: of the file, for the warnings.
        reading: is told how many of these pages are done.
    """
    lacking, found = missing(), {}
    # Two threads draw in turn, and wait for a Tesseract each meanwhile.
    with ThreadPoolExecutor(max_workers=min(4, len(os.sched_getaffinity(0)))) as workers:
        pages = workers.map(
            lambda index: _page(data, index, name, lacking, reading, within=index in set(numbers[:MOST_PAGES])),
            numbers,
        )
        for index, page in zip(numbers, pages, strict=True):
            found[index] = page
            reading.told(len(found), len(numbers))
    return found


def _has_large_picture(page: PageObject) -> bool:
    try:
        resources: Any = page["/Resources"].get_object()
        objects: Any = resources["/XObject"].get_object()
        pictures = [each.get_object() for each in objects.values()]
        return any(int(each.get("/Width", 0)) * int(each.get("/Height", 0)) > _LARGE_PICTURE for each in pictures)
    except Exception:  # no pictures, or a damaged list of them: the page has text, and that is read
        return False


def _page(data: bytes, index: int, name: str, lacking: str | None, reading: Reading, *, within: bool) -> ScannedPage:
    page = f"Pagina {index + 1} van {name}"
    if not within:
        lacking = f"in één document worden hoogstens {MOST_PAGES} pagina's herkend. Splits het document"
    try:
        pixels, dpi = _drawn(data, index)
        if int((pixels < _DARK).sum()) < _LEAST_DARK:
            return ScannedPage([], f"{page} is leeg.")
        if lacking:
            return ScannedPage([], f"{page} bevat geen tekst, alleen beeld, en is niet doorzoekbaar: {lacking}.")
        upright = across(pixels)
        height = upright.shape[0] * _POINTS / dpi
        printed = remembered(upright, dpi, reading.memory, lambda: read_either_way_up(levelled(upright), dpi))
    except OcrError as error:
        return ScannedPage([], f"{page} is niet gelezen: {error}. Lever die pagina aan met tekst.")
    except PageError:
        return ScannedPage([], f"{page} is niet gelezen: zij kan niet als beeld worden getekend.")
    if not printed:
        return ScannedPage([], f"{page} bevat geen tekst die te herkennen is, alleen beeld.")
    words = [line.confidence for line in printed for _ in line.text.split()]
    sure = round(sum(words) / len(words))
    return ScannedPage(
        _as_lines(printed, index, height, dpi),
        f"{page} is gelezen met tekstherkenning, zekerheid {sure} %. Controleer de tekst van deze pagina.",
    )


def _drawn(data: bytes, index: int) -> tuple[NDArray[np.uint8], int]:
    """The page in grey, and its dots to the inch."""
    with opened_page(data, index + 1, _WAIT_SECONDS) as page:
        width, height = (max(side, 1.0) for side in page.get_size())
        scale = min(_DPI / _POINTS, (_MOST_PIXELS / (width * height)) ** 0.5)
        pixels = page_pixels(
            page, max(1, round(width * scale)), max(1, round(height * scale)), _DRAW_SECONDS, grey=True
        )
    return pixels.reshape(pixels.shape[:2]), max(70, round(scale * _POINTS))


def _as_lines(printed: Sequence[PrintedLine], index: int, height: float, dpi: int) -> list[Line]:
    points = _POINTS / dpi
    usual = _usual_size(printed)
    lines = []
    for line in printed:
        size = usual if abs(line.size - usual) <= _SAME_SIZE * usual else line.size
        text = clean(line.text)
        if text:
            size = round(2 * size * points * _LETTER) / 2
            lines.append(Line(text, index, line.left * points, height - line.foot * points, height, size, font=""))
    return lines


def _usual_size(printed: Sequence[PrintedLine]) -> float:
    sizes: Counter[int] = Counter()
    for line in printed:
        sizes[round(line.size)] += len(line.text)
    ordered = sorted(sizes.elements())
    return float(ordered[len(ordered) // 2])
