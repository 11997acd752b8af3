"""Scanned pages: text is recognised per page where it is missing; the scans are made in the test."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pypdfium2
import pytest
from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from assistant.errors import DocumentError
from assistant.limited_load import load_limited
from assistant.loaders import load
from assistant.loaders.ocr import missing, printed_as
from assistant.loaders.skew import levelled, skew_of
from assistant.types import Source

HAS_TESSERACT = missing() is None
REQUIRED = os.environ.get("BELEIDSWIJZER_REQUIRE_TESSERACT") == "1"
with_tesseract = pytest.mark.skipif(not (HAS_TESSERACT or REQUIRED), reason="Tesseract with Dutch is absent")

A4 = (595, 842)
HEADING = "Samen werken aan veiligheid"
PARAGRAPHS = [
    [
        "De gemeente werkt samen met de regio aan een aanpak die inwoners met veel proble-",
        "men sneller helpt. Daarbij horen partners uit zorg en veiligheid, die samen met de",
        "wijkteams een plan maken en dat ieder half jaar met de gemeenteraad bespreken.",
    ],
    [
        "Een inwoner houdt één vaste contactpersoon. Die persoon bewaakt de afspraken en",
        "belt binnen vijf werkdagen terug. Vanaf 1 januari 2025 geldt dit voor alle wijken.",
    ],
]
EXPECTED = [
    "De gemeente werkt samen met de regio aan een aanpak die inwoners met veel problemen sneller helpt. Daarbij horen "
    "partners uit zorg en veiligheid, die samen met de wijkteams een plan maken en dat ieder half jaar met de "
    "gemeenteraad bespreken.",
    "Een inwoner houdt één vaste contactpersoon. Die persoon bewaakt de afspraken en belt binnen vijf werkdagen terug. "
    "Vanaf 1 januari 2025 geldt dit voor alle wijken.",
]


def write_page(canvas: Canvas) -> None:
    canvas.setFont("Helvetica-Bold", 18)
    canvas.drawString(72, 760, HEADING)
    y = 735.0
    canvas.setFont("Helvetica", 11)
    for paragraph in PARAGRAPHS:
        y -= 12
        for line in paragraph:
            canvas.drawString(72, y, line)
            y -= 14
    canvas.showPage()


def printed_page() -> Any:
    """The page as a picture of 300 dpi."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4)
    write_page(canvas)
    canvas.save()
    return pypdfium2.PdfDocument(buffer.getvalue())[0].render(scale=300 / 72).to_pil().convert("L")


def scanned(picture: Any, degrees: float = 0.0, noise: float = 0.0) -> Any:
    """The picture as a scanner would give it: a little askew, with noise."""
    turned = picture.rotate(degrees, resample=Image.Resampling.BICUBIC, fillcolor=255)
    grain = np.random.default_rng(7).normal(0, noise, turned.size[::-1]) if noise else 0.0
    return Image.fromarray((np.asarray(turned, dtype=float) + grain).clip(0, 255).astype("uint8"))


def scan_pdf(path: Path, *pictures: Any, text_first: bool = False) -> Path:
    canvas = Canvas(str(path), pagesize=A4)
    if text_first:
        write_page(canvas)
    for picture in pictures:
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", quality=85)
        buffer.seek(0)
        canvas.drawImage(ImageReader(buffer), 0, 0, *A4)
        canvas.showPage()
    canvas.save()
    return path


def shown(source: Source) -> list[tuple[str, str]]:
    return [(block.kind, source.text[block.begin : block.end]) for block in source.blocks]


def errors(found: str, wanted: str) -> float:
    """The character error rate: edits needed, as a share of what was wanted."""
    row = list(range(len(found) + 1))
    for number, letter in enumerate(wanted, start=1):
        last, row[0] = row[0], number
        for place, other in enumerate(found, start=1):
            last, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, last + (letter != other))
    return row[-1] / len(wanted)


@with_tesseract
def test_a_clean_scan_reads_as_the_page_itself(tmp_path: Path) -> None:
    source = load(scan_pdf(tmp_path / "scan.pdf", printed_page()))

    assert [kind for kind, _ in shown(source)] == ["heading", "paragraph", "paragraph"]
    assert source.title == HEADING
    assert errors(" ".join(text for _, text in shown(source)), " ".join([HEADING, *EXPECTED])) <= 0.02
    assert len(source.warnings) == 1
    assert source.warnings[0].startswith("Pagina 1 van scan.pdf is gelezen met tekstherkenning, zekerheid 9")


@with_tesseract
def test_a_skewed_and_noisy_scan_keeps_its_paragraphs(tmp_path: Path) -> None:
    source = load(scan_pdf(tmp_path / "scan.pdf", scanned(printed_page(), degrees=-2.0, noise=20)))

    assert len(source.blocks) == 3
    assert errors(" ".join(text for _, text in shown(source)), " ".join([HEADING, *EXPECTED])) <= 0.05


@with_tesseract
@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_sheet_that_lay_turned_on_the_glass_is_read(tmp_path: Path, degrees: int) -> None:
    path = tmp_path / "scan.pdf"
    size = A4 if degrees == 180 else A4[::-1]
    buffer = io.BytesIO()
    scanned(printed_page(), degrees=0.6, noise=5).rotate(degrees, expand=True).save(buffer, "JPEG", quality=85)
    buffer.seek(0)
    canvas = Canvas(str(path), pagesize=size)
    canvas.drawImage(ImageReader(buffer), 0, 0, *size)
    canvas.save()

    source = load(path)

    assert source.title == HEADING
    assert errors(" ".join(text for _, text in shown(source)), " ".join([HEADING, *EXPECTED])) <= 0.05


def test_what_looks_like_a_letter_at_the_start_of_a_line_is_a_bullet() -> None:
    assert printed_as("e de regio") == "• de regio"
    assert printed_as("« _GGD Waterveen‚ team") == "• GGD Waterveen, team"
    assert printed_as("een e-mail") == "een e-mail"


@with_tesseract
def test_only_pages_without_text_are_recognised(tmp_path: Path) -> None:
    source = load(scan_pdf(tmp_path / "half.pdf", printed_page(), text_first=True))

    assert [page.number for page in source.pages] == [1, 2]
    first, second = (source.text[page.begin : page.end] for page in source.pages)
    # The heading stands at the same place on both pages, as a title that returns does: it is told once.
    assert first.startswith(HEADING)
    assert errors(second, first.removeprefix(HEADING)) <= 0.02
    assert [warning.split(" is gelezen")[0] for warning in source.warnings] == ["Pagina 2 van half.pdf"]


@with_tesseract
def test_a_scan_is_read_within_the_limits_for_documents_of_strangers(tmp_path: Path) -> None:
    source = load_limited(scan_pdf(tmp_path / "scan.pdf", printed_page()))

    assert source.title == HEADING


@with_tesseract
def test_a_photo_without_words_gives_a_warning(tmp_path: Path) -> None:
    grain = np.random.default_rng(3).integers(0, 256, (40, 30)).astype("uint8")
    photo = Image.fromarray(grain).resize((1240, 1754), Image.Resampling.BICUBIC)

    source = load(scan_pdf(tmp_path / "foto.pdf", photo, text_first=True))

    assert len(source.warnings) == 1
    assert source.warnings[0].startswith("Pagina 2 van foto.pdf ")


def test_blank_pages_are_told_as_blank(tmp_path: Path) -> None:
    path = tmp_path / "leeg.pdf"
    canvas = Canvas(str(path), pagesize=A4)
    write_page(canvas)
    canvas.showPage()
    canvas.save()

    assert load(path).warnings == ("Pagina 2 van leeg.pdf is leeg.",)


def test_without_tesseract_the_packages_are_named(tmp_path: Path) -> None:
    """In a process of its own, that looks for programs in an empty folder."""
    path = scan_pdf(tmp_path / "half.pdf", printed_page(), text_first=True)
    only_scan = scan_pdf(tmp_path / "scan.pdf", printed_page())
    program = (
        "import sys\nfrom pathlib import Path\nfrom assistant.errors import DocumentError\n"
        "from assistant.loaders import load\nprint(*load(Path(sys.argv[1])).warnings)\n"
        "try:\n    load(Path(sys.argv[2]))\nexcept DocumentError as error:\n    print(error)\n"
    )
    places = os.pathsep.join(each or str(Path.cwd()) for each in sys.path)

    done = subprocess.run(
        [sys.executable, "-c", program, str(path), str(only_scan)],
        env={"PATH": str(tmp_path), "PYTHONPATH": places, "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        check=True,
    )

    warning, refusal = done.stdout.splitlines()
    assert warning == (
        "Pagina 2 van half.pdf bevat geen tekst, alleen beeld, en is niet doorzoekbaar: tekstherkenning (Tesseract) is "
        "niet geïnstalleerd. Installeer de pakketten tesseract-ocr en tesseract-ocr-nld en lees het document opnieuw."
    )
    assert refusal.startswith("scan.pdf bevat op geen enkele pagina tekst die te lezen is")
    assert "Installeer de pakketten tesseract-ocr en tesseract-ocr-nld" in refusal


def test_a_page_that_lies_askew_is_levelled() -> None:
    straight = np.asarray(printed_page())
    askew = np.asarray(scanned(printed_page(), degrees=-3.0))

    assert abs(skew_of(straight)) < 0.2
    assert skew_of(askew) == pytest.approx(3.0, abs=0.2)
    assert abs(skew_of(levelled(askew))) < 0.3


@pytest.mark.skipif(not REQUIRED, reason="only where Tesseract must be there")
def test_tesseract_is_there_with_dutch() -> None:
    assert shutil.which("tesseract") is not None
    assert missing() is None


def test_a_scan_that_is_no_pdf_inside_is_refused(tmp_path: Path) -> None:
    path = scan_pdf(tmp_path / "scan.pdf", printed_page())
    path.write_bytes(path.read_bytes()[:3000])

    with pytest.raises(DocumentError, match=r"scan\.pdf"):
        load(path)
