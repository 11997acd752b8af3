"""One document of the index as a reader opens it: its text, and what of it is quoted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from assistant import Assistant, Document, DocumentError, Sentence, Source
from integrations.http.quote_places import count_quote

_MAX_QUOTE = 4_000  # characters; a longer mark is cut


class SourceNotFound(Exception):
    """No source with this id is in the index."""


@dataclass(frozen=True)
class OpenSource:
    """A document with its text, and what of it is quoted."""

    document: Document
    source: Source
    sentences: list[Sentence]
    marked: range
    file: Path | None = None  # of a PDF, on this machine; None if it cannot be had

    @property
    def is_pdf(self) -> bool:
        return self.document.file.suffix.lower() == ".pdf"

    @property
    def quote(self) -> str:
        return self.source.text[self.marked.start : self.marked.stop]

    def page_of(self, offset: int) -> int | None:
        """The number of the page that a place in the text is on."""
        return next((page.number for page in self.source.pages if page.begin <= offset < page.end), None)

    def is_quoted_on(self, number: int) -> bool:
        return bool(self.marked) and self.page_of(self.marked.start) == number

    def occurrence(self) -> int:
        """How often the same words stand on the page before the quote."""
        page = next(page for page in self.source.pages if page.begin <= self.marked.start < page.end)
        return count_quote(self.source.text[page.begin : self.marked.start], self.quote)


def open_source(assistant: Assistant, document_id: str, begin: int | None, end: int | None) -> OpenSource:
    """One document of the index; raises SourceNotFound.

    Args:
        begin: where the quote begins in the text.
        end: where it ends; without it the sentence at `begin` is meant.
    """
    document = next((each for each in assistant.documents() if each.id == document_id), None)
    if document is None:
        raise SourceNotFound
    try:
        source, sentences = assistant.source(document_id), assistant.sentences(document_id)
    except KeyError as error:  # a new index without it was switched in just now
        raise SourceNotFound from error
    opened = OpenSource(document, source, sentences, _marked(source, sentences, begin, end))
    return replace(opened, file=_file(assistant, document_id)) if opened.is_pdf else opened


def _file(assistant: Assistant, document_id: str) -> Path | None:
    try:
        return assistant.file(document_id)
    except (DocumentError, KeyError):
        return None


def _marked(source: Source, sentences: list[Sentence], begin: int | None, end: int | None) -> range:
    if begin is None:
        return range(0)
    if end is None:
        end = next((sentence.end for sentence in sentences if sentence.begin == begin), begin)
    return range(begin, min(end, begin + _MAX_QUOTE, len(source.text))) if begin < len(source.text) else range(0)
