"""What an index is, whichever engine keeps it: files on one machine, or PostgreSQL for many.

An `Index` hands out snapshots, which answer questions and never change, and lets one builder at a time make a new one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from assistant.embeddings import ModelDescription, PassageVectors, Vector
from assistant.manifest import Contents, DocumentEntry, Recipe
from assistant.stored_documents import StoredDocument
from assistant.traits import ChunkTraits
from assistant.types import Chunk, Document, Source

Ids = NDArray[np.int64]


@dataclass(frozen=True)
class WeightedTerm:
    """One token to look for in one field; `weight` multiplies its BM25 score."""

    field: str
    token: str
    weight: float = 1.0


@dataclass(frozen=True)
class LoadedDocument:
    """A document that has been read and cut, ready for the index."""

    document: Document
    sha256: str  # of the file
    source: Source
    chunks: list[Chunk]


@dataclass(frozen=True)
class IndexStatus:
    """What `index status` shows."""

    id: str
    created: datetime
    model: str
    documents: int
    chunks: int
    bytes: int
    previous: str | None  # the snapshot that `rollback` goes back to


class Vectors(Protocol):
    """Chunks by meaning."""

    def search(self, query: Vector, limit: int, allowed_ids: Ids | None = None) -> tuple[Ids, Vector]:
        """The `limit` nearest chunks (among `allowed_ids`, if given) and their cosines, best first, ties by id."""
        ...

    def similarities(self, query: Vector, ids: Ids) -> Vector:
        """The exact cosine of the query with each of `ids`, in their order; an unknown id raises KeyError."""
        ...


class Words(Protocol):
    """Chunks by their words."""

    @property
    def size(self) -> int:
        """The number of chunks."""
        ...

    def document_frequency(self, field: str, token: str) -> int:
        """In how many chunks the token occurs."""
        ...

    def search(
        self, terms: Sequence[WeightedTerm], limit: int, documents: Collection[str] | None = None
    ) -> list[tuple[int, float]]:
        """The best chunks (of `documents`, if given) with the weighted sum of their terms' BM25 scores, ties by id."""
        ...


class Store(Protocol):
    """The documents and chunks themselves; an unknown id raises KeyError."""

    @property
    def entries(self) -> Sequence[StoredDocument]:
        """Every document with the ids of its chunks, which go up from one to the next."""
        ...

    @property
    def size(self) -> int:
        """The number of chunks."""
        ...

    def documents(self) -> list[Document]:
        """Every document, in the order in which they were indexed."""
        ...

    def document(self, document_id: str) -> Document:
        """One document."""
        ...

    def document_of(self, chunk_id: int) -> Document:
        """The document that a chunk belongs to."""
        ...

    def source(self, document_id: str) -> Source:
        """The document's text as it was loaded, so that every quote can be found back."""
        ...

    def chunk_ids(self, document_id: str) -> range:
        """The ids of a document's chunks, in reading order."""
        ...

    def ids_of(self, documents: Collection[str]) -> Ids:
        """The ids of all chunks of some documents, in ascending order: what a filtered vector search may find."""
        ...

    def chunks(self, ids: Sequence[int] | Ids) -> list[Chunk]:
        """Chunks in the order asked."""
        ...

    def chunks_of(self, document_id: str) -> list[Chunk]:
        """All chunks of a document, in reading order."""
        ...

    def traits(self, ids: Sequence[int] | Ids) -> list[ChunkTraits]:
        """What each chunk's sentences are like, in the order asked."""
        ...

    def sentence_vectors(self, ids: Sequence[int] | Ids) -> list[Vector]:
        """For each chunk the unit vectors of its sentences, shape (sentences, dimension), in the order asked."""
        ...


class Snapshot(Protocol):
    """The index as it was at one moment; it never changes and is safe to use from several threads."""

    @property
    def id(self) -> str: ...

    @property
    def manifest(self) -> Contents: ...

    @property
    def vectors(self) -> Vectors: ...

    @property
    def lexical(self) -> Words: ...

    @property
    def store(self) -> Store: ...


class Writer(Protocol):
    """The next snapshot in the making; nobody sees it before `publish`."""

    @property
    def touched(self) -> bool:
        """Whether it differs from the snapshot that it started from."""
        ...

    @property
    def entries(self) -> Mapping[str, DocumentEntry]:
        """What is in it, by document id."""
        ...

    def add(
        self,
        loaded: LoadedDocument,
        tokens: Sequence[Mapping[str, Sequence[str]]],
        vectors: Sequence[PassageVectors],
    ) -> None:
        """Add a document that is not in the snapshot, with the tokens and vectors of each of its chunks."""
        ...

    def remove(self, document_id: str) -> None:
        """Remove a document that is in the snapshot."""
        ...

    def move(self, document: Document) -> None:
        """Note a document's new place; nothing else about it has changed."""
        ...

    def publish(self) -> None:
        """Finish the snapshot and let it serve, in one step."""
        ...


Opened = TypeVar("Opened", bound=Snapshot)


class Builder(Protocol[Opened]):
    """The only one who may change the index."""

    @property
    def cache_file(self) -> Path:
        """Where vectors are kept that an interrupted build need not compute again."""
        ...

    def serving(self) -> str | None:
        """The id of the snapshot that serves, if there is one."""
        ...

    def previous(self, recipe: Recipe) -> Opened | None:
        """The snapshot to start from, checked; None if there is none that was made by this recipe."""
        ...

    def writer(self, recipe: Recipe, previous: Opened | None) -> AbstractContextManager[Writer]:
        """A new snapshot that starts from `previous`, which this builder gave; what is not published is thrown away."""
        ...


class Index(Protocol):
    """Where snapshots are kept."""

    def open(self, model: ModelDescription | None = None) -> Snapshot:
        """The snapshot that serves now.

        Args:
            model: the model that will embed the questions; an index made with another is refused.

        Raises:
            IndexMissingError: there is none yet.
            IndexDamagedError: its bytes are not what was written.
            IndexStaleError: it was made with another model or an older format.
        """
        ...

    def contents(self) -> Contents:
        """What the snapshot that serves holds, without opening it; raises as `open` does."""
        ...

    def mark(self) -> object:
        """Something that changes when another snapshot serves; quick to get."""
        ...

    def building(self) -> AbstractContextManager[Builder[Any]]:
        """Be the only builder; raises IndexBusyError if somebody else is."""
        ...

    def status(self) -> IndexStatus:
        """What the snapshot that serves is."""
        ...

    def verify(self) -> IndexStatus:
        """Read the whole snapshot that serves; IndexDamagedError if something is not as it was written."""
        ...

    def rollback(self) -> IndexStatus:
        """Let the previous snapshot serve again, after checking it; a second rollback goes forward again."""
        ...
