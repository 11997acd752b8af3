"""The lines of a page that draws its columns row by row in, the same lines column after column out.

Most makers draw one column after the other; then the lines stay as they are. So do tables, and pages with tags.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from assistant.loaders.pdf_lines import Line

_SAME_HEIGHT = 0.15  # of the letter size
_SAME_COLUMN = 3.0  # points
_FEWEST_ROWS = 4
_FEWEST_LETTERS = 18  # on average in a line of a column of text
_RUNNING_ON = 0.3  # of the lines of a text begin in the middle of a sentence
_WIDTHS = (0.35, 0.55)  # of a letter on average, as a share of its size


def in_columns(lines: Sequence[Line]) -> list[Line]:
    """The lines of one page in the order in which they are read."""
    if any(line.role for line in lines):
        return list(lines)
    pairs = [
        (left, right)
        for left, right in pairwise(lines)
        if abs(left.y - right.y) <= _SAME_HEIGHT * left.size and right.x > left.x + left.size
    ]
    gutter = _gutter(pairs)
    rows = [(left, right) for left, right in pairs if gutter and abs(right.x - gutter) <= _SAME_COLUMN]
    if not gutter or not all(_is_text([row[side] for row in rows]) for side in (0, 1)):
        return list(lines)
    room = min((gutter - left.x) / (left.size * len(left.text)) for left, _ in rows)
    return _column_by_column(lines, gutter, min(max(room, _WIDTHS[0]), _WIDTHS[1]))


def _gutter(pairs: Sequence[tuple[Line, Line]]) -> float | None:
    """Where the second column begins."""
    places = Counter(round(right.x) for _, right in pairs)
    return next((float(place) for place in sorted(places) if places[place] >= _FEWEST_ROWS), None)


def _is_text(column: Sequence[Line]) -> bool:
    """Whether lines below each other read on, as in a text and not in a table."""
    if sum(len(line.text) for line in column) < _FEWEST_LETTERS * len(column):
        return False
    ordered = sorted(column, key=lambda line: -line.y)
    on = sum(last.text[-1] not in ".!?:;" and line.text[0].islower() for last, line in pairwise(ordered))
    return on >= _RUNNING_ON * (len(ordered) - 1)


def _column_by_column(lines: Sequence[Line], gutter: float, width: float) -> list[Line]:
    """Between two lines over the whole width, first what stands left of the gutter and then what stands right."""
    ordered: list[Line] = []
    left: list[Line] = []
    right: list[Line] = []
    for line in lines:
        if line.x >= gutter - _SAME_COLUMN:
            right.append(line)
        elif line.x + width * line.size * len(line.text) <= gutter + line.size:
            left.append(line)
        else:
            ordered += [*left, *in_columns(right), line]
            left, right = [], []
    return [*ordered, *left, *in_columns(right)]
