"""A Markdown file in, a `Source` of its rendered text out: no markup, links as their text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.errors import DocumentError
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
_LIST_STEPS = {"bullet_list_open": 1, "ordered_list_open": 1, "bullet_list_close": -1, "ordered_list_close": -1}


def load_markdown(path: Path, data: bytes) -> Source:
    """The rendered document; front matter may state its title, date and publisher."""
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

    text = decoded_text(path, data)
    front = _FRONT_MATTER.match(text)
    fields = {name.lower(): value.strip("\"'") for name, value in _FIELD.findall(front[1])} if front else {}
    tokens = MarkdownIt("commonmark").enable("table").parse(text[front.end() :] if front else text)
    tokens = [Token("document_open", "", 1), *tokens]
    try:
        pieces = [piece for piece in _pieces(tokens) if piece.text]
    except RecursionError:
        raise DocumentError(f"{path.name} bevat te diep geneste HTML. Haal die HTML uit het bestand.") from None
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
    depth = -1  # of the list that the token lies in
    header: list[str] = []
    row: list[str] = []
    for opener, token in pairwise(tokens):
        if token.type in ("tr_open", "tr_close"):
            if any(row) and opener.type == "td_close":
                yield Piece("table_row", row_text(header, row))
            elif opener.type == "th_close":
                header = row
            row = []
        elif opener.type in ("th_open", "td_open"):
            row.append(_rendered(token))
        elif token.type == "inline":
            yield _text_piece(opener, token, depth)
        elif token.type in ("fence", "code_block"):
            yield _as_text(squeeze(token.content), depth)
        elif token.type == "html_block":
            yield from pieces_of(parse(token.content))
        depth += _LIST_STEPS.get(token.type, 0)


def _text_piece(opener: Token, token: Token, depth: int) -> Piece:
    if opener.type == "heading_open":
        return Piece("heading", _rendered(token), int(opener.tag[1]))
    return _as_text(_rendered(token), depth)


def _as_text(text: str, depth: int) -> Piece:
    return Piece("paragraph", text) if depth < 0 else Piece("list_item", text, depth)


def _rendered(token: Token) -> str:
    parts = []
    for child in token.children or []:
        if child.type in ("text", "code_inline"):
            parts.append(child.content)
        elif child.type in ("softbreak", "hardbreak") or (
            child.type == "html_inline" and "<br" in child.content.lower()
        ):
            parts.append(" ")
        elif child.type == "image":
            parts.append(child.content)
    return squeeze("".join(parts))
