"""The product itself as evaluation meets it: its search and its answers, on a given index."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from assistant.answering import Assistant
from assistant.embeddings import Embedder
from assistant.engine import Index, Snapshot
from assistant.evaluation.answers import Asking, Library
from assistant.evaluation.judging import SourceText
from assistant.evaluation.retrieval import Ranker
from assistant.file_index import as_index
from assistant.glossary import Glossary
from assistant.question import understand
from assistant.retriever import Mode, Retriever
from assistant.types import Answer, Chunk, Turn


def open_ranker(index: Index | Path, embedder: Embedder) -> Ranker:
    """The product's own search in the snapshot that serves in `index`."""
    snapshot = as_index(index).open(embedder.description)
    retriever, glossary = Retriever(snapshot, embedder), Glossary.packaged()

    def rank(question: str, mode: Mode, limit: int) -> Sequence[tuple[str, float]]:
        hits = retriever.search(understand(question, glossary), limit, mode=mode)
        return [(snapshot.store.document_of(hit.chunk_id).id, hit.score) for hit in hits]

    return rank


@dataclass(frozen=True)
class _OneSnapshot:
    """The same snapshot for a whole run, also when somebody builds a new one meanwhile."""

    snapshot: Snapshot

    def current(self) -> Snapshot:
        return self.snapshot


def open_asking(index: Index | Path, embedder: Embedder) -> tuple[Asking, Library]:
    """The product's own assistant on the snapshot that serves in `index`, and what that snapshot holds."""
    snapshot = as_index(index).open(embedder.description)
    # Its default links: readable views of thousands of passages would only fill the disk.
    assistant = Assistant(_OneSnapshot(snapshot), embedder)

    def ask(question: str, history: Sequence[Turn], excluded: frozenset[int]) -> Answer:
        return assistant.ask(question, history, excluded=excluded)

    return ask, Library(_source_text(snapshot), lambda: _chunks(snapshot))


def _source_text(snapshot: Snapshot) -> SourceText:
    @lru_cache(maxsize=1_000)
    def source_text(document_id: str) -> str:
        return snapshot.store.source(document_id).text

    return source_text


def _chunks(snapshot: Snapshot) -> Iterator[tuple[int, Chunk]]:
    for document in snapshot.store.documents():
        chunk_ids = snapshot.store.chunk_ids(document.id)
        yield from zip(chunk_ids, snapshot.store.chunks(chunk_ids), strict=True)
