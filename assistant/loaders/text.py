"""A plain text file in, a `Source` out whose text is the file itself, so that offsets are the file's own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.loaders.boilerplate import boilerplate
from assistant.loaders.dates import dateline, stated_date
from assistant.loaders.files import decoded_text
from assistant.loaders.headings import (
    bullet_length,
    could_be_heading,
    could_be_title,
    heading_level,
    is_byline,
    list_marker,
)
from assistant.types import Block, BlockKind, Page, Source
from assistant.wording import legible

_WRAP_LIMIT = 120  # a file whose lines all stay below this may be wrapped by hand
_WRAP_MINIMUM = 45  # narrower columns are verse, addresses or lists
_SLACK = 12  # columns that a typist leaves open at the end of a wrapped line


@dataclass(frozen=True)
class _Line:
    begin: int
    end: int
    text: str  # stripped
    indent: int
    opens: bool  # first of its group, that is after a blank line
    closes: bool  # last of its group


def load_text(path: Path, data: bytes) -> Source:
    """The file as a source; blocks leave out navigation and other boilerplate."""
    text = legible(decoded_text(path, data), " ")
    lines = _lines(text)
    units = _units(lines)
    dropped = boilerplate([text[unit[0].begin : unit[-1].end] for unit in units])
    kept = [unit for index, unit in enumerate(units) if index not in dropped]
    blocks = _blocks(kept)
    shown = [text[block.begin : block.end] for block in blocks]
    title = (
        " ".join(shown[0].split())
        if blocks and blocks[0] == Block("heading", blocks[0].begin, blocks[0].end, 1)
        else None
    )
    return Source(text, tuple(blocks), (Page(None, 0, len(text)),), title, stated_date(shown))


def _lines(text: str) -> list[_Line]:
    found: list[tuple[int, str]] = []
    position = 0
    for raw in text.split("\n"):
        found.append((position, raw))
        position += len(raw) + 1
    lines = []
    for index, (start, raw) in enumerate(found):
        stripped = raw.strip()
        if not stripped:
            continue
        indent = len(raw) - len(raw.lstrip())
        lines.append(
            _Line(
                begin=start + indent,
                end=start + indent + len(stripped),
                text=stripped,
                indent=indent,
                opens=index == 0 or not found[index - 1][1].strip(),
                closes=index == len(found) - 1 or not found[index + 1][1].strip(),
            )
        )
    return lines


def _units(lines: Sequence[_Line]) -> list[list[_Line]]:
    """Lines that belong together: a wrapped paragraph, heading or list item is one unit."""
    width = max((len(line.text) + line.indent for line in lines), default=0)
    units: list[list[_Line]] = []
    for line in lines:
        if units and not line.opens and _continues(units[-1], line, width):
            units[-1].append(line)
        else:
            units.append([line])
    return units


def _continues(unit: Sequence[_Line], line: _Line, width: int) -> bool:
    """Whether `line` goes on with the sentence or paragraph of `unit` instead of beginning something new."""
    last = unit[-1]
    if list_marker(line.text):
        return False
    if line.text[0].islower() and last.text[-1] not in '.!?:;”"':
        return True
    if list_marker(unit[0].text) and line.indent > unit[0].indent:
        return True
    first_word = line.text.split(maxsplit=1)[0]
    full = last.indent + len(last.text) + 1 + len(first_word) > width - _SLACK
    return _WRAP_MINIMUM <= width <= _WRAP_LIMIT and full


def _blocks(units: Sequence[Sequence[_Line]]) -> list[Block]:
    blocks: list[Block] = []
    numbered = _numbered_lists(units)
    for index, unit in enumerate(units):
        begin, end = unit[0].begin, unit[-1].end
        kind, level = _kind(units, index, index in numbered)
        if kind == "list_item":
            begin += bullet_length(unit[0].text)
        blocks.append(Block(kind, begin, end, level))
    return _with_list_depth(blocks, units)


def _kind(units: Sequence[Sequence[_Line]], index: int, in_numbered_list: bool) -> tuple[BlockKind, int]:
    unit = units[index]
    shown = " ".join(line.text for line in unit)
    following = units[index + 1] if index + 1 < len(units) else None
    if index == 0 and unit[-1].closes and following and could_be_title(shown):
        return "heading", 1
    if in_numbered_list or (list_marker(shown) and not (heading_level(shown) and _stands_alone(unit, following))):
        return "list_item", 0
    if following is None or dateline(shown) or is_byline(shown) or not could_be_heading(shown):
        return "paragraph", 0
    if unit[0].opens or _ends_sentence(units[index - 1]):
        return "heading", heading_level(shown) or 2
    return "paragraph", 0


def _stands_alone(unit: Sequence[_Line], following: Sequence[_Line] | None) -> bool:
    return unit[0].opens and following is not None and not list_marker(following[0].text)


def _ends_sentence(unit: Sequence[_Line]) -> bool:
    return unit[-1].text[-1] in '.!?”"’)'


def _numbered_lists(units: Sequence[Sequence[_Line]]) -> set[int]:
    """Units that are items of a numbered list: a neighbour carries the number before or after."""
    numbers = {
        index: int(match[1])
        for index, unit in enumerate(units)
        if (match := re.match(r"(\d{1,2})[.)]\s", unit[0].text))
    }
    return {
        index
        for index, number in numbers.items()
        if numbers.get(index + 1) == number + 1 or numbers.get(index - 1) == number - 1
    }


def _with_list_depth(blocks: list[Block], units: Sequence[Sequence[_Line]]) -> list[Block]:
    """List items further to the right than an earlier item of the same list lie deeper."""
    indents: list[int] = []
    for index, block in enumerate(blocks):
        if block.kind != "list_item":
            indents = []
            continue
        indent = units[index][0].indent
        while indents and indents[-1] > indent:
            indents.pop()
        if not indents or indents[-1] < indent:
            indents.append(indent)
        blocks[index] = Block("list_item", block.begin, block.end, len(indents) - 1)
    return blocks
