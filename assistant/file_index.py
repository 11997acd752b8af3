"""The index in a folder of this machine: the engine that needs nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from assistant import snapshot
from assistant.embeddings import ModelDescription
from assistant.engine import Index, IndexStatus
from assistant.errors import IndexMissingError, IndexStaleError, SnapshotError
from assistant.index_folder import (
    POINTER_FILE,
    building_folder,
    only_builder,
    read_manifest,
    read_pointer,
    snapshot_folder,
)
from assistant.manifest import Manifest, Recipe
from assistant.snapshot import Snapshot, open_current, open_snapshot, rewritten
from assistant.snapshot_writer import SnapshotWriter

CACHE_FILE = "embedding-cache.sqlite"

_Mark = tuple[int, int, int] | None


class FileIndex:
    """Snapshots in folders beside each other, and a pointer to the one that serves (see index_folder)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def open(self, model: ModelDescription | None = None) -> Snapshot:
        return open_current(self.folder, model)

    def contents(self) -> Manifest:
        ref = read_pointer(self.folder).current
        return read_manifest(snapshot_folder(self.folder, ref), ref)

    def mark(self) -> _Mark:
        try:
            stat = (self.folder / POINTER_FILE).stat()
        except OSError:
            return None
        return stat.st_ino, stat.st_mtime_ns, stat.st_size

    @contextmanager
    def building(self) -> Iterator[FileBuilder]:
        with only_builder(self.folder):
            yield FileBuilder(self.folder)

    def status(self) -> IndexStatus:
        return snapshot.status(self.folder)

    def verify(self) -> IndexStatus:
        return snapshot.verify(self.folder)

    def rollback(self) -> IndexStatus:
        return snapshot.rollback(self.folder)


def as_index(index: Index | Path) -> Index:
    """The index itself; a folder is an index in files."""
    return FileIndex(index) if isinstance(index, Path) else index


class FileBuilder:
    """Builds snapshots in a folder that is locked."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.cache_file = folder / CACHE_FILE

    def serving(self) -> str | None:
        try:
            return read_pointer(self._folder).current.id
        except SnapshotError:
            return None

    def previous(self, recipe: Recipe) -> Snapshot | None:
        """The snapshot that serves, for this build alone: what will be written again is checked, and is changed."""
        try:
            found = open_snapshot(self._folder, read_pointer(self._folder).current, recipe.model, rewritten)
        except (IndexMissingError, IndexStaleError):
            return None
        return found if found.manifest.recipe == recipe else None

    @contextmanager
    def writer(self, recipe: Recipe, previous: Snapshot | None) -> Iterator[SnapshotWriter]:
        with building_folder(self._folder) as folder:
            yield SnapshotWriter(self._folder, folder, recipe, previous)
