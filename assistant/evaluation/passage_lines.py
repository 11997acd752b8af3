"""The lines of a passage: the smallest blocks that a question set shows, and where gold sentences must not run on."""

from __future__ import annotations

from collections.abc import Iterator

from assistant.loaders.headings import bullet_length
from assistant.types import BlockKind


def lines_of(text: str, begin: int, end: int) -> Iterator[tuple[BlockKind, int, int]]:
    """Each line in `text[begin:end]` that has words: its kind and offsets, without bullet and white space around it."""
    start = begin
    while start < end:
        stop = text.find("\n", start, end)
        stop = end if stop < 0 else stop
        line = text[start:stop]
        words = line.lstrip()
        bullet = bullet_length(words)
        first = start + len(line) - len(words) + bullet
        last = start + len(line.rstrip())
        if first < last:
            yield ("list_item" if bullet else "paragraph"), first, last
        start = stop + 1
