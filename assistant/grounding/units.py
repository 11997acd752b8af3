"""The pieces of a cited passage that can carry a claim: a sentence, a sentence with the one it leans on, a list."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from assistant.glossary import Glossary
from assistant.grounding.statements import Statement, subject, take_apart
from assistant.types import Chunk, Passage, Sentence

_LEANS = re.compile(
    r"^\W*(?:dat|die|deze|dit|daar\w*|zij|hij|ze|het (?:gaat|ging|is|was|kan|kon|moet|heeft|wordt|blijft|krijgt|liep)"
    r"|er|hiervoor|hierbij|ook|wel|tegelijk|sindsdien|vervolgens|zulke|zo|beide"
    r"|this|that|these|those|they|he|she|it)\b",
    re.I,
)
_LABEL = re.compile(r"(?:^|(?<=; ))[^:;]{1,60}: ")
_SEQUENCE = re.compile(r"\b(?:eerst|daarna|vervolgens|ten slotte|first|then)\b", re.I)
_MIN_ITEM_WORDS = 3
_META = re.compile(r"^\W*bron(?:nen)?\b", re.I)


Kind = Literal["single", "item", "row", "pair", "list"]


@dataclass(frozen=True)
class Unit:
    """A piece that can carry a claim, and what stands around it."""

    spans: tuple[tuple[int, int], ...]  # its sentences, offsets in Source.text
    statement: Statement
    context: Statement  # title, headings and the line that introduces the list
    near: Statement  # the sentences just before and after, in running text
    other_subjects: frozenset[str] = frozenset()  # roots of what the other sentences of the passage are about
    leans: bool = False  # its subject is in the sentence before
    kind: Kind = "single"


def units_of(passage: Passage, glossary: Glossary) -> tuple[Unit, ...]:
    """All pieces of a passage, single sentences first."""
    chunk = passage.chunk
    texts = [_text(chunk, sentence) for sentence in chunk.sentences]
    title = " . ".join((passage.document.title, *chunk.heading_path))
    single = {
        number: _single(chunk, texts, number, title, glossary)
        for number in range(len(texts))
        if not _META.match(texts[number])
    }
    cells = [
        cell for number, unit in single.items() if unit.kind == "row" for cell in _cells(unit, texts[number], glossary)
    ]
    whole = [unit for unit in single.values() if not _is_fragment(unit, chunk)]
    found = (*cells, *whole, *_items(chunk, texts, single, glossary), *_joined(chunk, texts, single, glossary))
    subjects = {unit.spans[0]: subject(unit.statement).root for unit in single.values() if unit.statement.words}
    return tuple(
        replace(unit, other_subjects=frozenset(root for span, root in subjects.items() if span not in unit.spans))
        for unit in found
    )


def _single(chunk: Chunk, texts: Sequence[str], number: int, title: str, glossary: Glossary) -> Unit:
    sentence, text = chunk.sentences[number], texts[number]
    is_row = sentence.kind == "table_row"
    return Unit(
        spans=((sentence.begin, sentence.end),),
        statement=take_apart(_values(text) if is_row else text, glossary),
        context=take_apart(_context(title, chunk, texts, number), glossary),
        near=take_apart(" . ".join(_neighbours(chunk, texts, number)), glossary),
        leans=is_row or _LEANS.match(text) is not None,
        kind="row" if is_row and len(_LABEL.findall(text)) > 2 else "single",
    )


def _items(chunk: Chunk, texts: Sequence[str], single: Mapping[int, Unit], glossary: Glossary) -> Iterator[Unit]:
    """Each list item with the line that introduces the list."""
    for number, unit in single.items():
        introduction = _introduction(chunk, texts, number)
        if chunk.sentences[number].kind == "list_item" and introduction:
            yield replace(unit, statement=take_apart(f"{introduction} {texts[number]}", glossary), kind="item")


def _joined(chunk: Chunk, texts: Sequence[str], single: Mapping[int, Unit], glossary: Glossary) -> Iterator[Unit]:
    """A sentence with the one it leans on, and whole lists."""
    kinds: tuple[tuple[Kind, Iterator[tuple[int, int]]], ...] = (
        ("pair", _leaning(chunk, texts)),
        ("list", _lists(chunk, texts)),
    )
    for kind, pairs in kinds:
        for first, last in pairs:
            if first in single:
                spans = tuple((each.begin, each.end) for each in chunk.sentences[first : last + 1])
                statement = take_apart(" ".join(texts[first : last + 1]), glossary)
                yield replace(single[first], spans=spans, statement=statement, kind=kind)


def _cells(unit: Unit, row: str, glossary: Glossary) -> Iterator[Unit]:
    """Each cell of a table row with the row's first cell and its own column, for a column speaks of its own thing."""
    first, *others = row.split("; ")
    for cell in others:
        if not _LABEL.match(cell):
            return
    for cell in others:
        yield replace(
            unit,
            statement=take_apart(f"{first.replace(':', '', 1)} {cell.replace(':', '', 1)}", glossary),
            kind="single",
        )


def _is_fragment(unit: Unit, chunk: Chunk) -> bool:
    """Whether a list item says nothing without its introduction."""
    items = {(each.begin, each.end) for each in chunk.sentences if each.kind == "list_item"}
    return unit.spans[0] in items and len(unit.statement.words) < _MIN_ITEM_WORDS


def _text(chunk: Chunk, sentence: Sentence) -> str:
    return " ".join(chunk.text[sentence.begin - chunk.begin : sentence.end - chunk.begin].split())


def _context(heading: str, chunk: Chunk, texts: Sequence[str], number: int) -> str:
    labels = " ".join(_LABEL.findall(texts[number])) if chunk.sentences[number].kind == "table_row" else ""
    return f"{heading} . {_introduction(chunk, texts, number)} {labels}"


def _values(row: str) -> str:
    """A table row without the names of its columns."""
    return "; ".join(_LABEL.sub("", cell) for cell in row.split("; "))


def _introduction(chunk: Chunk, texts: Sequence[str], number: int) -> str:
    """The line with a colon above a list; for a table, the line above it."""
    kind = chunk.sentences[number].kind
    if kind not in ("list_item", "table_row"):
        return ""
    while number and chunk.sentences[number].kind == kind:
        number -= 1
    return texts[number] if kind == "table_row" or texts[number].rstrip().endswith(":") else ""


def _neighbours(chunk: Chunk, texts: Sequence[str], number: int) -> list[str]:
    """The sentences before and after; of a list or a table none, for each item speaks of its own thing."""
    if chunk.sentences[number].kind != "paragraph":
        return []
    places = [place for place in (number - 1, number + 1) if 0 <= place < len(texts)]
    return [texts[place] for place in places if chunk.sentences[place].kind == "paragraph"]


def _leaning(chunk: Chunk, texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    for number in range(1, len(texts)):
        plain = chunk.sentences[number].kind == chunk.sentences[number - 1].kind == "paragraph"
        if plain and _LEANS.match(texts[number]):
            yield number - 1, number


def _lists(chunk: Chunk, texts: Sequence[str]) -> Iterator[tuple[int, int]]:
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
