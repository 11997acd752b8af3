"""A PDF in, a `Source` out: pages of text with the headings that tags, bookmarks or letter sizes show."""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.errors import DocumentError
from assistant.loaders.dates import stated_date
from assistant.loaders.pdf_headings import body_size, printed_title, subject
from assistant.loaders.pdf_layout import pieces_of
from assistant.loaders.pdf_lines import Bookmark, Fragment, Line, join_fragments
from assistant.loaders.pdf_tags import roles_by_page
from assistant.loaders.pieces import Piece, assemble, squeeze
from assistant.types import Source

if TYPE_CHECKING:
    from pypdf import PageObject, PdfReader

_NO_TITLE = re.compile(
    r"none|untitled|naamloos|document\d*|microsoft word\b.*|.*\.(?:docx?|pdf|indd|rtf|odt|xlsx?)|.{0,3}", re.I
)
_DATE_LINES = 30


def load_pdf(path: Path, data: bytes) -> Source:
    """The document page by page; a page without text is named in the warnings."""
    # pypdf reports every oddity of a file; what matters to the user is in our warnings and errors.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    reader = _open(path, data)
    pages, warnings = _pages(path, reader)
    if not any(pages):
        raise DocumentError(
            f"{path.name} bevat op geen enkele pagina tekst; het is waarschijnlijk een scan. "
            "Voeg een versie met tekst toe (herkend met OCR)."
        )
    pieces = pieces_of(pages, _bookmarks(reader))
    title = _title(reader, pages) or _first_heading(pieces)
    top = [line.text for line in pages[0][:_DATE_LINES]]
    return assemble(
        pieces,
        page_count=len(pages),
        title=title,
        stated_date=stated_date(top, top=_DATE_LINES) or stated_date([piece.text for piece in pieces[-2:]]),
        warnings=warnings,
    )


def bookmarks_of(path: Path) -> list[Bookmark]:
    """The outline of the PDF at `path`, to measure how much of it is found back as headings."""
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    return _bookmarks(_open(path, path.read_bytes()))


def _open(path: Path, data: bytes) -> PdfReader:
    from pypdf import PdfReader

    encrypted = False
    try:
        reader = PdfReader(io.BytesIO(data))
        encrypted = reader.is_encrypted
        if (not encrypted or reader.decrypt("")) and len(reader.pages) > 0:
            return reader
    except Exception:  # pypdf lets many kinds of errors through on damaged files
        pass
    if encrypted:
        raise DocumentError(
            f"{path.name} is beveiligd met een wachtwoord. Bewaar een versie zonder wachtwoord en vervang het bestand."
        )
    raise DocumentError(
        f"{path.name} is beschadigd en kan niet als PDF worden gelezen. Download of bewaar het opnieuw."
    )


def _pages(path: Path, reader: PdfReader) -> tuple[list[list[Line]], list[str]]:
    roles = _guarded(lambda: roles_by_page(reader), {})
    pages: list[list[Line]] = []
    warnings = []
    for index, page in enumerate(reader.pages):
        try:
            lines = join_fragments(_fragments(page), index, _height(page), roles.get(index, {}))
        except Exception:  # one damaged page must not cost the others
            lines = []
            warnings.append(f"Pagina {index + 1} van {path.name} is beschadigd en wordt overgeslagen.")
        else:
            if not lines:
                warnings.append(
                    f"Pagina {index + 1} van {path.name} bevat geen tekst, alleen beeld, en is niet doorzoekbaar."
                )
        pages.append(lines)
    return pages, warnings


def _guarded(read: Any, default: Any) -> Any:
    """What `read` gives; structure is a bonus, so a fault in it gives the default."""
    try:
        return read()
    except Exception:
        return default


def _height(page: PageObject) -> float:
    return float(page.mediabox.height) or 842.0


def _fragments(page: PageObject) -> list[Fragment]:
    """The stretches of text in the order in which the page draws them."""
    fragments: list[Fragment] = []
    stack: list[tuple[str, int | None]] = []
    pending: list[tuple[str, int | None]] = []
    fonts: dict[int, str] = {}

    def before(operator: bytes, operands: Any, _cm: Any, _tm: Any) -> None:
        if operator == b"BDC":
            stack.append((str(operands[0]), _content_id(operands[1])))
        elif operator == b"BMC":
            stack.append((str(operands[0]), None))
        elif operator == b"EMC" and stack:
            stack.pop()
        elif operator in (b"Tj", b"TJ", b"'", b'"') and not pending:
            # The text is handed over later, when its line or font ends; its tag is the one in force now.
            pending.append(_tag(stack))

    def text(
        string: str, cm: Sequence[float], tm: Sequence[float], font: Mapping[str, Any] | None, size: float
    ) -> None:
        if not string:
            return
        if string.strip() == "o" and "Courier" in _font_name(font):
            string = string.replace("o", "◦")  # Word's second bullet is an o in Courier
        tag, content_id = pending.pop() if pending else _tag(stack)
        x, y, scale = _place(cm, tm)
        if id(font) not in fonts:
            fonts[id(font)] = _font_name(font)
        fragments.append(Fragment(string, x, y, abs(size) * scale, fonts[id(font)], content_id, tag == "/Artifact"))

    page.extract_text(visitor_operand_before=before, visitor_text=text)
    return fragments


def _tag(stack: Sequence[tuple[str, int | None]]) -> tuple[str, int | None]:
    if any(tag == "/Artifact" for tag, _ in stack):
        return "/Artifact", None
    return next(((tag, number) for tag, number in reversed(stack) if number is not None), ("", None))


def _content_id(properties: Any) -> int | None:
    number = properties.get("/MCID") if hasattr(properties, "get") else None
    return int(number) if isinstance(number, int) else None


def _place(cm: Sequence[float], tm: Sequence[float]) -> tuple[float, float, float]:
    x = tm[4] * cm[0] + tm[5] * cm[2] + cm[4]
    y = tm[4] * cm[1] + tm[5] * cm[3] + cm[5]
    up = (tm[2] * cm[0] + tm[3] * cm[2], tm[2] * cm[1] + tm[3] * cm[3])
    return x, y, (up[0] ** 2 + up[1] ** 2) ** 0.5


def _font_name(font: Mapping[str, Any] | None) -> str:
    """The name without the tag of six capitals that a subset of a font carries."""
    return re.sub(r"^/?(?:[A-Z]{6}\+)?", "", str(font.get("/BaseFont", ""))) if font else ""


def _bookmarks(reader: PdfReader) -> list[Bookmark]:
    return list(_guarded(lambda: list(_walk_outline(reader, reader.outline, 1)), []))


def _walk_outline(reader: PdfReader, outline: Any, level: int) -> Iterator[Bookmark]:
    for entry in outline:
        if isinstance(entry, list):
            yield from _walk_outline(reader, entry, level + 1)
            continue
        page = _guarded(lambda entry=entry: reader.get_destination_page_number(entry), None)
        title = squeeze(str(entry.title or ""))
        if title and page is not None and page >= 0:
            yield Bookmark(title, page, min(level, 6))


def _first_heading(pieces: Sequence[Piece]) -> str | None:
    """The heading with which the first page opens."""
    return pieces[0].text if pieces and pieces[0].kind == "heading" and pieces[0].page == 0 else None


def _title(reader: PdfReader, pages: Sequence[Sequence[Line]]) -> str | None:
    """The title that the metadata give, if the first pages say the same words, else the largest print of page 1."""
    stated = _guarded(lambda: squeeze(str(reader.metadata.title or "")), "") if reader.metadata else ""
    shown = " ".join(line.text for page in pages[:3] for line in page).casefold()
    words = re.findall(r"\w{3,}", stated.casefold())
    if len(words) >= 2 and not _NO_TITLE.fullmatch(stated) and sum(word in shown for word in words) >= 0.7 * len(words):
        return stated
    first = next(filter(None, pages), [])
    return subject(first) or printed_title(first, body_size([line for page in pages for line in page]))
