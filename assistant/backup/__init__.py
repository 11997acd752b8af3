"""Backup and restore: everything that an installation keeps in one file, and back, checked by asking questions.

`make_backup` writes it, `restore_backup` puts it back only after every byte of it was checked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from assistant.answering import Assistant
from assistant.backup import files, tables
from assistant.backup.archive import FORMAT, Contents, Engine, read_contents
from assistant.backup.questions import checked_questions, count_same
from assistant.catalogue import read_catalogue
from assistant.embeddings import Embedder, open_embedder
from assistant.errors import BackupError
from assistant.index_opening import open_index
from assistant.ingest import build, standard_stages
from assistant.postgres.database import open_database
from assistant.settings import Settings
from assistant.snapshot_follower import SnapshotFollower

__all__ = ["Contents", "Restored", "make_backup", "restore_backup"]


@dataclass(frozen=True)
class Restored:
    """What a restore did."""

    contents: Contents
    same: int  # of the questions in the backup, how many have the very same answer


def make_backup(settings: Settings, path: Path, *, embedder: Embedder | None = None) -> Contents:
    """Write everything that this installation keeps to one new file, for its owner only.

    Raises:
        BackupError: the file exists or cannot be written.
        SnapshotError, CatalogueError, RecordsError, DatabaseError: there is no index, or something is busy or damaged.
    """
    assistant = _quoting(settings, embedder or _embedder(settings))
    documents = assistant.documents()
    contents = Contents(
        format=FORMAT,
        created=datetime.now(UTC).replace(microsecond=0),
        program=version("beleidswijzer"),
        engine=_engine(settings),
        corpus=str(settings.corpus),
        documents=len(documents),
        questions=checked_questions(documents, assistant.ask),
    )
    if _engine(settings) == "files":
        return files.write_backup(settings, path, contents)
    with open_database(settings) as database:
        return tables.write_backup(database, path, contents)


def restore_backup(
    settings: Settings,
    path: Path,
    *,
    replacing: bool = False,
    told: Callable[[int], None] = lambda _: None,
    embedder: Embedder | None = None,
) -> Restored:
    """Put a backup back after checking every byte of it, and ask its questions; on any error nothing is changed.

    Args:
        replacing: take the place of what is there now.
        told: hears how many bytes were unpacked.

    Raises:
        BackupError: the backup is damaged or of another engine, or there is something that it would replace.
        SnapshotError, DatabaseError: the index does not fit this version, or the account may not do this.
    """
    contents = read_contents(path)
    if contents.engine != _engine(settings):
        raise BackupError(_OTHER_ENGINE[contents.engine])
    embedder = embedder or _embedder(settings)
    if contents.engine == "postgresql":
        return _restore_rows(settings, path, replacing, told, embedder)
    if not replacing and files.is_in_use(settings):
        raise BackupError(_IN_USE)
    with files.staged(settings, path, told) as (contents, looking):
        same = count_same(contents.questions, _quoting(looking, embedder).ask)
        files.take(settings)
    if contents.corpus != str(settings.corpus):  # the index still knows the documents by their old place
        build(read_catalogue(settings.corpus), open_index(settings), embedder, standard_stages())
    return Restored(contents, same)


def _restore_rows(
    settings: Settings, path: Path, replacing: bool, told: Callable[[int], None], embedder: Embedder
) -> Restored:
    with open_database(settings) as database, tables.staged(path, told) as (contents, folder):
        if not replacing and tables.is_in_use(database):
            raise BackupError(_IN_USE)
        tables.take(database, contents, folder)
    open_index(settings).verify()
    return Restored(contents, count_same(contents.questions, _quoting(settings, embedder).ask))


_IN_USE = (
    "Er is hier al een installatie met documenten, een index of gegevens. Stop de dienst en typ: "
    "beleidswijzer restore BESTAND --vervang"
)
_OTHER_ENGINE: dict[Engine, str] = {
    "files": "Deze reservekopie is van een installatie op bestanden. Haal INDEX_URL uit de omgeving.",
    "postgresql": "Deze reservekopie is van een installatie op PostgreSQL. Zet INDEX_URL in de omgeving.",
}


def _engine(settings: Settings) -> Engine:
    return "postgresql" if settings.secrets.index_url else "files"


def _quoting(settings: Settings, embedder: Embedder) -> Assistant:
    """An assistant that answers the same way every time: with quotes, whatever chat model there is."""
    return Assistant(SnapshotFollower(open_index(settings), embedder.description), embedder)


def _embedder(settings: Settings) -> Embedder:
    return open_embedder(settings.embedding_model, settings.cache, settings.threads)
