"""Hybrid retrieval: a question to the chunks that may answer it, dense and lexical scores fused.

The constants were chosen by ablation; the table is in docs/evaluation.md.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from assistant.embeddings import Embedder, Vector
from assistant.engine import Snapshot, WeightedTerm
from assistant.question import Question
from assistant.types import Document, Filters
from assistant.validity import period

Mode = Literal["dense", "lexical", "hybrid"]

CANDIDATES = 100  # fetched from each index
_SELECTIONS = 4  # remembered; each takes up to 8 MB for a million chunks
# A convex mix of scores, after Bruch, Gai and Ingber, "An Analysis of Fusion Functions for Hybrid Retrieval" (2023).
DENSE_WEIGHT = 0.7
# What is no longer in force comes after what is, unless it fits the question clearly better.
STATUS_PENALTY = {"superseded": 0.10, "outdated": 0.05, "in_force": 0.0, "unknown": 0.0}


@dataclass(frozen=True)
class Hit:
    """A chunk that was found, with what brought it up."""

    chunk_id: int
    score: float  # fused: at most 1, comparable within one question only
    dense: float  # cosine with the question
    lexical: float  # weighted BM25, 0 if the lexical index did not bring it up


class Retriever:
    """Searches one snapshot; safe to use from several threads."""

    def __init__(self, snapshot: Snapshot, embedder: Embedder, dense_weight: float = DENSE_WEIGHT) -> None:
        self._snapshot = snapshot
        self._embedder = embedder
        self._dense_weight = dense_weight
        self._selections: dict[Filters, _Selection | None] = {}  # the last few that were asked for
        # Chunk ids go up from document to document, so each document's penalty counts from its first chunk on.
        entries = [entry for entry in snapshot.store.entries if entry.chunks]
        self._first_chunks = np.array([entry.first_chunk for entry in entries], dtype=np.int64)
        self._penalty_from = np.array([STATUS_PENALTY[entry.status] for entry in entries], dtype=np.float32)

    def search(
        self,
        question: Question,
        limit: int,
        filters: Filters | None = None,
        mode: Mode = "hybrid",
        excluded: Collection[int] = (),
    ) -> list[Hit]:
        """The best chunks, best first.

        Args:
            excluded: chunk ids that must not be found, for evaluation without the answering passage.
        """
        return self.search_vector(question, self.embed(question)[0], limit, filters, mode, excluded)

    def embed(self, question: Question) -> tuple[Vector, Vector]:
        """The vector to search with and the one to read with.

        "Volgens Perspectief 2025" helps to find the document but would make every sentence with that name an answer.
        """
        core = self._embedder.embed_query(question.core_text)
        if question.search_text == question.core_text:
            return core, core
        both = core + self._embedder.embed_query(question.search_text)
        return both / np.linalg.norm(both), core

    def search_vector(
        self,
        question: Question,
        vector: Vector,
        limit: int,
        filters: Filters | None = None,
        mode: Mode = "hybrid",
        excluded: Collection[int] = (),
    ) -> list[Hit]:
        """As `search`, for a question that was embedded before; `vector` has shape (dimension,)."""
        allowed = self._allowed(filters)
        if allowed is not None and not allowed.documents:
            return []
        wanted = max(limit, CANDIDATES) + len(excluded)
        dense = [] if mode == "lexical" else self._dense(vector, wanted, allowed)
        lexical = {} if mode == "dense" else self._lexical(question, wanted, allowed)
        ids = np.array(sorted({*dense, *lexical} - set(excluded)), dtype=np.int64)
        if not len(ids):
            return []
        similarities = self._snapshot.vectors.similarities(vector, ids)
        matches = np.array([lexical.get(chunk_id, 0.0) for chunk_id in ids.tolist()], dtype=np.float32)
        scores = self._fused(similarities, matches, mode)
        if mode == "hybrid":
            scores = scores - self._penalties(ids)
        order = np.lexsort((ids, -scores))[:limit]
        columns = [column[order].tolist() for column in (ids, scores, similarities, matches)]
        return [Hit(*row) for row in zip(*columns, strict=True)]

    def _fused(self, similarities: Vector, matches: Vector, mode: Mode) -> NDArray[np.float32]:
        if mode == "dense":
            return similarities
        if mode == "lexical":
            return matches
        spread = float(similarities.max() - similarities.min())
        dense = (similarities - similarities.min()) / spread if spread > 0 else np.ones_like(similarities)
        best = float(matches.max())
        lexical = matches / best if best > 0 else matches
        fused: NDArray[np.float32] = self._dense_weight * dense + (1 - self._dense_weight) * lexical
        return fused

    def _dense(self, vector: Vector, wanted: int, allowed: _Selection | None) -> list[int]:
        ids = None if allowed is None else allowed.chunks
        found: list[int] = self._snapshot.vectors.search(vector, wanted, ids)[0].tolist()
        return found

    def _lexical(self, question: Question, wanted: int, allowed: _Selection | None) -> dict[int, float]:
        documents = None if allowed is None else allowed.documents
        return dict(self._snapshot.lexical.search(lexical_terms(question), wanted, documents))

    def _penalties(self, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        return self._penalty_from[np.searchsorted(self._first_chunks, ids, side="right") - 1]

    def _allowed(self, filters: Filters | None) -> _Selection | None:
        """What the filters let through; None if that is everything."""
        if filters is None or filters == Filters():
            return None
        # Of 35,000 documents it takes a fifth of a second to find out, and most questions have the filters of another.
        if filters not in self._selections:
            if len(self._selections) >= _SELECTIONS:
                self._selections = {}
            self._selections[filters] = self._selected(filters)
        return self._selections[filters]

    def _selected(self, filters: Filters) -> _Selection | None:
        documents = self._snapshot.store.documents()
        by_id = {document.id: document for document in documents}
        chosen = frozenset(
            document.id
            for document in documents
            if is_allowed(document, filters)
            and (filters.valid_on is None or period(document, by_id).holds_on(filters.valid_on))
        )
        if len(chosen) == len(documents):
            return None
        return _Selection(chosen, self._snapshot.store.ids_of(chosen))


@dataclass(frozen=True, eq=False)
class _Selection:
    """What a filter lets through."""

    documents: frozenset[str]
    chunks: NDArray[np.int64]


def lexical_terms(question: Question) -> list[WeightedTerm]:
    """The terms to look for: stems and grams of the question's words, and the glossary's other names for them."""
    terms = [WeightedTerm("stem", stem, weight) for stem, weight in question.stems.items()]
    terms += [WeightedTerm("stem", stem, weight) for stem, weight in question.synonyms.items()]
    return terms + [WeightedTerm("gram", gram, weight) for gram, weight in question.grams.items()]


def is_allowed(document: Document, filters: Filters) -> bool:
    """Whether a document may answer; a document without a date never passes a filter on dates."""
    published = document.published
    dated = filters.published_from is not None or filters.published_until is not None
    if dated and published is None:
        return False
    return (
        (not filters.documents or document.id in filters.documents)
        and (not filters.publishers or document.publisher in filters.publishers)
        and (not filters.themes or not set(filters.themes).isdisjoint(document.themes))
        and (not filters.statuses or document.status in filters.statuses)
        and (filters.published_from is None or (published or date.min) >= filters.published_from)
        and (filters.published_until is None or (published or date.max) <= filters.published_until)
    )
