"""A file that is missing from the corpus, put back in its place: file and index together or not at all."""

from __future__ import annotations

from pathlib import Path

from assistant.catalogue import read_catalogue
from assistant.catalogue_file import read_text
from assistant.changing import only_change
from assistant.corpus_changes import read_document
from assistant.corpus_transaction import NewFile, Plan, Told, check_changeable
from assistant.embeddings import Embedder, open_embedder
from assistant.errors import CatalogueError, SnapshotError
from assistant.index_opening import open_index
from assistant.limited_load import Limits
from assistant.manifest import hash_of
from assistant.settings import CATALOGUE_FILE, Settings
from assistant.types import Document


def restore_file(
    settings: Settings,
    document: Document,
    file: Path,
    progress: Told | None = None,
    *,
    embedder: Embedder | None = None,
    limits: Limits | None = None,
) -> None:
    """Put a copy of a file where the catalogue says that a document's file is.

    Raises:
        DocumentError: the file cannot be read.
        CatalogueError: there is a file already, this one is of another kind or other than what was lost, or the
            corpus cannot be changed.
        SnapshotError: the index cannot be changed.
    """
    check_changeable(settings)
    source, digest = read_document(settings, file, limits=limits), hash_of(file)
    _refuse_other(settings, document, file, digest)
    embedder = embedder or open_embedder(settings.embedding_model, settings.cache, settings.threads)
    with only_change(settings) as changing:
        folder = changing.settings.corpus
        place = next((each.file for each in read_catalogue(folder) if each.id == document.id), None)
        if place is None or place.exists():
            raise CatalogueError(f"Het bestand van '{document.id}' ontbreekt niet meer. Er is niets veranderd.")
        new = NewFile(file, place.relative_to(folder.resolve()).as_posix(), digest, source)
        place.parent.mkdir(parents=True, exist_ok=True)
        plan = Plan("replace", (document.id,), read_text(folder / CATALOGUE_FILE), (new,))
        changing.carry_out(plan, embedder, progress or _silent)


def _refuse_other(settings: Settings, document: Document, file: Path, digest: str) -> None:
    """What was lost may have been somebody's own summary: that is not replaced by the original unasked."""
    step = f"Is dit het goede bestand? Typ: beleidswijzer corpus replace {document.id} {file} --verbetering"
    if file.suffix.lower() != document.file.suffix.lower():
        raise CatalogueError(
            f"Het bestand van '{document.id}' ontbreekt, en het origineel is van een andere soort. {step}"
        )
    try:
        lost = {each.id: each.sha256 for each in open_index(settings).contents().documents}.get(document.id, digest)
    except SnapshotError:
        return
    if lost != digest:
        raise CatalogueError(f"Het bestand van '{document.id}' ontbreekt, en was anders dan het origineel. {step}")


def _silent(_: int) -> None:
    """Progress that nobody watches."""
