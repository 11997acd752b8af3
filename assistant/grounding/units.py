"""The pieces of a cited passage that can carry a claim: a sentence, a sentence with the one it leans on, a list."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from assistant.glossary import Glossary
from assistant.grounding.statements import Statement, take_apart
from assistant.types import Chunk, Passage, Sentence

_LEANS = re.compile(
    r"^\W*(?:dat|die|deze|dit|daar\w*|zij|hij|ze|het gaat|er|hiervoor|hierbij|ook|wel|tegelijk|sindsdien|vervolgens|zulke|zo|beide"
    r"|this|that|these|those|they|he|she|it)\b",
    re.I,
)
_LABEL = re.compile(r"(?:^|(?<=; ))[^:;]{1,60}: ")
_SEQUENCE = re.compile(r"\b(?:eerst|daarna|vervolgens|ten slotte|first|then)\b", re.I)
_MIN_ITEM_WORDS = 3
_META = re.compile(r"^\W*bron(?:nen)?\b", re.I)


@dataclass(frozen=True)
class Unit:
    """A piece that can carry a claim, and what stands around it."""

    spans: tuple[tuple[int, int], ...]  # its sentences, offsets in Source.text
    statement: Statement
    context: Statement  # title, headings and the line that introduces the list
    near: Statement  # the sentences just before and after, in running text
    kind: Literal["single", "item", "pair", "list"] = "single"


def units_of(passage: Passage, glossary: Glossary) -> tuple[Unit, ...]:
    """All pieces of a passage, single sentences first."""
    chunk = passage.chunk
    texts = [_text(chunk, sentence) for sentence in chunk.sentences]
    heading = " . ".join((passage.document.title, *chunk.heading_path))
    single = [
        Unit(
            spans=((sentence.begin, sentence.end),),
            statement=take_apart(_values(texts[number]) if sentence.kind == "table_row" else texts[number], glossary),
            context=take_apart(_context(heading, chunk, texts, number), glossary),
            near=take_apart(" . ".join(_neighbours(chunk, texts, number)), glossary),
        )
        for number, sentence in enumerate(chunk.sentences)
        if not _META.match(texts[number])
    ]
    by_begin = {unit.spans[0][0]: unit for unit in single}
    items = [
        replace(
            by_begin[sentence.begin],
            statement=take_apart(f"{introduction} {texts[number]}", glossary),
            kind="item",
        )
        for number, sentence in enumerate(chunk.sentences)
        if sentence.kind == "list_item" and sentence.begin in by_begin
        if (introduction := _introduction(chunk, texts, number))
    ]
    joined = [
        replace(
            by_begin[chunk.sentences[first].begin],
            spans=tuple((each.begin, each.end) for each in chunk.sentences[first : last + 1]),
            statement=take_apart(" ".join(texts[first : last + 1]), glossary),
            kind=kind,
        )
        for kind, pairs in (("pair", _leaning(chunk, texts)), ("list", _lists(chunk, texts)))
        for first, last in pairs
        if chunk.sentences[first].begin in by_begin
    ]
    return (*(unit for unit in single if not _is_fragment(unit, chunk)), *items, *joined)


def _is_fragment(unit: Unit, chunk: Chunk) -> bool:
    """Whether a list item says nothing without its introduction."""
    return unit.spans[0] in _items(chunk) and len(unit.statement.words) < _MIN_ITEM_WORDS


def _items(chunk: Chunk) -> set[tuple[int, int]]:
    return {(each.begin, each.end) for each in chunk.sentences if each.kind == "list_item"}


def _text(chunk: Chunk, sentence: Sentence) -> str:
    return " ".join(chunk.text[sentence.begin - chunk.begin : sentence.end - chunk.begin].split())


def _context(heading: str, chunk: Chunk, texts: list[str], number: int) -> str:
    labels = " ".join(_LABEL.findall(texts[number])) if chunk.sentences[number].kind == "table_row" else ""
    return f"{heading} . {_introduction(chunk, texts, number)} {labels}"


def _values(row: str) -> str:
    """A table row without the names of its columns."""
    return "; ".join(_LABEL.sub("", cell) for cell in row.split("; "))


def _introduction(chunk: Chunk, texts: list[str], number: int) -> str:
    """The line with a colon above a list; for a table, the line above it."""
    kind = chunk.sentences[number].kind
    if kind not in ("list_item", "table_row"):
        return ""
    while number and chunk.sentences[number].kind == kind:
        number -= 1
    return texts[number] if kind == "table_row" or texts[number].rstrip().endswith(":") else ""


def _neighbours(chunk: Chunk, texts: list[str], number: int) -> list[str]:
    """The sentences before and after; of a list or a table none, for each item speaks of its own thing."""
    if chunk.sentences[number].kind != "paragraph":
        return []
    places = [place for place in (number - 1, number + 1) if 0 <= place < len(texts)]
    return [texts[place] for place in places if chunk.sentences[place].kind == "paragraph"]


def _leaning(chunk: Chunk, texts: list[str]) -> Iterator[tuple[int, int]]:
    for number in range(1, len(texts)):
        plain = chunk.sentences[number].kind == chunk.sentences[number - 1].kind == "paragraph"
        if plain and _LEANS.match(texts[number]):
            yield number - 1, number


def _lists(chunk: Chunk, texts: list[str]) -> Iterator[tuple[int, int]]:
    """A list with its introduction; not one with numbers, of which each belongs to its own item."""
    number = 1
    while number < len(texts):
        last = number
        while last < len(texts) and chunk.sentences[last].kind == "list_item":
            last += 1
        if (
            last > number
            and texts[number - 1].rstrip().endswith(":")
            and not re.search(r"\d", " ".join(texts[number:last]))
        ):
            yield number - 1, last - 1
        number = max(last, number) + 1
