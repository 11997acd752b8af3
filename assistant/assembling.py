"""Puts an answer together piece by piece: numbers the citations, joins the text, and tells what was added.

In: segments, from the reader or from a chat model. Out: the events of a streamed answer, then its parts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from assistant.composing import Quote
from assistant.considering import Considered
from assistant.refusals import REFUSAL
from assistant.types import Citation, CitationAdded, Claim, Event, Language, TextAdded

_SEPARATOR = "\n\n"
_PART: dict[Language, str] = {"nl": "Vraag {number}: {text}", "en": "Question {number}: {text}"}


@dataclass(frozen=True)
class Segment:
    """A piece of an answer: a claim with its quotes; without quotes it is a heading or the refusal of a part."""

    text: str
    quotes: tuple[Quote, ...] = ()
    separator: str = _SEPARATOR  # between this segment and the one before it


def quoted_segments(considered: Sequence[Considered]) -> Iterator[Segment]:
    """The answer in the words of the sources; with several parts, each under its own question."""
    for number, part in enumerate(considered, start=1):
        if len(considered) > 1:
            yield part_heading(number, part)
        if part.completeness == "none":
            yield Segment(REFUSAL[part.question.language])
        else:
            yield from quoted(part)


def quoted(part: Considered) -> Iterator[Segment]:
    """The quotes that answer one part."""
    return (Segment(_words(quote), (quote,)) for quote in part.quotes)


def part_heading(number: int, part: Considered) -> Segment:
    """The line above the answer to one part of a question."""
    return Segment(_PART[part.question.language].format(number=number, text=part.question.text))


class Assembly:
    """An answer in the making."""

    def __init__(self, address: Callable[[Citation], str]) -> None:
        self._address = address
        self._numbers: dict[tuple[str, int, int], int] = {}
        self.citations: list[Citation] = []
        self.claims: list[Claim] = []
        self.text = ""

    def add(self, segment: Segment) -> Iterator[Event]:
        """Add one segment: first its new citations, then its text with the markers behind it."""
        numbers = []
        for quote in segment.quotes:
            number, is_new = self._number(quote)
            if is_new:
                self.citations.append(self.citation(number, quote))
                yield CitationAdded(self.citations[-1])
            if number not in numbers:
                numbers.append(number)
        if numbers:
            self.claims.append(Claim(segment.text, tuple(numbers)))
        markers = "".join(f"[{number}]" for number in numbers)
        piece = f"{segment.separator if self.text else ''}{segment.text}{f' {markers}' if markers else ''}"
        self.text += piece
        yield TextAdded(piece)

    def citation(self, number: int, quote: Quote) -> Citation:
        """The quote as a reader sees it, with the address that opens it."""
        chunk = quote.passage.chunk
        citation = Citation(
            number=number,
            document=quote.passage.document,
            heading_path=chunk.heading_path,
            page=chunk.page,
            quote=quote.text,
            begin=quote.begin,
            end=quote.end,
            link="",
        )
        return replace(citation, link=self._address(citation))

    def _number(self, quote: Quote) -> tuple[int, bool]:
        place = (quote.passage.document.id, quote.begin, quote.end)
        known = self._numbers.get(place)
        if known is None:
            self._numbers[place] = len(self._numbers) + 1
        return self._numbers[place], known is None


def _words(quote: Quote) -> str:
    if quote.items:
        return "\n".join(line.strip() for line in quote.text.splitlines() if line.strip())
    return " ".join(quote.text.split())
