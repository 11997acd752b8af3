"""One change to a corpus in the database: catalogue, files, history and index in one transaction.

A process that dies on the way has changed nothing; at most its copy of the documents is behind, until it is next used.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from assistant.catalogue import parse_catalogue
from assistant.change_journal import Change, Done
from assistant.change_undo import undo_plan
from assistant.corpus_transaction import WAIT_SECONDS, Plan, Told, described, per_cent, when_nobody_builds
from assistant.embeddings import Embedder
from assistant.errors import CatalogueError, DocumentError
from assistant.index_opening import open_index_beside
from assistant.ingest import Stages, build
from assistant.limited_stages import limited_stages
from assistant.manifest import hash_of
from assistant.postgres.corpus_tables import (
    CorpusVersion,
    forget_change,
    keep_change,
    made_changes,
    write_version,
)
from assistant.postgres.shared_corpus import SharedCorpus, open_shared_corpus
from assistant.postgres.stored_files import StoredFile, put_file
from assistant.private_contacts import without_private_contacts
from assistant.reading_ahead import Counted
from assistant.settings import CATALOGUE_FILE, Settings
from assistant.types import Document, Source

if TYPE_CHECKING:
    from assistant.postgres.database import Connection

ROOT = Path("/database")  # where the documents in the index seem to be: the same on every machine


@contextmanager
def only_change_in_database(settings: Settings) -> Iterator[DatabaseChanging]:
    """Be the only one, on any machine, who changes the corpus; the copy on this machine is up to date.

    Raises:
        CatalogueError: there is no corpus yet, or another change goes on for too long.
    """
    shared = open_shared_corpus(settings)
    with shared.only_change(WAIT_SECONDS):
        version = shared.brought_up_to_date()
        yield DatabaseChanging(replace(settings, corpus=shared.copy.corpus), shared, version)


@dataclass(frozen=True)
class DatabaseChanging:
    """A corpus in the database that nobody else changes meanwhile."""

    settings: Settings
    shared: SharedCorpus
    version: CorpusVersion | None

    def carry_out(self, plan: Plan, embedder: Embedder, told: Told) -> None:
        """Make a change; an error on the way undoes all of it."""
        self.make(plan, described(self.settings, plan), embedder, told)

    def make(self, plan: Plan, change: Change, embedder: Embedder, told: Told) -> None:
        """As `carry_out`, with the change as it will be kept."""
        with limited_stages(self.settings) as limited:
            self._make(plan, change, limited, embedder, told)

    def _make(self, plan: Plan, change: Change, limited: Stages, embedder: Embedder, told: Told) -> None:
        added = self._stored(plan)
        documents = parse_catalogue(plan.catalogue, ROOT / CATALOGUE_FILE)
        stages = _Stages(self.shared, limited, self._files_after(plan, added), plan, documents)
        stages.refuse_twins()
        is_written = False

        def write(connection: Connection) -> None:
            nonlocal is_written
            stages.refuse_failures()
            write_version(connection, self.version, plan.catalogue, added, plan.removed)
            if plan.undoes is not None:
                forget_change(connection, int(plan.undoes))
            elif self.version is not None:  # the first one is not undone: nothing would be left
                kept = [file.sha256 for file in change.removed]
                keep_change(connection, change.model_dump_json(), self.version.catalogue, plan.catalogue, kept)
            is_written = True

        index = open_index_beside(self.settings, write)
        when_nobody_builds(lambda: build(documents, index, embedder, stages.all(), lambda *step: told(per_cent(*step))))
        if not is_written:  # the index had it already, after `index rollback` for instance
            with self.shared.database.writing() as connection:
                write(connection)
        self.shared.brought_up_to_date()

    def undo_plan(self) -> tuple[Change, Plan]:
        """The last change that can be undone, and what undoes it."""
        return undo_plan(self.settings, _History(self.shared))

    def _stored(self, plan: Plan) -> dict[str, StoredFile]:
        """The files of the plan in the database, by path; nothing refers to them yet."""
        stored = {}
        for file in plan.added:
            with self.shared.database.writing() as connection, file.origin.open("rb") as stream:
                found = put_file(connection, stream)
                if found.sha256 != file.sha256:
                    raise DocumentError(f"{file.origin.name} is intussen veranderd. Probeer het opnieuw.")
                stored[file.name] = found
        return stored

    def _files_after(self, plan: Plan, added: Mapping[str, StoredFile]) -> dict[str, StoredFile]:
        before = self.version.files if self.version else {}
        return {path: file for path, file in before.items() if path not in plan.removed} | dict(added)


@dataclass
class _Stages:
    """How the documents of a change are read: from what was read already, or from this machine's copy."""

    shared: SharedCorpus
    limited: Stages
    files: Mapping[str, StoredFile]
    plan: Plan | None = None
    documents: Sequence[Document] = ()
    failed: list[str] = field(default_factory=list)  # messages

    def all(self) -> Stages:
        """The standard stages, for documents below ROOT."""
        return replace(self.limited, load=self._load, hash=self._hash)

    def refuse_twins(self) -> None:
        """Raise DocumentError for a document of the plan with the same content as another."""
        first: dict[str, Document] = {}
        for document in self.documents:
            stored = self.files.get(_path(document.file))
            twin = first.setdefault(stored.sha256, document) if stored else document
            if twin is not document and {twin.id, document.id} & self._needed:
                raise DocumentError(f"'{document.id}' heeft dezelfde inhoud als '{twin.id}'. Er is niets veranderd.")

    def refuse_failures(self) -> None:
        """Raise DocumentError if a document of the plan could not be read."""
        if self.failed:
            raise DocumentError(self.failed[0])

    def _hash(self, file: Path) -> str:
        stored = self.files.get(_path(file))
        if stored is None:
            raise FileNotFoundError(file)
        return stored.sha256

    def _load(self, file: Path) -> Source:
        path = _path(file)
        new = next((each for each in self.plan.added if each.name == path), None) if self.plan else None
        if new is not None and new.source is not None:
            return without_private_contacts(new.source)
        try:
            return self.limited.load(new.origin if new else self._copy(path))
        except DocumentError as error:
            if any(document.file == file and document.id in self._needed for document in self.documents):
                self.failed.append(str(error))
            raise

    @property
    def _needed(self) -> set[str]:
        """The documents without which the change must not be made; of a whole corpus some may be unreadable."""
        return set(self.plan.documents) if self.plan and self.plan.kind != "import" else set()

    def _copy(self, path: str) -> Path:
        stored, copy = self.files[path], self.shared.copy.corpus / path
        if not copy.is_file() or hash_of(copy) != stored.sha256:  # changed by hand just now
            return self.shared.files.copy(stored.sha256, copy.name)
        return copy


class _History:
    """The changes in the database, for `undo_plan`."""

    def __init__(self, shared: SharedCorpus) -> None:
        self._shared = shared
        with shared.database.reading() as connection:
            self._made = {str(each.number): each for each in made_changes(connection)}

    def done(self) -> list[Done]:
        try:
            return [Done(number, Change.model_validate_json(made.change)) for number, made in self._made.items()]
        except ValidationError as error:
            raise CatalogueError(
                "De geschiedenis in de database is van een andere versie van Beleidswijzer. Werk Beleidswijzer bij."
            ) from error

    def catalogues(self, number: str) -> tuple[str, str]:
        made = self._made[number]
        return made.before, made.after

    def kept_file(self, number: str, place: int) -> Path:
        file = Change.model_validate_json(self._made[number].change).removed[place]
        return self._shared.files.copy(file.sha256, Path(file.path).name)

    def forget(self, number: str) -> None:
        with self._shared.database.writing() as connection:
            forget_change(connection, int(number))


def made_in_database(settings: Settings) -> list[Done]:
    """The changes that can be undone, the last one first; CatalogueError for a description of another version."""
    return _History(open_shared_corpus(settings)).done()


@contextmanager
def indexable_in_database(
    settings: Settings, counted: Counted | None = None
) -> Iterator[tuple[tuple[Document, ...], Stages]]:
    """The documents of the database and how they are read, for a build of the index during which nobody changes them.

    Raises:
        CatalogueError: there is no corpus yet, or a change goes on for too long.
    """
    shared = open_shared_corpus(settings)
    with shared.only_change(WAIT_SECONDS):
        version = shared.brought_up_to_date()
        documents = parse_catalogue(version.catalogue, ROOT / CATALOGUE_FILE)
        with limited_stages(settings, counted) as limited:
            yield documents, _Stages(shared, limited, version.files).all()


def _path(file: Path) -> str:
    """The place of a document in the corpus."""
    return file.relative_to(ROOT).as_posix()
