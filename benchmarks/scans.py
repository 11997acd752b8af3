"""Text recognition on pages made into pictures: python -m benchmarks.scans [--pages 24].

The truth is the text of the same page, as our loader reads it or as the page draws it, whichever is nearer: our loader
puts notes before a sentence that goes on overleaf, and a scan does not always show what is a note. "errors" counts
letters; "words" counts the words that were not read right, wherever they stand.
"""

from __future__ import annotations

import argparse
import io
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pypdfium2
from PIL import Image
from pypdf import PdfReader, PdfWriter
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from assistant.errors import DocumentError
from assistant.loaders import load
from assistant.loaders.hyphens import join_broken
from assistant.loaders.ocr import missing
from assistant.loaders.pdf import lines_of
from assistant.loaders.pdf_lines import Line
from assistant.loaders.running import without_running_lines
from benchmarks.shared import SHARED, or_skip

PDFS = SHARED / "pdfs"
_LETTERS = range(1_200, 4_500)  # of a page of running text
_MOST_ROWS = 2
# Degrees askew, noise, degrees that the sheet lay turned on the glass.
TREATMENTS = {"300 dpi": (0.0, 0.0, 0), "300 dpi, 2° skew, noise": (2.0, 15.0, 0), "sideways": (0.7, 5.0, 90)}


def main() -> None:
    """Prints the character error rate of each page, and the seconds a page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=24)
    parser.add_argument("--treatment", choices=TREATMENTS, help="only this one")
    asked = parser.parse_args()
    or_skip(PDFS)
    if lacking := missing():
        raise SystemExit(f"skipped: {lacking}")
    with tempfile.TemporaryDirectory(prefix="beleidswijzer-benchmark-") as name:
        pages = list(_pages(Path(name), asked.pages))
        for treatment, (degrees, noise, turned) in TREATMENTS.items():
            if asked.treatment not in (None, treatment):
                continue
            print(f"\n{treatment}\n{'errors':>8} {'words':>8} {'letters':>8} {'s':>6}  page")
            wrong = letters = missed = words = 0
            seconds = 0.0
            for label, page, truths in pages:
                scan = _scan(page, degrees, noise, turned)
                started = time.perf_counter()
                found = _text(scan)
                took = time.perf_counter() - started
                edits, truth = min((_edits(found, truth), truth) for truth in truths)
                lost, count = _lost(found, truth), len(truth.split())
                print(
                    f"{100 * edits / len(truth):7.2f}% {100 * lost / count:7.2f}% {len(truth):8d} {took:6.2f}  {label}",
                    flush=True,
                )
                wrong, letters, seconds = wrong + edits, letters + len(truth), seconds + took
                missed, words = missed + lost, words + count
            print(
                f"{100 * wrong / letters:7.2f}% {100 * missed / words:7.2f}% {letters:8d} "
                f"{seconds / len(pages):6.2f}  all (seconds: a page)"
            )


def _pages(folder: Path, wanted: int) -> Iterator[tuple[str, Path, list[str]]]:
    """Pages of running text, one or more a document: name, file of that page alone, and its text in either order."""
    readers = [(path, PdfReader(path)) for path in sorted(PDFS.glob("*.pdf"))]
    count = 0
    for number in range(1, 40):  # the second page of each first: the first is often a cover
        for path, reader in readers:
            if count == wanted or number >= len(reader.pages):
                continue
            writer, page = PdfWriter(), folder / f"{path.stem[:40]}-{number + 1}.pdf"
            writer.add_page(reader.pages[number])
            writer.write(page)
            try:
                source = load(page)
            except DocumentError:
                continue
            rows = sum(block.kind == "table_row" for block in source.blocks)
            if len(source.text) in _LETTERS and rows <= _MOST_ROWS and not source.warnings:
                count += 1
                drawn = lines_of(page)
                orders = (_framed(drawn[0]), without_running_lines(drawn)[0])
                yield page.stem, page, [" ".join(source.text.split()), *map(_as_drawn, orders)]


def _framed(lines: Sequence[Line]) -> list[Line]:
    """With what stands along the edges first and last, as it is read on paper; many makers draw it at another time."""
    top = [line for line in lines if line.y > 0.88 * line.height]
    foot = [line for line in lines if line.y < 0.1 * line.height]
    return [*top, *(line for line in lines if line not in top and line not in foot), *foot]


def _as_drawn(lines: Sequence[Line]) -> str:
    words = frozenset(word.casefold() for line in lines for word in line.text.split())
    text = ""
    for line in lines:
        text = join_broken(text, line.text, words) if text else line.text
    return " ".join(text.split())


def _scan(page: Path, degrees: float, noise: float, turned: int) -> Path:
    document = pypdfium2.PdfDocument(page)
    size = document[0].get_size()
    picture: Any = document[0].render(scale=300 / 72).to_pil().convert("L")
    if degrees:
        picture = picture.rotate(degrees, resample=Image.Resampling.BICUBIC, fillcolor=255)
        grain = np.random.default_rng(1).normal(0, noise, picture.size[::-1])
        picture = Image.fromarray((np.asarray(picture, dtype=float) + grain).clip(0, 255).astype("uint8"))
    if turned:
        picture, size = picture.rotate(turned, expand=True), size[:: -1 if turned % 180 else 1]
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=85)
    buffer.seek(0)
    path = page.with_name(f"{page.stem}.scan.pdf")
    canvas = Canvas(str(path), pagesize=size)
    canvas.drawImage(ImageReader(buffer), 0, 0, *size)
    canvas.save()
    return path


def _text(path: Path) -> str:
    try:
        return " ".join(load(path).text.split())
    except DocumentError:
        return ""


def _lost(found: str, wanted: str) -> int:
    """How many words were not read right, wherever they stand."""
    return sum((Counter(wanted.split()) - Counter(found.split())).values())


def _edits(found: str, wanted: str) -> int:
    """How many letters must be added, left out or changed."""
    row = list(range(len(found) + 1))
    for number, letter in enumerate(wanted, start=1):
        last, row[0] = row[0], number
        for place, other in enumerate(found, start=1):
            last, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, last + (letter != other))
    return row[-1]


if __name__ == "__main__":
    main()
