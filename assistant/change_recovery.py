"""What becomes of a change to the corpus that was interrupted: undone if the index does not have it, else completed."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from assistant.catalogue import read_catalogue
from assistant.catalogue_edit import reverted
from assistant.change_journal import Change, Indexed, Journal
from assistant.errors import CatalogueError, SnapshotError
from assistant.files import write_atomically
from assistant.index_folder import sync
from assistant.index_opening import open_index
from assistant.manifest import hash_of, metadata_hash
from assistant.settings import CATALOGUE_FILE, Settings


def settle(settings: Settings, journal: Journal) -> bool:
    """Complete or undo the change in the journal, if there is one; call it with the lock held.

    Returns whether a change was completed.
    """
    change = journal.unfinished()
    if change is None:
        return False
    for leftover in settings.corpus.glob(f".{CATALOGUE_FILE}.*.tmp"):
        leftover.unlink()
    if _is_made(settings, change):
        for number, file in enumerate(change.removed):
            journal.keep(settings.corpus / file.path, number)
        journal.finish(change)
        return True
    _restore_catalogue(settings.corpus / CATALOGUE_FILE, journal)
    for file in change.added:
        _remove_copy(settings.corpus / file.path, file.sha256)
    journal.drop()
    return False


def _is_made(settings: Settings, change: Change) -> bool:
    """Whether the catalogue and the snapshot that serves both have the change."""
    try:
        documents = {document.id: document for document in read_catalogue(settings.corpus)}
        contents = open_index(settings).contents()
    except (CatalogueError, SnapshotError):
        return False
    document = documents.get(change.documents[0])
    entry = next((entry for entry in contents.documents if entry.id == change.documents[0]), None)
    if document is None or entry is None or change.after is None:
        return document is None and entry is None and change.after is None
    # The details as they are now: a maintainer may have edited others of them in the meantime.
    indexed = Indexed(sha256=entry.sha256, metadata=entry.metadata)
    return indexed == Indexed(sha256=change.after.sha256, metadata=metadata_hash(document)) != change.before


def _restore_catalogue(path: Path, journal: Journal) -> None:
    before, after = journal.catalogues()
    now = path.read_bytes().decode("utf-8")
    if now != before:
        # Edits that a maintainer has made since stay; only the change itself is taken back.
        write_atomically(path, reverted(now, before, after, path))
    sync(path.parent)


def _remove_copy(placed: Path, sha256: str) -> None:
    part_of(placed).unlink(missing_ok=True)
    with suppress(FileNotFoundError):
        if hash_of(placed) == sha256:
            placed.unlink()
    sync(placed.parent)


def part_of(placed: Path) -> Path:
    """Where a file is while it is being copied to its place; hidden, so that nobody takes it for a document."""
    return placed.with_name(f".{placed.name}.part")
