"""The assistant: a question in, an answer with citations out. Wires the stages together."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from assistant.comparing import sides
from assistant.composing import Quote, compose, compose_comparison
from assistant.doubts import is_doubtful
from assistant.embeddings import Embedder, open_embedder
from assistant.glossary import Glossary
from assistant.question import Question, understand
from assistant.reader import Reader, ReaderWeights, Reading
from assistant.retriever import CANDIDATES, Retriever
from assistant.settings import Settings
from assistant.snapshot import Snapshot
from assistant.snapshot_follower import SnapshotFollower
from assistant.types import (
    Answer,
    Caution,
    Citation,
    Claim,
    Completeness,
    Document,
    Filters,
    Language,
    Passage,
    Source,
    Turn,
)
from assistant.views import text_fragment
from assistant.wording import heading_words

logger = logging.getLogger(__name__)

REFUSAL: dict[Language, str] = {
    "nl": "Dit staat niet in de bronnen.",
    "en": "The sources do not say this.",
}
_NEAREST: dict[Language, str] = {
    "nl": "Dit komt het dichtst in de buurt:",
    "en": "This comes closest:",
}
_NEAREST_SHOWN = 2
_NEAR_CONFIDENCE = 0.12  # below: nothing in the sources is worth showing

Link = Callable[[Snapshot, Quote], str]
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

    def ask(
        self,
        question: str,
        history: Sequence[Turn] = (),
        filters: Filters = NO_FILTERS,
        excluded: frozenset[int] = frozenset(),
    ) -> Answer:
        """Answer one question.

        Args:
            history: the conversation so far, oldest first.
            excluded: chunk ids that must not be found, for evaluation.

        Raises:
            QuestionError: the question is empty or too long.
        """
        started = time.perf_counter()
        understood = understand(question, self._glossary, history)
        snapshot, retriever, reader = self._open()

        def search(part: Question) -> Reading:
            vector, core = retriever.embed(part)
            return reader.read(
                part, core, retriever.search_vector(part, vector, CANDIDATES, filters, excluded=excluded)
            )

        quotes, confidence = self._considered(understood, search)
        answer = self._answer(understood, quotes, confidence, snapshot)
        duration_ms = (time.perf_counter() - started) * 1000
        logger.info("Answered in %.0f ms: %s, %d citations", duration_ms, answer.completeness, len(answer.citations))
        return replace(answer, duration_ms=duration_ms)

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

    def _open(self) -> tuple[Snapshot, Retriever, Reader]:
        snapshot = self._snapshots.current()
        opened = self._opened
        if opened is None or opened[0] is not snapshot:
            opened = (snapshot, Retriever(snapshot, self._embedder), Reader(snapshot, self._weights))
            self._opened = opened
        return opened

    def _considered(self, question: Question, search: Callable[[Question], Reading]) -> tuple[list[Quote], float]:
        """The quotes that answer, and the probability that they do; a comparison is read once for each side."""
        if "comparison" not in question.expected:
            reading = search(question)
            return compose(question, reading), reading.confidence
        reading, readings = self._compared(question, search)
        quotes = compose_comparison(question, [*readings, reading])
        if len(quotes) > 1:
            return quotes, max(reading.confidence, *(side.confidence for side in readings))
        return compose(question, reading), reading.confidence

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
            warnings=tuple(_cautions(citations, completeness, snapshot.store.documents())),
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
        lines = [REFUSAL[question.language]]
        if nearest:
            lines.append(_NEAREST[question.language])
            places = (f"- {_place(citation)}: {citation.link}" for citation in nearest)
            lines += dict.fromkeys(places)  # two quotes on one page of a PDF have one link
        return Answer(
            question=question.text,
            text="\n".join(lines),
            completeness="none",
            method="extractive",
            language=question.language,
            nearest=nearest,
            confidence=confidence,
        )

    def _citation(self, number: int, quote: Quote, snapshot: Snapshot) -> Citation:
        document, chunk = quote.passage.document, quote.passage.chunk
        return Citation(
            number=number,
            document=document,
            heading_path=chunk.heading_path,
            page=chunk.page,
            quote=quote.text,
            begin=quote.begin,
            end=quote.end,
            link=self._link(snapshot, quote),
        )


def open_assistant(settings: Settings) -> Assistant:
    """The assistant on the index that serves, with links that open the sources on this machine."""
    embedder = open_embedder(settings.embedding_model, settings.cache, settings.threads)
    follower = SnapshotFollower(settings.index, embedder.description)
    return Assistant(follower, embedder, link=view_link(settings.index / "views"))


def plain_link(_: Snapshot, quote: Quote) -> str:
    """The document's own file at the page, or at the quoted words."""
    address, page = quote.passage.document.file.as_uri(), quote.passage.chunk.page
    return f"{address}#page={page}" if page is not None else f"{address}#{text_fragment(quote.text)}"


def view_link(folder: Path) -> Link:
    """Links to readable views of the sources, which are written into `folder` when they are first needed."""
    from assistant.views import quote_link

    def link(snapshot: Snapshot, quote: Quote) -> str:
        document = quote.passage.document
        return quote_link(
            document,
            quote.text,
            quote.begin,
            page=quote.passage.chunk.page,
            folder=folder,
            version=snapshot.manifest.version_of(document.id),
            read=lambda: snapshot.store.source(document.id),
        )

    return link


def _claim_text(quote: Quote) -> str:
    if quote.items:
        return "\n".join(line.strip() for line in quote.text.splitlines() if line.strip())
    return " ".join(quote.text.split())


def _joined(claims: Sequence[Claim]) -> str:
    parts = [f"{claim.text} {''.join(f'[{number}]' for number in claim.citations)}" for claim in claims]
    return "\n\n".join(parts)


def _place(citation: Citation) -> str:
    title = citation.document.title
    heading = heading_words(tuple(part for part in citation.heading_path if part != title))
    return f"{title}, {heading}" if heading else title


def _cautions(
    citations: Sequence[Citation], completeness: Completeness, documents: Sequence[Document]
) -> list[Caution]:
    titles = {document.id: document.title for document in documents}
    cautions = []
    if completeness == "partial":
        cautions.append(Caution("onvolledig", "Deze bronnen geven misschien niet het hele antwoord. Lees de bron na."))
    for document in dict.fromkeys(citation.document for citation in citations):
        if document.status == "superseded":
            successor = titles.get(document.superseded_by or "", document.superseded_by)
            by = f" door: {successor}" if successor else ""
            cautions.append(Caution("vervangen", f"“{document.title}” is vervangen{by}."))
        elif document.status == "outdated":
            cautions.append(Caution("verouderd", f"“{document.title}” is verouderd. Controleer of dit nog klopt."))
        if document.published is None:
            cautions.append(Caution("datum_onbekend", f"De datum van “{document.title}” is onbekend."))
    return cautions
