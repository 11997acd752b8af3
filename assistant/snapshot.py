"""The index as a question meets it: one immutable snapshot, opened whole and checked before use.

In: the index folder. Out: a `Snapshot` with its vectors, words and chunks, or an error that names the mending command.
"""

from __future__ import annotations

import fcntl
import os
import weakref
from collections.abc import Callable, Container
from dataclasses import dataclass
from pathlib import Path

from assistant.chunk_store import ChunkStore
from assistant.embeddings import ModelDescription
from assistant.engine import IndexStatus
from assistant.errors import IndexDamagedError, IndexStaleError, SnapshotError
from assistant.index_folder import (
    Pointer,
    SnapshotRef,
    only_builder,
    read_manifest,
    read_pointer,
    snapshot_folder,
    write_pointer,
)
from assistant.lexical_index import LexicalIndex
from assistant.manifest import MANIFEST_FILE, Manifest, check_files, small_files
from assistant.vector_index import VectorIndex, damage, large_folder

VECTORS_FILE = "vectors.faiss"
LARGE_FOLDER = large_folder(Path(VECTORS_FILE)).name
LEXICAL_FOLDER = "lexical"
STORE_FOLDER = "store"

# Hashing this much takes about a third of a second; of a larger index not all files are hashed before it serves.
HASHED_BYTES = 500_000_000


@dataclass(frozen=True, eq=False)
class Snapshot:
    """An opened index; drop the last reference to close it. Safe to use from several threads."""

    id: str
    folder: Path
    manifest: Manifest
    vectors: VectorIndex
    lexical: LexicalIndex
    store: ChunkStore


def quick(manifest: Manifest) -> set[str]:
    """The files to read through before answering questions: all of a small index.

    Of a large one not its text and exact vectors: they carry checksums, compared whenever one is read. But always what
    faiss reads by itself.
    """
    if manifest.bytes <= HASHED_BYTES:
        return everything(manifest)
    checked_later = (f"{STORE_FOLDER}/part-", f"{LARGE_FOLDER}/exact-")
    others = tuple(entry for entry in manifest.files if not entry.path.startswith(checked_later))
    near = {entry.path for entry in others if entry.path.startswith(f"{LARGE_FOLDER}/")}
    return near | small_files(manifest.model_copy(update={"files": others}), HASHED_BYTES)


def rewritten(manifest: Manifest) -> set[str]:
    """The files that the next build reads and writes again; damage in them must not get a new, matching hash."""
    taken_over = (f"{STORE_FOLDER}/part-", f"{LARGE_FOLDER}/exact-")  # read only with a check of their own
    return {entry.path for entry in manifest.files if not entry.path.startswith(taken_over)}


def everything(manifest: Manifest) -> set[str]:
    """All files."""
    return {entry.path for entry in manifest.files}


def open_current(
    index: Path, model: ModelDescription | None = None, hashed: Callable[[Manifest], Container[str]] = quick
) -> Snapshot:
    """The snapshot that serves now.

    Args:
        model: the model that will embed the questions; an index made with another is refused as IndexStaleError.
        hashed: from a manifest to the paths of the files to read through; of the others only the size is compared.
    """
    while True:
        pointer = read_pointer(index)
        try:
            return open_snapshot(index, pointer.current, model, hashed)
        except IndexDamagedError:
            # A builder may have switched and removed this one in between; then there is a newer one to open.
            if read_pointer(index) == pointer:
                raise


def open_snapshot(
    index: Path, ref: SnapshotRef, model: ModelDescription | None, hashed: Callable[[Manifest], Container[str]]
) -> Snapshot:
    """One particular snapshot, checked against its manifest."""
    folder = snapshot_folder(index, ref)
    lock = _hold(folder / MANIFEST_FILE)
    try:
        manifest = read_manifest(folder, ref)
        if model is not None and model.fingerprint != manifest.recipe.model.fingerprint:
            raise IndexStaleError(_other_model(index, manifest, model))
        check_files(folder, manifest, hashed(manifest))
        vectors = VectorIndex.load(folder / VECTORS_FILE)
        store = ChunkStore(folder / STORE_FOLDER, manifest.recipe.model.dimension)
        snapshot = Snapshot(ref.id, folder, manifest, vectors, LexicalIndex.open(folder / LEXICAL_FOLDER), store)
    except BaseException:
        os.close(lock)
        raise
    weakref.finalize(snapshot, os.close, lock)
    return snapshot


def verify(index: Path) -> IndexStatus:
    """Read every byte of the current snapshot and compare what its parts hold; IndexDamagedError if they disagree."""
    snapshot = open_current(index, hashed=everything)
    _check_agreement(snapshot)
    return status(index)


def status(index: Path) -> IndexStatus:
    """What the current snapshot is, from its manifest alone."""
    pointer = read_pointer(index)
    manifest = read_manifest(snapshot_folder(index, pointer.current), pointer.current)
    return IndexStatus(
        id=pointer.current.id,
        created=manifest.created,
        model=manifest.recipe.model.name,
        documents=len(manifest.documents),
        chunks=manifest.chunks,
        bytes=manifest.bytes,
        previous=pointer.previous.id if pointer.previous else None,
    )


def rollback(index: Path) -> IndexStatus:
    """Let the previous snapshot serve again, after checking all of it; a second rollback goes forward again."""
    read_pointer(index)  # says so if there is no index at all, before anything is made on disk
    with only_builder(index):
        pointer = read_pointer(index)
        if pointer.previous is None:
            raise SnapshotError(f"Er is geen vorige index in '{index}'. Typ: beleidswijzer index build")
        _check_agreement(open_snapshot(index, pointer.previous, None, everything))
        write_pointer(index, Pointer(current=pointer.previous, previous=pointer.current))
    return status(index)


def _hold(manifest: Path) -> int:
    """Keep a snapshot from being removed as long as the returned handle is open (see index_folder._in_use)."""
    try:
        handle = os.open(manifest, os.O_RDONLY)
    except OSError as error:
        raise IndexDamagedError(damage(manifest)) from error
    fcntl.flock(handle, fcntl.LOCK_SH)
    return handle


def _check_agreement(snapshot: Snapshot) -> None:
    expected = snapshot.store.stored_ids()
    counts = {entry.id: entry.chunks for entry in snapshot.manifest.documents}
    if counts != {entry.document_id: entry.chunks for entry in snapshot.store.entries}:
        raise IndexDamagedError(damage(snapshot.folder / STORE_FOLDER))
    if len(expected) != snapshot.manifest.chunks:
        raise IndexDamagedError(damage(snapshot.folder / STORE_FOLDER))
    if snapshot.vectors.ids.tolist() != expected:
        raise IndexDamagedError(damage(snapshot.folder / VECTORS_FILE))
    if snapshot.lexical.ids() != expected:
        raise IndexDamagedError(damage(snapshot.folder / LEXICAL_FOLDER))


def _other_model(index: Path, manifest: Manifest, model: ModelDescription) -> str:
    made, now = manifest.recipe.model.name, model.name
    what = f"met het model '{made}', niet met '{now}'" if made != now else f"met een andere uitvoering van '{now}'"
    return f"De index in '{index}' is gemaakt {what}. Typ: beleidswijzer index build"
