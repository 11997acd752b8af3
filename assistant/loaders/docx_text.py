"""An element of a Word document in, the text that it shows out: insertions kept, deletions and comments left out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from assistant.loaders.pieces import squeeze

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
TEXT_BOX = f"{W}txbxContent"
# Deleted and moved-away text, the older copy of a drawing, and what a text box says: that stands apart.
_SKIPPED = frozenset(f"{W}{name}" for name in ("del", "moveFrom", "rPr", "pPr", "txbxContent")) | {
    "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
}
_SPACES = frozenset(f"{W}{name}" for name in ("tab", "br", "cr", "ptab"))


class Notes:
    """The footnotes and endnotes of a document, numbered in the order in which the text refers to them."""

    def __init__(self, document: Any) -> None:
        """Reads the parts of `document` that hold notes."""
        self._texts = {**_notes_of(document, "footnote"), **_notes_of(document, "endnote")}
        self._numbers: dict[tuple[str, str], int] = {}
        self._waiting: list[tuple[int, str]] = []

    def mark(self, kind: str, note_id: str) -> str:
        """What stands in the text where it refers to the note."""
        text = self._texts.get((kind, note_id), "")
        if not text:
            return ""
        if (kind, note_id) not in self._numbers:
            self._numbers[kind, note_id] = len(self._numbers) + 1
            self._waiting.append((self._numbers[kind, note_id], text))
        return f"[{self._numbers[kind, note_id]}]"

    def taken(self) -> list[str]:
        """The notes that were referred to since the last call, with their numbers."""
        waiting, self._waiting = self._waiting, []
        return [f"[{number}] {text}" for number, text in waiting]


def text_of(element: Any, notes: Notes | None = None) -> str:
    """The text on one line."""
    return squeeze("".join(_runs(element, notes)))


def value_of(parent: Any, name: str) -> str | None:
    """The w:val of a child of `parent`."""
    found = parent.find(f"{W}{name}") if parent is not None else None
    return found.get(f"{W}val") if found is not None else None


def _runs(element: Any, notes: Notes | None) -> Iterator[str]:
    for child in element:
        tag = child.tag
        if tag in _SKIPPED:
            continue
        if tag == f"{W}t":
            yield child.text or ""
        elif tag in _SPACES:
            yield " "
        elif tag == f"{W}noBreakHyphen":
            yield "-"
        elif tag in (f"{W}footnoteReference", f"{W}endnoteReference") and notes:
            yield notes.mark(tag[len(W) : -len("Reference")], child.get(f"{W}id", ""))
        elif isinstance(tag, str):
            yield from _runs(child, notes)


def _notes_of(document: Any, kind: str) -> dict[tuple[str, str], str]:
    from lxml import etree

    for relation in document.part.rels.values():
        if relation.reltype.endswith(f"/{kind}s") and not relation.is_external:
            root = etree.fromstring(relation.target_part.blob, etree.XMLParser(resolve_entities=False))
            notes = [note for note in root.findall(f"{W}{kind}") if note.get(f"{W}type") in (None, "normal")]
            return {(kind, note.get(f"{W}id", "")): text_of(note) for note in notes}
    return {}
