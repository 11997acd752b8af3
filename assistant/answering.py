"""The assistant: a question in, an answer with citations out. Wires the stages together."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Protocol
from uuid import uuid4

from assistant.comparing import sides
from assistant.composing import MAX_SENTENCES, Quote, compose, compose_comparison
from assistant.doubts import is_doubtful
from assistant.embeddings import Embedder, open_embedder
from assistant.glossary import Glossary
from assistant.links import Link, plain_link, view_link
from assistant.question import Question, understand
from assistant.reader import Reader, ReaderWeights, Reading
from assistant.refusals import cautions, refusal_text
from assistant.retriever import CANDIDATES, Retriever
from assistant.settings import Settings
from assistant.snapshot import Snapshot
from assistant.snapshot_follower import SnapshotFollower
from assistant.types import (
    Answer,
    AnswerFinished,
    Citation,
    CitationAdded,
    Claim,
    Completeness,
    Document,
    Event,
    Filters,
    IndexVersion,
    Length,
    Passage,
    PassagesFound,
    Sentence,
    Source,
    TextAdded,
    Turn,
)

logger = logging.getLogger(__name__)

_SENTENCES: dict[Length, int] = {"short": 1, "normal": MAX_SENTENCES, "long": 2 * MAX_SENTENCES}
_NEAREST_SHOWN = 2
_NEAR_CONFIDENCE = 0.12  # below: nothing in the sources is worth showing

_SEPARATOR = "\n\n"  # between claims
NO_FILTERS = Filters()


class Snapshots(Protocol):
    """Where the assistant gets the snapshot that serves."""

    def current(self) -> Snapshot: ...


class Assistant:
    """Answers questions on one corpus; stateless and safe to use from several threads."""

    def __init__(
        self,
        snapshots: Snapshots,
        embedder: Embedder,
        weights: ReaderWeights | None = None,
        glossary: Glossary | None = None,
        link: Link | None = None,
    ) -> None:
        """An assistant on the snapshot that serves; what is left out is as packaged.

        Args:
            link: makes the address that opens a document at the quote.
        """
        self._snapshots = snapshots
        self._embedder = embedder
        self._weights = weights or ReaderWeights.packaged()
        self._glossary = glossary or Glossary.packaged()
        self._link = link or plain_link
        self._opened: tuple[Snapshot, Retriever, Reader] | None = None

    def with_links(self, address: Callable[[Citation], str]) -> Assistant:
        """The same assistant with other addresses in its citations; `address` gets each citation with an empty link."""
        return Assistant(
            self._snapshots, self._embedder, self._weights, self._glossary, lambda _, citation: address(citation)
        )

    def ask(
        self,
        question: str,
        history: Sequence[Turn] = (),
        filters: Filters = NO_FILTERS,
        length: Length = "normal",
        excluded: frozenset[int] = frozenset(),
    ) -> Answer:
        """Answer one question.

        Args:
            history: the conversation so far, oldest first.
            excluded: chunk ids that must not be found, for evaluation.

        Raises:
            QuestionError: the question is empty or too long.
        """
        *_, last = self.stream(question, history, filters, length, excluded)
        assert isinstance(last, AnswerFinished)
        return last.answer

    def stream(
        self,
        question: str,
        history: Sequence[Turn] = (),
        filters: Filters = NO_FILTERS,
        length: Length = "normal",
        excluded: frozenset[int] = frozenset(),
    ) -> Iterator[Event]:
        """Answer one question piece by piece; takes and raises what `ask` does.

        Yields `PassagesFound`, then `CitationAdded` before each `TextAdded` that refers to it, then `AnswerFinished`.
        """
        started = time.perf_counter()
        understood = understand(question, self._glossary, history)
        snapshot, retriever, reader = self._open()

        def search(part: Question) -> Reading:
            vector, core = retriever.embed(part)
            return reader.read(
                part, core, retriever.search_vector(part, vector, CANDIDATES, filters, excluded=excluded)
            )

        reading, quotes, confidence = self._considered(understood, search, _SENTENCES[length])
        yield PassagesFound(reading.passages)
        answer = self._answer(understood, quotes, confidence, snapshot)
        yield from _pieces(answer)
        duration_ms = (time.perf_counter() - started) * 1000
        logger.info("Answered in %.0f ms: %s, %d citations", duration_ms, answer.completeness, len(answer.citations))
        yield AnswerFinished(
            replace(answer, understood_as=understood.understood_as, id=uuid4().hex, duration_ms=duration_ms)
        )

    def search(self, question: str, filters: Filters = NO_FILTERS, limit: int = 10) -> list[Passage]:
        """The best passages, best first; raises as `ask` does."""
        understood = understand(question, self._glossary)
        _, retriever, reader = self._open()
        return reader.passages(retriever.search(understood, limit, filters))

    def documents(self) -> list[Document]:
        """The documents that can answer."""
        return self._snapshots.current().store.documents()

    def source(self, document_id: str) -> Source:
        """The text of one document as it was indexed; raises KeyError if it is not in the index."""
        return self._snapshots.current().store.source(document_id)

    def sentences(self, document_id: str) -> list[Sentence]:
        """Every quotable sentence of one document, in reading order; raises KeyError if it is not in the index."""
        chunks = self._snapshots.current().store.chunks_of(document_id)
        return [sentence for chunk in chunks for sentence in chunk.sentences]

    def index_version(self) -> IndexVersion:
        """Which index answers at this moment."""
        snapshot = self._snapshots.current()
        manifest = snapshot.manifest
        return IndexVersion(
            snapshot.id, manifest.created, manifest.recipe.model.name, len(manifest.documents), manifest.chunks
        )

    def _open(self) -> tuple[Snapshot, Retriever, Reader]:
        snapshot = self._snapshots.current()
        opened = self._opened
        if opened is None or opened[0] is not snapshot:
            opened = (snapshot, Retriever(snapshot, self._embedder), Reader(snapshot, self._weights))
            self._opened = opened
        return opened

    def _considered(
        self, question: Question, search: Callable[[Question], Reading], sentences: int
    ) -> tuple[Reading, list[Quote], float]:
        """The quotes that answer, and the probability that they do; a comparison is read once for each side."""
        if "comparison" not in question.expected:
            reading = search(question)
            return reading, compose(question, reading, sentences), reading.confidence
        reading, readings = self._compared(question, search)
        quotes = compose_comparison(question, [*readings, reading])
        if len(quotes) > 1:
            return reading, quotes, max(reading.confidence, *(side.confidence for side in readings))
        return reading, compose(question, reading, sentences), reading.confidence

    def _compared(self, question: Question, search: Callable[[Question], Reading]) -> tuple[Reading, list[Reading]]:
        """The readings of the whole question and of each side, at the same time: embedding needs one core each."""
        parts = [understand(side, self._glossary) for side in sides(question)]
        with ThreadPoolExecutor(max_workers=2) as other_cores:
            found = [other_cores.submit(search, part) for part in parts]
            return search(question), [each.result() for each in found]

    def _answer(self, question: Question, quotes: Sequence[Quote], confidence: float, snapshot: Snapshot) -> Answer:
        completeness = self._completeness(question, quotes, confidence)
        if completeness == "none":
            return self._refusal(question, quotes, confidence, snapshot)
        citations = tuple(self._citation(number, quote, snapshot) for number, quote in enumerate(quotes, start=1))
        claims = tuple(Claim(_claim_text(quote), (number,)) for number, quote in enumerate(quotes, start=1))
        return Answer(
            question=question.text,
            text=_joined(claims),
            completeness=completeness,
            method="extractive",
            language=question.language,
            claims=claims,
            citations=citations,
            warnings=tuple(cautions(citations, completeness, snapshot.store.documents(), question.language)),
            confidence=confidence,
        )

    def _completeness(self, question: Question, quotes: Sequence[Quote], confidence: float) -> Completeness:
        weights = self._weights
        doubtful = bool(quotes) and is_doubtful(question, quotes)
        if not quotes or confidence < (weights.doubtful_from if doubtful else weights.partial_from):
            return "none"
        return "partial" if doubtful or confidence < weights.complete_from else "complete"

    def _refusal(self, question: Question, quotes: Sequence[Quote], confidence: float, snapshot: Snapshot) -> Answer:
        near = quotes[:_NEAREST_SHOWN] if confidence >= _NEAR_CONFIDENCE else []
        nearest = tuple(self._citation(number, quote, snapshot) for number, quote in enumerate(near, start=1))
        return Answer(
            question=question.text,
            text=refusal_text(nearest, question.language),
            completeness="none",
            method="extractive",
            language=question.language,
            nearest=nearest,
            confidence=confidence,
        )

    def _citation(self, number: int, quote: Quote, snapshot: Snapshot) -> Citation:
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
        return replace(citation, link=self._link(snapshot, citation))


def open_assistant(settings: Settings) -> Assistant:
    """The assistant on the index that serves, with links that open the sources on this machine."""
    embedder = open_embedder(settings.embedding_model, settings.cache, settings.threads)
    follower = SnapshotFollower(settings.index, embedder.description)
    return Assistant(follower, embedder, link=view_link(settings.index / "views"))


def _pieces(answer: Answer) -> Iterator[Event]:
    """The text of a finished answer with its citations, in the order of reading."""
    if not answer.claims:
        yield TextAdded(answer.text)
    citations = {citation.number: citation for citation in answer.citations}
    for place, claim in enumerate(answer.claims):
        yield from (CitationAdded(citations[number]) for number in claim.citations)
        yield TextAdded(f"{_SEPARATOR if place else ''}{_with_markers(claim)}")


def _claim_text(quote: Quote) -> str:
    if quote.items:
        return "\n".join(line.strip() for line in quote.text.splitlines() if line.strip())
    return " ".join(quote.text.split())


def _joined(claims: Sequence[Claim]) -> str:
    return _SEPARATOR.join(map(_with_markers, claims))


def _with_markers(claim: Claim) -> str:
    return f"{claim.text} {''.join(f'[{number}]' for number in claim.citations)}"
