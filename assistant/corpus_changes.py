"""Documents added and withdrawn while the assistant goes on answering: catalogue, file and index, or none of them.

The order of a change: journal, file, catalogue, index. The index is switched in one step, and that step decides: a
change that was interrupted is undone if the index does not have it, and completed if it does.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from assistant.catalogue import read_catalogue
from assistant.catalogue_edit import with_entry, without_entry
from assistant.catalogue_file import read_text
from assistant.change_journal import Change, Journal, change_of
from assistant.change_recovery import part_of, settle
from assistant.embeddings import Embedder, open_embedder
from assistant.errors import CatalogueError, DocumentError, IndexBusyError
from assistant.files import write_atomically
from assistant.index_folder import sync
from assistant.ingest import BuildReport, Stage, build, standard_stages
from assistant.language import detect_language
from assistant.limited_load import Limits, load_limited
from assistant.manifest import hash_of
from assistant.new_document import NewDocument, check_details, entry_of, free_file_name, free_id, safe_file_name
from assistant.settings import CATALOGUE_FILE, Settings
from assistant.types import Document, Source
from assistant.wording import nearest, reason_words

WAIT_SECONDS = 120.0  # for another change, or another build of the index, to end
_PAUSE_SECONDS = 0.2
_READ, _PREPARED, _EMBEDDED = 10, 30, 95  # per cent of the way

Told = Callable[[int], None]  # per cent done; what it raises stops the change and undoes it


def check_changeable(settings: Settings) -> None:
    """Raise CatalogueError if the corpus cannot be changed by us: the packaged one, or one without write access."""
    if settings.corpus.resolve().is_relative_to(Path(__file__).parent.resolve()):
        raise CatalogueError(
            "De meegeleverde documenten kunnen niet worden gewijzigd. Maak een eigen map met documenten en "
            "zet de naam ervan in BELEIDSWIJZER_CORPUS."
        )
    if settings.corpus.exists() and not os.access(settings.corpus, os.W_OK):
        raise CatalogueError(
            f"In de map {settings.corpus} mag niet worden geschreven. Pas de rechten aan, of kies een andere map "
            "met BELEIDSWIJZER_CORPUS."
        )


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
    told = progress or _silent
    check_changeable(settings)
    check_details(details)
    source = load_limited(file, limits)
    told(_READ)
    embedder = embedder or open_embedder(settings.embedding_model, settings.cache, settings.threads)
    with _only_change(settings) as journal:
        change, text = _planned(settings, file, details, source)
        placed = settings.corpus / change.file
        with _undone_on_failure(settings, journal, change, text):
            _copy(file, placed, change.sha256)
            _write_catalogue(settings, text)
            report = _indexed(settings, embedder, told, {placed.resolve(): source})
            _refuse_failure(report, change)
        return _document(settings, change.document_id)


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
    embedder = embedder or open_embedder(settings.embedding_model, settings.cache, settings.threads)
    with _only_change(settings) as journal:
        document = _document(settings, document_id)
        if len(read_catalogue(settings.corpus)) == 1:
            raise CatalogueError(f"'{document_id}' is het laatste document. Voeg eerst een ander document toe.")
        path = settings.corpus / CATALOGUE_FILE
        text = without_entry(read_text(path), document_id, path)
        file = document.file.relative_to(settings.corpus.resolve())
        digest = hash_of(document.file) if document.file.exists() else ""
        change = change_of("withdraw", document_id, file, digest, settings.corpus)
        told(_READ)
        with _undone_on_failure(settings, journal, change, text):
            _write_catalogue(settings, text)
            _indexed(settings, embedder, told, {})
        return document


@contextmanager
def _only_change(settings: Settings) -> Iterator[Journal]:
    """Be the only one who changes this corpus, after what was left of an interrupted change is cleared away."""
    journal = Journal(settings)
    with _clear_errors(settings), journal.lock(WAIT_SECONDS) as mine:
        if not mine:
            raise CatalogueError("Een andere wijziging van de documenten is nog bezig. Probeer het later opnieuw.")
        settle(settings, journal)
        yield journal


@contextmanager
def _undone_on_failure(settings: Settings, journal: Journal, change: Change, catalogue_after: str) -> Iterator[None]:
    """Make a change; an error on the way undoes it, unless the index has it already."""
    journal.begin(change, catalogue_after)
    try:
        yield
    except BaseException:
        if not settle(settings, journal):
            raise
    else:
        if not settle(settings, journal):
            raise CatalogueError(
                "De wijziging is niet gelukt: de catalogus is intussen veranderd. Probeer het opnieuw."
            )


def _planned(settings: Settings, file: Path, details: NewDocument, source: Source) -> tuple[Change, str]:
    """The change that adds a file, and the catalogue after it."""
    path = settings.corpus / CATALOGUE_FILE
    documents = read_catalogue(settings.corpus)
    digest = hash_of(file)
    ids = {document.id for document in documents}
    for wanted in details.supersedes:
        if wanted not in ids:
            raise CatalogueError(f"'vervangt' noemt '{wanted}', maar die id is er niet.{nearest(wanted, ids)}")
    if twin := find_same(settings, file):
        raise CatalogueError(f"Dit bestand is er al, als '{twin.id}' ({twin.title}).")
    name = free_file_name(settings.corpus, safe_file_name(file.name))
    document_id = free_id(name, ids)
    entry = entry_of(details, document_id, name, details.language or detect_language(source.text))
    change = change_of("add", document_id, Path(name), digest, settings.corpus)
    return change, with_entry(read_text(path), entry, path)


def _copy(file: Path, placed: Path, sha256: str) -> None:
    """Put a copy in its place in one step; raises DocumentError if the file is no longer what was read."""
    part = part_of(placed)
    try:
        shutil.copyfile(file, part)
        sync(part)
        if hash_of(part) != sha256:
            raise DocumentError(f"{file.name} is intussen veranderd. Probeer het opnieuw.")
        os.link(part, placed)  # unlike a rename, refuses to replace a file that came in between
        sync(placed.parent)
    finally:
        part.unlink(missing_ok=True)


def _write_catalogue(settings: Settings, text: str) -> None:
    write_atomically(settings.corpus / CATALOGUE_FILE, text)
    sync(settings.corpus)


def _indexed(settings: Settings, embedder: Embedder, told: Told, read: dict[Path, Source]) -> BuildReport:
    """Bring the index up to date with the catalogue; documents that were read already are not read again."""
    stages = standard_stages()
    load = stages.load
    stages = replace(stages, load=lambda path: read[path] if path in read else load(path))
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            documents = read_catalogue(settings.corpus)
            return build(documents, settings.index, embedder, stages, lambda *step: told(_per_cent(*step)))
        except IndexBusyError:
            if time.monotonic() > deadline:
                raise
            time.sleep(_PAUSE_SECONDS)


def _per_cent(stage: Stage, done: int, total: int) -> int:
    begin, end = {"read": (_READ, _PREPARED), "embed": (_PREPARED, _EMBEDDED), "write": (_EMBEDDED, 99)}[stage]
    return begin + (end - begin) * min(done, total) // max(total, 1)


def _refuse_failure(report: BuildReport, change: Change) -> None:
    for failure in report.failures:
        if failure.document_id == change.document_id:
            raise DocumentError(failure.message)


def _document(settings: Settings, document_id: str) -> Document:
    documents = {document.id: document for document in read_catalogue(settings.corpus)}
    if document_id not in documents:
        raise CatalogueError(f"Er is geen document met id '{document_id}'.{nearest(document_id, documents)}")
    return documents[document_id]


@contextmanager
def _clear_errors(settings: Settings) -> Iterator[None]:
    """Say in Dutch what stands in the way of writing to the corpus or to the journal."""
    try:
        yield
    except OSError as error:
        raise CatalogueError(
            f"De documenten in {settings.corpus} zijn niet te wijzigen: {reason_words(error)}. "
            "Controleer de rechten en de vrije ruimte; er is niets veranderd."
        ) from error


def find_document(settings: Settings, document_id: str) -> Document | None:
    """The document in the catalogue with this id."""
    return next((each for each in read_catalogue(settings.corpus) if each.id == document_id), None)


def find_same(settings: Settings, file: Path) -> Document | None:
    """The document in the catalogue whose file has the same content, to the byte."""
    digest = hash_of(file)
    documents = read_catalogue(settings.corpus)
    return next((each for each in documents if each.file.exists() and hash_of(each.file) == digest), None)


def recover_changes(settings: Settings) -> bool:
    """Undo or complete a change that was interrupted by a crash; returns whether one was completed.

    Does nothing while another process is making a change.
    """
    journal = Journal(settings)
    if not journal.current.exists():
        return False
    with _clear_errors(settings), journal.lock(0) as mine:
        return mine and settle(settings, journal)


def _silent(_: int) -> None:
    """Progress that nobody watches."""
