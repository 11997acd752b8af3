"""Markdown in, the parts that our documents are made of out: headings, paragraphs, flat lists and tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from markdown_it import MarkdownIt
from markdown_it.token import Token


@dataclass(frozen=True)
class Run:
    """A stretch of text with one look."""

    text: str
    bold: bool = False
    link: str | None = None


Runs = tuple[Run, ...]
Kind = Literal["heading", "paragraph", "bullets", "numbers", "table"]


@dataclass(frozen=True)
class Part:
    """One block of a Markdown source: `rows` holds one row a list item or table row, else a single row."""

    kind: Kind
    rows: tuple[tuple[Runs, ...], ...]
    level: int = 0


@dataclass
class _Collector:
    kind: Kind
    rows: list[list[Runs]] = field(default_factory=list)
    level: int = 0

    def part(self) -> Part:
        return Part(self.kind, tuple(tuple(row) for row in self.rows), self.level)


_OPENERS: dict[str, Kind] = {
    "heading_open": "heading",
    "paragraph_open": "paragraph",
    "bullet_list_open": "bullets",
    "ordered_list_open": "numbers",
    "table_open": "table",
}
_ROW_OPENERS = {"list_item_open", "tr_open", "heading_open", "paragraph_open"}


def parse(markdown: str) -> Iterator[Part]:
    """Read headings, paragraphs, flat lists and tables; that is all that our sources use."""
    current: _Collector | None = None
    closer = ""
    for token in MarkdownIt("commonmark").enable("table").parse(markdown):
        if current is None and token.type in _OPENERS:
            level = int(token.tag[1]) if token.type == "heading_open" else 0
            current, closer = _Collector(_OPENERS[token.type], level=level), token.type.replace("_open", "_close")
        if current is None:
            continue
        if token.type in _ROW_OPENERS and not token.hidden:
            current.rows.append([])
        elif token.type == "inline":
            current.rows[-1].append(tuple(_runs(token.children or [])))
        elif token.type == closer:
            yield current.part()
            current = None


def _runs(tokens: list[Token]) -> Iterator[Run]:
    bold, link = False, None
    for token in tokens:
        if token.type in {"strong_open", "strong_close"}:
            bold = token.type == "strong_open"
        elif token.type in {"link_open", "link_close"}:
            link = str(token.attrs["href"]) if token.type == "link_open" else None
        elif token.content:
            yield Run(token.content, bold, link)
        elif token.type == "softbreak":
            yield Run(" ")


def plain(runs: Runs) -> str:
    """The text as a reader sees it."""
    return "".join(run.text for run in runs)
