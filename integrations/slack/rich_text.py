"""Slack's rich text: what is in it is shown to the letter, so nothing needs escaping and nothing can ping."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

Part = dict[str, Any]

_ITEM = re.compile(r"^\s*[-•*–]\s+(?=\S)")
_MARKER = re.compile(r"(\[\d{1,3}\])")


def words(text: str, *, bold: bool = False, italic: bool = False) -> Part:
    """A stretch of text."""
    style = {name: True for name, wanted in (("bold", bold), ("italic", italic)) if wanted}
    return {"type": "text", "text": text} | ({"style": style} if style else {})


def link(label: str, url: str) -> Part:
    """A link, or only its label where there is no address."""
    return {"type": "link", "url": url, "text": label} if url else words(label)


def section(*parts: Part) -> Part:
    """Parts after each other."""
    return {"type": "rich_text_section", "elements": list(parts)}


def quotation(*parts: Part) -> Part:
    """Parts with a bar before them."""
    return {"type": "rich_text_quote", "elements": list(parts)}


def rich_text(*elements: Part, block_id: str = "") -> Part:
    """A block."""
    block: Part = {"type": "rich_text", "elements": list(elements)}
    return block | ({"block_id": block_id} if block_id else {})


def answer_text(text: str, links: Mapping[str, str]) -> list[Part]:
    """An answer with its lists as lists, and its markers as links to their sources.

    Args:
        links: the address for a marker, "[1]".
    """
    elements: list[Part] = []
    paragraph: list[str] = []
    for line in text.split("\n"):
        found = _ITEM.match(line)
        if not found:
            paragraph.append(line)
            continue
        elements += _section("\n".join(paragraph), links)
        paragraph = []
        item = section(*_marked(line[found.end() :], links))
        if elements and elements[-1]["type"] == "rich_text_list":
            elements[-1]["elements"].append(item)
        else:
            elements.append({"type": "rich_text_list", "style": "bullet", "elements": [item]})
    return elements + _section("\n".join(paragraph), links)


def _section(text: str, links: Mapping[str, str]) -> list[Part]:
    text = text.strip("\n")
    return [section(*_marked(text, links))] if text.strip() else []


def _marked(text: str, links: Mapping[str, str]) -> list[Part]:
    return [
        link(piece, links.get(piece, "")) if _MARKER.fullmatch(piece) else words(piece)
        for piece in _MARKER.split(text)
        if piece
    ]
