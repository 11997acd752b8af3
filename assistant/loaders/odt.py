"""An OpenDocument text (LibreOffice) in, a `Source` out, read straight from its XML."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from assistant.loaders.archives import open_archive, read_xml, refusing_damage
from assistant.loaders.dates import stated_date
from assistant.loaders.pieces import Piece, assemble, squeeze
from assistant.loaders.tables import looks_like_header, row_text
from assistant.types import Source

_NAMESPACES = "urn:oasis:names:tc:opendocument:xmlns:"
_TEXT, _TABLE = f"{{{_NAMESPACES}text:1.0}}", f"{{{_NAMESPACES}table:1.0}}"
_STYLE, _OFFICE = f"{{{_NAMESPACES}style:1.0}}", f"{{{_NAMESPACES}office:1.0}}"
_BOX = f"{{{_NAMESPACES}drawing:1.0}}text-box"
_NOT_TEXT = frozenset(
    [
        *(f"{_TEXT}{name}" for name in ("tracked-changes", "note", "table-of-content", "alphabetical-index")),
        *(f"{_TEXT}{name}" for name in ("illustration-index", "table-index", "bibliography", "sequence-decls")),
        *(f"{_OFFICE}{name}" for name in ("annotation", "annotation-end", "forms", "binary-data")),
    ]
)
_SPACES = frozenset(f"{_TEXT}{name}" for name in ("s", "tab", "line-break", "soft-page-break"))
_MOST_REPEATS = 50  # of a cell; an empty column is "repeated" up to the edge of the sheet


def load_odt(path: Path, data: bytes) -> Source:
    """The body of the document, each note after the paragraph that refers to it; headers and footers are left out."""
    with refusing_damage(path), open_archive(path, data) as archive:
        content = read_xml(archive, "content.xml")
        meta = read_xml(archive, "meta.xml")
        styles = {**_titles(read_xml(archive, "styles.xml")), **_titles(content)}
        body = content.find(f"{_OFFICE}body/{_OFFICE}text")
        pieces = [piece for piece in _Reader(styles).pieces(body, depth=-1) if piece.text]
        named = meta.find(".//{http://purl.org/dc/elements/1.1/}title") if meta is not None else None
    stated_title = squeeze(named.text or "") if named is not None else ""
    title = next((piece.text for piece in pieces if piece.kind == "heading" and piece.level == 0), None)
    first = next((piece.text for piece in pieces if piece.kind == "heading" and piece.level == 1), None)
    if title:  # the title becomes level 1 and each heading one deeper
        pieces = [
            Piece("heading", each.text, min(each.level + 1, 6)) if each.kind == "heading" else each for each in pieces
        ]
    dated = stated_date([piece.text for piece in pieces])
    return assemble(pieces, title=title or stated_title or first, stated_date=dated)


def _titles(root: Any) -> dict[str, bool]:
    """For each paragraph style whether it is the one for titles, or made after it."""
    if root is None:
        return {}
    return {
        style.get(f"{_STYLE}name", ""): "Title" in (style.get(f"{_STYLE}name"), style.get(f"{_STYLE}parent-style-name"))
        for style in root.iter(f"{_STYLE}style")
        if style.get(f"{_STYLE}family") == "paragraph"
    }


class _Reader:
    def __init__(self, titles: dict[str, bool]) -> None:
        self._titles = titles
        self._notes: list[str] = []
        self._count = 0

    def pieces(self, container: Any, depth: int) -> Iterator[Piece]:
        """The pieces below `container`; `depth` is that of the list around it, -1 outside lists."""
        for element in container if container is not None else ():
            if not isinstance(element.tag, str) or element.tag in _NOT_TEXT:
                continue
            if element.tag in (f"{_TEXT}p", f"{_TEXT}h"):
                yield self._paragraph(element, depth)
                yield from self._apart(element)
            elif element.tag in (f"{_TEXT}list", f"{_TEXT}ordered-list", f"{_TEXT}unordered-list"):
                yield from self.pieces(element, depth + 1)
            elif element.tag == f"{_TABLE}table":
                yield from self._table(element)
            else:  # sections, list items, frames
                yield from self.pieces(element, depth)

    def _paragraph(self, element: Any, depth: int) -> Piece:
        text = self._text(element)
        if element.tag == f"{_TEXT}h":
            level = element.get(f"{_TEXT}outline-level") or "1"
            return Piece("heading", text, min(max(int(level), 1), 6) if level.isdecimal() else 1)
        if self._titles.get(element.get(f"{_TEXT}style-name", ""), False):
            return Piece("heading", text, 0)
        return Piece("list_item", text, depth) if depth >= 0 else Piece("paragraph", text)

    def _apart(self, element: Any) -> Iterator[Piece]:
        notes, self._notes = self._notes, []
        for note in notes:
            yield Piece("paragraph", note)
        for box in element.iter(_BOX):
            yield from self.pieces(box, depth=-1)

    def _text(self, element: Any) -> str:
        return squeeze("".join(self._runs(element)))

    def _runs(self, element: Any) -> Iterator[str]:
        yield element.text or ""
        for child in element:
            if child.tag == f"{_TEXT}note":
                yield self._mark(child)
            elif child.tag in _SPACES:
                yield " "
            elif isinstance(child.tag, str) and child.tag not in _NOT_TEXT and child.tag != _BOX:
                yield from self._runs(child)
            yield child.tail or ""

    def _mark(self, note: Any) -> str:
        body = note.find(f"{_TEXT}note-body")
        text = " ".join(self._text(each) for each in body) if body is not None else ""
        if not text:
            return ""
        self._count += 1
        self._notes.append(f"[{self._count}] {text}")
        return f"[{self._count}]"

    def _table(self, table: Any) -> Iterator[Piece]:
        named = [row for rows in table.findall(f"{_TABLE}table-header-rows") for row in rows]
        rows = [row for row in table.iter(f"{_TABLE}table-row") if next(row.iterancestors(f"{_TABLE}table")) is table]
        texts = [self._cells(row) for row in rows]
        filled = [(row, cells) for row, cells in zip(rows, texts, strict=True) if any(cells)]
        if all(len([cell for cell in cells if cell]) <= 1 for _, cells in filled):  # a frame around text
            for row in rows:
                for cell in row:
                    yield from self.pieces(cell, depth=-1)
            return
        header: Sequence[str] = ()
        for index, (row, cells) in enumerate(filled):
            if index == 0 and len(filled) > 1 and (row in named or looks_like_header(cells)):
                header = cells
            else:
                yield Piece("table_row", row_text(header, cells))
        yield from self._apart(table)

    def _cells(self, row: Any) -> list[str]:
        texts: list[str] = []
        for cell in row:
            if cell.tag not in (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"):
                continue
            repeated = cell.get(f"{_TABLE}number-columns-repeated") or "1"
            own = [each for each in cell.iter(f"{_TEXT}p", f"{_TEXT}h") if not any(each.iterancestors(_BOX))]
            text = " ".join(filter(None, (self._text(each) for each in own)))
            texts += [text] * (min(int(repeated), _MOST_REPEATS) if repeated.isdecimal() else 1)
        return texts
