"""The lines of one page in, the same with footnotes in front of a last paragraph that goes on overleaf."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.loaders.pdf_lines import Line

_NUMBER = re.compile(r"\d{1,3}\s?(?=[^\W\d_]|[«‘“(])")
_SMALLER = 0.93
_FINISHED = re.compile(r"[.!?:;”’)](?:\s?\d{1,3})?$")  # the number of a note may stand behind the end


def is_footnote_start(line: Line, body_size: float) -> bool:
    """Whether a footnote begins: a number and text in small print in the lower part of the page."""
    return line.size <= _SMALLER * body_size and line.y < 0.6 * line.height and _NUMBER.match(line.text) is not None


def footnotes_first(groups: list[list[Line]], body_size: float) -> list[list[Line]]:
    """With the notes of a page before its last paragraph when that is unfinished, so that the paragraph can go on."""
    start = len(groups)
    while start and is_note(groups[start - 1], body_size):
        start -= 1
    if start in (0, len(groups)) or _FINISHED.search(groups[start - 1][-1].text):
        return groups
    last = start - 1
    while last and groups[last - 1][0].heading:  # which goes with the paragraph below it
        last -= 1
    return [*groups[:last], *groups[start:], *groups[last:start]]


def is_note(group: Sequence[Line], body_size: float) -> bool:
    """Whether the group is a footnote."""
    return is_footnote_start(group[0], body_size) and not group[0].role
