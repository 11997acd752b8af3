"""The assistant: a question in, an answer with citations out. Wires the stages together."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Protocol
from uuid import uuid4

from assistant.assembling import Assembly, quoted_segments
from assistant.considering import Considered, Considering, completeness_of, taken_apart
from assistant.embeddings import Embedder, open_embedder
from assistant.engine import Snapshot
from assistant.errors import AssistantError, ChatModelError, ClientDataError
from assistant.glossary import Glossary
from assistant.index_opening import open_index
from assistant.instructions import gives_orders
from assistant.links import Link, plain_link, view_link
from assistant.question import Question, check_question, understand
from assistant.reader import Reader, ReaderWeights, Reading
from assistant.refusals import cautions, contradiction, refusal_text
from assistant.retriever import CANDIDATES, Retriever
from assistant.screening import Screened, Screening, open_screening
from assistant.settings import Settings
from assistant.snapshot_follower import SnapshotFollower
from assistant.source_files import LocalFiles, SourceFiles, open_source_files
from assistant.types import (
    Answer,
    AnswerFinished,
    Caution,
    Citation,
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
from assistant.writer import Writer, open_writer
from assistant.writing import Writing

logger = logging.getLogger(__name__)

_NEAREST_SHOWN = 2
_NEAR_CONFIDENCE = 0.04  # below: nothing in the sources is worth showing

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
        screening: Screening | None = None,
        writer: Writer | None = None,
        files: SourceFiles | None = None,
    ) -> None:
        """An assistant on the snapshot that serves; what is left out is as packaged.

        Args:
            link: makes the address that opens a document at the quote.
            screening: keeps client data out; blocks it unless told otherwise.
            writer: writes the answers; without it they are quotes.
            files: where the documents' own files are; where the catalogue says, if left out.
        """
        self._snapshots = snapshots
        self._embedder = embedder
        self._weights = weights or ReaderWeights.packaged()
        self._glossary = glossary or Glossary.packaged()
        self._link = link or plain_link
        self._screening = screening or Screening()
        self._writer = writer
        self._files = files or LocalFiles()
        self._opened: tuple[Snapshot, Retriever, Reader] | None = None

    def with_links(self, address: Callable[[Citation], str]) -> Assistant:
        """The same assistant with other addresses in its citations; `address` gets each citation with an empty link."""
        return Assistant(
            self._snapshots,
            self._embedder,
            self._weights,
            self._glossary,
            lambda _, citation: address(citation),
            self._screening,
            self._writer,
            self._files,
        )

    @property
    def embedder(self) -> Embedder:
        """The model that questions are compared with passages by."""
        return self._embedder

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
        screened = self._screening.screen(check_question(question), history)
        last = None
        if screened.is_blocked:
            events = _only(self._screening.blocked_answer(screened))
        else:
            events = self._answered(screened, filters, length, excluded)
        for event in events:
            if isinstance(event, AnswerFinished):
                last = event.answer
            else:
                yield event
        assert last is not None
        duration_ms = (time.perf_counter() - started) * 1000
        logger.info("Answered in %.0f ms: %s, %d citations", duration_ms, last.completeness, len(last.citations))
        yield AnswerFinished(replace(last, id=uuid4().hex, duration_ms=duration_ms))

    def _answered(
        self, screened: Screened, filters: Filters, length: Length, excluded: frozenset[int]
    ) -> Iterator[Event]:
        rewrite = self._writer.stand_alone if self._writer else None
        questions = taken_apart(screened.question, self._glossary, screened.history, rewrite)
        snapshot, retriever, reader = self._open()

        def search(part: Question) -> Reading:
            vector, core = retriever.embed(part)
            return reader.read(
                part, core, retriever.search_vector(part, vector, CANDIDATES, filters, excluded=excluded)
            )

        found = Considering(search, self._weights, self._glossary).consider(questions, length)
        considered = [_without_orders(part) for part in found]
        yield PassagesFound(_passages(considered))
        assembly = Assembly(lambda citation: self._link(snapshot, citation))
        documents = snapshot.store.documents()
        answer: Answer | None = None
        writing: Writing | None = None
        if completeness_of(considered) != "none" and self._writer is not None:
            writing = Writing(self._writer, considered, length)
            for segment in writing.segments():
                yield from assembly.add(segment)
            answer = _written_answer(screened.question, considered, assembly, documents, writing, self._writer)
        elif completeness_of(considered) != "none":
            for segment in quoted_segments(considered):
                yield from assembly.add(segment)
            answer = _answer(screened.question, considered, assembly, documents)
        if answer is None:
            answer = _refusal(screened.question, considered, assembly)
            if writing is not None and self._writer is not None:
                answer = _as_written(answer, writing, self._writer)
            yield TextAdded(answer.text)
        warnings = (*self._screening.cautions(screened, answer.language), *answer.warnings)
        yield AnswerFinished(replace(answer, warnings=warnings, understood_as=questions[0].understood_as))

    def search(self, question: str, filters: Filters = NO_FILTERS, limit: int = 10) -> list[Passage]:
        """The best passages, best first.

        Raises:
            QuestionError: the question is empty or too long, or holds client data (`ClientDataError`).
        """
        screened = self._screening.screen(check_question(question))
        if screened.is_blocked:
            raise ClientDataError(self._screening.advice(screened))
        understood = understand(screened.question, self._glossary)
        _, retriever, reader = self._open()
        return reader.passages(retriever.search(understood, limit, filters))

    def documents(self) -> list[Document]:
        """The documents that can answer."""
        return self._snapshots.current().store.documents()

    def source(self, document_id: str) -> Source:
        """The text of one document as it was indexed; raises KeyError if it is not in the index."""
        return self._snapshots.current().store.source(document_id)

    def file(self, document_id: str) -> Path:
        """The original file of one document, on this machine; it may be gone by the time it is read.

        Raises:
            KeyError: the document is not in the index.
            DocumentError: the file cannot be had.
        """
        snapshot = self._snapshots.current()
        return self._files.path(snapshot.store.document(document_id), snapshot.manifest.sha256_of(document_id))

    def sentences(self, document_id: str) -> list[Sentence]:
        """Every quotable sentence of one document, in reading order; raises KeyError if it is not in the index."""
        chunks = self._snapshots.current().store.chunks_of(document_id)
        return [sentence for chunk in chunks for sentence in chunk.sentences]

    def check_chat_model(self) -> str | None:
        """The Dutch sentence that says why the chat model does not answer; None if it does, or if there is none."""
        try:
            if self._writer is not None:
                self._writer.try_out()
        except ChatModelError as error:
            return str(error)
        return None

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


def open_assistant(settings: Settings) -> Assistant:
    """The assistant on the index that serves, with links that open the sources on this machine."""
    embedder = open_embedder(settings.embedding_model, settings.cache, settings.threads)
    follower = SnapshotFollower(open_index(settings), embedder.description)
    files = open_source_files(settings)
    return Assistant(
        follower,
        embedder,
        link=view_link(settings.index / "views", files),
        screening=open_screening(settings.privacy),
        writer=_open_writer(settings, embedder),
        files=files,
    )


def _open_writer(settings: Settings, embedder: Embedder) -> Writer | None:
    """The writer that the settings ask for; without a usable model the reader answers, and the log says why."""
    if settings.chat.model is None:
        return None
    try:
        return open_writer(settings, embedder)
    except AssistantError as error:
        logger.warning("%s Tot dan zijn antwoorden letterlijke citaten.", error)
        return None


def _only(answer: Answer) -> Iterator[Event]:
    """The events of an answer for which nothing was searched."""
    yield PassagesFound(())
    yield TextAdded(answer.text)
    yield AnswerFinished(answer)


def _without_orders(part: Considered) -> Considered:
    """The part without quotes from passages that speak to a language model."""
    quotes = tuple(quote for quote in part.quotes if not gives_orders(quote.passage))
    if len(quotes) == len(part.quotes):
        return part
    contradiction = part.contradiction if part.contradiction in quotes else None
    return replace(
        part,
        quotes=quotes,
        completeness="partial" if quotes and part.completeness != "none" else "none",
        contradiction=contradiction,
    )


def _passages(considered: Sequence[Considered]) -> tuple[Passage, ...]:
    """What was found for each part in turn, no passage twice."""
    found = (passage for part in considered for passage in part.passages)
    return tuple({(passage.document.id, passage.chunk.ordinal): passage for passage in found}.values())


def _answer(
    question: str,
    considered: Sequence[Considered],
    assembly: Assembly,
    documents: Sequence[Document],
    *,
    is_whole: bool = True,
) -> Answer:
    language, completeness = considered[0].question.language, completeness_of(considered)
    if not is_whole:
        completeness = "partial"
    citations = tuple(assembly.citations)
    return Answer(
        question=question,
        text=assembly.text,
        completeness=completeness,
        method="extractive",
        language=language,
        claims=tuple(assembly.claims),
        citations=citations,
        warnings=(*_contradictions(considered), *cautions(citations, completeness, documents, language, date.today())),
        confidence=min(part.confidence for part in considered),
    )


def _contradictions(considered: Sequence[Considered]) -> Iterator[Caution]:
    for part in considered:
        if part.contradiction is not None and part.completeness != "none":
            one, other = part.quotes[0].passage.document, part.contradiction.passage.document
            yield contradiction(one, other, part.question.language)


def _written_answer(
    question: str,
    considered: Sequence[Considered],
    assembly: Assembly,
    documents: Sequence[Document],
    writing: Writing,
    writer: Writer,
) -> Answer | None:
    """The answer as far as the model wrote it; None if no claim is left."""
    if not assembly.claims:
        return None
    answer = _answer(question, considered, assembly, documents, is_whole=writing.is_whole)
    return _as_written(answer, writing, writer)


def _as_written(answer: Answer, writing: Writing, writer: Writer) -> Answer:
    """The answer with what the writer did to it; one that holds the reader's quotes only stays the reader's."""
    answer = replace(answer, warnings=(*writing.cautions, *answer.warnings), removed_claims=writing.removed)
    if not writing.is_written and answer.claims:
        return answer
    return replace(answer, method="generative", model=writer.model_name, prompt_version=writer.prompt_version)


def _refusal(question: str, considered: Sequence[Considered], assembly: Assembly) -> Answer:
    best = max(considered, key=lambda part: part.confidence)
    near = best.quotes[:_NEAREST_SHOWN] if best.confidence >= _NEAR_CONFIDENCE else ()
    nearest = tuple(assembly.citation(number, quote) for number, quote in enumerate(near, start=1))
    return Answer(
        question=question,
        text=refusal_text(nearest, best.question.language),
        completeness="none",
        method="extractive",
        language=best.question.language,
        nearest=nearest,
        confidence=best.confidence,
    )
