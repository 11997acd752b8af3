"""The product itself as evaluation meets it: its search and its answers, on a given index."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from assistant.embeddings import Embedder
from assistant.evaluation.answers import Asking, Library
from assistant.evaluation.judging import SourceText
from assistant.evaluation.retrieval import Ranker
from assistant.glossary import Glossary
from assistant.question import understand
from assistant.retriever import Mode, Retriever
from assistant.settings import Settings
from assistant.snapshot import Snapshot, open_current
from assistant.types import Answer, Chunk, Turn


def open_ranker(index: Path, embedder: Embedder) -> Ranker:
    """The product's own search in the snapshot that serves in `index`."""
    snapshot = open_current(index, embedder.description)
    retriever, glossary = Retriever(snapshot, embedder), Glossary.packaged()

    def rank(question: str, mode: Mode, limit: int) -> Sequence[tuple[str, float]]:
        hits = retriever.search(understand(question, glossary), limit, mode=mode)
        return [(snapshot.store.document_of(hit.chunk_id).id, hit.score) for hit in hits]

    return rank


def open_asking(settings: Settings, index: Path) -> tuple[Asking, Library]:
    """The product's own assistant on the snapshot that serves in `index`, and what that snapshot holds."""
    from assistant.answering import open_assistant  # measuring the search does without it

    snapshot = open_current(index)
    assistant = open_assistant(replace(settings, index=index))

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
