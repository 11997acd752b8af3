"""Pieces of rendered text in, one `Source` out: the text, its blocks and its pages with exact offsets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from assistant.types import Block, BlockKind, Page, Source
from assistant.wording import legible


@dataclass(frozen=True)
class Piece:
    """One heading, paragraph, list item or table row, with its text as it will be quoted."""

    kind: BlockKind
    text: str
    level: int = 0
    page: int = 0  # index of the page on which it begins
    breaks: tuple[int, ...] = ()  # offsets in `text` where a next page begins


def squeeze(text: str) -> str:
    """`text` with every run of white space, no-break spaces included, as one space."""
    return " ".join(text.replace("\u00ad", "").replace("\u200b", "").replace("\ufeff", "").split())


def assemble(
    pieces: Sequence[Piece],
    *,
    page_count: int | None = None,
    title: str | None = None,
    stated_date: date | None = None,
    publisher: str | None = None,
    warnings: Sequence[str] = (),
) -> Source:
    """Join the pieces with blank lines; rows and items of one list or table follow each other on the next line.

    Args:
        page_count: number of pages of a paged document, None for an unpaged one.
    """
    blocks: list[Block] = []
    starts: dict[int, int] = {}
    parts: list[str] = []
    position = 0
    previous: Piece | None = None
    for piece in _shown(pieces):
        gap = _gap(previous, piece)
        parts += [gap, piece.text]
        begin = position + len(gap)
        position = begin + len(piece.text)
        blocks.append(Block(piece.kind, begin, position, piece.level))
        starts.setdefault(piece.page, begin)
        for number, offset in enumerate(piece.breaks, start=1):
            starts.setdefault(piece.page + number, begin + offset)
        previous = piece
    text = "".join(parts)
    return Source(
        text,
        tuple(blocks),
        _pages(starts, page_count, len(text)),
        title and squeeze(legible(title, " ")),
        stated_date,
        publisher and squeeze(legible(publisher, " ")),
        tuple(map(legible, warnings)),
    )


def _shown(pieces: Sequence[Piece]) -> Iterator[Piece]:
    """The pieces without signs that would command the terminal or page on which they are quoted."""
    for piece in pieces:
        text = legible(piece.text, " ")  # as long as it was, so that its offsets stay right
        if text.strip():
            yield piece if text == piece.text else replace(piece, text=text)


def _gap(previous: Piece | None, piece: Piece) -> str:
    if previous is None:
        return ""
    tight = piece.kind == previous.kind and piece.kind in ("list_item", "table_row")
    return "\n" if tight else "\n\n"


def _pages(starts: dict[int, int], page_count: int | None, length: int) -> tuple[Page, ...]:
    if page_count is None:
        return (Page(None, 0, length),)
    begins = [0] * page_count
    following = length
    for index in range(page_count - 1, 0, -1):
        following = starts.get(index, following)
        begins[index] = following
    ends = [*begins[1:], length]
    return tuple(Page(index + 1, begins[index], ends[index]) for index in range(page_count))
