"""Lines in, the same lines with the role of heading where tags, bookmarks or the print say so."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace

from assistant.loaders.headings import could_be_heading, heading_level, list_marker
from assistant.loaders.pdf_lines import Bookmark, Line

_LARGER = 1.12
_MOST_LINES = 4  # of one heading
_NOT_LETTERS = re.compile(r"[\W_]+")


def mark_headings(lines: Sequence[Line], bookmarks: Sequence[Bookmark]) -> list[Line]:
    """Tags are believed first, then bookmarks; without either the letter size and weight decide."""
    marked = _by_bookmarks(lines, bookmarks)
    structured = sum(1 for line in marked if _is_heading(line))
    return marked if structured >= 2 else _by_print(marked)


def match_bookmarks(lines: Sequence[Line], bookmarks: Sequence[Bookmark]) -> dict[int, tuple[int, int]]:
    """For each bookmark that is found: its index → first line and number of lines."""
    by_page: dict[int, list[int]] = defaultdict(list)
    for index, line in enumerate(lines):
        by_page[line.page].append(index)
    found: dict[int, tuple[int, int]] = {}
    taken: set[int] = set()
    for number, bookmark in enumerate(bookmarks):
        place = _find(lines, [*by_page[bookmark.page], *by_page[bookmark.page + 1][:5]], bookmark.title, taken)
        if place:
            found[number] = place
            taken |= set(range(place[0], place[0] + place[1]))
    return found


def _find(lines: Sequence[Line], indices: Sequence[int], title: str, taken: set[int]) -> tuple[int, int] | None:
    wanted = _letters(title)
    if not wanted:
        return None
    for start in indices:
        joined = ""
        for count in range(1, _MOST_LINES + 1):
            index = start + count - 1
            if index >= len(lines) or index in taken or lines[index].page != lines[start].page:
                break
            joined += _letters(lines[index].text)
            # The number of a chapter may stand in only one of the two.
            if joined in (wanted, wanted.lstrip("0123456789")) or joined.lstrip("0123456789") == wanted:
                return start, count
            if len(joined) > len(wanted) + 12:
                break
    return None


def _by_bookmarks(lines: Sequence[Line], bookmarks: Sequence[Bookmark]) -> list[Line]:
    marked = list(lines)
    for number, (start, count) in match_bookmarks(lines, bookmarks).items():
        for index in range(start, start + count):
            if not _is_heading(marked[index]):
                marked[index] = replace(marked[index], role=f"h{bookmarks[number].level}")
    return marked


def _by_print(lines: Sequence[Line]) -> list[Line]:
    """Clearly larger or bold short lines, levels by size."""
    body = _body_size(lines)
    bold_share = sum(len(line.text) for line in lines if line.bold) / (sum(len(line.text) for line in lines) or 1)
    candidates = [
        index
        for index, line in enumerate(lines)
        if not _is_heading(line) and _stands_out(line, body, bold_share < 0.4) and _may_be_heading(lines, index)
    ]
    sizes = sorted({round(lines[index].size) for index in candidates if lines[index].size >= body * _LARGER}, reverse=True)
    marked = list(lines)
    for index in candidates:
        line = lines[index]
        larger = line.size >= body * _LARGER
        level = sizes.index(round(line.size)) + 1 if larger else len(sizes) + 1
        marked[index] = replace(line, role=f"h{min(heading_level(line.text) or level, 6)}")
    return marked


def _body_size(lines: Sequence[Line]) -> float:
    weights: Counter[float] = Counter()
    for line in lines:
        weights[line.size] += len(line.text)
    return weights.most_common(1)[0][0] if weights else 10.0


def _stands_out(line: Line, body: float, bold_counts: bool) -> bool:
    return line.size >= body * _LARGER or (bold_counts and line.bold and line.size >= body * 0.95)


def _may_be_heading(lines: Sequence[Line], index: int) -> bool:
    line = lines[index]
    if list_marker(line.text) and not heading_level(line.text):
        return False
    return could_be_heading(line.text) and any(character.isalpha() for character in line.text)


def _letters(text: str) -> str:
    return _NOT_LETTERS.sub("", text).casefold()


def _is_heading(line: Line) -> bool:
    return line.role[:1] == "h" and line.role[1:].isdigit()
