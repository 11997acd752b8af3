"""The lines of all pages in, pieces out: running headers gone, lines joined into headings, paragraphs and items."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from assistant.loaders.footnotes import footnotes_first, is_footnote_start
from assistant.loaders.headings import bullet_length, heading_level, list_marker
from assistant.loaders.hyphens import join_broken
from assistant.loaders.pdf_columns import in_columns
from assistant.loaders.pdf_grid import mark_grids
from assistant.loaders.pdf_headings import body_size, mark_headings
from assistant.loaders.pdf_lines import Bookmark, Line, rejoined
from assistant.loaders.pdf_tables import table_pieces
from assistant.loaders.pieces import Piece
from assistant.loaders.running import without_running_lines

_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_LETTERS = re.compile(r"[^\W\d_]{3}")
_AXIS = re.compile(r"(?=\S*\d)[^\s/.@:_-]{25,}")  # the labels below a chart, drawn without a space between them
_CHART_RUN = 4  # this many pieces in a row without a word are the labels of a chart
_INDENT = 6.0  # points; a bullet further to the right than this lies deeper


@dataclass(frozen=True)
class _Measure:
    leading: float  # usual distance between two lines, in letter sizes
    width: int  # usual length of a full line, in characters
    body: float  # usual letter size


def pieces_of(pages: Sequence[Sequence[Line]], bookmarks: Sequence[Bookmark]) -> list[Piece]:
    """Headings, paragraphs, list items and table rows in reading order, over page breaks."""
    kept = [rejoined(mark_grids(in_columns(page))) for page in without_running_lines(pages)]
    lines = mark_headings([line for page in kept for line in page], bookmarks)
    measure = _measure(lines)
    vocabulary = frozenset(word.lower() for line in lines for word in _WORD.findall(line.text))
    groups = _over_pages(_groups_by_page(lines, measure))
    depths = _list_depths(groups)
    pieces: list[Piece] = []
    rows: list[list[Line]] = []
    for index, group in enumerate(groups):
        if _is_row(group[0]):
            rows.append(group)
            continue
        pieces += table_pieces(rows, vocabulary)
        rows = []
        pieces.append(_piece(group, vocabulary, depths.get(index, 0)))
    return _without_charts(pieces + table_pieces(rows, vocabulary))


def _measure(lines: Sequence[Line]) -> _Measure:
    gaps: Counter[float] = Counter()
    for previous, line in pairwise(lines):
        if line.page == previous.page and 0 < previous.y - line.y < 3 * line.size and previous.size == line.size:
            gaps[round((previous.y - line.y) / line.size, 1)] += 1
    lengths = sorted(len(line.text) for line in lines)
    leading = gaps.most_common(1)[0][0] if gaps else 1.2
    return _Measure(leading, lengths[int(len(lengths) * 0.85)] if lengths else 80, body_size(lines))


def _groups_by_page(lines: Sequence[Line], measure: _Measure) -> list[list[list[Line]]]:
    pages: list[list[list[Line]]] = []
    page = -1
    for line in lines:
        if line.page != page:
            pages.append([])
            page = line.page
        groups = pages[-1]
        if groups and _continues(groups[-1], line, measure):
            groups[-1].append(line)
        else:
            groups.append([line])
    return [footnotes_first(groups, measure.body) for groups in pages]


def _over_pages(pages: Sequence[list[list[Line]]]) -> list[list[Line]]:
    groups: list[list[Line]] = []
    for page in pages:
        first, rest = page[0], page[1:]
        if groups and _goes_on_overleaf(groups[-1], first):
            groups[-1] = [*groups[-1], *first]
        else:
            groups.append(first)
        groups += rest
    return groups


def _goes_on_overleaf(group: Sequence[Line], first: Sequence[Line]) -> bool:
    last, line = group[-1], first[0]
    if last.heading or line.heading or _is_row(last) or _is_row(line) or list_marker(line.text):
        return False
    return abs(last.size - line.size) <= 1 and _mid_sentence(last, line)


def _continues(group: Sequence[Line], line: Line, measure: _Measure) -> bool:
    """Whether `line`, on the same page, goes on with the group."""
    last = group[-1]
    if last.heading or line.heading:
        return last.heading == line.heading and _same_heading(group, line)
    if _is_row(last) or _is_row(line):
        return _row(last) == _row(line)
    if _begins_item(last, line) or is_footnote_start(line, measure.body):
        return False
    return _near(group, line, measure) and not _closes(last, line, measure)


def _begins_item(last: Line, line: Line) -> bool:
    if line.role != last.role and "li:" in (line.role[:3], last.role[:3]):
        return True
    # A dash between brackets that are still open is a dash in a sentence.
    return list_marker(line.text) != "" and last.text.count("(") <= last.text.count(")")


def _near(group: Sequence[Line], line: Line, measure: _Measure) -> bool:
    """Whether the line has the print of the group's last line and stands right below it."""
    last = group[-1]
    note = is_footnote_start(group[0], measure.body)  # its number is smaller than its text
    if abs(line.size - last.size) > 0.1 * max(line.size, last.size) and not (note or _mid_sentence(last, line)):
        return False
    gap = (last.y - line.y) / max(line.size, 1.0)
    if gap < -0.3:  # the top of a next column, or a box beside the text
        return _mid_sentence(last, line)
    return gap <= measure.leading * (1.8 if note or _mid_sentence(last, line) else 1.3)


def _mid_sentence(last: Line, line: Line) -> bool:
    """Whether the text of `last` plainly goes on in `line`."""
    if last.text[-1] in ".!?:;":
        return False
    return line.text[0].islower() or last.text[-1] in ",-\u00ad" or (line.text[0] in "(‘“" and last.text[-1].isalnum())


def _closes(last: Line, line: Line, measure: _Measure) -> bool:
    """Whether `last` ends its paragraph: it stops well before the margin."""
    if line.text[0].islower():
        return False
    if line.bold != last.bold and line.font and last.font:
        return True
    first_word = line.text.split(maxsplit=1)[0]
    return measure.width - len(last.text) > len(first_word) + 0.25 * measure.width


def _same_heading(group: Sequence[Line], line: Line) -> bool:
    """A long heading runs over two or three lines; two headings of one level do not."""
    last = group[-1]
    if len(group) >= 4 or heading_level(line.text) or abs(line.size - last.size) > 0.5 or line.font != last.font:
        return False
    return -0.3 * line.size <= last.y - line.y < 1.75 * max(line.size, 1.0)


def _piece(group: Sequence[Line], vocabulary: frozenset[str], depth: int) -> Piece:
    marker = list_marker(group[0].text)
    text = group[0].text[bullet_length(group[0].text) :]
    breaks: list[int] = []
    for previous, line in pairwise(group):
        text = join_broken(text, line.text, vocabulary)
        # A word that was broken over the page belongs to the page on which it ends.
        breaks += [len(text) - len(line.text)] * (line.page - previous.page)
    text = text.rstrip("\u00ad")
    if group[0].heading:
        return Piece("heading", text, group[0].heading, group[0].page)
    kind = "list_item" if group[0].role[:3] == "li:" or marker else "paragraph"
    return Piece("list_item" if kind == "list_item" else "paragraph", text, depth, group[0].page, tuple(breaks))


def _list_depths(groups: Sequence[Sequence[Line]]) -> dict[int, int]:
    """The nesting depth of the list items, by how far to the right they begin."""
    depths: dict[int, int] = {}
    indents: list[float] = []
    for index, group in enumerate(groups):
        if not (list_marker(group[0].text) or group[0].role[:3] == "li:"):
            indents = []
            continue
        x = group[0].x
        while indents and indents[-1] > x + _INDENT:
            indents.pop()
        if not indents or indents[-1] < x - _INDENT:
            indents.append(x)
        depths[index] = len(indents) - 1
    return depths


def _without_charts(pieces: Sequence[Piece]) -> list[Piece]:
    """Without the axis labels and figures that a chart leaves behind."""
    kept: list[Piece] = []
    run: list[Piece] = []
    for piece in pieces:
        if piece.kind == "paragraph" and _AXIS.fullmatch(piece.text):
            continue
        if piece.kind == "paragraph" and not _LETTERS.search(piece.text):
            run.append(piece)
            continue
        kept += run if len(run) < _CHART_RUN else []
        run = []
        kept.append(piece)
    return kept + (run if len(run) < _CHART_RUN else [])


def _is_row(line: Line) -> bool:
    return line.role[:3] == "tr:"


def _row(line: Line) -> list[str]:
    return line.role.split(":")[:3]
