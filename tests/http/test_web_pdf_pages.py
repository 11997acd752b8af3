"""Pages of PDF files as pictures with a quote marked."""

from __future__ import annotations

import io
import struct
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pypdf import PdfReader, PdfWriter
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from assistant import PageError
from integrations.http.pdf_pages import PdfPages
from integrations.http.quote_places import count_quote, find_quote

YELLOW = bytes((255, 224, 102))
LINES = [
    "Het wijkteam helpt inwoners met vragen over zorg en veilig-",
    "heid. Een gezin krijgt binnen drie werkdagen een gesprek.",
    "Een gezin krijgt binnen drie werkdagen een gesprek.",
]


@pytest.fixture
def pdf(tmp_path: Path) -> Path:
    path = tmp_path / "plan.pdf"
    canvas = Canvas(str(path), pagesize=A4)
    for number, line in enumerate(LINES):
        canvas.drawString(72, 700 - 30 * number, line)
    canvas.showPage()
    canvas.drawString(72, 700, "Pagina twee heeft een andere tekst.")
    canvas.save()
    return path


def pixels(png: bytes) -> tuple[int, int, list[bytes]]:
    """Width, height and the rows of a PNG as our own encoder writes it."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", png[16:24])
    begin = png.index(b"IDAT") + 4
    (length,) = struct.unpack(">I", png[begin - 8 : begin - 4])
    raw = zlib.decompress(png[begin : begin + length])
    stride = 1 + 3 * width
    return width, height, [raw[row * stride + 1 : (row + 1) * stride] for row in range(height)]


def yellow_rows(png: bytes) -> list[int]:
    _, _, rows = pixels(png)
    return [number for number, row in enumerate(rows) if YELLOW * 5 in row]


def test_a_quote_is_marked_where_it_stands(pdf: Path) -> None:
    image = PdfPages().page(pdf, 1, "Het wijkteam helpt inwoners met vragen over zorg en veiligheid.")

    width, height, _ = pixels(image.png)
    rows = yellow_rows(image.png)
    assert (image.width, image.height) == (width, height) == (1100, 1555)
    assert image.is_marked
    # 842 points high; the first line is at 700, the second at 670.
    assert 235 < rows[0] < 265
    assert 300 < rows[-1] < 330
    assert image.mark_top == pytest.approx(rows[0] / height, abs=0.01)


def test_the_meant_one_of_two_equal_sentences_is_marked(pdf: Path) -> None:
    quote = "Een gezin krijgt binnen drie werkdagen een gesprek."

    first, second = (yellow_rows(PdfPages().page(pdf, 1, quote, occurrence).png) for occurrence in (0, 1))

    assert first[-1] < second[0]


def test_a_quote_that_is_not_there_leaves_the_page_as_it_is(pdf: Path) -> None:
    pages = PdfPages()

    image = pages.page(pdf, 2, "Het wijkteam helpt inwoners.")

    assert not image.is_marked
    assert image.png == pages.page(pdf, 2).png
    assert yellow_rows(image.png) == []


def test_a_turned_page_is_marked_in_the_right_place(pdf: Path, tmp_path: Path) -> None:
    writer = PdfWriter()
    writer.add_page(PdfReader(pdf).pages[0]).rotate(90)
    turned = tmp_path / "gedraaid.pdf"
    writer.write(turned)

    image = PdfPages().page(turned, 1, LINES[2])

    assert image.width > image.height
    assert len(yellow_rows(image.png)) > 150  # a line of text from top to bottom


def test_a_page_of_metres_stays_a_small_picture(tmp_path: Path) -> None:
    path = tmp_path / "lang.pdf"
    canvas = Canvas(str(path), pagesize=(100, 14_000))
    canvas.drawString(5, 5, "x")
    canvas.save()

    image = PdfPages().page(path, 1)

    assert image.width * image.height <= 4_000_000


def test_drawing_that_takes_too_long_is_cut_off(pdf: Path) -> None:
    with pytest.raises(PageError, match="te zwaar"):
        PdfPages(draw_seconds=-1).page(pdf, 1)


def test_what_cannot_be_drawn_is_told(pdf: Path, tmp_path: Path) -> None:
    pages = PdfPages()
    broken = tmp_path / "kapot.pdf"
    broken.write_bytes(b"%PDF-1.7\n" + b"\0" * 100)

    with pytest.raises(PageError, match="Kies een pagina van 1 tot en met 2"):
        pages.page(pdf, 3)
    with pytest.raises(PageError, match="kan niet als beeld"):
        pages.page(broken, 1)
    with pytest.raises(PageError, match="is er niet meer"):
        pages.page(tmp_path / "weg.pdf", 1)


def test_a_locked_pdf_is_told(pdf: Path, tmp_path: Path) -> None:
    writer = PdfWriter(clone_from=io.BytesIO(pdf.read_bytes()))
    writer.encrypt("geheim", algorithm="RC4-128")
    locked = tmp_path / "slot.pdf"
    writer.write(locked)

    with pytest.raises(PageError, match="kan niet als beeld"):
        PdfPages().page(locked, 1)


def test_a_changed_file_is_drawn_again(pdf: Path) -> None:
    pages = PdfPages()
    before = pages.page(pdf, 1).png

    canvas = Canvas(str(pdf), pagesize=A4)
    canvas.drawString(72, 700, "Nieuwe tekst")
    canvas.save()

    assert pages.page(pdf, 1).png != before


def test_many_visitors_draw_at_once(pdf: Path) -> None:
    pages = PdfPages(wait_seconds=60, kept_bytes=1)  # nothing is kept, so that all of them draw

    with ThreadPoolExecutor(8) as visitors:
        drawn = list(visitors.map(lambda number: pages.page(pdf, number % 2 + 1).png, range(24)))

    assert len(set(drawn)) == 2


def test_spaces_hyphens_ligatures_and_bullets_do_not_count() -> None:
    page = list("• Dit is de of\ufb01-\r\nci\u00eble  tekst,\u00a0echt waar.")

    [place] = find_quote(page, "Dit is de officiële tekst, echt waar.")

    assert "".join(page[place.start : place.stop]).startswith("Dit is")
    assert "".join(page[place.start : place.stop]).endswith("waar")


def test_a_quote_around_a_note_is_found_in_two_pieces() -> None:
    page = "Het wijkteam helpt inwoners met alle [voetnoot 3: zie bijlage] vragen over zorg en veiligheid."

    places = find_quote(page, "Het wijkteam helpt inwoners met alle vragen over zorg en veiligheid.")

    assert [page[place.start : place.stop] for place in places] == [
        "Het wijkteam helpt inwoners met alle",
        "vragen over zorg en veiligheid",
    ]


def test_a_few_shared_words_are_no_quote() -> None:
    assert find_quote("Het wijkteam helpt niemand.", "Het wijkteam helpt inwoners met vragen over zorg.") == ()
    assert find_quote("Tekst", "…") == ()


def test_equal_quotes_are_counted() -> None:
    assert count_quote("Een gezin. Een  gezin; een gezin", "een gezin") == 3
    assert count_quote("Een gezin", "–") == 0
