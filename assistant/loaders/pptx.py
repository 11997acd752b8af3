"""A presentation (PowerPoint) in, a `Source` out whose pages are the slides; read straight from its XML."""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from assistant.loaders.archives import open_archive, read_xml, refusing_damage
from assistant.loaders.dates import stated_date
from assistant.loaders.pieces import Piece, assemble, squeeze
from assistant.loaders.tables import looks_like_header, row_text
from assistant.types import Source

_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_TITLES = ("title", "ctrTitle")
_RUNNING = ("dt", "ftr", "sldNum", "hdr", "sldImg")  # date, footer, number of the slide
_MOST_SLIDES = 2_000


def load_pptx(path: Path, data: bytes) -> Source:
    """Title, text, tables and notes of each slide that is shown, in order."""
    with refusing_damage(path), open_archive(path, data) as archive:
        slides = _slide_names(archive)
        hidden = 0
        pieces: list[Piece] = []
        for index, name in enumerate(slides):
            root = read_xml(archive, name)
            if root.get("show") in ("0", "false"):
                hidden += 1
            else:
                pieces += [each for each in _slide(archive, name, root, index) if each.text]
        core = read_xml(archive, "docProps/core.xml")
        named = core.find("{http://purl.org/dc/elements/1.1/}title") if core is not None else None
    stated = squeeze(named.text or "") if named is not None else ""
    first = next((each.text for each in pieces if each.kind == "heading"), None)
    return assemble(
        pieces,
        page_count=max(len(slides), 1),
        title=first or stated or None,
        stated_date=stated_date([each.text for each in pieces if each.page == 0]),
        warnings=[f"De verborgen dia's van {path.name} zijn niet gelezen (aantal: {hidden})."] if hidden else [],
    )


def _slide_names(archive: zipfile.ZipFile) -> list[str]:
    presentation = "ppt/presentation.xml"
    targets = _relations(archive, presentation)
    ids = read_xml(archive, presentation).iterfind(f"{_P}sldIdLst/{_P}sldId")
    return [targets[each.get(f"{_R}id", "")][1] for each in ids if each.get(f"{_R}id", "") in targets][:_MOST_SLIDES]


def _relations(archive: zipfile.ZipFile, name: str) -> dict[str, tuple[str, str]]:
    """Relation id → kind and part of the archive."""
    folder, file = posixpath.split(name)
    root = read_xml(archive, f"{folder}/_rels/{file}.rels")
    return {
        each.get("Id", ""): (
            each.get("Type", "").rsplit("/", 1)[-1],
            posixpath.normpath(posixpath.join(folder, each.get("Target", ""))).lstrip("/"),
        )
        for each in (root if root is not None else ())
        if each.get("TargetMode") != "External"
    }


def _slide(archive: zipfile.ZipFile, name: str, root: Any, index: int) -> Iterator[Piece]:
    shapes = list(_shapes(root.find(f"{_P}cSld/{_P}spTree")))
    titles = [each for each in shapes if _placeholder(each) in _TITLES]
    for shape in titles:  # wherever it was drawn, the title is read first
        yield Piece("heading", _joined(shape), 1, index)
    for shape in shapes:
        if shape not in titles:
            yield from _shape(shape, index)
    for kind, part in _relations(archive, name).values():
        notes = read_xml(archive, part) if kind == "notesSlide" else None
        if notes is not None:
            for shape in _shapes(notes.find(f"{_P}cSld/{_P}spTree")):
                if _placeholder(shape) == "body":
                    yield from (Piece("paragraph", text, 0, index) for text, _, _ in _paragraphs(shape))


def _shapes(tree: Any) -> Iterator[Any]:
    for element in tree if tree is not None else ():
        if element.tag == f"{_P}grpSp":
            yield from _shapes(element)
        elif element.tag in (f"{_P}sp", f"{_P}graphicFrame") and _placeholder(element) not in _RUNNING:
            yield element


def _placeholder(shape: Any) -> str:
    """What the shape is for: "title", "body" and so on; empty when it is a shape of its own."""
    found = shape.find(f"{_P}nvSpPr/{_P}nvPr/{_P}ph")
    return found.get("type", "body") if found is not None else ""


def _shape(shape: Any, index: int) -> Iterator[Piece]:
    table = shape.find(f".//{_A}tbl")
    if table is not None:
        yield from _table(table, index)
        return
    found = list(_paragraphs(shape))
    listed = _placeholder(shape) == "body" and len(found) > 1
    for text, level, plain in found:
        is_item = (listed or level > 0) and not plain
        yield Piece("list_item" if is_item else "paragraph", text, level if is_item else 0, index)


def _paragraphs(shape: Any) -> Iterator[tuple[str, int, bool]]:
    """Text, nesting depth, and whether it is plainly without a bullet."""
    for paragraph in shape.iter(f"{_A}p"):
        text = _text(paragraph)
        properties = paragraph.find(f"{_A}pPr")
        level = properties.get("lvl", "0") if properties is not None else "0"
        plain = properties is not None and properties.find(f"{_A}buNone") is not None
        if text:
            yield text, int(level) if level.isdecimal() else 0, plain


def _joined(shape: Any) -> str:
    return " ".join(text for text, _, _ in _paragraphs(shape))


def _text(paragraph: Any) -> str:
    parts = (" " if each.tag == f"{_A}br" else each.text or "" for each in paragraph.iter(f"{_A}t", f"{_A}br"))
    return squeeze("".join(parts))


def _table(table: Any, index: int) -> Iterator[Piece]:
    rows = [
        [" ".join(filter(None, map(_text, cell.iter(f"{_A}p")))) for cell in row.iterfind(f"{_A}tc")]
        for row in table.iterfind(f"{_A}tr")
    ]
    look = table.find(f"{_A}tblPr")
    named = len(rows) > 1 and (look is None or look.get("firstRow") in ("1", "true")) and looks_like_header(rows[0])
    for row in rows[1:] if named else rows:
        yield Piece("table_row", row_text(rows[0] if named else (), row), 0, index)
