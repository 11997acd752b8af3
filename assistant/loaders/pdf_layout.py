"""The lines of all pages in, pieces out: running headers gone, lines joined into headings, paragraphs and list items."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from assistant.loaders.headings import could_be_heading, heading_level, list_marker
from assistant.loaders.hyphens import join_broken
from assistant.loaders.pdf_headings import mark_headings
from assistant.loaders.pdf_lines import Bookmark, Line
from assistant.loaders.pieces import Piece
from assistant.loaders.running import without_running_lines

_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")


def pieces_of(pages: Sequence[Sequence[Line]], bookmarks: Sequence[Bookmark]) -> list[Piece]:
    """Headings, paragraphs, list items and table rows in reading order, over page breaks."""
    kept = without_running_lines(pages)
    lines = mark_headings([line for page in kept for line in page], bookmarks)
    measure = _measure(lines)
    groups: list[list[Line]] = []
    for line in lines:
        if groups and _continues(groups[-1], line, measure):
            groups[-1].append(line)
        else:
            groups.append([line])
    vocabulary = frozenset(word.lower() for line in lines for word in _WORD.findall(line.text))
    return [_piece(group, vocabulary, _depths(groups)) for group in groups]


@dataclass(frozen=True)
class _Measure:
    leading: float  # usual distance between two lines, in letter sizes
    width: int  # usual length of a full line, in characters


def _measure(lines: Sequence[Line]) -> _Measure:
    gaps: Counter[float] = Counter()
    for previous, line in zip(lines, lines[1:], strict=False):
        if line.page == previous.page and 0 < previous.y - line.y < 3 * line.size and previous.size == line.size:
            gaps[round((previous.y - line.y) / line.size, 1)] += 1
    lengths = sorted(len(line.text) for line in lines)
    leading = gaps.most_common(1)[0][0] if gaps else 1.2
    return _Measure(leading, lengths[int(len(lengths) * 0.85)] if lengths else 80)


def _continues(group: Sequence[Line], line: Line, measure: _Measure) -> bool:
    last = group[-1]
    if _is_heading(last) or _is_heading(line):
        return last.role == line.role and _is_heading(line) and _same_heading(group, line, measure)
    if last.role.startswith("tr:") or line.role.startswith("tr:"):
        return last.role == line.role
    if line.role != last.role and (line.role.startswith("li:") or last.role.startswith("li:")):
        return False
    if list_marker(line.text):
        return False
    if abs(line.size - last.size) > 0.1 * max(line.size, last.size) and not _mid_sentence(last, line):
        return False
    if line.page != last.page or line.y > last.y:
        return _mid_sentence(last, line)
    gap = (last.y - line.y) / max(line.size, 1.0)
    if gap > measure.leading * 1.3 and not (_mid_sentence(last, line) and gap < measure.leading * 1.8):
        return False
    return not _closes(last, line, measure)


def _mid_sentence(last: Line, line: Line) -> bool:
    """Whether the text of `last` plainly goes on in `line`."""
    if last.text[-1] in ".!?:;":
        return False
    return line.text[0].islower() or last.text[-1] in ",-\u00ad" or (line.text[0] in "(‘“" and last.text[-1].isalnum())


def _closes(last: Line, line: Line, measure: _Measure) -> bool:
    """Whether `last` ends its paragraph: it stops well before the margin, at the end of a sentence."""
    if line.bold != last.bold and not line.text[0].islower() and len(last.text) < 0.8 * measure.width:
        return True
    room = measure.width - len(last.text)
    first_word = line.text.split(maxsplit=1)[0]
    return room > len(first_word) + 0.25 * measure.width and not line.text[0].islower()


def _is_heading(line: Line) -> bool:
    return line.role.startswith("h") and line.role[1:2].isdigit()


def _same_heading(group: Sequence[Line], line: Line, measure: _Measure) -> bool:
    """A long heading runs over two or three lines; two headings of one level do not."""
    last = group[-1]
    if line.page != last.page or len(group) >= 4 or heading_level(line.text) or abs(line.size - last.size) > 0.5:
        return False
    return 0 < last.y - line.y < 1.75 * max(line.size, 1.0) and line.role == last.role


def _piece(group: Sequence[Line], vocabulary: frozenset[str], depths: dict[tuple[int, float], int]) -> Piece:
    marker = list_marker(group[0].text)
    bullet = marker and not marker[0].isalnum() and marker[0] != "("
    first = group[0].text[len(marker) :] if bullet else group[0].text
    text = first
    page = group[0].page
    breaks: list[int] = []
    for previous, line in zip(group, group[1:], strict=False):
        joined = join_broken(text, line.text, vocabulary)
        for _ in range(line.page - previous.page):
            breaks.append(len(joined) - len(line.text))
        text = joined
    if _is_heading(group[0]):
        return Piece("heading", text, int(group[0].role[1]), page, tuple(breaks))
    if group[0].role.startswith("tr:"):
        return Piece("table_row", text, 0, page, tuple(breaks))
    if group[0].role.startswith("li:") or marker:
        return Piece("list_item", text, 0, page, tuple(breaks))
    return Piece("paragraph", text, 0, page, tuple(breaks))


def _depths(groups: Sequence[Sequence[Line]]) -> dict[tuple[int, float], int]:
    return {}
