"""The documents of a snapshot and the ids of their chunks, in memory: what every engine's store looks up first."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from assistant.store_codec import decode_document
from assistant.types import Document, Status


@dataclass(frozen=True)
class StoredDocument:
    """A document in the index and the ids of its chunks."""

    number: int  # new each time that the document is indexed
    document_id: str
    content: bytes  # the catalogue entry, decoded on first use: opening a store with thousands must be quick
    first_chunk: int  # its chunks have the ids first_chunk … first_chunk + chunks - 1
    chunks: int

    @cached_property
    def document(self) -> Document:
        return decode_document(self.content)

    @property
    def status(self) -> Status:
        """The document's status, in a tenth of the time that decoding the whole entry takes."""
        status: Status = json.loads(self.content)["status"]
        return status

    @property
    def chunk_ids(self) -> range:
        return range(self.first_chunk, self.first_chunk + self.chunks)


Entry = TypeVar("Entry", bound=StoredDocument)


class StoredDocuments(Generic[Entry]):
    """The documents of one snapshot; an unknown id raises KeyError."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        """Args:
        entries: in the order in which they were indexed.
        """
        self.entries = tuple(entries)
        self._by_id = {entry.document_id: entry for entry in self.entries}
        self._with_chunks = [entry for entry in self.entries if entry.chunks]
        self._first_chunks = [entry.first_chunk for entry in self._with_chunks]

    @property
    def size(self) -> int:
        """The number of chunks."""
        return sum(entry.chunks for entry in self.entries)

    def documents(self) -> list[Document]:
        """Every document, in the order in which they were indexed."""
        return list(self._documents)

    def document(self, document_id: str) -> Document:
        """One document."""
        return self._by_id[document_id].document

    def document_of(self, chunk_id: int) -> Document:
        """The document that a chunk belongs to."""
        return self.entry_of(chunk_id).document

    def entry(self, document_id: str) -> Entry:
        """Where a document is kept."""
        return self._by_id[document_id]

    def entry_of(self, chunk_id: int) -> Entry:
        """Where the document of a chunk is kept."""
        position = bisect_right(self._first_chunks, chunk_id) - 1
        if position < 0 or chunk_id not in self._with_chunks[position].chunk_ids:
            raise KeyError(chunk_id)
        return self._with_chunks[position]

    def chunk_ids(self, document_id: str) -> range:
        """The ids of a document's chunks, in reading order."""
        return self._by_id[document_id].chunk_ids

    def ids_of(self, documents: Iterable[str]) -> NDArray[np.int64]:
        """The ids of all chunks of some documents, in ascending order: what a filtered vector search may find."""
        # All ranges in one go: making an array for each of 35,000 documents takes many times as long.
        entries = [entry for entry in map(self._by_id.get, documents) if entry is not None]
        first = np.array([entry.first_chunk for entry in entries], np.int64)
        sizes = np.array([entry.chunks for entry in entries], np.int64)
        order = np.argsort(first)
        first, sizes = first[order], sizes[order]
        before = np.cumsum(sizes) - sizes
        return np.repeat(first - before, sizes) + np.arange(int(sizes.sum()), dtype=np.int64)

    @cached_property
    def _documents(self) -> tuple[Document, ...]:
        return tuple(entry.document for entry in self.entries)
