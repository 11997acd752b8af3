"""Puts a snapshot together in a folder: vectors, words, chunks and the manifest that binds them.

In: documents with chunks, tokens and vectors; maybe the previous snapshot to start from. Out: a folder to publish.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from assistant.chunk_store_writer import ChunkStoreWriter, link_or_copy
from assistant.embeddings import PassageVectors
from assistant.engine import LoadedDocument
from assistant.index_folder import linked_files, publish
from assistant.lexical_index import LexicalWriter
from assistant.manifest import DocumentEntry, Manifest, Recipe, check_files, describe, metadata_hash
from assistant.snapshot import LEXICAL_FOLDER, STORE_FOLDER, VECTORS_FILE, Snapshot
from assistant.types import Document
from assistant.vector_index_writer import VectorIndexWriter


class SnapshotWriter:
    """Builds a snapshot in an empty folder; what is taken over from the previous one is not read again."""

    def __init__(self, index: Path, folder: Path, recipe: Recipe, previous: Snapshot | None = None) -> None:
        """Args:
        index: where the snapshot is going to serve.
        previous: opened by the caller for this writer alone, because its vectors in memory are changed.
        """
        self._index, self._folder, self._recipe, self._previous = index, folder, recipe, previous
        self.touched = False
        store, vectors = folder / STORE_FOLDER, folder / VECTORS_FILE
        self._vectors = VectorIndexWriter(vectors, recipe.model.dimension, previous.vectors if previous else None)
        if previous:
            self._store = ChunkStoreWriter(store, previous.store, partial(_check_part, previous))
            _link_lexical(previous.folder / LEXICAL_FOLDER, folder / LEXICAL_FOLDER)
            self._lexical = LexicalWriter.open(folder / LEXICAL_FOLDER)
        else:
            self._store = ChunkStoreWriter(store)
            self._lexical = LexicalWriter.create(folder / LEXICAL_FOLDER, recipe.fields)
        self.entries = {entry.id: entry for entry in previous.manifest.documents} if previous else {}

    def add(
        self,
        loaded: LoadedDocument,
        tokens: Sequence[Mapping[str, Sequence[str]]],
        vectors: Sequence[PassageVectors],
    ) -> None:
        """Add a document that is not in the snapshot, with the tokens and vectors of each of its chunks."""
        document = loaded.document
        ids = self._store.add(document, loaded.source, loaded.chunks, [each.sentences for each in vectors])
        if ids:
            self._vectors.add(np.array(ids, np.int64), np.stack([each.passage for each in vectors]))
        for chunk_id, fields in zip(ids, tokens, strict=True):
            self._lexical.add(chunk_id, document.id, fields)
        self.entries[document.id] = DocumentEntry(
            id=document.id, sha256=loaded.sha256, metadata=metadata_hash(document), chunks=len(ids)
        )
        self.touched = True

    def remove(self, document_id: str) -> None:
        """Remove a document that is in the snapshot."""
        ids = self._store.remove(document_id)
        self._vectors.remove(np.array(ids, np.int64))
        self._lexical.remove_document(document_id)
        del self.entries[document_id]
        self.touched = True

    def move(self, document: Document) -> None:
        """Note a document's new place; nothing else about it has changed."""
        self._store.update(document)
        self.touched = True

    def publish(self) -> None:
        """Write everything, and let the snapshot serve."""
        publish(self._index, self._folder, self._finish())

    def _finish(self) -> Manifest:
        """Complete the folder but for its manifest, which is returned."""
        self._lexical.commit()
        self._store.finish()
        self._vectors.finish()
        shared = linked_files(self._folder, self._previous.folder, self._previous.manifest) if self._previous else ()
        return describe(self._folder, self._recipe, self.entries.values(), shared)


def _check_part(previous: Snapshot, part: Path) -> None:
    """Compare a linked part with its hash before it is read, so that damage is not carried into a new part."""
    check_files(previous.folder, previous.manifest, hashed={f"{STORE_FOLDER}/{part.name}"})


def _link_lexical(old: Path, new: Path) -> None:
    new.mkdir()
    for file in old.iterdir():
        if file.suffix == ".json":  # lists of files, which tantivy replaces
            shutil.copyfile(file, new / file.name)
        elif file.suffix != ".lock":  # segments, which it only adds and removes
            link_or_copy(file, new / file.name)
