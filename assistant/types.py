"""The values that travel through the assistant, from a loaded document to a cited answer.

All offsets are character offsets (Python string indices) in `Source.text`, end exclusive, unless a docstring says
otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Literal

Status = Literal["in_force", "outdated", "superseded", "unknown"]
BlockKind = Literal["heading", "paragraph", "list_item", "table_row"]
Completeness = Literal["complete", "partial", "none"]
Method = Literal["extractive", "generative"]
Language = Literal["nl", "en"]
Role = Literal["user", "assistant"]
Length = Literal["short", "normal", "long"]


@dataclass(frozen=True)
class Document:
    """One catalogue entry: what is known about a document, apart from its text."""

    id: str
    title: str
    file: Path  # absolute
    publisher: str | None = None
    published: date | None = None  # never guessed; None is shown as "datum onbekend"
    url: str | None = None  # of the original
    language: Language = "nl"
    licence: str | None = None
    themes: tuple[str, ...] = ()
    status: Status = "unknown"
    supersedes: tuple[str, ...] = ()  # document ids
    superseded_by: str | None = None  # document id
    valid_from: date | None = None  # first day that it holds
    valid_until: date | None = None  # last day that it holds
    review_by: date | None = None  # when a maintainer must look at it again


@dataclass(frozen=True)
class Block:
    """A stretch of the text that is never merged with its neighbours: a heading, paragraph, list item or table row."""

    kind: BlockKind
    begin: int
    end: int
    level: int = 0  # heading: 1–6; list item: nesting depth from 0


@dataclass(frozen=True)
class Page:
    """A page of a paged document; an unpaged document is one page with number None."""

    number: int | None  # 1-based, as a PDF viewer counts
    begin: int
    end: int


@dataclass(frozen=True)
class Source:
    """The text of one document as the loaders read it; every quote is a slice of `text`.

    What is not covered by a block (running headers, navigation, page numbers) is not indexed.
    Blocks are in reading order and do not overlap; pages cover the whole text in order.
    """

    text: str
    blocks: tuple[Block, ...]
    pages: tuple[Page, ...]
    title: str | None = None  # as the document itself states it
    stated_date: date | None = None  # only if the document itself states its date
    publisher: str | None = None  # as the document itself states it
    warnings: tuple[str, ...] = ()  # Dutch, e.g. a page without text


@dataclass(frozen=True)
class Sentence:
    """The smallest quotable piece: one sentence, one whole list item or one table row."""

    begin: int
    end: int
    kind: BlockKind = "paragraph"
    block: int = 0  # index in Source.blocks, so that neighbours in one list or paragraph can be found


@dataclass(frozen=True)
class Chunk:
    """A contiguous piece of one document, under one heading path, that is retrieved as a whole."""

    document_id: str
    ordinal: int  # position in the document, from 0
    heading_path: tuple[str, ...]
    page: int | None
    begin: int
    end: int
    text: str  # Source.text[begin:end]
    sentences: tuple[Sentence, ...]  # offsets in Source.text, in order, inside begin..end


@dataclass(frozen=True)
class Passage:
    """A chunk that was found for a question, with the scores that brought it up."""

    chunk: Chunk
    document: Document
    score: float  # fused, higher is better
    dense: float  # cosine with the question
    lexical: float  # BM25


@dataclass(frozen=True)
class Citation:
    """One source behind an answer, as the reader sees it."""

    number: int  # the 2 in "[2]"
    document: Document
    heading_path: tuple[str, ...]
    page: int | None
    quote: str  # Source.text[begin:end], to the letter
    begin: int
    end: int
    link: str  # opens the source at the quote


@dataclass(frozen=True)
class Claim:
    """One statement of the answer and the numbers of the citations that carry it."""

    text: str
    citations: tuple[int, ...]


@dataclass(frozen=True)
class Caution:
    """Something the reader must know about an answer's sources."""

    code: str  # e.g. "vervangen", "verouderd", "datum_onbekend"
    text: str  # Dutch


@dataclass(frozen=True)
class Turn:
    """One message of the conversation so far."""

    role: Role
    text: str


@dataclass(frozen=True)
class Filters:
    """Which documents may answer; an empty field filters nothing."""

    documents: tuple[str, ...] = ()
    publishers: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()
    statuses: tuple[Status, ...] = ()
    published_from: date | None = None
    published_until: date | None = None
    valid_on: date | None = None  # only what was in force on this day


@dataclass(frozen=True)
class Answer:
    """What the assistant says to one question."""

    question: str
    text: str  # Dutch (or English), with markers like [1]
    completeness: Completeness
    method: Method
    language: Language
    claims: tuple[Claim, ...] = ()
    citations: tuple[Citation, ...] = ()
    nearest: tuple[Citation, ...] = ()  # with a refusal: "dit komt het dichtst in de buurt"
    warnings: tuple[Caution, ...] = ()
    confidence: float = 0.0  # calibrated probability that the passages answer the question
    blocked: tuple[str, ...] = ()  # kinds of client data found; nothing was searched, and `question` is redacted
    understood_as: str | None = None  # a follow-up as the stand-alone question that was searched
    model: str | None = None  # provider:model that wrote the text
    prompt_version: str | None = None  # hash of the prompts that it was given
    removed_claims: int = 0  # claims that the grounding check did not let through
    id: str = field(default="", compare=False)  # names this answer in feedback and logs
    duration_ms: float = field(default=0.0, compare=False)


@dataclass(frozen=True)
class IndexVersion:
    """Which index answers at this moment."""

    id: str
    created: datetime  # UTC
    model: str  # that embedded its passages
    documents: int
    chunks: int


@dataclass(frozen=True)
class PassagesFound:
    """The first event of a streamed answer: what was found, best first."""

    passages: tuple[Passage, ...]


@dataclass(frozen=True)
class CitationAdded:
    """A citation that the next piece of text refers to."""

    citation: Citation


@dataclass(frozen=True)
class TextAdded:
    """The next piece of the answer, checked against its citations; all pieces together are `Answer.text`."""

    text: str


@dataclass(frozen=True)
class AnswerFinished:
    """The last event of a streamed answer."""

    answer: Answer


Event = PassagesFound | CitationAdded | TextAdded | AnswerFinished
