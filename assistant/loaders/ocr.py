"""A picture of a page in, the printed lines that Tesseract reads on it out.

Tesseract (https://github.com/tesseract-ocr/tesseract, Apache-2.0) is a program of the system, not a library of ours.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LANGUAGE = "nld"
_PACKAGES = "Installeer de pakketten tesseract-ocr en tesseract-ocr-nld en lees het document opnieuw"
_PAGE_SECONDS = 90.0
_BOX = re.compile(r"bbox (-?\d+) (-?\d+) (-?\d+) (-?\d+)")
_SIZE = re.compile(r"x_size ([\d.]+)")
_CONFIDENCE = re.compile(r"x_wconf (\d+)")
_LINE_CLASSES = frozenset({"ocr_line", "ocr_header", "ocr_caption", "ocr_textfloat"})
# A bullet looks like a letter to Tesseract; no Dutch line begins with one of these as a word.
_BULLET = re.compile(r"^[e«»°®©¢*·]\s+(?=\w)")
_STRAY_LINE = re.compile(r"(?<!\w)_+(?=\w)")  # of a ruled or underlined page
_LEAST_CONFIDENCE = 25  # below this a word is a speck or a piece of a drawing
_FEW_LETTERS, _SURE = 4, 80  # so is a line of fewer letters than this that is not read with confidence


class OcrError(Exception):
    """The picture was not read; the message is the end of a Dutch sentence that says why."""


@dataclass(frozen=True)
class PrintedLine:
    """One line of print."""

    text: str
    left: int  # pixels from the left
    foot: int  # pixels from the top, of the first word
    size: float  # of the letters with what hangs and rises, in pixels
    confidence: float  # mean over the words, 0–100


def missing() -> str | None:
    """What must be installed before anything can be read, as a Dutch clause; None when all is there."""
    program = shutil.which("tesseract")
    if program is None:
        return f"tekstherkenning (Tesseract) is niet geïnstalleerd. {_PACKAGES}"
    try:
        done = subprocess.run(
            [program, "--list-langs"], stdin=subprocess.DEVNULL, capture_output=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return f"tekstherkenning (Tesseract) start niet. {_PACKAGES}"
    known = (done.stdout + done.stderr).decode("utf-8", "replace").split()
    return None if LANGUAGE in known else f"de Nederlandse taal van de tekstherkenning ontbreekt. {_PACKAGES}"


def read_picture(pixels: NDArray[np.uint8], dpi: int) -> list[PrintedLine]:
    """The lines on a grey picture, in reading order.

    Raises:
        OcrError: Tesseract fails or takes too long.
    """
    height, width = pixels.shape[:2]
    # The simplest picture format there is; through pipes, so that nothing of the document is left on the disk.
    picture = b"P5 %d %d 255\n" % (width, height) + pixels.tobytes()
    # One thread a page: its own threads wait for each other more than they help. `env` keeps the other variables.
    command = ["env", "OMP_THREAD_LIMIT=1", "tesseract", "stdin", "stdout", "-l", LANGUAGE, "--dpi", str(dpi), "hocr"]
    try:
        done = subprocess.run(command, input=picture, capture_output=True, timeout=_PAGE_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise OcrError("tekstherkenning duurt te lang") from None
    except OSError:
        raise OcrError("tekstherkenning start niet") from None
    if done.returncode != 0:
        raise OcrError("tekstherkenning lukt niet")
    return list(_lines(done.stdout))


def _lines(hocr: bytes) -> Iterator[PrintedLine]:
    from lxml import etree

    root = etree.fromstring(hocr, etree.XMLParser(resolve_entities=False, no_network=True, recover=True))
    for element in root.iter("{*}span") if root is not None else ():
        if element.get("class") in _LINE_CLASSES:
            yield from _line(element)


def _line(element: Any) -> Iterator[PrintedLine]:
    found = []
    for word in element.iter("{*}span"):
        title, text = word.get("title", ""), "".join(word.itertext()).strip()
        box, stated = _BOX.search(title), _CONFIDENCE.search(title)
        if word.get("class") == "ocrx_word" and text and box and stated and int(stated[1]) >= _LEAST_CONFIDENCE:
            found.append((text, [int(side) for side in box.groups()], int(stated[1])))
    letters = sum(character.isalnum() for text, _, _ in found for character in text)
    sure = sum(sure for _, _, sure in found) / max(len(found), 1)
    if not letters or (letters < _FEW_LETTERS and sure < _SURE):
        return
    size = _SIZE.search(element.get("title", ""))
    first = found[0][1]
    yield PrintedLine(
        text=printed_as(" ".join(text for text, _, _ in found)),
        left=first[0],
        foot=first[3],
        size=float(size[1]) if size else float(first[3] - first[1]),
        confidence=sure,
    )


def printed_as(text: str) -> str:
    """A line with the marks that Dutch print has, where Tesseract gives others that look the same."""
    text = _STRAY_LINE.sub("", text.replace("‚", ",").replace(" — ", " – "))
    return _BULLET.sub("• ", text)
