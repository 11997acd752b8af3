"""An embedding model for tests: quick, deterministic, and near for texts that share words."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from zlib import crc32

import numpy as np

from assistant.embeddings import ModelDescription, PassageText, PassageVectors, Vector


class FakeEmbedder:
    """Every word adds one fixed direction; remembers what it was asked."""

    def __init__(self, dimension: int = 64, fingerprint: str = "fake-1") -> None:
        self.description = ModelDescription(
            name="fake",
            dimension=dimension,
            max_tokens=512,
            query_prefix="",
            passage_prefix="",
            fingerprint=fingerprint,
        )
        self.queries: list[str] = []
        self.passages: list[str] = []

    def embed_query(self, text: str) -> Vector:
        self.queries.append(text)
        return self._vector(text)

    def embed_passages(
        self, passages: Sequence[PassageText], progress: Callable[[int], None] | None = None
    ) -> list[PassageVectors]:
        self.passages.extend(passage.text for passage in passages)
        if progress:
            progress(len(passages))
        return [self._passage(passage) for passage in passages]

    def _passage(self, passage: PassageText) -> PassageVectors:
        sentences = [self._vector(passage.text[begin:end]) for begin, end in passage.spans]
        shape = (len(sentences), self.description.dimension)
        return PassageVectors(self._vector(passage.text), np.array(sentences, np.float32).reshape(shape))

    def _vector(self, text: str) -> Vector:
        total = np.full(self.description.dimension, 1e-3, np.float32)
        for word in re.findall(r"\w+", text.lower()):
            total += _direction(word, len(total))
        unit: Vector = total / np.linalg.norm(total)
        return unit


@lru_cache(maxsize=10_000)
def _direction(word: str, dimension: int) -> Vector:
    return np.random.default_rng(crc32(word.encode())).normal(size=dimension).astype(np.float32)
