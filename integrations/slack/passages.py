"""The quotes of an answer in their context: read again from the sources, by place, when somebody asks for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from assistant import Citation, Document, Source
from integrations.slack.references import QuotePlace, checksum

_AROUND = 350  # characters before and after the quote


class Library(Protocol):
    """Where documents are read."""

    def documents(self) -> list[Document]: ...

    def source(self, document_id: str) -> Source: ...


@dataclass(frozen=True)
class QuoteInContext:
    """One quote with what stands around it; without text when the document has changed since."""

    citation: Citation
    before: str = ""
    after: str = ""
    is_changed: bool = False


def quotes_in_context(
    library: Library, places: Sequence[QuotePlace], address: Callable[[Citation], str]
) -> list[QuoteInContext]:
    """The quotes at these places, with their links; those of documents that are gone are left out."""
    documents = {document.id: document for document in library.documents()}
    found = []
    for place in places:
        document = documents.get(place.document_id)
        if document is not None:
            quote = _in_context(document, library.source(document.id), place)
            found.append(replace(quote, citation=replace(quote.citation, link=address(quote.citation))))
    return found


def _in_context(document: Document, source: Source, place: QuotePlace) -> QuoteInContext:
    quote = source.text[place.begin : place.end]
    headings, page = _headings(source, place.begin), _page(source, place.begin)
    citation = Citation(place.number, document, headings, page, quote, place.begin, place.end, link="")
    if checksum(quote) != place.checksum:
        return QuoteInContext(citation, is_changed=True)
    begin, end = max(0, place.begin - _AROUND), min(len(source.text), place.end + _AROUND)
    before, after = source.text[begin : place.begin], source.text[place.end : end]
    return QuoteInContext(citation, _from_a_word(before, begin > 0), _to_a_word(after, end < len(source.text)))


def _headings(source: Source, place: int) -> tuple[str, ...]:
    """The headings above a place, the highest first."""
    path: list[tuple[int, str]] = []
    for block in source.blocks:
        if block.begin > place:
            break
        if block.kind == "heading":
            path = [(level, text) for level, text in path if level < block.level]
            path.append((block.level, " ".join(source.text[block.begin : block.end].split())))
    return tuple(text for _, text in path)


def _page(source: Source, place: int) -> int | None:
    return next((page.number for page in source.pages if page.begin <= place < page.end), None)


def _from_a_word(text: str, is_cut: bool) -> str:
    return f"…{text.partition(' ')[2]}" if is_cut and " " in text else text


def _to_a_word(text: str, is_cut: bool) -> str:
    return f"{text.rpartition(' ')[0]}…" if is_cut and " " in text else text
