"""A PDF in, a `Source` out: pages of text with the headings that tags, bookmarks or letter sizes show."""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.errors import DocumentError
from assistant.loaders.dates import stated_date
from assistant.loaders.ocr import missing
from assistant.loaders.parliament import parliamentary_title
from assistant.loaders.pdf_fragments import fragments_of
from assistant.loaders.pdf_headings import body_size, printed_title, subject
from assistant.loaders.pdf_layout import pieces_of
from assistant.loaders.pdf_lines import Bookmark, Line, join_fragments
from assistant.loaders.pdf_scans import is_scan, read_scans
from assistant.loaders.pdf_tags import roles_by_page
from assistant.loaders.pieces import Piece, assemble, squeeze
from assistant.loaders.reading import PLAIN, Reading
from assistant.types import Source

if TYPE_CHECKING:
    from pypdf import PdfReader

_NO_TITLE = re.compile(
    r"none|untitled|naamloos|document\d*|microsoft word\b.*|.*\.(?:docx?|pdf|indd|rtf|odt|xlsx?)|.{0,3}", re.I
)
_DATE_LINES = 30


def load_pdf(path: Path, data: bytes, reading: Reading = PLAIN) -> Source:
    """The document page by page; a page without text is named in the warnings."""
    # pypdf reports every oddity of a file; what matters to the user is in our warnings and errors.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    reader = _open(path, data)
    pages, warnings = _pages(path, reader, data, reading)
    if not any(pages):
        raise DocumentError(
            f"{path.name} bevat op geen enkele pagina tekst die te lezen is; het is waarschijnlijk een scan. "
            f"{_what_then(missing())}"
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


def _what_then(lacking: str | None) -> str:
    return f"{lacking[0].upper()}{lacking[1:]}." if lacking else "Voeg een versie met tekst of een scherpere scan toe."


def bookmarks_of(path: Path) -> list[Bookmark]:
    """The outline of the PDF at `path`, to measure how much of it is found back as headings."""
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    return _bookmarks(_open(path, path.read_bytes()))


def lines_of(path: Path) -> list[list[Line]]:
    """The printed lines of each page, before anything is left out, to measure what is."""
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    data = path.read_bytes()
    return _pages(path, _open(path, data), data)[0]


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


def _pages(path: Path, reader: PdfReader, data: bytes, reading: Reading = PLAIN) -> tuple[list[list[Line]], list[str]]:
    roles = _guarded(lambda: roles_by_page(reader), {})
    pages: list[list[Line]] = []
    warnings, scans = [], []
    total = len(reader.pages)
    for index in range(total):
        try:
            page = reader.pages[index]
            fragments, height = fragments_of(page)
            lines = join_fragments(fragments, index, height, roles.get(index, {}))
            if is_scan(page, lines):
                scans.append(index)
        except Exception:  # one damaged page must not cost the others
            lines = []
            warnings.append(f"Pagina {index + 1} van {path.name} is beschadigd en wordt overgeslagen.")
        pages.append(lines)
        reading.told(len(pages) - len(scans), total)
    if scans:
        rest = Reading(lambda done, _: reading.told(total - len(scans) + done, total), reading.memory)
        for index, scanned in read_scans(data, scans, path.name, rest).items():
            # A scan may carry a stamp or a page number as text: that stays when nothing better is read.
            pages[index] = scanned.lines or pages[index]
            warnings.append(scanned.warning)
    return pages, warnings


def _guarded(read: Any, default: Any) -> Any:
    """What `read` gives; structure is a bonus, so a fault in it gives the default."""
    try:
        return read()
    except Exception:
        return default


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
    first = next(filter(None, pages), [])
    if title := parliamentary_title(first):
        return title
    stated: str = _guarded(lambda: squeeze(str(reader.metadata.title or "")) if reader.metadata else "", "")
    shown = " ".join(line.text for page in pages[:3] for line in page).casefold()
    words = re.findall(r"\w{3,}", stated.casefold())
    if len(words) >= 2 and not _NO_TITLE.fullmatch(stated) and sum(word in shown for word in words) >= 0.7 * len(words):
        return stated
    return subject(first) or printed_title(first, body_size([line for page in pages for line in page]))
