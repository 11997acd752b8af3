"""The styles and numbering of a Word document in; what each paragraph style means, and numbers of headings, out."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assistant.loaders.docx_text import W, value_of

HEADING_STYLE = re.compile(r"(?:heading|kop)\s*(\d)", re.I)
TITLE_STYLE = re.compile(r"(?:title|titel)", re.I)
_MOST_PARENTS = 12  # damaged styles may run in circles
_ROMAN = ((10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))


@dataclass(frozen=True)
class Style:
    """A paragraph style with what it inherits."""

    name: str = ""
    outline: int | None = None  # level of a heading, from 0
    numbering: tuple[str, int] | None = None  # list and level


def paragraph_styles(document: Any) -> dict[str, Style]:
    """Style id → style."""
    elements = {
        style.get(f"{W}styleId", ""): style
        for style in document.styles.element.findall(f"{W}style")
        if style.get(f"{W}type") == "paragraph"
    }
    return {style_id: _style(style_id, elements) for style_id in elements}


def numbering_in(properties: Any) -> tuple[str, int | None] | None:
    """The list and level that paragraph properties state; the level may be left to the style."""
    numbering = properties.find(f"{W}numPr") if properties is not None else None
    if numbering is None:
        return None
    level = value_of(numbering, "ilvl")
    return value_of(numbering, "numId") or "", int(level) if level and level.isdecimal() else None


def _style(style_id: str, elements: Mapping[str, Any]) -> Style:
    names, outline, list_id, list_level = [], None, None, None
    current, seen = elements.get(style_id), 0
    while current is not None and seen < _MOST_PARENTS:
        names.append(value_of(current, "name") or "")
        properties = current.find(f"{W}pPr")
        level = value_of(properties, "outlineLvl")
        if outline is None and level and level.isdecimal():
            outline = int(level)
        if stated := numbering_in(properties):
            list_id = list_id or stated[0]
            list_level = list_level if list_level is not None else stated[1]
        current = elements.get(value_of(current, "basedOn") or "")
        seen += 1
    heading = next((name for name in names if HEADING_STYLE.match(name) or TITLE_STYLE.fullmatch(name)), names[0])
    return Style(heading, outline, (list_id, list_level or 0) if list_id else None)


class HeadingNumbers:
    """Counts the numbered headings as Word does, so that "2.1" stands before the words as it does on paper."""

    def __init__(self, document: Any) -> None:
        """Reads the definitions of the lists."""
        self._levels: dict[tuple[str, int], tuple[str, str, int]] = {}  # format, text, first number
        self._lists: dict[str, str] = {}  # list → its definition
        self._counts: dict[str, dict[int, int]] = defaultdict(dict)
        for relation in document.part.rels.values():
            if relation.reltype.endswith("/numbering") and not relation.is_external:
                self._read(relation.target_part.element)

    def next(self, list_id: str, level: int) -> str:
        """The number of the next heading on that level of the list; empty when it shows none."""
        definition = self._lists.get(list_id, "")
        kind, text, first = self._levels.get((definition, level), ("none", "", 1))
        counts = self._counts[definition]
        counts[level] = counts.get(level, first - 1) + 1
        for deeper in [each for each in counts if each > level]:
            del counts[deeper]
        if kind in ("none", "bullet"):
            return ""
        return re.sub(r"%(\d)", lambda match: self._shown(definition, int(match[1]) - 1), text).strip()

    def _shown(self, definition: str, level: int) -> str:
        kind, _, first = self._levels.get((definition, level), ("decimal", "", 1))
        return _written(self._counts[definition].get(level, first), kind)

    def _read(self, root: Any) -> None:
        for abstract in root.findall(f"{W}abstractNum"):
            definition = abstract.get(f"{W}abstractNumId", "")
            for level in abstract.findall(f"{W}lvl"):
                start = value_of(level, "start") or "1"
                key = definition, int(level.get(f"{W}ilvl", "0"))
                first = int(start) if start.isdecimal() else 1
                self._levels[key] = (value_of(level, "numFmt") or "decimal", value_of(level, "lvlText") or "", first)
        for number in root.findall(f"{W}num"):
            self._lists[number.get(f"{W}numId", "")] = value_of(number, "abstractNumId") or ""


def _written(number: int, kind: str) -> str:
    if kind in ("lowerLetter", "upperLetter") and 1 <= number <= 26:
        letter = chr(ord("a") + number - 1)
        return letter.upper() if kind == "upperLetter" else letter
    if kind in ("lowerRoman", "upperRoman") and 1 <= number < 40:
        roman = ""
        for value, sign in _ROMAN:
            roman, number = roman + sign * (number // value), number % value
        return roman.upper() if kind == "upperRoman" else roman
    return str(number)
