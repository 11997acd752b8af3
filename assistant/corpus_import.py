"""A corpus in a folder taken over into the database, and the database's corpus written to a folder.

In: a folder with documents and a catalogue. Out: the same corpus for every machine, as one change that can be undone.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from assistant.catalogue import parse_catalogue, read_documents
from assistant.catalogue_file import read_text
from assistant.change_journal import Change, PlacedFile
from assistant.corpus_database import DatabaseChanging
from assistant.corpus_transaction import WAIT_SECONDS, NewFile, Plan, Told
from assistant.embeddings import Embedder
from assistant.errors import CatalogueError, UsageError
from assistant.files import write_atomically
from assistant.manifest import hash_of
from assistant.postgres.corpus_tables import CorpusVersion
from assistant.postgres.shared_corpus import open_shared_corpus
from assistant.settings import CATALOGUE_FILE, Settings
from assistant.types import Document

VERSION_FILE = ".beleidswijzer-versie"  # in an exported folder: the version that it was made from


@dataclass(frozen=True)
class Imported:
    """What taking over a folder changed; ids of documents."""

    documents: int  # in the database now
    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()  # of which the catalogue says something else, or that have another file
    removed: tuple[str, ...] = ()
    is_first: bool = False  # there was nothing yet, so that there is nothing to go back to

    @property
    def is_same(self) -> bool:
        return not (self.added or self.changed or self.removed)


def import_corpus(
    settings: Settings, folder: Path, embedder: Embedder, told: Told, *, replaces: bool = False, looks: bool = False
) -> Imported:
    """Make the corpus in the database what a folder is; the folder stays as it is.

    Args:
        replaces: documents that are in the database already may be changed and removed.
        looks: only tell what would change.

    Raises:
        CatalogueError: the folder's catalogue is wrong or names a file that is not there; or the database has
            documents and `replaces` is not given; or they have changed since the folder was exported.
        DocumentError: a file changed while it was read.
        SnapshotError: the index cannot be changed.
    """
    documents = read_documents(folder)
    _refuse_absent(documents)
    files = {_place(folder, document): document.file for document in documents}
    shared = open_shared_corpus(settings)
    with shared.only_change(WAIT_SECONDS):
        before = shared.version()
        found = _compared(before, documents, folder)
        if before is not None and not found.is_same and not looks:
            _refuse_overtaken(folder, before)
            if not replaces and (found.changed or found.removed):
                raise CatalogueError(_would_lose(found))
        catalogue = read_text(folder / CATALOGUE_FILE)
        if looks or (found.is_same and before is not None and before.catalogue == catalogue):
            return found
        plan = _plan(before, catalogue, files, found)
        changing = DatabaseChanging(settings, shared, before)
        changing.make(plan, _change(plan, before, folder), embedder, told)
    return found


def export_corpus(settings: Settings, folder: Path) -> int:
    """Write the corpus of the database to a new or empty folder; returns how many documents it has.

    Raises:
        UsageError: there is something in the folder.
        CatalogueError: the database has no corpus.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"'{folder}' bestaat al en is niet leeg. Kies een nieuwe map.")
    shared = open_shared_corpus(settings)
    with shared.copy.lock("change", WAIT_SECONDS):  # nobody on this machine changes the copy meanwhile
        version = shared.brought_up_to_date()
        for path in version.files:
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(shared.copy.corpus / path, target)
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / CATALOGUE_FILE, version.catalogue)
    write_atomically(folder / VERSION_FILE, f"{version.number}\n")
    return len(read_documents(folder))


def _refuse_absent(documents: tuple[Document, ...]) -> None:
    absent = [document for document in documents if not document.file.is_file()]
    if absent:
        names = ", ".join(f"'{document.file}' ({document.id})" for document in absent[:5])
        raise CatalogueError(f"Deze bestanden ontbreken: {names}. Zet ze terug of pas de catalogus aan.")


def _refuse_overtaken(folder: Path, before: CorpusVersion) -> None:
    try:
        exported = int((folder / VERSION_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return
    if exported != before.number:
        raise CatalogueError(
            f"De documenten in de database zijn veranderd sinds '{folder}' eruit is gehaald. "
            "Haal ze opnieuw op met: beleidswijzer corpus export MAP, en doe de wijziging daar nog eens."
        )


def _would_lose(found: Imported) -> str:
    counts = {"veranderen": len(found.changed), "verdwijnen": len(found.removed)}
    lost = " en ".join(f"{count} {verb}" for verb, count in counts.items() if count)
    return (
        f"In de database staan al documenten. Daarvan zouden er {lost}. "
        "Voeg documenten toe met: beleidswijzer corpus add. "
        "Of vervang alles door deze map met: beleidswijzer corpus import MAP --vervang"
    )


def _compared(before: CorpusVersion | None, documents: tuple[Document, ...], folder: Path) -> Imported:
    """What would become other than it is in the database."""
    old = _described(before, folder) if before else {}
    new = {each.id: (each, hash_of(each.file)) for each in documents}
    return Imported(
        len(documents),
        added=tuple(each for each in new if each not in old),
        changed=tuple(each for each in new if each in old and new[each] != old[each]),
        removed=tuple(each for each in old if each not in new),
        is_first=before is None,
    )


def _described(version: CorpusVersion, folder: Path) -> dict[str, tuple[Document, str]]:
    """The documents of a version as if they were in the folder, each with the hash of its file."""
    found = {}
    for document in parse_catalogue(version.catalogue, folder / CATALOGUE_FILE):
        stored = version.files.get(_place(folder, document))
        found[document.id] = (document, stored.sha256 if stored else "")
    return found


def _plan(before: CorpusVersion | None, catalogue: str, files: Mapping[str, Path], found: Imported) -> Plan:
    old = before.files if before else {}
    hashes = {path: hash_of(file) for path, file in files.items()}
    new = {path: digest for path, digest in hashes.items() if path not in old or old[path].sha256 != digest}
    gone = [path for path in old if path not in hashes or path in new]
    changed = (*found.changed, *found.added, *found.removed)
    return Plan(
        "import",
        changed or ("catalogus",),
        catalogue,
        tuple(NewFile(files[path], path, digest) for path, digest in new.items()),
        tuple(gone),
    )


def _change(plan: Plan, before: CorpusVersion | None, folder: Path) -> Change:
    old = before.files if before else {}
    return Change(
        kind="import",
        documents=plan.documents,
        before=None,
        after=None,
        added=tuple(PlacedFile(path=file.name, sha256=file.sha256) for file in plan.added),
        removed=tuple(PlacedFile(path=path, sha256=old[path].sha256) for path in plan.removed),
        corpus=str(folder),
        begun=datetime.now(UTC),
    )


def _place(folder: Path, document: Document) -> str:
    return document.file.relative_to(folder.resolve()).as_posix()
