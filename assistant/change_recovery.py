"""What becomes of a change to the corpus that was interrupted: undone if the index does not have it, else completed."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from assistant.catalogue import read_catalogue
from assistant.catalogue_edit import with_entry, without_entry
from assistant.catalogue_entry import Entry
from assistant.catalogue_file import parse_entries, read_text
from assistant.change_journal import Change, Journal
from assistant.errors import CatalogueError, SnapshotError
from assistant.files import write_atomically
from assistant.index_folder import read_manifest, read_pointer, snapshot_folder, sync
from assistant.manifest import hash_of
from assistant.settings import CATALOGUE_FILE, Settings
from assistant.snapshot_writer import metadata_hash


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
        if change.kind == "withdraw":
            journal.keep(settings.corpus / change.file)
        journal.finish()
        return True
    _restore_catalogue(settings.corpus / CATALOGUE_FILE, journal, change)
    if change.kind == "add":
        _remove_copy(settings.corpus / change.file, change.sha256)
    journal.drop()
    return False


def _is_made(settings: Settings, change: Change) -> bool:
    """Whether the catalogue and the snapshot that serves both have the change."""
    try:
        documents = {document.id: document for document in read_catalogue(settings.corpus)}
        pointer = read_pointer(settings.index)
        manifest = read_manifest(snapshot_folder(settings.index, pointer.current), pointer.current)
    except (CatalogueError, SnapshotError):
        return False
    document = documents.get(change.document_id)
    entry = next((entry for entry in manifest.documents if entry.id == change.document_id), None)
    if change.kind == "withdraw":
        return document is None and entry is None
    if document is None or entry is None:
        return False
    return (entry.sha256, entry.metadata) == (change.sha256, metadata_hash(document))


def _restore_catalogue(path: Path, journal: Journal, change: Change) -> None:
    before, after = journal.catalogues()
    now = path.read_bytes()
    if now == after:
        write_atomically(path, before.decode("utf-8"))
    elif now != before:
        # A maintainer has edited it since; those edits stay, and only the change itself is taken back.
        _take_back(path, change, before.decode("utf-8-sig"))
    sync(path.parent)


def _take_back(path: Path, change: Change, before: str) -> None:
    text = read_text(path)
    entries, _ = parse_entries(text, path)
    is_there = change.document_id in (entry.values.get("id") for entry in entries)
    if change.kind == "add" and is_there:
        write_atomically(path, without_entry(text, change.document_id, path))
    elif change.kind == "withdraw" and not is_there:
        old = next(raw for raw in parse_entries(before, path)[0] if raw.values.get("id") == change.document_id)
        write_atomically(path, with_entry(text, Entry.model_validate(old.values), path))


def _remove_copy(placed: Path, sha256: str) -> None:
    part_of(placed).unlink(missing_ok=True)
    with suppress(FileNotFoundError):
        if hash_of(placed) == sha256:
            placed.unlink()
    sync(placed.parent)


def part_of(placed: Path) -> Path:
    """Where a file is while it is being copied to its place; hidden, so that nobody takes it for a document."""
    return placed.with_name(f".{placed.name}.part")
