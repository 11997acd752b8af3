"""Documents added, replaced, withdrawn and removed while the assistant goes on answering.

In: settings, files and details. Out: documents, with catalogue, files and index changed together or not at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from assistant.catalogue import read_catalogue
from assistant.catalogue_edit import with_entries, with_values, without_entry
from assistant.catalogue_entry import Entry
from assistant.catalogue_file import Value, read_text
from assistant.change_journal import Change, Done, Journal
from assistant.change_recovery import settle
from assistant.changing import made_changes, only_change, readable
from assistant.corpus_transaction import (
    READ,
    NewFile,
    Plan,
    Told,
    check_changeable,
    clear_errors,
)
from assistant.embeddings import Embedder, open_embedder
from assistant.errors import CatalogueError
from assistant.language import detect_language
from assistant.limited_load import Limits, load_limited
from assistant.loaders.reading import Reading
from assistant.manifest import hash_of
from assistant.new_document import NewDocument, check_details, entry_of, free_file_name, free_id, safe_file_name
from assistant.recognised_pages import RecognisedPages
from assistant.settings import CATALOGUE_FILE, Settings
from assistant.types import Document, Source
from assistant.wording import nearest

__all__ = [
    "Addition",
    "add_document",
    "add_documents",
    "check_changeable",
    "edit_document",
    "find_document",
    "find_same",
    "last_change",
    "read_document",
    "recover_changes",
    "replace_file",
    "retire_document",
    "undo_change",
    "withdraw_document",
]


@dataclass(frozen=True)
class Addition:
    """A new document that was read already, in a limited process."""

    file: Path
    details: NewDocument
    source: Source


def read_document(
    settings: Settings, file: Path, progress: Told | None = None, *, limits: Limits | None = None
) -> Source:
    """The text of a file from anywhere, read in a limited process; pages that were recognised before are not again.

    Args:
        progress: is told how many per cent of the pages are done.

    Raises:
        DocumentError: the document cannot be read.
    """
    told = progress or _silent
    reading = Reading(lambda done, total: told(100 * done // max(total, 1)), RecognisedPages(settings.cache))
    return load_limited(file, limits, reading)


def add_document(
    settings: Settings,
    file: Path,
    details: NewDocument,
    progress: Told | None = None,
    *,
    embedder: Embedder | None = None,
    limits: Limits | None = None,
) -> Document:
    """Put a copy of a file in the corpus, with an entry at the end of the catalogue, and index it.

    Args:
        file: anywhere; it is read in a limited process before anything is changed, and left as it is.
        embedder: the model that makes the index; the one of the settings by default.

    Raises:
        DocumentError: the document cannot be read.
        CatalogueError: the catalogue refuses the details, or has the same document already, or cannot be changed.
        SnapshotError: the index cannot be changed.
    """
    check_changeable(settings)
    check_details(details)
    source = read_document(settings, file, _first_part(progress), limits=limits)
    return add_documents(settings, [Addition(file, details, source)], progress, embedder=embedder)[0]


def add_documents(
    settings: Settings,
    additions: Sequence[Addition],
    progress: Told | None = None,
    *,
    embedder: Embedder | None = None,
) -> tuple[Document, ...]:
    """As `add_document`, for several documents in one change: all of them or none."""
    told = progress or _silent
    check_changeable(settings)
    told(READ)
    embedder = embedder or _embedder(settings)
    with only_change(settings) as changing:
        settings = changing.settings
        path = settings.corpus / CATALOGUE_FILE
        entries, files = _entries(settings, additions)
        text = with_entries(read_text(path), entries, path)
        plan = Plan("add", tuple(entry.id for entry in entries), text, files)
        changing.carry_out(plan, embedder, told)
        documents = {document.id: document for document in read_catalogue(settings.corpus)}
        return tuple(documents[document_id] for document_id in plan.documents)


def withdraw_document(
    settings: Settings, document_id: str, progress: Told | None = None, *, embedder: Embedder | None = None
) -> Document:
    """Take a document out of the index, the catalogue and the corpus; its file is kept with the journal for a while.

    What other entries say of it (that they replace it, or it them) is taken out as well.

    Raises:
        CatalogueError: there is no such document, it is the last one, or the catalogue cannot be changed.
        SnapshotError: the index cannot be changed.
    """
    told = progress or _silent
    check_changeable(settings)
    embedder = embedder or _embedder(settings)
    with only_change(settings) as changing:
        settings = changing.settings
        document = _document(settings, document_id)
        if len(read_catalogue(settings.corpus)) == 1:
            raise CatalogueError(f"'{document_id}' is het laatste document. Voeg eerst een ander document toe.")
        path = settings.corpus / CATALOGUE_FILE
        text = without_entry(read_text(path), document_id, path)
        told(READ)
        plan = Plan("withdraw", (document_id,), text, removed=(_place(settings, document),))
        changing.carry_out(plan, embedder, told)
        return document


def replace_file(
    settings: Settings,
    document_id: str,
    file: Path,
    progress: Told | None = None,
    *,
    embedder: Embedder | None = None,
    limits: Limits | None = None,
) -> Document:
    """Give a document another file, such as a better scan; the entry stays, and the old file is kept for undoing.

    Raises:
        DocumentError: the file cannot be read.
        CatalogueError: there is no such document, the file is in the corpus already, or it cannot be changed.
        SnapshotError: the index cannot be changed.
    """
    told = progress or _silent
    check_changeable(settings)
    _document(readable(settings), document_id)
    source = read_document(settings, file, _first_part(progress), limits=limits)
    told(READ)
    embedder = embedder or _embedder(settings)
    with only_change(settings) as changing:
        settings = changing.settings
        document = _document(settings, document_id)
        _refuse_twin(_hashes(settings), file)
        name = free_file_name(settings.corpus, safe_file_name(file.name))
        path = settings.corpus / CATALOGUE_FILE
        text = with_values(read_text(path), document_id, {"file": name}, path)
        new = NewFile(file, name, hash_of(file), source)
        plan = Plan("replace", (document_id,), text, (new,), (_place(settings, document),))
        changing.carry_out(plan, embedder, told)
        return _document(settings, document_id)


def retire_document(
    settings: Settings,
    document_id: str,
    successor: str | None = None,
    last_day: date | None = None,
    progress: Told | None = None,
    *,
    embedder: Embedder | None = None,
) -> Document:
    """Mark a document as superseded (by a successor) or as outdated; it can still be found, and is always flagged.

    Raises:
        CatalogueError: there is no such document or successor, or the catalogue cannot be changed.
        SnapshotError: the index cannot be changed.
    """
    told = progress or _silent
    check_changeable(settings)
    embedder = embedder or _embedder(settings)
    values: dict[str, Value] = {"status": "superseded" if successor else "outdated"}
    if successor:
        values["superseded_by"] = successor
    if last_day:
        values["valid_until"] = last_day.isoformat()
    with only_change(settings) as changing:
        settings = changing.settings
        _document(settings, document_id)
        if successor:
            _document(settings, successor)
        path = settings.corpus / CATALOGUE_FILE
        told(READ)
        plan = Plan("retire", (document_id,), with_values(read_text(path), document_id, values, path))
        changing.carry_out(plan, embedder, told)
        return _document(settings, document_id)


def edit_document(
    settings: Settings,
    document_id: str,
    values: Mapping[str, Value],
    progress: Told | None = None,
    *,
    embedder: Embedder | None = None,
) -> Document:
    """Change what the catalogue says of a document; its text is not read again.

    Args:
        values: by their names in the catalogue; None takes a value out.

    Raises:
        CatalogueError: there is no such document, the catalogue refuses a value, or it cannot be changed.
        SnapshotError: the index cannot be changed.
    """
    told = progress or _silent
    check_changeable(settings)
    embedder = embedder or _embedder(settings)
    with only_change(settings) as changing:
        settings = changing.settings
        _document(settings, document_id)
        path = settings.corpus / CATALOGUE_FILE
        before = read_text(path)
        text = with_values(before, document_id, values, path)
        if text == before:
            raise CatalogueError("Er is niets gewijzigd: alle gegevens waren al zo.")
        told(READ)
        changing.carry_out(Plan("edit", (document_id,), text), embedder, told)
        return _document(settings, document_id)


def undo_change(
    settings: Settings,
    progress: Told | None = None,
    *,
    embedder: Embedder | None = None,
    number: str | None = None,
) -> Change:
    """Take back the last change that was not taken back yet; other edits to the catalogue stay. Returns that change.

    Args:
        number: of the change that was seen to be the last one; another one is then not taken back.

    Raises:
        CatalogueError: there is nothing to undo, or something else has come in the place of what was.
        SnapshotError: the index cannot be changed.
    """
    told = progress or _silent
    check_changeable(settings)
    embedder = embedder or _embedder(settings)
    with only_change(settings) as changing:
        change, plan = changing.undo_plan()
        if number is not None and plan.undoes != number:
            raise CatalogueError("Er is intussen nog iets gewijzigd. Bekijk de geschiedenis en probeer het opnieuw.")
        told(READ)
        changing.carry_out(plan, embedder, told)
        return change


def last_change(settings: Settings) -> Done | None:
    """The change that `undo_change` would take back, with its number; None when there is none, or one is being made."""
    try:
        return next(iter(made_changes(settings)), None)
    except CatalogueError:
        return None


def find_document(settings: Settings, document_id: str) -> Document | None:
    """The document in the catalogue with this id."""
    return next((each for each in read_catalogue(readable(settings).corpus) if each.id == document_id), None)


def find_same(settings: Settings, file: Path) -> Document | None:
    """The document in the catalogue whose file has the same content, to the byte."""
    return _hashes(readable(settings)).get(hash_of(file))


def recover_changes(settings: Settings) -> bool:
    """Undo or complete a change that was interrupted by a crash; returns whether one was completed.

    Does nothing while another process is making a change.
    """
    journal = Journal(settings)
    if settings.secrets.index_url is not None or not journal.current.exists():
        return False
    with clear_errors(settings), journal.lock(0) as mine:
        return mine and settle(settings, journal)


def _entries(settings: Settings, additions: Sequence[Addition]) -> tuple[list[Entry], tuple[NewFile, ...]]:
    """The entries of new documents, and their files under names that are free."""
    known = _hashes(settings)
    ids = {document.id for document in read_catalogue(settings.corpus)}
    entries: list[Entry] = []
    files: list[NewFile] = []
    for each in additions:
        for wanted in each.details.supersedes:
            if wanted not in ids:
                raise CatalogueError(f"'vervangt' noemt '{wanted}', maar die id is er niet.{nearest(wanted, ids)}")
        _refuse_twin(known, each.file)
        name = free_file_name(settings.corpus, safe_file_name(each.file.name), [file.name for file in files])
        document_id = free_id(name, ids)
        language = each.details.language or detect_language(each.source.text)
        entries.append(entry_of(each.details, document_id, name, language))
        files.append(NewFile(each.file, name, hash_of(each.file), each.source))
        ids.add(document_id)
    return entries, tuple(files)


def _hashes(settings: Settings) -> Mapping[str, Document]:
    """The documents of the catalogue by the hash of their file; the first one where there are two."""
    found: dict[str, Document] = {}
    for document in read_catalogue(settings.corpus):
        if document.file.exists():
            found.setdefault(hash_of(document.file), document)
    return found


def _refuse_twin(known: Mapping[str, Document], file: Path) -> None:
    if twin := known.get(hash_of(file)):
        raise CatalogueError(f"Dit bestand is er al, als '{twin.id}' ({twin.title}).")


def _document(settings: Settings, document_id: str) -> Document:
    documents = {document.id: document for document in read_catalogue(settings.corpus)}
    if document_id not in documents:
        raise CatalogueError(f"Er is geen document met id '{document_id}'.{nearest(document_id, documents)}")
    return documents[document_id]


def _place(settings: Settings, document: Document) -> str:
    return document.file.relative_to(settings.corpus.resolve()).as_posix()


def _embedder(settings: Settings) -> Embedder:
    return open_embedder(settings.embedding_model, settings.cache, settings.threads)


def _first_part(progress: Told | None) -> Told:
    """Progress of reading, as the first part of a change."""
    told = progress or _silent
    return lambda percent: told(READ * percent // 100)


def _silent(_: int) -> None:
    """Progress that nobody watches."""
