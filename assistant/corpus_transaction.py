"""One change to the corpus: catalogue, files and index, or none of them.

The order of a change: journal, files, catalogue, index. The index is switched in one step, and that step decides: a
change that was interrupted is undone if the index does not have it, and completed if it does.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from assistant.catalogue import parse_catalogue, read_catalogue
from assistant.change_journal import Change, ChangeKind, Indexed, Journal, PlacedFile
from assistant.change_recovery import part_of, settle
from assistant.embeddings import Embedder
from assistant.errors import CatalogueError, CorpusBusyError, DocumentError, IndexBusyError
from assistant.files import write_atomically
from assistant.index_folder import sync
from assistant.index_opening import open_index
from assistant.ingest import BuildReport, Stage, build
from assistant.limited_stages import limited_stages
from assistant.manifest import hash_of, metadata_hash
from assistant.private_contacts import without_private_contacts
from assistant.settings import CATALOGUE_FILE, Settings
from assistant.types import Document, Source
from assistant.wording import reason_words

WAIT_SECONDS = 120.0  # for another change, or another build of the index, to end
READ = 10  # per cent of the way
_PREPARED, _EMBEDDED = 30, 95
_PAUSE_SECONDS = 0.2

Told = Callable[[int], None]  # per cent done; what it raises stops the change and undoes it


@dataclass(frozen=True)
class NewFile:
    """A file that comes into the corpus."""

    origin: Path
    name: str  # in the corpus
    sha256: str
    source: Source | None = None  # as it was read already


@dataclass(frozen=True)
class Plan:
    """What is going to be changed."""

    kind: ChangeKind
    documents: tuple[str, ...]  # ids; the index has the change when it has it for the first one
    catalogue: str  # the text after the change
    added: tuple[NewFile, ...] = ()
    removed: tuple[str, ...] = ()  # relative to the corpus
    undoes: str | None = field(default=None)


def check_changeable(settings: Settings) -> None:
    """Raise CatalogueError if the corpus cannot be changed by us: the packaged one, or one without write access."""
    if settings.secrets.index_url is not None:
        return  # the database's own corpus
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


@contextmanager
def only_journal(settings: Settings) -> Iterator[Journal]:
    """Be the only one who changes this corpus, after what was left of an interrupted change is cleared away."""
    journal = Journal(settings)
    with clear_errors(settings), journal.lock(WAIT_SECONDS) as mine:
        if not mine:
            raise CorpusBusyError("Een andere wijziging van de documenten is nog bezig. Probeer het later opnieuw.")
        settle(settings, journal)
        yield journal


def carry_out(settings: Settings, journal: Journal, plan: Plan, embedder: Embedder, told: Told) -> None:
    """Make a change; an error on the way undoes it, unless the index has it already.

    Raises:
        CatalogueError: the catalogue after the change would be wrong, or nothing would change.
        DocumentError: a document of the change cannot be read, so that the index cannot have it.
        SnapshotError: the index cannot be changed.
    """
    change = described(settings, plan)
    journal.begin(change, plan.catalogue)
    try:
        for file in plan.added:
            _copy(file, settings.corpus / file.name)
        write_atomically(settings.corpus / CATALOGUE_FILE, plan.catalogue)
        sync(settings.corpus)
        report = _indexed(settings, plan, embedder, told)
        _refuse_failure(report, plan)
    except BaseException:
        if not settle(settings, journal):
            raise
    else:
        if not settle(settings, journal):
            raise CatalogueError(
                "De wijziging is niet gelukt: de catalogus is intussen veranderd. Probeer het opnieuw."
            )


@contextmanager
def clear_errors(settings: Settings) -> Iterator[None]:
    """Say in Dutch what stands in the way of writing to the corpus or to the journal."""
    try:
        yield
    except OSError as error:
        raise CatalogueError(
            f"De documenten in {settings.corpus} zijn niet te wijzigen: {reason_words(error)}. "
            "Controleer de rechten en de vrije ruimte; er is niets veranderd."
        ) from error


def described(settings: Settings, plan: Plan) -> Change:
    """The change as it is written down beforehand.

    Raises:
        CatalogueError: the catalogue after the change would be wrong or empty, or nothing would change.
    """
    path, first = settings.corpus / CATALOGUE_FILE, plan.documents[0]
    documents = parse_catalogue(plan.catalogue, path)
    if not documents:
        raise CatalogueError("Zo blijft er geen document over. Voeg eerst een ander document toe.")
    new = {settings.corpus.resolve() / file.name: file.sha256 for file in plan.added}
    before = _expected(first, read_catalogue(settings.corpus), {})
    after = _expected(first, documents, new)
    if before == after:
        raise CatalogueError(f"Er is niets te veranderen: '{first}' staat al zo in de catalogus.")
    return Change(
        kind=plan.kind,
        documents=plan.documents,
        before=before,
        after=after,
        added=tuple(PlacedFile(path=file.name, sha256=file.sha256) for file in plan.added),
        removed=tuple(PlacedFile(path=name, sha256=_digest(settings.corpus / name)) for name in plan.removed),
        undoes=plan.undoes,
        corpus=str(settings.corpus),
        begun=datetime.now(UTC),
    )


def _expected(document_id: str, documents: tuple[Document, ...], new: Mapping[Path, str]) -> Indexed | None:
    """What an index that is up to date knows of a document."""
    document = next((each for each in documents if each.id == document_id), None)
    if document is None:
        return None
    digest = new[document.file] if document.file in new else _digest(document.file)
    return Indexed(sha256=digest, metadata=metadata_hash(document))


def _digest(file: Path) -> str:
    return hash_of(file) if file.is_file() else ""


def _copy(file: NewFile, placed: Path) -> None:
    """Put a copy in its place in one step; raises DocumentError if the file is no longer what was read."""
    part = part_of(placed)
    try:
        shutil.copyfile(file.origin, part)
        sync(part)
        if hash_of(part) != file.sha256:
            raise DocumentError(f"{file.origin.name} is intussen veranderd. Probeer het opnieuw.")
        os.link(part, placed)  # unlike a rename, refuses to replace a file that came in between
        sync(placed.parent)
    finally:
        part.unlink(missing_ok=True)


def _indexed(settings: Settings, plan: Plan, embedder: Embedder, told: Told) -> BuildReport:
    """Bring the index up to date with the catalogue; documents that were read already are not read again."""
    read = {(settings.corpus / file.name).resolve(): file.source for file in plan.added}
    with limited_stages(settings) as limited:

        def loaded(path: Path) -> Source:
            source = read.get(path)
            return without_private_contacts(source) if source else limited.load(path)

        def work() -> BuildReport:
            documents, stages = read_catalogue(settings.corpus), replace(limited, load=loaded)
            return build(documents, open_index(settings), embedder, stages, lambda *step: told(per_cent(*step)))

        return when_nobody_builds(work)


def when_nobody_builds(work: Callable[[], BuildReport]) -> BuildReport:
    """The report of a build of the index, after somebody else's has ended; IndexBusyError if that takes too long."""
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            return work()
        except IndexBusyError:
            if time.monotonic() > deadline:
                raise
            time.sleep(_PAUSE_SECONDS)


def per_cent(stage: Stage, done: int, total: int) -> int:
    """How far a change is when a stage of the build is that far."""
    begin, end = {"read": (READ, _PREPARED), "embed": (_PREPARED, _EMBEDDED), "write": (_EMBEDDED, 99)}[stage]
    return begin + (end - begin) * min(done, total) // max(total, 1)


def _refuse_failure(report: BuildReport, plan: Plan) -> None:
    for failure in report.failures:
        if failure.document_id in plan.documents:
            raise DocumentError(failure.message)
