"""The documents of a snapshot in PostgreSQL and the ids of their chunks, in memory."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from assistant.engine import Ids
from assistant.manifest import DocumentEntry
from assistant.stored_documents import StoredDocument, StoredDocuments

if TYPE_CHECKING:
    from assistant.postgres.database import Connection

_ROWS = """
SELECT texts.number, entries.id, entries.content, first_chunk, chunks, entries.number, entries.sha256, entries.metadata
FROM index_documents entries JOIN index_texts texts
    ON texts.organisation = entries.organisation AND texts.number = entries.text
WHERE entries.number = ANY (%s) ORDER BY texts.number
"""


@dataclass(frozen=True)
class RowDocument(StoredDocument):
    """A document with its row in index_documents; `number` is that of its text, which a new entry may keep."""

    row: int
    sha256: str
    metadata: str

    @property
    def described(self) -> DocumentEntry:
        return DocumentEntry(id=self.document_id, sha256=self.sha256, metadata=self.metadata, chunks=self.chunks)


class RowDocuments(StoredDocuments[RowDocument]):
    """The documents of one snapshot."""

    @cached_property
    def ids(self) -> Ids:
        """Every chunk id, in ascending order."""
        return self.ids_of(entry.document_id for entry in self.entries)

    @cached_property
    def texts(self) -> list[int]:
        """The numbers of their texts, in ascending order."""
        return [entry.number for entry in self.entries]

    def texts_of(self, chunk_ids: Ids) -> list[int]:
        """The numbers of the texts that some chunks are from."""
        first = np.array([entry.first_chunk for entry in self.entries if entry.chunks], np.int64)
        numbers = np.array([entry.number for entry in self.entries if entry.chunks], np.int64)
        found: list[int] = numbers[np.unique(np.searchsorted(first, chunk_ids, side="right") - 1)].tolist()
        return found


def read_documents(connection: Connection, rows: list[int]) -> RowDocuments:
    """The documents with these numbers in index_documents, as many of them as there are."""
    found = connection.execute(_ROWS, (rows,), binary=True).fetchall()
    return RowDocuments([RowDocument(*row) for row in found])
