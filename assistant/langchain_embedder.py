"""Any langchain `Embeddings`: an object that the caller made, or a model by `provider:model`.

Texts go to the provider and nowhere else. Langchain's `Embeddings` are not traced themselves, but a model may be built
of parts that are; so each call turns tracing off.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from assistant.embeddings import ModelDescription, PassageText, PassageVectors, Vector, embed_separately
from assistant.langchain_models import open_embeddings, refusal, untraced

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

Result = TypeVar("Result")

_MAX_TOKENS = 512  # langchain does not tell; the shortest limit among the usual models


class LangchainEmbedder:
    """A langchain embedding model; fulfils `Embedder` as far as the given object may be used by several threads."""

    def __init__(self, embeddings: Embeddings, name: str) -> None:
        """Wraps `embeddings`; `name` is how settings and index call it, for example "openai:text-embedding-3-small"."""
        self._embeddings = embeddings
        self._name = name

    @cached_property
    def description(self) -> ModelDescription:
        """What an index must remember of this model; one word is embedded to learn the dimension."""
        dimension = len(self.embed_query("dimensie"))
        kind = type(self._embeddings)
        content = f"{self._name}\n{kind.__module__}.{kind.__qualname__}\n{dimension}"
        fingerprint = hashlib.sha256(content.encode()).hexdigest()[:16]
        return ModelDescription(self._name, dimension, _MAX_TOKENS, "", "", fingerprint)

    def embed_query(self, text: str) -> Vector:
        """A question's unit vector."""
        vector: Vector = _unit([self._call(lambda: self._embeddings.embed_query(text))])[0]
        return vector

    def embed_passages(
        self, passages: Sequence[PassageText], progress: Callable[[int], None] | None = None
    ) -> list[PassageVectors]:
        """Vectors of passages, and of their sentences as texts of their own."""
        return embed_separately(passages, self._encode, progress)

    def _encode(self, texts: list[str]) -> Vector:
        return _unit(self._call(lambda: self._embeddings.embed_documents(texts)))

    def _call(self, embed: Callable[[], Result]) -> Result:
        try:
            with untraced():
                return embed()
        except Exception as error:  # every provider raises its own kinds
            raise refusal(error, self._name, "antwoordt niet zoals verwacht") from None


def open_langchain_embedder(name: str) -> LangchainEmbedder:
    """The model that langchain knows as `name` ("provider:model"); keys come from the provider's own variables."""
    return LangchainEmbedder(open_embeddings(name, "EMBEDDING_MODEL"), name)


def _unit(rows: Sequence[Sequence[float]]) -> Vector:
    vectors = np.asarray(rows, np.float32)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    return vectors
