"""A Markdown file in, a `Source` of its rendered text out: no markup, links as their text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.loaders.boilerplate import boilerplate
from assistant.loaders.dates import dateline, iso_date, stated_date
from assistant.loaders.files import decoded_text
from assistant.loaders.html import parse, pieces_of
from assistant.loaders.pieces import Piece, assemble, squeeze
from assistant.loaders.tables import row_text
from assistant.types import Source

if TYPE_CHECKING:
    from markdown_it.token import Token

_FRONT_MATTER = re.compile(r"---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|$)", re.S)
_FIELD = re.compile(r"^(title|titel|date|datum|publisher|uitgever):[ \t]*(.+?)[ \t]*$", re.I | re.M)
_TAG = re.compile(r"<[^>]*>")


def load_markdown(path: Path, data: bytes) -> Source:
    """The rendered document; front matter may state its title, date and publisher."""
    from markdown_it import MarkdownIt  # noqa: PLC0415 - loads on first use

    text = decoded_text(path, data)
    front = _FRONT_MATTER.match(text)
    fields = {name.lower(): value.strip("\"'") for name, value in _FIELD.findall(front[1])} if front else {}
    tokens = MarkdownIt("commonmark").enable("table").parse(text[front.end() :] if front else text)
    pieces = [piece for piece in _pieces(tokens) if piece.text]
    dropped = boilerplate([piece.text for piece in pieces])
    pieces = [piece for index, piece in enumerate(pieces) if index not in dropped]
    first = next((piece.text for piece in pieces if piece.kind == "heading" and piece.level == 1), None)
    stated = fields.get("date") or fields.get("datum") or ""
    return assemble(
        pieces,
        title=first or fields.get("title") or fields.get("titel"),
        stated_date=iso_date(stated) or dateline(stated) or stated_date([piece.text for piece in pieces]),
        publisher=fields.get("publisher") or fields.get("uitgever"),
    )


def _pieces(tokens: Sequence[Token]) -> Iterator[Piece]:
    lists = 0
    header: list[str] = []
    row: list[str] = []
    for index, token in enumerate(tokens):
        if token.type in ("bullet_list_open", "ordered_list_open"):
            lists += 1
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            lists -= 1
        elif token.type == "inline":
            opener = tokens[index - 1]
            text = _rendered(token)
            if opener.type == "heading_open":
                yield Piece("heading", text, int(opener.tag[1]))
            elif opener.type in ("th_open", "td_open"):
                row.append(text)
            elif lists:
                yield Piece("list_item", text, lists - 1)
            else:
                yield Piece("paragraph", text)
        elif token.type == "thead_close":
            header, row = row, []
        elif token.type == "tr_close" and any(row) and header is not row and _in_body(tokens, index):
            yield Piece("table_row", row_text(header, row))
            row = []
        elif token.type == "tr_open":
            row = []
        elif token.type == "table_close":
            header = []
        elif token.type in ("fence", "code_block"):
            yield Piece("list_item" if lists else "paragraph", squeeze(token.content), max(lists - 1, 0))
        elif token.type == "html_block":
            yield from pieces_of(parse(token.content))


def _in_body(tokens: Sequence[Token], index: int) -> bool:
    return tokens[index - 1].type == "td_close"


def _rendered(token: Token) -> str:
    parts = []
    for child in token.children or []:
        if child.type in ("text", "code_inline"):
            parts.append(child.content)
        elif child.type in ("softbreak", "hardbreak") or (child.type == "html_inline" and "<br" in child.content.lower()):
            parts.append(" ")
        elif child.type == "image":
            parts.append(child.content)
    return squeeze("".join(parts))
