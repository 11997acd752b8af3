"""An answer as the pages show it without JavaScript: the API's JSON with its text cut into paragraphs and markers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assistant import REFUSAL, Answer
from integrations.http.presentation import answer_json

_MARKER = re.compile(r"\[(\d{1,3})\]")
_ITEM = re.compile(r"^\s*(?:[-•*]|\d{1,2}[.)])\s+")
_KINDS = {"volledig": "complete", "gedeeltelijk": "partial", "geen": "none"}


@dataclass(frozen=True)
class Part:
    """A stretch of the answer: plain text, or a marker with its citation."""

    text: str
    citation: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class TextBlock:
    """A paragraph, or a list if it has items."""

    pieces: tuple[Part, ...] = ()
    items: tuple[tuple[Part, ...], ...] = ()


def answer_view(
    answer: Answer, base: str, address: Callable[[Mapping[str, Any]], str], languages: Mapping[str, str]
) -> dict[str, Any]:
    """The answer's JSON with what the templates need besides.

    Args:
        address: of our own page that shows a citation.
        languages: of the documents, by id; Dutch when not named.
    """
    shown = answer_json(answer, base)
    for citation in (*shown["citaten"], *shown["dichtstbij"]):
        citation["pad"] = address(citation)
        citation["koppen"] = _headings(citation)
        citation["taal"] = languages.get(citation["bron"]["id"], "nl")
    kind = "blocked" if answer.blocked else _KINDS[shown["volledigheid"]]
    text = REFUSAL[answer.language] if kind == "none" else shown["antwoord"]
    is_quoted = answer.method == "extractive" and bool(answer.citations)
    return shown | {
        "soort": kind,
        "bronnen": shown["dichtstbij"] if kind == "none" else shown["citaten"],
        "teksttaal": shown["citaten"][0]["taal"] if is_quoted else answer.language,
        "blokken": list(text_blocks(text, shown["citaten"])),
    }


def _headings(citation: Mapping[str, Any]) -> str:
    """The headings above a quote, without the title of the document, which stands beside them."""
    return " › ".join(part for part in citation["kop"].split(" › ") if part != citation["bron"]["titel"])


def text_blocks(text: str, citations: Sequence[Mapping[str, Any]]) -> Iterator[TextBlock]:
    """The paragraphs and lists of an answer; a marker without a citation stays plain text."""
    by_number = {citation["nummer"]: citation for citation in citations}
    for paragraph in re.split(r"\n\s*\n", text.strip()):
        intro, items = _cut(paragraph)
        if intro:
            yield TextBlock(pieces=tuple(_parts(intro, by_number)))
        if items:
            yield TextBlock(items=tuple(tuple(_parts(item, by_number)) for item in items))


def _cut(paragraph: str) -> tuple[str, list[str]]:
    """A paragraph as its opening words and its list items: a line each, with or without a bullet."""
    lines = [line.strip() for line in paragraph.splitlines() if line.strip()]
    if len(lines) < 2 and not _ITEM.match(paragraph):
        return " ".join(lines), []
    begins_list = not lines[0].endswith(":") or _ITEM.match(lines[0])
    intro = "" if begins_list else lines.pop(0)
    return intro, [_ITEM.sub("", line) for line in lines]


def _parts(text: str, by_number: Mapping[int, Mapping[str, Any]]) -> Iterator[Part]:
    place = 0
    for marker in _MARKER.finditer(text):
        citation = by_number.get(int(marker.group(1)))
        if citation is None:
            continue
        if marker.start() > place:
            yield Part(text[place : marker.start()])
        yield Part(marker.group(), citation)
        place = marker.end()
    if place < len(text):
        yield Part(text[place:])
