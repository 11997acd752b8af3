"""Pages that text recognition read are not recognised again, and a document says how many of its pages are done."""

from __future__ import annotations

import io
import sqlite3
from pathlib import Path
from zlib import compress, decompress

import pytest
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas
from test_loaders_scans import A4, HEADING, printed_page, scanned, with_tesseract

from assistant.limited_load import LimitedReader, load_limited
from assistant.loaders.reading import Reading
from assistant.recognised_pages import PAGES_FILE, RecognisedPages


class StoppedError(Exception):
    """Somebody breaks the reading off."""


def scan(path: Path, pages: int, noise: float = 0.0) -> Path:
    """A PDF of pictures, each a little different."""
    canvas = Canvas(str(path), pagesize=A4)
    for number in range(pages):
        buffer = io.BytesIO()
        scanned(printed_page(), noise=noise + number).save(buffer, "PNG")
        buffer.seek(0)
        canvas.drawImage(ImageReader(buffer), 0, 0, *A4)
        canvas.showPage()
    canvas.save()
    return path


def kept(cache: Path) -> dict[str, bytes]:
    with sqlite3.connect(cache / PAGES_FILE) as connection:
        rows = dict(connection.execute("SELECT key, lines FROM pages").fetchall())
    connection.close()
    return rows


@with_tesseract
def test_a_page_is_recognised_once(tmp_path: Path) -> None:
    file, cache = scan(tmp_path / "scan.pdf", 1), tmp_path / "cache"
    first = load_limited(file, reading=Reading(memory=RecognisedPages(cache)))
    [(key, lines)] = kept(cache).items()
    # What is remembered is altered: only who does not recognise the page again reads that.
    altered = compress(decompress(lines).replace(b"vijf", b"zeven"))
    with sqlite3.connect(cache / PAGES_FILE) as connection:
        connection.execute("UPDATE pages SET lines = ? WHERE key = ?", (altered, key))
    connection.close()

    again = load_limited(file, reading=Reading(memory=RecognisedPages(cache)))

    assert first.title == HEADING
    assert "binnen vijf werkdagen" in first.text
    assert again.text == first.text.replace("vijf", "zeven")


@with_tesseract
def test_the_pages_of_a_document_are_counted_and_an_interruption_keeps_them(tmp_path: Path) -> None:
    file, cache = scan(tmp_path / "scan.pdf", 3), tmp_path / "cache"
    told: list[tuple[int, int]] = []

    def stop_after_two(done: int, total: int) -> None:
        told.append((done, total))
        if done == 2:
            raise StoppedError

    with LimitedReader() as reader, pytest.raises(StoppedError):
        reader.read(file, Reading(stop_after_two, RecognisedPages(cache)))
    interrupted = len(kept(cache))
    counted: list[int] = []
    source = load_limited(file, reading=Reading(lambda done, total: counted.append(done), RecognisedPages(cache)))

    assert told[-1] == (2, 3)
    assert interrupted >= 2
    assert (counted[-1], sorted(counted)) == (3, counted)
    assert len(source.pages) == len(kept(cache)) == 3


@with_tesseract
def test_another_picture_is_another_page(tmp_path: Path) -> None:
    cache = tmp_path / "cache"

    for number, noise in enumerate((0.0, 9.0, 0.0)):
        load_limited(scan(tmp_path / f"{number}.pdf", 1, noise), reading=Reading(memory=RecognisedPages(cache)))

    assert len(kept(cache)) == 2


def test_a_damaged_memory_is_begun_anew(tmp_path: Path) -> None:
    (tmp_path / PAGES_FILE).write_bytes(b"geen database" * 100)
    memory = RecognisedPages(tmp_path)

    memory.keep("a" * 64, b"[]")
    memory.keep("a" * 64, b"[]")

    assert memory.recall("a" * 64) == b"[]"
    assert memory.recall("b" * 64) is None


def test_a_folder_that_cannot_be_written_costs_only_time(tmp_path: Path) -> None:
    (tmp_path / "bestand").write_text("geen map")
    memory = RecognisedPages(tmp_path / "bestand")

    memory.keep("a" * 64, b"[]")

    assert memory.recall("a" * 64) is None
