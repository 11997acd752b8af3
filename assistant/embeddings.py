"""Texts to vectors: the contract that every embedding model fulfils (implementations are added below)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from assistant.errors import SettingsError

Vector = NDArray[np.float32]

_WINDOW = 64  # passages handed to a model at once: enough to fill batches, and progress is seen to move


@dataclass(frozen=True)
class ModelDescription:
    """What an index must remember of the model that made it."""

    name: str  # as in EMBEDDING_MODEL, e.g. "bundled" or "sentence-transformers:NAME"
    dimension: int
    max_tokens: int
    query_prefix: str
    passage_prefix: str
    fingerprint: str  # changes whenever the vectors could change: weights, engine, prefixes


@dataclass(frozen=True)
class PassageText:
    """A passage as it is embedded (title and headings in front) and where its sentences stand in that text."""

    text: str
    spans: tuple[tuple[int, int], ...]  # character offsets in `text`, end exclusive


@dataclass(frozen=True)
class PassageVectors:
    """The vectors of one passage, all of unit length."""

    passage: Vector  # shape (dimension,)
    sentences: Vector  # shape (number of spans, dimension)


class Embedder(Protocol):
    """An embedding model; safe to call from several threads."""

    @property
    def description(self) -> ModelDescription: ...

    def embed_query(self, text: str) -> Vector:
        """A question's unit vector, shape (dimension,)."""
        ...

    def embed_passages(
        self, passages: Sequence[PassageText], progress: Callable[[int], None] | None = None
    ) -> list[PassageVectors]:
        """Vectors in the order of `passages`; `progress` is called with the number of passages just finished."""
        ...


def open_embedder(
    name: str, cache: Path, threads: int | None = None, notify: Callable[[str], None] | None = None
) -> Embedder:
    """The model that `name` means; weights load on first use.

    Args:
        name: "bundled", "sentence-transformers:NAME_OR_PATH", or "provider:model" as langchain knows it.
        cache: folder in which the bundled model is prepared once (about 15 seconds).
        threads: number of cores to use; all of them by default.
        notify: is told in Dutch what is happening when it takes a while.
    """
    kind, _, model = name.partition(":")
    if name == "bundled":
        from assistant.bundled_model import prepare_bundled_model
        from assistant.openvino_embedder import BundledEmbedder

        return BundledEmbedder(prepare_bundled_model(cache, notify), threads)
    if not kind.strip() or not model.strip():
        raise SettingsError(
            f"EMBEDDING_MODEL={name!r} is geen geldige keuze. Kies bundled, sentence-transformers:NAAM "
            "of aanbieder:model (bijvoorbeeld openai:text-embedding-3-small)."
        )
    if kind == "sentence-transformers":
        from assistant.sentence_transformers_embedder import SentenceTransformersEmbedder

        return SentenceTransformersEmbedder(model, threads)
    from assistant.langchain_embedder import open_langchain_embedder

    return open_langchain_embedder(name)


def embed_separately(
    passages: Sequence[PassageText],
    encode: Callable[[list[str]], Vector],
    progress: Callable[[int], None] | None = None,
) -> list[PassageVectors]:
    """Vectors of passages and sentences from a model that gives one vector a text.

    Args:
        encode: unit vectors for texts, shape (number of texts, dimension).
    """
    vectors: list[PassageVectors] = []
    for begin in range(0, len(passages), _WINDOW):
        window = passages[begin : begin + _WINDOW]
        sentences = [passage.text[first:last] for passage in window for first, last in passage.spans]
        found = encode([passage.text for passage in window] + sentences)
        ends = np.cumsum([len(window)] + [len(passage.spans) for passage in window])
        vectors += [
            PassageVectors(found[number], found[ends[number] : ends[number + 1]]) for number in range(len(window))
        ]
        if progress:
            progress(len(window))
    return vectors
