"""A Word document in, a `Source` out: styles give the structure, inserted text is kept and deleted text is not."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from assistant.errors import DocumentError
from assistant.loaders.dates import stated_date
from assistant.loaders.pieces import Piece, assemble, squeeze
from assistant.loaders.tables import looks_like_header, row_text
from assistant.types import Source

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_HEADING_STYLE = re.compile(r"(?:heading|kop)\s*(\d)", re.I)
_TITLE_STYLE = re.compile(r"(?:title|titel)", re.I)
_LIST_STYLE = re.compile(r"(?:list|lijst|opsomming)", re.I)
_LIST_DEPTH = re.compile(r"(\d)\s*$")
_CONTENTS_STYLE = re.compile(r"(?:toc|inhopg|inhoudsopgave|table of contents|table of figures)\b", re.I)
# Deleted and moved-away text, the older copy of a drawing, and text of comments are not what the document says.
_SKIPPED = frozenset(f"{_W}{name}" for name in ("del", "moveFrom", "rPr", "pPr")) | {
    "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
}


def load_docx(path: Path, data: bytes) -> Source:
    """The body of the document with its footnotes at the end; headers and footers are left out."""
    import docx

    try:
        document = docx.Document(io.BytesIO(data))
        styles = _styles(document)
        pieces = [piece for piece in _body(document.element.body, styles) if piece.text]
        pieces += _footnotes(document)
        stated_title = squeeze(document.core_properties.title or "")
    except DocumentError:
        raise
    except Exception:  # python-docx lets errors of zipfile, lxml and its own parts through
        raise DocumentError(
            f"{path.name} is beschadigd en kan niet als Word-bestand worden gelezen. "
            "Bewaar het opnieuw als .docx in Word of LibreOffice."
        ) from None
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


def _styles(document: Any) -> dict[str, tuple[str, int | None, bool]]:
    """For each style id its name, outline level and whether it numbers, with what it inherits."""
    found: dict[str, tuple[str, int | None, bool]] = {}
    for style in document.styles.element.findall(f"{_W}style"):
        if style.get(f"{_W}type") != "paragraph":
            continue
        names, outline, numbers, current, seen = [], None, False, style, 0
        while current is not None and seen < 12:
            name = current.find(f"{_W}name")
            names.append(name.get(f"{_W}val", "") if name is not None else "")
            level = current.find(f"{_W}pPr/{_W}outlineLvl")
            if outline is None and level is not None:
                outline = int(level.get(f"{_W}val", "9"))
            numbers = numbers or current.find(f"{_W}pPr/{_W}numPr") is not None
            based = current.find(f"{_W}basedOn")
            current = _style_by_id(document, based.get(f"{_W}val")) if based is not None else None
            seen += 1
        heading = next((name for name in names if _HEADING_STYLE.match(name) or _TITLE_STYLE.fullmatch(name)), names[0])
        found[style.get(f"{_W}styleId", "")] = (heading, outline, numbers)
    return found


def _style_by_id(document: Any, style_id: str) -> Any:
    return next(
        (style for style in document.styles.element.findall(f"{_W}style") if style.get(f"{_W}styleId") == style_id),
        None,
    )


def _body(container: Any, styles: dict[str, tuple[str, int | None, bool]]) -> Iterator[Piece]:
    for element in container:
        if element.tag == f"{_W}p":
            yield _paragraph(element, styles)
        elif element.tag == f"{_W}tbl":
            yield from _table(element, styles)
        elif element.tag == f"{_W}sdt" and not _is_contents(element):
            content = element.find(f"{_W}sdtContent")
            yield from _body(content if content is not None else (), styles)
        elif element.tag in (f"{_W}ins", f"{_W}moveTo", f"{_W}customXml", f"{_W}smartTag"):
            yield from _body(element, styles)


def _is_contents(element: Any) -> bool:
    gallery = element.find(f"{_W}sdtPr/{_W}docPartObj/{_W}docPartGallery")
    return gallery is not None and gallery.get(f"{_W}val", "") == "Table of Contents"


def _paragraph(element: Any, styles: dict[str, tuple[str, int | None, bool]]) -> Piece:
    text = squeeze("".join(_runs(element)))
    properties = element.find(f"{_W}pPr")
    style_id = _value(properties, "pStyle")
    name, outline, numbers = styles.get(style_id or "", ("", None, False))
    if _CONTENTS_STYLE.match(name):
        return Piece("paragraph", "")
    heading = _HEADING_STYLE.match(name)
    outline_here = _value(properties, "outlineLvl")
    outline = int(outline_here) if outline_here and outline_here.isdecimal() else outline
    if _TITLE_STYLE.fullmatch(name):
        return Piece("heading", text, 0)
    if heading or (outline is not None and outline < 6):
        return Piece("heading", text, min(max(int(heading[1]) if heading else (outline or 0) + 1, 1), 6))
    depth = _list_depth(properties, name, numbers)
    return Piece("paragraph", text) if depth is None else Piece("list_item", text, depth)


def _value(properties: Any, name: str) -> str | None:
    found = properties.find(f"{_W}{name}") if properties is not None else None
    return found.get(f"{_W}val") if found is not None else None


def _list_depth(properties: Any, style: str, style_numbers: bool) -> int | None:
    numbering = properties.find(f"{_W}numPr") if properties is not None else None
    if numbering is not None:
        if _value(numbering, "numId") == "0":
            return None
        level = _value(numbering, "ilvl") or "0"
        return int(level) if level.isdecimal() else 0
    if style_numbers or _LIST_STYLE.match(style):
        stated = _LIST_DEPTH.search(style)
        return int(stated[1]) - 1 if stated and stated[1] != "0" else 0
    return None


def _runs(element: Any) -> Iterator[str]:
    for child in element:
        tag = child.tag
        if tag in _SKIPPED:
            continue
        if tag == f"{_W}t":
            yield child.text or ""
        elif tag in (f"{_W}tab", f"{_W}br", f"{_W}cr", f"{_W}ptab"):
            yield " "
        elif tag == f"{_W}noBreakHyphen":
            yield "-"
        elif tag == f"{_W}footnoteReference":
            yield f"[{child.get(f'{_W}id')}]"
        elif isinstance(tag, str):
            yield from _runs(child)


def _table(table: Any, styles: dict[str, tuple[str, int | None, bool]]) -> Iterator[Piece]:
    rows = [element for element in table.iter(f"{_W}tr") if _owner(element) is table]
    cells = [[cell for cell in row.iter(f"{_W}tc") if _owner(cell, "tr") is row] for row in rows]
    if all(len(row) <= 1 for row in cells):
        for row in cells:
            for cell in row:
                yield from _body(cell, styles)
        return
    texts = [_row_cells(row) for row in cells]
    header = texts[0] if len(rows) > 1 and _is_header(table, rows[0], texts[0]) else []
    for row_cells in texts[1 if header else 0 :]:
        yield Piece("table_row", row_text(header, row_cells))


def _owner(element: Any, name: str = "tbl") -> Any:
    parent = element.getparent()
    while parent is not None and parent.tag != f"{_W}{name}":
        parent = parent.getparent()
    return parent


def _row_cells(row: Sequence[Any]) -> list[str]:
    texts = []
    for cell in row:
        merged = cell.find(f"{_W}tcPr/{_W}vMerge")
        carried = merged is not None and merged.get(f"{_W}val") != "restart"
        paragraphs = [squeeze("".join(_runs(paragraph))) for paragraph in cell.iter(f"{_W}p")]
        texts.append("" if carried else " ".join(filter(None, paragraphs)))
        span = _value(cell.find(f"{_W}tcPr"), "gridSpan")
        texts += [""] * (min(int(span), 50) - 1 if span and span.isdecimal() else 0)
    return texts


def _is_header(table: Any, row: Any, cells: Sequence[str]) -> bool:
    if row.find(f"{_W}trPr/{_W}tblHeader") is not None:
        return True
    look = table.find(f"{_W}tblPr/{_W}tblLook")
    flagged = look is not None and (
        look.get(f"{_W}firstRow") == "1" or int(look.get(f"{_W}val") or "0", 16) & 0x20 == 0x20
    )
    runs = [run for run in row.iter(f"{_W}r") if "".join(_runs(run)).strip()]
    bold = bool(runs) and all(run.find(f"{_W}rPr/{_W}b") is not None for run in runs)
    return (flagged or bold) and looks_like_header(cells)


def _footnotes(document: Any) -> list[Piece]:
    from lxml import etree

    for relation in document.part.rels.values():
        if relation.reltype.endswith("/footnotes") and not relation.is_external:
            root = etree.fromstring(relation.target_part.blob, etree.XMLParser(resolve_entities=False))
            notes = [note for note in root.findall(f"{_W}footnote") if note.get(f"{_W}type") is None]
            texts = [(note.get(f"{_W}id"), squeeze("".join(_runs(note)))) for note in notes]
            return [Piece("paragraph", f"[{number}] {text}") for number, text in texts if text]
    return []
