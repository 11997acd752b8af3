"""A Word document in, a `Source` out: styles give the structure, inserted text is kept and deleted text is not."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from assistant.loaders.archives import open_archive, refusing_damage
from assistant.loaders.dates import stated_date
from assistant.loaders.docx_styles import (
    HEADING_STYLE,
    TITLE_STYLE,
    HeadingNumbers,
    Style,
    numbering_in,
    paragraph_styles,
)
from assistant.loaders.docx_text import TEXT_BOX, Notes, W, text_of, value_of
from assistant.loaders.pieces import Piece, assemble, squeeze
from assistant.loaders.tables import looks_like_header, row_text
from assistant.types import Source

_LIST_STYLE = re.compile(r"(?:list|lijst|opsomming)", re.I)
_LIST_DEPTH = re.compile(r"(\d)\s*$")
_CONTENTS_STYLE = re.compile(r"(?:toc|inhopg|inhoudsopgave|table of contents|table of figures)\b", re.I)
_CONTAINERS = frozenset(f"{W}{name}" for name in ("ins", "moveTo", "customXml", "smartTag"))


def load_docx(path: Path, data: bytes) -> Source:
    """The body of the document, each note after the paragraph that refers to it; headers and footers are left out."""
    import docx

    open_archive(path, data).close()
    with refusing_damage(path):
        document = docx.Document(io.BytesIO(data))
        pieces = [piece for piece in _Body(document).pieces(document.element.body) if piece.text]
        stated_title = squeeze(document.core_properties.title or "")
    titled = next((piece.text for piece in pieces if piece.kind == "heading" and piece.level == 1), None)
    title = _title(pieces) or stated_title or titled
    return assemble(_levels(pieces), title=title, stated_date=stated_date([piece.text for piece in pieces]))


def _title(pieces: Sequence[Piece]) -> str | None:
    return next((piece.text for piece in pieces if piece.kind == "heading" and piece.level == 0), None)


def _levels(pieces: Sequence[Piece]) -> list[Piece]:
    """With a title (read as level 0), the title becomes level 1 and each heading one deeper."""
    if _title(pieces) is None:
        return list(pieces)
    return [
        Piece(piece.kind, piece.text, min(piece.level + 1, 6)) if piece.kind == "heading" else piece for piece in pieces
    ]


class _Body:
    """Walks through the document and knows its styles, notes and numbers."""

    def __init__(self, document: Any) -> None:
        self._styles = paragraph_styles(document)
        self._notes = Notes(document)
        self._numbers = HeadingNumbers(document)

    def pieces(self, container: Any) -> Iterator[Piece]:
        for element in container:
            if element.tag == f"{W}p":
                yield self._paragraph(element)
                yield from self._apart(element)
            elif element.tag == f"{W}tbl":
                yield from self._table(element)
            elif element.tag == f"{W}sdt" and not _is_contents(element):
                content = element.find(f"{W}sdtContent")
                yield from self.pieces(content if content is not None else ())
            elif element.tag in _CONTAINERS:
                yield from self.pieces(element)

    def _apart(self, element: Any) -> Iterator[Piece]:
        """The notes and text boxes that hang on a paragraph or row."""
        for note in self._notes.taken():
            yield Piece("paragraph", note)
        for box in element.iter(TEXT_BOX):
            if not _is_older_copy(box):
                yield from self.pieces(box)

    def _paragraph(self, element: Any) -> Piece:
        text = text_of(element, self._notes)
        properties = element.find(f"{W}pPr")
        style = self._styles.get(value_of(properties, "pStyle") or "", Style())
        if _CONTENTS_STYLE.match(style.name) or not text:
            return Piece("paragraph", "")
        if TITLE_STYLE.fullmatch(style.name):
            return Piece("heading", text, 0)
        heading = HEADING_STYLE.match(style.name)
        stated = value_of(properties, "outlineLvl")
        outline = int(stated) if stated and stated.isdecimal() else style.outline
        if heading or (outline is not None and outline < 6):
            level = int(heading[1]) if heading else (outline or 0) + 1
            return Piece("heading", self._numbered(text, properties, style), min(max(level, 1), 6))
        depth = _list_depth(properties, style)
        return Piece("paragraph", text) if depth is None else Piece("list_item", text, depth)

    def _numbered(self, text: str, properties: Any, style: Style) -> str:
        """A heading with the number that Word puts before it."""
        own, inherited = numbering_in(properties), style.numbering
        list_id = own[0] if own and own[0] else (inherited[0] if inherited else "")
        level = own[1] if own and own[1] is not None else (inherited[1] if inherited else 0)
        number = self._numbers.next(list_id, level) if list_id not in ("", "0") else ""
        return f"{number} {text}" if number else text

    def _table(self, table: Any) -> Iterator[Piece]:
        rows = [element for element in table.iter(f"{W}tr") if _owner(element) is table]
        cells = [[cell for cell in row.iter(f"{W}tc") if _owner(cell, "tr") is row] for row in rows]
        if all(len(row) <= 1 for row in cells):
            for row in cells:
                for cell in row:
                    yield from self.pieces(cell)
            return
        texts = [self._row_cells(row) for row in cells]
        header = texts[0] if len(rows) > 1 and _is_header(table, rows[0], texts[0]) else []
        for index, row_cells in enumerate(texts):
            if not (index == 0 and header):
                yield Piece("table_row", row_text(header, row_cells))
            for nested in (each for cell in cells[index] for each in cell.findall(f"{W}tbl")):
                yield from self._table(nested)
        yield from self._apart(table)

    def _row_cells(self, row: Sequence[Any]) -> list[str]:
        texts = []
        for cell in row:
            merged = cell.find(f"{W}tcPr/{W}vMerge")
            carried = merged is not None and merged.get(f"{W}val") != "restart"
            own = [each for each in cell.iter(f"{W}p") if _owner(each, "tc") is cell and not _is_in_box(each)]
            paragraphs = [text_of(paragraph, self._notes) for paragraph in own]
            texts.append("" if carried else " ".join(filter(None, paragraphs)))
            span = value_of(cell.find(f"{W}tcPr"), "gridSpan")
            texts += [""] * (min(int(span), 50) - 1 if span and span.isdecimal() else 0)
        return texts


def _is_contents(element: Any) -> bool:
    gallery = element.find(f"{W}sdtPr/{W}docPartObj/{W}docPartGallery")
    return gallery is not None and gallery.get(f"{W}val", "") == "Table of Contents"


def _is_older_copy(box: Any) -> bool:
    """Whether it is the copy of a text box for Word 2007, or lies in a deletion or in another box."""
    return any(
        each.tag in (f"{W}del", f"{W}moveFrom", TEXT_BOX) or str(each.tag).endswith("}Fallback")
        for each in box.iterancestors()
    )


def _is_in_box(element: Any) -> bool:
    return any(each.tag == TEXT_BOX for each in element.iterancestors())


def _list_depth(properties: Any, style: Style) -> int | None:
    numbering = numbering_in(properties)
    if numbering:
        return None if numbering[0] == "0" else numbering[1] or 0
    if style.numbering or _LIST_STYLE.match(style.name):
        stated = _LIST_DEPTH.search(style.name)
        return int(stated[1]) - 1 if stated and stated[1] != "0" else 0
    return None


def _owner(element: Any, name: str = "tbl") -> Any:
    return next(element.iterancestors(f"{W}{name}"), None)


def _is_header(table: Any, row: Any, cells: Sequence[str]) -> bool:
    if row.find(f"{W}trPr/{W}tblHeader") is not None:
        return True
    look = table.find(f"{W}tblPr/{W}tblLook")
    flagged = look is not None and (
        look.get(f"{W}firstRow") == "1" or int(look.get(f"{W}val") or "0", 16) & 0x20 == 0x20
    )
    runs = [run for run in row.iter(f"{W}r") if text_of(run)]
    bold = bool(runs) and all(run.find(f"{W}rPr/{W}b") is not None for run in runs)
    return (flagged or bold) and looks_like_header(cells)
